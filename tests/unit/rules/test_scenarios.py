"""
Ten stories, judged by every rule there is under the shipped profiles: what has to be found is found, and nothing else.

A finding stands as `code subject severity`, with the state behind it where it isn't open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.profiles import profile_names
from chainlog.rules.rule import RULES, Outcome, Rule
from tests import told
from tests.offices import Office
from tests.scenarios import local


def found(office: Office, as_of: str) -> set[str]:
    """Everything that all rules find at a moment, nothing of it unjudged."""
    judgement = office.judge(as_of=as_of)
    assert judgement.unjudged == ()
    lines = [(f"{one.code} {one.subject} {one.severity}", one.state) for one in judgement.findings]
    assert len(set(lines)) == len(lines)
    return {line if state == "open" else f"{line} {state}" for line, state in lines}


IMPLIED = {"CIR-1 c/87 high", "CIR-2 c/87 high", "TRN-4 c/87 critical"}
OWN_DOCUMENT = {
    "CLS-1 d/镇12 high", "CLS-3 d/镇12 high", "CLS-5 d/镇12 high", "NUM-1 d/镇12 high", "NUM-2 d/镇12 high", "MAK-4 d/镇12 critical",
    "MAK-5 d/镇12 medium", "TRN-1 c/M31 critical", "ISS-4 c/M31 high", "ISS-5 c/M31 medium", "ISS-6 c/M31 high",
}  # fmt: skip
DEPARTURE = {
    "HND-1 p/李敏 critical", "HND-2 p/李敏 critical", "HND-3 p/李敏 medium", "HND-6 p/李敏 critical",
}  # fmt: skip
LEVEL_CHANGE = {"DCL-2 d/本5 high", "MRK-4 c/E2 medium", "DCL-7 d/摘1 high", "DCL-4 d/本5 low"}

Story = Callable[[], Office]

STORIES: list[tuple[str, Story, str, Collection[str], Collection[str]]] = [
    *((f"S1 {p}", lambda p=p: told.circulation(p), "12-31 23:00", (), ()) for p in profile_names()),
    ("S2", lambda: told.passed_on("township", openly=False), "03-05", IMPLIED, ()),
    ("S2 out of scope", lambda: told.passed_on("township", openly=False, scope=("陈", "吴")), "03-05", {*IMPLIED, "KNW-2 c/87 high"}, ()),
    ("S2b", lambda: told.passed_on("township", openly=True), "03-05", {"CIR-1 c/87 high"}, ()),
    ("S4", lambda: told.top_secret_like_any("university"), "04-11", {"RDG-1 c/T1 critical", "KNW-3 c/T1 critical", "BRW-4 c/T1 critical"}, ()),
    ("S5", lambda: told.own_document("township"), "06-09", OWN_DOCUMENT, ()),
    ("S5 national", lambda: told.own_document("national"), "06-09", {*OWN_DOCUMENT, "CLS-11 d/镇12 high"}, ()),
    (
        "S6", lambda: told.copying("university"), "09-20",
        {"INV-1 l/盘9 high", "CPY-4 d/报告5 critical", "CPY-6 c/K2 medium", "CPY-11 d/报告5 high"}, (),
    ),
    ("S7", lambda: told.usb_stick("township"), "07-05", {"MED-4 c/M-07 high", "MED-6 c/M-07 critical", "OUT-2 c/M-07 high"}, ()),
    *((f"S8 {p}", lambda p=p: told.destruction(p), "11-07", (), ()) for p in ("township", "university", "coop", "national")),
    ("S9", lambda: told.departure("township"), "09-03", DEPARTURE, ()),
    ("S10", lambda: told.level_change("township"), "03-31", LEVEL_CHANGE, ()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("story", "as_of", "expected", "allowed"), [one[1:] for one in STORIES], ids=[one[0] for one in STORIES]
)
def test_exactly_what_has_to_be_found_is_found(
    story: Story, as_of: str, expected: Collection[str], allowed: Collection[str]
):
    lines = found(story(), as_of)
    assert lines - set(allowed) == set(expected)
    assert set(allowed) <= lines


def test_a_loan_is_late_then_later_then_back():
    """S3 at three moments: two days late, eight days late, back after nine."""
    office = told.overdue_loan("university")
    assert found(office, "05-13 17:59") == set()
    assert found(office, "05-15") == {"BRW-2 c/R1 medium"}
    # Pressed for on the 17th, a day after the limit.
    assert found(office, "05-17 08:59") == {"BRW-2 c/R1 medium", "BRW-3 c/R1 low"}
    assert found(office, "05-21") == {"BRW-2 c/R1 high", "BRW-3 c/R1 low closed"}
    assert found(office, "05-23") == {"BRW-2 c/R1 high closed", "BRW-3 c/R1 low closed", "BRW-7 c/R1 high"}


def test_the_implied_passing_on_weighs_more_for_top_secret():
    office = told.passed_on("township", openly=False, level="绝密", term="30年")
    assert "CIR-1 c/87 critical" in found(office, "03-05")


@pytest.mark.parametrize("profile", ["national", "coop"])
def test_a_general_rule_waits_until_a_receipt_is_due(profile):
    """S5: of what went by courier nobody signed a receipt, which may come within fifteen days."""
    office = told.own_document(profile)
    assert "NUM-3 d/镇12 high" not in found(office, "06-19 23:00")
    assert "NUM-3 d/镇12 high" in found(office, "06-20 01:00")


def test_nothing_is_found_before_its_time():
    """S5: the drafts may still be destroyed; S10: units may still be told and copies marked; S9: the key is not yet used."""
    assert "MAK-5 d/镇12 medium" not in found(told.own_document("township"), "06-06 23:00")
    assert found(told.level_change("township"), "03-24 23:00") == {"DCL-7 d/摘1 high", "DCL-4 d/本5 low"}
    assert found(told.departure("township"), "09-01") == DEPARTURE - {"HND-6 p/李敏 critical"}
    assert found(told.departure("township"), "08-30") == set()


def test_a_derived_level_needs_no_authority():
    """The township may mark what others classified; and a unit with the authority may classify by itself."""
    assert "CLS-11 d/镇12 high" not in found(told.own_document("national", authority="秘密"), "06-09")
    assert "CLS-11 d/镇12 high" not in found(told.own_document("township"), "06-09")


def test_who_delivers_may_be_kept_from_supervising():
    policy = told.policy("township", distinct__destruction=["supervisor+operator", "escort+supervisor"])
    assert found(told.destruction(policy), "11-07") == {"PER-6 l/X-2025-02 info"}


def test_who_takes_over_has_to_be_certified_and_assigned():
    """S9 where the successor has no certificate (university), or no secrecy officer is left (cooperative)."""
    uncertified = told.departure("university", without=[("赵强", "certificate")], posts={"赵强": "registrar"})
    assert found(uncertified, "09-03") == {*DEPARTURE, "PER-2 p/赵强 medium"}
    alone = told.departure("coop", posts={"钱秘书": None})
    assert found(alone, "09-03") == {*DEPARTURE, "PER-1 u/镇 low"}
    assert found(alone, "08-30") == set()


def test_one_contact_more_is_recorded_from_secret_on_by_national_rules():
    """A reading of 机密 without a time of return: nothing in the township, something where the decree is the policy."""
    for profile, expected in (("township", set()), ("national", {"KNW-3 c/87 critical"})):
        office = told.office(profile)
        told.instructed(office)
        office.tell("03-03 14:35", "transferred.store", on=["c/87", "c/88"], who={"registrar": "李敏"}, place="w/G1")
        office.tell(
            "03-04 09:00",
            "accessed.read",
            on=["c/87"],
            who={"reader": "陈", "registrar": "李敏"},
            how="read",
            place="w/阅文室",
        )
        assert found(office, "03-05") == expected


def test_what_is_entered_under_another_policy_is_judged_by_both():
    """Read under the township's policy, entered when the national one was in force: what the latter says is marked so."""
    office = told.office("township")
    told.instructed(office)
    office.tell("03-03 14:35", "transferred.store", on=["c/87", "c/88"], who={"registrar": "李敏"}, place="w/G1")
    national = told.policy("national")._replace(effective_at_us=local("03-05"))
    office.office("03-04 12:00", "policy_adopted", **national.body())
    office.tell(
        "03-04 09:00", "accessed.read", on=["c/87"], who={"reader": "陈", "registrar": "李敏"}, how="read", place="w/阅文室",
        recorded="03-06 08:00", late_reason="停电",
    )  # fmt: skip
    (finding,) = office.judge(as_of="03-07").findings
    assert (finding.code, finding.subject) == ("KNW-3", "c/87")
    assert finding.parameters["policy"] == "national 2025-1"
    assert finding.parameters["judged_by"] == "the policy under which it was recorded"


