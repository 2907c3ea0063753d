"""C2SP entry bundles: up to 256 records in one value. Their paths, their bytes. Pure.

Format: schemas/FORMAT.md section 9; c2sp.org/tlog-tiles. Bundle *number* holds the entries whose leaf hashes make up tile
*number* of level 0, each as

    u16 length ‖ entry

so an entry is hashed and read without looking into it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final

from chainlog.errors import FormatError
from chainlog.limits import C2SP_ENTRY_BYTES_MAX, TILE_HASHES
from chainlog.tree.tiles import tile_path

BUNDLE_BYTES_MAX: Final = TILE_HASHES * (2 + C2SP_ENTRY_BYTES_MAX)

_LENGTH: Final = struct.Struct(">H")


def bundle_path(number: int, *, width: int = TILE_HASHES) -> str:
    """The path of a bundle below a log's prefix: `tile/entries/x001/234`, `tile/entries/001.p/17`. Range as `tile_path`."""
    return f"tile/entries/{tile_path(0, number, width=width).removeprefix('tile/0/')}"


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of a bundle. An entry above 65,535 bytes, which no record is, is AssertionError."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > C2SP_ENTRY_BYTES_MAX:
            raise AssertionError(f"an entry of {len(entry)} bytes")
        parts += (_LENGTH.pack(len(entry)), entry)
    return b"".join(parts)


def split_bundle(data: bytes, *, width: int = TILE_HASHES) -> list[bytes]:
    """The *width* entries of a bundle. Raises FormatError if it doesn't hold exactly as many, or ends elsewhere."""
    entries, left = entries_of(data)
    if len(entries) != width or left:
        raise FormatError(f"{len(data)} bytes are not {width} entries", path="bundle")
    return entries


def entries_of(data: bytes) -> tuple[list[bytes], int]:
    """The whole entries at the beginning of *data*, and how many bytes are left over: for bundles that may be damaged."""
    entries = []
    place = 0
    while place + _LENGTH.size <= len(data):
        start = place + _LENGTH.size
        stop = start + _LENGTH.unpack_from(data, place)[0]
        if stop > len(data):
            break
        entries.append(data[start:stop])
        place = stop
    return entries, len(data) - place
