"""What kind of thing a carrier is, and whether a unit is another one. Pure over `Facts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chainlog.projection import levels
from chainlog.projection.rows import Interval
from chainlog.rules.secrecy_terms import ends_on

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts

MEDIA: Final = frozenset({"optical_disc", "floppy", "hard_disk", "usb_stick", "memory_card"})
"""Storage media: what content is stored on and carried about."""
MACHINES: Final = frozenset({"computer", "laptop", "office_machine"})
"""Computers and office machines: they are used where they stand."""

# Deleting and formatting leave what was stored to be recovered.
_IRRECOVERABLE: Final = frozenset({"erase", "overwrite", "degauss", "remove_disk"})
_CLASSIFIED: Final = levels.rank("秘密")


def is_secret(level: str) -> bool:
    """Whether a level is one of the three of state secrets."""
    return levels.rank(level) >= _CLASSIFIED


def is_outside(facts: Facts, unit: str, at_us: int) -> bool:
    """Whether a unit is neither the log's own nor a section of it. A unit that isn't declared is another one."""
    return not facts.is_own(unit, at_us)


def is_given_away(facts: Facts, row: Interval) -> bool:
    """Whether who had a carrier had it for another unit: what was handed over to one is that unit's to keep, count and file."""
    return bool(row.unit) and is_outside(facts, row.unit, row.from_us)


def may_be_above(facts: Facts, unit: str, other: str, at_us: int) -> bool:
    """Whether a unit is declared above another, or may be: of two that are both superior to ours the order isn't always declared."""
    if unit != other and other in facts.above(unit, at_us):
        return False
    if unit != other and unit in facts.above(other, at_us):
        return True
    declared: Any = facts.unit(unit, at_us)
    below: Any = facts.unit(other, at_us)
    if unit == facts.own_unit:
        return below is not None and below.type == "subordinate"
    return declared is not None and declared.type == "superior"


def level_at(facts: Facts, carrier: str, act: Act, at_us: int) -> str:
    """
    The level of a carrier at a moment after an act: as known then, unless a decision since changed it, or its document's term
    ended, which opens it by itself.
    """
    document = facts.document_of(carrier)
    named = [carrier] if document is None else [carrier, document]
    since = (one for subject in named for one in facts.of(subject, "decided.reclassify") if one.moment_us <= at_us)
    newest = max((act, *since), key=lambda one: one.index)
    level = facts.level(carrier, newest)
    if document is not None and is_secret(level):
        end = ends_on(facts, document, facts.standing(document, newest).term, newest)
        if end is not None and facts.calendar.end_of(end) < at_us:
            return "无密"
    return level


def erased_before(facts: Facts, carrier: str, act: Act) -> Act | None:
    """The last time before an act that a carrier was erased beyond recovery, with nothing stored on it since; else None."""
    found: Act | None = None
    for one in facts.of(carrier, "destroyed.contents", "copied.stored"):
        if one.index >= act.index:
            break
        if one.kind == "copied.stored":
            found = None if carrier in one.carriers else found
        elif one.body.method in _IRRECOVERABLE and one.before(act):
            found = one
    return found
