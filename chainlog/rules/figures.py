"""Figures of receipts, destructions and stock over a period, by the books. Pure over `Facts`."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from chainlog.rules.acts import Act
from chainlog.rules.calendar import months_after

if TYPE_CHECKING:
    from chainlog.rules.facts import Facts

_FIGURES: Final = {
    "received": ("收文", "接收", "收入", "received"), "destroyed": ("销毁", "destroyed"),
    "stock": ("库存", "在库", "结存", "现存", "stock"),
}  # fmt: skip
FIGURE_OF: Final = {word: what for what, words in _FIGURES.items() for word in words}
_PERIOD: Final = re.compile(r"(\d{4})年?(?:-?Q([1-4])|-?(\d{1,2})月?|第?([一二三四1-4])季度|(上|下)半年)?")


def by_the_books(facts: Facts, act: Act, begin_us: int, end_us: int) -> dict[str, tuple[set[int], str]]:
    """By figure: the numbers that are right, and the one to show. Cost: a scan of all carriers."""
    sure: dict[str, tuple[set[str], set[str]]] = {what: (set(), set()) for what in _FIGURES}
    entries = facts.every("d/", "created.", "copied.made")
    apart = sum(one.body.copies_unnumbered or 0 for one in entries if one.index < act.index)
    unsure = dict.fromkeys(_FIGURES, apart)
    for carrier, state in facts.stock():
        if state.born_index > act.index:
            continue
        rows = facts.intervals(carrier)
        gone = next((r for r in rows if r.phase in ("destroyed", "returned_to_issuer", "issued_out", "lost")), None)
        begun, ended = state.born_us, None if gone is None else gone.from_us
        facts_of = {
            "received": state.born_kind == "created.received" and begin_us <= begun <= end_us,
            "destroyed": gone is not None and gone.phase == "destroyed" and begin_us <= gone.from_us <= end_us,
            "stock": begun <= end_us and (ended is None or ended > end_us),
        }
        for what, holds in facts_of.items():
            if holds:
                sure[what][0].add(carrier)
                sure[what][1].add(state.document or carrier)
        known = begun > 0 and (ended is None or ended > 0)
        for what in () if known else _FIGURES:
            unsure[what] += 1
    found = {}
    for what, (carriers, documents) in sure.items():
        low, high = min(len(carriers), len(documents)), len(carriers) + unsure[what]
        right = (
            {len(carriers), len(documents)} if not unsure[what] else set(range(max(low - unsure[what], 0), high + 1))
        )
        found[what] = (right, f"{len(carriers)}件")
    return found


def period(facts: Facts, text: str) -> tuple[int, int] | None:
    """(first, last microsecond) of a period as it is written, None if it isn't understood."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        return None
    year, first, months = int(match[1]), 1, 12
    quarter = match[2] or match[4]
    if quarter:
        first, months = 3 * ("一二三四".find(quarter) + 1 or int(quarter)) - 2, 3
    elif match[3]:
        first, months = int(match[3]), 1
    elif match[5]:
        first, months = (1 if match[5] == "上" else 7), 6
    if not 1 <= first <= 12 or not 1 <= year < date.max.year:
        return None
    start = date(year, first, 1)
    return facts.calendar.start_of(start), facts.calendar.start_of(months_after(start, months)) - 1
