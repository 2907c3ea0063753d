"""Finding what was changed where the chain was made anew after it. Pure.

Who can write the files can change a record and compute all later hashes again. What they can't make anew is signed:
the bases of later records still name the hashes that stood there. So where a signed base and the chain disagree about
a record, it or one before it was changed, back to the last one that a signed base confirms. From there on every base
and every hash is wrong, and all of that is one cause; but a record that is not what it was even when the old hashes
are put back into it was changed for itself.

Known limits: between two signed bases that lie apart, the first record after the earlier one is named, and what was
changed after records were taken out or put in can't be told from what follows from that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainlog.authority.problem import Problem
from chainlog.digest import record_hash
from chainlog.forensics.cases import Case, Cases
from chainlog.forensics.placing import Slot
from chainlog.forensics.replay import Judged
from chainlog.record.record import CheckedRecord, Record, encode_record

# Of several problems of one record the first of these is its finding; the others stand in its detail. A signature that
# doesn't count is the cause, and the one that is missing for it the consequence.
_RANK = (
    "unknown-kind", "version-regression", "duplicate", "closed", "malformed", "wrong-log", "unsigned", "unknown-key",
    "revoked-key", "foreign-signature", "bad-signature", "missing-signature", "key-reused", "bad-key", "bad-policy",
    "below-threshold", "subjects-mismatch", "bad-ref", "stale-draft", "stale-link", "expired", "wrong-base",
)  # fmt: skip
# What comes of it that records were taken out, put in or moved.
_OF_A_SHIFT = frozenset({"stale-draft", "bad-ref", "unknown-key", "revoked-key", "below-threshold", "stale-link"})
# So many records that are not what they were, in one stretch, mean that they were moved.
_SHIFT_SIGNS = 3


class _Stretch:
    """Records chained anew from *start* on. case: what began it, None while only bases speak against it."""

    def __init__(self, start: int, case: Case | None, *, shifted: bool = False) -> None:
        self.start = start
        self.case = case
        self.shifted = shifted
        self.rebased: bool | None = None  # whether bases were made to fit, which spoils the signatures
        self.follows: dict[str, int] = {}
        self.claimants: list[int] = []  # the first records whose signed bases disagree
        self.opened: list[Case] = []  # what may turn out to come of a shift
        self.last = start

    def follow(self, code: str) -> None:
        if self.case is not None:
            self.case.follow(code)
        else:
            self.follows[code] = self.follows.get(code, 0) + 1


class Rewriting:
    """
    Sees the slots one after the other and opens the cases of records that are not what was signed.

    signed: what bases say of the hash at an index. hash_at: of the records as they stand. stated_size: how many
    records the head says there are. rows: how many there are.
    """

    def __init__(
        self,
        cases: Cases,
        *,
        signed: Callable[[int], bytes | None],
        hash_at: Callable[[int], bytes | None],
        stated_size: int,
        rows: int,
    ) -> None:
        self._cases = cases
        self._signed = signed
        self._hash_at = hash_at
        self._stated_size = stated_size
        self._rows = rows
        self._confirmed = -1  # the last index that a signed base confirms
        self._placed = -1  # the last index whose record was signed on the one before it: it stands where it stood
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
        if self._stretch is not None and not slot.sound:
            # What its successors link to was made up without it: they can't be compared with what they were.
            self._stretch.shifted = True
        if judged is not None and checked is not None:
            self._see_base(slot.index, checked.record, judged)
            own = self._open(slot.index, checked.record, judged)
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
        elif own is None and slot.sound and checked is not None and self._is_changed_too(slot.index, checked.record):
            detail = "not what a later signature saw here, even as it was chained then"
            self._suspect_shift(self._cases.add("altered", slot.index, "", detail))

    def _see_base(self, index: int, record: Record, judged: Judged) -> None:
        problem, base_index = judged.based, record.base[0]
        if judged.mask:
            return  # a base that was changed after signing shows in the signature
        if problem is None:
            if base_index == index - 1:
                self._placed = index
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
        code = "missing" if missing else "reordered"
        start = index if stretch is not None else max(self._confirmed, self._placed) + 1
        what = "records were taken out" if missing else "records were put in another order"
        detail = (
            f"{what} since record {self._confirmed}: the one that stands at {index} was signed on record {base_index}"
        )
        case = self._cases.add(code, start, "", detail)
        if stretch is None:
            self._begin(start, case, shifted=True)
        else:
            stretch.shifted = True
        self.shifted = True

    def _open(self, index: int, record: Record, judged: Judged) -> Case | None:
        """Open the case of a record's own problems, if they don't follow from the stretch that it stands in."""
        stretch, problems = self._stretch, judged.own
        if index == 0 and stretch is not None:
            return None
        if judged.mask and judged.based is not None and judged.based.code == "wrong-log":
            problems = [judged.based, *problems]
        if stretch is not None and stretch.shifted:
            for problem in problems:
                if problem.code in _OF_A_SHIFT:
                    stretch.follow(problem.code)
            problems = [problem for problem in problems if problem.code not in _OF_A_SHIFT]
        if not problems:
            return None
        primary = primary_of(problems)
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
        if stretch is not None and primary.code == "stale-link":
            stretch.follow("stale-link")  # links are made up with the chain
            return None
        others = [f"{p.code} {p.subject}".rstrip() for p in problems if p is not primary]
        detail = "; also ".join([primary.detail or primary.code, *others])
        case = self._cases.add(primary.code, index, primary.subject, detail)
        if stretch is not None and primary.code in _OF_A_SHIFT:
            self._suspect_shift(case)
        return case

    def _suspect_shift(self, case: Case) -> None:
        """Several records of a stretch that are not what they were: then records were put in or taken out before them."""
        stretch = self._stretch
        if stretch is None:
            return
        stretch.opened.append(case)
        if len(stretch.opened) >= _SHIFT_SIGNS:
            stretch.shifted = self.shifted = True
            for opened in stretch.opened:
                self._cases.drop(opened)
                stretch.follow(opened.code)
            stretch.opened.clear()

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
        self._end(confirmed=True)

    def finish(self, *, confirmed: bool) -> None:
        """After the last slot. confirmed: whether the signed head is that of the records."""
        self._end(confirmed=confirmed)

    def _end(self, *, confirmed: bool) -> None:
        stretch, self._stretch = self._stretch, None
        if stretch is None or stretch.case is not None:
            return
        if confirmed and len(stretch.claimants) < 2:
            # Everybody else saw what stands here: it is the one record that was not signed on this log. If it comes
            # only later, it is found there.
            for claimant in stretch.claimants:
                self._cases.add("wrong-base", claimant, "", "the base is not a record of this log")
            return
        difference = self._stated_size - self._rows
        code = "missing" if difference > 0 else "altered"
        where = "" if stretch.last == stretch.start else f" between here and {stretch.last}"
        case = self._cases.add(code, stretch.start, "", f"not what later signatures saw{where}, and chained anew")
        for follow, count in stretch.follows.items():
            case.follow(follow, count)

    def _is_changed_too(self, index: int, record: Record) -> bool:
        """Whether a record in a stretch, with the old hashes put back, is still not what was signed."""
        stretch = self._stretch
        if stretch is None or stretch.shifted or self._stated_size != self._rows or index <= stretch.last:
            return False
        before = self._old_hash(stretch, index - 1)
        links = []
        for position, place, stated in record.links:
            if position and stretch.start <= place <= stretch.last > stretch.start:
                return False  # which record stood there is not known for sure
            old = stated if position == 0 or place < stretch.start else self._signed(place)
            if old is None:
                return False
            links.append((position, place, old))
        if before is None:
            return False
        old_record = encode_record(
            index=record.index,
            recorded_at_us=record.recorded_at_us,
            prev_hash=before,
            base=record.base,
            links=links,
            event=record.event,
            signatures=record.signatures,
        )
        return record_hash(old_record) != self._signed(index)

    def _old_hash(self, stretch: _Stretch, index: int) -> bytes | None:
        return self._hash_at(index) if index < stretch.start else self._signed(index)


def primary_of(problems: Sequence[Problem]) -> Problem:
    """The problem that a record's finding is named after."""
    return min(problems, key=lambda problem: _RANK.index(problem.code) if problem.code in _RANK else len(_RANK))
