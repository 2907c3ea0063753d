"""The chapters of the rules: importing this module declares every rule. One line a chapter."""

from __future__ import annotations

from chainlog.rules.chapter_names import place_of
from chainlog.rules.chapters import (
    archiving,
    borrowing,
    borrowing_duties,
    circulation,
    classification,
    classification_levels,
    clearing,
    computers,
    copying,
    copying_duties,
    corrections,
    declassification,
    destruction,
    destruction_duties,
    handover,
    inventory,
    issuing,
    knowledge,
    leaks,
    making,
    marking,
    media,
    meetings,
    numbering,
    personnel,
    publication,
    reading,
    receiving,
    records,
    storage,
    taking_out,
    transfer,
)
from chainlog.rules.rule import RULES, Rule

CHAPTERS = (
    classification,
    classification_levels,
    marking,
    numbering,
    making,
    receiving,
    issuing,
    transfer,
    circulation,
    knowledge,
    reading,
    borrowing,
    borrowing_duties,
    copying,
    copying_duties,
    taking_out,
    storage,
    media,
    computers,
    inventory,
    clearing,
    handover,
    personnel,
    destruction,
    destruction_duties,
    declassification,
    archiving,
    leaks,
    records,
    publication,
    meetings,
    corrections,
)


def all_rules() -> list[Rule]:
    """Every rule, in the order of the chapters."""
    return sorted(RULES.values(), key=lambda rule: place_of(rule.id))
