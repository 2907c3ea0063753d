"""STO: cabinets, the end of the day, keepers, the storeroom."""

from __future__ import annotations

from chainlog.authority.parameters import check_policy
from tests.offices import Office, policy_of, receive
from tests.scenarios import local

CABINETS = {
    "cabinets.绝密": ["safe"],
    "cabinets.机密": ["safe", "coded_cabinet"],
    "cabinets.秘密": ["safe", "coded_cabinet", "iron_cabinet"],
}


def store(office: Office, at: str, carriers: list[str], place: str = "", **rest: object) -> int:
    """Put away."""
    fields = {"place": place} if place else {}
    return office.tell(at, "transferred.store", on=carriers, who={"registrar": "李敏"}, **fields, **rest)


def messages(office: Office, rule: str, **rest: object) -> dict[str, list[str]]:
    """What a rule says of each subject."""
    found: dict[str, list[str]] = {}
    for finding in office.judge(rule, **rest).findings:
        found.setdefault(finding.subject, []).append(finding.message_zh)
    return found


def test_the_parameters_are_known():
    check_policy({
        **{name: tuple(values) for name, values in CABINETS.items()}, "within.store": ("0d",), "day_end.check": ("yes",),
        "posts.enter": ("archivist",),
    })  # fmt: skip


def test_sto_1_the_right_cabinet():
    office = Office(CABINETS)
    office.office("01-02 08:00", "declared.place", place="w/低柜", name="低", type="safe", max_level="秘密")
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3", "c/4", "c/5"], "d/1", level="机密")
    receive(office, "02-01 09:00", ["c/6"], "d/2", level="秘密")
    receive(office, "02-01 09:00", ["c/7"], "d/3", level="无密")
    store(office, "02-01 10:00", ["c/1"], "w/G1")
    wrong = store(office, "02-01 10:00", ["c/6", "c/2"], "w/铁柜")
    store(office, "02-01 10:00", ["c/3"], "w/低柜")
    store(office, "02-01 10:00", ["c/4"])
    store(office, "02-01 10:00", ["c/5"], "w/某处")
    store(office, "02-01 10:00", ["c/7"], "w/办公室301")
    found = messages(office, "STO-1")
    # What was put away in one act is judged at the first of it, by the highest level.
    assert set(found) == {"c/2", "c/3", "c/4"}
    assert found["c/2"] == ["机密载体 c/2 存放在 w/铁柜（限 safe、coded_cabinet）"]
    assert "只限秘密的 w/低柜" in found["c/3"][0]
    assert found["c/4"] == ["机密载体 c/4 入柜未记何柜"]
    assert office.judge("STO-1", subjects=["c/2"]).findings[0].evidence == (wrong,)


