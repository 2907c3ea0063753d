"""`chainlog findings`: what the rules find. Reads the log and `derived/`, which is brought up to date first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from chainlog.cli.command import Word, command, log_argument, option
from chainlog.cli.finding_lines import STATES, by_severity, number, show_findings, show_matters, unjudged_texts
from chainlog.cli.logs import opened
from chainlog.cli.selection import Wanted, selection_options
from chainlog.cli.session import Session
from chainlog.cli.times import as_of_instant
from chainlog.rules.finding import SEVERITIES
from chainlog.rules.guard import unknown_rules

if TYPE_CHECKING:
    from chainlog.facade import Log
    from chainlog.rules.finding import Finding, Judgement, Unjudged
    from chainlog.rules.incidents import Incident

_FOUND: Final = 1


@command(
    "findings",
    zh="按现行制度判断：哪些事没有按规定办，依据哪一条，由哪几条记录看出。有问题时退出码为 1。",
    en="What was not done by the rules of the policy in force: which article, which records show it. Exit status 1 if anything is "
       "found.",
    example="chainlog findings office.log --severity critical --severity high --as-of 2025-12-31",
)  # fmt: skip
@log_argument
@selection_options
@option("--severity", "severities", multiple=True, type=Word(SEVERITIES),
        zh="只看某严重程度，可重复", en="Only of a severity; repeat.")  # fmt: skip
@option(
    "--state",
    "states",
    multiple=True,
    type=Word(STATES),
    zh="只看某状态，可重复",
    en="Only of a state; repeat.",
)
@option("--from", "from_time", metavar="TIME", zh="只看自何时起发生的：该做的事发生之时，或期限届满之时",
        en="Only what began from then on: when the act happened, or the term ran out.")  # fmt: skip
@option(
    "--to",
    "to_time",
    metavar="TIME",
    zh="只看至何时（含当日）发生的",
    en="Only what began until then; a day is included.",
)
@option("--incidents", "as_incidents", is_flag=True, zh="按起列出：证据重合的归为一起，重的在前",
        en="By incident: findings on overlapping evidence are one matter, the gravest first.")  # fmt: skip
@option(
    "--as-of",
    metavar="TIME",
    zh="只计到某时已写入的记录，并按该时判断",
    en="With only what was recorded until then, judged as of then.",
)
def findings(
    session: Session,
    log: str,
    wanted: Wanted,
    severities: tuple[str, ...],
    states: tuple[str, ...],
    from_time: str | None,
    to_time: str | None,
    as_incidents: bool,
    as_of: str | None,
) -> int:
    """What the rules find."""
    from chainlog.rules.incidents import incidents

    with opened(log) as handle:
        moment = None if as_of is None else as_of_instant(handle, as_of, now_us=handle.now_us())
        chosen = wanted.selection(
            handle, severities=severities, states=states, from_text=from_time, to_text=to_time
        )  # fmt: skip
        judged = handle.judgement(rules=wanted.rules or None, as_of_us=moment, selection=chosen)
        _say_unknown(session, handle)
        found, matters = judged.findings, incidents(judged.findings)
        _show(session, handle, judged, matters, as_incidents=as_incidents)
    return _FOUND if found else 0


def _show(
    session: Session, log: Log, judged: Judgement, matters: Sequence[Incident], *, as_incidents: bool
) -> None:  # fmt: skip
    found, offset = judged.findings, log.utc_offset_minutes
    if session.as_json:
        for line in matters if as_incidents else found:
            session.emit(_json(line, offset_minutes=offset))
        for one in judged.unjudged:
            session.emit(unjudged_json(one))
    else:
        if as_incidents:
            show_matters(session, matters, partial(_carriers, log))
        else:
            show_findings(session, found, partial(_carriers, log))
        _count(session, found, matters)
        for text in unjudged_texts(session, judged.unjudged):
            session.note(session.say(f"注意：{text}", f"note: {text}"))


def _carriers(log: Log, finding: Finding) -> list[str]:
    """The carriers that the record names by which a finding came up."""
    return [subject for subject in log.reader.read(finding.origin).event.subjects if subject.startswith("c/")]


def _json(line: Finding | Incident, *, offset_minutes: int) -> dict[str, Any]:
    """A line of `findings --json`. Schema: schemas/output/findings.json."""
    from chainlog.rules.finding import Finding

    if isinstance(line, Finding):
        return line.as_json(offset_minutes=offset_minutes)
    return {
        "severity": line.first.severity,
        "open": line.is_open,
        "evidence": list(line.evidence),
        "findings": [one.as_json(offset_minutes=offset_minutes) for one in line.findings],
    }


def unjudged_json(one: Unjudged) -> dict[str, Any]:
    """The line for a rule that couldn't be judged."""
    return {"unjudged": one._asdict()}


def _say_unknown(session: Session, log: Log) -> None:
    """What a policy asks for and this release can't judge: nothing found says nothing of it."""
    with log.authority() as authority:
        era = authority.policy_for(log.now_us())
    if era is not None and (unknown := unknown_rules(era.body.refuse)):
        names = ", ".join(unknown)
        session.note(session.say(f"注意：现行制度据 {names} 不准写入，本版本没有此规则，没有据此判断",
                                 f"note: the policy in force refuses by {names}, which this release doesn't know and hasn't judged"))  # fmt: skip


def _count(session: Session, found: Sequence[Finding], matters: Sequence[Incident]) -> None:
    if not found:
        session.note(session.say("没有发现问题", "nothing found"))
        return
    parts, together = by_severity(session, found), len(matters)
    session.note(session.say(f"共 {len(found)} 项：{parts}；涉及 {together} 起事情",
                             f"{number(len(found), 'finding')}: {parts}; in {number(together, 'matter')}"))  # fmt: skip
