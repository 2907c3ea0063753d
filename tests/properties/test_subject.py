"""The fold: idempotent on everything, equal to its definition, and the short way agrees with the long one."""

from __future__ import annotations

import itertools
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chainlog.canon.text import check_text, repertoire
from chainlog.errors import FormatError
from chainlog.event import subject as module
from chainlog.event.subject import PREFIXES, check_subject, fold

OPENING, CLOSING = "([{【〖〔〘〚❲⟦⟬⦅⦗", ")]}】〗〕〙〛❳⟧⟭⦆⦘"
WHITE_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
TRICKY = "cdpliuws/s/ aiIhjw0017〔〕()【】［］（）\u3000\xa0\u0301\u0307\u0323\u0331\u0338\u3099かé⑴℀℅ﷺ／０ａ＜¨\u1100\u1161一\x1c\u200b"

written = st.text(TRICKY, max_size=16) | st.text(max_size=20)
named = st.builds(lambda prefix, rest: f"{prefix}/{rest}", st.sampled_from(list(PREFIXES)), written)


def definition(subject):
    """FORMAT.md section 3, step by step, one character at a time."""
    text = "".join(c for c in unicodedata.normalize("NFKC", subject) if c not in WHITE_SPACE)
    text = "".join("〔" if c in OPENING else "〕" if c in CLOSING else c for c in text)
    if "/" in text and not text.startswith("s/"):
        at = text.index("/")
        text = text[:at] + "".join(chr(ord(c) - 32) if "a" <= c <= "z" else c for c in text[at:])
    text = unicodedata.normalize("NFKC", text)
    at = 0
    while (at := text.find("〕", at) + 1) > 0:
        while text[at : at + 1] == "0" and text[at + 1 : at + 2] in set("0123456789"):
            text = text[:at] + text[at + 1 :]
    return text


def judged(subject):
    try:
        check_subject(subject, path="$")
    except FormatError as error:
        return type(error).__name__
    return "accepted"


@given(written | named)
def test_fold_is_its_definition_and_idempotent(text):
    once = fold(text)
    assert once == definition(text)
    assert fold(once) == once


def test_fold_is_idempotent_for_every_assigned_code_point():
    for char in map(chr, range(0x110000)):
        if unicodedata.category(char) not in ("Cn", "Co", "Cs"):
            once = fold(f"c/a{char}i")
            assert fold(once) == once, ascii(char)


def test_fold_is_idempotent_for_every_ascii_character_before_every_mark():
    marks = [chr(c) for c in range(0x110000) if unicodedata.combining(chr(c))]
    for letter, between in itertools.product(map(chr, range(0x21, 0x7F)), ("", " ")):
        # Refused code points are folded too: look-ups come from anywhere. A letter between them keeps marks apart.
        once = fold("c/" + "".join(f"{letter}{between}{mark}" for mark in marks[:300]))
        assert fold(once) == once
    for mark in marks:
        once = fold("c/" + "".join(f"{letter}{mark}" for letter in "ahijtwyAIJ0〕<=>"))
        assert fold(once) == once, ascii(mark)


def test_fold_of_every_allowed_code_point_is_allowed():
    # So whoever is told to write the fold instead can write it.
    chars = [chr(c) for first, last in repertoire() for c in range(first, min(last, 0x1FFFF) + 1)]
    for start in range(0, len(chars), 100):
        check_text(fold("c/1" + "1".join(chars[start : start + 100])))


def test_fold_removes_white_space_of_unicode():
    assert [c for c in WHITE_SPACE if fold(f"c/1{c}2") != "c/12"] == []
    kept = [c for c in map(chr, range(0x3100)) if fold(f"c/1{c}2") == "c/12" and c not in WHITE_SPACE]
    assert kept == []


def test_every_character_of_the_short_way_is_left_alone_by_each_step():
    plain = [chr(c) for c in range(0x21, 0x110000) if module._is_plain("c/" + chr(c)) and chr(c) != "/"]
    assert len(plain) > 27_000
    assert {"A", "~", "〔", "一", "鿿", "㐀", "䶿"} <= set(plain)
    allowed = {chr(c) for first, last in repertoire() for c in range(first, last + 1)}
    for char in plain:
        assert char in allowed
        assert fold(f"c/{char}") == f"c/{char}"
        assert unicodedata.combining(char) == 0
        assert len(char.encode()) <= 3
    # Nothing composes with what stands before or after it: quick check is yes for each, and so for the whole.
    whole = "".join(plain)
    assert unicodedata.normalize("NFKC", whole) == whole == unicodedata.normalize("NFKD", whole)


@given(st.from_regex(module._is_plain.__self__, fullmatch=True))
def test_short_way_takes_only_what_the_long_way_takes(subject):
    assert module._SHAPE.fullmatch(subject)
    if "〕0" not in subject:
        assert fold(subject[:1_000]) == subject[:1_000]


def test_short_way_takes_nothing_that_is_no_subject():
    for length in range(6):
        for letters in itertools.product("cs/1a〕0", repeat=length):
            subject = "".join(letters)
            parts = subject.split("/")
            is_subject = len(parts) > 1 and parts[0] == "c" and all(parts[1:]) and fold(subject) == subject
            assert (judged(subject) == "accepted") is is_subject, subject


@given(named | written)
def test_accepted_means_folded_text_of_a_known_shape(subject):
    if judged(subject) == "accepted":
        assert fold(subject) == subject
        assert check_text(subject) == subject
        assert len(subject.encode()) <= 120
        prefix, *parts = subject.split("/")
        assert prefix in PREFIXES
        assert parts
        assert all(parts)


@given(named)
def test_expected_is_the_fold(subject):
    try:
        check_subject(subject, path="$")
    except FormatError as error:
        if error.code == "not-folded" and error.expected != module._SHAPE_TEXT:
            assert error.expected == fold(subject) != subject
