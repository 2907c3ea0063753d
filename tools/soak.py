"""Run the long fault campaigns and print one table, with the seeds to repeat them.

    python tools/soak.py [--seed N] [--kills N] [--images N] [--files N] [--fuzz-seconds N] [--only NAME ...] [--jobs N]
                         [--write]

With --write the table goes into docs/soak.md. The exit status is 1 where anything was lost, dead or silently wrong, or where a
harness didn't see the harm it must see.
"""

from __future__ import annotations

import argparse
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.soak import damaged_files, fuzzing, kills, power_loss  # noqa: E402
from tests.soak.tally import Tally  # noqa: E402

PAGE = ROOT / "docs" / "soak.md"
_HEAD = """\
# Soak

What `make soak` saw when it was last run. *Lost*: acknowledged records that were not there. *Died*: the calling process, or a parser
that another error left than may. *Wrong*: answers that were wrong without saying so. *Control*: the harm that the same harness saw
where the protection was taken away; without it the zeros would prove nothing.
"""


class Campaign(NamedTuple):
    """A campaign and its control. They take a directory of their own."""

    name: str
    run: Callable[[Path], Tally]
    control: Callable[[Path], str]


def campaigns(given: argparse.Namespace) -> list[Campaign]:
    """What is run, with the sizes asked for."""
    seed = given.seed
    return [
        Campaign("kills", lambda path: kills.campaign(path / "log", given.kills, seed), lambda path: kills.control(path / "log")),
        Campaign(
            "power", lambda path: power_loss.campaign(path, shim(path), given.images, seed),
            lambda path: power_loss.control(path, shim(path)),
        ),
        Campaign("files", lambda path: damaged_files.campaign(path, given.files, seed), damaged_files.control),
        Campaign("fuzz", lambda path: fuzzing.campaign(path, given.fuzz_seconds, seed), fuzzing.control),
    ]  # fmt: skip


def shim(directory: Path) -> str:
    """The library that records writes, built. Raises CalledProcessError without a compiler."""
    library = directory / "io_shim.so"
    if not library.exists():
        compiler = shutil.which("cc") or shutil.which("gcc") or "cc"
        source = ROOT / "tests" / "faults" / "io_shim.c"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return str(library)


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="chainlog-soak-") as path:
        yield Path(path)


def run(given: argparse.Namespace) -> list[tuple[Tally, float]]:
    """Run each campaign after its control, some at the same time in processes of their own; say how it goes."""
    chosen = [one.name for one in campaigns(given) if not given.only or one.name in given.only]
    with ProcessPoolExecutor(given.jobs) as pool:
        # The one that takes as long as it is told to begins first.
        begun = {name: pool.submit(run_one, given, name) for name in reversed(chosen)}
        return [begun[name].result() for name in chosen]


def run_one(given: argparse.Namespace, name: str) -> tuple[Tally, float]:
    """What a campaign saw, with its control, and the seconds that both took."""
    (campaign,) = (one for one in campaigns(given) if one.name == name)
    began = time.monotonic()
    with scratch() as path:
        control = campaign.control(path)
    with scratch() as path:
        tally = campaign.run(path)._replace(control=control)
    print(f"{campaign.name}: {tally}", file=sys.stderr, flush=True)
    return tally, time.monotonic() - began


def table(found: list[tuple[Tally, float]]) -> str:
    """The table."""
    lines = [
        "| campaign | tried | lost | died | wrong | seen | control | seed | minutes |",
        "|---|--:|--:|--:|--:|---|---|--:|--:|",
    ]
    for tally, seconds in found:
        lines.append(
            f"| {tally.name} | {tally.tried:,} | {tally.lost} | {tally.died} | {tally.wrong} | {tally.seen} "
            f"| {tally.control or '**saw nothing**'} | {tally.seed} | {seconds / 60:.1f} |"
        )
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return "\n".join([*lines, "", f"{time.strftime('%Y-%m-%d', time.gmtime())}, {machine}.", ""])


def main() -> int:
    """Run it. Returns the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--fuzz-seconds", type=int, default=3_600)
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    found = run(given)
    text = table(found)
    print(text)
    if given.write:
        PAGE.write_text(f"{_HEAD}\n{text}", encoding="utf-8")
    return 0 if all(tally.is_clean and tally.control for tally, _ in found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
