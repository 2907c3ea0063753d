"""The completeness map kept in two tables, so that changes and proofs cost what they touch. Pure; tables are passed in.

`buckets`: the first two bytes of a path → the bucket's entries, ascending, one after the other. `nodes`: depth (1 byte) ‖
number (2 bytes, big-endian) → the node of the fixed tree at that depth, 0 to 16, where it isn't zeros.

What stands in the tables is derived and isn't trusted: a root is worth what recomputing it from the records is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from chainlog.digest import ZERO
from chainlog.tree.map import ENTRY_BYTES, FIXED, Claim, bucket_siblings, encode_proof, entry_of, inner, subtree

_PATH_BYTES: Final = 32
_BUCKET_BYTES: Final = FIXED // 8


class MapRows(Protocol):
    """One table. `store.port.Table` is one."""

    def get(self, key: bytes) -> bytes | None: ...

    def put_many(self, items: Sequence[tuple[bytes, bytes]]) -> None:
        """Put all; *items* ascend by key."""


class MapTable:
    """
    The map of a log at some size, which the caller keeps beside it.

    Args:
        buckets, nodes: two tables that nobody else writes.
    """

    def __init__(self, buckets: MapRows, nodes: MapRows) -> None:
        self._buckets = buckets
        self._nodes = nodes

    def root(self) -> bytes:
        """The map root, 32 bytes; zeros for the map of nothing."""
        return self._nodes.get(_node(0, 0)) or ZERO

    def node(self, depth: int, number: int) -> bytes:
        """A node of the fixed tree, *depth* 0 to 16; zeros where nothing is."""
        return self._nodes.get(_node(depth, number)) or ZERO

    def update(self, changed: Iterable[tuple[bytes, Claim]]) -> int:
        """
        Set what is said of some paths. The map then has to be written down as that of a new size.

        Returns: how many of them weren't there before.
        Cost: 60 to 120 microseconds a path among a million, for a thousand at once, and half as much to commit them;
            less for more.
        """
        by_bucket: dict[bytes, dict[bytes, bytes]] = {}
        for path, claim in changed:
            by_bucket.setdefault(path[:_BUCKET_BYTES], {})[path] = entry_of(path, claim)
        new = 0
        rows: list[tuple[bytes, bytes]] = []
        level: dict[int, bytes] = {}
        for key in sorted(by_bucket):
            entries = {entry[:_PATH_BYTES]: entry for entry in _entries(self._buckets.get(key))}
            before = len(entries)
            entries.update(by_bucket[key])
            new += len(entries) - before
            ordered = sorted(entries.values())
            rows.append((key, b"".join(ordered)))
            level[int.from_bytes(key, "big")] = subtree(ordered, FIXED)
        self._buckets.put_many(rows)
        self._climb(level)
        return new

    def _climb(self, level: dict[int, bytes]) -> None:
        """Write the nodes of the lowest fixed level, and all above them."""
        get = self._nodes.get
        for depth in range(FIXED, -1, -1):
            keys = {number: _node(depth, number) for number in sorted(level)}
            self._nodes.put_many([(key, level[number]) for number, key in keys.items()])
            above: dict[int, bytes] = {}
            for number in keys if depth else ():
                if number >> 1 not in above:
                    sibling = level.get(number ^ 1) or get(_node(depth, number ^ 1)) or ZERO
                    left, right = (sibling, level[number]) if number & 1 else (level[number], sibling)
                    above[number >> 1] = inner(left, right, depth=depth - 1)
            level = above

    def claim(self, path: bytes) -> Claim | None:
        """What the map says of a path, None if nothing."""
        for entry in _entries(self._buckets.get(path[:_BUCKET_BYTES])):
            if entry[:_PATH_BYTES] == path:
                return Claim(int.from_bytes(entry[_PATH_BYTES : _PATH_BYTES + 8], "big"), entry[_PATH_BYTES + 8 :])
        return None

    def prove(self, path: bytes) -> bytes:
        """
        The proof that *path* is there, or that it isn't; `tree.map.check_map_proof` checks either.

        Cost: 17 look-ups and some 20 hashes, 50 to 100 microseconds; some 640 bytes among a million subjects.
        """
        siblings = []
        number = int.from_bytes(path[:_BUCKET_BYTES], "big")
        for depth in range(1, FIXED + 1):
            siblings.append(self._nodes.get(_node(depth, (number >> (FIXED - depth)) ^ 1)) or ZERO)
        below, entry = bucket_siblings(_entries(self._buckets.get(path[:_BUCKET_BYTES])), path)
        return encode_proof([*siblings, *below], b"" if entry[:_PATH_BYTES] == path else entry)


def _node(depth: int, number: int) -> bytes:
    return (depth << 8 * _BUCKET_BYTES | number).to_bytes(1 + _BUCKET_BYTES, "big")


def _entries(row: bytes | None) -> list[bytes]:
    """The entries of a bucket, ascending."""
    if not row:
        return []
    return [row[start : start + ENTRY_BYTES] for start in range(0, len(row), ENTRY_BYTES)]
