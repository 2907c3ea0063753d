"""`LOG/witness/`: what others said of a log's checkpoints, kept beside it. Does file I/O.

Format: schemas/FORMAT.md section 9. Two files for each time stamp: the checkpoint as a note, `<size>.note`, and the answer
of the authority, `<size>-<16 hexadecimal digits>.tsr`, named after its SHA-256. They can't be computed from the records, and
nothing in the log depends on them: deleting them loses evidence for the log, none against it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from chainlog.limits import NOTE_BYTES_MAX, TIMESTAMP_BYTES_MAX
from chainlog.store.files import DIRECTORY_MODE, wrap_os_error
from chainlog.whole_file import put_file, sync

NAME: Final = "witness"

_NOTE: Final = re.compile(r"[1-9][0-9]{0,18}\.note")
_TOKEN: Final = re.compile(r"[1-9][0-9]{0,18}-[0-9a-f]{16}\.tsr")
# Ten years of daily ones, and as many again.
_FILES_MAX: Final = 8_000


def put_note(log: Path, note: bytes, *, size: int) -> None:
    """Keep a checkpoint over *size* records. Raises StoreError."""
    _put(log, f"{size}.note", note)


def put_token(log: Path, token: bytes, *, size: int) -> Path:
    """Keep an authority's answer about that checkpoint. Returns where. Raises StoreError."""
    return _put(log, f"{size}-{sha256(token).hexdigest()[:16]}.tsr", token)


def notes(log: Path) -> list[bytes]:
    """The checkpoints that are kept there; not verified. Files of other names or lengths aren't among them."""
    return [data for _, data in _read(log, _NOTE, limit=NOTE_BYTES_MAX)]


def tokens(log: Path) -> list[tuple[str, bytes]]:
    """(path, content) of the answers that are kept there; not verified."""
    return list(_read(log, _TOKEN, limit=TIMESTAMP_BYTES_MAX))


def copy_witness(log: str | os.PathLike[str], target: str | os.PathLike[str]) -> None:
    """Copy what is kept beside *log* to beside *target*. Raises StoreError."""
    for pattern, limit in ((_NOTE, NOTE_BYTES_MAX), (_TOKEN, TIMESTAMP_BYTES_MAX)):
        for path, data in _read(Path(log), pattern, limit=limit):
            _put(Path(target), Path(path).name, data)


def _read(log: Path, pattern: re.Pattern[str], *, limit: int) -> Iterator[tuple[str, bytes]]:
    try:
        names = sorted(entry.name for entry in (log / NAME).iterdir() if pattern.fullmatch(entry.name))[:_FILES_MAX]
    except OSError:
        return
    for name in names:
        path = log / NAME / name
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(fd, "rb") as file:
                data = file.read(limit + 1)
        except OSError:
            continue
        if len(data) <= limit:
            yield str(path), data


def _put(log: Path, name: str, data: bytes) -> Path:
    directory = log / NAME
    try:
        directory.mkdir(mode=DIRECTORY_MODE, exist_ok=True)
        put_file(directory / name, data)
        sync(log)
    except OSError as error:
        raise wrap_os_error(error, log) from error
    return directory / name
