"""
Change of level and declassification (密级变更、解密): DCL-1 to DCL-7.

A decision taken by another unit (`by`) is judged by DCL-3 alone: its steps and notices are that unit's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.projection import levels, rows
from chainlog.projection.rows import UNKNOWN_US
from chainlog.rules.acts import Act
from chainlog.rules.changes import (
    RECLASSIFY,
    first_of_owner,
    given_back,
    notice,
    own_changes,
    owner_of,
    units_with_copies,
)
from chainlog.rules.decisions import Decision, approver_faults, decisions, latest_round, permit_faults, takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.own_documents import MADE
from chainlog.rules.placing import judged_at, names_en, names_zh, number_en
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.secrecy_terms import STATE_SECRET, ended_by_itself, ends_on
from chainlog.rules.sources import ARCHIVES_KEPT, ARCHIVES_USED, BUREAU, CONGRESS, LAW, TOWN_CLASSIFY
from chainlog.rules.terms import within
from chainlog.rules.things import is_outside, may_be_above

_KIND: Final = RECLASSIFY
_CHANGES: Final = {
    "raised": "提高密级", "lowered": "降低密级", "extended": "延长期限", "shortened": "缩短期限", "declassified": "解密",
}  # fmt: skip
_GROUNDED: Final = ("raised", "lowered", "declassified")
_OPENS_ONLY: Final = ("expired", "terms_met")
_GONE: Final = frozenset({"destroyed", "lost", "returned_to_issuer", "issued_out", "archived"})


@rule(
    "DCL-1", "变更密级、解密按程序审批", "a change of level is proposed, agreed to and approved, on a stated ground",
    article=f"{TOWN_CLASSIFY}第六条；{BUREAU}第三条（三）；{LAW}第十六条", severity="high", of="dc", on=(_KIND,),
    parameters=("posts.reclassify.reviewed", "posts.reclassify.approved", "distinct.reclassify", "term.from", "term.end_day"),
    basis="L+R",
)  # fmt: skip
def in_steps(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A step is missing or out of order, taken by somebody without the post, or two by one person where the policy keeps them apart;
    the ground is missing or is none for this change. An approval that states proposer and reviewer itself counts for all three.

    By law who approves reviews as well: an agreement of its own is missing only where the policy names who gives it. What opened
    by itself at the end of its term needs no decision.
    """
    for decision in decisions(facts.of(subject), _KIND):
        stated, effective = decision.step("approved"), decision.effective
        if stated is None or stated.imported or stated.body.by or judged_at(stated, "dc") != subject:
            continue
        evidence = tuple(step.index for step in decision.steps)
        act = effective or stated
        if ended_by_itself(facts, subject, act):
            continue
        for about, zh, en, names in _step_faults(facts, decision, act):
            what_zh = _CHANGES[act.body.change]
            yield Breach(evidence, f"{what_zh}：{zh}", f"{act.body.change}: {en}", act, names, about=about)


def _step_faults(facts: Facts, decision: Decision, act: Act) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    if decision.effective is None:
        yield "unsigned", "批准人未签名", "the approver has not signed", ()
    roles = {"proposed": "proposer", "reviewed": "reviewer"}
    words = {"proposed": ("承办人提出", "proposal"), "reviewed": ("负责人审核同意", "agreement")}
    before: Act | None = None
    for step, role in roles.items():
        done = decision.step(step)
        if done is None:
            if not act.named(role) and (step == "proposed" or _asks_review(facts, act)):
                yield step, f"缺少“{words[step][0]}”", f"no {words[step][1]}", ()
            continue
        if done.index > act.index or not done.before(act) or (before is not None and not before.before(done)):
            yield f"{step}.order", f"“{words[step][0]}”次序颠倒", f"the {words[step][1]} is out of order", ()
        before = done
    current = latest_round(decision, act)
    for step, role in (("reviewed", "reviewer"), ("approved", "approver")):
        # Posts are asked for when the step was taken, not when the last one was.
        taken = next((one for one in current.steps if one.body.step == step and one.named(role)), act)
        for fault in approver_faults(facts, taken, taken.named(role), f"posts.reclassify.{step}", level=act.body.level):
            yield f"{step}.post", fault.zh, fault.en, fault.parameters
    for apart in facts.values("distinct.reclassify", act):
        persons = [person for role in apart.split("+") for person in current.persons(role)]
        twice = sorted({person for person in persons if persons.count(person) > 1})
        if twice:
            yield (
                "distinct",
                f"{names_zh(twice)} 一人兼任两步",
                f"{names_en(twice)} took two steps",
                ("distinct.reclassify",),
            )
    ground, change = act.body.ground, act.body.change
    if change in _GROUNDED and not ground:
        yield "ground", "未载明理由", "no ground is stated", ()
    elif change != "declassified" and ground in _OPENS_ONLY:
        yield "ground", f"“{ground}”不是{_CHANGES[change]}的理由", f"{ground} is no ground for that", ()


