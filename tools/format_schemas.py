"""JSON Schemas of what goes in and out as JSON: events, and the answers of the command line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chainlog import codes, limits
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES, Kind
from chainlog.event.types import LEVELS, PHASE, FieldType
from tools.format_tables import NAMED_VALUES, bounds, nested

Schema = dict[str, Any]

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_SUBJECT: Final = r"^([cdpliuw](/[^/]+)+|k/[0-9A-F]{64}|s/(admins|log|map|policy))$"
_UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_TIME: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?[+-][0-9]{2}:[0-9]{2}$|^-?[0-9]+ us$"
)
_HASH: Final = r"^[0-9a-f]{64}$"
_KEY: Final[Schema] = {
    "type": "array",
    "prefixItems": [{"const": 1}, {"$ref": "#/$defs/hash"}],
    "minItems": 2,
    "maxItems": 2,
}


def _text(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern}


_SCALARS: Final[Mapping[str, Schema]] = {
    "bool": {"type": "boolean"},
    "date": _text(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    "hash": {"$ref": "#/$defs/hash"},
    "key": _KEY,
    "signature": _text(r"^[0-9a-f]{128}$"),
    "time": {"$ref": "#/$defs/time"},
    "Text": {"$ref": "#/$defs/Text"},
}


def field_schema(field: FieldType, *, defs: dict[str, Schema]) -> Schema:
    """
    Schema of one value in the JSON form: positions as the subject's text, bytes in hexadecimal, times as text.

    Named maps and enumerations are put into *defs* and referred to.
    """
    if field.values:
        schema: Schema = {"enum": list(field.values)}
        name = NAMED_VALUES.get(id(field))
        if name is None:
            return schema
        defs[name] = schema
        return {"$ref": f"#/$defs/{name}"}
    if field.position or field.subject:
        prefixes = field.position or field.subject
        return _text(rf"^[{prefixes}](/[^/]+)+$")
    if field.name in _SCALARS:
        return dict(_SCALARS[field.name])
    limit = bounds(field)
    if field.item is not None:
        schema = {"type": "array", "items": field_schema(field.item, defs=defs), "maxItems": limit["max_length"]}
        return {**schema, "minItems": limit["min_length"]} if limit.get("min_length") else schema
    if field.fields and all(key.isdigit() for key in field.fields):
        places = [field_schema(inner, defs=defs) for inner in field.fields.values()]
        return {"type": "array", "prefixItems": places, "minItems": len(places), "maxItems": len(places)}
    if field.fields:
        defs[field.name] = map_schema(field.fields, defs=defs)
        return {"$ref": f"#/$defs/{field.name.replace(' ', '%20')}"}
    if "ge" in limit:
        return {"type": "integer", "minimum": limit["ge"], "maximum": limit["le"]}
    return {"type": "string", "minLength": limit["min_length"], "maxLength": limit["max_length"]}


def map_schema(fields: Mapping[str, FieldType], *, defs: dict[str, Schema]) -> Schema:
    """Schema of a map with these fields and no others."""
    schema: Schema = {
        "type": "object",
        "properties": {name.rstrip("?"): field_schema(field, defs=defs) for name, field in fields.items()},
        "additionalProperties": False,
    }
    required = [name for name in fields if not name.endswith("?")]
    return {**schema, "required": required} if required else schema


def _kind_schema(kind: Kind, *, defs: dict[str, Schema]) -> Schema:
    return {
        "title": f"{kind.zh}: {kind.en}",
        "properties": {"kind": {"const": kind.name}, "body": map_schema(kind.fields, defs=defs)},
    }


def _closed(properties: Mapping[str, Schema]) -> Schema:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _shared() -> dict[str, Schema]:
    """What several fields refer to."""
    shown = {"description": "RFC 3339 with offset; a number of microseconds where no date can show it"}
    plain = {"type": "string", "minLength": 1, "maxLength": limits.TEXT_BYTES_MAX}
    return {
        "hash": _text(_HASH),
        "id": _text(_UUID),
        "time": {**_text(_TIME), **shown},
        "subject": _text(_SUBJECT),
        "role": {"enum": list(ROLES)},
        "Text": {"oneOf": [plain, _closed({"sealed": {"$ref": "#/$defs/hash"}})]},
    }


def _head() -> dict[str, Schema]:
    """The eight elements of an event."""
    time, span = {"$ref": "#/$defs/time"}, {"type": "integer", "minimum": 0, "maximum": limits.INTEGER_MAX}
    signs = {"enum": list(range(limits.SIGNS_PER_PERSON_MAX + 1))}
    places = [{"$ref": "#/$defs/role"}, _text(r"^(p(/[^/]+)+|s/log)$"), signs]
    person = {"type": "array", "prefixItems": places, "minItems": 3, "maxItems": 3}
    ref = _closed({"id": {"$ref": "#/$defs/id"}, "event_hash": {"$ref": "#/$defs/hash"}})
    subject = {"$ref": "#/$defs/subject"}
    return {
        "kind": {"enum": list(KINDS)},
        "id": {"$ref": "#/$defs/id"},
        "occurred": {"oneOf": [{"type": "null"}, _closed({"start": time, "span_us": span})]},
        "subjects": {"type": "array", "items": subject, "minItems": 1, "maxItems": limits.SUBJECTS_MAX},
        "people": {"type": "array", "items": person, "minItems": 1, "maxItems": limits.PEOPLE_MAX},
        "refs": {"type": "array", "items": ref, "maxItems": limits.REFS_MAX},
        "expires_at": {"oneOf": [{"type": "null"}, time]},
        "body": {"type": "object"},
    }


def event_schema() -> Schema:
    """The JSON form of an event: one schema, `kind` decides which `body`."""
    defs = _shared()
    used = {field.name for kind in KINDS.values() for field in nested(kind.fields.values())}
    if not used >= set(_SCALARS):
        raise AssertionError(f"no kind uses {sorted(set(_SCALARS) - used)}")
    kinds = [_kind_schema(kind, defs=defs) for kind in KINDS.values()]
    about = (
        "What an event shows as: positions as subjects, bytes in hexadecimal, times as text. "
        "Typed by hand it may be shorter; lengths are counted in characters, the format counts bytes."
    )
    title = {"$schema": _DRAFT, "title": "An event of chainlog, format version 1, as JSON", "description": about}
    return {**title, **_closed(_head()), "oneOf": kinds, "$defs": defs}


# --- the answers of the command line --------------------------------------------------------------


def _object(title: str, properties: Mapping[str, Schema]) -> Schema:
    return {
        "$schema": _DRAFT,
        "title": title,
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _or_null(schema: Schema) -> Schema:
    return {"oneOf": [{"type": "null"}, schema]}


_TEXT: Final[Schema] = {"type": "string"}
_INDEX: Final[Schema] = {"type": "integer", "minimum": 0}


def verify_schema() -> Schema:
    """`verify --json`: one object (FORMAT.md 14.1)."""
    finding = {
        "type": "object",
        "properties": {
            "code": {"enum": list(codes.CODES)},
            "index": _or_null(_INDEX),
            "subject": _TEXT,
            "detail": _TEXT,
        },
        "required": ["code", "index", "subject", "detail"],
    }
    reason = {"type": "object", "properties": {"what": _TEXT, "reason": _TEXT}, "required": ["what", "reason"]}
    pin = _object(
        "With --pin: what became of it",
        {
            "file": _TEXT,
            "state": {"enum": ["made", "moved", "kept", "refused"]},
            "size": _or_null(_INDEX),
            "conflict": _or_null({"enum": ["fork", "rollback", "recreated"]}),
            "evidence": _or_null(_TEXT),
        },
    )
    stamp = {
        "type": "object",
        "properties": {
            "file": _TEXT,
            "size": _INDEX,
            "root": _text(_HASH),
            "time": _text(_TIME),
            "accuracy_us": _or_null(_INDEX),
            "authority": _TEXT,
        },
        "required": ["file", "size", "root", "time", "accuracy_us", "authority"],
        "additionalProperties": False,
    }
    answer = _object(
        "The answer of verify --json",
        {
            "log_id": _or_null(_text(_HASH)),
            "origin": _text(r"^([a-z0-9.-]{1,64}/[0-9a-f]{64})?$"),
            "trust": {"enum": ["pinned", "self-consistent"]},
            "size": _INDEX,
            "root": _or_null(_text(_HASH)),
            "integrity": {"enum": ["intact", "broken", "unreadable"]},
            "findings": {"type": "array", "items": finding},
            "not_checked": {"type": "array", "items": reason},
        },
    )
    answer["properties"]["time_stamps"] = {"type": "array", "items": stamp}
    answer["required"].append("time_stamps")
    answer["properties"]["pin"] = {key: value for key, value in pin.items() if key != "$schema"}
    return answer


def bundle_schema() -> Schema:
    """`bundle verify --json`: one object (FORMAT.md, evidence bundles)."""

    def row(**properties: Schema) -> Schema:
        return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}

    def rows(**properties: Schema) -> Schema:
        return {"type": "array", "items": row(**properties)}

    remarks = {"enum": ["unknown-kind", "break-glass", "doubtful"]}
    answer = _object(
        "The answer of bundle verify --json",
        {
            "log_id": _text(_HASH),
            "origin": _text(r"^[a-z0-9.-]{1,64}/[0-9a-f]{64}$"),
            "authenticity": {"enum": ["genuine", "keys-unproven", "untrusted"]},
            "completeness": {"enum": ["complete", "complete-to", "selection"]},
            "complete_to": _or_null(_INDEX),
            "as_of": row(
                size=_INDEX, root=_text(_HASH), committed=_or_null(_INDEX), index=_INDEX, recorded_at=_text(_TIME)
            ),
            "subjects": rows(subject=_text(_SUBJECT), records=_INDEX, whole={"type": "boolean"}, position=_INDEX),
            "also_shown": {"type": "array", "items": _text(r"^c(/[^/]+)+$")},
            "records": {"type": "array", "items": _INDEX},
            "openings": rows(event_id=_text(r"^[0-9a-f]{32}$"), path=_TEXT, text=_TEXT),
            "witnesses": rows(name=_TEXT, time_s=_INDEX),
            "time_stamps": rows(time=_text(_TIME), accuracy_us=_or_null(_INDEX), authority=_TEXT),
            "findings": rows(code=remarks, index=_INDEX, subject=_TEXT, detail=_TEXT),
            "not_checked": rows(what=_TEXT, reason=_TEXT),
        },
    )
    # With --receipt alone.
    results = {"enum": ["shown", "left-out", "open"]}
    answer["properties"]["receipts"] = rows(file=_TEXT, index=_INDEX, result=results, evidence=_or_null(_TEXT))
    return answer


def custody_schema() -> Schema:
    """`custody --json`: one object a line."""
    return _object(
        "A line of custody --json: where one carrier is",
        {
            "carrier": _text(r"^c(/[^/]+)+$"),
            "phase": {"enum": list(PHASE.values)},
            "level": _or_null({"enum": list(LEVELS)}),
            "holder": _or_null(_text(r"^[pu](/[^/]+)+$")),
            "place": _or_null(_text(r"^w(/[^/]+)+$")),
            "since_index": _or_null(_INDEX),
            "since": _or_null(_text(_TIME)),
            "due": _or_null(_text(_TIME)),
            "evidence": {"enum": ["both", "one", "none"]},
        },
    )


def findings_schema() -> Schema:
    """`findings --json`: one object a line."""
    return _object(
        "A line of findings --json: a rule that was not kept",
        {
            "code": _text(r"^[A-Z]{3}-[0-9]{1,2}[a-z]?$"),
            "severity": {"enum": ["critical", "high", "medium", "low", "info"]},
            "subject": _or_null(_TEXT),
            "evidence": {"type": "array", "items": _INDEX},
            "article": _or_null(_TEXT),
            "parameters": {"type": "object"},
            "as_of": _or_null(_text(_TIME)),
            "state": {"enum": ["open", "closed", "explained"]},
            "message_zh": _TEXT,
            "message_en": _TEXT,
        },
    )


def schemas() -> dict[str, Schema]:
    """Path below the root to schema."""
    return {
        "schemas/event/event.json": event_schema(),
        "schemas/output/verify.json": verify_schema(),
        "schemas/output/bundle.json": bundle_schema(),
        "schemas/output/custody.json": custody_schema(),
        "schemas/output/findings.json": findings_schema(),
    }
