"""Evidence that a log committed to a map which leaves out a record of its own. Pure.

Format: schemas/FORMAT.md 16.3. It holds two receipts of one log, that of the commitment and that of the record, and the proof
of what the map says of a subject which the record names. It rests on the log keys alone: either both receipts are of
one history, then the map isn't that of its records, or they aren't, then the log was forked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from chainlog.canon import codec
from chainlog.digest import ZERO
from chainlog.errors import CheckpointError, ConflictProofError, FormatError, LimitError, ReceiptError
from chainlog.event.subject import check_subject
from chainlog.limits import FALSE_MAP_BYTES_MAX, HASH_BYTES, INTEGER_MAX, MAP_PROOF_BYTES_MAX, RECEIPT_BYTES_MAX
from chainlog.proof.bundle import Bundle
from chainlog.proof.bundle_records import Shown
from chainlog.proof.receipt import CheckedReceipt, check_receipt, genesis_log_key
from chainlog.proof.tlog_proof import TlogProof, format_tlog_proof
from chainlog.record.record import CheckedRecord
from chainlog.tree.batch import inclusion_path_from
from chainlog.tree.checkpoint import parse_checkpoint
from chainlog.tree.map import Claim, check_map_proof, path_of
from chainlog.tree.note import parse_note

TAG: Final = "chainlog/v1/false-map"
_PATH: Final = "$.false_map"
_Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]


class SignedReceipt(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A receipt and the log key that signed its checkpoint."""

    receipt: Annotated[bytes, Meta(max_length=RECEIPT_BYTES_MAX)]
    log_key: _Hash


