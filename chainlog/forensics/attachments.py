"""Files that lie outside of a log, held against what a record says of them. Reads the files.

A record names its attachments by length and SHA-256 (schemas/FORMAT.md appendix A.2), which its signers signed with all the
rest; the log holds none of them. What counts is the content: a file may have been renamed on the way.

Known limit: a file that has the length of an attachment is read whole.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from chainlog import digest
from chainlog.errors import VerificationError
from chainlog.forensics.plain_file import open_plain


def check_attachment(path: str | os.PathLike[str], attachments: Sequence[Any]) -> str:
    """
    Which of a record's attachments the file at *path* is.

    Args:
        attachments: of the body of an event, as far as the log is trusted that it was read from.

    Returns: the name that the record gives it.

    Raises: VerificationError: it is none of them. UsageError: it is no regular file (a link is none), or can't be read;
        StoreError where the disk fails.
    """
    with open_plain(path) as (file, size):
        alike = [one for one in attachments if one.size == size]
        # Of a file that grows meanwhile no more is read than a record could mean; it is none of them then.
        hashed = digest.file_digest(file.read(size + 1)) if alike else b""
    for one in alike:
        if one.sha256 == hashed:
            name: str = one.name
            return name
    named = ", ".join(one.name for one in attachments) or "none"
    raise VerificationError(
        f"{os.fspath(path)} is no attachment of the record, which has {named}",
        detail_zh=f"{os.fspath(path)} 不是该记录的附件；记录所列附件：{named if attachments else '无'}",
    )
