"""Putting together the report: findings, verdict, and what could not be known. Pure."""

from __future__ import annotations

from typing import NamedTuple

from chainlog.errors import CheckpointError, ForeignFileError
from chainlog.forensics.diagnosis import Diagnosis
from chainlog.forensics.identity import Identity
from chainlog.forensics.outside import Compared, Foreign, subject_of
from chainlog.forensics.report import FINDINGS_MAX, AuditReport, Finding, NotChecked, Recovered, integrity_of, ordered
from chainlog.log.head import origin_of


class Question(NamedTuple):
    """
    What the caller knows. log_id: 32 bytes or None. checkpoint_size: of one from outside that was compared, or 0.
    checkpoint: the note that the caller gave. remembered: the note of a pin. What else is compared lay beside the log.
    """

    log_id: bytes | None
    checkpoint_size: int
    checkpoint: bytes | None = None
    remembered: bytes | None = None


def clean_report(
    question: Question,
    identity: Identity,
    *,
    size: int,
    root: bytes,
    remarks: list[Finding],
    dropped: int,
    maps: int,
    compared: Compared,
    recovered: list[Recovered],
) -> AuditReport:
    """The report on a log that raised no doubt. compared: what checkpoints from outside say. Raises ForeignFileError."""
    return _report(
        question,
        identity,
        size=size,
        root=root,
        findings=[*compared.findings, *remarks],
        dropped=dropped,
        maps=maps,
        more=[],
        foreign=compared.foreign,
        readable=True,
        recovered=recovered,
    )


def damage_report(question: Question, diagnosis: Diagnosis, more: list[Finding]) -> AuditReport:
    """
    The report on a log that was diagnosed. more: what was found before its records could be read.

    Raises: ForeignFileError.
    """
    return _report(
        question,
        diagnosis.identity,
        size=diagnosis.size,
        root=diagnosis.root,
        findings=[*more, *diagnosis.findings],
        dropped=diagnosis.dropped,
        maps=diagnosis.maps,
        more=diagnosis.not_checked,
        foreign=diagnosis.foreign,
        readable=diagnosis.readable,
        recovered=diagnosis.recovered,
    )


def unreadable_report(question: Question, *findings: Finding) -> AuditReport:
    """The report where there are no records to judge."""
    return _report(
        question,
        Identity(None, ""),
        size=0,
        root=None,
        findings=list(findings),
        dropped=0,
        maps=0,
        more=[],
        foreign=[],
        readable=False,
        recovered=[],
    )


def _report(
    question: Question,
    identity: Identity,
    *,
    size: int,
    root: bytes | None,
    findings: list[Finding],
    dropped: int,
    maps: int,
    more: list[NotChecked],
    foreign: list[Foreign],
    readable: bool,
    recovered: list[Recovered],
) -> AuditReport:
    if not size:
        identity = Identity(None, "")  # nothing is left that it could be the log by
    log_id, given = identity.log_id, question.log_id
    if given is not None and log_id is not None and given != log_id:
        findings = [*findings, Finding("wrong-log", 0, log_id.hex(), f"asked for was the log {given.hex()}")]
    strayed = _foreign(question, identity, foreign)
    if any(one.note in (question.checkpoint, question.remembered) for one in foreign):
        question = question._replace(checkpoint_size=0)
    findings = [*findings, *strayed.findings]
    if not size:
        readable = False
        if all(finding.code != "unreadable" for finding in findings):
            findings = [*findings, Finding("unreadable", None, "records", "there is no record")]
    findings = ordered(findings)
    beyond = dropped + max(0, len(findings) - FINDINGS_MAX)
    not_checked = [
        *more,
        *strayed.not_checked,
        *_not_known(question, size=size, maps=maps, findings=findings, pinned=log_id in (None, given)),
    ]
    if beyond:
        not_checked.insert(0, NotChecked("further findings", f"{beyond} more were found than a report lists"))
    return AuditReport(
        log_id=log_id,
        origin=_origin(identity),
        trust="pinned" if given is not None and given == log_id else "self-consistent",
        size=size,
        root=root,
        integrity=integrity_of(findings, readable=readable),
        findings=tuple(findings[:FINDINGS_MAX]),
        not_checked=tuple(not_checked),
        recovered=tuple(recovered),
    )


class _Strayed(NamedTuple):
    findings: list[Finding]
    not_checked: list[NotChecked]


def _foreign(question: Question, identity: Identity, foreign: list[Foreign]) -> _Strayed:
    """
    What becomes of checkpoints that are none of this log's. They accuse nobody; who gave one gave the wrong file.

    Raises: ForeignFileError for the caller's own, unless the log is not the one that was asked for: then it is the log that
        is wrong, and it is said.
    """
    strayed = _Strayed([], [])
    is_another = question.log_id not in (None, identity.log_id)
    for one in foreign:
        subject = subject_of(one.note)
        if one.note == question.checkpoint and not is_another and identity.log_id is not None:
            raise ForeignFileError(one.reason, path="$.checkpoint", place=0, of_log=one.of_log, log_id=identity.log_id)
        if one.note == question.remembered and one.of_log == identity.log_id:
            # The verifier itself saw the log key sign it: the log knows of that key no more.
            strayed.findings.append(Finding("head-mismatch", None, subject, one.reason))
        else:
            strayed.not_checked.append(NotChecked(subject, f"no evidence: {one.reason}"))
    return strayed


def _origin(identity: Identity) -> str:
    try:
        return "" if identity.log_id is None or not identity.name else origin_of(identity.name, identity.log_id)
    except CheckpointError:
        return ""


def _not_known(question: Question, *, size: int, maps: int, findings: list[Finding], pinned: bool) -> list[NotChecked]:
    """What no check of the files can tell. Said in every report."""
    said: list[NotChecked] = []
    if not pinned:
        said.append(NotChecked("identity", "without the log's id from outside, all of this may have been made up"))
    compared = question.checkpoint_size
    if compared < size:
        end = f"after record {compared - 1}" if compared else "at the end"
        said.append(
            NotChecked(
                "end of the log", f"records cut off {end}, with the heads signed over them, leave no trace inside"
            )
        )
    said.append(NotChecked("stolen keys", "what a stolen key signed before it was revoked looks like its owner's"))
    said.append(
        NotChecked("collusion", "what all signers of a record agreed to state falsely can't be told from the truth")
    )
    said.append(NotChecked("sealed values", "sealed texts lie outside of the records; they were not opened"))
    if maps:
        said.append(
            NotChecked(
                "completeness map",
                f"{maps} committed roots were not computed again: something else is wrong with the log",
            )
        )
    if any(finding.code == "unknown-kind" for finding in findings):
        said.append(NotChecked("unknown kinds", "what events of unknown kinds demand, and what they make stale"))
    return said
