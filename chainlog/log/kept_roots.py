"""`LOG/derived/tile-roots`: roots of full tiles, kept so that a process that proves once needn't hash them again. Does file I/O.

    tile-roots = {level: [number, hashes]}        MessagePack; of a level its last tile, which isn't full, as far as it went

A hash of level n + 1 is the root of a full tile of level n. Nothing of this is trusted and nothing is lost with it: whoever
reads it compares the hashes with the head of the log before he uses one. So the file has no version, is written without sync,
and what is in its way is passed over in silence. It is no table of the file beside it, because opening that takes longer than
hashing what is kept here, and a damaged one can kill a process that only wants to prove.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from chainlog.canon.codec import BAD_BYTES
from chainlog.store.files import DATA_NAME, FILE_MODE, ROOTS_NAME

# 255 hashes of each of seven levels are 57 kB.
_BYTES_MAX: Final = 2**16
# What stands there may be a FIFO or a link to anywhere. Windows knows none of these flags.
_FLAGS: Final = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))

PartialTiles = dict[int, tuple[int, bytes]]
"""Level → number of the tile, its hashes one after the other."""

_decode: Final = msgspec.msgpack.Decoder(PartialTiles).decode


class KeptRoots:
    """
    What is kept in one `derived/`.

    Args:
        derived: the directory. read_only: change no byte of it.
    """

    def __init__(self, derived: Path, *, read_only: bool) -> None:
        self._derived = derived
        self._read_only = read_only

    def read(self) -> PartialTiles:
        """What the file says, not trusted; nothing where there is none or it can't be read. Cost: some 20 µs."""
        with suppress(OSError, *BAD_BYTES):
            fd = os.open(self._derived / ROOTS_NAME, os.O_RDONLY | _FLAGS)
            try:
                if stat.S_ISREG(os.fstat(fd).st_mode):
                    return _decode(os.read(fd, _BYTES_MAX))
            finally:
                os.close(fd)
        return {}

    def is_kept(self) -> bool:
        """Whether `write` is likely to keep something: there are tables, and the directory may be written."""
        return not self._read_only and (self._derived / DATA_NAME).exists() and os.access(self._derived, os.W_OK)

    def write(self, tiles: PartialTiles) -> None:
        """Replace what is kept. A reader who comes too early finds a part, which is as good as nothing."""
        if not self.is_kept():
            return
        path = self._derived / ROOTS_NAME
        with suppress(OSError):
            # A new file: writing to the old one might change another, of which it is a second name.
            path.unlink(missing_ok=True)
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, FILE_MODE)
            try:
                os.write(fd, msgspec.msgpack.encode(tiles))
            finally:
                os.close(fd)
