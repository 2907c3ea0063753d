"""Rows about anonymous memory. Each work runs in a process of its own, which watches itself and its children.

Mapped pages of the file don't count: the system takes them back when it needs them. Linux only.

    python -m benchmarks.memory append LOG COUNT     prints the most that appending took, in bytes
    python -m benchmarks.memory verify LOG LOG_ID
"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from benchmarks.office import Office
from benchmarks.report import Row
from chainlog.forensics.audit import audit

ROOT = Path(__file__).resolve().parents[1]
_BAR_MB = 64
_EVERY_S = 0.005
_RSS_ANON = re.compile(r"^RssAnon:\s+(\d+) kB$", re.MULTILINE)
# Carriers of other lives than the log has.
_FIRST = 5_000_000


def run(path: Path, log_id: bytes, *, count: int) -> list[Row]:
    """The rows about memory, on the closed log in *path*. Appends *count* records."""
    return [
        _row("anonymous memory of appending, MB", "append", str(path), str(count)),
        _row("anonymous memory of verification, MB", "verify", str(path), log_id.hex()),
    ]


def _row(name: str, *arguments: str) -> Row:
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603
    before, most = (int(word) / 1e6 for word in done.stdout.split())
    return Row.of(name, [most], bar=_BAR_MB, at_most=True, before_mb=before)


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


def most_during(work: Callable[[], None]) -> tuple[int, int]:
    """(bytes before, most bytes during) *work*, looked at every few milliseconds."""
    before = most = anonymous_bytes()
    done = threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(_EVERY_S):
            most = max(most, anonymous_bytes())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return before, max(most, anonymous_bytes())


def _append(path: Path, count: int) -> None:
    office = Office.open(path, seed=3, first=_FIRST)
    try:
        office.fill(office.log.reader.size + count)
        for proposal in office.next_proposals(count // 20):
            office.log.append(proposal)
    finally:
        office.log.close()


def _verify(path: Path, log_id: bytes) -> None:
    audit(path, log_id=log_id).raise_if_broken()


def main() -> None:
    work, path, argument = sys.argv[1:]
    if work == "append":
        found = most_during(lambda: _append(Path(path), int(argument)))
    else:
        found = most_during(lambda: _verify(Path(path), bytes.fromhex(argument)))
    print(*found)


if __name__ == "__main__":
    main()
