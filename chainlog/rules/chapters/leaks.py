"""
Leaks and losses (泄密、遗失): LEK-1 to LEK-5.

Whether the clock starts when a leak is discovered or when it happened is said by `leak.clock`; the regulations differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.hands import is_ours
from chainlog.rules.placing import judged_at, names_en, names_zh, number_en
from chainlog.rules.rule import Breach, Outcome, question, rule
from chainlog.rules.sources import BUREAU, CONGRESS, COOP, DECREE, SURVEY, TOWN_COMPUTERS
from chainlog.rules.terms import within

_INCIDENT: Final = "reported.incident"
_UPWARD: Final = "reported.upward"
_HANDLED: Final = "reported.handled"
_AT: Final = "icd"
_GRAVE: Final = frozenset({"leak", "lost", "missing", "breach"})
# Units of these types are nobody to whom a leak is reported.
_NOT_ABOVE: Final = frozenset(
    {"own", "section", "subordinate", "printer", "repairer", "destroyer", "shop", "exchange", "peer"}
)


def incidents(facts: Facts, subject: str, *what: str) -> list[Act]:
    """The incidents of some kinds that are judged at *subject*: each at its incident, else its first carrier, else its document."""
    found = [act for act in facts.of(subject, _INCIDENT) if act.body.what in what and judged_at(act, _AT) == subject]
    # An incident told of twice is one.
    return found[:1] if subject.startswith("i/") else found


def known_us(act: Act) -> int | None:
    """When an incident was discovered, None if no book says."""
    discovered: int | None = act.body.discovered_at or act.end_us
    return discovered


def _told_again(facts: Facts, act: Act) -> list[Act]:
    """Later words of an incident that was given no name: by the same carriers, or else documents."""
    if act.with_prefix("i"):
        return []
    named = act.carriers or act.with_prefix("d")
    found = {one.index: one for subject in named for one in facts.of(subject, _INCIDENT)}
    return [found[index] for index in sorted(found) if index > act.index and found[index].body.what in _GRAVE]


def _matters(facts: Facts, act: Act) -> list[str]:
    """The names of an incident: its own, or those that it was given later."""
    return list(dict.fromkeys(name for one in (act, *_told_again(facts, act)) for name in one.with_prefix("i")))


def reports(facts: Facts, act: Act) -> list[Act]:
    """The acts by which an incident was reported to somebody above, in the order of records; the incident itself if it says so."""
    found = [one for one in (act, *_told_again(facts, act)) if _reaches_above(facts, one.body.to or (), one)]
    for subject in _matters(facts, act):
        for one in facts.of(subject, _UPWARD):
            if _reaches_above(facts, one.body.to, one):
                found.append(one)
        found += [
            one for one in facts.of(subject, _INCIDENT) if one != act and _reaches_above(facts, one.body.to or (), one)
        ]
    return found


def _reaches_above(facts: Facts, to: tuple[str, ...], act: Act) -> bool:
    """
    Whether one of those told is the authority or a unit above. A unit that nobody declared is taken for one, and somebody of no
    declared unit, who holds no post here, for one of its people.
    """
    for one in to:
        unit = one if one.startswith("u/") else None
        if unit is None:
            person = facts.person(one)
            unit = None if person is None else person.unit(at_us=act.moment_us)
            if unit is None and not is_ours(facts, one, act.moment_us):
                return True
        if unit is not None:
            declared = facts.unit(unit, act.moment_us)
            if unit != facts.own_unit and (declared is None or declared.type not in _NOT_ABOVE):
                return True
    return False


def _first(acts: list[Act]) -> Act | None:
    return min(acts, key=lambda act: act.moment_us, default=None)


@rule(
    "LEK-1", "发现泄密立即补救并按时报告", "a leak is remedied at once and reported within the hours after its discovery",
    article=f"{TOWN_COMPUTERS}第六条；{DECREE}第六十一条",
    severity="critical", of=_AT, on=(_INCIDENT,), reads=(_UPWARD, _HANDLED), needs=("within.leak",),
    parameters=("within.remedy",), basis="L+T",
)  # fmt: skip
def reported_in_time(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    A leak was not reported to the authority, or a unit above, within the term from its discovery; that counts everywhere. Where
    the policy counts from when it happened too, that is LEK-2. With `within.remedy` a remedy is asked for likewise.
    """
    for act in incidents(facts, subject, "leak"):
        since_us = known_us(act)
        if act.imported or since_us is None:
            continue
        yield from within(
            facts, "within.leak", act, done=_first(reports(facts, act)), since_us=since_us,
            zh="泄密应向保密行政管理部门报告", en="the leak is to be reported to the authority",
        )  # fmt: skip
        remedies = _handled(facts, act, "remedied")
        yield from within(
            facts, "within.remedy", act, done=_first(remedies), since_us=since_us, zh="泄密应立即采取补救措施",
            en="the leak is to be remedied at once", about="remedy",
        )  # fmt: skip


def _counts_from_happening(facts: Facts, act: Act) -> bool:
    return facts.value("leak.clock", act) == "happened" and isinstance(act.body.happened_at, int)


