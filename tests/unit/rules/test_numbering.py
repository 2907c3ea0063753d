"""Numbers and balances: NUM-1 to NUM-5."""

from __future__ import annotations

import pytest

from tests.offices import Office, receive, register
from tests.own_documents import enter, make, send

LEDGER = {"cells": bytes(32), "sha256": bytes(32), "sheet": "发", "row": 3}


def messages(office, code, subject=None, **moment):
    return [one.message_zh for one in office.judge(code, **moment).findings if subject in (None, one.subject)]


# --- NUM-1 --------------------------------------------------------------------------------------


def test_numbered_before_it_is_made():
    told = Office()
    enter(told, "d/先", 1)
    for name in ("先", "后", "未"):
        make(told, f"d/{name}", [f"c/{name}"])
    make(told, "d/内部", ["c/内部"], level="内部")
    make(told, "d/账", ["c/账"], source=LEDGER, who={"registrar": "李敏"})
    receive(told, "06-03 12:00", ["c/来"], "d/来")
    entry = enter(told, "d/后", 2, "06-03 11:30")
    assert told.found("NUM-1") == [("NUM-1", "d/后"), ("NUM-1", "d/未")]
    assert messages(told, "NUM-1", "d/后") == ["制作之后才编号"]
    assert messages(told, "NUM-1", "d/未") == ["制作前未编号"]
    assert {one.subject: one.message_en for one in told.judge("NUM-1").findings} == {
        "d/后": "numbered only after it was made", "d/未": "made without a number",
    }  # fmt: skip
    (finding,) = [one for one in told.judge("NUM-1").findings if one.subject == "d/后"]
    assert (finding.severity, finding.evidence) == ("high", (finding.origin, entry))


def test_a_late_entry_of_what_was_numbered_in_time():
    told = Office()
    make(told, "d/甲", ["c/甲"])
    told.tell("06-03 10:00", "registered.document", on=["d/甲"], who={"registrar": "李敏"}, register="发文2025", serial=1,
              late_reason="停电", recorded="06-04")  # fmt: skip
    assert told.found("NUM-1") == []


def test_every_serial_is_given_once():
    told = Office()
    first = enter(told, "d/甲", 1)
    enter(told, "d/甲", 1, "06-03 10:40")
    again = enter(told, "d/乙", 1)
    enter(told, "d/丙", 1, register="收文2025")
    told.tell(
        "06-03 10:30",
        "registered.void",
        on=["u/镇"],
        who={"registrar": "李敏"},
        register="发文2025",
        serial=2,
        reason="空",
    )
    enter(told, "d/丁", 2)
    enter(told, "d/戊", 3, id="戊")
    enter(told, "d/己", 4)
    told.tell(
        "06-03 12:30",
        "registered.void",
        on=["u/镇"],
        who={"registrar": "李敏"},
        register="发文2025",
        serial=4,
        reason="空",
    )
    for carrier, serial in (("c/1", 1), ("c/2", 1), ("c/3", 2)):
        told.tell("06-03 13:00", "created.equipment", on=[carrier], who={"registrar": "李敏"}, form="usb_stick", number=carrier,
                  register="介质", serial=serial, unit="u/镇", level="秘密", term="5年")  # fmt: skip
    assert told.found("NUM-1") == [("NUM-1", "c/2"), ("NUM-1", "d/丁"), ("NUM-1", "d/乙"), ("NUM-1", "d/己")]
    assert messages(told, "NUM-1", "d/乙") == ["发文2025第1号重号，另用于 d/甲"]
    assert messages(told, "NUM-1", "c/2") == ["介质第1号重号，另用于 c/1"]
    assert messages(told, "NUM-1", "d/丁") == ["发文2025第2号已声明作废又用于登记"]
    assert messages(told, "NUM-1", "d/己") == ["发文2025第4号已声明作废又用于登记"]
    (finding,) = [one for one in told.judge("NUM-1").findings if one.subject == "d/乙"]
    assert finding.evidence == (first, again)
    enter(told, "d/庚", 3)
    told.tell("06-04 09:00", "corrected.field", on=["d/戊"], who={"registrar": "李敏", "approver": "周书记"}, refs=["戊"], field="serial",
              old="3", new="5", reason="笔误")  # fmt: skip
    assert [subject for _, subject in told.found("NUM-1", as_of="06-03 23:00")].count("d/庚") == 1
    assert "d/庚" not in [subject for _, subject in told.found("NUM-1")]


def test_a_book_that_begins_anew_each_year():
    told = Office()
    enter(told, "d/旧", 1, "2024-12-30 10:00", register="发文")
    enter(told, "d/新", 1, "2025-01-02 10:00", register="发文")
    assert told.found("NUM-1") == []


