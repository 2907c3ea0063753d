"""Determining the level, what is determined: CLS-2, 3, 4, 8, 12, 13, 14, 16."""

from __future__ import annotations

import pytest

from tests.offices import Office, receive, register
from tests.own_documents import classify, enter, make, mark

CAPS = {"cap.绝密": "30年", "cap.机密": "20年", "cap.秘密": "10年"}
BOTH = {"operator": "赵强", "registrar": "李敏"}


def messages(office, code, subject=None):
    return [one.message_zh for one in office.judge(code).findings if subject in (None, one.subject)]


def equip(office, carrier, level="秘密", **fields):
    return office.tell(
        "03-01 09:00", "created.equipment", on=[carrier], who={"registrar": "李敏", "receiver": "吴"},
        **{"form": "usb_stick", "number": carrier, "register": "介质", "serial": int(carrier[2:]), "unit": "u/镇", "level": level, **fields},
    )  # fmt: skip


# --- CLS-2 --------------------------------------------------------------------------------------


def test_the_box_is_never_blank():
    told = Office()
    make(told, "d/空", ["c/空"], level="未标")
    make(told, "d/无密", ["c/无密"], level="无密")
    receive(told, "06-03 12:00", ["c/1", "c/2"], "d/收空", level="未标")
    register(told, "06-03 12:10", "d/收空", level="机密")
    enter(told, "d/登空", 1, level="未标")
    told.tell("06-03 13:00", "created.entered", on=["c/簿", "c/簿2"], who={"registrar": "李敏"}, level="未标", reason="book",
              items=[{"carrier": one, "form": "register_book"} for one in ("c/簿", "c/簿2")])  # fmt: skip
    told.tell("06-03 13:00", "created.opening", on=["c/旧"], who={"registrar": "李敏"},
              items=[{"carrier": "c/旧", "form": "document", "level": "未标", "phase": "in_stock", "row": 1}])  # fmt: skip
    assert told.found("CLS-2", state="open") == [("CLS-2", "c/簿"), ("CLS-2", "d/登空"), ("CLS-2", "d/空")]
    assert told.found("CLS-2", state="closed") == [("CLS-2", "d/收空")]
    (finding,) = [one for one in told.judge("CLS-2").findings if one.subject == "d/空"]
    assert (finding.severity, finding.message_zh, len(finding.evidence)) == ("high", "密级栏空白", 1)


def test_a_source_that_was_left_blank_is_not_what_is_derived_from_it():
    told = Office()
    enter(told, "d/转发", 1, level="未标", sources=["d/来源"])
    assert told.found("CLS-2") == [("CLS-2", "d/转发")]


# --- CLS-3, CLS-4 -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def terms():
    told = Office(CAPS)
    for level, term in (
        ("秘密", "10年"), ("秘密", "11年"), ("机密", "20年"), ("机密", "21年"), ("绝密", "30年"), ("绝密", "31年"), ("秘密", "长期"),
        ("秘密", "启用前"), ("秘密", "6个月"), ("秘密", "18个月"), ("秘密", "1.5年"), ("秘密", "90天"), ("秘密", "0年"), ("秘密", "1年6个月"),
        ("秘密", "10"), ("内部", "90天"), ("秘密", "2035-06-03"), ("秘密", "2035-06-04"),
    ):  # fmt: skip
        classify(told, f"d/{level}{term}", level=level, term=term)
    for number, term in enumerate(("2035-06-03", "2035-06-04"), 1):
        enter(told, f"d/秘密{term}", number, term=term)
    classify(told, "d/特殊", term="20年", special_basis="特别规定")
    classify(told, "d/未批", term="20年", persons={"approved": None})
    classify(told, "d/外定", term=None)
    register(told, "06-03 12:00", "d/收文", serial=9, term="60年")
    enter(told, "d/登记", 10, term="20年")
    enter(told, "d/已定又登", 11, term="20年")
    classify(told, "d/已定又登")
    equip(told, "c/1", term="12年")
    equip(told, "c/2", term="24个月")
    return told


