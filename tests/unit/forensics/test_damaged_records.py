"""One damage to the records gives one finding: of its kind, at its index, with what follows from it counted there."""

from __future__ import annotations

import random

import msgspec
import pytest

from chainlog.canon.codec import sort_key
from chainlog.cli.verdict_texts import reason_zh
from chainlog.codes import CODES
from chainlog.digest import record_hash
from chainlog.event.catalogue import REGISTRY
from chainlog.event.model import unverified_event
from chainlog.event.subjects import key_subject
from chainlog.forensics import diagnosis
from chainlog.forensics.evidence import HEAD_KEY, U64, TableEvidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.replay import Replay
from chainlog.log.head import decode_head
from chainlog.record.record import check_record, unverified_record
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import Frontier
from tests import damage
from tests.builders import signer
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


def test_a_changed_previous_hash_is_the_fault_of_the_record_that_states_it():
    """Also where nobody signed on the record before, which alone doesn't fit what follows it then."""
    _, tables = honest(SMALL)
    bases = [unverified_record(data).base[0] for data in rows_of(tables)]
    unsigned_before = [index for index in range(1, SMALL) if index - 1 not in bases]
    assert SMALL - 1 not in unsigned_before
    assert unsigned_before
    for index in (*unsigned_before, 1, 20, SMALL - 1):
        cause = cause_of(audited(damaged(tables, "previous hash changed", index, anew=False)))
        assert (cause.code, cause.index) == ("altered", index)


def test_a_registry_event_that_is_linked_to_itself_leads_nobody_round_in_circles():
    _, sound = honest(SMALL)
    kinds = [unverified_event(unverified_record(data).event).kind for data in rows_of(sound)]
    registry = [index for index, kind in enumerate(kinds) if kind in REGISTRY]
    assert len(registry) > 4
    for index in registry:
        tables = damaged(sound, "links to itself", index, anew=True)
        cause = cause_of(audited(tables))
        assert (cause.code, cause.index) == ("stale-link", index)


def without(tables, *indexes):
    """The keys of the others stay."""
    for index in indexes:
        del tables["records"][U64.pack(index)]
    return tables


@pytest.mark.parametrize("data", [b"no record", b""])
def test_bytes_that_are_no_record_are_of_no_later_version(data):
    """Also where nothing after them says what stood there: what can be read further on is judged."""
    copied = copy_of(honest(SMALL)[1])
    copied["records"][U64.pack(20)] = data
    report = audited(without(copied, 21, 22))
    assert [(f.code, f.index) for f in report.findings] == [("malformed", 20), ("missing", 21)]
    assert (report.integrity, report.size) == ("broken", SMALL)
    report = audited(without(copied, *range(23, SMALL)))
    assert [(f.code, f.index) for f in report.findings] == [("malformed", 20), ("truncated", 21)]
    assert (report.integrity, report.size) == ("broken", 21)


@pytest.mark.parametrize("gone", [(21,), (21, 22), range(21, SMALL)])
def test_a_record_of_a_later_version_counts_unless_what_follows_contradicts_it(gone):
    copied = copy_of(honest(SMALL)[1])
    row = copied["records"][U64.pack(20)]
    copied["records"][U64.pack(20)] = row[:1] + b"\x02" + row[2:]
    report = audited(copied)
    assert (report.integrity, [(f.code, f.index) for f in report.findings]) == ("broken", [("malformed", 20)])
    report = audited(without(copied, *gone))
    assert (report.integrity, report.size) == ("unreadable", 20)
    assert [(f.code, f.index) for f in report.findings] == [("version-regression", 20)]


@pytest.mark.parametrize("slot", [0, 20, SMALL - 1])
@pytest.mark.parametrize("far", [1, 5, 10**6])
def test_records_that_are_stored_under_other_indexes_are_not_where_they_belong(slot, far):
    """Nothing is changed in them, none is gone, and their chain is whole: but a reader finds none of them."""
    _, tables = honest(SMALL)
    copied = copy_of(tables)
    rows = rows_of(tables)
    copied["records"] = {U64.pack(at if at < slot else at + far): data for at, data in enumerate(rows)}
    cause = cause_of(audited(copied))
    assert (cause.code, cause.index) == ("missing", slot)


@pytest.mark.parametrize("states", [0, SMALL - 3, SMALL - 2, SMALL, SMALL + 1, SMALL + 20, 2**40])
def test_the_last_record_that_calls_itself_another_is_what_was_changed(states):
    copied = copy_of(honest(SMALL)[1])
    copied["records"][U64.pack(SMALL - 1)] = changed(copied["records"][U64.pack(SMALL - 1)], index=states)
    report = audited(copied)
    assert [(f.code, f.index) for f in report.findings] == [("altered", SMALL - 1)]
    assert report.size == SMALL


@pytest.mark.parametrize("first", [10, SMALL - 3])
def test_records_taken_out_are_missing_though_no_head_is_left(first):
    """What follows moved down; the last one says how many there have been."""
    copied = copy_of(honest(SMALL)[1])
    rows = rows_of(copied)
    store_rows(copied, [*rows[:first], *rows[first + 2 :]])
    copied["head"].clear()
    report = audited(copied)
    assert [(f.code, f.index) for f in report.findings] == [("missing", first), ("head-mismatch", None)]
    assert report.size == SMALL