def _handled(facts: Facts, act: Act, *steps: str) -> list[Act]:
    return [
        one for subject in _matters(facts, act) for one in facts.of(subject, _HANDLED) if one.body.step in steps
    ]  # fmt: skip


@rule(
    "LEK-2", "一事一报，按时上报", "one event, one report, in time",
    article=f"{SURVEY}三",
    severity="high", of=_AT, on=(_INCIDENT, _UPWARD), needs=("leak.clock",), parameters=("within.leak",), basis="L+T",
)  # fmt: skip
def one_report_each(facts: Facts, subject: str) -> Iterator[Outcome]:
    """One report covers several incidents; or, where the policy counts from when a leak happened, it was not reported by then."""
    for act in facts.of(subject, _UPWARD):
        several = act.with_prefix("i")
        if len(several) > 1 and several[0] == subject:
            yield Breach(
                (act.index,),
                f"一份报告涉及{len(several)}起事件：{names_zh(several)}",
                f"one report covers {number_en(len(several), 'incident')}: {names_en(several)}",
                act,
                about="several",
            )
    for act in incidents(facts, subject, "leak"):
        if not act.imported and _counts_from_happening(facts, act):
            yield from within(
                facts, "within.leak", act, done=_first(reports(facts, act)), since_us=act.body.happened_at,
                zh="泄密应自发生起按时上报", en="the leak is to be reported, counted from when it happened",
            )  # fmt: skip


@rule(
    "LEK-3", "及时查处", "leaks, losses and breaches are investigated",
    article=f"{BUREAU}第三条（九）；{CONGRESS}四（六）3和二（二）5", severity="medium", of=_AT, on=(_INCIDENT,),
    reads=(_HANDLED,), needs=("within.investigation",), basis="L+T",
)  # fmt: skip
def investigated(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    No investigation was opened within the term after a leak, a loss or a breach was reported; or a carrier was declared lost before
    an investigation of it was closed.
    """
    for act in incidents(facts, subject, "leak", "lost", "breach"):
        since_us = known_us(act)
        if act.imported or since_us is None:
            continue
        opened = _handled(facts, act, "investigation_opened", "investigation_closed")
        yield from within(
            facts, "within.investigation", act, done=_first(opened), since_us=since_us, zh="应立案调查",
            en="an investigation is to be opened",
        )  # fmt: skip
    for act in facts.of(subject, _INCIDENT):
        if act.imported or act.body.what != "lost" or judged_at(act, _AT) != subject:
            continue
        related = {s for c in act.carriers for one in facts.of(c, _INCIDENT) for s in one.with_prefix("i")}
        handled = [one for s in sorted({*related, *act.with_prefix("i")}) for one in facts.of(s, _HANDLED)]
        if not any(
            one.body.step == "investigation_closed" and one.before(act) and one.index < act.index for one in handled
        ):
            yield Breach(
                (act.index,),
                f"调查未终结即确认遗失：{names_zh(act.carriers)}",
                f"declared lost before an investigation was closed: {names_en(act.carriers)}",
                act,
                about="lost",
            )


@rule(
    "LEK-4", "查无即按可能泄密报告", "what can't be found is a possible leak, and reported as one",
    article=f"由{COOP}四（二）和{TOWN_COMPUTERS}第六条推定；{DECREE}第六十一条",
    severity="critical", of=_AT, on=(_INCIDENT,), reads=(_UPWARD,),
    needs=("within.leak",), basis="L+T",
)  # fmt: skip
def missing_is_reported(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    A carrier was reported missing, and within the term it was neither found nor reported to the authority or a unit above. What is
    known to be no state secret (无密, 内部) is not reported to them.
    """
    for act in incidents(facts, subject, "missing"):
        since_us = known_us(act)
        if act.imported or since_us is None or facts.levels_of(act) in ("无密", "内部"):
            continue
        done = reports(facts, act)
        for carrier in act.carriers:
            for one in facts.of(carrier, _INCIDENT):
                if one.body.what == "leak" and one.index > act.index:
                    done += reports(facts, one)
        found = _found(facts, act)
        if found is not None:
            done.append(found)
        yield from within(
            facts, "within.leak", act, done=_first(done), since_us=since_us,
            zh=f"{names_zh(act.carriers) or subject} 查无，应按可能泄密报告",
            en=f"{names_en(act.carriers) or subject} is missing and to be reported as a possible leak",
        )  # fmt: skip


def _found(facts: Facts, act: Act) -> Act | None:
    """The act by which the last of the missing carriers turned up; None while any is missing."""
    last: Act | None = None
    for carrier in act.carriers:
        later = [one for one in facts.of(carrier, _INCIDENT) if one.body.what == "found" and one.index > act.index]
        if not later:
            return None
        last = later[0] if last is None or later[0].moment_us > last.moment_us else last
    return last


question(
    "LEK-5", "部门负责人是否及时报告本部门的违规行为并协助调查？",
    "Do department heads report breaches in their departments and help to inquire?",
    article=f"{CONGRESS}二（三）4", attested=True,
)  # fmt: skip
