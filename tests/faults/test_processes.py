"""Several processes on one log: growth, stopped writers, dead readers, limits, full disks, interrupts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import lmdb.verify
import pytest

from chainlog.errors import (
    BusyError,
    FileReplacedError,
    HandleClosedError,
    LockLostError,
    ReadOnlyError,
    StoreFullError,
)
from chainlog.store import lmdb_env
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole
from tests.processes import ROOT, Worker, environment


@pytest.fixture
def log(tmp_path):
    LmdbStore.create(tmp_path / "log", meta={}).close()
    return tmp_path / "log"


def whole(log):
    store = LmdbStore.open(log)
    with store.snapshot() as snapshot:
        size = len(check_whole(snapshot))
    store.close()
    return size


def whole_in(store):
    with store.snapshot() as snapshot:
        return len(check_whole(snapshot))


def test_processes_append_while_a_small_map_grows(log):
    workers = [Worker(log, "small-map", wait=False) for _ in range(3)]
    try:
        assert [worker.answer() for worker in workers] == [{"ready": True}] * 3
        for number, worker in enumerate(workers):
            worker.send("append_through", 60, f"w{number}")
        replies = [worker.answer() for worker in workers]
        assert [(len(r["acknowledged"]), r["refusals"]) for r in replies] == [(60, 0)] * 3
        # Each has had to grow its map, which began smaller than the file is now.
        for worker in workers:
            assert worker.do("map")["bytes"] > 2**15
            assert worker.do("check") == {"size": 180}
    finally:
        for worker in workers:
            worker.kill()
    assert (log / "truth" / "data.mdb").stat().st_size > 2**15
    assert whole(log) == 180


def test_a_stopped_writer_makes_the_others_busy_and_loses_nothing(log, monkeypatch):
    store = LmdbStore.open(log)
    with Worker(log) as worker:
        worker.do("append", 2)
        worker.do("append_inside", "z")
        worker.signal(signal.SIGSTOP)
        begun = time.monotonic()
        with pytest.raises(BusyError), store.exclusive(timeout_s=0.2):
            pass
        assert time.monotonic() - begun < 5
        with store.snapshot() as snapshot:  # reading goes on
            assert len(check_whole(snapshot)) == 2
        # Opening, for writing or reading, is as patient as it says, and no more.
        for read_only in (False, True):
            monkeypatch.setattr("chainlog.store.guard._OPENING_PATIENCE_S", 0.1)
            monkeypatch.setattr(lmdb_env, "_SHARE_PATIENCE_S", 0.1)
            code = (
                "import sys, chainlog.store.guard as g, chainlog.store.lmdb_env as e\n"
                "g._OPENING_PATIENCE_S = e._SHARE_PATIENCE_S = 0.1\n"
                "from chainlog.store.lmdb_store import LmdbStore\n"
                f"LmdbStore.open(sys.argv[1], read_only={read_only})"
            )
            done = subprocess.run(
                [sys.executable, "-c", code, log], capture_output=True, env=environment(), cwd=ROOT, check=False
            )
            assert b"BusyError" in done.stderr
        worker.signal(signal.SIGCONT)
        worker.send("go")
        assert worker.answer() == {"size": 3}
    assert append(store) == 4
    store.close()


def test_a_thread_that_gave_up_leaves_the_turn_of_another_alone(log):
    store = LmdbStore.open(log)
    with Worker(log) as worker, store.exclusive(timeout_s=5):
        failures = []

        def other():
            try:
                append(store, timeout_s=0.05)
            except BusyError as error:
                failures.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert len(failures) == 1
        assert worker.do("append", 1, "", 0, 0.1)["error"] == "BusyError"
    store.close()


def test_a_foreign_writer_without_any_lock_is_noticed(log):
    # Its commit is not in our lock table: ours would be numbered alike and take the place of its meta page.
    store = LmdbStore.open(log)
    append(store, 3)
    code = (
        "import lmdb, sys\n"
        "engine = lmdb.open(sys.argv[1], max_dbs=9, map_size=2**30, lock=False, lib_version=0)\n"
        "with engine.begin(write=True) as t: t.put(b'k', b'v', db=engine.open_db(b'meta', txn=t))"
    )
    subprocess.run([sys.executable, "-c", code, log / "truth"], check=True)
    with pytest.raises(LockLostError, match="another writer"):
        append(store)
    store.close()
    store = LmdbStore.open(log)
    with store.snapshot() as snapshot:
        assert snapshot.meta("k") == b"v"
    assert append(store) == 4
    store.close()


def test_dead_readers_neither_fill_the_table_nor_hold_pages(log, monkeypatch):
    monkeypatch.setattr("chainlog.store.lmdb_engine.READERS_MAX", 4)
    monkeypatch.setattr("chainlog.store.files.LOCK_BYTES", 320)  # room for four at most
    (log / "truth" / "lock.mdb").unlink(missing_ok=True)
    store = LmdbStore.open(log)
    append(store, 3)
    for _ in range(5):
        with Worker(log) as worker:
            assert worker.do("read_and_die")["died"] == -9
    with store.snapshot() as one, store.snapshot() as two:
        assert (one.size, two.size) == (3, 3)
    # All at once, so that no opening clears what another left: beginning to read has to.
    workers = [Worker(log) for _ in range(4)]
    for worker in workers:
        worker.do("read_and_die")
        worker.kill()
    assert whole_in(store) == 3
    # Opening clears what they left.
    with Worker(log) as worker:
        worker.do("read_and_die")
    with Worker(log) as worker:
        worker.do("check")
    assert store._environment().engine.readers().count("\n") <= 2
    store.close()


def test_address_space_may_be_limited(log):
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "from tests.store_worker import main\n"
        "main(sys.argv[1])"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, log],
        input=b'["append", 50, "", 3000]\n["map"]\n["check"]\n',
        capture_output=True,
        env=environment(),
        cwd=ROOT,
        check=False,
    )
    ready, appended, mapped, checked = process.stdout.splitlines()
    assert (ready, appended, checked) == (b'{"ready": true}', b'{"size": 50}', b'{"size": 50}'), process
    assert int(mapped.split(b":")[1].strip(b" }")) < 2**30


def test_a_limit_on_file_size_is_a_full_store(log):
    with Worker(log) as worker:
        worker.do("append", 5)
        worker.do("limit_file", 200_000)
        size = 5
        while "size" in (reply := worker.do("append", 20, "", 900)):
            size = reply["size"]
        assert reply["error"] == "StoreFullError"
        assert worker.do("check") == {"size": size}
        assert worker.do("append", 20, "", 900)["error"] == "StoreFullError"
        worker.do("limit_file", None)
        assert worker.do("append", 20, "", 900) == {"size": size + 20}
    assert whole(log) == size + 20
    assert lmdb.verify.verify(str(log / "truth")) == []


@pytest.fixture
def small_disk(tmp_path):
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("needs the right to mount a small disk")
    yield mount
    subprocess.run(["umount", "-l", mount], check=True)


def fill(disk):
    fd = os.open(disk / "ballast", os.O_WRONLY | os.O_CREAT)
    try:
        for step in (65_536, 4_096):
            try:
                while True:
                    os.write(fd, bytes(step))
            except OSError:
                pass
    finally:
        os.close(fd)


def test_a_full_disk(small_disk):
    log = small_disk / "log"
    LmdbStore.create(log, meta={}).close()
    store = LmdbStore.open(log)
    append(store, 5)
    fill(small_disk)
    size = 5
    with pytest.raises(StoreFullError):
        for _ in range(200):
            size = append(store, 20, length=900)
    with store.snapshot() as snapshot:
        assert len(check_whole(snapshot)) == size
    with pytest.raises(StoreFullError):
        append(store, 200, length=900)
    with pytest.raises(StoreFullError):
        LmdbStore.create(small_disk / "other", meta={})
    with pytest.raises(StoreFullError):
        store.backup(small_disk / "copy")
    (small_disk / "ballast").unlink()
    assert append(store, 20, length=900) == size + 20
    store.backup(small_disk / "copy")
    store.close()
    assert whole(log) == whole(small_disk / "copy") == size + 20


def test_opening_on_a_full_disk_does_not_kill_the_process(small_disk):
    # The engine would make its lock file with holes and die when writing into them.
    log = small_disk / "log"
    LmdbStore.create(log, meta={}).close()
    store = LmdbStore.open(log)
    append(store, 5)
    store.close()
    (log / "truth" / "lock.mdb").unlink()
    fill(small_disk)
    code = "import lmdb, sys; lmdb.open(sys.argv[1], max_dbs=9, map_size=2**30)"
    bare = subprocess.run([sys.executable, "-c", code, log / "truth"], check=False)
    assert bare.returncode == -signal.SIGBUS, "the harness is blind"
    (log / "truth" / "lock.mdb").unlink()
    fill(small_disk)
    with pytest.raises(StoreFullError):
        LmdbStore.open(log)
    reader = LmdbStore.open(log, read_only=True)
    with reader.snapshot() as snapshot:
        assert len(check_whole(snapshot)) == 5
    with pytest.raises(ReadOnlyError):
        LmdbStore.open(log)
    reader.close()
    (small_disk / "ballast").unlink()
    assert whole(log) == 5


def test_a_data_file_replaced_while_open(log, tmp_path):
    store = LmdbStore.open(log)
    append(store, 3)
    store.backup(tmp_path / "copy")
    append(store, 1)
    (tmp_path / "copy" / "truth" / "data.mdb").rename(log / "truth" / "data.mdb")
    with pytest.raises(FileReplacedError):
        append(store)
    with pytest.raises(FileReplacedError):
        append(store)
    with pytest.raises(FileReplacedError), store.snapshot():
        pass
    store.close()
    store = LmdbStore.open(log)
    assert append(store) == 4
    store.close()


def test_a_reader_notices_a_replaced_file_in_time(log, tmp_path, monkeypatch):
    monkeypatch.setattr(lmdb_env, "_LOOK_AGAIN_S", 0.0)
    store = LmdbStore.open(log)
    append(store, 3)
    store.backup(tmp_path / "copy")
    with store.snapshot():
        pass
    (tmp_path / "copy" / "truth").rename(tmp_path / "truth")
    (log / "truth").rename(tmp_path / "old")
    (tmp_path / "truth").rename(log / "truth")
    with pytest.raises(FileReplacedError), store.snapshot():
        pass
    store.close()
    assert whole(log) == 3


def test_interrupts_at_any_moment(log):
    # A signal raises KeyboardInterrupt wherever the main thread is: all of a block or nothing, and the handle works.
    code = """
