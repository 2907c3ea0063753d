"""Marks: MRK-1 to MRK-6."""

from __future__ import annotations

import pytest

from tests.offices import Office, receive, register
from tests.own_documents import enter, make, mark, send
from tests.scenarios import local

LEDGER = {"cells": bytes(32), "sha256": bytes(32), "sheet": "发", "row": 3}


def messages(office, code, subject=None, **moment):
    return [one.message_zh for one in office.judge(code, **moment).findings if subject in (None, one.subject)]


# --- MRK-1 --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def given():
    told = Office()
    for name, level in (
        ("好", "秘密"),
        ("漏", "秘密"),
        ("后标", "秘密"),
        ("半", "秘密"),
        ("内", "内部"),
        ("在", "秘密"),
        ("自用", "秘密"),
    ):
        make(told, f"d/{name}", [f"c/{name}1", f"c/{name}2"], level=level)
    mark(told, ["c/好1", "c/好2"], "秘密★10年")
    mark(told, ["c/半1"], "秘密★10年")
    for name in ("好", "漏", "后标", "半", "内"):
        send(told, [f"c/{name}1", f"c/{name}2"], f"d/{name}")
    told.tell(
        "06-04 09:00",
        "transferred.circulate",
        on=["c/自用1"],
        who={"giver": "李敏", "receiver": "陈"},
        mode="face_to_face",
    )
    mark(told, ["c/后标1", "c/后标2"], "秘密★10年", "06-05 09:00")
    receive(told, "06-04 09:00", ["c/来"], "d/来")
    told.tell(
        "06-04 09:30",
        "transferred.circulate",
        on=["c/来"],
        who={"giver": "李敏", "receiver": "陈"},
        mode="face_to_face",
    )
    make(told, "d/账", ["c/账"], source=LEDGER, who={"registrar": "李敏"})
    send(told, ["c/账"], "d/账")
    return told


def test_nothing_is_given_out_unmarked(given):
    assert given.found("MRK-1", state="open") == [("MRK-1", "c/半2"), ("MRK-1", "c/漏1"), ("MRK-1", "c/自用1")]
    assert given.found("MRK-1", state="closed") == [("MRK-1", "c/后标1")]
    (finding,) = [one for one in given.judge("MRK-1").findings if one.subject == "c/漏1"]
    assert finding.severity == "high"
    assert finding.message_zh == "c/漏1 未标密级和期限即交出"
    assert [given.reader.read(index).kind for index in finding.evidence] == ["created.produced", "transferred.dispatch"]


def test_marked_as_soon_as_it_is_made():
    told = Office({"within.mark": "1d"})
    make(told, "d/甲", ["c/1", "c/2"])
    make(told, "d/乙", ["c/3"])
    mark(told, ["c/3"], "秘密★10年", "06-04 23:59")
    due = local("06-05") - 1
    assert told.due("MRK-1", as_of="06-04 12:00") == [("MRK-1", "c/1", due), ("MRK-1", "c/3", due)]
    assert told.found("MRK-1", as_of="06-04 23:59") == []
    assert told.found("MRK-1", as_of="06-05 00:00") == [("MRK-1", "c/1")]
    mark(told, ["c/1", "c/2"], "秘密★10年", "06-06 00:00")
    assert told.found("MRK-1", state="closed") == [("MRK-1", "c/1")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("秘密★10年", []), ("秘 密 ★ 十年", []), ("秘密★120个月", []), ("秘密★2035年6月3日", []),
        ("秘密", ["标志“秘密”不是“密级★期限”"]), ("秘密★", ["标志“秘密★”不是“密级★期限”"]), ("密件", ["标志“密件”不是“密级★期限”"]),
        ("机密★10年", ["标志“机密★10年”与所定秘密★10年不符"]), ("秘密★5年", ["标志“秘密★5年”与所定秘密★10年不符"]),
        ("秘密★2035年6月4日", ["标志“秘密★2035年6月4日”与所定秘密★10年不符"]), ("解密", ["秘密文件标“解密”，未见解密决定"]),
    ],
)  # fmt: skip
def test_what_a_mark_says(marks, text, expected):
    assert messages(marks, "MRK-1", f"c/{text}") == expected


@pytest.fixture(scope="module")
def marks():
    told = Office()
    texts = ["秘密★10年", "秘 密 ★ 十年", "秘密★120个月", "秘密★2035年6月3日", "秘密", "秘密★", "密件", "机密★10年", "秘密★5年",
             "秘密★2035年6月4日", "解密"]  # fmt: skip
    for number, text in enumerate(texts, 1):
        enter(told, f"d/{number}", number)
        make(told, f"d/{number}", [f"c/{text}"], numbers=["1"])
        mark(told, [f"c/{text}"], text)
    return told


