"""Many append and read at once: `make bench-load`, or

    python -m benchmarks.load [--seconds 5] [--quick] [--out docs]

1 to 16 threads in one process and 1 to 8 processes append; beside them one process reads, and one thread reads in the process
of an appending one. A JSON line a row on standard output; a page in docs/. Every log is audited: one that isn't intact counts
as zero. About three minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path
from typing import NamedTuple

import lmdb

from benchmarks import load_page
from benchmarks.load_worker import Done, Role, Task, work
from benchmarks.office import Office
from benchmarks.report import machine, say, versions
from chainlog.errors import ChainlogError
from chainlog.facade import Log
from chainlog.forensics.audit import audit

DOCS = Path(__file__).resolve().parents[1] / "docs"
_RECORDS = 2_000  # that a log has before
_SHAPES = [(1, 1), (1, 2), (1, 4), (1, 8), (1, 16), (2, 1), (4, 1), (8, 1), (8, 2)]
_QUICK_SHAPES = [(1, 2), (2, 1)]
_PATIENCE_S = 120
_BUSY: dict[str, Role] = {"alone": "compute", "computing": "compute", "appending": "append"}


class Reading(NamedTuple):
    """What a reader saw: reads a second; seconds of a read at p50 and p99.9; the longest from one read's end to the next's."""

    per_s: float
    p50: float
    p999: float
    longest: float


class Row(NamedTuple):
    """
    What a number of processes with some threads each did at once.

    Args:
        appends_s: a second, by all. p50, p99, p999: seconds of an append. fairness: the fewest of a thread over the most.
        sharing: records a commit. inside, outside: the readers, by what ran beside them.
    """

    processes: int
    threads: int
    intact: bool
    appends_s: float
    p50: float
    p99: float
    p999: float
    fairness: float
    sharing: float
    inside: dict[str, Reading]
    outside: dict[str, Reading]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description="Appending and reading at once.")
    parser.add_argument(
        "--seconds", type=float, default=5.0, help="for each row, as long again for each comparison (5)"
    )
    parser.add_argument("--quick", action="store_true", help="two rows; no page is written")
    parser.add_argument("--out", type=Path, help="where the page goes; docs/ after a full run, else nowhere")
    options = parser.parse_args(arguments)
    rows = []
    with tempfile.TemporaryDirectory(prefix="chainlog-load-") as scratch:
        for processes, threads in _QUICK_SHAPES if options.quick else _SHAPES:
            say(f"{processes} processes, {threads} threads each")
            place = Path(scratch) / f"{processes}-{threads}"
            row = measure(place, processes=processes, threads=threads, seconds=options.seconds)
            rows.append(row)
            print(json.dumps(as_json(row), ensure_ascii=False), flush=True)
    out = options.out or (None if options.quick else DOCS)
    if out is None:
        say("no page is written: these are not all rows")
    else:
        load_page.write(rows, out, seconds=options.seconds)
    return 0 if all(row.intact for row in rows) else 1


def as_json(row: Row) -> dict[str, object]:
    """One object for standard output."""
    figures: dict[str, object] = row._asdict()
    for where in ("inside", "outside"):
        figures[where] = {beside: reading._asdict() for beside, reading in getattr(row, where).items()}
    return {**figures, "machine": machine(), "versions": versions()}


def measure(path: Path, *, processes: int, threads: int, seconds: float) -> Row:
    """One row, on a log of its own."""
    office = Office.create(path, seed=6)
    office.fill(_RECORDS)
    log_id = office.log.id
    office.log.close()
    inside, outside = {}, {}
    done: list[Done] = []
    commits, size = 0, _RECORDS
    # Alone, beside as many that only compute, beside those that append: what the log adds is the last step.
    for beside, role in _BUSY.items():
        many = processes if beside != "alone" else 1
        busy = () if beside == "alone" else (role,) * threads
        tasks = [Task(path, busy if number else ("read", *busy), number * 100, seconds) for number in range(many)]
        before = last_commit(path)
        done = run([*tasks, Task(path, ("read",), 10_000, seconds)])
        commits, size = last_commit(path)[0] - before[0], last_commit(path)[1] - before[1]
        readers = [one for one in done if one.role == "read"]
        inside[beside], outside[beside] = (_reading(one) for one in readers)
    writers = [one for one in done if one.role == "append"]
    appended = [one.times for one in writers]
    intact = is_intact(path, log_id) and sum(map(len, appended)) == size
    times = sorted(time for found in appended for time in found)
    counts = [len(found) for found in appended]
    return Row(
        processes, threads, intact, sum(len(one.times) / one.elapsed for one in writers) if intact else 0.0, quantile(times, 0.5), quantile(times, 0.99),
        quantile(times, 0.999), min(counts) / max(counts), size / max(commits, 1), inside, outside,
    )  # fmt: skip


def run(tasks: Sequence[Task]) -> list[Done]:
    """What all threads of all tasks did, in the order of the tasks; each task in a process of its own."""
    context = get_context("spawn")
    barrier = context.Barrier(len(tasks))
    results: list[Queue[list[Done]]] = [context.Queue() for _ in tasks]
    started = [
        context.Process(target=work, args=(task, barrier, result), daemon=True)
        for task, result in zip(tasks, results, strict=True)
    ]
    for process in started:
        process.start()
    try:
        return [
            one
            for result, task in zip(results, tasks, strict=True)
            for one in result.get(timeout=task.seconds + _PATIENCE_S)
        ]
    finally:
        for process in started:
            process.join(timeout=_PATIENCE_S)


def last_commit(path: Path) -> tuple[int, int]:
    """(number of the last commit of the closed log in *path*, its size): counted by the engine, not by what is measured."""
    with Log.open(path, read_only=True) as log:
        size = log.reader.size
    environment = lmdb.open(str(path / "truth"), readonly=True, lock=False, max_dbs=16, lib_version=0)
    try:
        return int(environment.info()["last_txnid"]), size
    finally:
        environment.close()


def is_intact(path: Path, log_id: bytes) -> bool:
    """Whether the audit finds the closed log in *path* to be that log, and intact."""
    try:
        report = audit(path, log_id=log_id)
    except ChainlogError as error:
        say(f"audit: {error}; this row counts as zero")
        return False
    say(f"audit: {report.size:,} records, {report.integrity}, {len(report.findings)} findings")
    return report.integrity == "intact" and report.trust == "pinned"


def _reading(done: Done) -> Reading:
    times = sorted(done.times)
    return Reading(len(times) / done.elapsed, quantile(times, 0.5), quantile(times, 0.999), done.longest_gap)


def quantile(times: Sequence[float], share: float) -> float:
    """The least of sorted *times* that at least *share* of them don't exceed."""
    return times[min(len(times) - 1, int(len(times) * share))]


if __name__ == "__main__":
    sys.exit(main())
