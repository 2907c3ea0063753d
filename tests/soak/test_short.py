"""The campaigns of `make soak`, short; and that each harness sees harm where the protection is taken away."""

from __future__ import annotations

import importlib.util
import random

import pytest

from tests.soak import damaged_files, fuzzing


def test_damaged_files(tmp_path):
    tally = damaged_files.campaign(tmp_path, 33, random.randrange(2**32))
    assert tally.is_clean, tally


def test_the_engine_alone_is_harmed(tmp_path):
    assert damaged_files.control(tmp_path)


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="fuzzing by coverage needs atheris")
def test_a_planted_fault_is_found(tmp_path):
    assert fuzzing.control(tmp_path)
