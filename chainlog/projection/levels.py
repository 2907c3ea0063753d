"""Levels: their order, and which one is in force for a carrier. Pure.

The effective level of a carrier is the highest of its document's level in force, its own, and what was put on it since it
was erased. A level stated when the carrier entered the books says no more than what held then: it counts until a decision
about the document is in force that is not older; a decision about the carrier itself stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, Protocol

from chainlog.projection.rows import UNKNOWN_US, LevelRow

# A box left blank (未标) may hide anything above no level at all.
_RANKS: Final = {"": 0, "无密": 1, "未标": 2, "内部": 3, "秘密": 4, "机密": 5, "绝密": 6}


class _Ranks(dict[str, int]):
    """0 for a level that is unknown."""

    def __missing__(self, level: str) -> int:
        return 0


rank: Final[Callable[[str], int]] = _Ranks(_RANKS).__getitem__
"""0 for unknown, then 无密, 未标, 内部, 秘密, 机密, 绝密. A method of a dictionary: rules ask it by the hundred thousand."""


def highest(levels: Iterable[str]) -> str:
    """The highest of several, empty for none."""
    return max(levels, key=rank, default="")


class InForce(Protocol):
    """A level in force with its term, and the decision behind it; UNKNOWN_US where it was only stated."""

    @property
    def level(self) -> str: ...

    @property
    def term(self) -> str: ...

    @property
    def decided_us(self) -> int: ...


class Standing(NamedTuple):
    """A level in force. decided_us: of the decision behind it, UNKNOWN_US where it was only stated."""

    level: str = ""
    term: str = ""
    decided_us: int = UNKNOWN_US
    change: str = ""


def standing(rows: Iterable[LevelRow]) -> Standing:
    """
    What is in force after these rows of a document, or of a carrier decided about; in the order of records.

    The decision that happened last counts, whatever was stated; without any, the statement that happened last.
    """
    decided: LevelRow | None = None
    stated: LevelRow | None = None
    for row in rows:
        if row.how == "decided" and (decided is None or row.us >= decided.us):
            decided = row
        elif row.how == "stated" and (stated is None or row.us >= stated.us):
            stated = row
    if decided is not None:
        return Standing(decided.level, decided.term, decided.us, decided.change)
    return Standing(stated.level, stated.term) if stated is not None else Standing()


def stored(rows: Iterable[LevelRow]) -> str:
    """The highest level put on a medium, or into a volume, since it was erased; rows in the order of records."""
    level = ""
    for row in rows:
        if row.how == "erased":
            level = ""
        elif row.how in ("stored", "contained"):
            level = highest((level, row.level))
    return level


def effective(*, own: str, own_us: int, decided: str, stored_level: str, document: InForce) -> str:
    """
    The effective level of a carrier.

    Args:
        own, own_us: as stated when it entered the books. decided: by a decision about it. stored_level: of what was put
            on it. document: what is in force for its document.
    """
    level = document.level
    best = _RANKS.get(level, 0)
    if decided:
        own = decided
    elif document.decided_us >= own_us and document.decided_us != UNKNOWN_US:
        own = ""
    # `rank` without its call, and no loop: every carrier that is asked for comes through here.
    if own and _RANKS.get(own, 0) > best:
        level, best = own, _RANKS[own]
    if stored_level and _RANKS.get(stored_level, 0) > best:
        level = stored_level
    return level
