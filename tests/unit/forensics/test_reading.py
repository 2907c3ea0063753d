"""Records that are read together are those that are read one by one, whatever lies beside them."""

from __future__ import annotations

import pytest

from chainlog.errors import FormatError
from chainlog.forensics.reading import read_records
from chainlog.record.record import check_record
from tests.damage import honest

SMALL = 45


def one_by_one(data):
    found = []
    for one in data:
        try:
            checked = check_record(one)
        except FormatError as error:
            found.append(error.text("en"))
        else:
            found.append((checked.record, checked.event.event, checked.event.kind, checked.event.body))
    return found


def together(data):
    return [read if isinstance(read, str) else read[:4] for read in read_records(data)]


@pytest.fixture
def data():
    return [row for _, row in sorted(honest(SMALL)[1]["records"].items())]


def test_sound_records(data):
    assert together(data) == one_by_one(data)
    assert [read for read in read_records(data) if isinstance(read, str)] == []
    assert read_records([]) == []


def test_who_are_to_sign_is_said_or_left_open(data):
    known = 0
    for read in read_records(data):
        assert not isinstance(read, str)
        record, event, _, _, signing = read
        if signing is not None:
            known += 1
            assert signing == {(role, person) for role, person, signs in event.people if signs}
            assert len(signing) == len(record.signatures)
    assert known > SMALL // 3


@pytest.mark.parametrize("place", [0, 7, 44])
def test_one_bad_record_leaves_the_others_as_they_are(data, place):
    good = one_by_one(data)
    for bad in (b"", data[place][:-1], data[place] + b"\0", b"\x98\x02" + data[place][2:], b"\x90"):
        changed = [*data[:place], bad, *data[place + 1 :]]
        assert together(changed) == one_by_one(changed)
        assert together(changed)[place] != good[place]
        assert together(changed)[:place] == good[:place]


def test_a_boundary_between_records_is_not_shifted(data):
    changed = [data[0], data[1] + data[2][:5], data[2][5:], *data[3:]]
    assert [isinstance(read, str) for read in read_records(changed)[:4]] == [False, True, True, False]
