"""Periods: what has to be done again and again. Pure over `Facts`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from chainlog.rules.terms import within

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts
    from chainlog.rules.rule import Outcome


def every(facts: Facts, name: str, done: Sequence[Act], *, zh: str, en: str) -> Iterator[Outcome]:
    """
    What comes of a duty that parameter *name* asks for again and again, from the opening of the log on.

    Args:
        done: the acts that fulfil it, in the order of records; those without a time are left out. zh, en: what is to be done.

    Each act begins the next period, and the one that ends a period too late closes its breach.
    """
    begin = facts.genesis
    for act in sorted((one for one in done if one.start_us is not None), key=lambda one: (one.latest_us, one.index)):
        yield from within(facts, name, begin, done=act, zh=zh, en=en)
        begin = act if act.latest_us >= begin.latest_us else begin
    yield from within(facts, name, begin, done=None, zh=zh, en=en)
