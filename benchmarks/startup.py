"""Rows about starting: opening a log and importing chainlog, each in a new process."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.report import Row

ROOT = Path(__file__).resolve().parents[1]

_OPEN = """
import sys, time
from benchmarks.lives import signer
from chainlog.facade import Log
key = signer("log")
start = time.perf_counter()
log = Log.open(sys.argv[1], log_signer=key)
print((time.perf_counter() - start) * 1e3)
log.close()
"""


def opening_ms(path: Path) -> float:
    """Milliseconds to open the log in *path* in a new process, imports apart."""
    return float(_python(_OPEN, str(path)))


def run(path: Path, *, runs: int) -> list[Row]:
    """The rows about starting, on the closed log in *path*, each from *runs* processes."""
    opening = [opening_ms(path) for _ in range(runs)]
    bare, lazy, full = [], [], []
    for _ in range(runs):
        # In turns: the machine's load changes.
        bare.append(_milliseconds("pass"))
        lazy.append(_milliseconds("import chainlog"))
        full.append(_milliseconds("from chainlog import Log"))
    floor = statistics.median(bare)
    return [
        Row.of("opening a log, ms", opening, bar=30, at_most=True),
        _over("import chainlog, ms over bare Python", lazy, floor),
        _over("from chainlog import Log, ms over bare Python", full, floor),
    ]


def _over(name: str, times: list[float], floor: float) -> Row:
    return Row.of(name, [taken - floor for taken in times], bar=60, at_most=True, bare_ms=floor)


def _python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603


def _milliseconds(code: str) -> float:
    start = time.perf_counter()
    _python(code)
    return (time.perf_counter() - start) * 1e3
