"""
Determining the level (定密), how it is done: CLS-1, 5, 6, 7, 9, 10, 11, 17. What is determined: `classification_levels`.

Levels that another unit determined are that unit's affair, and rows of a ledger show no steps: neither is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.decisions import Decision, approver_faults, latest_round, takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.own_documents import (
    CLASSIFY,
    MADE,
    classifications,
    decided_elsewhere,
    effective,
    entries,
    names_sources,
    secret_makings,
    signers,
    step_of,
)
from chainlog.rules.rounds import periods, since_opening
from chainlog.rules.rule import Breach, Outcome, question, rule
from chainlog.rules.sources import BUREAU, CONGRESS, LAW, PLAN_OFFICE, SURVEY, TOWN_CLASSIFY
from chainlog.rules.terms import by_then, within
from chainlog.rules.things import is_outside, is_secret

_STEPS: Final = {
    "proposed": ("拟定", "proposed", "proposer"),
    "reviewed": ("审核", "reviewed", "reviewer"),
    "approved": ("批准", "approved", "approver"),
}


def secret_steps(facts: Facts, subject: str) -> list[Decision]:
    """Decisions on the level of a state secret."""
    return [d for d in classifications(facts, subject) if is_secret(d.steps[-1].body.level)]


# --- CLS-1 --------------------------------------------------------------------------------------


@rule(
    "CLS-1", "拟稿人拟定密级并提出定密依据", "who drafts proposes a level and names its basis",
    article=f"{TOWN_CLASSIFY}第一条；{PLAN_OFFICE}三、1（1）；{SURVEY}一、4；{CONGRESS}五（一）1",
    severity="high", of="dc", on=(CLASSIFY, MADE),
)  # fmt: skip
def proposed_with_basis(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A state secret was made here before anybody proposed its level, or a proposal names no basis. A later step of the
    same decision may still name it; of a derived level the source is the basis. Whether it is right no log can tell.
    """
    for decision in secret_steps(facts, subject):
        act = _proposal(decision)
        if act is None or act.body.basis or (_is_derived(facts, subject, decision) and names_sources(facts, subject)):
            continue
        later = next((one for one in decision.steps if one.body.basis), None)
        evidence = (act.index,) if later is None else (act.index, later.index)
        yield Breach(
            evidence, f"拟定{act.body.level}未提出定密依据", f"{act.body.level} was proposed without a basis", act,
            closed=later is not None,
        )  # fmt: skip
    made = secret_makings(facts, subject) if subject[0] == "d" else []
    if not made or decided_elsewhere(facts, subject):
        return
    proposals = [step_of(decision, "proposed")[0] for decision in classifications(facts, subject)]
    if not any(act is not None and act.before(made[0]) for act in proposals):
        yield Breach(
            (made[0].index,), "制作前未拟定密级", "made before anybody proposed its level", made[0], about="proposed"
        )  # fmt: skip


def _proposal(decision: Decision) -> Act | None:
    """The first act by which a secret level was proposed: another level needs no basis, even if it was sent back."""
    own = [act for act in decision.steps if act.body.step == "proposed"]
    found = own or [act for act in (step_of(decision, "proposed")[0],) if act is not None]
    return next((act for act in found if is_secret(act.body.level)), None)


# --- CLS-5 --------------------------------------------------------------------------------------


