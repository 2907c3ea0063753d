from __future__ import annotations

import io
import sys
import zipfile

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chainlog.errors import MissingExtraError
from chainlog.interchange import writing_sheets
from chainlog.interchange.writing_sheets import Sheet, safe_text, write_sheets


def read(data: bytes) -> dict[str, list[list[object]]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}


def test_texts_and_numbers_come_back():
    data = write_sheets(
        [Sheet("问题", ["规则", "记录"], [["DES-3", 7], ["两\n行", 0]]), Sheet("空", [], [])], more="{}"
    )
    assert read(data) == {"问题": [["规则", "记录"], ["DES-3", 7], ["两\n行", 0]], "空": []}


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", " =cmd|' /C calc'!A0", "\t=1", "\r=1", "＝1", "－1", "\ufeff=1"]
)
def test_no_text_is_a_formula(text: str):
    data = write_sheets([Sheet("a", ["t"], [[text]])], more="")
    assert safe_text(text).startswith("'")
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        assert not any(b"<f>" in files.read(name) for name in files.namelist())
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert [cell.data_type for row in book.worksheets[0].iter_rows(min_row=2) for cell in row] == ["s"]


def test_no_text_is_a_link_and_markup_is_text():
    data = write_sheets([Sheet("a", [], [["http://example.org/", "<b>&amp;</b>", "mailto:a@example.org"]])], more="")
    assert read(data)["a"] == [["http://example.org/", "<b>&amp;</b>", "mailto:a@example.org"]]
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        assert b"hyperlink" not in b"".join(files.read(name) for name in files.namelist())


def test_a_sheet_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing_sheets, "ROWS_MAX", 2)
    rows = [[str(n)] for n in range(5)]
    assert read(write_sheets([Sheet("a", ["n"], rows)], more="另有 {} 项"))["a"] == [["n"], ["0"], ["1"], ["另有 3 项"]]
    assert read(write_sheets([Sheet("a", ["n"], rows[:2])], more="另有 {} 项"))["a"] == [["n"], ["0"], ["1"]]
    assert read(write_sheets([Sheet("a", ["n"], rows[:2], 9)], more="另有 {} 项"))["a"][-1] == ["另有 7 项"]


def test_long_texts_are_cut_and_names_of_sheets_fitted():
    data = write_sheets([Sheet("a/b[c]*?:" + "x" * 40, [], [["x" * 40_000]])], more="")
    ((name, rows),) = read(data).items()
    assert len(name) == 31
    assert str(rows[0][0]).endswith("x…")
    assert len(str(rows[0][0])) < 32_767


@given(st.text(st.characters(), max_size=20))
@example("&G")
@example("\ud800")
@settings(max_examples=30, deadline=None)
def test_any_text_gives_a_file_that_opens(text: str):
    shown = read(write_sheets([Sheet("a", [], [[text, "end"]])], more="", foot=text))["a"][0]
    assert shown[1] == "end"


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError) as caught:
        write_sheets([], more="")
    assert caught.value.fields["extra"] == "sheets"
