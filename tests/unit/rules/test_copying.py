"""CPY: who approved copies, how many there are, how they are treated, where they came from."""

from __future__ import annotations

import pytest

from chainlog.authority.parameters import check_policy
from tests.offices import Office, receive, register
from tests.scenarios import local
from tests.unit.rules.test_borrowing import MINE

UNIVERSITY = {
    "copy.top_secret": "never", "posts.permit.copy": ["responsible_leader"], "posts.permit.copy.reviewed": ["dept_head"],
    "posts.permit.lend": ["responsible_leader"], "within.urge": "3d", "keep.overdue.serious": "7d",
}  # fmt: skip


def original(office: Office, carrier: str, document: str, *, level: str = "秘密", **stated: object) -> None:
    """A registered document with one copy."""
    receive(office, "02-01 09:00", [carrier], document, level=level)
    serial = len(office.ids) + int("".join(c for c in document if c.isdigit()) or 0)
    register(office, "02-01 10:00", document, on=[carrier], level=level, serial=serial, **stated)


def permit(office: Office, at: str, on: str, by: str = "郑院长", **fields: object) -> int:
    """An approval to copy."""
    fields = {"step": "approved", "act": "copy", **fields}
    return office.tell(at, "decided.permit", on=[on], who={"approver": by}, **fields)


def copy(office: Office, at: str, parents: list[str], children: list[str], document: str = "", **fields: object) -> int:
    """Copies are made, operator and registrar signing."""
    who = fields.pop("who", {"operator": "秦", "registrar": "钱秘书"})
    own = {"document": document} if document else {}
    items = [{"carrier": child, "form": "document", "copy_no": child[2:], **own} for child in children]
    fields = {"method": "copy", "level": "秘密", "items": items, **fields}
    on = [*parents, *children, *([document] if document else [])]
    return office.tell(at, "copied.made", on=on, who=who, parents=parents, **fields)


def messages(office: Office, rule: str, **rest: object) -> dict[str, list[str]]:
    """What a rule says of each subject."""
    found: dict[str, list[str]] = {}
    for finding in office.judge(rule, **rest).findings:
        found.setdefault(finding.subject, []).append(finding.message_zh)
    return found


@pytest.fixture(scope="module")
def s6():
    office = Office(UNIVERSITY)
    original(office, "c/O", "d/报告5")
    office.tell(
        "09-01 09:00", "decided.permit", id="k0", on=["c/O"], who={"proposer": "秦", "reviewer": "冯", "approver": "郑院长"},
        unsigned=["秦", "冯"], step="approved", act="copy", count=2,
    )  # fmt: skip
    office.tell(
        "02-01 11:00", "created.equipment", on=["c/复印机1"], who={"registrar": "钱秘书", "receiver": "秦"}, form="office_machine",
        number="F1", register="设备", serial=1, unit="u/党政办", level="秘密", late_reason="补登",
    )  # fmt: skip
    copy(
        office, "09-01 10:00", ["c/O"], ["c/K1", "c/K2"], "d/报告5", refs=["k0"], term="10年", device="c/复印机1", due="09-15 18:00"
    )  # fmt: skip
    office.tell(
        "09-03 09:00", "checked.inventory", on=["l/盘9", "u/党政办", "c/K1", "c/K2", "c/O", "d/报告5"], who={"operator": ["钱秘书", "冯"]},
        occasion="special", found=["c/K1", "c/K2", "c/O"], extra=[{"label": "K3", "document": "d/报告5"}],
    )  # fmt: skip
    office.tell(
        "09-12 09:00", "returned.to_keeper", on=["c/K1"], who={"giver": "秦", "receiver": "钱秘书"}, reason="reading"
    )
    return office


def test_s6(s6):
    assert s6.found(*MINE, as_of="09-20") == [("CPY-11", "d/报告5"), ("CPY-4", "d/报告5"), ("CPY-6", "c/K2")]
    more, orphan, late = (s6.judge(rule, as_of="09-20").findings[0] for rule in ("CPY-4", "CPY-11", "CPY-6"))
    assert (more.severity, orphan.severity, late.severity) == ("critical", "high", "medium")
    assert "批准复制2份，现有3份（账外：K3）" in more.message_zh
    assert "K3" in orphan.message_zh
    assert "c/K1" in orphan.message_zh
    made = late.origin
    assert more.evidence == (made - 2, made, made + 1)
    assert orphan.evidence == (made, made + 1)
    assert late.evidence == (made,)


