"""The power goes at any moment; see `tests.soak.power_loss`."""

from __future__ import annotations

import random

import pytest

from tests.profile import DEEP
from tests.soak.power_loss import campaign, control, images, judge, put, record

IMAGES = 4_000 if DEEP else 150


def test_acknowledged_survives_a_power_loss(tmp_path, io_shim):
    tally = campaign(tmp_path, io_shim, IMAGES, random.randrange(2**32))
    assert tally.is_clean, tally


def test_without_syncing_the_harness_sees_losses(tmp_path, io_shim):
    assert control(tmp_path, io_shim)


def test_an_image_of_everything_is_whole(tmp_path, io_shim):
    # The recorder misses nothing: all calls together give the file.
    base, calls = record(tmp_path, io_shim)
    assert {call.sort for call in calls} == set("DSMA")
    image = bytearray(base)
    for call in calls:
        if call.sort in "DM":
            put(image, call.offset, call.data)
    assert bytes(image) == (tmp_path / "log" / "truth" / "data.mdb").read_bytes()[: len(image)]
    assert judge(tmp_path / "image", bytes(image), 450) is None
    with pytest.raises(AssertionError):
        assert judge(tmp_path / "image", bytes(image), 451) is None
    assert len(list(images(base, calls, 7, 1))) == 7
