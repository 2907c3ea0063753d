"""Named tables in memory: the model that the LMDB tables are compared with. No I/O.

A transaction works on copies of the tables that it changes, which is meant for tests, not for millions of keys.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from chainlog.errors import HandleClosedError, ReadOnlyError
from chainlog.store.blocks import check_items, check_key, check_table_name
from chainlog.store.owner_lock import OwnerLock


class MemoryKeyValue:
    """Tables that live as long as this object. Implements the KeyValue port."""

    def __init__(self) -> None:
        self.read_only = False
        self._closed = False
        self._turn = OwnerLock()
        self._tables: Mapping[str, Mapping[bytes, bytes]] = {}

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

    def __init__(self, tables: Mapping[str, Mapping[bytes, bytes]], *, writes: bool) -> None:
        self._tables = tables
        self._writes = writes
        self.changed: dict[str, dict[bytes, bytes]] = {}
        self.ended = False

    def table(self, name: str) -> MemoryTable:
        """The table *name*; empty if nothing made it."""
        check_table_name(name)
        return MemoryTable(self, name)

    def clear(self, name: str) -> None:
        """Empty a table. Writes only."""
        check_table_name(name)
        self.writable(name).clear()

    def readable(self, name: str) -> Mapping[bytes, bytes]:
        """The content of a table."""
        if self.ended:
            raise HandleClosedError
        return self.changed.get(name, self._tables.get(name, {}))

    def writable(self, name: str) -> dict[bytes, bytes]:
        """The content of a table, as this transaction's own copy."""
        if self.ended:
            raise HandleClosedError
        if not self._writes:
            raise ReadOnlyError("a read transaction")
        if name not in self.changed:
            self.changed[name] = dict(self._tables.get(name, {}))
        return self.changed[name]


class MemoryTable:
    """One table inside a transaction. Implements the Table port."""

    def __init__(self, transaction: MemoryTransaction, name: str) -> None:
        self._transaction = transaction
        self._name = name

    def get(self, key: bytes) -> bytes | None:
        """The value of *key*, or None."""
        return self._transaction.readable(self._name).get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Set one value. Writes only."""
        rows = self._transaction.writable(self._name)
        check_key(key)
        rows[key] = value

    def delete(self, key: bytes) -> None:
        """Remove *key* if it is there. Writes only."""
        rows = self._transaction.writable(self._name)
        check_key(key)
        rows.pop(key, None)

    def put_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Put all; *items* ascend by key. Writes only."""
        rows = self._transaction.writable(self._name)
        check_items(items)
        rows.update(items)

    def scan(self, start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Items with start <= key < stop, ascending. The table isn't changed while scanning."""
        keys = sorted(self._transaction.readable(self._name))
        end = len(keys) if stop is None else bisect_left(keys, stop)
        for key in keys[bisect_left(keys, start) : end]:
            yield key, self._transaction.readable(self._name)[key]

    def scan_back(self, before: bytes, stop: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Items with stop <= key < before, descending."""
        keys = sorted(self._transaction.readable(self._name))
        for key in reversed(keys[bisect_left(keys, stop) : bisect_left(keys, before)]):
            yield key, self._transaction.readable(self._name)[key]
