"""One damage to the records gives one finding: of its kind, at its index, with what follows from it counted there."""

from __future__ import annotations

import random

import msgspec
import pytest

from chainlog.codes import CODES
from chainlog.digest import record_hash
from chainlog.forensics.evidence import U64, TableEvidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.record.record import unverified_record
from tests import damage
from tests.damage import changed, changed_event, copy_of, damaged, honest, rechain, rows_of, sign_head, store_rows
from tests.mutations import packed

# Genesis, enrolments, ordinary records, registry events between them, drafts on older bases, the last ones.
SMALL = 45
PLACES = (0, 3, 17, SMALL - 2, SMALL - 1)


def audited(tables, **rest):
    log_id, _ = honest(SMALL)
    return audit_evidence(TableEvidence(tables), **{"log_id": log_id, "range_records": 256, **rest})


def cause_of(report):
    """The one finding that is not the head's."""
    causes = [finding for finding in report.findings if finding.code != "head-mismatch"]
    assert len(causes) == 1, report.findings
    assert len(report.findings) <= 2
    assert report.integrity == "broken"
    assert set(CODES) >= {finding.code for finding in report.findings}
    return causes[0]


def test_the_honest_log_is_intact():
    _, tables = honest(SMALL)
    report = audited(tables)
    assert (report.integrity, report.findings, report.trust, report.size) == ("intact", (), "pinned", SMALL)
    assert audited(tables, exact=True) == report


@pytest.mark.parametrize("index", PLACES)
def test_a_record_taken_out_with_its_key(index):
    tables = damaged(honest(SMALL)[1], "record removed", index, anew=False, gap=True)
    cause = cause_of(audited(tables))
    assert (cause.code, cause.index) == ("truncated" if index == SMALL - 1 else "missing", index)


def test_every_byte_of_a_record_counts():
    _, tables = honest(SMALL)
    rows = rows_of(tables)
    index = 30
    for place in range(0, len(rows[index]), 29):
        data = bytearray(rows[index])
        data[place] ^= 0x10
        copied = copy_of(tables)
        copied["records"][U64.pack(index)] = bytes(data)
        cause = cause_of(audited(copied))
        assert cause.index == index
        assert cause.code in ("altered", "malformed")


def test_a_tail_that_was_cut_off():
    _, tables = honest(SMALL)
    copied = copy_of(tables)
    store_rows(copied, rows_of(tables)[:-7])
    cause = cause_of(audited(copied))
    assert (cause.code, cause.index) == ("truncated", SMALL - 7)
    assert "index-mismatch" in cause.detail


def test_several_records_taken_out_together_are_one_finding():
    _, tables = honest(SMALL)
    copied = copy_of(tables)
    for index in range(20, 27):
        del copied["records"][U64.pack(index)]
    cause = cause_of(audited(copied))
    assert (cause.code, cause.index) == ("missing", 20)
    assert "20 to 26" in cause.detail


def test_two_damages_are_two_findings():
    _, tables = honest(SMALL)
    rows = rows_of(tables)
    rows[40] = damage._time(rows[40], None)
    rows[12] = damage._signature(rows[12], random.Random(1))
    copied = copy_of(tables)
    store_rows(copied, rows)
    del copied["records"][U64.pack(43)]
    assert [(f.code, f.index) for f in audited(copied).findings] == [("altered", 12), ("altered", 40), ("missing", 43)]


def test_a_second_change_below_a_chain_made_anew_is_found_too():
    _, tables = honest(SMALL)
    rows = rows_of(tables)
    for index in (9, 40):
        rows[index] = damage._expiry(rows[index], None)
    copied = copy_of(tables)
    rechain(copied, rows, 9)
    found = [(f.code, f.index) for f in audited(copied).findings if f.index is not None]
    assert found == [("bad-signature", 9), ("bad-signature", 40)]


def test_bases_that_were_made_to_fit_are_one_finding():
    _, tables = honest(SMALL)
    rows = rows_of(tables)
    rows[20] = damage._time(rows[20], None)
    copied = copy_of(tables)
    rechain(copied, rows, 20)
    # The signatures of all later records fail now, but their bases are those of the new chain.
    for index in range(21, SMALL):
        anew = rows_of(copied)
        base_index = unverified_record(anew[index]).base[0]
        anew[index] = changed(anew[index], base=(base_index, record_hash(anew[base_index])))
        rechain(copied, anew, index)
    report = audited(copied)
    cause = cause_of(report)
    assert (cause.code, cause.index) == ("bad-signature", 21)
    assert "bad-signature" in cause.detail


def test_honest_work_after_a_change_is_no_finding():
    """Who signs on a log that was changed vouches for what stands there now; the change itself stays found."""
    _, tables = honest(SMALL)
    rows = rows_of(tables)
    rows[10] = changed_event(rows[10], expires_at_us=1)
    copied = copy_of(tables)
    rechain(copied, rows, 10)
    first = audited(copied).findings[0]
    assert (first.code, first.index) == ("bad-signature", 10)


def test_a_log_of_later_records_is_unreadable_from_there():
    _, tables = honest(SMALL)
    rows = rows_of(tables)
    for index in range(40, SMALL):
        record = unverified_record(changed(rows[index], prev_hash=record_hash(rows[index - 1])))
        rows[index] = packed([2, *msgspec.to_builtins(record, builtin_types=(bytes,))[1:], "something new"])
    copied = copy_of(tables)
    store_rows(copied, rows)
    report = audited(copied)
    assert [(f.code, f.index) for f in report.findings] == [("version-regression", 40)]
    assert (report.integrity, report.size, report.root) == ("unreadable", 40, None)
    assert report.not_checked[0].what == "head and tables"


@pytest.mark.parametrize("signed", [False, True])
def test_a_record_of_a_later_version_with_a_chain_made_anew(signed):
    """Nothing from there on is read: not the bases that speak of it, nor the head over all of it."""
    _, tables = honest(SMALL)
    rows = rows_of(tables)
    rows[40] = rows[40][:1] + b"\x02" + rows[40][2:]
    copied = copy_of(tables)
    rechain(copied, rows, 41)
    if signed:
        sign_head(copied, rows_of(copied))
    report = audited(copied)
    assert [(f.code, f.index) for f in report.findings] == [("version-regression", 40)]
    assert report.integrity == "unreadable"


def test_the_records_of_another_log_in_its_place():
    log_id, _ = honest(SMALL)
    other = damage.honest_elsewhere()
    report = audit_evidence(TableEvidence(other), log_id=log_id)
    assert report.trust == "self-consistent"
    assert report.log_id != log_id
    assert [(f.code, f.index) for f in report.findings] == [("wrong-log", 0)]
    assert audit_evidence(TableEvidence(other), log_id=None).integrity == "intact"


def test_an_empty_log_is_never_intact():
    empty = {name: {} for name in honest(SMALL)[1]}
    assert audited(empty).integrity == "unreadable"
    assert audited({}).integrity == "unreadable"


@pytest.mark.parametrize("name", ["signature replaced", "signature stripped", "link changed"])
def test_a_changed_first_record_still_says_by_which_key_the_head_is_judged(name):
    report = audited(damaged(honest(SMALL)[1], name, 0, anew=True))
    assert cause_of(report).index == 0
    assert [finding.index for finding in report.findings if finding.code == "head-mismatch"] == [None]
