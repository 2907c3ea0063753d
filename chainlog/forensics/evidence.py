"""What an audit reads: the tables of a log as rows of bytes, whatever keeps them. Pure.

Layout of the tables: schemas/FORMAT.md section 9. Nothing is trusted: rows come back as they are, keys that have no
business there included. `PrivateCopy` (LMDB), `PageFile` (damaged LMDB) and `TableEvidence` (memory) implement it.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from chainlog import limits
from chainlog.event.model import unverified_event
from chainlog.record.record import SubjectHead, unverified_record
from chainlog.store.port import META, Snapshot

Get = Callable[[bytes], bytes | None]
Row = tuple[bytes, bytes]

U64: Final = struct.Struct(">Q")
PAIR: Final = struct.Struct(">QQ")
TILE_KEY: Final = struct.Struct(">BQ")
HEAD_KEY: Final = b"head"
LAST_KEY: Final = b"last"
TABLES: Final = ("records", "subjects", "ids", "tiles", "head", "checkpoints", "meta")


class Evidence(Protocol):
    """Tables of bytes that don't change while they are read."""

    def tables(self) -> tuple[str, ...]:
        """Names of the tables that there are."""

    def stray_keys(self) -> Sequence[bytes]:
        """Keys beside the tables."""

    def count(self, table: str) -> int:
        """How many rows; 0 for a table that isn't there."""

    def getter(self, table: str) -> Get:
        """A function from key to value or None; keys have 1 to 511 bytes. For many look-ups."""

    def scan(self, table: str, start: bytes = b"") -> Iterator[Row]:
        """Rows from the key *start* on, ascending by key."""

    def lost(self, table: str) -> Sequence[tuple[bytes, bytes]]:
        """Stretches low <= key < high of the table that can't be read, as far as it was scanned; no *high*: to the end."""


class TableEvidence:
    """Evidence in memory, from dictionaries: for small logs and tests."""

    def __init__(self, tables: Mapping[str, Mapping[bytes, bytes]]) -> None:
        self._tables = tables
        self._keys = {name: sorted(rows) for name, rows in tables.items()}

    def tables(self) -> tuple[str, ...]:
        return tuple(sorted(self._tables))

    def stray_keys(self) -> tuple[bytes, ...]:
        return ()

    def count(self, table: str) -> int:
        return len(self._tables.get(table, {}))

    def getter(self, table: str) -> Get:
        return self._tables.get(table, {}).get

    def scan(self, table: str, start: bytes = b"") -> Iterator[Row]:
        keys = self._keys.get(table, [])
        for key in keys[bisect_left(keys, start) :]:
            yield key, self._tables[table][key]

    def lost(self, table: str) -> tuple[tuple[bytes, bytes], ...]:
        return ()


def tables_of(snapshot: Snapshot) -> dict[str, dict[bytes, bytes]]:
    """
    The rows that a store holds, as the LMDB engine would keep them. All in memory: for small logs.

    What only a raw look at the file shows (keys of unknown tables, ids without a record) can't be among them.
    """
    records = dict(snapshot.records(0, snapshot.size))
    ids: dict[bytes, bytes] = {}
    for data in records.values():
        event_id = _event_id(data)
        found = None if event_id is None else snapshot.index_of(event_id)
        if event_id is not None and found is not None:
            ids[event_id] = U64.pack(found)
    tiles: dict[bytes, bytes] = {}
    level, count = 0, len(records) // limits.TILE_HASHES
    while count:
        for number in range(count):
            tile = snapshot.tile(level, number)
            if tile is not None:
                tiles[TILE_KEY.pack(level, number)] = tile
        level, count = level + 1, count // limits.TILE_HASHES
    head = {LAST_KEY: U64.pack(snapshot.size) + snapshot.last_hash} if snapshot.size else {}
    if snapshot.head is not None:
        head[HEAD_KEY] = snapshot.head
    return {
        "records": {U64.pack(index): data for index, data in records.items()},
        "subjects": {subject.encode(): subject_row(row) for subject, row in snapshot.subjects()},
        "ids": ids,
        "tiles": tiles,
        "head": head,
        "checkpoints": {U64.pack(size): note for size, note in snapshot.checkpoints()},
        "meta": {key.encode(): value for key in META if (value := snapshot.meta(key)) is not None},
    }


def is_lost(evidence: Evidence, index: int) -> bool:
    """Whether the record at *index* lies on a page that can't be read, as far as the records were scanned."""
    key = U64.pack(index)
    return any(low <= key and (not high or key < high) for low, high in evidence.lost("records"))


def _event_id(data: bytes) -> bytes | None:
    try:
        return unverified_event(unverified_record(data).event).id
    except Exception:  # noqa: BLE001 - bytes of any kind; the audit says what is wrong with them
        return None


def subject_row(head: SubjectHead) -> bytes:
    """The value of a row of `subjects`."""
    return PAIR.pack(head.count, head.index) + head.record_hash


def parse_subject_row(value: bytes | None) -> SubjectHead | None:
    """The head in a row of `subjects`; None if it is no such row."""
    if value is None or len(value) != PAIR.size + limits.HASH_BYTES:
        return None
    count, index = PAIR.unpack_from(value)
    return SubjectHead(count, index, value[PAIR.size :]) if count else None


def parse_index(value: bytes | None) -> int | None:
    """The number in a row of `ids`, or in a key; None if it isn't one."""
    if value is None or len(value) != U64.size:
        return None
    number: int = U64.unpack(value)[0]
    return number
