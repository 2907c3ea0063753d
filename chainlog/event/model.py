"""The event: eight elements in every kind for ever, and a body that depends on the kind. Pure.

Format: schemas/FORMAT.md section 2 (event) and appendix A (bodies).

    event = [kind, id, occurred, subjects, people, refs, expires_at_us, body]

The head can be read without knowing the kind; the body is decoded when somebody wants it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from chainlog import limits
from chainlog.canon import codec
from chainlog.canon.text import check_text, check_texts
from chainlog.errors import FormatError, LimitError
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLE_NAME, ROLES, TARGET, Kind
from chainlog.event.quick import sound
from chainlog.event.subject import check_subject
from chainlog.event.subjects import check_persons_are_subjects, check_subjects

_Time = Annotated[int, Meta(ge=limits.INTEGER_MIN, le=limits.INTEGER_MAX)]
_Hash = Annotated[bytes, Meta(min_length=limits.HASH_BYTES, max_length=limits.HASH_BYTES)]
_KIND_NAME: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)?(?:/[0-9]{1,2})?")
_EVENT_BYTES_MAX: Final = limits.largest_event_bytes()

LOG_ALONE: Final = ("log", "s/log", 1)

EventId = Annotated[bytes, Meta(min_length=limits.EVENT_ID_BYTES, max_length=limits.EVENT_ID_BYTES)]
Person: TypeAlias = tuple[str, str, int]
Ref: TypeAlias = tuple[bytes, bytes]


class Event(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True, gc=False):
    """
    An event as decoded: the head typed, the body still bytes.

    kind: stable text, `transferred.lend`.
    id: 16 bytes, unique in the log.
    occurred: () unknown, or (start_us, span_us): the act lies within.
    subjects: 1 to 256 subjects, ascending by encoded bytes.
    people: (role, person, how many signatures), ascending by encoded bytes.
    refs: (event id, event hash) of up to 16 earlier acts, ascending.
    expires_at_us: the record must not be later; 0 in `log_opened` and `index_committed`.
    body: the canonical map, undecoded.
    """

    kind: str
    id: EventId
    occurred: tuple[_Time, ...]
    subjects: Annotated[tuple[str, ...], Meta(min_length=1, max_length=limits.SUBJECTS_MAX)]
    people: Annotated[tuple[Person, ...], Meta(min_length=1, max_length=limits.PEOPLE_MAX)]
    refs: Annotated[tuple[tuple[EventId, _Hash], ...], Meta(max_length=limits.REFS_MAX)]
    expires_at_us: Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]
    body: msgspec.Raw


class CheckedEvent(NamedTuple):
    """An event whose shape was checked. `kind` and `body` are None if this release doesn't know the kind."""

    event: Event
    kind: Kind | None
    body: Any
    encoded: bytes


_codec: Final[codec.Codec[Event]] = codec.Codec(Event)

unverified_event: Final = _codec.unverified_decode
"""unverified_event(data) -> Event: without any check; only for bytes that were checked before."""


def unverified_body(event: Event) -> Any:
    """The typed body of an event that was checked before; its kind must be known. Cost: one decode."""
    return KINDS[event.kind].codec.unverified_decode(event.body)


def check_event(data: bytes, *, path: str = "$") -> CheckedEvent:
    """
    Decode an event and check everything about it that needs no other record.

    Canonical form, limits, text, folded subjects, order, people, and that the subjects are those that kind and
    body demand. Of an unknown kind the head alone is checked, and that its body is canonical.

    Raises: FormatError and its subclasses, with the path inside the event.
    Cost: about 5 microseconds for an event of 250 bytes; three times that for one of a registry kind, or a faulty one.
    """
    return check_quickly(data) or _check_slowly(data, path)


def check_quickly(data: bytes) -> CheckedEvent | None:
    """The event if it is a plain one of a known kind and without fault; None where `check_event` has to decide."""
    try:
        event = unverified_event(data)
        kind = KINDS.get(event.kind)
        if kind is None or codec.encode(event) != data or len(data) > _EVENT_BYTES_MAX:
            return None
        found = sound(kind, event)
    except codec.BAD_BYTES:
        return None
    return None if found is None else CheckedEvent(event, kind, found[0], data)


def _check_slowly(data: bytes, path: str) -> CheckedEvent:
    """Check step by step, and say what is wrong and where."""
    if len(data) > _EVENT_BYTES_MAX:
        raise LimitError("event", path=path, limit=_EVENT_BYTES_MAX)
    event = _codec.decode(data, path=path)
    _check_head(event, path)
    kind = KINDS.get(event.kind)
    body: Any = None
    raw = bytes(event.body)
    if len(raw) > limits.BODY_BYTES_MAX:
        raise LimitError("body", path=f"{path}.body", limit=limits.BODY_BYTES_MAX)
    plain = codec.decode(raw, path=f"{path}.body")
    if type(plain) is not dict:
        raise FormatError("the body is a map", path=f"{path}.body")
    if kind is not None:
        body = kind.codec.decode(raw, path=f"{path}.body")
    _check_texts(plain, f"{path}.body")
    if kind is not None:
        check_subjects(kind, event.subjects, event.people, plain, path=path)
    else:
        check_persons_are_subjects(event.subjects, event.people, path=path)
    return CheckedEvent(event, kind, body, data)


