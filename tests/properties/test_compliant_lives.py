"""
Under every shipped profile: lawful lives break no rule, at their end and on the way; one fault in a life is found by the rule
that owns it, and nothing is found besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import islice
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from chainlog.rules import asking
from chainlog.rules.declared import all_rules
from chainlog.rules.finding import Finding
from chainlog.rules.rule import RULES, Breach
from tests import unlawful_more, unlawful_papers, unlawful_things
from tests.lawful import Step, Told, duties, lawful_office
from tests.lawful_lives import KINDS, LIMITED, live
from tests.profile import DEEP
from tests.unlawful import Fault, Faulty, commit

PROFILES = ("township", "university", "coop", "npc_office", "national", "strict", "changing")
FAULTS: list[Fault] = [*unlawful_papers.FAULTS, *unlawful_things.FAULTS, *unlawful_more.FAULTS]
# Rules that own no fault, each with the reason. One that does own a fault may not stand here, so this can only shrink.
OWNERLESS: dict[str, str] = {}
SEEDS = range(1, 41 if DEEP else 2)
SEEDED = st.integers(0, 2**32 - 1)
# Papers have the most ways to live.
LIVES = st.lists(
    st.tuples(st.sampled_from("收收收收收收" + "".join(KINDS)), SEEDED),
    min_size=8,
    max_size=60 if DEEP else 20,
)


def told_lives(profile: str, drawn: Sequence[tuple[str, int]]) -> Told:
    """Lives in one office; no more of a kind than there can be."""
    lives, numbers = [], dict.fromkeys(KINDS, 0)
    for number, (kind, seed) in enumerate(drawn, 1):
        numbers[kind] += 1
        if numbers[kind] <= LIMITED.get(kind, number):
            life = live(kind, numbers[kind] if kind in LIMITED else number, seed, profile)
            lives.append((life.name, life.steps))
    return Told(lawful_office(profile), [*lives, ("", duties(profile))])


def waits(finding: str, profile: str) -> bool:
    """Whether a finding only says that something is still to come. The co-op names no term for the receipt of what is posted."""
    return profile == "coop" and finding.startswith("NUM-3 ") and "发文缺签收" in finding


@pytest.mark.parametrize("profile", PROFILES)
# Not shrunk, which takes minutes: a line that fails names its life and the steps.
@settings(max_examples=100 if DEEP else 2, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(drawn=LIVES, moments=st.lists(st.floats(0, 1), max_size=6 if DEEP else 1))
def test_lawful_lives_break_no_rule(profile: str, drawn: list[tuple[str, int]], moments: list[float]):
    told = told_lives(profile, drawn)
    assert told.lines() == []
    times = sorted({step.at for _, steps in told.lives for step in steps})
    for moment in moments:
        at = times[round(moment * (len(times) - 1))] + timedelta(minutes=1)
        assert [line for line in told.lines(f"{at:%Y-%m-%d %H:%M}") if not waits(line, profile)] == []


@cache
def faulty(profile: str, seed: int) -> tuple[Faulty, tuple[Finding, ...]]:
    """An office with all faults that a profile is asked for, and what is found in it."""
    office = commit([fault for fault in FAULTS if fault.profile == profile], profile, seed)
    return office, office.told.findings()


def test_the_faults_are_many_and_of_known_rules():
    assert len({fault.name + fault.kind for fault in FAULTS}) == len(FAULTS) >= 40
    assert {fault.rule for fault in FAULTS} <= set(RULES)
    assert len({fault.rule for fault in FAULTS}) >= 60


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("profile", sorted({fault.profile for fault in FAULTS}))
def test_every_fault_is_found_by_its_rule_and_nothing_else_is_found(profile: str, seed: int):
    office, findings = faulty(profile, seed)
    assert office.missed(findings) == []
    assert office.strays(findings) == []


@pytest.mark.parametrize(
    "chosen", [("DES-3", "CIR-1", "OUT-2"), ("RCV-1", "MAK-4", "MED-6"), ("KNW-2", "NUM-1", "HND-1")]
)
def test_without_a_rule_its_faults_go_unfound(chosen: tuple[str, ...], monkeypatch: pytest.MonkeyPatch):
    """The positive control: the harness misses exactly what the rules that are taken away own."""
    office, findings = faulty("township", 1)
    for rule in chosen:
        monkeypatch.setitem(RULES, rule, replace(RULES[rule], judge=lambda facts, subject: iter(())))
    owned = [case for case in office.cases if case.fault.rule in chosen]
    assert owned
    subjects = {one.subject for case in owned for one in office.of_case(case, findings)}
    left = office.told.office.judge(subjects=subjects).findings
    kept = [one for one in findings if one.subject not in subjects]
    assert len(office.missed([*kept, *left])) == len(owned)


def test_a_rule_that_finds_too_much_is_noticed(monkeypatch: pytest.MonkeyPatch):
    """The positive control of the other kind: a rule that objects to every cabinet is wrong in lawful and in faulty lives."""

    def object_to(facts, subject):
        return (Breach((act.index,), "入柜", "put away", act) for act in facts.of(subject, "transferred.store"))

    monkeypatch.setitem(RULES, "STO-6", replace(RULES["STO-6"], judge=object_to, of="c", on=(), needs=()))
    # What policies ask for is remembered: rules don't change while a process runs.
    monkeypatch.setattr(asking, "_asked_by", asking._asked_by.__wrapped__)
    told = told_lives("township", [("收", 1)])
    assert any(line.startswith("STO-6 ") for line in told.lines())
    office, findings = faulty("township", 1)
    more = office.told.findings("12-31 23:00", "STO-6")
    assert office.strays([*findings, *more])


# --- what the office itself leaves undone -----------------------------------------------------------------------


def without(*names: str) -> Callable[[list[Step]], list[Step]]:
    """Duties left undone."""
    return lambda steps: [step for step in steps if not step.what.startswith(names)]


def counted(change: Callable[[list[str]], list[str]]) -> Callable[[list[Step]], list[Step]]:
    """The stock-take of March found something else."""
    return told_otherwise("盘点03-28", lambda fields: {"found": change(fields["found"])})


def told_otherwise(what: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[list[Step]], list[Step]]:
    """A duty whose fields, known only when it is told, are changed."""

    def changed(step: Step) -> Step:
        def later(told: Told) -> dict[str, Any]:
            fields = dict(step.later(told))
            return {**fields, **change(fields)}

        return replace(step, later=later)

    return lambda steps: [changed(step) if step.what == what else step for step in steps]


DUTIES = [
    ("township", "INV-1", counted(lambda found: found[1:])),
    ("township", "INV-2", without("盘点03-28", "盘点04-29", "盘点06-27")),
    ("township", "INV-3", without("盘点04-29")),
    ("national", "INV-4", counted(lambda found: found[1:])),
    ("national", "INV-5", told_otherwise("统计", lambda fields: {"figures": [["收文", fields["figures"][0][1] + 1]]})),
    ("npc_office", "INV-7", without("专项06-27")),
    ("township", "RET-2", without("清退06-27")),
    ("strict", "CLS-17", without("报表")),
    ("changing", "STO-2", without("下班06-18")),
]
# What follows from a duty left undone.
ALSO = {"INV-1": {"INV-4"}, "INV-4": {"INV-1"}, "INV-2": {"INV-3"}}


@cache
def early(kind: str) -> tuple[int, ...]:
    """Seeds of four lives that begin in January."""
    drawn = ((seed, live(kind, 1, seed, "township")) for seed in range(400))
    return tuple(islice((seed for seed, life in drawn if life.steps[0].at.month == 1), 4))


def with_duties(profile: str, change: Callable[[list[Step]], list[Step]]) -> Told:
    """Papers received, and a document of one's own, from January on, and the duties of the office changed."""
    lives = [live("收", number, seed, profile) for number, seed in enumerate(early("收"), 1)]
    lives.append(live("发", 1, early("发")[0], profile))
    return Told(lawful_office(profile), [*((life.name, life.steps) for life in lives), ("", change(duties(profile)))])


