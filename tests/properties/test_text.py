"""The repertoire over all its code points, and texts checked together against texts checked one by one."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.canon.text import check_text, check_texts, repertoire
from chainlog.errors import TextError

ALLOWED = frozenset(c for first, last in repertoire() for c in range(first, last + 1))
CHARS = [chr(c) for c in sorted(ALLOWED)]

# Where joining, composing and replacing could go wrong: separators, marks of several classes, jamo, refused ones.
TRICKY = " \n\t\r\0\u3000eAI\u0301\u0323\u0307\u0338\u3099か\u1100\u1161\u11a8\uac00\u0f71\u0f72<=一\u200b\ufe00\uf900\ud800\U00020000"


def model(text, *, multiline):
    """The rule as FORMAT.md states it, without the pattern."""
    return all(ord(c) in ALLOWED or (multiline and c in "\n\t") for c in text) and (
        unicodedata.normalize("NFC", text) == text
    )


def accepted(check):
    try:
        check()
    except TextError:
        return False
    return True


def test_every_code_point_of_unicode_alone():
    for first in range(0, 0x110000, 0x100):
        block = [chr(c) for c in range(first, first + 0x100)]
        if ALLOWED.issuperset(range(first, first + 0x100)):
            check_texts(block, path="$")
        elif not ALLOWED.isdisjoint(range(first, first + 0x100)):
            for char in block:
                assert accepted(lambda char=char: check_text(char)) is (ord(char) in ALLOWED), ascii(char)
        else:
            # A block of which nothing is allowed is refused at its first; one look at each end is enough here.
            for char in (block[0], block[-1]):
                with pytest.raises(TextError):
                    check_text(char)


def test_normal_form_of_every_allowed_code_point_alone():
    # Also the guard for Pythons with later tables: code points not yet assigned in 14.0 must stay as they are.
    assert [c for c in CHARS if unicodedata.normalize("NFC", c) != c] == []


def test_allowed_code_points_encode():
    assert len("".join(CHARS).encode("utf-8").decode("utf-8")) == len(CHARS)


def test_all_short_texts_of_tricky_characters():
    for length in (0, 1, 2):
        for letters in itertools.product(TRICKY, repeat=length):
            text = "".join(letters)
            for multiline in (False, True):
                expected = model(text, multiline=multiline)
                assert accepted(lambda: check_text(text, multiline=multiline)) is expected, ascii(text)
                together = accepted(lambda: check_texts(["e", text, "\u0301"], path="$", multiline=multiline))
                assert together is expected, ascii(text)


@given(st.text(st.sampled_from(CHARS), max_size=30))
def test_random_allowed_text_is_judged_by_its_normal_form_alone(text):
    assert accepted(lambda: check_text(text)) is (unicodedata.normalize("NFC", text) == text)


@given(st.text(st.characters(codec=None), max_size=30) | st.text(TRICKY, max_size=30), st.booleans())
def test_agrees_with_the_model(text, multiline):
    assert accepted(lambda: check_text(text, multiline=multiline)) is model(text, multiline=multiline)


@given(st.lists(st.text(TRICKY, max_size=4) | st.text(max_size=8), max_size=6), st.booleans())
def test_together_as_one_by_one(texts, multiline):
    together = accepted(lambda: check_texts(texts, path="$", multiline=multiline))
    assert together is all(accepted(lambda t=t: check_text(t, multiline=multiline)) for t in texts)


@given(st.text(TRICKY, max_size=12))
def test_detail_names_a_character_that_stands_there(text):
    try:
        check_text(text)
    except TextError as error:
        name, at = error.detail.split(":", 1)[0].split(" at position ")
        assert f"U+{ord(text[int(at)]):04X}" == name
        assert model(text[: int(at)], multiline=False)
        assert not model(text[: int(at) + 1], multiline=False)
