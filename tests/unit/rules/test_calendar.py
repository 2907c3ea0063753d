"""Days, working days and terms: in the log's zone, inclusive, by the declared calendar before the official one."""

from __future__ import annotations

import sys
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.errors import MissingExtraError, UsageError
from chainlog.projection.registry_rows import Calendar
from chainlog.rules import holidays
from chainlog.rules.calendar import UnknownYearError, WorkCalendar, Year, months_after
from chainlog.rules.holidays import declared_year, official_declaration, official_year
from tests.offices import HOLIDAYS_2025, WORKDAYS_2025, Office, receive, register
from tests.scenarios import local

CHINA = 480
PLAIN = Year((), frozenset(), frozenset(), "weeks")


def weeks(offset_minutes: int = CHINA) -> WorkCalendar:
    """A calendar without holidays."""
    return WorkCalendar(lambda _: PLAIN, offset_minutes=offset_minutes)


def official(offset_minutes: int = CHINA) -> WorkCalendar:
    return WorkCalendar(official_year, offset_minutes=offset_minutes)


def instant(text: str, offset_minutes: int = CHINA) -> int:
    zone = timezone(timedelta(minutes=offset_minutes))
    there = datetime.fromisoformat(text).replace(tzinfo=zone)
    return round((there - datetime(1970, 1, 1, tzinfo=timezone.utc)) / timedelta(microseconds=1))  # noqa: UP017


def shown(us: int, offset_minutes: int = CHINA) -> str:
    zone = timezone(timedelta(minutes=offset_minutes))
    return (
        datetime(1970, 1, 1, tzinfo=zone) - timedelta(minutes=-offset_minutes) + timedelta(microseconds=us)
    ).strftime("%Y-%m-%d %H:%M:%S.%f")


class TestTerms:
    @pytest.mark.parametrize(
        ("begin", "term", "end"),
        [
            # Days end with a day, the last one included; 0d ends with its own.
            ("2025-03-03 09:10", "0d", "2025-03-03 23:59:59.999999"),
            ("2025-03-03 00:00", "0d", "2025-03-03 23:59:59.999999"),
            ("2025-03-03 23:59:59.999999", "0d", "2025-03-03 23:59:59.999999"),
            ("2025-03-03 09:10", "1d", "2025-03-04 23:59:59.999999"),
            ("2025-12-31 09:10", "1d", "2026-01-01 23:59:59.999999"),
            ("2024-02-28 09:10", "1d", "2024-02-29 23:59:59.999999"),
            # Hours and minutes run from the moment, across midnight too.
            ("2025-03-03 18:30", "24h", "2025-03-04 18:30:00.000000"),
            ("2025-03-03 23:50", "15m", "2025-03-04 00:05:00.000000"),
            ("2025-03-03 20:30", "4h", "2025-03-04 00:30:00.000000"),
            ("2025-03-03 20:30", "0h", "2025-03-03 20:30:00.000000"),
            # Months and years of the calendar: the same day, or the last of a shorter month.
            ("2025-01-31 09:00", "1mo", "2025-02-28 23:59:59.999999"),
            ("2024-01-31 09:00", "1mo", "2024-02-29 23:59:59.999999"),
            ("2025-03-31 09:00", "3mo", "2025-06-30 23:59:59.999999"),
            ("2025-11-30 09:00", "3mo", "2026-02-28 23:59:59.999999"),
            ("2024-02-29 09:00", "1y", "2025-02-28 23:59:59.999999"),
            ("2024-02-29 09:00", "4y", "2028-02-29 23:59:59.999999"),
            ("2025-03-03 09:00", "0mo", "2025-03-03 23:59:59.999999"),
            ("2025-03-03 09:00", "12mo", "2026-03-03 23:59:59.999999"),
            # Working days over a weekend.
            ("2025-03-07 09:00", "0wd", "2025-03-07 23:59:59.999999"),
            ("2025-03-07 09:00", "1wd", "2025-03-10 23:59:59.999999"),
            ("2025-03-08 09:00", "1wd", "2025-03-10 23:59:59.999999"),
            ("2025-03-03 09:00", "10wd", "2025-03-17 23:59:59.999999"),
        ],
    )
    def test_when_it_ends(self, begin: str, term: str, end: str):
        assert shown(weeks().end_of_term(instant(begin), term)) == end

    def test_a_day_is_that_of_the_logs_zone(self):
        """18:00 UTC is already tomorrow in China and still today in London."""
        us = instant("2025-03-03 18:00", 0)
        assert weeks(CHINA).day(us) == date(2025, 3, 4)
        assert weeks(0).day(us) == date(2025, 3, 3)
        assert weeks(-300).day(instant("2025-03-03 04:59", 0)) == date(2025, 3, 2)
        assert shown(weeks(CHINA).end_of_term(us, "0d")) == "2025-03-04 23:59:59.999999"
        assert shown(weeks(0).end_of_term(us, "0d"), 0) == "2025-03-03 23:59:59.999999"

    @pytest.mark.parametrize("term", ["", "1", "d", "1w", "-1d", "01d", "1.5h", "1 d", "10000d", "1d1h", "一日"])
    def test_what_is_no_term_is_no_term(self, term: str):
        with pytest.raises(AssertionError, match="term"):
            weeks().end_of_term(0, term)

    @given(
        us=st.integers(-(2**53), 2**53), number=st.integers(0, 9999), unit=st.sampled_from(["m", "h", "d", "mo", "y"])
    )
    def test_no_moment_is_too_far_off(self, us: int, number: int, unit: str):
        end = weeks().end_of_term(us, f"{number}{unit}")
        farthest = weeks().end_of(date.max)
        assert end >= us or end in (farthest, weeks().end_of(date.min)) or us > farthest

    @given(day=st.dates(date(1, 1, 1), date(9999, 12, 31)), months=st.integers(-200_000, 200_000))
    def test_months_go_back_as_they_came(self, day: date, months: int):
        later = months_after(day, months)
        if later in (date.max, date.min):
            return
        assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
        assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)

    def test_the_ends_of_the_calendar(self):
        calendar = weeks()
        assert calendar.day(2**62) == date.max
        assert calendar.day(-(2**62)) == date.min
        assert months_after(date(9999, 12, 1), 1) == date.max
        assert months_after(date(1, 1, 31), -1) == date.min
        assert calendar.end_of_term(calendar.start_of(date.max), "1d") == calendar.end_of(date.max)
        assert calendar.end_of(date.min) - calendar.start_of(date.min) == 86_400_000_000 - 1
        with pytest.raises(UnknownYearError):
            official().end_of_term(calendar.start_of(date.max), "1wd")


