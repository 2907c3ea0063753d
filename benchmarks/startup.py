"""Rows about starting: opening a log, importing chainlog, its command line, each in a new process; and the wheel."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.lives import RESTLESS
from benchmarks.report import Row
from chainlog.facade import Log

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

_COMMAND = """
import sys
from chainlog.cli.main import main
try:
    main()
finally:
    sys.stderr.write(str(sum(name.split(".")[0] == "lmdb" for name in sys.modules)))
"""
"""The command line with these arguments, then how many modules of LMDB it has loaded."""


def opening_ms(path: Path) -> float:
    """Milliseconds to open the log in *path* in a new process, imports apart."""
    return float(_python(_OPEN, str(path)))


def run(path: Path, *, runs: int) -> list[Row]:
    """The rows about starting, on the closed log in *path*, each from *runs* processes."""
    opening = [opening_ms(path) for _ in range(runs)]
    bare, lazy, full, help_text = [], [], [], []
    for _ in range(runs):
        # In turns: the machine's load changes.
        bare.append(_milliseconds("pass"))
        lazy.append(_milliseconds("import chainlog"))
        full.append(_milliseconds("from chainlog import Log"))
        help_text.append(_milliseconds(_COMMAND, "--help"))
    floor = statistics.median(bare)
    return [
        Row.of("opening a log, ms", opening, bar=30, at_most=True),
        _over("import chainlog, ms over bare Python", lazy, floor),
        _over("from chainlog import Log, ms over bare Python", full, floor),
        Row.of("chainlog --help, ms", help_text, bar=200, at_most=True, bare_ms=floor),
        _verifying_offline(path),
        _wheel(),
    ]


def _over(name: str, times: list[float], floor: float) -> Row:
    return Row.of(name, [taken - floor for taken in times], bar=60, at_most=True, bare_ms=floor)


def _verifying_offline(path: Path) -> Row:
    """A bundle made of the log, and verified by the command that a stranger calls."""
    with tempfile.TemporaryDirectory(prefix="chainlog-bench-") as scratch, Log.open(path) as log:
        bundle = Path(scratch, "bundle")
        bundle.write_bytes(log.bundle([RESTLESS]))
        done = _run(_COMMAND, "bundle", "verify", str(bundle), "--log-id", log.id.hex())
    return Row.of("modules of LMDB that verifying a bundle loads", [int(done.stderr)], bar=0, at_most=True)


def _wheel() -> Row:
    with tempfile.TemporaryDirectory(prefix="chainlog-bench-") as scratch:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", scratch]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
        (wheel,) = Path(scratch).glob("*.whl")
        return Row.of("wheel, MB", [wheel.stat().st_size / 1e6], bar=2, at_most=True)


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603


def _python(code: str, *arguments: str) -> str:
    return _run(code, *arguments).stdout


def _milliseconds(code: str, *arguments: str) -> float:
    start = time.perf_counter()
    _run(code, *arguments)
    return (time.perf_counter() - start) * 1e3
