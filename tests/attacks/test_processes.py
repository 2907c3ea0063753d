"""Processes on one log: killed at any moment, on failing disks, with locks and files taken away under them, forked."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import shutil
import signal
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import pytest

from chainlog.errors import LockLostError
from chainlog.facade import Log
from chainlog.store import lmdb_env, lmdb_store
from tests.attacks import disk
from tests.attacks.answers import SURVIVED, Answer, attack, is_refused, refused, same, survived
from tests.attacks.disk import RECORDS, append_one, content, data_of, judged_here, kept, rewritten
from tests.attacks.running import (
    Row,
    appended,
    at_step,
    bytes_of,
    joined,
    steps_of,
    together,
    until_killed,
    visited,
    whole,
)
from tests.faults import conftest as faults
from tests.processes import LogWorker, in_child
from tests.profile import DEEP
from tests.soak.power_loss import Call, calls_in, images

io_shim = faults.io_shim


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The directory of the kept log."""
    return disk.lay(tmp_path / "log", kept().newest.data)


@attack("PC01", "The process is killed anywhere in an append", "F", SURVIVED)
def test_a_kill_anywhere_in_an_append(log: Path) -> Answer:
    with joined(log) as running:
        acknowledged = [append_one(running)]
    steps = in_child(lambda: steps_of(lambda: append_one(joined(log))))
    before, unheard = RECORDS + 2, set()
    for step in range(1, steps, steps // (400 if DEEP else 20)):

        def append_and_die(say: Any, die: Any, step: int = step) -> None:
            with joined(log) as running:
                say(append_one(running))
                at_step(step, die)
                say(append_one(running))

        said = until_killed(append_and_die)
        acknowledged += [said[at : at + 32] for at in range(0, len(said), 32)]
        with joined(log) as running:
            size = running.reader.size
        unheard.add(size - before - len(said) // 32)
        before = size
    assert unheard == {0, 1}, "no kill before the commit, or none between it and the answer"
    return survived(log, [*kept().hashes, *acknowledged], log_id=kept().log_id)


def test_a_kill_inside_the_engine(log: Path, io_shim: str) -> None:
    rows: list[Row] = []
    for fault in ("data,9,0,1", "sync,2,0,0", "meta,2,0,1"):
        with LogWorker(log, LD_PRELOAD=io_shim, IO_FAULT=fault) as worker:
            while "acknowledged" in (reply := worker.do("append", 2)):
                rows += reply["acknowledged"]
            assert reply["died"] == -signal.SIGKILL
    whole(log, rows)


@attack("PC02", "The power fails at any moment, and the disk has any part of what wasn't synced", "F", SURVIVED)
def test_a_loss_of_power(log: Path, io_shim: str, tmp_path: Path) -> Answer:
    base, recorded = data_of(log).read_bytes(), tmp_path / "calls"
    with LogWorker(log, LD_PRELOAD=io_shim, IO_RECORD=str(recorded)) as worker:
        answers = [worker.do("append", 1 + number % 3, f"{number}") for number in range(20)]
        worker.do("map")  # when this is answered, all before it is recorded
    rows = [row for answer in answers for row in answer["acknowledged"]]
    calls = [Call("A", 0, b'{"size": %d}' % RECORDS), *calls_in(recorded.read_bytes())]
    assert {call.sort for call in calls} == set("DSMA")
    assert max(json.loads(call.data).get("size", 0) for call in calls if call.sort == "A") == RECORDS + len(rows)
    (log / "truth" / "lock.mdb").unlink()
    lost = 0
    for _, image, acknowledged in images(base, calls, 400 if DEEP else 30, seed=20):
        rewritten(log, image)
        report = judged_here(log)
        assert report.integrity == "intact", report.findings
        assert acknowledged in range(RECORDS, report.size + 1)
        with Log.open(log, read_only=True) as opened:
            there = [entry.record_hash.hex() for entry in opened.reader.read_range(RECORDS, report.size)]
        assert there == [row[2] for row in rows][: report.size - RECORDS]
        lost += report.size < RECORDS + len(rows)
    assert lost, "the power never failed in time"
    return survived(rewritten(log, image), [bytes.fromhex(one) for one in there], log_id=kept().log_id)


@attack(
    "PC03", "The process dies after the commit and before it could answer", "F", SURVIVED, is_refused("duplicate-id"),
    note="Asking for the same again answers where it stands and writes nothing; the same id with other content is refused",
)  # fmt: skip
def test_a_crash_before_the_answer(log: Path) -> Iterator[Answer]:
    with joined(log) as running:
        draft = visited(running)
        other = visited(running, "w/2", event_id=draft.checked_event().event.id)

    def append_and_die(_say: Any, die: Any) -> None:
        joined(log).append(draft)
        die()

    assert until_killed(append_and_die) == b""
    with joined(log) as running:
        assert running.reader.size == RECORDS + 1
        again = [running.append(draft) for _ in range(2)]
        assert [(one.index, one.existed) for one in again] == [(RECORDS, True)] * 2
        assert running.reader.size == RECORDS + 1
        yield survived(log, [*kept().hashes, again[0].record_hash], log_id=kept().log_id)
        yield refused(lambda: running.append(other), state=bytes_of(log))


@attack(
    "PC04", "The disk fails while a commit is synced or its meta page written", "F", Answer("survived", ("outcome-unknown",)),
    note="The error says that nobody knows and closes the writer; after opening again, the id, or the same request, settles it",
)  # fmt: skip
def test_an_io_error_in_a_commit(log: Path, io_shim: str) -> Answer:
    rows: list[Row] = []
    for fault in ("sync,2,%d,0", "sync,2,%d,1", "meta,2,%d,0", "meta,2,%d,1"):
        with LogWorker(log, LD_PRELOAD=io_shim, IO_FAULT=fault % errno.EIO) as worker:
            reply: dict[str, Any] = {"acknowledged": []}
            while "acknowledged" in reply:
                rows += reply["acknowledged"]
                with joined(log) as running:
                    draft = visited(running)
                reply = worker.do("append_draft", draft.encoded().hex())
            assert reply["error"] == "OutcomeUnknownError", reply
            assert worker.do("append_draft", draft.encoded().hex())["error"] == "HandleClosedError"
            assert worker.do("reopen") == {}
        with joined(log) as running:
            entry = running.reader.find(draft.checked_event().event.id)
            receipt = running.append(draft)
            assert receipt.existed is (entry is not None)
            rows.append((receipt.event_id.hex(), receipt.index, receipt.record_hash.hex()))
    return whole(log, rows)._replace(codes=("outcome-unknown",))


class Shared:
    """A log that this process and another write in turns, through whatever happens; each opens again when it is told to."""

    def __init__(self, log: Path, worker: LogWorker) -> None:
        self.log, self.worker = log, worker
        self.running = joined(log)
        self.rows: list[Row] = []
        self.refusals: list[str] = []

    def append_here(self) -> None:
        try:
            self.rows.append(appended(self.running, visited(self.running)))
        except LockLostError as error:
            self.refusals.append(error.code)
            self.running.close()
            self.running = joined(self.log)

    def append_there(self) -> None:
        self.take(self.worker.do("append", 2))

    def take(self, answer: Any) -> None:
        if "acknowledged" in answer:
            self.rows += answer["acknowledged"]
        else:
            assert answer.get("error") == "LockLostError", answer
            self.refusals.append("lock-lost")
            assert self.worker.do("reopen") == {}


@attack(
    "PC05", "A process that has the log open copies, packs or hashes the live directory, which ends the engine's lock", "A",
    SURVIVED, note="Who opens the log then waits for the commit under way; who notices that its lock is gone writes nothing (`lock-lost`)",
)  # fmt: skip
def test_the_live_directory_is_read(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    def copy() -> None:
        shutil.copytree(log, tmp_path / "copy", dirs_exist_ok=True)

    def pack() -> None:
        with zipfile.ZipFile(tmp_path / "packed.zip", "w") as packed:
            for path in (log / "truth").iterdir():
                packed.write(path)

    def read() -> None:
        assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in (log / "truth").iterdir()]

    put = lmdb_store._put
    with LogWorker(log) as worker:
        shared = Shared(log, worker)
        for harm in (copy, pack, read):
            for inside in (False, True):
                shared.append_here()
                if inside:

                    def put_and_harm(*arguments: Any, harm: Any = harm) -> None:
                        put(*arguments)
                        harm()
                        worker.send("reopen")
                        worker.send("append", 2)

                    with monkeypatch.context() as patch:
                        patch.setattr(lmdb_store, "_put", put_and_harm)
                        shared.append_here()
                    assert worker.answer() == {}
                    shared.take(worker.answer())
                else:
                    harm()
                    assert worker.do("reopen") == {}
                for _ in range(2):
                    shared.append_there()
                    shared.append_here()
        shared.running.close()
    assert len(shared.rows) >= 40
    return whole(log, shared.rows)


@attack(
    "PC06",
    "The engine's lock file is deleted, or another put in its place, while the log is open",
    "A",
    is_refused("lock-lost"),
    SURVIVED,
)
def test_the_lock_file_is_deleted(log: Path) -> Iterator[Answer]:
    lock = log / "truth" / "lock.mdb"

    def replace() -> None:
        (log / "other").write_bytes(lock.read_bytes())
        (log / "other").rename(lock)

    def refusals() -> Iterator[Answer]:
        with LogWorker(log) as worker:
            for harm, beside in itertools.product((lock.unlink, replace), (False, True)):
                with joined(log) as running:
                    rows.append(appended(running, visited(running)))
                    draft = visited(running)
                    harm()
                    if beside:
                        assert worker.do("reopen") == {}  # which makes a lock of its own
                        rows.extend(worker.do("append", 2)["acknowledged"])
                    for _ in range(2):
                        yield refused(lambda: running.append(draft), state=bytes_of(log))
                with joined(log) as running:
                    rows.append(appended(running, draft))
                assert worker.do("reopen") == {}

    rows: list[Row] = []
    yield same(list(refusals()))
    yield whole(log, rows)


@attack(
    "PC07",
    "The data file, or the directory with it, is replaced while the log is open",
    "AW",
    is_refused("file-replaced"),
    SURVIVED,
)
def test_the_data_file_is_replaced(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    monkeypatch.setattr(lmdb_env, "_LOOK_AGAIN_S", 0.0)
    put = lmdb_store._put

    def replace_file() -> None:
        data_of(tmp_path / "copy").rename(data_of(log))

    def replace_directory() -> None:
        shutil.rmtree(tmp_path / "old", ignore_errors=True)
        (log / "truth").rename(tmp_path / "old")
        (tmp_path / "copy" / "truth").rename(log / "truth")

    def refusals() -> Iterator[Answer]:
        for replace in (replace_file, replace_directory):
            for inside in (False, True):
                with joined(log) as running:
                    shutil.rmtree(tmp_path / "copy", ignore_errors=True)
                    running.backup(tmp_path / "copy")
                    draft = visited(running)

                    def put_and_replace(*arguments: Any, replace: Any = replace) -> None:
                        put(*arguments)
                        replace()

                    before = content(log)["truth/data.mdb"]
                    if inside:
                        with monkeypatch.context() as patch:
                            patch.setattr(lmdb_store, "_put", put_and_replace)
                            yield refused(lambda: running.append(draft))
                    else:
                        replace()
                        yield refused(lambda: running.append(draft))
                    yield refused(lambda: running.reader.read(3))
                    assert data_of(log).read_bytes() == before
                with joined(log) as running:
                    rows.append(appended(running, draft))

    rows: list[Row] = []
    yield same(list(refusals()))
    yield whole(log, rows)


@attack(
    "PC08", "The process forks with the log open, as servers do that load the application before their workers", "A",
    SURVIVED, is_refused("engine"), note="Each child opens an engine of its own; one forked in the midst of a read or write says that it can't",
)  # fmt: skip
def test_a_fork_with_the_log_open(log: Path) -> Iterator[Answer]:
    each = 6

    def serve(number: int) -> bytes:
        rows = [appended(master, visited(master, f"w/{number}")) for _ in range(each)]
        # The application may be loaded again in the worker.
        with joined(log) as again:
            rows.append(appended(again, visited(again, f"w/{number}")))
        assert master.custody.carrier("c/7") is not None
        return json.dumps(rows).encode()

    with joined(log) as master:
        assert master.custody.carrier("c/7") is not None
        rows = [appended(master, visited(master))]
        said = together(*(lambda number=number: serve(number) for number in range(4)))  # type: ignore[misc]
        assert all(said), "a worker died"
        rows += [row for one in said for row in json.loads(one)]
        assert len(rows) == 1 + 4 * (each + 1)
        rows.append(appended(master, visited(master)))
        yield whole(log, rows)
        entered, leave = threading.Event(), threading.Event()

        def look() -> None:
            with master.reader.snapshot() as snapshot:
                entered.set()
                leave.wait(30)
                snapshot.read(3)

        thread = threading.Thread(target=look)
        thread.start()
        entered.wait(30)
        try:
            for act in (lambda: append_one(master), lambda: master.reader.size, lambda: joined(log)):
                answer = in_child(lambda act=act: refused(act, state=bytes_of(log)))  # type: ignore[misc]
        finally:
            leave.set()
            thread.join()
        with master.store.exclusive(timeout_s=5):
            yield same([answer, in_child(lambda: refused(lambda: append_one(master), state=bytes_of(log)))])
        append_one(master)


@attack(
    "PC09", "The same log is opened twice in one process, under several names", "A", SURVIVED, is_refused("read-only"),
    note="All handles of a process share one engine; what it has open for reading only isn't opened for writing",
)  # fmt: skip
def test_the_log_is_opened_twice(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    (tmp_path / "link").symlink_to(log)
    monkeypatch.chdir(tmp_path)
    names = (log, Path("log"), tmp_path / "link", log / ".." / "log")
    handles = [joined(name) for name in names]
    assert len({id(one.store._environment()) for one in handles}) == 1  # type: ignore[attr-defined]
    with pytest.raises(lmdb.Error, match="already open"):
        lmdb.open(str(log / "truth"))
    rows = []
    while handles:
        rows += [appended(one, visited(one)) for one in handles for _ in range(2)]
        handles.pop(0).close()
    yield whole(log, rows)
    with Log.open(log, read_only=True):
        yield refused(lambda: joined(log), state=bytes_of(log))
