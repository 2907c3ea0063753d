"""python -m benchmarks.peers [--events 20000] [--singles 500] [--rounds 5] [--asked 200] [--only NAME …] [--page FILE]

Keeps the same events with chainlog and with others, in rounds: each round every peer once, in a process and a directory of its
own. JSON lines on standard output at the end; progress on standard error. A run of all peers at full size writes
docs/peers.md. `make bench-peers` installs the peers first; without that, those that need no installation are measured.
Exits with 1 where a peer gave a wrong answer or failed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.peers import page
from benchmarks.peers.figures import Round, Standing, rows
from benchmarks.peers.peer import Peer
from benchmarks.peers.registry import PEERS, YARDSTICK, installed
from benchmarks.report import say
from benchmarks.yardstick import seconds

ROOT = Path(__file__).resolve().parents[2]
_LONGEST_S = 900
_TOGETHER = 100
_TAMPERED = 500
_FLUSHES = 100
PAGE_EVENTS_MIN, PAGE_ROUNDS_MIN = 10_000, 5


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description="The same events, kept by others.")
    parser.add_argument(
        "--events", type=int, default=20_000, help="events that are there before single appends (20,000)"
    )
    parser.add_argument("--singles", type=int, default=500, help="events appended one at a time (500)")
    parser.add_argument(
        "--asked", type=int, default=200, help="histories asked for; 5 where each reads everything (200)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each peer is measured (5)")
    parser.add_argument("--only", nargs="+", choices=sorted(PEERS), default=sorted(PEERS), help="raw LMDB always too")
    parser.add_argument("--page", type=Path, help="write the page here, whatever the size of the run")
    options = parser.parse_args(arguments)
    if min(options.events, options.singles, options.asked, options.rounds) < 1:
        parser.error("everything at least once")
    chosen = [peer for name, peer in PEERS.items() if name in options.only or name == YARDSTICK]
    sizes = [options.events, options.singles, options.asked]
    started = time.monotonic()
    # Below the tree: directories for temporary files often lie in memory, where no commit waits for anything.
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="peers-", dir=ROOT / "build") as scratch:
        flushes = [flush_us(Path(scratch))]
        standings = measure(chosen, sizes, rounds=options.rounds, scratch=Path(scratch))
        flushes.append(flush_us(Path(scratch)))
    minutes = (time.monotonic() - started) / 60
    for row in rows(standings):
        print(json.dumps(row, ensure_ascii=False), flush=True)
    full = options.events >= PAGE_EVENTS_MIN and options.rounds >= PAGE_ROUNDS_MIN and len(chosen) == len(PEERS)
    if target := options.page or (page.PAGE if full else None):
        run = page.Run(options.events, options.singles, options.asked, options.rounds, minutes, sorted(flushes))
        target.write_text(page.text(standings, run), encoding="utf-8")
        say(f"{target} is written")
    else:
        say("no page is written: the run was short, or not of all peers")
    return 1 if any(one.failed or one.wrong for one in standings) else 0


def measure(chosen: list[type[Peer]], sizes: list[int], *, rounds: int, scratch: Path) -> list[Standing]:
    """All rounds, then two processes at once. sizes: what the worker takes, in its order."""
    there = [peer for peer in chosen if installed(peer) is not None]
    found: dict[str, list[Round]] = {peer.name: [] for peer in chosen}
    for number in range(rounds):
        # Each round begins with another: what comes first finds the machine as the round before left it.
        turn = number % len(there)
        for peer in there[turn:] + there[:turn]:
            say(f"round {number + 1} of {rounds}: {peer.name}")
            found[peer.name].append(_work("measure", peer, sizes, scratch))
    together: dict[str, Round] = {}
    tampered: dict[str, Round] = {}
    for peer in there:
        say(f"a flipped byte, two processes at once: {peer.name}")
        tampered[peer.name] = _work("tampered", peer, [_TAMPERED], scratch)
        together[peer.name] = _work("together", peer, [_TOGETHER], scratch)
    standings = []
    for peer in chosen:
        tried = together.get(peer.name, {}), tampered.get(peer.name, {})
        standings.append(Standing(peer, installed(peer), tuple(found[peer.name]), *tried))
    return standings


def flush_us(scratch: Path) -> float:
    """What one flush of 300 bytes at the end of a file takes here, the median of a hundred."""
    times = []
    with (scratch / "flushed").open("wb", buffering=0) as file:
        for _ in range(_FLUSHES):
            file.write(bytes(300))
            times.append(seconds(partial(os.fsync, file.fileno())))
    return statistics.median(times) * 1e6


def _work(work: str, peer: type[Peer], sizes: list[int], scratch: Path) -> Round:
    place = Path(tempfile.mkdtemp(dir=scratch))
    command = [sys.executable, "-m", "benchmarks.peers.worker", work, peer.name, str(place / "kept"), *map(str, sizes)]
    try:
        done = subprocess.run(  # noqa: S603
            command, cwd=ROOT, capture_output=True, encoding="utf-8", errors="replace", check=False, timeout=_LONGEST_S
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {_LONGEST_S} seconds"}
    finally:
        shutil.rmtree(place)
    if done.returncode:
        last = (done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]
        say(f"{peer.name}: {last}")
        return {"failed": last}
    answer: Round = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    sys.exit(main())