def test_s6_before_the_stock_take_and_the_date(s6):
    assert s6.found(*MINE, as_of="09-02") == []
    assert s6.due("CPY-6", as_of="09-13") == [("CPY-6", "c/K2", local("09-15 18:00"))]
    assert s6.found("CPY-6", as_of="09-15 18:00") == []


def test_the_parameters_are_known():
    check_policy({
        **{name: (value,) if isinstance(value, str) else tuple(value) for name, value in UNIVERSITY.items()},
        "copy.no_tiers": ("central", "province"), "copy.stamp": ("yes",), "copy.self_destroy": ("no",),
        "posts.permit.copy.内部": ("office_head",),
    })  # fmt: skip


def test_cpy_1_never():
    office = Office({"copy.top_secret": "never"})
    original(office, "c/1", "d/1", level="绝密")
    original(office, "c/2", "d/2", level="机密")
    permit(office, "03-03 09:00", "c/1")
    made = copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1", level="绝密")
    copy(office, "03-03 10:00", ["c/1"], ["c/1E"], "d/11", level="绝密", method="excerpt")
    copy(office, "03-03 10:00", ["c/2"], ["c/2A"], "d/2", level="机密")
    findings = office.judge("CPY-1").findings
    assert [(one.subject, one.evidence) for one in findings] == [("c/1A", (made,))]
    assert findings[0].message_zh == "复制了绝密级 c/1"


def test_cpy_1_with_the_consent_of_the_classifier():
    office = Office({"copy.top_secret": "consent"}, units={"u/兄弟镇": "peer", "u/省委": "peer", "u/中央": "superior"})
    for number in (1, 2, 3, 4):
        original(office, f"c/{number}", f"d/{number}", level="绝密", issuer="u/省委")
    registrar = {"registrar": "钱秘书"}
    for number, by in ((1, "u/省委"), (2, "u/兄弟镇"), (4, "u/中央")):
        office.tell(
            "03-03 09:00", "decided.permit", on=[f"d/{number}"], who=registrar, step="approved", act="copy", by=by
        )  # fmt: skip
    for number in (1, 2, 3, 4):
        copy(office, "03-03 10:00", [f"c/{number}"], [f"c/{number}A"], f"d/{number}", level="绝密")
    # Extracts need it too.
    copy(office, "03-03 10:00", ["c/3"], ["c/3E"], "d/33", level="绝密", method="excerpt")
    assert office.found("CPY-1") == [("CPY-1", f"c/{one}") for one in ("2A", "3A", "3E")]
    permitted = Office({"copy.top_secret": "permit"})
    original(permitted, "c/1", "d/1", level="绝密")
    copy(permitted, "03-03 10:00", ["c/1"], ["c/1A"], "d/1", level="绝密")
    assert permitted.found("CPY-1") == []


def test_cpy_2_flagged_documents_and_media():
    office = Office()
    original(office, "c/1", "d/1", no_copy=True)
    original(office, "c/2", "d/2", no_copy=False)
    office.tell(
        "02-01 11:00", "created.equipment", on=["c/盘"], who={"registrar": "李敏", "receiver": "吴"}, form="optical_disc", number="M-1",
        register="介质", serial=1, unit="u/党政办", level="秘密", no_copy=True,
    )  # fmt: skip
    permit(office, "03-03 09:00", "c/1")
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1")
    copy(office, "03-03 10:00", ["c/1"], ["c/1E"], "d/11", method="excerpt")
    copy(office, "03-03 10:00", ["c/2"], ["c/2A"], "d/2")
    copy(office, "03-03 10:00", ["c/盘"], ["c/盘B"], method="burn")
    assert office.found("CPY-2") == [("CPY-2", "c/1A"), ("CPY-2", "c/盘B")]
    assert office.judge("CPY-2").findings[0].severity == "critical"


