"""Working days, months and terms in the log's own zone. Pure; what holidays there are is passed in.

A term is written `15m 24h 3d 10wd 1mo 1y`. Minutes and hours run from the moment; days, working days, months and years end
with a day, the last one included. What a log declared of a year (`declared.calendar`) counts before any official list. A
year of which neither is known can't be reckoned with in working days: `UnknownYearError`, which a judgement turns into
`not_checked`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from chainlog.authority.parameters import DURATION

DAY_US: Final = 86_400_000_000
_MINUTE_US: Final = 60_000_000
_EPOCH_DAY: Final = date(1970, 1, 1)
_SATURDAY: Final = 5


class Year(NamedTuple):
    """
    Days off and on of one year.

    holidays: (name, first day, last day), inclusive, as far as names are known. off, on: days that differ from the week.
    source: where this is from.
    """

    holidays: tuple[tuple[str, date, date], ...]
    off: frozenset[date]
    on: frozenset[date]
    source: str

    def runs(self) -> list[tuple[list[str], date]]:
        """(names, first day) of the holidays; those that follow one another are one, as 中秋 and 国庆节 often do."""
        found: list[tuple[list[str], date]] = []
        end = date.min
        for name, first, last in sorted(self.holidays, key=lambda one: one[1]):
            if found and first <= _later(end, 1):
                found[-1][0].append(name)
            else:
                found.append(([name], first))
            end = max(end, last)
        return found


class UnknownYearError(Exception):
    """Nothing is known of the holidays of a year."""

    def __init__(self, year: int) -> None:
        super().__init__(year)
        self.year = year


class WorkCalendar:
    """
    The calendar of one log.

    Args:
        years: what is known of a year, None for nothing. offset_minutes: of the log's days against UTC.
    """

    def __init__(self, years: Callable[[int], Year | None], *, offset_minutes: int) -> None:
        self._years = years
        self._offset_us = offset_minutes * _MINUTE_US
        # By the number of the day: rules ask for the same few days and terms again and again.
        self._days: dict[int, date] = {}
        self._ends: dict[tuple[int, str], int] = {}

    def day(self, us: int) -> date:
        """The day of a moment. Moments that no calendar has fall on its first or last day."""
        number = (us + self._offset_us) // DAY_US
        found = self._days.get(number)
        if found is None:
            try:
                found = _EPOCH_DAY + timedelta(days=number)
            except OverflowError:
                found = date.max if us > 0 else date.min
            self._days[number] = found
        return found

    def start_of(self, day: date) -> int:
        """First microsecond of a day."""
        return (day - _EPOCH_DAY).days * DAY_US - self._offset_us

    def end_of(self, day: date) -> int:
        """Last microsecond of a day."""
        return self.start_of(day) + DAY_US - 1

    def is_working_day(self, day: date) -> bool:
        """Whether one works on a day. Raises UnknownYearError."""
        year = self.year(day.year)
        if day in year.on:
            return True
        return day not in year.off and day.weekday() < _SATURDAY

    def year(self, number: int) -> Year:
        """What is known of a year. Raises UnknownYearError."""
        known = self._years(number)
        if known is None:
            raise UnknownYearError(number)
        return known

    def end_of_term(self, us: int, term: str) -> int:
        """
        The last microsecond of a term that begins at a moment: `0d` ends with its day.

        Raises: UnknownYearError for working days of a year of which nothing is known. AssertionError: no term.
        """
        number, unit = _parsed(term)
        if unit in ("m", "h"):
            return us + number * _MINUTE_US * (60 if unit == "h" else 1)
        key = (us + self._offset_us) // DAY_US, term
        found = self._ends.get(key)
        if found is None:
            day = self.day(us)
            if unit == "wd":
                last = self.working_days_after(day, number)
            elif unit == "d":
                last = _later(day, number)
            else:
                last = months_after(day, number * (12 if unit == "y" else 1))
            found = self._ends[key] = self.end_of(last)
        return found

    def working_days_after(self, day: date, number: int) -> date:
        """The *number*th working day after a day; for 0 the day itself. Raises UnknownYearError."""
        while number:
            day = _later(day, 1)
            number -= self.is_working_day(day)
        return day

    def working_days_before(self, day: date, number: int) -> date:
        """The *number*th working day before a day. Raises UnknownYearError."""
        while number:
            day = _later(day, -1)
            number -= self.is_working_day(day)
        return day


@lru_cache(maxsize=256)
def _parsed(term: str) -> tuple[int, str]:
    """Number and unit of a term."""
    match = DURATION.fullmatch(term)
    if match is None:
        raise AssertionError(f"{term!r} is no term")
    return int(match[1]), match[2]


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    if not 1 <= year <= date.max.year:
        return date.max if months > 0 else date.min
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
