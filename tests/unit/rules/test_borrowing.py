"""BRW: loans, their dates, who approved them, in which state they came back."""

from __future__ import annotations

import pytest

from chainlog.authority.parameters import check_policy
from tests.offices import Office, receive, register
from tests.scenarios import local

UNIVERSITY = {
    "posts.permit.lend": ["responsible_leader"], "within.urge": "3d", "keep.overdue.serious": "7d",
    "places.lend.绝密": ["confidential_office"], "places.read.绝密": ["secure_room", "reading_room", "confidential_office"],
    "places.read": ["secure_room", "reading_room", "confidential_office", "compliant_office", "office"],
}  # fmt: skip
CHAPTER = tuple(f"BRW-{number}" for number in range(1, 13))
MINE = (*CHAPTER, *(f"RDG-{n}" for n in range(1, 8)), *(f"OUT-{n}" for n in range(1, 7)), *(f"STO-{n}" for n in (1, 2, 3, 4, 6)),
        *(f"CPY-{n}" for n in range(1, 12)))  # fmt: skip


def stock(office: Office, *carriers: str, level: str = "秘密", at: str = "02-01 09:00", **item: object) -> None:
    """Carriers in the books and in the registrar's hands."""
    items = [{"carrier": carrier, "form": "document", **item} for carrier in carriers]
    office.tell(
        at, "created.entered", on=list(carriers), who={"registrar": "钱秘书"}, reason="other", level=level, items=items
    )


def lend(office: Office, at: str, carrier: str, to: str, **fields: object) -> int:
    """A loan to take away, both sides signing."""
    who = {"giver": "钱秘书", "receiver": to}
    fields = {"purpose": "课题", "depth": "take_away", **fields}
    return office.tell(at, "transferred.lend", on=[carrier], who=who, **fields)


def back(office: Office, at: str, carrier: str, by: str, **fields: object) -> int:
    """What was lent comes back."""
    fields = {"reason": "loan", **fields}
    return office.tell(at, "returned.to_keeper", on=[carrier], who={"giver": by, "receiver": "钱秘书"}, **fields)


def permit(office: Office, at: str, on: str, by: str = "郑院长", **fields: object) -> int:
    """An approval to lend."""
    fields = {"step": "approved", "act": "lend", **fields}
    return office.tell(at, "decided.permit", on=[on], who={"approver": by}, **fields)


def one(office: Office, rule: str, **rest: object):
    """The one finding of a rule."""
    findings = office.judge(rule, **rest).findings
    assert len(findings) == 1, findings
    return findings[0]


@pytest.fixture(scope="module")
def s3():
    office = Office(UNIVERSITY)
    stock(office, "c/R1")
    office.tell(
        "05-06 09:00", "decided.permit", id="p1", on=["c/R1"], who={"approver": "郑院长", "proposer": "许"}, unsigned=["许"],
        step="approved", act="lend", until="05-13 18:00",
    )  # fmt: skip
    lend(office, "05-06 10:00", "c/R1", "许", id="b1", refs=["p1"], due="05-13 18:00", pages=24)
    office.tell(
        "05-17 09:00", "notified.sent", on=["c/R1"], who={"registrar": "钱秘书"}, refs=["b1"], topic="urge", to=["p/许"], channel="phone"
    )  # fmt: skip
    back(office, "05-22 16:00", "c/R1", "许", id="r1", refs=["b1"])
    office.tell(
        "05-22 16:10", "checked.carrier", on=["c/R1"], who={"operator": "钱秘书"}, refs=["r1"], reason="return", passed=False,
        pages=22, condition="missing_pages",
    )  # fmt: skip
    return office


def test_s3_while_the_loan_runs_it_falls_due(s3):
    assert s3.found(*MINE, as_of="05-13 18:00") == []
    assert s3.due("BRW-2", as_of="05-13 18:00") == [("BRW-2", "c/R1", local("05-13 18:00"))]


def test_s3_two_days_late(s3):
    finding = one(s3, "BRW-2", as_of="05-15")
    assert (finding.severity, finding.state) == ("medium", "open")
    assert "许" in finding.message_zh
    assert "2025-05-13 18:00" in finding.message_zh
    assert s3.found(*MINE, as_of="05-15") == [("BRW-2", "c/R1")]
    assert s3.due("BRW-3", as_of="05-15") == [("BRW-3", "c/R1", local("05-17") - 1)]


