"""Acts about earlier acts: corrected, made void, countersigned. Pure; earlier acts are looked up through the fold.

A correction changes a descriptive field from its record on. An act is undone only if nothing moved its carriers and lists
since, and a registrar and an approver, two persons, both signed. A countersignature counts from its own record on. What
takes no effect is kept with one word that says why: a rule makes a finding of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from chainlog.event.catalogue import REGISTRY
from chainlog.event.types import DOCUMENT, FORM
from chainlog.projection import levels, rows
from chainlog.projection.effects import EFFECTS
from chainlog.projection.feed import Act
from chainlog.projection.fold import Fold
from chainlog.projection.handling import Handler
from chainlog.projection.rows import CarrierState, CorrectionRow, CountersignRow
from chainlog.projection.sides import Person, evidence_of

_TEXTS: Final = frozenset({
    "copy_no", "doc_no", "title", "form", "number", "name", "serial_no", "model", "capacity", "register", "file_no",
    "receipt_no", "delivery_no", "post_no", "slip_no", "form_no", "letter_no", "report_no", "document_no",
})  # fmt: skip
_NUMBERS: Final = frozenset({"pages", "serial"})

DESCRIPTIVE: Final = _TEXTS | _NUMBERS
"""Last parts of the fields that `corrected.field` may change."""

_UNDOABLE_TAGS: Final = (
    rows.LEVEL, rows.SCOPE, rows.CONTACT, rows.ENTERED, rows.UNNUMBERED, rows.ASIDE, rows.LISTED, rows.APPROVED,
)  # fmt: skip
_documents: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(DOCUMENT.annotation)


def target_of(fold: Fold, act: Act) -> Act | None:
    """The act that an act speaks of, None if its kind is not known here."""
    refs = act.refs
    target = fold.find(refs[0][0]) if refs else None
    return None if target is None or target.index >= act.index else target


def _corrections(act: Act, target: Act | None, *, field: str, problem: str) -> CorrectionRow:
    return CorrectionRow(act.kind, -1 if target is None else target.index, field, problem)


# --- corrected.field ----------------------------------------------------------------------------


def _field(fold: Fold, act: Act) -> None:
    target = target_of(fold, act)
    for subject in act.subjects:
        if subject[0] == "c":
            fold.carriers[subject].moved_index = act.index
        elif subject[0] == "l":
            fold.list_state(subject).moved_index = act.index
    path = act.body.field.split(".")
    value, problem = _new_value(path[-1], act.body.new)
    if target is None:
        problem = "no-target"
    elif target.kind.startswith("destroyed.") or getattr(target.body, "step", UNSET) == "approved":
        problem = "may-not-change"
    elif not problem and not _set(fold, target, path, value):
        problem = "no-such-field"
    fold.put_act(rows.CORRECTION, act.index, _corrections(act, target, field=act.body.field, problem=problem))


def _new_value(name: str, text: str) -> tuple[Any, str]:
    if name not in DESCRIPTIVE:
        return None, "not-descriptive"
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None, "bad-value"
    wanted = int if name in _NUMBERS else str
    good = type(value) is wanted and (value in FORM.values if name == "form" else bool(value) or value == 0)
    return value, "" if good else "bad-value"


def _set(fold: Fold, target: Act, path: list[str], value: Any) -> bool:
    """Change what the states hold of the field. False if the target has no such field."""
    name = path[-1]
    if len(path) == 3 and path[0] == "items" and path[1].isascii() and path[1].isdigit():
        items = getattr(target.body, "items", UNSET) or ()
        if int(path[1]) >= len(items) or not hasattr(items[int(path[1])], name):
            return False
        state = fold.carriers[target.subjects[items[int(path[1])].carrier]]
        if name in ("copy_no", "pages", "form"):
            setattr(state, name, value)
        return True
    if len(path) == 2 and path[0] == "document":
        return _set_document(fold, target, name, value)
    if len(path) != 1 or not hasattr(target.body, name):
        return False
    if target.kind == "created.equipment" and name in ("form", "number"):
        for subject in target.subjects:
            if subject[0] == "c":
                setattr(fold.carriers[subject], name, value)
    if target.kind == "registered.document" and name in ("register", "serial"):
        for subject in target.subjects:
            if subject[0] == "d" and fold.document(subject).registered_index == target.index:
                setattr(fold.document(subject), name, value)
    return True


def _set_document(fold: Fold, target: Act, name: str, value: Any) -> bool:
    stated = getattr(target.body, "document", UNSET)
    if stated is UNSET or not hasattr(stated, name):
        return False
    for subject in target.subjects:
        state = fold.document(subject) if subject[0] == "d" else None
        if state is not None and state.stated:
            state.stated = rows.encode(replace(_documents.decode(state.stated), **{name: value}))
    return True


# --- corrected.void -----------------------------------------------------------------------------


def _void(fold: Fold, act: Act) -> None:
    target = target_of(fold, act)
    problem = "no-target" if target is None else _void_problem(fold, act, target)
    fold.put_act(rows.CORRECTION, act.index, _corrections(act, target, field="", problem=problem))
    if target is not None and not problem:
        fold.put_act(rows.VOIDED, target.index, act.index)
        _undo(fold, act, target)
    for subject in act.subjects:
        if subject[0] == "c":
            fold.carriers[subject].moved_index = act.index
        elif subject[0] == "l":
            fold.list_state(subject).moved_index = act.index


def _void_problem(fold: Fold, act: Act, target: Act) -> str:
    kind = target.kind
    if kind in REGISTRY or kind.startswith("corrected.") or kind == "countersigned":
        return "may-not-change"
    if fold.void_of(target.index) is not None:
        return "void-already"
    registrars = {person for role, person, signs in act.people if signs and role == "registrar"}
    approvers = {person for role, person, signs in act.people if signs and role == "approver"}
    if not registrars or not approvers or len(registrars | approvers) < 2:
        return "not-two-signers"
    for subject in target.subjects:
        moved = -1
        if subject[0] == "c":
            moved = fold.carriers[subject].last_moved
        elif subject[0] == "l":
            moved = fold.list_state(subject).moved_index
        if moved > target.index:
            return "moved-since"
    return ""


def _undo(fold: Fold, act: Act, target: Act) -> None:
    for subject in target.subjects:
        for tag in _UNDOABLE_TAGS:
            row = fold.get_dated(tag, subject, target.index)
            if row is not None:
                row.void_index = act.index
                fold.put_dated(tag, subject, target.index, row)
    _undo_pairs(fold, target)
    for subject in target.subjects:
        if subject[0] == "c":
            _undo_carrier(fold, act, target, subject)
        elif subject[0] == "d":
            replayed = _replay(fold, subject, target.index, act.index).documents.get(subject)
            fold.documents[subject] = rows.DocumentState() if replayed is None else replayed
        elif subject[0] == "l":
            replayed_list = _replay(fold, subject, target.index, act.index).lists.get(subject)
            fold.lists[subject] = rows.ListState() if replayed_list is None else replayed_list


def _undo_carrier(fold: Fold, act: Act, target: Act, carrier: str) -> None:
    document = fold.carriers[carrier].document
    before = _replay(fold, carrier, target.index, act.index).carriers.get(carrier) or CarrierState()
    stored = (row for _, row in fold.scan_dated(rows.LEVEL, carrier) if row.void_index < 0)
    before.stored = levels.stored(stored)
    if document and before.document != document:
        fold.drop_pair(rows.COPY, document, carrier)
    fold.undo(act, carrier, target.index, before)


_END_LISTING: Final = frozenset({"listed.withdrawn", "returned.to_keeper", "returned.to_issuer"})


def _undo_pairs(fold: Fold, target: Act) -> None:
    kind, subjects = target.kind, target.subjects
    carriers = [subject for subject in subjects if subject[0] == "c"]
    lists = [subject for subject in subjects if subject[0] == "l"]
    if kind == "copied.made":
        for parent in (subjects[position] for position in target.body.parents):
            for item in target.body.items:
                fold.drop_pair(rows.PARENT, subjects[item.carrier], parent)
                fold.drop_pair(rows.CHILD, parent, subjects[item.carrier])
    elif kind == "transferred.archive":
        for carrier in carriers:
            fold.drop_pair(rows.CONTENT, subjects[target.body.volume], carrier)
    elif kind == "listed.added":
        for name in lists:
            for carrier in carriers:
                if fold.get_pair(rows.ON_LIST, name, carrier) == target.index:
                    fold.drop_pair(rows.ON_LIST, name, carrier)
    elif kind in _END_LISTING:
        for carrier in carriers:
            for index, row in fold.scan_dated(rows.LISTED, carrier):
                if row.off_index == target.index:
                    row.off_us = row.off_index = None
                    fold.put_dated(rows.LISTED, carrier, index, row)
                    fold.put_pair(rows.ON_LIST, row.list, carrier, index)


def _replay(fold: Fold, subject: str, without: int, before: int) -> Fold:
    """The subject's own history folded anew, without what is void. Cost: a read of that history; voids are rare."""
    scratch = Fold(None, find=fold.find, history=fold.history)
    for act in fold.history(subject, before):
        if act.index == without or fold.void_of(act.index) is not None:
            continue
        effect = EFFECTS.get(act.kind)
        if effect is not None:
            effect.on(scratch, act)
        elif act.kind in _REPLAYED:
            _REPLAYED[act.kind](scratch, act)
    return scratch


