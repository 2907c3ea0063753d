"""DES: the deed, its approval, list, supervisors, place, method; and the duties around it."""

from __future__ import annotations

import pytest

from chainlog.log.drafting import whole_of
from tests.offices import Office, receive
from tests.scenarios import local

POLICY = {
    "places.destroy": "destruction_site", "min.escorts": "2", "keep.pending": "6mo", "methods.document": ["pulp", "shred"],
    "posts.permit.destroy": ["principal_leader", "responsible_leader"], "posts.supervise": ["registrar", "clerk", "office_head"],
    "distinct.destruction": "supervisor+operator",
}  # fmt: skip
S8 = [f"c/A{n}" for n in range(1, 13)]


def made(**parameters):
    return Office({**POLICY, **parameters}, units={"u/回收站": "other"})


def listed(office, name, carriers, *, at="11-03 09:00", total=None, reason="no_longer_needed", **more):
    items = [{"carrier": carrier, **({"reason": reason} if reason else {})} for carrier in carriers]
    return office.tell(
        at, "listed.added", on=[*carriers, name], who={"registrar": "李敏"}, purpose="destroy", items=items,
        total=len(carriers) if total is None else total, **more,
    )  # fmt: skip


def permitted(office, name, carriers, *, at="11-04 09:00", whole=True, who=None, name_of="x", step="approved", **more):
    fields = {"whole": whole_of(carriers)} if whole else {}
    return office.tell(
        at, "decided.permit", id=name_of, on=[name] if isinstance(name, str) else name, step=step, act="destroy",
        who=who or {"approver": "何副书记", "proposer": "李敏"}, **{**fields, **more},
    )  # fmt: skip


def destroyed(office, carriers, name=None, *, at="11-06 11:00", supervisors=("李敏", "赵强"), **more):
    place = {"place": "w/市销毁中心", "unit": "u/市保密局", "method": "pulp"}
    fields = {**place, "who": {"supervisor": list(supervisors), "operator": "销毁中心员"}, **more}
    on = [*carriers, *([name] if name else [])]
    return office.tell(
        at, "destroyed.carriers", on=on, **{key: value for key, value in fields.items() if value is not None}
    )


def lawful(office, name, carriers, **more):
    listed(office, name, carriers)
    permitted(office, name, carriers)
    return destroyed(office, carriers, name, **more)


def one(office, rule, subject, *, as_of="12-31 23:00"):
    """The one finding of a rule at a subject."""
    found = [f for f in office.judge(rule, as_of=as_of).findings if f.subject == subject]
    assert len(found) == 1, [(f.subject, f.message_zh) for f in office.judge(rule, as_of=as_of).findings]
    return found[0]


def des(office, *rules, as_of="12-31 23:00"):
    from chainlog.rules.rule import RULES

    return office.found(*(rules or [rule for rule in RULES if rule.startswith("DES")]), as_of=as_of)


def test_s8_lawful_destruction():
    office = made()
    receive(office, "03-03 09:00", S8[:3], "d/旧1", level="机密")
    receive(office, "03-03 09:05", S8[3:], "d/旧9")
    listed(office, "l/X-2025-02", S8)
    permitted(office, "l/X-2025-02", S8, name_of="x1", count=12)
    office.tell(
        "11-06 09:00", "transferred.send_to_destruction", on=[*S8, "l/X-2025-02"],
        who={"giver": "李敏", "escort": ["李敏", "赵强"], "receiver": "销毁中心员"}, to="u/市保密局", receipt_no="R-551",
    )  # fmt: skip
    deed = destroyed(office, S8, "l/X-2025-02", refs=["x1"])
    assert office.found(*_my_rules()) == []
    # A profile that wants other escorts than supervisors makes a note of it.
    other = made(**{"distinct.destruction": ["supervisor+operator", "escort+supervisor"]})
    receive(other, "03-03 09:00", ["c/1"], "d/1")
    listed(other, "l/1", ["c/1"])
    permitted(other, "l/1", ["c/1"])
    sent = other.tell(
        "11-06 09:00", "transferred.send_to_destruction", on=["c/1", "l/1"], who={"giver": "李敏", "escort": ["李敏", "赵强"]},
        to="u/市保密局", receipt_no="R",
    )  # fmt: skip
    deed = destroyed(other, ["c/1"], "l/1")
    found = one(other, "PER-6", "l/1")
    assert (found.severity, found.evidence) == ("info", (sent, deed))


