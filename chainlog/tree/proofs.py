"""Making proofs from the tree: inclusion, consistency, and one proof for many leaves. Pure; a reader is passed in.

Format: RFC 6962 sections 2.1.1 and 2.1.2, schemas/FORMAT.md section 6. What is needed of a tree is its full tiles, its
edge, and the leaves of the tile that isn't full yet. Nothing that a reader gives is trusted here, and no proof is either:
check it against a signed root (`tree.merkle`, `tree.batch`) before it is handed out.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, Protocol

from chainlog.errors import StoreError, UsageError
from chainlog.limits import HASH_BYTES, TILE_HASHES
from chainlog.tree.merkle import EMPTY_ROOT, Frontier, fold_roots, packed_levels, split_point, subtree_root
from chainlog.tree.tiles import check_tile

_TILE_HEIGHT: Final = TILE_HASHES.bit_length() - 1


class TreeReader(Protocol):
    """One state of a tree."""

    @property
    def frontier(self) -> Frontier:
        """Its size and the roots of its complete subtrees."""

    def tile(self, level: int, number: int) -> bytes | None:
        """A full tile of 256 hashes, or None."""

    def tile_root(self, level: int, number: int) -> bytes:
        """Root of a full tile; a reader may remember it. Raises StoreError if there is no such tile."""

    def leaf_hashes(self, start: int, stop: int) -> Sequence[bytes]:
        """Leaves in [start, stop), all of one tile that isn't full."""


def root_at(reader: TreeReader, size: int) -> bytes:
    """Root of the first *size* leaves, 32 bytes. Raises and costs as `inclusion_path`."""
    nodes = _Nodes(reader, size)
    return nodes.range(0, size) if size else EMPTY_ROOT


def inclusion_path(reader: TreeReader, *, index: int, size: int) -> list[bytes]:
    """
    The path of one leaf: RFC 6962 PATH(index, D[size]).

    Args:
        index: below *size*. size: of the tree that the path leads to, at most the reader's.

    Returns:
        At most 63 hashes, the leaf's sibling first.

    Raises:
        UsageError: index or size lie outside the tree. StoreError: a tile is missing. FormatError: one has a wrong length.

    Cost: reads one tile a level and hashes it once, 255 hashes each: 510 at a million leaves. Where the tile of a level
    isn't full yet, each of its hashes beside the path is a tile below it, 255 hashes more unless the reader remembers them
    or they are part of a complete subtree at the edge: 1,800 for half of a million leaves, and up to 16,000 for a recent
    leaf or an older size.
    """
    nodes = _Nodes(reader, size)
    if not 0 <= index < size:
        raise UsageError(f"there is no leaf {index} in a tree of {size}")
    inner = (index ^ (size - 1)).bit_length()
    path = []
    for height in range(inner):
        start = (index >> height ^ 1) << height
        # The last sibling on the right may be the tree's unfinished edge.
        path.append(nodes.range(start, min(start + (1 << height), size)))
    height = inner
    while index >> height:
        if index >> height & 1:
            path.append(nodes.subtree(height, (index >> height) - 1))
        height += 1
    return path


def consistency_path(reader: TreeReader, *, old_size: int, new_size: int) -> list[bytes]:
    """
    The proof that the first *old_size* leaves are the beginning of the first *new_size*: RFC 6962 PROOF.

    Args:
        old_size: at least 1. new_size: at least *old_size*, at most the reader's size.

    Returns:
        At most 64 hashes; none where the sizes are equal.

    Raises and costs as `inclusion_path`.
    """
    nodes = _Nodes(reader, new_size)
    if not 0 < old_size <= new_size:
        raise UsageError(f"no consistency can be shown between sizes {old_size} and {new_size}")
    path = []
    start, stop = 0, new_size
    while old_size != stop:
        middle = start + split_point(stop - start)
        if old_size <= middle:
            path.append(nodes.range(middle, stop))
            stop = middle
        else:
            path.append(nodes.range(start, middle))
            start = middle
    if start:
        # Where it is the whole old tree, the verifier has its root.
        path.append(nodes.range(start, stop))
    return path[::-1]