# --- countersigned ------------------------------------------------------------------------------


def _countersigned(fold: Fold, act: Act) -> None:
    target = target_of(fold, act)
    if target is None:
        return
    signed = tuple(entry for entry in act.people if entry[2])
    fold.put_act(rows.COUNTERSIGN, target.index, CountersignRow(act.start_us, signed), other=act.index)
    people = merged(target.people, (row.people for row in fold.countersigned(target.index)))
    for subject in target.subjects:
        if subject[0] != "c":
            continue
        now = fold.carriers[subject].now
        if now is not None and now.from_index == target.index:
            evidence = evidence_of(
                target.kind, tuple(people), holder=now.person, phase=now.phase, imported=target.imported
            )
            if target.kind == "transferred.receipt":
                evidence = min(evidence, now.evidence + 1)
            fold.attest(act, subject, evidence)


def merged(people: Any, more: Any) -> list[Person]:
    """People with the signatures that others or they themselves gave later."""
    found = {(role, person): signs for role, person, signs in people}
    for later in more:
        for role, person, signs in later:
            found[role, person] = max(signs, found.get((role, person), 0))
    return [(role, person, signs) for (role, person), signs in found.items()]


_REPLAYED: Final[Mapping[str, Handler]] = {"corrected.field": _field, "countersigned": _countersigned}

AMENDING: Final[Mapping[str, Handler]] = {**_REPLAYED, "corrected.void": _void}
"""Effect of the kinds that speak of an earlier act."""
