"""
Destruction (销毁): DES-1 to DES-7, DES-11, DES-13. The duties around it are in `destruction_duties`.

What was never secret (无密) is not judged, and what was declassified by DES-14 alone. DES-15, by which one supervisor is enough
in one regulation, is no rule: every policy asks for two (`min.supervisors`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.event.types import FORM
from chainlog.rules.acts import Act
from chainlog.rules.deeds import (
    DEED,
    NOT_DESTROYED,
    additions,
    approval,
    approval_faults,
    concerned,
    deeds,
    designation,
    destruction_list,
    late_supervisors,
    listed,
    never_secret,
    supervision_faults,
    supervisors_wanted,
)
from chainlog.rules.facts import Facts
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, rule
from chainlog.rules.sources import (
    CONGRESS,
    COOP,
    DECREE,
    LAW,
    TOWN_CARRIERS,
    TOWN_DESTROY,
    TOWN_LEND,
    TOWN_MEDIA,
    TOWN_REPAIRS,
    UNIVERSITY,
)

_APPROVAL: Final = ("decided.permit", "listed.")


@rule(
    "DES-1", "销毁须经主管领导审批", "destruction is approved beforehand by the competent leader",
    article=f"{TOWN_DESTROY}第二条；{TOWN_CARRIERS}第二条；{UNIVERSITY}四、17；{COOP}四（二）；{CONGRESS}四（一）3；"
    f"{DECREE}第二十八条",
    severity="critical", of="lcd",
    on=(DEED,), reads=_APPROVAL, parameters=("posts.permit.destroy",), basis="L+R",
)  # fmt: skip
def approved(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    No approval before the deed, not signed, by somebody without the post, of other carriers, or of another list.

    Whether a list's approval is of the list as it was done shows by the digest in it; rows of a ledger have none.
    """
    for deed in deeds(facts, subject):
        for fault in approval_faults(facts, deed):
            yield Breach((*fault.evidence, deed.index), fault.zh, fault.en, deed, fault.parameters, about=fault.en)


@rule(
    "DES-2", "登记造册并清点", "what is destroyed is listed and counted",
    article=f"{TOWN_DESTROY}第二条和第三条；{TOWN_CARRIERS}第二条；{UNIVERSITY}四、17；{COOP}四（二）；{DECREE}第二十八条",
    severity="critical", of="lcd", on=(DEED, "listed.added"),
    reads=("listed.withdrawn",),
)  # fmt: skip
def listed_before(facts: Facts, subject: str) -> Iterator[Breach]:
    """A deed without a list, of carriers that are not on it, or a list that was not done as it stands."""
    if subject.startswith("l/"):
        yield from _list_done(facts, subject)
    for deed in deeds(facts, subject):
        name = destruction_list(deed)
        if name is None:
            yield Breach((deed.index,), "销毁前未登记造册", "destroyed without a list", deed)
            continue
        extra = sorted({*concerned(facts, deed)} & {*deed.carriers} - listed(facts, name, below=deed.index))
        if extra:
            yield Breach(
                (deed.index,),
                f"销毁了清册之外的载体：{names_zh(extra)}",
                f"destroyed what is not on the list: {names_en(extra)}",
                deed,
            )


def _list_done(facts: Facts, name: str) -> Iterator[Breach]:
    """When all parts are there: a total that differs; when all is done: what was listed and neither destroyed nor withdrawn."""
    added = additions(facts, name)
    if not added:
        return
    parts = {act.body.part.number: act.body.part.of for act in added if act.body.part}
    everything = {carrier for act in added for carrier in act.with_prefix("c")}
    unnumbered = sum(act.body.copies_unnumbered or 0 for act in added)
    count, total = len(everything) + unnumbered, added[-1].body.total
    if (not parts or len(parts) >= max(parts.values())) and total != count:
        yield Breach(
            tuple(act.index for act in added),
            f"清册载明{total}件，实列{count}件",
            f"the list states {total}, {count} stand on it",
            added[-1],
            unfinished=count < total,
        )
    done = facts.of(name, DEED)
    deed_parts = {act.body.part.number: act.body.part.of for act in done if act.body.part}
    if not done or (deed_parts and len(deed_parts) < max(deed_parts.values())):
        return
    destroyed = {carrier for act in done for carrier in act.carriers}
    left = sorted(listed(facts, name) - destroyed)
    left = [one for one in left if not never_secret(facts, one, done[-1])]
    if left:
        yield Breach(
            (added[-1].index, done[-1].index),
            f"清册所列 {names_zh(left)}（共{len(left)}件）未销毁也未撤出",
            f"{len(left)} listed are neither destroyed nor withdrawn: {names_en(left)}",
            done[-1],
            unfinished=True,
            about="left",
        )


