from __future__ import annotations

import functools

import pytest

from chainlog import digest
from chainlog.errors import ChainlogError, CheckpointError, FormatError, ProofError, ReceiptError, SignatureError
from chainlog.forensics.receipts import hold_receipt, receipt_of
from chainlog.log.handle import LogHandle
from chainlog.log.log_tree import LogTree
from chainlog.proof.receipt import check_receipt, make_receipt
from chainlog.proof.tlog_proof import TlogProof, format_tlog_proof, parse_tlog_proof
from chainlog.record.statement import EnrolStatement
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from chainlog.tree.merkle import root_of
from chainlog.tree.note import parse_note
from tests.builders import small_log
from tests.signers import signer
from tests.witnesses import cosigned_note, witness


@functools.cache
def office():
    return small_log()


@pytest.fixture
def log():
    return office().handle


def raw(log, index):
    with log.store.snapshot() as snapshot:
        return snapshot.record(index)


def key_of(name="log"):
    return signer(name).public_key


# --- what a receipt says -------------------------------------------------------------------------


def test_every_record_has_a_receipt(log):
    for index in range(log.reader.size):
        data = receipt_of(log, index)
        found = check_receipt(data, log_id=log.id, log_key=key_of())
        assert (found.index, found.record.encoded, found.trust) == (index, raw(log, index), "log-signed")
        assert found.checkpoint.size == log.reader.size
        entry = log.reader.read(index)
        assert receipt_of(log, entry.event.id) == data
        assert hold_receipt(log, data) == found


def test_by_whose_word(log):
    data = receipt_of(log, 2)
    nobody = check_receipt(data, log_id=log.id)
    assert (nobody.trust, nobody.log_key, nobody.not_checked[0][0]) == ("keys-unproven", None, "log key")
    known = check_receipt(data, log_id=log.id, log_key=key_of())
    assert (known.trust, known.log_key, [what for what, _ in known.not_checked]) == (
        "log-signed", key_of(), ["signers", "log"],
    )  # fmt: skip
    first = check_receipt(data, log_id=log.id, genesis=raw(log, 0))
    assert (first.trust, first.log_key) == ("log-signed", key_of())
    assert "still in force" in first.not_checked[0][1]


def test_the_receipt_of_record_0_brings_its_key(log):
    assert check_receipt(receipt_of(log, 0), log_id=log.id).trust == "log-signed"


def test_witnesses(log):
    head = receipt_of(log, 1)
    note = cosigned_note(cosigned_note(parse_tlog_proof(head).checkpoint, "w1.example"), "w2.example", time_s=9)
    data = receipt_of(log, 1, checkpoint=note)
    w1, w2, w3 = (witness(f"w{n}.example") for n in (1, 2, 3))
    found = check_receipt(data, log_id=log.id, witnesses=[w1, w3])
    assert (found.trust, [one.name for one in found.witnesses]) == ("witnessed", ["w1.example"])
    # A witness has checked the log's signature itself.
    assert found.log_key is None
    assert check_receipt(data, log_id=log.id, witnesses=[w1, w2], quorum=2).witnesses[1].time_s == 9
    assert check_receipt(data, log_id=log.id, witnesses=[w1, w3], quorum=2).trust == "keys-unproven"
    assert check_receipt(data, log_id=log.id, log_key=key_of(), witnesses=[w3]).trust == "log-signed"
    assert check_receipt(data, log_id=log.id).trust == "keys-unproven"
    line = data.split(b"\xe2\x80\x94 w1.example ")[1].split(b"\n")[0]
    bad = data.replace(line, line[:-8] + b"AAAAAAA=")
    with pytest.raises(SignatureError):
        check_receipt(bad, log_id=log.id, witnesses=[w1])
    assert check_receipt(bad, log_id=log.id, witnesses=[w2]).trust == "witnessed"
    for keys, quorum in (([w1, w1], 1), ([w1], 0), ([w1], 2), ([w1._replace(public_key=key_of())], 1)):
        with pytest.raises(ReceiptError):
            check_receipt(data, log_id=log.id, log_key=key_of(), witnesses=keys, quorum=quorum)


