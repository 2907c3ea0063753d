"""Arrivals (收文): RCV-1 to RCV-9."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from chainlog.rules import hands
from chainlog.rules.acts import Act
from chainlog.rules.arrivals import (
    ARRIVAL,
    ENTRIES,
    ENTRY,
    USES,
    arrivals,
    bears,
    effective_routes,
    entry_of,
    fetch_by,
    is_back,
    is_first,
    is_recipient,
    is_used_early,
    registered_within,
    used_early,
)
from chainlog.rules.decisions import approver_faults, post_faults, takes_effect
from chainlog.rules.facts import Facts
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import CONGRESS, COOP, TOWN_NETWORK, TOWN_RECEIVE, UNIVERSITY
from chainlog.rules.terms import by_then, within

_NO_SECRETS: Final = frozenset({"无密", "内部"})
_TROUBLE: Final = frozenset({"discrepancy", "missing", "breach", "leak"})


@rule(
    "RCV-1", "收到文件后及时分类登记", "what arrives is registered at once, by the tier of its source",
    article=f"{TOWN_RECEIVE}第一条；{UNIVERSITY}四、5；{CONGRESS}四（一）1", severity="high", of="cd",
    on=(ARRIVAL, ENTRY), reads=("created.equipment",), parameters=("strict.RCV-1",), needs=("within.register",), basis="L+T",
)  # fmt: skip
def registered_at_once(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    No registration in time; with `strict.RCV-1`, a received document registered without the tier of its source.

    A registration of the document counts for all its copies.
    """
    if subject[0] == "d":
        yield from _tier(facts, subject)
        return
    for act in arrivals(facts, subject):
        yield from registered_within(
            facts, "within.register", act, subject, since_us=act.latest_us, zh=f"{subject} 收到后须登记",
            en=f"{subject} is to be registered on arrival",
        )  # fmt: skip


def _tier(facts: Facts, document: str) -> Iterator[Breach]:
    """The registration of what came from elsewhere, with no tier stated then or since."""
    stated = facts.stated(document)
    if stated is None or stated.tier or stated.issuer == facts.own_unit:
        return
    act = next((one for one in facts.of(document, ENTRY) if one.body.document), None)
    if act is None or act.imported or not facts.is_yes("strict.RCV-1", act):
        return
    known = next(iter([*act.with_prefix("c"), *facts.copies(document)]), None)
    if known is not None and any(True for _ in arrivals(facts, known)):
        yield Breach(
            (act.index,),
            "收文登记未按来源分类（中央、省、市、县、部门、单位）",
            "registered without the tier of its source",
            act,
            ("strict.RCV-1",),
        )


