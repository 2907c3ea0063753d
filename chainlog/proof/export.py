"""Writing a log as C2SP tiles: records, tree and signed head as files that any tlog client reads. Reader and target are passed in.

Format: schemas/FORMAT.md section 9; c2sp.org/tlog-tiles. Everything but the checkpoint follows from the records below
some size, so it is written once and never replaced by something else; only what is new is written. The checkpoint comes
last, and only where it goes on from the one that stood there. Before a byte is written, the tree is computed from the
records that are new and the tiles of those that were there, and compared with the signed head.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from chainlog.digest import record_hash
from chainlog.errors import ChainlogError, CheckpointError, ExportError, ProofError
from chainlog.limits import TILE_HASHES
from chainlog.tree.bundles import bundle_path, encode_bundle
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint
from chainlog.tree.merkle import fold_roots, subtree_root
from chainlog.tree.note import parse_note
from chainlog.tree.proofs import TreeReader, root_at
from chainlog.tree.tiles import tile_path

CHECKPOINT: Final = "checkpoint"


class LeafSource(Protocol):
    """Records, and what was made of them before."""

    def records(self, start: int, stop: int) -> Sequence[bytes]:
        """The records in [start, stop), at most 256."""

    def tile_root(self, level: int, number: int) -> bytes:
        """Root of a full tile; asked for only below the size from which on is laid out."""


class ExportSource(TreeReader, LeafSource, Protocol):
    """A log at one state."""

    @property
    def checkpoint(self) -> bytes:
        """The signed note over this state; the caller has verified it."""


class ExportTarget(Protocol):
    """Where an export goes. Paths are those of the layout, relative, with slashes."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def read_checkpoint(self) -> tuple[bytes, Any] | None:
        """The checkpoint that stands there, and what `put_checkpoint` recognises it by; None if there is none."""

    def put_new(self, path: str, data: bytes) -> None:
        """Write what has one content for ever. Equal bytes may stand there; others raise ExportError."""

    def settle(self) -> None:
        """Return when all that was put would survive a power cut."""

    def remove_partials(self, path: str) -> None:
        """Remove the partial forms of the full tile or bundle at *path*, `<path>.p/…`, if there are any."""

    def put_checkpoint(self, note: bytes, *, standing: tuple[bytes, Any] | None) -> None:
        """Write the checkpoint if *standing* is what stands there. Raises ConflictError if it isn't any more."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did. size: records in the target now. before: how many were there. files: written this time."""

    origin: str
    size: int
    before: int
    files: int


Put = Callable[[str, bytes], None]


def export_tiles(source: ExportSource, target: ExportTarget) -> Exported:
    """
    Bring *target* up to the state of *source*.

    Raises:
        ExportError: the target is another log's, holds something else, or was changed.
        CheckpointError: the target holds a tree that isn't a beginning of this one, or is larger.
        ProofError: records, tiles and head of the source don't belong together; nothing was written.
        ConflictError: another export wrote meanwhile. StoreError: the target can't be written.

    Cost: what is new is read twice; a file for each 256 records and another for their hashes.
    """
    stated = parse_checkpoint(parse_note(source.checkpoint).text)
    if (stated.size, stated.root) != (source.frontier.size, source.frontier.root()):
        raise CheckpointError("the head isn't that of the records; run chainlog verify")
    standing = target.read_checkpoint()
    before = 0 if standing is None else _beginning(standing[0], stated, source, target.name)
    if before == stated.size:
        return Exported(stated.origin, before, before, 0)
    files = 0

    def put(path: str, data: bytes) -> None:
        nonlocal files
        target.put_new(path, data)
        files += 1

    full: list[str] = []
    for write in (_nowhere, put):
        # The first time only to see that all of it leads to the signed head: what is written can't be taken back.
        if lay_out(source, size=stated.size, before=before, put=write, full=full) != stated.root:
            raise ProofError("records and tiles don't lead to the signed head; run chainlog verify")
    target.settle()
    for path in dict.fromkeys(full):
        target.remove_partials(path)
    target.put_checkpoint(source.checkpoint, standing=standing)
    return Exported(stated.origin, stated.size, before, files + 1)


