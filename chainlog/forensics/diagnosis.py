"""The slow and exact way through a log: which records are not what they were, and what else is wrong. Pure over the evidence.

Two passes over the records, one for what signatures say of others, one to judge them in order; then the tables. One
change gives one finding, at the first record that it touched; what follows from it is counted there.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from chainlog import limits
from chainlog.authority.state import is_registry
from chainlog.canon import codec
from chainlog.digest import ZERO
from chainlog.errors import FormatError
from chainlog.forensics import remarks
from chainlog.forensics.aftermath import Aftermath
from chainlog.forensics.beside import within_head
from chainlog.forensics.cases import Cases
from chainlog.forensics.evidence import Evidence, is_lost, parse_index, parse_subject_row
from chainlog.forensics.identity import Identity, identify
from chainlog.forensics.outside import Foreign, judge_outside, read_outside, subject_of
from chainlog.forensics.placing import Placing
from chainlog.forensics.registration import break_glass
from chainlog.forensics.replay import Judged, Replay
from chainlog.forensics.report import Finding, NotChecked, Recovered, recovered_by
from chainlog.forensics.rewriting import Rewriting, primary_of
from chainlog.forensics.scratch import Book
from chainlog.forensics.seen import Rows, Seen
from chainlog.forensics.summary import Verified
from chainlog.forensics.true_head import NO_LOG_KEY, HeadJudge, StatedHead, read_stated_head
from chainlog.forensics.true_rows import compare_rows
from chainlog.forensics.true_tree import Tree, TreeBuilder
from chainlog.forensics.witnesses import Masks, Witnesses
from chainlog.record.record import CheckedRecord, check_record, unverified_record
from chainlog.store.port import KeyValue

# A head may state any size; so many records more than there are rows are believed to be missing at most.
_MISSING_MAX = 1 << 24
_UNREAD = "records of an unknown version, and what follows them, were not read"
_BEYOND_UNREAD = "it covers records of an unknown version, which were not read"


class Diagnosis(msgspec.Struct, frozen=True, array_like=True):
    """
    What was found. size: how many records belong there. root: over all of them, if the log key signed it. dropped: how
    many findings there were beyond those listed. maps: how many roots of the completeness map were committed. readable:
    whether there were records, of versions that this release knows. recovered: of records that count. foreign: checkpoints from
    outside that are none of this log's.
    """

    identity: Identity
    size: int
    root: bytes | None
    findings: list[Finding]
    dropped: int
    not_checked: list[NotChecked]
    maps: int
    readable: bool
    recovered: list[Recovered]
    foreign: list[Foreign]


def diagnose(
    evidence: Evidence,
    given: bytes | None,
    *,
    verified: Verified | None = None,
    outside: Sequence[bytes] = (),
    scratch: Path | None = None,
    store: KeyValue | None = None,
) -> Diagnosis:
    """
    Find everything that is wrong with the log in *evidence*.

    Args:
        given: the log id that the caller knows, or None.
        verified: whose signatures were checked before, for the id that `identify` gives.
        outside: checkpoints that were kept elsewhere, as `forensics.outside.read_outside` lets pass.
        scratch: a directory for what does not fit into flat memory; without it everything is kept in memory.
        store: empty tables for the heads of all subjects; in memory by default.

    Cost: some 100 µs a record, and its signatures where *verified* doesn't have them.
    """
    stated = read_stated_head(evidence)
    within = within_head(evidence, stated)
    evidence = within or evidence
    identity = identify(evidence, given)
    rows = evidence.count("records")
    said = max(stated.note_size, stated.size, _last_stated(evidence, stated.note_size))
    size = max(_span(evidence, rows), min(said, rows + _MISSING_MAX))
    checked = Masks(identity.log_id, rows, verified or Verified(), scratch and scratch / "masks")
    log_id = identity.log_id or ZERO
    witnesses = Witnesses(evidence, log_id, size, scratch and scratch / "signed")
    witnesses.gather(checked)
    book = Book(store)
    try:
        patient = _Patient(evidence, identity, stated, checked, witnesses, book, size=size, scratch=scratch)
        patient.walk()
        for row in () if within is None else within.beside():
            patient.name_beside(row)
        return patient.conclude(outside)
    finally:
        book.close()


def _last_stated(evidence: Evidence, signed: int) -> int:
    """
    How many records there have been if the last one is the one that it calls itself: others were taken out, and it moved.

    0 where there are as many as were *signed*: then its index is what was changed.
    """
    rows = ((parse_index(key), data) for key, data in evidence.scan("records"))
    slots = ((index, data) for index, data in rows if index is not None and index <= limits.INTEGER_MAX)
    last, data = max(slots, default=(-1, b""))
    if last + 1 == signed:
        return 0
    try:
        return unverified_record(data).index + 1
    except codec.BAD_BYTES:
        return 0


def _span(evidence: Evidence, rows: int) -> int:
    """How many records there have been at least: where pages are lost, those that are left say it by where they stand."""
    span = rows
    for key, data in evidence.scan("records"):
        index = parse_index(key)
        if index is None or not span <= index < rows + _MISSING_MAX:
            continue
        try:
            if unverified_record(data).index == index:
                span = index + 1
        except codec.BAD_BYTES:
            continue  # it says nothing
    return span if evidence.lost("records") else rows


class _Patient:
    """One log under diagnosis."""

    def __init__(
        self,
        evidence: Evidence,
        identity: Identity,
        stated: StatedHead,
        masks: Masks,
        witnesses: Witnesses,
        book: Book,
        *,
        size: int,
        scratch: Path | None,
    ) -> None:
        self._evidence = evidence
        self._identity = identity
        self._stated = stated
        self._witnesses = witnesses
        self._book = book
        self._cases = Cases(lambda index: is_lost(evidence, index))
        self._replay = Replay(
            evidence,
            log_id=identity.log_id or ZERO,
            size=size,
            masks=masks,
            cases=self._cases,
            book=book,
            scratch=scratch,
        )
        self._rewriting = Rewriting(
            self._cases,
            signed=witnesses.signed,
            stands_at=book.index_of,
            stated_size=stated.note_size or stated.size,
            rows=evidence.count("records"),
        )
        self._placing = Placing(
            Rows(evidence, self._foreign, self._exchanged),
            witnesses,
            self._cases,
            size=size,
            last_word=self._word_on_last,
            is_rewritten=lambda: self._rewriting.since is not None,
        )
        self._remarks: list[Finding] = []
        self._recorded_at: int | None = None  # of the record before
        self._doubt_from: int | None = None
        self._maps = 0

    def _foreign(self, key: bytes) -> None:
        self._cases.add("foreign-data", None, f"records/{key.hex()}", "the key is no index")

    def _exchanged(self, index: int, count: int) -> None:
        self._cases.add("reordered", index, "", f"{count} records stand in each other's places, the first one here")

    def _word_on_last(self, index: int, seen: Seen) -> bytes | None:
        """What most tables say of the hash of the record at *index*, if that is the last one; None if they don't."""
        words = [self._stated.last_hash] if self._stated.size == index + 1 else []
        head = self._stated.head
        if head is not None and head.size == index + 1:
            words.append(head.last_hash)
        stored = self._evidence.getter("subjects")
        for subject in () if seen.checked is None else seen.checked.event.event.subjects:
            row = parse_subject_row(stored(subject.encode()))
            if row is not None and row.index == index:
                words.append(row.record_hash)
        # A word of its own is worth as much as that of a table.
        words.append(seen.record_hash)
        return max(words, key=words.count) if len(words) > 1 else None

    # --- the records ----------------------------------------------------------------------------

    def walk(self) -> None:
        """Judge all records in order."""
        for slot in self._placing:
            self._judge_extra()
            self._replay.rewritten_from = self._rewriting.since
            judged: Judged | None = None
            checked = slot.seen.checked if slot.seen is not None and slot.sound else None
            if checked is not None and slot.seen is not None:
                judged = self._replay.judge(slot.seen, checked)
            self._rewriting.see(slot, judged, checked)
            if checked is not None and judged is not None:
                self._remark(checked, judged)
            self._recorded_at = None if checked is None else checked.record.recorded_at_us
            self._replay.take(slot, judged)
        self._judge_extra()

    def name_beside(self, row: Seen) -> None:
        """Say what a row is that stands above the head, and that nothing leads to. After the walk."""
        where = "a row beside the log"
        if row.checked is None:
            # Nothing of the log is of that version, if it states another.
            code = "malformed" if row.code == "version-regression" else row.code
            self._cases.add(code, row.key, "", f"{where}: {row.detail}")
            return
        event = row.checked.event.event
        standing = self._standing(event.id)
        if standing is not None:
            self._cases.add("duplicate", row.key, event.id.hex(), f"a second row of the act that stands at {standing}")
        else:
            self._cases.add("foreign-data", row.key, event.kind, where)

    def _standing(self, event_id: bytes) -> int | None:
        """The index of the act with this id, by the records walked so far, or by the table."""
        found = self._book.index_of(event_id)
        return found if found is not None else parse_index(self._evidence.getter("ids")(event_id))

    def _judge_extra(self) -> None:
        """Judge rows that stand for no index of the log."""
        for index, seen in self._placing.extra:
            checked = seen.checked
            if checked is None:
                self._cases.add(seen.code, index, "", f"a row beside the log: {seen.detail}")
                continue
            event_id = checked.event.event.id
            standing = self._standing(event_id)
            if standing is not None:
                self._cases.add(
                    "duplicate", index, event_id.hex(), f"a second row of the act that stands at {standing}"
                )
                continue
            judged = self._replay.judge(seen, checked)
            problems = [*judged.own, *([judged.based] if judged.based else [])]
            said = f": {primary_of(problems).code}" if problems else ""
            self._cases.add("foreign-data", index, checked.event.event.kind, f"a row beside the log{said}")
        self._placing.extra.clear()

    def _remark(self, checked: CheckedRecord, judged: Judged) -> None:
        record, event = checked.record, checked.event.event
        # A record out of its place, or one beside it, says nothing of the writer's clock.
        if self._recorded_at is not None and not self._is_disturbed(record.index):
            self._remarks += remarks.clock(record.index, record.recorded_at_us, self._recorded_at)
        base_at = remarks.recorded_at(self._replay.record(record.base[0]))
        if base_at is not None:
            self._remarks += remarks.old_base(record.index, record.recorded_at_us, record.base[0], base_at)
        if checked.event.kind is not None:
            self._remarks += remarks.documents_left_out(record, event, checked.event.kind, self._replay.record, {})
        self._maps += event.kind == "index_committed"
        if is_registry(event) and not judged.own:
            self._remarks += break_glass(checked, self._replay.authority)
            doubt_from = getattr(checked.event.body, "doubt_from", None)
            if isinstance(doubt_from, int):
                self._doubt_from = min(doubt_from, record.index if self._doubt_from is None else self._doubt_from)

    def _is_disturbed(self, index: int) -> bool:
        return self._rewriting.since is not None or any(self._cases.at(place) for place in (index - 1, index))

    def _find_doubtful(self) -> None:
        """Signatures that a later event declared doubtful and nobody has countersigned. Cost: another pass from there."""
        doubtful: list[tuple[int, bytes, str]] = []
        confirmed: set[bytes] = set()
        for index in range(self._doubt_from or 0, 0 if self._doubt_from is None else self._replay.size):
            try:
                checked = check_record(self._replay.record(index) or b"")
            except FormatError:
                continue
            event = checked.event.event
            doubted = list(remarks.doubtful(checked, self._replay.authority))
            doubtful += [(index, event.id, person) for person in doubted]
            if event.kind == "countersigned" and len(doubted) < len(checked.record.signatures):
                confirmed.update(event_id for event_id, _ in event.refs)
        self._remarks += remarks.still_doubtful(doubtful, confirmed)

    def _is_head_lost(self) -> bool:
        rows = sum(1 for _ in self._evidence.scan("head"))
        return rows < 2 and bool(self._evidence.lost("head") or self._evidence.lost(""))

    # --- what stands beside them ----------------------------------------------------------------

    def conclude(self, outside: Sequence[bytes]) -> Diagnosis:
        """Compare everything else with the records, and say what was found."""
        size = self._replay.size
        kept = {parse_index(key) or 0 for key, _ in self._evidence.scan("checkpoints")}
        builder = TreeBuilder(self._evidence, self._replay.hashes, size=size, tiled=self._witnesses.tiled)
        elsewhere = {read_outside(note).size for note in outside}
        tree = builder.build({*elsewhere, *kept, size, self._stated.note_size})
        self._rewriting.finish()
        after = Aftermath(
            self._cases,
            size,
            self._replay.hashes,
            self._replay.damaged,
            self._replay.other_head,
            self._rewriting.first,
            self._rewriting.shifted,
        )
        judge = HeadJudge(
            after,
            self._replay.authority,
            tree,
            name=self._identity.name,
            log_id=self._identity.log_id or ZERO,
            confirmed=self._rewriting.confirmed,
        )
        root, unread = None, self._placing.is_unread
        if size and not unread:
            root = judge.judge_head(self._stated, lost=self._is_head_lost())
            judge.judge_kept(self._evidence)
            # After these say where the log was cut off: tiles above come of it.
            builder.report(after)
            compare_rows(self._evidence, self._book, after)
        self._find_doubtful()
        foreign, not_compared = self._compare_outside(outside, tree)
        findings = self._cases.findings()
        not_checked = [NotChecked("head", reason) for reason in judge.not_known]
        return Diagnosis(
            identity=self._identity,
            size=size,
            root=root,
            findings=[*findings, *self._remarks],
            dropped=self._cases.dropped,
            not_checked=[*([NotChecked("head and tables", _UNREAD)] if unread else not_checked), *not_compared],
            maps=self._maps,
            readable=size > 0 and all(finding.code != "version-regression" for finding in findings),
            recovered=recovered_by(self._replay.authority),
            foreign=foreign,
        )

    def _compare_outside(self, outside: Sequence[bytes], tree: Tree) -> tuple[list[Foreign], list[NotChecked]]:
        """Hold checkpoints from outside against the log: those of another one; those for which what is known doesn't suffice."""
        size, authority = self._replay.size, self._replay.authority
        foreign: list[Foreign] = []
        said: list[NotChecked] = []
        for note in outside:
            stated, what = read_outside(note).size, subject_of(note)
            if self._placing.is_unread and stated > size:
                said.append(NotChecked(what, _BEYOND_UNREAD))
                continue
            if authority.log_key(max(1, min(stated, size))) is None:
                said.append(NotChecked(what, NO_LOG_KEY))
                continue
            compared = judge_outside([note], size=size, roots=tree.roots, authority=authority, identity=self._identity)
            for finding in compared.findings:
                self._cases.add(finding.code, finding.index, finding.subject, finding.detail)
            for one in compared.foreign:
                if one.of_log == self._identity.log_id and self._cases.is_any_from(0):
                    # What is gone may be what brought the key that signed it.
                    said.append(NotChecked(what, NO_LOG_KEY))
                else:
                    foreign.append(one)
        return foreign, said
