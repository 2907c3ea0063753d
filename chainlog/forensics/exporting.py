"""Exporting an open log as C2SP tiles, to a directory or an object store. Reads the log through its store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chainlog.authority.state import ViewAuthority
from chainlog.errors import UsageError
from chainlog.log.handle import LogHandle
from chainlog.log.head import check_head
from chainlog.log.log_tree import LogTree, TileRoots
from chainlog.proof.export import Exported, ExportTarget, export_tiles
from chainlog.proof.export_directory import opened_directory
from chainlog.proof.export_objects import object_target


class LogSource:
    """
    An `ExportSource`: the log as it stands when this is made. Records and tiles are read as they are asked for, each in a
    snapshot of its own, so that a long export holds back no pages; what lies below a size never changes.

    Raises: CheckpointError for a head that the log key in force didn't sign.
    """

    def __init__(self, log: LogHandle, roots: TileRoots | None = None) -> None:
        self._store = log.store
        self._roots = TileRoots() if roots is None else roots
        with self._store.snapshot() as snapshot:
            log_key = ViewAuthority(snapshot).log_key(snapshot.size)
            head = check_head(snapshot.head or b"", origin=log.origin, log_key=log_key)
        self.checkpoint = head.checkpoint
        self.frontier = head.frontier

    def records(self, start: int, stop: int) -> list[bytes]:
        with self._store.snapshot() as snapshot:
            return snapshot.unbroken(start, stop)

    def tile(self, level: int, number: int) -> bytes | None:
        with self._tree() as tree:
            return tree.tile(level, number)

    def tile_root(self, level: int, number: int) -> bytes:
        with self._tree() as tree:
            return tree.tile_root(level, number)

    def leaf_hashes(self, start: int, stop: int) -> list[bytes]:
        with self._tree() as tree:
            return tree.leaf_hashes(start, stop)

    @contextmanager
    def _tree(self) -> Iterator[LogTree]:
        with self._store.snapshot() as snapshot:
            yield LogTree(snapshot, self._roots)


def export_log(
    log: LogHandle,
    target: str | os.PathLike[str] | ExportTarget,
    *,
    options: Mapping[str, str] | None = None,
    roots: TileRoots | None = None,
) -> Exported:
    """
    Bring an export of *log* up to date, or make it.

    Args:
        target: a directory, the URL of an object store (`s3://bucket/prefix`), or something that takes files itself.
        options: for the object store, as obstore names them.

    Raises: see `proof.export.export_tiles`; MissingExtraError for an URL without obstore.
    """
    source = LogSource(log, roots)
    if isinstance(target, str) and "://" in target:
        return export_tiles(source, object_target(target, options))
    if options:
        raise UsageError("only an object store takes options")
    if isinstance(target, str | os.PathLike):
        with opened_directory(target) as directory:
            return export_tiles(source, directory)
    return export_tiles(source, target)
