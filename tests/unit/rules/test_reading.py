"""RDG: where things are read, who consults archives, whose consent that needs."""

from __future__ import annotations

from chainlog.authority.parameters import check_policy
from chainlog.rules.rule import QUESTIONS
from tests.offices import Office, receive, register

TOWN = {
    "places.read": ["secure_room", "confidential_office", "reading_room", "compliant_office"],
    "places.read.绝密": ["secure_room", "reading_room"], "posts.permit.read_outside": ["responsible_leader"],
    "posts.permit.take_out": ["responsible_leader"],
}  # fmt: skip
ARCHIVE = {
    "posts.permit.consult": ["dept_head"], "places.consult": ["archive"], "series.会议记录.readers": ["office_head"],
    "series.会议记录.place": ["archive"], "series.会议记录.copying": ["no"], "series.科研.consent": ["project_leader"],
    "series.研究生.consent": ["supervisor_tutor"], "posts.consult.owner": ["dept_head"],
}  # fmt: skip


def circulate(office: Office, at: str, carriers: list[str], to: str, place: str, **rest: object) -> int:
    """Handed out for reading at a place."""
    who = {"giver": "李敏", "receiver": to}
    return office.tell(at, "transferred.circulate", on=carriers, who=who, mode="face_to_face", place=place, **rest)


def read(office: Office, at: str, on: str, by: str, place: str = "", how: str = "read", **rest: object) -> int:
    """Read on the spot."""
    fields = {"place": place} if place else {}
    return office.tell(at, "accessed.read", on=[on], who={"reader": by, "registrar": "李敏"}, how=how, **fields, **rest)


def permit(office: Office, at: str, on: str, act: str, by: str = "何副书记", **fields: object) -> int:
    """An approval."""
    return office.tell(at, "decided.permit", on=[on], who={"approver": by}, step="approved", act=act, **fields)


def messages(office: Office, rule: str) -> dict[str, list[str]]:
    """What a rule says of each subject."""
    found: dict[str, list[str]] = {}
    for finding in office.judge(rule).findings:
        found.setdefault(finding.subject, []).append(finding.message_zh)
    return found


def test_the_parameters_are_known():
    check_policy({name: tuple(values) for name, values in {**TOWN, **ARCHIVE}.items()})


def test_rdg_1_top_secret_only_where_it_may_be_read():
    office = Office(TOWN)
    office.office("01-02 08:00", "declared.place", place="w/小阅文室", name="小", type="reading_room", max_level="机密")
    receive(office, "02-01 09:00", [f"c/{number}" for number in range(1, 8)], "d/1", level="绝密")
    receive(office, "02-01 09:00", ["c/9"], "d/2", level="机密")
    bad = circulate(office, "03-03 10:00", ["c/9", "c/1", "c/2"], "陈", "w/办公室301")
    circulate(office, "03-03 10:00", ["c/3"], "陈", "w/保密室")
    # Nobody declared where that is; and what was told of is no reading.
    circulate(office, "03-03 10:00", ["c/4"], "陈", "w/某处")
    read(office, "03-03 10:00", "c/5", "陈", "w/会议室", how="heard")
    read(office, "03-03 10:00", "c/6", "陈", "w/涉密办公室")
    read(office, "03-03 10:00", "c/7", "陈", "w/小阅文室")
    found = messages(office, "RDG-1")
    assert set(found) == {"c/1", "c/6", "c/7"}
    assert found["c/1"] == ["p/陈 阅读绝密级：w/办公室301 不是允许的阅读场所"]
    assert "只可阅读机密级以下" in found["c/7"][0]
    assert office.judge("RDG-1", subjects=["c/1"]).findings[0].evidence == (bad,)


def test_rdg_1_a_reading_is_found_once():
    office = Office(TOWN)
    receive(office, "02-01 09:00", ["c/1"], "d/1", level="绝密")
    first = circulate(office, "03-03 10:00", ["c/1"], "陈", "w/办公室301")
    same = read(office, "03-03 10:05", "c/1", "陈", "w/办公室301")
    office.tell(
        "03-03 11:00", "returned.to_keeper", on=["c/1"], who={"giver": "陈", "receiver": "李敏"}, reason="reading"
    )
    again = read(office, "03-03 12:00", "c/1", "陈", "w/办公室301")
    other = read(office, "03-03 13:00", "c/1", "孙", "w/办公室301")
    assert [one.evidence for one in office.judge("RDG-1").findings] == [(first, same), (again,), (other,)]
    # An approval to read elsewhere changes nothing for 绝密.
    assert office.found("RDG-2", "RDG-3") == []


