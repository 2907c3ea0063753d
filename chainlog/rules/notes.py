"""What the answers rest on that a rule got: subjects, kinds of acts, moments. Pure.

Who keeps findings tells by it what has to be judged anew after a record, or after a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.projection.custody_fold import CustodyProjection
from chainlog.projection.registers import RegistersProjection

# In `Notes.reads`: an answer comes from tables, and any act that these take in may turn it.
CUSTODY: Final = ("(custody)",)
REGISTERS: Final = ("(registers)",)
_TAKEN_IN: Final[Mapping[tuple[str, ...], frozenset[str]]] = {
    CUSTODY: frozenset(CustodyProjection.kinds),
    REGISTERS: frozenset(RegistersProjection.kinds),
}


class Notes:
    """
    What answers rest on. moments: at which one of `has_passed` turns. asked: subjects. reads: groups of kinds of acts, one of which
    may turn an answer; see `kinds_read`. scans: whether every carrier, or every subject with a prefix, was looked at: those aren't
    noted one by one, and others come. differs: whether an act was asked about that was recorded under another policy than the one
    in force when it happened.

    Left out is what nothing but a correction turns (a record by its index or id: what a correction touches is judged whole), and
    what `projection.facts.touched` adds by itself (others in the same register, of the same number).
    """

    __slots__ = ("asked", "differs", "moments", "reads", "scans")

    def __init__(self) -> None:
        self.moments: list[int] = []
        self.asked: set[str] = set()
        self.reads: set[tuple[str, ...]] = set()
        self.differs = False
        self.scans = False

    def add(self, other: Notes) -> None:
        """Take over what something else rests on."""
        self.moments += other.moments
        self.asked |= other.asked
        self.reads |= other.reads
        self.differs = self.differs or other.differs
        self.scans = self.scans or other.scans


@lru_cache(maxsize=4096)
def kinds_of(names: tuple[str, ...]) -> frozenset[str]:
    """The kinds that are meant by names, of which `created.` stands for its family."""
    families = tuple(name for name in names if name.endswith("."))
    return frozenset(kind for kind in KINDS if kind in names or kind.startswith(families))


def kinds_read(group: tuple[str, ...]) -> frozenset[str]:
    """The kinds of acts that may turn an answer, by a group of `Notes.reads`."""
    if not group:
        return frozenset(KINDS)
    return _TAKEN_IN.get(group) or kinds_of(group)


def tables_read(group: tuple[str, ...]) -> frozenset[str]:
    """Those of `kinds_read` that turn an answer also where they don't name the subject that was asked about."""
    return _TAKEN_IN.get(group, frozenset())


def is_of(kind: str, kinds: Sequence[str]) -> bool:
    """Whether a kind is one of *kinds*, of which `created.` stands for its family."""
    return kind in kinds_of(tuple(kinds))
