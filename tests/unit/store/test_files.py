"""What may be opened as a data file, and where."""

from __future__ import annotations

import os
import stat
import struct
import subprocess

import lmdb
import pytest

from chainlog.errors import LogExistsError, NetworkFileSystemError, NotALogError, StoreError, StoreFullError
from chainlog.store import files
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append

PAGE = 4_096


@pytest.fixture
def log(tmp_path):
    store = LmdbStore.create(tmp_path / "log", meta={})
    append(store, 40, length=600)
    store.close()
    return tmp_path / "log"


@pytest.fixture
def data(log):
    return log / "truth" / "data.mdb"


def refused(log, *says):
    for read_only in (False, True):
        with pytest.raises(NotALogError) as caught:
            LmdbStore.open(log, read_only=read_only)
        for word in says:
            assert word in str(caught.value)


def test_what_is_no_directory_of_a_log(tmp_path):
    refused(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty")
    (tmp_path / "file").write_text("x")
    refused(tmp_path / "file")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "file"]
    assert list((tmp_path / "empty").iterdir()) == []


def test_a_missing_data_file_is_not_made(log, data):
    data.unlink()
    refused(log)
    assert not data.exists()


def test_an_empty_data_file_is_not_filled(log, data):
    data.write_bytes(b"")
    refused(log, "empty")
    assert data.stat().st_size == 0


def test_a_fifo_does_not_hang(log, data):
    data.unlink()
    os.mkfifo(data)
    refused(log, "FIFO")


def test_a_symbolic_link_is_not_followed(log, data, tmp_path):
    data.rename(tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    refused(log, "symbolic link")


def test_a_directory(log, data):
    data.unlink()
    data.mkdir()
    refused(log, "a directory")


def test_a_device(log, data):
    data.unlink()
    try:
        os.mknod(data, stat.S_IFCHR | 0o600, os.makedev(1, 5))  # /dev/zero
    except PermissionError:
        pytest.skip("needs the right to make a device")
    refused(log, "a device")


@pytest.mark.parametrize("kind", ["fifo", "link"])
def test_a_lock_file_that_is_no_file(log, kind, tmp_path):
    lock = log / "truth" / "lock.mdb"
    lock.unlink()
    (tmp_path / "victim").write_text("keep")
    if kind == "fifo":
        os.mkfifo(lock)
    else:
        lock.symlink_to(tmp_path / "victim")
    with pytest.raises(NotALogError):
        LmdbStore.open(log)
    assert (tmp_path / "victim").read_text() == "keep"


@pytest.mark.parametrize(
    "content", [b"\0" * 20_000, b"x" * 20_000, b"SQLite format 3\0" * 1_000, b"x", bytes(range(256)) * 64]
)
def test_garbage(log, data, content):
    data.write_bytes(content)
    refused(log)
    assert data.read_bytes() == content


def test_a_file_of_the_other_engine(log, data):
    data.unlink()
    (log / "truth" / "lock.mdb").unlink()
    lmdb.open(str(log / "truth"), lib_version=1).close()
    refused(log, "another LMDB engine")


def test_a_file_of_the_other_byte_order(log, data):
    whole = data.read_bytes()
    data.write_bytes(whole[:16] + whole[16:20][::-1] + whole[20:])
    refused(log, "byte order")


@pytest.mark.parametrize("meta", [0, 1])
@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (16, b"\0\0\0\0"),  # magic
        (20, struct.pack("=I", 3)),  # version
        (10, b"\0\0"),  # the flag of a meta page
        (40, struct.pack("=I", 0)),  # page size
        (40, struct.pack("=I", 4_095)),
        (40, struct.pack("=I", 65_536)),
        (40, struct.pack("=I", 8_192)),
    ],
)
def test_a_damaged_meta_page(log, data, meta, offset, value):
    content = bytearray(data.read_bytes())
    content[meta * PAGE + offset : meta * PAGE + offset + len(value)] = value
    data.write_bytes(content)
    refused(log)


