"""What keeps two writers apart where the engine's own lock fails. Does I/O; reads the monotonic clock.

The engine's lock is a POSIX lock on `lock.mdb`. A process loses it when any code in it opens and closes that
file (copying or hashing the directory is enough), and deleting the file makes a second lock beside the first.
Two writers then write at once, and acknowledged commits vanish while every hash still fits. Against it stand

1. an exclusive `flock` on the data file, held by each writer around its whole turn, with a timeout;
2. the identity of both files, which must be the one seen when the file was opened;
3. the transaction number, which must follow the one in the newest meta page, after begin and before commit.

A fourth, that the last state seen still stands, needs the data and lies with the store.

Known limit: a reader whose slot in the lock table was wiped may see pages in the course of being reused.
Whoever needs certainty compares each record with its hash.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from chainlog.errors import BusyError, FileReplacedError, LockLostError, NotALogError, ReadOnlyError, StoreError
from chainlog.store.files import DATA_NAME, LOCK_NAME
from chainlog.store.owner_lock import OwnerLock, Token
from chainlog.whole_file import FULL

if sys.platform != "win32":
    import fcntl

# How long a writer that finds the file locked sleeps before it looks again: short at first, then patient.
_POLL_MIN_S = 0.000_05
_POLL_MAX_S = 0.01

_OPENING_PATIENCE_S = 10.0


class Guard:
    """The guard of one open data file. *fd* is its own descriptor, which it closes."""

    def __init__(self, directory: Path, fd: int) -> None:
        self._data_path = os.fspath(directory / DATA_NAME)
        self._lock_path = os.fspath(directory / LOCK_NAME)
        self._fd: int | None = fd
        self._turn = OwnerLock()
        self._sharing = threading.Lock()
        self._sharers: set[object] = set()
        self._data = _identity(os.fstat(fd))
        self._lock: tuple[int, int] | None = None

    @property
    def identity(self) -> tuple[int, int]:
        """Device and inode of the data file."""
        return self._data

    def remember_lock_file(self) -> None:
        """Take the identity of the lock file, which the engine has just opened or made."""
        try:
            self._lock = _identity(os.stat(self._lock_path))  # noqa: PTH116 (a hot call elsewhere; one way)
        except OSError as error:
            raise LockLostError(f"{LOCK_NAME}: {error.strerror}") from error

    # --- turns ----------------------------------------------------------------------------------

    @contextmanager
    def hold(self, timeout_s: float) -> Iterator[None]:
        """Be the one writer of all threads and processes. Raises BusyError after *timeout_s* seconds."""
        token = self._turn.token()
        deadline = monotonic() + timeout_s
        try:
            self._turn.take(token, deadline=deadline, timeout_s=timeout_s)
            self._lock_file(exclusive=True, deadline=deadline, timeout_s=timeout_s)
            yield
        finally:
            try:
                self._end_turn(token)
            except BaseException:
                # A signal that raises in the midst of it must not leave the file locked.
                self._end_turn(token)
                raise

    def _end_turn(self, token: Token) -> None:
        # In the child of a fork the turn belongs to the parent, and unlocking would end it there.
        if self._turn.holds(token):
            self._unlock_file()
            self._turn.give_back(token)

    def held_here(self) -> bool:
        """Whether the calling thread is the writer."""
        return self._turn.held_here()

    @contextmanager
    def quiet(self, timeout_s: float) -> Iterator[None]:
        """Keep the other threads of this process from writing, if they end their turns within *timeout_s*."""
        if self._turn.held_here():
            yield
            return
        with self._turn.hold(timeout_s):
            yield

    @contextmanager
    def opening(self) -> Iterator[None]:
        """
        Open the engine while no writer is at work. Raises BusyError after ten seconds.

        A process that believes it is the first wipes the engine's lock table; under the lock it does so between
        two writes. And opening tables would wait for a writer that was stopped, for ever.
        """
        try:
            self._lock_file(exclusive=True, deadline=monotonic() + _OPENING_PATIENCE_S, timeout_s=_OPENING_PATIENCE_S)
            yield
        finally:
            self._unlock_file()

    def share(self, timeout_s: float, *, sharer: object = None) -> None:
        """
        Keep writers out while *sharer* reads without a slot in the engine's lock table. Pair with `unshare`.

        Raises BusyError if a writer held the file for *timeout_s* seconds.
        """
        with self._sharing:
            if not self._sharers:
                self._lock_file(exclusive=False, deadline=monotonic() + timeout_s, timeout_s=timeout_s)
            self._sharers.add(sharer)

    def unshare(self, *, sharer: object = None) -> None:
        """End the `share` of *sharer*, if it has one. Twice is fine."""
        with self._sharing:
            self._sharers.discard(sharer)
            if not self._sharers:
                self._unlock_file()

    def _lock_file(self, *, exclusive: bool, deadline: float, timeout_s: float) -> None:
        if sys.platform == "win32":
            if exclusive:
                raise ReadOnlyError("this platform reads logs and doesn't write them")
            return
        if self._fd is None:
            return  # closed meanwhile: the caller's next step says so
        mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
        pause = _POLL_MIN_S
        while True:
            try:
                fcntl.flock(self._fd, mode | fcntl.LOCK_NB)
            except BlockingIOError as error:
                left = deadline - monotonic()
                if left <= 0:
                    raise BusyError(timeout_s=timeout_s) from error
                sleep(min(pause, left))
                pause = min(2 * pause, _POLL_MAX_S)
            except OSError as error:
                raise StoreError(f"{self._data_path}: {error.strerror}") from error
            else:
                return

    def _unlock_file(self) -> None:
        if sys.platform != "win32" and self._fd is not None:
            with suppress(OSError):
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    # --- checks ---------------------------------------------------------------------------------

    def check_data_file(self) -> None:
        """Raise FileReplacedError if the path no longer leads to the open data file."""
        try:
            same = _identity(os.stat(self._data_path)) == self._data  # noqa: PTH116 (in every transaction)
        except OSError:
            same = False
        if not same:
            raise FileReplacedError(path=self._data_path)

    def check_files(self) -> None:
        """Raise FileReplacedError or LockLostError if either file is another than when it was opened."""
        self.check_data_file()
        if self._lock is None:
            return
        try:
            same = _identity(os.stat(self._lock_path)) == self._lock  # noqa: PTH116 (in every transaction)
        except OSError:
            same = False
        if not same:
            raise LockLostError(f"{LOCK_NAME} was replaced or removed")

    def check_transaction(self, *, newest: int, own: int) -> None:
        """Raise LockLostError unless the write transaction *own* follows the *newest* one in the file."""
        if newest != own - 1:
            raise LockLostError(f"another writer got past the lock: transaction {own} after {newest}")

    def fill_up(self, used_bytes: int) -> None:
        """
        Lengthen the data file to its pages in use, as the writer.

        Pages at the end that are freed before they were written leave it shorter, which looks like a file that
        was cut off. Never shortens, and may fail: nothing depends on it.
        """
        if self._fd is not None and sys.platform != "win32":
            with suppress(OSError):
                there = os.lseek(self._fd, 0, os.SEEK_END)
                if there < used_bytes:
                    os.posix_fallocate(self._fd, there, used_bytes - there)

    def is_full(self) -> bool:
        """
        Whether the data file can't be lengthened by a megabyte, as the writer.

        The engine calls a write that was cut short by a full disk an input or output error.
        """
        if self._fd is None or sys.platform == "win32":
            return False
        try:
            os.posix_fallocate(self._fd, os.lseek(self._fd, 0, os.SEEK_END), 2**20)
        except OSError as error:
            return error.errno in FULL
        return False

    # --- ends -----------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the descriptor, which ends a lock held through it. Twice is fine."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def forget(self) -> None:
        """
        In the child of a fork: let go of what the parent holds, without ending it there.

        Closing is right: the lock belongs to the open file, which the parent still has. Without closing, the lock
        of a parent that dies would live on here.
        """
        self._turn.forget()
        self._sharing = threading.Lock()
        self._sharers = set()
        self.close()


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


@contextmanager
def directory_turn(directory: Path, *, timeout_s: float = 10.0) -> Iterator[None]:
    """Be the one process that makes something in *directory*. Raises BusyError, NotALogError, ReadOnlyError."""
    try:
        fd = os.open(directory, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError as error:
        raise NotALogError(path=directory, detail=str(error.strerror)) from error
    guard = Guard(directory, fd)
    try:
        with guard.hold(timeout_s):
            yield
    finally:
        guard.close()
