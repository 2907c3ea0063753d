"""
What surrounds a destruction (销毁范围、时限、记录): DES-8 to DES-10, DES-12, DES-14, DES-16.

The deed itself is judged in `destruction`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.projection import rows
from chainlog.rules.acts import Act
from chainlog.rules.deeds import (
    DEED,
    NOT_DESTROYED,
    additions,
    all_deeds,
    approval,
    declassified,
    destruction_list,
    is_of_secrets,
    never_secret,
    supervisors_wanted,
)
from chainlog.rules.facts import Facts
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, Outcome, question, rule
from chainlog.rules.sources import PLAN_OFFICE, SELF_CHECK, TOWN_CARRIERS, TOWN_DESTROY
from chainlog.rules.terms import within

_GONE: Final = frozenset({"destroyed", "lost", "returned_to_issuer", "issued_out"})


@rule(
    "DES-8", "原始记录不得随载体一同销毁", "original records are not destroyed together with the items",
    article=f"{TOWN_DESTROY}第五条",
    severity="critical", of="c", on=(DEED, "listed.added"), reads=("listed.withdrawn", "created."),
)  # fmt: skip
def records_kept(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A register book stands on a list of what is to be destroyed, or was destroyed; or a carrier was destroyed of which no record
    says how it came into the books. Rows of a ledger are not asked for the latter: their other books may be elsewhere.
    """
    acts = facts.of(carrier)
    if facts.form(carrier) == "register_book":
        yield from _book(acts, carrier)
    entered = any(act.kind.startswith("created.") or act.kind == "copied.made" for act in acts)
    for act in acts:
        if act.kind == DEED and carrier in act.carriers and not act.imported and not entered:
            yield Breach(
                (act.index,),
                f"销毁了 {carrier}，却没有其入账（收文、制作、登记）的原始记录",
                f"{carrier} was destroyed, and no record says how it came into the books",
                act,
                about="no-entry",
            )


def _book(acts: tuple[Act, ...], carrier: str) -> Iterator[Breach]:
    destroyed = next((act for act in acts if act.kind == DEED and carrier in act.carriers), None)
    for act in acts:
        if act.kind == "listed.added" and act.body.purpose == "destroy":
            off = next(
                (a for a in acts if a.kind == "listed.withdrawn" and a.index > act.index and _same_list(a, act)), None
            )
            yield Breach(
                (act.index,) if off is None else (act.index, off.index),
                f"登记簿 {carrier} 被列入销毁清册 {act.with_prefix('l')[0]}",
                f"the register book {carrier} was put on {act.with_prefix('l')[0]}, a list of what is to be destroyed",
                act,
                closed=off is not None and destroyed is None,
            )
    if destroyed is not None:
        yield Breach(
            (destroyed.index,),
            f"登记簿 {carrier} 被销毁",
            f"the register book {carrier} was destroyed",
            destroyed,
            about="done",
        )


def _same_list(one: Act, other: Act) -> bool:
    return one.with_prefix("l") == other.with_prefix("l")


@rule(
    "DES-9", "销毁清册载明销毁事由", "the list says why each item is destroyed",
    article=f"{TOWN_CARRIERS}第三条", severity="low", of="l", on=("listed.added",),
)  # fmt: skip
def reasons_given(facts: Facts, name: str) -> Iterator[Breach]:
    """An item of a list of what is to be destroyed, not one that never was secret, has no reason. What a ledger doesn't state is not asked for."""
    for act in additions(facts, name):
        lacking = [act.subjects[item.carrier] for item in act.body.items if not item.reason]
        lacking = [one for one in lacking if not never_secret(facts, one, act)]
        if lacking and not act.imported:
            yield Breach(
                (act.index,),
                f"清册未载明销毁事由：{names_zh(lacking)}（共{len(lacking)}件）",
                f"{len(lacking)} listed without a reason for destroying them: {names_en(lacking)}",
                act,
            )


