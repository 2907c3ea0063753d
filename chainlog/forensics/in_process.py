"""Auditing what lies in memory, with the same judges as the audit of a directory. Pure over the evidence."""

from __future__ import annotations

from collections.abc import Sequence

from chainlog.forensics.diagnosis import diagnose
from chainlog.forensics.evidence import Evidence, TableEvidence, tables_of
from chainlog.forensics.identity import Identity
from chainlog.forensics.join import Join
from chainlog.forensics.maps import map_halves, may_have_maps, with_maps
from chainlog.forensics.outside import judge_outside, read_outside
from chainlog.forensics.ranges import RangeJudge
from chainlog.forensics.registration import load_authority
from chainlog.forensics.report import AuditReport, recovered_by
from chainlog.forensics.summary import Range, Setup, Verified
from chainlog.forensics.survey import survey
from chainlog.forensics.tables import find_doubt
from chainlog.forensics.tokens import KEY_BYTES, heads_sum
from chainlog.forensics.verdict import Question, clean_report, damage_report
from chainlog.record.keys import random_bytes
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.store.port import Snapshot

RANGE_RECORDS = 2_048


def audit_store(
    snapshot: Snapshot,
    *,
    log_id: bytes | None,
    checkpoint: bytes | None = None,
    exact: bool = False,
) -> AuditReport:
    """
    Audit a store that this process holds in memory: small logs, tests.

    Args:
        log_id: what the caller knows the log by; None makes the answer `self-consistent`.
        checkpoint: a signed checkpoint that was kept outside.
        exact: take the slow and exact way even where the quick one raises no doubt; the answer is the same.

    Raises: FormatError for a *checkpoint* that is none; ForeignFileError: it is none of this log's.
    """
    return audit_evidence(TableEvidence(tables_of(snapshot)), log_id=log_id, checkpoint=checkpoint, exact=exact)


def audit_evidence(
    evidence: Evidence,
    *,
    log_id: bytes | None,
    checkpoint: bytes | None = None,
    stamped: Sequence[bytes] = (),
    exact: bool = False,
    range_records: int = RANGE_RECORDS,
) -> AuditReport:
    """Audit *evidence*. stamped: as for `audit.audit`. range_records: a multiple of 256. See `audit_store`."""
    question = Question(log_id, 0 if checkpoint is None else read_outside(checkpoint).size, checkpoint)
    outside = [*stamped] if checkpoint is None else [checkpoint, *stamped]
    report = _judged(evidence, question, outside, exact=exact, range_records=range_records)
    if report.log_id is None or not may_have_maps(report):
        return report
    return with_maps(report, map_halves(evidence, MemoryKeyValue(), log_id=report.log_id, sides=(0, 1)))


def _judged(
    evidence: Evidence, question: Question, outside: list[bytes], *, exact: bool, range_records: int
) -> AuditReport:
    log_id, sizes = question.log_id, [read_outside(note).size for note in outside]
    if exact:
        return damage_report(question, diagnose(evidence, log_id, outside=outside), [])
    seen = survey(evidence, log_id, sizes)
    verified = Verified()
    if not seen.doubt and seen.log_id is not None:
        setup = Setup(seen.log_id, random_bytes(KEY_BYTES), seen.registry, seen.size)
        authority = load_authority(evidence, seen.registry)
        judge, join = RangeJudge(evidence, setup, authority), Join(seen, setup)
        for start in range(0, seen.size, range_records):
            stop = min(start + range_records, seen.size)
            summary = judge.judge(Range(start, stop, [at for at in seen.sizes if start < at <= stop]))
            verified.add(summary)
            join.add(summary)
        join.add_links(judge.take_links())
        heads = heads_sum(evidence, setup.key, start=b"", stop=b"")
        closing = join.closing(-1 if heads is None else heads)
        doubt = join.doubt or find_doubt(evidence, closing, authority)
        if not doubt:
            identity = Identity(seen.log_id, seen.name)
            compared = judge_outside(
                outside, size=closing.size, roots=closing.roots, authority=authority, identity=identity
            )
            remarks, dropped = join.findings()
            return clean_report(
                question,
                identity,
                size=closing.size,
                root=closing.root,
                remarks=remarks,
                dropped=dropped,
                maps=join.maps,
                compared=compared,
                recovered=recovered_by(authority),
            )
    return damage_report(question, diagnose(evidence, log_id, verified=verified, outside=outside), [])
