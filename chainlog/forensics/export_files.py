"""The files of an export as evidence: bundles are the records, tiles the tiles, the rest is made from them. Does file I/O.

Format: schemas/FORMAT.md section 9. Nothing is trusted. A directory may claim any size: what is read is bounded by the
files that are there. Only what the checkpoint covers is evidence.

Known limit: the indexes made from the records stand in memory, some 300 bytes a record and subject.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from chainlog.canon.codec import BAD_BYTES
from chainlog.digest import record_hash
from chainlog.errors import ExportError, FormatError
from chainlog.event.model import unverified_event
from chainlog.forensics.evidence import HEAD_KEY, LAST_KEY, TABLES, TILE_KEY, U64, Get, Row, TableEvidence, subject_row
from chainlog.limits import FORMAT_VERSION, HASH_BYTES, TILE_HASHES
from chainlog.log.head import Head
from chainlog.proof.export_directory import read_file
from chainlog.record.record import SubjectHead, unverified_record
from chainlog.tree.bundles import BUNDLE_BYTES_MAX, bundle_path, entries_of
from chainlog.tree.checkpoint import Checkpoint
from chainlog.tree.merkle import Frontier, split_hashes, subtree_root
from chainlog.tree.tiles import TILE_BYTES, parse_tile_path, tile_path

_REMEMBERED: Final = 16
_ENTRIES: Final = -1  # in the place of a level


class Problem(NamedTuple):
    """What is wrong with a file, as a finding says it."""

    code: str
    detail: str


class ExportFiles:
    """
    The bundles and tiles below a directory.

    problems: file → why it is not what it should be. strays: names that no export has.
    """

    def __init__(self, top: Path) -> None:
        self.top = top
        self.problems: dict[str, Problem] = {}
        self.strays: list[str] = []
        self._widths: dict[tuple[int, int], list[int]] = {}
        for name in _names(top / "tile"):
            self._list(f"tile/{name}")

    def _list(self, name: str) -> None:
        entries = name.startswith("tile/entries/")
        try:
            address = parse_tile_path(f"tile/0/{name.removeprefix('tile/entries/')}" if entries else name)
        except FormatError:
            self.strays.append(name)
            return
        level = _ENTRIES if entries else address.level
        self._widths.setdefault((level, address.number), []).append(address.width)

    def bundles(self) -> list[int]:
        """Numbers of the bundles, ascending."""
        return sorted(number for level, number in self._widths if level == _ENTRIES)

    def full_tiles(self) -> list[tuple[int, int]]:
        """(level, number) of the full tiles, ascending."""
        return sorted(place for place, widths in self._widths.items() if place[0] != _ENTRIES and TILE_HASHES in widths)

    def has_more_than(self, size: int) -> bool:
        """Whether there are records at or above *size*."""
        return any(
            number * TILE_HASHES + max(widths) > size
            for (level, number), widths in self._widths.items()
            if level == _ENTRIES
        )

    def bundle(self, number: int, *, width: int) -> list[bytes]:
        """The first *width* entries of a bundle, as many as it has."""
        found = self._read(_ENTRIES, number, width)
        if found is None:
            return []
        data, got = found
        entries, left = entries_of(data)
        # Where there are fewer, the records that are missing are found.
        if left or len(entries) > got:
            detail = f"{left} bytes after the last entry" if left else f"{len(entries)} entries instead of {got}"
            self.problems[bundle_path(number, width=got)] = Problem("malformed", detail)
        return entries[:width]

    def tile(self, level: int, number: int, *, width: int = TILE_HASHES) -> bytes | None:
        """The first *width* hashes of a tile; other bytes where its length is wrong; None if there is none."""
        found = self._read(level, number, width)
        if found is None:
            return None
        data, got = found
        return data[: width * HASH_BYTES] if len(data) == got * HASH_BYTES else data

    def _read(self, level: int, number: int, width: int) -> tuple[bytes, int] | None:
        """The file of this width, or of the next larger one, which begins with the same, or the largest."""
        widths = self._widths.get((level, number), ())
        if not widths:
            return None
        got = min((one for one in widths if one >= width), default=max(widths))
        name = bundle_path(number, width=got) if level == _ENTRIES else tile_path(level, number, width=got)
        try:
            data = read_file(self.top / name, limit=BUNDLE_BYTES_MAX if level == _ENTRIES else TILE_BYTES)
        except (ExportError, OSError) as error:
            detail = error.detail if isinstance(error, ExportError) else os.strerror(error.errno or 0)
            self.problems[name] = Problem("unreadable", detail)
            return None
        return None if data is None else (data, got)


def _names(top: Path, prefix: str = "") -> Iterator[str]:
    """Paths of what is no directory below *top*, with slashes; links are not followed."""
    try:
        entries = sorted(os.scandir(top), key=lambda entry: entry.name)
    except OSError:
        return  # what is missing by it is found
    for entry in entries:
        name = prefix + entry.name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        if entry.is_dir(follow_symlinks=False):
            yield from _names(top / entry.name, f"{name}/")
        else:
            yield name


class _Stated(NamedTuple):
    """What stands in the place of a log's row of the head: the tree that most likely was there when it was signed."""

    frontier: Frontier
    last_hash: bytes


