"""Making: MAK-1 to MAK-10."""

from __future__ import annotations

import pytest

from tests.offices import Office, receive, register
from tests.own_documents import classify, enter, make, permit, send
from tests.scenarios import local

LEDGER = {"cells": bytes(32), "sha256": bytes(32), "sheet": "发", "row": 3}


def messages(office, code, subject=None, **moment):
    return [one.message_zh for one in office.judge(code, **moment).findings if subject in (None, one.subject)]


def by_subject(office, code, **moment):
    return {subject: messages(office, code, subject, **moment) for _, subject in office.found(code, **moment)}


# --- MAK-1, 2, 3 --------------------------------------------------------------------------------


def test_making_is_approved_by_the_principal_leader():
    told = Office({"posts.permit.make": "principal_leader"})
    for name in ("好", "期", "地"):
        permit(
            told,
            f"d/{name}",
            **({"until": "06-03 10:59"} if name == "期" else {"where": "w/机要室"} if name == "地" else {}),
        )
    permit(told, "d/分管", who="何副书记")
    told.tell("06-03 10:00", "decided.permit", on=["d/未签"], who={"approver": "周书记", "registrar": "李敏"}, unsigned=["周书记"],
              step="approved", act="make")  # fmt: skip
    permit(told, "d/另事", act="copy")
    for name in ("好", "期", "地", "分管", "未签", "另事", "未批"):
        make(told, f"d/{name}", [f"c/{name}"])
    make(told, "d/内部", ["c/内部"], level="内部")
    make(told, "d/账", ["c/账"], source=LEDGER, who={"registrar": "李敏"})
    made = make(told, "d/后批", ["c/后批"])
    permit(told, "d/后批", "06-03 12:00")
    assert by_subject(told, "MAK-1") == {
        "d/期": ["制作时准印已过期（至 2025-06-03 10:59）"], "d/地": ["批准在 w/机要室 制作，实际在 w/文印室"],
        "d/分管": ["制作p/何副书记 不具相应职务（principal_leader）"], "d/未签": ["制作审批人未签名"], "d/另事": ["制作事前未经审批"],
        "d/未批": ["制作事前未经审批"], "d/后批": ["制作事前未经审批"],
    }  # fmt: skip
    (finding,) = [one for one in told.judge("MAK-1").findings if one.subject == "d/后批"]
    assert (finding.severity, finding.evidence) == ("high", (made,))


def test_anybody_may_approve_where_the_policy_names_nobody():
    told = Office()
    permit(told, "d/甲", who="何副书记")
    make(told, "d/甲", ["c/甲"])
    assert told.found("MAK-1") == []


@pytest.fixture(scope="module")
def places():
    told = Office(
        {"places.make": ["print_room", "print_site"], "places.make_inside": "print_room"},
        places={"w/未定点": "print_site"},
    )
    told.declare_units({"u/定点厂": "printer"}, designated=["print"])
    told.declare_places({"w/定点": "print_site"}, licence_no="复证1号")
    told.declare_places({"w/过期": "print_site"}, licence_no="复证2号", valid_to="2025-05-31")
    told.declare_places({"w/厂": "print_site"}, unit="u/定点厂")
    classify(told, "d/定点")
    classify(told, "d/厂")
    permit(told, "d/定点", act="make_outside", who="何副书记")
    permit(told, "d/厂", act="make_outside", who="周书记")
    for name, place, more in (
        ("好", "w/文印室", {}), ("会议室", "w/会议室", {}), ("复印店", "w/复印店", {}), ("未报", "w/无名", {}), ("未记", None, {}),
        ("定点", "w/定点", {"licence_no": "复证1号"}), ("错证", "w/定点", {"licence_no": "复证9号"}), ("未定点", "w/未定点", {}),
        ("过期", "w/过期", {}), ("厂", "w/厂", {}),
    ):  # fmt: skip
        make(told, f"d/{name}", [f"c/{name}"], place=place, **more)
    return told


def test_made_in_a_secure_place_or_by_a_licensed_printer(places):
    assert by_subject(places, "MAK-2") == {
        "d/会议室": ["制作场所 w/会议室（meeting_room）不在允许之列"], "d/复印店": ["制作场所 w/复印店（shop）不在允许之列"],
        "d/错证": ["许可证号 复证9号 与登记的 复证1号 不符"], "d/未定点": ["w/未定点 无《秘密载体复制许可证》"],
    }  # fmt: skip
    assert {one.severity for one in places.judge("MAK-2").findings} == {"high"}


