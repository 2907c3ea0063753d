"""The LMDB tables under the contract of the KeyValue port, and what only files can get wrong."""

from __future__ import annotations

import os
import random

import pytest

from chainlog.errors import ConflictError, FileReplacedError, HandleClosedError, NotALogError, ReadOnlyError, UsageError
from chainlog.store import lmdb_engine, lmdb_env
from chainlog.store.lmdb_kv import LmdbKeyValue
from tests.contracts.keyvalue_contract import KeyValueContract, dump


class TestLmdbKeyValue(KeyValueContract):
    @pytest.fixture
    def kv(self, tmp_path):
        kv = LmdbKeyValue.open(tmp_path / "derived")
        yield kv
        kv.close()


def test_it_is_made_when_opened_and_found_again(tmp_path):
    directory = tmp_path / "derived"
    kv = LmdbKeyValue.open(directory)
    with kv.write() as transaction:
        transaction.table("t").put(b"a", b"1")
    kv.close()
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {p.name: p.stat().st_mode & 0o777 for p in directory.iterdir()} == {"data.mdb": 0o600, "lock.mdb": 0o600}
    assert [p.name for p in tmp_path.iterdir()] == ["derived"]
    for read_only in (False, True):
        kv = LmdbKeyValue.open(directory, read_only=read_only)
        assert dump(kv) == [(b"a", b"1")]
        kv.close()


def test_an_empty_directory_is_taken(tmp_path):
    (tmp_path / "derived").mkdir()
    LmdbKeyValue.open(tmp_path / "derived").close()


def test_what_a_crash_left_is_cleared(tmp_path):
    left = tmp_path / ".derived.new-123"
    left.mkdir()
    (left / "data.mdb").write_bytes(b"half")
    LmdbKeyValue.open(tmp_path / "derived").close()
    assert [p.name for p in tmp_path.iterdir()] == ["derived"]


def test_reading_makes_nothing(tmp_path):
    with pytest.raises(NotALogError):
        LmdbKeyValue.open(tmp_path / "derived", read_only=True)
    assert list(tmp_path.iterdir()) == []
    LmdbKeyValue.open(tmp_path / "derived").close()
    kv = LmdbKeyValue.open(tmp_path / "derived", read_only=True)
    with pytest.raises(ReadOnlyError), kv.write():
        pass
    kv.close()


