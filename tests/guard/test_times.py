"""Works take no more processor time than they did, measured by a yardstick of the same run. README.md says what is allowed, and why."""

from __future__ import annotations

import pytest

from chainlog import digest
from tests.guard import table
from tests.guard.timing import Mix, ratio
from tests.guard.works import Works


@pytest.fixture(scope="module")
def works(tmp_path_factory):
    made = Works(tmp_path_factory.mktemp("guard"))
    yield made
    made.close()


def allowed(name):
    return table.read()["times"][name] * table.TIMES_MOST


@pytest.mark.parametrize("name", table.MIXES)
def test_no_work_takes_much_longer(works, name):
    assert table.timed(works, name, most=allowed(name)) <= allowed(name)


def test_what_gets_dearer_without_another_call_is_seen(works, monkeypatch):
    record_hash = digest.record_hash

    def dearer(record):
        record_hash(record * 400)
        return record_hash(record)

    monkeypatch.setattr(digest, "record_hash", dearer)
    # What is asked for here is an alarm, as a quiet reading is above.
    found = ratio(
        works.short["read histories"],
        table.MIXES["read histories"],
        turns=table.TURNS,
        most_turns=table.TURNS_MOST,
        until=lambda one: one > allowed("read histories"),
    )
    assert found > allowed("read histories")


def test_a_yardstick_is_one_of_itself():
    mix = Mix(1, 100, 10)

    def prepare():
        from tests.guard import timing

        return lambda: timing._yardstick(mix, 4), 4

    def fair(one):
        return 0.85 < one < 1.18

    assert fair(ratio(prepare, mix, turns=10, most_turns=400, until=fair))
