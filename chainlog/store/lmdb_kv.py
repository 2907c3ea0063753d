"""Named tables in an LMDB file of their own: for `derived/`, which can be rebuilt, and `sealed/`. Does I/O.

The file is made when it is first opened. It is checked at opening like any other (meta pages, length), no
further: proving a big file sound costs a read of all of it. So a damaged `derived/` may still kill the process;
deleting it, or `rebuild`, is always safe. Not so with `sealed/`, whose boxes stand nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import lmdb

from chainlog.errors import (
    ConflictError,
    EngineError,
    HandleClosedError,
    NotALogError,
    ReadOnlyError,
    UsageError,
)
from chainlog.store.blocks import KEY_BYTES_MAX, check_items, check_key, check_table_name
from chainlog.store.files import DATA_NAME, LOCK_NAME, ROOTS_NAME, appearing, wrap_os_error
from chainlog.store.guard import directory_turn
from chainlog.store.lmdb_attach import attach, detach
from chainlog.store.lmdb_engine import Database, Transaction, create_engine, wrap_engine_error
from chainlog.store.lmdb_env import LmdbEnvironment
from chainlog.store.lmdb_reading import Reading

_REFRESH_PATIENCE_S = 10.0
_NOT_REBUILT = frozenset({"truth", "sealed"})


class LmdbKeyValue:
    """Tables in one directory. Implements the KeyValue port; get one from `open` or `rebuild`."""

    def __init__(self, path: Path, environment: LmdbEnvironment, *, read_only: bool) -> None:
        self.path = path
        self.read_only = read_only
        self._attached: LmdbEnvironment | None = environment

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, read_only: bool = False) -> LmdbKeyValue:
        """
        Open the directory *path*, and make it first if it is missing or empty and *read_only* is not set.

        Its parent must exist. Raises NotALogError (also for damage that can be seen cheaply),
        NetworkFileSystemError, ReadOnlyError, BusyError, StoreError. Cost: about 1 ms.
        """
        directory = Path(path)
        if not read_only and _is_vacant(directory):
            with directory_turn(directory.parent):
                # Another process may have been quicker.
                if _is_vacant(directory):
                    _make(directory)
        return cls(directory, attach(directory, read_only=read_only), read_only=read_only)

    @classmethod
    def rebuild(cls, path: str | os.PathLike[str]) -> LmdbKeyValue:
        """
        Throw away the tables in *path*, whatever state they are in, and open an empty file in their place.

        Only for what can be rebuilt: a directory called `truth` or `sealed`, or one with any file that no log
        keeps there, raises UsageError. Handles that are open on the old file raise FileReplacedError from now on.
        """
        directory = Path(path)
        if directory.name in _NOT_REBUILT:
            raise UsageError(f"{directory} can't be rebuilt from anything")
        with directory_turn(directory.parent):
            try:
                names = {entry.name for entry in directory.iterdir()} if directory.exists() else set()
                if not names <= {DATA_NAME, LOCK_NAME, ROOTS_NAME}:
                    raise UsageError(f"{directory} holds files that are no store's; nothing was deleted")
                if names:
                    # Moved away in one step, under a name that making the new one clears.
                    directory.rename(directory.parent / f".{directory.name}.new-old")
            except OSError as error:
                raise wrap_os_error(error, directory) from error
            _make(directory)
        return cls(directory, attach(directory, read_only=False), read_only=False)

    def close(self) -> None:
        """Release the handle; the last one of the process closes the engine. Twice is fine."""
        environment, self._attached = self._attached, None
        if environment is not None:
            detach(environment)

    def _environment(self) -> LmdbEnvironment:
        if self._attached is None:
            raise HandleClosedError
        return self._attached

    def read(self) -> LmdbReadTransaction:
        """
        The state at the newest commit, as a context manager. Keep it short.

        Raises HandleClosedError, FileReplacedError, BusyError, EngineError. Cost: about 2 µs.
        """
        if self._attached is None:
            raise HandleClosedError
        return LmdbReadTransaction(self._attached)

    @contextmanager
    def write(self, *, timeout_s: float = 30.0) -> Iterator[LmdbWriteTransaction]:
        """
        A transaction that is committed whole and durably if the block ends without exception.

        Raises BusyError after *timeout_s*, ReadOnlyError, StoreFullError, LockLostError, FileReplacedError,
        OutcomeUnknownError (closes the handle), and ConflictError where a limit on address space keeps the map
        small and it had to grow: nothing was written, run the block again.
        """
        if self.read_only:
            raise ReadOnlyError(os.fspath(self.path))
        environment = self._environment()
        with environment.turn(timeout_s):
            environment.make_room()
            environment.open_tables()
            try:
                with environment.writing() as transaction:
                    write = LmdbWriteTransaction(environment, transaction)
                    try:
                        yield write
                    finally:
                        write.transaction = None
            except lmdb.MapFullError as error:
                environment.grow()
                raise ConflictError("the map of the file was too small and has grown; nothing was written") from error
            # A table that a transaction made is there for others once it is committed.
            environment.tables = environment.tables | write.made


class _Table:
    """What reading and writing share: one table inside a transaction, or none if it doesn't exist."""

    __slots__ = ("_database", "_owner")

    def __init__(self, owner: LmdbReadTransaction | LmdbWriteTransaction, database: Database | None) -> None:
        self._owner = owner
        self._database = database

    def get(self, key: bytes) -> bytes | None:
        """The value of *key*, or None."""
        database = self._database
        if database is None or not 1 <= len(key) <= KEY_BYTES_MAX:
            return None
        owner = self._owner
        transaction = owner.transaction
        if transaction is None:
            transaction = owner.open_transaction()
        try:
            # By place, which spares the engine's binding a dictionary.
            return transaction.get(key, None, database)
        except lmdb.Error as error:
            raise owner.wrap(error) from error

    def put(self, key: bytes, value: bytes) -> None:
        """Set one value. Writes only."""
        raise ReadOnlyError("a read transaction")

    def delete(self, key: bytes) -> None:
        """Remove *key* if it is there. Writes only."""
        raise ReadOnlyError("a read transaction")

    def put_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Put all; *items* ascend by key. Writes only."""
        raise ReadOnlyError("a read transaction")

    def scan(self, start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Items with start <= key < stop, ascending. The table isn't changed while scanning."""
        if self._database is None or len(start) > KEY_BYTES_MAX:
            return
        try:
            cursor = self._owner.open_transaction().cursor(db=self._database)
            if cursor.set_range(start) if start else cursor.first():
                for key, value in cursor.iternext():
                    if stop is not None and key >= stop:
                        return
                    yield key, value
        except lmdb.Error as error:
            raise self._owner.wrap(error) from error

    def scan_back(self, before: bytes, stop: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Items with stop <= key < before, descending."""
        if self._database is None or not before:
            return
        try:
            cursor = self._owner.open_transaction().cursor(db=self._database)
            # The first key at or above `before` is the neighbour of the one wanted; cut to what the engine takes.
            found = cursor.set_range(before[: KEY_BYTES_MAX + 1])
            if cursor.prev() if found else cursor.last():
                for key, value in cursor.iterprev():
                    if key < stop:
                        return
                    yield key, value
        except lmdb.Error as error:
            raise self._owner.wrap(error) from error


class _WritableTable(_Table):
    __slots__ = ()

    def opened(self) -> tuple[Transaction, Database]:
        """The engine's transaction and table."""
        if self._database is None:
            raise AssertionError("a table of a write transaction exists")
        return self._owner.open_transaction(), self._database

    def put(self, key: bytes, value: bytes) -> None:
        check_key(key)
        transaction, database = self.opened()
        try:
            transaction.put(key, value, db=database)
        except lmdb.MapFullError:
            raise
        except lmdb.Error as error:
            raise self._owner.wrap(error) from error

    def delete(self, key: bytes) -> None:
        check_key(key)
        transaction, database = self.opened()
        try:
            transaction.delete(key, db=database)
        except lmdb.MapFullError:
            raise
        except lmdb.Error as error:
            raise self._owner.wrap(error) from error

    def put_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        if not items:
            return
        check_items(items)
        transaction, database = self.opened()
        try:
            cursor = transaction.cursor(db=database)
            # Beyond the end, appending fills pages to the brim.
            append = not cursor.last() or cursor.key() < items[0][0]
            counts = cursor.putmulti(items, append=append)
        except lmdb.MapFullError:
            raise
        except lmdb.Error as error:
            raise self._owner.wrap(error) from error
        if counts != (len(items), len(items)):
            raise EngineError(f"{counts[1]} of {len(items)} items were stored")


class LmdbReadTransaction(Reading):
    """Tables at one commit. Enter it to begin; one thread at a time may use it."""

    __slots__ = ("_handed_out",)

    def __init__(self, environment: LmdbEnvironment) -> None:
        # Written out rather than inherited, as in `LmdbSnapshot`.
        self._environment = environment
        self.transaction = None
        self._handed_out = False

    def table(self, name: str) -> _Table:
        """
        The table *name*; empty if nothing made it.

        Raises ConflictError, once, if another process made tables since this one looked and the transaction
        has given out a table already: read again.
        """
        database = self._tables.get(name)
        if database is None:
            check_table_name(name)
            if self._others_made_tables():
                self._open_tables()
                database = self._tables.get(name)
        self._handed_out = True
        return _Table(self, database)

    def _others_made_tables(self) -> bool:
        if self._environment.guard.held_here():
            return False  # looked when the turn began; what this turn makes is not committed
        try:
            return self.open_transaction().stat()["entries"] != len(self._tables)
        except lmdb.Error as error:
            raise self.wrap(error) from error

    def _open_tables(self) -> None:
        handed_out = self._handed_out
        self.end()
        try:
            if self._environment.read_only:
                with self._environment.guard.quiet(_REFRESH_PATIENCE_S):
                    self.__enter__()  # keeps writers out
                    self._environment.open_tables()
                    self.end()
            else:
                with self._environment.turn(_REFRESH_PATIENCE_S):
                    self._environment.open_tables()
        except lmdb.Error as error:
            raise self.wrap(error) from error
        if handed_out:
            raise ConflictError("another process made tables meanwhile; read again")
        self.__enter__()

    def clear(self, name: str) -> None:
        """Writes only."""
        raise ReadOnlyError("a read transaction")


class LmdbWriteTransaction:
    """Tables that can be changed. Made by `LmdbKeyValue.write`, usable by the thread that called it."""

    def __init__(self, environment: LmdbEnvironment, transaction: Transaction) -> None:
        self._environment = environment
        self.transaction: Transaction | None = transaction
        self.made: dict[str, Database] = {}

    def open_transaction(self) -> Transaction:
        """The engine's transaction, or HandleClosedError after the end."""
        if self.transaction is None:
            raise HandleClosedError
        return self.transaction

    def wrap(self, error: lmdb.Error) -> Exception:
        """The named error for one that the engine raised in this transaction."""
        return wrap_engine_error(error) if self._environment.ready else HandleClosedError()

    def table(self, name: str) -> _WritableTable:
        """The table *name*, made if it is missing."""
        check_table_name(name)
        database = self._environment.tables.get(name) or self.made.get(name)
        if database is None:
            try:
                database = self._environment.engine.open_db(name.encode(), txn=self.open_transaction())
            except lmdb.MapFullError:
                raise
            except lmdb.DbsFullError as error:
                raise UsageError(f"no more tables can be made in {self._environment.directory}") from error
            except lmdb.Error as error:
                raise self.wrap(error) from error
            self.made[name] = database
        return _WritableTable(self, database)

    def clear(self, name: str) -> None:
        """Empty a table."""
        table = self.table(name)
        transaction, database = table.opened()
        try:
            transaction.drop(database, delete=False)
        except lmdb.MapFullError:
            raise
        except lmdb.Error as error:
            raise self.wrap(error) from error


def _is_vacant(directory: Path) -> bool:
    """Whether the directory is missing or empty."""
    try:
        return not any(directory.iterdir())
    except FileNotFoundError:
        return True
    except OSError as error:
        raise NotALogError(path=directory, detail=str(error.strerror)) from error


def _make(directory: Path) -> None:
    with appearing(directory) as new:
        create_engine(new).close()
        (new / LOCK_NAME).unlink()