class TestWorkingDays:
    def test_made_up_days_count(self):
        """国庆节 of 2025: the Sunday before is worked, and so is the Saturday after."""
        calendar = official()
        assert calendar.is_working_day(date(2025, 9, 28))
        assert date(2025, 9, 28).weekday() == 6
        assert not calendar.is_working_day(date(2025, 9, 27))
        assert not calendar.is_working_day(date(2025, 10, 6))
        assert calendar.is_working_day(date(2025, 10, 11))
        assert not calendar.is_working_day(date(2025, 10, 12))
        assert calendar.working_days_after(date(2025, 9, 26), 1) == date(2025, 9, 28)
        assert calendar.working_days_after(date(2025, 9, 30), 3) == date(2025, 10, 11)
        assert calendar.working_days_before(date(2025, 10, 1), 3) == date(2025, 9, 28)
        assert calendar.working_days_before(date(2025, 10, 9), 1) == date(2025, 9, 30)
        assert shown(calendar.end_of_term(instant("2025-09-30 17:00"), "1wd")) == "2025-10-09 23:59:59.999999"

    def test_a_term_over_new_year_asks_both_years(self):
        asked: list[int] = []

        def years(number: int) -> Year:
            asked.append(number)
            return PLAIN

        calendar = WorkCalendar(years, offset_minutes=CHINA)
        assert calendar.working_days_after(date(2025, 12, 31), 2) == date(2026, 1, 2)
        assert set(asked) == {2026}
        assert calendar.working_days_before(date(2026, 1, 1), 1) == date(2025, 12, 31)
        assert set(asked) == {2025, 2026}

    def test_nothing_is_guessed_of_a_year_that_nobody_knows(self):
        calendar = WorkCalendar(lambda year: PLAIN if year == 2025 else None, offset_minutes=CHINA)
        assert calendar.end_of_term(instant("2025-12-29 09:00"), "2wd") == instant("2025-12-31 23:59:59.999999")
        with pytest.raises(UnknownYearError) as caught:
            calendar.end_of_term(instant("2025-12-29 09:00"), "3wd")
        assert caught.value.year == 2026
        # What needs no working days needs no calendar.
        assert shown(calendar.end_of_term(instant("2031-01-31 09:00"), "1mo")) == "2031-02-28 23:59:59.999999"

    @given(day=st.dates(date(2004, 1, 5), date(2026, 12, 1)), number=st.integers(0, 15))
    def test_forth_and_back(self, day: date, number: int):
        calendar = official()
        if not calendar.is_working_day(day):
            return
        there = calendar.working_days_after(day, number)
        assert calendar.working_days_before(there, number) == day
        between = [day + timedelta(days=n) for n in range(1, (there - day).days + 1)]
        assert sum(map(calendar.is_working_day, between)) == number


