"""Every rule and question cites texts by their one name, and provisions that those texts have."""

from __future__ import annotations

import re

import pytest

import chainlog.rules.declared  # noqa: F401
from chainlog.rules import sources
from chainlog.rules.rule import QUESTIONS, RULES

DIGITS = "一二三四五六七八九十"
FLAT = re.compile(rf"第([{DIGITS}]+)条(?:（([{DIGITS}])）)?")
HEADED = re.compile(rf"([{DIGITS}])(?:（([{DIGITS}])）(\d+)?|、(\d+)(?:（\d+）)?)?")

# How many articles a text has; those of the law and its decree that the project has read are within these.
ARTICLES = {
    "TOWN_CLASSIFY": 10, "TOWN_RECEIVE": 6, "TOWN_SEND": 7, "TOWN_ISSUE": 7, "TOWN_READ": 5, "TOWN_LEND": 9, "TOWN_RETURN": 3,
    "TOWN_DESTROY": 5, "TOWN_NETWORK": 4, "TOWN_OPEN_NETWORK": 8, "TOWN_COMPUTERS": 9, "TOWN_MEDIA": 9, "TOWN_REPAIRS": 6,
    "TOWN_CARRIERS": 8, "TOWN_PUBLISH": 8, "SCHOOL_ONE": 9, "SCHOOL_TWO": 10, "BUREAU": 11, "LAW": 65, "DECREE": 74,
}  # fmt: skip
# The headings of the other texts; how many items stand under each, 0 for none that is numbered.
HEADINGS = {
    "UNIVERSITY": {"一": 0, "二": 4, "三": 9, "四": 17},
    "COOP": {"一": 4, "二": 6, "三": 6, "四": 4, "五": 7, "六": 4},
    "CONGRESS": {
        "一（一）": 0, "二（一）": 4, "二（二）": 5, "二（三）": 4, "三（一）": 4, "三（二）": 3, "四（一）": 3, "四（二）": 3, "四（三）": 4,
        "四（四）": 3, "四（五）": 3, "四（六）": 3, "五（一）": 6, "五（二）": 3, "五（三）": 4,
    },
    "SURVEY": {"一": 4, "二": 3, "三": 0},
    "SELF_CHECK": {"一": 0, "二": 0},
    "PLAN_OFFICE": {"一": 0, "二": 4, "三": 6},
    "PLAN_SCHOOL": {"一": 0, "二": 4, "三": 6},
    "PLAN_MINE": {"一": 0, "二": 0, "三": 0},
    "PLAN_LAND": {"一": 0, "二": 0, "三": 0, "四": 0, "五": 0},
    "ARCHIVES_USED": {"一": 0, "二": 0, "三": 0, "四（一）": 0, "四（二）": 0, "四（三）": 0, "五": 0},
    "ARCHIVES_KEPT": {"一": 0, "二": 0, "三": 0, "四": 0},
}  # fmt: skip
NAMES = {name: value for name, value in vars(sources).items() if name.isupper()}
# No single article says it.
GENERAL = {"PER-6": "由各项审批规定推定"}


def number(text: str) -> int:
    """A Chinese number up to 99."""
    tens, has_ten, ones = text.rpartition("十")
    units = DIGITS.index(ones) + 1 if ones else 0
    return units + (10 * (DIGITS.index(tens) + 1 if tens else 1) if has_ten else 0)


def provisions(article: str) -> list[tuple[str, str]]:
    """(name of the constant, provision) of all that an article cites; fails on what isn't so written."""
    found = []
    for part in article.split("；"):
        derived = part.startswith("由")
        assert part.endswith("推定") == derived, part
        rest, name = part.removeprefix("由").removesuffix("推定") if derived else part, ""
        while rest:
            named = next((key for key, value in NAMES.items() if rest.startswith(value)), "")
            name = named or name
            assert name, rest
            rest = rest.removeprefix(NAMES[named]) if named else rest
            match = (FLAT if name in ARTICLES else HEADED).match(rest)
            assert match is not None, (name, rest)
            found.append((name, match[0]))
            rest = rest[match.end() :]
            assert not rest or re.match("[、和至].", rest), (article, rest)
            rest = rest[1:]
    return found


def exists(name: str, provision: str) -> bool:
    """Whether a text has a provision."""
    if name in ARTICLES:
        match = FLAT.fullmatch(provision)
        return match is not None and 1 <= number(match[1]) <= ARTICLES[name]
    match = HEADED.fullmatch(provision)
    assert match is not None
    headings = HEADINGS[name]
    if name == "COOP":
        return match[1] in headings and (match[2] is None or number(match[2]) <= headings[match[1]]) and not match[3]
    heading = match[1] + (f"（{match[2]}）" if match[2] else "")
    return heading in headings and int(match[3] or match[4] or 0) <= headings[heading]


@pytest.mark.parametrize("one", sorted({*RULES, *QUESTIONS} - set(GENERAL)))
def test_what_is_cited_exists(one):
    article = RULES[one].article if one in RULES else QUESTIONS[one].article
    cited = provisions(article)
    assert cited
    assert [(name, provision) for name, provision in cited if not exists(name, provision)] == []


def test_one_name_for_each_text():
    assert set(NAMES) == {*ARTICLES, *HEADINGS}
    assert len(set(NAMES.values())) == len(NAMES)
    assert {one: RULES[one].article for one in GENERAL} == GENERAL


def test_every_text_is_cited():
    everything = [one.article for one in (*RULES.values(), *QUESTIONS.values())]
    assert [name for name, value in NAMES.items() if not any(value in article for article in everything)] == []


@pytest.mark.parametrize(
    "wrong",
    ["高校《机要室管理制度》第十七条", "高校《机要室保密制度》四第十五条", "乡镇《保密文件清退制度》第四条", "高校《机要室保密制度》四、18",
     "高校《机要室保密制度》四7", "供销社《保密管理工作制度》四（五）", "人大机关《保密管理制度》四（一）4", "乡镇《保密文件清退制度》第二条（一般每三个月）",
     "由乡镇《保密文件清退制度》第三条"],
)  # fmt: skip
def test_what_is_wrong_is_seen(wrong):
    try:
        cited = provisions(wrong)
    except AssertionError:
        return
    assert not all(exists(name, provision) for name, provision in cited)
