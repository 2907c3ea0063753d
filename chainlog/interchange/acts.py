"""What a row of a book says happened: acts, before anybody knows which copies and persons they mean. Pure.

Each ledger has a module that makes acts of its rows; `building` makes events of them. An act's identity rests on the
cells that state it, and on no others: a loan stays the same loan when the book later says that the paper came back,
and remarks, which books go on writing in, never count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from chainlog.interchange.dates import Moment
from chainlog.interchange.ledger_model import Typed
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.row_reader import Row
from chainlog.interchange.rows import Register
from chainlog.interchange.texts import is_dash, label, tidy
from chainlog.interchange.words import Reason

NOT_STATED: Final = "簿中未记载"
"""Stands where a kind wants a text and the book has none."""

_LATE: Final = ("补登", "补记", "补录")
_NO_NUMBER: Final = frozenset({"无", "无文号", "无字号", "无编号"})


@dataclass(frozen=True, slots=True)
class Copies:
    """
    Which copies a row means, as the book says it.

    document: its number, or what stands for one. numbers: copy numbers. count: how many copies.
    title, issuer: of the document, for telling whether the number means this one.
    """

    document: str
    numbers: tuple[str, ...]
    count: int
    title: str | None = None
    issuer: str | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """
    One act that a row states.

    key: names it within its register. cells: what states it. moment: when it happened, None for not known.
    people: (role, names, unit) each. fields: of the body, without items and subjects. copies: what it acts on.
    on: subject of the list it belongs to. on_list_alone: whether the list stands for its copies. refs: keys of earlier
    acts. same_as: key of the act whose copies these are. sorted_at: where it stands in time if not at its moment.
    rank: order among acts of one day. number: what tells it from others of the book, by default the row's serial
    number. by_cells: its cells do so even where the row has a serial number. whole_of: keys of the acts whose
    carriers together are the whole list that it decides about.
    """

    key: str
    kind: str
    cells: Mapping[str, Typed]
    moment: Moment | None
    people: tuple[tuple[str, tuple[str, ...], str], ...]
    copies: Copies
    fields: Mapping[str, Any] = field(default_factory=dict)
    on: str = ""
    on_list_alone: bool = False
    reason: Reason | None = None
    refs: tuple[str, ...] = ()
    same_as: str = ""
    sorted_at: Moment | None = None
    rank: int = 0
    number: str | None = None
    by_cells: bool = False
    whole_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stated:
    """
    The acts of one row, and what in the row can't be made into an act.

    problem: (key of the column, problem) where a part of the row is left out.
    """

    row: Row
    acts: tuple[Act, ...]
    problem: tuple[str, CellProblem] | None = None


Reader: TypeAlias = Callable[[Register], Iterable[Stated]]


def chosen(cells: Mapping[str, Typed], keys: str) -> dict[str, Typed]:
    """The cells with these keys, parted by blanks, as far as they are there."""
    return {key: cells[key] for key in keys.split() if key in cells}


def text_of(cells: Mapping[str, Typed], key: str) -> str | None:
    """The text of a cell, None where it is blank."""
    value = cells.get(key)
    return value if isinstance(value, str) else None


def names_in(cells: Mapping[str, Typed], key: str) -> tuple[str, ...]:
    """The names in a cell."""
    value = cells.get(key)
    return tuple(part for part in value if isinstance(part, str)) if isinstance(value, tuple) else ()


def moment_of(cells: Mapping[str, Typed], key: str) -> Moment | None:
    """The moment of a cell, None where it is blank or not known."""
    value = cells.get(key)
    return value if isinstance(value, Moment) else None


def number_of(cells: Mapping[str, Typed], key: str) -> int | None:
    """The whole number of a cell."""
    value = cells.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def said_unknown(row: Row, key: str) -> bool:
    """Whether the book says that it doesn't know (不详), rather than saying nothing."""
    raw = tidy(row.raw.get(key, ""))
    return key not in row.cells and bool(label(raw)) and not is_dash(raw) and not _is_form(raw)


def _is_form(text: str) -> bool:
    return not text.strip("年月日时分 ")


def copies_of(row: Row, *, none: str | None = None, count: int | None = None) -> Copies | None:
    """
    The copies that a row means; None where no document is named.

    none: what stands for the number of a document without one.
    """
    cells = row.cells
    stated = text_of(cells, "doc_no")
    document = none if stated is None or stated in _NO_NUMBER else stated
    if document is None:
        return None
    numbers = names_in(cells, "copy_no")
    return Copies(
        document, numbers, len(numbers) or number_of(cells, "copies") or count or 1,
        text_of(cells, "title"), text_of(cells, "issuer"), number_of(cells, "pages"),
    )  # fmt: skip


def late_reason(row: Row) -> dict[str, str]:
    """The field `late_reason` where the remark says that the row was entered late."""
    note = text_of(row.cells, "note") or ""
    return {"late_reason": note} if any(word in note for word in _LATE) else {}


def remark(*parts: tuple[str, str | None]) -> dict[str, str]:
    """The field `note` from (label, text) parts; those without text are left out."""
    texts = [f"{name}：{text}" if name else text for name, text in parts if text]
    return {"note": "；".join(texts)} if texts else {}


def taken_back(
    people: tuple[tuple[str, tuple[str, ...], str], ...],
) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """The people of a return: somebody took it, also where the book doesn't say who; else it would be on its way still."""
    if any(role == "receiver" for role, _, _ in people):
        return people
    return (*people, ("receiver", (NOT_STATED,), ""))


def people_of(
    cells: Mapping[str, Typed], parts: Sequence[tuple[str, str]], **units: str | None
) -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """(role, names, unit) for each (role, key) whose cell names somebody. units: unit of the names under a key."""
    return tuple(
        (role, names, units.get(key) or "") for role, key in parts if (names := names_in(cells, key))
    )  # fmt: skip


NO_DOCUMENT: Final = CellProblem(
    zh="没有文号，认不出是哪份文件", en="no document number, so nobody can tell which document is meant",
    write_zh="补写文号，与收文登记簿一致", write_en="write the number that stands in the register of received documents",
)  # fmt: skip
