"""Determining the level, how it is done: CLS-1, 5, 6, 7, 9, 10, 11, 17."""

from __future__ import annotations

import pytest

from tests.offices import Office
from tests.own_documents import classify, enter, make, mark, permit, send
from tests.scenarios import local

POLICY = {
    "posts.classify.proposed": ["clerk", "drafter"], "posts.classify.reviewed": ["office_head", "responsible_leader"],
    "posts.classify.approved": ["responsible_leader", "principal_leader"], "distinct.classify": "proposer+reviewer+approver",
}  # fmt: skip
LEDGER = {"cells": bytes(32), "sha256": bytes(32), "sheet": "发", "row": 3}


def messages(office, code, subject, **moment):
    return [one.message_zh for one in office.judge(code, **moment).findings if one.subject == subject]


@pytest.fixture(scope="module")
def office():
    """Documents that were classified in different ways, and made afterwards."""
    told = Office(POLICY)
    classify(told, "d/好")
    make(told, "d/好", ["c/好"])
    classify(told, "d/无依据", basis=None)
    classify(told, "d/后补依据", basis=None)
    told.tell(
        "06-03 10:00", "decided.classify", on=["d/后补依据"], who={"registrar": "李敏"}, step="checked", level="秘密", basis="范围",
        refs=["d/后补依据 06-03 approved"],
    )  # fmt: skip
    make(told, "d/未拟定", ["c/未拟定"])
    classify(told, "d/内部", level="内部", basis=None, persons={"reviewed": None})
    make(told, "d/内部件", ["c/内部件"], level="内部")
    make(told, "d/账", ["c/账"], source=LEDGER, who={"registrar": "李敏"})
    told.tell(
        "06-03 09:00", "decided.classify", on=["d/上级定"], who={"registrar": "李敏"}, step="approved", level="秘密", by="u/省委"
    )  # fmt: skip
    make(told, "d/上级定", ["c/上级定"])
    # What a small office states in the approval itself.
    told.tell(
        "06-03 09:30", "decided.classify", on=["d/一步"], who={"proposer": "赵强", "reviewer": "王宁", "approver": "何副书记"},
        unsigned=["赵强", "王宁"], step="approved", level="秘密", term="5年", basis="范围",
    )  # fmt: skip
    make(told, "d/一步", ["c/一步"])
    return told


def test_a_level_is_proposed_before_a_document_is_made(office):
    assert office.found("CLS-1") == [("CLS-1", "d/后补依据"), ("CLS-1", "d/无依据"), ("CLS-1", "d/未拟定")]
    assert messages(office, "CLS-1", "d/未拟定") == ["制作前未拟定密级"]
    (finding,) = [one for one in office.judge("CLS-1").findings if one.subject == "d/无依据"]
    assert finding.severity == "high"
    assert finding.message_zh == "拟定秘密未提出定密依据"
    assert finding.evidence == (finding.origin,)
    assert office.found("CLS-1", state="closed") == [("CLS-1", "d/后补依据")]


def test_proposed_only_after_it_was_made():
    told = Office(POLICY)
    make(told, "d/甲", ["c/甲"], "06-03 08:00")
    classify(told, "d/甲")
    made = told.reader.size - 4
    (finding,) = told.judge("CLS-1").findings
    assert (finding.subject, finding.evidence) == ("d/甲", (made,))
    assert messages(told, "CLS-5", "d/甲") == ["密级未经批准即制作"]


def test_three_steps_in_order(office):
    assert office.found("CLS-5") == []


