"""A reader of C2SP tiles that shares no code with the package: what any other program would do with an export.

Written from c2sp.org/tlog-tiles, tlog-checkpoint, signed-note and RFC 6962 alone. It fetches files, proves one entry's
place in the tree from the tiles, and verifies the note. Anything unexpected is an AssertionError.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Callable

from nacl.signing import VerifyKey

Fetch = Callable[[str], bytes | None]


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def number_path(number: int) -> str:
    groups = []
    while True:
        groups.append(f"{number % 1000:03d}")
        number //= 1000
        if not number:
            break
    return "/".join([f"x{group}" for group in reversed(groups[1:])] + groups[:1])


class Client:
    """fetch: gives the content of a path below the log's prefix, or None."""

    def __init__(self, fetch: Fetch, *, origin: str, public_key: bytes) -> None:
        self._fetch = fetch
        note = self._get("checkpoint").decode("utf-8")
        text, blank, signatures = note.rpartition("\n\n")
        assert blank
        text += "\n"
        lines = text.split("\n")
        assert lines[0] == origin
        assert lines[3:] == [""]
        self.size, self.root = int(lines[1]), b64decode(lines[2], validate=True)
        assert str(self.size) == lines[1]
        assert len(self.root) == 32
        dash, name, encoded = signatures.rstrip("\n").split("\n")[0].split(" ")
        signed = b64decode(encoded, validate=True)
        key_id = hashlib.sha256(name.encode() + b"\n\x01" + public_key).digest()[:4]
        assert (dash, name, signed[:4]) == ("—", origin, key_id)
        VerifyKey(public_key).verify(text.encode(), signed[4:])

    def _get(self, path: str) -> bytes:
        data = self._fetch(path)
        assert data is not None, path
        return data

    def _tile(self, directory: str, level_size: int, number: int) -> tuple[bytes, int]:
        """Content and width of a tile or bundle of a level with *level_size* hashes; the full one where the partial is gone."""
        width = min(256, level_size - number * 256)
        assert width > 0
        path = f"tile/{directory}/{number_path(number)}"
        if width < 256:
            data = self._fetch(f"{path}.p/{width}")
            if data is not None:
                return data, width
        return self._get(path), width

    def hash_at(self, level: int, index: int) -> bytes:
        """Hash number *index* of tile level *level*."""
        data, width = self._tile(str(level), self.size >> 8 * level, index // 256)
        assert len(data) in (32 * width, 8192)
        return data[index % 256 * 32 :][:32]

    def entry(self, index: int) -> bytes:
        assert 0 <= index < self.size
        data, width = self._tile("entries", self.size, index // 256)
        entries, place = [], 0
        while place < len(data):
            length = int.from_bytes(data[place : place + 2], "big")
            entries.append(data[place + 2 : place + 2 + length])
            place += 2 + length
        assert place == len(data)
        assert len(entries) in (width, 256)
        return entries[index % 256]

    def subtree(self, start: int, stop: int) -> bytes:
        """MTH(D[start:stop]), by RFC 6962, down to the hashes that a tile holds."""
        count = stop - start
        for level in range(8):
            if count == 256**level and start % count == 0:
                return self.hash_at(level, start // count)
        half = 1
        while half * 2 < count:
            half *= 2
        return node_hash(self.subtree(start, start + half), self.subtree(start + half, stop))

    def prove(self, index: int) -> bytes:
        """The entry at *index*, after its inclusion in the signed root was checked."""
        entry = self.entry(index)

        def root(start: int, stop: int) -> bytes:
            if stop - start == 1:
                return leaf_hash(entry)
            half = 1
            while half * 2 < stop - start:
                half *= 2
            middle = start + half
            if index < middle:
                return node_hash(root(start, middle), self.subtree(middle, stop))
            return node_hash(self.subtree(start, middle), root(middle, stop))

        assert root(0, self.size) == self.root
        return entry
