from __future__ import annotations

from datetime import date, datetime, time

import pytest

from chainlog.interchange.dates import Frame, Moment, occurred, parse_due, parse_moment, parse_text_or_date
from chainlog.interchange.problems import CellProblem

BOOK = Frame(2019)
DAY = Moment(date(2019, 3, 4))


@pytest.mark.parametrize(
    "value",
    [
        "2019.3.4", "2019-03-04", "2019/3/4", "19/3/4", "19.03.04", "2019年3月4日", "2019 年 3 月 4 日", "19年3月4日", "3月4日", "3月4号",
        "3.4", "3-4", "3/4", "２０１９．３．４", "2019。3。4", "二〇一九年三月四日", "二零一九年三月四日", "20190304", 20190304, 43528, "43528", 3.4, 3.04,
        date(2019, 3, 4), datetime.fromisoformat("2019-03-04"), "2019-03-04 00:00:00", "2019/3/4 0:00", "43528.0", " 2019-03-04\n",
    ],
)  # fmt: skip
def test_one_day_in_all_its_spellings(value):
    assert parse_moment(value, BOOK) == DAY


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2019-04-01 09:10", "2019-04-01T09:10"),
        ("2019-04-01T09:10", "2019-04-01T09:10"),
        ("2019-04-01 9:10:30", "2019-04-01T09:10:30"),
        ("2019-04-01 09:10:00", "2019-04-01T09:10"),
        ("2019.4.1 9：10", "2019-04-01T09:10"),
        ("2019年4月1日9时10分", "2019-04-01T09:10"),
        ("4月1日 9时", "2019-04-01T09"),
        ("4月1日下午3点半", "2019-04-01T15:30"),
        ("4月1日 下午3:05", "2019-04-01T15:05"),
        ("4月1日晚上8点", "2019-04-01T20"),
        ("2019/4/1 3:05 PM", "2019-04-01T15:05"),
        ("2019/4/1 12:05 AM", "2019-04-01T00:05"),
        (datetime.fromisoformat("2019-04-01T09:10"), "2019-04-01T09:10"),
        (datetime.fromisoformat("2019-04-01T09:09:59.999990"), "2019-04-01T09:10"),
        (43556.381944444445, "2019-04-01T09:10"),
        ("43556.5", "2019-04-01T12:00"),
    ],
)
def test_times_keep_their_precision(value, text):
    moment = parse_moment(value, BOOK)
    assert moment is not None
    assert moment.text() == text


@pytest.mark.parametrize(
    "value",
    [
        "13月5日", "2019-02-30", "2019-02-29", "2月29日", "2019.13.1", "0月5日", "3月0日", "2019-3", "2019年3月", "三月初", "7天", "9:30", "4月1日 25:00",
        "4月1日 9:60", "4月1日中午1点", "4月1日晚上12点", "4月1日上午12:00", "2019-04-01 09:10 +0800", "", "abc", True, float("nan"), float("inf"), 1e300, -5,
        305, 2019, 99_999, 2019.3, "1931-01-01", "2205-01-01", "3/4/19", "2019-3.4", "04-01-2019", time(9, 30), "4月1日9",
        "20190230", "43528.x", "2019.3.4、3.5",
    ],
)  # fmt: skip
def test_no_date_is_a_problem(value):
    with pytest.raises(CellProblem) as caught:
        parse_moment(value, BOOK)
    assert caught.value.zh
    assert caught.value.en
    assert caught.value.write_zh
    assert caught.value.write_en


def test_not_known_is_said_in_words():
    assert parse_moment("不详", BOOK) is None
    assert parse_moment(" 不 详 ", BOOK) is None


class TestTwoReadings:
    def test_a_number_that_lost_its_zero(self):
        for value in (3.1, 3.2, 3.3, 12.1, 2.1, 2.2):
            with pytest.raises(CellProblem, match="may be"):
                parse_moment(value, BOOK)
        # The thirtieth of February isn't a second reading.
        assert parse_moment(2.3, BOOK) == Moment(date(2019, 2, 3))
        assert parse_moment("3.1", BOOK) == Moment(date(2019, 3, 1))

    def test_two_digits_at_both_ends(self):
        for value in ("03/04/19", "20/01/19", "18-12-19"):
            with pytest.raises(CellProblem, match="may be of"):
                parse_moment(value, BOOK)
        assert parse_moment("19/12/20", BOOK) == Moment(date(2019, 12, 20))
        assert parse_moment("20/1/5", BOOK) == Moment(date(2020, 1, 5))
        assert parse_moment("16/3/7", BOOK) == Moment(date(2016, 3, 7))
        # No book is there to tell.
        with pytest.raises(CellProblem):
            parse_moment("19/03/04", Frame())

    def test_the_century_nearest_to_the_book(self):
        assert parse_moment("98/3/4", Frame(1998)) == Moment(date(1998, 3, 4))
        assert parse_moment("98/3/4", Frame()) == Moment(date(1998, 3, 4))
        assert parse_moment("25/3/4", Frame()) == Moment(date(2025, 3, 4))


