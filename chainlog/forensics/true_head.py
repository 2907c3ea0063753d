"""Comparing the signed head and the kept checkpoints of a log with its records. Pure over the evidence."""

from __future__ import annotations

from typing import Final, NamedTuple

from chainlog.authority.state import Authority
from chainlog.errors import ChainlogError
from chainlog.forensics.aftermath import Aftermath
from chainlog.forensics.evidence import HEAD_KEY, LAST_KEY, Evidence, parse_index
from chainlog.forensics.tables import read_checkpoint
from chainlog.forensics.true_tree import Tree
from chainlog.log.head import Head, decode_head, origin_of
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint
from chainlog.tree.note import parse_note

NO_LOG_KEY: Final = "the event that brought the log key can't be believed"


class StatedHead(NamedTuple):
    """
    What is stored as the head. head: None if it can't be read, and `problem` says why. size, last_hash: of the row
    `last`, zero and empty if it is none. checkpoint: what the note says, signed or not; None if it says nothing.
    """

    head: Head | None
    problem: str
    size: int
    last_hash: bytes
    checkpoint: Checkpoint | None

    @property
    def note_size(self) -> int:
        """The size in the note, signed or not; 0 if it says nothing."""
        return 0 if self.checkpoint is None else self.checkpoint.size


def read_stated_head(evidence: Evidence) -> StatedHead:
    """Read the stored head. Nothing is verified."""
    get = evidence.getter("head")
    last = get(LAST_KEY) or b""
    size = parse_index(last[:8]) or 0 if len(last) == 40 else 0
    last_hash = last[8:] if size else b""
    try:
        head = decode_head(get(HEAD_KEY) or b"")
    except ChainlogError as error:
        return StatedHead(None, f"it can't be read: {error.text('en')}", size, last_hash, None)
    try:
        return StatedHead(head, "", size, last_hash, parse_checkpoint(parse_note(head.checkpoint).text))
    except ChainlogError:
        return StatedHead(head, "", size, last_hash, None)