@pytest.fixture(scope="module")
def faulty():
    told = Office(POLICY)
    classify(told, "d/一人", persons={"reviewed": "何副书记"})
    classify(told, "d/缺审", persons={"reviewed": None})
    classify(told, "d/缺二", persons={"proposed": None, "reviewed": None})
    classify(told, "d/倒序", times={"reviewed": "11:00"})
    classify(told, "d/无职务", persons={"approved": "王宁", "reviewed": "何副书记"})
    classify(told, "d/未签", unsigned=["王宁"])
    classify(told, "d/批未签", unsigned=["何副书记"])
    classify(told, "d/内部", level="内部", persons={"proposed": None, "reviewed": None})
    classify(told, "d/拟而未批", persons={"approved": None, "reviewed": None})
    make(told, "d/拟而未批", ["c/拟而未批"])
    return told


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("d/一人", ["p/何副书记 一人既审核又批准密级"]),
        ("d/缺审", ["定密缺审核环节"]),
        ("d/缺二", ["定密缺拟定、审核环节"]),
        ("d/倒序", ["定密审核在批准之后"]),
        ("d/无职务", ["定密批准人 p/王宁 不具相应职务（responsible_leader、principal_leader）"]),
        ("d/未签", ["定密审核未签名"]),
        ("d/批未签", ["定密批准未签名"]),
        ("d/内部", []),
        ("d/拟而未批", ["密级未经批准即制作"]),
    ],
)
def test_what_is_wrong_with_the_steps(faulty, document, expected):
    assert messages(faulty, "CLS-5", document) == expected


def test_a_signature_that_came_later_counts():
    told = Office(POLICY)
    classify(told, "d/甲", unsigned=["王宁"])
    told.tell("06-04 09:00", "countersigned", on=["d/甲"], who={"reviewer": "王宁"}, refs=["d/甲 06-03 reviewed"])
    assert told.found("CLS-5") == []


def test_without_posts_and_separation_in_the_policy():
    told = Office()
    classify(told, "d/甲", persons={"reviewed": "何副书记", "approved": "何副书记", "proposed": "陈"})
    assert told.found("CLS-5") == []


def test_the_evidence_of_two_steps_by_one_person(faulty):
    (finding,) = [one for one in faulty.judge("CLS-5").findings if one.subject == "d/一人"]
    kinds = [faulty.reader.read(index).body().step for index in finding.evidence]
    assert kinds == ["reviewed", "approved"]
    assert finding.severity == "high"
    assert finding.parameters["distinct.classify"] == "proposer+reviewer+approver"


# --- CLS-6 --------------------------------------------------------------------------------------


def reject(office, document, at="06-03 09:40"):
    return office.tell(
        at, "decided.classify", on=[document], who={"approver": "王宁"}, step="rejected", level="秘密", refs=[f"{document} 06-03 approved"]
    )  # fmt: skip


def test_what_was_sent_back_is_reviewed_and_signed_afresh():
    told = Office(POLICY)
    for document in ("d/照做", "d/重审", "d/只批"):
        classify(told, document)
        reject(told, document)
    classify(told, "d/重审", "06-04")
    classify(told, "d/只批", "06-04", persons={"reviewed": None})
    for document in ("d/照做", "d/重审", "d/只批"):
        make(told, document, [f"c/{document[2:]}"], "06-05 11:00")
    assert told.found("CLS-6") == [("CLS-6", "d/只批"), ("CLS-6", "d/照做")]
    assert messages(told, "CLS-6", "d/照做") == ["退回后未重新审核、批准即制作"]
    assert messages(told, "CLS-6", "d/只批") == ["退回后未重新审核即制作"]


def test_the_office_s_own_check_where_the_policy_is_strict():
    for parameters, expected in (({}, []), ({"strict.CLS-6": "yes"}, [("CLS-6", "d/未复核")])):
        told = Office(parameters)
        for document in ("d/未复核", "d/复核"):
            classify(told, document)
        told.tell(
            "06-03 10:00", "decided.classify", on=["d/复核"], who={"registrar": "李敏"}, step="checked", level="秘密"
        )
        for document in ("d/未复核", "d/复核"):
            make(told, document, [f"c/{document[2:]}"])
        assert told.found("CLS-6") == expected


# --- CLS-7 --------------------------------------------------------------------------------------


