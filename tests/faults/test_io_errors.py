"""The disk fails in the midst of a commit: either nothing is there, or it is said that nobody knows.

Each fault is tried at the first calls of each sort, with the bytes landing on the disk before the failure and
without.
"""

from __future__ import annotations

import errno
import itertools

import lmdb.verify
import pytest

from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole
from tests.processes import Worker
from tests.profile import DEEP

NTHS = range(1, 8) if DEEP else (2,)


def look(log):
    assert lmdb.verify.verify(str(log / "truth")) == []
    store = LmdbStore.open(log)
    try:
        with store.snapshot() as snapshot:
            return len(check_whole(snapshot))
    finally:
        store.close()


def write_until_refused(log, shim, fault):
    """Append blocks of 20 under *fault*; give (acknowledged size, the refusal, what the same handle says then)."""
    with Worker(log, LD_PRELOAD=shim, IO_FAULT=fault) as worker:
        assert worker.opened == {"ready": True}
        size = 0
        for i in range(20):
            reply = worker.do("append", 20, f"x{i}", 700)
            if "size" not in reply:
                return size, reply, worker.do("append", 1)
            size = reply["size"]
    pytest.fail("the fault never came: the harness is blind")


@pytest.mark.parametrize(("sort", "landed"), list(itertools.product(["data", "sync", "meta"], [0, 1])))
def test_an_io_error_is_an_unknown_outcome(tmp_path, io_shim, sort, landed):
    for nth in NTHS:
        log = tmp_path / str(nth)
        LmdbStore.create(log, meta={}).close()
        size, reply, then = write_until_refused(log, io_shim, f"{sort},{nth},{errno.EIO},{landed}")
        assert reply["error"] == "OutcomeUnknownError", reply
        assert then["error"] == "HandleClosedError"
        # Nothing acknowledged is gone, nothing is half there, and the log goes on.
        found = look(log)
        assert found in {size, size + 20}
        store = LmdbStore.open(log)
        append(store, 3)
        store.close()
        assert look(log) == found + 3


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_while_writing_pages_leaves_nothing_and_the_handle_goes_on(tmp_path, io_shim, number):
    for sort, nth in itertools.product(("data", "sync"), NTHS):
        log = tmp_path / f"{sort}{nth}"
        LmdbStore.create(log, meta={}).close()
        size, reply, then = write_until_refused(log, io_shim, f"{sort},{nth},{number},0")
        assert reply["error"] == "StoreFullError", reply
        assert then == {"size": size + 1}
        assert look(log) == size + 1


@pytest.mark.parametrize("landed", [0, 1])
def test_a_full_disk_while_writing_the_meta_page_is_an_unknown_outcome(tmp_path, io_shim, landed):
    log = tmp_path / "log"
    LmdbStore.create(log, meta={}).close()
    size, reply, then = write_until_refused(log, io_shim, f"meta,2,{errno.ENOSPC},{landed}")
    assert (reply["error"], then["error"]) == ("OutcomeUnknownError", "HandleClosedError")
    assert look(log) in {size, size + 20}


def test_a_writer_killed_before_it_told_the_lock_table(tmp_path, io_shim):
    # Its commit stands in the file, but readers that were open already are one commit behind. The next
    # writer must not take what they see for the newest state.
    log = tmp_path / "log"
    store = LmdbStore.create(log, meta={})
    with Worker(log, LD_PRELOAD=io_shim, IO_FAULT="meta,3,0,1") as worker:
        assert [worker.do("append", 2).get("size") for _ in range(2)] == [2, 4]
        assert worker.do("append", 2)["died"] == -9
    with store.snapshot() as snapshot:
        assert snapshot.size == 4, "the harness is blind: the reader isn't behind"
    with store.exclusive(timeout_s=5), store.snapshot() as snapshot:
        assert snapshot.size == 6
    assert append(store, 1) == 7
    store.close()
    assert look(log) == 7


@pytest.mark.parametrize(("sort", "landed"), list(itertools.product(["data", "sync", "meta"], [0, 1])))
def test_a_kill_at_each_call(tmp_path, io_shim, sort, landed):
    for nth in NTHS:
        log = tmp_path / str(nth)
        LmdbStore.create(log, meta={}).close()
        with Worker(log, LD_PRELOAD=io_shim, IO_FAULT=f"{sort},{nth},0,{landed}") as worker:
            size = 0
            while "size" in (reply := worker.do("append", 20, "", 700)):
                size = reply["size"]
            assert reply["died"] == -9
        assert look(log) == size + (20 if (sort, landed) == ("meta", 1) else 0)
