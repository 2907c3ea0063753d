"""A report as JSON values. Pure. Schema: schemas/output/report.json."""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import asdict

from chainlog.event.times import format_time
from chainlog.rules.report import Report, Side

LISTED: Final = 100
"""So many findings, terms and overdue ones a report lists; how many there are stands beside. `findings --json` has all."""


def report_json(report: Report, *, listed: int = LISTED) -> dict[str, Any]:
    """One object; hashes in hexadecimal, times in the log's zone. listed: at most so many findings, terms and overdue ones."""
    offset = report.utc_offset_minutes

    def time(us: int) -> str:
        return format_time(us, offset_minutes=offset)

    policy = report.policy
    return {
        "log": {
            "log_id": report.log_id.hex(), "name": report.name, "title": report.title, "unit": report.unit, "size": report.log_size,
            "head": report.head.hex(), "root": report.root.hex(),
        },
        "release": report.release,
        "as_of": time(report.as_of_us),
        "size": report.size,
        "policy": {
            "profile": policy.profile, "version": policy.version, "effective_at": time(policy.effective_at_us),
            "rules_asked": policy.asked, "rules_known": policy.known, "rules_refused": policy.refused,
        },
        "integrity": _integrity(report),
        "completeness": {**_side(report.completeness, offset, listed), "figures": _figures(report)},
        "compliance": _side(report.compliance, offset, listed),
        "overdue": {
            "total": len(report.overdue),
            "listed": [one.as_json(offset_minutes=offset) for one in report.overdue[:listed]],
        },
        "due": {
            "total": len(report.dues),
            "listed": [one.as_json(offset_minutes=offset) for one in report.dues[:listed]],
        },
        "self_assessment": [
            {
                "id": one.item.id, "zh": one.item.zh, "en": one.item.en, "result": one.result, "reason": one.reason or None,
                "acts": one.acts, "open": one.open, "closed": one.closed, "explained": one.explained,
                "rules": one.item.rule_ids(), "not_asked": list(one.not_asked), "records": list(one.records),
            }
            for one in report.answers
        ],
        "archive": [
            {
                "id": heading.id, "zh": heading.zh, "en": heading.en, "verdict": heading.verdict,
                "checks": [check._asdict() for check in heading.checks],
            }
            for heading in report.headings
        ],
        "unjudged": [one._asdict() for one in report.unjudged],
        "questions": [
            {"id": one.id, "zh": one.zh, "en": one.en, "article": one.article, "attested": one.attested}
            for one in report.questions
        ],
    }  # fmt: skip


def _integrity(report: Report) -> dict[str, Any]:
    found = report.integrity
    return {
        "verdict": found.verdict,
        "trust": found.trust or None,
        "size": found.size,
        "root": None if found.root is None else found.root.hex(),
        "findings": [asdict(one) for one in found.findings],
        "not_checked": [{"what": what, "reason": reason} for what, reason in found.not_checked],
    }


def _side(side: Side, offset: int, listed: int) -> dict[str, Any]:
    return {
        "verdict": side.verdict,
        "findings": len(side.findings),
        "open": side.open,
        "incidents": len(side.incidents),
        "open_incidents": side.open_incidents,
        "by_severity": {
            one.severity: {"open": one.open, "closed": one.closed, "explained": one.explained} for one in side.tallies
        },
        "listed": [one.as_json(offset_minutes=offset) for one in side.findings[:listed]],
    }


def _figures(report: Report) -> dict[str, Any]:
    figures = report.figures
    names = (
        "carriers", "in_stock", "out", "ended", "missing", "unentered", "disordered", "documents", "stated", "unbalanced",
        "imported", "voided", "unknown", "committed", "groups", "usual_times", "at_once", "busiest", "busiest_times",
    )  # fmt: skip
    plain = {name: getattr(figures, name) for name in names}
    namesakes = {name: list(persons) for name, persons in figures.namesakes.items()}
    alike = [list(group) for group in figures.look_alikes]
    return {
        **plain, "usual": list(figures.usual), "namesakes": namesakes, "look_alikes": alike,
        "acts": dict(sorted(figures.acts.items())),
    }  # fmt: skip
