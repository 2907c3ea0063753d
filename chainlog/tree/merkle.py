"""The RFC 6962 tree: growing it at its right edge, and checking proofs against its roots. Pure arithmetic.

Format: schemas/FORMAT.md section 6; RFC 6962 section 2.1, RFC 9162 section 2.1 for the checks.

A tree of *size* leaves is a row of complete subtrees, one for each 1 in the binary form of *size*, largest
first. Their roots are all that is needed to append and to compute the root:

    size 11 = 0b1011        leaves  0 1 2 3 4 5 6 7 | 8 9 | 10
    roots                          (0..7)           (8..9) (10)

Leaves are record hashes (`digest.record_hash`) and come from this program, never from a file: a leaf that isn't
32 bytes long is a bug and raises AssertionError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct

from chainlog.digest import NODE, node_hash
from chainlog.errors import CheckpointError, FormatError, ProofError
from chainlog.limits import HASH_BYTES, TILE_HASHES, TREE_SIZE_MAX

EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962 section 2.1)."""

_TILE_LEVEL = TILE_HASHES.bit_length() - 1
# Taking 1, 2, 4, … 128 pairs of hashes apart in one call costs less than cutting each out.
_PAIRS = [Struct(f"{2 * HASH_BYTES}s" * (1 << height)).unpack for height in range(_TILE_LEVEL)]


@dataclass(frozen=True, slots=True)
class Frontier:
    """
    The right edge of a tree: its size and the roots of its complete subtrees, largest first. Immutable.

    size: count of leaves, 0 to 2**63 - 1.
    roots: one of 32 bytes for each 1 in the binary form of *size*; at most 63.
    """

    size: int
    roots: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.size <= TREE_SIZE_MAX or len(self.roots) != self.size.bit_count():
            raise AssertionError(f"{len(self.roots)} subtrees can't make a tree of {self.size} leaves")

    @staticmethod
    def empty() -> Frontier:
        """The tree without leaves."""
        return Frontier(0, ())

    @staticmethod
    def decode(size: int, data: bytes) -> Frontier:
        """
        Read back what `encode` gave. Not yet trusted: compare `root()` with a verified checkpoint.

        Raises:
            FormatError: *size* is out of range, or *data* isn't 32 bytes for each 1 in it.
        """
        if not 0 <= size <= TREE_SIZE_MAX:
            raise FormatError(f"size {size} is out of range", path="frontier")
        if len(data) != HASH_BYTES * size.bit_count():
            raise FormatError(f"{len(data)} bytes can't be the edge of a tree of {size} leaves", path="frontier")
        return Frontier(size, tuple(split_hashes(data)))

    def encode(self) -> bytes:
        """The roots one after the other, largest subtree first. *size* is stored apart."""
        return b"".join(self.roots)

    def root(self) -> bytes:
        """Root of the tree, 32 bytes. Cost: at most 62 hashes."""
        return fold_roots(self.roots) if self.roots else EMPTY_ROOT

    def append(self, leaf: bytes) -> Frontier:
        """The tree with one leaf more. Cost: one hash on average, at most 63. For many leaves use `extend`."""
        return self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The tree with *leaves* appended in order. Cost: about one hash a leaf."""
        return self._extend(leaves, 0)

    def extend_tiles(self, roots: Iterable[bytes]) -> Frontier:
        """
        The tree with complete subtrees of 256 leaves appended, given by their roots (`subtree_root`).

        So ranges that begin at a multiple of 256 can be hashed apart and joined. The size must be such a
        multiple, else AssertionError. Cost: about one hash a root.
        """
        return self._extend(roots, _TILE_LEVEL)

    def _extend(self, added: Iterable[bytes], level: int) -> Frontier:
        """Append complete subtrees of 2**level leaves, all at once: a whole level is paired before the next."""
        nodes = _checked(added)
        if self.size & ((1 << level) - 1):
            raise AssertionError(f"{self.size} leaves don't end at a multiple of {1 << level}")
        grown = self.size + (len(nodes) << level)
        waiting = list(self.roots)  # the smallest stands last
        if len(nodes) == 1:
            # The common single append, without a list for each level.
            node, filled = nodes[0], self.size >> level
            while filled & 1:
                node = node_hash(waiting.pop(), node)
                filled >>= 1
            return Frontier(grown, (*waiting, node))
        left: list[bytes] = []  # smallest first: subtrees of the grown tree that found no partner
        filled = self.size >> level
        while nodes:
            if filled & 1:
                nodes.insert(0, waiting.pop())
            if len(nodes) & 1:
                left.append(nodes.pop())
            nodes = _parents(nodes)
            filled >>= 1
        return Frontier(grown, (*waiting, *reversed(left)))


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root of the tree over *leaves*, 32 bytes. Cost: one hash a leaf."""
    return Frontier.empty().extend(leaves).root()


