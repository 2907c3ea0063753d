"""Which holidays are known of a year: as the log declared them, else by the official list of an installed package.

`declared.calendar` wins, since it is what the office adopted and stays with the log. The package `chinesecalendar` (extra
`calendar`) knows the years up to its release; findings name which of them was used by `Year.source`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from itertools import groupby

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
    """A year by the package `chinesecalendar`, None if it isn't installed or doesn't know the year."""
    try:
        import chinese_calendar  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    days = [date.fromordinal(n) for n in range(date(number, 1, 1).toordinal(), date(number, 12, 31).toordinal() + 1)]
    try:
        working = {day: bool(chinese_calendar.is_workday(day)) for day in days}
        named = [(chinese_calendar.get_holiday_detail(day)[1], day) for day in days if not working[day]]
    except NotImplementedError:
        return None
    names = {holiday.value: holiday.chinese for holiday in chinese_calendar.Holiday}
    holidays = []
    for name, group in groupby(named, key=lambda pair: pair[0]):
        if name is not None:
            off = [day for _, day in group]
            holidays.append((names.get(name, str(name)), off[0], off[-1]))
    return Year(
        tuple(holidays),
        frozenset(day for day in days if not working[day]),
        frozenset(day for day in days if working[day] and day.weekday() >= 5),
        f"chinesecalendar {getattr(chinese_calendar, '__version__', '')}".strip(),
    )