def test_s3_eight_days_late_is_graver(s3):
    assert one(s3, "BRW-2", as_of="05-20 23:59").severity == "medium"
    assert one(s3, "BRW-2", as_of="05-21").severity == "high"


def test_s3_in_the_end(s3):
    assert s3.found(*MINE) == [("BRW-2", "c/R1"), ("BRW-3", "c/R1"), ("BRW-7", "c/R1")]
    late, urged, pages = (one(s3, rule) for rule in ("BRW-2", "BRW-3", "BRW-7"))
    assert (late.state, urged.state, pages.state) == ("closed", "closed", "open")
    assert "逾期9天" in late.message_zh
    assert "24页，收回22页；缺页" in pages.message_zh
    assert (urged.severity, pages.severity) == ("low", "high")
    loan = late.origin
    assert urged.evidence == (loan, loan + 1)
    assert pages.evidence == (loan, loan + 2, loan + 3)


def test_s3_without_the_press_it_is_overdue_only():
    """Four days after the date nobody had pressed; at the end of the third day that was still to be done."""
    office = Office(UNIVERSITY)
    stock(office, "c/R1", "c/R2")
    permit(office, "05-05 09:00", "c/R1")
    permit(office, "05-05 09:00", "c/R2")
    lend(office, "05-06 10:00", "c/R1", "许", due="05-13 18:00")
    lend(office, "05-06 10:00", "c/R2", "许", due="05-13 18:00")
    # Pressed for on the third day; and to somebody else, which presses nobody.
    office.tell(
        "05-16 17:00",
        "notified.sent",
        on=["c/R2"],
        who={"registrar": "钱秘书"},
        topic="urge",
        to=["p/许"],
        channel="phone",
    )
    office.tell(
        "05-16 17:00",
        "notified.sent",
        on=["c/R1"],
        who={"registrar": "钱秘书"},
        topic="urge",
        to=["p/朱"],
        channel="phone",
    )
    assert office.found("BRW-3", as_of="05-16 23:59") == []
    assert office.found("BRW-3", as_of="05-17") == [("BRW-3", "c/R1")]
    back(office, "05-22 16:00", "c/R1", "许")
    assert "至归还时未催还" in one(office, "BRW-3").message_zh
    assert office.found("BRW-3", state="closed") == [("BRW-3", "c/R1")]


def test_s4():
    office = Office(UNIVERSITY)
    stock(office, "c/T1", level="绝密")
    office.tell(
        "04-08 09:00", "transferred.circulate", on=["c/T1"], who={"giver": "钱秘书", "receiver": "朱"}, mode="face_to_face", place="w/办公室301"
    )  # fmt: skip
    office.tell(
        "04-08 09:05",
        "accessed.read",
        on=["c/T1"],
        who={"reader": "朱", "registrar": "钱秘书"},
        how="read",
        place="w/办公室301",
    )
    permit(office, "04-09 09:00", "c/T1", id="p4", until="04-11 18:00")
    lend(office, "04-09 09:30", "c/T1", "朱", id="b4", refs=["p4"], due="04-11 18:00")
    back(office, "04-10 17:00", "c/T1", "朱", refs=["b4"])
    assert office.found(*MINE) == [("BRW-4", "c/T1"), ("RDG-1", "c/T1")]
    assert one(office, "BRW-4").severity == one(office, "RDG-1").severity == "critical"
    assert len(one(office, "RDG-1").evidence) == 2
    assert "w/办公室301" in one(office, "RDG-1").message_zh


def test_the_parameters_are_known():
    check_policy({
        **{name: (value,) if isinstance(value, str) else tuple(value) for name, value in UNIVERSITY.items()},
        "within.return_check": ("1d",), "posts.permit.outsider": ("responsible_leader",), "strict.BRW-10": ("yes",),
        "strict.BRW-11": ("yes",), "posts.rank": ("registrar", "dept_head"), "posts.permit.lend.take_away.机密": ("dept_head",),
    })  # fmt: skip


