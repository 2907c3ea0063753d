"""Which holidays are known of a year: as the log declared them, else by the official list of an installed package.

`declared.calendar` wins, since it is what the office adopted and stays with the log. The package `chinesecalendar` (extra
`calendar`) knows the years up to its release; findings name which of them was used by `Year.source`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from importlib.util import find_spec
from typing import Any

from chainlog.errors import MissingExtraError, UsageError
from chainlog.projection.people import People
from chainlog.projection.registry_rows import Calendar
from chainlog.rules.calendar import Year


def known_years(people: People) -> Callable[[int], Year | None]:
    """What is known of a year, asked of the registry first."""
    found: dict[int, Year | None] = {}

    def year(number: int) -> Year | None:
        if number not in found:
            declared = people.calendar(number)
            found[number] = official_year(number) if declared is None else declared_year(declared)
        return found[number]

    return year


def declared_year(calendar: Calendar) -> Year:
    """A year as a log declared it."""
    holidays = tuple((name, date.fromisoformat(a), date.fromisoformat(b)) for name, a, b in calendar.holidays)
    off = {date.fromordinal(n) for _, a, b in holidays for n in range(a.toordinal(), b.toordinal() + 1)}
    on = frozenset(date.fromisoformat(day) for day in calendar.workdays)
    return Year(holidays, frozenset(off) - on, on, "declared.calendar")


@cache
def official_year(number: int) -> Year | None:
    """
    A year by the package `chinesecalendar`, None if it isn't installed or doesn't know the year.

    Holidays that follow one another are one, with both names: 中秋、国庆节 of 2023 begins on 29 September.
    """
    try:
        import chinese_calendar  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    days = [date.fromordinal(n) for n in range(date(number, 1, 1).toordinal(), date(number, 12, 31).toordinal() + 1)]
    try:
        working = {day: bool(chinese_calendar.is_workday(day)) for day in days}
        named = [(day, chinese_calendar.get_holiday_detail(day)[1]) for day in days if not working[day]]
    except NotImplementedError:
        return None
    names = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    runs: list[tuple[list[str], date, date]] = []
    for day, word in named:
        if word is None:
            continue
        name = names.get(word, str(word))
        if runs and day.toordinal() == runs[-1][2].toordinal() + 1:
            before, first, _ = runs[-1]
            runs[-1] = ([*before, *([] if name in before else [name])], first, day)
        else:
            runs.append(([name], day, day))
    return Year(
        tuple(("、".join(several), first, last) for several, first, last in runs),
        frozenset(day for day in days if not working[day]),
        frozenset(day for day in days if working[day] and day.weekday() >= 5),
        f"chinesecalendar {getattr(chinese_calendar, '__version__', '')}".strip(),
    )


def official_declaration(number: int) -> dict[str, Any]:
    """
    The holidays and working weekends of an official year, as `declared.calendar` takes them.

    Raises: MissingExtraError if the package isn't installed; UsageError for a year that it doesn't know.
    """
    year = official_year(number)
    if year is None:
        if find_spec("chinese_calendar") is None:
            raise MissingExtraError(extra="calendar")
        raise UsageError(
            f"the installed chinesecalendar doesn't know {number}",
            detail_zh=f"所装的 chinesecalendar 没有{number}年的放假安排",
        )
    return {
        "holidays": [[name, first.isoformat(), last.isoformat()] for name, first, last in year.holidays],
        "workdays": [day.isoformat() for day in sorted(year.on)],
    }
