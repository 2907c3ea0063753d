"""Peers that keep their events in SQLite: eventsourcing, pymerkle, auditchain."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from typing import Any

import msgspec

from benchmarks.peers.peer import About, Peer
from benchmarks.peers.workload import Event, Trail, carrier_of, decode, encode, holders, trail

_PAGE = 1_000


class Eventsourcing(Peer):
    """Its recorder for SQLite: one stream a carrier. Aggregates and their mapper, which cost more, are left out."""

    name = "eventsourcing"
    about = About(
        "eventsourcing",
        "eventsourcing.sqlite",
        "WAL; synchronous as SQLite was built",
        {
            "S": "",
            "P": "",
            "C": "it has the machinery, the projection is for the application to write; folded by hand here",
            "K": "versions of a stream are dense, nothing shows that they were not rewritten",
        },
        "Its recorder alone. Through aggregates, as applications use it, an append costs more.",
        "none: every event is read and hashed, and there is nothing to compare with",
    )
    verifies = False

    def create(self) -> None:
        self.open()
        self._recorder.create_table()
        self.close()

    def open(self) -> None:
        from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore  # noqa: PLC0415

        self._datastore = SQLiteDatastore(str(self.directory / "events.db"), originator_id_type="text")
        self._recorder = SQLiteApplicationRecorder(self._datastore)
        # What an application knows from having loaded its aggregates.
        self._versions: dict[str, int] = {}

    def _stored(self, event: Event) -> Any:
        from eventsourcing.persistence import StoredEvent  # noqa: PLC0415

        carrier = carrier_of(event)
        version = self._versions.get(carrier)
        if version is None:
            last = self._recorder.select_events(carrier, desc=True, limit=1)
            version = last[0].originator_version if last else 0
        self._versions[carrier] = version + 1
        return StoredEvent(carrier, version + 1, event.kind, encode(event))

    def append(self, event: Event) -> None:
        self._recorder.insert_events([self._stored(event)])

    def append_batch(self, events: Sequence[Event]) -> None:
        self._recorder.insert_events([self._stored(event) for event in events])

    def history(self, carrier: str) -> Trail:
        found = [decode(stored.state) for stored in self._recorder.select_events(carrier)]
        return [(event.kind, event.occurred_us) for event in found]

    def close(self) -> None:
        self._datastore.close()

    def _all(self) -> Iterator[bytes]:
        self.open()
        try:
            start = 1
            while notifications := self._recorder.select_notifications(start, _PAGE):
                for notification in notifications:
                    yield notification.state
                start = notifications[-1].id + 1
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


class Pymerkle(Peer):
    """Its tree on SQLite. It has no check of the whole: leaves are rehashed and the root is compared with one kept outside."""

    name = "pymerkle"
    about = About(
        "pymerkle",
        "pymerkle",
        "rollback journal, synchronous as SQLite was built: several flushes a commit",
        {"S": "", "C": "", "K": ""},
        "A tree of hashes over entries; there is no index by carrier.",
        "ours, with its parts: every entry is hashed again, and its root compared with one kept outside",
    )
    scans = True

    def create(self) -> None:
        self._root = b""
        self.open()
        self.close()

    def open(self) -> None:
        from pymerkle import SqliteTree  # noqa: PLC0415

        self._tree = SqliteTree(str(self.directory / "tree.db"))
        self._tree.con.execute("PRAGMA busy_timeout=30000")

    def append(self, event: Event) -> None:
        self._tree.append_entry(encode(event))

    def append_batch(self, events: Sequence[Event]) -> None:
        self._tree.append_entries([encode(event) for event in events])

    def settle(self) -> None:
        self._root = self._tree.get_root()

    def history(self, carrier: str) -> Trail:
        return trail(map(decode, self._all()), carrier)

    def close(self) -> None:
        self._tree.close()

    def _rows(self) -> Iterator[tuple[bytes, bytes]]:
        # Its own call for one leaf takes longer; the table is documented.
        with closing(sqlite3.connect(self.directory / "tree.db")) as connection:
            yield from connection.execute("SELECT entry, hash FROM leaf ORDER BY id")

    def _all(self) -> Iterator[bytes]:
        return (data for data, _ in self._rows())

    def count(self) -> int:
        return sum(1 for _ in self._all())

    def verify(self) -> bool:
        self.open()
        try:
            tree = self._tree
            same = all(tree.hash_buff(data) == leaf for data, leaf in self._rows())
            # A root of nothing: two processes appended, and nobody kept one.
            return same and self._root in {b"", tree.get_root()}
        finally:
            self.close()

    def holders(self) -> dict[str, str | None]:
        return holders(map(decode, self._all()))

    def stored(self, place: int) -> bytes:
        return next(data for number, data in enumerate(self._all()) if number == place)


class Auditchain(Peer):
    """Its log on SQLite, each record signed with the log's key, and a lock file, so that two processes may append."""

    name = "auditchain"
    about = About(
        "auditchain",
        "auditchain",
        "rollback journal, synchronous as SQLite was built: several flushes a commit",
        {"S": "one key of the log signs each record", "P": "inclusion only, in linear time", "C": "", "K": ""},
        "Every record is signed, by the log. It reads everything to open, to verify and for a history.",
        "its own: chain, hashes, a signature a record",
    )
    scans = True

    def create(self) -> None:
        # From elsewhere: the key doesn't lie beside the log.
        self._key = sha256(b"auditchain").digest()
        self.open()
        self.close()

    def open(self) -> None:
        from auditchain import AuditLog  # noqa: PLC0415
        from auditchain.backends.sqlite import SqliteBackend  # noqa: PLC0415

        self._loop = asyncio.new_event_loop()
        backend = SqliteBackend(self.directory / "audit.db")
        self._log = AuditLog(backend, signing_key=self._key, lock_path=self.directory / "lock")
        self._loop.run_until_complete(self._log.init())

    def append(self, event: Event) -> None:
        entry = _entry(event)
        self._loop.run_until_complete(self._log.append(*entry[:3], metadata=entry[3]))

    def append_batch(self, events: Sequence[Event]) -> None:
        self._loop.run_until_complete(self._log.append_many([_entry(event) for event in events]))

    def history(self, carrier: str) -> Trail:
        records = self._loop.run_until_complete(self._log.read())
        return [(record.action, record.metadata["occurred_us"]) for record in records if record.subject == carrier]

    def close(self) -> None:
        self._loop.run_until_complete(self._log.close())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _read(self) -> list[Any]:
        self.open()
        try:
            return list(self._loop.run_until_complete(self._log.read()))
        finally:
            self.close()

    def count(self) -> int:
        return len(self._read())

    def verify(self) -> bool:
        self.open()
        try:
            return bool(self._loop.run_until_complete(self._log.verify()).ok)
        finally:
            self.close()

    def holders(self) -> dict[str, str | None]:
        return holders(Event(**record.metadata) for record in self._read())

    def stored(self, place: int) -> bytes:
        with closing(sqlite3.connect(self.directory / "audit.db")) as connection:
            (text,) = connection.execute("SELECT meta FROM audit_records WHERE seq = ?", (place,)).fetchone()
        json.loads(text)
        return str(text).encode()


def _entry(event: Event) -> tuple[str, str, str, dict[str, Any]]:
    first = next(iter(event.people.values()))
    actor = first if isinstance(first, str) else first[0]
    return actor, event.kind, carrier_of(event), msgspec.to_builtins(event)
