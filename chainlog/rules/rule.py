"""What a rule declares, and what it may answer. Pure.

A rule is a declaration and a pure function. It judges one subject at a time, so that after one append only the subjects of
the new record need judging again. It reads acts, custody, registry, calendar and parameters through `rules.facts.Facts`; it
reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from chainlog.rules.acts import Act
from chainlog.rules.finding import Severity

if TYPE_CHECKING:
    from chainlog.rules.facts import Facts

Basis = Literal["L", "L+R", "L+T"]
"""What a rule is decided from: the log alone, with the registry, with clock and calendar."""


@dataclass(frozen=True)
class Breach:
    """
    Something was not done by the rule.

    evidence: indexes of records. zh, en: the message. act: whose time chose the policy; with *about* it tells one breach of the
    rule at a subject from another, from day to day. parameters: names of those that decided.
    severity: if it differs from the rule's own. closed: whether a later act remedied it. explained: whether a record says why.
    unfinished: whether records that are still to come may make it good without any remedy, so that none of them is refused.
    due_us: the end of the term that ran out, where it is about one. subject: whom it is about, if not the subject judged.
    """

    evidence: tuple[int, ...]
    zh: str
    en: str
    act: Act
    parameters: tuple[str, ...] = ()
    severity: Severity | None = None
    closed: bool = False
    explained: bool = False
    unfinished: bool = False
    about: str = ""
    due_us: int | None = None
    subject: str = ""


@dataclass(frozen=True)
class Due:
    """Something is to be done by *due_us*, its last microsecond. zh, en: what. act, about: as for a breach, if it comes to that."""

    due_us: int
    zh: str
    en: str
    act: Act
    about: str = ""


Outcome = Breach | Due
Judge = Callable[["Facts", str], Iterable[Outcome]]


@dataclass(frozen=True)
class Rule:
    """
    One rule.

    id: `DES-3`. zh, en: its title. article: where it stands. severity: unless a breach or the policy says otherwise.
    of: prefixes of the subjects that it judges, `cl`; `s` stands for the log and its own unit, judged once.
    reads: kinds of events that it reads; a name that ends with a point stands for its whole family. A subject without any of
    *on* in its history isn't judged, which is quicker; empty: every subject is. parameters: of the policy, those that it reads.
    needs: those without which a policy doesn't ask for it. basis: what it is decided from. judge: the function.
    """

    id: str
    zh: str
    en: str
    article: str
    severity: Severity
    of: str
    judge: Judge
    reads: tuple[str, ...] = ()
    on: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    basis: Basis = "L"

    @cached_property
    def needed(self) -> frozenset[str]:
        """`needs`, as a set."""
        return frozenset(self.needs)

    @property
    def chapter(self) -> str:
        """The letters of its id."""
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Question:
    """
    A rule that no log can decide: what an inspector has to ask or see on the spot.

    attested: whether the log can show that somebody signed a statement about it.
    """

    id: str
    zh: str
    en: str
    article: str
    attested: bool = False


RULES: dict[str, Rule] = {}
"""Every declared rule by its id; filled when the chapters are imported (`chainlog.rules.declared`)."""

QUESTIONS: dict[str, Question] = {}
"""Every declared question by its id; filled likewise."""


def rule(
    rule_id: str,
    zh: str,
    en: str,
    *,
    article: str,
    severity: Severity,
    of: str,
    on: tuple[str, ...] = (),
    reads: tuple[str, ...] = (),
    parameters: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
    basis: Basis = "L",
) -> Callable[[Judge], Judge]:
    """Declare the function below as the body of a rule. See `Rule`."""

    def declare(judge: Judge) -> Judge:
        if rule_id in RULES or rule_id in QUESTIONS:
            raise AssertionError(f"rule {rule_id} is declared twice")
        everything = tuple(dict.fromkeys((*needs, *parameters)))
        RULES[rule_id] = Rule(
            rule_id, zh, en, article, severity, of, judge, tuple(dict.fromkeys((*on, *reads))), on, everything, needs, basis
        )  # fmt: skip
        return judge

    return declare


def question(rule_id: str, zh: str, en: str, *, article: str, attested: bool = False) -> None:
    """Declare what only a person can find out."""
    if rule_id in RULES or rule_id in QUESTIONS:
        raise AssertionError(f"rule {rule_id} is declared twice")
    QUESTIONS[rule_id] = Question(rule_id, zh, en, article, attested)
