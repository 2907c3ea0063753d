"""Registers become events of the log: each row the ordinary events of its kind, signed by who imports it.

Reads files, reads and writes the log. An imported event says what a book says: people are named and have not signed,
`source` tells from which file and row. What stands in the log already is passed over by its id, so importing a book
again, saved anew or longer by some rows, adds what is new and nothing else. A row whose content differs from what was
imported of it is a problem to report, never an event. Known limits: a row without a serial number that was changed is
a new row; a book whose year or unit is no longer the one that was read before is another book.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from chainlog.errors import (
    BusyError,
    ChainlogError,
    ConflictError,
    ForbiddenError,
    FormatError,
    OutcomeUnknownError,
    ReadOnlyError,
    RefusedError,
    UsageError,
)
from chainlog.event.look_alike import new_look_alikes
from chainlog.event.times import format_time
from chainlog.interchange import destruction_events, loan_events, mapping, received_events
from chainlog.interchange.acts import NOT_STATED, Reader, Stated
from chainlog.interchange.building import AmbiguousError, Builder, OtherContentError, Planned, Shelf, Standing
from chainlog.interchange.import_report import BookReport, ImportReport, Unmatched
from chainlog.interchange.ledgers import LEDGERS
from chainlog.interchange.mapping import NameMap
from chainlog.interchange.problems import CellProblem, Problem
from chainlog.interchange.row_reader import Row
from chainlog.interchange.rows import Register, read_registers
from chainlog.log.handle import LogHandle, Signers, propose
from chainlog.log.request import Proposal
from chainlog.store.port import Snapshot

Paths = Sequence[str | os.PathLike[str]]

# In this order a later book finds the copies that an earlier one tells of.
_READERS: Final[Mapping[str, Reader]] = {
    "received": received_events.read,
    "destruction": destruction_events.read,
    "circulation": loan_events.read_circulation,
    "loans": loan_events.read_loans,
}
_BLOCK: Final = 500
# These are not the row's fault: the importer's key or the log itself is in the way of every row.
_NOT_THE_ROW: Final = frozenset({"unknown-key", "revoked-key", "missing-signature", "foreign-signature", "closed"})

_Row = tuple[str, int]


def import_registers(
    log: LogHandle,
    paths: Paths,
    *,
    registrar: str,
    signers: Signers,
    names: NameMap | None = None,
    default_year: int | None = None,
    dry_run: bool = False,
    confirm: Callable[[Sequence[Unmatched]], None] | None = None,
) -> ImportReport:
    """
    Import .xlsx and .csv registers. All files are read before anything is written.

    Args:
        registrar: who signs every event, `p/…`. signers: holds that person's signer.
        names: who the names of the books are; without it they stand as stated.
        default_year: of books that don't say it. dry_run: check all and write nothing.
        confirm: called once before anything is written, if new rows have names without persons; what it raises stops
            the import.

    Returns: what became of each book. Rows with problems are left out; the others stand.

    Raises:
        LedgerError, LimitError, MissingExtraError: a file can't be read; nothing was written.
        UsageError: no signer for *registrar*, or the log seals document numbers. RefusedError: the registrar's key doesn't count; nothing was written.
        BusyError, StoreError: blocks before it stand; importing again adds the rest.
    Cost: about two milliseconds a row. The whole import is held in memory, some kilobytes a row.
    """
    if "doc_no" in log.parameters().get("seal.fields", ()):
        raise UsageError(
            "documents and copies would be named by their numbers, which this log seals",
            detail_zh="本日志密封文号，而导入以文号标识文件和载体，不能导入",
        )
    registers = [register for path in paths for register in read_registers(path, default_year=default_year)]
    importer = _Import(registers)
    with log.store.snapshot() as snapshot:
        shelf = Shelf(log, snapshot, registrar=registrar, names=names or NameMap(()), sealing=not dry_run)
        importer.plan(shelf)
        importer.note_look_alikes(snapshot)
    if dry_run:
        with log.trial() as block:
            importer.append(block.add_all, signers)
    else:
        unmatched = importer.unmatched()
        if unmatched and confirm is not None:
            confirm(unmatched)
        importer.append(log.append_many, signers)
    return ImportReport(tuple(importer.finish()))


def names_template(paths: Paths, *, default_year: int | None = None) -> str:
    """A names file with every name and unit of these registers, the persons left blank. Raises as reading does."""
    found: list[tuple[str, str]] = []
    for path in paths:
        for register in read_registers(path, default_year=default_year):
            for stated in _READERS[register.kind](register):
                found += _names_in(stated)
    return mapping.template(found)


def _names_in(stated: Stated) -> Iterator[tuple[str, str]]:
    """(name, unit) of all whom a row names, as often as its acts do."""
    for act in stated.acts:
        yield from (pair for pair in mapping.names_of(act.people) if pair[0] != NOT_STATED)


@dataclass(slots=True)
class _Event:
    """A new event with the row that it is of."""

    planned: Planned
    book: _Book
    row: Row


class _Book:
    """One register on its way into the log."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.report = BookReport(register.file, register.kind, register.book, len(register.rows))
        self.report.problems += register.problems
        self.report.unread = register.unread
        self.fresh: set[_Row] = set()
        self.failed: set[_Row] = set()
        # Rows of which the writer refused an event: nothing more of them is tried.
        self.refused: set[_Row] = set()
        self.unnumbered: set[_Row] = set()
        self.as_written: set[_Row] = set()
        self._unmatched: dict[tuple[str, str], set[_Row]] = {}
        self._notes = [((row.sheet, row.number), note) for row in register.rows for note in row.notes]
        self._titles = next(
            {column.key: column.title for column in ledger.columns}
            for ledger in LEDGERS
            if ledger.kind == register.kind
        )

    def fail(self, row: Row, problem: CellProblem, *, key: str = "") -> None:
        """Leave a row out."""
        if (row.sheet, row.number) not in self.failed:
            self.failed.add((row.sheet, row.number))
            self.tell(row, problem, key=key)

    def tell(self, row: Row, problem: CellProblem, *, key: str = "") -> None:
        """Report a problem of a row. key: of the column that it is about."""
        self.report.problems.append(self._problem(row, problem, key))

    def note(self, row: Row, note: CellProblem) -> None:
        """Something to look at in a row, if it is taken."""
        self._notes.append(((row.sheet, row.number), self._problem(row, note, "")))

    def name(self, row: Row, name: str, unit: str) -> None:
        """A name of a row for which no person is known."""
        self._unmatched.setdefault((name, unit), set()).add((row.sheet, row.number))

    def unmatched(self, rows: set[_Row]) -> tuple[Unmatched, ...]:
        """The names in these rows for which no person is known, the most frequent first."""
        counted = ((name, unit, len(there & rows)) for (name, unit), there in self._unmatched.items())
        return tuple(Unmatched(*one) for one in sorted(counted, key=lambda one: (-one[2], one[0], one[1])) if one[2])

    def _problem(self, row: Row, problem: CellProblem, key: str) -> Problem:
        return Problem(
            file=self.register.file, sheet=row.sheet, row=row.number, column=row.letters.get(key, ""), title=self._titles.get(key, ""),
            found=row.raw.get(key, ""), reason_zh=problem.zh, reason_en=problem.en, instead_zh=problem.write_zh,
            instead_en=problem.write_en,
        )  # fmt: skip

    def finish(self) -> BookReport:
        """Count, now that all is known."""
        rows = {(row.sheet, row.number) for row in self.register.rows}
        self.report.skipped = len(rows - self.fresh - self.failed)
        self.report.rows = len(rows - self.failed)
        self.report.unmatched = self.unmatched(rows - self.failed)
        self.report.as_written = len(self.as_written - self.failed)
        self.report.unnumbered = len(self.unnumbered - self.failed)
        # A row that is left out brings nothing into the log; what is wrong with it is among the problems.
        taken = [note for row, note in self._notes if row not in self.failed]
        self.report.notes = [*self.register.notes, *sorted(taken, key=lambda note: (note.sheet, note.row or 0))]
        return self.report


