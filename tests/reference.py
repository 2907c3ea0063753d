"""The definitions, written as they stand in the documents: slow, obvious, no cleverness. For tests only."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

# --- RFC 6962 section 2.1, over leaf hashes ----------------------------------------------------


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def split_point(n: int) -> int:
    """The largest power of two below n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n])"""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split_point(len(leaves))
    return node(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def inclusion_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])"""
    if len(leaves) == 1:
        return []
    k = split_point(len(leaves))
    if m < k:
        return [*inclusion_path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*inclusion_path(m - k, leaves[k:]), tree_hash(leaves[:k])]


def consistency_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n])"""
    return _subproof(m, leaves, known=True)


def _subproof(m: int, leaves: Sequence[bytes], *, known: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if known else [tree_hash(leaves)]
    k = split_point(len(leaves))
    if m <= k:
        return [*_subproof(m, leaves[:k], known=known), tree_hash(leaves[k:])]
    return [*_subproof(m - k, leaves[k:], known=False), tree_hash(leaves[:k])]


# --- C2SP tlog-tiles ---------------------------------------------------------------------------


def tile(level: int, number: int, leaves: Sequence[bytes]) -> bytes:
    """The tile as far as *leaves* fill it: 32 bytes for each complete subtree."""
    span = 256**level
    starts = [(number * 256 + i) * span for i in range(256)]
    return b"".join(tree_hash(leaves[start : start + span]) for start in starts if start + span <= len(leaves))