@pytest.mark.parametrize("fits", [False, True])
def test_of_two_that_nothing_goes_on_from_the_first_was_put_in(fits):
    _, tables = honest(SMALL)
    rows = rows_of(tables)
    other = changed(damage.elsewhere()[7], index=20, prev_hash=record_hash(rows[19]) if fits else b"\x01" * 32)
    rows[20:22] = [other, *(changed(rows[index], prev_hash=b"\x02" * 32) for index in (20, 21))]
    copied = copy_of(tables)
    store_rows(copied, rows)
    found = sorted((f.code, f.index) for f in audited(copied).findings)
    assert found == [("altered", 20), ("altered", 21), ("foreign-data", 20)]


def test_of_the_last_two_the_first_is_kept():
    """Nobody signed on it, and nothing comes after: the last record was made to call itself the one before."""
    log_id, tables = honest(9, 11)
    copied = copy_of(tables)
    copied["records"][U64.pack(8)] = changed(copied["records"][U64.pack(8)], index=7)
    for given in (log_id, None):
        report = audited(copied, log_id=given)
        assert [(f.code, f.index) for f in report.findings] == [("altered", 8)]


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
    # Each checkpoint that can't be compared is named; silence would read like agreement.
    outside = decode_head(tables["head"][HEAD_KEY]).checkpoint
    report = audited(copied, checkpoint=outside, stamped=[outside.replace(b"\n45\n", b"\n44\n")])
    assert [(f.code, f.index) for f in report.findings] == [("version-regression", 40)]
    named = [entry.what for entry in report.not_checked if entry.what.startswith("checkpoint of")]
    assert named == ["checkpoint of 45 records", "checkpoint of 44 records"]
    assert all(reason_zh(entry.reason) for entry in report.not_checked)


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
def test_a_changed_first_record_says_nothing_of_the_key_that_the_head_is_judged_by(name):
    report = audited(damaged(honest(SMALL)[1], name, 0, anew=True))
    assert cause_of(report).index == 0
    assert [finding for finding in report.findings if finding.code == "head-mismatch"] == []
    assert report.root is None
    assert "head" in {entry.what for entry in report.not_checked}


def _seen_authority(monkeypatch, tables, log_id):
    """What a diagnosis takes for keys and administrators, and its answer."""
    made = []

    class Watched(Replay):
        def __init__(self, *args, **rest):
            super().__init__(*args, **rest)
            made.append(self)

    monkeypatch.setattr(diagnosis, "Replay", Watched)
    found = diagnosis.diagnose(TableEvidence(tables), log_id)
    return made[0].authority, found


def _with_head_of(tables, rows, log_id, head_signer):
    name = decode_head(tables["head"][HEAD_KEY]).checkpoint.decode().partition("/")[0]
    origin = f"{name}/{log_id.hex()}"
    hashes = [record_hash(data) for data in rows]
    frontier = Frontier.empty().extend(hashes)
    note = sign_checkpoint(Checkpoint(origin, len(rows), frontier.root()), signer=head_signer)
    tables["head"][HEAD_KEY] = msgspec.msgpack.encode((len(rows), hashes[-1], frontier.encode(), note))


def test_another_first_record_brings_no_keys_of_its_maker(monkeypatch):
    """It vouches for itself: whoever put it there would sign the head, and be an administrator."""
    log_id, tables = honest(SMALL)
    rows = rows_of(tables)
    event = unverified_event(unverified_record(rows[0]).event)
    body, mallory = msgspec.msgpack.decode(event.body), signer("p/Mallory")
    old, body["log_key"] = body["log_key"][1], [1, mallory.public_key]
    subjects = [key_subject(mallory.public_key) if name == key_subject(old) else name for name in event.subjects]
    subjects.sort(key=sort_key)
    rows[0] = changed_event(rows[0], subjects=subjects, body=msgspec.Raw(msgspec.msgpack.encode(body, order="sorted")))
    check_record(rows[0])
    copied = copy_of(tables)
    rechain(copied, rows, 0)
    _with_head_of(copied, rows_of(copied), log_id, mallory)
    authority, found = _seen_authority(monkeypatch, copied, log_id)
    assert (authority.log_key(1), authority.administration(1).administrators) == (None, {})
    assert found.root is None
    assert "head" in {entry.what for entry in found.not_checked}


def test_of_a_first_record_that_may_not_stand_the_log_key_alone_counts(monkeypatch):
    _, tables = honest(SMALL)
    record = unverified_record(rows_of(tables)[0])
    spoilt = [*record.signatures[0]]
    spoilt[3] = spoilt[3][:-1] + bytes([spoilt[3][-1] ^ 1])
    row = changed(rows_of(tables)[0], signatures=[spoilt, *record.signatures[1:]])
    copied = copy_of(tables)
    copied["checkpoints"].clear()
    rechain(copied, [row], 0)
    log_id = record_hash(row)
    _with_head_of(copied, [row], log_id, signer("log"))
    authority, found = _seen_authority(monkeypatch, copied, log_id)
    assert (authority.log_key(1), authority.administration(1).administrators) == (signer("log").public_key, {})
    assert authority.key(signer("log").public_key) is None
    assert found.root == record_hash(row)
    assert [finding.code for finding in found.findings] == ["bad-signature"]