def _check_head(event: Event, path: str) -> None:
    _check_kind_name(event.kind, path)
    if len(event.occurred) not in (0, 2):
        raise FormatError("occurred is [] or [start, span]", path=f"{path}.occurred")
    if event.occurred and event.occurred[1] < 0:
        raise FormatError("the span of occurred is negative", path=f"{path}.occurred")
    for i, subject in enumerate(event.subjects):
        check_subject(subject, path=f"{path}.subjects[{i}]")
    _check_order([codec.sort_key(s) for s in event.subjects], f"{path}.subjects")
    others = sum(1 for subject in event.subjects if not subject.startswith("p/"))
    if others > limits.SUBJECTS_NOT_PERSONS_MAX:
        raise LimitError("subjects that are no persons", path=f"{path}.subjects", limit=limits.SUBJECTS_NOT_PERSONS_MAX)
    kind = KINDS.get(event.kind)
    if kind is not None and kind.subjects != TARGET and len(event.subjects) > limits.SUBJECTS_OF_ACT_MAX:
        raise LimitError("subjects", path=f"{path}.subjects", limit=limits.SUBJECTS_OF_ACT_MAX)
    if event.kind == "index_committed" and event.people != (LOG_ALONE,):
        raise FormatError("the log alone takes part", path=f"{path}.people")
    for i, entry in enumerate(event.people):
        _check_person(event.kind, *entry, path=f"{path}.people[{i}]")
    _check_order([codec.encode(p) for p in event.people], f"{path}.people")
    if len({(role, person) for role, person, _ in event.people}) != len(event.people):
        raise FormatError("a person stands once in a role", path=f"{path}.people")
    if sum(signs for _, _, signs in event.people) > limits.SIGNATURES_MAX:
        raise LimitError("signatures", path=f"{path}.people", limit=limits.SIGNATURES_MAX)
    _check_order(list(event.refs), f"{path}.refs")
    if len({ref[0] for ref in event.refs}) != len(event.refs):
        raise FormatError("an act is named once in refs", path=f"{path}.refs")


def _check_person(kind_name: str, role: str, person: str, signs: int, *, path: str) -> None:
    kind = KINDS.get(kind_name)
    if role not in ROLES and (kind is not None or not ROLE_NAME.fullmatch(role)):
        raise FormatError("unknown role", path=path)
    if not 0 <= signs <= limits.SIGNS_PER_PERSON_MAX:
        raise FormatError("a person signs 0, 1 or 2 times", path=path)
    check_subject(person, path=path)
    if role == "log" or person == "s/log":
        if (role, person, signs) != LOG_ALONE:
            raise FormatError("the log stands as log, s/log, 1", path=path)
        if kind is not None and "log" not in kind.signs:
            raise FormatError(f"the log takes no part in {kind_name}", path=path)
    elif not person.startswith("p/"):
        raise FormatError(f"{person} is no person", path=path)


def _check_kind_name(name: str, path: str) -> None:
    if name in KINDS:
        return
    if len(name) > limits.KIND_BYTES_MAX:
        raise LimitError("kind", path=f"{path}.kind", limit=limits.KIND_BYTES_MAX)
    if not _KIND_NAME.fullmatch(name):
        raise FormatError(
            "a kind is a-z and _, in one part or two joined by a point, with /n for a later one", path=f"{path}.kind"
        )


def _check_order(keys: list[Any], path: str) -> None:
    for i in range(1, len(keys)):
        if keys[i - 1] >= keys[i]:
            problem = "stands twice" if keys[i - 1] == keys[i] else "is out of order"
            raise FormatError(f"element {i} {problem}: sorted strictly by encoded bytes", path=path)


def _check_texts(body: dict[str, Any], path: str) -> None:
    """Every text of the body lies in the repertoire and is not too long; newline and tab only in `note`."""
    texts: list[str] = []
    for key, value in body.items():
        if key == "note" and type(value) is str:
            _check_size(value, f"{path}.note")
            check_text(value, path=f"{path}.note", multiline=True)
        else:
            codec.collect_texts(value, texts)
    try:
        for text in texts:
            _check_size(text, path)
        check_texts(texts, path=path)
    except FormatError:
        # Only now is it worth asking where.
        for where, text in codec.walk_texts(body, path):
            _check_size(text, where)
            check_text(text, path=where, multiline=where == f"{path}.note")
        raise


def _check_size(text: str, path: str) -> None:
    # A character takes at most four bytes, so short texts need no counting.
    if len(text) * 4 > limits.TEXT_BYTES_MAX and len(text.encode()) > limits.TEXT_BYTES_MAX:
        raise LimitError("text", path=path, limit=limits.TEXT_BYTES_MAX)
