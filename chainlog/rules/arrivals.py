"""Arrivals, their registration and the leader's instruction, slips, as several chapters read them. Pure over `Facts`."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.decisions import takes_effect
from chainlog.rules.facts import Facts

ARRIVAL: Final = "created.received"
ENTRY: Final = "registered.document"
# A medium that arrives is registered as equipment.
ENTRIES: Final = (ENTRY, "created.equipment")


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
