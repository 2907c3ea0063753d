"""Circulation (传阅): CIR-1 to CIR-7. CIR-8 (leaders give back promptly) only points to RET-1 and is judged there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from chainlog.event.catalogue import KINDS
from chainlog.projection import levels
from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.arrivals import arrivals, effective_routes
from chainlog.rules.decisions import permit_faults, permit_of, permits
from chainlog.rules.facts import Facts
from chainlog.rules.hands import READING
from chainlog.rules.placing import judged_at
from chainlog.rules.readings import STAYS, after, end_of_reading
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, COOP, SCHOOL_TWO, TOWN_LEND, TOWN_READ, TOWN_RECEIVE, UNIVERSITY
from chainlog.rules.terms import by_then, within
from chainlog.rules.use import was_given

_OUT: Final = "transferred.circulate"
_BACK: Final = "returned.to_keeper"
_ON: Final = "transferred.hand_over"
_HOLD: Final = "transferred.hold"


class Passing(NamedTuple):
    """A carrier went from one reader to another. said: whether an act says so, or only its return shows it."""

    said: bool
    giver: str
    receiver: str


def passing(facts: Facts, carrier: str, act: Act) -> Passing | None:
    """How an act shows that a carrier went from reader to reader past the keeper, None if it doesn't."""
    if act.imported or act.with_prefix("l") or not _may_pass(act):
        return None
    state = facts.before(carrier, act)
    if state is None or state.custody_phase not in READING:
        return None
    giver = next(iter(hands.persons(act, "giver")), None)
    receiver = next(iter(hands.persons(act, "receiver")), None)
    holder = state.holder
    # What a keeper brings straight from one reader to the next wasn't passed past the keeper; the missing return is TRN-4's.
    if giver is not None and act.kind != _BACK and _keeps(facts, carrier, giver, act):
        return None
    if receiver is not None and receiver != holder and not _keeps(facts, carrier, receiver, act):
        return Passing(True, giver or holder or "", receiver)
    if act.kind != _BACK or giver is None or holder is None or giver == holder:
        return None
    if hands.is_keeper(facts, giver, act) or hands.is_keeper(facts, holder, act):
        return None
    if was_given(facts, carrier, giver, act):
        return None
    return Passing(False, holder, giver)


def _may_pass(act: Act) -> bool:
    """Whether an act is of a kind by which readers pass on or give back what they read."""
    if act.kind == _BACK:
        return bool(act.body.reason == "reading")
    return act.kind == _OUT or (act.kind == _ON and act.body.reason in hands.PASSING)


def _keeps(facts: Facts, carrier: str, person: str, act: Act) -> bool:
    """Whether a person is a keeper, or had handed the carrier out before: a department's own officer takes back too."""
    if hands.is_keeper(facts, person, act):
        return True
    first = hands.began(facts, carrier, act)
    return first is not None and person in first.named("giver")


