"""The writer: the only thing that changes a log. Takes the lock, builds a block, signs the head, commits, answers.

Threads that append at the same time share one commit: the first becomes the leader, takes all that wait, and hands
over to the first that came meanwhile. One bad request doesn't fail the others. Signatures of drafts are verified before
the lock is taken.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from chainlog import digest, limits
from chainlog.authority.state import ViewAuthority
from chainlog.authority.view import View
from chainlog.errors import (
    ChainlogError,
    CheckpointError,
    HandleClosedError,
    LimitError,
    OutcomeUnknownError,
    ReadOnlyError,
)
from chainlog.log.block import BlockBuilder, Clock, Guard, check_request, receipt
from chainlog.log.head import Head, decode_head, origin_of
from chainlog.log.request import Receipt, Request
from chainlog.record import keys
from chainlog.record.draft import Draft
from chainlog.record.signer import Signer
from chainlog.store.port import Block, Snapshot, Store
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from chainlog.tree.merkle import Frontier
from chainlog.tree.tiles import build_tiles

TIMEOUT_S = 30.0


def system_clock() -> int:
    """Microseconds since 1970 in UTC."""
    return time.time_ns() // 1000


class _Job:
    """One caller's requests on their way through a commit."""

    def __init__(self, requests: Sequence[Request], *, verified: bool) -> None:
        self.requests = requests
        self.verified = verified
        self.receipts: list[Receipt] | None = None
        self.error: BaseException | None = None
        self.turn = threading.Semaphore(0)

    @property
    def done(self) -> bool:
        return self.receipts is not None or self.error is not None

    def outcome(self) -> list[Receipt]:
        if self.error is not None:
            raise self.error
        if self.receipts is None:
            raise AssertionError("a job was woken before it was done")
        return self.receipts


class _Tail:
    """Record hashes of the unfinished tile, remembered between commits: saves reading up to 255 records again."""

    def __init__(self) -> None:
        self._head = (0, digest.ZERO)
        self._hashes: list[bytes] = []

    def read(self, snapshot: Snapshot, start: int, stop: int) -> list[bytes]:
        """Record hashes in [start, stop), where *stop* is the snapshot's size and *start* begins its last tile."""
        if self._head == (snapshot.size, snapshot.last_hash):
            return self._hashes
        return [digest.record_hash(data) for _, data in snapshot.records(start, stop)]

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
        self._log_signer = log_signer
        self._guard = guard
        self._clock = clock
        self._timeout_s = timeout_s
        self._mutex = threading.Lock()
        self._waiting: list[_Job] = []
        self._leading = False
        self._closed = False
        self._authority: ViewAuthority | None = None
        self._tail = _Tail()

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
        for request in requests:
            check_request(request)
            if isinstance(request, Draft):
                request.verify_signatures()
        return self._submit(_Job(requests, verified=True))

    def close(self) -> None:
        """Refuse further appends. The store stays open."""
        self._closed = True

    def _submit(self, job: _Job) -> list[Receipt]:
        with self._mutex:
            self._waiting.append(job)
            lead = not self._leading
            self._leading = True
        if not lead:
            job.turn.acquire()
            if job.done:
                return job.outcome()
        self._lead()
        return job.outcome()

    def _lead(self) -> None:
        """Commit all jobs that wait, wake them, and hand over to the first that came meanwhile."""
        with self._mutex:
            jobs, self._waiting = self._waiting, []
        try:
            self._commit(jobs)
        except BaseException as error:
            # After an unknown outcome nothing may be built on what this process remembers.
            self._closed = self._closed or isinstance(error, OutcomeUnknownError)
            for job in jobs:
                if not job.done:
                    job.error = error
            if not isinstance(error, ChainlogError):
                raise
        finally:
            with self._mutex:
                following = self._waiting[0] if self._waiting else None
                self._leading = following is not None
            for job in jobs:
                if not job.done:
                    job.error = OutcomeUnknownError("interrupted")
                job.turn.release()
            if following is not None:
                following.turn.release()

    def _commit(self, jobs: Sequence[_Job]) -> None:
        if self._closed:
            raise HandleClosedError
        with self._store.exclusive(timeout_s=self._timeout_s), self._store.snapshot() as snapshot:
            head = self._head(snapshot)
            builder = BlockBuilder(
                snapshot,
                self._current_authority(snapshot),
                log_id=self._log_id or digest.ZERO,
                now_us=self._clock(),
                verify=keys.verify,
                guard=self._guard,
            )
            sealed = []
            for job in jobs:
                try:
                    sealed.append((job, builder.add_all(job.requests, verified=job.verified)))
                except ChainlogError as error:
                    job.error = error
            checkpoint = head.checkpoint if head is not None else b""
            if builder.overlay.records:
                checkpoint = self._write(snapshot, head, builder)
            log_id = self._log_id or digest.ZERO
            for job, results in sealed:
                job.receipts = [receipt(result, log_id=log_id, checkpoint=checkpoint) for result in results]

    def _current_authority(self, view: View) -> ViewAuthority:
        if self._authority is None:
            return ViewAuthority(view)
        return self._authority.at(view)

    def _head(self, snapshot: Snapshot) -> Head | None:
        data = snapshot.head
        if data is None:
            return None
        head = decode_head(data)
        if (head.size, head.last_hash) != (snapshot.size, snapshot.last_hash):
            raise CheckpointError("the stored head does not belong to the last record; run chainlog verify")
        return head

    def _write(self, snapshot: Snapshot, head: Head | None, builder: BlockBuilder) -> bytes:
        overlay = builder.overlay
        old_size, old_hash = snapshot.size, snapshot.last_hash
        frontier = (Frontier.empty() if head is None else head.frontier).extend(overlay.hashes)
        log_id = self._log_id or overlay.hashes[0]
        signing_key = builder.authority.log_key(overlay.size)
        if signing_key != self._log_signer.public_key:
            raise ReadOnlyError("the log key given is not the one in force")
        note = sign_checkpoint(
            Checkpoint(origin_of(self._name, log_id), overlay.size, frontier.root()), signer=self._log_signer
        )
        new_head = Head(overlay.size, overlay.last_hash, frontier, note)
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
                head=new_head.encoded(),
                checkpoints=self._kept(old_size, note, overlay.size),
                last_hash=overlay.last_hash,
            ),
            expected=(old_size, old_hash),
        )
        self._log_id = log_id
        self._authority = builder.authority
        self._tail.extend((old_size, old_hash), overlay.hashes)
        return note

    def _kept(self, old_size: int, note: bytes, size: int) -> list[tuple[int, bytes]]:
        """The checkpoint over the genesis is kept: it is what a verifier's first pin compares with."""
        return [(size, note)] if old_size == 0 else []
