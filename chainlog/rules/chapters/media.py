"""
Storage media (存储介质): MED-1 to MED-11.

MED-9, media are kept like paper of their level, is a question: borrowing, copying, transfer, return and destruction judge
carriers of every form anyway.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.decisions import approver_faults, permit_faults, permit_of, permits
from chainlog.rules.deeds import designation, level_of
from chainlog.rules.facts import Facts
from chainlog.rules.on_media import (
    EQUIPMENT,
    STORED,
    content_is_lower,
    is_medium,
    label_level,
    label_of,
    lowered_to,
    on_medium,
)
from chainlog.rules.rule import Breach, Outcome, question, rule
from chainlog.rules.sources import CONGRESS, COOP, TOWN_CLASSIFY, TOWN_MEDIA
from chainlog.rules.terms import within
from chainlog.rules.things import erased_before, is_outside, is_secret
from chainlog.rules.use import approvals, is_keeper

_WITH_USERS: Final = frozenset({"in_circulation", "on_loan", "held", "out"})


@rule(
    "MED-1", "涉密存储介质登记表报党政办备案", "the register of classified media is filed with the office",
    article=f"{TOWN_MEDIA}第二条", severity="medium", of="c", on=(EQUIPMENT,), reads=("notified.filed",),
    needs=("within.file_register",), basis="L+T",
)  # fmt: skip
def register_filed(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A classified medium entered the books and its entry was not filed in the term, for itself or with its unit's register.

    What belongs to the unit of the keeper of the office's books stands in the office's own register, which nobody files with it.
    """
    for act in on_medium(facts, carrier, EQUIPMENT):
        if act.imported or not is_secret(act.body.level) or _is_offices(facts, act):
            continue
        filings = [*facts.of(carrier, "notified.filed"), *facts.of(act.body.unit, "notified.filed")]
        filings = [one for one in filings if one.body.what == "equipment_register" and one.index > act.index]
        done = min(filings, key=lambda one: one.index, default=None)
        yield from within(
            facts, "within.file_register", act, done=done, zh=f"介质 {act.body.number} 应报备案",
            en=f"medium {act.body.number} is to be filed with the office",
        )  # fmt: skip


def _is_offices(facts: Facts, act: Act) -> bool:
    for person in act.signers("registrar"):
        known = facts.person(person)
        if known is not None and known.unit(at_us=act.moment_us) == act.body.unit and is_keeper(facts, person, act):
            return True
    return False


