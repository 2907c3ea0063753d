"""Destruction (销毁): DES-1, DES-2, DES-3, DES-5, DES-7, DES-13."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.canon import codec
from chainlog.digest import list_digest
from chainlog.event.catalogue import KINDS
from chainlog.event.types import LEVELS
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.rule import Breach, rule

_DEED: Final = "destroyed.carriers"
_LAW: Final = "保守国家秘密法实施条例第二十八条"
_TOWN: Final = "乡镇《涉密文件资料销毁制度》"


def deeds(facts: Facts, subject: str) -> list[Act]:
    """The destructions that are judged at *subject*: each at its list, else its first carrier, else its document."""
    return [act for act in facts.of(subject) if act.kind == _DEED and judged_at(act) == subject]


def judged_at(act: Act) -> str:
    """The one subject at which a deed is judged, so that it is found once."""
    return next(iter([*act.with_prefix("l"), *act.with_prefix("c"), *act.with_prefix("d")]))


def destruction_list(act: Act) -> str | None:
    """The list that a deed was done by."""
    return next(iter(act.with_prefix("l")), None)


def _digest(carriers: set[str]) -> bytes:
    return list_digest(codec.encode(sorted(carriers, key=codec.sort_key)))


def listed(facts: Facts, list_subject: str, *, below: int) -> set[str]:
    """The carriers on a list before a record: added and not withdrawn."""
    on: set[str] = set()
    for act in facts.of(list_subject):
        if act.index >= below:
            break
        if act.kind == "listed.added":
            on.update(act.with_prefix("c"))
        elif act.kind == "listed.withdrawn":
            on.difference_update(act.with_prefix("c"))
    return on


def permits(facts: Facts, deed: Act) -> list[Act]:
    """Approvals to destroy that stand before a deed: of its list, or of its carriers themselves."""
    return [
        act
        for act in facts.of(judged_at(deed))
        if act.kind == "decided.permit"
        and act.body.act == "destroy"
        and act.body.step == "approved"
        and act.index < deed.index
        and act.before(deed)
    ]


def approval_faults(facts: Facts, deed: Act) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """(zh, en, further evidence) of everything wrong with the approval of a deed."""
    found = permits(facts, deed)
    if not found:
        yield "销毁前未经主管领导审批", "destroyed without approval beforehand", ()
        return
    permit = found[-1]
    signed = permit.signers("approver") or permit.imported or permit.body.by
    if not signed:
        yield "审批人未签名", "the approver has not signed", (permit.index,)
    posts = facts.values("posts.permit.destroy", deed)
    wrong = [p for p in permit.signers("approver") if posts and not facts.has_post(p, posts, permit.moment_us)]
    if wrong:
        yield f"审批人 {wrong[0]} 不具审批职务", f"{wrong[0]} held no post that may approve it", (permit.index,)
    list_subject = destruction_list(deed)
    if list_subject is None or permit.imported:
        return
    if not permit.body.whole:
        yield "审批未载明清单摘要", "the approval does not name the digest of the list", (permit.index,)
    elif permit.body.whole != _digest(listed(facts, list_subject, below=permit.index)):
        yield "审批的清单与造册不一致", "the approval is of another list than was drawn up", (permit.index,)
    elif permit.body.whole != _digest(listed(facts, list_subject, below=deed.index)):
        yield "清单在审批后被改动", "the list was changed after it was approved", (permit.index,)


@rule(
    "DES-1", "销毁须经主管领导审批", "destruction is approved beforehand by the competent leader",
    article=f"{_TOWN}第二条；{_LAW}", severity="critical", of="lcd",
)  # fmt: skip
def approved(facts: Facts, subject: str) -> Iterator[Breach]:
    """No approval before the deed, not signed, by somebody without the post, or of another list."""
    for deed in deeds(facts, subject):
        for zh, en, more in approval_faults(facts, deed):
            yield Breach((*more, deed.index), zh, en, deed, ("posts.permit.destroy",))


def supervisors_wanted(facts: Facts, deed: Act) -> int:
    """How many must supervise; two where the policy says nothing."""
    values = facts.values("min.supervisors", deed)
    return max(2, int(values[0])) if values else 2


def supervision_faults(facts: Facts, deed: Act) -> Iterator[tuple[str, str]]:
    """(zh, en) of everything wrong with the supervision of a deed."""
    wanted = supervisors_wanted(facts, deed)
    named = deed.named("supervisor")
    signed = named if deed.imported else deed.signers("supervisor")
    persons = set(signed)
    twice = any(signs > 1 for role, _, signs in deed.people if role == "supervisor") or len(named) != len(set(named))
    if len(persons) < wanted:
        if twice:
            only = "、".join(sorted(persons)) or "同一人"
            yield f"监销人为同一人（{only}），不足{wanted}人", f"one person ({only}) stands for {wanted} supervisors"
        else:
            yield (
                f"监销签名{len(persons)}人，不足{wanted}人",
                f"{len(persons)} of {wanted} supervisors signed",
            )
    unsigned = [] if deed.imported else sorted(set(named) - persons)
    if unsigned:
        yield f"监销人 {'、'.join(unsigned)} 未签名", f"supervisor {', '.join(unsigned)} has not signed"
    both = persons & set(deed.named("operator"))
    if both:
        who = "、".join(sorted(both))
        yield f"监销人与销毁经办人为同一人（{who}）", f"{who} both supervised and carried it out"
    for person in sorted(persons):
        left = facts.departed(person)
        if left is not None and left[0] < deed.moment_us:
            yield f"监销人 {person} 已离岗", f"supervisor {person} had left"
        clearance = facts.clearance(person, deed.moment_us)
        if clearance and _rank(clearance) < max(map(_rank, _levels(facts, deed)), default=0):
            yield f"监销人 {person} 涉密等级不够", f"supervisor {person} is not cleared for it"


def _rank(level: str) -> int:
    """绝密 highest."""
    order = [level for level in LEVELS if level != "未标"]
    return len(order) - order.index(level) if level in order else 0


def _levels(facts: Facts, deed: Act) -> list[str]:
    """Levels stated where the carriers of a deed were entered."""
    found = []
    for carrier in deed.with_prefix("c"):
        for act in facts.of(carrier):
            level = getattr(act.body, "level", None)
            if act.kind.startswith(("created.", "copied.made")) and isinstance(level, str):
                found.append(level)
                break
    return found


@rule(
    "DES-3", "两人监销并签字", "two persons supervise on the spot and sign",
    article=f"{_TOWN}第三条；{_LAW}", severity="critical", of="lcd",
)  # fmt: skip
def supervised(facts: Facts, subject: str) -> Iterator[Breach]:
    """Fewer than two distinct signers, one person twice, a named supervisor without signature, supervisor = operator."""
    for deed in deeds(facts, subject):
        for zh, en in supervision_faults(facts, deed):
            yield Breach((deed.index,), zh, en, deed, ("min.supervisors",))


@rule(
    "DES-2", "登记造册并清点", "what is destroyed is listed and counted",
    article=f"{_TOWN}第二、三条；{_LAW}", severity="critical", of="lcd",
)  # fmt: skip
def listed_before(facts: Facts, subject: str) -> Iterator[Breach]:
    """A deed without a list, of carriers that are not on it, or a list that was not done as it stands."""
    if subject.startswith("l/"):
        yield from _list_done(facts, subject)
    for deed in deeds(facts, subject):
        list_subject = destruction_list(deed)
        if list_subject is None:
            yield Breach((deed.index,), "销毁前未登记造册", "destroyed without a list", deed)
            continue
        extra = sorted(set(deed.with_prefix("c")) - _tools(deed) - listed(facts, list_subject, below=deed.index))
        if extra and "copies_unnumbered" not in _fields(deed):
            names = "、".join(extra[:5])
            yield Breach(
                (deed.index,), f"销毁了清册之外的载体：{names}", f"destroyed what is not on the list: {names}", deed
            )


def _list_done(facts: Facts, list_subject: str) -> Iterator[Breach]:
    """When all parts of the deed are there: what is listed and neither destroyed nor withdrawn; a total that differs."""
    acts = facts.of(list_subject)
    added = [act for act in acts if act.kind == "listed.added" and act.body.purpose == "destroy"]
    done = [act for act in acts if act.kind == _DEED]
    if not added:
        return
    on = listed(facts, list_subject, below=acts[-1].index + 1)
    parts = {act.body.part.number: act.body.part.of for act in added if act.body.part}
    complete = not parts or len(parts) == max(parts.values())
    everything = {c for act in added for c in act.with_prefix("c")}
    total = added[-1].body.total
    unnumbered = sum(act.body.copies_unnumbered or 0 for act in added)
    count = len(everything) + unnumbered
    if complete and total != count:
        yield Breach(
            tuple(act.index for act in added),
            f"清册载明{total}件，实列{count}件",
            f"the list states {total}, {count} stand on it",
            added[-1],
            unfinished=count < total,
        )
    if not done:
        return
    deed_parts = {act.body.part.number: act.body.part.of for act in done if act.body.part}
    if deed_parts and len(deed_parts) < max(deed_parts.values()):
        return
    destroyed = {c for act in done for c in act.with_prefix("c")}
    left = sorted(on - destroyed)
    if left:
        names = "、".join(left[:5])
        yield Breach(
            (added[-1].index, done[-1].index),
            f"清册所列 {names} 等{len(left)}件未销毁也未撤出",
            f"{len(left)} listed are neither destroyed nor withdrawn: {names}",
            done[-1],
            unfinished=True,
        )


def _fields(act: Act) -> set[str]:
    return {name for name in ("copies_unnumbered",) if getattr(act.body, name, None)}


def _tools(act: Act) -> set[str]:
    """Carriers that a deed only uses."""
    device = act.body.device
    return {act.subjects[device]} if isinstance(device, int) else set()


@rule(
    "DES-5", "在指定的单位、场所销毁", "destroyed only at a designated place or unit",
    article=f"{_TOWN}第四条；{_LAW}", severity="critical", of="lcd", needs=("places.destroy",),
)  # fmt: skip
def designated(facts: Facts, subject: str) -> Iterator[Breach]:
    """The place is of no type that the policy allows and valid then, and neither unit nor own device is designated."""
    for deed in deeds(facts, subject):
        types = facts.values("places.destroy", deed)
        place, unit = deed.body.place, deed.body.unit
        if place and facts.place_type(place, deed.moment_us) in types:
            continue
        if unit and facts.is_designated(unit, "destroy", deed.moment_us):
            continue
        if isinstance(deed.body.device, int):
            continue
        where = place or unit or "（未记）"
        yield Breach(
            (deed.index,),
            f"销毁地点 {where} 不是指定的销毁单位或场所",
            f"{where if place or unit else 'the place, which is not recorded,'} is no designated place of destruction",
            deed,
            ("places.destroy",),
        )


@rule(
    "DES-7", "禁止个人私自销毁", "no private destruction by individuals",
    article=f"{_TOWN}第二条；保守国家秘密法第二十八条", severity="critical", of="lcd",
)  # fmt: skip
def not_private(facts: Facts, subject: str) -> Iterator[Breach]:
    """A deed without approval, without list, or without two supervisors is a private destruction (私自销毁)."""
    for deed in deeds(facts, subject):
        lacking_zh, lacking_en = [], []
        if not permits(facts, deed):
            lacking_zh.append("审批")
            lacking_en.append("approval")
        if destruction_list(deed) is None:
            lacking_zh.append("造册")
            lacking_en.append("a list")
        signed = deed.named("supervisor") if deed.imported else deed.signers("supervisor")
        if len(set(signed)) < supervisors_wanted(facts, deed):
            lacking_zh.append("两人监销")
            lacking_en.append("two supervisors")
        if lacking_zh:
            yield Breach(
                (deed.index,),
                f"私自销毁：缺少{'、'.join(lacking_zh)}",
                f"private destruction: without {', '.join(lacking_en)}",
                deed,
                ("min.supervisors",),
            )


# What may still be said of a carrier that is no more.
_ALLOWED_AFTER: Final = ("corrected.", "notified.", "countersigned", "erased", "reported.", "destroyed.byproducts")


@rule(
    "DES-13", "销毁后不得再有流转", "a destroyed carrier has no later event, and is destroyed once",
    article="由第三条推定", severity="critical", of="c",
)  # fmt: skip
def nothing_after(facts: Facts, carrier: str) -> Iterator[Breach]:
    """Any act on a carrier after its destruction, except corrections, notices, and late entries of what was before."""
    deed: Act | None = None
    for act in facts.of(carrier):
        if deed is None:
            if act.kind == _DEED and carrier in _destroyed(act):
                deed = act
            continue
        if act.kind.startswith(_ALLOWED_AFTER):
            continue
        if act.kind == "listed.withdrawn" or _was_before(act, deed):
            continue
        yield Breach(
            (deed.index, act.index),
            f"已于第{deed.index}条记录销毁，又发生“{KINDS[act.kind].zh}”",
            f"destroyed by record {deed.index}, and then {KINDS[act.kind].en}",
            act,
        )


def _destroyed(act: Act) -> set[str]:
    return set(act.with_prefix("c")) - _tools(act)


def _was_before(act: Act, deed: Act) -> bool:
    """Whether a late entry tells of something that happened before the destruction."""
    return act.end_us is not None and deed.start_us is not None and act.end_us < deed.start_us
