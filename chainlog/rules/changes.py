"""Changes of level, and who has to be told of them, as the chapter on them reads them. Pure over `Facts`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from chainlog.rules.decisions import Decision, decisions
from chainlog.rules.placing import judged_at

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts

RECLASSIFY: Final = "decided.reclassify"
_AWAY: Final = ("issued_out", "in_transit")


def own_changes(facts: Facts, subject: str) -> Iterator[tuple[Decision, Act]]:
    """
    The decisions of the own unit about level or term that took effect and are judged at *subject*, with the approval; those taken
    from a ledger left out: it doesn't say what was done about them.
    """
    for decision in decisions(facts.of(subject), RECLASSIFY):
        effective = decision.effective
        if effective is None or effective.imported or effective.body.by:
            continue
        if judged_at(effective, "dc") == subject:
            yield decision, effective


def units_with_copies(facts: Facts, document: str, act: Act) -> dict[str, list[str]]:
    """The units that had copies of a document when an act was done, with those copies; none where they have no numbers."""
    found: dict[str, list[str]] = {}
    for carrier in facts.copies(document):
        state = facts.after(carrier, act)
        if state is not None and state.custody_phase in _AWAY and state.unit and state.unit != facts.own_unit:
            found.setdefault(state.unit, []).append(carrier)
    for one in facts.of(document, "transferred.dispatch"):
        if one.body.copies_unnumbered and one.index < act.index and one.body.to != facts.own_unit:
            found.setdefault(one.body.to, [])
    return found


def notice(facts: Facts, document: str, carriers: list[str], unit: str, act: Act) -> Act | None:
    """The first written notice of a change that a unit, or somebody of it, got; None without."""
    notices = []
    for subject in (document, *carriers):
        for one in facts.of(subject, "notified.sent"):
            written = one.body.topic == "level_change" and one.body.channel != "phone"
            if written and act.before(one) and (one.index > act.index) and unit in _told_units(facts, one):
                notices.append(one)
    return min(notices, key=lambda one: one.moment_us, default=None)


def _told_units(facts: Facts, notice: Act) -> set[str]:
    units = set()
    for one in notice.body.to:
        person = facts.person(one) if one.startswith("p/") else None
        units.add(one if person is None else person.unit(at_us=notice.moment_us) or one)
    return units


def given_back(facts: Facts, carriers: list[str], unit: str) -> Act | None:
    """The act by which the last of a unit's copies left it; None while it has any, or where copies have no numbers."""
    last: Act | None = None
    for carrier in carriers:
        state = facts.carrier(carrier)
        if state is None or state.unit == unit or state.since_index is None:
            return None
        act = facts.at(state.since_index)
        if act is not None and (last is None or act.moment_us > last.moment_us):
            last = act
    return last


def first_of_owner(facts: Facts, act: Act, document: str) -> bool:
    """Whether no document before it in a decision is of the same unit."""
    for other in act.with_prefix("d"):
        if other == document:
            return True
        if owner_of(facts, other) == owner_of(facts, document):
            return False
    return False


def owner_of(facts: Facts, document: str) -> str:
    """The unit that classified a document, else that issues it; empty if no book says."""
    stated = facts.stated(document)
    return "" if stated is None else stated.classifier or stated.issuer
