"""
Determining the level (定密), what is determined: CLS-2, 3, 4, 8, 12, 13, 14, 16. How it is done: `classification`.

A copy made as a whole has its level judged by the chapter on copying; here are prints, excerpts, what is derived, volumes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.decisions import takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.hands import is_first_alike
from chainlog.rules.own_documents import CLASSIFY, classifications, effective, entered, entries, is_own
from chainlog.rules.rule import Breach, rule
from chainlog.rules.secrecy_terms import Term, exceeds, issued_on, outlasts, parse_mark, parse_term, same_term
from chainlog.rules.sources import COOP, DECREE, LAW, SURVEY, TOWN_CARRIERS, TOWN_CLASSIFY, TOWN_COMPUTERS, UNIVERSITY
from chainlog.rules.things import is_secret

_BLANK: Final = "未标"
_INTERNAL: Final = "内部"
_COPIED: Final = "copied.made"
# Phases in which what was filed is no longer there.
_GONE: Final = frozenset({"destroyed", "lost", "returned_to_issuer", "issued_out"})
_ENTRIES: Final = ("created.received", "created.produced", "created.entered", "copied.made")


# --- CLS-2 --------------------------------------------------------------------------------------


@rule(
    "CLS-2", "密级栏不得空白", "the box for the level is never blank",
    article=f"{TOWN_CLASSIFY}第二条", severity="high", of="dc", on=(*_ENTRIES, "registered.document", CLASSIFY),
)  # fmt: skip
def never_blank(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    The level was left blank when something was made, received, entered or registered; stock at the opening is what it is.
    Closed when a level is in force. A carrier of a document is judged with its document, a medium by its own chapter.
    """
    for act in facts.of(subject, *_ENTRIES, "registered.document", CLASSIFY):
        if subject[0] == "c" and (act.with_prefix("d") or act.carriers[:1] != [subject]):
            continue
        stated = act.body.document if act.kind == "registered.document" else act.body
        if act.kind == "registered.document" and subject not in entered(act):
            continue
        if not stated or stated.level != _BLANK:
            continue
        now = facts.level(subject)
        yield Breach(
            (act.index,), "密级栏空白", "the box for the level was left blank", act, closed=bool(now) and now != _BLANK
        )  # fmt: skip
        return


# --- CLS-3, CLS-4 -------------------------------------------------------------------------------


def stated_terms(facts: Facts, subject: str) -> Iterator[tuple[Act, str, str, bool]]:
    """
    (act, level, term, whether a special basis is named) of what this unit decided or stated of its own state secrets: the
    approved decisions; of a document without any, its registration; of a medium, its entry in the books.
    """
    decided = False
    for decision in classifications(facts, subject):
        approval = effective(decision)
        if approval is None or not is_secret(approval.body.level):
            continue
        decided = True
        if approval.body.term:
            special = any(act.body.special_basis for act in decision.steps)
            yield approval, approval.body.level, approval.body.term, special
    if decided:
        return
    for act in [*entries(facts, subject), *facts.of(subject, "created.equipment")]:
        stated = act.body.document if act.kind == "registered.document" else act.body
        if stated and stated.term and is_secret(stated.level) and (subject[0] == "c" or is_own(facts, subject)):
            yield act, stated.level, stated.term, False
            return


@rule(
    "CLS-3", "保密期限不超过上限", "a term is within the cap of its level",
    article=f"{TOWN_CLASSIFY}第三条；{LAW}第二十条", severity="high", of="dc",
    on=(CLASSIFY, "registered.document", "created.equipment"), parameters=("cap.绝密", "cap.机密", "cap.秘密"),
)  # fmt: skip
def within_cap(facts: Facts, subject: str) -> Iterator[Breach]:
    """A term of one's own longer than the cap of its level, with no special basis named. A condition has no length; a date has one where the day of issue is known."""
    for act, level, text, special in stated_terms(facts, subject):
        name = f"cap.{level}"
        cap, term = parse_term(facts.value(name, act)), parse_term(text)
        if special or cap is None or term is None:
            continue
        issued = issued_on(facts, subject, act) if subject[0] == "d" else None
        if exceeds(term, cap, issued) and not _as_its_source(facts, subject, act, term):
            yield Breach(
                (act.index,), f"{level}期限{text}，超过上限{cap.text}，未注明特殊规定",
                f"a term of {text} for {level} is beyond the cap of {cap.text}, and no special basis is named", act, (name,),
            )  # fmt: skip


