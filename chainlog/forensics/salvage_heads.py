"""The signed heads that were gathered, and those from outside, as far as a key of the log signed them. Pure over tables."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

from chainlog.errors import ChainlogError
from chainlog.record import keys
from chainlog.store.port import Transaction
from chainlog.tree.checkpoint import verify_checkpoint
from chainlog.tree.note import parse_note

OUTSIDE: Final = -1
NOWHERE: Final = 255  # no table leads to it


class SignedHead(NamedTuple):
    """
    A checkpoint that *log_key* signed.

    accuses: whether it shows that there were so many records. A head that merely lies somewhere in a sound file may be of
    a commit that never came to its end. source: the copy whose tables lead to it, the first of them; OUTSIDE if it was kept
    outside, NOWHERE if it lies anywhere in a file. Less of it is worth more: heads that contradict each other are judged so.
    """

    size: int
    root: bytes
    note: bytes
    log_key: bytes
    accuses: bool
    source: int


def head_row(note_hash: bytes, *, accuses: bool, source: int) -> bytes:
    """The key of a row of `heads`."""
    return bytes((int(not accuses), source)) + note_hash


def read_heads(
    transaction: Transaction, *, origin: str, log_keys: Sequence[bytes], outside: Sequence[bytes]
) -> list[SignedHead]:
    """
    The gathered heads that one of the log's keys signed, the largest first, and the same of those from *outside*.

    Cost: a signature check for each and key.
    """
    found: dict[bytes, SignedHead] = {}
    stored = ((note, not key[0], key[1]) for key, note in transaction.table("heads").scan())
    for note, accuses, source in chain(((note, True, OUTSIDE) for note in outside), stored):
        standing = found.get(note)
        if standing is not None:
            found[note] = standing._replace(accuses=standing.accuses or accuses, source=min(standing.source, source))
            continue
        head = _read_head(note, origin, log_keys)
        if head is not None:
            found[note] = head._replace(accuses=accuses, source=source)
    heads = found.values()
    return sorted(heads, key=lambda head: (-head.size, not head.accuses, head.root))


def _read_head(note: bytes, origin: str, log_keys: Sequence[bytes]) -> SignedHead | None:
    for key in log_keys:
        try:
            checkpoint = verify_checkpoint(parse_note(note), origin=origin, public_key=key, verify=keys.verify)
        except ChainlogError:
            continue
        return SignedHead(checkpoint.size, checkpoint.root, note, key, False, NOWHERE) if checkpoint.size else None
    return None


def keys_of_log(first: bytes, changes: Sequence[tuple[bytes, bytes, bool]]) -> list[bytes]:
    """The first log key, and those that followed it by a change which the key before signed."""
    known = [first]
    for _ in changes:
        known += [new for old, new, by_old in changes if by_old and old in known and new not in known]
    return known
