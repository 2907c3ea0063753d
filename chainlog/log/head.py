"""The head of a log as stored: size, last record hash, frontier of the tree, signed checkpoint. Pure.

Format: schemas/FORMAT.md sections 6 and 9.

    head = [size, last_hash, frontier, checkpoint]      canonical; frontier = concatenated roots, checkpoint = note
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import Meta

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import CheckpointError, FormatError
from chainlog.record import keys
from chainlog.tree.checkpoint import check_own_head, format_origin
from chainlog.tree.merkle import Frontier


class _Stored(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    size: Annotated[int, Meta(ge=1, le=limits.INTEGER_MAX)]
    last_hash: Annotated[bytes, Meta(min_length=limits.HASH_BYTES, max_length=limits.HASH_BYTES)]
    frontier: bytes
    checkpoint: Annotated[bytes, Meta(max_length=limits.NOTE_BYTES_MAX)]


_codec: Final[codec.Codec[_Stored]] = codec.Codec(_Stored)


class Head(NamedTuple):
    """The head of a log with at least one record. `checkpoint` is the signed note; nothing is verified here."""

    size: int
    last_hash: bytes
    frontier: Frontier
    checkpoint: bytes

    def encoded(self) -> bytes:
        """The canonical bytes."""
        return codec.encode((self.size, self.last_hash, self.frontier.encode(), self.checkpoint))


def decode_head(data: bytes) -> Head:
    """Decode a stored head. Raises FormatError and its subclasses."""
    stored = _codec.decode(data, path="$.head")
    frontier = Frontier.decode(stored.size, stored.frontier)
    return Head(stored.size, stored.last_hash, frontier, stored.checkpoint)


def check_head(data: bytes, *, origin: str, log_key: bytes | None) -> Head:
    """
    Decode a stored head whose checkpoint is the log key's signature over its size and the root of its frontier.

    Raises: CheckpointError. Cost: one signature check.
    """
    if log_key is None:
        raise CheckpointError("no log key is in force; run chainlog verify")
    try:
        head = decode_head(data)
    except FormatError as error:
        raise CheckpointError(f"the stored head can't be read: {error.text('en')}") from error
    check_own_head(
        head.checkpoint,
        origin=origin,
        size=head.size,
        root=head.frontier.root(),
        public_key=log_key,
        verify=keys.verify,
    )
    return head


@lru_cache(maxsize=64)
def origin_of(name: str, log_id: bytes) -> str:
    """Origin line and key name of a log's checkpoints. Raises CheckpointError for a name that can't be one."""
    try:
        return format_origin(name, log_id)
    except FormatError as error:
        raise CheckpointError(error.detail) from error