def _beginning(note: bytes, ours: Checkpoint, source: ExportSource, name: str) -> int:
    """The size of the target, whose tree is a beginning of *source*."""
    try:
        theirs = parse_checkpoint(parse_note(note).text, foreign=True)
    except ChainlogError as error:
        raise ExportError(
            "what stands there as checkpoint is none", detail_zh="其中的 checkpoint 不是日志头", path=name
        ) from error
    if theirs.origin != ours.origin:
        raise ExportError(f"it holds the log {theirs.origin}", detail_zh=f"其中是日志 {theirs.origin}", path=name)
    if theirs.size > ours.size:
        raise CheckpointError(
            f"{name} holds {theirs.size} records, the log {ours.size}: the log was cut back, or told another story",
            detail_zh=f"{name} 有 {theirs.size} 条记录，日志只有 {ours.size} 条：日志被截短，或另有一段历史",
        )
    if theirs.root != root_at(source, theirs.size):
        raise CheckpointError(
            f"{name} holds {theirs.size} records that are not the first {theirs.size} of the log's {ours.size}",
            detail_zh=f"{name} 的 {theirs.size} 条记录，不是日志 {ours.size} 条中的前 {theirs.size} 条",
        )
    return theirs.size


def lay_out(source: LeafSource, *, size: int, before: int, put: Put, full: list[str]) -> bytes:
    """
    Give *put* every bundle and tile of a tree of *size* leaves that one of *before* leaves doesn't have, levels ascending.

    full: gets the paths of the full ones among them.

    Returns: the root that the hashes lead to.

    Raises: ProofError where records are missing; what *source* raises. Cost: two hashes a record.
    """
    edges: list[list[bytes]] = []  # of each level the hashes of its partial tile
    built: dict[int, bytes] = {}  # number → root, of the full tiles of the level below
    level, count, old = 0, size, before
    while count:
        roots: dict[int, bytes] = {}
        edge: list[bytes] = []
        for number in range(old // TILE_HASHES, -(-count // TILE_HASHES)):
            start, stop = number * TILE_HASHES, min((number + 1) * TILE_HASHES, count)
            width = stop - start
            if level:
                hashes = [_root_below(source, level, child, built) for child in range(start, stop)]
            else:
                records = source.records(start, stop)
                hashes = [record_hash(record) for record in records]
                if len(records) != width:
                    raise ProofError(f"there are {len(records)} records from {start} to {stop}; run chainlog verify")
                put(bundle_path(number, width=width), encode_bundle(records))
            if count > old:
                put(tile_path(level, number, width=width), b"".join(hashes))
            if width == TILE_HASHES:
                roots[number] = subtree_root(hashes)
                full.append(tile_path(level, number))
                full += [] if level else [bundle_path(number)]
            else:
                edge = hashes
        edges.append(edge)
        level, count, old, built = level + 1, count // TILE_HASHES, old // TILE_HASHES, roots
    return _root_of_edges(edges)


def _nowhere(_path: str, _data: bytes) -> None:
    """Where a trial is written."""


def _root_below(source: LeafSource, level: int, child: int, built: dict[int, bytes]) -> bytes:
    root = built.get(child)
    return source.tile_root(level - 1, child) if root is None else root


def _root_of_edges(edges: Sequence[Sequence[bytes]]) -> bytes:
    """Root of a tree from the hashes of its partial tiles, one list a level, empty where the last tile is full."""
    roots = []
    for hashes in reversed(edges):
        start = 0
        for height in reversed(range(len(hashes).bit_length())):
            if len(hashes) >> height & 1:
                roots.append(subtree_root(hashes[start : start + (1 << height)]))
                start += 1 << height
    return fold_roots(roots)
