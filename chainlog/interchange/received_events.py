"""The register of received documents as acts: each row an arrival and a registration. Pure.

What the book doesn't say: the channel, where neither column nor remark has one, is *by hand*, for somebody signed for
the paper, and a note says so; whether covers were sealed, which counts as *none*; when the entry was made. What became
of the paper (处理情况, 归卷) is not made into acts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from chainlog.interchange.acts import (
    Act,
    Copies,
    Stated,
    chosen,
    copies_of,
    late_reason,
    moment_of,
    number_of,
    people_of,
    remark,
    text_of,
)
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.row_reader import Row
from chainlog.interchange.rows import Register
from chainlog.interchange.words import parse_channel

_ARRIVAL: Final = "serial received_on issuer doc_no title level term copy_no copies pages channel receiver"
_ENTRY: Final = "serial issuer doc_no title level term copy_no copies pages issued_on urgency"
_TO_RETURN: Final = ("需清退", "须清退", "应清退", "用后清退", "阅后清退", "需退回", "须退回", "阅后退回")


def read(register: Register) -> Iterator[Stated]:
    """The acts of each row."""
    for row in register.rows:
        serial = number_of(row.cells, "serial") or 0
        copies = copies_of(row, none=f"{register.book}/{serial}")
        if copies is None:
            raise AssertionError("a received row always has a document")
        yield Stated(row, (_arrival(row, copies), _entry(register, row, copies, serial)))


def _arrival(row: Row, copies: Copies) -> Act:
    cells = row.cells
    channel = text_of(cells, "channel") or _channel_in_remark(row)
    fields: dict[str, Any] = {
        "level": text_of(cells, "level"), "sender": f"u/{copies.issuer}", "channel": channel or "by_hand",
        "seal": "none",
        **late_reason(row),
        **remark(("", text_of(cells, "note")), ("来文方式", None if channel else "簿中未记载")),
    }  # fmt: skip
    return Act(
        key=f"{row.sheet}:{row.number}:arrival", kind="created.received", cells=chosen(cells, _ARRIVAL),
        moment=moment_of(cells, "received_on"), people=people_of(cells, (("receiver", "receiver"),)), copies=copies,
        fields=fields,
    )  # fmt: skip


def _entry(register: Register, row: Row, copies: Copies, serial: int) -> Act:
    cells = row.cells
    document: dict[str, Any] = {
        "title": copies.title, "issuer": f"u/{copies.issuer}", "level": text_of(cells, "level"), "copies": copies.count,
    }  # fmt: skip
    stated = {"doc_no": text_of(cells, "doc_no"), "term": text_of(cells, "term"), "pages": copies.pages}
    issued = moment_of(cells, "issued_on")
    stated |= {"issue_date": issued.day.isoformat() if issued else None, "urgency": text_of(cells, "urgency")}
    document |= {key: value for key, value in stated.items() if value is not None}
    if any(word in (text_of(cells, "note") or "") for word in _TO_RETURN):
        document["return_required"] = True
    return Act(
        key=f"{row.sheet}:{row.number}:entry", kind="registered.document", cells=chosen(cells, _ENTRY), moment=None,
        people=people_of(cells, (("registrar", "registrar"),)), copies=copies,
        fields={"register": register.book, "serial": serial, "document": document},
        sorted_at=moment_of(cells, "received_on"),
    )  # fmt: skip


def _channel_in_remark(row: Row) -> str | None:
    """会议带回 and the like, where the remark is one of the known channels."""
    note = text_of(row.cells, "note")
    if note is None:
        return None
    for part in note.replace("，", "；").replace("、", "；").replace(" ", "；").split("；"):
        try:
            return parse_channel(part)
        except CellProblem:
            continue
    return None
