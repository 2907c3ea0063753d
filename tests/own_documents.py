"""What an office does with documents of its own: determine the level, permit, make, enter, mark, count and send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.offices import Office

STEPS = {"proposed": ("proposer", "08:30"), "reviewed": ("reviewer", "09:00"), "approved": ("approver", "09:30")}


def classify(
    office: Office,
    document: str,
    day: str = "06-03",
    *,
    persons: Mapping[str, str | None] | None = None,
    level: str = "秘密",
    term: str | None = "10年",
    basis: str | None = "范围第三条",
    unsigned: Sequence[str] = (),
    times: Mapping[str, str] | None = None,
    **fields: Any,
) -> dict[str, int]:
    """The three steps of one decision, each with a reference to the one before; a person None leaves the step out."""
    who = {"proposed": "赵强", "reviewed": "王宁", "approved": "何副书记", **(persons or {})}
    stated = {name: value for name, value in {"term": term, "basis": basis, **fields}.items() if value is not None}
    found, refs = {}, []
    steps = {step: (times or {}).get(step, STEPS[step][1]) for step in STEPS}
    for step, at in sorted(steps.items(), key=lambda pair: pair[1]):
        person = who[step]
        if person is not None:
            name = f"{document} {day} {step}"
            # Somebody signs every record: whoever enters what others did.
            who_signs = {STEPS[step][0]: person, **({"registrar": "李敏"} if person in unsigned else {})}
            found[step] = office.tell(
                f"{day} {at}", "decided.classify", on=[document], id=name, refs=refs, who=who_signs,
                unsigned=unsigned, step=step, level=level, **stated,
            )  # fmt: skip
            refs = [name]
    return found


def permit(
    office: Office, document: str, at: str = "06-03 10:00", *, act: str = "make", who: str = "周书记", **fields: Any
) -> int:
    """An approval in one step."""
    return office.tell(at, "decided.permit", on=[document], who={"approver": who}, step="approved", act=act, **fields)


def make(
    office: Office,
    document: str,
    carriers: Sequence[str],
    at: str = "06-03 11:00",
    *,
    level: str = "秘密",
    numbers: Sequence[str | None] | None = None,
    form: str = "document",
    **fields: Any,
) -> int:
    """Copies with numbers from 1 on, or as given; made by 赵强 in the print room."""
    given = [str(n) for n in range(1, len(carriers) + 1)] if numbers is None else numbers
    items = [
        {"carrier": one, "form": form, "document": document, **({} if number is None else {"copy_no": number})}
        for one, number in zip(carriers, given, strict=True)
    ]
    who = fields.pop("who", {"operator": "赵强", "registrar": "李敏"})
    place = fields.pop("place", "w/文印室")
    return office.tell(
        at, "created.produced", on=[*carriers, document], who=who, level=level, items=items,
        **({} if place is None else {"place": place}), **fields,
    )  # fmt: skip


def enter(
    office: Office,
    document: str,
    serial: int,
    at: str = "06-03 10:30",
    *,
    register: str = "发文2025",
    sources: Sequence[str] = (),
    id: str = "",  # noqa: A002 - as in `Story.tell`
    **stated: Any,
) -> int:
    """The entry of a document of one's own in a register; *stated* stand in its `document`."""
    fields = {"title": "方案", "issuer": "u/镇", "level": "秘密", "term": "10年", "issue_date": "2025-06-03", **stated}
    if sources:
        fields["derived_from"] = list(sources)
    return office.tell(
        at, "registered.document", on=[document, *sources], who={"registrar": "李敏"}, id=id, register=register, serial=serial,
        document={name: value for name, value in fields.items() if value is not None},
    )  # fmt: skip


def mark(office: Office, carriers: Sequence[str], text: str, at: str = "06-03 11:40", **fields: Any) -> int:
    """A mark put on carriers."""
    fields = {"position": "top_left", **fields}
    return office.tell(at, "marked", on=list(carriers), who={"operator": "赵强"}, text=text, **fields)


def send(office: Office, carriers: Sequence[str], document: str, at: str = "06-04 09:00", **fields: Any) -> int:
    """Sent to a village by hand, signed for on the spot."""
    fields = {"who": {"giver": "李敏", "receiver": "甲村文书"}, "to": "u/甲村", "channel": "by_hand", **fields}
    return office.tell(at, "transferred.dispatch", on=[*carriers, document], **fields)