class ExportEvidence:
    """
    The export as the tables of a log: an `Evidence`.

    note, stated: the checkpoint, and what it says; not verified. Reads every record once.
    """

    def __init__(self, files: ExportFiles, note: bytes, stated: Checkpoint) -> None:
        self._files = files
        self._size = stated.size
        self._bundles: OrderedDict[int, list[bytes]] = OrderedDict()
        self._numbers = [number for number in files.bundles() if number * TILE_HASHES < stated.size]
        tree = self._tree_of_tiles()
        self._tiled = tree is not None and tree.frontier.root() == stated.root
        self._count = 0
        self._tiles = {TILE_KEY.pack(*place): place for place in files.full_tiles() if self._is_covered(*place)}
        of_records, subjects, ids = self._index()
        best = tree if tree is not None and self._tiled else of_records
        head = {}
        if best is not None:
            size = best.frontier.size
            head[LAST_KEY] = U64.pack(size) + best.last_hash
            head[HEAD_KEY] = Head(size, best.last_hash, best.frontier, note).encoded()
        self._made = TableEvidence({
            "subjects": {subject.encode(): subject_row(row) for subject, row in subjects.items()},
            "ids": ids,
            "head": head,
            "checkpoints": {},
            "meta": {b"format": b"%d" % FORMAT_VERSION},
        })  # fmt: skip

    def records(self, start: int, stop: int) -> list[bytes]:
        """The records in [start, stop) of one bundle, as many as there are."""
        first = start - start % TILE_HASHES
        return self._bundle(start // TILE_HASHES)[start - first : stop - first]

    def tile_root(self, level: int, number: int) -> bytes:
        """A `proof.export.LeafSource` from the first record on is never asked for one."""
        raise AssertionError(f"tile {number} of level {level} is made from the records")

    def _is_covered(self, level: int, number: int) -> bool:
        return (number + 1) << 8 * (level + 1) <= self._size

    def _tree_of_tiles(self) -> _Stated | None:
        """The tree as the tiles of level 0 have it; None if one is missing."""
        if len(self._numbers) != -(-self._size // TILE_HASHES):
            return None
        frontier, hashes = Frontier.empty(), [b""]
        for number in self._numbers:
            width = self._width(number)
            tile = self._files.tile(0, number, width=width) or b""
            if len(tile) != width * HASH_BYTES:
                return None
            hashes = split_hashes(tile)
            full = width == TILE_HASHES
            frontier = frontier.extend_tiles((subtree_root(hashes),)) if full else frontier.extend(hashes)
        return _Stated(frontier, hashes[-1])

    def _index(self) -> tuple[_Stated | None, dict[str, SubjectHead], dict[bytes, bytes]]:
        """The tree, the heads of subjects and the places of ids, as the records make them where they can be read."""
        frontier, last_hash = Frontier.empty(), b""
        subjects: dict[str, SubjectHead] = {}
        ids: dict[bytes, bytes] = {}
        for key, data in self.scan("records"):
            self._count += 1
            last_hash = record_hash(data)
            frontier = frontier.append(last_hash)
            index = int.from_bytes(key, "big")
            try:
                event = unverified_event(unverified_record(data).event)
            except BAD_BYTES:
                continue  # the audit says what is wrong with it
            ids.setdefault(event.id, key)
            # Where a record was changed, the tile that the signed head confirms says what its hash was.
            hashed = self._tiled_hash(index) or last_hash
            for subject in event.subjects:
                before = subjects.get(subject)
                subjects[subject] = SubjectHead(1 if before is None else before.count + 1, index, hashed)
        return (_Stated(frontier, last_hash) if self._count else None), subjects, ids

    def _tiled_hash(self, index: int) -> bytes | None:
        number, place = divmod(index, TILE_HASHES)
        if not self._tiled or (tile := self._files_tile(number)) is None:
            return None
        return tile[place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def _files_tile(self, number: int) -> bytes | None:
        if self._last_tile[0] != number:
            self._last_tile = (number, self._files.tile(0, number, width=self._width(number)))
        return self._last_tile[1]

    _last_tile: tuple[int, bytes | None] = (-1, None)

    def _width(self, number: int) -> int:
        return min(TILE_HASHES, self._size - number * TILE_HASHES)

    def _bundle(self, number: int) -> list[bytes]:
        records = self._bundles.get(number)
        if records is None:
            records = self._bundles[number] = self._files.bundle(number, width=self._width(number))
            if len(self._bundles) > _REMEMBERED:
                self._bundles.popitem(last=False)
        else:
            self._bundles.move_to_end(number)
        return records

    # --- the tables -----------------------------------------------------------------------------

    def tables(self) -> tuple[str, ...]:
        return TABLES

    def stray_keys(self) -> tuple[bytes, ...]:
        return ()

    def count(self, table: str) -> int:
        if table == "records":
            return self._count
        return len(self._tiles) if table == "tiles" else self._made.count(table)

    def getter(self, table: str) -> Get:
        if table == "records":
            return self._record
        return self._tile if table == "tiles" else self._made.getter(table)

    def _record(self, key: bytes) -> bytes | None:
        index = int.from_bytes(key, "big")
        if len(key) != U64.size or index >= self._size:
            return None
        found = self.records(index, index + 1)
        return found[0] if found else None

    def _tile(self, key: bytes) -> bytes | None:
        place = self._tiles.get(key)
        return None if place is None else self._files.tile(*place)

    def scan(self, table: str, start: bytes = b"") -> Iterator[Row]:
        if table == "records":
            yield from self._scan_records(start)
        elif table == "tiles":
            for key in self._tiles:
                tile = self._tile(key) if key >= start else None
                if tile is not None:
                    yield key, tile
        else:
            yield from self._made.scan(table, start)

    def _scan_records(self, start: bytes) -> Iterator[Row]:
        for number in self._numbers:
            first = number * TILE_HASHES
            if U64.pack(first + TILE_HASHES - 1) < start:
                continue
            for place, data in enumerate(self._bundle(number)):
                key = U64.pack(first + place)
                if key >= start:
                    yield key, data

    def lost(self, table: str) -> tuple[tuple[bytes, bytes], ...]:
        return ()
