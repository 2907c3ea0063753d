"""Break the code of one room after another and see which changes no test notices.

    python tools/mutation.py [ROOM …] [--sample N] [--seed S] [--open] [--children N] [--check | --write]

It prints where a run and the list in tests/mutation/survivors.toml differ, and with --check ends with 1 there. --write
brings the list and docs/mutation.md up to date; what is new gets the reason "open". The room `control` sees whether
fewer tests let more survive. Needs mutmut in the Python that runs it: `make mutation`.
Works on a copy of what git has or would take, in a temporary directory: nothing here is changed but those two files.
Known limit: an hour and more for a large room; a sample is chosen by the seed and each mutant's name.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import survivors  # noqa: E402
from tools.survivors import Mutant, Tally  # noqa: E402

_ALIVE = ("survived", "no tests")
_DEFAULT_SEED = 1


class Room(NamedTuple):
    """What is broken, and the tests that should notice."""

    broken: tuple[str, ...]
    tests: tuple[str, ...]


ROOMS = {
    "admit": Room(("chainlog/authority/*.py",), ("tests/unit/authority",)),
    "bundle": Room(
        ("chainlog/proof/bundle*.py",), ("tests/unit/proof/test_bundle_*.py", "tests/properties/test_bundles.py")
    ),
    "proofs": Room(("chainlog/tree/*.py", "chainlog/proof/[!b]*.py"), ("tests/unit/tree", "tests/unit/proof")),
    "audit": Room(
        tuple(
            f"chainlog/forensics/{name}.py"
            for name in (
                "audit", "diagnosis", "join", "judging", "maps", "own_links", "pinned", "placing", "ranges", "registration",
                "replay", "rewriting", "seals", "tables", "true_*", "verdict", "witnesses",
            )
        ),
        # Not salvage; nor what starts the command line elsewhere, where mutmut's marks in the code find no settings.
        ("tests/unit/forensics/test_[!st]*.py", "tests/unit/forensics/test_true_tree.py", "tests/properties/test_audit*.py",
         "tests/properties/test_log_verifiers_agree.py"),
    ),
    "rules": Room(("chainlog/rules/*.py",), ("tests/unit/rules",)),
}  # fmt: skip

# One small module, with all tests of its room and without those of the module and of what stands on it.
CONTROL = Room(("chainlog/authority/keys.py",), ("tests/unit/authority",))
TAKEN_AWAY = ("test_admit.py", "test_keys.py", "test_registry.py")


class Result(NamedTuple):
    """What became of a room's mutants."""

    alive: Counter[Mutant]
    tried: set[Mutant]
    made: set[Mutant]
    tally: Tally


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree that may be broken; removed afterwards."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    with tempfile.TemporaryDirectory(prefix="chainlog-mutation-") as path:
        target = Path(path)
        for name in listed.decode().split("\0"):
            if name and (ROOT / name).is_file():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, target / name)
        yield target


def configure(tree: Path, room: Room) -> None:
    """Tell mutmut what to break and what to run."""
    selected = [str(path.relative_to(tree)) for pattern in room.tests for path in sorted(tree.glob(pattern))]
    settings = {
        "source_paths": ["chainlog"],
        "only_mutate": list(room.broken),
        "also_copy": sorted(
            path.name for path in tree.iterdir() if path.name not in ("chainlog", "mutants", "scratch")
        ),
        "pytest_add_cli_args": [f"-p{part}" for part in ("no:xdist", "no:cacheprovider", "no:logging")],
        "pytest_add_cli_args_test_selection": selected,
        "timeout_multiplier": 6.0,
        "timeout_constant": 2.0,
    }
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
    own = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tree / "pyproject.toml").write_text(
        f"{own}\n[tool.mutmut]\n{lines}use_git_change_detection = false\n", encoding="utf-8"
    )


