"""The same misdeeds with signatures, and as rows of a ledger, which prove no signatures and no approvals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.offices import Office, receive, register
from tests.unit.rules.test_borrowing import MINE

POLICY = {
    "places.read": ["secure_room"], "posts.permit.consult": ["dept_head"], "series.会议记录.readers": ["office_head"],
    "series.科研.consent": ["project_leader"], "series.研究生.consent": ["supervisor_tutor"], "within.return_check": "1d",
    "posts.permit.outsider": ["responsible_leader"], "strict.BRW-11": "yes", "posts.rank": ["responsible_leader", "principal_leader"],
    "posts.permit.lend.take_away": ["principal_leader"], "copy.no_tiers": ["province"], "copy.self_destroy": "no",
    "posts.enter": ["archivist"], "posts.permit.take_out": ["responsible_leader"], "posts.permit.read_outside": ["responsible_leader"],
}  # fmt: skip

# What signed acts show, and how grave it is.
SIGNED = {
    "RDG-2": "high", "RDG-3": "high", "RDG-4": "high", "RDG-5": "high", "RDG-6": "high", "RDG-7": "medium", "BRW-6": "high",
    "BRW-8": "medium", "BRW-9": "high", "BRW-11": "medium", "BRW-12": "high", "CPY-2": "critical", "CPY-3": "high", "CPY-4": "high",
    "CPY-7": "critical", "CPY-8": "medium", "CPY-9": "medium", "CPY-10": "low", "OUT-1": "critical", "OUT-3": "low", "OUT-4": "high",
    "OUT-5": "critical", "OUT-6": "critical", "STO-3": "low", "STO-4": "high", "STO-6": "low",
}  # fmt: skip
# What a ledger states by itself: where it was, what was copied, who went in.
STATED = {"RDG-2", "CPY-2", "CPY-3", "CPY-7", "OUT-4", "OUT-5", "STO-3", "STO-6"}


def told(*, imported: bool) -> Office:
    """An office in which everything is done wrong."""
    office = Office(POLICY)
    office.office("01-02 08:00", "declared.place", place="w/混柜", name="混", type="iron_cabinet", mixed=True)
    office.office("02-01 08:00", "declared.person", person="p/孙", name="孙", unit="u/甲村")
    receive(office, "02-01 09:00", [f"c/{number}" for number in range(1, 10)], "d/1", level="机密")
    for number, (name, series) in enumerate({"c/M": "会议记录", "c/S": "科研", "c/Y": "研究生"}.items(), 2):
        receive(office, "02-01 09:00", [name], f"d/{number}", level="无密")
        register(office, "02-01 10:00", f"d/{number}", on=[name], serial=number, series=series, level="无密")
    receive(office, "02-01 09:00", ["c/N"], "d/9")
    register(office, "02-01 10:00", "d/9", on=["c/N"], serial=9, no_copy=True)
    office.tell("03-01 09:00", "decided.permit", on=["d/1"], who={"approver": "郑院长"}, step="approved", act="lend")
    _misdeeds(_teller(office, imported=imported))
    return office


def _teller(office: Office, *, imported: bool) -> Callable[..., int]:
    def tell(at: str, kind: str, **fields: Any) -> int:
        if imported:
            fields["who"] = who = {**fields["who"], "registrar": "李敏"}
            named = [one for names in who.values() for one in ([names] if isinstance(names, str) else names)]
            fields["unsigned"] = [one for one in named if one != "李敏"]
            fields["source"] = {"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1}
        return office.tell(at, kind, **fields)

    return tell


def _misdeeds(tell: Callable[..., int]) -> None:
    to = {"giver": "钱秘书"}
    tell(
        "03-03 10:00",
        "transferred.circulate",
        on=["c/1"],
        who={**to, "receiver": "陈"},
        mode="face_to_face",
        place="w/办公室301",
    )
    tell(
        "03-03 10:00",
        "transferred.circulate",
        on=["c/2"],
        who={**to, "receiver": "陈"},
        mode="face_to_face",
        place="w/市局",
    )
    for carrier in ("c/3", "c/M", "c/S", "c/Y"):
        tell("03-03 10:00", "accessed.read", on=[carrier], who={"reader": "陈", "registrar": "李敏"}, how="consult")
    lend = {"purpose": "写稿", "depth": "take_away", "due": "03-20"}
    for carrier, person in (("c/4", "许"), ("c/5", "许"), ("c/6", "孙")):
        tell("03-03 10:00", "transferred.lend", on=[carrier], who={**to, "receiver": person}, **lend)
    tell(
        "03-04 10:00",
        "returned.to_keeper",
        on=["c/4"],
        who={"giver": "朱", "receiver": "钱秘书"},
        reason="loan",
        condition="intact",
    )
    tell("03-04 10:00", "returned.to_keeper", on=["c/5"], who={"giver": "许", "receiver": "钱秘书"}, reason="loan")
    tell(
        "03-04 10:00",
        "returned.to_keeper",
        on=["c/6"],
        who={"giver": "孙", "receiver": "钱秘书"},
        reason="loan",
        condition="intact",
    )
    item = {"form": "document", "carrier": "c/NA", "document": "d/9"}
    ordered = {"operator": "秦", "registrar": "钱秘书", "proposer": "许"}
    made = {"parents": ["c/N"], "level": "秘密"}
    tell(
        "03-03 10:00", "copied.made", on=["c/N", "c/NA", "d/9"], who=ordered, items=[item], method="copy", place="w/复印店",
        purpose="副本", **made,
    )  # fmt: skip
    item = {"form": "document", "carrier": "c/NE", "document": "d/99"}
    who = {"operator": "秦", "registrar": "钱秘书"}
    tell("03-03 11:00", "copied.made", on=["c/N", "c/NE", "d/99"], who=who, items=[item], method="excerpt", **made)
    tell(
        "03-03 10:00",
        "transferred.take_out",
        on=["c/7"],
        who={**to, "receiver": "吴"},
        destination="w/家",
        reason="加班",
    )
    tell("03-03 12:00", "transferred.circulate", on=["c/7"], who={"giver": "吴", "receiver": "陈"}, mode="face_to_face")
    tell("03-03 10:00", "transferred.store", on=["c/8"], who={"registrar": "李敏"}, place="w/市局")
    tell("03-03 10:00", "transferred.store", on=["c/9"], who={"registrar": "李敏"}, place="w/混柜")
    arrival = {"sender": "u/省委", "channel": "exchange", "listed": 1, "found": 1, "seal": "intact", "level": "秘密"}
    items = [{"carrier": "c/X", "form": "document"}]
    tell("03-03 10:00", "created.received", on=["c/X"], who={"giver": "省交换员"}, items=items, **arrival)
    tell("03-03 10:00", "accessed.entered", on=["w/档案室"], who={"operator": "黄"})


def test_signed_acts_show_everything():
    findings = told(imported=False).judge(*MINE).findings
    assert {one.code: one.severity for one in findings} == SIGNED
    assert {one.grade for one in findings} == {"signed"}


def test_a_ledger_shows_what_it_states():
    findings = told(imported=True).judge(*MINE).findings
    assert {one.code for one in findings} == STATED
    assert {one.grade for one in findings} == {"imported"}


def test_a_ledger_that_states_a_date_states_what_is_overdue():
    """A row without a date is silent; one with a date and no return, or a later one, is not."""
    office = Office()
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3"], "d/1")
    tell = _teller(office, imported=True)
    for carrier, due in (("c/1", {}), ("c/2", {"due": "03-10 18:00"}), ("c/3", {"due": "03-10 18:00"})):
        who = {"giver": "钱秘书", "receiver": "许"}
        tell("03-03", "transferred.lend", on=[carrier], who=who, purpose="写稿", depth="take_away", **due)
    tell("03-12", "returned.to_keeper", on=["c/3"], who={"giver": "许", "receiver": "钱秘书"}, reason="loan")
    findings = office.judge("BRW-2").findings
    assert [(one.subject, one.state, one.grade) for one in findings] == [
        ("c/2", "open", "imported"),
        ("c/3", "closed", "imported"),
    ]


def test_of_many_in_one_act_the_one_that_is_wrong_is_found():
    """What stands first in an act is in order each time; the fault lies with the second or third."""
    office = Office(
        {
            **POLICY,
            "places.read.机密": ["secure_room"],
            "places.read": ["office"],
            "posts.permit.lend": ["responsible_leader"],
        }
    )
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3"], "d/1", level="秘密")
    receive(office, "02-01 09:00", ["c/4"], "d/2", level="机密")
    receive(office, "02-01 09:00", ["c/0"], "d/3", level="无密")
    who = {"giver": "李敏", "receiver": "许"}
    permit = {"who": {"approver": "郑院长"}, "step": "approved"}
    office.tell("03-01 09:00", "decided.permit", on=["c/1"], act="lend", depth="take_away", **permit)
    office.tell("03-01 09:00", "decided.permit", on=["c/2"], act="lend", depth="read", **permit)
    lend = {"purpose": "写稿", "depth": "take_away", "due": "03-20"}
    office.tell("03-02 10:00", "transferred.lend", on=["c/1", "c/2"], who=who, **lend)
    # Two lent to one, a third to nobody; all three come back as lent, and by somebody else.
    back = {"giver": "朱", "receiver": "李敏"}
    office.tell(
        "03-03 10:00", "returned.to_keeper", on=["c/1", "c/2", "c/3"], who=back, reason="loan", condition="intact"
    )
    office.tell(
        "03-04 10:00", "transferred.circulate", on=["c/1", "c/4"], who=who, mode="face_to_face", place="w/办公室301"
    )
    office.tell(
        "03-04 11:00",
        "returned.to_keeper",
        on=["c/1", "c/4"],
        who={"giver": "许", "receiver": "李敏"},
        reason="reading",
    )
    office.tell(
        "03-05 10:00", "accessed.read", on=["c/0", "c/4"], who={"reader": "许", "registrar": "李敏"}, how="consult"
    )
    office.tell("03-05 11:00", "transferred.store", on=["c/0", "c/1"], who={"registrar": "李敏"}, place="w/市局")
    who = {"operator": "秦", "proposer": "许"}
    office.tell(
        "03-06 10:00", "destroyed.carriers", on=["c/0", "c/3", "d/1", "d/3"], who=who, method="shred", place="w/文印室"
    )
    rules = ("BRW-1", "BRW-5", "BRW-6", "BRW-12", "RDG-2", "RDG-4", "OUT-4", "CPY-9")
    assert office.found(*rules) == [
        ("BRW-1", "c/3"), ("BRW-12", "c/1"), ("BRW-12", "c/2"), ("BRW-6", "c/1"), ("CPY-9", "c/3"), ("OUT-4", "c/1"), ("RDG-2", "c/4"),
        ("RDG-4", "c/4"),
    ]  # fmt: skip