def _asks_review(facts: Facts, act: Act) -> bool:
    apart = [value.split("+") for value in facts.values("distinct.reclassify", act)]
    return bool(facts.values("posts.reclassify.reviewed", act)) or any("reviewer" in roles for roles in apart)


@rule(
    "DCL-2", "变更、解密后书面通知有关单位", "the units concerned are told in writing of a change",
    article=f"{TOWN_CLASSIFY}第七条；{LAW}第二十三条", severity="high", of="d", on=(_KIND,),
    reads=("notified.sent", "transferred.dispatch", "returned."), needs=("within.notice",), parameters=("term.from", "term.end_day"), basis="L+T",
)  # fmt: skip
def told_in_writing(facts: Facts, document: str) -> Iterator[Outcome]:
    """
    A unit that had a copy when the change was decided got no written notice within the term; each unit for itself. A phone call
    is no written notice. A unit that gave its copies back needs none. Of changes within the term of an earlier one only the last
    has to be told; what opened at the end of its term, nobody.
    """
    changes = [act for _, act in own_changes(facts, document)]
    for number, act in enumerate(changes):
        due_us = facts.deadline("within.notice", act)
        if due_us is None or any(later.moment_us <= due_us for later in changes[number + 1 :]):
            continue
        if ended_by_itself(facts, document, act):
            continue
        for unit, carriers in sorted(units_with_copies(facts, document, act).items()):
            done = notice(facts, document, carriers, unit, act) or given_back(facts, carriers, unit)
            change = _CHANGES[act.body.change]
            yield from within(
                facts, "within.notice", act, done=done, zh=f"{change}应书面通知 {unit}",
                en=f"{unit} is to be told in writing: {act.body.change}", about=unit,
            )  # fmt: skip


@rule(
    "DCL-3", "密级由原定密机关或其上级变更", "the level of a document is changed by its classifier or a unit above that only",
    article=f"{LAW}第二十三条；{ARCHIVES_USED}三和四（一）", severity="critical", of="d", on=(_KIND,), reads=("registered.document",),
    parameters=("term.from", "term.end_day"), basis="L+R",
)  # fmt: skip
def by_its_classifier(facts: Facts, document: str) -> Iterator[Breach]:
    """
    Who decided is neither the unit that classified the document (else its issuer) nor one above it, and no authority
    (`authority_doc`) is named.

    Where no book says whose document it is, or nobody declared that unit, nothing is said. What expired by itself is open without
    anybody's decision: stating that is none, if the term that stood then had ended. An approval that nobody signed changes nothing.
    """
    owner = owner_of(facts, document)
    if not owner or (facts.unit(owner) is None and owner != facts.own_unit):
        return
    for act in facts.of(document, _KIND):
        by = act.body.by or facts.own_unit
        if not takes_effect(act) or act.imported or act.body.authority_doc or not first_of_owner(facts, act, document):
            continue
        if (
            by == owner
            or may_be_above(facts, by, owner, act.moment_us)
            or (_is_own(facts, by, act) and _is_own(facts, owner, act))
            or ended_by_itself(facts, document, act)
        ):
            continue
        yield Breach(
            (act.index,),
            f"{by} 变更了由 {owner} 定密的文件的密级或期限，未载明依据",
            f"{by} changed level or term of what {owner} classified, and names no authority",
            act,
        )


def _is_own(facts: Facts, unit: str, act: Act) -> bool:
    declared = facts.unit(unit, act.moment_us)
    return unit == facts.own_unit or (declared is not None and declared.type in ("own", "section"))


