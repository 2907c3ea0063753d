"""Reading a log: by index, by range, by id, by subject. Every record is checked against the chain as it is read.

A store's reader whose slot was lost may see pages that were used again; the hash of each record, known from its
neighbour, its link or the head, turns that into RecordHashError instead of a wrong answer. This is no audit: signatures
and authority are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import msgspec

from chainlog import digest
from chainlog.canon.codec import BAD_BYTES, format_error
from chainlog.errors import FormatError, NotFoundError, RecordHashError, StoreError
from chainlog.event.model import Event, unverified_body, unverified_event
from chainlog.event.subject import fold
from chainlog.log.head import Head, decode_head
from chainlog.record.record import Record, unverified_record
from chainlog.store.port import Snapshot, Store, SubjectHead


class Entry(msgspec.Struct, frozen=True, gc=False):
    """
    A record as read: its bytes had the hash that the chain holds for them.

    index, recorded_at_us: of the record. event: its head. record_hash: 32 bytes.
    """

    index: int
    recorded_at_us: int
    event: Event
    record: Record
    record_hash: bytes

    @property
    def kind(self) -> str:
        """The event's kind."""
        return self.event.kind

    def body(self) -> Any:
        """The typed body. Raises FormatError for a kind that this release doesn't know."""
        try:
            return unverified_body(self.event)
        except KeyError:
            raise FormatError(f"unknown kind {self.event.kind}", path="$.event") from None


class Reader:
    """Reads one log. Each call sees the newest commit; `snapshot` keeps one state for several calls."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @contextmanager
    def snapshot(self) -> Iterator[SnapshotReader]:
        """One unchanging state. Close it soon."""
        with self._store.snapshot() as snapshot:
            yield SnapshotReader(snapshot)

    @property
    def size(self) -> int:
        """How many records there are now."""
        with self._store.snapshot() as snapshot:
            return snapshot.size

    def head(self) -> Head | None:
        """The newest head, None in an empty log. Its signature is not checked here."""
        with self._store.snapshot() as snapshot:
            return SnapshotReader(snapshot).head()

    def read(self, index: int) -> Entry:
        """The record at *index*. Raises NotFoundError, RecordHashError."""
        with self._store.snapshot() as snapshot:
            return SnapshotReader(snapshot).read(index)

    def find(self, event_id: bytes) -> Entry | None:
        """
        The record of the event with this id, or None: settles an unknown outcome.

        Raises: RecordHashError; StoreError where the table of ids leads to another event.
        """
        with self._store.snapshot() as snapshot:
            index = snapshot.index_of(event_id)
            if index is None:
                return None
            entry = SnapshotReader(snapshot).read(index)
        if entry.event.id != event_id:
            raise StoreError(f"the id {event_id.hex()} leads to record {index}, another event's; run chainlog verify")
        return entry

    def read_range(self, start: int, stop: int, *, batch: int = 1000) -> Iterator[Entry]:
        """
        Records in [start, stop), ascending, as many as there are when it ends.

        Reads *batch* records a snapshot, so that a long report doesn't hold pages back. Raises RecordHashError, also
        where a record is missing.
        """
        start = max(start, 0)
        while start < stop:
            with self._store.snapshot() as snapshot:
                entries = list(SnapshotReader(snapshot).read_range(start, min(stop, start + batch)))
            if not entries:
                return
            yield from entries
            start = entries[-1].index + 1

    def history(self, subject: str, *, limit: int | None = None) -> list[Entry]:
        """
        The events of a subject, newest first, at most *limit*. The subject is folded. Raises RecordHashError.

        Cost: about 8 microseconds a record.
        """
        with self._store.snapshot() as snapshot:
            # What is a subject of the store is folded already.
            head = snapshot.subject(subject)
            if head is None and (folded := fold(subject)) != subject:
                subject, head = folded, snapshot.subject(folded)
            return [] if head is None else list(islice(SnapshotReader(snapshot).walk_from(head, subject), limit))


class SnapshotReader:
    """Reads one state of a log."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.raw = snapshot

    @property
    def size(self) -> int:
        return self.raw.size

    def head(self) -> Head | None:
        """The head of this state, None in an empty log."""
        data = self.raw.head
        return None if data is None else decode_head(data)

    def read(self, index: int) -> Entry:
        """The record at *index*, checked against its successor or the head. Raises NotFoundError, RecordHashError."""
        data = self.raw.record(index)
        if data is None:
            raise NotFoundError(what=f"record {index}")
        if index == self.raw.size - 1:
            expected = self.raw.last_hash
        else:
            following = self.raw.record(index + 1)
            if following is None:
                raise RecordHashError(index=index)
            expected = _decode(following, index + 1).prev_hash
        return _entry(data, index, expected)

    def read_range(self, start: int, stop: int) -> Iterator[Entry]:
        """
        Records in [start, stop) as far as there are, each checked against its successor.

        Raises: RecordHashError, also where a record is missing.
        """
        start, stop = max(start, 0), min(stop, self.raw.size)
        if start >= stop:
            return
        pending: bytes | None = None
        wanted = start
        for index, data in self.raw.records(start, min(stop + 1, self.raw.size)):
            if index != wanted:
                break
            if pending is not None:
                yield _entry(pending, index - 1, _decode(data, index).prev_hash)
            pending = data if index < stop else None
            wanted += 1
        if wanted < min(stop + 1, self.raw.size):
            raise RecordHashError(index=wanted)
        if pending is not None:
            yield _entry(pending, self.raw.size - 1, self.raw.last_hash)

    def walk_back(self, subject: str, known: dict[int, Entry] | None = None) -> Iterator[Entry]:
        """
        The events of a folded subject from the newest to its first, each checked by the link that led to it.

        Args:
            known: entries that were read before, by index, which are not read again; those read now are added.
        """
        head = self.raw.subject(subject)
        return iter(()) if head is None else self.walk_from(head, subject, known)

    def walk_from(self, head: SubjectHead, subject: str, known: dict[int, Entry] | None = None) -> Iterator[Entry]:
        """`walk_back` for who has the head of *subject* in this state."""
        read = self.raw.record
        position, index, expected = head.count - 1, head.index, head.record_hash
        while True:
            entry = None if known is None else known.get(index)
            if entry is None or entry.record_hash != expected:
                data = read(index)
                if data is None:
                    raise RecordHashError(index=index)
                entry = _entry(data, index, expected)
                if known is not None:
                    known[index] = entry
            try:
                found, previous, expected = entry.record.links[entry.event.subjects.index(subject)]
            except (ValueError, IndexError):
                raise RecordHashError(index=index) from None
            if found != position:
                raise RecordHashError(index=index)
            yield entry
            if position == 0:
                return
            position, index = position - 1, previous


def _decode(data: bytes, index: int) -> Record:
    try:
        return unverified_record(data)
    except BAD_BYTES as error:
        raise RecordHashError(index=index) from error


def _entry(data: bytes, index: int, expected: bytes) -> Entry:
    record_hash = digest.record_hash(data)
    if record_hash != expected:
        raise RecordHashError(index=index)
    try:
        record = unverified_record(data)
        return Entry(index, record.recorded_at_us, unverified_event(record.event), record, record_hash)
    except BAD_BYTES as error:
        # The chain holds exactly these bytes: a later version, or nothing that a writer of this one wrote.
        raise format_error(error, f"$[{index}]") from error
