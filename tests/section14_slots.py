"""Steps 3 to 9 of FORMAT.md section 14: which record stands at which index, and which of them are evidence. Slow, obvious."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from chainlog import digest
from chainlog.canon import codec
from chainlog.errors import ChainlogError, FormatError
from chainlog.log.head import decode_head
from chainlog.record.record import CheckedRecord, check_record, unverified_record
from chainlog.tree.checkpoint import parse_checkpoint
from chainlog.tree.merkle import root_of
from chainlog.tree.note import parse_note

CODE_OF = {
    "not-folded": "not-folded",
    "subjects-mismatch": "subjects-mismatch",
    "unknown-version": "version-regression",
}

Finding = tuple[str, int | None]
Rows = Mapping[str, tuple[int, int, bytes]]
"""Subject to count, index of the last event, its record hash."""


class Stated:
    """What the stored head says, whoever signed it; zeros and nothing where it can't be read."""

    def __init__(self, head: bytes) -> None:
        self.size, self.last_hash, self.root, self.signed_size = 0, b"", b"", 0
        try:
            found = decode_head(head)
            self.size, self.last_hash = found.size, found.last_hash
            stated = parse_checkpoint(parse_note(found.checkpoint).text)
            self.root, self.signed_size = stated.root, stated.size
        except ChainlogError:
            return


