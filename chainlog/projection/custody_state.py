"""What questions about custody are answered with: one carrier, one document, one list, a lineage. Pure types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, Self

import msgspec
from msgspec.structs import replace

from chainlog.projection.levels import InForce, Standing, effective
from chainlog.projection.rows import EVIDENCE, NONE, UNKNOWN_US, CarrierState, DocumentState, Interval, ListState


class AsOf(msgspec.Struct, frozen=True, gc=False):
    """
    When a question is asked of. Both absent: now.

    us: by the time at which things happened, as is known. index: with this record as the last one known.
    """

    us: int | None = None
    index: int | None = None

    @property
    def is_now(self) -> bool:
        """Whether it is no moment of the past."""
        return self.us is None and self.index is None

    def knows(self, index: int, void_index: int) -> bool:
        """Whether a row written at *index*, and taken back at *void_index* unless that is negative, held then."""
        if self.index is None:
            return void_index < 0
        return index <= self.index and not 0 <= void_index <= self.index

    def reached(self, us: int) -> bool:
        """Whether something that happened at *us* had happened."""
        return self.us is None or us <= self.us

    def opened(self, row: Interval) -> Interval:
        """The interval as it was known: open if the act that ended it was not."""
        if self.index is None or row.to_index is None or row.to_index <= self.index:
            return row
        return replace(row, to_us=None, to_index=None)

    def falls_in(self, from_us: int, to_us: int | None) -> bool:
        """Whether the moment lies in [from_us, to_us); now lies in what is open."""
        if self.us is None:
            return to_us is None
        return from_us <= self.us and (to_us is None or self.us < to_us)


NOW: Final = AsOf()
"""As everything stands, with all that is known."""


class CustodyState(msgspec.Struct, frozen=True, gc=False):
    """
    One carrier at one moment.

    phase: where it is in its life; None where only other than custody acts name it. custody_phase: the same without what
    lists add (recalled, pending_destruction, destruction_approved).
    level: effective; own_level as stated at its birth, decided_level by a decision about it, document_level in force for
    its document, stored_level of what was put on it. term: as text, of the level in force.
    holder: who has it, None if nobody or unknown. unit: where it was sent. evidence: both, one or none.
    since_index, since_us: the act that gave it to the holder; since_us None where the books don't say when.
    disposal, recall: the lists that it is on.
    """

    carrier: str
    phase: str | None
    level: str | None
    holder: str | None
    place: str | None
    since_index: int | None
    since_us: int | None
    due_us: int | None
    evidence: str
    custody_phase: str | None
    unit: str | None
    term: str | None
    own_level: str | None
    decided_level: str | None
    document_level: str | None
    stored_level: str | None
    document: str | None
    form: str | None
    copy_no: str | None
    number: str | None
    pages: int | None
    container: str | None
    disposal: str | None
    recall: str | None
    born_index: int | None
    born_us: int | None
    born_kind: str | None


# Phases in which being on a list shows.
_ON_DISPOSAL: Final = frozenset({"in_stock", "archived"})
_ON_RECALL: Final = frozenset({"in_stock", "archived", "on_loan", "held"})


def phase_of(phase: str, disposal: str, recall: str, is_approved: Callable[[str], bool]) -> str:
    """The phase of custody with what lists add to it. is_approved: whether a list may be destroyed."""
    if disposal and phase in _ON_DISPOSAL:
        return "destruction_approved" if is_approved(disposal) else "pending_destruction"
    return "recalled" if recall and phase in _ON_RECALL else phase


def custody_state(
    carrier: str,
    state: CarrierState,
    now: Interval | None,
    phase: str,
    decided: str,
    stored: str,
    document: InForce,
    disposal: str,
    recall: str,
) -> CustodyState:
    """Put together what a view found. Cost: most of a look-up, so fields are given by place."""
    level = document.level
    if decided or stored or state.level != level:
        level = effective(
            own=state.level, own_us=state.born_us, decided=decided, stored_level=stored, document=document
        )
    term = document.term if document.level and level == document.level else state.term
    if now is None:
        now = _NOWHERE
    return CustodyState(
        carrier, phase or None, level or None, now.person or None, now.place or None,
        now.from_index if now.from_index >= 0 else None, None if now.from_us == UNKNOWN_US else now.from_us,
        now.due_us, EVIDENCE[now.evidence],
        now.phase or None, now.unit or None, term or None, state.level or None, decided or None, document.level or None,
        stored or None, state.document or None, state.form or None, state.copy_no or None, state.number or None,
        state.pages, state.container or None, disposal or None, recall or None,
        state.born_index if state.born_index >= 0 else None, None if state.born_us == UNKNOWN_US else state.born_us,
        state.born_kind or None,
    )  # fmt: skip


_NOWHERE: Final = Interval("", "", "", "", UNKNOWN_US, None, -1, None, "", NONE, None, -1, -1, -1)


class DocumentView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One document.

    stated: the typed `document` of its registration, with corrections; None if it was never registered with one.
    level, term, change, decided_us: in force; decided_us None where only stated. phase: of a document without copies,
    `draft` or `approved`, else None. copies: its carriers.
    """

    document: str
    stated: Any
    register: str | None
    serial: int | None
    registered_index: int | None
    registered_us: int | None
    derived_from: tuple[str, ...]
    level: str | None
    term: str | None
    change: str | None
    decided_us: int | None
    phase: str | None
    copies: tuple[str, ...]

    @classmethod
    def of(cls, document: str, state: DocumentState, stated: Any, in_force: Standing, copies: list[str]) -> Self:
        """Put together what a view found."""
        registered = state.registered_index >= 0
        phase = None
        if not copies:
            phase = "approved" if "approved" in state.steps else "draft"
        return cls(
            document=document,
            stated=stated,
            register=state.register if registered else None,
            serial=state.serial if registered else None,
            registered_index=state.registered_index if registered else None,
            registered_us=known(state.registered_us) if registered else None,
            derived_from=state.derived_from,
            level=in_force.level or None,
            term=in_force.term or None,
            change=in_force.change or None,
            decided_us=known(in_force.decided_us),
            phase=phase,
            copies=tuple(copies),
        )


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """
    One list. purpose, total, unit, opened: as first stated. parts: numbers of the parts that stand, of `parts_of`;
    0 where it has no parts. approved_index: of the permit to destroy. items: the carriers on it, withdrawn ones left out.
    """

    list: str
    purpose: str | None
    total: int
    due_us: int | None
    unit: str | None
    opened_index: int | None
    opened_us: int | None
    parts: tuple[int, ...]
    parts_of: int
    approved_index: int | None
    approved_us: int | None
    items: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all parts are there."""
        return self.opened_index is not None and len(self.parts) >= self.parts_of

    @classmethod
    def of(cls, name: str, state: ListState, items: Any) -> Self:
        """Put together what a view found."""
        opened, approved = state.opened_index >= 0, state.approved_index >= 0
        return cls(
            list=name,
            purpose=state.purpose or None,
            total=state.total,
            due_us=state.due_us,
            unit=state.unit or None,
            opened_index=state.opened_index if opened else None,
            opened_us=known(state.opened_us) if opened else None,
            parts=state.parts,
            parts_of=state.parts_of,
            approved_index=state.approved_index if approved else None,
            approved_us=known(state.approved_us) if approved else None,
            items=tuple(items),
        )


class Edge(NamedTuple):
    """One carrier was made from another: how (`copied.made.method`), and by which record."""

    parent: str
    child: str
    method: str
    index: int  # type: ignore[assignment]


class Lineage(NamedTuple):
    """ancestors, descendants: edges, nearest first. contents: what is or was filed in it, if it is a volume."""

    carrier: str
    ancestors: tuple[Edge, ...]
    descendants: tuple[Edge, ...]
    contents: tuple[str, ...]


def known(us: int) -> int | None:
    """A time as it is shown: None where the books don't know it."""
    return None if us == UNKNOWN_US else us
