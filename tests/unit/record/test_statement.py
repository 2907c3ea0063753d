from __future__ import annotations

from typing import Any

import pytest

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError
from chainlog.record.statement import EnrolStatement, EventStatement, encode_event_statement

LOG = bytes(range(32))
BASE = bytes(range(32, 64))
KEY = bytes(range(64, 96))
EVENT = EventStatement(LOG, 5, BASE, "giver", 1_700_000_000_000_000, b"\x98event")
ENROL = EnrolStatement(LOG, "p/0012", 1, KEY)


def test_the_bytes_of_an_event_statement():
    assert EVENT.encoded() == b"".join(
        [
            b"\x96",
            b"\xb1chainlog/v1/event",
            b"\xc4\x20" + LOG,
            b"\x92\x05\xc4\x20" + BASE,
            b"\xa5giver",
            b"\xcf" + (1_700_000_000_000_000).to_bytes(8, "big"),
            b"\xc4\x06\x98event",
        ]
    )


def test_the_bytes_of_an_enrol_statement():
    assert ENROL.encoded() == b"\x95\xb1chainlog/v1/enrol\xc4\x20" + LOG + b"\xa6p/0012\x01\xc4\x20" + KEY


def test_the_unchecked_encoder_gives_the_same_bytes():
    fields: dict[str, Any] = {"log_id": LOG, "base": (5, BASE), "role": "giver", "signed_at_us": EVENT.signed_at_us}
    assert encode_event_statement(**fields, event=EVENT.event) == EVENT.encoded()


def test_statements_are_canonical_and_begin_like_nothing_else():
    for statement in (EVENT, ENROL):
        assert 0x90 <= statement.encoded()[0] <= 0x9F
        codec.decode(statement.encoded())
        statement.check()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("log_id", bytes(32)),
        ("base_index", 6),
        ("base_hash", bytes(32)),
        ("role", "receiver"),
        ("signed_at_us", EVENT.signed_at_us + 1),
        ("event", b"\x98events"),
    ],
)
def test_every_field_of_an_event_statement_is_signed(field: str, value: Any):
    assert EVENT._replace(**{field: value}).encoded() != EVENT.encoded()


@pytest.mark.parametrize(
    ("field", "value"), [("log_id", bytes(32)), ("person", "p/13"), ("alg", 2), ("public_key", LOG)]
)
def test_every_field_of_an_enrol_statement_is_signed(field: str, value: Any):
    assert ENROL._replace(**{field: value}).encoded() != ENROL.encoded()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("log_id", [b"", bytes(31), bytes(33), "0" * 32, bytearray(32), None]),
        ("base_index", [-1, 2**53, True, 1.0, "1", None]),
        ("base_hash", [b"", bytes(31), bytes(33), "0" * 32, None]),
        ("role", ["", "Giver", "giver ", "giver\n", "g-r", "交出人", "a" * 25, b"giver", None]),
        ("signed_at_us", [-1, 2**53, False, 1.5, None]),
        ("event", [b"", "event", bytearray(b"e"), None, bytes(limits.largest_event_bytes() + 1)]),
    ],
)
def test_an_event_statement_with_a_bad_field_is_refused(field: str, values: list[Any]):
    for value in values:
        with pytest.raises(FormatError, match=r"^\$\." + field):
            EVENT._replace(**{field: value}).check()


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("log_id", [b"", bytes(31), bytes(33), None]),
        ("person", ["", "p/", "0012", "c/0012", "s/admins", "s/log2", "p/" + "字" * 40, "p/\ud800", b"p/1", None]),
        ("alg", [0, 2, True, 1.0, None]),
        ("public_key", [b"", bytes(31), bytes(33), None]),
    ],
)
def test_an_enrol_statement_with_a_bad_field_is_refused(field: str, values: list[Any]):
    for value in values:
        with pytest.raises(FormatError, match=r"^\$\." + field):
            ENROL._replace(**{field: value}).check()


def test_the_widest_fields_are_taken():
    EVENT._replace(
        base_index=limits.INTEGER_MAX, role="a" * 24, signed_at_us=0, event=bytes(limits.largest_event_bytes())
    ).check()
    ENROL._replace(person="p/" + "字" * 39).check()
    ENROL._replace(person="s/log").check()