def test_brw_1_a_return_without_a_loan():
    office = Office()
    stock(office, "c/1", "c/2", "c/3")
    office.tell(
        "03-03 10:00",
        "transferred.circulate",
        on=["c/1"],
        who={"giver": "钱秘书", "receiver": "许"},
        mode="face_to_face",
    )
    returned = back(office, "03-03 11:00", "c/1", "许")
    lend(office, "03-03 10:00", "c/2", "许", due="03-10")
    back(office, "03-03 11:00", "c/2", "许")
    # A loan that was kept on other terms and then comes back is one.
    lend(office, "03-04 10:00", "c/3", "许", due="03-10")
    office.tell(
        "03-05 10:00",
        "transferred.hold",
        on=["c/3"],
        who={"giver": "钱秘书", "receiver": "许"},
        reason="续借",
        due="03-20",
    )
    back(office, "03-06 11:00", "c/3", "许")
    assert office.found("BRW-1") == [("BRW-1", "c/1")]
    assert one(office, "BRW-1").evidence == (returned,)


def test_brw_1_handed_out_without_an_entry_or_before_the_last_one_ended():
    office = Office()
    stock(office, "c/1", "c/2", "c/3")
    permit(office, "03-03 09:00", "c/1", id="p")
    office.tell(
        "03-03 10:00", "transferred.circulate", on=["c/1"], who={"giver": "钱秘书", "receiver": "许"}, mode="face_to_face", refs=["p"]
    )  # fmt: skip
    lend(office, "03-03 10:00", "c/2", "许", due="03-10")
    lend(office, "03-05 10:00", "c/2", "朱", due="03-12")
    # Longer for the same borrower: a new date, not a new borrower.
    lend(office, "03-03 10:00", "c/3", "许", due="03-10")
    lend(office, "03-05 10:00", "c/3", "许", due="03-12")
    assert office.found("BRW-1") == [("BRW-1", "c/1"), ("BRW-1", "c/2")]
    messages = [finding.message_zh for finding in office.judge("BRW-1").findings]
    assert "未作借出登记" in messages[0]
    assert "借给 p/许 的尚未归还注销" in messages[1]


def test_brw_2_without_a_date():
    office = Office({"keep.overdue.serious": "7d"})
    stock(office, "c/1", "c/2", "c/3")
    lend(office, "03-03 10:00", "c/1", "许")
    lend(office, "03-03 10:00", "c/2", "许", depth="read")
    permit(office, "03-03 11:00", "c/3", id="p", until="03-20 18:00")
    lend(office, "03-03 12:00", "c/3", "许", refs=["p"])
    assert office.found("BRW-2", as_of="03-20 18:00") == [("BRW-2", "c/1")]
    assert one(office, "BRW-2", as_of="03-20 18:00").message_zh == "借出未定归还期限"
    assert office.due("BRW-2", as_of="03-20 18:00") == [("BRW-2", "c/3", local("03-20 18:00"))]
    assert office.found("BRW-2", as_of="03-20 18:01") == [("BRW-2", "c/1"), ("BRW-2", "c/3")]
    back(office, "03-21 10:00", "c/1", "许")
    assert office.found("BRW-2", state="closed") == [("BRW-2", "c/1")]


def test_brw_2_a_return_entered_late_counts_by_when_it_happened():
    office = Office()
    stock(office, "c/1", "c/2")
    for carrier in ("c/1", "c/2"):
        lend(office, "03-03 10:00", carrier, "许", due="03-10 18:00")
    back(office, "03-10 18:00", "c/1", "许", recorded="03-12 09:00", late_reason="停电")
    # Taken on a journey while lent: the loan goes on.
    office.tell(
        "03-09 10:00", "transferred.take_out", on=["c/2"], who={"giver": "许", "receiver": "许"}, destination="w/市局", reason="汇报",
        recorded="03-12 09:00", late_reason="停电",
    )  # fmt: skip
    assert office.found("BRW-2") == [("BRW-2", "c/2")]


