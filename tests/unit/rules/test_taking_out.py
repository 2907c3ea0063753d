"""OUT: approvals to take out, coming back, where things went and in whose hands."""

from __future__ import annotations

import pytest

from chainlog.authority.parameters import check_policy
from tests.offices import Office, receive
from tests.scenarios import local
from tests.unit.rules.test_borrowing import MINE

TOWN = {"posts.permit.take_out": ["responsible_leader"], "posts.check.take_out": ["responsible_leader"]}


def take(office: Office, at: str, carriers: list[str], by: str = "吴", **fields: object) -> int:
    """Taken out, both sides signing."""
    who = fields.pop("who", {"giver": "李敏", "receiver": by})
    fields = {"destination": "w/市局", "reason": "汇报", "due": "03-05 18:00", "measures": ["密码箱"], **fields}
    return office.tell(at, "transferred.take_out", on=carriers, who=who, **fields)


def back(office: Office, at: str, carrier: str, by: str = "吴", **fields: object) -> int:
    """Brought back."""
    fields = {"reason": "take_out", **fields}
    return office.tell(at, "returned.to_keeper", on=[carrier], who={"giver": by, "receiver": "李敏"}, **fields)


def permit(office: Office, at: str, on: str, by: str = "何副书记", **fields: object) -> int:
    """An approval to take out."""
    fields = {"step": "approved", "act": "take_out", **fields}
    return office.tell(at, "decided.permit", on=[on], who={"approver": by}, **fields)


def check(office: Office, at: str, carrier: str, by: str = "何副书记", role: str = "approver", **fields: object) -> int:
    """What was brought back is examined."""
    fields = {"reason": "take_out", "passed": True, **fields}
    return office.tell(at, "checked.carrier", on=[carrier], who={role: by}, **fields)


def messages(office: Office, rule: str, **rest: object) -> dict[str, list[str]]:
    """What a rule says of each subject."""
    found: dict[str, list[str]] = {}
    for finding in office.judge(rule, **rest).findings:
        found.setdefault(finding.subject, []).append(finding.message_zh)
    return found


@pytest.fixture(scope="module")
def s7():
    office = Office(TOWN)
    equipment = {"register": "介质", "unit": "u/党政办", "level": "秘密"}
    who = {"registrar": "李敏", "receiver": "吴"}
    office.tell(
        "06-02 08:00",
        "created.equipment",
        on=["c/PC-2"],
        who=who,
        form="computer",
        number="PC-2",
        serial=2,
        **equipment,
    )
    office.tell(
        "06-02 08:00",
        "created.equipment",
        on=["c/PC-33"],
        who=who,
        form="computer",
        number="PC-33",
        serial=3,
        **equipment,
    )
    office.tell(
        "06-02 09:00",
        "created.equipment",
        on=["c/M-07"],
        who=who,
        form="usb_stick",
        number="M-07",
        serial=7,
        term="5年",
        **equipment,
    )
    office.tell(
        "06-03 09:00",
        "notified.filed",
        on=["c/M-07"],
        who={"registrar": "李敏"},
        to="u/党政办",
        what="equipment_register",
    )
    step = {"who": {"approver": "何副书记"}, "step": "approved"}
    office.tell("07-01 09:00", "decided.permit", id="s1", on=["c/M-07"], act="store_content", form_no="F12", **step)
    office.tell(
        "07-01 10:00", "copied.stored", on=["c/M-07"], who={"operator": "吴", "approver": "何副书记"}, refs=["s1"], what="数据", level="机密",
        form_no="F12", device="c/PC-2",
    )  # fmt: skip
    office.tell("07-02 08:00", "decided.permit", id="s2", on=["c/M-07"], act="take_out", until="07-04 18:00", **step)
    take(office, "07-02 09:00", ["c/M-07"], id="s3", refs=["s2"], reason="报送", due="07-04 18:00")
    office.tell("07-03 10:00", "accessed.connected", on=["c/M-07"], who={"registrar": "李敏"}, device="c/PC-33")
    back(office, "07-04 16:00", "c/M-07", refs=["s3"])
    return office


def test_s7(s7):
    assert s7.found(*MINE, as_of="07-04 12:00") == []
    assert s7.due("OUT-2", as_of="07-04 12:00") == [("OUT-2", "c/M-07", local("07-04 18:00"))]
    assert s7.found(*MINE) == [("OUT-2", "c/M-07")]
    finding = s7.judge("OUT-2").findings[0]
    assert (finding.severity, finding.state, len(finding.evidence)) == ("high", "open", 2)
    assert finding.message_zh == "p/吴 带回的载体未经审查注销"


