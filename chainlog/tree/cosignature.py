"""Cosignatures of witnesses on checkpoints: timestamped Ed25519 signatures. Pure: what checks a signature is passed in.

Format: c2sp.org/tlog-cosignature v1.0.1, type 0x04. A line of the note holds key id ‖ u64 POSIX seconds ‖ signature, over

    cosignature/v1 <newline>
    time <seconds, decimal> <newline>
    <text of the checkpoint, its last newline included>

and says: at that time this was the largest tree that the witness had seen of the log, consistent with all before it.
"""

from __future__ import annotations

from typing import Final

from chainlog.errors import SignatureError
from chainlog.limits import SIGNATURE_BYTES, TREE_SIZE_MAX
from chainlog.tree.note import COSIGNATURE, SignedNote, VerifierKey, Verify, key_id

_TIME_BYTES: Final = 8
_TIME_MAX: Final = TREE_SIZE_MAX  # 2**63 - 1 too


def cosigned_message(text: str, *, time_s: int) -> bytes:
    """What a witness signs at *time_s* for a checkpoint's *text*."""
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def verify_cosignature(note: SignedNote, *, key: VerifierKey, verify: Verify) -> int:
    """
    When the witness with *key* cosigned *note*, in seconds since 1970; the latest time if it did so more than once.

    Every line of its name and key id must verify. What the note says, and that it is a checkpoint, is for the caller.

    Raises:
        SignatureError: no line of this key, one that doesn't verify, or a key that is no witness's.
    """
    if key.signature_type != COSIGNATURE:
        raise SignatureError(f"the key of {key.name} is not one for cosignatures")
    identifier = key_id(*key)
    ours = [one.signature for one in note.signatures if one.name == key.name and one.key_id == identifier]
    if not ours:
        raise SignatureError(f"the note has no cosignature of {key.name} with key id {identifier.hex()}")
    times = []
    for data in ours:
        time_s = int.from_bytes(data[:_TIME_BYTES], "big")
        if len(data) != _TIME_BYTES + SIGNATURE_BYTES or time_s > _TIME_MAX:
            raise SignatureError(f"a cosignature of {key.name} has {len(data)} bytes, or a time out of range")
        verify(key.public_key, cosigned_message(note.text, time_s=time_s), data[_TIME_BYTES:])
        times.append(time_s)
    return max(times)
