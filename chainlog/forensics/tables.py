"""Comparing head, tiles, ids and kept checkpoints with what the records make: whether there is any doubt. Pure.

Only for logs whose records raised none. What exactly is wrong, the diagnosis says.
"""

from __future__ import annotations

from hashlib import sha256

from chainlog import limits
from chainlog.authority.state import Authority
from chainlog.errors import ChainlogError, CheckpointError, FormatError
from chainlog.forensics.evidence import HEAD_KEY, LAST_KEY, TABLES, TILE_KEY, U64, Evidence, parse_index
from chainlog.forensics.summary import Closing
from chainlog.log.head import decode_head, origin_of
from chainlog.record import keys
from chainlog.store.port import META
from chainlog.tree.checkpoint import Checkpoint, check_own_head, verify_checkpoint
from chainlog.tree.note import parse_note


def find_doubt(evidence: Evidence, closing: Closing, authority: Authority) -> str:
    """The first reason for which the tables can't be those of the records; empty if there is none."""
    try:
        _check_names(evidence)
        _check_counts(evidence, closing)
        _check_upper_tiles(evidence, closing)
        _check_head(evidence, closing, authority)
        for key, note in evidence.scan("checkpoints"):
            size = parse_index(key)
            if size is None or size not in closing.roots:
                return f"a checkpoint is kept under {key.hex()}"
            checkpoint = read_checkpoint(note, size=size, authority=authority, origin=_origin(closing))
            if (checkpoint.size, checkpoint.root) != (size, closing.roots[size]):
                return f"the checkpoint kept under {size} is not of these records"
    except ChainlogError as error:
        return error.text("en")
    return ""


def read_checkpoint(note: bytes, *, size: int, authority: Authority, origin: str) -> Checkpoint:
    """
    The checkpoint in *note* if the log key signed it that is in force after *size* records.

    Raises: CheckpointError, FormatError.
    """
    key = authority.log_key(size)
    if key is None:
        raise CheckpointError(f"no log key is known after {size} records")
    return verify_checkpoint(parse_note(note), origin=origin, public_key=key, verify=keys.verify)


def expected_tiles(size: int) -> int:
    """How many full tiles of all levels a tree of *size* leaves has."""
    total, count = 0, size // limits.TILE_HASHES
    while count:
        total, count = total + count, count // limits.TILE_HASHES
    return total


def _origin(closing: Closing) -> str:
    return origin_of(closing.name, closing.log_id)


def _check_names(evidence: Evidence) -> None:
    if sorted(evidence.tables()) != sorted(TABLES) or evidence.stray_keys():
        raise FormatError("tables or keys that are not a log's", path="data.mdb")
    if list(evidence.scan("meta")) != [(key.encode(), value) for key, value in META.items()]:
        raise FormatError("another version of the tables, or what no log has", path="meta")


def _check_counts(evidence: Evidence, closing: Closing) -> None:
    wanted = {"records": closing.size, "ids": closing.size, "tiles": expected_tiles(closing.size), "head": 2}
    for table, count in wanted.items():
        if evidence.count(table) != count:
            raise FormatError(f"{evidence.count(table)} rows instead of {count}", path=table)


def _check_upper_tiles(evidence: Evidence, closing: Closing) -> None:
    tiles = evidence.getter("tiles")
    for level, number, digest in closing.upper:
        if sha256(tiles(TILE_KEY.pack(level, number)) or b"").digest() != digest:
            raise FormatError("not the roots of the tiles below", path=f"tiles/{level}/{number}")


def _check_head(evidence: Evidence, closing: Closing, authority: Authority) -> None:
    head = evidence.getter("head")
    if head(LAST_KEY) != U64.pack(closing.size) + closing.last_hash:
        raise FormatError("not size and hash of the last record", path="head/last")
    stored = decode_head(head(HEAD_KEY) or b"")
    if (stored.size, stored.last_hash, stored.frontier.encode()) != (closing.size, closing.last_hash, closing.frontier):
        raise FormatError("not of these records", path="head/head")
    key = authority.log_key(closing.size)
    if key is None:
        raise CheckpointError(f"no log key is known after {closing.size} records")
    check_own_head(
        stored.checkpoint,
        origin=_origin(closing),
        size=closing.size,
        root=closing.root,
        public_key=key,
        verify=keys.verify,
    )
