"""The child of an audit: a process that reads what may be hostile, and may die of it. Does I/O.

Started by `forensics.children`; it is told by its standard input what to do, and answers on its standard output.
"""

from __future__ import annotations

import gc
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from chainlog.authority.state import Authority
from chainlog.errors import BusyError, ChainlogError, NetworkFileSystemError, StoreFullError
from chainlog.forensics.evidence import Evidence
from chainlog.forensics.identity import Identity, identify
from chainlog.forensics.messages import Answer, Outcome, read_request, write_frame
from chainlog.forensics.outside import judge_outside
from chainlog.forensics.ranges import RangeJudge
from chainlog.forensics.registration import load_authority
from chainlog.forensics.report import recovered_by
from chainlog.forensics.summary import (
    ClosingAnswer,
    ClosingTask,
    DiagnoseTask,
    GatherTask,
    HeadsTask,
    MapHalf,
    MapsTask,
    OpenTask,
    Range,
    RangeSummary,
    SealsTask,
    SealTask,
    Setup,
    Survey,
    SurveyTask,
)
from chainlog.forensics.survey import survey
from chainlog.forensics.tables import find_doubt
from chainlog.forensics.tokens import heads_sum
from chainlog.store.lmdb_forensic import PrivateCopy, page_problems

if TYPE_CHECKING:
    from chainlog.forensics.diagnosis import Diagnosis
    from chainlog.forensics.salvage_gather import Gathered
    from chainlog.forensics.seals import Lost

# Below so many records a diagnosis keeps what it remembers in memory: some 25 MB.
_IN_MEMORY_MAX: Final = 50_000
# What says nothing of the evidence.
_OF_THE_MACHINE: Final = (StoreFullError, NetworkFileSystemError, BusyError, OSError)


class _State:
    """What the child has open."""

    def __init__(self) -> None:
        self.evidence: Evidence | None = None
        self.authority = Authority()
        self.judge: RangeJudge | None = None

    def opened(self) -> Evidence:
        if self.evidence is None:
            raise AssertionError("no evidence was opened")
        return self.evidence

    # --- tasks ----------------------------------------------------------------------------------

    def pages(self, task: OpenTask) -> list[str]:
        """What is wrong with the pages of a copy."""
        return page_problems(Path(task.directory))

    def open(self, task: OpenTask) -> int:
        """Open a copy with the engine, or page by page if it is damaged; the number of its records."""
        directory = Path(task.directory)
        if task.damaged:
            from chainlog.store.lmdb_pages import PageFile  # noqa: PLC0415 (rare: a quick start counts)

            self.evidence = PageFile(directory / "data.mdb")
        else:
            self.evidence = PrivateCopy(directory)
        return self.evidence.count("records")

    def seals(self, task: SealsTask) -> list[Lost]:
        """The sealed values that are lost. Nothing else may be open."""
        from chainlog.forensics.seals import lost_values  # noqa: PLC0415 (rare: a quick start counts)

        self.open(OpenTask(task.truth, task.damaged))
        return lost_values(self.opened(), PrivateCopy(Path(task.sealed)))

    def maps(self, task: MapsTask) -> list[MapHalf]:
        """Half of each committed map, or both halves."""
        from chainlog.forensics.maps import map_halves  # noqa: PLC0415 (rare: a quick start counts)
        from chainlog.store.lmdb_kv import LmdbKeyValue  # noqa: PLC0415 (the same)

        kv = LmdbKeyValue.open(Path(task.scratch) / "map")
        return map_halves(self.opened(), kv, log_id=task.log_id, sides=task.sides)

    def identify(self, given: bytes | None) -> Identity:
        """Which log the opened copy is of."""
        return identify(self.opened(), given)

    def recognise(self, directory: str) -> Identity:
        """Which log a copy is of that no table leads through."""
        from chainlog.forensics.salvage_gather import recognise  # noqa: PLC0415 (rare: a quick start counts)

        return recognise(Path(directory) / "data.mdb")

    def gather(self, task: GatherTask) -> Gathered:
        """Gather what could be records of a log."""
        from chainlog.forensics.salvage_gather import gather  # noqa: PLC0415 (rare: a quick start counts)

        return gather(task, self.evidence)

    def gather_seals(self, task: SealTask) -> int:
        """Gather what could be boxes of sealed values. Nothing else may be open."""
        from chainlog.forensics.salvage_seals import gather_seals  # noqa: PLC0415 (the same)

        return gather_seals(task)

    def survey(self, task: SurveyTask) -> Survey:
        return survey(self.opened(), task.given, task.sizes)

    def set_up(self, setup: Setup) -> bool:
        self.authority = load_authority(self.opened(), setup.registry)
        self.judge = RangeJudge(self.opened(), setup, self.authority)
        return True

    def range(self, task: Range) -> RangeSummary:
        if self.judge is None:
            raise AssertionError("ranges are judged after set_up")
        return self.judge.judge(task)

    def links(self, _: None) -> bytes:
        """The link sum of the ranges judged here."""
        return b"" if self.judge is None else self.judge.take_links()

    def heads(self, task: HeadsTask) -> bytes | None:
        """The tokens that a stretch of `subjects` leaves over, None where a row is no head."""
        total = heads_sum(self.opened(), task.key, start=task.start, stop=task.stop)
        return None if total is None else total.to_bytes(16, "big")

    def closing(self, task: ClosingTask) -> ClosingAnswer:
        """Compare the tables with what all ranges make."""
        closing = task.closing
        doubt = find_doubt(self.opened(), closing, self.authority)
        identity = Identity(closing.log_id, closing.name)
        compared = judge_outside(
            task.outside, size=closing.size, roots=closing.roots, authority=self.authority, identity=identity
        )
        return ClosingAnswer(doubt, compared, recovered_by(self.authority))

    def diagnose(self, task: DiagnoseTask) -> Diagnosis:
        from chainlog.forensics.diagnosis import diagnose  # noqa: PLC0415 (rare: a quick start counts)
        from chainlog.store.lmdb_kv import LmdbKeyValue  # noqa: PLC0415 (the same)

        evidence = self.opened()
        scratch = Path(task.scratch) if evidence.count("records") > _IN_MEMORY_MAX else None
        store = None if scratch is None else LmdbKeyValue.open(scratch / "book")
        return diagnose(
            evidence, task.given, verified=task.verified, outside=task.outside, scratch=scratch, store=store
        )


