"""What a rule finds. Pure types. JSON: schemas/output/findings.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

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

    code: id of the rule. subject: the carrier, document, list or person that it is about. evidence: indexes of the records
    that show it, ascending. article: where the duty stands. parameters: values used, by name. as_of_us: judged as of.
    state: open; closed by a remedy; explained by a record. message_zh, message_en: what is wrong, in the regulation's words.
    grade: `signed`, or `imported` where it rests on rows of a paper ledger. incident: the same for findings on the same
    evidence, so that one deed is counted once.
    """

    code: str
    severity: Severity
    subject: str
    evidence: tuple[int, ...]
    article: str
    parameters: Mapping[str, str]
    as_of_us: int
    state: State
    message_zh: str
    message_en: str
    grade: Literal["signed", "imported"] = "signed"

    @property
    def identity(self) -> tuple[str, str, tuple[int, ...]]:
        """The same from day to day: rule, subject, evidence."""
        return (self.code, self.subject, self.evidence)

    def as_json(self, *, offset_minutes: int) -> dict[str, Any]:
        """Plain JSON values; times in the log's zone."""
        return {
            "code": self.code,
            "severity": self.severity,
            "subject": self.subject,
            "evidence": list(self.evidence),
            "article": self.article,
            "parameters": dict(self.parameters),
            "as_of": format_time(self.as_of_us, offset_minutes=offset_minutes),
            "state": self.state,
            "message_zh": self.message_zh,
            "message_en": self.message_en,
            "grade": self.grade,
        }


def sort_key(finding: Finding) -> tuple[int, str, str, tuple[int, ...]]:
    """Order for reports: the gravest first, then by rule, subject, evidence."""
    return (list(SEVERITIES).index(finding.severity), finding.code, finding.subject, finding.evidence)
