"""Arrivals, their registration and the leader's instruction, slips, as several chapters read them. Pure over `Facts`."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from chainlog.authority.parameters import DURATION
from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.decisions import takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.rule import Outcome
from chainlog.rules.terms import within

_WEEK: Final = 7
ARRIVAL: Final = "created.received"
ENTRY: Final = "registered.document"
# A medium that arrives is registered as equipment.
ENTRIES: Final = (ENTRY, "created.equipment")
# What uses a document: reading, passing on, copying. Putting it away is none.
USES: Final = (
    "transferred.circulate", "transferred.lend", "transferred.hold", "transferred.take_out", "transferred.dispatch",
    "transferred.hand_over", "copied.made", "accessed.read",
)  # fmt: skip


def arrivals(facts: Facts, carrier: str) -> Iterator[Act]:
    """The arrivals of a carrier. Rows of a ledger are none: they are the registration itself."""
    for act in facts.of(carrier, ARRIVAL):
        if not act.imported and carrier in act.carriers:
            yield act


def entry_of(facts: Facts, carrier: str) -> Act | None:
    """The earliest registration of a carrier or of its document, None without any."""
    found = [*facts.of(carrier, *ENTRIES)]
    document = facts.document_of(carrier)
    if document is not None:
        found += facts.of(document, ENTRY)
    return min(found, key=lambda act: (act.moment_us, act.index), default=None)


def effective_routes(facts: Facts, document: str, before: Act) -> list[Act]:
    """The instructions that stood before an act, oldest first."""
    return [
        act
        for act in facts.of(document, "decided.route")
        if takes_effect(act) and act.index < before.index and act.before(before)
    ]


def is_recipient(facts: Facts, routes: list[Act], person: str, act: Act) -> bool:
    """Whether an instruction lets a document go to a person: named, or of a unit named; one that names nobody limits nothing."""
    for route in routes:
        recipients = route.body.recipients or ()
        if not recipients or person in recipients:
            return True
        # A person of no known unit may be of any.
        if any(
            name[0] == "u" and hands.belongs(facts, person, name, act.moment_us) is not False for name in recipients
        ):
            return True
    return False


def bears(header: str, stated: Any) -> bool:
    """Whether a header is that of what a register states of a document."""
    if not isinstance(stated.title, str):
        return False
    doc_no = _plain(stated.doc_no) if isinstance(stated.doc_no, str) else ""
    seen, title = _plain(header), _plain(stated.title)
    return seen in (title, doc_no) or (title in seen and doc_no in seen)


def _plain(text: str) -> str:
    """A text without spaces, brackets and other signs, full-width letters and digits as plain ones."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def is_first(
    facts: Facts, arrival: Act, carrier: str, entry: Act | None, also: Callable[[str], bool] = lambda _: True
) -> bool:
    """Whether no carrier before it in an arrival has the same document and the same registration, and is *also* like it."""
    document = facts.document_of(carrier)
    index = None if entry is None else entry.index

    def alike(other: str) -> bool:
        if facts.document_of(other) != document or not also(other):
            return False
        known = entry_of(facts, other)
        return (None if known is None else known.index) == index

    return hands.is_first_alike(arrival, carrier, alike)


def registered_within(
    facts: Facts, name: str, arrival: Act, carrier: str, *, since_us: int, zh: str, en: str
) -> Iterator[Outcome]:
    """What comes of the term in which what arrived has to be registered; of several alike, at the first."""
    entry = entry_of(facts, carrier)
    for outcome in within(facts, name, arrival, done=entry, zh=zh, en=en, since_us=since_us):
        if is_first(facts, arrival, carrier, entry):
            yield outcome


def used_early(facts: Facts, arrival: Act, carrier: str) -> Act | None:
    """The first use of what arrived, if it came before its registration."""
    entry = entry_of(facts, carrier)
    used = next((one for one in facts.of(carrier, *USES) if one.index > arrival.index), None)
    return None if used is None or (entry is not None and entry.before(used)) else used


def is_used_early(facts: Facts, arrival: Act, carrier: str) -> bool:
    """Whether it was used so."""
    return used_early(facts, arrival, carrier) is not None


def is_back(facts: Facts, arrival: Act, obtained_us: int) -> bool:
    """Whether an arrival tells of the way back: it came after the fetch, and in the time for registering it."""
    due_us = facts.deadline("within.fetch_to_register", arrival, since_us=obtained_us)
    return due_us is not None and arrival.start_us is not None and obtained_us < arrival.start_us <= due_us


def fetch_by(facts: Facts, trip: Act) -> int | None:
    """The end of the term for the next fetch: with its week, where it is one of whole weeks; None if the policy has none."""
    due_us = facts.deadline("within.fetch", trip)
    if due_us is None:
        return None
    match = DURATION.fullmatch(facts.value("within.fetch", trip))
    if match is None or match[2] != "d" or int(match[1]) % _WEEK:
        return due_us
    day = facts.calendar.day(due_us)
    return facts.calendar.end_of(day + timedelta(days=_WEEK - day.isoweekday()))
