"""The completeness map of a log at a chosen size, kept in `derived/`. Does I/O.

Format: schemas/FORMAT.md section 7. Unlike a projection it doesn't follow the head: it stands at the size that was last asked
for, which is that of the newest `index_committed`, so that proofs against its root can be made at once. A log asked at a
smaller size than the tables have is folded again from the beginning.

The tables are no evidence: an audit recomputes the map from the records.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import msgspec

from chainlog import digest
from chainlog.errors import ConflictError, UsageError
from chainlog.event.subject import fold
from chainlog.log.reader import Reader, SnapshotReader
from chainlog.store.port import KeyValue, Transaction
from chainlog.tree.map import Claim, path_of
from chainlog.tree.map_table import MapTable

BLOCK_RECORDS: Final = 10_000
_BUCKETS: Final = "completeness.buckets"
_NODES: Final = "completeness.nodes"
_STATE: Final = "completeness.state"
_KEY: Final = b"state"
_VERSION: Final = 2
_PATIENCE: Final = 8


class _State(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How far the tables are. size, last_hash: the records taken in and the hash of the last. subjects: how many there are."""

    version: int = _VERSION
    size: int = 0
    last_hash: bytes = digest.ZERO
    subjects: int = 0


_state: Final = msgspec.msgpack.Decoder(_State).decode


class MapProof(NamedTuple):
    """What the map says of a subject, None if nothing, and the proof of it."""

    subject: str
    claim: Claim | None
    proof: bytes


class MapAt:
    """The map at one size, for as long as the transaction is open. size, root, subjects: as `index_committed` states them."""

    def __init__(self, transaction: Transaction, state: _State, log_id: bytes) -> None:
        self._table = _table(transaction)
        self._log_id = log_id
        self.size = state.size
        self.subjects = state.subjects
        self.root = self._table.root()

    def prove(self, subject: str) -> MapProof:
        """How many records below the size name *subject*, which is folded, and which is the last; or that none does."""
        name = fold(subject)
        path = path_of(self._log_id, name)
        return MapProof(name, self._table.claim(path), self._table.prove(path))


class CompletenessMap:
    """
    The maps of one log.

    Args:
        reader: of the log. kv: of its `derived/`, or in memory. log_id: 32 bytes.
    """

    def __init__(self, reader: Reader, kv: KeyValue, *, log_id: bytes) -> None:
        self._reader = reader
        self._kv = kv
        self._log_id = log_id

    @contextmanager
    def at(self, size: int) -> Iterator[MapAt]:
        """
        The map of the first *size* records. Close it soon.

        Raises: UsageError for a size that the log hasn't; RecordHashError; ConflictError where other processes ask for other
            sizes all the time; StoreError.
        Cost: some 50 microseconds for each record since the size that was asked for last.
        """
        for _ in range(_PATIENCE):
            try:
                while self._advance(size):
                    pass
            except ConflictError:
                # The file had to grow, or can't be written: nothing was.
                continue
            with self._kv.read() as transaction:
                state = _read(transaction)
                if state.size == size:
                    yield MapAt(transaction, state, self._log_id)
                    return
        raise ConflictError(f"the map of {size} records is taken elsewhere again and again")

    def _advance(self, size: int) -> bool:
        """Fold one block towards *size*. Whether there is more to do."""
        with self._reader.snapshot() as log:
            if not 0 <= size <= log.size:
                raise UsageError(f"there is no map of {size} records in a log of {log.size}")
            with self._kv.read() as transaction:
                state = _read(transaction)
            if state.size == size and state == _belonging(state, log):
                return False
            with self._kv.write() as transaction:
                state = _belonging(_read(transaction), log)
                if state.size > size or state == _State():
                    state = _State()
                    for name in (_BUCKETS, _NODES):
                        transaction.clear(name)
                state = _fold(transaction, log, state, min(size, state.size + BLOCK_RECORDS), self._log_id)
                transaction.table(_STATE).put(_KEY, msgspec.msgpack.encode(state))
            return state.size < size


def _table(transaction: Transaction) -> MapTable:
    return MapTable(transaction.table(_BUCKETS), transaction.table(_NODES))


def _read(transaction: Transaction) -> _State:
    data = transaction.table(_STATE).get(_KEY)
    state = _State() if data is None else _state(data)
    return state if state.version == _VERSION else _State()


def _belonging(state: _State, log: SnapshotReader) -> _State:
    """The state if its tables were made from this log, else that of empty tables."""
    if state.size > log.size:
        return _State()
    last = log.read(state.size - 1).record_hash if state.size else digest.ZERO
    return state if last == state.last_hash else _State()


def _fold(transaction: Transaction, log: SnapshotReader, state: _State, stop: int, log_id: bytes) -> _State:
    claims: dict[str, Claim] = {}
    last = state.last_hash
    for entry in log.read_range(state.size, stop):
        last = entry.record_hash
        for subject, link in zip(entry.event.subjects, entry.record.links, strict=True):
            claims[subject] = Claim(link[0] + 1, last)
    new = _table(transaction).update((path_of(log_id, subject), claim) for subject, claim in claims.items())
    return _State(_VERSION, stop, last, state.subjects + new)
