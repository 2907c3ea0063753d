"""What comes after a reader was given something, and what ends that. Pure over `Facts`."""

from __future__ import annotations

from typing import Final

from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.use import follows

_ON: Final = "transferred.hand_over"
# What ends a reader's custody. Passing it to another reader does not: the office doesn't have it back.
_ENDS: Final = (
    "returned.", "transferred.circulate", "transferred.hold", "transferred.lend", "transferred.take_out",
    "transferred.dispatch", "transferred.archive", "transferred.send_to_destruction", "destroyed.carriers",
    "reported.incident",
)  # fmt: skip


# Putting it away or receipting it changes nobody's hands.
STAYS: Final = frozenset({"transferred.store", "transferred.receipt"})


def end_of_reading(facts: Facts, carrier: str, act: Act) -> Act | None:
    """
    The act by which what was handed out is back, or is allowed to stay; None while it is out.

    By the times stated: a hand-out may be entered after its return.
    """
    for later in after(facts, carrier, act, *_ENDS, _ON):
        if later.kind == "reported.incident" and later.body.what not in ("missing", "lost"):
            continue
        if later.kind == _ON and later.body.reason in hands.PASSING:
            receivers = hands.persons(later, "receiver")
            if not any(hands.is_keeper(facts, person, later) for person in receivers):
                continue
        return later
    return None


def after(facts: Facts, carrier: str, act: Act, *kinds: str) -> list[Act]:
    """
    The acts of some kinds that came after an act, in the order in which they happened.

    What stands below it in the books came after it only where who was given it there gives it up.
    """
    given = set(act.named("receiver"))
    later = [
        one
        for one in facts.of(carrier, *kinds)
        if follows(one, act) and (one.index > act.index or given & set(one.named("giver")))
    ]
    return later if any(one.start_us is None for one in later) else sorted(later, key=lambda a: (a.moment_us, a.index))
