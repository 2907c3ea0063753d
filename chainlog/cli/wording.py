"""Events and records in words, Chinese or English, from the one table of kinds. Pure.

What a person is asked to sign is shown whole: kind, time, every subject, everybody with a part, every field, every
reference. Nothing of an event is left out here because it is long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from chainlog.canon import codec
from chainlog.cli.render import Cell, span, when
from chainlog.cli.session import Session
from chainlog.event.catalogue import KINDS
from chainlog.event.compose import name_positions
from chainlog.event.jsonform import format_id
from chainlog.event.kind import ROLES, Kind
from chainlog.event.labels import field_en, field_zh
from chainlog.event.model import Event
from chainlog.event.subject import PREFIXES
from chainlog.event.types import FieldType

_ORDER: Final = "cdliuwk"
Pairs = list[tuple[str, str | Cell]]


def role_name(session: Session, role: str) -> str:
    """A role as people call it."""
    return session.say(ROLES[role][0], role) if role in ROLES else role


def short_name(kind: Kind) -> str:
    """The Chinese name of a kind up to its first stroke, unless another kind is called so."""
    first = kind.zh.split("/")[0]
    taken = any(other is not kind and other.zh.split("/")[0] == first for other in KINDS.values())
    return kind.zh.split("、")[0] if taken and first != kind.zh else first


def prefix_name(session: Session, prefix: str) -> str:
    """What a subject's prefix stands for."""
    return session.say(*PREFIXES[prefix]) if prefix in PREFIXES else prefix


def event_pairs(
    session: Session, event: Event, *, offset_minutes: int, signed: Collection[tuple[str, str]] | None = None
) -> Pairs:
    """
    An event as names and values.

    Args:
        signed: (role, person) whose signatures are there; None where that is not of interest.
    """
    kind = KINDS.get(event.kind)
    name = session.say(kind.zh, kind.en) if kind is not None else session.say("未知类型", "unknown kind")
    pairs: Pairs = [(session.say("事件", "event"), f"{name}  {event.kind}")]
    occurred = span(event.occurred, offset_minutes=offset_minutes) or session.say("不详", "not known")
    pairs.append((session.say("发生时间", "occurred"), occurred))
    for prefix in _ORDER:
        named = [subject for subject in event.subjects if subject.startswith(f"{prefix}/")]
        if named:
            rows = named if prefix == "k" else _in_rows(named)
            pairs.append((prefix_name(session, prefix), "\n".join(rows)))
    pairs += [(role_name(session, role), text) for role, text in _people(session, event, signed)]
    body = codec.decode(bytes(event.body))
    plain = body if kind is None else name_positions(kind, event.subjects, body)
    pairs += body_pairs(session, {} if kind is None else kind.fields, plain, event.kind, offset_minutes)
    for event_id, event_hash in event.refs:
        pairs.append((session.say("所据事件", "refers to"), f"{format_id(event_id)}  {event_hash.hex()}"))
    if event.expires_at_us:
        pairs.append((session.say("有效期至", "valid until"), when(event.expires_at_us, offset_minutes=offset_minutes)))
    pairs.append((session.say("编号", "id"), format_id(event.id)))
    return pairs


def _in_rows(subjects: Sequence[str], per_row: int = 4) -> list[str]:
    """Many subjects, some to a row, so that a list of a hundred stays readable."""
    if len(subjects) <= per_row:
        return ["  ".join(subjects)]
    return ["  ".join(subjects[i : i + per_row]) for i in range(0, len(subjects), per_row)]


def _people(session: Session, event: Event, signed: Collection[tuple[str, str]] | None) -> list[tuple[str, str | Cell]]:
    found: list[tuple[str, str | Cell]] = []
    for role, person, signs in event.people:
        if not signs:
            found.append((role, f"{person}  {session.say('（只列名，不签名）', '(stated, does not sign)')}"))
            continue
        times = f" ×{signs}" if signs > 1 else ""
        if signed is None:
            found.append((role, f"{person}{times}"))
        elif (role, person) in signed:
            found.append((role, Cell(f"{person}{times}  {session.say('已签', 'signed')}", "green")))
        else:
            found.append((role, Cell(f"{person}{times}  {session.say('待签', 'not yet signed')}", "yellow")))
    return found


def body_pairs(
    session: Session, fields: Mapping[str, FieldType], body: Mapping[str, Any], within: str, offset_minutes: int
) -> Pairs:
    """The fields of a body (positions replaced by names) as names and values, in the table's order."""
    known = {key.rstrip("?"): field for key, field in fields.items()}
    ordered = [key for key in known if key in body] + [key for key in body if key not in known]
    pairs: Pairs = []
    for key in ordered:
        field, value = known.get(key), body[key]
        label = session.say(field_zh(key, within=within), field_en(key))
        if field is not None and field.fields and isinstance(value, Mapping):
            inner = body_pairs(session, field.fields, value, field.name, offset_minutes)
            pairs += [(f"{label}·{name}", text) for name, text in inner]
        else:
            pairs.append((label, value_text(session, field, value, offset_minutes)))
    return pairs


def value_text(session: Session, field: FieldType | None, value: Any, offset_minutes: int) -> str:
    """One value in words."""
    if isinstance(value, bool):
        return session.say("是" if value else "否", "yes" if value else "no")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return _map_text(session, field, value, offset_minutes)
    if field is not None and field.name == "key" and isinstance(value, list | tuple) and len(value) == 2:
        return value_text(session, None, value[1], offset_minutes)
    if isinstance(value, list | tuple):
        return _list_text(session, field, value, offset_minutes)
    if field is not None and field.name == "time" and isinstance(value, int):
        return when(value, offset_minutes=offset_minutes)
    if field is not None and field.values and value in field.values:
        return field.values[value] if session.lang == "zh" else str(value)
    return str(value)


def _map_text(session: Session, field: FieldType | None, value: Mapping[str, Any], offset_minutes: int) -> str:
    if set(value) == {"sealed"} and isinstance(value["sealed"], bytes):
        return session.say("〔密封〕", "[sealed] ") + value["sealed"].hex()
    known = {} if field is None else {key.rstrip("?"): inner for key, inner in field.fields.items()}
    ordered = [key for key in known if key in value] + [key for key in value if key not in known]
    parts = []
    for key in ordered:
        inner = known.get(key)
        text = value_text(session, inner, value[key], offset_minutes)
        plain = inner is not None and bool(inner.position or inner.values)
        parts.append(text if plain else f"{session.say(field_zh(key), field_en(key))} {text}")
    return session.say("，", ", ").join(parts)


def _list_text(session: Session, field: FieldType | None, value: Sequence[Any], offset_minutes: int) -> str:
    item = None if field is None else field.item
    if item is None and field is not None and field.fields:
        places = list(field.fields.values())
        parts = [value_text(session, place, part, offset_minutes) for place, part in zip(places, value, strict=False)]
        return " ".join(parts)
    parts = [value_text(session, item, part, offset_minutes) for part in value]
    compound = item is not None and bool(item.fields)
    return "\n".join(parts) if compound else session.say("、", ", ").join(parts) or session.say("无", "none")
