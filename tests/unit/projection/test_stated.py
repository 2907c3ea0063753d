"""Names that a record has as a book writes them are shown where somebody had a carrier and no person is known."""

from __future__ import annotations

import pytest

from chainlog.projection.custody import Custody
from tests.scenarios import Story, local

YEAR = {"start_us": local("01-01"), "end_us": local("12-31")}


@pytest.fixture
def story():
    found = Story()
    found.tell(
        "03-01 09:00", "created.entered", on=["c/1", "d/甲"], who={"registrar": "李敏"}, level="秘密", reason="other",
        items=[{"carrier": "c/1", "form": "document", "document": "d/甲", "pages": 4}], place="w/G1",
    )  # fmt: skip
    return found


def lend(story: Story, at: str, *stated: tuple[str, str], **people: str) -> int:
    who = {"registrar": "李敏", **people}
    names = {"stated": [list(pair) for pair in stated]} if stated else {}
    return story.tell(at, "transferred.lend", on=["c/1"], who=who, purpose="起草", depth="read", **names)


def now(story: Story, **moment):
    custody = story.custody()
    state = custody.carrier("c/1", **moment)
    return state.phase, state.holder, custody.stated_holders(state, as_of_index=moment.get("as_of_index"))


def test_a_borrower_who_is_only_stated(story):
    index = lend(story, "03-02", ("giver", "李某"), ("receiver", "张三"))
    assert now(story) == ("on_loan", None, ("张三",))
    (possible,) = story.custody().holders("d/甲", **YEAR).could_have
    assert (possible.person, possible.why, possible.stated, possible.index) == (None, "on_loan", ("张三",), index)
    # It came back, and what was is still known.
    story.tell(
        "03-09", "returned.to_keeper", on=["c/1"], who={"receiver": "李敏"}, reason="loan", stated=[["giver", "张三"]]
    )
    assert now(story) == ("in_stock", "p/李敏", ())
    assert now(story, as_of_us=local("03-05")) == ("on_loan", None, ("张三",))
    assert now(story, as_of_index=index) == ("on_loan", None, ("张三",))
    assert [row.stated for row in story.custody().holders("c/1", **YEAR).could_have] == [("张三",)]
    assert story.custody().holders("c/1", start_us=local("03-10"), end_us=local("03-11")).could_have == ()


def test_a_person_who_is_known_stands_beside_the_others(story):
    lend(story, "03-02", ("receiver", "张三"), receiver="赵强")
    assert now(story) == ("on_loan", "p/赵强", ())
    held = [row for row in story.custody().holders("c/1", **YEAR).held if row.phase == "on_loan"]
    assert [(row.person, row.stated) for row in held] == [("p/赵强", ("张三",))]


def test_putting_it_elsewhere_leaves_it_with_whom_it_was(story):
    lend(story, "03-02", ("receiver", "张三"))
    story.tell("03-03", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G2")
    assert now(story) == ("on_loan", None, ("张三",))
    assert [row.stated for row in story.custody().holders("c/1", **YEAR).could_have] == [("张三",), ("张三",)]
    # Who is found to have it, or nobody, isn't who had it.
    story.tell("03-04", "reported.incident", on=["c/1", "i/1"], who={"registrar": "李敏"}, what="missing")
    phase, holder, stated = now(story)
    assert (phase, holder, stated) == ("missing", None, ())


def test_an_act_without_effect_names_them_too(story):
    story.tell(
        "03-20", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    late = lend(story, "03-02", ("receiver", "张三"))
    back = story.tell(
        "03-05", "returned.to_keeper", on=["c/1"], who={"receiver": "李敏"}, reason="loan", stated=[["giver", "张三"]]
    )
    found = story.custody().holders("c/1", **YEAR).could_have
    assert [(row.why, row.stated, row.index) for row in found] == [("late", ("张三",), late), ("late", ("张三",), back)]
    later = story.custody().holders("c/1", start_us=local("04-01"), end_us=local("05-01"))
    assert [row.index for row in later.could_have] == [late]
    assert story.custody().holders("c/1", start_us=local("01-01"), end_us=local("03-01")).could_have == ()
    # Beside a person who is known they stand with that person.
    lend(story, "03-03", ("receiver", "王五"), receiver="赵强")
    met = story.custody().holders("c/1", **YEAR)
    assert [row.person for row in met.held if row.stated == ("王五",)] == ["p/赵强"]
    assert [row.index for row in met.could_have] == [late, back]


def test_a_reader_who_is_only_stated(story):
    index = story.tell(
        "03-02 10:00", "accessed.read", on=["d/甲"], who={"registrar": "李敏"}, how="consult", out_at="03-02 11:00",
        stated=[["reader", "张三"]],
    )  # fmt: skip
    found = story.custody().holders("c/1", start_us=local("03-02 10:30"), end_us=local("03-03"))
    assert [(row.subject, row.why, row.stated, row.index) for row in found.could_have] == [
        ("d/甲", "consult", ("张三",), index)
    ]
    assert found.read == ()
    assert story.custody().holders("c/1", start_us=local("03-02 12:00"), end_us=local("03-03")).could_have == ()


def test_who_took_copies_that_nobody_tells_apart(story):
    loan = {"on": ["d/甲"], "purpose": "起草", "depth": "read", "copies_unnumbered": 1}
    known = story.tell("03-02", "transferred.lend", id="loan", who={"giver": "李敏", "receiver": "陈"}, **loan)
    stated = story.tell("03-03", "transferred.lend", who={"giver": "李敏"}, stated=[["receiver", "张三"]], **loan)
    story.tell(
        "03-09", "returned.to_keeper", on=["d/甲"], refs=["loan"], who={"giver": "陈", "receiver": "李敏"}, reason="loan",
        copies_unnumbered=1,
    )  # fmt: skip

    def found(start: str, end: str) -> list[tuple[str | None, tuple[str, ...], int]]:
        rows = story.custody().holders("d/甲", start_us=local(start), end_us=local(end)).could_have
        assert all((row.subject, row.why) == ("d/甲", "unnumbered") for row in rows)
        return [(row.person, row.stated, row.index) for row in rows]

    assert found("03-01", "03-08") == [("p/陈", (), known), (None, ("张三",), stated)]
    # Whose return nobody tells of may have it still.
    assert found("04-01", "04-02") == [(None, ("张三",), stated), ("p/李敏", (), stated + 1)]
    assert found("02-01", "03-01") == []
    both = story.tell(
        "06-01", "transferred.lend", who={"giver": "李敏", "receiver": "陈"}, stated=[["receiver", "王五"]], **loan
    )
    assert found("06-01", "06-02")[-1] == ("p/陈", ("王五",), both)


def test_without_the_log_nobody_is_stated(story):
    lend(story, "03-02", ("receiver", "张三"))
    story.custody()
    custody = Custody(story.projections.kv)
    assert custody.stated_holders(custody.carrier("c/1")) == ()
    assert [row.stated for row in custody.holders("c/1", **YEAR).could_have] == [()]
