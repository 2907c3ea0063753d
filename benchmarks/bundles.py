"""Rows about what a log proves of itself: checkpoint, receipts, the bundle of a carrier with fifty events."""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
from functools import partial
from pathlib import Path

from benchmarks.lives import RESTLESS, signer
from benchmarks.office import Office
from benchmarks.proofs import tree_rows
from benchmarks.report import Row, say
from benchmarks.yardstick import seconds, statements_of, verify_all
from chainlog import digest
from chainlog.facade import Log
from chainlog.log.log_tree import LogTree, TileRoots
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.bundle_make import newest_commitment
from chainlog.proof.receipt import check_receipt
from chainlog.record.record import unverified_record
from chainlog.tree.proofs import TreeReader

ROOT = Path(__file__).resolve().parents[1]
_REPEATS = 9

_FIRST_RECEIPT = """
import sys, time
from chainlog.facade import Log
import chainlog.forensics.receipts
log = Log.open(sys.argv[1])
start = time.perf_counter()
log.receipt(int(sys.argv[2]))
print((time.perf_counter() - start) * 1e3)
log.close()
"""


def commit_maps(path: Path, *, first: int, times: int, between: int) -> None:
    """
    Let the log commit to its map *times* times, and grow by *between* records before each; nothing where it has committed.

    first: where the numbers of new carriers begin.
    """
    office = Office.open(path, seed=4, first=first)
    try:
        with office.log.store.snapshot() as snapshot:
            if newest_commitment(snapshot) is not None:
                return
        for _ in range(times):
            office.fill(office.log.reader.size + between)
            office.log.commit_map()
    finally:
        office.log.close()


def run(path: Path, *, rounds: int, count: int) -> list[Row]:
    """All rows, on the closed log in *path*, which has committed to its map. *count*: receipts."""
    say("receipts and bundles")
    log = Log.open(path, log_signer=signer("log"))
    try:
        size = log.reader.size
        indexes = random.Random(5).sample(range(size - 1), count)
        checkpoint = [statistics.median(seconds(log.checkpoint) for _ in range(100)) * 1e3 for _ in range(rounds)]
        rows = [Row.of("checkpoint, p50 in ms", checkpoint, bar=1, at_most=True)]
        rows += [_first_receipt(path, indexes[: 2 * rounds + 1]), *_receipts(log, indexes, rounds=rounds)]
        return [*rows, *_bundle(log, rounds=rounds)]
    finally:
        log.close()


def tree_of(path: Path, *, rounds: int, count: int) -> list[Row]:
    """The rows about proofs from the tree, of the closed log in *path* instead of a tree that is made up."""
    log = Log.open(path)
    try:
        with log.store.snapshot() as snapshot:

            def leaf(index: int) -> bytes:
                return digest.record_hash(snapshot.record(index) or b"")

            def reader(roots: TileRoots) -> TreeReader:
                return LogTree(snapshot, roots)

            return tree_rows(reader, leaf, path / "derived", size=snapshot.size, rounds=rounds, count=count)
    finally:
        log.close()


def _first_receipt(path: Path, indexes: list[int]) -> Row:
    """In a new process each: nothing is remembered, neither here nor by the engine."""
    times = []
    for index in indexes:
        command = [sys.executable, "-c", _FIRST_RECEIPT, str(path), str(index)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
        times.append(float(done.stdout))
    return Row.of("first receipt of a process, ms", times, bar=10, at_most=True)


def _receipts(log: Log, indexes: list[int], *, rounds: int) -> list[Row]:
    made, checked = [], []
    receipts = [log.receipt(index) for index in indexes]
    with log.store.snapshot() as snapshot:
        genesis = snapshot.record(0)
    for _ in range(rounds):
        made.append(statistics.median(seconds(partial(log.receipt, index)) for index in indexes))
        checked.append(
            statistics.median(seconds(partial(check_receipt, one, log_id=log.id, genesis=genesis)) for one in receipts)
        )
    return [
        Row.of(
            "receipt of an open log, p50 in ms", [one * 1e3 for one in made], bar=1, at_most=True,
            checked_ms=statistics.median(checked) * 1e3, bytes=statistics.median(map(len, receipts)),
        )
    ]  # fmt: skip


def _bundle(log: Log, *, rounds: int) -> list[Row]:
    make = partial(log.bundle, [RESTLESS])
    data = make()
    bundle = decode_bundle(data)
    records = [(unverified_record(one).index, one) for one in bundle.records]
    statements = statements_of(records, log.id)
    check, bare = partial(check_bundle, data, log_id=log.id), partial(verify_all, statements)
    events = sum(RESTLESS.encode() in one for one in bundle.records)
    made, ratios, checks = [], [], []
    for _ in range(rounds):
        made.append(statistics.median(seconds(make) for _ in range(_REPEATS)) * 1e3)
        pairs = [(seconds(bare), seconds(check)) for _ in range(_REPEATS)]
        ratios.append(statistics.median(yard / took for yard, took in pairs))
        checks.append(statistics.median(took for _, took in pairs) * 1e3)
    return [
        Row.of(
            f"bundle of a carrier with {events} events made, ms", made, bar=100, at_most=True, records=len(records),
            signatures=len(statements),
        ),
        Row.of(
            f"bundle of a carrier with {events} events, kB", [len(data) / 1e3], bar=60, at_most=True, records_kb=sum(map(len, bundle.records)) / 1e3,
            tree_kb=len(bundle.proof) * 0.032, map_kb=sum(len(proof) for _, proof in bundle.map_proofs) / 1e3,
        ),
        Row.of("bundle checked, against its signatures alone", ratios, bar=0.5, ms=statistics.median(checks)),
    ]  # fmt: skip
