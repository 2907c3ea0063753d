"""Strict reading of the numbers, base64 and lines that C2SP texts are made of. Pure.

Python's own readers are lenient: `int` takes `+5`, ` 5`, `1_000`, `٣` and `007`, `b64decode` takes several texts
for the same bytes. Here each value has one text: what is read is written again and compared.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode

from chainlog.errors import FormatError

# Control characters but the newline, and lone surrogates, which UTF-8 can't carry.
_NOT_IN_NOTES = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")


def parse_decimal(text: str, *, maximum: int, path: str) -> int:
    """
    The number that *text* is the decimal form of.

    Args:
        text: ASCII digits, no sign, no leading zero.
        maximum: the largest number allowed.
        path: what is being read, for the error.

    Raises:
        FormatError: anything else.
    """
    # The length is checked first: `int` refuses very long digits with an error of its own.
    if 0 < len(text) <= len(str(maximum)) and text.isascii() and text.isdigit():
        value = int(text)
        if value <= maximum and str(value) == text:
            return value
    raise FormatError(f"not a decimal number from 0 to {maximum} in its one form", path=path)


def format_base64(data: bytes) -> str:
    """Standard alphabet, padded (RFC 4648 section 4)."""
    return b64encode(data).decode("ascii")


def parse_base64(text: str, *, path: str) -> bytes:
    """The bytes that *text* is `format_base64` of. Raises FormatError for any other text."""
    try:
        data = b64decode(text, validate=True)
    except ValueError as error:
        raise FormatError("not base64", path=path) from error
    if format_base64(data) != text:
        raise FormatError("not the one base64 form of its bytes", path=path)
    return data


def require_note_text(text: str, *, path: str) -> None:
    """Raise FormatError if *text* has a character that a note can't carry: below U+0020 except newline, surrogates."""
    match = _NOT_IN_NOTES.search(text)
    if match is not None:
        raise FormatError(f"character U+{ord(match[0]):04X} at position {match.start()}", path=path)
