"""Who can sign for a person or a log: the open `Signer` protocol and the signer that holds its key in memory. Pure.

Format: schemas/FORMAT.md sections 2, 5 and 6. A signer takes typed statements and checkpoint texts, never bytes
of someone else's choice, so that an application can't be made into an oracle for other protocols.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final, Protocol

from chainlog import limits
from chainlog.errors import FormatError, LimitError, UsageError
from chainlog.record.statement import EnrolStatement, EventStatement

if TYPE_CHECKING:
    # keys.py loads libsodium; who only names the protocol needn't.
    from chainlog.record.keys import SecretKey

_ORIGIN: Final = re.compile(r"[a-z0-9.-]{1,%d}/[0-9a-f]{64}" % limits.LOG_NAME_BYTES_MAX)
_SIZE: Final = re.compile(r"[1-9][0-9]{0,15}")
_HEAD_LINES: Final = 3
# A whole text, as a log writes it in every commit. 43 digits of base64 hold 256 bits and two
# zeros: the last one is one of sixteen.
_IS_HEAD: Final = re.compile(
    _ORIGIN.pattern + r"\n[1-9][0-9]{0,14}\n[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\n", re.ASCII
).fullmatch


class Signer(Protocol):
    """
    One key that signs, wherever it lies: in this process, in a token, behind a service.

    Each method returns an Ed25519 signature of 64 bytes over exactly `statement.encoded()`, or over the UTF-8 of
    the note text. It should call `check()` of the statement, or `check_checkpoint_text`, before it signs; what it
    returns is verified before it is stored. A refusal leaves as an error of `chainlog.errors`.

    A signer whose key lies in a token (python-pkcs11), and which signs for a person only:

        class TokenSigner:
            def __init__(self, private_key, public_key: bytes) -> None:
                self._private_key = private_key
                self.public_key = public_key

            def sign_event(self, statement: EventStatement) -> bytes:
                statement.check()
                return self._private_key.sign(statement.encoded(), mechanism=Mechanism.EDDSA)

            def sign_enrolment(self, statement: EnrolStatement) -> bytes:
                statement.check()
                return self._private_key.sign(statement.encoded(), mechanism=Mechanism.EDDSA)

            def sign_checkpoint(self, note_text: str) -> bytes:
                raise UsageError("this token signs for a person, not for a log")
    """

    @property
    def public_key(self) -> bytes:
        """The Ed25519 public key, 32 bytes."""
        ...

    def sign_event(self, statement: EventStatement) -> bytes:
        """Sign a part in an event. 64 bytes."""
        ...

    def sign_enrolment(self, statement: EnrolStatement) -> bytes:
        """Prove possession of this key. 64 bytes."""
        ...

    def sign_checkpoint(self, note_text: str) -> bytes:
        """Sign the head of a log: *note_text* is a C2SP checkpoint without its signatures. 64 bytes, raw."""
        ...


class LocalSigner:
    """A signer whose key lies in this process's memory. Cost of each call: one signature and 1 to 3 µs."""

    __slots__ = ("_key", "_public_key")

    def __init__(self, key: SecretKey) -> None:
        self._key = key
        self._public_key = key.public_key

    @property
    def public_key(self) -> bytes:
        """The Ed25519 public key, 32 bytes."""
        return self._public_key

    def sign_event(self, statement: EventStatement) -> bytes:
        """
        Sign a part in an event. 64 bytes.

        Raises:
            FormatError: a field of the wrong type or size.
        """
        if type(statement) is not EventStatement:
            raise TypeError("sign_event signs an EventStatement")
        statement.check()
        return self._key.sign(statement.encoded())

    def sign_enrolment(self, statement: EnrolStatement) -> bytes:
        """
        Prove possession of this key. 64 bytes.

        Raises:
            UsageError: the statement names another key: its proof would be refused.
            FormatError: a field of the wrong type or size.
        """
        if type(statement) is not EnrolStatement:
            raise TypeError("sign_enrolment signs an EnrolStatement")
        statement.check()
        if statement.public_key != self._key.public_key:
            raise UsageError("a key is enrolled with a signature of its own, and this is another key's")
        return self._key.sign(statement.encoded())

    def sign_checkpoint(self, note_text: str) -> bytes:
        """
        Sign the head of a log. 64 bytes, raw.

        Raises:
            FormatError: not the text of a checkpoint of a chainlog log.
        """
        check_checkpoint_text(note_text)
        return self._key.sign(note_text.encode())

    def __repr__(self) -> str:
        return f"<LocalSigner of {self.public_key.hex()}>"


def check_checkpoint_text(note_text: str) -> None:
    """
    Refuse what is no checkpoint text of a log of this format: origin `<name>/<log id>`, a size from 1 to 2⁵³−1, the root.

    Every line ends with a newline, and there are no others.

    Raises:
        FormatError: names the line, `$[0]` the first.
    """
    if _IS_HEAD(note_text):
        return
    if len(note_text) > limits.NOTE_BYTES_MAX:
        raise LimitError(f"{len(note_text)} characters", path="$", limit=limits.NOTE_BYTES_MAX)
    lines = note_text.split("\n")
    if lines.pop() or len(lines) != _HEAD_LINES:
        raise FormatError("a checkpoint has three lines, each ended by a newline", path="$")
    origin, size, root = lines
    if not _ORIGIN.fullmatch(origin):
        raise FormatError("an origin is the log's name, a slash and its id in hexadecimal", path="$[0]")
    # int() takes more than decimals; the expression and the bound leave one text for each size.
    if not _SIZE.fullmatch(size) or int(size) > limits.INTEGER_MAX:
        raise FormatError("a size is a decimal number from 1 to 2⁵³−1, without leading zeros", path="$[1]")
    if not _is_root(root):
        raise FormatError("a root hash is 32 bytes in base64", path="$[2]")


def _is_root(text: str) -> bool:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    # Base64 has several texts for some values: only the one that encoding gives is taken.
    return len(raw) == limits.HASH_BYTES and base64.b64encode(raw).decode() == text