def test_a_mark_after_a_change_of_level():
    told = Office()
    for name in ("降", "解", "未改"):
        receive(told, "03-03 09:00", [f"c/{name}"], f"d/{name}", level="机密")
        register(told, "03-03 09:10", f"d/{name}", level="机密", term="20年")
    for name, change, level in (("降", "lowered", "秘密"), ("解", "declassified", "无密")):
        told.tell("04-01 09:00", "decided.reclassify", on=[f"d/{name}"], who={"registrar": "李敏"}, step="approved", by="u/省委",
                  change=change, level=level, **({"term": "5年"} if level == "秘密" else {}))  # fmt: skip
    mark(told, ["c/降"], "秘密★5年", "04-02 09:00")
    mark(told, ["c/解"], "解密", "04-02 09:00")
    mark(told, ["c/未改"], "秘密★5年", "04-02 09:00")
    assert messages(told, "MRK-1") == ["标志“秘密★5年”与所定机密★20年不符"]
    assert told.found("MRK-1") == [("MRK-1", "c/未改")]


def test_a_mark_of_another_level_where_no_term_is_known():
    told = Office()
    make(told, "d/甲", ["c/甲"])
    enter(told, "d/甲", 1, term=None)
    mark(told, ["c/甲"], "机密★5年")
    (finding,) = told.judge("MRK-1").findings
    assert finding.message_zh == "标志“机密★5年”与所定秘密不符"
    assert finding.message_en == "the mark “机密★5年” differs from 秘密, in force"


def test_a_mark_in_the_words_of_the_decision_where_no_day_can_be_told():
    told = Office()
    for number, (term, day) in enumerate((("长期", "2025-06-03"), ("启用前", "2025-06-03"), ("10年", None)), 1):
        enter(told, f"d/{number}", number, term=term, issue_date=day)
        make(told, f"d/{number}", [f"c/{number}"])
        mark(told, [f"c/{number}"], f"秘密★{term}")
    assert told.found("MRK-1") == []


def test_no_secret_marked_as_one():
    told = Office()
    make(told, "d/甲", ["c/甲"], level="无密")
    enter(told, "d/甲", 1, level="无密", term=None)
    mark(told, ["c/甲"], "秘密★5年")
    assert messages(told, "MRK-1") == ["无密的文件标“秘密★5年”"]


# --- MRK-2, MRK-3 -------------------------------------------------------------------------------


def test_where_a_mark_stands():
    told = Office({"mark.positions": "top_left"})
    for name in ("左", "右", "另", "改"):
        make(told, f"d/{name}", [f"c/{name}"])
    make(told, "d/盘", ["c/盘"], form="optical_disc")
    mark(told, ["c/左"], "秘密★10年")
    mark(told, ["c/右"], "秘密★10年", position="top_right")
    mark(told, ["c/另"], "秘密★10年", position="cover")
    mark(told, ["c/改"], "秘密★10年")
    mark(told, ["c/改"], "秘密★5年", "06-05 09:00", position="other")
    mark(told, ["c/盘"], "秘密★10年", position="label")
    make(told, "d/图", ["c/图"], form="drawing")
    mark(told, ["c/图"], "秘密★10年", position="title")
    make(told, "d/旁", ["c/旁"])
    mark(told, ["c/旁"], "秘密★10年", position="title")
    assert told.found("MRK-2") == [("MRK-2", "c/右"), ("MRK-2", "c/旁")]
    (finding,) = [one for one in told.judge("MRK-2").findings if one.subject == "c/右"]
    assert (finding.severity, finding.message_zh) == ("low", "标志位置 top_right，应为 top_left")
    both = Office({"mark.positions": ["top_left", "top_right"]})
    make(both, "d/右", ["c/右"])
    mark(both, ["c/右"], "秘密★10年", position="top_right")
    assert both.found("MRK-2") == []