def test_the_register_of_secret_matters():
    told = Office({"within.matter_register": "5d"})
    for document, basis in (("d/齐", "范围"), ("d/缺", None), ("d/迟", "范围")):
        classify(told, document, basis=basis)
    for number, document in enumerate(("d/齐", "d/缺"), 1):
        make(told, document, [f"c/{number}"])
        enter(told, document, number)
    scope = {"persons": ["p/陈"]}
    told.tell(
        "06-04 09:00",
        "decided.scope",
        on=["d/齐"],
        who={"approver": "何副书记"},
        step="approved",
        change="set",
        scope=scope,
    )
    make(told, "d/迟", ["c/3"], "06-04 09:00")
    assert [due[:2] for due in told.due("CLS-7", as_of="06-07")] == [("CLS-7", "d/缺"), ("CLS-7", "d/迟")]
    assert told.due("CLS-7", as_of="06-07")[0][2] == local("06-09") - 1
    assert told.found("CLS-7", as_of="06-07") == []
    assert messages(told, "CLS-7", "d/缺", as_of="06-10") == [
        "国家秘密事项登记缺定密依据、知悉范围（期限 2025-06-08 23:59），逾期未办"
    ]
    told.tell(
        "06-10 09:00",
        "decided.scope",
        on=["d/迟"],
        who={"approver": "何副书记"},
        step="approved",
        change="set",
        scope=scope,
    )
    enter(told, "d/迟", 3, "06-12 09:00")
    assert told.found("CLS-7", state="closed") == [("CLS-7", "d/迟")]
    assert told.found("CLS-7", state="open") == [("CLS-7", "d/缺")]


def test_no_register_of_matters_without_a_time_for_it(office):
    assert office.found("CLS-7") == []


# --- CLS-9, 10, 11, 17 --------------------------------------------------------------------------


def test_who_issues_determines_the_level():
    told = Office()
    enter(told, "d/自定", 1, classifier="u/镇")
    enter(told, "d/他定", 2, classifier="u/省委")
    enter(told, "d/派生", 3, classifier="u/省委", classification="derived")
    enter(told, "d/来文", 4, issuer="u/省委", classifier="u/市保密局")
    enter(told, "d/授权", 5, classifier="u/省委")
    told.tell(
        "06-03 12:00",
        "decided.classify",
        on=["d/授权"],
        who={"registrar": "李敏"},
        step="approved",
        level="秘密",
        by="u/省委",
    )
    (finding,) = told.judge("CLS-9").findings
    assert (finding.subject, finding.severity) == ("d/他定", "info")
    assert "u/镇" in finding.message_zh
    assert "u/省委" in finding.message_zh


def test_levels_are_reviewed_every_year():
    told = Office({"every.classification_review": "6mo"})
    began = told.reader.read(0).recorded_at_us
    (due,) = told.judge("CLS-10", as_of="03-01").dues
    assert (due.code, due.subject) == ("CLS-10", "u/镇")
    assert due.due_us > began
    told.tell("03-10 09:00", "checked.inspection", on=["u/镇"], who={"operator": "王宁"}, topic="full")
    told.tell("03-10 09:00", "checked.inspection", on=["u/镇"], who={"operator": "王宁"}, topic="classification")
    assert told.due("CLS-10", as_of="09-10")[0][2] == local("09-11") - 1
    assert told.found("CLS-10", as_of="09-10 23:59") == []
    (finding,) = told.judge("CLS-10", as_of="09-11 00:00").findings
    assert (finding.severity, finding.state) == ("low", "open")
    told.tell("10-11 09:00", "checked.inspection", on=["u/镇"], who={"operator": "王宁"}, topic="classification")
    assert told.found("CLS-10", state="closed") == [("CLS-10", "u/镇")]
    assert told.found("CLS-10", state="open") == []
    assert Office().found("CLS-10") == []


@pytest.mark.parametrize("strict", [True, False])
def test_levels_are_approved_within_one_s_authority(strict):
    told = Office({"strict.CLS-11": "yes"} if strict else {}, units={"u/镇": None})
    told.declare_units({"u/镇": "own"}, authority="秘密")
    told.office(
        "01-03 08:00", "appointed.level", person="p/王宁", what="authority", level="内部", valid_from="2025-01-01"
    )
    classify(told, "d/权内")
    classify(told, "d/越权", level="机密")
    classify(told, "d/派生", level="机密", classification="derived")
    classify(told, "d/人越权", persons={"approved": "王宁", "reviewed": "何副书记"})
    expected = [("CLS-11", "d/人越权"), ("CLS-11", "d/越权")] if strict else []
    assert told.found("CLS-11") == expected
    if strict:
        assert messages(told, "CLS-11", "d/越权") == ["批准定为机密，超出 u/镇 的定密权限（秘密）"]
        assert messages(told, "CLS-11", "d/人越权") == ["批准定为秘密，超出 p/王宁 的定密权限（内部）"]


