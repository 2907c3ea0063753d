"""The books of loans and of circulation as acts: a permission, a handing out, a return. Pure.

What the book doesn't say: how deep a loan goes is *read*, the least; how a paper was given to be read is *other*,
unless the reader signed, then *face to face*; a permission has no date. A slip's own line numbers start anew on every
slip, so a circulated row is known by its cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from chainlog.interchange.acts import (
    NO_DOCUMENT,
    NOT_STATED,
    Act,
    Copies,
    Stated,
    chosen,
    copies_of,
    late_reason,
    moment_of,
    names_in,
    people_of,
    remark,
    said_unknown,
    taken_back,
    text_of,
)
from chainlog.interchange.dates import Moment
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.row_reader import Row
from chainlog.interchange.rows import Register
from chainlog.interchange.texts import label

_WHICH: Final = "serial doc_no title copy_no copies"
_LENT: Final = f"{_WHICH} lent_on borrower unit purpose depth due_on pages"
_PERMITTED: Final = f"{_WHICH} lent_on borrower approver approval"
_RETURNED: Final = f"{_WHICH} lent_on borrower returned_on condition return_signature"
_SENT: Final = "doc_no copy_no person unit sent_at place"
_BACK: Final = f"{_SENT} returned_at return_signature"
_REFUSED: Final = frozenset({"不同意", "不批准", "不准", "不予批准", "不予同意", "否", "退回"})


def read_loans(register: Register) -> Iterator[Stated]:
    """The acts of each row of a book of loans."""
    for row in register.rows:
        copies = copies_of(row)
        if copies is None:
            yield Stated(row, (), ("doc_no", NO_DOCUMENT))
            continue
        acts = [*_permit(row, copies), _lent(row, copies)]
        problem = None
        if "returned_on" in row.cells or said_unknown(row, "returned_on"):
            acts.append(_came_back(row, copies))
        elif "condition" in row.cells:
            problem = ("returned_on", _NO_DATE)
        yield Stated(row, tuple(acts), problem)


def _permit(row: Row, copies: Copies) -> Iterator[Act]:
    cells = row.cells
    if not names_in(cells, "approver"):
        return
    refused = label(text_of(cells, "approval") or "") in _REFUSED
    fields: dict[str, Any] = {"act": "lend", "step": "rejected" if refused else "approved"}
    if text_of(cells, "purpose"):
        fields["purpose"] = text_of(cells, "purpose")
    yield Act(
        key=f"{row.sheet}:{row.number}:permit", kind="decided.permit", cells=chosen(cells, _PERMITTED), moment=None,
        people=people_of(cells, (("approver", "approver"),)), copies=copies, sorted_at=moment_of(cells, "lent_on"),
        fields={**fields, **remark(("批准意见", text_of(cells, "approval")))}, rank=_HANDED_OUT,
    )  # fmt: skip


def _lent(row: Row, copies: Copies) -> Act:
    cells = row.cells
    unit = text_of(cells, "unit")
    fields: dict[str, Any] = {
        "purpose": text_of(cells, "purpose") or NOT_STATED, "depth": text_of(cells, "depth") or "read",
        **late_reason(row),
        **remark(("部门", unit), ("", text_of(cells, "note"))),
    }  # fmt: skip
    if moment_of(cells, "due_on"):
        fields["due"] = moment_of(cells, "due_on")
    if copies.pages is not None:
        fields["pages"] = copies.pages
    return Act(
        key=f"{row.sheet}:{row.number}:lend", kind="transferred.lend", cells=chosen(cells, _LENT),
        moment=moment_of(cells, "lent_on"), copies=copies, fields=fields, rank=_HANDED_OUT,
        people=people_of(cells, (("giver", "keeper"), ("receiver", "borrower")), borrower=unit),
        refs=(f"{row.sheet}:{row.number}:permit",) if names_in(cells, "approver") else (),
    )  # fmt: skip


def _came_back(row: Row, copies: Copies) -> Act:
    cells = row.cells
    fields: dict[str, Any] = {"reason": "loan"}
    if text_of(cells, "condition"):
        fields["condition"] = text_of(cells, "condition")
    giver = "return_signature" if names_in(cells, "return_signature") else "borrower"
    lend = f"{row.sheet}:{row.number}:lend"
    return Act(
        key=f"{row.sheet}:{row.number}:return", kind="returned.to_keeper", cells=chosen(cells, _RETURNED),
        moment=moment_of(cells, "returned_on"), copies=copies, fields=fields, rank=_TAKEN_BACK, refs=(lend,),
        same_as=lend,
        people=taken_back(people_of(cells, (("giver", giver), ("receiver", "keeper")), **{giver: text_of(cells, "unit")})),
    )  # fmt: skip


def read_circulation(register: Register) -> Iterator[Stated]:
    """The acts of each row of a circulation slip."""
    for row in register.rows:
        copies = copies_of(row)
        if copies is None:
            yield Stated(row, (), ("doc_no", NO_DOCUMENT))
            continue
        acts = [_sent(row, copies)]
        if "returned_at" in row.cells or said_unknown(row, "returned_at"):
            acts.append(_back(row, copies, moment_of(row.cells, "returned_at")))
        yield Stated(row, tuple(acts))


def _sent(row: Row, copies: Copies) -> Act:
    cells = row.cells
    fields: dict[str, Any] = {
        "mode": "face_to_face" if names_in(cells, "reader_signature") else "other",
        **late_reason(row),
        **remark(("部门", text_of(cells, "unit")), ("", text_of(cells, "note"))),
    }  # fmt: skip
    if text_of(cells, "place"):
        fields["place"] = f"w/{text_of(cells, 'place')}"
    return Act(
        key=f"{row.sheet}:{row.number}:circulate", kind="transferred.circulate", cells=chosen(cells, _SENT),
        moment=moment_of(cells, "sent_at"), copies=copies, fields=fields, rank=_HANDED_OUT, by_cells=True,
        people=people_of(cells, (("giver", "keeper"), ("receiver", "person")), person=text_of(cells, "unit")),
    )  # fmt: skip


def _back(row: Row, copies: Copies, moment: Moment | None) -> Act:
    cells = row.cells
    sent = f"{row.sheet}:{row.number}:circulate"
    receiver = "return_signature" if names_in(cells, "return_signature") else "keeper"
    return Act(
        key=f"{row.sheet}:{row.number}:return", kind="returned.to_keeper", cells=chosen(cells, _BACK), moment=moment,
        copies=copies, fields={"reason": "reading"}, rank=_TAKEN_BACK, refs=(sent,), same_as=sent, by_cells=True,
        people=taken_back(people_of(cells, (("giver", "person"), ("receiver", receiver)), person=text_of(cells, "unit"))),
    )  # fmt: skip


_TAKEN_BACK, _HANDED_OUT = 1, 3

_NO_DATE: Final = CellProblem(
    zh="有归还状况而没有归还日期；已导入借出，未导入归还", en="a condition without a date of return: the loan was taken, a return was not",
    write_zh="补写归还日期；确已归还而日期不明的写“不详”；未归还的清空归还状况",
    write_en="write the date; 不详 if it came back on an unknown day; clear the condition if it did not",
)  # fmt: skip
