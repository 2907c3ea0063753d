"""Child processes for an audit: started anew, never forked; asked over pipes; missed when they die. Does I/O.

A child runs the same interpreter with the parent's module search path, without the current directory, which may be
where the evidence lies. It ends when the parent closes its pipe, or is killed with it.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from chainlog.errors import StoreError
from chainlog.forensics.messages import Answer, Request, read_answer, write_frame

_BOOT: Final = "import sys; sys.path[:] = sys.argv[1:]; from chainlog.forensics.child import main; main()"
# Far above what any task takes on a slow machine: a child that takes longer is caught in a loop.
PATIENCE_S: Final = 600.0


class ChildError(Exception):
    """A child died or found the file damaged; the text says which. Caught in this room: damage is a finding."""


class Child:
    """One child process. One request at a time."""

    def __init__(self) -> None:
        if not sys.executable:
            raise StoreError("this program has no Python interpreter to start a child process with")
        package = Path(__file__).resolve().parents[2]
        search = [os.fspath(package), *(os.path.abspath(entry) for entry in sys.path if entry)]  # noqa: PTH100 (no links followed)
        try:
            self._process = subprocess.Popen(  # noqa: S603 (the interpreter that runs this)
                [sys.executable, "-I", "-c", _BOOT, *search],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as error:
            raise StoreError(f"no child process could be started: {error.strerror}") from error
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("the child has no pipes")
        self._requests, self._answers = self._process.stdin.fileno(), self._process.stdout.fileno()

    def send(self, name: str, argument: Any) -> None:
        """Ask for a task. Raises ChildError."""
        try:
            write_frame(self._requests, Request(name, msgspec.msgpack.encode(argument)))
        except OSError as error:
            raise ChildError(self._end()) from error

    def fileno(self) -> int:
        """The descriptor that can be read when the child has answered."""
        return self._answers

    def receive(self, kind: Any, *, timeout_s: float = PATIENCE_S) -> Any:
        """
        The answer to the request that was sent, decoded as *kind*.

        Raises: ChildError if the child died, didn't answer in time, or found the file damaged; StoreError if the
        machine failed; AssertionError for a bug.
        """
        if not select.select([self._answers], [], [], timeout_s)[0]:
            self.kill()
            raise ChildError(f"reading it did not come to an end in {timeout_s:.0f} s")
        answer = read_answer(self._answers)
        if answer is None:
            raise ChildError(self._end())
        return self._value(answer, kind)

    def call(self, name: str, argument: Any, kind: Any, *, timeout_s: float = PATIENCE_S) -> Any:
        """`send` and `receive`."""
        self.send(name, argument)
        return self.receive(kind, timeout_s=timeout_s)

    @staticmethod
    def _value(answer: Answer, kind: Any) -> Any:
        text = "" if answer.outcome == "done" else answer.value.decode()
        if answer.outcome == "damaged":
            raise ChildError(text)
        if answer.outcome == "machine":
            raise StoreError(text)
        if answer.outcome == "bug":
            raise AssertionError(f"in a child process:\n{text}")
        try:
            return msgspec.msgpack.decode(answer.value, type=kind)
        except msgspec.DecodeError as error:
            raise ChildError("it made its reader say nonsense") from error

    def _end(self) -> str:
        """How the child came to its end."""
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(timeout=5)
            if code < 0:
                with suppress(ValueError):
                    return f"its reader was killed by {signal.Signals(-code).name}"
            return f"its reader ended with status {code}"
        return "its reader closed its pipe"

    def kill(self) -> None:
        """End the child. Twice is fine."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def share_out(
    children: Sequence[Child],
    name: str,
    tasks: Sequence[Any],
    kind: Any,
    answered: Callable[[int, Any], None],
    *,
    timeout_s: float = PATIENCE_S,
) -> None:
    """
    Let *children* do all *tasks*, each a stretch of them in order, and those who are done early the others' last ones.

    answered: called with the number of a task and its answer, in the order in which answers come.
    Raises: as `Child.receive`.
    """
    if not tasks:
        return
    share = -(-len(tasks) // len(children))
    waiting = [deque(range(begin, min(begin + share, len(tasks)))) for begin in range(0, share * len(children), share)]
    busy: dict[int, tuple[int, int]] = {}  # descriptor → (child, task)

    def give(child: int) -> None:
        longest = max(waiting, key=len)
        if waiting[child] or longest:
            task = waiting[child].popleft() if waiting[child] else longest.pop()
            children[child].send(name, tasks[task])
            busy[children[child].fileno()] = (child, task)

    for child in range(len(children)):
        give(child)
    while busy:
        ready = select.select(list(busy), [], [], timeout_s)[0]
        for descriptor in ready or list(busy)[:1]:
            child, task = busy.pop(descriptor)
            answer = children[child].receive(kind, timeout_s=timeout_s if ready else 0)
            give(child)
            answered(task, answer)