def test_no_serial_is_left_out():
    told = Office()
    first = enter(told, "d/甲", 31)
    enter(told, "d/乙", 32)
    gap = enter(told, "d/丙", 36)
    enter(told, "d/丁", 38)
    told.tell(
        "06-03 11:00",
        "registered.void",
        on=["u/镇"],
        who={"registrar": "李敏"},
        register="发文2025",
        serial=35,
        reason="空",
    )
    assert messages(told, "NUM-1", "d/丙") == ["发文2025缺第33—34号，未声明作废"]
    assert messages(told, "NUM-1", "d/丁") == ["发文2025缺第37号，未声明作废"]
    assert [one.severity for one in told.judge("NUM-1").findings] == ["medium", "medium"]
    (finding,) = [one for one in told.judge("NUM-1", as_of="06-03 10:50").findings if one.subject == "d/丙"]
    assert finding.message_zh == "发文2025缺第33—35号，未声明作废"
    assert finding.evidence == (first + 1, gap)
    for serial in (33, 34):
        told.tell(
            "06-03 12:00",
            "registered.void",
            on=["u/镇"],
            who={"registrar": "李敏"},
            register="发文2025",
            serial=serial,
            reason="空",
        )
    enter(told, "d/戊", 37)
    assert told.found("NUM-1") == []


def test_no_gaps_in_an_imported_book():
    told = Office()
    for serial in (1, 9):
        told.tell("06-03", "registered.document", on=[f"d/{serial}"], who={"registrar": "李敏"}, register="发文2019", serial=serial,
                  source={**LEDGER, "row": serial})  # fmt: skip
    assert told.found("NUM-1") == []
    told.tell(
        "06-03",
        "registered.document",
        on=["d/重"],
        who={"registrar": "李敏"},
        register="发文2019",
        serial=9,
        source={**LEDGER, "row": 2},
    )
    (finding,) = told.judge("NUM-1").findings
    assert (finding.subject, finding.grade) == ("d/重", "imported")


def test_a_source_of_a_document_has_no_number_by_it():
    told = Office()
    enter(told, "d/转发", 1, sources=["d/来源"])
    enter(told, "d/另", 1, sources=["d/来源"])
    assert told.found("NUM-1") == [("NUM-1", "d/另")]
    enter(told, "d/来源", 2)
    assert told.found("NUM-1") == [("NUM-1", "d/另")]


# --- NUM-2 --------------------------------------------------------------------------------------


def count(office, document, expected, actual, at="06-03 12:00", numbers=None):
    more = {} if numbers is None else {"copy_nos": numbers}
    return office.tell(
        at, "checked.count", on=[document], who={"registrar": "李敏"}, expected=expected, actual=actual, **more
    )


def test_counted_before_it_is_sent_out():
    told = Office()
    for name in ("好", "未点", "迟点", "差", "差后符", "缺号", "多号", "内部"):
        make(told, f"d/{name}", [f"c/{name}1", f"c/{name}2"], level="内部" if name == "内部" else "秘密")
    count(told, "d/好", 2, 2, numbers=["2", "1"])
    count(told, "d/差", 3, 2)
    count(told, "d/差后符", 3, 2)
    count(told, "d/差后符", 2, 2, "06-03 13:00")
    count(told, "d/缺号", 2, 2, numbers=["1"])
    count(told, "d/多号", 2, 2, numbers=["1", "2", "3"])
    for name in ("好", "未点", "迟点", "差", "差后符", "缺号", "多号", "内部"):
        send(told, [f"c/{name}1"], f"d/{name}")
    count(told, "d/迟点", 2, 2, "06-05 09:00")
    assert {subject: messages(told, "NUM-2", subject) for _, subject in told.found("NUM-2")} == {
        "d/未点": ["分发前未清点"], "d/迟点": ["分发前未清点"], "d/差": ["应有3份，清点2份"], "d/差后符": ["应有3份，清点2份"],
        "d/缺号": ["缺份号 2"], "d/多号": ["多份号 3"],
    }  # fmt: skip
    assert told.found("NUM-2", state="closed") == [("NUM-2", "d/差后符")]
    assert {one.severity for one in told.judge("NUM-2").findings} == {"high"}
    receive(told, "06-06 09:00", ["c/来"], "d/来")
    told.tell("06-07 09:00", "transferred.dispatch", on=["c/来", "d/来"], who={"giver": "李敏", "receiver": "甲村文书"}, to="u/甲村",
              channel="by_hand")  # fmt: skip
    assert "d/来" not in [subject for _, subject in told.found("NUM-2")]


