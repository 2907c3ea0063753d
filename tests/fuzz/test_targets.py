"""Every parser takes any bytes: a short run without a fuzzer. `make soak` runs long ones by coverage."""

from __future__ import annotations

import os

import pytest

from chainlog.errors import FormatError
from tests.fuzz import targets
from tests.fuzz.inputs import inputs
from tests.fuzz.targets import TARGETS, Target
from tests.profile import DEEP

COUNT = 40_000 if DEEP else 1_500
SEED = int(os.environ.get("FUZZ_SEED", "1"))


@pytest.mark.parametrize("name", TARGETS)
def test_only_its_own_errors_leave_a_parser(name: str) -> None:
    target = TARGETS[name]
    for data in inputs(targets.seeds(name), max(20, COUNT // target.cost), SEED):
        try:
            targets.try_one(name, data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it may not leave
            pytest.fail(f"{name}, seed {SEED}: {type(error).__name__}: {error} from {data!r}")


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_read(name: str) -> None:
    # Else nothing but refusals would be tried.
    taken = 0
    for data in TARGETS[name].seeds():
        try:
            TARGETS[name].run(data)
        except FormatError:
            continue
        taken += 1
    assert taken


def test_the_harness_sees_another_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(data: bytes) -> None:
        if len(data) % 7 == 3:
            raise KeyError(data)

    monkeypatch.setitem(TARGETS, "careless", Target(careless, lambda: [b"abc" * 9]))
    with pytest.raises(KeyError):
        for data in inputs([b"abc" * 9], 200, SEED):
            targets.try_one("careless", data)