def _my_rules():
    from chainlog.rules.rule import RULES

    chapters = ("HND", "PER", "DES", "DCL", "ARC", "LEK", "REC", "PUB", "MTG", "INT")
    return [rule for rule in RULES if rule.startswith(chapters)]


@pytest.fixture(scope="module")
def approvals():
    office = made()
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 10)], "d/1")
    for n in range(1, 9):
        listed(office, f"l/{n}", [f"c/{n}"])
    permitted(office, "l/1", ["c/1"])
    permitted(office, "l/3", ["c/3"], who={"approver": "李敏"})
    permitted(office, "l/4", ["c/4"], whole=False)
    permitted(office, "l/5", ["c/5", "c/9"])
    permitted(office, "l/6", ["c/6"])
    listed(office, "l/6", ["c/9"], at="11-05 09:00", total=2)
    permitted(office, "l/7", ["c/7"], unsigned=["何副书记"])
    deeds = {n: destroyed(office, [f"c/{n}"], f"l/{n}") for n in range(1, 8)}
    permitted(office, "l/2", ["c/2"], at="11-07 09:00")
    return office, deeds


def test_des_1_approved_beforehand(approvals):
    office, deeds = approvals
    assert des(office, "DES-1") == [("DES-1", f"l/{n}") for n in (2, 3, 4, 5, 6, 7)]
    late = one(office, "DES-1", "l/2")
    assert (late.message_zh, late.severity, late.evidence) == ("销毁前未经主管领导审批", "critical", (deeds[2],))
    words = {3: "p/李敏 不具审批职务", 4: "未载明清单摘要", 5: "与造册不一致", 6: "审批后被改动", 7: "审批人未签名"}
    for n, word in words.items():
        found = one(office, "DES-1", f"l/{n}")
        assert word in found.message_zh
        assert len(found.evidence) == 2
        assert deeds[n] in found.evidence


def test_des_1_one_competent_approver_is_enough():
    """Whoever else signs the approval besides the leader, takes nothing from it."""
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    for n, approvers in ((1, ["王宁", "何副书记"]), (2, ["王宁", "李敏"])):
        listed(office, f"l/{n}", [f"c/{n}"])
        permitted(office, f"l/{n}", [f"c/{n}"], who={"approver": approvers, "proposer": "赵强"})
        destroyed(office, [f"c/{n}"], f"l/{n}")
    assert des(office, "DES-1") == [("DES-1", "l/2"), ("DES-1", "l/2")]


def test_open_papers_beside_secret_ones():
    """No list, method, approval or delivery is asked for what was never secret; for what was declassified they are."""
    office = made()
    for number, level in ((1, "秘密"), (2, "无密"), (3, "秘密")):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level=level)
    office.tell(
        "04-01 09:00", "decided.reclassify", on=["d/3"], who={"approver": "周书记"}, step="approved", change="declassified", level="无密"
    )  # fmt: skip
    listed(office, "l/1", ["c/1"])
    permitted(office, "l/1", ["c/1"])
    destroyed(office, ["c/1", "c/2", "c/3"], "l/1", method="sell")
    assert one(office, "DES-2", "l/1").message_zh == "销毁了清册之外的载体：c/3"
    assert one(office, "DES-6", "l/1").message_zh == "将 c/1、c/3 出售处理"
    other = made(**{"methods.document": ["pulp"]})
    for number, level in ((1, "秘密"), (2, "无密"), (3, "无密")):
        receive(other, "03-03 09:00", [f"c/{number}"], f"d/{number}", level=level)
    permitted(other, ["c/1"], ["c/1"], whole=False)
    destroyed(other, ["c/1", "c/2"], method="burn")
    assert one(other, "DES-11", "c/1").message_zh == "以“焚烧”销毁文件 c/1，不合要求"
    assert des(other, "DES-1") == []
    listed(other, "l/2", ["c/2", "c/3"], reason="")
    office_open = {"who": {"giver": "王宁", "escort": "李敏"}, "to": "u/市保密局"}
    other.tell("11-06 09:00", "transferred.send_to_destruction", on=["c/3", "l/2"], **office_open)
    assert des(other, "DES-4", "DES-9", as_of="2026-12-31") == []
    assert des(other, "DES-10", as_of="2026-12-31") == []


