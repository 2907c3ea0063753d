"""One commit for many threads: who leads, who waits, who is woken, and what an exception at any point leaves behind."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

import pytest

from chainlog import limits
from chainlog.errors import BusyError, StoreFullError
from chainlog.log.queue import CommitQueue, Job
from tests.processes import in_child


class Commits:
    """A commit that gives each job its own requests back as receipts, step by step where *gate* is closed."""

    def __init__(self):
        self.blocks = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.busy = 0

    def __call__(self, jobs):
        self.busy += 1
        assert self.busy == 1, "one leader at a time"
        try:
            self.entered.set()
            self.blocks.append([list(job.requests) for job in jobs])
            assert self.gate.wait(20)
            for job in jobs:
                self.settle(job)
        finally:
            self.busy -= 1

    def settle(self, job):
        job.receipts = list(job.requests)


def in_thread(function, *arguments):
    outcome = []

    def run():
        try:
            outcome.append(function(*arguments))
        except BaseException as error:  # noqa: BLE001
            outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, outcome


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def waiting(queue):
    return [job.requests for job in queue._waiting]


def idle(queue):
    return queue._leader is None and queue._waiting == []


def test_one_after_the_other_each_is_a_commit():
    commits = Commits()
    queue = CommitQueue(commits, timeout_s=5)
    for n in range(3):
        assert queue.submit(Job([n])) == [n]
    assert commits.blocks == [[[0]], [[1]], [[2]]]
    assert idle(queue)


def test_who_comes_during_a_commit_goes_into_the_next_in_order():
    commits = Commits()
    queue = CommitQueue(commits, timeout_s=20)
    commits.gate.clear()
    threads = [in_thread(queue.submit, Job([0]))]
    assert commits.entered.wait(5)
    for n in range(1, 6):
        threads.append(in_thread(queue.submit, Job([n, -n])))
        until(lambda n=n: len(queue._waiting) == n)
    commits.gate.set()
    for thread, _ in threads:
        thread.join(20)
    assert commits.blocks == [[[0]], [[n, -n] for n in range(1, 6)]]
    assert [outcome for _, [outcome] in threads] == [[0], *([n, -n] for n in range(1, 6))]
    assert idle(queue)


def test_many_threads_each_get_their_own():
    commits = Commits()
    queue = CommitQueue(commits, timeout_s=20)

    def work(number):
        return [queue.submit(Job([(number, n)])) for n in range(50)]

    threads = [in_thread(work, number) for number in range(16)]
    for thread, _ in threads:
        thread.join(60)
    for number, (_, [outcome]) in enumerate(threads):
        assert outcome == [[(number, n)] for n in range(50)]
    order = [request for block in commits.blocks for [request] in block]
    assert len(order) == len(set(order)) == 800
    for number in range(16):
        assert [n for who, n in order if who == number] == list(range(50))
    assert idle(queue)


def test_a_block_has_a_bound(monkeypatch):
    monkeypatch.setattr(limits, "BLOCK_RECORDS_MAX", 10)
    commits = Commits()
    queue = CommitQueue(commits, timeout_s=20)
    commits.gate.clear()
    threads = [in_thread(queue.submit, Job([0]))]
    assert commits.entered.wait(5)
    sizes = [4, 6, 1, 9, 10, 25, 1]
    for n, size in enumerate(sizes, 1):
        threads.append(in_thread(queue.submit, Job([size] * size)))
        until(lambda n=n: len(queue._waiting) == n)
    commits.gate.set()
    for thread, _ in threads:
        thread.join(20)
    assert [[len(job) for job in block] for block in commits.blocks] == [[1], [4, 6], [1, 9], [10], [25], [1]]
    assert idle(queue)


def test_what_a_commit_raises_goes_to_those_it_left_open():
    class Fails(Commits):
        def settle(self, job):
            if job.requests == ["full"]:
                raise StoreFullError("x")
            if job.requests == ["bad"]:
                job.error = ValueError("bad")
            else:
                super().settle(job)

    commits = Fails()
    queue = CommitQueue(commits, timeout_s=20)
    commits.gate.clear()
    threads = [in_thread(queue.submit, Job(["first"]))]
    assert commits.entered.wait(5)
    for n, name in enumerate(["good", "bad", "full", "later"], 1):
        threads.append(in_thread(queue.submit, Job([name])))
        until(lambda n=n: len(queue._waiting) == n)
    commits.gate.set()
    for thread, _ in threads:
        thread.join(20)
    first, good, bad, full, later = (outcome for _, [outcome] in threads)
    assert (first, good) == (["first"], ["good"])
    assert isinstance(bad, ValueError)
    assert isinstance(full, StoreFullError)
    assert isinstance(later, StoreFullError)
    assert queue.submit(Job(["again"])) == ["again"]
    assert idle(queue)


def test_a_leader_that_is_interrupted_fails_nobody_else():
    class Interrupted(Commits):
        def settle(self, job):
            if job.requests == ["ctrl-c"] and not self.done:
                self.done = True
                raise KeyboardInterrupt
            super().settle(job)

    commits = Interrupted()
    commits.done = False
    queue = CommitQueue(commits, timeout_s=20)
    commits.gate.clear()
    threads = [in_thread(queue.submit, Job(["first"]))]
    assert commits.entered.wait(5)
    # The second becomes the leader of all that follow, and is interrupted when some are settled.
    for n, name in enumerate(["second", "third", "ctrl-c", "fifth", "sixth"], 1):
        threads.append(in_thread(queue.submit, Job([name])))
        until(lambda n=n: len(queue._waiting) == n)
    commits.gate.set()
    for thread, _ in threads:
        thread.join(20)
    outcomes = [outcome for _, [outcome] in threads]
    assert isinstance(outcomes[1], KeyboardInterrupt)
    assert [outcomes[i] for i in (0, 2, 3, 4, 5)] == [["first"], ["third"], ["ctrl-c"], ["fifth"], ["sixth"]]
    assert commits.blocks[1:] == [
        [["second"], ["third"], ["ctrl-c"], ["fifth"], ["sixth"]],
        [["ctrl-c"], ["fifth"], ["sixth"]],
    ]
    assert idle(queue)


def test_a_leader_that_is_interrupted_at_once_leaves_its_job():
    class Interrupted(Commits):
        def __call__(self, jobs):
            super().__call__([])
            raise KeyboardInterrupt

    commits = Interrupted()
    queue = CommitQueue(commits, timeout_s=20)
    with pytest.raises(KeyboardInterrupt):
        queue.submit(Job([1]))
    assert idle(queue)
    with pytest.raises(KeyboardInterrupt):
        queue.submit(Job([2]))
    assert idle(queue)


def interrupted_wait(queue, monkeypatch, job, *, when):
    """Submit *job* in a thread whose waiting raises KeyboardInterrupt as soon as *when()*."""

    class Turn:
        def __init__(self):
            self.lock = threading.Lock()
            self.locked, self.release = self.lock.locked, self.lock.release

        def acquire(self, timeout=-1):
            if not self.lock.locked():
                return self.lock.acquire()
            until(when)
            raise KeyboardInterrupt

    monkeypatch.setattr("chainlog.log.queue.threading", SimpleNamespace(Lock=Turn))
    thread, outcome = in_thread(queue.submit, job)
    until(lambda: job.turn is not None)
    monkeypatch.undo()
    return thread, outcome


@pytest.mark.parametrize("moment", ["waiting", "its turn", "taken"])
def test_a_waiter_that_is_interrupted_stops_nobody(monkeypatch, moment):
    commits = Commits()
    queue = CommitQueue(commits, timeout_s=20)
    commits.gate.clear()
    first, _ = in_thread(queue.submit, Job(["first"]))
    assert commits.entered.wait(5)
    job = Job(["interrupted"])
    if moment == "taken":
        before, _ = in_thread(queue.submit, Job(["before"]))
        until(lambda: len(queue._waiting) == 1)
        when = lambda: len(commits.blocks) == 2  # noqa: E731
    else:
        when = (lambda: True) if moment == "waiting" else (lambda: queue._leader is job)
    thread, outcome = interrupted_wait(queue, monkeypatch, job, when=when)
    if moment == "waiting":
        thread.join(20)
        assert waiting(queue) == []
    other, result = in_thread(queue.submit, Job(["other"]))
    until(lambda: any(job.requests == ["other"] for job in queue._waiting))
    commits.gate.set()
    for one in (first, thread, other):
        one.join(20)
    if moment == "taken":
        before.join(20)
    assert isinstance(outcome[0], KeyboardInterrupt)
    assert result == [["other"]]
    assert any(["interrupted"] in block for block in commits.blocks) == (moment == "taken")
    assert queue.submit(Job(["again"])) == ["again"]
    assert idle(queue)


def test_who_waits_too_long_is_told_that_the_log_is_busy():
    commits = Commits()
    queue = CommitQueue(commits, timeout_s=0.05)
    commits.gate.clear()
    first, outcome = in_thread(queue.submit, Job(["first"]))
    assert commits.entered.wait(5)
    with pytest.raises(BusyError) as caught:
        queue.submit(Job(["second"]))
    assert caught.value.timeout_s == 0.05
    assert waiting(queue) == []
    commits.gate.set()
    first.join(20)
    assert outcome == [["first"]]
    assert commits.blocks == [[["first"]]]
    assert queue.submit(Job(["third"])) == ["third"]
    assert idle(queue)


def test_who_was_taken_along_waits_for_the_end():
    commits = Commits()
    queue = CommitQueue(commits, timeout_s=0.3)
    commits.gate.clear()
    first, _ = in_thread(queue.submit, Job(["first"]))
    assert commits.entered.wait(5)
    others = [in_thread(queue.submit, Job([name])) for name in ("second", "third")]
    until(lambda: len(queue._waiting) == 2)
    commits.gate.set()
    commits.gate = threading.Event()  # the next commit, with both of them, takes longer than anybody waits for his turn
    until(lambda: len(commits.blocks) == 2)
    time.sleep(0.5)
    assert [outcome for _, outcome in others] == [[], []]
    commits.gate.set()
    for thread, _ in (*others, (first, None)):
        thread.join(20)
    assert sorted(outcome[0][0] for _, outcome in others) == ["second", "third"]
    assert idle(queue)


def test_a_child_of_a_fork_has_a_queue_of_its_own():
    commits = Commits()
    queue = CommitQueue(commits, timeout_s=20)
    commits.gate.clear()
    leader, outcome = in_thread(queue.submit, Job(["parent"]))
    assert commits.entered.wait(5)

    def child():
        commits.gate.set()
        commits.busy = 0
        return queue.submit(Job(["child"]))

    assert in_child(child) == ["child"]
    commits.gate.set()
    leader.join(20)
    assert outcome == [["parent"]]


def settle_all(jobs):
    for job in jobs:
        job.receipts = list(job.requests)


def test_signals_at_any_point_leave_a_working_queue():
    """KeyboardInterrupt wherever the main thread is, leading or waiting, while others go on."""
    queue = CommitQueue(settle_all, timeout_s=10)
    stopped = []

    def others(number):
        count = 0
        while not stopped:
            assert queue.submit(Job([(number, count)])) == [(number, count)]
            count += 1
        return count

    def work():
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        threads = [in_thread(others, number) for number in range(2)]
        done = 0
        for n in range(300):
            with suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 0.000_1 + n % 40 * 0.000_02)
                while True:
                    assert queue.submit(Job([n])) == [n]
                    done += 1
        assert queue.submit(Job(["end"])) == ["end"]
        stopped.append(True)
        for thread, outcome in threads:
            thread.join(20)
            assert isinstance(outcome[0], int), outcome
        assert idle(queue)
        return done

    assert in_child(work) > 100
