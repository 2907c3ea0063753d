"""For trials of bundles: a log and the bundle made of it, another that was made up, both verifiers, a log as its files hold it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from chainlog.digest import record_hash
from chainlog.forensics.evidence import HEAD_KEY, LAST_KEY, U64, TableEvidence, subject_row
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.bundle_report import BundleReport
from tests.attacks.answers import ROOT, Answer, refused
from tests.lying import CARRIER
from tests.properties.test_verifiers_agree import by_second
from tools.fixed_bundle import Parts, bundle_of, commit_map, told_log
from tools.fixed_log import Story, make_genesis

COMMITTED = 9
TOOL = ROOT / "tools" / "verify_bundle.py"


@cache
def whole() -> tuple[Story, Parts]:
    """A log that committed to its map, and the bundle about one carrier: records 0, 1, 2, 4, 6, 8, 9."""
    log = told_log()
    assert commit_map(log) == COMMITTED
    return log, bundle_of(log, [CARRIER], committed=COMMITTED)


@cache
def another() -> tuple[Story, Parts]:
    """The same story, told in a log that somebody made up, who even has everybody's keys."""
    log = told_log(make_genesis(nonce=bytes(range(32))))
    return log, bundle_of(log, [CARRIER], committed=commit_map(log))


def shown(parts: Parts, **rest: Any) -> BundleReport:
    """What a bundle about the log of `whole` proves."""
    return check_bundle(parts.encoded(), **{"log_id": whole()[0].id, **rest})


def fails(parts: Parts | bytes, log_id: bytes | None = None) -> Answer:
    """Both verifiers refuse it, or say that it is no bundle."""
    data = parts if isinstance(parts, bytes) else parts.encoded()
    log_id = whole()[0].id if log_id is None else log_id
    assert by_second("bundle", data, log_id) in ("malformed", "refused")
    return refused(lambda: check_bundle(data, log_id=log_id))


def in_place(parts: Parts, place: int, data: bytes) -> Parts:
    """The bundle with another record at this place."""
    return parts.but(records=[*parts.records[:place], data, *parts.records[place + 1 :]])


def rows_of(log: Story) -> TableEvidence:
    """The tables of a log as its files would hold them."""
    hashes = [record_hash(data) for data in log.records]
    return TableEvidence({
        "records": {U64.pack(index): data for index, data in enumerate(log.records)},
        "subjects": {subject.encode(): subject_row(head) for subject, head in log.heads().items()},
        "ids": {event_id: U64.pack(index) for event_id, index in log.ids().items()},
        "head": {LAST_KEY: U64.pack(log.size) + hashes[-1], HEAD_KEY: log.head()},
        "meta": {b"format": b"1"}, "tiles": {}, "checkpoints": {},
    })  # fmt: skip


def same_kind(answers: Iterable[Answer]) -> Answer:
    """The answers of one kind as one, with all their codes."""
    given = list(answers)
    assert {one.kind for one in given} == {"refused"}
    return Answer("refused", tuple(sorted({code for one in given for code in one.codes})))
