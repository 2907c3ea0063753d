"""Several processes append to one log: whatever one of them was answered is found by every other."""

from __future__ import annotations

import random
import time

import pytest

from chainlog.errors import RefusedError
from chainlog.facade import Log
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import Clock, SmallLog, small_log
from tests.hand import check_log
from tests.log_worker import proposal
from tests.processes import LogWorker, in_child
from tests.profile import DEEP
from tests.signers import signer


@pytest.fixture
def path(tmp_path):
    store = LmdbStore.create(tmp_path / "log")
    small_log(store=store).handle.close()
    return tmp_path / "log"


def found(path):
    """What stands in the log, after looking at all of it: [event id, index, record hash] each."""
    with Log.open(path, log_signer=signer("log")) as log:
        check_log(SmallLog(log, log.store, Clock(), {}))
        return [
            [entry.event.id.hex(), entry.index, entry.record_hash.hex()] for entry in log.reader.read_range(0, 10**9)
        ]


def test_all_that_was_answered_stands(path):
    workers = [LogWorker(path, wait=False) for _ in range(4)]
    try:
        for worker in workers:
            assert worker.answer() == {"ready": True}
        for n, count in enumerate((1, 3, 20, 1, 7, 2, 1, 40)):
            for number, worker in enumerate(workers):
                worker.send("append", count, f"w{number} {n}")
        answers = [[worker.answer() for _ in range(8)] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    assert all("acknowledged" in answer for each in answers for answer in each), answers
    acknowledged = [row for each in answers for answer in each for row in answer["acknowledged"]]
    standing = found(path)
    assert len(acknowledged) == len(standing) - 4 == 4 * 75
    assert sorted(acknowledged, key=lambda row: row[1]) == standing[4:]
    for each in answers:
        # Each block stands together, and each worker's blocks in the order in which it asked.
        indexes = [[row[1] for row in answer["acknowledged"]] for answer in each]
        assert all(block == list(range(block[0], block[0] + len(block))) for block in indexes)
        assert indexes == sorted(indexes)


def test_what_was_answered_stands_after_kill(path):
    rnd = random.Random(11)
    for number in range(60 if DEEP else 4):
        with LogWorker(path) as worker:
            worker.send("append_for_ever", f"r{number}")
            first = worker.answer()
            time.sleep(rnd.random() * 0.05)
            answers = [first, *worker.kill()]
        acknowledged = [row for answer in answers for row in answer["acknowledged"]]
        standing = found(path)
        assert acknowledged
        assert all(row == standing[row[1]] for row in acknowledged)
        assert len(standing) - 1 - acknowledged[-1][1] <= 3  # at most the block that was under way


def test_what_one_process_decides_counts_in_the_other_at_once(path):
    with LogWorker(path) as worker, Log.open(path, log_signer=signer("log")) as handle:
        log = SmallLog(handle, handle.store, Clock(), {p: signer(p) for p in ("p/A1", "p/A2")})
        assert worker.do("append", 1, "", "p/N")["error"] == "RefusedError"
        log.handle._clock = log.handle.writer._clock = log.clock
        log.clock.now_us = time.time_ns() // 1000
        log.enrol("p/N")
        assert worker.do("append", 1, "", "p/N")["acknowledged"][0][1] == 5
        log.administer("revoked", {"person": "p/N", "key": (1, signer("p/N").public_key), "reason": "lost"})
        assert "revoked-key" in worker.do("append", 1, "", "p/N")["text"]
        assert worker.do("append", 2)["acknowledged"][1][1] == 8
        assert handle.append(proposal(handle, 1)).index == 9
    assert len(found(path)) == 10


def test_a_handle_goes_on_in_the_child_of_a_fork(path):
    with Log.open(path, log_signer=signer("log")) as log:
        assert log.append(proposal(log, 1)).index == 4
        one = in_child(lambda: log.append(proposal(log, 2)).index)
        two = log.append(proposal(log, 3)).index
        assert (one, two) == (5, 6)
        with pytest.raises(RefusedError):
            in_child(lambda: log.append(proposal(log, 2, person="p/N")).index)
    assert len(found(path)) == 7
