"""The writer: the only thing that changes a log. Takes the lock, builds a block, signs the head, commits, answers.

Threads that append at the same time share one commit (`log.queue`). One bad request doesn't fail the others. Signatures
of drafts are verified before the lock is taken.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from chainlog import digest, limits
from chainlog.authority.state import PolicyEra, ViewAuthority
from chainlog.canon.codec import BAD_BYTES
from chainlog.errors import (
    CheckpointError,
    HandleClosedError,
    LimitError,
    OutcomeUnknownError,
    ReadOnlyError,
    RecordHashError,
)
from chainlog.log.block import BlockBuilder, Clock, Guard, check_log_key, receipt
from chainlog.log.checking import checked_requests
from chainlog.log.checkpoints import begins_period, make_up
from chainlog.log.head import Head, check_head, origin_of
from chainlog.log.queue import CommitQueue, Job
from chainlog.log.request import Receipt, Request
from chainlog.record import keys
from chainlog.record.record import unverified_record
from chainlog.record.signer import LocalSigner, Signer
from chainlog.store.port import Block, Snapshot, Store
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import Frontier
from chainlog.tree.tiles import build_tiles

TIMEOUT_S = 30.0


def system_clock() -> int:
    """Microseconds since 1970 in UTC."""
    return time.time_ns() // 1000


class _Known(NamedTuple):
    """A head that this writer has signed or checked, as stored and taken apart, and the authority there."""

    data: bytes
    head: Head
    authority: ViewAuthority


class _Tail:
    """Record hashes of the unfinished tile, remembered between commits: saves reading up to 255 records again."""

    def __init__(self) -> None:
        self._head = (0, digest.ZERO)
        self._hashes: list[bytes] = []

    def read(self, snapshot: Snapshot, start: int, stop: int) -> list[bytes]:
        """Record hashes in [start, stop), where *stop* is the snapshot's size and *start* begins its last tile."""
        if self._head == (snapshot.size, snapshot.last_hash):
            return self._hashes
        return [digest.record_hash(data) for data in snapshot.unbroken(start, stop)]

    def extend(self, old: tuple[int, bytes], added: Sequence[bytes]) -> None:
        """Take in what a commit on the head *old* added; forget everything if too little is known."""
        size = old[0] + len(added)
        known = [*self._hashes, *added] if self._head == old else list(added)
        wanted = size % limits.TILE_HASHES
        if wanted <= len(known):
            self._head = (size, added[-1])
            self._hashes = known[len(known) - wanted :]
        else:
            self._head, self._hashes = (0, digest.ZERO), []