class TestWithoutYear:
    def test_needs_a_book(self):
        with pytest.raises(CellProblem, match="no year"):
            parse_moment("3月4日", Frame())

    def test_an_impossible_day_is_said_first(self):
        with pytest.raises(CellProblem, match="no day"):
            parse_moment("13月5日", Frame())

    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("1月5日", date(2020, 1, 5)),
            ("12月28日", date(2019, 12, 28)),
            ("12月31日", date(2019, 12, 31)),
            ("6.1", date(2020, 6, 1)),
        ],
    )
    def test_after_the_rows_own_date(self, text, day):
        frame = Frame(2019, Moment(date(2019, 12, 28)), within_days=184)
        assert parse_moment(text, frame) == Moment(day)

    def test_an_earlier_day_of_the_same_year_is_no_day_of_the_next(self):
        frame = Frame(2019, Moment(date(2019, 5, 11)), within_days=184)
        with pytest.raises(CellProblem, match="before the row's own date"):
            parse_moment("5月1日", frame)

    def test_before_the_rows_own_date(self):
        frame = Frame(2019, Moment(date(2019, 1, 5)), "before")
        assert parse_moment("12月28日", frame) == Moment(date(2018, 12, 28))
        assert parse_moment("1月5日", frame) == Moment(date(2019, 1, 5))

    def test_a_leap_day_beyond_the_bound(self):
        frame = Frame(2019, Moment(date(2019, 12, 28)), within_days=184)
        assert parse_moment("2月29日", frame) == Moment(date(2020, 2, 29))
        with pytest.raises(CellProblem):
            parse_moment("2月29日", Frame(2020, Moment(date(2020, 12, 28)), within_days=184))

    def test_the_same_day_and_a_time_alone(self):
        morning = Frame(2019, Moment(date(2019, 4, 1), 9 * 3600, 60))
        assert parse_moment("当日", morning) == Moment(date(2019, 4, 1))
        assert parse_moment("9:30", morning) == Moment(date(2019, 4, 1), 34_200, 60)
        assert parse_moment(time(9, 30), morning) == Moment(date(2019, 4, 1), 34_200, 60)
        with pytest.raises(CellProblem, match="before the row's own"):
            parse_moment("8:30", morning)
        with pytest.raises(CellProblem):
            parse_moment("当日", BOOK)


class TestTerms:
    FRAME = Frame(2019, Moment(date(2019, 1, 31)), within_days=184)

    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("7天", date(2019, 2, 7)),
            ("七天", date(2019, 2, 7)),
            ("7日内", date(2019, 2, 7)),
            ("两周", date(2019, 2, 14)),
            ("1个月", date(2019, 2, 28)),
            ("12个月", date(2020, 1, 31)),
            ("2年", date(2021, 1, 31)),
            ("3月4日", date(2019, 3, 4)),
        ],
    )
    def test_from_the_loan_on(self, text, day):
        assert parse_due(text, self.FRAME) == Moment(day)

    @pytest.mark.parametrize("text", ["7日", "半个月", "5个工作日", "长期", "0天", "", 7, "200年"])
    def test_what_is_no_term(self, text):
        with pytest.raises(CellProblem):
            parse_due(text, self.FRAME)

    def test_needs_a_loan(self):
        with pytest.raises(CellProblem):
            parse_due("7天", BOOK)


def test_the_macintosh_epoch():
    assert parse_moment(43528 - 1462, Frame(2019, epoch_1904=True)) == DAY


def test_occurred_is_as_wide_as_the_book_knows():
    assert occurred(DAY, utc_offset_minutes=480) == (1_551_628_800_000_000, 86_399_999_999)
    start = int(datetime.fromisoformat("2019-03-04T09:10+08:00").timestamp()) * 1_000_000
    assert occurred(Moment(date(2019, 3, 4), 33_000, 60), utc_offset_minutes=480) == (start, 59_999_999)
    assert occurred(Moment(date(2019, 3, 4), 33_000, 1), utc_offset_minutes=480) == (start, 999_999)
    assert occurred(Moment(date(2019, 3, 4), 32_400, 3600), utc_offset_minutes=480) == (
        start - 600_000_000,
        3_599_999_999,
    )
    assert occurred(Moment(date(1969, 12, 31)), utc_offset_minutes=0)[0] == -86_400_000_000


def test_one_ends_before_another_only_if_wholly():
    nine = Moment(date(2019, 3, 4), 9 * 3600, 60)
    assert not DAY.ends_before(nine)
    assert not nine.ends_before(DAY)
    assert Moment(date(2019, 3, 3)).ends_before(nine)
    assert not nine.ends_before(nine)


def test_a_date_within_a_text_column():
    assert parse_text_or_date("2019/3/4") == parse_text_or_date(date(2019, 3, 4)) == "2019-03-04"
    assert parse_text_or_date(2019) == parse_text_or_date("2019") == "2019"
    assert parse_text_or_date("市水函〔2019〕3号") == "市水函〔2019〕3号"
    assert parse_text_or_date("2019年") == "2019年"