def test_a_licence_that_ran_out():
    told = Office({"places.make": ["print_room", "print_site"]}, places={"w/厂": "print_site"})
    told.declare_units({"u/旧定点": "printer"}, designated=["print"], valid_to="2025-05-31")
    told.declare_places({"w/旧厂": "print_site"}, unit="u/旧定点")
    make(told, "d/前", ["c/前"], "05-30 11:00", place="w/旧厂")
    make(told, "d/后", ["c/后"], "06-01 11:00", place="w/旧厂")
    assert told.found("MAK-2") == [("MAK-2", "d/后")]


def test_making_elsewhere_is_approved_by_who_signs_the_document(places):
    found = by_subject(places, "MAK-3")
    assert found.pop("d/厂") == ["外出制作由 p/周书记 审批，不是签发领导 p/何副书记"]
    assert sorted(found) == ["d/会议室", "d/复印店", "d/未定点", "d/错证"]
    assert found["d/会议室"] == ["在 w/会议室 外出制作事前未经审批"]
    (finding,) = [one for one in places.judge("MAK-3").findings if one.subject == "d/厂"]
    assert [places.reader.read(index).kind for index in finding.evidence] == [
        "decided.classify",
        "decided.permit",
        "created.produced",
    ]
    assert Office().found("MAK-3") == []


# --- MAK-4, MAK-5 -------------------------------------------------------------------------------


def test_exactly_the_approved_number_is_made():
    told = Office()
    for name, number, more in (
        ("正好", 2, {}), ("多", 1, {}), ("少", 3, {}), ("少有说明", 3, {"note": "纸张不足"}), ("少废", 3, {"spoiled": 1}),
        ("号外", 2, {"numbers": ["1", "7"]}), ("号异", 2, {"numbers": ["甲1", "甲2"]}), ("内部多", 1, {"level": "内部"}),
    ):  # fmt: skip
        permit(told, f"d/{name}", count=number)
        make(told, f"d/{name}", [f"c/{name}1", f"c/{name}2"], **more)
    make(told, "d/无批", ["c/无批"])
    permit(told, "d/分批", count=3)
    make(told, "d/分批", ["c/分1", "c/分2"])
    second = make(told, "d/分批", ["c/分3", "c/分4"], "06-04 11:00", numbers=["3", "4"])
    permit(told, "d/加印", count=2)
    make(told, "d/加印", ["c/加1", "c/加2"])
    permit(told, "d/加印", "06-04 10:00", count=1)
    make(told, "d/加印", ["c/加3"], "06-04 11:00", numbers=["3"])
    assert by_subject(told, "MAK-4") == {
        "d/多": ["批准1份，制作2份，多制1份"], "d/少": ["批准3份，制作2份，无说明"], "d/号外": ["份号 7 不在批准的1—2之内"],
        "d/内部多": ["批准1份，制作2份，多制1份"], "d/分批": ["批准3份，制作4份，多制1份"],
    }  # fmt: skip
    severity = {one.subject: one.severity for one in told.judge("MAK-4").findings}
    assert (severity["d/多"], severity["d/号外"], severity["d/少"]) == ("critical", "critical", "info")
    (finding,) = [one for one in told.judge("MAK-4").findings if one.subject == "d/分批"]
    assert finding.evidence[-1] == second


