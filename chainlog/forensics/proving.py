"""What an open log proves of itself: receipts. A part of `chainlog.Log`, which loads what it needs when it is asked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from chainlog.log.handle import LogHandle
from chainlog.log.kept_roots import KeptRoots
from chainlog.log.log_tree import TileRoots

if TYPE_CHECKING:
    from chainlog.proof.receipt import CheckedReceipt
    from chainlog.tree.note import VerifierKey


class ProvingLog(LogHandle):
    """An open log that gives receipts."""

    @cached_property
    def _tile_roots(self) -> TileRoots:
        """Roots of full tiles that were hashed before, for proofs: 4,096 at most, and what is kept in `derived/`."""
        if not self.path:
            return TileRoots()
        return TileRoots(KeptRoots(self.directory / "derived", read_only=self.store.read_only))

    def receipt(self, which: int | bytes, *, checkpoint: bytes | None = None) -> bytes:
        """
        The receipt of a record, given by its index or its event's id: a C2SP tlog-proof file that holds the record.

        Keep it outside of the log: it convicts a log that later lacks or changes the record. See `forensics.receipts`.

        Raises: NotFoundError; ReceiptError for a *checkpoint* that doesn't cover it; ProofError, StoreError for a damaged log.
        """
        from chainlog.forensics.receipts import receipt_of  # noqa: PLC0415 - who only appends is quick

        return receipt_of(self, which, checkpoint=checkpoint, roots=self._tile_roots)

    def check_receipt(
        self, receipt: bytes, *, log_key: bytes | None = None, witnesses: Sequence[VerifierKey] = (), quorum: int = 1
    ) -> CheckedReceipt:
        """
        Hold a receipt against this log. See `forensics.receipts`; without the log: `proof.receipt.check_receipt`.

        Raises: ReceiptError with `finding` and `index` where the log no longer holds what it gave a receipt for.
        """
        from chainlog.forensics.receipts import hold_receipt  # noqa: PLC0415 - who only appends is quick

        return hold_receipt(self, receipt, log_key=log_key, witnesses=witnesses, quorum=quorum, roots=self._tile_roots)