def test_des_13_a_decision_that_was_carried_out():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    permitted(office, ["c/1"], ["c/1"], whole=False, name_of="p")
    destroyed(office, ["c/1"])
    office.tell(
        "11-07 09:00", "decided.permit", on=["c/1"], who={"operator": "李敏"}, refs=["p"], step="completed", act="destroy"
    )  # fmt: skip
    assert des(office, "DES-13") == []
    later = office.tell(
        "11-08 09:00", "decided.permit", on=["c/1"], who={"approver": "周书记"}, step="approved", act="lend"
    )
    assert one(office, "DES-13", "c/1").evidence[-1] == later


def test_des_1_what_is_withdrawn_leaves_the_approval_of_the_rest():
    office = made()
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 5)], "d/1")
    for n, carriers in ((1, ["c/1", "c/2"]), (2, ["c/3", "c/4"])):
        listed(office, f"l/{n}", carriers)
        permitted(office, f"l/{n}", carriers)
        office.tell(
            "11-05 09:00", "listed.withdrawn", on=[carriers[1], f"l/{n}"], who={"registrar": "李敏"}, reason="留用"
        )
    destroyed(office, ["c/1"], "l/1")
    destroyed(office, ["c/3", "c/4"], "l/2")
    assert des(office, "DES-1", "DES-2", "DES-7") == [("DES-2", "l/2")]
    assert "c/4" in one(office, "DES-2", "l/2").message_zh


def test_des_1_of_the_carriers_themselves():
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    permitted(office, ["c/1"], ["c/1"], whole=False)
    destroyed(office, ["c/1", "c/2"])
    assert "审批未包括 c/2" in one(office, "DES-1", "c/1").message_zh
    assert des(office, "DES-2", "DES-7") == [("DES-2", "c/1"), ("DES-7", "c/1")]
    assert "造册" in one(office, "DES-7", "c/1").message_zh


def test_des_1_a_request_that_nobody_decided_is_no_approval():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    listed(office, "l/1", ["c/1"])
    permitted(office, "l/1", ["c/1"], step="proposed", who={"proposer": "李敏"})
    deed = destroyed(office, ["c/1"], "l/1")
    found = one(office, "DES-1", "l/1")
    assert (found.message_zh, found.evidence) == ("销毁前未经主管领导审批", (deed,))


def test_des_1_top_secret_is_approved_by_whom_the_policy_names_for_it():
    office = made(**{"posts.permit.destroy.绝密": ["principal_leader"]})
    for n, (level, approver) in enumerate((("机密", "何副书记"), ("绝密", "何副书记"), ("绝密", "周书记")), 1):
        receive(office, "03-03 09:00", [f"c/{n}"], f"d/{n}", level=level)
        listed(office, f"l/{n}", [f"c/{n}"])
        permitted(office, f"l/{n}", [f"c/{n}"], who={"approver": approver, "proposer": "李敏"})
        destroyed(office, [f"c/{n}"], f"l/{n}")
    assert des(office, "DES-1") == [("DES-1", "l/2")]
    found = one(office, "DES-1", "l/2")
    assert found.message_zh == "审批人 p/何副书记 不具审批职务"
    assert found.parameters["posts.permit.destroy.绝密"] == "principal_leader"


