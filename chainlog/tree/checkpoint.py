"""C2SP checkpoints: a log's name, size and root in a note that the log key signs. Pure: signing is passed in.

Format: schemas/FORMAT.md section 6; c2sp.org/tlog-checkpoint v1.0.0. The text that is signed:

    <origin> <newline> <size, decimal> <newline> <root, base64 of 32 bytes> <newline>

Origin and key name of a log of ours are `<name>/<64 hexadecimal digits of log_id>`, so a checkpoint belongs to one
log. Which log key counts at which size is decided above this room (`authority`).
"""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from chainlog.errors import CheckpointError, FormatError, LimitError, SignatureError
from chainlog.limits import HASH_BYTES, INTEGER_MAX, LOG_NAME_BYTES_MAX, NOTE_BYTES_MAX, SIGNATURE_BYTES, TREE_SIZE_MAX
from chainlog.tree.merkle import EMPTY_ROOT
from chainlog.tree.note import ED25519, KEY_ID_BYTES, SignedNote, Verify, key_id, signature_line, verify_note
from chainlog.tree.text import format_base64, parse_base64, parse_decimal, require_note_text

_ORIGIN = re.compile(rf"([a-z0-9.-]{{1,{LOG_NAME_BYTES_MAX}}})/([0-9a-f]{{{2 * HASH_BYTES}}})")
_ROOT_CHARACTERS = 44  # of base64 for 32 bytes
_SIGNATURE_CHARACTERS = 92  # of base64 for key id and Ed25519 signature, 68 bytes


class Checkpoint(NamedTuple):
    """
    What a checkpoint states. Not trusted unless `verify_checkpoint` gave it.

    size: count of records, 0 to 2**63 - 1. root: 32 bytes.
    extensions: further lines of another log, opaque; a log of ours writes none.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


class CheckpointSigner(Protocol):
    """What holds a log key (`record.signer.Signer` does)."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""

    def sign_checkpoint(self, text: str, /) -> bytes:
        """Ed25519 signature over the UTF-8 of *text*, 64 bytes."""


def format_origin(log_name: str, log_id: bytes) -> str:
    """The origin line and key name of a log of ours. Raises FormatError if the name or the id can't be one's."""
    origin = f"{log_name}/{log_id.hex()}"
    if _ORIGIN.fullmatch(origin) is None:
        raise FormatError("no log has this name and id", path="origin")
    return origin


