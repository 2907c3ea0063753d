"""Which checkpoints a log keeps: the last head of every period. Pure over its readers.

The policy says how long a period is (`every.checkpoint`, a day if it says nothing, `0…` for none). A record begins a period
if it was recorded in another, later one than the record before it; the head over the records before it was then the last
of its period. It is kept by the commit that begins the next one, so no commit signs twice, and periods in which nothing
happened need none of their own: the head is the same as before them. Judged by the policy adopted last below the record,
in the log's local time. What is missing, and whose log key is still in force, is made up for (`Writer.keep_checkpoints`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from chainlog.authority.parameters import DURATION
from chainlog.authority.state import Authority, PolicyEra
from chainlog.errors import CheckpointError, ProofError
from chainlog.event.model import unverified_event
from chainlog.log.head import Head
from chainlog.log.log_tree import LogTree
from chainlog.record.record import unverified_record
from chainlog.store.port import Snapshot
from chainlog.tree.checkpoint import Checkpoint, CheckpointSigner, parse_checkpoint, sign_checkpoint
from chainlog.tree.merkle import check_consistency
from chainlog.tree.note import parse_note
from chainlog.tree.proofs import consistency_path, root_at

PARAMETER: Final = "every.checkpoint"
DEFAULT: Final = "1d"

_MINUTE_US: Final = 60_000_000
_FIXED_US: Final = {"m": _MINUTE_US, "h": 60 * _MINUTE_US, "d": 1_440 * _MINUTE_US, "wd": 1_440 * _MINUTE_US}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def period_of(duration: str, time_us: int, *, offset_minutes: int) -> int:
    """
    Number of the period that a moment lies in, growing with time; 0 always where periods have no length.

    Args:
        duration: as the policy writes it, `1h`, `1d`, `3mo`. Working days are taken for days: a calendar may change later.
        offset_minutes: of the log's local time.
    """
    match = DURATION.fullmatch(duration)
    if match is None or match[1] == "0":
        return 0
    count, unit = int(match[1]), match[2]
    local_us = time_us + offset_minutes * _MINUTE_US
    fixed = _FIXED_US.get(unit)
    if fixed is not None:
        return local_us // (fixed * count)
    try:
        day = _EPOCH + timedelta(microseconds=local_us)
    except OverflowError:
        # Beyond the year 9999: nobody's clock.
        return 0
    return (day.year * 12 + day.month - 1) // (count if unit == "mo" else 12 * count)


def cadence_of(policy: PolicyEra | None) -> str:
    """The length of a period under *policy*."""
    for name, values in () if policy is None else policy.body.parameters:
        if name == PARAMETER:
            return str(values[0])
    return DEFAULT


def begins_period(authority: Authority, *, index: int, before_us: int, now_us: int) -> bool:
    """
    Whether the record at *index*, recorded at *now_us*, begins a period; the one before it was recorded at *before_us*.

    authority: of the records below *index*, or of more.
    """
    duration = cadence_of(authority.policy_at(index))
    offset = authority.utc_offset_minutes
    return period_of(duration, now_us, offset_minutes=offset) > period_of(duration, before_us, offset_minutes=offset)


def is_map_due(snapshot: Snapshot, authority: Authority, *, now_us: int) -> bool:
    """Whether anything was recorded since the log committed to its map, or a period began since."""
    data = snapshot.record(snapshot.size - 1)
    if data is None:
        return False
    newest = unverified_record(data)
    if unverified_event(newest.event).kind != "index_committed":
        return True
    return begins_period(authority, index=snapshot.size, before_us=newest.recorded_at_us, now_us=now_us)


def ends_of_periods(snapshot: Snapshot, authority: Authority) -> Iterator[int]:
    """
    The sizes at which periods ended, ascending; the last period, which hasn't ended, isn't among them.

    Raises: what decoding a damaged record raises; run the audit first on what isn't trusted. Cost: a read and a decode a record.
    """
    before_us = 0
    for index, data in snapshot.records(0, snapshot.size):
        now_us = unverified_record(data).recorded_at_us
        if index and begins_period(authority, index=index, before_us=before_us, now_us=now_us):
            yield index
        before_us = now_us


def missing_checkpoints(snapshot: Snapshot, authority: Authority) -> list[int]:
    """The sizes at which a period ended and no checkpoint is kept. Raises and costs as `ends_of_periods`."""
    kept = {size for size, _ in snapshot.checkpoints()}
    return [size for size in ends_of_periods(snapshot, authority) if size not in kept]


def make_up(
    snapshot: Snapshot, head: Head, authority: Authority, *, signer: CheckpointSigner
) -> list[tuple[int, bytes]]:
    """
    The checkpoints to be added: those that are missing and that *signer*, the log key in force, can still sign; and *head*.

    Args:
        head: of *snapshot*, its signature verified. What is signed is shown to be its beginning first.

    Raises: CheckpointError: the tiles don't lead to the head. StoreError: one is missing.
    """
    tree, name = LogTree(snapshot), parse_checkpoint(parse_note(head.checkpoint).text).origin
    added = []
    for size in missing_checkpoints(snapshot, authority):
        if authority.log_key(size) != signer.public_key:
            continue
        root = root_at(tree, size)
        path = consistency_path(tree, old_size=size, new_size=head.size)
        try:
            check_consistency(
                path, old_size=size, old_root=root, new_size=head.size, new_root=head.frontier.root()
            )  # fmt: skip
        except ProofError as error:
            raise CheckpointError("tiles and head don't belong together; run chainlog verify") from error
        added.append((size, sign_checkpoint(Checkpoint(name, size, root), signer=signer)))
    if snapshot.checkpoint(head.size) is None:
        added.append((head.size, head.checkpoint))
    return added