def test_des_2_listed_and_counted():
    office = made()
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 8)], "d/1")
    listed(office, "l/1", ["c/1", "c/2"])
    first = destroyed(office, ["c/1", "c/3"], "l/1")
    found = {f.message_zh: f.evidence for f in office.judge("DES-2").findings}
    assert found["销毁了清册之外的载体：c/3"] == (first,)
    assert any("c/2（共1件）未销毁也未撤出" in zh for zh in found)
    office.tell("11-07 09:00", "listed.withdrawn", on=["c/2", "l/1"], who={"registrar": "李敏"}, reason="留用")
    assert [f.message_zh for f in office.judge("DES-2").findings] == ["销毁了清册之外的载体：c/3"]
    listed(office, "l/2", ["c/4", "c/5"], total=3)
    assert "清册载明3件，实列2件" in one(office, "DES-2", "l/2").message_zh
    # Only when all parts are there is anything compared.
    whole = whole_of(["c/6", "c/7"])
    parts = [{"number": n, "of": 2, "whole": whole} for n in (1, 2)]
    listed(office, "l/3", ["c/6"], total=2, part=parts[0])
    assert ("DES-2", "l/3") not in des(office, "DES-2")
    listed(office, "l/3", ["c/7"], total=2, part=parts[1])
    destroyed(office, ["c/6"], "l/3", part=parts[0])
    assert ("DES-2", "l/3") not in des(office, "DES-2")


def test_des_3_two_supervisors():
    office = made()
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 8)], "d/1", level="机密")
    office.office(
        "01-03 08:00", "appointed.level", person="p/冯", what="clearance", level="秘密", valid_from="2025-01-03"
    )
    cases = {
        1: {"supervisors": ["李敏", "赵强"]},
        2: {"supervisors": ["李敏"]},
        3: {"supervisors": ["李敏", "赵强"], "unsigned": ["赵强"], "id": "late"},
        4: {"who": {"supervisor": ["李敏", "赵强"], "operator": "李敏"}},
        5: {"supervisors": ["李敏", "冯"]},
        6: {"supervisors": ["李敏", "黄"]},
    }
    for n, case in cases.items():
        lawful(office, f"l/{n}", [f"c/{n}"], **case)
    assert "监销签名1人，不足2人" in one(office, "DES-3", "l/2").message_zh
    assert "同一人（p/李敏）" in one(office, "DES-3", "l/4").message_zh
    assert {f.message_zh for f in office.judge("DES-3").findings if f.subject == "l/5"} == {
        "监销人 p/冯 涉密等级不够", "监销人 p/冯 不具相应职务（registrar、clerk、office_head）",
    }  # fmt: skip
    assert "p/黄 不具相应职务" in one(office, "DES-3", "l/6").message_zh
    states = {f.state for f in office.judge("DES-3").findings if f.subject == "l/3"}
    assert states == {"open"}
    office.tell("11-08 09:00", "countersigned", on=["c/3", "d/1", "l/3"], who={"supervisor": "赵强"}, refs=["late"])
    found = [f for f in office.judge("DES-3").findings if f.subject == "l/3"]
    assert {f.state for f in found} == {"closed"}
    assert {"监销签名1人，不足2人", "监销人 p/赵强 未签名"} == {f.message_zh for f in found}
    assert ("DES-3", "l/1") not in des(office, "DES-3")
    # Private it was all the same, until both had signed; nobody signs for one who supervised twice.
    assert {f.subject: (f.state, len(f.evidence)) for f in office.judge("DES-7").findings} == {
        "l/2": ("open", 1), "l/3": ("closed", 2),
    }  # fmt: skip
    office.office("11-10 18:00", "departed", person="p/赵强", reason="调离")
    lawful(office, "l/7", ["c/7"], at="11-11 09:00")
    assert "监销人 p/赵强 已离岗" in {f.message_zh for f in office.judge("DES-3").findings if f.subject == "l/7"}


