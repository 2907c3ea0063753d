"""The memory of one fold of custody: states read through from tables, changed in place, written back sorted. Pure.

A block of records is folded into one `Fold`, then flushed in the transaction that read it. A fold from zero reads
nothing; what it flushes equals what any number of smaller folds leave behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from chainlog.projection import rows
from chainlog.projection.feed import Act
from chainlog.projection.registry_rows import UNITS_ABOVE_MAX
from chainlog.projection.rows import (
    Aside,
    CarrierState,
    DocumentState,
    Interval,
    ListState,
    UnitState,
    dated_key,
    dated_range,
    encode,
    index_key,
    interval_key,
    pair_key,
)
from chainlog.projection.sides import first_of
from chainlog.store.port import Table, Transaction

# Phases after which an act has no effect. What was issued or archived can come back.
ENDED: Final = frozenset({"destroyed", "lost", "returned_to_issuer"})

Find = Callable[[bytes], Act | None]
"""The act with an event id, opened; None if there is none or its kind is unknown."""
History = Callable[[str, int], Iterable[Act]]
"""The acts of a subject before an index, oldest first, opened; unknown kinds left out."""


class Custody(NamedTuple):
    """What an act would have made of a carrier."""

    phase: str
    holder: str
    place: str
    unit: str
    evidence: int


class Carriers(dict[str, CarrierState]):
    """
    The states of carriers, read when they are first asked for, made if they are new. What is asked for is written.

    held: who had them when they were read.
    """

    def __init__(self, states: Table | None) -> None:
        self._states = states
        self.held: dict[str, str] = {}

    def __missing__(self, carrier: str) -> CarrierState:
        data = None if self._states is None else self._states.get(carrier.encode())
        if data is None:
            state = CarrierState()
        else:
            state = rows.decode_carrier(data)
            self.held[carrier] = state.holder
        self[carrier] = state
        return state


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
        self.carriers = Carriers(self._tables.get(rows.STATES))
        self.documents: dict[str, DocumentState] = {}
        self.lists: dict[str, ListState] = {}
        self.units: dict[str, UnitState] = {}
        self.intervals: list[Interval] = []
        self.dated: dict[bytes, bytes] = {}
        self.pairs: dict[bytes, bytes | None] = {}
        self.acts: dict[bytes, bytes] = {}

    def _stored(self, table: str, key: bytes) -> bytes | None:
        return self._tables[table].get(key) if self._tables else None

    # --- states ---------------------------------------------------------------------------------

    def document(self, document: str) -> DocumentState:
        """The state of a document, made if it is new."""
        state = self.documents.get(document)
        if state is None:
            data = self._stored(rows.STATES, document.encode())
            state = self.documents[document] = DocumentState() if data is None else rows.decode_document(data)
        return state

    def list_state(self, name: str) -> ListState:
        """The state of a list, made if it is new."""
        state = self.lists.get(name)
        if state is None:
            data = self._stored(rows.STATES, name.encode())
            state = self.lists[name] = ListState() if data is None else rows.decode_list(data)
        return state

    def unit(self, unit: str) -> UnitState:
        """The state of a unit, made if it is new."""
        state = self.units.get(unit)
        if state is None:
            data = self._stored(rows.STATES, unit.encode())
            state = self.units[unit] = UnitState() if data is None else rows.decode_unit(data)
        return state

    def is_own(self, unit: str) -> bool:
        """Whether a unit is the log's own, a section of it, or below one, as declared up to here."""
        for _ in range(UNITS_ABOVE_MAX):
            state = self.unit(unit)
            if state.is_own or not state.parent:
                return state.is_own
            unit = state.parent
        return False

    # --- custody --------------------------------------------------------------------------------

    def move(
        self,
        act: Act,
        carrier: str,
        phase: str,
        holder: str,
        place: str,
        evidence: int,
        unit: str = "",
        due_us: int | None = None,
        aim: str = "",
        *,
        revives: bool = False,
    ) -> bool:
        """
        Give a carrier to a holder, unless something later stands or the carrier has ended.

        Args:
            aim: in transit, the phase that a receipt will bring. revives: the act may bring an ended carrier back.

        Returns: whether custody moved.
        """
        state = self.carriers[carrier]
        index, start, now, stated = act.index, act.start_us, state.now, act.occurred
        if now is None:
            older = state.closed
        else:
            # `_is_late` written out.
            if (stated and act.end_us < state.settled_us) or (now.phase in ENDED and not revives):
                self._set_aside(act, carrier, Custody(phase, holder, place, unit, evidence))
                return False
            if now.from_index == index:
                return False  # one act moves a carrier once, however often it names it
            if start < now.from_us:  # noqa: PLR1730 (a call for each of millions of acts)
                start = now.from_us
            now.to_us = start
            now.to_index = older = index
            carrier = now.carrier  # one text for all intervals of a carrier, not one for each record
            self.intervals.append(now)
        state.now = Interval(
            carrier, holder, place, unit, start, None, index, None, phase, evidence, due_us, index, -1, older
        )  # fmt: skip
        if aim or state.aim:
            state.aim = aim
        if stated and act.start_us > state.settled_us:
            state.settled_us = act.start_us
        return True

    def _set_aside(self, act: Act, carrier: str, meant: Custody) -> None:
        state = self.carriers[carrier]
        state.moved_index = act.index
        why = "late" if _is_late(act, state.settled_us) else "ended"
        giver = first_of(act.people, "giver", "escort")
        self.put_dated(
            rows.ASIDE, carrier, act.index,
            Aside(act.start_us, act.end_us, act.kind, why, meant.phase, giver, meant.holder, meant.place, meant.unit,
                  meant.evidence),
        )  # fmt: skip

    def attest(self, act: Act, carrier: str, evidence: int) -> None:
        """Improve the evidence of a carrier's custody, as known from this act on; who has it since when stays."""
        now = self.carriers[carrier].now
        if now is None or evidence <= now.evidence:
            return
        if now.known_index == act.index:
            now.evidence = evidence
            return
        state = self.carriers[carrier]
        state.now = replace(now, evidence=evidence, known_index=act.index, older=act.index)
        now.void_index = act.index
        self._close(now, act.index, max(act.start_us, now.from_us))

    def _close(self, now: Interval, index: int, time_us: int) -> None:
        now.to_us, now.to_index = time_us, index
        self.intervals.append(now)

    def undo(self, act: Act, carrier: str, target_index: int, before: CarrierState) -> None:
        """
        Put a carrier back to *before*, its state without the act at *target_index*.

        The intervals that rested on that act are taken back as of this act, not forgotten.
        """
        state = self.carriers[carrier]
        now = state.now
        before.closed, before.moved_index = state.closed, act.index
        if now is not None and now.from_index == target_index:
            now.void_index = act.index
            self._close(now, act.index, max(act.start_us, now.from_us))
            self._take_back(carrier, now.older, target_index, act.index)
            if before.now is not None:
                before.now.known_index, before.now.older = act.index, act.index
            before.closed = act.index
        else:
            before.now = now
        self.carriers[carrier] = before

    def _take_back(self, carrier: str, older: int, target_index: int, void_index: int) -> None:
        while older >= 0:
            row = self.interval(older, carrier)
            if row is None or target_index not in (row.from_index, row.to_index):
                return
            if row.void_index < 0:
                row.void_index = void_index
            if row.to_index == target_index:
                return
            older = row.older

    def interval(self, to_index: int, carrier: str) -> Interval | None:
        """A closed interval, to be changed: it is written again. Cost: a look at every interval of the block."""
        for row in reversed(self.intervals):
            if row.to_index == to_index and row.carrier == carrier:
                return row
        data = self._stored(rows.INTERVALS, interval_key(to_index, carrier))
        if data is None:
            return None
        row = rows.decode_interval(data)
        self.intervals.append(row)
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

    def end_listing(self, act: Act, name: str, carrier: str) -> bool:
        """A carrier on a list is no longer wanted there. False if it was not on it."""
        listed = self.get_pair(rows.ON_LIST, name, carrier)
        row = None if listed is None else self.get_dated(rows.LISTED, carrier, listed)
        if row is None:
            return False
        if row.off_index is None:
            row.off_us, row.off_index = act.start_us, act.index
            self.put_dated(rows.LISTED, carrier, listed, row)
        state = self.carriers[carrier]
        if state.disposal == name:
            state.disposal = ""
        if state.recall == name:
            state.recall = ""
        return True

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
        # Texts ascend as their bytes do, and c/ comes before d/ before l/ before u/.
        states = [(name.encode(), encode(self.carriers[name])) for name in sorted(self.carriers)]
        states += [(name.encode(), encode(self.documents[name])) for name in sorted(self.documents)]
        states += [(name.encode(), encode(self.lists[name])) for name in sorted(self.lists)]
        states += [(name.encode(), encode(self.units[name])) for name in sorted(self.units)]
        tables[rows.STATES].put_many(states)
        intervals = [(interval_key(row.to_index or 0, row.carrier), encode(row)) for row in self.intervals]
        # They lie here almost in order.
        intervals.sort()
        tables[rows.INTERVALS].put_many(intervals)
        tables[rows.DATED].put_many(sorted(self.dated.items()))
        tables[rows.ACTS].put_many(sorted(self.acts.items()))
        pairs = tables[rows.PAIRS]
        for key in sorted(key for key, value in self.pairs.items() if value is None):
            pairs.delete(key)
        pairs.put_many(sorted((key, value) for key, value in self.pairs.items() if value is not None))

    def _flush_holdings(self) -> None:
        for carrier, state in self.carriers.items():
            before = self.carriers.held.get(carrier, "")
            holder = state.holder
            if before != holder:
                if before:
                    self.pairs[pair_key(rows.HOLDING, before, carrier)] = None
                if holder:
                    self.pairs[pair_key(rows.HOLDING, holder, carrier)] = b"\xc0"


def _is_late(act: Act, settled_us: int) -> bool:
    """
    Whether an act says that it happened before a custody act that stands.

    One that states no time happened when it was recorded: its place in the log orders it, whatever the clock said.
    """
    return bool(act.occurred) and act.end_us < settled_us
