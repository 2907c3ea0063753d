"""Rows about anonymous memory. Each work runs in a process of its own, which watches itself and its children.

Mapped pages of the file don't count: the system takes them back when it needs them. Linux only.

    python -m benchmarks.memory append LOG COUNT FIRST     prints bytes before, most bytes, seconds
    python -m benchmarks.memory verify LOG LOG_ID
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.report import Row
from benchmarks.yardstick import seconds
from chainlog.forensics.audit import audit

ROOT = Path(__file__).resolve().parents[1]
_BAR_MB = 64
_EVERY_S = 0.005
_RSS_ANON = re.compile(r"^RssAnon:\s+(\d+) kB$", re.MULTILINE)
# Carriers of other lives than the log has.
_FIRST = 5_000_000


class Watched(NamedTuple):
    """What a work took: anonymous bytes of its process and children before and at most, seconds."""

    before: int
    most: int
    seconds: float


def run(path: Path, log_id: bytes, *, count: int) -> list[Row]:
    """The rows about memory, on the closed log in *path*. Appends *count* records."""
    return [
        _row("anonymous memory of appending, MB", appending(path, count=count)),
        _row("anonymous memory of verification, MB", verifying(path, log_id)),
    ]


def _row(name: str, found: Watched) -> Row:
    return Row.of(name, [found.most / 1e6], bar=_BAR_MB, at_most=True, before_mb=found.before / 1e6)


def appending(path: Path, *, count: int, first: int = _FIRST) -> Watched:
    """Append *count* records in blocks, and some one by one, in a new process. first: where numbers of new carriers begin."""
    return _watch("append", str(path), str(count), str(first))


def verifying(path: Path, log_id: bytes) -> Watched:
    """Audit the log in a new process. Raises CalledProcessError if it isn't intact."""
    return _watch("verify", str(path), log_id.hex())


def _watch(*arguments: str) -> Watched:
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    before, most, took = done.stdout.split()
    return Watched(int(before), int(most), float(took))


def anonymous_bytes(pid: int | str = "self") -> int:
    """RssAnon of a process and of all its children; those that end meanwhile count nothing."""
    total = 0
    with suppress(OSError):
        found = _RSS_ANON.search(Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace"))
        total = int(found[1]) * 1024 if found else 0
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                total += anonymous_bytes(child)
    return total


def watched(work: Callable[[], None]) -> Watched:
    """What *work* takes, looked at every few milliseconds."""
    before = most = anonymous_bytes()
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(_EVERY_S):
            most = max(most, anonymous_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        took = seconds(work)
    finally:
        done.set()
        watcher.join()
    return Watched(before, max(most, anonymous_bytes()), took)


def _append(path: Path, count: int, first: int) -> None:
    from benchmarks.office import Office  # noqa: PLC0415 - who verifies has no office in memory

    office = Office.open(path, seed=3, first=first)
    try:
        office.fill(office.log.reader.size + count)
        for proposal in office.next_proposals(count // 20):
            office.log.append(proposal)
    finally:
        office.log.close()


def _verify(path: Path, log_id: bytes) -> None:
    audit(path, log_id=log_id).raise_if_broken()


def main() -> None:
    work, path, *arguments = sys.argv[1:]
    if work == "append":
        found = watched(partial(_append, Path(path), *map(int, arguments)))
    else:
        found = watched(partial(_verify, Path(path), bytes.fromhex(arguments[0])))
    print(*found)


if __name__ == "__main__":
    main()
