"""Canonical MessagePack: one encoding for each value, decided without knowing any type. Pure.

Format: schemas/FORMAT.md section 1. msgspec alone is lenient (it keeps the last of two equal keys, accepts
wide integers, drops unknown fields unless told): so everything is decoded, encoded again and compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, Generic, TypeVar

import msgspec

from chainlog import limits
from chainlog.errors import FormatError, LimitError, NonCanonicalError

T = TypeVar("T")

_encoder: Final = msgspec.msgpack.Encoder(order="sorted")
_decoder: Final = msgspec.msgpack.Decoder()
_KEY: Final = re.compile(r"[a-z0-9_]{1,%d}" % limits.MAP_KEY_BYTES_MAX)
_AT: Final = re.compile(r"`(?:key in )?\$(.*)`", re.DOTALL)

encode = _encoder.encode
"""encode(value) -> bytes: the canonical encoding of tuples, lists, dicts, ints, bools, str, bytes and Structs.
Map keys and Struct fields ascend by bytes. It does not check bans or limits: `decode` of the result does."""

# What msgspec raises for bytes that are not what they should be. RecursionError, UnicodeDecodeError,
# OverflowError and MemoryError are no DecodeErrors (msgspec 0.22).
BAD_BYTES: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, OverflowError, MemoryError)


def format_error(error: BaseException, path: str) -> FormatError:
    """The FormatError that says what msgspec found, with msgspec's own path appended to *path*."""
    # The last one: what stands before it may quote the document.
    detail, _, place = str(error).rpartition(" - at ")
    match = _AT.fullmatch(place)
    inner = match.group(1) if match else ""
    if not match:
        detail = str(error)
    if isinstance(error, RecursionError):
        return LimitError("nested too deeply", path=path, limit=limits.NESTING_MAX)
    return FormatError(detail or type(error).__name__, path=path + inner)


def decode(data: bytes, *, path: str = "$") -> Any:
    """
    Decode canonical bytes without a type: lists, dicts, str, bytes, int, bool.

    Raises:
        FormatError: not MessagePack, or nil, float, extension type, bad key.
        NonCanonicalError: another encoding of the same value exists and is the canonical one.
        LimitError: nesting above 8, integer outside ±(2**53 - 1).
    Cost: decode, encode and a walk over the values.
    """
    try:
        value = _decoder.decode(data)
    except BAD_BYTES as error:
        raise format_error(error, path) from error
    check_value(value, path=path)
    if _encoder.encode(value) != data:
        raise NonCanonicalError("other bytes than its canonical encoding", path=path)
    return value


def check_value(value: Any, *, path: str = "$", depth: int = 0) -> None:
    """Refuse what the format bans: nil, float, extension types, deep nesting, large integers, other map keys."""
    kind = type(value)
    if kind is str or kind is bytes or kind is bool:
        return
    if kind is int:
        if not limits.INTEGER_MIN <= value <= limits.INTEGER_MAX:
            raise LimitError("integer too large", path=path, limit="2**53 - 1")
        return
    if depth >= limits.NESTING_MAX:
        raise LimitError("nested too deeply", path=path, limit=limits.NESTING_MAX)
    if kind is list or kind is tuple:
        for i, item in enumerate(value):
            check_value(item, path=f"{path}[{i}]", depth=depth + 1)
        return
    if kind is dict:
        for key, item in value.items():
            if type(key) is not str or not _KEY.fullmatch(key):
                raise FormatError("map keys are text of a-z, 0-9 and _", path=path)
            check_value(item, path=f"{path}.{key}", depth=depth + 1)
        return
    name = "nil" if value is None else kind.__name__
    raise FormatError(f"{name} has no place in this format", path=path)


def encode_stated(value: Any, *, path: str = "$") -> bytes:
    """
    `encode` for values that come from outside, not checked yet. What has no encoding raises FormatError: a lone
    surrogate, an integer beyond 64 bits, endless nesting. TypeError for objects that are no such value at all.
    """
    try:
        return _encoder.encode(value)
    except (UnicodeEncodeError, OverflowError, RecursionError) as error:
        raise format_error(error, path) from error


class Codec(Generic[T]):
    """Strict decoding of one type. The type itself must allow no nil, float or extension value."""

    def __init__(self, kind: Any) -> None:
        decoder: msgspec.msgpack.Decoder[T] = msgspec.msgpack.Decoder(kind)
        self._decoder = decoder
        # The value without the check for canonical form; only for bytes whose hash is known to be right. Bound once:
        # an audit calls it several times a record.
        self.unverified_decode: Callable[[bytes | msgspec.Raw], T] = decoder.decode

    def decode(self, data: bytes, *, path: str = "$") -> T:
        """
        The value, checked against the type and for canonical form.

        Raises FormatError (with the path inside the document), NonCanonicalError.
        Cost: one decode and one encode. Fields of type Raw are compared with themselves only: check them apart.
        """
        try:
            value = self._decoder.decode(data)
            same = _encoder.encode(value) == data
        except BAD_BYTES as error:
            raise format_error(error, path) from error
        if not same:
            raise NonCanonicalError("other bytes than its canonical encoding", path=path)
        return value


def sort_key(text: str) -> tuple[int, bytes]:
    """Order of texts by their MessagePack bytes, header included: by length in UTF-8, then bytes (below 256 bytes)."""
    data = text.encode()
    return len(data), data


def collect_texts(value: Any, into: list[str]) -> None:
    """Append every str inside *value*, map keys left out, to *into*."""
    kind = type(value)
    if kind is str:
        into.append(value)
    elif kind is dict:
        for item in value.values():
            collect_texts(item, into)
    elif kind is list or kind is tuple:
        for item in value:
            collect_texts(item, into)


def walk_texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """(path, text) of every str inside *value*, map keys left out: for saying where, `collect_texts` is faster."""
    if type(value) is str:
        yield path, value
    elif type(value) is dict:
        for key, item in value.items():
            yield from walk_texts(item, f"{path}.{key}")
    elif type(value) is list or type(value) is tuple:
        for i, item in enumerate(value):
            yield from walk_texts(item, f"{path}[{i}]")
