"""Copying a log with its sealed values, while others write. Does I/O.

Boxes are written before the record that names them and destroyed after the record of their erasure. So the records are
copied first, the boxes after them, and both again if an erasure was recorded meanwhile: then no value that a record of the
copy names is missing from it. Until everything is there, the target is no log.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from chainlog.errors import ConflictError, LogExistsError
from chainlog.log.reader import Reader
from chainlog.log.sealing import Seals
from chainlog.store.files import DIRECTORY_MODE, made_directory, wrap_os_error
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore
from chainlog.whole_file import sync

_TRIES: Final = 5
_PARTS: Final = ".new"


def backup_with_seals(store: LmdbStore, seals: Seals, target: str | os.PathLike[str]) -> None:
    """
    Copy records and sealed values into the new or empty directory *target*, durably.

    Raises: LogExistsError, StoreFullError, StoreError; ConflictError if erasures are recorded faster than the log is copied.
    """
    log = Path(target)
    try:
        if log.exists() and (not log.is_dir() or any(log.iterdir())):
            raise LogExistsError(path=log)
        with made_directory(log):
            parts = log / _PARTS
            try:
                _copy(store, seals, parts)
                log.chmod(DIRECTORY_MODE)
                # The records last: without them the directory is no log.
                for name in ("sealed", "truth"):
                    (parts / name).rename(log / name)
                    sync(log)
            finally:
                shutil.rmtree(parts, ignore_errors=True)
    except OSError as error:
        raise wrap_os_error(error, log) from error


def _copy(store: LmdbStore, seals: Seals, parts: Path) -> None:
    reader = Reader(store)
    for _ in range(_TRIES):
        store.backup(parts)
        boxes = LmdbKeyValue.open(parts / "sealed")
        try:
            seals.copy_to(boxes)
        finally:
            boxes.close()
        size = _size(parts)
        if not any(entry.kind == "erased" for entry in reader.read_range(size, reader.size)):
            return
        shutil.rmtree(parts)
    raise ConflictError("erasures were recorded while the log was copied; the copy was given up")


def _size(log: Path) -> int:
    """How many records the copy has."""
    copy = LmdbStore.open(log, read_only=True)
    try:
        with copy.snapshot() as snapshot:
            return snapshot.size
    finally:
        copy.close()
