"""Checking an evidence bundle with nothing but the file and what the caller knows. Pure: no log, no store, no network.

Format: schemas/FORMAT.md, evidence bundles. Everything in a bundle is bound to its checkpoint, and that to the log's id:
records by the batch proof, histories by the map that the log committed to, keys by their own histories, openings by the
commitments in the records. What is false, lacking or demanded by nothing is refused; the report says what the rest proves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from chainlog.authority.state import Authority
from chainlog.canon import codec
from chainlog.errors import (
    CheckpointError,
    FormatError,
    ProofError,
    SealError,
    SignatureError,
    TimestampError,
    UsageError,
)
from chainlog.proof.bundle import Bundle, decode_bundle, sorted_subjects
from chainlog.proof.bundle_judge import Judgement, judge
from chainlog.proof.bundle_records import OF_THE_LOG, Places, Shown, check_links, demanded_keys, refuse
from chainlog.proof.bundle_report import REASONS, Authenticity, BundleReport, Completeness, SubjectShown
from chainlog.proof.receipt import Witnessed
from chainlog.proof.timestamp import Authorities, TimeStamp, verify_timestamp
from chainlog.record import keys
from chainlog.record.seal import Opening, check_opening, sealed_fields
from chainlog.tree.batch import check_batch_inclusion
from chainlog.tree.checkpoint import Checkpoint, format_origin, parse_checkpoint, verify_checkpoint
from chainlog.tree.cosignature import verify_cosignature
from chainlog.tree.map import check_map_proof, path_of
from chainlog.tree.note import SignedNote, VerifierKey, key_id, parse_note


class _Proven(NamedTuple):
    """How far the bundle's histories are whole. committed: the commitment, None without a map. end: up to which size."""

    committed: int | None
    end: int
    subjects: frozenset[str]


class _Held(NamedTuple):
    """A bundle in which nothing is false. sealed: how many sealed values its records have. asked: how many witnesses were."""

    bundle: Bundle
    shown: Shown
    note: SignedNote
    checkpoint: Checkpoint
    log_key: bytes
    proven: _Proven
    judgement: Judgement
    openings: tuple[tuple[bytes, str, str], ...]
    sealed: int
    asked: int
    cosigned: tuple[Witnessed, ...]
    stamps: tuple[TimeStamp, ...]


def check_bundle(
    data: bytes,
    *,
    log_id: bytes | None,
    witnesses: Sequence[VerifierKey] = (),
    authorities: Authorities | None = None,
) -> BundleReport:
    """
    Check a bundle.

    Args:
        data: the file, at most 16 MiB.
        log_id: what the caller knows the log by, 32 bytes; without it the answer is `untrusted` at best.
        witnesses: keys whose cosignatures are asked for; those that the checkpoint bears must verify.
        authorities: of time stamps; those in the bundle must then be theirs. Without it they aren't checked.

    Returns:
        What it proves: read `authenticity`, `completeness` and `not_checked`.

    Raises:
        FormatError, LimitError: no bundle. BundleError: something in it is false, lacking, or demanded by nothing;
            `finding` and `index` say what and where.

    Cost: that of its signatures, and about 100 µs a record.
    """
    bundle = decode_bundle(data)
    shown = Shown(bundle.records)
    opened = shown.records[0]
    if opened.event.event.kind != "log_opened":
        raise FormatError("record 0 opens no log", path="$[3][0]")
    found = opened.record_hash
    # Also says whether the name is one.
    origin = format_origin(opened.event.body.name, found)
    note = parse_note(bundle.checkpoint)
    checkpoint = parse_checkpoint(note.text)
    if log_id is not None and found != log_id:
        raise refuse("wrong-log", f"it is of the log {found.hex()}", index=0)
    _check_place(bundle, shown, checkpoint, origin=origin)
    key_subjects = demanded_keys(shown, wanted=bundle.wanted, committed=bundle.committed)
    proven = _check_map(bundle, shown, needed=key_subjects | OF_THE_LOG)
    check_links(shown, whole=key_subjects | OF_THE_LOG | proven.subjects)
    places = Places(shown)
    for checked in shown.records.values():
        places.check(checked)
    judgement = judge(shown, log_id=found)
    log_key = _check_signed(note, checkpoint, judgement.authority)
    openings, sealed = _check_openings(bundle, shown)
    stamps = _stamps(bundle, note, authorities)
    cosigned = _cosigned(note, witnesses, log_key=log_key)
    held = _Held(
        bundle, shown, note, checkpoint, log_key, proven, judgement, openings, sealed, len(witnesses), cosigned, stamps
    )
    return _answer(held, is_given=log_id is not None)


