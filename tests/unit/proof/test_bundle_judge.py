"""The view that `admit` has of a bundle: the log below one record, of what is here; and which lacks are no findings."""

from __future__ import annotations

import pytest

from chainlog.errors import BundleError
from chainlog.proof.bundle import decode_bundle
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.bundle_judge import BundleView
from chainlog.proof.bundle_records import Shown
from tools.fixed_bundle import bundle_of, commit_map, told_log
from tools.fixed_log import KEEPER


@pytest.fixture
def shown():
    log = told_log()
    return Shown(decode_bundle(bundle_of(log, ["c/87"], committed=commit_map(log)).encoded()).records)


def test_the_view_ends_below_its_record(shown):
    indexes = list(shown.records)
    assert indexes == [0, 1, 2, 4, 6, 8, 9]
    view = BundleView(shown)
    for checked in reversed(shown.records.values()):
        view.stand(checked)
        for index in range(11):
            here = index in indexes and index < checked.record.index
            assert view.record(index) == (shown.records[index].encoded if here else None)
            # What was read for a later record isn't known to an earlier one.
            seen = view.look(view, index)
            assert (seen is not None) == here
            if here:
                assert seen.event_id == shown.records[index].event.event.id


def test_every_record_is_told_what_it_lacks(shown):
    view = BundleView(shown)
    for checked in list(shown.records.values())[4:]:
        view.stand(checked)
        assert view.not_here == set()
        assert view.look(view, 3) is None
        assert view.look(view, 4) is not None
        assert view.record(5) is None
        assert view.not_here == {3, 5}


def test_a_false_reference_beside_one_elsewhere_is_a_finding():
    log = told_log()
    true, elsewhere = log.reference(4), log.reference(7)
    rest = {"body": {"place": "w/G1"}, "people": [("registrar", KEEPER, 1)], "subjects": ["c/87"]}
    log.add("transferred.store", **rest, refs=sorted([true, elsewhere]))
    report = check_bundle(bundle_of(log, ["c/87"]).encoded(), log_id=log.id)
    assert "references" in {what for what, _ in report.not_checked}
    log = told_log()
    log.add("transferred.store", **rest, refs=sorted([(true[0], bytes(32)), elsewhere]))
    with pytest.raises(BundleError) as caught:
        check_bundle(bundle_of(log, ["c/87"]).encoded(), log_id=log.id)
    assert (caught.value.finding, caught.value.index, caught.value.subject) == ("bad-ref", 9, true[0].hex())
