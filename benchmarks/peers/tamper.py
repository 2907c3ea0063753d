"""One flipped byte in the files of a closed peer: what every verification is held against. Does I/O."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks.peers.peer import Peer


def sees_a_flipped_byte(peer: Peer, place: int, copy: Path) -> bool:
    """
    Whether the verification of the closed *peer* notices that one byte of the event number *place* is another.

    A letter or digit near the middle is changed, in a copy of the directory, so that text stays text. Where old pages of a
    database still hold the same event, they are changed too.

    Raises:
        LookupError: the event isn't found in any file; AssertionError: the copy was not sound before.
    """
    stored = peer.stored(place)
    middle = len(stored) // 2
    letters = [i for i, byte in enumerate(stored) if byte < 128 and chr(byte).isalnum()]
    offset = min(letters, key=lambda i: abs(i - middle))
    changed = stored[:offset] + bytes([stored[offset] ^ 1]) + stored[offset + 1 :]
    shutil.copytree(peer.directory, copy)
    other = peer.at(copy)
    # An error is an objection, and the change has to be what it is about.
    if not is_sound(other):
        raise AssertionError(f"{peer.name}: a copy of a sound directory isn't sound")
    found = 0
    for path in sorted(copy.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            found += data.count(stored)
            path.write_bytes(data.replace(stored, changed))
    if not found:
        raise LookupError(f"{peer.name}: event {place} is in no file in one piece")
    return not is_sound(other)


def is_sound(peer: Peer) -> bool:
    """Whether the verification of the closed *peer* objects to nothing. An error of any kind is an objection."""
    try:
        return peer.verify()
    except Exception:  # noqa: BLE001 - peers raise what they like
        return False
