"""Writing an .xlsx of plain text and numbers. Pure: bytes are returned; needs the extra `sheets` (XlsxWriter).

No cell is ever a formula or a link, whatever its text begins with: texts are stored as texts, and one that a spreadsheet
would take for a formula when it is edited or saved as CSV gets an apostrophe before it. The file is made in memory, so that nothing
of it lies in a directory for temporary files. Known limit: longer texts and further rows than a sheet takes are cut, and say so.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from chainlog.errors import MissingExtraError
from chainlog.interchange.texts import no_formula

ROWS_MAX: Final = 20_000
"""Rows of a sheet: what lies beyond is counted in a last one."""
_CELL_CHARS_MAX: Final = 32_000
_SHEET_NAME: Final = re.compile(r"[\[\]:*?/\\']")
_SHEET_NAME_MAX: Final = 31
# What XML 1.0 has no way to write, and halves of surrogate pairs.
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_WIDTH_MAX: Final = 60
_WIDTH_MIN: Final = 8


class Sheet(NamedTuple):
    """One sheet. columns: titles, none for a sheet without a head. rows: texts and whole numbers. total: rows, if not all are here."""

    name: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | int]]
    total: int = 0


def write_sheets(sheets: Sequence[Sheet], *, more: str, foot: str = "") -> bytes:
    """
    An .xlsx, laid out for A4 across.

    Args:
        more: the last row of a sheet that was cut, with `{}` for how many rows it lacks. foot: at the foot of every printed page.

    Raises: MissingExtraError.
    """
    try:
        import xlsxwriter  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError(extra="sheets") from error
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        styles = (
            book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
            book.add_format({"text_wrap": True, "valign": "top"}),
        )
        for sheet in sheets:
            _write(book.add_worksheet(_SHEET_NAME.sub(" ", sheet.name)[:_SHEET_NAME_MAX]), sheet, styles, more, foot)
    return data.getvalue()


def safe_text(text: str) -> str:
    """*text* as a cell may hold it."""
    shown = _legal(text)
    if len(shown) > _CELL_CHARS_MAX:
        shown = shown[:_CELL_CHARS_MAX] + "…"
    return no_formula(shown)


def _legal(text: str) -> str:
    return _ILLEGAL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _write(sheet: Any, content: Sheet, styles: tuple[Any, Any], more: str, foot: str) -> None:
    bold, plain = styles
    listed = content.rows[:ROWS_MAX]
    rows = [content.columns, *listed] if content.columns else list(listed)
    left = max(content.total, len(content.rows)) - len(listed)
    if left > 0:
        rows.append([more.format(left)])
    widths: dict[int, int] = {}
    for place, row in enumerate(rows):
        style = bold if content.columns and not place else plain
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(place, column, value, style)
                text = str(value)
            else:
                text = safe_text(value)
                sheet.write_string(place, column, text, style)
            widths[column] = max(widths.get(column, _WIDTH_MIN), min(_width(text), _WIDTH_MAX))
    for column, width in widths.items():
        sheet.set_column(column, column, width)
    if content.columns:
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    # A & begins a code in a footer, and a doubled one is taken for a picture's before G; so much fits.
    sheet.set_footer(f"&L{_legal(foot).replace('&', '＆')[:200]}&R&P/&N")


def _width(text: str) -> int:
    return max((sum(1 if ord(char) < 0x300 else 2 for char in line) for line in text.split("\n")), default=0) + 1
