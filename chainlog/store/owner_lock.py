"""One holder at a time among the threads of a process, with a timeout. No I/O; reads the monotonic clock.

Taking and giving back survive an exception that a signal raises at any point: the holder is a token that is
known before the wait begins, and giving back is keyed by it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from chainlog.errors import BusyError

Token = tuple[int]


class OwnerLock:
    """A lock that knows its holder. Not reentrant: taking it twice in one thread is a bug and raises."""

    def __init__(self) -> None:
        self._owner: Token | None = None
        self.forget()

    def token(self) -> Token:
        """What the calling thread takes and gives back the lock with, once."""
        return (threading.get_ident(),)

    def take(self, token: Token, *, deadline: float, timeout_s: float) -> None:
        """Take the lock, or raise BusyError at *deadline*, *timeout_s* seconds after the caller began to wait."""
        if self.held_here():
            raise AssertionError("the lock is not reentrant: this thread holds it already")
        with self._mutex:
            while self._owner is not None:
                if not self._given_back.wait(max(0.0, deadline - monotonic())) and self._owner is not None:
                    raise BusyError(timeout_s=timeout_s)
            self._owner = token

    def give_back(self, token: Token) -> None:
        """Give the lock back; nothing happens if *token* doesn't hold it."""
        if self._owner is token:
            with self._mutex:
                self._owner = None
                self._given_back.notify()

    @contextmanager
    def hold(self, timeout_s: float) -> Iterator[None]:
        """Take the lock for a block. Raises BusyError after *timeout_s* seconds."""
        token = self.token()
        try:
            self.take(token, deadline=monotonic() + timeout_s, timeout_s=timeout_s)
            yield
        finally:
            try:
                self.give_back(token)
            except BaseException:
                # A signal that raises in the midst of it must not leave the lock taken.
                self.give_back(token)
                raise

    def holds(self, token: Token) -> bool:
        """Whether *token* holds the lock."""
        return self._owner is token

    def held_here(self) -> bool:
        """Whether the calling thread is the holder."""
        owner = self._owner
        return owner is not None and owner[0] == threading.get_ident()

    def forget(self) -> None:
        """In the child of a fork: whoever held the lock holds it in the parent, not here."""
        self._owner = None
        self._mutex = threading.Lock()
        self._given_back = threading.Condition(self._mutex)
