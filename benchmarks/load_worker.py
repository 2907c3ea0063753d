"""What a process of the load test does: some threads append, some read, or compute without touching the log. Does I/O.

All wait at a barrier, go on until the same moment, and report how long each call took.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Literal, NamedTuple

from benchmarks.lives import READERS, REGISTRARS, lives, signer
from chainlog.facade import Log
from chainlog.log.handle import propose

Role = Literal["append", "read", "compute"]

_ALIVE = 20  # lives of a thread
_CARRIERS_A_THREAD = 100_000
_PATIENCE_S = 120


class Task(NamedTuple):
    """
    What one process does.

    Args:
        roles: of its threads. first_thread: the number of its first one among all, which no other has. seconds: how long.
    """

    path: Path
    roles: tuple[Role, ...]
    first_thread: int
    seconds: float


class Done(NamedTuple):
    """What one thread did. times: seconds of each call. longest_gap: seconds between the ends of two calls. elapsed: in all."""

    role: Role
    times: list[float]
    longest_gap: float
    elapsed: float


def work(task: Task, barrier: Barrier, results: Queue[list[Done]]) -> None:
    """In a new process: do the task, then put what was done."""
    writes = "append" in task.roles
    log = Log.open(task.path, log_signer=signer("log") if writes else None)
    try:
        calls = [_call(log, role, task.first_thread + number) for number, role in enumerate(task.roles)]
        found: list[Done] = []
        go = threading.Barrier(len(calls) + 1)
        threads = [
            threading.Thread(target=lambda role=role, call=call: found.append(_repeat(role, call, go, task.seconds)))
            for role, call in zip(task.roles, calls, strict=True)
        ]
        for thread in threads:
            thread.start()
        barrier.wait(_PATIENCE_S)
        go.wait()
        for thread in threads:
            thread.join()
    finally:
        log.close()
    results.put(found)


def _repeat(role: Role, call: Callable[[], float], go: threading.Barrier, seconds: float) -> Done:
    go.wait()
    clock = time.perf_counter
    start = last = clock()
    times, longest = [], 0.0
    while last - start < seconds:
        times.append(call())
        now = clock()
        longest = max(longest, now - last)
        last = now
    return Done(role, times, longest, last - start)


def _call(log: Log, role: Role, number: int) -> Callable[[], float]:
    """What a thread does again and again; gives the seconds of what counts of it."""
    if role == "append":
        return _appending(log, number)
    return _reading(log, number) if role == "read" else _computing


def _appending(log: Log, number: int) -> Callable[[], float]:
    """Compose, sign and append the next event of the thread's own carriers. The append counts, signing included."""
    signers = {person: signer(person) for person in (*READERS, *REGISTRARS)}
    events = lives(number, at_once=_ALIVE, first=(number + 1) * _CARRIERS_A_THREAD)

    def append() -> float:
        kind, body, people, subjects = next(events)
        event = log.prepare(kind, body=body, people=people, subjects=subjects, occurred=(log.now_us(), 0))
        proposal = propose(event, signers)
        start = time.perf_counter()
        log.append(proposal)
        return time.perf_counter() - start

    return append


def _reading(log: Log, number: int) -> Callable[[], float]:
    """Read a record from anywhere in the newest state, its hash checked."""
    reader, rng = log.reader, random.Random(number)

    def read() -> float:
        start = time.perf_counter()
        reader.read(rng.randrange(reader.size))
        return time.perf_counter() - start

    return read


def _computing() -> float:
    """Keep a core, and the interpreter, about as long as an append does."""
    start = time.perf_counter()
    sum(range(20_000))
    return time.perf_counter() - start
