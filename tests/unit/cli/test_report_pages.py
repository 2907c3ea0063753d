"""The report as text, as a page to print, as a spreadsheet: escaped, bounded, the same story in both languages."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import openpyxl
import pytest
from msgspec.structs import replace

from chainlog.cli import report_sheets
from chainlog.cli.render import width
from chainlog.cli.report_html import html_of
from chainlog.cli.report_page import page_of
from chainlog.cli.session import Session
from chainlog.facade import Log
from chainlog.interchange import writing_sheets
from chainlog.rules.archive_headings import AuditFinding, Integrity
from chainlog.rules.finding import Finding
from chainlog.rules.report import Report, side
from tests.command_line import Terminal, office

HOSTILE = '<script>alert(1)</script>"\'&\x1b[31m\u202e=HYPERLINK("http://example.org")'
ENTERED = (
    '{"kind":"created.entered","at":"2026-01-02","who":{"registrar":"p/李敏"},"level":"秘密","reason":"other",'
    '"items":[{"carrier":"c/<b>=1","form":"document"}]}\n'
    '{"kind":"destroyed.carriers","at":"2026-01-04 11:00","on":["c/<b>=1"],"who":{"supervisor":"p/李敏"},"method":"burn","place":"w/院内"}\n'
)


@pytest.fixture(scope="module")
def terminal(tmp_path_factory) -> Iterator[Terminal]:
    directory = tmp_path_factory.mktemp("report")
    with office(directory) as terminal:
        assert terminal.run("append", "office.log", "-", "--key", "keys/李敏.key", typed=ENTERED).status == 0
        yield terminal


@pytest.fixture(scope="module")
def made(terminal) -> Report:
    with Log.open(terminal.directory / "office.log") as log:
        return log.report()


def session(lang: str = "zh") -> Session:
    return Session(lang=lang, as_json=False, debug=False)


def finding(number: int, **more) -> Finding:
    fields = {
        "code": "DES-3", "severity": "critical", "subject": f"c/{number}", "evidence": (number + 1,), "origin": number + 1, "since_us": 0,
        "article": "", "parameters": {}, "as_of_us": 0, "state": "open", "message_zh": "监销签名1人", "message_en": "1 of 2 signed", **more,
    }  # fmt: skip
    return Finding(**fields)


class Elements(HTMLParser):
    """Names of elements and attributes of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data):
        self.text += data


def test_the_facade_gives_what_the_command_shows(made, terminal):
    assert made.integrity.verdict == "intact"
    assert {one.code for one in made.compliance.findings} >= {"DES-1", "DES-3", "DES-7"}
    said = terminal.run("report", "office.log")
    assert said.status == 1
    assert "完好" in said.out
    assert "DES-7" in said.out
    assert made.head.hex() in said.out


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("columns", ["60", "80"])
def test_text_keeps_to_the_terminal(terminal, lang: str, columns: str):
    said = terminal.run("report", "office.log", "--lang", lang, "--no-verify", COLUMNS=columns)
    # Hashes are never cut.
    assert [
        line for line in said.out.splitlines() if width(line) > int(columns) and not re.search("[0-9a-f]{64}", line)
    ] == []


def test_a_page_says_all_in_one_language(made):
    for lang, other in (("zh", "Integrity"), ("en", "完好")):
        text = html_of(page_of(session(lang), made, limit=20), lang=lang).decode()
        assert other not in text
        assert made.head.hex() in text


def test_a_page_has_no_script_and_nothing_from_elsewhere(made):
    hostile = replace(
        made, title=HOSTILE, unit=f"u/{HOSTILE}", name=HOSTILE,
        compliance=side([finding(1, subject=f"c/{HOSTILE}", message_zh=HOSTILE, article=HOSTILE)]),
    )  # fmt: skip
    text = html_of(page_of(session(), hostile, limit=20), lang="zh").decode()
    seen = Elements()
    seen.feed(text)
    assert not seen.names & {"script", "img", "link", "iframe", "object", "a"}
    assert not seen.attributes & {"src", "href", "onload", "onclick", "style"}
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\u202e" in seen.text
    assert "alert(1)" in seen.text
    assert "url(" not in text
    assert "@import" not in text


