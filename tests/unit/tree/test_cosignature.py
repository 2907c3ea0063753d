from __future__ import annotations

import json
from pathlib import Path

import pytest

from chainlog.errors import SignatureError
from chainlog.record.keys import verify
from chainlog.tree.cosignature import cosigned_message, verify_cosignature
from chainlog.tree.note import ED25519, NoteSignature, SignedNote, VerifierKey, parse_note, parse_vkey
from tests.witnesses import cosigned, witness

VECTORS = Path(__file__).parents[3] / ".." / "shared" / "vectors" / "cosignature-v1" / "cosignature_v1.json"
NOTE = SignedNote("draft.test/0\n4\nAAAA\n", (NoteSignature("draft.test/0", bytes(4), bytes(64)),))


@pytest.mark.skipif(not VECTORS.is_file(), reason="the published vectors lie beside the project, not in it")
def test_published_cosignatures():
    cases = json.loads(VECTORS.read_text("utf-8"))["cases"]
    assert sum(case["valid"] for case in cases) > 1
    for case in cases:
        key, note = parse_vkey(case["vkey"]), parse_note(case["checkpoint"].encode())
        stated = cosigned_message(note.text, time_s=case["timestamp"]) == case["signed_message"].encode()
        try:
            found = verify_cosignature(note, key=key, verify=verify)
        except SignatureError:
            assert not case["valid"]
        else:
            # A case may be wrong in what it says was signed only.
            assert (found == case["timestamp"] and stated) == case["valid"]


def test_the_latest_time_counts():
    twice = cosigned(cosigned(NOTE, "w", time_s=7), "w", time_s=5)
    assert verify_cosignature(twice, key=witness("w"), verify=verify) == 7


def test_what_is_refused():
    note = cosigned(NOTE, "w", time_s=7)
    line = note.signatures[-1]

    def with_line(**changed):
        return SignedNote(note.text, (*note.signatures[:-1], line._replace(**changed)))

    good = witness("w")
    assert verify_cosignature(note, key=good, verify=verify) == 7
    for changed in (
        NOTE,
        SignedNote(note.text.replace("4", "5"), note.signatures),
        with_line(signature=line.signature[:-1]),
        with_line(signature=line.signature + b"\0"),
        with_line(signature=(8).to_bytes(8, "big") + line.signature[8:]),
        with_line(signature=line.signature[7::-1] + line.signature[8:]),
        with_line(signature=b"\xff" * 8 + line.signature[8:]),
        with_line(key_id=bytes(4)),
        with_line(name="v"),
        # One good line doesn't hide a bad one.
        SignedNote(note.text, (*note.signatures, line._replace(signature=bytes(72)))),
    ):
        with pytest.raises(SignatureError):
            verify_cosignature(changed, key=good, verify=verify)
    with pytest.raises(SignatureError, match="not one for cosignatures"):
        verify_cosignature(note, key=VerifierKey("w", ED25519, good.public_key), verify=verify)
