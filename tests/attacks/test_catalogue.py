"""The catalogue is whole: each of its ids has a trial, and the table is the one that the trials give."""

from __future__ import annotations

from collections import Counter

from tests.attacks.answers import POWERS
from tools import threat_model


def test_each_id_is_tried_once() -> None:
    counts = Counter(trial.id for trial in threat_model.trials())
    missing = [trial_id for trial_id in threat_model.ids() if not counts[trial_id]]
    assert not missing, f"no trial of {missing}"
    assert not [trial_id for trial_id, count in counts.items() if count > 1]
    assert sorted(counts) == sorted(threat_model.ids())


def test_rows_say_something() -> None:
    for trial in threat_model.trials():
        assert all((trial.what, trial.answers, trial.powers)), trial
        assert set(trial.powers) <= set(POWERS), trial
        assert "|" not in trial.what + trial.note, trial


def test_table_is_up_to_date() -> None:
    assert threat_model.differing() == []