def turn(tree: Path, plan: dict[str, object]) -> list[dict[str, str]]:
    """Run mutmut in a copy. Its own output goes to stderr where it fails. Returns each mutant with what became of it."""
    (tree / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    environment = {**os.environ, "HYPOTHESIS_PROFILE": "ci", "PYTHONPATH": ""}
    command = [sys.executable, str(ROOT / "tools" / "mutants.py"), "plan.json"]
    with (tree / "output").open("w", encoding="utf-8") as output:
        done = subprocess.run(command, cwd=tree, env=environment, check=False, stdout=output, stderr=subprocess.STDOUT)
    if done.returncode or not (tree / "results.json").exists():
        text = (tree / "output").read_text(encoding="utf-8").replace("\r", "\n")
        print("\n".join(text.splitlines()[-40:]), file=sys.stderr)
        raise SystemExit(f"mutmut ended with {done.returncode}")
    found: list[dict[str, str]] = json.loads((tree / "results.json").read_text(encoding="utf-8"))
    return found


def run(
    room: Room, *, sample: int, seed: int, children: int, only: Sequence[Mutant] = (), without: tuple[str, ...] = ()
) -> Result:
    """Break a room. only: the mutants to try, all where there are none. without: names of test files that are taken away before."""
    with copied() as tree:
        for name in without:
            for path in tree.glob(f"tests/**/{name}"):
                path.unlink()
        configure(tree, room)
        found = turn(tree, {"seed": seed, "sample": sample, "children": children, "only": only})
    return result_of(found, sample=sample, seed=seed)


def result_of(found: list[dict[str, str]], *, sample: int, seed: int) -> Result:
    """Counted."""

    def mutant(one: dict[str, str]) -> Mutant:
        return Mutant(*(one[field] for field in Mutant._fields))

    found = [one for one in found if one["status"] != "at loading"]
    tried = [one for one in found if one["status"] != "skipped"]
    alive = Counter(mutant(one) for one in tried if one["status"] in _ALIVE)
    timed_out = sum(one["status"] == "timeout" for one in tried)
    survived = alive.total()
    tally = Tally(len(found), len(tried), len(tried) - survived - timed_out, timed_out, survived, sample, seed)
    return Result(alive, {mutant(one) for one in tried}, {mutant(one) for one in found}, tally)


def control(children: int) -> dict[str, int]:
    """Survivors of one module with its tests and without. Raises SystemExit where taking tests away changes nothing."""
    counts = {
        name: run(CONTROL, sample=0, seed=0, children=children, without=without).tally.survived
        for name, without in (("with_tests", ()), ("without_tests", TAKEN_AWAY))
    }
    print(f"control: {counts}")
    if counts["without_tests"] <= counts["with_tests"]:
        raise SystemExit("the control saw nothing: fewer tests let no more survive")
    return counts


def versions() -> dict[str, str]:
    """What the result hangs on beside the tree."""
    return {
        "Python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("mutmut", "pytest", "hypothesis")},
    }


def try_room(name: str, given: argparse.Namespace) -> bool:
    """Run one room, compare it with the list, and with --write bring the list up to date. Whether the list was right."""
    listed = survivors.read()
    last = listed.tallies.get(name)
    sample = given.sample if given.sample is not None else (last.sample if last else 0)
    seed = given.seed if given.seed is not None else (last.seed if last else _DEFAULT_SEED)
    waiting = [mutant for mutant, entry in listed.entries.items() if (entry.room, entry.reason) == (name, "open")]
    only = waiting if given.open else []
    if given.open and not only:
        return True
    found = run(ROOMS[name], sample=sample, seed=seed, children=given.children, only=only)
    print(f"{name}: {found.tally}")
    listed = survivors.read()  # others may have changed their rooms meanwhile
    parts = (listed.entries, name, found.alive, found.tried, found.made)
    problems = survivors.compare(*parts)
    print("\n".join(problems), flush=True)
    if given.write:
        entries = survivors.merge(*parts)
        survived = survivors.count(entries, name)
        tally = found.tally
        if only and last:
            tally = last._replace(killed=last.killed + last.survived - survived, survived=survived)
        # A run that tried more than any before sets the ceiling; from then on it only falls.
        most = sys.maxsize if last is None or tally.tried > last.tried else listed.ceilings[name]
        ceilings = {**listed.ceilings, name: min(survived, most)}
        tallies = {**listed.tallies, name: tally}
        save(listed._replace(entries=entries, ceilings=ceilings, tallies=tallies, versions=versions()))
    return not problems


def save(listed: survivors.Survivors) -> None:
    """Write the list and its page."""
    survivors.write(listed)
    survivors.PAGE.write_text(survivors.page(listed), encoding="utf-8")


def main() -> int:
    """Run what is asked for. Exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"control, {', '.join(ROOMS)}; all by default")
    parser.add_argument("--sample", type=int, help="try so many mutants; 0 for all; else as when the list was made")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--open", action="store_true", help="try only the open ones of the list: the way after new tests"
    )
    parser.add_argument("--children", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    asked = given.rooms or ["control", *ROOMS]
    if unknown := set(asked) - {"control", *ROOMS}:
        parser.error(f"no such room: {', '.join(sorted(unknown))}")
    right = True
    for name in asked:
        if name != "control":
            right = try_room(name, given) and right
        elif (counts := control(given.children)) and given.write:
            save(survivors.read()._replace(control=counts))
    return 1 if given.check and not right else 0


if __name__ == "__main__":
    raise SystemExit(main())
