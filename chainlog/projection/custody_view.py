"""Questions about carriers, documents and lists at one commit of `derived/`. Reads tables; no other I/O.

Every question can be asked of the past: `as_of_us`, by the time at which things happened as is known now, or
`as_of_index`, as was known with that record as the last, or both. Answers are filters over intervals and dated rows;
nothing is replayed. Descriptions (copy number, pages, form, document) are those known now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from chainlog.event.types import DOCUMENT
from chainlog.projection import levels, rows
from chainlog.projection.custody_fold import NAME
from chainlog.projection.custody_state import (
    NOW,
    AsOf,
    CustodyState,
    DocumentView,
    Edge,
    Lineage,
    ListView,
    custody_state,
    phase_of,
)
from chainlog.projection.protocol import table_name
from chainlog.projection.rows import UNKNOWN_US, CarrierState, DocumentState, Interval, ListState
from chainlog.store.port import Table, Transaction

_NAMES: Final = {table: table_name(NAME, table) for table in rows.TABLES}
_documents: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(DOCUMENT.annotation)
STATES: Final = table_name(NAME, rows.STATES)
_LINEAGE_MAX: Final = 10_000
NO_LEVEL: Final = levels.Standing()


class CustodyView:
    """
    Custody at one commit. Subjects are given folded.

    Args:
        transaction: of `derived/`, open as long as the view is used.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._states = transaction.table(STATES)
        self._tables: dict[str, Table] = {}

    def _table(self, name: str) -> Table:
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = self._transaction.table(_NAMES[name])
        return table

    # --- states and rows ------------------------------------------------------------------------

    def carrier_state(self, carrier: str) -> CarrierState | None:
        """What is kept of a carrier, None if no event names it."""
        data = self._states.get(carrier.encode())
        return None if data is None else rows.decode_carrier(data)

    def document_state(self, document: str) -> DocumentState | None:
        """What is kept of a document, None if it is not known."""
        data = self._states.get(document.encode())
        return None if data is None else rows.decode_document(data)

    def list_state(self, name: str) -> ListState | None:
        """What is kept of a list, None if it is not known."""
        data = self._states.get(name.encode())
        return None if data is None else rows.decode_list(data)

    def dated(self, tag: bytes, subject: str, as_of: AsOf = NOW) -> list[tuple[int, Any]]:
        """(index, row) of what happened to a subject under a tag of `rows`, as far as it held then."""
        found = self._dated(tag, subject)
        if not found:
            return []
        return [one for one in found if as_of.knows(one[0], one[1].void_index) and as_of.reached(one[1].us)]

    def _dated(self, tag: bytes, subject: str) -> Sequence[tuple[int, Any]]:
        """As `dated`, with what was taken back."""
        found = self._table(rows.DATED).scan(*rows.dated_range(tag, subject))
        return tuple([(rows.index_of_key(key), rows.decode_dated(tag, data)) for key, data in found])

    def pairs(self, tag: bytes, one: str) -> Iterable[tuple[str, Any]]:
        """(other, value) of what belongs to *one* under a tag of `rows`."""
        for key, data in self._table(rows.PAIRS).scan(*rows.dated_range(tag, one)):
            yield rows.other_of_key(key), msgspec.msgpack.decode(data)

    def corrections(self) -> Iterator[tuple[int, rows.CorrectionRow]]:
        """(index, row) of every `corrected.*`, with whether it took effect."""
        stop = rows.CORRECTION[:-1] + bytes([rows.CORRECTION[-1] + 1])
        for key, data in self._table(rows.ACTS).scan(rows.CORRECTION, stop):
            yield rows.index_of_key(key), rows.decode_correction(data)

    def correction(self, index: int) -> rows.CorrectionRow | None:
        """What the `corrected.*` at *index* did, None if there is none."""
        data = self._table(rows.ACTS).get(rows.CORRECTION + rows.index_key(index))
        return None if data is None else rows.decode_correction(data)

    def void_of(self, index: int) -> int | None:
        """The record that made the act at *index* void, or None."""
        data = self._table(rows.ACTS).get(rows.VOIDED + rows.index_key(index))
        return None if data is None else int(msgspec.msgpack.decode(data))

    def countersignatures(self, index: int) -> list[tuple[int, rows.CountersignRow]]:
        """(index, row) of the countersignatures of the act at *index*."""
        start = rows.COUNTERSIGN + rows.index_key(index)
        stop = rows.COUNTERSIGN + rows.index_key(index + 1)
        found = self._table(rows.ACTS).scan(start, stop)
        return [(rows.index_of_key(key), rows.decode_countersign(data)) for key, data in found]

    # --- intervals ------------------------------------------------------------------------------

    def chain(self, carrier: str, state: CarrierState | None = None) -> Iterable[Interval]:
        """Every interval of a carrier, newest first, those taken back included."""
        state = state or self.carrier_state(carrier)
        if state is None:
            return
        older = state.closed
        if state.now is not None:
            yield state.now
            older = state.now.older
        while older >= 0:
            data = self._table(rows.INTERVALS).get(rows.interval_key(older, carrier))
            if data is None:
                raise AssertionError(f"{carrier} has no interval that ends at {older}")
            row = rows.decode_interval(data)
            yield row
            older = row.older

    def intervals(self, carrier: str, *, as_of_index: int | None = None) -> list[Interval]:
        """The intervals that hold, oldest first, one after the other; as known at a record."""
        as_of = AsOf(None, as_of_index)
        found = [row for row in self.chain(carrier) if as_of.knows(row.known_index, row.void_index)]
        found.reverse()
        return [as_of.opened(row) for row in found]

    def interval_at(self, carrier: str, state: CarrierState, as_of: AsOf) -> Interval | None:
        """The interval in which a carrier was then, None before its first."""
        if as_of.us is None:
            return state.now if as_of.index is None else self._open_at(carrier, state, as_of, as_of.index)
        for row in self.chain(carrier, state):
            if as_of.knows(row.known_index, row.void_index):
                interval = as_of.opened(row)
                if as_of.falls_in(interval.from_us, interval.to_us):
                    return interval
        return None

    def _open_at(self, carrier: str, state: CarrierState, as_of: AsOf, index: int) -> Interval | None:
        """`interval_at` for a record: the newest interval known then that had not ended yet."""
        for row in self.chain(carrier, state):
            if row.known_index <= index and not 0 <= row.void_index <= index:
                if row.to_index is not None and row.to_index > index:
                    return as_of.opened(row)
                if row.to_us is None:
                    return row
        return None

    def intervals_between(self, start_us: int, end_us: int) -> Iterator[Interval]:
        """Every interval that holds and overlaps [start_us, end_us). Cost: a scan of all intervals and carriers."""
        for _, data in self._table(rows.INTERVALS).scan():
            row = rows.decode_interval(data)
            if row.void_index < 0 and overlaps(row, start_us, end_us):
                yield row
        for _, data in self._states.scan(*_all("c")):
            now = rows.decode_carrier(data).now
            if now is not None and overlaps(now, start_us, end_us):
                yield now

    def intervals_of_person(self, person: str) -> Iterator[Interval]:
        """
        Every interval that holds in which *person* had a carrier: ended ones in the order of their ends, then open ones.

        Cost: a scan of all ended intervals, half a microsecond each.
        """
        for row in self._ended_with(person):
            if row.void_index < 0:
                yield row
        for carrier, _ in self.pairs(rows.HOLDING, person):
            state = self.carrier_state(carrier)
            if state is not None and state.now is not None:
                yield state.now

    def _ended_with(self, person: str) -> Iterator[Interval]:
        """Every ended interval of a person, those taken back included."""
        name = person.encode()
        for _, data in self._table(rows.INTERVALS).scan():
            # Most are decided without decoding them.
            if name in data and (row := rows.decode_interval(data)).person == person:
                yield row

    # --- carriers -------------------------------------------------------------------------------

    def carrier(self, carrier: str, as_of: AsOf = NOW) -> CustodyState | None:
        """One carrier then; None if it is not known, or was not yet in the books."""
        state = self.carrier_state(carrier)
        return None if state is None else self.custody_of(carrier, state, as_of)

    def custody_of(self, carrier: str, state: CarrierState, as_of: AsOf) -> CustodyState | None:
        """`carrier`, where its state is at hand."""
        if as_of.us is None and as_of.index is None:
            in_force = self._level_now(state.document) if state.document else NO_LEVEL
            phase = state.phase
            if state.disposal or state.recall:
                phase = phase_of(phase, state.disposal, state.recall, self._is_approved)
            return custody_state(
                carrier, state, state.now, phase, state.decided, state.stored, in_force, state.disposal, state.recall
            )
        interval = self.interval_at(carrier, state, as_of)
        if interval is None:
            return None
        document = self.in_force(state.document, as_of) if state.document else NO_LEVEL
        own = [row for _, row in self.dated(rows.LEVEL, carrier, as_of)]
        disposal, recall = self._lists_at(carrier, as_of)
        phase = phase_of(interval.phase, disposal, recall, lambda name: self._was_approved(name, as_of))
        decided, stored = levels.standing(own).level, levels.stored(own)
        return custody_state(carrier, state, interval, phase, decided, stored, document, disposal, recall)

    def _level_now(self, document: str) -> levels.InForce:
        """`in_force_now`, read in part."""
        data = self._states.get(document.encode())
        return NO_LEVEL if data is None else rows.decode_document_level(data)

    def in_force_now(self, document: str) -> levels.Standing:
        """The level in force for a document."""
        state = self.document_state(document)
        if state is None:
            return NO_LEVEL
        return levels.Standing(state.level, state.term, state.decided_us, state.change)

    def in_force(self, document: str, as_of: AsOf) -> levels.Standing:
        """The level that was in force for a document."""
        return levels.standing(row for _, row in self.dated(rows.LEVEL, document, as_of))

    def _lists_at(self, carrier: str, as_of: AsOf) -> tuple[str, str]:
        """(destruction list, recall list) that a carrier was on."""
        disposal = recall = ""
        for _, row in self.dated(rows.LISTED, carrier, as_of):
            if row.off_index is not None and as_of.knows(row.off_index, -1) and as_of.reached(row.off_us):
                continue
            if row.purpose == "destroy":
                disposal = row.list
            elif row.purpose in ("clear", "recall"):
                recall = row.list
        return disposal, recall

    def _is_approved(self, name: str) -> bool:
        state = self.list_state(name)
        return state is not None and state.approved_index >= 0

    def _was_approved(self, name: str, as_of: AsOf) -> bool:
        return any(row.act == "destroy" for _, row in self.dated(rows.APPROVED, name, as_of))

    def carriers(self, *, after: str = "", prefix: str = "c/") -> Iterator[tuple[str, CarrierState]]:
        """(carrier, state) of all that begin with *prefix* and come after *after*, by bytes."""
        start = max(after.encode() + b"\x00" if after else b"", prefix.encode())
        for key, data in self._states.scan(start, _all("c")[1]):
            name = key.decode()
            if not name.startswith(prefix):
                return
            yield name, rows.decode_carrier(data)

    def held_by(self, person: str, as_of: AsOf = NOW) -> list[CustodyState]:
        """
        The carriers that a person had then, by name.

        Cost: now, one look-up each; in the past, a scan of all ended intervals, half a microsecond each.
        """
        carriers = {carrier for carrier, _ in self.pairs(rows.HOLDING, person)}
        if not as_of.is_now:
            carriers.update(row.carrier for row in self._ended_with(person))
        found = (self.carrier(carrier, as_of) for carrier in sorted(carriers))
        return [state for state in found if state is not None and state.holder == person]

    # --- documents and lists --------------------------------------------------------------------

    def copies(self, document: str) -> list[str]:
        """The carriers known as copies of a document."""
        return [carrier for carrier, _ in self.pairs(rows.COPY, document)]

    def document(self, document: str, as_of: AsOf = NOW) -> DocumentView | None:
        """One document, its level as in force then; None if it is not known."""
        state = self.document_state(document)
        if state is None:
            return None
        stated = _documents.decode(state.stated) if state.stated else None
        in_force = self.in_force_now(document) if as_of.is_now else self.in_force(document, as_of)
        return DocumentView.of(document, state, stated, in_force, self.copies(document))

    def documents(self, *, after: str = "") -> Iterator[str]:
        """Names of the known documents that come after *after*, by bytes."""
        return self._names("d", after)

    def listing(self, name: str) -> ListView | None:
        """One list and the carriers on it, None if it is not known."""
        state = self.list_state(name)
        if state is None:
            return None
        return ListView.of(name, state, [carrier for carrier, _ in self.pairs(rows.ON_LIST, name)])

    def lists(self, *, after: str = "") -> Iterator[str]:
        """Names of the known lists that come after *after*, by bytes."""
        return self._names("l", after)

    def _names(self, prefix: str, after: str) -> Iterator[str]:
        start, stop = _all(prefix)
        for key, _ in self._states.scan(max(start, after.encode() + b"\x00" if after else b""), stop):
            yield key.decode()

    def lineage(self, carrier: str) -> Lineage:
        """What a carrier was copied from, and what was copied from it, as far as the books say."""
        ancestors = self._walk(carrier, rows.PARENT)
        descendants = self._walk(carrier, rows.CHILD)
        contents = [name for name, _ in self.pairs(rows.CONTENT, carrier)]
        return Lineage(carrier, tuple(ancestors), tuple(descendants), tuple(contents))

    def _walk(self, carrier: str, tag: bytes) -> list[Edge]:
        found: list[Edge] = []
        seen, waiting = {carrier}, [carrier]
        while waiting and len(found) < _LINEAGE_MAX:
            one = waiting.pop(0)
            for other, (method, index) in self.pairs(tag, one):
                parent, child = (other, one) if tag == rows.PARENT else (one, other)
                found.append(Edge(parent, child, method, index))
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return found


