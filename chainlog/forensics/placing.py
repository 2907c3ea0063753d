"""Which row stands for which index of the log, where rows were changed, lost, moved or put in. Pure.

The chain itself tells: each record names its index and the hash of the record before. Where it breaks, the rows ahead,
the signed bases and the tiles say which side of the break is to blame, so that one change is one finding. What was
chained anew after a change looks whole here; that is for `forensics.rewriting`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from chainlog.digest import ZERO, record_hash
from chainlog.forensics.cases import Cases
from chainlog.forensics.seen import Rows, Seen
from chainlog.record.record import encode_record


class Slot(msgspec.Struct, frozen=True):
    """
    One index of the log.

    seen: the row that stands for it, None if there is none. sound: whether its bytes are those that the chain goes on
    from, so that its content can be judged. record_hash: of the record that belongs here, as far as anybody says.
    """

    index: int
    seen: Seen | None
    sound: bool
    record_hash: bytes | None


class Said(Protocol):
    """What is said of the hash of a record by others than its neighbours."""

    def signed(self, index: int, /) -> bytes | None: ...

    def tiled(self, index: int, /) -> bytes | None: ...


class Placing:
    """Iterate over it once: the slots in order. What is wrong with the order itself goes to *cases*."""

    def __init__(
        self,
        rows: Rows,
        said: Said,
        cases: Cases,
        *,
        size: int,
        last_word: Callable[[int, Seen], bytes | None],
        is_rewritten: Callable[[], bool],
    ) -> None:
        self._rows = rows
        self._said = said
        self._cases = cases
        self._last_word = last_word  # what the tables say of the hash of the last record
        self._size = size  # no record has an index above it
        self.is_unread = False  # whether a record of a version was met that this release doesn't know: it ends there
        self._is_rewritten = is_rewritten  # whether the chain was made anew before the next index
        self._next = 0  # the index that the next slot has
        self._before: bytes | None = ZERO  # hash of the record before it, None if nobody knows
        self._key = -1  # of the row looked at last
        self.extra: list[tuple[int, Seen]] = []  # rows that stand for no index, each with the index it stands before

    def __iter__(self) -> Iterator[Slot]:
        while not self.is_unread and (row := self._rows.take()) is not None:
            yield from self._place(row)
            self._key = row.key

    def _place(self, row: Seen) -> Iterator[Slot]:
        following = self._rows.ahead(0)
        if row.checked is None:
            yield from self._place_unreadable(row, following)
        elif row.index == self._next:
            if row.key > self._key + 1:
                # No record is gone, but nobody finds this one, or those after it, under their indexes.
                self._cases.add(
                    "missing", self._key + 1, "", f"no row is there; record {row.index} is stored at {row.key}"
                )
            yield from self._place_fitting(row, following)
        elif row.index is not None and row.index > self._next:
            yield from self._place_later(row, following)
        else:
            yield from self._place_earlier(row, following)

    # --- the four ways a row can stand ----------------------------------------------------------

    def _place_unreadable(self, row: Seen, following: Seen | None) -> Iterator[Slot]:
        index = min(self._next + max(0, row.key - self._key - 1), self._size)
        if following is not None and following.index is not None and following.key == row.key + 1:
            if following.index == self._next and following.prev == self._before:
                # The chain goes on without it: somebody put it in, and no version that it states counts.
                code = "malformed" if row.code == "version-regression" else row.code
                self._cases.add(code, self._next, "", f"a row beside the log: {row.detail}")
                return
            if self._next < following.index <= self._size:
                index = following.index - 1
        if index > self._next:
            yield from self._missing(index, None)
        claimed = self._claimed_by(following) if following is not None else self._last_word(index, row)
        # Its version counts unless what stands in the very next slot, or the tables after the last one, speak of other bytes.
        said = claimed if following is None else following.prev if following.key == row.key + 1 else None
        if row.code == "version-regression" and said in (None, row.record_hash):
            self._cases.add(row.code, index, "", f"unreadable from here on: {row.detail}")
            self.is_unread = True
        elif claimed == row.record_hash:
            # Chained as it is: whoever wrote it, wrote what follows too.
            self._cases.add(row.code, index, "", row.detail)
            yield self._slot(row, sound=False, record_hash=row.record_hash)
        else:
            self._cases.add("malformed", index, "", row.detail)
            yield self._slot(row, sound=False, record_hash=self._best(claimed))

    def _place_fitting(self, row: Seen, following: Seen | None) -> Iterator[Slot]:
        if following is not None and following.index == self._next and self._is_extra(row, following):
            self.extra.append((self._next, row))
            return
        claimed = self._claimed_by(following) if following is not None else self._last_word(self._next, row)
        if self._is_claimed_behind(row, following):
            claimed = row.record_hash
        if self._before is None or row.prev == self._before:
            if claimed in (None, row.record_hash) or self._is_confirmed(row) or self._is_next_changed(row, following):
                yield self._slot(row, sound=True, record_hash=row.record_hash)
            else:
                yield self._altered(row, claimed)
        elif claimed == row.record_hash:
            # What follows was chained to it as it is, and it to something else than what stands before it.
            self._cases.add("altered", self._next, "", "its previous hash is not that of the record before")
            yield self._slot(row, sound=True, record_hash=row.record_hash)
        else:
            yield self._altered(row, claimed)

    def _place_later(self, row: Seen, following: Seen | None) -> Iterator[Slot]:
        index = row.index or 0
        following_index = None if following is None else following.index
        if following_index == self._next:
            after = self._rows.ahead(1)
            fits = following is not None and following.prev == self._before
            if fits or (after is not None and after.index == self._next + 1):
                self.extra.append((self._next, row))
                return
            yield self._stranger(row, following)
        elif following_index == self._next + 1 or index >= self._size:
            yield self._stranger(row, following)
        elif following_index is None or following_index > index or row.key >= index:
            yield from self._missing(index, row.prev)
            yield from self._place_fitting(row, following)
        else:
            self.extra.append((self._next, row))

    def _place_earlier(self, row: Seen, following: Seen | None) -> Iterator[Slot]:
        in_place = following is None and row.key == self._next < self._size
        if in_place or (following is not None and following.index == self._next + 1):
            yield self._stranger(row, following)
        else:
            self.extra.append((self._next, row))

    # --- slots ----------------------------------------------------------------------------------

    def _slot(self, seen: Seen | None, *, sound: bool, record_hash: bytes | None) -> Slot:
        slot = Slot(self._next, seen, sound, record_hash)
        self._next, self._before = self._next + 1, record_hash
        return slot

    def _altered(self, row: Seen, claimed: bytes | None) -> Slot:
        self._cases.add("altered", self._next, "", "its bytes are not those that the chain goes on from")
        return self._slot(row, sound=False, record_hash=self._best(claimed))

    def _stranger(self, row: Seen, following: Seen | None) -> Slot:
        """A slot in which a record stands that calls itself another."""
        called = row.index or 0
        code = "duplicate" if self._rows.at(called) == row.data and called != row.stored else "altered"
        self._cases.add(code, self._next, "", f"the record that stands here calls itself {called}")
        return self._slot(row, sound=False, record_hash=self._best(self._claimed_by(following)))

    def _missing(self, stop: int, before: bytes | None) -> Iterator[Slot]:
        """Slots up to *stop* for which there is no row; *before* is what the record at *stop* is chained to."""
        self._cases.missing(self._next, stop)
        while self._next < stop:
            claimed = before if self._next == stop - 1 else None
            yield self._slot(None, sound=False, record_hash=self._best(claimed))

    # --- who is to be believed ------------------------------------------------------------------

    def _claimed_by(self, following: Seen | None) -> bytes | None:
        """What the row ahead says of the record at the next index."""
        return following.prev if following is not None and following.index == self._next + 1 else None

    def _is_claimed_behind(self, row: Seen, following: Seen | None) -> bool:
        """Whether of two rows ahead that both call themselves the next one the second goes on from *row*: one is too many."""
        after = self._rows.ahead(1)
        return (
            after is not None
            and following is not None
            and following.index == after.index == self._next + 1
            and after.prev == row.record_hash
        )

    def _signed(self) -> bytes | None:
        """What signatures say of the next index; where the chain was made anew, they speak of another one."""
        return None if self._is_rewritten() else self._said.signed(self._next)

    def _best(self, claimed: bytes | None) -> bytes | None:
        return self._signed() or claimed or self._said.tiled(self._next)

    def _is_confirmed(self, row: Seen) -> bool:
        """Whether others than the next row say that *row* is what belongs at the next index."""
        return row.record_hash == (self._signed() or self._said.tiled(self._next))

    def _is_next_changed(self, row: Seen, following: Seen | None) -> bool:
        """Whether the row ahead is what the chain goes on from once *row* is put back as the record before it."""
        if following is None or following.checked is None:
            return False
        after, record = self._rows.ahead(1), following.checked.record
        if after is None:
            said = self._last_word(self._next + 1, following)
        else:
            said = after.prev if after.index == self._next + 2 else None
        restored = encode_record(
            index=record.index,
            recorded_at_us=record.recorded_at_us,
            prev_hash=row.record_hash,
            base=record.base,
            links=record.links,
            event=record.event,
            signatures=record.signatures,
        )
        return said == record_hash(restored)

    def _is_extra(self, row: Seen, following: Seen) -> bool:
        """Of two rows that both call themselves the next index: whether the first is the one too many."""
        if row.record_hash == following.record_hash:
            return False
        after = self._rows.ahead(1)
        claimed = after.prev if after is not None and after.index == self._next + 1 else None
        if after is None:
            claimed = self._last_word(self._next, following)
        for said in (self._signed(), self._said.tiled(self._next), claimed):
            if said in (row.record_hash, following.record_hash):
                return said == following.record_hash
        # Nobody says: the one behind which the rows go on; at their end nothing was pushed away, and the first is kept.
        return after is not None