def test_brw_2_longer_by_a_new_date():
    office = Office()
    stock(office, "c/1", "c/2")
    for carrier in ("c/1", "c/2"):
        lend(office, "03-03 10:00", carrier, "许", due="03-10 18:00")
    office.tell(
        "03-10 17:00",
        "transferred.hold",
        on=["c/1"],
        who={"giver": "钱秘书", "receiver": "许"},
        reason="续借",
        due="03-20",
    )
    office.tell(
        "03-11 17:00",
        "transferred.hold",
        on=["c/2"],
        who={"giver": "钱秘书", "receiver": "许"},
        reason="续借",
        due="03-20",
    )
    # c/2 was late by the first date; both are due by the second.
    assert office.found("BRW-2", as_of="03-20 20:00") == [("BRW-2", "c/2")]
    assert one(office, "BRW-2", as_of="03-20 20:00").state == "closed"
    assert {(code, subject) for code, subject, _ in office.due("BRW-2", as_of="03-19")} == {
        ("BRW-2", "c/1"),
        ("BRW-2", "c/2"),
    }
    back(office, "03-22 10:00", "c/1", "许")
    assert office.found("BRW-2", state="closed") == [("BRW-2", "c/1"), ("BRW-2", "c/2")]
    assert office.found("BRW-2", state="open") == [("BRW-2", "c/2")]


def test_brw_2_renewed_without_a_date():
    office = Office()
    stock(office, "c/1", "c/2")
    lend(office, "03-03 10:00", "c/1", "许", due="03-10 18:00")
    lend(office, "03-03 10:00", "c/2", "许", depth="read")
    for carrier in ("c/1", "c/2"):
        office.tell(
            "03-10 17:00", "transferred.hold", on=[carrier], who={"giver": "钱秘书", "receiver": "许"}, reason="续借"
        )  # fmt: skip
    assert office.found("BRW-2") == [("BRW-2", "c/1")]
    assert one(office, "BRW-2").message_zh == "续借未定归还期限"
    back(office, "03-20 10:00", "c/1", "许")
    assert office.found("BRW-2", state="closed") == [("BRW-2", "c/1")]


def test_brw_3_presses_for_what_was_renewed():
    office = Office({"within.urge": "3d"})
    stock(office, "c/1", "c/2")
    for carrier in ("c/1", "c/2"):
        lend(office, "03-03 10:00", carrier, "许", due="03-10 18:00")
        office.tell(
            "03-10 17:00", "transferred.hold", on=[carrier], who={"giver": "钱秘书", "receiver": "许"}, reason="续借", due="03-20 18:00"
        )  # fmt: skip
    back(office, "03-20 17:00", "c/2", "许")
    assert office.found("BRW-3", as_of="03-23 12:00") == []
    assert office.found("BRW-3", as_of="03-25") == [("BRW-3", "c/1")]


def test_brw_4_place_depth_and_level():
    office = Office(UNIVERSITY)
    stock(office, "c/1", "c/2", "c/3", level="绝密")
    stock(office, "c/4", level="机密")
    lend(office, "03-03 10:00", "c/1", "许", depth="read", place="w/机要室", due="03-03 18:00")
    lend(office, "03-03 10:00", "c/2", "许", depth="read", place="w/阅文室", due="03-03 18:00")
    lend(office, "03-03 10:00", "c/3", "许", depth="copy", due="03-03 18:00")
    lend(office, "03-03 10:00", "c/4", "许", due="03-03 18:00")
    assert office.found("BRW-4") == [("BRW-4", "c/2")]
    assert "w/阅文室" in one(office, "BRW-4").message_zh
    # Where the policy has no such rule, none is broken.
    other = Office()
    stock(other, "c/1", level="绝密")
    lend(other, "03-03 10:00", "c/1", "许", due="03-04")
    assert other.found("BRW-4") == []


