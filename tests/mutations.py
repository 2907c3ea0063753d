"""Every single fault that an event can have, made from the table: each must be refused, and its place named."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from chainlog import limits
from chainlog.event.compose import name_positions
from chainlog.event.kind import Kind
from chainlog.event.subject import PREFIXES
from chainlog.event.types import FieldType
from tests.messagepack import canonical
from tests.strategies import bounds

EXTENSION = msgspec.msgpack.Ext(5, b"x")
FORBIDDEN = ["\x00", "\u202e", "e\u0301"]
NO_SUBJECTS = [
    "p",
    "p/",
    "/1",
    "x/1",
    "u/ 1",
    "u/a",
    "u/Ａ",
    "u/[1]",
    "u/〔2025〕07",
    "u//1",
    "u/1/",
    "s/other",
    "k/00",
]
NO_DATES = ["2025-02-30", "2025-13-01", "2025-00-01", "2025-01-00", "0000-01-01", "1900-02-29", "2025-1-01", "20250101",
            "２０２５-01-01", "٢٠٢٥-01-01", "2025-01-01\n", "2025/01/01", " 2025-01-0"]  # fmt: skip
ODD = [None, 0.5, EXTENSION]

HEAD = ("kind", "id", "occurred", "subjects", "people", "refs", "expires_at_us", "body")
Path = tuple[Any, ...]


class Mutant(NamedTuple):
    what: str
    # Empty for the array itself.
    path: Path
    # A plain event, to be encoded without regard to sense.
    event: list[Any]


def packed(value: Any) -> bytes:
    """Like `codec.encode`, for what tests make up."""
    return msgspec.msgpack.encode(value, order="sorted")


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy of nested lists and dicts in which one place holds something else."""
    if not path:
        return new
    copied = dict(value) if isinstance(value, Mapping) else list(value)
    copied[path[0]] = put(copied[path[0]], path[1:], new)
    return copied


def without(value: Any, path: Path) -> Any:
    """A copy in which one place is gone."""
    copied = dict(value) if isinstance(value, Mapping) else list(value)
    if len(path) == 1:
        del copied[path[0]]
    else:
        copied[path[0]] = without(copied[path[0]], path[1:])
    return copied


def fields_of(kind: FieldType, value: Any, path: Path) -> Iterator[tuple[Path, FieldType, Any]]:
    """(path, type, value) of a field and of everything inside it."""
    yield path, kind, value
    if kind.item is not None:
        for i, item in enumerate(value):
            yield from fields_of(kind.item, item, (*path, i))
    elif kind.fields:
        for i, (name, inner) in enumerate(kind.fields.items()):
            key: Any = name.rstrip("?") if isinstance(value, Mapping) else i
            if not isinstance(value, Mapping) or key in value:
                yield from fields_of(inner, value[key], (*path, key))


