"""The engine's lock lost or doubled while two processes write: nothing acknowledged may vanish.

Without the guard, the same steps lose acknowledged records or kill a writer; the last test shows it.
"""

from __future__ import annotations

import itertools

import lmdb.verify
import pytest

from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import check_whole
from tests.processes import Worker
from tests.profile import DEEP

HARMS = ("touch_lock", "remove_lock", "copy_tree")
MOMENTS = ("between", "inside")
CASES = list(itertools.product(HARMS, MOMENTS))
if not DEEP:
    # What these two do, the others of the same harm do as well.
    CASES = [case for case in CASES if case not in {("copy_tree", "inside"), ("touch_lock", "between")}]


class Tally:
    """What two writers were told: acknowledged tags, refusals, deaths."""

    def __init__(self):
        self.acknowledged, self.refusals, self.deaths = set(), [], []

    def note(self, tag, reply):
        if "size" in reply:
            self.acknowledged.add(tag)
        elif "died" in reply:
            self.deaths.append(reply)
        elif "ready" not in reply:
            self.refusals.append(reply.get("error", "silent"))

    def append(self, worker, *tags):
        for tag in tags:
            self.note(tag, worker.do("append", 1, tag, 200))


def two_writers(log, harm, moment, *wishes):
    """Let A lose its lock, B open and write at once, and A go on."""
    LmdbStore.create(log, meta={}).close()
    tally = Tally()
    with Worker(log, *wishes) as a:
        tally.append(a, *(f"a{i}" for i in range(5)))
        if moment == "between":
            a.do(harm)
            with Worker(log, *wishes) as b:
                for i in range(3):
                    tally.append(b, f"b{i}")
                    tally.append(a, f"c{i}")
            return tally
        assert a.do("append_inside", "c0") == {"inside": True}
        assert a.do(harm) == {}
        with Worker(log, *wishes, wait=False) as b:
            # What B says to opening and to each command, now or when A is done.
            waiting = ["opening", "b0", "b1", "b2"]
            for tag in waiting[1:]:
                b.send("append", 1, tag, 200)
            while waiting and not (reply := b.answer(0.5)).get("silent"):
                tally.note(waiting.pop(0), reply)
            a.send("go")
            tally.note("c0", a.answer())
            for tag in waiting:
                tally.note(tag, b.answer())
            for i in range(1, 3):
                tally.append(a, f"c{i}")
                tally.append(b, f"b{i + 3}")
    return tally


def found(log):
    store = LmdbStore.open(log)
    with store.snapshot() as snapshot:
        records = check_whole(snapshot)
    store.close()
    return {record[32:].split(b":")[1].rstrip(b".").decode() for record in records}


@pytest.mark.parametrize(("harm", "moment"), CASES)
def test_nothing_acknowledged_vanishes(tmp_path, harm, moment):
    tally = two_writers(tmp_path / "log", harm, moment)
    assert tally.deaths == []
    assert set(tally.refusals) <= {"LockLostError"}
    assert tally.acknowledged - found(tmp_path / "log") == set()
    assert len(tally.acknowledged) >= 8


def test_after_a_lost_lock_reopening_goes_on(tmp_path):
    log = tmp_path / "log"
    LmdbStore.create(log, meta={}).close()
    with Worker(log) as a:
        Tally().append(a, "a0")
        a.do("remove_lock")
        assert [a.do("append")["error"] for _ in range(2)] == ["LockLostError"] * 2
        assert a.do("check")["error"] == "LockLostError"
        a.do("reopen")
        assert a.do("append") == {"size": 2}
        assert a.do("check") == {"size": 2}


@pytest.mark.parametrize("harm", ["touch_lock", "remove_lock"])
def test_many_writers_while_locks_are_lost(tmp_path, harm):
    rounds, appends = (10, 300) if DEEP else (1, 30)
    for seed in range(rounds):
        log = tmp_path / str(seed)
        LmdbStore.create(log, meta={}).close()
        workers = [Worker(log, wait=False) for _ in range(3)]
        replies = []
        try:
            assert [worker.answer() for worker in workers] == [{"ready": True}] * 3
            for number, worker in enumerate(workers):
                worker.send("append_through", appends, f"w{number}", harm if number == 0 else None, seed)
            replies = [worker.answer(120) for worker in workers]
        finally:
            for worker in workers:
                worker.kill()
        assert all("acknowledged" in reply for reply in replies), (seed, replies)
        acknowledged = {tag for reply in replies for tag in reply["acknowledged"]}
        assert acknowledged - found(log) == set(), seed
        assert lmdb.verify.verify(str(log / "truth")) == [], seed
        assert len(acknowledged) > appends


def test_without_the_guard_something_vanishes_or_dies(tmp_path):
    harmed = []
    for harm, moment in (("remove_lock", "between"), ("touch_lock", "inside")):
        log = tmp_path / moment
        tally = two_writers(log, harm, moment, "no-guard")
        try:
            lost = tally.acknowledged - found(log)
        except AssertionError as error:
            lost = {str(error)}
        if lost or tally.deaths:
            harmed.append((harm, moment))
    assert harmed, "the harness sees nothing"
