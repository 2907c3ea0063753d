"""Hand-overs and transport (传递): TRN-1 to TRN-8.

TRN-5 asks for two things: that nobody uncleared takes part, which is judged here, and that a secrecy officer is named for
each document, which is PER-5.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.event.catalogue import KINDS
from chainlog.event.types import CHANNEL
from chainlog.projection import levels
from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.decisions import Fault, permit_of, post_faults
from chainlog.rules.facts import Facts
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.rule import Breach, rule
from chainlog.rules.sources import (
    CONGRESS,
    COOP,
    DECREE,
    LAW,
    TOWN_CARRIERS,
    TOWN_CLASSIFY,
    TOWN_COMPUTERS,
    TOWN_LEND,
    TOWN_OPEN_NETWORK,
    TOWN_READ,
    TOWN_RECEIVE,
)
from chainlog.rules.things import is_secret
from chainlog.rules.use import Taken, approval_faults, approvals, by_fault, was_given

# Acts by which one person gives and another takes over, both on the spot.
_TWO_SIDED: Final = frozenset({
    "transferred.circulate", "transferred.lend", "transferred.hold", "transferred.take_out", "transferred.hand_over",
    "transferred.archive", "returned.to_keeper",
})  # fmt: skip
# Acts whose other side may sign elsewhere: a receipt that names them closes the gap.
_ANSWERED: Final = frozenset({"transferred.dispatch", "returned.to_issuer"})
# Who already has it keeps it longer: the registrar who allows that is no giver of the thing.
_CONVERTS: Final = frozenset({"transferred.hold", "transferred.lend", "transferred.take_out"})
_GIVEN: Final = _TWO_SIDED | _ANSWERED | {"transferred.repair"}
_DISPATCH: Final = "transferred.dispatch"
# Acts in which persons come near the content of a carrier, and in which roles.
_CONTACTS: Final = ("created.", "transferred.", "returned.", "accessed.read", "copied.")
_NEAR: Final = ("receiver", "reader", "operator", "registrar", "escort")


@rule(
    "TRN-1", "禁止普通邮政、快递等渠道", "never by ordinary post, courier or freight",
    article=f"{CONGRESS}五（一）4；{LAW}第二十八条",
    severity="critical", of="cd", on=(_DISPATCH,), needs=("channels.forbidden",),
)  # fmt: skip
def no_ordinary_post(facts: Facts, subject: str) -> Iterator[Breach]:
    """A state secret was sent by a channel that the policy forbids. How others sent something here is their breach."""
    yield from _by_channel(facts, subject, "channels.forbidden", "秘密")


@rule(
    "TRN-6", "禁止经互联网、电子邮件、传真传递", "never by internet, e-mail, fax or messaging",
    article=f"{TOWN_LEND}第八条；{TOWN_OPEN_NETWORK}第四条；{TOWN_COMPUTERS}第四条；{COOP}二（五）和五（七）；{LAW}第二十九条",
    severity="critical", of="cd",
    on=(_DISPATCH,), needs=("channels.electronic",),
)  # fmt: skip
def no_open_network(facts: Facts, subject: str) -> Iterator[Breach]:
    """A state or work secret was sent by an electronic channel that the policy forbids. Unrecorded use no log can show."""
    yield from _by_channel(facts, subject, "channels.electronic", "内部")


def _by_channel(facts: Facts, subject: str, name: str, least: str) -> Iterator[Breach]:
    """Dispatches by one of the channels of a parameter, of what is at least of a level."""
    for act in hands.judged(facts, subject, _DISPATCH):
        level = hands.level_of(facts, act)
        if act.body.channel in facts.values(name, act) and levels.rank(level) >= levels.rank(least):
            yield Breach(
                (act.index,),
                f"{level}载体经{CHANNEL.values[act.body.channel]}发往 {act.body.to}",
                f"{level} was sent to {act.body.to} by {act.body.channel}",
                act,
                (name,),
            )


@rule(
    "TRN-2", "由指定人员传递", "designated staff carry it",
    article=f"{COOP}二（二）；{TOWN_RECEIVE}第五条",
    severity="medium", of="cd", on=("transferred.circulate", _DISPATCH),
    needs=("posts.messenger",), basis="L+R",
)  # fmt: skip
def by_messenger(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Who brought a carrier to its reader, or escorted it, held none of the posts that may.

    Escorts of other units are not judged; readers may bring back themselves what they have read. Open papers (无密) anybody
    may carry.
    """
    for act in hands.judged(facts, subject, "transferred.circulate", _DISPATCH):
        if act.imported or act.with_prefix("l") or hands.is_open(facts, act):
            continue
        if act.kind == _DISPATCH:
            movers = [p for p in hands.persons(act, "escort") if hands.is_ours(facts, p, act.moment_us)]
        else:
            movers = hands.persons(act, "giver")
        for person in movers:
            for fault in post_faults(facts, act, [person], "posts.messenger", level=hands.level_of(facts, act)):
                yield Breach(
                    (act.index,), f"传递人{fault.zh}", f"carried it: {fault.en}", act, fault.parameters, about=person
                )


