"""A read transaction that outlives neither its environment nor a fork. Base of the snapshots. Does I/O."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import lmdb

from chainlog.errors import ChainlogError, ConflictError, HandleClosedError
from chainlog.store.lmdb_engine import Transaction, wrap_engine_error

if TYPE_CHECKING:
    from chainlog.store.lmdb_env import LmdbEnvironment


class Reading:
    """A read transaction that the environment can take away. Base of snapshots."""

    __slots__ = ("__weakref__", "_environment", "_epoch", "_reference", "_tables", "_transaction")

    def __init__(self, environment: LmdbEnvironment) -> None:
        self._environment = environment
        self._transaction: Transaction | None = None

    def begin(self) -> None:
        """Begin at the newest commit."""
        environment = self._environment
        if not environment.ready:
            environment.revive()
        # Before the transaction begins: it knows the tables that were open then, and no later ones.
        self._tables = environment.tables
        self._epoch = environment.epoch
        # If nobody ends this object, its own end does.
        self._reference = reference = weakref.ref(self, environment.end_read)
        self._transaction = environment.begin_read(reference)

    def end(self) -> None:
        """End the transaction. Twice is fine, and so is after the environment was closed."""
        transaction, self._transaction = self._transaction, None
        if transaction is not None:
            try:
                transaction.abort()
            finally:
                self._environment.end_read(self._reference)

    def drop_after_fork(self) -> bool:
        """Forget the inherited transaction; False if something else still refers to it."""
        transaction, self._transaction = self._transaction, None
        if transaction is None:
            return True
        alive = weakref.ref(transaction)
        # The engine's binding leaves the parent's slot alone when the child drops the last reference.
        del transaction
        return alive() is None

    def open_transaction(self) -> Transaction:
        """The transaction, or HandleClosedError after the end."""
        if self._transaction is None:
            raise HandleClosedError
        return self._transaction

    def wrap(self, error: lmdb.Error) -> ChainlogError:
        """The named error for one that the engine raised while reading."""
        if not self._environment.ready or self._transaction is None:
            return HandleClosedError()
        if self._epoch != self._environment.epoch:
            return ConflictError("the map of the file grew, which ended open snapshots; take a new one")
        return wrap_engine_error(error)
