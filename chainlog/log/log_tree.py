"""The tree of one state of a log, for proofs: its full tiles, its edge, the records of the unfinished tile. Reads the store.

Nothing is trusted here: a proof made from it is checked against the signed head. What is kept beside the log (`log.kept_roots`)
is worth less still: none of it is used before it was compared with the edge that the head states, so that no false root
spoils a proof, or lets a receipt accuse a log that holds what it gave it for.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import Final, Protocol

from chainlog import digest
from chainlog.errors import FormatError, NotALogError, StoreError
from chainlog.limits import HASH_BYTES, TILE_HASHES
from chainlog.log.head import decode_head
from chainlog.log.kept_roots import KeptRoots
from chainlog.store.port import Snapshot
from chainlog.tree.merkle import Frontier, split_hashes
from chainlog.tree.tiles import tile_root

_REMEMBERED_MAX: Final = 4_096


class Tiles(Protocol):
    """The edge of a tree, and its full tiles."""

    @property
    def frontier(self) -> Frontier: ...

    def tile(self, level: int, number: int) -> bytes | None: ...


class TileRoots:
    """
    Roots of full tiles that were hashed before. A full tile never changes; one of these serves one log. Thread-safe.

    Args:
        kept: what earlier processes hashed, and where what is hashed here is kept for later ones. Of it nothing is used that
            doesn't lead to the edge of the tree; what doesn't is hashed again and replaced.
    """

    def __init__(self, kept: KeptRoots | None = None) -> None:
        self._roots: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._kept = kept

    def get(self, level: int, number: int) -> bytes | None:
        """The root, or None."""
        return self._roots.get((level, number))

    def put(self, level: int, number: int, root: bytes) -> None:
        """Remember a root; the oldest of 4,096 is forgotten."""
        self._roots[level, number] = root
        while len(self._roots) > _REMEMBERED_MAX:
            self._roots.popitem(last=False)

    def root(self, tree: Tiles, level: int, number: int) -> bytes:
        """
        Root of a full tile of *tree*. Raises StoreError where it is missing, FormatError where its length is another.

        Cost: nothing for what is remembered, else 255 hashes. Where roots are kept, some 100 µs at a million records the first
        time in a process; and what was never hashed of the unfinished tile above is hashed at once: 255 hashes for each root
        that came since, 65,000 at most for a log that never proved before.
        """
        if (level, number) not in self._roots and self._kept is not None:
            # Damage to a tile that nobody asked for is no reason to fail.
            with suppress(StoreError, FormatError):
                self._take_kept(tree, level, number, self._kept)
        return self._hashed(tree, level, number)

    def _hashed(self, tree: Tiles, level: int, number: int) -> bytes:
        root = self._roots.get((level, number))
        if root is None:
            tile = tree.tile(level, number)
            if tile is None:
                raise StoreError(f"tile {number} of level {level} is missing")
            root = tile_root(tile)
            self.put(level, number, root)
        return root

    def _take_kept(self, tree: Tiles, level: int, number: int, kept: KeptRoots) -> None:
        """Remember all hashes of the unfinished tile that holds this root, and keep those that weren't kept."""
        above = level + 1
        last, count = divmod(tree.frontier.size // TILE_HASHES**above, TILE_HASHES)
        if number // TILE_HASHES != last:
            return
        tiles = kept.read()
        of, data = tiles.get(above, (last, b""))
        known = split_hashes(data[: count * HASH_BYTES]) if of == last and len(data) % HASH_BYTES == 0 else []
        if len(known) < count and not kept.is_kept():
            return
        first = last * TILE_HASHES
        # What was kept with what came since; where that is false, all anew.
        for begun in (known, []):
            roots = begun + [self._hashed(tree, level, first + place) for place in range(len(begun), count)]
            if _lead_to_edge(tree.frontier, above, roots):
                for place, root in enumerate(roots):
                    self.put(level, first + place, root)
                if len(begun) < count:
                    kept.write({**tiles, above: (last, b"".join(roots))})
                return


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
        return self._roots.root(self, level, number)

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        """Record hashes in [start, stop), as many as there are without a gap."""
        return [digest.record_hash(data) for data in self._snapshot.unbroken(start, stop)]


def _lead_to_edge(frontier: Frontier, level: int, hashes: list[bytes]) -> bool:
    """Whether these, all that the unfinished tile of a level has, make the complete subtrees at the edge that lie over it."""
    count = frontier.size // TILE_HASHES**level
    larger, here = (count // TILE_HASHES).bit_count(), count.bit_count()
    return Frontier.empty().extend(hashes).roots == frontier.roots[larger:here]
