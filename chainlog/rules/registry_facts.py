"""What rules ask of the registry: posts, clearances, credentials, departures, units, places, as was known. Reads tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from chainlog.projection.people import People, Person


class RegistryFacts:
    """
    The registry as rules see it.

    Args:
        people: of the log. last: index of the last record that is seen.
    """

    def __init__(self, people: People, *, last: int) -> None:
        self._people = people
        self._last = last

    @property
    def people(self) -> People:
        """The registry. What later records say of it is in it too: prefer the questions below."""
        return self._people

    def person(self, person: str) -> Person | None:
        """What is known of a person."""
        return self._people.person(person)

    def has_post(self, person: str, posts: Iterable[str], at_us: int) -> bool:
        """Whether a person held one of the posts at that time."""
        return self._people.has_post(person, posts, at_us, index=self._last)

    def has_post_over(self, person: str, posts: Iterable[str], over: Iterable[str], at_us: int) -> bool:
        """Whether a person held one of the posts over one of the units, places, documents or lists."""
        wanted, where = set(posts), set(over)
        held = self._people.posts_at(person, at_us=at_us, index=self._last)
        return any(post.post in wanted and post.over in where for post in held)

    def has_credential(self, person: str, what: str, at_us: int) -> bool:
        """Whether a person had a certificate, undertaking, training or cooling_off that counted at that time."""
        known = self.person(person)
        return known is not None and bool(known.credentials(what, at_us=at_us, index=self._last))

    def clearance(self, person: str, at_us: int) -> str:
        """The clearance of a person at that time; empty if none is on record."""
        return self._people.clearance(person, at_us, index=self._last) or ""

    def authority(self, person: str, at_us: int) -> str:
        """The highest level that a person may classify at that time; empty if none is on record."""
        return self._people.authority(person, at_us, index=self._last) or ""

    def departed(self, person: str) -> tuple[int, int] | None:
        """(the last moment at which a person can have left, index of the record), None if they didn't."""
        return self._people.departed_us(person, index=self._last)

    def is_insider(self, person: str, at_us: int | None = None) -> bool | None:
        """Whether a person belongs to the own unit or one below it; None if no unit of theirs is declared."""
        return self._people.is_insider(person, at_us=at_us, index=self._last)

    def is_own(self, unit: str, at_us: int) -> bool:
        """Whether a unit is the log's own, a section of it, or below one."""
        return self._people.is_own(unit, at_us=at_us, index=self._last)

    def unit(self, unit: str, at_us: int | None = None) -> Any:
        """The body of the `declared.unit` that counted then, or last; None if there is none."""
        return self._people.unit(unit, at_us=at_us, index=self._last)

    def above(self, unit: str, at_us: int) -> Iterator[str]:
        """A unit, then those above it as declared then, the nearest first."""
        return self._people.above(unit, at_us=at_us, index=self._last)

    def place(self, place: str, at_us: int) -> Any:
        """The body of the `declared.place` that counted then, None if there is none."""
        return self._people.place(place, at_us=at_us, index=self._last)

    def place_type(self, place: str | None, at_us: int) -> str:
        """The declared type of a place at that time; empty if it isn't declared."""
        return (place and self._people.place_type(place, at_us, index=self._last)) or ""

    def is_designated(self, unit: str, what: str, at_us: int) -> bool:
        """Whether a unit declared and valid at that time is designated to `print`, `repair` or `destroy`."""
        return self._people.unit_designated(unit, what, at_us, index=self._last)
