"""C2SP tlog-proof files: one leaf's place in a signed tree, as a text. Pure; nothing is verified here.

Format: c2sp.org/tlog-proof@v1, schemas/FORMAT.md section 6.

    c2sp.org/tlog-proof@v1 <newline>
    extra <base64> <newline>                   may be absent; nothing vouches for it
    index <decimal> <newline>
    <base64 of 32 bytes> <newline>             one for each hash of the inclusion path, the leaf's sibling first
    <newline>
    <checkpoint, byte for byte>
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chainlog.errors import FormatError, LimitError
from chainlog.limits import HASH_BYTES, INTEGER_MAX, RECEIPT_BYTES_MAX
from chainlog.tree.text import format_base64, parse_base64, parse_decimal

_HEADER: Final = "c2sp.org/tlog-proof@v1"
_PATH_MAX: Final = 63
_PATH: Final = "tlog-proof"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """
    A proof taken apart. Not verified.

    index: of the leaf, 0 to 2**63 - 1. path: at most 63 hashes. checkpoint: the note, byte for byte.
    extra: what was put in besides, at least one byte; None if there is none.
    """

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None


def format_tlog_proof(proof: TlogProof) -> bytes:
    """The file of *proof*. Raises FormatError, LimitError if `parse_tlog_proof` would not read it back."""
    lines = [_HEADER, f"index {proof.index}", *map(format_base64, proof.path), "", ""]
    if proof.extra is not None:
        lines.insert(1, f"extra {format_base64(proof.extra)}")
    data = "\n".join(lines).encode("ascii") + proof.checkpoint
    if parse_tlog_proof(data) != proof:
        raise FormatError("what a proof can't hold", path=_PATH)
    return data


def parse_tlog_proof(data: bytes) -> TlogProof:
    """
    Take a proof apart.

    Args:
        data: at most 262,144 bytes.

    Returns:
        The proof; `format_tlog_proof` gives *data* back, byte for byte.

    Raises:
        FormatError, LimitError: it isn't one.
    """
    if len(data) > RECEIPT_BYTES_MAX:
        raise LimitError(f"{len(data)} bytes", limit=RECEIPT_BYTES_MAX, path=_PATH)
    head, blank, checkpoint = data.partition(b"\n\n")
    try:
        header, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise FormatError("not ASCII before the checkpoint", path=_PATH) from error
    if header != _HEADER or not blank or not checkpoint:
        raise FormatError(f"not a header {_HEADER}, some lines, a blank line and a checkpoint", path=_PATH)
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0)[6:], path=f"{_PATH} extra")
        if not extra:
            raise FormatError("an extra line without bytes", path=_PATH)
    if not lines or not lines[0].startswith("index "):
        raise FormatError("no index line", path=_PATH)
    index = parse_decimal(lines.pop(0)[6:], maximum=INTEGER_MAX, path=f"{_PATH} index")
    if len(lines) > _PATH_MAX:
        raise LimitError(f"{len(lines)} hashes", limit=_PATH_MAX, path=_PATH)
    path = tuple(parse_base64(line, path=f"{_PATH} hash") for line in lines)
    if any(len(one) != HASH_BYTES for one in path):
        raise FormatError("a hash that isn't 32 bytes", path=_PATH)
    return TlogProof(index, path, checkpoint, extra)
