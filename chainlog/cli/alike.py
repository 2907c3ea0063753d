"""Findings and matters that say the same of many carriers, put together for people to read. Pure.

A register on paper has one fault on each of its rows; a report that says it for each hides what else is in it. Programs get each
finding by itself (`--json`, the spreadsheet).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from chainlog.rules.finding import Finding
    from chainlog.rules.incidents import Incident

ALIKE_MIN: Final = 4
"""So many that differ in nothing but whom they concern stand together; fewer stand by themselves."""

ANY: Final = "…"
"""Stands for the subject in what is said of many."""

T = TypeVar("T")


def alike(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Groups of findings that differ in nothing but their subject, records and times, each in the place of its first; else one each."""
    return _grouped(findings, _said)


def alike_matters(matters: Iterable[Incident]) -> list[list[Incident]]:
    """The same of matters, where each of their findings is alike."""
    return _grouped(matters, lambda matter: tuple(map(_said, matter.findings)))


def message_of_many(one: Finding) -> tuple[str, str]:
    """What is wrong, in Chinese and English, without the subject."""
    return one.message_zh.replace(one.subject, ANY), one.message_en.replace(one.subject, ANY)


def _said(one: Finding) -> tuple[object, ...]:
    parameters = tuple((name, str(value)) for name, value in one.parameters.items())
    kind = one.subject[:2]
    return one.severity, one.code, one.state, one.grade, one.article, kind, parameters, *message_of_many(one)


def _grouped(ones: Iterable[T], said: Callable[[T], tuple[object, ...]]) -> list[list[T]]:
    groups: dict[tuple[object, ...], list[tuple[int, T]]] = {}
    for place, one in enumerate(ones):
        groups.setdefault(said(one), []).append((place, one))
    found: list[list[tuple[int, T]]] = []
    for group in groups.values():
        found += [group] if len(group) >= ALIKE_MIN else [[one] for one in group]
    return [[one for _, one in group] for group in sorted(found, key=lambda group: group[0][0])]
