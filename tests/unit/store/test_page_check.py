"""The check of pages takes a short way through plain leaves; what it says must be what the `lmdb` package says."""

from __future__ import annotations

import random
from pathlib import Path

import lmdb
import lmdb.verify
import pytest

from chainlog.store.lmdb_forensic import page_problems

PAGE = 4096


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Bytes of a data file with branches, leaves, long values, tables, pages out of use, and rows in the main table."""
    directory = tmp_path_factory.mktemp("sound")
    rnd = random.Random(3)
    engine = lmdb.open(str(directory), map_size=1 << 26, max_dbs=8, lib_version=0)
    with engine:
        for _ in range(3):
            with engine.begin(write=True) as transaction:
                for name in (b"records", b"ids", b"subjects"):
                    table = engine.open_db(name, txn=transaction)
                    for _ in range(150):
                        key = rnd.randbytes(rnd.choice((8, 16, 40)))
                        transaction.put(key, rnd.randbytes(rnd.choice((0, 8, 300, 5_000))), db=table)
                transaction.put(b"stray", b"value")
    return (directory / "data.mdb").read_bytes()


def both(directory: Path, data: bytes) -> tuple[list[str], list[str]]:
    (directory / "data.mdb").write_bytes(data)
    try:
        theirs = lmdb.verify.verify(str(directory))
    except lmdb.verify.VerifyError as error:
        theirs = [str(error)]
    return page_problems(directory), theirs


def damaged(sound: bytes, rnd: random.Random) -> bytes:
    data, place = bytearray(sound), rnd.randrange(len(sound))
    page = place // PAGE * PAGE
    how = rnd.randrange(5)
    if how == 0:
        data[place] ^= 1 << rnd.randrange(8)
    elif how == 1:
        # Headers of pages and pointers to rows, where most of what matters lies.
        data[page + rnd.randrange(60)] = rnd.randrange(256)
    elif how == 2:
        data[place : place + 2] = rnd.randbytes(2)
    elif how == 3:
        data[page : page + PAGE] = bytes(PAGE)
    else:
        other = rnd.randrange(len(data) // PAGE) * PAGE
        data[page : page + PAGE], data[other : other + PAGE] = data[other : other + PAGE], data[page : page + PAGE]
    return bytes(data[: len(sound)])


def test_a_sound_file_has_no_problems(tmp_path, sound):
    assert both(tmp_path, sound) == ([], [])


def test_it_finds_what_the_package_finds(tmp_path, sound):
    rnd = random.Random(5)
    found = 0
    for _ in range(200):
        ours, theirs = both(tmp_path, damaged(sound, rnd))
        assert ours == theirs
        found += bool(ours)
    assert 30 < found < 200
