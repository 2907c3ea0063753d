"""Checkpoints that were kept outside: they show what the files alone can't."""

from __future__ import annotations

import pytest

from chainlog.cli.failures import message_of
from chainlog.cli.verdict_texts import detail_zh, reason_zh, subject_zh
from chainlog.digest import record_hash
from chainlog.errors import ForeignFileError, FormatError
from chainlog.forensics.evidence import TableEvidence
from chainlog.forensics.in_process import audit_evidence, audit_store
from chainlog.forensics.outside import read_outside
from chainlog.log.head import decode_head
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import root_of
from tests.builders import signer, small_log
from tests.damage import Tables, changed_event, copy_of, honest, rechain, rows_of, tell_story


def head_of(log) -> bytes:
    with log.store.snapshot() as snapshot:
        return decode_head(snapshot.head).checkpoint


def findings(log, checkpoint):
    with log.store.snapshot() as snapshot:
        quick = audit_store(snapshot, log_id=log.handle.id, checkpoint=checkpoint)
        assert audit_store(snapshot, log_id=log.handle.id, checkpoint=checkpoint, exact=True) == quick
    return [(finding.code, finding.index) for finding in quick.findings], quick


def with_record_20_changed(tables: Tables) -> Tables:
    """Its event altered, and all after it chained anew."""
    rows = rows_of(tables)
    rows[20] = changed_event(rows[20], expires_at_us=1)
    copied = copy_of(tables)
    rechain(copied, rows, 20)
    return copied


def test_a_log_that_goes_on_from_its_checkpoint():
    log = small_log()
    older = head_of(log)
    tell_story(log, 12)
    found, report = findings(log, older)
    assert (found, report.integrity) == ([], "intact")
    assert "after record 3" in next(entry.reason for entry in report.not_checked if entry.what == "end of the log")
    found, report = findings(log, head_of(log))
    assert found == []
    assert "end of the log" not in [entry.what for entry in report.not_checked]


def test_a_log_that_was_cut_back_to_an_honest_state():
    longer, cut = small_log(), small_log()
    tell_story(longer, 12)
    found, report = findings(cut, head_of(longer))
    assert found == [("truncated", 4)]
    assert report.integrity == "broken"
    assert not subject_zh(report.findings[0].subject).isascii()


def test_a_log_that_tells_another_story():
    one, other = small_log(), small_log()
    one.record("accessed.entered", {"operator": "p/C"}, subjects=["w/1"])
    other.record("accessed.entered", {"operator": "p/Z"}, subjects=["w/1"])
    assert one.handle.id == other.handle.id
    tell_story(one, 12)
    assert findings(one, head_of(other))[0] == [("forked", 4)]


@pytest.mark.parametrize(("more", "code"), [(1, "truncated"), (9, "forked")])
def test_a_head_that_was_lost_and_is_stated_to_be(more, code):
    longer, restored = small_log(), small_log()
    tell_story(longer, 12)
    lost = read_outside(head_of(longer))
    stated = {"lost_from": 4, "known_size": lost.size, "known_root": lost.root, "reason": "硬盘损坏"}
    for body, said in (({**stated, "known_root": bytes(32)}, False), (stated, True)):
        restored.administer("recovered", body)
        tell_story(restored, restored.handle.reader.size + more - 1)
        found, report = findings(restored, head_of(longer))
        assert [one for one, _ in found] == [code]
        assert (report.integrity, "recovered" in report.findings[0].detail) == ("broken", said)
        assert ("恢复" in detail_zh(report.findings[0].detail)) == said


def refused(log, checkpoint, *, log_id=None):
    """Why the caller gave the wrong file, whichever way the audit takes."""
    reasons = []
    with log.store.snapshot() as snapshot:
        for exact in (False, True):
            with pytest.raises(ForeignFileError) as caught:
                audit_store(snapshot, log_id=log_id, checkpoint=checkpoint, exact=exact)
            assert message_of(caught.value, "zh") != message_of(caught.value, "en")
            reasons.append(caught.value.detail)
    assert reasons[0] == reasons[1]
    return reasons[0]


