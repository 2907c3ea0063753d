"""Judging a range of records by itself: everything but what needs the other ranges, which its summary carries. Pure.

What is common is judged here in a few lines; what is not (references, registry events, unknown kinds, bases that a
move may have overtaken) goes to `admit` as it is. Whatever looks wrong only raises a doubt: which record is to blame,
and for what, the diagnosis says (`forensics.diagnosis`). So an answer without doubt must never be wrong, and one with
doubt may be coarse.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from itertools import islice, pairwise
from math import inf
from typing import Any, Final

from msgspec import UNSET

from chainlog import limits
from chainlog.authority.admit import admit
from chainlog.authority.state import Authority, is_registry
from chainlog.digest import RECORD
from chainlog.event.catalogue import REGISTRY
from chainlog.event.kind import Kind
from chainlog.event.model import Event
from chainlog.event.moves import NAMES_DOCUMENTS
from chainlog.forensics import remarks
from chainlog.forensics.evidence import TILE_KEY, U64, Evidence, Row
from chainlog.forensics.own_links import OwnLinksView
from chainlog.forensics.reading import AT_ONCE, Read, read_records
from chainlog.forensics.remarks import WITH_ITEMS
from chainlog.forensics.report import Finding
from chainlog.forensics.signing import Signers, verify_signatures
from chainlog.forensics.summary import Range, RangeSummary, Setup
from chainlog.forensics.tokens import LinkSum
from chainlog.record.record import CheckedRecord, Record, check_record
from chainlog.tree.merkle import Frontier, split_hashes, subtree_root

_TILE: Final = limits.TILE_HASHES
_TILE_BYTES: Final = _TILE * limits.HASH_BYTES
# Kinds whose standing depends on more than their own record: they always go to `admit`.
_ASKED: Final = REGISTRY | {"corrected.field", "corrected.void", "countersigned"}
# Some 300 bytes each, whatever the size of the log.
_DOCUMENTS_MAX: Final = 5_000


def _standing(found: Sequence[Row], wanted: Sequence[bytes]) -> int:
    """How many rows stand under the keys that are wanted, from the first on."""
    if [key for key, _ in found] == wanted:
        return len(found)
    pairs = enumerate(zip(found, wanted, strict=False))
    return next((place for place, ((key, _), expected) in pairs if key != expected), len(found))


def _is_fresh(record: Record, event: Event, kind: Kind) -> bool:
    """Whether nothing that the event may move or act on had any event after the base."""
    base_index = record.base[0]
    for subject, link in zip(event.subjects, record.links, strict=True):
        if link[1] > base_index and (subject[0] in kind.moves or (kind.acts_on_list and subject[0] == "l")):
            return False
    return True


class RangeJudge:
    """
    Judges ranges of one log, one after the other; fastest if they adjoin.

    authority: folded from all of the log's registry events.
    """

    def __init__(self, evidence: Evidence, setup: Setup, authority: Authority) -> None:
        self._evidence = evidence
        self._setup = setup
        self._authority = authority
        self._ids = evidence.getter("ids")
        self._tiles = evidence.getter("tiles")
        self._records = evidence.getter("records")
        self._view = OwnLinksView(evidence)
        self._links = LinkSum(setup.key)
        self._documents: dict[str, str] = {}  # carrier → document, as its last event with items says
        self._closed_at = inf if authority.closed_at is None else authority.closed_at
        self._have_signed = Signers(authority).have_signed
        self._tile: tuple[int, list[bytes]] = (-1, [])  # the stored tile used last
        self._base_at: tuple[int, int] = (-1, 0)  # index and time of the base used last

    def judge(self, task: Range) -> RangeSummary:
        """
        The summary of a range.

        Cost: 30 to 40 µs a record besides its signatures; 2 MB of memory for 2,048 records.
        """
        self._hashes: list[bytes] = []
        self._start = task.start
        self._summary = summary = RangeSummary(task.start, task.stop)
        rows = self._evidence.scan("records", U64.pack(task.start))
        for start in range(task.start, task.stop, AT_ONCE):
            wanted = list(map(U64.pack, range(start, min(start + AT_ONCE, task.stop))))
            found = list(islice(rows, len(wanted)))
            standing = _standing(found, wanted)
            self._judge_rows(start, wanted[:standing], [data for _, data in found[:standing]])
            summary.verified = start + standing
            if standing < len(wanted):
                self._doubt(f"record {start + standing} is missing")
                break
        if not summary.doubt:
            self._summarise_tree(task.sizes)
        return summary

    def _judge_rows(self, start: int, keys: list[bytes], data: list[bytes]) -> None:
        """Judge a few adjoining records from index *start* on."""
        reads = self._verified(start, read_records(data))
        if self._summary.doubt or not reads:
            return
        records, events = [read[0] for read in reads], [read[1] for read in reads]
        hashes = [sha256(RECORD + one).digest() for one in data]
        self._follow(start, records, hashes)
        if list(map(self._ids, [event.id for event in events])) != keys:
            self._doubt(f"of the records from {start} on, an id leads elsewhere")
        add = self._links.add
        for index, (record, event, record_hash) in enumerate(zip(records, events, hashes, strict=True), start):
            if stale := add(event.subjects, record.links, index=index, record_hash=record_hash):
                self._doubt(f"record {index}: stale-link of {stale}")
        if self._summary.doubt:
            return
        self._hashes += hashes
        self._forget_documents()
        for read, one in zip(reads, data, strict=True):
            self._judge(read, one)
        # Of a carrier that isn't remembered any longer nothing is, also not what these records said.
        self._forget_documents()
        self._links.broken.clear()

    def _verified(self, start: int, found: Sequence[Read | str]) -> list[Read]:
        """Those records that can be read, their signatures verified; a doubt for every other, and for a bad signature."""
        log_id, known = self._setup.log_id, self._setup.known
        reads = []
        for index, read in enumerate(found, start):
            if isinstance(read, str):
                self._doubt(f"record {index}: {read}")
                continue
            reads.append(read)
            if index >= known and (mask := verify_signatures(read[0], log_id)):
                self._summary.bad[index] = mask
                self._doubt(f"record {index}: bad-signature")
        return reads

    def _follow(self, start: int, records: Sequence[Record], hashes: Sequence[bytes]) -> None:
        """Whether the records follow each other and those before them, in their chain and in time."""
        summary, times = self._summary, [record.recorded_at_us for record in records]
        if self._hashes:
            before, before_us = summary.last_hash, summary.last_at
        else:
            before, before_us = summary.first_prev, summary.first_at = records[0].prev_hash, times[0]
        if (
            [record.index for record in records] != list(range(start, start + len(records)))
            or [record.prev_hash for record in records] != [before, *hashes[:-1]]
        ):  # fmt: skip
            self._doubt(f"one of the records from {start} on does not follow the one before")
        for index, (earlier, at) in enumerate(pairwise((before_us, *times)), start):
            if at < earlier:
                summary.remarks += remarks.clock(index, at, earlier)
        summary.last_hash, summary.last_at = hashes[-1], times[-1]

    def take_links(self) -> bytes:
        """The link sum of all ranges judged since the last call, 16 bytes."""
        return self._links.take().to_bytes(16, "big")

    def _doubt(self, reason: str) -> None:
        if not self._summary.doubt:
            self._summary.doubt = reason

    # --- one record -----------------------------------------------------------------------------

    def _judge(self, read: Read, data: bytes) -> None:
        record, event, kind, body, signing = read
        near = record.base[0] == record.index - 1
        # The signers saw the record before, or for record 1 the log's id, which is the hash of record 0.
        if not (record.base[1] == record.prev_hash if near else self._is_based(record)):
            self._doubt(f"record {record.index}: wrong-base")
        if (
            kind is None
            or signing is None
            or event.refs
            or kind.name in _ASKED
            or not self._have_signed(record, signing, event.expires_at_us)
            or not (near or _is_fresh(record, event, kind))
        ):
            self._ask(check_record(data))
        elif self._closed_at < record.index:
            self._doubt(f"record {record.index}: closed")
        if kind is not None and kind.name in NAMES_DOCUMENTS:
            self._summary.remarks += remarks.documents_left_out(record, event, kind, self._at, self._documents)
        if kind is not None and kind.name in WITH_ITEMS:
            self._note_documents(record, event, body)

    def _ask(self, checked: CheckedRecord) -> None:
        """Let `admit` judge what is not common; its view is what the record itself says of the records below."""
        record, event = checked.record, checked.event.event
        doubted = list(remarks.doubtful(checked, self._authority))
        self._summary.doubtful += [(record.index, event.id, person) for person in doubted]
        if event.kind == "countersigned" and len(doubted) < len(record.signatures):
            self._summary.confirmed += [event_id for event_id, _ in event.refs]
        self._summary.maps += event.kind == "index_committed"
        if is_registry(event):
            # Judged with the state of its own index when the registry was found.
            self._summary.registry.append(record.index)
            return
        for problem in admit(
            checked, self._authority, self._view.stand(checked), log_id=self._setup.log_id, verify=None
        ):
            if problem.code == "unknown-kind":
                self._summary.remarks.append(Finding("unknown-kind", record.index, event.kind))
            else:
                self._doubt(f"record {record.index}: {problem.code}")

    def _note_documents(self, record: Record, event: Event, body: Any) -> None:
        """Remember of which documents the items of an event are copies, so that their histories needn't be walked."""
        if len(self._documents) > _DOCUMENTS_MAX:
            self._documents.clear()
        for item in body.items or ():
            if item.document is not UNSET:
                self._documents[event.subjects[item.carrier]] = event.subjects[item.document]
            elif not record.links[item.carrier][0]:
                self._documents[event.subjects[item.carrier]] = ""

    def _forget_documents(self) -> None:
        """Forget those of carriers that had events which this judge hasn't seen."""
        for subject in self._links.broken:
            self._documents.pop(subject, None)

    def _at(self, index: int) -> bytes | None:
        return self._records(U64.pack(index))

    def _is_based(self, record: Record) -> bool:
        """Whether the base is the record at its index; with the remark if it is an old one."""
        base_index, base_hash = record.base
        if record.index == 0:
            return record.base == (0, bytes(limits.HASH_BYTES))
        if base_index >= record.index:
            return False
        if self._base_at[0] != base_index:
            at = remarks.recorded_at(self._records(U64.pack(base_index)))
            if at is None:
                return False
            self._base_at = (base_index, at)
        far, aged = record.index - base_index, record.recorded_at_us - self._base_at[1]
        if far > limits.BASE_DISTANCE_MAX or aged > limits.BASE_AGE_MAX_US:
            self._summary.remarks += remarks.old_base(record.index, record.recorded_at_us, base_index, self._base_at[1])
        if base_index == 0:
            return base_hash == self._setup.log_id
        if base_index >= self._start:
            return self._hashes[base_index - self._start] == base_hash
        return self._stored_hash(base_index) == base_hash

    def _stored_hash(self, index: int) -> bytes | None:
        """The hash of a record below the range from its tile, which the range that owns it compares with its own."""
        number, place = divmod(index, _TILE)
        if self._tile[0] != number:
            tile = self._tiles(TILE_KEY.pack(0, number))
            if tile is None or len(tile) != _TILE_BYTES:
                return None
            self._tile = (number, split_hashes(tile))
        return self._tile[1][place]

    # --- the tree -------------------------------------------------------------------------------

    def _summarise_tree(self, sizes: Sequence[int]) -> None:
        summary, hashes = self._summary, self._hashes
        for place in range(0, len(hashes) - _TILE + 1, _TILE):
            tile = hashes[place : place + _TILE]
            number = (self._start + place) // _TILE
            if self._tiles(TILE_KEY.pack(0, number)) != b"".join(tile):
                self._doubt(f"tile {number} is not that of the records")
            summary.roots.append(subtree_root(tile))
        summary.tail = hashes[len(hashes) - len(hashes) % _TILE :]
        for size in sizes:
            end = size - self._start
            summary.edges[size] = list(Frontier.empty().extend(hashes[end - end % _TILE : end]).roots)
