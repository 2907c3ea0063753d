"""Dates and times as registers write them, read without guessing. Pure.

A date is read only where one reading is possible. The exceptions are conventions, and stand here:
- A date without a year takes the year of the book. In a column that follows another date of its row (due, returned,
  filed), it takes the year that puts it on or after that date, at most `Frame.within_days` later: a loan of
  28 December that is due on "1月5日" is due in the next year. In a column that precedes it, likewise backwards.
- 25/3/4 is year, month, day. It is refused where the year is the book's only if read as day, month, year.
- Two digits of a year are those nearest to the book's year, or 1970 to 2069.
- A number between 20000 and 80000 is a spreadsheet's count of days, also as text; of eight digits, 20250304.
- Midnight without seconds is what a spreadsheet writes for a date alone, so it is one.
Known limits: a CSV made from a column of numbers says 3.1 for 3.10; only an .xlsx shows that it was a number.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from chainlog.interchange.cells import parse_text
from chainlog.interchange.numerals import chinese_number
from chainlog.interchange.problems import CellProblem
from chainlog.interchange.texts import narrow
from chainlog.interchange.values import Value

DAY_S: Final = 86_400
_EPOCH: Final = date(1970, 1, 1).toordinal()
_FIRST_YEAR, _LAST_YEAR = 1949, 2100
_SERIALS: Final = range(20_000, 80_000)
_SERIAL_ORIGIN: Final = date(1899, 12, 30)
_DAYS_FROM_1900_TO_1904: Final = 1_462

_UNKNOWN: Final = frozenset({"不详", "不明", "未知", "未记", "未记载", "未记录", "无记录", "缺失"})
_SAME_DAY: Final = frozenset({"当日", "当天", "同日", "即日"})

_SEP: Final = r"[-./。·‐‑–—]"
_DATE: Final = re.compile(
    rf"(?:(?P<y>\d{{4}}|\d{{2}})(?:(?P<s>{_SEP})|年))?(?P<m>\d{{1,2}})(?(s)(?P=s)|(?:月|{_SEP}))(?P<d>\d{{1,2}})(?:日|号)?"
)
_TIME: Final = re.compile(
    r"(?P<half>上午|下午|晚上|凌晨|am|pm)?(?P<h>\d{1,2})(?:(?P<hour>时|点)(?:(?P<m1>\d{1,2})分?|(?P<half_hour>半)|整)?"
    r"|:(?P<m2>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?)(?P<pm>am|pm)?"
)
# What an hour means in each half of a day; an hour that isn't there is not said so, or can be read in two ways.
_HALVES: Final[dict[str, dict[int, int]]] = {
    "": {hour: hour for hour in range(24)},
    "上午": {hour: hour for hour in range(12)},
    "凌晨": {hour: hour for hour in range(7)},
    "下午": {**{hour: hour + 12 for hour in range(1, 12)}, **{hour: hour for hour in range(12, 20)}},
    "晚上": {**{hour: hour + 12 for hour in range(5, 12)}, **{hour: hour for hour in range(17, 24)}},
    "am": {**{hour: hour for hour in range(12)}, 12: 0},
    "pm": {**{hour: hour + 12 for hour in range(1, 12)}, **{hour: hour for hour in range(12, 24)}},
}
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL: Final = re.compile(r"\d{5}(?:\.\d+)?")
_CHINESE: Final = re.compile(
    "([〇零一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})[日号]"
)
_TERM: Final = re.compile("(?P<n>\\d{1,3}|[一二三四五六七八九十两半]{1,3})(?:个)?(?P<unit>天|日内|周|星期|月|年)内?")


@dataclass(frozen=True, slots=True)
class Moment:
    """
    When something happened, as wide as the book knows it.

    day: the civil day. at_s: seconds after its midnight, None where only the day is known. width_s: how long the
    moment may last; a day, an hour, a minute or a second.
    """

    day: date
    at_s: int | None = None
    width_s: int = DAY_S

    def text(self) -> str:
        """2025-03-04, 2025-03-04T09 (the hour), 2025-03-04T09:10 or 2025-03-04T09:10:30."""
        if self.at_s is None:
            return self.day.isoformat()
        full = f"{self.at_s // 3600:02}:{self.at_s // 60 % 60:02}:{self.at_s % 60:02}"
        return (
            f"{self.day.isoformat()}T{full[:2] if self.width_s == 3600 else full[:5] if self.width_s == 60 else full}"
        )

    def ends_before(self, other: Moment) -> bool:
        """Whether every instant of this moment lies before every instant of the other."""
        return self._start() + self.width_s <= other._start()

    def _start(self) -> int:
        return self.day.toordinal() * DAY_S + (self.at_s or 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """
    What else is known when a date is read.

    year: of the book. anchor: the row's own main date, with *side* saying on which side of it this date lies.
    within_days: how far at most a date without a year may lie from it. epoch_1904: see `Sheet`.
    """

    year: int | None = None
    anchor: Moment | None = None
    side: Literal["after", "before"] = "after"
    within_days: int = 366
    epoch_1904: bool = False


def occurred(moment: Moment, *, utc_offset_minutes: int) -> tuple[int, int]:
    """
    A moment as (start, span) in microseconds UTC: a civil day has the span 86,399,999,999, a minute 59,999,999.

    utc_offset_minutes: of the log's zone, 480 in China.
    """
    seconds = (moment.day.toordinal() - _EPOCH) * DAY_S + (moment.at_s or 0) - utc_offset_minutes * 60
    return seconds * 1_000_000, moment.width_s * 1_000_000 - 1


def parse_moment(value: Value, frame: Frame) -> Moment | None:
    """
    The moment that a cell names; None where it says that it isn't known (不详). Blank cells are the caller's.

    Raises:
        CellProblem: no date, an impossible one, or one that can be read in two ways.
    """
    if isinstance(value, bool):
        raise _no_date()
    if isinstance(value, datetime):
        return _checked(_from_datetime(value))
    if isinstance(value, date):
        return _checked(Moment(value))
    if isinstance(value, time):
        return _on_anchor_day(_time_of(value), frame)
    if isinstance(value, int | float):
        return _checked(_from_number(value, frame))
    text = narrow(value)
    if text.replace(" ", "") in _UNKNOWN:
        return None
    if text.replace(" ", "") in _SAME_DAY and frame.anchor is not None:
        return Moment(frame.anchor.day)
    return _checked(_from_text(text, frame))


def parse_due(value: Value, frame: Frame) -> Moment | None:
    """
    Like `parse_moment`; also a term from the anchor: `7天`, `两周`, `1个月` (the same day of a later month).

    Raises:
        CellProblem: as `parse_moment`.
    """
    match = _TERM.fullmatch(narrow(value).replace(" ", "")) if isinstance(value, str) else None
    if match is None:
        return parse_moment(value, frame)
    if match["n"] == "半" or frame.anchor is None:
        raise _no_date()
    number = int(match["n"]) if match["n"].isdigit() else chinese_number(match["n"])
    if number is None or number < 1:
        raise _no_date()
    start, unit = frame.anchor.day, match["unit"]
    if unit in {"月", "年"}:
        months = start.year * 12 + start.month - 1 + (number if unit == "月" else 12 * number)
        year, month = divmod(months, 12)
        if year > _LAST_YEAR:
            raise _no_date()
        return Moment(date(year, month + 1, min(start.day, monthrange(year, month + 1)[1])))
    return _checked(Moment(start + timedelta(days=number * (7 if unit in {"周", "星期"} else 1))))


def parse_text_or_date(value: Value) -> str:
    """
    A text; a full date within it alone as 2025-03-04, so that a date cell and its text in a CSV are the same.

    Raises:
        CellProblem: the text can't be recorded.
    """
    if isinstance(value, str) and not re.search(r"[./年-]", value):
        return parse_text(value)
    try:
        moment = parse_moment(value, Frame()) if isinstance(value, str | date) else None
    except CellProblem:
        moment = None
    return moment.text() if moment else parse_text(value)


def _checked(moment: Moment) -> Moment:
    if not _FIRST_YEAR <= moment.day.year <= _LAST_YEAR:
        raise CellProblem(
            zh=f"年份 {moment.day.year} 不可能",
            en=f"the year {moment.day.year} can't be",
            write_zh="核对年份后写全，如 2025-03-04",
            write_en="check the year and write it out, like 2025-03-04",
        )
    return moment


def _from_datetime(value: datetime) -> Moment:
    # A spreadsheet's fractions of a day are not exact.
    rounded = value.replace(microsecond=0) + timedelta(seconds=1 if value.microsecond >= 500_000 else 0)
    if rounded.time() == time():
        return Moment(rounded.date())
    return replace(_time_of(rounded.time()), day=rounded.date())


def _time_of(value: time) -> Moment:
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return Moment(date.min, seconds, 60 if value.second == 0 else 1)


def _from_number(value: float, frame: Frame) -> Moment:
    if not math.isfinite(value):
        raise _no_date()
    if isinstance(value, int) and _COMPACT.fullmatch(str(value)):
        return _from_text(str(value), frame)
    if int(value) in _SERIALS:
        shift = _DAYS_FROM_1900_TO_1904 if frame.epoch_1904 else 0
        midnight = datetime.combine(_SERIAL_ORIGIN, time())
        return _from_datetime(
            midnight + timedelta(days=int(value) + shift, seconds=round((value - int(value)) * DAY_S))
        )
    month, _, day = repr(value).partition(".")
    if not (isinstance(value, float) and month.isdigit() and day.isdigit() and 1 <= int(month) <= 12 and len(day) <= 2):
        raise _no_date()
    if len(day) == 1 and int(day) <= 3 and not (int(month) == 2 and day == "3"):
        raise CellProblem(
            zh=f"数字 {value!r} 可能是{month}月{day}日，也可能是{month}月{day}0日",
            en=f"the number {value!r} may be day {day} or day {day}0 of month {month}",
            write_zh=f"写成 {month}月{day}日 或 {month}月{day}0日",
            write_en=f"write {month}月{day}日 or {month}月{day}0日",
        )
    return _from_text(f"{month}.{day}", frame)


def _from_text(text: str, frame: Frame) -> Moment:
    text = text.casefold()
    chinese = _CHINESE.fullmatch(text.replace(" ", ""))
    if chinese:
        year = "".join(str("〇一二三四五六七八九".index(digit.replace("零", "〇"))) for digit in chinese[1])
        text = f"{year}年{chinese_number(chinese[2])}月{chinese_number(chinese[3])}日"
    if _SERIAL.fullmatch(text) and int(text[:5]) in _SERIALS:
        return _from_number(float(text) if "." in text else int(text), frame)
    compact = _COMPACT.fullmatch(text)
    if compact:
        return Moment(_day(int(compact[1]), int(compact[2]), int(compact[3]), shown=text))
    # Blanks around separators mean nothing; one between a date and a time does.
    text = re.sub(r"\s*(日|号)", r"\1", re.sub(rf"\s*(年|月|{_SEP}|:|时|点)\s*", r"\1", text))
    head = _DATE.match(text)
    if head is None:
        clock = _clock(text)
        if clock is not None:
            return _on_anchor_day(clock, frame)
        raise _no_date()
    rest = text[head.end() :]
    day = _resolve(head, frame)
    if not rest:
        return Moment(day)
    clock = _clock(rest[1:].strip() if rest[0] in " t" else rest if head[0][-1] in "日号" else "")
    if clock is None:
        raise _no_date()
    if (clock.at_s, clock.width_s) == (0, 60):
        return Moment(day)
    return replace(clock, day=day)


def _resolve(match: re.Match[str], frame: Frame) -> date:
    month, day = int(match["m"]), int(match["d"])
    if match["y"] is None:
        return _without_year(month, day, frame, shown=match[0])
    if len(match["y"]) == 4:
        return _day(int(match["y"]), month, day, shown=match[0])
    near = frame.year or (frame.anchor.day.year if frame.anchor else None)
    year = _century(int(match["y"]), near)
    if len(match["d"]) == 2 and match["s"] and int(match["y"]) <= 31:
        other = _century(day, near)
        if year != near and other != year and (near is None or other == near):
            raise CellProblem(
                zh=f"“{match[0]}”可能是 {year} 年，也可能是 {other} 年",
                en=f"“{match[0]}” may be of {year} or of {other}",
                write_zh="写四位年份，如 2025-03-04",
                write_en="write the year with four digits, like 2025-03-04",
            )
    return _day(year, month, day, shown=match[0])


def _century(digits: int, near: int | None) -> int:
    if near is None:
        return 2000 + digits if digits < 70 else 1900 + digits
    return min((century + digits for century in (1900, 2000)), key=lambda year: abs(year - near))


def _without_year(month: int, day: int, frame: Frame, *, shown: str) -> date:
    if not _exists(2000, month, day):  # a leap year
        raise _no_day(shown)
    if frame.anchor is None:
        if frame.year is None:
            raise CellProblem(
                zh=f"“{shown}”没有年份，簿册上也没有注明年度",
                en=f"“{shown}” has no year, and the book states none",
                write_zh="写全年月日，或在表头注明年度（如“2025年度”），或用 default_year 指定",
                write_en="write the year, or state it atop the book (2025年度), or give default_year",
            )
        return _day(frame.year, month, day, shown=shown)
    anchor = frame.anchor.day
    days = [date(year, month, day) for year in range(anchor.year - 4, anchor.year + 5) if _exists(year, month, day)]
    if frame.side == "after":
        near = min((found for found in days if found >= anchor), default=None)
    else:
        near = max((found for found in days if found <= anchor), default=None)
    if near is None:
        raise _no_day(shown)
    if abs((near - anchor).days) > frame.within_days:
        order_zh, order_en = ("早于", "before") if frame.side == "after" else ("晚于", "after")
        raise CellProblem(
            zh=f"“{shown}”没有年份：同年则{order_zh}本行日期 {anchor}，否则要到 {near}",
            en=f"“{shown}” has no year: of the same year it is {order_en} the row's own date {anchor}, else it is {near}",
            write_zh="核对后写全年月日",
            write_en="check it and write the year",
        )
    return near


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]


def _day(year: int, month: int, day: int, *, shown: str) -> date:
    if year < 1 or not _exists(year, month, day):
        raise _no_day(shown)
    return date(year, month, day)


def _no_day(shown: str) -> CellProblem:
    return CellProblem(
        zh=f"没有“{shown}”这一天",
        en=f"there is no day “{shown}”",
        write_zh="核对后写成 2025-03-04 的形式",
        write_en="check it and write it like 2025-03-04",
    )


def _clock(text: str) -> Moment | None:
    """A time of day on no particular day, None where the text is none."""
    match = _TIME.fullmatch(text.replace(" ", ""))
    if match is None:
        return None
    hours = _HALVES[match["half"] or match["pm"] or ""]
    if int(match["h"]) not in hours:
        return None
    hour = hours[int(match["h"])]
    minute = match["m1"] or match["m2"] or ("30" if match["half_hour"] else None)
    second = match["s"]
    if int(minute or 0) > 59 or int(second or 0) > 59:
        return None
    whole_hour = minute is None and not text.endswith("整")
    width = 3600 if whole_hour else 1 if second and second != "00" else 60
    return Moment(date.min, hour * 3600 + int(minute or 0) * 60 + int(second or 0), width)


def _on_anchor_day(clock: Moment, frame: Frame) -> Moment:
    """A time without a date: on the anchor's day, if it isn't over by then."""
    if frame.anchor is None:
        raise _no_date()
    there = replace(clock, day=frame.anchor.day)
    if frame.side == "after" and there.ends_before(frame.anchor):
        raise CellProblem(
            zh=f"只有时刻，且早于本行时间 {frame.anchor.text()}",
            en=f"a time of day alone, before the row's own {frame.anchor.text()}",
            write_zh="写全日期与时刻，如 2025-04-01 09:10",
            write_en="write date and time, like 2025-04-01 09:10",
        )
    return there


def _no_date() -> CellProblem:
    return CellProblem(
        zh="不是日期",
        en="no date",
        write_zh="写成 2025-03-04、2025年3月4日 或 2025-03-04 09:10；确实不知道写“不详”",
        write_en="write 2025-03-04, 2025年3月4日 or 2025-03-04 09:10; 不详 if it is not known",
    )
