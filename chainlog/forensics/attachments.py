"""Files that lie outside of a log, held against what a record says of them. Reads the files.

A record names its attachments by length and SHA-256 (schemas/FORMAT.md appendix A.2), which its signers signed with all the
rest; the log holds none of them. What counts is the content: a file may have been renamed on the way.

Known limit: a file that has the length of an attachment is read whole.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chainlog import digest
from chainlog.errors import UsageError, VerificationError


def check_attachment(path: str | os.PathLike[str], attachments: Sequence[Any]) -> str:
    """
    Which of a record's attachments the file at *path* is.

    Args:
        attachments: of the body of an event, as far as the log is trusted that it was read from.

    Returns: the name that the record gives it.

    Raises: VerificationError: it is none of them. UsageError: it is no regular file, or can't be read.
    """
    file = Path(path)
    try:
        status = file.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"{file} is not a regular file", detail_zh=f"{file} 不是普通文件")
        alike = [one for one in attachments if one.size == status.st_size]
        hashed = digest.file_digest(file.read_bytes()) if alike else b""
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    for one in alike:
        if one.sha256 == hashed:
            name: str = one.name
            return name
    named = ", ".join(one.name for one in attachments) or "none"
    raise VerificationError(
        f"{file} is no attachment of the record, which has {named}",
        detail_zh=f"{file} 不是该记录的附件；记录所列附件：{named if attachments else '无'}",
    )
