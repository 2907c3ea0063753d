"""The report on a log: three verdicts apart (integrity, completeness, compliance), and what they rest on. Reads log and tables.

A chain without a flaw may hold a story against the rules, and the other way round: so the verdicts are never made one. The
audit of integrity runs elsewhere and its answer is handed in (`rules.archive_headings.Integrity`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from chainlog.__about__ import __version__
from chainlog.authority.state import Authority, PolicyEra
from chainlog.projection.facts import FactBase
from chainlog.rules.archive_headings import Heading, Integrity, archive_headings
from chainlog.rules.asking import asked
from chainlog.rules.chapter_names import place_of
from chainlog.rules.figures_of_log import LogFigures, log_figures
from chainlog.rules.finding import SEVERITIES, DueItem, Finding, Judgement, Unjudged
from chainlog.rules.incidents import Incident, incidents
from chainlog.rules.judge import Judge
from chainlog.rules.rule import QUESTIONS, RULES, Question
from chainlog.rules.selecting import overdue
from chainlog.rules.self_assessment import Answer, self_assessment

COMPLETENESS_CHAPTERS: Final = frozenset({"REC", "INV", "INT"})
COMPLETENESS_RULES: Final = frozenset({"NUM-5"})
_BALANCE: Final = "NUM-5"


class Tally(NamedTuple):
    """Findings of one gravity."""

    severity: str
    open: int
    closed: int
    explained: int


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """
    One verdict that rules give. verdict: `clear` if nothing is open. findings: the gravest first. incidents: likewise.
    tallies: by gravity, those without any left out.
    """

    verdict: Literal["clear", "open"]
    findings: tuple[Finding, ...]
    incidents: tuple[Incident, ...]
    tallies: tuple[Tally, ...]

    @property
    def open(self) -> int:
        """Findings that are neither closed nor explained."""
        return sum(one.open for one in self.tallies)

    @property
    def open_incidents(self) -> int:
        """Incidents with such a finding."""
        return sum(1 for one in self.incidents if one.is_open)


class PolicyInForce(NamedTuple):
    """The policy in force at the moment judged. asked: rules that it asks for, of so many known. refused: by which it refuses records."""

    profile: str
    version: str
    effective_at_us: int
    asked: int
    known: int
    refused: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """
    Everything on one log at one moment.

    title, name, unit, log_id: of the log. size: records that were judged. log_size, head, root: of the log as it was read: number of records,
    hash of the newest one, root of the tree, 32 bytes each. questions: what a person has to ask or see. unjudged: for want of a calendar.
    dues: what falls due, the soonest first. overdue: open findings of terms that ran out, the oldest first.
    """

    title: str
    name: str
    unit: str
    log_id: bytes
    release: str
    utc_offset_minutes: int
    as_of_us: int
    size: int
    log_size: int
    head: bytes
    root: bytes
    policy: PolicyInForce
    integrity: Integrity
    completeness: Side
    compliance: Side
    figures: LogFigures
    headings: tuple[Heading, ...]
    answers: tuple[Answer, ...]
    dues: tuple[DueItem, ...]
    overdue: tuple[Finding, ...]
    unjudged: tuple[Unjudged, ...]
    questions: tuple[Question, ...]

    @property
    def is_clear(self) -> bool:
        """Whether nothing speaks against the log: not broken, and no finding open."""
        sound = self.integrity.verdict in ("intact", "not_verified")
        return sound and self.completeness.verdict == self.compliance.verdict == "clear"


def is_about_completeness(code: str) -> bool:
    """Whether a rule's findings say that the story isn't whole, rather than that what it tells was wrong."""
    return code in COMPLETENESS_RULES or code.partition("-")[0] in COMPLETENESS_CHAPTERS


def make_report(
    base: FactBase,
    authority: Authority,
    integrity: Integrity,
    *,
    log_id: bytes,
    as_of_us: int,
    until_us: int | None = None,
) -> Report:
    """
    Judge everything and put it together.

    Args:
        as_of_us: with only what was recorded until then, judged as of then. until_us: what falls due later is left out.

    Raises: RecordHashError for a record that isn't what its successor says. Cost: that of judging everything.
    """
    judge = Judge(base, authority, as_of_us=as_of_us)
    judged = judge.judge()
    era = _in_force(authority, judge.facts.last, as_of_us)
    parameters: Mapping[str, tuple[str, ...]] = dict(era.body.parameters)
    figures = log_figures(base, last=judge.facts.last)
    whole = side(one for one in judged.findings if is_about_completeness(one.code))
    lawful = side(one for one in judged.findings if not is_about_completeness(one.code))
    head = base.log.head()
    if head is None:
        raise AssertionError("a log that has facts has a head")
    genesis = base.log.read(0).body()
    open_balance = sum(1 for one in whole.findings if one.code == _BALANCE and one.state == "open")
    return Report(
        title=genesis.title if isinstance(genesis.title, str) else "",
        name=genesis.name,
        unit=genesis.unit,
        log_id=log_id,
        release=__version__,
        utc_offset_minutes=genesis.utc_offset_minutes,
        as_of_us=as_of_us,
        size=judge.facts.last + 1,
        log_size=head.size,
        head=head.last_hash,
        root=head.frontier.root(),
        policy=_policy(era, parameters),
        integrity=integrity,
        completeness=whole,
        compliance=lawful,
        figures=figures,
        headings=archive_headings(
            integrity, figures, gaps=whole.open, open_balance=open_balance, parameters=parameters, refused=len(era.body.refuse)
        ),
        answers=self_assessment(judged.findings, judged.unjudged, figures, parameters),
        dues=coming(judged, until_us),
        overdue=tuple(overdue(judged.findings)),
        unjudged=judged.unjudged,
        questions=tuple(sorted(QUESTIONS.values(), key=lambda one: place_of(one.id))),
    )  # fmt: skip


def side(findings: Iterable[Finding]) -> Side:
    """The verdict that some findings make."""
    found = tuple(findings)
    tallies = []
    for severity in SEVERITIES:
        states: Sequence[str] = [one.state for one in found if one.severity == severity]
        if states:
            tallies.append(Tally(severity, states.count("open"), states.count("closed"), states.count("explained")))
    is_open = any(tally.open for tally in tallies)
    return Side(
        verdict="open" if is_open else "clear", findings=found, incidents=tuple(incidents(found)), tallies=tuple(tallies)
    )  # fmt: skip


def coming(judged: Judgement, until_us: int | None) -> tuple[DueItem, ...]:
    """What falls due, up to a moment if one is given."""
    return tuple(one for one in judged.dues if until_us is None or one.due_us <= until_us)


def _in_force(authority: Authority, last: int, as_of_us: int) -> PolicyEra:
    seen = [era for era in authority.policies() if era.since <= last] or authority.policies()[:1]
    return next((era for era in reversed(seen) if era.body.effective_at <= as_of_us), seen[0])


def _policy(era: PolicyEra, parameters: Mapping[str, tuple[str, ...]]) -> PolicyInForce:
    wanted = sum(1 for rule in RULES.values() if asked(rule, parameters).is_asked)
    body = era.body
    return PolicyInForce(body.profile, body.version, body.effective_at, wanted, len(RULES), len(body.refuse))
