"""Holding a receipt against the log that gave it: does it still hold that record, and all that stood before? Pure.

A receipt that the log key signed convicts a log that doesn't: nobody but the holder of the key can have made both. What it
says of the log is only as good as the reader that is passed in; for files that aren't trusted run the audit first.
"""

from __future__ import annotations

from typing import Protocol

from chainlog import digest
from chainlog.errors import ReceiptError
from chainlog.proof.receipt import CheckedReceipt
from chainlog.tree.proofs import TreeReader, root_at


class HeldLog(Protocol):
    """The records of one state of a log (a snapshot of a store is one)."""

    @property
    def size(self) -> int: ...

    def record(self, index: int) -> bytes | None: ...

    def index_of(self, event_id: bytes) -> int | None: ...


def check_held(receipt: CheckedReceipt, log: HeldLog, tree: TreeReader) -> None:
    """
    Check that *log* holds what *receipt* proves, and began as the receipt's checkpoint says.

    Args:
        receipt: checked, at least `log-signed`; a receipt of unproven keys convicts nobody: AssertionError.
        tree: of the same state of the log.

    Raises:
        ReceiptError: it doesn't. `finding`: `wrong-log` for another log in its place; `truncated` where the log ends before
            the record or the checkpoint; `reordered` where the event stands elsewhere; `altered` for another record in
            its place; `forked` where the record stands but the records up to the checkpoint are others. `index`: where.
        StoreError, FormatError: tiles are missing or damaged.

    Cost: two reads, and the root at the checkpoint's size (`tree.proofs.root_at`).
    """
    if receipt.trust == "keys-unproven":
        raise AssertionError("a receipt of unproven keys is no evidence against a log")
    index, size = receipt.index, receipt.checkpoint.size
    first = log.record(0)
    if first is None or digest.record_hash(first) != receipt.log_id:
        raise ReceiptError("another log stands in its place", finding="wrong-log", index=0)
    if index >= log.size:
        raise _convicted("truncated", log.size, f"the log ends before record {index}, of which this is the receipt")
    standing = log.record(index)
    if standing is None or digest.record_hash(standing) != receipt.record.record_hash:
        place = log.index_of(receipt.record.event.event.id)
        if place is not None and place != index:
            raise _convicted("reordered", index, f"the event of record {index} now stands at {place}")
        raise _convicted("altered", index, f"record {index} is not the one that the receipt holds")
    if size > log.size:
        raise _convicted("truncated", log.size, f"the log had {size} records when it gave the receipt, now {log.size}")
    if root_at(tree, size) != receipt.checkpoint.root:
        raise _convicted("forked", size - 1, f"the first {size} records are others than the log signed in the receipt")


def _convicted(finding: str, index: int, detail: str) -> ReceiptError:
    return ReceiptError(f"{detail} ({finding})", finding=finding, index=index)