def wrong_values(kind: FieldType, value: Any, event: list[Any]) -> Iterator[Any]:
    """Values that a field of this type can't have, in this event."""
    _, size = bounds(kind)
    yield from ODD
    if isinstance(value, bool):
        yield from (0, 1, "true", b"\x01")
    elif isinstance(value, int):
        yield from (True, False, str(value), float(value), [value], 2**53, -(2**53), 2**64 - 1)
        if size and size.ge is not None:
            yield from (size.ge - 1, size.le + 1)
        if kind.position:
            yield from (len(event[3]), limits.SUBJECTS_MAX - 1)
            yield from (i for i, subject in enumerate(event[3]) if subject[0] != kind.position)
    elif isinstance(value, bytes):
        yield from (value.hex(), value[:-1], value + b"\x00", b"", 1)
    elif isinstance(value, str):
        yield from (value.encode(), 1, [value], "")
        if kind.values:
            yield from ("nonsense", value + "\n", value + " ", value.upper() + "_")
        elif kind.date:
            yield from NO_DATES
        elif kind.subject:
            yield from NO_SUBJECTS
            yield from (f"{prefix}/1" for prefix in PREFIXES if prefix not in kind.subject)
        else:
            yield from (value + char for char in FORBIDDEN)
            yield "甲" * (limits.TEXT_BYTES_MAX // 3 + 1)
            yield "x" * ((size.max_length if size else limits.TEXT_BYTES_MAX) + 1)
    elif isinstance(value, Mapping):
        yield from ([], b"x", {**value, "unknown": 1})
        yield from (without(value, (name,)) for name in value if name in kind.fields)
        if kind.name == "Text":
            yield from ({}, {"sealed": "x" * 32}, {"sealed": bytes(31)}, {"sealed": bytes(33)})
    elif kind.item is not None:
        yield from ({}, "x", [*value, None])
        if value and size is not None:
            yield [value[0]] * (size.max_length + 1)
        if size is not None and size.min_length:
            yield value[: size.min_length - 1]
    else:
        yield from (value[:-1], [*value, value[-1]], {}, b"x")


def body_mutants(event: list[Any], fields: Mapping[str, FieldType]) -> Iterator[Mutant]:
    """One fault in the body, in one of these fields."""
    body = event[7]
    for name in ("unknown", "kind", "a" * 33, "Level", "", "é"):
        yield Mutant("unknown field", (7,), put(event, (7,), {**body, name: 1}))
    for field, field_type in fields.items():
        name = field.rstrip("?")
        if not field.endswith("?"):
            yield Mutant("missing field", (7, name), without(event, (7, name)))
        if name not in body:
            continue
        for path, inner, value in fields_of(field_type, body[name], (7, name)):
            wrongs = list(wrong_values(inner, value, event))
            # A third of them for each field; over all fields of all kinds each comes up many times.
            for wrong in wrongs[zlib.crc32(repr((event[0], path)).encode()) % 3 :: 3]:
                yield Mutant(f"not a {inner.name}: {wrong!r:.40}", path, put(event, path, wrong))


def head_mutants(kind: Kind, event: list[Any]) -> Iterator[Mutant]:
    """One fault in the head."""
    _, event_id, _, subjects, people, _, _, _ = event

    def changed(place: int, *values: Any) -> Iterator[Mutant]:
        for value in values:
            yield Mutant(f"{HEAD[place]} is {value!r:.60}", (place,), put(event, (place,), value))

    yield from changed(
        0, "", "Transferred.lend", "a.b.c", "a/1x", "a/123", "a.", ".a", "a b", "a\n", "x" * 65, b"marked", 1, None
    )
    yield from changed(1, event_id[:15], event_id + b"\x00", event_id.hex(), None, 1)
    yield from changed(2, [0], [0, -1], [0, 0, 0], [0.0, 1], [True, 1], [2**53, 0], [0, 2**53], None, {}, 0)
    yield from changed(3, [], [None], [1], [*subjects, subjects[-1]], [subjects[0], *subjects], "c/1", {})
    if len(subjects) > 1:
        yield from changed(3, subjects[::-1], subjects[1:] + subjects[:1])
    yield from changed(3, *([*subjects[:-1], odd] for odd in NO_SUBJECTS), [*subjects, "𠀀/1"])
    yield from changed(4, [], [*people, people[-1]], [*people, people[0]], {}, "x", None)
    if len(people) > 1:
        yield from changed(4, people[::-1])
    role, person, signs = people[0]
    for entry in (
        ("unknown", person, signs), ("", person, signs), ("Operator", person, signs), ("reader\n", person, signs),
        (role, "c/1", signs), (role, "p/", signs), (role, "p/a", signs), ("log", "p/1", 1), ("operator", "s/log", 1),
        ("log", "s/log", 0), ("log", "s/log", 2), (role, "s/admins", 1), (role, person, 3), (role, person, -1),
        (role, person, True), (role, person, 1.0), (role, person, None), (role, person), (role, person, signs, 0),
        [role, person.encode(), signs],
    ):  # fmt: skip
        yield from changed(4, sorted([list(entry), *people[1:]], key=packed))
    if "log" not in kind.signs:
        yield from changed(4, sorted([["log", "s/log", 1], *people], key=packed))
    yield from changed(4, sorted([[role, person, (signs + 1) % 3], *people], key=packed))
    crowd = [["reader", f"p/X{i:02}", 0] for i in range(limits.PEOPLE_MAX + 1)]
    yield from changed(4, crowd, [["reader", f"p/X{i}", 2] for i in range(9)])
    ref = [bytes(16), bytes(32)]
    more = [[bytes([i]) * 16, bytes(32)] for i in range(limits.REFS_MAX + 1)]
    yield from changed(
        5, [ref, ref], [[b"\x01" * 16, bytes(32)], ref], [ref, [bytes(16), b"\x01" * 32]], more, [ref[:1]], None
    )
    yield from changed(5, [[bytes(15), bytes(32)]], [[bytes(16), bytes(31)]], [["x" * 16, bytes(32)]], [[*ref, 1]], {})
    yield from changed(6, -1, 2**53, None, True, 1.0, "1")
    yield from changed(7, [], None, b"", "x", 1)
    for i in range(8):
        yield Mutant(f"without {HEAD[i]}", (), without(event, (i,)))
    yield Mutant("an element more", (), [*event, 0])


def subject_mutants(kind: Kind, event: list[Any]) -> Iterator[Mutant]:
    """Subjects that are too many or too few; the positions in the body follow."""
    subjects = event[3]
    named = name_positions(kind, subjects, event[7])

    def with_subjects(what: str, changed: set[str]) -> Mutant:
        ordered = sorted(changed, key=canonical)
        body = moved_positions(event[7], named, ordered)
        return Mutant(what, (3,), put(put(event, (3,), ordered), (7,), body))

    own = {person for _, person, _ in event[4]}
    for subject in subjects:
        # Of a target's subjects only the event's own persons are known here.
        if subject in own or (subject[0] in "pks" and kind.subjects != ("target",)):
            yield with_subjects(f"{subject} dropped", set(subjects) - {subject})
    if kind.subjects == ("target",):
        return
    taken = {word if word.startswith("s/") else word[0] for row in kind.subjects for word in row.split()}
    for more in ("p/MORE", "k/" + "0A" * 32, "s/map", "s/admins", "s/log", "s/policy"):
        if more not in subjects:
            yield with_subjects(f"{more} added", {*subjects, more})
    for prefix in "cdliuw":
        if prefix not in taken:
            yield with_subjects(f"{prefix}/ added", {*subjects, f"{prefix}/MORE"})


def moved_positions(value: Any, named: Any, subjects: list[str]) -> Any:
    """*value* with each position that *named* shows by name looked up in other subjects."""
    if isinstance(value, Mapping):
        return {key: moved_positions(value[key], named[key], subjects) for key in value}
    if isinstance(value, list):
        return [moved_positions(item, name, subjects) for item, name in zip(value, named, strict=True)]
    return subjects.index(named) if type(value) is int and type(named) is str else value