def test_every_copy_from_a_level_on_has_a_number():
    told = Office({"copy_no.from": "机密"})
    make(told, "d/好", ["c/好1", "c/好2"], level="机密")
    make(told, "d/秘", ["c/秘1"], level="秘密", numbers=[None])
    make(told, "d/缺", ["c/缺1", "c/缺2", "c/缺3"], level="机密", numbers=["1", None, None])
    make(told, "d/重", ["c/重1", "c/重2", "c/重3"], level="绝密", numbers=["1", "2", "2"])
    make(told, "d/补", ["c/补1"], level="机密", numbers=[None])
    make(told, "d/迟补", ["c/迟补1"], level="机密", numbers=[None])
    send(told, ["c/缺1", "c/缺2"], "d/缺")
    send(told, ["c/迟补1"], "d/迟补", "06-03 12:00")
    for number, name in enumerate(("补", "迟补"), 1):
        told.tell("06-03 13:00", "registered.document", on=[f"c/{name}1", f"d/{name}"], who={"registrar": "李敏"}, register="发文2025",
                  serial=number, items=[{"carrier": f"c/{name}1", "form": "document", "document": f"d/{name}", "copy_no": "1"}])  # fmt: skip
    send(told, ["c/补1"], "d/补")
    # A copy that was spoiled is made again with its number.
    make(told, "d/换", ["c/换1"], level="机密")
    told.tell(
        "06-05 09:00", "destroyed.carriers", on=["c/换1", "d/换"], who={"supervisor": ["李敏", "赵强"]}, method="shred"
    )
    make(told, "d/换", ["c/换2"], "06-05 10:00", level="机密", numbers=["1"])
    assert told.found("MRK-3") == [("MRK-3", "d/缺"), ("MRK-3", "d/迟补"), ("MRK-3", "d/重")]
    assert messages(told, "MRK-3", "d/缺") == ["c/缺2 未编份号即分发"]
    assert messages(told, "MRK-3", "d/重") == ["份号重复：2"]
    assert told.found("MRK-3", state="closed") == [("MRK-3", "d/迟补")]


# --- MRK-4, 5, 6 --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def changed():
    """Copies of a document whose level was lowered on 03-10: ten working days end on 03-24."""
    told = Office({"within.remark": "10wd"})
    copies = ["c/改", "c/未改", "c/迟改", "c/已毁", "c/已发", "c/后到"]
    told.tell("03-03 09:00", "created.entered", on=[*copies[:5], "d/本"], who={"registrar": "李敏"}, level="机密", reason="other",
              items=[{"carrier": one, "form": "document", "document": "d/本"} for one in copies[:5]])  # fmt: skip
    send(told, ["c/已发"], "d/本", "03-05 09:00")
    told.tell(
        "03-06 09:00", "destroyed.carriers", on=["c/已毁", "d/本"], who={"supervisor": ["李敏", "赵强"]}, method="shred"
    )
    told.tell("03-10 09:00", "decided.reclassify", on=["d/本"], who={"approver": "周书记"}, step="approved", change="lowered", level="秘密",
              term="5年", id="v")  # fmt: skip
    mark(told, ["c/改"], "秘密★5年", "03-13 09:00")
    told.tell("03-20 09:00", "created.entered", on=["c/后到", "d/本"], who={"registrar": "李敏"}, level="秘密", reason="other",
              items=[{"carrier": "c/后到", "form": "document", "document": "d/本"}])  # fmt: skip
    mark(told, ["c/迟改"], "秘密★5年", "03-26 09:00")
    told.tell(
        "03-10 09:00",
        "decided.reclassify",
        on=["d/另"],
        who={"proposer": "赵强"},
        step="proposed",
        change="lowered",
        level="秘密",
    )
    return told


def test_copies_are_marked_anew_after_a_change(changed):
    assert [due[:2] for due in changed.due("MRK-4", as_of="03-21")] == [("MRK-4", "c/未改"), ("MRK-4", "c/迟改")]
    assert changed.due("MRK-4", as_of="03-21")[0][2] == local("03-25") - 1
    assert changed.found("MRK-4", as_of="03-24 23:59") == []
    assert changed.found("MRK-4", as_of="03-25 00:00") == [("MRK-4", "c/未改"), ("MRK-4", "c/迟改")]
    assert changed.found("MRK-4", state="closed") == [("MRK-4", "c/迟改")]
    (finding,) = [one for one in changed.judge("MRK-4").findings if one.subject == "c/未改"]
    assert (finding.severity, finding.message_zh) == ("medium", "c/未改 改标秘密（期限 2025-03-24 23:59），逾期未办")


def test_only_the_last_of_two_changes_counts():
    told = Office({"within.remark": "10wd"})
    told.tell("03-03 09:00", "created.entered", on=["c/1", "d/本"], who={"registrar": "李敏"}, level="绝密", reason="other",
              items=[{"carrier": "c/1", "form": "document", "document": "d/本"}])  # fmt: skip
    for day, level in (("03-10", "机密"), ("03-14", "秘密")):
        told.tell(
            f"{day} 09:00",
            "decided.reclassify",
            on=["d/本"],
            who={"approver": "周书记"},
            step="approved",
            change="lowered",
            level=level,
        )
    (finding,) = told.judge("MRK-4").findings
    assert finding.message_zh.startswith("c/1 改标秘密（期限 2025-03-28")