def parse_origin(origin: str) -> tuple[str, bytes]:
    """(log name, log_id of 32 bytes). Raises FormatError if *origin* isn't that of a log of ours."""
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise FormatError("not <name>/<64 hexadecimal digits>", path="origin")
    return match[1], bytes.fromhex(match[2])


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text that is signed. Raises FormatError if `parse_checkpoint` would not read it back."""
    origin, size, root, extensions = checkpoint
    text = "\n".join((origin, str(size), format_base64(root), *extensions, ""))
    # Cheap enough for every commit. A newline in the origin or an extension shows as a line too many.
    if text.count("\n") != 3 + len(extensions) or not origin or not all(extensions):
        raise FormatError("an empty line, or a newline inside one", path="checkpoint")
    if not 0 <= size <= TREE_SIZE_MAX or len(root) != HASH_BYTES:
        raise FormatError(f"size {size} is out of range, or {len(root)} bytes are no root", path="checkpoint")
    require_note_text(text, path="checkpoint")
    return text


def parse_checkpoint(text: str, *, foreign: bool = False) -> Checkpoint:
    """
    Read the text of a checkpoint. Nothing is verified: see `verify_checkpoint`.

    Args:
        text: at most 131,072 characters.
        foreign: it may be of a log of another format: extension lines are kept, and sizes go from 0 to 2⁶³−1 instead of from
            1 to 2⁵³−1.

    Returns:
        The checkpoint; `format_checkpoint` gives *text* back.

    Raises:
        FormatError, LimitError: not the text of a checkpoint.
    """
    if len(text) > NOTE_BYTES_MAX:
        raise LimitError(f"{len(text)} characters", limit=NOTE_BYTES_MAX, path="checkpoint")
    require_note_text(text, path="checkpoint")
    *lines, end = text.split("\n")
    if len(lines) < 3 or end or not all(lines):
        raise FormatError("not three or more lines that aren't empty", path="checkpoint")
    origin, size, root, *more = lines
    if more and not foreign:
        raise FormatError("extension lines, which a log of this format doesn't have", path="checkpoint")
    root_hash = parse_base64(root, path="checkpoint") if len(root) == _ROOT_CHARACTERS else b""
    if len(root_hash) != HASH_BYTES:
        raise FormatError("the root isn't 32 bytes in base64", path="checkpoint")
    number = parse_decimal(size, maximum=TREE_SIZE_MAX if foreign else INTEGER_MAX, path="checkpoint")
    if number == 0 and not foreign:
        raise FormatError("a size of 0: a log of this format holds record 0 at least", path="checkpoint")
    return Checkpoint(origin, number, root_hash, tuple(more))


def sign_checkpoint(checkpoint: Checkpoint, *, signer: CheckpointSigner) -> bytes:
    """
    The note in which *signer* signs *checkpoint*, under its origin as key name.

    Never call it for a checkpoint that isn't consistent with every one signed before.

    Raises:
        FormatError: no checkpoint of a log of ours, or an origin that can't name a key.

    Cost: the signature and a few µs.
    """
    if checkpoint.extensions or not 1 <= checkpoint.size <= INTEGER_MAX:
        raise FormatError("a log of this format signs no extension lines and sizes from 1 to 2⁵³−1", path="checkpoint")
    text = format_checkpoint(checkpoint)
    identifier = key_id(checkpoint.origin, ED25519, signer.public_key)
    signature = signer.sign_checkpoint(text)
    if len(signature) != SIGNATURE_BYTES:
        raise AssertionError(f"the signer gave {len(signature)} bytes")
    return f"{text}\n{signature_line(checkpoint.origin, identifier, signature)}".encode()


def verify_checkpoint(
    note: SignedNote, *, origin: str, public_key: bytes, verify: Verify, foreign: bool = False
) -> Checkpoint:
    """
    The checkpoint in *note*, if the log *origin* signed it with *public_key*.

    The origin is compared with the text, which is signed; the key name on the line alone would prove nothing.
    Signatures of others are ignored, so cosigned checkpoints pass.

    Args:
        note: from `parse_note`.
        origin: of the log, which is also its key's name.
        public_key: the log key, 32 bytes.
        verify: checks an Ed25519 signature.
        foreign: as for `parse_checkpoint`.

    Returns:
        A checkpoint that the holder of the key signed. That it is the log's only story is not shown by it.

    Raises:
        CheckpointError: not signed so, another origin, no checkpoint, or a root that an empty log can't have.
    """
    try:
        text = verify_note(note, name=origin, public_key=public_key, verify=verify)
        checkpoint = parse_checkpoint(text, foreign=foreign)
    except (SignatureError, FormatError) as error:
        raise CheckpointError(str(error)) from error
    if checkpoint.origin != origin:
        raise CheckpointError(f"it is of the log {checkpoint.origin}, not of {origin}")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise CheckpointError("it gives a log without records a root of something")
    return checkpoint


def check_own_head(note: bytes, *, origin: str, size: int, root: bytes, public_key: bytes, verify: Verify) -> None:
    """
    Check that *note* is what `sign_checkpoint` gives for exactly this origin, size and root.

    Faster than taking it apart: its bytes up to the signature are known. Further signatures are refused too.

    Raises:
        CheckpointError: it differs, or its signature doesn't verify.

    Cost: the verification and a few µs.
    """
    text = format_checkpoint(Checkpoint(origin, size, root))
    identifier = key_id(origin, ED25519, public_key)
    # Only the signature is taken from the note; all the rest is written anew and compared.
    try:
        data = parse_base64(note[-1 - _SIGNATURE_CHARACTERS : -1].decode("ascii"), path="note")
    except (FormatError, UnicodeDecodeError) as error:
        raise CheckpointError("the head does not end in a signature") from error
    signature = data[KEY_ID_BYTES:]
    if len(signature) != SIGNATURE_BYTES or f"{text}\n{signature_line(origin, identifier, signature)}".encode() != note:
        raise CheckpointError(f"the head is not the one of {origin} with {size} records and root {root.hex()}")
    try:
        verify(public_key, text.encode(), signature)
    except SignatureError as error:
        raise CheckpointError(str(error)) from error
