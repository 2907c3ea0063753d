"""LMDB itself: the one way in which a file is opened, and what its errors are called here. Does I/O.

Durability and locking are fixed: synced data and meta pages, no writable map, engine 0.9.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import lmdb
import lmdb.verify

from chainlog.errors import ChainlogError, EngineError, NotALogError, StoreError, StoreFullError, UsageError
from chainlog.store.files import DIRECTORY_MODE, READERS_MAX, prepare_lock_file
from chainlog.whole_file import FULL

Transaction: TypeAlias = "lmdb.Transaction[bytes]"
Database = lmdb._Database  # noqa: SLF001 (its only name)
_verify: Callable[[str], list[str]] = lmdb.verify.verify

# Address space kept for the map, largest first: where a limit on address space forbids one, the next is tried.
# Reserving costs nothing, the file grows as it is written.
MAP_SIZES = (2**40, 2**37, 2**34, 2**31, 2**28, 2**26)
TABLES_MAX = 64


def create_engine(directory: Path) -> lmdb.Environment:
    """An engine on a new file in the existing, empty *directory*. The caller closes it."""
    prepare_lock_file(directory)
    try:
        return open_engine(directory, 0, read_only=False)[0]
    except NotALogError as error:
        raise EngineError(error.text("en")) from error


def open_engine(directory: Path, used_bytes: int, *, read_only: bool) -> tuple[lmdb.Environment, int]:
    """The engine with the largest map that the process may have, and the map's size."""
    for size in MAP_SIZES:
        try:
            engine = lmdb.open(
                os.fspath(directory),
                map_size=max(size, used_bytes),
                subdir=True,
                readonly=read_only,
                metasync=True,
                sync=True,
                map_async=False,
                mode=DIRECTORY_MODE,
                create=False,
                writemap=False,
                max_readers=READERS_MAX,
                max_dbs=TABLES_MAX,
                max_spare_txns=0,  # a spare one would outlive a fork
                lock=not read_only,
                lib_version=0,
            )
        except lmdb.MemoryError:
            continue
        except lmdb.Error as error:
            if is_full(error):
                raise StoreFullError(str(error)) from error
            if "already open" in str(error):
                raise UsageError(f"{directory} is open in this process by other means than chainlog") from error
            if isinstance(error, lmdb.ReadonlyError):
                raise StoreError(str(error)) from error
            raise NotALogError(path=directory, detail=str(error)) from error
        return engine, max(size, used_bytes)
    raise EngineError(f"{directory}: the limit on address space leaves no room to map the file")


def verify_short_file(directory: Path) -> None:
    """
    A file shorter than its pages in use: sound if the missing ones are free, else cut off.

    Rare, so the price of reading the whole file (about 400 MB/s) may be paid.
    """
    try:
        problems = _verify(os.fspath(directory))
    except lmdb.verify.VerifyError as error:
        raise NotALogError(path=directory, detail=f"cut off ({error}); run chainlog verify") from error
    if problems:
        raise NotALogError(path=directory, detail=f"cut off ({problems[0]}); run chainlog verify")


def is_full(error: lmdb.Error) -> bool:
    """Whether the engine was told that there is no room."""
    return isinstance(error, lmdb.DiskError) or getattr(error, "code", 0) in FULL


def wrap_engine_error(error: lmdb.Error) -> ChainlogError:
    """The named error for one of the engine's that means no more than it says."""
    if is_full(error):
        return StoreFullError(str(error))
    return EngineError(f"{type(error).__name__}: {error}")
