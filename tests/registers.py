"""Register files as tests build them: rows of cells into .xlsx or .csv, in memory or below a folder."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from chainlog.interchange.problems import Problem
from chainlog.interchange.rows import Register

SHARED = Path(__file__).parents[2] / "shared" / "data"

RECEIVED = [
    "收文号",
    "收文日期",
    "来文机关",
    "来文字号",
    "文件标题",
    "密级",
    "份号",
    "份数",
    "缓急",
    "签收人",
    "承办单位",
    "备注",
]


def received(serial: Any, **cells: Any) -> list[Any]:
    """A good row below `RECEIVED`; *cells* are by header."""
    row = {
        "收文号": serial,
        "收文日期": "2019-03-04",
        "来文机关": "市水利局",
        "来文字号": f"市水发〔2019〕{serial}号",
        "文件标题": "关于河道清淤的通知",
        "密级": "秘密★3年",
        "份号": "",
        "份数": 1,
        "缓急": "平件",
        "签收人": "马春兰",
        "承办单位": "水利站",
        "备注": "",
        **cells,
    }
    return [row[title] for title in RECEIVED]


def xlsx(
    sheets: dict[str, Sequence[Sequence[Any]]], *, merges: Iterable[tuple[str, str]] = (), epoch_1904: bool = False
) -> bytes:
    """A workbook; dates become date cells, a text that begins with `=` a formula. merges: (sheet, "A1:C1")."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "date_1904": epoch_1904, "default_date_format": "yyyy-mm-dd"}
    book = xlsxwriter.Workbook(buffer, options)
    stamp = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(number, column, value, stamp)
                elif isinstance(value, date):
                    sheet.write_datetime(number, column, value)
                elif isinstance(value, str) and not value.startswith("="):
                    sheet.write_string(number, column, value)
                elif value is not None:
                    sheet.write(number, column, value)
        for where, cells in merges:
            if where == name:
                first = cells.split(":", maxsplit=1)[0]
                row, column = _place(first)
                sheet.merge_range(cells, rows[row][column])
    book.close()
    return buffer.getvalue()


def _place(reference: str) -> tuple[int, int]:
    letters = reference.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(reference[len(letters) :]) - 1, column - 1


def csv_bytes(rows: Iterable[Sequence[Any]], *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """A CSV with quotes where they are needed."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(
        ["" if value is None else value for value in row] for row in rows
    )
    return text.getvalue().encode(encoding)


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def where(problems: Iterable[Problem]) -> list[tuple[int | None, str]]:
    """Row and column of each problem."""
    return [(problem.row, problem.column) for problem in problems]


def numbers(register: Register) -> list[int]:
    """The row numbers of the rows that were taken."""
    return [row.number for row in register.rows]