class HeadJudge:
    """
    Compares what is signed about the log as a whole.

    tree: with the roots at all sizes that are asked for. identity: name and id of the log. confirmed: the last index that
    a signed base confirms.
    """

    def __init__(
        self, after: Aftermath, authority: Authority, tree: Tree, *, name: str, log_id: bytes, confirmed: int
    ) -> None:
        self._after = after
        self._authority = authority
        self._tree = tree
        self._name = name
        self._log_id = log_id
        self._confirmed = confirmed
        self.not_known: list[str] = []  # why the head could not be compared

    def _read(self, note: bytes, size: int) -> Checkpoint:
        """The checkpoint in *note* if the log key signed it. Raises CheckpointError, FormatError."""
        return read_checkpoint(note, size=size, authority=self._authority, origin=origin_of(self._name, self._log_id))

    def judge_head(self, stated: StatedHead, *, lost: bool) -> bytes | None:
        """
        Judge the newest head. Returns the root over all records if the log key signed it, else None.

        lost: whether it lies on pages that can't be read.
        """
        wrong: list[str] = []
        root: bytes | None = None
        if lost:
            self._after.cases.add("page-corrupt", None, "head", "lost with a damaged page")
            return None
        if stated.head is None:
            wrong.append(stated.problem)
        elif self._authority.log_key(max(stated.note_size, 1)) is None:
            self.not_known.append(NO_LOG_KEY)
        else:
            try:
                checkpoint = self._read(stated.head.checkpoint, stated.note_size)
            except ChainlogError as error:
                wrong.append(error.text("en"))
            else:
                root = self._judge_checkpoint(checkpoint, wrong)
        self._judge_rows(stated, wrong)
        if wrong:
            self._open("; ".join(wrong))
        return root

    def _judge_checkpoint(self, checkpoint: Checkpoint, wrong: list[str]) -> bytes | None:
        size = self._after.size
        known = self._tree.roots.get(checkpoint.size)
        if checkpoint.size > size:
            if self._after.cases.is_lost(size):
                self._after.cases.missing(size, checkpoint.size)
            elif self._after.rewritten is None:
                self._after.cases.add(
                    "truncated", size, "", f"the signed head has {checkpoint.size} records, {size} are there"
                )
            else:
                wrong.append(f"it is signed for {checkpoint.size} records, {size} are there")
        elif known is None and checkpoint.size < size:
            wrong.append(f"records from {checkpoint.size} on are not covered by the signed head")
        elif known is None:
            self.not_known.append("records are lost whose hashes nothing else says")
        elif known != checkpoint.root:
            wrong.append(f"the root that is signed for {checkpoint.size} records is not theirs")
            self._blame_tail(checkpoint.size)
        elif checkpoint.size < size:
            wrong.append(f"records from {checkpoint.size} on are not covered by the signed head")
        else:
            return known
        return None

    def _blame_tail(self, size: int) -> None:
        """No signed base speaks for the last records; the head convicts the first of them."""
        start = self._confirmed + 1
        if self._after.rewritten is None and not self._after.cases.is_any_from(start):
            where = "" if start == size - 1 else f" between here and {size - 1}"
            self._after.cases.add("altered", start, "", f"not what the signed head covers{where}, and chained anew")

    def _judge_rows(self, stated: StatedHead, wrong: list[str]) -> None:
        """What stands beside the note: size, hash and edge that a writer goes on from."""
        after, frontier = self._after, self._tree.frontier
        if frontier is None or not after.size:
            return
        if after.size < stated.size == stated.note_size and after.rewritten is None:
            return  # of the log before it was cut back
        last_hash = after.hashes.get(after.size - 1)
        if (stated.size, stated.last_hash) != (after.size, last_hash):
            wrong.append(f"the row of the last record says {stated.size} records, or another hash")
        head = stated.head
        if head is not None and (head.size, head.last_hash, head.frontier) != (after.size, last_hash, frontier):
            wrong.append("size, hash or edge of the tree beside the note are not those of the records")

    def _open(self, detail: str) -> None:
        """One case for the head; where a record is to blame, it says so."""
        cause = None if self._after.rewritten is None else self._after.case_of_rewriting(self._after.size - 1)
        if cause is not None:
            detail += f"; so it has to be after what was found at record {cause.index}"
        self._after.cases.add("head-mismatch", None, "head", detail)

    # --- kept checkpoints -----------------------------------------------------------------------

    def judge_kept(self, evidence: Evidence) -> None:
        """Judge the checkpoints that are kept beside the newest."""
        for key, note in evidence.scan("checkpoints"):
            size = parse_index(key)
            if size is None:
                self._after.cases.add("head-mismatch", None, f"checkpoints/{key.hex()}", "its key is no size")
                continue
            subject = f"checkpoints/{size}"
            if self._authority.log_key(max(size, 1)) is None:
                continue
            try:
                checkpoint = self._read(note, size)
            except ChainlogError as error:
                self._after.cases.add("head-mismatch", None, subject, error.text("en"))
                continue
            self._compare_kept(checkpoint, size, subject)

    def _compare_kept(self, checkpoint: Checkpoint, size: int, subject: str) -> None:
        cases, known = self._after.cases, self._tree.roots.get(size)
        if checkpoint.size != size:
            cases.add("head-mismatch", None, subject, f"it is signed for {checkpoint.size} records")
        elif size > self._after.size:
            case = self._after.case_of(self._after.size)
            if case is not None:
                case.follow("truncated")
            else:
                cases.add("truncated", self._after.size, subject, f"a kept checkpoint has {size} records")
        elif known is not None and known != checkpoint.root:
            cause = self._after.case_of_rewriting(size - 1)
            if cause is not None:
                cause.follow("head-mismatch")
            else:
                cases.add("forked", size - 1, subject, "the log key signed other records than these")