def carrier_now(states: Table, carrier: str) -> CustodyState | None:
    """
    What `CustodyView.carrier` answers of now, for who asks of one carrier: no view is made.

    Args:
        states: the table STATES at one commit. carrier: folded.
    """
    data = states.get(carrier.encode())
    if data is None:
        return None
    state = rows.decode_carrier(data)
    in_force: levels.InForce = NO_LEVEL
    if state.document:
        data = states.get(state.document.encode())
        if data is not None:
            in_force = rows.decode_document_level(data)
    now, disposal, recall = state.now, state.disposal, state.recall
    phase = "" if now is None else now.phase
    if disposal or recall:
        phase = phase_of(phase, disposal, recall, partial(_is_approved, states))
    return custody_state(carrier, state, now, phase, state.decided, state.stored, in_force, disposal, recall)


def _is_approved(states: Table, name: str) -> bool:
    data = states.get(name.encode())
    return data is not None and rows.decode_list(data).approved_index >= 0


def _all(prefix: str) -> tuple[bytes, bytes]:
    """First key and end of the subjects with a prefix."""
    return prefix.encode() + b"/", prefix.encode() + b"0"


def overlaps(row: Interval, start_us: int, end_us: int) -> bool:
    """Whether an interval shares an instant with [start_us, end_us); one of no length does where it lies inside."""
    if row.to_us is None:
        return row.from_us < end_us
    if row.from_us == row.to_us:
        return start_us <= row.from_us < end_us and row.from_us != UNKNOWN_US
    return row.from_us < end_us and row.to_us > start_us
