"""Collecting findings while a log is diagnosed: one case a cause, what follows from it counted. Pure."""

from __future__ import annotations

from collections.abc import Callable

from chainlog.forensics.report import FINDINGS_MAX, Finding


class Case:
    """A finding in the making. `follow` counts what is wrong only because of it."""

    __slots__ = ("code", "detail", "follows", "index", "subject")

    def __init__(self, code: str, index: int | None, subject: str, detail: str) -> None:
        self.code = code
        self.index = index
        self.subject = subject
        self.detail = detail
        self.follows: dict[str, int] = {}

    def follow(self, code: str, count: int = 1) -> None:
        """Count *count* findings of *code* that follow from this one."""
        self.follows[code] = self.follows.get(code, 0) + count

    def finding(self) -> Finding:
        """The finding, with what follows from it in its detail."""
        counted = ", ".join(f"{count} × {code}" for code, count in sorted(self.follows.items()))
        detail = f"{self.detail}; from it follow {counted}" if counted else self.detail
        return Finding(self.code, self.index, self.subject, detail)


class Cases:
    """
    All cases of one diagnosis, at most FINDINGS_MAX; how many there were beyond is counted in `dropped`.

    is_lost: whether a record is gone with a damaged page.
    """

    def __init__(self, is_lost: Callable[[int], bool] = lambda _: False) -> None:
        self._all: list[Case] = []
        self._at: dict[int, Case] = {}
        self._gone: Case | None = None
        self.is_lost = is_lost
        self.dropped = 0

    def add(self, code: str, index: int | None, subject: str = "", detail: str = "") -> Case:
        """Open a case."""
        case = Case(code, index, subject, detail)
        if len(self._all) < FINDINGS_MAX:
            self._all.append(case)
            if index is not None:
                self._at.setdefault(index, case)
        else:
            self.dropped += 1
        return case

    def missing(self, start: int, stop: int) -> Case:
        """Open a case for records that are not there."""
        what = f"record {start} is" if stop == start + 1 else f"records {start} to {stop - 1} are"
        if self.is_lost(start):
            self._gone = self.add("page-corrupt", start, "records", f"{what} lost with a damaged page")
        else:
            self._gone = self.add("missing", start, "", f"{what} missing")
        return self._gone

    def last_gone(self) -> Case | None:
        """The case of records that are not there which was opened last: in order, of those below."""
        return self._gone

    def at(self, index: int) -> Case | None:
        """The first case of a record."""
        return self._at.get(index)

    def before(self, index: int) -> Case | None:
        """The last case of a record below *index*."""
        best: Case | None = None
        for case in self._all:
            if case.index is not None and case.index < index and (best is None or case.index >= (best.index or 0)):
                best = case
        return best

    def is_any_from(self, index: int) -> bool:
        """Whether there is a case of a record at *index* or above."""
        return any(case.index is not None and case.index >= index for case in self._all)

    def __len__(self) -> int:
        return len(self._all)

    def findings(self) -> list[Finding]:
        """All findings."""
        return [case.finding() for case in self._all]
