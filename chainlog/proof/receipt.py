"""Receipts: one record, its place in the tree, and a checkpoint over it, in one file. Pure; checked without the log.

Format: schemas/FORMAT.md section 6. A receipt is a C2SP tlog-proof (`proof.tlog_proof`) whose `extra` line holds the
record. What makes it evidence is the signature of the log key, and which key that is can't be learned from the receipt:
the caller knows it, or has record 0, whose hash is the log's id, or asks the log. Without any of these a receipt is only
consistent in itself. A cosignature of a witness vouches for the checkpoint as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from chainlog import digest
from chainlog.errors import FormatError, ReceiptError, SignatureError
from chainlog.limits import HASH_BYTES
from chainlog.proof.tlog_proof import TlogProof, format_tlog_proof, parse_tlog_proof
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, Record, check_record
from chainlog.record.statement import encode_event_statement
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint, parse_origin, verify_checkpoint
from chainlog.tree.cosignature import verify_cosignature
from chainlog.tree.merkle import check_inclusion
from chainlog.tree.note import ED25519, SignedNote, VerifierKey, key_id, parse_note
from chainlog.tree.proofs import TreeReader, inclusion_path

Trust = Literal["keys-unproven", "log-signed", "witnessed"]

_ROTATED: Final = "the checkpoint is signed by another log key than that of record 0, and nothing given here proves it"
_FIRST_KEY: Final = "that the log key of record 0 was still in force at the checkpoint is not shown by the receipt"


class Witnessed(NamedTuple):
    """A witness's cosignature that verified. time_s: seconds since 1970, by the witness's clock."""

    name: str
    time_s: int


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """
    A receipt whose record stands in the tree of its checkpoint, both of the log asked for.

    log_id: 32 bytes. index: of the record. checkpoint, note: what the record's place was proved against, and the signed note.
    trust: `log-signed` if the key in `log_key` signed the note; `witnessed` if enough of the witnesses asked for cosigned
        it; `keys-unproven` if neither: then whoever made the file may have made up all of it.
    log_key: the key that the signature was verified with, or None. witnesses: those that cosigned.
    not_checked: (what, why), in English: what this answer doesn't say.
    """

    log_id: bytes
    index: int
    record: CheckedRecord
    checkpoint: Checkpoint
    note: bytes
    trust: Trust
    log_key: bytes | None
    witnesses: tuple[Witnessed, ...]
    not_checked: tuple[tuple[str, str], ...]


def make_receipt(record: bytes, tree: TreeReader, *, index: int, checkpoint: bytes) -> bytes:
    """
    The receipt of one record.

    Args:
        record: the bytes at *index*. tree: of the log, at least as large as the checkpoint's.
        checkpoint: a signed note of a size above *index*, cosigned or not. Its signatures aren't verified here.

    Raises:
        ReceiptError: the checkpoint doesn't cover the record. FormatError: it is none.
        ProofError: record, tiles and checkpoint don't belong together: the log is damaged, or the checkpoint another's.
        StoreError: a tile is missing.

    Cost: as `tree.proofs.inclusion_path`.
    """
    stated = parse_checkpoint(parse_note(checkpoint).text)
    if not index < stated.size <= tree.frontier.size:
        raise ReceiptError(
            f"a checkpoint of {stated.size} records says nothing of record {index} of {tree.frontier.size}"
        )
    path = inclusion_path(tree, index=index, size=stated.size)
    check_inclusion(digest.record_hash(record), path, index=index, size=stated.size, root=stated.root)
    return format_tlog_proof(TlogProof(index, tuple(path), checkpoint, record))


def check_receipt(
    data: bytes,
    *,
    log_id: bytes,
    log_key: bytes | None = None,
    genesis: bytes | None = None,
    witnesses: Sequence[VerifierKey] = (),
    quorum: int = 1,
) -> CheckedReceipt:
    """
    Check a receipt with nothing but the file and what the caller knows.

    Args:
        data: the file, at most 262,144 bytes.
        log_id: what the caller knows the log by, 32 bytes.
        log_key: the log's public key, if the caller knows it from elsewhere; 32 bytes.
        genesis: record 0, if there is no key at hand: its hash must be *log_id*, and it names the first log key.
        witnesses: keys whose cosignatures count, each of another holder. quorum: how many of them make it witnessed.

    Returns:
        What was proved, and by whose word: see `CheckedReceipt.trust`.

    Raises:
        FormatError, LimitError: no receipt. ReceiptError: of another log, or record and receipt contradict each other.
        ProofError: the record isn't in the tree. CheckpointError, SignatureError: a signature that should verify doesn't.

    Cost: below 100 µs and a signature check for each signature of note and record.
    """
    proof = parse_tlog_proof(data)
    if proof.extra is None:
        raise ReceiptError("it holds no record")
    record = check_record(proof.extra, path="$.extra")
    note = parse_note(proof.checkpoint)
    checkpoint = parse_checkpoint(note.text)
    name, found = parse_origin(checkpoint.origin)
    if found != log_id:
        raise ReceiptError(f"it is of the log {found.hex()}", finding="wrong-log")
    if record.record.index != proof.index or (proof.index == 0 and record.record_hash != log_id):
        raise ReceiptError(f"the record in it is not the log's record {proof.index}")
    check_inclusion(
        record.record_hash, proof.path, index=proof.index, size=checkpoint.size, root=checkpoint.root
    )  # fmt: skip
    _check_people(record.record, log_id)
    if proof.index == 0:
        genesis = record.encoded
    if genesis is not None and name != _opened(genesis, log_id=log_id).name:
        raise ReceiptError(f"its checkpoint is of a log called {name}", finding="wrong-log")
    signed_by, not_checked = _log_signed(note, checkpoint.origin, log_id=log_id, log_key=log_key, genesis=genesis)
    cosigned = _cosigned(note, witnesses, quorum=quorum, log_key=signed_by)
    trust: Trust = "log-signed" if signed_by is not None else "keys-unproven"
    if len(cosigned) >= quorum and witnesses:
        trust = "witnessed"
    not_checked = [
        *not_checked,
        ("signers", "whose the keys of the record's signers are stands in other records"),
        ("log", "whether the log still holds the record is said only by the log"),
    ]
    return CheckedReceipt(
        log_id, proof.index, record, checkpoint, proof.checkpoint, trust, signed_by, cosigned, tuple(not_checked)
    )


def genesis_log_key(genesis: bytes, *, log_id: bytes) -> bytes:
    """
    The log key that record 0 names, 32 bytes: the log's key until the first `log_key_changed`.

    Raises: ReceiptError if *genesis* isn't the record that *log_id* is the hash of; FormatError.
    """
    key: bytes = _opened(genesis, log_id=log_id).log_key[1]
    return key


def _opened(genesis: bytes, *, log_id: bytes) -> Any:
    """The body of record 0."""
    if digest.record_hash(genesis) != log_id:
        raise ReceiptError("what was given as record 0 is not the record that the log id names", finding="wrong-log")
    event = check_record(genesis, path="$.genesis").event
    if event.event.kind != "log_opened":
        raise FormatError("record 0 opens no log", path="$.genesis")
    return event.body


def _log_signed(
    note: SignedNote, origin: str, *, log_id: bytes, log_key: bytes | None, genesis: bytes | None
) -> tuple[bytes | None, list[tuple[str, str]]]:
    """The log key that signed, None if it isn't known; and what is left open by that."""
    if log_key is not None:
        verify_checkpoint(note, origin=origin, public_key=log_key, verify=keys.verify)
        return log_key, []
    if genesis is None:
        return None, [("log key", "no log key and no record 0 were given: the signature was not checked")]
    first = genesis_log_key(genesis, log_id=log_id)
    identifier = key_id(origin, ED25519, first)
    if not any(one.name == origin and one.key_id == identifier for one in note.signatures):
        return None, [("log key", _ROTATED)]
    verify_checkpoint(note, origin=origin, public_key=first, verify=keys.verify)
    return first, [("log key", _FIRST_KEY)]