@rule(
    "DCL-4", "保密期限届满的按规定处理，届满前审核", "what expires is reviewed before, and dealt with after",
    article=f"{CONGRESS}四（一）3；{LAW}第二十四条", severity="low", of="d",
    on=("registered.document", "decided.", "copied.made"), reads=("checked.inspection", "transferred.", "returned.", "destroyed."),
    needs=("keep.review_before_expiry",), parameters=("term.from", "term.end_day"), basis="L+T",
)  # fmt: skip
def expiry(facts: Facts, document: str) -> Iterator[Outcome]:
    """
    The term ends within the days that the policy gives, and since then nobody reviewed it (`checked.inspection` secrecy_term of the
    document, a copy or the unit, or a new decision); or it has ended, and copies are still about (for information). A review is
    asked of whoever determined the level: not of papers from elsewhere.

    A document whose copies are all out, filed, returned or destroyed is not asked about, nor one whose term ends by a condition.
    """
    standing = facts.standing(document)
    act = _put_in_force(facts, document)
    if standing.level not in STATE_SECRET or not standing.term or act is None:
        return
    end = ends_on(facts, document, standing.term, act)
    live = [c for c in facts.copies(document) if (s := facts.carrier(c)) is not None and s.custody_phase not in _GONE]
    if end is None or not live:
        return
    end_us = facts.calendar.end_of(end)
    term = facts.value("keep.review_before_expiry", act)
    if not term:
        return
    if facts.has_passed(end_us):
        yield Breach(
            (act.index,),
            f"{standing.level}保密期限已于 {end.isoformat()} 届满，尚有{len(live)}件未处理：{names_zh(live)}",
            f"the term of {standing.level} ended on {end.isoformat()}; still about: {number_en(len(live), 'copy')}, {names_en(live)}",
            act,
            ("keep.review_before_expiry",),
            severity="info",
            about="expired",
        )
        return
    # A term backwards is as long as the same term forwards from there.
    opens_us = facts.calendar.start_of(facts.calendar.day(2 * end_us - facts.calendar.end_of_term(end_us, term)))
    if not _is_ours_to_review(facts, document) or not facts.has_passed(opens_us - 1):
        return
    if _reviewed(facts, document, act, opens_us):
        return
    yield Breach(
        (act.index,),
        f"{standing.level}保密期限将于 {end.isoformat()} 届满，尚未审核",
        f"the term of {standing.level} ends on {end.isoformat()}, and nobody has reviewed it yet",
        act,
        ("keep.review_before_expiry",),
        unfinished=True,
        about="review",
    )


def _is_ours_to_review(facts: Facts, document: str) -> bool:
    """Whether this unit determined the level, as far as the books say: it is named as who did, or made the copies."""
    owner = owner_of(facts, document)
    return not is_outside(facts, owner, facts.as_of_us) if owner else bool(facts.of(document, MADE))


def _put_in_force(facts: Facts, document: str) -> Act | None:
    """The act by which level and term of a document are what they are."""
    found = [(index, row) for index, row in facts.dated(rows.LEVEL, document) if row.how in ("stated", "decided")]
    standing = facts.standing(document)
    for index, row in reversed(found):
        how = "stated" if standing.decided_us == UNKNOWN_US else "decided"
        if row.how == how and (row.level, row.term) == (standing.level, standing.term):
            return facts.at(index)
    return None


def _reviewed(facts: Facts, document: str, act: Act, since_us: int) -> bool:
    for subject in (document, facts.own_unit, *facts.copies(document)):
        for one in facts.of(subject, "checked.inspection"):
            if one.body.topic == "secrecy_term" and one.latest_us >= since_us:
                return True
    return any(one.index > act.index and one.latest_us >= since_us for one in facts.of(document, "decided.reclassify"))


_MEDIA: Final = frozenset({
    "optical_disc", "floppy", "hard_disk", "usb_stick", "memory_card", "computer", "laptop", "office_machine", "audio_video",
})  # fmt: skip


