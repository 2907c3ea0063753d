"""Who met the content of a document or carrier in a window: who held it, who read it, who could have. Reads tables.

The three lists are apart, because they prove different things: a hand-over is evidence about a person, an entry in a
reading book another, and being within the scope or in the room none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from chainlog.projection import rows
from chainlog.projection.custody_state import known
from chainlog.projection.custody_view import CustodyView, overlaps
from chainlog.projection.rows import EVIDENCE, UNKNOWN_US, Aside, Contact, ContactRow, Interval
from chainlog.projection.stated import TAKERS, Statements


class Registry(Protocol):
    """What is asked about persons; `people.People` answers it."""

    def members(self, unit: str, *, at_us: int | None = None) -> Iterable[str]:
        """Persons of a unit."""

    def holders_of(self, post: str, *, at_us: int | None = None) -> Iterable[str]:
        """Persons who hold a post."""

    def attendees(self, meeting: str) -> Iterable[str]:
        """Persons declared as attending the meeting of a list."""


class Holding(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    A person had a carrier.

    from_us, to_us: None where the books don't say, or while it lasts. why: `interval`, or why the act that says so had no
    effect on custody: `late`, `ended`. evidence: both, one or none. index: of the act that gave it. stated: others who took
    it by the same act, of whom only the name as a book writes it is known.
    """

    carrier: str
    person: str
    from_us: int | None
    to_us: int | None
    place: str | None
    phase: str
    evidence: str
    why: str
    index: int
    stated: tuple[str, ...] = ()


