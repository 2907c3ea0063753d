"""Leaving and change of post (离岗、调岗移交): HND-1 to HND-6."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.projection.rows import Interval
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.hands import READING, is_open
from chainlog.rules.placing import names_en, names_zh, number_en
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, DECREE, LAW, TOWN_OPEN_NETWORK, TOWN_RETURN, UNIVERSITY
from chainlog.rules.staff import GIVEN_UP, departures, hand_overs, in_hands_at, is_in_post, left_us, post_ends
from chainlog.rules.terms import within

_HAND_OVER: Final = "transferred.hand_over"


@rule(
    "HND-1", "离岗前清退所保管的全部涉密载体", "keepers clear all carriers in their charge before they leave",
    article=f"{TOWN_RETURN}第三条；{UNIVERSITY}四、14；{CONGRESS}四（五）2；{LAW}第四十六条；{DECREE}第五十三条",
    severity="critical", of="p", on=("departed", "appointed.post"), reads=("transferred.", "returned.", "dismissed"),
    parameters=("custody.office",), basis="L+R",
)  # fmt: skip
def all_cleared(facts: Facts, person: str) -> Iterator[Breach]:
    """
    Somebody left, or ceased to hold the post of a keeper (`custody.office`), and still had carriers at that moment. It is closed
    when they are in other hands. Who is only known to have left on a day is asked about the end of that day. Open papers (无密)
    are not asked for, nor, of who only gives up the post, what he was given to read or use.
    """
    for act in departures(facts, person):
        if facts.has_passed(left_us(act) - 1):
            there = in_hands_at(facts, person, left_us(act), act)
            yield from _still_has(facts, person, there, act, ("离岗", "left"))
    for end_us, record in post_ends(facts, person, "custody.office"):
        left = facts.departed(person)
        if left is None or left[0] > end_us:
            kept = in_hands_at(facts, person, end_us, record)
            kept = {carrier: row for carrier, row in kept.items() if row.phase not in _USED}
            yield from _still_has(facts, person, kept, record, ("不再任保管岗位", "ceased to be a keeper"))


# Phases in which somebody has a carrier to read or use it, not to keep it for the unit.
_USED: Final = READING | {"on_loan", "out"}


def _still_has(
    facts: Facts, person: str, there: dict[str, Interval], record: Act, how: tuple[str, str]
) -> Iterator[Breach]:
    there = {carrier: row for carrier, row in there.items() if facts.level(carrier, record) != "无密"}
    if not there:
        return
    carriers = sorted(there)
    yield Breach(
        tuple(sorted({record.index, *(row.from_index for row in there.values())})),
        f"{person} {how[0]}时尚有{len(carriers)}件未清退、移交：{names_zh(carriers)}",
        f"{person} {how[1]} with {number_en(len(carriers), 'carrier')} not handed over: {names_en(carriers)}",
        record,
        ("custody.office",),
        closed=not _anything_left(facts, person, carriers),
    )


def _anything_left(facts: Facts, person: str, carriers: list[str]) -> bool:
    """Whether a person still has any of these carriers."""
    states = [facts.carrier(carrier) for carrier in carriers]
    return any(state is not None and state.holder == person for state in states)


@rule(
    "HND-2", "移交清单须包括所使用、保管的全部载体", "on any move all that was used or kept is listed and handed over",
    article=f"{UNIVERSITY}四、3和四、14；{TOWN_RETURN}第三条；{CONGRESS}四（五）2",
    severity="critical", of="pl", on=(_HAND_OVER,), reads=("departed", "listed.", "returned."),
)  # fmt: skip
def list_is_whole(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Who left handed over fewer carriers than he had; or a list of what is to be handed over isn't what was handed over.

    Before the departure nothing is missing, for more may still be handed over. Who hands over nothing at all is HND-1. What was
    listed and had gone elsewhere by then, back to its issuer or into other hands, is not lacking; open papers (无密) never are.
    """
    if subject.startswith("l/"):
        yield from _list_done(facts, subject)
        return
    for left in departures(facts, subject):
        given = [act for act in hand_overs(facts, subject, *GIVEN_UP) if act.before(left)]
        if not given or not facts.has_passed(left_us(left) - 1) or not _parts_whole(given):
            continue
        there = in_hands_at(facts, subject, left_us(left), left)
        # What came to hand after the lists were made is missing on none of them.
        known = sorted(
            carrier
            for carrier, row in there.items()
            if row.from_index < given[-1].index and facts.level(carrier, left) != "无密"
        )
        if known:
            count = len({carrier for act in given for carrier in act.carriers})
            yield Breach(
                tuple(act.index for act in given),
                f"{subject} 的移交清单共{count}件，漏列{len(known)}件：{names_zh(known)}",
                f"the hand-over of {subject} lists {number_en(count, 'carrier')} and leaves out {len(known)}: {names_en(known)}",
                given[-1],
                closed=not _anything_left(facts, subject, known),
            )


