"""The power goes at any moment: what was acknowledged is on the disk, and nothing is half there.

A worker's writes and syncs are recorded. An image of the disk is what was synced, and of what was not any part, torn
at 512 bytes and in any order. Without syncing, the same images lose acknowledged records.
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import lmdb.verify

from chainlog.errors import ChainlogError
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole
from tests.processes import Worker
from tests.soak.tally import Tally

SECTOR = 512


class Call(NamedTuple):
    """A write (D, at once durable: M), a sync (S), or an answer of the worker (A)."""

    sort: str
    offset: int
    data: bytes


def record(tmp_path: Path, shim: str, *wishes: str) -> tuple[bytes, list[Call]]:
    """What a worker wrote, and the data file before it."""
    log, recorded = tmp_path / "log", tmp_path / "calls"
    LmdbStore.create(log, meta={}).close()
    base = (log / "truth" / "data.mdb").read_bytes()
    with Worker(log, *wishes, LD_PRELOAD=shim, IO_RECORD=str(recorded)) as worker:
        for i in range(60):
            assert "size" in worker.do("append", 1 + i % 4, f"x{i}", 300 + 700 * (i % 3))
        assert worker.do("append", 300, "many", 400) == {"size": 450}
    return base, calls_in(recorded.read_bytes())


def calls_in(raw: bytes) -> list[Call]:
    """The calls in what was recorded."""
    calls, at = [], 0
    while at < len(raw):
        sort, (offset, length) = chr(raw[at]), struct.unpack_from("<QQ", raw, at + 1)
        at += 17
        data = raw[at : at + length] if sort != "S" else b""
        at += len(data)
        calls.append(Call(sort, offset, data))
    return calls


def put(image: bytearray, offset: int, data: bytes) -> None:
    """Write into an image, which grows as needed."""
    image.extend(bytes(max(0, offset + len(data) - len(image))))
    image[offset : offset + len(data)] = data


def images(base: bytes, calls: Sequence[Call], count: int, seed: int) -> Iterator[tuple[int, bytes, int]]:
    """(call in whose midst the power went, the disk, size acknowledged before) for *count* random moments."""
    rnd = random.Random(seed)
    moments = sorted(rnd.randrange(len(calls)) for _ in range(count))
    durable, acknowledged = bytearray(base), 0
    pending: list[Call] = []
    for number, call in enumerate(calls):
        while moments and moments[0] == number:
            moments.pop(0)
            image = bytearray(durable)
            share = rnd.choice([0.1, 0.5, 0.9, 1.0])
            landed = [c for c in pending if rnd.random() < share] + ([call] if call.sort in "DM" else [])
            rnd.shuffle(landed)
            for sort, offset, data in landed:
                torn = sort == "D" and rnd.random() < 0.3
                for start in range(0, len(data), SECTOR) if torn else (0,):
                    if not torn:
                        put(image, offset, data)
                    elif rnd.random() < 0.5:
                        put(image, offset + start, data[start : start + SECTOR])
            yield number, bytes(image), acknowledged
        if call.sort == "D":
            pending.append(call)
        elif call.sort == "S":
            for _, offset, data in pending:
                put(durable, offset, data)
            pending = []
        elif call.sort == "M":
            put(durable, call.offset, call.data)
        else:
            acknowledged = json.loads(call.data).get("size", acknowledged)


def judge(log: Path, image: bytes, acknowledged: int) -> str | None:
    """What is wrong with a disk, or None. The engine sees only what the offline check found sound."""
    directory = log / "truth"
    directory.mkdir(parents=True, exist_ok=True)
    for left in directory.iterdir():
        left.unlink()
    (directory / "data.mdb").write_bytes(image)
    try:
        problems = lmdb.verify.verify(str(directory))
    except lmdb.verify.VerifyError as error:
        return f"unreadable: {error}"
    if problems:
        return f"damaged: {problems[0]}"
    try:
        store = LmdbStore.open(log)
    except ChainlogError as error:
        return f"can't be opened: {error}"
    try:
        with store.snapshot() as snapshot:
            size = len(check_whole(snapshot))
        if size >= acknowledged:
            append(store, 1)
    except AssertionError as error:
        return f"inconsistent: {error}"
    finally:
        store.close()
    return None if size >= acknowledged else f"lost: {size} of {acknowledged}"


def campaign(scratch: Path, shim: str, count: int, seed: int) -> Tally:
    """Judge *count* images of one recorded run."""
    base, calls = record(scratch, shim)
    lost = wrong = 0
    for _, image, acknowledged in images(base, calls, count, seed):
        harm = judge(scratch / "image", image, acknowledged)
        lost += harm is not None and harm.startswith("lost")
        wrong += harm is not None and not harm.startswith("lost")
    return Tally("power lost", seed, count, lost=lost, wrong=wrong, seen=f"{len(calls)} recorded writes and syncs")


def control(scratch: Path, shim: str, count: int = 20) -> str:
    """The same without syncing: images must be harmed. What was seen."""
    base, calls = record(scratch, shim, "no-sync")
    harmed = [
        harm for _, image, size in images(base, calls, count, 1) if (harm := judge(scratch / "image", image, size))
    ]
    return f"without syncing: {len(harmed)} of {count} images harmed" if len(harmed) > count * 3 // 4 else ""
