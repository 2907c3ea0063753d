"""A report as a spreadsheet: summary, findings, terms, self-assessment, questions. Pure but for the writer of sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chainlog.cli.render import visible
from chainlog.cli.report_page import Page, Table, answer_table, due_table, finding_table
from chainlog.interchange.writing_sheets import ROWS_MAX, Sheet, write_sheets

if TYPE_CHECKING:
    from chainlog.cli.session import Session
    from chainlog.rules.report import Report

_DIGITS_MAX: Final = 15


def workbook_of(session: Session, report: Report, page: Page) -> bytes:
    """The .xlsx. Raises MissingExtraError."""
    sides = (report.completeness, report.compliance)
    total = sum(len(side.findings) for side in sides)
    due = due_table(session, report, ROWS_MAX)
    sheets = [
        Sheet(session.say("概要", "summary"), (), _summary(page)),
        _sheet(session.say("问题", "findings"), finding_table(session, sides, ROWS_MAX, grouped=False), total),
        _sheet(session.say("期限", "due"), due, len(report.overdue) + len(report.dues)),
        _sheet(session.say("自查自评", "self-assessment"), answer_table(session, report)),
        Sheet(session.say("查问事项", "questions"), _titles(session), _questions(session, report)),
    ]
    return write_sheets(sheets, more=session.say("另有 {} 项未列出", "{} more are not listed"), foot=visible(page.foot))


def _summary(page: Page) -> list[list[str]]:
    rows = [[page.title], [page.subtitle], *([name, value] for name, value in page.pairs)]
    for section in page.sections:
        rows += [[], [section.title, *([section.verdict.text] if section.verdict is not None else [])]]
        rows += [[name, value] for name, value in section.pairs]
        rows += [["", item] for item in section.items if not section.boxes]
        rows += [["", note] for note in section.notes]
    return [[visible(text) for text in row] for row in rows]


def _sheet(name: str, table: Table, total: int = 0) -> Sheet:
    return Sheet(name, table.columns, [[_value(cell.text) for cell in row] for row in table.rows], total)


def _value(text: str) -> str | int:
    """Numbers as numbers, as far as a spreadsheet keeps them exactly."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX else visible(text)


def _titles(session: Session) -> list[str]:
    return [
        session.say(zh, en)
        for zh, en in (("编号", "id"), ("事项", "question"), ("依据", "basis"), ("查问结果", "answer"))
    ]


def _questions(session: Session, report: Report) -> list[list[str]]:
    return [[one.id, session.say(one.zh, one.en), one.article, ""] for one in report.questions]
