"""What is worth saying of a log that is what was written: each remark, by both ways, and that it breaks nothing."""

from __future__ import annotations

import pytest

from chainlog import limits
from chainlog.errors import VerificationError
from chainlog.event.compose import compose
from chainlog.forensics.in_process import audit_store
from chainlog.forensics.report import REMARKS
from chainlog.log.handle import propose
from tests.builders import signer, small_log
from tests.damage import tell_story

DAY_US = 86_400_000_000


def remarks(log, **rest):
    with log.store.snapshot() as snapshot:
        quick = audit_store(snapshot, log_id=log.handle.id, **rest)
        exact = audit_store(snapshot, log_id=log.handle.id, exact=True, **rest)
    assert quick == exact
    assert quick.integrity == "intact"
    quick.raise_if_broken()
    assert {finding.code for finding in quick.findings} <= REMARKS
    return [(finding.code, finding.index, finding.subject) for finding in quick.findings]


def received(log, carrier, document="d/1"):
    item = {"carrier": carrier, "form": "document", "document": document}
    body = {
        "level": "机密",
        "items": [item],
        "sender": "u/1",
        "channel": "by_hand",
        "listed": 1,
        "found": 1,
        "seal": "none",
    }
    return log.record("created.received", {"receiver": "p/L"}, body=body)


def test_a_clock_that_went_back():
    log = small_log()
    log.clock.now_us -= 10_000_000
    log.record("accessed.entered", {"operator": "p/C"}, subjects=["w/1"])
    assert remarks(log) == [("clock", 4, "")]


def test_a_base_of_long_ago():
    log = small_log()
    event = log.handle.prepare("accessed.entered", body={}, people={"operator": "p/C"}, subjects=["w/1"])
    draft = log.handle.draft(event)
    log.record("accessed.entered", {"operator": "p/Z"}, subjects=["w/1"])
    # Drafted in time, signed and appended after a month: expires_at_us is 14 days from the first signature.
    log.clock.now_us += 32 * DAY_US
    late = log.handle.prepare(
        "accessed.entered", body={}, people={"operator": "p/C"}, subjects=["w/1"], event_id=event.event.id
    )
    draft = draft._replace(event=late.encoded)
    log.handle.append(draft.sign(signer("p/C"), role="operator", person="p/C", signed_at_us=log.clock()))
    assert remarks(log) == [("old-base", 5, "")]


def test_a_base_of_long_ago_with_nothing_since_is_none():
    log = small_log()
    log.clock.now_us += 40 * DAY_US
    log.record("accessed.entered", {"operator": "p/C"}, subjects=["w/1"])
    assert remarks(log) == []


def test_a_base_many_records_back(monkeypatch):
    log = small_log()
    event = log.handle.prepare("accessed.entered", body={}, people={"operator": "p/C"}, subjects=["w/1"])
    draft = log.handle.draft(event)
    for _ in range(4):
        log.record("accessed.entered", {"operator": "p/Z"}, subjects=["w/1"])
    log.handle.append(draft.sign(signer("p/C"), role="operator", person="p/C", signed_at_us=log.clock()))
    assert remarks(log) == []
    monkeypatch.setattr(limits, "BASE_DISTANCE_MAX", 4)
    assert remarks(log) == [("old-base", 8, "")]


def test_an_ended_copy_that_leaves_out_its_document():
    log = small_log()
    received(log, "c/1")
    supervisors = {"supervisor": ["p/Z", "p/C"]}
    keys = {person: signer(person) for person in ("p/Z", "p/C")}
    named = log.handle.prepare("destroyed.carriers", body={"method": "pulp"}, people=supervisors, subjects=["c/1"])
    assert "d/1" in named.event.subjects
    event = compose(
        "destroyed.carriers",
        body={"method": "pulp"},
        people=supervisors,
        subjects=["c/1"],
        event_id=b"i" * 16,
        expires_at_us=log.clock() + DAY_US,
        signs={"supervisor": 1},
    )
    log.handle.append(propose(event, keys))
    assert remarks(log) == [("document-not-named", 5, "c/1")]


def test_signatures_with_a_doubtful_key_until_they_are_countersigned():
    log = small_log()
    first = received(log, "c/1")
    received(log, "c/2")
    body = {"person": "p/L", "key": (1, signer("p/L").public_key), "reason": "compromised", "doubt_from": 4}
    log.administer("revoked", body)
    assert remarks(log) == [("doubtful", 4, "p/L"), ("doubtful", 5, "p/L")]
    log.record("countersigned", {"receiver": "p/Z"}, subjects=["c/1", "d/1", "p/L"], refs=[first.event_id])
    assert remarks(log) == [("doubtful", 5, "p/L")]


def test_an_act_of_the_recovery_keys_alone():
    log = small_log(recovery=("p/R1", "p/R2", "p/R3"))
    body = {"person": "p/L", "key": (1, signer("p/L").public_key), "reason": "lost"}
    people = {"recovery": ["p/R1", "p/R2"]}
    keys = {person: signer(f"recovery {person}") for person in people["recovery"]}
    event = log.handle.prepare("revoked", body=body, people=people, signs={"recovery": 1})
    log.handle.append(propose(event, keys))
    assert remarks(log) == [("break-glass", 4, "revoked")]


def test_what_is_always_said():
    log = small_log()
    tell_story(log, 30)
    with log.store.snapshot() as snapshot:
        pinned = audit_store(snapshot, log_id=log.handle.id)
        alone = audit_store(snapshot, log_id=None)
    assert [entry.what for entry in pinned.not_checked] == [
        "end of the log",
        "stolen keys",
        "collusion",
        "sealed values",
    ]
    assert [entry.what for entry in alone.not_checked] == ["identity", *(entry.what for entry in pinned.not_checked)]
    assert (pinned.trust, alone.trust) == ("pinned", "self-consistent")


def test_a_broken_report_raises():
    log = small_log()
    with log.store.snapshot() as snapshot:
        report = audit_store(snapshot, log_id=bytes(32))
    assert report.integrity == "broken"
    with pytest.raises(VerificationError, match="wrong-log at record 0"):
        report.raise_if_broken()
