"""A snapshot with the earlier records of a block on top: what `admit` sees while a block is built. Pure over its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chainlog.authority.view import View
from chainlog.event.model import unverified_event
from chainlog.record.record import CheckedRecord, SubjectHead, unverified_record

K = TypeVar("K")
V = TypeVar("V")


class _Remembered(dict[K, V]):
    """Answers of the view below, read when first asked for, and what was put on top."""

    def __init__(self, read: Callable[[K], V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, key: K) -> V:
        value = self[key] = self._read(key)
        return value


class Overlay:
    """
    A View that grows by one record at a time and can drop the last ones again.

    Look-ups are remembered: each subject and id is read from the snapshot once, however often it is asked for. They are
    most of what a block asks, so both are a dictionary's own method, without a function of ours between. Of a record only
    its bytes are kept: objects by the thousand would keep the garbage collector busy.

    records, hashes, ids, heads: what was put on top, as `store.port.Block` wants it.
    """

    def __init__(self, below: View) -> None:
        self._below = below
        self._base_size = self.size = below.size
        self.last_hash = below.last_hash
        self.records: list[bytes] = []
        self.hashes: list[bytes] = []
        self.heads: dict[str, SubjectHead] = {}
        self._ids: list[bytes] = []
        self._newest: _Remembered[str, SubjectHead | None] = _Remembered(below.subject)
        self._index: _Remembered[bytes, int | None] = _Remembered(below.index_of)
        self.subject: Callable[[str], SubjectHead | None] = self._newest.__getitem__
        self.index_of: Callable[[bytes], int | None] = self._index.__getitem__

    @property
    def ids(self) -> list[tuple[bytes, int]]:
        """(event id, index) of the records on top."""
        return [(event_id, index) for index, event_id in enumerate(self._ids, self._base_size)]

    def record(self, index: int) -> bytes | None:
        if index >= self._base_size:
            place = index - self._base_size
            return self.records[place] if place < len(self.records) else None
        return self._below.record(index)

    def add(self, checked: CheckedRecord) -> None:
        """Put a record on top; its index is the size, and its links are those to the heads here."""
        index, record_hash, event = self.size, checked.record_hash, checked.event.event
        heads, newest = self.heads, self._newest
        for subject, link in zip(event.subjects, checked.record.links, strict=True):
            heads[subject] = newest[subject] = SubjectHead(link[0] + 1, index, record_hash)
        self.records.append(checked.encoded)
        self.hashes.append(record_hash)
        self._ids.append(event.id)
        self._index[event.id] = index
        self.size, self.last_hash = index + 1, record_hash

    def drop_to(self, size: int) -> None:
        """Take the records at *size* and above off again. *size* is not below the snapshot's."""
        while self.size > size:
            record = unverified_record(self.records.pop())
            for subject, link in zip(unverified_event(record.event).subjects, record.links, strict=True):
                # A link is the head that stood before; in the snapshot, unless a record here had made it.
                before = self._newest[subject] = SubjectHead(*link) if link[0] else None
                if before is not None and before.index >= self._base_size:
                    self.heads[subject] = before
                else:
                    del self.heads[subject]
            self.hashes.pop()
            del self._index[self._ids.pop()]
            self.size -= 1
            self.last_hash = self.hashes[-1] if self.hashes else self._below.last_hash
