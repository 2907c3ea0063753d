"""The record: an event at an index, chained, linked and signed. Pure. Format: schemas/FORMAT.md section 2.

record     = [1, index, recorded_at_us, prev_hash, base, links, event, signatures]
base       = [base_index, base_hash]
links      = [[position, prev_index, prev_record_hash], …]     links[i] belongs to subjects[i] of the event
signatures = [[role, public_key, signed_at_us, signature], …]  sorted; one per (role, key)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import Meta

from chainlog import digest, limits
from chainlog.canon import codec
from chainlog.errors import FormatError, LimitError, UnknownVersionError
from chainlog.event.kind import ROLE_NAME
from chainlog.event.model import CheckedEvent, check_event

_Hash = Annotated[bytes, Meta(min_length=limits.HASH_BYTES, max_length=limits.HASH_BYTES)]
_Sig = Annotated[bytes, Meta(min_length=limits.SIGNATURE_BYTES, max_length=limits.SIGNATURE_BYTES)]
_Index = Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]
_Time = Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]

Base: TypeAlias = tuple[_Index, _Hash]
Link: TypeAlias = tuple[_Index, _Index, _Hash]
Signature: TypeAlias = tuple[str, _Hash, _Time, _Sig]

GENESIS_BASE: Final[Base] = (0, digest.ZERO)
FIRST_LINK: Final[Link] = (0, 0, digest.ZERO)


class SubjectHead(msgspec.Struct, frozen=True, gc=False):
    """The newest event of a subject: how many there are, and where the last one stands."""

    count: int
    index: int
    record_hash: bytes


class Record(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True, gc=False):
    """
    A record as decoded; nothing in it is trusted yet. Fields stand in the order of the bytes.

    index: position in the log from 0. recorded_at_us: what the writer's clock said. prev_hash: record hash of
    the record before, zeros in record 0. base: the record that the signers saw. links: one a subject.
    """

    version: int
    index: _Index
    recorded_at_us: _Time
    prev_hash: _Hash
    base: Base
    links: Annotated[tuple[Link, ...], Meta(min_length=1, max_length=limits.SUBJECTS_MAX)]
    event: bytes
    signatures: Annotated[tuple[Signature, ...], Meta(min_length=1, max_length=limits.SIGNATURES_MAX)]


class CheckedRecord(NamedTuple):
    """A record whose shape was checked, with its event and hash. Whether it may stand is for `admit` to say."""

    record: Record
    event: CheckedEvent
    record_hash: bytes
    encoded: bytes


_codec: Final[codec.Codec[Record]] = codec.Codec(Record)

unverified_record: Final = _codec.unverified_decode
"""unverified_record(data) -> Record: without any check; only for bytes whose hash is known to be right."""


def encode_record(
    *,
    index: int,
    recorded_at_us: int,
    prev_hash: bytes,
    base: Base,
    links: Sequence[Link],
    event: bytes,
    signatures: Sequence[Signature],
) -> bytes:
    """The canonical bytes. Signatures are given in any order and sorted here. Cost: under a microsecond."""
    if len(signatures) > 1:
        signatures = sorted(signatures, key=codec.encode)
    # One plain tuple: encoding it is twice as fast as splicing bytes by hand.
    return codec.encode(
        (limits.FORMAT_VERSION, index, recorded_at_us, prev_hash, base, tuple(links), event, tuple(signatures))
    )


def decode_record(data: bytes, *, path: str = "$") -> Record:
    """
    Decode a record strictly, its event left as bytes.

    Raises: LimitError, UnknownVersionError, FormatError, NonCanonicalError.
    """
    if len(data) > limits.RECORD_BYTES_MAX:
        raise LimitError("record", path=path, limit=limits.RECORD_BYTES_MAX)
    # A short array whose first element is a small integer: the version is read before anything else, since a later
    # one may have more elements or fewer.
    if len(data) > 1 and data[0] & 0xF0 == 0x90 and data[1] != limits.FORMAT_VERSION and data[1] < 0x80:
        raise UnknownVersionError(path=path, found=data[1])
    record = _codec.decode(data, path=path)
    if record.version != limits.FORMAT_VERSION:
        raise UnknownVersionError(path=path, found=record.version)
    _check_signatures(record.signatures, path)
    return record


def check_record(data: bytes, *, path: str = "$") -> CheckedRecord:
    """
    Decode a record and its event and check everything that needs no other record.

    Raises: FormatError and its subclasses, with the path inside the record.
    Cost: about 13 microseconds for a record of 600 bytes, its hash included.
    """
    record = decode_record(data, path=path)
    event = check_event(record.event, path=f"{path}.event")
    if len(record.links) != len(event.event.subjects):
        raise FormatError("one link a subject", path=f"{path}.links")
    return CheckedRecord(record, event, digest.record_hash(data), data)


def _check_signatures(signatures: Sequence[Signature], path: str) -> None:
    for i, (role, _, _, _) in enumerate(signatures):
        if not ROLE_NAME.fullmatch(role):
            raise FormatError("unknown role", path=f"{path}.signatures[{i}]")
    if len(signatures) == 1:
        return
    keys = [codec.encode(signature) for signature in signatures]
    for i in range(1, len(keys)):
        if keys[i - 1] >= keys[i]:
            raise FormatError("sorted strictly by encoded bytes", path=f"{path}.signatures[{i}]")
    if len({(role, key) for role, key, _, _ in signatures}) != len(signatures):
        raise FormatError("one signature for each role and key", path=f"{path}.signatures")


def link_to(head: SubjectHead | None) -> Link:
    """The link of the next event of a subject whose newest event is *head*."""
    return FIRST_LINK if head is None else (head.count, head.index, head.record_hash)
