"""A register file as sheets of typed cells: .xlsx and .csv, nothing else. Reads one file; the result is not trusted.

What the file is, its bytes decide; a name that says otherwise is refused, since the person who named it was mistaken
about something. The file is read once, and the digest is of the bytes that were parsed.
Known limits: strike-through, colours, comments and hidden rows can't be told from others. Results of formulas are
taken as the writing program stored them.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from chainlog.errors import LedgerError, LimitError, MissingExtraError
from chainlog.interchange.csvtext import read_csv
from chainlog.interchange.values import UNREADABLE, Cell, Sheet, SheetRow, Value
from chainlog.interchange.workbook import WORKBOOK, Outline, outline
from chainlog.limits import LEDGER_CELLS_MAX, LEDGER_FILE_BYTES_MAX

_TEXT_SUFFIXES: Final = frozenset({".csv", ".txt", ".tsv"})
_FOREIGN: Final = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "旧版 .xls/.et 或加密的工作簿",
        "an old .xls or .et workbook, or an encrypted one",
    ),
    (b"%PDF", "PDF 文件", "a PDF"),
    (b"\x89PNG", "图片", "an image"),
    (b"\xff\xd8\xff", "图片", "an image"),
    (b"Rar!", "RAR 压缩包", "a RAR archive"),
    (b"7z\xbc\xaf", "7z 压缩包", "a 7z archive"),
    (b"\x1f\x8b", "gzip 压缩包", "a gzip archive"),
    (b"{\\rtf", "RTF 文档", "an RTF document"),
    (b"SQLite format 3", "SQLite 数据库", "an SQLite database"),
)
_PACKED: Final = (
    (b"xl/workbook.bin", "二进制工作簿 .xlsb", "a binary workbook, .xlsb"),
    (b"word/document.xml", "Word 文档", "a Word document"),
    (b"opendocument.spreadsheet", "OpenDocument 表格 .ods", "an OpenDocument spreadsheet, .ods"),
    (b"ppt/presentation.xml", "演示文稿", "a presentation"),
)


def read_file(path: str | os.PathLike[str]) -> bytes:
    """
    The bytes of a register file.

    Raises:
        LedgerError: not a file that can be read, or empty.
        LimitError: over 64 MiB.
    """
    name = os.fspath(path)
    try:
        # A FIFO would otherwise be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise LedgerError("not a regular file", detail_zh="不是普通文件", path=name)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content: bytes = file.read(LEDGER_FILE_BYTES_MAX + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise LedgerError(f"can't be read: {reason}", detail_zh=f"无法读取：{reason}", path=name) from error
    if len(content) > LEDGER_FILE_BYTES_MAX:
        raise LimitError("bytes", detail_zh="文件字节数", path=name, limit=LEDGER_FILE_BYTES_MAX)
    return content


def read_sheets(content: bytes, *, name: str) -> tuple[Sheet, ...]:
    """
    The sheets of a register in their order, empty ones left out.

    name: the file's name, for its ending and for messages.

    Raises:
        LedgerError: neither .xlsx nor .csv, or damaged; says what it is instead.
        LimitError: too large in any way that `limits` names.
        MissingExtraError: an .xlsx, and python-calamine isn't installed.
    Cost: about 4 s for an .xlsx of 100,000 rows, 1 s for a CSV.
    """
    suffix = Path(name).suffix.lower()
    if suffix != ".xlsx" and suffix not in _TEXT_SUFFIXES:
        raise _refused(name, f"{suffix or '无扩展名的'} 文件", f"a file named {suffix or 'without an ending'}")
    if not content.strip(b" \t\r\n"):
        raise LedgerError("empty", detail_zh="文件是空的", path=name)
    for magic, zh, en in _FOREIGN:
        if content.startswith(magic):
            raise _refused(name, zh, en)
    packed = content.startswith(b"PK")
    if packed and WORKBOOK.encode() not in content:
        for inside, zh, en in _PACKED:
            if inside in content:
                raise _refused(name, zh, en)
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<?xml", b"<table", b"<meta")):
        raise _refused(name, "网页或 XML 文件", "a web page or XML")
    if suffix == ".xlsx":
        if not packed:
            raise _refused(name, "不是 .xlsx 的文件（内容不是工作簿）", "named .xlsx, but holds no workbook")
        return _read_xlsx(content, name=name)
    if packed:
        raise _refused(name, "压缩包或工作簿（不是 CSV 文本）", "a zip or workbook, not a CSV")
    sheet = read_csv(content, name=name)
    return (sheet,) if sheet.rows else ()


def _refused(name: str, zh: str, en: str) -> LedgerError:
    return LedgerError(
        f"this is {en}; save the register as .xlsx or .csv",
        detail_zh=f"这是{zh}；请用表格软件另存为 .xlsx 或 .csv",
        path=name,
    )


def _read_xlsx(content: bytes, *, name: str) -> tuple[Sheet, ...]:
    found = outline(content, name=name)
    try:
        import python_calamine as calamine  # noqa: PLC0415  (an optional part)
    except ImportError as error:
        raise MissingExtraError(extra="import") from error
    sheets = []
    try:
        with calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
            for sheet in workbook.sheet_names:
                if sheet not in found.unreadable:
                    continue
                loaded = workbook.get_sheet_by_name(sheet)
                rows = loaded.to_python(skip_empty_area=False) if loaded.start is not None else []
                merges = loaded.merged_cell_ranges or []
                sheets.append(_sheet(sheet, rows, merges=merges, found=found, file=name))
    except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise _damaged(name, error) from error
    except BaseException as error:
        # A panic of the reader reaches Python as an exception that isn't an Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _damaged(name, error) from error
    return tuple(sheet for sheet in sheets if sheet.rows)


def _damaged(name: str, error: BaseException) -> LedgerError:
    return LedgerError(
        f"a damaged workbook ({error}); open it in a spreadsheet program and save it anew",
        detail_zh=f"工作簿已损坏（{error}）；请用表格软件打开后重新另存为 .xlsx",
        path=name,
    )


_Merge = tuple[tuple[int, int], tuple[int, int]]


def _sheet(name: str, rows: list[list[Any]], *, merges: Iterable[_Merge], found: Outline, file: str) -> Sheet:
    unreadable = found.unreadable[name]
    grid: dict[int, dict[int, Cell]] = {}
    for number, row in enumerate(rows, start=1):
        for column, raw in enumerate(row, start=1):
            # Most cells of many books are blank; one that is unreadable is put in below.
            if raw == "" or (value := _value(raw)) is None:
                continue
            shown = unreadable.get((number, column)) if unreadable else None
            if shown is not None:
                value = UNREADABLE + shown
            grid.setdefault(number, {})[column] = Cell(value, column)
    # A formula without a result may stand beyond what the reader takes for the last cell.
    for (number, column), shown in unreadable.items():
        grid.setdefault(number, {}).setdefault(column, Cell(UNREADABLE + shown, column))
    repeated = 0
    for (top, left), (bottom, right) in merges:
        covered = range(top + 1, min(bottom + 1, len(rows)) + 1)
        repeated += len(covered)
        if repeated > LEDGER_CELLS_MAX:
            raise LimitError(
                f"merged cells: {repeated}", detail_zh=f"合并单元格：{repeated}", path=file, limit=LEDGER_CELLS_MAX
            )
        _merge(grid, rows=covered, columns=range(left + 1, right + 2))
    ordered = (
        SheetRow(number, tuple(grid[number][column] for column in sorted(grid[number]))) for number in sorted(grid)
    )
    return Sheet(name, tuple(ordered), found.epoch_1904)


def _merge(grid: dict[int, dict[int, Cell]], *, rows: range, columns: range) -> None:
    """Give a merged cell its width, and repeat it in the rows below that it covers."""
    if not rows or not columns:
        return
    first = grid.get(rows[0], {}).get(columns[0])
    if first is None:
        return
    grid[rows[0]][columns[0]] = Cell(first.value, first.column, len(columns))
    for number in rows[1:]:
        row = grid.setdefault(number, {})
        row.setdefault(columns[0], Cell(first.value, first.column, len(columns), repeated=True))


def _value(raw: Any) -> Value | None:
    if isinstance(raw, str):
        return raw if raw.strip() else None
    if isinstance(raw, bool | datetime | date | time):
        return raw
    if isinstance(raw, timedelta):
        return str(raw)
    if isinstance(raw, float):
        return int(raw) if raw.is_integer() else raw
    return raw if isinstance(raw, int) else None
