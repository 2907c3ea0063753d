"""The embedded engine: a log's truth in LMDB. Does I/O. Layout of the tables: schemas/FORMAT.md section 9.

`append=True` is asked for records only, and its result is checked: out of order the engine stores nothing and
says so in a count. Durability has no option.

Known limits: writes on Linux, on a local file system. While a snapshot is open, freed pages can't be used
again, so the file grows; a read-only handle keeps writers waiting instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple

import lmdb

from chainlog.digest import ZERO
from chainlog.errors import (
    ConflictError,
    DuplicateIdError,
    EngineError,
    HandleClosedError,
    LockLostError,
    LogExistsError,
    NotALogError,
    ReadOnlyError,
    StoreFullError,
)
from chainlog.store.blocks import check_block
from chainlog.store.files import DIRECTORY_MODE, LOCK_NAME, appearing, check_local, made_directory, wrap_os_error
from chainlog.store.guard import directory_turn
from chainlog.store.lmdb_attach import attach, detach
from chainlog.store.lmdb_engine import Transaction, create_engine, wrap_engine_error
from chainlog.store.lmdb_env import LmdbEnvironment
from chainlog.store.lmdb_snapshot import HEAD_KEY, LAST_KEY, SUBJECT, TABLES, TILE_KEY, U64, LmdbSnapshot
from chainlog.store.port import META, Block

TRUTH = "truth"

_FORMAT = "format"
_GROWTHS_MAX = 40  # doublings: more than any address space
_DAMAGED = "run chainlog verify"

_Items = list[tuple[bytes, bytes]]


class _Rows(NamedTuple):
    """A block as the rows of the tables, each sorted by key."""

    records: _Items
    ids: _Items
    subjects: _Items
    tiles: _Items
    checkpoints: _Items
    head: _Items


class LmdbStore:
    """
    A log's truth, kept in `LOG/truth/`. Implements the Store port; get one from `create` or `open`.

    All handles of a process on one log share one engine. A handle goes on working in the child of a fork, where
    it opens its own engine, unless a transaction was open in the moment of forking.
    """

    def __init__(self, log: Path, environment: LmdbEnvironment, *, read_only: bool) -> None:
        self.path = log
        self.read_only = read_only
        self._attached: LmdbEnvironment | None = environment
        self._format: bytes | None = None  # what the tables say of their version when a writer opens them

    # --- beginning and end ----------------------------------------------------------------------

    @classmethod
    def create(cls, path: str | os.PathLike[str], *, meta: Mapping[str, bytes] = META) -> LmdbStore:
        """
        Make an empty store in the new or empty directory *path* (then of mode 0700) and open it.

        A crash leaves no half-made store: after one, `create` can be called again.
        Raises LogExistsError, NetworkFileSystemError, StoreFullError, StoreError.
        """
        log = Path(path)
        with _new_log(log), appearing(log / TRUTH) as new:
            engine = create_engine(new)
            try:
                with engine.begin(write=True) as transaction:
                    for name in TABLES:
                        engine.open_db(name.encode(), txn=transaction)
                    table = engine.open_db(b"meta", txn=transaction)
                    for key, value in meta.items():
                        transaction.put(key.encode(), value, db=table)
            except lmdb.Error as error:
                raise wrap_engine_error(error) from error
            finally:
                engine.close()
            (new / LOCK_NAME).unlink()
        return cls.open(log)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, read_only: bool = False) -> LmdbStore:
        """
        Open the store in the log directory *path*.

        *read_only* is for evidence: no file is made and no byte or time changes; should the log be live all the
        same, its writers wait while a snapshot is open. Raises NotALogError, NetworkFileSystemError,
        ReadOnlyError, BusyError, StoreError. Cost: about 1 ms at any size.
        """
        log = Path(path)
        environment = attach(log / TRUTH, read_only=read_only)
        store = cls(log, environment, read_only=read_only)
        try:
            missing = [name for name in TABLES if name not in environment.tables]
            if missing:
                raise NotALogError(path=log, detail=f"no table {missing[0]}")
            if environment.seen is None:
                with store.snapshot() as snapshot:
                    environment.seen = _state(snapshot)
            if not read_only:
                with store.snapshot() as snapshot:
                    store._format = snapshot.meta(_FORMAT)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Release the handle; the last one of the process closes the engine. Twice is fine."""
        environment, self._attached = self._attached, None
        if environment is not None:
            detach(environment)

    def _environment(self) -> LmdbEnvironment:
        if self._attached is None:
            raise HandleClosedError
        return self._attached

    # --- reading --------------------------------------------------------------------------------

    def snapshot(self) -> LmdbSnapshot:
        """
        The state at the newest commit, as a context manager. Keep it short: seconds, not hours.

        Raises HandleClosedError, FileReplacedError, EngineError. Cost: about 1 µs.
        """
        if self._attached is None:
            raise HandleClosedError
        return LmdbSnapshot(self._attached)

    def backup(self, target: str | os.PathLike[str]) -> None:
        """
        Copy the newest commit, page by page, into the new or empty directory *target*, durably.

        Writers go on meanwhile. Raises LogExistsError, StoreFullError, StoreError.
        """
        log = Path(target)
        environment = self._environment()
        # The snapshot keeps the engine alive and, on a read-only handle, writers out; the copy is a newer commit.
        with _new_log(log), appearing(log / TRUTH) as new, self.snapshot() as snapshot:
            try:
                environment.engine.copy(os.fspath(new), compact=False)
            except lmdb.Error as error:
                raise snapshot.wrap(error) from error

    # --- writing --------------------------------------------------------------------------------

    def exclusive(self, *, timeout_s: float) -> AbstractContextManager[None]:
        """
        Be the one writer, over threads and processes. Not reentrant.

        Raises BusyError after *timeout_s*, ReadOnlyError, HandleClosedError, LockLostError.
        """
        if self.read_only:
            raise ReadOnlyError(os.fspath(self.path))
        return self._environment().turn(timeout_s)

    def commit(self, block: Block, *, expected: tuple[int, bytes]) -> None:
        """
        Add *block* durably if the head is (size, last record hash) = *expected*. Inside `exclusive`.

        Raises ConflictError, DuplicateIdError, StoreFullError, LockLostError, FileReplacedError, NotALogError where
        another release gave the tables another version meanwhile, OutcomeUnknownError (the store is closed then).
        Cost: one synced commit, 12 µs for the guard and about 1.5 µs a record. Ends the open snapshots of this process
        when the map of the file had to grow.
        """
        environment = self._environment()
        check_block(block, expected)
        rows = _rows(block)
        for _ in range(_GROWTHS_MAX):
            try:
                with environment.writing() as transaction:
                    self._check_format(environment, transaction)
                    state = _check_state(environment, transaction, expected)
                    _put(environment, transaction, rows)
            except lmdb.MapFullError:
                environment.grow()
            else:
                size = block.first + len(block.records)
                environment.seen = (size, block.last_hash, block.records[-1]) if block.records else state
                return
        raise StoreFullError(f"the map of the file was doubled {_GROWTHS_MAX} times and is still full")

    def _check_format(self, environment: LmdbEnvironment, transaction: Transaction) -> None:
        """Raise NotALogError if the tables are no longer of the version that this handle knows."""
        found = transaction.get(_FORMAT.encode(), db=environment.tables["meta"])
        if found != self._format:
            detail = f"its tables became of version {found!r} while they were open as {self._format!r}"
            raise NotALogError(path=self.path, detail=detail)


