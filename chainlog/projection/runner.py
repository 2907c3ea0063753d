"""Keeping projections at the head of the log: catch-up, rebuild, and telling a foreign `derived/` apart. Does I/O.

A projection's tables, how far it is, and the hash of the last record that it took in are written in one transaction. So a
crash, a failing projection or a second process leave a state that belongs to one prefix of the log; and tables that
belong to another log, or to one that was rolled back, are recognised by the hash and made anew. Deleting `derived/`
is always safe.

Known limit: the tables are trusted as far as the machine is. What has to be proved is proved from the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec

from chainlog import digest
from chainlog.errors import ConflictError, ProjectionError, RecordHashError, StoreError, UsageError
from chainlog.event.catalogue import KINDS
from chainlog.log.reader import Reader, SnapshotReader
from chainlog.projection.feed import ActFeed
from chainlog.projection.protocol import AnyProjection, BlockProjection, ScopedTables, check_projection
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.store.port import KeyValue, Transaction

CURSORS: Final = "cursors"
BLOCK_RECORDS: Final = 10_000
REBUILD_RECORDS: Final = 200_000  # a fold from zero: fewer, larger transactions; some hundred bytes of memory a record
_PATIENCE: Final = 8


class Cursor(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """
    How far a projection is.

    version: of the projection that made the tables. size: records taken in. last_hash: record hash of the last one, zeros
    before the first. unknown: how many of them were of kinds that this release doesn't know.
    """

    version: int
    size: int
    last_hash: bytes
    unknown: int


# The machine, or the log: no fault of the projection.
_PASSED_ON: Final = (StoreError, ConflictError, RecordHashError)
_cursor: Final = msgspec.msgpack.Decoder(Cursor).decode


class Projections:
    """
    Projections of one log.

    Args:
        reader: of the log.
        kv: of its `derived/`; without one, or with one that can't be written, tables live in this process's memory. What
            lies beside a log that is read as evidence is not believed.
    """

    def __init__(self, reader: Reader, kv: KeyValue | None = None) -> None:
        self.reader = reader
        self.kv: KeyValue = MemoryKeyValue() if kv is None or kv.read_only else kv
        self._projections: dict[str, AnyProjection] = {}

    def register(self, projection: AnyProjection) -> None:
        """Add a projection. Raises UsageError for a bad name, version or table, and for a name that is taken."""
        check_projection(projection)
        if projection.name in self._projections:
            raise UsageError(f"a projection {projection.name} is registered already")
        self._projections[projection.name] = projection

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the registered projections."""
        return tuple(self._projections)

    def cursor(self, name: str) -> Cursor:
        """How far a projection is, without moving it."""
        projection = self._named(name)
        with self.kv.read() as transaction:
            return read_cursor(transaction, projection.name, version=projection.version)

    def catch_up(self, name: str) -> Cursor:
        """
        Take in what the log has more, in blocks.

        Several processes may do this at once: each block is folded under the file's one write lock, from where the cursor
        then is.

        Raises:
            ProjectionError: the projection raised; the blocks before are kept.
            RecordHashError: a record differs from the chain. BusyError, StoreError: the machine.
        Cost: about 5 microseconds when there is nothing to do.
        """
        return self.catch_up_together((name,))[0]

    def catch_up_together(self, names: Sequence[str]) -> list[Cursor]:
        """
        `catch_up` of several projections, a block of each in one transaction: after one append that is one commit, not several.

        Raises: as `catch_up`; what one raises undoes the block of all.
        """
        projections = [self._named(name) for name in names]
        cursors = self._current(projections)
        conflicts = 0
        while None in cursors:
            try:
                with self.kv.write() as transaction:
                    advanced = [self._advance(projection, transaction) for projection in projections]
                # Only once it is committed.
                cursors = advanced
            except ConflictError:
                # The file had to grow, or another process made tables: nothing was written.
                conflicts += 1
                if conflicts > _PATIENCE:
                    raise
        return [cursor for cursor in cursors if cursor is not None]

    def catch_up_all(self) -> None:
        """`catch_up` of every registered projection."""
        for name in self._projections:
            self.catch_up(name)

    def rebuild(self, name: str) -> Cursor:
        """Empty a projection's tables and fold the whole log again. Interrupted, it goes on with the next `catch_up`."""
        projection = self._named(name)
        with self.kv.write() as transaction:
            ScopedTables(transaction, projection).clear_all()
            transaction.table(CURSORS).delete(name.encode())
        return self.catch_up(name)

    def _named(self, name: str) -> AnyProjection:
        try:
            return self._projections[name]
        except KeyError:
            raise UsageError(f"no projection {name!r} is registered") from None

    def _current(self, projections: Sequence[AnyProjection]) -> list[Cursor | None]:
        """The cursors of those that stand at the head of the log."""
        with self.kv.read() as transaction:
            cursors = [read_cursor(transaction, one.name, version=one.version) for one in projections]
        with self.reader.snapshot() as log:
            there = log.size, log.raw.last_hash
        pairs = zip(projections, cursors, strict=True)
        return [
            found if found.version == one.version and (found.size, found.last_hash) == there else None
            for one, found in pairs
        ]

    def _advance(self, projection: AnyProjection, transaction: Transaction) -> Cursor | None:
        """Fold one block. The cursor if the head was reached, else None."""
        tables = ScopedTables(transaction, projection)
        cursor = read_cursor(transaction, projection.name, version=projection.version)
        with self.reader.snapshot() as log:
            if not _belongs(cursor, projection, log):
                tables.clear_all()
                cursor = Cursor(projection.version, 0, digest.ZERO, 0)
            stop = min(log.size, cursor.size + (BLOCK_RECORDS if cursor.size else REBUILD_RECORDS))
            unknown = cursor.unknown
            if stop > cursor.size:
                unknown += _fold(projection, tables, log, cursor.size, stop)
            reached = stop == log.size
            cursor = Cursor(projection.version, stop, _hash_before(log, stop), unknown)
        transaction.table(CURSORS).put(projection.name.encode(), msgspec.msgpack.encode(cursor))
        return cursor if reached else None


