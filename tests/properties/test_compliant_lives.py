"""
Under every shipped profile: lawful lives break no rule, at their end and on the way; one fault in a life is found by the rule
that owns it, and nothing is found besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from chainlog.rules.finding import Finding
from chainlog.rules.rule import RULES, Breach
from tests import unlawful_papers, unlawful_things
from tests.lawful import LEAVERS, Step, Told, duties, lawful_office
from tests.lawful_lives import KINDS, live
from tests.profile import DEEP
from tests.unlawful import Fault, Faulty, commit

PROFILES = ("township", "university", "coop", "npc_office", "national")
FAULTS: list[Fault] = [*unlawful_papers.FAULTS, *unlawful_things.FAULTS]
SEEDS = range(1, 41 if DEEP else 2)
SEEDED = st.integers(0, 2**32 - 1)
# Papers have the most ways to live.
LIVES = st.lists(
    st.tuples(st.sampled_from("收收收收" + "".join(KINDS)), SEEDED),
    min_size=6 if DEEP else 12,
    max_size=40 if DEEP else 24,
)


def told_lives(profile: str, drawn: Sequence[tuple[str, int]]) -> Told:
    """Lives in one office; no more persons leave than there are."""
    lives, leavers = [], 0
    for number, (kind, seed) in enumerate(drawn, 1):
        leavers += kind == "员"
        if kind != "员" or leavers <= len(LEAVERS):
            life = live(kind, leavers if kind == "员" else number, seed, profile)
            lives.append((life.name, life.steps))
    return Told(lawful_office(profile), [*lives, ("", duties())])


def waits(finding: str, profile: str) -> bool:
    """Whether a finding only says that something is still to come. The co-op names no term for the receipt of what is posted."""
    return profile == "coop" and finding.startswith("NUM-3 ") and "发文缺签收" in finding


@pytest.mark.parametrize("profile", PROFILES)
# Not shrunk, which takes minutes: a line that fails names its life and the steps.
@settings(max_examples=100 if DEEP else 2, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(drawn=LIVES, moments=st.lists(st.floats(0, 1), min_size=1, max_size=6 if DEEP else 2))
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

    def changed(steps: list[Step]) -> list[Step]:
        def found(step: Step) -> Step:
            def later(where):
                fields = dict(step.later(where))
                return {**fields, "found": change(fields["found"])}

            return replace(step, later=later)

        return [found(step) if step.what == "盘点03-28" else step for step in steps]

    return changed


@pytest.mark.parametrize(
    ("profile", "rule", "change"),
    [
        ("township", "INV-1", counted(lambda found: found[1:])),
        ("township", "INV-2", without("盘点03-28", "盘点04-29", "盘点06-27")),
        ("township", "INV-3", without("盘点04-29")),
        ("township", "RET-2", without("清退06-27")),
        ("npc_office", "INV-7", without("专项06-27")),
    ],
)
def test_a_duty_left_undone_is_found(profile: str, rule: str, change: Callable[[list[Step]], list[Step]]):
    lives = [live("收", number, seed, profile) for number, seed in enumerate(EARLY, 1)]
    told = Told(lawful_office(profile), [*((life.name, life.steps) for life in lives), ("", change(duties()))])
    found = {one.code for one in told.findings()}
    assert rule in found
    assert found - {rule} <= ALSO.get(rule, set())


# Lives whose papers are in the cabinet from January on, drawn once.
EARLY = tuple(seed for seed in range(400) if live("收", 1, seed, "township").steps[0].at.month == 1)[:4]
ALSO = {"INV-1": {"INV-4"}, "INV-2": {"INV-3"}}
