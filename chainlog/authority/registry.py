"""What a registry event needs to stand: thresholds, proofs, fresh keys, a sound genesis, a sound policy. Pure.

Format: schemas/FORMAT.md section 5. Called by `admit` with the signers that it has counted. Who gains by an event (a new
key, a post, a place among the administrators) doesn't count towards its threshold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from chainlog import limits
from chainlog.authority.parameters import policy_problem
from chainlog.authority.problem import Problem, Signer
from chainlog.authority.state import Administration, Authority
from chainlog.authority.view import View, walk_back
from chainlog.canon import codec
from chainlog.errors import SignatureError
from chainlog.event.catalogue import REGISTRY
from chainlog.event.model import unverified_body
from chainlog.event.subjects import key_subject
from chainlog.record import keys
from chainlog.record.record import CheckedRecord
from chainlog.record.seal import sealed_fields
from chainlog.record.statement import EnrolStatement

_NAME: Final = re.compile(r"[a-z0-9.-]{1,%d}" % limits.LOG_NAME_BYTES_MAX)
# The format is a draft: names say so, so that no draft log is taken for a frozen one.
_DRAFT_PREFIX: Final = "draft."
_OFFSET_MINUTES_MAX: Final = 14 * 60
_RECOVERABLE: Final = frozenset({"administered", "log_key_changed", "revoked"})


def problems(
    checked: CheckedRecord,
    authority: Authority,
    view: View,
    *,
    signers: list[Signer],
    log_id: bytes,
) -> Iterator[Problem]:
    """Problems of a registry event beyond its signatures' validity; for other kinds, of roles out of place."""
    name = checked.event.event.kind
    if name not in _RECOVERABLE and name != "log_opened":
        for signer in signers:
            if signer.role == "recovery":
                yield Problem("foreign-signature", "", f"recovery keys do not sign {name}")
                break
    if name not in REGISTRY:
        return
    lacking = _genesis(checked, signers) if name == "log_opened" else _threshold(checked, authority, signers)
    if lacking:
        yield Problem("below-threshold", "", lacking)
    body = checked.event.body
    if name == "log_opened":
        for detail in _genesis_shape(body, codec.decode(bytes(checked.event.event.body))):
            yield Problem("malformed", "", detail)
    elif name == "administered":
        detail = _administrators_shape(body, recovery=bool(authority.recovery.administrators))
        if detail:
            yield Problem("malformed", "", detail)
    elif name == "revoked" and body.doubt_from and body.doubt_from > checked.record.index:
        yield Problem("malformed", body.person, "doubt begins at a record that does not stand yet")
    elif name == "index_committed":
        yield from _map_order(checked, view)
    if name in ("log_opened", "policy_adopted"):
        detail = policy_problem(body.policy if name == "log_opened" else body)
        if detail:
            yield Problem("bad-policy", "s/policy", detail)
    yield from _keys(checked, authority, view, log_id=log_id)


def _map_order(checked: CheckedRecord, view: View) -> Iterator[Problem]:
    """A committed map covers records below its own index, and more than the one before it did."""
    size = checked.event.body.size
    covered = _covered(view)
    if not covered < size <= checked.record.index:
        yield Problem("malformed", "s/map", f"it covers {size} records, the one before covered {covered}")


def _covered(view: View) -> int:
    for step in walk_back(view, "s/map"):
        # A correction or countersignature of an earlier one stands on the same subject.
        if step.event.kind == "index_committed":
            try:
                size: int = unverified_body(step.event).size
            except codec.BAD_BYTES:
                return 0
            return size
    return 0


def _keys(checked: CheckedRecord, authority: Authority, view: View, *, log_id: bytes) -> Iterator[Problem]:
    name, body = checked.event.event.kind, checked.event.body
    fresh: list[bytes] = []
    if name == "enrolled":
        fresh = [body.key[1]]
        yield from _possession(body.person, body.key[1], body.proof, log_id=log_id)
    elif name == "log_key_changed":
        fresh = [body.new[1]]
        yield from _possession("s/log", body.new[1], body.proof, log_id=log_id)
        if body.old[1] != authority.log_key(checked.record.index):
            yield Problem("unknown-key", "s/log", "the old key is not the log key in force")
    elif name == "administered":
        era = authority.administration(checked.record.index)
        fresh = [key[1] for person, key in body.administrators if era.administrators.get(person) != key[1]]
    elif name == "log_opened":
        fresh = [body.log_key[1], *(key[1] for _, key in body.administrators)]
        if body.recovery:
            fresh += [key[1] for _, key in body.recovery.keys]
        if len(set(fresh)) != len(fresh):
            yield Problem("key-reused", "", "a key stands once in the genesis")
    elif name == "revoked":
        history = authority.key(body.key[1])
        if history is None or history.holder != body.person:
            yield Problem("unknown-key", body.person, "the key is not this person's")
        elif history.until is not None:
            yield Problem("revoked-key", body.person, f"revoked by record {history.until} already")
    for public_key in fresh:
        if view.subject(key_subject(public_key)) is not None:
            yield Problem("key-reused", key_subject(public_key), "was enrolled before")
        try:
            keys.check_public_key(public_key)
        except SignatureError as error:
            yield Problem("bad-key", key_subject(public_key), error.detail)


