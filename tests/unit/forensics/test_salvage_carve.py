"""Finding records and heads in raw bytes."""

from __future__ import annotations

import random

import msgspec
import pytest

from chainlog.forensics.evidence import HEAD_KEY
from chainlog.forensics.salvage_carve import carved_notes, carved_records, value_end
from chainlog.log.head import decode_head
from tests.damage import honest, rows_of

_, TABLES = honest(45)
ROWS = rows_of(TABLES)


@pytest.mark.parametrize(
    "value",
    [0, 127, 128, 255, 256, 65_536, 1 << 40, -1, -32, -33, -129, -40_000, -(1 << 40), True, False, "", "a" * 31, "a" * 32,
     "a" * 300, "a" * 70_000, b"", b"a" * 255, b"a" * 256, b"a" * 70_000, [], [1] * 15, [1] * 16, [[["x"]], {"a": [1, {"b": b"c"}]}],
     {}, {str(i): i for i in range(15)}, {str(i): i for i in range(16)}, list(range(70_000))],
    ids=lambda value: f"{type(value).__name__} {str(value)[:12]}",
)  # fmt: skip
def test_a_value_ends_where_it_ends(value):
    data = msgspec.msgpack.encode(value)
    for behind in (b"", b"\0", b"\xff" * 9):
        assert value_end(data + behind) == len(data)
    assert value_end(data[:-1]) is None


def test_what_the_format_has_not_ends_nowhere():
    for head in (0xC0, 0xC1, 0xC7, 0xCA, 0xCB, 0xD4, 0xD8):
        assert value_end(bytes([head]) + bytes(20)) is None
    assert value_end(b"") is None
    assert value_end(b"\xdd\xff\xff\xff\xff") is None
    assert value_end(b"\x91" * 100) is None


def test_records_are_found_between_rubble_and_inside_of_it():
    rnd = random.Random(1)
    raw = b"".join(rnd.randbytes(rnd.randrange(40)) + b"\x98\x01" + record for record in ROWS)
    assert set(ROWS) <= set(carved_records(raw))
    assert set(ROWS[1:]) <= set(carved_records(raw[60:]))
    assert list(carved_records(b"")) == []


def test_heads_are_found_and_nothing_that_is_cut():
    note = decode_head(TABLES["head"][HEAD_KEY]).checkpoint
    assert carved_notes(b"xx" + note + b"\0" + note + note) == [note]
    assert carved_notes(note[:-1]) == []
    assert carved_notes(note.replace(b"\n45\n", b"\n045\n")) == []
