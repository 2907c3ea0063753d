"""What a rule declares, and what it is given. Pure.

A rule is a declaration and a pure function. It judges one subject at a time, so that after one append only the subjects of
the new record need judging again. It reads acts, registry and parameters through `Facts`; it reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from chainlog.rules.acts import Act, Histories
from chainlog.rules.finding import Severity


class Registry(Protocol):
    """What the registry says of persons, units and places at an instant."""

    def departed_us(self, person: str) -> tuple[int, int] | None:
        """(the last moment at which a person can have left, index of the record), or None."""

    def place_type(self, place: str, at_us: int) -> str | None:
        """The declared type of a place valid at that time, or None."""

    def unit_designated(self, unit: str, act: str, at_us: int) -> bool:
        """Whether a declared unit valid at that time is designated for an act (`destroy`)."""

    def has_post(self, person: str, posts: Iterable[str], at_us: int) -> bool:
        """Whether a person held one of the posts at that time."""

    def clearance(self, person: str, at_us: int) -> str | None:
        """The clearance of a person at that time, or None if none is on record."""


class Custodian(Protocol):
    """Who had a carrier right before a record, and how many copies of a document are accounted for."""

    def holder_before(self, carrier: str, index: int) -> str | None:
        """The person who had the carrier before the record at *index*; None if nobody or unknown."""

    def balance(self, document: str) -> tuple[int, int, tuple[int, ...]] | None:
        """(copies stated, copies accounted for, records that say so), or None where no number is stated."""


@dataclass(frozen=True)
class Facts:
    """Everything a rule may read."""

    histories: Histories
    registry: Registry
    custody: Custodian
    policy_of: Callable[[Act], Mapping[str, tuple[str, ...]]]

    @property
    def as_of_us(self) -> int:
        """The instant that is judged."""
        return self.histories.as_of_us

    def parameter(self, name: str, act: Act) -> tuple[str, ...]:
        """Values of a parameter of the policy that an act is judged by; empty if the policy hasn't it."""
        return self.policy_of(act).get(name, ())


@dataclass(frozen=True)
class Breach:
    """
    What a rule's function yields.

    evidence: indexes of records. zh, en: the message. parameters: names of those that decided. act: whose time chose the policy.
    severity: if it differs from the rule's own. closed: whether a later act remedied it. explained: whether a record says why.
    unfinished: whether records that are still to come may make it good without any remedy, so that none of them is refused.
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


Judge = Callable[[Facts, str], Iterable[Breach]]


@dataclass(frozen=True)
class Rule:
    """
    One rule.

    id: `DES-3`. zh, en: its title. article: where it stands. severity. of: prefixes of the subjects that it judges, `cl`.
    needs: parameters without which a policy doesn't ask for it. judge: the function.
    """

    id: str
    zh: str
    en: str
    article: str
    severity: Severity
    of: str
    judge: Judge
    needs: tuple[str, ...] = ()


RULES: dict[str, Rule] = {}
"""Every declared rule by its id; filled when the chapters are imported (`chainlog.rules.chapters`)."""


def rule(
    rule_id: str, zh: str, en: str, *, article: str, severity: Severity, of: str, needs: tuple[str, ...] = ()
) -> Callable[[Judge], Judge]:
    """Declare the function below as the body of a rule."""

    def declare(judge: Judge) -> Judge:
        if rule_id in RULES:
            raise AssertionError(f"rule {rule_id} is declared twice")
        RULES[rule_id] = Rule(rule_id, zh, en, article, severity, of, judge, needs)
        return judge

    return declare
