"""Events as JSON, in and out: subjects by name, times as text, bytes in hexadecimal. Pure.

Schemas: schemas/event/. What `to_json` gives, `from_json` takes; people who type events by hand may leave out what
composing fills in, write `occurred` as a day or a minute, and put the fields of the body beside the head.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

from chainlog import digest
from chainlog.canon import codec
from chainlog.errors import FormatError
from chainlog.event.catalogue import KINDS, find_kind
from chainlog.event.compose import name_positions
from chainlog.event.model import Event
from chainlog.event.times import format_time, parse_instant, parse_time
from chainlog.event.types import FieldType

# The words of the head; `at`, `on`, `who` are the short ones.
_HEAD: Final = {
    "kind": "kind", "id": "id", "occurred": "occurred", "at": "occurred", "subjects": "subjects", "on": "subjects",
    "people": "people", "who": "people", "refs": "refs", "expires_at": "expires_at", "body": "body",
}  # fmt: skip

# uuid.UUID would read much more as one: braces, signs, white space, hyphens anywhere.
_UUID: Final = re.compile("[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def format_id(event_id: bytes) -> str:
    """An event id as a UUID."""
    return str(uuid.UUID(bytes=event_id))


def parse_id(text: str, *, log_id: bytes) -> bytes:
    """
    The 16 bytes of an id given as UUID or 32 hexadecimal digits; of any other text, the id derived from it for this log.

    So an application's own request key gives the same id each time, and a repeated request the same record.
    """
    if _UUID.fullmatch(text):
        return bytes.fromhex(text.replace("-", ""))
    return digest.import_id(log_id, codec.encode_stated(("request", text), path="$.id"))


def to_json(event: Event, *, offset_minutes: int) -> dict[str, Any]:
    """
    The JSON form of a checked event.

    Args:
        offset_minutes: zone in which times are shown.

    Returns: plain JSON values. An unknown kind keeps its body's positions, with bytes in hexadecimal.
    """
    plain = codec.decode(bytes(event.body))
    kind = KINDS.get(event.kind)
    body = plain if kind is None else name_positions(kind, event.subjects, plain)
    fields = {} if kind is None else kind.fields
    occurred = None
    if event.occurred:
        start, span = event.occurred
        occurred = {"start": format_time(start, offset_minutes=offset_minutes), "span_us": span}
    return {
        "kind": event.kind,
        "id": format_id(event.id),
        "occurred": occurred,
        "subjects": list(event.subjects),
        "people": [list(person) for person in event.people],
        "refs": [{"id": format_id(event_id), "event_hash": event_hash.hex()} for event_id, event_hash in event.refs],
        "expires_at": format_time(event.expires_at_us, offset_minutes=offset_minutes) if event.expires_at_us else None,
        "body": _show(_typed(fields), body, offset_minutes),
    }


def _typed(fields: Mapping[str, FieldType]) -> dict[str, FieldType]:
    return {name.rstrip("?"): field for name, field in fields.items()}


def _show(fields: Mapping[str, FieldType], body: Mapping[str, Any], offset_minutes: int) -> dict[str, Any]:
    return {key: _show_value(fields.get(key), value, offset_minutes) for key, value in body.items()}


def _show_value(field: FieldType | None, value: Any, offset_minutes: int) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if field is not None and field.name == "time" and isinstance(value, int):
        return format_time(value, offset_minutes=offset_minutes)
    if isinstance(value, Mapping):
        return _show(_typed(field.fields) if field is not None else {}, value, offset_minutes)
    if isinstance(value, (list, tuple)):
        inner = None if field is None else field.item
        places = list(field.fields.values()) if field is not None and field.fields and inner is None else None
        return [
            _show_value(places[i] if places and i < len(places) else inner, item, offset_minutes)
            for i, item in enumerate(value)
        ]
    return value


def from_json(line: Mapping[str, Any], *, offset_minutes: int, log_id: bytes) -> dict[str, Any]:
    """
    The arguments of `log.drafting.prepare` that a JSON event states.

    Args:
        line: a decoded JSON object.
        offset_minutes: zone of times that state none.
        log_id: 32 bytes, for ids derived from a text.

    Returns: kind, body, people, subjects, occurred, refs, event_id, expires_at_us; the last two None if not stated. An
    `expires_at` of null is stated: 0, as in the two kinds that hold no time limit.

    Raises: UnknownKindError; FormatError with the path. Bodies are checked when the event is composed.
    """
    head, body = _split(line)
    name = head.get("kind")
    if not isinstance(name, str):
        raise FormatError("a kind is wanted", path="$.kind")
    fields = _typed(find_kind(name, path="$.kind").fields)
    stated_id = head.get("id")
    return {
        "kind": name,
        "body": {key: _read(fields.get(key), value, offset_minutes, f"$.body.{key}") for key, value in body.items()},
        "people": _people(head.get("people")),
        "subjects": [
            _text(item, f"$.subjects[{i}]") for i, item in enumerate(_list(head.get("subjects"), "$.subjects"))
        ],
        "occurred": _occurred(head.get("occurred"), offset_minutes),
        "refs": [_ref(ref, log_id) for ref in _list(head.get("refs"), "$.refs")],
        "event_id": None if stated_id is None else parse_id(_text(stated_id, "$.id"), log_id=log_id),
        "expires_at_us": _expires(head["expires_at"], offset_minutes) if "expires_at" in head else None,
    }


def _split(line: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    head: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for key, value in line.items():
        if key not in _HEAD:
            rest[key] = value
        elif _HEAD[key] in head:
            raise FormatError(f"stated twice, as {key} too", path=f"$.{_HEAD[key]}")
        else:
            head[_HEAD[key]] = value
    body = head.get("body")
    if body is None:
        return head, rest
    if rest:
        raise FormatError("unknown field beside body", path=f"$.{min(rest)}")
    if not isinstance(body, Mapping):
        raise FormatError("an object is wanted", path="$.body")
    return head, dict(body)


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise FormatError("text is wanted", path=path)
    return value


def _list(value: object, path: str) -> list[Any]:
    """A list; an absent one is empty."""
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise FormatError("a list is wanted", path=path)
    return list(value)


def _people(value: object) -> Any:
    if isinstance(value, Mapping):
        for role, persons in value.items():
            if not isinstance(persons, str):
                for i, person in enumerate(_list(persons, f"$.people.{role}")):
                    _text(person, f"$.people.{role}[{i}]")
        return dict(value)
    if not isinstance(value, (list, tuple)):
        raise FormatError("people are {role: person} or [[role, person, signs], …]", path="$.people")
    people = []
    for i, entry in enumerate(value):
        if not isinstance(entry, (list, tuple)) or [type(part) for part in entry] != [str, str, int]:
            raise FormatError("[role, person, signs] is wanted", path=f"$.people[{i}]")
        people.append(tuple(entry))
    return people


def _occurred(value: object, offset_minutes: int) -> tuple[int, ...]:
    if value is None or value == []:
        return ()
    if isinstance(value, str):
        return parse_time(value, offset_minutes=offset_minutes, path="$.occurred")
    if isinstance(value, Mapping) and set(value) == {"start", "span_us"} and type(value["span_us"]) is int:
        start = parse_time(
            _text(value["start"], "$.occurred.start"), offset_minutes=offset_minutes, path="$.occurred.start"
        )
        return (start[0], value["span_us"])
    raise FormatError("a time like 2025-03-05 09:10, or {start, span_us}", path="$.occurred")


def _expires(value: object, offset_minutes: int) -> int:
    if value is None:
        return 0
    return parse_instant(_text(value, "$.expires_at"), offset_minutes=offset_minutes, path="$.expires_at")


def _ref(value: object, log_id: bytes) -> Any:
    if isinstance(value, str):
        return parse_id(value, log_id=log_id)
    if isinstance(value, Mapping) and set(value) == {"id", "event_hash"}:
        return (parse_id(_text(value["id"], "$.refs"), log_id=log_id), _hex(value["event_hash"], "$.refs"))
    raise FormatError("an id, or {id, event_hash}", path="$.refs")


def _hex(value: object, path: str) -> bytes:
    try:
        return bytes.fromhex(_text(value, path))
    except ValueError as error:
        raise FormatError("hexadecimal digits are wanted", path=path) from error


def _read(field: FieldType | None, value: Any, offset_minutes: int, path: str) -> Any:
    if field is None:
        return value
    if field.name == "time" and isinstance(value, str):
        return parse_instant(value, offset_minutes=offset_minutes, path=path)
    if field.name in ("hash", "signature") and isinstance(value, str):
        return _hex(value, path)
    if field.name == "key" and isinstance(value, (list, tuple)) and len(value) == 2:
        return (value[0], _hex(value[1], path))
    if field.name == "Text" and isinstance(value, Mapping) and set(value) == {"sealed"}:
        return {"sealed": _hex(value["sealed"], path)}
    if field.item is not None and isinstance(value, (list, tuple)):
        return [_read(field.item, item, offset_minutes, f"{path}[{i}]") for i, item in enumerate(value)]
    if field.fields and isinstance(value, Mapping):
        inner = _typed(field.fields)
        return {key: _read(inner.get(key), item, offset_minutes, f"{path}.{key}") for key, item in value.items()}
    if field.fields and isinstance(value, (list, tuple)) and len(value) == len(field.fields):
        return [
            _read(part, item, offset_minutes, f"{path}[{i}]")
            for i, (part, item) in enumerate(zip(field.fields.values(), value, strict=True))
        ]
    return value
