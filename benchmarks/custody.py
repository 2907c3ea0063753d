"""Rows about custody: rebuilding its projection, catching up, asking for one carrier, reading a history."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.office import Office
from benchmarks.report import Row
from benchmarks.yardstick import hash_rate, seconds
from chainlog.log.reader import Reader
from chainlog.projection.custody import Custody
from chainlog.projection.custody_fold import NAME, CustodyProjection
from chainlog.projection.feed import ActFeed
from chainlog.projection.runner import Projections
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.port import KeyValue

CATCH_UP = 10_000
_HASHES = 200_000


def run(office: Office, *, rounds: int, blocks: int, catch_up: int, asked: int, scratch: Path) -> list[Row]:
    """
    All rows about custody.

    Args:
        blocks: how often to catch up. catch_up: records in a block; each time as many are appended.
        asked: how many carriers are asked for.
    """
    reader = office.log.reader
    rebuilt = [
        _rate("rebuild of custody, folded in memory", partial(_in_memory, reader), reader.size, rounds=rounds, bar=0.1),
        _from_zero(reader, rounds=rounds, scratch=scratch),
    ]
    kv = LmdbKeyValue.open(scratch / "derived")
    try:
        projections = _projections(reader, kv)
        projections.catch_up(NAME)
        caught_up = _catching_up(office, projections, rounds=blocks, block=catch_up)
        with Custody(kv).view() as view:
            carriers = [carrier for carrier, _ in view.carriers()]
        carriers = random.Random(7).sample(carriers, min(asked, len(carriers)))
        return [*rebuilt, caught_up, _one_carrier(Custody(kv), carriers, rounds=rounds), _history(reader, carriers)]
    finally:
        kv.close()


def _projections(reader: Reader, kv: KeyValue) -> Projections:
    projections = Projections(reader, kv)
    projections.register(CustodyProjection(reader))
    return projections


def _rate(name: str, work: Callable[[], object], records: int, *, rounds: int, bar: float) -> Row:
    ratios, rates = [], []
    for _ in range(rounds):
        yard = hash_rate(_HASHES)
        rates.append(records / seconds(work))
        # Before and after: the machine may have slowed down in between.
        ratios.append(rates[-1] / statistics.mean((yard, hash_rate(_HASHES))))
    return Row.of(name, ratios, bar=bar, records_per_s=statistics.median(rates))


def _in_memory(reader: Reader) -> None:
    projection = CustodyProjection(reader)
    with reader.snapshot() as snapshot:
        projection.fold(ActFeed(snapshot, 0, snapshot.size, projection.kinds))


def _from_zero(reader: Reader, *, rounds: int, scratch: Path) -> Row:
    places = iter(range(rounds))

    def work() -> None:
        kv = LmdbKeyValue.open(scratch / f"derived-{next(places)}")
        try:
            _projections(reader, kv).catch_up(NAME)
        finally:
            kv.close()

    return _rate("rebuild of custody, into LMDB from zero", work, reader.size, rounds=rounds, bar=0.085)


def _catching_up(office: Office, projections: Projections, *, rounds: int, block: int) -> Row:
    ratios, rates = [], []
    for _ in range(rounds):
        office.fill(office.log.reader.size + block)
        yard = hash_rate(_HASHES)
        rates.append(block / seconds(partial(projections.catch_up, NAME)))
        ratios.append(rates[-1] / statistics.mean((yard, hash_rate(_HASHES))))
    name = f"custody catching up in blocks of {block:,}"
    return Row.of(name, ratios, bar=0.06, records_per_s=statistics.median(rates))


def _one_carrier(custody: Custody, carriers: list[str], *, rounds: int) -> Row:
    medians, slow = [], []
    clock = time.perf_counter
    for _ in range(rounds):
        times = []
        for carrier in carriers:
            start = clock()
            custody.carrier(carrier)
            times.append((clock() - start) * 1e6)
        medians.append(statistics.median(times))
        slow.append(sorted(times)[len(times) * 99 // 100])
    return Row.of("custody of one carrier, p50 in µs", medians, bar=5, at_most=True, p99_us=statistics.median(slow))


def _history(reader: Reader, carriers: list[str]) -> Row:
    times, lengths = [], []
    clock = time.perf_counter
    for carrier in carriers:
        start = clock()
        found = len(reader.history(carrier))
        times.append((clock() - start) * 1e6 / found)
        lengths.append(found)
    return Row.of(
        "history with hashes checked, µs a record", [statistics.median(times)], bar=6, at_most=True,
        records_a_carrier=statistics.mean(lengths),
    )  # fmt: skip
