"""Terms of secrecy and marks as people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.rules.secrecy_terms import Term, ends_on, exceeds, last_day, outlasts, parse_mark, parse_term, same_term
from tests.offices import Office, receive, register


def term(text):
    found = parse_term(text)
    assert found is not None, text
    return found


@pytest.mark.parametrize(
    ("text", "months", "fault"),
    [
        ("10年", 120, ""), ("１０年", 120, ""), ("10 年", 120, ""), ("十年", 120, ""), ("二十年", 240, ""), ("十五年", 180, ""),
        ("两年", 24, ""), ("三十年", 360, ""), ("一百零五年", 1260, ""), ("6个月", 6, ""), ("6月", 6, ""), ("六个月", 6, ""),
        ("11个月", 11, ""), ("1年", 12, ""), ("12个月", 12, "months"), ("18个月", 18, "months"), ("0年", 0, "zero"),
        ("0个月", 0, "zero"), ("1.5年", 18, "fraction"), ("0.5个月", 1, "fraction"), ("半年", 6, "fraction"),
        ("一年半", 18, "mixed"), ("1年6个月", 18, "mixed"), ("1年零6个月", 18, "mixed"), ("1年0个月", 12, ""),
    ],
)  # fmt: skip
def test_lengths(text, months, fault):
    assert term(text) == Term(text, months=months, fault=fault)


@pytest.mark.parametrize(
    ("text", "days"), [("90天", 90), ("3周", 21), ("2个星期", 14), ("30日", 30), ("48小时", 2), ("一天", 1)]
)  # fmt: skip
def test_lengths_in_other_units(text, days):
    assert term(text) == Term(text, days=days, fault="unit")


def test_what_is_no_length():
    assert term("长期") == Term("长期", permanent=True)
    assert term("永久").permanent
    assert term("2030-12-31").until == term("2030年12月31日").until == term("2030.12.31").until == date(2030, 12, 31)
    for text in ("启用前", "公布前", "工程竣工验收后", "2030年高考启用前", "三月底前"):
        assert term(text).condition == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "10",
        "★",
        "abc",
        "2030-02-30",
        "10年左右",
        "年",
        "6个月3个月",
        "十十年",
        "1000年",
        "二五年",
        "一二个月",
        "一百二五年",
    ],
)
def test_what_can_t_be_read(text):
    assert parse_term(text) is None


@given(st.text(alphabet="0123456789年月日个周天半十百零一二两长期解密★秘机绝内部.- 前后", max_size=12))
def test_any_text_is_read_or_refused(text):
    found = parse_term(text)
    if found is not None:
        assert [found.months is not None, found.days is not None, found.until is not None, found.permanent, bool(found.condition)].count(True) == 1  # fmt: skip
        last_day(found, date(2025, 1, 31), inclusive=False)
    parse_mark(text)


def test_the_last_day():
    issued = date(2020, 6, 15)
    assert last_day(term("5年"), issued, inclusive=True) == date(2025, 6, 15)
    assert last_day(term("5年"), issued, inclusive=False) == date(2025, 6, 14)
    assert last_day(term("6个月"), date(2020, 8, 31), inclusive=True) == date(2021, 2, 28)
    assert last_day(term("2030-12-31"), None, inclusive=True) == date(2030, 12, 31)
    assert last_day(term("90天"), issued, inclusive=True) == date(2020, 9, 13)
    assert last_day(term("5年"), None, inclusive=True) is None
    assert last_day(term("长期"), issued, inclusive=True) is None
    assert last_day(term("启用前"), issued, inclusive=True) is None
    assert last_day(term("999年"), date(9999, 1, 1), inclusive=True) == date.max
    assert last_day(term("999天"), date(9999, 12, 1), inclusive=True) == date.max


def test_longer_than_the_cap():
    cap, issued = term("10年"), date(2025, 3, 1)
    assert not exceeds(term("10年"), cap, issued)
    assert not exceeds(term("120个月"), cap, issued)
    assert exceeds(term("121个月"), cap, issued)
    assert exceeds(term("11年"), cap, None)
    assert exceeds(term("长期"), cap, None)
    assert not exceeds(term("2035-03-01"), cap, issued)
    assert exceeds(term("2035-03-02"), cap, issued)
    assert not exceeds(term("2099-01-01"), cap, None)
    assert not exceeds(term("启用前"), cap, issued)
    assert not exceeds(term("400天"), term("2年"), issued)
    assert exceeds(term("400天"), term("1年"), issued)


def test_which_of_two_lasts_longer():
    early, late = date(2020, 1, 1), date(2025, 1, 1)

    def longer(one, other, issued=early, other_issued=early):
        return outlasts(term(one), term(other), issued=issued, other_issued=other_issued)

    assert longer("10年", "5年")
    assert not longer("5年", "5年")
    assert not longer("5年", "10年")
    assert longer("1年", "5年", late, early)
    assert not longer("1年", "6年", late, early)
    assert longer("10年", "5年", None, None)
    assert not longer("10年", "5年", None, early)
    assert longer("长期", "30年")
    assert not longer("长期", "长期")
    assert not longer("长期", "启用前")
    assert not longer("30年", "长期")
    assert not longer("启用前", "5年")
    assert longer("2030-01-01", "5年")


@pytest.mark.parametrize(
    ("text", "level", "star", "text_of_term"),
    [
        ("秘密★5年", "秘密", True, "5年"), ("机 密 ★ 10 年", "机密", True, "10年"), ("绝密★长期", "绝密", True, "长期"),
        ("秘密", "秘密", False, None), ("秘密★", "秘密", True, None), ("机密★2030年12月31日", "机密", True, "2030-12-31"),
        ("内部", "内部", False, None), ("工作秘密", "内部", False, None), ("工作秘密★5年", "内部", True, "5年"),
        ("无密", "无密", False, None), ("绝密★启用前", "绝密", True, "启用前"),
    ],
)  # fmt: skip
def test_marks(text, level, star, text_of_term):
    found = parse_mark(text)
    assert found is not None
    assert (found.level, found.star, found.declassified) == (level, star, False)
    assert same_term(found.term, None if text_of_term is None else term(text_of_term))


@pytest.mark.parametrize(
    "text", ["秘密☆5年", "秘密*5年", "★5年", "秘密★五", "秘密5年", "密件", "", "机密级★5年", "秘密★5年★"]
)
def test_what_is_no_mark(text):
    assert parse_mark(text) is None


def test_the_mark_of_what_is_declassified():
    found = parse_mark("解密")
    assert found is not None
    assert found.declassified
    assert not found.level


def test_the_same_term_however_it_is_written():
    assert same_term(term("十年"), term("10年"))
    assert same_term(term("12个月"), term("1年"))
    assert same_term(None, None)
    assert not same_term(term("10年"), None)
    assert not same_term(None, term("10年"))
    assert not same_term(term("10年"), term("11年"))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, (date(2035, 2, 26), None, date(2030, 12, 31))),
        ({"term.end_day": "exclusive"}, (date(2035, 2, 25), None, date(2030, 12, 30))),
        ({"term.from": "notice"}, (date(2035, 2, 26), date(2035, 3, 3), date(2030, 12, 31))),
    ],
)
def test_by_the_policy(parameters, expected):
    office = Office(parameters, clearance="", calendar=False)
    for number, (document, fields) in enumerate(
        [("d/甲", {}), ("d/乙", {"issue_date": None}), ("d/丙", {"term": "2030-12-31"})], 1
    ):
        receive(office, "03-03 09:00", [f"c/{number}"], document)
        register(office, "03-03 09:10", document, serial=number, **fields)
    with office.facts() as facts:
        act = facts.genesis
        assert tuple(
            ends_on(facts, document, facts.standing(document).term, act) for document in ("d/甲", "d/乙", "d/丙")
        ) == expected  # fmt: skip
        assert ends_on(facts, "d/甲", "十", act) is None
