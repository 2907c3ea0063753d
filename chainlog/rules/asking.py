"""Whether a policy asks for a rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, cast

from chainlog.authority.parameters import Parameter, find_parameter
from chainlog.rules.declared import all_rules
from chainlog.rules.finding import SEVERITIES, Severity
from chainlog.rules.rule import Rule

WITHOUT: Final = "rules.without"
_SEVERITY: Final = "severity."
_STRICT: Final = "strict."


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
    return rule.id not in parameters.get(WITHOUT, ()) and all(name in parameters for name in rule.needs)


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