def test_rdg_2_the_other_levels():
    office = Office(TOWN)
    receive(office, "02-01 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1", level="机密")
    receive(office, "02-01 09:00", ["c/5"], "d/2", level="内部")
    circulate(office, "03-03 10:00", ["c/1", "c/2"], "陈", "w/办公室301")
    circulate(office, "03-03 10:00", ["c/3"], "陈", "w/涉密办公室")
    read(office, "03-03 10:00", "c/4", "陈", "w/档案室")
    circulate(office, "03-03 10:00", ["c/5"], "陈", "w/办公室301")
    assert office.found("RDG-2") == [("RDG-2", "c/1"), ("RDG-2", "c/4")]
    assert messages(office, "RDG-2")["c/4"] == ["p/陈 阅读：w/档案室 不是允许的阅读场所"]
    # Each level may have places of its own.
    strict = Office({**TOWN, "places.read.机密": ["secure_room"]})
    receive(strict, "02-01 09:00", ["c/1"], "d/1", level="机密")
    receive(strict, "02-01 09:00", ["c/2"], "d/2", level="秘密")
    for carrier in ("c/1", "c/2"):
        circulate(strict, "03-03 10:00", [carrier], "陈", "w/涉密办公室")
    assert strict.found("RDG-2") == [("RDG-2", "c/1")]


def test_rdg_3_outside_the_office():
    office = Office(TOWN)
    office.office("01-02 08:00", "declared.place", place="w/甲村部", name="甲", type="compliant_office", unit="u/甲村")
    office.office(
        "01-02 08:00", "declared.place", place="w/党政办", name="党", type="compliant_office", unit="u/党政办"
    )
    carriers = [f"c/{number}" for number in range(1, 8)]
    receive(office, "02-01 09:00", carriers, "d/1", level="机密")
    permit(office, "03-03 09:00", "c/2", "read_outside")
    permit(office, "03-03 09:00", "c/3", "read_outside", by="王宁")
    permit(office, "03-03 09:00", "c/4", "take_out")
    office.tell(
        "03-03 09:30", "transferred.take_out", on=["c/4"], who={"giver": "李敏", "receiver": "陈"}, destination="w/市局", reason="汇报"
    )  # fmt: skip
    for carrier in ("c/1", "c/2", "c/3"):
        circulate(office, "03-03 10:00", [carrier], "陈", "w/市局")
    read(office, "03-03 11:00", "c/4", "陈", "w/市局")
    read(office, "03-03 11:00", "c/5", "陈", "w/甲村部")
    read(office, "03-03 11:00", "c/6", "陈", "w/党政办")
    found = messages(office, "RDG-3")
    assert set(found) == {"c/1", "c/3", "c/5"}
    assert found["c/1"] == ["p/陈 在办公场所以外（w/市局）阅读：事前未经审批"]
    assert "p/王宁 不具审批职务" in found["c/3"][0]
    # Places outside are not judged as places of the office too.
    assert office.found("RDG-2") == []
    # A policy without such approvals misses none.
    silent = Office({name: values for name, values in TOWN.items() if name != "posts.permit.read_outside"})
    receive(silent, "02-01 09:00", ["c/1"], "d/1", level="机密")
    read(silent, "03-03 10:00", "c/1", "陈", "w/市局")
    assert silent.found("RDG-3") == []


