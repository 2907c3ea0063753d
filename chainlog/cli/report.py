"""`chainlog report`: integrity, completeness, compliance, on one page. Reads the log and `derived/`; writes the files asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from chainlog.cli.command import command, log_argument, option
from chainlog.cli.finding_lines import hanging, wrapped
from chainlog.cli.logs import opened
from chainlog.cli.proof_files import naming, read_note
from chainlog.cli.render import Cell, Column, styled, visible
from chainlog.cli.session import Session
from chainlog.cli.times import as_of_instant

if TYPE_CHECKING:
    from chainlog.cli.report_page import Page, Section, Table
    from chainlog.rules.report import Report

_AGAINST: Final = 1
_LISTED_ON_PAPER: Final = 200


@command(
    "report",
    zh="报告：完好性（记录是否原样）、完整性（该记的是否都记了）、合规性（是否按规定办）三项结论分列，另有到期事项、自查自评、电子档案四性、"
       "没有判断的和须由人查问的。各项都没有问题时退出码为 0，否则为 1。",
    en="One report with three verdicts apart: integrity (is the log what was written?), completeness (does it tell the whole story?), compliance "
       "(was it done by the rules?); besides what falls due, a self-assessment, the qualities of an archive, what was not judged, and what a "
       "person has to ask. Exit status 0 if nothing speaks against the log, else 1.",
    example="chainlog report office.log --log-id log-id.txt --html report.html --xlsx report.xlsx",
)  # fmt: skip
@log_argument
@option("--log-id", metavar="HEX|FILE", zh="日志编号，或写有编号的文件", en="The log's id, or a file that holds it.")
@option(
    "--checkpoint",
    type=click.Path(),
    metavar="FILE",
    zh="以前在外部保存的日志头",
    en="A signed head that was kept outside.",
)
@option("--no-verify", is_flag=True, zh="不核验完好性，只写明未核验", en="Don't audit integrity; the report says so.")
@option("--as-of", metavar="TIME", zh="只计到某时已写入的记录，并按该时判断；完好性按现在", en="With only what was recorded until then, judged as of then; integrity is that of now.")  # fmt: skip
@option(
    "--within",
    metavar="30d",
    default="3mo",
    show_default=True,
    zh="列出多久以内到期的",
    en="How far ahead to look for what falls due.",
)
@option(
    "--limit",
    type=click.IntRange(0, 100_000),
    default=20,
    show_default=True,
    zh="每张表最多列几项",
    en="How many each table lists at most.",
)
@option(
    "--html", "html_file", type=click.Path(), metavar="FILE", zh="写成可打印的网页", en="Write a page to be printed."
)
@option("--xlsx", "xlsx_file", type=click.Path(), metavar="FILE", zh="写成电子表格", en="Write a spreadsheet.")
def report(
    session: Session, log: str, log_id: str | None, checkpoint: str | None, no_verify: bool, as_of: str | None, within: str, limit: int,
    html_file: str | None, xlsx_file: str | None,
) -> int:  # fmt: skip
    """The report."""
    from chainlog.cli.due import end_of
    from chainlog.cli.key import read_log_id
    from chainlog.cli.outputs import check_target
    from chainlog.cli.report_page import page_of
    from chainlog.rules.report_json import report_json

    # Before minutes of verifying.
    for path, kind in ((html_file, "page"), (xlsx_file, "workbook")):
        if path is not None:
            check_target(path, kind)
    note = None if checkpoint is None else read_note(checkpoint)
    number = None if log_id is None else read_log_id(log_id)
    with opened(log, log_id=number) as handle:
        offset = handle.utc_offset_minutes
        now_us = handle.now_us()
        moment = now_us if as_of is None else as_of_instant(handle, as_of, now_us=now_us)
        until_us = end_of(within, moment, offset)
        session.status("正在核验、判断……", "verifying, judging…")
        with naming([] if checkpoint is None else [checkpoint]):
            made = handle.report(
                verify=not no_verify, log_id=number, checkpoint=note, as_of_us=moment, until_us=until_us
            )
        session.status("", "")
    if session.as_json:
        session.emit(report_json(made, listed=limit))
    elif html_file is None and xlsx_file is None:
        show_page(session, page_of(session, made, limit=limit))
    _write(session, made, html_file, xlsx_file, limit=max(limit, _LISTED_ON_PAPER))
    return 0 if made.is_clear else _AGAINST


def _write(session: Session, made: Report, html_file: str | None, xlsx_file: str | None, *, limit: int) -> None:
    from chainlog.cli.outputs import write_file
    from chainlog.cli.report_page import page_of

    page = page_of(session, made, limit=limit)
    if html_file is not None:
        from chainlog.cli.report_html import html_of

        write_file(html_file, html_of(page, lang=session.lang))
    if xlsx_file is not None:
        from chainlog.cli.report_sheets import workbook_of

        write_file(xlsx_file, workbook_of(session, made, page))
    written = [file for file in (html_file, xlsx_file) if file is not None]
    if written and not session.as_json:
        for section in page.sections:
            if section.verdict is not None:
                session.wrapped(f"{section.title}  {section.verdict.text}")
        session.note(session.say(f"已写入 {'、'.join(written)}", f"written to {', '.join(written)}"))


def show_page(session: Session, page: Page) -> None:
    """A page as text."""
    session.wrapped(page.title, style="bold")
    session.wrapped(page.subtitle)
    session.pairs(page.pairs)
    for place, section in enumerate(page.sections, 1):
        session.echo()
        _show_section(session, section, place)


def _show_section(session: Session, section: Section, place: int) -> None:
    head = f"{place}. {section.title}"
    lines = wrapped(session, head, "")
    session.lines([styled(line, "bold", colour=session.colour) for line in lines])
    if section.verdict is not None:
        verdict = [
            styled(line, section.verdict.style, colour=session.colour)
            for line in wrapped(session, section.verdict.text, "   ")
        ]
        session.lines(verdict)
    session.pairs(section.pairs, indent=3)
    for table in section.tables:
        session.echo()
        _show_table(session, table)
    for item in section.items:
        session.lines(hanging(session, item, "   □ " if section.boxes else "   - ", "     "))
    for note in section.notes:
        session.lines(wrapped(session, note, "   "))


def _show_table(session: Session, table: Table) -> None:
    if table.prose:
        for row in table.rows:
            _show_row(session, row[: -table.prose], row[-table.prose :])
    else:
        session.table([Column(title) for title in table.columns], table.rows)
    if table.more:
        session.echo(table.more)


def _show_row(session: Session, heads: Sequence[Cell], prose: Sequence[Cell]) -> None:
    style = next((cell.style for cell in heads if cell.style), "")
    head = "  ".join(visible(cell.text) for cell in heads if cell.text)
    session.lines([styled(line, style, colour=session.colour) for line in wrapped(session, head, "")])
    for cell in prose:
        if cell.text:
            session.lines(wrapped(session, cell.text, "    "))