def test_the_parameters_are_known():
    check_policy({
        **{name: tuple(values) for name, values in TOWN.items()}, "within.check_take_out": ("1d",), "escorts.when": ("top_secret",),
        "min.escorts": ("2",),
    })  # fmt: skip


def test_out_1_approval():
    office = Office(TOWN)
    names = [f"c/{number}" for number in range(1, 10)]
    receive(office, "02-01 09:00", names, "d/1")
    receive(office, "02-01 09:00", ["c/内"], "d/2", level="内部")
    permit(office, "03-03 09:00", "c/1")
    permit(office, "03-03 09:00", "c/3", by="王宁")
    permit(office, "03-03 09:00", "c/4", until="03-04 18:00")
    permit(office, "03-03 09:00", "c/5", where="w/省局")
    permit(office, "03-03 09:00", "c/6", to=["p/陈"])
    permit(office, "03-03 09:00", "c/7")
    permit(office, "03-03 09:00", "c/8", until="03-05 18:00")
    for carrier in ("c/1", "c/2", "c/3", "c/4", "c/5", "c/6", "c/内"):
        take(office, "03-03 10:00", [carrier])
    who = {"giver": "李敏", "receiver": "吴"}
    for carrier in ("c/7", "c/8"):
        office.tell(
            "03-03 10:00",
            "transferred.take_out",
            on=[carrier],
            who=who,
            destination="w/市局",
            reason="汇报",
            measures=["袋"],
        )
    permit(office, "03-03 11:00", "c/2")
    found = messages(office, "OUT-1")
    assert set(found) == {f"c/{number}" for number in (2, 3, 4, 5, 6, 7)}
    assert found["c/2"] == ["携出 c/2：事前未经审批"]
    assert "p/王宁 不具审批职务" in found["c/3"][0]
    assert "只批准到 2025-03-04 18:00" in found["c/4"][0]
    assert found["c/5"] == ["携出 c/5：去往 w/市局，批准的是 w/省局"]
    assert "不包括 p/吴" in found["c/6"][0]
    assert found["c/7"] == ["携带外出未定返回日期"]
    graver = {one.subject: one.severity for one in office.judge("OUT-1").findings}
    assert graver == {**dict.fromkeys([f"c/{number}" for number in range(2, 7)], "critical"), "c/7": "medium"}


def test_out_1_a_date_of_return_where_the_return_is_examined():
    for policy, found in (({"posts.check.take_out": "responsible_leader"}, ["c/1"]), ({}, [])):
        office = Office(policy)
        receive(office, "02-01 09:00", ["c/1", "c/2"], "d/1")
        who = {"giver": "李敏", "receiver": "吴"}
        office.tell("03-03 10:00", "transferred.take_out", on=["c/1"], who=who, destination="w/市局", reason="汇报")
        take(office, "03-03 10:00", ["c/2"])
        assert list(messages(office, "OUT-1")) == found


def test_out_1_where_a_policy_asks_for_no_approval():
    office = Office({"escorts.when": "top_secret"})
    receive(office, "02-01 09:00", ["c/1"], "d/1")
    receive(office, "02-01 09:00", ["c/2", "c/3"], "d/2", level="绝密")
    take(office, "03-03 10:00", ["c/1"])
    take(office, "03-03 10:00", ["c/2"])
    take(office, "03-03 10:00", ["c/3"], who={"giver": "李敏", "receiver": "吴", "escort": "黄"})
    assert messages(office, "OUT-1") == {"c/2": ["绝密级 c/2 由1人携带"]}


def test_out_2_overdue():
    office = Office()
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1")
    for carrier in ("c/1", "c/2", "c/3", "c/4"):
        take(office, "03-03 10:00", [carrier])
    # Longer, by another entry before the first one ran out.
    take(office, "03-05 09:00", ["c/4"], due="03-07 18:00")
    back(office, "03-05 18:00", "c/1")
    back(office, "03-06 10:00", "c/2")
    back(office, "03-07 18:00", "c/4")
    assert office.found("OUT-2", as_of="03-05 18:00") == []
    assert office.found("OUT-2") == [("OUT-2", "c/2"), ("OUT-2", "c/3")]
    assert office.found("OUT-2", state="closed") == [("OUT-2", "c/2")]