def test_a_key_that_was_changed(log):
    changed = small_log()
    old_receipt = receipt_of(changed.handle, 1)
    handle = LogHandle(changed.store, log_signer=signer("new log"), clock=changed.clock)
    proof = signer("new log").sign_enrolment(EnrolStatement(handle.id, "s/log", 1, key_of("new log")))
    body = {"old": (1, key_of()), "new": (1, key_of("new log")), "proof": proof}
    people = {"administrator": list(changed.administrators), "log": ["s/log"]}
    handle.record_event(
        "log_key_changed", body=body, people=people, signers={**changed.administrators, "s/log": signer("log")}
    )
    data = receipt_of(handle, 1)
    genesis = raw(handle, 0)
    assert check_receipt(data, log_id=handle.id, log_key=key_of("new log")).trust == "log-signed"
    unproven = check_receipt(data, log_id=handle.id, genesis=genesis)
    assert (unproven.trust, unproven.log_key) == ("keys-unproven", None)
    with pytest.raises(CheckpointError):
        check_receipt(data, log_id=handle.id, log_key=key_of())
    # Each is held against the log by the key in force at its own size.
    assert hold_receipt(handle, data).log_key == key_of("new log")
    assert hold_receipt(handle, old_receipt).log_key == key_of()
    # A head of the new size that the old key signs is no head of the log.
    stated = parse_checkpoint(parse_note(parse_tlog_proof(data).checkpoint).text)
    forged = sign_checkpoint(stated, signer=signer("log"))
    with pytest.raises(CheckpointError):
        receipt_of(handle, 1, checkpoint=forged)
    with handle.store.snapshot() as snapshot:
        told = make_receipt(raw(handle, 1), LogTree(snapshot), index=1, checkpoint=forged)
    with pytest.raises(CheckpointError):
        hold_receipt(handle, told)


# --- what is refused -----------------------------------------------------------------------------


def test_every_changed_byte_is_refused(log):
    data = receipt_of(log, 2)
    for place in range(len(data)):
        for flip in (1, 0x20, 0x80):
            changed = bytearray(data)
            changed[place] ^= flip
            with pytest.raises(ChainlogError):
                check_receipt(bytes(changed), log_id=log.id, log_key=key_of())


def test_cut_doubled_and_swapped_parts_are_refused(log):
    data = receipt_of(log, 2)
    proof, other = parse_tlog_proof(data), parse_tlog_proof(receipt_of(log, 1))
    for place in range(0, len(data), 7):
        for changed in (data[:place], data[place:], data[:place] + data[place : place + 9] + data[place:]):
            if changed != data:
                with pytest.raises(ChainlogError):
                    check_receipt(changed, log_id=log.id, log_key=key_of())
    checkpoint = proof.checkpoint
    for changed in (
        TlogProof(2, proof.path, checkpoint, other.extra),
        TlogProof(1, proof.path, checkpoint, proof.extra),
        TlogProof(2, other.path, checkpoint, proof.extra),
        TlogProof(2, proof.path[::-1], checkpoint, proof.extra),
        TlogProof(
            2, proof.path, receipt_of(small_log(name="draft.other").handle, 2).partition(b"\n\n")[2], proof.extra
        ),
        TlogProof(2, proof.path, checkpoint, None),
    ):
        with pytest.raises((ReceiptError, ProofError)):
            check_receipt(format_tlog_proof(changed), log_id=log.id, log_key=key_of())


def test_another_log_is_named(log):
    with pytest.raises(ReceiptError) as caught:
        check_receipt(receipt_of(log, 2), log_id=bytes(32), log_key=key_of())
    assert caught.value.fields["finding"] == "wrong-log"
    with pytest.raises(ReceiptError) as caught:
        check_receipt(receipt_of(log, 2), log_id=log.id, genesis=raw(log, 1))
    assert caught.value.fields["finding"] == "wrong-log"


