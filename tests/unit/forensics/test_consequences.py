"""What is wrong only because of another record is counted with that one; what would be wrong without it, is a finding."""

from __future__ import annotations

import msgspec
import pytest

from chainlog.canon import codec
from chainlog.canon.codec import sort_key
from chainlog.digest import ZERO, record_hash
from chainlog.event.compose import compose
from chainlog.event.model import unverified_event
from chainlog.event.subjects import key_subject
from chainlog.forensics.evidence import U64, TableEvidence, parse_subject_row
from chainlog.forensics.in_process import audit_evidence
from chainlog.log.genesis import GENESIS_BASE
from chainlog.record.record import FIRST_LINK, encode_record, unverified_record
from chainlog.record.statement import EnrolStatement
from tests import damage
from tests.builders import T0, made_genesis, signed_genesis, signer
from tests.damage import changed, changed_event, copy_of, honest, rechain, rows_of, sign_head
from tests.forger import RECORDS, Forger

ADMINISTRATORS = {"administrator": ["p/A1", "p/A2"]}
KEEPER, CLERK = 1, 3  # the enrolments of p/L and p/C
NO_RECORD = b"no record"


@pytest.fixture
def forger():
    return Forger()


def findings(log, tables=None):
    """What both ways find, which must be the same."""
    tables = log.tables if tables is None else tables
    quick = audit_evidence(TableEvidence(tables), log_id=log.log_id)
    assert audit_evidence(TableEvidence(tables), log_id=log.log_id, exact=True) == quick
    return quick.findings


def places(found):
    return [(finding.code, finding.index) for finding in found]


def signed(forger):
    sign_head(forger.tables, forger.rows)
    return forger


def replace(tables, index, data):
    """Other bytes in the place of a record, everything else as it was."""
    tables["records"][U64.pack(index)] = data


def enrolment(forger, person, *, by=ADMINISTRATORS):
    key = signer(person)
    proof = key.sign_enrolment(EnrolStatement(forger.log_id, person, 1, key.public_key))
    return forger.event("enrolled", by, body={"person": person, "key": (1, key.public_key), "proof": proof})


# --- keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [0, CLERK])
def test_keys_that_a_lost_record_brought_are_not_missed_again(forger, index):
    """Even where no table says any more which record it was that brought them. Each administrator signs first somewhere."""
    for person, others in (("p/M1", ["p/A2", "p/A3"]), ("p/M2", ["p/A1", "p/A3"])):
        forger.add(enrolment(forger, person, by={"administrator": others}))
    signed(forger)
    for name, row in list(forger.tables["subjects"].items()):
        if name.startswith(b"k/") and parse_subject_row(row).index == index:
            del forger.tables["subjects"][name]
    replace(forger.tables, index, NO_RECORD)
    (found,) = findings(forger)
    assert (found.code, found.index) == ("malformed", index)
    assert "unknown-key" in found.detail


def test_one_lost_record_does_not_excuse_two_strangers(forger):
    """It may have brought one key; the second of which nothing is known is a stranger's."""
    first = forger.add(forger.event(), by=[("operator", "nobody")])
    second = forger.add(forger.event(subjects=["w/2"]), by=[("operator", "nobody else")])
    replace(signed(forger).tables, 20, NO_RECORD)
    found = findings(forger)
    assert places(found) == [("malformed", 20), ("unknown-key", second)]
    assert "1 × unknown-key" in found[0].detail
    assert first not in [finding.index for finding in found]


def test_an_enrolment_done_again_by_enough_administrators_is_no_second_fault(forger):
    weak = forger.add(enrolment(forger, "p/N", by={"administrator": ["p/A1"]}))
    forger.add(enrolment(forger, "p/N"))
    forger.add(forger.event(people={"operator": "p/N"}))
    assert places(findings(signed(forger))) == [("below-threshold", weak)]


def test_an_act_that_fewer_may_sign_since_a_record_that_is_lost_is_not_below_the_threshold(forger):
    names = ["p/A1", "p/A2", "p/A3", "p/A4"]
    for threshold in (3, 2):
        people = [(person, (1, signer(person).public_key)) for person in names]
        body = {"administrators": people, "threshold": threshold}
        changed_by = forger.add(forger.event("administered", {"administrator": names}, body=body))
    forger.add(enrolment(forger, "p/N"))
    assert findings(signed(forger)) == ()
    replace(forger.tables, changed_by, NO_RECORD)
    assert places(findings(forger)) == [("malformed", changed_by)]


