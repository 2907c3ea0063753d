"""What judging a log gives: findings, what falls due, what couldn't be judged. Pure types. JSON: schemas/output/findings.json."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple

import msgspec

from chainlog.event.times import format_time

Severity = Literal["critical", "high", "medium", "low", "info"]
State = Literal["open", "closed", "explained"]

SEVERITIES: Final[Mapping[str, tuple[str, str]]] = {
    "critical": ("严重", "critical"),
    "high": ("较重", "high"),
    "medium": ("一般", "medium"),
    "low": ("轻微", "low"),
    "info": ("提示", "for information"),
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """
    One breach of one rule, as of one moment.

    code: id of the rule. subject: whom or what it is about. evidence: indexes of the records that show it, ascending.
    origin: the record that is at fault, or began a term; with *about* it tells findings of one rule apart. article: where the duty stands. parameters: values used, by name. as_of_us: judged as of.
    state: open; closed by a remedy; explained by a record. message_zh, message_en: what is wrong, in the regulation's words.
    since_us: when the fault began: when the act happened, or the term ran out. due_us: the end of that term, if it is about one.
    grade: `signed`, or `imported` where it rests on rows of a paper ledger.
    """

    code: str
    severity: Severity
    subject: str
    evidence: tuple[int, ...]
    origin: int
    about: str = ""
    since_us: int
    due_us: int | None = None
    article: str
    parameters: Mapping[str, str]
    as_of_us: int
    state: State
    message_zh: str
    message_en: str
    grade: Literal["signed", "imported"] = "signed"

    @property
    def identity(self) -> tuple[str, str, int, str]:
        """The same from day to day, and after a remedy: rule, subject, origin, about."""
        return (self.code, self.subject, self.origin, self.about)

    @property
    def id(self) -> str:
        """`identity` in 16 hexadecimal digits, for programs that remember what they have shown."""
        return _id(self.identity)

    def as_json(self, *, offset_minutes: int) -> dict[str, Any]:
        """Plain JSON values; times in the log's zone."""
        return {
            "id": self.id,
            "code": self.code,
            "severity": self.severity,
            "state": self.state,
            "subject": self.subject,
            "evidence": list(self.evidence),
            "article": self.article,
            "parameters": dict(self.parameters),
            "since": format_time(self.since_us, offset_minutes=offset_minutes),
            "due": None if self.due_us is None else format_time(self.due_us, offset_minutes=offset_minutes),
            "as_of": format_time(self.as_of_us, offset_minutes=offset_minutes),
            "message_zh": self.message_zh,
            "message_en": self.message_en,
            "grade": self.grade,
        }


def sort_key(finding: Finding) -> tuple[int, str, str, tuple[int, ...]]:
    """Order for reports: the gravest first, then by rule, subject, evidence."""
    return (list(SEVERITIES).index(finding.severity), finding.code, finding.subject, finding.evidence)


class DueItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a rule wants done by *due_us*, its last microsecond. Fields as for `Finding`."""

    code: str
    subject: str
    due_us: int
    origin: int
    about: str
    message_zh: str
    message_en: str
    article: str

    @property
    def identity(self) -> tuple[str, str, int, str]:
        """That of the finding which comes of it if it isn't done."""
        return (self.code, self.subject, self.origin, self.about)

    @property
    def id(self) -> str:
        """As `Finding.id`."""
        return _id(self.identity)

    def as_json(self, *, offset_minutes: int) -> dict[str, Any]:
        """Plain JSON values; times in the log's zone."""
        return {
            "id": self.id,
            "code": self.code,
            "state": "due",
            "subject": self.subject,
            "due": format_time(self.due_us, offset_minutes=offset_minutes),
            "origin": self.origin,
            "article": self.article,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
        }


class Unjudged(NamedTuple):
    """A rule that couldn't be judged, for want of the calendar of a year. subject: the first one concerned."""

    code: str
    year: str
    subject: str


class Said(NamedTuple):
    """
    What the rules say of one subject.

    judged: ids of the rules that were asked, where not all were that concern the subject. moments: (rule, first moment from which
    it may say otherwise though nothing was recorded). asked: other subjects that it rests on, with the rules
    for which it does: an act on one of them may turn these. scans: whether it rests on every carrier.
    """

    subject: str
    findings: tuple[Finding, ...]
    dues: tuple[DueItem, ...]
    unjudged: tuple[Unjudged, ...]
    judged: frozenset[str] | None
    moments: tuple[tuple[str, int], ...]
    asked: Mapping[str, Sequence[str]]
    scans: bool = False


class Judgement(NamedTuple):
    """What the rules say of one state at one moment. findings: the gravest first. dues: the soonest first."""

    findings: tuple[Finding, ...]
    dues: tuple[DueItem, ...]
    unjudged: tuple[Unjudged, ...]


def judgement_of(findings: Iterable[Finding], dues: Iterable[DueItem], unjudged: Iterable[Unjudged]) -> Judgement:
    """Everything in its order."""
    return Judgement(
        tuple(sorted(findings, key=sort_key)),
        tuple(sorted(dues, key=lambda due: (due.due_us, due.code, due.subject, due.origin, due.about))),
        tuple(sorted(unjudged)),
    )


def _id(identity: tuple[str, str, int, str]) -> str:
    return sha256("\n".join(map(str, identity)).encode()).hexdigest()[:16]
