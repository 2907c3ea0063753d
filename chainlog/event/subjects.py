"""Whether the subjects of an event are those that its kind, people and body demand. Pure.

Format: schemas/FORMAT.md section 3, and the column "subjects" of appendix A. `subjects` is the one place
where an event names things: what it touches can't stay out of a history that it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from chainlog import limits
from chainlog.errors import FormatError, SubjectsMismatchError
from chainlog.event.kind import TARGET, Kind
from chainlog.event.moves import check_carriers
from chainlog.event.subject import check_subject
from chainlog.event.types import FieldType

# Body fields that hold one key each; `administrators` and `recovery` hold several.
_KEY_FIELDS: Final = ("key", "old", "new", "log_key")


def check_subjects(
    kind: Kind,
    subjects: Sequence[str],
    people: Sequence[tuple[str, str, int]],
    body: Mapping[str, Any],
    *,
    path: str,
) -> None:
    """
    Compare the subjects with the kind's row, the persons, and the positions in the body.

    Args:
        body: the decoded body as plain maps and lists, of the kind's shape.

    Raises: SubjectsMismatchError; SubjectError and FormatError for texts in the body that are no such subjects or dates.
    """
    _check_named(kind, body, path)
    if kind.subjects == TARGET:
        # The rest are the subjects of another act, which only `admit` can look up.
        check_persons_are_subjects(subjects, people, path=path)
        return
    persons = {person for _, person, _ in people if person != "s/log"} | set(body_persons(body))
    named = {subject for subject in subjects if subject.startswith("p/")}
    if persons != named:
        odd = min(persons ^ named)
        what = "is named but is no subject" if odd in persons else "is a subject but takes no part"
        raise SubjectsMismatchError(f"{odd} {what}", path=f"{path}.subjects")
    if {s for s in subjects if s.startswith("k/")} != {key_subject(key) for key in body_keys(body)}:
        raise SubjectsMismatchError("the k/ are exactly the keys in the body", path=f"{path}.subjects")
    others = [subject for subject in subjects if not subject.startswith("p/")]
    if not any(row_fits(row, others, body) for row in kind.subjects):
        rows = " | ".join(kind.subjects) or "persons only"
        raise SubjectsMismatchError(f"{kind.name} takes {rows}", path=f"{path}.subjects")
    for prefix, position in positions(kind, body):
        if position >= len(subjects) or not subjects[position].startswith(prefix + "/"):
            raise SubjectsMismatchError(f"the body points to subject {position} as {prefix}/", path=f"{path}.body")
    items = [item["carrier"] for item in body["items"]] if "items" in body else None
    check_carriers(kind, "".join(subject[0] for subject in subjects), body.get, items, path=path)
    if kind.names:
        stated = stated_subject(kind, body)
        if others != ([] if stated is None else [stated]):
            raise SubjectsMismatchError(f"the subject is what {kind.names} names", path=f"{path}.subjects")


def check_persons_are_subjects(subjects: Sequence[str], people: Sequence[tuple[str, str, int]], *, path: str) -> None:
    """Raise SubjectsMismatchError unless everybody who takes part is a subject. Holds for every kind, known or not."""
    for _, person, _ in people:
        if person != "s/log" and person not in subjects:
            raise SubjectsMismatchError(f"{person} is named but is no subject", path=f"{path}.subjects")


def stated_subject(kind: Kind, body: Mapping[str, Any]) -> str | None:
    """The subject that the field `kind.names` states, None if it states one that the kind's row doesn't take."""
    stated = body.get(kind.names) if kind.names else None
    return stated if isinstance(stated, str) and stated[:1] in _row(kind.subjects[0]) else None


def body_persons(body: Mapping[str, Any]) -> Iterator[str]:
    """
    Every person whom a body is about: they are subjects, like those in `people`.

    The shape is not relied on: what is shaped otherwise gives nothing, and is for the decoder to refuse.
    """
    person = body.get("person")
    if isinstance(person, str):
        yield person
    for holder, _ in _holders(body):
        if isinstance(holder, str):
            yield holder


def key_subject(public_key: bytes) -> str:
    """The subject under which a public key's whole history stands: enrolled once, perhaps revoked."""
    return "k/" + public_key.hex().upper()


def body_keys(body: Mapping[str, Any]) -> Iterator[bytes]:
    """
    Every public key in the body of a registry event. Bodies of other kinds hold text in these fields, or nothing.

    The shape is not relied on, as in `body_persons`.
    """
    stated = [body[name] for name in _KEY_FIELDS if name in body]
    for key in (*stated, *(key for _, key in _holders(body))):
        if isinstance(key, (list, tuple)) and len(key) == 2 and isinstance(key[1], bytes):
            yield key[1]


