"""A map that leaves out a record is convicted by the record's receipt, and by nothing less."""

from __future__ import annotations

import pytest

from chainlog import digest
from chainlog.errors import ChainlogError, ReceiptError
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.false_map import check_false_map, hold_against
from chainlog.tree.batch import check_batch_inclusion, inclusion_path_from
from chainlog.tree.merkle import check_inclusion
from tests import reference
from tests.lying import CARRIER, lying, receipt
from tools.fixed_bundle import batch_proof, bundle_of, commit_map, told_log
from tools.fixed_log import KEEPER, public


def held(log, parts, data, **rest):
    report = check_bundle(parts.encoded(), log_id=log.id)
    return hold_against(
        decode_bundle(parts.encoded()), data, log_id=log.id, bundle_key=report.log_key, **rest
    )  # fmt: skip


@pytest.mark.parametrize("left_out", [(8,), (4, 6, 8), (6, 8)])
def test_a_false_bundle_looks_complete_until_a_receipt_comes(left_out):
    log, parts = lying(*left_out)
    report = check_bundle(parts.encoded(), log_id=log.id)
    assert (report.authenticity, report.completeness) == ("genuine", "complete")
    here = [one.record.index for one in report.records]
    for index in range(log.size):
        found = held(log, parts, receipt(log, index))
        if index not in left_out:
            assert (found.result, found.evidence) == ("shown" if index in here else "open", None)
            continue
        assert found.result == "left-out"
        convicted = check_false_map(found.evidence, log_id=log.id, log_keys=[public("log")])
        assert (convicted.keys_known, convicted.record.index, convicted.subject) == (True, index, CARRIER)
        assert check_false_map(found.evidence, log_id=log.id, genesis=log.records[0]).keys_known
        assert not check_false_map(found.evidence, log_id=log.id).keys_known
        with pytest.raises(ReceiptError):
            check_false_map(found.evidence, log_id=bytes(32))


def test_a_receipt_from_before_the_map_convicts_too():
    log, parts = lying(8)
    assert held(log, parts, receipt(log, 8, size=9)).result == "left-out"


def test_a_receipt_that_nobody_known_signed_convicts_nobody():
    log, parts = lying(8)
    with pytest.raises(ReceiptError, match="convicts nobody"):
        held(log, parts, receipt(log, 8, key="p/A1"))
    # Who knows the key to be, or have been, the log's may say so.
    assert held(log, parts, receipt(log, 8, key="p/A1"), log_keys=[public("p/A1")]).result == "left-out"


def test_an_honest_bundle_is_convicted_by_no_receipt():
    log = told_log()
    committed = commit_map(log)
    parts = bundle_of(log, [CARRIER], committed=committed)
    here = [one.record.index for one in check_bundle(parts.encoded(), log_id=log.id).records]
    assert [held(log, parts, receipt(log, n)).result for n in range(log.size)] == [
        "shown" if n in here else "open" for n in range(log.size)
    ]
    without_map = bundle_of(log, [CARRIER], without=[8])
    assert held(log, without_map, receipt(log, 8)).result == "open"
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    older = bundle_of(log, [CARRIER], committed=committed, without=[10])
    assert held(log, older, receipt(log, 10)).result == "open"


def test_the_receipt_of_another_story_is_a_fork():
    log, other = told_log(), told_log()
    parts = bundle_of(log, [CARRIER], committed=commit_map(log))
    place = {"place": "w/G2"}
    other.add("transferred.store", body=place, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    with pytest.raises(ReceiptError) as caught:
        held(log, parts, receipt(other, 9))
    assert (caught.value.finding, caught.value.index) == ("forked", 9)


def test_every_change_of_a_byte_is_refused():
    log, parts = lying(8)
    data = held(log, parts, receipt(log, 8)).evidence
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        with pytest.raises(ChainlogError):
            check_false_map(bytes(changed), log_id=log.id, log_keys=[public("log")])
    for cut in (data[:-1], data + b"\0", data[: len(data) // 2], b"", data * 2):
        with pytest.raises(ChainlogError):
            check_false_map(cut, log_id=log.id)


def test_a_path_is_taken_out_of_a_batch_proof():
    for size in (1, 2, 3, 7, 8, 21):
        hashes = [digest.record_hash(b"%d" % n) for n in range(size)]
        root = reference.tree_hash(hashes)
        for chosen in ([0], [size - 1], list(range(size)), list(range(0, size, 3))):
            packed = batch_proof(hashes, chosen)
            path = [packed[at : at + 32] for at in range(0, len(packed), 32)]
            leaves = [(n, hashes[n]) for n in chosen]
            check_batch_inclusion(leaves, path, size=size, root=root)
            for index in chosen:
                found = inclusion_path_from(leaves, path, index=index, size=size)
                assert found == reference.inclusion_path(index, hashes)
                check_inclusion(hashes[index], found, index=index, size=size, root=root)
