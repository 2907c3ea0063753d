"""Logs that several processes have open, for trials: children that do one thing, or die at a chosen step of it; what was acknowledged."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from inspect import CO_GENERATOR
from pathlib import Path
from types import FrameType
from typing import Any, Final, Self

from chainlog.event.compose import new_event_id
from chainlog.facade import Log
from chainlog.log.handle import propose
from chainlog.log.request import Proposal
from chainlog.record.draft import Draft
from tests.attacks.answers import Answer, survived
from tests.attacks.disk import data_of, kept
from tests.signers import signer

Row = Sequence[Any]
"""What a worker acknowledged: event id, index, record hash, in hexadecimal."""

_STEPS: Final = ("call", "return", "c_return")


def joined(log: Path, **rest: Any) -> Log:
    """The log, open for writing by the system's clock, as each of several processes has it."""
    return Log.open(log, log_signer=signer("log"), log_id=kept().log_id, **rest)


def whole(log: Path, acknowledged: Iterable[Row]) -> Answer:
    """Each of these stands where it was said to stand, and verification finds nothing."""
    rows = sorted(acknowledged, key=lambda row: row[1])
    assert rows, "nothing was acknowledged"
    with Log.open(log, read_only=True) as opened:
        for event_id, index, record_hash in rows:
            entry = opened.reader.read(index)
            assert (entry.event.id.hex(), entry.record_hash.hex()) == (event_id, record_hash)
    return survived(log, [*kept().hashes, *(bytes.fromhex(row[2]) for row in rows)], log_id=kept().log_id)


def visit(log: Log, place: str = "w/库房", *, key: Any = None, **rest: Any) -> Proposal:
    """A visit that p/C signs while the log is held. key: the signer, in the place of p/C's."""
    event = log.prepare("accessed.entered", body={}, people={"operator": "p/C"}, subjects=[place], **rest)
    return propose(event, {"p/C": signer("p/C") if key is None else key})


def signed(log: Log, kind: str, people: dict[str, Any], **rest: Any) -> Draft:
    """A draft on the newest record, signed by everybody who has to."""
    event = log.prepare(kind, people=people, **{"body": {}, **rest})
    draft = log.draft(event)
    for role, person, signs in event.event.people:
        if signs:
            draft = draft.sign(signer(person), role=role, person=person, signed_at_us=log.now_us())
    return draft


def visited(log: Log, place: str = "w/库房", **rest: Any) -> Draft:
    """The draft of a visit."""
    rest.setdefault("event_id", new_event_id(log.now_us()))
    return signed(log, "accessed.entered", {"operator": "p/C"}, subjects=[place], **rest)


def appended(log: Log, request: Draft | Proposal) -> Row:
    """What the log acknowledges."""
    receipt = log.append(request)
    return receipt.event_id.hex(), receipt.index, receipt.record_hash.hex()


def bytes_of(log: Path) -> Callable[[], object]:
    """The data file, to be the same after a refusal."""
    return lambda: data_of(log).read_bytes()


# --- children ---------------------------------------------------------------------------------------


class Children:
    """Forked children that begin together when they are told to, and say something before they end. Use as a context manager."""

    def __init__(self) -> None:
        self._begin, self._go = os.pipe()
        self._running: dict[int, int] = {}  # process id -> where it says something

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for number in self._running:
            os.kill(number, signal.SIGKILL)
        self.answers()

    def add(self, act: Callable[[], bytes], *, prepare: Callable[[], object] = lambda: None) -> None:
        """A child that does *prepare* at once, and *act* when it is told to."""
        read, write = os.pipe()
        ready, is_ready = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(60)
            try:
                prepare()
                os.close(self._go)
                os.write(is_ready, b".")
                os.read(self._begin, 1)
                os.write(write, act())
            finally:
                os._exit(0)
        self._running[child] = read
        os.close(write)
        os.close(is_ready)
        os.read(ready, 1)
        os.close(ready)

    def answers(self) -> list[bytes]:
        """Let all begin, and wait for what they say: nothing where they die."""
        if self._go >= 0:
            os.close(self._go)
            os.close(self._begin)
            self._go = -1
        said = []
        for child, read in self._running.items():
            with os.fdopen(read, "rb") as stream:
                said.append(stream.read())
            os.waitpid(child, 0)
        self._running = {}
        return said


def together(*acts: Callable[[], bytes]) -> list[bytes]:
    """What children say that do these at the same time."""
    with Children() as children:
        for act in acts:
            children.add(act)
        return children.answers()


def until_killed(act: Callable[[Callable[[bytes], object], Callable[[], None]], None]) -> bytes:
    """What a child says that may kill itself: *act* gets a way to say something, and a way to die."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            act(lambda data: os.write(write, data), lambda: os.kill(os.getpid(), signal.SIGKILL))
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        said = stream.read()
    os.waitpid(child, 0)
    return said


# --- steps ------------------------------------------------------------------------------------------


def _is_step(frame: FrameType, event: str) -> bool:
    """Whether the interpreter may look for signals here. It doesn't between the halves of a `yield`."""
    return event in _STEPS and not (event == "return" and frame.f_code.co_flags & CO_GENERATOR)


def at_step(number: int, act: Callable[[], object]) -> None:
    """Do *act* at the *number*-th step of this thread from now, a step being a call, or a return from one, of Python or C."""
    left = number

    def look(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal left
        if _is_step(frame, event):
            left -= 1
            if left == 0:
                sys.setprofile(None)
                act()

    sys.setprofile(look)


def steps_of(act: Callable[[], object]) -> int:
    """How many steps *act* has."""
    count = 0

    def look(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += _is_step(frame, event)

    sys.setprofile(look)
    try:
        act()
    finally:
        sys.setprofile(None)
    return count