def test_des_4_delivered_by_two_with_a_receipt():
    office = made()
    carriers = [f"c/{n}" for n in range(1, 5)]
    receive(office, "03-03 09:00", carriers, "d/1")

    def send(n, **more):
        return office.tell(
            "11-06 09:00", "transferred.send_to_destruction", on=[f"c/{n}", f"l/{n}"], id=f"s{n}", to="u/市保密局",
            **{"who": {"giver": "王宁", "escort": ["李敏", "赵强"]}, "receipt_no": "R", **more},
        )  # fmt: skip

    for n in range(1, 5):
        listed(office, f"l/{n}", [f"c/{n}"])
    send(1)
    alone = send(2, who={"giver": "李敏", "escort": "赵强", "receiver": "销毁中心员"})
    open_ended = office.tell(
        "11-06 09:00", "transferred.send_to_destruction", on=["c/3", "l/3"], id="s3", to="u/市保密局",
        who={"giver": "王宁", "escort": ["李敏", "赵强"]},
    )  # fmt: skip
    assert des(office, "DES-4") == [("DES-4", "l/2"), ("DES-4", "l/3")]
    found = one(office, "DES-4", "l/2")
    assert ("送销人签名1人，不足2人" in found.message_zh, found.evidence, found.severity) == (True, (alone,), "high")
    assert "无回执" in one(office, "DES-4", "l/3").message_zh
    assert one(office, "DES-4", "l/3").evidence == (open_ended,)
    office.tell(
        "11-07 09:00", "transferred.receipt", on=["c/3", "l/3"], who={"receiver": "销毁中心员"}, refs=["s3"], found=1
    )
    assert des(office, "DES-4") == [("DES-4", "l/2")]


def test_des_5_designated_place():
    office = made(**{"places.destroy.机密": ["destruction_site", "own_device"]})
    office.tell(
        "02-01 09:00", "created.equipment", on=["c/碎纸机"], who={"registrar": "李敏", "receiver": "王宁"}, level="机密",
        form="other", number="S1", register="设备", serial=1, unit="u/镇",
    )  # fmt: skip
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 6)], "d/1")
    receive(office, "03-03 09:05", ["c/9"], "d/2", level="机密")
    lawful(office, "l/1", ["c/1"], place=None)
    lawful(office, "l/2", ["c/2"], unit=None, place="w/广场")
    lawful(office, "l/3", ["c/3"], unit=None, place=None)
    lawful(office, "l/4", ["c/4"], unit=None, place="w/办公室301", device="c/碎纸机")
    lawful(office, "l/5", ["c/5"], unit="u/回收站", place="w/市销毁中心")
    lawful(office, "l/9", ["c/9"], unit=None, place="w/办公室301", device="c/碎纸机")
    assert des(office, "DES-5") == [("DES-5", "l/2"), ("DES-5", "l/3"), ("DES-5", "l/4")]
    assert "w/广场" in one(office, "DES-5", "l/2").message_zh
    assert "（未记）" in one(office, "DES-5", "l/3").message_zh
    assert des(Office({}), "DES-5") == []


def test_des_6_and_11_method():
    office = made(**{"methods.usb_stick": "crush"})
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 5)], "d/1")
    office.tell(
        "02-01 09:00", "created.equipment", on=["c/U1"], who={"registrar": "李敏", "receiver": "王宁"}, level="秘密",
        form="usb_stick", number="U1", register="介质", serial=1, unit="u/镇",
    )  # fmt: skip
    sold = lawful(office, "l/1", ["c/1"], method="sell", unit="u/回收站")
    lawful(office, "l/2", ["c/2"], method="shred")
    burnt = lawful(office, "l/3", ["c/3", "c/U1"], method="delete")
    thrown = lawful(office, "l/4", ["c/4"], method="discard")
    assert des(office, "DES-6") == [("DES-6", "l/1"), ("DES-6", "l/4")]
    assert (one(office, "DES-6", "l/1").evidence, one(office, "DES-6", "l/4").evidence) == ((sold,), (thrown,))
    assert "出售" in one(office, "DES-6", "l/1").message_zh
    found = [(f.subject, f.evidence) for f in office.judge("DES-11").findings]
    assert found == [("l/3", (burnt,))] * 2
    assert any("U盘 c/U1" in f.message_zh for f in office.judge("DES-11").findings)


