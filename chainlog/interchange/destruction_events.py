"""Destruction lists as acts: each row listed and destroyed, the whole list permitted. Pure.

What stands on the cover counts for every row that doesn't say otherwise. A book without a list number is a running
one: what was destroyed at one time is one list. A permission has no digest where the list is not known as a whole.
Known limit: where a list names no office, it is taken for the one of that number that names none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chainlog.interchange.acts import (
    NO_DOCUMENT,
    Act,
    Copies,
    Stated,
    chosen,
    copies_of,
    late_reason,
    moment_of,
    names_in,
    number_of,
    people_of,
    remark,
    said_unknown,
    text_of,
)
from chainlog.interchange.books import dated_number
from chainlog.interchange.dates import Moment
from chainlog.interchange.ledger_model import Typed
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.row_reader import Row
from chainlog.interchange.rows import Register
from chainlog.interchange.words import Reason
from chainlog.limits import REFS_MAX

_WHICH: Final = "serial doc_no title copy_no copies"
_LISTED: Final = f"{_WHICH} reason"
_DESTROYED: Final = f"{_WHICH} destroyed_at place method contractor supervisors operator"
_SAID_ONCE: Final = "approver approved_at destroyed_at place method contractor supervisors operator"
_LISTING, _DEED = 2, 4


@dataclass(frozen=True, slots=True)
class _Line:
    """A row with what the cover says about it."""

    row: Row
    cells: Mapping[str, Typed]
    copies: Copies
    list_subject: str

    def key(self, what: str) -> str:
        return f"{self.row.sheet}:{self.row.number}:{what}"


def read(register: Register) -> Iterator[Stated]:
    """The acts of all rows: first what is listed, then what is permitted, then what was destroyed."""
    lists: dict[str, list[_Line]] = {}
    for row in register.rows:
        copies = copies_of(row)
        if copies is None:
            yield Stated(row, (), ("doc_no", NO_DOCUMENT))
            continue
        cells = {**chosen(register.cover, _SAID_ONCE), **row.cells}
        line = _Line(row, cells, copies, _list_of(register, cells))
        lists.setdefault(line.list_subject, []).append(line)
    for lines in lists.values():
        stated = number_of(register.cover, "total") if register.number else None
        total = sum(line.copies.count for line in lines) if stated is None else stated
        for line in lines:
            yield Stated(line.row, (_listed(line, total),))
    permits: dict[str, dict[str, Moment | None]] = {}
    for subject, lines in lists.items():
        permits[subject] = {}
        for act in _permits(register, lines):
            permits[subject][act.key] = act.moment
            yield Stated(lines[0].row, (act,))
    for subject, lines in lists.items():
        for line in lines:
            problem = _why_not_done(line)
            if problem is not None:
                yield Stated(line.row, (), problem)
            elif "destroyed_at" in line.cells or said_unknown(line.row, "destroyed_at"):
                yield Stated(line.row, (_deed(line, permits[subject]),))


def _list_of(register: Register, cells: Mapping[str, Typed]) -> str:
    """A list's number is given by one office in one year: `l/unit/year/number`, without what the cover doesn't say."""
    if register.number:
        return "l/" + "/".join(
            [*([register.unit] if register.unit else []), dated_number(register.number, register.year)]
        )
    moment = moment_of(cells, "destroyed_at")
    return f"l/{register.book}/{moment.day.isoformat() if moment else '未记日期'}"


def _earliest(line: _Line) -> Moment | None:
    moments = [moment for key in ("approved_at", "destroyed_at") if (moment := moment_of(line.cells, key))]
    return min(moments, key=lambda moment: (moment.day, moment.at_s or 0)) if moments else None


def _listed(line: _Line, total: int) -> Act:
    reason = line.cells.get("reason")
    why = reason if isinstance(reason, Reason) else None
    return Act(
        key=line.key("list"), kind="listed.added", cells=chosen(line.row.cells, _LISTED), moment=None, people=(),
        copies=line.copies, on=line.list_subject, reason=why, sorted_at=_earliest(line), rank=_LISTING,
        fields={"purpose": "destroy", "total": total, **remark(("销毁理由", why.text if why else None))},
    )  # fmt: skip


def _permits(register: Register, lines: list[_Line]) -> Iterator[Act]:
    """One permission for the list, or one for each approver and date that its rows name."""
    found: dict[tuple[tuple[str, ...], Moment | None], _Line] = {}
    for line in lines:
        if names_in(line.cells, "approver"):
            found.setdefault((names_in(line.cells, "approver"), moment_of(line.cells, "approved_at")), line)
    keys = tuple(line.key("list") for line in lines)
    known = len(keys) == len(register.rows) and not register.skipped
    for (_, moment), line in found.items():
        yield Act(
            key=line.key("permit"), kind="decided.permit", cells=chosen(line.cells, "approver approved_at"),
            moment=moment, people=people_of(line.cells, (("approver", "approver"),)), copies=line.copies,
            fields={"act": "destroy", "step": "approved"}, on=line.list_subject, on_list_alone=True, rank=_LISTING,
            refs=keys if len(keys) <= REFS_MAX else (), whole_of=keys if known else (), sorted_at=moment or _earliest(line),
            number=line.list_subject, by_cells=len(found) > 1,
        )  # fmt: skip


def _why_not_done(line: _Line) -> tuple[str, CellProblem] | None:
    """Why a row that speaks of a destruction can't be recorded as one."""
    cells = line.cells
    dated = "destroyed_at" in cells or said_unknown(line.row, "destroyed_at")
    if dated and "method" not in cells:
        return "method", _NO_METHOD
    if not dated and "supervisors" in cells and "method" in cells:
        return "destroyed_at", _NO_DATE
    return None


def _deed(line: _Line, permits: Mapping[str, Moment | None]) -> Act:
    cells = line.cells
    moment = moment_of(cells, "destroyed_at")
    fields: dict[str, Any] = {
        "method": text_of(cells, "method"), **late_reason(line.row), **remark(("", text_of(cells, "note"))),
    }  # fmt: skip
    for key, prefix, name in (("place", "w", "place"), ("unit", "u", "contractor")):
        if text_of(cells, name):
            fields[key] = f"{prefix}/{text_of(cells, name)}"
    # An approval of a later day is no ground of the deed; it is recorded where it belongs, after it.
    before = tuple(key for key, given in permits.items() if not (moment and given and moment.ends_before(given)))
    return Act(
        key=line.key("destroy"), kind="destroyed.carriers", cells=chosen(cells, _DESTROYED), moment=moment,
        people=people_of(cells, (("supervisor", "supervisors"), ("operator", "operator"))), copies=line.copies,
        fields=fields, on=line.list_subject, refs=(line.key("list"), *before[: REFS_MAX // 2]), same_as=line.key("list"), rank=_DEED,
    )  # fmt: skip


_NO_METHOD: Final = CellProblem(
    zh="有销毁时间而没有销毁方式；已导入造册，未导入销毁", en="a date of destruction without a method: the list was taken, the destruction was not",
    write_zh="补写销毁方式", write_en="write the method",
)  # fmt: skip
_NO_DATE: Final = CellProblem(
    zh="有监销人和销毁方式而没有销毁时间；已导入造册，未导入销毁",
    en="supervisors and a method without a date: the list was taken, the destruction was not",
    write_zh="已销毁的补写销毁时间", write_en="write the date if it was destroyed",
)  # fmt: skip