class TestDeclared:
    def test_holidays_and_made_up_days(self):
        year = declared_year(
            calendar_row(2025, (("国庆节", "2025-10-01", "2025-10-08"),), ("2025-09-28", "2025-10-11"))
        )
        assert year.source == "declared.calendar"
        assert year.holidays == (("国庆节", date(2025, 10, 1), date(2025, 10, 8)),)
        assert year.on == {date(2025, 9, 28), date(2025, 10, 11)}
        assert year.off == {date(2025, 10, day) for day in range(1, 9)}

    def test_a_day_that_is_worked_within_a_holiday_is_worked(self):
        year = declared_year(calendar_row(2025, (("春节", "2025-01-28", "2025-02-04"),), ("2025-01-29",)))
        calendar = WorkCalendar(lambda _: year, offset_minutes=CHINA)
        assert calendar.is_working_day(date(2025, 1, 29))
        assert not calendar.is_working_day(date(2025, 1, 30))

    def test_holidays_that_follow_one_another_are_one(self):
        days = [date(2023, 9, 29), date(2023, 9, 30), date(2023, 10, 6), date(2023, 10, 8), date(2023, 10, 7)]
        mid_autumn, national, later = ("中秋", days[0], days[0]), ("国庆节", days[1], days[2]), ("后", days[3], days[3])
        year = PLAIN._replace(holidays=(national, later, mid_autumn))
        assert year.runs() == [(["中秋", "国庆节"], days[0]), (["后"], days[3])]
        assert year._replace(holidays=(later, ("间", days[4], days[4]), national)).runs() == [
            (["国庆节", "间", "后"], days[1])
        ]
        assert PLAIN.runs() == []

    def test_it_counts_before_the_official_one(self):
        """The office works on 1 October 2025, and not on the 28th of September, because it says so."""
        office = Office({"within.register": "1wd"}, calendar=False)
        receive(office, "09-26 09:00", ["c/1"], "d/1")
        assert [when for *_, when in office.due("RCV-1", as_of="09-26 10:00")] == [local("09-29") - 1]
        office.office(
            "09-27 09:00", "declared.calendar", year=2025, holidays=[["台风", "2025-09-28", "2025-09-30"]], workdays=[]
        )
        assert [when for *_, when in office.due("RCV-1", as_of="09-27 10:00")] == [local("10-02") - 1]

    def test_a_later_declaration_replaces_an_earlier_one(self):
        office = Office({"within.register": "1wd"})
        receive(office, "09-26 09:00", ["c/1"], "d/1")
        assert [when for *_, when in office.due("RCV-1", as_of="09-26 10:00")] == [local("09-29") - 1]
        office.office("09-27 09:00", "declared.calendar", year=2025, holidays=HOLIDAYS_2025, workdays=[])
        assert [when for *_, when in office.due("RCV-1", as_of="09-27 10:00")] == [local("09-30") - 1]


def calendar_row(year: int, periods: tuple[tuple[str, str, str], ...], workdays: tuple[str, ...]) -> Calendar:
    """What the registry keeps of a declared year."""
    return Calendar(0, year, periods, workdays)


