"""The list of mutants that no test notices, and the page made of it. Reads and writes two files; breaks nothing.

The list is `tests/mutation/survivors.toml`: a table for each room, and one entry for each survivor with its reason. It
may only shrink: `ceiling` is the most that a room may have, and is raised only by a run that tried more mutants.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "mutation" / "survivors.toml"
PAGE = ROOT / "docs" / "mutation.md"

REASONS = {
    "equivalent": "nothing that anybody can observe changes",
    "unreachable": "a second line of defence: another check, named in the entry, refuses the same input first",
    "message": "only the text for people changes",
    "cost": "only time or memory changes",
    "apart": "a test named in the entry notices it in a process of its own, where mutants can't be switched on; seen by hand",
    "open": "a test is missing",
}

_HEAD = """\
# Made by tools/mutation.py; only `reason` and `why` of an entry are written by hand, and `ceiling` is lowered, never raised.
# A survivor is a change to the code that no test of its room notices: in the function, the lines `before` became `after`.
"""


class Mutant(NamedTuple):
    """A change to one function. The lines are stripped and joined, so a mutant keeps its name while its lines stand."""

    module: str
    function: str
    before: str
    after: str


class Entry(NamedTuple):
    """Why a mutant survives. times: how many equal ones there are in its function."""

    room: str
    reason: str
    why: str
    times: int


class Tally(NamedTuple):
    """What became of a room's mutants. made: those that can be tried. sample: how many were to be tried, 0 for all."""

    made: int
    tried: int
    killed: int
    timed_out: int
    survived: int
    sample: int
    seed: int


class Survivors(NamedTuple):
    """The list. ceilings: room → how many survivors it may have."""

    ceilings: dict[str, int]
    tallies: dict[str, Tally]
    entries: dict[Mutant, Entry]
    versions: dict[str, str]
    control: dict[str, int]


def read(path: Path = LIST) -> Survivors:
    """The list as it lies there; empty where there is none. Raises KeyError or TypeError for a list of another form."""
    if not path.exists():
        return Survivors({}, {}, {}, {}, {})
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    rooms = document.get("room", {})
    entries: dict[Mutant, Entry] = {}
    for row in document.get("survivor", []):
        mutant = Mutant(*(row.pop(field) for field in Mutant._fields))
        if mutant in entries:
            raise KeyError(f"listed twice: {mutant}")
        entries[mutant] = Entry(**{"why": "", "times": 1, **row})
    return Survivors(
        ceilings={name: room.pop("ceiling") for name, room in rooms.items()},
        tallies={name: Tally(**room) for name, room in rooms.items()},
        entries=entries,
        versions=document.get("versions", {}),
        control=document.get("control", {}),
    )


def write(found: Survivors, path: Path = LIST) -> None:
    """Write the list, in one order."""
    lines = [_HEAD]

    def table(name: str, values: dict[str, object]) -> None:
        # JSON writes strings and numbers as TOML does.
        lines.extend(
            [f"[{name}]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()), ""]
        )

    table("versions", dict(found.versions))
    table("control", dict(found.control))
    for name, tally in sorted(found.tallies.items()):
        table(f"room.{name}", {"ceiling": found.ceilings[name], **tally._asdict()})
    for mutant, entry in sorted(found.entries.items(), key=lambda pair: (pair[1].room, pair[0])):
        values = {**entry._asdict(), **mutant._asdict()}
        for field, default in (("why", ""), ("times", 1)):
            if values[field] == default:
                del values[field]
        table("survivor", values)
        lines[-len(values) - 2] = "[[survivor]]"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")


def count(entries: dict[Mutant, Entry], room: str) -> int:
    """How many survivors of a room are listed."""
    return sum(entry.times for entry in entries.values() if entry.room == room)


def compare(
    entries: dict[Mutant, Entry], room: str, alive: Counter[Mutant], tried: set[Mutant], made: set[Mutant]
) -> list[str]:
    """What a run found other than the list says; empty where it found the same."""
    found = []
    for mutant, times in alive.items():
        entry = entries.get(mutant)
        if entry is None or entry.times < times:
            found.append(f"survives, and isn't listed: {shown(mutant)}")
    for mutant, entry in entries.items():
        if entry.room != room:
            continue
        if mutant not in made:
            found.append(f"listed, but the code has no such line: {shown(mutant)}")
        elif mutant in tried and alive[mutant] < entry.times:
            found.append(f"listed, but a test notices it now: {shown(mutant)}")
    return found


def merge(
    entries: dict[Mutant, Entry], room: str, alive: Counter[Mutant], tried: set[Mutant], made: set[Mutant]
) -> dict[Mutant, Entry]:
    """The entries after a run: reasons are kept, what is new has none yet, what is gone or was killed is taken off."""
    merged = {
        mutant: entry
        for mutant, entry in entries.items()
        if entry.room != room or (mutant in made and mutant not in tried)
    }
    for mutant, times in alive.items():
        old = entries.get(mutant, Entry(room, "open", "", times))
        merged[mutant] = old._replace(times=times)
    return merged


def shown(mutant: Mutant) -> str:
    """A mutant in one line."""
    return f"{mutant.module} {mutant.function}: {mutant.before}  →  {mutant.after}"


def page(found: Survivors) -> str:
    """The document."""
    lines = [
        "# Mutation",
        "",
        "What `make mutation` saw when it was last run. A mutant is one small change to one function: a check left out, a",
        "comparison turned, a number one more. The tests of its room are run on it; *killed* means that one of them failed, *time*",
        "that they no longer ended. What survives stands in `tests/mutation/survivors.toml`, each with its reason. That list may",
        "only shrink: `tools/mutation.py --check` fails for a survivor that isn't listed, and for one listed that is now killed.",
        "",
        "| room | mutants | tried | killed | time | survived | " + " | ".join(REASONS) + " |",
        "|---|--:|--:|--:|--:|--:|" + "--:|" * len(REASONS),
    ]
    for name, tally in sorted(found.tallies.items()):
        by_reason: Counter[str] = Counter()
        for entry in found.entries.values():
            if entry.room == name:
                by_reason[entry.reason] += entry.times
        tried = f"{tally.tried:,}"
        if tally.sample:
            tried += f" (sample, seed {tally.seed})"
        elif tally.tried < tally.made:
            tried += " (stopped there)"
        cells = [name, f"{tally.made:,}", tried, f"{tally.killed:,}", f"{tally.timed_out:,}", f"{tally.survived:,}"]
        lines.append("| " + " | ".join([*cells, *(str(by_reason[reason]) for reason in REASONS)]) + " |")
    lines += ["", "Reasons:", "", *(f"- *{reason}*: {meaning}." for reason, meaning in REASONS.items()), ""]
    if found.control:
        with_tests, without = found.control["with_tests"], found.control["without_tests"]
        lines += [
            f"Control: of the same mutants of one module {with_tests} survive with all tests of its room, {without} once the tests of",
            "that module and of those who use it are taken away. A harness that saw nothing would say the same both times.",
            "",
        ]
    lines += [
        "What is left alone: the text of messages (strings with a space or with Chinese in them), what an error says beside its",
        "class and code, decorated functions, annotations, code outside functions, functions that run while modules are loaded,",
        "and changes that end in an error at every call, such as None for any argument. The tests are those that own the room,",
        "not the whole suite.",
        "",
        ", ".join(f"{name} {version}" for name, version in found.versions.items()) + ".",
        "",
    ]
    return "\n".join(lines)
