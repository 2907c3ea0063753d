"""Judging a range of records by itself: everything but what needs the other ranges, which its summary carries. Pure.

What is common is judged here in a few lines; what is not (references, registry events, unknown kinds, bases that a
move may have overtaken) goes to `admit` as it is. Whatever looks wrong only raises a doubt: which record is to blame,
and for what, the diagnosis says (`forensics.diagnosis`). So an answer without doubt must never be wrong, and one with
doubt may be coarse.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from math import inf
from typing import Any, Final

from msgspec import UNSET

from chainlog import limits
from chainlog.authority.admit import admit
from chainlog.authority.keys import purpose_of
from chainlog.authority.state import Authority, is_registry
from chainlog.canon import codec
from chainlog.digest import RECORD
from chainlog.errors import FormatError, SignatureError
from chainlog.event.catalogue import KINDS, REGISTRY
from chainlog.event.kind import ROLES, Kind
from chainlog.event.model import Event, unverified_event
from chainlog.event.moves import NAMES_DOCUMENTS
from chainlog.event.quick import sound_body
from chainlog.forensics import remarks
from chainlog.forensics.evidence import TILE_KEY, U64, Evidence
from chainlog.forensics.own_links import OwnLinksView
from chainlog.forensics.remarks import WITH_ITEMS
from chainlog.forensics.report import Finding
from chainlog.forensics.summary import Range, RangeSummary, Setup
from chainlog.forensics.tokens import LinkSum
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, Record, check_record, unverified_record
from chainlog.record.statement import encode_event_statement
from chainlog.tree.merkle import Frontier, split_hashes, subtree_root

_TILE: Final = limits.TILE_HASHES
_TILE_BYTES: Final = _TILE * limits.HASH_BYTES
# Kinds whose standing depends on more than their own record: they always go to `admit`.
_ASKED: Final = REGISTRY | {"corrected.field", "corrected.void", "countersigned"}
_NOBODY: Final = ("", 0, -1.0)
# Some 300 bytes each, whatever the size of the log.
_SIGNERS_MAX: Final = 10_000
_DOCUMENTS_MAX: Final = 5_000
_CREWS_MAX: Final = 4_096


def plain_record(data: bytes) -> tuple[Record, Event, Kind, Any] | None:
    """Record, event, kind and body of a plain record without fault; None where `check_record` has to decide."""
    try:
        record = unverified_record(data)
        event = unverified_event(record.event)
        kind = KINDS.get(event.kind)
        if (
            kind is None
            or codec.encode(record) != data
            or codec.encode(event) != record.event
            or record.version != limits.FORMAT_VERSION
            or len(data) > limits.RECORD_BYTES_MAX
            or len(record.links) != len(event.subjects)
            or (body := sound_body(kind, event)) is None
        ):
            return None
    except codec.BAD_BYTES:
        return None
    signatures = record.signatures
    if len(signatures) == 1:
        return (record, event, kind, body) if signatures[0][0] in ROLES else None
    before = b""
    for role, public_key, _, _ in signatures:
        key = codec.encode((role, public_key))
        if key <= before or role not in ROLES:
            return None
        before = key
    return record, event, kind, body


def verify_signatures(record: Record, log_id: bytes) -> int:
    """Bit mask of the signatures of *record* that don't verify, whoever's they are; bit 0 is the first."""
    mask = 0
    signed_log_id = log_id if record.index else bytes(limits.HASH_BYTES)
    for place, (role, public_key, signed_at_us, signature) in enumerate(record.signatures):
        statement = encode_event_statement(
            log_id=signed_log_id, base=record.base, role=role, signed_at_us=signed_at_us, event=record.event
        )
        try:
            keys.verify(public_key, statement, signature)
        except SignatureError:
            mask |= 1 << place
    return mask


def _is_fresh(record: Record, event: Event, kind: Kind) -> bool:
    """Whether nothing that the event may move or act on had any event after the base."""
    base_index = record.base[0]
    for subject, link in zip(event.subjects, record.links, strict=True):
        if link[1] > base_index and (subject[0] in kind.moves or (kind.acts_on_list and subject[0] == "l")):
            return False
    return True


@lru_cache(maxsize=_CREWS_MAX)
def _named(people: tuple[tuple[str, str, int], ...]) -> frozenset[tuple[str, str]] | None:
    """The (role, person) who are named to sign, None if somebody is to sign twice."""
    if any(signs > 1 for _, _, signs in people):
        return None
    return frozenset((role, person) for role, person, signs in people if signs)


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
        # (public key, role) → (person, first index, last index) for keys of persons; others go to `admit`.
        self._signers: dict[tuple[bytes, str], tuple[str, int, float]] = {}
        self._tile: tuple[int, list[bytes]] = (-1, [])  # the stored tile used last
        self._base_at: tuple[int, int] = (-1, 0)  # index and time of the base used last

    def judge(self, task: Range, *, signatures: bool = True) -> RangeSummary:
        """
        The summary of a range.

        signatures: leave out checking them only to measure the rest.
        Cost: about 10 µs a record besides its signatures; 2 MB of memory for 2,048 records.
        """
        self._hashes: list[bytes] = []
        self._start = task.start
        self._summary = summary = RangeSummary(task.start, task.stop)
        previous, previous_at = b"", 0
        index, known = task.start - 1, self._setup.known
        ids, links, hashes = self._ids, self._links.add, self._hashes
        for key, data in self._evidence.scan("records", U64.pack(task.start)):
            index += 1
            if index == task.stop:
                break
            if key != U64.pack(index):
                self._doubt(f"row {key.hex()} stands where record {index} should")
                break
            summary.verified = index + 1
            plain = plain_record(data) or self._read_slowly(data, index)
            if plain is None:
                continue
            record, event, kind, body = plain
            if signatures and index >= known and (mask := verify_signatures(record, self._setup.log_id)):
                summary.bad[index] = mask
                self._doubt(f"record {index}: bad-signature")
            if summary.doubt:
                continue
            if record.index != index or (previous and record.prev_hash != previous):
                self._doubt(f"record {index} does not follow the one before")
                continue
            if not previous:
                summary.first_prev, summary.first_at = record.prev_hash, record.recorded_at_us
            elif record.recorded_at_us < previous_at:
                summary.remarks += remarks.clock(index, record.recorded_at_us, previous_at)
            previous, previous_at = sha256(RECORD + data).digest(), record.recorded_at_us
            if ids(event.id) != key:
                self._doubt(f"record {index}: its id leads elsewhere")
            if stale := links(event.subjects, record.links, index=index, record_hash=previous):
                self._doubt(f"record {index}: stale-link of {stale}")
            self._judge(record, event, kind, data)
            if kind is not None and kind.name in WITH_ITEMS:
                self._note_documents(record, event, body)
            hashes.append(previous)
        if summary.verified != task.stop:
            self._doubt(f"record {summary.verified} is missing")
        summary.last_hash, summary.last_at = previous, previous_at
        if not summary.doubt:
            self._summarise_tree(task.sizes)
        return summary

    def _read_slowly(self, data: bytes, index: int) -> tuple[Record, Event, Kind | None, Any] | None:
        try:
            checked = check_record(data)
        except FormatError as error:
            self._doubt(f"record {index}: {error.text('en')}")
            return None
        return checked.record, checked.event.event, checked.event.kind, checked.event.body

    def take_links(self) -> bytes:
        """The link sum of all ranges judged since the last call, 16 bytes."""
        return self._links.take().to_bytes(16, "big")

    def _doubt(self, reason: str) -> None:
        if not self._summary.doubt:
            self._summary.doubt = reason

    # --- one record -----------------------------------------------------------------------------

    def _judge(self, record: Record, event: Event, kind: Kind | None, data: bytes) -> None:
        near = record.base[0] == record.index - 1
        # The signers saw the record before, or for record 1 the log's id, which is the hash of record 0.
        if not (record.base[1] == record.prev_hash if near else self._is_based(record)):
            self._doubt(f"record {record.index}: wrong-base")
        if (
            kind is None
            or event.refs
            or kind.name in _ASKED
            or not self._is_signed(record, event)
            or not (near or _is_fresh(record, event, kind))
        ):
            self._ask(check_record(data))
        elif self._closed_at < record.index:
            self._doubt(f"record {record.index}: closed")
        if kind is not None and kind.name in NAMES_DOCUMENTS:
            self._forget_documents()
            self._summary.remarks += remarks.documents_left_out(record, event, kind, self._at, self._documents)

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
        self._forget_documents()
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
        self._links.broken.clear()

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

    def _is_signed(self, record: Record, event: Event) -> bool:
        """Whether in time exactly those signed who are named to, once each, with keys of persons that count here."""
        signatures, index, expires_at_us = record.signatures, record.index, event.expires_at_us
        wanted = _named(event.people)
        earliest = expires_at_us - limits.EXPIRY_MAX_US
        in_time = earliest <= record.recorded_at_us <= expires_at_us
        if wanted is None or len(wanted) != len(signatures) or not in_time:
            return False
        signed = set()
        for role, public_key, signed_at_us, _ in signatures:
            signer = self._signers.get((public_key, role)) or self._look_up(public_key, role)
            named = (role, signer[0])
            if not signer[1] < index <= signer[2] or signed_at_us < earliest or named not in wanted:
                return False
            signed.add(named)
        # As many as are named, and nobody in another's place.
        return len(signed) == len(signatures)

    def _look_up(self, public_key: bytes, role: str) -> tuple[str, int, float]:
        """Whose key it is in this role, the index that brought it, and the last one that it counts at."""
        history = self._authority.key(public_key)
        signer = _NOBODY
        if history is not None and history.purpose == "person" == purpose_of(role) and history.doubt_from is None:
            signer = (history.holder, history.since, inf if history.until is None else history.until)
        if len(self._signers) < _SIGNERS_MAX:
            self._signers[public_key, role] = signer
        return signer

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
