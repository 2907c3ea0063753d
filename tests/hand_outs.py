"""Ordinary hand-outs, returns and dispatches for stories about offices."""

from __future__ import annotations

from typing import Any

from tests.scenarios import Story


def hand(office: Story, at: str | None, reader: str, carrier: str = "c/87", **fields: Any) -> int:
    """The registrar, or who is given as *giver*, hands a carrier to a reader face to face."""
    who = {"giver": fields.pop("giver", "李敏"), "receiver": reader}
    return office.tell(at, "transferred.circulate", on=[carrier], who=who, **{"mode": "face_to_face", **fields})


def back(
    office: Story, at: str | None, reader: str, carrier: str = "c/87", *, receiver: str = "李敏", **fields: Any
) -> int:
    """A reader brings a carrier back to the registrar."""
    who = {"giver": reader, "receiver": receiver}
    return office.tell(at, "returned.to_keeper", on=[carrier], who=who, **{"reason": "reading", **fields})


def send(office: Story, at: str, *carriers: str, to: str = "u/甲村", channel: str = "by_hand", **fields: Any) -> int:
    """The registrar sends carriers to a unit; *who* is added to those who sign."""
    who = {"giver": "李敏", **fields.pop("who", {})}
    return office.tell(at, "transferred.dispatch", on=list(carriers), who=who, to=to, channel=channel, **fields)


def produce(office: Story, at: str, *carriers: str, document: str, level: str = "秘密", **fields: Any) -> int:
    """Copies of a document are made in the print room."""
    items = [
        {"carrier": carrier, "form": "document", "document": document, "copy_no": f"{number}"}
        for number, carrier in enumerate(carriers, 1)
    ]
    return office.tell(
        at, "created.produced", on=[*carriers, document], who={"operator": "赵强", "registrar": "李敏"}, level=level,
        items=items, **{"place": "w/文印室", **fields},
    )  # fmt: skip


def route(office: Story, at: str, document: str, *recipients: str, approver: str = "周书记", **fields: Any) -> int:
    """The leader's instruction."""
    return office.tell(
        at, "decided.route", on=[document], who={"approver": approver}, step="approved",
        recipients=[name if "/" in name else f"p/{name}" for name in recipients], **fields,
    )  # fmt: skip


def scope(office: Story, at: str, document: str, *, approver: str = "周书记", change: str = "set", **names: Any) -> int:
    """The range of knowledge is fixed: persons, posts, units."""
    fields = {"recorded": names.pop("recorded", None)}
    return office.tell(
        at, "decided.scope", on=[document], who={"approver": approver}, step="approved", change=change, scope=names, **fields
    )  # fmt: skip
