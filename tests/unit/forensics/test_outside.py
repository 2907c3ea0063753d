"""Checkpoints that were kept outside: they show what the files alone can't."""

from __future__ import annotations

import pytest

from chainlog.cli.verdict_texts import detail_zh
from chainlog.digest import record_hash
from chainlog.errors import FormatError
from chainlog.forensics.evidence import TableEvidence
from chainlog.forensics.in_process import audit_evidence, audit_store
from chainlog.forensics.outside import read_outside
from chainlog.log.head import decode_head
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import root_of
from tests.builders import signer, small_log
from tests.damage import changed_event, copy_of, honest, rechain, rows_of, tell_story


def head_of(log) -> bytes:
    with log.store.snapshot() as snapshot:
        return decode_head(snapshot.head).checkpoint


def findings(log, checkpoint):
    with log.store.snapshot() as snapshot:
        quick = audit_store(snapshot, log_id=log.handle.id, checkpoint=checkpoint)
        assert audit_store(snapshot, log_id=log.handle.id, checkpoint=checkpoint, exact=True) == quick
    return [(finding.code, finding.index) for finding in quick.findings], quick


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


def test_a_checkpoint_of_another_log():
    assert findings(small_log(), head_of(small_log(name="draft.other")))[0] == [("wrong-log", 0)]


def test_a_checkpoint_that_the_log_did_not_sign():
    log = small_log()
    forged = sign_checkpoint(Checkpoint(log.handle.origin, 4, bytes(32)), signer=signer("p/L"))
    assert findings(log, forged)[0] == [("head-mismatch", None)]


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 299, 300])
def test_sizes_around_a_tile(size):
    log_id, tables = honest(300)
    origin = decode_head(tables["head"][b"head"]).checkpoint.decode().split("\n")[0]
    root = root_of([record_hash(data) for data in rows_of(tables)[:size]])
    good = sign_checkpoint(Checkpoint(origin, size, root), signer=signer("log"))
    report = audit_evidence(TableEvidence(tables), log_id=log_id, checkpoint=good, range_records=256)
    assert report.integrity == "intact"
    if size:
        bad = sign_checkpoint(Checkpoint(origin, size, bytes(32)), signer=signer("log"))
        report = audit_evidence(TableEvidence(tables), log_id=log_id, checkpoint=bad, range_records=256)
        assert [(finding.code, finding.index) for finding in report.findings] == [("forked", size - 1)]


def test_what_the_checkpoint_says_stands_beside_the_cause():
    log_id, tables = honest(45)
    rows = rows_of(tables)
    rows[20] = changed_event(rows[20], expires_at_us=1)
    copied = copy_of(tables)
    rechain(copied, rows, 20)
    note = decode_head(tables["head"][b"head"]).checkpoint
    report = audit_evidence(TableEvidence(copied), log_id=log_id, checkpoint=note)
    found = [(finding.code, finding.index) for finding in report.findings]
    assert found == [("bad-signature", 20), ("forked", len(rows) - 1), ("head-mismatch", None)]


@pytest.mark.parametrize("note", [b"", b"nonsense", b"a\n1\n\n\xe2\x80\x94 a AAAA\n"])
def test_what_is_no_checkpoint_is_the_callers_mistake(note):
    log = small_log()
    with log.store.snapshot() as snapshot, pytest.raises(FormatError):
        audit_store(snapshot, log_id=log.handle.id, checkpoint=note)
