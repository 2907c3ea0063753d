from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.digest import node_hash, record_hash
from chainlog.errors import FormatError, StoreError
from chainlog.limits import TREE_SIZE_MAX
from chainlog.tree.tiles import (
    TileAddress,
    build_tiles,
    full_tiles_completed,
    parse_tile_path,
    partial_tiles,
    split_tile,
    tile_path,
    tile_root,
)
from tests import reference

LEAVES = [record_hash(i.to_bytes(4, "big")) for i in range(70_000)]


class Log:
    """Leaves and stored tiles, as a store would keep them; it counts what it is asked for."""

    def __init__(self):
        self.size = 0
        self.tiles = {}
        self.asked_leaves = []
        self.asked_tiles = []

    def read_leaf_hashes(self, start, stop):
        self.asked_leaves.append((start, stop))
        assert stop <= self.size
        return LEAVES[start:stop]

    def read_tile(self, level, number):
        self.asked_tiles.append((level, number))
        return self.tiles.get((level, number))

    def append(self, count):
        added = build_tiles(
            LEAVES[self.size : self.size + count],
            old_size=self.size,
            read_leaf_hashes=self.read_leaf_hashes,
            read_tile=self.read_tile,
        )
        completed = full_tiles_completed(old_size=self.size, new_size=self.size + count)
        assert [(level, number) for level, number, _ in added] == completed
        for level, number, tile in added:
            assert (level, number) not in self.tiles
            self.tiles[level, number] = tile
        self.size += count


def levels_of(leaves):
    """All complete subtrees by powers of 256, bottom up."""
    levels = [leaves]
    while len(levels[-1]) >= 256:
        below = levels[-1]
        levels.append([reference.tree_hash(below[i : i + 256]) for i in range(0, len(below) - 255, 256)])
    return levels


def tiles_by_definition(leaves):
    """(level, number) -> tile, for the full ones."""
    return {
        (level, number): b"".join(hashes[number * 256 : number * 256 + 256])
        for level, hashes in enumerate(levels_of(leaves))
        for number in range(len(hashes) // 256)
    }


# --- which, and where ---------------------------------------------------------------------------


def test_paths_round_trip():
    for level in (0, 1, 7, 63):
        for number in (*range(1_002), 999_999, 1_000_000, 1_234_067, 10**9, TREE_SIZE_MAX):
            for width in (1, 17, 255, 256):
                path = tile_path(level, number, width=width)
                assert parse_tile_path(path) == TileAddress(level, number, width)


def test_paths_by_example():
    assert tile_path(0, 0) == "tile/0/000"
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(12, 1_000, width=3) == "tile/12/x001/000.p/3"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/01/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/x000/000",
        "tile/0/x000/x001/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/X001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/007",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "tile/0/000 ",
        "tile/0/000\n",
        "\ntile/0/000",
        "/tile/0/000",
        "tile/0/٠٠٠",
        "tile/٣/000",
        "tile/0/1_0",
        "tile/entries/000",
        "tile/8/0/000",
        "tile/0/x009/x223/x372/x036/x854/x775/808",
        "tile/0/x009/x223/x372/x036/x854/x775/x807/000",
    ],
)
def test_paths_refused(path):
    with pytest.raises(FormatError):
        parse_tile_path(path)


