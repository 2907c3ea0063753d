"""The procedure of FORMAT.md section 14 over the records of a log, step by step: slow, obvious, for small logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chainlog import digest
from chainlog.authority.admit import admit
from chainlog.authority.state import Authority, is_registry
from chainlog.canon import codec
from chainlog.errors import ChainlogError, SignatureError
from chainlog.event.moves import NAMES_DOCUMENTS, moved_subjects
from chainlog.event.subjects import body_keys
from chainlog.log.head import decode_head, origin_of
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, Record, SubjectHead
from chainlog.record.statement import encode_event_statement
from chainlog.tree.checkpoint import verify_checkpoint
from chainlog.tree.note import parse_note
from tests.section14_slots import Finding, Rows, Slots, Stated

REMARKS = {"clock", "old-base", "document-not-named", "doubtful", "break-glass", "unknown-kind"}
UNSURE = {"unknown-key", "revoked-key", "below-threshold", "bad-ref"}
MISSED = UNSURE | {"stale-link", "stale-draft"}
# What `admit` says of place, base and links is said here with more care.
OWN = {"reordered", "altered", "wrong-base", "wrong-log", "stale-link"}
RECOVERABLE = {"administered", "log_key_changed", "revoked"}
ITEMS = {
    "created.received",
    "created.produced",
    "created.entered",
    "created.opening",
    "copied.made",
    "registered.document",
}
MONTH_US = 31 * 86_400_000_000


class Report(NamedTuple):
    """findings: (code, index), each pair once. root: None where it isn't known."""

    findings: set[Finding]
    integrity: str
    root: bytes | None


def verify(slots: Sequence[bytes | None], head: bytes, log_id: bytes | None, rows: Rows) -> Report:
    """
    slots: the table `records` by key. head: the value `head`; `last` is taken to hold its first two elements.
    log_id: what the verifier is given. rows: the table `subjects`, for what it says of the last record.
    """
    return _Verifier(Slots(slots, Stated(head), rows), head, log_id).run()


class _Below:
    """The records below one, as far as they are evidence: what `admit` asks."""

    def __init__(self, records: dict[int, CheckedRecord]) -> None:
        self.all = records
        self.size = 0
        self.last_hash = b""
        self.heads: dict[str, SubjectHead] = {}
        self.ids: dict[bytes, int] = {}

    def record(self, index: int) -> bytes | None:
        found = self.all.get(index)
        return found.encoded if found is not None and index < self.size else None

    def subject(self, subject: str) -> SubjectHead | None:
        return self.heads.get(subject)

    def index_of(self, event_id: bytes) -> int | None:
        return self.ids.get(event_id)