def test_rdg_4_classified_archives():
    office = Office(ARCHIVE)
    carriers = [f"c/{number}" for number in range(1, 8)]
    receive(office, "02-01 09:00", carriers, "d/1", level="机密")
    receive(office, "02-01 09:00", ["c/9"], "d/2", level="无密")
    for carrier in ("c/1", "c/2", "c/4", "c/5", "c/6"):
        permit(office, "03-03 09:00", carrier, "consult", by="冯")
    permit(office, "03-03 09:00", "c/3", "consult", by="王宁")
    read(office, "03-03 10:00", "c/1", "陈", "w/档案室", how="consult", out_at="03-03 11:00")
    read(office, "03-03 10:00", "c/2", "陈", "w/保密室", how="consult")
    read(office, "03-03 10:00", "c/3", "陈", "w/档案室", how="consult")
    read(office, "03-03 10:00", "c/4", "陈", "w/档案室", how="consult", unsigned=["陈"])
    at_five = read(office, "03-03 10:00", "c/5", "陈", "w/档案室", how="consult", out_at="03-03 11:00")
    read(office, "03-03 10:00", "c/6", "陈", "w/档案室", how="consult", unsigned=["陈"], id="r6")
    office.tell("03-03 10:30", "countersigned", on=["c/6"], who={"reader": "陈"}, refs=["r6"])
    read(office, "03-03 10:00", "c/7", "陈", how="consult")
    read(office, "03-03 10:00", "c/9", "陈", "w/办公室301", how="consult")
    item = {"form": "document", "document": "d/1", "copy_no": "x"}
    made = {"who": {"operator": "陈", "registrar": "李敏"}, "method": "copy", "level": "机密"}
    copied = office.tell(
        "03-03 10:30",
        "copied.made",
        on=["c/5", "c/5A", "d/1"],
        parents=["c/5"],
        items=[{**item, "carrier": "c/5A"}],
        **made,
    )
    office.tell(
        "03-03 12:30",
        "copied.made",
        on=["c/1", "c/1A", "d/1"],
        parents=["c/1"],
        items=[{**item, "carrier": "c/1A"}],
        **made,
    )
    found = messages(office, "RDG-4")
    assert set(found) == {"c/2", "c/3", "c/4", "c/5", "c/7"}
    assert found["c/2"] == ["p/陈 查阅密级档案不在档案室（w/保密室）"]
    assert "p/王宁 不具审批职务" in found["c/3"][0]
    assert found["c/4"] == ["查阅人 p/陈 未签字"]
    assert found["c/5"] == ["p/陈 查阅时复印"]
    assert "事前未经审批" in found["c/7"][0]
    assert office.judge("RDG-4", subjects=["c/5"]).findings[0].evidence == (at_five, copied)


def test_rdg_5_minutes():
    office = Office(ARCHIVE)
    carriers = [f"c/{number}" for number in range(1, 6)]
    receive(office, "02-01 09:00", carriers, "d/1")
    register(office, "02-01 10:00", "d/1", on=carriers, series="会议记录")
    read(office, "03-03 10:00", "c/1", "王宁", "w/档案室", how="consult")
    read(office, "03-03 10:00", "c/2", "陈", "w/档案室", how="consult")
    read(office, "03-03 10:00", "c/3", "王宁", "w/保密室", how="consult")
    item = {"carrier": "c/4A", "form": "document", "document": "d/1", "copy_no": "x"}
    office.tell(
        "03-03 12:30", "copied.made", on=["c/4", "c/4A", "d/1"], who={"operator": "王宁", "registrar": "李敏"}, parents=["c/4"],
        items=[item], method="copy", level="秘密",
    )  # fmt: skip
    office.tell(
        "03-03 10:00", "transferred.lend", on=["c/5"], who={"giver": "李敏", "receiver": "孙"}, purpose="写稿", depth="take_away", due="03-10"
    )  # fmt: skip
    assert messages(office, "RDG-5") == {
        "c/2": ["p/陈 不在可查阅“会议记录”之列"],
        "c/3": ["“会议记录”在 w/保密室 查阅，限 archive"],
        "c/4": ["“会议记录”不得复印，已复制"],
        "c/5": ["p/孙 不在可查阅“会议记录”之列", "“会议记录”借出，限 archive"],
    }


def test_rdg_6_research():
    office = Office(ARCHIVE)
    for number, level in ((1, "秘密"), (2, "秘密"), (3, "无密"), (4, "无密"), (5, "无密")):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}", level=level)
        register(office, "02-01 10:00", f"d/{number}", on=[f"c/{number}"], serial=number, series="科研", level=level)
        office.office(
            "02-02 08:00", "appointed.post", on=[f"d/{number}"], person="p/吴", post="project_leader", over=f"d/{number}", valid_from="2025-02-01"
        )  # fmt: skip
    permit(office, "03-03 09:00", "d/2", "consult", by="吴")
    permit(office, "03-03 09:00", "d/4", "consult", by="吴")
    permit(office, "03-03 09:00", "d/5", "consult", by="冯")
    read(office, "03-03 10:00", "c/1", "吴", "w/档案室", how="consult")
    for number in (2, 3, 4, 5):
        read(office, "03-03 10:00", f"c/{number}", "陈", "w/档案室", how="consult")
    found = messages(office, "RDG-6")
    assert set(found) == {"c/2", "c/3", "c/5"}
    assert found["c/2"] == ["p/陈 不是课题组负责人，查阅了有密级的科研档案"]
    assert found["c/3"] == ["p/陈 查阅科研档案未经课题组负责人同意"]