@rule(
    "DES-3", "两人监销并签字", "two persons supervise on the spot and sign",
    article=f"{TOWN_DESTROY}第三条；{UNIVERSITY}四、17；{DECREE}第二十八条",
    severity="critical", of="lcd", on=(DEED,), reads=("countersigned",),
    parameters=("min.supervisors", "posts.supervise"), basis="L+R",
)  # fmt: skip
def supervised(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Fewer than two distinct signers, one person twice, a named supervisor without signature, supervisor = operator, a supervisor
    who had left, lacks the clearance or the post. Who signs afterwards was late: the breach is closed by it, not undone.
    """
    for deed in deeds(facts, subject):
        for fault in supervision_faults(facts, deed):
            evidence = (deed.index,) if fault.late is None else (deed.index, fault.late)
            yield Breach(
                evidence, fault.zh, fault.en, deed, fault.parameters or ("min.supervisors",),
                closed=fault.late is not None, about=fault.en,
            )  # fmt: skip


@rule(
    "DES-4", "两人以上送销并取得回执", "two or more deliver for destruction, and a receipt is kept",
    article=f"{TOWN_CARRIERS}第二条", severity="high", of="l", on=("transferred.send_to_destruction",),
    reads=("transferred.receipt", "countersigned"), needs=("min.escorts",),
)  # fmt: skip
def delivered_by_two(facts: Facts, name: str) -> Iterator[Breach]:
    """
    Fewer escorts than wanted signed the delivery; or nothing shows that it arrived: no receipt number, no signature of who took
    it, no later receipt. A deed at another unit of which no delivery is recorded is not judged here, nor what was never secret.
    """
    for act in facts.of(name, "transferred.send_to_destruction"):
        if act.carriers and all(never_secret(facts, one, act) for one in act.carriers):
            continue
        wanted = int(facts.value("min.escorts", act) or 2)
        escorts = set(act.acting("escort"))
        everybody = escorts | set(facts.countersigners(act, "escort"))
        if len(escorts) < wanted:
            later = [one.index for one in facts.answers(act, "countersigned") if one.signers("escort")]
            yield Breach(
                (act.index, *later),
                f"送销人签名{len(escorts)}人，不足{wanted}人",
                f"{len(escorts)} of {wanted} escorts signed the delivery",
                act,
                ("min.escorts",),
                closed=len(everybody) >= wanted,
                about="escorts",
            )
        signed = act.acting("receiver") or facts.countersigners(act, "receiver")
        if (
            not act.imported
            and not act.body.receipt_no
            and not signed
            and not facts.answers(act, "transferred.receipt")
        ):
            yield Breach(
                (act.index,),
                f"送 {act.body.to} 销毁无回执：无回执号、无接收人签字",
                f"no receipt for what was sent to {act.body.to}: neither its number nor the receiver's signature",
                act,
                unfinished=True,
                about="receipt",
            )


@rule(
    "DES-5", "在指定的单位、场所销毁", "destroyed only at a designated place or unit",
    article=f"{TOWN_DESTROY}第四条；{TOWN_CARRIERS}第四条；{UNIVERSITY}四、17；{TOWN_MEDIA}第八条；"
    f"{TOWN_REPAIRS}第六条；{DECREE}第二十八条",
    severity="critical", of="lcd", on=(DEED,), needs=("places.destroy",), basis="L+R",
)  # fmt: skip
def designated(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    The place is of no type that the policy allows and valid then, and the unit isn't designated. The own certified device is
    enough where the policy says so by `own_device` among the places. What a ledger doesn't state is not judged.
    """
    for deed in deeds(facts, subject):
        name, is_there = designation(facts, deed)
        if is_there:
            continue
        place, unit = deed.body.place, deed.body.unit
        where = place or unit or "（未记）"
        yield Breach(
            (deed.index,),
            f"销毁地点 {where} 不是指定的销毁单位或场所",
            f"{where if place or unit else 'the place, which is not recorded,'} is no designated place of destruction",
            deed,
            (name,),
        )


_DISPOSED: Final = {
    "sell": ("出售", "sold"), "give_away": ("赠送", "given away"), "discard": ("丢弃", "thrown out"),
}  # fmt: skip


@rule(
    "DES-6", "不得出售、赠送、丢弃", "never sold, given away or thrown out",
    article=f"{TOWN_DESTROY}第四条；{TOWN_CARRIERS}第四条；{UNIVERSITY}四、17；{COOP}四（四）；{LAW}第二十八条",
    severity="critical", of="lcd",
    on=(DEED,),
)  # fmt: skip
def not_disposed_of(facts: Facts, subject: str) -> Iterator[Breach]:
    """The method recorded is a sale, a gift or throwing out. What was never recorded no log shows."""
    for deed in deeds(facts, subject):
        if deed.body.method in NOT_DESTROYED:
            zh, en = _DISPOSED[deed.body.method]
            things = concerned(facts, deed)
            yield Breach(
                (deed.index,), f"将 {names_zh(things)} {zh}处理", f"{names_en(things)}: {en} instead of destroyed", deed
            )


@rule(
    "DES-7", "禁止个人私自销毁", "no private destruction by individuals",
    article=f"{TOWN_DESTROY}第二条；{TOWN_CARRIERS}第四条；{COOP}四（二）；{TOWN_LEND}第七条；{LAW}第二十八条",
    severity="critical",
    of="lcd", on=(DEED,), reads=(*_APPROVAL, "countersigned"), parameters=("min.supervisors",),
)  # fmt: skip
def not_private(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A deed without approval, without list, or without two supervisors is a private destruction (私自销毁). Where only a
    supervisor was lacking, who signs afterwards closes it, as in DES-3; an approval or a list can't be made up for.
    """
    for deed in deeds(facts, subject):
        lacking_zh, lacking_en = [], []
        closed, evidence = False, [deed.index]
        if approval(facts, deed) is None:
            lacking_zh.append("审批")
            lacking_en.append("approval")
        if destruction_list(deed) is None:
            lacking_zh.append("造册")
            lacking_en.append("a list")
        persons, wanted = set(deed.acting("supervisor")), supervisors_wanted(facts, deed)
        if len(persons) < wanted:
            afterwards, late = late_supervisors(facts, deed)
            if late is not None and len(persons | afterwards) >= wanted and not lacking_zh:
                closed = True
                evidence.append(late)
            lacking_zh.append("两人监销")
            lacking_en.append("two supervisors")
        if lacking_zh:
            yield Breach(
                tuple(evidence),
                f"私自销毁：缺少{'、'.join(lacking_zh)}",
                f"private destruction: without {', '.join(lacking_en)}",
                deed,
                ("min.supervisors",),
                closed=closed,
            )


@rule(
    "DES-11", "销毁方式符合要求、无法还原", "the method is compliant and beyond recovery",
    article=f"{CONGRESS}四（一）3和四（四）3；{TOWN_REPAIRS}第三条；{DECREE}第二十八条",
    severity="high", of="lcd", on=(DEED,),
    parameters=tuple(f"methods.{form}" for form in FORM.values),
)  # fmt: skip
def method_fits(facts: Facts, subject: str) -> Iterator[Breach]:
    """The method is none of those that the policy names for this form of carrier. Sales and gifts are DES-6."""
    for deed in deeds(facts, subject):
        if deed.body.method in NOT_DESTROYED:
            continue
        wrong: dict[str, list[str]] = {}
        for carrier in deed.carriers:
            form = facts.form(carrier)
            allowed = () if never_secret(facts, carrier, deed) else facts.values(f"methods.{form}", deed)
            if allowed and deed.body.method not in allowed:
                wrong.setdefault(form, []).append(carrier)
        for form, carriers in wrong.items():
            how = KINDS[DEED].fields["method"].values[deed.body.method]
            yield Breach(
                (deed.index,),
                f"以“{how}”销毁{FORM.values[form]} {names_zh(carriers)}，不合要求",
                f"{deed.body.method} is no method for a carrier of form {form}: {names_en(carriers)}",
                deed,
                (f"methods.{form}",),
                about=form,
            )


# What may still be said of a carrier that is no more.
_ALLOWED_AFTER: Final = ("corrected.", "notified.", "countersigned", "erased", "reported.", "destroyed.byproducts")


@rule(
    "DES-13", "销毁后不得再有流转", "a destroyed carrier has no later event, and is destroyed once",
    article=f"由{TOWN_DESTROY}第三条推定", severity="critical", of="c", on=(DEED,),
)  # fmt: skip
def nothing_after(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    Any act on a carrier after its destruction. Not so corrections, notices, reports other than that it was found, receipts for
    what was sent before, the note that a decision was carried out, and late entries of what was before.
    """
    deed: Act | None = None
    for act in facts.of(carrier):
        if deed is None:
            if act.kind == DEED and carrier in act.carriers:
                deed = act
            continue
        found_again = act.kind == "reported.incident" and act.body.what == "found"
        if (act.kind.startswith(_ALLOWED_AFTER) and not found_again) or act.kind == "listed.withdrawn":
            continue
        if act.kind.startswith("decided.") and act.body.step == "completed":
            continue
        if _was_before(act, deed) or _answers_before(facts, act, deed):
            continue
        yield Breach(
            (deed.index, act.index),
            f"已于第{deed.index}条记录销毁，又发生“{KINDS[act.kind].zh}”",
            f"destroyed by record {deed.index}, and then {KINDS[act.kind].en}",
            act,
        )


def _was_before(act: Act, deed: Act) -> bool:
    """Whether a late entry tells of something that happened before the destruction."""
    return act.end_us is not None and deed.start_us is not None and act.end_us < deed.start_us


def _answers_before(facts: Facts, act: Act, deed: Act) -> bool:
    """Whether it is the receipt for what was done before the destruction: paper that comes back later."""
    if act.kind != "transferred.receipt":
        return False
    answered = facts.refs(act)
    return bool(answered) and all(one.index < deed.index for one in answered)
