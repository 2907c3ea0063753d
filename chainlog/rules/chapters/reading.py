"""Reading places and archives (阅读场所、查档): RDG-1 to RDG-8."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.decisions import Decision, permits
from chainlog.rules.facts import Facts
from chainlog.rules.hands import is_first_alike
from chainlog.rules.rule import Breach, question, rule
from chainlog.rules.sources import COOP, SCHOOL_ONE, SELF_CHECK, TOWN_LEND, TOWN_READ, UNIVERSITY
from chainlog.rules.things import is_secret
from chainlog.rules.use import RENEWAL, Taken, approval_faults, approvals, follows, holdings, is_outside_place

_READ: Final = "accessed.read"
_CIRCULATE: Final = "transferred.circulate"
_LEND: Final = "transferred.lend"
_COPIED: Final = "copied.made"
_TOP: Final = "绝密"


def readers(act: Act) -> list[str]:
    """Who got to read by an act: its reader, or who was handed it."""
    return act.named("reader" if act.kind == _READ else "receiver")


def sittings(facts: Facts, subject: str) -> Iterator[tuple[Act, ...]]:
    """
    Readings with a place, each once: a hand-out, and what its reader then read at the same place before giving it back.

    What people were told (听传达) is no reading, nor is a hand-out whose reader is on record as reading elsewhere.
    """
    sitting: tuple[Act, ...] = ()
    for act in facts.of(subject):
        if act.kind == _CIRCULATE or (act.kind == _READ and act.body.how != "heard"):
            same = bool(sitting) and act.kind == _READ and readers(sitting[0]) == readers(act)
            if same and sitting[0].body.place == act.body.place:
                sitting = (*sitting, act)
                continue
            elsewhere = same and bool(act.body.place) and [one.kind for one in sitting] == [_CIRCULATE]
            if sitting and not elsewhere:
                yield sitting
            sitting = (act,) if act.body.place else ()
        elif act.kind.startswith(("transferred.", "returned.")) and sitting:
            yield sitting
            sitting = ()
    if sitting:
        yield sitting


def _is_judged(facts: Facts, act: Act, subject: str, *, top: bool) -> bool:
    """Whether *subject* is the first of its level in an act, and 绝密 or one of the other two levels."""
    level = facts.level(subject, act)
    if not is_secret(level) or (level == _TOP) is not top:
        return False
    return subject[0] == "d" or is_first_alike(act, subject, lambda other: facts.level(other, act) == level)


def _is_own(facts: Facts, act: Act, subject: str) -> bool:
    """Whether a use is judged at *subject*: at the first copy of each document in it, or at the document where none is named."""
    if subject[0] == "d":
        return not act.carriers
    document = facts.document_of(subject)
    return is_first_alike(act, subject, lambda other: document is not None and facts.document_of(other) == document)


def _place_fault(facts: Facts, act: Act, name: str, level: str) -> tuple[str, str, str] | None:
    """(zh, en, parameter) of what is wrong with where something was read; None if nothing, or if the place isn't declared."""
    place = facts.place(act.body.place, act.moment_us)
    full, allowed = facts.specific(name, act, level)
    if place is None or not allowed:
        return None
    if place.type not in allowed:
        return f"{act.body.place} 不是允许的阅读场所", f"{act.body.place} is no place where that may be read", full
    if place.max_level and levels.rank(place.max_level) < levels.rank(level):
        zh, en = (
            f"{act.body.place} 只可阅读{place.max_level}级以下",
            f"{act.body.place} is for {place.max_level} at most",
        )
        return zh, en, full
    return None