def test_rules_read_the_parameters_that_they_declare(monkeypatch: pytest.MonkeyPatch):
    """By the declarations people learn what a parameter does; more than that no rule may ask for in the ten stories."""
    reading: list[str] = []
    undeclared: set[tuple[str, str]] = set()
    values = Facts.values

    def watched(facts: Facts, name: str, act: Act) -> tuple[str, ...]:
        declared = RULES[reading[-1]].parameters if reading else (name,)
        if not any(name == one or name.startswith(f"{one}.") for one in declared):
            undeclared.add((reading[-1], name))
        return values(facts, name, act)

    def judge(rule: Rule) -> Callable[[Facts, str], list[Outcome]]:
        def judged(facts: Facts, subject: str) -> list[Outcome]:
            reading.append(rule.id)
            try:
                return list(rule.judge(facts, subject))
            finally:
                reading.pop()

        return judged

    monkeypatch.setattr(Facts, "values", watched)
    for name, rule in RULES.items():
        monkeypatch.setitem(RULES, name, replace(rule, judge=judge(rule)))
    for story, as_of in {
        one[1]: one[2] for one in STORIES if one[0] in ("S2", "S4", "S5 national", "S6", "S7", "S8 township", "S10")
    }.items():
        story().judge(as_of=as_of)
    assert undeclared == set()