def test_sto_1_a_ledger_that_does_not_say_which_cabinet():
    office = Office(CABINETS)
    receive(office, "02-01 09:00", ["c/1", "c/2"], "d/1")
    source = {"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1}
    store(office, "02-01 10:00", ["c/1"], source=source)
    assert office.found("STO-1") == []
    store(office, "02-01 10:00", ["c/2"], "w/办公室301", source=source)
    assert office.found("STO-1") == [("STO-1", "c/2")]


def test_sto_1_put_away_in_the_term():
    office = Office({**CABINETS, "within.store": "0d"})
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3"], "d/1")
    receive(office, "02-01 09:00", ["c/4"], "d/2", place="w/G1")
    receive(office, "02-01 09:00", ["c/5"], "d/3", level="无密")
    store(office, "02-01 17:00", ["c/1"], "w/G1")
    store(office, "02-02 09:00", ["c/2"], "w/G1")
    who = {"giver": "李敏", "receiver": "陈"}
    office.tell("02-01 12:00", "transferred.circulate", on=["c/3"], who=who, mode="face_to_face")
    assert office.due("STO-1", as_of="02-01 10:00") == [("STO-1", f"c/{n}", local("02-02") - 1) for n in (1, 2, 3)]
    assert office.found("STO-1") == [("STO-1", "c/2")]
    office.tell(
        "02-03 12:00", "returned.to_keeper", on=["c/3"], who={"giver": "陈", "receiver": "李敏"}, reason="reading"
    )
    assert office.found("STO-1") == [("STO-1", "c/2"), ("STO-1", "c/3")]
    assert office.found("STO-1", state="closed") == [("STO-1", "c/2")]


def day_end(office: Office, at: str, topic: str = "day_end") -> int:
    """The check at the end of a day."""
    return office.tell(at, "checked.inspection", on=["u/镇"], who={"operator": "李敏"}, topic=topic)


def test_sto_2_every_working_day():
    office = Office({"day_end.check": "yes"})
    # 2025-01-02 is a Thursday; 01-04 and 01-05 a weekend; the log was opened on new year's day, which is off.
    for day in ("01-02", "01-03", "01-06", "01-08"):
        day_end(office, f"{day} 18:00")
    day_end(office, "01-09 18:00", topic="self")
    assert office.found("STO-2", as_of="01-07 12:00") == []
    assert office.due("STO-2", as_of="01-07 12:00") == [("STO-2", "u/镇", local("01-08") - 1)]
    assert messages(office, "STO-2", as_of="01-08 12:00") == {"u/镇": ["2025-01-07 共1个工作日无下班检查记录"]}
    assert office.found("STO-2", as_of="01-08 23:00", state="closed") == [("STO-2", "u/镇")]
    assert messages(office, "STO-2", as_of="01-14 12:00")["u/镇"] == [
        "2025-01-07 共1个工作日无下班检查记录", "2025-01-09至2025-01-13 共3个工作日无下班检查记录",
    ]  # fmt: skip


def test_sto_2_only_while_the_policy_asks_for_it():
    office = Office({"day_end.check": "no"})
    assert office.found("STO-2", as_of="02-01") == []
    body = policy_of({"day_end.check": "yes"}, version="2").body()
    office.office("01-13 09:00", "policy_adopted", **{**body, "effective_at": "01-13 09:00"})
    assert messages(office, "STO-2", as_of="01-15 12:00") == {
        "u/镇": ["2025-01-13至2025-01-14 共2个工作日无下班检查记录"]
    }


def test_sto_2_no_more_once_another_policy_took_effect():
    """Adopted in advance, with the checks going on until it takes effect."""
    office = Office({"day_end.check": "yes"})
    office.office(
        "01-06 09:00",
        "policy_adopted",
        **{**policy_of({}, version="2").body(), "effective_at": "01-09 00:00"},
    )
    for day in ("01-02", "01-03", "01-06", "01-08"):
        day_end(office, f"{day} 18:00")
    assert messages(office, "STO-2", as_of="02-01") == {"u/镇": ["2025-01-07 共1个工作日无下班检查记录"]}


def test_sto_2_a_section_checks_for_itself():
    office = Office({"day_end.check": "yes"})
    for day, unit in (("01-02", "u/党政办"), ("01-03", "u/甲村")):
        office.tell(f"{day} 18:00", "checked.inspection", on=[unit], who={"operator": "李敏"}, topic="day_end")
    assert messages(office, "STO-2", as_of="01-06 12:00") == {"u/镇": ["2025-01-03 共1个工作日无下班检查记录"]}


def test_sto_2_is_not_judged_without_a_calendar():
    office = Office({"day_end.check": "yes"})
    judgement = office.judge("STO-2", as_of="2099-02-01")
    assert [one.code for one in judgement.unjudged] == ["STO-2"]


def test_sto_3_apart_from_ordinary_papers():
    office = Office()
    office.office("01-02 08:00", "declared.place", place="w/混柜", name="混", type="iron_cabinet", mixed=True)
    receive(office, "02-01 09:00", ["c/1", "c/2"], "d/1")
    receive(office, "02-01 09:00", ["c/3"], "d/2", level="无密")
    receive(office, "02-01 09:00", ["c/4"], "d/3", place="w/混柜")
    store(office, "02-01 10:00", ["c/1"], "w/混柜")
    store(office, "02-01 10:00", ["c/2"], "w/铁柜")
    store(office, "02-01 10:00", ["c/3"], "w/混柜")
    assert messages(office, "STO-3") == {
        "c/1": ["c/1 放在与一般文件混用的 w/混柜"], "c/4": ["c/4 放在与一般文件混用的 w/混柜"],
    }  # fmt: skip


def test_sto_3_the_room_where_it_is_taken_in_is_not_where_it_is_kept():
    office = Office()
    office.office("01-02 08:00", "declared.place", place="w/大办", name="大办", type="office", mixed=True)
    receive(office, "02-01 09:00", ["c/1"], "d/1", place="w/大办")
    store(office, "02-01 09:10", ["c/1"], "w/G1")
    assert office.found("STO-3") == []
    store(office, "02-02 09:10", ["c/1"], "w/大办")
    assert office.found("STO-3") == [("STO-3", "c/1")]


def test_sto_4_an_open_paper_needs_no_keeper():
    office = Office()
    for number, level in enumerate(("无密", "内部", "秘密")):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}", level=level, who={"giver": "省交换员"})
    assert office.found("STO-4") == [("STO-4", "c/2")]


