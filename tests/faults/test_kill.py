"""A writer is killed at any moment: what it acknowledged stands, in another process, and nothing is half there."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append
from tests.processes import Worker
from tests.profile import DEEP
from tests.soak.kills import campaign, control, look, sizes

ROUNDS = 400 if DEEP else 8


def test_acknowledged_is_there_after_kill(tmp_path):
    tally = campaign(tmp_path / "log", ROUNDS, random.randrange(2**32))
    assert tally.is_clean, tally


def test_one_of_two_writers_is_killed(tmp_path):
    log = tmp_path / "log"
    LmdbStore.create(log, meta={}).close()
    rnd = random.Random(7)
    with Worker(log) as survivor:
        survivor.send("append_for_ever", "s", 300)
        size = survivor.answer()["size"]
        for number in range(ROUNDS // 3):
            with Worker(log) as victim:
                victim.send("append_for_ever", f"v{number}", 300)
                victim.answer()
                time.sleep(rnd.random() * 0.02)
                last = sizes(victim.kill())
            # The other goes on by itself, above everything that was acknowledged.
            size = max([size, *last])
            while True:
                said = survivor.answer(10)
                assert "size" in said, said
                if said["size"] > size:
                    break
            size = said["size"]
        rest = sizes(survivor.kill())
    assert look(log) >= max([size, *rest])


def test_the_harness_sees_a_writer_that_acknowledges_too_early(tmp_path):
    assert control(tmp_path / "log")


@pytest.mark.parametrize("moment", ["mkdir", "copy", "rename", "sync_directory"])
def test_a_kill_while_creating_leaves_no_half_log(tmp_path, monkeypatch, moment):
    """In a child that dies in the step *moment*; then creating again works, or finds the log whole."""
    from chainlog.store import files, lmdb_store

    log = tmp_path / "log"
    child = os.fork()
    if child == 0:
        try:

            def die(*_, **__):
                os.kill(os.getpid(), signal.SIGKILL)

            if moment == "mkdir":
                files.Path.mkdir = die
            elif moment == "copy":
                lmdb_store.create_engine = die
            elif moment == "rename":
                files.Path.rename = die
            else:
                rename = files.Path.rename
                files.Path.rename = lambda *arguments: (rename(*arguments), die())
            LmdbStore.create(log, meta={"k": b"v"})
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    if (log / "truth").exists():
        store = LmdbStore.open(log)
    else:
        store = LmdbStore.create(log, meta={"k": b"v"})
    with store.snapshot() as snapshot:
        assert (snapshot.size, snapshot.meta("k")) == (0, b"v")
    append(store)
    store.close()
    assert [entry.name for entry in log.iterdir()] == ["truth"]
