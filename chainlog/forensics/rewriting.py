"""Finding what was changed where the chain was made anew after it. Pure.

Who can write the files can change a record and compute all later hashes again. What they can't make anew is signed:
the bases of later records still name the hashes that stood there. So where a signed base and the chain disagree about
a record, it or one before it was changed, back to the last one that a signed base confirms. From there on every base
and every hash is wrong, and all of that is one cause. What is wrong with a record by itself there, its signatures
above all, is found all the same.

Known limits: between two signed bases that lie apart, the first record after the earlier one is named. What else was
changed above, and is covered by nobody's signature on the record itself, can't be told from what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainlog.authority.problem import Problem
from chainlog.forensics.cases import Case, Cases
from chainlog.forensics.placing import Slot
from chainlog.forensics.replay import Judged
from chainlog.record.record import CheckedRecord, Record

# Of several problems of one record the first of these is its finding; the others stand in its detail. A signature that
# doesn't count is the cause, and the one that is missing for it the consequence.
_RANK = (
    "unknown-kind", "version-regression", "duplicate", "closed", "malformed", "wrong-log", "unsigned", "unknown-key",
    "revoked-key", "foreign-signature", "bad-signature", "missing-signature", "key-reused", "bad-key", "bad-policy",
    "below-threshold", "subjects-mismatch", "bad-ref", "stale-draft", "stale-link", "expired", "wrong-base",
)  # fmt: skip
# What may come of the change that began a stretch: another record, or none, stood where these look.
_EXPLAINED = frozenset({"stale-draft", "bad-ref", "unknown-key", "revoked-key", "below-threshold", "stale-link"})
_HELD_MAX = 100


class _Stretch:
    """Records chained anew from *start* on. case: what began it, None while only bases speak against it."""

    def __init__(self, start: int, case: Case | None, *, shifted: bool = False) -> None:
        self.start = start
        self.case = case
        self.shifted = shifted
        self.rebased: bool | None = None  # whether bases were made to fit, which spoils the signatures
        self.follows: dict[str, int] = {}
        self.held: list[tuple[int, Problem]] = []  # the first that are explained by it, if it is one
        self.claimants: list[int] = []  # the first records whose signed bases disagree
        self.last = start

    def follow(self, code: str) -> None:
        if self.case is not None:
            self.case.follow(code)
        else:
            self.follows[code] = self.follows.get(code, 0) + 1


class Rewriting:
    """
    Sees the slots one after the other and opens the cases of records that are not what was signed.

    signed: what bases say of the hash at an index. stands_at: where an act stands first. stated_size: how many records
    the head says there are. rows: how many there are.
    """

    def __init__(
        self,
        cases: Cases,
        *,
        signed: Callable[[int], bytes | None],
        stands_at: Callable[[bytes], int | None],
        stated_size: int,
        rows: int,
    ) -> None:
        self._cases = cases
        self._signed = signed
        self._stands_at = stands_at
        self._stated_size = stated_size
        self._rows = rows
        self._confirmed = -1  # the last index that a signed base confirms
        self._stretch: _Stretch | None = None
        self.first: int | None = None  # where the first stretch begins
        self.shifted = False  # whether records stand under other indexes than they were signed under

    @property
    def since(self) -> int | None:
        """From which index on the records are chained anew, as far as it is known; None if they are not."""
        return None if self._stretch is None else self._stretch.start

    @property
    def confirmed(self) -> int:
        """The last index whose hash some signature confirms, -1 for none."""
        return self._confirmed

    # --- one slot -------------------------------------------------------------------------------

    def see(self, slot: Slot, judged: Judged | None, checked: CheckedRecord | None) -> None:
        """Take in the next slot; *judged* and *checked* are None where its content was not judged."""
        own = None
        if slot.index == 0 and checked is not None and checked.event.event.kind != "log_opened":
            self._begin(
                0, self._cases.add("missing", 0, "", "the record that opened the log is not there"), shifted=True
            )
        if judged is not None and checked is not None:
            self._see_base(slot.index, checked.record, judged)
            own = self._open(slot.index, checked, judged)
        signed = self._signed(slot.index)
        if signed is None or slot.record_hash is None:
            if own is not None and self._stretch is None:
                self._begin(slot.index, own)
        elif signed == slot.record_hash:
            self._confirm(slot.index)
        elif self._stretch is None:
            if own is None and slot.sound:
                own = self._case_between(slot.index)
            self._begin(slot.index if own is not None and own.index == slot.index else self._confirmed + 1, own)
            if self._stretch is not None:
                self._stretch.last = slot.index

    def _see_base(self, index: int, record: Record, judged: Judged) -> None:
        problem, base_index = judged.based, record.base[0]
        if judged.mask:
            return  # a base that was changed after signing shows in the signature
        if problem is None:
            return
        stretch = self._stretch
        if base_index >= index > 0:
            self._see_shift(index, base_index)
        elif stretch is not None and base_index >= stretch.start:
            stretch.follow(problem.code)
            stretch.rebased = False
            if len(stretch.claimants) < 2:
                stretch.claimants.append(index)
        else:
            self._cases.add(problem.code, index, problem.subject, problem.detail)

    def _see_shift(self, index: int, base_index: int) -> None:
        """A good signature over a record that does not stand below this one: this one stood higher."""
        stretch = self._stretch
        if stretch is not None and stretch.shifted:
            stretch.follow("wrong-base")
            return
        missing = self._stated_size > self._rows
        what = "records were taken out" if missing else "records were put in another order"
        detail = f"{what} after record {max(self._confirmed, 0)}: the one here was signed on record {base_index}"
        case = self._cases.add("missing" if missing else "reordered", index, "", detail)
        if stretch is None:
            self._begin(index, case, shifted=True)
        else:
            stretch.shifted = True
        self.shifted = True

    def _open(self, index: int, checked: CheckedRecord, judged: Judged) -> Case | None:
        """Open the case of a record's own problems, if they don't follow from the stretch that it stands in."""
        stretch, problems, record = self._stretch, judged.own, checked.record
        if index == 0 and stretch is not None:
            return None
        if judged.mask and judged.based is not None and judged.based.code == "wrong-log":
            problems = [judged.based, *problems]
        if stretch is not None and not self._is_signed_since(stretch, record, judged):
            for problem in problems:
                if problem.code in _EXPLAINED:
                    stretch.follow(problem.code)
                    if len(stretch.held) < _HELD_MAX:
                        stretch.held.append((index, problem))
            problems = [problem for problem in problems if problem.code not in _EXPLAINED]
        if not problems:
            return None
        primary = primary_of(problems)
        if primary.code == "duplicate" and stretch is not None:
            first = self._stands_at(checked.event.event.id)
            if first is not None and first >= stretch.start:
                stretch.follow("duplicate")  # this is the act itself, and its copy was put in before it
                return None
        if stretch is not None and stretch.rebased is not False and self._is_rebased(stretch, record, judged):
            stretch.rebased = True
            stretch.follow("bad-signature")
            return None
        if primary.code == "unknown-kind":
            problems = [problem for problem in problems if problem.code != "unknown-kind"]
            self._cases.add("unknown-kind", index, primary.subject)
            if not problems:
                return None
            primary = primary_of(problems)
        others = [f"{p.code} {p.subject}".rstrip() for p in problems if p is not primary]
        detail = "; also ".join([primary.detail or primary.code, *others])
        return self._cases.add(primary.code, index, primary.subject, detail)

    @staticmethod
    def _is_signed_since(stretch: _Stretch, record: Record, judged: Judged) -> bool:
        """Whether it was signed on the records as they stand now: then nothing of it comes of what began the stretch."""
        return judged.based is None and not judged.mask and stretch.start <= record.base[0] < record.index

    @staticmethod
    def _is_rebased(stretch: _Stretch, record: Record, judged: Judged) -> bool:
        """Whether all signatures fail on a base that fits what was chained anew: it was put in there afterwards."""
        every = (1 << len(record.signatures)) - 1
        return judged.based is None and judged.mask == every and stretch.start <= record.base[0] < record.index

    # --- stretches ------------------------------------------------------------------------------

    def _begin(self, start: int, case: Case | None, *, shifted: bool = False) -> None:
        # With rows too many or too few, what stands at an index is not what was signed there.
        shifted = shifted or self._stated_size != self._rows or (case is not None and case.code == "duplicate")
        self._stretch = _Stretch(start, case, shifted=shifted)
        self.shifted = self.shifted or shifted
        self.first = start if self.first is None else min(self.first, start)

    def _case_between(self, index: int) -> Case | None:
        """The first case of a record that no signature confirmed, up to *index*: it explains why the chain is another."""
        for place in range(max(self._confirmed + 1, index - 1_000), index + 1):
            case = self._cases.at(place)
            if case is not None and case.code != "unknown-kind":
                return case
        return None

    def _confirm(self, index: int) -> None:
        """A signed base says that the record at *index*, and so every one below, is what somebody saw."""
        self._confirmed = index
        stretch = self._stretch
        if stretch is not None and stretch.case is None and len(stretch.claimants) < 2:
            # Everybody else saw what stands here: it is the one record that was not signed on this log. If it comes
            # only later, it is found there.
            for claimant in stretch.claimants:
                self._cases.add("wrong-base", claimant, "", "the base is not a record of this log")
            for place, problem in stretch.held:
                self._cases.add(problem.code, place, problem.subject, problem.detail)
            self._stretch = None
        self.finish()

    def finish(self) -> None:
        """After the last slot, or where the stretch ends."""
        stretch, self._stretch = self._stretch, None
        if stretch is None or stretch.case is not None:
            return
        difference = self._stated_size - self._rows
        code = "missing" if difference > 0 else "altered"
        where = "" if stretch.last == stretch.start else f" between here and {stretch.last}"
        case = self._cases.add(code, stretch.start, "", f"not what later signatures saw{where}, and chained anew")
        for follow, count in stretch.follows.items():
            case.follow(follow, count)


def primary_of(problems: Sequence[Problem]) -> Problem:
    """The problem that a record's finding is named after."""
    return min(problems, key=lambda problem: _RANK.index(problem.code) if problem.code in _RANK else len(_RANK))
