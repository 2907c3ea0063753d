"""A snapshot with the earlier records of a block on top: what `admit` sees while a block is built. Pure over its reader."""

from __future__ import annotations

from chainlog.authority.view import View
from chainlog.record.record import CheckedRecord, SubjectHead


class Overlay:
    """
    A View that grows by one record at a time and can drop the last ones again.

    Look-ups of subjects are remembered: each subject is read from the snapshot once, however many records name it.

    records, hashes, ids, heads: what was put on top, as `store.port.Block` wants it.
    """

    def __init__(self, below: View) -> None:
        self._below = below
        self._base_size = self.size = below.size
        self.last_hash = below.last_hash
        self.records: list[bytes] = []
        self.hashes: list[bytes] = []
        self.ids: list[tuple[bytes, int]] = []
        self.heads: dict[str, SubjectHead] = {}
        self._added: list[CheckedRecord] = []
        self._index: dict[bytes, int] = {}
        self._read: dict[str, SubjectHead | None] = {}
        self._absent: set[bytes] = set()

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
        index = self._index.get(event_id)
        if index is None and event_id not in self._absent:
            index = self._below.index_of(event_id)
            if index is None:
                # Who builds a block asks twice for each id.
                self._absent.add(event_id)
        return index

    def add(self, checked: CheckedRecord) -> None:
        """Put a record on top; its index is the size, and its links are those to the heads here."""
        index, record_hash = self.size, checked.record_hash
        heads, event_id = self.heads, checked.event.event.id
        for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True):
            heads[subject] = SubjectHead(link[0] + 1, index, record_hash)
        self._added.append(checked)
        self.records.append(checked.encoded)
        self.hashes.append(record_hash)
        self.ids.append((event_id, index))
        self._index[event_id] = index
        self.size, self.last_hash = index + 1, record_hash

    def drop_to(self, size: int) -> None:
        """Take the records at *size* and above off again. *size* is not below the snapshot's."""
        while self.size > size:
            checked = self._added.pop()
            for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True):
                # A link is the head that stood before; in the snapshot, unless a record here had made it.
                if link[0] and link[1] >= self._base_size:
                    self.heads[subject] = SubjectHead(*link)
                else:
                    del self.heads[subject]
            self.records.pop()
            self.hashes.pop()
            del self._index[self.ids.pop()[0]]
            self.size -= 1
            self.last_hash = self.hashes[-1] if self.hashes else self._below.last_hash