def test_terms_within_the_cap(terms):
    assert [subject for _, subject in terms.found("CLS-3")] == [
        "c/1", "d/机密21年", "d/登记", "d/秘密11年", "d/秘密2035-06-04", "d/秘密长期", "d/绝密31年",
    ]  # fmt: skip
    assert messages(terms, "CLS-3", "d/秘密11年") == ["秘密期限11年，超过上限10年，未注明特殊规定"]
    (finding,) = [one for one in terms.judge("CLS-3").findings if one.subject == "d/秘密11年"]
    assert finding.parameters["cap.秘密"] == "10年"
    assert terms.reader.read(finding.origin).body().step == "approved"


def test_no_cap_in_the_policy():
    told = Office()
    classify(told, "d/甲", term="99年")
    assert told.found("CLS-3") == []


def test_terms_in_years_or_months(terms):
    found = {subject: messages(terms, "CLS-4", subject) for _, subject in terms.found("CLS-4")}
    assert {subject: text[0].partition("：")[2] for subject, text in found.items()} == {
        "d/秘密18个月": "一年以上的期限应以年计", "c/2": "一年以上的期限应以年计", "d/秘密1年6个月": "一年以上的期限应以年计",
        "d/秘密1.5年": "期限不是整年、整月", "d/秘密90天": "期限应以年或月计", "d/秘密0年": "期限为零", "d/秘密10": "不是期限、日期或条件",
    }  # fmt: skip
    assert {one.severity for one in terms.judge("CLS-4").findings} == {"low"}


# --- CLS-8, 12, 13 ------------------------------------------------------------------------------


def copied(office, children, parents, method, *, level="秘密", document=None, on=(), **fields):
    items = [
        {"carrier": one, "form": "document", **({"document": document} if document else {})} for one in children
    ]  # fmt: skip
    return office.tell(
        "06-05 09:00", "copied.made", on=[*children, *parents, *([document] if document else []), *on], who=BOTH, method=method,
        parents=list(parents), items=items, level=level, **fields,
    )  # fmt: skip


@pytest.fixture(scope="module")
def taken():
    told = Office()
    for number, (name, level, term) in enumerate(
        (("机", "机密", "20年"), ("秘", "秘密", "5年"), ("无", "无密", None)), 1
    ):
        receive(told, "03-03 09:00", [f"c/{name}"], f"d/{name}", level=level)
        register(told, "03-03 09:10", f"d/{name}", serial=number, level=level, term=term)
    enter(told, "d/转同", 1, level="机密", term="20年", sources=["d/机"])
    enter(told, "d/转低", 2, level="秘密", term="20年", sources=["d/机", "d/秘"])
    enter(told, "d/转短", 3, level="机密", term="10年", sources=["d/机"])
    enter(told, "d/转无", 4, level="秘密", sources=["d/无", "d/不知"])
    copied(told, ["c/编"], ["c/机", "c/秘"], "compile", level="秘密", document="d/编")
    copied(told, ["c/编2"], ["c/机", "c/秘"], "compile", level="机密", document="d/编2")
    copied(told, ["c/摘"], ["c/机"], "excerpt", level="机密", document="d/摘", term="20年")
    copied(told, ["c/摘低", "c/摘低2"], ["c/机"], "excerpt", level="内部", document="d/摘低")
    told.tell(
        "06-05 09:00", "copied.made", on=["c/摘短", "c/机", "d/摘短"], who=BOTH, method="excerpt", parents=["c/机"], level="机密",
        items=[{"carrier": "c/摘短", "form": "document", "document": "d/摘短"}],
    )  # fmt: skip
    copied(told, ["c/摘短2"], ["c/机"], "excerpt", level="机密", document="d/摘短2", term="6个月")
    copied(told, ["c/摘空"], ["c/无"], "excerpt", level="无密", document="d/摘空")
    copied(told, ["c/复"], ["c/机"], "copy", level="内部")
    return told


def test_what_is_derived_takes_the_level_of_its_source(taken):
    assert taken.found("CLS-8") == [("CLS-8", "c/编"), ("CLS-8", "d/转低"), ("CLS-8", "d/转短")]
    assert messages(taken, "CLS-8", "d/转低") == ["密级秘密低于来源 d/机 的机密"]
    assert messages(taken, "CLS-8", "d/转短") == ["期限10年早于来源 d/机 的20年届满"]
    assert messages(taken, "CLS-8", "c/编") == ["密级秘密低于来源 d/机 的机密"]