@rule(
    "RDG-1", "绝密级须在保密室或阅文室阅读", "top secret is read only in a secure room or reading room",
    article=f"{TOWN_READ}第二条", severity="critical", of="cd", on=(_READ, _CIRCULATE), reads=("returned.",),
    needs=("places.read.绝密",), parameters=("places.consult",), basis="L+R",
)  # fmt: skip
def top_secret_place(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    绝密 handed out for reading, or read, at a declared place of another type. Approval doesn't heal it; unknown places are not
    judged. Where archives are consulted is RDG-4's, if the policy says where: in the archive room, which is no reading room.
    """
    for sitting in sittings(facts, subject):
        act = sitting[0]
        if act.kind == _READ and act.body.how == "consult" and facts.values("places.consult", act):
            continue
        fault = _place_fault(facts, act, "places.read", _TOP)
        if fault is not None and _is_judged(facts, act, subject, top=True):
            zh, en, name = fault
            who = "、".join(readers(act)) or "（未记）"
            evidence = tuple(one.index for one in sitting)
            yield Breach(evidence, f"{who} 阅读绝密级：{zh}", f"{who} read top secret: {en}", act, (name,))


@rule(
    "RDG-2", "在符合保密要求的场所阅读", "the other levels are read at compliant places of the office",
    article=f"{TOWN_READ}第二条；{UNIVERSITY}四、8；{TOWN_LEND}第五条",
    severity="high", of="cd", on=(_READ, _CIRCULATE),
    reads=("returned.",), needs=("places.read",), basis="L+R",
)  # fmt: skip
def compliant_place(facts: Facts, subject: str) -> Iterator[Breach]:
    """秘密 or 机密 at a declared place of the unit that is none of the types allowed. Places outside the unit: see RDG-3."""
    for sitting in sittings(facts, subject):
        act = sitting[0]
        if is_outside_place(facts, act.body.place, act.moment_us) or not _is_judged(facts, act, subject, top=False):
            continue
        fault = _place_fault(facts, act, "places.read", facts.level(subject, act))
        if fault is not None:
            zh, en, name = fault
            who = "、".join(readers(act)) or "（未记）"
            yield Breach(tuple(one.index for one in sitting), f"{who} 阅读：{zh}", f"{who} read: {en}", act, (name,))


@rule(
    "RDG-3", "在办公场所以外阅读须经批准", "reading outside the office needs a leader's approval",
    article=f"{TOWN_READ}第二条；{UNIVERSITY}四、8和四、13", severity="high", of="cd", on=(_READ, _CIRCULATE),
    reads=("decided.permit", "transferred.take_out"), needs=("posts.permit.read_outside",),
)  # fmt: skip
def approved_outside(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    秘密 or 机密 handed out or read at a declared place outside the unit, without approval to read there or to take it out, or
    beyond that approval. For 绝密 no approval counts, so RDG-1 alone speaks of it.
    """
    for sitting in sittings(facts, subject):
        act = sitting[0]
        place = act.body.place
        if act.imported or not is_outside_place(facts, place, act.moment_us) or not _is_own(facts, act, subject):
            continue
        level = facts.level(subject, act)
        if not is_secret(level) or level == _TOP:
            continue
        if _is_out(facts, subject, act) and approvals(facts, act, "take_out", subject):
            continue
        taken = Taken(where=place, persons=tuple(readers(act)))
        for fault in approval_faults(
            facts, act, "read_outside", subject, posts="posts.permit.read_outside", level=level, taken=taken
        ):
            who = "、".join(readers(act)) or "（未记）"
            evidence = {one.index for one in sitting} | ({fault.permit.index} if fault.permit else set())
            zh, en = (
                f"{who} 在办公场所以外（{place}）阅读：{fault.zh}",
                f"{who} read outside the office ({place}): {fault.en}",
            )
            yield Breach(tuple(sorted(evidence)), zh, en, act, ("posts.permit.read_outside",), about=fault.what)


def _is_out(facts: Facts, subject: str, act: Act) -> bool:
    """Whether a carrier, or a copy of a document, was out by an entry when an act happened."""
    carriers = [subject] if subject[0] == "c" else facts.copies(subject)
    return any(
        follows(act, out.given) and (out.ended is None or out.ended is act or not follows(act, out.ended))
        for carrier in carriers
        for out in holdings(facts, carrier, "transferred.take_out", through=(RENEWAL, _LEND))
    )


def _consultations(facts: Facts, subject: str) -> Iterator[Act]:
    """Consultations of archives (查档) that are judged at a subject. What a ledger says shows no signature and no permit."""
    for act in facts.of(subject, _READ):
        if act.body.how == "consult" and not act.imported and _is_own(facts, act, subject):
            yield act


@rule(
    "RDG-4", "查阅密级档案须经批准，限档案室内，不得复印",
    "classified archives are consulted on approval, signed for, in the archive room, without copying",
    article=f"{SCHOOL_ONE}第三条；{SELF_CHECK}二",
    severity="high", of="cd", on=(_READ,), reads=("decided.permit", _COPIED),
    parameters=("places.consult", "series"), needs=("posts.permit.consult",), basis="L+R",
)  # fmt: skip
def consulted(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A consultation of something classified without that approval, or by somebody whom it doesn't name, unsigned by the reader, at
    another place, or with a copy made.
    """
    for act in _consultations(facts, subject):
        level = facts.level(subject, act)
        if not is_secret(level):
            continue
        who = "、".join(act.named("reader")) or "（未记）"
        taken = Taken(persons=tuple(act.named("reader")))
        for fault in approval_faults(
            facts, act, "consult", subject, posts="posts.permit.consult", level=level, taken=taken
        ):
            evidence = (act.index,) if fault.permit is None else (fault.permit.index, act.index)
            zh, en = f"{who} 查阅密级档案：{fault.zh}", f"{who} consulted classified archives: {fault.en}"
            yield Breach(evidence, zh, en, act, ("posts.permit.consult",), about=fault.what)
        unsigned = [one for one in act.named("reader") if one not in act.signers("reader")]
        if unsigned and not set(unsigned) <= set(facts.countersigners(act, "reader")):
            zh, en = f"查阅人 {'、'.join(unsigned)} 未签字", f"the reader {', '.join(unsigned)} has not signed"
            yield Breach((act.index,), zh, en, act, about="signature")
        if act.body.place:
            fault_of_place = _place_fault(facts, act, "places.consult", level)
            if fault_of_place is not None:
                zh = f"{who} 查阅密级档案不在档案室（{act.body.place}）"
                en = f"{who} consulted classified archives at {act.body.place}"
                yield Breach((act.index,), zh, en, act, ("places.consult",), about="place")
        for copy in _copies_by_reader(facts, subject, act):
            zh, en = f"{who} 查阅时复印", f"{who} had a copy made while consulting"
            yield Breach((act.index, copy.index), zh, en, copy, about="copy")


def _copies_by_reader(facts: Facts, subject: str, read: Act) -> Iterator[Act]:
    """Copies, no extracts, that rest on a consultation, or that its reader made or asked for before leaving."""
    for copy in facts.of(subject, _COPIED):
        if copy.body.method == "excerpt" or subject in copy.carriers:
            continue
        at_us, out_us = copy.start_us, read.body.out_at or None
        during = None not in (at_us, out_us, read.start_us) and (read.start_us or 0) <= (at_us or 0) <= (out_us or 0)
        by_reader = set(read.named("reader")) & {*copy.named("operator"), *copy.named("proposer")}
        if read.id in copy.refs or (during and by_reader):
            yield copy


def _series(facts: Facts, subject: str) -> tuple[str, str]:
    """(series, document) of a carrier or document; empty where none is stated."""
    document = subject if subject[0] == "d" else facts.document_of(subject)
    stated = facts.stated(document) if document else None
    return (stated.series or "", document or "") if stated is not None else ("", "")


def _uses(facts: Facts, subject: str) -> Iterator[Act]:
    """Readings and loans of archives that are judged at a subject."""
    for act in facts.of(subject, _READ, _LEND):
        heard = act.kind == _READ and act.body.how == "heard"
        if not act.imported and not heard and _is_own(facts, act, subject):
            yield act


@rule(
    "RDG-5", "会议记录限指定人员在档案室查阅，不得复印", "minutes are consulted by those named only, in the archive room, without copying",
    article=f"{SCHOOL_ONE}第五条",
    severity="high", of="cd", on=(_READ, _LEND, _COPIED), reads=("registered.document",), parameters=("series",), basis="L+R",
)  # fmt: skip
def series_readers(facts: Facts, subject: str) -> Iterator[Breach]:
    """Something of a series for which the policy names readers, a place or no copying (`series.<name>.…`), used otherwise."""
    series, _ = _series(facts, subject)
    if not series:
        return
    for act in _uses(facts, subject):
        name, posts = f"series.{series}.readers", facts.values(f"series.{series}.readers", act)
        for person in readers(act):
            if posts and not facts.has_post(person, posts, act.moment_us):
                zh, en = f"{person} 不在可查阅“{series}”之列", f"{person} is none of those who may consult {series}"
                yield Breach((act.index,), zh, en, act, (name,), about=person)
        place = act.body.place or ""
        name = f"series.{series}.place"
        kind = facts.place_type(place or None, act.moment_us)
        types = facts.values(name, act)
        away = act.kind == _LEND and act.body.depth == "take_away"
        if types and (away or (kind and kind not in types)):
            where = "借出" if away else f"在 {place} 查阅"
            zh, en = (
                f"“{series}”{where}，限 {'、'.join(types)}",
                f"{series} was {'lent away' if away else f'consulted at {place}'}",
            )
            yield Breach((act.index,), zh, en, act, (name,), about="place")
    name = f"series.{series}.copying"
    for copy in facts.of(subject, _COPIED):
        # An extract (摘抄) is no copy (复印): CIR-7.
        parents = [copy.subjects[position] for position in copy.body.parents]
        first = next((one for one in parents if _series(facts, one)[0] == series), None)
        if copy.imported or copy.body.method == "excerpt" or first != subject:
            continue
        if facts.value(name, copy) == "no":
            zh, en = f"“{series}”不得复印，已复制", f"{series} may not be copied, and was"
            yield Breach((copy.index,), zh, en, copy, (name,), about="copy")


def _consenting(facts: Facts, act: Act, subject: str) -> set[str]:
    """Who agreed to a consultation before it: the signers of its reviews and approvals."""
    named = [one for one in (subject, _series(facts, subject)[1]) if one]
    found: list[Decision] = [
        *permits(facts, act, "consult", subjects=named),
        *permits(facts, act, "lend", subjects=named),
    ]
    steps = [step for decision in found for step in decision.steps if step.index < act.index and step.before(act)]
    return {
        person
        for step in steps
        if step.body.step in ("reviewed", "approved")
        for person in (*step.signers("reviewer"), *step.signers("approver"))
    }


_LEADER: Final = "project_leader"


@rule(
    "RDG-6", "科研档案有密级的只限课题组负责人，无密级的须经其同意",
    "research archives: classified ones only by the project leader, others with the leader's consent",
    article=f"{SCHOOL_ONE}第六条",
    severity="high", of="cd", on=(_READ, _LEND), reads=("registered.document", "decided.permit"), parameters=("series",), basis="L+R",
)  # fmt: skip
def research(facts: Facts, subject: str) -> Iterator[Breach]:
    """Of a series for which the policy asks the project leader (`series.<name>.consent`); the leader holds that post over the document."""
    series, document = _series(facts, subject)
    name = f"series.{series}.consent"
    for act in _uses(facts, subject) if series else ():
        if _LEADER not in facts.values(name, act):
            continue
        over = (document, subject)
        others = [one for one in readers(act) if not facts.has_post_over(one, (_LEADER,), over, act.moment_us)]
        if not others:
            continue
        who = "、".join(others)
        if is_secret(facts.level(subject, act)):
            zh, en = (
                f"{who} 不是课题组负责人，查阅了有密级的科研档案",
                f"{who}, not the project leader, consulted classified research",
            )
            yield Breach((act.index,), zh, en, act, (name,))
        elif not _agreed(facts, act, subject, (_LEADER,), over):
            zh, en = (
                f"{who} 查阅科研档案未经课题组负责人同意",
                f"{who} consulted research without the project leader's consent",
            )
            yield Breach((act.index,), zh, en, act, (name,))


def _agreed(facts: Facts, act: Act, subject: str, posts: tuple[str, ...], over: tuple[str, ...]) -> bool:
    return any(facts.has_post_over(one, posts, over, act.moment_us) for one in _consenting(facts, act, subject))


@rule(
    "RDG-7", "跨部门查阅、查阅教学档案须经同意", "other departments' files and teaching files are consulted with consent",
    article=f"{SCHOOL_ONE}第二条、第四条和第七条",
    severity="medium", of="cd", on=(_READ, _LEND), reads=("registered.document", "decided.permit"),
    parameters=("posts.consult.owner", "series"), basis="L+R",
)  # fmt: skip
def consent(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A reader of another unit than the one that filed it, without consent of who holds the post over that unit; or a series
    whose policy asks somebody else's consent (`series.<name>.consent`), without it. Going through the own department's
    secretary (第二条) leaves no trace of its own in the log.
    """
    series, document = _series(facts, subject)
    stated = facts.stated(document) if document else None
    owner = (stated.owner or "") if stated is not None else ""
    for act in _uses(facts, subject):
        posts = facts.values("posts.consult.owner", act)
        strangers = [one for one in readers(act) if owner and _is_of_another(facts, one, owner, act)]
        if posts and strangers and not _agreed(facts, act, subject, posts, (owner,)):
            who = "、".join(strangers)
            zh, en = (
                f"{who} 跨部门查阅未经 {owner} 负责人同意",
                f"{who} consulted files of {owner} without its head's consent",
            )
            yield Breach((act.index,), zh, en, act, ("posts.consult.owner",), about="owner")
        name = f"series.{series}.consent"
        wanted = tuple(post for post in facts.values(name, act) if post != _LEADER) if series else ()
        over = tuple(one for one in (document, subject, owner) if one)
        themselves = all(facts.has_post_over(one, wanted, over, act.moment_us) for one in readers(act))
        if wanted and not themselves and not _agreed(facts, act, subject, wanted, over):
            who = "、".join(readers(act)) or "（未记）"
            zh, en = f"{who} 查阅“{series}”未经同意（{'、'.join(wanted)}）", f"{who} consulted {series} without consent"
            yield Breach((act.index,), zh, en, act, (name,), about="series")


def _is_of_another(facts: Facts, person: str, unit: str, act: Act) -> bool:
    """Whether a person is declared in another unit, which is none of those below it."""
    known = facts.person(person)
    own = None if known is None else known.unit(at_us=act.moment_us)
    return own is not None and unit not in facts.above(own, act.moment_us)


question(
    "RDG-8", "是否有人在公共场所、家属面前议论秘密，或在普通电话、传真、私人信函中涉及秘密？",
    "Does anybody talk of secrets in public, before family, or by ordinary phone, fax or letter?",
    article=f"{TOWN_LEND}第六条；{COOP}二（五）",
)  # fmt: skip
