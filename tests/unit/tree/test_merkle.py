from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.digest import record_hash
from chainlog.errors import CheckpointError, FormatError, VerificationError
from chainlog.limits import TREE_SIZE_MAX
from chainlog.tree.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    packed_levels,
    packed_root,
    root_from_inclusion,
    root_of,
    subtree_root,
)
from tests import reference

SIZES = range(131)
LEAVES = [record_hash(i.to_bytes(4, "big")) for i in range(2_000)]
ROOTS = [reference.tree_hash(LEAVES[:n]) for n in SIZES]


def changed(data: bytes, bit: int = 0) -> bytes:
    return bytes((data[0] ^ 1 << bit, *data[1:]))


# --- the frontier -------------------------------------------------------------------------------


def test_roots_of_all_small_trees():
    grown = Frontier.empty()
    for n in SIZES:
        assert grown.root() == ROOTS[n] == root_of(LEAVES[:n])
        assert grown.size == n
        assert len(grown.roots) == n.bit_count()
        grown = grown.append(LEAVES[n])
    assert Frontier.empty().root() == EMPTY_ROOT


def test_every_small_split_grows_the_same_tree():
    whole = [Frontier.empty().extend(LEAVES[:n]) for n in SIZES]
    for n in SIZES:
        for m in range(n + 1):
            assert whole[m].extend(LEAVES[m:n]) == whole[n]


@given(st.lists(st.integers(0, 400), max_size=5))
def test_blocks_of_any_size_grow_the_same_tree(blocks):
    grown, n = Frontier.empty(), 0
    for block in blocks:
        grown, n = grown.extend(LEAVES[n : n + block]), n + block
    assert grown.root() == reference.tree_hash(LEAVES[:n])


def test_extend_takes_any_iterable_and_keeps_its_argument():
    leaves = LEAVES[:7]
    assert Frontier.empty().append(LEAVES[9]).extend(iter(leaves)).size == 8
    assert leaves == LEAVES[:7]


def test_a_frontier_is_not_changed_by_growing():
    small = Frontier.empty().extend(LEAVES[:7])
    kept = (small.size, small.roots)
    small.extend(LEAVES[7:300])
    small.append(LEAVES[7])
    assert (small.size, small.roots) == kept


def test_encoding_round_trip():
    for n in (*SIZES, 2_000):
        frontier = Frontier.empty().extend(LEAVES[:n])
        assert Frontier.decode(n, frontier.encode()) == frontier


@pytest.mark.parametrize(
    ("size", "data"),
    [
        (0, b"x"),
        (0, bytes(32)),
        (1, b""),
        (1, bytes(31)),
        (1, bytes(33)),
        (1, bytes(64)),
        (3, bytes(32)),
        (4, bytes(64)),
        (-1, b""),
        (-1, bytes(32)),
        (TREE_SIZE_MAX + 1, bytes(32)),
    ],
)
def test_decode_refuses(size, data):
    with pytest.raises(FormatError):
        Frontier.decode(size, data)


def test_the_largest_tree():
    full = Frontier.decode(TREE_SIZE_MAX, b"".join(LEAVES[:63]))
    root = LEAVES[62]
    for left in reversed(LEAVES[:62]):
        root = reference.node(left, root)
    assert full.root() == root
    with pytest.raises(AssertionError):
        full.append(LEAVES[0])


def test_impossible_frontiers_cannot_be_made():
    for size, roots in ((1, ()), (0, (LEAVES[0],)), (-1, (LEAVES[0],)), (2, (LEAVES[0], LEAVES[1]))):
        with pytest.raises(AssertionError):
            Frontier(size, roots)


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33), bytes(64)])
def test_leaves_of_another_length_are_a_bug(bad):
    for use in (
        Frontier.empty().append,
        lambda leaf: Frontier.empty().extend([LEAVES[0], leaf]),
        lambda leaf: Frontier.empty().extend_tiles([leaf]),
        lambda leaf: root_of([leaf]),
        lambda leaf: subtree_root([leaf, LEAVES[0]]),
    ):
        with pytest.raises(AssertionError):
            use(bad)


