"""
One thing done wrong in a lawful life: each fault changes one place of it, and names the rule that owns the place.

A fault is offered the steps of a life and gives them back changed, or None where the life has no such place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

from chainlog.rules.finding import Finding
from tests.lawful import Step, Told, duties, lawful_office
from tests.lawful_lives import live

Steps = list[Step]
Change = Callable[[Steps], "Steps | None"]


class Fault(NamedTuple):
    """
    kind: of the lives that it happens in. rule: that has to find it. profile: whose regulation asks for it.

    also: rules that speak of what follows from it on other records, each for a reason.
    """

    name: str
    kind: str
    rule: str
    change: Change
    profile: str = "township"
    also: frozenset[str] = frozenset()


# --- ways to change a life ---------------------------------------------------------------------------------------


def place(steps: Sequence[Step], what: str, *, last: bool = False) -> int | None:
    """The first or last step whose name is *what*, or *what* and a number."""
    found = [n for n, step in enumerate(steps) if step.what == what or step.what.rstrip("0123456789") == what]
    return (found[-1] if last else found[0]) if found else None


def edit(what: str, change: Callable[[Step], Step | None], *, absent: str = "") -> Change:
    """One step changed, in a life that has no step *absent*."""

    def changed(steps: Steps) -> Steps | None:
        at = place(steps, what)
        if at is None or (absent and place(steps, absent) is not None):
            return None
        new = change(steps[at])
        return None if new is None else [*steps[:at], new, *steps[at + 1 :]]

    return changed


def each(start: str, change: Callable[[Step], Step]) -> Change:
    """The steps of one act that is told in several, changed alike."""

    def changed(steps: Steps) -> Steps | None:
        new = [change(step) if step.what.startswith(start) else step for step in steps]
        return None if new == steps else new

    return changed


def drop(*names: str) -> Change:
    """Steps left out: the first one, and of the others those that follow from it; nobody refers to them any longer."""

    def changed(steps: Steps) -> Steps | None:
        places = [place(steps, name) for name in names]
        if places[0] is None:
            return None
        gone = {steps[at].id for at in places if at is not None} - {""}
        kept = [step for n, step in enumerate(steps) if n not in places]
        return [replace(step, refs=tuple(ref for ref in step.refs if ref not in gone)) for step in kept]

    return changed


def stop(what: str) -> Change:
    """Nothing more happens after a step, the last of its name."""

    def changed(steps: Steps) -> Steps | None:
        at = place(steps, what, last=True)
        return None if at is None else steps[: at + 1]

    return changed


def insert(what: str, make: Callable[[Step], Step], *, last: bool = False) -> Change:
    """One step more, a minute after another."""

    def changed(steps: Steps) -> Steps | None:
        at = place(steps, what, last=last)
        return None if at is None else [*steps[: at + 1], make(steps[at]), *steps[at + 1 :]]

    return changed


def both(*changes: Change) -> Change:
    """Several changes, which make one fault."""

    def changed(steps: Steps) -> Steps | None:
        for change in changes:
            new = change(steps)
            if new is None:
                return None
            steps = new
        return steps

    return changed


def first_out(steps: Sequence[Step]) -> int | None:
    """Where a copy first goes to a reader in circulation."""
    return next((n for n, step in enumerate(steps) if step.what.startswith("out") and " " in step.what), None)


def out(change: Callable[[Step], Step]) -> Change:
    """The first hand-out of a circulation changed."""

    def changed(steps: Steps) -> Steps | None:
        at = first_out(steps)
        return None if at is None else [*steps[:at], change(steps[at]), *steps[at + 1 :]]

    return changed


def back(change: Callable[[Step, Sequence[Step]], Step | None]) -> Change:
    """The return of that hand-out changed; it stands right after it."""

    def changed(steps: Steps) -> Steps | None:
        at = first_out(steps)
        new = None if at is None else change(steps[at + 1], steps)
        return None if at is None or new is None else [*steps[: at + 1], new, *steps[at + 2 :]]

    return changed


def one_more(steps: Sequence[Step]) -> list[str]:
    """The readers, in the order of the instruction."""
    return [person[2:] for person in steps[place(steps, "route") or 0].fields["recipients"]]


def but(**changes: Any) -> Callable[[Step], Step]:
    return lambda step: step.but(**changes)


def by(**persons: Any) -> Callable[[Step], Step]:
    return lambda step: step.by(**persons)


def unsigned(role: str) -> Callable[[Step], Step]:
    """Somebody named in a role doesn't sign."""

    def change(step: Step) -> Step:
        named = step.who[role]
        return replace(step, unsigned=tuple([named] if isinstance(named, str) else named[-1:]))

    return change