def test_a_checkpoint_of_another_log_is_the_callers_mistake():
    log, other = small_log(), small_log(name="draft.other")
    for log_id in (None, log.handle.id):
        reason = refused(log, head_of(other), log_id=log_id)
        assert log.handle.id.hex() in reason
        assert other.handle.id.hex() in reason


def test_where_another_log_was_asked_for_its_checkpoint_is_no_mistake():
    log, other = small_log(), small_log(name="draft.other")
    with log.store.snapshot() as snapshot:
        quick, exact = (
            audit_store(snapshot, log_id=other.handle.id, checkpoint=head_of(other), exact=exact)
            for exact in (False, True)
        )
    assert quick == exact
    assert [(finding.code, finding.index) for finding in quick.findings] == [("wrong-log", 0)]
    said = {entry.what: entry.reason for entry in quick.not_checked}
    assert reason_zh(said["checkpoint of 4 records"])
    # Nothing was compared with the end.
    assert "end of the log" in said


def test_a_checkpoint_that_the_log_did_not_sign_is_the_callers_mistake():
    log = small_log()
    forged = sign_checkpoint(Checkpoint(log.handle.origin, 4, bytes(32)), signer=signer("p/L"))
    assert "didn't sign it" in refused(log, forged)
    later = sign_checkpoint(Checkpoint(log.handle.origin, 9, bytes(32)), signer=signer("p/L"))
    assert "9 records, 4 are there" in refused(log, later)


def test_what_lay_beside_a_log_and_is_of_another_accuses_nobody():
    log_id, tables = honest(12)
    stray = head_of(small_log(name="draft.other"))
    for exact in (False, True):
        report = audit_evidence(TableEvidence(tables), log_id=log_id, stamped=[stray], exact=exact)
        assert report.integrity == "intact"
        assert "checkpoint of 4 records" in [entry.what for entry in report.not_checked]


def test_in_a_damaged_log_the_record_that_brought_the_key_may_be_what_is_gone():
    log_id, tables = honest(45)
    copied = with_record_20_changed(tables)
    origin = decode_head(tables["head"][b"head"]).checkpoint.decode().split("\n")[0]
    note = sign_checkpoint(Checkpoint(origin, 45, bytes(32)), signer=signer("new"))
    report = audit_evidence(TableEvidence(copied), log_id=log_id, checkpoint=note)
    assert [finding.code for finding in report.findings] == ["bad-signature", "head-mismatch"]
    assert "checkpoint of 45 records" in [entry.what for entry in report.not_checked]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 299, 300])
def test_sizes_around_a_tile(size):
    log_id, tables = honest(300)
    origin = decode_head(tables["head"][b"head"]).checkpoint.decode().split("\n")[0]
    root = root_of([record_hash(data) for data in rows_of(tables)[:size]])
    good = sign_checkpoint(Checkpoint(origin, size, root), signer=signer("log"))
    report = audit_evidence(TableEvidence(tables), log_id=log_id, checkpoint=good, range_records=256)
    assert report.integrity == "intact"
    bad = sign_checkpoint(Checkpoint(origin, size, bytes(32)), signer=signer("log"))
    report = audit_evidence(TableEvidence(tables), log_id=log_id, checkpoint=bad, range_records=256)
    assert [(finding.code, finding.index) for finding in report.findings] == [("forked", size - 1)]


def test_what_the_checkpoint_says_stands_beside_the_cause():
    log_id, tables = honest(45)
    copied = with_record_20_changed(tables)
    note = decode_head(tables["head"][b"head"]).checkpoint
    report = audit_evidence(TableEvidence(copied), log_id=log_id, checkpoint=note)
    found = [(finding.code, finding.index) for finding in report.findings]
    assert found == [("bad-signature", 20), ("forked", 44), ("head-mismatch", None)]


@pytest.mark.parametrize("note", [b"", b"nonsense", b"a\n1\n\n\xe2\x80\x94 a AAAA\n"])
def test_what_is_no_checkpoint_is_the_callers_mistake(note):
    log = small_log()
    with log.store.snapshot() as snapshot, pytest.raises(FormatError):
        audit_store(snapshot, log_id=log.handle.id, checkpoint=note)