def test_a_record_that_is_none_is_named(log):
    proof = parse_tlog_proof(receipt_of(log, 2))
    for extra in (b"none", proof.extra + b"\0"):
        with pytest.raises(FormatError) as caught:
            check_receipt(format_tlog_proof(TlogProof(2, proof.path, proof.checkpoint, extra)), log_id=log.id)
        assert caught.value.fields["path"].startswith("$.extra")


def test_a_made_up_tree_under_the_logs_id_is_unproven_at_best(log):
    record = raw(log, 1)
    leaves = [digest.record_hash(record)]
    origin = log.origin
    note = sign_checkpoint(Checkpoint(origin, 2, root_of([bytes(32), *leaves])), signer=signer("p/A1"))
    data = format_tlog_proof(TlogProof(1, (bytes(32),), note, record))
    assert check_receipt(data, log_id=log.id).trust == "keys-unproven"
    with pytest.raises(CheckpointError):
        check_receipt(data, log_id=log.id, log_key=key_of())
    assert check_receipt(data, log_id=log.id, genesis=raw(log, 0)).trust == "keys-unproven"


def test_signatures_of_people_must_be_theirs_and_for_this_log():
    # A log that took a record with a false signature is convicted by its own receipt.
    log = office().handle
    record = raw(log, 2)
    entry = log.reader.read(2)
    signature = entry.record.signatures[0][3]
    changed = record.replace(signature, signature[:-1] + bytes((signature[-1] ^ 1,)))
    leaves = [digest.record_hash(raw(log, 0)), bytes(32), digest.record_hash(changed)]
    note = sign_checkpoint(Checkpoint(log.origin, 3, root_of(leaves)), signer=signer("log"))
    path = (digest.node_hash(leaves[0], leaves[1]),)
    with pytest.raises(ReceiptError) as caught:
        check_receipt(format_tlog_proof(TlogProof(2, path, note, changed)), log_id=log.id, log_key=key_of())
    assert caught.value.fields["finding"] == "bad-signature"


def test_records_that_stand_where_they_do_not_belong(log):
    other = raw(small_log(nonce=bytes(31) + b"\1").handle, 0)
    for index, record in ((1, raw(log, 2)), (0, other)):
        # The log key signed a tree with this record in this place.
        leaves = [digest.record_hash(raw(log, 0)), digest.record_hash(raw(log, 1))]
        leaves[index] = digest.record_hash(record)
        note = sign_checkpoint(Checkpoint(log.origin, 2, root_of(leaves)), signer=signer("log"))
        data = format_tlog_proof(TlogProof(index, (leaves[1 - index],), note, record))
        with pytest.raises(ReceiptError, match="is not the log's record"):
            check_receipt(data, log_id=log.id, log_key=key_of())


def test_receipts_of_what_is_not_there(log):
    for which in (-1, 4, 99, bytes(15) + b"\x09"):
        with pytest.raises(ChainlogError):
            receipt_of(log, which)
    with pytest.raises(FormatError):
        receipt_of(log, 1, checkpoint=b"none")
    early = parse_tlog_proof(receipt_of(small_log(persons=()).handle, 0)).checkpoint
    with pytest.raises(ReceiptError):
        receipt_of(log, 1, checkpoint=early)
    beyond = sign_checkpoint(Checkpoint(log.origin, 99, bytes(32)), signer=signer("log"))
    with pytest.raises(ReceiptError):
        receipt_of(log, 1, checkpoint=beyond)
    forked = sign_checkpoint(Checkpoint(log.origin, 3, bytes(32)), signer=signer("log"))
    with pytest.raises(ProofError):
        receipt_of(log, 1, checkpoint=forked)
