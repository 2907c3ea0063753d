"""Records that `admit` would refuse, put into a log by somebody who has the log's own key: each under its code."""

from __future__ import annotations

import msgspec
import pytest

from chainlog.digest import event_hash, record_hash
from chainlog.event.model import unverified_event
from chainlog.forensics.evidence import TableEvidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import REMARKS
from chainlog.record.record import unverified_record
from chainlog.record.statement import EnrolStatement
from tests import forger as forging
from tests.builders import signer
from tests.damage import rechain, rows_of, sign_head
from tests.forger import DAY_US, RECORDS


class Forger(forging.Forger):
    """One whose log both ways of auditing judge."""

    def findings(self):
        """What both ways find, which must be the same."""
        sign_head(self.tables, self.rows)
        evidence = TableEvidence(self.tables)
        quick = audit_evidence(evidence, log_id=self.log_id)
        assert audit_evidence(evidence, log_id=self.log_id, exact=True) == quick
        assert (quick.integrity == "intact") == ({finding.code for finding in quick.findings} <= REMARKS)
        return [(finding.code, finding.index) for finding in quick.findings]


@pytest.fixture
def forger():
    return Forger()


def test_what_is_right_stays_unremarked(forger):
    forger.add(forger.event())
    forger.add(forger.event(subjects=["w/2"]))
    assert forger.findings() == []


def test_a_signature_that_does_not_verify(forger):
    forger.add(forger.event(), by=[("operator", "p/C")])
    record = unverified_record(forger.rows[-1])
    other = forger.event(subjects=["w/9"]).encoded
    assert record.event != other
    bad = msgspec.structs.replace(record, event=other)
    rechain(forger.tables, [*forger.rows[:-1], msgspec.msgpack.encode(bad)], len(forger.rows) - 1)
    forger.rows = rows_of(forger.tables)
    assert forger.findings() == [("bad-signature", RECORDS)]


def test_signatures_of_others_than_are_named(forger):
    first = forger.add(forger.event(), by=[("operator", "p/Z")])
    second = forger.add(forger.event(), by=[("operator", "nobody")])
    third = forger.add(forger.event(), by=[("operator", "p/M")])
    assert forger.findings() == [("foreign-signature", first), ("unknown-key", second), ("revoked-key", third)]


def test_a_signature_too_few_and_one_too_many(forger):
    two = {"supervisor": ["p/Z", "p/C"]}
    event = forger.event("destroyed.carriers", two, body={"method": "pulp"}, subjects=["c/9"])
    first = forger.add(event, drop=1)
    second = forger.add(forger.event(), by=[("operator", "p/C"), ("witness", "p/L")])
    assert forger.findings() == [("missing-signature", first), ("foreign-signature", second)]


def test_a_record_that_nobody_is_named_to_sign(forger):
    event = forger.event(signs={})
    index = forger.add(event, by=[("operator", "p/C")])
    assert forger.findings() == [("unsigned", index)]


def test_time_limits(forger):
    late = forger.add(forger.event(), recorded_at=forger.now_us + 2 * DAY_US)
    none = forger.add(forger.event(expires_at_us=0), recorded_at=forger.now_us + 2 * DAY_US)
    far = forger.event(expires_at_us=forger.now_us + 40 * DAY_US)
    far = forger.add(far, recorded_at=forger.now_us + 2 * DAY_US)
    assert forger.findings() == [("expired", late), ("expired", none), ("expired", far)]


def test_bases(forger):
    above = forger.add(forger.event(), base=(99, bytes(32)))
    false = forger.add(forger.event(), base=(20, b"\x01" * 32))
    other = forger.add(forger.event(), base=(0, b"\x01" * 32))
    forger.add(forger.event())
    found = forger.findings()
    assert ("wrong-base", false) in found
    assert ("wrong-log", other) in found
    assert len(found) == 3
    # Nobody signs on a record that is still to come: so it once stood higher.
    assert {code for code, index in found if index == above} <= {"reordered", "wrong-base"}


