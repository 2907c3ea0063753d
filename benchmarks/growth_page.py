"""The page and the plot about growth, from figures at several sizes. Writes docs/growth.md and docs/growth.svg."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.plot import Panel, Series, draw
from benchmarks.report import machine, versions

PLOT = "growth.svg"
PAGE = "growth.md"
_FLAT_MOST = 1.4
_SLACK = 1.25
_LINEAR_LEAST = 0.5

Figures = dict[str, tuple[float, float | None]]
"""Name of a figure to its value, and the value of a log of the first size in the same minute where there is one."""


class Shown(NamedTuple):
    """A figure. scale: units in a second, or in what is measured. wanted: how it may grow. why: what makes it grow so."""

    name: str
    label: tuple[str, str]
    unit: str
    scale: float
    wanted: str
    why: str


class Group(NamedTuple):
    """Figures of one panel."""

    title: tuple[str, str]
    unit: str
    figures: Sequence[Shown]


_PAGES = "LMDB's trees of pages get one level deeper for about every fifty-fold, and the pages lie farther apart in the machine's caches"
_US, _MS = 1e6, 1e3

GROUPS = [
    Group(
        ("Appending", "追加"), "µs", [
            Shown("append", ("one at a time", "逐条"), "µs", _US, "logarithmic", f"one commit, a few pages of each table; {_PAGES}"),
            Shown("block", ("a record of a block of 1,000", "整块，每条"), "µs", _US, "logarithmic", f"the signatures; of the rest a look-up a subject; {_PAGES}"),
        ],
    ),
    Group(
        ("Making a proof", "生成证明"), "µs", [
            Shown("inclusion", ("inclusion", "包含证明"), "µs", _US, "logarithmic", "one tile a level is hashed, and what of the unfinished tiles isn't remembered: it steps up with each of the tree's levels of 256, and moves with the size between them"),
            Shown("consistency", ("consistency", "一致性证明"), "µs", _US, "logarithmic", "as inclusion"),
            Shown("map", ("map", "完整性映射证明"), "µs", _US, "logarithmic", "16 fixed levels, then the bucket's entries are hashed: flat to 65,536 subjects, then a bucket has more entries, and they are hashed for each proof"),
        ],
    ),
    Group(
        ("Checking a proof", "核验证明"), "µs", [
            Shown("inclusion checked", ("inclusion", "包含证明"), "µs", _US, "logarithmic", "a hash for each level of the tree: 14 at ten thousand, 24 at ten million"),
            Shown("consistency checked", ("consistency", "一致性证明"), "µs", _US, "logarithmic", "the same, for two roots"),
            Shown("map checked", ("map", "完整性映射证明"), "µs", _US, "logarithmic", "16 hashes, and one for each level in the bucket"),
        ],
    ),
    Group(
        ("Who has a carrier", "载体在谁手中"), "µs", [
            Shown("carrier", ("now", "现在"), "µs", _US, "logarithmic", f"two look-ups; {_PAGES}"),
            Shown("moment", ("at a moment", "某一时刻"), "µs", _US, "logarithmic", "a look-up more for each interval since, of this carrier alone"),
        ],
    ),
    Group(
        ("History, hashes checked", "履历，含散列核对"), "µs", [
            Shown("history", ("a record", "每条"), "µs", _US, "logarithmic", f"a record is found by its index, and those of one carrier lie ever farther apart; {_PAGES}"),
        ],
    ),
    Group(
        ("Opening, in a new process", "打开日志（新进程）"), "ms", [
            Shown("open", ("opening", "打开"), "ms", _MS, "flat", "a few records and one signature are looked at, whatever the size"),
        ],
    ),
    Group(
        ("Anonymous memory (RssAnon)", "匿名内存（RssAnon）"), "MB", [
            Shown("appending memory", ("appending", "追加"), "MB", 1e-6, "flat", "a block's records and the pages that its commit changes"),
            Shown("verifying memory", ("verification", "核验"), "MB", 1e-6, "flat", "a range of records a process, and sums; of maps what fits into bounded transactions"),
        ],
    ),
    Group(
        ("What is linear by nature", "本来就随规模增长"), "s", [
            Shown("verification", ("verification of all", "全量核验"), "s", 1.0, "linear", "every record and every signature is looked at, both cores"),
            Shown("person", ("all of a person, at a moment", "某人某刻所持"), "s", 1.0, "linear", "a scan of all ended intervals: they are kept by carrier; an index by person would make each append dearer for a question that is rarely asked"),
        ],
    ),
    Group(
        ("File against encoded records", "文件与编码记录之比"), "×", [
            Shown("file", ("data.mdb", "data.mdb"), "×", 1.0, "flat", "pages are filled as far as appending fills them; a short log has pages in hand, and so has the engine's file, which grows ahead"),
        ],
    ),
]  # fmt: skip


def growth_of(first: tuple[float, float | None], last: tuple[float, float | None]) -> float:
    """How many times the last figure is the first; against the short log of the same minute where there is one."""
    return last[0] / (first[0] if last[1] is None else last[1])


def kind_of(growth: float, sizes: tuple[int, int]) -> str:
    """How something grows: flat, logarithmic, linear, or in between."""
    if growth <= _FLAT_MOST:
        return "flat"
    if growth <= _SLACK * math.log(sizes[1]) / math.log(sizes[0]):
        return "logarithmic"
    if growth >= _LINEAR_LEAST * sizes[1] / sizes[0]:
        return "linear"
    return "more than logarithmic"


def is_within(kind: str, wanted: str) -> bool:
    """Whether something grows as it may, or less."""
    order = ["flat", "logarithmic", "more than logarithmic", "linear"]
    return order.index(kind) <= order.index(wanted)


def write(steps: Sequence[tuple[int, Figures]], directory: Path, *, records: Mapping[str, float]) -> None:
    """Write page and plot. steps: (size, figures), ascending. records: what those of this log are like."""
    panels = [
        Panel(
            group.title, group.unit,
            [
                Series(" ".join(dict.fromkeys(one.label)), [(size, found[one.name][0] * one.scale) for size, found in steps])
                for one in group.figures
            ],
        )
        for group in GROUPS
    ]  # fmt: skip
    title = ("What grows with the log, and what doesn't", "日志变长时，各项开销如何变化")
    (directory / PLOT).write_text(draw(panels, title=title, size=("records", "记录数")), encoding="utf-8")
    (directory / PAGE).write_text(_page(steps, records=records), encoding="utf-8")


def _page(steps: Sequence[tuple[int, Figures]], *, records: Mapping[str, float]) -> str:
    sizes = [size for size, _ in steps]
    ends = (sizes[0], sizes[-1])
    lines = [
        "# What grows with the log",
        "",
        f"Written by `make bench-growth`, from one log that grew from {ends[0]:,} to {ends[1]:,} records and was measured on the way.",
        "In brackets: times the same work on a log of the first size, done in turns with it, so that a machine which slows down",
        "meanwhile isn't taken for growth. The audit found the log intact at every size.",
        "",
        f"![What grows with the log]({PLOT})",
        "",
        "A line along the dashed one grows as the log does, a level one doesn't grow.",
        "",
        f"Machine: {machine()}. Versions: {', '.join(f'{k} {v}' for k, v in versions().items())}.",
        f"A record: {', '.join(f'{name} {value:,.2f}' for name, value in records.items())}. Medians; the files were in the page cache.",
        "",
        "| | | " + " | ".join(f"{size:,}" for size in sizes) + " | grows | |",
        "|---|---|" + "--:|" * len(sizes) + "---|---|",
    ]
    beyond = []
    for group in GROUPS:
        for one in group.figures:
            first, last = steps[0][1][one.name], steps[-1][1][one.name]
            growth = growth_of(first, last)
            kind = kind_of(growth, ends)
            cells = [_cell(found[one.name], one.scale) for _, found in steps]
            within = "" if is_within(kind, one.wanted) else f"**more than {one.wanted}**"
            name = f"{group.title[0]}: {one.label[0]}, {one.unit}"
            lines.append(f"| {name} | {group.title[1]} | {' | '.join(cells)} | {growth:,.2f}×: {kind} | {within} |")
            if kind != "flat":
                beyond.append(f"- {name}: {growth:,.2f} times, {kind}. Cause: {one.why}.")
    lines += [
        "",
        f"*Flat*: at most {_FLAT_MOST} times. *Logarithmic*: at most {_SLACK} times what the logarithm of the size grows,",
        f"which is {math.log(ends[1]) / math.log(ends[0]):.2f}. *Linear*: at least {_LINEAR_LEAST:.0%} of what the size grows.",
        "",
        "## What isn't flat, and why",
        "",
        *(beyond or ["Nothing."]),
    ]
    return "\n".join(lines) + "\n"


def _cell(found: tuple[float, float | None], scale: float) -> str:
    value, short = found
    shown = value * scale
    digits = 2 if shown < 10 else 1 if shown < 100 else 0
    return f"{shown:,.{digits}f}" + ("" if short is None else f" ({value / short:.2f}×)")