def _answer(held: _Held, *, is_given: bool) -> BundleReport:
    """The report on a bundle in which nothing is false."""
    shown, proven, checkpoint = held.shown, held.proven, held.checkpoint
    subjects = tuple(_subject(shown, subject, proven) for subject in held.bundle.wanted)
    completeness = _completeness(subjects, proven, checkpoint.size)
    proven_keys = _are_keys_proven(shown, proven)
    authenticity: Authenticity = "untrusted" if not is_given else "genuine" if proven_keys else "keys-unproven"
    last = shown.records[shown.last].record
    others = (s for s in shown.subjects() if s.startswith("c/") and s not in held.bundle.wanted)
    open_questions = _open_questions(held, is_given=is_given, proven_keys=proven_keys)
    return BundleReport(
        log_id=shown.records[0].record_hash,
        origin=checkpoint.origin,
        log_key=held.log_key,
        size=checkpoint.size,
        root=checkpoint.root,
        authenticity=authenticity,
        completeness=completeness,
        complete_to=None if completeness == "selection" else proven.end,
        committed=proven.committed,
        last=last.index,
        recorded_at_us=last.recorded_at_us,
        utc_offset_minutes=held.judgement.authority.utc_offset_minutes,
        subjects=subjects,
        also_shown=sorted_subjects(others),
        records=tuple(shown.records.values()),
        openings=held.openings,
        witnesses=held.cosigned,
        tokens=held.bundle.tokens,
        time_stamps=held.stamps,
        remarks=held.judgement.remarks,
        not_checked=tuple((what, REASONS[what]) for what in open_questions),
    )


def _check_place(bundle: Bundle, shown: Shown, checkpoint: Checkpoint, *, origin: str) -> None:
    """That the checkpoint is one of this log, and every record stands in its tree. Its signature is checked later."""
    if checkpoint.origin != origin:
        raise refuse("checkpoint", f"it is of the log {checkpoint.origin}")
    index = bundle.committed
    if index is not None and (index not in shown.records or shown.records[index].event.event.kind != "index_committed"):
        raise refuse("incomplete", "the record that commits to the map isn't here", index=index)
    leaves = [(place, checked.record_hash) for place, checked in shown.records.items()]
    try:
        check_batch_inclusion(leaves, bundle.proof, size=checkpoint.size, root=checkpoint.root)
    except ProofError as error:
        raise refuse("proof", error.detail) from error


def _check_map(bundle: Bundle, shown: Shown, *, needed: set[str]) -> _Proven:
    """That the map which the log committed to says of each subject what the records say; exactly those that are asked for."""
    index = bundle.committed
    if index is None:
        return _Proven(None, 0, frozenset())
    body = shown.records[index].event.body
    log_id = shown.records[0].record_hash
    subjects = {subject for subject, _ in bundle.map_proofs}
    for subject in sorted(needed - subjects):
        raise refuse("incomplete", "its history has no proof from the map", subject=subject)
    for subject in sorted(subjects - needed - set(bundle.wanted)):
        raise refuse("undemanded", "nothing asks for its proof from the map", subject=subject)
    for subject, proof in bundle.map_proofs:
        claim = shown.claim(subject, below=body.size)
        try:
            check_map_proof(proof, root=body.map_root, path=path_of(log_id, subject), claim=claim)
        except ProofError as error:
            count = 0 if claim is None else claim.count
            detail = f"the map doesn't say that these are its records, {count} below {body.size}: {error.detail}"
            raise refuse("map-proof", detail, subject=subject) from error
    end = body.size
    # Where every record is here, none can be left out.
    while end in shown.records:
        end += 1
    return _Proven(index, end, frozenset(subjects))


def _check_signed(note: SignedNote, checkpoint: Checkpoint, authority: Authority) -> bytes:
    """The log key in force, which signed the checkpoint."""
    log_key = authority.log_key(checkpoint.size)
    if log_key is None:
        raise refuse("checkpoint", "no log key is in force")
    try:
        verify_checkpoint(note, origin=checkpoint.origin, public_key=log_key, verify=keys.verify)
    except CheckpointError as error:
        raise refuse("checkpoint", error.detail) from error
    return log_key


