"""Opening a file of a user's for reading, whatever may lie there. Does I/O.

What is looked at is what was opened: between a look at a name and opening it, somebody could put another thing there.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from chainlog.errors import ChainlogError, UsageError
from chainlog.whole_file import machine_error


@contextmanager
def open_plain(path: str | os.PathLike[str]) -> Iterator[tuple[BinaryIO, int]]:
    """
    The regular file at *path*, open, and its size in bytes as it was opened.

    Raises: UsageError: a link, a directory, a FIFO, or nothing that can be read; StoreError where the disk fails, also
        inside the block.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for a writer.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{path} is not a regular file", detail_zh=f"{path} 不是普通文件")
            with open(fd, "rb", closefd=False) as file:
                yield file, status.st_size
        finally:
            os.close(fd)
    except OSError as error:
        raise _named(error, path) from error


def _named(error: OSError, path: str | os.PathLike[str]) -> ChainlogError:
    if error.errno == errno.ELOOP:
        return UsageError(f"{path}: a symbolic link", detail_zh=f"{path}：是符号链接")
    return machine_error(error, path) or UsageError(f"{path}: {os.strerror(error.errno or 0)}")
