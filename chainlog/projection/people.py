"""Persons, units, places, meetings and calendars, as the registry said at any time: for rules and for people who ask.

`PeopleProjection` keeps one row a subject; `People` answers from them and remembers what it read, for one state of
`derived/`. Dates of the registry are days of the log's zone: a post from 2025-03-01 to 2025-03-31 is held from the first
microsecond of the one to the last of the other. Whether an appointment may stand is for authority and rules, not asked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from chainlog.event.catalogue import KINDS
from chainlog.projection import registry_rows as rows
from chainlog.projection.people_fold import NAME
from chainlog.projection.protocol import table_name
from chainlog.projection.registry_rows import (
    OWN_UNITS,
    UNITS_ABOVE_MAX,
    Calendar,
    Credential,
    Declared,
    Departure,
    KeyPeriod,
    LevelGrant,
    LogRow,
    Meeting,
    PersonRow,
    PolicyRow,
    Post,
    Span,
)
from chainlog.store.port import Transaction

S = TypeVar("S", bound=Span)


class Person:
    """
    One person, as far as the registry names them.

    Moments: `at_us` is when something happened, `index` the record after which it is asked; absent, all that is known.
    """

    def __init__(self, subject: str, row: PersonRow) -> None:
        self.subject = subject
        self.row = row

    def name(self, *, at_us: int | None = None) -> Any:
        """The name (text, or Sealed) declared last, None if the person was never declared."""
        declared = _last(self.row.declared, at_us)
        return None if declared is None else declared.name

    def unit(self, *, at_us: int | None = None, index: int | None = None) -> str | None:
        """The unit declared last."""
        declared = _last(tuple(one for one in self.row.declared if index is None or one.index <= index), at_us)
        return None if declared is None else declared.unit

    def posts(self, *, at_us: int | None = None, index: int | None = None) -> list[Post]:
        """Posts held then; without a moment, all ever."""
        return _valid(self.row.posts, at_us, index)

    def levels(self, what: str, *, at_us: int | None = None, index: int | None = None) -> list[LevelGrant]:
        """Grants of `clearance` or `authority` that counted then; without a moment, all ever."""
        return [grant for grant in _valid(self.row.levels, at_us, index) if grant.what == what]

    def credentials(self, what: str, *, at_us: int | None = None, index: int | None = None) -> list[Credential]:
        """Credentials (certificate, undertaking, training, cooling_off) that counted then; without a moment, all ever."""
        return [one for one in _valid(self.row.credentials, at_us, index) if one.what == what]

    @property
    def departures(self) -> tuple[Departure, ...]:
        """When the person left, oldest record first."""
        return self.row.departures

    @property
    def keys(self) -> tuple[KeyPeriod, ...]:
        """Keys of the person, by the records between which they counted."""
        return self.row.keys


class People:
    """
    The registry at one state of `derived/`. Subjects are given folded.

    Args:
        transaction: of `derived/`; open as long as new subjects are asked for.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._persons = transaction.table(table_name(NAME, rows.PERSONS))
        self._declared = transaction.table(table_name(NAME, rows.DECLARED))
        self._log = transaction.table(table_name(NAME, rows.LOG))
        self._known: dict[str, Person | None] = {}
        self._units: dict[str, tuple[Declared, ...]] = {}

    # --- persons --------------------------------------------------------------------------------

    def person(self, person: str) -> Person | None:
        """One person, None if no registry event names them."""
        if person not in self._known:
            data = self._persons.get(person.encode())
            self._known[person] = None if data is None else Person(person, rows.decode_person(data))
        return self._known[person]

    def persons(self) -> Iterator[Person]:
        """Everybody, by name of the subject."""
        for key, data in self._persons.scan():
            yield Person(key.decode(), rows.decode_person(data))

    def posts_at(self, person: str, *, at_us: int | None = None, index: int | None = None) -> list[Post]:
        """Posts that a person held then; none if the person isn't known."""
        known = self.person(person)
        return [] if known is None else known.posts(at_us=at_us, index=index)

    def has_post(self, person: str, posts: Iterable[str], at_us: int, *, index: int | None = None) -> bool:
        """Whether a person held one of the posts at that time."""
        wanted = set(posts)
        return any(post.post in wanted for post in self.posts_at(person, at_us=at_us, index=index))

    def holders_of(self, post: str, *, over: str | None = None, at_us: int | None = None) -> list[str]:
        """Who held a post then, over a unit, place, document or list if one is given. Cost: a look at every person."""
        found = []
        for person in self.persons():
            held = person.posts(at_us=at_us)
            if any(one.post == post and over in (None, one.over) for one in held):
                found.append(person.subject)
        return found

    def members(self, unit: str, *, at_us: int | None = None) -> list[str]:
        """Persons of a unit and of those below it then. Cost: a look at every person."""
        found = ((person.subject, person.unit(at_us=at_us)) for person in self.persons())
        return [person for person, own in found if own is not None and unit in self.above(own)]

    def clearance(self, person: str, at_us: int, *, index: int | None = None) -> str | None:
        """The clearance of a person at that time, the one granted last; None if none is on record."""
        return self._granted(person, "clearance", at_us, index)

    def authority(self, person: str, at_us: int, *, index: int | None = None) -> str | None:
        """The highest level that a person may classify at that time, as granted last; None if none is on record."""
        return self._granted(person, "authority", at_us, index)

    def _granted(self, person: str, what: str, at_us: int, index: int | None) -> str | None:
        known = self.person(person)
        grants = [] if known is None else known.levels(what, at_us=at_us, index=index)
        return grants[-1].level if grants else None

    def departed_us(self, person: str, *, index: int | None = None) -> tuple[int, int] | None:
        """(the last moment at which a person can have left, index of the record) of the latest departure, or None."""
        known = self.person(person)
        departures = () if known is None else known.departures
        seen = [one for one in departures if index is None or one.index <= index]
        last = max(seen, key=lambda one: (one.end_us, one.index), default=None)
        return None if last is None else (last.end_us, last.index)

    def is_insider(self, person: str, *, at_us: int | None = None, index: int | None = None) -> bool | None:
        """Whether a person belongs to the log's own unit or one below it; None if no unit of theirs is declared."""
        known = self.person(person)
        unit = None if known is None else known.unit(at_us=at_us, index=index)
        if unit is None:
            return None
        return self.is_own(unit, at_us=at_us, index=index)

    # --- units and places -----------------------------------------------------------------------

    def is_own(self, unit: str, *, at_us: int | None = None, index: int | None = None) -> bool:
        """Whether a unit is the log's own, a section of it, or below one. One that isn't declared is another."""
        own = self.log_row().unit
        for one in self.above(unit, at_us=at_us, index=index):
            declared = self.unit(one, at_us=at_us, index=index)
            if one == own or (declared is not None and declared.type in OWN_UNITS):
                return True
        return False

    def declarations(self, subject: str) -> tuple[Declared, ...]:
        """Every declaration of a unit `u/…`, place `w/…` or meeting `l/…`, oldest record first."""
        if subject not in self._units:
            data = self._declared.get(subject.encode())
            self._units[subject] = () if data is None else rows.decode_declared(data)
        return self._units[subject]

    def unit(self, unit: str, *, at_us: int | None = None, index: int | None = None) -> Any:
        """
        The body of the `declared.unit` that counted then (the one declared last), None if there is none.

        A declaration counts from its `valid_from` through its `valid_to`; without them at any time.
        """
        return self._declaration(unit, "declared.unit", at_us, index)

    def above(self, unit: str, *, at_us: int | None = None, index: int | None = None) -> Iterator[str]:
        """A unit, then those above it as declared, the nearest first; at most 32."""
        for _ in range(UNITS_ABOVE_MAX):
            yield unit
            declared = self.unit(unit, at_us=at_us, index=index)
            if declared is None or not declared.parent:
                return
            unit = declared.parent

    def place(self, place: str, *, at_us: int | None = None, index: int | None = None) -> Any:
        """The body of the `declared.place` that counted then, None if there is none."""
        return self._declaration(place, "declared.place", at_us, index)

    def place_type(self, place: str, at_us: int, *, index: int | None = None) -> str | None:
        """The declared type of a place at that time, or None."""
        declared = self.place(place, at_us=at_us, index=index)
        return None if declared is None else declared.type

    def unit_designated(self, unit: str, act: str, at_us: int, *, index: int | None = None) -> bool:
        """Whether a unit declared and valid at that time is designated for an act: print, repair, destroy."""
        declared = self.unit(unit, at_us=at_us, index=index)
        return declared is not None and act in (declared.designated or ())

    def _declaration(self, subject: str, kind: str, at_us: int | None, index: int | None) -> Any:
        for declared in reversed(self.declarations(subject)):
            seen = index is None or declared.index <= index
            if declared.kind == kind and seen and (at_us is None or declared.covers(at_us)):
                return KINDS[kind].codec.unverified_decode(declared.body)
        return None

    # --- the log's own --------------------------------------------------------------------------

    def log_row(self) -> LogRow:
        """The log's own unit and zone."""
        data = self._log.get(rows.GENESIS)
        return LogRow() if data is None else rows.decode_log(data)

    def meeting(self, name: str) -> Meeting | None:
        """The meeting of a list as declared last, None if there is none."""
        data = self._log.get(rows.MEETING + name.encode())
        return None if data is None else rows.decode_meeting(data)

    def attendees(self, meeting: str) -> tuple[str, ...]:
        """Persons declared as attending the meeting of a list."""
        found = self.meeting(meeting)
        return () if found is None else found.attendees

    def calendar(self, year: int) -> Calendar | None:
        """Holidays and working days of a year as declared last, None if the year was never declared."""
        data = self._log.get(rows.CALENDAR + year.to_bytes(8, "big"))
        return None if data is None else rows.decode_calendar(data)

    def policies(self) -> list[PolicyRow]:
        """Every policy in the order of adoption."""
        stop = rows.POLICY[:-1] + bytes([rows.POLICY[-1] + 1])
        return [rows.decode_policy(data) for _, data in self._log.scan(rows.POLICY, stop)]


def _last(declared: tuple[rows.PersonName, ...], at_us: int | None) -> rows.PersonName | None:
    """The declaration that counted then: the newest that happened by then, and before the first one, that one."""
    if not declared:
        return None
    by_then = [one for one in declared if at_us is None or one.us <= at_us]
    return by_then[-1] if by_then else declared[0]


def _valid(found: tuple[S, ...], at_us: int | None, index: int | None) -> list[S]:
    return [
        one
        for one in found
        if (at_us is None or one.covers(at_us, index=index)) and (index is None or one.known(index))
    ]
