"""Whoever names a unit as who decided needs its approver's signature no less, unless that unit is another one."""

from __future__ import annotations

import pytest

from tests import more_told
from tests.offices import Office, receive
from tests.unit.rules import test_copying as test_copying_rules
from tests.unit.rules import test_destruction

OWN, SECTION, OTHER = "u/镇", "u/党政办", "u/甲村"
UNSIGNED, ELSEWHERE = "审批人未签名", f"只有 {OTHER} 同意，未经本单位审批"
SAID = [(None, UNSIGNED), (OWN, UNSIGNED), (SECTION, UNSIGNED), (OTHER, ELSEWHERE)]


def stated(by: str | None) -> dict[str, str]:
    return {} if by is None else {"by": by}


def messages(office: Office, code: str) -> list[str]:
    return [finding.message_zh for finding in office.judge(code).findings]


@pytest.mark.parametrize(("by", "said"), SAID)
def test_a_destruction(by: str | None, said: str) -> None:
    office = test_destruction.made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    test_destruction.listed(office, "l/1", ["c/1"])
    test_destruction.permitted(office, "l/1", ["c/1"], who={"registrar": "李敏"}, **stated(by))
    test_destruction.destroyed(office, ["c/1"], "l/1")
    assert messages(office, "DES-1") == [said]


@pytest.mark.parametrize(("by", "said"), SAID)
def test_a_loan(by: str | None, said: str) -> None:
    office = test_destruction.made(**{"posts.permit.lend": ["responsible_leader"]})
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    office.tell(
        "03-03 10:00",
        "decided.permit",
        on=["c/1"],
        who={"registrar": "李敏"},
        step="approved",
        act="lend",
        **stated(by),
    )
    office.tell("03-03 11:00", "transferred.lend", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, purpose="查", depth="read")  # fmt: skip
    assert messages(office, "BRW-5") == [f"借出 c/1：{said}"]


@pytest.mark.parametrize("by", [None, OWN, SECTION, OTHER])
def test_copying(by: str | None) -> None:
    office = Office({"posts.permit.copy": ["responsible_leader"], "posts.permit.make": "principal_leader"})
    test_copying_rules.original(office, "c/1", "d/1", level="机密")
    who = {"registrar": "钱秘书"}
    office.tell("03-03 09:00", "decided.permit", on=["d/1"], who=who, step="approved", act="copy", **stated(by))
    test_copying_rules.copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1", level="机密")
    assert office.found("CPY-4")


def test_what_another_unit_agrees_to_stands_beside_ones_own_approval() -> None:
    """In one decision or in two, and whichever came first."""
    for first in ("own", "other"):
        for apart in (False, True):
            office = test_destruction.made(**{"posts.permit.lend": ["responsible_leader"]})
            receive(office, "03-03 09:00", ["c/1"], "d/1")
            for number, whose in enumerate((first, "other" if first == "own" else "own")):
                who = {"approver": "何副书记"} if whose == "own" else {"registrar": "李敏"}
                refs = [] if apart or not number else ["the first"]
                office.tell(
                    f"03-03 1{number}:00", "decided.permit", on=["c/1"], who=who, step="approved", act="lend", refs=refs,
                    id=f"the {'second' if number else 'first'}",
                    **stated(OTHER if whose == "other" else None),
                )  # fmt: skip
            office.tell("03-03 13:00", "transferred.lend", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, purpose="查", depth="read")  # fmt: skip
            assert not [said for said in messages(office, "BRW-5") if "未经本单位" in said or "未签名" in said]


@pytest.mark.parametrize(("by", "level"), [(None, "秘密"), (OWN, "秘密"), (SECTION, "秘密"), (OTHER, "无密")])
def test_nobody_opens_ones_own_papers_by_naming_ones_own_unit(by: str | None, level: str) -> None:
    office = more_told.own("township")
    before = {finding.code for finding in office.judge().findings}
    office.tell(
        "06-10 09:00", "decided.reclassify", on=["d/W"], who={"registrar": "李敏"}, step="approved",
        change="declassified", level="无密", **stated(by),
    )  # fmt: skip
    assert office.view().document("d/W").level == level
    assert {finding.code for finding in office.judge().findings} - before


def test_a_unit_that_is_declared_as_a_section_later_was_one_before() -> None:
    """The registry says what units were; custody, which is folded record by record, what was known when it was recorded."""
    office = more_told.own("township")
    new = {"by": "u/新设办"}
    office.tell("06-10 09:00", "decided.reclassify", on=["d/W"], who={"registrar": "李敏"}, step="approved",
                change="declassified", level="无密", **new)  # fmt: skip
    assert not office.found("DCL-1")
    office.declare_units({"u/新设办": "section"})
    assert office.found("DCL-1")
