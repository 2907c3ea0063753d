"""C2SP tiles: 256 hashes of one level of the tree in one value. Which there are, their paths, their bytes. Pure.

Format: schemas/FORMAT.md section 9; c2sp.org/tlog-tiles. Tile *number* of *level* holds, for i = 0 … 255, the
root of the complete subtree over the leaves

    [(number * 256 + i) * 256**level, (number * 256 + i + 1) * 256**level)

so a hash of level n + 1 is the root of a full tile of level n. Only full tiles are stored, each once, when its
last leaf comes; what lies right of them is recomputed from the records.
Known limit: entry bundles (`tile/entries/…`) are none of this module's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from chainlog.errors import FormatError, StoreError
from chainlog.limits import HASH_BYTES, TILE_HASHES, TREE_SIZE_MAX
from chainlog.tree.merkle import packed_root, split_hashes

TILE_BYTES = TILE_HASHES * HASH_BYTES
TILE_LEVEL_MAX = 63

_PATH = re.compile(r"tile/([0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


class TileAddress(NamedTuple):
    """Where a tile stands. width: how many hashes it has, 256 if it is full, else 1 to 255."""

    level: int
    number: int
    width: int


def tile_path(level: int, number: int, *, width: int = TILE_HASHES) -> str:
    """
    The path of a tile below a log's prefix: `tile/0/x001/x234/067`, `tile/1/001.p/17`.

    Args:
        level: 0 to 63.
        number: below 2**63.
        width: 256 for the full tile, 1 to 255 for a partial one.

    Out of range is AssertionError.
    """
    if not (0 <= level <= TILE_LEVEL_MAX and 0 <= number <= TREE_SIZE_MAX and 1 <= width <= TILE_HASHES):
        raise AssertionError(f"there is no tile {number} of level {level} and width {width}")
    path = f"{number % 1000:03}"
    while number >= 1000:
        number //= 1000
        path = f"x{number % 1000:03}/{path}"
    partial = "" if width == TILE_HASHES else f".p/{width}"
    return f"tile/{level}/{path}{partial}"


def parse_tile_path(path: str) -> TileAddress:
    """Inverse of `tile_path`. Raises FormatError for every text that it doesn't give, `.p/256` among them."""
    match = _PATH.fullmatch(path)
    if match is not None:
        level, elements, width = match.groups()
        found = TileAddress(
            int(level), int(elements.replace("x", "").replace("/", "")), int(width) if width else TILE_HASHES
        )
        in_range = found.level <= TILE_LEVEL_MAX and found.number <= TREE_SIZE_MAX and 1 <= found.width <= TILE_HASHES
        if in_range and tile_path(found.level, found.number, width=found.width) == path:
            return found
    raise FormatError("not the path of a tile", path="tile path")


def full_tiles_completed(*, old_size: int, new_size: int) -> list[tuple[int, int]]:
    """(level, number) of each tile that growing from *old_size* to *new_size* leaves fills: levels ascend, then numbers."""
    if not 0 <= old_size <= new_size <= TREE_SIZE_MAX:
        raise AssertionError(f"a tree can't grow from {old_size} to {new_size} leaves")
    tiles: list[tuple[int, int]] = []
    level, old, new = 0, old_size // TILE_HASHES, new_size // TILE_HASHES
    while new:
        tiles.extend((level, number) for number in range(old, new))
        level, old, new = level + 1, old // TILE_HASHES, new // TILE_HASHES
    return tiles


def partial_tiles(size: int) -> list[TileAddress]:
    """The partial tiles of a tree of *size* leaves, at most one a level; they are served, never stored."""
    tiles: list[TileAddress] = []
    level = 0
    while size:
        size, width = divmod(size, TILE_HASHES)
        if width:
            tiles.append(TileAddress(level, size, width))
        level += 1
    return tiles


def split_tile(tile: bytes, *, width: int = TILE_HASHES) -> list[bytes]:
    """The *width* hashes of a tile. Raises FormatError if its length is another."""
    check_tile(tile, width=width)
    return split_hashes(tile)


def check_tile(tile: bytes, *, width: int = TILE_HASHES) -> None:
    """Raise FormatError if a tile doesn't hold *width* hashes."""
    if len(tile) != width * HASH_BYTES:
        raise FormatError(f"{len(tile)} bytes instead of {width * HASH_BYTES}", path="tile")


def tile_root(tile: bytes) -> bytes:
    """Root of the subtree over a full tile: one hash of the level above. FormatError as `split_tile`. Cost: 255 hashes."""
    check_tile(tile)
    return packed_root(tile)


def build_tiles(
    leaves: Sequence[bytes],
    *,
    old_size: int,
    read_leaf_hashes: Callable[[int, int], Sequence[bytes]],
    read_tile: Callable[[int, int], bytes | None],
) -> list[tuple[int, int, bytes]]:
    """
    The full tiles that appending a block completes, in the order of `full_tiles_completed`.

    Args:
        leaves: record hashes of the block, 32 bytes each.
        old_size: count of leaves before it.
        read_leaf_hashes: record hashes in [start, stop), all below *old_size*, at most 255. Asked at most once, and
            only if the block fills a tile that it didn't begin: a writer may answer from what it remembers.
        read_tile: the stored full tile (level, number), or None. Asked only where a tile of a higher level
            is filled, for tiles that the block didn't fill itself.

    Returns:
        (level, number, 8,192 bytes) each, to be stored in the same commit as the block.

    Raises:
        StoreError: the readers don't have what the log of *old_size* must have.
        FormatError: a stored tile has a wrong length.

    Cost: copying 32 bytes a leaf. A commit that fills a tile of level 1, one in 65,536 records, hashes the 256
    tiles below it, some 30 ms: one hash a leaf in the long run.
    """
    completed = full_tiles_completed(old_size=old_size, new_size=old_size + len(leaves))
    if not completed:
        return []
    edge = old_size - old_size % TILE_HASHES
    hashes: list[bytes] = []
    if edge < old_size:
        hashes.extend(read_leaf_hashes(edge, old_size))
    if len(hashes) != old_size - edge:
        raise StoreError(f"{len(hashes)} leaf hashes were read from {edge} to {old_size}")
    hashes.extend(leaves)
    built: dict[tuple[int, int], bytes] = {}  # in the order of `completed`: children before their parent
    for level, number in completed:
        if level == 0:
            start = number * TILE_HASHES - edge
            parts = hashes[start : start + TILE_HASHES]
        else:
            parts = [
                _root_below(level - 1, child, built, read_tile)
                for child in range(number * TILE_HASHES, (number + 1) * TILE_HASHES)
            ]
        tile = b"".join(parts)
        if len(tile) != TILE_BYTES:
            raise AssertionError(f"tile {number} of level {level} came out with {len(tile)} bytes")
        built[level, number] = tile
    return [(level, number, tile) for (level, number), tile in built.items()]


def _root_below(
    level: int, number: int, built: dict[tuple[int, int], bytes], read_tile: Callable[[int, int], bytes | None]
) -> bytes:
    tile = built.get((level, number)) or read_tile(level, number)
    if tile is None:
        raise StoreError(f"tile {number} of level {level} is missing")
    return tile_root(tile)
