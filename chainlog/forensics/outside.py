"""Checkpoints that were kept outside of a log: what they say against it. Pure.

They alone show a log that was cut back, or told two stories, by somebody who has the log's key too.
"""

from __future__ import annotations

from collections.abc import Mapping

from chainlog.authority.state import Authority
from chainlog.errors import ChainlogError, CheckpointError
from chainlog.forensics.identity import Identity
from chainlog.forensics.report import Finding
from chainlog.log.head import origin_of
from chainlog.record import keys
from chainlog.tree.checkpoint import Checkpoint, parse_checkpoint, parse_origin, verify_checkpoint
from chainlog.tree.note import parse_note


def read_outside(note: bytes) -> Checkpoint:
    """
    What a checkpoint from outside says, before anything is verified.

    Raises: FormatError, LimitError for what is no checkpoint of a log of this format: the caller's input is at fault.
    """
    checkpoint = parse_checkpoint(parse_note(note).text)
    parse_origin(checkpoint.origin)
    return checkpoint


def judge_outside(
    note: bytes, *, size: int, roots: Mapping[int, bytes], authority: Authority, identity: Identity
) -> list[Finding]:
    """
    Findings of a checkpoint from outside against a log.

    Args:
        size, roots: of the log's tree; the root at the checkpoint's size is among them if it lies in the log.
        authority: of all of the log's records.
    """
    checkpoint = read_outside(note)
    subject = f"checkpoint of {checkpoint.size} records"
    log_id = parse_origin(checkpoint.origin)[1]
    if identity.log_id is None or log_id != identity.log_id:
        return [Finding("wrong-log", 0, subject, f"it is of the log {log_id.hex()}")]
    try:
        origin = origin_of(identity.name, identity.log_id)
        key = authority.log_key(max(1, min(checkpoint.size, size)))
        if key is None:
            raise CheckpointError("no log key is known for it")
        verify_checkpoint(parse_note(note), origin=origin, public_key=key, verify=keys.verify)
    except ChainlogError as error:
        return [Finding("head-mismatch", None, subject, error.text("en"))]
    # An honest restore breaks the log all the same: whoever held this head was promised what is gone.
    stated = "; a record `recovered` states it" if (checkpoint.size, checkpoint.root) in authority.lost_heads else ""
    if checkpoint.size > size:
        return [Finding("truncated", size, subject, f"{size} records are there{stated}")]
    known = roots.get(checkpoint.size)
    if checkpoint.size and known is not None and known != checkpoint.root:
        return [Finding("forked", checkpoint.size - 1, subject, f"the log key signed another history there{stated}")]
    return []
