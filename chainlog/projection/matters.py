"""What kinds that move nobody's custody do: documents, levels, lists, decisions, reading, counting. Pure.

They describe carriers and documents, fix who may know, put carriers on lists, and say who met content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from chainlog.projection import rows
from chainlog.projection.births import bind, describe
from chainlog.projection.feed import Act
from chainlog.projection.fold import Fold
from chainlog.projection.handling import Handler, text_of, time_of
from chainlog.projection.levels import Standing, effective, highest
from chainlog.projection.registry_rows import OWN_UNITS
from chainlog.projection.rows import (
    UNKNOWN_US,
    ApprovedRow,
    Contact,
    ContactRow,
    LevelRow,
    ListedRow,
    ScopeRow,
    UnnumberedRow,
)


def documents_of(act: Act) -> list[str]:
    """The documents that an act names."""
    return [subject for subject in act.subjects if subject[0] == "d"]


def registered_documents(act: Act) -> list[str]:
    """The documents that a registration is of: not those that it only states as sources."""
    stated = act.body.document
    sources = () if stated is UNSET else stated.derived_from or ()
    return [one for position, one in enumerate(act.subjects) if one[0] == "d" and position not in sources]


# --- documents and levels -----------------------------------------------------------------------


def _registered(fold: Fold, act: Act) -> None:
    body = act.body
    documents = registered_documents(act)
    described = set()
    for item in body.items or ():
        carrier = act.subjects[item.carrier]
        described.add(carrier)
        describe(fold, act, carrier, fold.carriers[carrier], item)
    if len(documents) == 1:
        for subject in act.subjects:
            if subject[0] == "c" and subject not in described:
                bind(fold, act, subject, fold.carriers[subject], documents[0])
    for document in documents:
        state = fold.document(document)
        if state.registered_index < 0:
            state.register, state.serial = body.register, body.serial
            state.registered_index, state.registered_us = act.index, act.start_us
        if body.document is not UNSET and not state.stated:
            state_document(fold, act, document, body.document)


def state_document(fold: Fold, act: Act, document: str, stated: Any) -> None:
    """Take over what is stated about a document. Stated again for more copies, the first statement stays."""
    state = fold.document(document)
    state.stated = rows.encode(stated)
    state.derived_from = tuple(act.subjects[position] for position in stated.derived_from or ())
    row = LevelRow(act.start_us, stated.level, text_of(stated.term), "stated")
    fold.put_dated(rows.LEVEL, document, act.index, row)
    if state.decided_us == UNKNOWN_US and act.start_us >= state.level_us:
        state.level, state.term, state.level_us = row.level, row.term, row.us


def copied_document(fold: Fold, act: Act) -> None:
    """A copy with a document of its own, an excerpt, states it in the event that makes the copy."""
    if act.body.document is UNSET:
        return
    for item in act.body.items:
        if isinstance(item.document, int):
            document = act.subjects[item.document]
            if not fold.document(document).stated:
                state_document(fold, act, document, act.body.document)


def _content_stored(fold: Fold, act: Act) -> None:
    """Content was put on a medium: those carriers of the event that are not the source."""
    body, subjects = act.body, act.subjects
    documents = tuple(subjects[position] for position in body.documents or ())
    row = LevelRow(act.start_us, body.level, "", "stored", documents=documents)
    for i, subject in enumerate(subjects):
        if subject[0] == "c" and i != body.device:
            state = fold.carriers[subject]
            state.stored = highest((state.stored, body.level))
            fold.put_dated(rows.LEVEL, subject, act.index, row)


def _erased(fold: Fold, act: Act) -> None:
    row = LevelRow(act.start_us, "", "", "erased")
    for subject in act.subjects:
        if subject[0] == "c":
            state = fold.carriers[subject]
            state.stored, state.moved_index = "", act.index
            fold.put_dated(rows.LEVEL, subject, act.index, row)


def contained(fold: Fold, act: Act) -> None:
    """A volume bears the highest level of what was ever filed in it."""
    subjects, volume = act.subjects, act.subjects[act.body.volume]
    level = ""
    for subject in subjects:
        if subject[0] == "c" and subject != volume:
            state = fold.carriers[subject]
            document = fold.document(state.document) if state.document else None
            in_force = Standing() if document is None else Standing(document.level, "", document.decided_us)
            level = highest((
                level,
                effective(
                    own=state.level, own_us=state.born_us, decided=state.decided, stored_level=state.stored,
                    document=in_force,
                ),
            ))  # fmt: skip
    state = fold.carriers[volume]
    state.stored = highest((state.stored, level))
    fold.put_dated(rows.LEVEL, volume, act.index, LevelRow(act.start_us, level, "", "contained"))


def _marked(fold: Fold, act: Act) -> None:
    for subject in act.subjects:
        if subject[0] == "c":
            fold.carriers[subject].moved_index = act.index


# --- decisions ----------------------------------------------------------------------------------


def _opened(fold: Fold, act: Act) -> None:
    fold.unit(act.body.unit).is_own = True


def _unit_declared(fold: Fold, act: Act) -> None:
    body = act.body
    state = fold.unit(body.unit)
    state.is_own, state.parent = state.is_own or body.type in OWN_UNITS, text_of(body.parent)


def takes_effect(fold: Fold, act: Act) -> bool:
    """
    Only an approval has effect, and only if its approver signed; one by another unit, or imported, as stated.

    Whoever names the own unit, or a section of it, as who decided, would be the approver without signing.
    """
    if act.body.step != "approved":
        return False
    if act.imported or any(role == "approver" and signs for role, _, signs in act.people):
        return True
    return act.body.by is not UNSET and not fold.is_own(act.body.by)


def _level_decided(fold: Fold, act: Act) -> None:
    body = act.body
    for subject in act.subjects:
        if subject[0] == "d" and act.kind == "decided.classify":
            state = fold.document(subject)
            if body.step not in state.steps:
                state.steps = (*state.steps, body.step)
    if not takes_effect(fold, act):
        return
    change = text_of(getattr(body, "change", UNSET))
    row = LevelRow(act.start_us, body.level, text_of(body.term), "decided", change)
    for subject in act.subjects:
        if subject[0] == "d":
            _decide_document(fold, act, subject, row)
        elif subject[0] == "c":
            carrier = fold.carriers[subject]
            if row.us >= carrier.decided_us:
                carrier.decided, carrier.decided_us = row.level, row.us
                carrier.term = row.term or carrier.term
            fold.put_dated(rows.LEVEL, subject, act.index, row)


def _decide_document(fold: Fold, act: Act, document: str, row: LevelRow) -> None:
    state = fold.document(document)
    fold.put_dated(rows.LEVEL, document, act.index, row)
    if row.us >= state.decided_us:
        state.level, state.term, state.change = row.level, row.term, row.change
        state.level_us = state.decided_us = row.us
    scope = getattr(act.body, "scope", UNSET)
    if scope is not UNSET:
        _scope(fold, act, document, "set", scope)


def _scope(fold: Fold, act: Act, document: str, how: str, scope: Any) -> None:
    row = ScopeRow(act.start_us, how, tuple(scope.persons or ()), tuple(scope.posts or ()), tuple(scope.units or ()))
    fold.put_dated(rows.SCOPE, document, act.index, row)


def _scope_decided(fold: Fold, act: Act) -> None:
    if takes_effect(fold, act):
        for document in documents_of(act):
            _scope(fold, act, document, act.body.change, act.body.scope)


def _routed(fold: Fold, act: Act) -> None:
    recipients = act.body.recipients or ()
    if recipients and takes_effect(fold, act):
        persons = tuple(name for name in recipients if name[0] == "p")
        units = tuple(name for name in recipients if name[0] == "u")
        for document in documents_of(act):
            fold.put_dated(rows.SCOPE, document, act.index, ScopeRow(act.start_us, "route", persons, (), units))


def _permitted(fold: Fold, act: Act) -> None:
    if not takes_effect(fold, act):
        return
    for subject in act.subjects:
        if subject[0] == "l":
            fold.put_dated(rows.APPROVED, subject, act.index, ApprovedRow(act.start_us, act.body.act))
            state = fold.list_state(subject)
            if act.body.act == "destroy" and state.approved_index < 0:
                state.approved_index, state.approved_us = act.index, act.start_us


# --- lists --------------------------------------------------------------------------------------

_RECALLS: Final = frozenset({"clear", "recall"})


def _listed(fold: Fold, act: Act) -> None:
    body, subjects = act.body, act.subjects
    name = next(subject for subject in subjects if subject[0] == "l")
    state = fold.list_state(name)
    if state.opened_index < 0:
        state.purpose, state.total = body.purpose, body.total
        state.opened_index, state.opened_us = act.index, act.start_us
        state.unit = next((subject for subject in subjects if subject[0] == "u"), "")
    if body.due is not UNSET:
        state.due_us = body.due
    if body.part is not UNSET:
        state.parts_of = body.part.of
        if body.part.number not in state.parts:
            state.parts = tuple(sorted((*state.parts, body.part.number)))
    state.moved_index = act.index
    reasons = {subjects[item.carrier]: text_of(item.reason) for item in body.items}
    for carrier in (subject for subject in subjects if subject[0] == "c"):
        if fold.get_pair(rows.ON_LIST, name, carrier) is not None:
            continue
        fold.put_pair(rows.ON_LIST, name, carrier, act.index)
        row = ListedRow(name, body.purpose, reasons.get(carrier, ""), act.start_us)
        fold.put_dated(rows.LISTED, carrier, act.index, row)
        holder = fold.carriers[carrier]
        if body.purpose == "destroy":
            holder.disposal = name
        elif body.purpose in _RECALLS:
            holder.recall = name


def _withdrawn(fold: Fold, act: Act) -> None:
    subjects = act.subjects
    name = next(subject for subject in subjects if subject[0] == "l")
    fold.list_state(name).moved_index = act.index
    for carrier in (subject for subject in subjects if subject[0] == "c"):
        if fold.end_listing(act, name, carrier):
            fold.drop_pair(rows.ON_LIST, name, carrier)


# --- contact ------------------------------------------------------------------------------------


def _read(fold: Fold, act: Act) -> None:
    body, people = act.body, act.people
    readers = tuple(person for role, person, _ in people if role == "reader")
    signed = bool(readers) and all(signs for role, _, signs in people if role == "reader")
    met = Contact(time_of(body.out_at), body.how, readers, text_of(body.place), signed)
    row = ContactRow(act.start_us, act.id, tuple(event_id for event_id, _ in act.refs), (met,))
    for subject in act.subjects:
        if subject[0] in "cd":
            fold.put_dated(rows.CONTACT, subject, act.index, row)


def _entered(fold: Fold, act: Act) -> None:
    people = act.people
    persons = tuple(dict.fromkeys(person for _, person, _ in people))
    signed = all(signs for _, _, signs in people)
    met = Contact(time_of(act.body.out_at), "entered", persons, "", signed)
    row = ContactRow(act.start_us, act.id, (), (met,))
    for subject in act.subjects:
        if subject[0] == "w":
            fold.put_dated(rows.ENTERED, subject, act.index, row)


# --- copies that the book doesn't tell apart ----------------------------------------------------


def unnumbered(fold: Fold, act: Act) -> None:
    """Count an act on copies without numbers. It moves nothing."""
    what = text_of(getattr(act.body, "what", UNSET)) or text_of(getattr(act.body, "reason", UNSET))
    row = UnnumberedRow(act.start_us, act.kind, what, act.body.copies_unnumbered)
    for document in documents_of(act):
        fold.document(document)
        fold.put_dated(rows.UNNUMBERED, document, act.index, row)


MATTERS: Final[Mapping[str, Handler]] = {
    "log_opened": _opened,
    "declared.unit": _unit_declared,
    "registered.document": _registered,
    "marked": _marked,
    "copied.stored": _content_stored,
    "destroyed.contents": _erased,
    "decided.classify": _level_decided,
    "decided.reclassify": _level_decided,
    "decided.scope": _scope_decided,
    "decided.route": _routed,
    "decided.permit": _permitted,
    "listed.added": _listed,
    "listed.withdrawn": _withdrawn,
    "accessed.read": _read,
    "accessed.entered": _entered,
}
"""Kinds that change what is known about carriers, documents and lists."""
