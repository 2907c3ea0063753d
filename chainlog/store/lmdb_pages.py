"""Reading the tables of a damaged data file, page by page, without the engine. Does I/O.

The engine would kill the process where a page is not what it should be. Here every number taken from the file is
checked before it is used, a page that can't be right is left out, and what lay below it is said (`lost`). Rows that
stand on pages to which no sound page leads any more are found by looking through the whole file: for `records`, whose
rows are known by their looks. Whether rows are genuine is for the hashes to say.

Known limits: data files of LMDB 0.9 on a 64-bit machine in this machine's byte order, without duplicate keys, which no
release of chainlog uses. About ten times slower than the engine.
"""

from __future__ import annotations

import os
import struct
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from chainlog.errors import NotALogError
from chainlog.store.holes import data_ranges

_HEADER = struct.Struct("=QHHHH")  # page number, padding, flags, end of pointers, begin of nodes
_META = struct.Struct("=II QQ I44x 40xQ QQ")  # magic, version, address, map, page size, root, last page, transaction
_NODE = struct.Struct("=HHHH")  # size or page number in two parts, flags or its third part, key size
_HEADER_BYTES, _NODE_BYTES, _TREE_BYTES = 16, 8, 48
_BRANCH, _LEAF, _OVERFLOW, _META_FLAG = 0x01, 0x02, 0x04, 0x08
_BIG, _SUBTREE = 0x01, 0x02
_MAGIC, _VERSION = 0xBEEFC0DE, 1
_PAGE_SIZES = frozenset(2**n for n in range(9, 16))
_DEPTH_MAX = 32
_NO_PAGE = 2**64 - 1  # of an empty tree
_LOST_PAGE = 0
_KEY_BYTES_MAX = 511
_ORDER = sys.byteorder
_VALUE_BYTES_MAX = 1 << 20  # above the largest record; a longer one is read no further
_NODE_BYTES_MIN = 18  # of a leaf: its place, its head, a key of 8 bytes

NO_META_PAGE = "neither of its meta pages can be read"

Nodes = list[tuple[bytes, int, int, int]]
"""(key, flags, where the data begins in the page, its size or the child's page number) of each node of a page."""


class Lost(NamedTuple):
    """Rows of a table with low <= key < high could not be read; *high* empty means to the end."""

    low: bytes
    high: bytes


def check_meta_pages(fd: int, path: Path) -> list[tuple[int, int, int]]:
    """(transaction, page size, root page) of each meta page that looks like one. Raises NotALogError if neither does."""
    found = []
    for offset in (0, *sorted(_PAGE_SIZES)):
        page = os.pread(fd, _HEADER_BYTES + _META.size, offset)
        if len(page) < _HEADER_BYTES + _META.size:
            break
        flags = _HEADER.unpack_from(page)[2]
        magic, version, _, _, size, root, _, number = _META.unpack_from(page, _HEADER_BYTES)
        if flags & _META_FLAG and (magic, version) == (_MAGIC, _VERSION) and size in _PAGE_SIZES:
            found.append((number, size, root))
    if not found:
        raise NotALogError(path=path, detail=NO_META_PAGE)
    return found