def _as_its_source(facts: Facts, subject: str, act: Act, term: Term) -> bool:
    """Whether a derived document has no longer term than a source, whose own may rest on a special provision."""
    view = facts.document(subject) if subject[0] == "d" else None
    for source in view.derived_from if view is not None else ():
        theirs = parse_term(facts.standing(source, act).term)
        issued, other_issued = issued_on(facts, subject, act), issued_on(facts, source, act)
        if theirs is not None and (
            same_term(term, theirs) or outlasts(theirs, term, issued=other_issued, other_issued=issued)
        ):
            return True
    return False


_FAULTS: Final = {
    "zero": ("期限为零", "the term is zero"),
    "fraction": ("期限不是整年、整月", "the term is not in whole years or months"),
    "mixed": ("一年以上的期限应以年计", "a term of a year or more is stated in whole years"),
    "months": ("一年以上的期限应以年计", "a term of a year or more is stated in years"),
    "unit": ("期限应以年或月计", "a term is stated in years or months"),
}


@rule(
    "CLS-4", "保密期限一年以上以年计，一年以内以月计", "terms of a year or more are in years, below a year in months",
    article=f"{TOWN_CLASSIFY}第三条",
    severity="low", of="dc", on=(CLASSIFY, "registered.document", "created.equipment"),
)  # fmt: skip
def years_or_months(facts: Facts, subject: str) -> Iterator[Breach]:
    """A term of one's own that is no term, or a length in other units than whole years, or months below a year."""
    for act, _, text, _ in stated_terms(facts, subject):
        term = parse_term(text)
        if term is not None and not term.fault:
            continue
        zh, en = _FAULTS[term.fault] if term is not None else ("不是期限、日期或条件", "no term, date or condition")
        yield Breach((act.index,), f"保密期限“{text}”：{zh}", f"term “{text}”: {en}", act)


# --- what is taken from something else: CLS-8, CLS-12, CLS-13 -----------------------------------


def lower(taken: str, source: str) -> bool:
    """Whether what was taken from a source has a lower level; a blank or unknown one is no level."""
    known = taken not in ("", _BLANK) and (is_secret(source) or source == _INTERNAL)
    return known and levels.rank(taken) < levels.rank(source)