def test_sto_4_a_named_keeper():
    office = Office()
    items = [{"carrier": "c/1", "form": "document"}]
    arrival = {"sender": "u/省委", "channel": "exchange", "listed": 1, "found": 1, "seal": "intact", "level": "秘密"}
    first = office.tell(
        "02-01 09:00", "created.received", on=["c/1"], who={"giver": "省交换员"}, items=items, **arrival
    )
    receive(office, "02-01 09:00", ["c/2", "c/3"], "d/1")
    office.tell("02-02 09:00", "reported.incident", on=["c/2"], who={"operator": "李敏"}, what="missing")
    office.tell("02-03 09:00", "reported.incident", on=["c/2"], who={"witness": "李敏"}, what="found")
    opening = [{"carrier": "c/4", "form": "document", "level": "秘密", "phase": "in_stock", "row": 1}]
    office.tell("02-01 09:00", "created.opening", on=["c/4"], who={"registrar": "李敏"}, items=opening)
    assert office.found("STO-4", as_of="02-02") == [("STO-4", "c/1")]
    finding = office.judge("STO-4", as_of="02-02").findings[0]
    assert (finding.evidence, finding.message_zh) == ((first,), "“收文”后无人保管")
    # What is missing is in nobody's charge by its nature; once found it must be.
    assert office.found("STO-4", as_of="02-03") == [("STO-4", "c/1")]
    assert office.found("STO-4") == [("STO-4", "c/1"), ("STO-4", "c/2")]
    who = {"giver": "王宁", "receiver": "李敏"}
    office.tell("02-04 09:00", "transferred.hand_over", on=["c/1"], who=who, reason="reassignment")
    assert office.found("STO-4", state="closed") == [("STO-4", "c/1")]


def test_sto_4_what_a_shop_has_is_not_in_nobodys_charge():
    office = Office()
    receive(office, "02-01 09:00", ["c/1"], "d/1")
    office.tell(
        "02-02 09:00", "transferred.repair", on=["c/1"], who={"giver": "李敏", "witness": "黄"}, to="u/快修店", data="removed"
    )  # fmt: skip
    assert office.found("STO-4") == []


def test_sto_6_readers_come_into_the_archive_room():
    office = Office({"posts.enter": ["archivist"]}, posts={"陈": "archivist"}, places={"w/库": "archive_store"})
    receive(office, "02-01 09:00", ["c/1"], "d/1")
    who = {"reader": "孙", "registrar": "陈"}
    office.tell("03-03 10:00", "accessed.read", on=["c/1"], who=who, how="consult", place="w/档案室")
    office.tell("03-03 09:50", "accessed.entered", on=["w/档案室"], who={"operator": "孙"})
    office.tell("03-03 09:55", "accessed.entered", on=["w/库"], who={"operator": "孙"})
    office.tell("03-04 09:55", "accessed.entered", on=["w/档案室"], who={"operator": "孙"})
    assert messages(office, "STO-6") == {
        "w/库": ["非本室人员 p/孙 进入 w/库"],
        "w/档案室": ["非本室人员 p/孙 进入 w/档案室"],
    }
    assert len(office.judge("STO-6").findings) == 2


def test_sto_6_the_storeroom():
    office = Office({"posts.enter": ["archivist"]}, posts={"陈": "archivist"}, places={"w/库": "archive_store"})
    office.tell("03-03 10:00", "accessed.entered", on=["w/库"], who={"operator": "陈"})
    office.tell("03-03 11:00", "accessed.entered", on=["w/库"], who={"operator": ["陈", "孙"]})
    office.tell("03-03 12:00", "accessed.entered", on=["w/档案室"], who={"operator": "黄"})
    office.tell("03-03 12:00", "accessed.entered", on=["w/会议室"], who={"operator": "孙"})
    assert messages(office, "STO-6") == {
        "w/库": ["非本室人员 p/孙 进入 w/库"],
        "w/档案室": ["非本室人员 p/黄 进入 w/档案室"],
    }
    free = Office(places={"w/库": "archive_store"})
    free.tell("03-03 11:00", "accessed.entered", on=["w/库"], who={"operator": "孙"})
    assert free.found("STO-6") == []


def test_sto_6_business_in_the_archive_room_on_the_day_of_the_entry():
    """Who read or gave back there, or at no place stated, had to come in; who did so elsewhere or another day had not."""
    office = Office({"posts.enter": ["archivist"]}, posts={"赵强": "archivist"})
    receive(office, "02-01 09:00", [f"c/{number}" for number in range(1, 5)], "d/1")
    keeper = {"registrar": "赵强"}
    office.tell("03-03 10:00", "accessed.read", on=["c/1"], who={"reader": "孙", **keeper}, how="consult")
    office.tell(
        "03-03 10:00", "accessed.read", on=["c/2"], who={"reader": "吴", **keeper}, how="read", place="w/阅文室"
    )
    for carrier, borrower, day in (("c/3", "许", "03-03"), ("c/4", "朱", "03-04")):
        lent = {"giver": "赵强", "receiver": borrower}
        office.tell("02-20 10:00", "transferred.lend", on=[carrier], who=lent, purpose="查考", depth="take_away")
        given = {"giver": borrower, "receiver": "赵强"}
        office.tell(
            f"{day} 10:00", "returned.to_keeper", on=[carrier], who=given, reason="loan", recorded="03-04 12:00"
        )
    for person in ("孙", "吴", "许", "朱"):
        office.tell("03-03 09:50", "accessed.entered", on=["w/档案室"], who={"operator": person})
    assert sorted(messages(office, "STO-6")["w/档案室"]) == [
        "非本室人员 p/吴 进入 w/档案室", "非本室人员 p/朱 进入 w/档案室",
    ]  # fmt: skip
