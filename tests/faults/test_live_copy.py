"""The live directory is copied again and again while four processes append: nothing acknowledged may vanish.

A process that copies the directory opens and closes the engine's lock file, and so loses its own lock. Without the guard
the same step loses acknowledged records or kills a writer; the last test shows it.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress

import lmdb.verify
import pytest

from chainlog.errors import ChainlogError
from chainlog.facade import Log
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import Clock, SmallLog, small_log
from tests.hand import check_log
from tests.processes import LogWorker
from tests.profile import DEEP
from tests.signers import signer

SECONDS = 60 if DEEP else 5


@pytest.fixture
def path(tmp_path):
    store = LmdbStore.create(tmp_path / "log")
    small_log(store=store).handle.close()
    return tmp_path / "log"


def standing(path):
    with Log.open(path, log_signer=signer("log")) as log:
        check_log(SmallLog(log, log.store, Clock(), {}))
        return [
            [entry.event.id.hex(), entry.index, entry.record_hash.hex()] for entry in log.reader.read_range(0, 10**9)
        ]


def test_nothing_acknowledged_vanishes_while_the_directory_is_copied(path, tmp_path):
    workers = [LogWorker(path, wait=False) for _ in range(4)]
    copies, stop = 0, time.monotonic() + SECONDS
    try:
        assert [worker.answer() for worker in workers] == [{"ready": True}] * 4
        for number, worker in enumerate(workers):
            # Three of them copy it themselves; one only appends.
            worker.send("append_and_copy", SECONDS, f"w{number}", number > 0)
        while time.monotonic() < stop:
            with suppress(OSError, shutil.Error):
                shutil.copytree(path, tmp_path / "copy", dirs_exist_ok=True)
            copies += 1
            time.sleep(0.02)
        answers = [worker.answer(60) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert all("acknowledged" in answer for answer in answers), answers
    # Refusals are loud, and mean that nothing was written.
    assert {name for answer in answers for name in answer["refusals"]} <= {"LockLostError", "BusyError"}, answers
    acknowledged = [row for answer in answers for row in answer["acknowledged"]]
    found = standing(path)
    assert [row for row in acknowledged if row[1] >= len(found) or row != found[row[1]]] == []
    assert len(acknowledged) == len(found) - 4
    assert lmdb.verify.verify(str(path / "truth")) == []
    assert copies > 3
    assert all(len(answer["acknowledged"]) > 20 for answer in answers)


def lost(path, *wishes, patience_s):
    """
    Whether anything is lost when a writer copies the directory in the midst of a commit, a second process opens and
    appends, if it can, and the first goes on.
    """
    acknowledged, died = [], False
    with LogWorker(path, *wishes) as a:
        acknowledged += a.do("append", 3)["acknowledged"]
        assert a.do("append_inside") == {"inside": True}
        assert a.do("copy") == {}
        with LogWorker(path, *wishes, wait=False) as b:
            b.send("append", 1, "b1")
            b.send("append", 2, "b2")
            said = []
            while len(said) < 3 and not (answer := b.answer(patience_s)).get("silent"):
                said.append(answer)
            a.send("go")
            said.append(a.answer())
            said += [b.answer() for _ in range(4 - len(said))]
            died = any("died" in answer for answer in said)
            acknowledged += [row for answer in said for row in answer.get("acknowledged", ())]
    try:
        found = standing(path)
    except (ChainlogError, AssertionError):
        return True
    return died or any(row[1] >= len(found) or row != found[row[1]] for row in acknowledged)


def test_a_copy_in_the_midst_of_a_commit(path):
    assert not lost(path, patience_s=1)
    assert len(standing(path)) == 4 + 3 + 1 + 3


def test_without_the_guard_something_vanishes_or_dies(path):
    assert lost(path, "no-guard", patience_s=20), "the harness sees nothing"
