"""Creating, opening, sharing, copying a log's store; what reading leaves untouched."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import lmdb
import pytest

from chainlog.digest import ZERO
from chainlog.errors import (
    EngineError,
    HandleClosedError,
    LockLostError,
    LogExistsError,
    NotALogError,
    ReadOnlyError,
    UsageError,
)
from chainlog.store.lmdb_registry import REGISTRY
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole, event_id
from tests.processes import ROOT, Worker, environment


@pytest.fixture
def log(tmp_path):
    store = LmdbStore.create(tmp_path / "log", meta={"k": b"v"})
    append(store, 300, length=600)
    store.close()
    return tmp_path / "log"


def whole(store):
    with store.snapshot() as snapshot:
        return len(check_whole(snapshot))


# --- creating -----------------------------------------------------------------------------------


def test_modes_and_files(tmp_path):
    before = os.umask(0)
    try:
        LmdbStore.create(tmp_path / "log", meta={}).close()
    finally:
        os.umask(before)
    modes = {str(p.relative_to(tmp_path)): oct(p.stat().st_mode & 0o777) for p in tmp_path.rglob("*")}
    assert modes == {
        "log": "0o700",
        "log/truth": "0o700",
        "log/truth/data.mdb": "0o600",
        "log/truth/lock.mdb": "0o600",
    }


def test_an_empty_directory_is_taken_and_a_full_one_refused(tmp_path):
    (tmp_path / "empty").mkdir(mode=0o755)
    LmdbStore.create(tmp_path / "empty", meta={}).close()
    assert (tmp_path / "empty").stat().st_mode & 0o777 == 0o700
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("keep")
    (tmp_path / "file").write_text("keep")
    for path in (tmp_path / "empty", tmp_path / "full", tmp_path / "file"):
        with pytest.raises(LogExistsError):
            LmdbStore.create(path, meta={})
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["letter.txt"]


def test_only_one_of_several_creators_wins(tmp_path):
    code = (
        "import sys; from chainlog.store.lmdb_store import LmdbStore; from chainlog.errors import LogExistsError\n"
        "try: LmdbStore.create(sys.argv[1], meta={'by': sys.argv[2].encode()}); print('made')\n"
        "except LogExistsError: print('refused')"
    )
    command = [sys.executable, "-c", code, tmp_path / "log"]
    creators = [
        subprocess.Popen([*command, str(n)], stdout=subprocess.PIPE, env=environment(), cwd=ROOT) for n in range(3)
    ]
    said = [creator.communicate()[0].split()[0].decode() for creator in creators]
    assert sorted(said) == ["made", "refused", "refused"]
    store = LmdbStore.open(tmp_path / "log")
    with store.snapshot() as snapshot:
        assert snapshot.meta("by") == b"%d" % said.index("made")
    store.close()


def test_the_engine_is_pinned(tmp_path, monkeypatch):
    code = (
        "import sys; from chainlog.store.lmdb_store import LmdbStore\n"
        "s = LmdbStore.create(sys.argv[1], meta={}); print(s._environment().engine.lib_version()[:2])"
    )
    variables = environment(LMDB_DEFAULT_LIB_VERSION="1")
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "log"], capture_output=True, env=variables, cwd=ROOT, check=False
    )
    assert done.stdout == b"(0, 9)\n", done.stderr


def test_durability_is_fixed(log):
    store = LmdbStore.open(log)
    flags = store._environment().engine.flags()
    assert (flags["sync"], flags["metasync"], flags["writemap"], flags["map_async"], flags["lock"]) == (
        (True, True, False, False, True)
    )
    store.close()


# --- sharing ------------------------------------------------------------------------------------


def test_handles_of_a_process_share_one_engine(log, tmp_path):
    before = dict(REGISTRY.environments)
    first = LmdbStore.open(log)
    (tmp_path / "link").symlink_to(log)
    second = LmdbStore.open(tmp_path / "link")
    third = LmdbStore.open(log, read_only=True)
    assert first._environment() is second._environment() is third._environment()
    assert append(second, 1) == 301
    assert whole(first) == whole(third) == 301
    with pytest.raises(ReadOnlyError), third.exclusive(timeout_s=1):
        pass
    first.close()
    first.close()
    with pytest.raises(HandleClosedError):
        whole(first)
    assert append(second, 1) == 302
    second.close()
    assert whole(third) == 302
    third.close()
    assert REGISTRY.environments == before
    store = LmdbStore.open(log)
    assert whole(store) == 302
    store.close()


def test_a_file_open_for_reading_is_not_opened_for_writing(log):
    reader = LmdbStore.open(log, read_only=True)
    with pytest.raises(ReadOnlyError):
        LmdbStore.open(log)
    reader.close()
    LmdbStore.open(log).close()


def test_a_file_open_by_other_means_is_refused(log):
    engine = lmdb.open(str(log / "truth"), max_dbs=9, lib_version=0)
    with pytest.raises(UsageError):
        LmdbStore.open(log)
    # That engine's lock still stands: another process doesn't take itself for the first and wipe its readers.
    with engine.begin(), Worker(log) as worker:
        assert worker.do("check") == {"size": 300}
        assert str(os.getpid()) in engine.readers()
    engine.close()
    LmdbStore.open(log).close()


def test_a_relative_path_survives_a_change_of_directory(log, monkeypatch):
    monkeypatch.chdir(log.parent)
    store = LmdbStore.open("log")
    monkeypatch.chdir("/")
    assert append(store, 1) == 301
    store.close()


# --- reading leaves no trace --------------------------------------------------------------------


def trace(directory):
    """Everything about the files that reading could change, but the time of the last access."""
    entries = sorted(directory.rglob("*"))
    return [
        (
            p.name,
            s.st_ino,
            s.st_mode,
            s.st_size,
            s.st_mtime_ns,
            s.st_ctime_ns,
            p.is_file() and hashlib.sha256(p.read_bytes()).hexdigest(),
        )
        for p in [directory, *entries]
        for s in [p.stat()]
    ]


READ = """
import os, sys
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import check_whole
if len(sys.argv) > 2:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
store = LmdbStore.open(sys.argv[1], read_only=True)
with store.snapshot() as snapshot:
    print(len(check_whole(snapshot)))