PIECES = st.sampled_from(
    ["tile", "/", "x", "0", "00", "000", "001", "256", "1", "63", "64", ".p", "\n", " ", "٣", "+", "-"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_path_is_refused_or_the_only_one(path):
    try:
        level, number, width = parse_tile_path(path)
    except FormatError:
        return
    assert tile_path(level, number, width=width) == path


@pytest.mark.parametrize(
    ("level", "number", "width"),
    [(-1, 0, 256), (64, 0, 256), (0, -1, 256), (0, TREE_SIZE_MAX + 1, 256), (0, 0, 0), (0, 0, 257)],
)
def test_there_is_no_such_tile(level, number, width):
    with pytest.raises(AssertionError):
        tile_path(level, number, width=width)


def test_full_and_partial_tiles_by_definition():
    full = set()
    for size in (*range(1_100), *range(65_200, 65_900), 70_000):
        if size < 1_100:
            full |= set(full_tiles_completed(old_size=max(size - 1, 0), new_size=size))
            assert full == set(full_tiles_completed(old_size=0, new_size=size))
        expected_full, expected_partial = [], []
        for level in range(8):
            hashes = size // 256**level
            expected_full += [(level, number) for number in range(hashes // 256)]
            if hashes % 256:
                expected_partial.append((level, hashes // 256, hashes % 256))
        assert full_tiles_completed(old_size=0, new_size=size) == expected_full
        assert partial_tiles(size) == expected_partial


@pytest.mark.parametrize(("old", "new"), [(1, 0), (-1, 0), (0, TREE_SIZE_MAX + 1)])
def test_a_tree_only_grows(old, new):
    with pytest.raises(AssertionError):
        full_tiles_completed(old_size=old, new_size=new)


# --- their bytes --------------------------------------------------------------------------------


def test_records_one_by_one():
    log = Log()
    expected = tiles_by_definition(LEAVES[:600])
    for size in range(1, 601):
        log.append(1)
        assert log.tiles == {key: tile for key, tile in expected.items() if (key[1] + 1) * 256 <= size}
    # Only the record that fills a tile asks for the ones before it.
    assert log.asked_leaves == [(0, 255), (256, 511)]


def test_a_block_at_a_boundary_asks_for_nothing():
    log = Log()
    for block in (256, 512, 300):
        log.append(block)
    assert log.asked_leaves == log.asked_tiles == []


def test_every_block_that_crosses_a_boundary():
    expected = tiles_by_definition(LEAVES[:600])
    for start in (0, 1, 254, 255, 256, 257, 511, 512):
        for stop in range(start, 601):
            log = Log()
            log.append(start)
            log.append(stop - start)
            assert log.tiles == {key: tile for key, tile in expected.items() if (key[1] + 1) * 256 <= stop}


def test_the_direct_definition_of_a_tile():
    log = Log()
    log.append(1_000)
    assert log.tiles == {(0, number): reference.tile(0, number, LEAVES[:1_000]) for number in range(3)}


EXPECTED_70_000 = tiles_by_definition(LEAVES)


def test_the_second_level():
    assert set(EXPECTED_70_000) == {(1, 0), *((0, number) for number in range(273))}
    assert tile_root(EXPECTED_70_000[1, 0]) == reference.tree_hash(LEAVES[:65_536])
    log = Log()
    while log.size < 70_000:
        log.append(min(10_000, 70_000 - log.size))
    assert log.tiles == EXPECTED_70_000
    # Tiles that the block made itself are not asked for.
    assert log.asked_tiles == [(0, number) for number in range(60_000 // 256)]


@pytest.mark.parametrize("block", [1, 255, 256, 257, 4_464])
def test_the_block_that_fills_the_second_level(block):
    log = Log()
    log.size = 65_536 - min(block, 256)
    log.tiles = {key: tile for key, tile in EXPECTED_70_000.items() if key[0] == 0 and (key[1] + 1) * 256 <= log.size}
    log.append(block)
    assert log.tiles.get((1, 0)) == (EXPECTED_70_000[1, 0] if log.size >= 65_536 else None)


@given(st.lists(st.integers(0, 900), max_size=8))
def test_blocks_of_any_size(blocks):
    log = Log()
    for block in blocks:
        log.append(block)
    assert log.tiles == {
        key: tile for key, tile in EXPECTED_70_000.items() if (key[1] + 1) * 256 ** (key[0] + 1) <= log.size
    }


def test_the_third_level():
    """Cheap: 256 tiles of level 1 are given, all of the same hash, and the block fills the last tile below them."""
    same = LEAVES[0]
    below = [same]
    for _ in range(16):
        below.append(node_hash(below[-1], below[-1]))
    stored = {0: same * 256, 1: below[8] * 256}
    size = 256**3
    tiles = build_tiles(
        [same],
        old_size=size - 1,
        read_leaf_hashes=lambda start, stop: [same] * (stop - start),
        read_tile=lambda level, number: stored[level],
    )
    assert tiles == [
        (0, 256**2 - 1, same * 256),
        (1, 255, below[8] * 256),
        (2, 0, below[16] * 256),
    ]


def test_the_store_lacks_leaves():
    for found in (LEAVES[:254], LEAVES[:256], []):
        log = Log()
        log.size = 255
        log.read_leaf_hashes = lambda start, stop, found=found: found
        with pytest.raises(StoreError):
            log.append(1)


def test_the_store_lacks_a_tile():
    log = Log()
    log.append(65_535)
    kept = dict(log.tiles)
    del log.tiles[0, 77]
    with pytest.raises(StoreError):
        log.append(1)
    log.tiles = {**kept, (0, 77): kept[0, 77][:-1]}
    with pytest.raises(FormatError):
        log.append(1)
    log.tiles = kept
    log.append(1)
    assert (1, 0) in log.tiles


def test_leaves_of_another_length_are_a_bug():
    with pytest.raises(AssertionError):
        build_tiles(
            [*LEAVES[:255], b""],
            old_size=0,
            read_leaf_hashes=lambda start, stop: [],
            read_tile=lambda level, number: None,
        )


def test_splitting():
    tile = b"".join(LEAVES[:256])
    assert split_tile(tile) == LEAVES[:256]
    assert split_tile(tile[:96], width=3) == LEAVES[:3]
    assert tile_root(tile) == reference.tree_hash(LEAVES[:256])
    for wrong in (b"", tile[:-1], tile + b"x", tile[:-32], tile + bytes(32)):
        with pytest.raises(FormatError):
            split_tile(wrong)
        with pytest.raises(FormatError):
            tile_root(wrong)