# --- NUM-3, NUM-4 -------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [True, False])
def test_the_four_facts_of_sending_and_receiving(strict):
    told = Office({"strict.NUM-3": "yes"} if strict else {})
    receive(told, "03-03 09:00", ["c/好"], "d/好")
    register(told, "03-03 09:10", "d/好")
    receive(told, "03-03 09:00", ["c/未登"], "d/未登")
    receive(told, "03-03 09:00", ["c/无密"], "d/无密", level="无密")
    for name in ("发好", "发未点", "发未签"):
        enter(told, f"d/{name}", 1)
        make(told, f"d/{name}", [f"c/{name}"])
        if name != "发未点":
            count(told, f"d/{name}", 1, 1)
        send(
            told,
            [f"c/{name}"],
            f"d/{name}",
            who={"giver": "李敏"} if name == "发未签" else {"giver": "李敏", "receiver": "甲村文书"},
            id=name,
        )
    expected = [("NUM-3", "d/发未点"), ("NUM-3", "d/发未签"), ("NUM-3", "d/未登")]
    assert told.found("NUM-3") == (expected if strict else [])
    if strict:
        assert messages(told, "NUM-3", "d/未登") == ["收文缺登记"]
        assert messages(told, "NUM-3", "d/发未点") == ["发文缺清点"]
        assert messages(told, "NUM-3", "d/发未签") == ["发文缺签收"]
        told.tell(
            "06-06 09:00",
            "transferred.receipt",
            on=["c/发未签"],
            who={"receiver": "甲村文书"},
            refs=["发未签"],
            found=1,
        )
        assert told.found("NUM-3") == [("NUM-3", "d/发未点"), ("NUM-3", "d/未登")]


def test_internal_documents_are_registered():
    for parameters, expected in (({"strict.NUM-4": "yes"}, [("NUM-4", "d/未登")]), ({}, [])):
        told = Office(parameters)
        enter(told, "d/登", 1, level="内部", term=None)
        for name, level in (("登", "内部"), ("未登", "内部"), ("无密", "无密")):
            make(told, f"d/{name}", [f"c/{name}"], level=level)
        assert told.found("NUM-4") == expected


# --- NUM-5 --------------------------------------------------------------------------------------


def test_copies_are_all_accounted_for():
    told = Office()
    enter(told, "d/少", 1, copies=3)
    enter(told, "d/平", 2, copies=2)
    enter(told, "d/多", 3, copies=1)
    for name in ("少", "平", "多"):
        make(told, f"d/{name}", [f"c/{name}1", f"c/{name}2"])
    receive(told, "06-04 09:00", ["c/来1"], "d/来", found=2)
    assert {subject: messages(told, "NUM-5", subject) for _, subject in told.found("NUM-5")} == {
        "d/少": ["应有3份，账上2份，少1份"], "d/多": ["应有1份，账上2份，多1份"], "d/来": ["实收2份，入账1份"],
    }  # fmt: skip


def test_books_of_what_comes_in_hold_open_papers_too():
    told = Office()
    for serial in (1, 5):
        receive(told, "03-03 09:00", [f"c/来{serial}"], f"d/来{serial}")
        register(told, "03-03 09:10", f"d/来{serial}", serial=serial)
    assert told.found("NUM-1") == []


def test_a_count_of_what_is_left():
    told = Office()
    make(told, "d/甲", ["c/1", "c/2", "c/3"])
    told.tell(
        "06-03 12:00",
        "checked.count",
        on=["d/甲"],
        who={"registrar": "李敏"},
        expected=3,
        actual=3,
        copy_nos=["1", "2", "3"],
    )
    send(told, ["c/1"], "d/甲")
    told.tell(
        "06-10 09:00",
        "checked.count",
        on=["d/甲"],
        who={"registrar": "李敏"},
        expected=2,
        actual=2,
        copy_nos=["2", "3"],
    )
    assert told.found("NUM-2") == []
    told.tell(
        "06-11 09:00",
        "checked.count",
        on=["d/甲"],
        who={"registrar": "李敏"},
        expected=2,
        actual=2,
        copy_nos=["1", "3"],
    )
    assert messages(told, "NUM-2", "d/甲") == ["缺份号 2"]


def test_each_document_that_came_has_its_own_registration():
    told = Office({"strict.NUM-3": "yes", "within.register": "0d"})
    items = [{"carrier": f"c/{n}", "form": "document", "document": f"d/{n}", "copy_no": str(n)} for n in (1, 2)]
    receive(
        told,
        "03-03 09:00",
        ["c/1", "c/2"],
        "d/1",
        on=["c/1", "c/2", "d/1", "d/2"],
        items=items,
        who={"registrar": "李敏"},
    )
    register(told, "03-03 09:10", "d/1")
    assert told.found("NUM-3", as_of="03-03 12:00") == []
    assert told.found("NUM-3", as_of="03-04 12:00") == [("NUM-3", "d/2")]


def test_documents_of_the_house_are_registered_whatever_their_level():
    told = Office({"strict.NUM-4": "yes", "within.register": "0d"})
    for name, level in (("秘", "秘密"), ("内", "内部"), ("开", "无密")):
        make(told, f"d/{name}", [f"c/{name}"], level=level)
    assert told.found("NUM-4", as_of="06-03 20:00") == []
    assert told.found("NUM-4", as_of="06-04 08:00") == [("NUM-4", "d/内"), ("NUM-4", "d/秘")]
