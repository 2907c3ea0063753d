"""Rows about the rules: judging a whole log, and keeping findings current from one append to the next."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from benchmarks.office import Office
from benchmarks.report import Row
from benchmarks.yardstick import seconds
from chainlog.authority.state import ViewAuthority
from chainlog.projection import standard
from chainlog.projection.custody_fold import CustodyProjection
from chainlog.projection.feed import ActFeed
from chainlog.rules.judge import Judge

_PROFILE = "township"


def run(scratch: Path, *, size: int, rounds: int, appends: int) -> tuple[list[Row], tuple[Path, bytes]]:
    """
    All rows, on a log of its own under a shipped profile; and where that log is, closed, with its id.

    Args:
        size: records. appends: how many are followed by a refresh.
    """
    office = Office.create(scratch / "judged", seed=3, profile=_PROFILE)
    office.fill(size)
    try:
        rows = [_everything(office, rounds=rounds), _after_one(office, appends=appends)]
        return rows, (office.path, office.log.id)
    finally:
        office.log.close()


def _everything(office: Office, *, rounds: int) -> Row:
    log, ratios, rates = office.log, [], []
    log.projections.catch_up_all()
    for _ in range(rounds):
        with standard.facts(log.projections) as base:
            judge = Judge(base, ViewAuthority(base.log.raw), as_of_us=office.clock.now_us)
            judged = seconds(judge.judge)
            folded = seconds(lambda: _fold(office))
        ratios.append(judged / folded)
        rates.append(log.reader.size / judged)
    name = "all rules over a log, in times of a rebuild of custody"
    return Row.of(name, ratios, bar=12, at_most=True, records_per_s=statistics.median(rates))


def _fold(office: Office) -> None:
    reader = office.log.reader
    projection = CustodyProjection(reader)
    with reader.snapshot() as snapshot:
        projection.fold(ActFeed(snapshot, 0, snapshot.size, projection.kinds))


def _after_one(office: Office, *, appends: int) -> Row:
    kept, times = office.log.kept_findings, []
    kept.refresh(office.clock.now_us)
    for proposal in office.next_proposals(appends):
        office.log.append(proposal)
        start = time.perf_counter()
        kept.refresh(office.clock.now_us)
        times.append((time.perf_counter() - start) * 1e3)
    name = "findings current after one append, p50 in ms"
    return Row.of(name, [statistics.median(times)], bar=2, at_most=True, p99_ms=sorted(times)[-len(times) // 100 - 1])
