"""Composing an event from what a caller states: names instead of positions, subjects gathered, order made. Pure.

The result has passed every check that `check_event` makes. Base, signatures and what needs earlier records
(documents of ended copies, hashes of references, roles that a policy wants) are the business of `log.drafting`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError, LimitError
from chainlog.event.catalogue import find_kind
from chainlog.event.kind import ROLES, Kind
from chainlog.event.model import CheckedEvent, Person, Ref, check_event
from chainlog.event.subject import fold
from chainlog.event.subjects import body_keys, body_persons, key_subject, stated_subject
from chainlog.event.types import FieldType

People = Mapping[str, str | Sequence[str]] | Iterable[Person]

# A body as it is stated has the subjects themselves where the event has positions.
_STATED_MAX: Final = limits.BODY_BYTES_MAX + limits.SUBJECTS_MAX * limits.TEXT_BYTES_MAX


def new_event_id(now_us: int) -> bytes:
    """A UUID version 7: its first 48 bits are the time in milliseconds. Random ids would cost a third of the append speed."""
    stamp = (now_us // 1000) & (2**48 - 1)
    number = (stamp << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    return number.to_bytes(16, "big")


def compose(
    kind: str,
    *,
    body: Mapping[str, Any],
    people: People,
    subjects: Iterable[str] = (),
    occurred: Sequence[int] = (),
    refs: Iterable[Ref] = (),
    event_id: bytes,
    expires_at_us: int,
    signs: Mapping[str, int] | None = None,
) -> CheckedEvent:
    """
    Build an event.

    Args:
        kind: its name.
        body: the fields of the kind; where a field is a position in `subjects`, the subject itself may stand.
        people: role to person or persons, who then sign as *signs* says; or (role, person, signs) each.
        subjects: carriers, documents … beside those that the body names; folded here. Persons, keys and the log's own
            subjects are added.
        occurred: () or (start_us, span_us).
        refs: (event id, event hash) of earlier acts.
        event_id: 16 bytes.
        expires_at_us: when the signed paper lapses; 0 only for what the log makes itself.
        signs: role to how many signatures each person of that role gives; by default what `default_signs` says.

    Raises: UnknownKindError, FormatError and its subclasses.
    """
    _check_stated(body)
    row = find_kind(kind)
    named = _people(people, default_signs(row, body) if signs is None else signs)
    gathered = set(fold_all(subjects))
    folded = _fold_named(row.fields, body)
    _gather(row.fields, folded, gathered)
    gathered.update(person for _, person, _ in named if person != "s/log")
    gathered.update(body_persons(folded))
    gathered.update(key_subject(key) for key in body_keys(folded))
    stated = stated_subject(row, folded)
    if stated is not None:
        gathered.add(stated)
    for word in row.subjects[0].split():
        if word.startswith("s/"):
            gathered.add(word)
    ordered = sorted(gathered, key=codec.encode_stated)
    places = {subject: i for i, subject in enumerate(ordered)}
    placed = _place(row.fields, folded, places)
    encoded = codec.encode_stated((
        kind, event_id, tuple(occurred), ordered, sorted(named, key=codec.encode_stated), sorted(refs), expires_at_us, placed,
    ))  # fmt: skip
    return check_event(encoded)


def _check_stated(body: Mapping[str, Any]) -> None:
    """Refuse what can't become a body before anything is made of it: folding and encoding would take many times its size."""
    left, waiting = _STATED_MAX, list(body.values())
    while waiting:
        value = waiting.pop()
        kind = type(value)
        if kind is str or kind is bytes or kind is list or kind is tuple or kind is dict:
            left -= len(value)
        left -= 1
        if left < 0:
            raise LimitError("body", path="$.body", limit=limits.BODY_BYTES_MAX)
        if kind is list or kind is tuple:
            waiting += value
        elif kind is dict:
            waiting += value.values()


def fold_all(subjects: Iterable[str]) -> list[str]:
    """The folds of *subjects*, each once, in the order given. Raises LimitError as soon as they are more than an event has."""
    folded: dict[str, None] = {}
    for subject in subjects:
        folded[fold(subject)] = None
        if len(folded) > limits.SUBJECTS_MAX:
            raise LimitError("subjects", path="$.subjects", limit=limits.SUBJECTS_MAX)
    return list(folded)