def _inherited(
    facts: Facts, act: Act, taken: tuple[str, str, str | None], sources: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """
    (about, zh, en) of how (level, term, document) that were taken fall short of the documents that are the sources.

    An excerpt without a day of issue of its own runs from that of its source.
    """
    level, term_text, document = taken
    term = parse_term(term_text)
    for source in sources:
        standing = facts.standing(source, act)
        if lower(level, standing.level):
            yield (
                f"level {source}",
                f"密级{level}低于来源 {source} 的{standing.level}",
                f"{level}, lower than {standing.level} of its source {source}",
            )
        source_term = parse_term(standing.term)
        if is_secret(standing.level) and term is not None and source_term is not None:
            source_issued = issued_on(facts, source, act)
            issued = (issued_on(facts, document, act) if document else None) or source_issued
            if outlasts(source_term, term, issued=source_issued, other_issued=issued):
                yield (
                    f"term {source}",
                    f"期限{term_text}早于来源 {source} 的{standing.term}届满",
                    f"its term {term_text} ends before that of its source {source}, {standing.term}",
                )
        if document and (more := _wider(facts, document, source, act)):
            yield (
                f"scope {source}",
                f"知悉范围超出来源 {source}：{'、'.join(more)}",
                f"known more widely than its source {source}: {', '.join(more)}",
            )


def _wider(facts: Facts, document: str, source: str, act: Act) -> list[str]:
    """Persons who may know a document and not its source, where the source's range was fixed by naming persons alone."""
    own = [row for _, row in facts.scopes(document, act) if row.how != "route"]
    other = [row for _, row in facts.scopes(source, act)]
    if not any(row.how == "set" for row in other) or any(row.posts or row.units for row in other):
        return []
    allowed = {person for row in other for person in row.persons}
    return list(dict.fromkeys(person for row in own for person in row.persons if person not in allowed))


@rule(
    "CLS-8", "转发、汇编直接套用来源的密级", "what is derived takes the level of its source",
    article=f"{SURVEY}一、4；{DECREE}第十八条", severity="high", of="dc",
    on=("registered.document", _COPIED), reads=("decided.scope",),
)  # fmt: skip
def derived_level(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A document that states its sources, or a compilation, with a lower level or an earlier end than a source had then, or a
    wider range than it had then or when that range was fixed. What a source became later is judged by the chapter on changes of level.
    """
    if subject[0] == "c":
        for act, level, term, document, sources in _taken(facts, subject, "compile"):
            yield from _fall_short(facts, act, (level, term, document), sources)
        return
    if any(act.body.method == "excerpt" for act in facts.of(subject, _COPIED)):
        return
    for act in entries(facts, subject):
        stated = act.body.document
        if stated and stated.derived_from:
            sources = [act.subjects[position] for position in stated.derived_from]
            standing = facts.standing(subject, act)
            yield from _fall_short(facts, act, (standing.level, standing.term, subject), sources)


@rule(
    "CLS-13", "摘录、引用按原件密级、期限、范围管理", "an excerpt keeps the level, term and range of the original",
    article=f"{COOP}三（六）；{DECREE}第二十七条", severity="high", of="c", on=(_COPIED,), reads=("decided.scope",),
)  # fmt: skip
def excerpt_keeps(facts: Facts, carrier: str) -> Iterator[Breach]:
    """An excerpt with a lower level, an earlier end or a wider range than what it was taken from had then."""
    for act, level, term, document, sources in _taken(facts, carrier, "excerpt"):
        yield from _fall_short(facts, act, (level, term, document), sources)


def _fall_short(facts: Facts, act: Act, taken: tuple[str, str, str | None], sources: Iterable[str]) -> Iterator[Breach]:
    sources, document = list(sources), taken[2]
    told = set()
    for about, zh, en in _inherited(facts, act, taken, sources):
        told.add(about)
        yield Breach((act.index,), zh, en, act, about=about)
    # Who may know it is mostly fixed later.
    for scope in facts.of(document, "decided.scope") if document else ():
        if scope.index < act.index or not takes_effect(scope) or scope.imported:
            continue
        for source in sources:
            about, more = f"scope {source}", _wider(facts, document or "", source, scope)
            if more and about not in told:
                told.add(about)
                zh = f"知悉范围超出来源 {source}：{'、'.join(more)}"
                en = f"known more widely than its source {source}: {', '.join(more)}"
                yield Breach((act.index, scope.index), zh, en, scope, about=about)


def _taken(facts: Facts, carrier: str, method: str) -> Iterator[tuple[Act, str, str, str | None, list[str]]]:
    """(act, level, term, document, documents of the parents) of what was made by a method, found at its first carrier."""
    for act in facts.of(carrier, _COPIED):
        if act.body.method != method or act.carriers[:1] != [carrier]:
            continue
        document = facts.document_of(carrier)
        stated: Any = act.body.document
        term = act.body.term or (stated.term if stated else "") or ""
        parents = (facts.document_of(act.subjects[position]) for position in act.body.parents)
        sources = list(dict.fromkeys(one for one in parents if one is not None and one != document))
        yield act, act.body.level, term, document, sources


@rule(
    "CLS-12", "打印件按相应密级文件管理", "a print is handled as a document of its level",
    article=f"{TOWN_COMPUTERS}第七条", severity="high", of="c", on=(_COPIED,),
)  # fmt: skip
def prints(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A print of a lower level than what was printed: the document of the print or of its original. A computer may hold more
    than was printed, so its own level says nothing. A print that is no carrier of its own can't be recorded at all.
    """
    for act in facts.of(carrier, _COPIED):
        if act.body.method != "print" or act.carriers[:1] != [carrier]:
            continue
        documents = {facts.document_of(one) for one in act.with_prefix("c")} | set(act.with_prefix("d"))
        source = levels.highest(facts.level(d, act) for d in documents if d is not None)
        if lower(act.body.level, source):
            yield Breach(
                (act.index,), f"打印件定为{act.body.level}，低于原文件的{source}",
                f"the print is {act.body.level}, what was printed is {source}", act,
            )  # fmt: skip


# --- CLS-14, CLS-16 -----------------------------------------------------------------------------


def members(facts: Facts, volume: str) -> list[str]:
    """The carriers filed in a volume and still there."""
    found: dict[str, None] = {}
    for act in facts.of(volume, "transferred.archive"):
        if act.at(act.body.volume) == volume:
            found.update(dict.fromkeys(act.carriers))
    states = ((one, facts.carrier(one)) for one in found)
    return [one for one, state in states if state is not None and state.phase not in _GONE]


@rule(
    "CLS-14", "卷宗按卷内最高密级和最长期限标志", "a volume bears the highest level and longest term inside it",
    article=f"{UNIVERSITY}四、16", severity="high", of="c", on=("transferred.archive",),
    reads=("marked", "created.entered", "created.opening"),
)  # fmt: skip
def volume_label(facts: Facts, volume: str) -> Iterator[Breach]:
    """
    A volume whose mark, or without one whose entry in the books, has a lower level or an earlier end than something
    inside it has now. Of terms only such are compared as run from days that are known, or from no day.
    """
    inside = members(facts, volume)
    label = _label(facts, volume) if inside else None
    if label is None:
        return
    act, level, term = label
    deepest = max(inside, key=lambda one: levels.rank(facts.level(one)))
    highest = facts.level(deepest)
    last = [a for a in facts.of(volume, "transferred.archive") if a.at(a.body.volume) == volume][-1]
    evidence = tuple(sorted({act.index, last.index}))
    if is_secret(highest) and levels.rank(level) < levels.rank(highest):
        verb_zh, verb_en = ("标", "bears") if act.kind == "marked" else ("登记为", "is entered as")
        yield Breach(
            evidence, f"卷宗{verb_zh}{level or '无密级'}，卷内 {deepest} 为{highest}",
            f"the volume {verb_en} {level or 'no level'}, {deepest} inside it is {highest}", last, about="level",
        )  # fmt: skip
    for one in inside:
        state = facts.carrier(one)
        theirs = parse_term(state.term) if state is not None and state.term and is_secret(state.level or "") else None
        if theirs is None or (term is not None and not outlasts(theirs, term, issued=None, other_issued=None)):
            continue
        if term is None and act.kind != "marked":
            continue
        stated = term.text if term is not None else "无期限"
        yield Breach(
            evidence, f"卷宗期限{stated}，卷内 {one} 为{theirs.text}",
            f"the volume bears {term.text if term else 'no term'}, {one} inside it has {theirs.text}", last, about="term",
        )  # fmt: skip
        return


def _label(facts: Facts, volume: str) -> tuple[Act, str, Term | None] | None:
    """(act, level, term) of what stands on a volume: the last mark that can be read, else what its entry states."""
    for act in reversed(facts.of(volume, "marked")):
        mark = parse_mark(act.body.text)
        if mark is not None:
            return act, mark.level, mark.term
    for act in facts.of(volume, "created.entered"):
        return act, act.body.level, parse_term(act.body.term or "")
    return None


@rule(
    "CLS-16", "工作秘密不得使用国家秘密标志", "work secrets do not bear the mark of state secrets",
    article=f"{LAW}第二十二条；{TOWN_CLASSIFY}第三条；{TOWN_CARRIERS}第一条",
    severity="medium", of="c", on=("marked",),
)  # fmt: skip
def no_star(facts: Facts, carrier: str) -> Iterator[Breach]:
    """★ was put on a carrier whose level was 内部 then. That work secrets are destroyed like others is judged by the chapter on destruction, which makes no difference between them."""
    for act in facts.of(carrier, "marked"):
        if "★" not in act.body.text or not _is_internal(facts, act, carrier):
            continue
        if is_first_alike(act, carrier, partial(_is_internal, facts, act)):
            yield Breach(
                (act.index,), f"工作秘密标“{act.body.text}”", f"a work secret was marked “{act.body.text}”", act
            )  # fmt: skip


def _is_internal(facts: Facts, act: Act, carrier: str) -> bool:
    return facts.level(carrier, act) == _INTERNAL
