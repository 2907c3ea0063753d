"""Salvage after damages of every kind: nothing false is saved, and everything that is still there is."""

from __future__ import annotations

import itertools
import mmap
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainlog.errors import NotALogError
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import small_log
from tests.damage import DAMAGES, Rows, copy_of, damaged, honest, rows_of, tell_story, write_log
from tests.salvaging import check_saved, in_this_process, saved

RECORDS = 45
PAGE = mmap.PAGESIZE
_numbers = itertools.count()


class Sound:
    """An honest log: its data file and its records."""

    def __init__(self, data: bytes, rows: Rows) -> None:
        self.data, self.rows = data, rows


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        in_this_process(patch)
        yield tmp_path_factory.mktemp("salvage")


@pytest.fixture(scope="module")
def log(place):
    """The data file of an honest log that was appended to record by record, as a log is; and its records."""
    made = small_log(store=LmdbStore.create(place / "sound"))
    tell_story(made, RECORDS)
    with made.store.snapshot() as snapshot:
        rows = [data for _, data in snapshot.records(0, RECORDS)]
    made.handle.close()
    return Sound((place / "sound" / "truth" / "data.mdb").read_bytes(), rows)


def check(place: Path, data: bytes, rows: Rows, *, also: bytes | None = None) -> None:
    number = next(_numbers)
    log, backup = place / f"log{number}", place / f"backup{number}"
    for directory, content in ((log, data), (backup, also)):
        (directory / "truth").mkdir(parents=True)
        (directory / "truth" / "data.mdb").write_bytes(content or b"")
    both = data + (also or b"")
    try:
        got = saved(log, place / f"out{number}", also=[backup] if also else [])
    except NotALogError:
        assert rows[0] not in both or rows[1] not in both
        return
    check_saved(got, rows, lambda record: record in both)


def in_page(rnd: random.Random, data: bytearray) -> None:
    at = rnd.randrange(len(data))
    data[at] ^= 1 << rnd.randrange(8)


def zeroed(rnd: random.Random, data: bytearray) -> None:
    page = rnd.randrange(len(data) // PAGE)
    data[page * PAGE : (page + 1) * PAGE] = bytes(PAGE)


def rubble(rnd: random.Random, data: bytearray) -> None:
    at = rnd.randrange(len(data))
    data[at : at + 600] = rnd.randbytes(len(data[at : at + 600]))


def swapped(rnd: random.Random, data: bytearray) -> None:
    a, b = rnd.sample(range(len(data) // PAGE), 2)
    first, second = bytes(data[a * PAGE : (a + 1) * PAGE]), bytes(data[b * PAGE : (b + 1) * PAGE])
    data[a * PAGE : (a + 1) * PAGE], data[b * PAGE : (b + 1) * PAGE] = second, first


def cut(rnd: random.Random, data: bytearray) -> None:
    del data[rnd.randrange(len(data)) :]


def no_metas(_: random.Random, data: bytearray) -> None:
    data[: 2 * PAGE] = bytes(2 * PAGE)


HARMS = (in_page, zeroed, rubble, swapped, cut, no_metas)


def harmed(sound: bytes, seed: int, times: int) -> bytes:
    rnd, data = random.Random(seed), bytearray(sound)
    for _ in range(times):
        rnd.choice(HARMS[:4])(rnd, data)
    if seed % 5 == 0:
        rnd.choice(HARMS[4:])(rnd, data)
    return bytes(data)


few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(st.integers(0, 1 << 30), st.integers(1, 6))
def test_what_is_still_in_a_damaged_file_is_saved_or_kept(place, log, seed, times):
    check(place, harmed(log.data, seed, times), log.rows)


@few
@given(st.integers(0, 1 << 30), st.integers(1, 6))
def test_two_damaged_copies_give_what_either_has(place, log, seed, times):
    check(place, harmed(log.data, seed, times), log.rows, also=harmed(log.data, seed + 1, times))


@pytest.mark.parametrize("name", sorted(DAMAGES))
@pytest.mark.parametrize("anew", [False, True])
def test_no_damage_to_records_gets_anything_false_into_the_log(place, name, anew):
    _, tables = honest(RECORDS)
    changed = damaged(copy_of(tables), name, 20, anew=anew)
    if changed is None:
        return  # it can't be done to this record
    data = write_log(place / f"made{next(_numbers)}", changed).read_bytes()
    check(place, data, rows_of(tables))


def test_a_salvage_that_believes_everything_is_found_out(place, monkeypatch):
    _, tables = honest(RECORDS)
    changed = damaged(copy_of(tables), "signature replaced", 20, anew=True)
    data = write_log(place / f"made{next(_numbers)}", changed).read_bytes()
    check(place, data, rows_of(tables))
    monkeypatch.setattr("chainlog.forensics.salvage_gather.is_signed", lambda *_: True)
    monkeypatch.setattr("chainlog.forensics.salvage_build.admit", lambda *_, **__: [])
    with pytest.raises(AssertionError):
        check(place, data, rows_of(tables))


def test_a_salvage_that_keeps_nothing_is_found_out(place, monkeypatch):
    _, tables = honest(RECORDS)
    changed = damaged(copy_of(tables), "record removed", 20, anew=False)
    data = write_log(place / f"made{next(_numbers)}", changed).read_bytes()
    check(place, data, rows_of(tables))
    monkeypatch.setattr("chainlog.forensics.salvage_rest.Rest.remnants", lambda _: iter(()))
    with pytest.raises(AssertionError):
        check(place, data, rows_of(tables))
