"""Duties of borrowers and lenders (借阅): BRW-7 to BRW-12."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from chainlog.rules.acts import Act
from chainlog.rules.decisions import Fault, takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.hands import is_first_alike
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import ARCHIVES_KEPT, ARCHIVES_USED, SCHOOL_TWO
from chainlog.rules.terms import within
from chainlog.rules.things import is_secret
from chainlog.rules.use import approval_faults, approvals, by_fault, follows, holdings, inspections, is_first

_LEND: Final = "transferred.lend"
_BACK: Final = "returned.to_keeper"
_DEPTHS: Final = {"read": "阅览", "excerpt": "摘抄", "copy": "复制", "take_away": "外借"}
# 阅览 takes in 摘抄: whether an extract may be made is CIR-7.
_GRADES: Final = {"read": 0, "excerpt": 0, "copy": 1, "take_away": 2}
_KEPT_ON: Final = ("transferred.take_out", "transferred.hold")
_CONDITIONS: Final = {
    "missing_pages": ("缺页", "pages are missing"), "damaged": ("破损", "damaged"), "altered": ("涂改", "altered"),
    "unbound": ("拆散", "taken apart"),
}  # fmt: skip


@rule(
    "BRW-7", "不得涂改、损坏、裁剪、拆散、抽页", "nothing is altered, damaged, cut or taken apart, no page taken out",
    article=f"{SCHOOL_TWO}第四条；{ARCHIVES_KEPT}二",
    severity="high", of="c", on=(_BACK,), reads=(_LEND, "checked.carrier"),
)  # fmt: skip
def whole(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    Other pages on return than on the loan (else than were counted last, or than the books say), or a condition that is not intact
    and was not on record before; as stated on return or found in the examination. Pages stated for several carriers at once
    tell nothing of one of them.
    """
    loans = {loan.ended.index: loan for loan in holdings(facts, carrier, _LEND, through=_KEPT_ON) if loan.ended}
    for back in facts.of(carrier, _BACK):
        loan = loans.get(back.index)
        checks = inspections(facts, carrier, back, "return")
        state = facts.before(carrier, back)
        given = loan.given.body.pages if loan and len(loan.given.carriers) == 1 else 0
        counted, known = _known_before(facts, carrier, back)
        given = given or counted or (state.pages if state is not None else 0) or 0
        faults, evidence = {}, {back.index}
        for act in (back, *checks):
            pages, condition = act.body.pages, act.body.condition
            if given and isinstance(pages, int) and pages != given and len(act.carriers) == 1:
                faults[f"交出{given}页，收回{pages}页"] = f"{given} pages given out, {pages} came back"
                evidence |= {act.index}
            if condition in _CONDITIONS and condition not in known and is_first(act, carrier):
                zh, en = _CONDITIONS[condition]
                faults[zh] = en
                evidence |= {act.index}
        if faults:
            if loan is not None:
                evidence.add(loan.given.index)
            who = "、".join(back.named("giver")) or "（未记）"
            zh, en = "；".join(faults), "; ".join(faults.values())
            yield Breach(tuple(sorted(evidence)), f"{who} 归还的载体{zh}", f"returned by {who}: {en}", back)


def _known_before(facts: Facts, carrier: str, back: Act) -> tuple[int, set[str]]:
    """(pages counted last, conditions found) before a thing came back: what an earlier user did is not done by the next."""
    pages, conditions = 0, set[str]()
    earlier = [
        act for act in facts.of(carrier, _BACK, "checked.carrier") if act.index < back.index and follows(back, act)
    ]
    for act in earlier:
        if len(act.carriers) == 1 and isinstance(act.body.pages, int):
            pages = act.body.pages
        if act.body.condition == "intact":
            conditions.clear()
        elif act.body.condition:
            conditions.add(act.body.condition)
    return pages, conditions