def _first(act: Act, carrier: str) -> bool:
    """Whether *carrier* is the first of the act's carriers: an act on many is found once."""
    return act.carriers[:1] == [carrier]


@rule(
    "TRN-3", "交接双方签字", "every hand-over is signed by both sides",
    article=f"{CONGRESS}五（一）4；{DECREE}第二十七条", severity="high", of="c",
)  # fmt: skip
def both_sides(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    A hand-over on the spot with one signature only. Rows of a paper ledger are not judged: their ink is elsewhere, as is that of
    persons of other units where the slip is attached; nor are open papers (无密).
    """
    acts = facts.of(carrier)
    for act in acts:
        if act.imported or act.kind not in _TWO_SIDED or not _first(act, carrier) or hands.is_open(facts, act):
            continue
        missing = [
            role
            for role in ("giver", "receiver")
            if not act.signers(role) and not hands.signed_on_paper(facts, act, role)
        ]
        if not missing:
            continue
        # The two sides may make it good one after the other.
        later = [a for a in acts if a.kind == "countersigned" and act.id in a.refs and any(map(a.signers, missing))]
        healed = all(any(a.signers(role) for a in later) for role in missing)
        names = {"giver": ("交出人", "giver"), "receiver": ("接收人", "receiver")}
        zh = "、".join(names[role][0] for role in missing)
        en = " and ".join(names[role][1] for role in missing)
        yield Breach(
            hands.evidence(act, *later),
            f"“{KINDS[act.kind].zh}”缺{zh}签字",
            f"{KINDS[act.kind].en}: not signed by the {en}",
            act,
            closed=healed,
        )


@rule(
    "TRN-4", "交出人须为现保管人", "the giver is who has the carrier",
    article=f"由{TOWN_READ}第三条推定", severity="critical", of="c", parameters=("custody.office",),
)  # fmt: skip
def giver_has_it(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    The giver of an act is another person than the one who had the carrier right before it.

    Who made a copy may bring it to the keeper in whose name it entered the books. Who had been given it by an act that was
    entered late had it. Keepers of one office (`custody.office`, over the same unit) give for one another.
    """
    for act in facts.of(carrier):
        # A volume that something is filed in is not given.
        if act.kind not in _GIVEN or act.imported or carrier not in act.carriers:
            continue
        givers = act.named("giver")
        holder = facts.holder_before(carrier, act)
        if not givers or holder is None or holder in givers:
            continue
        if act.kind in _CONVERTS and holder in act.named("receiver"):
            continue
        if act.kind.startswith("returned.") and hands.is_maker(facts, carrier, givers[0], act):
            continue
        if hands.share_office(facts, holder, givers[0], act) or was_given(facts, carrier, givers[0], act):
            continue
        yield Breach(
            (act.index,),
            f"交出人 {givers[0]} 不是现保管人 {holder}",
            f"the giver {givers[0]} is not who has it, {holder}",
            act,
            ("custody.office",),
        )


@rule(
    "TRN-5", "未经定级的人员不得接触", "nobody takes part who is not cleared for the level",
    article=f"{TOWN_CLASSIFY}第五条", severity="high", of="cd", on=_CONTACTS, parameters=("strict.TRN-5",), basis="L+R",
)  # fmt: skip
def cleared(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Somebody received, read, moved or copied it whose clearance on record is lower than its level then.

    Of whom no clearance is recorded nothing can be said, unless the policy is strict: then a person of the unit counts as
    uncleared. Each person is found once at a carrier, with all that they did.
    """
    found: dict[tuple[str, str], list[Act]] = {}
    for act in hands.judged(facts, subject, *_CONTACTS):
        level = ""
        for person in [] if act.imported else dict.fromkeys(p for role in _NEAR for p in hands.persons(act, role)):
            clearance = facts.clearance(person, act.moment_us) or ""
            if clearance == "绝密":
                continue
            if not clearance and not (
                facts.is_yes("strict.TRN-5", act) and hands.is_ours(facts, person, act.moment_us)
            ):
                continue
            level = level or hands.level_of(facts, act)
            if is_secret(level) and levels.rank(clearance) < levels.rank(level):
                found.setdefault((person, clearance), []).append(act)
    for (person, clearance), acts in found.items():
        level = hands.level_of(facts, acts[0])
        yield Breach(
            hands.evidence(*acts),
            f"{person} 涉密等级{clearance or '未定'}，接触{level}载体",
            f"{person}, cleared for {clearance or 'nothing'}, had to do with {level}",
            acts[0],
            ("strict.TRN-5",),
            about=person,
        )


@rule(
    "TRN-7", "禁止擅自携带、传递、寄运出境", "never carried, passed or shipped abroad without permission",
    article=f"{COOP}五（七）；{LAW}第二十八条；{DECREE}第二十七条", severity="critical", of="cd",
    on=(_DISPATCH, "transferred.take_out", "transferred.hand_over"), reads=("decided.permit",),
    parameters=("posts.permit.abroad",), basis="L+R",
)  # fmt: skip
def not_abroad(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A state secret went to a unit or place declared as abroad, and no permission of that stood before it, or only one for
    something else.
    """
    for act in hands.judged(facts, subject, _DISPATCH, "transferred.take_out", "transferred.hand_over"):
        target = act.body.destination if act.kind == "transferred.take_out" else act.body.to
        if not target or not _is_abroad(facts, target, act) or not is_secret(hands.level_of(facts, act)):
            continue
        where = target if target[0] == "w" else ""

        def faults_of(one: str, act: Act = act, where: str = where) -> list[Fault]:
            level = facts.level(one, act)
            if not is_secret(level):
                return []
            taken = Taken(where=where)
            return approval_faults(facts, act, "abroad", one, posts="posts.permit.abroad", level=level, taken=taken)

        for fault, things in by_fault(act.carriers or act.with_prefix("d"), faults_of):
            yield Breach(
                hands.evidence(act, fault.permit), f"{names_zh(things)} 出境（{target}）：{fault.zh}",
                f"{names_en(things)} abroad ({target}): {fault.en}", act, fault.parameters, about=fault.what,
            )  # fmt: skip


def _is_abroad(facts: Facts, target: str, act: Act) -> bool:
    """Whether a unit or place lies abroad, as declared."""
    if target[0] == "w":
        return facts.place_type(target, act.moment_us) == "abroad"
    unit = facts.unit(target, act.moment_us)
    return unit is not None and bool(unit.abroad)


@rule(
    "TRN-8", "禁止非法捐赠或转送", "never given away, never passed to who is not known",
    article=f"{TOWN_CARRIERS}第四条", severity="critical", of="c", on=("transferred.hand_over",),
    reads=("decided.permit",), basis="L+R",
)  # fmt: skip
def not_given_away(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    Given as a present, or handed over to a unit that is not declared, or to a person whom no registry knows.

    A permission of the transfer makes it lawful, of all that is given. Open papers (无密) may be given to anybody.
    """
    for act in hands.judged(facts, carrier, "transferred.hand_over"):
        if hands.is_open(facts, act):
            continue
        to = act.body.to
        unknown = [p for p in hands.persons(act, "receiver") if not act.imported and facts.person(p) is None]
        if act.body.reason == "gift":
            who = to or next(iter(act.named("receiver")), "")
            zh, en = f"赠送 {who}".rstrip(), f"given away to {who}".removesuffix(" to ")
        elif to and facts.unit(to, act.moment_us) is None:
            zh, en = f"移交给未登记的单位 {to}", f"handed over to {to}, a unit that is not declared"
        elif unknown and not to:
            zh, en = f"移交给未登记的人员 {unknown[0]}", f"handed over to {unknown[0]}, whom no registry knows"
        else:
            continue
        secret = [one for one in act.carriers if facts.level(one, act) != "无密"]
        permitted = permit_of(facts, act, "transfer", subjects=[one for one in act.subjects if one[0] in "lu"])
        if permitted is None and not all(approvals(facts, act, "transfer", one) for one in secret):
            yield Breach((act.index,), zh, en, act)