def fold_roots(roots: Sequence[bytes]) -> bytes:
    """Root over adjoining complete subtrees, at least one, largest first. Cost: one hash less than there are roots."""
    root = roots[-1]
    for left in roots[-2::-1]:
        root = node_hash(left, root)
    return root


def split_point(count: int) -> int:
    """The largest power of two below *count*, which is at least 2: where RFC 6962 parts a tree."""
    return 1 << (count - 1).bit_length() - 1


def subtree_root(leaves: Sequence[bytes]) -> bytes:
    """
    Root of one complete subtree, 32 bytes.

    Args:
        leaves: 1, 2, 4, … or 256 hashes of 32 bytes; another count is AssertionError, as its root is no
            node of a larger tree. (Any count: `root_of`.)

    Cost: one hash less than there are leaves.
    """
    nodes = _checked(leaves)
    if len(nodes).bit_count() != 1 or len(nodes) > TILE_HASHES:
        raise AssertionError(f"{len(nodes)} leaves are no complete subtree of at most {TILE_HASHES}")
    return packed_root(b"".join(nodes))


def packed_root(hashes: bytes) -> bytes:
    """
    `subtree_root` of hashes that stand one after the other: those of a tile, or an aligned part of it.

    1, 2, 4, … or 256 of them; another length is AssertionError. Cost: as `subtree_root`.
    """
    return packed_levels(hashes)[-1]


def packed_levels(hashes: bytes) -> list[bytes]:
    """
    All levels of a complete subtree whose lowest is given as `packed_root` takes it: that one first, the root last.

    Cost: one hash less than there are hashes, each a fifth dearer than a bare one.
    """
    count = len(hashes) // HASH_BYTES
    if len(hashes) % HASH_BYTES or count.bit_count() != 1 or count > TILE_HASHES:
        raise AssertionError(f"{len(hashes)} bytes are no complete subtree of at most {TILE_HASHES}")
    new, prefix, levels = sha256, NODE, [hashes]
    for pairs in reversed(_PAIRS[: count.bit_length() - 1]):
        hashes = b"".join([new(prefix + pair).digest() for pair in pairs(hashes)])
        levels.append(hashes)
    return levels


