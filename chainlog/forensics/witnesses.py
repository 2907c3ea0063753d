"""What a log says of the hashes of its own records, apart from the records: signed bases, tiles. Pure over the evidence.

A person's signature covers the base: the hash of a record that they saw. So the signatures tell what stood at an index,
and nobody without keys can make them say something else. Tiles say it for every index, signed by nobody.
"""

from __future__ import annotations

from pathlib import Path

from chainlog import limits
from chainlog.authority.admit import admit
from chainlog.authority.state import Authority, is_registry
from chainlog.forensics.evidence import TILE_KEY, Evidence
from chainlog.forensics.own_links import OwnLinksView
from chainlog.forensics.registration import apply_registry
from chainlog.forensics.scratch import Column
from chainlog.forensics.seen import Rows, Seen
from chainlog.forensics.signing import verify_signatures
from chainlog.forensics.summary import Verified
from chainlog.record.record import CheckedRecord, Record
from chainlog.tree.merkle import split_hashes

# What a change elsewhere in the log can bring on a registry event that is good in itself.
_OF_THE_CHAIN = frozenset({"altered", "reordered", "wrong-base", "stale-link", "stale-draft", "bad-ref", "closed"})
_JUDGED = 1 << 31


class Masks:
    """
    Which signatures of which rows don't verify, found out once.

    count: one more than the largest row's key. known: what others found out on these bytes.
    """

    def __init__(self, log_id: bytes | None, count: int, known: Verified, path: Path | None = None) -> None:
        self._log_id = log_id
        self._known = known
        self._column = Column(4, count, path)

    def of(self, key: int, record: Record) -> int:
        """Bit mask of the signatures of the row *key* that don't verify; checked now if that wasn't done."""
        if any(start <= key < stop for start, stop in self._known.ranges):
            return self._known.bad.get(key, 0)
        cell = self._column.get(key)
        if cell is not None:
            return int.from_bytes(cell, "big") & ~_JUDGED
        # Without the log's id no statement can be formed, and nothing is said of any signature.
        mask = 0 if self._log_id is None else verify_signatures(record, self._log_id)
        self._column.put(key, (mask | _JUDGED).to_bytes(4, "big"))
        return mask

    def close(self) -> None:
        """Let go of the memory."""
        self._column.close()


class Witnesses:
    """
    The hashes that others state for a record.

    size: above every index asked for. *log_id* is itself the word on record 0.
    """

    def __init__(self, evidence: Evidence, log_id: bytes, size: int, path: Path | None = None) -> None:
        self._signed = Column(limits.HASH_BYTES, size, path)
        self._signed.put(0, log_id)
        self._log_id = log_id
        self._evidence = evidence
        self._tiles = evidence.getter("tiles")
        self._tile: tuple[int, list[bytes]] = (-1, [])

    def gather(self, masks: Masks) -> None:
        """
        Read all records for the bases that were signed by keys that counted.

        The registry events are folded as they come, if nothing is wrong with them but what lies around them: a key
        that somebody smuggled in is no witness. Cost: one pass over the log.
        """
        authority = Authority()
        view = OwnLinksView(self._evidence)
        # Without record 0 no key is known: then every good signature has to count.
        blind = True
        rows = Rows(self._evidence, lambda _: None, lambda _, __: None)
        while (row := rows.take()) is not None:
            checked = row.checked
            if checked is None:
                continue
            mask = masks.of(row.stored, checked.record)
            if is_registry(checked.event.event) and self._is_sound(row, checked, mask, authority, view):
                apply_registry(authority, checked)
                blind = blind and checked.record.index > 0
            if not mask and (blind or _counts(checked, authority)):
                index, stated = checked.record.base
                if index and self._signed.get(index) is None:
                    self._signed.put(index, stated)

    def _is_sound(self, row: Seen, checked: CheckedRecord, mask: int, authority: Authority, view: OwnLinksView) -> bool:
        if checked.event.kind is None:
            return False
        if row.record_hash == self._log_id:
            return True
        if mask:
            return False
        problems = admit(checked, authority, view.stand(checked), log_id=self._log_id, verify=None)
        return all(problem.code in _OF_THE_CHAIN for problem in problems)

    def signed(self, index: int) -> bytes | None:
        """The hash of the record at *index* that somebody saw who signed a later one; None if nobody says."""
        return self._signed.get(index)

    def tiled(self, index: int) -> bytes | None:
        """The hash that the stored tile says; None if there is no full tile."""
        number, place = divmod(index, limits.TILE_HASHES)
        if self._tile[0] != number:
            tile = self._tiles(TILE_KEY.pack(0, number))
            whole = tile is not None and len(tile) == limits.TILE_HASHES * limits.HASH_BYTES
            self._tile = (number, split_hashes(tile) if tile is not None and whole else [])
        return self._tile[1][place] if self._tile[1] else None

    def close(self) -> None:
        """Let go of the memory."""
        self._signed.close()


def _counts(checked: CheckedRecord, authority: Authority) -> bool:
    """Whether some signature was made with a key that had come into the log before."""
    for _, public_key, _, _ in checked.record.signatures:
        history = authority.key(public_key)
        if history is not None and history.since < checked.record.index:
            return True
    return False