def _possession(person: str, public_key: bytes, proof: bytes, *, log_id: bytes) -> Iterator[Problem]:
    statement = EnrolStatement(log_id=log_id, person=person, alg=1, public_key=public_key)
    try:
        keys.verify(public_key, statement.encoded(), proof)
    except SignatureError:
        yield Problem("bad-key", person, "the proof of possession does not verify")


def _persons(signers: Iterable[Signer], role: str) -> set[str]:
    return {signer.person for signer in signers if signer.role == role}


def _genesis(checked: CheckedRecord, signers: list[Signer]) -> str:
    """Every administrator, every holder of a recovery key and the log sign the genesis."""
    body = checked.event.body
    missing = {person for person, _ in body.administrators} - _persons(signers, "administrator")
    if body.recovery:
        missing |= {person for person, _ in body.recovery.keys} - _persons(signers, "recovery")
    if not _persons(signers, "log"):
        missing.add("s/log")
    return f"not signed by {', '.join(sorted(missing))}" if missing else ""


def _threshold(checked: CheckedRecord, authority: Authority, signers: list[Signer]) -> str:
    """Why the signatures don't suffice, or empty."""
    name, body, index = checked.event.event.kind, checked.event.body, checked.record.index
    kind = checked.event.kind
    if name == "index_committed":
        return "" if _persons(signers, "log") else "the log signs it"
    if name == "erased":
        return _erasure(signers)
    era = authority.administration(index)
    administrators = by_administrators(signers, era)
    if kind is not None and not kind.threshold:
        return "" if administrators else "one administrator signs it"
    if (
        name == "revoked"
        and not body.doubt_from
        and body.doubt_from != 0
        and body.person in _persons(signers, "operator")
    ):
        return ""
    if name == "administered":
        signed = {(signer.person, signer.history.public_key) for signer in signers if signer.role == "administrator"}
        missing = {person for person, key in body.administrators if (person, key[1]) not in signed}
        if missing:
            return f"not signed by {', '.join(sorted(missing))}"
    old = authority.log_key(index)
    if name == "log_key_changed" and not body.lost and all(signer.history.public_key != old for signer in signers):
        return "the old log key signs too, unless it is lost"
    if name in _RECOVERABLE and by_recovery(signers, authority.recovery):
        return ""
    # What an event gives somebody he doesn't sign for. (Who becomes an administrator by it is none of this era's.)
    if name == "enrolled" or name.startswith("appointed."):
        administrators.discard(body.person)
    # No administration at all is no threshold of zero.
    threshold = max(era.threshold, limits.THRESHOLD_MIN)
    if len(administrators) < threshold:
        return f"{len(administrators)} of {threshold} administrators signed"
    return ""


def by_administrators(signers: Iterable[Signer], era: Administration) -> set[str]:
    """
    The administrators of *era* who signed as such, each with the key that *era* lists.

    A key that an event brings proves that somebody has it, and counts for nothing else in that event: or whoever writes
    the event would be the administrators.
    """
    return {
        signer.person
        for signer in signers
        if signer.role == "administrator" and era.administrators.get(signer.person) == signer.history.public_key
    }


def by_recovery(signers: Iterable[Signer], recovery: Administration) -> bool:
    """Whether the recovery keys reach their threshold: valid in an emergency, and the finding `break-glass`."""
    persons = {p for p in _persons(signers, "recovery") if p in recovery.administrators}
    return bool(recovery.threshold) and len(persons) >= recovery.threshold


def _erasure(signers: list[Signer]) -> str:
    registrars, approvers = _persons(signers, "registrar"), _persons(signers, "approver")
    if registrars and approvers and len(registrars | approvers) > 1:
        return ""
    return "a registrar and an approver, two persons, sign it"


def _genesis_shape(body: Any, plain: Mapping[str, Any]) -> Iterator[str]:
    if not _NAME.fullmatch(body.name) or not body.name.startswith(_DRAFT_PREFIX):
        yield f"the name is 1 to {limits.LOG_NAME_BYTES_MAX} of a-z 0-9 . - and begins with {_DRAFT_PREFIX}"
    if abs(body.utc_offset_minutes) > _OFFSET_MINUTES_MAX:
        yield "the offset from UTC is at most 14 hours"
    detail = _administrators_shape(body, recovery=bool(body.recovery))
    if detail:
        yield detail
    if next(sealed_fields(plain), None) is not None:
        yield "nothing is sealed in the event that makes the log's id"
    if body.recovery:
        count = len(body.recovery.keys)
        if not limits.THRESHOLD_MIN <= body.recovery.threshold <= count:
            yield f"the recovery threshold lies between {limits.THRESHOLD_MIN} and {count}"
        if len({person for person, _ in body.recovery.keys}) != count:
            yield "one recovery key a person"


def _administrators_shape(body: Any, *, recovery: bool) -> str:
    """Why administrators and threshold don't go together, or empty. Persons are counted, not keys."""
    count = len({person for person, _ in body.administrators})
    if count != len(body.administrators):
        return "one key an administrator"
    if len({key[1] for _, key in body.administrators}) != count:
        return "a key stands once"
    most = count if recovery else count - 1
    if not limits.THRESHOLD_MIN <= body.threshold <= most:
        return f"the threshold lies between {limits.THRESHOLD_MIN} and {most} for {count} administrators" + (
            "" if recovery else " without recovery keys"
        )
    return ""
