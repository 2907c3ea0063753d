"""What rules ask of the policy that an act is judged by: the values of its parameters. Reads what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from chainlog.projection import levels
from chainlog.projection.people import People
from chainlog.rules.acts import Act
from chainlog.rules.registry_facts import RegistryFacts

PolicyOf = Callable[[Act], Mapping[str, tuple[str, ...]]]
_NO_VALUES: Final[tuple[str, ...]] = ()


class PolicyFacts(RegistryFacts):
    """
    Registry and policies as rules see them.

    Args:
        people: of the log. policy_of: the parameters that an act is judged by. last: index of the last record that is seen.
    """

    def __init__(self, people: People, policy_of: PolicyOf, *, last: int) -> None:
        super().__init__(people, last=last)
        self._policy_of = policy_of
        self._ever: dict[str, frozenset[str]] = {}

    def values(self, name: str, act: Act) -> tuple[str, ...]:
        """Values of a parameter of the policy that an act is judged by; empty if the policy doesn't have it."""
        return self._policy_of(act).get(name, _NO_VALUES)

    def ever(self, name: str) -> frozenset[str]:
        """All values that any policy gives a parameter: none means that no act is judged by it."""
        found = self._ever.get(name)
        if found is None:
            rows = (row for row in self.people.policies() if row.index <= self._last)
            values = (value for row in rows for key, some in row.parameters if key == name for value in some)
            found = self._ever[name] = frozenset(values)
        return found

    def value(self, name: str, act: Act) -> str:
        """The one value of a parameter; empty if the policy doesn't have it."""
        return next(iter(self.values(name, act)), "")

    def is_yes(self, name: str, act: Act) -> bool:
        """Whether a parameter says `yes`."""
        return self.value(name, act) == "yes"

    def specific(self, name: str, act: Act, *more: str) -> tuple[str, tuple[str, ...]]:
        """(name, values) of the most specific parameter that the policy has: `name.more`, else `name`; else (name, ())."""
        for full in (*(f"{name}.{one}" for one in more if one), name):
            if found := self.values(full, act):
                return full, found
        return name, _NO_VALUES

    def reaches(self, level: str, name: str, act: Act) -> bool:
        """Whether a level is at or above the one that a parameter names (`contact.from`); False if the policy lacks it."""
        least = self.value(name, act)
        return bool(least) and levels.rank(level) >= levels.rank(least)
