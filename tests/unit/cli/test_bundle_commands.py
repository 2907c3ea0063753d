"""What the transcript doesn't show of `bundle`: who is asked, what is opened, and the shape of the JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chainlog.cli.bundle_texts import AUTHENTICITY, reason_zh
from chainlog.cli.session import Session
from chainlog.proof.bundle_report import REASONS
from chainlog.tree.note import format_vkey
from tests.command_line import office
from tests.json_schema import problems
from tests.lying import lying, receipt
from tests.witnesses import cosigned_note, witness
from tools.fixed_log import public

SCHEMAS = Path(__file__).parents[3] / "schemas" / "output"
ITEMS = [{"carrier": "c/1", "form": "document"}, {"carrier": "c/2", "form": "document"}]
EVENT = {
    "kind": "created.entered",
    "at": "2026-01-02",
    "who": {"registrar": "p/李敏"},
    "level": "秘密",
    "reason": "other",
}


@pytest.fixture
def terminal(tmp_path):
    with office(tmp_path) as made:
        (tmp_path / "in.jsonl").write_text(json.dumps({**EVENT, "items": ITEMS}), encoding="utf-8")
        assert made.run("append", "office.log", "in.jsonl", "--key", "keys/李敏.key").status == 0
        yield made


def answer(terminal, *arguments, status=0):
    said = terminal.run("bundle", *arguments, "--json")
    assert said.status == status, said
    return json.loads(said.out or said.err)


def log_id(terminal):
    return answer(terminal, "make", "office.log", "c/1", "--out", "any.bundle")["log_id"]


def test_the_json_is_what_the_schema_says(terminal):
    schema = json.loads((SCHEMAS / "bundle.json").read_text(encoding="utf-8"))
    made = answer(terminal, "make", "office.log", "c/1", "c/9", "--out", "1.bundle", "--commit")
    assert made["bytes"] == (terminal.directory / "1.bundle").stat().st_size
    for known, status in ((["--log-id", made["log_id"]], 0), ([], 1)):
        found = answer(terminal, "verify", "1.bundle", *known, status=status)
        assert list(problems(found, schema, files={})) == []
        assert set(found) == set(schema["properties"]) - {"receipts"}
    assert {key: value for key, value in made.items() if key not in ("file", "bytes")} == answer(
        terminal, "verify", "1.bundle", "--log-id", made["log_id"]
    )


def test_at_a_terminal_one_is_asked_before_others_are_shown(terminal, monkeypatch):
    monkeypatch.setattr(Session, "interactive", property(lambda self: not self.as_json))
    make = ("bundle", "make", "office.log", "c/1", "--out", "1.bundle")
    for typed in ("n\n", "\n"):
        said = terminal.run(*make, typed=typed)
        assert said.status == 130
        assert "c/2" in said.err
        assert not (terminal.directory / "1.bundle").exists()
    assert terminal.run(*make, typed="y\n").status == 0
    assert (terminal.directory / "1.bundle").exists()
    assert terminal.run(*make, "--yes", typed="").status == 0
    # Nothing of others: nothing to ask.
    both = terminal.run("bundle", "make", "office.log", "c/1", "c/2", "--out", "2.bundle", typed="")
    assert (both.status, "c/2" in both.err) == (0, False)


def test_a_commitment_is_made_once(terminal):
    for _ in range(2):
        made = answer(terminal, "make", "office.log", "c/1", "--out", "1.bundle", "--commit")
        assert (made["as_of"]["size"], made["as_of"]["committed"], made["completeness"]) == (7, 6, "complete")
    said = terminal.run("bundle", "make", "office.log", "c/1", "--out", "x", "--commit", CHAINLOG_LOG_KEY=None)
    assert said.status == 2


def test_a_witness_that_is_asked_for(terminal):
    number = log_id(terminal)
    head = json.loads(terminal.run("checkpoint", "office.log", "--json").out)["note"]
    (terminal.directory / "head").write_bytes(cosigned_note(head.encode(), "w.example", time_s=5))
    answer(terminal, "make", "office.log", "c/1", "--out", "1.bundle", "--checkpoint", "head")
    vkey = format_vkey(witness("w.example"))
    # With the log key at hand, `checkpoint` has committed to the map.
    found = answer(terminal, "verify", "1.bundle", "--log-id", number, "--witness", vkey)
    assert (found["authenticity"], found["completeness"]) == ("genuine", "complete")
    assert found["witnesses"] == [{"name": "w.example", "time_s": 5}]
    text = terminal.run("bundle", "verify", "1.bundle", "--log-id", number, "--witness", vkey).out
    assert "w.example" in text


def test_sealed_values_are_opened_with_a_reader_key(terminal):
    new = terminal.run("key", "new", "reader.key", "--purpose", "read", "--cost", "interactive", "--json")
    assert new.status == 0, new.err
    wrong = answer(terminal, "make", "office.log", "c/1", "--out", "x", "--open", "5:note", status=2)
    assert "--reader-key" in wrong["message_zh"]
    nothing = answer(
        terminal, "make", "office.log", "c/1", "--out", "x", "--open", "5:note", "--reader-key", "reader.key", status=2
    )
    assert nothing["code"] == "not-found"
    for text in ("5", ":note", "5:"):
        assert answer(terminal, "make", "office.log", "c/1", "--out", "x", "--open", text, status=2)["code"] == "usage"


def test_everything_that_may_be_left_open_is_said_in_chinese():
    assert all(reason_zh(what) for what in REASONS)
    assert set(AUTHENTICITY) == {"genuine", "keys-unproven", "untrusted"}


def test_a_receipt_convicts_a_bundle_that_leaves_its_record_out(terminal):
    log, parts = lying(8)
    here, log_id = terminal.directory, log.id.hex()
    (here / "b").write_bytes(parts.encoded())
    for index in (6, 7, 8):
        (here / f"{index}.receipt").write_bytes(receipt(log, index))
    check = ("verify", "b", "--log-id", log_id)
    assert answer(terminal, *check)["completeness"] == "complete"
    sound = answer(terminal, *check, "--receipt", "6.receipt", "--receipt", "7.receipt")["receipts"]
    assert sound == [
        {"file": "6.receipt", "index": 6, "result": "shown", "evidence": None},
        {"file": "7.receipt", "index": 7, "result": "open", "evidence": None},
    ]
    found = answer(terminal, *check, "--receipt", "8.receipt", status=1)
    assert found["receipts"] == [{"file": "8.receipt", "index": 8, "result": "left-out", "evidence": "b.conflict"}]
    schema = json.loads((SCHEMAS / "bundle.json").read_text(encoding="utf-8"))
    assert list(problems(found, schema, files={})) == []
    said = terminal.run("conflict", "b.conflict", "--log-id", log_id, "--public-key", public("log").hex(), "--json")
    assert (said.status, json.loads(said.out)["kind"]) == (0, "false-map")
    shown = terminal.run("conflict", "b.conflict", "--log-id", log_id)
    assert "完整性索引不实" in shown.out
    assert "第 8 条，是涉及它的第 3 条" in shown.out
    elsewhere = terminal.run("bundle", *check, "--receipt", "8.receipt", "--evidence", "e")
    assert (elsewhere.status, (here / "e").read_bytes()) == (1, (here / "b.conflict").read_bytes())
    assert answer(terminal, *check, "--evidence", "e", status=2)["code"] == "usage"
    (here / "none").write_bytes(b"receipt")
    answer(terminal, *check, "--receipt", "none", status=3)
