"""
Persons (人员): PER-1 to PER-6.

Who needs a certificate, training or an undertaking is said by post in the policy: a rule runs where its regulation asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from chainlog.event.kind import ROLES
from chainlog.limits import INTEGER_MAX
from chainlog.projection.registry_rows import Span
from chainlog.rules.acts import Act
from chainlog.rules.decisions import Decision, decisions, permit_of
from chainlog.rules.deeds import DEED, destruction_list, is_of_secrets
from chainlog.rules.facts import Facts
from chainlog.rules.placing import judged_at, names_en, names_zh, number_en
from chainlog.rules.rule import Breach, Outcome, rule
from chainlog.rules.sources import (
    ARCHIVES_USED,
    BUREAU,
    CONGRESS,
    COOP,
    LAW,
    SELF_CHECK,
    SURVEY,
    TOWN_CARRIERS,
    TOWN_CLASSIFY,
    UNIVERSITY,
)
from chainlog.rules.staff import departures
from chainlog.rules.terms import within


@rule(
    "PER-1", "各部门指定（兼职）保密员", "each department has a secrecy officer",
    article=f"{BUREAU}第十一条；{COOP}六（二）", severity="low", of="s", needs=("posts.secrecy_officer",),
    basis="L+R",
)  # fmt: skip
def has_officer(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    Now somebody of a unit has carriers, and nobody holds the post of a secrecy officer over that unit.

    A person's unit is that declared for him, else the one over which he holds a post; without any, nothing is said.
    """
    del subject
    officers: set[tuple[str, str]] = set()
    holders: dict[str, list[str]] = {}
    for person in facts.people.persons():
        held = person.posts(at_us=facts.as_of_us, index=facts.last)
        officers |= {(post.over, post.post) for post in held}
        declared = [one.unit for one in person.row.declared if one.index <= facts.last]
        unit = declared[-1] if declared else next((post.over for post in held if post.over.startswith("u/")), "")
        if unit and facts.is_insider(person.subject) is not False:
            holders.setdefault(unit, []).append(person.subject)
    for unit in sorted(holders):
        states = [state for person in holders[unit] for state in facts.held_by(person)]
        began = facts.at(min((state.since_index or 0) for state in states)) if states else None
        if began is None or any((unit, post) in officers for post in facts.values("posts.secrecy_officer", began)):
            continue
        who = sorted({state.holder for state in states if state.holder})
        yield Breach(
            (began.index,),
            f"{unit} 未指定保密员，{names_zh(who)} 处有载体{len(states)}件",
            f"{unit} has no secrecy officer; {number_en(len(states), 'carrier')} with {names_en(who)}",
            began,
            ("posts.secrecy_officer",),
            about=unit,
        )


_ROLES: Final = ("registrar", "giver", "receiver", "operator")


@rule(
    "PER-2", "机要秘书持证上岗", "the confidential secretary is trained and certified",
    article=f"{UNIVERSITY}二、4",
    severity="medium", of="p", on=("appointed.post",), needs=("posts.certified",), basis="L+R",
)  # fmt: skip
def certified(facts: Facts, person: str) -> Iterator[Breach]:
    """
    Somebody in a post that needs a certificate acted on carriers without one that counted then. Found once, at the first such
    act, with the newest as further evidence; closed by a certificate. Party membership is nothing that the log knows.
    """
    yield from _without(facts, person, "posts.certified", credential="certificate", zh="上岗证", en="a certificate")


@rule(
    "PER-3", "涉密岗位人员上岗前经过保密培训", "training before taking up a secret post",
    article=f"{CONGRESS}四（五）1；{COOP}六（三）", severity="low", of="p", on=("appointed.post",),
    needs=("posts.trained",), basis="L+R",
)  # fmt: skip
def trained(facts: Facts, person: str) -> Iterator[Breach]:
    """The first time that somebody in such a post took over carriers is earlier than any training on record."""
    known = facts.person(person)
    trainings = [] if known is None else known.credentials("training", index=facts.last)
    if not _in_posts(facts, person, "posts.trained", trainings[:1], from_then_on=True):
        return
    for act in _in_post_acts(facts, person, "posts.trained"):
        if any(one.from_us <= act.latest_us for one in trainings):
            return
        yield Breach(
            (act.index,),
            f"{person} 未经保密培训即上岗经手涉密载体",
            f"{person} handled carriers in a secret post before any training",
            act,
            ("posts.trained",),
            closed=bool(trainings),
        )
        return


