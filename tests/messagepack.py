"""MessagePack as its specification writes it: the canonical form of a value, and every other form one step away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def canonical(value: Any) -> bytes:
    """The shortest form, map keys ascending by their bytes."""
    return _forms(value)[0]


def other_forms(value: Any) -> Iterator[bytes]:
    """
    Encodings that differ from the canonical one in one place: an integer or a length written wider, two keys of a map
    swapped, an entry of a map written twice.
    """
    yield from _forms(value)[1]


def header(n: int, fixed: tuple[int, int] | None, *codes: tuple[int, int]) -> list[bytes]:
    """All headers for a length *n*: (first byte, how many) of the short form, (first byte, bytes of length) of others."""
    forms = [bytes([fixed[0] + n])] if fixed and n < fixed[1] else []
    return forms + [bytes([code]) + n.to_bytes(size, "big") for code, size in codes if n < 256**size]


def _forms(value: Any) -> tuple[bytes, list[bytes]]:
    if value is False or value is True:
        return (b"\xc3" if value else b"\xc2"), []
    if isinstance(value, int):
        first, *rest = _integers(value)
        return first, rest
    if isinstance(value, str):
        return _plain(header(len(value.encode()), (0xA0, 32), (0xD9, 1), (0xDA, 2), (0xDB, 4)), value.encode())
    if isinstance(value, bytes):
        return _plain(header(len(value), None, (0xC4, 1), (0xC5, 2), (0xC6, 4)), value)
    if isinstance(value, dict):
        return _map(value)
    items = [_forms(item) for item in value]
    return _joined(header(len(value), (0x90, 16), (0xDC, 2), (0xDD, 4)), items)


def _integers(n: int) -> list[bytes]:
    forms = [bytes([n % 256])] if -32 <= n <= 127 else []
    if n >= 0:
        forms += [bytes([0xCC + i]) + n.to_bytes(2**i, "big") for i in range(4) if n < 2 ** (8 * 2**i)]
    bits = [8, 16, 32, 64]
    forms += [
        bytes([0xD0 + i]) + n.to_bytes(2**i, "big", signed=True)
        for i in range(4)
        if -(2 ** (bits[i] - 1)) <= n < 2 ** (bits[i] - 1)
    ]
    return forms


def _plain(headers: list[bytes], content: bytes) -> tuple[bytes, list[bytes]]:
    return headers[0] + content, [head + content for head in headers[1:]]


def _joined(headers: list[bytes], parts: list[tuple[bytes, list[bytes]]]) -> tuple[bytes, list[bytes]]:
    firsts = [first for first, _ in parts]
    whole = b"".join(firsts)
    others = [head + whole for head in headers[1:]]
    for i, (_, forms) in enumerate(parts):
        before, after = headers[0] + b"".join(firsts[:i]), b"".join(firsts[i + 1 :])
        others += [before + form + after for form in forms]
    return headers[0] + whole, others


def _map(value: dict[str, Any]) -> tuple[bytes, list[bytes]]:
    def heads(n: int) -> list[bytes]:
        return header(n, (0x80, 16), (0xDE, 2), (0xDF, 4))

    parts = []
    entries = []
    for key in sorted(value, key=str.encode):
        parts += [_forms(key), _forms(value[key])]
        entries.append(parts[-2][0] + parts[-1][0])
    first, others = _joined(heads(len(value)), parts)
    for i in range(len(entries) - 1):
        swapped = [*entries[:i], entries[i + 1], entries[i], *entries[i + 2 :]]
        others.append(heads(len(value))[0] + b"".join(swapped))
    for i, entry in enumerate(entries):
        doubled = [*entries[:i], entry, *entries[i:]]
        others.append(heads(len(value) + 1)[0] + b"".join(doubled))
    return first, others
