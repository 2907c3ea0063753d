"""The shapes in which a table comes out of a file, whatever the file was. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, TypeAlias

Value: TypeAlias = str | int | float | bool | date | time
"""What a cell holds. A `datetime` is a `date` too. Whole numbers are `int`, never `float`. Texts are as they stand."""

UNREADABLE: Final = "\ufffd"
"""First character of a cell that the program which wrote the file could not work out: `#DIV/0!`, a formula without a result."""


@dataclass(frozen=True, slots=True)
class Cell:
    """
    A cell that holds something.

    column: from 1. width: how many columns it spans. repeated: it continues a cell merged downwards from above.
    """

    value: Value
    column: int
    width: int = 1
    repeated: bool = False

    @property
    def letter(self) -> str:
        """The column as spreadsheets name it."""
        return column_letter(self.column)

    @property
    def text(self) -> str:
        """The value as text, see `shown`."""
        return shown(self.value)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row: its number from 1, and its cells that hold something, from left to right."""

    number: int
    cells: tuple[Cell, ...]

    def at(self, column: int) -> Cell | None:
        """The cell in a column, from 1; None where it is blank."""
        return next((cell for cell in self.cells if cell.column == column), None)


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    A sheet: its name (empty in a CSV) and its rows that hold something, from top to bottom.

    epoch_1904: its numbers count days from 1904, as in old Macintosh workbooks.
    """

    name: str
    rows: tuple[SheetRow, ...]
    epoch_1904: bool = False


def column_letter(column: int) -> str:
    """1 is A, 26 is Z, 27 is AA."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def shown(value: Value | None) -> str:
    """A value as text: dates as 2025-03-04, times of day to the minute or second, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        if (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0):
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="seconds" if value.second or value.microsecond else "minutes")
    if isinstance(value, time):
        return value.isoformat(timespec="seconds" if value.second or value.microsecond else "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return repr(value)