def test_no_authority_declared_says_nothing():
    told = Office({"strict.CLS-11": "yes"})
    classify(told, "d/甲", level="绝密")
    assert told.found("CLS-11") == []


def test_what_was_classified_is_reported():
    told = Office({"every.classification_report": "3mo"})
    classify(told, "d/甲")
    classify(told, "d/内部", level="内部")
    assert [due[:2] for due in told.due("CLS-17", as_of="06-05")] == [("CLS-17", "d/甲")]
    told.tell(
        "06-20 09:00", "notified.filed", on=["u/镇"], who={"registrar": "李敏"}, to="u/市保密局", what="statistics"
    )
    told.tell(
        "09-03 09:00",
        "notified.filed",
        on=["u/镇"],
        who={"registrar": "李敏"},
        to="u/市保密局",
        what="classification_report",
    )
    classify(told, "d/乙", "09-04")
    assert told.found("CLS-17", as_of="12-04 23:00") == []
    (finding,) = told.judge("CLS-17", as_of="12-05 01:00").findings
    assert (finding.subject, finding.severity, finding.state) == ("d/乙", "low", "open")


def test_reported_too_late():
    told = Office({"every.classification_report": "1mo"})
    classify(told, "d/甲")
    told.tell(
        "07-20 09:00",
        "notified.filed",
        on=["u/镇"],
        who={"registrar": "李敏"},
        to="u/市保密局",
        what="classification_report",
    )
    assert told.found("CLS-17", state="closed") == [("CLS-17", "d/甲")]


# --- the story of a document made too hastily ---------------------------------------------------


def test_the_story_of_an_own_document():
    """Term, number, count and register of a document that was printed before anybody looked."""
    told = Office({
        **POLICY, "cap.绝密": "30年", "cap.机密": "20年", "cap.秘密": "10年", "copy_no.from": "机密", "mark.positions": "top_left",
        "within.byproduct": "3wd", "posts.permit.make": "principal_leader", "posts.make": ["clerk", "registrar"],
        "places.make": ["print_room", "print_site"], "places.make_inside": "print_room", "within.mark": "1d", "within.remark": "10wd",
        "every.classification_review": "1y",
    })  # fmt: skip
    classify(told, "d/镇12", term="15年", basis=None, persons={"reviewed": "何副书记"}, classification="original")
    permit(told, "d/镇12", count=30, where="w/文印室")
    carriers = [f"c/M{number}" for number in range(1, 32)]
    make(told, "d/镇12", carriers, device="c/PC-1", distribution=["u/甲村", "u/乙村"])
    enter(told, "d/镇12", 12, "06-03 11:30", term="15年")
    mark(told, carriers, "秘密★15年")
    told.tell("06-03 11:50", "checked.count", on=["d/镇12"], who={"registrar": "李敏"}, expected=30, actual=31)
    send(told, carriers[:28], "d/镇12")
    send(told, carriers[30:], "d/镇12", "06-04 10:00", who={"giver": "李敏"}, to="u/乙村", channel="courier")
    chapters = [rule for rule in told.rules() if rule.partition("-")[0] in ("CLS", "MRK", "NUM", "MAK")]
    found = told.judge(*chapters, as_of="06-09 12:00").findings
    assert sorted((one.code, one.severity, one.subject) for one in found) == [
        ("CLS-1", "high", "d/镇12"), ("CLS-3", "high", "d/镇12"), ("CLS-5", "high", "d/镇12"), ("MAK-4", "critical", "d/镇12"),
        ("MAK-5", "medium", "d/镇12"), ("NUM-1", "high", "d/镇12"), ("NUM-2", "high", "d/镇12"),
    ]  # fmt: skip
    assert {one.state for one in found} == {"open"}


def step(told, on, at, name, who, *, level="秘密", refs=(), **fields):
    return told.tell(
        f"06-03 {at}",
        "decided.classify",
        on=[on],
        id=f"{on} {at}",
        who=who,
        step=name,
        level=level,
        refs=refs,
        **fields,
    )


