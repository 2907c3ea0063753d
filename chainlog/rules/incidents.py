"""Incidents: findings on overlapping evidence belong to one deed, which several rules forbid at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from chainlog.rules.finding import Finding, sort_key

# What is found of the opening of the log, duties of the whole office above all, has nothing in common but that.
_GENESIS: Final = 0


class Incident(NamedTuple):
    """One matter. findings: the gravest first. evidence: of all of them, ascending."""

    findings: tuple[Finding, ...]
    evidence: tuple[int, ...]

    @property
    def first(self) -> Finding:
        """The gravest one, by which the matter goes."""
        return self.findings[0]

    @property
    def is_open(self) -> bool:
        """Whether any of its findings is neither closed nor explained."""
        return any(finding.state == "open" for finding in self.findings)


def incidents(findings: Iterable[Finding]) -> list[Incident]:
    """
    Group findings that share a record of evidence, directly or through others. The record that opened the log joins nothing.

    Returns: the incident with the gravest finding first. Cost: the logarithm of their number for each finding.
    """
    found = sorted(findings, key=sort_key)
    parent = list(range(len(found)))
    owner: dict[int, int] = {}
    for number, finding in enumerate(found):
        for index in finding.evidence:
            if index != _GENESIS:
                one, other = _root(parent, owner.setdefault(index, number)), _root(parent, number)
                # The gravest of them is the one that the others hang on.
                parent[max(one, other)] = min(one, other)
    groups: dict[int, list[Finding]] = {}
    for number, finding in enumerate(found):
        groups.setdefault(_root(parent, number), []).append(finding)
    return [
        Incident(tuple(members), tuple(sorted({index for one in members for index in one.evidence})))
        for members in groups.values()
    ]


def _root(parent: list[int], number: int) -> int:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number