import signal, sys, threading, time
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole
store = LmdbStore.open(sys.argv[1])
took = []
for number in range(9):
    start = time.perf_counter()
    append(store, 3, timeout_s=2, tag=b"before %d" % number)
    took.append(time.perf_counter() - start)
# Up to three times what an append takes on this machine, now: some are interrupted, some end.
longest = 3 * sorted(took)[4]
interrupts = appended = 0
signal.signal(signal.SIGALRM, signal.default_int_handler)
for number in range(400):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.000_02 + number % 40 / 40 * longest)
        append(store, 3, timeout_s=2, tag=b"%d" % number)
        signal.setitimer(signal.ITIMER_REAL, 0)
        appended += 1
    except KeyboardInterrupt:
        interrupts += 1
append(store, 3, timeout_s=2, tag=b"end")
other = threading.Thread(target=lambda: append(store, 3, timeout_s=2, tag=b"other"))
other.start(); other.join()
with store.snapshot() as snapshot:
    size = len(check_whole(snapshot))
assert size % 3 == 0 and size >= 3 * (appended + 11), (size, appended)
assert not store._environment().live, store._environment().live
print(interrupts, appended)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, log], capture_output=True, env=environment(), cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    interrupts, appended = map(int, done.stdout.split())
    assert interrupts > 20
    assert appended > 20
    assert whole(log) >= 3 * (appended + 11)


def test_closing_waits_for_a_commit_of_another_thread(log, monkeypatch):
    from chainlog.store import lmdb_store

    store = LmdbStore.open(log)
    entered, put = threading.Event(), lmdb_store._put

    def slow_put(*arguments):
        put(*arguments)
        entered.set()
        time.sleep(0.1)

    monkeypatch.setattr(lmdb_store, "_put", slow_put)
    results = []
    thread = threading.Thread(target=lambda: results.append(append(store, 2)))
    thread.start()
    entered.wait(5)
    store.close()
    thread.join()
    assert results == [2]
    assert whole(log) == 2


def test_closing_ends_open_snapshots(log):
    store = LmdbStore.open(log)
    append(store, 5)
    with store.snapshot() as snapshot:
        begun = snapshot.records(0, 5)
        next(begun)
        store.close()
        for call in (lambda: snapshot.record(0), lambda: list(begun), lambda: snapshot.size):
            with pytest.raises(HandleClosedError):
                call()
    assert whole(log) == 5
