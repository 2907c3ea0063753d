"""Borrowing (借阅): BRW-1 to BRW-6. What follows stands in `borrowing_duties`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from chainlog.rules.acts import Act
from chainlog.rules.decisions import Fault
from chainlog.rules.facts import Facts
from chainlog.rules.hands import is_first_alike
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, COOP, SCHOOL_TWO, TOWN_LEND, TOWN_MEDIA, UNIVERSITY
from chainlog.rules.terms import by_then, within
from chainlog.rules.things import is_secret
from chainlog.rules.use import (
    RENEWAL,
    Holding,
    Taken,
    approval_faults,
    by_fault,
    follows,
    holdings,
    is_first,
    is_keeper,
    was_given,
    with_renewals,
)

_LEND: Final = "transferred.lend"
_BACK: Final = "returned.to_keeper"
_HAND_OUT: Final = "transferred.circulate"
_NOT_LENT: Final = frozenset({"in_stock", "in_circulation", "archived"})
_TAKING_OUT: Final = ("transferred.take_out",)
_KEPT_ON: Final = ("transferred.take_out", RENEWAL)


def due_of(facts: Facts, loan: Act) -> int | None:
    """When what was lent is to be back: as stated, else as the permit says that the loan refers to."""
    if loan.body.due:
        return int(loan.body.due)
    permits = facts.refs(loan, "decided.permit")
    return next((int(act.body.until) for act in permits if act.body.act == "lend" and act.body.until), None)


@rule(
    "BRW-1", "借出登记，归还注销", "every loan is entered, and cancelled on return",
    article=f"{TOWN_LEND}第一条；{SCHOOL_TWO}第二条；{UNIVERSITY}四、7", severity="high", of="c",
    on=(_LEND, _BACK, "transferred.circulate"), reads=("decided.permit",),
)  # fmt: skip
def entered_and_cancelled(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A return of a loan that no entry began, a hand-out on a loan's permit without an entry, or the next hand-out by the
    keeper while the last loan still stands. A borrower who keeps it on other terms has not returned it. What was entered late
    counts by when it happened: that it was late is REC-4's.
    """
    entered = {loan.ended.index for loan in holdings(facts, carrier, _LEND, through=_KEPT_ON) if loan.ended}
    for act in facts.of(carrier, _LEND, _BACK, _HAND_OUT):
        if act.imported or carrier not in act.carriers:
            continue
        if act.kind == _BACK:
            if act.index in entered:
                continue
            if _is_unlent(facts, act, carrier) and is_first_alike(act, carrier, partial(_is_unlent, facts, act)):
                yield Breach((act.index,), "归还时查无借出登记", "returned as a loan, and no loan was entered", act)
            continue
        for permit in facts.refs(act, "decided.permit") if act.kind == _HAND_OUT and is_first(act, carrier) else ():
            if permit.body.act == "lend":
                zh, en = "凭借阅审批交出，未作借出登记", "handed out on a permit to lend, and not entered as a loan"
                yield Breach((permit.index, act.index), zh, en, act)
        before = facts.before(carrier, act)
        if before is None or before.custody_phase != "on_loan" or before.since_index is None or not act.named("giver"):
            continue
        returned = any(was_given(facts, carrier, person, act) for person in act.named("giver"))
        if before.holder and before.holder not in (*act.named("giver"), *act.named("receiver")) and not returned:
            zh, en = (
                f"借给 {before.holder} 的尚未归还注销，又交给他人",
                f"handed out again while lent to {before.holder}",
            )
            yield Breach(tuple(sorted((before.since_index, act.index))), zh, en, act)


def _is_unlent(facts: Facts, back: Act, carrier: str) -> bool:
    """Whether a carrier comes back as lent, and by the books it was not."""
    before = facts.before(carrier, back)
    return back.body.reason == "loan" and before is not None and before.custody_phase in _NOT_LENT