# --- ranges hashed apart ------------------------------------------------------------------------


def test_tiles_join_to_the_same_tree():
    roots = [subtree_root(LEAVES[i : i + 256]) for i in range(0, 1_792, 256)]
    for tiles in range(8):
        for later in range(tiles + 1):
            frontier = Frontier.empty().extend(LEAVES[: 256 * later]).extend_tiles(roots[later:tiles])
            assert frontier == Frontier.empty().extend(LEAVES[: 256 * tiles])
        tail = LEAVES[256 * tiles : 256 * tiles + 77]
        assert frontier.extend(tail).root() == reference.tree_hash(LEAVES[: 256 * tiles + 77])


@pytest.mark.parametrize("size", [1, 128, 255, 257, 384])
def test_tiles_join_only_at_their_boundary(size):
    with pytest.raises(AssertionError):
        Frontier.empty().extend(LEAVES[:size]).extend_tiles([LEAVES[0]])


def test_subtrees_are_complete():
    for n in range(1, 258):
        if n in (1, 2, 4, 8, 16, 32, 64, 128, 256):
            assert subtree_root(LEAVES[:n]) == reference.tree_hash(LEAVES[:n])
        else:
            with pytest.raises(AssertionError):
                subtree_root(LEAVES[:n])
    for leaves in ([], LEAVES[:512]):
        with pytest.raises(AssertionError):
            subtree_root(leaves)


# --- inclusion ----------------------------------------------------------------------------------


def test_inclusion_in_all_small_trees():
    for n in SIZES:
        for i in range(n):
            path = reference.inclusion_path(i, LEAVES[:n])
            assert root_from_inclusion(LEAVES[i], path, index=i, size=n) == ROOTS[n]


def implies(leaf, path, index, size):
    """The root that a path implies, or None where it is refused."""
    try:
        return root_from_inclusion(leaf, path, index=index, size=size)
    except VerificationError:
        return None


def test_inclusion_of_something_else_in_small_trees():
    for n in range(1, 34):
        for i in range(n):
            leaf, root = LEAVES[i], ROOTS[n]
            path = reference.inclusion_path(i, LEAVES[:n])
            assert implies(changed(leaf), path, i, n) != root
            for j, sibling in enumerate(path):
                assert implies(leaf, [*path[:j], changed(sibling), *path[j + 1 :]], i, n) != root
                assert implies(leaf, path[:j] + path[j + 1 :], i, n) is None
            for j in range(len(path) + 1):
                assert implies(leaf, [*path[:j], LEAVES[40], *path[j:]], i, n) is None
            for other in range(34):
                if other != i:
                    assert implies(leaf, path, other, n) != root


@pytest.mark.parametrize(
    ("index", "size"), [(0, 0), (-1, 1), (1, 1), (2, 1), (0, -1), (0, TREE_SIZE_MAX + 1), (-1, -1)]
)
def test_inclusion_outside_the_tree(index, size):
    for n in range(66):
        with pytest.raises(VerificationError):
            root_from_inclusion(LEAVES[0], LEAVES[:n], index=index, size=size)


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33), bytes(64)])
def test_inclusion_with_hashes_of_another_length(bad):
    with pytest.raises(VerificationError):
        root_from_inclusion(bad, [LEAVES[1]], index=0, size=2)
    with pytest.raises(VerificationError):
        root_from_inclusion(LEAVES[0], [bad], index=0, size=2)


def test_inclusion_in_the_largest_tree():
    path = LEAVES[:62]
    # The last leaf stands alone on the right edge of 62 complete subtrees.
    root = LEAVES[99]
    for sibling in path:
        root = reference.node(sibling, root)
    assert root_from_inclusion(LEAVES[99], path, index=TREE_SIZE_MAX - 1, size=TREE_SIZE_MAX) == root


# --- consistency --------------------------------------------------------------------------------