def test_what_is_left_over_is_kept_or_destroyed():
    told = Office({"within.byproduct": "3wd"})
    for name in ("毁", "存", "先毁", "未", "迟毁"):
        if name == "先毁":
            byproduct(told, "d/先毁", "06-03 09:00")
        make(told, f"d/{name}", [f"c/{name}"])
    make(told, "d/内部", ["c/内部"], level="内部")
    byproduct(told, "d/毁", "06-06 23:00")
    told.tell("06-04 09:00", "created.entered", on=["c/稿", "d/存"], who={"registrar": "李敏"}, level="秘密", reason="byproduct",
              items=[{"carrier": "c/稿", "form": "draft", "document": "d/存"}])  # fmt: skip
    byproduct(told, "d/迟毁", "06-09 09:00")
    # 06-03 is a Tuesday: three working days end on Friday.
    assert told.due("MAK-5", as_of="06-05")[0][2] == local("06-07") - 1
    assert told.found("MAK-5", as_of="06-06 23:59") == []
    assert told.found("MAK-5", as_of="06-07 00:00") == [("MAK-5", f"d/{name}") for name in ("先毁", "未", "迟毁")]
    assert told.found("MAK-5", state="closed") == [("MAK-5", "d/迟毁")]
    (finding,) = [one for one in told.judge("MAK-5").findings if one.subject == "d/未"]
    assert finding.severity == "medium"
    assert Office().found("MAK-5") == []


def byproduct(office, document, at):
    return office.tell(at, "destroyed.byproducts", on=[document], who={"operator": "赵强"}, count=3, what="草稿")


def test_the_last_of_several_makings_counts():
    told = Office({"within.byproduct": "3wd"})
    make(told, "d/甲", ["c/1"])
    make(told, "d/甲", ["c/2"], "06-05 11:00", numbers=["2"])
    byproduct(told, "d/甲", "06-04 11:00")
    assert [one[2] for one in told.due("MAK-5", as_of="06-06 12:00")] == [local("06-11") - 1]
    assert len(told.found("MAK-5")) == 1


# --- MAK-6, MAK-7 -------------------------------------------------------------------------------


def equip(office, carrier, serial, level="秘密", **fields):
    return office.tell(
        "03-01 09:00", "created.equipment", on=[carrier], who={"registrar": "李敏", "receiver": "吴"},
        **{"form": "computer", "number": carrier, "register": "设备", "serial": serial, "unit": "u/镇", "level": level, **fields},
    )  # fmt: skip


def test_made_on_a_protected_computer_of_the_level():
    told = Office()
    for number, (name, level, fields) in enumerate(
        (
            ("好", "机密", {"network": "standalone", "protected": True}), ("公", "机密", {"network": "internet"}), ("低", "内部", {}),
            ("无护", "机密", {"protected": False}), ("未述", "机密", {}),
        ), 1,
    ):  # fmt: skip
        equip(told, f"c/{name}机", number, level, **fields)
        make(told, f"d/{name}", [f"c/{name}"], device=f"c/{name}机")
    make(told, "d/未登记", ["c/未登记"], device="c/无名机")
    make(told, "d/无机", ["c/无机"])
    assert by_subject(told, "MAK-6") == {
        "d/公": ["制作设备 c/公机 连接互联网"], "d/低": ["制作设备 c/低机 为内部，文件为秘密"],
        "d/无护": ["制作设备 c/无护机 未装视频信息保护机"],
    }  # fmt: skip
    (finding,) = [one for one in told.judge("MAK-6").findings if one.subject == "d/公"]
    assert [told.reader.read(index).kind for index in finding.evidence] == ["created.equipment", "created.produced"]


def test_a_device_in_no_book_where_the_policy_is_strict():
    told = Office({"strict.MAK-6": "yes"})
    make(told, "d/甲", ["c/甲"], device="c/无名机")
    assert messages(told, "MAK-6") == ["制作设备 c/无名机 未登记"]


def store(office, medium, document, at="06-04 09:00"):
    return office.tell(
        at, "copied.stored", on=[medium, document], who={"operator": "赵强", "approver": "何副书记"}, what="文本", level="秘密",
        documents=[document],
    )  # fmt: skip


def test_the_text_is_stored_on_a_classified_medium():
    told = Office({"within.store_text": "10d"})
    equip(told, "c/秘盘", 1, form="usb_stick")
    equip(told, "c/内盘", 2, "内部", form="usb_stick")
    for name in ("好", "低", "未", "早"):
        if name == "早":
            store(told, "c/秘盘", "d/早", "06-02 09:00")
        make(told, f"d/{name}", [f"c/{name}"])
    store(told, "c/秘盘", "d/好")
    store(told, "c/内盘", "d/低")
    receive(told, "06-04 09:00", ["c/来"], "d/来")
    store(told, "c/内盘", "d/来")
    assert [due[:2] for due in told.due("MAK-7", as_of="06-05")] == [("MAK-7", "d/早"), ("MAK-7", "d/未")]
    severity = {one.subject: (one.severity, one.message_zh) for one in told.judge("MAK-7").findings}
    assert severity["d/低"] == ("high", "秘密电子文本存入内部介质 c/内盘")
    assert severity["d/未"] == ("info", "电子文本存入涉密介质（期限 2025-06-13 23:59），逾期未办")
    assert sorted(severity) == ["d/低", "d/早", "d/未"]
    without = Office()
    make(without, "d/甲", ["c/甲"])
    assert without.found("MAK-7") == []


