"""Output that is full, closed or not read: no command takes it for a fault of its own, and what was recorded is told."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest

from chainlog.cli.app import cli
from chainlog.cli.failures import RECORDED
from chainlog.facade import Log
from tests.command_line import Terminal, office
from tests.unit.cli.test_commands import ALL

ROOT = Path(__file__).resolve().parents[3]
CREATED = '{"kind":"created.entered","who":{"registrar":"p/李敏"},"level":"秘密","reason":"other","items":[{"carrier":"c/%s","form":"document"}]}\n'
BOOK = "清溪镇收文登记簿（2025年）\n收文号,收文日期,来文机关,来文字号,文件标题,密级,份数,份号,签收人\n1,2025-01-08,青县县委办公室,青办发〔2025〕3号,关于保密工作的通知,秘密★5年,1,000031,李敏\n"
POLICY = 'profile = "short"\nversion = "2"\n[parameters]\n"min.supervisors" = 2\n'
TWO = "--key keys/王宁.key --key keys/何平.key"
ADMINISTRATORS = " ".join(f"--administrator p/{name}=keys/{name}.key" for name in ("王宁", "何平", "周远"))


def full() -> TextIO:
    return Path("/dev/full").open("w", encoding="utf-8")


def closed() -> TextIO:
    """As `streams.open_closed` makes of `>&-`."""
    return os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")


def unread() -> TextIO:
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


SINKS = (full, closed, unread)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with office(tmp_path_factory.mktemp("lost")) as made:
        (made.directory / "names.csv").write_text("姓名,部门,人员\n李敏,,p/李敏\n", encoding="utf-8")
        (made.directory / "收文登记簿.csv").write_text(BOOK, encoding="utf-8")
        (made.directory / "p.toml").write_text(POLICY, encoding="utf-8")
        (made.directory / "first").write_text(CREATED % "FIRST", encoding="utf-8")
        assert made.run("append", "office.log", "first", "--key", "keys/李敏.key").status == 0
        yield made


DRAFT = (
    "--who registrar=p/李敏 --set level=秘密 --set reason=other --set items.0.carrier=c/NEW --set items.0.form=document"
    " --key keys/李敏.key --out event.draft"
)


class Run:
    """Runs commands with streams of the test's own."""

    def __init__(self, terminal: Terminal, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        patch.chdir(terminal.directory)
        for name, value in terminal.environment.items():
            patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)

    def __call__(self, *words: str, out: TextIO | None = None, err: TextIO | None = None) -> tuple[int, str]:
        told = io.StringIO()
        used = [stream for stream in (out, err) if stream is not None]
        with self._patch.context() as patch:
            patch.setattr(sys, "stdout", out or io.StringIO())
            patch.setattr(sys, "stderr", err or told)
            patch.setattr(sys, "stdin", io.StringIO())
            try:
                cli.main(list(words), prog_name="chainlog")
            except SystemExit as done:
                status = done.code
        for stream in used:
            # The command leads what it can't write to nowhere; closing fails no more.
            stream.close()
        assert isinstance(status, int)
        return status, told.getvalue()


