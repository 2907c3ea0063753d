"""What a diagnosis knows once all records were seen, and what of other damage follows from it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from chainlog.forensics.cases import Case, Cases
from chainlog.forensics.replay import OtherHead
from chainlog.forensics.scratch import Column

# So many rows of one table are named one by one, the rest is counted.
_NAMED_MAX = 100


class Aftermath(NamedTuple):
    """
    What the records turned out to be.

    size: how many belong there. hashes: by index, as far as they are known. damaged: marked where a record is not what
    belongs there. other_head: see `Replay`. rewritten: the first index from which records were chained anew, or None. shifted: whether some stand
    there under other indexes than they were signed under.
    """

    cases: Cases
    size: int
    hashes: Column
    damaged: Column
    other_head: Callable[[str], OtherHead | None]
    rewritten: int | None
    shifted: bool

    def case_of(self, index: int) -> Case | None:
        """The case that explains why *index* is not what a table says, or None."""
        if index >= self.size:
            case = self.cases.at(self.size)
            return case if case is not None and case.code in ("truncated", "page-corrupt") else None
        if self.damaged.get(index) is not None:
            return self.cases.at(index) or self.cases.before(index)
        return self.case_of_rewriting(index)

    def case_of_rewriting(self, index: int) -> Case | None:
        """The case from which it follows that hashes from *index* on are others than once, or None."""
        if self.rewritten is None or index < self.rewritten:
            return None
        return self.cases.at(self.rewritten) or self.cases.before(index + 1)


class Mismatches:
    """Rows of one table that are not what the records make: the first ones by name, the rest counted with the last."""

    def __init__(self, cases: Cases, table: str) -> None:
        self._cases = cases
        self._table = table
        self._named = 0
        self._last: Case | None = None

    def add(self, index: int | None, subject: str, detail: str) -> Case | None:
        """Report one row; its case, or None if it was only counted."""
        if self._named < _NAMED_MAX:
            self._named += 1
            self._last = self._cases.add("index-mismatch", index, subject, detail)
            return self._last
        if self._last is not None:
            self._last.follow(f"index-mismatch in {self._table}")
        return None
