"""The text and the fields of a key file. Pure. Format: schemas/FORMAT.md, key files.

A key file is a short text, so that it survives copying, mail and paper: a first line, then base64 of

    ["chainlog/v1/key", purpose, alg, public_key, label, ["argon2id", passes, memory_bytes, salt], nonce, ciphertext]

in canonical MessagePack. Nothing here opens the ciphertext: that a file parses says nothing of who wrote it.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final, Literal, NamedTuple

from chainlog import limits
from chainlog.canon.codec import Codec, encode
from chainlog.canon.text import check_text
from chainlog.errors import FormatError, LimitError, UnknownVersionError

Purpose = Literal["sign", "log", "read"]

HEADER: Final = b"chainlog-key-v1"
CONTEXT: Final = "chainlog/v1/key"
KDF: Final = "argon2id"
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 24
CIPHERTEXT_BYTES: Final = 32 + 16  # the seed and the tag

ALG: Final[dict[str, int]] = {"sign": 1, "log": 1, "read": 2}
"""Algorithm of the key by purpose: 1 is Ed25519, 2 is X25519 for those who read sealed values."""

_LINE_CHARACTERS: Final = 64


class PublicInfo(NamedTuple):
    """
    What a key file says of itself without the passphrase. Unverified: only loading it shows that the key fits.

    Args:
        public_key: 32 bytes.
        purpose: `sign` (a person's), `log`, or `read` (opens sealed values).
        label: whose it is said to be.
    """

    public_key: bytes
    purpose: Purpose
    label: str


class Kdf(NamedTuple):
    """
    How the passphrase becomes a key.

    Args:
        name: `argon2id`.
        passes: times over the memory.
        memory_bytes: size of that memory.
        salt: 16 random bytes.
    """

    name: str
    passes: int
    memory_bytes: int
    salt: bytes


class KeyFile(NamedTuple):
    """The array of a key file, in the order of the wire. `ciphertext` holds the seed and 16 bytes of tag."""

    context: str
    purpose: Purpose
    alg: int
    public_key: bytes
    label: str
    kdf: Kdf
    nonce: bytes
    ciphertext: bytes

    def associated_data(self) -> bytes:
        """What is authenticated beside the ciphertext: every other element, as an array of its own."""
        return encode(self[:-1])

    def info(self) -> PublicInfo:
        """The part that needs no passphrase."""
        return PublicInfo(self.public_key, self.purpose, self.label)


_codec: Final[Codec[KeyFile]] = Codec(KeyFile)


def check_label(label: str, *, path: str) -> None:
    """
    Refuse a label that is too long or doesn't show what it holds.

    Raises:
        TextError: a character outside the repertoire of text, or not in NFC.
        LimitError: more than 120 bytes.
    """
    # The repertoire is frozen, so that a file opens under any Python.
    check_text(label, path=path)
    size = len(label.encode())
    if size > limits.KEY_LABEL_BYTES_MAX:
        raise LimitError(f"a label of {size} bytes", path=path, limit=limits.KEY_LABEL_BYTES_MAX)


def format_key_file(file: KeyFile) -> bytes:
    """The text of a key file: the header and lines of 64 characters of base64."""
    text = base64.b64encode(encode(file))
    lines = [text[i : i + _LINE_CHARACTERS] for i in range(0, len(text), _LINE_CHARACTERS)]
    return b"\n".join([HEADER, *lines, b""])


def parse_key_file(text: bytes, *, name: str) -> KeyFile:
    """
    The fields of a key file, each within its bounds. Not trusted: whoever can write the file chose them.

    Args:
        text: the whole file. How it is broken into lines doesn't matter, because mailers and editors differ.
        name: how errors call the file.

    Raises:
        UnknownVersionError: a key file of another version.
        LimitError: a derivation too dear for the machine, or too cheap to withstand a search.
        FormatError: anything else than a key file.
    """
    header, *lines = text.split() or [b""]
    if header != HEADER:
        if header.startswith(b"chainlog-key-"):
            raise UnknownVersionError(path=name, found=header[:32].decode("ascii", "replace"))
        raise FormatError("not a key file", path=name)
    joined = b"".join(lines)
    try:
        data = base64.b64decode(joined, validate=True)
    except binascii.Error as error:
        raise FormatError("cut short, or not base64", path=name) from error
    # Base64 has several texts for some values: only the one that encoding gives is taken.
    if base64.b64encode(data) != joined:
        raise FormatError("not base64", path=name)
    file = _codec.decode(data, path=f"{name}: $")
    _check_fields(file, name)
    return file


def _check_fields(file: KeyFile, name: str) -> None:
    for field, good in (
        ("context", file.context == CONTEXT),
        ("alg", file.alg == ALG[file.purpose]),
        ("public_key", len(file.public_key) == limits.PUBLIC_KEY_BYTES),
        ("kdf", file.kdf.name == KDF and len(file.kdf.salt) == SALT_BYTES),
        ("nonce", len(file.nonce) == NONCE_BYTES),
        ("ciphertext", len(file.ciphertext) == CIPHERTEXT_BYTES),
    ):
        if not good:
            raise FormatError("not as this version has it", path=f"{name}: $.{field}")
    check_label(file.label, path=f"{name}: $.label")
    # Both ways: 64 GiB would stop the machine, one pass over 8 KiB would be searched at leisure.
    for found, low, high, unit in (
        (file.kdf.passes, limits.KDF_PASSES_MIN, limits.KDF_PASSES_MAX, "passes"),
        (file.kdf.memory_bytes, limits.KDF_MEMORY_BYTES_MIN, limits.KDF_MEMORY_BYTES_MAX, "bytes of memory"),
    ):
        if not low <= found <= high:
            raise LimitError(f"{found} {unit}", path=f"{name}: $.kdf", limit=f"{low} to {high}")
