"""Rows of figures: JSON lines on standard output, and the page benchmarks/README.md."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import chainlog

PAGE = Path(__file__).with_name("README.md")
PAGE_DEPTH_MIN = 20_000


class Row(NamedTuple):
    """One figure: ratios of several runs to the yardstick of the same run, the bar, absolute figures."""

    name: str
    ratios: tuple[float, ...]
    bar: float
    figures: dict[str, float]
    at_most: bool = False
    counts: bool = True  # the audit found the log intact

    @classmethod
    def of(cls, name: str, ratios: Sequence[float], *, bar: float, at_most: bool = False, **figures: float) -> Row:
        return cls(name, tuple(ratios), bar, figures, at_most)

    @property
    def ratio(self) -> float:
        """The median; 0 where the log was not intact."""
        return statistics.median(self.ratios) if self.counts else 0.0

    @property
    def met(self) -> bool:
        """Whether the median reaches the bar, and counts."""
        if not self.counts:
            return False
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar

    def as_json(self) -> dict[str, Any]:
        """One object for standard output."""
        return {
            "name": self.name,
            "ratio": round(self.ratio, 4),
            "bar": self.bar,
            "bound": "at most" if self.at_most else "at least",
            "met": self.met,
            "min": round(min(self.ratios), 4),
            "max": round(max(self.ratios), 4),
            "runs": len(self.ratios),
            "intact": self.counts,
            **{key: round(value, 2) for key, value in self.figures.items()},
            "machine": machine(),
            "versions": versions(),
        }


def machine() -> str:
    """Processor count and kind, kernel."""
    return f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()} {platform.release()}"


def versions() -> dict[str, str]:
    """Versions of everything that was measured."""
    others = {name: version(name) for name in ("msgspec", "pynacl", "lmdb")}
    return {"python": platform.python_version(), "chainlog": chainlog.__version__, **others}


def voided(row: Row) -> Row:
    """The row of a run whose log is not intact: it counts as zero."""
    return row._replace(counts=False)


def say(text: str) -> None:
    """Progress, for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def emit(row: Row) -> None:
    """Print one row as a JSON line."""
    print(json.dumps(row.as_json(), ensure_ascii=False), flush=True)


def write_page(rows: Sequence[Row], *, depth: int) -> None:
    """Write benchmarks/README.md from the rows."""
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. A ratio is the time of a yardstick divided by chainlog's, measured in the same run on the",
        "same bytes (bare libsodium, LMDB of equal depth, SHA-256): 0.5 means twice the yardstick's time. Rows about custody",
        "are records a second against SHA-256 over 350 bytes a second. Rows with ≤ are what their name says, and smaller is",
        "better. After the run the audit checks every log, signatures included: a run whose log isn't intact counts as zero.",
        "Proofs are from a tree and a map of a million made-up hashes: bare_hashes says how many bare SHA-256 one takes as long as.",
        "",
        "The logs hold lives of carriers as `lives.py` makes them; what their records are like stands beside the last row.",
        "",
        f"Machine: {machine()}. Versions: {', '.join(f'{k} {v}' for k, v in versions().items())}. {depth:,} records.",
        "",
        "| work | bar | median | min | max | met | figures |",
        "|---|--:|--:|--:|--:|---|---|",
    ]
    for row in rows:
        bound = "≤ " if row.at_most else ""
        figures = ", ".join(f"{key} {value:,.2f}" for key, value in row.figures.items())
        met = "yes" if row.met else "**no**"
        lines.append(
            f"| {row.name} | {bound}{row.bar} | {row.ratio:,.3f} | {min(row.ratios):,.3f} | {max(row.ratios):,.3f} |"
            f" {met} | {figures} |"
        )
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
