"""What the works cost when the table was last written, and how much more is too much. Reads and writes limits.json."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.guard.counting import WHAT, count, count_steps
from tests.guard.timing import Mix, ratio
from tests.guard.works import Works

TABLE = Path(__file__).with_name("limits.json")

COUNTS_MOST = 1.10
"""Counts are the same in every run: a tenth is room for another version of Python or of a package, and for small changes."""
COUNTS_SLACK = 0.1
"""For what is done once a block and not once a record."""
TIMES_MOST = float(os.environ.get("GUARD_TIMES_MOST", "2"))
"""
Ratios of times differ from machine to machine: a processor that hashes or multiplies in another way changes the yardstick. So the
suite, which runs anywhere, allows the double; `make guard`, on the machine that wrote the table, a third.
"""

MIXES = {
    "compose": Mix(0, 0, 18),
    "append a block": Mix(1.5, 0, 9),
    "fold custody": Mix(0, 0, 1.5),
    "read histories": Mix(0, 0, 1.3),
    "prove and check": Mix(0, 800, 60),
}
"""Work to the yardstick that takes about as long."""
TURNS, TURNS_MOST = 30, 400


def counted(works: Works, *names: str) -> dict[str, dict[str, float]]:
    """What each work, or each of *names*, does for a record. Each is done once before: some things are made once a process."""
    found = {}
    for name in names or works.all:
        prepare = works.all[name]
        prepare()[0]()
        call, records = prepare()
        numbers = {what: number / records for what, number in count(call).items()}
        call, records = prepare()
        numbers["steps"] = count_steps(call) / records
        found[name] = {what: round(number, 2) for what, number in numbers.items()}
    return found


def timed(works: Works, name: str, *, most: float = 0.0) -> float:
    """A work's time in times of its yardstick's. most: what is measured again and again until it is no more."""
    found = ratio(
        works.short[name], MIXES[name], turns=TURNS, most_turns=TURNS_MOST, until=lambda one: one <= most
    )  # fmt: skip
    return round(found, 3)


def too_many(found: dict[str, dict[str, float]], table: dict[str, dict[str, float]]) -> list[str]:
    """What is called more often than the table allows; and works that the table doesn't have, or alone has."""
    problems = [f"{name}: not in both" for name in found.keys() ^ table.keys()]
    for name in found.keys() & table.keys():
        for what in WHAT:
            most = table[name][what] * COUNTS_MOST + COUNTS_SLACK
            if found[name][what] > most:
                problems.append(f"{name}: {found[name][what]:,.2f} {what} a record, at most {most:,.2f}")
    return sorted(problems)


def read() -> dict[str, Any]:
    """The table: `counts` and `times`."""
    found: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def write(counts: dict[str, dict[str, float]], times: dict[str, float]) -> None:
    """Write the table."""
    TABLE.write_text(json.dumps({"counts": counts, "times": times}, indent=1) + "\n", encoding="utf-8")
