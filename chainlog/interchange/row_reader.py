"""One row of a table into typed cells, or the problems that keep it out. Pure.

Nothing is guessed and nothing is dropped: a row with a problem in any cell that is read is left out as a whole, and
every problem of it is named, not the first alone.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chainlog.digest import file_digest
from chainlog.interchange.dates import Frame, Moment, parse_moment
from chainlog.interchange.headers import Header
from chainlog.interchange.layout import is_placeholder
from chainlog.interchange.ledger_model import Column, Typed
from chainlog.interchange.levels import Level
from chainlog.interchange.problems import CellProblem, Problem
from chainlog.interchange.texts import dropped, is_dash, is_ditto, tidy
from chainlog.interchange.values import UNREADABLE, Cell, Sheet, SheetRow, Value, column_letter

_YEARS_APART_MAX: Final = 1
_NO_ROW: Final = SheetRow(0, ())


@dataclass(frozen=True, slots=True)
class Row:
    """
    A row of a register, checked for form and not for truth.

    sheet, number: where it stands; number from 1, as a spreadsheet shows it. cells: typed values by the ledger's keys;
    what is blank is absent. `level` is a word and `term` its term, also where one cell held both. raw: the cells as
    they stand. letters: the column of each key. cells_digest: 32 bytes, see `cells_digest`. n: how many equal rows of the
    book stand before it. notes: what a person may want to look at, though the row is taken.
    """

    sheet: str
    number: int
    cells: Mapping[str, Typed]
    raw: Mapping[str, str]
    cells_digest: bytes
    letters: Mapping[str, str] = field(default_factory=dict)
    n: int = 0
    notes: tuple[Problem, ...] = ()


def cells_digest(cells: Mapping[str, Typed]) -> bytes:
    """
    SHA-256 over the parsed cells: a JSON object in UTF-8, keys sorted, without blanks between tokens.

    Texts are folded by NFKC and lose all white space, moments are as `Moment.text` gives them, several values are
    lists. So the order of columns, the width of characters, the kind of file, ditto marks and the ways of writing a
    date change nothing; what a cell says does. 32 bytes.
    """
    plain = {key: _plain(value) for key, value in cells.items()}
    return file_digest(json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def _plain(value: Typed) -> Any:
    if isinstance(value, str):
        return "".join(unicodedata.normalize("NFKC", value).split())
    if isinstance(value, Moment):
        return value.text()
    if isinstance(value, tuple):
        return [_plain(part) for part in value if part is not None]
    return value


@dataclass(slots=True)
class RowReader:
    """
    Reads the rows of one sheet from top to bottom; ditto marks refer to the row before.

    file: the register's name in problems. year: of the book, None if nothing says it. inherited: values of cover
    lines for columns that the table doesn't have.
    """

    file: str
    sheet: Sheet
    header: Header
    year: int | None
    inherited: dict[str, Typed] = field(default_factory=dict)
    serial: int | None = None
    _above: dict[int, Value] = field(default_factory=dict)
    _problems: list[Problem] = field(default_factory=list)
    _row: SheetRow = _NO_ROW

    def read(self, row: SheetRow) -> Row | list[Problem]:
        """The row, or all its problems."""
        self._row, self._problems, self.serial = row, [], None
        values = self._values(row)
        cells: dict[str, Typed] = {}
        ledger = self.header.ledger
        main = ledger.main
        anchor: Moment | None = None
        plain = Frame(self.year, epoch_1904=self.sheet.epoch_1904)
        held = {*self.header.columns.values()}
        for column in ledger.reading_order:
            if column.key not in held:
                continue
            frame = plain
            if column.dated == "after" or column.dated == "before":
                frame = Frame(self.year, anchor, column.dated, column.within_days, self.sheet.epoch_1904)
            parsed = self._column(column, values, frame)
            if column.key == "serial" and isinstance(parsed, int):
                self.serial = parsed
            if column is main:
                anchor = parsed if isinstance(parsed, Moment) else None
            if parsed is not None and parsed != ():
                self._put(cells, column, parsed)
        for key, value in self.inherited.items():
            if key not in held:
                self._put(cells, ledger.by_key[key], value)
        self._check(cells, values)
        if self._problems:
            return self._problems
        ordered = {column.key: cells[column.key] for column in ledger.columns if column.key in cells}
        raw: dict[str, str] = {}
        for cell in row.cells:
            if cell.column in self.header.columns:
                key = self.header.columns[cell.column]
                raw[key] = f"{raw[key]}、{cell.text}" if key in raw else cell.text
        letters = {key: column_letter(position) for position, key in reversed(self.header.columns.items())}
        notes = self._notes(row)
        return Row(self.sheet.name, row.number, ordered, raw, cells_digest(ordered), letters, notes=notes)

    def _notes(self, row: SheetRow) -> tuple[Problem, ...]:
        """A note for each cell that is read without some of its characters."""
        for cell in row.cells:
            found = dropped(cell.value) if isinstance(cell.value, str) and not cell.repeated else ()
            if found and cell.column in self.header.columns:
                self._report(cell.column, cell.value, dropped_note(found))
        notes, self._problems = tuple(self._problems), []
        return notes

    def problem_at(self, key: str, problem: CellProblem) -> Problem:
        """A problem of the row that was read last, at the column of a key."""
        self._problems = []
        position = self._position(key)
        cell = self._row.at(position)
        self._report(position, cell.value if cell else "", problem)
        return self._problems[0]

    def void(self, row: SheetRow) -> list[Problem]:
        """The problem of a row that only says that its number is void."""
        self._row, self._problems, self.serial = row, [], None
        self._report(
            row.cells[-1].column,
            row.cells[-1].text,
            CellProblem(
                zh="此号作废，没有可导入的内容", en="a void number, nothing to import",
                write_zh="空号、作废号请在日志中单独登记", write_en="record void numbers in the log apart",
            ),
        )  # fmt: skip
        return self._problems

    def _values(self, row: SheetRow) -> dict[str, list[tuple[int, Value]]]:
        """The cells by key, ditto marks resolved; blank ones absent. Cells under no header are problems."""
        values: dict[str, list[tuple[int, Value]]] = {}
        above, self._above = self._above, {}
        for cell in row.cells:
            key = self.header.columns.get(cell.column)
            if key is None:
                if cell.column not in self.header.titles and not cell.repeated:
                    self._report(cell.column, cell.text, _OUTSIDE)
                continue
            value = cell.value
            if isinstance(value, str) and is_ditto(value):
                if cell.column not in above:
                    self._report(cell.column, value, _NOTHING_ABOVE)
                    continue
                value = above[cell.column]
            if isinstance(value, str) and self._is_blank(self.header.ledger.by_key[key], value):
                continue
            self._above[cell.column] = value
            values.setdefault(key, []).append((cell.column, value))
        return values

    @staticmethod
    def _is_blank(column: Column, text: str) -> bool:
        # Where a blank has a meaning, a stroke may have another.
        return not tidy(text) or is_placeholder(text) or (column.blank is None and is_dash(text))

    def _column(self, column: Column, values: Mapping[str, list[tuple[int, Value]]], frame: Frame) -> Typed | None:
        """The parsed value of a column; None where it is blank or a problem was reported."""
        gathered: list[Typed] = []
        for position, value in values.get(column.key, []):
            try:
                if isinstance(value, str) and value.startswith(UNREADABLE):
                    raise _unreadable(value)
                parsed = column.parse(value, frame)
            except CellProblem as problem:
                self._report(position, value, problem)
                continue
            if parsed is not None:
                gathered.append(parsed)
        if column.key not in values:
            told = {problem.column for problem in self._problems}
            if column.required and column_letter(self._position(column.key)) not in told:
                self._report_blank(column)
            return column.blank
        if len(gathered) > 1:
            return tuple(part for parsed in gathered if isinstance(parsed, tuple) for part in parsed if part)
        return gathered[0] if gathered else None

    def _put(self, cells: dict[str, Typed], column: Column, value: Typed) -> None:
        if isinstance(value, Level):
            cells[column.key] = value.level
            if value.term is None:
                return
            key, value = "term", value.term
        else:
            key = column.key
        if key in cells and cells[key] != value:
            self._report(
                self._position(key), f"{cells[key]} / {value}",
                CellProblem(
                    zh=f"密级栏与保密期限栏不一致：{cells[key]}，{value}", en=f"two terms: {cells[key]} and {value}",
                    write_zh="核对后两栏写成一致", write_en="make both cells agree",
                ),
            )  # fmt: skip
        cells[key] = value

    def _check(self, cells: Mapping[str, Typed], values: Mapping[str, list[tuple[int, Value]]]) -> None:
        """What no cell can know alone. A cell that has a problem already isn't complained about again."""
        ledger, broken = self.header.ledger, {problem.column for problem in self._problems}
        for group in ledger.one_of:
            positions = [column_letter(self._position(key)) for key in group if key in self.header.columns.values()]
            if not any(key in cells for key in group) and not broken.intersection(positions):
                self._report_blank(ledger.by_key[group[0]], group)
        copies, numbers = cells.get("copies"), cells.get("copy_no")
        if isinstance(copies, int) and isinstance(numbers, tuple) and len(numbers) != copies:
            self._report(
                self._position("copies"), f"{values['copies'][0][1]}；{values['copy_no'][0][1]}" if "copy_no" in values else str(copies),
                CellProblem(
                    zh=f"份数 {copies}，份号却有 {len(numbers)} 个", en=f"{copies} copies are stated and {len(numbers)} numbered",
                    write_zh="核对实物后使份数与份号一致", write_en="look at the papers and make both agree",
                ),
            )  # fmt: skip
        for earlier, later in ledger.order:
            first, second = cells.get(earlier), cells.get(later)
            if isinstance(first, Moment) and isinstance(second, Moment) and second.ends_before(first):
                titles = ledger.by_key[earlier].title, ledger.by_key[later].title
                self._report(
                    self._position(later), second.text(),
                    CellProblem(
                        zh=f"{titles[1]} {second.text()} 早于{titles[0]} {first.text()}",
                        en=f"{titles[1]} {second.text()} lies before {titles[0]} {first.text()}",
                        write_zh="核对两个日期", write_en="check both dates",
                    ),
                )  # fmt: skip
        if ledger.main is not None:
            main = cells.get(ledger.main.key)
            if isinstance(main, Moment) and self.year is not None:
                self._check_year(ledger.main, main, values)

    def _check_year(self, column: Column, main: Moment, values: Mapping[str, list[tuple[int, Value]]]) -> None:
        """The row's own date against the book's year, and a date without a year against what follows it."""
        position, value = values[column.key][0]
        year = self.year or 0
        if abs(main.day.year - year) > _YEARS_APART_MAX:
            self._report(
                position, value,
                CellProblem(
                    zh=f"{main.day.year} 年的日期记在 {year} 年度的簿册中", en=f"a date of {main.day.year} in the book of {year}",
                    write_zh="核对年份；簿册年度不对的，改正表头的年度", write_en="check the year, or mend the year atop the book",
                ),
            )  # fmt: skip
            return
        try:
            other = parse_moment(value, Frame(year + 1, epoch_1904=self.sheet.epoch_1904))
        except CellProblem:
            return
        if other is None or other.day == main.day:
            return
        for follower in self.header.ledger.columns:
            if follower.dated != "after" or follower.key not in values:
                continue
            try:
                stated = parse_moment(values[follower.key][0][1], Frame(epoch_1904=self.sheet.epoch_1904))
            except CellProblem:
                continue
            if stated is not None and (stated.day - main.day).days > follower.within_days and stated.day >= other.day:
                self._report(
                    position, value,
                    CellProblem(
                        zh=f"没有年份：{follower.title} {stated.day} 表明可能是 {other.day}，而不是 {main.day}",
                        en=f"no year: by {follower.title} {stated.day} it may be {other.day} and not {main.day}",
                        write_zh="写全年月日", write_en="write the year",
                    ),
                )  # fmt: skip
                return

    def _position(self, key: str) -> int:
        """The column of a key; where it has none, the first of the table."""
        return next((column for column, held in self.header.columns.items() if held == key), min(self.header.columns))

    def _report_blank(self, column: Column, group: tuple[str, ...] = ()) -> None:
        titles = [self.header.ledger.by_key[key].title for key in group] or [column.title]
        zh = f"{'、'.join(titles)}{'都' if len(titles) > 1 else ''}为空"
        unknown = column.dated == "main"
        self._report(
            self._position(next((key for key in group if key in self.header.columns.values()), column.key)), "",
            CellProblem(
                zh=zh, en=f"blank: {', '.join(titles)}",
                write_zh="补写；确实不知道写“不详”" if unknown else "补写",
                write_en="fill it in; 不详 if it is not known" if unknown else "fill it in",
            ),
        )  # fmt: skip

    def _report(self, column: int, found: Value, problem: CellProblem) -> None:
        self._problems.append(
            Problem(
                file=self.file, sheet=self.sheet.name, row=self._row.number, column=column_letter(column),
                title=tidy(self.header.titles.get(column, "")), found=tidy(Cell(found, column).text.removeprefix(UNREADABLE)),
                reason_zh=problem.zh, reason_en=problem.en, instead_zh=problem.write_zh, instead_en=problem.write_en,
            )
        )  # fmt: skip


