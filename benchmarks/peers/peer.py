"""What every peer is asked to do, and what it is known to do without."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

from benchmarks.peers.workload import Event, Trail

LACKS = {
    "S": "signatures by the persons who acted",
    "P": "proofs of inclusion and of consistency that outsiders can check",
    "C": "who holds what now, kept current and asked without reading everything",
    "T": "two processes that append at the same time",
    "K": "showing that the history of one carrier is complete",
    "X": "a crash at any moment leaves what was acknowledged, and nothing has to be mended by hand",
}


class About(NamedTuple):
    """What stands beside a peer's figures. package: on the index, None if it needs no installation of its own."""

    package: str | None
    module: str
    durable: str
    lacks: dict[str, str]
    """A letter of `LACKS` → how far it is lacking, empty where there is nothing at all. T is found out by trying."""
    remark: str
    verification: str


class Peer(ABC):
    """
    One way to keep events, in a directory of its own.

    `create` and `open` come first; `close` leaves everything on disk. `verify`, `holders` and `stored` are called closed and open
    for themselves. What a verifier has to know from elsewhere (keys, an id) the object remembers, not the directory.
    """

    name: ClassVar[str]
    about: ClassVar[About]
    batches: ClassVar[bool] = True
    """Whether many events can go into one durable commit."""
    verifies: ClassVar[bool] = True
    """Whether there is anything to compare with; where not, `verify` reads and hashes all, and has to come out sound."""
    scans: ClassVar[bool] = False
    """Whether a history takes reading everything; fewer are asked for then."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def at(self, directory: Path) -> Self:
        """The same closed peer, with a copy of its directory."""
        other = copy(self)
        other.directory = directory
        return other

    @abstractmethod
    def create(self) -> None:
        """Make an empty store in the directory, which exists, and close it."""

    @abstractmethod
    def open(self) -> None:
        """Open for appending and for histories."""

    @abstractmethod
    def append(self, event: Event) -> None:
        """One event, durable when this returns."""

    def append_batch(self, events: Sequence[Event]) -> None:
        """Many events in one durable commit."""
        raise NotImplementedError(self.name)

    def fill(self, events: Sequence[Event]) -> None:
        """Many events, not measured: in one batch, or without waiting for the disk where that can be had."""
        if self.batches:
            self.append_batch(events)
            return
        for event in events:
            self.append(event)

    def settle(self) -> None:  # noqa: B027 - most have nothing to do
        """What a peer does after many appends: its checkpoint."""

    @abstractmethod
    def history(self, carrier: str) -> Trail:
        """The events of one carrier."""

    @abstractmethod
    def close(self) -> None:
        """Close what `open` opened."""

    @abstractmethod
    def count(self) -> int:
        """How many events are kept; of a closed peer."""

    @abstractmethod
    def verify(self) -> bool:
        """Whether everything kept is what was appended; may raise instead of False."""

    @abstractmethod
    def holders(self) -> dict[str, str | None]:
        """Who holds what now, from nothing but the events."""

    @abstractmethod
    def stored(self, place: int) -> bytes:
        """Bytes that lie in a file of the directory in one piece and hold the event appended as number *place*."""
