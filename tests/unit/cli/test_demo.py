"""The demonstration: told whole, leaves what it promises, keeps to the public commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainlog.record import keyfile
from tests.command_line import ENVIRONMENT, Terminal, make_cheap


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Terminal, str, Path]]:
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        make_cheap(patch)
        terminal = Terminal(folder, {**ENVIRONMENT, "CHAINLOG_PASSPHRASE": None, "CHAINLOG_LOG_KEY": None})
        said = terminal.run("demo", "d")
        assert said.status == 0, said.out[-2000:] + said.err
        yield Terminal(folder, {**ENVIRONMENT, "CHAINLOG_PASSPHRASE": "demo"}), said.out, folder / "d"


def test_it_leaves_what_it_promises(told: tuple[Terminal, str, Path]):
    terminal, _, folder = told
    assert {"log", "keys", "log-id", "NEXT.txt"} <= {path.name for path in folder.iterdir()}
    for path in sorted((folder / "keys").iterdir()):
        purpose = "log" if path.name == "log.key" else "sign"
        keyfile.load(path, passphrase="demo", purpose=purpose)
    assert (folder / "keys" / "registrar.key").exists()
    number = (folder / "log-id").read_text().strip()
    genesis = json.loads(terminal.run("show", "d/log", "0", "--json").out)
    assert genesis["record_hash"] == number
    text = (folder / "NEXT.txt").read_text(encoding="utf-8")
    assert "接下来" in text
    assert "What to try next" in text


def test_every_line_that_next_txt_advises_runs(told: tuple[Terminal, str, Path]):
    terminal, _, folder = told
    lines = [line.split() for line in (folder / "NEXT.txt").read_text(encoding="utf-8").splitlines()]
    advised = [words[1:] for words in lines if words[:1] == ["chainlog"]]
    assert len(advised) >= 18
    for words in advised:
        if words[0] in ("draft", "sign") or (words[0] == "verify" and "--lang" in words):
            continue  # these ask; and one language is enough of what takes a second
        found = "findings" in words or any("altered" in word for word in words)
        said = terminal.run(*words)
        assert said.status == (1 if found else 0), (words, said)
        assert said.out


def test_every_command_it_shows_is_a_public_one(told: tuple[Terminal, str, Path]):
    _, out, _ = told
    shown = [line.split()[2] for line in out.splitlines() if line.startswith("$ chainlog ")]
    assert len(shown) > 30
    assert {
        "init",
        "key",
        "enroll",
        "import",
        "append",
        "draft",
        "sign",
        "custody",
        "findings",
        "verify",
        "backup",
    } <= set(shown)


def test_what_is_found_is_what_the_story_tells(told: tuple[Terminal, str, Path]):
    terminal, _, _ = told
    said = terminal.run("findings", "d/log", "--json", "--rule", "DES-3")
    found = [json.loads(line) for line in said.out.splitlines()]
    assert [(one["code"], one["subject"]) for one in found] == [("DES-3", "l/销毁2025-2")]


def test_a_directory_with_something_in_it_is_left_alone(told: tuple[Terminal, str, Path]):
    terminal, _, folder = told
    before = sorted(path.name for path in folder.iterdir())
    assert terminal.run("demo", "d").status == 2
    assert sorted(path.name for path in folder.iterdir()) == before
