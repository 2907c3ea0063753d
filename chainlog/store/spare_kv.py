"""Tables that can be rebuilt, kept in memory from the moment on that their file can't be written. Does I/O.

Whoever only reads a log must not fail because what is derived from it can't be kept: the disk is full, the mount is
read-only, the directory is another user's. Nothing but time is lost. Only for what can be rebuilt: a box of `sealed/` that is
kept in memory would be gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from chainlog.errors import ConflictError, NotALogError, StoreError
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.store.port import KeyValue, Transaction
from chainlog.whole_file import cannot_write

Lost = Callable[[StoreError], None]


class SpareKeyValue:
    """
    The tables of a file, or of memory once a write to the file fails for want of room or permission. Implements the KeyValue port.

    Args:
        kv: of the file; the caller closes it. lost: told of the failure, once, before anything is done in memory.
    """

    def __init__(self, kv: KeyValue, lost: Lost) -> None:
        self.read_only = False
        self._kv = kv
        self._lost = lost

    def read(self) -> AbstractContextManager[Transaction]:
        """The state at the newest commit; as the file's, and empty after it was lost."""
        return self._kv.read()

    @contextmanager
    def write(self, *, timeout_s: float = 30.0) -> Iterator[Transaction]:
        """
        A transaction; as the file's.

        Raises: ConflictError besides, where the file can't be written: the tables are empty and in memory from now on, run the
            block again.
        """
        kv = self._kv
        try:
            with kv.write(timeout_s=timeout_s) as transaction:
                yield transaction
        except StoreError as error:
            if isinstance(kv, MemoryKeyValue) or not cannot_write(error):
                raise
            if self._kv is kv:
                self._kv = MemoryKeyValue()
                self._lost(error)
            raise ConflictError("the tables can't be written, and are kept in memory from now on") from error

    def close(self) -> None:
        """Let go of the tables in memory. The file is its opener's to close."""
        self._kv = MemoryKeyValue()


def open_or_spare(open_file: Callable[[], KeyValue], rebuild: Callable[[], KeyValue], lost: Lost) -> KeyValue:
    """
    The tables of a file, made anew if they can't be opened; in memory where nothing can be written.

    Args:
        open_file, rebuild: open the file, and an empty one in its place. lost: as for `SpareKeyValue`.

    Raises: StoreError where the reason is another than room or permission; BusyError.
    """
    try:
        try:
            return SpareKeyValue(open_file(), lost)
        except NotALogError:
            return SpareKeyValue(rebuild(), lost)
    except StoreError as error:
        if not cannot_write(error):
            raise
        lost(error)
        return MemoryKeyValue()
