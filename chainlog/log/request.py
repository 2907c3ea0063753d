"""What is asked of a writer, and what it answers. Pure types."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from chainlog.event.model import CheckedEvent
from chainlog.record.draft import Draft
from chainlog.record.signer import Signer


class Proposal(NamedTuple):
    """
    An event to be signed here, by unattended signers, on the record before it: so it is never stale.

    signers: (role, person, signer) for each signature that the event's people name. They are called while the writer
    holds the log: a signer that waits for a person belongs to a draft.
    """

    event: CheckedEvent
    signers: tuple[tuple[str, str, Signer], ...]


Request = Draft | Proposal


class Verified(NamedTuple):
    """A draft that was checked before the log is held, and its event. Whose keys they are is for `admit` to say."""

    draft: Draft
    event: CheckedEvent


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """
    What an append returns, after it is durable.

    index: where the record stands. record_hash, event_hash, event_id: of the record. recorded_at_us: the writer's
    clock. checkpoint: the signed note over the log with this record in it. existed: whether the same event stood
    there before, so that nothing was written now.
    """

    log_id: bytes
    index: int
    event_id: bytes
    event_hash: bytes
    record_hash: bytes
    recorded_at_us: int
    checkpoint: bytes
    existed: bool = False
