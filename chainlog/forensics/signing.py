"""Whether the signatures of a record verify, and whether those who signed are those who were to. Pure."""

from __future__ import annotations

from math import inf
from typing import Final

from chainlog import limits
from chainlog.authority.keys import purpose_of
from chainlog.authority.state import Authority
from chainlog.errors import SignatureError
from chainlog.event.quick import Signing
from chainlog.record import keys
from chainlog.record.record import Record
from chainlog.record.statement import encode_event_statement

_NOBODY: Final = (0, -1.0, ("", ""))
# Some 300 bytes each, whatever the size of the log.
_SIGNERS_MAX: Final = 10_000


def verify_signatures(record: Record, log_id: bytes) -> int:
    """Bit mask of the signatures of *record* that don't verify, whoever's they are; bit 0 is the first."""
    mask = 0
    signed_log_id = log_id if record.index else bytes(limits.HASH_BYTES)
    for place, (role, public_key, signed_at_us, signature) in enumerate(record.signatures):
        statement = encode_event_statement(
            log_id=signed_log_id, base=record.base, role=role, signed_at_us=signed_at_us, event=record.event
        )
        try:
            keys.verify(public_key, statement, signature)
        except SignatureError:
            mask |= 1 << place
    return mask


class Signers:
    """
    Whose keys count in a log, remembered.

    authority: folded from all of the log's registry events.
    """

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        # (public key, role) → (index that brought it, last index that it counts at, (role, person)), for keys of persons.
        self._known: dict[tuple[bytes, str], tuple[int, float, tuple[str, str]]] = {}

    def have_signed(self, record: Record, signing: Signing, expires_at_us: int) -> bool:
        """
        Whether in time exactly those signed who are named to, once each, with keys of persons that count at the index.

        False also where only `admit` can tell.
        """
        signatures, index = record.signatures, record.index
        earliest = expires_at_us - limits.EXPIRY_MAX_US
        if len(signing) != len(signatures) or not earliest <= record.recorded_at_us <= expires_at_us:
            return False
        known, signed = self._known, set()
        for role, public_key, signed_at_us, _ in signatures:
            since, until, named = known.get((public_key, role)) or self._look_up(public_key, role)
            if not since < index <= until or signed_at_us < earliest or named not in signing:
                return False
            signed.add(named)
        # As many as are named, and nobody in another's place.
        return len(signed) == len(signatures)

    def _look_up(self, public_key: bytes, role: str) -> tuple[int, float, tuple[str, str]]:
        history = self._authority.key(public_key)
        signer = _NOBODY
        if history is not None and history.purpose == "person" == purpose_of(role) and history.doubt_from is None:
            until = inf if history.until is None else history.until
            signer = (history.since, until, (role, history.holder))
        if len(self._known) < _SIGNERS_MAX:
            self._known[public_key, role] = signer
        return signer
