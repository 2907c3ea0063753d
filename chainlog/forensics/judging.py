"""What an open log says of itself by the rules: findings, what falls due, a report. A part of `chainlog.Log`; loads what it needs."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from chainlog.authority.state import ViewAuthority
from chainlog.event.subject import fold
from chainlog.forensics.proving import ProvingLog

if TYPE_CHECKING:
    from chainlog.projection.runner import Projections
    from chainlog.rules.archive_headings import Integrity
    from chainlog.rules.finding import DueItem, Finding, Judgement
    from chainlog.rules.kept import KeptFindings
    from chainlog.rules.report import Report
    from chainlog.rules.selecting import Selection


class JudgingLog(ProvingLog):
    """An open log that is judged by its policies."""

    @property
    def projections(self) -> Projections:
        """What is folded from the log."""
        raise NotImplementedError

    _kept: KeptFindings | None = None
    _keeping = threading.Lock()

    def findings(
        self,
        *,
        rules: Iterable[str] | None = None,
        subjects: Iterable[str] | None = None,
        as_of_us: int | None = None,
        selection: Selection | None = None,
    ) -> list[Finding]:
        """
        What the rules find, the gravest first, each by the policy in force when it happened.

        Args:
            rules: ids such as `DES-3`, or chapters such as `DES`; all by default. subjects: carriers, documents, lists, persons
                that are judged; all by default. as_of_us: with only what was recorded until then; now by default.
            selection: which of the findings are wanted; see `rules.selecting.Selection`.

        Raises: UsageError for a rule that isn't there; ProjectionError, RecordHashError, BusyError, StoreError.
        """
        judged = self.judgement(rules=rules, subjects=subjects, as_of_us=as_of_us, selection=selection)
        return list(judged.findings)

    def due(
        self,
        *,
        rules: Iterable[str] | None = None,
        subjects: Iterable[str] | None = None,
        as_of_us: int | None = None,
        until_us: int | None = None,
        selection: Selection | None = None,
    ) -> list[DueItem]:
        """
        What falls due by the rules, the soonest first; what is overdue is among the findings, and has `due_us` there.

        An app that polls is served better by `kept_findings`, which judges only what may have changed.

        Args:
            until_us: what falls due later is left out. others: as for `findings`.
        """
        judged = self.judgement(rules=rules, subjects=subjects, as_of_us=as_of_us, selection=selection)
        return [one for one in judged.dues if until_us is None or one.due_us <= until_us]

    def judgement(
        self,
        *,
        rules: Iterable[str] | None = None,
        subjects: Iterable[str] | None = None,
        as_of_us: int | None = None,
        selection: Selection | None = None,
    ) -> Judgement:
        """What the rules find, what falls due, and what couldn't be judged for want of a calendar. As `findings`."""
        from chainlog.projection.standard import facts  # noqa: PLC0415 - who only appends is quick
        from chainlog.rules.judge import Judge  # noqa: PLC0415
        from chainlog.rules.selecting import rules_named  # noqa: PLC0415

        named: Collection[str] | None = None if rules is None else rules_named(rules)
        with facts(self.projections) as base:
            judge = Judge(base, ViewAuthority(base.log.raw), as_of_us=self.now_us() if as_of_us is None else as_of_us)
            judged = judge.judge(rules=named, subjects=None if subjects is None else [fold(s) for s in subjects])
            return judged if selection is None else selection.of(judged, base)

    @property
    def kept_findings(self) -> KeptFindings:
        """
        Findings and terms kept in `derived/`, for an app that asks after every append; see `rules.kept.KeptFindings`.

        `refresh(now_us)` gives what turned since it was asked last. What it keeps is written every so often, and by `close`.
        """
        from chainlog.rules.kept import KeptFindings  # noqa: PLC0415 - who only appends is quick

        projections = self.projections
        with self._keeping:
            if self._kept is None:
                self._kept = KeptFindings(projections)
            return self._kept

    def report(
        self,
        *,
        verify: bool = True,
        log_id: bytes | None = None,
        checkpoint: bytes | None = None,
        as_of_us: int | None = None,
        until_us: int | None = None,
    ) -> Report:
        """
        Integrity, completeness and compliance of the log, apart, with what they rest on; see `rules.report`.

        Args:
            verify: whether the audit of integrity runs; it is of the log as it lies on disk now, whatever *as_of_us*. A log in
                memory isn't audited. log_id, checkpoint: what is known of the log from outside; see `forensics.audit`.
            as_of_us: judged as of then; now by default. until_us: what falls due later is left out.

        Raises: FormatError for a checkpoint that is none; as `findings` otherwise, RecordHashError for a log so damaged that it
            can't be judged. Cost: that of the audit and of judging everything.
        """
        from chainlog.projection.standard import facts  # noqa: PLC0415 - who only appends is quick
        from chainlog.rules.report import make_report  # noqa: PLC0415

        integrity = self._integrity(verify=verify, log_id=log_id, checkpoint=checkpoint)
        with facts(self.projections) as base:
            return make_report(
                base,
                ViewAuthority(base.log.raw),
                integrity,
                log_id=self.id,
                as_of_us=self.now_us() if as_of_us is None else as_of_us,
                until_us=until_us,
            )

    def _integrity(self, *, verify: bool, log_id: bytes | None, checkpoint: bytes | None) -> Integrity:
        from chainlog.rules.archive_headings import AuditFinding, Integrity  # noqa: PLC0415

        if not verify or not self.path:
            return Integrity(verdict="not_verified")
        from chainlog.forensics.audit import audit  # noqa: PLC0415

        found = audit(self.path, log_id=log_id, checkpoint=checkpoint)
        return Integrity(
            verdict=found.integrity,
            trust=found.trust,
            size=found.size,
            root=found.root,
            findings=tuple(AuditFinding(one.code, one.index, one.subject, one.detail) for one in found.findings),
            not_checked=tuple((one.what, one.reason) for one in found.not_checked),
        )
