"""Making an evidence bundle from one state of a log. Pure; log, tree and map are passed in.

Format: schemas/FORMAT.md, evidence bundles. What a bundle shows is what its subjects, its keys and the log's own three demand,
and nothing else. It is checked as a stranger would check it before it is handed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from chainlog.authority.state import OWN_SUBJECTS
from chainlog.authority.view import View, walk_back, whole_history
from chainlog.canon import codec
from chainlog.errors import LimitError, NotFoundError, ProofError, RecordHashError
from chainlog.event.model import unverified_body, unverified_event
from chainlog.limits import BUNDLE_RECORDS_MAX
from chainlog.proof.bundle import Bundle, Opened, encode_bundle, sorted_subjects
from chainlog.proof.bundle_check import check_bundle
from chainlog.proof.bundle_records import keys_of
from chainlog.proof.bundle_report import BundleReport
from chainlog.record.record import CheckedRecord, SubjectHead, check_record, unverified_record
from chainlog.tree.checkpoint import parse_checkpoint
from chainlog.tree.note import parse_note
from chainlog.tree.proofs import TreeReader, batch_inclusion_path


@dataclass(frozen=True, slots=True)
class Commitment:
    """An `index_committed`. index: where it stands. size, root: of the map."""

    index: int
    size: int
    root: bytes


class Proven(Protocol):
    """What a map gives for a subject."""

    @property
    def proof(self) -> bytes: ...


class MapSource(Protocol):
    """The map that the log committed to (`projection.completeness.MapAt` is one)."""

    @property
    def root(self) -> bytes: ...

    def prove(self, subject: str, /) -> Proven: ...


class MadeBundle(NamedTuple):
    """The file, and what a verifier who knows the log id learns from it."""

    data: bytes
    report: BundleReport


class Beginning:
    """The first *size* records of a log, as a view."""

    def __init__(self, log: View, size: int) -> None:
        self._log = log
        self.size = size

    @property
    def last_hash(self) -> bytes:
        raise AssertionError("nobody asks a bundle's maker for it")

    def record(self, index: int) -> bytes | None:
        return self._log.record(index) if index < self.size else None

    def subject(self, subject: str) -> SubjectHead | None:
        """The newest record that names *subject*, by walking back from the log's newest. Raises RecordHashError."""
        head = self._log.subject(subject)
        while head is not None and head.index >= self.size:
            data = self._log.record(head.index)
            if data is None:
                raise RecordHashError(index=head.index)
            record = unverified_record(data)
            link = record.links[unverified_event(record.event).subjects.index(subject)]
            head = SubjectHead(*link) if link[0] else None
        return head

    def index_of(self, event_id: bytes) -> int | None:
        index = self._log.index_of(event_id)
        return index if index is not None and index < self.size else None


def newest_commitment(view: View) -> Commitment | None:
    """The last `index_committed` of a log, None if there is none."""
    for step in walk_back(view, "s/map"):
        # Corrections of one stand on the same subject.
        if step.event.kind == "index_committed":
            body = unverified_body(step.event)
            return Commitment(step.index, body.size, body.map_root)
    return None


def make_bundle(
    log: View,
    tree: TreeReader,
    *,
    checkpoint: bytes,
    subjects: Sequence[str],
    commitment: Commitment | None,
    proofs: MapSource | None,
    openings: Iterable[Opened] = (),
    tokens: Iterable[bytes] = (),
    references: bool = False,
) -> MadeBundle:
    """
    The bundle about *subjects*.

    Args:
        log, tree: of one state, at least as large as the checkpoint's.
        checkpoint: a note signed by the log, cosigned or not. Records from its size on are left out.
        subjects: folded, 1 to 256.
        commitment, proofs: the map to prove with, both or none; without one the bundle is a selection.
        openings: (event id, path, salt, text) of sealed values to show. tokens: time stamps on the checkpoint.
        references: also show the records that those about *subjects* refer to.

    Raises:
        NotFoundError: a subject has no records, and there is no map to prove that.
        LimitError: more than 4,096 records. ProofError: the map isn't the one that the log committed to.
        BundleError, RecordHashError, StoreError: the log is damaged, or what was given doesn't belong to it.

    Cost: as `tree.proofs.batch_inclusion_path` for all records, and that of checking the bundle.
    """
    if (commitment is None) != (proofs is None):
        raise AssertionError("a map is proved against the record that commits to it")
    if commitment is not None and proofs is not None and proofs.root != commitment.root:
        raise ProofError(
            f"the map of {commitment.size} records isn't the one that record {commitment.index} commits to"
        )
    view = Beginning(log, parse_checkpoint(parse_note(checkpoint).text).size)
    wanted = sorted_subjects(subjects)
    chosen = _Chosen(view)
    for subject in wanted:
        if not chosen.follow(subject) and proofs is None:
            raise NotFoundError(what=subject)
    if references:
        chosen.refer()
    if commitment is not None:
        chosen.add(commitment.index)
    for subject in OWN_SUBJECTS:
        chosen.follow(subject)
    keys = chosen.follow_keys()
    indexes = sorted(chosen.records)
    asked = sorted_subjects([*wanted, *OWN_SUBJECTS, *keys])
    data = encode_bundle(
        Bundle(
            checkpoint=checkpoint,
            wanted=wanted,
            records=tuple(chosen.records[index].encoded for index in indexes),
            proof=tuple(batch_inclusion_path(tree, indexes=indexes, size=view.size)),
            committed=None if commitment is None else commitment.index,
            map_proofs=() if proofs is None else tuple((subject, proofs.prove(subject).proof) for subject in asked),
            openings=tuple(sorted(openings, key=codec.encode)),
            tokens=tuple(sorted(tokens, key=codec.encode)),
        )
    )
    return MadeBundle(data, check_bundle(data, log_id=chosen.records[0].record_hash))


class _Chosen:
    """The records chosen so far."""

    def __init__(self, view: View) -> None:
        self.records: dict[int, CheckedRecord] = {}
        self._view = view
        self.add(0)

    def add(self, index: int) -> None:
        """Take one record in. Raises RecordHashError if it isn't there, LimitError if it is one too many."""
        if index in self.records:
            return
        data = self._view.record(index)
        if data is None:
            raise RecordHashError(index=index)
        if len(self.records) >= BUNDLE_RECORDS_MAX:
            raise LimitError("records", path="$[3]", limit=BUNDLE_RECORDS_MAX)
        self.records[index] = check_record(data, path=f"$[{index}]")

    def follow(self, subject: str) -> bool:
        """Take a whole history in. Whether there is one."""
        head = self._view.subject(subject)
        if head is not None and head.count > BUNDLE_RECORDS_MAX:
            raise LimitError(f"{head.count} records name {subject}", path="$[3]", limit=BUNDLE_RECORDS_MAX)
        steps = whole_history(self._view, subject)
        for step in steps:
            self.add(step.index)
        return bool(steps)

    def refer(self) -> None:
        """Take in what the records so far refer to."""
        for checked in list(self.records.values()):
            for event_id, _ in checked.event.event.refs:
                index = self._view.index_of(event_id)
                if index is not None:
                    self.add(index)

    def follow_keys(self) -> set[str]:
        """Take in the histories of all keys that sign, and of those that sign these. The keys, as subjects."""
        keys: set[str] = set()
        while more := set(self._keys()) - keys:
            for key in more:
                self.follow(key)
            keys |= more
        return keys

    def _keys(self) -> Iterator[str]:
        for checked in self.records.values():
            yield from keys_of(checked)
