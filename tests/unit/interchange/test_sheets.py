from __future__ import annotations

import builtins
import io
import os
import re
import zipfile
import zlib
from datetime import date, datetime
from typing import Any

import pytest

from chainlog import limits
from chainlog.errors import FormatError, LedgerError, LimitError, MissingExtraError
from chainlog.interchange import csvtext, sheets, workbook
from chainlog.interchange.sheets import read_file, read_sheets
from chainlog.interchange.values import UNREADABLE, Cell, column_letter
from tests.registers import csv_bytes, xlsx

ROWS = [["收文号", "标题"], [1, "甲，乙"], [None, None], [2, '他说"好"']]


def texts(sheet):
    return {row.number: [cell.text for cell in row.cells] for row in sheet.rows}


def refused(content: bytes, name: str) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        read_sheets(content, name=name)
    assert name in caught.value.text("zh")
    assert name in caught.value.text("en")
    assert re.search("[\u4e00-\u9fff]", caught.value.text("zh").replace("登记簿", ""))
    return caught.value


class TestCsv:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_encodings_and_delimiters(self, encoding, delimiter):
        (sheet,) = read_sheets(csv_bytes(ROWS, encoding=encoding, delimiter=delimiter), name="a.csv")
        assert texts(sheet) == {1: ["收文号", "标题"], 2: ["1", "甲，乙"], 4: ["2", '他说"好"']}
        assert sheet.name == ""

    def test_line_breaks_within_cells_and_old_line_ends(self):
        (sheet,) = read_sheets('号,题\r1,"甲\n乙"\r2,丙'.encode(), name="a.csv")
        assert texts(sheet) == {1: ["号", "题"], 2: ["1", "甲\n乙"], 3: ["2", "丙"]}

    def test_a_declared_delimiter(self):
        (sheet,) = read_sheets("sep=;\r\n号;题,目\r\n1;a,b".encode(), name="a.csv")
        assert texts(sheet) == {2: ["号", "题,目"], 3: ["1", "a,b"]}

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            ("号,题\n".encode("utf-16"), "UTF-16"),
            ("号,题\n".encode("utf-16-le"), "UTF-16"),
            ("号,题\n".encode("utf-16-be"), "UTF-16"),
            ("号,题\n".encode("utf-32"), "UTF-32"),
            ("收文登記簿,密級\n".encode("big5"), "Big5"),
        ],
    )
    def test_other_encodings_by_name(self, content, name):
        assert name in refused(content, "a.csv").text("zh")

    def test_no_text(self):
        refused(b"a,b\n\xff\xff\xff", "a.csv")
        refused(b"a,b\n" * 20 + b"\x00", "a.csv")

    @pytest.mark.parametrize("text", ['a,"b', 'a,"b"c\n', '"甲"乙,c\n'])
    def test_quotes_that_do_not_match(self, text):
        assert "引号" in refused(text.encode(), "a.csv").text("zh")

    def test_ditto_marks_swallow_nothing(self):
        (sheet,) = read_sheets('a,甲,x\nb,",x\nc,",y\n'.encode(), name="a.csv")
        assert texts(sheet) == {1: ["a", "甲", "x"], 2: ["b", '"', "x"], 3: ["c", '"', "y"]}
        (sheet,) = read_sheets('a,甲\nb,"\nc,"\n'.encode(), name="a.csv")
        assert texts(sheet) == {1: ["a", "甲"], 2: ["b", '"'], 3: ["c", '"']}
        # Beside real quotations nobody can tell.
        refused('"a",甲,x\nb,",x\nc,",y\n'.encode(), "a.csv")

    def test_an_escaped_ditto_mark(self):
        (sheet,) = read_sheets(b'a,b\nc,""""\n', name="a.csv")
        assert texts(sheet)[2] == ["c", '"']

    def test_limits(self, monkeypatch):
        monkeypatch.setattr(csvtext, "LEDGER_ROWS_MAX", 3)
        with pytest.raises(LimitError):
            read_sheets(b"a\n" * 4, name="a.csv")
        monkeypatch.undo()
        with pytest.raises(LimitError):
            read_sheets(b"a," * 300 + b"b", name="a.csv")
        assert read_sheets(b"a" + b"," * 300, name="a.csv")
        with pytest.raises(LimitError):
            read_sheets(b"a," + b"b" * (limits.LEDGER_CELL_CHARS_MAX + 1), name="a.csv")
        with pytest.raises(LimitError):
            read_sheets(b"a," + b"b" * 200_000, name="a.csv")


