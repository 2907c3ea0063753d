"""The integrity audit of a log on disk: everything that can be known of it from its files. Does I/O.

The log itself is only read: its data file is copied to a private place and read there, by child processes that may die
of it. Two ways lead through the copy. The quick one judges ranges of records in several processes and joins what they
found; a log in which nothing raises a doubt is judged by it alone. At the first doubt the slow and exact one takes over
(`forensics.diagnosis`), which says what is wrong and where.

Known limits: a copy of the data file must fit into the scratch directory; what is appended while it is being copied
is not seen.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from chainlog.errors import NotALogError
from chainlog.forensics.children import Child, ChildError, share_out
from chainlog.forensics.diagnosis import Diagnosis
from chainlog.forensics.identity import Identity
from chainlog.forensics.join import Join
from chainlog.forensics.maps import judge_maps
from chainlog.forensics.outside import read_outside
from chainlog.forensics.report import AuditReport, Finding
from chainlog.forensics.seals import judge_seals
from chainlog.forensics.summary import (
    ClosingAnswer,
    ClosingTask,
    DiagnoseTask,
    HeadsTask,
    OpenTask,
    Range,
    RangeSummary,
    Setup,
    Survey,
    SurveyTask,
    Verified,
)
from chainlog.forensics.surroundings import UNFINISHED_LOG, is_unfinished, look_around
from chainlog.forensics.tokens import KEY_BYTES
from chainlog.forensics.verdict import Question, clean_report, damage_report, unreadable_report
from chainlog.record.keys import random_bytes
from chainlog.store.lmdb_forensic import copy_data_file
from chainlog.store.lmdb_pages import NO_META_PAGE
from chainlog.tree.checkpoint import Checkpoint

RANGE_RECORDS: Final = 2_048
PROCESSES: Final = 2
# So many rows with bad signatures are handed on; where there are more, they are checked again.
_BAD_MAX: Final = 100_000
_PROBLEMS_SHOWN: Final = 3
_BYTES_A_PROCESS: Final = 2 << 20
# Such a file is opened by a child only.
_UNSAFE: Final = frozenset({"page-corrupt", "unreadable"})

Progress = Callable[[int, int], None]
"""progress(records judged, records in all)"""


class Known(NamedTuple):
    """
    What a verifier remembers of a log.

    note: a signed head that it saw. whole: whether it verified all records below by this release, and found the log
    intact: then their signatures aren't verified again as long as they are the same records.
    """

    note: bytes
    whole: bool


def audit(
    path: str | os.PathLike[str],
    *,
    log_id: bytes | None,
    checkpoint: bytes | None = None,
    stamped: Sequence[bytes] = (),
    processes: int | None = None,
    scratch: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    known: Known | None = None,
    inspect: Callable[[Path, AuditReport], None] | None = None,
) -> AuditReport:
    """
    Audit the log in the directory *path*.

    Args:
        path: LOG, with `truth/` in it. Not a byte of it is changed; writers wait while the data file is copied.
        log_id: 32 bytes, what the caller knows the log by, from elsewhere; None makes the answer `self-consistent`.
        checkpoint: a signed checkpoint that was kept outside, as a note.
        stamped: further ones to compare, which may have lain beside the log and show nothing of its end.
        processes: how many judge at the same time; 2 by default.
        scratch: where the copy goes; the system's directory for temporary files by default.
        progress: called now and then.
        known: what the caller remembers; compared like *checkpoint*, and saves signatures (`forensics.pinned`).
        inspect: called with the directory of the private copy, a log's, and the report on it, unless its pages are
            damaged; gone afterwards.

    Returns:
        The report. What is wrong with the log, an unreadable file included, is a finding and raises nothing.

    Raises:
        FormatError: *checkpoint* is none. ForeignFileError: it is none of this log's. BusyError: a writer held the log for long. StoreFullError, StoreError: the
            machine has no room for the copy, or can't start processes.

    Cost: about 20 µs a record and signature on two cores; a page of memory for each process, whatever the log's size.
    """
    outside = [note for note in (checkpoint, known.note if known else None) if note is not None]
    question = Question(
        log_id,
        max((read_outside(note).size for note in outside), default=0),
        checkpoint,
        None if known is None else known.note,
    )
    outside += stamped
    log = Path(path)
    beside = look_around(log)
    with tempfile.TemporaryDirectory(prefix="chainlog-audit-", dir=scratch) as place:
        copy = Path(place) / "truth"
        try:
            copy_data_file(log / "truth", copy, needs_tables=True)
        except NotALogError as error:
            codes = ["unreadable", *(["page-corrupt"] if error.fields["detail"] == NO_META_PAGE else [])]
            said = UNFINISHED_LOG if is_unfinished(log) else error.text("en")
            findings = [Finding(code, None, "truth/data.mdb", said) for code in codes]
            return unreadable_report(question, *findings).with_not_checked(beside)
        # A process more for each stretch of records that is worth starting it for.
        count = min(processes or PROCESSES, 1 + (copy / "data.mdb").stat().st_size // _BYTES_A_PROCESS)
        case = _Case(copy, question, outside, source=log / "truth", count=max(1, count), progress=progress, known=known)
        report = case.report()
        if inspect is not None and not any(finding.code in _UNSAFE for finding in report.findings):
            inspect(Path(place), report)
        report = judge_maps(report, Path(place), processes=processes or PROCESSES)
        return judge_seals(report, log, Path(place)).with_not_checked(beside)


class _Case:
    """One copy under audit, of the directory *source*."""

    def __init__(
        self,
        copy: Path,
        question: Question,
        outside: list[bytes],
        *,
        source: Path,
        count: int,
        progress: Progress | None,
        known: Known | None,
    ) -> None:
        self._copy = copy
        self._source = source
        self._question = question
        self._outside = outside
        self._count = count
        self._progress = progress
        self._known = read_outside(known.note) if known is not None and known.whole else None
        self._verified = Verified([], {})

    def report(self) -> AuditReport:
        """Judge the pages, then the records: quickly if that suffices, else exactly."""
        with ExitStack() as stack:
            first = stack.enter_context(Child())
            # The others come up while the first reads the pages.
            children = [first, *(stack.enter_context(Child()) for _ in range(1, self._count))]
            try:
                problems: list[str] = first.call("pages", self._opening(), list[str])
            except ChildError as error:
                problems = [str(error)]
            if not problems:
                try:
                    return self._judge(children)
                except ChildError as error:
                    problems = [str(error)]
        return self._judge_damaged(problems)

    def _opening(self, *, damaged: bool = False) -> OpenTask:
        return OpenTask(os.fspath(self._copy), damaged)

    # --- a file whose pages are sound -----------------------------------------------------------

    def _judge(self, children: list[Child]) -> AuditReport:
        sizes = [read_outside(note).size for note in self._outside]
        children[0].call("open", self._opening(), int)
        survey: Survey = children[0].call("survey", SurveyTask(self._question.log_id, sizes), Survey)
        if survey.log_id is not None and survey.size:
            # For a small log the first child is enough.
            children = children[: -(-survey.size // RANGE_RECORDS)]
            for child in children[1:]:
                child.call("open", self._opening(), int)
            known = self._known
            if known is not None and 0 < known.size <= survey.size:
                report = self._judge_quickly(children, survey, survey.log_id, known=known)
                if report is not None:
                    return report
                # What was verified before isn't there any more, or something is wrong: nothing is taken for granted.
                self._verified = Verified([], {})
            report = self._judge_quickly(children, survey, survey.log_id)
            if report is not None:
                return report
        if len(self._verified.bad) > _BAD_MAX:
            self._verified = Verified([], {})
        return damage_report(self._question, self._diagnose(children[0]), [])

    def _judge_quickly(
        self, children: list[Child], survey: Survey, log_id: bytes, *, known: Checkpoint | None = None
    ) -> AuditReport | None:
        """The report on a log that raises no doubt and begins with the *known* tree; None for another."""
        registry, key = [] if survey.doubt else survey.registry, random_bytes(KEY_BYTES)
        setup = Setup(log_id, key, registry, survey.size, 0 if known is None else known.size)
        for child in children:
            child.call("set_up", setup, bool)
        join = Join(survey, setup)
        self._judge_ranges(children, survey, join)
        if join.doubt:
            return None
        for child in children:
            join.add_links(child.call("links", None, bytes))
        heads = self._sum_heads(children, setup)
        closing = join.closing(heads)
        if known is not None and closing.roots.get(known.size) != known.root:
            return None
        answer: ClosingAnswer = children[0].call("closing", ClosingTask(closing, self._outside), ClosingAnswer)
        if join.doubt or answer.doubt:
            return None
        remarks, dropped = join.findings()
        return clean_report(
            self._question,
            Identity(log_id, survey.name),
            size=closing.size,
            root=closing.root,
            remarks=remarks,
            dropped=dropped,
            maps=join.maps,
            compared=answer.compared,
            recovered=answer.recovered,
        )

    def _judge_ranges(self, children: list[Child], survey: Survey, join: Join) -> None:
        tasks = list(_ranges(survey))
        early: dict[int, RangeSummary] = {}
        done = [0, 0]  # ranges joined, records judged

        def answered(number: int, summary: RangeSummary) -> None:
            early[number] = summary
            while done[0] in early:
                following = early.pop(done[0])
                join.add(following)
                self._verified.add(following)
                done[0] += 1
            done[1] += summary.stop - summary.start
            if self._progress is not None:
                self._progress(done[1], survey.size)

        share_out(children, "range", tasks, RangeSummary, answered)

    @staticmethod
    def _sum_heads(children: list[Child], setup: Setup) -> int:
        """The tokens that `subjects` leaves over; a number that no sum is where a row is no head."""
        # Persons and what sorts after them in one half, carriers and documents in the other.
        cuts = [b"", b"d/", b""] if len(children) > 1 else [b"", b""]
        tasks = [HeadsTask(setup.key, start, stop) for start, stop in pairwise(cuts)]
        sums: list[bytes | None] = []
        share_out(children, "heads", tasks, bytes | None, lambda _, total: sums.append(total))
        if any(total is None for total in sums):
            return -1
        return sum(int.from_bytes(total, "big") for total in sums if total is not None) % (1 << 128)

    def _diagnose(self, child: Child) -> Diagnosis:
        scratch = self._copy.with_name("scratch")
        scratch.mkdir(exist_ok=True)
        task = DiagnoseTask(self._question.log_id, self._verified, self._outside, os.fspath(scratch))
        # It takes as long as it takes: the pages were found sound, or are read with care.
        diagnosis: Diagnosis = child.call("diagnose", task, Diagnosis, timeout_s=float(7 * 86_400))
        return diagnosis

    # --- a damaged file -------------------------------------------------------------------------

    def _judge_damaged(self, problems: list[str]) -> AuditReport:
        """The report on a file that the engine may not see: what its sound pages still tell."""
        shown = "; ".join(problems[:_PROBLEMS_SHOWN])
        more = f"; and {len(problems) - _PROBLEMS_SHOWN} more" if len(problems) > _PROBLEMS_SHOWN else ""
        corrupt = Finding("page-corrupt", None, "truth/data.mdb", self._by_source(f"{shown}{more}"))
        self._verified = Verified([], {})
        with Child() as child:
            try:
                child.call("open", self._opening(damaged=True), int)
                return damage_report(self._question, self._diagnose(child), [corrupt])
            except ChildError as error:
                unreadable = Finding("unreadable", None, "truth/data.mdb", self._by_source(str(error)))
                return unreadable_report(self._question, unreadable, corrupt)

    def _by_source(self, text: str) -> str:
        """The text with the file that was given, where its reader named the copy."""
        return text.replace(os.fspath(self._copy), os.fspath(self._source))


def _ranges(survey: Survey) -> Iterator[Range]:
    for start in range(0, survey.size, RANGE_RECORDS):
        stop = min(start + RANGE_RECORDS, survey.size)
        yield Range(start, stop, [size for size in survey.sizes if start < size <= stop])
