"""C2SP signed notes and the keys that verify them. Pure: what checks an Ed25519 signature is passed in.

Format: schemas/FORMAT.md section 6; c2sp.org/signed-note v1.0.0. A note is a text and lines that sign it:

    <text, ending in a newline>
    <newline>
    — <key name> <base64 of (4-byte key id ‖ signature)> <newline>      one or more; the dash is U+2014

The key id is SHA-256(key name ‖ 0x0A ‖ signature type ‖ public key)[:4]: a hint which key to try, no proof.
Known limit: the types 0x01 (Ed25519) and 0x04 (timestamped cosignature); signatures of other types are carried
along as unknown ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from chainlog.errors import FormatError, LimitError, SignatureError
from chainlog.limits import NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, PUBLIC_KEY_BYTES, SIGNATURE_BYTES
from chainlog.tree.text import format_base64, parse_base64, require_note_text

ED25519 = 0x01
COSIGNATURE = 0x04
_TYPES = (ED25519, COSIGNATURE)

KEY_ID_BYTES = 4

Verify = Callable[[bytes, bytes, bytes], None]
"""(public key, message, signature): returns if the Ed25519 signature is good, else raises SignatureError."""

_DASH = "— "


class NoteSignature(NamedTuple):
    """One signature line. Not verified. signature: what follows the key id, at least one byte."""

    name: str
    key_id: bytes
    signature: bytes


class SignedNote(NamedTuple):
    """A note taken apart. Not verified. text: with its last newline, without the blank line."""

    text: str
    signatures: tuple[NoteSignature, ...]


class VerifierKey(NamedTuple):
    """A public key with the name it signs under. signature_type: `ED25519` or `COSIGNATURE`. public_key: 32 bytes."""

    name: str
    signature_type: int
    public_key: bytes


def require_key_name(name: str, *, path: str) -> None:
    """Raise FormatError if *name* can't name a key: empty, with a space of any script, `+`, or control characters."""
    require_note_text(name, path=path)
    # U+0085 and the like are spaces to Unicode and to str.isspace alike.
    if not name or "+" in name or any(map(str.isspace, name)):
        raise FormatError("not a key name: empty, or with a space or +", path=path)


@lru_cache(maxsize=256)
def key_id(name: str, signature_type: int, public_key: bytes) -> bytes:
    """The 4 bytes by which a signature line points to a key. Raises FormatError if *name* can't name a key."""
    require_key_name(name, path="key name")
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise AssertionError(f"a public key of {len(public_key)} bytes")
    return sha256(b"%s\n%c%s" % (name.encode(), signature_type, public_key)).digest()[:KEY_ID_BYTES]


def format_vkey(key: VerifierKey) -> str:
    """The key as one line to hand out: `<name>+<key id>+<base64 of type and key>`."""
    if key.signature_type not in _TYPES:
        raise AssertionError(f"no key of type {key.signature_type} is handed out")
    encoded = format_base64(bytes((key.signature_type,)) + key.public_key)
    return f"{key.name}+{key_id(*key).hex()}+{encoded}"


def parse_vkey(text: str) -> VerifierKey:
    """
    Inverse of `format_vkey`. Says nothing about who holds the key.

    Raises:
        FormatError: another form, type or length, or a key id that isn't the key's.
    """
    if len(text) > NOTE_BYTES_MAX:
        raise LimitError("verifier key", limit=NOTE_BYTES_MAX, path="vkey")
    name, plus, rest = text.partition("+")
    identifier, plus_too, encoded = rest.partition("+")
    if not plus or not plus_too:
        raise FormatError("not <name>+<key id>+<base64>", path="vkey")
    data = parse_base64(encoded, path="vkey")
    if len(data) != 1 + PUBLIC_KEY_BYTES or data[0] not in _TYPES:
        raise FormatError("neither an Ed25519 key nor a cosigner's", path="vkey")
    key = VerifierKey(name, data[0], data[1:])
    if key_id(*key).hex() != identifier:
        raise FormatError("the key id does not belong to this name and key", path="vkey")
    return key


def signature_line(name: str, identifier: bytes, signature: bytes) -> str:
    """One signature line with its newline; nothing is checked here."""
    return f"{_DASH}{name} {format_base64(identifier + signature)}\n"


def format_note(note: SignedNote) -> bytes:
    """The bytes of a note. Raises FormatError or LimitError if `parse_note` would not read them back as *note*."""
    lines = [signature_line(*one) for one in note.signatures]
    require_note_text(note.text, path="note")
    for one in note.signatures:
        require_key_name(one.name, path="key name")
    data = f"{note.text}\n{''.join(lines)}".encode()
    if parse_note(data) != note:
        raise FormatError("the text must end in a newline, a key id have 4 bytes, a signature some", path="note")
    return data


def parse_note(data: bytes) -> SignedNote:
    """
    Take a note apart. Nothing is verified: see `verify_note`.

    Args:
        data: at most 131,072 bytes, with at most 100 signatures.

    Returns:
        The note; `format_note` gives *data* back, byte for byte.

    Raises:
        FormatError: not a note.
        LimitError: too long, too many signatures.
    """
    if len(data) > NOTE_BYTES_MAX:
        raise LimitError(f"{len(data)} bytes", limit=NOTE_BYTES_MAX, path="note")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("not UTF-8", path="note") from error
    require_note_text(whole, path="note")
    # The last one: the text may hold blank lines, the signatures can't.
    split = whole.rfind("\n\n")
    if split < 0 or not whole.endswith("\n"):
        raise FormatError("no blank line before signatures, or no newline at the end", path="note")
    # Not splitlines(): that also cuts at U+0085, U+2028 and others.
    lines = whole[split + 2 : -1].split("\n")
    if len(lines) > NOTE_SIGNATURES_MAX:
        raise LimitError(f"{len(lines)} signatures", limit=NOTE_SIGNATURES_MAX, path="note")
    return SignedNote(whole[: split + 1], tuple(map(_parse_signature_line, lines)))


def _parse_signature_line(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise FormatError("a line after the blank line is no signature", path="note")
    require_key_name(name, path="note")
    data = parse_base64(encoded, path="note")
    if len(data) <= KEY_ID_BYTES:
        raise FormatError("a signature without bytes", path="note")
    return NoteSignature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def verify_note(note: SignedNote, *, name: str, public_key: bytes, verify: Verify) -> str:
    """
    The text of *note*, if the Ed25519 key *public_key* signed it under *name*.

    Lines of other keys are ignored. Every line with this name and key id must verify, so that one can't be
    hidden behind another.

    Returns:
        The text, trusted as far as the key is. The name on the line is not signed: what the text is about
        must stand in the text.

    Raises:
        SignatureError: no line of this key, or one that doesn't verify.
    """
    identifier = key_id(name, ED25519, public_key)
    ours = [one.signature for one in note.signatures if one.name == name and one.key_id == identifier]
    if not ours:
        raise SignatureError(f"the note has no signature of {name} with key id {identifier.hex()}")
    message = note.text.encode()
    for signature in ours:
        if len(signature) != SIGNATURE_BYTES:
            raise SignatureError(f"a signature of {name} has {len(signature)} bytes")
        verify(public_key, message, signature)
    return note.text
