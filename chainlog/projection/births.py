"""How carriers enter the books: received, produced, entered, set up, opened with, copied. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from chainlog.projection import rows
from chainlog.projection.feed import Act
from chainlog.projection.fold import Fold
from chainlog.projection.handling import Handler, carriers_of, contact, other_people, text_of, time_of
from chainlog.projection.rows import NONE, ONE, CarrierState
from chainlog.projection.sides import evidence_of, first_of


def _created(fold: Fold, act: Act) -> None:
    body = act.body
    holder, evidence, alone = _first_custodian(act)
    place = body.place or ""
    term = getattr(body, "term", UNSET) or ""
    for item in body.items:
        carrier = act.subjects[item.carrier]
        state = _born(fold, act, carrier, body.level, term, item)
        again = state.now is not None and _comes_again(state)
        fold.move(act, carrier, "in_stock", holder, place, evidence, revives=again)
    if not alone:
        other_people(fold, act, [act.subjects[item.carrier] for item in body.items], holder)


def _first_custodian(act: Act) -> tuple[str, int, bool]:
    """(holder, evidence, whether nobody is named but the two sides) of an entry into the books."""
    if act.kind == "created.received":
        crew = act.crew
        # Who imports a ledger is not who took the carriers in: the name in the book may be nobody's subject yet.
        keeper = "" if act.imported else first_of(act.people, "registrar", "operator")
        return crew.receiver or keeper, crew.evidence, crew.alone
    holder = first_of(act.people, "receiver", "registrar", "operator")
    return holder, evidence_of(act.kind, act.people, holder=holder, phase="", imported=act.imported), False


def _comes_again(state: CarrierState) -> bool:
    """A copy that went back to its issuer may be received again."""
    return state.phase == "returned_to_issuer"


def _born(fold: Fold, act: Act, carrier: str, level: str, term: str, item: Any) -> CarrierState:
    """Facts of a carrier that its entry into the books states. The first entry counts."""
    state = fold.carriers[carrier]
    if state.born_index < 0:
        state.born_index, state.born_us, state.born_kind = act.index, act.start_us, act.kind
        state.level, state.term = level, term
    describe(fold, act, carrier, state, item)
    return state


def describe(fold: Fold, act: Act, carrier: str, state: CarrierState, item: Any) -> None:
    """Take over what an item says about a carrier: form, copy number, pages, document."""
    state.form = item.form
    if item.copy_no is not UNSET:
        state.copy_no = item.copy_no
    if item.pages is not UNSET:
        state.pages = item.pages
    if item.document is not UNSET:
        bind(fold, act, carrier, state, act.subjects[item.document])


def bind(fold: Fold, act: Act, carrier: str, state: CarrierState, document: str) -> None:
    """Make a carrier a copy of a document. What is stated last counts."""
    registered = act.kind == "registered.document"
    if state.document == document and not registered:
        return
    if state.document and state.document != document:
        fold.drop_pair(rows.COPY, state.document, carrier)
    state.document = document
    fold.put_pair(rows.COPY, document, carrier, act.index if registered else -1)
    fold.document(document)


def _opening(fold: Fold, act: Act) -> None:
    signed = any(signs for _, _, signs in act.people)
    for item in act.body.items:
        carrier = act.subjects[item.carrier]
        _born(fold, act, carrier, item.level, text_of(item.term), item)
        fold.move(act, carrier, item.phase, text_of(item.holder), text_of(item.place), ONE if signed else NONE)
        if item.phase == "archived":
            fold.carriers[carrier].home = "archived"


def _equipment(fold: Fold, act: Act) -> None:
    body = act.body
    holder, evidence, _ = _first_custodian(act)
    for carrier in carriers_of(act):
        state = fold.carriers[carrier]
        if state.born_index < 0:
            state.born_index, state.born_us, state.born_kind = act.index, act.start_us, act.kind
            state.level, state.term, state.form, state.number = body.level, text_of(body.term), body.form, body.number
        fold.move(act, carrier, "in_stock", holder, text_of(body.place), evidence, revives=_comes_again(state))


def _copied(fold: Fold, act: Act) -> None:
    body = act.body
    holder, evidence, _ = _first_custodian(act)
    parents = [act.subjects[position] for position in body.parents]
    due_us = time_of(body.due)
    children = []
    for item in body.items:
        carrier = act.subjects[item.carrier]
        children.append(carrier)
        _born(fold, act, carrier, body.level, text_of(body.term), item)
        fold.move(act, carrier, "in_stock", holder, text_of(body.place), evidence, due_us=due_us)
        for parent in parents:
            fold.put_pair(rows.PARENT, carrier, parent, (body.method, act.index))
            fold.put_pair(rows.CHILD, parent, carrier, (body.method, act.index))
    for role, person, signs in act.people:
        if role == "operator":
            met = parents if person == holder else parents + children
            contact(fold, act, met, "operated", person, signed=signs > 0)


BIRTHS: Final[Mapping[str, Handler]] = {
    "created.received": _created,
    "created.produced": _created,
    "created.entered": _created,
    "created.equipment": _equipment,
    "created.opening": _opening,
    "copied.made": _copied,
}
"""Kinds that bring carriers into the books."""
