"""A snapshot with the earlier records of a block on top: what `admit` sees while a block is built. Pure over its reader."""

from __future__ import annotations

from chainlog.authority.view import View
from chainlog.record.record import CheckedRecord, SubjectHead


class Overlay:
    """
    A View that grows by one record at a time and can drop the last ones again.

    Look-ups of subjects are remembered: each subject is read from the snapshot once, however many records name it.
    """

    def __init__(self, below: View) -> None:
        self._below = below
        self._base_size = below.size
        self.records: list[bytes] = []
        self.hashes: list[bytes] = []
        self.ids: list[tuple[bytes, int]] = []
        self._id_index: dict[bytes, int] = {}
        self._read: dict[str, SubjectHead | None] = {}
        self.heads: dict[str, SubjectHead] = {}
        # For each record the heads that it replaced, so that a failed job can be taken out again.
        self._undo: list[list[tuple[str, SubjectHead | None]]] = []
        self._size = below.size
        self._last_hash = below.last_hash

    @property
    def size(self) -> int:
        return self._size

    @property
    def last_hash(self) -> bytes:
        return self._last_hash

    def record(self, index: int) -> bytes | None:
        if index >= self._base_size:
            place = index - self._base_size
            return self.records[place] if place < len(self.records) else None
        return self._below.record(index)

    def subject(self, subject: str) -> SubjectHead | None:
        head = self.heads.get(subject)
        if head is not None:
            return head
        if subject not in self._read:
            self._read[subject] = self._below.subject(subject)
        return self._read[subject]

    def index_of(self, event_id: bytes) -> int | None:
        index = self._id_index.get(event_id)
        return self._below.index_of(event_id) if index is None else index

    def add(self, checked: CheckedRecord) -> None:
        """Put a record on top; its index is the size."""
        index, record_hash = self._size, checked.record_hash
        undo: list[tuple[str, SubjectHead | None]] = []
        for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True):
            undo.append((subject, self.heads.get(subject)))
            self.heads[subject] = SubjectHead(link[0] + 1, index, record_hash)
        self._undo.append(undo)
        self.records.append(checked.encoded)
        self.hashes.append(record_hash)
        self.ids.append((checked.event.event.id, index))
        self._id_index[checked.event.event.id] = index
        self._size, self._last_hash = index + 1, record_hash

    def drop_to(self, size: int) -> None:
        """Take the records at *size* and above off again. *size* is not below the snapshot's."""
        while self._size > size:
            for subject, head in reversed(self._undo.pop()):
                if head is None:
                    del self.heads[subject]
                else:
                    self.heads[subject] = head
            self.records.pop()
            self.hashes.pop()
            event_id, _ = self.ids.pop()
            del self._id_index[event_id]
            self._size -= 1
            self._last_hash = self.hashes[-1] if self.hashes else self._below.last_hash