@pytest.fixture
def run(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(terminal, monkeypatch)


@pytest.mark.parametrize("names", [names for names, _ in ALL], ids=" ".join)
def test_every_command_survives_an_output_that_takes_nothing(run: Run, names: tuple[str, ...]):
    """70 would say that the program is wrong, 0 that the help was shown, 2 that the question was."""
    words = [word for name in names[:-1] for word in (name, *(["x"] if name == "policy" else []))]
    status, told = run(*words, names[-1], "--help", out=full())
    assert (status, "Traceback" in told) == (4, False), told
    assert run(*words, names[-1], "--nonsense", err=full())[0] == 2


QUESTIONS = (
    "kinds", "custody office.log", "verify office.log", "report office.log",
    "history office.log p/李敏", "show office.log 0", "rules", "policy office.log show", "key show keys/李敏.key",
    "receipt make office.log 0", "holders office.log c/FIRST", "backup office.log copy",
)  # fmt: skip


@pytest.mark.parametrize("line", QUESTIONS)
def test_questions(run: Run, line: str, tmp_path: Path):
    words = [str(tmp_path / "copy") if word == "copy" else word for word in line.split(" ")]
    for sink in SINKS:
        if (tmp_path / "copy").exists():
            shutil.rmtree(tmp_path / "copy")
        assert run(*words, out=sink())[0] == (141 if sink is unread else 4)


@pytest.mark.parametrize("sink", SINKS)
def test_the_status_stands_where_errors_cannot_be_told(run: Run, sink: Callable[[], TextIO]):
    assert run("custody", "nonexist", err=sink())[0] == 3
    assert run("custody", "nonexist", "--json", err=sink())[0] == 3
    assert run("custody", "nonexist", "--debug", err=sink())[0] == 3


ACTS = (
    "append office.log lines --key keys/李敏.key",
    "append office.log lines --key keys/李敏.key --continue",
    "append office.log event.draft",
    "declare office.log unit u/NEW --name 党政办 --type 内设机构 --key keys/王宁.key",
    f"appoint office.log post p/李敏 --post registrar --over u/清溪镇 --valid-from 2026-01-01 {TWO}",
    f"policy office.log adopt p.toml {TWO}",
    f"depart office.log p/赵强 --reason 调离 {TWO}",
    f"revoke office.log p/孙立 --key-file keys/孙立.key --reason retired {TWO}",
    "import office.log 收文登记簿.csv --names names.csv --key keys/李敏.key",
    "checkpoint office.log",
    f"init new.log --name draft.new --unit u/清溪镇 {ADMINISTRATORS} --threshold 2 --policy p.toml",
)  # fmt: skip


def size_of(path: Path) -> int:
    if not path.exists():
        return 0
    with Log.open(path, read_only=True) as log:
        return log.reader.size


@pytest.mark.parametrize(("sink", "as_json"), [(full, False), (closed, True), (unread, False)])
@pytest.mark.parametrize("line", ACTS, ids=[" ".join(act.split(" ")[:1]) for act in ACTS])
def test_what_was_recorded_is_told_when_the_output_is_lost(
    terminal: Terminal, run: Run, line: str, sink: Callable[[], TextIO], *, as_json: bool
):
    once = f"{ACTS.index(line)}{sink.__name__}{as_json:d}".upper()
    folder = terminal.directory
    (folder / "lines").write_text(CREATED % f"{once}A" + CREATED % f"{once}B", encoding="utf-8")
    line = line.replace("NEW", once).replace("new.log", f"{once}.log")
    if "event.draft" in line:
        (folder / "event.draft").unlink(missing_ok=True)
        made = terminal.run("draft", "office.log", "created.entered", *DRAFT.replace("NEW", once).split(" "))
        assert made.status == 0, made
    if line.startswith("import"):
        (folder / "收文登记簿.csv").write_text(BOOK.replace("000031", f"{once}"), encoding="utf-8")
    log = folder / line.split(" ")[1]
    before = size_of(log)
    status, told = run(*line.split(" "), *(["--json"] if as_json else []), out=sink())
    after = size_of(log)
    if after == before:
        # Done before by the run with another sink: nothing new to be told.
        assert status in (1, 2, 4, 5, 141), told
        assert line.split(" ")[0] in ("policy", "depart", "revoke", "checkpoint", "import"), told
        return
    assert status == RECORDED, told
    shown = str(before) if after == before + 1 else f"{before}-{after - 1}"
    if as_json:
        found = json.loads(told.splitlines()[-1])
        assert (found["code"], found["fields"]["records"]) == ("recorded", shown)
    else:
        assert f"此前已记录，不要重做：第 {shown} 条" in told
    if line.startswith("init"):
        with Log.open(log, read_only=True) as made_log:
            assert made_log.id.hex() in told


# The derivation of keys from passphrases has tests of its own.
PROGRAM = """
from hashlib import sha256
from chainlog.cli.main import main
from chainlog.record import keys
keys.passphrase_key = lambda data, *, salt, **_: sha256(salt + data).digest()
main()
"""


@pytest.mark.parametrize(
    ("line", "closing", "status"),
    [
        ("kinds", ">&-", 4),
        ("kinds", "<&- >/dev/null", 0),
        ("kinds", ">/dev/null 2>&-", 0),
        ("kinds", ">&- 2>&- <&-", 4),
        ("kinds", ">/dev/full", 4),
        ("custody nonexist", "2>&-", 3),
        ("custody nonexist", "2>/dev/full", 3),
        ("custody nonexist", "<&- >&- 2>&-", 3),
        ("append office.log - --key keys/李敏.key", "<&-", 4),
        ("append office.log lines --key keys/李敏.key", ">&-", RECORDED),
        ("append office.log lines --key keys/李敏.key", ">/dev/full", RECORDED),
        ("append office.log lines --key keys/李敏.key", "<&- >&- 2>&-", RECORDED),
    ],
)
def test_closed_by_the_shell(terminal: Terminal, tmp_path: Path, line: str, closing: str, status: int):
    """As a process: Python has no stream at all for what is closed, and complains on its own at exit."""
    folder = tmp_path / "copy"
    shutil.copytree(terminal.directory, folder)
    before = size_of(folder / "office.log")
    (folder / "lines").write_text(CREATED % "PROCESS", encoding="utf-8")
    (folder / "program.py").write_text(PROGRAM, encoding="utf-8")
    command = f"exec {sys.executable} program.py {line} {closing}"
    environment = {name: value for name, value in terminal.environment.items() if value is not None}
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**environment, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == status, done
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert size_of(folder / "office.log") == before + (status == RECORDED)
