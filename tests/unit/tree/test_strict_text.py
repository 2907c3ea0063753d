from __future__ import annotations

from base64 import b64encode

import pytest

from chainlog.errors import FormatError
from chainlog.tree.text import format_base64, parse_base64, parse_decimal, require_note_text


def test_decimals():
    for value in (0, 1, 9, 10, 99, 100, 2**63 - 1):
        assert parse_decimal(str(value), maximum=2**63 - 1, path="size") == value
    assert parse_decimal("0", maximum=0, path="size") == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+5",
        "-5",
        "-0",
        " 5",
        "5 ",
        "5\n",
        "1_000",
        "1,000",
        "٣",
        "５",
        "²",
        "007",
        "00",
        "5.0",
        "5e0",
        "0x5",
        "1000001",
        "9" * 5_000,
        "0" * 5_000,
        "five",
        "\x005",
    ],
)
def test_decimals_refused(text):
    with pytest.raises(FormatError):
        parse_decimal(text, maximum=1_000_000, path="size")


def test_base64_round_trip():
    for n in range(70):
        data = bytes(range(200, 200 + n)) if n < 56 else bytes(n)
        assert format_base64(data) == b64encode(data).decode()
        assert parse_base64(format_base64(data), path="x") == data


@pytest.mark.parametrize(
    "text",
    [
        "QR==",
        "QQ=",
        "QQ",
        "QQ===",
        "QQ==\n",
        "Q Q==",
        "QQ==QQ==",
        "=QQ=",
        "Q",
        "-_==",
        "Q\u0661==",
        "QUJDRE",
        "QUJ=",
        "===",
        "Ｑ",
    ],
)
def test_base64_refused(text):
    with pytest.raises(FormatError):
        parse_base64(text, path="x")


def test_every_last_character_of_a_hash_but_sixteen_is_refused():
    """43 characters carry 258 bits, 2 more than 32 bytes have: a lenient reader takes four texts for each."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    accepted = []
    for last in alphabet:
        try:
            parse_base64("A" * 42 + last + "=", path="x")
        except FormatError:
            continue
        accepted.append(last)
    assert accepted == list(alphabet[::4])


def test_characters_of_notes():
    for code in range(0x20):
        if code == 0x0A:
            require_note_text("a\nb", path="x")
        else:
            with pytest.raises(FormatError):
                require_note_text(f"a{chr(code)}b", path="x")
    for code in (0xD800, 0xDBFF, 0xDC00, 0xDFFF):
        with pytest.raises(FormatError):
            require_note_text(chr(code), path="x")
    require_note_text(" ~\x7f\x85\u2028涉密载体\ud7ff\ue000\U0010ffff", path="x")