@pytest.mark.parametrize(("profile", "rule", "change"), DUTIES)
def test_a_duty_left_undone_is_found(profile: str, rule: str, change: Callable[[list[Step]], list[Step]]):
    found = {one.code for one in with_duties(profile, change).findings()}
    assert rule in found
    assert found - {rule} <= ALSO.get(rule, set())


# --- what falls due in the year after ------------------------------------------------------------------------------


def unfinished(life: str, steps: Sequence[Step]) -> list[tuple[str, list[Step]]]:
    """A life whose papers are wanted back, before they go anywhere."""
    end = next(n for n, step in enumerate(steps) if step.what == "store")
    wanted = {"return_required": True, "return_due": "2025-12-31"}
    kept = [
        step.but(document={**step.fields["document"], **wanted}) if step.what == "register" else step
        for step in steps[: end + 1]
    ]
    return [(life, kept)]


NEXT_YEAR = [("university", "RET-3", "2026-01-05"), ("township", "ARC-1", "2026-07-02")]


@pytest.mark.parametrize(("profile", "rule", "as_of"), NEXT_YEAR)
def test_what_stays_into_the_next_year_is_found_then(profile: str, rule: str, as_of: str):
    drawn = (live("收", 1, seed, profile) for seed in range(400))
    life = next(one for one in drawn if any(step.what == "to_issuer" for step in one.steps))
    returned = Told(lawful_office(profile), [(life.name, life.steps), ("", duties(profile))])
    assert returned.findings(as_of, rule) == ()
    kept = Told(lawful_office(profile), [*unfinished(life.name, life.steps), ("", duties(profile))])
    assert kept.findings("2025-12-31 23:00", rule) == ()
    assert {one.code for one in kept.findings(as_of, rule)} == {rule}


def test_levels_that_nobody_reviewed_are_found_a_year_after():
    told, reviewed = (with_duties("national", change) for change in (without("检查classification"), list))
    assert reviewed.findings("2026-01-05", "CLS-10") == ()
    assert {one.code for one in told.findings("2026-01-05", "CLS-10")} == {"CLS-10"}


def test_without_a_keeper_nobody_is_responsible():
    lives = [live(kind, 1, 1, "strict") for kind in "收会"]
    told = Told(
        lawful_office("strict", keeper=False), [*((one.name, one.steps) for one in lives), ("", duties("strict"))]
    )
    assert {one.code for one in told.findings()} == {"PER-5"}


def test_every_rule_owns_a_fault_or_is_known_to_own_none():
    elsewhere = {"CLS-10", "PER-5", *(rule for _, rule, _ in DUTIES), *(rule for _, rule, _ in NEXT_YEAR)}
    owners = {fault.rule for fault in FAULTS} | elsewhere
    assert owners.isdisjoint(OWNERLESS)
    assert owners | set(OWNERLESS) == {rule.id for rule in all_rules()}