@rule(
    "BRW-2", "借出的载体限期归还", "what was lent comes back by the set date",
    article=f"{UNIVERSITY}四、6和四、7；{TOWN_LEND}第五条；{SCHOOL_TWO}第二条", severity="medium", of="c", on=(_LEND,),
    reads=("returned.", RENEWAL),
    parameters=("keep.overdue.serious",), basis="L+T",
)  # fmt: skip
def back_in_time(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A loan to take away, or its renewal, without a date, or not back by its date. Graver when later than the policy's limit.
    What is read on the spot needs no date. A loan that is renewed in time is due by the new date.
    """
    for loan in with_renewals(facts, carrier, _LEND, through=_TAKING_OUT):
        due_us, given = due_of(facts, loan.given), loan.given
        if due_us is None:
            if _is_taken_away(facts, carrier, given) and not given.imported and is_first(given, carrier):
                zh, en = ("续借", "renewed") if given.kind == RENEWAL else ("借出", "lent")
                closed = loan.ended is not None
                yield Breach(
                    (given.index,), f"{zh}未定归还期限", f"{en} without a date of return", given, closed=closed
                )
            continue
        serious_us = facts.deadline("keep.overdue.serious", given, since_us=due_us)
        yield from by_then(
            facts, due_us, given, done=loan.ended, zh=f"{loan.who} 借的载体须归还", en=f"{loan.who} is to return it",
            parameters=("keep.overdue.serious",),
            severity="high" if serious_us is not None and _lasted(facts, loan, serious_us) else None,
        )  # fmt: skip


def _is_taken_away(facts: Facts, carrier: str, given: Act) -> bool:
    """Whether a loan, or the one that is renewed, was to take away, which is not lent without a date."""
    loans = [act for act in facts.of(carrier, _LEND) if act.index <= given.index]
    return bool(loans) and loans[-1].body.depth in ("copy", "take_away")


def _lasted(facts: Facts, loan: Holding, us: int) -> bool:
    """Whether a loan lasted beyond a moment."""
    return facts.has_passed(us) if loan.ended is None else loan.ended.moment_us > us


@rule(
    "BRW-3", "到期未还的要催促", "overdue loans are pressed for",
    article=f"{UNIVERSITY}四、7", severity="low", of="c", on=(_LEND,), reads=("returned.", RENEWAL, "notified.sent"),
    needs=("within.urge",), basis="L+T",
)  # fmt: skip
def pressed_for(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """A loan past its date, or that of its renewal, that nobody pressed for in the term, and that didn't come back in it either."""
    for loan in with_renewals(facts, carrier, _LEND, through=_TAKING_OUT):
        due_us, ended = due_of(facts, loan.given), loan.ended
        limit_us = None if due_us is None else facts.deadline("within.urge", loan.given, since_us=due_us)
        if due_us is None or limit_us is None or not facts.has_passed(due_us) or loan.given.imported:
            continue
        if ended is not None and (ended.start_us is None or ended.start_us <= limit_us):
            continue
        urged = next((act for act in _urges(facts, carrier, loan) if act.latest_us > due_us), None)
        if urged is None and ended is not None:
            yield Breach(
                (loan.given.index, ended.index), f"{loan.who} 逾期未还，至归还时未催还",
                f"{loan.who} was overdue and not pressed until it came back", loan.given, ("within.urge",), closed=True,
            )  # fmt: skip
            continue
        yield from within(
            facts, "within.urge", loan.given, done=urged, since_us=due_us, zh=f"{loan.who} 到期未还，须催还",
            en=f"{loan.who} is overdue and to be pressed",
        )  # fmt: skip


def _urges(facts: Facts, carrier: str, loan: Holding) -> list[Act]:
    """Notices that press for a loan while it lasts: to the borrower, to a unit, or referring to it."""
    document = facts.document_of(carrier)
    sent = [*facts.of(carrier, "notified.sent"), *(facts.of(document, "notified.sent") if document else ())]
    return sorted(
        (
            act
            for act in sent
            if act.body.topic == "urge"
            and follows(act, loan.given)
            and (loan.ended is None or not follows(act, loan.ended))
            and (loan.given.id in act.refs or any(to in loan.persons or to.startswith("u/") for to in act.body.to))
        ),
        key=lambda act: act.moment_us,
    )


@rule(
    "BRW-4", "绝密级不准借出机要室", "top secret is never lent out of the confidential office",
    article=f"{UNIVERSITY}四、8", severity="critical", of="c", on=(_LEND,), needs=("places.lend.绝密",), basis="L+R",
)  # fmt: skip
def stays_in_the_office(facts: Facts, carrier: str) -> Iterator[Breach]:
    """Lent to be taken away, or to be used at a declared place of another type. No approval heals it."""
    for loan in facts.of(carrier, _LEND):
        secret = [one for one in loan.carriers if facts.level(one, loan) == "绝密"]
        if secret[:1] != [carrier]:
            continue
        kind = facts.place_type(loan.body.place or None, loan.moment_us)
        wrong_place = kind and kind not in facts.values("places.lend.绝密", loan)
        if loan.body.depth != "take_away" and not wrong_place:
            continue
        zh, en, where = names_zh(secret), names_en(secret), f"（{loan.body.place}）" if wrong_place else ""
        yield Breach(
            (loan.index,), f"绝密级 {zh} 借出机要室{where}", f"{en}, top secret, lent out of the confidential office",
            loan, ("places.lend.绝密",),
        )  # fmt: skip


@rule(
    "BRW-5", "借阅密级载体须经分管领导签字批准", "loans of classified carriers are approved by the responsible leader",
    article=f"{SCHOOL_TWO}第三条", severity="high", of="c", on=(_LEND,), reads=("decided.permit",),
    needs=("posts.permit.lend",), basis="L+R",
)  # fmt: skip
def approved(facts: Facts, carrier: str) -> Iterator[Breach]:
    """No signed approval before the loan, one by somebody without the post, or a loan beyond it: date, borrower."""
    for loan in facts.of(carrier, _LEND):
        if loan.imported or not is_first(loan, carrier):
            continue
        taken = Taken(until_us=due_of(facts, loan), persons=tuple(loan.named("receiver")))

        def faults_of(one: str, loan: Act = loan, taken: Taken = taken) -> list[Fault]:
            level = facts.level(one, loan)
            if not is_secret(level):
                return []
            return approval_faults(facts, loan, "lend", one, posts="posts.permit.lend", level=level, taken=taken)

        for fault, carriers in by_fault(loan.carriers, faults_of):
            zh, en = names_zh(carriers), names_en(carriers)
            evidence = (loan.index,) if fault.permit is None else (fault.permit.index, loan.index)
            yield Breach(
                evidence, f"借出 {zh}：{fault.zh}", f"{en} lent: {fault.en}", loan,
                fault.parameters or ("posts.permit.lend",), about=fault.what,
            )  # fmt: skip


_PASSED_ON: Final = frozenset({"passing_on", "gift", "interdepartmental"})


@rule(
    "BRW-6", "不得转借", "what was borrowed is not lent on",
    article=f"{SCHOOL_TWO}第四条；{TOWN_MEDIA}第四条；{CONGRESS}四（一）2和四（三）3；{COOP}三（五）",
    severity="high", of="c", on=(_LEND,), reads=("transferred.", "returned.to_keeper"),
    parameters=("custody.office",),
)  # fmt: skip
def not_lent_on(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    The borrower gives it to somebody who is not the keeper, or somebody else brings it back. Rows of a ledger are not
    judged: who brought a thing back is not always who stands there.
    """
    found: dict[int, Breach] = {}
    for loan in holdings(facts, carrier, _LEND, through=_KEPT_ON):
        persons = set(loan.persons)
        for act in facts.of(carrier, "transferred.", _BACK):
            if act.imported or not persons or not follows(act, loan.given) or not loan.is_first(act, carrier):
                continue
            if loan.ended is not None and act is not loan.ended and follows(act, loan.ended):
                continue
            givers, receivers = set(act.named("giver")), set(act.named("receiver"))
            evidence = tuple(sorted((loan.given.index, act.index)))
            if act.kind == _BACK:
                others = sorted(one for one in givers - persons if not is_keeper(facts, one, act))
                if others and not givers & persons:
                    who = "、".join(others)
                    zh, en = f"借给 {loan.who}，由 {who} 归还（转借）", f"lent to {loan.who}, returned by {who}"
                    found[act.index] = Breach(evidence, zh, en, act)
                continue
            strangers = sorted(one for one in receivers - persons if not is_keeper(facts, one, act))
            if givers & persons and _passes_on(act, strangers):
                to = "、".join(strangers) or act.body.to
                zh, en = f"{loan.who} 将所借载体转给 {to}", f"{loan.who} passed what was borrowed on to {to}"
                found[act.index] = Breach(evidence, zh, en, act)
                persons = receivers or persons
    yield from found.values()


def _passes_on(act: Act, strangers: list[str]) -> bool:
    if act.kind == "transferred.dispatch":
        return True
    if act.kind == "transferred.hand_over" and act.body.reason not in _PASSED_ON:
        return False
    return bool(strangers) and act.kind in (_LEND, "transferred.circulate", "transferred.hand_over", "transferred.hold")
