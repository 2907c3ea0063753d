"""`chainlog.Log`: a log on disk with everything that applications ask of it. Puts the rooms together; does I/O.

LOG/truth/     the records; the only thing that counts
LOG/derived/   projections; deleting it is always safe
LOG/sealed/    boxes of sealed values and wrapped keys
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from chainlog import limits
from chainlog.log.block import Clock, Guard
from chainlog.log.handle import LogHandle, check_genesis, write_genesis
from chainlog.log.writer import TIMEOUT_S, system_clock
from chainlog.record.draft import Draft
from chainlog.record.signer import Signer
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.port import Store


class Log(LogHandle):
    """
    An open log. Use it as a context manager, or close it.

    Make one with `create` or `open`. Safe to use from several threads; after a fork each process opens its own.
    """

    @classmethod
    def create(
        cls, path: str | os.PathLike[str], genesis: Draft, *, log_signer: Signer, clock: Clock = system_clock
    ) -> Self:
        """
        Make a new log in a new or empty directory from a genesis that everybody has signed.

        Args:
            genesis: from `genesis_draft`, signed by all administrators, holders of recovery keys, and the log key.
            log_signer: holds the log key. Its file lies outside the log.

        Returns: the open log. Write its `id` on paper: it is what every later verification is given.

        Raises: LogExistsError; what `admit` refuses the genesis for, before anything is made; StoreError.
        """
        check_genesis(genesis, now_us=clock())
        store = LmdbStore.create(path, meta={"format": str(limits.FORMAT_VERSION).encode()})
        try:
            write_genesis(store, genesis, log_signer=log_signer, clock=clock)
        except BaseException:
            store.close()
            raise
        return cls(store, log_signer=log_signer, clock=clock, path=str(path))

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        log_signer: Signer | None = None,
        log_id: bytes | None = None,
        read_only: bool = False,
        clock: Clock = system_clock,
        timeout_s: float = TIMEOUT_S,
    ) -> Self:
        """
        Open an existing log.

        Args:
            log_signer: holds the log key; without it nothing can be appended.
            log_id: 32 bytes; the log is refused if it is another one.
            read_only: change no byte of the directory: for evidence. Derived state is then kept in memory.

        Raises: NotALogError, VerificationError, CheckpointError, NetworkFileSystemError, StoreError.
        Cost: below 30 ms at any size.
        """
        store = LmdbStore.open(path, read_only=read_only)
        try:
            return cls(store, log_signer=log_signer, log_id=log_id, clock=clock, timeout_s=timeout_s, path=str(path))
        except BaseException:
            store.close()
            raise

    def __init__(
        self,
        store: Store,
        *,
        log_signer: Signer | None = None,
        log_id: bytes | None = None,
        guard: Guard | None = None,
        clock: Clock = system_clock,
        timeout_s: float = TIMEOUT_S,
        path: str = "",
    ) -> None:
        super().__init__(
            store, log_signer=log_signer, log_id=log_id, guard=guard, clock=clock, timeout_s=timeout_s, path=path
        )

    @property
    def directory(self) -> Path:
        """Where the log lies."""
        return Path(self.path)

    def backup(self, target: str | os.PathLike[str]) -> None:
        """
        Copy the log to a new directory while others write: the copy is one commit's state, whole.

        Raises: LogExistsError, StoreFullError, StoreError.
        """
        if isinstance(self.store, LmdbStore):
            self.store.backup(target)
