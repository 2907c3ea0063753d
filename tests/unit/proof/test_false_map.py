"""A map that leaves out a record is convicted by the record's receipt, and by nothing less."""

from __future__ import annotations

import pytest

from chainlog import digest
from chainlog.canon import codec
from chainlog.digest import ZERO
from chainlog.errors import (
    ChainlogError,
    ConflictProofError,
    FormatError,
    LimitError,
    ProofError,
    ReceiptError,
    SubjectError,
)
from chainlog.limits import FALSE_MAP_BYTES_MAX
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.false_map import TAG, check_false_map, hold_against
from chainlog.tree.batch import check_batch_inclusion, inclusion_path_from
from chainlog.tree.map import Claim
from chainlog.tree.merkle import check_inclusion
from tests import reference
from tests.lying import CARRIER, lying, receipt
from tools import map_reference
from tools.fixed_bundle import batch_proof, bundle_of, commit_map, map_heads, map_proof, told_log
from tools.fixed_log import KEEPER, NAME, public


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


# --- files put together by hand: whoever accuses a log may write what he likes --------------------


def accusation(log, committed, record, *, claim, proof, subject=CARRIER, names=(NAME, NAME)):
    receipts = [receipt(log, index, name=name) for index, name in zip((committed, record), names, strict=True)]
    count, last = claim or (0, ZERO)
    return codec.encode([TAG, *([one, public("log")] for one in receipts), subject, count, last, proof])


def heads_with(log, size, claim):
    """Entries of the map of the first *size* records, but for what it says of CARRIER."""
    return map_reference.entries_of(
        log.id, [(subject, *(claim if subject == CARRIER else said)) for subject, *said in map_heads(log, size)]
    )  # fmt: skip


def proof_in(log, entries):
    return map_reference.prove(entries, map_reference.path_of(log.id, CARRIER))


def test_a_true_map_convicts_nobody_whatever_is_held_against_it():
    log = told_log()
    committed = commit_map(log)
    log.add("transferred.store", body={"place": "w/G1"}, people=[("registrar", KEEPER, 1)], subjects=[CARRIER])
    true = {"claim": Claim(3, digest.record_hash(log.records[8])), "proof": map_proof(log, 9, CARRIER)}
    for record in (4, 6, 8):
        with pytest.raises(ConflictProofError, match=f"may well know record {record}"):
            check_false_map(accusation(log, committed, record, **true), log_id=log.id)
    # The map says less than this one, and rightly.
    with pytest.raises(ConflictProofError, match="covers record 10"):
        check_false_map(accusation(log, committed, 10, **true), log_id=log.id)
    with pytest.raises(ConflictProofError, match="doesn't name"):
        check_false_map(accusation(log, committed, 7, **true), log_id=log.id)
    # Nor does it say what the accuser says that it does.
    for claim in (None, Claim(2, digest.record_hash(log.records[6]))):
        with pytest.raises(ProofError):
            check_false_map(accusation(log, committed, 8, claim=claim, proof=true["proof"]), log_id=log.id)


def test_as_many_records_of_which_the_last_is_another():
    log = told_log()
    claim = Claim(2, digest.record_hash(log.records[8]))
    entries = heads_with(log, 9, claim)
    committed = commit_map(log, root=map_reference.tree(entries))
    false = {"claim": claim, "proof": proof_in(log, entries)}
    for record in (6, 8):
        assert check_false_map(accusation(log, committed, record, **false), log_id=log.id).record.index == record
    # The map may hold the first record, and lie of the next.
    with pytest.raises(ConflictProofError, match="may well know record 4"):
        check_false_map(accusation(log, committed, 4, **false), log_id=log.id)