def test_des_8_original_records():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    office.tell(
        "03-01 09:00", "created.entered", on=["c/簿1", "c/簿2"], who={"registrar": "李敏"}, level="秘密", reason="book",
        items=[{"carrier": "c/簿1", "form": "register_book"}, {"carrier": "c/簿2", "form": "register_book"}],
    )  # fmt: skip
    first = listed(office, "l/1", ["c/1", "c/簿1"])
    listed(office, "l/2", ["c/簿2"])
    assert des(office, "DES-8") == [("DES-8", "c/簿1"), ("DES-8", "c/簿2")]
    assert one(office, "DES-8", "c/簿1").evidence == (first,)
    off = office.tell(
        "11-04 09:00", "listed.withdrawn", on=["c/簿1", "l/1"], who={"registrar": "李敏"}, reason="不得销毁"
    )
    closed = one(office, "DES-8", "c/簿1")
    assert (closed.state, closed.evidence) == ("closed", (first, off))
    destroyed(office, ["c/簿2"], "l/2")
    assert len([f for f in office.judge("DES-8").findings if f.subject == "c/簿2"]) == 2
    deed = destroyed(office, ["c/无账"], "l/3")
    unknown = one(office, "DES-8", "c/无账")
    assert (unknown.evidence, "没有其入账" in unknown.message_zh) == ((deed,), True)
    destroyed(office, ["c/1"], "l/1")
    assert ("DES-8", "c/1") not in des(office, "DES-8")


def test_des_9_reasons():
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    listed(office, "l/1", ["c/1"])
    bare = listed(office, "l/2", ["c/2", "c/3"], reason=None)
    found = one(office, "DES-9", "l/2")
    assert (found.evidence, found.severity, "c/2、c/3（共2件）" in found.message_zh) == ((bare,), "low", True)
    office.tell(
        "11-03 10:00", "listed.added", on=["c/1", "l/清"], who={"registrar": "李敏"}, purpose="clear", items=[{"carrier": "c/1"}],
        total=1,
    )  # fmt: skip
    assert des(office, "DES-9") == [("DES-9", "l/2")]


def test_des_10_in_time():
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    added = listed(office, "l/1", ["c/1", "c/2"], at="04-01 09:00")
    assert office.due("DES-10", as_of="09-30") == [("DES-10", "l/1", local("2025-10-02") - 1)]
    assert office.found("DES-10", as_of="10-01 23:00") == []
    assert one(office, "DES-10", "l/1", as_of="10-02 00:01").evidence == (added,)
    destroyed(office, ["c/1"], "l/1", at="09-01 09:00")
    assert "c/2（共1件）" in one(office, "DES-10", "l/1").message_zh
    office.tell("11-01 09:00", "listed.withdrawn", on=["c/2", "l/1"], who={"registrar": "李敏"}, reason="留用")
    assert one(office, "DES-10", "l/1").state == "closed"


def test_des_13_nothing_afterwards():
    office = made()
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 5)], "d/1")
    deeds = {n: lawful(office, f"l/{n}", [f"c/{n}"]) for n in range(1, 5)}
    again = office.tell("11-07 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1")
    office.tell(
        "05-07 09:00", "transferred.store", on=["c/2"], who={"registrar": "李敏"}, place="w/G1", late_reason="补登"
    )
    office.tell("11-07 09:00", "reported.incident", on=["c/3", "d/1"], who={"registrar": "李敏"}, what="breach")
    back = office.tell("11-08 09:00", "reported.incident", on=["c/4", "d/1"], who={"registrar": "李敏"}, what="found")
    assert des(office, "DES-13") == [("DES-13", "c/1"), ("DES-13", "c/4")]
    assert one(office, "DES-13", "c/1").evidence == (deeds[1], again)
    assert one(office, "DES-13", "c/4").evidence == (deeds[4], back)


