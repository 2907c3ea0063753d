"""Checking one proof for many leaves of a tree. Pure arithmetic.

Format: schemas/FORMAT.md section 6. The proof of leaves i₁ < i₂ < … in a tree of n holds the roots of the largest
subtrees that have none of them, from left to right as RFC 6962 parts a tree. For one leaf these are the hashes of its
inclusion path in another order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from operator import itemgetter

from chainlog.digest import node_hash
from chainlog.errors import ProofError
from chainlog.limits import HASH_BYTES, TREE_SIZE_MAX
from chainlog.tree.merkle import split_point


def check_batch_inclusion(
    leaves: Sequence[tuple[int, bytes]], path: Sequence[bytes], *, size: int, root: bytes
) -> None:
    """
    Check that each of *leaves* stands at its index in the tree of *size* with *root*.

    Args:
        leaves: (index, leaf hash of 32 bytes), at least one, indexes strictly ascending.
        path: as `proofs.batch_inclusion_path` gives it.
        size, root: of a verified checkpoint.

    Raises:
        ProofError: it doesn't lead there, has a hash too many or too few, or indexes lie outside the tree or don't ascend.

    Cost: at most 63 hashes a leaf, fewer where leaves lie near each other.
    """
    indexes = [index for index, _ in leaves]
    if not indexes or any(a >= b for a, b in pairwise(indexes)):
        raise ProofError("a proof is for at least one leaf, and their indexes ascend")
    if indexes[0] < 0 or indexes[-1] >= size or size > TREE_SIZE_MAX:
        raise ProofError(f"leaves {indexes[0]} to {indexes[-1]} don't lie in a tree of {size}")
    if any(len(one) != HASH_BYTES for one in (root, *path, *(leaf for _, leaf in leaves))):
        raise ProofError("a hash of a proof isn't 32 bytes long")
    rest = list(reversed(path))
    if _root(leaves, rest, 0, size) != root or rest:
        raise ProofError(f"the proof for {len(leaves)} leaves does not lead to the root of {size}")


def inclusion_path_from(
    leaves: Sequence[tuple[int, bytes]], path: Sequence[bytes], *, index: int, size: int
) -> list[bytes]:
    """
    The inclusion path of one leaf, from the proof of many.

    Args:
        leaves, path, size: which `check_batch_inclusion` accepted. index: of one of *leaves*.

    Returns: as `proofs.inclusion_path`. Raises: ProofError. Cost: as `check_batch_inclusion`.
    """
    siblings: list[bytes] = []
    _collect(leaves, list(reversed(path)), 0, size, index, siblings)
    return siblings


def _collect(
    leaves: Sequence[tuple[int, bytes]], rest: list[bytes], start: int, stop: int, index: int, siblings: list[bytes]
) -> None:
    """Put the siblings of *index* in [start, stop) behind *siblings*, the leaf's first; takes from *rest* as `_root`."""
    if stop - start == 1:
        return
    middle = start + split_point(stop - start)
    left = bisect_left(leaves, middle, key=itemgetter(0))
    if index < middle:
        _collect(leaves[:left], rest, start, middle, index, siblings)
        siblings.append(_root(leaves[left:], rest, middle, stop))
    else:
        sibling = _root(leaves[:left], rest, start, middle)
        _collect(leaves[left:], rest, middle, stop, index, siblings)
        siblings.append(sibling)


def _root(leaves: Sequence[tuple[int, bytes]], rest: list[bytes], start: int, stop: int) -> bytes:
    """Root of [start, stop), in which all of *leaves* lie; hashes of the path are taken from the end of *rest*."""
    if not leaves:
        return _take(rest)
    if len(leaves) == 1:
        return _root_over_one(*leaves[0], rest, start, stop)
    middle = start + split_point(stop - start)
    left = bisect_left(leaves, middle, key=itemgetter(0))
    first = _root(leaves[:left], rest, start, middle)
    return node_hash(first, _root(leaves[left:], rest, middle, stop))


def _root_over_one(index: int, node: bytes, rest: list[bytes], start: int, stop: int) -> bytes:
    """`_root` for one leaf: most of a proof is. Left siblings stand in the path before those on the right."""
    left: list[bytes | None] = []  # from the top down; None where the leaf's side is the left one
    while stop - start > 1:
        middle = start + split_point(stop - start)
        if index < middle:
            left.append(None)
            stop = middle
        else:
            left.append(_take(rest))
            start = middle
    for sibling in reversed(left):
        node = node_hash(node, _take(rest)) if sibling is None else node_hash(sibling, node)
    return node


def _take(rest: list[bytes]) -> bytes:
    if not rest:
        raise ProofError("the proof is too short")
    return rest.pop()
