"""One open LMDB environment: opened safely, shared in the process, guarded while writing. Does I/O.

The engine allows each file to be open once in a process, and must not be used across a fork. So all handles on a
file share one `LmdbEnvironment` (lmdb_attach), and the child of a fork opens its own engine at first use.
Every error of the engine is turned into one of chainlog's here.

Known limits: engine 0.9. A damaged file that passes the checks at opening can still kill the process: what is not
trusted is verified on a private copy first. Processes that share a log must see each other's process ids.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EIO
from pathlib import Path
from threading import get_ident

import lmdb

from chainlog.errors import (
    ChainlogError,
    EngineError,
    FileReplacedError,
    HandleClosedError,
    LockLostError,
    OutcomeUnknownError,
    ReadOnlyError,
    StoreFullError,
)
from chainlog.store.files import check_local, open_data_file, prepare_lock_file, read_data_file
from chainlog.store.guard import Guard
from chainlog.store.lmdb_engine import (
    MAP_SIZES,
    Database,
    Transaction,
    is_full,
    open_engine,
    verify_short_file,
    wrap_engine_error,
)
from chainlog.store.lmdb_reading import Reading
from chainlog.store.lmdb_registry import REGISTRY

# How often a reader asks whether the data file is still the one it has open, and how long a read-only handle
# waits for a writer to finish.
_LOOK_AGAIN_S = 0.1
_SHARE_PATIENCE_S = 10.0

_WRITING = -1  # no thread has this identity: a turn never goes on in a fork


class LmdbEnvironment:
    """An open environment, shared by the handles of one process. Get one from `lmdb_attach`."""

    def __init__(self, directory: Path, *, read_only: bool) -> None:
        self.directory = directory
        self.read_only = read_only
        self.handles = 0
        self.epoch = 0  # counts the times the map was replaced
        self.ready = False
        self.tables: dict[str, Database] = {}
        self.seen: tuple[int, bytes, bytes] | None = None  # for the store: last state this process knows of
        self._failure: ChainlogError | None = None
        self._inherited = False
        self._stuck = False
        self.look_again_at = 0.0  # when a reader is to ask whether the file is still the same
        self.live: dict[object, int] = {}  # who is in the engine, and its thread
        self._open()

    # --- opening --------------------------------------------------------------------------------

    def _open(self) -> None:
        fd = open_data_file(self.directory, write=not self.read_only)
        self.guard = Guard(self.directory, fd)
        try:
            if self.read_only:
                try:
                    self.guard.share(_SHARE_PATIENCE_S)
                    self._open_engine(fd)
                finally:
                    self.guard.unshare()
            else:
                check_local(fd, self.directory)
                with self.guard.opening():
                    self._open_engine(fd)
        except BaseException:
            self.guard.close()
            raise
        self.ready = True

    def _open_engine(self, fd: int) -> None:
        self.guard.check_data_file()
        state = read_data_file(fd, self.directory)
        if state.used_bytes > state.file_bytes:
            verify_short_file(self.directory)
        if not self.read_only:
            prepare_lock_file(self.directory)
        self.engine, self.map_bytes = open_engine(self.directory, state.used_bytes, read_only=self.read_only)
        try:
            self.page_bytes = state.page_bytes
            if not self.read_only:
                self.guard.remember_lock_file()
                self.engine.reader_check()
            self.tables = {}
            self.open_tables()
            # What was opened by path must be what was checked by descriptor.
            self.guard.check_files()
        except lmdb.Error as error:
            self.engine.close()
            raise wrap_engine_error(error) from error
        except BaseException:
            self.engine.close()
            raise

    def open_tables(self) -> None:
        """
        Open the tables that other processes made meanwhile.

        The engine wants a transaction that opens tables to be the only such in the process, and its binding
        keeps what a read transaction opened only where nothing can be written. So: while opening, or in a turn.
        """
        transaction = self.engine.begin()
        try:
            if transaction.stat()["entries"] == len(self.tables):
                return
            keys = list(transaction.cursor().iternext(values=False))
        finally:
            transaction.abort()
        names = {key: key.decode("utf-8", "surrogateescape") for key in keys}
        writing = None if self.read_only else self._begin_write()
        try:
            opened = {}
            for key, name in names.items():
                if name not in self.tables:
                    # A key that is no table is for the audit to report.
                    with suppress(lmdb.IncompatibleError, lmdb.NotFoundError):
                        opened[name] = self.engine.open_db(key, txn=writing, create=False)
            if writing is not None:
                writing.commit()  # nothing was changed, so nothing is written
        finally:
            if writing is not None:
                writing.abort()
        # A new dictionary: open snapshots keep the one that goes with their transaction.
        self.tables = self.tables | opened

    # --- forks, failures, ends ------------------------------------------------------------------

    def inherited(self) -> None:
        """
        In the child of a fork: nothing inherited may be used.

        The inherited engine can be closed, which the new one needs, only if no transaction is left in it:
        closing would end the parent's transactions in the shared lock table.
        """
        live, self.live = self.live, {}
        me = get_ident()
        self._inherited, self.ready = self.ready or self._inherited, False
        for owner, thread in live.items():
            reading = owner() if isinstance(owner, weakref.ref) else None
            if thread != me or not (reading is None or reading.drop_after_fork()):
                self._stuck = True
        self.guard.forget()

    def revive(self) -> None:
        """Make a handle that is not ready usable, or say why it can't be."""
        with REGISTRY.lock:
            if self.ready:
                return
            if self._failure is not None:
                raise type(self._failure)(**self._failure.fields)
            if not self._inherited:
                raise HandleClosedError
            if self._stuck:
                raise EngineError(
                    "the process was forked while the log was being read or written; fork before opening it, or in between"
                )
            identity = self.guard.identity
            self.engine.close()
            self._open()
            if self.guard.identity != identity:
                REGISTRY.remove(identity, self)
                self.fail(FileReplacedError(path=self.directory))
                raise FileReplacedError(path=self.directory)
            self._inherited = False

    def fail(self, failure: ChainlogError) -> None:
        """Close for good; every later call raises *failure*. Open transactions of other threads end."""
        with REGISTRY.lock:
            if self._failure is None:
                self._failure = failure
            self.ready = False
            REGISTRY.remove(self.guard.identity, self)
            self.engine.close()
            self.guard.close()

    def close(self) -> None:
        """Close the engine. Open snapshots end."""
        self.ready = False
        if self._stuck:
            REGISTRY.abandoned.append(self)
            return
        self.engine.close()
        self.guard.close()

    # --- reading --------------------------------------------------------------------------------

    def look_again(self, now: float) -> None:
        """Raise FileReplacedError if the path leads to another file meanwhile. Due at the monotonic time `look_again_at`."""
        self.guard.check_data_file()
        self.look_again_at = now + _LOOK_AGAIN_S

    def share(self, owner: weakref.ref[Reading]) -> None:
        """Of a read-only environment: keep writers out while *owner* reads. Raises BusyError."""
        self.guard.share(_SHARE_PATIENCE_S, sharer=owner)

    def begin_again(self, owner: weakref.ref[Reading], error: BaseException) -> Transaction:
        """A read transaction for *owner*, which failed to begin one with *error*; or the named error for it."""
        try:
            if isinstance(error, lmdb.Error):
                return self._begin_read_again(error)
            raise error
        except BaseException as last:
            self.end_read(owner)
            if isinstance(last, lmdb.Error):
                raise (wrap_engine_error(last) if self.ready else HandleClosedError()) from last
            raise

    def _begin_read_again(self, error: lmdb.Error) -> Transaction:
        if isinstance(error, lmdb.ReadersFullError):
            # Slots of processes that died.
            self.engine.reader_check()
        elif isinstance(error, lmdb.MapResizedError):
            self.grow()
        else:
            raise error
        return self.engine.begin()

    def end_read(self, owner: weakref.ref[Reading]) -> None:
        """After the transaction of *owner* was ended. Twice is fine."""
        if self.live.pop(owner, None) is not None and self.read_only:
            self.guard.unshare(sharer=owner)

    # --- writing --------------------------------------------------------------------------------

    @contextmanager
    def turn(self, timeout_s: float) -> Iterator[None]:
        """Be the one writer. Raises BusyError, ReadOnlyError, LockLostError and what `revive` raises."""
        if self.read_only:
            raise ReadOnlyError(os.fspath(self.directory))
        if not self.ready:
            self.revive()
        token = object()
        try:
            with self.guard.hold(timeout_s):
                self.live[token] = _WRITING
                if not self.ready:
                    self.revive()
                self._catch_up()
                yield
        finally:
            self.live.pop(token, None)

    def _catch_up(self) -> None:
        """
        Let snapshots of this turn see the newest commit.

        A writer that was killed between writing its meta page and saying so in the lock table leaves readers one
        commit behind, until a writer finds the mutex of a dead process. An empty transaction writes nothing;
        aborting it would wait for a moment without any reader.
        """
        try:
            self._begin_write().commit()
        except lmdb.Error as error:
            raise (wrap_engine_error(error) if self.ready else HandleClosedError()) from error

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """
        A write transaction under the guard, committed when the block ends without exception.

        Only inside `turn`, by its holder. Raises lmdb.MapFullError when the map is full: nothing was written,
        call `grow` and do it again. OutcomeUnknownError closes the environment; so does LockLostError.
        """
        if not self.guard.held_here():
            if self._inherited or not self.ready:
                raise LockLostError("the turn was taken before a fork or on a handle closed since")
            raise AssertionError("writing needs the writer's turn, taken by the same thread")
        transaction = self._begin_write()
        try:
            try:
                self._check_transaction(transaction)
                yield transaction
                if not self.guard.held_here():
                    raise LockLostError("the process was forked inside a write, which is the parent's")
                self.guard.check_files()
                self._check_transaction(transaction)
            except BaseException:
                # Not in the child of a fork: there it would undo the parent's hold on the engine's mutex.
                if self.guard.held_here():
                    transaction.abort()
                raise
            self._commit(transaction)
        except (LockLostError, FileReplacedError) as error:
            if self.guard.held_here():
                self.fail(error)
            raise
        except lmdb.MapFullError:
            raise
        except lmdb.PanicError as error:
            raise self._unknown(error) from error
        except lmdb.Error as error:
            raise (wrap_engine_error(error) if self.ready else HandleClosedError()) from error
        # Committed: nothing that fails from here on may say otherwise.
        with suppress(lmdb.Error):
            self.guard.fill_up((self.engine.info()["last_pgno"] + 1) * self.page_bytes)

    def _begin_write(self) -> Transaction:
        for _ in range(3):
            try:
                return self.engine.begin(write=True)
            except lmdb.MapResizedError:
                self.grow()
            except lmdb.ReadersFullError:
                self.engine.reader_check()
            except lmdb.InvalidParameterError as error:
                # The mutex in the lock file was destroyed: another process took itself for the only one.
                self.fail(LockLostError(f"the engine's mutex is gone: {error}"))
                raise LockLostError(f"the engine's mutex is gone: {error}") from error
            except lmdb.PanicError as error:
                raise self._unknown(error) from error
            except lmdb.Error as error:
                raise (wrap_engine_error(error) if self.ready else HandleClosedError()) from error
        raise EngineError("no write transaction: other processes keep growing the file or filling the reader table")

    def _check_transaction(self, transaction: Transaction) -> None:
        self.guard.check_transaction(newest=self.engine.info()["last_txnid"], own=transaction.id())

    def _commit(self, transaction: Transaction) -> None:
        number = transaction.id()
        try:
            transaction.commit()
        except lmdb.MapFullError:
            raise  # before anything reached the file
        except lmdb.Error as error:
            full = is_full(error) or (error.code == EIO and self.guard.is_full())
            if full and self._unchanged_since(number):
                raise StoreFullError(str(error)) from error
            raise self._unknown(error) from error

    def _unchanged_since(self, number: int) -> bool:
        """Whether transaction *number* left no trace and the engine goes on."""
        try:
            self.engine.begin(write=True).commit()
            return self.engine.info()["last_txnid"] == number - 1
        except lmdb.Error:
            return False

    def _unknown(self, error: lmdb.Error) -> OutcomeUnknownError:
        self.fail(HandleClosedError())
        return OutcomeUnknownError(str(error))

    def make_room(self) -> None:
        """Grow the map, as the writer, if less than a quarter of it is left. For who can't begin anew."""
        if self.map_bytes < MAP_SIZES[0]:
            used = (self.engine.info()["last_pgno"] + 1) * self.page_bytes
            if self.map_bytes - used < self.map_bytes // 4:
                self.grow()

    def grow(self) -> None:
        """Double the map. Ends the open snapshots of this process; they raise ConflictError."""
        # Never `set_mapsize(0)`: it takes over the size that another process reserved, which may be more than
        # this one is allowed.
        used = (self.engine.info()["last_pgno"] + 1) * self.page_bytes
        size = 2 * max(self.map_bytes, used)
        self.epoch += 1
        try:
            self.engine.set_mapsize(size)
        except lmdb.Error as error:
            if isinstance(error, lmdb.MemoryError):
                self.fail(HandleClosedError())
            raise EngineError(f"no room for a map of {size} bytes: {error}") from error
        self.map_bytes = size