def _parts_whole(acts: list[Act]) -> bool:
    """Whether all parts of every list are there."""
    parts: dict[str, set[int]] = {}
    wanted: dict[str, int] = {}
    for act in acts:
        if act.body.part:
            name = next(iter(act.with_prefix("l")), "")
            parts.setdefault(name, set()).add(act.body.part.number)
            wanted[name] = max(act.body.part.of, wanted.get(name, 0))
    return all(len(parts[name]) >= wanted[name] for name in wanted)


def _list_done(facts: Facts, name: str) -> Iterator[Breach]:
    wanted: set[str] = set()
    given = facts.of(name, _HAND_OVER)
    for act in facts.of(name, "listed.added", "listed.withdrawn"):
        if act.kind == "listed.withdrawn":
            wanted.difference_update(act.with_prefix("c"))
        elif act.body.purpose == "hand_over":
            wanted.update(act.with_prefix("c"))
    if not wanted or not given or not _parts_whole(list(given)):
        return
    there = {carrier for act in given for carrier in act.carriers}
    givers = {person for act in given for person in act.named("giver")}
    lacking = sorted(one for one in wanted - there if facts.holder_before(one, given[-1]) in (None, *givers))
    extra = sorted(there - wanted)
    for carriers, zh, en, about in (
        (lacking, "清单所列未移交", "listed and not handed over", "lacking"),
        (extra, "移交了清单之外的载体", "handed over without being listed", "extra"),
    ):
        if carriers:
            yield Breach(
                tuple(act.index for act in given),
                f"移交清单 {name}：{zh}：{names_zh(carriers)}",
                f"hand-over list {name}: {en}: {names_en(carriers)}",
                given[-1],
                unfinished=about == "lacking",
                about=about,
            )


@rule(
    "HND-3", "离岗前进行保密提醒谈话", "a reminder talk is held before somebody leaves",
    article=f"{CONGRESS}四（五）2；{DECREE}第五十三条", severity="medium", of="p", on=("departed",),
    reads=("notified.sent",),
)  # fmt: skip
def reminded(facts: Facts, person: str) -> Iterator[Breach]:
    """
    No talk about leaving (`notified.sent` with topic departure) names the person before the departure; a later one closes it.

    A notice bears no person as subject unless it states them: it is looked for at the person, the unit and what was handed over.
    Persons of other units have theirs there.
    """
    for left in departures(facts, person):
        if facts.is_insider(person, left.moment_us) is False:
            continue
        talks = _talks(facts, person)
        if any(talk.before(left) and not _is_after(talk, left) for talk in talks):
            continue
        later = next((talk for talk in talks if _is_after(talk, left)), None)
        yield Breach(
            (left.index,) if later is None else (left.index, later.index),
            f"{person} 离岗前未进行保密提醒谈话",
            f"no reminder talk was held with {person} before the departure",
            left,
            closed=later is not None,
        )


def _is_after(talk: Act, left: Act) -> bool:
    return talk.start_us is not None and left.end_us is not None and talk.start_us > left.end_us


def _talks(facts: Facts, person: str) -> list[Act]:
    units = {facts.own_unit}
    known = facts.person(person)
    if known is not None:
        units |= {declared.unit for declared in known.row.declared}
        units |= {post.over for post in known.posts(index=facts.last) if post.over.startswith("u/")}
    places = {s for act in hand_overs(facts, person, *GIVEN_UP) for s in (*act.with_prefix("l"), *act.carriers)}
    # A talk may be entered beside anything that the person had to do with.
    for act in facts.of(person, "transferred.", "returned."):
        places.update(s for s in act.subjects if s[0] in "cdl")
    places |= {document for s in tuple(places) if s[0] == "c" and (document := facts.document_of(s))}
    found: dict[int, Act] = {}
    for subject in (person, *sorted(units), *sorted(places)):
        for act in facts.of(subject, "notified.sent"):
            told = person in act.body.to or any(p == person and role != "registrar" for role, p, _ in act.people)
            if act.body.topic == "departure" and told:
                found[act.index] = act
    return [found[index] for index in sorted(found)]


_COMPUTERS: Final = frozenset({"computer", "laptop"})


