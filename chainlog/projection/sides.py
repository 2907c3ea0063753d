"""Who gave, who took over, and how well that is attested. Pure.

A hand-over has two sides. Its evidence (证据) is *both* if each side signed, by different persons, *one* if one did, else
*none*. An act with one side (storing, entering, finding) is *both* if the person who has the carrier after it signed it,
*one* if only others did. A destruction is *both* if two or more supervisors are named and all of them signed. What was
imported from a ledger, and stock at the opening, is never better than *one*. Signatures count as named in the event:
a log admits no record whose named signatures are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from chainlog.projection.rows import BOTH, NONE, ONE

Person = tuple[str, str, int]

# The two sides, by kind; each side is any of its roles.
_TWO_SIDED: Final[dict[str, tuple[str, str]]] = {
    "created.received": ("giver", "receiver"),
    "created.produced": ("operator", "registrar"),
    "copied.made": ("operator", "registrar"),
    "transferred.circulate": ("giver", "receiver"),
    "transferred.lend": ("giver", "receiver"),
    "transferred.hold": ("giver", "receiver"),
    "transferred.take_out": ("giver", "receiver"),
    "transferred.dispatch": ("giver", "receiver"),
    "transferred.hand_over": ("giver", "receiver"),
    "transferred.repair": ("giver", "receiver"),
    "transferred.send_to_destruction": ("giver", "receiver"),
    "transferred.archive": ("giver", "receiver"),
    "returned.to_keeper": ("giver", "receiver"),
    "returned.to_issuer": ("giver", "receiver"),
}
_AT_MOST_ONE: Final = frozenset({"created.opening"})


def first_of(people: Sequence[Person], *roles: str) -> str:
    """The first person named in the first of *roles* that names anybody, or empty."""
    for role in roles:
        for named, person, _ in people:
            if named == role:
                return person
    return ""


def evidence_of(kind: str, people: Sequence[Person], *, holder: str, phase: str, imported: bool) -> int:
    """
    How well an act is attested.

    Args:
        people: with the signatures that count, those of countersignatures included.
        holder: who has the carrier after it. phase: after it; in transit, escorts stand for the receiver.
        imported: the event has a `source`.
    """
    sides = _TWO_SIDED.get(kind)
    if sides is not None:
        found = _two_sides(people, *_sides_in_transit(kind, people, sides, phase))
    elif kind == "destroyed.carriers":
        found = _supervised(people)
    else:
        found = attested(people, holder=holder, imported=imported)
    return min(found, ONE) if imported or kind in _AT_MOST_ONE else found


def attested(people: Sequence[Person], *, holder: str, imported: bool) -> int:
    """`evidence_of` an act with one side."""
    found = NONE
    for _, person, signs in people:
        if signs:
            if imported or not holder or person == holder:
                return ONE if imported else BOTH
            found = ONE
    return found


class Crew(msgspec.Struct, frozen=True, gc=False):
    """
    The people of an act, and what they make of it if it is plain giving and receiving: the common case.

    receiver: of several the first; empty without. evidence: of such an act. alone: nobody else is named.
    """

    people: tuple[Person, ...]
    receiver: str
    evidence: int
    alone: bool


def crew_of(people: tuple[Person, ...], *, imported: bool) -> Crew:
    """The crew of an act with these people, imported or not."""
    receivers = [person for role, person, _ in people if role == "receiver"]
    others = any(role not in ("giver", "receiver") for role, _, _ in people)
    evidence = _two_sides(people, frozenset({"giver"}), frozenset({"receiver"}))
    return Crew(
        people,
        receivers[0] if receivers else "",
        min(evidence, ONE) if imported else evidence,
        len(receivers) < 2 and not others,
    )


def _sides_in_transit(
    kind: str, people: Sequence[Person], sides: tuple[str, str], phase: str
) -> tuple[frozenset[str], frozenset[str]]:
    if kind == "transferred.send_to_destruction":
        if first_of(people, "receiver"):
            return frozenset({"giver", "escort"}), frozenset({"receiver"})
        return frozenset({"giver"}), frozenset({"escort"})
    if phase == "in_transit":
        return frozenset({"giver"}), frozenset({"escort"})
    return frozenset({sides[0]}), frozenset({sides[1]})


def _two_sides(people: Sequence[Person], first: frozenset[str], second: frozenset[str]) -> int:
    ones = {person for role, person, signs in people if signs and role in first}
    others = {person for role, person, signs in people if signs and role in second}
    if ones and others and len(ones | others) > 1:
        return BOTH
    return ONE if ones or others else NONE


def _supervised(people: Sequence[Person]) -> int:
    named = signed = 0
    for role, _, signs in people:
        if role == "supervisor":
            named += 1
            signed += signs > 0
    # A person stands once in a role, so the counts are of persons.
    if signed > 1 and signed == named:
        return BOTH
    return ONE if signed else NONE