class _Import:
    """All books of one call."""

    def __init__(self, registers: Iterable[Register]) -> None:
        self._books = [_Book(register) for register in registers]
        self._events: list[_Event] = []
        self._row_number = 0

    def plan(self, shelf: Shelf) -> None:
        """Make the events that the log doesn't hold, and put them in the order of time."""
        ranks = {kind: rank for rank, kind in enumerate(_READERS)}
        for book in sorted(self._books, key=lambda book: ranks[book.register.kind]):
            builder = Builder(shelf, book.register)
            for stated in _READERS[book.register.kind](book.register):
                self._row_number += 1
                self._plan_row(shelf, builder, book, stated)
            book.unnumbered, book.as_written = builder.unnumbered, builder.as_written
        self._events.sort(key=lambda event: event.planned.order)

    def note_look_alikes(self, known: Snapshot) -> None:
        """Note the rows that bring a name into the log which people may take for another."""
        first: dict[str, _Event] = {}
        for event in self._events:
            for subject in event.planned.event.event.subjects:
                first.setdefault(subject, event)
        pairs = new_look_alikes(
            first, lambda one: known.subject(one) is not None, lambda prefix: (one for one, _ in known.subjects(prefix))
        )
        found = set(pairs)
        for new, other in pairs:
            if not _are_copies_of(new, other, found):
                first[new].book.note(first[new].row, _looks_like(new, other))

    def _plan_row(self, shelf: Shelf, builder: Builder, book: _Book, stated: Stated) -> None:
        row = stated.row
        for name, unit in _names_in(stated):
            if shelf.names.person(name, unit) is None:
                book.name(row, name, unit)
        if (row.sheet, row.number) in book.failed:
            return
        events: list[Planned] = []
        try:
            for place, act in enumerate(stated.acts):
                events += builder.build(act, row, row_number=self._row_number, place=place)
        except (OtherContentError, AmbiguousError, FormatError) as error:
            for event in events:
                shelf.drop(event.event)
            key = error.key if isinstance(error, AmbiguousError) else ""
            book.fail(row, _why(error, shelf.log.utc_offset_minutes), key=key)
            return
        if events:
            book.fresh.add((row.sheet, row.number))
            self._events += [_Event(planned, book, row) for planned in events]
        if stated.problem is not None:
            key, problem = stated.problem
            if stated.acts:
                book.tell(row, problem, key=key)
            else:
                book.fail(row, problem, key=key)

    def unmatched(self) -> tuple[Unmatched, ...]:
        """The names in rows of which something is new, for which no person is known."""
        return tuple(one for book in self._books for one in book.unmatched(book.fresh))

    def append(self, commit: Callable[[Sequence[Proposal]], object], signers: Signers) -> None:
        """Append all in blocks."""
        for start in range(0, len(self._events), _BLOCK):
            self._append(self._events[start : start + _BLOCK], commit, signers)

    def _append(self, events: list[_Event], commit: Callable[[Sequence[Proposal]], object], signers: Signers) -> None:
        """Append a block; where it is refused, its halves, down to the event that is."""
        events = [event for event in events if (event.row.sheet, event.row.number) not in event.book.refused]
        if not events:
            return
        try:
            commit([propose(event.planned.event, signers) for event in events])
        except (BusyError, OutcomeUnknownError, ReadOnlyError):
            raise
        except (RefusedError, ForbiddenError, ConflictError, FormatError) as error:
            if isinstance(error, RefusedError) and error.fields.get("finding") in _NOT_THE_ROW:
                raise
            if len(events) == 1:
                events[0].book.refused.add((events[0].row.sheet, events[0].row.number))
                events[0].book.fail(events[0].row, _why(error, 0))
                return
            half = len(events) // 2
            self._append(events[:half], commit, signers)
            self._append(events[half:], commit, signers)
            return
        for event in events:
            event.book.report.events += 1

    def finish(self) -> list[BookReport]:
        """The reports, in the order of the files."""
        return [book.finish() for book in self._books]


