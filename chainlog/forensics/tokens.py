"""Showing in flat memory that all links of a log are true: a keyed multiset sum. Pure.

Each event of a subject stands once as an event, and once as what is linked to: by the next event of that subject, or
by its head in `subjects`. With a token for each (subject, position, index, record hash), drawn from a keyed hash whose
key nobody knew when the log was written, both must have the same sum modulo 2**128. As positions go down by one and
indexes go down along the links, equal sums mean one unbroken chain a subject, from position 0 to its head.
Sums commute: ranges of records are summed apart and added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from chainlog.forensics.evidence import PAIR, Evidence, parse_subject_row
from chainlog.record.record import FIRST_LINK, Link

KEY_BYTES = 32
_MODULUS = 1 << 128


class LinkSum:
    """
    The tokens of one stretch of records: those of its events minus those that it links to.

    key: 32 random bytes, the same for all stretches of one run.
    """

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(digest_size=16, key=key)
        self._sum = 0
        # What a link must be to the newest event of a subject met here. Most links lead to an event just before.
        self._newest: dict[str, tuple[int, int, bytes]] = {}

    def add(self, subjects: Sequence[str], links: Sequence[Link], *, index: int, record_hash: bytes) -> str:
        """
        Take in one event with the *links* of its *subjects*.

        Returns: the first subject whose link can't be true as far as this stretch shows; empty if all can.
        Cost: about two microseconds for the first event of a subject here, a tenth of it for later ones.
        """
        newest = self._newest
        for subject, link in zip(subjects, links, strict=True):
            expected = newest.get(subject)
            if expected is None:
                if link[0]:
                    if link[1] >= index:
                        return subject
                    self._sum -= self._token(subject, link[0] - 1, link[1], link[2])
                elif link != FIRST_LINK:
                    return subject
            elif link != expected:
                return subject
            newest[subject] = (link[0] + 1, index, record_hash)
        return ""

    def total(self) -> int:
        """The sum, 0 to 2**128 - 1. Cost: a token for each subject that was named."""
        for subject, (count, index, record_hash) in self._newest.items():
            self._sum += self._token(subject, count - 1, index, record_hash)
        self._newest.clear()
        return self._sum % _MODULUS

    def _token(self, subject: str, position: int, index: int, record_hash: bytes) -> int:
        hashed = self._keyed.copy()
        hashed.update(PAIR.pack(position, index) + record_hash + subject.encode())
        return int.from_bytes(hashed.digest(), "big")


def heads_sum(evidence: Evidence, key: bytes, *, start: bytes, stop: bytes) -> int | None:
    """
    The tokens that the heads in `subjects` with start <= key < stop must leave over; None if a row is no head.

    *stop* empty means to the end. Cost: about 1.5 µs a subject.
    """
    total = 0
    keyed = blake2b(digest_size=16, key=key)
    for name, value in evidence.scan("subjects", start):
        if stop and name >= stop:
            break
        head = parse_subject_row(value)
        if head is None:
            return None
        hashed = keyed.copy()
        hashed.update(PAIR.pack(head.count - 1, head.index) + head.record_hash + name)
        total += int.from_bytes(hashed.digest(), "big")
    return total % _MODULUS
