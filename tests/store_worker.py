"""A process that uses a store as it is told, line by line on standard input: `python -m tests.store_worker LOG`.

Each line is a JSON array, a command and its arguments; each answer is a JSON object on one line. What the store
raises is the answer {"error": class name}. `no-guard` as second argument takes the guard away, for positive
controls; `no-sync` takes durability away; `small-map` begins with a map that has to grow.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chainlog.errors import ChainlogError
from chainlog.store import lmdb_engine, lmdb_env, lmdb_store
from chainlog.store.guard import Guard
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole, event_id


def answer(**fields):
    # In one call, so that a recorder of calls sees an answer as one.
    os.write(1, json.dumps(fields).encode() + b"\n")


def take_guard_away():
    Guard._lock_file = lambda self, **_: None
    Guard._unlock_file = lambda self: None
    Guard.check_files = Guard.check_data_file = lambda self: None
    Guard.check_transaction = lambda self, **_: None
    check = lmdb_store._check_state

    def check_without_memory(environment, transaction, expected):
        environment.seen = None
        return check(environment, transaction, expected)

    lmdb_store._check_state = check_without_memory


def take_sync_away():
    opened = lmdb_engine.lmdb.open
    lmdb_engine.lmdb.open = lambda path, **options: opened(path, **{**options, "sync": False})


class Worker:
    def __init__(self, log):
        self.log = log
        self.store = LmdbStore.open(log)
        self.turn: Any = None

    def do_append(self, count=1, tag="", length=0, timeout_s=20.0):
        return {"size": append(self.store, count, tag=tag.encode(), length=length, timeout_s=timeout_s)}

    def do_append_inside(self, tag=""):
        """Append, and obey in the midst of the engine's write transaction until told to go on."""
        put = lmdb_store._put

        def put_and_wait(*arguments):
            put(*arguments)
            answer(inside=True)
            while (command := json.loads(sys.stdin.readline())[0]) != "go":
                answer(**getattr(self, "do_" + command)())

        lmdb_store._put = put_and_wait
        try:
            return self.do_append(tag=tag)
        finally:
            lmdb_store._put = put

    def do_append_for_ever(self, tag="", length=300, acknowledge="after", pause_s=0.0):
        """Append blocks of 1, 2 or 3 until killed, telling the size after each, or, wrongly, before."""
        number = 0
        with self.store.snapshot() as snapshot:
            size = snapshot.size
        while True:
            number += 1
            count = 1 + number % 3
            if acknowledge == "before":
                answer(size=size + count)
            time.sleep(pause_s)
            size = append(self.store, count, tag=b"%s-%d" % (tag.encode(), number), length=length)
            if acknowledge == "after":
                answer(size=size)

    def do_append_through(self, count, tag, harm=None, seed=0):
        """Append *count* records, reopening after each refusal; now and then do *harm* oneself."""
        rnd = random.Random(seed)
        acknowledged, refusals = [], 0
        for number in range(count):
            if harm and rnd.random() < 0.2:
                with suppress(OSError):
                    getattr(self, "do_" + harm)()
            name = f"{tag}-{number}"
            try:
                if self.store is None:
                    self.store = LmdbStore.open(self.log)
                append(self.store, 1, tag=name.encode(), length=200 + rnd.randrange(900))
                acknowledged.append(name)
            except ChainlogError:
                refusals += 1
                if self.store is not None:
                    self.store.close()
                self.store = None
            time.sleep(rnd.random() * 0.002)
        return {"acknowledged": acknowledged, "refusals": refusals}

    def do_hold(self, timeout_s=20.0):
        self.turn = self.store.exclusive(timeout_s=timeout_s)
        self.turn.__enter__()
        return {}

    def do_release(self):
        self.turn.__exit__(None, None, None)
        return {}

    def do_check(self):
        with self.store.snapshot() as snapshot:
            return {"size": len(check_whole(snapshot))}

    def do_map(self):
        return {"bytes": self.store._environment().map_bytes}

    def do_find(self, index, tag=""):
        with self.store.snapshot() as snapshot:
            return {"index": snapshot.index_of(event_id(index, tag.encode()))}

    def do_touch_lock(self):
        Path(self.log, "truth", "lock.mdb").open("rb").close()
        return {}

    def do_remove_lock(self):
        Path(self.log, "truth", "lock.mdb").unlink()
        return {}

    def do_copy_tree(self):
        shutil.copytree(Path(self.log, "truth"), f"{self.log}-copy", dirs_exist_ok=True)
        return {}

    def do_reopen(self):
        self.store.close()
        self.store = LmdbStore.open(self.log)
        return {}

    def do_limit_file(self, size):
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))
        return {}

    def do_read_and_die(self):
        """Die with a read transaction open, so that its slot stays taken."""
        snapshot = self.store.snapshot()
        snapshot.__enter__()
        os.kill(os.getpid(), 9)

    def do_hold_and_fork(self, seconds):
        """Fork a child that sleeps, inside a turn."""
        self.do_hold()
        child = os.fork()
        if child == 0:
            time.sleep(seconds)
            os._exit(0)
        return {"child": child}


@contextmanager
def told():
    try:
        yield
    except ChainlogError as error:
        answer(error=type(error).__name__, text=str(error))


def main(log, *wishes, kind=Worker):
    if "no-guard" in wishes:
        take_guard_away()
    if "small-map" in wishes:
        lmdb_engine.MAP_SIZES = lmdb_env.MAP_SIZES = (2**15,)
    if "no-sync" in wishes:
        take_sync_away()
    worker = None
    with told():
        worker = kind(log)
        answer(ready=True)
    for line in sys.stdin if worker else ():
        command, *arguments = json.loads(line)
        with told():
            answer(**getattr(worker, "do_" + command)(*arguments))


if __name__ == "__main__":
    main(*sys.argv[1:])
