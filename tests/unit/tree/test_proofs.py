from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.errors import CheckpointError, FormatError, ProofError, StoreError, UsageError
from chainlog.limits import TREE_SIZE_MAX
from chainlog.tree.batch import check_batch_inclusion
from chainlog.tree.merkle import check_consistency, check_inclusion, split_point
from chainlog.tree.proofs import batch_inclusion_path, consistency_path, inclusion_path, root_at
from tests import reference
from tests.trees import LEAVES, ListTree

SIZES = range(1, 131)
ROOTS = [reference.tree_hash(LEAVES[:n]) for n in range(131)]
SMALL = ListTree(LEAVES[:130])
LARGE = ListTree(LEAVES)
# 65,536 leaves fill a tile of level 1; the tree goes on a little.
DEEP = ListTree([LEAVES[i % 1_999] for i in range(65_536 + 700)])


def flipped(data: bytes, bit: int) -> bytes:
    return bytes(byte ^ (1 << bit % 8 if place == bit // 8 else 0) for place, byte in enumerate(data))


def refused(check, *arguments, **named):
    with pytest.raises((ProofError, CheckpointError)):
        check(*arguments, **named)


# --- against the definition ---------------------------------------------------------------------


def test_split_point_is_the_definitions():
    assert [split_point(n) for n in range(2, 300)] == [reference.split_point(n) for n in range(2, 300)]


def test_roots_of_all_small_sizes():
    assert [root_at(SMALL, n) for n in range(131)] == ROOTS


def test_every_inclusion_path_of_all_small_trees():
    for n in SIZES:
        for index in range(n):
            path = inclusion_path(SMALL, index=index, size=n)
            assert path == reference.inclusion_path(index, LEAVES[:n])
            check_inclusion(LEAVES[index], path, index=index, size=n, root=ROOTS[n])


def test_every_consistency_path_of_all_small_trees():
    for n in SIZES:
        for m in range(1, n + 1):
            path = consistency_path(SMALL, old_size=m, new_size=n)
            assert path == reference.consistency_path(m, LEAVES[:n])
            check_consistency(path, old_size=m, old_root=ROOTS[m], new_size=n, new_root=ROOTS[n])


def test_every_batch_of_very_small_trees():
    for n in range(1, 9):
        for count in range(1, n + 1):
            for indexes in combinations(range(n), count):
                path = batch_inclusion_path(SMALL, indexes=indexes, size=n)
                check_batch_inclusion([(i, LEAVES[i]) for i in indexes], path, size=n, root=ROOTS[n])
                if count == 1:
                    assert sorted(path) == sorted(reference.inclusion_path(indexes[0], LEAVES[:n]))
    assert batch_inclusion_path(SMALL, indexes=range(130), size=130) == []


@given(st.data())
def test_larger_trees(data):
    n = data.draw(st.integers(1, 2_000))
    index = data.draw(st.integers(0, n - 1))
    path = inclusion_path(LARGE, index=index, size=n)
    assert path == reference.inclusion_path(index, LEAVES[:n])
    m = data.draw(st.integers(1, n))
    assert consistency_path(LARGE, old_size=m, new_size=n) == reference.consistency_path(m, LEAVES[:n])
    indexes = sorted(data.draw(st.sets(st.integers(0, n - 1), min_size=1, max_size=20)))
    batch = batch_inclusion_path(LARGE, indexes=indexes, size=n)
    check_batch_inclusion([(i, LEAVES[i]) for i in indexes], batch, size=n, root=root_at(LARGE, n))


def test_tiles_above_the_first_level():
    leaves, rng = DEEP.leaves, random.Random(7)
    root = DEEP.frontier.root()
    size = DEEP.frontier.size
    for index in (0, 255, 256, 40_000, 65_535, 65_536, 65_791, 65_792, size - 1, *rng.sample(range(size), 20)):
        path = inclusion_path(DEEP, index=index, size=size)
        check_inclusion(leaves[index], path, index=index, size=size, root=root)
    for old in (1, 255, 256, 257, 32_768, 65_535, 65_536, 65_537, size - 1, size):
        path = consistency_path(DEEP, old_size=old, new_size=size)
        check_consistency(path, old_size=old, old_root=root_at(DEEP, old), new_size=size, new_root=root)
    for older in (256 * 255, 65_000, 65_536):
        index = older - 300
        path = inclusion_path(DEEP, index=index, size=older)
        check_inclusion(leaves[index], path, index=index, size=older, root=root_at(DEEP, older))


def test_a_path_reads_few_tiles():
    for index in (3, 40_000, 65_600):
        DEEP.asked = 0
        inclusion_path(DEEP, index=index, size=DEEP.frontier.size)
        assert DEEP.asked <= 4


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 13, 64, 130])
def test_every_changed_bit_of_an_inclusion_is_refused(n):
    for index in {0, n // 2, n - 1}:
        path = inclusion_path(SMALL, index=index, size=n)
        for place, one in enumerate(path):
            for bit in range(256):
                changed = [*path[:place], flipped(one, bit), *path[place + 1 :]]
                refused(check_inclusion, LEAVES[index], changed, index=index, size=n, root=ROOTS[n])
        for bit in range(256):
            refused(check_inclusion, flipped(LEAVES[index], bit), path, index=index, size=n, root=ROOTS[n])
            refused(check_inclusion, LEAVES[index], path, index=index, size=n, root=flipped(ROOTS[n], bit))


def test_another_index_is_refused():
    # Another size may have a path of the same hashes in the same order: the root, which is signed with its size, tells.
    for n in range(1, 40):
        for index in range(n):
            path = inclusion_path(SMALL, index=index, size=n)
            for other in range(-1, n + 2):
                if other != index:
                    refused(check_inclusion, LEAVES[index], path, index=other, size=n, root=ROOTS[n])
            for size in range(1, 45):
                if size != n:
                    refused(check_inclusion, LEAVES[index], path, index=index, size=size, root=ROOTS[size])


def test_a_path_of_another_length_is_refused():
    for n in (1, 2, 5, 8, 100):
        for index in {0, n - 1}:
            path = inclusion_path(SMALL, index=index, size=n)
            for changed in (path[:-1], path[1:], [*path, bytes(32)], [bytes(32), *path], path[::-1]):
                if changed != path:
                    refused(check_inclusion, LEAVES[index], changed, index=index, size=n, root=ROOTS[n])


def test_every_changed_hash_of_a_consistency_path_is_refused():
    for n in range(2, 40):
        for m in range(1, n):
            path = consistency_path(SMALL, old_size=m, new_size=n)
            sizes = {"old_size": m, "old_root": ROOTS[m], "new_size": n, "new_root": ROOTS[n]}
            for place, one in enumerate(path):
                refused(check_consistency, [*path[:place], flipped(one, place), *path[place + 1 :]], **sizes)
            for changed in (path[:-1], path[1:], [*path, bytes(32)], [bytes(32), *path]):
                refused(check_consistency, changed, **sizes)
            refused(check_consistency, path, **{**sizes, "old_root": ROOTS[n]})
            refused(check_consistency, path, **{**sizes, "new_root": ROOTS[m]})
            for other in {m - 1, m + 1} - {0, n}:
                refused(check_consistency, path, **{**sizes, "old_size": other, "old_root": ROOTS[other]})


def test_every_changed_bit_of_a_consistency_path_is_refused():
    for m, n in ((1, 2), (3, 7), (4, 7), (6, 8), (65, 130)):
        path = consistency_path(SMALL, old_size=m, new_size=n)
        for place, one in enumerate(path):
            for bit in range(256):
                changed = [*path[:place], flipped(one, bit), *path[place + 1 :]]
                refused(
                    check_consistency, changed, old_size=m, old_root=ROOTS[m], new_size=n, new_root=ROOTS[n]
                )  # fmt: skip


def test_a_changed_batch_is_refused():
    for n in (1, 2, 5, 8, 20, 130):
        for indexes in {(0,), (n - 1,), tuple(range(0, n, 3)), tuple(range(n))}:
            leaves = [(i, LEAVES[i]) for i in indexes]
            path = batch_inclusion_path(SMALL, indexes=indexes, size=n)
            named = {"size": n, "root": ROOTS[n]}
            for place, one in enumerate(path):
                for bit in range(0, 256, 7):
                    changed = [*path[:place], flipped(one, bit), *path[place + 1 :]]
                    refused(check_batch_inclusion, leaves, changed, **named)
            for place, (i, leaf) in enumerate(leaves):
                changed = [*leaves[:place], (i, flipped(leaf, i)), *leaves[place + 1 :]]
                refused(check_batch_inclusion, changed, path, **named)
                if len(leaves) > 1:
                    refused(check_batch_inclusion, [*leaves[:place], *leaves[place + 1 :]], path, **named)
            for changed in (path[:-1], path[1:], [*path, bytes(32)], [bytes(32), *path], [*path, b""]):
                if changed != path:
                    refused(check_batch_inclusion, leaves, changed, **named)
            refused(check_batch_inclusion, [], path, **named)
            refused(check_batch_inclusion, leaves + leaves, path, **named)
            refused(check_batch_inclusion, [(i + 1, leaf) for i, leaf in leaves], path, **named)
            refused(check_batch_inclusion, [(i - 1, leaf) for i, leaf in leaves], path, **named)
            for size in {n - 1, n + 1, 0} - {n, 131}:
                refused(check_batch_inclusion, leaves, path, size=size, root=ROOTS[size])
    refused(check_batch_inclusion, [(0, LEAVES[0])], [], size=2**63, root=LEAVES[0])


def test_a_batch_in_the_largest_tree():
    root = LEAVES[99]
    for sibling in LEAVES[:63]:
        root = reference.node(root, sibling)
    check_batch_inclusion([(0, LEAVES[99])], LEAVES[:63], size=TREE_SIZE_MAX, root=root)
    # Of one more, the way from the left edge would be the same.
    refused(check_batch_inclusion, [(0, LEAVES[99])], LEAVES[:63], size=TREE_SIZE_MAX + 1, root=root)


def test_proofs_of_what_is_not_there_are_not_made():
    for index, size in ((-1, 5), (5, 5), (0, 0), (0, 131), (0, -1), (130, 131)):
        with pytest.raises(UsageError):
            inclusion_path(SMALL, index=index, size=size)
        with pytest.raises(UsageError):
            batch_inclusion_path(SMALL, indexes=[index], size=size)
    for old, new in ((0, 5), (6, 5), (5, 131), (-1, 5)):
        with pytest.raises(UsageError):
            consistency_path(SMALL, old_size=old, new_size=new)
    for indexes in ([], [1, 1], [2, 1]):
        with pytest.raises(UsageError):
            batch_inclusion_path(SMALL, indexes=indexes, size=5)
    with pytest.raises(UsageError):
        root_at(SMALL, 131)


def test_damaged_readers_are_named():
    lost = ListTree(LEAVES[:600])
    del lost.tiles[0, 1]
    with pytest.raises(StoreError, match="no such tile"):
        inclusion_path(lost, index=3, size=600)
    with pytest.raises(StoreError, match="tile 1 of level 0 is missing"):
        inclusion_path(lost, index=400, size=500)
    cut = ListTree(LEAVES[:600])
    cut.tiles[0, 0] = bytes(8_191)
    with pytest.raises(FormatError):
        inclusion_path(cut, index=3, size=600)
    short = ListTree(LEAVES[:600])
    short.leaf_hashes = lambda start, stop: LEAVES[start : stop - 1]
    with pytest.raises(StoreError):
        inclusion_path(short, index=590, size=600)