def test_an_excerpt_keeps_the_level_and_the_term(taken):
    assert taken.found("CLS-13") == [("CLS-13", "c/摘低"), ("CLS-13", "c/摘短2")]
    assert messages(taken, "CLS-13", "c/摘低") == ["密级内部低于来源 d/机 的机密"]
    assert messages(taken, "CLS-13", "c/摘短2") == ["期限6个月早于来源 d/机 的20年届满"]
    (finding,) = [one for one in taken.judge("CLS-13").findings if one.subject == "c/摘低"]
    assert finding.severity == "high"
    assert taken.reader.read(finding.origin).kind == "copied.made"


def scope(office, document, persons, change="set", **fields):
    office.tell("06-04 08:00", "decided.scope", on=[document], who={"approver": "何副书记"}, step="approved", change=change,
                scope={"persons": [f"p/{one}" for one in persons], **fields})  # fmt: skip


def test_an_excerpt_is_known_to_nobody_else():
    told = Office()
    for number, name in enumerate(("甲", "乙"), 1):
        receive(told, "03-03 09:00", [f"c/{name}"], f"d/{name}")
        register(told, "03-03 09:10", f"d/{name}", serial=number)
    scope(told, "d/甲", ["陈", "孙"])
    scope(told, "d/乙", ["陈"], units=["u/党政办"])
    for name, persons in (("摘同", ["陈", "孙"]), ("摘宽", ["陈", "吴"]), ("乙摘", ["吴"])):
        scope(told, f"d/{name}", persons)
        copied(told, [f"c/{name}"], ["c/乙" if name == "乙摘" else "c/甲"], "excerpt", document=f"d/{name}")
    assert told.found("CLS-13") == [("CLS-13", "c/摘宽")]
    assert messages(told, "CLS-13") == ["知悉范围超出来源 d/甲：p/吴"]


def test_prints_are_handled_as_documents_of_their_level():
    told = Office()
    receive(told, "03-03 09:00", ["c/机"], "d/机", level="机密")
    register(told, "03-03 09:10", "d/机", level="机密")
    equip(told, "c/1", "绝密", form="computer")
    copied(told, ["c/印"], ["c/机"], "print", level="机密", document="d/机")
    copied(told, ["c/印低"], ["c/1"], "print", level="秘密", document="d/机")
    copied(told, ["c/印低2"], ["c/机"], "print", level="秘密")
    copied(told, ["c/自拟"], ["c/1"], "print", level="秘密", document="d/自拟")
    copied(told, ["c/复印"], ["c/机"], "copy", level="秘密")
    assert told.found("CLS-12") == [("CLS-12", "c/印低"), ("CLS-12", "c/印低2")]
    assert messages(told, "CLS-12", "c/印低") == ["打印件定为秘密，低于原文件的机密"]


# --- CLS-14, CLS-16 -----------------------------------------------------------------------------


def volume(office, name, level, members, *, term="5年", text=None):
    fields = {"term": term} if term else {}
    office.tell("06-10 08:00", "created.entered", on=[f"c/{name}"], who={"registrar": "李敏"}, level=level, reason="volume",
                items=[{"carrier": f"c/{name}", "form": "volume"}], **fields)  # fmt: skip
    if text:
        mark(office, [f"c/{name}"], text, "06-10 08:30", position="cover")
    for one in members:
        office.tell("06-10 09:00", "transferred.archive", on=[f"c/{one}", f"c/{name}"], who={"giver": "李敏", "receiver": "黄"},
                    volume=f"c/{name}", file_no=name)  # fmt: skip


def archive(told):
    for number, (name, level, term) in enumerate(
        (("机1", "机密", "20年"), ("机2", "机密", "20年"), ("机3", "机密", "20年"), ("机4", "机密", "20年"), ("机5", "机密", "20年"),
         ("秘1", "秘密", "5年"), ("无1", "无密", None)), 1,
    ):  # fmt: skip
        receive(told, "03-03 09:00", [f"c/{name}"], f"d/{name}", level=level)
        register(told, "03-03 09:10", f"d/{name}", serial=number, level=level, term=term)


