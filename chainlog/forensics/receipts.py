"""Receipts of an open log: making one, and holding one against the log. Reads the log through its store."""

from __future__ import annotations

from collections.abc import Sequence

from chainlog.authority.state import ViewAuthority
from chainlog.errors import CheckpointError, NotFoundError, ReceiptError
from chainlog.log.handle import LogHandle
from chainlog.log.head import check_head
from chainlog.log.log_tree import LogTree, TileRoots
from chainlog.proof.held import check_held
from chainlog.proof.receipt import CheckedReceipt, check_receipt, make_receipt
from chainlog.proof.tlog_proof import parse_tlog_proof
from chainlog.record import keys
from chainlog.tree.checkpoint import parse_checkpoint, verify_checkpoint
from chainlog.tree.note import VerifierKey, parse_note


def receipt_of(
    log: LogHandle, which: int | bytes, *, checkpoint: bytes | None = None, roots: TileRoots | None = None
) -> bytes:
    """
    The receipt of one record of *log*, a tlog-proof file.

    Args:
        which: index, or the event's id of 16 bytes.
        checkpoint: the note to prove it against, one that was cosigned for instance; the newest head by default.

    Raises:
        NotFoundError: no such record. CheckpointError: the head or *checkpoint* isn't signed by the log key in force.
        ReceiptError, ProofError, StoreError, FormatError: see `proof.receipt.make_receipt`.
    """
    with log.store.snapshot() as snapshot:
        index = snapshot.index_of(which) if isinstance(which, bytes) else which
        record = None if index is None else snapshot.record(index)
        if index is None or record is None:
            raise NotFoundError(what=f"record {index}" if isinstance(which, int) else f"event {which.hex()}")
        authority = ViewAuthority(snapshot)
        if checkpoint is None:
            log_key = authority.log_key(snapshot.size)
            checkpoint = check_head(snapshot.head or b"", origin=log.origin, log_key=log_key).checkpoint
        else:
            note = parse_note(checkpoint)
            size = parse_checkpoint(note.text).size
            if size > snapshot.size:
                raise ReceiptError(f"the checkpoint is over {size} records, the log has {snapshot.size}")
            _verify(log, authority, checkpoint, size=size)
        return make_receipt(record, LogTree(snapshot, roots), index=index, checkpoint=checkpoint)


def hold_receipt(
    log: LogHandle,
    data: bytes,
    *,
    log_key: bytes | None = None,
    witnesses: Sequence[VerifierKey] = (),
    quorum: int = 1,
    roots: TileRoots | None = None,
) -> CheckedReceipt:
    """
    Check a receipt, and hold it against *log*, whose own records say which log key was in force.

    The log must be known to be the one asked for: open it with its id.

    Args:
        log_key: that the caller knows to have been the log's; by default the one that the log itself says was in force.
        others: as `proof.receipt.check_receipt`.

    Raises: as `proof.receipt.check_receipt`; ReceiptError with `finding` and `index` where the log doesn't hold what it
        gave a receipt for; CheckpointError where the receipt isn't signed by the log key in force: it is no evidence then.
    """
    with log.store.snapshot() as snapshot:
        if log_key is None:
            checkpoint = parse_checkpoint(parse_note(parse_tlog_proof(data).checkpoint).text)
            # Of a log that was cut back, what is left says which key was in force at its end.
            log_key = ViewAuthority(snapshot).log_key(max(1, min(checkpoint.size, snapshot.size)))
        receipt = check_receipt(data, log_id=log.id, log_key=log_key, witnesses=witnesses, quorum=quorum)
        check_held(receipt, snapshot, LogTree(snapshot, roots))
        return receipt


def _verify(log: LogHandle, authority: ViewAuthority, checkpoint: bytes, *, size: int) -> None:
    log_key = authority.log_key(size)
    if log_key is None:
        raise CheckpointError("no log key is in force; run chainlog verify")
    verify_checkpoint(parse_note(checkpoint), origin=log.origin, public_key=log_key, verify=keys.verify)
