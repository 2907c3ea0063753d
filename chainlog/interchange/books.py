"""Which sheets make up a book, and of which year and unit it is. Pure.

The year is taken from the first of these that says it: what stands above the table (年度, the title), the sheet's
name, the other sheets of the kind, the file's name unless all full dates contradict it, the dates themselves if most
are of one year, the caller's default.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from chainlog.errors import LedgerError
from chainlog.interchange.dates import Frame, parse_moment
from chainlog.interchange.headers import Header
from chainlog.interchange.layout import Facts, classify, facts, labelled, years_in_name
from chainlog.interchange.ledger_model import Ledger
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.values import Sheet, Value

T = TypeVar("T")
_YEAR: Final = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet that was recognised."""

    sheet: Sheet
    header: Header

    @property
    def facts(self) -> Facts:
        """What stands above the table."""
        return facts(self.sheet.rows[: self.header.first])


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets of one book. covers: sheets without a table that hold its cover lines."""

    ledger: Ledger
    tables: tuple[Table, ...]
    covers: tuple[Sheet, ...]
    year: int | None
    unit: str | None
    number: str | None

    def name(self, number: str | None) -> str:
        """收文2025·临河镇党政办公室; a list bears its number in place of the year."""
        year = str(self.year) if self.year else ""
        name = self.ledger.short + (dated_number(number, self.year) if number else year)
        return f"{name}·{self.unit}" if self.unit else name


def dated_number(number: str, year: int | None) -> str:
    """A list's number with its year in front, unless the number says a year itself: 2025/清册3, X-2025-01."""
    return number if year is None or _YEAR.search(number) else f"{year}/{number}"


def group_books(tables: Sequence[Table], others: Sequence[Sheet], *, path: str, default_year: int | None) -> list[Book]:
    """
    The books of a file, in the order of their first tables.

    others: sheets without a table; where the file holds a single book, those with its cover lines belong to it.

    Raises:
        LedgerError: two years stand above one table.
    """
    kinds = {table.header.ledger.kind for table in tables}
    covers: tuple[Sheet, ...] = ()
    if len(kinds) == 1:
        labels = tables[0].header.ledger.labels
        covers = tuple(
            sheet for sheet in others if any(item.line for row in sheet.rows for item in labelled(row, labels))
        )
    on_covers = [facts(sheet.rows) for sheet in covers]
    stated = [_stated_year(table, path) for table in tables]
    grouped: dict[tuple[str, int | None, str | None, str | None], list[Table]] = {}
    for table, own in zip(tables, stated, strict=True):
        ledger, above = table.header.ledger, table.facts
        siblings = {year for other, year in zip(tables, stated, strict=True) if year and other.header.ledger is ledger}
        siblings.update(year for found in on_covers for year in found.years)
        year = own or _only(siblings) or _inferred_year(table, path) or default_year
        unit = above.unit or _only({other.facts.unit for other in tables} | {found.unit for found in on_covers})
        number = above.number if "number" in ledger.labels_by_key else None
        if number is None and "number" in ledger.labels_by_key:
            number = _only({found.number for found in on_covers})
        grouped.setdefault((ledger.kind, year, unit, number), []).append(table)
    if len(grouped) > 1:
        covers = ()
    return [
        Book(group[0].header.ledger, tuple(group), covers, year, unit, number)
        for (_, year, unit, number), group in grouped.items()
    ]


def _only(values: Iterable[T | None]) -> T | None:
    """The one value among them, None where they differ."""
    found = {value for value in values if value is not None}
    return found.pop() if len(found) == 1 else None


def _stated_year(table: Table, path: str) -> int | None:
    """The year that the sheet itself says, above its table or in its name."""
    years = table.facts.years
    if len(years) > 1 and table.header.ledger.main is not None:
        both = "、".join(str(year) for year in sorted(years))
        raise LedgerError(
            f"two years stand above the table ({both}); leave the one of the book",
            detail_zh=f"表头上方写有不同年度（{both}）；请只保留本簿的年度",
            path=path,
        )
    if len(years) > 1:
        return None
    return _only(years) or _only(years_in_name(table.sheet.name))


def _inferred_year(table: Table, path: str) -> int | None:
    dated = Counter(_full_years(table))
    named = _only(years_in_name(Path(path).stem))
    if named is not None and (not dated or named in dated):
        return named
    year, count = dated.most_common(1)[0] if dated else (None, 0)
    return year if count * 2 > dated.total() else None


def _full_years(table: Table) -> Iterator[int]:
    """The years of the table's own dates, where they are written with one."""
    ledger, frame = table.header.ledger, Frame(epoch_1904=table.sheet.epoch_1904)
    values: list[Value] = []
    for position, row in enumerate(table.sheet.rows):
        if ledger.main is None:
            items = labelled(row, ledger.labels)
            values += [item.value for item in items if item.line and item.line.key.endswith("_at") and item.value]
        elif position >= table.header.first + table.header.rows and classify(row, table.header) == "row":
            values += [cell.value for cell in row.cells if table.header.columns.get(cell.column) == ledger.main.key]
    for value in values:
        try:
            moment = parse_moment(value, frame)
        except CellProblem:
            continue
        if moment is not None:
            yield moment.day.year