class _File(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    tag: str
    commitment: SignedReceipt
    record: SignedReceipt
    subject: str
    count: Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
    last_hash: _Hash
    map_proof: Annotated[bytes, Meta(min_length=1, max_length=MAP_PROOF_BYTES_MAX)]


_codec: Final[codec.Codec[_File]] = codec.Codec(_File)


@dataclass(frozen=True, slots=True)
class FalseMap:
    """
    A map that leaves out a record, checked.

    commitment, record: the receipts, checked. subject: of which the map says too little. claim: what it says; None: that no
    record names it. position: how many records named it before this one.
    keys_known: whether keys that the caller knows to be the log's signed both; else that they are the log's is not shown.
    """

    commitment: CheckedReceipt
    record: CheckedReceipt
    subject: str
    claim: Claim | None
    position: int
    keys_known: bool


class Held(NamedTuple):
    """
    A receipt held against a bundle.

    index: of its record. result: `shown` if the bundle holds the record; `left-out` if the map leaves it out, which
    *evidence* shows, the bytes of section 16.3; `open` if the bundle says nothing of it.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody calls on it
    result: Literal["shown", "left-out", "open"]
    evidence: bytes | None = None


def check_false_map(
    data: bytes, *, log_id: bytes, log_keys: Sequence[bytes] = (), genesis: bytes | None = None
) -> FalseMap:
    """
    Check a file that is said to convict a log of a false map.

    Args:
        data: at most 540,672 bytes. others: as `conflict.check_conflict`.

    Raises:
        FormatError, LimitError: no such file. ReceiptError, CheckpointError, ProofError: a receipt or the proof doesn't hold.
        ConflictProofError: nothing contradicts anything.
    """
    if len(data) > FALSE_MAP_BYTES_MAX:
        raise LimitError(f"{len(data)} bytes", limit=FALSE_MAP_BYTES_MAX, path=_PATH)
    file = _codec.decode(data, path=_PATH)
    if file.tag != TAG:
        raise FormatError("no evidence of a false map", path=_PATH)
    check_subject(file.subject, path=f"{_PATH}.subject")
    if (file.count == 0) != (file.last_hash == ZERO):
        raise FormatError("a last record if and only if there are records", path=_PATH)
    record = check_receipt(file.record.receipt, log_id=log_id, log_key=file.record.log_key, genesis=genesis)
    if record.index == 0:
        genesis = record.record.encoded
    commitment = check_receipt(file.commitment.receipt, log_id=log_id, log_key=file.commitment.log_key, genesis=genesis)
    event = commitment.record.event
    if event.event.kind != "index_committed" or not record.index < event.body.size <= commitment.index:
        raise ConflictProofError(f"record {commitment.index} commits to no map that covers record {record.index}")
    if file.subject not in record.record.event.event.subjects:
        raise ConflictProofError(f"record {record.index} doesn't name {file.subject}")
    claim = Claim(file.count, file.last_hash) if file.count else None
    check_map_proof(file.map_proof, root=event.body.map_root, path=path_of(log_id, file.subject), claim=claim)
    if not is_left_out(record.record, subject=file.subject, claim=claim):
        raise ConflictProofError(f"the map of {event.body.size} records may well know record {record.index}")
    known = {*log_keys} | (set() if genesis is None else {genesis_log_key(genesis, log_id=log_id)})
    return FalseMap(
        commitment, record, file.subject, claim, position_in(record.record, file.subject),
        keys_known={file.commitment.log_key, file.record.log_key} <= known,
    )  # fmt: skip


def position_in(record: CheckedRecord, subject: str) -> int:
    """How many records named *subject* before this one, by its link."""
    return record.record.links[record.event.event.subjects.index(subject)][0]


def is_left_out(record: CheckedRecord, *, subject: str, claim: Claim | None) -> bool:
    """Whether what a map says of *subject* can't be true if it covers *record*."""
    position = position_in(record, subject)
    if claim is None or position >= claim.count:
        return True
    return position == claim.count - 1 and claim.last_hash != record.record_hash


def hold_against(
    bundle: Bundle, data: bytes, *, log_id: bytes, bundle_key: bytes, log_keys: Sequence[bytes] = ()
) -> Held:
    """
    Hold a receipt against a bundle that was checked: does it show the record, or does its map leave it out?

    Args:
        bundle: as `bundle_check.check_bundle` accepted it. data: the receipt.
        bundle_key: the log key that signed the bundle's checkpoint. log_keys: others that are known to be the log's.

    Raises:
        ReceiptError: the receipt is of another log, or no known key signed it: it convicts nobody. `finding` is `forked` where
            the bundle holds another record in its place: then whoever holds the key told two stories.
        FormatError, CheckpointError, ProofError: as `check_receipt`.
    """
    shown = Shown(bundle.records)
    receipt, log_key = _signed_receipt(data, bundle, log_id=log_id, log_keys=(bundle_key, *log_keys))
    standing = shown.records.get(receipt.index)
    if standing is not None:
        if standing.record_hash != receipt.record.record_hash:
            raise ReceiptError(
                f"the bundle holds another record {receipt.index}", finding="forked", index=receipt.index
            )
        return Held(receipt.index, "shown")
    if bundle.committed is None or receipt.index >= shown.records[bundle.committed].event.body.size:
        return Held(receipt.index, "open")
    index = bundle.committed
    size = shown.records[index].event.body.size
    proofs = [one for one in bundle.map_proofs if one[0] in receipt.record.event.event.subjects]
    for subject, proof in proofs:
        claim = shown.claim(subject, below=size)
        if is_left_out(receipt.record, subject=subject, claim=claim):
            commitment = SignedReceipt(_receipt_from(bundle, shown, index=index), bundle_key)
            count, last_hash = (0, ZERO) if claim is None else claim
            file = _File(TAG, commitment, SignedReceipt(data, log_key), subject, count, last_hash, proof)
            return Held(receipt.index, "left-out", codec.encode(file))
    for subject, _ in proofs:
        # All its records are here, and one of them stands in the same place of its history.
        detail = f"the bundle holds another record of {subject} in its place"
        raise ReceiptError(detail, finding="forked", index=receipt.index)
    return Held(receipt.index, "open")


def _signed_receipt(
    data: bytes, bundle: Bundle, *, log_id: bytes, log_keys: Sequence[bytes]
) -> tuple[CheckedReceipt, bytes]:
    """The receipt, and which of the keys signed it: one given, or that of record 0, which every bundle holds."""
    receipt = check_receipt(data, log_id=log_id, genesis=bundle.records[0])
    if receipt.log_key is not None:
        return receipt, receipt.log_key
    for log_key in log_keys:
        try:
            return check_receipt(data, log_id=log_id, log_key=log_key), log_key
        except CheckpointError:
            continue
    raise ReceiptError("no key that is known to be the log's signed it: it convicts nobody")


def _receipt_from(bundle: Bundle, shown: Shown, *, index: int) -> bytes:
    """The receipt of a record of the bundle, from the proof of all its records."""
    size = parse_checkpoint(parse_note(bundle.checkpoint).text).size
    leaves = [(place, checked.record_hash) for place, checked in shown.records.items()]
    path = inclusion_path_from(leaves, bundle.proof, index=index, size=size)
    return format_tlog_proof(TlogProof(index, tuple(path), bundle.checkpoint, shown.records[index].encoded))