def test_rdg_7_consent_of_who_filed_it_and_of_the_tutor():
    office = Office(ARCHIVE)
    office.appoint("王宁", "dept_head", over="u/党政办")
    for person, unit in (("陈", "u/镇"), ("孙", "u/党政办")):
        office.office("02-01 08:00", "declared.person", person=f"p/{person}", name=person, unit=unit)
    for number in (1, 2, 3, 4):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}", level="无密")
        register(
            office, "02-01 10:00", f"d/{number}", on=[f"c/{number}"], serial=number, owner="u/党政办", level="无密"
        )
    for number in (5, 6, 7):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}", level="无密")
        register(office, "02-01 10:00", f"d/{number}", on=[f"c/{number}"], serial=number, series="研究生", level="无密")
        office.office(
            "02-02 08:00", "appointed.post", on=[f"d/{number}"], person="p/吴", post="supervisor_tutor", over=f"d/{number}", valid_from="2025-02-01"
        )  # fmt: skip
    permit(office, "03-03 09:00", "d/2", "consult", by="王宁")
    # The head of another department doesn't speak for this one.
    permit(office, "03-03 09:00", "d/3", "consult", by="冯")
    permit(office, "03-03 09:00", "d/6", "consult", by="吴")
    for number, who in ((1, "陈"), (2, "陈"), (3, "陈"), (4, "孙"), (5, "陈"), (6, "陈"), (7, "吴")):
        read(office, "03-03 10:00", f"c/{number}", who, "w/档案室", how="consult")
    assert messages(office, "RDG-7") == {
        "c/1": ["p/陈 跨部门查阅未经 u/党政办 负责人同意"],
        "c/3": ["p/陈 跨部门查阅未经 u/党政办 负责人同意"],
        "c/5": ["p/陈 查阅“研究生”未经同意（supervisor_tutor）"],
    }


def test_what_is_read_of_a_document_as_a_whole():
    """Where a book names no copy, the document is read."""
    office = Office({**TOWN, **ARCHIVE})
    for number, level in ((1, "绝密"), (2, "机密"), (3, "机密"), (4, "机密")):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}", level=level)
        register(office, "02-01 10:00", f"d/{number}", on=[f"c/{number}"], serial=number, level=level)
    read(office, "03-03 10:00", "d/1", "陈", "w/办公室301")
    read(office, "03-03 10:00", "d/2", "陈", "w/办公室301")
    read(office, "03-03 10:00", "d/3", "陈", "w/市局")
    read(office, "03-03 10:00", "d/4", "陈", "w/档案室", how="consult")
    chapter = [f"RDG-{number}" for number in range(1, 8)]
    assert office.found(*chapter) == [
        ("RDG-1", "d/1"),
        ("RDG-2", "d/2"),
        ("RDG-2", "d/4"),
        ("RDG-3", "d/3"),
        ("RDG-4", "d/4"),
    ]


def test_what_no_log_shows_is_asked():
    assert "公共场所" in QUESTIONS["RDG-8"].zh
    assert "八防" in QUESTIONS["STO-7"].zh


def test_rdg_1_handed_out_at_the_office_and_read_in_the_reading_room():
    office = Office(TOWN)
    for number in (1, 2, 3):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}", level="绝密")
        circulate(office, "03-03 10:00", [f"c/{number}"], "陈", "w/机要室")
    read(office, "03-03 10:05", "c/1", "陈", "w/阅文室")
    read(office, "03-03 10:05", "c/2", "陈", "w/涉密办公室")
    assert office.found("RDG-1") == [("RDG-1", "c/2"), ("RDG-1", "c/3")]
    assert messages(office, "RDG-1")["c/2"] == ["p/陈 阅读绝密级：w/涉密办公室 不是允许的阅读场所"]


def test_rdg_3_only_what_is_out_may_be_read_where_it_was_taken():
    office = Office(TOWN)
    receive(office, "02-01 09:00", ["c/1"], "d/1")
    permit(office, "02-02 09:00", "c/1", "take_out")
    both = {"giver": "李敏", "receiver": "陈"}
    office.tell("02-03 09:00", "transferred.take_out", on=["c/1"], who=both, destination="w/市局", reason="汇报")
    read(office, "02-03 10:00", "c/1", "陈", "w/市局")
    assert office.found("RDG-3") == []
    office.tell(
        "02-03 17:00", "returned.to_keeper", on=["c/1"], who={"giver": "陈", "receiver": "李敏"}, reason="take_out"
    )
    circulate(office, "06-03 10:00", ["c/1"], "陈", "w/市局")
    assert messages(office, "RDG-3") == {"c/1": ["p/陈 在办公场所以外（w/市局）阅读：事前未经审批"]}


