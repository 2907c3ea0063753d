"""Named tables in memory: the model that the LMDB tables are compared with, and a place for small projections. No I/O.

A transaction copies the tables that it changes, whole. A scan after a change sorts what was added.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from chainlog.errors import HandleClosedError, ReadOnlyError
from chainlog.store.blocks import check_items, check_key, check_table_name
from chainlog.store.owner_lock import OwnerLock


class _Rows:
    """The content of a table. Once committed it doesn't change any more."""

    def __init__(self, values: dict[bytes, bytes] | None = None) -> None:
        self.values = {} if values is None else values
        self._ascending: list[bytes] | None = None

    def copy(self) -> _Rows:
        return _Rows(self.values.copy())

    def put(self, key: bytes, value: bytes) -> None:
        if key not in self.values:
            self._ascending = None
        self.values[key] = value

    def delete(self, key: bytes) -> None:
        if self.values.pop(key, None) is not None:
            self._ascending = None

    def clear(self) -> None:
        self.values, self._ascending = {}, None

    def keys(self, start: bytes, stop: bytes | None) -> Sequence[bytes]:
        """Keys with start <= key < stop, ascending."""
        ascending = self._ascending
        if ascending is None:
            # Sorted aside and set in one step: several threads may read a committed table.
            self._ascending = ascending = sorted(self.values)
        end = len(ascending) if stop is None else bisect_left(ascending, stop)
        return ascending[bisect_left(ascending, start) : end]


_EMPTY = _Rows()


class MemoryKeyValue:
    """Tables that live as long as this object. Implements the KeyValue port."""

    def __init__(self) -> None:
        self.read_only = False
        self._closed = False
        self._turn = OwnerLock()
        self._tables: Mapping[str, _Rows] = {}

    @contextmanager
    def read(self) -> Iterator[MemoryTransaction]:
        """The state at the newest commit."""
        if self._closed:
            raise HandleClosedError
        transaction = MemoryTransaction(self._tables, writes=False)
        try:
            yield transaction
        finally:
            transaction.ended = True

    @contextmanager
    def write(self, *, timeout_s: float = 30.0) -> Iterator[MemoryTransaction]:
        """A transaction that is committed whole if the block ends without exception. Raises BusyError."""
        if self._closed:
            raise HandleClosedError
        with self._turn.hold(timeout_s):
            transaction = MemoryTransaction(self._tables, writes=True)
            try:
                yield transaction
                self._tables = {**self._tables, **transaction.changed}
            finally:
                transaction.ended = True

    def close(self) -> None:
        """Refuse further calls. Twice is fine."""
        self._closed = True


class MemoryTransaction:
    """Tables at one commit, with the changes of this transaction over them."""

    def __init__(self, tables: Mapping[str, _Rows], *, writes: bool) -> None:
        self._tables = tables
        self._writes = writes
        self.changed: dict[str, _Rows] = {}
        self.ended = False

    def table(self, name: str) -> MemoryTable:
        """The table *name*; empty if nothing made it."""
        check_table_name(name)
        return MemoryTable(self, name)

    def clear(self, name: str) -> None:
        """Empty a table. Writes only."""
        check_table_name(name)
        self.writable(name).clear()

    def readable(self, name: str) -> _Rows:
        """The content of a table."""
        if self.ended:
            raise HandleClosedError
        return self.changed.get(name) or self._tables.get(name, _EMPTY)

    def writable(self, name: str) -> _Rows:
        """The content of a table, as this transaction's own copy."""
        if self.ended:
            raise HandleClosedError
        if not self._writes:
            raise ReadOnlyError("a read transaction")
        if name not in self.changed:
            self.changed[name] = self._tables.get(name, _EMPTY).copy()
        return self.changed[name]


class MemoryTable:
    """One table inside a transaction. Implements the Table port."""

    def __init__(self, transaction: MemoryTransaction, name: str) -> None:
        self._transaction = transaction
        self._name = name

    def get(self, key: bytes) -> bytes | None:
        """The value of *key*, or None."""
        return self._transaction.readable(self._name).values.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Set one value. Writes only."""
        rows = self._transaction.writable(self._name)
        check_key(key)
        rows.put(key, value)

    def delete(self, key: bytes) -> None:
        """Remove *key* if it is there. Writes only."""
        rows = self._transaction.writable(self._name)
        check_key(key)
        rows.delete(key)

    def put_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Put all; *items* ascend by key. Writes only."""
        rows = self._transaction.writable(self._name)
        check_items(items)
        for key, value in items:
            rows.put(key, value)

    def scan(self, start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Items with start <= key < stop, ascending. The table isn't changed while scanning."""
        for key in self._transaction.readable(self._name).keys(start, stop):
            yield key, self._transaction.readable(self._name).values[key]

    def scan_back(self, before: bytes, stop: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Items with stop <= key < before, descending."""
        for key in reversed(self._transaction.readable(self._name).keys(stop, before)):
            yield key, self._transaction.readable(self._name).values[key]
