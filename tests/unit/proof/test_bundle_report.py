"""What the answer on a bundle says as JSON, and whom it lets pass."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainlog.errors import VerificationError
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.bundle_judge import Remark
from chainlog.proof.receipt import Witnessed
from chainlog.proof.timestamp import TimeStamp
from tools.fixed_bundle import TITLE, bundle_of, commit_map, opening, told_log
from tools.fixed_log import event_id


@pytest.fixture
def report():
    log = told_log()
    parts = bundle_of(log, ["c/87"], committed=commit_map(log)).but(openings=[opening()])
    found = check_bundle(parts.encoded(), log_id=log.id)
    assert (found.log_id, found.recorded_at_us) == (log.id, log.now_us)
    return replace(
        found,
        also_shown=("c/88",),
        witnesses=(Witnessed("west", 1_735_689_600),),
        time_stamps=(TimeStamp(1_735_689_600_000_000, 1_500_000, "clock", 7),),
        remarks=(Remark("doubtful", 8, "p/Z", "why"),),
        not_checked=(("map", "because"),),
        recorded_at_us=1_735_689_600_000_000,
        utc_offset_minutes=480,
    )


def test_the_answer_as_json(report):
    assert report.as_json() == {
        "log_id": report.log_id.hex(),
        "origin": f"draft.example/{report.log_id.hex()}",
        "authenticity": "genuine",
        "completeness": "complete",
        "complete_to": 10,
        "as_of": {
            "size": 10, "root": report.root.hex(), "committed": 9, "index": 9, "recorded_at": "2025-01-01T08:00:00+08:00",
        },
        "subjects": [{"subject": "c/87", "records": 3, "whole": True, "position": 3}],
        "also_shown": ["c/88"],
        "records": [0, 1, 2, 4, 6, 8, 9],
        "openings": [{"event_id": event_id(87).hex(), "path": "note", "text": TITLE}],
        "witnesses": [{"name": "west", "time_s": 1_735_689_600}],
        "time_stamps": [{"time": "2025-01-01T00:00:00+00:00", "accuracy_us": 1_500_000, "authority": "clock"}],
        "findings": [{"code": "doubtful", "index": 8, "subject": "p/Z", "detail": "why"}],
        "not_checked": [{"what": "map", "reason": "because"}],
    }  # fmt: skip


@pytest.mark.parametrize("authenticity", ["untrusted", "keys-unproven"])
def test_who_needs_a_genuine_bundle_gets_no_other(report, authenticity):
    report.raise_if_not_genuine()
    with pytest.raises(VerificationError) as caught:
        replace(report, authenticity=authenticity).raise_if_not_genuine()
    assert caught.value.authenticity == authenticity
