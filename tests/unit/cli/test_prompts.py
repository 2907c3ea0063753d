"""At a terminal: questions from the table of kinds, answered one after the other; wrong answers are asked for again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chainlog.cli.session import Session
from tests.command_line import Terminal, office


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setattr(Session, "interactive", property(lambda self: not self.as_json))
    with office(tmp_path) as made:
        yield made


def shown(terminal: Terminal, file: str) -> dict:
    event = json.loads(terminal.run("draft", "show", file, "--json").out)["event"]
    return {key: event[key] for key in ("kind", "subjects", "people", "body")}


def test_a_loan_from_answers(terminal: Terminal):
    answers = [
        "借",  # several kinds have it in their names: they are listed
        "借出",
        "2026-05-06 10:00",
        "c/87 c/88",
        "",
        "p/李敏",
        "p/陈明",
        "见证=p/外来人:0",
        "",
        "",  # the purpose is wanted
        "起草",
        "借走",  # no word of the list
        "外借",
        "2026-05-13",
        "many",  # no number
        "24",
        "",
        "",
        "",
        "",
    ]
    said = terminal.run("draft", "office.log", "--out", "x.draft", typed="\n".join(answers) + "\n")
    assert said.status == 0, said.err
    assert "transferred.hold" in said.err
    assert "必填" in said.err
    assert "没有“借走”" in said.err
    assert "应为整数" in said.err
    assert "take_away 外借" in said.err
    assert shown(terminal, "x.draft") == {
        "kind": "transferred.lend",
        "subjects": ["c/87", "c/88", "p/李敏", "p/陈明", "p/外来人"],
        "people": [["giver", "p/李敏", 1], ["witness", "p/外来人", 0], ["receiver", "p/陈明", 1]],
        "body": {"depth": "take_away", "due": "2026-05-13T23:59:59.999999+08:00", "pages": 24, "purpose": "起草"},
    }


def test_lists_and_maps_are_asked_for_field_by_field(terminal: Terminal):
    answers = [
        "2026-03-03",
        "",  # no subjects beside those of the items
        "p/李敏",
        "",
        "",
        "机密",
        "y",
        "c/87",
        "文件",
        "",
        "87",
        "",
        "y",
        "88",  # a carrier is c/…
        "c/88",
        "document",
        "d/省委7",
        "",
        "3",
        "n",
        "u/省委",
        "exchange",
        "2",
        "2",
        "完好",
        *[""] * 9,
    ]
    said = terminal.run("draft", "office.log", "created.received", "--out", "x.draft", typed="\n".join(answers) + "\n")
    assert said.status == 0, said.err
    assert "应写作 c/…" in said.err
    event = shown(terminal, "x.draft")
    assert event["subjects"] == ["c/87", "c/88", "p/李敏", "d/省委7"]
    assert event["body"]["items"] == [
        {"carrier": "c/87", "copy_no": "87", "form": "document"},
        {"carrier": "c/88", "document": "d/省委7", "form": "document", "pages": 3},
    ]


def test_signing_asks_and_a_no_signs_nothing(terminal: Terminal):
    terminal.run(
        "draft", "office.log", "transferred.store", "--out", "s.draft", "--on", "c/1", "--who", "registrar=p/李敏",
        "--set", "place=w/G1", "--at", "2026-03-03",
    )  # fmt: skip
    before = (terminal.directory / "s.draft").read_bytes()
    said = terminal.run("sign", "s.draft", "--key", "keys/李敏.key", typed="n\n")
    assert said.status == 130
    assert "确认签名" in said.err
    assert (terminal.directory / "s.draft").read_bytes() == before
    said = terminal.run("sign", "s.draft", "--key", "keys/李敏.key", typed="y\n")
    assert said.status == 0
    assert terminal.run("append", "office.log", "s.draft").status == 0


def test_whose_key_it_is_is_asked_where_nobody_can_tell(terminal: Terminal):
    terminal.run(
        "draft", "office.log", "transferred.lend", "--out", "s.draft", "--on", "c/1", "--who", "giver=p/李敏",
        "--who", "receiver=p/陈明", "--set", "purpose=x", "--set", "depth=read", "--at", "2026-03-03",
    )  # fmt: skip
    said = terminal.run("sign", "s.draft", "--key", "keys/陈明.key", typed="y\np/陈明\n")
    assert said.status == 0
    assert "已签名：p/陈明" in said.out


def test_a_wrong_passphrase_is_asked_for_three_times(terminal: Terminal):
    terminal.environment["CHAINLOG_PASSPHRASE"] = None
    said = terminal.run("append", "office.log", "none", typed="a\nb\nc\nd\n")
    assert said.status == 2
    assert said.err.count("口令不对") == 3  # twice on the way, and the error
    assert "keys/log.key（draft.office）" in said.err
