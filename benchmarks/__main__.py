"""python -m benchmarks [--depth 100000] [--rounds 5] [--quick]

One JSON line a row on standard output, when the run is over and its logs are audited; progress on standard error.
A full run writes benchmarks/README.md. Takes several minutes; --quick takes less than one and shows that all rows work:
its figures mean little, as every log is short.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import append, custody, growth, memory, startup, verify
from benchmarks.office import Office
from benchmarks.report import PAGE_DEPTH_MIN, Row, emit, say, voided, write_page
from chainlog.errors import ChainlogError
from chainlog.forensics.audit import audit

_SINGLES = 300
_LONG_ROUNDS = 3  # of verification and of catching up: they take longest and vary least


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Figures against a yardstick of the run.")
    parser.add_argument("--depth", type=int, help="records before anything is measured (100,000; quick: 5,000)")
    parser.add_argument("--rounds", type=int, help="how often each row is measured (5; quick: 2)")
    parser.add_argument("--quick", action="store_true", help="small logs; no page is written")
    options = parser.parse_args(arguments)
    depth = options.depth or (5_000 if options.quick else 100_000)
    rounds = options.rounds or (2 if options.quick else 5)
    if depth < 1_000 or rounds < 1:
        parser.error("at least 1,000 records and one round")
    with tempfile.TemporaryDirectory(prefix="chainlog-bench-") as scratch:
        rows, intact = measure(depth=depth, rounds=rounds, scratch=Path(scratch))
    if not intact:
        rows = [voided(row) for row in rows]
    for row in rows:
        emit(row)
    if depth >= PAGE_DEPTH_MIN and not options.quick:
        write_page(rows, depth=depth)
    else:
        say("no page is written: the logs of this run were short")
    return 0 if intact else 1


def measure(*, depth: int, rounds: int, scratch: Path) -> tuple[list[Row], bool]:
    """All rows, and whether the audit found every log intact that they were measured on."""
    singles = min(_SINGLES, depth // 50)
    say(f"filling a log with {depth:,} records")
    office = Office.create(scratch / "long", seed=1)
    office.fill(depth)
    short = growth.short_office(scratch / "short", max(100, depth // 100))
    say("appending")
    rows = append.run(office, depth=depth, rounds=rounds, singles=singles, scratch=scratch)
    late = [growth.one_append(office, short, rounds=rounds, count=singles), growth.file_size(office)]
    say("custody")
    catch_up = min(custody.CATCH_UP, depth // 2)
    asked = min(5_000, depth // 10)
    rows_of_custody = custody.run(
        office, rounds=rounds, blocks=min(rounds, _LONG_ROUNDS), catch_up=catch_up, asked=asked, scratch=scratch
    )
    logs = [(office.path, office.log.id), (short.path, short.log.id)]
    office.log.close()
    short.log.close()
    say("memory")
    rows_of_memory = memory.run(*logs[0], count=min(5_000, depth // 5))
    say("verification")
    rows += verify.run(*logs[0], rounds=min(rounds, _LONG_ROUNDS), scratch=scratch)
    rows += rows_of_custody
    say("starting")
    rows += startup.run(office.path, runs=min(7, 2 * rounds + 1))
    rows += [*rows_of_memory, *late]
    audited = [is_intact(*log) for log in logs]
    return rows, all(audited)


def is_intact(path: Path, log_id: bytes) -> bool:
    """Whether the audit finds the closed log in *path* to be that log, and intact."""
    try:
        report = audit(path, log_id=log_id)
    except ChainlogError as error:
        say(f"audit: {error}; no row of this run counts")
        return False
    say(f"audit: {report.size:,} records, {report.integrity}, {len(report.findings)} findings")
    return report.integrity == "intact" and report.trust == "pinned"


if __name__ == "__main__":
    sys.exit(main())
