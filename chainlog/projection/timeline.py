"""Finding records by time: when they were recorded, and when what they say happened. Reads `derived/`.

Events say when with different precision: a minute, a day, a year. So they are kept by how wide they are, and a question
looks a little before its window in each class. An event that doesn't say when is not found by when it happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

from chainlog import limits
from chainlog.errors import UsageError
from chainlog.event.catalogue import KINDS
from chainlog.projection.feed import Act
from chainlog.projection.protocol import table_name
from chainlog.store.port import KeyValue, Table, Transaction

NAME: Final = "timeline"
VERSION: Final = 1
_TIMES: Final = "times"

_DAY_US: Final = 86_400_000_000
# Widths up to which an event belongs to a class; the last one takes all others.
_WIDTHS: Final = (0, 60_000_000, _DAY_US, 31 * _DAY_US, 366 * _DAY_US, 2 * limits.INTEGER_MAX)
_RECORDED: Final = len(_WIDTHS)

By = Literal["occurred", "recorded"]


class TimelineProjection:
    """Times of all records of known kinds. Query it through `Timeline`."""

    name = NAME
    version = VERSION
    tables: Sequence[str] = (_TIMES,)
    kinds = tuple(KINDS)

    def apply_block(self, acts: Iterable[Act], state: Transaction, *, fresh: bool) -> None:
        """Add the times of records. See `protocol.BlockProjection`."""
        items = []
        for act in acts:
            items.append((_key(_RECORDED, act.recorded_at_us, act.index), b"\x00"))
            if act.occurred:
                start, span = act.occurred
                items.append((_key(_class_of(span), start, act.index), span.to_bytes(8, "big")))
        state.table(_TIMES).put_many(sorted(items))


class Timeline:
    """
    Records by time, as far as the projection has caught up.

    Args:
        kv: of `derived/`, as `Projections.kv`.
    """

    def __init__(self, kv: KeyValue) -> None:
        self._kv = kv

    def between(self, start_us: int, end_us: int, *, by: By = "occurred") -> list[int]:
        """
        Indexes of records, ascending, that were recorded in [start_us, end_us), or that happened, or may have happened, in it.

        Raises: UsageError for another *by*. Cost: one look-up for each record found, and a few more.
        """
        if by not in ("occurred", "recorded"):
            raise UsageError(f"records are found by occurred or recorded, not by {by!r}")
        with self._kv.read() as transaction:
            table = transaction.table(table_name(NAME, _TIMES))
            if by == "recorded":
                return sorted(index for _, _, index in _rows(table, _RECORDED, start_us, end_us))
            found = []
            for number, width in enumerate(_WIDTHS):
                for start, span, index in _rows(table, number, start_us - width, end_us):
                    if start + span >= start_us:
                        found.append(index)
            return sorted(found)


def _class_of(span: int) -> int:
    return next(number for number, width in enumerate(_WIDTHS) if span <= width)


def _key(number: int, us: int, index: int) -> bytes:
    return bytes([number]) + _ordered(us) + index.to_bytes(8, "big")


def _ordered(us: int) -> bytes:
    """Eight bytes that ascend with the time; what lies outside the format's range is cut to it."""
    return (min(max(us, limits.INTEGER_MIN), limits.INTEGER_MAX) - limits.INTEGER_MIN).to_bytes(8, "big")


def _rows(table: Table, number: int, start_us: int, end_us: int) -> Iterator[tuple[int, int, int]]:
    """(start, span, index) of the rows of a class that start in [start_us, end_us)."""
    first, stop = bytes([number]) + _ordered(start_us), bytes([number]) + _ordered(end_us)
    for key, value in table.scan(first, stop):
        start = int.from_bytes(key[1:9], "big") + limits.INTEGER_MIN
        yield start, int.from_bytes(value, "big"), int.from_bytes(key[9:], "big")