def test_cpy_3_tiers():
    office = Office({"copy.no_tiers": ["central", "province"]})
    original(office, "c/1", "d/1", tier="province")
    original(office, "c/2", "d/2", tier="county")
    original(office, "c/3", "d/3", tier="province", level="内部")
    original(office, "c/4", "d/4", tier="central", level="机密")
    for number, level in ((1, "秘密"), (2, "秘密"), (3, "内部"), (4, "机密")):
        copy(office, "03-03 10:00", [f"c/{number}"], [f"c/{number}A"], f"d/{number}", level=level)
    assert office.found("CPY-3") == [("CPY-3", "c/1A"), ("CPY-3", "c/4A")]
    assert "province" in messages(office, "CPY-3")["c/1A"][0]


def test_cpy_4_approval():
    office = Office({**UNIVERSITY, "posts.permit.copy.内部": ["office_head"]})
    for number in range(1, 8):
        original(office, f"c/{number}", f"d/{number}")
    original(office, "c/8", "d/8", level="内部")
    original(office, "c/9", "d/9", level="无密")
    both = {"reviewer": "冯", "approver": "郑院长"}
    step = {"step": "approved", "act": "copy"}
    office.tell("03-03 09:00", "decided.permit", on=["c/1"], who=both, unsigned=["冯"], **step)
    permit(office, "03-03 09:00", "c/2")
    office.tell(
        "03-03 09:00", "decided.permit", on=["c/3"], who={"reviewer": "冯", "approver": "王宁"}, unsigned=["冯"], **step
    )
    permit(office, "03-03 11:00", "c/5")
    office.tell("03-03 09:00", "decided.permit", on=["c/6"], who=both, unsigned=["冯"], until="03-03 09:30", **step)
    # Three steps that refer to each other.
    office.tell(
        "03-03 08:00", "decided.permit", id="a", on=["c/7"], who={"proposer": "秦"}, step="proposed", act="copy"
    )
    office.tell(
        "03-03 08:30",
        "decided.permit",
        id="b",
        on=["c/7"],
        who={"reviewer": "冯"},
        refs=["a"],
        step="reviewed",
        act="copy",
    )
    office.tell("03-03 09:00", "decided.permit", on=["c/7"], who={"approver": "郑院长"}, refs=["b"], **step)
    for number, level in (*((n, "秘密") for n in range(1, 8)), (8, "内部"), (9, "无密")):
        copy(office, "03-03 10:00", [f"c/{number}"], [f"c/{number}A"], f"d/{number}", level=level)
    found = messages(office, "CPY-4")
    assert set(found) == {f"c/{number}A" for number in (2, 3, 4, 5, 6, 8)}
    assert "未经有关部门审核（dept_head）" in found["c/2A"][0]
    assert "p/王宁 不具审批职务" in found["c/3A"][0]
    assert "复制 c/4：事前未经审批" in found["c/4A"][0]
    assert "事前未经审批" in found["c/5A"][0]
    assert "有效期已于" in found["c/6A"][0]
    assert all(one.severity == "high" for one in office.judge("CPY-4").findings)


def test_cpy_4_what_rests_on_one_approval_is_counted_together():
    office = Office({"posts.permit.copy": ["responsible_leader"]})
    original(office, "c/1", "d/1")
    original(office, "c/2", "d/2")
    first = permit(office, "03-03 09:00", "d/1", id="p", count=3)
    permit(office, "03-03 09:00", "d/2", count=1)
    one = copy(office, "03-03 10:00", ["c/1"], ["c/A", "c/B"], "d/1", refs=["p"])
    assert office.found("CPY-4") == []
    two = copy(office, "03-04 10:00", ["c/1"], ["c/C", "c/D"], "d/1", refs=["p"])
    copy(office, "03-04 10:00", ["c/2"], ["c/E"], "d/2")
    finding = office.judge("CPY-4").findings[0]
    assert office.found("CPY-4") == [("CPY-4", "c/C")]
    assert (finding.severity, finding.evidence) == ("critical", (first, one, two))
    assert finding.message_zh == "批准复制3份，实际4份"


def test_cpy_4_copies_without_numbers_count():
    office = Office()
    original(office, "c/1", "d/1")
    permit(office, "03-03 09:00", "c/1", count=2)
    fields = {"method": "copy", "parents": ["c/1"], "items": [], "level": "秘密", "copies_unnumbered": 3}
    made = office.tell(
        "03-03 10:00", "copied.made", on=["c/1", "d/1"], who={"operator": "秦", "registrar": "钱秘书"}, **fields
    )
    assert messages(office, "CPY-4") == {"c/1": ["批准复制2份，实际3份"]}
    assert messages(office, "CPY-5") == {"c/1": ["复制件3份未逐份登记"]}
    assert office.judge("CPY-5").findings[0].evidence == (made,)


