"""One wrong byte in a record whose hash is known is put right; nothing else is."""

from __future__ import annotations

import random

import pytest

from chainlog.digest import record_hash
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import U64
from chainlog.forensics.salvage_repair import one_byte_off
from tests.damage import copy_of, honest, rows_of, write_log
from tests.salvaging import in_this_process, saved

LOG_ID, TABLES = honest(45)
ROWS = rows_of(TABLES)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    in_this_process(monkeypatch)


def spoiled(data, places):
    made = bytearray(data)
    for place in places:
        made[place] ^= 0x41
    return bytes(made)


def test_any_byte_of_a_record():
    rnd, data = random.Random(3), ROWS[7]
    for place in (0, 1, len(data) - 1, rnd.randrange(len(data))):
        assert one_byte_off(spoiled(data, [place]), record_hash(data)) == data
    assert one_byte_off(spoiled(data[:80], [3, 9]), record_hash(data[:80])) is None


@pytest.mark.parametrize("place", [2, 40, -1])
def test_a_log_with_one_flipped_byte_is_whole_again(tmp_path, place):
    tables = copy_of(TABLES)
    tables["records"][U64.pack(20)] = spoiled(ROWS[20], [place])
    write_log(tmp_path / "log", tables)
    got = saved(tmp_path / "log", tmp_path / "out")
    assert (got.report.whole, got.report.repaired, got.records) == (True, (20,), ROWS)
    assert audit(got.new, log_id=LOG_ID).integrity == "intact"


def test_two_wrong_bytes_are_a_loss(tmp_path):
    tables = copy_of(TABLES)
    tables["records"][U64.pack(20)] = spoiled(ROWS[20], [40, 41])
    write_log(tmp_path / "log", tables)
    got = saved(tmp_path / "log", tmp_path / "out")
    assert (got.report.whole, got.report.repaired, got.report.size) == (False, (), 20)
