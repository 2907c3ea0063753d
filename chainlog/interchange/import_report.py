"""What became of the books of an import: rows, events, problems, and what a person should look at. Pure types."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from chainlog.interchange.problems import Problem
from chainlog.interchange.rows import UnreadColumn


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A name in a book that nobody has said who it is. unit: as the book has it, or empty. rows: how many name it."""

    name: str
    unit: str
    rows: int


@dataclass(slots=True)
class BookReport:
    """
    What became of one book.

    rows: understood, new and known. events: appended now, or that would be in a dry run. skipped: rows all of whose
    events stood there already. problems: what was left out, and why. notes: what to look at in rows that were taken: characters
    that were dropped, new names that look like others. unread: columns whose headers aren't known.
    """

    file: str
    kind: str
    book: str
    rows: int = 0
    events: int = 0
    skipped: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    unread: tuple[UnreadColumn, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    as_written: int = 0
    unnumbered: int = 0

    def to_json(self) -> dict[str, Any]:
        """As plain values, for one JSON object. `reason` is Chinese."""
        return {
            "file": self.file, "kind": self.kind, "book": self.book, "rows": self.rows, "events": self.events,
            "skipped": self.skipped, "problems": [_problem_json(problem) for problem in self.problems],
            "notes": [_problem_json(note) for note in self.notes],
            "unread": [{"sheet": one.sheet, "column": one.column, "title": one.title} for one in self.unread],
            "unmatched": [{"name": one.name, "unit": one.unit, "rows": one.rows} for one in self.unmatched],
            "as_written": self.as_written, "unnumbered": self.unnumbered,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of each book, in the order of the files."""

    books: tuple[BookReport, ...]

    @property
    def problems(self) -> list[Problem]:
        """All problems."""
        return [problem for book in self.books for problem in book.problems]

    @property
    def events(self) -> int:
        """How many events were appended."""
        return sum(book.events for book in self.books)


def report_json(report: ImportReport) -> list[dict[str, Any]]:
    """The report as plain values, an object for each book."""
    return [book.to_json() for book in report.books]


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file, "sheet": problem.sheet, "row": problem.row, "column": problem.column, "title": problem.title,
        "found": problem.found, "reason": problem.reason_zh, "reason_en": problem.reason_en,
        "instead_zh": problem.instead_zh, "instead_en": problem.instead_en,
    }  # fmt: skip
