"""What is worth saying of a record that may stand: old bases, clocks, doubtful keys, documents left out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from chainlog import limits
from chainlog.authority.state import Authority
from chainlog.canon import codec
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import Kind
from chainlog.event.model import Event, unverified_body, unverified_event
from chainlog.event.moves import NAMES_DOCUMENTS, moved_subjects
from chainlog.forensics.report import Finding
from chainlog.record.record import CheckedRecord, Link, Record, unverified_record

_DAY_US: Final = 86_400_000_000
# Kinds whose items say of which document a carrier is a copy.
WITH_ITEMS: Final = frozenset(
    name
    for name, kind in KINDS.items()
    if (items := kind.own.get("items") or kind.own.get("items?")) and items.item and "document?" in items.item.fields
)


def clock(index: int, recorded_at_us: int, before_us: int) -> list[Finding]:
    """The remark that the writer's clock went back between two records."""
    if recorded_at_us >= before_us:
        return []
    return [
        Finding("clock", index, "", f"{(before_us - recorded_at_us) / 1_000_000:.6f} s earlier than the record before")
    ]


def old_base(index: int, recorded_at_us: int, base_index: int, base_at_us: int) -> list[Finding]:
    """The remark on a base that lies too far back, in records or, with later records between, in time."""
    if base_index >= index - 1:
        return []
    if index - base_index > limits.BASE_DISTANCE_MAX:
        return [Finding("old-base", index, "", f"the base {base_index} lies {index - base_index} records back")]
    if recorded_at_us - base_at_us > limits.BASE_AGE_MAX_US:
        days = (recorded_at_us - base_at_us) // _DAY_US
        return [Finding("old-base", index, "", f"the base {base_index} was recorded {days} days before")]
    return []


def recorded_at(data: bytes | None) -> int | None:
    """The time in a record's bytes; None if they are none."""
    try:
        return None if data is None else unverified_record(data).recorded_at_us
    except codec.BAD_BYTES:
        return None


def doubtful(checked: CheckedRecord, authority: Authority) -> Iterator[str]:
    """Persons whose signature on this record was made with a key that a later event declared doubtful from here."""
    index = checked.record.index
    for _, public_key, _, _ in checked.record.signatures:
        history = authority.key(public_key)
        if history is None or history.doubt_from is None or index < history.doubt_from:
            continue
        if history.until is None or index <= history.until:
            yield history.holder


def documents_left_out(
    record: Record, event: Event, kind: Kind, get: Callable[[int], bytes | None], known: Mapping[str, str]
) -> list[Finding]:
    """
    The remarks that a record ends copies and leaves out the documents that they are known to be copies of.

    get: the record at an index below, or None. known: carriers whose document the caller knows for sure, empty for none.
    Cost: about 2 µs for each earlier event of each carrier that it ends and *known* doesn't have.
    """
    if kind.name not in NAMES_DOCUMENTS:
        return []
    found = []
    try:
        for subject in moved_subjects(kind, event.subjects, msgspec.msgpack.decode(event.body)):
            if subject.startswith("c/"):
                document = known.get(subject)
                if document is None:
                    document = _document_of(subject, record.links[event.subjects.index(subject)], record.index, get)
                if document and document not in event.subjects:
                    found.append(Finding("document-not-named", record.index, subject, f"a copy of {document}"))
    except (*codec.BAD_BYTES, LookupError, ValueError):
        pass  # a damaged record on the way, which is a finding of its own
    return found


def _document_of(carrier: str, link: Link, index: int, get: Callable[[int], bytes | None]) -> str:
    """The document of which *carrier* is a copy, as the last record says that says it; empty if none does."""
    while link[0] and link[1] < index:
        index = link[1]
        data = get(index)
        if data is None:
            break
        linked = _linked(data)
        event = _named(linked.event)
        if event.kind in WITH_ITEMS:
            body: Any = unverified_body(unverified_event(linked.event))
            for item in body.items or ():
                if event.subjects[item.carrier] == carrier and item.document is not msgspec.UNSET:
                    return str(event.subjects[item.document])
        link = linked.links[event.subjects.index(carrier)]
    return ""


class _Linked(msgspec.Struct, array_like=True, gc=False):
    """A record, as far as its links and event."""

    version: int
    index: int
    recorded_at_us: int
    prev_hash: msgspec.Raw
    base: msgspec.Raw
    links: tuple[Link, ...]
    event: bytes


class _Named(msgspec.Struct, array_like=True, gc=False):
    """An event, as far as its subjects."""

    kind: str
    id: msgspec.Raw
    occurred: msgspec.Raw
    subjects: tuple[str, ...]


_linked: Final = msgspec.msgpack.Decoder(_Linked).decode
_named: Final = msgspec.msgpack.Decoder(_Named).decode


def still_doubtful(doubtful: Sequence[tuple[int, bytes, str]], confirmed: Collection[bytes]) -> list[Finding]:
    """
    The remarks on doubtful signatures.

    doubtful: (index, event id, person). confirmed: ids of the acts that somebody has countersigned since.
    """
    return [
        Finding("doubtful", index, person, "signed with a key declared doubtful, not countersigned since")
        for index, event_id, person in doubtful
        if event_id not in confirmed
    ]
