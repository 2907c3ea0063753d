"""Which log this is: the id that its records are signed for, and its name. Pure over the evidence.

The id is the hash of record 0, and nothing else is. But record 0 may be the very record that was changed, and then
the id lives on in record 1, in every base that points to record 0, in the head, and in every signature.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from chainlog.canon.codec import BAD_BYTES
from chainlog.digest import record_hash
from chainlog.errors import ChainlogError, SignatureError
from chainlog.event.model import unverified_body, unverified_event
from chainlog.forensics.evidence import HEAD_KEY, U64, Evidence
from chainlog.log.head import decode_head
from chainlog.record import keys
from chainlog.record.record import Record, unverified_record
from chainlog.record.statement import encode_event_statement
from chainlog.tree.checkpoint import parse_origin
from chainlog.tree.note import parse_note

# How many records are asked for which log they were signed, where the witnesses disagree.
_ASKED = 64


class Identity(NamedTuple):
    """The id that the log's records are signed for, and its name; None and empty where nothing says it."""

    log_id: bytes | None
    name: str


def identify(evidence: Evidence, given: bytes | None) -> Identity:
    """
    The identity of the log in *evidence*.

    Args:
        given: the id that the caller knows; believed only if something in the log bears it out.

    Cost: a few reads; where the witnesses disagree, a few hundred signature checks.
    """
    get = evidence.getter("records")
    genesis, first = get(U64.pack(0)), _record(get(U64.pack(1)))
    own = None if genesis is None else record_hash(genesis)
    following = None if first is None else first.prev_hash
    if _kind(genesis) not in (None, "log_opened"):
        # What stands first now opened no log, and what is chained to it says nothing of what did.
        following = None if following == own else following
        own = None
    # Signed, unlike the link of the chain, which whoever changed record 0 can make anew.
    signed = first.base[1] if first is not None and first.base[0] == 0 else None
    name, stated = _stated(evidence)
    log_id = own
    if own is None or any(witness not in (None, own) for witness in (following, signed, stated)):
        log_id = _outvoted(evidence, [own, given, following, signed, stated], certain=own is None)
    # A name in a record 0 that was changed is worth less than the one that the head was signed under.
    trusted = _name(genesis) if own == log_id or stated != log_id else ""
    return Identity(log_id, trusted or name)


def _outvoted(evidence: Evidence, witnesses: list[bytes | None], *, certain: bool) -> bytes | None:
    """
    The candidate for which most signatures are good; where there are none, what most say, the last word first.

    certain: where there are signatures, some must be good for it, or it is None.
    """
    candidates = list(dict.fromkeys(witness for witness in witnesses if witness is not None))
    good = dict.fromkeys(candidates, 0)
    asked = 0
    for asked, record in enumerate(islice(_records(evidence), _ASKED), start=1):  # noqa: B007 (counted)
        for candidate in candidates:
            good[candidate] += _is_signed_for(record, candidate)
    if not candidates or (certain and asked and not any(good.values())):
        return None
    said = {candidate: witnesses.count(candidate) for candidate in candidates}
    # Without signatures to ask, the head outweighs record 0, which is what may have been changed.
    return max(reversed(candidates), key=lambda candidate: (good[candidate], said[candidate]))


def _is_signed_for(record: Record, log_id: bytes) -> bool:
    for role, public_key, signed_at_us, signature in record.signatures[:1]:
        statement = encode_event_statement(
            log_id=log_id, base=record.base, role=role, signed_at_us=signed_at_us, event=record.event
        )
        try:
            keys.verify(public_key, statement, signature)
        except SignatureError:
            return False
    return True


def _records(evidence: Evidence) -> Iterator[Record]:
    for _, data in evidence.scan("records", U64.pack(1)):
        record = _record(data)
        if record is not None:
            yield record


def _record(data: bytes | None) -> Record | None:
    try:
        return None if data is None else unverified_record(data)
    except BAD_BYTES:
        return None


def _stated(evidence: Evidence) -> tuple[str, bytes | None]:
    """Name and id in the origin line of the stored head."""
    try:
        head = decode_head(evidence.getter("head")(HEAD_KEY) or b"")
        return parse_origin(parse_note(head.checkpoint).text.partition("\n")[0])
    except ChainlogError:
        return "", None


def _kind(data: bytes | None) -> str | None:
    try:
        return None if data is None else unverified_event(unverified_record(data).event).kind
    except BAD_BYTES:
        return None


def _name(genesis: bytes | None) -> str:
    try:
        return "" if genesis is None else str(unverified_body(unverified_event(unverified_record(genesis).event)).name)
    except (*BAD_BYTES, KeyError, AttributeError):
        return ""
