"""The page about load. Writes docs/load.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import machine, versions

if TYPE_CHECKING:
    from benchmarks.load import Reading, Row

PAGE = "load.md"
_BESIDE = ("alone", "computing", "appending")


def write(rows: Sequence[Row], directory: Path, *, seconds: float) -> None:
    """Write the page from the rows."""
    (directory / PAGE).write_text(_page(rows, seconds=seconds), encoding="utf-8")


def _page(rows: Sequence[Row], *, seconds: float) -> str:
    lines = [
        "# Many at once",
        "",
        "Written by `make bench-load`. Each row is a log of its own, to which processes with so many threads each append for",
        f"{seconds:g} seconds, one record after the other, composed, signed and stored durably, while two readers read records from",
        "anywhere in it. After each row the audit checks the log, signatures included, and that it holds as many records as were",
        "acknowledged: a row whose log isn't intact counts as zero.",
        "",
        f"Machine: {machine()}. Versions: {', '.join(f'{k} {v}' for k, v in versions().items())}.",
        "",
        "## Appending",
        "",
        "Times are of the append, signing and waiting included, composing apart. *Fairness*: the records of the thread that",
        "appended fewest over those of the one that appended most. *Records a commit* is by the engine's own count of commits:",
        "threads of one process share them, processes take turns.",
        "",
        "| processes | threads each | intact | appends/s | p50, ms | p99, ms | p99.9, ms | fairness | records a commit |",
        "|--:|--:|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        times = " | ".join(f"{one * 1e3:,.2f}" for one in (row.p50, row.p99, row.p999))
        intact = "yes" if row.intact else "**no**"
        lines.append(
            f"| {row.processes} | {row.threads} | {intact} | {row.appends_s:,.0f} | {times} | {row.fairness:.2f} | {row.sharing:.2f} |"
        )
    lines += [
        "",
        "## Reading meanwhile",
        "",
        "The same reader thrice: alone, beside as many threads as append in that row which only compute and never touch the log, and",
        "beside those that append. Readers take no lock of the log, so a writer should cost them no more than anybody who wants the",
        "same cores. *Longest* is the longest from the end of one read to the end of the next, the worst of the whole run; in",
        "milliseconds, as p99.9.",
    ]
    for title, which in (
        ("A reader in a process of its own", "outside"),
        ("A reader in a process that appends: it also waits for the interpreter's lock", "inside"),
    ):
        lines += [
            "",
            f"### {title}",
            "",
            "| processes | threads each |" + "".join(f" reads/s {one} | p99.9 | longest |" for one in _BESIDE),
            "|--:|--:|" + "--:|" * 9,
        ]
        for row in rows:
            found: dict[str, Reading] = getattr(row, which)
            cells = " | ".join(
                f"{one.per_s:,.0f} | {one.p999 * 1e3:,.2f} | {one.longest * 1e3:,.1f}"
                for one in (found[b] for b in _BESIDE)
            )
            lines.append(f"| {row.processes} | {row.threads} | {cells} |")
    return "\n".join(lines) + "\n"