class TestUnknownYear:
    def test_it_is_said_and_nothing_breaks(self):
        """No list of 2031 is known: what needs working days is unjudged; everything else is judged."""
        office = Office({"within.register": "1wd", "within.late": "24h"}, calendar=False)
        receive(office, "2031-03-03 09:00", ["c/1"], "d/1")
        judgement = office.judge(as_of="2031-04-01")
        assert [(one.code, one.year) for one in judgement.unjudged if one.code == "RCV-1"] == [("RCV-1", "2031")]
        assert [one.code for one in judgement.findings if one.code == "RCV-1"] == []
        office.tell(
            "2031-03-04 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1", recorded="2031-03-09 09:00"
        )  # fmt: skip
        assert ("REC-4", "c/1") in office.found(as_of="2031-04-01")
        office.office("2031-03-10 09:00", "declared.calendar", year=2031, holidays=[], workdays=[])
        judgement = office.judge(as_of="2031-04-01")
        assert judgement.unjudged == ()

    def test_without_the_package_nothing_is_known(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setitem(sys.modules, "chinese_calendar", None)
        official_year.cache_clear()
        try:
            assert official_year(2025) is None
            monkeypatch.setattr(holidays, "find_spec", lambda _: None)
            with pytest.raises(MissingExtraError) as caught:
                official_declaration(2025)
            assert "chainlog-custody[calendar]" in caught.value.text("en")
        finally:
            official_year.cache_clear()


class TestOfficial:
    def test_years_as_the_state_council_published_them(self):
        assert [(name, str(first), str(last)) for name, first, last in _year(2025).holidays] == [
            ("元旦", "2025-01-01", "2025-01-01"), ("春节", "2025-01-28", "2025-02-04"), ("清明", "2025-04-04", "2025-04-06"),
            ("劳动节", "2025-05-01", "2025-05-05"), ("端午", "2025-05-31", "2025-06-02"), ("国庆节、中秋", "2025-10-01", "2025-10-08"),
        ]  # fmt: skip
        assert sorted(map(str, _year(2025).on)) == WORKDAYS_2025
        assert [(name, str(first), str(last)) for name, first, last in _year(2023).holidays if "国庆" in name] == [
            ("中秋、国庆节", "2023-09-29", "2023-10-06")
        ]
        assert [str(last) for name, _, last in _year(2020).holidays if name == "春节"] == ["2020-02-02"]

    @pytest.mark.parametrize("number", [2004, 2008, 2013, 2019, 2020, 2023, 2024, 2025, 2026])
    def test_holidays_are_free_and_made_up_days_are_weekends(self, number: int):
        year = _year(number)
        calendar = official()
        assert year.source.startswith("chinesecalendar ")
        assert {"元旦", "春节", "劳动节"} <= {name for name, _, _ in year.holidays}
        assert any("国庆节" in name for name, _, _ in year.holidays)
        for name, first, last in year.holidays:
            days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
            assert days, name
            assert not any(map(calendar.is_working_day, days)), name
        assert all(day.weekday() >= 5 and calendar.is_working_day(day) for day in year.on)
        ends = {last for _, _, last in year.holidays}
        assert not any(first - timedelta(days=1) in ends for _, first, _ in year.holidays)

    @pytest.mark.parametrize("number", [1, 1999, 2003, 2099, 9999])
    def test_a_year_that_it_does_not_have(self, number: int):
        assert official_year(number) is None
        with pytest.raises(UsageError):
            official_declaration(number)

    @pytest.mark.parametrize("number", [2013, 2023, 2025])
    def test_what_is_declared_of_it_says_the_same(self, number: int):
        """A log that declares the official year reckons as one that has the package."""
        given_ = official_declaration(number)
        declared = declared_year(calendar_row(number, tuple(map(tuple, given_["holidays"])), tuple(given_["workdays"])))
        ours, theirs = (WorkCalendar(lambda _, y=y: y, offset_minutes=CHINA) for y in (declared, _year(number)))
        days = [date(number, 1, 1) + timedelta(days=n) for n in range(365)]
        assert [ours.is_working_day(day) for day in days] == [theirs.is_working_day(day) for day in days]

    def test_a_major_holiday_that_follows_another_is_counted_before_both(self):
        """中秋 of 2023 ended on the day before 国庆节: everything is counted before 中秋."""
        office = Office({"holidays.major": "国庆", "keep.before_holiday": "3wd"}, calendar=False)
        office.office(
            "01-03 09:00", "declared.calendar", year=2025, workdays=[],
            holidays=[["中秋节", "2025-09-29", "2025-09-30"], ["国庆节", "2025-10-01", "2025-10-08"]],
        )  # fmt: skip
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        register(office, "03-03 09:10", "d/1", on=["c/1"])
        office.tell("03-03 09:20", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1")
        (finding,) = office.judge("INV-3", as_of="10-03").findings
        assert "中秋节、国庆节（2025-09-29）" in finding.message_zh

    @pytest.mark.parametrize("name", ["国庆", "国庆节"])
    @pytest.mark.parametrize("declared", [True, False])
    def test_a_major_holiday_is_found_under_either_name(self, name: str, *, declared: bool):
        """The policy says 国庆 or 国庆节, the list 国庆节、中秋; a declaration says 国庆 or 国庆节."""
        office = Office({"holidays.major": name, "keep.before_holiday": "3wd"}, calendar=False)
        if declared:
            other = "国庆节" if name == "国庆" else "国庆"
            office.office(
                "01-03 09:00", "declared.calendar", year=2025, holidays=[[other, "2025-10-01", "2025-10-08"]], workdays=["2025-09-28"]
            )  # fmt: skip
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        register(office, "03-03 09:10", "d/1", on=["c/1"])
        office.tell("03-03 09:20", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1")
        assert office.found("INV-3", as_of="09-30 23:59") == []
        assert office.found("INV-3", as_of="10-01 00:01") == [("INV-3", "u/镇")]
        # The make-up Sunday is the first of the three working days before.
        for day, expected in (("09-27", [("INV-3", "u/镇")]), ("09-28", [])):
            office.tell(
                f"{day} 15:00", "checked.inventory", on=[f"l/盘{day}", "u/镇"], who={"operator": ["李敏", "赵强"]}, place="w/G1",
                occasion="holiday", found=["c/1"], recorded="10-02 09:00",
            )  # fmt: skip
            assert office.found("INV-3", as_of="10-03") == expected


def _year(number: int) -> Year:
    found = official_year(number)
    assert found is not None
    return found
