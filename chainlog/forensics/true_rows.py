"""Comparing the indexes of a log, and what lies beside them, with what its records make. Pure over the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.forensics.aftermath import Aftermath, Mismatches
from chainlog.forensics.cases import Case
from chainlog.forensics.evidence import HEAD_KEY, LAST_KEY, TABLES, Evidence, Row, parse_index, parse_subject_row
from chainlog.forensics.scratch import Book
from chainlog.record.record import SubjectHead
from chainlog.store.port import META

_SHOWN: Final = 20


def compare_rows(evidence: Evidence, book: Book, after: Aftermath) -> None:
    """Compare `subjects` and `ids` with the book, and find what does not belong to a log."""
    for table in ("subjects", "ids"):
        if table in evidence.tables():
            _compare(evidence, book, after, table)
    _find_foreign(evidence, after)


def _compare(evidence: Evidence, book: Book, after: Aftermath, table: str) -> None:
    mismatches = Mismatches(after.cases, table)
    absent: Case | None = None
    # Where records are damaged, rows that are wrong in the same way come of the same thing.
    alike: dict[tuple[int, int], Case] | None = {} if len(after.cases) else None
    for key, stored, true in _merged(evidence.scan(table), book.rows(table)):
        if stored == true:
            continue
        if stored is None and evidence.lost(table):
            absent = absent or after.cases.add("page-corrupt", None, table, "rows are lost with a damaged page")
            absent.follow("index-mismatch")
            continue
        case = _explains(after, table, key, stored, true)
        if case is not None:
            case.follow("index-mismatch")
            continue
        difference = _difference(table, stored, true)
        if alike is not None and difference in alike:
            alike[difference].follow("index-mismatch")
            continue
        index, detail = _said(table, stored, true)
        name = key.decode("utf-8", "backslashreplace") if table == "subjects" else key.hex()
        case = mismatches.add(index, f"{table}/{name}", detail)
        if alike is not None and difference is not None and case is not None:
            alike[difference] = case


def _merged(stored: Iterator[Row], true: Iterator[Row]) -> Iterator[tuple[bytes, bytes | None, bytes | None]]:
    """(key, what is stored, what is true) of all keys of both, which ascend."""
    left, right = next(stored, None), next(true, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            yield left[0], left[1], None  # type: ignore[index] # one of the two is there
            left = next(stored, None)
        elif left is None or right[0] < left[0]:
            yield right[0], None, right[1]
            right = next(true, None)
        else:
            yield left[0], left[1], right[1]
            left, right = next(stored, None), next(true, None)


def _explains(after: Aftermath, table: str, key: bytes, stored: bytes | None, true: bytes | None) -> Case | None:
    """The case from which it follows that a row is another than the records make, or None."""
    if table == "ids":
        index, hint = parse_index(stored), parse_index(true)
        if index is None and hint is not None:
            return _case_of_record(after, hint)
        if index is not None and (index >= after.size or after.damaged.get(index) is not None):
            return after.case_of(index)
        return after.case_of_rewriting(max(index or 0, hint or 0)) if after.shifted else None
    head, book = parse_subject_row(stored), parse_subject_row(true)
    if head is None:
        return None if book is None else _case_of_record(after, book.index)
    if book is not None and head.index < book.index and (case := _case_of_record(after, book.index)):
        return case
    other = after.other_head(key.decode("utf-8", "backslashreplace"))
    if other is not None and head == other.head:
        return after.cases.at(other.since)  # made to fit a false link
    if head.index >= after.size or after.damaged.get(head.index) is not None:
        return after.case_of(head.index)
    same_place = book is not None and (head.count, head.index) == (book.count, book.index)
    return after.case_of_rewriting(head.index) if same_place or after.shifted else None


def _case_of_record(after: Aftermath, index: int) -> Case | None:
    """What is wrong with the record at *index*, for which no row was made: who put it there didn't."""
    case = after.cases.at(index)
    return None if case is None or case.code == "unknown-kind" else case


def _difference(table: str, stored: bytes | None, true: bytes | None) -> tuple[int, int] | None:
    """By how much index and count of a row differ from what they should be."""
    if table == "ids":
        index, right = parse_index(stored), parse_index(true)
        return None if index is None or right is None else (index - right, 0)
    head, book = parse_subject_row(stored), parse_subject_row(true)
    return None if head is None or book is None else (head.index - book.index, head.count - book.count)


def _said(table: str, stored: bytes | None, true: bytes | None) -> tuple[int | None, str]:
    if table == "ids":
        index, right = parse_index(stored), parse_index(true)
        return (
            right if true is not None else None,
            f"says {_place(stored, index)}, the records say {_place(true, right)}",
        )
    head, book = parse_subject_row(stored), parse_subject_row(true)
    index = None if book is None else book.index
    return index, f"says {_events(stored, head)}, the records say {_events(true, book)}"


def _place(value: bytes | None, index: int | None) -> str:
    return "nothing" if value is None else f"{len(value)} bytes" if index is None else f"record {index}"


def _events(value: bytes | None, head: SubjectHead | None) -> str:
    if head is None:
        return "nothing" if value is None else f"{len(value)} bytes"
    return f"{head.count} events, the last at {head.index}"


def _compare_meta(evidence: Evidence, after: Aftermath) -> None:
    wanted = {key.encode(): value for key, value in META.items()}
    for key, value in evidence.scan("meta"):
        true = wanted.pop(key, None)
        if true is None:
            after.cases.add("foreign-data", None, f"meta/{key.hex()}", "a row that no log has")
        elif value != true:
            shown = value[:_SHOWN].decode("ascii", "backslashreplace")
            after.cases.add("index-mismatch", None, f"meta/{key.decode()}", f"says {shown}, not {true.decode()}")
    if "meta" in evidence.tables() and not evidence.lost("meta"):
        for key in wanted:
            after.cases.add("index-mismatch", None, f"meta/{key.decode()}", "is missing")


def _find_foreign(evidence: Evidence, after: Aftermath) -> None:
    names = set(evidence.tables())
    for name in sorted(names - set(TABLES)):
        shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        after.cases.add("foreign-data", None, shown, f"a table of {evidence.count(name)} rows that no log has")
    absent = sorted(set(TABLES) - names)
    if absent and evidence.lost(""):
        after.cases.add("page-corrupt", None, ", ".join(absent), "lost with a damaged page")
        absent = []
    for name in absent:
        after.cases.add("index-mismatch", None, name, "the table is missing")
    for key in evidence.stray_keys():
        after.cases.add("foreign-data", None, key.hex(), "a key beside the tables")
    _compare_meta(evidence, after)
    for key, _ in evidence.scan("head"):
        if key not in (HEAD_KEY, LAST_KEY):
            after.cases.add("foreign-data", None, f"head/{key.hex()}", "a row that no log has")
