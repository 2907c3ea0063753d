"""`chainlog due`: what has to be done by when. Reads the log and `derived/`, which is brought up to date first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from chainlog.cli.command import command, log_argument, option
from chainlog.cli.finding_lines import number, unjudged_texts, wrapped
from chainlog.cli.findings import unjudged_json
from chainlog.cli.logs import opened
from chainlog.cli.render import styled
from chainlog.cli.selection import Wanted, selection_options
from chainlog.cli.session import Session
from chainlog.cli.times import as_of_instant, instant_of
from chainlog.errors import UsageError

if TYPE_CHECKING:
    from chainlog.rules.finding import DueItem, Finding

_WITHIN: Final = re.compile(r"([1-9][0-9]{0,3})(h|d|mo|y)", re.ASCII)
_DAY_US: Final = timedelta(days=1) // timedelta(microseconds=1)
_OVERDUE: Final = 1


@command(
    "due",
    zh="应办事项：何时以前应还、应退、应审、应清点。已逾期的列在最前，也见于 findings。有逾期的退出码为 1。",
    en="What falls due: returns, reviews, clearings, stock-taking. What is overdue comes first, and is among the findings too. Exit status 1 if "
       "anything is overdue.",
    example="chainlog due office.log --within 30d --person p/陈明",
)  # fmt: skip
@log_argument
@option(
    "--until", metavar="TIME", zh="只看至何时（含当日）到期的", en="Only what falls due until then; a day is included."
)
@option(
    "--within",
    metavar="30d",
    zh="只看多久以内到期的，如 12h、30d、3mo、1y",
    en="Only what falls due within 12h, 30d, 3mo or 1y.",
)
@selection_options
@option(
    "--as-of",
    metavar="TIME",
    zh="只计到某时已写入的记录，并以该时为准",
    en="With only what was recorded until then, as of then.",
)
def due(
    session: Session, log: str, wanted: Wanted, until: str | None, within: str | None, as_of: str | None
) -> int:  # fmt: skip
    """What falls due."""
    from chainlog.rules.report import coming
    from chainlog.rules.selecting import overdue

    if until is not None and within is not None:
        raise UsageError("--until and --within exclude each other", detail_zh="--until 与 --within 不能同用")
    with opened(log) as handle:
        offset = handle.utc_offset_minutes
        now_us = handle.now_us()
        moment = now_us if as_of is None else as_of_instant(handle, as_of, now_us=now_us)
        last = None if until is None else instant_of(until, offset_minutes=offset, now_us=now_us)
        if within is not None:
            last = end_of(within, moment, offset)
        judged = handle.judgement(rules=wanted.rules or None, as_of_us=moment, selection=wanted.selection(handle))
    late = [one for one in overdue(judged.findings) if last is None or one.due_us is None or one.due_us <= last]
    ahead = coming(judged, last)
    if session.as_json:
        terms: list[Finding | DueItem] = [*late, *ahead]
        for one in terms:
            session.emit(due_json(one, offset_minutes=offset))
        for missing in judged.unjudged:
            session.emit(unjudged_json(missing))
    else:
        _show(session, late, ahead, moment, offset)
        for text in unjudged_texts(session, judged.unjudged):
            session.note(session.say(f"注意：{text}", f"note: {text}"))
    return _OVERDUE if late else 0


def due_json(one: Finding | DueItem, *, offset_minutes: int) -> dict[str, Any]:
    """A line of `due --json`. Schema: schemas/output/due.json. `id` is that of the finding, before and after the term ran out."""
    from chainlog.rules.finding import DueItem

    line = one.as_json(offset_minutes=offset_minutes)
    return {
        "id": one.id, "code": one.code, "state": "due" if isinstance(one, DueItem) else "overdue", "subject": one.subject,
        "due": line["due"], "origin": one.origin, "article": one.article, "message_zh": one.message_zh, "message_en": one.message_en,
    }  # fmt: skip


def end_of(within: str, now_us: int, offset: int) -> int:
    """The last microsecond of the day, or of the hour, that a stretch of time ends in. Raises UsageError."""
    from chainlog.event.times import from_us, to_us, zone
    from chainlog.rules.calendar import months_after

    match = _WITHIN.fullmatch(within)
    if match is None:
        raise UsageError(
            f"--within takes 12h, 30d, 3mo or 1y, not {within}",
            detail_zh=f"--within 应为 12h、30d、3mo、1y，不是“{within}”",
        )
    count, unit = int(match[1]), match[2]
    now = from_us(now_us, offset_minutes=offset)
    if unit == "h":
        return now_us + count * (_DAY_US // 24)
    if unit == "d":
        return to_us(datetime.combine(now.date(), time.max, zone(offset))) + count * _DAY_US
    day = months_after(now.date(), count * (12 if unit == "y" else 1))
    return to_us(datetime.combine(day, time.max, zone(offset)))


def due_text(due_us: int, offset: int) -> str:
    """`2026-03-01`, with the minute unless it is the end of the day."""
    from chainlog.cli.render import when

    text = when(due_us, offset_minutes=offset)
    return text[:10] if text[11:16] == "23:59" else text[:16]


def left_text(session: Session, due_us: int, now_us: int) -> str:
    """How long there is left, in whole days; or how late it is, in days begun."""
    if due_us < now_us:
        days = -(-(now_us - due_us) // _DAY_US)
        return session.say(f"逾期 {days} 天", f"{number(days, 'day')} late")
    days = (due_us - now_us) // _DAY_US
    return (
        session.say(f"还有 {days} 天", f"{number(days, 'day')} left")
        if days
        else session.say("不足 1 天", "within a day")
    )


def _show(session: Session, late: Sequence[Finding], ahead: Sequence[DueItem], now_us: int, offset: int) -> None:
    terms: list[Finding | DueItem] = [*late, *ahead]
    for one in terms:
        due_us = one.due_us
        if due_us is None:
            raise AssertionError("what is overdue had a term")
        head = f"{due_text(due_us, offset)}  {left_text(session, due_us, now_us)}  {one.code}  {one.subject}"
        style = "red" if due_us < now_us else ""
        session.lines([styled(line, style, colour=session.colour) for line in wrapped(session, head, "")])
        session.lines(wrapped(session, session.say(one.message_zh, one.message_en), "    "))
    if late:
        session.note(session.say(f"逾期 {len(late)} 项（详见 chainlog findings），将到期 {len(ahead)} 项",
                                 f"{len(late)} overdue (see chainlog findings), {len(ahead)} ahead"))  # fmt: skip
    else:
        session.note(session.say(f"没有逾期；将到期 {len(ahead)} 项", f"nothing overdue; {len(ahead)} ahead"))