def test_rdg_3_a_permission_is_for_its_place_and_persons():
    office = Office(TOWN)
    for number, place, reader in ((1, "w/市局", "陈"), (2, "w/复印店", "陈"), (3, "w/市局", "孙")):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}")
        permit(office, "02-02 09:00", f"c/{number}", "read_outside", where="w/市局", to=["p/陈"])
        circulate(office, "03-03 10:00", [f"c/{number}"], reader, place)
    found = messages(office, "RDG-3")
    assert set(found) == {"c/2", "c/3"}
    assert "批准的是 w/市局" in found["c/2"][0]
    assert "不包括 p/孙" in found["c/3"][0]


def test_rdg_5_extracts_are_no_copies_and_every_original_counts():
    office = Office(ARCHIVE)
    receive(office, "02-01 09:00", ["c/1", "c/2"], "d/1")
    register(office, "02-01 10:00", "d/1", on=["c/1", "c/2"], series="会议记录")
    receive(office, "02-01 09:00", ["c/0"], "d/0")
    for method, parents, made in (("excerpt", ["c/1"], "c/9"), ("copy", ["c/0", "c/2"], "c/8")):
        office.tell(
            "03-03 12:30", "copied.made", on=[*parents, made], who={"operator": "王宁", "registrar": "李敏"}, parents=parents,
            items=[{"carrier": made, "form": "document"}], method=method, level="秘密",
        )  # fmt: skip
    assert office.found("RDG-5") == [("RDG-5", "c/2")]


def test_rdg_7_a_section_of_the_department_is_no_other_department():
    office = Office(ARCHIVE, units={"u/科研处": "section"})
    office.office("02-01 08:00", "declared.unit", unit="u/项目科", name="项目科", type="section", parent="u/科研处")
    for person, unit in (("陈", "u/项目科"), ("孙", "u/党政办")):
        office.office("02-01 08:00", "declared.person", person=f"p/{person}", name=person, unit=unit)
    for number, reader in ((1, "陈"), (2, "孙")):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}")
        register(office, "02-01 10:00", f"d/{number}", on=[f"c/{number}"], serial=number, owner="u/科研处")
        read(office, "03-03 10:00", f"c/{number}", reader, "w/档案室", how="consult")
    assert office.found("RDG-7") == [("RDG-7", "c/2")]


def test_rdg_4_an_approval_is_for_whom_it_names():
    office = Office(ARCHIVE)
    receive(office, "02-01 09:00", ["c/1", "c/2"], "d/1")
    permit(office, "03-03 09:00", "d/1", "consult", by="冯", to=["p/孙"])
    read(office, "03-03 10:00", "c/1", "孙", "w/档案室", how="consult")
    read(office, "03-03 10:00", "c/2", "陈", "w/档案室", how="consult")
    assert messages(office, "RDG-4") == {"c/2": ["p/陈 查阅密级档案：批准的对象不包括 p/陈"]}


def test_rdg_6_the_leader_consents_by_a_review_and_before_the_reading():
    office = Office(ARCHIVE)
    for number in (1, 2, 3, 4):
        receive(office, "02-01 09:00", [f"c/{number}"], f"d/{number}", level="无密")
        register(office, "02-01 10:00", f"d/{number}", on=[f"c/{number}"], serial=number, series="科研", level="无密")
        office.office(
            "02-02 08:00", "appointed.post", on=[f"d/{number}"], person="p/吴", post="project_leader", over=f"d/{number}", valid_from="2025-02-01"
        )  # fmt: skip
    review = {"who": {"reviewer": "吴"}, "step": "reviewed", "act": "consult"}
    for number in (2, 3, 4):
        permit(office, "03-03 08:30", f"d/{number}", "consult", by="冯", id=f"p{number}")
    office.tell("03-03 08:00", "decided.permit", on=["d/1"], id="r1", **review)
    permit(office, "03-03 08:30", "d/1", "consult", by="冯", refs=["r1"])
    for number in (1, 2, 3):
        read(office, "03-03 10:00", f"c/{number}", "陈", "w/档案室", how="consult")
    # A consent stands in the log before the reading: none is what was given, or only entered, after it.
    office.tell("03-03 11:00", "decided.permit", on=["d/2"], refs=["p2"], **review)
    office.tell(
        "03-03 09:00", "decided.permit", on=["d/3"], refs=["p3"], late_reason="停电", recorded="03-03 12:00", **review
    )
    office.tell("03-03 11:00", "decided.permit", on=["d/4"], refs=["p4"], recorded="03-03 12:10", **review)
    read(office, "03-03 10:00", "c/4", "陈", "w/档案室", how="consult", late_reason="停电", recorded="03-03 12:20")
    assert office.found("RDG-6") == [("RDG-6", f"c/{number}") for number in (2, 3, 4)]
