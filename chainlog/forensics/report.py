"""What an audit answers: findings, what was not checked, and one verdict on integrity. Pure.

Format: the codes are those of schemas/FORMAT.md appendix B (`chainlog.codes`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec
from msgspec.structs import asdict, replace

from chainlog.authority.state import Authority
from chainlog.codes import CODES
from chainlog.errors import VerificationError
from chainlog.event.times import format_time

Trust = Literal["pinned", "self-consistent"]
Integrity = Literal["intact", "broken", "unreadable"]

FINDINGS_MAX: Final = 10_000
"""A report holds at most so many findings; how many there were beyond stands under `not_checked`."""

# What is worth saying of a record that is what was written: nothing was changed, and whoever reads on should know.
REMARKS: Final = frozenset({"old-base", "clock", "doubtful", "break-glass", "document-not-named", "unknown-kind"})


class Finding(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    One thing that an audit found.

    code: of `chainlog.codes`. index: the record that it is about, None where it is about none. subject: the carrier,
    person, table, file … that is concerned, or empty. detail: in words, English, with what follows from it counted.
    """

    code: str
    index: int | None
    subject: str = ""
    detail: str = ""


class NotChecked(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What this audit could not know, and why."""

    what: str
    reason: str


class Recovered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """
    A hole that administrators stated with a `recovered` at *index*: records lost_from … known_size-1 of the log before
    are not in this one, and any that followed these. known_root: of the tree that was lost, 32 bytes. Of a `known_size`
    that is `lost_from`, whether anything was lost isn't known. utc_offset_minutes: the log's, for showing the time.
    """

    index: int
    recorded_at_us: int
    lost_from: int
    known_size: int
    known_root: bytes
    utc_offset_minutes: int = 0

    def as_json(self) -> dict[str, Any]:
        """An element of `recovered` in the answer of `verify`."""
        return {
            "index": self.index, "recorded_at": format_time(self.recorded_at_us, offset_minutes=self.utc_offset_minutes),
            "lost_from": self.lost_from, "known_size": self.known_size, "known_root": self.known_root.hex(),
        }  # fmt: skip


def recovered_by(authority: Authority) -> list[Recovered]:
    """What the `recovered` events state that an authority was folded from."""
    return [
        Recovered(
            one.index,
            one.recorded_at_us,
            one.body.lost_from,
            one.body.known_size,
            one.body.known_root,
            authority.utc_offset_minutes,
        )
        for one in authority.recoveries
    ]


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    The answer of an audit.

    Args:
        log_id: record hash of record 0, 32 bytes; None if there is none that can be read.
        origin: origin line of the log's checkpoints; empty if its name is not known.
        trust: `pinned` if the caller gave the log's id and this is that log; else `self-consistent`: whoever made the
            files may have made up all of it.
        size: how many records there are.
        root: of the tree over all records, 32 bytes, as the signed head confirms it; else None.
        integrity: `intact` if nothing was found but remarks (`REMARKS`); `unreadable` if there is nothing to judge.
        findings: in the order of their indexes, those without one last.
        not_checked: never empty; what can't be known from the files alone is always among it.
        recovered: the holes that administrators stated after a salvage, in order. No finding: the log is what was signed.
    """

    log_id: bytes | None
    origin: str
    trust: Trust
    size: int
    root: bytes | None
    integrity: Integrity
    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    recovered: tuple[Recovered, ...] = ()

    def raise_if_broken(self) -> None:
        """Return if the log is intact. Raises VerificationError naming the first finding that breaks it."""
        if self.integrity == "intact":
            return
        worst = [finding for finding in self.findings if finding.code not in REMARKS]
        first = worst[0] if worst else Finding("unreadable", None)
        where = "" if first.index is None else f" at record {first.index}"
        raise VerificationError(
            f"{self.integrity}: {first.code}{where} ({CODES[first.code].en}); {len(worst)} findings",
            detail_zh=f"{self.integrity}：{first.code}，{CODES[first.code].zh}；共 {len(worst)} 项",
            finding=first.code,
            index=first.index,
            integrity=self.integrity,
        )

    def with_not_checked(self, more: Sequence[NotChecked]) -> AuditReport:
        """The same report with more that was not checked."""
        return replace(self, not_checked=(*self.not_checked, *more))

    def with_findings(self, more: Sequence[Finding]) -> AuditReport:
        """The same report with more findings, and the verdict that they make."""
        found = ordered([*self.findings, *more])
        integrity = integrity_of(found, readable=self.integrity != "unreadable")
        return replace(self, findings=tuple(found[:FINDINGS_MAX]), integrity=integrity)

    def as_json(self) -> dict[str, Any]:
        """The object of `verify --json`: hashes in hexadecimal, absent values None."""
        return {
            "log_id": None if self.log_id is None else self.log_id.hex(),
            "origin": self.origin,
            "trust": self.trust,
            "size": self.size,
            "root": None if self.root is None else self.root.hex(),
            "integrity": self.integrity,
            "findings": [asdict(finding) for finding in self.findings],
            "not_checked": [asdict(entry) for entry in self.not_checked],
            "recovered": [hole.as_json() for hole in self.recovered],
        }


def ordered(findings: list[Finding]) -> list[Finding]:
    """Findings by index, those without one last; equal ones once."""
    return sorted(set(findings), key=lambda f: (f.index is None, f.index or 0, f.code, f.subject, f.detail))


def integrity_of(findings: list[Finding], *, readable: bool) -> Integrity:
    """The verdict that *findings* make. readable: whether there were records to judge, of versions known here."""
    if not readable:
        return "unreadable"
    return "broken" if any(finding.code not in REMARKS for finding in findings) else "intact"
