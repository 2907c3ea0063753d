"""Judging: every rule over every subject of one state of a log, by the policy in force. Reads through a snapshot.

An event is judged by the policy in force when it occurred; where it was recorded under another and that one gives another
answer, both are given. A rule whose parameters the policy lacks doesn't run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from chainlog.authority.state import Authority, PolicyEra
from chainlog.log.reader import SnapshotReader
from chainlog.rules import chapters
from chainlog.rules.acts import Act, Histories
from chainlog.rules.finding import SEVERITIES, Finding, sort_key
from chainlog.rules.rule import RULES, Breach, Custodian, Facts, Registry, Rule

# Subjects judged between two emptyings of the cache: memory stays flat beside the facts.
_BATCH = 500


class Judge:
    """
    Judges one state of a log.

    Args:
        reader: the state. authority: its policies. registry, custody: what the projections know, as of the same state.
        as_of_us: the instant; acts recorded later are not seen.
    """

    def __init__(
        self, reader: SnapshotReader, authority: Authority, registry: Registry, custody: Custodian, *, as_of_us: int
    ) -> None:
        self._eras = [era for era in authority.policies() if era.recorded_at_us <= as_of_us] or authority.policies()[:1]
        self._authority = authority
        self._parameters = {id(era.body): dict(era.body.parameters) for era in self._eras}
        self._histories = Histories(reader, as_of_us=as_of_us)
        self._registry = registry
        self._custody = custody

    def findings(self, *, rules: Collection[str] | None = None, subjects: Iterable[str] | None = None) -> list[Finding]:
        """
        All findings, the gravest first.

        Args:
            rules: ids; all by default. subjects: folded; every carrier, document, list and person by default.

        Raises: RecordHashError if a record was changed under the reader.
        """
        found: dict[tuple[Any, ...], Finding] = {}
        for finding in self._judge(rules, subjects):
            found.setdefault((finding.identity, finding.message_zh), finding)
        return sorted(found.values(), key=sort_key)

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
                for era_of in (self._by_time, self._by_record):
                    for breach, era in self._breaches(rule, subject, era_of):
                        if breach.act.index == index and not breach.unfinished:
                            found.append((self._finding(rule, subject, breach, era), breach))
        found.sort(key=lambda pair: sort_key(pair[0]))
        return [(RULES[finding.code], finding.subject, breach) for finding, breach in found]

    def _judge(self, rules: Collection[str] | None, subjects: Iterable[str] | None) -> Iterator[Finding]:
        chosen = [rule for rule in RULES.values() if rules is None or rule.id in rules]
        for number, subject in enumerate(self._subjects(chosen) if subjects is None else subjects):
            if number % _BATCH == 0:
                self._histories.forget()
            for rule in chosen:
                if subject[0] in rule.of:
                    yield from self._one(rule, subject)

    def _subjects(self, chosen: Iterable[Rule]) -> Iterator[str]:
        for prefix in sorted({prefix for rule in chosen for prefix in rule.of}):
            yield from self._histories.subjects(prefix + "/")

    def _one(self, rule: Rule, subject: str) -> Iterator[Finding]:
        seen = set()
        for breach, era in self._breaches(rule, subject, self._by_time):
            seen.add((breach.evidence, breach.zh))
            yield self._finding(rule, subject, breach, era)
        if len(self._eras) > 1:
            for breach, era in self._breaches(rule, subject, self._by_record):
                if (breach.evidence, breach.zh) not in seen:
                    yield self._finding(rule, subject, breach, era, recorded_under=True)

    def _breaches(
        self, rule: Rule, subject: str, era_of: Callable[[Act], PolicyEra]
    ) -> Iterator[tuple[Breach, PolicyEra]]:
        def policy_of(act: Act) -> Mapping[str, tuple[str, ...]]:
            return self._parameters[id(era_of(act).body)]

        facts = Facts(self._histories, self._registry, self._custody, policy_of)
        for breach in rule.judge(facts, subject):
            if all(name in policy_of(breach.act) for name in rule.needs):
                yield breach, era_of(breach.act)

    def _by_time(self, act: Act) -> PolicyEra:
        best = self._eras[0]
        for era in self._eras[1:]:
            if era.body.effective_at <= act.moment_us:
                best = era
        return best

    def _by_record(self, act: Act) -> PolicyEra:
        before = [era for era in self._eras if era.since < act.index]
        return before[-1] if before else self._eras[0]

    def _finding(
        self, rule: Rule, subject: str, breach: Breach, era: PolicyEra, *, recorded_under: bool = False
    ) -> Finding:
        parameters = self._parameters[id(era.body)]
        used = {name: " ".join(parameters[name]) for name in breach.parameters if name in parameters}
        used["policy"] = f"{era.body.profile} {era.body.version}"
        if recorded_under:
            used["judged_by"] = "the policy under which it was recorded"
        stated = parameters.get(f"severity.{rule.id}", ())
        severity = stated[0] if stated and stated[0] in SEVERITIES else breach.severity or rule.severity
        return Finding(
            code=rule.id,
            severity=severity,
            subject=subject,
            evidence=tuple(sorted(set(breach.evidence))),
            article=rule.article,
            parameters=used,
            as_of_us=self._histories.as_of_us,
            state="closed" if breach.closed else "explained" if breach.explained else "open",
            message_zh=breach.zh,
            message_en=breach.en,
            grade="imported" if breach.act.imported else "signed",
        )


def incidents(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Group findings that share a record of evidence, directly or through others: one deed is one incident."""
    groups: list[tuple[set[int], list[Finding]]] = []
    for finding in findings:
        evidence, members = set(finding.evidence), [finding]
        apart = []
        for group in groups:
            if group[0] & evidence:
                evidence |= group[0]
                members = group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (evidence, members)]
    return [members for _, members in groups]


def declared() -> list[Rule]:
    """Every rule, in the order of the chapters."""
    order = {module.__name__: i for i, module in enumerate(chapters.CHAPTERS)}
    return sorted(RULES.values(), key=lambda rule: (order[rule.judge.__module__], rule.id))
