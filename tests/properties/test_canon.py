"""Canonical MessagePack: one encoding for each value, and no other bytes."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from chainlog.canon import codec
from chainlog.errors import FormatError
from tests.messagepack import canonical, other_forms
from tests.strategies import canonical_values, damaged

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=8) | st.binary(max_size=8)
    | st.builds(msgspec.msgpack.Ext, st.integers(-128, 127), st.binary(max_size=8)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def accepted(data: bytes) -> bool:
    """Whether bytes are canonical; what they then mean has no other encoding."""
    try:
        value = codec.decode(data)
    except FormatError as error:
        assert error.path.startswith("$")
        return False
    assert codec.encode(value) == canonical(value) == data
    return True


@given(canonical_values)
def test_a_value_has_the_encoding_of_the_specification(value):
    assert codec.encode(value) == canonical(value)
    if accepted(codec.encode(value)):
        assert codec.decode(codec.encode(value)) == value


@given(canonical_values)
def test_no_other_form_of_a_value_is_accepted(value):
    for data in other_forms(value):
        assert not accepted(data)


@given(st.binary(max_size=64))
def test_any_bytes_are_refused_or_canonical(data):
    accepted(data)


@given(damaged(canonical_values.map(canonical) | anything.map(msgspec.msgpack.encode)))
def test_damaged_bytes_are_refused_or_canonical(data):
    accepted(data)


@given(anything)
def test_what_msgpack_knows_and_the_format_does_not_is_refused(value):
    def sound(part):
        if isinstance(part, list):
            return all(map(sound, part))
        if isinstance(part, dict):
            return all(
                key.isascii() and key and set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789_") for key in part
            ) and all(map(sound, part.values()))
        return isinstance(part, (bool, str, bytes)) or (isinstance(part, int) and abs(part) < 2**53)

    assert accepted(msgspec.msgpack.encode(value, order="sorted")) == sound(value)


@given(st.lists(st.text(max_size=60), max_size=6))
def test_texts_are_ordered_like_their_encodings(texts):
    assert sorted(texts, key=codec.sort_key) == sorted(texts, key=canonical)


@given(canonical_values)
def test_both_ways_of_finding_texts_agree(value):
    found: list[str] = []
    codec.collect_texts(value, found)
    assert found == [text for _, text in codec.walk_texts(value, "$")]
