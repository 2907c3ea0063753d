from __future__ import annotations

import pytest
from msgspec.structs import replace

from chainlog.authority.state import ViewAuthority
from chainlog.errors import UsageError
from chainlog.projection import standard
from chainlog.rules.judge import Judge
from chainlog.rules.rule import RULES
from chainlog.rules.selecting import Selection, overdue, rules_named
from tests.offices import Office, receive, register
from tests.scenarios import local


@pytest.fixture(scope="module")
def office() -> Office:
    """A paper registered two days late, handed to a reader of a section's section, and another one that nobody has."""
    office = Office({"within.register": "0d", "keep.reader": "1mo", "severity.RET-1": "low"})
    office.declare_units({"u/法规科": "section"}, parent="u/党政办")
    office.office("01-03 08:00", "declared.person", person="p/陈", name="陈", unit="u/法规科")
    office.office("01-03 08:00", "declared.person", person="p/孙", name="孙", unit="u/甲村")
    receive(office, "03-03 09:10", ["c/1", "c/2"], "d/1")
    register(office, "03-05 09:10", "d/1", on=["c/1", "c/2"])
    receive(office, "03-03 09:20", ["c/3"], "d/2")
    register(office, "03-03 10:10", "d/2", on=["c/3"], serial=2)
    office.tell(
        "03-06 10:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    return office


def judged(office: Office, *rules: str, as_of: str = "05-01", **wanted):
    with standard.facts(office.projections) as base:
        judge = Judge(base, ViewAuthority(base.log.raw), as_of_us=local(as_of))
        return Selection(**wanted).of(judge.judge(rules=rules or ("RCV-1", "RET-1")), base)


def codes(office: Office, **wanted) -> list[tuple[str, str]]:
    return [(one.code, one.subject) for one in judged(office, **wanted).findings]


LATE = ("RCV-1", "c/1")
KEPT = ("RET-1", "c/1")


def test_without_a_wish_everything_is_kept(office):
    assert codes(office) == [LATE, KEPT]


def test_by_gravity_and_state(office):
    assert codes(office, severities=frozenset({"high"})) == [LATE]
    assert codes(office, states=frozenset({"open"})) == [KEPT]
    assert codes(office, severities=frozenset({"high"}), states=frozenset({"open"})) == []


def test_by_carrier_person_and_document(office):
    assert codes(office, subjects=("c/2",)) == [LATE]
    assert codes(office, subjects=("c/3",)) == []
    assert codes(office, subjects=("p/陈",)) == [KEPT]
    assert codes(office, subjects=("c/1", "p/陈")) == [KEPT]
    # The act by which the reader got it names no document.
    assert codes(office, subjects=("d/1",)) == [LATE, KEPT]
    assert codes(office, subjects=("d/2",)) == []


def test_by_unit_of_the_persons_then(office):
    assert codes(office, units=("u/法规科",)) == [KEPT]
    assert codes(office, units=("u/党政办",)) == [KEPT]
    assert codes(office, units=("u/甲村",)) == []
    # The unit that a paper came from stands in the record of its arrival.
    assert codes(office, units=("u/省委",)) == [LATE]
    assert codes(office, units=("u/省委", "u/党政办")) == []


def test_by_unit_of_whoever_had_the_carrier():
    story = Office({"keep.reader": "1mo"})
    story.office("01-03 08:00", "declared.person", person="p/陈", name="陈", unit="u/甲村")
    receive(story, "03-03 09:10", ["c/1"], "d/1")
    story.tell(
        "03-06 10:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    # This record names neither the person nor the unit; the carrier is where it was before.
    last = story.tell(
        "03-07 10:00", "checked.carrier", on=["c/1"], who={"operator": "李敏"}, reason="other", passed=False
    )
    with standard.facts(story.projections) as base:
        judge = Judge(base, ViewAuthority(base.log.raw), as_of_us=local("05-01"))
        found = judge.judge(rules=("RET-1",))
        alone = found._replace(findings=tuple(replace(one, evidence=(last,)) for one in found.findings))
        kept = [Selection(units=(unit,)).of(alone, base).findings for unit in ("u/甲村", "u/乙村")]
    assert len(alone.findings) == 1
    assert kept == [alone.findings, ()]


def test_by_when_it_began(office):
    assert codes(office, from_us=local("03-04")) == [LATE, KEPT]
    assert codes(office, from_us=local("03-04") + 1) == [KEPT]
    # A month from 6 March: the term ran out at the end of 6 April.
    assert codes(office, from_us=local("04-07"), to_us=local("04-07") + 1) == [KEPT]
    assert codes(office, from_us=local("04-07") + 1) == []
    assert codes(office, to_us=local("03-04")) == []


def test_terms_are_chosen_by_when_they_end_and_whom_they_concern(office):
    def due(**wanted):
        return [(one.code, one.due_us) for one in judged(office, as_of="03-10", **wanted).dues]

    end = local("04-07") - 1
    assert due() == due(to_us=end + 1) == due(subjects=("p/陈",)) == due(units=("u/党政办",)) == [("RET-1", end)]
    assert due(to_us=end) == due(from_us=end + 1) == due(subjects=("p/孙",)) == []


def test_overdue_is_what_is_open_and_had_a_term(office):
    found = list(overdue(judged(office).findings))
    assert [(one.code, one.due_us) for one in found] == [("RET-1", local("04-07") - 1)]
    assert found[0].since_us == local("04-07")


def test_a_finding_keeps_the_id_of_the_term_that_it_came_of(office):
    before = judged(office, as_of="03-10").dues[0]
    after = next(one for one in judged(office).findings if one.code == "RET-1")
    assert before.id == after.id


def test_rules_by_id_and_by_chapter():
    assert rules_named(["des-3", "DES-3"]) == ("DES-3",)
    chapter = [rule.id for rule in RULES.values() if rule.chapter == "DES"]
    assert sorted(rules_named(["des"])) == sorted(chapter)
    assert rules_named([]) == ()


@pytest.mark.parametrize(("text", "near"), [("DES-99", "DES-3"), ("QQQ", "DES"), ("QQQ-1", "DES"), ("", "DES")])
def test_an_unknown_rule_is_refused_with_those_near(text: str, near: str):
    with pytest.raises(UsageError) as caught:
        rules_named(["DES-3", text])
    assert near in caught.value.detail
