"""What works do a record is no more than it was: counted, so the same on every machine. README.md says what to do if one fails."""

from __future__ import annotations

import itertools
from importlib import import_module

import pytest

from chainlog.store.lmdb_snapshot import LmdbSnapshot
from tests.guard import table
from tests.guard.counting import count, count_steps
from tests.guard.works import Works


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    made = Works(tmp_path_factory.mktemp("guard"))
    yield made
    made.close()


def test_no_work_does_more_than_it_did(works):
    assert table.too_many(table.counted(works), table.read()["counts"]) == []


def oftener(function):
    """1.4 times each: two of five calls are made twice."""
    numbers = itertools.count()

    def called(*arguments, **named):
        if next(numbers) % 5 < 2:
            function(*arguments, **named)
        return function(*arguments, **named)

    return called


@pytest.mark.parametrize(
    ("place", "work", "what"),
    [
        ("chainlog.record.keys:_sign", "append a block", "signatures"),
        ("chainlog.record.keys:_sign_open", "verify", "verifications"),
        ("chainlog.digest:record_hash", "append a block", "hashes"),
        ("chainlog.digest:record_hash", "read histories", "hashes"),
        ("chainlog.canon.codec:encode", "append a block", "codec"),
        ("chainlog.store.lmdb_snapshot:LmdbSnapshot.subject", "append a block", "engine"),
        ("chainlog.store.lmdb_snapshot:LmdbSnapshot.record", "read histories", "engine"),
    ],
)
def test_what_is_done_1_4_times_is_seen(works, monkeypatch, place, work, what):
    allowed = {work: table.read()["counts"][work]}
    assert table.too_many(table.counted(works, work), allowed) == []
    module, _, name = place.partition(":")
    target = import_module(module)
    *owners, last = name.split(".")
    for owner in owners:
        target = getattr(target, owner)
    monkeypatch.setattr(target, last, oftener(getattr(target, last)))
    problems = table.too_many(table.counted(works, work), allowed)
    assert any(f" {what} a record" in problem for problem in problems), problems


def test_a_loop_that_calls_nothing_is_seen(works, monkeypatch):
    record = LmdbSnapshot.record

    def slower(self, index):
        turns = 0
        while turns < 10:
            turns += 1
        return record(self, index)

    monkeypatch.setattr(LmdbSnapshot, "record", slower)
    allowed = {"read histories": table.read()["counts"]["read histories"]}
    (problem,) = table.too_many(table.counted(works, "read histories"), allowed)
    assert " steps a record" in problem


def test_a_work_that_the_table_lacks_is_told():
    one = dict.fromkeys(("steps", "calls", "hashes", "signatures", "verifications", "codec", "engine"), 1.0)
    assert table.too_many({"new": one}, {"old": one}) == ["new: not in both", "old: not in both"]
    assert table.too_many({"new": one}, {"new": one}) == []


def test_counting_is_exact_and_ends():
    numbers = [3, 1, 2]
    assert (
        count(lambda: [len(numbers), sorted(numbers)])["calls"] == 1 + 2 + 1
    )  # the lambda, two, and what ends counting
    assert count_steps(lambda: 1) == count_steps(lambda: 1) > 0
    assert count_steps(lambda: [n for n in range(200)]) > count_steps(lambda: [n for n in range(100)]) + 200  # noqa: C416