@contextmanager
def _new_log(log: Path) -> Iterator[None]:
    """The directory of a log to be, made if it is missing, emptied of what a crash left, kept for this process."""
    try:
        with made_directory(log):
            if not log.is_dir():
                raise LogExistsError(path=log)
            with directory_turn(log):
                if any(not entry.name.startswith(f".{TRUTH}.new-") for entry in log.iterdir()):
                    raise LogExistsError(path=log)
                fd = os.open(log, os.O_RDONLY)
                try:
                    check_local(fd, log)
                finally:
                    os.close(fd)
                log.chmod(DIRECTORY_MODE)
                yield
    except OSError as error:
        raise wrap_os_error(error, log) from error


def _rows(block: Block) -> _Rows:
    pack, pack_head = U64.pack, SUBJECT.pack
    keys = map(pack, range(block.first, block.first + len(block.records)))
    size = block.first + len(block.records)
    return _Rows(
        records=list(zip(keys, block.records, strict=True)),
        ids=sorted([(event_id, pack(index)) for event_id, index in block.ids]),
        subjects=sorted(
            [
                (subject.encode(), pack_head(head.count, head.index, head.record_hash))
                for subject, head in block.subjects
            ]
        ),
        tiles=sorted((TILE_KEY.pack(level, number), tile) for level, number, tile in block.tiles)
        if block.tiles
        else [],
        checkpoints=sorted((pack(at), note) for at, note in block.checkpoints) if block.checkpoints else [],
        head=[(HEAD_KEY, block.head), (LAST_KEY, pack(size) + block.last_hash)],
    )


