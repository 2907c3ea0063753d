"""The port between the log and whatever keeps its bytes: a contract in words, and the types it speaks.

An engine keeps records and what is derived from them in the same commit. It does no cryptography and
knows nothing of events. The log asks it for one primitive, `commit`: *add this block if the head is
still (size, last record hash)*. Every engine passes tests/contracts/store_contract.py.

The contract:

1. **All or nothing.** After `commit` returns, everything in the block is there for every later snapshot in
   every process, after kill -9 and after power loss. If it raises anything but `OutcomeUnknownError`,
   nothing of the block is there. After `OutcomeUnknownError` the store is closed.
2. **Order.** Records are at indexes 0, 1, 2 … without gaps. A block whose `first` is not the size, or whose
   `expected` is not (size, last record hash), raises `ConflictError` and writes nothing.
3. **Ids are unique.** A block that names an id already there raises `DuplicateIdError` with the index.
4. **Snapshots don't change.** What a snapshot answers is the state at one commit, until it is closed.
5. **One writer.** `exclusive` gives one holder at a time, over threads and processes, or `BusyError` after the
   timeout. `commit` is called only inside it, by its holder.
6. **Bytes come back as they went in.** Nothing is parsed, clamped or re-encoded.
7. **Nothing is created by opening.** `create` makes a store in a new or empty directory, or refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, Protocol

from chainlog import limits
from chainlog.record.record import SubjectHead as SubjectHead

META: Final[Mapping[str, bytes]] = {"format": b"%d" % limits.FORMAT_VERSION}
"""What a new log's store says of itself: the version of its tables, schemas/FORMAT.md section 9."""


class Block(NamedTuple):
    """
    What one commit adds.

    first: index of the first record.
    records: encoded records, one after the other from *first*.
    ids: (event id of 16 bytes, index), one for each record, in any order.
    subjects: (subject, its new head), each subject once, in any order.
    tiles: (level, number, 8,192 bytes) of each tile that the block completes.
    head: the new head as one value, opaque here (`log.head`).
    checkpoints: (size, signed note) to keep beside the newest.
    last_hash: record hash of the block's last record.
    """

    first: int
    records: Sequence[bytes]
    ids: Sequence[tuple[bytes, int]]
    subjects: Sequence[tuple[str, SubjectHead]]
    tiles: Sequence[tuple[int, int, bytes]]
    head: bytes
    checkpoints: Sequence[tuple[int, bytes]]
    last_hash: bytes


class Snapshot(Protocol):
    """The store at one commit. Cheap; close it soon: while one is open, freed pages can't be used again."""

    @property
    def size(self) -> int:
        """How many records there are."""

    @property
    def last_hash(self) -> bytes:
        """Record hash of the last record, as the commit that wrote it said; 32 zero bytes when empty."""

    @property
    def head(self) -> bytes | None:
        """The newest head, as it was given; None when empty."""

    def record(self, index: int) -> bytes | None:
        """The record at *index*, or None."""

    def records(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """(index, record) in [start, stop), ascending, as many as there are."""

    def unbroken(self, start: int, stop: int) -> list[bytes]:
        """The records at start, start + 1, … below *stop*, up to the first that is missing. Cheaper than `records`."""

    def subject(self, subject: str) -> SubjectHead | None:
        """The head of *subject*, or None if no event names it."""

    def subjects(self, prefix: str = "") -> Iterator[tuple[str, SubjectHead]]:
        """All subjects that begin with *prefix*, ascending by UTF-8 bytes."""

    def index_of(self, event_id: bytes) -> int | None:
        """Where the event with this id stands, or None."""

    def tile(self, level: int, number: int) -> bytes | None:
        """A full tile of 256 hashes, or None."""

    def checkpoint(self, size: int) -> bytes | None:
        """The kept checkpoint of exactly this size, or None."""

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """All kept checkpoints, ascending by size."""

    def meta(self, key: str) -> bytes | None:
        """A value set at creation."""


class Store(Protocol):
    """An open store. Handles are safe to use from several threads."""

    read_only: bool

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """
        The state at the newest commit.

        Raises: HandleClosedError, FileReplacedError, EngineError; BusyError for a read-only store of a log that is being
        written; ConflictError if the file outgrew the map while it was opened: ask again.
        """

    def exclusive(self, *, timeout_s: float) -> AbstractContextManager[None]:
        """Be the one writer. Not reentrant. Raises BusyError after *timeout_s*, ReadOnlyError, LockLostError."""

    def commit(self, block: Block, *, expected: tuple[int, bytes]) -> None:
        """
        Add *block* durably if the head is (size, last record hash) = *expected*; see the contract above.

        A block may hold no records: a head that was signed again, or a checkpoint to keep. A KeyboardInterrupt that comes
        out of it may mean either: ask by id.
        """

    def close(self) -> None:
        """Release the handle. Calling it twice is fine."""


class Table(Protocol):
    """One sorted map of bytes to bytes inside a transaction of `KeyValue`."""

    def get(self, key: bytes) -> bytes | None: ...

    def put(self, key: bytes, value: bytes) -> None: ...

    def delete(self, key: bytes) -> None: ...

    def put_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Put all; *items* ascend by key. The fast way to write many."""

    def scan(self, start: bytes = b"", stop: bytes | None = None) -> Iterator[tuple[bytes, bytes]]:
        """Items with start <= key < stop, ascending. The table isn't changed while scanning."""

    def scan_back(self, before: bytes, stop: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Items with stop <= key < before, descending."""


class KeyValue(Protocol):
    """
    Named tables with transactions, for what can be rebuilt (`derived/`) and for boxes (`sealed/`).

    A transaction that ends without exception is committed whole. Keys are 1 to 500 bytes.
    """

    read_only: bool

    def read(self) -> AbstractContextManager[Transaction]: ...

    def write(self, *, timeout_s: float = 30.0) -> AbstractContextManager[Transaction]: ...

    def close(self) -> None: ...


class Transaction(Protocol):
    def table(self, name: str) -> Table:
        """The table *name* (`[a-z0-9_.-]{1,64}`); made on first use in a write, empty in a read."""

    def clear(self, name: str) -> None:
        """Empty a table. Writes only."""