def _unreadable(value: str) -> CellProblem:
    shown = value.removeprefix(UNREADABLE)
    return CellProblem(
        zh="公式没有保存结果" if shown == "=" else f"公式出错：{shown}",
        en="a formula without a stored result" if shown == "=" else f"a formula's error: {shown}",
        write_zh="改为直接写值", write_en="write the value itself",
    )  # fmt: skip


def dropped_note(found: tuple[str, ...]) -> CellProblem:
    """What is said of a text of which invisible characters were dropped, as `texts.dropped` names them."""
    return CellProblem(
        zh=f"删去了看不见的字符：{'、'.join(found)}（括号内为第几个字符）",
        en=f"invisible characters were dropped: {'; '.join(found)} (which characters of the cell)",
        write_zh="核对原件，在簿上删去这些字符", write_en="compare with the paper, and delete them in the book",
    )  # fmt: skip


_OUTSIDE: Final = CellProblem(
    zh="这一栏没有表头", en="this column has no header",
    write_zh="移到所属栏目，或为这一栏写表头；CSV 中请检查逗号和引号", write_en="move it where it belongs; in a CSV look for stray commas",
)  # fmt: skip
_NOTHING_ABOVE: Final = CellProblem(
    zh="“同上”，但上一行这一栏是空的", en="a ditto mark, but the cell above is blank",
    write_zh="写出内容", write_en="write it out",
)  # fmt: skip
