"""Times as people state them, and as events hold them. Pure. Format: schemas/FORMAT.md section 2 (occurred).

An event holds `[start_us, span_us]` in UTC: the act lies within. A text that names a day or a minute says no more
than that; a false midnight would corrupt order, off-hours and leak windows.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from chainlog.errors import FormatError
from chainlog.limits import DAY_SPAN_US

Span = tuple[int, ...]

MINUTE_SPAN_US: Final = 59_999_999
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT: Final = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+-]\d{2}:[0-5]\d)?)?",
    re.ASCII,
)


def zone(offset_minutes: int) -> timezone:
    """The fixed offset from UTC as a timezone."""
    return timezone(timedelta(minutes=offset_minutes))


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 in UTC. Raises FormatError for a datetime without zone."""
    if moment.tzinfo is None:
        raise FormatError("a time without zone", path="$.time")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_us(time_us: int, *, offset_minutes: int = 0) -> datetime:
    """The datetime of *time_us* at an offset from UTC. Raises FormatError outside the years 1 to 9999, or of a day."""
    try:
        return (_EPOCH + timedelta(microseconds=time_us)).astimezone(zone(offset_minutes))
    except (ValueError, OverflowError) as error:
        raise FormatError(
            f"{time_us} at {offset_minutes} minutes lies outside the years 1 to 9999, or the offset outside a day",
            path="$.time",
        ) from error


def format_time(time_us: int, *, offset_minutes: int) -> str:
    """RFC 3339 with offset, to the second unless there are parts of one. Out of range: the number as it is."""
    try:
        return from_us(time_us, offset_minutes=offset_minutes).isoformat()
    except FormatError:
        return f"{time_us} us"


def parse_time(text: str, *, offset_minutes: int, path: str = "$") -> Span:
    """
    `2025-03-05`, `2025-03-05 09:10`, `2025-03-05T09:10:00+08:00` as (start_us, span_us).

    Args:
        offset_minutes: the zone of texts that state none.

    Returns:
        A day spans 86,399,999,999, a minute 59,999,999, anything more precise 0.

    Raises: FormatError.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise FormatError(
            f"{text!r} is no time like 2025-03-05, 2025-03-05 09:10 or 2025-03-05T09:10:00+08:00", path=path
        )
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    try:
        tz = zone(offset_minutes) if offset is None else datetime.fromisoformat(f"2000-01-01T00:00{offset}").tzinfo
        moment = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
            int((fraction or "0").ljust(6, "0")), tzinfo=tz,
        )  # fmt: skip
        start = to_us(moment)
    except (ValueError, OverflowError) as error:
        raise FormatError(f"{text!r} is no time: {error}", path=path) from error
    span = DAY_SPAN_US if hour is None else MINUTE_SPAN_US if second is None else 0
    return (start, span)


def parse_instant(text: str, *, offset_minutes: int, path: str = "$") -> int:
    """Like `parse_time`, for fields that hold one time: a day means its last microsecond, a minute its first."""
    start, span = parse_time(text, offset_minutes=offset_minutes, path=path)
    return start + span if span == DAY_SPAN_US else start


def day_of(time_us: int, *, offset_minutes: int) -> date:
    """The civil day of *time_us* at an offset from UTC."""
    return from_us(time_us, offset_minutes=offset_minutes).date()


def day_span(day: date, *, offset_minutes: int) -> Span:
    """A civil day at an offset from UTC as (start_us, span_us)."""
    return (to_us(datetime(day.year, day.month, day.day, tzinfo=zone(offset_minutes))), DAY_SPAN_US)
