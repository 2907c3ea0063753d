"""Refusing by choice: what a record would break of the rules that the policy in force lists under `refuse`. Reads `derived/`.

Format: schemas/FORMAT.md section 12. A record is judged as it would stand: on the records below it, those that other
processes wrote and those earlier in the same block among them, and on the tables that they would leave. `derived/` may lag
behind; what it lacks is folded in memory. A breach that a later record is expected to mend, such as the first of two parts
of a list, refuses nothing. Registry events are never refused by choice, so that a policy can always be replaced.

A rule that this release doesn't know can't be kept by it: such a policy isn't adopted here, and where it stands all the
same, nothing but registry events is written. Known limit: the first judgement after `derived/` was deleted folds the log.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from chainlog.authority.state import PolicyEra, ViewAuthority
from chainlog.authority.view import View
from chainlog.errors import ConflictError, ForbiddenError, FormatError
from chainlog.event.catalogue import REGISTRY
from chainlog.record.record import CheckedRecord

if TYPE_CHECKING:
    from chainlog.projection.runner import Projections
    from chainlog.rules.ahead import Ahead
    from chainlog.rules.rule import Breach, Rule

_POLICY: Final = "policy_adopted"
# A fold of so many records in memory takes some hundredths of a second; writing tables for each append takes longer.
_LAG_MAX: Final = 1_000


def unknown_rules(refuse: Iterable[str]) -> list[str]:
    """Those of the ids under `refuse` that are no rules of this release."""
    from chainlog.rules import declared  # noqa: PLC0415 - declares the rules; a log without `refuse` needs none
    from chainlog.rules.rule import RULES  # noqa: PLC0415

    return sorted(rule for rule in refuse if declared.CHAPTERS and rule not in RULES)


def check_refuse(refuse: Iterable[str], *, path: str = "$.refuse") -> None:
    """Raise FormatError for rules under `refuse` that this release doesn't know: it could not keep such a policy."""
    unknown = unknown_rules(refuse)
    if unknown:
        from chainlog.rules.rule import RULES  # noqa: PLC0415

        names, known = ", ".join(unknown), ", ".join(sorted(RULES))
        raise FormatError(
            f"this release knows no rule {names} that it could refuse by; there are {known}",
            detail_zh=f"本版本没有规则 {names}，无法据此拒绝写入；现有 {known}",
            path=path,
        )


class RuleGuard:
    """
    Judges records for a writer; see `log.block.Guard`. Safe to use from several threads.

    Args:
        projections: gives the log's projections, custody and people among them. Asked when a policy refuses something.
    """

    def __init__(self, projections: Callable[[], Projections]) -> None:
        self._projections = projections
        self._turn = threading.Lock()
        self._ahead: Ahead | None = None

    def make_ready(self, eras: Sequence[PolicyEra]) -> None:
        """
        Bring `derived/` up to the log if it lags far behind, so that little is folded while the log is held. Nothing where no
        policy refuses.

        Raises: as `Projections.catch_up`.
        """
        if any(era.body.refuse for era in eras):
            from chainlog.projection import custody_fold, people_fold, registers  # noqa: PLC0415

            projections = self._projections()
            for name in (custody_fold.NAME, people_fold.NAME, registers.NAME):
                if projections.reader.size - projections.cursor(name).size > _LAG_MAX:
                    projections.catch_up(name)

    def __call__(self, checked: CheckedRecord, authority: ViewAuthority, view: View) -> None:
        """
        Return, or raise ForbiddenError naming the gravest rule that the record would break.

        Raises: ForbiddenError; ProjectionError, RecordHashError, StoreError where the state can't be read.
        Cost: where nothing is refused, a microsecond; else one to two milliseconds, more where histories are long, and a
        fold of what `derived/` lacks.
        """
        event = checked.event.event
        if event.kind == _POLICY:
            self._check_adoption(checked.event.body.refuse)
        if event.kind in REGISTRY:
            return
        era = authority.policy_for(checked.record.recorded_at_us)
        if era is None or not era.body.refuse:
            return
        for rule in unknown_rules(era.body.refuse):
            raise ForbiddenError(
                "this release doesn't know the rule and can't tell whether it is kept; write with a release that does, "
                "or adopt a policy without it",
                detail_zh="本版本没有这条规则，无法判断是否违反；请用有此规则的版本写入，或启用不含此规则的制度",
                rule=rule, article="", subject=event.kind,
            )  # fmt: skip
        rules = frozenset(era.body.refuse)
        with self._turn:
            try:
                found = self._judged(checked, authority, view, rules)
            except ConflictError:
                # Another process made tables in `derived/` meanwhile; now they are known.
                found = self._judged(checked, authority, view, rules)
        for broken, subject, breach in found:
            raise ForbiddenError(
                f"{breach.en} (basis: {broken.article})", detail_zh=f"{breach.zh}（依据：{broken.article}）",
                rule=broken.id, article=broken.article, subject=subject,
            )  # fmt: skip

    @staticmethod
    def _check_adoption(refuse: Iterable[str]) -> None:
        for rule in unknown_rules(refuse):
            raise ForbiddenError(
                "this release doesn't know the rule, and couldn't keep a policy that refuses by it; take it out of "
                "refuse, or adopt the policy with a release that knows it",
                detail_zh="本版本没有这条规则，不能执行据此拒绝写入的制度；请从 refuse 中去掉，或用有此规则的版本启用",
                rule=rule, article="", subject="s/policy",
            )  # fmt: skip

    def _judged(
        self, checked: CheckedRecord, authority: ViewAuthority, view: View, rules: frozenset[str]
    ) -> list[tuple[Rule, str, Breach]]:
        """The breaches that the record would bring, the gravest first."""
        # Loaded only where a policy refuses something: who only appends is quick.
        from chainlog.projection.facts import EVERYTHING, touched  # noqa: PLC0415
        from chainlog.rules.ahead import Ahead  # noqa: PLC0415
        from chainlog.rules.judge import Judge  # noqa: PLC0415

        kv = self._projections().kv
        if self._ahead is None or self._ahead.kv is not kv:
            self._ahead = Ahead(kv)
        with self._ahead.facts(checked, view) as base:
            entry = base.log.read(checked.record.index)
            # A clock that went back doesn't hide what stands below.
            before = base.log.read(entry.index - 1).recorded_at_us if entry.index else 0
            judge = Judge(base, authority, as_of_us=max(entry.recorded_at_us, before))
            subjects = sorted(touched(entry, base) - {EVERYTHING})
            return judge.breaches_of(entry.index, rules=rules, subjects=subjects)
