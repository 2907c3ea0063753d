"""The state that a log would have with a record that is not committed yet. Reads `derived/` and a view; writes nothing.

What is folded here stands in memory above the tables of `derived/`, which may lag behind the view.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from chainlog import digest
from chainlog.authority.view import View, record_hash_at
from chainlog.errors import ReadOnlyError
from chainlog.log.overlay import Overlay
from chainlog.log.reader import Reader, SnapshotReader
from chainlog.projection.custody_fold import CustodyProjection
from chainlog.projection.custody_memory import RememberedCustody
from chainlog.projection.facts import FactBase
from chainlog.projection.feed import ActFeed
from chainlog.projection.people import People
from chainlog.projection.people_fold import PeopleProjection
from chainlog.projection.protocol import BlockProjection, ScopedTables
from chainlog.projection.registers import Registers, RegistersProjection
from chainlog.projection.runner import Cursor, read_cursor
from chainlog.record.record import CheckedRecord, SubjectHead
from chainlog.rules.layered import Layer, LayeredTables
from chainlog.store.port import Block, KeyValue, Transaction


class ViewStore:
    """A View as a store to be read, and as its one snapshot. What the tree and reports ask of a store is not there."""

    read_only = True
    head = None

    def __init__(self, view: View) -> None:
        self._view = view

    @contextmanager
    def snapshot(self) -> Iterator[ViewStore]:
        yield self

    @contextmanager
    def exclusive(self, *, timeout_s: float) -> Iterator[None]:
        raise ReadOnlyError("records that are not committed yet")
        yield  # a context manager, for the type's sake

    def commit(self, block: Block, *, expected: tuple[int, bytes]) -> None:
        raise ReadOnlyError("records that are not committed yet")

    def close(self) -> None:
        """Nothing is open."""

    @property
    def size(self) -> int:
        return self._view.size

    @property
    def last_hash(self) -> bytes:
        return self._view.last_hash

    def record(self, index: int) -> bytes | None:
        return self._view.record(index)

    def records(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        for index in range(max(start, 0), min(stop, self._view.size)):
            data = self._view.record(index)
            if data is None:
                return
            yield index, data

    def unbroken(self, start: int, stop: int) -> list[bytes]:
        return [data for _, data in self.records(start, stop)] if start >= 0 else []

    def subject(self, subject: str) -> SubjectHead | None:
        return self._view.subject(subject)

    def subjects(self, prefix: str = "") -> Iterator[tuple[str, SubjectHead]]:
        """None: a view is asked for subjects by name. Who judges a record knows which ones it names."""
        del prefix
        return iter(())

    def index_of(self, event_id: bytes) -> int | None:
        return self._view.index_of(event_id)

    def tile(self, level: int, number: int) -> bytes | None:
        del level, number
        return None

    def checkpoint(self, size: int) -> bytes | None:
        del size
        return None

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        return iter(())

    def meta(self, key: str) -> bytes | None:
        del key
        return None


class _Position(NamedTuple):
    """
    What the changes in memory stand on, and up to where they are folded.

    cursors: of the tables below. alone: whether everything was folded in memory, with nothing below.
    """

    cursors: tuple[Cursor, ...]
    alone: bool
    size: int
    last_hash: bytes


class Ahead:
    """
    Facts as they would be with one more record. Not safe to use from several threads at once.

    The record that was asked about last is kept: where it was recorded and the next one follows it, only that is folded.

    Args:
        kv: of the log's `derived/`.
    """

    def __init__(self, kv: KeyValue) -> None:
        self.kv = kv
        self._position: _Position | None = None
        self._layers: dict[str, Layer] = {}

    @contextmanager
    def facts(self, checked: CheckedRecord, view: View) -> Iterator[FactBase]:
        """
        Custody, people, registers and records with *checked* as the last record on *view*; valid inside the block.

        Raises: RecordHashError, FormatError, StoreError. Cost: a fold of what the tables lack of the view.
        """
        above = Overlay(view)
        above.add(checked)
        store = ViewStore(above)
        log = SnapshotReader(store)
        folds: list[BlockProjection] = [CustodyProjection(Reader(store)), PeopleProjection(), RegistersProjection()]
        with self.kv.read() as below:
            tables, starts, position = self._tables(below, view, folds)
            self._position = None
            for fold, start in zip(folds, starts, strict=True):
                feed = ActFeed(log, start, above.size, fold.kinds)
                fold.apply_block(feed, ScopedTables(tables, fold), fresh=start == 0)
            self._position = position._replace(size=above.size, last_hash=above.last_hash)
            yield FactBase(RememberedCustody(tables), People(tables), Registers(tables), log)

    def _tables(
        self, below: Transaction, view: View, folds: Sequence[BlockProjection]
    ) -> tuple[LayeredTables, list[int], _Position]:
        """The tables as far as they are folded, from where on each projection has to go on, and what they stand on."""
        cursors = tuple(read_cursor(below, fold.name, version=fold.version) for fold in folds)
        known = self._position
        if known is not None and known == (
            known.cursors if known.alone else cursors,
            known.alone,
            view.size,
            view.last_hash,
        ):
            return LayeredTables(None if known.alone else below, self._layers), [view.size] * len(folds), known
        self._layers = {}
        if all(_belongs(cursor, fold, view) for cursor, fold in zip(cursors, folds, strict=True)):
            position = _Position(cursors, False, view.size, view.last_hash)
            return LayeredTables(below, self._layers), [cursor.size for cursor in cursors], position
        # Tables of another log, or ahead of the state that is judged, say nothing about it.
        position = _Position(cursors, True, view.size, view.last_hash)
        return LayeredTables(None, self._layers), [0] * len(folds), position


def _belongs(cursor: Cursor, fold: BlockProjection, view: View) -> bool:
    """Whether tables with this cursor were made by this projection from records of the view."""
    if cursor.version != fold.version or cursor.size > view.size:
        return False
    return (record_hash_at(view, cursor.size - 1) if cursor.size else digest.ZERO) == cursor.last_hash
