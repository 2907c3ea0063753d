"""What lies on the disk before the engine may see it, and how a directory appears there whole. Does I/O.

The engine maps the data file and trusts it: a FIFO makes it wait for ever, a cut file kills the process. So the
file's type, its two meta pages and its length are checked first, by plain reads. Damage inside the file is not
seen here; only the offline check of the whole file finds it.

Known limits: the layout is that of engine 0.9 on a 64-bit machine, in the machine's own byte order.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EEXIST, ENOTEMPTY
from pathlib import Path
from typing import NamedTuple

from chainlog.errors import LogExistsError, NetworkFileSystemError, NotALogError, StoreError, StoreFullError
from chainlog.whole_file import FULL, sync

DATA_NAME = "data.mdb"
LOCK_NAME = "lock.mdb"
ROOTS_NAME = "tile-roots"  # beside the tables of `derived/`, and rebuilt as they are; see `log.kept_roots`
DIRECTORY_MODE = 0o700
FILE_MODE = 0o600

# Room for about 510 readers at once, of 64 bytes each.
LOCK_BYTES = 2**15
READERS_MAX = 500

# What the system says when there is no room: the disk, a quota, a limit on the size of files.

# Windows knows neither flag; there the door to writing is closed anyway (guard).
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)

# Page header (number, padding, flags, bounds), then magic, version, address and map size, two tree
# records of which the first begins with the page size, last page and transaction number.
_META = struct.Struct("=QHHHH II QQ I44s48s QQ")
_META_FLAG = 0x08
_MAGIC = 0xBEEFC0DE
_VERSION = 1
_PAGE_SIZES = tuple(2**n for n in range(9, 16))

# File systems whose locks, maps or syncs another machine or process stands between. `overlay` is missing on
# purpose: once a file is written it lies in the upper layer, and lock, map and sync are those of the disk below.
_NOT_LOCAL = frozenset(
    {"9p", "acfs", "afs", "aufs", "beegfs", "ceph", "cifs", "coda", "davfs", "drvfs", "fhgfs", "gfs", "gfs2"}
    | {"glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "panfs", "prl_fs", "pvfs2"}
    | {"smb3", "smbfs", "unionfs", "vboxsf", "virtiofs", "vmhgfs", "wekafs"}
)


class DataFile(NamedTuple):
    """What the newest meta page says of a data file: transaction, pages in use, and the file's length in bytes."""

    transaction: int
    page_bytes: int
    used_bytes: int
    file_bytes: int


def open_data_file(directory: Path, *, write: bool) -> int:
    """
    A descriptor of the data file, after checks that nothing but a regular file stands there.

    Raises NotALogError, StoreError when the permissions don't suffice.
    """
    path = directory / DATA_NAME
    for name in (path, directory / LOCK_NAME):
        _check_regular(name, required=name == path)
    flags = (os.O_RDWR if write else os.O_RDONLY) | _NO_FOLLOW | _NO_WAIT | _CLOSE_ON_EXEC
    try:
        fd = os.open(path, flags)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotALogError(path=path, detail="not a regular file")
    return fd


def prepare_lock_file(directory: Path) -> None:
    """
    Give a lock file that is missing or empty its room on the disk.

    The engine would make it with holes and write through a map, and where the disk is full such a write kills the
    process. One that has content isn't even opened: closing it would drop the lock of whoever in this process
    has it open. Raises StoreFullError, StoreError.
    """
    path = directory / LOCK_NAME
    try:
        if path.exists() and path.stat().st_size:
            return
        fd = os.open(path, os.O_RDWR | os.O_CREAT | _NO_FOLLOW | _NO_WAIT | _CLOSE_ON_EXEC, FILE_MODE)
        try:
            if os.fstat(fd).st_size == 0 and hasattr(os, "posix_fallocate"):
                os.posix_fallocate(fd, 0, LOCK_BYTES)
        finally:
            os.close(fd)
    except OSError as error:
        raise wrap_os_error(error, path) from error


def _check_regular(path: Path, *, required: bool) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError as error:
        if not required:
            return
        raise NotALogError(path=path.parent, detail=f"no {path.name} in it") from error
    except OSError as error:
        raise NotALogError(path=path.parent, detail=str(error.strerror)) from error
    if not stat.S_ISREG(mode):
        kind = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a directory", stat.S_IFIFO: "a FIFO"}
        raise NotALogError(path=path, detail=f"{kind.get(stat.S_IFMT(mode), 'a device')}, not a regular file")


def read_data_file(fd: int, path: Path) -> DataFile:
    """
    What the meta pages of the data file say, after checking that this engine can have written them.

    The caller compares *used_bytes* with *file_bytes*: pages at the end that were freed before they were ever
    written make a sound file shorter than its page count.
    Raises NotALogError. Cost: three system calls.
    """
    first = _read_meta(fd, 0, path)
    second = _read_meta(fd, first.page_bytes, path)
    if first.page_bytes != second.page_bytes:
        raise NotALogError(path=path, detail="its meta pages disagree on the page size")
    newest = max(first, second)
    # The length is read last: a file under a writer only grows.
    return newest._replace(file_bytes=os.fstat(fd).st_size)