def stated(**changes: Any) -> Callable[[Step], Step]:
    """Other fields in the `document` of a registration."""

    def change(step: Step) -> Step:
        document = {**step.fields["document"], **changes}
        return step.but(document={name: value for name, value in document.items() if value is not None})

    return change


def after(step: Step, kind: str, on: Sequence[str], who: dict[str, Any], **fields: Any) -> Step:
    """A step of its own a minute later."""
    return Step(f"{step.what} 又", step.at + timedelta(minutes=1), kind, tuple(on), who, fields)


def fewer(step: Step) -> Step | None:
    """A permit of one less."""
    count = step.fields.get("count", 0)
    return step.but(count=count - 1) if count > 1 else None


def near(anchor: str, what: str, change: Callable[[Step], Step | None]) -> Change:
    """The step *what* of the same act as the first *anchor*: with the same number."""

    def changed(steps: Steps) -> Steps | None:
        at = place(steps, anchor)
        if at is None:
            return None
        number = steps[at].what[len(anchor) :]
        return edit(f"{what}{number}", change)(steps)

    return changed


def without(anchor: str, what: str) -> Change:
    """The step *what* of the same act as the first *anchor* left out."""

    def changed(steps: Steps) -> Steps | None:
        at = place(steps, anchor)
        return None if at is None else drop(f"{what}{steps[at].what[len(anchor) :]}")(steps)

    return changed


def of(*codes: str) -> frozenset[str]:
    return frozenset(codes)


# --- faults told ---------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    """A fault in one life. touched: names of the steps that were changed or added."""

    fault: Fault
    life: str
    touched: tuple[str, ...]


class Faulty(NamedTuple):
    """An office in which each life has one fault."""

    told: Told
    cases: list[Case]

    def of_case(self, case: Case, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that rest on a record of a case, or name it."""
        return [one for one in findings if self._concerns(one, case.life)]

    def _concerns(self, one: Finding, life: str) -> bool:
        name = one.subject.partition("/")[2]
        # 收1 is no part of 收10.
        named = name.startswith(life) and not name[len(life) :][:1].isdigit()
        return named or any(self.told.owner.get(index) == life for index in one.evidence)

    def missed(self, findings: Sequence[Finding]) -> list[str]:
        """The faults that the rule which owns them has not found."""
        return [
            f"{case.fault.name}: {case.fault.rule} in {case.life}"
            for case in self.cases
            if not any(one.code == case.fault.rule for one in self.of_case(case, findings))
        ]

    def strays(self, findings: Sequence[Finding]) -> list[str]:
        """Findings that rest neither on what was changed, nor on anything that the owning rule rests on, nor follow from it."""
        accounted: set[tuple[Any, ...]] = set()
        for case in self.cases:
            mine = self.of_case(case, findings)
            touched = {self.told.steps[case.life, what] for what in case.touched}
            touched |= {index for one in mine if one.code == case.fault.rule for index in one.evidence}
            accounted |= {
                _key(one) for one in mine
                if one.code in (case.fault.rule, *case.fault.also) or touched.intersection(one.evidence)
            }  # fmt: skip
        names = {index: f"{life}:{what}" for (life, what), index in self.told.steps.items()}
        return [
            f"{one.code} {one.subject} {one.message_zh} ← {[names.get(index, index) for index in one.evidence]}"
            for one in findings
            if _key(one) not in accounted
        ]


def _key(one: Finding) -> tuple[Any, ...]:
    return one.code, one.subject, one.evidence, one.message_zh


TRIES = 3_000


def commit(faults: Iterable[Fault], profile: str, seed: int) -> Faulty:
    """
    An office under a profile where each of *faults* happens once, in a life drawn for it.

    Raises: AssertionError if no life has a place for a fault: then it would never be tried.
    """
    rng, cases, lives = Random(seed), [], []
    numbers: Counter[str] = Counter()
    for fault in faults:
        numbers[fault.kind] += 1
        for _ in range(TRIES):
            life = live(fault.kind, numbers[fault.kind], rng.getrandbits(32), profile)
            steps = fault.change(life.steps)
            if steps is not None:
                break
        else:
            raise AssertionError(f"no life has a place for: {fault.name}")
        before = {step.what: step for step in life.steps}
        cases.append(Case(fault, life.name, tuple(step.what for step in steps if before.get(step.what) != step)))
        lives.append((life.name, steps))
    return Faulty(Told(lawful_office(profile), [*lives, ("", duties(profile))]), cases)