def test_brw_5_approval():
    office = Office({"posts.permit.lend": ["responsible_leader"], "posts.permit.lend.机密": ["principal_leader"]})
    stock(office, "c/NONE", "c/LATE", "c/POST", "c/UNSIGNED", "c/GOOD", "c/UNTIL", "c/EXPIRED", "c/TO", "c/RENEWED")
    stock(office, "c/PLAIN", level="内部")
    stock(office, "c/机", level="机密")
    permit(office, "03-03 09:00", "c/POST", by="冯")
    permit(office, "03-03 09:00", "c/GOOD")
    permit(office, "03-03 09:00", "c/机")
    office.tell(
        "03-03 09:00", "decided.permit", on=["c/UNSIGNED"], who={"approver": "郑院长", "registrar": "钱秘书"}, unsigned=["郑院长"],
        step="approved", act="lend",
    )  # fmt: skip
    permit(office, "03-03 09:00", "c/UNTIL", until="03-10 18:00")
    permit(office, "03-03 09:00", "c/EXPIRED", until="03-03 09:30")
    permit(office, "03-03 09:00", "c/TO", to=["p/朱"])
    permit(office, "03-03 09:00", "c/RENEWED", until="03-03 09:30")
    permit(office, "03-03 09:10", "c/RENEWED", to=["p/许"])
    for carrier in ("NONE", "LATE", "POST", "UNSIGNED", "GOOD", "UNTIL", "EXPIRED", "TO", "RENEWED", "PLAIN", "机"):
        lend(office, "03-03 10:00", f"c/{carrier}", "许", due="03-10 18:01")
    permit(office, "03-04 09:00", "c/LATE")
    found = {finding.subject: finding.message_zh for finding in office.judge("BRW-5").findings}
    assert set(found) == {f"c/{one}" for one in ("NONE", "LATE", "POST", "UNSIGNED", "UNTIL", "EXPIRED", "TO", "机")}
    assert "事前未经审批" in found["c/NONE"]
    assert "事前未经审批" in found["c/LATE"]
    assert "p/冯 不具审批职务" in found["c/POST"]
    assert "principal_leader" in found["c/机"]
    assert "审批人未签名" in found["c/UNSIGNED"]
    assert "只批准到 2025-03-10 18:00" in found["c/UNTIL"]
    assert "有效期已于 2025-03-03 09:30 届满" in found["c/EXPIRED"]
    assert "不包括 p/许" in found["c/TO"]


def test_brw_5_one_deed_on_many_is_found_once():
    office = Office({"posts.permit.lend": ["responsible_leader"]})
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3"], "d/1")
    receive(office, "02-01 09:00", ["c/9"], "d/2")
    permit(office, "03-03 09:00", "d/2")
    who = {"giver": "李敏", "receiver": "许"}
    office.tell(
        "03-03 10:00",
        "transferred.lend",
        on=["c/1", "c/2", "c/3", "c/9"],
        who=who,
        purpose="课题",
        depth="take_away",
        due="03-10",
    )
    finding = one(office, "BRW-5")
    assert finding.subject == "c/1"
    assert "借出 c/1、c/2、c/3：" in finding.message_zh


def test_brw_6_said_openly_or_shown_by_the_return():
    office = Office()
    carriers = [f"c/{number}" for number in range(1, 8)]
    stock(office, *carriers)
    for carrier in carriers:
        lend(office, "03-03 10:00", carrier, "许", due="03-20")
    on = {"giver": "许", "receiver": "朱"}
    office.tell("03-04 10:00", "transferred.hand_over", on=["c/1"], who=on, reason="passing_on")
    back(office, "03-05 10:00", "c/1", "朱")
    back(office, "03-05 10:00", "c/2", "朱")
    back(office, "03-05 10:00", "c/3", "许")
    office.tell("03-04 10:00", "transferred.hand_over", on=["c/4"], who=on, reason="leaving")
    office.tell(
        "03-04 10:00", "transferred.circulate", on=["c/5"], who={"giver": "许", "receiver": "李敏"}, mode="face_to_face"
    )
    office.tell("03-04 10:00", "transferred.dispatch", on=["c/6"], who={"giver": "许"}, to="u/甲村", channel="by_hand")
    # Longer, and then brought back by another: the loan went on.
    office.tell(
        "03-04 10:00",
        "transferred.hold",
        on=["c/7"],
        who={"giver": "钱秘书", "receiver": "许"},
        reason="续借",
        due="03-30",
    )
    back(office, "03-05 10:00", "c/7", "朱")
    found = {finding.subject: finding.message_zh for finding in office.judge("BRW-6").findings}
    assert set(found) == {"c/1", "c/2", "c/6", "c/7"}
    assert "p/许 将所借载体转给 p/朱" in found["c/1"]
    assert "由 p/朱 归还" in found["c/2"]
    assert "转给 u/甲村" in found["c/6"]