def batch_inclusion_path(reader: TreeReader, *, indexes: Sequence[int], size: int) -> list[bytes]:
    """
    One proof for many leaves: the hashes that `batch.check_batch_inclusion` can't compute from the leaves themselves.

    Args:
        indexes: at least one, strictly ascending, all below *size*.

    Returns:
        The roots of the largest subtrees without any of the leaves, from left to right.

    Raises and costs as `inclusion_path`, for each leaf; what paths share is shared.
    """
    nodes = _Nodes(reader, size)
    if not indexes or any(a >= b for a, b in pairwise(indexes)) or indexes[0] < 0 or indexes[-1] >= size:
        raise UsageError("indexes for a proof ascend, at least one, all inside the tree")
    return [nodes.range(start, stop) for start, stop in _untouched(indexes, size)]


def _untouched(indexes: Sequence[int], size: int) -> Iterator[tuple[int, int]]:
    """The largest subtrees of [0, size) that hold none of *indexes*, from left to right."""
    # (start, stop, low, high): the range's indexes are indexes[low:high]. What stands last comes next.
    waiting = [(0, size, 0, len(indexes))]
    while waiting:
        start, stop, low, high = waiting.pop()
        if low == high:
            yield start, stop
        elif stop - start > 1:
            middle = start + split_point(stop - start)
            parting = bisect_left(indexes, middle, low, high)
            waiting.append((middle, stop, parting, high))
            waiting.append((start, middle, low, parting))


class _Nodes:
    """Nodes of one tree, each tile read and hashed once. Known limit: what one proof read is forgotten with it."""

    def __init__(self, reader: TreeReader, size: int) -> None:
        frontier = reader.frontier
        if not 0 <= size <= frontier.size:
            raise UsageError(f"the tree has {frontier.size} leaves, not {size}")
        self._reader = reader
        self._size = frontier.size
        # Of each tile that was read its levels, the tile itself first; only that until another is asked for.
        self._tiles: dict[tuple[int, int], list[bytes] | None] = {}
        self._edge: dict[tuple[int, int], bytes] = {}
        left = frontier.size
        for root in reversed(frontier.roots):
            height = (left & -left).bit_length() - 1
            self._edge[height, (left >> height) - 1] = root
            left &= left - 1

    def range(self, start: int, stop: int) -> bytes:
        """Root of the leaves in [start, stop), a node of the tree or its edge."""
        height = (stop - start).bit_length() - 1
        if stop - start == 1 << height:
            return self.subtree(height, start >> height)
        roots = []
        while start < stop:
            # *start* is a multiple of every power of two up to what is left.
            height = (stop - start).bit_length() - 1
            roots.append(self.subtree(height, start >> height))
            start += 1 << height
        return fold_roots(roots)

    def subtree(self, height: int, number: int) -> bytes:
        """Root of the complete subtree over the leaves [number * 2**height, (number + 1) * 2**height)."""
        known = self._edge.get((height, number))
        if known is not None:
            return known
        level, rest = divmod(height, _TILE_HEIGHT)
        first = number << rest
        levels = self._levels(level, first // TILE_HASHES)
        if levels is not None:
            if rest and len(levels) == 1:
                levels[:] = packed_levels(levels[0])
            place = (number % (TILE_HASHES >> rest)) * HASH_BYTES
            return levels[rest][place : place + HASH_BYTES]
        if level == 0:
            hashes = list(self._reader.leaf_hashes(first, first + (1 << rest)))
            if len(hashes) != 1 << rest:
                raise StoreError(f"{len(hashes)} leaf hashes were read at {first}")
            return subtree_root(hashes)
        return subtree_root([self._tile_root(level, one) for one in range(first, first + (1 << rest))])

    def _levels(self, level: int, number: int) -> list[bytes] | None:
        """A full tile and what was hashed of it; None for one that isn't full."""
        key = (level, number)
        if key not in self._tiles:
            data = self._reader.tile(level, number)
            if data is None and number < self._size >> (level + 1) * _TILE_HEIGHT:
                raise StoreError(f"tile {number} of level {level} is missing")
            if data is not None:
                check_tile(data)
            self._tiles[key] = None if data is None else [data]
        return self._tiles[key]

    def _tile_root(self, level: int, number: int) -> bytes:
        """Hash *number* of a level whose tile isn't full: the root of a full tile below."""
        known = self._edge.get((level * _TILE_HEIGHT, number))
        if known is not None:
            return known
        return self._reader.tile_root(level - 1, number)
