"""
Marks (标志): MRK-1 to MRK-6.

What stands on a document that came in was put there by its issuer, and the level stated at its arrival is that mark; so only
marks put on here, or missing on what was made here, are judged. Volumes are judged by what is in them, media by what is
stored on them: in the chapters on levels and on media.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.rules.acts import Act
from chainlog.rules.chapters.classification_levels import members
from chainlog.rules.decisions import takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.hands import is_first_alike
from chainlog.rules.own_documents import MADE, made_level, secret_makings
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.secrecy_terms import (
    Term,
    ended_by_itself,
    has_ended,
    issued_on,
    last_day,
    parse_mark,
    parse_term,
    same_term,
)
from chainlog.rules.sources import CONGRESS, COOP, SCHOOL_TWO, TOWN_CLASSIFY, TOWN_ISSUE, TOWN_SEND, UNIVERSITY
from chainlog.rules.terms import within
from chainlog.rules.things import is_secret

# Given to somebody: what is made here must bear its mark before that.
_GIVEN: Final = (
    "transferred.circulate", "transferred.dispatch", "transferred.lend", "transferred.take_out", "transferred.hand_over",
)  # fmt: skip
_ISSUED: Final = ("transferred.dispatch", "transferred.circulate")
# Where a copy is no longer ours to mark.
_ELSEWHERE: Final = frozenset({"destroyed", "lost", "missing", "returned_to_issuer", "issued_out"})
# A drawing bears its mark beside its title.
_ON_PAPER: Final = frozenset({"document", "material", "periodical"})
# What ends the life of a copy that was never given out, such as a spoiled one.
_ENDED: Final = ("destroyed.carriers", "transferred.send_to_destruction")


# --- MRK-1 --------------------------------------------------------------------------------------


@rule(
    "MRK-1", "密级和期限确定后立即标志", "level and term are marked as soon as they are fixed",
    article=f"{TOWN_CLASSIFY}第三条；{TOWN_SEND}第四条；{CONGRESS}四（一）2和五（一）3；{COOP}一（二）",
    severity="high", of="c", on=("marked", MADE), reads=(*_GIVEN, *_ENDED), parameters=("within.mark", "term.from", "term.end_day"),
)  # fmt: skip
def marked(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A secret copy made here was given out without a mark, or not marked within the time of the policy; or a mark can't be
    read as level, ★ and term, or says otherwise than what was in force when it was put on.
    """
    for act in facts.of(carrier, "marked"):
        if _first_of_document(facts, act) == carrier and not act.imported:
            yield from _mark_faults(facts, carrier, act)
    made = next((act for act in facts.of(carrier, MADE) if not act.imported), None)
    document = facts.document_of(carrier)
    if made is None or document is None or not is_secret(made_level(facts, made, document)):
        return
    given = next((act for act in facts.of(carrier, *_GIVEN) if act.index > made.index), None)
    if given is not None and _is_unmarked(facts, carrier, given):
        if carrier != next(one for one in given.carriers if _is_unmarked(facts, one, given)):
            return
        later = next((act for act in facts.of(carrier, "marked") if act.index > given.index), None)
        yield Breach(
            (made.index, given.index) if later is None else (made.index, given.index, later.index),
            f"{carrier} 未标密级和期限即交出", f"{carrier} was given out without a mark", given, closed=later is not None,
            about="given",
        )  # fmt: skip
    elif is_first_alike(made, carrier, lambda one: _settled(facts, one) == _settled(facts, carrier)):
        done = _settled(facts, carrier)
        yield from within(
            facts, "within.mark", made, done=None if done is None else facts.at(done),
            zh=f"{carrier} 标明密级和期限", en=f"mark on {carrier}", about="made",
        )  # fmt: skip


def _settled(facts: Facts, carrier: str) -> int | None:
    """The record by which a copy was first marked, or else came to its end without having been given out."""
    return next((act.index for act in facts.of(carrier, "marked", *_ENDED)), None)


def _first_of_document(facts: Facts, act: Act) -> str | None:
    """The carrier at which a mark is judged: the first of its act that is a copy of a document; copies of one bear one mark."""
    return next((one for one in act.carriers if facts.document_of(one) is not None), None)


def _is_unmarked(facts: Facts, carrier: str, given: Act) -> bool:
    """Whether a carrier was made here as a secret and bore no mark when it was given out."""
    if any(act.before(given) for act in facts.of(carrier, "marked")):
        return False
    return any(not act.imported for act in facts.of(carrier, MADE)) and is_secret(facts.level(carrier, given))


