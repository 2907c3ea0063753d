"""The exact judgement of records one after the other, with `admit`, over a log that may have holes. Pure over the evidence.

Below a damaged record nothing changes: the chain says what its hash was, and whatever only follows from the damage is
counted with it instead of being found again. A record whose own bytes are right is judged on what it was signed and
linked on, and that is what the records were before the damage.
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import NamedTuple

from chainlog import limits
from chainlog.authority.admit import admit
from chainlog.authority.problem import Problem
from chainlog.authority.state import Authority, is_registry
from chainlog.digest import ZERO
from chainlog.errors import SignatureError
from chainlog.event.subjects import key_subject
from chainlog.forensics.cases import Case, Cases
from chainlog.forensics.evidence import U64, Evidence, parse_index, parse_subject_row
from chainlog.forensics.placing import Slot
from chainlog.forensics.registration import apply_registry
from chainlog.forensics.scratch import Book, Column
from chainlog.forensics.seen import Seen
from chainlog.forensics.witnesses import Masks
from chainlog.record.record import CheckedRecord, Link, Record, SubjectHead, link_to

_OF_PLACING = frozenset({"altered", "reordered"})
_OF_BASES = frozenset({"wrong-base", "wrong-log"})
_OF_AUTHORITY = frozenset({"unknown-key", "revoked-key", "below-threshold"})
# How many keys may be unknown because one registry event can't be believed.
_KEYS_MAX = 1 + limits.ADMINISTRATORS_MAX + limits.RECOVERY_KEYS_MAX
_SUSPECTS_MAX = 10_000
_OTHERS_MAX = 10_000


class Judged(NamedTuple):
    """
    What `admit` says of a record, without what follows from damage elsewhere.

    own: problems of the record itself. based: the problem of its base, or None. mask: its signatures that don't verify.
    """

    own: list[Problem]
    based: Problem | None
    mask: int


class OtherHead(NamedTuple):
    """The head of a subject as it follows from a false link. since: the index of the record with that link."""

    head: SubjectHead
    since: int


class Replay:
    """
    The log below the next slot, and the judge of that slot. Implements `authority.view.View`.

    rewritten_from: the caller says from which index on the records were chained anew, None if they were not.
    """

    def __init__(
        self,
        evidence: Evidence,
        *,
        log_id: bytes,
        size: int,
        masks: Masks,
        cases: Cases,
        book: Book,
        scratch: Path | None,
    ) -> None:
        self.authority = Authority()
        self.hashes = Column(limits.HASH_BYTES, size, scratch and scratch / "hashes")
        self.damaged = Column(1, size, scratch and scratch / "damaged")
        self.rewritten_from: int | None = None
        self._last_damaged = -1
        self.size = 0
        self.last_hash = ZERO
        self._log_id = log_id
        self._masks = masks
        self._cases = cases
        self._book = book
        self._record = evidence.getter("records")
        self._stored_heads = evidence.getter("subjects")
        self._stored_ids = evidence.getter("ids")
        # With pages of it lost, the table of ids doesn't say that there is none.
        self._are_ids_lost = evidence.count("ids") < evidence.count("records")
        self._shifts: list[tuple[int, int]] = [(0, 0)]  # (first index, key minus index from there on)
        self._links: dict[str, Link] = {}
        # Where a link was false: the head as the log goes on from it, beside the true one in the book.
        self._other_heads: dict[str, OtherHead] = {}
        self._suspects: list[list[int]] = []  # [index, how many keys it may have brought]
        self._unknown: dict[bytes, int] = {}  # keys that are unknown because of damage, and where that is

    # --- the view that admit asks ---------------------------------------------------------------

    def record(self, index: int) -> bytes | None:
        if not 0 <= index < self.size or self.damaged.get(index) is not None:
            return None
        _, shift = self._shifts[bisect_right(self._shifts, (index, 1 << 64)) - 1]
        return self._record(U64.pack(index + shift))

    def subject(self, subject: str) -> SubjectHead | None:
        true = self._book.head(subject)
        stated = self._links.get(subject)
        if stated is None or stated == link_to(true):
            return true
        if not self._follows_other(subject, stated) and not self._is_explained(stated, true):
            return true
        return SubjectHead(*stated) if stated[0] else None

    def _follows_other(self, subject: str, stated: Link) -> bool:
        other = self._other_heads.get(subject)
        return other is not None and stated == link_to(other.head)

    def other_head(self, subject: str) -> OtherHead | None:
        """The head of a subject as it is if its false link is taken for true; None if no link of it was false."""
        return self._other_heads.get(subject)

    def index_of(self, event_id: bytes) -> int | None:
        return self._book.index_of(event_id)

    def _is_explained(self, stated: Link, true: SubjectHead | None) -> bool:
        """Whether a link that isn't true follows from damage to the record that it leads to."""
        position, index, record_hash = stated
        if index >= self.size:
            return False
        if self.damaged.get(index) is not None:
            known = self.hashes.get(index)
            return position > (0 if true is None else true.count) and known in (None, record_hash)
        # Chained anew, but linked as it was.
        start = self.rewritten_from
        return (
            start is not None and index >= start and true is not None and (position, index) == (true.count, true.index)
        )

    # --- judging --------------------------------------------------------------------------------

    def judge(self, seen: Seen, checked: CheckedRecord) -> Judged:
        """Judge the record of the next slot."""
        record = checked.record
        mask = self._masks.of(seen.stored, record)
        bad = {signature[3] for place, signature in enumerate(record.signatures) if mask >> place & 1}

        def verify(_key: bytes, _message: bytes, signature: bytes) -> None:
            if signature in bad:
                raise SignatureError

        self._links = dict(zip(checked.event.event.subjects, record.links, strict=True))
        known, self.last_hash = self.last_hash, self.last_hash or record.prev_hash
        problems = admit(checked, self.authority, self, log_id=self._log_id, verify=verify)
        self.last_hash = known
        based = next((problem for problem in problems if problem.code in _OF_BASES), None)
        if based is not None and self._is_base_damaged(record):
            based = None
        own = [
            problem
            for problem in problems
            if problem.code not in _OF_PLACING and problem.code not in _OF_BASES and not self._follows(problem, checked)
        ]
        return Judged(own, based, mask)

    def _is_base_damaged(self, record: Record) -> bool:
        index, stated = record.base
        # Above the size nothing is marked yet.
        return self.damaged.get(index) is not None and self.hashes.get(index) in (None, stated)

    def _follows(self, problem: Problem, checked: CheckedRecord) -> bool:
        """Whether a problem is there only because another record is damaged; it is counted with that one."""
        case: Case | None = None
        if problem.code == "bad-ref":
            event_id = bytes.fromhex(problem.subject)
            index = self._book.index_of(event_id)
            if index is None:
                index = parse_index(self._stored_ids(event_id))
            if index is None and self._are_ids_lost:
                # It may have been among those that are gone, or where a damaged one stands now.
                case = self._cases.last_gone() or self._case_of(self._last_damaged)
            elif index is not None and index < self.size:
                case = self._case_at(index)
        elif problem.code == "key-reused":
            # As the links lead: a damaged record that named the key stands in no book.
            head = self.subject(problem.subject)
            case = None if head is None else self._case_at(head.index)
        elif problem.code in _OF_AUTHORITY and self._suspects:
            suspect = self._missing_authority(problem, checked)
            case = None if suspect is None else self._case_of(suspect)
            if suspect is not None and case is None:
                return True  # what is wrong there shows only further on
        if case is not None:
            case.follow(problem.code)
        return case is not None

    def _missing_authority(self, problem: Problem, checked: CheckedRecord) -> int | None:
        """The index of the registry event for whose damage a key is unknown or a threshold not met."""
        if problem.code == "below-threshold":
            return self._suspects[0][0]
        for _, public_key, _, _ in checked.record.signatures:
            if self.authority.key(public_key) is not None:
                continue
            if public_key not in self._unknown:
                suspect = self._blame_for(public_key)
                if suspect is None:
                    return None
                self._unknown[public_key] = suspect
            return self._unknown[public_key]
        return None

    def _blame_for(self, public_key: bytes) -> int | None:
        head = parse_subject_row(self._stored_heads(key_subject(public_key).encode()))
        for suspect in self._suspects:
            if (head is not None and head.index == suspect[0]) or (head is None and suspect[1] > 0):
                suspect[1] -= 1
                return suspect[0]
        return self._suspects[0][0] if head is not None else None

    def _case_at(self, index: int) -> Case | None:
        """What is wrong with the record at *index*, or with those among which it is gone; None if nothing is."""
        return self._case_of(index) if self.damaged.get(index) is not None else self._cases.at(index)

    def _case_of(self, index: int) -> Case | None:
        return self._cases.at(index) or self._cases.before(index)

    # --- going on -------------------------------------------------------------------------------

    def take(self, slot: Slot, judged: Judged | None) -> None:
        """Go on to the slot after *slot*. judged: what `judge` said of it, None if its content was not judged."""
        index, seen = slot.index, slot.seen
        checked = None if seen is None else seen.checked
        if slot.record_hash is not None:
            self.hashes.put(index, slot.record_hash)
        if not slot.sound:
            self.damaged.put(index, b"\1")
            self._last_damaged = index
        if seen is not None and seen.stored - index != self._shifts[-1][1]:
            self._shifts.append((index, seen.stored - index))
        if checked is not None and self._is_believed(slot, seen, checked):
            self._take_content(checked, index, slot.record_hash or ZERO, judged)
        else:
            self._suspect(index)
        self.size, self.last_hash = index + 1, slot.record_hash or b""

    def _is_believed(self, slot: Slot, seen: Seen | None, checked: CheckedRecord) -> bool:
        """Whether the event in a row is what was signed, even if the record around it was changed."""
        if slot.sound:
            return True
        if seen is None or slot.record_hash is None or checked.record.index != slot.index:
            return False
        return self._masks.of(seen.stored, checked.record) == 0

    def _take_content(self, checked: CheckedRecord, index: int, record_hash: bytes, judged: Judged | None) -> None:
        event = checked.event.event
        self._links = dict(zip(event.subjects, checked.record.links, strict=True))
        for subject in event.subjects:
            stated, true = self._links[subject], self._book.head(subject)
            other = self._other_heads.pop(subject, None)
            count = 0 if true is None else true.count
            if stated != link_to(true):
                if self._is_explained(stated, true):
                    count = stated[0]
                elif len(self._other_heads) < _OTHERS_MAX:
                    since = other.since if other is not None and stated == link_to(other.head) else index
                    self._other_heads[subject] = OtherHead(SubjectHead(stated[0] + 1, index, record_hash), since)
            self._book.put_head(subject, SubjectHead(count + 1, index, record_hash))
        if self._book.index_of(event.id) is None:
            self._book.put_id(event.id, index)
        if is_registry(event) and checked.event.kind is not None:
            if not index:
                self._take_first(checked, judged)
            elif judged is None or not judged.own:
                apply_registry(self.authority, checked)
            else:
                self._suspect(index)

    def _take_first(self, checked: CheckedRecord, judged: Judged | None) -> None:
        """
        Fold record 0, if it is the one that the log is known by: it vouches for itself, and who puts another one in its
        place signs that with keys that it brings. Of one that may not stand the log key counts alone, for heads.
        """
        is_known = checked.record_hash == self._log_id and checked.event.event.kind == "log_opened"
        if is_known and judged is not None and not judged.own and judged.based is None:
            apply_registry(self.authority, checked)
            return
        if is_known:
            self.authority.apply_first_log_key(checked.event.body)
        self._suspect(0)

    def _suspect(self, index: int) -> None:
        """Note that the event at *index* may have brought keys that nobody knows now."""
        if len(self._suspects) < _SUSPECTS_MAX:
            self._suspects.append([index, _KEYS_MAX if index == 0 else 1])

    def close(self) -> None:
        """Let go of the memory."""
        self.hashes.close()
        self.damaged.close()