def test_cpy_4_what_is_printed_from_a_machine_is_made_there():
    office = Office(UNIVERSITY)
    office.tell(
        "02-01 11:00", "created.equipment", on=["c/机"], who={"registrar": "李敏", "receiver": "吴"}, form="computer", number="PC-1",
        register="设备", serial=1, unit="u/党政办", level="绝密",
    )  # fmt: skip
    copy(office, "03-03 10:00", ["c/机"], ["c/1"], "d/1", method="print")
    assert office.found("CPY-1", "CPY-4", "CPY-5") == []


def test_cpy_5_level_term_flags_and_stamp():
    office = Office({"copy.stamp": "yes"})
    for number in range(1, 6):
        original(office, f"c/{number}", f"d/{number}", level="机密", return_required=True)
    good = {"level": "机密", "stamped": True}
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1", **good)
    copy(office, "03-03 10:00", ["c/2"], ["c/2A"], "d/2", **{**good, "level": "秘密"})
    copy(office, "03-03 10:00", ["c/3"], ["c/3A"], "d/3", term="5年", **good)
    copy(office, "03-03 10:00", ["c/3"], ["c/3B"], "d/3", term="120个月", **good)
    copy(office, "03-03 10:00", ["c/4"], ["c/4A"], "d/4", level="机密")
    copy(office, "03-03 10:00", ["c/5"], ["c/5A"], "d/55", **good)
    register(office, "03-03 11:00", "d/55", on=["c/5A"], level="机密", serial=55)
    # An extract has a level of its own.
    copy(office, "03-03 10:00", ["c/5"], ["c/5E"], "d/56", method="excerpt")
    assert messages(office, "CPY-5") == {
        "c/2A": ["原件机密，复制件秘密"],
        "c/3A": ["原件保密期限120个月，复制件60个月"],
        "c/4A": ["复制件未加盖复制单位戳记"],
        "c/5A": ["原件须清退，复制件 d/55 未注明"],
    }


def test_cpy_5_asks_for_a_stamp_only_where_the_policy_does():
    office = Office({"copy.stamp": "no"})
    original(office, "c/1", "d/1")
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1")
    assert office.found("CPY-5") == []


def test_cpy_6_ways_back():
    office = Office()
    original(office, "c/O", "d/1")
    copy(office, "03-03 10:00", ["c/O"], ["c/A", "c/B", "c/C"], "d/1", due="03-10 18:00")
    copy(office, "03-03 10:00", ["c/O"], ["c/D"], "d/1")
    office.tell("03-10 17:00", "transferred.store", on=["c/A"], who={"registrar": "钱秘书"}, place="w/G1")
    office.tell(
        "03-12 17:00", "returned.to_keeper", on=["c/B"], who={"giver": "秦", "receiver": "钱秘书"}, reason="reading"
    )
    assert office.found("CPY-6") == [("CPY-6", "c/B"), ("CPY-6", "c/C")]
    assert office.found("CPY-6", state="closed") == [("CPY-6", "c/B")]
    assert office.due("CPY-6", as_of="03-10 17:30") == [("CPY-6", f"c/{one}", local("03-10 18:00")) for one in "BC"]


def test_cpy_7_shops():
    office = Office()
    office.office("01-02 08:00", "declared.place", place="w/门市", name="门市", type="other_unit", unit="u/图文店")
    original(office, "c/1", "d/1")
    original(office, "c/2", "d/2", level="内部")
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1", place="w/复印店")
    copy(office, "03-03 10:00", ["c/1"], ["c/1B"], "d/1", place="w/文印室")
    copy(office, "03-03 10:00", ["c/1"], ["c/1C"], "d/1", place="w/门市", method="scan")
    copy(office, "03-03 10:00", ["c/2"], ["c/2A"], "d/2", place="w/复印店", level="内部")
    assert office.found("CPY-7") == [("CPY-7", "c/1A"), ("CPY-7", "c/1C")]
    assert "w/复印店" in messages(office, "CPY-7")["c/1A"][0]