def _mark_faults(facts: Facts, carrier: str, act: Act) -> Iterator[Breach]:
    document = facts.document_of(carrier)
    if document is None or facts.form(carrier) == "volume":
        return
    standing = facts.standing(document, act)
    level = standing.level or facts.level(carrier, act)
    mark, text = parse_mark(act.body.text), act.body.text
    if not is_secret(level):
        if mark is not None and is_secret(mark.level) and level == "无密":
            yield Breach((act.index,), f"无密的文件标“{text}”", f"marked “{text}”, which is no secret", act)
        return
    if mark is not None and mark.declassified and has_ended(facts, document, standing.term, act):
        return
    if mark is None or mark.declassified or not mark.star or mark.term is None:
        zh, en = f"标志“{text}”不是“密级★期限”", f"the mark “{text}” is not level, ★ and term"
        if mark is not None and mark.declassified:
            zh, en = f"{level}文件标“{text}”，未见解密决定", f"marked “{text}”, yet it is {level}"
        yield Breach((act.index,), zh, en, act)
        return
    agreed = parse_term(standing.term)
    if mark.level != level or (
        agreed is not None and not _same_end(facts, document, act, agreed=agreed, marked=mark.term)
    ):
        stated = f"{level}★{standing.term}" if agreed is not None else level
        yield Breach(
            (act.index,), f"标志“{text}”与所定{stated}不符", f"the mark “{text}” differs from {stated}, in force", act
        )


def _same_end(facts: Facts, document: str, act: Act, *, agreed: Term, marked: Term) -> bool:
    """Whether the term that a mark states is the one in force, or ends on the same day."""
    if same_term(agreed, marked):
        return True
    issued = issued_on(facts, document, act)
    end = last_day(agreed, issued, inclusive=True)
    return end is not None and end == last_day(marked, issued, inclusive=True)


# --- MRK-2, MRK-3 -------------------------------------------------------------------------------


@rule(
    "MRK-2", "标志位置符合规定", "a mark stands where it has to",
    article=f"{TOWN_CLASSIFY}第三条；{TOWN_ISSUE}第三条；{UNIVERSITY}四、16", severity="low", of="c", on=("marked",),
    needs=("mark.positions",),
)  # fmt: skip
def position(facts: Facts, carrier: str) -> Iterator[Breach]:
    """A level was written on paper at another place than the policy names. Labels of media and what is written beside an old mark have no such place."""
    for act in facts.of(carrier, "marked"):
        places = facts.values("mark.positions", act)
        mark = parse_mark(act.body.text)
        if _first_of_document(facts, act) != carrier or facts.form(carrier) not in _ON_PAPER or not places:
            continue
        again = any(one.index < act.index for one in facts.of(carrier, "marked"))
        # On the cover says nothing of the corner.
        if act.body.position == "cover" and any(one in places for one in ("top_left", "top_right")):
            continue
        if mark is not None and is_secret(mark.level) and not again and act.body.position not in places:
            yield Breach(
                (act.index,), f"标志位置 {act.body.position}，应为 {'、'.join(places)}",
                f"the mark stands at {act.body.position}, not {', '.join(places)}", act, ("mark.positions",),
            )  # fmt: skip


@rule(
    "MRK-3", "机密级以上逐份编份号", "every copy from a level on has a number of its own",
    article=f"{TOWN_ISSUE}第三条", severity="high", of="d", on=(MADE,), reads=(*_ISSUED, "registered.document"),
    needs=("copy_no.from",),
)  # fmt: skip
def copy_numbers(facts: Facts, document: str) -> Iterator[Breach]:
    """
    A copy made here had no number when it was first given out: before that it may still be numbered. Or two copies have the same
    one, and the first was not destroyed before the other was made.
    """
    seen: dict[str, str] = {}
    for made in secret_makings(facts, document):
        if not facts.reaches(made_level(facts, made, document), "copy_no.from", made):
            continue
        lacking: dict[int, tuple[Act, list[str]]] = {}  # by the record that gave them out
        twice = []
        for item in made.body.items:
            one = made.subjects[item.carrier]
            number = _copy_no(facts, one)
            if number is None:
                given = next(iter(facts.of(one, *_ISSUED)), None)
                if given is not None:
                    lacking.setdefault(given.index, (given, []))[1].append(one)
                continue
            other = seen.setdefault(number, one)
            if other != one:
                before = facts.before(other, made)
                if before is not None and before.custody_phase == "destroyed":
                    seen[number] = one
                else:
                    twice.append(number)
        for act, carriers in lacking.values():
            yield Breach(
                tuple(sorted({made.index, act.index})), f"{_some(carriers)} 未编份号即分发",
                f"{_some(carriers)}: no copy number when given out", act, ("copy_no.from",), about="none",
                closed=all(_known(facts, one) for one in carriers),
            )  # fmt: skip
        if twice:
            yield Breach(
                (made.index,), f"份号重复：{'、'.join(twice)}", f"copy numbers given twice: {', '.join(twice)}", made,
                ("copy_no.from",), about="twice",
            )  # fmt: skip


