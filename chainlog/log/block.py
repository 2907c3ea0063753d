"""Building one block: sealing requests into records, admitting them, and making the new head. Pure over its reader.

No lock is taken here and nothing is written; `log.writer` does both around it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from chainlog import digest, limits
from chainlog.authority.admit import admit
from chainlog.authority.problem import Problem, Verify
from chainlog.authority.state import Authority, ViewAuthority, is_registry
from chainlog.authority.view import View
from chainlog.canon import codec
from chainlog.errors import (
    ChainlogError,
    DraftExpiredError,
    DuplicateIdError,
    FormatError,
    HeadMovedError,
    ReadOnlyError,
    RefusedError,
    StoreError,
    UnknownKindError,
    UsageError,
)
from chainlog.event.model import CheckedEvent
from chainlog.event.times import format_time
from chainlog.log.overlay import Overlay
from chainlog.log.request import Proposal, Receipt, Request, Verified
from chainlog.record.draft import Draft
from chainlog.record.record import (
    FIRST_LINK,
    GENESIS_BASE,
    CheckedRecord,
    Record,
    Signature,
    unverified_record,
)
from chainlog.record.signer import LocalSigner
from chainlog.record.statement import EventStatement


def check_log_key(log_key: bytes, authority: Authority, *, size: int) -> None:
    """Raise ReadOnlyError unless this public key signs the head over *size* records; whose it is instead is said."""
    if authority.log_key(size) == log_key:
        return
    history = authority.key(log_key)
    if history is None or history.purpose != "log":
        raise ReadOnlyError(f"the key {log_key.hex()[:16]} is no log key of this log")
    raise ReadOnlyError("the log key given is not the one in force")


class Guard(Protocol):
    """Judges whether the adopted policy forbids a record. Wired by the façade; the log knows no rules."""

    def __call__(self, checked: CheckedRecord, authority: ViewAuthority, view: View) -> None:
        """Return, or raise ForbiddenError. Called after `admit` found nothing."""


class Sealed(msgspec.Struct, frozen=True, gc=False):
    """Where a request ended up in a block: a new record, or one that stood before."""

    index: int
    event_id: bytes
    event_hash: bytes
    record_hash: bytes
    recorded_at_us: int
    existed: bool


class BlockBuilder:
    """
    Seals requests one after the other on a view.

    Args:
        view: the log as it is. authority: of that view. log_id: 32 bytes, zeros before the genesis.
        now_us: what the writer's clock says; all records of the block bear it. verify: checks signatures.
        guard: rules that the policy refuses by, or None.
        log_key: public key that will sign the head; None where no head will be signed.
    """

    def __init__(
        self,
        view: View,
        authority: ViewAuthority,
        *,
        log_id: bytes,
        now_us: int,
        verify: Verify,
        guard: Guard | None,
        log_key: bytes | None = None,
    ) -> None:
        if type(now_us) is not int or not 0 <= now_us <= limits.INTEGER_MAX:
            raise UsageError(f"the clock gives whole microseconds since 1970, not {now_us!r}")
        self.overlay = Overlay(view)
        self.authority = authority.at(self.overlay)
        self._log_id = log_id
        self.now_us = now_us
        self._verify = verify
        self._guard = guard
        self._log_key = log_key

    def add_all(self, requests: Sequence[Request | Verified], *, verified: bool = False) -> list[Sealed]:
        """
        Seal requests, all or none.

        Args:
            verified: whether the signatures of drafts among them were verified on these bytes before.

        Raises: what the first bad one deserves; the block is then as it was before.
        """
        size, authority, log_id = self.overlay.size, self.authority, self._log_id
        try:
            sealed = [self._add(request, verified=verified) for request in requests]
            if self._log_key is not None and self.overlay.size > size:
                self._check_log_key(self._log_key)
        except BaseException:
            self.overlay.drop_to(size)
            # As it was: what was read from the dropped records is known by their hashes, and not asked for again.
            self.authority, self._log_id = authority, log_id
            raise
        return sealed

    def _check_log_key(self, log_key: bytes) -> None:
        """The head over these records is signed by the key in force after them, which one of them may have changed."""
        check_log_key(log_key, self.authority, size=self.overlay.size)

    def _add(self, request: Request | Verified, *, verified: bool) -> Sealed:
        verify: Verify | None = None
        if isinstance(request, Draft):
            verify = None if verified else self._verify
            request = Verified(request, request.check())
        event = request.event
        standing = self.overlay.index_of(event.event.id)
        if standing is not None:
            return self._existing(event, standing)
        if event.kind is None:
            raise UnknownKindError(kind=event.event.kind, path="$.event")
        if isinstance(request, Proposal):
            checked, verify = self._seal_proposal(request)
        else:
            checked = self._seal_draft(request.draft, event)
        problems = admit(checked, self.authority, self.overlay, log_id=self._log_id, verify=verify)
        if problems:
            raise _refusal(problems[0], checked, self.authority.utc_offset_minutes)
        if self._guard is not None:
            self._guard(checked, self.authority, self.overlay)
        self.overlay.add(checked)
        if checked.record.index == 0:
            self._log_id = checked.record_hash
        if is_registry(event.event):
            self.authority = self.authority.at(self.overlay)
        return Sealed(
            checked.record.index,
            event.event.id,
            digest.event_hash(event.encoded),
            checked.record_hash,
            self.now_us,
            False,
        )

    def _existing(self, event: CheckedEvent, index: int) -> Sealed:
        data = self.overlay.record(index)
        if data is None:
            raise StoreError(f"the id index names record {index}, which is not there; run chainlog verify")
        record = unverified_record(data)
        if record.event != event.encoded:
            raise DuplicateIdError(event_id=event.event.id, index=index)
        record_hash = digest.record_hash(data)
        return Sealed(index, event.event.id, digest.event_hash(record.event), record_hash, record.recorded_at_us, True)

    def _seal_draft(self, draft: Draft, event: CheckedEvent) -> CheckedRecord:
        if draft.log_id != self._log_id:
            raise RefusedError("the draft was made for another log", finding="wrong-log", subject=draft.log_id.hex())
        return self._seal(event, draft.base, draft.record_signatures())

    def _seal_proposal(self, proposal: Proposal) -> tuple[CheckedRecord, Verify | None]:
        size = self.overlay.size
        base = GENESIS_BASE if size == 0 else (size - 1, self.overlay.last_hash)
        if size == 1:
            base = (0, self._log_id)
        signed_log_id = digest.ZERO if size == 0 else self._log_id
        signatures: list[Signature] = []
        trusted, now_us, encoded = True, self.now_us, proposal.event.encoded
        for role, _, signer in proposal.signers:
            statement = EventStatement(signed_log_id, base[0], base[1], role, now_us, encoded)
            signatures.append((role, signer.public_key, now_us, signer.sign_event(statement)))
            # What this process has just signed with a key of its own isn't checked again; anything else is.
            trusted = trusted and type(signer) is LocalSigner
        if len(signatures) > 1 and len({signature[:2] for signature in signatures}) != len(signatures):
            raise FormatError("one signature for each role and key", path="$.signatures")
        return self._seal(proposal.event, base, signatures), None if trusted else self._verify

    def _seal(self, event: CheckedEvent, base: tuple[int, bytes], signatures: list[Signature]) -> CheckedRecord:
        overlay = self.overlay
        heads = map(overlay.subject, event.event.subjects)
        links = tuple([FIRST_LINK if head is None else (head.count, head.index, head.record_hash) for head in heads])
        if not signatures:
            named = any(signs for _, _, signs in event.event.people)
            finding = "missing-signature" if named else "unsigned"
            raise RefusedError("nobody has signed", finding=finding, subject=event.event.kind)
        if len(signatures) > 1:
            signatures.sort(key=codec.encode)
        record = Record(
            limits.FORMAT_VERSION,
            overlay.size,
            self.now_us,
            overlay.last_hash,
            base,
            links,
            event.encoded,
            tuple(signatures),
        )
        encoded = codec.encode(record)
        return CheckedRecord(record, event, digest.record_hash(encoded), encoded)


def _refusal(problem: Problem, checked: CheckedRecord, offset_minutes: int) -> ChainlogError:
    """The error that a writer raises for what `admit` found."""
    event = checked.event.event
    if problem.code == "stale-draft" and problem.mover is not None:
        mover = problem.mover
        return HeadMovedError(subject=mover.subject, index=mover.index, kind=mover.kind, base=checked.record.base[0])
    if problem.code == "expired" and event.expires_at_us and checked.record.recorded_at_us > event.expires_at_us:
        return DraftExpiredError(expires_at=format_time(event.expires_at_us, offset_minutes=offset_minutes))
    return RefusedError(problem.detail, finding=problem.code, subject=problem.subject)


def receipt(sealed: Sealed, *, log_id: bytes, checkpoint: bytes) -> Receipt:
    """The receipt of a sealed request under the checkpoint that its commit signed."""
    return Receipt(
        log_id, sealed.index, sealed.event_id, sealed.event_hash, sealed.record_hash, sealed.recorded_at_us, checkpoint,
        sealed.existed,
    )  # fmt: skip


Clock = Callable[[], int]
