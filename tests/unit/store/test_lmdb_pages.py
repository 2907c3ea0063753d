"""Reading a data file page by page: the same as the engine on a sound one, all that is left of a damaged one."""

from __future__ import annotations

import random
import struct

import pytest

from chainlog.errors import NotALogError
from chainlog.store.lmdb_forensic import PrivateCopy, page_problems
from chainlog.store.lmdb_pages import Lost, PageFile
from tests.damage import write_log

PAGE = 4096
RECORDS = {struct.pack(">Q", n): b"\x98\x01" + bytes([n % 251]) * (300 + n % 50) for n in range(800)}
TABLES = {
    "records": RECORDS,
    "ids": {n.to_bytes(16, "big"): struct.pack(">Q", n) for n in range(800)},
    "tiles": {b"\x00" * 9: b"t" * 8192, b"\x00" * 8 + b"\x01": b"u" * 8192},
    "empty": {},
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return write_log(tmp_path_factory.mktemp("pages"), TABLES).read_bytes()


@pytest.fixture
def opened(tmp_path):
    """Opens bytes as a data file."""
    files = []

    def open_bytes(data: bytes) -> PageFile:
        path = tmp_path / "data.mdb"
        path.write_bytes(data)
        files.append(PageFile(path))
        return files[-1]

    yield open_bytes
    for file in files:
        file.close()


def kinds_of(data: bytes) -> dict[int, list[int]]:
    """Flags → pages."""
    found: dict[int, list[int]] = {}
    for page in range(2, len(data) // PAGE):
        found.setdefault(data[page * PAGE + 10], []).append(page)
    return found


def zeroed(data: bytes, page: int) -> bytes:
    return data[: page * PAGE] + bytes(PAGE) + data[(page + 1) * PAGE :]


def test_a_sound_file_reads_like_with_the_engine(tmp_path, sound, opened):
    pages = opened(sound)
    assert page_problems(tmp_path) == []
    engine = PrivateCopy(tmp_path)
    assert pages.tables() == engine.tables() == tuple(sorted(TABLES))
    for name, rows in TABLES.items():
        assert dict(pages.scan(name)) == dict(engine.scan(name)) == rows
        assert list(pages.scan(name)) == list(engine.scan(name))
        assert pages.count(name) == engine.count(name) == len(rows)
        assert pages.lost(name) == engine.lost(name) == ()
        get, get_too = pages.getter(name), engine.getter(name)
        for key in [*rows, b"nothing", bytes(8)]:
            assert get(key) == get_too(key) == rows.get(key)
    start = struct.pack(">Q", 555)
    assert list(pages.scan("records", start)) == list(engine.scan("records", start))
    assert pages.stray_keys() == engine.stray_keys() == ()
    assert list(pages.scan("no table")) == list(engine.scan("no table")) == []
    assert pages.getter("no table")(b"x") is engine.getter("no table")(b"x") is None
    engine.close()


def test_what_lay_on_a_lost_leaf_is_said(sound, opened):
    for page in kinds_of(sound)[0x02]:
        pages = opened(zeroed(sound, page))
        for name in pages.tables():
            found = dict(pages.scan(name))
            lost = pages.lost(name)
            gone = {key for key in TABLES[name] if key not in found}
            assert all(TABLES[name][key] == value for key, value in found.items())
            assert lost or not gone
            for key in gone:
                assert any(low <= key and (not high or key < high) for low, high in lost)
                assert pages.getter(name)(key) is None


def test_records_below_a_lost_branch_are_found_by_their_looks(sound, opened):
    branches = kinds_of(sound)[0x01]
    assert len(branches) > 1
    for page in branches:
        pages = opened(zeroed(sound, page))
        if "records" in pages.tables():
            assert dict(pages.scan("records")) == RECORDS
            assert pages.getter("records")(struct.pack(">Q", 400)) == RECORDS[struct.pack(">Q", 400)]


def test_without_the_page_that_names_the_tables(sound, opened):
    root = next(page for page in kinds_of(sound)[0x02] if b"records" in sound[page * PAGE : (page + 1) * PAGE])
    pages = opened(zeroed(sound, root))
    assert pages.tables() == ("records",)
    assert dict(pages.scan("records")) == RECORDS
    assert pages.lost("") == (Lost(b"", b""),)


def test_a_lost_value_that_has_pages_of_its_own(sound, opened):
    for page in kinds_of(sound)[0x04]:
        pages = opened(zeroed(sound, page))
        found = dict(pages.scan("tiles"))
        assert len(found) == 1
        assert len(pages.lost("tiles")) == 1


def test_either_meta_page_will_do(sound, opened):
    for page in (0, 1):
        pages = opened(zeroed(sound, page))
        assert set(pages.tables()) <= set(TABLES)
    with pytest.raises(NotALogError):
        opened(bytes(len(sound)))
    with pytest.raises(NotALogError):
        opened(sound[:100])


def test_no_damage_raises_or_makes_anything_up(sound, opened):
    """Random bytes anywhere, and pointers that lead in circles."""
    rnd = random.Random(3)
    for _ in range(60):
        data = bytearray(sound)
        for _ in range(rnd.randrange(1, 4)):
            page = rnd.randrange(len(data) // PAGE) * PAGE
            if rnd.random() < 0.5:
                place = page + rnd.randrange(64)
                data[place] = rnd.randrange(256)
            else:
                other = rnd.randrange(len(data) // PAGE) * PAGE
                data[page + 8 : page + PAGE] = data[other + 8 : other + PAGE]  # with its own number
        try:
            pages = opened(bytes(data))
        except NotALogError:
            continue
        for name in pages.tables():
            keys = [key for key, _ in pages.scan(name)]
            assert keys == sorted(set(keys))
            assert len(keys) <= 4 * len(RECORDS)
            get = pages.getter(name)
            for key in keys[::50]:
                get(key)
