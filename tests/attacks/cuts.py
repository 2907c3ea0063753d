"""Logs cut back, gone on differently, opened in another place: as whoever can write the files does it, with and without keys."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from chainlog.facade import Log
from chainlog.forensics.evidence import HEAD_KEY, U64, tables_of
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import AuditReport
from chainlog.store.lmdb_forensic import PrivateCopy, copy_data_file
from chainlog.store.lmdb_store import LmdbStore
from tests.attacks.signing import log_at
from tests.builders import SmallLog
from tests.damage import Tables, rechain, rows_of, write_log
from tests.signers import signer
from tests.stories import cut_back


def visits(log: SmallLog, count: int, *, person: str = "p/C", step_us: int = 0) -> SmallLog:
    """The log with so many visits more, each in a commit of its own. step_us: between them."""
    for _ in range(count):
        log.clock.now_us += step_us
        log.record("accessed.entered", {"operator": person}, subjects=["w/库房"])
    return log


def visited(path: Path, count: int, **genesis: Any) -> SmallLog:
    """A log on the disk with visits, open."""
    return visits(log_at(path, **genesis), count)


def told_from(log: SmallLog, path: Path, size: int) -> SmallLog:
    """What the holder of the log's key makes of the first *size* records, in another place, open."""
    store = cut_back(log.handle, size, store=LmdbStore.create(path))
    return log._replace(store=store, handle=Log(store, log_signer=signer("log"), clock=log.clock))


def again(path: Path, log: SmallLog) -> SmallLog:
    """The log in *path*, opened for writing with the keys and the clock of *log*."""
    handle = Log.open(path, log_signer=signer("log"), log_id=log.handle.id, clock=log.clock)
    return log._replace(handle=handle, store=handle.store)


def hashes_of(log: SmallLog) -> list[bytes]:
    """What was acknowledged."""
    reader = log.handle.reader
    return [entry.record_hash for entry in reader.read_range(0, reader.size)]


def judged_at(path: Path, log_id: bytes | None, note: bytes | None = None) -> AuditReport:
    """What an audit of a log's files answers, by the same judges, without its child processes. note: kept outside."""
    with tempfile.TemporaryDirectory() as place:
        copy_data_file(path / "truth", Path(place) / "truth")
        copy = PrivateCopy(Path(place) / "truth")
        try:
            return audit_evidence(copy, log_id=log_id, checkpoint=note)
        finally:
            copy.close()


def tables_at(path: Path) -> Tables:
    """The rows of a log's files."""
    store = LmdbStore.open(path, read_only=True)
    try:
        with store.snapshot() as snapshot:
            return tables_of(snapshot)
    finally:
        store.close()


def cut_files(path: Path, target: Path, size: int, note: bytes, *, keep: Mapping[int, bytes] | None = None) -> Path:
    """
    The files of the log in *path*, cut back to *size* records in every table, in *target*.

    note: the signed head that is put under them: somebody without keys needs one that was signed then. keep: the kept
    checkpoints, instead of those that lie below.
    """
    tables = tables_at(path)
    rechain(tables, rows_of(tables)[:size], size)
    *head, _ = msgspec.msgpack.decode(tables["head"][HEAD_KEY])
    tables["head"][HEAD_KEY] = msgspec.msgpack.encode((*head, note))
    if keep is None:
        keep = {key: kept for at, kept in tables["checkpoints"].items() if (key := int.from_bytes(at, "big")) <= size}
    tables["checkpoints"] = {U64.pack(at): kept for at, kept in keep.items()}
    write_log(target, tables)
    return target
