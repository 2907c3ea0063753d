"""What the work costs without chainlog: bare libsodium, LMDB of equal depth, SHA-256. Same bytes, same run."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

import lmdb
from nacl import bindings

from chainlog.event.model import unverified_event
from chainlog.record.record import unverified_record
from chainlog.record.statement import encode_event_statement
from chainlog.store.port import Snapshot

_INDEX = struct.Struct(">Q")
_HASHES = 50
_HEAD = struct.Struct(">QQ")

Statement = tuple[bytes, bytes, bytes]
"""(public key, message, signature)"""
Rows = tuple[list[tuple[bytes, bytes]], list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def rows_of(snapshot: Snapshot, start: int, stop: int) -> Rows:
    """What the log's block [start, stop) puts into its three trees: records, ids, subject heads."""
    records, ids, heads = [], [], {}
    for index, data in snapshot.records(start, stop):
        event = unverified_event(unverified_record(data).event)
        key = _INDEX.pack(index)
        records.append((key, data))
        ids.append((event.id, key))
        for subject in event.subjects:
            heads[subject.encode()] = _HEAD.pack(1, index) + bytes(32)
    return records, sorted(ids), sorted(heads.items())


class BareStore:
    """LMDB with the same three trees, the same durability and none of chainlog."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self._env = lmdb.open(str(path), map_size=1 << 36, max_dbs=4, lib_version=0)
        self._trees = [self._env.open_db(name) for name in (b"records", b"ids", b"subjects", b"head")]

    def put(self, rows: Rows) -> None:
        """One durable commit."""
        with self._env.begin(write=True) as transaction:
            for place, (tree, items) in enumerate(zip(self._trees, rows, strict=False)):
                transaction.cursor(db=tree).putmulti(items, append=place == 0)
            transaction.put(b"head", bytes(400), db=self._trees[3])

    def close(self) -> None:
        self._env.close()


def statements_of(records: Iterable[tuple[int, bytes]], log_id: bytes) -> list[Statement]:
    """The statement of every signature of *records*, which are (index, bytes)."""
    found = []
    for index, data in records:
        record = unverified_record(data)
        # Record 0 is signed before the log has an id.
        signed_log_id = log_id if index else bytes(32)
        for role, key, at, signature in record.signatures:
            message = encode_event_statement(
                log_id=signed_log_id, base=record.base, role=role, signed_at_us=at, event=record.event
            )
            found.append((key, message, signature))
    return found


def sign_all(messages: Sequence[bytes]) -> None:
    """Bare signing of each message with one key."""
    _, secret = bindings.crypto_sign_seed_keypair(bytes(32))
    for message in messages:
        bindings.crypto_sign(message, secret)


def verify_all(statements: Sequence[Statement]) -> None:
    """Bare checking of each signature."""
    for key, message, signature in statements:
        bindings.crypto_sign_open(signature + message, key)


def hash_all(items: Sequence[bytes]) -> None:
    """Bare SHA-256 of each."""
    for item in items:
        sha256(item).digest()


def hash_rate(count: int) -> float:
    """How many times a second this machine hashes 350 bytes just now."""
    items = [index.to_bytes(350, "big") for index in range(count)]
    return count / seconds(partial(hash_all, items))


def scan_and_hash(directory: Path) -> float:
    """Seconds to read and hash every record of the copy of a log in *directory*."""
    env = lmdb.open(str(directory), readonly=True, lock=False, max_dbs=16, lib_version=0)
    try:
        records = env.open_db(b"records", create=False)
        start = time.perf_counter()
        with env.begin() as transaction:
            for _, data in transaction.cursor(db=records):
                sha256(data).digest()
        return time.perf_counter() - start
    finally:
        env.close()


def bare_hash() -> float:
    """Seconds for one inner node of the tree, just now."""
    node = bytes(65)
    start = time.perf_counter()
    for _ in range(_HASHES):
        sha256(node).digest()
    return (time.perf_counter() - start) / _HASHES
