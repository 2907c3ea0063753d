"""Exports for tests, from the rows of a log's tables: sound ones, and what damages make of them."""

from __future__ import annotations

from pathlib import Path

from chainlog.digest import record_hash
from chainlog.forensics.evidence import HEAD_KEY
from chainlog.log.head import decode_head
from chainlog.proof.export import ExportTarget, export_tiles
from chainlog.proof.export_directory import opened_directory
from chainlog.tree.bundles import bundle_path, encode_bundle
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from tests.damage import Tables, rows_of
from tests.signers import signer
from tests.trees import ListTree

ORIGIN = f"draft.tree/{'ab' * 32}"


class ListSource(ListTree):
    """A log made of any records, as an `ExportSource`, with a head of its own unless one is given."""

    def __init__(self, rows: list[bytes], *, origin: str = ORIGIN, note: bytes | None = None) -> None:
        super().__init__([record_hash(row) for row in rows])
        self.rows = rows
        stated = Checkpoint(origin, len(rows), self.frontier.root())
        self.checkpoint = sign_checkpoint(stated, signer=signer("log")) if note is None else note

    def records(self, start: int, stop: int) -> list[bytes]:
        return self.rows[start:stop]


def note_of(tables: Tables) -> bytes:
    return decode_head(tables["head"][HEAD_KEY]).checkpoint


def write_export(directory: Path, tables: Tables) -> None:
    """The export of a sound log."""
    with opened_directory(directory) as target:
        export_to(target, tables)


def export_to(target: ExportTarget, tables: Tables) -> None:
    export_tiles(ListSource(rows_of(tables), note=note_of(tables)), target)


def put_rows(directory: Path, rows: list[bytes], *, size: int) -> None:
    """Put other records into the bundles of an export of *size* records, which may be more than there are."""
    for start in range(0, size, 256):
        path = directory / bundle_path(start // 256, width=min(256, size - start))
        path.write_bytes(encode_bundle(rows[start : start + 256]))
