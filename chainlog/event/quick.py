"""The quick way through `check_event` for what is common and right. Pure.

An audit checks every event of a log, and nearly all of them are plain events of known kinds without a fault. Here such
an event is recognised with as little work as possible, by a plan made once a kind. Whatever isn't recognised is said
to be in doubt, not to be wrong: `event.model` then takes the slow way, which alone knows what to refuse and where.
So this module must never be sure of what the slow way would refuse; a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any, Final, NamedTuple, Protocol

from msgspec import UNSET, Raw

from chainlog import limits
from chainlog.canon import codec
from chainlog.canon.text import check_text, check_texts
from chainlog.errors import FormatError
from chainlog.event.catalogue import KINDS, REGISTRY
from chainlog.event.kind import ROLES, TARGET, Kind
from chainlog.event.moves import check_carriers, points_to_carriers
from chainlog.event.subject import check_subject
from chainlog.event.subjects import check_date, row_fits
from chainlog.event.types import FieldType, Sealed

# Names that come again and again: persons, units, places, carriers in use. Each takes some 400 bytes.
_NAMES_MAX: Final = 8_192
# People who act together come again and again too. Each takes some 700 bytes.
_CREWS_MAX: Final = 4_096
_SHORT: Final = limits.TEXT_BYTES_MAX // 4
_PEOPLE_FEW: Final = limits.SIGNATURES_MAX // limits.SIGNS_PER_PERSON_MAX

# What these demand isn't said by their own bytes, or by a plan.
_UNSURE: Final = frozenset(kind for kind in KINDS.values() if kind.name in REGISTRY or kind.subjects == TARGET)

# Bodies alike come often: a carrier is stored, read, returned. Each takes about a kilobyte.
_BODIES_MAX: Final = 2_048

Test = Callable[[Any, str, list[str]], bool]
"""
test(value, prefixes, texts): whether a value is right for sure.

prefixes: the first letters of the event's subjects. The value's free texts are appended to *texts*.
"""


class Head(Protocol):
    """The fields of an event, decoded and known to be canonical."""

    @property
    def occurred(self) -> tuple[int, ...]: ...

    @property
    def subjects(self) -> tuple[str, ...]: ...

    @property
    def people(self) -> tuple[tuple[str, str, int], ...]: ...

    @property
    def refs(self) -> tuple[tuple[bytes, bytes], ...]: ...

    @property
    def body(self) -> Raw: ...


Signing = frozenset[tuple[str, str]]
"""The (role, person) who are to sign, once each."""


def sound(kind: Kind, event: Head) -> tuple[Any, Signing | None] | None:
    """
    The typed body of an event that the slow way would accept for sure, and who are to sign it; None where that is in doubt.

    The signers are None where somebody is to sign twice. Raises: what msgspec raises for a body that isn't the kind's. Cost: about 3 µs for a body that was seen before.
    """
    subjects, occurred, refs = event.subjects, event.occurred, event.refs
    if kind in _UNSURE or len(subjects) > limits.SUBJECTS_OF_ACT_MAX:
        return None
    prefixes, crew = _prefixes(subjects), _crew(event.people)
    if prefixes is None or crew is None:
        return None
    # The persons who take part are those among the subjects.
    if len(crew.persons) != prefixes.count("p") or not crew.persons.issubset(subjects):
        return None
    if occurred and (len(occurred) != 2 or occurred[1] < 0):
        return None
    if refs and not all(a[0] < b[0] for a, b in pairwise(refs)):
        return None
    body = _body(kind, bytes(event.body), prefixes)
    return None if body is None else (body, crew.signing)


@lru_cache(maxsize=_BODIES_MAX)
def _body(kind: Kind, raw: bytes, prefixes: str) -> Any:
    """The body in *raw* of an event whose subjects have *prefixes*; None where it is in doubt. Bodies don't change."""
    body = kind.codec.unverified_decode(raw)
    others = prefixes.replace("p", "")
    if len(raw) > limits.BODY_BYTES_MAX or codec.encode(body) != raw or len(others) > limits.SUBJECTS_NOT_PERSONS_MAX:
        return None
    if not _fits_a_row(kind, others, body.copies_unnumbered is not UNSET):
        return None
    values, tests = _plan(kind)
    texts: list[str] = []
    for value, test in zip(values(body), tests, strict=False):
        if value is not UNSET and not test(value, prefixes, texts):
            return None
    if body.copies_unnumbered is not UNSET or points_to_carriers(kind):
        items = getattr(body, "items", UNSET)
        stated = None if items is UNSET else [item.carrier for item in items]
        try:
            check_carriers(kind, prefixes, lambda name: getattr(body, name, None), stated, path="$")
        except FormatError:
            return None
    if texts:
        try:
            check_texts(texts, path="$")
        except FormatError:
            return None
    return body


