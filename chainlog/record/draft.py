"""A draft: an event on the base that it was prepared on, with the signatures so far. Format: FORMAT.md section 2.

    draft = ["chainlog/v1/draft", log_id, [base_index, base_hash], event,
             [[role, person, public_key, signed_at_us, signature], …]]

It travels as a file between signers at different machines. Everything in it is claimed until the writer admits it:
it names the person of each signature so that it can say whose are still wanted, and the writer looks that up anew.
Reads and writes files; otherwise pure.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError, LimitError, SignatureError, UsageError
from chainlog.event.model import CheckedEvent, check_event
from chainlog.record import keys
from chainlog.record.record import Base, Signature
from chainlog.record.signer import Signer
from chainlog.record.statement import EventStatement
from chainlog.whole_file import put_file

_TAG: Final = "chainlog/v1/draft"
_Hash = Annotated[bytes, Meta(min_length=limits.HASH_BYTES, max_length=limits.HASH_BYTES)]
_Sig = Annotated[bytes, Meta(min_length=limits.SIGNATURE_BYTES, max_length=limits.SIGNATURE_BYTES)]
_Time = Annotated[int, Meta(ge=0, le=limits.INTEGER_MAX)]


class DraftSignature(NamedTuple):
    """One signature on a draft. `person` is a claim: whose key it is, the log's registry says."""

    role: str
    person: str
    public_key: _Hash
    signed_at_us: _Time
    signature: _Sig


class Wanted(NamedTuple):
    """A signature that the event names and the draft lacks."""

    role: str
    person: str
    missing: int


class _File(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    tag: str
    log_id: _Hash
    base: Base
    event: bytes
    signatures: Annotated[tuple[DraftSignature, ...], Meta(max_length=limits.SIGNATURES_MAX)]


_codec: Final[codec.Codec[_File]] = codec.Codec(_File)


class Draft(NamedTuple):
    """
    An immutable draft; signing gives a new one.

    log_id: 32 bytes, zeros for the genesis. base: (index, record hash) that the signers see. event: canonical bytes.
    signatures: ascending by their encoded bytes.
    """

    log_id: bytes
    base: tuple[int, bytes]
    event: bytes
    signatures: tuple[DraftSignature, ...] = ()

    def checked_event(self) -> CheckedEvent:
        """The event, its shape checked. Raises FormatError."""
        return check_event(self.event, path="$.event")

    def check(self) -> CheckedEvent:
        """
        The event, after checking all that `decode_draft` does: a draft can be put together in a program too.

        Raises: FormatError and its subclasses.
        """
        file = _codec.decode(codec.encode_stated((_TAG, *self)))
        event = check_event(file.event, path="$.event")
        _check_signatures(file.signatures, event)
        return event

    def wanted(self) -> list[Wanted]:
        """The signatures that the event's `people` name and that are not there yet, in their order."""
        have: dict[tuple[str, str], int] = {}
        for signature in self.signatures:
            key = (signature.role, signature.person)
            have[key] = have.get(key, 0) + 1
        people = self.checked_event().event.people
        return [
            Wanted(role, person, signs - have.get((role, person), 0))
            for role, person, signs in people
            if signs > have.get((role, person), 0)
        ]

    def sign(self, signer: Signer, *, role: str, person: str, signed_at_us: int) -> Draft:
        """
        The draft with one signature more.

        Args:
            signer: holds the key; it is shown the whole typed statement.
            role, person: one that `wanted` names.
            signed_at_us: the signer's clock.

        Raises:
            UsageError: the event doesn't want this signature, or the key has signed in this role already.
            SignatureError: the signer returned something that doesn't verify.
        """
        if not any(want.role == role and want.person == person for want in self.wanted()):
            raise UsageError(f"the draft wants no (further) signature of {person} as {role}")
        if any(s.role == role and s.public_key == signer.public_key for s in self.signatures):
            raise UsageError(f"this key has signed as {role} already")
        statement = EventStatement(self.log_id, self.base[0], self.base[1], role, signed_at_us, self.event)
        signature = signer.sign_event(statement)
        keys.verify(signer.public_key, statement.encoded(), signature)
        added = DraftSignature(role, person, signer.public_key, signed_at_us, signature)
        return self._replace(signatures=tuple(sorted((*self.signatures, added), key=codec.encode)))

    def verify_signatures(self) -> None:
        """
        Check every signature against the key that it brings. Whose keys they are is not asked.

        Raises: SignatureError naming the first that fails.
        """
        for s in self.signatures:
            statement = EventStatement(self.log_id, self.base[0], self.base[1], s.role, s.signed_at_us, self.event)
            try:
                keys.verify(s.public_key, statement.encoded(), s.signature)
            except SignatureError as error:
                raise SignatureError(f"{s.role} {s.person}") from error

    def record_signatures(self) -> list[Signature]:
        """The signatures as a record holds them."""
        return [(s.role, s.public_key, s.signed_at_us, s.signature) for s in self.signatures]

    def encoded(self) -> bytes:
        """The canonical bytes of the draft file."""
        return codec.encode((_TAG, *self))

    def save(self, path: str | os.PathLike[str]) -> None:
        """
        Write the draft to *path*, whole or not at all; a file there is replaced.

        Raises: OSError as the system gives it.
        """
        put_file(path, self.encoded(), mode=None)


def decode_draft(data: bytes) -> Draft:
    """
    Decode a draft file and check its shape, its event's too. Signatures are checked by `Draft.verify_signatures`.

    Raises: FormatError and its subclasses.
    """
    if len(data) > limits.DRAFT_FILE_BYTES_MAX:
        raise LimitError("draft file", path="$", limit=limits.DRAFT_FILE_BYTES_MAX)
    file = _codec.decode(data)
    if file.tag != _TAG:
        raise FormatError(f"not a draft: begins with {file.tag!r}", path="$[0]")
    _check_signatures(file.signatures, check_event(file.event, path="$.event"))
    return Draft(file.log_id, file.base, file.event, file.signatures)


def _check_signatures(signatures: Sequence[DraftSignature], checked: CheckedEvent) -> None:
    """Sorted, and no more than the event asks for: a signature too many would be refused in the record anyway."""
    encoded = [codec.encode(signature) for signature in signatures]
    if any(a >= b for a, b in pairwise(encoded)):
        raise FormatError("sorted strictly by encoded bytes", path="$.signatures")
    if len({(s.role, s.public_key) for s in signatures}) != len(signatures):
        raise FormatError("one signature for each role and key", path="$.signatures")
    asked = {(role, person): signs for role, person, signs in checked.event.people}
    have = Counter((s.role, s.person) for s in signatures)
    if any(count > asked.get(signer, 0) for signer, count in have.items()):
        raise FormatError("a signature that the event does not ask for", path="$.signatures")


def load_draft(path: str | os.PathLike[str]) -> Draft:
    """
    Read a draft file.

    Raises: FormatError and its subclasses; OSError as the system gives it.
    """
    with Path(path).open("rb") as file:
        # One byte more than allowed is enough to know, whatever the file's size.
        return decode_draft(file.read(limits.DRAFT_FILE_BYTES_MAX + 1))