def test_brw_7_pages_and_condition():
    office = Office()
    stock(office, "c/1", "c/2", "c/3", "c/4", pages=24)
    lend(office, "03-03 10:00", "c/1", "许", due="03-20", pages=24)
    back(office, "03-04 10:00", "c/1", "许", pages=24, condition="intact")
    lend(office, "03-03 10:00", "c/2", "许", due="03-20")
    back(office, "03-04 10:00", "c/2", "许", pages=23)
    lend(office, "03-03 10:00", "c/3", "许", due="03-20")
    returned = back(office, "03-04 10:00", "c/3", "许", pages=24)
    check = office.tell(
        "03-04 11:00", "checked.carrier", on=["c/3"], who={"operator": "钱秘书"}, reason="return", passed=False, condition="altered"
    )  # fmt: skip
    # What is examined after the next loan says nothing of this return.
    lend(office, "03-03 10:00", "c/4", "许", due="03-20")
    back(office, "03-04 10:00", "c/4", "许")
    lend(office, "03-05 10:00", "c/4", "朱", due="03-20")
    office.tell(
        "03-05 11:00", "checked.carrier", on=["c/4"], who={"operator": "钱秘书"}, reason="return", passed=True, pages=20
    )
    assert office.found("BRW-7") == [("BRW-7", "c/2"), ("BRW-7", "c/3")]
    pages, altered = office.judge("BRW-7").findings
    assert "24页，收回23页" in pages.message_zh
    assert "涂改" in altered.message_zh
    assert altered.evidence[-2:] == (returned, check)


def test_brw_8_examined_in_the_term():
    office = Office({"within.return_check": "1d"})
    stock(office, "c/1", "c/2", "c/3", "c/4")
    for carrier in ("c/1", "c/2", "c/3", "c/4"):
        lend(office, "03-03 10:00", carrier, "许", due="03-20")
    back(office, "03-04 10:00", "c/1", "许")
    back(office, "03-04 10:00", "c/2", "许", id="r2")
    back(office, "03-04 10:00", "c/3", "许", id="r3")
    back(office, "03-04 10:00", "c/4", "许", condition="intact")
    for name, at in (("3", "03-05 17:00"), ("2", "03-06 09:00")):
        office.tell(
            at,
            "checked.carrier",
            on=[f"c/{name}"],
            who={"operator": "钱秘书"},
            refs=[f"r{name}"],
            reason="return",
            passed=True,
        )
    assert office.due("BRW-8", as_of="03-05") == [("BRW-8", f"c/{n}", local("03-06") - 1) for n in (1, 2, 3)]
    assert office.found("BRW-8") == [("BRW-8", "c/1"), ("BRW-8", "c/2")]
    assert office.found("BRW-8", state="closed") == [("BRW-8", "c/2")]


def test_brw_9_outsiders():
    office = Office({"posts.permit.outsider": ["responsible_leader"]})
    stock(office, "c/1", "c/2", "c/3", "c/4")
    for person, unit in (("孙", "u/甲村"), ("陈", "u/党政办")):
        office.office("02-01 09:00", "declared.person", person=f"p/{person}", name=person, unit=unit)
    permit(office, "03-03 09:00", "c/1")
    permit(office, "03-03 09:00", "c/2")
    lend(office, "03-03 10:00", "c/1", "孙", due="03-20", introduction_no="甲介〔2025〕1号")
    lend(office, "03-03 10:00", "c/2", "孙", due="03-20")
    lend(office, "03-03 10:00", "c/3", "孙", due="03-20", introduction_no="甲介〔2025〕2号")
    lend(office, "03-03 10:00", "c/4", "陈", due="03-20")
    assert office.found("BRW-9") == [("BRW-9", "c/2"), ("BRW-9", "c/3")]
    letter, approval = office.judge("BRW-9").findings
    assert "未记介绍信" in letter.message_zh
    assert "事前未经审批" in approval.message_zh


