"""Judging: every rule over every subject of one state of a log, by the policy in force. Reads through a snapshot.

An event is judged by the policy in force when it occurred; where it was recorded under another and that one gives another
answer, both are given. A rule whose parameters the policy lacks doesn't run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from chainlog.authority.state import Authority, PolicyEra
from chainlog.projection.facts import FactBase
from chainlog.rules.acts import Act, Histories
from chainlog.rules.asking import asked_by, stated_severity
from chainlog.rules.calendar import UnknownYearError, WorkCalendar
from chainlog.rules.facts import LOG, Facts
from chainlog.rules.finding import DueItem, Finding, Judgement, Said, Unjudged, judgement_of, sort_key
from chainlog.rules.holidays import known_years
from chainlog.rules.notes import Notes, kinds_of
from chainlog.rules.rule import RULES, Breach, Due, Outcome, Rule

# Subjects judged between two emptyings of the cache: memory stays flat beside the facts.
_BATCH: Final = 500

# Acts by which a policy comes.
_POLICIES: Final = ("log_opened", "policy_adopted")
EraOf = Callable[[Act], PolicyEra]
Wanted = Callable[[str, Rule], bool]


class Judge:
    """
    Judges one state of a log.

    Args:
        base: its projections and records at one size. authority: its policies.
        as_of_us: the moment; what was recorded later is not seen.
        histories: what an earlier state of the same log was judged by, to be used again; see `Histories.follow`.

    facts: what rules read, by the policy that was in force when things happened. reads: what each rule asked for so far at
    subjects of one kind, by both. histories: what was read for it.
    """

    def __init__(
        self, base: FactBase, authority: Authority, *, as_of_us: int, histories: Histories | None = None
    ) -> None:
        self.as_of_us = as_of_us
        last = last_recorded(base, as_of_us)
        self._eras = [era for era in authority.policies() if era.since <= last] or authority.policies()[:1]
        self._parameters = {id(era.body): dict(era.body.parameters) for era in self._eras}
        self._asked = {of: asked_by(parameters) for of, parameters in self._parameters.items()}
        void_of = base.custody.void_of if any(True for _ in base.custody.corrections()) else _never_void

        def is_own(unit: str, at_us: int) -> bool:
            return base.people.is_own(unit, at_us=at_us, index=last)

        if histories is None:
            histories = Histories(base.log, last=last, void_of=void_of, is_own=is_own)
        else:
            histories.follow(base.log, last=last, void_of=void_of, is_own=is_own)
        self.histories = histories
        self.calendar = WorkCalendar(known_years(base.people), offset_minutes=base.people.log_row().utc_offset_minutes)
        self._base = base
        self.facts = self._facts(self._by_time)
        # Groups of kinds; see `Notes.reads`.
        self.reads: dict[tuple[str, str], set[tuple[str, ...]]] = defaultdict(set)
        # By the policy in force when things happened; where there were several, also by that under which they were recorded.
        self._readings: list[tuple[Facts, EraOf]] = [(self.facts, self._by_time)]
        if len(self._eras) > 1:
            self._readings.append((self._facts(self._by_record), self._by_record))

    def _facts(self, era_of: EraOf) -> Facts:
        only = self._parameters[id(self._eras[0].body)] if len(self._eras) == 1 else None

        def policy_of(act: Act) -> Mapping[str, tuple[str, ...]]:
            return self._parameters[id(era_of(act).body)] if only is None else only

        return Facts(self._base, self.histories, self.calendar, policy_of, as_of_us=self.as_of_us)

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
        for subject, concerned in self._concerned(chosen, subjects):
            breaches: list[Finding] = []
            terms: list[DueItem] = []
            self._note(Notes())
            for rule in concerned:
                self.facts.notes.differs = False
                try:
                    self._one(rule, subject, breaches, terms)
                except UnknownYearError as error:
                    year = str(error.year)
                    unjudged.setdefault((rule.id, year), Unjudged(rule.id, year, _shown(self._base, subject)))
            for finding in breaches:
                found.setdefault((finding.identity, finding.message_zh), finding)
            for due in terms:
                dues.setdefault(due.identity, due)
        return judgement_of(found.values(), dues.values(), unjudged.values())

    def by_subject(
        self, rules: Sequence[Rule], subjects: Iterable[str] | None = None, *, only: Wanted | None = None
    ) -> Iterator[Said]:
        """
        What *rules* say of each subject, one after the other; of all that they judge by default.

        Args:
            only: which of the rules that concern a subject are asked; all by default.

        Raises: RecordHashError. Cost: memory stays flat beside the facts.
        """
        for subject, concerned in self._concerned(rules, subjects):
            chosen = concerned if only is None else [rule for rule in concerned if only(subject, rule)]
            yield self._of(subject, chosen, whole=len(chosen) == len(concerned))

    def _concerned(self, rules: Sequence[Rule], subjects: Iterable[str] | None) -> Iterator[tuple[str, list[Rule]]]:
        """Each subject with those of *rules* that a policy asks for and that its history gives a reason to ask."""
        wanted = frozenset().union(*self._asked.values())
        ids = tuple(rule.id for rule in rules if rule.id in wanted)
        for number, subject in enumerate(self._subjects(rules) if subjects is None else subjects, 1):
            # Whoever keeps the register is named by most records: rules about persons ask the registry first.
            present = None if subject[0] in "ps" else self.histories.kinds(subject)
            yield subject, [RULES[rule_id] for rule_id in _with_reason(ids, subject[0], present)]
            if number % _BATCH == 0:
                self._forget()

    def _note(self, notes: Notes) -> None:
        """Have what the answers rest on noted from now on."""
        for facts, _ in self._readings:
            facts.notes = notes

    def _forget(self) -> None:
        """Keep memory flat."""
        self.histories.forget()
        self._base.custody.forget()
        for facts, _ in self._readings:
            facts.forget()

    def _of(self, subject: str, chosen: Sequence[Rule], *, whole: bool) -> Said:
        findings: list[Finding] = []
        dues: list[DueItem] = []
        unjudged: list[Unjudged] = []
        moments: list[tuple[str, int]] = []
        asked: dict[str, list[str]] = {}
        scans = False
        for rule in chosen:
            notes = Notes()
            self._note(notes)
            due = len(dues)
            try:
                self._one(rule, subject, findings, dues)
            except UnknownYearError as error:
                unjudged.append(Unjudged(rule.id, str(error.year), _shown(self._base, subject)))
            moments += [(rule.id, one.due_us + 1) for one in dues[due:]]
            moments += [(rule.id, us) for us in notes.moments]
            self.reads[rule.id, subject[0]] |= notes.reads
            scans |= notes.scans
            for other in notes.asked:
                asked.setdefault(other, []).append(rule.id)
        asked.pop(subject, None)
        judged = None if whole else frozenset(rule.id for rule in chosen)
        return Said(
            subject,
            tuple(findings),
            tuple(dues),
            tuple(unjudged),
            judged,
            _soonest(moments),
            asked,
            scans,
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
                for facts, era_of in self._readings:
                    try:
                        for outcome in rule.judge(facts, subject):
                            era = self._asking(rule, outcome, era_of)
                            if era is None or isinstance(outcome, Due) or outcome.unfinished:
                                continue
                            if outcome.act.index == index:
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
            yield from self.histories.subjects(prefix + "/")
        if "s" in prefixes:
            yield LOG

    def _one(self, rule: Rule, subject: str, findings: list[Finding], dues: list[DueItem]) -> None:
        """Add what a rule says of a subject."""
        said = []
        for outcome in rule.judge(self.facts, subject):
            era = self._asking(rule, outcome, self._by_time)
            if era is None:
                continue
            if isinstance(outcome, Due):
                dues.append(self._due(rule, subject, outcome))
            else:
                said.append((outcome.evidence, outcome.zh))
                findings.append(self._finding(rule, subject, outcome, era))
        if not self.facts.notes.differs:
            return
        for facts, era_of in self._readings[1:]:
            for outcome in rule.judge(facts, subject):
                era = self._asking(rule, outcome, era_of)
                if era is not None and not isinstance(outcome, Due) and (outcome.evidence, outcome.zh) not in said:
                    findings.append(self._finding(rule, subject, outcome, era, recorded_under=True))

    def _asking(self, rule: Rule, outcome: Outcome, era_of: EraOf) -> PolicyEra | None:
        """The policy by which an outcome is judged, None if it doesn't ask for the rule."""
        era = era_of(outcome.act)
        return era if rule.id in self._asked[id(era.body)] else None

    def _by_time(self, act: Act) -> PolicyEra:
        best = self._eras[0]
        if len(self._eras) > 1:
            if act.kind in _POLICIES:
                return self._adopted(act)
            for era in self._eras[1:]:
                if era.body.effective_at <= act.moment_us:
                    best = era
            # Where no act of this kind was asked about, the second reading says what the first does.
            self.facts.notes.differs |= best is not self._by_record(act)
        return best

    def _by_record(self, act: Act) -> PolicyEra:
        if act.kind in _POLICIES:
            return self._adopted(act)
        before = [era for era in self._eras if era.since < act.index]
        return before[-1] if before else self._eras[0]

    def _adopted(self, act: Act) -> PolicyEra:
        """The policy that an act adopts: what it asks for is asked of that act."""
        return next((era for era in self._eras if era.since == act.index), self._eras[0])

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


@lru_cache(maxsize=4096)
def _with_reason(ids: tuple[str, ...], prefix: str, present: frozenset[str] | None) -> tuple[str, ...]:
    """Those rules that judge subjects with a prefix whose histories hold these kinds; None: whatever they hold."""
    of_its_kind = [rule for rule in (RULES[rule_id] for rule_id in ids) if prefix in rule.of]
    return tuple(
        rule.id for rule in of_its_kind if present is None or not rule.on or not present.isdisjoint(kinds_of(rule.on))
    )


def _soonest(moments: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """The first moment of each rule."""
    found: dict[str, int] = {}
    for rule_id, us in moments:
        found[rule_id] = min(us, found.get(rule_id, us))
    return tuple(found.items())


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