def test_cpy_8_extracts():
    office = Office({"copy.self_destroy": "no"})
    original(office, "c/1", "d/1")
    copy(office, "03-03 10:00", ["c/1"], ["c/E1"], "d/11", method="excerpt")
    permit(office, "03-03 11:00", "c/1", act="excerpt")
    copy(office, "03-03 12:00", ["c/1"], ["c/E2"], "d/12", method="excerpt")
    copy(office, "03-03 12:00", ["c/1"], ["c/E3"], "d/13", method="photograph")
    assert messages(office, "CPY-8") == {"c/E1": ["未经允许摘抄、照相：c/1"]}
    deed = {"method": "shred", "place": "w/文印室"}
    office.tell("03-05 10:00", "destroyed.carriers", on=["c/E2", "d/12"], who={"operator": "秦"}, **deed)
    office.tell(
        "03-05 10:00", "destroyed.carriers", on=["c/E3", "d/13"], who={"supervisor": ["钱秘书", "冯"], "operator": "秦"}, **deed
    )  # fmt: skip
    assert messages(office, "CPY-8")["c/E2"] == ["自行销毁摘抄件 c/E2，未履行销毁手续"]
    assert "c/E3" not in messages(office, "CPY-8")


def test_cpy_8_where_holders_may_destroy_extracts():
    office = Office({"copy.self_destroy": "yes"})
    original(office, "c/1", "d/1")
    permit(office, "03-03 09:00", "c/1", act="excerpt")
    copy(office, "03-03 10:00", ["c/1"], ["c/E1"], "d/11", method="excerpt")
    office.tell(
        "03-05 10:00",
        "destroyed.carriers",
        on=["c/E1", "d/11"],
        who={"operator": "秦"},
        method="shred",
        place="w/文印室",
    )
    assert office.found("CPY-8") == []
    copy(office, "03-03 11:00", ["c/1"], ["c/E2"], "d/12", method="photograph")
    assert office.found("CPY-8") == []


def test_cpy_9_on_orders():
    office = Office()
    for number in (1, 2, 3, 4, 5):
        original(office, f"c/{number}", f"d/{number}")
    permit(office, "03-03 09:00", "c/2")
    asked = {"operator": "秦", "registrar": "钱秘书", "proposer": "许"}
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1", who=asked)
    copy(office, "03-03 10:00", ["c/2"], ["c/2A"], "d/2", who=asked)
    copy(office, "03-03 10:00", ["c/3"], ["c/3A"], "d/3", who={**asked, "proposer": "秦"})
    deed = {"method": "shred", "place": "w/文印室"}
    office.tell(
        "03-05 10:00", "destroyed.carriers", on=["c/4", "d/4"], who={"operator": "秦", "proposer": "许"}, **deed
    )
    office.tell("03-05 10:00", "destroyed.carriers", on=["c/5", "d/5"], who={"operator": "秦"}, **deed)
    assert messages(office, "CPY-9") == {"c/1A": ["p/许 未经批准指示他人复制"], "c/4": ["p/许 未经批准指示他人销毁"]}


def test_cpy_10_service_copies():
    office = Office()
    original(office, "c/1", "d/1")
    who = {"operator": "秦", "registrar": "钱秘书"}
    bare = {"method": "copy", "parents": ["c/1"], "level": "秘密"}
    item = [{"carrier": "c/F1", "form": "document", "document": "d/1"}]
    office.tell(
        "03-03 10:00", "copied.made", on=["c/1", "c/F1", "d/1"], who=who, items=item, purpose="利用副本", **bare
    )
    item = [{"carrier": "c/F2", "form": "document", "document": "d/1"}]
    office.tell("03-03 10:00", "copied.made", on=["c/1", "c/F2", "d/1"], who=who, items=item, purpose="传阅", **bare)
    office.tell(
        "03-03 10:00", "copied.made", on=["c/1", "d/1"], who=who, items=[], copies_unnumbered=2, purpose="副本", **bare
    )
    copy(office, "03-03 10:00", ["c/1"], ["c/F3"], "d/1", purpose="副本")
    assert messages(office, "CPY-10") == {"c/1": ["档案副本未编号登记：2份"], "c/F1": ["档案副本未编号登记：c/F1"]}


