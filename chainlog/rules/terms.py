"""Terms: what has to be done by when. Pure over `Facts`.

A term that runs is a `Due`, one that ran out undone an open breach, one that was kept too late a closed breach. What is known
only to the day is read in favour of those concerned: a term begins as late, and is kept as early, as may be.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from chainlog.rules.rule import Breach, Due, Outcome

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts
    from chainlog.rules.finding import Severity


def by_then(
    facts: Facts,
    due_us: int,
    act: Act,
    *,
    done: Act | None,
    zh: str,
    en: str,
    parameters: tuple[str, ...] = (),
    evidence: tuple[int, ...] = (),
    severity: Severity | None = None,
    about: str = "",
) -> Iterator[Outcome]:
    """
    What comes of a term that ends at *due_us*.

    Args:
        act: what began it: its time chooses the policy, and it is the evidence besides *evidence*.
        done: what was to be done, None if it wasn't. zh, en: what is, or was, to be done, without the time.
    """
    if done is not None and (done.start_us is None or done.start_us <= due_us):
        return
    until = facts.moment(due_us)
    if done is None and not facts.has_passed(due_us):
        yield Due(due_us, zh, en, act, about)
        return
    later_zh = "，逾期未办" if done is None else f"，逾期{_days(done.moment_us - due_us)}天才办"
    later_en = "not done" if done is None else f"done {_days(done.moment_us - due_us)} d late"
    yield Breach(
        tuple(sorted({*evidence, act.index, *(() if done is None else (done.index,))})),
        f"{zh}（期限 {until}）{later_zh}",
        f"{en} (by {until}): {later_en}",
        act,
        parameters,
        severity,
        closed=done is not None,
        about=about,
        due_us=due_us,
    )


def within(
    facts: Facts,
    name: str,
    act: Act,
    *,
    done: Act | None,
    zh: str,
    en: str,
    since_us: int | None = None,
    evidence: tuple[int, ...] = (),
    severity: Severity | None = None,
    about: str = "",
) -> Iterator[Outcome]:
    """
    What comes of the term that parameter *name* gives from an act on; nothing if the policy doesn't have it.

    Args:
        since_us: when the term begins, if not with the act. others: as for `by_then`.

    Raises: UnknownYearError for working days of a year of which nothing is known.
    """
    due_us = facts.deadline(name, act, since_us=since_us)
    if due_us is not None:
        yield from by_then(
            facts, due_us, act, done=done, zh=zh, en=en, parameters=(name,), evidence=evidence, severity=severity, about=about
        )  # fmt: skip


def _days(us: int) -> int:
    """Whole days, those begun included."""
    return -(-us // (timedelta(days=1) // timedelta(microseconds=1)))
