"""Duties that come round: what has to be done every so often, as long as there is something to do it to. Pure over `Facts`.

Two readings of "every". *Rounds*: the next one is due in the month in which the term since the last one ends, the whole
month long (a stock-take of 27 June, every three months: by 30 September). *Periods*: once in each calendar year, half-year,
quarter or month, which is what 每年, 每季度 mean. Nothing is asked of a time in which nothing was there, nor of a period in
which the log was not yet open at its beginning: what was done then may stand in older books.

Known limits: a carrier that went back to its issuer and came again is taken to have been there in between.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from chainlog.authority.parameters import DURATION
from chainlog.projection import levels
from chainlog.projection.rows import UNKNOWN_US, CarrierState
from chainlog.rules.calendar import months_after
from chainlog.rules.rule import Outcome
from chainlog.rules.terms import by_then, within
from chainlog.rules.things import MACHINES, is_given_away, is_secret

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts

# Phases in which a carrier is no more the office's to count or to clear.
GONE: Final = frozenset({"issued_out", "returned_to_issuer", "archived", "destroyed", "lost", "missing"})
# What is used where it stands, or is kept for ever: neither counted with documents nor cleared.
NOT_STOCK: Final = MACHINES | {"register_book", "volume"}
_MONTHS_IN_YEAR: Final = 12

Counts = Callable[[str, CarrierState], bool]


class Stretch(NamedTuple):
    """A time in which something was there: from the record *entry* on, until *to_us*; None while it lasts."""

    from_us: int
    to_us: int | None
    entry: int


def stretches(facts: Facts, counts: Counts | None = None) -> list[Stretch]:
    """As `_stretches`; those of everything are made once in a judgement."""
    return _stretches(facts, counts) if counts else facts.remembered("stretches", lambda: _stretches(facts, None))


def _stretches(facts: Facts, counts: Counts | None) -> list[Stretch]:
    """
    The times in which the office had at least one classified carrier to count and to clear, oldest first.

    Args:
        counts: which carriers count besides; all by default. Cost: a scan of all carriers.
    """
    opened = facts.genesis.moment_us
    spans = []
    for carrier, state in facts.stock():
        if state.form in NOT_STOCK or not _is_secret(facts, carrier, state) or (counts and not counts(carrier, state)):
            continue
        begin = max(state.born_us, opened)
        end = _end(facts, carrier, state)
        if end is None or end > begin:
            spans.append((begin, end, state.born_index))
    spans.sort(key=lambda span: span[0])
    found: list[Stretch] = []
    for begin, end, index in spans:
        last = found[-1] if found else None
        if last is None or (last.to_us is not None and begin > last.to_us):
            found.append(Stretch(begin, end, index))
        elif last.to_us is not None:
            found[-1] = last._replace(to_us=None if end is None else max(end, last.to_us))
    return found


def _is_secret(facts: Facts, carrier: str, state: CarrierState) -> bool:
    """By what its own book says, before its document is asked: most are decided by that."""
    own = levels.highest((state.level, state.decided, state.stored))
    return is_secret(own) or is_secret(facts.level(carrier))


def _end(facts: Facts, carrier: str, state: CarrierState) -> int | None:
    """When a carrier was no more the office's, None while it is."""
    now = state.now
    if now is not None and now.known_index > facts.last:
        now = next(reversed(facts.intervals(carrier)), None)
    if now is None or not (now.phase in GONE or is_given_away(facts, now)):
        return None
    return now.from_us


def policy_since(facts: Facts, at_us: int, name: str) -> Act | None:
    """The act by which the policy in force at a time began, if it has a parameter; None if it hasn't."""
    acts = _policies(facts)
    found = acts[0]
    for act in acts:
        since_us = _effective_us(act)
        if since_us <= at_us:
            found = act
        elif since_us > facts.as_of_us:
            # What was judged by the one before is judged anew then.
            facts.has_passed(since_us - 1)
    return found if facts.value(name, found) else None


def _effective_us(act: Act) -> int:
    """From when on a policy counts, by what it states."""
    stated = act.body.policy if act.kind == "log_opened" else act.body
    return int(stated.effective_at)


