"""Records and signed heads in the raw bytes of a data file, wherever they lie: freed pages, older copies, torn pages. Pure.

The engine writes a page anew at each change and frees the old one, so that a record often lies in the file more than once;
and where a page can't be taken apart any more, the records on it may still be whole. What looks like a record here proves
nothing: its form, its hash and its signatures are checked by whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from mmap import mmap
from typing import Final

from chainlog import limits

# An array of eight elements, the first of which is the version of the format.
_BEGIN: Final = bytes((0x98, limits.FORMAT_VERSION))
# The name on the signature's line says where the origin begins: what stands before it may look like a part of it.
_NOTE: Final = re.compile(
    rb"([a-z0-9.-]{1,%d}/[0-9a-f]{64})\n[1-9][0-9]{0,15}\n[A-Za-z0-9+/]{43}=\n\n\xe2\x80\x94 \1 [A-Za-z0-9+/]{91}=\n"
    % limits.LOG_NAME_BYTES_MAX
)
# What follows the first byte of a value, by that byte: how many bytes of length, and whether it counts elements or bytes.
_FIXED: Final = {0xC2: 0, 0xC3: 0, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
_BYTES: Final = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_ELEMENTS: Final = {0xDC: 2, 0xDD: 4}
_PAIRS: Final = {0xDE: 2, 0xDF: 4}


Ranges = Sequence[tuple[int, int]]
"""[start, stop) of the parts of a file that hold anything, ascending"""


def carved_records(raw: bytes | mmap, ranges: Ranges | None = None) -> Iterator[bytes]:
    """
    What has the outline of a record and begins in *ranges*, everywhere by default, in the order of the file.

    Cost: a search, and some 10 µs for each one found.
    """
    for start, stop in [(0, len(raw))] if ranges is None else ranges:
        at = raw.find(_BEGIN, start, stop)
        while at >= 0:
            data = raw[at : at + limits.RECORD_BYTES_MAX]
            end = value_end(data)
            if end is not None:
                yield data[:end]
            # A record inside the outline of another is one too: the outer one may be made of rubble.
            at = raw.find(_BEGIN, at + 1, stop)


def carved_notes(raw: bytes | mmap, ranges: Ranges | None = None) -> list[bytes]:
    """What has the outline of a signed head in *ranges*, everywhere by default, each once, in the order of the file."""
    found = (
        match[0]
        for start, stop in ([(0, len(raw))] if ranges is None else ranges)
        for match in _NOTE.finditer(raw, start, stop)
    )
    return list(dict.fromkeys(found))


def value_end(data: bytes) -> int | None:
    """Where the MessagePack value that *data* begins with ends; None if it doesn't end in *data*, or is none of the format."""
    at, pending, end = 0, 1, len(data)
    while pending:
        if at >= end:
            return None
        head = data[at]
        at, pending = at + 1, pending - 1
        if head < 0x80 or head >= 0xE0:
            continue
        if head < 0x90:
            pending += 2 * (head & 0x0F)
        elif head < 0xA0:
            pending += head & 0x0F
        elif head < 0xC0:
            at += head & 0x1F
        elif head in _FIXED:
            at += _FIXED[head]
        else:
            step = _length_bytes(head)
            if step is None or at + step > end:
                return None
            length = int.from_bytes(data[at : at + step], "big")
            at += step
            if head in _BYTES:
                at += length
            else:
                pending += length if head in _ELEMENTS else 2 * length
        if pending > end:
            return None
    return at if at <= end else None


def _length_bytes(head: int) -> int | None:
    return _BYTES.get(head) or _ELEMENTS.get(head) or _PAIRS.get(head)
