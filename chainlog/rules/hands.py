"""Hand-overs as several chapters read them: where an act is judged, whose hands a carrier is in, who keeps it. Pure over `Facts`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.finding import Severity
from chainlog.rules.placing import judged_at

# The carrier is in the hands of somebody who reads it, and goes back to its keeper.
READING: Final = frozenset({"in_circulation", "held"})
# Reasons of a hand-over that give a thing to another who uses it; the others give a whole stock to another keeper.
PASSING: Final = frozenset({"passing_on", "interdepartmental"})
_MAKING: Final = frozenset({"copied.made", "created.produced"})
# Ways by which paper goes off without its bearer.
POSTED: Final = frozenset({"confidential_post", "confidential_traffic", "ordinary_post", "courier", "freight"})
# Ways by which paper goes into the hands of those who come for it, or are called on.
ON_FOOT: Final = frozenset({"by_hand", "exchange", "meeting"})


def judged(facts: Facts, subject: str, *kinds: str) -> Iterator[Act]:
    """The acts of some kinds that are judged at *subject*, a carrier or else a document; oldest first."""
    for act in facts.of(subject, *kinds):
        if judged_at(act, "cd") == subject:
            yield act


def is_first_alike(act: Act, carrier: str, alike: Callable[[str], bool]) -> bool:
    """Whether no carrier before *carrier* in an act is *alike*: what is wrong with several in the same way is found once."""
    for other in act.carriers:
        if other == carrier:
            return True
        if alike(other):
            return False
    return False


def is_first_of_document(facts: Facts, act: Act, carrier: str) -> bool:
    """Whether *carrier* is the first copy of its document in an act."""
    document = facts.document_of(carrier)
    return is_first_alike(act, carrier, lambda other: facts.document_of(other) == document)


def persons(act: Act, role: str) -> list[str]:
    """The persons of the registry named in a role, whether they signed or not; names that a ledger only states are left out."""
    return [person for named, person, _ in act.people if named == role]


def signed_on_paper(facts: Facts, act: Act, role: str) -> bool:
    """Whether all who are named in a role are of other units, where they have no key, and the slip that they signed is attached."""
    named = persons(act, role)
    return (
        bool(act.body.attachments) and bool(named) and all(facts.is_insider(p, act.moment_us) is False for p in named)
    )


def level_of(facts: Facts, act: Act) -> str:
    """The highest level of what an act is about, as known right after it; empty if none is known."""
    return levels.highest(facts.level(one, act) for one in (*act.carriers, *act.with_prefix("d")))


def is_open(facts: Facts, act: Act) -> bool:
    """Whether an act is about nothing but what is known to be open (无密): what regulations ask for secret papers isn't asked there."""
    named = act.carriers or act.with_prefix("d")
    return bool(named) and all(facts.level(one, act) == "无密" for one in named)


def graver(level: str) -> Severity | None:
    """`critical` for 绝密, else what the rule says: for rules that weigh more there."""
    return "critical" if level == "绝密" else None


def is_keeper(facts: Facts, person: str, act: Act) -> bool:
    """Whether a person kept the office's carriers when an act happened: whoever may circulate them, or shares their custody."""
    posts = {*facts.values("posts.circulate", act), *facts.values("custody.office", act)}
    return bool(posts) and facts.has_post(person, posts, act.moment_us)


def share_office(facts: Facts, one: str, other: str, act: Act) -> bool:
    """
    Whether two persons kept the carriers of one office (`custody.office`): over the same unit, or one above the other's.

    The own unit is above all of its sections, whether these say so or not.
    """
    posts = facts.values("custody.office", act)
    if not posts:
        return False
    over = [
        {post.over for post in known.posts(at_us=act.moment_us, index=facts.last) if post.post in posts}
        for known in (facts.person(one), facts.person(other))
        if known is not None
    ]
    return len(over) == 2 and any(_meet(facts, a, b, act.moment_us) for a in over[0] for b in over[1])


def _meet(facts: Facts, one: str, other: str, at_us: int) -> bool:
    if one[0] != "u" or other[0] != "u" or facts.own_unit in (one, other):
        return True
    return one in facts.above(other, at_us) or other in facts.above(one, at_us)


def is_ours(facts: Facts, person: str, at_us: int) -> bool:
    """Whether a person certainly belongs to the unit: declared so, or holding a post without being declared elsewhere."""
    insider = facts.is_insider(person, at_us)
    if insider is not None:
        return insider
    known = facts.person(person)
    return known is not None and bool(known.posts(at_us=at_us, index=facts.last))


def began(facts: Facts, carrier: str, act: Act) -> Act | None:
    """The act that gave a carrier to who had it right before *act*."""
    state = facts.before(carrier, act)
    return None if state is None or state.since_index is None else facts.at(state.since_index)


def given_by(facts: Facts, carrier: str, act: Act) -> Act:
    """The act that says who has a carrier after *act*: putting it away changes nobody's charge, so then one before."""
    if act.kind != "transferred.store":
        return act
    before = [row.from_index for row in facts.intervals(carrier) if row.from_index < act.index]
    found = (facts.at(index) for index in reversed(before))
    return next((one for one in found if one is not None and one.kind != "transferred.store"), act)


def is_maker(facts: Facts, carrier: str, person: str, act: Act) -> bool:
    """Whether a person made the carrier and nobody else has had it since: what comes off the machine is in the maker's hands."""
    first = began(facts, carrier, act)
    return first is not None and first.kind in _MAKING and person in first.named("operator")


def belongs(facts: Facts, person: str, unit: str, at_us: int) -> bool | None:
    """Whether a person belonged to a unit or one below it, or held a post over it; None if nothing is known of that."""
    known = facts.person(person)
    if known is None:
        return None
    posts = known.posts(at_us=at_us, index=facts.last)
    if any(post.over == unit for post in posts):
        return True
    own = known.unit(at_us=at_us)
    if own is None:
        return None
    return unit in facts.above(own, at_us)


def evidence(*acts: Act | None) -> tuple[int, ...]:
    """Indexes of acts, ascending, each once."""
    return tuple(sorted({act.index for act in acts if act is not None}))
