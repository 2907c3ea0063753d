"""The records against the signed head, by hashes alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lmdb
import pytest

from chainlog.errors import CheckpointError, RecordHashError
from chainlog.facade import Log
from chainlog.forensics.evidence import HEAD_KEY, U64
from chainlog.log import prefix
from chainlog.log.head import decode_head
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.memory import MemorySnapshot
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from tests.builders import signer, small_log
from tests.damage import Tables, changed, copy_of, honest, rechain, rows_of, write_log


def opened(tables: Tables, path: Path) -> Log:
    write_log(path, tables)
    return Log.open(path, read_only=True)


def replaced(tables: Tables, index: int, data: bytes | None) -> Tables:
    tables = copy_of(tables)
    if data is None:
        del tables["records"][U64.pack(index)]
    else:
        tables["records"][U64.pack(index)] = data
    return tables


@pytest.fixture(params=[1, 3 * 256])
def batch(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short log is read in several parts too; parts are whole tiles."""
    monkeypatch.setattr(prefix, "_BATCH", 256 * request.param)


@pytest.mark.parametrize("size", [5, 255, 256, 257, 513])
@pytest.mark.usefixtures("batch")
def test_an_honest_log_has_the_prefix_that_its_head_says(tmp_path: Path, size: int) -> None:
    _, tables = honest(size)
    head = decode_head(tables["head"][HEAD_KEY])
    with opened(tables, tmp_path) as log:
        assert log.verified_prefix() == (size, head.frontier.root(), head.last_hash)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 511, 512, 598])
@pytest.mark.usefixtures("batch")
def test_a_record_that_is_altered_or_gone_is_named(tmp_path: Path, index: int) -> None:
    _, tables = honest(600)
    data = tables["records"][U64.pack(index)]
    for number, other in enumerate((data[:-1] + bytes([data[-1] ^ 1]), data + b"\0", None)):
        store = LmdbStore.open(_written(replaced(tables, index, other), tmp_path / str(number)), read_only=True)
        try:
            with pytest.raises(RecordHashError) as caught:
                prefix.verified_prefix(store, decode_head(tables["head"][HEAD_KEY]))
            assert caught.value.index == index  # type: ignore[attr-defined]
        finally:
            store.close()


def _written(tables: Tables, path: Path) -> Path:
    write_log(path, tables)
    return path


def test_records_chained_anew_are_not_those_that_were_signed(tmp_path: Path) -> None:
    _, tables = honest(300)
    tables = copy_of(tables)
    rows = rows_of(tables)
    rows[100] = changed(rows[100], recorded_at_us=1)
    rechain(tables, rows, 100)
    with pytest.raises(CheckpointError):
        opened(tables, tmp_path / "opened").close()
    head = decode_head(honest(300)[1]["head"][HEAD_KEY])._replace(
        last_hash=decode_head(tables["head"][HEAD_KEY]).last_hash
    )
    store = LmdbStore.open(_written(tables, tmp_path / "store"), read_only=True)
    try:
        with pytest.raises(CheckpointError, match="not those that the log key signed"):
            prefix.verified_prefix(store, head)
    finally:
        store.close()


def test_a_head_that_another_key_signed_is_refused_however_the_records_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    log = small_log()
    head = log.handle.reader.head()
    assert head is not None
    checkpoint = Checkpoint(log.handle.origin, head.size, head.frontier.root())
    forged = head._replace(checkpoint=sign_checkpoint(checkpoint, signer=signer("p/C"))).encoded()
    monkeypatch.setattr(MemorySnapshot, "head", property(lambda _: forged))
    with pytest.raises(CheckpointError):
        log.handle.verified_prefix()


def test_what_is_appended_meanwhile_is_left_to_the_next_time() -> None:
    log = small_log()
    before = log.handle.verified_prefix()
    log.record("accessed.entered", {"operator": "p/C"}, subjects=["w/1"])
    after = log.handle.verified_prefix()
    assert (after.size, after.last_hash) == (before.size + 1, log.handle.reader.read(before.size).record_hash)


def test_keys_that_are_no_indexes_of_this_range_are_missing_records(tmp_path: Path) -> None:
    """Where one is gone and another stands behind the end, the count alone would be right."""
    _, tables = honest(40)
    path = _written(replaced(tables, 20, None), tmp_path)
    with lmdb.open(str(path / "truth"), max_dbs=64, lib_version=0) as engine:
        records = engine.open_db(b"records", create=False)
        with engine.begin(write=True, db=records) as transaction:
            transaction.put(U64.pack(40), b"x")
    every = honest(40)[1]["records"]
    store = LmdbStore.open(path, read_only=True)
    with store.snapshot() as snapshot:
        assert snapshot.unbroken(0, 40) == [every[U64.pack(index)] for index in range(20)]
        assert snapshot.unbroken(20, 40) == []
        assert snapshot.unbroken(21, 41) == [*(every[U64.pack(index)] for index in range(21, 40)), b"x"]
    store.close()