def split_hashes(data: bytes) -> list[bytes]:
    """Cut *data*, whose length the caller has checked, into hashes of 32 bytes."""
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def root_from_inclusion(leaf: bytes, path: Sequence[bytes], *, index: int, size: int) -> bytes:
    """
    Recompute the root that *path* implies for one leaf.

    Args:
        leaf: record hash, 32 bytes.
        path: sibling hashes of 32 bytes, the leaf's first; at most 63.
        index: 0-based position of the leaf, below *size*.
        size: count of leaves, 1 to 2**63 - 1.

    Returns:
        32 bytes. Not yet trusted: compare with the root of a verified checkpoint of *size*.

    Raises:
        ProofError: *index* lies outside the tree, *path* is longer or shorter than they demand, or
            something isn't 32 bytes long.

    Cost: one hash for each in *path*. Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size <= TREE_SIZE_MAX:
        raise ProofError(f"index {index} lies outside a tree of {size} leaves")
    # Below the level where the paths of leaf and last leaf part, siblings stand on both sides; from there on
    # the leaf lies on the right edge and only complete subtrees to its left count.
    inner = (index ^ (size - 1)).bit_length()
    expected = inner + (index >> inner).bit_count()
    if len(path) != expected:
        raise ProofError(f"an inclusion path has {len(path)} hashes, {index} in {size} needs {expected}")
    _require_hashes(leaf, *path)
    # `node_hash` written out: calling it costs a sixth.
    new, prefix, node = sha256, NODE, leaf
    for sibling in path[:inner]:
        node = new(prefix + (sibling + node if index & 1 else node + sibling)).digest()
        index >>= 1
    for sibling in path[inner:]:
        node = new(prefix + sibling + node).digest()
    return node


def check_inclusion(leaf: bytes, path: Sequence[bytes], *, index: int, size: int, root: bytes) -> None:
    """
    Check that *leaf* stands at *index* in the tree of *size* with *root*, that of a verified checkpoint.

    Raises: ProofError, also as `root_from_inclusion`. Cost: one hash for each in *path*.
    """
    if root_from_inclusion(leaf, path, index=index, size=size) != root:
        raise ProofError(f"the inclusion path of leaf {index} does not lead to the root of {size}")


def check_consistency(path: Sequence[bytes], *, old_size: int, old_root: bytes, new_size: int, new_root: bytes) -> None:
    """
    Check that the tree with *new_root* begins with the leaves of the tree with *old_root*.

    Args:
        path: hashes of 32 bytes as RFC 6962 section 2.1.2 orders them; empty if the sizes are equal.
        old_size: count of leaves, at least 1: nothing can be proved from an empty tree.
        old_root: 32 bytes, of a verified checkpoint.
        new_size: count of leaves, *old_size* to 2**63 - 1.
        new_root: 32 bytes, of a verified checkpoint.

    Raises:
        CheckpointError: the sizes are equal and the roots aren't: a fork, whatever *path* says.
        ProofError: *path* doesn't lead to both roots. That alone convicts nobody but the path.

    Cost: at most two hashes for each in *path*. Source: RFC 9162 section 2.1.4.2.
    """
    if not 0 < old_size <= new_size <= TREE_SIZE_MAX:
        raise ProofError(f"no consistency can be shown between sizes {old_size} and {new_size}")
    _require_hashes(old_root, new_root, *path)
    if old_size == new_size:
        if old_root != new_root:
            raise CheckpointError(f"two roots of one size {new_size}: {old_root.hex()} and {new_root.hex()}")
        if path:
            raise ProofError("a consistency path between equal sizes must be empty")
        return
    # As in `root_from_inclusion`, from the largest complete subtree that ends where the old tree ends. Where that is the
    # whole old tree, its root is known and not in the path.
    height = (old_size & -old_size).bit_length() - 1
    number = old_size - 1 >> height
    inner = (number ^ (new_size - 1 >> height)).bit_length()
    first = 0 if old_size == 1 << height else 1
    expected = first + inner + (number >> inner).bit_count()
    if len(path) != expected:
        raise ProofError(f"a consistency path has {len(path)} hashes, {old_size} to {new_size} needs {expected}")
    old = new = path[0] if first else old_root
    for sibling in path[first : first + inner]:
        if number & 1:
            old = sha256(NODE + sibling + old).digest()
            new = sha256(NODE + sibling + new).digest()
        else:
            new = sha256(NODE + new + sibling).digest()
        number >>= 1
    for sibling in path[first + inner :]:
        old = sha256(NODE + sibling + old).digest()
        new = sha256(NODE + sibling + new).digest()
    if old != old_root or new != new_root:
        raise ProofError(f"the consistency path does not lead from size {old_size} to {new_size}")


def _parents(nodes: Sequence[bytes]) -> list[bytes]:
    """The level above an even count of nodes: `node_hash` written out, as calling it costs a tenth."""
    new, prefix = sha256, NODE
    return [new(prefix + left + right).digest() for left, right in zip(nodes[0::2], nodes[1::2], strict=True)]


def _checked(hashes: Iterable[bytes]) -> list[bytes]:
    """A list of its own. Without the length check, two leaves of 16 and 48 bytes would hash like two of 32."""
    nodes = list(hashes)
    if not {HASH_BYTES}.issuperset(map(len, nodes)):
        raise AssertionError("a leaf or node isn't 32 bytes long")
    return nodes


def _require_hashes(*hashes: bytes) -> None:
    if not {HASH_BYTES}.issuperset(map(len, hashes)):
        raise ProofError("a hash of a proof isn't 32 bytes long")
