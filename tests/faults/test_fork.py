"""A process forks with a log open: the child opens its own, or says why it can't, and the parent loses nothing."""

from __future__ import annotations

import os
import threading
import time

import pytest

from chainlog.digest import ZERO
from chainlog.errors import BusyError, EngineError, FileReplacedError, HandleClosedError, LockLostError
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole, make_block
from tests.processes import Worker, in_child


@pytest.fixture
def store(tmp_path):
    store = LmdbStore.create(tmp_path / "log", meta={})
    append(store, 3)
    yield store
    store.close()


def whole(store):
    with store.snapshot() as snapshot:
        return len(check_whole(snapshot))


def test_the_child_goes_on_with_the_handle(store):
    assert in_child(lambda: (whole(store), append(store, 2), whole(store))) == (3, 5, 5)
    assert append(store, 1) == 6
    assert in_child(lambda: in_child(lambda: append(store, 1))) == 7
    assert whole(store) == 7


def test_the_child_opens_the_same_log_again(store):
    def child():
        again = LmdbStore.open(store.path)
        append(again, 1)
        again.close()
        return append(store, 1)

    assert in_child(child) == 5
    assert whole(store) == 5


def test_parent_and_children_append_together(store):
    children = []
    for number in range(3):
        child = os.fork()
        if child == 0:
            try:
                for i in range(30):
                    append(store, 1 + i % 2, tag=b"c%d-%d" % (number, i))
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    for i in range(30):
        append(store, 1, tag=b"p%d" % i)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    assert whole(store) == 3 + 30 + 3 * 45


def test_a_child_takes_no_slots_of_the_parent(store):
    def child():
        for _ in range(1_200):  # more than there are slots
            with store.snapshot() as snapshot:
                assert snapshot.size == 3
        return True

    assert in_child(child)


def test_the_parents_snapshot_is_kept_while_the_child_writes(store):
    with store.snapshot() as snapshot:
        before = check_whole(snapshot)
        begun = snapshot.records(0, 99)
        next(begun)

        def child():
            with pytest.raises(HandleClosedError):
                snapshot.record(0)
            # The generator above holds on to the inherited transaction, so the engine can't be closed here.
            with pytest.raises(EngineError, match="forked"):
                whole(store)
            with pytest.raises(EngineError, match="forked"):
                LmdbStore.open(store.path)
            return True

        assert in_child(child)
        begun.close()
        del begun
        for _ in range(2):
            in_child(lambda: [append(store, 50, length=500) for _ in range(10)])
        readers = store._environment().engine.readers()
        assert str(os.getpid()) in readers, readers
        append(store, 50)
        assert check_whole(snapshot) == before
    assert whole(store) == 3 + 1_000 + 50


def test_a_transaction_open_in_another_thread(store):
    entered, leave = threading.Event(), threading.Event()

    def reader():
        with store.snapshot() as snapshot:
            entered.set()
            leave.wait(10)
            check_whole(snapshot)

    thread = threading.Thread(target=reader)
    thread.start()
    entered.wait(10)

    def child():
        for call in (lambda: whole(store), lambda: append(store), lambda: LmdbStore.open(store.path)):
            with pytest.raises(EngineError, match="forked"):
                call()
        store.close()
        return True

    try:
        assert in_child(child)
        assert append(store, 1) == 4
    finally:
        leave.set()
        thread.join()
    assert in_child(lambda: append(store, 1)) == 5


def test_a_fork_inside_a_turn(store):
    at = (3, store._environment().seen[1])
    with Worker(store.path) as worker, store.exclusive(timeout_s=5):

        def child():
            with pytest.raises(LockLostError):
                store.commit(make_block(*at, 1), expected=at)
            with pytest.raises(EngineError, match="forked"):
                whole(store)
            return True

        assert in_child(child)
        # The turn is still the parent's: nobody else gets it.
        assert worker.do("append", 1, "", 0, 0.1)["error"] == "BusyError"
        store.commit(make_block(*at, 1), expected=at)
        assert worker.do("append", 1, "", 0, 0.1)["error"] == "BusyError"
    assert whole(store) == 4


def test_a_child_that_leaves_the_turn_does_not_end_it(store):
    with Worker(store.path) as worker:
        turn = store.exclusive(timeout_s=5)
        turn.__enter__()
        in_child(lambda: turn.__exit__(None, None, None))
        assert worker.do("append", 1, "", 0, 0.1)["error"] == "BusyError"
        turn.__exit__(None, None, None)
        assert worker.do("append") == {"size": 4}


