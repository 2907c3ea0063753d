"""The authority of a log as its own indexes lead to it, judged event by event with `admit`. Pure over the evidence.

`subjects` leads to the chains of `s/admins`, `s/log`, `s/policy` and of every key; the records on them are few. What is
found here is an assumption: it holds if the records in range after range name exactly these as their registry events,
and if all links are found true.
"""

from __future__ import annotations

from typing import NamedTuple

from chainlog.authority.admit import admit
from chainlog.authority.problem import Problem, Signer
from chainlog.authority.registry import by_recovery
from chainlog.authority.state import OWN_SUBJECTS, Authority, is_registry
from chainlog.canon.codec import BAD_BYTES
from chainlog.errors import FormatError
from chainlog.event.model import unverified_event
from chainlog.forensics.evidence import U64, Evidence, parse_subject_row
from chainlog.forensics.own_links import OwnLinksView
from chainlog.forensics.report import Finding
from chainlog.record.record import CheckedRecord, check_record, unverified_record

_RECOVERABLE = frozenset({"administered", "log_key_changed", "revoked"})


class Registration(NamedTuple):
    """
    Indexes of the events that the authority is folded from, ascending; what is remarkable about them; and why they
    can't be taken as they are, empty if they can.
    """

    indexes: list[int]
    remarks: list[Finding]
    doubt: str


def find_registration(evidence: Evidence, log_id: bytes) -> tuple[Registration, Authority]:
    """Collect and judge the registry events, signatures left out. Cost: some 50 µs an event, about two a key."""
    authority = Authority()
    remarks: list[Finding] = []
    indexes = _indexes(evidence)
    if indexes is None:
        return Registration([], [], "the chains of keys and administrators can't be followed"), authority
    get = evidence.getter("records")
    view = OwnLinksView(evidence)
    for index in indexes:
        try:
            checked = check_record(get(U64.pack(index)) or b"")
        except FormatError as error:
            return Registration(indexes, remarks, f"record {index}: {error.text('en')}"), authority
        problems = admit(checked, authority, view.stand(checked), log_id=log_id, verify=None)
        if problems or checked.record.index != index:
            return Registration(indexes, remarks, f"record {index}: {_said(problems)}"), authority
        remarks += break_glass(checked, authority)
        apply_registry(authority, checked)
    return Registration(indexes, remarks, ""), authority


def apply_registry(authority: Authority, checked: CheckedRecord) -> None:
    """Fold one registry event into *authority*."""
    authority.apply(checked.record.index, checked.record.recorded_at_us, checked.event.event.kind, checked.event.body)


def load_authority(evidence: Evidence, indexes: list[int]) -> Authority:
    """The authority folded from events that were judged before. Raises FormatError."""
    authority = Authority()
    get = evidence.getter("records")
    for index in indexes:
        apply_registry(authority, check_record(get(U64.pack(index)) or b""))
    return authority


def _said(problems: list[Problem]) -> str:
    return problems[0].code if problems else "stands under another index"


def _indexes(evidence: Evidence) -> list[int] | None:
    """Indexes of the registry events on the chains, ascending; None if a chain is cut."""
    subjects = evidence.getter("subjects")
    get = evidence.getter("records")
    found: set[int] = set()
    names = [subject.encode() for subject in OWN_SUBJECTS]
    for name, _ in evidence.scan("subjects", b"k/"):
        if not name.startswith(b"k/"):
            break
        names.append(name)
    for name in names:
        head = parse_subject_row(subjects(name))
        if head is None:
            return None
        index: int | None = head.index
        while index is not None:
            step = _step(get(U64.pack(index)), name, index)
            if step is None:
                return None
            wanted, before = step
            if wanted:
                found.add(index)
            index = before
    return sorted(found)


def _step(data: bytes | None, name: bytes, index: int) -> tuple[bool, int | None] | None:
    """Whether the event at *index* is one for the authority, and the index before it on the chain, None at its begin."""
    try:
        record = unverified_record(data or b"")
        event = unverified_event(record.event)
        position, before, _ = record.links[event.subjects.index(name.decode())]
    except (*BAD_BYTES, ValueError, IndexError):
        return None
    if position and before >= index:
        return None
    return is_registry(event), before if position else None


def break_glass(checked: CheckedRecord, authority: Authority) -> list[Finding]:
    """The remark on a registry event that recovery keys authorised where the administrators did not."""
    record, event = checked.record, checked.event.event
    if event.kind not in _RECOVERABLE or all(signature[0] != "recovery" for signature in record.signatures):
        return []
    signers = [
        Signer(role, history.holder, history)
        for role, public_key, _, _ in record.signatures
        if (history := authority.key(public_key)) is not None
    ]
    era = authority.administration(record.index)
    administrators = {s.person for s in signers if s.role == "administrator"} & set(era.administrators)
    if len(administrators) >= era.threshold or not by_recovery(signers, authority.recovery):
        return []
    return [
        Finding(
            "break-glass", record.index, event.kind, f"{len(administrators)} of {era.threshold} administrators signed"
        )
    ]
