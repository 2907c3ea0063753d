"""The power goes at any moment: what was acknowledged is on the disk, and nothing is half there.

A worker's writes and syncs are recorded. An image of the disk is what was synced, and of what was not any part, torn
at 512 bytes and in any order. Without syncing, the same images lose acknowledged records: the last test shows it.
"""

from __future__ import annotations

import json
import random
import struct
from typing import NamedTuple

import lmdb.verify
import pytest

from chainlog.errors import ChainlogError
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole
from tests.processes import Worker
from tests.profile import DEEP

IMAGES = 4_000 if DEEP else 150
SECTOR = 512


class Call(NamedTuple):
    sort: str
    offset: int
    data: bytes


def record(tmp_path, shim, *wishes):
    """What a worker wrote, and the data file before it."""
    log, recorded = tmp_path / "log", tmp_path / "calls"
    LmdbStore.create(log, meta={}).close()
    base = (log / "truth" / "data.mdb").read_bytes()
    with Worker(log, *wishes, LD_PRELOAD=shim, IO_RECORD=str(recorded)) as worker:
        for i in range(60):
            assert "size" in worker.do("append", 1 + i % 4, f"x{i}", 300 + 700 * (i % 3))
        assert worker.do("append", 300, "many", 400) == {"size": 450}
    raw, calls, at = recorded.read_bytes(), [], 0
    while at < len(raw):
        sort, (offset, length) = chr(raw[at]), struct.unpack_from("<QQ", raw, at + 1)
        at += 17
        data = raw[at : at + length] if sort != "S" else b""
        at += len(data)
        calls.append(Call(sort, offset, data))
    return base, calls


def put(image, offset, data):
    image.extend(bytes(max(0, offset + len(data) - len(image))))
    image[offset : offset + len(data)] = data


def images(base, calls, count, seed):
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


def judge(log, image, acknowledged):
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


def test_acknowledged_survives_a_power_loss(tmp_path, io_shim):
    base, calls = record(tmp_path, io_shim)
    assert {call.sort for call in calls} == set("DSMA")
    seed = random.randrange(2**32)
    for moment, image, acknowledged in images(base, calls, IMAGES, seed):
        assert judge(tmp_path / "image", image, acknowledged) is None, f"seed {seed}, call {moment} of {len(calls)}"


def test_without_syncing_the_harness_sees_losses(tmp_path, io_shim):
    base, calls = record(tmp_path, io_shim, "no-sync")
    harmed = [judge(tmp_path / "image", image, acknowledged) for _, image, acknowledged in images(base, calls, 20, 1)]
    assert sum(harm is not None for harm in harmed) > 15
    assert any("lost" in harm or "unreadable" in harm or "damaged" in harm for harm in harmed if harm), harmed


def test_an_image_of_everything_is_whole(tmp_path, io_shim):
    # The recorder misses nothing: all calls together give the file.
    base, calls = record(tmp_path, io_shim)
    image = bytearray(base)
    for call in calls:
        if call.sort in "DM":
            put(image, call.offset, call.data)
    assert bytes(image) == (tmp_path / "log" / "truth" / "data.mdb").read_bytes()[: len(image)]
    assert judge(tmp_path / "image", bytes(image), 450) is None
    with pytest.raises(AssertionError):
        assert judge(tmp_path / "image", bytes(image), 451) is None
