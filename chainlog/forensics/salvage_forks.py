"""Heads of one log that contradict each other: whose are of what was saved, and whose of another story. Pure.

The log key signs two stories where somebody who has it does so, and where a log went on from an earlier state: a copy of it
that was written to, or one that was saved before with a gap, where `recovered` explains it. Whichever it was, it is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chainlog.forensics.salvage_build import Built
from chainlog.forensics.salvage_claims import Known, shared
from chainlog.forensics.salvage_heads import NOWHERE, SignedHead
from chainlog.record.record import CheckedRecord


class Fork(NamedTuple):
    """
    Another story. head: the largest that is of it. parts_at: the first record that is another one there, where it is known.
    explained: whether a saved `recovered` states a head of it.
    """

    head: SignedHead
    parts_at: int | None
    explained: bool


class Forks:
    """What *heads* say of *built*. stories: those that they prove."""

    def __init__(self, heads: Sequence[SignedHead], stories: Sequence[Known], built: Built) -> None:
        self._heads = heads
        self._built = built
        self.shared = [shared(story.hashes, built.hashes) for story in stories]
        self._other: list[tuple[Known, int]] = []  # with the first record that is another one
        self._same: list[Known] = []
        for story, common in zip(stories, self.shared, strict=True):
            if common < min(story.size, built.size):
                self._other.append((story, common))
            else:
                self._same.append(story)

    def is_other(self, head: SignedHead) -> bool:
        """Whether a head is of a story that what was built is no beginning of, nor goes on from."""
        if self._built.roots.get(head.size, head.root) != head.root:
            return True
        return self.is_proven(head) or any(story.contradicts(head) for story in self._same)

    def is_proven(self, head: SignedHead) -> bool:
        """Whether a head is of another story, all hashes of which are known."""
        return self._story_of(head) is not None

    def holds(self, checked: CheckedRecord) -> bool:
        """Whether a record is proven to be of another story."""
        index = checked.record.index
        return any(index >= parts_at and story.at(index) == checked.record_hash for story, parts_at in self._other)

    def found(self) -> list[Fork]:
        """Every other story that tables or a head from outside tell; of those that nothing proves, one for each copy."""
        groups: dict[tuple[bool, int], list[SignedHead]] = {}
        for head in self._heads:
            if head.source != NOWHERE and (self.is_other(head) or self._has_better(head)):
                number = self._story_of(head)
                mark = (False, head.source) if number is None else (True, number)
                groups.setdefault(mark, []).append(head)
        lost = self._built.authority.lost_heads
        return [
            Fork(
                heads[0],
                self._other[number][1] if is_proven else None,
                any((head.size, head.root) in lost for head in heads),
            )
            for (is_proven, number), heads in groups.items()
        ]

    def _story_of(self, head: SignedHead) -> int | None:
        stories = enumerate(self._other)
        return next((number for number, (story, _) in stories if story.roots.get(head.size) == head.root), None)

    def _has_better(self, head: SignedHead) -> bool:
        """Whether a head of the same size, beyond what was built, is worth more and has another root."""
        if head.size <= self._built.size:
            return False
        others = (one for one in self._heads if one.accuses and one.size == head.size and one.root != head.root)
        return any((one.source, one.root) < (head.source, head.root) for one in others)