def test_out_2_who_examines_and_when():
    office = Office({**TOWN, "within.check_take_out": "1d"})
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1")
    for carrier in ("c/1", "c/2", "c/3", "c/4"):
        take(office, "03-03 10:00", [carrier])
        back(office, "03-04 10:00", carrier)
    check(office, "03-05 10:00", "c/1")
    check(office, "03-05 10:00", "c/2", by="李敏", role="operator")
    check(office, "03-06 10:00", "c/3")
    assert [one[:2] for one in office.due("OUT-2", as_of="03-05 09:00")] == [("OUT-2", f"c/{n}") for n in (1, 2, 3, 4)]
    found = messages(office, "OUT-2")
    assert set(found) == {"c/2", "c/3", "c/4"}
    assert "审查人 p/李敏 不具审查职务（responsible_leader）" in found["c/2"]
    assert office.found("OUT-2", state="closed") == [("OUT-2", "c/3")]


def test_out_2_examined_at_once_is_enough():
    office = Office(TOWN)
    receive(office, "02-01 09:00", ["c/1", "c/2"], "d/1")
    for carrier in ("c/1", "c/2"):
        take(office, "03-03 10:00", [carrier])
        back(office, "03-04 10:00", carrier)
    assert office.found("OUT-2") == [("OUT-2", "c/1"), ("OUT-2", "c/2")]
    check(office, "03-05 10:00", "c/1")
    # An examination for another reason is none of this one.
    check(office, "03-05 10:00", "c/2", reason="other")
    assert office.found("OUT-2") == [("OUT-2", "c/2")]


def test_out_2_kept_out_longer():
    """A later date for who has it out: late is what is not back by that, and it is examined all the same."""
    office = Office(TOWN)
    receive(office, "02-01 09:00", ["c/1", "c/2"], "d/1")
    for carrier in ("c/1", "c/2"):
        take(office, "03-03 10:00", [carrier], due="03-05 18:00")
        office.tell(
            "03-05 09:00", "transferred.hold", on=[carrier], who={"giver": "李敏", "receiver": "吴"}, reason="会期延长", due="03-07 18:00"
        )  # fmt: skip
    back(office, "03-07 17:00", "c/1")
    check(office, "03-07 17:30", "c/1")
    back(office, "03-08 17:00", "c/2", by="孙")
    assert office.found("OUT-2", "CIR-5", as_of="03-07 18:00") == []
    assert office.due("OUT-2", as_of="03-07 12:00")[0][2] == local("03-07 18:00")
    assert office.found("OUT-2", state="closed") == [("OUT-2", "c/2")]
    assert office.found("OUT-2", state="open") == [("OUT-2", "c/2")]
    assert messages(office, "OUT-6") == {"c/2": ["p/吴 携出，由 p/孙 带回"]}


def test_out_3_measures():
    office = Office()
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3"], "d/1")
    receive(office, "02-01 09:00", ["c/4"], "d/2", level="无密")
    take(office, "03-03 10:00", ["c/1"])
    take(office, "03-03 10:00", ["c/2", "c/3"], measures=[])
    take(office, "03-03 10:00", ["c/4"], measures=[])
    assert office.found("OUT-3") == [("OUT-3", "c/2")]
    assert messages(office, "OUT-3")["c/2"] == ["携带外出未记安全防范措施"]
    who = {"giver": "李敏", "receiver": "陈"}
    office.tell(
        "03-04 10:00", "transferred.take_out", on=["c/1"], who=who, destination="w/市局", reason="汇报", due="03-05"
    )
    assert office.found("OUT-3") == [("OUT-3", "c/1"), ("OUT-3", "c/2")]


