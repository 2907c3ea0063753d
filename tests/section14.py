"""The procedure of FORMAT.md section 14 over the slots of a log, step by step: slow, obvious, for small logs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chainlog import digest
from chainlog.authority.admit import admit
from chainlog.authority.state import Authority, is_registry
from chainlog.canon import codec
from chainlog.errors import ChainlogError, FormatError, SignatureError
from chainlog.event.moves import NAMES_DOCUMENTS, moved_subjects
from chainlog.log.head import decode_head, origin_of
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, SubjectHead, check_record, unverified_record
from chainlog.record.statement import encode_event_statement
from chainlog.tree.checkpoint import verify_checkpoint
from chainlog.tree.merkle import root_of
from chainlog.tree.note import parse_note

REMARKS = {"clock", "old-base", "document-not-named", "doubtful", "break-glass", "unknown-kind"}
CODE_OF = {
    "not-folded": "not-folded",
    "subjects-mismatch": "subjects-mismatch",
    "unknown-version": "version-regression",
}
UNSURE = {"unknown-key", "revoked-key", "below-threshold", "bad-ref"}
MISSED = UNSURE | {"stale-link", "stale-draft"}
# What `admit` says of place, base and links is said here with more care.
OWN = {"reordered", "altered", "wrong-base", "wrong-log", "stale-link"}
DAY_US = 86_400_000_000
ITEMS = {
    "created.received",
    "created.produced",
    "created.entered",
    "created.opening",
    "copied.made",
    "registered.document",
}

Finding = tuple[str, int | None]
Rows = Mapping[str, tuple[int, int, bytes]]
"""Subject to count, index of the last event, its record hash."""


class Report(NamedTuple):
    findings: set[Finding]
    integrity: str
    root: bytes | None


class Below:
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


class Verifier:
    def __init__(self, slots: Sequence[bytes | None], head: bytes, given: bytes | None, rows: Rows) -> None:
        self.slots = dict(enumerate(slots))
        while self.slots and self.slots[max(self.slots)] is None:
            del self.slots[max(self.slots)]
        self.rows = rows
        self.dark: set[int] = set()
        self.displaced: set[int] = set()
        self.stored_head = head
        self.given = given
        self.found: set[Finding] = set()
        self.undecodable: dict[int, str] = {}
        self.unreadable = False
        self.authority = Authority()
        self.confirmed = -1  # q
        self.changed_genesis = False
        self.in_doubt: set[int] = set()  # records at which a difference would be explained

    # --- 14.3 and 14.4 ----------------------------------------------------------------------------

    def decode(self) -> dict[int, CheckedRecord]:
        good = {}
        for slot, data in sorted(self.slots.items()):
            if data is None:
                continue
            try:
                good[slot] = check_record(data)
            except FormatError as error:
                code = CODE_OF.get(error.code, "malformed")
                self.undecodable[slot] = code
                following = self.slots.get(slot + 1)
                if following is not None and stated_prev(following) not in (None, digest.record_hash(data)):
                    self.undecodable[slot] = "malformed"
                elif code == "version-regression":
                    self.unreadable = True
                    self.found.add((code, slot))
                    for later in [s for s in self.slots if s >= slot]:
                        del self.slots[later]
                    break
        return good

    def order(self, good: dict[int, CheckedRecord]) -> None:
        last = max(self.slots, default=-1)
        for slot in range(last + 1):
            if self.slots[slot] is None and (slot == 0 or self.slots[slot - 1] is not None):
                self.found.add(("missing", slot))
        odd = {slot: checked.record.index for slot, checked in good.items() if checked.record.index != slot}
        taken = self._exchanged(good, odd)
        for slot in list(odd):
            if list(self.slots.values()).count(good[slot].encoded) > 1:
                self._lost("duplicate", slot)
                del odd[slot]
        claims: dict[int, list[bytes]] = {}
        for run in _runs(odd):
            shift = odd[run[0]] - run[0]
            if run[-1] != last or any(odd[slot] - slot != shift for slot in run):
                for slot in run:
                    self._lost("altered", slot)
                continue
            if shift > 0:
                self.found.add(("missing", run[0]))
                taken |= dict.fromkeys(range(run[0], run[0] + shift))
            else:
                first = run[0] + shift
                ids = {checked.event.event.id for checked in good.values() if checked.record.index == first}
                self.found.add(("foreign-data" if len(ids) > 1 else "duplicate", first))
            for slot in run:
                claims.setdefault(odd[slot], []).append(good[slot].encoded)
                self.slots.pop(slot)
        self.slots |= taken
        for index, claim in sorted(claims.items()):
            self._claim(index, claim)

    def _lost(self, code: str, slot: int) -> None:
        self.found.add((code, slot))
        self.dark.add(slot)
        self.displaced.add(slot)

    def _exchanged(self, good: dict[int, CheckedRecord], odd: dict[int, int]) -> dict[int, bytes | None]:
        taken: dict[int, bytes | None] = {}
        stated = [checked.record.index for checked in good.values()]
        for start in sorted(odd):
            cycle, slot = [start], odd.get(start, start)
            while slot != start and slot in odd and slot not in cycle:
                cycle.append(slot)
                slot = odd[slot]
            if start in odd and slot == start and len(cycle) > 1 and all(stated.count(index) == 1 for index in cycle):
                self.found.add(("reordered", min(cycle)))
                for member in cycle:
                    taken[odd.pop(member)] = good[member].encoded
        return taken

    def _claim(self, index: int, claims: list[bytes]) -> None:
        here = self.slots.get(index)
        both = [*([] if here is None else [here]), *claims]
        following = self.slots.get(index + 1)
        wanted = None if following is None else stated_prev(following)
        self.slots[index] = next((data for data in both if digest.record_hash(data) == wanted), both[-1])

    # --- 14.5 ---------------------------------------------------------------------------------------

    def breaks(self) -> list[list[int]]:
        """Runs of indexes a such that the pair (a, a+1) breaks; the head is the index n."""
        broken = {}
        for index in range(self.size - 1):
            here, after = self.slots.get(index), self.slots.get(index + 1)
            if here is not None and after is not None and not {index, index + 1} & self.displaced:
                broken[index] = stated_prev(after) not in (None, digest.record_hash(here))
        broken[self.size - 1] = self.size - 1 not in self.displaced and self.last_breaks()
        return list(_runs([index for index, breaks in broken.items() if breaks]))

    def last_breaks(self) -> bool:
        last = self.slots.get(self.size - 1)
        if last is None or self.head_fields is None or self.head_fields[0] != self.size:
            return False
        if self.last_hash == digest.record_hash(last):
            return False
        pointing = [row_hash for _, at, row_hash in self.rows.values() if at == self.size - 1]
        hashes = [digest.record_hash(data) for _, data in sorted(self.slots.items()) if data is not None]
        return {*pointing, self.last_hash} == {self.last_hash} and root_of(hashes) != (self.signed or (0, b""))[1]

    def known(self, index: int) -> bytes | None:
        data = self.slots.get(index)
        if data is not None and index not in self.dark:
            return digest.record_hash(data)
        after = self.slots.get(index + 1)
        if after is not None and index + 1 not in self.dark:
            return stated_prev(after)
        return self.last_hash if index == self.size - 1 else None

    # --- 14.6 and 14.7 --------------------------------------------------------------------------------

    def identify(self, good: dict[int, CheckedRecord]) -> bytes | None:
        own = self.known(0)
        first = good.get(1)
        if first is not None and first.record.base[0] == 0 and first.record.base[1] != own:
            if all(signature_holds(first.record, i, first.record.base[1]) for i in range(len(first.record.signatures))):
                self.found.add(("altered", 0))
                self.changed_genesis = True
                own = first.record.base[1]
        if self.given is not None and own != self.given:
            self.found.add(("wrong-log", 0))
        return own

    def judge(self, good: dict[int, CheckedRecord], maybe: set[int]) -> None:
        view = Below({index: good[index] for index in good})
        self.view = view
        for index in range(self.size):
            checked = good.get(index)
            if index in self.dark or checked is None:
                view.all.pop(index, None)
                continue
            view.size = index
            problems = list(self._judge(index, checked, view))
            if index == 0 and problems:
                self.found.discard(("altered", 0))
            if index in maybe:
                if problems:
                    self.found.add(("altered", index))
                    self.dark.add(index)
                    view.all.pop(index, None)
                    continue
                self.undecodable.pop(index, None)
            self.found |= {(code, index) for code in problems}
            self.explained(index)
            self._fold(index, checked, view, duplicate="duplicate" in problems)

    def at(self, index: int) -> bytes | None:
        return self.log_id if index == 0 else self.known(index)

    def explained(self, index: int) -> bool:
        if any(at is not None and self.confirmed < at <= index and code not in REMARKS for code, at in self.found):
            self.in_doubt.add(index)
            return True
        return False

    def _judge(self, index: int, checked: CheckedRecord, view: Below) -> Iterator[str]:
        record = checked.record
        view.last_hash = record.prev_hash
        problems = admit(checked, self.authority, view, log_id=self.log_id or digest.ZERO, verify=keys.verify)
        codes = {problem.code for problem in problems} - OWN
        codes |= {problem.code for problem in problems if index == 0 and problem.code == "wrong-base"}
        if any(gone not in view.all for gone in range(index)):
            codes -= UNSURE
        if "duplicate" in codes:
            yield "duplicate"
            return
        own = set(self._base(index, checked, view)) if index else set()
        self.found |= {(code, index) for code in own}
        codes |= set(self._links(index, checked, view))
        yield from own | (codes - MISSED if self.explained(index) else codes)

    def _base(self, index: int, checked: CheckedRecord, view: Below) -> Iterator[str]:
        base_index, base_hash = checked.record.base
        if base_index < index and self.at(base_index) in (None, base_hash):
            if base_index in view.all and not (base_index == 0 and self.changed_genesis):
                self.confirmed = max(self.confirmed, base_index)
            return
        if base_index <= self.confirmed:
            yield "wrong-log" if base_index == 0 else "wrong-base"
        elif not self.explained(index) and base_index < index:
            self.found.add(("altered", self.confirmed + 1))
        elif not self.explained(index):
            yield "missing" if (self.head_fields or (0,))[0] > self.size else "reordered"

    def _links(self, index: int, checked: CheckedRecord, view: Below) -> Iterator[str]:
        for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True):
            head = view.subject(subject)
            expected = (0, 0, digest.ZERO) if head is None else (head.count, head.index, self.known(head.index))
            if link == expected:
                continue
            count, last = (0, -1) if head is None else (head.count, head.index)
            gone = link[1] not in view.all and last < link[1] < index
            if gone and link[0] >= count + 1 and self.known(link[1]) in (None, link[2]):
                continue
            yield "stale-link"
            return

    def _fold(self, index: int, checked: CheckedRecord, view: Below, *, duplicate: bool) -> None:
        for subject, link in zip(checked.event.event.subjects, checked.record.links, strict=True):
            view.heads[subject] = SubjectHead(link[0] + 1, index, checked.record_hash)
        event = checked.event.event
        if duplicate:
            return
        view.ids.setdefault(event.id, index)
        if is_registry(event) and (index == 0) == (event.kind == "log_opened"):
            self.authority.apply(index, checked.record.recorded_at_us, event.kind, checked.event.body)

    # --- 14.8 -------------------------------------------------------------------------------------------

    def read_head(self) -> None:
        """What the stored head says, whoever signed it."""
        self.signed: tuple[int, bytes] | None = None
        self.last_hash: bytes | None = None
        self.head_fields: tuple[int, bytes, bytes] | None = None
        try:
            head = decode_head(self.stored_head)
            lines = parse_note(head.checkpoint).text.split("\n")
            self.last_hash = head.last_hash
            self.head_fields = (head.size, head.last_hash, head.frontier.root())
            self.signed = (int(lines[1]), codec.decode(b"\xc4\x20" + _base64(lines[2])))
        except (ChainlogError, ValueError, IndexError):
            return

    def check_head(self) -> None:
        explained = self.explained(self.size)
        try:
            head = decode_head(self.stored_head)
            note = parse_note(head.checkpoint)
            size = int(note.text.split("\n")[1])
            key = self.authority.log_key(size)
            origin = origin_of(self.authority.name, self.log_id or digest.ZERO)
            checkpoint = verify_checkpoint(note, origin=origin, public_key=key or b"", verify=keys.verify)
        except (ChainlogError, AssertionError, ValueError, IndexError):
            self.found.add(("head-mismatch", None))
            return
        hashes = [self.known(index) for index in range(min(checkpoint.size, self.size))]
        root = None if None in hashes else root_of(hashes)
        if checkpoint.size > self.size:
            self.found.add(("head-mismatch", None) if explained else ("truncated", self.size))
        elif checkpoint.size < self.size:
            self.found.add(("head-mismatch", None))
        elif root is not None and root != checkpoint.root:
            self.found.add(("head-mismatch", None))
            if not explained:
                self.found.add(("altered", self.confirmed + 1))
        elif (head.size, head.frontier.root()) != (self.size, checkpoint.root) or self.known(
            self.size - 1
        ) != head.last_hash:
            self.found.add(("head-mismatch", None))

    # --- 14.10 ------------------------------------------------------------------------------------------

    def remarks(self, good: dict[int, CheckedRecord]) -> None:
        standing = {index: checked for index, checked in good.items() if index not in self.dark | self.in_doubt}
        confirmed = set()
        for checked in standing.values():
            if checked.event.event.kind == "countersigned" and not all(self._doubted(checked)):
                confirmed |= {event_id for event_id, _ in checked.event.event.refs}
        for index, checked in standing.items():
            record = checked.record
            before = standing.get(index - 1)
            if before is not None and record.recorded_at_us < before.record.recorded_at_us:
                self.found.add(("clock", index))
            base = standing.get(record.base[0])
            if record.base[0] < index - 1 and (
                index - record.base[0] > 10_000
                or (base is not None and record.recorded_at_us - base.record.recorded_at_us > 31 * DAY_US)
            ):
                self.found.add(("old-base", index))
            if any(self._doubted(checked)) and checked.event.event.id not in confirmed:
                self.found.add(("doubtful", index))
            if self._leaves_out_documents(index, checked, standing):
                self.found.add(("document-not-named", index))
            if checked.event.event.kind in (
                "administered",
                "log_key_changed",
                "revoked",
            ) and not self._by_administrators(checked):
                if any(role == "recovery" for role, _, _, _ in record.signatures):
                    self.found.add(("break-glass", index))

    def _doubted(self, checked: CheckedRecord) -> list[bool]:
        doubted = []
        for _, public_key, _, _ in checked.record.signatures:
            history = self.authority.key(public_key)
            since = None if history is None else history.doubt_from
            doubted.append(since is not None and since <= checked.record.index <= (history.until or 0))
        return doubted

    def _by_administrators(self, checked: CheckedRecord) -> bool:
        era = self.authority.administration(checked.record.index)
        own = set(era.administrators.items())
        signed = {key for role, key, _, _ in checked.record.signatures if role == "administrator"}
        return len({person for person, key in own if key in signed}) >= era.threshold

    def _leaves_out_documents(self, index: int, checked: CheckedRecord, standing: dict[int, CheckedRecord]) -> bool:
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

    # --- all ---------------------------------------------------------------------------------------------

    def run(self) -> Report:
        good = self.decode()
        self.read_head()
        self.order(good)
        self.size = max((index for index in self.slots), default=-1) + 1
        maybe: set[int] = set()
        for run in self.breaks():
            if len(run) > 1 and run[0] not in self.undecodable:
                maybe.add(run[0])
                run = run[1:]
            for index in run:
                if index not in self.undecodable:
                    self.found.add(("altered", index))
                self.dark.add(index)
        self.found |= {(code, index) for index, code in self.undecodable.items() if code != "version-regression"}
        self.dark |= {index for index in self.undecodable if index in self.slots}
        good = {
            index: check_record(data)
            for index, data in self.slots.items()
            if data is not None and index not in self.dark
        }
        self.log_id = self.identify(good)
        self.judge(good, maybe)
        if not self.unreadable and 0 in good:
            self.check_head()
        self.remarks(good)
        hashes = [self.known(index) for index in range(self.size)]
        integrity = "unreadable" if self.unreadable or not good else "intact"
        if integrity == "intact" and any(code not in REMARKS for code, _ in self.found):
            integrity = "broken"
        return Report(self.found, integrity, None if None in hashes else root_of(hashes))


def stated_prev(data: bytes) -> bytes | None:
    try:
        return unverified_record(data).prev_hash
    except codec.BAD_BYTES:
        return None


def signature_holds(record: Any, place: int, log_id: bytes) -> bool:
    role, public_key, at, signature = record.signatures[place]
    statement = encode_event_statement(log_id=log_id, base=record.base, role=role, signed_at_us=at, event=record.event)
    try:
        keys.verify(public_key, statement, signature)
    except SignatureError:
        return False
    return True


def _base64(text: str) -> bytes:
    from base64 import b64decode

    return b64decode(text)


def _runs(slots: Iterable[int]) -> Iterator[list[int]]:
    """Maximal runs of consecutive numbers."""
    run: list[int] = []
    for slot in sorted(slots):
        if run and slot != run[-1] + 1:
            yield run
            run = []
        run.append(slot)
    if run:
        yield run


def verify(slots: Sequence[bytes | None], head: bytes, log_id: bytes | None, rows: Rows) -> Report:
    """
    slots: the table `records` by key. head: the value `head`; `last` is taken to hold its first two elements.
    log_id: what the verifier is given. rows: the table `subjects`, for what it says of the last record.
    """
    return Verifier(slots, head, log_id, rows).run()
