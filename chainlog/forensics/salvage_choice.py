"""Which records are saved: chosen from what was gathered, admitted, and held against everything that was signed. Does I/O.

A head over exactly these records, which is the log's own last word or was kept outside, and nothing else that shows more,
says that the log is whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from chainlog.forensics.evidence import U64
from chainlog.forensics.salvage_build import Built, build
from chainlog.forensics.salvage_claims import NOTHING_KNOWN, Claims, Known, chosen
from chainlog.forensics.salvage_forks import Fork, Forks
from chainlog.forensics.salvage_gather import found_key, found_row
from chainlog.forensics.salvage_heads import OUTSIDE, SignedHead, keys_of_log, read_heads
from chainlog.forensics.salvage_path import Way
from chainlog.log.head import origin_of
from chainlog.record.record import CheckedRecord, check_record
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.port import Transaction


class Choice:
    """
    What is saved of the log *log_id*.

    name: of the log. heads: those that its keys signed, the largest first. known, claims: hashes of records. bound: see `Way`.
    built: in the directory *work*; None if record 0 isn't there. unverified: how many of the heads in *outside* no key of
    the log that is known signed.
    """

    def __init__(self, work: Path, log_id: bytes, outside: Sequence[bytes]) -> None:
        self._work = work
        self._log_id = log_id
        self._outside = outside
        self._own = b""
        self._forks: Forks | None = None
        self._is_more = False
        self.name = ""
        self.heads: list[SignedHead] = []
        self.known: Known = NOTHING_KNOWN
        self.claims: Claims | None = None
        self.bound: int | None = None
        self.built: Built | None = None
        self.unverified = 0

    def select(self, transaction: Transaction, changes: Sequence[tuple[bytes, bytes, bool]], own: bytes) -> bool:
        """
        Build the longest beginning from what was gathered; whether it is known to be all.

        changes: of the log key, unjudged. own: the note of the damaged log's stored head, empty if there is none.
        Raises: StoreError. Cost: as `salvage_build.build`.
        """
        genesis = transaction.table("found").get(found_key(0, self._log_id))
        first = None if genesis is None else check_record(found_row(genesis).data).event.body
        self.claims = Claims(transaction)
        if first is None:
            return False
        self.name, self._own = first.name, own
        log_keys = keys_of_log(first.log_key[1], changes)
        self._judge(transaction, self.claims, log_keys)
        if self.built is not None:
            believed = {key for size in (1, self.built.size) if (key := self.built.authority.log_key(size))}
            if not believed <= set(log_keys):
                # A change of the log key that the old one didn't sign is believed where the records stand.
                self._judge(transaction, self.claims, [*log_keys, *believed])
        return self.whole() is not None

    def _judge(self, transaction: Transaction, claims: Claims, log_keys: Sequence[bytes]) -> None:
        origin = origin_of(self.name, self._log_id)
        self.heads = read_heads(transaction, origin=origin, log_keys=log_keys, outside=self._outside)
        self.unverified = len(set(self._outside) - {head.note for head in self.heads})
        self.bound = max((head.size for head in self.heads if head.accuses), default=None)
        stories = claims.prove(self.heads)
        self.known = chosen(stories, self.heads)
        built = self._build(transaction, claims, stories)
        if self._is_denied(transaction, built):
            self.known = NOTHING_KNOWN
            built = self._build(transaction, claims, stories)
        self.built, self._forks = (built, Forks(self.heads, stories, built)) if built.size else (None, None)
        self._is_more = built.size > 0 and self._is_any_beyond(transaction, built)

    def _build(self, transaction: Transaction, claims: Claims, stories: Sequence[Known]) -> Built:
        way = Way(transaction, log_id=self._log_id, claims=claims, known=self.known, bound=self.bound)
        sizes = [head.size for head in self.heads]
        built = build(self._work, way, log_id=self._log_id, sizes=sizes)
        limit = self._limit(transaction, built, Forks(self.heads, stories, built))
        if limit < built.size:
            built = build(self._work, way, log_id=self._log_id, sizes=sizes, limit=limit)
            built = built._replace(stopped=built.stopped or "altered")
        return built

    def _is_denied(self, transaction: Transaction, built: Built) -> bool:
        """Whether people signed on another story than the known one, by a copy that is worth more than the one that proves it."""
        known = self.known
        if known.head is None or known.head.source <= 0:
            return False
        for key, value in transaction.table("found").scan(b"", U64.pack(known.size)):
            row = found_row(value)
            if row.is_signed and row.is_stored and row.source < known.head.source:
                if key[8:] == known.at(U64.unpack(key[:8])[0]):
                    continue
                checked = check_record(row.data)
                base, base_hash = checked.record.base
                if known.at(base) not in (None, base_hash) and _is_by_known(checked, built):
                    return True
        return False

    def _limit(self, transaction: Transaction, built: Built, forks: Forks) -> int:
        """How many of the records nothing signed speaks against; as many as were built, nearly always."""
        limit = built.size
        agreed = [head.size for head in self.heads if built.roots.get(head.size) == head.root]
        for head in self.heads:
            # A head of a story that is told elsewhere, by a copy that is worth less, doesn't make this one shorter.
            if not self.known.size < head.size <= limit or not head.accuses or forks.is_proven(head):
                continue
            if built.roots.get(head.size) != head.root:
                vouched = [size for size in (*agreed, *forks.shared, self.known.size) if size < head.size]
                limit = min(limit, max(*vouched, built.confirmed_of(head.size - 1), 0))
        if self.known.size >= limit:
            return limit
        return min(limit, self._contradicted(transaction, built, forks, limit))

    @staticmethod
    def _contradicted(transaction: Transaction, built: Built, forks: Forks, limit: int) -> int:
        """The first index whose record isn't the one that people saw who signed a record beyond; *limit* if there is none."""
        lowest = limit
        for checked in _trusted_beyond(transaction, built):
            base, base_hash = checked.record.base
            if 0 < base < lowest and built.at(base) != base_hash and not forks.holds(checked):
                lowest = base
        return lowest if lowest == limit else max(min(lowest, built.confirmed_of(built.size)), 1)

    def _is_any_beyond(self, transaction: Transaction, built: Built) -> bool:
        """Whether a record is left that people signed who are known, and that stood behind those that were saved."""
        store = LmdbStore.open(self._work)
        try:
            with store.snapshot() as snapshot:
                return any(
                    built.at(checked.record.base[0]) in (b"", checked.record.base[1])
                    and not (self._forks and self._forks.holds(checked))
                    and snapshot.index_of(checked.event.event.id) is None
                    for checked in _trusted_beyond(transaction, built)
                )
        finally:
            store.close()

    def whole(self) -> SignedHead | None:
        """The signed head over exactly what was built, if it is known to be the last and nothing shows that there was more."""
        built, forks = self.built, self._forks
        if built is None or forks is None or self._is_more or self.unverified:
            return None
        if any(head.size > built.size and head.accuses and not forks.is_other(head) for head in self.heads):
            return None
        log_key = built.authority.log_key(built.size)
        wanted = (built.size, built.root, log_key)
        found = next((head for head in self.heads if (head.size, head.root, head.log_key) == wanted), None)
        if found is None or found.source == OUTSIDE:
            return found
        # Another copy, or an older page, doesn't know how far the damaged log went.
        own = next((head for head in self.heads if head.note == self._own), None)
        return None if own is None or forks.is_other(own) else found

    def forks(self) -> list[Fork]:
        """Other stories that the log key signed."""
        return [] if self._forks is None else self._forks.found()

    def last_known(self) -> SignedHead | None:
        """The largest head that counts and isn't of another story; None if no such head is of more records than were saved."""
        built, forks = self.built, self._forks
        if built is None or forks is None:
            return None
        heads = (head for head in self.heads if head.accuses and head.size >= built.size)
        return next((head for head in heads if not forks.is_other(head)), None)


def _trusted_beyond(transaction: Transaction, built: Built) -> Iterator[CheckedRecord]:
    """Records behind what was built to which tables lead, signed with keys of people who are known there."""
    for _, value in transaction.table("found").scan(U64.pack(built.size)):
        row = found_row(value)
        if row.is_signed and row.is_stored:
            checked = check_record(row.data)
            if _is_by_known(checked, built):
                yield checked


def _is_by_known(checked: CheckedRecord, built: Built) -> bool:
    """Whether the saved records know all keys that signed a record: anybody can sign anything with a key of his own."""
    return all(built.authority.key(signature[1]) is not None for signature in checked.record.signatures)