def _holders(body: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """(person, key) of administrators and holders of recovery keys."""
    recovery = body.get("recovery")
    for holders in (body.get("administrators"), recovery.get("keys") if isinstance(recovery, Mapping) else None):
        if isinstance(holders, (list, tuple)):
            for holder in holders:
                if isinstance(holder, (list, tuple)) and len(holder) == 2:
                    yield holder[0], holder[1]


@cache
def _row(row: str) -> Mapping[str, tuple[int, int]]:
    """Least and most subjects of each prefix; `s/…` stand for themselves."""
    counts: dict[str, tuple[int, int]] = {}
    for word in row.split():
        if word.startswith("s/"):
            counts[word] = (1, 1)
        else:
            most = limits.SUBJECTS_MAX
            counts[word[0]] = {"": (1, 1), "+": (1, most), "*": (0, most), "?": (0, 1), "2": (2, 2)}[word[1:]]
    return counts


def row_fits(row: str, others: Sequence[str], body: Mapping[str, Any]) -> bool:
    """Whether subjects that are no persons are as many of each prefix as a kind's row says."""
    counts = dict(_row(row))
    if "copies_unnumbered" in body and "c" in counts:
        # The book doesn't say which copies: the document stands for them. The carriers are tools, containers, originals.
        counts["c"] = (0, limits.SUBJECTS_MAX)
        counts["d"] = (1, limits.SUBJECTS_MAX)
    found: dict[str, int] = {}
    for subject in others:
        key = subject if subject.startswith("s/") else subject[0]
        found[key] = found.get(key, 0) + 1
    if any(key not in counts for key in found):
        return False
    return all(least <= found.get(key, 0) <= most for key, (least, most) in counts.items())


@cache
def _holds_positions(field: FieldType) -> bool:
    if field.position:
        return True
    if field.item is not None:
        return _holds_positions(field.item)
    return any(_holds_positions(inner) for inner in field.fields.values())


@cache
def _position_fields(kind: Kind) -> tuple[tuple[str, FieldType], ...]:
    return tuple((name.rstrip("?"), field) for name, field in kind.fields.items() if _holds_positions(field))


def positions(kind: Kind, body: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """(prefix, position) of every place where *body* points to a subject."""
    for name, field in _position_fields(kind):
        if name in body:
            yield from _positions(field, body[name])


def _positions(field: FieldType, value: Any) -> Iterator[tuple[str, int]]:
    if field.position:
        yield field.position, value
    elif field.item is not None:
        if _holds_positions(field.item):
            for item in value:
                yield from _positions(field.item, item)
    else:
        for name, inner in field.fields.items():
            key = name.rstrip("?")
            if key in value and _holds_positions(inner):
                yield from _positions(inner, value[key])


@cache
def _names_things(field: FieldType) -> bool:
    if field.subject or field.date:
        return True
    if field.item is not None:
        return _names_things(field.item)
    return any(_names_things(inner) for inner in field.fields.values())


@cache
def _naming_fields(kind: Kind) -> tuple[tuple[str, FieldType], ...]:
    return tuple((name.rstrip("?"), field) for name, field in kind.fields.items() if _names_things(field))


def _check_named(kind: Kind, body: Mapping[str, Any], path: str) -> None:
    """Units, places and persons given as text are folded subjects of the right prefix; dates are dates."""
    for name, field in _naming_fields(kind):
        if name in body:
            _check_value(field, body[name], f"{path}.body.{name}")


def _check_value(field: FieldType, value: Any, path: str) -> None:
    if field.subject:
        check_subject(value, path=path)
        if value[0] not in field.subject:
            raise FormatError(f"{value} stands where {field.name} is wanted", path=path)
    elif field.date:
        check_date(value, path)
    elif field.item is not None:
        if _names_things(field.item):
            for i, item in enumerate(value):
                _check_value(field.item, item, f"{path}[{i}]")
    elif isinstance(value, Mapping):
        for name, inner in field.fields.items():
            key = name.rstrip("?")
            if key in value and _names_things(inner):
                _check_value(inner, value[key], f"{path}.{key}")
    else:
        for i, inner in enumerate(field.fields.values()):
            if _names_things(inner):
                _check_value(inner, value[i], f"{path}[{i}]")


def check_date(text: str, path: str) -> None:
    """Raise FormatError unless *text*, of the form `0000-00-00`, is a civil date."""
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    if not (year >= 1 and 1 <= month <= 12 and 1 <= day <= days[month - 1]):
        raise FormatError(f"{text} is no date", path=path)