@rule(
    "CLS-5", "定密须经拟定、审核、批准", "a level is proposed, reviewed and approved, in this order",
    article=f"{TOWN_CLASSIFY}第四条；{SURVEY}一、4；{PLAN_OFFICE}三、1（1）；{CONGRESS}五（一）2；{LAW}第十六条",
    severity="high", of="dc", on=(CLASSIFY, MADE),
    parameters=("posts.classify.proposed", "posts.classify.reviewed", "posts.classify.approved", "distinct.classify"),
    basis="L+R",
)  # fmt: skip
def three_steps(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A step was left out, not signed, out of order, done by somebody without the post, or two by one person. Steps that a
    small office states in the approval itself count as done, in their order, without signatures of their own. What was sent
    back begins anew. By law who approves reviews as well: a review of its own is missing only where the policy names
    reviewers.
    """
    made = secret_makings(facts, subject) if subject[0] == "d" else []
    for decision in secret_steps(facts, subject):
        approval = effective(decision)
        if approval is None:
            yield from _not_effective(decision)
            continue
        yield from _step_faults(facts, decision, approval)
        yield from _same_person(facts, decision, approval)
    if not made or decided_elsewhere(facts, subject):
        return
    steps = [act for decision in classifications(facts, subject) for act in decision.steps]
    if steps and not any(takes_effect(act) and act.before(made[0]) for act in steps):
        yield Breach(
            (made[0].index,), "密级未经批准即制作", "made before its level was approved", made[0], about="made"
        )


def _not_effective(decision: Decision) -> Iterator[Breach]:
    stated = decision.step("approved")
    if stated is not None and not takes_effect(stated):
        yield Breach(
            (stated.index,), "定密批准未签名", "the approval of the level is not signed", stated, about="signed"
        )


def _step_faults(facts: Facts, decision: Decision, approval: Act) -> Iterator[Breach]:
    level = approval.body.level
    found: list[tuple[str, Act]] = []
    missing = []
    for step, (zh, en, role) in _STEPS.items():
        act, persons = (approval, approval.signers(role)) if step == "approved" else _done(decision, approval, step)
        if act is None:
            if step != "reviewed" or _asks_review(facts, approval):
                missing.append((zh, en))
            continue
        found.append((step, act))
        if act.body.step == step and not signers(facts, act, role):
            yield Breach(
                (act.index,), f"定密{zh}未签名", f"the level was {en} without a signature", act, about=f"signed {step}"
            )
        for fault in approver_faults(facts, act, persons, f"posts.classify.{step}", level=level):
            yield Breach(
                tuple(sorted({act.index, approval.index})), f"定密{zh}人 {fault.zh}", f"{en}: {fault.en}", approval,
                fault.parameters, about=f"post {step}",
            )  # fmt: skip
    if missing:
        yield Breach(
            (approval.index,), f"定密缺{'、'.join(zh for zh, _ in missing)}环节",
            f"the level was never {' nor '.join(en for _, en in missing)}", approval, about="missing",
        )  # fmt: skip
    for (first, one), (second, other) in pairwise(found):
        if one.index != other.index and not one.before(other):
            (first_zh, first_en, _), (second_zh, second_en, _) = _STEPS[first], _STEPS[second]
            yield Breach(
                tuple(sorted((one.index, other.index))), f"定密{first_zh}在{second_zh}之后",
                f"the level was {first_en} only after it was {second_en}", approval, about=f"order {first}",
            )  # fmt: skip


def _done(decision: Decision, approval: Act, step: str) -> tuple[Act | None, list[str]]:
    """A step since the decision was last sent back, else before: a proposal that stands need not be made again."""
    found = step_of(latest_round(decision, approval), step)
    return found if found[0] is not None else step_of(decision, step)


def _asks_review(facts: Facts, approval: Act) -> bool:
    apart = [value.split("+") for value in facts.values("distinct.classify", approval)]
    return bool(facts.values("posts.classify.reviewed", approval)) or any("reviewer" in roles for roles in apart)


def _same_person(facts: Facts, whole: Decision, approval: Act) -> Iterator[Breach]:
    """Roles that the policy keeps apart, held by one person in one decision, since it was last sent back."""
    decision = latest_round(whole, approval)
    roles = {role: (zh, step) for step, (zh, _, role) in _STEPS.items()}
    for value in facts.values("distinct.classify", approval):
        for one, other in combinations([role for role in value.split("+") if role in roles], 2):
            both = [p for p in decision.persons(one) if p in decision.persons(other)]
            if both:
                indexes = {
                    act.index for act in decision.steps for r, p, _ in act.people if r in (one, other) and p in both
                }
                zh = f"{'、'.join(both)} 一人既{roles[one][0]}又{roles[other][0]}密级"
                en = f"{', '.join(both)} acted as {one} and as {other} of the same level"
                yield Breach(
                    tuple(sorted(indexes)), zh, en, approval, ("distinct.classify",), about=f"{one} {other}"
                )  # fmt: skip


# --- CLS-6 --------------------------------------------------------------------------------------


@rule(
    "CLS-6", "编号文印时复核密级，退回的重新审核签发", "the office checks the level; what is sent back is reviewed and signed afresh",
    article=f"{TOWN_CLASSIFY}第四条", severity="medium", of="d", on=(MADE,), reads=(CLASSIFY,),
    parameters=("strict.CLS-6",),
)  # fmt: skip
def checked_again(facts: Facts, document: str) -> Iterator[Breach]:
    """
    Made after it was sent back, without having been reviewed and approved again. That the office checked it at all has
    to be on record only where the policy is strict: the article asks for the check, not for a note of it.
    """
    made = secret_makings(facts, document)
    if not made or decided_elsewhere(facts, document):
        return
    steps = [act for decision in classifications(facts, document) for act in decision.steps]
    sent_back = [act for act in steps if act.body.step == "rejected" and act.before(made[0])]
    if sent_back:
        last = sent_back[-1]
        afresh = [act for act in steps if act.index > last.index and act.before(made[0])]
        lacking = [
            (zh, en)
            for step, (zh, en, role) in _STEPS.items()
            if step != "proposed"
            and not any(act.body.step == step or (act.body.step == "approved" and act.named(role)) for act in afresh)
        ]
        if lacking:
            yield Breach(
                (last.index, made[0].index), f"退回后未重新{'、'.join(zh for zh, _ in lacking)}即制作",
                f"made after it was sent back, not {' nor '.join(en for _, en in lacking)} again", made[0], about="rejected",
            )  # fmt: skip
    if facts.is_yes("strict.CLS-6", made[0]) and not any(a.body.step == "checked" and a.before(made[0]) for a in steps):
        yield Breach(
            (made[0].index,), "编号、文印前办公室未复核密级", "made without the office having checked its level", made[0],
            ("strict.CLS-6",), about="checked",
        )  # fmt: skip


# --- CLS-7 --------------------------------------------------------------------------------------


@rule(
    "CLS-7", "国家秘密事项登记项目齐全", "the register of secret matters has all its columns",
    article=f"{SURVEY}一、4", severity="medium", of="d", on=(CLASSIFY,),
    reads=("created.", "registered.document", "decided.scope"), needs=("within.matter_register",), basis="L+T",
)  # fmt: skip
def register_of_matters(facts: Facts, document: str) -> Iterator[Outcome]:
    """
    Name, form, time of making, term, basis, range or proposer of a state secret stands nowhere when the time that the
    policy gives after the approval is over. Level, approver, opinion and date stand in the approval itself.
    """
    for decision in secret_steps(facts, document):
        approval = effective(decision)
        if approval is None:
            continue
        columns = _columns(facts, document, decision)
        absent = [(zh, en) for zh, en, act in columns if act is None]
        last = max((act for _, _, act in columns if act is not None), key=lambda act: act.index, default=approval)
        zh = f"国家秘密事项登记缺{'、'.join(zh for zh, _ in absent)}" if absent else "国家秘密事项登记补齐"
        en = (
            f"register of secret matters: {', '.join(en for _, en in absent)} missing"
            if absent
            else "register completed"
        )
        yield from within(
            facts, "within.matter_register", approval, done=None if absent else last, zh=zh, en=en
        )  # fmt: skip


def _columns(facts: Facts, document: str, decision: Decision) -> list[tuple[str, str, Act | None]]:
    """(zh, en, the first act that states it) of the columns that an approval doesn't fill by itself."""
    registered = entries(facts, document)
    titled = next((act for act in registered if act.body.document), None)
    births = facts.of(document, "created.", "copied.made")
    dated = next((act for act in births if act.start_us is not None), None)
    if dated is None:
        dated = next((act for act in registered if act.body.document and act.body.document.issue_date), None)
    scoped = next((act for act in facts.of(document, "decided.scope") if takes_effect(act)), None)

    def stated(name: str) -> Act | None:
        return next((act for act in decision.steps if getattr(act.body, name)), None)

    return [
        ("事项名称", "name", titled),
        ("载体形式", "form", births[0] if births else None),
        ("产生时间", "time of making", dated),
        ("保密期限", "term", stated("term")),
        ("定密依据", "basis", stated("basis")),
        ("知悉范围", "range", stated("scope") or scoped),
        ("承办人", "proposer", step_of(decision, "proposed")[0]),
    ]


# --- CLS-9, 10, 11, 17 --------------------------------------------------------------------------


@rule(
    "CLS-9", "谁发文谁定密", "who issues determines the level",
    article=f"{TOWN_CLASSIFY}第九条", severity="info", of="d", on=("registered.document",), reads=(CLASSIFY,),
)  # fmt: skip
def issuer_classifies(facts: Facts, document: str) -> Iterator[Breach]:
    """A document of this unit whose registration names another unit as classifier, with neither a note that the level is derived nor that unit's decision."""
    for act in entries(facts, document):
        stated = act.body.document
        if not stated or not stated.classifier or stated.issuer != facts.own_unit:
            continue
        if stated.classifier == stated.issuer or stated.classification == "derived" or stated.derived_from:
            continue
        if facts.unit(stated.classifier) is not None and not is_outside(facts, stated.classifier, act.moment_us):
            continue
        if any(one.body.by == stated.classifier for one in facts.of(document, CLASSIFY)):
            continue
        yield Breach(
            (act.index,), f"发文单位 {stated.issuer} 与定密单位 {stated.classifier} 不一，未注明派生定密或授权",
            f"{stated.issuer} issues it, {stated.classifier} is named as classifier, without a note why", act,
        )  # fmt: skip
        return


@rule(
    "CLS-10", "定期审查定密工作", "levels are reviewed periodically",
    article=f"{TOWN_CLASSIFY}第十条；{LAW}第二十四条", severity="low", of="s",
    on=("checked.inspection",), needs=("every.classification_review",), basis="L+T",
)  # fmt: skip
def reviewed_periodically(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    No inspection of how levels are determined in a period, counted from the last one, or from the opening of the log. A policy
    that counts in years asks once in each calendar year (每年). An inspection of a section is one too.
    """
    del subject
    name = "every.classification_review"
    reviews = [
        act for act in facts.every("u/", "checked.inspection")
        if act.body.topic == "classification" and any(not is_outside(facts, u, act.moment_us) for u in act.with_prefix("u"))
    ]  # fmt: skip
    zh, en = "定期审查定密工作", "review of how levels are determined"
    by_year = [one for one in facts.ever(name) if one.endswith("y")]
    yield from (periods if by_year else since_opening)(facts, name, reviews, zh=zh, en=en)


@rule(
    "CLS-11", "在定密权限内批准", "levels are approved within one's authority",
    article=f"{BUREAU}第八条（二）；{LAW}第十七条", severity="high", of="dc", on=(CLASSIFY,),
    needs=("strict.CLS-11",), basis="L+R",
)  # fmt: skip
def within_authority(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    An original determination above what the unit, or the approver, may determine by the registry. Derived levels need
    no authority; where the registry names none, nothing is known.
    """
    for decision in secret_steps(facts, subject):
        approval = effective(decision)
        if approval is None or not facts.is_yes("strict.CLS-11", approval) or _is_derived(facts, subject, decision):
            continue
        level, at_us = approval.body.level, approval.moment_us
        unit = facts.unit(facts.own_unit, at_us)
        granted = [(facts.own_unit, (unit.authority or "") if unit is not None else "")]
        granted += [(person, facts.authority(person, at_us)) for person in approval.signers("approver")]
        for who, authority in granted:
            if authority and levels.rank(level) > levels.rank(authority):
                yield Breach(
                    (approval.index,), f"批准定为{level}，超出 {who} 的定密权限（{authority}）",
                    f"{level} was approved beyond the authority of {who} ({authority})", approval, ("strict.CLS-11",),
                    about=who,
                )  # fmt: skip


def _is_derived(facts: Facts, subject: str, decision: Decision) -> bool:
    if any(act.body.classification == "derived" for act in decision.steps):
        return True
    stated = facts.stated(subject) if subject[0] == "d" else None
    return stated is not None and (stated.classification == "derived" or bool(stated.derived_from))


@rule(
    "CLS-17", "按时上报本单位产生的秘密文件", "what was classified is reported to the secrecy authority in time",
    article=f"{PLAN_OFFICE}三、5", severity="low", of="d", on=(CLASSIFY,), reads=("notified.filed",),
    needs=("every.classification_report",), basis="L+T",
)  # fmt: skip
def reported(facts: Facts, document: str) -> Iterator[Outcome]:
    """No report of levels is on record in the period after a state secret was determined here. One report serves all that was before it."""
    for decision in secret_steps(facts, document):
        approval = effective(decision)
        due_us = None if approval is None else facts.deadline("every.classification_report", approval)
        if approval is None or due_us is None:
            continue
        filed = [
            act for act in facts.of(facts.own_unit, "notified.filed")
            if act.body.what == "classification_report" and approval.before(act)
        ]  # fmt: skip
        yield from by_then(
            facts, due_us, approval, done=filed[0] if filed else None, zh="上报定密情况", en="report of what was classified",
            parameters=("every.classification_report",),
        )  # fmt: skip


question(
    "CLS-15", "核对所定密级是否与泄露后的损害程度相符（绝密：特别严重；机密：严重；秘密：一般）。",
    "Compare the level with the damage that disclosure would do: exceptionally grave, grave, or damage.",
    article=f"{CONGRESS}三（二）",
)  # fmt: skip
