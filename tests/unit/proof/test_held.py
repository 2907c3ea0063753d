from __future__ import annotations

import functools

import pytest

from chainlog.errors import CheckpointError, ReceiptError
from chainlog.forensics.receipts import hold_receipt, receipt_of
from chainlog.log.handle import LogHandle
from chainlog.log.log_tree import LogTree, TileRoots
from chainlog.proof.held import check_held
from chainlog.proof.receipt import check_receipt
from tests.builders import Clock, small_log
from tests.signers import signer
from tests.stories import cut_back, gone_on

LATER = Clock(1_800_000_000_000_000)


@functools.cache
def office():
    return small_log()


@functools.cache
def receipts():
    log = office().handle
    return [receipt_of(log, index) for index in range(log.reader.size)]


def finding(log, data):
    with pytest.raises(ReceiptError) as caught:
        hold_receipt(log, data)
    return caught.value.fields.get("finding"), caught.value.fields.get("index")


def test_the_log_itself_and_one_that_grew_hold_it():
    grown = gone_on(cut_back(office().handle, 4), clock=LATER)
    for data in receipts():
        assert hold_receipt(office().handle, data).trust == "log-signed"
        assert hold_receipt(grown.handle, data).trust == "log-signed"


def test_a_log_that_was_cut_back():
    log = LogHandle(cut_back(office().handle, 3))
    assert finding(log, receipts()[3]) == ("truncated", 3)
    # Record 2 is still there, and yet the log was longer when it gave the receipt.
    assert finding(log, receipts()[2]) == ("truncated", 3)


def test_a_log_that_went_on_differently():
    log = gone_on(cut_back(office().handle, 3), clock=LATER).handle
    assert finding(log, receipts()[3]) == ("altered", 3)
    assert finding(log, receipts()[2]) == ("forked", 3)
    longer = gone_on(cut_back(office().handle, 2), clock=LATER, persons=("p/X", "p/Y", "p/W")).handle
    assert finding(longer, receipts()[1]) == ("forked", 3)


def test_an_event_that_stands_elsewhere_now():
    told = gone_on(cut_back(office().handle, 2), clock=LATER)
    # The same event with the same id, one record later.
    event = office().handle.reader.read(2).record.event
    from chainlog.event.model import check_event
    from chainlog.log.handle import propose

    moved = propose(check_event(event), told.administrators)
    log = gone_on(cut_back(office().handle, 2), clock=Clock(office().clock.now_us))
    log.handle.append(moved)
    assert finding(log.handle, receipts()[2]) == ("reordered", 2)


def test_a_log_made_anew_under_the_name():
    other = small_log(nonce=bytes(31) + b"\1", title="another")
    assert finding(other.handle, receipts()[1]) == ("wrong-log", None)
    with other.store.snapshot() as snapshot, pytest.raises(ReceiptError) as caught:
        receipt = check_receipt(receipts()[1], log_id=office().handle.id, log_key=signer("log").public_key)
        check_held(receipt, snapshot, LogTree(snapshot))
    assert caught.value.fields["finding"] == "wrong-log"


def test_what_somebody_else_signed_convicts_nobody():
    log = office().handle
    forged = receipt_of(gone_on(cut_back(log, 2), clock=LATER).handle, 2)
    signed = cut_back(log, 4, log_signer=signer("p/A1"))
    with signed.snapshot() as snapshot:
        from chainlog.log.head import decode_head
        from chainlog.proof.receipt import make_receipt

        note = decode_head(snapshot.head).checkpoint
        data = make_receipt(snapshot.record(2), LogTree(snapshot), index=2, checkpoint=note)
    with pytest.raises(CheckpointError):
        hold_receipt(log, data)
    unproven = check_receipt(forged, log_id=log.id)
    with log.store.snapshot() as snapshot, pytest.raises(AssertionError):
        check_held(unproven, snapshot, LogTree(snapshot))


def test_tile_roots_are_bounded():
    roots = TileRoots()
    for number in range(5_000):
        roots.put(0, number, bytes(32))
    assert roots.get(0, 0) is None
    assert roots.get(0, 4_999) == bytes(32)
