"""The way from record to record through what was gathered: the proven hashes, and where none are, the chain. Pure over tables.

A record is the right one where its hash is proven. Where no signed head can be reached, the chain is followed from record 0
on, and admission judges each record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.digest import ZERO
from chainlog.forensics.evidence import U64
from chainlog.forensics.salvage_claims import Claims, Known
from chainlog.forensics.salvage_gather import Found, found_key, found_row
from chainlog.record.record import unverified_record
from chainlog.store.port import Transaction

_REACH_MAX: Final = 100_000


class Way:
    """
    The way from record 0 on.

    banned: keys of records that admission refused. bound: what nothing in the tables leads to is believed below it only;
    None: everywhere. branched: whether there was a choice on the way.
    """

    def __init__(
        self, transaction: Transaction, *, log_id: bytes, claims: Claims, known: Known, bound: int | None
    ) -> None:
        self._found = transaction.table("found")
        self._log_id = log_id
        self._claims = claims
        self._known = known
        self._bound = bound
        self.banned: set[bytes] = set()
        self.branched = False

    def walk(self) -> Iterator[tuple[bytes, Found]]:
        """(record hash, record) of index 0, 1, … for as far as one leads to the next."""
        self.branched = False
        index, before = 0, ZERO
        while True:
            options = self._options(index, before)
            if not options:
                return
            if len(options) > 1:
                self.branched = True
                options.sort(key=lambda option: self._worth(index, option), reverse=True)
            yield options[0]
            before, index = options[0][0], index + 1

    def ban(self, index: int, record_hash: bytes) -> None:
        """Leave a record out from now on."""
        self.banned.add(found_key(index, record_hash))

    def _options(self, index: int, before: bytes) -> list[tuple[bytes, Found]]:
        proven = self._known.at(index)
        options = []
        for key, value in self._found.scan(U64.pack(index), U64.pack(index + 1)):
            row, record_hash = found_row(value), key[8:]
            if not row.is_signed or key in self.banned or (proven is not None and proven != record_hash):
                continue
            if index == 0 and record_hash != self._log_id:
                continue
            if not row.is_stored and self._bound is not None and index >= self._bound:
                continue
            if unverified_record(row.data).prev_hash == before:
                options.append((record_hash, row))
        return options

    def _worth(self, index: int, option: tuple[bytes, Found]) -> tuple[int, int, bool, int]:
        record_hash, row = option
        claims = self._claims.of(index)
        # Where copies tell two stories, what the first of them says stands first.
        claimed = len(claims) - claims.index(record_hash) if record_hash in claims else 0
        return claimed, self._reach(index, record_hash), row.is_stored, -row.source

    def _reach(self, index: int, record_hash: bytes) -> int:
        """How many records follow one another from here, by the longest way; a bound is set to the search."""
        longest, waiting, steps = 0, [(index, record_hash)], 0
        while waiting and steps < _REACH_MAX:
            at, before = waiting.pop()
            longest, steps = max(longest, at - index), steps + 1
            waiting += [(at + 1, following) for following, _ in self._options(at + 1, before)]
        return longest
