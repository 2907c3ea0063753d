"""Comparing the tiles of a log with the tree that its records make, and building that tree. Pure over the evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chainlog import limits
from chainlog.forensics.aftermath import Aftermath, Mismatches
from chainlog.forensics.evidence import TILE_KEY, Evidence
from chainlog.forensics.scratch import Column
from chainlog.tree.merkle import Frontier, split_hashes, subtree_root

_TILE = limits.TILE_HASHES
_TILE_BYTES = _TILE * limits.HASH_BYTES


class Tree(NamedTuple):
    """The tree over the records: its edge, None if some hash is not known; its roots at the sizes asked for."""

    frontier: Frontier | None
    roots: dict[int, bytes]


class TreeBuilder:
    """
    Builds the tree of a log once, and compares each tile on the way.

    tiled: hash at an index as the stored tile says. Where nothing else tells the hash of a lost record, the tile is
    believed: if it lies, the root will not be the signed one.
    """

    def __init__(self, evidence: Evidence, hashes: Column, *, size: int, tiled: Callable[[int], bytes | None]) -> None:
        self._evidence = evidence
        self._stored = evidence.getter("tiles")
        self._hashes = hashes
        self._size = size
        self._tiled = tiled
        self._odd: list[tuple[int, str, str]] = []  # (index up to which leaves may be others, name, what is wrong)
        self._whole = True
        self._numbers: dict[int, int] = {}  # level → tiles of it that are full
        self._open: dict[int, list[bytes]] = {}  # level → hashes of its unfinished tile

    def build(self, sizes: set[int]) -> Tree:
        """The tree, and its roots at *sizes*. Cost: about two hashes a record."""
        frontier = Frontier.empty()
        roots: dict[int, bytes] = {}
        for start in range(0, self._size, _TILE):
            stop = min(start + _TILE, self._size)
            hashes = [self._hashes.get(index) or self._tiled(index) for index in range(start, stop)]
            leaves = [leaf for leaf in hashes if leaf is not None]
            if len(leaves) < len(hashes):
                # From here on no root is known, and no tile of a higher level.
                self._whole = False
                return Tree(None, roots)
            roots |= {size: frontier.extend(leaves[: size - start]).root() for size in sizes if start < size <= stop}
            frontier = frontier.extend(leaves)
            if len(leaves) == _TILE:
                self._push(0, leaves)
        return Tree(frontier, roots)

    def _push(self, level: int, tile: list[bytes]) -> None:
        """Compare a full tile, and add its root to the unfinished tile above."""
        number = self._numbers.get(level, 0)
        self._numbers[level] = number + 1
        self._compare(level, number, tile)
        above = self._open.setdefault(level + 1, [])
        above.append(subtree_root(tile))
        if len(above) == _TILE:
            self._open[level + 1] = []
            self._push(level + 1, above)

    def _compare(self, level: int, number: int, tile: list[bytes]) -> None:
        stored = self._stored(TILE_KEY.pack(level, number))
        if stored == b"".join(tile):
            return
        subject = f"tiles/{level}/{number}"
        span = _TILE**level
        if stored is None or len(stored) != _TILE_BYTES:
            self._odd.append((-1, subject, "missing" if stored is None else f"{len(stored)} bytes"))
            return
        odd = [place for place, hashed in enumerate(split_hashes(stored)) if hashed != tile[place]]
        detail = f"{len(odd)} hashes are not those of the records, the first at {odd[0]}"
        self._odd.append(((number * _TILE + odd[0] + 1) * span - 1, subject, detail))

    def report(self, after: Aftermath) -> None:
        """Open the cases of tiles that are not those of the records, and of such as a log of this size doesn't have."""
        if "tiles" not in self._evidence.tables():
            return  # a finding of its own
        strays = Mismatches(after.cases, "tiles")
        for key, _ in self._evidence.scan("tiles"):
            level, number = TILE_KEY.unpack(key) if len(key) == TILE_KEY.size else (-1, 0)
            if self._whole and number >= self._numbers.get(level, 0):
                cut = after.case_of(after.size)
                if level >= 0 and cut is not None:
                    cut.follow("index-mismatch")  # of the records that are gone
                    continue
                strays.add(
                    None, f"tiles/{level}/{number}" if level >= 0 else f"tiles/{key.hex()}", "no tile of this log"
                )
        mismatches = Mismatches(after.cases, "tiles")
        for index, subject, detail in self._odd:
            case = after.case_of_rewriting(index)
            if case is not None:
                case.follow("index-mismatch")
            elif "missing" in detail and self._evidence.lost("tiles"):
                after.cases.add("page-corrupt", None, subject, "lost with a damaged page")
            else:
                mismatches.add(None, subject, detail)
