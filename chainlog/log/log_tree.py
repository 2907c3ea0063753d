"""The tree of one state of a log, for proofs: its full tiles, its edge, the records of the unfinished tile. Reads the store.

Nothing is trusted here: a proof made from it is checked against the signed head.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from chainlog import digest
from chainlog.errors import NotALogError, StoreError
from chainlog.log.head import decode_head
from chainlog.store.port import Snapshot
from chainlog.tree.merkle import Frontier
from chainlog.tree.tiles import tile_root

_REMEMBERED_MAX: Final = 4_096


class TileRoots:
    """Roots of full tiles that were hashed before. A full tile never changes; one of these serves one log. Thread-safe."""

    def __init__(self) -> None:
        self._roots: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def get(self, level: int, number: int) -> bytes | None:
        """The root, or None."""
        return self._roots.get((level, number))

    def put(self, level: int, number: int, root: bytes) -> None:
        """Remember a root; the oldest of 4,096 is forgotten."""
        self._roots[level, number] = root
        while len(self._roots) > _REMEMBERED_MAX:
            self._roots.popitem(last=False)


class LogTree:
    """
    A `tree.proofs.TreeReader` over one snapshot.

    Args:
        snapshot: open for as long as this is used. roots: what was hashed before; nothing by default.

    Raises: NotALogError for a log without head; FormatError for one that can't be read.
    """

    def __init__(self, snapshot: Snapshot, roots: TileRoots | None = None) -> None:
        head = snapshot.head
        if head is None:
            raise NotALogError("it has no head", path="")
        self._snapshot = snapshot
        self._roots = TileRoots() if roots is None else roots
        self.frontier: Frontier = decode_head(head).frontier

    def tile(self, level: int, number: int) -> bytes | None:
        """A full tile, or None."""
        return self._snapshot.tile(level, number)

    def tile_root(self, level: int, number: int) -> bytes:
        """Root of a full tile. Raises StoreError where it is missing, FormatError where its length is another."""
        root = self._roots.get(level, number)
        if root is None:
            tile = self._snapshot.tile(level, number)
            if tile is None:
                raise StoreError(f"tile {number} of level {level} is missing")
            root = tile_root(tile)
            self._roots.put(level, number, root)
        return root

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """Record hashes in [start, stop), as many as there are."""
        return [digest.record_hash(data) for _, data in self._snapshot.records(start, stop)]
