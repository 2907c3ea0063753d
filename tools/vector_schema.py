"""The JSON Schema of the vector files. Pure."""

from __future__ import annotations

from typing import Any, Final

from chainlog import codes, errors, limits

Schema = dict[str, Any]

_HEX: Final[Schema] = {"type": "string", "pattern": "^([0-9a-f]{2})*$"}
_HASH: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT: Final[Schema] = {"type": "string"}
_INTEGER: Final[Schema] = {"type": "integer"}
_HASHES: Final[Schema] = {"type": "array", "items": _HASH}
_CODE: Final[Schema] = {"enum": list(codes.CODES)}

# Family → fields of a case: required ones, and those that some cases have.
_FIELDS: Final[dict[str, tuple[Schema, Schema]]] = {
    "canonical": ({"bytes": _HEX}, {"value": {}}),
    "text": ({"code_points": {"type": "array", "items": {"type": "string", "pattern": "^[0-9A-F]{4,6}$"}}, "multiline": {"type": "boolean"}}, {}),
    "fold": ({}, {"text": _TEXT, "folded": _TEXT, "subject": _TEXT}),
    "event": ({"event": _HEX}, {"event_hash": _HASH, "json": {"$ref": "../event/event.json"}}),
    "record": (
        {"record": _HEX},
        {"record_hash": _HASH, "index": _INTEGER, "recorded_at_us": _INTEGER, "prev_hash": _HASH, "base": {"type": "array"},
         "links": {"type": "array"}, "event": _HEX, "signatures": {"type": "array"}},
    ),
    "signature": (
        {"public_key": _HEX, "signature": _HEX},
        {"message": _HEX, "may_be_enrolled": {"type": "boolean"}, "purpose": {"enum": ["event", "enrol"]}, "statement": _HEX, "seed": _HASH,
         "log_id": _HASH, "base": {"type": "array"}, "role": _TEXT, "signed_at_us": _INTEGER, "event": _HEX, "person": _TEXT,
         "alg": {"const": 1}},
    ),
    "draft": ({"draft": _HEX}, {"wanted": {"type": "array"}}),
    "keyfile": (
        {"file": _TEXT},
        {"passphrase": _TEXT, "seed": _HASH, "public_key": _HASH, "purpose": {"enum": ["sign", "log", "read"]}, "label": _TEXT},
    ),
    "tree": (
        {"size": _INTEGER, "root": _HASH},
        {"frontier": _HASHES, "index": _INTEGER, "leaf": _HASH, "path": _HASHES, "new_size": _INTEGER, "new_root": _HASH},
    ),
    "checkpoint": ({"note": _TEXT}, {"size": _INTEGER, "root": _HASH}),
    "batch": ({"size": _INTEGER, "root": _HASH, "leaves": {"type": "array"}, "path": _HASHES}, {}),
    "receipt": ({"receipt": _TEXT}, {"index": _INTEGER, "size": _INTEGER, "trust": {"enum": ["keys-unproven", "log-signed", "witnessed"]}}),
    "pin": ({"pin": _HEX}, {"log_id": _HASH, "size": _INTEGER}),
    "conflict": (
        {"conflict": _HEX},
        {"kind": {"enum": ["fork", "rollback", "recreated"]}, "proved": {"type": "boolean"}, "keys_known": {"type": "boolean"}},
    ),
    "falsemap": ({"false_map": _HEX}, {"keys_known": {"type": "boolean"}}),
    "bundle": (
        {"bundle": {"type": "string", "pattern": "^(([0-9a-f]{2})*|[0-9]+:[0-9]+:[0-9]+:([0-9a-f]{2})*)$"},
         "log_id": {"oneOf": [{"type": "null"}, _HASH]}},
        {"authenticity": {"enum": ["genuine", "keys-unproven", "untrusted"]},
         "completeness": {"enum": ["complete", "complete-to", "selection"]}, "complete_to": {"oneOf": [{"type": "null"}, _INTEGER]},
         "remarks": {"type": "array"},
         "finding": {"enum": ["undemanded", "incomplete", "proof", "map-proof", "checkpoint", "seal", "time-stamp", *codes.CODES]}},
    ),
    "map": (
        {},
        {"heads": {"type": "array"}, "map_root": _HASH, "subject": _TEXT, "path": _HASH, "count": _INTEGER, "last_hash": _HASH, "proof": _HEX},
    ),
    "digest": (
        {},
        {"event_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "path": _TEXT, "salt": _HASH, "text": _TEXT, "commitment": _HASH,
         "carriers": {"type": "array", "items": _TEXT}, "digest": _HASH, "row": {"type": "array"}, "bytes": _HEX, "hash": _HASH,
         "prefix": _HEX},
    ),
    "admit": ({"codes": {"type": "array", "items": _CODE}, "log": _TEXT, "record": _HEX}, {}),
    "log": (
        {
            "findings": {"type": "array", "items": {"type": "array", "prefixItems": [_CODE, {"oneOf": [{"type": "null"}, _INTEGER]}],
                                                    "minItems": 2, "maxItems": 2}},
            "integrity": {"enum": ["intact", "broken", "unreadable"]},
            "log_id": _HASH,
            "records": {"type": "array", "items": {"oneOf": [{"type": "null"}, _INTEGER, _HEX]}},
            "head": _HEX,
        },
        {},
    ),
}  # fmt: skip

# Family → fields beside `cases` that belong to it.
_SHARED: Final[dict[str, Schema]] = {
    "checkpoint": {"origin": _TEXT, "public_key": _HASH},
    "receipt": {"log_id": _HASH, "public_key": _HASH, "genesis": _HEX, "witness": _TEXT},
    "conflict": {"log_id": _HASH, "public_key": _HASH},
    "falsemap": {"log_id": _HASH, "public_key": _HASH},
    "map": {"log_id": _HASH},
    "digest": {"log_id": _HASH},
    "admit": {"logs": {"type": "object", "additionalProperties": {"type": "array", "items": _HEX}}},
    "log": {"base": {"type": "object"}},
}


def _error_codes() -> list[str]:
    found: list[str] = []
    waiting: list[type[errors.ChainlogError]] = [errors.ChainlogError]
    while waiting:
        cls = waiting.pop()
        found.append(cls.code)
        waiting += [inner for inner in cls.__subclasses__() if inner.__module__.startswith("chainlog.")]
    return sorted(set(found))


def _family(name: str) -> Schema:
    required, optional = _FIELDS[name]
    common: Schema = {
        "id": {"type": "integer", "minimum": 1},
        "comment": _TEXT,
        "flags": {"type": "array", "items": _TEXT},
        "result": {"enum": ["valid", "invalid"]},
        "code": _CODE,
        "error": {"enum": _error_codes()},
    }
    case = {
        "type": "object",
        "properties": {**common, **required, **optional},
        "required": ["id", "comment", "flags", "result", *required],
        "additionalProperties": False,
    }
    shared = _SHARED.get(name, {})
    head: Schema = {
        "format": {"const": limits.FORMAT_VERSION},
        "family": {"const": name},
        "about": _TEXT,
        "generator": _TEXT,
        "flags": {"type": "object", "additionalProperties": _TEXT},
        **shared,
        "cases": {"type": "array", "items": case},
    }
    return {"type": "object", "properties": head, "required": list(head), "additionalProperties": False}


def schema() -> Schema:
    """One schema for all files; `family` decides."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A file of test vectors for chainlog, format version 1",
        "oneOf": [_family(name) for name in _FIELDS],
    }
