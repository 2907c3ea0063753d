"""A read transaction that outlives neither its environment nor a fork. Base of the snapshots. Does I/O."""

from __future__ import annotations

from threading import get_ident
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self
from weakref import ref

import lmdb

from chainlog.errors import ChainlogError, ConflictError, HandleClosedError
from chainlog.store.lmdb_engine import Transaction, wrap_engine_error

if TYPE_CHECKING:
    from chainlog.store.lmdb_env import LmdbEnvironment


class Reading:
    """A read transaction that the environment can take away. Base of snapshots. Enter it to begin; for one thread at a time."""

    __slots__ = ("__weakref__", "_environment", "_epoch", "_reference", "_tables", "transaction")

    def __init__(self, environment: LmdbEnvironment) -> None:
        self._environment = environment
        # None before the beginning and after the end. For those who read through this object: nobody else may keep it.
        self.transaction: Transaction | None = None

    def __enter__(self) -> Self:
        """Begin at the newest commit. Cost: about 1 µs, most of it calls: so what happens every time is written out here."""
        environment = self._environment
        if not environment.ready:
            environment.revive()
        # Before the transaction begins: it knows the tables that were open then, and no later ones.
        self._tables = environment.tables
        self._epoch = environment.epoch
        now = monotonic()
        if now >= environment.look_again_at:
            environment.look_again(now)
        # If nobody ends this object, its own end does.
        reference: ref[Reading] = ref(self, environment.end_read)
        self._reference = reference
        # Noted before it begins: a fork in between must not take the environment for quiet.
        environment.live[reference] = get_ident()
        try:
            if environment.read_only:
                environment.share(reference)
            self.transaction = environment.engine.begin()
        except BaseException as error:  # noqa: BLE001 - raised again there, or the transaction begun
            self.transaction = environment.begin_again(reference, error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the transaction. Twice is fine, and so is after the environment was closed."""
        transaction, self.transaction = self.transaction, None
        if transaction is not None:
            try:
                transaction.abort()
            finally:
                self._environment.end_read(self._reference)
                # While it is there, the end of this object is a call.
                del self._reference

    def end(self) -> None:
        """`__exit__`, for who reads without a `with` block."""
        self.__exit__(None, None, None)

    def drop_after_fork(self) -> bool:
        """Forget the inherited transaction; False if something else still refers to it."""
        transaction, self.transaction = self.transaction, None
        if transaction is None:
            return True
        alive = ref(transaction)
        # The engine's binding leaves the parent's slot alone when the child drops the last reference.
        del transaction
        return alive() is None

    def open_transaction(self) -> Transaction:
        """The transaction, or HandleClosedError after the end."""
        if self.transaction is None:
            raise HandleClosedError
        return self.transaction

    def wrap(self, error: lmdb.Error) -> ChainlogError:
        """The named error for one that the engine raised while reading."""
        if not self._environment.ready or self.transaction is None:
            return HandleClosedError()
        if self._epoch != self._environment.epoch:
            return ConflictError("the map of the file grew, which ended open snapshots; take a new one")
        return wrap_engine_error(error)
