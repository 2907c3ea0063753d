"""Where commands write files: in one step, durably, and never over something that can't be made again. Does I/O.

A file of the same kind is replaced, so that a script may run twice; a key, a log, or anything else that stands there is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from chainlog.cli.file_kinds import FILE_KINDS, HEAD_BYTES, kind_of
from chainlog.errors import UsageError
from chainlog.whole_file import put_file

if TYPE_CHECKING:
    from chainlog.record.draft import Draft

_PARTS_OF_A_LOG: Final = frozenset({"truth", "derived", "sealed", "witness"})


def check_target(path: str, kind: str | None) -> None:
    """
    Refuse a path at which no file of a kind may be written.

    Args:
        kind: of `file_kinds`, which may stand there already; None if nothing may.

    Raises: UsageError: it is part of a log, a directory, or a file of another kind. OSError: the file there can't be read.
    """
    target = Path(path)
    log = next((one.parent for one in target.absolute().resolve().parents if _is_part_of_a_log(one)), None)
    if log is not None:
        raise UsageError(
            f"{path} lies in the log {log}, where nothing else is written",
            detail_zh=f"{path} 在日志 {log} 之内，不可写入其他文件",
        )
    if target.is_dir():
        raise UsageError(f"{path} is a directory", detail_zh=f"{path} 是目录")
    if not target.exists() or not target.is_file():
        return  # nothing is there, or a device or pipe, which keeps nothing
    with target.open("rb") as file:
        found = kind_of(file.read(HEAD_BYTES))
    if found == "empty" or (found is not None and found == kind):
        return
    zh, en = ("别的文件", "another file") if found is None else (FILE_KINDS[found].zh, FILE_KINDS[found].en)
    raise UsageError(
        f"{path} exists already, and is {en}: it isn't overwritten; give another name, or remove it first",
        detail_zh=f"{path} 已存在，是{zh}，不予覆盖；请换一个文件名，或先将其移走",
    )


def _is_part_of_a_log(directory: Path) -> bool:
    return directory.name in _PARTS_OF_A_LOG and (directory.parent / "truth" / "data.mdb").exists()


def write_file(path: str, data: bytes) -> None:
    """Put a file in its place. Raises: as `check_target`; OSError as the system gives it."""
    check_target(path, kind_of(data))
    put_file(path, data, mode=None)


def check_draft_target(path: str, *, read_from: str | None = None) -> None:
    """
    Refuse a path for a draft, unless nothing stands there, or it is the one that it was read from.

    Another draft may hold signatures that nobody gives again. Raises: as `check_target`.
    """
    target = Path(path)
    is_itself = read_from is not None and target.exists() and Path(read_from).exists() and target.samefile(read_from)
    check_target(path, "draft" if is_itself else None)


def save_draft(draft: Draft, path: str, *, read_from: str | None = None) -> None:
    """Save a draft. Raises: as `check_draft_target`; OSError as the system gives it."""
    check_draft_target(path, read_from=read_from)
    draft.save(path)