def read_cursor(transaction: Transaction, name: str, *, version: int = 0) -> Cursor:
    """The cursor of the projection *name*; one at the start, of *version*, where there is none."""
    data = transaction.table(CURSORS).get(name.encode())
    return Cursor(version, 0, digest.ZERO, 0) if data is None else _cursor(data)


def _belongs(cursor: Cursor, projection: AnyProjection, log: SnapshotReader) -> bool:
    """Whether tables with this cursor were made by this projection from this log."""
    if cursor.version != projection.version or cursor.size > log.size:
        return False
    return cursor.last_hash == _hash_before(log, cursor.size)


def _hash_before(log: SnapshotReader, size: int) -> bytes:
    """Record hash of the last of the first *size* records."""
    if size == 0:
        return digest.ZERO
    return log.raw.last_hash if size == log.size else log.read(size - 1).record_hash


def _fold(projection: AnyProjection, tables: ScopedTables, log: SnapshotReader, start: int, stop: int) -> int:
    """Fold the records in [start, stop). Returns how many were of unknown kinds."""
    # The type of a protocol is found out slowly, and this is asked with every append.
    if hasattr(projection, "apply_block"):
        folding = cast("BlockProjection", projection)
        feed = ActFeed(log, start, stop, folding.kinds)
        try:
            folding.apply_block(feed, tables, fresh=start == 0)
        except Exception as error:
            if feed.reading or isinstance(error, _PASSED_ON):
                raise
            raise _failure(projection, feed.last, error) from error
        return feed.unknown
    unknown = 0
    for entry in log.read_range(start, stop):
        if entry.kind not in KINDS:
            unknown += 1
            continue
        try:
            projection.apply(entry, tables)
        except _PASSED_ON:
            raise
        except Exception as error:
            raise _failure(projection, entry.index, error) from error
    return unknown


def _failure(projection: AnyProjection, index: int, error: Any) -> ProjectionError:
    return ProjectionError(f"{type(error).__name__}: {error}", name=projection.name, index=index)