@rule(
    "DES-10", "应当销毁的及时销毁", "what is to be destroyed is destroyed in time",
    article=f"{TOWN_CARRIERS}第二条；{PLAN_OFFICE}三、2（3）", severity="low", of="l", on=("listed.added",),
    reads=(DEED, "listed.withdrawn"), needs=("keep.pending",), basis="L+T",
)  # fmt: skip
def in_time(facts: Facts, name: str) -> Iterator[Outcome]:
    """
    What was put on a list is neither destroyed, withdrawn nor otherwise gone within the term. Rows of a ledger, and what
    never was secret, are not judged.
    """
    for act in additions(facts, name):
        carriers = [one for one in act.with_prefix("c") if not never_secret(facts, one, act)]
        if act.imported or not carriers:
            continue
        left, last = [], act
        for carrier in carriers:
            ended = _ended(facts, carrier, name, act)
            if ended is None:
                left.append(carrier)
            elif ended.moment_us >= last.moment_us:
                last = ended
        things = left or carriers
        yield from within(
            facts, "keep.pending", act, done=None if left else last,
            zh=f"清册 {name} 所列 {names_zh(things)}（共{len(things)}件）应及时销毁",
            en=f"{len(things)} on {name} are to be destroyed: {names_en(things)}",
        )  # fmt: skip


def _ended(facts: Facts, carrier: str, name: str, act: Act) -> Act | None:
    """The act after which a carrier of a list was no longer waiting to be destroyed."""
    for later in facts.of(carrier):
        if later.index <= act.index:
            continue
        if later.kind == DEED and carrier in later.carriers:
            return later
        if later.kind == "listed.withdrawn" and name in later.subjects:
            return later
    state = facts.carrier(carrier)
    if state is not None and state.custody_phase in _GONE and state.since_index is not None:
        return facts.at(state.since_index)
    return None


@rule(
    "DES-14", "已解密但不宜公开的按规定销毁", "what is declassified but not public goes through the same procedure",
    article=f"{TOWN_CARRIERS}第三条",
    severity="medium", of="lcd", on=(DEED,), reads=("decided.", "listed.", "notified.published"),
)  # fmt: skip
def declassified_too(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    What was declassified and not made public was destroyed without approval, list or two supervisors, or got rid of otherwise.
    A deed on which secrets stand too is judged as such, and not here.
    """
    for deed in all_deeds(facts, subject):
        things = [one for one in declassified(facts, deed) if not _is_public(facts, one, deed)]
        if not things or is_of_secrets(facts, deed):
            continue
        lacking = [
            *([] if approval(facts, deed) else [("审批", "approval")]),
            *([] if destruction_list(deed) else [("造册", "a list")]),
            *(
                []
                if len(set(deed.acting("supervisor"))) >= supervisors_wanted(facts, deed)
                else [("两人监销", "two supervisors")]
            ),
        ]
        if deed.body.method in NOT_DESTROYED:
            lacking.append(("销毁（仅作出售、赠送或丢弃）", "being destroyed at all"))
        if lacking:
            yield Breach(
                (deed.index,),
                f"已解密未公开的 {names_zh(things)} 未按规定销毁：缺少{'、'.join(zh for zh, _ in lacking)}",
                f"declassified but not public, {names_en(things)} went without {', '.join(en for _, en in lacking)}",
                deed,
            )


def _is_public(facts: Facts, subject: str, deed: Act) -> bool:
    document = facts.document_of(subject) if subject[0] == "c" else subject
    return any(
        act.index < deed.index for one in (subject, document) if one for act in facts.of(one, "notified.published")
    )


@rule(
    "DES-16", "复制件随原件一并处理", "copies are destroyed as the originals are",
    article=f"{TOWN_CARRIERS}第三条", severity="info", of="c", on=(DEED,), reads=("copied.made",),
)  # fmt: skip
def copies_too(facts: Facts, carrier: str) -> Iterator[Breach]:
    """The original was destroyed, and copies made of it, that aren't open, are still there: they are named, for the office to decide."""
    for act in facts.of(carrier, DEED):
        if carrier not in act.carriers:
            continue
        made = [child for child, _ in facts.pairs(rows.CHILD, carrier)]
        states = [state for child in made if (state := facts.carrier(child)) is not None]
        live = sorted(one.carrier for one in states if one.custody_phase not in _GONE and one.level != "无密")
        if live:
            yield Breach(
                (act.index,),
                f"原件已销毁，复制件仍在：{names_zh(live)}",
                f"the original is destroyed, copies of it are still there: {names_en(live)}",
                act,
                unfinished=True,
            )
        return


question(
    "DES-12", "废纸是否只由保密委员会指定的回收点收集；垃圾箱内有无整页文稿？",
    "Is waste paper collected only at the point that the committee set, and are there whole pages in the bins?",
    article=f"{SELF_CHECK}二",
)  # fmt: skip