def _cosigned(
    note: SignedNote, witnesses: Sequence[VerifierKey], *, quorum: int, log_key: bytes | None
) -> tuple[Witnessed, ...]:
    public_keys = [witness.public_key for witness in witnesses]
    if len(set(public_keys)) != len(public_keys) or log_key in public_keys:
        raise ReceiptError("one key can't stand for two witnesses, nor the log's for one")
    if witnesses and not 0 < quorum <= len(witnesses):
        raise ReceiptError(f"{quorum} of {len(witnesses)} witnesses can't be asked for")
    named = {(one.name, one.key_id) for one in note.signatures}
    return tuple(
        Witnessed(witness.name, verify_cosignature(note, key=witness, verify=keys.verify))
        for witness in witnesses
        if (witness.name, key_id(*witness)) in named
    )


def _check_people(record: Record, log_id: bytes) -> None:
    """Raise ReceiptError for a signature in the record that its own key didn't make for this log."""
    signed_log_id = log_id if record.index else bytes(HASH_BYTES)
    for role, public_key, signed_at_us, signature in record.signatures:
        statement = encode_event_statement(
            log_id=signed_log_id, base=record.base, role=role, signed_at_us=signed_at_us, event=record.event
        )
        try:
            keys.verify(public_key, statement, signature)
        except SignatureError as error:
            raise ReceiptError(f"a signature in the record does not verify: {role}", finding="bad-signature") from error
