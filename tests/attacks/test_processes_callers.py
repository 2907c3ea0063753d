"""Appends of one program: callbacks that fail, interrupts, threads and tasks."""

from __future__ import annotations

import asyncio
import ctypes
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chainlog.facade import Log
from chainlog.log.request import Proposal
from tests.attacks import disk
from tests.attacks.answers import (
    SURVIVED,
    Answer,
    attack,
    is_refused,
    refused,
)
from tests.attacks.disk import RECORDS, append_one, data_of, judged, kept
from tests.attacks.running import (
    Row,
    appended,
    at_step,
    bytes_of,
    joined,
    steps_of,
    visit,
    visited,
    whole,
)
from tests.processes import in_child
from tests.profile import DEEP
from tests.signers import signer


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The directory of the kept log."""
    return disk.lay(tmp_path / "log", kept().newest.data)


class _Failing(Exception):
    """What a callback raises that knows nothing of logs."""


def fail(*_: object, **__: object) -> Any:
    raise _Failing


class _Token:
    """A key in a token that was pulled out."""

    sign_event = sign_enrolment = sign_checkpoint = staticmethod(fail)

    def __init__(self, of: str) -> None:
        self.public_key = signer(of).public_key


@attack(
    "PC15", "A callback of the application raises in the midst of an append: a signer, a rule, a clock, the log key's token", "A",
    Answer("refused"), is_refused("busy"), note="What it raised comes out. The second answer is to a callback that appends itself",
)  # fmt: skip
def test_a_callback_that_fails(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    def refusals(running: Log) -> Iterator[None]:
        writer, state = running.writer, bytes_of(log)
        for owner, name, value, request in (
            (running, "name", running.name, visit(running, key=_Token("p/C"))),
            (writer, "_guard", fail, visit(running)),
            (writer, "_clock", fail, visit(running)),
            (writer, "log_signer", _Token("log"), visit(running)),
            (running.store, "commit", fail, visit(running)),
        ):
            before, well = state(), visit(running)
            with monkeypatch.context() as patch, pytest.raises(_Failing):
                patch.setattr(owner, name, value)
                running.append_many([well, request])
            assert state() == before
            assert [running.reader.find(one.event.event.id) for one in (well, request)] == [None, None]
            append_one(running)
            yield None

    with joined(log, timeout_s=0.2) as running:
        assert len(list(refusals(running))) == 5
        yield Answer("refused")
        inner: list[Answer] = []

        class Recursive(_Token):
            def sign_event(self, _: object) -> Any:  # type: ignore[override]
                inner.append(refused(lambda: append_one(running), state=bytes_of(log)))
                raise _Failing

        with pytest.raises(_Failing):
            running.append(visit(running, key=Recursive("p/C")))
        yield inner[0]
        append_one(running)
    assert judged(log).integrity == "intact"


def settles(running: Log, request: Proposal) -> bool:
    """Whether a request stood that nobody heard of; it stands afterwards, once."""
    entry = running.reader.find(request.event.event.id)
    receipt = running.append(request)
    assert receipt.existed is (entry is not None)
    assert entry is None or entry.index == receipt.index
    return receipt.existed


@attack(
    "PC16", "An append is interrupted: by a signal anywhere in it, by the task that waits for it, by an exception put into its thread",
    "F", SURVIVED, note="All of it stands or nothing; the id says which, and the handle goes on",
)  # fmt: skip
def test_an_append_interrupted(log: Path) -> Answer:
    def interrupted() -> tuple[set[bool], list[Row]]:
        def interrupt() -> None:
            raise KeyboardInterrupt

        signal.alarm(600 if DEEP else 60)
        with joined(log, timeout_s=5) as running:
            request, stood, rows = visit(running), set(), []
            steps = steps_of(lambda: running.append(request))
            stride = 1 if DEEP else steps // 40
            # Not always the same ones: a failure names its own.
            for step in range(random.randint(1, stride), steps + 1, stride):
                request, caught = visit(running), False
                try:
                    at_step(step, interrupt)
                    running.append(request)
                except KeyboardInterrupt:
                    caught = True  # and no more here: the exception keeps alive what it came out of
                finally:
                    sys.setprofile(None)
                try:
                    if caught:
                        stood.add(settles(running, request))
                    rows.append(appended(running, request))
                except Exception as error:
                    error.add_note(f"interrupted at step {step} of {steps}")
                    raise
            assert not running.store._environment().live  # type: ignore[attr-defined]
        return stood, rows

    stood, rows = in_child(interrupted)
    assert stood == {False, True}, "interrupts came only before the commit, or only after it"
    rows += in_child(lambda: _cancelled(log))
    rows += in_child(lambda: _thrown_at(log))
    return whole(log, rows)


def _cancelled(log: Path) -> list[Row]:
    """Tasks that wait for an append are cancelled."""
    with joined(log, timeout_s=5) as running:
        requests = [visit(running) for _ in range(10)]

        async def cancel(number: int, request: Proposal) -> None:
            task = asyncio.create_task(asyncio.to_thread(running.append, request))
            for _ in range(number):
                await asyncio.sleep(0.0005)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        for number, request in enumerate(requests):
            # Its end waits for the thread, which nobody can cancel.
            asyncio.run(cancel(number, request))
            settles(running, request)
        return [appended(running, request) for request in requests]


def _thrown_at(log: Path) -> list[Row]:
    """Exceptions are put into a thread that appends."""
    with joined(log, timeout_s=5) as running:
        requests = [visit(running) for _ in range(10)]
        for number, request in enumerate(requests):
            begun = threading.Event()

            def act(request: Proposal = request, begun: threading.Event = begun) -> None:
                begun.set()
                with suppress(_Failing):
                    running.append(request)

            thread = threading.Thread(target=act)
            thread.start()
            begun.wait(10)
            thread.join(number * 0.0005)
            if thread.ident is not None and thread.is_alive():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(_Failing))
            thread.join()
            settles(running, request)
        return [appended(running, request) for request in requests]


@attack(
    "PC17", "Threads and tasks share a handle; a writer's turn, or a state that ended, is used from another thread", "A",
    SURVIVED, is_refused("closed"), Answer("refused"),
)  # fmt: skip
def test_threads_and_tasks_share_a_handle(log: Path) -> Iterator[Answer]:
    with joined(log) as running:

        def use(number: int) -> list[Row]:
            made = []
            for _ in range(5):
                made.append(appended(running, visited(running, f"w/{number}")))
                assert running.reader.read(made[-1][1]).record_hash.hex() == made[-1][2]
            return made

        async def all_of_them() -> list[list[Row]]:
            return await asyncio.gather(*(asyncio.to_thread(use, number) for number in range(6)))

        rows = [row for made in asyncio.run(all_of_them()) for row in made]
        assert len(rows) == 30
        assert sorted(row[1] for row in rows) == list(range(RECORDS, RECORDS + 30))
        yield whole(log, rows)

        answers: list[Answer] = []

        def in_thread(act: Callable[[], None]) -> None:
            thread = threading.Thread(target=act)
            thread.start()
            thread.join()

        with running.reader.snapshot() as snapshot:
            hashes: list[bytes] = []
            in_thread(lambda: hashes.append(snapshot.read(3).record_hash))
            assert hashes == [kept().hashes[3]]
        in_thread(lambda: answers.append(refused(lambda: snapshot.read(3))))
        yield answers[0]

        def write() -> None:
            before = data_of(log).read_bytes()
            with pytest.raises(AssertionError, match="same thread"), environment.writing():
                pass
            assert data_of(log).read_bytes() == before
            answers.append(Answer("refused"))

        environment = running.store._environment()  # type: ignore[attr-defined]
        with running.store.exclusive(timeout_s=5):
            in_thread(write)
        yield answers[1]
        append_one(running)
