"""Whom records name of whom the tables don't tell: names as a book writes them, and takers of unnumbered copies. Reads the log.

Such a name is no person: nobody has said who bears it, so the tables keep no holder of it. Who asks who met a carrier
wants to be told of it all the same. Known limit: a name that is sealed is not opened, and left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from msgspec import UNSET

from chainlog.event.catalogue import KINDS
from chainlog.event.model import unverified_body
from chainlog.log.reader import Reader
from chainlog.projection.rows import Interval

TAKERS: Final = ("receiver", "escort")
"""Roles whose person has the carrier after an act, the first that names anybody."""
_KEPT: Final = 10_000
# They leave with its holder what they act on, unless they name another.
_HOLDER_STAYS: Final = frozenset({"transferred.store", "transferred.hold"})


class Named(msgspec.Struct, frozen=True, gc=False):
    """Whom a record names. people: (role, person); stated: (role, name as written). answers: ids of events it refers to."""

    kind: str
    event_id: bytes
    people: tuple[tuple[str, str], ...]
    stated: tuple[tuple[str, str], ...]
    answers: tuple[bytes, ...]


class Statements:
    """
    Whom records name, the last ten thousand of which are remembered.

    Args:
        reader: of the log. Every method raises what reading a record raises: NotFoundError, RecordHashError.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._read: dict[int, Named] = {}

    def names(self, index: int, *roles: str) -> tuple[str, ...]:
        """The names that stand under the first of *roles* that has any, in the order of the record."""
        stated = self.named(index).stated
        for role in roles:
            names = tuple(name for named, name in stated if named == role)
            if names:
                return names
        return ()

    def holders(self, intervals: Iterable[Interval]) -> tuple[str, ...]:
        """
        The names of who had a carrier in the last of its *intervals*, oldest first, of which no person is known.

        An act that only puts it elsewhere leaves it with whom an earlier act names.
        """
        for row in reversed(list(intervals)):
            names = self.names(row.from_index, *TAKERS)
            if names or self.named(row.from_index).kind not in _HOLDER_STAYS:
                return names
        return ()

    def named(self, index: int) -> Named:
        """Whom the record names."""
        found = self._read.get(index)
        if found is None:
            event = self._reader.read(index).event
            stated = getattr(unverified_body(event), "stated", UNSET) if event.kind in KINDS else UNSET
            found = Named(
                event.kind,
                event.id,
                tuple((role, person) for role, person, _ in event.people),
                () if stated is UNSET else tuple((role, name) for role, name in stated if isinstance(name, str)),
                tuple(event_id for event_id, _ in event.refs),
            )
            if len(self._read) == _KEPT:
                self._read.clear()
            self._read[index] = found
        return found
