"""Peers of which a part lies in plain files: logsiegel, and checkpointed-local-log with the bodies beside it."""

from __future__ import annotations

import fcntl
import json
import os
import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from unittest.mock import patch

import msgspec

from benchmarks.peers.peer import About, Peer
from benchmarks.peers.workload import Event, Trail, decode, encode, holders, trail

_LENGTH = struct.Struct(">I")
_PAGE = 1_000
_LOG_ID = "benchmark"
_KINDS = (
    "created.entered",
    "transferred.circulate",
    "transferred.store",
    "returned.to_keeper",
    "checked.carrier",
    "destroyed.carriers",
)


class Logsiegel(Peer):
    """One line of JSON an event, chained; one signed checkpoint at the end."""

    name = "logsiegel"
    about = About(
        "logsiegel",
        "logsiegel",
        "fsync of the file after each line",
        {
            "S": "one key of the log signs checkpoints",
            "P": "consistency only as a function; in linear time",
            "C": "",
            "K": "",
            "X": "a line torn by a crash is neither cut off nor ended: the next is written behind it",
        },
        "What came after the last checkpoint is chained, not signed. It reads everything for a history.",
        "its own: chain, form, the root of one signed checkpoint",
    )
    batches = False
    scans = True

    def create(self) -> None:
        from logsiegel import Logsiegel as Log  # noqa: PLC0415

        self._key = Log.init(self.directory / "log").public_key()

    def open(self) -> None:
        from logsiegel import Logsiegel as Log  # noqa: PLC0415

        self._log = Log(self.directory / "log", event_types=_KINDS)

    def append(self, event: Event) -> None:
        self._log.append(event.kind, msgspec.to_builtins(event))

    def fill(self, events: Sequence[Event]) -> None:
        with patch("os.fsync"):
            super().fill(events)

    def settle(self) -> None:
        self._log.checkpoint()

    def history(self, carrier: str) -> Trail:
        return trail(self._events(), carrier)

    def close(self) -> None:
        del self._log

    def _events(self) -> Iterator[Event]:
        for entry in self._log.entries():
            yield Event(**entry["attrs"])

    def count(self) -> int:
        self.open()
        return len(self._log.entries())

    def verify(self) -> bool:
        self.open()
        return bool(self._log.verify(self._key).ok)

    def holders(self) -> dict[str, str | None]:
        self.open()
        return holders(self._events())

    def stored(self, place: int) -> bytes:
        with (self.directory / "log" / "log.jsonl").open("rb") as file:
            return next(line for number, line in enumerate(file) if number == place).strip()


class _Indexed(NamedTuple):
    """What its MMR takes from a record of a log."""

    seq: int
    capsule_id: str


