"""Tables whose changes wait in memory until there are many: one durable commit for dozens of small ones. Does I/O through them.

Only for what can be made anew from the log. Two groups of tables wait: what is folded from records, and the findings that are
kept. Each says itself which state it is of (cursors; the state of the findings). Changes of a group stand on the state that lay
below when they began: where another process or another part of this one has written another since, they are dropped, and what
lies there counts. So a reader here sees either a state that is written or one that follows from it, and what is
written is always whole: everything that waits goes into one transaction.

Known limit: a crash loses what waits, which is folded and judged again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from chainlog.errors import ConflictError
from chainlog.projection.runner import CURSORS
from chainlog.projection.standard import FACTS
from chainlog.rules.kept_rows import STATE, STATE_KEY
from chainlog.rules.layered import Layer, LayeredTables
from chainlog.store.port import KeyValue, Transaction

_PATIENCE: Final = 8
_FINDINGS: Final = STATE.partition(".")[0] + "."

Stamp = tuple[bytes | None, ...]


class HeldBack:
    """
    Tables of *kv*, with changes that wait. Implements the KeyValue port; for one thread at a time.

    Args:
        kv: of the log's `derived/`; the caller closes it. most: how many transactions may wait before `is_full`.
    """

    def __init__(self, kv: KeyValue, *, most: int) -> None:
        self.read_only = False
        self._kv = kv
        self._most = most
        self._drop()

    def _drop(self) -> None:
        self._waiting = 0
        self._layers: dict[str, Layer] = {}
        self._stamps: tuple[Stamp, Stamp] | None = None

    @property
    def is_full(self) -> bool:
        """Whether so many transactions wait that they should be written."""
        return self._waiting >= self._most

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """The state with all changes that wait."""
        with self._kv.read() as below:
            yield self._above(below)

    @contextmanager
    def write(self, *, timeout_s: float = 30.0) -> Iterator[Transaction]:
        """A transaction that waits, once the block ends without exception; else nothing waits any more."""
        del timeout_s  # nobody else writes here
        with self._kv.read() as below:
            try:
                yield self._above(below)
            except BaseException:
                # Its own changes stand among the others; all can be made anew.
                self._drop()
                raise
        self._waiting += 1

    @contextmanager
    def straight(self) -> Iterator[Transaction]:
        """A durable transaction on what waits, which is written with it."""
        with self._kv.write() as transaction:
            self._above(transaction)
            for name, layer in self._layers.items():
                layer.write_to(transaction, name)
            yield transaction
        self._drop()

    def flush(self) -> None:
        """Write what waits. Raises: as `KeyValue.write`; what waits then waits on."""
        for patience in range(_PATIENCE, 0, -1):
            if not self._waiting:
                return
            try:
                with self.straight():
                    pass
            except ConflictError:
                # The file had to grow, or is lost and its tables are in memory from now on.
                if patience == 1:
                    raise

    def close(self) -> None:
        """Let go of what waits without writing it. The tables are their opener's to close."""
        self._drop()

    def _above(self, below: Transaction) -> LayeredTables:
        """The changes that stand on what lies below now."""
        now = _stamps(below)
        if now != self._stamps:
            was = now if self._stamps is None else self._stamps
            counts = {of_findings: was[of_findings] == now[of_findings] for of_findings in (False, True)}
            # A new dictionary: who reads an older state still has its changes.
            self._layers = {name: layer for name, layer in self._layers.items() if counts[name.startswith(_FINDINGS)]}
            self._stamps = now
        return LayeredTables(below, self._layers)


def _stamps(below: Transaction) -> tuple[Stamp, Stamp]:
    """Which states the two groups of tables are of."""
    cursors = below.table(CURSORS)
    return tuple(cursors.get(name.encode()) for name in FACTS), (below.table(STATE).get(STATE_KEY),)
