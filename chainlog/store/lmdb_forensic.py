"""A log's data file as evidence: copied privately, checked page by page, then read without locks. Does I/O.

The engine maps a file and trusts it, and a damaged one kills the process. So whoever doubts a file calls, in this
order, `copy_data_file` (plain reads), `page_problems` (pure Python over the copy, no engine) and, only if that found
nothing, `PrivateCopy` in a process that may die. A file with page problems is read by `store.lmdb_pages`.

Nothing here checks what the rows say: bytes come back as they lie in the file.
"""

from __future__ import annotations

import os
import shutil
import stat
import struct
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import lmdb
import lmdb.verify

from chainlog.errors import EngineError, NotALogError, StoreError, StoreFullError
from chainlog.store.files import DATA_NAME, DIRECTORY_MODE, FILE_MODE
from chainlog.store.guard import Guard
from chainlog.store.holes import ReadError, copy_data, data_bytes
from chainlog.store.lmdb_engine import Database, open_engine, wrap_engine_error
from chainlog.store.lmdb_pages import check_meta_pages
from chainlog.whole_file import FULL

_HEADER_BYTES: Final = 16  # of a page, in the data format of LMDB 0.9
_BOUNDS: Final = struct.Struct("=HH")  # end of the pointers to rows, begin of the rows
_ROW: Final = struct.Struct("=HHHH")  # size of the value in two parts, flags, size of the key
_LEXICAL: Final = lmdb.verify._cmp_lexical  # noqa: SLF001 (the order of keys that a log's tables have)
_SHARE_PATIENCE_S = 30.0
_HOLES_MAX: Final = 1 << 16  # pages that were freed before they were ever written are holes in a sound file too


def copy_data_file(
    directory: Path, target: Path, *, timeout_s: float = _SHARE_PATIENCE_S, needs_tables: bool = False
) -> None:
    """
    Copy `data.mdb`, and nothing else, from *directory* into the new directory *target*, while no writer is between.

    The lock file is never touched: opening and closing it would drop the engine's lock, and one that came with the
    evidence is not believed. Writers wait while the copy is made, about a second for each gigabyte. Holes stay holes.

    needs_tables: refuse, before anything is copied, a file neither of whose meta pages leads to tables.

    Raises:
        NotALogError: there is no regular, readable file with anything in it, or in no table.
        BusyError: a writer held the file for *timeout_s* seconds. StoreFullError: no room for the copy.
    """
    fd = _open_regular(directory / DATA_NAME)
    guard = Guard(directory, fd)
    try:
        guard.share(timeout_s)
        if not os.fstat(fd).st_size:
            raise NotALogError(path=directory / DATA_NAME, detail="empty")
        if needs_tables:
            check_meta_pages(fd, directory / DATA_NAME)
        _check_room(fd, target.parent)
        target.mkdir(mode=DIRECTORY_MODE)
        _copy(fd, directory / DATA_NAME, target / DATA_NAME)
    finally:
        guard.close()


def _open_regular(path: Path) -> int:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        # Asked before opening: opening a FIFO or a device may wait or act.
        mode = path.lstat().st_mode
        if not stat.S_ISREG(mode):
            kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a directory", stat.S_IFIFO: "a FIFO"}
            raise NotALogError(path=path, detail=f"{kinds.get(stat.S_IFMT(mode), 'a device')}, not a regular file")
        fd = os.open(path, flags)
    except OSError as error:
        raise NotALogError(path=path, detail=str(error.strerror)) from error
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise NotALogError(path=path, detail="not a regular file")
    return fd


def _check_room(fd: int, parent: Path) -> None:
    """What the disk can't hold is refused before it is filled."""
    wanted, free = data_bytes(fd), shutil.disk_usage(parent).free
    if wanted > free:
        raise StoreFullError(f"{parent}: {free} bytes are free, the copy takes {wanted}")


def _copy(fd: int, source: Path, target: Path) -> None:
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), FILE_MODE)
    try:
        copy_data(fd, out)
    except ReadError as error:
        raise NotALogError(path=source, detail=str(error.strerror)) from error
    except OSError as error:
        if error.errno in FULL:
            raise StoreFullError(f"{target}: {error.strerror}") from error
        raise StoreError(f"{target}: {error.strerror}") from error
    finally:
        os.close(out)


def page_problems(directory: Path) -> list[str]:
    """
    What is wrong with the pages of the copy in *directory*, in words; empty if the engine may read it.

    At most some 200 are listed. No engine is used. Cost: reads the file, about 2 µs a row.
    """
    path = directory / DATA_NAME
    try:
        with path.open("rb") as file:
            problems: list[str] = _PageCheck(file, path.stat().st_size).verify()  # type: ignore[no-untyped-call]
    except lmdb.verify.VerifyError as error:
        return [str(error)]
    return problems


