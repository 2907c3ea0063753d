"""What a command writes: over a file of the same kind, and never over a key, a log, or what it doesn't know."""

from __future__ import annotations

import shutil

import pytest

from tests.command_line import office


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    with office(tmp_path_factory.mktemp("outputs")) as made:
        (made.directory / "notes.txt").write_text("my own notes\n", encoding="utf-8")
        yield made


WRITING = [
    "checkpoint office.log --out {}",
    "timestamp request office.log --out {}",
    "receipt make office.log 1 --out {}",
    "bundle make office.log p/李敏 -y --out {}",
    "report office.log --no-verify --html {}",
    "report office.log --no-verify --xlsx {}",
]
KEPT = ["keys/李敏.key", "notes.txt", "office.log/truth/data.mdb", "office.log/truth/lock.mdb"]


def content(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file() and path.name != "lock.mdb"}


@pytest.mark.parametrize("line", WRITING)
def test_nothing_else_is_written_over(terminal, line: str) -> None:
    before = content(terminal.directory)
    for target in (*KEPT, "office.log/truth/new.file", "office.log/derived/new.file"):
        for language in ("zh", "en"):
            said = terminal.run(*line.format(target).split(" "), "--lang", language)
            assert said.status == 2, (target, said)
            assert target in said.err
    assert terminal.run(*line.format("keys").split(" ")).status == 2
    changed = {path for path, data in content(terminal.directory).items() if before.get(path) != data}
    assert not {path for path in changed if "derived" not in path.parts}


@pytest.mark.parametrize("line", WRITING)
def test_the_same_kind_is_replaced(terminal, line: str) -> None:
    (terminal.directory / "again").unlink(missing_ok=True)
    for _ in range(2):
        said = terminal.run(*line.format("again").split(" "))
        assert said.status == 0, said
    (terminal.directory / "again").write_bytes(b"")
    assert terminal.run(*line.format("again").split(" ")).status == 0


def test_a_way_into_a_log_by_a_link(terminal) -> None:
    (terminal.directory / "elsewhere").symlink_to(terminal.directory / "office.log" / "truth")
    (terminal.directory / "linked").symlink_to(terminal.directory / "keys" / "李敏.key")
    key = (terminal.directory / "keys" / "李敏.key").read_bytes()
    for target in ("elsewhere/data.mdb", "elsewhere/new.file", "linked"):
        assert terminal.run("checkpoint", "office.log", "--out", target).status == 2
    assert (terminal.directory / "keys" / "李敏.key").read_bytes() == key


def test_a_head_is_refused_before_anything_is_recorded(terminal) -> None:
    line = '{"kind":"checked.carrier","subjects":["c/1"],"people":{"operator":"p/李敏"},"body":{"reason":"other","passed":true}}'
    (terminal.directory / "events.jsonl").write_text(line + "\n", encoding="utf-8")
    keys = ("--key", "keys/李敏.key", "--log-key", "keys/log.key")
    before = terminal.run("history", "office.log", "c/1", "--json").out
    for target in KEPT:
        said = terminal.run("append", "office.log", "events.jsonl", *keys, "--checkpoint", target)
        assert said.status == 2, said
    assert terminal.run("history", "office.log", "c/1", "--json").out == before


def test_a_draft_is_saved_over_itself_alone(terminal) -> None:
    shutil.copy(terminal.directory / "keys" / "李敏.key", terminal.directory / "s.key")
    made = terminal.run(
        "draft", "office.log", "checked.carrier", "--on", "c/1", "--who", "operator=p/李敏", "--set", "reason=other",
        "--set", "passed=true", "--out", "one.draft",
    )  # fmt: skip
    assert made.status == 0, made
    shutil.copy(terminal.directory / "one.draft", terminal.directory / "other.draft")
    kept = {name: (terminal.directory / name).read_bytes() for name in ("s.key", "other.draft", "notes.txt")}
    for name, data in kept.items():
        said = terminal.run("sign", "one.draft", "--key", "keys/李敏.key", "--yes", "--out", name)
        assert said.status == 2, said
        assert (terminal.directory / name).read_bytes() == data
    for out in ((), ("--out", "one.draft"), ("--out", "signed.draft")):
        shutil.copy(terminal.directory / "other.draft", terminal.directory / "one.draft")
        said = terminal.run("sign", "one.draft", "--key", "keys/李敏.key", "--yes", *out)
        assert said.status == 0, said
    assert (terminal.directory / "signed.draft").read_bytes() != kept["other.draft"]
