"""Which key counts for whom, from which index until which: the history of one key. Pure.

Format: schemas/FORMAT.md section 5. A key's whole history is the chain of its own subject `k/…`: it is named by the
event that brings it and by the one that revokes it, so a handful of records proves what a key was worth.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

Purpose = Literal["person", "administrator", "recovery", "log"]

LOG_HOLDER: Final = "s/log"
_PURPOSES: Final[dict[str, Purpose]] = {"administrator": "administrator", "recovery": "recovery", "log": "log"}
# Events whose own keys count in them, for the persons who bring them.
BRINGS_KEYS: Final = frozenset({"log_opened", "administered", "log_key_changed"})


class KeyHistory(NamedTuple):
    """
    One key.

    holder: the person, or `s/log`. since: index of the event that brought it. until: index of the event that ended
    it, or None. doubt_from: signatures at this index and later are doubtful, or None.
    """

    public_key: bytes
    holder: str
    purpose: Purpose
    since: int
    until: int | None = None
    doubt_from: int | None = None


def advance(history: KeyHistory | None, public_key: bytes, index: int, kind: str, body: Any) -> KeyHistory | None:
    """
    The history of *public_key* after one registry event that names it.

    The first event that brings a key decides whose it is; a second one changes nothing (and is refused or reported
    as `key-reused` by whoever judges that event).
    """
    if history is None:
        return _first(public_key, index, kind, body)
    ends = (kind == "revoked" and body.key[1] == public_key) or (
        kind == "log_key_changed" and body.old[1] == public_key
    )
    if ends and history.until is None:
        doubt = getattr(body, "doubt_from", None)
        return history._replace(until=index, doubt_from=doubt if isinstance(doubt, int) else None)
    return history


def _first(public_key: bytes, index: int, kind: str, body: Any) -> KeyHistory | None:
    if kind == "enrolled":
        return KeyHistory(public_key, body.person, "person", index)
    if kind in ("log_opened", "administered"):
        for person, key in body.administrators:
            if key[1] == public_key:
                return KeyHistory(public_key, person, "administrator", index)
    if kind == "log_opened":
        if body.log_key[1] == public_key:
            return KeyHistory(public_key, LOG_HOLDER, "log", index)
        if body.recovery:
            for person, key in body.recovery.keys:
                if key[1] == public_key:
                    return KeyHistory(public_key, person, "recovery", index)
    if kind == "log_key_changed" and body.new[1] == public_key:
        return KeyHistory(public_key, LOG_HOLDER, "log", index)
    return None


def purpose_of(role: str) -> Purpose:
    """The purpose that a key must have to sign in *role*."""
    return _PURPOSES.get(role, "person")
