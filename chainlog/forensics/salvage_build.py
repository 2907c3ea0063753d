"""Writing the records of a log that can be saved into a new one: admitted one after the other, byte for byte. Does I/O.

What is written has no signed head: no handle opens it as a log until somebody puts one there (`forensics.salvage_end`).
"""

from __future__ import annotations

import shutil
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from chainlog import limits
from chainlog.authority.admit import admit
from chainlog.authority.state import Authority, is_registry
from chainlog.errors import FormatError
from chainlog.forensics.registration import apply_registry
from chainlog.forensics.salvage_path import Way
from chainlog.log.head import Head
from chainlog.log.overlay import Overlay
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, check_record
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.port import Block, Snapshot
from chainlog.tree.merkle import Frontier
from chainlog.tree.tiles import build_tiles

_BLOCK: Final = 1_000
_TRIES: Final = 64
_TIMEOUT_S: Final = 30.0
# Said of a record that may stand all the same.
_REMARKS: Final = frozenset({"unknown-kind"})


class Built(NamedTuple):
    """
    The records that were saved.

    size: how many. confirmed: of each beginning, how many records a person's signature vouches for, who signed on the last
    of them. stopped: why
    the record after them may not stand; empty where there is none. roots: of the trees whose sizes were asked for.
    hashes: of the records, one after the other.
    """

    size: int
    last_hash: bytes
    root: bytes
    frontier: Frontier
    confirmed: array[int]
    stopped: str
    roots: dict[int, bytes]
    authority: Authority
    hashes: bytes

    def confirmed_of(self, size: int) -> int:
        """How many of the first *size* records, at least 1, are vouched for by a signature among them."""
        return self.confirmed[size - 1] if size <= self.size else self.confirmed[-1]

    def at(self, index: int) -> bytes:
        """The hash of a record; empty beyond."""
        return self.hashes[index * limits.HASH_BYTES : (index + 1) * limits.HASH_BYTES]


def build(log: Path, way: Way, *, log_id: bytes, sizes: Sequence[int], limit: int | None = None) -> Built:
    """
    Write what *way* leads to and admission lets stand into the new directory *log*.

    Args:
        sizes: of trees whose roots are wanted. limit: go no further than so many records.

    Raises: StoreError. Cost: some 200 µs a record, its signatures included.
    """
    for left in range(_TRIES, -1, -1):
        shutil.rmtree(log, ignore_errors=True)
        store = LmdbStore.create(log)
        try:
            built, refused = _Builder(store, log_id, frozenset(sizes), limit).build(way)
        finally:
            store.close()
        if refused is None or not way.branched or not left:
            return built
        # There is another way on, which may be the right one.
        way.ban(built.size, refused)
    raise AssertionError("the last try returns")


class _Builder:
    def __init__(self, store: LmdbStore, log_id: bytes, sizes: frozenset[int], limit: int | None) -> None:
        self._store = store
        self._log_id = log_id
        self._sizes = sizes
        self._limit = limit
        self._authority = Authority()
        self._frontier = Frontier.empty()
        self._roots: dict[int, bytes] = {}
        self._tail: list[bytes] = []
        self._confirmed = array("Q")
        self._hashes = bytearray()

    def build(self, way: Way) -> tuple[Built, bytes | None]:
        """What was built, and the hash of the record that was refused."""
        walk, refused, stopped, more = way.walk(), None, "", True
        with self._store.exclusive(timeout_s=_TIMEOUT_S):
            while more:
                with self._store.snapshot() as snapshot:
                    overlay = Overlay(snapshot)
                    more = False
                    while len(overlay.records) < _BLOCK and overlay.size != self._limit:
                        record_hash, row = next(walk, (b"", None))
                        if row is None:
                            break
                        checked = check_record(row.data)
                        stopped = self._problem(checked, overlay)
                        if stopped:
                            refused = record_hash
                            break
                        overlay.add(checked)
                        self._take(checked)
                    else:
                        more = overlay.size != self._limit
                    self._commit(snapshot, overlay)
            with self._store.snapshot() as snapshot:
                size, last_hash = snapshot.size, snapshot.last_hash
        root = self._frontier.root()
        built = Built(
            size, last_hash, root, self._frontier, self._confirmed, stopped, self._roots, self._authority,
            bytes(self._hashes),
        )  # fmt: skip
        return built, refused

    def _problem(self, checked: CheckedRecord, overlay: Overlay) -> str:
        """Why a record may not stand next; empty if it may."""
        try:
            problems = admit(checked, self._authority, overlay, log_id=self._log_id, verify=keys.verify)
        except FormatError as error:
            return error.text("en")
        return next((problem.code for problem in problems if problem.code not in _REMARKS), "")

    def _take(self, checked: CheckedRecord) -> None:
        if is_registry(checked.event.event) and checked.event.kind is not None:
            apply_registry(self._authority, checked)
        self._frontier = self._frontier.append(checked.record_hash)
        self._hashes += checked.record_hash
        if self._frontier.size in self._sizes:
            self._roots[self._frontier.size] = self._frontier.root()
        before = self._confirmed[-1] if self._confirmed else 0
        self._confirmed.append(max(before, checked.record.base[0] + 1) if checked.record.index else 0)

    def _commit(self, snapshot: Snapshot, overlay: Overlay) -> None:
        if not overlay.records:
            return
        tiles = build_tiles(
            overlay.hashes,
            old_size=snapshot.size,
            read_leaf_hashes=lambda start, stop: self._tail[len(self._tail) - (stop - start) :],
            read_tile=snapshot.tile,
        )
        self._store.commit(
            Block(
                first=snapshot.size,
                records=overlay.records,
                ids=overlay.ids,
                subjects=list(overlay.heads.items()),
                tiles=tiles,
                head=Head(overlay.size, overlay.last_hash, self._frontier, b"").encoded(),
                checkpoints=(),
                last_hash=overlay.last_hash,
            ),
            expected=(snapshot.size, snapshot.last_hash),
        )
        self._tail = [*self._tail, *overlay.hashes][-limits.TILE_HASHES :]


def put_heads(log: Path, head: Head, checkpoints: Mapping[int, bytes]) -> None:
    """Store *head*, of exactly the records in *log*, and the checkpoints that are kept, by size. Raises StoreError."""
    store = LmdbStore.open(log)
    try:
        with store.exclusive(timeout_s=_TIMEOUT_S):
            store.commit(
                Block(
                    first=head.size, records=(), ids=(), subjects=(), tiles=(), head=head.encoded(),
                    checkpoints=sorted(checkpoints.items()), last_hash=head.last_hash,
                ),
                expected=(head.size, head.last_hash),
            )  # fmt: skip
    finally:
        store.close()