class Slots:
    """
    The records in their places.

    at: index to bytes, None where there is none. dark: indexes of bytes that are no evidence. found: findings so far.
    maybe: records that are dark unless they pass the later steps. unreadable: a later version stood after these.
    """

    def __init__(self, slots: Sequence[bytes | None], stated: Stated, rows: Rows) -> None:
        self.at: dict[int, bytes | None] = dict(enumerate(slots))
        while self.at and self.at[max(self.at)] is None:
            del self.at[max(self.at)]
        self.found: set[Finding] = set()
        self.dark: set[int] = set()
        self.maybe: set[int] = set()
        self.unreadable = False
        self._stated, self._rows = stated, rows
        self._displaced: set[int] = set()
        self._undecodable: dict[int, str] = {}
        beside = self._beside()
        good = self._decode()
        self._name(beside, good)
        self._order(good)
        self.size = max(self.at, default=-1) + 1
        self._chain()

    def known(self, index: int) -> bytes | None:
        """The known hash of the record at *index*."""
        data, after = self.at.get(index), self.at.get(index + 1)
        if data is not None and index not in self.dark:
            return digest.record_hash(data)
        if after is not None and index + 1 not in self.dark:
            return stated_prev(after)
        return self._stated.last_hash or None if index == self.size - 1 else None

    def root(self, size: int) -> bytes | None:
        """Root of the tree over the known hashes of the first *size* records."""
        hashes = [self.known(index) for index in range(size)]
        return None if None in hashes else root_of(hashes)

    def evidence(self) -> dict[int, CheckedRecord]:
        return {i: check_record(data) for i, data in sorted(self.at.items()) if data is not None and i not in self.dark}

    # --- step 3 -------------------------------------------------------------------------------------

    def _beside(self) -> dict[int, bytes]:
        """The rows above a head that the records below bear out, taken out of their slots."""
        end = self._stated.signed_size
        below = [self.at.get(slot) for slot in range(min(end, len(self.at) + 1))]
        if (
            not end
            or None in below
            or root_of([digest.record_hash(data) for data in below if data]) != self._stated.root
        ):
            return {}
        while self._goes_on(end):
            end += 1
        beside = {slot: data for slot, data in self.at.items() if slot >= end and data is not None}
        self.at = {slot: data for slot, data in self.at.items() if slot < end}
        return beside

    def _goes_on(self, slot: int) -> bool:
        data, before = self.at.get(slot), self.at.get(slot - 1)
        try:
            record = check_record(data or b"").record
        except FormatError:
            return False
        return (record.index, record.prev_hash) == (slot, digest.record_hash(before or b""))

    def _name(self, beside: dict[int, bytes], good: dict[int, CheckedRecord]) -> None:
        ids = {checked.event.event.id for checked in good.values()}
        for slot, data in beside.items():
            try:
                code = "duplicate" if check_record(data).event.event.id in ids else "foreign-data"
            except FormatError as error:
                code = CODE_OF.get(error.code, "malformed")
            self.found.add(("malformed" if code == "version-regression" else code, slot))

    # --- step 4 -------------------------------------------------------------------------------------

    def _decode(self) -> dict[int, CheckedRecord]:
        good = {}
        for slot, data in sorted(self.at.items()):
            if data is None:
                continue
            try:
                good[slot] = check_record(data)
            except FormatError as error:
                after = self.at.get(slot + 1)
                contradicted = after is not None and stated_prev(after) not in (None, digest.record_hash(data))
                code = "malformed" if contradicted else CODE_OF.get(error.code, "malformed")
                self.found.add((code, slot))
                if code == "version-regression":
                    self.unreadable = True
                    for later in [s for s in self.at if s >= slot]:
                        del self.at[later]
                    break
                self._undecodable[slot] = code
                self.dark.add(slot)
        return good

    # --- steps 5 and 6 ------------------------------------------------------------------------------

    def _order(self, good: dict[int, CheckedRecord]) -> None:
        last = max(self.at, default=-1)
        for slot in range(last + 1):
            if self.at[slot] is None and (slot == 0 or self.at[slot - 1] is not None):
                self.found.add(("missing", slot))
        odd = {slot: checked.record.index for slot, checked in good.items() if checked.record.index != slot}
        taken = self._exchanged(good, odd)
        for slot in list(odd):
            if list(self.at.values()).count(good[slot].encoded) > 1:
                self._lost("duplicate", slot)
                del odd[slot]
        run = [slot for slot in runs(odd) if slot[-1] == last]
        tail = run[0] if run else []
        while tail and odd[tail[0]] - tail[0] != odd[last] - last:
            tail = tail[1:]
        if len(tail) == 1 and self._stated.signed_size == last + 1:
            tail = []
        for slot in [slot for slot in odd if slot not in tail]:
            self._lost("altered", slot)
        self.at |= taken
        if tail:
            self._move(tail, odd[last] - last, good)

    def _move(self, tail: list[int], shift: int, good: dict[int, CheckedRecord]) -> None:
        """Take the records of *tail* at the indexes that they state, or those that stand there and are meant."""
        moved, dropped = {slot: self.at.pop(slot) for slot in tail}, []
        for slot in reversed(tail):
            index = slot + shift
            here, after = self.at.get(index), self.at.get(index + 1)
            wanted = stated_prev(after) if after else self._stated.last_hash if self._stated.size == index + 1 else None
            states_it = index in good and good[index].record.index == index
            if here is not None and states_it and digest.record_hash(here) == wanted:
                dropped.append(slot)
                continue
            if here is not None:
                dropped.append(index)
                self._give_up(index)
            self.at[index] = moved[slot]
        if shift > 0:
            self.found.add(("missing", tail[0]))
        elif dropped and not {at for _, at in self.found} & {min(dropped)}:
            own = good[min(dropped)].event.event.id
            same = [slot for slot, checked in good.items() if checked.event.event.id == own]
            self.found.add(("foreign-data" if same == [min(dropped)] else "duplicate", min(dropped)))

    def _give_up(self, slot: int) -> None:
        """What was said of the record in this slot stands where it isn't one that was put in; the slot is another's now."""
        self.found.discard(("altered", slot))
        self.dark.discard(slot)
        self._displaced.discard(slot)
        self._undecodable.pop(slot, None)

    def _exchanged(self, good: dict[int, CheckedRecord], odd: dict[int, int]) -> dict[int, bytes | None]:
        taken: dict[int, bytes | None] = {}
        stated = [checked.record.index for checked in good.values()]
        for start in sorted(odd):
            cycle, slot = [start], odd.get(start, start)
            while slot != start and slot in odd and slot not in cycle:
                cycle.append(slot)
                slot = odd[slot]
            if start in odd and slot == start and len(cycle) > 1 and all(stated.count(index) == 1 for index in cycle):
                placed = {odd[member]: good[member].encoded for member in cycle}
                if all(self._follows(index, placed) for index in placed):
                    self.found.add(("reordered", min(cycle)))
                    taken |= placed
                    for member in cycle:
                        del odd[member]
        return taken

    def _follows(self, index: int, placed: Mapping[int, bytes]) -> bool:
        before = placed.get(index - 1) or self.at.get(index - 1)
        return stated_prev(placed[index]) == (
            digest.record_hash(before) if before else digest.ZERO if not index else None
        )

    def _lost(self, code: str, slot: int) -> None:
        self.found.add((code, slot))
        self.dark.add(slot)
        self._displaced.add(slot)

    # --- step 8 -------------------------------------------------------------------------------------

    def _chain(self) -> None:
        for run in runs(self._breaks()):
            if len(run) > 1 and run[0] not in self._undecodable:
                self.maybe.add(run.pop(0))
            for index in run:
                self.dark.add(index)
                if index not in self._undecodable:
                    self.found.add(("altered", index))

    def _breaks(self) -> Iterator[int]:
        for index in range(self.size - 1):
            here, after = self.at.get(index), self.at.get(index + 1)
            if here is None or after is None or {index, index + 1} & self._displaced:
                continue
            if stated_prev(after) not in (None, digest.record_hash(here)):
                yield index
        if self.size - 1 not in self._displaced and self._last_breaks():
            yield self.size - 1

    def _last_breaks(self) -> bool:
        last = self.at.get(self.size - 1)
        if last is None or self._stated.size != self.size or self._stated.last_hash == digest.record_hash(last):
            return False
        pointing = {row_hash for _, index, row_hash in self._rows.values() if index == self.size - 1}
        hashes = [digest.record_hash(data) for _, data in sorted(self.at.items()) if data is not None]
        return pointing == {self._stated.last_hash} and root_of(hashes) != self._stated.root


def stated_prev(data: bytes) -> bytes | None:
    """What the bytes of a record state of the one before; None if they are none."""
    try:
        return unverified_record(data).prev_hash
    except codec.BAD_BYTES:
        return None


def runs(slots: Iterable[int]) -> Iterator[list[int]]:
    """Maximal runs of consecutive numbers."""
    run: list[int] = []
    for slot in sorted(slots):
        if run and slot != run[-1] + 1:
            yield run
            run = []
        run.append(slot)
    if run:
        yield run