def test_a_damaged_file_is_refused_and_rebuilt(tmp_path):
    directory = tmp_path / "derived"
    kv = LmdbKeyValue.open(directory)
    with kv.write() as transaction:
        transaction.table("t").put_many([(b"%05d" % i, b"v" * 100) for i in range(2_000)])
    kv.close()
    whole = (directory / "data.mdb").read_bytes()
    for damaged in (b"", whole[:100], whole[:4_096], whole[: len(whole) // 2], b"\0" * 8_192, b"x" * 20_000):
        (directory / "data.mdb").write_bytes(damaged)
        with pytest.raises(NotALogError):
            LmdbKeyValue.open(directory)
    kv = LmdbKeyValue.rebuild(directory)
    assert dump(kv) == []
    with kv.write() as transaction:
        transaction.table("t").put(b"a", b"1")
    kv.close()
    assert [p.name for p in tmp_path.iterdir()] == ["derived"]


def churn(turn, rnd, put, delete):
    """Writes after which pages at the end of the file are free and were never written."""
    if turn % 2 == 0:
        for _ in range(200):
            put(b"%06d" % rnd.randrange(3_000), bytes(rnd.choice([10, 300, 1_500])))
    else:
        for i in range(300):
            put(b"z%06d" % i, bytes(1_000))
        for i in range(300):
            delete(b"z%06d" % i)


def short_file(directory):
    """A sound file that is shorter than its pages in use, as another program or a killed writer leaves it."""
    directory.mkdir(mode=0o700)
    engine = lmdb_engine.create_engine(directory)
    database = engine.open_db(b"t")
    rnd = random.Random(0)
    for turn in range(200):
        with engine.begin(write=True, db=database) as transaction:
            churn(turn, rnd, transaction.put, transaction.delete)
        used = (engine.info()["last_pgno"] + 1) * engine.stat()["psize"]
        if used > (directory / "data.mdb").stat().st_size:
            break
    else:
        pytest.fail("no such file came about: the harness is blind")
    with engine.begin(db=database) as transaction:
        rows = list(transaction.cursor())
    engine.close()
    return rows


def test_a_file_shorter_than_its_pages_but_sound_is_opened(tmp_path):
    rows = short_file(tmp_path / "derived")
    kv = LmdbKeyValue.open(tmp_path / "derived")
    assert dump(kv) == rows
    kv.close()
    # One page less, and it is cut off.
    data = tmp_path / "derived" / "data.mdb"
    os.truncate(data, data.stat().st_size - 4_096)
    with pytest.raises(NotALogError, match="cut off"):
        LmdbKeyValue.open(tmp_path / "derived")


def test_our_own_files_are_never_shorter_than_their_pages(tmp_path):
    kv = LmdbKeyValue.open(tmp_path / "derived")
    rnd = random.Random(0)
    for turn in range(40):
        with kv.write() as transaction:
            table = transaction.table("t")
            churn(turn, rnd, table.put, table.delete)
        environment = kv._environment()
        used = (environment.engine.info()["last_pgno"] + 1) * environment.page_bytes
        assert used <= (tmp_path / "derived" / "data.mdb").stat().st_size
    kv.close()


def test_rebuild_deletes_nothing_that_is_no_table(tmp_path):
    for name in ("truth", "sealed"):
        LmdbKeyValue.open(tmp_path / name).close()
        with pytest.raises(UsageError):
            LmdbKeyValue.rebuild(tmp_path / name)
        assert (tmp_path / name / "data.mdb").exists()
    home = tmp_path / "derived"
    LmdbKeyValue.open(home).close()
    (home / "letter.txt").write_text("keep")
    with pytest.raises(UsageError):
        LmdbKeyValue.rebuild(home)
    assert {p.name for p in home.iterdir()} == {"data.mdb", "lock.mdb", "letter.txt"}


def test_old_handles_notice_a_rebuild(tmp_path):
    old = LmdbKeyValue.open(tmp_path / "derived")
    with old.write() as transaction:
        transaction.table("t").put(b"a", b"1")
    new = LmdbKeyValue.rebuild(tmp_path / "derived")
    with pytest.raises(FileReplacedError), old.write() as transaction:
        transaction.table("t").put(b"a", b"lost")
    with pytest.raises(FileReplacedError), old.read():
        pass
    old.close()
    assert dump(new) == []
    new.close()


def test_two_handles_of_a_process_share_the_file(tmp_path):
    first = LmdbKeyValue.open(tmp_path / "derived")
    second = LmdbKeyValue.open(tmp_path / "derived")
    with first.write() as transaction:
        transaction.table("t").put(b"a", b"1")
    assert dump(second) == [(b"a", b"1")]
    first.close()
    with pytest.raises(HandleClosedError):
        dump(first)
    with second.write() as transaction:
        transaction.table("t").put(b"b", b"2")
    assert len(dump(second)) == 2
    second.close()


def test_a_small_map_grows_and_the_writer_is_told_to_repeat(tmp_path, monkeypatch):
    monkeypatch.setattr(lmdb_engine, "MAP_SIZES", (2**17,))
    monkeypatch.setattr(lmdb_env, "MAP_SIZES", (2**40,))
    kv = LmdbKeyValue.open(tmp_path / "derived")
    items = [(b"%05d" % i, b"v" * 200) for i in range(5_000)]
    repeats = 0
    while True:
        try:
            with kv.write() as transaction:
                transaction.table("t").put_many(items)
            break
        except ConflictError:
            assert dump(kv) == []
            repeats += 1
    assert 1 <= repeats < 10
    assert dump(kv) == items
    kv.close()