class Reading(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    A person met content without custody of it.

    how: read, consult, heard; received, escorted, operated; meeting. out_us: when they left it, None if not recorded.
    """

    subject: str
    person: str
    at_us: int | None
    out_us: int | None
    how: str
    place: str | None
    signed: bool
    index: int


class Possible(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """
    Somebody could have met it.

    person: None where nobody can be named. why: scope, extended, route (allowed or told to); place (entered where it lay);
    in_transit, missing and other phases in which nobody is known to have had it, with the unit it was sent to; late, ended as
    in `Holding`; read, consult, heard as in `Reading`; unnumbered (took copies that the books don't tell apart).
    stated: names that the record has, as a book writes them, of who had it or read it, and for which no person is known.
    """

    subject: str
    person: str | None
    why: str
    from_us: int | None
    to_us: int | None
    detail: str
    index: int
    stated: tuple[str, ...] = ()


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """The three lists, each in the order of time."""

    held: tuple[Holding, ...]
    read: tuple[Reading, ...]
    could_have: tuple[Possible, ...]

    @property
    def persons(self) -> tuple[str, ...]:
        """Everybody who held or read, each once, by name."""
        return tuple(sorted({row.person for row in self.held} | {row.person for row in self.read}))


def exposure(
    view: CustodyView,
    subject: str,
    *,
    start_us: int,
    end_us: int,
    registry: Registry | None = None,
    names: Statements | None = None,
) -> Exposure:
    """
    Who held, read or could have met a carrier, or any copy of a document, in [start_us, end_us).

    Args:
        registry: tells who holds posts, belongs to units, attends meetings; without it these stay unnamed.
        names: tells whom records name without a person; without it nobody is `stated`, and takers of unnumbered copies are
            left out.
    """
    carriers = view.copies(subject) if subject.startswith("d/") else [subject]
    documents = [subject] if subject.startswith("d/") else _document_of(view, subject)
    window = _Window(view, start_us, end_us, registry, names)
    held: list[Holding] = []
    read: list[Reading] = []
    could: list[Possible] = []
    for carrier in carriers:
        every = view.intervals(carrier)
        intervals = [row for row in every if overlaps(row, start_us, end_us)]
        held += [_holding(row, window.stated(row.from_index, *TAKERS)) for row in intervals if row.person]
        held += window.asides(carrier)
        could += [
            _nobody(row, () if names is None else names.holders(every[: every.index(row) + 1]))
            for row in intervals
            if not row.person and row.phase != "destroyed"
        ]
        could += window.stated_asides(carrier)
        could += window.entered(carrier, intervals)
    for one in [*carriers, *documents]:
        read += window.readings(one)
        could += window.stated_readings(one)
    for document in documents:
        could += window.allowed(document)
        could += window.unnumbered(document)
    return Exposure(
        held=tuple(sorted(held, key=lambda row: (row.from_us or UNKNOWN_US, row.carrier, row.index))),
        read=tuple(sorted(read, key=lambda row: (row.at_us or UNKNOWN_US, row.subject, row.index))),
        could_have=tuple(sorted(could, key=lambda row: (row.from_us or UNKNOWN_US, row.subject, row.index))),
    )


def _document_of(view: CustodyView, carrier: str) -> list[str]:
    state = view.carrier_state(carrier)
    return [state.document] if state is not None and state.document else []


def _holding(row: Interval, stated: tuple[str, ...]) -> Holding:
    return Holding(
        carrier=row.carrier, person=row.person, from_us=known(row.from_us), to_us=row.to_us, place=row.place or None,
        phase=row.phase, evidence=EVIDENCE[row.evidence], why="interval", index=row.from_index,
        stated=stated,
    )  # fmt: skip


def _nobody(row: Interval, stated: tuple[str, ...]) -> Possible:
    return Possible(
        subject=row.carrier, person=None, why=row.phase, from_us=known(row.from_us), to_us=row.to_us,
        detail=row.unit or row.place, index=row.from_index, stated=stated,
    )  # fmt: skip


class _Window:
    def __init__(
        self, view: CustodyView, start_us: int, end_us: int, registry: Registry | None, names: Statements | None
    ) -> None:
        self._view = view
        self._start = start_us
        self._end = end_us
        self._registry = registry
        self._names = names

    def stated(self, index: int, *roles: str) -> tuple[str, ...]:
        """Names without persons in a record."""
        return () if self._names is None else self._names.names(index, *roles)

    def _meets(self, from_us: int, to_us: int | None) -> bool:
        return from_us < self._end and (to_us is None or to_us >= self._start)

    def asides(self, carrier: str) -> Iterator[Holding]:
        """Who is said to have given or taken a carrier by an act that had no effect."""
        found = self._view.dated(rows.ASIDE, carrier)
        for index, row in found:
            until = _given_back(row, found)
            if row.receiver and self._meets(row.us, until):
                yield _aside(carrier, row, index, row.receiver, until, self.stated(index, *TAKERS))
            if row.giver and self._meets(row.us, row.us) and not _received_before(row, found):
                yield _aside(carrier, row, index, row.giver, row.us)

    def stated_asides(self, carrier: str) -> Iterator[Possible]:
        """Whom an act that had no effect names without a person, as having given or taken a carrier."""
        for index, row in self._view.dated(rows.ASIDE, carrier):
            taken = () if row.receiver else self.stated(index, *TAKERS)
            given = () if row.giver else self.stated(index, "giver")
            # When somebody without a known person gave it on can't be told.
            for stated, until in ((taken, None), (given, row.us)):
                if stated and self._meets(row.us, until):
                    yield Possible(
                        subject=carrier, person=None, why=row.why, from_us=known(row.us), to_us=until,
                        detail=row.unit or row.place, index=index, stated=stated,
                    )  # fmt: skip

    def stated_readings(self, subject: str) -> Iterator[Possible]:
        """Whom an entry of a reading book names without a person."""
        for index, row in self._view.dated(rows.CONTACT, subject):
            stated = self.stated(index, "reader")
            if stated and row.contacts and self._meets(row.us, row.contacts[0].end_us or row.us):
                yield Possible(
                    subject=subject, person=None, why=row.contacts[0].how, from_us=known(row.us),
                    to_us=row.contacts[0].end_us, detail=row.contacts[0].place, index=index, stated=stated,
                )  # fmt: skip

    def readings(self, subject: str) -> Iterator[Reading]:
        """Contacts with a carrier or document; where a later act says when they ended, it is joined."""
        found: list[tuple[int, ContactRow]] = self._view.dated(rows.CONTACT, subject)
        begun = {row.event_id for _, row in found}
        ends = {
            answered: one.end_us for _, row in found for answered in row.answers for one in row.contacts if one.end_us
        }  # fmt: skip
        for index, row in found:
            if begun.intersection(row.answers):
                continue  # it completes another, which is listed
            for one in row.contacts:
                out_us = one.end_us if one.end_us is not None else ends.get(row.event_id)
                if self._meets(row.us, row.us if out_us is None else out_us):
                    for person in self._persons(one):
                        yield Reading(
                            subject=subject, person=person, at_us=known(row.us), out_us=out_us, how=one.how,
                            place=one.place or None, signed=one.signed, index=index,
                        )  # fmt: skip

    def unnumbered(self, document: str) -> Iterator[Possible]:
        """Who took copies of a document that the books don't tell apart, until an act that refers to it says they came back."""
        if self._names is None:
            return
        found = [(index, row, self._names.named(index)) for index, row in self._view.dated(rows.UNNUMBERED, document)]
        back = {
            answered: row.us
            for _, row, named in found
            if named.kind.startswith("returned.")
            for answered in named.answers
        }
        for index, row, named in found:
            until = back.get(named.event_id)
            if not self._meets(row.us, until):
                continue
            persons: list[str | None] = [person for role, person in named.people if role in TAKERS]
            stated = self.stated(index, *TAKERS)
            if stated and not persons:
                persons = [None]
            for person in dict.fromkeys(persons):
                yield Possible(
                    subject=document, person=person, why="unnumbered", from_us=known(row.us), to_us=until, detail="",
                    index=index, stated=stated,
                )  # fmt: skip

    def _persons(self, contact: Contact) -> Iterable[str]:
        if contact.how == "meeting":
            return () if self._registry is None else self._registry.attendees(contact.place)
        return contact.persons

    def entered(self, carrier: str, intervals: Iterable[Interval]) -> Iterator[Possible]:
        """Who entered the place where a carrier lay, while it lay there."""
        for interval in intervals:
            if not interval.place:
                continue
            for index, row in self._view.dated(rows.ENTERED, interval.place):
                for one in row.contacts:
                    until = row.us if one.end_us is None else one.end_us
                    there = interval.from_us <= until and (interval.to_us is None or row.us < interval.to_us)
                    if there and self._meets(row.us, until):
                        for person in one.persons:
                            yield Possible(
                                subject=carrier, person=person, why="place", from_us=known(row.us), to_us=one.end_us,
                                detail=interval.place, index=index,
                            )  # fmt: skip

    def allowed(self, document: str) -> Iterator[Possible]:
        """Who was within the scope, or told to handle the document, at some time of the window."""
        found = self._view.dated(rows.SCOPE, document)
        for place, (index, row) in enumerate(found):
            until = next(
                (later.us for _, later in found[place + 1 :] if row.how != "route" and later.how == "set"), None
            )
            if not self._meets(row.us, until):
                continue
            for person, detail in self._named(row):
                yield Possible(
                    subject=document, person=person, why="scope" if row.how == "set" else row.how,
                    from_us=known(row.us), to_us=until, detail=detail, index=index,
                )  # fmt: skip

    def _named(self, row: rows.ScopeRow) -> Iterator[tuple[str | None, str]]:
        at_us = max(row.us, self._start)
        for person in row.persons:
            yield person, ""
        for post in row.posts:
            yield from self._members(
                post, () if self._registry is None else self._registry.holders_of(post, at_us=at_us)
            )
        for unit in row.units:
            yield from self._members(unit, () if self._registry is None else self._registry.members(unit, at_us=at_us))

    @staticmethod
    def _members(name: str, persons: Iterable[str]) -> Iterator[tuple[str | None, str]]:
        found = list(persons)
        if not found:
            yield None, name
        for person in found:
            yield person, name


def _aside(
    carrier: str, row: Aside, index: int, person: str, until: int | None, stated: tuple[str, ...] = ()
) -> Holding:
    return Holding(
        carrier=carrier, person=person, from_us=known(row.us), to_us=until, place=row.place or None, phase=row.phase,
        evidence=EVIDENCE[row.evidence], why=row.why, index=index, stated=stated,
    )  # fmt: skip


def _given_back(row: Aside, found: Iterable[tuple[int, Aside]]) -> int | None:
    """When the receiver of an act without effect gave the carrier on, by another such act."""
    return min((later.us for _, later in found if later.giver == row.receiver and later.us >= row.us), default=None)


def _received_before(row: Aside, found: Iterable[tuple[int, Aside]]) -> bool:
    """Whether another act without effect says that the giver had received the carrier: it is listed with it."""
    return any(earlier.receiver == row.giver and earlier.us <= row.us and earlier is not row for _, earlier in found)