def test_a_file_that_was_cut_off(log, data):
    whole = data.read_bytes()
    for length in (1, 151, 152, PAGE, PAGE + 100, 2 * PAGE, len(whole) // 2, len(whole) - PAGE, len(whole) - 1):
        data.write_bytes(whole[:length])
        refused(log)
    data.write_bytes(whole + bytes(3 * PAGE))  # longer is sound
    LmdbStore.open(log).close()


def test_a_log_without_one_of_its_tables(log):
    engine = lmdb.open(str(log / "truth"), max_dbs=9, lib_version=0)
    with engine.begin(write=True) as transaction:
        transaction.drop(engine.open_db(b"tiles", txn=transaction))
    engine.close()
    refused(log, "tiles")


def test_tables_and_keys_that_do_not_belong_are_seen_and_left(log):
    engine = lmdb.open(str(log / "truth"), max_dbs=9, lib_version=0)
    with engine.begin(write=True) as transaction:
        transaction.put(b"k", b"v", db=engine.open_db(b"hidden", txn=transaction))
        transaction.put(b"stray\0key", b"v")
    engine.close()
    store = LmdbStore.open(log)
    append(store)
    with store.snapshot() as snapshot:
        assert "hidden" in snapshot.table_names()
        assert list(snapshot.raw("hidden")) == [(b"k", b"v")]
        assert list(snapshot.stray_keys()) == [b"stray\0key"]
        assert len(list(snapshot.raw("records"))) == 41
    store.close()


def test_without_permission(log, data):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    data.chmod(0)
    with pytest.raises(StoreError):
        LmdbStore.open(log)


# --- file systems -------------------------------------------------------------------------------

MOUNTS = r"""
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro
31 22 0:41 / /srv/a\040b rw,nosuid shared:7 - nfs4 host:/x rw,vers=4.2
32 22 0:42 / /mnt/share rw - cifs //host/x rw
33 22 0:43 / /mnt/ssh rw - fuse.sshfs host:/ rw
34 22 0:44 / /mnt/ntfs rw - fuseblk /dev/sdb1 rw
35 22 0:45 / /ctr rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
36 22 0:46 / /fast rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w,volatile
37 22 0:47 / /tmp rw shared:1 master:2 - tmpfs tmpfs rw,size=4096k
38 22 0:48 / /host rw - 9p host rw,trans=virtio
39 22 0:49 / /fast2 rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w,fsync=volatile
"""


def test_the_mount_table_is_read_by_mount_id():
    assert files.mount_of("22", MOUNTS)[0] == "ext4"
    assert files.mount_of("31", MOUNTS)[0] == "nfs4"
    assert files.mount_of("37", MOUNTS)[0] == "tmpfs"
    assert files.mount_of("36", MOUNTS) == (
        "overlay",
        frozenset({"rw", "lowerdir=/l", "upperdir=/u", "workdir=/w", "volatile"}),
    )
    assert files.mount_of("3", MOUNTS)[0] == files.mount_of("", MOUNTS)[0] == ""


@pytest.mark.parametrize(
    ("mount", "allowed"),
    [*((n, True) for n in ("22", "35", "37")), *((n, False) for n in ("31", "32", "33", "34", "36", "38", "39", "99"))],
)
def test_networks_and_volatile_layers_are_refused_for_writing(log, tmp_path, monkeypatch, mount, allowed):
    read = files.Path.read_text

    def fake(path, *arguments, **options):
        if path.name == "mountinfo":
            return MOUNTS
        if path.parent.name == "fdinfo":
            return f"pos:\t0\nflags:\t0100002\nmnt_id:\t{mount}\nino:\t1\n"
        return read(path, *arguments, **options)

    monkeypatch.setattr(files.Path, "read_text", fake)
    if allowed:
        LmdbStore.open(log).close()
        LmdbStore.create(tmp_path / "new", meta={}).close()
    else:
        with pytest.raises(NetworkFileSystemError):
            LmdbStore.open(log)
        with pytest.raises(NetworkFileSystemError):
            LmdbStore.create(tmp_path / "new", meta={})
        assert not (tmp_path / "new" / "truth").exists()
    LmdbStore.open(log, read_only=True).close()


def test_a_real_overlay(tmp_path):
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    store = LmdbStore.create(tmp_path / "lower" / "log", meta={})
    append(store, 3)
    store.close()
    layers = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    merged = tmp_path / "merged"
    for options, allowed in ((layers, True), (f"{layers},volatile", False)):
        command = ["mount", "-t", "overlay", "overlay", "-o", options, merged]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("needs the right to mount an overlay")
        try:
            if allowed:  # copied up from the lower layer by the first opening
                store = LmdbStore.open(merged / "log")
                assert append(store, 2) == 5
                store.close()
                store = LmdbStore.open(merged / "log")
                assert append(store, 1) == 6
                store.close()
            else:
                with pytest.raises(NetworkFileSystemError):
                    LmdbStore.open(merged / "log")
        finally:
            subprocess.run(["umount", "-l", merged], check=True)


def test_without_a_mount_table_nothing_is_written(log, monkeypatch):
    def fail(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(files.Path, "read_text", fail)
    with pytest.raises(NetworkFileSystemError):
        LmdbStore.open(log)
    LmdbStore.open(log, read_only=True).close()


def test_this_file_system_is_known(tmp_path):
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        files.check_local(fd, tmp_path)
    finally:
        os.close(fd)


# --- directories that appear whole --------------------------------------------------------------


def test_a_directory_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "t"
    with pytest.raises(RuntimeError), files.appearing(target) as new:
        (new / "a").write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with files.appearing(target) as new:
        (new / "a").write_text("whole")
        assert not target.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["t"]
    assert (target.stat().st_mode & 0o777, (target / "a").stat().st_mode & 0o777) == (0o700, 0o600)
    with pytest.raises(LogExistsError), files.appearing(target) as new:
        (new / "a").write_text("other")
    assert (target / "a").read_text() == "whole"
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


@pytest.mark.parametrize(("number", "error"), [(28, StoreFullError), (122, StoreFullError), (5, StoreError)])
def test_errors_of_the_system_get_names(tmp_path, number, error):
    with pytest.raises(error), files.appearing(tmp_path / "t"):
        raise OSError(number, os.strerror(number))
