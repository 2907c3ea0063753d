"""Every parser is fuzzed by coverage, each in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.fuzz.targets import TARGETS
from tests.soak.tally import Tally

_EXECUTED: Final = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_ROOT: Final = Path(__file__).parents[2]


def _run(target: str, scratch: Path, seconds: int, seed: int, *options: str) -> tuple[int, int, list[bytes]]:
    """(exit status, inputs tried, inputs after which another error left the parser)."""
    found = scratch / "found" / target
    command = [
        sys.executable, "-m", "tests.fuzz.run", target, "--seconds", str(seconds), "--seed", str(seed),
        "--corpus", str(scratch / "corpus" / target), "--found", str(found), *options,
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=_ROOT, capture_output=True, text=True, errors="replace", timeout=seconds * 3 + 120, check=False
    )
    match = _EXECUTED.search(done.stderr + done.stdout)
    if match is None and not any(found.glob("*")):
        raise RuntimeError(f"{target} was not fuzzed: {done.stderr[-2000:]}")
    return done.returncode, int(match[1]) if match else 0, [path.read_bytes() for path in sorted(found.glob("*"))]


def campaign(scratch: Path, seconds: int, seed: int) -> Tally:
    """Share *seconds* out to all targets. Died: parsers that another error left."""
    tried = died = 0
    broken = []
    for name in TARGETS:
        status, executed, crashes = _run(name, scratch, max(2, seconds // len(TARGETS)), seed)
        tried += executed
        if status or crashes:
            died += 1
            broken.append(f"{name} {[one[:60] for one in crashes]}")
    return Tally(
        "parsers fuzzed", seed, tried, died=died, seen="; ".join(broken) or f"{len(TARGETS)} parsers, {seconds} s"
    )


def control(scratch: Path, seconds: int = 20) -> str:
    """A parser with a planted fault: the fuzzer must find it. What was seen."""
    status, executed, crashes = _run("broken", scratch, seconds, 1, "--broken")
    return f"a planted fault found after {executed} inputs" if status and crashes else ""
