"""An export in a directory. Does file I/O.

Each file is written under another name, synced and renamed, so whoever reads sees it whole or not at all. One export at a
time writes: it holds a lock on the directory. Files are for their owner alone, as those of a log are.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from chainlog.errors import ChainlogError, ConflictError, ExportError
from chainlog.limits import NOTE_BYTES_MAX
from chainlog.proof.export import CHECKPOINT
from chainlog.whole_file import PREFIX, machine_error, sync, written_beside

_FILE_MODE: Final = 0o600
_DIRECTORY_MODE: Final = 0o700


def read_file(path: Path, *, limit: int) -> bytes | None:
    """
    The bytes of a regular file, None if nothing is there.

    Raises: ExportError for a link, a directory, a device, or more than *limit* bytes; OSError.
    """
    try:
        # Without O_NONBLOCK, opening a FIFO would wait for a writer.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise ExportError("not a regular file", detail_zh="不是普通文件", path=str(path))
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ExportError(f"more than {limit} bytes", detail_zh=f"超过 {limit} 字节", path=str(path))
    return data


@contextmanager
def opened_directory(path: str | os.PathLike[str]) -> Iterator[DirectoryTarget]:
    """
    A directory to export into, made if it isn't there; held until the block ends.

    Raises: ExportError if it holds something that is no export; ConflictError if another export holds it; StoreError.
    """
    top = Path(path)
    with _named_errors(top):
        top.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        fd = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConflictError(f"another export writes to {top}", detail_zh=f"另一导出正在写入 {top}") from error
            _clean(top)
            yield DirectoryTarget(top)
        finally:
            os.close(fd)


def _clean(top: Path) -> None:
    """Remove what an interrupted export left under names of its own."""
    names = set()
    for entry in top.iterdir():
        if entry.name.startswith(PREFIX):
            entry.unlink()
        else:
            names.add(entry.name)
    if CHECKPOINT not in names and names - {"tile"}:
        raise ExportError("neither empty nor an export", detail_zh="不是空目录，也不是导出的日志", path=str(top))


class DirectoryTarget:
    """An `ExportTarget`. Get one from `opened_directory`."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._touched: set[Path] = set()

    @property
    def name(self) -> str:
        return str(self._top)

    def read_checkpoint(self) -> tuple[bytes, Any] | None:
        data = read_file(self._top / CHECKPOINT, limit=NOTE_BYTES_MAX)
        return None if data is None else (data, None)

    def put_new(self, path: str, data: bytes) -> None:
        place = self._top / path
        if os.path.lexists(place):
            if read_file(place, limit=len(data)) != data:
                raise ExportError("holds something else than it should", detail_zh="内容不是应有的", path=str(place))
            # Whether it was synced by whoever wrote it isn't known.
            sync(place)
        else:
            self._make_directories(place.parent)
            self._write(place, data)
        self._touched.add(place.parent)

    def settle(self) -> None:
        for directory in sorted(self._touched):
            sync(directory)
        self._touched.clear()

    def remove_partials(self, path: str) -> None:
        place = self._top / f"{path}.p"
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)

    def put_checkpoint(self, note: bytes, *, standing: tuple[bytes, Any] | None) -> None:
        if self.read_checkpoint() != standing:
            raise ConflictError(f"the checkpoint of {self._top} was changed meanwhile")
        self._write(self._top / CHECKPOINT, note)
        sync(self._top)

    def _make_directories(self, directory: Path) -> None:
        if directory.is_dir():
            return
        self._make_directories(directory.parent)
        directory.mkdir(mode=_DIRECTORY_MODE)
        self._touched.add(directory.parent)

    def _write(self, place: Path, data: bytes) -> None:
        # At the top, so that the directories of tiles hold tiles alone.
        with written_beside(place, data, mode=_FILE_MODE, within=self._top) as temporary:
            temporary.replace(place)


@contextmanager
def _named_errors(top: Path) -> Iterator[None]:
    try:
        yield
    except ChainlogError:
        raise
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise machine_error(error, top) or ExportError(reason, path=str(error.filename or top)) from error
