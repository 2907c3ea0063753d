"""Text for people: nothing gets to a terminal that moves, hides or turns; Chinese takes two columns."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.canon.text import REFUSED_RANGES
from chainlog.cli.render import (
    Cell,
    Column,
    json_text,
    offset_text,
    pad,
    pairs_lines,
    short,
    span,
    styled,
    table,
    visible,
    when,
    width,
    wrap,
)
from chainlog.limits import DAY_SPAN_US

LETTERS = st.text(st.sampled_from("ab 1密级★，。涉"), max_size=60)


@pytest.mark.parametrize(
    "char",
    [
        "\x1b",
        "\x07",
        "\r",
        "\n",
        "\t",
        "\x85",
        "\u202e",
        "\u2066",
        "\u200b",
        "\u200f",
        "\ufeff",
        "\u2028",
        "\U000e0041",
        "\ud800",
    ],
)
def test_what_a_terminal_obeys_or_hides_is_written_out(char: str):
    assert char not in visible(f"非{char}密")
    assert visible(f"非{char}密").startswith("非\\")


def test_everything_invisible_that_records_refuse_is_written_out():
    shown = {"radical", "stroke", "mark", "compatibility"}
    for first, last, why in REFUSED_RANGES:
        if why.split()[0] in shown:
            continue
        for number in {first, last} - {0xFFFD}:
            assert chr(number) not in visible(chr(number)), hex(number)


def test_plain_text_stays():
    for text in ("c/87", "省委〔2025〕7号", "秘密★5年", "Ａ　Ｂ", "naïve – “q”", "𠮷"):
        assert visible(text) == text


@given(st.text(max_size=30))
def test_visible_text_is_printable_and_stays_so(text: str):
    shown = visible(text)
    assert all(c.isprintable() or c == "\u3000" for c in shown)
    assert visible(shown) == shown


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    )
)
def test_json_is_the_same_value_and_safe(value):
    text = json_text(value)
    assert json.loads(text) == value
    assert visible(text) == text


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("ab", 2), ("密级", 4), ("Ａ", 2), ("e\u0301", 1), ("★", 1), ("c/省委", 6)]
)
def test_width(text: str, columns: int):
    assert width(text) == columns


def test_pad():
    assert pad("密", 4) == "密  "
    assert pad("7", 3, right=True) == "  7"
    assert pad("密级", 3) == "密级"


@given(LETTERS, st.integers(2, 30))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, columns: int):
    lines = wrap(text, columns)
    assert lines
    assert all(width(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_no_line_begins_with_a_closing_mark_if_that_can_be_helped():
    assert wrap("涉密载体，", 8) == ["涉密载", "体，"]


def test_a_hash_is_not_cut():
    digest = "0123456789abcdef" * 4
    assert wrap(f"哈希 {digest}", 40) == ["哈希", digest]
    assert wrap(digest, 40) == [digest]


def test_a_table_fits_by_wrapping_what_may_wrap():
    columns = [Column("记录", right=True, flexible=False), Column("内容")]
    rows = [("7", "交接给李敏保管并登记在册"), ("12", "c/87")]
    assert table(columns, rows, columns_max=None) == [
        "记录  内容",
        "----  ------------------------",
        "   7  交接给李敏保管并登记在册",
        "  12  c/87",
    ]
    narrow = table(columns, rows, columns_max=20)
    assert narrow[2:5] == ["   7  交接给李敏保管", "      并登记在册", "  12  c/87"]
    assert all(width(line) <= 20 for line in narrow)


def test_a_table_that_cannot_fit_is_written_row_by_row():
    columns = [Column("第一个标题", flexible=False), Column("第二个标题", flexible=False), Column("三"), Column("四")]
    rows = [("甲" * 10, "乙", Cell("丙\n丁", "red"), "戊" * 14), ("己", "", "庚", "")]
    assert table(columns, rows, columns_max=30) == [
        "第一个标题 甲甲甲甲甲甲甲甲甲",
        "甲",
        "    第二个标题 乙  三 丙, 丁",
        "    四 戊戊戊戊戊戊戊戊戊戊戊",
        "    戊戊戊",
        "第一个标题 己",
        "    三 庚",
    ]
    coloured = table(columns, rows, columns_max=30, colour=True)
    assert coloured[2] == "    第二个标题 乙  三 \x1b[31m丙, 丁\x1b[0m"
    assert coloured[-2] == "\x1b[1m第一个标题 己\x1b[0m"


def test_words_and_parts_of_names_are_not_cut():
    columns = [Column("carrier"), Column("state"), Column("since")]
    rows = [("c/省委〔2025〕7号/000087", "in_circulation", "2025-03-05 09:10")]
    assert [line.split() for line in table(columns, rows, columns_max=48)[2:]] == [
        ["c/省委〔2025〕7号", "in_circulation", "2025-03-05"], ["/000087", "09:10"],
    ]  # fmt: skip
    assert table(columns, rows, columns_max=54)[2].startswith("c/省委〔2025〕7号/000087  in_circulation  2025-03-05")
    assert table(columns, rows, columns_max=40) == [
        "carrier c/省委〔2025〕7号/000087", "    state in_circulation", "    since 2025-03-05 09:10",
    ]  # fmt: skip
    # A cell that would become a column of words isn't one.
    tall = table([Column("n", flexible=False), Column("x")], [("1", "a b c d " * 20)], columns_max=20)
    assert tall[0] == "n 1"


@given(st.lists(st.tuples(LETTERS, LETTERS, LETTERS), min_size=1, max_size=4), st.integers(20, 60))
def test_whatever_stands_in_a_table_is_shown_within_the_width(rows: list[tuple[str, str, str]], columns_max: int):
    lines = table([Column("n"), Column("文字"), Column("x")], rows, columns_max=columns_max)
    assert all(width(line) <= columns_max for line in lines)
    shown = "".join(lines)
    assert all(shown.count(char) >= sum(cell.count(char) for row in rows for cell in row) for char in "密级★涉")


def test_cells_are_made_safe_and_styled_only_in_colour():
    rows = [(Cell("a\x1b[2Jb", "red"),)]
    assert table([Column("x")], rows, columns_max=None)[2] == "a\\u001b[2Jb"
    assert table([Column("x")], rows, columns_max=None, colour=True)[2] == "\x1b[31ma\\u001b[2Jb\x1b[0m"
    assert styled("x", "", colour=True) == "x"


def test_pairs():
    assert pairs_lines([("名称", "甲\n乙"), ("a", "丙")], columns_max=80, indent=1) == [
        " 名称  甲",
        "       乙",
        " a     丙",
    ]
    assert pairs_lines([], columns_max=80) == []


@pytest.mark.parametrize(
    ("occurred", "text"),
    [
        ((), ""),
        ((-28_800_000_000, DAY_SPAN_US), "1970-01-01"),
        ((0, DAY_SPAN_US), "1970-01-01 08:00:00 – 1970-01-02 07:59:59 +08:00"),
        ((0, 59_999_999), "1970-01-01 08:00 +08:00"),
        ((0, 0), "1970-01-01 08:00:00 +08:00"),
        ((0, 999_999), "1970-01-01 08:00:00 +08:00"),
        ((0, 3_600_000_000), "1970-01-01 08:00:00 – 1970-01-01 09:00:00 +08:00"),
        ((2**53 - 1, 0), "2255-06-06 07:47:34 +08:00"),
        ((1 - 2**53, 2**54 - 2), "1684-07-28 08:12:25 – 2255-06-06 07:47:34 +08:00"),
    ],
)
def test_when_something_happened_is_shown_as_exactly_as_it_is_known(occurred: tuple[int, ...], text: str):
    assert span(occurred, offset_minutes=480) == text


def test_moments_and_offsets():
    assert when(0, offset_minutes=-210) == "1969-12-31 20:30:00 -03:30"
    assert when(1, offset_minutes=0) == "1970-01-01 00:00:00 +00:00"
    assert when(0, offset_minutes=0, seconds=False) == "1970-01-01 00:00 +00:00"
    assert (offset_text(480), offset_text(-210), offset_text(0)) == ("+08:00", "-03:30", "+00:00")
    assert short(bytes(range(32))) == "0001020304050607"


def test_marks_take_no_column():
    assert unicodedata.category("\u0301") == "Mn"
    assert width("\u0301") == 0
