"""Sealed values in a salvage: kept where a saved record names them, not brought back once they were erased."""

from __future__ import annotations

import shutil

import lmdb
import pytest

from chainlog.canon import codec
from chainlog.event.model import unverified_event
from chainlog.forensics.audit import audit
from chainlog.log.reader import Reader
from chainlog.log.sealing import Seals, seal_body
from chainlog.record.keys import ReaderKey
from chainlog.record.record import unverified_record
from chainlog.record.seal import sealed_fields
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import small_log
from tests.salvaging import in_this_process, saved

ONE = ReaderKey.from_seed(b"\1" * 32)
TITLES = ("甲", "乙", "丙")


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """A log with three sealed titles, the second of which was erased; and `before`, a backup from before the erasure."""
    in_this_process(monkeypatch)
    log = small_log(store=LmdbStore.create(tmp_path / "log"))
    kv = LmdbKeyValue.open(tmp_path / "log" / "sealed")
    seals = Seals(kv, log.handle.reader, log.handle.id)
    seals.make_pseudonyms(readers=[ONE.public_key])
    for number, title in enumerate(TITLES, 1):
        event_id = bytes([number]) * 16
        stated = {"register": "发文", "serial": number, "document": {"title": title, "issuer": "u/县", "level": "秘密"}}
        body = seal_body("registered.document", stated, fields=["title"], log_id=log.handle.id, event_id=event_id)
        seals.put(body, readers=[ONE.public_key])
        log.record(
            "registered.document", {"registrar": "p/Z"}, body=body.body, subjects=[f"d/{number}"], event_id=event_id
        )
    shutil.copytree(tmp_path / "log", tmp_path / "before")
    entry = log.handle.reader.find(bytes([2]) * 16)
    log.record("erased", {"registrar": "p/Z", "approver": "p/L"}, body={"path": "document.title", "reason": "法定"}, refs=[entry.event.id])  # fmt: skip
    seals.destroy(entry, path="document.title")
    kv.close()
    size = log.handle.reader.size
    log.handle.close()
    return tmp_path, log.handle.id, size


def boxes_of(path):
    kv = LmdbKeyValue.open(path, read_only=True)
    with kv.read() as transaction:
        found = {name: dict(transaction.table(name).scan()) for name in ("boxes", "wrapped", "secrets")}
    kv.close()
    return found


def drop(log, index=None, *, box=None):
    """Take a record, or the box of the value that one seals, out of a log's files."""
    with lmdb.open(str(log / "truth"), max_dbs=64, lib_version=0) as engine, engine.begin(write=True) as transaction:
        records = engine.open_db(b"records", txn=transaction, create=False)
        key = (index if box is None else box).to_bytes(8, "big")
        data = transaction.get(key, db=records)
        if box is None:
            transaction.delete(key, db=records)
    if box is not None:
        commitment = commitment_in(data)
        with (
            lmdb.open(str(log / "sealed"), max_dbs=64, lib_version=0) as engine,
            engine.begin(write=True) as transaction,
        ):
            transaction.delete(commitment, db=engine.open_db(b"boxes", txn=transaction, create=False))


def commitment_in(data):
    body = codec.decode(bytes(unverified_event(unverified_record(data).event).body))
    return next(value for _, value in sealed_fields(body))


def test_they_are_copied_with_keys_and_secrets_and_an_erased_one_stays_erased(logs):
    place, log_id, size = logs
    got = saved(place / "log", place / "out", also=[place / "before"])
    assert (got.report.whole, got.report.size, got.report.seals.copied, got.report.seals.lost) == (True, size, 2, ())
    assert boxes_of(got.new / "sealed") == boxes_of(place / "log" / "sealed")
    report = audit(got.new, log_id=log_id)
    assert (report.integrity, report.findings) == ("intact", ())
    store = LmdbStore.open(got.new)
    kv, reader = LmdbKeyValue.open(got.new / "sealed"), Reader(store)
    seals = Seals(kv, reader, log_id)
    assert seals.show(reader.find(b"\1" * 16), path="document.title", reader_key=ONE) == "甲"
    assert seals.pseudonym("1号", reader_key=ONE).startswith("d/~")
    kv.close()
    store.close()


def test_a_lost_box_is_named_and_taken_from_a_copy_of_a_whole_log(logs):
    place, log_id, size = logs
    drop(place / "log", box=size - 2)
    alone = saved(place / "log", place / "alone")
    assert (alone.report.whole, alone.report.seals.lost) == (True, ((size - 2, "document.title"),))
    assert {finding.code for finding in audit(alone.new, log_id=log_id).findings} == {"seal-lost"}
    both = saved(place / "log", place / "both", also=[place / "before"])
    assert (both.report.seals.copied, both.report.seals.lost) == (2, ())


def test_where_records_are_lost_no_box_comes_back_from_a_copy(logs):
    """The erasure is what is lost: the backup's box of the erased value must not return."""
    place, _, size = logs
    data = place / "log" / "truth" / "data.mdb"
    with (
        lmdb.open(str(data.parent), max_dbs=64, lib_version=0, readonly=True, lock=False) as engine,
        engine.begin() as transaction,
    ):
        record = bytes(
            transaction.get((size - 1).to_bytes(8, "big"), db=engine.open_db(b"records", txn=transaction, create=False))
        )
    raw = data.read_bytes()
    data.write_bytes(raw.replace(record, bytes(len(record))))
    got = saved(place / "log", place / "out", also=[place / "before"])
    assert (got.report.whole, got.report.size, got.report.seals.copied) == (False, size - 1, 2)
    assert got.report.seals.withheld == ((size - 3, "document.title"),)


def test_boxes_of_a_damaged_file_and_of_nothing(logs):
    place, _, size = logs
    data = place / "log" / "sealed" / "data.mdb"
    data.write_bytes(data.read_bytes()[:100])
    got = saved(place / "log", place / "out")
    assert (got.report.whole, got.report.seals.copied) == (True, 0)
    assert got.report.seals.lost == ((size - 4, "document.title"), (size - 2, "document.title"))
    assert not (got.new / "sealed").exists()
    mended = saved(place / "log", place / "mended", also=[place / "before"])
    assert (mended.report.seals.copied, mended.report.seals.lost) == (2, ())