def _put(environment: LmdbEnvironment, transaction: Transaction, rows: _Rows) -> None:
    """Write the rows; raise DuplicateIdError, or EngineError if a record stands beyond the size."""
    tables = environment.tables
    if rows.records:
        counts = transaction.cursor(db=tables["records"]).putmulti(rows.records, overwrite=False, append=True)
        if counts != (len(rows.records), len(rows.records)):
            raise EngineError(f"records stand beyond the size that the store states; {_DAMAGED}")
        # Not overwriting is the check that ids are unique.
        counts = transaction.cursor(db=tables["ids"]).putmulti(rows.ids, overwrite=False)
        if counts != (len(rows.ids), len(rows.ids)):
            raise _duplicate(environment, transaction, rows.ids)
    for name, items in (("subjects", rows.subjects), ("tiles", rows.tiles), ("checkpoints", rows.checkpoints)):
        if items:
            transaction.cursor(db=tables[name]).putmulti(items)
    transaction.cursor(db=tables["head"]).putmulti(rows.head)


def _duplicate(environment: LmdbEnvironment, transaction: Transaction, ids: _Items) -> DuplicateIdError:
    for event_id, index in ids:
        stored = transaction.get(event_id, db=environment.tables["ids"])
        if stored is not None and stored != index:
            return DuplicateIdError(event_id=event_id, index=int.from_bytes(stored, "big"))
    raise AssertionError("the engine refused an id that it doesn't hold")


def _check_state(
    environment: LmdbEnvironment, transaction: Transaction, expected: tuple[int, bytes]
) -> tuple[int, bytes, bytes]:
    """
    The state inside the write transaction, which must continue the one last seen and be the *expected* one.

    The last record itself is remembered, not a hash of it: it holds the previous one's hash, so while it stands
    unchanged at its index, so does everything below.
    """
    records = environment.tables["records"]
    value = transaction.get(LAST_KEY, db=environment.tables["head"])
    size, last_hash = (0, ZERO) if value is None else (U64.unpack_from(value)[0], value[8:])
    if environment.seen is not None:
        seen_size, seen_hash, seen_record = environment.seen
        stands = size >= seen_size and (size != seen_size or last_hash == seen_hash)
        if stands and seen_size:
            stands = (transaction.get(U64.pack(seen_size - 1), db=records) or b"") == seen_record
        if not stands:
            raise LockLostError(f"the first {seen_size} records are not those seen before; the file has {size}")
    if (size, last_hash) != expected:
        raise ConflictError(f"the log has {size} records now, the block follows {expected[0]}")
    last = transaction.get(U64.pack(size - 1), db=records) if size else b""
    if last is None:
        raise EngineError(f"the store states {size} records, but the last is missing; {_DAMAGED}")
    return size, last_hash, last


def _state(snapshot: LmdbSnapshot) -> tuple[int, bytes, bytes]:
    size, last_hash = snapshot.last()
    return size, last_hash, (snapshot.record(size - 1) or b"") if size else b""