def _are_copies_of(new: str, other: str, pairs: set[tuple[str, str]]) -> bool:
    """Whether two carriers look alike because their documents do, of which it is said once."""
    of = [f"d/{one[2:].rpartition('/')[0]}" for one in (new, other)]
    return new.startswith("c/") and of[0] != of[1] and ((of[0], of[1]) in pairs or (of[1], of[0]) in pairs)


def _looks_like(new: str, other: str) -> CellProblem:
    return CellProblem(
        zh=f"{new} 与 {other} 字形相近", en=f"{new} looks like {other}",
        write_zh="核对是否同一；不是同一的照旧", write_en="make sure that they are two; if so, leave it as it is",
    )  # fmt: skip


def _why(error: Exception, utc_offset_minutes: int) -> CellProblem:
    if isinstance(error, AmbiguousError):
        return error.problem
    if isinstance(error, OtherContentError):
        return _imported_before(error.standing, utc_offset_minutes)
    zh, en = (error.text("zh"), error.text("en")) if isinstance(error, ChainlogError) else (str(error), str(error))
    return CellProblem(
        zh=f"不能入账：{zh}", en=f"can't be recorded: {en}",
        write_zh="按说明改正这一行", write_en="mend this row as it says",
    )  # fmt: skip


def _imported_before(standing: Standing, utc_offset_minutes: int) -> CellProblem:
    if standing.recorded_at_us is None:
        return CellProblem(
            zh="本次导入的另一处已有这一行，内容不同", en="this import has the row elsewhere with other content",
            write_zh="核对后只保留一处；不同单位的簿册请在表头上方写明单位",
            write_en="keep one of them; name the unit above the table where the books are of different units",
        )  # fmt: skip
    when = format_time(standing.recorded_at_us // 1_000_000 * 1_000_000, offset_minutes=utc_offset_minutes)
    return CellProblem(
        zh=f"这一行已于 {when} 导入为第 {standing.index} 条记录（{standing.event.kind}），内容不同",
        en=f"this row was imported on {when} as record {standing.index} ({standing.event.kind}) with other content",
        write_zh="簿册有误的改回原样；日志有误的在日志中更正；另一单位的簿册请在表头上方写明单位",
        write_en="put the book right, or correct the record; name the unit above the table if this is another unit's book",
    )  # fmt: skip
