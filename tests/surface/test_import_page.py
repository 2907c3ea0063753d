"""docs/import.md names the headers and words that registers are read by, and forms that are read as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chainlog.interchange.copy_numbers import parse_copy_numbers
from chainlog.interchange.dates import Frame, Moment, parse_due, parse_moment
from chainlog.interchange.levels import parse_level
from chainlog.interchange.problems import CellProblem
from tools import import_tables

TEXT = (Path(__file__).resolve().parents[2] / import_tables.PAGE).read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"^## ", TEXT.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_the_tables_are_those_of_the_code():
    assert import_tables.page(TEXT) == TEXT


def test_drift_is_seen():
    changed = TEXT.replace("| 借阅人 | yes |", "| 借阅人 |  |")
    assert changed != TEXT
    assert import_tables.page(changed) == TEXT
    with pytest.raises(AssertionError, match="marks"):
        import_tables.page(TEXT.replace("<!-- gen:loans -->", ""))


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        *((text, "2025-03-04") for text in ("2025-03-04", "2025/3/4", "2025.3.4", "2025年3月4日", "二〇二五年三月四日", "20250304", "3月4日")),
        ("25/3/4", "2025-03-04"), ("2025-03-04 09:10", "2025-03-04T09:10"), ("3月4日上午9时", "2025-03-04T09"),
        *((text, None) for text in ("不详", "不明", "未知", "未记载")),
    ],
)  # fmt: skip
def test_dates(shown: str, read: str | None):
    assert shown in section("Dates")
    moment = parse_moment(shown, Frame(2025))
    assert (moment and moment.text()) == read


def test_terms_and_dates_that_lean_on_others():
    lent = parse_moment("2025-12-28", Frame())
    assert isinstance(lent, Moment)
    frame = Frame(2025, lent, "after", 184)
    for shown, read in (
        ("1月5日", "2026-01-05"),
        ("当日", "2025-12-28"),
        ("10天", "2026-01-07"),
        ("一个月", "2026-01-28"),
    ):
        assert shown in section("Dates")
        due = parse_due(shown, frame)
        assert due is not None
        assert due.text() == read
    with pytest.raises(CellProblem):
        parse_moment("2025-02-30", Frame(2025))


@pytest.mark.parametrize(
    ("shown", "count", "last"),
    [("000087", 1, "000087"), ("000087-000092", 6, "000092"), ("87—92、95", 7, "95"), ("复004-005", 2, "复005"),
     ("000087-92", 6, "000092"), ("无", 0, None), ("未编号", 0, None)],
)  # fmt: skip
def test_copy_numbers(shown: str, count: int, last: str | None):
    assert shown in section("Copy numbers")
    read = parse_copy_numbers(shown)
    assert (len(read), read[-1] if read else None) == (count, last)


@pytest.mark.parametrize(
    ("shown", "read"),
    [("机密★10年", ("机密", "10年")), ("秘密(6个月)", ("秘密", "6个月")), ("绝密★长期", ("绝密", "长期")),
     ("机密★2030年12月31日", ("机密", "2030-12-31"))],
)  # fmt: skip
def test_levels(shown: str, read: tuple[str, str]):
    assert shown in section("Levels")
    assert tuple(parse_level(shown)) == read