def default_signs(kind: Kind, body: Mapping[str, Any]) -> dict[str, int]:
    """Role to 1 for the roles that sign an event of this kind unless a policy wants others."""
    if kind.by_step:
        role = kind.by_step.get(str(body.get("step")))
        return {role: 1} if role else {}
    roles = dict.fromkeys(kind.signs, 1)
    if kind.name == "reported.incident":
        roles = {"registrar": 1, "operator": 1}
    if kind.name == "countersigned":
        roles = dict.fromkeys(ROLES, 1)
    return roles


def _people(people: People, signs: Mapping[str, int]) -> list[Person]:
    if not isinstance(people, Mapping):
        return [(role, person if person == "s/log" else fold(person), count) for role, person, count in people]
    named: list[Person] = []
    for role, persons in people.items():
        if role not in ROLES:
            raise FormatError(f"unknown role {role}; roles are {', '.join(ROLES)}", path="$.people")
        for person in (persons,) if isinstance(persons, str) else persons:
            named.append((role, person if person == "s/log" else fold(person), signs.get(role, 0)))
    return named


def _fold_named(fields: Mapping[str, FieldType], body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with every subject in it folded; unknown fields stay, for the decoder to refuse."""
    kinds = {name.rstrip("?"): field for name, field in fields.items()}
    return {key: _fold(kinds[key], value) if key in kinds else value for key, value in body.items()}


def _fold(field: FieldType, value: Any) -> Any:
    if (field.position or field.subject) and isinstance(value, str):
        return fold(value)
    if field.item is not None and isinstance(value, (list, tuple)):
        return [_fold(field.item, item) for item in value]
    if field.fields and isinstance(value, Mapping):
        return _fold_named(field.fields, value)
    if field.fields and isinstance(value, (list, tuple)) and len(value) == len(field.fields):
        return [_fold(inner, item) for inner, item in zip(field.fields.values(), value, strict=True)]
    return value


def _gather(fields: Mapping[str, FieldType], body: Mapping[str, Any], into: set[str]) -> None:
    for name, field in fields.items():
        key = name.rstrip("?")
        if key in body:
            _gather_value(field, body[key], into)


def _gather_value(field: FieldType, value: Any, into: set[str]) -> None:
    if field.position:
        if isinstance(value, str):
            into.add(value)
    elif field.item is not None and isinstance(value, list):
        for item in value:
            _gather_value(field.item, item, into)
    elif field.fields and isinstance(value, Mapping):
        _gather(field.fields, value, into)


def _place(fields: Mapping[str, FieldType], body: Mapping[str, Any], places: Mapping[str, int]) -> dict[str, Any]:
    kinds = {name.rstrip("?"): field for name, field in fields.items()}
    return {key: _place_value(kinds[key], value, places) if key in kinds else value for key, value in body.items()}


def _place_value(field: FieldType, value: Any, places: Mapping[str, int]) -> Any:
    if field.position and isinstance(value, str):
        return places[value]
    if field.item is not None and isinstance(value, list):
        return [_place_value(field.item, item, places) for item in value]
    if field.fields and isinstance(value, Mapping):
        return _place(field.fields, value, places)
    return value


def name_positions(kind: Kind, subjects: Sequence[str], body: Mapping[str, Any]) -> dict[str, Any]:
    """The plain body with each position replaced by the subject that it means: for showing, and for composing anew."""
    return _named(kind.fields, body, subjects)


def _named(fields: Mapping[str, FieldType], body: Mapping[str, Any], subjects: Sequence[str]) -> dict[str, Any]:
    kinds = {name.rstrip("?"): field for name, field in fields.items()}
    return {key: _name(kinds[key], value, subjects) if key in kinds else value for key, value in body.items()}


def _name(field: FieldType, value: Any, subjects: Sequence[str]) -> Any:
    if field.position and isinstance(value, int):
        return subjects[value]
    if field.item is not None and isinstance(value, (list, tuple)):
        return [_name(field.item, item, subjects) for item in value]
    if field.fields and isinstance(value, Mapping):
        return _named(field.fields, value, subjects)
    return value
