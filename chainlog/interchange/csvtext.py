"""CSV as offices save it: which encoding, which delimiter, then the cells. Pure.

UTF-8 with and without mark, and GB18030 (so GBK and GB2312), which Chinese spreadsheets write. Other encodings are
refused by name where their bytes tell: a register that is read in the wrong one is worse than none.
Known limits: a GB18030 text and an unmarked Big5 text can't always be told apart; then no header is recognised, and
the file is refused for that.
"""

from __future__ import annotations

import csv
import io
import re
from typing import Final

from chainlog.errors import LedgerError, LimitError
from chainlog.interchange.values import Cell, Sheet, SheetRow
from chainlog.limits import (
    LEDGER_CELL_CHARS_MAX,
    LEDGER_CELLS_MAX,
    LEDGER_COLUMNS_MAX,
    LEDGER_LINES_MAX,
    LEDGER_ROWS_MAX,
)

DELIMITERS: Final = ",;\t"
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"+/v", "UTF-7"),
)
_SAMPLE_LINES: Final = 200
_SIMPLIFIED: Final = re.compile("[登记号级档密时间单位编销毁传阅]")
_TRADITIONAL: Final = re.compile("[號級檔時間單編記銷毀傳閱]")


def decode(content: bytes, *, name: str) -> str:
    """
    The text of a CSV without its byte order mark.

    Raises:
        LedgerError: another encoding, or no text at all.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            raise _encoding(name, encoding)
    if b"\x00" in content:
        # In UTF-16 each comma and digit brings a zero, all on one side.
        if content.count(0) > 1 and not (content[::2].count(0) and content[1::2].count(0)):
            raise _encoding(name, "UTF-16")
        raise LedgerError("not a text: it holds zero bytes", detail_zh="不是文本文件：含有零字节", path=name)
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        pass
    try:
        text = content.decode("gb18030").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise LedgerError(
            "neither UTF-8 nor GB18030; save it as “CSV UTF-8”",
            detail_zh="既不是 UTF-8 也不是 GB18030 编码；请另存为“CSV UTF-8”",
            path=name,
        ) from None
    if not _SIMPLIFIED.search(text) and _TRADITIONAL.search(content.decode("big5", "replace")):
        raise _encoding(name, "Big5")
    return text


def _encoding(name: str, encoding: str) -> LedgerError:
    return LedgerError(
        f"{encoding} encoding, which is not read; save it as “CSV UTF-8”",
        detail_zh=f"是 {encoding} 编码，不能读取；请另存为“CSV UTF-8”",
        path=name,
    )


def read_csv(content: bytes, *, name: str) -> Sheet:
    """
    The one sheet of a CSV; its name is empty. Row numbers count records, as a spreadsheet shows them.

    Delimited by comma, semicolon or tab; quoted cells may hold line breaks. A lone `"` in every place where quotes
    stand is a ditto mark, not a quotation.

    Raises:
        LedgerError: another encoding, or quotes that don't match; names the record.
        LimitError: too many rows, columns or cells, or too long a cell.
    """
    text = decode(content, name=name)
    declared = re.match(r'"?sep=(.)"?\r?\n', text)
    # A file without anything but its first line is guessed from that.
    lines = text.splitlines()[:_SAMPLE_LINES]
    delimiter = declared[1] if declared and declared[1] in DELIMITERS else _delimiter(lines)
    skipped = 1 if declared else 0
    rows: list[SheetRow] = []
    count = cells = 0
    file = io.StringIO(text, newline="")
    if _quotes_are_dittos(text, delimiter):
        reader = csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    else:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        for number, record in enumerate(reader, start=1):
            if number <= skipped:
                continue
            count = number
            if count > LEDGER_LINES_MAX:
                raise LimitError(f"rows: {count}", detail_zh=f"行：{count}", path=name, limit=LEDGER_LINES_MAX)
            row = _row(number, record, name=name, edges=delimiter + "\r\n") if any(record) else None
            if row is None or not row.cells:
                continue
            rows.append(row)
            cells += len(row.cells)
            if len(rows) > LEDGER_ROWS_MAX:
                raise LimitError(f"rows: {len(rows)}", detail_zh=f"行：{len(rows)}", path=name, limit=LEDGER_ROWS_MAX)
            if cells > LEDGER_CELLS_MAX:
                raise LimitError(f"cells: {cells}", detail_zh=f"单元格：{cells}", path=name, limit=LEDGER_CELLS_MAX)
    except csv.Error as error:
        if "field limit" in str(error):
            raise LimitError(
                "characters in a cell", detail_zh="单元格字数", path=name, limit=LEDGER_CELL_CHARS_MAX
            ) from error
        raise LedgerError(
            f"quotes do not match after record {count} ({error})",
            detail_zh=f"第 {count} 行之后引号不成对，无法分栏；请用表格软件重新另存为 CSV",
            path=name,
        ) from error
    return Sheet("", tuple(rows))


def _row(number: int, record: list[str], *, name: str, edges: str) -> SheetRow:
    if len(record) > LEDGER_COLUMNS_MAX and any(text.strip() for text in record[LEDGER_COLUMNS_MAX:]):
        raise LimitError(
            f"columns: {len(record)}",
            detail_zh=f"第 {number} 行的栏数：{len(record)}",
            path=name,
            limit=LEDGER_COLUMNS_MAX,
        )
    cells = []
    for column, text in enumerate(record[:LEDGER_COLUMNS_MAX], start=1):
        if len(text) > LEDGER_CELL_CHARS_MAX:
            raise LimitError(
                f"characters in a cell: {len(text)}",
                detail_zh=f"单元格字数：{len(text)}",
                path=name,
                limit=LEDGER_CELL_CHARS_MAX,
            )
        if not text.strip():
            continue
        if len(text) > 1 and text[0] in edges and text[-1] in edges:
            # What two ditto marks beside real quotations would swallow begins and ends like this.
            raise LedgerError(
                f"record {number}: a quoted cell runs across cell borders; write ditto marks as 同上",
                detail_zh=f"第 {number} 行：引号跨越了单元格；表示“同上”的引号请改写为“同上”",
                path=name,
            )
        cells.append(Cell(text, column))
    return SheetRow(number, tuple(cells))


def _delimiter(lines: list[str]) -> str:
    """The delimiter that splits the most lines; commas within quotes count too, but then in all candidates alike."""
    return max(DELIMITERS, key=lambda delimiter: sum(line.count(delimiter) for line in lines))


def _quotes_are_dittos(text: str, delimiter: str) -> bool:
    """
    Whether `"` occurs only as the whole of a cell.

    Read as quotations, two such cells would swallow all that stands between them, rows included, without an error.
    """
    if '"' not in text:
        return False
    alone = re.compile(rf'(?:^|(?<=[{delimiter}\r\n]))[ ]*"[ ]*(?=[{delimiter}\r\n]|$)')
    return '"' not in alone.sub("", text)