@rule(
    "PER-4", "签订保密承诺书，离岗后实行脱密期管理", "undertakings are signed; a cooling-off period follows leaving",
    article=f"{CONGRESS}四（五）2；{SURVEY}二、1；{ARCHIVES_USED}四（二）；{SELF_CHECK}二；{LAW}第四十六条",
    severity="low", of="p", on=("appointed.post", "departed"), parameters=("posts.undertaking", "within.cooling_off"), basis="L+T",
)  # fmt: skip
def bound(facts: Facts, person: str) -> Iterator[Outcome]:
    """
    Somebody in a post that needs an undertaking acted on carriers without one; or somebody with a clearance left, and within the
    term no cooling-off period was ordered.
    """
    yield from _without(
        facts, person, "posts.undertaking", credential="undertaking", zh="保密承诺书", en="an undertaking"
    )
    for left in departures(facts, person):
        if left.start_us is None or not facts.clearance(person, left.start_us):
            continue
        ordered = [
            act
            for act in facts.acts_at(person, "appointed.credential")
            if act.body.what == "cooling_off" and act.body.person == person and _reaches(facts, act, left)
        ]
        yield from within(
            facts, "within.cooling_off", left, done=min(ordered, key=lambda act: act.moment_us, default=None),
            zh=f"{person} 离岗后应确定脱密期", en=f"a cooling-off period is to be ordered for {person}", about="cooling_off",
        )  # fmt: skip


def _reaches(facts: Facts, order: Act, left: Act) -> bool:
    """Whether a cooling-off period reaches beyond a departure: that of an earlier one has ended."""
    return not order.body.valid_to or order.body.valid_to >= facts.calendar.day(left.moment_us).isoformat()


def _in_post_acts(facts: Facts, person: str, parameter: str) -> Iterator[Act]:
    """The acts on carriers that somebody signed, by his part in them, while he held one of the posts of a parameter."""
    for act in facts.of(person):
        posts = facts.values(parameter, act)
        took_part = any(who == person and signs and role in _ROLES for role, who, signs in act.people)
        if posts and took_part and act.carriers and not act.imported and facts.has_post(person, posts, act.moment_us):
            yield act


def _in_posts(
    facts: Facts, person: str, parameter: str, credentials: Sequence[Span], *, from_then_on: bool = False
) -> bool:
    """
    Whether somebody held one of the posts of a parameter at a moment that none of *credentials* covers; from_then_on: each
    covers all that comes after it began.

    Asked first, since who keeps the register is named by most records of a log, and mostly has what the post needs.
    """
    known = facts.person(person)
    wanted = facts.ever(parameter)
    for post in () if known is None else known.posts(index=facts.last):
        if post.post not in wanted:
            continue
        end_us = min((us for us in (post.to_us, post.ended_us) if us is not None), default=None)
        reached_us = post.from_us
        for one in sorted(credentials, key=lambda one: one.from_us):
            if one.from_us > reached_us:
                break
            until = [] if from_then_on else [us for us in (one.to_us, one.ended_us) if us is not None]
            reached_us = max(reached_us, min(until, default=INTEGER_MAX))
        if reached_us < (INTEGER_MAX if end_us is None else end_us):
            return True
    return False


def _without(facts: Facts, person: str, parameter: str, *, credential: str, zh: str, en: str) -> Iterator[Breach]:
    """What comes of acts in a post without the credential that it needs: one breach, at the first of them."""
    known = facts.person(person)
    if not _in_posts(
        facts, person, parameter, [] if known is None else known.credentials(credential, index=facts.last)
    ):
        return
    bad = [
        act
        for act in _in_post_acts(facts, person, parameter)
        if not facts.has_credential(person, credential, act.moment_us)
    ]
    if bad:
        yield Breach(
            tuple(sorted({bad[0].index, bad[-1].index})),
            f"{person} 无有效{zh}而在岗经手载体{len(bad)}次",
            f"{person} handled carriers in a post ({number_en(len(bad), 'time')}) that needs {en}, without a valid one",
            bad[0],
            (parameter,),
            closed=facts.has_credential(person, credential, facts.calendar.end_of(facts.today())),
            about=credential,
        )


