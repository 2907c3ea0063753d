"""Trees for tests: a reader over a list of leaves, and a large one whose leaves are made as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from chainlog.digest import record_hash
from chainlog.errors import StoreError
from chainlog.tree.merkle import Frontier
from chainlog.tree.tiles import build_tiles, tile_root

LEAVES = [record_hash(i.to_bytes(4, "big")) for i in range(2_000)]


class ListTree:
    """What `proofs` reads of a tree, from its leaves; it counts what is asked."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = leaves
        self.frontier = Frontier.empty().extend(leaves)
        made = build_tiles(leaves, old_size=0, read_leaf_hashes=lambda _, __: [], read_tile=lambda _, __: None)
        self.tiles = {(level, number): data for level, number, data in made}
        self.asked = 0

    def tile(self, level: int, number: int) -> bytes | None:
        self.asked += 1
        return self.tiles.get((level, number))

    def tile_root(self, level: int, number: int) -> bytes:
        data = self.tile(level, number)
        if data is None:
            raise StoreError("no such tile")
        return tile_root(data)

    def leaf_hashes(self, start: int, stop: int) -> Sequence[bytes]:
        # Only those of the tile that isn't full: the others lie in tiles.
        assert len(self.leaves) // 256 * 256 <= start < stop <= len(self.leaves)
        return self.leaves[start:stop]