def test_what_was_sent_back_begins_anew():
    """The first proposal needs no basis for 无密; who approved the first time may review the second time."""
    told = Office(POLICY)
    step(told, "d/甲", "08:00", "proposed", {"proposer": "赵强"}, level="无密")
    step(told, "d/甲", "08:10", "reviewed", {"reviewer": "王宁"}, level="无密", refs=["d/甲 08:00"])
    step(told, "d/甲", "08:20", "approved", {"approver": "何副书记"}, level="无密", refs=["d/甲 08:10"])
    step(told, "d/甲", "08:30", "rejected", {"reviewer": "王宁"}, refs=["d/甲 08:20"])
    step(told, "d/甲", "08:40", "proposed", {"proposer": "赵强"}, refs=["d/甲 08:30"], basis="范围第三条")
    step(told, "d/甲", "08:50", "reviewed", {"reviewer": "何副书记"}, refs=["d/甲 08:40"])
    step(told, "d/甲", "09:00", "approved", {"approver": ["周书记", "王宁"]}, refs=["d/甲 08:50"], term="5年")
    make(told, "d/甲", ["c/1"])
    assert told.found("CLS-1", "CLS-5", "CLS-6") == []
    step(told, "d/乙", "08:00", "proposed", {"proposer": "赵强"}, basis="范围")
    step(told, "d/乙", "08:10", "reviewed", {"reviewer": "何副书记"}, refs=["d/乙 08:00"])
    step(told, "d/乙", "08:20", "approved", {"approver": "何副书记"}, refs=["d/乙 08:10"], term="5年")
    assert messages(told, "CLS-5", "d/乙") == ["p/何副书记 一人既审核又批准密级"]


def test_of_a_derived_level_the_source_is_the_basis():
    told = Office(POLICY)
    for name, sources in (("有", ["d/来"]), ("无", [])):
        classify(told, f"d/{name}", basis=None, classification="derived")
        enter(told, f"d/{name}", 1 + len(sources), sources=sources, classification="derived")
    assert told.found("CLS-1") == [("CLS-1", "d/无")]


def test_what_another_unit_issues_was_determined_there():
    told = Office(POLICY)
    for number, issuer in enumerate(("u/省委", "u/镇"), 1):
        enter(told, f"d/{number}", number, issuer=issuer)
        make(told, f"d/{number}", [f"c/{number}"])
    assert told.found("CLS-1", "CLS-5") == [("CLS-1", "d/2")]


def test_a_unit_that_nobody_declared_takes_no_level_off_ones_hands():
    """Whoever writes any name into the register would else be asked nothing."""
    told = Office(POLICY)
    for number, issuer in enumerate(("u/市保密局", "u/没有登记的单位"), 1):
        enter(told, f"d/{number}", number, issuer=issuer)
        make(told, f"d/{number}", [f"c/{number}"])
    assert told.found("CLS-1", "CLS-5") == [("CLS-1", "d/2")]


def test_a_review_of_its_own_is_asked_where_the_policy_names_reviewers():
    for policy, missing in (({}, []), ({"distinct.classify": "proposer+reviewer"}, ["定密缺审核环节"])):
        told = Office(policy)
        classify(told, "d/甲", persons={"reviewed": None})
        assert messages(told, "CLS-5", "d/甲") == missing


def test_a_section_that_classifies_is_no_other_unit():
    told = Office()
    for number, classifier in enumerate(("u/党政办", "u/市保密局"), 1):
        enter(told, f"d/{number}", number, classifier=classifier)
    assert told.found("CLS-9") == [("CLS-9", "d/2")]


def test_every_year_is_once_in_each_calendar_year():
    told = Office({"every.classification_review": "1y"})
    for at in ("2025-02-01 09:00", "2026-11-30 09:00"):
        told.tell(at, "checked.inspection", on=["u/党政办"], who={"operator": "王宁"}, topic="classification")
    assert told.found("CLS-10", as_of="2027-12-31") == []
    assert told.found("CLS-10", as_of="2028-01-02") == [("CLS-10", "u/镇")]
