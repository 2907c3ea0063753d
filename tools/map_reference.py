"""The completeness map of FORMAT.md section 7, written as it stands there: slow, obvious, for vectors and tests. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from chainlog.digest import MAP_INNER, MAP_LEAF, MAP_PATH, ZERO

FIXED = 16
ENTRY_BYTES = 72


class Entry(NamedTuple):
    """What the map holds of one subject: its path, how many records name it, the hash of the last of them."""

    path: bytes
    count: int  # type: ignore[assignment]  # hides tuple.count, which nobody calls on an entry
    last_hash: bytes

    def encoded(self) -> bytes:
        """72 bytes."""
        return self.path + self.count.to_bytes(8, "big") + self.last_hash


def path_of(log_id: bytes, subject: str) -> bytes:
    """The path of a subject, 32 bytes."""
    return sha256(MAP_PATH + log_id + subject.encode()).digest()


def bit(path: bytes, depth: int) -> int:
    """Bit *depth* of a path, from the most significant of byte 0."""
    return path[depth // 8] >> (7 - depth % 8) & 1


def leaf(entry: bytes) -> bytes:
    """Hash of an encoded entry."""
    return sha256(MAP_LEAF + entry).digest()


def inner(left: bytes, right: bytes, *, depth: int) -> bytes:
    """The node at *depth* above two nodes."""
    if depth < FIXED and left == right == ZERO:
        return ZERO
    return sha256(MAP_INNER + left + right).digest()


def tree(entries: Sequence[Entry], depth: int = 0) -> bytes:
    """T(S, d)."""
    if not entries:
        return ZERO
    if depth >= FIXED and len(entries) == 1:
        return leaf(entries[0].encoded())
    halves = [[entry for entry in entries if bit(entry.path, depth) == side] for side in (0, 1)]
    return inner(tree(halves[0], depth + 1), tree(halves[1], depth + 1), depth=depth)


def prove(entries: Sequence[Entry], path: bytes) -> bytes:
    """The proof for *path*: that it is there, or that it isn't."""
    siblings: list[bytes] = []
    depth, inside = 0, list(entries)
    while depth < FIXED or len(inside) > 1:
        side = bit(path, depth)
        siblings.append(tree([entry for entry in inside if bit(entry.path, depth) != side], depth + 1))
        inside = [entry for entry in inside if bit(entry.path, depth) == side]
        depth += 1
    bitmap = bytearray(-(-depth // 8))
    for place, sibling in enumerate(siblings):
        if sibling != ZERO:
            bitmap[place // 8] |= 1 << place % 8
    end = b"" if not inside or inside[0].path == path else inside[0].encoded()
    return bytes([depth]) + bytes(bitmap) + b"".join(s for s in siblings if s != ZERO) + end


def verify(proof: bytes, *, root: bytes, path: bytes, entry: Entry | None) -> str:
    """What is wrong with a proof that *entry* is the one of *path* (None: that there is none), or empty."""
    if not proof or proof[0] < FIXED:
        return "depth"
    depth, width = proof[0], -(-proof[0] // 8)
    bitmap, rest = proof[1 : 1 + width], proof[1 + width :]
    if len(bitmap) < width or (depth % 8 and bitmap[-1] >> depth % 8):
        return "bitmap"
    siblings = []
    for place in range(depth):
        if bitmap[place // 8] >> place % 8 & 1:
            siblings.append(rest[:32])
            if len(rest) < 32 or rest[:32] == ZERO:
                return "sibling"
            rest = rest[32:]
        else:
            siblings.append(ZERO)
    if entry is not None and (rest or entry.path != path or entry.count < 1):
        return "end"
    if entry is None and not _absent_end(rest, path, depth, siblings):
        return "end"
    found = leaf(entry.encoded()) if entry is not None else leaf(rest) if rest else ZERO
    for place in range(depth - 1, -1, -1):
        left, right = (siblings[place], found) if bit(path, place) else (found, siblings[place])
        found = inner(left, right, depth=place)
    return "" if found == root else "root"


def _absent_end(end: bytes, path: bytes, depth: int, siblings: Sequence[bytes]) -> bool:
    if not end:
        return depth == FIXED or siblings[-1] != ZERO
    other = end[:32]
    shared = all(bit(other, place) == bit(path, place) for place in range(depth)) if len(end) == ENTRY_BYTES else False
    return shared and other != path and int.from_bytes(end[32:40], "big") > 0


def entries_of(log_id: bytes, heads: Iterable[tuple[str, int, bytes]]) -> list[Entry]:
    """Entries from (subject, count, last record hash)."""
    return [Entry(path_of(log_id, subject), count, last_hash) for subject, count, last_hash in heads]