def test_a_false_base_hides_nothing(forger):
    """One signer names a base that nobody saw; what comes after it, and is wrong by itself, is found all the same."""
    older = (len(forger.rows) - 1, record_hash(forger.rows[-1]))
    forger.add(forger.event())
    false = forger.add(forger.event(subjects=["w/2"]), base=(len(forger.rows) - 1, b"\x01" * 32))
    stranger = forger.add(forger.event(subjects=["w/3"]), base=older, by=[("operator", "nobody")])
    forger.add(forger.event(subjects=["w/4"]))
    forger.add(forger.event(subjects=["w/5"]))
    assert forger.findings() == [("wrong-base", false), ("unknown-key", stranger)]


def test_references(forger):
    target = unverified_record(forger.rows[20])
    head = unverified_event(target.event)
    good = (head.id, event_hash(target.event))
    forger.add(forger.event(refs=[good]))
    unknown = forger.add(forger.event(refs=[(b"?" * 16, bytes(32))]))
    other = forger.add(forger.event(refs=[(head.id, bytes(32))]))
    wrong = forger.event("countersigned", {"receiver": "p/Z"}, subjects=["c/none", "p/Z"], refs=[good])
    wrong = forger.add(wrong)
    assert forger.findings() == [("bad-ref", unknown), ("bad-ref", other), ("subjects-mismatch", wrong)]


def test_a_stale_draft(forger):
    base = (len(forger.rows) - 1, record_hash(forger.rows[-1]))
    forger.add(forger.event("transferred.store", {"registrar": "p/L"}, subjects=["c/77"]))
    stale = forger.add(forger.event("transferred.store", {"registrar": "p/L"}, subjects=["c/77"]), base=base)
    forger.add(forger.event("accessed.read", {"reader": "p/Z"}, body={"how": "read"}, subjects=["c/77"]), base=base)
    assert forger.findings() == [("stale-draft", stale)]


def test_an_id_that_stands_there_already(forger):
    index = forger.add(forger.event(event_id=unverified_event(unverified_record(forger.rows[20]).event).id))
    assert forger.findings() == [("duplicate", index)]


def test_registry_events_below_their_threshold(forger):
    key = signer("p/N")
    proof = key.sign_enrolment(EnrolStatement(forger.log_id, "p/N", 1, key.public_key))
    body = {"person": "p/N", "key": (1, key.public_key), "proof": proof}
    weak = forger.add(forger.event("enrolled", {"administrator": ["p/A1"]}, body=body))
    # The key that came in so counts for nothing.
    used = forger.add(forger.event(people={"operator": "p/N"}))
    assert forger.findings()[0] == ("below-threshold", weak)
    assert used not in [index for _, index in forger.findings()]


def test_keys_that_may_not_be_enrolled(forger):
    administrators = {"administrator": ["p/A1", "p/A2"]}
    again = signer("p/L")
    proof = again.sign_enrolment(EnrolStatement(forger.log_id, "p/N", 1, again.public_key))
    body = {"person": "p/N", "key": (1, again.public_key), "proof": proof}
    reused = forger.add(forger.event("enrolled", administrators, body=body))
    new = signer("p/N")
    body = {"person": "p/N", "key": (1, new.public_key), "proof": bytes(64)}
    unproved = forger.add(forger.event("enrolled", administrators, body=body))
    assert forger.findings() == [("key-reused", reused), ("bad-key", unproved)]


def test_records_after_the_end(forger):
    closed = forger.event("log_closed", {"administrator": ["p/A1", "p/A2"]}, body={"successor": "draft.next"})
    forger.add(closed)
    index = forger.add(forger.event())
    assert forger.findings() == [("closed", index)]


def test_a_kind_of_a_later_release_is_a_remark(forger):
    plain = msgspec.msgpack.decode(forger.event().encoded)
    plain[0] = "accessed.entered/2"
    plain[7] = {"anything": ["at", "all"]}
    index = forger.add(msgspec.msgpack.encode(plain, order="sorted"))
    assert forger.findings() == [("unknown-kind", index)]
    report = audit_evidence(TableEvidence(forger.tables), log_id=forger.log_id)
    assert report.integrity == "intact"
    assert "unknown kinds" in [entry.what for entry in report.not_checked]


def test_a_committed_map_is_computed_again(forger):
    body = {"map_root": bytes(32), "size": 10, "subjects": 5}
    event = forger.event("index_committed", {"log": "s/log"}, body=body, expires_at_us=0)
    index = forger.add(event, by=[("log", "log")])
    assert forger.findings() == [("false-map", index)]
