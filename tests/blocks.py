"""Blocks of made-up records, chained by their hashes, as the log would hand them to a store."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from chainlog.digest import ZERO, record_hash
from chainlog.store.port import Block, Snapshot, Store, SubjectHead

TILE = 256


def made_record(index: int, previous: bytes, *, tag: bytes = b"", length: int = 0) -> bytes:
    """A record that holds the hash of the one before, so that a whole log can be checked from its bytes."""
    body = previous + b"%d:" % index + tag
    return body + b"." * max(0, length - len(body))


def event_id(index: int, tag: bytes = b"") -> bytes:
    return sha256(b"id" + tag + b"%d" % index).digest()[:16]


def make_block(
    first: int,
    previous: bytes,
    count: int,
    *,
    tag: bytes = b"",
    length: int = 0,
    subjects: Sequence[str] = (),
    ids: Sequence[bytes] | None = None,
) -> Block:
    """*count* records from *first*, each about *length* bytes, with tiles where they fall due."""
    records, hashes = [], []
    last = previous
    for index in range(first, first + count):
        record = made_record(index, last, tag=tag, length=length)
        last = record_hash(record)
        records.append(record)
        hashes.append(last)
    names = list(ids) if ids is not None else [event_id(i, tag) for i in range(first, first + count)]
    size = first + count
    heads = {f"carrier:{(first + i) % 7}": SubjectHead(first + i + 1, first + i, hashes[i]) for i in range(count)}
    heads |= {subject: SubjectHead(size, size - 1, last) for subject in subjects}
    return Block(
        first=first,
        records=records,
        ids=list(zip(names, range(first, size), strict=True)),
        subjects=list(heads.items()),
        tiles=[(0, n, sha256(b"%d" % n).digest() * TILE) for n in range(first // TILE, size // TILE)],
        head=b"head %d " % size + last,
        checkpoints=[(size, b"note %d" % size)] if size % 5 == 0 else [],
        last_hash=last,
    )


def append(store: Store, count: int = 1, *, timeout_s: float = 20.0, tag: bytes = b"", length: int = 0) -> int:
    """Append *count* records in one commit as a writer would, and give the new size."""
    with store.exclusive(timeout_s=timeout_s):
        with store.snapshot() as snapshot:
            size, last_hash = snapshot.size, snapshot.last_hash
        store.commit(make_block(size, last_hash, count, tag=tag, length=length), expected=(size, last_hash))
    return size + count


def check_whole(snapshot: Snapshot) -> list[bytes]:
    """All records, after checking that they and everything derived from them fit together."""
    previous, records = ZERO, []
    for place, (index, record) in enumerate(snapshot.records(0, 2**64)):
        assert index == place, f"a gap before {index}"
        assert record.startswith(previous + b"%d:" % index), f"record {index} does not follow"
        previous = record_hash(record)
        records.append(record)
    assert (snapshot.size, snapshot.last_hash) == (len(records), previous)
    assert snapshot.head == (b"head %d " % len(records) + previous if records else None)
    for _, head in snapshot.subjects():
        assert record_hash(records[head.index]) == head.record_hash
    for number in range(len(records) // TILE + 1):
        assert (snapshot.tile(0, number) is not None) == (number < len(records) // TILE)
    return records
