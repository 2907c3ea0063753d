"""A writer is killed at random moments: what it acknowledged stands, in another process, and nothing is half there."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import lmdb.verify

from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole
from tests.processes import Worker
from tests.soak.tally import Tally

# Between the last answer that was read and the kill, so many more may have been committed.
_UNHEARD = 3


def sizes(answers: list[Any]) -> list[int]:
    """The sizes that a worker acknowledged."""
    return [answer["size"] for answer in answers if "size" in answer]


def look(log: Path) -> int:
    """What another process finds: the size, after checking everything, and that it can write at once."""
    assert lmdb.verify.verify(str(log / "truth")) == []
    store = LmdbStore.open(log)
    try:
        with store.snapshot() as snapshot:
            size = len(check_whole(snapshot))
        begun = time.monotonic()
        append(store, 1)
        assert time.monotonic() - begun < 5
        return size
    finally:
        store.close()


def campaign(log: Path, rounds: int, seed: int) -> Tally:
    """Kill a writer *rounds* times, every third time beside another that goes on; count what it had acknowledged in vain."""
    rnd = random.Random(seed)
    LmdbStore.create(log, meta={}).close()
    size = lost = wrong = 0
    with Worker(log) as survivor:
        for number in range(rounds):
            beside = number % 3 == 2
            with Worker(log) as writer:
                writer.send("append_for_ever", f"r{number}", 300)
                first = writer.answer()
                if beside:
                    survivor.do("append", 2, f"s{number}", 300)
                time.sleep(rnd.random() * 0.04)
                acknowledged = sizes([first, *writer.kill()])[-1]
            try:
                found = look(log)
            except AssertionError:
                wrong += 1
                continue
            lost += max(0, acknowledged - found)
            wrong += not (beside or size < acknowledged <= found <= acknowledged + _UNHEARD)
            size = found + 1
    return Tally("writer killed", seed, rounds, lost=lost, wrong=wrong, seen=f"{size} records")


def control(log: Path, rounds: int = 20) -> str:
    """A writer that acknowledges before it commits: the harness must see losses. What it saw."""
    LmdbStore.create(log, meta={}).close()
    for number in range(1, rounds + 1):
        with Worker(log) as writer:
            writer.send("append_for_ever", "x", 300, "before", 0.005)
            first = writer.answer()
            acknowledged = sizes([first, *writer.kill()])[-1]
        if look(log) < acknowledged:
            return f"acknowledged too early: lost in round {number}"
    return ""
