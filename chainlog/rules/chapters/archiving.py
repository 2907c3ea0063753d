"""Filing (归档): ARC-1, ARC-2."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from chainlog.projection.custody_state import CustodyState
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.issuer import to_return
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import ARCHIVES_KEPT, CONGRESS, PLAN_OFFICE, TOWN_RECEIVE, TOWN_SEND, UNIVERSITY
from chainlog.rules.terms import by_then
from chainlog.rules.things import is_outside

_DEALT_WITH: Final = frozenset({
    "archived", "returned_to_issuer", "destroyed", "issued_out", "lost", "sent_for_destruction",
})  # fmt: skip
_ENTRIES: Final = frozenset({"created.received", "created.produced", "created.entered"})


@rule(
    "ARC-1", "上年文件按时归档、清退或销毁", "last year's items are filed, returned or destroyed in time",
    article=f"{TOWN_RECEIVE}第四条；{TOWN_SEND}第七条；{PLAN_OFFICE}三、2（4）；{CONGRESS}四（一）3；"
    f"{UNIVERSITY}四、16",
    severity="low", of="d",  reads=("registered.document", "created.", "transferred.", "returned.", "destroyed."),
    needs=("keep.archive_by",), basis="L+T",
)  # fmt: skip
def filed_in_time(facts: Facts, document: str) -> Iterator[Outcome]:
    """
    Copies of a document that came into the books in one year are neither filed, returned, sent out nor destroyed by the day that
    the policy names in the next. Stock at the opening, rows of a ledger and what is older than the log aren't asked for its year,
    nor what its issuer wants back only later. What was filed once is filed, though it be lent from the archives since.
    """
    states = [state for c in facts.copies(document) if (state := facts.carrier(c)) is not None]
    states = [state for state in states if state.born_kind in _ENTRIES and state.born_index is not None]
    years: dict[int, list[tuple[Act, CustodyState]]] = {}
    for state in states:
        born = None if state.born_index is None else facts.at(state.born_index)
        if born is not None and not born.imported:
            began = facts.calendar.day(max(born.latest_us, facts.genesis.recorded_at_us))
            years.setdefault(began.year, []).append((born, state))
    for year, copies in sorted(years.items()):
        yield from _of_year(facts, document, year, copies)


def _of_year(facts: Facts, document: str, year: int, copies: list[tuple[Act, CustodyState]]) -> Iterator[Outcome]:
    """What comes of the copies that came in one year."""
    act = min((born for born, _ in copies), key=_moment)
    by = facts.value("keep.archive_by", act)
    if not by:
        return
    month, day = (int(part) for part in by.split("-"))
    due_us = facts.calendar.end_of(date(year + 1, month, day))
    stated = to_return(facts, document)
    if stated is not None and stated.return_due and stated.return_due > str(facts.calendar.day(due_us)):
        return
    left, last = [], act
    for _, state in copies:
        done = _dealt_with(facts, state)
        if done is None:
            left.append(state.carrier)
        else:
            last = max(last, done, key=_moment)
    if not left and last is act:
        return
    yield from by_then(
        facts, due_us, act, done=None if left else last, parameters=("keep.archive_by",),
        zh=f"{year}年的 {document} 应归档、清退或销毁" + (f"，尚有{len(left)}件：{names_zh(left)}" if left else ""),
        en=f"{document} of {year} is to be filed, returned or destroyed" + (f": {names_en(left)}" if left else ""),
    )  # fmt: skip


def _dealt_with(facts: Facts, state: CustodyState) -> Act | None:
    """The act by which a copy was first filed, or the office's no more; None while it lies about."""
    first = next((row for row in facts.intervals(state.carrier) if row.phase in _DEALT_WITH), None)
    if first is not None:
        return facts.at(first.from_index)
    # What was handed over to another unit is that unit's to file.
    if state.unit and is_outside(facts, state.unit, facts.as_of_us) and state.since_index is not None:
        return facts.at(state.since_index)
    return None


def _moment(act: Act) -> int:
    return act.moment_us


@rule(
    "ARC-2", "归档目录与登记一致", "the catalogue says what the register says",
    article=f"{ARCHIVES_KEPT}一和二",
    severity="high", of="c", on=("transferred.archive",), reads=("created.", "registered.document"),
)  # fmt: skip
def catalogue_true(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    The copy number or the pages written in the catalogue differ from those in the books. What either doesn't state is not compared,
    nor an entry for several carriers at once: it doesn't say which of them it means.
    """
    state = facts.carrier(carrier)
    if state is None:
        return
    for act in facts.of(carrier, "transferred.archive"):
        if act.carriers != [carrier]:
            continue
        copy_no, pages = act.body.copy_no, act.body.pages
        if copy_no and state.copy_no and copy_no.lstrip("0") != state.copy_no.lstrip("0"):
            yield Breach(
                (act.index,),
                f"归档目录份号 {copy_no}，登记为 {state.copy_no}",
                f"copy number {copy_no} in the catalogue, {state.copy_no} in the books",
                act,
                about="copy_no",
            )
        if isinstance(pages, int) and state.pages is not None and pages != state.pages:
            yield Breach(
                (act.index,),
                f"归档目录{pages}页，登记为{state.pages}页",
                f"{pages} pages in the catalogue, {state.pages} in the books",
                act,
                about="pages",
            )
