"""What kind of thing a carrier is, and whether a unit is another one. Pure over `Facts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chainlog.projection import levels

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
_OWN_TYPES: Final = frozenset({"own", "section"})
_PARENTS_MAX: Final = 16


def is_classified(level: str) -> bool:
    """Whether a level is one of the three of state secrets."""
    return levels.rank(level) >= _CLASSIFIED


def is_outside(facts: Facts, unit: str, at_us: int) -> bool:
    """Whether a unit is neither the log's own nor a section of it. A unit that isn't declared is another one."""
    for _ in range(_PARENTS_MAX):
        if unit == facts.own_unit:
            return False
        declared: Any = facts.unit(unit, at_us)
        if declared is None:
            return True
        if declared.type in _OWN_TYPES:
            return False
        if not declared.parent:
            return True
        unit = declared.parent
    return True


def may_be_above(facts: Facts, unit: str, other: str, at_us: int) -> bool:
    """Whether a unit is declared above another, or may be: of two that are both superior to ours the order isn't always declared."""
    if other in _parents(facts, unit, at_us):
        return False
    if unit in _parents(facts, other, at_us):
        return True
    declared: Any = facts.unit(unit, at_us)
    below: Any = facts.unit(other, at_us)
    if unit == facts.own_unit:
        return below is not None and below.type == "subordinate"
    return declared is not None and declared.type == "superior"


def _parents(facts: Facts, unit: str, at_us: int) -> list[str]:
    """The units above one, as declared, the nearest first."""
    found: list[str] = []
    while len(found) < _PARENTS_MAX:
        declared: Any = facts.unit(unit, at_us)
        if declared is None or not declared.parent:
            break
        found.append(unit := declared.parent)
    return found


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


def is_designated_point(facts: Facts, deed: Act) -> bool:
    """
    Whether a destruction was done at a designated place or unit, or on an own certified device.

    True where the policy doesn't say which places are designated (`places.destroy`).
    """
    types = facts.values("places.destroy", deed)
    place, unit = deed.body.place, deed.body.unit
    if not types or isinstance(deed.body.device, int):
        return True
    if place and facts.place_type(place, deed.moment_us) in types:
        return True
    return bool(unit) and facts.is_designated(unit, "destroy", deed.moment_us)
