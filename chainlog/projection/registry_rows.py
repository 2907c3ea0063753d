"""What the people projection keeps: one row a person, unit, place, meeting, year and policy. Pure.

Times are half-open intervals in microseconds; `to_us` None means without an end.
"""

from __future__ import annotations

from typing import Final

import msgspec

from chainlog.event.types import Sealed

PERSONS: Final = "persons"
DECLARED: Final = "declared"
LOG: Final = "log"
TABLES: Final = (PERSONS, DECLARED, LOG)

OWN_UNITS: Final = frozenset({"own", "section"})
"""Types of units that belong to the one whose log it is."""
UNITS_ABOVE_MAX: Final = 32
"""So far up are the units above one followed."""

# Keys of `log`.
GENESIS: Final = b"g"
MEETING: Final = b"m"
CALENDAR: Final = b"c"
POLICY: Final = b"p"


class Span(msgspec.Struct, array_like=True, gc=False, kw_only=True):
    """
    Something that counts for a time.

    index, event_id: of the event that granted it. from_us, to_us: as granted. ended_us, ended_index: when a dismissal or
    departure ended it, and the record that says so.
    """

    index: int
    event_id: bytes
    from_us: int
    to_us: int | None
    document_no: str
    ended_us: int | None = None
    ended_index: int | None = None

    def known(self, index: int) -> bool:
        """Whether the record that granted it stands at or before *index*."""
        return self.index <= index

    def covers(self, at_us: int, *, index: int | None = None) -> bool:
        """Whether it counted at that time, as was known after the record at *index*."""
        ended = self.ended_us
        if index is not None and self.ended_index is not None and self.ended_index > index:
            ended = None
        if at_us < self.from_us or (self.to_us is not None and at_us >= self.to_us):
            return False
        return ended is None or at_us < ended


class Post(Span, array_like=True, gc=False, kw_only=True):
    """A post held over a unit, place, document or list."""

    post: str
    over: str


class LevelGrant(Span, array_like=True, gc=False, kw_only=True):
    """what: clearance or authority, up to a level."""

    what: str
    level: str


class Credential(Span, array_like=True, gc=False, kw_only=True):
    """what: certificate, undertaking, training or cooling_off."""

    what: str


class PersonName(msgspec.Struct, array_like=True, gc=False):
    """A declaration of a person: name and unit from a time on."""

    index: int
    us: int
    name: str | Sealed
    unit: str


class Departure(msgspec.Struct, array_like=True, gc=False):
    """A person left between us and end_us."""

    index: int
    us: int
    end_us: int
    reason: str | Sealed


class KeyPeriod(msgspec.Struct, array_like=True, gc=False):
    """
    A key of a person: it counts for records after `since_index` and up to `until_index`, None while it counts.

    purpose: person, administrator or recovery. reason: of its revocation.
    """

    public_key: bytes
    since_index: int
    purpose: str
    until_index: int | None = None
    until_us: int | None = None
    reason: str = ""
    doubt_from: int | None = None


class PersonRow(msgspec.Struct, array_like=True, gc=False):
    """Everything that the registry says of one person, each in the order of records."""

    declared: tuple[PersonName, ...] = ()
    posts: tuple[Post, ...] = ()
    levels: tuple[LevelGrant, ...] = ()
    credentials: tuple[Credential, ...] = ()
    departures: tuple[Departure, ...] = ()
    keys: tuple[KeyPeriod, ...] = ()

    def indexes(self) -> set[int]:
        """The records that say all this."""
        spans: tuple[tuple[Span, ...], ...] = (self.posts, self.levels, self.credentials)
        found = {span.index for some in spans for span in some}
        found.update(span.ended_index for some in spans for span in some if span.ended_index is not None)
        found.update(one.index for one in self.declared)
        found.update(one.index for one in self.departures)
        found.update(key.since_index for key in self.keys)
        found.update(key.until_index for key in self.keys if key.until_index is not None)
        return found


class Declared(msgspec.Struct, array_like=True, gc=False):
    """A declaration of a unit or place: its body, still encoded, and when it counts."""

    index: int
    event_id: bytes
    us: int
    kind: str
    body: bytes
    from_us: int | None
    to_us: int | None

    def covers(self, at_us: int) -> bool:
        """Whether it counted at that time."""
        return (self.from_us is None or at_us >= self.from_us) and (self.to_us is None or at_us < self.to_us)


class LogRow(msgspec.Struct, array_like=True, gc=False):
    """unit: whose log it is. utc_offset_minutes: of its days."""

    unit: str = ""
    utc_offset_minutes: int = 0


class Meeting(msgspec.Struct, array_like=True, gc=False):
    """A meeting as declared."""

    index: int
    starts_us: int
    ends_us: int
    attendees: tuple[str, ...]
    place: str


class Calendar(msgspec.Struct, array_like=True, gc=False):
    """A year: holidays as (name, first day, last day), both inclusive, and days worked instead; ISO dates."""

    index: int
    year: int
    holidays: tuple[tuple[str, str, str], ...]
    workdays: tuple[str, ...]


class PolicyRow(msgspec.Struct, array_like=True, gc=False):
    """A policy as adopted by the record at *index*."""

    index: int
    recorded_at_us: int
    profile: str
    version: str
    effective_us: int
    parameters: tuple[tuple[str, tuple[str, ...]], ...]
    refuse: tuple[str, ...]


encode: Final = msgspec.msgpack.Encoder().encode
decode_person: Final = msgspec.msgpack.Decoder(PersonRow).decode
decode_declared: Final = msgspec.msgpack.Decoder(tuple[Declared, ...]).decode
decode_log: Final = msgspec.msgpack.Decoder(LogRow).decode
decode_meeting: Final = msgspec.msgpack.Decoder(Meeting).decode
decode_calendar: Final = msgspec.msgpack.Decoder(Calendar).decode
decode_policy: Final = msgspec.msgpack.Decoder(PolicyRow).decode
