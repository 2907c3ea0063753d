"""Whether a policy asks for a rule. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, cast

from chainlog.authority.parameters import CATALOGUE, Parameter, find_parameter
from chainlog.event.catalogue import KINDS
from chainlog.event.types import FORM, LEVELS
from chainlog.rules.declared import all_rules
from chainlog.rules.finding import SEVERITIES, Severity
from chainlog.rules.rule import Rule

WITHOUT: Final = "rules.without"
_SEVERITY: Final = "severity."
_STRICT: Final = "strict."
# Read where events are drafted, and by the rules on the use of archives, whose names hold those of the series.
_READ_ELSEWHERE: Final = ("sign.", "seal.", "series.", WITHOUT)
_NEAR_MAX: Final = 3


class Asked(NamedTuple):
    """
    What a policy says of a rule. missing: parameters that the rule needs and the policy lacks. without: whether the policy
    switches it off. severity: as the policy states it, else the rule's own; a breach may still have another.
    """

    rule: Rule
    missing: tuple[str, ...]
    without: bool
    severity: str

    @property
    def is_asked(self) -> bool:
        """Whether it is judged at all."""
        return not self.missing and not self.without


def is_asked(rule: Rule, parameters: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a policy with these parameters asks for a rule."""
    return parameters.keys() >= rule.needed and rule.id not in parameters.get(WITHOUT, ())


def asked_by(parameters: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The ids of all rules that a policy with these parameters asks for."""
    return _asked_by(frozenset(parameters), parameters.get(WITHOUT, ()))


@lru_cache(maxsize=64)
def _asked_by(names: frozenset[str], without: tuple[str, ...]) -> frozenset[str]:
    return frozenset(rule.id for rule in all_rules() if rule.needed <= names and rule.id not in without)


def stated_severity(rule: Rule, parameters: Mapping[str, tuple[str, ...]]) -> Severity | None:
    """The severity that a policy gives a rule, None if it leaves that to the rule."""
    found = parameters.get(_SEVERITY + rule.id, ())
    # A later release may know others, which this one can't weigh.
    return cast("Severity", found[0]) if found and found[0] in SEVERITIES else None


def asked(rule: Rule, parameters: Mapping[str, tuple[str, ...]]) -> Asked:
    """What the policy with these parameters says of a rule."""
    return Asked(
        rule,
        tuple(name for name in rule.needs if name not in parameters),
        rule.id in parameters.get(WITHOUT, ()),
        stated_severity(rule, parameters) or rule.severity,
    )


def readers(name: str) -> list[str]:
    """Ids of the rules that read a parameter, in their order; `places.read.绝密` is read where `places.read` is."""
    if name.startswith((_STRICT, _SEVERITY)):
        return [name.partition(".")[2]]
    return [
        rule.id for rule in all_rules() if any(name == one or name.startswith(f"{one}.") for one in rule.parameters)
    ]


def readers_of_family(family: Parameter) -> list[str]:
    """Ids of the rules that read any parameter of a family of the catalogue, in their order."""
    return [
        rule.id
        for rule in all_rules()
        if any(find_parameter(one) is family or family.names.startswith(f"{one}.<") for one in rule.parameters)
    ]


def unread(parameters: Iterable[str]) -> list[str]:
    """Those of a policy's parameters that nothing reads: their names fit a family, and are misspelt or a later release's."""
    return [name for name in parameters if not name.startswith(_READ_ELSEWHERE) and not readers(name)]


def parameters_near(name: str) -> list[str]:
    """Names of parameters that something reads and that look like *name*, the likeliest first, a few at most."""
    return difflib.get_close_matches(name, _readable(), n=_NEAR_MAX, cutoff=0.7)


def rules_of_chapters(ids: Iterable[str]) -> list[str]:
    """The rules of the chapters that these ids name, of which some may be no rules."""
    chapters = {one.partition("-")[0] for one in ids}
    return [rule.id for rule in all_rules() if rule.chapter in chapters]


def _readable() -> list[str]:
    """Every parameter that rules read by its full name, and those of the families whose names are few."""
    rules = all_rules()
    parts = {
        "<level>": LEVELS, "<form>": FORM.values, "<kind>": KINDS, "<rule>": [rule.id for rule in rules],
    }  # fmt: skip
    found = {one: None for rule in rules for one in rule.parameters if find_parameter(one)}
    for family in CATALOGUE:
        plain = family.names.partition("[")[0]
        mark = next((mark for mark in parts if plain.endswith(mark)), None)
        if mark is not None:
            found |= {plain.replace(mark, part): None for part in parts[mark]}
        elif "<" not in plain:
            found[plain] = None
    return list(found)
