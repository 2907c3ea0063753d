"""python -m benchmarks [--depth 100000] [--rounds 5] [--quick] [--only proofs [--log DIRECTORY]]

One JSON line a row on standard output, when the run is over and its logs are audited; progress on standard error.
A full run writes benchmarks/README.md. Takes several minutes; --quick takes less than one and shows that all rows work:
its figures mean little, as every log is short.

--only proofs measures what is proved: with --depth 1000000 from the tree of a real log of a million records, which is made
in --log, or in a scratch directory, and takes ten minutes. A log that stands in --log is taken as it is.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import append, bundles, custody, findings, memory, proofs, sizes, startup, verify
from benchmarks.office import Office
from benchmarks.report import PAGE_DEPTH_MIN, Row, emit, say, voided, write_page
from chainlog.errors import ChainlogError
from chainlog.facade import Log
from chainlog.forensics.audit import audit

_SINGLES = 300
_PROOFS = 300
_COMMITMENTS = 5
_NEW_CARRIERS = 7_000_000  # where the numbers of those begin that come when the log is opened again
_JUDGED = 20_000  # records of the log that rules are judged on
_LONG_ROUNDS = 3  # of verification and of catching up: they take longest and vary least
_MAP_ROUNDS = 2  # of verification with maps


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Figures against a yardstick of the run.")
    parser.add_argument("--depth", type=int, help="records before anything is measured (100,000; quick: 5,000)")
    parser.add_argument("--rounds", type=int, help="how often each row is measured (5; quick: 2)")
    parser.add_argument("--quick", action="store_true", help="small logs; no page is written")
    parser.add_argument("--only", choices=["proofs"], help="only these rows; no page is written")
    parser.add_argument("--log", type=Path, help="with --only: keep the log here, or measure the one that is here")
    options = parser.parse_args(arguments)
    depth = options.depth or (5_000 if options.quick else 100_000)
    rounds = options.rounds or (2 if options.quick else 5)
    if depth < 1_000 or rounds < 1:
        parser.error("at least 1,000 records and one round")
    with tempfile.TemporaryDirectory(prefix="chainlog-bench-") as scratch:
        if options.only is None:
            rows, intact = measure(depth=depth, rounds=rounds, scratch=Path(scratch))
        else:
            place = options.log or Path(scratch) / "long"
            rows, intact = measure_proofs(place, depth=depth, rounds=rounds, scratch=Path(scratch))
    if not intact:
        rows = [voided(row) for row in rows]
    for row in rows:
        emit(row)
    if options.only is not None:
        say("no page is written: these are not all rows")
    elif depth >= PAGE_DEPTH_MIN and not options.quick:
        write_page(rows, depth=depth)
    else:
        say("no page is written: the logs of this run were short")
    return 0 if intact else 1


def measure(*, depth: int, rounds: int, scratch: Path) -> tuple[list[Row], bool]:
    """All rows, and whether the audit found every log intact that they were measured on."""
    singles = min(_SINGLES, depth // 50)
    say(f"filling a log with {depth:,} records")
    office = long_office(scratch / "long", depth)
    short = sizes.short_office(scratch / "short", max(100, depth // 100))
    say("appending")
    rows = append.run(office, depth=depth, rounds=rounds, singles=singles, scratch=scratch)
    late = [sizes.one_append(office, short, rounds=rounds, count=singles), sizes.file_size(office)]
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
    count = min(_PROOFS, depth // 10)
    size = proofs.MILLION if depth >= PAGE_DEPTH_MIN else depth
    rows_of_proofs = proofs.run(size=size, rounds=min(rounds, _LONG_ROUNDS), count=count, scratch=scratch)
    rows_of_proofs += proofs_of(logs[0][0], rounds=min(rounds, _LONG_ROUNDS), count=count, between=depth // 100)
    rows += [verify.with_maps(*logs[0], rounds=min(rounds, _MAP_ROUNDS), scratch=scratch), *rows_of_custody]
    say("starting")
    rows += startup.run(office.path, runs=min(7, 2 * rounds + 1))
    say("rules")
    judged, judged_log = findings.run(
        scratch, size=min(depth, _JUDGED), rounds=min(rounds, _LONG_ROUNDS), appends=singles
    )
    rows += [*rows_of_memory, *late, *rows_of_proofs, *judged]
    audited = [is_intact(*log) for log in (*logs, judged_log)]
    return rows, all(audited)


def measure_proofs(place: Path, *, depth: int, rounds: int, scratch: Path) -> tuple[list[Row], bool]:
    """The rows about proofs, on the log in *place* or a new one, and whether the audit found it intact."""
    if not place.exists():
        say(f"filling a log with {depth:,} records")
        long_office(place, depth).log.close()
    with Log.open(place) as log:
        log_id, size = log.id, log.reader.size
    count = min(_PROOFS, depth // 10)
    rows = proofs_of(place, rounds=rounds, count=count, between=depth // 100)
    if size < proofs.MILLION and depth >= PAGE_DEPTH_MIN:
        rows = proofs.run(size=proofs.MILLION, rounds=rounds, count=count, scratch=scratch) + rows
    else:
        maps = proofs.map_rows(size=size, rounds=rounds, count=count, scratch=scratch)
        rows = [*bundles.tree_of(place, rounds=rounds, count=count), *maps, *rows]
    say("verification")
    rows.append(verify.with_maps(place, log_id, rounds=min(rounds, _MAP_ROUNDS), scratch=scratch))
    rows += startup.run(place, runs=min(7, 2 * rounds + 1))[:1]
    return rows, is_intact(place, log_id)


def proofs_of(path: Path, *, rounds: int, count: int, between: int) -> list[Row]:
    """Rows about the closed log in *path*, which grows and commits to its map some times before, unless it has already."""
    say("committing to maps")
    bundles.commit_maps(path, first=_NEW_CARRIERS, times=_COMMITMENTS, between=between)
    return bundles.run(path, rounds=rounds, count=count)


def long_office(path: Path, depth: int) -> Office:
    """A new log of *depth* records, with the events of one carrier all over it."""
    office = Office.create(path, seed=1)
    office.weave(depth)
    office.fill(depth)
    return office


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
