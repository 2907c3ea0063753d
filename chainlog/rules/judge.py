"""Judging: every rule over every subject of one state of a log, by the policy in force. Reads through a snapshot.

An event is judged by the policy in force when it occurred; where it was recorded under another and that one gives another
answer, both are given. A rule whose parameters the policy lacks doesn't run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from chainlog.authority.state import Authority, PolicyEra
from chainlog.projection.facts import FactBase
from chainlog.rules.acts import Act, Histories
from chainlog.rules.asking import is_asked, stated_severity
from chainlog.rules.calendar import UnknownYearError, WorkCalendar
from chainlog.rules.facts import LOG, Facts, kinds_of
from chainlog.rules.finding import DueItem, Finding, Judgement, Said, Unjudged, judgement_of, sort_key
from chainlog.rules.holidays import known_years
from chainlog.rules.rule import RULES, Breach, Due, Outcome, Rule

# Subjects judged between two emptyings of the cache: memory stays flat beside the facts.
_BATCH: Final = 500

EraOf = Callable[[Act], PolicyEra]


class Judge:
    """
    Judges one state of a log.

    Args:
        base: its projections and records at one size. authority: its policies.
        as_of_us: the moment; what was recorded later is not seen.

    facts: what rules read, by the policy that was in force when things happened.
    """

    def __init__(self, base: FactBase, authority: Authority, *, as_of_us: int) -> None:
        self.as_of_us = as_of_us
        last = last_recorded(base, as_of_us)
        self._eras = [era for era in authority.policies() if era.since <= last] or authority.policies()[:1]
        self._parameters = {id(era.body): dict(era.body.parameters) for era in self._eras}
        void_of = base.custody.void_of if any(True for _ in base.custody.corrections()) else _never_void
        self._histories = Histories(base.log, last=last, void_of=void_of)
        self.calendar = WorkCalendar(known_years(base.people), offset_minutes=base.people.log_row().utc_offset_minutes)
        self._base = base
        self.facts = self._facts(self._by_time)
        self._by_record_facts = self._facts(self._by_record)

    def _facts(self, era_of: EraOf) -> Facts:
        def policy_of(act: Act) -> Mapping[str, tuple[str, ...]]:
            return self._parameters[id(era_of(act).body)]

        return Facts(self._base, self._histories, self.calendar, policy_of, as_of_us=self.as_of_us)

    def judge(self, *, rules: Collection[str] | None = None, subjects: Iterable[str] | None = None) -> Judgement:
        """
        What the rules say: findings, the gravest first; what falls due, the soonest first; what couldn't be judged.

        Args:
            rules: ids; all by default. subjects: folded; all that rules judge by default.

        Raises: RecordHashError if a record was changed under the reader.
        """
        chosen = [rule for rule in RULES.values() if rules is None or rule.id in rules]
        found: dict[Any, Finding] = {}
        dues: dict[Any, DueItem] = {}
        unjudged: dict[tuple[str, str], Unjudged] = {}
        for said in self.by_subject(chosen, subjects):
            for finding in said.findings:
                found.setdefault((finding.identity, finding.message_zh), finding)
            for due in said.dues:
                dues.setdefault(due.identity, due)
            for one in said.unjudged:
                unjudged.setdefault((one.code, one.year), one)
        return judgement_of(found.values(), dues.values(), unjudged.values())

    def by_subject(self, rules: Sequence[Rule], subjects: Iterable[str] | None = None) -> Iterator[Said]:
        """
        What *rules* say of each subject, one after the other; of all that they judge by default.

        Raises: RecordHashError. Cost: memory stays flat beside the facts.
        """
        choice = _Choice(rules, self._parameters.values())
        for number, subject in enumerate(self._subjects(rules) if subjects is None else subjects):
            if number % _BATCH == 0:
                self._histories.forget()
            yield self._of(subject, choice)

    def _of(self, subject: str, choice: _Choice) -> Said:
        for facts, _ in self._readings():
            facts.begin()
        findings: list[Finding] = []
        dues: list[DueItem] = []
        unjudged: list[Unjudged] = []
        for rule in choice.of(subject, self.facts):
            try:
                for one in self._one(rule, subject):
                    if isinstance(one, Finding):
                        findings.append(one)
                    else:
                        dues.append(one)
            except UnknownYearError as error:
                unjudged.append(Unjudged(rule.id, str(error.year), _shown(self._base, subject)))
        moments = [due.due_us + 1 for due in dues] + [us for facts, _ in self._readings() for us in facts.moments]
        asked = {one for facts, _ in self._readings() for one in facts.asked} - {subject}
        return Said(
            subject, tuple(findings), tuple(dues), tuple(unjudged), min(moments, default=None), frozenset(asked)
        )

    def findings(self, *, rules: Collection[str] | None = None, subjects: Iterable[str] | None = None) -> list[Finding]:
        """The findings of `judge`."""
        return list(self.judge(rules=rules, subjects=subjects).findings)

    def breaches_of(
        self, index: int, *, rules: Collection[str], subjects: Iterable[str]
    ) -> list[tuple[Rule, str, Breach]]:
        """
        (rule, subject, breach) of what the record at *index* does against *rules*, the gravest first.

        What is unfinished is left out, and what another act did that the record is only further evidence of.

        Args:
            rules: ids. subjects: folded; those that may be judged otherwise because of the record.
        """
        found = []
        for subject in subjects:
            for rule in (RULES[rule_id] for rule_id in rules if subject[0] in RULES[rule_id].of):
                for facts, era_of in self._readings():
                    try:
                        for outcome, era in self._outcomes(rule, subject, facts, era_of):
                            if isinstance(outcome, Breach) and outcome.act.index == index and not outcome.unfinished:
                                found.append((self._finding(rule, subject, outcome, era), outcome))
                    except UnknownYearError:
                        # Nobody is refused for a calendar that nobody declared.
                        continue
        found.sort(key=lambda pair: sort_key(pair[0]))
        return [(RULES[finding.code], finding.subject, breach) for finding, breach in found]

    def _subjects(self, chosen: Iterable[Rule]) -> Iterator[str]:
        if self.facts.last < 0:
            # Before the log was opened there is nothing to judge, no policy either.
            return
        prefixes = {prefix for rule in chosen for prefix in rule.of}
        for prefix in sorted(prefixes - {"s"}):
            yield from self._histories.subjects(prefix + "/")
        if "s" in prefixes:
            yield LOG

    def _readings(self) -> list[tuple[Facts, EraOf]]:
        readings: list[tuple[Facts, EraOf]] = [(self.facts, self._by_time)]
        if len(self._eras) > 1:
            readings.append((self._by_record_facts, self._by_record))
        return readings

    def _one(self, rule: Rule, subject: str) -> Iterator[Finding | DueItem]:
        seen = set()
        for facts, era_of in self._readings():
            first = facts is self.facts
            for outcome, era in self._outcomes(rule, subject, facts, era_of):
                if isinstance(outcome, Due):
                    if first:
                        yield self._due(rule, subject, outcome)
                    continue
                key = (outcome.evidence, outcome.zh)
                if first:
                    seen.add(key)
                if first or key not in seen:
                    yield self._finding(rule, subject, outcome, era, recorded_under=not first)

    def _outcomes(self, rule: Rule, subject: str, facts: Facts, era_of: EraOf) -> Iterator[tuple[Outcome, PolicyEra]]:
        for outcome in rule.judge(facts, subject):
            era = era_of(outcome.act)
            parameters = self._parameters[id(era.body)]
            if is_asked(rule, parameters):
                yield outcome, era

    def _by_time(self, act: Act) -> PolicyEra:
        best = self._eras[0]
        for era in self._eras[1:]:
            if era.body.effective_at <= act.moment_us:
                best = era
        return best

    def _by_record(self, act: Act) -> PolicyEra:
        before = [era for era in self._eras if era.since < act.index]
        return before[-1] if before else self._eras[0]

    def _due(self, rule: Rule, subject: str, due: Due) -> DueItem:
        return DueItem(
            code=rule.id,
            subject=_shown(self._base, subject),
            due_us=due.due_us,
            origin=due.act.index,
            about=due.about,
            message_zh=due.zh,
            message_en=due.en,
            article=rule.article,
        )

    def _finding(
        self, rule: Rule, subject: str, breach: Breach, era: PolicyEra, *, recorded_under: bool = False
    ) -> Finding:
        parameters = self._parameters[id(era.body)]
        used = {name: " ".join(parameters[name]) for name in breach.parameters if name in parameters}
        used["policy"] = f"{era.body.profile} {era.body.version}"
        if recorded_under:
            used["judged_by"] = "the policy under which it was recorded"
        severity = stated_severity(rule, parameters) or breach.severity or rule.severity
        return Finding(
            code=rule.id,
            severity=severity,
            subject=breach.subject or _shown(self._base, subject),
            evidence=tuple(sorted(set(breach.evidence))),
            origin=breach.act.index,
            about=breach.about,
            since_us=breach.act.moment_us if breach.due_us is None else breach.due_us + 1,
            due_us=breach.due_us,
            article=rule.article,
            parameters=used,
            as_of_us=self.as_of_us,
            state="closed" if breach.closed else "explained" if breach.explained else "open",
            message_zh=breach.zh,
            message_en=breach.en,
            grade="imported" if breach.act.imported else "signed",
        )


class _Choice:
    """
    Which of some rules have a reason to judge a subject.

    Args:
        rules: among which to choose. policies: the parameters of each policy.
    """

    def __init__(self, rules: Iterable[Rule], policies: Collection[Mapping[str, tuple[str, ...]]]) -> None:
        self._rules = [rule for rule in rules if any(is_asked(rule, policy) for policy in policies)]
        self._found: dict[tuple[str, frozenset[str]], list[Rule]] = {}

    def of(self, subject: str, facts: Facts) -> list[Rule]:
        """The rules that judge subjects of its kind, that a policy asks for, and that its history gives a reason to ask."""
        # Whoever keeps the register is named by most records: rules about persons ask the registry first.
        walks = subject[0] not in "ps"
        present = frozenset(act.kind for act in facts.of(subject)) if walks else frozenset()
        key = subject[0], present
        if key not in self._found:
            of_its_kind = [rule for rule in self._rules if subject[0] in rule.of]
            self._found[key] = [
                rule for rule in of_its_kind if not walks or not rule.on or not present.isdisjoint(kinds_of(rule.on))
            ]
        return self._found[key]


def last_recorded(base: FactBase, as_of_us: int) -> int:
    """Index of the last record that was recorded by a moment, -1 if none was. Cost: the logarithm of the log's size in reads."""
    low, high = 0, base.log.size
    if high and base.log.read(high - 1).recorded_at_us <= as_of_us:
        return high - 1
    while low < high:
        middle = (low + high) // 2
        if base.log.read(middle).recorded_at_us <= as_of_us:
            low = middle + 1
        else:
            high = middle
    return low - 1


def _never_void(index: int) -> int | None:
    del index
    return None


def _shown(base: FactBase, subject: str) -> str:
    """Whom a finding is about: what concerns the log as a whole is about its unit."""
    return base.people.log_row().unit or subject if subject == LOG else subject
