"""Judging a range of records by itself: everything but what needs the other ranges, which its summary carries. Pure.

What is common is judged here in a few lines; what is not (references, registry events, unknown kinds, bases that a
move may have overtaken) goes to `admit` as it is. Whatever looks wrong only raises a doubt: which record is to blame,
and for what, the diagnosis says (`forensics.diagnosis`). So an answer without doubt must never be wrong, and one with
doubt may be coarse.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Final

from chainlog import limits
from chainlog.authority.admit import admit
from chainlog.authority.keys import purpose_of
from chainlog.authority.state import Authority, is_registry
from chainlog.canon import codec
from chainlog.digest import record_hash
from chainlog.errors import FormatError, SignatureError
from chainlog.event.catalogue import REGISTRY
from chainlog.event.kind import ROLES
from chainlog.event.model import check_quickly
from chainlog.event.moves import NAMES_DOCUMENTS
from chainlog.forensics import remarks
from chainlog.forensics.evidence import TILE_KEY, U64, Evidence
from chainlog.forensics.own_links import OwnLinksView
from chainlog.forensics.report import Finding
from chainlog.forensics.summary import Range, RangeSummary, Setup
from chainlog.forensics.tokens import LinkSum
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, Record, Signature, check_record, unverified_record
from chainlog.record.statement import encode_event_statement
from chainlog.tree.merkle import Frontier, split_hashes, subtree_root

_TILE: Final = limits.TILE_HASHES
_TILE_BYTES: Final = _TILE * limits.HASH_BYTES
# Kinds whose standing depends on more than their own record: they always go to `admit`.
_ASKED: Final = REGISTRY | {"corrected.field", "corrected.void", "countersigned"}
_NOBODY: Final = ("", 0, -1.0)
_SIGNERS_MAX: Final = 10_000


def read_record(data: bytes) -> CheckedRecord:
    """`check_record`, with a quick way for plain records without fault. Raises FormatError."""
    try:
        record = unverified_record(data)
        if (
            codec.encode(record) == data
            and record.version == limits.FORMAT_VERSION
            and len(data) <= limits.RECORD_BYTES_MAX
            and (event := check_quickly(record.event)) is not None
            and len(record.links) == len(event.event.subjects)
            and _is_ordered(record.signatures)
        ):
            return CheckedRecord(record, event, record_hash(data), data)
    except codec.BAD_BYTES:
        pass
    return check_record(data)


def _is_ordered(signatures: Sequence[Signature]) -> bool:
    """Whether signatures stand in order, in known roles, one for each role and key."""
    before = b""
    for role, public_key, _, _ in signatures:
        key = codec.encode((role, public_key))
        if role not in ROLES or key <= before:
            return False
        before = key
    return True


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


class RangeJudge:
    """Judges ranges of one log, one after the other. *authority* is folded from all of its registry events."""

    def __init__(self, evidence: Evidence, setup: Setup, authority: Authority) -> None:
        self._evidence = evidence
        self._setup = setup
        self._authority = authority
        self._ids = evidence.getter("ids")
        self._tiles = evidence.getter("tiles")
        self._records = evidence.getter("records")
        self._view = OwnLinksView(evidence)
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
        self._links = LinkSum(self._setup.key)
        previous, previous_at = b"", 0
        expected = task.start
        for key, data in self._evidence.scan("records", U64.pack(task.start)):
            if expected == task.stop:
                break
            if key != U64.pack(expected):
                self._doubt(f"row {key.hex()} stands where record {expected} should")
                break
            expected += 1
            summary.verified = expected
            try:
                checked = read_record(data)
            except FormatError as error:
                self._doubt(f"record {expected - 1}: {error.text('en')}")
                continue
            record = checked.record
            if signatures:
                mask = verify_signatures(record, self._setup.log_id)
                if mask:
                    summary.bad[expected - 1] = mask
                    self._doubt(f"record {expected - 1}: bad-signature")
            if summary.doubt:
                continue
            if record.index != expected - 1 or (previous and record.prev_hash != previous):
                self._doubt(f"record {expected - 1} does not follow the one before")
                continue
            if not previous:
                summary.first_prev, summary.first_at = record.prev_hash, record.recorded_at_us
            elif record.recorded_at_us < previous_at:
                summary.remarks += remarks.clock(record.index, record.recorded_at_us, previous_at)
            previous, previous_at = checked.record_hash, record.recorded_at_us
            self._judge(checked, key)
            self._hashes.append(previous)
        if expected != task.stop:
            self._doubt(f"record {expected} is missing")
        summary.last_hash, summary.last_at = previous, previous_at
        if not summary.doubt:
            self._summarise_tree(task.sizes)
            summary.links = self._links.total().to_bytes(16, "big")
        return summary

    def _doubt(self, reason: str) -> None:
        if not self._summary.doubt:
            self._summary.doubt = reason

    # --- one record -----------------------------------------------------------------------------

    def _judge(self, checked: CheckedRecord, key: bytes) -> None:
        record, event = checked.record, checked.event.event
        index = record.index
        if self._ids(event.id) != key:
            self._doubt(f"record {index}: its id leads elsewhere")
        add, record_hash = self._links.add, checked.record_hash
        for subject, link in zip(event.subjects, record.links, strict=True):
            if not add(subject, link, index=index, record_hash=record_hash):
                self._doubt(f"record {index}: stale-link of {subject}")
        near = record.base[0] == index - 1
        if near:
            # The signers saw the record before, or for record 1 the log's id, which is the hash of record 0.
            based = record.base[1] == record.prev_hash
        else:
            based = self._is_based(record)
        if not based:
            self._doubt(f"record {index}: wrong-base")
        kind = checked.event.kind
        if is_registry(event):
            # Judged with the state of its own index when the registry was found.
            self._summary.registry.append(index)
            self._note_doubtful(checked)
        elif (
            kind is None
            or kind.name in _ASKED
            or event.refs
            or not self._is_signed(record, event.people)
            or not self._is_in_time(record, event.expires_at_us)
            or not (near or self._is_fresh(record))
        ):
            self._ask(checked)
        if self._authority.closed_at is not None and self._authority.closed_at < index:
            self._doubt(f"record {index}: closed")
        if event.kind in NAMES_DOCUMENTS:
            self._summary.remarks += remarks.documents_left_out(checked, self._view.stand(checked))

    def _ask(self, checked: CheckedRecord) -> None:
        """Let `admit` judge what is not common; its view is what the record itself says of the records below."""
        record, event = checked.record, checked.event.event
        problems = admit(checked, self._authority, self._view.stand(checked), log_id=self._setup.log_id, verify=None)
        for problem in problems:
            if problem.code == "unknown-kind":
                self._summary.remarks.append(Finding("unknown-kind", record.index, event.kind))
            else:
                self._doubt(f"record {record.index}: {problem.code}")
        doubted = self._note_doubtful(checked)
        self._summary.maps += event.kind == "index_committed"
        if event.kind == "countersigned" and doubted < len(record.signatures):
            self._summary.confirmed += [event_id for event_id, _ in event.refs]

    def _note_doubtful(self, checked: CheckedRecord) -> int:
        doubted = list(remarks.doubtful(checked, self._authority))
        self._summary.doubtful += [(checked.record.index, checked.event.event.id, person) for person in doubted]
        return len(doubted)

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

    def _is_fresh(self, record: Record) -> bool:
        """Whether no subject of the record had any event after its base."""
        base_index = record.base[0]
        return all(link[1] <= base_index for link in record.links)

    @staticmethod
    def _is_in_time(record: Record, expires_at_us: int) -> bool:
        signatures = record.signatures
        first = signatures[0][2] if len(signatures) == 1 else min(signature[2] for signature in signatures)
        return record.recorded_at_us <= expires_at_us <= first + limits.EXPIRY_MAX_US

    def _is_signed(self, record: Record, people: Sequence[tuple[str, str, int]]) -> bool:
        """Whether exactly those signed who are named to, once each, with keys of persons that count here."""
        wanted = {(role, person) for role, person, signs in people if signs == 1}
        if len(wanted) != len(record.signatures) or len(wanted) != sum([signs for _, _, signs in people]):
            return False
        for role, public_key, _, _ in record.signatures:
            signer = self._signers.get((public_key, role)) or self._look_up(public_key, role)
            if not signer[1] < record.index <= signer[2]:
                return False
            wanted.discard((role, signer[0]))
        return not wanted

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
