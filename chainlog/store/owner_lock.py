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


class _Token:
    __slots__ = ("thread",)

    def __init__(self) -> None:
        self.thread = threading.get_ident()


class OwnerLock:
    """A lock that knows its holder. Not reentrant: a second `hold` in the same thread is a bug and raises."""

    def __init__(self) -> None:
        self._condition = threading.Condition(threading.Lock())
        self._owner: _Token | None = None

    @contextmanager
    def hold(self, timeout_s: float) -> Iterator[float]:
        """
        Hold the lock; gives the monotonic time at which the caller's patience ends.

        Raises BusyError after *timeout_s* seconds.
        """
        deadline = monotonic() + timeout_s
        if self.held_here():
            raise AssertionError("the lock is not reentrant: this thread holds it already")
        token = _Token()
        try:
            with self._condition:
                while self._owner is not None:
                    if not self._condition.wait(max(0.0, deadline - monotonic())) and self._owner is not None:
                        raise BusyError(timeout_s=timeout_s)
                self._owner = token
            yield deadline
        finally:
            if self._owner is token:
                with self._condition:
                    self._owner = None
                    self._condition.notify()

    def held_here(self) -> bool:
        """Whether the calling thread is the holder."""
        owner = self._owner
        return owner is not None and owner.thread == threading.get_ident()

    def forget(self) -> None:
        """In the child of a fork: whoever held the lock holds it in the parent, not here."""
        self._condition = threading.Condition(threading.Lock())
        self._owner = None
