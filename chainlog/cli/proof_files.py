"""What the commands about receipts, heads and evidence share: reading their files and keys, writing what they make. Does I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chainlog.cli.command import Function, option
from chainlog.cli.file_kinds import FILE_KINDS, check_kind
from chainlog.cli.texts import detail_zh
from chainlog.errors import ForeignFileError, FormatError, LimitError, UnknownVersionError, UsageError

if TYPE_CHECKING:
    from chainlog.tree.note import VerifierKey

log_id_option = option(
    "--log-id", required=True, metavar="HEX|FILE",
    zh="日志编号，或写有编号的文件", en="The log's id, or a file that holds it.",
)  # fmt: skip
public_key_option = option(
    "--public-key", "public_keys", multiple=True, metavar="HEX|VKEY",
    zh="日志公钥：64 位十六进制，或 chainlog checkpoint 显示的 VKEY", en="The log's public key: 64 hexadecimal digits, or the VKEY that chainlog checkpoint shows.",
)  # fmt: skip
_genesis_option = option(
    "--genesis", metavar="RECEIPT", zh="第 0 条的回执，其中有首个日志公钥", en="The receipt of record 0, which names the first log key.",
)  # fmt: skip


def key_source_options(function: Function) -> Function:
    """`--public-key`, `--genesis`: where the log key is known from."""
    return public_key_option(_genesis_option(function))


def read_file(path: str, *wanted: str, limit: int) -> bytes:
    """
    A small file's content, `-` for standard input.

    wanted: the kinds of `file_kinds` that it may be of; any if none is given.

    Raises: FormatError where it is of another kind. LimitError where it is larger.
    """
    import click

    with click.open_file(path, "rb") as file:
        data: bytes = file.read(limit + 1)
    if wanted:
        check_kind(data, *wanted, path=path)
    if len(data) > limit:
        raise LimitError(FILE_KINDS[wanted[0]].en if wanted else "file", path=path, limit=limit)
    return data


@contextmanager
def told_of(path: str, name: str) -> Iterator[None]:
    """What can't be decoded is told of the file at *path*, which begins like one of the kind *name*."""
    try:
        yield
    except (UnknownVersionError, LimitError):
        raise
    except FormatError as error:
        if error.path == path:
            raise
        kind = FILE_KINDS[name]
        raise FormatError(
            f"it begins like {kind.en}, and is cut short or changed ({error.detail}); ask for it again",
            detail_zh=f"开头像{kind.zh}，但不完整或被改动（{detail_zh(error.detail) or error.detail}）；请重新索取",
            path=path,
        ) from error


def read_note(path: str) -> bytes:
    """A signed head from a file. Raises FormatError, LimitError."""
    from chainlog.forensics.outside import read_outside
    from chainlog.limits import NOTE_BYTES_MAX

    data = read_file(path, "head", limit=NOTE_BYTES_MAX)
    with told_of(path, "head"):
        read_outside(data)
    return data


@contextmanager
def naming(paths: Sequence[str]) -> Iterator[None]:
    """A file that is none of the log's is called by its name: *paths* are those that are given, in order."""
    try:
        yield
    except ForeignFileError as error:
        raise ForeignFileError(**{**error.fields, "path": paths[int(error.fields.get("place", 0))]}) from error


def log_keys_of(texts: Sequence[str], *, log_id: bytes) -> list[bytes]:
    """Public keys of a log as given: hexadecimal, or verifier keys of this log. Raises UsageError."""
    from chainlog.tree.note import ED25519, parse_vkey

    found = []
    for text in texts:
        try:
            if "+" in text:
                key = parse_vkey(text)
                if key.signature_type != ED25519 or key.name.rpartition("/")[2] != log_id.hex():
                    raise UsageError(
                        "the verifier key is another log's, or no log's", detail_zh="此 VKEY 不是该日志的公钥"
                    )
                public_key = key.public_key
            else:
                public_key = bytes.fromhex(text)
        except (ValueError, FormatError) as error:
            raise _no_key(text) from error
        if len(public_key) != 32:
            raise _no_key(text)
        found.append(public_key)
    return found


def witnesses_of(texts: Sequence[str]) -> list[VerifierKey]:
    """The verifier keys of witnesses. Raises UsageError."""
    from chainlog.tree.note import COSIGNATURE, parse_vkey

    found = []
    for text in texts:
        try:
            key = parse_vkey(text)
        except FormatError as error:
            raise _no_key(text) from error
        if key.signature_type != COSIGNATURE:
            raise UsageError(
                "not the key of a witness: a verifier key of type 4 is wanted", detail_zh="不是见证人的 VKEY（类型 04）"
            )
        found.append(key)
    return found


def genesis_of(path: str | None) -> bytes | None:
    """Record 0 from its receipt, or None."""
    if path is None:
        return None
    from chainlog.limits import RECEIPT_BYTES_MAX
    from chainlog.proof.tlog_proof import parse_tlog_proof

    with told_of(path, "receipt"):
        proof = parse_tlog_proof(read_file(path, "receipt", limit=RECEIPT_BYTES_MAX))
    if proof.index or proof.extra is None:
        raise FormatError(
            f"the receipt of record 0 is wanted, and this is that of record {proof.index}",
            detail_zh=f"应为第 0 条的回执，而这是第 {proof.index} 条的", path=path,
        )  # fmt: skip
    return proof.extra


def _no_key(text: str) -> UsageError:
    return UsageError(f"{text} is no public key", detail_zh=f"“{text}”不是公钥")
