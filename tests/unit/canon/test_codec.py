from __future__ import annotations

import itertools

import msgspec
import pytest

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError, LimitError, NonCanonicalError
from tests.messagepack import canonical, other_forms

SAMPLE = {
    "a": [0, 127, 128, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**53 - 1],
    "b": [-1, -32, -33, -128, -129, -32_768, -32_769, -(2**31), -(2**31) - 1, 1 - 2**53],
    "c": {"k": ["", "x" * 31, "x" * 32, "é" * 128, "x" * 256]},
    "d": [b"", b"x" * 255, b"x" * 256, True, False],
    "e": [[], {}, [0] * 15, [0] * 16, {f"k{i:02}": i for i in range(16)}],
}


def nested(depth: int) -> bytes:
    return b"\x91" * (depth - 1) + b"\x90"


def outcome(data: bytes) -> str:
    try:
        value = codec.decode(data)
    except FormatError as error:
        assert error.path.startswith("$")
        return error.code
    assert codec.encode(value) == data
    return "accepted"


def test_encoding_is_the_shortest_form_of_the_specification():
    assert codec.encode(SAMPLE) == canonical(SAMPLE)
    assert codec.decode(codec.encode(SAMPLE)) == SAMPLE


def test_every_other_form_is_refused():
    forms = list(other_forms(SAMPLE))
    assert len(forms) > 150
    for data in forms:
        with pytest.raises(NonCanonicalError):
            codec.decode(data)


def test_all_bytes_up_to_two_are_refused_or_the_one_encoding():
    found = dict.fromkeys(("accepted", "malformed", "not-canonical", "limit"), 0)
    for length in range(3):
        for data in itertools.product(range(256), repeat=length):
            found[outcome(bytes(data))] += 1
    # Of three bytes some that begin a container, a text, bytes, a wide integer or an extension.
    for first in (0x81, 0x82, 0x91, 0x92, 0xA1, 0xA2, 0xC4, 0xC7, 0xCC, 0xCD, 0xD0, 0xD1, 0xD4, 0xD9, 0xDC, 0xDE):
        for data in itertools.product(range(0, 256, 15), repeat=2):
            found[outcome(bytes((first, *data)))] += 1
    assert all(found[code] > 100 for code in ("accepted", "malformed", "not-canonical")), found


@pytest.mark.parametrize(
    "value",
    [None, 0.0, 1.5, float("nan"), float("-inf"), msgspec.msgpack.Ext(5, b"x"), msgspec.msgpack.Ext(-1, bytes(4))],
)
@pytest.mark.parametrize("around", [lambda v: v, lambda v: [v], lambda v: {"a": [0, v]}])
def test_nil_floats_and_extensions_have_no_place(value, around):
    with pytest.raises(FormatError, match="has no place"):
        codec.decode(codec.encode(around(value)))


def test_the_place_of_an_offence_is_named():
    with pytest.raises(FormatError) as caught:
        codec.decode(codec.encode({"a": [0, {"b": None}]}))
    assert caught.value.path == "$.a[1].b"


def test_nesting_ends_at_eight():
    assert outcome(nested(limits.NESTING_MAX)) == "accepted"
    assert outcome(nested(limits.NESTING_MAX + 1)) == "limit"
    assert outcome(nested(50_000)) == "limit"
    maps = b"\x81\xa1a" * limits.NESTING_MAX
    assert outcome(maps + b"\x01") == "accepted"
    assert outcome(b"\x81\xa1a" + maps + b"\x01") == "limit"


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (2**53 - 1, "accepted"),
        (2**53, "limit"),
        (1 - 2**53, "accepted"),
        (-(2**53), "limit"),
        (2**64 - 1, "limit"),
        (-(2**63), "limit"),
    ],
)
def test_integers_end_where_json_readers_do(number, said):
    assert outcome(codec.encode(number)) == said
    assert outcome(codec.encode({"a": [number]})) == said


