"""Whether the records are, bit for bit, those that the signed head covers: hashes only. Reads the store.

This is no audit: who signed, what follows from what, and the indexes beside the records are not looked at. It answers what
a log can ask of itself each night: has anything that was checked when it came in become another?
"""

from __future__ import annotations

from typing import Final, NamedTuple

from chainlog.digest import record_hash
from chainlog.errors import CheckpointError, RecordHashError
from chainlog.limits import TILE_HASHES
from chainlog.log.head import Head
from chainlog.log.reader import Reader
from chainlog.store.port import Store
from chainlog.tree.merkle import Frontier, packed_root

_BATCH: Final = 16 * TILE_HASHES
"""Records a snapshot: a few milliseconds, so that pages needn't be held back for the whole."""


class VerifiedPrefix(NamedTuple):
    """Records 0 … size-1 are those under *root*, 32 bytes, which the log key signed; *last_hash* is of the last one."""

    size: int
    root: bytes
    last_hash: bytes


def verified_prefix(store: Store, head: Head) -> VerifiedPrefix:
    """
    Hash every record below a head and compare the root of their tree with it.

    Args:
        head: whose signature was verified (`log.head.check_head`).

    Raises: RecordHashError naming the first record that is missing or isn't the one its successor names; CheckpointError where
        they follow each other and yet are not those that were signed; StoreError.

    Cost: reading and hashing, and a hash more a record: about one and a half times the first two. Memory: some 4,000 records.
    """
    frontier = Frontier.empty()
    last: bytes | None = None
    for start in range(0, head.size, _BATCH):
        hashes = _hashes(store, start, min(start + _BATCH, head.size))
        full = len(hashes) - len(hashes) % TILE_HASHES
        roots = [packed_root(b"".join(hashes[i : i + TILE_HASHES])) for i in range(0, full, TILE_HASHES)]
        frontier = frontier.extend_tiles(roots).extend(hashes[full:])
        last = hashes[-1]
    root = frontier.root()
    if (root, last) != (head.frontier.root(), head.last_hash):
        for _ in Reader(store).read_range(0, head.size):
            pass  # raises at the first that its successor doesn't name
        raise CheckpointError("the records are not those that the log key signed; run chainlog verify")
    return VerifiedPrefix(head.size, root, head.last_hash)


def _hashes(store: Store, start: int, stop: int) -> list[bytes]:
    with store.snapshot() as snapshot:
        records = snapshot.unbroken(start, stop)
    if len(records) < stop - start:
        raise RecordHashError(index=start + len(records))
    return [record_hash(data) for data in records]
