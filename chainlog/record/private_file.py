"""Small private files: made once, of mode 0600, durable, replaced in one step. Does file I/O.

A new file is written under a name of its own in the same directory, synced, and then linked to the name it is to
have: a link, unlike a rename, fails if anything stands there. So a crash leaves no half-written file under that
name, and no file is ever overwritten. What a crash may leave is `.chainlog-*.tmp`, private as well.

Known limit: the file system must have hard links and modes; FAT has neither.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chainlog import limits
from chainlog.errors import (
    ChainlogError,
    KeyFileError,
    KeyFileExistsError,
    LimitError,
    LooseKeyFileError,
    StoreError,
)
from chainlog.whole_file import machine_error, put_file, sync, written_beside

if TYPE_CHECKING:
    from collections.abc import Iterator

MODE: Final = 0o600
_OTHERS: Final = 0o077

# What the caller can mend by naming another place; everything else is the machine's.
_PLACE_ERRORS: Final = frozenset(
    {
        errno.EACCES, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.ENXIO,
        errno.EOPNOTSUPP, errno.EPERM, errno.EROFS,
    }
)  # fmt: skip
_NO_LINK_ERRORS: Final = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


def read(path: str | os.PathLike[str], *, allow_loose_permissions: bool) -> bytes:
    """
    The content of a private file, at most `KEY_FILE_BYTES_MAX` bytes.

    Raises:
        LooseKeyFileError: group or others have any right to it, and that wasn't allowed.
        KeyFileError: missing, or a symbolic link, directory, FIFO or device.
        LimitError: too large.
        StoreError: the disk failed.
    """
    with _named_errors(path):
        # Without O_NONBLOCK, opening a FIFO would wait for a writer.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise KeyFileError("not a regular file", path=str(path))
            if status.st_mode & _OTHERS and not allow_loose_permissions:
                raise LooseKeyFileError(path=str(path), mode=f"{stat.S_IMODE(status.st_mode):04o}")
            with open(fd, "rb", closefd=False) as file:
                content = file.read(limits.KEY_FILE_BYTES_MAX + 1)
        finally:
            os.close(fd)
    if len(content) > limits.KEY_FILE_BYTES_MAX:
        raise LimitError("not a key file, too large", path=str(path), limit=limits.KEY_FILE_BYTES_MAX)
    return content


def check_vacant(path: str | os.PathLike[str]) -> None:
    """
    Refuse early what `write_new` would refuse: a taken name, or a place inside a log. No promise for later.

    Raises:
        KeyFileExistsError: something stands at *path*, be it a dangling link.
        KeyFileError: *path* lies in the directory of a log, or in none.
    """
    with _named_errors(path):
        if os.path.lexists(path):
            raise KeyFileExistsError(path=str(path))
        directory = Path(path).parent.resolve(strict=True)
        # A key in the log's directory would travel with every copy and backup of the log.
        if any((place / "truth" / "data.mdb").exists() for place in (directory, *directory.parents)):
            raise KeyFileError("inside the directory of a log, whose backups would hold the key", path=str(path))


def write_new(path: str | os.PathLike[str], content: bytes) -> None:
    """
    Make a file of mode 0600 with this content, durably.

    Raises:
        KeyFileExistsError: something stands at *path*, symbolic links included; it is left as it was.
        KeyFileError: the place can't be written.
        StoreError: the disk failed, and no such file is there.
    """
    with _named_errors(path), written_beside(path, content, mode=MODE) as temporary:
        try:
            os.link(temporary, path, follow_symlinks=False)
        except OSError as error:
            if error.errno in _NO_LINK_ERRORS:
                raise KeyFileError("this file system (FAT?) has no hard links; use another", path=str(path)) from error
            raise
        sync(Path(path).parent)


def replace(path: str | os.PathLike[str], content: bytes) -> None:
    """
    Put new content of mode 0600 in the place of a file, in one step and durably.

    Raises:
        KeyFileError: the place can't be written.
        StoreError: the disk failed; *path* is the old file or the new one.
    """
    with _named_errors(path):
        put_file(path, content, mode=MODE)


@contextlib.contextmanager
def _named_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise KeyFileExistsError(path=str(path)) from error
    except OSError as error:
        raise _named(error, str(path)) from error


def _named(error: OSError, path: str) -> ChainlogError:
    reason = os.strerror(error.errno or 0)
    if error.errno == errno.ELOOP:
        return KeyFileError("a symbolic link", path=path)
    if error.errno in _PLACE_ERRORS:
        return KeyFileError(reason, path=path)
    return machine_error(error, path) or StoreError(f"{path}: {reason}")
