"""What every engine demands of blocks, keys and names before it looks at the disk. Pure.

A block that breaks these rules is a bug in the caller, hence AssertionError. Whether it fits the store
(order, head, unique ids) is the engine's own check, under its lock.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import lt

from chainlog.errors import ConflictError, UsageError
from chainlog.limits import EVENT_ID_BYTES, HASH_BYTES, TILE_HASHES
from chainlog.store.port import Block

TILE_BYTES = TILE_HASHES * HASH_BYTES
KEY_BYTES_MAX = 500
U64_MAX = 2**64 - 1

_TABLE_NAME = re.compile(r"[a-z0-9_.-]{1,64}", re.ASCII)


def check_block(block: Block, expected: tuple[int, bytes]) -> None:
    """
    Raise AssertionError if *block* is no block, ConflictError if it can't follow *expected*.

    A block without records is allowed: it stores a new head or checkpoints, and its `last_hash` is the old one.
    """
    size, last_hash = expected
    if block.first != size:
        raise ConflictError(f"the block begins at {block.first}, the caller expects size {size}")
    if len(block.last_hash) != HASH_BYTES or (not block.records and block.last_hash != last_hash):
        raise AssertionError("last_hash is not the hash of the last record")
    stop = block.first + len(block.records)
    indexes = {index for _, index in block.ids}
    if len(block.ids) != len(block.records) or len(indexes) != len(block.ids):
        raise AssertionError("a block names one id for each of its records")
    if indexes and (min(indexes) != block.first or max(indexes) != stop - 1):
        raise AssertionError("an id of the block stands for a record outside of it")
    if {len(event_id) for event_id, _ in block.ids} - {EVENT_ID_BYTES}:
        raise AssertionError(f"an event id has {EVENT_ID_BYTES} bytes")
    subjects = {subject for subject, _ in block.subjects}
    if len(subjects) != len(block.subjects):
        raise AssertionError("a block names each subject once")
    # A character takes four bytes at most, so only long ones need counting.
    long = [subject for subject in subjects if len(subject) > KEY_BYTES_MAX // 4]
    if "" in subjects or (long and max(len(subject.encode()) for subject in long) > KEY_BYTES_MAX):
        raise AssertionError(f"a subject has 1 to {KEY_BYTES_MAX} bytes")
    if {len(head.record_hash) for _, head in block.subjects} - {HASH_BYTES}:
        raise AssertionError(f"a record hash has {HASH_BYTES} bytes")
    if block.checkpoints and len({size for size, _ in block.checkpoints}) != len(block.checkpoints):
        raise AssertionError("a block has one checkpoint for a size")
    if block.tiles:
        _check_tiles(block.tiles)


def _check_tiles(tiles: Sequence[tuple[int, int, bytes]]) -> None:
    if len({(level, number) for level, number, _ in tiles}) != len(tiles):
        raise AssertionError("a block has each tile once")
    if any(len(tile) != TILE_BYTES for _, _, tile in tiles):
        raise AssertionError(f"a tile has {TILE_BYTES} bytes")


def check_items(items: Sequence[tuple[bytes, bytes]]) -> None:
    """Raise UsageError for a key that no table takes, AssertionError if the keys don't ascend."""
    keys = [key for key, _ in items]
    if not keys:
        return
    if not all(keys) or max(map(len, keys)) > KEY_BYTES_MAX:
        raise UsageError(f"a key has 1 to {KEY_BYTES_MAX} bytes")
    # Compared in C: a projection writes them by the hundred thousand.
    if not all(map(lt, keys, keys[1:])):
        raise AssertionError("put_many takes items that ascend by key, each key once")


def check_key(key: bytes) -> None:
    """Raise UsageError for a key that no table takes."""
    if not 1 <= len(key) <= KEY_BYTES_MAX:
        raise UsageError(f"a key has 1 to {KEY_BYTES_MAX} bytes, not {len(key)}")


def check_table_name(name: str) -> None:
    """Raise UsageError for what can't name a table."""
    if not _TABLE_NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a table")
