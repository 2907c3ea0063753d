"""What a file is, by how it begins, so that the wrong one is named instead of taken apart. Reads the beginning of files.

Nothing is decoded or trusted: what begins like a bundle may be none. Known limit: a text without a mark of its own, such as
a policy, is known by the words that it usually begins with.
"""

from __future__ import annotations

import re
import stat
from pathlib import Path
from typing import Final, NamedTuple

from chainlog.errors import FormatError

HEAD_BYTES: Final = 4096
"""As much of a file as is looked at."""


class FileKind(NamedTuple):
    """A kind of file. begins: what its first bytes match. zh, en: what it is called. reads: what takes it, or empty."""

    begins: re.Pattern[bytes]
    zh: str
    en: str
    reads: str


def _tagged(name: str) -> re.Pattern[bytes]:
    """A canonical array whose first element is this purpose, of any version."""
    return re.compile(rb"[\x90-\x9f][\xa0-\xbf]chainlog/v[0-9]+/" + name.encode() + rb"(?![a-z-])")


FILE_KINDS: Final[dict[str, FileKind]] = {
    "bundle": FileKind(_tagged("bundle"), "证据包", "an evidence bundle", "chainlog bundle verify"),
    "pin": FileKind(_tagged("pin"), "对照文件", "a pin", "chainlog verify --pin"),
    "conflict": FileKind(_tagged("conflict"), "日志矛盾的证据", "evidence of a conflict", "chainlog conflict"),
    "false-map": FileKind(_tagged("false-map"), "索引不实的证据", "evidence of a false map", "chainlog conflict"),
    "draft": FileKind(_tagged("draft"), "草稿", "a draft", "chainlog draft show"),
    "receipt": FileKind(re.compile(rb"c2sp\.org/tlog-proof@"), "回执", "a receipt", "chainlog receipt check"),
    "head": FileKind(re.compile(rb"[^\n]+/[0-9a-f]{64}\n[0-9]+\n"), "签名的日志头", "a signed head", "chainlog verify --checkpoint"),
    "key": FileKind(re.compile(rb"\s*chainlog-key-"), "密钥文件", "a key file", "chainlog key show"),
    "log-id": FileKind(re.compile(rb"\s*[0-9a-fA-F]{64}\s*\Z"), "日志编号", "a log id", "chainlog verify --log-id"),
    "request": FileKind(re.compile(rb'\s*\{\s*"type":\s*"chainlog/v[0-9]+/enrolment-request"'),
                        "密钥登记申请", "a request for enrolment", "chainlog enroll --request"),
    "json": FileKind(re.compile(rb"(?:\xef\xbb\xbf)?\s*\{\s*\""), "事件 JSON 文件", "JSON lines", "chainlog append"),
    "stamp-request": FileKind(re.compile(rb"\x30[\x00-\x7f]\x02\x01\x01\x30"), "时间戳请求（应送交时间戳机构）",
                              "a request for a time stamp, to be sent to an authority", ""),
    "stamp": FileKind(re.compile(rb"\x30(?:\x81.|\x82..|[\x00-\x7f])\x30.{0,200}?\x02\x01", re.DOTALL),
                      "时间戳应答", "a time stamp", "chainlog timestamp add"),
    "certificate": FileKind(re.compile(rb"\s*-----BEGIN "), "证书（PEM）", "a certificate in PEM", ""),
    "names": FileKind(re.compile('(?:\ufeff)?"?姓名"?[,;\t]'.encode()), "姓名对照表", "a names file", "chainlog import --names"),
    "workbook": FileKind(re.compile(rb"PK\x03\x04"), "电子表格（.xlsx）或压缩包", "a workbook (.xlsx) or an archive", "chainlog import"),
    "page": FileKind(re.compile(rb"\s*<(?:!doctype|html)", re.IGNORECASE), "网页", "a web page", ""),
    "policy": FileKind(re.compile(rb"(?:\s*#[^\n]*\n)*\s*(?:inherits|profile|version|effective_at|\[parameters)"),
                       "制度文件", "a policy", "chainlog policy LOG adopt"),
    "empty": FileKind(re.compile(rb"\Z"), "空文件", "an empty file", ""),
}  # fmt: skip
"""Of two that fit, the first counts."""


_EXACT: Final = frozenset({"bundle", "pin", "conflict", "false-map", "draft", "receipt", "head", "key"})


def kind_of(data: bytes) -> str | None:
    """The key in `FILE_KINDS` of a file with this content, or beginning; None for any other file."""
    head = data[:HEAD_BYTES]
    return next((name for name, kind in FILE_KINDS.items() if kind.begins.match(head)), None)


def said_of(name: str) -> tuple[str, str]:
    """What a kind of file is and what reads it, in Chinese and English."""
    kind = FILE_KINDS[name]
    if not kind.reads:
        return kind.zh, kind.en
    return f"{kind.zh}（用于 {kind.reads.replace('LOG', '日志')}）", f"{kind.en} (for {kind.reads})"


def check_kind(data: bytes, *wanted: str, path: str) -> None:
    """
    Refuse a file that is of none of the kinds *wanted*.

    Where these have no exact beginning, such as a policy, only what begins like another kind is refused.

    Raises: FormatError that says what is wanted and what the file is.
    """
    found = kind_of(data)
    if found in wanted or (found is None and not _EXACT.issuperset(wanted)):
        return
    zh = "或".join(FILE_KINDS[name].zh for name in wanted)
    en = " or ".join(FILE_KINDS[name].en for name in wanted)
    is_zh, is_en = (
        said_of(found) if found is not None else ("别的文件，或文件已残缺", "some other file, or a damaged one")
    )
    raise FormatError(f"{en} is wanted, and this is {is_en}", detail_zh=f"应为{zh}，而这是{is_zh}", path=path)


def check_file(path: str, *wanted: str) -> None:
    """The same of the file at *path*. What is no plain file, or can't be read, is left to whoever opens it."""
    try:
        # A pipe would be emptied, or waited for.
        if not stat.S_ISREG(Path(path).lstat().st_mode):
            return
        with Path(path).open("rb") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, ValueError):
        return
    check_kind(head, *wanted, path=path)
