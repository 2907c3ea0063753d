"""Joining the summaries of ranges into one answer about the whole log. Pure; memory doesn't grow with the log.

Each range was judged on what it said of the rest. Here the ranges must fit each other: chain, links, registry events,
tree. What they make together is still to be compared with the signed head and the tables (`forensics.tables`).
"""

from __future__ import annotations

from hashlib import sha256

from chainlog import limits
from chainlog.digest import ZERO
from chainlog.forensics import remarks
from chainlog.forensics.report import FINDINGS_MAX, Finding
from chainlog.forensics.summary import Closing, RangeSummary, Setup, Survey
from chainlog.tree.merkle import Frontier, subtree_root

_TILE = limits.TILE_HASHES


class Join:
    """Takes the summaries of all ranges in order with `add`; `closing` is what they make."""

    def __init__(self, survey: Survey, setup: Setup) -> None:
        self._survey = survey
        self._setup = setup
        self.doubt = survey.doubt
        self.remarks: list[Finding] = list(survey.remarks)
        self._dropped = 0
        self.maps = 0
        self._last_hash, self._last_at = ZERO, 0
        self._links = 0
        self._registry: list[int] = []
        self._doubtful: list[tuple[int, bytes, str]] = []
        self._confirmed: set[bytes] = set()
        self._frontier = Frontier.empty()  # over full tiles
        self._tail: list[bytes] = []
        self._levels: list[list[bytes]] = []  # hashes of the unfinished tiles above level 0
        self._upper: list[tuple[int, int, bytes]] = []
        self._roots: dict[int, bytes] = {}

    def add(self, summary: RangeSummary) -> None:
        """Take in the next range."""
        self.doubt = self.doubt or summary.doubt
        if self.doubt:
            return
        if summary.first_prev != self._last_hash:
            self.doubt = f"record {summary.start} does not follow the one before"
            return
        if summary.start and summary.first_at < self._last_at:
            self._remark(remarks.clock(summary.start, summary.first_at, self._last_at))
        self._remark(summary.remarks)
        self._last_hash, self._last_at = summary.last_hash, summary.last_at
        self._registry += summary.registry
        self._doubtful += summary.doubtful
        self._confirmed.update(summary.confirmed)
        self.maps += summary.maps
        self._grow(summary)

    def _remark(self, found: list[Finding]) -> None:
        room = FINDINGS_MAX - len(self.remarks)
        self.remarks += found[:room]
        self._dropped += max(0, len(found) - room)

    def _grow(self, summary: RangeSummary) -> None:
        below = self._frontier
        for size, roots in summary.edges.items():
            # The edge of a tree that ends inside a tile: what lies left of the tile, then what lies in it.
            whole = (size - summary.start) // _TILE
            left = below.extend_tiles(summary.roots[:whole])
            self._roots[size] = Frontier(size, (*left.roots, *roots)).root()
        self._frontier = below.extend_tiles(summary.roots)
        self._tail = summary.tail
        for root in summary.roots:
            self._push(1, root)

    def _push(self, level: int, hashed: bytes) -> None:
        """Add a hash to the unfinished tile of *level*; a full tile gives one to the level above."""
        if len(self._levels) < level:
            self._levels.append([])
        tile = self._levels[level - 1]
        tile.append(hashed)
        if len(tile) == _TILE:
            number = sum(1 for at, _, _ in self._upper if at == level)
            self._upper.append((level, number, sha256(b"".join(tile)).digest()))
            self._levels[level - 1] = []
            self._push(level + 1, subtree_root(tile))

    def add_links(self, links: bytes) -> None:
        """Take in the link sum of a judge when it has judged all of its ranges."""
        self._links += int.from_bytes(links, "big")

    def closing(self, heads: int) -> Closing:
        """
        What the ranges make together, to be compared with the tables.

        heads: the sum of the tokens that `subjects` leaves over.
        """
        if not self.doubt and self._links % (1 << 128) != heads:
            self.doubt = "the links of the records and the heads in subjects don't go together"
        if not self.doubt and self._registry != self._setup.registry:
            self.doubt = "the registry events are not those that subjects leads to"
        frontier = self._frontier.extend(self._tail)
        return Closing(
            size=frontier.size,
            last_hash=self._last_hash,
            frontier=frontier.encode(),
            root=frontier.root(),
            upper=self._upper,
            roots=self._roots,
            log_id=self._setup.log_id,
            name=self._survey.name,
        )

    def findings(self) -> tuple[list[Finding], int]:
        """The remarks on all records, and how many did not fit."""
        self._remark(remarks.still_doubtful(self._doubtful, self._confirmed))
        return self.remarks, self._dropped