def _copy_no(facts: Facts, carrier: str) -> str | None:
    """The number that a copy had when it was first given out, or has; one that only a correction states always counted."""
    given = next(iter(facts.of(carrier, *_ISSUED)), None)
    for act in facts.of(carrier, MADE, "registered.document"):
        if any(act.subjects[item.carrier] == carrier and item.copy_no for item in act.body.items or ()):
            return _known(facts, carrier) if given is None or act.index < given.index else None
    return _known(facts, carrier)


def _known(facts: Facts, carrier: str) -> str | None:
    state = facts.carrier(carrier)
    return None if state is None else state.copy_no


def _some(carriers: list[str]) -> str:
    """A few names, and how many there are."""
    shown = "、".join(carriers[:3])
    return shown if len(carriers) <= 3 else f"{shown}…（{len(carriers)}）"


# --- MRK-4, MRK-5, MRK-6 ------------------------------------------------------------------------


@rule(
    "MRK-4", "变更密级或解密后在原标志旁标明", "after a change of level the new one is written beside the old mark",
    article=f"{TOWN_CLASSIFY}第七条",
    severity="medium", of="c", reads=("decided.reclassify", "marked"), needs=("within.remark",), parameters=("term.from", "term.end_day"),
    basis="L+T",
)  # fmt: skip
def remarked(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A copy that is still here was not marked anew in time after its level or term was changed. Only the last of several changes
    within the time counts. What another unit changed is known here when it is recorded; what opened at the end of its term bears
    that on its mark.
    """
    document = facts.document_of(carrier)
    acts = facts.of(carrier, "decided.reclassify")
    # Most documents are never changed: the projection says so without a walk through their history.
    if document is not None and facts.standing(document).change:
        acts = (*acts, *facts.of(document, "decided.reclassify"))
    state = facts.carrier(carrier) if acts else None
    if state is None or state.phase in _ELSEWHERE:
        return
    born = -1 if state.born_index is None else state.born_index
    changes = sorted(
        (a for a in acts if takes_effect(a) and a.index > born and not a.imported and not _opened(facts, document, a)),
        key=lambda act: act.index,
    )
    for number, act in enumerate(changes):
        since_us = act.recorded_at_us if act.body.by and act.body.by != facts.own_unit else act.latest_us
        due_us = facts.deadline("within.remark", act, since_us=since_us)
        following = changes[number + 1] if number + 1 < len(changes) else None
        if due_us is None or (following is not None and following.moment_us <= due_us):
            continue
        done = next((one for one in facts.of(carrier, "marked") if one.index > act.index), None)
        level = act.body.level if act.body.change != "declassified" else "解密"
        yield from within(
            facts, "within.remark", act, done=done, zh=f"{carrier} 改标{level}", en=f"{carrier} marked {level}", since_us=since_us,
        )  # fmt: skip


def _opened(facts: Facts, document: str | None, act: Act) -> bool:
    return document is not None and document in act.subjects and ended_by_itself(facts, document, act)


@rule(
    "MRK-5", "涉密案卷标明密级", "a volume with classified contents bears a mark",
    article=f"{SCHOOL_TWO}第八条", severity="medium", of="c", on=("transferred.archive",),
    reads=("marked",), needs=("within.mark",), basis="L+T",
)  # fmt: skip
def volume_marked(facts: Facts, volume: str) -> Iterator[Outcome]:
    """A volume bears no mark at all by the end of the time that the policy gives for marking, from the first classified item filed in it on."""
    secret = {one for one in members(facts, volume) if is_secret(facts.level(one))}
    filed = (act for act in facts.of(volume, "transferred.archive") if not act.imported and secret & set(act.carriers))
    first = next(filed, None)
    if first is not None and first.at(first.body.volume) == volume:
        mark = next(iter(facts.of(volume, "marked")), None)
        yield from within(
            facts, "within.mark", first, done=mark, zh="涉密案卷标明密级", en="mark on a classified volume"
        )


@rule(
    "MRK-6", "制作时注明发送范围和数量", "what is made names its distribution and number",
    article=f"{COOP}一（二）", severity="medium", of="d", on=(MADE,), needs=("strict.MRK-6",),
)  # fmt: skip
def distribution(facts: Facts, document: str) -> Iterator[Breach]:
    """A secret was made without its distribution. The number stands in every record of a making."""
    for act in secret_makings(facts, document):
        if facts.is_yes("strict.MRK-6", act) and not act.body.distribution:
            yield Breach(
                (act.index,), "制作时未注明发送范围", "made without naming its distribution", act, ("strict.MRK-6",)
            )  # fmt: skip
