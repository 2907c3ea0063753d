"""The list of mutants that no test notices: its form, that it only shrinks, and that its page is made of it."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tools import mutation, survivors
from tools.survivors import Entry, Mutant, Survivors, Tally

ROOT = Path(__file__).resolve().parents[2]
LISTED = survivors.read()

ONE = Mutant("chainlog/a.py", "f", "if a:", "if False:")
TWO = Mutant("chainlog/a.py", "f", "b = 1", "b = 2")
TALLY = Tally(made=3, tried=3, killed=1, timed_out=0, survived=2, sample=0, seed=1)


@cache
def functions(module: str) -> set[str]:
    found = set()
    for node in ast.parse((ROOT / module).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
    return found


def test_the_rooms_of_the_list_are_rooms():
    assert LISTED.tallies.keys() <= mutation.ROOMS.keys()


@pytest.mark.parametrize("room", LISTED.tallies)
def test_a_room_has_no_more_survivors_than_its_ceiling(room):
    assert survivors.count(LISTED.entries, room) <= LISTED.ceilings[room]


def test_every_survivor_has_a_reason_and_stands_in_the_code():
    for mutant, entry in LISTED.entries.items():
        assert entry.room in LISTED.tallies, mutant
        assert entry.reason in survivors.REASONS, mutant
        assert entry.why or entry.reason == "open", mutant
        assert mutant.function in functions(mutant.module), mutant
        assert mutant.before != mutant.after, mutant


def test_the_harness_was_seen_to_see():
    assert LISTED.control["without_tests"] > LISTED.control["with_tests"]


def test_the_page_is_made_of_the_list():
    assert survivors.PAGE.read_text(encoding="utf-8") == survivors.page(LISTED)


def test_every_room_names_code_and_tests_that_exist():
    for room in (*mutation.ROOMS.values(), mutation.CONTROL):
        for pattern in (*room.broken, *room.tests):
            assert list(ROOT.glob(pattern)), pattern
    for name in mutation.TAKEN_AWAY:
        assert list(ROOT.glob(f"tests/unit/authority/{name}")), name


def test_what_is_written_is_read_again(tmp_path: Path):
    found = Survivors(
        ceilings={"x": 4},
        tallies={"x": TALLY},
        entries={ONE: Entry("x", "equivalent", '"why" \\ 因为', 1), TWO: Entry("x", "open", "", 2)},
        versions={"Python": "3"},
        control={"with_tests": 1, "without_tests": 2},
    )
    survivors.write(found, tmp_path / "list.toml")
    assert survivors.read(tmp_path / "list.toml") == found
    assert "| x | 3 | 3 | 1 | 0 | 2 | 1 | 0 | 0 | 0 | 0 | 2 |" in survivors.page(found)


def told(entries, alive, *, tried=(ONE, TWO), made=(ONE, TWO)):
    return survivors.compare(entries, "x", Counter(alive), set(tried), set(made))


def test_a_run_is_compared_with_the_list():
    listed = {ONE: Entry("x", "open", "", 1)}
    assert told(listed, [ONE]) == []
    assert told(listed, [ONE, TWO]) == [f"survives, and isn't listed: {survivors.shown(TWO)}"]
    assert told(listed, [ONE, ONE]) == [f"survives, and isn't listed: {survivors.shown(ONE)}"]
    assert told(listed, []) == [f"listed, but a test notices it now: {survivors.shown(ONE)}"]
    assert told(listed, [], tried=[TWO]) == []
    assert told(listed, [], made=[TWO]) == [f"listed, but the code has no such line: {survivors.shown(ONE)}"]
    assert told({ONE: Entry("y", "open", "", 1)}, []) == []


def test_a_run_changes_the_list_and_keeps_its_reasons():
    kept = Entry("x", "cost", "why", 1)
    other = {TWO: Entry("y", "open", "", 1)}

    def merged(alive, *, tried=(ONE,), made=(ONE,)):
        return survivors.merge({ONE: kept, **other}, "x", Counter(alive), set(tried), set(made))

    assert merged([ONE]) == {ONE: kept, **other}
    assert merged([ONE, ONE]) == {ONE: kept._replace(times=2), **other}
    assert merged([]) == other
    assert merged([], tried=[]) == {ONE: kept, **other}
    assert merged([], tried=[], made=[]) == other
    assert survivors.merge({}, "x", Counter([ONE]), {ONE}, {ONE}) == {ONE: Entry("x", "open", "", 1)}


def test_what_became_of_the_mutants_is_counted():
    def one(mutant, status):
        return {**mutant._asdict(), "status": status}

    found = mutation.result_of(
        [one(ONE, "survived"), one(ONE, "no tests"), one(TWO, "killed"), one(TWO, "timeout"), one(TWO, "skipped"), one(TWO, "at loading")],
        sample=4,
        seed=7,
    )  # fmt: skip
    assert found.alive == {ONE: 2}
    assert found.tally == Tally(made=5, tried=4, killed=1, timed_out=1, survived=2, sample=4, seed=7)
