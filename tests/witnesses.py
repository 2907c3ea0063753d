"""Witnesses for tests: their keys, by name, and notes that they cosigned."""

from __future__ import annotations

from chainlog.tree.cosignature import cosigned_message
from chainlog.tree.note import COSIGNATURE, NoteSignature, SignedNote, VerifierKey, format_note, key_id, parse_note
from tests.signers import secret


def witness(name: str) -> VerifierKey:
    """The key that the witness *name* cosigns with."""
    return VerifierKey(name, COSIGNATURE, secret(f"witness {name}").public_key)


def cosigned(note: SignedNote, name: str, *, time_s: int) -> SignedNote:
    """*note* with one line more."""
    signature = secret(f"witness {name}").sign(cosigned_message(note.text, time_s=time_s))
    line = NoteSignature(name, key_id(*witness(name)), time_s.to_bytes(8, "big") + signature)
    return SignedNote(note.text, (*note.signatures, line))


def cosigned_note(data: bytes, name: str, *, time_s: int = 1_767_225_600) -> bytes:
    """The bytes of a note, cosigned."""
    return format_note(cosigned(parse_note(data), name, time_s=time_s))
