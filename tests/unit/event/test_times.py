from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from chainlog.errors import FormatError
from chainlog.event.times import (
    MINUTE_SPAN_US,
    day_of,
    day_span,
    format_time,
    from_us,
    parse_instant,
    parse_time,
    to_us,
    zone,
)
from chainlog.limits import DAY_SPAN_US, INTEGER_MAX

BEIJING = 480
NOON = 1_741_147_200_000_000  # 2025-03-05 12:00 in +08:00


def beijing(*parts: int) -> int:
    return to_us(datetime(*parts, tzinfo=timezone(timedelta(minutes=BEIJING))))


@pytest.mark.parametrize(
    ("text", "start", "span"),
    [
        ("2025-03-05", beijing(2025, 3, 5), DAY_SPAN_US),
        ("2025-03-05 12:00", NOON, MINUTE_SPAN_US),
        ("2025-03-05T12:00", NOON, MINUTE_SPAN_US),
        ("2025-03-05 12:00:00", NOON, 0),
        ("2025-03-05 12:00:00.5", NOON + 500_000, 0),
        ("2025-03-05 12:00:00.000001", NOON + 1, 0),
        ("2025-03-05T04:00:00Z", NOON, 0),
        ("2025-03-05T04:00Z", NOON, MINUTE_SPAN_US),
        ("2025-03-05T12:00:00+08:00", NOON, 0),
        ("2025-03-04T22:30:00-05:30", NOON, 0),
        ("2024-02-29", beijing(2024, 2, 29), DAY_SPAN_US),
        ("1949-10-01", beijing(1949, 10, 1), DAY_SPAN_US),
    ],
)
def test_a_text_says_no_more_than_it_says(text: str, start: int, span: int):
    assert parse_time(text, offset_minutes=BEIJING) == (start, span)


@pytest.mark.parametrize(
    "text",
    ["", "2025", "2025-03", "2025-3-5", "20250305", "2025/03/05", "05-03-2025", "2025-02-29", "2025-13-01", "2025-00-10",
     "0000-01-01", "2025-03-05 24:00", "2025-03-05 12:60", "2025-03-05 12:00:60", "2025-03-05 12", "2025-03-05T12:00+8",
     "2025-03-05+08:00", "2025-03-05Z", "2025-03-05 12:00:00.", "2025-03-05 12:00:00.1234567", "2025-03-05 12:00+24:00",
     "2025-03-05 12:00+08:60", "2025-03-05 12:00-99:00", "2025-03-05\n", " 2025-03-05", "２０２５-03-05", "٢٠٢٥-٠٣-٠٥",
     "2025-03-05 12:00+０8:00", "2025-03-05t12:00", "今天", "{0}", "\x1b[2J", "2025-03-05" * 1_000],
)  # fmt: skip
def test_other_texts_are_no_time(text: str):
    with pytest.raises(FormatError) as caught:
        parse_time(text, offset_minutes=BEIJING, path="$.occurred")
    assert caught.value.path == "$.occurred"


def test_a_zone_applies_only_where_none_is_stated():
    for offset in (-840, 0, 480, 840):
        assert parse_time("2025-03-05T12:00:00+08:00", offset_minutes=offset)[0] == NOON
        assert parse_time("2025-03-05 12:00:00", offset_minutes=offset)[0] == NOON + (480 - offset) * 60_000_000


@pytest.mark.parametrize("offset", [1_440, -1_440, 10**6, 10**12])
def test_an_offset_of_a_day_is_refused(offset: int):
    with pytest.raises(FormatError):
        parse_time("2025-03-05", offset_minutes=offset)
    with pytest.raises(FormatError):
        from_us(NOON, offset_minutes=offset)
    # Showing never fails.
    assert format_time(NOON, offset_minutes=offset) == f"{NOON} us"


def test_an_instant_from_a_day_is_its_end_and_from_a_minute_its_begin():
    assert parse_instant("2025-03-05", offset_minutes=BEIJING) == beijing(2025, 3, 6) - 1
    assert parse_instant("2025-03-05 12:00", offset_minutes=BEIJING) == NOON
    assert parse_instant("2025-03-05 12:00:30", offset_minutes=BEIJING) == NOON + 30_000_000


def test_times_are_shown_in_the_zone_and_read_back():
    assert format_time(NOON, offset_minutes=BEIJING) == "2025-03-05T12:00:00+08:00"
    assert format_time(NOON, offset_minutes=0) == "2025-03-05T04:00:00+00:00"
    assert format_time(NOON + 1, offset_minutes=-210) == "2025-03-05T00:30:00.000001-03:30"
    for time_us in (0, -1, 1, NOON, NOON + 999_999, INTEGER_MAX, -INTEGER_MAX):
        for offset in (-840, -210, 0, 330, 480, 840):
            text = format_time(time_us, offset_minutes=offset)
            assert parse_time(text, offset_minutes=0) == (time_us, 0)


def test_times_beyond_the_calendar_are_shown_as_numbers():
    for time_us in (10**18, -(10**18), 10**30):
        with pytest.raises(FormatError):
            from_us(time_us)
        assert format_time(time_us, offset_minutes=BEIJING) == f"{time_us} us"


def test_microseconds_are_exact():
    moment = datetime(2025, 3, 5, 4, 0, 0, 123_457, tzinfo=UTC)
    assert to_us(moment) == NOON + 123_457
    assert from_us(NOON + 123_457) == moment
    assert from_us(NOON, offset_minutes=BEIJING).utcoffset() == timedelta(hours=8)
    with pytest.raises(FormatError):
        to_us(datetime(2025, 3, 5))  # noqa: DTZ001 - the zone is what is missing


def test_civil_days():
    assert day_of(NOON, offset_minutes=BEIJING) == date(2025, 3, 5)
    start, span = day_span(date(2025, 3, 5), offset_minutes=BEIJING)
    assert (start, span) == parse_time("2025-03-05", offset_minutes=BEIJING)
    assert day_of(start, offset_minutes=BEIJING) == day_of(start + span, offset_minutes=BEIJING) == date(2025, 3, 5)
    assert day_of(start - 1, offset_minutes=BEIJING) == date(2025, 3, 4)
    assert day_of(start + span + 1, offset_minutes=BEIJING) == date(2025, 3, 6)
    assert zone(-90).utcoffset(None) == timedelta(minutes=-90)
