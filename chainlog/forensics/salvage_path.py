"""Which of the gathered records are the log: those that its signed head proves, else those that the chain leads to. Pure over tables.

Every record states the hash of the one before, so that the hashes are mostly known where records are lost; so do the tiles.
If they lead to the root of a head that the log key signed, each of them is proven, and a record is the right one if its hash
is. Where no head can be reached so, the chain is followed from record 0 on, and admission judges each record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple

from chainlog import limits
from chainlog.digest import ZERO
from chainlog.errors import ChainlogError
from chainlog.forensics.evidence import U64
from chainlog.forensics.salvage_gather import Found, found_key, found_row
from chainlog.record import keys
from chainlog.record.record import unverified_record
from chainlog.store.port import Transaction
from chainlog.tree.checkpoint import verify_checkpoint
from chainlog.tree.merkle import root_of
from chainlog.tree.note import parse_note

_HASH: Final = limits.HASH_BYTES
_HEADS_TRIED: Final = 16
_REACH_MAX: Final = 100_000
_TIPS_MAX: Final = 16


class SignedHead(NamedTuple):
    """
    A checkpoint that *log_key* signed.

    accuses: whether it shows that there were so many records. A head that merely lies somewhere in a sound file may be of
    a commit that never came to its end.
    """

    size: int
    root: bytes
    note: bytes
    log_key: bytes
    accuses: bool


class Known(NamedTuple):
    """Record hashes that a signed head proves: those of records 0 … size-1, one after the other."""

    size: int
    hashes: bytes

    def at(self, index: int) -> bytes | None:
        """The proven hash of a record; None beyond."""
        return self.hashes[index * _HASH : (index + 1) * _HASH] if 0 <= index < self.size else None


NOTHING_KNOWN: Final = Known(0, b"")


def read_heads(
    transaction: Transaction, *, origin: str, log_keys: Sequence[bytes], outside: Sequence[bytes]
) -> list[SignedHead]:
    """
    The gathered heads that one of the log's keys signed, the largest first, and the same of those from *outside*.

    Cost: a signature check for each and key.
    """
    found: dict[bytes, SignedHead] = {}
    stored = ((note, not key[0]) for key, note in transaction.table("heads").scan())
    for note, accuses in chain(((note, True) for note in outside), stored):
        standing = found.get(note)
        if standing is None or accuses > standing.accuses:
            head = _read_head(note, origin, log_keys, accuses=accuses)
            if head is not None:
                found[note] = head
    heads = found.values()
    return sorted(heads, key=lambda head: (-head.size, not head.accuses, head.root))


def _read_head(note: bytes, origin: str, log_keys: Sequence[bytes], *, accuses: bool) -> SignedHead | None:
    for key in log_keys:
        try:
            checkpoint = verify_checkpoint(parse_note(note), origin=origin, public_key=key, verify=keys.verify)
        except ChainlogError:
            continue
        return SignedHead(checkpoint.size, checkpoint.root, note, key, accuses) if checkpoint.size else None
    return None


def keys_of_log(first: bytes, changes: Sequence[tuple[bytes, bytes, bool]]) -> list[bytes]:
    """The first log key, and those that followed it by a change which the key before signed."""
    known = [first]
    for _ in changes:
        known += [new for old, new, by_old in changes if by_old and old in known and new not in known]
    return known


class Claims:
    """What records (by chain, base and links) and tiles say of the hashes of records, each index by itself. Nothing is proven."""

    def __init__(self, transaction: Transaction) -> None:
        self._found = transaction.table("found")
        found = sum(1 for _ in transaction.table("found").scan())
        # A log of more records can't be proven by so many rows, whatever indexes they state.
        self.count = 2 * found + sum(1 for _ in transaction.table("leaves").scan()) + 1
        self._before = bytearray(self.count * _HASH)
        self._own = bytearray(self.count * _HASH)
        self._tiled = bytearray(self.count * _HASH)
        self._linked = bytearray(self.count * _HASH)
        for key, leaf in transaction.table("leaves").scan():
            self._put(self._tiled, U64.unpack(key)[0], leaf)
        # What the tables lead to has the last word.
        for stored in (False, True):
            for key, value in transaction.table("found").scan():
                row = found_row(value)
                if row.is_signed and row.is_stored == stored:
                    index = U64.unpack(key[:8])[0]
                    self._put(self._own, index, key[8:])
                    record = unverified_record(row.data)
                    self._put(self._before, index - 1, record.prev_hash)
                    for at, stated in (record.base, *(link[1:] for link in record.links)):
                        if stated != ZERO:
                            self._put(self._linked, at, stated)

    def _put(self, column: bytearray, index: int, record_hash: bytes) -> None:
        if 0 <= index < self.count:
            column[index * _HASH : (index + 1) * _HASH] = record_hash

    def of(self, index: int) -> tuple[bytes, ...]:
        """What is said of the hash of a record, by other records and by the tiles; each once."""
        if not 0 <= index < self.count:
            return ()
        columns = (self._before, self._tiled, self._linked)
        cells = (bytes(column[index * _HASH : (index + 1) * _HASH]) for column in columns)
        return tuple(dict.fromkeys(cell for cell in cells if cell != ZERO))

    def prove(self, heads: Sequence[SignedHead]) -> Known:
        """The hashes that lead to the largest head to which any do. Cost: a hash a record for each of 16 heads at most."""
        tried = 0
        for head in heads:
            if head.size > self.count or tried >= _HEADS_TRIED:
                continue
            tried += 1
            for hashes in self._guesses(head.size):
                if root_of(_cells(hashes)) == head.root:
                    return Known(head.size, hashes)
        return NOTHING_KNOWN

    def _guesses(self, size: int) -> Iterator[bytes]:
        """What the hashes of the first *size* records may be."""
        before, tiled, linked, own = self._before, self._tiled, self._linked, self._own
        for columns in ((before, tiled, linked, own), (tiled, before, linked, own), (own, linked, before, tiled)):
            hashes = self._merged(columns, size)
            if hashes is not None:
                yield hashes
        # Where copies tell two stories, each of them is followed back by itself.
        tips = [key[8:] for key, _ in islice(self._found.scan(U64.pack(size - 1), U64.pack(size)), _TIPS_MAX)]
        for tip in dict.fromkeys((*self.of(size - 1), *tips)):
            hashes = self._followed(tip, size)
            if hashes is not None:
                yield hashes

    def _followed(self, tip: bytes, size: int) -> bytes | None:
        """The hashes by the chain back from the last one, over gaps by what else is said; None where nothing is."""
        hashes = bytearray(size * _HASH)
        at: bytes = tip
        for index in range(size - 1, -1, -1):
            hashes[index * _HASH : (index + 1) * _HASH] = at
            if not index:
                break
            row = self._found.get(found_key(index, at))
            if row is not None:
                at = unverified_record(found_row(row).data).prev_hash
                continue
            place = slice((index - 1) * _HASH, index * _HASH)
            columns = (self._tiled, self._before, self._linked, self._own)
            at = next((bytes(column[place]) for column in columns if column[place] != ZERO), ZERO)
            if at == ZERO:
                return None
        return bytes(hashes)

    @staticmethod
    def _merged(columns: Sequence[bytearray], size: int) -> bytes | None:
        """The first cell that is set of each index; None where one has none."""
        merged = bytearray(columns[0][: size * _HASH])
        for place in range(0, size * _HASH, _HASH):
            if merged[place : place + _HASH] == ZERO:
                cells = (column[place : place + _HASH] for column in columns[1:])
                merged[place : place + _HASH] = next((cell for cell in cells if cell != ZERO), ZERO)
                if merged[place : place + _HASH] == ZERO:
                    return None
        return bytes(merged)


def _cells(hashes: bytes) -> Iterator[bytes]:
    return (hashes[place : place + _HASH] for place in range(0, len(hashes), _HASH))


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

    def _worth(self, index: int, option: tuple[bytes, Found]) -> tuple[bool, int, bool, int]:
        record_hash, row = option
        return record_hash in self._claims.of(index), self._reach(index, record_hash), row.is_stored, -row.source

    def _reach(self, index: int, record_hash: bytes) -> int:
        """How many records follow one another from here, by the longest way; a bound is set to the search."""
        longest, waiting, steps = 0, [(index, record_hash)], 0
        while waiting and steps < _REACH_MAX:
            at, before = waiting.pop()
            longest, steps = max(longest, at - index), steps + 1
            waiting += [(at + 1, following) for following, _ in self._options(at + 1, before)]
        return longest