def _policies(facts: Facts) -> tuple[Act, ...]:
    """The acts by which policies came, the one that opened the log first."""
    return facts.of("s/policy", "log_opened", "policy_adopted")


def rounds(
    facts: Facts, name: str, done: Sequence[Act], since: Sequence[Stretch], *, zh: str, en: str
) -> Iterator[Outcome]:
    """
    What comes of a duty that parameter *name* asks for every so often.

    Args:
        done: when it was done, in any order. since: the times in which it was asked for. zh, en: what is to be done.

    Raises: UnknownYearError for a term in working days.
    """
    for stretch in since:
        began = facts.at(stretch.entry) or facts.genesis
        anchor = began if facts.value(name, began) else _first_policy(facts, name)
        if anchor is None:
            return
        since_us = max(stretch.from_us, anchor.latest_us if anchor is not began else UNKNOWN_US)
        inside = [act for act in done if act.latest_us >= stretch.from_us]
        inside = [act for act in inside if stretch.to_us is None or act.moment_us < stretch.to_us]
        for act in [*sorted(inside, key=lambda one: (one.moment_us, one.index)), None]:
            due_us = _due(facts, name, anchor, since_us)
            if due_us is None:
                break
            if act is not None or stretch.to_us is None or stretch.to_us > due_us:
                yield from by_then(facts, due_us, anchor, done=act, zh=zh, en=en, parameters=(name,), about=name)
            if act is not None:
                anchor, since_us = act, act.latest_us


def _first_policy(facts: Facts, name: str) -> Act | None:
    return next((act for act in _policies(facts) if facts.value(name, act)), None)


def _due(facts: Facts, name: str, act: Act, since_us: int) -> int | None:
    """The end of a term; of its month, for terms in months and years."""
    due_us = facts.deadline(name, act, since_us=since_us)
    if due_us is None or not _months(facts.value(name, act)):
        return due_us
    day = facts.calendar.day(due_us)
    return facts.calendar.end_of(day.replace(day=monthrange(day.year, day.month)[1]))


def since_opening(facts: Facts, name: str, done: Sequence[Act], *, zh: str, en: str) -> Iterator[Outcome]:
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


def periods(
    facts: Facts,
    name: str,
    done: Sequence[Act],
    *,
    zh: str,
    en: str,
    asked: Callable[[int, int], bool] | None = None,
) -> Iterator[Outcome]:
    """
    What comes of a duty that parameter *name* asks for once in each calendar year, half-year, quarter or month.

    Args:
        asked: whether there was anything to do between two moments; always by default. Others: as for `rounds`.
    """
    calendar = facts.calendar
    opened = calendar.day(facts.genesis.moment_us)
    last = facts.today()
    start = opened if opened.day == 1 else months_after(opened.replace(day=1), 1)
    while start <= last:
        policy = policy_since(facts, calendar.start_of(start), name)
        months = _months(facts.value(name, policy)) if policy else 0
        if policy is None or not months or _MONTHS_IN_YEAR % months or (start.month - 1) % months:
            start = months_after(start, 1)
            continue
        after = months_after(start, months)
        begin_us, due_us = calendar.start_of(start), calendar.start_of(after) - 1
        act = next((one for one in sorted(done, key=lambda one: one.moment_us) if one.latest_us >= begin_us), None)
        if asked is None or asked(begin_us, due_us):
            yield from by_then(
                facts, due_us, policy, done=act, zh=f"{_label(start, months)}{zh}",
                en=f"{en} between {start} and {calendar.day(due_us)}", parameters=(name,), about=f"{name} {start}",
            )  # fmt: skip
        start = after


def _months(term: str) -> int:
    """A term in months, 0 if it is in days or hours."""
    match = DURATION.fullmatch(term)
    if match is None or match[2] not in ("mo", "y"):
        return 0
    return int(match[1]) * (_MONTHS_IN_YEAR if match[2] == "y" else 1)


def _label(start: date, months: int) -> str:
    """What a period is called."""
    if months == _MONTHS_IN_YEAR:
        return f"{start.year}年"
    if months == 1:
        return f"{start.year}年{start.month}月"
    return f"{start.year}年{start.month}至{start.month + months - 1}月"
