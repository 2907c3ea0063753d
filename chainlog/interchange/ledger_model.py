"""How a ledger is declared: its names, columns and cover lines, once for reading, exporting and printing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from chainlog.interchange.dates import Frame, Moment
from chainlog.interchange.levels import Level
from chainlog.interchange.texts import label
from chainlog.interchange.values import Value
from chainlog.interchange.words import Reason

Typed: TypeAlias = str | int | bool | Moment | Level | Reason | tuple[str, ...]
"""What a parsed cell holds. Levels are split: a row holds the level's word and, under `term`, its term."""

Parser: TypeAlias = Callable[[Value, Frame], Typed | None]
"""None is a cell that says that nothing is known or meant; it then counts as blank, but may stand where blank may not."""


def plain(parse: Callable[[Value], Typed | None]) -> Parser:
    """A parser that needs to know nothing else."""
    return lambda value, _: parse(value)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """
    One column.

    key: name in a row's cells. title: as printed. aliases: other headers that can mean nothing else in this ledger.
    weak: headers that mean this column unless another one claims it (序号, 日期).
    required: neither the column nor a cell may be missing. needed: the column may not be missing, a cell may be blank.
    mark: the column tells this ledger from others. blank: what a blank cell means.
    dated: `main` is the row's own date; `after` and `before` lie on that side of it, a date without a year at most
    within_days away. many: several columns may hold it, 监销人1 and 监销人2. print_width: in characters of half width.
    """

    key: str
    title: str
    parse: Parser
    aliases: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    required: bool = False
    needed: bool = False
    mark: bool = False
    blank: Level | None = None
    dated: Literal["main", "after", "before"] | None = None
    within_days: int = 366
    many: bool = False
    print_width: int = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoverLine:
    """A labelled value outside the table. many: the label may come again, and values are gathered."""

    key: str
    title: str
    parse: Parser
    aliases: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Ledger:
    """
    One kind of register.

    kind: stable name. title: as printed. short: begins the name of a book (收文2025). names: words by which a title
    row, a sheet or a file names this ledger. one_of: groups of keys of which a row needs at least one.
    order: pairs of keys; the second can't lie before the first. inherited: cover lines that stand for a missing column.
    supported: False where only the recognition is declared.
    """

    kind: str
    title: str
    short: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    cover: tuple[CoverLine, ...] = ()
    one_of: tuple[tuple[str, ...], ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    inherited: tuple[str, ...] = ()
    supported: bool = True

    @cached_property
    def by_key(self) -> dict[str, Column]:
        """The columns by their keys."""
        return {column.key: column for column in self.columns}

    @cached_property
    def headers(self) -> dict[str, tuple[str, bool]]:
        """Each header that is known, as `texts.label` folds it: (key, whether it is a weak one)."""
        known: dict[str, tuple[str, bool]] = {}
        for column in self.columns:
            for weak, words in ((False, (column.title, *column.aliases)), (True, column.weak)):
                for word in words:
                    _declare(known, label(word), (column.key, weak), self.kind)
        return known

    @cached_property
    def labels(self) -> dict[str, CoverLine]:
        """The labels of cover lines, folded."""
        known: dict[str, CoverLine] = {}
        for line in self.cover:
            for word in (line.title, *line.aliases):
                if known.setdefault(label(word), line) is not line:
                    raise AssertionError(f"{self.kind}: two cover lines are called {word}")
        return known

    @cached_property
    def labels_by_key(self) -> dict[str, CoverLine]:
        """The cover lines by their keys."""
        return {line.key: line for line in self.cover}

    @cached_property
    def main(self) -> Column | None:
        """The column with the row's own date."""
        return next((column for column in self.columns if column.dated == "main"), None)

    @cached_property
    def reading_order(self) -> tuple[Column, ...]:
        """The columns with the row's own date first: dates without a year lean on it."""
        return tuple(sorted(self.columns, key=lambda column: column.dated != "main"))


def _declare(known: dict[str, tuple[str, bool]], word: str, meant: tuple[str, bool], kind: str) -> None:
    if word in known and known[word] != meant:
        raise AssertionError(f"{kind}: the header {word} means two columns")
    known[word] = meant


def missing(ledger: Ledger, keys: Iterable[str], *, covered: Iterable[str] = ()) -> list[str]:
    """
    The titles of the columns without which this ledger can't be read, and which are not there.

    keys: of the columns that are. covered: keys of the cover lines that are.
    """
    held = {*keys, *(key for key in covered if key in ledger.inherited)}
    absent = [
        column.title for column in ledger.columns if (column.required or column.needed) and column.key not in held
    ]
    groups = [group for group in ledger.one_of if not held.intersection(group)]
    return absent + ["/".join(ledger.by_key[key].title for key in group) for group in groups]