@rule(
    "MED-2", "介质编号唯一，确定密级和保密期限", "each medium has a number of its own, a level and a term",
    article=f"{TOWN_MEDIA}第三条和第六条；{TOWN_CLASSIFY}第八条；{COOP}五（三）",
    severity="high", of="c", on=(EQUIPMENT,),
)  # fmt: skip
def numbered(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A level left blank, a classified medium without a term, or a number that another medium or device has already."""
    for act in on_medium(facts, carrier, EQUIPMENT):
        level, number = act.body.level, act.body.number
        lacking = []
        if level == "未标":
            lacking.append(("未标密级", "its level is left blank"))
        elif is_secret(level) and not act.body.term:
            lacking.append(("未定保密期限", "it has no term"))
        for zh, en in lacking:
            closed = _decided(facts, carrier, act)
            yield Breach((act.index,), f"介质 {number} {zh}", f"medium {number}: {en}", act, closed=closed, about=en)
        holders = facts.numbered(number)
        if carrier in holders and holders[0] != carrier:
            first = holders[0]
            entry = next(iter(facts.of(first, EQUIPMENT)), None)
            yield Breach(
                tuple(sorted({act.index, *(() if entry is None else (entry.index,))})),
                f"保密编号 {number} 与 {first} 重复", f"number {number} is that of {first} already", act, about=first,
            )  # fmt: skip


def _decided(facts: Facts, carrier: str, act: Act) -> bool:
    """Whether level and term were determined afterwards."""
    later = facts.of(carrier, "decided.classify")
    return any(one.index > act.index and one.body.step == "approved" and bool(one.body.term) for one in later)


# --- what is stored -------------------------------------------------------------------------------


@rule(
    "MED-3", "拷入涉密信息须填使用情况登记表并经主要分管领导批准", "storing classified content needs a form and approval",
    article=f"{TOWN_MEDIA}第三条", severity="high", of="c", on=(STORED,), reads=("decided.permit",),
    parameters=("posts.permit.store_content",), basis="L+R",
)  # fmt: skip
def stored_with_form(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Classified content was put on a medium without the form, without approval, approved by the wrong post, or on a form that
    was used for another medium. Who signs the act itself as approver has approved it. Of rows of a ledger, which are the form or
    copied from it, only the number is judged.
    """
    for act in on_medium(facts, carrier, STORED):
        if not is_secret(act.body.level):
            continue
        form_no = act.body.form_no
        faults: list[tuple[str, str, str]] = []
        if form_no:
            uses = facts.form_uses(form_no)
            # A number that was put right since is no longer this one.
            if (act.index, carrier) in uses and uses[0][1] != carrier:
                first = uses[0][1]
                zh, en = f"登记表 {form_no} 已用于 {first}", f"form {form_no} was used for {first}"
                faults.append((f"form {first}", zh, en))
        elif not act.imported:
            faults.append(("form", "未填使用情况登记表", "without the form of use"))
        if not act.imported:
            faults += [("approval", zh, en) for zh, en in _approval(facts, act, carrier)]
        for about, zh, en in faults:
            yield Breach(
                (act.index,), f"向介质 {carrier} 拷入{act.body.level}信息：{zh}", f"{act.body.level} stored on {carrier}: {en}", act,
                ("posts.permit.store_content",) if about == "approval" else (), about=about,
            )  # fmt: skip


def _approval(facts: Facts, act: Act, carrier: str) -> Iterator[tuple[str, str]]:
    name, level = "posts.permit.store_content", act.body.level
    subjects = [carrier, *act.with_prefix("d")]
    signed = act.signers("approver")
    own = list(approver_faults(facts, act, signed, name, level=level))
    if signed and not own:
        return
    faults = list(permit_faults(facts, act, "store_content", posts=name, level=level, subjects=subjects))
    for fault in own if own and permit_of(facts, act, "store_content", subjects=subjects) is None else faults:
        yield fault.zh, fault.en


@rule(
    "MED-4", "介质按信息的最高密级标明密级", "a medium bears the highest level of anything on it",
    article=f"{TOWN_MEDIA}第三条；{COOP}五（三）", severity="high", of="c", on=(STORED,), reads=("marked", EQUIPMENT),
)  # fmt: skip
def marked_highest(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Content above the level on the label was stored and the medium was not marked anew on the same day. When a medium was marked
    for what a ledger says was put on it, other books may say.
    """
    worst = ""
    for act in on_medium(facts, carrier, STORED):
        label, since = label_of(facts, carrier, act)
        level = act.body.level
        if (
            act.imported
            or not label
            or levels.rank(level) <= max(levels.rank(label), levels.rank(worst))
            or not is_secret(level)
        ):
            continue
        marks = [one for one in facts.of(carrier, "marked") if one.index > act.index]
        marks = [one for one in marks if levels.rank(label_level(one.body.text)) >= levels.rank(level)]
        if marks and facts.calendar.day(marks[0].moment_us) <= facts.calendar.day(act.latest_us):
            continue
        worst = level
        yield Breach(
            tuple(sorted({since, act.index})), f"拷入{level}信息，介质仍标{label}",
            f"{level} was stored, the medium is marked {label}", act, closed=bool(marks),
        )  # fmt: skip


@rule(
    "MED-5", "介质不能降低密级使用", "a medium is never used below its level",
    article=f"{TOWN_MEDIA}第六条", severity="critical", of="c", on=("decided.reclassify", "marked", STORED),
    reads=("destroyed.contents", EQUIPMENT),
)  # fmt: skip
def never_lower(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Its level was lowered, or a lower one written on it, without erasing it beyond recovery before; or content was put on it from
    a device of a lower level, one whose level is left blank not counted. Deleting and formatting erase nothing beyond recovery.
    """
    for act in on_medium(facts, carrier, "decided.reclassify", "marked", STORED):
        before = facts.before(carrier, act)
        level = before.level if before is not None and before.level else ""
        if not is_secret(level):
            continue
        if act.kind == STORED:
            device = act.at(act.body.device)
            used = facts.level(device, act) if device else ""
            if used not in ("", "未标") and levels.rank(used) < levels.rank(level):
                en = f"a {level} medium was used on the {used} device {device}"
                yield Breach((act.index,), f"{level}介质在{used}设备 {device} 上使用", en, act)
            continue
        lower = lowered_to(act)
        if not lower or levels.rank(lower) >= levels.rank(level):
            continue
        if erased_before(facts, carrier, act) is None and not content_is_lower(facts, carrier, act, lower):
            yield Breach(
                (act.index,), f"介质由{level}降为{lower}，未先作不可恢复的清除",
                f"lowered from {level} to {lower} without erasing it beyond recovery", act,
            )  # fmt: skip


# --- where it is used -----------------------------------------------------------------------------


@rule(
    "MED-6", "不得接入非涉密或低密级计算机，不得交叉使用", "not connected to unclassified or lower-level computers",
    article=f"{TOWN_MEDIA}第四条和第九条；{CONGRESS}四（三）3",
    severity="critical", of="c", on=("accessed.connected",), reads=(EQUIPMENT,), basis="L+R",
)  # fmt: skip
def not_crossed(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A classified medium was connected to a device that is unclassified, on the internet, or of a lower level; or another medium to
    classified and unclassified devices in turn. A device that no book knows, or whose level is left blank, is not judged.
    """
    sides: dict[bool, Act] = {}
    for act in on_medium(facts, carrier, "accessed.connected"):
        device = act.at(act.body.device)
        level = facts.level(carrier, act)
        entry = next(iter(facts.of(device, EQUIPMENT)), None) if device else None
        if device is None or entry is None or not level:
            continue
        used, online = facts.level(device, act), entry.body.network == "internet"
        if used in ("", "未标") and not online:
            continue
        is_open = online or not is_secret(used)
        if is_secret(level):
            if is_open or levels.rank(used) < levels.rank(level):
                what = "联网" if online else used if is_secret(used) else "非涉密"
                en = f"a {level} medium was connected to {device}, which is {'on the internet' if online else used}"
                yield Breach((act.index,), f"{level}介质接入{what}计算机 {device}", en, act, about=device)
            continue
        sides.setdefault(is_open, act)
        other = sides.get(not is_open)
        if other is not None:
            yield Breach(
                (other.index, act.index), f"{level}介质在涉密与非涉密计算机之间交叉使用（{device}）",
                f"a {level} medium went between classified and unclassified computers ({device})", act, about=device,
            )  # fmt: skip


@rule(
    "MED-7", "介质不得转借，不得擅自带出", "media are not lent on, nor taken out without approval",
    article=f"{TOWN_MEDIA}第四条；{CONGRESS}四（三）3", severity="high", of="c",
    on=("transferred.lend", "transferred.circulate", "transferred.hand_over", "transferred.take_out"), reads=("decided.permit",),
    parameters=("strict.MED-7",),
)  # fmt: skip
def not_lent_on(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Who had a medium to use gave it to somebody else than its keeper, or it was taken out and no approval stands before; where the
    policy is strict about it, taken out at all.

    Whether it lay at its place after hours is asked by STO-2, whether it was examined on return by OUT-2.
    """
    kinds = ("transferred.lend", "transferred.circulate", "transferred.hand_over", "transferred.take_out")
    for act in on_medium(facts, carrier, *kinds):
        before = facts.before(carrier, act)
        if act.imported or not is_secret(facts.level(carrier, act)):
            continue
        if act.kind == "transferred.take_out":
            if facts.is_yes("strict.MED-7", act):
                yield Breach(
                    (act.index,), f"将介质 {carrier} 带出机关", f"medium {carrier} was taken out of the premises", act,
                    ("strict.MED-7",),
                )  # fmt: skip
            elif not approvals(facts, act, "take_out", carrier):
                zh, en = f"介质 {carrier} 未经批准带出", f"medium {carrier} was taken out without approval"
                yield Breach((act.index,), zh, en, act)
            continue
        givers, receivers = act.named("giver"), act.named("receiver")
        if before is None or before.custody_phase not in _WITH_USERS or before.holder not in givers:
            continue
        if act.kind == "transferred.hand_over" and act.body.reason not in ("passing_on", "gift"):
            continue
        others = [person for person in receivers if person != before.holder and not is_keeper(facts, person, act)]
        if others:
            yield Breach(
                (act.index,), f"介质 {carrier} 由 {before.holder} 转借 {others[0]}",
                f"medium {carrier} was lent on by {before.holder} to {others[0]}", act, about=others[0],
            )  # fmt: skip


@rule(
    "MED-8", "介质连同使用情况登记表一起归档", "media are filed together with their forms",
    article=f"{TOWN_MEDIA}第五条", severity="low", of="c", on=("transferred.archive",), reads=(STORED,),
)  # fmt: skip
def filed_with_forms(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A classified medium was archived without the forms of what had been stored on it. What a ledger doesn't list is not asked for."""
    for act in on_medium(facts, carrier, "transferred.archive"):
        if act.imported or not is_secret(facts.level(carrier, act)):
            continue
        forms = act.body.forms or ()
        # By the numbers as they were put right since.
        listed = {index for form in forms for index, _ in facts.form_uses(form)}
        used = [one for one in on_medium(facts, carrier, STORED) if one.index < act.index and one.body.form_no]
        missing = [
            form for form in dict.fromkeys(one.body.form_no for one in used if one.index not in listed) if form not in forms
        ]  # fmt: skip
        if missing:
            zh, en = "、".join(missing), ", ".join(missing)
            yield Breach((act.index,), f"归档时缺使用情况登记表：{zh}", f"filed without the forms {en}", act)


# --- repaired, disposed of ------------------------------------------------------------------------


@rule(
    "MED-10", "介质外送维修经主要领导批准，维修时有涉密专门人员在场", "outside repair of media is approved and watched",
    article=f"{TOWN_MEDIA}第七条",
    severity="high", of="c", on=("transferred.repair",), reads=("decided.permit", "returned.from_repair"),
    parameters=("posts.permit.repair_medium",), basis="L+R",
)  # fmt: skip
def repaired_under_watch(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Sent to another unit without the principal leader's approval, or, once it is back, without a witness who was cleared for it.

    A witness of whom no clearance is on record is not held against anybody.
    """
    for act in on_medium(facts, carrier, "transferred.repair"):
        level = facts.level(carrier, act)
        if act.imported or not is_secret(level) or not is_outside(facts, act.body.to, act.moment_us):
            continue
        posts = "posts.permit.repair_medium"
        for fault in permit_faults(facts, act, "repair", posts=posts, level=level, subjects=[carrier]):
            zh, en = f"外送维修：{fault.zh}", f"sent to repair: {fault.en}"
            yield Breach((act.index,), zh, en, act, fault.parameters, about="approval")
        back = next((one for one in facts.of(carrier, "returned.from_repair") if one.index > act.index), None)
        if back is None:
            continue
        witnesses = [*act.named("witness"), *back.named("witness")]
        known = [facts.clearance(person, act.moment_us) for person in witnesses]
        if witnesses and any(not one or levels.rank(one) >= levels.rank(level) for one in known):
            continue
        zh, en = ("无涉密人员在场", "nobody watched")
        if witnesses:
            zh, en = ("在场人员涉密等级不够", "the witness is not cleared for it")
        yield Breach((act.index, back.index), f"介质维修时{zh}", f"medium repaired: {en}", act, about="witness")


@rule(
    "MED-11", "介质销毁：使用者报告、领导批准、分管领导监督、专人定点销毁", "media are disposed of step by step",
    article=f"{TOWN_MEDIA}第八条", severity="critical", of="c", on=("destroyed.carriers",), reads=("decided.permit",),
    parameters=("posts.permit.destroy", "posts.supervise.destroy_medium", "places.destroy"), basis="L+R",
)  # fmt: skip
def disposed_step_by_step(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Of the user's report, the approval, the leader's supervision, the named person and the designated point one is missing.

    A row of a ledger of destruction doesn't tell of every step.
    """
    for act in on_medium(facts, carrier, "destroyed.carriers"):
        media = [one for one in act.carriers if is_medium(facts, one) and is_secret(facts.level(one, act))]
        if media[:1] != [carrier] or act.imported:
            continue
        missing = list(_missing_steps(facts, act))
        if missing:
            yield Breach(
                (act.index,), f"介质 {'、'.join(media[:5])} 销毁缺：{'、'.join(zh for zh, _ in missing)}",
                f"{', '.join(media[:5])} destroyed without {', '.join(en for _, en in missing)}", act,
                ("posts.permit.destroy", "posts.supervise.destroy_medium", "places.destroy"),
            )  # fmt: skip


def _missing_steps(facts: Facts, act: Act) -> Iterator[tuple[str, str]]:
    decided = permits(facts, act, "destroy")
    if not any(decision.persons("proposer") for decision in decided):
        yield "使用者报告", "the user's report"
    if any(
        True for _ in permit_faults(facts, act, "destroy", posts="posts.permit.destroy", level=level_of(facts, act))
    ):
        yield "领导批准", "the leader's approval"
    posts = facts.values("posts.supervise.destroy_medium", act)
    if posts and not any(facts.has_post(person, posts, act.moment_us) for person in act.acting("supervisor")):
        yield "分管领导监督", "the leader's supervision"
    if not act.named("operator"):
        yield "专人经办", "a named person to carry it out"
    if not designation(facts, act)[1]:
        yield "定点", "a designated point"


question(
    "MED-9", "涉密存储介质是否视同纸质文件，按相应密级管理？（借阅、复制、传递、清退、销毁各章的规则已适用于介质）",
    "are classified media kept like paper of their level? (the rules of all chapters judge media too)", article=f"{TOWN_MEDIA}第六条",
)  # fmt: skip
