"""One small and one full event of every kind, made from the table: for the vectors. Pure, nothing random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chainlog import limits
from chainlog.event.catalogue import KINDS
from chainlog.event.compose import compose, default_signs
from chainlog.event.kind import Kind
from chainlog.event.model import CheckedEvent
from chainlog.event.types import FieldType
from tools.fixed_log import DAY_US, T0_US, event_id, public
from tools.format_tables import bounds

_SUBJECTS: Final[Mapping[str, str]] = {
    "c": "c/87", "d": "d/省委〔2025〕7", "l": "l/X-2025-02", "i": "i/3", "u": "u/镇政府", "w": "w/G1", "p": "p/0034",
}  # fmt: skip
# Carriers that are tools, containers or originals are others than the one that the event is about.
_CARRIERS: Final[Mapping[str, str]] = {"device": "c/PC-1", "volume": "c/V-1", "parents": "c/原件", "found": "c/88"}
_PERSONS: Final = ("p/0012", "p/0034", "p/0056")


def _value(name: str, field: FieldType, *, full: bool) -> Any:
    """A value of one type, the same each time. *full*: with every optional field inside."""
    if field.values:
        return next(iter(field.values))
    if field.position:
        return _CARRIERS.get(name, _SUBJECTS[field.position]) if field.position == "c" else _SUBJECTS[field.position]
    if field.subject:
        return _SUBJECTS[field.subject[0]]
    if field.date:
        return "2025-02-26"
    if field.item is not None:
        least = max(1, bounds(field).get("min_length", 0))
        return [_numbered(_value(name, field.item, full=full), name, n) for n in range(least)]
    if field.fields and all(key.isdigit() for key in field.fields):
        return [_value(name, inner, full=full) for inner in field.fields.values()]
    if field.fields:
        return _map(field.fields, full=full)
    return _scalar(name, field, full=full)


def _numbered(value: Any, name: str, n: int) -> Any:
    """The n-th of several: another person and another key, where it holds these."""
    if n and isinstance(value, list) and isinstance(value[1], list) and value[1][0] == 1:
        return [_PERSONS[n + 1], [1, public(f"sample {name} {n}")]]
    return value


def _scalar(name: str, field: FieldType, *, full: bool) -> Any:
    limit = bounds(field)
    match field.name:
        case "bool":
            return True
        case "key":
            return [1, public(f"sample {name}")]
        case "hash" | "signature":
            return bytes(range(limits.HASH_BYTES if field.name == "hash" else limits.SIGNATURE_BYTES))
        case "time":
            return T0_US + DAY_US
        case "int" | "count":
            return max(2, limit["ge"])
        case "Text":
            return {"sealed": bytes(range(32))} if full and name == "reason" else "文字"
    return "7"


def _map(fields: Mapping[str, FieldType], *, full: bool) -> dict[str, Any]:
    wanted = {name.rstrip("?"): field for name, field in fields.items() if full or not name.endswith("?")}
    return {name: _value(name, field, full=full) for name, field in wanted.items() if name != "copies_unnumbered"}


def _subjects(kind: Kind, body: Mapping[str, Any]) -> list[str]:
    """Subjects that the kind's first row demands beyond what the body names."""
    found = []
    for word in kind.subjects[0].split():
        if word[0] in _SUBJECTS and word[1:] in ("", "+", "2") and not word.startswith("s/"):
            found.append(str(body[kind.names]) if kind.names else _SUBJECTS[word[0]])
    return found


def _people(kind: Kind, body: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    roles = dict(kind.signs) or default_signs(kind, body)
    if kind.name == "countersigned":
        roles = {"registrar": 1}
    named = []
    for role, count in roles.items():
        if role == "log":
            named.append(("log", "s/log", 1))
        else:
            named += [(role, person, 1) for person in _PERSONS[:count]]
    if kind.name in ("log_opened", "administered"):
        named += [("administrator", _PERSONS[1], 1), ("administrator", _PERSONS[2], 1)]
    if "recovery" in body:
        named += [("recovery", person, 1) for person, _ in body["recovery"]["keys"]]
    return named


def sample(name: str, *, full: bool) -> CheckedEvent:
    """
    An event of the kind *name*. Whether it could stand in some log is another matter.

    full: with all optional fields, an occurrence and a reference; else with required fields alone.
    """
    kind = KINDS[name]
    number = list(KINDS).index(name)
    body = _map(kind.fields, full=full)
    target = ["c/87", "p/0034"] if kind.subjects == ("target",) else []
    references = [(event_id(number), bytes(range(32)))]
    return compose(
        name,
        body=body,
        people=_people(kind, body),
        subjects=[*_subjects(kind, body), *target],
        occurred=(T0_US, DAY_US - 1) if full else (),
        refs=references if full or target else (),
        event_id=event_id(10_000 + 2 * number + full),
        expires_at_us=0 if name in ("log_opened", "index_committed") else T0_US + 14 * DAY_US,
    )