@rule(
    "RCV-2", "核对份数、完整性并签收", "copies and seal are checked against the delivery list, and signed for",
    article=f"{UNIVERSITY}四、5；{CONGRESS}四（一）1；{COOP}二（一）", severity="high", of="cd", on=(ARRIVAL,),
    reads=("reported.incident", "countersigned"), parameters=("within.discrepancy", "within.register"), basis="L+T",
)  # fmt: skip
def checked_and_signed(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Other numbers were found than listed, or a broken seal, and nobody reported it; or nobody signed for what arrived.

    A report on any of its carriers or documents counts, whenever it came: its own term is INV-4. It may come in that term, or
    in that for registering, if the policy gives one.
    """
    for act in hands.judged(facts, subject, ARRIVAL):
        body = act.body
        # What is in order is judged without a calendar.
        is_wrong = body.listed != body.found or body.seal == "broken"
        settled = is_wrong and (_reported(facts, act) or _may_be_reported(facts, act))
        if body.listed != body.found and not settled:
            yield Breach(
                (act.index,),
                f"清单{body.listed}份，实收{body.found}份，未报告差异",
                f"{body.listed} are listed, {body.found} were found, and nobody reported it",
                act,
                unfinished=True,
                about="count",
            )
        if body.seal == "broken" and not settled:
            yield Breach(
                (act.index,), "封装破损，未报告", "the seal was broken, and nobody reported it", act, unfinished=True,
                about="seal",
            )  # fmt: skip
        yield from _unsigned(facts, act)


def _may_be_reported(facts: Facts, arrival: Act) -> bool:
    """Whether the term for a report still runs."""
    terms = (facts.deadline(name, arrival) for name in ("within.discrepancy", "within.register"))
    due_us = next((us for us in terms if us is not None), None)
    return due_us is not None and not facts.has_passed(due_us)


def _reported(facts: Facts, arrival: Act) -> bool:
    """Whether a later report speaks of a carrier or document of an arrival."""
    return any(
        report.body.what in _TROUBLE and report.index > arrival.index
        for subject in arrival.subjects
        if subject[0] in "cd"
        for report in facts.of(subject, "reported.incident")
    )


def _unsigned(facts: Facts, act: Act) -> Iterator[Breach]:
    """A receiver who is named and has not signed; or nobody of the office who signed at all."""
    named = hands.persons(act, "receiver")
    signed = {person for role in ("receiver", "registrar", "operator") for person in act.signers(role)}
    lacking = [person for person in named if person not in signed]
    if act.imported or (not lacking and signed):
        return
    later = set(facts.countersigners(act, "receiver"))
    who = "、".join(lacking) or "收件人"
    yield Breach(
        (act.index, *(one.index for one in facts.answers(act, "countersigned"))),
        f"{who} 未签收",
        f"not signed for by {', '.join(lacking) or 'any receiver'}",
        act,
        closed=bool(later) and set(lacking) <= later,
        about="signature",
    )


@rule(
    "RCV-3", "由机要秘书收签、拆封", "only the confidential secretary signs for and opens what arrives",
    article=f"{UNIVERSITY}四、5", severity="high", of="cd", on=(ARRIVAL,), needs=("posts.receive",), basis="L+R",
)  # fmt: skip
def received_by_post(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Somebody without the post signed for it. A permission to others is an appointment to the post with an end. What is no state
    secret anybody may receive.
    """
    for act in hands.judged(facts, subject, ARRIVAL):
        if act.imported or hands.level_of(facts, act) in _NO_SECRETS:
            continue
        who = hands.persons(act, "receiver") or act.signers("registrar") or act.signers("operator")
        for fault in post_faults(facts, act, who, "posts.receive", level=hands.level_of(facts, act)):
            yield Breach((act.index,), f"签收人{fault.zh}", f"signed for it: {fault.en}", act, fault.parameters)


@rule(
    "RCV-4", "每周取件，取回即登记", "mail is fetched weekly, and registered when it is back",
    article=f"{UNIVERSITY}四、4和三、3", severity="medium", of="uc", on=("checked.fetch", ARRIVAL), reads=ENTRIES,
    parameters=("within.fetch", "within.fetch_to_register"), basis="L+T",
)  # fmt: skip
def fetched(facts: Facts, subject: str) -> Iterator[Outcome]:
    """
    A week without a fetch from an exchange station; what was fetched is registered too late after it was obtained.

    Only stations declared as `exchange` are fetched from regularly; elsewhere one fetches as need be. A term in whole weeks ends
    with its week: every week (每周) says nothing of the day. What was signed for in the office after it was obtained was taken
    back then. Papers brought from a meeting have their own term (RCV-8).
    """
    if subject[0] == "c":
        for act in arrivals(facts, subject):
            obtained = act.body.obtained_at
            if isinstance(obtained, int) and act.body.channel != "meeting" and not is_back(facts, act, obtained):
                yield from registered_within(
                    facts, "within.fetch_to_register", act, subject, since_us=act.body.obtained_at,
                    zh=f"{subject} 取件后须直接带回登记", en=f"{subject}, once fetched, is to be taken back and registered",
                )  # fmt: skip
        return
    trips = facts.of(subject, "checked.fetch")
    for trip, after in zip(trips, [*trips[1:], None], strict=True):
        station = facts.unit(subject, trip.moment_us)
        if trip.imported or trip.start_us is None or station is None or station.type != "exchange":
            continue
        due_us = fetch_by(facts, trip)
        if due_us is None:
            continue
        yield from by_then(
            facts, due_us, trip, done=after, zh=f"到 {subject} 取件", en=f"mail is to be fetched from {subject}",
            parameters=("within.fetch",), severity="low",
        )  # fmt: skip


@rule(
    "RCV-5", "收文处理单题头与登记一致", "the handling slip bears the header of the register",
    article=f"{TOWN_RECEIVE}第二条", severity="low", of="d", on=("decided.route",), reads=(ENTRY,),
)  # fmt: skip
def slip_header(facts: Facts, document: str) -> Iterator[Breach]:
    """
    The header of a slip is neither the registered title, nor the document number, nor has both of them.

    Without a slip, a registration, or where texts are sealed there is nothing to compare. A slip may bear what the register
    bore before it was corrected.
    """
    stated = facts.stated(document)
    if stated is None or not isinstance(stated.title, str):
        return
    versions = [stated, *(act.body.document for act in _entered(facts, document))]
    number = stated.doc_no if isinstance(stated.doc_no, str) else ""
    for act in facts.of(document, "decided.route"):
        header = act.body.slip_header
        if not isinstance(header, str) or act.with_prefix("d") != [document]:
            continue
        if any(bears(header, version) for version in versions):
            continue
        registered = " ".join(part for part in (number, stated.title) if part)
        slip = act.body.slip_no or ""
        yield Breach(
            hands.evidence(act, *_entered(facts, document)), f"收文处理单{slip}题头“{header}”与登记的“{registered}”不一致",
            f"the header of slip {slip} is not that of the register, {registered}", act,
        )  # fmt: skip


def _entered(facts: Facts, document: str) -> list[Act]:
    """The registration that states a document; none where nothing does."""
    return [act for act in facts.of(document, ENTRY) if act.body.document][:1]


@rule(
    "RCV-6", "主要领导批示在先，按批示送阅", "the principal leader's instruction comes first, and is followed",
    article=f"{TOWN_RECEIVE}第二条和第三条", severity="high", of="cd", on=("transferred.circulate", "decided.route"),
    reads=(ARRIVAL,), parameters=("posts.circulate", "custody.office"), needs=("posts.route",), basis="L+R",
)  # fmt: skip
def routed_first(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A received document was handed out before the leader's instruction, or to somebody who is not in it; or somebody else
    than the leader gave the first instruction; those to whom that one sends it may instruct others.

    The leader who instructs and the office's keepers are no readers. An urgent document may go to leaders directly.
    """
    if subject[0] == "d":
        yield from _instructed(facts, subject)
        return
    document = facts.document_of(subject)
    if document is None or not any(True for _ in arrivals(facts, subject)):
        return
    for act in facts.of(subject, "transferred.circulate"):
        if act.imported or act.with_prefix("l") or not hands.is_first_of_document(facts, act, subject):
            continue
        routes = effective_routes(facts, document, act)
        for person in hands.persons(act, "receiver"):
            if hands.is_keeper(facts, person, act) or _instructs(facts, person, act):
                continue
            if not routes:
                if _is_urgent(facts, document):
                    continue
                zh, en = f"未经主要领导批示即送 {person}", f"handed to {person} before the leader's instruction"
            elif is_recipient(facts, routes, person, act):
                continue
            else:
                zh, en = f"{person} 不在批示的送阅范围", f"{person} is not in the leader's instruction"
            yield Breach(hands.evidence(act, *routes), zh, en, act, ("posts.route",), about=person)


def _instructs(facts: Facts, person: str, act: Act) -> bool:
    posts = facts.values("posts.route", act)
    return facts.has_post(person, posts, act.moment_us)


def _is_urgent(facts: Facts, document: str) -> bool:
    stated = facts.stated(document)
    return stated is not None and stated.urgency == "urgent"


def _instructed(facts: Facts, document: str) -> Iterator[Breach]:
    """Instructions on a received document by somebody without the post."""
    stated = facts.stated(document)
    if stated is None or stated.issuer == facts.own_unit:
        return
    for act in facts.of(document, "decided.route"):
        if not takes_effect(act) or act.imported or act.body.by or act.with_prefix("d")[:1] != [document]:
            continue
        if _was_instructed(facts, document, act):
            continue
        for fault in approver_faults(facts, act, act.signers("approver"), "posts.route"):
            yield Breach((act.index,), f"批示人{fault.zh}", f"gave the instruction: {fault.en}", act, fault.parameters)


def _was_instructed(facts: Facts, document: str, act: Act) -> bool:
    """Whether the principal leader had given an instruction before another one."""
    earlier = effective_routes(facts, document, act)
    return any(_instructs(facts, person, one) for one in earlier for person in one.acting("approver"))


@rule(
    "RCV-7", "按紧急程度及时处理", "what is urgent is handled at once, the rest in days",
    article=f"{TOWN_RECEIVE}第六条", severity="low", of="d", on=(ENTRY,), reads=(ARRIVAL, "decided.route"),
    parameters=("within.handle.urgent", "within.handle.soon", "within.handle.ordinary"), basis="L+T",
)  # fmt: skip
def handled(facts: Facts, document: str) -> Iterator[Outcome]:
    """Not marked as handled in the term of its urgency, from arrival on. Where no urgency is stated there is no term."""
    stated = facts.stated(document)
    if stated is None or not stated.urgency:
        return
    entry = next((act for act in facts.of(document, ENTRY) if act.body.document), None)
    if entry is None or entry.imported:
        return
    arrived = [act for carrier in entry.with_prefix("c")[:1] for act in arrivals(facts, carrier)]
    arrived += [act for act in facts.of(document, ARRIVAL) if not act.imported]
    if not arrived:
        return
    first = min(arrived, key=lambda act: act.index)
    done = [act for act in facts.of(document, "decided.route") if act.body.step == "completed"]
    yield from within(
        facts, f"within.handle.{stated.urgency}", first, done=next(iter(done), None), zh=f"{document} 须办结",
        en=f"{document} is to be handled", evidence=(entry.index,),
    )  # fmt: skip


@rule(
    "RCV-8", "会议带回的文件交机要部门登记", "papers brought back from meetings go to the confidential office",
    article=f"{UNIVERSITY}四、11；{COOP}二（六）", severity="high", of="c", on=(ARRIVAL,),
    reads=(*ENTRIES, "transferred."), parameters=("posts.receive",), needs=("within.from_meeting",), basis="L+T",
)  # fmt: skip
def from_meeting(facts: Facts, carrier: str) -> Iterator[Outcome]:
    """Secret papers registered too late after the meeting; or who brought them kept them, and no loan is recorded."""
    for act in arrivals(facts, carrier):
        if act.body.channel != "meeting" or facts.level(carrier, act) in _NO_SECRETS:
            continue
        left_us = act.body.obtained_at if isinstance(act.body.obtained_at, int) else act.latest_us
        yield from registered_within(
            facts, "within.from_meeting", act, carrier, since_us=left_us, zh=f"{carrier} 会后须交机要部门登记",
            en=f"{carrier} is to be registered after the meeting",
        )  # fmt: skip
        yield from _kept(facts, act, carrier)


def _kept(facts: Facts, arrival: Act, carrier: str) -> Iterator[Breach]:
    """Who brought a paper got it back, or never gave it up, without a loan."""
    posts = facts.values("posts.receive", arrival)
    receivers = hands.persons(arrival, "receiver")
    holder = receivers[0] if receivers else None
    if holder and posts and not facts.has_post(holder, posts, arrival.moment_us):
        if hands.is_first_alike(arrival, carrier, lambda _: True):
            yield Breach(
                (arrival.index,), f"会议带回的文件由 {holder} 自行留存", f"{holder} kept papers from a meeting",
                arrival, ("posts.receive",), about=holder,
            )  # fmt: skip
        return
    for act in facts.of(carrier, "transferred.hold", "transferred.hand_over", "transferred.lend"):
        if act.kind == "transferred.lend":
            return
        if act.kind == "transferred.hand_over" and act.body.reason not in hands.PASSING:
            continue
        again = [person for person in hands.persons(act, "receiver") if person in hands.persons(arrival, "giver")]
        if again and act.index > arrival.index and hands.is_first_alike(act, carrier, lambda _: True):
            yield Breach(
                (arrival.index, act.index), f"{again[0]} 留用会议带回的文件，未办借阅手续",
                f"{again[0]} kept papers from a meeting without a loan", act, about=again[0],
            )  # fmt: skip


@rule(
    "RCV-9", "涉密网络文件按保密文件程序收发", "what comes or goes over the classified network follows the same procedure",
    article=f"{TOWN_NETWORK}第三条", severity="medium", of="c", on=(ARRIVAL, "transferred.dispatch"), reads=(*ENTRIES, *USES),
)  # fmt: skip
def over_the_network(facts: Facts, carrier: str) -> Iterator[Breach]:
    """
    What arrived over the network was used before it was registered; what was sent over it is in no register.

    That it is registered in time is RCV-1, that it is receipted ISS-2.
    """
    entry = entry_of(facts, carrier)
    for act in arrivals(facts, carrier):
        if act.body.channel != "classified_network":
            continue
        used = used_early(facts, act, carrier)
        if used is not None and is_first(facts, act, carrier, entry, partial(is_used_early, facts, act)):
            yield Breach(
                hands.evidence(act, used, entry), f"涉密网收到的 {carrier} 未登记即使用",
                f"{carrier} came over the network and was used before it was registered", act, closed=entry is not None,
            )  # fmt: skip
    for act in facts.of(carrier, "transferred.dispatch"):
        if act.body.channel != "classified_network" or act.imported or (entry is not None and entry.before(act)):
            continue
        if is_first(facts, act, carrier, entry):
            yield Breach(
                hands.evidence(act, entry), f"{carrier} 未登记即经涉密网发出",
                f"{carrier} was sent over the network before it was registered", act, closed=entry is not None,
            )  # fmt: skip