# --- MAK-8, 9, 10 -------------------------------------------------------------------------------


def test_cipher_telegrams_are_never_printed():
    told = Office()
    for number, (name, form, kind) in enumerate(
        (("电", "cipher_telegram", "official"), ("文电", "document", "密码电报"), ("文", "document", "official")), 1
    ):
        receive(
            told,
            "03-03 09:00",
            [f"c/{name}"],
            f"d/{name}",
            items=[{"carrier": f"c/{name}", "form": form, "document": f"d/{name}"}],
        )
        register(told, "03-03 09:10", f"d/{name}", serial=number, type=kind)
        told.tell("06-05 09:00", "copied.made", on=[f"c/{name}", f"c/{name}复", f"c/{name}复2"], method="copy", level="秘密",
                  who={"operator": "赵强", "registrar": "李敏"}, parents=[f"c/{name}"],
                  items=[{"carrier": f"c/{name}复{n}", "form": "document"} for n in ("", "2")])  # fmt: skip
        enter(told, f"d/转{name}", number, sources=[f"d/{name}"])
        make(told, f"d/{name}", [f"c/{name}印"])
    make(told, "d/文电", ["c/发电"], form="cipher_telegram", numbers=["2"])
    assert [subject for _, subject in told.found("MAK-8")] == [
        "c/文电复", "c/电复", "d/文电", "d/电",
    ]  # fmt: skip
    assert messages(told, "MAK-8", "c/电复") == ["密码电报 c/电 被复制"]
    assert messages(told, "MAK-8", "d/文电") == ["密码电报 d/文电 被印成文件"]
    assert {one.severity for one in told.judge("MAK-8").findings} == {"critical"}


def test_named_persons_do_the_printing():
    told = Office({"posts.make": ["clerk"], "posts.make.绝密": ["registrar"]})
    make(told, "d/好", ["c/好"])
    make(told, "d/他", ["c/他"], who={"operator": "陈", "registrar": "李敏"})
    make(told, "d/绝", ["c/绝"], level="绝密")
    make(told, "d/内", ["c/内"], level="内部", who={"operator": "陈", "registrar": "李敏"})
    assert by_subject(told, "MAK-9") == {
        "d/他": ["打印人 p/陈 不具相应职务（clerk）"], "d/绝": ["打印人 p/赵强 不具相应职务（registrar）"],
    }  # fmt: skip
    assert {one.severity for one in told.judge("MAK-9").findings} == {"medium"}


@pytest.mark.parametrize("strict", [True, False])
def test_exam_papers_have_a_keeper_and_are_sealed(strict):
    told = Office({"strict.MAK-10": "yes"} if strict else {})
    for name, seal in (("好", "intact"), ("破", "broken"), ("文", "none")):
        form = "document" if name == "文" else "exam_paper"
        receive(told, "03-03 09:00", [f"c/{name}", f"c/{name}2"], f"d/{name}", seal=seal,
                items=[{"carrier": f"c/{name}{n}", "form": form, "document": f"d/{name}"} for n in ("", "2")])  # fmt: skip
    told.tell("03-04 09:00", "transferred.circulate", on=["c/好"], who={"giver": "李敏"}, mode="left_on_desk")
    told.tell(
        "03-04 09:00",
        "transferred.circulate",
        on=["c/好2"],
        who={"giver": "李敏", "receiver": "陈"},
        mode="face_to_face",
    )
    told.tell("03-04 09:00", "transferred.dispatch", on=["c/破", "d/破"], who={"giver": "李敏", "receiver": "甲村文书"}, to="u/甲村",
              channel="by_hand", cover={"wrapped": False, "level": "秘密", "number": "1", "addressee": "甲村"})  # fmt: skip
    sealing = {"c/破": ["试卷收到时未密封或封口破损", "试卷发出时未密封"]} if strict else {}
    assert by_subject(told, "MAK-10") == {"c/好": ["试卷 c/好 无人保管"], **sealing}
    assert {one.severity for one in told.judge("MAK-10").findings} == {"medium"}


