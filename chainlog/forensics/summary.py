"""What the parts of an audit tell each other: tasks and answers, small and of bounded size. Pure types.

They cross the border between processes as MessagePack; a child that read a hostile file is believed no further than
these types go.
"""

from __future__ import annotations

import msgspec

from chainlog.forensics.outside import Compared
from chainlog.forensics.report import Finding, Recovered


class Setup(msgspec.Struct, frozen=True, array_like=True):
    """
    What every range is judged with.

    log_id: 32 bytes. key: of the link tokens, 32 random bytes. registry: indexes of the registry events that the
    authority is folded from. size: how many records there are. known: signatures of the records below were verified
    before, and aren't now; whether these are still those records, the root of their tree says.
    """

    log_id: bytes
    key: bytes
    registry: list[int]
    size: int
    known: int = 0


class Survey(msgspec.Struct, frozen=True, array_like=True):
    """
    What a first look at the tables gives.

    size: rows of `records`. log_id, name: see `identity`. registry: as in `Setup`. sizes: of the kept checkpoints.
    remarks: on registry events. doubt: the first reason, if any, for which the log can't be taken as it is and must be
    diagnosed.
    """

    size: int
    log_id: bytes | None
    name: str
    registry: list[int]
    sizes: list[int]
    remarks: list[Finding]
    doubt: str


class Verified(msgspec.Struct, frozen=True, array_like=True):
    """
    Whose signatures were checked: rows in *ranges* (start, stop), all good but those in *bad*, row → bit mask of its
    signatures that don't verify.
    """

    ranges: list[tuple[int, int]] = []
    bad: dict[int, int] = {}

    def add(self, summary: RangeSummary) -> None:
        """Take in what judging a range found."""
        if summary.verified <= summary.start:
            return
        if self.ranges and self.ranges[-1][1] == summary.start:
            self.ranges[-1] = (self.ranges[-1][0], summary.verified)
        else:
            self.ranges.append((summary.start, summary.verified))
        self.bad.update(summary.bad)


class Range(msgspec.Struct, frozen=True, array_like=True):
    """Records start … stop-1; *start* is a multiple of 256. sizes: trees that end inside, whose edge is wanted."""

    start: int
    stop: int
    sizes: list[int]


class RangeSummary(msgspec.Struct, array_like=True):
    """
    What judging a range gives.

    first_prev: what its first record says of the record before. last_hash: of its last record. first_at, last_at: when
    these were recorded. roots: of its full tiles of 256 records. tail: record hashes after the last full tile.
    edges: size → roots of the complete subtrees right of the last full tile before it.
    registry: indexes of registry events met. doubtful: (index, event id, person). confirmed: ids of the acts that
    countersignatures name. maps: how many roots of the completeness map were committed. verified: signatures were checked below this row; bad: row → bit mask of those of its
    signatures that don't verify. doubt: as in `Survey`.
    """

    start: int
    stop: int
    first_prev: bytes = b""
    last_hash: bytes = b""
    first_at: int = 0
    last_at: int = 0
    roots: list[bytes] = msgspec.field(default_factory=list)
    tail: list[bytes] = msgspec.field(default_factory=list)
    edges: dict[int, list[bytes]] = msgspec.field(default_factory=dict)
    registry: list[int] = msgspec.field(default_factory=list)
    remarks: list[Finding] = msgspec.field(default_factory=list)
    doubtful: list[tuple[int, bytes, str]] = msgspec.field(default_factory=list)
    confirmed: list[bytes] = msgspec.field(default_factory=list)
    maps: int = 0
    verified: int = 0
    bad: dict[int, int] = msgspec.field(default_factory=dict)
    doubt: str = ""


class Closing(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """
    What all records together make, to be compared with head and tables.

    size, last_hash, frontier, root: of the tree over all. upper: (level, number, SHA-256) of the full tiles above
    level 0. roots: size → root for the kept checkpoints. log_id, name: of the log.
    """

    size: int
    last_hash: bytes
    frontier: bytes
    root: bytes
    upper: list[tuple[int, int, bytes]]
    roots: dict[int, bytes]
    log_id: bytes
    name: str


# --- tasks of a child, and its answers where they are none of the above ---------------------------


class OpenTask(msgspec.Struct, frozen=True, array_like=True):
    """The directory of a copy; damaged: whether it is read page by page."""

    directory: str
    damaged: bool = False


class SurveyTask(msgspec.Struct, frozen=True, array_like=True):
    """See `forensics.survey.survey`."""

    given: bytes | None
    sizes: list[int]


class HeadsTask(msgspec.Struct, frozen=True, array_like=True):
    """See `forensics.tokens.heads_sum`."""

    key: bytes
    start: bytes
    stop: bytes


class ClosingTask(msgspec.Struct, frozen=True, array_like=True):
    """What all records make, and checkpoints from outside."""

    closing: Closing
    outside: list[bytes]


class ClosingAnswer(msgspec.Struct, frozen=True, array_like=True):
    """
    doubt: why the tables can't be those of the records, or empty. compared: what the checkpoints from outside say.
    recovered: see there.
    """

    doubt: str
    compared: Compared
    recovered: list[Recovered]


class SealsTask(msgspec.Struct, frozen=True, array_like=True):
    """Directories of the copies of `truth`, and whether it is damaged, and of `sealed`."""

    truth: str
    damaged: bool
    sealed: str


class MapsTask(msgspec.Struct, frozen=True, array_like=True):
    """See `forensics.maps.map_halves`. scratch: an empty directory."""

    log_id: bytes
    sides: list[int]
    scratch: str


class MapHalf(msgspec.Struct, frozen=True, array_like=True):
    """
    Half of a committed map.

    index, size, root, subjects: of the commitment, as it states them. side: the first bit of the paths. node: over them, as
    the records give it. count: how many there are.
    """

    index: int
    size: int
    root: bytes
    subjects: int
    side: int
    node: bytes
    count: int


class DiagnoseTask(msgspec.Struct, frozen=True, array_like=True):
    """See `forensics.diagnosis.diagnose`. scratch: an empty directory."""

    given: bytes | None
    verified: Verified
    outside: list[bytes]
    scratch: str


class GatherTask(msgspec.Struct, frozen=True, array_like=True):
    """
    A copy of a data file, to be gathered from.

    directory: holds `data.mdb`. into: of the tables. source: number of the copy, the damaged log is 0. carve: whether the
    whole file is searched, or only what its tables lead to.
    """

    directory: str
    into: str
    log_id: bytes
    source: int
    carve: bool


class SealTask(msgspec.Struct, frozen=True, array_like=True):
    """A copy of `sealed/`, its boxes to be put into tables. source: number of the copy. damaged: read page by page."""

    directory: str
    into: str
    source: int
    damaged: bool
