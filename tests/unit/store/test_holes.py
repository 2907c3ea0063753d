"""Data files that claim to be huge: copied, checked and read as far as they hold anything."""

from __future__ import annotations

import os
import struct

import pytest

from chainlog.errors import NotALogError
from chainlog.forensics.audit import audit
from chainlog.forensics.salvage_carve import carved_notes, carved_records
from chainlog.store.holes import copy_data, data_bytes, data_ranges
from chainlog.store.lmdb_forensic import copy_data_file, page_problems
from chainlog.store.lmdb_pages import PageFile
from tests.unit.test_facade import created

HUGE = 1 << 40
MEGABYTE = 1 << 20
LAST_PAGE = 16 + 120  # where a meta page says which page is the last in use


@pytest.fixture
def log(tmp_path):
    with created(tmp_path / "log") as made:
        made.projections.catch_up_all()
    return tmp_path / "log"


def swell(log, size=HUGE):
    with (log / "truth" / "data.mdb").open("r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())
        if data_bytes(file.fileno()) > 64 * MEGABYTE:
            pytest.skip("this file system has no holes")


def write(path, pieces, size):
    with path.open("wb") as file:
        for at, data in pieces:
            file.seek(at)
            file.write(data)
        file.truncate(size)


@pytest.mark.parametrize(
    ("pieces", "size"),
    [
        ([], 0),
        ([], 5 * MEGABYTE),
        ([(0, b"a")], 1),
        ([(0, b"a" * 5000)], 5000),
        ([(3 * MEGABYTE, b"b" * 70_000)], 9 * MEGABYTE),
        ([(0, b"a" * 4096), (2 * MEGABYTE - 3, b"b" * 9), (7 * MEGABYTE, b"c")], 7 * MEGABYTE + 1),
        ([(0, b"a" + bytes(3 * MEGABYTE) + b"b" * (2 * MEGABYTE))], 6 * MEGABYTE),
    ],
)
def test_a_copy_is_the_same_and_takes_no_more(tmp_path, pieces, size):
    write(tmp_path / "one", pieces, size)
    with (tmp_path / "one").open("rb") as one, (tmp_path / "two").open("w+b") as two:
        copy_data(one.fileno(), two.fileno())
        assert data_bytes(two.fileno()) <= data_bytes(one.fileno())
        ranges = list(data_ranges(one.fileno()))
    content = (tmp_path / "one").read_bytes()
    assert (tmp_path / "two").read_bytes() == content
    assert len(content) == size
    assert sorted(ranges) == ranges
    held = [range(start, stop) for start, stop in ranges]
    assert all(any(at in part for part in held) for at, data in pieces for at in (at, at + len(data) - 1))


def test_megabytes_of_zeros_become_a_hole(tmp_path):
    write(tmp_path / "one", [(0, b"a" + bytes(20 * MEGABYTE))], 20 * MEGABYTE)
    with (tmp_path / "one").open("rb") as one, (tmp_path / "two").open("w+b") as two:
        copy_data(one.fileno(), two.fileno())
        os.fsync(two.fileno())
        if data_bytes(two.fileno()) == 20 * MEGABYTE:
            pytest.skip("this file system has no holes")
        assert data_bytes(two.fileno()) <= MEGABYTE


def test_a_sound_file_with_a_huge_hole_behind_it_is_intact(log):
    before = audit(log, log_id=None)
    swell(log)
    report = audit(log, log_id=None)
    assert (report.integrity, report.root) == (before.integrity, before.root) == ("intact", before.root)


def test_meta_pages_that_claim_a_huge_file(log, tmp_path):
    path = log / "truth" / "data.mdb"
    size = path.stat().st_size
    swell(log)
    with path.open("r+b") as file:
        for meta in (0, 4096):
            file.seek(meta + LAST_PAGE)
            before = struct.unpack("=Q", file.read(8))[0]
            assert before < size // 4096
            file.seek(meta + LAST_PAGE)
            file.write(struct.pack("=Q", (HUGE >> 12) - 1))
    copy_data_file(log / "truth", tmp_path / "copy")
    assert "the rest are holes" in page_problems(tmp_path / "copy")[0]
    report = audit(log, log_id=None)
    assert {finding.code for finding in report.findings} == {"page-corrupt"}
    assert report.size == 3


def test_without_meta_pages_nothing_is_copied(log, tmp_path):
    with (log / "truth" / "data.mdb").open("r+b") as file:
        file.write(bytes(8192))
    swell(log)
    with pytest.raises(NotALogError, match="neither of its meta pages"):
        copy_data_file(log / "truth", tmp_path / "copy", needs_tables=True)
    assert not (tmp_path / "copy").exists()
    report = audit(log, log_id=None)
    assert {finding.code for finding in report.findings} == {"unreadable", "page-corrupt"}
    # Whoever carves needs no tables.
    copy_data_file(log / "truth", tmp_path / "copy")
    assert (tmp_path / "copy" / "data.mdb").stat().st_size == HUGE


def test_carving_looks_where_there_is_something(log):
    path = log / "truth" / "data.mdb"
    raw = path.read_bytes()
    whole = list(carved_records(raw)), carved_notes(raw)
    assert all(whole)
    middle = [(0, 4096), (8192, len(raw))]
    assert (list(carved_records(raw, middle)), carved_notes(raw, middle)) == whole
    assert (list(carved_records(raw, [])), carved_notes(raw, [])) == ([], [])


def test_leaves_are_found_by_their_looks_before_and_behind_a_hole(log):
    path = log / "truth" / "data.mdb"
    with path.open("r+b") as file:
        content = file.read()
        file.seek(HUGE - len(content))
        file.write(content)
    swell(log)
    found = PageFile(path)
    pages = list(found._held_pages())
    assert sorted(set(pages)) == pages
    assert {2, (HUGE >> 12) - 1} <= set(pages)
    assert len(pages) < 1000
    found.close()