@rule(
    "HND-4", "计算机操作人员调离，接替者重设账号口令", "who takes over a computer resets its accounts",
    article=f"{TOWN_OPEN_NETWORK}第七条", severity="medium", of="c", on=(_HAND_OVER,), reads=("checked.inspection",),
    needs=("within.account_reset",), basis="L+T",
)  # fmt: skip
def accounts_reset(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """
    A computer was handed over because somebody left or changed post, and within the term nobody attested that its accounts were
    reset (`checked.inspection`, accounts), of the computer, or of the whole unit or that which has the computer.
    """
    if facts.form(carrier) not in _COMPUTERS:
        return
    units = {facts.own_unit, *(act.body.unit for act in facts.of(carrier, "created.equipment"))}
    for act in facts.of(carrier, _HAND_OVER):
        if act.imported or act.body.reason not in GIVEN_UP:
            continue
        resets = [
            one
            for subject in (carrier, *sorted(units))
            for one in facts.of(subject, "checked.inspection")
            if one.body.topic == "accounts" and act.before(one)
        ]
        yield from within(
            facts, "within.account_reset", act, done=min(resets, key=lambda one: one.moment_us, default=None),
            zh=f"{carrier} 移交后应重设用户名、密码", en=f"the accounts of {carrier} are to be reset after the hand-over",
        )  # fmt: skip


@rule(
    "HND-5", "接收人逐件清点并签字", "the receiver counts item by item and signs",
    article=f"由{TOWN_RETURN}第三条和{UNIVERSITY}四、14推定",
    severity="high", of="c", on=(_HAND_OVER,), reads=("countersigned",),
    parameters=("sign.transferred.hand_over",),
)  # fmt: skip
def receiver_signs(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A hand-over on leaving or change of post without the receiver's signature, or without that of the witness (监交人) where the
    policy asks for one. Rows of a ledger are not judged: their ink is elsewhere; nor are open papers (无密).
    """
    for act in facts.of(carrier, _HAND_OVER):
        if act.imported or act.carriers[:1] != [carrier] or act.body.reason not in GIVEN_UP or is_open(facts, act):
            continue
        _, asked = facts.specific("sign.transferred.hand_over", act, facts.levels_of(act))
        wanted = {"receiver": ("接收人", "receiver")}
        if "witness" in {role.partition("*")[0] for role in asked}:
            wanted["witness"] = ("监交人", "witness")
        for role, (zh, en) in wanted.items():
            if act.signers(role):
                continue
            later = [one for one in facts.answers(act, "countersigned") if one.signers(role)]
            count = len(act.carriers)
            yield Breach(
                (act.index, *(one.index for one in later[:1])),
                f"移交的{count}件未经{zh}清点签字",
                f"{number_en(count, 'carrier')} handed over, and the {en} has not signed for them",
                act,
                ("sign.transferred.hand_over",),
                closed=bool(later),
                about=role,
            )


@rule(
    "HND-6", "离岗人员不得再签名", "who has left signs nothing",
    article=f"由{TOWN_RETURN}第三条推定", severity="critical", of="p", on=("departed",),
)  # fmt: skip
def signs_no_more(facts: Facts, person: str) -> Iterator[Breach]:
    """
    An event that a person signed after leaving, by the time stated, or on a base that shows the departure. Who was appointed
    anew is in post again. A key that was revoked signs nothing that the log would take.
    """
    left = facts.departed(person)
    if left is None:
        return
    gone_us, left_index = left
    record = facts.at(left_index)
    # The registry counts from its record on; who is to leave later, or by the end of that day, may sign until then.
    if record is not None and record.end_us is not None:
        gone_us = max(gone_us, record.end_us)
    announced = record is not None and record.recorded_at_us < record.moment_us
    for act in facts.of(person):
        roles = [role for role, who, signs in act.people if who == person and signs]
        if not roles or (act.index <= left_index and act.recorded_at_us <= gone_us):
            continue
        signed_us = max(at for role, _, at, _ in act.signatures if role in roles)
        # The time is the signer's own word; a base that shows the departure proves that it was seen, unless it was announced.
        backdated = act.base_index >= left_index and not announced and act.recorded_at_us > gone_us
        when_us = signed_us if signed_us > gone_us else act.recorded_at_us
        if (signed_us > gone_us or backdated) and not is_in_post(facts, person, when_us):
            yield Breach(
                tuple(sorted((left_index, act.index))),
                f"{person} 离岗后仍签名（{KINDS[act.kind].zh}）",
                f"{person} signed after leaving ({KINDS[act.kind].en})",
                act,
            )
