"""Choosing among findings and terms: by rule, gravity, state, whom they concern, when they happened. Reads records and tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

import msgspec

from chainlog.errors import UsageError
from chainlog.limits import INTEGER_MAX, INTEGER_MIN
from chainlog.projection.custody_state import AsOf
from chainlog.projection.facts import FactBase
from chainlog.rules import declared
from chainlog.rules.chapter_names import CHAPTER_NAMES, place_of
from chainlog.rules.finding import DueItem, Finding, Judgement
from chainlog.rules.rule import QUESTIONS, RULES

_DEPTH_MAX: Final = 64


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """
    Which findings and terms are wanted; everything by default. Subjects are given folded.

    severities, states: of findings; terms have none and always fit. subjects: all of these are concerned: one that the finding is
    about, or that a record of its evidence names; a document is also concerned where one of its copies is.
    units: all of these are concerned: by a record of the evidence that names the unit, a unit below it, a person who belonged to one of
    them by the declaration that counted when it happened, or a carrier that such a person had, or that was with such a unit,
    right after the record.
    from_us, to_us: the fault began in [from_us, to_us): when the act happened or the term ran out. A term ends in it.
    """

    severities: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    subjects: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    from_us: int = INTEGER_MIN
    to_us: int = INTEGER_MAX

    def of(self, judged: Judgement, base: FactBase) -> Judgement:
        """What is wanted of a judgement. What couldn't be judged stays. Cost: a read of each record of the evidence."""
        chooser = _Chooser(self, base)
        return Judgement(
            tuple(one for one in judged.findings if chooser.wants_finding(one)),
            tuple(one for one in judged.dues if chooser.wants_due(one)),
            judged.unjudged,
        )


def rules_named(asked: Iterable[str]) -> tuple[str, ...]:
    """
    The ids of the rules that are asked for, by id (`DES-3`) or by chapter (`DES`), in any case.

    Raises: UsageError for one that isn't there.
    """
    if not declared.CHAPTERS:
        raise AssertionError("importing the chapters declares the rules")
    chapters: dict[str, list[str]] = {}
    for rule in RULES.values():
        chapters.setdefault(rule.chapter, []).append(rule.id)
    # The letter that tells two halves of a rule apart is a small one.
    known = {rule.upper(): rule for rule in RULES}
    found: list[str] = []
    for text in asked:
        name = text.upper()
        if name in known:
            found.append(known[name])
        elif name in chapters:
            found += chapters[name]
        else:
            if name in QUESTIONS:
                raise UsageError(
                    f"{name} is no rule but a question for a person: chainlog rules --questions {name}",
                    detail_zh=f"{name} 不是规则，是须由人查问的事项：chainlog rules --questions {name}",
                )
            near = sorted(chapters.get(name.partition("-")[0], ()), key=place_of) or list(CHAPTER_NAMES)
            raise UsageError(
                f"there is no rule {text}; there are {', '.join(near)}",
                detail_zh=f"没有规则 {text}；现有 {'、'.join(near)}",
            )
    return tuple(dict.fromkeys(found))


class _Chooser:
    """Answers for one judgement, remembering what records name."""

    def __init__(self, wanted: Selection, base: FactBase) -> None:
        self._wanted = wanted
        self._base = base
        self._records: dict[int, Any] = {}
        self._units: dict[tuple[int, str], bool] = {}
        self._subjects = [_with_copies(base, subject) for subject in wanted.subjects]

    def wants_finding(self, one: Finding) -> bool:
        wanted = self._wanted
        if wanted.severities and one.severity not in wanted.severities:
            return False
        if wanted.states and one.state not in wanted.states:
            return False
        return wanted.from_us <= one.since_us < wanted.to_us and self._concerns(one.subject, one.evidence)

    def wants_due(self, one: DueItem) -> bool:
        wanted = self._wanted
        return wanted.from_us <= one.due_us < wanted.to_us and self._concerns(one.subject, (one.origin,))

    def _concerns(self, subject: str, evidence: Collection[int]) -> bool:
        for names in self._subjects:
            if subject not in names and not any(names & self._named(index) for index in evidence):
                return False
        return all(
            self._is_below(subject, unit) or any(self._is_of_unit(index, unit) for index in evidence)
            for unit in self._wanted.units
        )

    def _named(self, index: int) -> frozenset[str]:
        return frozenset(self._record(index).event.subjects)

    def _record(self, index: int) -> Any:
        if index not in self._records:
            self._records[index] = self._base.log.read(index)
        return self._records[index]

    def _is_of_unit(self, index: int, unit: str) -> bool:
        key = (index, unit)
        if key not in self._units:
            entry = self._record(index)
            event = entry.event
            at_us = event.occurred[0] if event.occurred else entry.recorded_at_us
            named = {*event.subjects, *_units_in(msgspec.msgpack.decode(event.body))}
            self._units[key] = any(self._belongs(one, unit, index, at_us) for one in named)
        return self._units[key]

    def _belongs(self, subject: str, unit: str, index: int, at_us: int) -> bool:
        if subject[0] == "u":
            return self._is_below(subject, unit)
        if subject[0] == "p":
            person = self._base.people.person(subject)
            return person is not None and self._is_below(person.unit(at_us=at_us) or "", unit)
        if subject[0] != "c":
            return False
        state = self._base.custody.carrier(subject, AsOf(None, index))
        if state is None:
            return False
        holder = state.holder is not None and state.holder[0] == "p" and self._belongs(state.holder, unit, index, at_us)
        return holder or self._is_below(state.unit or "", unit)

    def _is_below(self, subject: str, unit: str) -> bool:
        """Whether a subject is the unit, or a unit below it as declared now."""
        return subject == unit or (subject.startswith("u/") and unit in self._base.people.above(subject))


def _with_copies(base: FactBase, subject: str) -> frozenset[str]:
    return frozenset((subject, *base.custody.copies(subject))) if subject[0] == "d" else frozenset((subject,))


def _units_in(value: Any) -> Iterator[str]:
    """The units that a body names: most are no subjects of their event."""
    if isinstance(value, str):
        if value.startswith("u/"):
            yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _units_in(one)


def overdue(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Those whose term ran out and that nobody has made good, the oldest first."""
    late = [one for one in findings if one.due_us is not None and one.state == "open"]
    yield from sorted(late, key=lambda one: (one.since_us, one.code, one.subject))