def test_brw_10_lent_before_it_was_registered():
    office = Office({"strict.BRW-10": "yes"})
    for number in (1, 2, 3):
        receive(office, "02-01 09:00", [f"c/{number}", f"c/{number}b"], f"d/{number}")
    stock(office, "c/9")
    register(office, "02-01 10:00", "d/1", on=["c/1", "c/1b"])
    for number in ("1", "2", "3", "9"):
        lend(office, "02-02 10:00", f"c/{number}", "许", due="03-20")
    entry = register(office, "02-03 10:00", "d/2", on=["c/2", "c/2b"], serial=2)
    assert office.found("BRW-10") == [("BRW-10", "c/2"), ("BRW-10", "c/3")]
    assert entry in office.judge("BRW-10", subjects=["c/2"]).findings[0].evidence
    assert "未登记即借出" in office.judge("BRW-10", subjects=["c/3"]).findings[0].message_zh


def test_brw_10_is_silent_about_what_was_never_registered_unless_strict():
    office = Office()
    for number in (1, 2, 3):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}")
        lend(office, "02-02 10:00", f"c/{number}", "许", due="03-20")
    # Entered late, of an hour before the loan; and of the hour after it.
    for number, at in ((2, "02-02 09:00"), (3, "02-02 11:00")):
        office.tell(
            at, "registered.document", on=[f"d/{number}"], who={"registrar": "李敏"}, register="收文2025", serial=number,
            recorded="02-05 09:00", late_reason="补登",
        )  # fmt: skip
    assert office.found("BRW-10") == [("BRW-10", "c/3")]


def test_brw_11_undertakings():
    office = Office({"strict.BRW-11": "yes"})
    stock(office, "c/1", "c/2", "c/3")
    stock(office, "c/4", level="无密")
    for person, until in (("许", "2025-12-31"), ("朱", "2025-03-02")):
        office.office(
            "02-01 09:00", "appointed.credential", person=f"p/{person}", what="undertaking", valid_from="2025-01-01", valid_to=until
        )  # fmt: skip
    for carrier, person in (("c/1", "许"), ("c/2", "朱"), ("c/3", "秦"), ("c/4", "秦")):
        lend(office, "03-03 10:00", carrier, person, due="03-20")
    assert office.found("BRW-11") == [("BRW-11", "c/2"), ("BRW-11", "c/3")]
    assert "p/朱 没有有效的保密承诺书" in office.judge("BRW-11", subjects=["c/2"]).findings[0].message_zh
    lax = Office({"strict.BRW-11": "no"})
    stock(lax, "c/1")
    lend(lax, "03-03 10:00", "c/1", "秦", due="03-20")
    assert lax.found("BRW-11") == []


def test_brw_12_rank_and_depth():
    office = Office({
        "posts.rank": ["registrar", "dept_head", "responsible_leader", "principal_leader"],
        "posts.permit.lend.read": ["dept_head"], "posts.permit.lend.take_away": ["responsible_leader"],
    })  # fmt: skip
    stock(office, "c/1", "c/2", "c/3", "c/4", "c/5")
    for carrier, by, depth in (("c/1", "冯", "read"), ("c/2", "冯", "take_away"), ("c/3", "周书记", "take_away")):
        permit(office, "03-03 09:00", carrier, by=by)
        lend(office, "03-03 10:00", carrier, "许", due="03-20", depth=depth)
    permit(office, "03-03 09:00", "c/4", by="周书记", depth="excerpt")
    lend(office, "03-03 10:00", "c/4", "许", due="03-20", depth="copy")
    permit(office, "03-03 09:00", "c/5", by="周书记", depth="copy")
    lend(office, "03-03 10:00", "c/5", "许", due="03-20", depth="copy")
    found = {finding.subject: finding.message_zh for finding in office.judge("BRW-12").findings}
    assert set(found) == {"c/2", "c/4"}
    assert "p/冯 批准，职务不够" in found["c/2"]
    assert found["c/4"] == "批准摘抄，实际复制"


LATE = {"late_reason": "停电", "recorded": "03-07 18:00"}


