"""Whether a policy asks for a rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from chainlog.authority.parameters import find_parameter
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


def asked(rule: Rule, parameters: Mapping[str, tuple[str, ...]]) -> Asked:
    """What the policy with these parameters says of a rule."""
    stated = parameters.get(_SEVERITY + rule.id, ())
    return Asked(
        rule,
        tuple(name for name in rule.needs if name not in parameters),
        rule.id in parameters.get(WITHOUT, ()),
        stated[0] if stated else rule.severity,
    )


def readers(name: str) -> list[str]:
    """
    Ids of the rules that read a parameter, in the order of their declaration; `places.read.绝密` is read where `places.read` is.

    What no rule declares by name, such as families of which the case at hand chooses one, is as the catalogue of parameters says.
    """
    if name.startswith((_STRICT, _SEVERITY)):
        return [name.partition(".")[2]]
    found = [
        rule.id for rule in _declared() if any(name == one or name.startswith(f"{one}.") for one in rule.parameters)
    ]
    parameter = find_parameter(name)
    return found or ([] if parameter is None else parameter.rules.removesuffix(" …").split())


def _declared() -> list[Rule]:
    from chainlog.rules.judge import all_rules  # noqa: PLC0415 - declares the rules, which only a listing needs

    return all_rules()
