"""Evidence that a log told two stories: two heads that its key signed, and why they can't both be true. Pure.

Format: schemas/FORMAT.md section 6 for the head; the rest is laid out here.

    conflict = ["chainlog/v1/conflict", kind, [note, log_key], [note, log_key], earlier_root, path]      canonical

The first is the head that was remembered, the second the one that was shown later.

fork        of one log. `path` proves that the larger of the two trees began with `earlier_root`, at the size of the smaller,
            whose head says another root. Only whoever holds the keys can have made both: it proves itself.
rollback    of one log, the second smaller than the first. Each may be genuine: that the smaller was shown after the
            larger is the word of whoever says so.
recreated   of two logs with one name. Again the word of whoever says that the second stood in the place of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from chainlog.canon import codec
from chainlog.errors import ConflictProofError, FormatError, LimitError, ProofError
from chainlog.limits import CONFLICT_FILE_BYTES_MAX, HASH_BYTES, NOTE_BYTES_MAX
from chainlog.proof.pin import Pin, make_pin
from chainlog.proof.receipt import genesis_log_key
from chainlog.tree.checkpoint import parse_origin
from chainlog.tree.merkle import check_consistency
from chainlog.tree.proofs import TreeReader, consistency_path, root_at

Kind = Literal["fork", "rollback", "recreated"]

_TAG: Final = "chainlog/v1/conflict"
_PATH_MAX: Final = 64
_Hash = Annotated[bytes, Meta(min_length=HASH_BYTES, max_length=HASH_BYTES)]


class _Head(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    note: Annotated[bytes, Meta(max_length=NOTE_BYTES_MAX)]
    log_key: _Hash


class _File(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    tag: str
    kind: Kind
    first: _Head
    second: _Head
    earlier_root: Annotated[bytes, Meta(max_length=HASH_BYTES)]
    path: Annotated[tuple[_Hash, ...], Meta(max_length=_PATH_MAX)]


_codec: Final[codec.Codec[_File]] = codec.Codec(_File)


@dataclass(frozen=True, slots=True)
class Conflict:
    """
    Two heads that contradict each other; their signatures, and what contradicts, were checked.

    first, second: see the module. earlier_root, path: of a fork, else empty.
    proved: whether the file proves itself (a fork), or rests on the word of whoever brings it.
    keys_known: whether a key that the caller knows to be the log's signed both. Else that the keys are the log's is
        not shown.
    """

    kind: Kind
    first: Pin
    second: Pin
    earlier_root: bytes = b""
    path: tuple[bytes, ...] = ()
    keys_known: bool = False

    @property
    def proved(self) -> bool:
        """Whether no word has to be believed but that the keys are the log's."""
        return self.kind == "fork"

    def encoded(self) -> bytes:
        """The canonical bytes. `check_conflict` reads them back."""
        heads = [(pin.note, pin.log_key) for pin in (self.first, self.second)]
        return codec.encode((_TAG, self.kind, *heads, self.earlier_root, self.path))


def find_conflict(pinned: Pin, shown: Pin, tree: TreeReader) -> Conflict | None:
    """
    The conflict between a remembered head and a log as it is now, None if it goes on from there.

    Args:
        pinned: what is remembered. shown: the pin of the log's head now, its signature verified. tree: of that log.

    Raises: ProofError: the tree isn't the one that the head signs. StoreError, FormatError: tiles are missing or damaged.
    Cost: as `tree.proofs.root_at`; of a fork, a consistency proof besides.
    """
    if pinned.log_id != shown.log_id:
        return Conflict("recreated", pinned, shown)
    size, now = pinned.checkpoint.size, shown.checkpoint
    if now.size < size:
        return Conflict("rollback", pinned, shown)
    earlier_root = root_at(tree, size)
    if earlier_root == pinned.checkpoint.root:
        return None
    path = tuple(consistency_path(tree, old_size=size, new_size=now.size))
    if size < now.size:
        check_consistency(path, old_size=size, old_root=earlier_root, new_size=now.size, new_root=now.root)
    elif earlier_root != now.root:
        raise ProofError("the tree is not the one that the head signs")
    return Conflict("fork", pinned, shown, earlier_root, path)


def check_conflict(
    data: bytes, *, log_id: bytes, log_keys: Sequence[bytes] = (), genesis: bytes | None = None
) -> Conflict:
    """
    Check a file that is said to convict a log.

    Args:
        data: at most 270,336 bytes. log_id: of the log, 32 bytes.
        log_keys: that the caller knows to be or to have been the log's. genesis: record 0, which names the first.

    Returns: the conflict. See `proved` and `keys_known` for what it rests on.

    Raises:
        FormatError, LimitError: no such file. CheckpointError: a head isn't signed by the key beside it.
        ConflictProofError: the heads don't contradict each other, or are of other logs. ReceiptError: *genesis* isn't the
            record that *log_id* is the hash of.
    """
    if len(data) > CONFLICT_FILE_BYTES_MAX:
        raise LimitError(f"{len(data)} bytes", limit=CONFLICT_FILE_BYTES_MAX, path="$.conflict")
    file = _codec.decode(data, path="$.conflict")
    if file.tag != _TAG:
        raise FormatError("no evidence of a conflict", path="$.conflict")
    if file.kind == "fork":
        if len(file.earlier_root) != HASH_BYTES:
            raise FormatError("a root isn't 32 bytes long", path="$.conflict")
    elif file.earlier_root or file.path:
        raise FormatError("a proof that nothing asks for", path="$.conflict")
    first, second = (make_pin(head.note, log_key=head.log_key) for head in (file.first, file.second))
    if first.log_id != log_id:
        raise ConflictProofError(f"the first head is of the log {first.log_id.hex()}")
    if file.kind == "recreated":
        _check_recreated(first, second)
    elif second.checkpoint.origin != first.checkpoint.origin:
        # Of its name as well: whatever a key signs under another one is no head of this log.
        raise ConflictProofError(f"the second head is of the log {second.checkpoint.origin}")
    elif file.kind == "rollback" and not second.checkpoint.size < first.checkpoint.size:
        raise ConflictProofError("the second head is not smaller than the first")
    if file.kind == "fork":
        _check_fork(first, second, file.earlier_root, file.path)
    known = {*log_keys} | (set() if genesis is None else {genesis_log_key(genesis, log_id=log_id)})
    signed_by = {first.log_key} if file.kind == "recreated" else {first.log_key, second.log_key}
    return Conflict(file.kind, first, second, file.earlier_root, file.path, keys_known=signed_by <= known)


def _check_recreated(first: Pin, second: Pin) -> None:
    names = [parse_origin(pin.checkpoint.origin)[0] for pin in (first, second)]
    if first.log_id == second.log_id or names[0] != names[1]:
        raise ConflictProofError("these are not two logs of one name")


def _check_fork(first: Pin, second: Pin, earlier_root: bytes, path: Sequence[bytes]) -> None:
    old, new = sorted((first.checkpoint, second.checkpoint), key=lambda checkpoint: checkpoint.size)
    if earlier_root == old.root:
        raise ConflictProofError("the smaller tree is the beginning of the larger one")
    if old.size == new.size:
        if earlier_root != new.root or path:
            raise ConflictProofError("of two trees of one size, the roots are all that is compared")
        return
    check_consistency(path, old_size=old.size, old_root=earlier_root, new_size=new.size, new_root=new.root)