class PageFile:
    """
    The tables of a data file, as far as its pages can be read. Implements `forensics.evidence.Evidence`.

    is_newest: whether they are those of the last commit; where one of the two meta pages is lost, nobody can say.
    """

    def __init__(self, path: Path) -> None:
        """Raises NotALogError if neither meta page can be used."""
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            self._bytes = os.fstat(self._fd).st_size
            self._page_bytes, root = self._find_root(path)
        except BaseException:
            os.close(self._fd)
            raise
        self._pages = self._bytes // self._page_bytes
        self._nodes = lru_cache(maxsize=512)(self._parse)
        self._roots: dict[str, int] = {}
        self._stray: list[bytes] = []
        self._lost: dict[str, list[Lost]] = {}
        self._found: list[tuple[bytes, int, int]] | None = None
        self._counts: dict[str, int] = {}
        for key, flags, begin, size, page in self._leaves("", root, b""):
            if flags & _SUBTREE and size == _TREE_BYTES:
                data = os.pread(self._fd, size, page * self._page_bytes + begin)
                self._roots[key.decode("utf-8", "surrogateescape")] = int.from_bytes(data[40:48], _ORDER)
            else:
                self._stray.append(key)
        if "records" not in self._roots and self._lost.get(""):
            self._roots["records"] = _LOST_PAGE  # its rows may still be known by their looks

    def _find_root(self, path: Path) -> tuple[int, int]:
        """Page size, and the root page of the newer meta page that looks like one."""
        found = check_meta_pages(self._fd, path)
        self.is_newest = len(found) > 1
        _, size, root = max(found)
        return size, root

    # --- the tables -----------------------------------------------------------------------------

    def tables(self) -> tuple[str, ...]:
        """Names of the tables that are found; raw bytes as surrogates."""
        return tuple(sorted(self._roots))

    def stray_keys(self) -> tuple[bytes, ...]:
        """Keys beside the tables, which no release writes."""
        return tuple(self._stray)

    def count(self, table: str) -> int:
        """How many rows of a table can be read. Cost: a scan, once."""
        if table not in self._counts:
            self._counts[table] = sum(1 for _ in self.scan(table))
        return self._counts[table]

    def lost(self, table: str) -> tuple[Lost, ...]:
        """Where scanning *table* met pages that can't be read, as far as it was scanned."""
        return tuple(self._lost.get(table, ()))

    def getter(self, table: str) -> Callable[[bytes], bytes | None]:
        """A function that looks a key of *table* up; None also where it lies on a lost page."""
        return partial(self._get, table)

    def _get(self, table: str, key: bytes) -> bytes | None:
        page = self._roots.get(table, _NO_PAGE)
        for _ in range(_DEPTH_MAX):
            parsed = self._nodes(page)
            if parsed is None:
                return self._get_orphan(key) if table == "records" else None
            branch, nodes = parsed
            if not branch:
                return next((self._value(page, node) for node in nodes if node[0] == key), None)
            page = nodes[0][3]
            for separator, _, _, child in nodes[1:]:
                if separator > key:
                    break
                page = child
        return None

    def _get_orphan(self, key: bytes) -> bytes | None:
        """A record from a leaf that was found by its looks."""
        leaves = self._orphans()
        for first, _, page in reversed(leaves[: bisect_right(leaves, (key, 0, 0))]):
            parsed = self._nodes(page)
            for node in parsed[1] if parsed else ():
                if node[0] == key:
                    return self._value(page, node)
            # Older copies of leaves begin in between and hold less; but a leaf that holds the key begins near it.
            if int.from_bytes(key, "big") - int.from_bytes(first, "big") > self._page_bytes // _NODE_BYTES_MIN:
                break
        return None

    def scan(self, table: str, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """(key, value) from *start* on, ascending by key, what can't be read left out."""
        root = self._roots.get(table, _NO_PAGE)
        if root == _NO_PAGE:
            return
        self._lost[table] = []
        last = b""
        for node in self._leaves(table, root, start):
            key, page = node[0], node[4]
            if key <= last or key < start:
                continue
            value = self._value(page, node[:4])
            if value is None:
                self._lost[table].append(Lost(key, key + b"\0"))
            else:
                last = key
                yield key, value

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)

    # --- pages ----------------------------------------------------------------------------------

    def _leaves(self, table: str, root: int, start: bytes) -> Iterator[tuple[bytes, int, int, int, int]]:
        """Every node of the leaves below *root*, in order, with its page. Each page is visited once."""
        seen: set[int] = set()
        waiting = [(root, b"", b"", 0)]
        while waiting:
            page, low, high, depth = waiting.pop()
            if high and high <= start:
                continue
            parsed = None if page in seen or depth > _DEPTH_MAX or root == _NO_PAGE else self._nodes(page)
            if parsed is None:
                yield from self._salvaged(table, low, high)
                continue
            branch, nodes = parsed
            if not branch:
                yield from ((*node, page) for node in nodes)
                continue
            seen.add(page)  # of branches only: a leaf met twice does no harm, its keys were seen
            keys = [low, *(node[0] for node in nodes[1:]), high]
            waiting += [(node[3], keys[i], keys[i + 1], depth + 1) for i, node in reversed(list(enumerate(nodes)))]

    def _parse(self, page: int) -> tuple[bool, Nodes] | None:
        """Whether a page is a branch, and its nodes; None if it can't be a page of a tree."""
        if not 2 <= page < self._pages:
            return None
        data = os.pread(self._fd, self._page_bytes, page * self._page_bytes)
        if len(data) < self._page_bytes:
            return None
        number, _, flags, lower, upper = _HEADER.unpack_from(data)
        if number != page or flags not in (_BRANCH, _LEAF) or not _HEADER_BYTES <= lower <= upper <= len(data):
            return None
        branch = flags == _BRANCH
        nodes: Nodes = []
        for (offset,) in struct.iter_unpack("=H", data[_HEADER_BYTES : lower - lower % 2]):
            if not upper <= offset <= len(data) - _NODE_BYTES:
                return None
            low, high, node_flags, key_bytes = _NODE.unpack_from(data, offset)
            begin = offset + _NODE_BYTES + key_bytes
            size = low | high << 16
            if key_bytes > _KEY_BYTES_MAX or begin > len(data):
                return None
            if branch:
                size |= node_flags << 32
            elif begin + (8 if node_flags & _BIG else size) > len(data):
                return None
            nodes.append((data[offset + _NODE_BYTES : begin], node_flags, begin, size))
        return (branch, nodes) if nodes else None

    def _value(self, page: int, node: tuple[bytes, int, int, int]) -> bytes | None:
        _, flags, begin, size = node
        offset = page * self._page_bytes + begin
        if not flags & _BIG:
            return os.pread(self._fd, size, offset)
        number = int.from_bytes(os.pread(self._fd, 8, offset), _ORDER)
        if not 2 <= number < self._pages or size > _VALUE_BYTES_MAX:
            return None
        data = os.pread(self._fd, _HEADER_BYTES + size, number * self._page_bytes)
        if len(data) < _HEADER_BYTES + size:
            return None
        stated, _, page_flags, _, _ = _HEADER.unpack_from(data)
        return data[_HEADER_BYTES:] if stated == number and page_flags == _OVERFLOW else None

    # --- what no page leads to any more ---------------------------------------------------------

    def _salvaged(self, table: str, low: bytes, high: bytes) -> Iterator[tuple[bytes, int, int, int, int]]:
        """Records with low <= key < high from leaves found by their looks; what is missing is noted as lost."""
        after = low
        if table == "records":
            leaves = self._orphans()
            # The last leaf that begins before *low* may reach beyond it, and so may its older copies.
            place = bisect_left(leaves, (low, -self._page_bytes, 0))
            place = bisect_left(leaves, (leaves[place - 1][0], -self._page_bytes, 0)) if place else 0
            for first, _, page in leaves[place:]:
                if high and first >= high:
                    break
                parsed = self._nodes(page)
                for node in parsed[1] if parsed else ():
                    if node[0] >= after and (not high or node[0] < high):
                        if node[0] > after and node[0] != _next(after):
                            self._lost.setdefault(table, []).append(Lost(after, node[0]))
                        yield (*node, page)
                        after = node[0] + b"\0"
        if not high or after < high:
            self._lost.setdefault(table, []).append(Lost(after, high))

    def _orphans(self) -> list[tuple[bytes, int, int]]:
        """What `_record_leaves` gives, sorted; looked for once."""
        if self._found is None:
            self._found = sorted(self._record_leaves())
        return self._found

    def _held_pages(self) -> Iterator[int]:
        """The pages behind the meta pages that aren't holes as a whole, ascending."""
        after = 2
        for start, stop in data_ranges(self._fd):
            first, end = max(start // self._page_bytes, after), min(-(-stop // self._page_bytes), self._pages)
            yield from range(first, end)
            after = max(after, end)

    def _record_leaves(self) -> Iterator[tuple[bytes, int, int]]:
        """(first key, minus the number of nodes, page) of each leaf that holds nothing but what looks like records."""
        for page in self._held_pages():
            parsed = self._parse(page)
            if parsed and not parsed[0]:
                nodes = parsed[1]
                if all(len(node[0]) == 8 for node in nodes):
                    first = self._value(page, nodes[0]) or b""
                    if first[:1] == b"\x98":
                        yield nodes[0][0], -len(nodes), page


def _next(after: bytes) -> bytes:
    """The record key that follows directly on *after*, which is one with a zero byte behind, or is empty."""
    if len(after) != 9:
        return bytes(8)
    return (int.from_bytes(after[:8], "big") + 1 & 2**64 - 1).to_bytes(8, "big")
