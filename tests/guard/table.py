"""What the works cost when the table was last written, and how much more is too much. Reads and writes limits.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.guard.counting import WHAT, count
from tests.guard.timing import Mix, against_yardstick
from tests.guard.works import Works

TABLE = Path(__file__).with_name("limits.json")

COUNTS_MOST = 1.10
"""Counts are the same in every run: a tenth is room for another version of Python or of a package, and for small changes."""
COUNTS_SLACK = 0.1
"""For what is done once a block and not once a record."""
TIMES_MOST = 1.33
"""Ratios of times vary; README.md says by how much. A work that takes half as long again, a third less a second, is beyond."""

MIXES = {
    "compose": (Mix(0, 0, 19), 12),
    "append a block": (Mix(1.46, 0, 7), 12),
    "verify": (Mix(0, 1.54, 17), 5),
    "fold custody": (Mix(0, 0, 1.1), 12),
    "read histories": (Mix(0, 0, 1.4), 15),
    "prove and check": (Mix(0, 0, 90), 8),
}
"""Work to the yardstick that takes about as long, and how many turns."""


def counted(works: Works) -> dict[str, dict[str, float]]:
    """What each work calls a record. Each is done once before, so that nothing is counted that is made once a process."""
    found = {}
    for name, prepare in works.all.items():
        prepare()[0]()
        call, records = prepare()
        found[name] = {what: round(number / records, 2) for what, number in count(call).items()}
    return found


def timed(works: Works, *names: str) -> dict[str, float]:
    """Works, all with a yardstick if none is named, to times their yardstick's processor time."""
    return {
        name: round(against_yardstick(works.all[name], mix, turns=turns).ratio, 3)
        for name, (mix, turns) in MIXES.items()
        if not names or name in names
    }


def too_many(found: dict[str, dict[str, float]], table: dict[str, dict[str, float]]) -> list[str]:
    """What is called more often than the table allows; and works that the table doesn't have, or alone has."""
    problems = [f"{name}: not in both" for name in found.keys() ^ table.keys()]
    for name in found.keys() & table.keys():
        for what in WHAT:
            most = table[name][what] * COUNTS_MOST + COUNTS_SLACK
            if found[name][what] > most:
                problems.append(f"{name}: {found[name][what]:,.2f} {what} a record, at most {most:,.2f}")
    return sorted(problems)


def too_slow(found: dict[str, float], table: dict[str, float]) -> list[str]:
    """What takes more time than the table allows."""
    return [
        f"{name}: {ratio:.2f} times its yardstick, at most {table[name] * TIMES_MOST:.2f}"
        for name, ratio in found.items()
        if ratio > table[name] * TIMES_MOST
    ]


def read() -> dict[str, Any]:
    """The table: `counts` and `times`."""
    found: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def write(counts: dict[str, dict[str, float]], times: dict[str, float]) -> None:
    """Write the table."""
    TABLE.write_text(json.dumps({"counts": counts, "times": times}, indent=1) + "\n", encoding="utf-8")
