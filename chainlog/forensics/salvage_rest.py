"""What of a damaged log doesn't enter the new one: records beyond the gap, what is lost, and whom it touches. Pure over tables.

A record is kept here if its form is right and all its signatures verify; how far its place is known is said of each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from chainlog.authority.keys import purpose_of
from chainlog.authority.state import Authority
from chainlog.authority.view import View
from chainlog.forensics.evidence import PAIR, U64
from chainlog.forensics.remains import HASHES_A_LINE, Lacking, Lost, Place, Remnant, Signing
from chainlog.forensics.salvage_claims import Claims, Known
from chainlog.forensics.salvage_gather import Found, found_row
from chainlog.record.record import CheckedRecord, check_record
from chainlog.store.port import Transaction

_RANGES_MAX: Final = 10_000
_ORDER: Final = "cdliuwpks"  # things before people


class Loss(msgspec.Struct, frozen=True):
    """
    What is lost. ranges: of indexes, no more than 10,000, ascending. count: how many records. subjects: those of which
    records are gone, as far as what is left tells.
    """

    ranges: list[tuple[int, int]]
    count: int
    subjects: list[Lacking]


class Rest:
    """The rest of the gathered records, over the *view* of what was saved."""

    def __init__(
        self, transaction: Transaction, view: View, *, claims: Claims, known: Known, authority: Authority,
        bound: int | None,
    ) -> None:  # fmt: skip
        self._transaction = transaction
        self._view = view
        self._claims = claims
        self._known = known
        self._authority = authority
        self._bound = bound
        self._saved = view.size

    def remnants(self) -> Iterator[Remnant]:
        """Every record that is kept beside the log, ascending by index. Cost: some 30 µs a record."""
        for key, value in self._transaction.table("found").scan():
            index, row = U64.unpack(key[:8])[0], found_row(value)
            if not row.is_signed or self._is_leftover(index, key[8:], row):
                continue
            checked = check_record(row.data)
            if self._view.index_of(checked.event.event.id) is None:
                yield Remnant(checked, self._place(index, checked.record_hash), self._signers(checked))

    def _is_leftover(self, index: int, record_hash: bytes, row: Found) -> bool:
        """Whether nothing leads to a record but its own bytes: it may be of a commit that never came to its end."""
        if row.is_stored or self._known.at(index) == record_hash:
            return False
        claims = self._claims.of(index)
        contradicted = bool(claims) and record_hash not in claims
        return self._bound is not None and (index >= self._bound or contradicted)

    def _place(self, index: int, record_hash: bytes) -> Place:
        proven = self._known.at(index)
        if proven is not None:
            return "proven" if proven == record_hash else "contradicted"
        return "stated" if record_hash in self._claims.of(index) else "alone"

    def _signers(self, checked: CheckedRecord) -> tuple[Signing, ...]:
        found = []
        for role, public_key, _, _ in checked.record.signatures:
            history = self._authority.key(public_key)
            fits = history is not None and history.purpose == purpose_of(role)
            found.append(Signing(role, public_key.hex(), history.holder if history is not None and fits else None))
        return tuple(found)

    def loss(self, known_size: int) -> Loss:
        """
        What is lost of the records up to *known_size*, or below the last one that is left.

        Records whose signers nobody knows, or beyond the last signed head, say nothing of how long the log was, unless
        their place is known.
        """
        standing: list[int] = []
        last = known_size
        subjects = _Subjects(self._view)
        for remnant in self.remnants():
            if remnant.index < self._saved or remnant.place == "contradicted":
                continue
            if remnant.place == "alone" and not self._is_believable(remnant):
                continue
            if not standing or standing[-1] != remnant.index:
                standing.append(remnant.index)
            last = max(last, remnant.index + 1)
            subjects.see(remnant)
        ranges: list[tuple[int, int]] = []
        count, after = 0, self._saved
        for index in [*standing, last]:
            if index > after:
                count += index - after
                if len(ranges) < _RANGES_MAX:
                    ranges.append((after, index))
            after = index + 1
        there = frozenset(standing)
        return Loss(ranges, count, subjects.lacking(self._transaction, there, self._saved, last, self._known))

    def _is_believable(self, remnant: Remnant) -> bool:
        """Whether a record of which nothing else speaks may have stood where it says."""
        known = all(signer.person is not None for signer in remnant.signers)
        return known and (self._bound is None or remnant.index < self._bound)

    def lost_lines(self, loss: Loss) -> Iterator[Lost]:
        """The ranges, with the hashes where a signed head proves them; no more than 256 of them in one."""
        for start, stop in loss.ranges:
            if stop > self._known.size:
                yield Lost(start, stop)
                continue
            for at in range(start, stop, HASHES_A_LINE):
                end = min(stop, at + HASHES_A_LINE)
                yield Lost(at, end, tuple(self._known.at(index) or b"" for index in range(at, end)))


class _Subjects:
    """Counts the records of subjects by the links of those that are left."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._seen: dict[str, int] = {}
        self._missing: dict[str, int] = {}
        self._records: dict[str, set[int]] = {}

    def see(self, remnant: Remnant) -> None:
        """Take in a record, ascending by index."""
        links = remnant.checked.record.links
        for subject, (position, before, _) in zip(remnant.checked.event.event.subjects, links, strict=True):
            self._count(subject, position, before)
            self._seen[subject] = position + 1
            self._records.setdefault(subject, set()).add(remnant.index)

    def _count(self, subject: str, position: int, before: int) -> None:
        """*position* records stand before, the last of them at *before*."""
        head = self._view.subject(subject)
        seen = self._seen.get(subject, 0 if head is None else head.count)
        if position > seen:
            self._missing[subject] = self._missing.get(subject, 0) + position - seen
            self._records.setdefault(subject, set()).add(-1 - before)  # told apart from those that are there

    def lacking(
        self, transaction: Transaction, standing: frozenset[int], saved: int, last: int, known: Known
    ) -> list[Lacking]:
        """The subjects that lack records; what the table of subjects says of their last ones is believed if it can be."""
        for name, value in transaction.table("subjects").scan():
            (count, index), record_hash = PAIR.unpack_from(value), value[PAIR.size :]
            believable = known.at(index) in (None, record_hash) and saved <= index < last
            if believable and index not in standing:
                self._count(name.decode("utf-8", "replace"), count, index)
        found = []
        for subject, missing in self._missing.items():
            indexes = sorted(-1 - mark for mark in self._records[subject] if mark < 0)
            lost = tuple(index for index in indexes if index >= saved and index not in standing)
            found.append(Lacking(subject, missing, lost))
        return sorted(found, key=lambda one: (_ORDER.find(one.subject[:1]), one.subject))
