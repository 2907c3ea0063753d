"""Receipts read by a checker that takes the file apart by c2sp.org/tlog-proof and leaves the rest to Go's sumdb."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from chainlog.digest import record_hash
from chainlog.errors import ChainlogError
from chainlog.forensics.receipts import receipt_of
from chainlog.proof.receipt import check_receipt
from chainlog.proof.tlog_proof import parse_tlog_proof
from chainlog.tree.note import ED25519, VerifierKey, format_vkey
from tests.builders import small_log
from tests.signers import signer
from tests.witnesses import cosigned_note, witness

BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@pytest.fixture(scope="module")
def log():
    made = small_log()
    for number in range(3):
        made.enrol(f"p/{number}")
    return made.handle


def vkey(log, key="log"):
    return format_vkey(VerifierKey(log.origin, ED25519, signer(key).public_key))


def asked(log, data):
    return {"do": "receipt", "data": data, "keys": [vkey(log)]}


def test_every_record(sumdb, log):
    """At the newest head, and at each head before."""
    made = small_log()
    receipts = []
    for number in range(4):
        made.enrol(f"p/{number}")
        receipts += [(index, receipt_of(made.handle, index)) for index in range(made.handle.reader.size)]
    with made.store.snapshot() as snapshot:
        hashes = [record_hash(data) for _, data in snapshot.records(0, made.handle.reader.size)]
    answers = sumdb.ask(asked(made.handle, data) for _, data in receipts)
    assert [b64decode(answer["hash"]) for answer in answers] == [hashes[index] for index, _ in receipts]
    assert {answer["size"] for answer in answers} == {5, 6, 7, 8}
    assert not any("error" in answer for answer in answers)


def test_a_log_of_one_record(sumdb):
    log = small_log(persons=()).handle
    data = receipt_of(log, 0)
    assert parse_tlog_proof(data).path == ()
    assert sumdb.refusals([asked(log, data)]) == [None]


def test_a_cosigned_checkpoint(sumdb, log):
    note = cosigned_note(parse_tlog_proof(receipt_of(log, 1)).checkpoint, "w.example")
    data = receipt_of(log, 1, checkpoint=note)
    (bare, known) = sumdb.ask(
        [
            asked(log, data),
            {**asked(log, data), "keys": [vkey(log), format_vkey(witness("w.example"))]},
        ]
    )
    assert [one["name"] for one in bare["unknown"]] == ["w.example"]
    assert [one["name"] for one in known["verified"]] == [log.origin, "w.example"]


def test_what_it_refuses(sumdb, log):
    data = receipt_of(log, 2)
    another = parse_tlog_proof(receipt_of(log, 3))
    hashes = [b64encode(one) for one in parse_tlog_proof(data).path]
    changed = [
        data.replace(b"index 2", b"index 3"),
        data.replace(b"index 2", b"index 02"),
        data.replace(hashes[0] + b"\n", b"", 1),
        data.replace(hashes[0] + b"\n", hashes[0] + b"\n" + hashes[0] + b"\n", 1),
        data.replace(hashes[0] + b"\n" + hashes[1], hashes[1] + b"\n" + hashes[0], 1),
        data.replace(b64encode(parse_tlog_proof(data).extra), b64encode(another.extra), 1),
        receipt_of(log, 3).replace(b"index 3", b"index 2"),
        data.replace(b"\n\n", b"\n", 1),
    ]
    assert data not in changed
    assert sumdb.refusals([asked(log, data)]) == [None]
    assert sumdb.refusals([{**asked(log, data), "keys": [vkey(log, "other")]}]) != [None]
    assert None not in sumdb.refusals(asked(log, one) for one in changed)
    for one in changed:
        with pytest.raises(ChainlogError):
            check_receipt(one, log_id=log.id, log_key=signer("log").public_key)


def test_every_changed_byte(sumdb, log):
    """Go refuses all that doesn't stand for the same bytes. Ours refuses the rest too: see `test_go_notes`, on base64."""
    data = receipt_of(log, 2)
    assert data.endswith(b"=\n")
    same = [data[:-3] + bytes((other,)) + b"=\n" for other in BASE64 if other != data[-3]]
    same = [one for one in same if b64decode(one.rsplit(b" ")[-1]) == b64decode(data.rsplit(b" ")[-1])]
    flips = [
        data[:place] + bytes((data[place] ^ flip,)) + data[place + 1 :]
        for place in range(len(data))
        for flip in (1, 32)
    ]
    changes = [one for one in flips if one not in same] + same
    verdicts = [refusal is None for refusal in sumdb.refusals(asked(log, one) for one in changes)]
    assert verdicts == [False] * (len(changes) - 3) + [True] * 3
    for one in same:
        with pytest.raises(ChainlogError):
            check_receipt(one, log_id=log.id, log_key=signer("log").public_key)
