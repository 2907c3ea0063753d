"""Times as people type them: in the log's zone unless they state an offset, and `now`. Pure; the clock is passed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from chainlog.cli.command import option
from chainlog.errors import FormatError, UsageError

if TYPE_CHECKING:
    from chainlog.event.times import Span

T = TypeVar("T")

_SECOND_US: Final = 1_000_000
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
    return _parsed(lambda: parse_time(text.strip(), offset_minutes=offset_minutes), text)


def instant_of(text: str, *, offset_minutes: int, now_us: int) -> int:
    """A moment: a day means its last microsecond. Raises UsageError."""
    from chainlog.event.times import parse_instant

    if text.strip().lower() in _NOW:
        return now_us
    return _parsed(lambda: parse_instant(text.strip(), offset_minutes=offset_minutes), text)


def _parsed(parse: Callable[[], T], text: str) -> T:
    try:
        return parse()
    except FormatError as error:
        raise UsageError(
            f"{text!r} is no time like 2025-03-05, 2025-03-05 09:10 or 2025-03-05T09:10:00+08:00",
            detail_zh=f"“{text}”不是时间；写作 2025-03-05、2025-03-05 09:10 或 2025-03-05T09:10:00+08:00",
        ) from error