def _read_meta(fd: int, offset: int, path: Path) -> DataFile:
    page = os.pread(fd, _META.size, offset)
    if not page:
        raise NotALogError(path=path, detail="empty" if offset == 0 else "cut off after the first page")
    if len(page) < _META.size:
        raise NotALogError(path=path, detail="shorter than its meta pages")
    _, _, flags, _, _, magic, version, _, _, page_bytes, _, _, last_page, transaction = _META.unpack(page)
    if magic != _MAGIC or not flags & _META_FLAG:
        detail = "not a data file of LMDB 0.9 on a 64-bit machine"
        if struct.pack(">I", _MAGIC) in page or struct.pack("<I", _MAGIC) in page:
            detail = "written by another LMDB engine, or on a machine of other width or byte order"
        raise NotALogError(path=path, detail=detail)
    if version != _VERSION:
        raise NotALogError(path=path, detail=f"LMDB data version {version}, this release reads {_VERSION}")
    if page_bytes not in _PAGE_SIZES:
        raise NotALogError(path=path, detail=f"a page size of {page_bytes}")
    return DataFile(transaction, page_bytes, (last_page + 1) * page_bytes, 0)


def check_local(fd: int, path: Path) -> None:
    """
    Raise NetworkFileSystemError if *fd* lies where locks and syncs can't be trusted.

    Asks the kernel's mount table for the mount that holds *fd*. A `volatile` overlay drops every sync. Where no
    mount table can be read, nothing is known and the answer is no.
    """
    try:
        described = Path(f"/proc/self/fdinfo/{fd}").read_text(encoding="ascii")
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise NetworkFileSystemError(path=path, file_system="an unknown file system (no /proc)") from error
    mount_id = next((line.split()[1] for line in described.splitlines() if line.startswith("mnt_id:")), "")
    kind, options = mount_of(mount_id, mounts)
    if not kind or kind in _NOT_LOCAL or kind.startswith("fuse"):
        raise NetworkFileSystemError(path=path, file_system=kind or "an unknown file system")
    # Spelled `volatile` or, by newer kernels, `fsync=volatile`.
    if kind == "overlay" and any(option.endswith("volatile") for option in options):
        raise NetworkFileSystemError(path=path, file_system="a volatile overlay")


def mount_of(mount_id: str, mountinfo: str) -> tuple[str, frozenset[str]]:
    """Type and options of the mount *mount_id* in the text of proc(5) mountinfo; ("", ∅) if it isn't there."""
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if before.split(" ", 1)[0] == mount_id and after:
            kind, _, options = after.split(" ", 2)
            return kind, frozenset(options.split(","))
    return "", frozenset()


def _sync_tree(directory: Path) -> None:
    for file in directory.iterdir():
        file.chmod(FILE_MODE)
        with file.open("rb") as stream:
            os.fsync(stream.fileno())
    sync(directory)


@contextmanager
def made_directory(directory: Path) -> Iterator[None]:
    """*directory*, made if it isn't there. If the block fails, what was made here and is still empty goes again."""
    made = not directory.exists()
    if made:
        directory.mkdir(mode=DIRECTORY_MODE)
    try:
        if made:
            sync(directory.parent)
        yield
    except BaseException:
        if made:
            with suppress(OSError):
                directory.rmdir()
        raise


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """
    A new directory beside *target* that becomes *target* when the block ends, whole and durable, or never.

    The caller holds a lock that keeps others from making the same target, so what an earlier crash left is
    removed first. *target* is missing or an empty directory, else LogExistsError.
    """
    prefix = f".{target.name}.new-"
    for left in target.parent.glob(f"{prefix}*"):
        _remove_tree(left, ignore_errors=True)
    new = target.parent / f"{prefix}{os.getpid()}"
    try:
        new.mkdir(mode=DIRECTORY_MODE)
        yield new
        _sync_tree(new)
        new.rename(target)
        sync(target.parent)
    except OSError as error:
        if error.errno in {EEXIST, ENOTEMPTY}:
            raise LogExistsError(path=target) from error
        raise wrap_os_error(error, target) from error
    finally:
        with suppress(OSError):
            _remove_tree(new)


def wrap_os_error(error: OSError, path: Path) -> StoreError:
    """The named error for a system call that failed on *path*."""
    if error.errno in FULL:
        return StoreFullError(f"{path}: {error.strerror}")
    return StoreError(f"{path}: {error.strerror}")


def _remove_tree(directory: Path, *, ignore_errors: bool = False) -> None:
    import shutil  # noqa: PLC0415 - only making a log needs it, and it loads half a dozen modules

    shutil.rmtree(directory, ignore_errors=ignore_errors)
