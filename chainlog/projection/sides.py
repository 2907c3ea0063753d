"""Who gave, who took over, and how well that is attested. Pure.

A hand-over has two sides. Its evidence (证据) is *both* if each side signed, by different persons, *one* if one did, else
*none*. An act with one side (storing, entering, finding) is *both* if the person who has the carrier after it signed it,
*one* if only others did. A destruction is *both* if two or more supervisors are named and all of them signed. What was
imported from a ledger, and stock at the opening, is never better than *one*. Signatures count as named in the event:
a log admits no record whose named signatures are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

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


# The same few people hand things to each other day after day.
_REMEMBERED: Final = 4_096


@lru_cache(maxsize=_REMEMBERED)
def evidence_of(kind: str, people: tuple[Person, ...], *, holder: str, phase: str, imported: bool) -> int:
    """
    How well an act is attested. Remembered: it depends on nothing but what it is given.

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
        found = _one_side(people, holder)
    return min(found, ONE) if imported or kind in _AT_MOST_ONE else found


def parties(people: Sequence[Person], *, imported: bool) -> tuple[str, int, bool]:
    """
    (receiver, evidence, whether nobody else is named) of plain giving and receiving: the common case, in one pass.

    Of several receivers the first counts as such.
    """
    if len(people) == 2 and people[0][0] == "giver" and people[1][0] == "receiver":
        (_, giver, gave), (_, receiver, took) = people
        if gave and took and giver != receiver and not imported:
            return receiver, BOTH, True
        return receiver, ONE if gave or took else NONE, True
    receiver = signed_giver = signed_receiver = ""
    alone = True
    for role, person, signs in people:
        if role == "receiver":
            alone = alone and not receiver
            receiver = receiver or person
            if signs:
                signed_receiver = person
        elif role == "giver":
            if signs:
                signed_giver = person
        else:
            alone = False
    if not (signed_giver and signed_receiver):
        return receiver, ONE if signed_giver or signed_receiver else NONE, alone
    evidence = BOTH
    if signed_giver == signed_receiver:
        evidence = _two_sides(people, frozenset({"giver"}), frozenset({"receiver"}))
    return receiver, ONE if imported else evidence, alone


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


def _one_side(people: Sequence[Person], holder: str) -> int:
    signed = {person for _, person, signs in people if signs}
    if not signed:
        return NONE
    return BOTH if not holder or holder in signed else ONE


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
