"""Findings as text: shared by `findings`, `due` and `report`. Prints through the session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from chainlog.cli.render import styled, visible, wrap
from chainlog.cli.session import Session
from chainlog.rules.finding import SEVERITIES

if TYPE_CHECKING:
    from chainlog.rules.finding import Finding, Unjudged

STYLES: Final = {"critical": "red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
STATES: Final = {"open": ("未纠正", "open"), "closed": ("已纠正", "closed"), "explained": ("已说明", "explained")}
RECORDS_SHOWN: Final = 12


def records_text(session: Session, evidence: Sequence[int]) -> str:
    """`第 3、7 条记录`, a few of them where there are many."""
    shown = evidence[:RECORDS_SHOWN]
    more = "…" if len(evidence) > len(shown) else ""
    records = session.say("、", ", ").join(map(str, shown)) + more
    return session.say(f"第 {records} 条记录", f"{'record' if len(evidence) == 1 else 'records'} {records}")


def show_finding(session: Session, finding: Finding, *, indent: str = "") -> None:
    """A finding: what, where, which records; the message; the article and the parameters that decided."""
    head = f"{session.say(*SEVERITIES[finding.severity])}  {finding.code}  {finding.subject}"
    head += f"  {records_text(session, finding.evidence)}"
    if finding.state != "open":
        head += f"  {session.say(*STATES[finding.state])}"
    if finding.grade == "imported":
        head += session.say("  据登记簿", "  from a register")
    style = STYLES[finding.severity]
    session.lines([styled(line, style, colour=session.colour) for line in wrapped(session, head, indent)])
    inner = indent + "    "
    session.lines(wrapped(session, session.say(finding.message_zh, finding.message_en), inner))
    basis = [session.say(f"依据：{finding.article}", f"basis: {finding.article}")] if finding.article else []
    basis += [f"{name} = {value}" for name, value in finding.parameters.items()]
    session.lines(wrapped(session, session.say("；", "; ").join(basis), inner))


def wrapped(session: Session, text: str, indent: str) -> list[str]:
    """*text* made safe, wrapped and indented."""
    room = max((session.columns or 10_000) - len(indent), 20)
    return [indent + line for line in wrap(visible(text), room)]


def hanging(session: Session, text: str, first: str, rest: str) -> list[str]:
    """*text* made safe and wrapped, its first line after *first*, the others after *rest*, which is no shorter."""
    begin, *others = wrapped(session, text, rest)
    return [first + begin.removeprefix(rest), *others]


def by_severity(session: Session, findings: Iterable[Finding]) -> str:
    """`严重 3，一般 1`."""
    counted = Counter[str](finding.severity for finding in findings)
    parts = [f"{session.say(*SEVERITIES[name])} {counted[name]}" for name in SEVERITIES if counted[name]]
    return session.say("，", ", ").join(parts)


def number(count: int, word: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def unjudged_texts(session: Session, unjudged: Iterable[Unjudged]) -> list[str]:
    """What couldn't be judged, a sentence for each year whose calendar is missing."""
    years: dict[str, list[Unjudged]] = {}
    for one in unjudged:
        years.setdefault(one.year, []).append(one)
    texts = []
    for year, ones in sorted(years.items()):
        codes = list(dict.fromkeys(one.code for one in ones))
        texts.append(
            session.say(
                f"没有 {year} 年的节假日安排，{'、'.join(codes)} 不能判断（如 {ones[0].subject}）；用 chainlog declare calendar 登记",
                f"there is no calendar of {year}: {', '.join(codes)} couldn't be judged ({ones[0].subject} for one); "
                "declare it with chainlog declare calendar",
            )
        )
    return texts