def _check_openings(bundle: Bundle, shown: Shown) -> tuple[tuple[tuple[bytes, str, str], ...], int]:
    """The openings, each of a sealed value of a record here; and how many sealed values there are."""
    sealed = {
        (checked.event.event.id, path): commitment
        for checked in shown.records.values()
        for path, commitment in sealed_fields(codec.decode(bytes(checked.event.event.body)))
    }
    log_id = shown.records[0].record_hash
    opened = []
    for event_id, path, salt, text in bundle.openings:
        commitment = sealed.get((event_id, path))
        if commitment is None:
            raise refuse("undemanded", f"no record here seals {path}", index=shown.by_id.get(event_id))
        try:
            check_opening(commitment, log_id=log_id, event_id=event_id, path=path, opening=Opening(salt, text))
        except SealError as error:
            raise refuse("seal", error.detail, index=shown.by_id[event_id]) from error
        opened.append((event_id, path, text))
    return tuple(opened), len(sealed)


def _stamps(bundle: Bundle, note: SignedNote, authorities: Authorities | None) -> tuple[TimeStamp, ...]:
    """The time stamps, verified; none where nobody knows their authorities: then only that they are of this checkpoint."""
    stamped = [hashlib.new(name, note.text.encode()).digest() for name in ("sha256", "sha384", "sha512")]
    for token in bundle.tokens:
        if not any(digest in token for digest in stamped):
            raise refuse("undemanded", "a time stamp isn't of this checkpoint")
    if authorities is None:
        return ()
    try:
        return tuple(
            verify_timestamp(token, note.text, authorities, name=f"$[8][{place}]")
            for place, token in enumerate(bundle.tokens)
        )
    except (TimestampError, FormatError) as error:
        raise refuse("time-stamp", error.detail) from error


def _cosigned(note: SignedNote, witnesses: Sequence[VerifierKey], *, log_key: bytes) -> tuple[Witnessed, ...]:
    if len({log_key, *(witness.public_key for witness in witnesses)}) != 1 + len(witnesses):
        raise UsageError("one key can't stand for two witnesses, nor the log's for one")
    named = {(one.name, one.key_id) for one in note.signatures}
    try:
        return tuple(
            Witnessed(witness.name, verify_cosignature(note, key=witness, verify=keys.verify))
            for witness in witnesses
            if (witness.name, key_id(*witness)) in named
        )
    except SignatureError as error:
        raise refuse("checkpoint", error.detail) from error


def _subject(shown: Shown, subject: str, proven: _Proven) -> SubjectShown:
    found = shown.naming(subject)
    whole = subject in proven.subjects
    if not found and not whole:
        raise refuse("incomplete", "nothing of it is shown, and nothing shows that there is none", subject=subject)
    position = 0
    if found:
        last = shown.records[found[-1]]
        position = last.record.links[last.event.event.subjects.index(subject)][0] + 1
    return SubjectShown(subject, len(found), whole, position)


def _completeness(subjects: Sequence[SubjectShown], proven: _Proven, size: int) -> Completeness:
    if not all(one.whole for one in subjects):
        return "selection"
    return "complete" if proven.end == size else "complete-to"


def _are_keys_proven(shown: Shown, proven: _Proven) -> bool:
    """Whether the histories of all keys that people sign with are whole up to where they sign."""
    # The log's own key is another matter: whoever has one that was replaced later could as well have left out everything since
    # before then.
    return proven.committed is not None and not any(
        index > proven.end and any(role != "log" for role, _, _, _ in checked.record.signatures)
        for index, checked in shown.records.items()
    )


def _open_questions(held: _Held, *, is_given: bool, proven_keys: bool) -> list[str]:
    """What stays open, as keys of `REASONS`, in their order."""
    lines = {(one.name, one.key_id) for one in held.note.signatures}
    has_map, gaps = held.proven.committed is not None, held.judgement.gaps
    is_open = {
        "log id": not is_given,
        "later records": True,
        "tail": has_map and held.proven.end < held.checkpoint.size,
        "log key": held.proven.end < held.checkpoint.size,
        "keys": not proven_keys,
        "map": has_map,
        "bases": "bases" in gaps,
        "references": "references" in gaps,
        "movers": "movers" in gaps,
        "ids": True,
        "sealed values": held.sealed > len(held.openings),
        "time stamps": len(held.bundle.tokens) > len(held.stamps),
        "no time stamp": not held.bundle.tokens,
        "witnesses": len(held.cosigned) < held.asked,
        "cosignatures": len(lines) > 1 + len(held.cosigned),
        "unknown kinds": any(remark.code == "unknown-kind" for remark in held.judgement.remarks),
    }
    return [what for what in REASONS if is_open[what]]
