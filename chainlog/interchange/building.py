"""Acts of rows become events: ids, copies, persons. Reads the log through a snapshot; writes nothing.

An id is the first 16 bytes of SHA-256(09 ‖ log_id ‖ canonical([ledger, book, year, number, copy, kind, n])), where
number is the row's serial number or the digest of its cells, copy is empty or, where a row makes several events of one
kind, the first copy number of a later one, and n counts equal rows of the book before it (schemas/FORMAT.md 2.10).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec import UNSET

from chainlog import digest, limits
from chainlog.canon import codec
from chainlog.event.model import CheckedEvent, Event, Ref, unverified_body
from chainlog.event.subject import fold
from chainlog.interchange.acts import Act
from chainlog.interchange.dates import Moment, occurred
from chainlog.interchange.known import Documents, Span
from chainlog.interchange.mapping import NameMap
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.row_reader import Row, cells_digest
from chainlog.interchange.rows import Register
from chainlog.log.drafting import whole_of
from chainlog.log.handle import LogHandle
from chainlog.log.reader import SnapshotReader
from chainlog.store.port import Snapshot

_MOVES_NOTHING: Final = frozenset({"registered.document", "decided.permit"})
_WITH_DOCUMENT: Final = frozenset({"created.received", "registered.document", "destroyed.carriers"})
_KEEP_TITLE: Final = frozenset({"transferred.lend", "transferred.circulate", "listed.added"})
# A CSV has no sheets, and a record wants a name for where a row stood.
_NO_SHEET: Final = "CSV"

Order = tuple[int, int, int, int]
"""When an event is appended: start of its moment, rank of the act, row, place in the row."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An event of an act that the log holds, or that this import holds ready. recorded_at_us: None if only planned."""

    event: Event
    event_hash: bytes
    cells: bytes
    index: int | None
    recorded_at_us: int | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A new event, and where in time it goes."""

    event: CheckedEvent
    order: Order


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the events that an act makes: of all its copies, or of some of them."""

    event_id: bytes
    numbers: tuple[str, ...]


@dataclass(slots=True)
class Placed:
    """The events of an act, new or standing, that later acts refer to."""

    refs: list[Ref] = field(default_factory=list)
    carriers: list[str] = field(default_factory=list)
    unnumbered: int = 0
    order: Order = (0, 0, 0, 0)


class OtherContentError(Exception):
    """The id of an act stands there with other cells."""

    def __init__(self, standing: Standing) -> None:
        super().__init__()
        self.standing = standing


class AmbiguousError(Exception):
    """A number of a document or copy means another thing in the log. problem: what to tell; key: of the column."""

    def __init__(self, key: str, problem: CellProblem) -> None:
        super().__init__(problem.en)
        self.key = key
        self.problem = problem


class Shelf:
    """What all books of one import share: the log as it is, documents, names, events that are ready."""

    def __init__(self, log: LogHandle, snapshot: Snapshot, *, registrar: str, names: NameMap, sealing: bool) -> None:
        self.log = log
        self.snapshot = snapshot
        self.documents = Documents(snapshot)
        self.registrar = fold(registrar)
        self.names = names
        self.sealed = frozenset(log.parameters().get("seal.fields", ()))
        self._sealing = sealing
        self._ready: dict[bytes, Standing] = {}
        self._reader = SnapshotReader(snapshot)

    def standing(self, event_id: bytes) -> Standing | None:
        """The event with an id, in the log or held ready."""
        ready = self._ready.get(event_id)
        if ready is not None:
            return ready
        index = self.snapshot.index_of(event_id)
        if index is None:
            return None
        entry = self._reader.read(index)
        source = getattr(unverified_body(entry.event), "source", None)
        return Standing(
            entry.event,
            digest.event_hash(entry.record.event),
            source.cells if source else b"",
            index,
            entry.recorded_at_us,
        )

    def prepare(self, kind: str, **parts: Any) -> CheckedEvent:
        """Compose an event on the snapshot. Where nothing is to be written, no sealed values are made either."""
        if self._sealing:
            return self.log.prepare(kind, view=self.snapshot, **parts)
        return LogHandle.prepare(self.log, kind, view=self.snapshot, **parts)

    def put(self, event: CheckedEvent, cells: bytes) -> None:
        """Hold an event ready."""
        self._ready[event.event.id] = Standing(event.event, digest.event_hash(event.encoded), cells, None, None)

    def drop(self, event: CheckedEvent) -> None:
        """Forget an event whose row turned out not to be taken."""
        self._ready.pop(event.event.id, None)


