"""JSON Schemas of what goes in and out as JSON: events, and the answers of the command line. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chainlog import limits
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES, Kind
from chainlog.event.types import FieldType
from tools import answer_schemas
from tools.format_tables import NAMED_VALUES, bounds, nested
from tools.schema_words import DRAFT, HASH, SUBJECT, TIME, UUID, text

Schema = dict[str, Any]

_KEY: Final[Schema] = {
    "type": "array",
    "prefixItems": [{"const": 1}, {"$ref": "#/$defs/hash"}],
    "minItems": 2,
    "maxItems": 2,
}


_SCALARS: Final[Mapping[str, Schema]] = {
    "bool": {"type": "boolean"},
    "date": text(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    "hash": {"$ref": "#/$defs/hash"},
    "key": _KEY,
    "signature": text(r"^[0-9a-f]{128}$"),
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
        return text(rf"^[{prefixes}](/[^/]+)+$")
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
        "hash": text(HASH),
        "id": text(UUID),
        "time": {**text(TIME), **shown},
        "subject": text(SUBJECT),
        "role": {"enum": list(ROLES)},
        "Text": {"oneOf": [plain, _closed({"sealed": {"$ref": "#/$defs/hash"}})]},
    }


def _head() -> dict[str, Schema]:
    """The eight elements of an event."""
    time, span = {"$ref": "#/$defs/time"}, {"type": "integer", "minimum": 0, "maximum": limits.INTEGER_MAX}
    signs = {"enum": list(range(limits.SIGNS_PER_PERSON_MAX + 1))}
    places = [{"$ref": "#/$defs/role"}, text(r"^(p(/[^/]+)+|s/log)$"), signs]
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
    title = {"$schema": DRAFT, "title": "An event of chainlog, format version 1, as JSON", "description": about}
    return {**title, **_closed(_head()), "oneOf": kinds, "$defs": defs}


def schemas() -> dict[str, Schema]:
    """Path below the root to schema."""
    return {
        "schemas/event/event.json": event_schema(),
        **{f"schemas/output/{name}.json": schema for name, schema in answer_schemas.schemas().items()},
    }
