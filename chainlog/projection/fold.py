"""The memory of one fold of custody: states read through from tables, changed in place, written back sorted. Pure.

A block of records is folded into one `Fold`, then flushed in the transaction that read it. A fold from zero reads
nothing; what it flushes equals what any number of smaller folds leave behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from chainlog.event.model import Event, unverified_body
from chainlog.projection import rows
from chainlog.projection.feed import Step
from chainlog.projection.rows import (
    UNKNOWN_US,
    Aside,
    CarrierState,
    DocumentState,
    Interval,
    ListState,
    dated_key,
    dated_range,
    encode,
    index_key,
    interval_key,
    pair_key,
)
from chainlog.store.port import Table, Transaction

# Phases after which an act has no effect. What was issued or archived can come back.
ENDED: Final = frozenset({"destroyed", "lost", "returned_to_issuer"})

Find = Callable[[bytes], Step | None]
"""The act with an event id."""
History = Callable[[str, int], Iterable[Step]]
"""The acts of a subject before an index, oldest first."""


class Act(msgspec.Struct, gc=False):
    """
    One event being folded, with its body and the times at which it can have happened.

    start_us: when it happened as far as custody goes. end_us: the latest that it can have happened. settled_us: the
    earliest; UNKNOWN_US if the event doesn't say. imported: taken from a ledger.
    """

    index: int
    recorded_at_us: int
    event: Event
    body: Any
    start_us: int
    end_us: int
    settled_us: int
    imported: bool


def act_of(step: Step) -> Act:
    """
    The act of a step whose kind is known.

    An event that names no time is taken to have happened when it was recorded, or, imported, at any time before. What
    claims to happen after its recording is taken to happen at it: a slip of the pen must not freeze a carrier.
    """
    event = step.event
    body = unverified_body(event)
    recorded = step.recorded_at_us
    imported = body.source is not msgspec.UNSET
    if event.occurred:
        start, span = event.occurred
        if start > recorded:
            return Act(step.index, recorded, event, body, recorded, recorded, recorded, imported)
        return Act(step.index, recorded, event, body, start, start + span, start, imported)
    start = UNKNOWN_US if imported else recorded
    return Act(step.index, recorded, event, body, start, recorded, UNKNOWN_US, imported)


class Fold:
    """
    States and rows touched so far.

    Args:
        state: tables to read through from; None for a fold from zero or a scratch one.
        find, history: look-ups in the log, for the few kinds that speak of earlier acts.
    """

    def __init__(self, state: Transaction | None, *, find: Find, history: History) -> None:
        self.find = find
        self.history = history
        self._tables: dict[str, Table] = {} if state is None else {name: state.table(name) for name in rows.TABLES}
        self.carriers: dict[str, CarrierState] = {}
        self.documents: dict[str, DocumentState] = {}
        self.lists: dict[str, ListState] = {}
        self.intervals: dict[bytes, Interval] = {}
        self.dated: dict[bytes, bytes] = {}
        self.pairs: dict[bytes, bytes | None] = {}
        self.acts: dict[bytes, bytes] = {}
        self._held: dict[str, str] = {}

    def _stored(self, table: str, key: bytes) -> bytes | None:
        return self._tables[table].get(key) if self._tables else None

    # --- states ---------------------------------------------------------------------------------

    def carrier(self, carrier: str) -> CarrierState:
        """The state of a carrier, made if it is new. What is asked for is written."""
        state = self.carriers.get(carrier)
        if state is None:
            data = self._tables[rows.CARRIERS].get(carrier.encode()) if self._tables else None
            if data is None:
                state = CarrierState()
            else:
                state = rows.decode_carrier(data)
                self._held[carrier] = state.holder
            self.carriers[carrier] = state
        return state

    def document(self, document: str) -> DocumentState:
        """The state of a document, made if it is new."""
        state = self.documents.get(document)
        if state is None:
            data = self._stored(rows.DOCUMENTS, document.encode())
            state = self.documents[document] = DocumentState() if data is None else rows.decode_document(data)
        return state

    def list_state(self, name: str) -> ListState:
        """The state of a list, made if it is new."""
        state = self.lists.get(name)
        if state is None:
            data = self._stored(rows.LISTS, name.encode())
            state = self.lists[name] = ListState() if data is None else rows.decode_list(data)
        return state

    # --- custody --------------------------------------------------------------------------------

    def move(
        self,
        act: Act,
        carrier: str,
        phase: str,
        holder: str,
        place: str,
        evidence: int,
        *,
        unit: str = "",
        due_us: int | None = None,
        aim: str = "",
        giver: str = "",
        revives: bool = False,
    ) -> bool:
        """
        Give a carrier to a holder, unless something later stands or the carrier has ended.

        Args:
            giver: only for the row of an act without effect. revives: the act may bring an ended carrier back.

        Returns: whether custody moved.
        """
        state = self.carriers.get(carrier)
        if state is None:
            state = self.carrier(carrier)
        index = act.index
        state.moved_index = index
        if act.end_us < state.settled_us or (state.phase in ENDED and not revives):
            why = "late" if act.end_us < state.settled_us else "ended"
            aside = Aside(act.start_us, act.end_us, act.event.kind, why, phase, giver, holder, place, unit, evidence)
            self.dated[dated_key(rows.ASIDE, carrier, index)] = encode(aside)
            return False
        since = max(act.start_us, state.from_us)
        if state.phase:
            self._close(carrier, state, index, since)
        state.phase, state.holder, state.place, state.unit = phase, holder, place, unit
        state.evidence, state.due_us, state.aim = evidence, due_us, aim
        state.since_index = state.known_index = index
        state.since_us = state.from_us = since
        state.settled_us = max(state.settled_us, act.settled_us)
        return True

    def _close(self, carrier: str, state: CarrierState, index: int, time_us: int, void_index: int = -1) -> None:
        self.intervals[interval_key(index, carrier)] = Interval(
            carrier, state.holder, state.place, state.unit, state.from_us, time_us, state.since_index, index,
            state.phase, state.evidence, state.due_us, state.known_index, void_index, state.closed,
        )  # fmt: skip
        state.closed = index

    def attest(self, act: Act, carrier: str, evidence: int) -> None:
        """Improve the evidence of a carrier's custody from this act on; who has it since when stays."""
        state = self.carrier(carrier)
        if evidence <= state.evidence:
            return
        since = max(act.start_us, state.from_us)
        self._close(carrier, state, act.index, since)
        state.evidence, state.known_index, state.from_us = evidence, act.index, since

    def undo(self, act: Act, carrier: str, target_index: int, before: CarrierState) -> None:
        """
        Put a carrier back to *before*, its state without the act at *target_index*.

        The intervals that rested on that act are taken back as of this act, not forgotten.
        """
        state = self.carrier(carrier)
        before.closed, before.moved_index = state.closed, act.index
        before.known_index = state.known_index
        if state.since_index == target_index:
            older = state.closed
            if state.phase:
                self._close(carrier, state, act.index, max(act.start_us, state.from_us), void_index=act.index)
            before.closed, before.known_index = state.closed, act.index
            self._take_back(carrier, older, target_index, act.index)
        self.carriers[carrier] = before

    def _take_back(self, carrier: str, older: int, target_index: int, void_index: int) -> None:
        while older >= 0:
            row = self.interval(older, carrier)
            if row is None or target_index not in (row.from_index, row.to_index):
                return
            row.void_index = void_index
            if row.to_index == target_index:
                return
            older = row.older

    def interval(self, to_index: int, carrier: str) -> Interval | None:
        """A closed interval, to be changed: it is written again."""
        key = interval_key(to_index, carrier)
        row = self.intervals.get(key)
        if row is None:
            data = self._stored(rows.INTERVALS, key)
            if data is None:
                return None
            row = self.intervals[key] = rows.decode_interval(data)
        return row

    # --- rows -----------------------------------------------------------------------------------

    def put_dated(self, tag: bytes, subject: str, index: int, row: Any) -> None:
        """Write a row of `dated`."""
        self.dated[dated_key(tag, subject, index)] = encode(row)

    def get_dated(self, tag: bytes, subject: str, index: int) -> Any:
        """A row of `dated`, or None."""
        key = dated_key(tag, subject, index)
        data = self.dated.get(key) or self._stored(rows.DATED, key)
        return None if data is None else rows.decode_dated(tag, data)

    def scan_dated(self, tag: bytes, subject: str) -> list[tuple[int, Any]]:
        """(index, row) of all rows of a subject under a tag, ascending. Cost: a look at every row of the block; for rare acts."""
        start, stop = dated_range(tag, subject)
        found = dict(self._tables[rows.DATED].scan(start, stop)) if self._tables else {}
        found.update({key: data for key, data in self.dated.items() if start <= key < stop})
        return [(rows.index_of_key(key), rows.decode_dated(tag, found[key])) for key in sorted(found)]

    def put_pair(self, tag: bytes, one: str, other: str, value: Any) -> None:
        """Write a row of `pairs`."""
        self.pairs[pair_key(tag, one, other)] = encode(value)

    def drop_pair(self, tag: bytes, one: str, other: str) -> None:
        """Remove a row of `pairs`."""
        self.pairs[pair_key(tag, one, other)] = None

    def get_pair(self, tag: bytes, one: str, other: str) -> Any:
        """The value of a row of `pairs`, or None."""
        key = pair_key(tag, one, other)
        data = self.pairs[key] if key in self.pairs else self._stored(rows.PAIRS, key)
        return None if data is None else msgspec.msgpack.decode(data)

    def put_act(self, tag: bytes, index: int, row: Any, *, other: int | None = None) -> None:
        """Write a row of `acts`, under one index or two."""
        key = tag + index_key(index) + (b"" if other is None else index_key(other))
        self.acts[key] = encode(row)

    def countersigned(self, target_index: int) -> list[rows.CountersignRow]:
        """The countersignatures of an act so far."""
        start = rows.COUNTERSIGN + index_key(target_index)
        stop = rows.COUNTERSIGN + index_key(target_index + 1)
        found = {} if not self._tables else dict(self._tables[rows.ACTS].scan(start, stop))
        found.update({key: data for key, data in self.acts.items() if start <= key < stop})
        return [row for data in found.values() if (row := rows.decode_countersign(data)).void_index < 0]

    def void_of(self, target_index: int) -> int | None:
        """The record that made the act at *target_index* void, or None."""
        key = rows.VOIDED + index_key(target_index)
        data = self.acts.get(key) or self._stored(rows.ACTS, key)
        return None if data is None else int(msgspec.msgpack.decode(data))

    # --- writing --------------------------------------------------------------------------------

    def flush(self, state: Transaction) -> None:
        """Write everything, each table in one ascending run."""
        tables = {name: state.table(name) for name in rows.TABLES}
        self._flush_holdings()
        tables[rows.CARRIERS].put_many(sorted((name.encode(), encode(s)) for name, s in self.carriers.items()))
        tables[rows.DOCUMENTS].put_many(sorted((name.encode(), encode(s)) for name, s in self.documents.items()))
        tables[rows.LISTS].put_many(sorted((name.encode(), encode(s)) for name, s in self.lists.items()))
        tables[rows.INTERVALS].put_many(sorted((key, encode(row)) for key, row in self.intervals.items()))
        tables[rows.PERSONS].put_many(sorted(self._person_rows()))
        tables[rows.DATED].put_many(sorted(self.dated.items()))
        tables[rows.ACTS].put_many(sorted(self.acts.items()))
        pairs = tables[rows.PAIRS]
        for key in sorted(key for key, value in self.pairs.items() if value is None):
            pairs.delete(key)
        pairs.put_many(sorted((key, value) for key, value in self.pairs.items() if value is not None))

    def _flush_holdings(self) -> None:
        for carrier, state in self.carriers.items():
            before = self._held.get(carrier, "")
            if before != state.holder:
                if before:
                    self.pairs[pair_key(rows.HOLDING, before, carrier)] = None
                if state.holder:
                    self.pairs[pair_key(rows.HOLDING, state.holder, carrier)] = b"\xc0"

    def _person_rows(self) -> set[tuple[bytes, bytes]]:
        """Which records ended an interval of which person: one row, however many carriers a record moved."""
        found = {(row.person, key[:8]) for key, row in self.intervals.items() if row.person}
        return {(person.encode() + b"\x00" + index, b"\xc0") for person, index in found}
