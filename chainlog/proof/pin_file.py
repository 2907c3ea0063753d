"""Pins on disk: read, made once, moved forward. Does file I/O.

A file is written under a name of its own in the same directory, synced and put in place in one step. Verifiers that run at
the same time take turns: each looks again at what stands there before it writes, so a pin never goes backwards.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chainlog.errors import ChainlogError, FormatError, LimitError, PinError
from chainlog.limits import PIN_FILE_BYTES_MAX
from chainlog.proof.pin import Pin, check_follows, decode_pin
from chainlog.whole_file import machine_error, put_file


def read_pin(path: str | os.PathLike[str]) -> Pin | None:
    """
    The pin in a file, or None if nothing is there.

    Raises: PinError: a link, a directory, not readable. FormatError, LimitError, CheckpointError: not a pin, or damaged.
    """
    with _named_errors(path):
        try:
            # Without O_NONBLOCK, opening a FIFO would wait for a writer.
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise PinError("not a regular file", path=str(path))
            data = file.read(PIN_FILE_BYTES_MAX + 1)
    try:
        return decode_pin(data)
    except LimitError as error:
        raise LimitError("not a pin, too large", path=str(path), limit=PIN_FILE_BYTES_MAX) from error
    except FormatError as error:
        raise FormatError(f"not a pin: {error.detail}", path=str(path)) from error


def write_new_pin(path: str | os.PathLike[str], pin: Pin) -> None:
    """Make the file, mode 0600, durably. Raises PinError if anything is there already; StoreFullError, StoreError."""
    with _named_errors(path), _turn(path):
        if os.path.lexists(path):
            raise PinError("exists already", path=str(path))
        put_file(path, pin.encoded())


def advance_pin(path: str | os.PathLike[str], pin: Pin) -> bool:
    """
    Put *pin* in the place of the one in the file, if it follows that one.

    Returns: whether anything was written. A pin that somebody moved further meanwhile stays.

    Raises: PinError: the file is gone, or holds one of another log or another tree of that size. As `read_pin`; StoreError.
    """
    with _named_errors(path), _turn(path):
        standing = read_pin(path)
        if standing is None:
            raise PinError("is gone", path=str(path))
        if standing == pin or (
            standing.log_id == pin.log_id and standing.checkpoint.size > pin.checkpoint.size
        ):  # fmt: skip
            return False
        try:
            check_follows(pin, standing)
        except FormatError as error:
            raise PinError(f"would go backwards: {error.detail}", path=str(path)) from error
        put_file(path, pin.encoded())
    return True


@contextmanager
def _turn(path: str | os.PathLike[str]) -> Iterator[None]:
    """One at a time in the directory: the file itself is replaced, and its lock would go with it."""
    fd = os.open(Path(path).parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextmanager
def _named_errors(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except ChainlogError:
        raise
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise machine_error(error, path) or PinError(reason, path=str(path)) from error
