"""Reading records for an audit, some at a time. Pure.

What is common is recognised here with as little work as possible; where that fails, `record.check_record` decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError
from chainlog.event.catalogue import KINDS
from chainlog.event.kind import ROLES, Kind
from chainlog.event.model import Event, unverified_event
from chainlog.event.quick import Signing, sound
from chainlog.record.record import Record, Signature, check_record, unverified_record

AT_ONCE: Final = 128
"""
How many are read, then verified, then judged. One after the other would be simpler and a tenth slower: libsodium's tables and
what the interpreter needs don't fit the processor's nearest cache together.
"""


Read: TypeAlias = tuple[Record, Event, Kind | None, Any, Signing | None]
"""
A record without fault: itself, its event, kind and body; the last two None if this release doesn't know the kind. Who are to
sign, None where that isn't known. (A plain tuple: it is made for every record.)
"""


def read_records(data: list[bytes]) -> list[Read | str]:
    """
    The records in *data*, which are at most `AT_ONCE` as a rule; for one that is none, what is wrong with it.

    Cost: about 15 µs a record.
    """
    frames = _frames(data)
    if frames is None or max(map(len, data), default=0) > limits.RECORD_BYTES_MAX:
        return [_read_slowly(one) for one in data]
    return [_read_quickly(*frame) or _read_slowly(one) for one, frame in zip(data, frames, strict=True)]


def _frames(data: list[bytes]) -> list[tuple[Record, Event]] | None:
    """Records and their events, if all of them are encoded canonically."""
    try:
        records = list(map(unverified_record, data))
        encoded = [record.event for record in records]
        events = list(map(unverified_event, encoded))
        canonical = list(map(codec.encode, records)) == data and list(map(codec.encode, events)) == encoded
    except codec.BAD_BYTES:
        return None
    return list(zip(records, events, strict=True)) if canonical else None


def _read_quickly(record: Record, event: Event) -> Read | None:
    """A record both of whose encodings are canonical, if it is plain and without fault; None where that is in doubt."""
    kind, signatures = KINDS.get(event.kind), record.signatures
    if (
        kind is None
        or record.version != limits.FORMAT_VERSION
        or len(record.links) != len(event.subjects)
        or not (signatures[0][0] in ROLES if len(signatures) == 1 else _are_in_order(signatures))
    ):
        return None
    try:
        found = sound(kind, event)
    except codec.BAD_BYTES:
        return None
    return None if found is None else (record, event, kind, *found)


def _are_in_order(signatures: Sequence[Signature]) -> bool:
    before = b""
    for role, public_key, _, _ in signatures:
        key = codec.encode((role, public_key))
        if key <= before or role not in ROLES:
            return False
        before = key
    return True


def _read_slowly(data: bytes) -> Read | str:
    try:
        checked = check_record(data)
    except FormatError as error:
        return error.text("en")
    return checked.record, checked.event.event, checked.event.kind, checked.event.body, None
