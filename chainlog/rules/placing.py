"""Where an act is judged, so that it is found once, however many subjects it names. Pure."""

from __future__ import annotations

from typing import Final

from chainlog.rules.acts import Act

EVERYWHERE: Final = "lcdiuwps"
"""Prefixes of all subjects at which `judged_at` may place an act."""


def judged_at(act: Act, prefixes: str = EVERYWHERE) -> str:
    """
    The one subject at which an act is judged: the first with the first of *prefixes* that it names any of; empty without one.

    `c` stands for the carriers that it is about, without those that it only uses.
    """
    for prefix in prefixes:
        if prefix == "c":
            if act.carriers:
                return act.carriers[0]
            continue
        for subject in act.subjects:
            if subject[0] == prefix:
                return subject
    return ""


def names_zh(subjects: list[str]) -> str:
    """The first few of many names in a Chinese message, with their number where some are left out."""
    shown = "、".join(subjects[:_SHOWN])
    return shown if len(subjects) <= _SHOWN else f"{shown} 等{len(subjects)}项"


def names_en(subjects: list[str]) -> str:
    """The same in an English one."""
    shown = ", ".join(subjects[:_SHOWN])
    return shown if len(subjects) <= _SHOWN else f"{shown} and {len(subjects) - _SHOWN} more"


_SHOWN: Final = 5


def number_en(count: int, noun: str) -> str:
    """`1 carrier`, `2 copies`."""
    if count == 1:
        return f"1 {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("y") else f"{count} {noun}s"
