"""What the log and the running import know of documents: titles, copies, which are gone. Reads through a snapshot.

Enough to say which copy a row means that gives no copy number, and whether a document number means this document.
What is known is the log's, taken as it stands, and only as good as what was recorded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import UNSET

from chainlog.authority.view import View, walk_back
from chainlog.event.catalogue import KINDS
from chainlog.event.model import Event, unverified_body
from chainlog.event.subject import fold
from chainlog.interchange.texts import label
from chainlog.log.drafting import document_of

Span = Sequence[int]
"""() or (start, span) in microseconds UTC."""

_ENDS: Final = frozenset({"destroyed.carriers", "transferred.dispatch", "returned.to_issuer"})
_ZEROS: Final = re.compile("(?<![0-9])0+(?=[0-9])")


@dataclass(slots=True)
class DocumentFacts:
    """
    What is known of one document.

    registered: whether a registration describes it; title and issuer are None where none does, or they are sealed. copies: carrier to copy number. unnumbered: whether copies came
    that no book tells apart. ended: when copies went for good.
    """

    registered: bool = False
    title: str | None = None
    issuer: str | None = None
    copies: dict[str, str] = field(default_factory=dict)
    unnumbered: bool = False
    ended: dict[str, Span] = field(default_factory=dict)


class Documents:
    """Documents by their subjects, read from *view* when first asked for and kept up with what is planned."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._facts: dict[str, DocumentFacts] = {}

    def facts(self, document: str) -> DocumentFacts:
        """What is known of a folded `d/…`. Cost: once a walk over its history."""
        found = self._facts.get(document)
        if found is None:
            found = self._facts[document] = self._read(document)
        return found

    def other(self, document: str, *, title: str | None, issuer: str | None) -> str | None:
        """What is registered under this number if it is another document than the one described, else None."""
        facts = self.facts(document)
        if title and facts.title and label(title) != label(facts.title):
            return facts.title
        if issuer and facts.issuer and fold(f"u/{issuer}") != facts.issuer:
            return f"{facts.issuer[2:]}《{facts.title}》" if facts.title else facts.issuer[2:]
        return None

    def describe(self, document: str, *, title: str | None, issuer: str | None) -> None:
        """Take note of a registration that this import makes."""
        facts = self.facts(document)
        facts.registered = True
        facts.title = facts.title or title
        facts.issuer = facts.issuer or (fold(f"u/{issuer}") if issuer else None)

    def carrier(self, document: str, number: str) -> str:
        """The copy with this number: one that is known, zeros in front not counted, or its subject by number."""
        wanted = _ZEROS.sub("", number)
        same = [carrier for carrier, held in self.facts(document).copies.items() if _ZEROS.sub("", held) == wanted]
        stated = fold(f"c/{document[2:]}/{number}")
        return same[0] if len(same) == 1 and stated not in same else stated

    def document_of(self, carrier: str) -> str | None:
        """The document of which the log says that this is a copy."""
        return document_of(self._view, carrier)

    def only_copy(self, document: str, *, at: Span) -> str | None:
        """The one copy that can be meant at a time; None where there may be several, or none is known."""
        facts = self.facts(document)
        if facts.unnumbered:
            return None
        left = [carrier for carrier in facts.copies if not _ended_before(facts.ended.get(carrier), at)]
        return left[0] if len(left) == 1 else None

    def note(self, kind: str, document: str, carriers: Sequence[str], numbers: Sequence[str], at: Span) -> None:
        """Take note of an act that this import plans. No carriers means copies that nobody tells apart."""
        facts = self.facts(document)
        if kind == "created.received":
            facts.copies.update(zip(carriers, numbers, strict=True))
            facts.unnumbered = facts.unnumbered or not carriers
        elif kind in _ENDS:
            facts.ended.update(dict.fromkeys(carriers, at))

    def _read(self, document: str) -> DocumentFacts:
        facts = DocumentFacts()
        voided: set[bytes] = set()
        # From the newest: what is said last counts, and a copy that came again after it went is met as come first.
        for step in walk_back(self._view, document):
            event = step.event
            if event.id in voided:
                continue
            if event.kind == "corrected.void":
                voided.update(event_id for event_id, _ in event.refs)
            elif event.kind in KINDS:
                _learn(facts, event, document)
        return facts


def _learn(facts: DocumentFacts, event: Event, document: str) -> None:
    body = unverified_body(event)
    if event.kind == "registered.document":
        stated = body.document
        if stated and not facts.registered:
            facts.registered = True
            facts.title = stated.title if isinstance(stated.title, str) else None
            facts.issuer = stated.issuer
        for subject in event.subjects:
            if subject.startswith("c/"):
                facts.copies.setdefault(subject, subject.rpartition("/")[2])
    elif event.kind in _ENDS or (event.kind == "reported.incident" and body.what == "lost"):
        for subject in event.subjects:
            if subject.startswith("c/") and subject not in facts.copies:
                facts.ended.setdefault(subject, event.occurred)
    if event.kind.startswith(("created.", "copied.")):
        facts.unnumbered = facts.unnumbered or body.copies_unnumbered is not UNSET
        for item in _items(body):
            if isinstance(item.document, int) and event.subjects[item.document] == document:
                carrier = event.subjects[item.carrier]
                facts.copies[carrier] = item.copy_no or carrier.rpartition("/")[2]


def _items(body: Any) -> Sequence[Any]:
    found = getattr(body, "items", ())
    return found if isinstance(found, tuple) else ()


def _ended_before(ended: Span | None, at: Span) -> bool:
    """Whether a copy was gone at a time. Where either time is not known, it may have been there."""
    return bool(ended and at) and ended is not None and ended[0] + ended[1] < at[0]
