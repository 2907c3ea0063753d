"""Times as people type them: in the log's zone unless they state an offset, and `now`. Pure; the clock is passed in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from chainlog.cli.command import option
from chainlog.errors import FormatError, UsageError

if TYPE_CHECKING:
    from chainlog.event.times import Span
    from chainlog.facade import Log

T = TypeVar("T")

_SECOND_US: Final = 1_000_000
_SHAPE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?([+-]\d{2}:\d{2}|Z)?)?", re.ASCII)
_NOW: Final = frozenset({"now", "现在"})

at_option: Final = option(
    "--at", metavar="TIME", zh="发生时间：2025-03-05、2025-03-05 09:10、now；按日志时区，除非写明偏移",
    en="When it happened: 2025-03-05, 2025-03-05 09:10 or now; in the log's zone unless an offset is stated.",
)  # fmt: skip


def occurred_of(text: str | None, *, offset_minutes: int, now_us: int) -> Span:
    """
    `--at` as (start_us, span_us); () if it is not given. Now means this second.

    Raises: UsageError.
    """
    from chainlog.event.times import parse_time

    if text is None:
        return ()
    if text.strip().lower() in _NOW:
        return (now_us - now_us % _SECOND_US, _SECOND_US - 1)
    return _parsed(lambda plain: parse_time(plain, offset_minutes=offset_minutes), text)


def instant_of(text: str, *, offset_minutes: int, now_us: int) -> int:
    """A moment: a day means its last microsecond. Raises UsageError."""
    from chainlog.event.times import parse_instant

    if text.strip().lower() in _NOW:
        return now_us
    return _parsed(lambda plain: parse_instant(plain, offset_minutes=offset_minutes), text)


def as_of_instant(log: Log, text: str, *, now_us: int) -> int:
    """
    The moment of `--as-of`, which needs records by then: of none nothing would be found, and that would read as a clean bill.

    Raises: UsageError.
    """
    from chainlog.cli.render import when

    offset = log.utc_offset_minutes
    found = instant_of(text, offset_minutes=offset, now_us=now_us)
    began_us = log.reader.read(0).recorded_at_us
    if found < began_us:
        began = when(began_us, offset_minutes=offset)
        raise UsageError(
            f"nothing was recorded by {text}: the log begins on {began}",
            detail_zh=f"到 {text} 为止还没有记录：日志从 {began} 开始",
        )
    return found


def window_of(
    from_text: str | None, to_text: str | None, *, offset_minutes: int, now_us: int, least: int, most: int
) -> tuple[int, int]:
    """
    A window [start, stop): a day or minute that ends it lies within. Raises UsageError, also where it is empty.

    Args:
        least, most: where nothing is stated.
    """
    start, stop = least, most
    if from_text is not None:
        start = occurred_of(from_text, offset_minutes=offset_minutes, now_us=now_us)[0]
    if to_text is not None:
        begin, length = occurred_of(to_text, offset_minutes=offset_minutes, now_us=now_us)
        stop = begin + length + 1
    if start >= stop:
        raise UsageError(
            f"from {from_text} to {to_text} is no window", detail_zh=f"自 {from_text} 至 {to_text} 没有时间段"
        )
    return start, stop


def _parsed(parse: Callable[[str], T], text: str) -> T:
    """What *parse* makes of the text, whose digits and marks may be as wide as Chinese ones."""
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        return parse(plain)
    except FormatError as error:
        if _SHAPE.fullmatch(plain):
            raise UsageError(
                f"there is no such day or hour: {text}", detail_zh=f"没有 {text} 这一时间（月、日或时刻不对）"
            ) from error
        raise UsageError(
            f"{text!r} is no time like 2025-03-05, 2025-03-05 09:10 or 2025-03-05T09:10:00+08:00",
            detail_zh=f"“{text}”不是时间；写作 2025-03-05、2025-03-05 09:10 或 2025-03-05T09:10:00+08:00",
        ) from error