store.close()
"""


@pytest.mark.parametrize("lock_file", [False, True])
def test_reading_changes_nothing(log, lock_file):
    if not lock_file:
        (log / "truth" / "lock.mdb").unlink()
    before = trace(log)
    for _ in range(2):
        store = LmdbStore.open(log, read_only=True)
        assert whole(store) == 300
        with store.snapshot() as snapshot:
            assert snapshot.index_of(event_id(7)) == 7
        store.close()
    with pytest.raises(ReadOnlyError), store.exclusive(timeout_s=1):
        pass
    assert trace(log) == before


def test_reading_needs_no_right_to_write(log):
    if os.geteuid() != 0:
        pytest.skip("needs the right to become another user")
    for path in [log, *log.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    # The folders above belong to the run of the tests alone.
    for parent in log.parents:
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    before = trace(log)
    done = subprocess.run(
        [sys.executable, "-c", READ, log, "nobody"], capture_output=True, env=environment(), cwd=ROOT, check=False
    )
    assert done.stdout == b"300\n", done.stderr.decode()
    assert trace(log) == before


def test_a_read_only_snapshot_keeps_the_writers_of_a_live_log_waiting(log):
    with Worker(log) as worker:
        reader = LmdbStore.open(log, read_only=True)
        with reader.snapshot() as snapshot:
            with reader.snapshot() as other:
                assert other.size == 300
            assert worker.do("append", 1, "", 0, 0.1)["error"] == "BusyError"
            assert snapshot.size == 300
        assert worker.do("append", 1) == {"size": 301}
        assert whole(reader) == 301
        reader.close()


def test_a_forgotten_read_only_snapshot_lets_writers_go_on(log):
    reader = LmdbStore.open(log, read_only=True)
    snapshot = reader.snapshot()
    snapshot.__enter__()
    assert reader._environment().live
    del snapshot
    assert not reader._environment().live
    with Worker(log) as worker:
        assert worker.do("append", 1) == {"size": 301}
    reader.close()


# --- copying ------------------------------------------------------------------------------------


def test_a_backup_is_the_log(log, tmp_path):
    store = LmdbStore.open(log)
    with Worker(log) as worker:  # others write meanwhile
        worker.send("append_for_ever")
        worker.answer()
        store.backup(tmp_path / "copy")
        worker.kill()
    store.close()
    copy = LmdbStore.open(tmp_path / "copy")
    size = whole(copy)
    assert size > 300
    assert append(copy, 2) == size + 2
    copy.close()
    assert (tmp_path / "copy" / "truth" / "data.mdb").stat().st_mode & 0o777 == 0o600


def test_a_backup_overwrites_nothing(log, tmp_path):
    store = LmdbStore.open(log)
    store.backup(tmp_path / "copy")
    before = trace(tmp_path / "copy")
    with pytest.raises(LogExistsError):
        store.backup(tmp_path / "copy")
    with pytest.raises(LogExistsError):
        store.backup(log)
    assert trace(tmp_path / "copy") == before
    assert whole(store) == 300
    store.close()


def test_a_backup_from_a_read_only_handle(log, tmp_path):
    before = trace(log)
    store = LmdbStore.open(log, read_only=True)
    store.backup(tmp_path / "copy")
    store.close()
    assert trace(log) == before
    copy = LmdbStore.open(tmp_path / "copy", read_only=True)
    assert whole(copy) == 300
    copy.close()


# --- damage that the engine doesn't see ---------------------------------------------------------


def tamper(log, change):
    engine = lmdb.open(str(log / "truth"), max_dbs=9, lib_version=0)
    tables = {name: engine.open_db(name.encode()) for name in ("records", "subjects", "ids", "head", "checkpoints")}
    with engine.begin(write=True) as transaction:
        change(transaction, tables)
    engine.close()


def test_a_size_that_is_too_large_stops_writing(log):
    tamper(log, lambda t, db: t.put(b"last", (301).to_bytes(8, "big") + b"\1" * 32, db=db["head"]))
    store = LmdbStore.open(log)
    with pytest.raises(EngineError, match="last is missing"):
        append(store)
    store.close()


def test_a_size_that_is_too_small_stops_writing(log):
    tamper(log, lambda t, db: t.put(b"last", (299).to_bytes(8, "big") + b"\1" * 32, db=db["head"]))
    store = LmdbStore.open(log)
    for _ in range(2):
        with pytest.raises(EngineError, match="beyond the size"):
            append(store)
    store.close()


@pytest.mark.parametrize(
    ("change", "call"),
    [
        (lambda t, db: t.put(b"last", b"short", db=db["head"]), lambda s: s.size),
        (lambda t, db: t.put(b"carrier:0", b"x" * 47, db=db["subjects"]), lambda s: s.subject("carrier:0")),
        (lambda t, db: t.put(b"carrier:0", b"x" * 49, db=db["subjects"]), lambda s: list(s.subjects())),
        (lambda t, db: t.put(b"\xff\xfe", b"x" * 48, db=db["subjects"]), lambda s: list(s.subjects())),
        (lambda t, db: t.put(event_id(1), b"1234567", db=db["ids"]), lambda s: s.index_of(event_id(1))),
        (lambda t, db: t.put(bytes(9), b"x", db=db["records"]), lambda s: list(s.records(0, 9))),
        (lambda t, db: t.put(bytes(7), b"x", db=db["checkpoints"]), lambda s: list(s.checkpoints())),
    ],
)
def test_rows_of_the_wrong_width_are_said_and_can_be_seen_raw(log, change, call):
    tamper(log, change)
    try:
        store = LmdbStore.open(log)
    except EngineError:
        return  # the size itself
    with store.snapshot() as snapshot:
        with pytest.raises(EngineError, match="verify"):
            call(snapshot)
        assert all(list(snapshot.raw(table)) is not None for table in snapshot.table_names())
    store.close()


# --- continuity ---------------------------------------------------------------------------------


def test_a_log_that_lost_what_the_process_saw_is_refused(log):
    store = LmdbStore.open(log)
    environment = store._environment()
    size, last_hash, last = environment.seen
    for seen in ((size + 1, last_hash, last), (size, b"\1" * 32, last), (size, last_hash, b"other"), (7, ZERO, b"x")):
        environment.seen = seen
        with pytest.raises(LockLostError):
            append(store)
        with pytest.raises(LockLostError):  # and so on, until it is opened again
            whole(store)
        store.close()
        store = LmdbStore.open(log)
        environment = store._environment()
        assert whole(store) == 300
    environment.seen = (1, b"whatever", next(r for _, r in _records(store)))
    assert append(store) == 301
    store.close()


def _records(store):
    with store.snapshot() as snapshot:
        return list(snapshot.records(0, 1))


def test_a_log_whose_tables_became_of_another_version_is_not_written(tmp_path):
    store = LmdbStore.create(tmp_path / "log")
    append(store, 3)

    def upgrade(version):
        with store.exclusive(timeout_s=5), store._environment().writing() as transaction:
            transaction.put(b"format", version, db=store._environment().tables["meta"])

    upgrade(b"2")
    for _ in range(2):
        with pytest.raises(NotALogError, match="became of version b'2' while they were open as b'1'"):
            append(store)
    assert whole(store) == 3
    upgrade(b"1")
    assert append(store) == 4
    store.close()


def test_what_another_process_added_is_fine(log):
    store = LmdbStore.open(log)
    with Worker(log) as worker:
        for _ in range(3):
            assert worker.do("append", 2)["size"] == append(store, 1) - 1
    assert whole(store) == 309
    store.close()


def test_opening_the_wrong_thing_leaves_no_handle(tmp_path):
    before = dict(REGISTRY.environments)
    with pytest.raises(NotALogError):
        LmdbStore.open(tmp_path)
    assert REGISTRY.environments == before
