"""A register file as typed rows, with everything in it that can't be taken named. Reads one file, writes nothing.

The result is not trusted: it is what a book says, not what happened. Every row of the file that holds something is
accounted for, as a row, as layout, or by a problem.
Known limits: corrections by strike-through can't be seen. Dates in the spirit of `dates`, kinds in that of `headers`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from chainlog.digest import file_digest
from chainlog.errors import LedgerError
from chainlog.interchange.books import Book, Table, group_books
from chainlog.interchange.dates import Frame
from chainlog.interchange.headers import Header, Unrecognised, match_header, recognise
from chainlog.interchange.layout import Kind, classify, covered_keys, is_sum, labelled, sum_within
from chainlog.interchange.ledger_model import CoverLine, Typed, missing
from chainlog.interchange.problems import CellProblem, Problem
from chainlog.interchange.row_reader import Row, RowReader, dropped_note
from chainlog.interchange.sheets import read_file, read_sheets
from chainlog.interchange.texts import dropped, tidy
from chainlog.interchange.values import Cell, Sheet, SheetRow, Value, column_letter, shown


@dataclass(frozen=True, slots=True)
class LayoutRow:
    """A row of a file that is none of the register: kind says what it was taken for, text what it says."""

    sheet: str
    number: int
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class UnreadColumn:
    """A column whose header isn't known; its cells were not read."""

    sheet: str
    column: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """
    One book, from one or several sheets of a file.

    kind: the ledger's. book: its name, from kind, year or list number, and unit: 收文2025·临河镇党政办公室.
    year, unit, number: None where nothing says them; number is a destruction list's. sha256: of the file, 32 bytes.
    cover: parsed lines outside the table by their keys. A problem in one keeps all rows out, for all rest on it.
    skipped: how many rows problems kept out. layout, unread: what was not read as rows. notes: on what was taken outside of
    rows; a row has its own.
    """

    file: str
    sha256: bytes
    kind: str
    book: str
    year: int | None
    unit: str | None
    number: str | None
    sheets: tuple[str, ...]
    rows: tuple[Row, ...]
    cover: Mapping[str, Typed]
    problems: tuple[Problem, ...]
    skipped: int
    layout: tuple[LayoutRow, ...]
    unread: tuple[UnreadColumn, ...]
    notes: tuple[Problem, ...] = ()


def read_register(path: str | os.PathLike[str], *, default_year: int | None = None) -> Register:
    """
    The one register of an .xlsx or .csv file.

    default_year: of the book where neither the file nor its dates say it.

    Raises:
        LedgerError: can't be read as a register, or holds several; `read_registers` gives those.
        LimitError: too large.
        MissingExtraError: an .xlsx, and python-calamine isn't installed.
    Cost: about half a millisecond a row.
    """
    registers = read_registers(path, default_year=default_year)
    if len(registers) > 1:
        books = "、".join(register.book for register in registers)
        raise LedgerError(
            f"holds several books ({books}); import them one by one",
            detail_zh=f"一个文件中有几本登记簿（{books}）；请分别存为文件",
            path=os.fspath(path),
        )
    return registers[0]


def read_registers(path: str | os.PathLike[str], *, default_year: int | None = None) -> tuple[Register, ...]:
    """
    The registers of a file, in the order of their first sheets: sheets of one kind, year and list are one book.

    A sheet that isn't recognised beside others that are is a problem of the first book.

    Raises:
        As `read_register`, but several books are no error.
    """
    name = os.fspath(path)
    content = read_file(path)
    sheets = read_sheets(content, name=name)
    if not sheets:
        raise LedgerError("empty", detail_zh="文件是空的", path=name)
    tables: list[Table] = []
    strays: list[tuple[Sheet, Unrecognised]] = []
    for sheet in sheets:
        found = recognise(sheet, file=Path(name).stem, covered=covered_keys)
        if isinstance(found, Header):
            tables.append(Table(sheet, found))
        else:
            strays.append((sheet, found))
    if not tables:
        sheet, why = next(((sheet, why) for sheet, why in strays if why.likely), strays[0])
        zh, en = (f"工作表“{sheet.name}”：", f"sheet “{sheet.name}”: ") if sheet.name else ("", "")
        raise LedgerError(f"{en}{why.en}", detail_zh=f"{zh}{why.zh}", path=name)
    books = group_books(tables, [sheet for sheet, _ in strays], path=name, default_year=default_year)
    covers = {sheet.name for book in books for sheet in book.covers}
    digest = file_digest(content)
    registers = [_BookReader(Path(name).name, book).read(digest) for book in books]
    extra = tuple(_sheet_problem(Path(name).name, sheet, why) for sheet, why in strays if sheet.name not in covers)
    registers[0] = replace(registers[0], problems=(*registers[0].problems, *extra))
    return tuple(registers)


