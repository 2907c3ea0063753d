"""The genesis: the event that opens a log, ready to be signed by everybody it names. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from chainlog import digest
from chainlog.authority.parameters import check_policy
from chainlog.canon.codec import sort_key
from chainlog.event.compose import compose, new_event_id
from chainlog.event.model import CheckedEvent
from chainlog.event.subject import fold
from chainlog.record.draft import Draft
from chainlog.record.keys import random_bytes
from chainlog.record.record import GENESIS_BASE

Holder = tuple[str, bytes]
"""(person, public key of 32 bytes)"""


class Policy(NamedTuple):
    """
    A policy as adopted: the full set, never a difference.

    profile, version: what it calls itself. effective_at_us: events that occurred from then on are judged by it.
    parameters: name to values. refuse: ids of rules that an append may not break.
    """

    profile: str
    version: str
    effective_at_us: int
    parameters: Mapping[str, Sequence[str]]
    refuse: Sequence[str] = ()
    document_no: str | None = None

    def body(self) -> dict[str, Any]:
        """The fields of `policy_adopted`. Raises FormatError for parameters that this release doesn't know."""
        check_policy({name: list(values) for name, values in self.parameters.items()}, path="$.parameters")
        body: dict[str, Any] = {
            "profile": self.profile,
            "version": self.version,
            "effective_at": self.effective_at_us,
            "parameters": [[name, list(self.parameters[name])] for name in sorted(self.parameters, key=sort_key)],
            "refuse": sorted(self.refuse, key=sort_key),
        }
        if self.document_no is not None:
            body["document_no"] = self.document_no
        return body


def genesis_event(
    *,
    name: str,
    unit: str,
    administrators: Sequence[Holder],
    threshold: int,
    log_key: bytes,
    policy: Policy,
    utc_offset_minutes: int,
    now_us: int,
    title: str | None = None,
    recovery: Sequence[Holder] = (),
    recovery_threshold: int = 0,
    nonce: bytes | None = None,
    previous: tuple[bytes, int, bytes] | None = None,
    event_id: bytes | None = None,
) -> CheckedEvent:
    """
    The event `log_opened`.

    Args:
        name: 1 to 64 of a-z 0-9 . - ; begins with `draft.` while the format is a draft.
        unit: `u/…`, the unit whose log it is.
        administrators: 2 to 8, one key a person. threshold: how many of them must sign together, at least 2, and fewer
            than they are unless there are recovery keys.
        log_key: public key that signs the heads.
        utc_offset_minutes: the log's zone; days and working hours are counted in it.
        recovery, recovery_threshold: 2 to 7 keys kept in a safe, for the case that administrators are lost.
        previous: (log id, size, root) of the log that this one succeeds.

    Raises: FormatError and its subclasses. Whether the numbers go together is judged when it is appended.
    """
    body: dict[str, Any] = {
        "name": name,
        "log_key": (1, log_key),
        "administrators": [[fold(person), (1, key)] for person, key in administrators],
        "threshold": threshold,
        "unit": unit,
        "utc_offset_minutes": utc_offset_minutes,
        "policy": policy.body(),
        "nonce": random_bytes(32) if nonce is None else nonce,
    }
    if title is not None:
        body["title"] = title
    if recovery:
        keys = [[fold(person), (1, key)] for person, key in recovery]
        body["recovery"] = {"keys": keys, "threshold": recovery_threshold}
    if previous is not None:
        body["previous"] = previous
    people = [("administrator", person, 1) for person, _ in administrators]
    people += [("recovery", person, 1) for person, _ in recovery]
    return compose(
        "log_opened",
        body=body,
        people=[*people, ("log", "s/log", 1)],
        event_id=new_event_id(now_us) if event_id is None else event_id,
        expires_at_us=0,
    )


def genesis_draft(event: CheckedEvent) -> Draft:
    """A draft of the genesis, to be signed by all administrators, holders of recovery keys, and the log key."""
    return Draft(digest.ZERO, GENESIS_BASE, event.encoded)