_TASKS: Final[dict[str, tuple[Any, Callable[[_State, Any], Any]]]] = {
    "pages": (OpenTask, _State.pages),
    "open": (OpenTask, _State.open),
    "survey": (SurveyTask, _State.survey),
    "set_up": (Setup, _State.set_up),
    "range": (Range, _State.range),
    "links": (None, _State.links),
    "heads": (HeadsTask, _State.heads),
    "closing": (ClosingTask, _State.closing),
    "diagnose": (DiagnoseTask, _State.diagnose),
    "seals": (SealsTask, _State.seals),
    "maps": (MapsTask, _State.maps),
    "identify": (bytes | None, _State.identify),
    "recognise": (str, _State.recognise),
    "gather": (GatherTask, _State.gather),
    "gather_seals": (SealTask, _State.gather_seals),
}


def serve(requests: int, answers: int) -> None:
    """Do what is asked on the descriptor *requests* until it ends."""
    # Judging makes many small objects and no cycles.
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
    state = _State()
    while (request := read_request(requests)) is not None:
        kind, task = _TASKS[request.name]
        outcome: Outcome = "done"
        try:
            value = msgspec.msgpack.encode(task(state, msgspec.msgpack.decode(request.argument, type=kind)))
        except _OF_THE_MACHINE as error:
            outcome, value = "machine", str(error).encode("utf-8", "backslashreplace")
        except ChainlogError as error:
            outcome, value = "damaged", error.text("en").encode("utf-8", "backslashreplace")
        except Exception:  # noqa: BLE001 - told to the parent, who raises it
            outcome, value = "bug", traceback.format_exc().encode("utf-8", "backslashreplace")
        write_frame(answers, Answer(outcome, value))


def main() -> None:
    """Serve on standard input and output."""
    serve(sys.stdin.fileno(), sys.stdout.fileno())
