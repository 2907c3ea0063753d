"""What the transcripts don't show of `receipt`, `checkpoint`, `conflict` and `verify --pin`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chainlog.proof.conflict import check_conflict
from chainlog.proof.pin_file import read_pin
from chainlog.tree.note import format_vkey, parse_vkey
from tests.command_line import office
from tests.json_schema import problems
from tests.witnesses import cosigned_note, witness

SCHEMAS = Path(__file__).parents[3] / "schemas" / "output"


@pytest.fixture
def terminal(tmp_path):
    with office(tmp_path) as made:
        yield made


def answer(terminal, *arguments, status=0):
    said = terminal.run(*arguments, "--json")
    assert said.status == status, said
    return json.loads(said.out or said.err)


def test_a_checkpoint_that_a_witness_cosigned(terminal):
    head = answer(terminal, "checkpoint", "office.log")
    assert head["missing"] == []
    key = parse_vkey(head["vkey"])
    assert (key.name, key.public_key.hex()) == (head["origin"], head["log_key"])
    log_id = head["origin"].partition("/")[2]
    (terminal.directory / "head").write_bytes(cosigned_note(head["note"].encode(), "w.example", time_s=5))
    answer(terminal, "receipt", "make", "office.log", "2", "--checkpoint", "head", "--out", "2.receipt")
    check = ("receipt", "check", "2.receipt", "--log-id", log_id)
    assert answer(terminal, *check, status=1)["trust"] == "keys-unproven"
    assert answer(terminal, *check, "--public-key", head["vkey"])["trust"] == "log-signed"
    assert answer(terminal, *check, "--public-key", head["log_key"])["log_key"] == head["log_key"]
    vkey = format_vkey(witness("w.example"))
    witnessed = answer(terminal, *check, "--witness", vkey, "--log", "office.log")
    assert (witnessed["trust"], witnessed["held"]) == ("witnessed", True)
    assert witnessed["witnesses"] == [{"name": "w.example", "time_s": 5}]
    other = format_vkey(witness("v.example"))
    unmet = answer(terminal, *check, "--witness", vkey, "--witness", other, "--quorum", "2", status=1)
    assert unmet["trust"] == "keys-unproven"
    for wrong in (
        ("--witness", head["vkey"]),
        ("--public-key", vkey),
        ("--public-key", "x"),
        ("--witness", vkey, "--quorum", "2"),
        ("--public-key", head["vkey"], "--public-key", head["vkey"]),
    ):
        answer(terminal, *check, *wrong, status=2)


def test_receipts_go_to_standard_output(terminal):
    said = terminal.run("receipt", "make", "office.log", "0")
    assert said.out.startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert answer(terminal, "receipt", "make", "office.log", "0")["receipt"] == said.out
    (terminal.directory / "0").write_text(said.out, encoding="utf-8")
    log_id = answer(terminal, "show", "office.log", "0")["log_id"]
    assert answer(terminal, "receipt", "check", "0", "--log-id", log_id)["trust"] == "log-signed"
    note = terminal.run("checkpoint", "office.log").out
    assert note.startswith("draft.office/")


def test_the_evidence_of_one_story_does_not_replace_that_of_another(terminal):
    here = terminal.directory
    log_id = answer(terminal, "show", "office.log", "0")["log_id"]
    terminal.run("backup", "office.log", "before.log")
    line = '{"kind":"created.entered","who":{"registrar":"p/李敏"},"level":"秘密","reason":"other","items":[{"carrier":"c/%d","form":"document"}]}'
    (here / "one").write_text(line % 1, encoding="utf-8")
    (here / "two").write_text("\n".join(line % n for n in (2, 3)), encoding="utf-8")
    answer(terminal, "append", "office.log", "one", "--key", "keys/李敏.key")
    first = answer(terminal, "verify", "office.log", "--pin", "pin", "--log-id", log_id)
    schema = json.loads((SCHEMAS / "verify.json").read_text("utf-8"))
    assert list(problems(first, schema, files={})) == []
    assert first["pin"] == {"file": "pin", "state": "made", "size": 6, "conflict": None, "evidence": None}
    shutil.copytree(here / "before.log", here / "forked.log")
    for one in (here / "two").read_text("utf-8").splitlines():
        (here / "three").write_text(one, encoding="utf-8")
        answer(terminal, "append", "forked.log", "three", "--key", "keys/李敏.key")
    found = [
        answer(terminal, "verify", log, "--pin", "pin", status=1)["pin"]
        for log in ("before.log", "forked.log", "before.log")
    ]
    assert [(one["conflict"], one["evidence"], one["state"]) for one in found] == [
        ("rollback", "pin.conflict", "refused"),
        ("fork", "pin.conflict.2", "refused"),
        ("rollback", "pin.conflict", "refused"),
    ]
    proof = (here / "pin.conflict.2").read_bytes()
    assert check_conflict(proof, log_id=bytes.fromhex(log_id)).proved
    shown = terminal.run("conflict", "pin.conflict.2", "--log-id", log_id)
    assert (shown.status, "互相矛盾" in shown.out) == (1, True)
    terminal.run("receipt", "make", "office.log", "0", "--out", "0.receipt")
    assert terminal.run("conflict", "pin.conflict.2", "--log-id", log_id, "--genesis", "0.receipt").status == 0
    where = answer(terminal, "verify", "forked.log", "--pin", "pin", "--evidence", "elsewhere", status=1)["pin"]
    assert (where["evidence"], (here / "elsewhere").read_bytes()) == ("elsewhere", proof)
    assert read_pin(here / "pin").checkpoint.size == 6