def _sheet_problem(file: str, sheet: Sheet, why: Unrecognised) -> Problem:
    return Problem(
        file=file, sheet=sheet.name, row=None, column="", title="", found="",
        reason_zh=f"整张工作表未读取：{why.zh}", reason_en=f"the whole sheet was not read: {why.en}",
        instead_zh="与登记簿无关的工作表请移出文件", instead_en="move sheets that are no register to another file",
    )  # fmt: skip


@dataclass(slots=True)
class _BookReader:
    """Reads the sheets of one book in order and gathers what is found."""

    file: str
    book: Book
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    layout: list[LayoutRow] = field(default_factory=list)
    cover: dict[str, Typed] = field(default_factory=dict)
    skipped: int = 0
    cover_broken: bool = False
    _serials: dict[int, bytes] = field(default_factory=dict)
    _seen: Counter[bytes] = field(default_factory=Counter)

    def read(self, sha256: bytes) -> Register:
        book = self.book
        for sheet in book.covers:
            for row in sheet.rows:
                self._outside(row, sheet, "cover", None)
        unread: list[UnreadColumn] = []
        for table in book.tables:
            self._table(table)
            titles = table.header.titles
            unread += [
                UnreadColumn(table.sheet.name, column_letter(column), tidy(titles[column]))
                for column in table.header.unread
            ]
        kept = () if self.cover_broken else tuple(self.rows)
        number = self.cover.get("number", book.number)
        return Register(
            file=self.file, sha256=sha256, kind=book.ledger.kind, book=book.name(number if isinstance(number, str) else None),
            year=book.year, unit=book.unit, number=number if isinstance(number, str) else None,
            sheets=tuple(sheet.name for sheet in (*book.covers, *(table.sheet for table in book.tables))), rows=kept,
            cover=self.cover, problems=tuple(self.problems), skipped=self.skipped + len(self.rows) - len(kept),
            layout=tuple(self.layout), unread=tuple(unread), notes=tuple(self.notes),
        )  # fmt: skip

    def _table(self, table: Table) -> None:
        sheet, header = table.sheet, table.header
        reader = RowReader(self.file, sheet, header, self.book.year)
        for row in sheet.rows[: header.first]:
            self._outside(row, sheet, "title", reader)
        for row in sheet.rows[header.first : header.first + header.rows]:
            self._note(sheet, row, "header")
        position = header.first + header.rows
        has_rows = False
        while position < len(sheet.rows):
            row = sheet.rows[position]
            kind = classify(row, reader.header)
            position += 1
            if kind == "header":
                again = match_header(header.ledger, sheet.rows, position - 1)
                self._header_again(row, reader, again)
                for lower in sheet.rows[position : position + again.rows - 1]:
                    self._note(sheet, lower, "header")
                position += again.rows - 1
            elif kind in {"row", "void"}:
                has_rows = True
                self._row(row, reader, is_void=kind == "void")
            elif kind == "total" and "total" in header.ledger.labels_by_key:
                self._total(row, reader)
            else:
                if kind == "cover" and has_rows and reader.inherited:
                    # The next slip on the same sheet begins: nothing of the one before belongs to it.
                    reader.inherited.clear()
                    has_rows = False
                self._outside(row, sheet, kind, reader)

    def _note(self, sheet: Sheet, row: SheetRow, kind: Kind) -> None:
        self.layout.append(LayoutRow(sheet.name, row.number, kind, " ".join(tidy(cell.text) for cell in row.cells)))

    def _header_again(self, row: SheetRow, reader: RowReader, again: Header) -> None:
        """A header on a further page: its columns count from here on, if they can be read."""
        self._note(reader.sheet, row, "header")
        same = all(reader.header.columns.get(column) == key for column, key in again.columns.items())
        if same:
            return
        if not again.clashes and not missing(again.ledger, again.columns.values(), covered=reader.inherited):
            reader.header = again
            return
        self._problem(
            reader.sheet, row.number, row.cells[0], title="", found=" ".join(cell.text for cell in row.cells),
            problem=CellProblem(
                zh="续页表头与首页不同，且不完整", en="the header of a further page differs and is not complete",
                write_zh="各页使用相同的表头", write_en="use one header for all pages",
            ),
        )  # fmt: skip
        self.cover_broken = True

    def _row(self, row: SheetRow, reader: RowReader, *, is_void: bool) -> None:
        found = reader.void(row) if is_void else reader.read(row)
        serial = reader.serial
        if (
            isinstance(found, Row)
            and serial is not None
            # A circulation slip counts its readers from 1, and a sheet may hold several slips.
            and reader.header.ledger.kind != "circulation"
            and self._serials.get(serial, found.cells_digest) != found.cells_digest
        ):
            found = [reader.problem_at("serial", _DUPLICATE)]
        if serial is not None:
            self._serials.setdefault(serial, found.cells_digest if isinstance(found, Row) else b"")
        if isinstance(found, Row):
            self.rows.append(replace(found, n=self._seen[found.cells_digest]))
            self._seen[found.cells_digest] += 1
        else:
            self.problems += found
            self.skipped += 1

    def _outside(self, row: SheetRow, sheet: Sheet, kind: Kind, reader: RowReader | None) -> None:
        self._note(sheet, row, kind)
        ledger = self.book.ledger
        for item in labelled(row, ledger.labels):
            if item.line is not None and item.value is not None:
                self._cover_line(item.line, item.value, sheet, row.number, item.cell, reader)

    def _total(self, row: SheetRow, reader: RowReader) -> None:
        """The stated sum of copies: below the copies, or the only value of its row."""
        self._note(reader.sheet, row, "total")
        line = reader.header.ledger.labels_by_key["total"]
        copies = [cell for cell in row.cells if reader.header.columns.get(cell.column) == "copies"]
        within = [(cell, value) for cell in row.cells if (value := sum_within(cell.text))]
        rest = [cell for cell in row.cells if not is_sum(cell.text)]
        if copies and not is_sum(copies[0].text):
            self._cover_line(line, copies[0].value, reader.sheet, row.number, copies[0], reader)
        elif within:
            self._cover_line(line, within[0][1], reader.sheet, row.number, within[0][0], reader)
        elif rest:
            self._cover_line(line, rest[0].value, reader.sheet, row.number, rest[0], reader)

    def _cover_line(
        self, line: CoverLine, value: Value, sheet: Sheet, number: int, cell: Cell, reader: RowReader | None
    ) -> None:
        try:
            parsed = line.parse(value, Frame(self.book.year, epoch_1904=sheet.epoch_1904))
            if parsed is None or parsed == ():
                return
            inherited = reader is not None and line.key in self.book.ledger.inherited
            held = reader.inherited if reader is not None and inherited else self.cover
            if line.many and isinstance(parsed, tuple):
                before = held.get(line.key, ())
                parsed = (*(before if isinstance(before, tuple) else ()), *parsed)
            elif line.key in held and held[line.key] != parsed:
                raise CellProblem(
                    zh=f"“{line.title}”出现两次，内容不同", en=f"“{line.title}” is stated twice and differently",
                    write_zh="核对后只保留一处", write_en="keep one of them",
                )  # fmt: skip
            held[line.key] = parsed
            self.cover[line.key] = parsed
            found = dropped(value) if isinstance(value, str) else ()
            if found:
                note = dropped_note(found)
                self._problem(sheet, number, cell, title=line.title, found=value, problem=note, among=self.notes)
        except CellProblem as problem:
            self.cover_broken = True
            self._problem(sheet, number, cell, title=line.title, found=value, problem=problem)

    def _problem(
        self,
        sheet: Sheet,
        number: int,
        cell: Cell,
        *,
        title: str,
        found: Value,
        problem: CellProblem,
        among: list[Problem] | None = None,
    ) -> None:
        (self.problems if among is None else among).append(
            Problem(
                file=self.file, sheet=sheet.name, row=number, column=cell.letter, title=title, found=tidy(shown(found)),
                reason_zh=problem.zh, reason_en=problem.en, instead_zh=problem.write_zh, instead_en=problem.write_en,
            )
        )  # fmt: skip


_DUPLICATE: Final = CellProblem(
    zh="序号与前面一行重复，内容不同", en="the serial of a row before it, with other content",
    write_zh="核对后改正序号", write_en="mend the serial",
)  # fmt: skip
