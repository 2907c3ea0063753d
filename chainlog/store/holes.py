"""Files with holes: where the bytes are, and copies that leave the holes holes. Does I/O.

A file of a few kilobytes may claim any length, so whoever reads a file that he doesn't trust reads only what is there.
Where a file system can't tell holes apart, everything counts as data.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from typing import Final

_CHUNK_BYTES: Final = 1 << 20
_ZEROS: Final = bytes(_CHUNK_BYTES)


def data_ranges(fd: int) -> Iterator[tuple[int, int]]:
    """[start, stop) of the parts of the file that aren't holes, ascending. It moves the file's position. Raises OSError."""
    size, at = os.fstat(fd).st_size, 0
    while at < size:
        start, stop = _next_range(fd, at, size)
        if start < stop:
            yield start, stop
        at = max(stop, at + 1)


def _next_range(fd: int, at: int, size: int) -> tuple[int, int]:
    if not hasattr(os, "SEEK_DATA"):
        return at, size
    try:
        start = os.lseek(fd, at, os.SEEK_DATA)
        return start, min(os.lseek(fd, start, os.SEEK_HOLE), size)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size, size
        if error.errno in {errno.EINVAL, errno.EOPNOTSUPP}:
            return at, size
        raise


def data_bytes(fd: int) -> int:
    """How many bytes of a file aren't holes. The file's position stays. Raises OSError."""
    position = os.lseek(fd, 0, os.SEEK_CUR)
    try:
        return sum(stop - start for start, stop in data_ranges(fd))
    finally:
        os.lseek(fd, position, os.SEEK_SET)


def copy_data(source: int, target: int) -> None:
    """
    Make the empty file *target* the same as *source*, with holes for holes and for megabytes of zeros.

    Raises: ReadError where reading fails; OSError where writing does.
    """
    for start, stop in data_ranges(source):
        at = start
        while at < stop:
            try:
                chunk = os.pread(source, min(_CHUNK_BYTES, stop - at), at)
            except OSError as error:
                raise ReadError(error.errno, f"reading at byte {at}: {error.strerror}") from error
            if not chunk:
                break  # cut off while it was read
            if chunk != _ZEROS[: len(chunk)]:
                _write(target, chunk, at)
            at += len(chunk)
    os.ftruncate(target, max(os.fstat(source).st_size, os.fstat(target).st_size))


class ReadError(OSError):
    """The file that is copied can't be read."""


def _write(fd: int, data: bytes, at: int) -> None:
    while data:
        written = os.pwrite(fd, data, at)
        data, at = data[written:], at + written
