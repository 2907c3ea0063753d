"""One peer in one round, in a process of its own.

python -m benchmarks.peers.worker measure NAME DIRECTORY SIZE SINGLES ASKED      prints one JSON object
python -m benchmarks.peers.worker together NAME DIRECTORY COUNT                  the same, of two appending at once
python -m benchmarks.peers.worker tampered NAME DIRECTORY COUNT                  the same, with a byte flipped
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.peers.peer import Peer
from benchmarks.peers.registry import PEERS
from benchmarks.peers.tamper import is_sound, sees_a_flipped_byte
from benchmarks.peers.workload import Event, Workload, events
from benchmarks.yardstick import seconds

BATCH = 1_000
_SCANNED = 5  # histories asked where each reads everything
_FIRST = 1_000_000  # carriers of one process, that no other's are

T = TypeVar("T")


def measure(peer: Peer, *, size: int, singles: int, asked: int) -> dict[str, Any]:
    """Seconds an event (a carrier, for histories) of each operation, and whether what came out was right."""
    work = Workload.make(size=size, singles=singles, asked=min(asked, _SCANNED) if peer.scans else asked)
    peer.directory.mkdir(parents=True)
    peer.create()
    empty = bytes_in(peer.directory)
    peer.open()
    found: dict[str, Any] = {"batch": None}
    if peer.batches:
        found["batch"] = seconds(partial(_in_batches, peer, work.filled)) / size
    else:
        peer.fill(work.filled)
    found["single"] = seconds(partial(_one_by_one, peer, work.singles)) / singles
    peer.settle()
    peer.close()
    total = size + singles
    found["bytes"] = (bytes_in(peer.directory) - empty) / total
    sound, took = _timed(peer.verify)
    found["verify"] = took / total
    held, took = _timed(peer.holders)
    found["rebuild"] = took / total
    peer.open()
    trails, took = _timed(lambda: {carrier: peer.history(carrier) for carrier in work.asked})
    found["history"] = took / len(work.asked)
    peer.close()
    found["right"] = {
        "count": peer.count() == total,
        "sound": sound,
        "rebuild": held == work.holders,
        "history": trails == work.trails,
    }
    return found


def tampered(peer: Peer, *, count: int) -> dict[str, Any]:
    """Flip a byte of an event in the middle of *count*. Whether the verification notices."""
    peer.directory.mkdir(parents=True)
    peer.create()
    peer.open()
    peer.fill(events(count, seed=1))
    peer.settle()
    peer.close()
    return {"notices": sees_a_flipped_byte(peer, count // 2, peer.directory.with_name("flipped"))}


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    results: list[T] = []
    gc.collect()
    took = seconds(lambda: results.append(work()))
    return results[0], took


def _in_batches(peer: Peer, made: list[Event]) -> None:
    for start in range(0, len(made), BATCH):
        peer.append_batch(made[start : start + BATCH])


def _one_by_one(peer: Peer, made: list[Event]) -> None:
    for event in made:
        peer.append(event)


def bytes_in(directory: Path) -> int:
    """What the files below *directory* take."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def together(peer: Peer, *, count: int) -> dict[str, Any]:
    """Let two processes append *count* events each at the same time. Whether both could, and the whole is sound."""
    peer.directory.mkdir(parents=True)
    peer.create()
    forks = get_context("fork")
    both_open = forks.Barrier(2)
    children = [forks.Process(target=_share, args=(peer, count, seed, both_open)) for seed in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    ended = [child.exitcode for child in children]
    if peer.verifies:
        peer.open()
        peer.settle()
        peer.close()
    kept = peer.count()
    return {"fits": ended == [0, 0] and kept == 2 * count and is_sound(peer), "kept": kept, "appended": 2 * count}


def _share(peer: Peer, count: int, seed: int, both_open: Barrier) -> None:
    peer.open()
    both_open.wait()
    _one_by_one(peer, events(count, seed=seed, first=seed * _FIRST))
    peer.close()


def run(work: str, peer: Peer, sizes: list[int]) -> dict[str, Any]:
    """One work of the three, with its sizes in the order of its command line."""
    match work:
        case "measure":
            return measure(peer, size=sizes[0], singles=sizes[1], asked=sizes[2])
        case "together":
            return together(peer, count=sizes[0])
        case "tampered":
            return tampered(peer, count=sizes[0])
    raise SystemExit(f"no such work: {work}")


def main(arguments: list[str]) -> None:
    work, name, directory, *sizes = arguments
    print(json.dumps(run(work, PEERS[name](Path(directory)), list(map(int, sizes)))))


if __name__ == "__main__":
    main(sys.argv[1:])