def test_cpy_11_the_original_was_there():
    office = Office()
    for number in (1, 2, 3):
        original(office, f"c/{number}", f"d/{number}")
    office.tell(
        "03-01 10:00", "returned.to_issuer", on=["c/2", "d/2"], who={"giver": "李敏", "receiver": "省机要员"}, to="u/省委"
    )  # fmt: skip
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1")
    # A copy of a copy stays in the family.
    copy(office, "03-03 10:30", ["c/1A"], ["c/1AA"], "d/1")
    copy(office, "03-03 10:00", ["c/2"], ["c/2A"], "d/2")
    copy(office, "03-03 10:00", ["c/无"], ["c/无A"])
    copy(office, "03-03 10:00", [], ["c/4A"], "d/3")
    assert messages(office, "CPY-11") == {
        "c/2A": ["原件 c/2 当时已不在"],
        "c/无A": ["原件 c/无 不在册"],
        "c/4A": ["复制件没有注明原件"],
    }


def test_cpy_11_and_4_know_what_is_in_the_books():
    """A thing found whose number a copy has is that copy; and where nothing was ever copied nothing is said of copies."""
    office = Office()
    original(office, "c/1", "d/1")
    original(office, "c/2", "d/2")
    permit(office, "03-03 09:00", "c/1", count=2)
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1")
    extra = [{"label": "无签", "document": "d/1", "copy_no": "1A"}, {"label": "乙", "document": "d/2"}]
    office.tell(
        "09-03 09:00", "checked.inventory", on=["l/盘", "u/镇", "d/1", "d/2"], who={"operator": ["钱秘书", "冯"]}, occasion="regular",
        found=[], extra=extra,
    )  # fmt: skip
    assert office.found("CPY-4", "CPY-11") == []
    # One more of what was copied: two approved, two there, and nobody knows where the second came from.
    office.tell(
        "09-04 09:00", "checked.inventory", on=["l/盘2", "u/镇", "d/1"], who={"operator": ["钱秘书", "冯"]}, occasion="regular",
        found=[], extra=[{"label": "丙", "document": "d/1"}],
    )  # fmt: skip
    assert office.found("CPY-4", "CPY-11") == [("CPY-11", "d/1")]


def test_a_stock_take_of_a_document_that_found_nothing_beside_the_books():
    office = Office()
    original(office, "c/1", "d/1")
    permit(office, "03-03 09:00", "c/1", count=1)
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1")
    office.tell(
        "09-03 09:00", "checked.inventory", on=["l/盘", "u/镇", "c/1", "c/1A", "d/1"], who={"operator": ["钱秘书", "冯"]},
        occasion="special", found=["c/1", "c/1A"],
    )  # fmt: skip
    assert office.found("CPY-4", "CPY-11") == []


def test_copies_of_a_document_whose_original_no_book_names():
    office = Office({"copy.top_secret": "never", "copy.self_destroy": "no", "copy.no_tiers": ["province"]})
    receive(office, "02-01 09:00", ["c/1"], "d/1", level="绝密")
    register(office, "02-01 10:00", "d/1", on=["c/1"], level="绝密", no_copy=True)
    copy(office, "03-03 10:00", [], ["c/A"], "d/1", level="绝密", place="w/复印店")
    permit(office, "03-04 09:00", "d/1", count=1)
    copy(office, "03-04 10:00", [], ["c/B", "c/C"], "d/1", level="绝密")
    found = office.found(*(f"CPY-{number}" for number in (1, 2, 3, 4, 5, 7, 9, 11)))
    # The second rests on an approval, of one copy.
    both = [
        ("CPY-1", "c/A"),
        ("CPY-1", "c/B"),
        ("CPY-11", "c/A"),
        ("CPY-11", "c/B"),
        ("CPY-2", "c/A"),
        ("CPY-2", "c/B"),
    ]
    assert found == [*both, ("CPY-3", "c/A"), ("CPY-3", "c/B"), ("CPY-4", "c/A"), ("CPY-4", "c/B"), ("CPY-7", "c/A")]
    assert messages(office, "CPY-4") == {"c/A": ["复制 d/1：事前未经审批"], "c/B": ["批准复制1份，实际2份"]}


def test_cpy_11_an_original_that_is_only_registered_is_in_a_book():
    office = Office()
    register(office, "02-01 10:00", "d/1", on=["c/1"])
    copy(office, "03-03 10:00", ["c/1"], ["c/1A"], "d/1")
    assert office.found("CPY-11") == []


