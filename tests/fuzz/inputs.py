"""Inputs made from seeds, for fuzzing without a fuzzer: changed bytes, and changed values where the bytes are MessagePack. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from chainlog.canon import codec

_WORDS: Final = (
    b"\x00", b"\xff", b"\xc0", b"\xc1", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
    b"\xdb\x7f\xff\xff\xff", b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", b"\x91" * 64, b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xae", b"\xef\xbb\xbf",
    b"\n", b"\r\n", b"\n\n", b"=", b"-" * 40, b"9" * 30, b"0" * 30, "★".encode(), "，".encode(), b'"', b"\\u0000", b"{}", b"[]",
)  # fmt: skip
_VALUES: Final[tuple[Any, ...]] = (
    None, True, 0, -1, 2**53, 2**63, 2**64 - 1, -(2**63), 1.5, float("nan"), "", "x", "é", "密" * 300, "\u202e", "\x00", b"",
    bytes(32), bytes(64), [], [[]], {}, {"": 0}, msgspec.msgpack.Ext(1, b""),
)  # fmt: skip
_DEPTH: Final = 90


def inputs(seeds: Sequence[bytes], count: int, seed: int) -> list[bytes]:
    """*count* inputs; the seeds themselves come first."""
    rnd = random.Random(seed)
    return [*seeds, *(changed(rnd.choice(seeds), seeds, rnd) for _ in range(count - len(seeds)))][:count]


def changed(data: bytes, seeds: Sequence[bytes], rnd: random.Random) -> bytes:
    """One input near a seed."""
    if rnd.random() < 0.4:
        try:
            value = codec.decode(data)
        except Exception:  # noqa: BLE001 - a seed that is no MessagePack
            pass
        else:
            return _packed(_value_changed(value, rnd, 0))
    for _ in range(rnd.choice((1, 1, 1, 2, 3, 8))):
        data = _bytes_changed(data, seeds, rnd)
    return data


def _bytes_changed(data: bytes, seeds: Sequence[bytes], rnd: random.Random) -> bytes:
    at = rnd.randrange(len(data) + 1)
    end = min(len(data), at + rnd.choice((1, 2, 4, 16, 200)))
    match rnd.randrange(7):
        case 0 if at < len(data):
            return data[:at] + bytes([data[at] ^ (1 << rnd.randrange(8))]) + data[at + 1 :]
        case 1:
            return data[:at] + data[end:]
        case 2:
            return data[:at] + rnd.choice(_WORDS) + data[at:]
        case 3:
            return data[:at] + rnd.choice(_WORDS) + data[end:]
        case 4:
            return data[:at] + data[at:end] + data[at:]
        case 5:
            other = rnd.choice(seeds)
            return data[:at] + other[rnd.randrange(len(other) + 1) :]
        case _:
            return data[:at]


def _value_changed(value: Any, rnd: random.Random, depth: int) -> Any:  # noqa: PLR0911 - one for each way
    """A value with one place changed."""
    if isinstance(value, list) and value and rnd.random() < 0.85:
        at = rnd.randrange(len(value))
        match rnd.randrange(6):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return [*value[: at + 1], *value[at:]]
            case 2:
                return rnd.sample(value, len(value))
            case _:
                return [*value[:at], _value_changed(value[at], rnd, depth + 1), *value[at + 1 :]]
    if isinstance(value, dict) and value and rnd.random() < 0.85:
        key = rnd.choice(list(value))
        if rnd.random() < 0.2:
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: _value_changed(value[key], rnd, depth + 1)}
    if isinstance(value, bytes) and len(value) > 8 and rnd.random() < 0.6:
        try:
            return _packed(_value_changed(codec.decode(value), rnd, depth + 1))
        except Exception:  # noqa: BLE001 - bytes that hold no MessagePack
            return _bytes_changed(value, [value], rnd)
    if rnd.random() < 0.05:
        nested: Any = value
        for _ in range(_DEPTH):
            nested = [nested]
        return nested
    if isinstance(value, int) and rnd.random() < 0.5:
        return max(-(2**63), min(2**64 - 1, value + rnd.choice((-1, 1, 2**31))))
    return rnd.choice(_VALUES)


def _packed(value: Any) -> bytes:
    """MessagePack, canonical or not as it happens."""
    return msgspec.msgpack.encode(value)