@rule(
    "PER-5", "指定专人全程负责", "a named person is responsible for the whole course, and for destruction",
    article=f"{TOWN_CLASSIFY}第五条；{TOWN_CARRIERS}第二条；{BUREAU}第十一条", severity="medium", of="dl",
    on=("registered.document", DEED), needs=("posts.keeper",), basis="L+R",
)  # fmt: skip
def assigned(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    A document was registered, or a list destroyed, and at that time nobody held the post of a keeper over it or over a unit. One
    keeper for the whole unit is enough. Rows of a ledger are not judged, nor is what was never secret (无密).
    """
    if subject.startswith("d/"):
        acts = [act for act in facts.of(subject, "registered.document")[:1] if judged_at(act, "d") == subject]
        zh, en = "登记", "registered"
    else:
        acts = [act for act in facts.of(subject, DEED)[:1] if destruction_list(act) == subject]
        zh, en = "销毁", "destroyed"
    for act in acts:
        posts = facts.values("posts.keeper", act)
        if act.imported or not posts or _is_open(facts, subject, act) or _has_keeper(facts, subject, act, posts):
            continue
        yield Breach(
            (act.index,),
            f"{subject} {zh}时未指定专人（{'、'.join(posts)}）负责",
            f"when {subject} was {en}, nobody was named to be responsible for it ({', '.join(posts)})",
            act,
            ("posts.keeper",),
        )


def _is_open(facts: Facts, subject: str, act: Act) -> bool:
    return facts.level(subject, act) == "无密" if subject[0] == "d" else not is_of_secrets(facts, act)


def _has_keeper(facts: Facts, subject: str, act: Act, posts: tuple[str, ...]) -> bool:
    """Whether a keeper was there; those who took part are asked first, for they mostly are."""
    for person in dict.fromkeys(person for _, person, _ in act.people):
        if facts.has_post(person, posts, act.moment_us):
            return True
    for known in facts.people.persons():
        held = known.posts(at_us=act.moment_us, index=facts.last)
        if any(post.post in posts and (post.over == subject or post.over.startswith("u/")) for post in held):
            return True
    return False


# Acts that serve the person who receives: who permits them must not be that person.
_SERVES_RECEIVER: Final = {"transferred.lend": "lend", "transferred.take_out": "take_out"}


@rule(
    "PER-6", "申请人与批准人不得为同一人", "who asks doesn't approve; who carries out is not the only one who supervises",
    article="由各项审批规定推定", severity="high", of="cdlu", on=("decided.permit", "transferred.", DEED),
    parameters=("distinct.permit", "distinct.destruction"),
)  # fmt: skip
def kept_apart(facts: Facts, subject: str) -> Iterator[Breach]:
    """
    The roles that `distinct.permit` keeps apart are one person in a decision that took effect; or who borrowed or took out is who
    alone permitted it. Escorts who supervise the destruction too are a note, where `distinct.destruction` keeps them apart.
    Supervisor and operator in one person are DES-3.
    """
    acts = facts.of(subject)
    for decision in decisions(acts, "decided.permit"):
        effective = decision.effective
        if effective is not None and judged_at(effective, "cdlu") == subject and not effective.imported:
            yield from _in_decision(facts, decision, effective)
    for act in acts:
        if act.kind in _SERVES_RECEIVER and not act.imported and judged_at(act, "cdlu") == subject:
            yield from _for_oneself(facts, act)
        elif act.kind == DEED and judged_at(act, "ldcu") == subject:
            yield from _escorts(facts, act)


def _in_decision(facts: Facts, decision: Decision, effective: Act) -> Iterator[Breach]:
    for roles in facts.values("distinct.permit", effective):
        seen: dict[str, str] = {}
        for role in [role for role in roles.split("+") if role in ROLES]:
            for person in decision.persons(role):
                if seen.setdefault(person, role) != role:
                    yield Breach(
                        tuple(step.index for step in decision.steps),
                        f"{person} 既是{ROLES[seen[person]][0]}又是{ROLES[role][0]}",
                        f"{person} is {seen[person]} and {role} of one permit",
                        effective,
                        ("distinct.permit",),
                        about=person,
                    )


def _for_oneself(facts: Facts, act: Act) -> Iterator[Breach]:
    apart = [set(roles.split("+")) for roles in facts.values("distinct.permit", act)]
    permit = permit_of(facts, act, _SERVES_RECEIVER[act.kind])
    if permit is None or not any({"proposer", "approver"} <= roles for roles in apart):
        return
    approvers = permit.signers("approver")
    for person in act.named("receiver"):
        if approvers == [person] and person not in permit.named("proposer"):
            yield Breach(
                (permit.index, act.index),
                f"{person} 为自己批准",
                f"{person} permitted it to himself",
                act,
                ("distinct.permit",),
                about=person,
            )


def _escorts(facts: Facts, deed: Act) -> Iterator[Breach]:
    if not any(
        {"escort", "supervisor"} <= set(roles.split("+")) for roles in facts.values("distinct.destruction", deed)
    ):
        return
    name = destruction_list(deed)
    sent = () if name is None else facts.of(name, "transferred.send_to_destruction")
    for act in sent:
        both = sorted(set(act.named("escort")) & set(deed.named("supervisor")))
        if both and act.index < deed.index:
            yield Breach(
                (act.index, deed.index),
                f"送销人与监销人为同一人：{names_zh(both)}",
                f"escort and supervisor are the same: {names_en(both)}",
                deed,
                ("distinct.destruction",),
                severity="info",
                about="escort",
            )
