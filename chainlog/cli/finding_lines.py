"""Findings as text: shared by `findings`, `due` and `report`. Prints through the session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from chainlog.cli.alike import ALIKE_MIN, alike, alike_matters, message_of_many
from chainlog.cli.render import styled, visible, wrap
from chainlog.cli.session import Session
from chainlog.rules.finding import SEVERITIES

if TYPE_CHECKING:
    from chainlog.rules.finding import Finding, Unjudged
    from chainlog.rules.incidents import Incident

STYLES: Final = {"critical": "red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
STATES: Final = {"open": ("未纠正", "open"), "closed": ("已纠正", "closed"), "explained": ("已说明", "explained")}
RECORDS_SHOWN: Final = 12
ALIKE_SHOWN: Final = 10
CARRIERS_SHOWN: Final = 3
Carriers = Callable[["Finding"], Sequence[str]]
"""The carriers that the record names by which a finding came up: asked for where it is about a list or a document."""


def records_text(session: Session, evidence: Sequence[int]) -> str:
    """`第 3、7 条记录`, a few of them where there are many."""
    shown = evidence[:RECORDS_SHOWN]
    more = "…" if len(evidence) > len(shown) else ""
    records = session.say("、", ", ").join(map(str, shown)) + more
    return session.say(f"第 {records} 条记录", f"{'record' if len(evidence) == 1 else 'records'} {records}")


def show_findings(session: Session, findings: Iterable[Finding], carriers_of: Carriers) -> None:
    """Findings one by one, those that are alike under one head."""
    for group in alike(findings):
        first = group[0]
        if len(group) < ALIKE_MIN:
            show_finding(session, first)
            continue
        _show_head(session, first, session.say(f"同样的 {len(group)} 项", f"{len(group)} alike"), "")
        _show_body(session, first, message_of_many(first), "    ")
        _show_many(session, [(one, one.evidence) for one in group], carriers_of)


def show_matters(session: Session, matters: Sequence[Incident], carriers_of: Carriers) -> None:
    """Matters one by one, those that are alike under one head."""
    place = 1
    for group in alike_matters(matters):
        first, many = group[0], len(group)
        count = len(first.findings)
        if many < ALIKE_MIN:
            records = records_text(session, first.evidence)
            head = session.say(
                f"第 {place} 起：{count} 项，{records}", f"matter {place}: {number(count, 'finding')}, {records}"
            )
        else:
            head = session.say(f"第 {place} 至 {place + many - 1} 起：同样的 {many} 起，每起 {count} 项",
                               f"matters {place} to {place + many - 1}: {many} alike, {number(count, 'finding')} each")  # fmt: skip
        place += many
        session.lines(wrapped(session, head, ""))
        for finding in first.findings:
            if many < ALIKE_MIN:
                show_finding(session, finding, indent="  ")
            else:
                _show_head(session, finding, "", "  ")
                _show_body(session, finding, message_of_many(finding), "      ")
        if many >= ALIKE_MIN:
            _show_many(session, [(matter.first, matter.evidence) for matter in group], carriers_of)


def _show_many(session: Session, ones: Sequence[tuple[Finding, Sequence[int]]], carriers_of: Carriers) -> None:
    """A line for each of some that are alike: whom it concerns, and the records."""
    for one, evidence in ones[:ALIKE_SHOWN]:
        text = f"{one.subject}  {records_text(session, evidence)}"
        carriers = [] if one.subject.startswith("c/") else carriers_of(one)
        if carriers:
            shown = session.say("、", ", ").join(carriers[:CARRIERS_SHOWN])
            more = len(carriers) - CARRIERS_SHOWN
            rest = session.say(f" 等 {len(carriers)} 件", f" and {more} more") if more > 0 else ""
            text += f"  {shown}{rest}"
        session.lines(wrapped(session, text, "      "))
    if (more := len(ones) - ALIKE_SHOWN) > 0:
        text = session.say(f"另有 {more} 项（--json 列出全部）", f"and {more} more (--json lists all)")
        session.lines(wrapped(session, text, "      "))


def show_finding(session: Session, finding: Finding, *, indent: str = "") -> None:
    """A finding: what, where, which records; the message; the article and the parameters that decided."""
    _show_head(session, finding, f"{finding.subject}  {records_text(session, finding.evidence)}", indent)
    _show_body(session, finding, (finding.message_zh, finding.message_en), indent + "    ")


def _show_head(session: Session, finding: Finding, what: str, indent: str) -> None:
    head = "  ".join(part for part in (session.say(*SEVERITIES[finding.severity]), finding.code, what) if part)
    if finding.state != "open":
        head += f"  {session.say(*STATES[finding.state])}"
    if finding.grade == "imported":
        head += session.say("  据登记簿", "  from a register")
    style = STYLES[finding.severity]
    session.lines([styled(line, style, colour=session.colour) for line in wrapped(session, head, indent)])


def _show_body(session: Session, finding: Finding, message: tuple[str, str], indent: str) -> None:
    session.lines(wrapped(session, session.say(*message), indent))
    basis = [session.say(f"依据：{finding.article}", f"basis: {finding.article}")] if finding.article else []
    basis += [f"{name} = {value}" for name, value in finding.parameters.items()]
    session.lines(wrapped(session, session.say("；", "; ").join(basis), indent))


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