def test_what_was_spoiled_is_made_again_and_open_papers_are_not_counted():
    told = Office()
    for name in ("重", "多", "开", "号"):
        permit(told, f"d/{name}", count=2)
    make(told, "d/重", ["c/重1", "c/重2"])
    make(told, "d/多", ["c/多1", "c/多2"])
    send(told, ["c/多1"], "d/多", "06-03 12:00")
    for name in ("重", "多"):
        told.tell(
            "06-03 13:00",
            "destroyed.carriers",
            on=[f"c/{name}1", f"d/{name}"],
            who={"supervisor": ["李敏", "赵强"]},
            method="shred",
        )
        make(told, f"d/{name}", [f"c/{name}3"], "06-03 14:00", numbers=["3"])
    make(told, "d/开", ["c/开1", "c/开2", "c/开3"], level="无密")
    make(told, "d/号", ["c/号1", "c/号2"], numbers=["1", "3"], spoiled=1)
    assert told.found("MAK-4") == [("MAK-4", "d/多")]


def test_a_text_is_stored_by_its_own_level():
    told = Office()
    told.tell("06-01 09:00", "created.equipment", on=["c/盘"], who={"registrar": "李敏", "receiver": "吴"}, form="usb_stick", number="盘",
              register="介质", serial=1, unit="u/镇", level="秘密")  # fmt: skip
    make(told, "d/秘", ["c/秘"])
    make(told, "d/机", ["c/机"], level="机密")
    for name, level in (("秘", "秘密"), ("机", "机密")):
        enter(told, f"d/{name}", 1 + len(level) * (name == "机"), level=level)
    told.tell("06-06 09:00", "copied.stored", on=["c/盘", "d/秘", "d/机"], who={"operator": "赵强", "approver": "何副书记"}, what="文本",
              level="机密", documents=["d/秘", "d/机"])  # fmt: skip
    assert told.found("MAK-7") == [("MAK-7", "d/机")]


def test_a_printer_has_people_of_its_own():
    told = Office({"posts.make": ["clerk"]}, places={"w/印刷厂": "print_site"})
    for number, place in enumerate(("w/印刷厂", "w/文印室"), 1):
        make(told, f"d/{number}", [f"c/{number}"], place=place, who={"operator": "陈", "registrar": "李敏"})
    assert told.found("MAK-9") == [("MAK-9", "d/2")]


def test_what_is_taken_from_a_telegram_is_not_its_text():
    told = Office()
    receive(
        told,
        "03-03 09:00",
        ["c/电"],
        "d/电",
        items=[{"carrier": "c/电", "form": "cipher_telegram", "document": "d/电"}],
    )
    register(told, "03-03 09:10", "d/电")
    enter(told, "d/转", 1, sources=["d/电"])
    told.tell("06-05 09:00", "copied.made", on=["c/电", "c/摘"], method="excerpt", level="秘密", parents=["c/电"],
              who={"operator": "赵强", "registrar": "李敏"}, items=[{"carrier": "c/摘", "form": "document"}])  # fmt: skip
    assert told.found("MAK-8") == []


def test_which_of_several_originals_is_the_telegram():
    told = Office()
    receive(told, "03-03 09:00", ["c/文"], "d/文")
    telegram = [{"carrier": "c/电", "form": "cipher_telegram", "document": "d/电"}]
    receive(told, "03-03 09:00", ["c/电"], "d/电", items=telegram)
    told.tell("06-05 09:00", "copied.made", on=["c/文", "c/电", "c/复"], method="copy", level="秘密", parents=["c/文", "c/电"],
              who={"operator": "赵强", "registrar": "李敏"}, items=[{"carrier": "c/复", "form": "document"}])  # fmt: skip
    (finding,) = told.judge("MAK-8").findings
    assert (finding.subject, finding.about) == ("c/复", "c/电")
    assert finding.message_en == "the cipher telegram c/电 was copied"