def _prefixes(subjects: Sequence[str]) -> str | None:
    """The first letters of subjects that are all right and in order; None where that is in doubt."""
    before, prefixes = b"", ""
    for subject in subjects:
        key, prefix = _subject_key(subject)
        if key <= before:
            return None
        before = key
        prefixes += prefix
    return prefixes


@lru_cache(maxsize=_NAMES_MAX)
def _subject_key(subject: str) -> tuple[bytes, str]:
    """The bytes by which a subject is sorted, and its first letter; no bytes if it may not be one: it is never in order then."""
    try:
        check_subject(subject, path="$")
    except FormatError:
        return b"", ""
    return codec.encode(subject), subject[0]


class _Crew(NamedTuple):
    """Who takes part, and who of them are to sign; None where somebody is to sign twice."""

    persons: frozenset[str]
    signing: Signing | None


@lru_cache(maxsize=_CREWS_MAX)
def _crew(people: tuple[tuple[str, str, int], ...]) -> _Crew | None:
    """*people* who are all right and in order, once in a role; None where that is in doubt."""
    before = b""
    for role, person, signs in people:
        if role not in ROLES or role == "log" or not 0 <= signs <= limits.SIGNS_PER_PERSON_MAX:
            return None
        key = codec.encode((role, person))
        if person[:2] != "p/" or key <= before:
            return None
        before = key
    if len(people) > _PEOPLE_FEW:
        return None
    twice = any(signs > 1 for _, _, signs in people)
    signing = frozenset((role, person) for role, person, signs in people if signs)
    return _Crew(frozenset(person for _, person, _ in people), None if twice else signing)


@lru_cache(maxsize=4_096)
def _fits_a_row(kind: Kind, others: str, unnumbered: bool) -> bool:  # noqa: FBT001 (called from one place, for speed)
    """Whether subjects with the prefixes *others* are those of one of the kind's rows."""
    named = [f"{prefix}/" for prefix in others]
    body = {"copies_unnumbered": 0} if unnumbered else {}
    return not kind.names and any(row_fits(row, named, body) for row in kind.subjects)


@cache
def _plan(kind: Kind) -> tuple[Callable[[Any], Sequence[Any]], tuple[Test, ...]]:
    """What takes those fields out of a body whose types don't say all, and the test of each."""
    tests: dict[str, Test] = {}
    for stated, field in kind.fields.items():
        name = stated.rstrip("?")
        test = _is_note if name == "note" else _test(field)
        if test is not None:
            tests[name] = test
    # There are always several: every kind has the common fields.
    return attrgetter(*tests), tuple(tests.values())


@cache
def _test(field: FieldType) -> Test | None:
    """The test of one type of field, None if decoding it has tested everything."""
    if field.position:
        return _position_test(field.position)
    if field.subject:
        return _subject_test(field.subject)
    if field.date:
        return lambda value, _prefixes, _texts: _is_date(value)
    if field.values:
        return None  # a literal, compared whole while decoding
    if field.item is not None:
        return _list_test(field.item)
    if field.fields:
        return _parts_test(field)
    return _text_test if field.name in ("Text", "str", "json") else None


def _position_test(prefix: str) -> Test:
    return lambda value, prefixes, _texts: prefixes[value : value + 1] == prefix


def _subject_test(prefixes: str) -> Test:
    return lambda value, _prefixes, _texts: value[0] in prefixes and _subject_key(value)[0] != b""


def _list_test(item: FieldType) -> Test | None:
    test = _test(item)
    if test is None:
        return None
    return lambda value, prefixes, texts: all(test(one, prefixes, texts) for one in value)


def _parts_test(field: FieldType) -> Test | None:
    """For maps, which are decoded to objects, and for arrays with a type a place."""
    named = [(name, _test(inner)) for name, inner in field.fields.items()]
    if all(test is None for _, test in named):
        return None
    if all(name.isdecimal() for name, _ in named):
        placed = [(place, test) for place, (_, test) in enumerate(named) if test is not None]
        return lambda value, prefixes, texts: all(test(value[place], prefixes, texts) for place, test in placed)
    parts = [(name.rstrip("?"), test) for name, test in named if test is not None]

    def test_parts(value: Any, prefixes: str, texts: list[str]) -> bool:
        for name, test in parts:
            part = getattr(value, name)
            if part is not UNSET and not test(part, prefixes, texts):
                return False
        return True

    return test_parts


def _text_test(value: Any, prefixes: str, texts: list[str]) -> bool:
    if type(value) is Sealed:
        return True
    texts.append(value)
    return len(value) <= _SHORT


def _is_note(value: Any, prefixes: str, texts: list[str]) -> bool:
    if type(value) is Sealed:
        return True
    try:
        check_text(value, path="$", multiline=True)
    except FormatError:
        return False
    return len(value) <= _SHORT


@lru_cache(maxsize=4_096)
def _is_date(text: str) -> bool:
    try:
        check_date(text, "$")
    except FormatError:
        return False
    return True
