"""What single cells say: texts, document numbers, serials, counts. Pure.

Each parser takes a cell that is not blank and gives a value, or raises `CellProblem` with what to write instead;
none guesses. Levels are in `levels`, dates in `dates`, copy numbers in `copy_numbers`, persons in `names`, closed lists of words in `words`.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Final

from chainlog.interchange.numerals import chinese_number
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.texts import recordable, squeeze, tidy
from chainlog.interchange.values import Value, shown
from chainlog.limits import COPY_NUMBERS_MAX

_SERIAL_MAX: Final = 999_999
_PAGES_MAX: Final = 100_000

_OPENING: Final = "([{【〖〔〘〚"
_CLOSING: Final = ")]}】〗〕〙〛"
_BRACKETS: Final = str.maketrans(_OPENING + _CLOSING, "〔" * len(_OPENING) + "〕" * len(_CLOSING))
_SEVERAL: Final = re.compile(r"号.*[、,;/].*号|号[、,;]|\d[、,;]\d")
_SERIAL: Final = re.compile(
    # A word before it, a year before it, or neither; after a year without a stroke, three or four digits.
    r"(?:no\.?|#)?(?:[^\W\d_][^\d]{0,11}?)?(?:〔?(?:19|20)\d{2}(?:〕|年|[-—–/.])|(?:19|20)\d{2}(?=0?\d{3}号?$))?"
    r"第?(?P<number>\d{1,6})(?:号|\.0)?",
    re.IGNORECASE,
)
_UNITS: Final = {"份": "份本件套册张个", "页": "页张面p"}


def parse_text(value: Value) -> str:
    """
    A text as a record may hold it. Numbers and dates become texts, for a spreadsheet may have made them of one.

    Raises:
        CellProblem: a character outside the repertoire, or over 1,024 bytes.
    """
    return recordable(tidy(shown(value)))


def parse_doc_no(value: Value) -> str:
    """
    A document number without blanks, its brackets as 〔 〕: 县委发〔2025〕5号.

    Raises:
        CellProblem: several numbers, or a date (which a spreadsheet made of one).
    """
    if isinstance(value, date | time | bool):
        raise _made_a_date("文号", "document number")
    text = squeeze(shown(value)).translate(_BRACKETS)
    if _SEVERAL.search(text):
        raise CellProblem(
            zh="一格中有几个文号",
            en="several document numbers in one cell",
            write_zh="一行只记一个文号，其余另起一行",
            write_en="one document number a row",
        )
    return recordable(text)


def parse_serial(value: Value) -> int:
    """
    A serial number from 1: 31, 031, 第31号, 收31, 2025-031, 收〔2025〕31号.

    Raises:
        CellProblem: no such number, or more than one.
    """
    text = (
        squeeze(shown(value)).translate(_BRACKETS)
        if isinstance(value, str | int) and not isinstance(value, bool)
        else ""
    )
    match = _SERIAL.fullmatch(text)
    number = int(match["number"]) if match else 0
    if not 1 <= number <= _SERIAL_MAX:
        raise CellProblem(
            zh="不是序号",
            en="no serial number",
            write_zh="写一个整数，如 31",
            write_en="one whole number, like 31",
        )
    return number


def parse_count(value: Value) -> int:
    """
    A number of copies, 1 to 1,000: 6, 6份, 六, 陆, 两份. Numerals in Chinese up to 99.

    Raises:
        CellProblem: none or several numbers, zero, or too many.
    """
    return _count(value, most=COPY_NUMBERS_MAX, unit="份")


def parse_pages(value: Value) -> int:
    """
    A number of pages, 1 to 100,000.

    Raises:
        CellProblem: as `parse_count`.
    """
    return _count(value, most=_PAGES_MAX, unit="页")


def parse_total(value: Value) -> int:
    """
    A stated total, 0 to 100,000: 7, 7份, 共7份, 7件12份 (the copies count).

    Raises:
        CellProblem: as `parse_count`.
    """
    if isinstance(value, str):
        copies: list[str] = re.findall(r"(\d{1,6})份", squeeze(value))
        if len(copies) == 1:
            return int(copies[0])
    return _count(value, most=_PAGES_MAX, unit="份", least=0)


def _count(value: Value, *, most: int, unit: str, least: int = 1) -> int:
    number: int | None = None
    if isinstance(value, str):
        pattern = rf"共?(?P<n>\d{{1,7}}|[^\d]{{1,3}}?)(?:[{_UNITS[unit]}]|\.0+)?"
        match = re.fullmatch(pattern, squeeze(value).lower())
        if match:
            number = int(match["n"]) if match["n"].isdigit() else chinese_number(match["n"])
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    if number is None or not least <= number <= most:
        raise CellProblem(
            zh="不是份数" if unit == "份" else "不是页数",
            en=f"no number from {least} to {most}",
            write_zh=f"写 {least} 到 {most} 的整数，如 6",
            write_en=f"a whole number from {least} to {most}, like 6",
        )
    return number


def _made_a_date(zh: str, en: str) -> CellProblem:
    return CellProblem(
        zh=f"{zh}被表格软件改成了日期",
        en=f"the spreadsheet turned the {en} into a date",
        write_zh="把单元格设为“文本”格式后重写",
        write_en="set the cell's format to text and write it again",
    )


def not_a_date(value: Value, *, zh: str, en: str) -> None:
    """
    Refuse what a spreadsheet has made of a number with strokes.

    Raises:
        CellProblem: the cell holds a date, a time or a truth value.
    """
    if isinstance(value, date | time | bool):
        raise _made_a_date(zh, en)
