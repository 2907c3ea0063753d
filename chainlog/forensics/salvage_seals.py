"""Sealed values of a damaged log, as far as records that were saved name them and nobody erased them. Does I/O.

Whether a box opens can't be seen without a reader's key: what is copied has the form of a box, and a saved record holds
its commitment. A value that only another copy has may have been erased by a record that is lost; so it is taken from there
only if no record is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from chainlog.canon import codec
from chainlog.errors import NotALogError
from chainlog.event.model import unverified_event
from chainlog.forensics.children import Child, ChildError
from chainlog.forensics.evidence import Evidence
from chainlog.forensics.remains import Remnant
from chainlog.forensics.salvage_gather import open_evidence
from chainlog.forensics.summary import OpenTask, SealTask
from chainlog.record.record import unverified_record
from chainlog.record.seal import sealed_fields
from chainlog.store.lmdb_forensic import copy_data_file
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.port import Snapshot, Transaction

_TABLES: Final = {"boxes": 32, "wrapped": 64, "secrets": 41}  # and how long their keys are
_WRAPPED_BYTES: Final = 80
_BOX_STEP: Final = 64
_BOX_EXTRA: Final = 40  # nonce and tag
_MARKS: Final = (b"\xa6sealed", b"\xa6erased")
_BATCH: Final = 1_000


class SealReport(msgspec.Struct, frozen=True):
    """
    copied: values whose boxes are in the new log. lost: (record, path) of those without. withheld: (record, path) of those
    that only another copy has, which may have been erased since.
    """

    copied: int = 0
    lost: tuple[tuple[int, str], ...] = ()
    withheld: tuple[tuple[int, str], ...] = ()


def gather_seals(task: SealTask) -> int:
    """Put what has the form of a box or a key into the tables of *task*; how many rows. Runs in a child."""
    evidence = open_evidence(Path(task.directory), damaged=task.damaged)
    return 0 if evidence is None else _copy_rows(evidence, task)


def _copy_rows(evidence: Evidence, task: SealTask) -> int:
    count = 0
    kv = LmdbKeyValue.open(task.into)
    try:
        for name, key_bytes in _TABLES.items():
            with kv.write() as transaction:
                table = transaction.table(name)
                for key, value in evidence.scan(name):
                    if len(key) == key_bytes and _has_form(name, value) and table.get(key) is None:
                        table.put(key, bytes((task.source,)) + value)
                        count += 1
    finally:
        kv.close()
    return count


def _has_form(table: str, value: bytes) -> bool:
    if table == "boxes":
        return len(value) > _BOX_EXTRA and not (len(value) - _BOX_EXTRA) % _BOX_STEP
    return len(value) == _WRAPPED_BYTES


def collect_seals(logs: Sequence[Path], scratch: Path) -> Path | None:
    """Gather the boxes of all *logs*, the damaged one first; None if none has any. Raises StoreError, BusyError."""
    into, count = scratch / "seals", 0
    for source, log in enumerate(logs):
        if not os.path.lexists(log / "sealed"):
            continue
        copy = scratch / f"sealed-{source}"
        try:
            copy_data_file(log / "sealed", copy)
        except NotALogError:
            continue
        damaged = False
        with Child() as child:
            try:
                damaged = bool(child.call("pages", OpenTask(os.fspath(copy)), list[str]))
                count += child.call("gather_seals", SealTask(os.fspath(copy), os.fspath(into), source, damaged), int)
                continue
            except ChildError:
                pass  # once more, with care
        with Child() as child:
            try:
                count += child.call("gather_seals", SealTask(os.fspath(copy), os.fspath(into), source, True), int)
            except ChildError:
                continue
    return into if count else None


def copy_seals(
    gathered: Path | None, snapshot: Snapshot, remnants: Sequence[Remnant], target: Path, *, is_whole: bool
) -> SealReport:
    """
    Put the boxes that saved records name into the new directory *target*; none is made where there is nothing to keep.

    remnants: those among the records beside the log that erase something.
    """
    wanted = _wanted(snapshot, remnants)
    if gathered is None:
        return SealReport(lost=tuple(sorted(wanted.values())))
    kv = LmdbKeyValue.open(gathered, read_only=True)
    try:
        with kv.read() as source:
            return _copy(source, wanted, target, is_whole=is_whole)
    finally:
        kv.close()


def _copy(source: Transaction, wanted: dict[bytes, tuple[int, str]], target: Path, *, is_whole: bool) -> SealReport:
    boxes, wrapped = source.table("boxes"), source.table("wrapped")
    copied, lost, withheld = 0, [], []
    secrets = list(source.table("secrets").scan())
    out: LmdbKeyValue | None = None
    try:
        names = iter(sorted(wanted))
        done = False
        while not done:
            out = out or LmdbKeyValue.open(target)
            with out.write() as transaction:
                for key, value in secrets:
                    transaction.table("secrets").put(key, value[1:])
                for _ in range(_BATCH):
                    commitment = next(names, b"")
                    if not commitment:
                        done = True
                        break
                    box = boxes.get(commitment)
                    if box is None:
                        lost.append(wanted[commitment])
                    elif box[0] and not is_whole:
                        withheld.append(wanted[commitment])
                    else:
                        copied += 1
                        transaction.table("boxes").put(commitment, box[1:])
                        for key, value in wrapped.scan(commitment, commitment + b"\xff" * 33):
                            if is_whole or not value[0]:
                                transaction.table("wrapped").put(key, value[1:])
    finally:
        if out is not None:
            out.close()
    return SealReport(copied, tuple(sorted(lost)), tuple(sorted(withheld)))


def _wanted(snapshot: Snapshot, remnants: Sequence[Remnant]) -> dict[bytes, tuple[int, str]]:
    """Commitment → (record, path) of every sealed value of the saved records that no record known erases."""
    values: dict[tuple[bytes, str], tuple[bytes, int]] = {}
    saved = (data for _, data in snapshot.records(0, snapshot.size))
    for data in chain(saved, (remnant.checked.encoded for remnant in remnants)):
        if not any(mark in data for mark in _MARKS):
            continue
        record = unverified_record(data)
        event = unverified_event(record.event)
        body = codec.decode(bytes(event.body))
        if not isinstance(body, dict):
            continue
        if record.index < snapshot.size:
            for path, value in sealed_fields(body):
                values[event.id, path] = (value, record.index)
        if event.kind == "erased":
            for target, _ in event.refs:
                values.pop((target, str(body.get("path"))), None)
    return {value: (index, path) for (_, path), (value, index) in values.items()}