def test_map_keys_are_a_to_z_digits_and_low_line():
    allowed = {chr(c) for c in range(0x3000) if outcome(codec.encode({chr(c): 1})) == "accepted"}
    assert allowed == set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert outcome(codec.encode({"a" * limits.MAP_KEY_BYTES_MAX: 1})) == "accepted"
    assert outcome(codec.encode({"a" * (limits.MAP_KEY_BYTES_MAX + 1): 1})) == "malformed"
    for key in (b"\x80", b"\x90", b"\xc0", b"\xc2", b"\xc4\x01a", b"\x01", b"\xa0", b"\xa2a\n", b"\xd4\x05\x01"):
        assert outcome(b"\x81" + key + b"\x01") == "malformed"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",  # an array of four thousand million
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xa1\xff",  # no UTF-8
        b"\xa3\xed\xa0\x80",  # a surrogate as UTF-8
        b"\xd6\xff\x00\x00\x00\x01",  # a time stamp
        b"\xc7\x0c\xff" + b"\xff" * 12,  # one out of range
        b"\x92\x01",
        b"\x01\x01",
    ],
)
def test_other_bytes_are_malformed(data):
    assert outcome(data) == "malformed"


class Pair(msgspec.Struct, forbid_unknown_fields=True):
    b: int
    a: str | msgspec.UnsetType = msgspec.UNSET


def test_a_type_changes_nothing_about_the_one_encoding():
    strict: codec.Codec[Pair] = codec.Codec(Pair)
    assert strict.decode(b"\x82\xa1a\xa1x\xa1b\x01") == Pair(b=1, a="x")
    assert strict.decode(b"\x81\xa1b\x01") == Pair(b=1)
    for data in other_forms({"a": "x", "b": 1}):
        with pytest.raises(NonCanonicalError):
            strict.decode(data)
    # The declared order of fields is not the order of bytes, and an absent field has no default.
    assert codec.encode(Pair(b=1, a="x")) == canonical({"a": "x", "b": 1})
    assert codec.encode(Pair(b=1)) == canonical({"b": 1})


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b"\x81\xa1b\xc3", "$.x.b"),
        (b"\x81\xa1b\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", "$.x.b"),
        (b"\x82\xa1a\xc4\x01x\xa1b\x01", "$.x.a"),
        (b"\x82\xa1a\xa1\xff\xa1b\x01", "$.x"),
        (b"\x82\xa1b\x01\xa1z\x01", "$.x"),
        (b"\x80", "$.x"),
        (b"\x91\x01", "$.x"),
        (b"\x81\xa1b\x01\x00", "$.x"),
        (b"\x81\xa1b" + b"\x91" * 50_000, "$.x"),
    ],
)
def test_typed_decoding_says_where(data, path):
    with pytest.raises(FormatError) as caught:
        codec.Codec(Pair).decode(data, path="$.x")
    assert caught.value.path.startswith(path)


def test_a_name_in_the_document_cannot_pose_as_its_path():
    with pytest.raises(FormatError) as caught:
        codec.Codec(list[Pair]).decode(codec.encode([{"b": 1, "q` - at `$.fake": 1}]))
    assert caught.value.path == "$[0]"


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, [2**64], -(2**63) - 1])
def test_what_has_no_encoding_is_malformed(value):
    with pytest.raises(FormatError) as caught:
        codec.encode_stated({"a": value}, path="$.x")
    assert caught.value.path == "$.x"


def test_endless_nesting_is_a_limit_when_encoding_too():
    value: list = []
    for _ in range(200_000):
        value = [value]
    with pytest.raises(LimitError):
        codec.encode_stated(value)
    assert codec.encode_stated([1]) == b"\x91\x01"


def test_order_of_texts_is_that_of_their_encodings():
    texts = [
        "",
        "p/G",
        "c/87",
        "c/9",
        "c/10",
        "é",
        "乙",
        "甲",
        "𠀀",
        "x" * 31,
        "a" * 32,
        "甲" * 10,
        "甲" * 11,
        "z" * 255,
    ]
    assert sorted(texts, key=codec.sort_key) == sorted(texts, key=canonical)
    # The one that a reader of the format stumbles over.
    assert codec.sort_key("p/G") < codec.sort_key("c/87")


def test_texts_are_found_wherever_they_stand():
    value = {"a": "1", "b": [{"c": "2"}, "3", b"no", 4, ("5",)], "d": {"e": {"f": "6"}}}
    found: list[str] = []
    codec.collect_texts(value, found)
    assert found == ["1", "2", "3", "5", "6"]
    assert list(codec.walk_texts(value, "$")) == [
        ("$.a", "1"),
        ("$.b[0].c", "2"),
        ("$.b[1]", "3"),
        ("$.b[4][0]", "5"),
        ("$.d.e.f", "6"),
    ]
