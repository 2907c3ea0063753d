"""The registry for questions that come one at a time: each reads the newest commit of `derived/`. Does I/O."""

from __future__ import annotations

from chainlog.projection.people import People
from chainlog.store.port import KeyValue


class PeopleReader:
    """
    What exposure asks of the registry; see `projection.exposure.Registry`.

    Args:
        kv: of `derived/`, in which the projection of people has caught up.
    """

    def __init__(self, kv: KeyValue) -> None:
        self._kv = kv

    def members(self, unit: str, *, at_us: int | None = None) -> list[str]:
        """Persons of a unit."""
        with self._kv.read() as transaction:
            return People(transaction).members(unit, at_us=at_us)

    def holders_of(self, post: str, *, at_us: int | None = None) -> list[str]:
        """Persons who hold a post."""
        with self._kv.read() as transaction:
            return People(transaction).holders_of(post, at_us=at_us)

    def attendees(self, meeting: str) -> tuple[str, ...]:
        """Persons who were to attend a meeting."""
        with self._kv.read() as transaction:
            return People(transaction).attendees(meeting)
