from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from chainlog import limits
from chainlog.errors import KeyFileError, KeyFileExistsError, LimitError, LooseKeyFileError, StoreError, StoreFullError
from chainlog.record import keyfile, private_file
from tests.key_files import PASSPHRASE, SECRET, cheap, key_file, store

__all__ = ["cheap"]

pytestmark = pytest.mark.usefixtures("cheap")


def create(path: Path) -> None:
    keyfile.create(path, secret=SECRET, passphrase=PASSPHRASE, purpose="sign")


def load(path: Path) -> None:
    assert keyfile.load(path, passphrase=PASSPHRASE) == SECRET


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.key"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
def test_a_new_file_is_the_owners_alone_from_its_first_moment(path: Path, umask: int, monkeypatch: pytest.MonkeyPatch):
    modes = []
    opened = os.open

    def watch(name: object, flags: int, *mode: int, **rest: object) -> int:
        fd = opened(name, flags, *mode, **rest)  # type: ignore[arg-type]
        if flags & os.O_CREAT:
            assert flags & os.O_EXCL
            assert flags & os.O_NOFOLLOW
            modes.append(stat.S_IMODE(os.fstat(fd).st_mode))
        return fd

    monkeypatch.setattr(os, "open", watch)
    before = os.umask(umask)
    try:
        create(path)
    finally:
        os.umask(before)
    assert modes == [0o600 & ~umask]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.stat().st_nlink == 1


@pytest.mark.parametrize("bit", [0o040, 0o020, 0o010, 0o004, 0o002, 0o001])
def test_a_file_that_others_have_rights_to_is_refused(path: Path, bit: int):
    store(path, key_file())
    path.chmod(0o600 | bit)
    with pytest.raises(LooseKeyFileError, match=f"06{bit:02o}"):
        load(path)
    assert keyfile.load(path, passphrase=PASSPHRASE, allow_loose_permissions=True) == SECRET
    assert keyfile.read_public(path).public_key == SECRET.public_key
    path.chmod(0o400)
    load(path)


def test_a_file_is_never_overwritten(path: Path):
    path.write_bytes(b"precious")
    with pytest.raises(KeyFileExistsError):
        create(path)
    # Past the early check too: that one promises nothing.
    with pytest.raises(KeyFileExistsError):
        private_file.write_new(path, b"content")
    assert path.read_bytes() == b"precious"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_symbolic_link_is_neither_written_nor_read(path: Path, tmp_path: Path, target: str):
    store(tmp_path / "elsewhere", key_file())
    before = (tmp_path / "elsewhere").read_bytes()
    path.symlink_to(tmp_path / target)
    for attempt in (create, lambda path: private_file.write_new(path, b"content")):
        with pytest.raises(KeyFileExistsError):
            attempt(path)
    assert path.is_symlink()
    assert not (tmp_path / "nowhere").exists()
    for read in (load, keyfile.read_public, lambda path: keyfile.change_passphrase(path, old=PASSPHRASE, new="p")):
        with pytest.raises(KeyFileError, match="symbolic link"):
            read(path)
    assert (tmp_path / "elsewhere").read_bytes() == before


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, make_socket])
def test_only_regular_files_are_read(path: Path, make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(path.parent)
    make(Path(path.name))
    for attempt in (load, keyfile.read_public):
        # A FIFO without a writer would hold a careless reader for ever.
        with pytest.raises(KeyFileError):
            attempt(path)
    with pytest.raises(KeyFileExistsError):
        create(path)


def test_devices_are_not_read():
    with pytest.raises(KeyFileError, match="not a regular file"):
        keyfile.read_public(Path("/dev/zero"))


def test_a_missing_file_or_directory_is_named(path: Path):
    for attempt in (load, keyfile.read_public):
        with pytest.raises(KeyFileError, match=r"a\.key.*No such file"):
            attempt(path)
    with pytest.raises(KeyFileError, match="No such file"):
        create(path.parent / "missing" / "a.key")
    (path.parent / "file").touch()
    with pytest.raises(KeyFileError, match="Not a directory"):
        create(path.parent / "file" / "a.key")
    with pytest.raises(KeyFileError, match="name too long"):
        create(path.with_name("x" * 300))


def test_a_large_file_is_refused_unread(path: Path):
    store(path, b"x" * (limits.KEY_FILE_BYTES_MAX + 1))
    with pytest.raises(LimitError):
        load(path)
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(LimitError):
        load(path)


@pytest.mark.parametrize("place", ["", "truth", "keys", "keys/deep"])
def test_no_key_is_made_inside_a_log(tmp_path: Path, place: str):
    log = tmp_path / "log"
    (log / "truth").mkdir(parents=True)
    (log / place).mkdir(parents=True, exist_ok=True)
    create(log / "before.key")
    (log / "truth" / "data.mdb").touch()
    with pytest.raises(KeyFileError, match="inside the directory of a log"):
        create(log / place / "a.key")
    (tmp_path / "alias").symlink_to(log / place)
    with pytest.raises(KeyFileError, match="inside the directory of a log"):
        create(tmp_path / "alias" / "a.key")
    create(tmp_path / "a.key")


@pytest.mark.parametrize(
    ("number", "error", "text"),
    [
        (errno.EPERM, KeyFileError, "hard links"),
        (errno.EOPNOTSUPP, KeyFileError, "hard links"),
        (errno.EACCES, KeyFileError, "Permission denied"),
        (errno.EROFS, KeyFileError, "Read-only"),
        (errno.ENOSPC, StoreFullError, "No space"),
        (errno.EDQUOT, StoreFullError, "quota"),
        (errno.EIO, StoreError, "Input/output"),
        (errno.EEXIST, KeyFileExistsError, "never overwritten"),
    ],
)
def test_what_the_system_says_gets_its_name(
    path: Path, number: int, error: type[Exception], text: str, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_args: object, **_rest: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", fail)
    with pytest.raises(error, match=text) as caught:
        create(path)
    assert type(caught.value) is error
    assert isinstance(caught.value.__cause__, OSError)
    assert not list(path.parent.iterdir())