def test_a_volume_with_classified_contents_is_marked():
    told = Office({"within.mark": "1d"})
    for number, (name, level) in enumerate((("秘", "秘密"), ("秘2", "秘密"), ("无", "无密")), 1):
        receive(told, "03-03 09:00", [f"c/{name}"], f"d/{name}", level=level)
        register(told, "03-03 09:10", f"d/{name}", serial=number, level=level)
        told.tell("06-10 08:00", "created.entered", on=[f"c/卷{name}"], who={"registrar": "李敏"}, level=level, reason="volume",
                  items=[{"carrier": f"c/卷{name}", "form": "volume"}])  # fmt: skip
        told.tell("06-10 09:00", "transferred.archive", on=[f"c/{name}", f"c/卷{name}"], who={"giver": "李敏", "receiver": "黄"},
                  volume=f"c/卷{name}", file_no=name)  # fmt: skip
    mark(told, ["c/卷秘2"], "秘密★10年", "06-10 10:00", position="cover")
    assert [due[:2] for due in told.due("MRK-5", as_of="06-11")] == [("MRK-5", "c/卷秘")]
    assert told.found("MRK-5", as_of="06-11 23:59") == []
    assert told.found("MRK-5", as_of="06-12 00:00") == [("MRK-5", "c/卷秘")]
    mark(told, ["c/卷秘"], "秘密★10年", "06-13 10:00", position="cover")
    assert told.found("MRK-5", state="closed") == [("MRK-5", "c/卷秘")]
    assert told.found("MRK-1") == []


def test_what_is_made_names_its_distribution():
    for parameters, expected in (({"strict.MRK-6": "yes"}, [("MRK-6", "d/无")]), ({}, [])):
        told = Office(parameters)
        make(told, "d/有", ["c/1"], distribution=["u/甲村"])
        make(told, "d/无", ["c/2"])
        make(told, "d/无密", ["c/3"], level="无密")
        assert told.found("MRK-6") == expected


def test_a_mark_entered_late_was_there_all_the_same():
    told = Office({"within.mark": "0d"})
    make(told, "d/补", ["c/补"])
    make(told, "d/晚", ["c/晚"])
    make(told, "d/废", ["c/废", "c/留"])
    send(told, ["c/补"], "d/补")
    mark(told, ["c/补"], "秘密★10年", "06-03 12:00", recorded="06-05 08:00", late_reason="停电")
    # Marked two days late, then given out: it stays late. A spoiled copy needs no mark, the other one does.
    mark(told, ["c/晚"], "秘密★10年", "06-05 09:00")
    send(told, ["c/晚"], "d/晚", "06-05 10:00")
    told.tell(
        "06-03 14:00", "destroyed.carriers", on=["c/废", "d/废"], who={"supervisor": ["李敏", "赵强"]}, method="shred"
    )
    assert told.found("MRK-1") == [("MRK-1", "c/晚"), ("MRK-1", "c/留")]


def test_a_paper_whose_term_ended_may_be_marked_open():
    told = Office()
    for number, issued in enumerate(("2010-06-01", "2020-06-01"), 1):
        enter(told, f"d/{number}", number, issue_date=issued)
        make(told, f"d/{number}", [f"c/{number}"])
        mark(told, [f"c/{number}"], "解密")
    assert told.found("MRK-1") == [("MRK-1", "c/2")]


def test_what_another_unit_changed_is_marked_from_when_it_is_known():
    told = Office({"within.remark": "10wd"})
    for name in ("知", "账"):
        told.tell("03-03 09:00", "created.entered", on=[f"c/{name}", f"d/{name}"], who={"registrar": "李敏"}, level="机密", reason="other",
                  items=[{"carrier": f"c/{name}", "form": "document", "document": f"d/{name}"}])  # fmt: skip
    fields = {
        "who": {"registrar": "李敏"},
        "step": "approved",
        "change": "lowered",
        "level": "秘密",
        "recorded": "04-01 09:00",
    }
    told.tell("03-10 09:00", "decided.reclassify", on=["d/知"], by="u/省委", **fields)
    told.tell("03-10 09:00", "decided.reclassify", on=["d/账"], **fields,
              source={"cells": bytes(32), "sha256": bytes(32), "sheet": "变", "row": 3})  # fmt: skip
    assert told.found("MRK-4", as_of="04-10 09:00") == []
    assert told.found("MRK-4", as_of="06-10 09:00") == [("MRK-4", "c/知")]
