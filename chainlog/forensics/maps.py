"""Whether the committed roots of the completeness map are those of the records: FORMAT.md section 14, step 28. Does I/O.

The maps of a log grow: each is the one before with what came since. Two processes take half of the paths each, and keep
their half in a scratch file, so memory stays flat whatever the number of subjects.

Only a log in which nothing else is wrong is asked; of records that can't be trusted no map is made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from chainlog import digest
from chainlog.canon import codec
from chainlog.errors import ConflictError, FormatError
from chainlog.event.model import unverified_body, unverified_event
from chainlog.forensics.children import Child, ChildError
from chainlog.forensics.evidence import Evidence, parse_index
from chainlog.forensics.report import AuditReport, Finding, NotChecked
from chainlog.forensics.summary import MapHalf, MapsTask, OpenTask
from chainlog.record.record import unverified_record
from chainlog.store.port import KeyValue
from chainlog.tree.map import Claim, inner, path_of
from chainlog.tree.map_table import MapTable

MAPS: Final = "completeness map"
# So many paths are gathered before they are written: some 3 MB.
_GATHERED_MAX: Final = 8_000
# Each bucket that a transaction changes is a page of memory until it ends, or more in a long log: 2,048 of them at most.
_PATHS_SHIFT: Final = 3
_PATIENCE: Final = 8
_WEEK_S: Final = 7 * 86_400.0
_MARK: Final = b"\xafindex_committed"
_SIDES: Final = (0, 1)


def judge_maps(report: AuditReport, scratch: Path, *, processes: int) -> AuditReport:
    """
    The report with what the maps say.

    Args:
        scratch: holds the copy `truth` that was judged.

    Raises: StoreError. Cost: nothing where no map was committed; else some 20 µs a record on two cores.
    """
    if report.log_id is None or not may_have_maps(report):
        return report
    shares = [[side] for side in _SIDES] if processes > 1 else [list(_SIDES)]
    halves: list[MapHalf] = []
    try:
        with ExitStack() as stack:
            children = [stack.enter_context(Child()) for _ in shares]
            for child, sides in zip(children, shares, strict=True):
                child.call("open", OpenTask(os.fspath(scratch / "truth")), int)
                place = scratch / f"maps {sides[0]}"
                place.mkdir()
                child.send("maps", MapsTask(report.log_id, sides, os.fspath(place)))
            for child in children:
                # It takes as long as it takes.
                halves += child.receive(list[MapHalf], timeout_s=_WEEK_S)
    except ChildError as error:
        return _without_maps(report, str(error))
    return with_maps(report, halves)


def may_have_maps(report: AuditReport) -> bool:
    """Whether the report is on a log in which maps were committed and may be computed: nothing else is wrong with it."""
    return report.integrity == "intact" and any(entry.what == MAPS for entry in report.not_checked)


def with_maps(report: AuditReport, halves: Sequence[MapHalf]) -> AuditReport:
    """The report with a finding for each committed map that isn't that of its records."""
    by_index: dict[int, list[MapHalf]] = {}
    for half in halves:
        by_index.setdefault(half.index, []).append(half)
    found: list[Finding] = []
    for index, pair in sorted(by_index.items()):
        left, right = sorted(pair, key=lambda half: half.side)
        root, subjects = inner(left.node, right.node, depth=0), left.count + right.count
        if root != left.root:
            detail = f"it commits to {left.root.hex()}, the map of {left.size} records is {root.hex()}"
            found.append(Finding("false-map", index, "s/map", detail))
        elif subjects != left.subjects:
            detail = f"it says {left.subjects} subjects, {left.size} records name {subjects}"
            found.append(Finding("false-map", index, "s/map", detail))
    kept = tuple(entry for entry in report.not_checked if entry.what != MAPS)
    return replace(report, not_checked=kept).with_findings(found)


def _without_maps(report: AuditReport, reason: str) -> AuditReport:
    kept = [entry for entry in report.not_checked if entry.what != MAPS]
    return replace(report, not_checked=(*kept, NotChecked(MAPS, reason)))


def map_halves(evidence: Evidence, kv: KeyValue, *, log_id: bytes, sides: Sequence[int]) -> list[MapHalf]:
    """
    For each committed map of a sound log the nodes over the paths that begin with the bits *sides*.

    Args:
        kv: empty, for the tables of the map; written in transactions of bounded size.
    """
    halves: list[MapHalf] = []
    growing = [_Half(kv, side) for side in sides]
    done = 0
    for index, size, root, subjects in _commits(evidence):
        for path, claim in _claims(evidence, done, size, log_id=log_id, sides=frozenset(sides)):
            growing[path[0] >> 7 if len(sides) > 1 else 0].set(path, claim)
        for half in growing:
            half.write()
            halves.append(MapHalf(index, size, root, subjects, half.side, half.node, half.count))
        done = size
    return halves


class _Half:
    """The map over the paths that begin with one bit, as far as it is written. node: over them. count: how many there are."""

    def __init__(self, kv: KeyValue, side: int) -> None:
        self.side = side
        self.node = digest.ZERO
        self.count = 0
        self._kv = kv
        self._gathered: dict[bytes, Claim] = {}

    def set(self, path: bytes, claim: Claim) -> None:
        """Take in what is said of a path."""
        self._gathered[path] = claim
        if len(self._gathered) >= _GATHERED_MAX:
            self.write()

    def write(self) -> None:
        """Write down what was gathered, in transactions of neighbouring paths."""
        slices: dict[int, list[tuple[bytes, Claim]]] = {}
        for path, claim in self._gathered.items():
            slices.setdefault(path[0] >> _PATHS_SHIFT, []).append((path, claim))
        self._gathered = {}
        for number in sorted(slices):
            self._write(slices.pop(number))

    def _write(self, claims: list[tuple[bytes, Claim]]) -> None:
        for patience in range(_PATIENCE, 0, -1):
            try:
                with self._kv.write() as transaction:
                    names = (f"{name}{self.side}" for name in ("buckets", "nodes"))
                    table = MapTable(*(transaction.table(name) for name in names))
                    new, node = table.update(claims), table.node(1, self.side)
            except ConflictError:
                # The file had to grow, and took nothing in.
                if patience == 1:
                    raise
            else:
                self.node, self.count = node, self.count + new
                return


def _commits(evidence: Evidence) -> list[tuple[int, int, bytes, int]]:
    """(index, size, root, subjects) of each committed map, by index. Sizes ascend: admission asks for it."""
    found: list[tuple[int, int, bytes, int]] = []
    for key, data in evidence.scan("records"):
        if _MARK not in data:
            continue
        try:
            event = unverified_event(unverified_record(data).event)
            if event.kind != "index_committed":
                continue
            body = unverified_body(event)
        except codec.BAD_BYTES as error:
            raise FormatError("a committed map that can't be read", path="record") from error
        found.append((parse_index(key) or 0, body.size, body.map_root, body.subjects))
    return found


def _claims(
    evidence: Evidence, start: int, stop: int, *, log_id: bytes, sides: frozenset[int]
) -> Iterator[tuple[bytes, Claim]]:
    """What the records from *start* below *stop* say of the subjects whose paths begin with a bit of *sides*, in order."""
    for index, (_, data) in enumerate(evidence.scan("records", start.to_bytes(8, "big")), start):
        if index == stop:
            return
        record = unverified_record(data)
        record_hash = digest.record_hash(data)
        for subject, link in zip(unverified_event(record.event).subjects, record.links, strict=True):
            path = path_of(log_id, subject)
            if path[0] >> 7 in sides:
                yield path, Claim(link[0] + 1, record_hash)
