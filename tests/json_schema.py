"""A validator for the JSON Schemas of this project: the keywords that they use, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum",
    "properties", "required", "additionalProperties", "items", "prefixItems", "minItems", "maxItems", "oneOf",
}  # fmt: skip
TYPES = {
    "object": lambda v: isinstance(v, dict), "array": lambda v: isinstance(v, list), "string": lambda v: isinstance(v, str),
    "integer": lambda v: type(v) is int, "boolean": lambda v: type(v) is bool, "null": lambda v: v is None,
}  # fmt: skip


def problems(
    value: Any, schema: dict[str, Any], *, files: dict[str, Any], root: dict[str, Any] | None = None, path: str = "$"
) -> Iterator[str]:
    """What is wrong with *value*. files: other schemas by the name that a `$ref` uses."""
    root = schema if root is None else root
    unknown = set(schema) - KNOWN
    if unknown:
        raise AssertionError(f"keywords that this validator doesn't know: {unknown}")
    if "$ref" in schema:
        target, root = _resolve(schema["$ref"], root, files)
        yield from problems(value, target, files=files, root=root, path=path)
    if "type" in schema and not TYPES[schema["type"]](value):
        yield f"{path}: not of type {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is not one of the values"
    if "const" in schema and (value != schema["const"] or type(value) is not type(schema["const"])):
        yield f"{path}: {value!r} is not {schema['const']!r}"
    if isinstance(value, str):
        yield from _text(value, schema, path)
    elif type(value) is int:
        if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            yield f"{path}: {value} is out of range"
    elif isinstance(value, list):
        yield from _array(value, schema, files, root, path)
    elif isinstance(value, dict):
        yield from _object(value, schema, files, root, path)
    if "oneOf" in schema:
        tries = [list(problems(value, one, files=files, root=root, path=path)) for one in schema["oneOf"]]
        if sum(not found for found in tries) != 1:
            yield f"{path}: fits {sum(not found for found in tries)} of the alternatives; nearest: {min(tries, key=len)[:3]}"


def _resolve(reference: str, root: dict[str, Any], files: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    name, _, pointer = reference.partition("#")
    found: Any = files[name] if name else root
    root = found
    for part in pointer.strip("/").split("/") if pointer else ():
        found = found[part.replace("%20", " ")]
    return found, root


def _text(value: str, schema: dict[str, Any], path: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{path}: {value!r:.60} doesn't match {schema['pattern']}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{path}: a text of {len(value)} characters"


def _array(
    value: list[Any], schema: dict[str, Any], files: dict[str, Any], root: dict[str, Any], path: str
) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{path}: {len(value)} elements"
    places = schema.get("prefixItems", [])
    for i, item in enumerate(value):
        inner = places[i] if i < len(places) else schema.get("items", {})
        yield from problems(item, inner, files=files, root=root, path=f"{path}[{i}]")


def _object(
    value: dict[str, Any], schema: dict[str, Any], files: dict[str, Any], root: dict[str, Any], path: str
) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}: lacks {name}"
    known = schema.get("properties", {})
    for name, item in value.items():
        if name in known:
            yield from problems(item, known[name], files=files, root=root, path=f"{path}.{name}")
            continue
        more = schema.get("additionalProperties", True)
        if more is False:
            yield f"{path}: {name} has no place here"
        elif isinstance(more, dict):
            yield from problems(item, more, files=files, root=root, path=f"{path}.{name}")