@rule(
    "BRW-8", "归还时检查验收", "what comes back is examined",
    article=f"{ARCHIVES_USED}四（三）", severity="medium", of="c", on=(_LEND,),
    reads=("returned.", "checked.carrier"), needs=("within.return_check",), basis="L+T",
)  # fmt: skip
def examined(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A loan that came back, and neither was its condition stated with the return nor was it examined in the term."""
    loans = {loan.ended.index: loan for loan in holdings(facts, carrier, _LEND, through=_KEPT_ON) if loan.ended}
    for loan in loans.values():
        back = loan.ended
        if back is None or back.kind != _BACK or back.imported or back.body.condition:
            continue
        done = next(iter(inspections(facts, carrier, back, "return")), None)
        yield from within(
            facts, "within.return_check", back, done=done, zh=f"{loan.who} 归还的载体须检查验收",
            en=f"what {loan.who} returned is to be examined",
        )  # fmt: skip


@rule(
    "BRW-9", "外单位借阅须持介绍信并经批准", "outsiders bring a letter of introduction and the leader's approval",
    article=f"{SCHOOL_TWO}第五条", severity="high", of="c", on=(_LEND,), reads=("decided.permit",),
    needs=("posts.permit.outsider",), basis="L+R",
)  # fmt: skip
def introduced(facts: Facts, carrier: str) -> Iterator[Breach]:
    """A loan to a person of another unit without the letter's number, or without that approval. Who has no declared unit is not judged."""
    for loan in facts.of(carrier, _LEND):
        if loan.imported or not is_first(loan, carrier):
            continue
        outsiders = [one for one in loan.named("receiver") if facts.is_insider(one, loan.moment_us) is False]
        if not outsiders:
            continue
        who = "、".join(outsiders)
        if not loan.body.introduction_no:
            zh, en = f"外单位 {who} 借阅未记介绍信", f"{who}, of another unit, without a letter of introduction"
            yield Breach((loan.index,), zh, en, loan, ("posts.permit.outsider",), about="introduction")

        def faults_of(one: str, loan: Act = loan) -> list[Fault]:
            level = facts.level(one, loan)
            return approval_faults(facts, loan, "lend", one, posts="posts.permit.outsider", level=level)

        for fault, _ in by_fault(loan.carriers, faults_of):
            evidence = (loan.index,) if fault.permit is None else (fault.permit.index, loan.index)
            zh, en = f"外单位 {who} 借阅：{fault.zh}", f"lent to {who}, of another unit: {fault.en}"
            yield Breach(evidence, zh, en, loan, ("posts.permit.outsider",), about=fault.what)


@rule(
    "BRW-10", "未整理登记的一律不借出", "nothing is lent before it is registered",
    article=f"{SCHOOL_TWO}第六条",
    severity="high", of="c", on=(_LEND,), reads=("registered.document",), parameters=("strict.BRW-10",),
)  # fmt: skip
def registered_before(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A loan of a document that was registered only after it; where the policy is strict, also of one that never was. What
    has no document is registered with its entry into the books, and what was there when the log began in the old ones.
    """
    document = facts.document_of(carrier)
    born = facts.of(carrier, "created.")
    if document is None or any(act.kind == "created.opening" or act.imported for act in born):
        return
    entries = facts.of(document, "registered.document")
    for loan in facts.of(carrier, _LEND):
        same = [one for one in loan.carriers if facts.document_of(one) == document]
        if loan.imported or same[:1] != [carrier] or any(act.before(loan) for act in entries):
            continue
        if entries:
            yield Breach(
                (loan.index, entries[0].index), f"{document} 登记之前已借出", f"{document} was lent before it was registered",
                loan, closed=True,
            )  # fmt: skip
        elif facts.is_yes("strict.BRW-10", loan):
            zh, en = f"{document} 未登记即借出", f"{document} was lent without being registered"
            yield Breach((loan.index,), zh, en, loan, ("strict.BRW-10",))


@rule(
    "BRW-11", "借阅涉密档案签订保密承诺书", "borrowers of classified archives have signed an undertaking",
    article=f"{ARCHIVES_USED}四（二）", severity="medium", of="c", on=(_LEND,),
    needs=("strict.BRW-11",), basis="L+R",
)  # fmt: skip
def undertaken(facts: Facts, carrier: str) -> Iterator[Breach]:
    """A borrower of something classified without an undertaking that counted then; asked for where the policy is strict."""
    for loan in facts.of(carrier, _LEND):
        secret = [one for one in loan.carriers if is_secret(facts.level(one, loan))]
        if loan.imported or secret[:1] != [carrier] or not facts.is_yes("strict.BRW-11", loan):
            continue
        for person in loan.named("receiver"):
            if not facts.has_credential(person, "undertaking", loan.moment_us):
                zh, en = f"借阅人 {person} 没有有效的保密承诺书", f"{person} had no undertaking that counted"
                yield Breach((loan.index,), zh, en, loan, ("strict.BRW-11",), about=person)


@rule(
    "BRW-12", "审批权限与密级、利用深度相称", "approval grows with level and depth of use",
    article=f"{ARCHIVES_USED}四（一）", severity="high", of="c", on=(_LEND,), reads=("decided.permit",),
    parameters=("posts.permit.lend", "posts.rank"), basis="L+R",
)  # fmt: skip
def rank_enough(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A use that goes deeper than the permit says, or one whose approver stands lower than `posts.permit.lend.<depth>[.<level>]`
    asks for, by the order of posts. Where nobody approved, that is another rule's finding.
    """
    for loan in facts.of(carrier, _LEND):
        if loan.imported or carrier not in loan.carriers:
            continue
        fault = _depth_fault(facts, loan, carrier)
        if fault is not None and is_first_alike(loan, carrier, partial(_is_same, facts, loan, fault.zh)):
            yield fault


def _is_same(facts: Facts, loan: Act, zh: str, carrier: str) -> bool:
    fault = _depth_fault(facts, loan, carrier)
    return fault is not None and fault.zh == zh


def _depth_fault(facts: Facts, loan: Act, carrier: str) -> Breach | None:
    """What is wrong with every approval that a loan of a carrier can rest on; None if one is enough, or there is none."""
    found = approvals(facts, loan, "lend", carrier)
    faults = []
    for _, approval in found:
        fault = _rank_fault(facts, loan, approval, carrier)
        if fault is None:
            return None
        faults.append(fault)
    if not faults:
        return None
    zh, en, parameters = faults[0]
    return Breach((found[0][1].index, loan.index), zh, en, loan, parameters)


def _rank_fault(facts: Facts, loan: Act, approval: Act, carrier: str) -> tuple[str, str, tuple[str, ...]] | None:
    depth, allowed = loan.body.depth, approval.body.depth
    if allowed and _GRADES[depth] > _GRADES[allowed]:
        zh = f"批准{_DEPTHS[allowed]}，实际{_DEPTHS[depth]}"
        return zh, f"approved to {allowed}, used to {depth}", ()
    name, wanted = facts.specific(f"posts.permit.lend.{depth}", loan, facts.level(carrier, loan))
    order = facts.values("posts.rank", loan)
    ranks = [order.index(post) for post in wanted if post in order]
    enough = order[min(ranks) :] if ranks else wanted
    signers = approval.signers("approver") if takes_effect(approval) else []
    if not wanted or not signers or any(facts.has_post(one, enough, approval.moment_us) for one in signers):
        return None
    who = "、".join(signers)
    zh = f"{_DEPTHS[depth]}由 {who} 批准，职务不够（须 {'、'.join(wanted)} 以上）"
    return zh, f"to {depth} was approved by {who}, who ranks below {', '.join(wanted)}", (name, "posts.rank")
