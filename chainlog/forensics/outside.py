"""Checkpoints that were kept outside of a log: what they say against it. Pure.

They alone show a log that was cut back, or told two stories, by somebody who has the log's key too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

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


class Foreign(msgspec.Struct, frozen=True, array_like=True):
    """A checkpoint from outside that is none of the log: no evidence. of_log: the id that it states. reason: why it is none."""

    note: bytes
    of_log: bytes
    reason: str


class Compared(msgspec.Struct, frozen=True, array_like=True):
    """What checkpoints from outside say. findings: against the log. foreign: those that say nothing of it."""

    findings: list[Finding]
    foreign: list[Foreign]


def subject_of(note: bytes) -> str:
    """What a finding calls the checkpoint."""
    return f"checkpoint of {read_outside(note).size} records"


def judge_outside(
    notes: Sequence[bytes], *, size: int, roots: Mapping[int, bytes], authority: Authority, identity: Identity
) -> Compared:
    """
    Hold checkpoints from outside against a log.

    Args:
        size, roots: of the log's tree; the root at a checkpoint's size is among them if it lies in the log.
        authority: of all of the log's records.
    """
    compared = Compared([], [])
    for note in notes:
        checkpoint = read_outside(note)
        reason = _not_of_this_log(note, checkpoint, size=size, authority=authority, identity=identity)
        if reason:
            compared.foreign.append(Foreign(note, parse_origin(checkpoint.origin)[1], reason))
            continue
        code = _contradiction(checkpoint, size=size, roots=roots)
        if code is None:
            continue
        # An honest restore breaks the log all the same: whoever held this head was promised what is gone.
        is_stated = (checkpoint.size, checkpoint.root) in authority.lost_heads
        stated = "; a record `recovered` states it" if is_stated else ""
        said = f"{size} records are there" if code == "truncated" else "the log key signed another history there"
        index = size if code == "truncated" else checkpoint.size - 1
        compared.findings.append(Finding(code, index, subject_of(note), f"{said}{stated}"))
    return compared


def _not_of_this_log(
    note: bytes, checkpoint: Checkpoint, *, size: int, authority: Authority, identity: Identity
) -> str:
    """Why it is none of this log's checkpoints, or nothing."""
    of_log = parse_origin(checkpoint.origin)[1]
    if identity.log_id is None:
        return "the log's id isn't known"
    if of_log != identity.log_id:
        return f"it is of the log {of_log.hex()}, and this is the log {identity.log_id.hex()}"
    try:
        origin = origin_of(identity.name, identity.log_id)
        key = authority.log_key(max(1, min(checkpoint.size, size)))
        if key is None:
            raise CheckpointError("no log key is known for it")
        verify_checkpoint(parse_note(note), origin=origin, public_key=key, verify=keys.verify)
    except ChainlogError as error:
        reason = error.fields.get("detail") or error.text("en")
        # The key that signed it may have been brought by a record that is gone.
        beyond = f" (it is over {checkpoint.size} records, {size} are there)" if checkpoint.size > size else ""
        return f"the log key of this log didn't sign it: {reason}{beyond}"
    return ""


def _contradiction(checkpoint: Checkpoint, *, size: int, roots: Mapping[int, bytes]) -> str | None:
    if checkpoint.size > size:
        return "truncated"
    known = roots.get(checkpoint.size)
    return "forked" if checkpoint.size and known is not None and known != checkpoint.root else None
