"""Files that are there whole or not at all: written under another name, synced, then put in place in one step. Does I/O.

Everything that is written beside a log goes this way: keys, drafts, pins, exports, time stamps, receipts. What the
operating system says comes out as OSError; `machine_error` names what is the machine's fault, and each caller the rest.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chainlog.errors import StoreError, StoreFullError

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where there is no room."""

_FORBIDDEN: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})

PREFIX: Final = ".chainlog-"
"""Names that begin so are of files that were being written; what a crash leaves of them may be removed."""

FILE_MODE: Final = 0o600
_PUBLIC_MODE: Final = 0o666


@contextmanager
def written_beside(
    path: str | os.PathLike[str], data: bytes, *, mode: int | None = FILE_MODE, within: Path | None = None
) -> Iterator[Path]:
    """
    A synced file with *data* in the directory of *path*, or *within* another of the same file system, to be renamed or linked
    inside the block. Gone at its end, whatever happens.

    mode: its rights, whatever the umask says; None leaves them to the umask.
    """
    temporary = (Path(path).parent if within is None else within) / f"{PREFIX}{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        fd = os.open(temporary, flags, _PUBLIC_MODE if mode is None else mode)
    except OSError as error:
        # The name that was made up here would tell the caller nothing.
        error.filename = os.fspath(path)
        raise
    try:
        try:
            if mode is not None:
                # The umask only takes rights away; it could leave the owner without his.
                os.fchmod(fd, mode)
            with open(fd, "wb", closefd=False) as file:
                file.write(data)
            os.fsync(fd)
        finally:
            os.close(fd)
        yield temporary
    finally:
        # After a rename it is gone already.
        temporary.unlink(missing_ok=True)


def put_file(path: str | os.PathLike[str], data: bytes, *, mode: int | None = FILE_MODE) -> None:
    """Put *data* at *path* in one step, over what stands there, durably."""
    with written_beside(path, data, mode=mode) as temporary:
        temporary.replace(path)
    sync(Path(path).parent)


def machine_error(error: OSError, path: str | os.PathLike[str]) -> StoreError | None:
    """The named error for a disk that is full or fails; None where it is the caller who named a bad place."""
    said = f"{os.fspath(path)}: {os.strerror(error.errno or 0)}"
    if error.errno in FULL:
        return StoreFullError(said)
    return StoreError(said) if error.errno == errno.EIO else None


def cannot_write(error: StoreError) -> bool:
    """Whether a store failed because nothing may be written, or there is no room; else the disk or the engine is at fault."""
    cause = error.__cause__
    number = cause.errno if isinstance(cause, OSError) else getattr(cause, "code", None)
    return isinstance(error, StoreFullError) or number in _FORBIDDEN


def sync(path: Path) -> None:
    """Make a file, or the names in a directory, durable."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
