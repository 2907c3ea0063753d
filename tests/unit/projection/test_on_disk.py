"""Projections in a real `derived/`: reopened, deleted, and caught up by several processes at once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from chainlog.projection.custody import Custody
from chainlog.projection.custody_fold import CustodyProjection
from chainlog.projection.standard import facts, standard_projections
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore
from tests.scenarios import Story

ROOT = Path(__file__).parents[3]
WORK = """
import sys
from chainlog.log.reader import Reader
from chainlog.projection import runner
from chainlog.projection.standard import standard_projections
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore

runner.BLOCK_RECORDS = runner.REBUILD_RECORDS = 2
store = LmdbStore.open(sys.argv[1], read_only=True)
kv = LmdbKeyValue.open(sys.argv[2])
projections = standard_projections(Reader(store), kv)
projections.catch_up_all()
kv.close()
store.close()
"""


def told(store=None):
    story = Story(["李敏", "赵强", "陈"], store=store)
    items = [{"carrier": f"c/{number}", "form": "document", "document": "d/甲"} for number in range(20)]
    story.tell("03-01 09:00", "created.entered", who={"registrar": "李敏"}, level="秘密", reason="other", items=items)
    for number in range(20):
        who = {"giver": "李敏", "receiver": "陈"}
        story.tell("03-02 09:00", "transferred.lend", on=[f"c/{number}"], who=who, purpose="用", depth="read")
    return story


def dump(kv):
    with kv.read() as transaction:
        names = [f"custody.{name}" for name in CustodyProjection.tables] + [
            "people.persons",
            "registers.serials",
            "registers.given",
            "timeline.times",
            "cursors",
        ]
        return {name: list(transaction.table(name).scan()) for name in names}


def test_reopened_and_deleted(tmp_path):
    story = told()
    memory = standard_projections(story.reader)
    memory.catch_up_all()
    kv = LmdbKeyValue.open(tmp_path / "derived")
    standard_projections(story.reader, kv).catch_up_all()
    assert dump(kv) == dump(memory.kv)
    kv.close()
    story.tell("03-05 09:00", "returned.to_keeper", on=["c/3"], who={"giver": "陈", "receiver": "李敏"}, reason="loan")
    memory.catch_up_all()
    kv = LmdbKeyValue.open(tmp_path / "derived")
    again = standard_projections(story.reader, kv)
    again.catch_up_all()
    assert dump(kv) == dump(memory.kv)
    assert len(Custody(kv).held_by("p/陈")) == 19
    with facts(again) as found:
        assert found.holder_before("c/3", story.reader.size - 1) == "p/陈"
    kv.close()
    shutil.rmtree(tmp_path / "derived")
    kv = LmdbKeyValue.open(tmp_path / "derived")
    standard_projections(story.reader, kv).catch_up_all()
    assert dump(kv) == dump(memory.kv)
    kv.close()


def test_several_processes_at_once(tmp_path):
    store = LmdbStore.create(tmp_path / "log")
    story = told(store)
    memory = standard_projections(story.reader)
    memory.catch_up_all()
    command = [sys.executable, "-c", WORK, str(tmp_path / "log"), str(tmp_path / "derived")]
    LmdbKeyValue.open(tmp_path / "derived").close()
    workers = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)]
    for worker in workers:
        _, errors = worker.communicate(timeout=60)
        assert worker.returncode == 0, errors.decode()
    kv = LmdbKeyValue.open(tmp_path / "derived")
    assert dump(kv) == dump(memory.kv)
    kv.close()
    story.handle.close()
