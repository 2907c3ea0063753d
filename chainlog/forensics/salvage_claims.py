"""What is said of the hashes of records, and which of it signed heads prove. Pure over tables.

Every record states the hash of the one before, so that the hashes are mostly known where records are lost; so do the tiles.
If they lead to the root of a head that the log key signed, each of them is proven. Heads of which none is a beginning of
the other tell two stories of one log: a copy of it that went on by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from chainlog import limits
from chainlog.digest import ZERO
from chainlog.forensics.evidence import U64
from chainlog.forensics.salvage_gather import found_key, found_row
from chainlog.forensics.salvage_heads import NOWHERE, SignedHead
from chainlog.record.record import unverified_record
from chainlog.store.port import Transaction
from chainlog.tree.merkle import Frontier, root_of

_HASH: Final = limits.HASH_BYTES
_HEADS_TRIED: Final = 16  # of each copy
_TIPS_MAX: Final = 16
_LOOSE: Final = 254  # the rank of what no table leads to


class Known(NamedTuple):
    """
    Record hashes that a signed head proves: those of records 0 … size-1, one after the other.

    head: that head; None where nothing is known. roots: of the beginnings whose sizes other heads have.
    """

    size: int
    hashes: bytes
    head: SignedHead | None
    roots: dict[int, bytes]

    def at(self, index: int) -> bytes | None:
        """The proven hash of a record; None beyond."""
        return self.hashes[index * _HASH : (index + 1) * _HASH] if 0 <= index < self.size else None

    def contradicts(self, head: SignedHead) -> bool:
        """Whether a head isn't of this story. One that states more records may go on from here."""
        return self.roots.get(head.size, head.root) != head.root


NOTHING_KNOWN: Final = Known(0, b"", None, {})


class _Column:
    """What is said of the hash of each record, and by which copy: the first one has the last word."""

    def __init__(self, count: int) -> None:
        self.cells = bytearray(count * _HASH)
        self.ranks = bytearray(b"\xff") * count

    def put(self, index: int, record_hash: bytes, rank: int) -> None:
        if 0 <= index < len(self.ranks) and rank <= self.ranks[index]:
            self.cells[index * _HASH : (index + 1) * _HASH] = record_hash
            self.ranks[index] = rank

    def at(self, index: int) -> bytes:
        return bytes(self.cells[index * _HASH : (index + 1) * _HASH])


class Claims:
    """What records (by chain, base and links) and tiles say of the hashes of records, each index by itself. Nothing is proven."""

    def __init__(self, transaction: Transaction) -> None:
        self._found = transaction.table("found")
        found = sum(1 for _ in self._found.scan())
        # A log of more records can't be proven by so many rows, whatever indexes they state.
        self.count = 2 * found + sum(1 for _ in transaction.table("leaves").scan()) + 1
        self._before, self._own, self._tiled, self._linked = (_Column(self.count) for _ in range(4))
        for key, leaf in transaction.table("leaves").scan():
            self._tiled.put(U64.unpack(key)[0], leaf[1:], leaf[0])
        for key, value in self._found.scan():
            row = found_row(value)
            if row.is_signed:
                self._take(U64.unpack(key[:8])[0], key[8:], row.data, row.source if row.is_stored else _LOOSE)

    def _take(self, index: int, record_hash: bytes, data: bytes, rank: int) -> None:
        record = unverified_record(data)
        self._own.put(index, record_hash, rank)
        self._before.put(index - 1, record.prev_hash, rank)
        for at, stated in (record.base, *(link[1:] for link in record.links)):
            if stated != ZERO:
                self._linked.put(at, stated, rank)

    def of(self, index: int) -> tuple[bytes, ...]:
        """What is said of the hash of a record, by other records and by the tiles; each once, what is worth more first."""
        if not 0 <= index < self.count:
            return ()
        columns = sorted((self._before, self._tiled, self._linked), key=lambda column: column.ranks[index])
        return tuple(dict.fromkeys(cell for column in columns if (cell := column.at(index)) != ZERO))

    def prove(self, heads: Sequence[SignedHead]) -> list[Known]:
        """
        The stories that signed heads prove, none of them a beginning of another, the largest first.

        heads: the largest first. Cost: some hashes a record for each of 16 heads of a copy at most.
        """
        stories: list[Known] = []
        tried: dict[int, int] = {}
        for head in heads:
            if head.size > self.count or any(story.roots[head.size] == head.root for story in stories):
                continue
            tried[head.source] = tried.get(head.source, 0) + 1
            if tried[head.source] > _HEADS_TRIED:
                continue
            for hashes in self._guesses(head.size):
                if root_of(_cells(hashes)) == head.root:
                    stories.append(Known(head.size, hashes, head, _roots(hashes, {one.size for one in heads})))
                    break
        return stories

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
            at = _best((self._tiled, self._before, self._linked, self._own), index - 1)
            if at == ZERO:
                return None
        return bytes(hashes)

    @staticmethod
    def _merged(columns: Sequence[_Column], size: int) -> bytes | None:
        """Of each index what is worth most, by the first column that has it; None if nothing is said of one."""
        merged = bytearray(columns[0].cells[: size * _HASH])
        for index in range(size):
            if columns[0].ranks[index]:
                cell = _best(columns, index)
                if cell == ZERO:
                    return None
                merged[index * _HASH : (index + 1) * _HASH] = cell
        return bytes(merged)


def _best(columns: Sequence[_Column], index: int) -> bytes:
    """What is worth most of a cell, by the first column that has it; zeros if none has."""
    return min(columns, key=lambda column: column.ranks[index]).at(index)


def _cells(hashes: bytes) -> Iterator[bytes]:
    return (hashes[place : place + _HASH] for place in range(0, len(hashes), _HASH))


def _roots(hashes: bytes, sizes: set[int]) -> dict[int, bytes]:
    """Of the beginnings with these sizes, as far as there are so many records."""
    roots, frontier = {}, Frontier.empty()
    for size in sorted(sizes):
        if size * _HASH <= len(hashes):
            frontier = frontier.extend(_cells(hashes[frontier.size * _HASH : size * _HASH]))
            roots[size] = frontier.root()
    return roots


def shared(hashes: bytes, others: bytes) -> int:
    """With how many records two stories both begin."""
    common = min(len(hashes), len(others))
    places = range(0, common, _HASH)
    return next((at for at in places if hashes[at : at + _HASH] != others[at : at + _HASH]), common) // _HASH


def chosen(stories: Sequence[Known], heads: Sequence[SignedHead]) -> Known:
    """
    The story that the log's records are taken from: the longest of those that nothing worth more contradicts.

    Nothing is known where heads that are worth more than the one that proves a story aren't of it.
    """
    best, best_worth = NOTHING_KNOWN, (-2, 0, 0)
    for story in stories:
        if story.head is None:
            continue
        others = [other.head.source for other in stories if other.head is not None and other is not story]
        others += [head.source for head in heads if head.accuses and story.contradicts(head)]
        against = min(others, default=NOWHERE)
        worth = (against, story.size, -story.head.source)
        if against >= story.head.source and worth > best_worth:
            best, best_worth = story, worth
    return best
