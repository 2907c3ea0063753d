"""Which records are saved: chosen from what was gathered, admitted, and held against everything that was signed. Does I/O.

A head over exactly these records, and nothing signed over more, says that the log is whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chainlog.forensics.evidence import U64
from chainlog.forensics.salvage_build import Built, build
from chainlog.forensics.salvage_gather import found_key, found_row
from chainlog.forensics.salvage_path import (
    NOTHING_KNOWN,
    Claims,
    Known,
    SignedHead,
    Way,
    keys_of_log,
    read_heads,
)
from chainlog.log.head import origin_of
from chainlog.record.record import check_record
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.port import Transaction


class Choice:
    """
    What is saved of the log *log_id*.

    name: of the log. heads: those that its keys signed, the largest first. known, claims: hashes of records. bound: see `Way`.
    built: in the directory *work*; None if record 0 isn't there.
    """

    def __init__(self, work: Path, log_id: bytes, outside: Sequence[bytes]) -> None:
        self._work = work
        self._log_id = log_id
        self._outside = outside
        self.name = ""
        self.heads: list[SignedHead] = []
        self.known: Known = NOTHING_KNOWN
        self.claims: Claims | None = None
        self.bound: int | None = None
        self.built: Built | None = None

    def select(self, transaction: Transaction, changes: Sequence[tuple[bytes, bytes, bool]]) -> bool:
        """
        Build the longest beginning from what was gathered; whether it is known to be all.

        changes: of the log key, unjudged. Raises: StoreError. Cost: as `salvage_build.build`.
        """
        genesis = transaction.table("found").get(found_key(0, self._log_id))
        first = None if genesis is None else check_record(found_row(genesis).data).event.body
        self.claims = Claims(transaction)
        if first is None:
            return False
        self.name = first.name
        log_keys = keys_of_log(first.log_key[1], changes)
        self._judge(transaction, self.claims, log_keys)
        if self.built is not None:
            own = {key for size in (1, self.built.size) if (key := self.built.authority.log_key(size))}
            if not own <= set(log_keys):
                # A change of the log key that the old one didn't sign is believed where the records stand.
                self._judge(transaction, self.claims, [*log_keys, *own])
        return self.whole() is not None

    def _judge(self, transaction: Transaction, claims: Claims, log_keys: Sequence[bytes]) -> None:
        origin = origin_of(self.name, self._log_id)
        self.heads = read_heads(transaction, origin=origin, log_keys=log_keys, outside=self._outside)
        self.known = claims.prove(self.heads)
        self.bound = max((head.size for head in self.heads if head.accuses), default=None)
        way = Way(transaction, log_id=self._log_id, claims=claims, known=self.known, bound=self.bound)
        sizes = [head.size for head in self.heads]
        built = build(self._work, way, log_id=self._log_id, sizes=sizes)
        limit = self._limit(transaction, built)
        if limit < built.size:
            built = build(self._work, way, log_id=self._log_id, sizes=sizes, limit=limit)
            built = built._replace(stopped=built.stopped or "altered")
        self.built = built if built.size else None

    def _limit(self, transaction: Transaction, built: Built) -> int:
        """How many of the records nothing signed speaks against; as many as were built, nearly always."""
        limit = built.size
        agreed = [head.size for head in self.heads if built.roots.get(head.size) == head.root]
        for head in self.heads:
            if head.size <= limit and built.roots.get(head.size) != head.root and head.accuses:
                vouched = [size for size in (*agreed, built.confirmed, self.known.size) if size < head.size]
                limit = min(limit, max(vouched, default=0))
        if self.known.size >= limit:
            return limit
        return min(limit, self._contradicted(transaction, built, limit))

    def _contradicted(self, transaction: Transaction, built: Built, limit: int) -> int:
        """The first index whose record isn't the one that people saw who signed a record beyond; *limit* if there is none."""
        store = LmdbStore.open(self._work)
        try:
            with store.snapshot() as snapshot:
                lowest = limit
                for _, value in transaction.table("found").scan(U64.pack(built.size)):
                    row = found_row(value)
                    record = check_record(row.data).record
                    base, base_hash = record.base
                    if not (row.is_signed and row.is_stored and 0 < base < lowest):
                        continue
                    if any(built.authority.key(signature[1]) is None for signature in record.signatures):
                        continue  # anybody can sign anything with a key of his own
                    standing = snapshot.record(base)
                    if standing is not None and check_record(standing).record_hash != base_hash:
                        lowest = base
        finally:
            store.close()
        return lowest if lowest == limit else max(min(lowest, built.confirmed), 1)

    def whole(self) -> SignedHead | None:
        """The signed head over exactly what was built, if nothing says that there was more."""
        built = self.built
        if built is None:
            return None
        if any(head.size > built.size and head.accuses for head in self.heads):
            return None
        log_key = built.authority.log_key(built.size)
        wanted = (built.size, built.root, log_key)
        return next((head for head in self.heads if (head.size, head.root, head.log_key) == wanted), None)