class TestEmptyRows:
    """They count neither against the rows that a register may have, nor for what is read."""

    BLANKS: tuple[Any, ...] = (None, " ", "\u3000 ", "")

    @pytest.mark.parametrize("blank", BLANKS)
    @pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
    def test_only_rows_that_hold_something_count(self, monkeypatch, blank, name):
        rows = [["a", "b"], *([[blank, blank]] * 9), ["c", blank], [blank, "d"]]
        content = csv_bytes(rows) if name == "a.csv" else xlsx({"甲": rows})
        for module in (csvtext, workbook):
            monkeypatch.setattr(module, "LEDGER_ROWS_MAX", 3)
        (sheet,) = read_sheets(content, name=name)
        assert texts(sheet) == {1: ["a", "b"], 11: ["c"], 12: ["d"]}
        for module in (csvtext, workbook):
            monkeypatch.setattr(module, "LEDGER_ROWS_MAX", 2)
        with pytest.raises(LimitError, match="rows: 3"):
            read_sheets(content, name=name)

    @pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
    def test_no_more_than_a_spreadsheet_has(self, monkeypatch, name):
        rows = [["a"], *([[" "]] * 9), ["b"]]
        content = csv_bytes(rows) if name == "a.csv" else xlsx({"甲": rows})
        for module in (csvtext, workbook):
            monkeypatch.setattr(module, "LEDGER_LINES_MAX", 10)
        with pytest.raises(LimitError, match="rows: 11"):
            read_sheets(content, name=name)

    def test_a_formula_without_a_result_holds_something(self, monkeypatch):
        monkeypatch.setattr(workbook, "LEDGER_ROWS_MAX", 1)
        with pytest.raises(LimitError):
            read_sheets(xlsx({"甲": [["a"], ["=1+1"]]}), name="a.xlsx")

    def test_blank_cells_are_not_made(self, monkeypatch):
        made = []

        def counted(*cell: Any) -> Cell:
            made.append(cell)
            return Cell(*cell)

        monkeypatch.setattr(sheets, "Cell", counted)
        rows = [["a", "b"], *([[" "] * 20] * 500)]
        read_sheets(xlsx({"甲": rows}), name="a.xlsx")
        assert len(made) == 2


