"""A sound log is judged by the quick way alone: nothing that may stand in it raises a doubt, or costs the slow way."""

from __future__ import annotations

import pytest

from chainlog.forensics import in_process
from chainlog.forensics.evidence import TableEvidence
from chainlog.forensics.in_process import audit_evidence, audit_store
from tests.builders import signer, small_log
from tests.damage import honest


@pytest.fixture(autouse=True)
def _no_slow_way(monkeypatch):
    def slow(*_args, **_rest):
        raise AssertionError("the quick way doubts a sound log")

    monkeypatch.setattr(in_process, "diagnose", slow)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_log_with_something_of_everything(seed):
    """References, registry events, bases far back; more records than are read at once."""
    log_id, tables = honest(300, seed)
    assert audit_evidence(TableEvidence(tables), log_id=log_id, range_records=256).integrity == "intact"


def test_somebody_who_signs_twice():
    """With two keys of his own, as the people of the event ask for: that nobody reads quickly."""
    log = small_log()
    log.enrol("p/Z", key=signer("p/Z, second key"))
    event = log.handle.prepare("accessed.entered", body={}, people=[("operator", "p/Z", 2)], subjects=["w/1"])
    draft = log.handle.draft(event)
    for key in ("p/Z", "p/Z, second key"):
        draft = draft.sign(signer(key), role="operator", person="p/Z", signed_at_us=log.clock())
    log.handle.append(draft)
    with log.store.snapshot() as snapshot:
        report = audit_store(snapshot, log_id=log.handle.id)
    assert (report.integrity, report.findings) == ("intact", ())