def consistent(path, old_size, new_size, old_root, new_root):
    try:
        check_consistency(path, old_size=old_size, new_size=new_size, old_root=old_root, new_root=new_root)
    except VerificationError:
        return False
    return True


def test_consistency_of_all_small_trees():
    for n in SIZES[1:]:
        for m in range(1, n + 1):
            check_consistency(
                reference.consistency_path(m, LEAVES[:n]),
                old_size=m,
                old_root=ROOTS[m],
                new_size=n,
                new_root=ROOTS[n],
            )


def test_inconsistency_of_small_trees():
    for n in range(1, 26):
        for m in range(1, n + 1):
            path = reference.consistency_path(m, LEAVES[:n])
            assert not consistent(path, m, n, changed(ROOTS[m]), ROOTS[n])
            assert not consistent(path, m, n, ROOTS[m], changed(ROOTS[n]))
            assert not consistent([*path, LEAVES[0]], m, n, ROOTS[m], ROOTS[n])
            assert not consistent([LEAVES[0], *path], m, n, ROOTS[m], ROOTS[n])
            for j, one in enumerate(path):
                assert not consistent([*path[:j], changed(one), *path[j + 1 :]], m, n, ROOTS[m], ROOTS[n])
                assert not consistent(path[:j] + path[j + 1 :], m, n, ROOTS[m], ROOTS[n])
                assert not consistent([*path[:j], one[:-1], *path[j + 1 :]], m, n, ROOTS[m], ROOTS[n])
            for other in range(27):
                if other != m:
                    assert not consistent(path, other, n, ROOTS[m], ROOTS[n])


def test_two_roots_of_one_size_are_a_fork():
    with pytest.raises(CheckpointError):
        check_consistency([], old_size=5, old_root=ROOTS[5], new_size=5, new_root=ROOTS[4])


def test_a_bad_path_alone_is_no_fork():
    with pytest.raises(VerificationError) as caught:
        check_consistency([LEAVES[0]], old_size=2, old_root=ROOTS[2], new_size=3, new_root=ROOTS[3])
    assert not isinstance(caught.value, CheckpointError)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (2, 1), (-1, 1), (1, TREE_SIZE_MAX + 1)])
def test_consistency_needs_two_trees_in_order(old, new):
    assert not consistent([], old, new, EMPTY_ROOT, EMPTY_ROOT)
    assert not consistent([EMPTY_ROOT], old, new, EMPTY_ROOT, EMPTY_ROOT)


def test_consistency_with_the_largest_tree():
    """From the first leaf alone each level brings one sibling on the right; the last leaf of the largest is missing."""
    root = LEAVES[0]
    for sibling in LEAVES[1:64]:
        root = reference.node(root, sibling)
    assert consistent(LEAVES[1:64], 1, TREE_SIZE_MAX, LEAVES[0], root)
    assert not consistent(LEAVES[1:64], 1, TREE_SIZE_MAX + 1, LEAVES[0], root)


def test_the_tree_may_be_damaged_and_the_path_honest():
    """A path made for a tree whose first leaves differ leads to no root of the older tree."""
    other = [changed(LEAVES[0]), *LEAVES[1:20]]
    path = reference.consistency_path(7, other)
    assert not consistent(path, 7, 20, ROOTS[7], reference.tree_hash(other))


def test_packed_hashes_have_the_root_of_the_same_hashes_apart():
    for count in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        assert (
            packed_root(b"".join(LEAVES[:count])) == subtree_root(LEAVES[:count]) == reference.tree_hash(LEAVES[:count])
        )
    for length in (0, 31, 33, 3 * 32, 512 * 32):
        with pytest.raises(AssertionError):
            packed_root(bytes(length))


def test_packed_levels_are_the_roots_of_all_subtrees():
    for count in (1, 2, 32, 256):
        levels = packed_levels(b"".join(LEAVES[:count]))
        for height, level in enumerate(levels):
            width = 1 << height
            expected = [reference.tree_hash(LEAVES[start : start + width]) for start in range(0, count, width)]
            assert level == b"".join(expected)
        assert len(levels) == count.bit_length()