class _Source:
    """The entries of its store, as its MMR wants to read them."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def scan(self, query: Any = None) -> Iterator[_Indexed]:
        after = 0
        while entries := self._store.scan_entries(after, _PAGE):
            yield from (_Indexed(entry.seq, entry.value.hex()) for entry in entries)
            after = entries[-1].seq


class _Signer:
    """Signs its checkpoints."""

    algorithm = "ed25519"

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

        self._key = Ed25519PrivateKey.from_private_bytes(sha256(b"checkpointed-local-log").digest())
        self.key_id = self._key.public_key().public_bytes_raw().hex()

    def sign(self, digest: str) -> str:
        return self._key.sign(digest.encode("ascii")).hex()


class CheckpointedLocalLog(Peer):
    """Its store on SQLite, which keeps hashes of 32 bytes; the events lie in a file beside it, flushed first."""

    name = "checkpointed-local-log"
    about = About(
        "checkpointed-local-log",
        "cll.log.sqlite",
        "WAL, synchronous as SQLite was built; the file beside it by fsync before",
        {
            "S": "one key of the log signs checkpoints",
            "C": "",
            "K": "",
        },
        "It keeps hashes only, so the file of events is ours, with a lock around both. Its nodes and one checkpoint are"
        " committed at the end.",
        "ours, with its parts: each event's hash against its entry, its nodes made anew, the signed root of one checkpoint",
    )
    batches = False
    scans = True

    def create(self) -> None:
        from cll.log import sqlite  # noqa: PLC0415

        self._signer = _Signer()
        sqlite.init(self.directory / "log.db", _LOG_ID)
        self._bodies.touch()

    @property
    def _bodies(self) -> Any:
        return self.directory / "events"

    def open(self) -> None:
        from cll.log import sqlite  # noqa: PLC0415

        self._store = sqlite.open(self.directory / "log.db", _LOG_ID)
        self._file = self._bodies.open("ab")

    def append(self, event: Event) -> None:
        from cll.log import AppendInput  # noqa: PLC0415

        data = encode(event)
        # Until its entry is there too: both have one order, whoever else appends.
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            self._file.write(_LENGTH.pack(len(data)) + data)
            self._file.flush()
            os.fsync(self._file.fileno())
            self._store.append(AppendInput(sha256(data).digest(), datetime.now(UTC)))
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def fill(self, events: Sequence[Event]) -> None:
        connection = self._store._connection  # noqa: SLF001 - nothing public tells it not to wait
        connection.execute("PRAGMA synchronous=OFF")
        with patch("os.fsync"):
            super().fill(events)
        self.close()
        self.open()

    def _mmr(self) -> Any:
        from cll.checkpoint.index import MmrLedger  # noqa: PLC0415

        mmr = MmrLedger(_Source(self._store))
        mmr.sync()
        return mmr

    def settle(self) -> None:
        from cll.checkpoint import core, emit  # noqa: PLC0415
        from cll.log import CheckpointState, CllState  # noqa: PLC0415

        mmr = self._mmr()
        signed = emit.emit_checkpoint(mmr, self._signer, log_id=_LOG_ID)
        size, count = mmr.size(), mmr.leaf_count()
        # Its index reads single nodes; the store wants them all.
        nodes = tuple(mmr._nodes.node(place) for place in range(size))  # noqa: SLF001
        peaks = tuple(nodes[place] for place in core.peaks(size))
        checkpoint = CheckpointState(json.dumps(signed.to_dict()).encode(), size, count, peaks)
        self._store.commit_cll(0, None, CllState(size=size, nodes=nodes, indexed_seq=count, checkpoint=checkpoint))

    def history(self, carrier: str) -> Trail:
        return trail(map(decode, self._all()), carrier)

    def close(self) -> None:
        self._store.close()
        self._file.close()

    def _all(self) -> Iterator[bytes]:
        with self._bodies.open("rb") as file:
            while head := file.read(_LENGTH.size):
                yield file.read(_LENGTH.unpack(head)[0])

    def count(self) -> int:
        return sum(1 for _ in self._all())

    def verify(self) -> bool:
        from cll.checkpoint import emit  # noqa: PLC0415

        self.open()
        try:
            kept = (entry.capsule_id for entry in _Source(self._store).scan())
            if any(sha256(data).hexdigest() != value for data, value in zip(self._all(), kept, strict=True)):
                return False
            mmr, state = self._mmr(), self._store.load_cll()
            record = emit.CheckpointRecord.from_dict(json.loads(state.checkpoint.bytes))
            nodes = tuple(mmr._nodes.node(place) for place in range(mmr.size()))  # noqa: SLF001
            return bool(
                nodes == state.nodes
                and record.key_id == self._signer.key_id
                and emit.verify_checkpoint_signature_offline(record)
                and record.root == mmr.root_at(record.mmr_size).hex()
            )
        finally:
            self.close()

    def holders(self) -> dict[str, str | None]:
        return holders(map(decode, self._all()))

    def stored(self, place: int) -> bytes:
        return next(data for number, data in enumerate(self._all()) if number == place)
