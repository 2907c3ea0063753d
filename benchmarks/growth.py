"""How the costs grow with the log: `make bench-growth`, or

    python -m benchmarks.growth [--first 10000] [--to 10000000] [--count 300] [--scratch DIRECTORY] [--out docs]

One log grows in steps of ten and is measured at each, in turns with one that stays short. A JSON line a size on standard
output; page and plot in docs/ at the end. At ten million records: an hour or two, 15 GB of scratch, deleted at the end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import growth_page, memory
from benchmarks.feed import FedOffice
from benchmarks.growth_page import Figures
from benchmarks.growth_works import Side, appends, in_turns, openings, proofs, questions
from benchmarks.office import BLOCK, Office
from benchmarks.report import machine, say, versions
from benchmarks.sizes import Contents
from chainlog.facade import Log

DOCS = Path(__file__).resolve().parents[1] / "docs"
_FIRST, _TO, _COUNT = 10_000, 10_000_000, 300
PAGE_TO_MIN = 100_000
# Carriers of other lives than the log has; each size takes others.
_OTHERS = 50_000_000


Step = tuple[int, Figures, dict[str, float]]
"""(size, figures, what the records are like)"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description="Costs at growing sizes of a log.")
    parser.add_argument("--first", type=int, default=_FIRST, help="records at the first measurement (10,000)")
    parser.add_argument(
        "--to", type=int, default=_TO, help="records at the last, which is a power of ten more (10,000,000)"
    )
    parser.add_argument("--count", type=int, default=_COUNT, help="calls of each kind (300)")
    parser.add_argument("--scratch", type=Path, help="where the log is made; the system's directory by default")
    parser.add_argument(
        "--out", type=Path, help=f"where page and plot go; docs/ from {PAGE_TO_MIN:,} records on, else nowhere"
    )
    options = parser.parse_args(arguments)
    if options.first < 200 or options.to < 10 * options.first or options.count < 10:
        parser.error("at least 200 records, one step of ten, ten calls")
    sizes = _sizes(options.first, options.to)
    steps: list[Step] = []
    with tempfile.TemporaryDirectory(prefix="chainlog-growth-", dir=options.scratch) as scratch:
        try:
            for size, found, records in grow(Path(scratch), sizes=sizes, count=options.count):
                steps.append((size, found, records))
                print(
                    json.dumps({"size": size, **_plain(found), "machine": machine(), "versions": versions()}),
                    flush=True,
                )
        except subprocess.CalledProcessError as error:
            say(f"{error}; no page is written")
            return 1
    out = options.out or (DOCS if sizes[-1] >= PAGE_TO_MIN else None)
    if out is None:
        say("no page is written: the log was short")
    else:
        growth_page.write([(size, found) for size, found, _ in steps], out, records=steps[-1][2])
    return 0


def _sizes(first: int, to: int) -> list[int]:
    sizes = [first]
    while sizes[-1] * 10 <= to:
        sizes.append(sizes[-1] * 10)
    return sizes


def _plain(found: Figures) -> dict[str, list[float]]:
    return {name: [float(f"{value:.6g}") for value in pair if value is not None] for name, pair in found.items()}


def grow(scratch: Path, *, sizes: Sequence[int], count: int) -> Iterator[Step]:
    """
    (size, figures, what the records are like) for each of *sizes*.

    Raises: CalledProcessError where the audit doesn't find the log intact.
    """
    short = Office.create(scratch / "short", seed=2)
    short.fill(sizes[0])
    fed = FedOffice(scratch / "long", seed=1)
    contents = Contents()
    try:
        log = fed.office.log
        for number, size in enumerate(sizes):
            start, before = time.perf_counter(), log.reader.size
            fed.fill(size)
            say(f"{size:,} records: {size - before:,} appended in {time.perf_counter() - start:,.0f} s")
            contents.extend(log)
            figures: Figures = {"file": (contents.file_ratio(log), None)}
            figures |= in_turns_with(Side(log, fed), Side(short.log, short), count=count)
            figures |= alone(log, first=_OTHERS + number * size, count=min(2 * BLOCK, size // 5))
            yield size, figures, contents.figures()
        memory.verifying(short.path, short.log.id)
    finally:
        fed.close()
        short.log.close()


def in_turns_with(long: Side, short: Side, *, count: int) -> Figures:
    """Figures of a log and of one that stays short. The log is as long as it is until the last of them."""
    found: Figures = {}
    with ExitStack() as stack:
        start = time.perf_counter()
        for side in (long, short):
            side.log.commit_map()
        sides = [questions(side, count=count) | openings(side) for side in (long, short)]
        say(f"folded in {time.perf_counter() - start:,.0f} s")
        proven = [stack.enter_context(proofs(side, count=count)) for side in (long, short)]
        for name in (*sides[0], *proven[0]):
            works = [(of_log | of_tree)[name] for of_log, of_tree in zip(sides, proven, strict=True)]
            found[name] = in_turns(*works)
    # No snapshot is open any more: it would keep pages from being used again.
    appended = [appends(side, count=count) for side in (long, short)]
    return found | {name: in_turns(appended[0][name], appended[1][name]) for name in appended[0]}


def alone(log: Log, *, first: int, count: int) -> Figures:
    """What processes of their own take, to append *count* records with carriers numbered from *first*, and to verify all."""
    appended = memory.appending(log.directory, count=count, first=first)
    verified = memory.verifying(log.directory, log.id)
    say(f"verified in {verified.seconds:,.0f} s")
    return {
        "appending memory": (appended.most, None),
        "verifying memory": (verified.most, None),
        "verification": (verified.seconds, None),
    }


if __name__ == "__main__":
    sys.exit(main())
