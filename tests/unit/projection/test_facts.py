"""The bundle that rules read, and what has to be judged anew after one record."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from chainlog.errors import ConflictError
from chainlog.projection import standard
from chainlog.projection.facts import EVERYTHING, touched
from tests.scenarios import Story


@pytest.fixture
def story():
    found = Story()
    found.tell(
        "03-01 09:00", "created.entered", on=["c/1", "c/2", "d/甲"], who={"registrar": "李敏"}, level="秘密", reason="other",
        items=[{"carrier": c, "form": "document", "document": "d/甲"} for c in ("c/1", "c/2")],
    )  # fmt: skip
    return found


@contextmanager
def facts(story):
    with standard.facts(story.projections) as found:
        yield found


def test_who_had_it_before_a_record(story):
    lent = story.tell(
        "03-02 09:00",
        "transferred.lend",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    back = story.tell(
        "03-04 09:00", "returned.to_keeper", on=["c/1"], who={"giver": "陈", "receiver": "李敏"}, reason="loan"
    )
    late = story.tell(
        "03-03 09:00",
        "transferred.hand_over",
        on=["c/1"],
        who={"giver": "陈", "receiver": "孙"},
        reason="passing_on",
        recorded="03-05",
    )
    with facts(story) as found:
        assert found.holder_before("c/1", lent) == "p/李敏"
        assert found.holder_before("c/1", back) == "p/陈"
        # Out of order: who had it then, not who has it by now.
        assert found.holder_before("c/1", late) == "p/陈"
        assert found.holder_before("c/1", lent - 1) is None
        assert found.holder_before("c/9", lent) is None
        assert found.before("c/1", back).phase == "on_loan"


def test_the_balance_that_a_rule_compares(story):
    with facts(story) as found:
        assert found.balance("d/甲") is None
        assert found.copies("d/甲").total == 2
    registered = story.tell(
        "03-02 09:00", "registered.document", on=["d/甲"], who={"registrar": "李敏"}, register="发文", serial=1,
        document={"title": "题", "issuer": "u/镇", "level": "秘密", "copies": 3},
    )  # fmt: skip
    with facts(story) as found:
        assert found.balance("d/甲") == (3, 2, (registered,))
    source = {"cells": bytes(32), "sha256": bytes(32), "sheet": "发", "row": 3}
    made = story.tell(
        "03-03",
        "created.received",
        on=["d/甲"],
        who={"registrar": "李敏"},
        sender="u/省",
        channel="exchange",
        listed=5,
        found=5,
        seal="intact",
        level="秘密",
        items=[],
        copies_unnumbered=5,
        source=source,
    )
    sent = story.tell(
        "03-04",
        "transferred.dispatch",
        on=["d/甲"],
        who={"registrar": "李敏"},
        to="u/县",
        channel="by_hand",
        copies_unnumbered=2,
        source=source,
    )
    with facts(story) as found:
        assert found.balance("d/甲") == (3, 7, (registered, made, sent))


def test_what_one_record_touches(story):
    def last(found):
        return found.log.read(found.log.size - 1)

    def after(*args, **kwargs):
        story.tell(*args, **kwargs)
        with facts(story) as found:
            return touched(last(found), found)

    assert after("03-02 09:00", "transferred.lend", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, purpose="用", depth="read") == {
        "c/1", "d/甲", "p/李敏", "p/陈",
    }  # fmt: skip
    assert after("03-03 09:00", "decided.reclassify", on=["d/甲"], who={"approver": "周书记"}, step="approved", change="lowered", level="内部") == {
        "c/1", "c/2", "d/甲", "p/周书记",
    }  # fmt: skip
    assert after("03-03 09:00", "listed.added", on=["c/2", "l/毁"], who={"registrar": "李敏"}, purpose="destroy", total=1, items=[{"carrier": "c/2"}]) == {
        "c/2", "d/甲", "l/毁", "p/李敏",
    }  # fmt: skip
    assert after("03-04 09:00", "decided.permit", on=["l/毁"], who={"approver": "周书记"}, step="approved", act="destroy") == {
        "c/2", "l/毁", "p/周书记",
    }  # fmt: skip
    assert after("03-05 09:00", "transferred.lend", on=["c/2"], who={"giver": "李敏", "receiver": "陈"}, purpose="用", depth="read") == {
        "c/2", "d/甲", "l/毁", "p/李敏", "p/陈",
    }  # fmt: skip
    story.office("06-01 09:00", "departed", person="p/李敏", reason="退休")
    with facts(story) as found:
        assert EVERYTHING in touched(last(found), found)


def test_the_state_of_every_carrier_changes_only_with_what_touches_it(story):
    """Judging anew only what is touched is enough: nothing else of custody changes."""
    before = {state.carrier: state for state in story.custody().carriers()}
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    story.tell(
        "03-03 09:00",
        "decided.reclassify",
        on=["d/甲"],
        who={"approver": "周书记"},
        step="approved",
        change="raised",
        level="绝密",
    )
    changes = []
    for index in range(story.reader.size - 2, story.reader.size):
        with facts(story) as found:
            changes.append(touched(found.log.read(index), found))
    after = {state.carrier: state for state in story.custody().carriers()}
    changed = {carrier for carrier in after if after[carrier] != before.get(carrier)}
    assert changed <= set().union(*changes)


def test_a_log_that_never_stands_still(story, monkeypatch):
    projections = story.projections

    def slow(names):
        cursors = type(projections).catch_up_together(projections, names)
        story.tell("03-09 09:00", "marked", on=["c/1"], who={"operator": "李敏"}, text="秘密", position="cover")
        return cursors

    monkeypatch.setattr(projections, "catch_up_together", slow)
    with pytest.raises(ConflictError, match="grew"), standard.facts(projections):
        pass
