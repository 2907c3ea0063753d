"""What a projection is: state folded from records, kept in tables of its own, rebuilt at any time. Pure.

A projection is any object with a name, a version, names of tables and `apply`. It gets the records in order, each once,
and keeps what it makes of them in its tables and nowhere else: whatever it holds in memory is lost with the process. The
log is the truth; the tables may be deleted at any time and are then made again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol, runtime_checkable

from chainlog.errors import UsageError
from chainlog.log.reader import Entry
from chainlog.projection.feed import Act
from chainlog.store.port import Table, Transaction

_NAME: Final = re.compile(r"[a-z0-9_.-]{1,40}", re.ASCII)
_TABLE: Final = re.compile(r"[a-z0-9_]{1,16}", re.ASCII)


class Projection(Protocol):
    """
    State folded record by record.

    name: 1 to 40 of `a-z 0-9 _ . -`, unique in `derived/`.
    version: a whole number; the tables are made anew when it changes.
    tables: names of 1 to 16 of `a-z 0-9 _`. Others can't be opened.
    """

    name: str
    version: int

    @property
    def tables(self) -> Sequence[str]: ...

    def apply(self, entry: Entry, state: Transaction) -> None:
        """
        Take in one record of a kind that this release knows.

        What it raises undoes the whole block; the cursor stays, and the record is given again next time.
        """


@runtime_checkable
class BlockProjection(Protocol):
    """
    A projection that folds a block in memory and writes once; however the log is cut into blocks, the result is the same.

    kinds: the kinds that it wants. The rest as for `Projection`.
    """

    name: str
    version: int

    @property
    def tables(self) -> Sequence[str]: ...

    @property
    def kinds(self) -> Collection[str]: ...

    def apply_block(self, acts: Iterable[Act], state: Transaction, *, fresh: bool) -> None:
        """
        Take in records in order.

        Args:
            acts: of the kinds that it wants. Iterating raises what reading raises.
            fresh: the tables are empty, so that nothing need be looked up in them.
        """


AnyProjection = Projection | BlockProjection


class ScopedTables:
    """A transaction in which one projection sees its own tables under their short names."""

    def __init__(self, transaction: Transaction, projection: AnyProjection) -> None:
        self._transaction = transaction
        self._names = {table: table_name(projection.name, table) for table in projection.tables}

    def table(self, name: str) -> Table:
        """One of the projection's tables. Raises UsageError for another."""
        return self._transaction.table(self._full(name))

    def clear(self, name: str) -> None:
        """Empty one of the projection's tables. Writes only."""
        self._transaction.clear(self._full(name))

    def clear_all(self) -> None:
        """Empty all of them."""
        for name in self._names.values():
            self._transaction.clear(name)

    def _full(self, name: str) -> str:
        try:
            return self._names[name]
        except KeyError:
            raise UsageError(f"{name!r} is no table of this projection: it names {sorted(self._names)}") from None


def table_name(projection: str, table: str) -> str:
    """The name of a projection's table in the file. A table's own name has no point, so no two collide."""
    return f"{projection}.{table}"


def check_projection(projection: AnyProjection) -> None:
    """Raise UsageError for names and versions that can't stand in a file."""
    if not _NAME.fullmatch(projection.name):
        raise UsageError(f"{projection.name!r} is no name of a projection: 1 to 40 of a-z 0-9 _ . -")
    if type(projection.version) is not int or projection.version < 0:
        raise UsageError(f"the version of {projection.name} is a whole number from 0, not {projection.version!r}")
    for table in projection.tables:
        if not _TABLE.fullmatch(table):
            raise UsageError(f"{table!r} is no name of a table: 1 to 16 of a-z 0-9 _")
    if len(set(projection.tables)) != len(projection.tables):
        raise UsageError(f"{projection.name} names a table twice")
