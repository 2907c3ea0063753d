"""The store in memory: the model that the LMDB engine is compared with, and a store for tests. No I/O.

Every value is kept with the number of the commit that set it, so a snapshot is a number and a commit costs what
it adds. What a process keeps here is gone when it ends, and a fork copies it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from chainlog.digest import ZERO
from chainlog.errors import ConflictError, DuplicateIdError, HandleClosedError
from chainlog.store.blocks import check_block
from chainlog.store.owner_lock import OwnerLock
from chainlog.store.port import META, Block, SubjectHead

V = TypeVar("V")


class _Versions(Generic[V]):
    """A map that remembers which commit set a value. One thread writes, many read."""

    def __init__(self) -> None:
        self._history: dict[Any, tuple[list[int], list[V]]] = {}

    def put(self, commit: int, key: Any, value: V) -> None:
        commits, values = self._history.setdefault(key, ([], []))
        # The value first: a reader that finds the commit expects its value.
        values.append(value)
        commits.append(commit)

    def get(self, commit: int, key: Any) -> V | None:
        commits, values = self._history.get(key, ([], []))
        place = bisect_right(commits, commit)
        return values[place - 1] if place else None

    def keys(self) -> list[Any]:
        return list(self._history)


class _Head(NamedTuple):
    """What a commit makes visible, replaced in one step."""

    commit: int
    size: int
    last_hash: bytes
    head: bytes | None


class _Content:
    """What store and snapshots share; only ever added to."""

    def __init__(self, meta: Mapping[str, bytes]) -> None:
        self.meta = dict(meta)
        self.records: list[bytes] = []
        self.ids: _Versions[int] = _Versions()
        self.subjects: _Versions[SubjectHead] = _Versions()
        self.tiles: _Versions[bytes] = _Versions()
        self.checkpoints: _Versions[bytes] = _Versions()


class MemoryStore:
    """A store that lives as long as this object. Implements the Store port."""

    def __init__(self, *, meta: Mapping[str, bytes] = META) -> None:
        self.read_only = False
        self._closed = False
        self._turn = OwnerLock()
        self._content = _Content(meta)
        self._head = _Head(0, 0, ZERO, None)

    @contextmanager
    def snapshot(self) -> Iterator[MemorySnapshot]:
        """The state at the newest commit. Raises HandleClosedError."""
        if self._closed:
            raise HandleClosedError
        snapshot = MemorySnapshot(self._content, self._head)
        try:
            yield snapshot
        finally:
            snapshot.ended = True

    @contextmanager
    def exclusive(self, *, timeout_s: float) -> Iterator[None]:
        """Be the one writer. Not reentrant. Raises BusyError after *timeout_s*, HandleClosedError."""
        if self._closed:
            raise HandleClosedError
        with self._turn.hold(timeout_s):
            yield

    def commit(self, block: Block, *, expected: tuple[int, bytes]) -> None:
        """Add *block* if the head is (size, last record hash) = *expected*. Inside `exclusive`."""
        if self._closed:
            raise HandleClosedError
        if not self._turn.held_here():
            raise AssertionError("writing needs the writer's turn, taken by the same thread")
        check_block(block, expected)
        now = self._head
        if (now.size, now.last_hash) != expected:
            raise ConflictError(f"the log has {now.size} records now, the block follows {expected[0]}")
        content = self._content
        in_block: dict[bytes, int] = {}
        for event_id, index in block.ids:
            stored = content.ids.get(now.commit, event_id)
            if stored is None and event_id in in_block:
                stored = min(index, in_block[event_id])
            if stored is not None:
                raise DuplicateIdError(event_id=event_id, index=stored)
            in_block[event_id] = index
        # From here on nothing fails; nobody sees it before the head is replaced.
        commit = now.commit + 1
        content.records.extend(block.records)
        for event_id, index in block.ids:
            content.ids.put(commit, event_id, index)
        for subject, head in block.subjects:
            content.subjects.put(commit, subject, head)
        for level, number, tile in block.tiles:
            content.tiles.put(commit, (level, number), tile)
        for size, note in block.checkpoints:
            content.checkpoints.put(commit, size, note)
        self._head = _Head(commit, now.size + len(block.records), block.last_hash, block.head)

    def close(self) -> None:
        """Refuse further calls. Twice is fine."""
        self._closed = True


class MemorySnapshot:
    """A MemoryStore at one commit. Implements the Snapshot port."""

    def __init__(self, content: _Content, head: _Head) -> None:
        self._of = content
        self._at = head
        self.ended = False

    @property
    def _content(self) -> _Content:
        if self.ended:
            raise HandleClosedError
        return self._of

    @property
    def _head(self) -> _Head:
        if self.ended:
            raise HandleClosedError
        return self._at

    @property
    def size(self) -> int:
        """How many records there are."""
        return self._head.size

    @property
    def last_hash(self) -> bytes:
        """Record hash of the last record; 32 zero bytes when empty."""
        return self._head.last_hash

    @property
    def head(self) -> bytes | None:
        """The newest head, as it was given; None when empty."""
        return self._head.head

    def record(self, index: int) -> bytes | None:
        """The record at *index*, or None."""
        return self._content.records[index] if 0 <= index < self._head.size else None

    def records(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """(index, record) in [start, stop), ascending, as many as there are."""
        for index in range(max(start, 0), min(stop, self._head.size)):
            yield index, self._content.records[index]

    def unbroken(self, start: int, stop: int) -> list[bytes]:
        """The records at start, start + 1, … below *stop*, up to the first that is missing: here none is."""
        return [record for _, record in self.records(start, stop)] if start >= 0 else []

    def subject(self, subject: str) -> SubjectHead | None:
        """The head of *subject*, or None if no event names it."""
        return self._content.subjects.get(self._head.commit, subject)

    def subjects(self, prefix: str = "") -> Iterator[tuple[str, SubjectHead]]:
        """All subjects that begin with *prefix*, ascending by UTF-8 bytes."""
        for subject in sorted(self._content.subjects.keys(), key=str.encode):
            head = self.subject(subject)
            if head is not None and subject.startswith(prefix):
                yield subject, head

    def index_of(self, event_id: bytes) -> int | None:
        """Where the event with this id stands, or None."""
        return self._content.ids.get(self._head.commit, event_id)

    def tile(self, level: int, number: int) -> bytes | None:
        """A full tile of 256 hashes, or None."""
        return self._content.tiles.get(self._head.commit, (level, number))

    def checkpoint(self, size: int) -> bytes | None:
        """The kept checkpoint of exactly this size, or None."""
        return self._content.checkpoints.get(self._head.commit, size)

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """All kept checkpoints, ascending by size."""
        for size in sorted(self._content.checkpoints.keys()):
            note = self.checkpoint(size)
            if note is not None:
                yield size, note

    def meta(self, key: str) -> bytes | None:
        """A value set at creation."""
        return self._content.meta.get(key)