class _PageCheck(lmdb.verify._Verifier):  # noqa: SLF001 (nothing public can be made faster)
    """
    The check of the `lmdb` package, with a short way through leaves that hold nothing but plain rows in order.

    Such are nearly all pages of a log. Every other page goes the package's own way, which alone says what is wrong.
    """

    def load_metas(self) -> None:
        """Refuse besides, before room for its pages is made, a file that is nearly nothing but holes."""
        untyped: Any = super()
        untyped.load_metas()
        held = data_bytes(self.f.fileno()) // self.psize
        if self.next_pgno > 2 * held + _HOLES_MAX:
            raise lmdb.verify.VerifyError(
                f"committed meta claims {self.next_pgno} pages, of which the file holds {held}, the rest are holes"
            )

    def _walk_leaf(self, ctx: dict[str, Any], pgno: int, buf: bytes) -> None:
        plain = self.pagebase == 0 and self.hdrsz == _HEADER_BYTES and not ctx["is_free"]
        if not (plain and ctx["key_cmp"] is _LEXICAL and self._take_plain_rows(ctx, buf)):
            untyped: Any = super()
            untyped._walk_leaf(ctx, pgno, buf)  # noqa: SLF001 (the method that this one stands for)

    def _take_plain_rows(self, ctx: dict[str, Any], buf: bytes) -> bool:
        """Count the rows of a leaf if every one lies in its page and they ascend; else change nothing, and False."""
        lower, upper = _BOUNDS.unpack_from(buf, _HEADER_BYTES - _BOUNDS.size)
        end, last = len(buf), ctx["last_key"]
        if not _HEADER_BYTES <= lower <= upper <= end:
            return False
        count = (lower - _HEADER_BYTES) >> 1
        for at in struct.unpack_from(f"={count}H", buf, _HEADER_BYTES):
            begin = at + _ROW.size
            if at < upper or begin > end:
                return False
            low, high, flags, key_bytes = _ROW.unpack_from(buf, at)
            key = buf[begin : begin + key_bytes]
            if flags or begin + key_bytes + (low | high << 16) > end or (last is not None and key <= last):
                return False
            last = key
        ctx["entries"] += count
        ctx["last_key"] = last
        return True


class PrivateCopy:
    """
    The tables of a copy whose pages were found sound, read without locks. Implements `forensics.evidence.Evidence`.

    One in a process, in a process that may die. One thread.
    """

    def __init__(self, directory: Path) -> None:
        self._engine, _ = open_engine(directory, (directory / DATA_NAME).stat().st_size, read_only=True)
        self._databases: dict[str, Database] = {}
        self._stray: list[bytes] = []
        try:
            self._transaction = self._engine.begin()
            for key in self._transaction.cursor().iternext(values=False):
                try:
                    name = key.decode("utf-8", "surrogateescape")
                    self._databases[name] = self._engine.open_db(key, txn=self._transaction, create=False)
                except (lmdb.IncompatibleError, lmdb.DbsFullError):
                    self._stray.append(key)  # no table, or one more than any release makes
        except lmdb.Error as error:
            self._engine.close()
            raise wrap_engine_error(error) from error

    def tables(self) -> tuple[str, ...]:
        """Names of all tables; raw bytes as surrogates."""
        return tuple(sorted(self._databases))

    def stray_keys(self) -> tuple[bytes, ...]:
        """Keys beside the tables, which no release writes."""
        return tuple(self._stray)

    def count(self, table: str) -> int:
        """How many rows a table has, 0 if it is missing."""
        database = self._databases.get(table)
        return 0 if database is None else self._transaction.stat(database)["entries"]

    def getter(self, table: str) -> Callable[[bytes], bytes | None]:
        """A function that looks a key of *table* up; keys are 1 to 511 bytes. It raises EngineError."""
        database = self._databases.get(table)
        if database is None:
            return _nothing
        look_up = partial(self._transaction.get, db=database)

        def get(key: bytes) -> bytes | None:
            try:
                return look_up(key)
            except lmdb.Error as error:
                raise EngineError(f"{table}: {error}") from error

        return get

    def scan(self, table: str, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """(key, value) from *start* on, ascending by key."""
        database = self._databases.get(table)
        if database is None:
            return
        try:
            cursor = self._transaction.cursor(db=database)
            if cursor.set_range(start) if start else cursor.first():
                yield from cursor.iternext()
        except lmdb.Error as error:
            raise EngineError(f"{table}: {error}") from error

    def lost(self, table: str) -> tuple[tuple[bytes, bytes], ...]:
        """Where the file can't be read: nowhere, its pages are sound."""
        return ()

    def close(self) -> None:
        """Close the engine. Twice is fine."""
        self._transaction.abort()
        self._engine.close()


def _nothing(_key: bytes) -> bytes | None:
    return None