@rule(
    "DCL-5", "涉密磁盘降密、解密前清除信息", "a medium is erased before it is lowered or declassified",
    article=f"由{TOWN_CLASSIFY}第八条推定",
    severity="high", of="c", on=(_KIND,), reads=("destroyed.contents", "copied.stored"),
)  # fmt: skip
def erased_first(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A medium was lowered or declassified with something above its new level on record as stored on it, and not erased since. What
    was stored of documents has the level that they had by then. Its steps are DCL-1.
    """
    if facts.form(carrier) not in _MEDIA:
        return
    for decision in decisions(facts.of(carrier), _KIND):
        act = decision.effective
        if act is None or act.imported or act.body.change not in ("lowered", "declassified"):
            continue
        erased = max((one.index for one in facts.of(carrier, "destroyed.contents")), default=-1)
        above = [
            one.index for one in facts.of(carrier, "copied.stored")
            if erased < one.index < act.index and carrier in one.carriers
            and levels.rank(_stored_level(facts, one, act)) > levels.rank(act.body.level)
        ]  # fmt: skip
        if above:
            yield Breach(
                (*above[-1:], act.index),
                f"{carrier} {_CHANGES[act.body.change]}而未清除所存信息",
                f"{carrier} was {act.body.change} without being erased",
                act,
                unfinished=True,
            )


def _stored_level(facts: Facts, stored: Act, act: Act) -> str:
    """The level that what was stored on a medium had right after an act."""
    documents = [one for position in stored.body.documents or () if (one := stored.at(position)) is not None]
    return levels.highest(facts.level(one, act) for one in documents) or str(stored.body.level)


@rule(
    "DCL-6", "档案开放前逐件审核", "archives are reviewed item by item before they are opened",
    article=f"{ARCHIVES_KEPT}二", severity="medium", of="dcu", on=("notified.published",), reads=("decided.permit",),
    parameters=("posts.permit.open",), basis="L+R",
)  # fmt: skip
def reviewed_before_opening(facts: Facts, subject: str) -> Iterator[Breach]:
    """Archives were opened without an approval to open them, or approved by somebody without the post."""
    for act in facts.of(subject, "notified.published"):
        if act.imported or act.body.how != "archive_opened" or judged_at(act, "dcu") != subject:
            continue
        for fault in permit_faults(facts, act, "open", posts="posts.permit.open"):
            evidence = (act.index,) if fault.permit is None else (fault.permit.index, act.index)
            yield Breach(
                evidence,
                f"开放档案：{fault.zh}",
                f"archives were opened: {fault.en}",
                act,
                fault.parameters,
                about=fault.what,
            )


@rule(
    "DCL-7", "变更应及于全部复制件、摘录件", "a change reaches every copy and extract",
    article=f"由{TOWN_CLASSIFY}第七条推定",
    severity="high", of="dc", on=("registered.document", "copied.made"), reads=("decided.",),
)  # fmt: skip
def reaches_all(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    The source of an extract, or of a copy that is filed under no document, changed its level since it was made, and this one still
    bears the old level. One whose level was decided about since, or that another source still holds up, is not stale.
    """
    if subject.startswith("d/"):
        view = facts.document(subject)
        sources = [] if view is None else list(view.derived_from)
        made = next((act for act in facts.of(subject, "copied.made", "registered.document")), None)
    else:
        state = facts.carrier(subject)
        if state is None or state.document or state.custody_phase in ("destroyed", "lost", "returned_to_issuer"):
            return
        parents = [parent for parent, _ in facts.pairs(rows.PARENT, subject)]
        sources = [document for parent in parents if (document := facts.document_of(parent))]
        made = next((act for act in facts.of(subject, "copied.made") if subject in act.carriers), None)
    if not sources or made is None or not _is_live(facts, subject):
        return
    own = facts.level(subject)
    changes = [act for source in sources for _, act in _changes_since(facts, source, made)]
    newest = max(changes, key=lambda act: act.index, default=None)
    if newest is None or any(act.index > newest.index for act in facts.of(subject, _KIND, "decided.classify")):
        return
    was = levels.highest(facts.level(source, made) for source in sources)
    now = levels.highest(facts.level(source) for source in sources)
    if own == was and levels.rank(own) != levels.rank(now):
        yield Breach(
            (made.index, newest.index),
            f"{names_zh(sources)} 已改为{now}，{subject} 仍为{own}",
            f"{names_en(sources)} is now {now}, and {subject} is still {own}",
            newest,
            unfinished=True,
        )


def _changes_since(facts: Facts, document: str, made: Act) -> Iterator[tuple[Decision, Act]]:
    for decision in decisions(facts.of(document), _KIND):
        act = decision.effective
        if act is not None and act.index > made.index:
            yield decision, act


def _is_live(facts: Facts, subject: str) -> bool:
    if subject.startswith("c/"):
        return True
    copies = [state for c in facts.copies(subject) if (state := facts.carrier(c)) is not None]
    return not copies or any(state.custody_phase not in ("destroyed", "lost", "returned_to_issuer") for state in copies)
