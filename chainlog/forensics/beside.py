"""Rows of `records` above what the stored head covers, which no record of the log leads to: they are none of the log's. Pure.

Procedure: schemas/FORMAT.md section 14.2, step 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from chainlog import limits
from chainlog.digest import record_hash
from chainlog.forensics.evidence import U64, Evidence, Get, Row
from chainlog.forensics.seen import Seen, read_seen
from chainlog.forensics.true_head import StatedHead
from chainlog.tree.merkle import Frontier

_LEAVES_AT_ONCE: Final = 4096
_LAST_KEY: Final = U64.pack(limits.INTEGER_MAX)  # those above are no indexes, wherever they stand


class Within:
    """Evidence without the rows of `records` under indexes from *stop* on; those are `beside`."""

    def __init__(self, evidence: Evidence, stop: int) -> None:
        self._evidence = evidence
        self._stop = U64.pack(stop)
        self._count = sum(1 for _ in self.beside())

    def beside(self) -> Iterator[Seen]:
        """The rows that are none of the log's, ascending."""
        for key, data in self._evidence.scan("records", self._stop):
            if self._is_beside(key):
                index = int.from_bytes(key)
                yield read_seen(index, data, stored=index)

    def _is_beside(self, key: bytes) -> bool:
        return len(key) == U64.size and self._stop <= key <= _LAST_KEY

    def tables(self) -> tuple[str, ...]:
        return self._evidence.tables()

    def stray_keys(self) -> Sequence[bytes]:
        return self._evidence.stray_keys()

    def count(self, table: str) -> int:
        return self._evidence.count(table) - (self._count if table == "records" else 0)

    def getter(self, table: str) -> Get:
        get = self._evidence.getter(table)
        if table != "records":
            return get
        return lambda key: None if self._is_beside(key) else get(key)

    def scan(self, table: str, start: bytes = b"") -> Iterator[Row]:
        rows = self._evidence.scan(table, start)
        return rows if table != "records" else (row for row in rows if not self._is_beside(row[0]))

    def lost(self, table: str) -> Sequence[tuple[bytes, bytes]]:
        return self._evidence.lost(table)


def within_head(evidence: Evidence, stated: StatedHead) -> Within | None:
    """
    The evidence without rows above the stated head that the chain doesn't lead to; None where there are none.

    The head counts for this where the records below its size are all there and have its root; who signed it is judged
    later. Records above it that go on with the chain are left: that nobody signed for them is another fault.

    Cost: some 3 µs a record where rows stand above the head, else a look at one.
    """
    above = U64.pack(stated.note_size)
    if stated.checkpoint is None or next(evidence.scan("records", above), None) is None:
        return None
    frontier, last = Frontier.empty(), b""
    below = _hashes(evidence, stated.note_size)
    while hashes := list(islice(below, _LEAVES_AT_ONCE)):
        frontier, last = frontier.extend(hashes), hashes[-1]
    if (frontier.size, frontier.root()) != (stated.note_size, stated.checkpoint.root):
        return None
    stop = stated.note_size
    for key, data in evidence.scan("records", above):
        seen = read_seen(stop, data, stored=stop)
        if key != U64.pack(stop) or seen.checked is None or (seen.index, seen.prev) != (stop, last):
            break
        last, stop = seen.record_hash, stop + 1
    found = Within(evidence, stop)
    return None if next(found.beside(), None) is None else found


def _hashes(evidence: Evidence, size: int) -> Iterator[bytes]:
    """Of the records below *size*, up to the first that isn't there."""
    for index, (key, data) in enumerate(evidence.scan("records")):
        if index == size or key != U64.pack(index):
            return
        yield record_hash(data)
