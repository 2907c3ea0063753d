"""Tiles compared with the tree of the records, above the lowest level too, which no short log has."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import pytest

from chainlog.forensics.aftermath import Aftermath
from chainlog.forensics.cases import Cases
from chainlog.forensics.evidence import TILE_KEY, TableEvidence
from chainlog.forensics.scratch import Column
from chainlog.forensics.true_tree import Tree, TreeBuilder
from chainlog.tree.merkle import Frontier, subtree_root

_TILE = 256
# A full tile of level 1, one more of level 0, and a part of one.
_SIZE = _TILE * _TILE + _TILE + 3


@pytest.fixture(scope="module")
def leaves() -> list[bytes]:
    return [sha256(b"leaf %d" % number).digest() for number in range(_SIZE)]


@pytest.fixture(scope="module")
def stored(leaves: list[bytes]) -> dict[bytes, bytes]:
    lowest = [leaves[start : start + _TILE] for start in range(0, _SIZE - _TILE + 1, _TILE)]
    tiles = {TILE_KEY.pack(0, number): b"".join(tile) for number, tile in enumerate(lowest)}
    return tiles | {TILE_KEY.pack(1, 0): b"".join(map(subtree_root, lowest[:_TILE]))}


def judged(
    leaves: list[bytes], tiles: dict[bytes, bytes], sizes: Iterable[int] = ()
) -> tuple[Tree, list[tuple[str, str]]]:
    """The tree, and (subject, detail) of what was found."""
    hashes = Column(32, len(leaves))
    for index, leaf in enumerate(leaves):
        hashes.put(index, leaf)
    builder = TreeBuilder(TableEvidence({"tiles": tiles}), hashes, size=len(leaves), tiled=lambda _: None)
    tree = builder.build(set(sizes))
    cases = Cases()
    builder.report(Aftermath(cases, len(leaves), hashes, Column(1, 1), lambda _: None, None, shifted=False))
    found = cases.findings()
    assert {finding.code for finding in found} <= {"index-mismatch"}
    return tree, [(finding.subject, finding.detail) for finding in found]


def test_right_tiles_raise_nothing_and_the_roots_are_those_of_the_tree(
    leaves: list[bytes], stored: dict[bytes, bytes]
) -> None:
    sizes = {1, _TILE, _TILE + 1, _TILE * _TILE - 1, _TILE * _TILE, _TILE * _TILE + 1, _SIZE}
    tree, found = judged(leaves, stored, sizes)
    assert not found
    assert tree.frontier == Frontier.empty().extend(leaves)
    assert tree.roots == {size: Frontier.empty().extend(leaves[:size]).root() for size in sizes}


def test_what_is_wrong_with_a_tile_above_the_lowest_is_told(leaves: list[bytes], stored: dict[bytes, bytes]) -> None:
    place = TILE_KEY.pack(1, 0)
    tile = stored[place]
    other = tile[: 32 * 7] + bytes(32) + tile[32 * 8 : 32 * 9] + bytes(32) + tile[32 * 10 :]
    for tiles, detail in [
        (stored | {place: other}, "2 hashes are not those of the records, the first at 7"),
        (stored | {place: tile[:-1]}, "8191 bytes"),
        ({key: value for key, value in stored.items() if key != place}, "missing"),
    ]:
        assert judged(leaves, tiles)[1] == [("tiles/1/0", detail)]


@pytest.mark.parametrize(("level", "number"), [(0, _TILE + 1), (1, 1), (2, 0)])
def test_tiles_that_a_log_of_this_size_does_not_have_are_told(
    leaves: list[bytes], stored: dict[bytes, bytes], level: int, number: int
) -> None:
    tiles = stored | {TILE_KEY.pack(level, number): bytes(32 * _TILE)}
    assert judged(leaves, tiles)[1] == [(f"tiles/{level}/{number}", "no tile of this log")]