def test_out_4_carried_off():
    office = Office()
    receive(office, "02-01 09:00", [f"c/{number}" for number in range(1, 7)], "d/1")
    receive(office, "02-01 09:00", ["c/9"], "d/2", level="无密")
    lend = {"purpose": "写稿", "depth": "take_away", "due": "03-10"}
    who = {"giver": "李敏", "receiver": "吴"}
    for carrier, place in (("c/1", "w/市局"), ("c/2", "w/涉密办公室"), ("c/9", "w/市局")):
        office.tell("03-03 10:00", "transferred.lend", on=[carrier], who=who, place=place, **lend)
    office.tell("03-03 10:00", "transferred.store", on=["c/3"], who={"registrar": "李敏"}, place="w/市局")
    take(office, "03-03 10:00", ["c/4"])
    office.tell("03-03 11:00", "transferred.store", on=["c/4"], who={"registrar": "李敏"}, place="w/市局")
    office.tell(
        "03-03 11:00",
        "transferred.hand_over",
        on=["c/5"],
        who=who,
        reason="interdepartmental",
        to="u/甲村",
        place="w/市局",
    )
    office.tell("03-03 11:00", "transferred.hand_over", on=["c/6"], who=who, reason="passing_on", place="w/市局")
    assert office.found("OUT-4") == [("OUT-4", "c/1"), ("OUT-4", "c/3"), ("OUT-4", "c/6")]
    assert messages(office, "OUT-4")["c/3"] == ["未办理携带外出，“入柜”在单位以外（w/市局）"]


def test_out_5_public_places_and_homes():
    office = Office()
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1")
    receive(office, "02-01 09:00", ["c/9"], "d/2", level="内部")
    permit(office, "03-03 09:00", "c/1")
    take(office, "03-03 10:00", ["c/9", "c/1"], destination="w/家")
    take(office, "03-03 10:00", ["c/2"])
    office.tell(
        "03-03 11:00",
        "accessed.read",
        on=["c/3"],
        who={"reader": "陈", "registrar": "李敏"},
        how="read",
        place="w/广场",
    )
    office.tell(
        "03-03 11:00",
        "accessed.read",
        on=["c/4"],
        who={"reader": "陈", "registrar": "李敏"},
        how="heard",
        place="w/广场",
    )
    assert messages(office, "OUT-5") == {"c/1": ["c/1 带到住宅（w/家）"], "c/3": ["c/3 带到公共场所（w/广场）"]}


def test_out_6_in_person():
    office = Office()
    names = [f"c/{number}" for number in range(1, 8)]
    receive(office, "02-01 09:00", names, "d/1")
    for carrier in names[:-1]:
        take(office, "03-03 10:00", [carrier])
    take(office, "03-03 10:00", ["c/7"], who={"giver": "李敏", "receiver": "吴", "escort": "黄"})
    on = {"giver": "吴", "receiver": "陈"}
    office.tell("03-03 15:00", "transferred.circulate", on=["c/1"], who=on, mode="face_to_face")
    back(office, "03-04 10:00", "c/2", by="孙")
    back(office, "03-04 10:00", "c/3")
    # Taken there to be delivered.
    office.tell("03-03 15:00", "transferred.dispatch", on=["c/4"], who=on, to="u/甲村", channel="by_hand")
    office.tell("03-03 15:00", "transferred.hand_over", on=["c/5"], who=on, reason="passing_on")
    back(office, "03-04 10:00", "c/6", by="李敏")
    back(office, "03-04 10:00", "c/7", by="黄")
    office.tell(
        "03-05 10:00", "transferred.circulate", on=["c/3"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    found = messages(office, "OUT-6")
    assert set(found) == {"c/1", "c/2", "c/5"}
    assert found["c/1"] == ["p/吴 携出期间转到 p/陈 手中"]
    assert found["c/2"] == ["p/吴 携出，由 p/孙 带回"]


def test_out_4_what_may_be_read_there_may_be_there():
    office = Office()
    for number, where in ((1, "w/市局"), (2, "w/复印店"), (3, "")):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}")
        if where:
            permit(office, "03-03 09:00", f"c/{number}", act="read_outside", where=where)
        office.tell(
            "03-03 10:00", "transferred.lend", on=[f"c/{number}"], who={"giver": "李敏", "receiver": "吴"}, purpose="汇报", depth="read",
            place="w/市局", due="03-05 18:00",
        )  # fmt: skip
    assert office.found("OUT-4") == [("OUT-4", "c/2"), ("OUT-4", "c/3")]


def test_out_4_what_no_book_has_is_for_another_rule():
    office = Office()
    who = {"giver": "李敏", "receiver": "吴"}
    office.tell(
        "03-03 10:00",
        "transferred.lend",
        on=["c/无账"],
        who=who,
        purpose="写稿",
        depth="take_away",
        due="03-10",
        place="w/市局",
    )
    assert office.found("OUT-4", "INV-6") == [("INV-6", "c/无账")]
