"""Sealed values: the commitment that a record holds, and the box that holds salt and text. Pure.

Format: schemas/FORMAT.md section 8.

    commitment = SHA-256(0x02 ‖ log_id ‖ event_id ‖ u16 length of path ‖ path ‖ salt ‖ text)
    box        = nonce (24 bytes) ‖ AEAD under the content key of (salt ‖ u16 length of text ‖ text ‖ zeros)

The opened content is padded to steps of 64 bytes, so that a box doesn't tell a short title from a shorter one. The
associated data is the commitment: a box can't be moved to another field.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from chainlog import digest, limits
from chainlog.canon.text import check_text
from chainlog.errors import FormatError, LimitError, SealError
from chainlog.record import keys

SALT_BYTES: Final = 32
_PAD: Final = 64
_LENGTH: Final = struct.Struct(">H")
_NONCE_BYTES: Final = 24


class Opening(NamedTuple):
    """What was sealed: 32 bytes of salt and the text. Whoever has it can show that the commitment is of this text."""

    salt: bytes
    text: str


def commitment(*, log_id: bytes, event_id: bytes, path: str, opening: Opening) -> bytes:
    """The 32 bytes that stand in the record in the text's place."""
    where = path.encode()
    content = log_id + event_id + _LENGTH.pack(len(where)) + where + opening.salt + opening.text.encode()
    return digest.sealed_hash(content)


def check_opening(found: bytes, *, log_id: bytes, event_id: bytes, path: str, opening: Opening) -> str:
    """
    The text, if *found* is the commitment to it in this place.

    Raises: SealError.
    """
    if commitment(log_id=log_id, event_id=event_id, path=path, opening=opening) != found:
        raise SealError(f"the text given is not what {path} of this event sealed")
    return opening.text


def new_opening(text: str, *, path: str) -> Opening:
    """A fresh opening for *text*, which obeys the rules of the field's text. Raises TextError, LimitError."""
    if len(text.encode()) > limits.TEXT_BYTES_MAX or not text:
        raise LimitError("text", path=f"$.{path}", limit=limits.TEXT_BYTES_MAX)
    check_text(text, path=f"$.{path}", multiline=path == "note")
    return Opening(keys.random_bytes(SALT_BYTES), text)


def make_box(opening: Opening, *, content_key: bytes, sealed: bytes) -> bytes:
    """Encrypt an opening under a content key of 32 bytes. *sealed* is its commitment."""
    text = opening.text.encode()
    plain = opening.salt + _LENGTH.pack(len(text)) + text
    plain += bytes(-len(plain) % _PAD)
    nonce = keys.random_bytes(_NONCE_BYTES)
    return nonce + keys.aead_encrypt(key=content_key, nonce=nonce, data=plain, ad=sealed)


def open_box(box: bytes, *, content_key: bytes, sealed: bytes) -> Opening:
    """
    Decrypt a box. The opening is not yet trusted: `check_opening` compares it with the record.

    Raises: SealError.
    """
    try:
        plain = keys.aead_decrypt(key=content_key, nonce=box[:_NONCE_BYTES], data=box[_NONCE_BYTES:], ad=sealed)
        (length,) = _LENGTH.unpack_from(plain, SALT_BYTES)
        start = SALT_BYTES + _LENGTH.size
        text = plain[start : start + length].decode()
    except (FormatError, SealError, struct.error, UnicodeDecodeError, ValueError) as error:
        raise SealError("the box is damaged, or the key is not its own") from error
    if len(plain) != start + length + (-(start + length) % _PAD) or any(plain[start + length :]):
        raise SealError("the box is not padded as it should be")
    return Opening(plain[:SALT_BYTES], text)


def sealed_fields(body: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """(path, commitment) of every sealed value in a plain body; keys and positions are joined by points."""
    yield from _sealed(body, "")


def _sealed(value: Any, path: str) -> Iterator[tuple[str, bytes]]:
    if isinstance(value, Mapping):
        if set(value) == {"sealed"} and isinstance(value["sealed"], bytes):
            yield path, value["sealed"]
            return
        for key, item in value.items():
            yield from _sealed(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _sealed(item, f"{path}.{i}" if path else str(i))
