"""What a diagnosis remembers of a whole log, in flat memory: columns of fixed width, and a book of heads and ids.

Small logs stay in memory. Given a directory, columns are mapped files and the book is an LMDB environment there, so
that a log of any size is diagnosed in the same anonymous memory. Does I/O in that directory only.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from chainlog.forensics.evidence import U64, parse_index, parse_subject_row, subject_row
from chainlog.record.record import SubjectHead
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.store.port import KeyValue, Table, Transaction

_COMMIT_EVERY = 50_000


class Column:
    """*count* cells of *width* bytes each, zeros at first."""

    def __init__(self, width: int, count: int, path: Path | None = None) -> None:
        self.width = width
        self.count = count
        size = max(width * count, 1)
        if path is None:
            self._map = mmap.mmap(-1, size)
        else:
            with path.open("w+b") as file:
                file.truncate(size)
                self._map = mmap.mmap(file.fileno(), size)
        self._zero = bytes(width)

    def get(self, place: int) -> bytes | None:
        """The cell at *place*; None if it was never set, or lies outside."""
        if not 0 <= place < self.count:
            return None
        cell = self._map[place * self.width : (place + 1) * self.width]
        return None if cell == self._zero else cell

    def put(self, place: int, cell: bytes) -> None:
        """Set a cell; what lies outside is ignored. A cell of zeros counts as never set."""
        if 0 <= place < self.count:
            self._map[place * self.width : (place + 1) * self.width] = cell

    def close(self) -> None:
        """Let go of the memory."""
        self._map.close()


class Book:
    """
    Heads of all subjects and indexes of all ids as the records make them.

    store: made empty for this; closed with the book.
    """

    def __init__(self, store: KeyValue | None = None) -> None:
        self._store: KeyValue = MemoryKeyValue() if store is None else store
        self._writes = 0
        self._begin()

    def _begin(self) -> None:
        self._stack = ExitStack()
        self._transaction: Transaction = self._stack.enter_context(self._store.write())
        self._subjects: Table = self._transaction.table("subjects")
        self._ids: Table = self._transaction.table("ids")

    def head(self, subject: str) -> SubjectHead | None:
        """The newest event of *subject* so far."""
        return parse_subject_row(self._subjects.get(subject.encode()))

    def index_of(self, event_id: bytes) -> int | None:
        """Where the act with this id stands, the first one if there are several."""
        return parse_index(self._ids.get(event_id))

    def put_head(self, subject: str, head: SubjectHead) -> None:
        """Set the newest event of a subject."""
        self._subjects.put(subject.encode(), subject_row(head))
        self._written()

    def put_id(self, event_id: bytes, index: int) -> None:
        """Note where an act stands."""
        self._ids.put(event_id, U64.pack(index))
        self._written()

    def _written(self) -> None:
        # A transaction holds what it changed in memory.
        self._writes += 1
        if self._writes % _COMMIT_EVERY == 0:
            self._stack.close()
            self._begin()

    def rows(self, table: str) -> Iterator[tuple[bytes, bytes]]:
        """All rows of `subjects` or `ids` as the log should hold them, ascending by key."""
        return (self._subjects if table == "subjects" else self._ids).scan()

    def close(self) -> None:
        """Let go of the store."""
        self._stack.close()
        self._store.close()