def test_a_child_that_outlives_the_writer_does_not_keep_its_turn(store):
    with Worker(store.path) as worker:
        child = worker.do("hold_and_fork", 30)["child"]
        with pytest.raises(BusyError), store.exclusive(timeout_s=0.05):
            pass
        worker.process.kill()
        worker.process.wait()
        try:
            assert append(store, 1, timeout_s=5) == 4
            os.kill(child, 0)  # it lives
        finally:
            os.kill(child, 9)


def test_a_fork_inside_a_write_of_tables(tmp_path):
    kv = LmdbKeyValue.open(tmp_path / "derived")
    with kv.write() as transaction:
        transaction.table("t").put(b"a", b"1")

    def child_leaves(write):
        try:
            write.__exit__(None, None, None)
        except LockLostError:
            return "LockLostError"
        return "committed"

    write = kv.write()
    transaction = write.__enter__()
    transaction.table("t").put(b"a", b"2")
    assert in_child(lambda: child_leaves(write)) == "LockLostError"
    assert in_child(lambda: write.__exit__(RuntimeError, RuntimeError(), None)) is False
    transaction.table("t").put(b"b", b"2")
    write.__exit__(None, None, None)
    with kv.read() as reading:
        assert list(reading.table("t").scan()) == [(b"a", b"2"), (b"b", b"2")]

    def child():
        with kv.write() as transaction:
            transaction.table("made-by-child").put(b"c", b"3")
        return True

    assert in_child(child)
    with kv.read() as reading:
        assert reading.table("made-by-child").get(b"c") == b"3"
    kv.close()


def test_tables_made_elsewhere_in_the_midst_of_a_read(tmp_path):
    from chainlog.errors import ConflictError

    kv = LmdbKeyValue.open(tmp_path / "derived")
    with kv.write() as transaction:
        transaction.table("t").put(b"a", b"1")

    def child():
        with kv.write() as transaction:
            transaction.table("new").put(b"a", b"1")

    with kv.read() as reading:
        assert reading.table("t").get(b"a") == b"1"
        in_child(child)
        assert list(reading.table("new").scan()) == []
    with kv.read() as reading:
        assert reading.table("t").get(b"a") == b"1"
        with pytest.raises(ConflictError):
            reading.table("new")
    with kv.read() as reading:
        assert reading.table("new").get(b"a") == b"1"
    kv.close()


def test_the_child_remembers_what_its_parent_saw(store):
    # The continuity check goes on across the fork: a log that lost what the parent saw is refused.
    seen = store._environment().seen

    def child():
        whole(store)
        assert store._environment().seen == seen
        store._environment().seen = (9, ZERO, b"gone")
        with pytest.raises(LockLostError):
            append(store)
        return True

    assert in_child(child)
    assert append(store) == 4


def test_the_file_is_replaced_before_the_child_looks(store, tmp_path):
    store.backup(tmp_path / "copy")

    def child():
        (store.path / "truth").rename(tmp_path / "old")
        (tmp_path / "copy" / "truth").rename(store.path / "truth")
        for _ in range(2):
            with pytest.raises(FileReplacedError):
                whole(store)
        store.close()
        again = LmdbStore.open(store.path)
        size = append(again)
        again.close()
        return size

    assert in_child(child) == 4
    with pytest.raises(FileReplacedError):
        append(store)


def test_many_forks_while_threads_read_and_write(store):
    # Whatever moment a fork hits, the child gets an answer in time and the parent is not disturbed.
    stop = threading.Event()
    failures = []

    def busy(write):
        try:
            while not stop.is_set():
                if write:
                    append(store, 1)
                else:
                    whole(store)
                time.sleep(0.001)
        except Exception as error:  # noqa: BLE001 (shown below)
            failures.append(error)

    def child():
        try:
            return whole(store) and append(store)
        except EngineError as error:
            assert "forked" in str(error)
            return None

    threads = [threading.Thread(target=busy, args=(write,)) for write in (False, False, True)]
    for thread in threads:
        thread.start()
    try:
        answers = [in_child(child) for _ in range(25)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert any(answers)
    assert whole(store) > 3
