"""What is worth saying of a record that may stand: old bases, clocks, doubtful keys, documents left out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from chainlog import limits
from chainlog.authority.state import Authority
from chainlog.authority.view import View
from chainlog.canon import codec
from chainlog.event.moves import NAMES_DOCUMENTS, moved_subjects
from chainlog.forensics.report import Finding
from chainlog.log.drafting import document_of
from chainlog.record.record import CheckedRecord, unverified_record

_DAY_US: Final = 86_400_000_000


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


def documents_left_out(checked: CheckedRecord, view: View) -> list[Finding]:
    """
    The remarks that a record ends copies and leaves out the documents that they are known to be copies of.

    Cost: a walk over the history of each carrier that it ends.
    """
    kind, event = checked.event.kind, checked.event.event
    if kind is None or kind.name not in NAMES_DOCUMENTS:
        return []
    body = codec.decode(bytes(event.body))
    if "copies_unnumbered" in body:
        return []
    found = []
    for subject in moved_subjects(kind, event.subjects, body):
        if not subject.startswith("c/"):
            continue
        try:
            document = document_of(view, subject)
        except (*codec.BAD_BYTES, LookupError, AttributeError, ValueError):
            continue  # a damaged record on the way, which is a finding of its own
        if document is not None and document not in event.subjects:
            found.append(Finding("document-not-named", checked.record.index, subject, f"a copy of {document}"))
    return found


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
