"""Rows about size: one append to a long log against one to a short log, and the file against what it holds."""

from __future__ import annotations

import statistics
from functools import partial
from pathlib import Path

from benchmarks.office import Office
from benchmarks.report import Row
from benchmarks.yardstick import seconds
from chainlog.event.model import unverified_event
from chainlog.facade import Log
from chainlog.record.record import unverified_record

# The same kind on both sides: what an append costs depends on its signatures and subjects.
_KIND = "transferred.store"


def one_append(long: Office, short: Office, *, rounds: int, count: int) -> Row:
    """Single appends to both logs in turn; *count* events a round, of which those of one kind are timed."""
    ratios, there, here = [], [], []
    sizes = [office.log.reader.size for office in (short, long)]
    for _ in range(rounds):
        times: tuple[list[float], list[float]] = ([], [])
        pairs = zip(short.next_proposals(count), long.next_proposals(count), strict=True)
        for pair in pairs:
            for office, proposal, found in zip((short, long), pair, times, strict=True):
                took = seconds(partial(office.log.append, proposal))
                if proposal.event.event.kind == _KIND:
                    found.append(took)
        there.append(statistics.median(times[0]))
        here.append(statistics.median(times[1]))
        ratios.append(here[-1] / there[-1])
    return Row.of(
        f"one append at {_thousands(sizes[1])} records against {_thousands(sizes[0])}", ratios, bar=1.4, at_most=True,
        short_p50_us=statistics.median(there) * 1e6, long_p50_us=statistics.median(here) * 1e6,
    )  # fmt: skip


def _thousands(size: int) -> str:
    return f"{size:,}" if size < 1_000 else f"{size // 1_000:,},000"


class Contents:
    """What the first records of a log are like."""

    def __init__(self) -> None:
        self.records = self._bytes = self._signatures = self._subjects = 0

    def extend(self, log: Log) -> None:
        """Take in the records that came since."""
        with log.store.snapshot() as snapshot:
            for _, data in snapshot.records(self.records, snapshot.size):
                record = unverified_record(data)
                self._bytes += len(data)
                self._signatures += len(record.signatures)
                self._subjects += len(unverified_event(record.event).subjects)
            self.records = snapshot.size

    def file_ratio(self, log: Log) -> float:
        """The log's file against its encoded records."""
        return (log.directory / "truth" / "data.mdb").stat().st_size / self._bytes

    def figures(self) -> dict[str, float]:
        """Means a record."""
        return {
            "bytes_a_record": self._bytes / self.records,
            "signatures_a_record": self._signatures / self.records,
            "subjects_a_record": self._subjects / self.records,
        }


def file_size(office: Office) -> Row:
    """The file of the log against its records; and what the records of this workload are like."""
    contents = Contents()
    contents.extend(office.log)
    ratio = contents.file_ratio(office.log)
    return Row.of("file against encoded records", [ratio], bar=1.5, at_most=True, **contents.figures())


def short_office(path: Path, size: int) -> Office:
    """A log of *size* records whose lives are as far on as those of a long one."""
    office = Office.create(path, seed=2, at_once=max(20, size // 10))
    office.fill(size)
    return office