@rule(
    "CIR-1", "直传，不得横传", "readers get it from the keeper and give it back to the keeper",
    article=f"{TOWN_READ}第三条；{TOWN_RECEIVE}第五条；{TOWN_LEND}第五条；{UNIVERSITY}四、9", severity="high", of="c",
    on=(_OUT, _HOLD), reads=(_BACK, _ON), parameters=("custody.office", "strict.CIR-1"), needs=("posts.circulate",), basis="L+R",
)  # fmt: skip
def straight(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A reader passed it to another reader; or another reader than the one who had it brought it back.

    Whether somebody is a reader is a matter of posts: who may circulate carriers is a keeper. What is lent is BRW-6. Open papers
    (无密) are judged with `strict.CIR-1` only: one regulation says 各类文件, the others speak of secret ones.
    """
    for act in facts.of(carrier, _OUT, _BACK, _ON):
        if hands.is_open(facts, act) and not facts.is_yes("strict.CIR-1", act):
            continue
        found = passing(facts, carrier, act)

        def alike(other: str, act: Act = act, found: Passing | None = found) -> bool:
            return passing(facts, other, act) == found

        if found is None or not hands.is_first_alike(act, carrier, alike):
            continue
        giver, receiver = found.giver, found.receiver
        if found.said:
            zh, en = f"{giver} 直接交给 {receiver}，未经保密员", f"{giver} passed it to {receiver} past the keeper"
        else:
            zh = f"{giver} 领取，由 {receiver} 退回：阅文人之间横传"
            en = f"{giver} had it and {receiver} brought it back: it was passed between readers"
        first = None if found.said else hands.began(facts, carrier, act)
        yield Breach(
            hands.evidence(first, act), zh, en, act, ("posts.circulate", "custody.office"),
            hands.graver(hands.level_of(facts, act)), about=receiver,
        )  # fmt: skip


@rule(
    "CIR-2", "传阅、阅读须登记签收", "every reading is registered and signed for",
    article=f"{TOWN_READ}第三条；{COOP}三（二）", severity="high", of="cd", on=(_OUT, _BACK, "accessed.read"),
    reads=("countersigned",), parameters=("posts.circulate", "custody.office"),
)  # fmt: skip
def signed_for(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A reader has not signed for receiving, reading, or giving back; or gave back what nothing shows them to have received.

    Loans, meetings and consulting of archives have rules of their own. A maker brings what they made. Open papers (无密) are read freely.
    """
    for act in hands.judged(facts, subject, _OUT, _BACK, "accessed.read"):
        if act.imported or act.with_prefix("l") or hands.is_open(facts, act):
            continue
        if act.kind == "accessed.read":
            if act.body.how == "read":
                yield from _unsigned(facts, act, "reader", "阅读")
        elif act.kind == _OUT:
            yield from _unsigned(facts, act, "receiver", "领取")
        elif act.body.reason == "reading":
            yield from _unsigned(facts, act, "giver", "退回")
    if subject[0] == "c":
        for act in facts.of(subject, _BACK):
            yield from _never_received(facts, subject, act)


def _unsigned(facts: Facts, act: Act, role: str, zh: str) -> Iterator[Breach]:
    """Named in a role and not signed, or nobody named."""
    named = hands.persons(act, role)
    lacking = [person for person in named if person not in act.signers(role)]
    if (named and not lacking) or hands.signed_on_paper(facts, act, role):
        return
    later = facts.countersigners(act, role)
    signed_later = bool(later) and set(lacking) <= set(later)
    yield Breach(
        hands.evidence(act, *(one for one in facts.answers(act, "countersigned") if one.signers(role))),
        f"{'、'.join(lacking) or '阅文人'} {zh}未签名",
        f"not signed for by {', '.join(lacking) or 'any ' + role}: {KINDS[act.kind].en}",
        act,
        closed=signed_later,
        about=role,
    )


def _stranger(facts: Facts, carrier: str, act: Act) -> str | None:
    """Who gave a carrier back that somebody else had, without being a keeper or its maker; None if nobody."""
    state = facts.before(carrier, act)
    if act.imported or act.with_prefix("l") or act.body.reason != "reading" or state is None or state.holder is None:
        return None
    if hands.is_open(facts, act):
        return None
    for person in hands.persons(act, "giver"):
        if (
            person != state.holder
            and not hands.is_keeper(facts, person, act)
            and not hands.is_maker(facts, carrier, person, act)
            and not was_given(facts, carrier, person, act)
        ):
            return person
    return None


def _never_received(facts: Facts, carrier: str, act: Act) -> Iterator[Breach]:
    person = _stranger(facts, carrier, act)
    if person is not None and hands.is_first_alike(act, carrier, lambda c: _stranger(facts, c, act) == person):
        yield Breach(
            (act.index,), f"{person} 无领取签字而退回", f"{person} gave it back, with no signature for having received it",
            act, about=person,
        )  # fmt: skip


# Phases in which a carrier is the unit's to account for.
_LIVE: Final = frozenset(
    {"in_stock", "in_transit", "in_circulation", "on_loan", "held", "out", "archived", "in_repair"}
)


@rule(
    "CIR-3", "随时掌握去向", "at any time it is known who has it",
    article=f"{TOWN_READ}第三条；{COOP}三（二）",
    severity="critical", of="c", on=("created.", "copied.made", "transferred."),
    reads=("returned.", "reported.incident"),
)  # fmt: skip
def whereabouts(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A live carrier is with nobody, and with no other unit: its last act names no one who took it.

    What is reported missing is known to be so (INV-1, LEK-4). Opening stock and rows of ledgers may lack the name, also once
    it was put away. Of open papers (无密) nobody asks it.
    """
    state = facts.carrier(carrier)
    if state is None or state.custody_phase not in _LIVE or state.holder or state.unit or state.since_index is None:
        return
    act = facts.at(state.since_index)
    if act is None or hands.is_open(facts, act):
        return
    source = hands.given_by(facts, carrier, act)
    if source.imported or source.kind == "created.opening" or source.body.stated:
        return
    where = f"（最后所知：{state.place}）" if state.place else ""
    yield Breach(
        (act.index,), f"{carrier} 去向不明，“{KINDS[act.kind].zh}”未记接收人{where}",
        f"nobody is known to have it: {KINDS[act.kind].en}, with no receiver", act, unfinished=True,
    )  # fmt: skip


@rule(
    "CIR-4", "专用文件夹、当面送交、立等收回", "handed over face to face and taken back the same day",
    article=f"{TOWN_RECEIVE}第五条",
    severity="high", of="c", on=(_OUT,), reads=("returned.", "transferred.", "created.received"),
    needs=("within.back.circulation",), parameters=("posts.circulate", "custody.office"), basis="L+T",
)  # fmt: skip
def waited_for(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A received document was left on a desk or in an exchange box; or is not back in time and no keeping is recorded.

    Copies made here for leaders are ISS-7, meeting papers MTG-2. Open papers (无密) may lie on a desk. A time until which it may
    be kept, entered with the hand-out, is such a record.
    """
    if not any(True for _ in arrivals(facts, carrier)):
        return
    for act in facts.of(carrier, _OUT):
        if act.imported or act.with_prefix("l") or hands.is_open(facts, act):
            continue
        left = {
            "left_on_desk": ("放置于办公桌", "left on a desk"),
            "exchange_box": ("放入交换箱", "put into an exchange box"),
        }
        if act.body.mode in left and judged_at(act, "cd") == carrier:
            zh, en = left[act.body.mode]
            yield Breach((act.index,), f"未当面送交：{zh}", f"not handed over face to face: {en}", act, about="mode")
        due_us = facts.deadline("within.back.circulation", act)
        if due_us is not None:
            yield from by_then(
                facts, max(due_us, act.body.due or due_us), act, done=end_of_reading(facts, carrier, act),
                zh=f"{carrier} 送阅后须当日收回或登记暂留", en=f"{carrier}, handed out, is to be taken back or its keeping recorded",
                parameters=("within.back.circulation",),
            )  # fmt: skip


@rule(
    "CIR-5", "暂留用毕交还，不得直接转入下一环节", "what is kept for work is returned after use, never passed straight on",
    article=f"{TOWN_RECEIVE}第五条",
    severity="medium", of="c", on=(_HOLD,), reads=("returned.", "transferred."),
    parameters=("posts.circulate", "custody.office"), basis="L+T",
)  # fmt: skip
def kept_and_returned(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Kept past the time allowed, or passed to somebody else without coming back first.

    Keeping that nobody recorded is CIR-4. What is renewed after a loan or a taking out stays that: BRW-2, OUT-2.
    """
    away = False
    for act in facts.of(carrier, "transferred.", "returned."):
        if act.kind != _HOLD:
            stays = away and act.kind in STAYS
            away = stays or act.kind in ("transferred.lend", "transferred.take_out")
            continue
        if away or act.imported or hands.is_open(facts, act):
            continue
        later = end_of_reading(facts, carrier, act)
        if isinstance(act.body.due, int):
            yield from by_then(
                facts, act.body.due, act, done=later, zh=f"暂留的 {carrier} 须交还", en=f"{carrier}, kept, is to be given back"
            )  # fmt: skip
        yield from _straight_on(facts, carrier, act)


def _straight_on(facts: Facts, carrier: str, hold: Act) -> Iterator[Breach]:
    """The next act after a keeping gives the carrier to somebody else; putting it away or receipting it changes no hands."""
    moved = (a for a in after(facts, carrier, hold, "transferred.", "returned.") if a.kind not in STAYS)
    later = next(moved, None)
    passing_on = ("transferred.circulate", "transferred.lend", "transferred.take_out", "transferred.dispatch")
    if later is None or (
        later.kind not in passing_on and not (later.kind == _ON and later.body.reason in hands.PASSING)
    ):
        return
    kept_by, receivers = hands.persons(hold, "receiver"), hands.persons(later, "receiver")
    if set(kept_by) & set(receivers) or any(hands.is_keeper(facts, person, later) for person in receivers):
        return
    to = "、".join(receivers) or later.body.to
    yield Breach(
        (hold.index, later.index), f"{'、'.join(kept_by)} 暂留后未交还即转给 {to}",
        f"kept by {', '.join(kept_by)} and passed on to {to} without coming back", later, about="next",
    )  # fmt: skip


@rule(
    "CIR-6", "按次序传阅，阅毕收回", "it circulates in the given order and comes back at the end",
    article=f"{TOWN_RECEIVE}第三条",
    severity="medium", of="c", on=(_OUT,), reads=("decided.route", "returned.", "transferred."),
    needs=("within.after_last_reader",), parameters=("posts.circulate", "custody.office"), basis="L+T",
)  # fmt: skip
def in_order(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    Handed to somebody before those who come earlier in the instruction (for information); not back after the last reader.

    Only persons named in the instruction have an order. An urgent document may go to leaders directly. A second reading
    counts for nothing.
    """
    document = facts.document_of(carrier)
    stated = None if document is None else facts.stated(document)
    if document is None or (stated is not None and stated.urgency == "urgent"):
        return
    seen: dict[int, dict[str, Act]] = {}
    for act in facts.of(carrier, _OUT):
        routes = [route for route in effective_routes(facts, document, act) if route.body.recipients]
        if act.imported or not routes:
            continue
        order = list(routes[-1].body.recipients)
        handed = seen.setdefault(routes[-1].index, {})
        for person in hands.persons(act, "receiver"):
            if person not in order or person in handed:
                continue
            skipped = [other for other in order[: order.index(person)] if other not in handed and other[0] == "p"]
            handed[person] = act
            yield from _out_of_order(facts, carrier, routes[-1], act, person, skipped)
            if len(handed) == len(order):
                yield from within(
                    facts, "within.after_last_reader", act, done=end_of_reading(facts, carrier, act),
                    zh=f"{carrier} 传阅完毕须收回", en=f"{carrier} is to be taken back after the last reader",
                    evidence=(routes[-1].index,),
                )  # fmt: skip


def _out_of_order(
    facts: Facts, carrier: str, route: Act, act: Act, person: str, skipped: list[str]
) -> Iterator[Breach]:
    """
    Somebody read before others who stand earlier and read the same copy afterwards.

    Those who never got it may have read elsewhere; who had another copy before has read.
    """
    later = [a for a in facts.of(carrier, _OUT) if a.index > act.index]
    after = [other for other in skipped if any(other in hands.persons(a, "receiver") for a in later)]
    if after:
        handed = [a for copy in facts.copies(facts.document_of(carrier) or "") for a in facts.of(copy, _OUT)]
        before = [a for a in handed if (a.moment_us, a.index) < (act.moment_us, act.index)]
        after = [other for other in after if not any(other in hands.persons(a, "receiver") for a in before)]
    if after and hands.is_first_of_document(facts, act, carrier):
        names = "、".join(after)
        yield Breach(
            (route.index, act.index), f"{person} 先于 {names} 传阅，与批示次序不符",
            f"{person} was given it before {', '.join(after)}, against the order of the instruction", act,
            severity="info", about=person,
        )  # fmt: skip


@rule(
    "CIR-7", "不得擅自摘抄", "no extracts without permission",
    article=f"{TOWN_READ}第四条；{TOWN_LEND}第七条；{SCHOOL_TWO}第八条和第九条；{CONGRESS}四（一）2；{COOP}三（五）",
    severity="high", of="c", on=("copied.made",), reads=("decided.permit",),
    parameters=("posts.permit.excerpt",), basis="L+R",
)  # fmt: skip
def extracts_permitted(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    An extract was made, and no permission to extract or copy stood before it. A permit to copy that another copying rests on is
    used up. What nobody recorded no log can show.
    """
    for act in hands.judged(facts, carrier, "copied.made"):
        if act.imported or act.body.method != "excerpt":
            continue
        # What is taken from a secret stays one, whatever the extract is said to be.
        parents = [act.subjects[position] for position in act.body.parents]
        if hands.is_open(facts, act) and all(facts.level(one, act) == "无密" for one in parents):
            continue
        if _rests_on_copying(facts, act):
            continue
        level = levels.highest((hands.level_of(facts, act), *(facts.level(one, act) for one in parents)))
        for fault in permit_faults(facts, act, "excerpt", posts="posts.permit.excerpt", level=level):
            yield Breach(
                hands.evidence(act, fault.permit), f"摘抄{fault.zh}", f"extract made: {fault.en}", act, fault.parameters
            )  # fmt: skip


def _rests_on_copying(facts: Facts, extract: Act) -> bool:
    """Whether an extract was made on a permit to copy: one that it refers to, or that no other copying refers to."""
    permit = permit_of(facts, extract, "copy")
    if permit is None:
        return False
    decision = next(one for one in permits(facts, extract, "copy") if permit in one.steps)
    copyings = [act for subject in permit.subjects if subject[0] in "cd" for act in facts.of(subject, "copied.made")]
    users = [act for act in copyings if any(step.id in act.refs for step in decision.steps)]
    return not users or extract in users
