"""The completeness map kept in two tables, so that changes and proofs cost what they touch. Pure; tables are passed in.

`buckets`: the first two bytes of a path → the bucket's entries, ascending, one after the other. `nodes`: the fixed tree in
pieces four levels high, depth (1 byte) ‖ number (2 bytes, big-endian) of a node at depth 0, 4, 8 or 12 → the 30 nodes below
it: two, then four, eight, sixteen, each row from left to right, zeros where nothing is. A row a node would be nine thousand
rows to read and write, all over the file, where a thousand subjects change; these are twelve hundred.

What stands in the tables is derived and isn't trusted: a root is worth what recomputing it from the records is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final, Protocol

from chainlog.digest import MAP_INNER, ZERO
from chainlog.limits import HASH_BYTES
from chainlog.tree.map import ENTRY_BYTES, FIXED, Claim, bucket_siblings, encode_proof, entry_of, inner, subtree

_PATH_BYTES: Final = 32
_BUCKET_BYTES: Final = FIXED // 8
_PIECE: Final = 4  # levels
_NOTHING: Final = bytes(((2 << _PIECE) - 2) * HASH_BYTES)


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
        top = self._nodes.get(_piece(0, 0))
        return ZERO if top is None else inner(_node_in(top, 2), _node_in(top, 3), depth=0)

    def node(self, depth: int, number: int) -> bytes:
        """A node of the fixed tree, *depth* 1 to 16; zeros where nothing is."""
        height = (depth - 1) % _PIECE + 1
        piece = self._nodes.get(_piece(depth - height, number >> height))
        return ZERO if piece is None else _node_in(piece, 1 << height | number & ((1 << height) - 1))

    def update(self, changed: Iterable[tuple[bytes, Claim]]) -> int:
        """
        Set what is said of some paths. The map then has to be written down as that of a new size.

        Returns: how many of them weren't there before.
        Cost: 50 to 100 microseconds a path among a million, for a thousand at once, and half as much to commit them;
            less for more.
        """
        by_bucket: dict[bytes, dict[bytes, bytes]] = {}
        for path, claim in changed:
            by_bucket.setdefault(path[:_BUCKET_BYTES], {})[path] = entry_of(path, claim)
        new = 0
        rows: list[tuple[bytes, bytes]] = []
        level: dict[int, bytes] = {}
        for key in sorted(by_bucket):
            entries = _entries(self._buckets.get(key))
            for path, entry in by_bucket[key].items():
                place = bisect_left(entries, path)
                if place < len(entries) and entries[place].startswith(path):
                    entries[place] = entry
                else:
                    entries.insert(place, entry)
                    new += 1
            rows.append((key, b"".join(entries)))
            level[int.from_bytes(key, "big")] = subtree(entries, FIXED)
        self._buckets.put_many(rows)
        self._climb(level)
        return new

    def _climb(self, level: dict[int, bytes]) -> None:
        """Write the nodes of the lowest fixed level, and all above them."""
        for depth in range(FIXED - _PIECE, -1, -_PIECE):
            changed: dict[int, dict[int, bytes]] = {}
            for number, node in level.items():
                changed.setdefault(number >> _PIECE, {})[1 << _PIECE | number & ((1 << _PIECE) - 1)] = node
            rows: list[tuple[bytes, bytes]] = []
            level = {}
            for number in sorted(changed):
                key = _piece(depth, number)
                piece = bytearray(self._nodes.get(key) or _NOTHING)
                level[number] = _change(piece, changed[number])
                rows.append((key, bytes(piece)))
            self._nodes.put_many(rows)

    def claim(self, path: bytes) -> Claim | None:
        """What the map says of a path, None if nothing."""
        for entry in _entries(self._buckets.get(path[:_BUCKET_BYTES])):
            if entry[:_PATH_BYTES] == path:
                return Claim(int.from_bytes(entry[_PATH_BYTES : _PATH_BYTES + 8], "big"), entry[_PATH_BYTES + 8 :])
        return None

    def prove(self, path: bytes) -> bytes:
        """
        The proof that *path* is there, or that it isn't; `tree.map.check_map_proof` checks either.

        Cost: 6 look-ups and some 20 hashes, 50 to 100 microseconds; some 640 bytes among a million subjects.
        """
        siblings = []
        number = int.from_bytes(path[:_BUCKET_BYTES], "big")
        for depth in range(0, FIXED, _PIECE):
            rest = number >> (FIXED - _PIECE - depth)
            piece = self._nodes.get(_piece(depth, rest >> _PIECE)) or _NOTHING
            below = 1 << _PIECE | rest & ((1 << _PIECE) - 1)
            siblings += [_node_in(piece, below >> height ^ 1) for height in range(_PIECE - 1, -1, -1)]
        inside, entry = bucket_siblings(_entries(self._buckets.get(path[:_BUCKET_BYTES])), path)
        return encode_proof([*siblings, *inside], b"" if entry[:_PATH_BYTES] == path else entry)


def _piece(depth: int, number: int) -> bytes:
    """Key of the piece below a node."""
    return (depth << 8 * _BUCKET_BYTES | number).to_bytes(1 + _BUCKET_BYTES, "big")


def _node_in(piece: bytes, position: int) -> bytes:
    """A node of a piece. position: 2 and 3 are the upper two, below each stand twice its position and the next one."""
    return piece[(position - 2) * HASH_BYTES : (position - 1) * HASH_BYTES]


def _change(piece: bytearray, changed: dict[int, bytes]) -> bytes:
    """
    Set nodes of a piece's lowest row by position, and all above each. Returns the node over the piece.

    `inner` is written out. No entry is ever taken away, so what changed isn't nothing, nor is what is above it.
    """
    top = ZERO
    for lowest, node in changed.items():
        position, top = lowest, node
        while position > 1:
            start = (position - 2) * HASH_BYTES
            piece[start : start + HASH_BYTES] = top
            position >>= 1
            start = (2 * position - 2) * HASH_BYTES
            top = sha256(MAP_INNER + piece[start : start + 2 * HASH_BYTES]).digest()
    return top


def _entries(row: bytes | None) -> list[bytes]:
    """The entries of a bucket, ascending."""
    if not row:
        return []
    return [row[start : start + ENTRY_BYTES] for start in range(0, len(row), ENTRY_BYTES)]