def test_what_is_copied_from_a_medium_has_the_level_of_its_document():
    """A stick with 绝密 on it, from which a paper of 秘密 is printed as permitted."""
    office = Office({"copy.top_secret": "never", "posts.permit.copy": ["responsible_leader"], "copy.stamp": "yes"})
    office.tell("02-01 09:00", "created.equipment", on=["c/U1"], who={"registrar": "钱秘书", "receiver": "秦"}, form="usb_stick",
                number="U1", register="介质", serial=1, unit="u/镇", level="绝密")  # fmt: skip
    original(office, "c/甲", "d/1")
    original(office, "c/绝", "d/2", level="绝密")
    for document in ("d/1", "d/2"):
        permit(office, "03-01 09:00", document)
    copy(office, "03-02 09:00", ["c/U1"], ["c/1印"], "d/1", method="print", stamped=True)
    copy(office, "03-02 10:00", ["c/U1"], ["c/2印"], "d/2", method="print", level="绝密", stamped=True)
    assert office.found("CPY-1", "CPY-4", "CPY-5") == [("CPY-1", "c/2印"), ("CPY-4", "c/1印"), ("CPY-4", "c/2印")]
    permit(office, "03-03 09:00", "c/U1")
    copy(office, "03-04 09:00", ["c/U1"], ["c/3印"], "d/1", method="print", stamped=True)
    assert ("CPY-4", "c/3印") not in office.found("CPY-4")


def test_work_secrets_bear_no_stamp_of_state_secrets():
    office = Office({"copy.stamp": "yes"})
    for number, level in enumerate(("内部", "秘密"), 1):
        original(office, f"c/{number}", f"d/{number}", level=level)
        copy(office, "03-02 09:00", [f"c/{number}"], [f"c/{number}复"], f"d/{number}", level=level)
    assert messages(office, "CPY-5") == {"c/2复": ["复制件未加盖复制单位戳记"]}


def test_what_a_machine_printed_came_from_it():
    office = Office()
    office.tell("02-01 09:00", "created.equipment", on=["c/机"], who={"registrar": "钱秘书", "receiver": "秦"}, form="computer",
                number="J1", register="设备", serial=1, unit="u/镇", level="机密")  # fmt: skip
    copy(office, "03-02 09:00", [], ["c/印", "c/机"], method="print", device="c/机",
         items=[{"carrier": "c/印", "form": "document"}])  # fmt: skip
    copy(office, "03-02 10:00", [], ["c/复"])
    assert office.found("CPY-11") == [("CPY-11", "c/复")]


def test_a_private_extract_of_nothing_secret_may_be_thrown_away():
    office = Office({"copy.self_destroy": "no"})
    for number, level in enumerate(("无密", "秘密"), 1):
        original(office, f"c/{number}", f"d/{number}", level=level)
        permit(office, "03-01 09:00", f"d/{number}", act="excerpt")
        copy(office, "03-02 09:00", [f"c/{number}"], [f"c/{number}摘"], method="excerpt", level=level)
        office.tell("03-05 09:00", "destroyed.carriers", on=[f"c/{number}摘"], who={"operator": "秦"}, method="shred")
    assert office.found("CPY-8") == [("CPY-8", "c/2摘")]


def test_cpy_1_what_was_printed_here_for_another_unit_needs_the_consent_of_that_unit():
    office = Office({"copy.top_secret": "consent"}, units={"u/兄弟镇": "peer"})
    for number in (1, 2):
        office.tell(
            "02-01 09:00", "created.produced", on=[f"c/{number}", f"d/{number}"], who={"operator": "赵强", "registrar": "钱秘书"},
            place="w/文印室", level="绝密", items=[{"carrier": f"c/{number}", "form": "document", "document": f"d/{number}"}],
        )  # fmt: skip
        stated = {"issuer": "u/镇", "classifier": "u/兄弟镇", "level": "绝密"}
        register(office, "02-01 10:00", f"d/{number}", serial=number, **stated)
    permit(office, "03-03 09:00", "d/1")
    office.tell(
        "03-03 09:00", "decided.permit", on=["d/2"], who={"registrar": "钱秘书"}, step="approved", act="copy", by="u/兄弟镇"
    )  # fmt: skip
    for number in (1, 2):
        copy(office, "03-03 10:00", [f"c/{number}"], [f"c/{number}A"], f"d/{number}", level="绝密")
    assert office.found("CPY-1") == [("CPY-1", "c/1A")]