def test_a_key_that_a_lost_record_brought_is_not_brought_twice(forger):
    """Only a record with a finding of its own named it before, or one that is gone among others."""
    before = forger.add(forger.event())
    first = forger.add(enrolment(forger, "p/N"))
    again = forger.add(enrolment(forger, "p/N"))
    assert places(findings(signed(forger))) == [("key-reused", again)]
    damaged = copy_of(forger.tables)
    replace(damaged, first, NO_RECORD)
    assert places(findings(forger, damaged)) == [("malformed", first)]
    for index in (before, first):
        del damaged["records"][U64.pack(index)]
    assert places(findings(forger, damaged)) == [("missing", before)]


def test_a_genesis_that_gives_two_administrators_one_key():
    """Nothing stands before it that could be to blame."""
    body = codec.decode(bytes(made_genesis().event.body))
    body["administrators"][1][1] = body["administrators"][0][1]
    people = [("administrator", "p/A1", 1), ("administrator", "p/A3", 1), ("log", "s/log", 1)]
    event = compose("log_opened", body=body, people=people, event_id=bytes(16), expires_at_us=0)
    signatures = signed_genesis(event).signatures
    record = encode_record(
        index=0,
        recorded_at_us=T0,
        prev_hash=ZERO,
        base=GENESIS_BASE,
        links=[FIRST_LINK for _ in event.event.subjects],
        event=event.encoded,
        signatures=[(one.role, one.public_key, one.signed_at_us, one.signature) for one in signatures],
    )
    tables = copy_of(honest(RECORDS)[1])
    rechain(tables, [record], 0)
    found = audit_evidence(TableEvidence(tables), log_id=record_hash(record)).findings
    assert ("malformed", 0) in places(found)
    assert "key-reused" in found[0].detail


# --- content of a record that was changed ------------------------------------------------------


def test_what_was_signed_in_a_changed_record_still_counts(forger):
    """Only the writer's time in it is another: the key that it brings is the one that the administrators enrolled."""
    replace(forger.tables, CLERK, damage._time(forger.rows[CLERK], None))
    (found,) = findings(forger)
    assert (found.code, found.index) == ("altered", CLERK)
    assert "follow" not in found.detail


def test_a_key_in_an_enrolment_that_nobody_signed_counts_for_nothing(forger):
    event = unverified_event(unverified_record(forger.rows[CLERK]).event)
    body = codec.decode(bytes(event.body))
    mallory = signer("p/Mallory").public_key
    old, body["key"] = body["key"][1], [1, mallory]
    subjects = [key_subject(mallory) if name == key_subject(old) else name for name in event.subjects]
    data = changed_event(
        forger.rows[CLERK],
        subjects=sorted(subjects, key=sort_key),
        body=msgspec.Raw(codec.encode(body)),
    )
    stranger = forger.add(forger.event(), by=[("operator", "p/Mallory")])
    replace(signed(forger).tables, CLERK, data)
    found = findings(forger)
    assert places(found) == [("altered", CLERK), ("unknown-key", stranger)]


def test_a_changed_record_makes_no_other_stale(forger):
    """It says now that the carrier was moved, after the next act had been signed; what was signed is that it was read."""
    base = forger.base(len(forger.rows) - 1)
    read = forger.add(forger.event("accessed.read", {"reader": "p/Z"}, body={"how": "read"}, subjects=["c/77"]))
    forger.add(forger.event("transferred.store", {"registrar": "p/L"}, subjects=["c/77"]), base=base)
    assert findings(signed(forger)) == ()
    moved = forger.event("transferred.store", {"registrar": "p/Z"}, subjects=["c/77"])
    replace(forger.tables, read, changed(forger.rows[read], event=moved.encoded))
    assert places(findings(forger)) == [("altered", read)]


def test_a_link_to_a_lost_record_is_false_where_it_states_another_hash(forger):
    first = forger.add(forger.event(subjects=["w/7"]))
    second = forger.add(forger.event(subjects=["w/7"]))
    rows = forger.rows
    links = [
        (count, index, bytes(32)) if index == first else (count, index, found)
        for count, index, found in unverified_record(rows[second]).links
    ]
    rows[second] = changed(rows[second], links=links)
    rechain(forger.tables, rows, second, keep_links=True)
    forger.rows = rows_of(forger.tables)
    replace(signed(forger).tables, first, NO_RECORD)
    assert places(findings(forger)) == [("malformed", first), ("stale-link", second)]


# --- who is a witness --------------------------------------------------------------------------


def test_strangers_are_no_witnesses_of_what_stood_there(forger):
    """Whatever they state in their bases: what the others signed on isn't altered by it."""
    false = (RECORDS - 1, b"\x01" * 32)
    strangers = [forger.add(forger.event(), by=[("operator", name)], base=false) for name in ("nobody", "nobody else")]
    forger.add(forger.event(subjects=["w/2"]))
    found = places(findings(signed(forger)))
    assert found[0] == ("unknown-key", strangers[0])
    assert {index for _, index in found} == set(strangers)