def test_brw_1_what_was_entered_late_was_entered():
    office = Office()
    stock(office, "c/1", "c/2")
    back(office, "03-05 16:00", "c/1", "许")
    lend(office, "03-03 10:00", "c/1", "许", due="03-10", **LATE)
    # Handed out to the next before the return of the last was entered.
    lend(office, "03-03 10:00", "c/2", "许", due="03-10")
    lend(office, "03-06 10:00", "c/2", "朱", due="03-10")
    assert office.found("BRW-1", "TRN-4") == [("BRW-1", "c/2"), ("TRN-4", "c/2")]
    back(office, "03-05 16:00", "c/2", "许", **LATE)
    assert office.found("BRW-1", "TRN-4") == []


def test_brw_2_a_return_known_to_the_day_of_the_loan():
    office = Office()
    stock(office, "c/1")
    lend(office, "03-03 10:00", "c/1", "许", due="03-03 18:00")
    back(office, "03-03", "c/1", "许", recorded="03-03 17:00")
    assert office.found("BRW-1", "BRW-2", "BRW-6") == []


def test_brw_7_what_the_last_user_did_is_not_done_by_the_next():
    office = Office()
    stock(office, "c/1", "c/2", pages=24)
    for day, borrower in (("03", "许"), ("05", "朱")):
        for carrier, found in (("c/1", {"pages": 22, "condition": "missing_pages"}), ("c/2", {"condition": "damaged"})):
            lend(office, f"03-{day} 10:00", carrier, borrower, due="03-20")
            back(office, f"03-{day} 16:00", carrier, borrower, **found)
    found = office.judge("BRW-7").findings
    assert [(one.subject, "p/许" in one.message_zh) for one in found] == [("c/1", True), ("c/2", True)]
    lend(office, "03-07 10:00", "c/2", "秦", due="03-20")
    back(office, "03-07 16:00", "c/2", "秦", condition="altered")
    assert "p/秦 归还的载体涂改" in [one.message_zh for one in office.judge("BRW-7").findings]


def test_brw_10_what_was_there_when_the_log_began_stands_in_the_old_registers():
    office = Office({"strict.BRW-10": "yes"})
    item = {
        "form": "document",
        "level": "秘密",
        "phase": "in_stock",
        "document": "d/旧",
        "holder": "p/钱秘书",
        "row": 3,
    }
    office.tell(
        "02-01 09:00", "created.opening", on=["c/旧", "d/旧"], who={"registrar": "钱秘书"}, items=[{"carrier": "c/旧", **item}],
        source={"cells": bytes(32), "sha256": bytes(32), "sheet": "册", "row": 1},
    )  # fmt: skip
    receive(office, "02-01 09:00", ["c/新"], "d/新")
    for carrier in ("c/旧", "c/新"):
        lend(office, "03-03 10:00", carrier, "许", due="03-20")
    assert office.found("BRW-10") == [("BRW-10", "c/新")]


def test_brw_12_reading_takes_in_extracts():
    office = Office()
    stock(office, "c/1", "c/2", "c/3")
    # Where nobody approved there is nothing to go beyond.
    lend(office, "03-03 10:00", "c/3", "许", due="03-20")
    for carrier, depth in (("c/1", "excerpt"), ("c/2", "copy")):
        permit(office, "03-03 09:00", carrier, depth="read")
        lend(office, "03-03 10:00", carrier, "许", due="03-20", depth=depth)
    assert office.found("BRW-12") == [("BRW-12", "c/2")]


def test_brw_7_a_look_that_counted_no_pages_leaves_the_last_count_standing():
    office = Office()
    stock(office, "c/1", "c/2", pages=24)
    count = {"who": {"operator": "钱秘书"}, "reason": "other", "passed": True}
    for carrier in ("c/1", "c/2"):
        office.tell("03-01 09:00", "checked.carrier", on=[carrier], **count, pages=22)
        office.tell("03-02 09:00", "checked.carrier", on=[carrier], **count, condition="intact")
        lend(office, "03-03 10:00", carrier, "许", due="03-20")
    back(office, "03-04 10:00", "c/1", "许", pages=22)
    back(office, "03-04 10:00", "c/2", "许", pages=20)
    assert [one.message_zh for one in office.judge("BRW-7").findings] == ["p/许 归还的载体交出22页，收回20页"]