@pytest.mark.parametrize(
    ("size", "record", "holds"),
    [(9, 8, True), (8, 8, False), (7, 8, False), (10, 8, False), (11, 8, False), (9, 6, True)],
)
def test_the_map_must_cover_the_record_and_no_more_than_stood_before_it(size, record, holds):
    log = told_log()
    claim = Claim(1, digest.record_hash(log.records[4]))
    entries = heads_with(log, size, claim)
    committed = commit_map(log, size=size, root=map_reference.tree(entries))
    assert committed == 9
    data = accusation(log, committed, record, claim=claim, proof=proof_in(log, entries))
    if holds:
        assert check_false_map(data, log_id=log.id, log_keys=[public("log")]).position == {8: 2, 6: 1}[record]
    else:
        with pytest.raises(ConflictProofError, match=f"covers record {record}"):
            check_false_map(data, log_id=log.id)


def test_nothing_but_a_commitment_commits():
    log = told_log()
    commit_map(log)
    for index in (0, 4, 7):
        data = accusation(log, index, 8, claim=None, proof=map_proof(log, 9, "c/99"))
        with pytest.raises(ConflictProofError, match=f"record {index} commits to no map"):
            check_false_map(data, log_id=log.id)


def test_what_is_no_subject_is_no_file():
    log = told_log()
    committed = commit_map(log)
    for subject in ("", "c/", "C/87", "c/8 7", "x/87"):
        with pytest.raises(SubjectError):
            check_false_map(accusation(log, committed, 8, subject=subject, claim=None, proof=b"x"), log_id=log.id)


def test_a_receipt_under_another_name_is_not_of_the_log():
    log, parts = lying(8)
    with pytest.raises(ReceiptError) as caught:
        held(log, parts, receipt(log, 8, name="draft.elsewhere"))
    assert caught.value.fields["finding"] == "wrong-log"
    claim, committed = Claim(2, digest.record_hash(log.records[6])), log.size - 1
    false = {"claim": claim, "proof": proof_in(log, heads_with(log, 9, claim))}
    whole = accusation(log, committed, 8, **false)
    assert check_false_map(whole, log_id=log.id, genesis=log.records[0]).keys_known
    for names in ((NAME, "draft.elsewhere"), ("draft.elsewhere", NAME)):
        data = accusation(log, committed, 8, **false, names=names)
        # What the log is called is known from record 0 alone.
        assert check_false_map(data, log_id=log.id, log_keys=[public("log")]).keys_known
        with pytest.raises(ReceiptError) as caught:
            check_false_map(data, log_id=log.id, genesis=log.records[0])
        assert caught.value.fields["finding"] == "wrong-log"


def test_record_0_tells_the_name_wherever_it_is_brought():
    log = told_log()
    entries = [one for one in heads_with(log, 9, (3, ZERO)) if one.path != map_reference.path_of(log.id, "s/log")]
    committed = commit_map(log, root=map_reference.tree(entries))
    absent = map_reference.prove(entries, map_reference.path_of(log.id, "s/log"))
    false = {"claim": None, "proof": absent, "subject": "s/log"}
    assert check_false_map(accusation(log, committed, 0, **false), log_id=log.id).keys_known
    with pytest.raises(ReceiptError):
        check_false_map(accusation(log, committed, 0, **false, names=("draft.elsewhere", NAME)), log_id=log.id)


def test_a_receipt_by_the_first_key_convicts_a_log_that_has_another_one_now():
    log, parts = lying(8, key="log#2")
    found = held(log, parts, receipt(log, 8, size=9))
    assert found.result == "left-out"
    assert check_false_map(found.evidence, log_id=log.id, log_keys=[public("log"), public("log#2")]).keys_known
    assert check_false_map(found.evidence, log_id=log.id, log_keys=[public("log#2")], genesis=log.records[0]).keys_known
    for known in ("log", "log#2"):
        assert not check_false_map(found.evidence, log_id=log.id, log_keys=[public(known)]).keys_known


def test_the_limit_is_that_of_the_format():
    for size, is_over in ((FALSE_MAP_BYTES_MAX, False), (FALSE_MAP_BYTES_MAX + 1, True)):
        with pytest.raises(FormatError) as caught:
            check_false_map(bytes(size), log_id=bytes(32))
        assert isinstance(caught.value, LimitError) == is_over
        assert caught.value.fields["path"] == "$.false_map"


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