class TestXlsx:
    def test_values_keep_their_types(self):
        rows: list[list[Any]] = [
            ["文", 3, 3.5, date(2019, 3, 4), datetime.fromisoformat("2019-03-04T09:10"), True],
            [None, 43528, "000087", " ", None, "=1+1"],
        ]
        (sheet,) = read_sheets(xlsx({"甲": rows, "空": []}), name="a.xlsx")
        assert sheet.name == "甲"
        assert [cell.value for cell in sheet.rows[0].cells] == [
            "文",
            3,
            3.5,
            date(2019, 3, 4),
            datetime.fromisoformat("2019-03-04T09:10"),
            True,
        ]
        assert type(sheet.rows[0].cells[1].value) is int
        assert {cell.column: cell.value for cell in sheet.rows[1].cells} == {2: 43528, 3: "000087", 6: 0}

    def test_row_numbers_start_at_the_sheet_not_at_the_data(self):
        (sheet,) = read_sheets(xlsx({"甲": [[], [], [None, None, "x"]]}), name="a.xlsx")
        assert [(row.number, cell.letter) for row in sheet.rows for cell in row.cells] == [(3, "C")]

    def test_merged_cells(self):
        rows: list[list[Any]] = [["题", None, None], ["甲", 1, 2], [None, 3, 4]]
        (sheet,) = read_sheets(xlsx({"s": rows}, merges=[("s", "A1:C1"), ("s", "A2:A3")]), name="a.xlsx")
        title, first, second = sheet.rows
        assert [(cell.text, cell.width) for cell in title.cells] == [("题", 3)]
        assert [(cell.text, cell.repeated) for cell in first.cells] == [("甲", False), ("1", False), ("2", False)]
        assert [(cell.text, cell.repeated) for cell in second.cells] == [("甲", True), ("3", False), ("4", False)]

    def test_errors_and_formulas_without_a_result_are_not_blank(self):
        content = rewrite(
            xlsx({"s": [["=1/0", "=A1", "x"]]}),
            "xl/worksheets/sheet1.xml",
            lambda xml: re.sub(
                rb'<c r="A1"><f>1/0</f><v>0</v></c><c r="B1"><f>A1</f><v>0</v></c>',
                rb'<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="B1"><f>A1</f></c>',
                xml,
            ),
        )
        (sheet,) = read_sheets(content, name="a.xlsx")
        assert [cell.value for cell in sheet.rows[0].cells] == [UNREADABLE + "#DIV/0!", UNREADABLE + "=", "x"]

    def test_the_macintosh_epoch(self):
        (sheet,) = read_sheets(xlsx({"s": [[43528, date(2019, 3, 4)]]}, epoch_1904=True), name="a.xlsx")
        assert sheet.epoch_1904
        assert sheet.rows[0].cells[1].value == date(2019, 3, 4)

    def test_without_calamine(self, monkeypatch):
        real = builtins.__import__

        def without(name, *args, **kwargs):
            if name == "python_calamine":
                raise ImportError(name)
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(MissingExtraError) as caught:
            read_sheets(xlsx({"s": [["a"]]}), name="a.xlsx")
        assert caught.value.extra == "import"
        assert read_sheets(b"a,b", name="a.csv")


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("content", "name", "word"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "a.xlsx", ".xls"),
            (b"%PDF-1.7", "a.xlsx", "PDF"),
            (b"a,b\n1,2\n", "a.xlsx", "不是工作簿"),
            (b"<html><table></table></html>", "a.xlsx", "网页"),
            (b"<html><table></table></html>", "a.csv", "网页"),
            (b"a,b", "a.xls", ".xls"),
            (b"a,b", "a.et", ".et"),
            (b"a,b", "a", "无扩展名"),
            (b"", "a.csv", "空"),
            (b"\r\n \n", "a.xlsx", "空"),
            (b"PK\x03\x04garbage", "a.xlsx", "损坏"),
            (b"SQLite format 3\x00", "a.csv", "SQLite"),
        ],
    )
    def test_said_by_name(self, content, name, word):
        assert word in refused(content, name).text("zh")

    def test_zips_of_other_kinds(self):
        for inside, word in (("word/document.xml", "Word"), ("xl/workbook.bin", ".xlsb"), ("x.txt", "损坏")):
            assert word in refused(zipped({inside: b"x"}), "a.xlsx").text("zh")
        assert "不是 CSV" in refused(xlsx({"s": [["a"]]}), "a.csv").text("zh")

    def test_reading(self, tmp_path):
        with pytest.raises(LedgerError):
            read_file(tmp_path / "none.csv")
        with pytest.raises(LedgerError):
            read_file(tmp_path)
        os.mkfifo(tmp_path / "fifo.csv")
        with pytest.raises(LedgerError, match="regular"):
            read_file(tmp_path / "fifo.csv")
        with pytest.raises(LedgerError):
            read_file("a\x00b.csv")

    def test_too_large(self, tmp_path, monkeypatch):
        (tmp_path / "a.csv").write_bytes(b"a" * 11)
        monkeypatch.setattr(sheets, "LEDGER_FILE_BYTES_MAX", 10)
        with pytest.raises(LimitError):
            read_file(tmp_path / "a.csv")


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def rewrite(content: bytes, part: str, change) -> bytes:
    """A workbook with one part changed; that it changes is part of the test."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changed = change(parts[part])
    assert changed != parts[part]
    return zipped({**parts, part: changed})


SHEET = "xl/worksheets/sheet1.xml"
SMALL = xlsx({"s": [["甲", "乙"], [1, 2]]})


class TestBombs:
    """Each would take gigabytes if it reached the reader."""

    def cells(self, *references: str) -> bytes:
        body = "".join(f'<row><c r="{reference}"><v>1</v></c></row>' for reference in references).encode()
        return rewrite(
            SMALL, SHEET, lambda xml: re.sub(b"<sheetData>.*</sheetData>", b"<sheetData>" + body + b"</sheetData>", xml)
        )

    def test_control(self):
        (sheet,) = read_sheets(self.cells("A1", "D4"), name="a.xlsx")
        assert len(sheet.rows) == 2

    @pytest.mark.parametrize(
        "corner", ["A1048577", "XFD1", "XFD1048576", "IV99999", "A99999999", "ZZZ1", "a1", "$A$1", "A-1", "A1:B2"]
    )
    def test_far_corners(self, corner):
        with pytest.raises(FormatError):
            read_sheets(self.cells("A1", corner), name="a.xlsx")

    def test_far_corners_by_row_numbers_alone(self):
        content = rewrite(
            SMALL,
            SHEET,
            lambda xml: xml.replace(b'<row r="2"', b'<row r="9999999"').replace(b'r="A2"', b"").replace(b'r="B2"', b""),
        )
        with pytest.raises(FormatError):
            read_sheets(content, name="a.xlsx")

    def test_empty_cells_far_away_are_no_harm(self):
        content = rewrite(
            SMALL,
            SHEET,
            lambda xml: xml.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'),
        )
        (sheet,) = read_sheets(content, name="a.xlsx")
        assert len(sheet.rows) == 2

    def test_one_long_text_used_often(self, monkeypatch):
        text = "长" * 30_000
        rows = [[text] for _ in range(50)]
        assert len(xlsx({"s": rows})) < 20_000
        monkeypatch.setattr(workbook, "LEDGER_TEXT_CHARS_MAX", 1_000_000)
        with pytest.raises(LimitError, match="characters"):
            read_sheets(xlsx({"s": rows}), name="a.xlsx")

    def test_a_long_text(self):
        content = rewrite(SMALL, "xl/sharedStrings.xml", lambda xml: xml.replace("甲".encode(), b"x" * 40_000))
        with pytest.raises(LimitError):
            read_sheets(content, name="a.xlsx")

    def test_unpacks_to_more_than_allowed(self, monkeypatch):
        monkeypatch.setattr(workbook, "LEDGER_UNPACKED_BYTES_MAX", 1_000_000)
        content = rewrite(SMALL, SHEET, lambda xml: xml + b" " * 2_000_000)
        with pytest.raises(LimitError, match="unpacked"):
            read_sheets(content, name="a.xlsx")

    def test_a_directory_that_understates_a_part(self):
        body = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = body.compress(b" " * 5_000_000) + body.flush()
        with zipfile.ZipFile(io.BytesIO(SMALL)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        honest = zipped({**parts, "xl/styles.xml": b" " * 5_000_000})
        assert packed in honest
        lying = honest.replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
        assert lying != honest
        assert "unpacks to more" in refused(lying, "a.xlsx").text("en")

    def test_too_many_parts_and_sheets(self, monkeypatch):
        monkeypatch.setattr(workbook, "LEDGER_PARTS_MAX", 5)
        with pytest.raises(LimitError):
            read_sheets(SMALL, name="a.xlsx")
        monkeypatch.undo()
        monkeypatch.setattr(workbook, "LEDGER_SHEETS_MAX", 1)
        with pytest.raises(LimitError):
            read_sheets(xlsx({"a": [[1]], "b": [[1]]}), name="a.xlsx")

    def test_entities(self):
        content = rewrite(
            SMALL, SHEET, lambda xml: re.sub(rb"(<\?xml.*?\?>)", rb'\1<!DOCTYPE x [<!ENTITY a "b">]>', xml, count=1)
        )
        assert "document type" in refused(content, "a.xlsx").text("en")

    @pytest.mark.parametrize("part", ["xl/workbook.xml", SHEET, "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"])
    def test_damaged_parts(self, part):
        refused(rewrite(SMALL, part, lambda xml: xml[: len(xml) // 2]), "a.xlsx")

    def test_merges_without_end(self, monkeypatch):
        monkeypatch.setattr(sheets, "LEDGER_CELLS_MAX", 3)
        merges = b'<mergeCells count="2"><mergeCell ref="A1:XFD1048576"/><mergeCell ref="B1:B1048576"/></mergeCells>'
        content = rewrite(SMALL, SHEET, lambda xml: xml.replace(b"</sheetData>", b"</sheetData>" + merges))
        with pytest.raises(LimitError, match="merged"):
            read_sheets(content, name="a.xlsx")


def test_column_letters():
    assert [column_letter(n) for n in (1, 26, 27, 52, 702, 703)] == ["A", "Z", "AA", "AZ", "ZZ", "AAA"]
