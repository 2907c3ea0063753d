"""The completeness map: for every subject how many records name it, and which is the last. Pure arithmetic.

Format: schemas/FORMAT.md section 7. The first 16 bits of a path choose one of 65,536 buckets; above them is a tree of fixed
depth, inside each a prefix tree. Proofs are checked here with nothing but the proof, the root and what is claimed.

Known limit: paths hide subjects only from those who can't guess them.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from chainlog.digest import MAP_INNER, MAP_LEAF, MAP_PATH, ZERO
from chainlog.errors import ProofError
from chainlog.limits import HASH_BYTES, INTEGER_MAX

FIXED: Final = 16
ENTRY_BYTES: Final = 72
DEPTH_MAX: Final = 255
_COUNT: Final = slice(HASH_BYTES, HASH_BYTES + 8)


class Claim(NamedTuple):
    """What is said of a subject: how many records below the map's size name it, and the hash of the last of them."""

    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody calls on a claim
    last_hash: bytes


def path_of(log_id: bytes, subject: str) -> bytes:
    """Where a subject stands in the map of a log. 32 bytes."""
    return sha256(MAP_PATH + log_id + subject.encode()).digest()


def entry_of(path: bytes, claim: Claim) -> bytes:
    """The 72 bytes of which the leaf is the hash. *count* is 1 to 2**53 - 1."""
    return path + claim.count.to_bytes(8, "big") + claim.last_hash


def leaf(entry: bytes) -> bytes:
    """The leaf of an entry. 32 bytes."""
    return sha256(MAP_LEAF + entry).digest()


def inner(left: bytes, right: bytes, *, depth: int) -> bytes:
    """The node at *depth* over two nodes. Among the first 16 levels nothing over nothing is nothing: zeros."""
    if depth < FIXED and left == right == ZERO:
        return ZERO
    return sha256(MAP_INNER + left + right).digest()


def bit(path: bytes, depth: int) -> int:
    """Bit *depth* of a path, from the most significant of byte 0."""
    return path[depth >> 3] >> (7 - (depth & 7)) & 1


def split(entries: Sequence[bytes], depth: int) -> int:
    """How many of *entries*, which ascend and share their first *depth* bits, have bit *depth* 0. Cost: log of them."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) >> 1
        if bit(entries[middle], depth):
            high = middle
        else:
            low = middle + 1
    return low


def subtree(entries: Sequence[bytes], depth: int) -> bytes:
    """
    The node at *depth*, 16 or deeper, over entries that ascend and share their first *depth* bits.

    Cost: three hashes an entry, about two microseconds.
    """
    if not entries:
        return ZERO
    new, prefix = sha256, MAP_LEAF
    leaves = [new(prefix + entry).digest() for entry in entries]
    return leaves[0] if len(leaves) == 1 else _over(entries, leaves, 0, len(leaves), depth)


def _over(entries: Sequence[bytes], leaves: Sequence[bytes], low: int, high: int, depth: int) -> bytes:
    """The node at *depth*, 16 or deeper, over [low, high), two or more. `split` and `inner` are written out."""
    place, mask = depth >> 3, 0x80 >> (depth & 7)
    start, stop = low, high
    while start < stop:
        middle = (start + stop) >> 1
        if entries[middle][place] & mask:
            stop = middle
        else:
            start = middle + 1
    # One alone ends its way where it is.
    left, right = leaves[low] if low < start else ZERO, leaves[start] if start < high else ZERO
    if start - low > 1:
        left = _over(entries, leaves, low, start, depth + 1)
    if high - start > 1:
        right = _over(entries, leaves, start, high, depth + 1)
    return sha256(MAP_INNER + left + right).digest()


def bucket_siblings(entries: Sequence[bytes], path: bytes) -> tuple[list[bytes], bytes]:
    """
    The siblings of *path* inside its bucket, from depth 17 down, and the one entry that is left beside or at it.

    Args:
        entries: of the bucket, ascending.

    Returns: siblings, zeros where there is none; the entry of 72 bytes where the way ends, empty if it ends in nothing.
    """
    siblings: list[bytes] = []
    depth = FIXED
    while len(entries) > 1:
        place = split(entries, depth)
        near, far = (entries[place:], entries[:place]) if bit(path, depth) else (entries[:place], entries[place:])
        depth += 1
        siblings.append(subtree(far, depth))
        entries = near
    return siblings, entries[0] if entries else b""


def encode_proof(siblings: Sequence[bytes], end: bytes) -> bytes:
    """The proof of siblings from the root down, and its end: the 72-byte entry of another path, or empty."""
    bitmap = bytearray(-(-len(siblings) // 8))
    for place, sibling in enumerate(siblings):
        if sibling != ZERO:
            bitmap[place >> 3] |= 1 << (place & 7)
    return bytes([len(siblings)]) + bytes(bitmap) + b"".join(s for s in siblings if s != ZERO) + end


def check_map_proof(proof: bytes, *, root: bytes, path: bytes, claim: Claim | None) -> None:
    """
    Check that the map with this root says of *path* what *claim* says; None: that no record names it.

    Returns nothing: a proof that doesn't hold raises. The root is not trusted by itself: whoever relies on the answer has
    recomputed the map, or says that nobody has.

    Raises:
        ProofError: the proof is malformed, or proves something else.
    Cost: about 13 microseconds.
    """
    siblings, end = _decode(proof)
    if claim is not None:
        if end or not 1 <= claim.count <= INTEGER_MAX or len(claim.last_hash) != HASH_BYTES:
            raise ProofError("it doesn't end at an entry of this subject")
        node = leaf(entry_of(path, claim))
    elif end:
        _check_neighbour(end, path, len(siblings))
        node = leaf(end)
    else:
        if len(siblings) > FIXED and siblings[-1] == ZERO:
            raise ProofError("its way ends in nothing twice")
        node = ZERO
    for depth in range(len(siblings) - 1, -1, -1):
        sibling = siblings[depth]
        node = inner(sibling, node, depth=depth) if bit(path, depth) else inner(node, sibling, depth=depth)
    if node != root:
        raise ProofError("it leads to another root")


def _decode(proof: bytes) -> tuple[list[bytes], bytes]:
    """Siblings from the root down, zeros put in, and the end."""
    depth = proof[0] if proof else 0
    width = -(-depth // 8)
    bitmap = proof[1 : 1 + width]
    if depth < FIXED or len(bitmap) != width or (depth & 7 and bitmap[-1] >> (depth & 7)):
        raise ProofError("its depth and bitmap are none")
    siblings: list[bytes] = []
    place = 1 + width
    for number in range(depth):
        if not bitmap[number >> 3] >> (number & 7) & 1:
            siblings.append(ZERO)
            continue
        sibling = proof[place : place + HASH_BYTES]
        if len(sibling) != HASH_BYTES or sibling == ZERO:
            raise ProofError("a sibling is cut short, or zeros that are written out")
        siblings.append(sibling)
        place += HASH_BYTES
    end = proof[place:]
    if end and len(end) != ENTRY_BYTES:
        raise ProofError("its end is no entry")
    return siblings, end


def _check_neighbour(entry: bytes, path: bytes, depth: int) -> None:
    """An entry shows that *path* is absent if it is another one that stands alone where *path* would."""
    other = entry[:HASH_BYTES]
    shift = 8 * HASH_BYTES - depth
    shares = int.from_bytes(other, "big") >> shift == int.from_bytes(path, "big") >> shift
    if other == path or not shares or not any(entry[_COUNT]):
        raise ProofError("the entry at its end doesn't stand where the subject would")
