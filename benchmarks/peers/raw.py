"""LMDB and SQLite by themselves: the events, an index by carrier, and nothing that notices a change."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import lmdb

from benchmarks.peers.peer import About, Peer
from benchmarks.peers.workload import Event, Trail, carrier_of, decode, encode, holders

_KEY = struct.Struct(">Q")
_LACKS = {"S": "", "P": "", "C": "folded by hand here", "K": ""}
_VERIFICATION = "none: every event is read and hashed, and there is nothing to compare with"
_SCHEMA = """
CREATE TABLE event (place INTEGER PRIMARY KEY, carrier TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX by_carrier ON event (carrier, place);
"""


class RawLmdb(Peer):
    """One tree of events and one of places by carrier. Every other figure is held against this one's."""

    name = "LMDB, raw"
    about = About(
        None,
        "lmdb",
        "LMDB's default: each commit flushes data, then its root page",
        _LACKS,
        "The yardstick.",
        _VERIFICATION,
    )
    verifies = False

    def create(self) -> None:
        self.open()
        self.close()

    def open(self) -> None:
        self._env = lmdb.open(str(self.directory), map_size=1 << 34, max_dbs=2, lib_version=0)
        self._events = self._env.open_db(b"events")
        self._carriers = self._env.open_db(b"carriers", dupsort=True, dupfixed=True)
        with self._env.begin() as transaction:
            self._next = transaction.stat(self._events)["entries"]

    def append(self, event: Event) -> None:
        self.append_batch([event])

    def append_batch(self, events: Sequence[Event]) -> None:
        with self._env.begin(write=True) as transaction:
            # Asked anew each time: another process may have appended.
            place = transaction.stat(self._events)["entries"]
            for event in events:
                key = _KEY.pack(place)
                transaction.put(key, encode(event), db=self._events, append=True)
                transaction.put(carrier_of(event).encode(), key, db=self._carriers)
                place += 1

    def history(self, carrier: str) -> Trail:
        found: Trail = []
        with self._env.begin() as transaction, transaction.cursor(db=self._carriers) as cursor:
            if cursor.set_key(carrier.encode()):
                for key in cursor.iternext_dup():
                    event = decode(transaction.get(key, b"", db=self._events))
                    found.append((event.kind, event.occurred_us))
        return found

    def close(self) -> None:
        self._env.close()

    def _all(self) -> Iterator[bytes]:
        self.open()
        try:
            with self._env.begin() as transaction, transaction.cursor(db=self._events) as cursor:
                yield from cursor.iternext(keys=False, values=True)
        finally:
            self.close()

    def count(self) -> int:
        return sum(1 for _ in self._all())

    def verify(self) -> bool:
        for data in self._all():
            sha256(data).digest()
        return True

    def holders(self) -> dict[str, str | None]:
        return holders(map(decode, self._all()))

    def stored(self, place: int) -> bytes:
        return next(data for number, data in enumerate(self._all()) if number == place)


class RawSqlite(Peer):
    """One table with an index by carrier, write-ahead log, synchronous=FULL."""

    name = "SQLite WAL, raw"
    about = About(
        None,
        "sqlite3",
        "WAL, synchronous=FULL: each commit flushes the log of writes",
        _LACKS,
        "One flush a commit, where LMDB needs two.",
        _VERIFICATION,
    )
    verifies = False

    def create(self) -> None:
        with closing(self._connect()) as connection:
            connection.executescript(_SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(Path(self.directory) / "events.db", isolation_level=None, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def open(self) -> None:
        self._connection = self._connect()

    def append(self, event: Event) -> None:
        self._connection.execute("INSERT INTO event (carrier, data) VALUES (?, ?)", (carrier_of(event), encode(event)))

    def append_batch(self, events: Sequence[Event]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        rows = ((carrier_of(event), encode(event)) for event in events)
        self._connection.executemany("INSERT INTO event (carrier, data) VALUES (?, ?)", rows)
        self._connection.execute("COMMIT")

    def history(self, carrier: str) -> Trail:
        rows = self._connection.execute("SELECT data FROM event WHERE carrier = ? ORDER BY place", (carrier,))
        return [(event.kind, event.occurred_us) for event in (decode(data) for (data,) in rows)]

    def close(self) -> None:
        self._connection.close()

    def _all(self) -> Iterator[bytes]:
        with closing(self._connect()) as connection:
            for (data,) in connection.execute("SELECT data FROM event ORDER BY place"):
                yield data

    def count(self) -> int:
        return sum(1 for _ in self._all())

    def verify(self) -> bool:
        for data in self._all():
            sha256(data).digest()
        return True

    def holders(self) -> dict[str, str | None]:
        return holders(map(decode, self._all()))

    def stored(self, place: int) -> bytes:
        return next(data for number, data in enumerate(self._all()) if number == place)