def test_a_volume_bears_the_highest_level_and_the_longest_term_inside_it():
    told = Office()
    archive(told)
    volume(told, "卷好", "机密", ["机1", "秘1"], term="20年")
    volume(told, "卷标低", "机密", ["机2"], term="20年", text="秘密★20年")
    volume(told, "卷标短", "机密", ["机3"], text="机密★10年")
    volume(told, "卷标无期", "机密", ["机4"], text="机密")
    volume(told, "卷账低", "秘密", ["机5"], term=None)
    volume(told, "卷无", "无密", ["无1"], term=None)
    assert {subject: messages(told, "CLS-14", subject) for _, subject in told.found("CLS-14")} == {
        "c/卷标低": ["卷宗标秘密，卷内 c/机2 为机密"],
        "c/卷标短": ["卷宗期限10年，卷内 c/机3 为20年"],
        "c/卷标无期": ["卷宗期限无期限，卷内 c/机4 为20年"],
        "c/卷账低": ["卷宗登记为秘密，卷内 c/机5 为机密"],
    }
    mark(told, ["c/卷标低"], "机密★20年", "06-11 09:00", position="cover")
    assert "c/卷标低" not in [subject for _, subject in told.found("CLS-14")]
    told.tell(
        "06-12 09:00",
        "decided.reclassify",
        on=["d/机5"],
        who={"approver": "何副书记"},
        step="approved",
        change="declassified",
        level="无密",
    )
    assert "c/卷账低" not in [subject for _, subject in told.found("CLS-14")]


def test_work_secrets_bear_no_star():
    told = Office()
    for name, level in (("内", "内部"), ("秘", "秘密"), ("内2", "内部")):
        make(told, f"d/{name}", [f"c/{name}", f"c/{name}副"], level=level)
    mark(told, ["c/内", "c/内副"], "内部★5年")
    mark(told, ["c/秘"], "秘密★5年")
    mark(told, ["c/内2"], "内部")
    (finding,) = told.judge("CLS-16").findings
    assert (finding.subject, finding.severity) == ("c/内", "medium")
    assert finding.message_zh == "工作秘密标“内部★5年”"
    mark(told, ["c/内2"], "秘密★5年", "06-05 09:00")
    assert told.found("CLS-16") == [("CLS-16", "c/内"), ("CLS-16", "c/内2")]


def test_a_derived_term_may_be_as_long_as_that_of_its_source():
    told = Office(CAPS)
    receive(told, "03-03 09:00", ["c/来"], "d/来")
    register(told, "03-03 09:10", "d/来", term="15年")
    for number, (name, term, sources) in enumerate(
        (("同", "15年", ["d/来"]), ("长", "16年", ["d/来"]), ("独", "15年", [])), 1
    ):
        enter(told, f"d/{name}", number, sources=sources, term=term, issue_date="2025-02-26", classification="derived")
    assert told.found("CLS-3") == [("CLS-3", "d/独"), ("CLS-3", "d/长")]


def test_a_range_fixed_later_is_compared_with_that_of_the_source():
    told = Office()
    receive(told, "03-03 09:00", ["c/来"], "d/来")
    register(told, "03-03 09:10", "d/来")
    enter(told, "d/转", 1, sources=["d/来"])

    def scope(at, document, persons):
        return told.tell(at, "decided.scope", on=[document], who={"approver": "周书记"}, step="approved", change="set",
                         scope={"persons": persons})  # fmt: skip

    scope("06-04 09:00", "d/来", ["p/陈", "p/孙"])
    scope("06-04 10:00", "d/转", ["p/陈"])
    assert told.found("CLS-8") == []
    wide = scope("06-05 10:00", "d/转", ["p/陈", "p/吴"])
    (finding,) = told.judge("CLS-8").findings
    assert (finding.message_zh, finding.origin) == ("知悉范围超出来源 d/来：p/吴", wide)


def test_a_work_secret_marked_with_a_star_among_others():
    told = Office()
    make(told, "d/秘", ["c/1"])
    make(told, "d/内", ["c/2", "c/3"], level="内部")
    mark(told, ["c/1", "c/2", "c/3"], "秘密★10年")
    assert told.found("CLS-16") == [("CLS-16", "c/2")]
