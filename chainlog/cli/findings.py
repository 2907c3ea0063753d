"""`chainlog findings`: what the rules find. Reads the log and `derived/`, which is brought up to date first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from chainlog.cli.command import command, log_argument, option
from chainlog.cli.fields import person_of
from chainlog.cli.logs import opened
from chainlog.cli.render import styled, visible, wrap
from chainlog.cli.session import Session
from chainlog.cli.times import instant_of
from chainlog.errors import UsageError
from chainlog.event.subject import fold
from chainlog.rules.finding import SEVERITIES
from chainlog.rules.guard import unknown_rules

if TYPE_CHECKING:
    from chainlog.facade import Log
    from chainlog.rules.finding import Finding

_FOUND: Final = 1
_STYLES: Final = {"critical": "red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_STATES: Final = {"open": ("未纠正", "open"), "closed": ("已纠正", "closed"), "explained": ("已说明", "explained")}
_FIELDS: Final = (
    "code", "severity", "subject", "evidence", "article", "parameters", "as_of", "state", "message_zh", "message_en",
)  # fmt: skip
_RECORDS_SHOWN: Final = 12


@command(
    "findings",
    zh="按现行制度判断：哪些事没有按规定办，依据哪一条，由哪几条记录看出。有问题时退出码为 1。",
    en="What was not done by the rules of the policy in force: which article, which records show it. Exit status 1 if anything is "
       "found.",
    example="chainlog findings office.log --severity critical --severity high --as-of 2025-12-31",
)  # fmt: skip
@log_argument
@option(
    "--rule",
    "rules",
    multiple=True,
    metavar="ID",
    zh="只看某规则，如 DES-3，可重复",
    en="Only a rule, like DES-3; repeat.",
)
@option("--severity", "severities", multiple=True, type=click.Choice(list(SEVERITIES)),
        zh="只看某严重程度，可重复", en="Only of a severity; repeat.")  # fmt: skip
@option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(list(_STATES)),
    zh="只看某状态，可重复",
    en="Only of a state; repeat.",
)
@option("--person", metavar="PERSON", zh="只看某人参与的", en="Only where a person took part.")
@option("--carrier", metavar="c/…", zh="只看涉及某载体的", en="Only what concerns a carrier.")
@option("--document", metavar="d/…", zh="只看涉及某文件的", en="Only what concerns a document.")
@option(
    "--as-of",
    metavar="TIME",
    zh="只计到某时已写入的记录，并按该时判断",
    en="With only what was recorded until then, judged as of then.",
)
def findings(
    session: Session,
    log: str,
    rules: tuple[str, ...],
    severities: tuple[str, ...],
    states: tuple[str, ...],
    person: str | None,
    carrier: str | None,
    document: str | None,
    as_of: str | None,
) -> int:
    """What the rules find."""
    with opened(log) as handle:
        offset = handle.utc_offset_minutes
        moment = None if as_of is None else instant_of(as_of, offset_minutes=offset, now_us=handle.now_us())
        found: Iterable[Finding] = handle.findings(rules=_known(rules), as_of_us=moment)
        if severities:
            found = [finding for finding in found if finding.severity in severities]
        if states:
            found = [finding for finding in found if finding.state in states]
        wanted = [
            None if person is None else person_of(person),
            *(None if s is None else fold(s) for s in (carrier, document)),
        ]
        for subject in wanted:
            if subject is not None:
                found = list(_concerning(handle, found, subject))
        found = list(found)
        _say_unknown(session, handle)
    if session.as_json:
        for finding in found:
            session.emit(finding_json(finding, offset_minutes=offset))
    else:
        _show(session, found)
    return _FOUND if found else 0


def _say_unknown(session: Session, log: Log) -> None:
    """What a policy asks for and this release can't judge: nothing found says nothing of it."""
    with log.authority() as authority:
        era = authority.policy_for(log.now_us())
    if era is not None and (unknown := unknown_rules(era.body.refuse)):
        names = ", ".join(unknown)
        session.note(session.say(f"注意：现行制度据 {names} 不准写入，本版本没有此规则，没有据此判断",
                                 f"note: the policy in force refuses by {names}, which this release doesn't know and hasn't judged"))  # fmt: skip


def _known(rules: tuple[str, ...]) -> tuple[str, ...] | None:
    """The rules asked for. Raises UsageError for one that isn't there."""
    if not rules:
        return None
    from chainlog.rules import declared
    from chainlog.rules.rule import RULES

    if not declared.CHAPTERS:
        raise AssertionError("importing the chapters declares the rules")
    asked = tuple(rule.upper() for rule in rules)
    for rule in asked:
        if rule not in RULES:
            raise UsageError(
                f"there is no rule {rule}; there are {', '.join(sorted(RULES))}",
                detail_zh=f"没有规则 {rule}；现有 {'、'.join(sorted(RULES))}",
            )
    return asked


def _concerning(log: Log, found: Iterable[Finding], subject: str) -> Iterator[Finding]:
    """Findings about a subject, or shown by a record that names it."""
    records: dict[int, tuple[str, ...]] = {}
    for finding in found:
        for index in finding.evidence:
            if index not in records:
                records[index] = log.reader.read(index).event.subjects
        if finding.subject == subject or any(subject in records[index] for index in finding.evidence):
            yield finding


def finding_json(finding: Finding, *, offset_minutes: int) -> dict[str, Any]:
    """A line of `findings --json`. Schema: schemas/output/findings.json."""
    value = finding.as_json(offset_minutes=offset_minutes)
    return {name: value[name] for name in _FIELDS}


def _show(session: Session, found: list[Finding]) -> None:
    for finding in found:
        head = f"{session.say(*SEVERITIES[finding.severity])}  {finding.code}  {finding.subject}"
        shown = finding.evidence[:_RECORDS_SHOWN]
        more = "…" if len(finding.evidence) > len(shown) else ""
        records = session.say("、", ", ").join(map(str, shown)) + more
        head += session.say(
            f"  第 {records} 条记录", f"  {'record' if len(finding.evidence) == 1 else 'records'} {records}"
        )
        if finding.state != "open":
            head += f"  {session.say(*_STATES[finding.state])}"
        if finding.grade == "imported":
            head += session.say("  据登记簿", "  from a register")
        session.lines(
            [styled(line, _STYLES[finding.severity], colour=session.colour) for line in _wrapped(session, head, "")]
        )
        session.lines(_wrapped(session, session.say(finding.message_zh, finding.message_en), "    "))
        basis = [session.say(f"依据：{finding.article}", f"basis: {finding.article}")] if finding.article else []
        basis += [f"{name} = {value}" for name, value in finding.parameters.items()]
        session.lines(_wrapped(session, session.say("；", "; ").join(basis), "    "))
    _count(session, found)


def _wrapped(session: Session, text: str, indent: str) -> list[str]:
    room = max((session.columns or 10_000) - len(indent), 20)
    return [indent + line for line in wrap(visible(text), room)]


def _count(session: Session, found: list[Finding]) -> None:
    if not found:
        session.note(session.say("没有发现问题", "nothing found"))
        return
    from chainlog.rules.judge import incidents

    counted = Counter[str](finding.severity for finding in found)
    parts = [f"{session.say(*SEVERITIES[name])} {counted[name]}" for name in SEVERITIES if counted[name]]
    together = len(incidents(found))
    session.note(session.say(f"共 {len(found)} 项：{'，'.join(parts)}；涉及 {together} 起事情",
                             f"{_number(len(found), 'finding')}: {', '.join(parts)}; in {_number(together, 'matter')}"))  # fmt: skip


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
