"""Whether a record may stand at its index: the one truth that writer, audit and bundle verifier share. Pure.

Format: schemas/FORMAT.md section 12, first row. It refuses on integrity grounds only; too few or the wrong signers,
posts not held, acts on destroyed carriers are recorded and judged by rules.

`admit` returns problems instead of raising: the writer raises the first, an audit lists them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from chainlog import digest, limits
from chainlog.authority import registry
from chainlog.authority.keys import BRINGS_KEYS, KeyHistory, purpose_of
from chainlog.authority.problem import Problem, Signer, Verify
from chainlog.authority.state import Authority
from chainlog.authority.view import Look, View, event_hash_at, look, moved_after, record_hash_at
from chainlog.canon import codec
from chainlog.errors import SignatureError
from chainlog.event.model import unverified_event
from chainlog.event.moves import guarded_subjects
from chainlog.event.subjects import body_keys
from chainlog.record.record import FIRST_LINK, GENESIS_BASE, CheckedRecord, unverified_record
from chainlog.record.seal import sealed_fields
from chainlog.record.statement import encode_event_statement

# These hold no time limit: the log makes them itself, in the moment that it records them.
TIMELESS: Final = frozenset({"log_opened", "index_committed"})
# These name the subjects of the one act in their refs.
_TARGETED: Final = frozenset({"corrected.field", "corrected.void", "countersigned", "erased"})


def admit(
    checked: CheckedRecord,
    authority: Authority,
    view: View,
    *,
    log_id: bytes,
    verify: Verify | None,
    look: Look = look,
) -> list[Problem]:
    """
    Judge a well-formed record against the records before it.

    Args:
        checked: from `check_record`.
        authority: folded over the records before this one.
        view: the records before this one; its size is where the record would stand.
        log_id: 32 bytes; ignored for record 0.
        verify: checks one signature; None where that was done elsewhere on the same bytes.
        look: see `moved_after`.

    Returns:
        Problems, none if the record may stand. One cause gives one problem where that can be told.

    Cost: about 5 microseconds besides the signatures.
    """
    problems = _place(checked, authority, view, log_id)
    if not _is_in_time(checked):
        problems += _time(checked)
    if checked.event.event.refs or checked.event.event.kind in _TARGETED:
        problems += _refs(checked, view)
    if checked.record.base[0] != view.size - 1:
        problems += _stale(checked, view, look)
    signers, signature_problems = _signatures(checked, authority, log_id=log_id, verify=verify)
    problems += signature_problems
    if checked.event.kind is None:
        problems.append(Problem("unknown-kind", checked.event.event.kind))
    elif not signature_problems:
        problems += registry.problems(checked, authority, view, signers=signers, log_id=log_id)
    return problems


def _place(checked: CheckedRecord, authority: Authority, view: View, log_id: bytes) -> list[Problem]:
    record, event, size = checked.record, checked.event.event, view.size
    found: list[Problem] = []
    if record.index != size:
        found.append(Problem("reordered", detail=f"index {record.index} stands at {size}"))
    if record.prev_hash != view.last_hash:
        found.append(Problem("altered", detail="the previous hash is not that of the record before"))
    if (event.kind == "log_opened") != (size == 0):
        found.append(Problem("malformed", event.kind, "log_opened stands at index 0 and nowhere else"))
    if authority.closed_at is not None and authority.closed_at < size:
        found.append(Problem("closed", detail=f"closed by record {authority.closed_at}"))
    standing = view.index_of(event.id)
    if standing is not None and standing < size:
        found.append(Problem("duplicate", event.id.hex(), f"the id stands at index {standing}"))
    if size < 2 or record.base != (size - 1, view.last_hash):
        found += _base(checked, view, log_id)
    heads = view.subject
    for subject, link in zip(event.subjects, record.links, strict=True):
        head = heads(subject)
        # `link_to` written out: it would be called for every subject.
        if link != (FIRST_LINK if head is None else (head.count, head.index, head.record_hash)):
            found.append(
                Problem("stale-link", subject, f"the link says {link[0]} events before, the last at {link[1]}")
            )
            break
    return found


def _base(checked: CheckedRecord, view: View, log_id: bytes) -> Iterator[Problem]:
    base_index, base_hash = checked.record.base
    if view.size == 0:
        if checked.record.base != GENESIS_BASE:
            yield Problem("wrong-base", detail="record 0 has the base [0, zeros]")
        return
    if base_index >= view.size:
        yield Problem("wrong-base", detail=f"base {base_index} does not stand before the record")
        return
    known = log_id if base_index == 0 else record_hash_at(view, base_index)
    if known != base_hash:
        code = "wrong-log" if base_index == 0 else "wrong-base"
        yield Problem(code, detail=f"the base is not record {base_index} of this log")


def _is_in_time(checked: CheckedRecord) -> bool:
    """Whether a time limit is held that `_time` has nothing to say about."""
    record, expires_at_us = checked.record, checked.event.event.expires_at_us
    earliest = expires_at_us - limits.EXPIRY_MAX_US
    if not earliest <= record.recorded_at_us <= expires_at_us or checked.event.event.kind in TIMELESS:
        return False
    for _, _, signed_at_us, _ in record.signatures:
        if signed_at_us < earliest:
            return False
    return expires_at_us != 0


def _time(checked: CheckedRecord) -> Iterator[Problem]:
    record, event = checked.record, checked.event.event
    if event.kind in TIMELESS:
        if event.expires_at_us != 0:
            yield Problem("expired", detail=f"{event.kind} holds no time limit")
        return
    if event.expires_at_us == 0:
        yield Problem("expired", detail="no time limit")
        return
    first = min([signed_at for _, _, signed_at, _ in record.signatures])
    if event.expires_at_us > first + limits.EXPIRY_MAX_US:
        yield Problem("expired", detail="the time limit lies more than 31 days after the first signature")
    if event.expires_at_us > record.recorded_at_us + limits.EXPIRY_MAX_US:
        # The signers' clocks are their own: the bound holds by the writer's clock too.
        yield Problem("expired", detail="the time limit lies more than 31 days after the record")
    if record.recorded_at_us > event.expires_at_us:
        yield Problem("expired", detail="recorded after the time limit")


def _refs(checked: CheckedRecord, view: View) -> Iterator[Problem]:
    event = checked.event.event
    indexes = []
    for event_id, event_hash in event.refs:
        index = view.index_of(event_id)
        if index is None or index >= view.size or event_hash_at(view, index) != event_hash:
            yield Problem("bad-ref", event_id.hex(), "no earlier act with this id and content")
        else:
            indexes.append(index)
    if event.kind in _TARGETED and len(indexes) == len(event.refs):
        yield from _target(checked, view, indexes)


def _target(checked: CheckedRecord, view: View, indexes: list[int]) -> Iterator[Problem]:
    """These kinds name the subjects of the one act that they refer to, and their own persons."""
    event = checked.event.event
    if len(event.refs) != 1:
        yield Problem("subjects-mismatch", event.kind, "refs name exactly one act")
        return
    data = view.record(indexes[0])
    if data is None:
        return
    target = set(unverified_event(unverified_record(data).event).subjects)
    own = {person for _, person, _ in event.people}
    if set(event.subjects) != target | own:
        odd = min(set(event.subjects) ^ (target | own))
        yield Problem("subjects-mismatch", odd, "the subjects are those of the act in refs and the persons here")
    if event.kind == "erased" and checked.event.body is not None:
        path = checked.event.body.path
        sealed = dict(sealed_fields(codec.decode(bytes(unverified_event(unverified_record(data).event).body))))
        if path not in sealed:
            yield Problem("bad-ref", path, "nothing is sealed there in the act in refs")


def _stale(checked: CheckedRecord, view: View, look: Look) -> Iterator[Problem]:
    kind, event = checked.event.kind, checked.event.event
    if kind is None or view.size == 0:
        return
    base_index = checked.record.base[0]
    if base_index == view.size - 1:
        return
    if kind.moves != "r" and not _any_later(event.subjects, view, base_index):
        return  # nothing that it could guard, so the body needn't be asked what it does
    allowed = frozenset(event_id for event_id, _ in event.refs)
    guarded = guarded_subjects(kind, event.subjects, codec.decode(bytes(event.body)))
    movers = moved_after(view, guarded, base_index, allowed, look=look)
    for subject in guarded:
        mover = movers.get(subject)
        if mover is not None:
            yield Problem("stale-draft", subject, f"moved by record {mover.index} ({mover.kind})", mover)


def _any_later(subjects: Sequence[str], view: View, base_index: int) -> bool:
    """Whether anything but persons has an event after a base: only registry events guard a person."""
    for subject in subjects:
        if not subject.startswith("p/"):
            head = view.subject(subject)
            if head is not None and head.index > base_index:
                return True
    return False


def _signatures(
    checked: CheckedRecord, authority: Authority, *, log_id: bytes, verify: Verify | None
) -> tuple[list[Signer], list[Problem]]:
    record, event, index = checked.record, checked.event.event, checked.record.index
    signed_log_id = digest.ZERO if index == 0 else log_id
    brought = _brought_keys(checked, authority) if event.kind in BRINGS_KEYS else {}
    wanted = {(role, person): signs for role, person, signs in event.people if signs}
    if not wanted:
        return [], [Problem("unsigned")]
    signers: list[Signer] = []
    problems: list[Problem] = []
    have: dict[tuple[str, str], int] = {}
    spoiled: set[tuple[str, str]] = set()  # one cause, one problem: a bad signature is not missing too
    for role, public_key, signed_at_us, signature in record.signatures:
        new = bool(brought) and public_key in brought
        history = brought[public_key] if new else authority.key(public_key)
        code = key_problem(history, role, index=index, authority=authority, brought=new)
        holder = "" if history is None else history.holder
        if verify is not None:
            statement = encode_event_statement(
                log_id=signed_log_id, base=record.base, role=role, signed_at_us=signed_at_us, event=record.event
            )
            try:
                verify(public_key, statement, signature)
            except SignatureError:
                code = "bad-signature"
        if code or history is None:
            problems.append(Problem(code, holder or role, f"{role}, key {public_key.hex()[:16]}"))
            spoiled.add((role, holder))
        elif (role, holder) not in wanted:
            problems.append(Problem("foreign-signature", holder, f"signed as {role} without being named"))
        else:
            signers.append(Signer(role, holder, history))
            have[role, holder] = have.get((role, holder), 0) + 1
    if have != wanted:
        problems += _count(wanted, have, spoiled)
    return signers, problems


def _count(
    wanted: dict[tuple[str, str], int], have: dict[tuple[str, str], int], spoiled: set[tuple[str, str]]
) -> Iterator[Problem]:
    unknown_roles = {role for role, holder in spoiled if not holder}
    for (role, person), signs in wanted.items():
        count = have.get((role, person), 0)
        if count > signs:
            yield Problem("foreign-signature", person, f"{count} signatures as {role}, {signs} named")
        elif count < signs and (role, person) not in spoiled and role not in unknown_roles:
            yield Problem("missing-signature", person, f"{count} of {signs} signatures as {role}")


def _brought_keys(checked: CheckedRecord, authority: Authority) -> dict[bytes, KeyHistory]:
    """
    Keys that count in the event that brings them, for the persons whom it gives them to.

    An administrator who stays with the same key brings nothing: that key may have been revoked.
    """
    event, body = checked.event.event, checked.event.body
    if event.kind not in BRINGS_KEYS or body is None:
        return {}
    fresh = Authority()
    fresh.apply(checked.record.index, checked.record.recorded_at_us, event.kind, body)
    standing = authority.administration(checked.record.index).administrators
    found = {key: fresh.key(key) for key in body_keys(codec.decode(bytes(event.body)))}
    return {
        key: history for key, history in found.items() if history is not None and standing.get(history.holder) != key
    }


def key_problem(
    history: KeyHistory | None, role: str, *, index: int, authority: Authority, brought: bool = False
) -> str:
    """
    Why a key doesn't count for *role* at *index*: `unknown-key`, `revoked-key`, or empty if it counts.

    Args:
        role: one of `event.kind.ROLES`; any other, of an unknown kind, is signed with a person's key.
        brought: the event at *index* itself brings the key.
    """
    if history is None or history.purpose != purpose_of(role):
        return "unknown-key"
    if brought:
        return ""
    if history.since >= index:
        return "unknown-key"
    if history.until is not None and history.until < index:
        return "revoked-key"
    if history.purpose == "administrator":
        era = authority.administration(index)
        return "" if era.administrators.get(history.holder) == history.public_key else "revoked-key"
    return ""