class _Verifier:
    def __init__(self, slots: Slots, head: bytes, given: bytes | None) -> None:
        self.slots, self.head, self.given = slots, head, given
        self.found = slots.found
        self.authority = Authority()
        self.good = slots.evidence()
        self.below = _Below(self.good)
        self.confirmed = -1  # q
        self.changed_genesis = False
        self.unauthorised: set[bytes] = set()  # keys that only acts without authority brought
        self.unfitted: set[int] = set()  # indexes of findings above which a base differed, so nobody made bases fit
        self.in_doubt: set[int] = set()  # records at which a difference would be explained

    def run(self) -> Report:
        self.log_id = self._identify()
        for index in range(self.slots.size):
            if index in self.good:
                self._judge(index)
        if 0 in self.good and not self.slots.unreadable:
            self._check_head()
        self._remarks()
        integrity = "unreadable" if self.slots.unreadable or not self.good else "intact"
        if integrity == "intact" and any(code not in REMARKS for code, _ in self.found):
            integrity = "broken"
        return Report(self.found, integrity, self.slots.root(self.slots.size))

    # --- step 10 ------------------------------------------------------------------------------------

    def _identify(self) -> bytes | None:
        own, first = self.slots.known(0), self.good.get(1)
        stated = first.record.base[1] if first is not None and first.record.base[0] == 0 else digest.ZERO
        claims = [claim for claim in (own, stated, self.given) if claim is not None and claim != digest.ZERO]
        if own is not None and set(claims) != {own}:
            asked = [checked.record for index, checked in sorted(self.good.items()) if index][:64]
            found = max(claims, key=lambda claim: sum(_holds(record, 0, claim) for record in asked))
            if found != own and 0 in self.good:
                self.found.add(("altered", 0))
                self.changed_genesis = True
            own = found
        if self.given is not None and own != self.given:
            self.found.add(("wrong-log", 0))
        return own

    # --- steps 11 to 17 -----------------------------------------------------------------------------

    def explained(self, index: int) -> bool:
        if any(at is not None and self.confirmed < at <= index and code not in REMARKS for code, at in self.found):
            self.in_doubt.add(index)
            return True
        return False

    def _judge(self, index: int) -> None:
        checked = self.good[index]
        self.below.size, self.below.last_hash = index, checked.record.prev_hash
        codes = set(self._codes(index, checked))
        if index in self.slots.maybe and codes:
            self.found.add(("altered", index))
            self.slots.dark.add(index)
            del self.good[index]
            return
        if index == 0 and codes:
            self.found.discard(("altered", 0))
        self.found |= {(code, index) for code in codes}
        self.explained(index)
        self._fold(index, checked, duplicate="duplicate" in codes, sound=codes <= REMARKS)

    def _codes(self, index: int, checked: CheckedRecord) -> Iterator[str]:
        problems = admit(checked, self.authority, self.below, log_id=self.log_id or digest.ZERO, verify=keys.verify)
        codes = {problem.code for problem in problems}
        codes -= OWN - {"wrong-base"} if index == 0 else OWN
        if any(gone not in self.good for gone in range(index)):
            codes -= UNSURE
        if any(
            key in self.unauthorised and self.authority.key(key) is None for _, key, _, _ in checked.record.signatures
        ):
            codes.discard("unknown-key")
        if "duplicate" in codes:
            yield "duplicate"
            return
        own = set(self._base(index, checked)) if index else set()
        self.found |= {(code, index) for code in own}
        codes |= set(self._links(checked))
        if not self._is_fitted(index, checked):
            yield from own | (codes - MISSED if self.explained(index) else codes)

    def _is_fitted(self, index: int, checked: CheckedRecord) -> bool:
        """Whether its base was made to fit what somebody chained anew below it: then all its signatures are bad."""
        record = checked.record
        base_index, base_hash = record.base
        if any(_holds(record, place, self.log_id) for place in range(len(record.signatures))):
            return False
        if not self.confirmed < base_index < index or base_hash != self.slots.known(base_index):
            return False
        wrong = {
            at
            for code, at in self.found
            if at is not None and self.confirmed < at <= base_index and code not in REMARKS
        }
        return bool(wrong - self.unfitted)

    def _base(self, index: int, checked: CheckedRecord) -> Iterator[str]:
        base_index, base_hash = checked.record.base
        vouched = all(_holds(checked.record, place, self.log_id) for place in range(len(checked.record.signatures)))
        known = self.log_id if base_index == 0 else self.slots.known(base_index)
        if base_index < index and known in (None, base_hash):
            if vouched and base_index in self.good and not (base_index == 0 and self.changed_genesis):
                self.confirmed = max(self.confirmed, base_index)
        elif base_index <= self.confirmed:
            yield "wrong-log" if base_index == 0 else "wrong-base"
        elif self.explained(index):
            if vouched:
                self.unfitted |= {at for _, at in self.found if at is not None and at < base_index}
        elif not vouched:
            yield "wrong-log" if base_index == 0 else "wrong-base"
        elif base_index < index:
            self.found.add(("altered", self.confirmed + 1))
        else:
            yield "missing" if Stated(self.head).size > self.slots.size else "reordered"

    def _links(self, checked: CheckedRecord) -> Iterator[str]:
        for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True):
            head = self.below.subject(subject)
            count, last = (0, -1) if head is None else (head.count, head.index)
            expected = (0, 0, digest.ZERO) if head is None else (count, last, self.slots.known(last))
            gone = link[1] not in self.good and last < link[1] < checked.record.index
            if link == expected or (gone and link[0] > count and self.slots.known(link[1]) in (None, link[2])):
                continue
            yield "stale-link"
            return

    def _fold(self, index: int, checked: CheckedRecord, *, duplicate: bool, sound: bool) -> None:
        event = checked.event.event
        for subject, link in zip(event.subjects, checked.record.links, strict=True):
            self.below.heads[subject] = SubjectHead(link[0] + 1, index, checked.record_hash)
        if duplicate:
            return
        self.below.ids.setdefault(event.id, index)
        if not is_registry(event):
            return
        if sound:
            self.authority.apply(index, checked.record.recorded_at_us, event.kind, checked.event.body)
        else:
            self.unauthorised |= set(body_keys(codec.decode(bytes(event.body))))

    # --- step 18 ------------------------------------------------------------------------------------

    def _check_head(self) -> None:
        size = self.slots.size
        try:
            head = decode_head(self.head)
            note = parse_note(head.checkpoint)
            key = self.authority.log_key(int(note.text.split("\n")[1])) or b""
            origin = origin_of(self.authority.name, self.log_id or digest.ZERO)
            checkpoint = verify_checkpoint(note, origin=origin, public_key=key, verify=keys.verify)
        except (ChainlogError, AssertionError, ValueError, IndexError):
            self.found.add(("head-mismatch", None))
            return
        explained = self.explained(size)
        root = self.slots.root(size)
        if checkpoint.size > size and not explained:
            self.found.add(("truncated", size))
        elif checkpoint.size != size:
            self.found.add(("head-mismatch", None))
        elif root is not None and root != checkpoint.root:
            self.found.add(("head-mismatch", None))
            if not explained:
                self.found.add(("altered", self.confirmed + 1))
        elif (head.size, head.frontier.root(), head.last_hash) != (size, checkpoint.root, self.slots.known(size - 1)):
            self.found.add(("head-mismatch", None))

    # --- steps 22 to 26 -----------------------------------------------------------------------------

    def _remarks(self) -> None:
        standing = {index: checked for index, checked in self.good.items() if index not in self.in_doubt}
        confirmed = set()
        for checked in standing.values():
            if checked.event.event.kind == "countersigned" and not all(self._doubted(checked)):
                confirmed |= {event_id for event_id, _ in checked.event.event.refs}
        for index, checked in standing.items():
            self.found |= {(code, index) for code in self._said(index, checked, standing)}
            if any(self._doubted(checked)) and checked.event.event.id not in confirmed:
                self.found.add(("doubtful", index))

    def _said(self, index: int, checked: CheckedRecord, standing: dict[int, CheckedRecord]) -> Iterator[str]:
        record, event = checked.record, checked.event.event
        before, base = standing.get(index - 1), standing.get(record.base[0])
        if before is not None and record.recorded_at_us < before.record.recorded_at_us:
            yield "clock"
        far = index - record.base[0] > 10_000
        aged = base is not None and record.recorded_at_us - base.record.recorded_at_us > MONTH_US
        if record.base[0] < index - 1 and (far or aged):
            yield "old-base"
        if self._leaves_out_documents(index, checked, standing):
            yield "document-not-named"
        recovery = any(role == "recovery" for role, _, _, _ in record.signatures)
        if event.kind in RECOVERABLE and recovery and not self._by_administrators(checked):
            yield "break-glass"

    def _doubted(self, checked: CheckedRecord) -> list[bool]:
        doubted = []
        for _, public_key, _, _ in checked.record.signatures:
            history = self.authority.key(public_key)
            if history is None or history.doubt_from is None or history.until is None:
                doubted.append(False)
            else:
                doubted.append(history.doubt_from <= checked.record.index <= history.until)
        return doubted

    def _by_administrators(self, checked: CheckedRecord) -> bool:
        era = self.authority.administration(checked.record.index)
        signed = {key for role, key, _, _ in checked.record.signatures if role == "administrator"}
        return sum(key in signed for key in era.administrators.values()) >= era.threshold

    @staticmethod
    def _leaves_out_documents(index: int, checked: CheckedRecord, standing: dict[int, CheckedRecord]) -> bool:
        event, kind = checked.event.event, checked.event.kind
        if kind is None or kind.name not in NAMES_DOCUMENTS:
            return False
        for carrier in moved_subjects(kind, event.subjects, codec.decode(bytes(event.body))):
            documents = [
                earlier.event.event.subjects[item["document"]]
                for at, earlier in sorted(standing.items())
                if at < index and earlier.event.event.kind in ITEMS
                for item in codec.decode(bytes(earlier.event.event.body)).get("items", ())
                if "document" in item and earlier.event.event.subjects[item["carrier"]] == carrier
            ]
            if documents and documents[-1] not in event.subjects:
                return True
        return False


def _holds(record: Record, place: int, log_id: bytes | None) -> bool:
    if log_id is None:
        return True
    role, public_key, at, signature = record.signatures[place]
    statement = encode_event_statement(log_id=log_id, base=record.base, role=role, signed_at_us=at, event=record.event)
    try:
        keys.verify(public_key, statement, signature)
    except SignatureError:
        return False
    return True