def test_des_13_an_act_of_which_nobody_noted_the_time_was_not_before():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    deed = lawful(office, "l/1", ["c/1"])
    later = office.tell(
        None, "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1", recorded="11-07 09:00"
    )
    assert one(office, "DES-13", "c/1").evidence == (deed, later)


def test_des_14_declassified_and_open():
    office = made()
    for n, level in ((1, "秘密"), (2, "秘密"), (3, "无密"), (4, "秘密")):
        receive(office, "03-03 09:00", [f"c/{n}"], f"d/{n}", level=level)
    for n in (1, 2, 4):
        office.tell(
            "04-01 09:00", "decided.reclassify", on=[f"d/{n}"], who={"approver": "周书记"}, step="approved", change="declassified",
            level="无密", ground="harmless",
        )  # fmt: skip
    deed = destroyed(office, ["c/1"])
    lawful(office, "l/2", ["c/2"])
    destroyed(office, ["c/3"])
    office.tell("04-02 09:00", "notified.published", on=["d/4"], who={"operator": "赵强"}, how="press")
    destroyed(office, ["c/4"])
    assert des(office, "DES-1", "DES-2", "DES-7", "DES-14") == [("DES-14", "c/1")]
    found = one(office, "DES-14", "c/1")
    assert (found.severity, found.evidence, "缺少审批、造册" in found.message_zh) == ("medium", (deed,), True)
    sold = made()
    receive(sold, "03-03 09:00", ["c/1"], "d/1")
    sold.tell(
        "04-01 09:00", "decided.reclassify", on=["d/1"], who={"approver": "周书记"}, step="approved", change="declassified",
        level="无密", ground="harmless",
    )  # fmt: skip
    lawful(sold, "l/1", ["c/1"], method="sell")
    assert "出售" in one(sold, "DES-14", "l/1").message_zh


def test_des_16_copies_of_a_destroyed_original():
    office = made()
    receive(office, "03-03 09:00", ["c/O", "c/P"], "d/1")
    for parent in "OP":
        office.tell(
            "04-01 09:00", "copied.made", on=[f"c/{parent}1", f"c/{parent}", "d/1"], who={"operator": "秦", "registrar": "李敏"},
            method="copy", parents=[f"c/{parent}"], level="秘密",
            items=[{"carrier": f"c/{parent}1", "form": "document", "document": "d/1"}],
        )  # fmt: skip
    deed = lawful(office, "l/1", ["c/O"])
    lawful(office, "l/2", ["c/P", "c/P1"])
    found = one(office, "DES-16", "c/O")
    assert (found.severity, found.evidence, "c/O1" in found.message_zh) == ("info", (deed,), True)
    assert des(office, "DES-16") == [("DES-16", "c/O")]
    lawful(office, "l/3", ["c/O1"], at="11-20 09:00")
    assert des(office, "DES-16") == []


def test_des_16_open_copies():
    office = made()
    receive(office, "03-03 09:00", ["c/O"], "d/1")
    office.tell(
        "04-01 09:00", "copied.made", on=["c/K", "c/O", "d/2"], who={"operator": "秦", "registrar": "李敏"}, method="excerpt",
        parents=["c/O"], level="无密", items=[{"carrier": "c/K", "form": "document", "document": "d/2"}],
    )  # fmt: skip
    lawful(office, "l/1", ["c/O"])
    assert des(office, "DES-16") == []


def test_des_12_is_asked_on_the_spot():
    from chainlog.rules.rule import QUESTIONS, RULES

    assert "DES-12" in QUESTIONS
    assert "DES-15" not in RULES
