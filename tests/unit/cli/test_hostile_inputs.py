"""Inputs that nobody makes by chance: links in a circle, TOML against its parser, files of any size. Each is refused as an input."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chainlog.errors import FormatError
from chainlog.interchange.mapping import NameMap, is_names_file
from chainlog.rules.policy_file import read_policy
from tests.command_line import Terminal, office

TOML = {
    "nested": "a=" + "[" * 100_000,
    "nested over lines": "a=" + "[\n" * 100_000,
    "nested tables": "a=" + "{a=" * 100_000,
    "nested and closed": "a=" + "[" * 200 + "]" * 200,
    "digits": "a=" + "9" * 5_000,
    "dots": ".".join("a" * 100_000) + "=1",
    "dots in lines that are short": "\n".join(f"b{n}." + ".".join("a" * 8_000) + "=1" for n in range(16)),
    "dots in short lines, deep": "\n".join(f"b{n}." + ".".join("a" * 90) + "=1" for n in range(200)),
    "dots in a header": "[" + ".".join("a" * 8_000) + "]",
    "not a date": "a=2025-02-31",
    "no TOML": "a=",
}


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with office(tmp_path_factory.mktemp("hostile")) as made:
        (made.directory / "loop").symlink_to("loop")
        (made.directory / "empty").mkdir()
        (made.directory / "file").write_text("x", encoding="utf-8")
        with (made.directory / "large").open("wb") as large:
            large.truncate(3 << 30)
        yield made


@contextmanager
def little_time(seconds: int) -> Iterator[None]:
    """Processor time: what takes more is killed, and the run of tests with it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


@pytest.mark.parametrize("text", TOML.values(), ids=TOML)
@pytest.mark.parametrize("suffix", ["", "\n"])
def test_toml_is_read_or_refused_as_such(tmp_path: Path, text: str, suffix: str):
    path = tmp_path / "x.toml"
    path.write_text(text + suffix, encoding="utf-8")
    with little_time(20):
        with pytest.raises(FormatError) as refused:
            read_policy(str(path), offset_minutes=0, now_us=0)
        assert "?" not in str(refused.value.fields["path"])
        with pytest.raises(FormatError):
            NameMap.read(path)
        assert not is_names_file(path)


def test_depth_that_people_write_is_read(tmp_path: Path):
    path = tmp_path / "x.toml"
    path.write_text("#" + "." * 200 + '\nprofile="a"\nversion="1"\n[parameters.min]\nsupervisors=2\n', encoding="utf-8")
    assert read_policy(str(path), offset_minutes=0, now_us=0).parameters == {"min.supervisors": ["2"]}


@pytest.mark.parametrize("path", ["loop", "nonexist", "file", "empty"])
def test_salvage_says_what_is_wrong_with_the_path(terminal: Terminal, path: str):
    said = terminal.run("salvage", path, "out", "--log-id", "0" * 64, "--lang", "en")
    assert said.status == 3, said
    reason = {"loop": "Too many levels of symbolic links", "nonexist": "No such file or directory"}.get(path, "")
    assert f"{path} is not a log: {reason}" in said.err
    if reason:
        assert "log id" not in said.err
    assert not (terminal.directory / "out").exists()


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("path", ["loop", "nonexist", "file", "empty"])
def test_what_could_not_be_read_is_accused_of_nothing(terminal: Terminal, path: str, *, given: bool):
    words = ["--log-id", "0" * 64] if given else []
    for lang, nothing in (("en", "no record could be read"), ("zh", "没有读到任何记录")):
        said = terminal.run("verify", path, *words, "--lang", lang)
        assert said.status == 1, said
        assert nothing in said.out
        for claim in ("whose id was given", "与给出的日志编号不符", "self-consistent", "自洽", "made up", "伪造"):
            assert claim not in said.out, said.out


def test_another_log_is_still_told(terminal: Terminal):
    said = terminal.run("verify", "office.log", "--log-id", "0" * 64, "--lang", "en")
    assert (said.status, "it is not the log whose id was given" in said.out) == (1, True), said


def test_a_log_id_is_looked_for_in_the_beginning_of_a_file_only(terminal: Terminal):
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * os.sysconf("SC_PAGE_SIZE") + (1 << 30), hard))
    try:
        said = terminal.run("verify", "office.log", "--log-id", "large", "--lang", "en")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert said.status == 2, said
    assert "large is no log id" in said.err
