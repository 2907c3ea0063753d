"""One commit for all threads that append at the same time. No I/O of its own; waits on threads.

The first thread becomes the leader: it takes all jobs that wait, has them committed, wakes their threads, and hands over
to the first that came meanwhile. Each waiter sleeps on an event of its own, so that nobody wakes to find nothing to do.

A signal may raise an exception in the leader or in a waiter at any point. The jobs of others that a leader leaves undone
go to the next one: an append is known by its event id, so doing it twice does no harm. (Hence bare locks: a signal inside
the methods of `threading.Event` can leave it locked for ever.)
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from typing import Final
from weakref import WeakSet

from chainlog import limits
from chainlog.errors import BusyError
from chainlog.log.request import Proposal, Receipt, Verified


class Job:
    """
    One caller's requests on their way through a commit, which gives them receipts, or an error to raise.

    turn: locked until they are done, or until it is theirs to lead; None in the leader. gone: nobody waits for them.
    """

    def __init__(self, requests: Sequence[Proposal | Verified]) -> None:
        self.requests = requests
        self.receipts: list[Receipt] | None = None
        self.error: Exception | None = None
        self.turn: threading.Lock | None = None
        self.gone = False

    @property
    def done(self) -> bool:
        """Whether there are receipts or an error."""
        return self.receipts is not None or self.error is not None

    def wake(self) -> None:
        """End the wait for the turn. Twice is fine."""
        if self.turn is not None and self.turn.locked():
            self.turn.release()

    def outcome(self) -> list[Receipt]:
        """The receipts; raises the error."""
        if self.error is not None:
            raise self.error
        if self.receipts is None:
            raise AssertionError("a job was woken before it was done")
        return self.receipts


class CommitQueue:
    """
    Jobs that wait for the next commit.

    Args:
        commit: settles all jobs that it is given; what it raises is the error of those that it left open.
        timeout_s: how long a job waits to be taken along before BusyError.
    """

    def __init__(self, commit: Callable[[Sequence[Job]], None], *, timeout_s: float) -> None:
        self._commit = commit
        self._timeout_s = timeout_s
        self._begin()
        _queues.add(self)

    def _begin(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: list[Job] = []
        self._taken: list[Job] = []
        self._leader: Job | None = None

    def submit(self, job: Job) -> list[Receipt]:
        """Have *job* committed and return its outcome. Raises what the job got, BusyError."""
        try:
            with self._mutex:
                self._waiting.append(job)
                if self._leader is None:
                    self._leader = job
                else:
                    job.turn = threading.Lock()
                    job.turn.acquire()
            if job.turn is not None:
                self._wait(job, job.turn)
            if not job.done:
                self._lead(job)
            return job.outcome()
        finally:
            try:
                self._leave(job)
            except BaseException:
                self._leave(job)
                raise

    def _wait(self, job: Job, turn: threading.Lock) -> None:
        """Wait until the job is done or leads. Raises BusyError if no leader has taken it along in time."""
        if turn.acquire(timeout=max(0.0, self._timeout_s)):
            return
        with self._mutex:
            if job in self._waiting and self._leader is not job:
                self._waiting.remove(job)
                raise BusyError(timeout_s=self._timeout_s)
        # It is being committed, which ends one way or the other.
        turn.acquire()

    def _lead(self, leader: Job) -> None:
        """Commit the jobs that wait, and wake their threads."""
        try:
            self._take()
            self._commit(self._taken)
        except Exception as error:  # noqa: BLE001 (each caller gets it)
            for job in self._taken:
                if not job.done:
                    job.error = error
        finally:
            try:
                self._wake(leader)
            except BaseException:
                self._wake(leader)
                raise

    def _take(self) -> None:
        """Take the jobs that wait, the leader's first, as many as fit into one block."""
        with self._mutex:
            count = taken = 0
            for job in self._waiting:
                count += len(job.requests)
                if taken and count > limits.BLOCK_RECORDS_MAX:
                    break
                taken += 1
            # In one step, which no signal comes between: a job is always in one of the two lists.
            self._taken, self._waiting = self._waiting[:taken], self._waiting[taken:]

    def _wake(self, leader: Job) -> None:
        with self._mutex:
            for job in self._taken:
                if job.done:
                    job.wake()
            left = [job for job in self._taken if not (job.done or job.gone or job is leader)]
            self._taken, self._waiting = [], [*left, *self._waiting]

    def _leave(self, job: Job) -> None:
        """Leave the queue; who led hands over to the first that waits."""
        with self._mutex:
            job.gone = True
            if not job.done and job in self._waiting:
                self._waiting.remove(job)
            if self._leader is job:
                following = self._waiting[0] if self._waiting else None
                if following is not None:
                    following.wake()
                self._leader = following


_queues: Final[WeakSet[CommitQueue]] = WeakSet()


def _begin_in_child() -> None:
    """A thread of the parent may have been leading in the moment of the fork; in the child it doesn't exist."""
    for queue in _queues:
        queue._begin()  # noqa: SLF001 (this module's own)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_in_child)
