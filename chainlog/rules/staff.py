"""Who was in post, who had left, what was in whose hands then: what several chapters ask about persons. Pure over `Facts`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from chainlog.rules.acts import Act

if TYPE_CHECKING:
    from chainlog.projection.rows import Interval
    from chainlog.rules.facts import Facts

GIVEN_UP: Final = ("leaving", "reassignment", "dissolution")
"""Reasons of a hand-over by which somebody gives up what is in his charge, for good."""


def is_in_post(facts: Facts, person: str, at_us: int) -> bool:
    """Whether a person held any post at that time. Who left holds none, until appointed again."""
    known = facts.person(person)
    return known is not None and bool(known.posts(at_us=at_us, index=facts.last))


def departures(facts: Facts, person: str) -> list[Act]:
    """The acts by which a person left, oldest first."""
    return list(facts.acts_at(person, "departed"))


def left_us(act: Act) -> int:
    """The last moment at which somebody can have left; where the time isn't known, when that was recorded."""
    return act.latest_us if act.end_us is None else act.end_us


def hand_overs(facts: Facts, person: str, *reasons: str) -> list[Act]:
    """The acts by which a person handed over carriers for good, for some reasons."""
    return [
        act
        for act in facts.of(person, "transferred.hand_over")
        if act.body.reason in reasons and person in act.named("giver")
    ]


def in_hands_at(facts: Facts, person: str, at_us: int, record: Act) -> dict[str, Interval]:
    """
    The carriers that a person had at that time, as is known now; each with the interval in which that was.

    Args:
        record: what brought the question up; what the person had right after it, or has now, is looked at.
    """
    candidates = {state.carrier for state in (*facts.held_by(person, record), *facts.held_by(person))}
    found = {}
    for carrier in sorted(candidates):
        there = interval_at(facts, carrier, at_us)
        if there is not None and there.person == person:
            found[carrier] = there
    return found


def interval_at(facts: Facts, carrier: str, at_us: int) -> Interval | None:
    """Where a carrier was at a moment; None if it was not yet in the books."""
    for row in facts.intervals(carrier):
        if row.from_us <= at_us and (row.to_us is None or at_us < row.to_us):
            return row
    return None


def post_ends(facts: Facts, person: str, parameter: str) -> Iterator[tuple[int, Act]]:
    """
    (moment, record) at which a person ceased to hold any of the posts that a parameter of the policy names, before now.

    What ended by leaving is left out: the departure says so. The record is that which ended the post, or granted it up to then.
    """
    known = facts.person(person)
    left = {act.index for act in departures(facts, person)}
    for post in () if known is None else known.posts(index=facts.last):
        ended_index = post.ended_index if post.ended_index is not None and post.ended_index <= facts.last else None
        end_us = post.to_us if ended_index is None else post.ended_us
        record = facts.at(post.index if ended_index is None else ended_index)
        if record is None or end_us is None or not facts.has_passed(end_us - 1) or ended_index in left:
            continue
        posts = facts.values(parameter, record)
        if post.post in posts and not facts.has_post(person, posts, end_us):
            yield end_us, record