def test_a_sheet_holds_hostile_text_as_text(made):
    found = [finding(1, subject="c/=1+1", message_zh="=1+1", article=HOSTILE), finding(2, message_zh="@x")]
    hostile = replace(made, title="=1+1", compliance=side(found))
    data = report_sheets.workbook_of(session(), hostile, page_of(session(), hostile, limit=20))
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [sheet.title for sheet in book.worksheets] == ["概要", "问题", "期限", "自查自评", "查问事项"]
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(str(cell.value).startswith(("=", "+", "-", "@")) for cell in cells)
    assert "'=1+1" in {cell.value for cell in cells}
    assert len(list(book["问题"].iter_rows())) == 3


def test_however_many_findings_the_page_stays_short(made, monkeypatch: pytest.MonkeyPatch):
    each = (finding(number, message_zh=f"监销签名{number}人") for number in range(20_000))
    many = replace(made, compliance=side(each))
    page = page_of(session(), many, limit=20)
    rows = [len(table.rows) for section in page.sections for table in section.tables]
    assert max(rows) <= max(20, len(many.answers))
    assert "另有 19980 项未列出" in {table.more for section in page.sections for table in section.tables}
    assert "20000" in str(page.sections[2].verdict)
    for module in (writing_sheets, report_sheets):
        monkeypatch.setattr(module, "ROWS_MAX", 50)
    book = openpyxl.load_workbook(io.BytesIO(report_sheets.workbook_of(session(), many, page)))
    last = [cell.value for cell in list(book["问题"].iter_rows())[-1]]
    assert last[0] == "另有 19950 项未列出"


def test_matters_that_are_alike_are_one_row_of_the_page_and_each_a_row_of_the_book(made):
    ones = [*(finding(number) for number in range(30)), finding(100, code="DES-7", message_zh="私自销毁")]
    many = replace(made, compliance=side(ones))
    page = page_of(session(), many, limit=20)
    (table,) = [table for table in page.sections[2].tables if table.prose]
    assert [[cell.text for cell in row[:5]] for row in table.rows] == [
        ["#1", "严重", "DES-3", "c/0 等 30 起", "1"], ["#31", "严重", "DES-7", "c/100", "101"],
    ]  # fmt: skip
    assert table.more == ""
    (short,) = [table for table in page_of(session("en"), many, limit=1).sections[2].tables if table.prose]
    assert (short.rows[0][3].text, short.more) == ("c/0 and 29 more alike", "1 more are not listed")
    book = openpyxl.load_workbook(io.BytesIO(report_sheets.workbook_of(session(), many, page)))
    assert len(list(book["问题"].iter_rows())) == 1 + 31


def test_what_the_audit_found_stands_on_the_page(made):
    found = (
        AuditFinding("foreign-data", None, "", "a key beside the tables"),
        AuditFinding("altered", 3, "c/1", "changed"),
    )
    broken = replace(
        made, integrity=Integrity(verdict="broken", trust="pinned", size=8, root=bytes(32), findings=found)
    )
    section = page_of(session(), broken, limit=1).sections[0]
    assert section.verdict == ("已被破坏", "red")
    (table,) = section.tables
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["", "foreign-data", "存有不属于日志的数据", "", "表外的键"]
    ]
    assert table.more == "另有 1 项未列出"
    assert b"foreign-data" in html_of(page_of(session("en"), broken, limit=20), lang="en")


def test_open_matters_come_before_closed_ones(made):
    found = [
        finding(1, state="closed"),
        finding(2, code="BRW-2", severity="medium"),
        finding(3, evidence=(2, 9), state="closed"),
    ]
    page = page_of(session(), replace(made, compliance=side(found)), limit=20)
    table = page.sections[2].tables[1]
    assert [(row[0].text, row[2].text) for row in table.rows] == [("#1", "BRW-2"), ("#2", "DES-3"), ("#2", "DES-3")]


def test_files_are_written_and_replaced(terminal):
    for _ in range(2):
        said = terminal.run("report", "office.log", "--no-verify", "--html", "r.html", "--xlsx", "r.xlsx")
        assert said.status == 1
        assert "r.html" in said.err
    assert (terminal.directory / "r.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert (terminal.directory / "r.xlsx").read_bytes().startswith(b"PK")


def test_the_wrong_log_is_refused_and_the_right_one_pinned(terminal, made):
    said = terminal.run("report", "office.log", "--log-id", made.log_id.hex())
    assert "已与给出的日志编号对照" in said.out
    assert terminal.run("report", "office.log", "--log-id", "00" * 32).status == 1


def test_nothing_against_a_log_is_status_0(terminal):
    assert terminal.run("report", "office.log", "--as-of", "2026-01-01 08:30", "--no-verify").status == 0
    assert terminal.run("due", "office.log", "--as-of", "2026-01-01 08:30").status == 0
