"""Publication (公网发布): PUB-1 to PUB-3. Opening of archives is DCL-6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.decisions import Decision, approver_faults, permit_faults, permits
from chainlog.rules.facts import Facts
from chainlog.rules.placing import judged_at, names_en, names_zh
from chainlog.rules.rule import Breach, rule
from chainlog.rules.secrecy_terms import has_ended
from chainlog.rules.sources import BUREAU, COOP, TOWN_COMPUTERS, TOWN_PUBLISH

_PUBLISHED: Final = "notified.published"
_AT: Final = "dcu"


def publications(facts: Facts, subject: str) -> list[Act]:
    """What was made public, online or in the press, judged at *subject*."""
    found = facts.of(subject, _PUBLISHED)
    return [act for act in found if act.body.how != "archive_opened" and judged_at(act, _AT) == subject]


def _decision(facts: Facts, act: Act) -> Decision | None:
    """The decision to publish that an act rests on: which it refers to, else the newest."""
    found = permits(facts, act, "publish")
    if found and any(step.id in act.refs for step in found[0].steps):
        return found[0]
    return max(found, key=lambda decision: decision.steps[-1].index, default=None)


def _reviewed_by(decision: Decision, final: Act) -> bool:
    """Whether somebody reviewed in the final act of a decision, or can have done so before it."""
    return any(step.named("reviewer") and (step is final or step.before(final)) for step in decision.steps)


@rule(
    "PUB-1", "上网发布信息须先经保密审批：初审、终审", "what is put online is reviewed first, then approved by the leader",
    article=f"{TOWN_PUBLISH}第三条；{TOWN_COMPUTERS}第三条；{COOP}五（六）；{BUREAU}第三条（六）",
    severity="medium", of=_AT, on=(_PUBLISHED,), reads=("decided.permit",), parameters=("posts.permit.publish", "posts.publish.reviewed"),
    basis="L+R",
)  # fmt: skip
def reviewed_first(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Made public without an approval or without a first review before that, or by people without the posts that the policy names.
    Rows of a ledger are not judged: the approval may stand in another book.
    """
    for act in publications(facts, subject):
        if act.imported:
            continue
        for fault in permit_faults(facts, act, "publish", posts="posts.permit.publish"):
            evidence = (act.index,) if fault.permit is None else (fault.permit.index, act.index)
            yield Breach(
                evidence, f"信息发布：{fault.zh}", f"publication: {fault.en}", act, fault.parameters, about=fault.what
            )
        decision = _decision(facts, act)
        if decision is None:
            continue
        # A review or approval that follows the publication is none that came first.
        earlier = tuple(step for step in decision.steps if step.index < act.index and step.before(act))
        before, steps = Decision(decision.kind, earlier), tuple(step.index for step in earlier)
        reviewers = before.persons("reviewer")
        if not reviewers:
            yield Breach(
                (*steps, act.index),
                "信息发布前未经保密审查（初审）",
                "published without a first review",
                act,
                about="review",
            )
        elif (final := before.effective) is not None and not _reviewed_by(before, final):
            yield Breach(
                (*steps, act.index), "终审在先，初审在后", "the final review was given before the first one", act, about="order"
            )  # fmt: skip
        for fault in approver_faults(facts, act, reviewers, "posts.publish.reviewed"):
            yield Breach(
                (*steps, act.index),
                f"审核人 {fault.zh}",
                f"reviewer {fault.en}",
                act,
                fault.parameters,
                about="reviewer",
            )


@rule(
    "PUB-2", "登记采集人、审查人、上网时间和操作员", "collector, reviewer, time and operator are registered",
    article=f"{TOWN_PUBLISH}第四条和第七条", severity="low", of=_AT, on=(_PUBLISHED,), reads=("decided.permit",),
)  # fmt: skip
def registered(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    One of the four is neither stated by the publication nor, for collector and reviewer, by the decision that it rests on. What
    goes to the press is not put online.
    """
    for act in publications(facts, subject):
        if act.body.how == "press":
            continue
        decision = _decision(facts, act)
        reviewed = act.named("reviewer") or (decision is not None and decision.persons("reviewer"))
        collected = act.named("proposer") or (decision is not None and decision.persons("proposer"))
        lacking = [
            *([] if collected else [("采集人", "collector")]),
            *([] if reviewed else [("保密审查人", "reviewer")]),
            *([] if act.start_us is not None else [("上网时间", "time")]),
            *([] if act.named("operator") else [("操作员", "operator")]),
        ]
        if lacking:
            yield Breach(
                (act.index,),
                f"发布登记缺少{'、'.join(zh for zh, _ in lacking)}",
                f"the register of publications lacks {', '.join(en for _, en in lacking)}",
                act,
            )


@rule(
    "PUB-3", "涉密信息不上网", "what is classified is never made public",
    article=f"{TOWN_PUBLISH}第五条和第六条", severity="critical", of=_AT, on=(_PUBLISHED,), reads=("decided.",),
    parameters=("posts.publish.internal", "term.from", "term.end_day"), basis="L+R",
)  # fmt: skip
def never_classified(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Something still classified was made public in any way; or a work secret (内部) without approval, or with one by somebody without
    the post for that. What names no document or carrier can't be judged. What is secret no more since its term ended is not classified.
    """
    for act in facts.of(subject, _PUBLISHED):
        if judged_at(act, _AT) != subject:
            continue
        level = {one: _level(facts, one, act) for one in (*act.carriers, *act.with_prefix("d"))}
        secret = [
            one for one, found in level.items()
            if levels.rank(found) >= levels.rank("秘密") and not _has_opened(facts, one, act)
        ]  # fmt: skip
        if secret:
            highest = levels.highest(level[one] for one in secret)
            yield Breach(
                (act.index,),
                f"公开了仍属{highest}的 {names_zh(secret)}",
                f"made public while still {highest}: {names_en(secret)}",
                act,
                about="classified",
            )
        internal = [one for one, found in level.items() if found == "内部"]
        if internal:
            for fault in permit_faults(facts, act, "publish", posts="posts.publish.internal"):
                evidence = (act.index,) if fault.permit is None else (fault.permit.index, act.index)
                yield Breach(
                    evidence,
                    f"公开工作秘密 {names_zh(internal)}：{fault.zh}",
                    f"a work secret was made public, {names_en(internal)}: {fault.en}",
                    act,
                    fault.parameters,
                    severity="high",
                    about=f"internal.{fault.what}",
                )


def _has_opened(facts: Facts, subject: str, act: Act) -> bool:
    """Whether the term of a document had ended before an act: that opens it without a decision."""
    document = subject if subject[0] == "d" else facts.document_of(subject)
    return document is not None and has_ended(facts, document, facts.standing(document, act).term, act)


def _level(facts: Facts, subject: str, act: Act) -> str:
    """The level of what was made public; of a document that nobody registered, that of its copies."""
    found = facts.level(subject, act)
    if found or subject[0] != "d":
        return found
    return levels.highest(facts.level(copy, act) for copy in facts.copies(subject))