class Writer:
    """
    Appends to one log. Safe to use from several threads; several processes may each have one.

    Args:
        store: opened for writing.
        log_id: 32 bytes; None for a log that gets its genesis by the first append.
        name: the log's name.
        log_signer: holds the log key.
        guard: see `log.block.Guard`.
        clock: microseconds since 1970 in UTC.
        timeout_s: how long to wait for other writers before BusyError.
    """

    def __init__(
        self,
        store: Store,
        *,
        log_id: bytes | None,
        name: str,
        log_signer: Signer,
        guard: Guard | None = None,
        clock: Clock = system_clock,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        if store.read_only:
            raise ReadOnlyError("its store was opened read-only")
        self._store = store
        self._log_id = log_id
        self._name = name
        self.log_signer = log_signer
        self._guard = guard
        self._clock = clock
        self._timeout_s = timeout_s
        self._closed = False
        self._known: _Known | None = None
        self._tail = _Tail()
        self._last = (b"", 0)  # hash of the last record that this writer wrote, and when
        self._queue = CommitQueue(self._commit, timeout_s=timeout_s)

    def append(self, request: Request) -> Receipt:
        """
        Append one draft or proposal durably.

        Returns: the receipt. Appending the same event again returns where it stands, and writes nothing.

        Raises:
            HeadMovedError, DraftExpiredError: the draft is out of date.
            DuplicateIdError: the id stands there with other content.
            RefusedError, ForbiddenError, SignatureError, FormatError: it may not stand. Nothing was written.
            BusyError, StoreError: see there. OutcomeUnknownError: the writer is closed; ask by id after reopening.
        """
        return self.append_many([request])[0]

    def append_many(self, requests: Sequence[Request]) -> list[Receipt]:
        """Append several in one transaction, all or none, in order; at most BLOCK_RECORDS_MAX. Raises as `append`."""
        if len(requests) > limits.BLOCK_RECORDS_MAX:
            raise LimitError("requests in one block", path="$", limit=limits.BLOCK_RECORDS_MAX)
        if not requests:
            return []
        return self._queue.submit(Job(checked_requests(requests)))

    def policies(self) -> list[PolicyEra] | None:
        """The policies as this writer saw them last, None before its first look. Other processes may have added one."""
        return None if self._known is None else self._known.authority.policies()

    def authority_at(self, last_hash: bytes) -> ViewAuthority | None:
        """
        The authority after the record with this hash if this writer has just written it; to be asked for policies only.

        Keys are read from the view, which is the writer's own.
        """
        known = self._known
        return known.authority if known is not None and known.head.last_hash == last_hash else None

    def close(self) -> None:
        """Refuse further appends. The store stays open."""
        self._closed = True

    def _commit(self, jobs: Sequence[Job]) -> None:
        if self._closed:
            raise HandleClosedError
        try:
            self._build_and_write(jobs)
        except OutcomeUnknownError:
            # Nothing may be built on what this process remembers.
            self._closed = True
            raise

    def _build_and_write(self, jobs: Sequence[Job]) -> None:
        with self._store.exclusive(timeout_s=self._timeout_s), self._store.snapshot() as snapshot:
            known = self._know(snapshot)
            builder = BlockBuilder(
                snapshot,
                ViewAuthority(snapshot) if known is None else known.authority,
                log_id=self._log_id or digest.ZERO,
                now_us=self._clock(),
                verify=keys.verify,
                guard=self._guard,
                log_key=self.log_signer.public_key,
            )
            sealed = []
            for job in jobs:
                try:
                    sealed.append((job, builder.add_all(job.requests)))
                except Exception as error:  # noqa: BLE001 (a signer or a guard may raise anything: its caller's business)
                    job.error = error
            checkpoint = b"" if known is None else known.head.checkpoint
            if builder.overlay.records:
                checkpoint = self._write(snapshot, None if known is None else known.head, builder)
            log_id = self._log_id or digest.ZERO
            for job, results in sealed:
                job.receipts = [receipt(result, log_id=log_id, checkpoint=checkpoint) for result in results]

    def _know(self, snapshot: Snapshot) -> _Known | None:
        """
        Head and authority of the log as it is, None if it is empty.

        A head that another process stored is taken only with the log key's signature: what somebody without the key
        has put into the file must not be signed over.
        """
        data = snapshot.head
        if data is None:
            return None
        known = self._known
        authority = ViewAuthority(snapshot) if known is None else known.authority.at(snapshot)
        if known is not None and known.data == data:
            head = known.head
        else:
            if self._log_id is None:
                self._log_id = digest.record_hash(snapshot.record(0) or b"")
            origin = origin_of(self._name, self._log_id)
            head = check_head(data, origin=origin, log_key=authority.log_key(snapshot.size))
        if (head.size, head.last_hash) != (snapshot.size, snapshot.last_hash):
            raise CheckpointError("the stored head does not belong to the last record; run chainlog verify")
        self._known = known = _Known(data, head, authority)
        return known

    def _write(self, snapshot: Snapshot, head: Head | None, builder: BlockBuilder) -> bytes:
        overlay = builder.overlay
        old_size, old_hash = snapshot.size, snapshot.last_hash
        frontier = (Frontier.empty() if head is None else head.frontier).extend(overlay.hashes)
        log_id = self._log_id or overlay.hashes[0]
        origin, signer = origin_of(self._name, log_id), self.log_signer
        note = sign_checkpoint(Checkpoint(origin, overlay.size, frontier.root()), signer=signer)
        new_head = Head(overlay.size, overlay.last_hash, frontier, note)
        data = new_head.encoded()
        if type(signer) is not LocalSigner:
            # The head that a faulty token signs would keep everybody from opening the log.
            check_head(data, origin=origin, log_key=signer.public_key)
        tiles = build_tiles(
            overlay.hashes,
            old_size=old_size,
            read_leaf_hashes=lambda start, stop: self._tail.read(snapshot, start, stop),
            read_tile=snapshot.tile,
        )
        self._store.commit(
            Block(
                first=old_size,
                records=overlay.records,
                ids=overlay.ids,
                subjects=list(overlay.heads.items()),
                tiles=tiles,
                head=data,
                checkpoints=self._kept(snapshot, head, builder, note),
                last_hash=overlay.last_hash,
            ),
            expected=(old_size, old_hash),
        )
        self._log_id = log_id
        builder.authority.confirm(overlay, overlay.heads)
        self._known = _Known(data, new_head, builder.authority)
        self._tail.extend((old_size, old_hash), overlay.hashes)
        return note

    def _kept(
        self, snapshot: Snapshot, head: Head | None, builder: BlockBuilder, note: bytes
    ) -> list[tuple[int, bytes]]:
        """The first head; and the head as it was, if the block begins a period: it was the last of the one before."""
        last_hash, before_us = self._last
        self._last = (builder.overlay.last_hash, builder.now_us)
        if head is None:
            return [(builder.overlay.size, note)]
        if last_hash != head.last_hash:
            before_us = _recorded_at(snapshot, head.size - 1)
        begins = begins_period(builder.authority, index=head.size, before_us=before_us, now_us=builder.now_us)
        return [(head.size, head.checkpoint)] if begins and snapshot.checkpoint(head.size) is None else []

    def keep_checkpoints(self) -> list[int]:
        """
        Keep the head as it is, and make up for checkpoints that are missing at the ends of periods (`log.checkpoints`).

        One that another log key would have to sign stays missing.

        Returns: the sizes of those that were added.

        Raises: CheckpointError: head, records and tiles don't belong together. As `append`. Cost: a read and a decode a record.
        """
        if self._closed:
            raise HandleClosedError
        with self._store.exclusive(timeout_s=self._timeout_s), self._store.snapshot() as snapshot:
            known = self._know(snapshot)
            if known is None:
                return []
            head, log_key = known.head, self.log_signer.public_key
            check_log_key(log_key, known.authority, size=head.size)
            added = make_up(snapshot, head, known.authority, signer=self.log_signer)
            if added:
                self._store.commit(
                    Block(
                        first=head.size, records=(), ids=(), subjects=(), tiles=(), head=known.data, checkpoints=added,
                        last_hash=head.last_hash,
                    ),
                    expected=(head.size, head.last_hash),
                )  # fmt: skip
            return [size for size, _ in added]


def _recorded_at(snapshot: Snapshot, index: int) -> int:
    try:
        return unverified_record(snapshot.record(index) or b"").recorded_at_us
    except BAD_BYTES as error:
        raise RecordHashError(index=index) from error