class Builder:
    """
    Makes the events of one register, act by act in the order in which its ledger gives them.

    unnumbered: rows with copies that the book doesn't tell apart. as_written: rows of which the log holds names without
    persons that are known by now.
    """

    def __init__(self, shelf: Shelf, register: Register) -> None:
        self._shelf = shelf
        self._register = register
        self._placed: dict[str, Placed] = {}
        self._digests: dict[str, bytes] = {}
        self._seen: Counter[bytes] = Counter()
        self._last_us = -limits.INTEGER_MAX
        self.unnumbered: set[tuple[str, int]] = set()
        self.as_written: set[tuple[str, int]] = set()

    def build(self, act: Act, row: Row, *, row_number: int, place: int) -> list[Planned]:
        """
        The events of an act that don't stand yet; none if all do.

        Raises:
            OtherContentError, AmbiguousError. FormatError: it can't be recorded as it stands.
        """
        cells = self._digests[act.key] = cells_digest(act.cells)
        parts = self._parts(act, row, cells)
        standing = [self._shelf.standing(part.event_id) for part in parts]
        for found in standing:
            if found is not None and found.cells != cells:
                raise OtherContentError(found)
        placed = Placed(order=self._order(act, row_number, place))
        document = fold(f"d/{act.copies.document}")
        if None in standing:
            self._check_document(act, document)
        planned = [
            self._taken(placed, found) if found else self._new(act, row, part, document, placed, cells)
            for part, found in zip(parts, standing, strict=True)
        ]
        self._placed[act.key] = placed
        if placed.unnumbered:
            self.unnumbered.add((row.sheet, row.number))
        if any(found is not None and self._names_more(act, found) for found in standing):
            self.as_written.add((row.sheet, row.number))
        return [event for event in planned if event is not None]

    def _parts(self, act: Act, row: Row, cells: bytes) -> list[_Part]:
        serial = row.cells.get("serial")
        number: str | int | bytes = act.number or (serial if isinstance(serial, int) else b"")
        if act.by_cells or number == b"":
            # A return is known by what was handed out, so that another day of return is another content of the same act.
            number = self._digests.get(act.same_as, cells)
        register, numbers = self._register, act.copies.numbers
        identity = [register.kind, register.book, register.year or 0, number]
        counted = codec.encode([*identity, act.kind])
        n = self._seen[counted]
        self._seen[counted] += 1
        most = limits.LIST_PART_CARRIERS
        chunks = (
            [()] if act.on_list_alone or not numbers else [numbers[i : i + most] for i in range(0, len(numbers), most)]
        )
        return [
            _Part(
                digest.import_id(self._shelf.log.id, codec.encode([*identity, chunk[0] if i else "", act.kind, n])),
                chunk,
            )
            for i, chunk in enumerate(chunks)
        ]

    def _order(self, act: Act, row_number: int, place: int) -> Order:
        moment = act.sorted_at or act.moment
        if moment is not None:
            self._last_us = self._span(moment)[0]
        order = (self._last_us, act.rank, row_number, place)
        for key in act.refs:
            before = self._placed.get(key)
            if before is not None and before.order >= order:
                # Rows are numbered as they are planned, so what refers to an act comes after it.
                order = (before.order[0], before.order[1], row_number, place)
        return order

    def _span(self, moment: Moment) -> tuple[int, int]:
        return occurred(moment, utc_offset_minutes=self._shelf.log.utc_offset_minutes)

    def _check_document(self, act: Act, document: str) -> None:
        known = self._shelf.documents
        other = known.other(document, title=act.copies.title, issuer=act.copies.issuer)
        if other is not None:
            raise AmbiguousError("doc_no", CellProblem(
                zh=f"文号 {act.copies.document} 已登记为另一份文件：{other}",
                en=f"the number {act.copies.document} is registered for another document: {other}",
                write_zh="核对原件；文号或标题有误的改正，确属不同文件的在文号后注明以示区别",
                write_en="look at the paper; mend the number or the title, or tell the two documents apart in the number",
            ))  # fmt: skip
        if act.kind == "registered.document":
            known.describe(document, title=act.copies.title, issuer=act.copies.issuer)

    @staticmethod
    def _taken(placed: Placed, found: Standing) -> None:
        """An event that stands: later acts of the row are about the same copies."""
        placed.refs.append((found.event.id, found.event_hash))
        placed.carriers += [subject for subject in found.event.subjects if subject.startswith("c/")]
        placed.unnumbered += getattr(unverified_body(found.event), "copies_unnumbered", 0) or 0

    def _names_more(self, act: Act, found: Standing) -> bool:
        """Whether a person is known now for a name that stands in the log only as it was written."""
        stated = getattr(unverified_body(found.event), "stated", UNSET)
        written = () if stated is UNSET else tuple((role, name) for role, name in stated)
        return any(
            (role, name) in written and self._shelf.names.person(name, unit) is not None
            for role, names, unit in act.people
            for name in names
        )

    def _new(self, act: Act, row: Row, part: _Part, document: str, placed: Placed, cells: bytes) -> Planned:
        span: Span = self._span(act.moment) if act.moment else ()
        chosen_at = act.moment or act.sorted_at
        carriers, unnumbered = self._copies(act, part, document, self._span(chosen_at) if chosen_at else ())
        refs = [ref for key in act.refs if key in self._placed for ref in self._placed[key].refs]
        people, stated = self._people(act)
        body: dict[str, Any] = {
            "source": {"cells": cells, "sha256": self._register.sha256, "sheet": row.sheet or _NO_SHEET, "row": row.number},
            **{key: self._end_us(value) if isinstance(value, Moment) else value for key, value in act.fields.items()},
            **self._fields(act, part, document, carriers, unnumbered),
        }  # fmt: skip
        if stated:
            body["stated"] = stated
        self._name_unknown(act, document, body)
        event = self._shelf.prepare(
            act.kind, body=body, people=people, subjects=_subjects(act, document, carriers, unnumbered), occurred=span,
            refs=sorted(set(refs))[: limits.REFS_MAX], event_id=part.event_id,
        )  # fmt: skip
        self._shelf.put(event, cells)
        self._shelf.documents.note(act.kind, document, carriers, part.numbers, span)
        placed.refs.append((part.event_id, digest.event_hash(event.encoded)))
        placed.carriers += carriers
        placed.unnumbered += unnumbered
        return Planned(event, placed.order)

    def _name_unknown(self, act: Act, document: str, body: dict[str, Any]) -> None:
        """Keep the title that the book gives to a document of which the log has none."""
        if act.kind not in _KEEP_TITLE or self._shelf.sealed or not act.copies.title:
            return
        if not self._shelf.documents.facts(document).registered:
            title = f"文件标题：{act.copies.title}"
            body["note"] = f"{body['note']}；{title}" if "note" in body else title

    def _copies(self, act: Act, part: _Part, document: str, span: Span) -> tuple[list[str], int]:
        """(carriers, how many copies the book doesn't tell apart)."""
        known = self._shelf.documents
        if act.on_list_alone:
            return [], 0
        before = self._placed.get(act.same_as)
        if before is not None and len(part.numbers) == len(act.copies.numbers):
            return list(before.carriers), before.unnumbered
        if part.numbers:
            carriers = [known.carrier(document, number) for number in part.numbers]
            for carrier in carriers:
                other = known.document_of(carrier)
                if other is not None and other != document:
                    raise AmbiguousError("copy_no", _copy_of_another(carrier, other))
            return carriers, 0
        if act.copies.count == 1 and act.kind not in {"created.received", "registered.document"}:
            only = known.only_copy(document, at=span)
            if only is not None:
                return [only], 0
        return [], act.copies.count

    def _people(self, act: Act) -> tuple[list[tuple[str, str, int]], list[list[str]]]:
        """The signer and the persons who are known, and the names of the others as the book has them."""
        registrar = self._shelf.registrar
        people: dict[tuple[str, str], int] = {("registrar", registrar): 1}
        stated: list[list[str]] = []
        for role, names, unit in act.people:
            for name in names:
                person = self._shelf.names.person(name, unit)
                if person is None:
                    stated.append([role, name])
                else:
                    people.setdefault((role, person), 0)
        return [(role, person, signs) for (role, person), signs in people.items()], stated

    def _fields(
        self, act: Act, part: _Part, document: str, carriers: Sequence[str], unnumbered: int
    ) -> Mapping[str, Any]:
        """The fields that depend on which copies are meant."""
        fields: dict[str, Any] = {}
        if act.kind == "created.received":
            count = len(carriers) or unnumbered
            pages = {"pages": act.copies.pages} if act.copies.pages is not None else {}
            fields |= {"listed": count, "found": count, "items": [
                {"carrier": carrier, "form": "document", "document": document, "copy_no": number, **pages}
                for carrier, number in zip(carriers, part.numbers, strict=True)
            ]}  # fmt: skip
        elif act.kind == "listed.added":
            reason = {"reason": act.reason.code} if act.reason else {}
            fields["items"] = [{"carrier": carrier, **reason} for carrier in carriers]
        if unnumbered and act.kind not in _MOVES_NOTHING:
            fields["copies_unnumbered"] = unnumbered
        if act.whole_of:
            whole = [self._placed.get(key) for key in act.whole_of]
            if all(part and not part.unnumbered for part in whole):
                fields["whole"] = whole_of(carrier for part in whole if part for carrier in part.carriers)
        return fields

    def _end_us(self, moment: Moment) -> int:
        """A term that ends with a day lasts to its end."""
        start, span = self._span(moment)
        return start + span


def _subjects(act: Act, document: str, carriers: Sequence[str], unnumbered: int) -> list[str]:
    subjects = [act.on] if act.on else []
    if act.on_list_alone:
        return subjects
    subjects += carriers
    if not carriers or act.kind in _WITH_DOCUMENT:
        subjects.append(document)
    return subjects


def _copy_of_another(carrier: str, other: str) -> CellProblem:
    return CellProblem(
        zh=f"载体 {carrier} 在日志中属于另一份文件 {other}",
        en=f"the log has {carrier} as a copy of another document, {other}",
        write_zh="核对文号和份号", write_en="check the document number and the copy number",
    )  # fmt: skip
