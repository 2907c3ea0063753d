"""What the chapters on using carriers share: approvals with their limits, times with a borrower, places outside. Pure over `Facts`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chainlog.rules.decisions import Decision, Fault, elsewhere_fault, is_own, permit_faults, permits
from chainlog.rules.placing import judged_at

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts

_OUTSIDE: Final = frozenset({
    "other_unit", "public", "home", "abroad", "shop", "exchange", "print_site", "repair_site", "destruction_site",
})  # fmt: skip
_OWN_UNITS: Final = frozenset({"own", "section"})
RENEWAL: Final = "transferred.hold"
"""The act by which who has a carrier keeps it longer."""
_KEEPERS: Final = ("registrar", "archivist")
# Acts after which who had a carrier has it no more, or has it on other terms.
_ENDS: Final = (
    "returned.", "transferred.circulate", "transferred.lend", "transferred.hold", "transferred.take_out",
    "transferred.dispatch", "transferred.archive", "transferred.repair", "transferred.send_to_destruction",
    "destroyed.carriers",
)  # fmt: skip
# Acts after which an examination tells of something later.
_MOVES: Final = frozenset({
    "transferred.lend", "transferred.circulate", "transferred.take_out", "transferred.dispatch", "returned.to_keeper", "destroyed.carriers",
})  # fmt: skip


def is_first(act: Act, subject: str) -> bool:
    """Whether an act is judged at *subject*, so that a deed on many carriers is found once."""
    return judged_at(act, "cd") == subject


def by_fault(carriers: Iterable[str], faults_of: Callable[[str], Iterable[Fault]]) -> list[tuple[Fault, list[str]]]:
    """Each different fault of an act on many carriers, with those that it concerns."""
    found: dict[tuple[str, str], tuple[Fault, list[str]]] = {}
    for carrier in carriers:
        for fault in faults_of(carrier):
            found.setdefault((fault.what, fault.zh), (fault, []))[1].append(carrier)
    return list(found.values())


class Taken(NamedTuple):
    """What an act made of its permit: until when, to which place, for whom. Empty: nothing that could exceed it."""

    until_us: int | None = None
    where: str = ""
    persons: tuple[str, ...] = ()


def approvals(facts: Facts, act: Act, what: str, carrier: str) -> list[tuple[Decision, Act]]:
    """
    Decisions with the approval of *what* that stood before an act, for one of its carriers or the document of that; those
    that the act refers to, or else all, the newest first.
    """
    found = standing(facts, act, what, carrier)
    return [pair for pair in found if any(step.id in act.refs for step in pair[0].steps)] or found


def standing(facts: Facts, act: Act, what: str, carrier: str) -> list[tuple[Decision, Act]]:
    """Those decisions all, the newest first: where several had to agree, an act may refer to the last of them only."""
    found = []
    for decision in permits(facts, act, what, subjects=_permitted(facts, act, what, carrier)):
        effective = decision.effective
        if effective is not None and effective.index < act.index and effective.before(act):
            found.append((decision, effective))
    return sorted(found, key=lambda pair: -pair[1].index)


def _permitted(facts: Facts, act: Act, what: str, carrier: str) -> list[str]:
    """Whose permits count for a carrier (or document): its own, its document's, and those of lists and units that the act refers to."""
    named = [carrier]
    if carrier[0] == "c" and (document := facts.document_of(carrier)) is not None:
        named.append(document)
    for permit in facts.refs(act, "decided.permit"):
        if permit.body.act == what:
            named += [subject for subject in permit.subjects if subject[0] in "lu"]
    return list(dict.fromkeys(named))


def approval_faults(
    facts: Facts, act: Act, what: str, carrier: str, *, posts: str, level: str, taken: Taken | None = None
) -> list[Fault]:
    """
    What is wrong with the approval of an act on one carrier: `none`, `unsigned`, `own`, `post`, `expired`, `until`, `where`, `to`.

    None if one approval covers it in every respect. Callers leave out imported acts, whose approvals stand on other paper.

    Args:
        what: of the permit. posts: parameter that names who may approve, most specific by *level*. taken: what was made of it.
    """
    found = approvals(facts, act, what, carrier)
    if not found:
        return list(permit_faults(facts, act, what, subjects=_permitted(facts, act, what, carrier)))
    if posts and (fault := elsewhere_fault(facts, found[0][1], posts, level=level)) is not None:
        # What another unit agrees to is no approval of one's own leader; an act may refer to either of them.
        found = [pair for pair in standing(facts, act, what, carrier) if is_own(pair[1])]
        if not found:
            return [fault]
    first: list[Fault] | None = None
    for _, approval in found:
        faults = [*_post_fault(facts, approval, posts, level), *_beyond(facts, act, approval, taken or Taken())]
        if not faults:
            return []
        first = first or faults
    return first or []


def _post_fault(facts: Facts, approval: Act, posts: str, level: str) -> Iterator[Fault]:
    if not posts:
        return
    name, wanted = facts.specific(posts, approval, level)
    signers = approval.signers("approver")
    if not wanted or not signers or any(facts.has_post(one, wanted, approval.moment_us) for one in signers):
        return
    who = "、".join(signers)
    yield Fault(
        "post", f"审批人 {who} 不具审批职务（{'、'.join(wanted)}）",
        f"the approver {who} held none of the posts {', '.join(wanted)}", approval, (name,),
    )  # fmt: skip


def _beyond(facts: Facts, act: Act, approval: Act, taken: Taken) -> Iterator[Fault]:
    """Where an act goes beyond the limits of its permit; a limit that the permit doesn't name limits nothing."""
    body = approval.body
    if body.until and act.start_us is not None and act.start_us > body.until:
        until = facts.moment(body.until)
        yield Fault("expired", f"审批有效期已于 {until} 届满", f"the approval had run out at {until}", approval)
    elif body.until and taken.until_us is not None and taken.until_us > body.until:
        wanted, until = facts.moment(taken.until_us), facts.moment(body.until)
        yield Fault(
            "until", f"期限定到 {wanted}，只批准到 {until}", f"until {wanted}, approved until {until}", approval
        )
    if body.where and taken.where and taken.where != body.where:
        yield Fault(
            "where", f"去往 {taken.where}，批准的是 {body.where}",
            f"to {taken.where}, approved was {body.where}", approval,
        )  # fmt: skip
    strangers = [person for person in taken.persons if body.to and not _is_among(facts, person, body.to, act)]
    if strangers:
        who = "、".join(strangers)
        yield Fault("to", f"批准的对象不包括 {who}", f"it was approved for others than {who}", approval)


def _is_among(facts: Facts, person: str, named: Sequence[str], act: Act) -> bool:
    """Whether a permit that names persons and units is for this person; who has no declared unit may belong to one."""
    if person in named or not person.startswith("p/"):
        return True
    units = [one for one in named if one.startswith("u/")]
    known = facts.person(person)
    unit = None if known is None else known.unit(at_us=act.moment_us)
    return bool(units) and (unit is None or unit in units)


class Holding(NamedTuple):
    """A time for which somebody was given a carrier. given: by which act. ended: the act that ended it, None while it lasts."""

    given: Act
    persons: tuple[str, ...]
    ended: Act | None

    @property
    def who(self) -> str:
        """The persons as a message names them."""
        return "、".join(self.persons)

    def is_first(self, act: Act, carrier: str) -> bool:
        """Whether *carrier* is the first in an act of those that were given together."""
        return next((one for one in act.carriers if one in self.given.carriers), None) == carrier


def holdings(facts: Facts, carrier: str, kind: str, *, through: tuple[str, ...] = ()) -> list[Holding]:
    """
    The times for which a carrier was given by acts of a kind, in the order of records.

    Args:
        through: kinds that don't end it if the same person keeps the carrier by them.
    """
    acts = facts.of(carrier)
    found = []
    for given in acts:
        if given.kind == kind and carrier in given.carriers:
            persons = tuple(given.named("receiver"))
            found.append(Holding(given, persons, _ended(acts, carrier, given, persons, through)))
    return found


def with_renewals(facts: Facts, carrier: str, kind: str, *, through: tuple[str, ...] = ()) -> list[Holding]:
    """As `holdings`, and after them their renewals: each ends the term before it and begins one with a date of its own."""
    found = holdings(facts, carrier, kind, through=through)
    for kept in holdings(facts, carrier, RENEWAL, through=through):
        if any(
            one.ended is not None and one.ended.index == kept.given.index and set(one.persons) & set(kept.persons)
            for one in found
        ):
            found.append(kept)
    return found


def _ended(
    acts: Sequence[Act], carrier: str, given: Act, persons: tuple[str, ...], through: tuple[str, ...]
) -> Act | None:
    later = [
        act
        for act in acts
        if act is not given and carrier in act.carriers and follows(act, given) and _ends(act, given, persons, through)
    ]
    if any(act.start_us is None for act in later):
        return later[0]
    # What was entered late may have happened before what stands below it.
    return min(later, key=lambda act: (act.moment_us, act.index), default=None)


def _ends(act: Act, given: Act, persons: tuple[str, ...], through: tuple[str, ...]) -> bool:
    if act.kind == "transferred.hand_over":
        # Who lent it took it back, under another name; a hand-over to anybody else leaves it due.
        return bool(set(act.named("receiver")) & set(given.named("giver")))
    if act.kind == "reported.incident":
        return bool(act.body.what == "found")
    if act.kind in through and set(persons) & set(act.named("receiver")):
        return False
    return act.kind.startswith(_ENDS)


def follows(act: Act, given: Act) -> bool:
    """
    Whether an act came after another: by the times stated, and by the order of records where these leave it open.

    Of something known only to the day, and of an hour of that day, neither is certainly first.
    """
    if act.start_us is not None and given.end_us is not None and act.start_us > given.end_us:
        return True
    if act.end_us is not None and given.start_us is not None and act.end_us < given.start_us:
        return False
    return act.index > given.index


_IN_HAND: Final = ("created.", "copied.made", "transferred.", "returned.")
_STAYS: Final = frozenset({"transferred.store", "transferred.receipt"})


def was_given(facts: Facts, carrier: str, person: str, act: Act) -> bool:
    """
    Whether the last thing that happened to a carrier before an act gave it to a person, alone or with companions, however
    late that was entered.

    The books follow the order of records: ask this before blaming somebody for having given what was not theirs by the books.
    """
    earlier = [
        one
        for one in facts.of(carrier, *_IN_HAND)
        if one.index != act.index and one.kind not in _STAYS and carrier in one.carriers and follows(act, one)
    ]
    last = max(earlier, key=lambda one: (one.moment_us, one.index), default=None)
    return last is not None and person in (*last.named("receiver"), *last.named("escort"))


def inspections(facts: Facts, carrier: str, back: Act, reason: str) -> list[Act]:
    """Examinations of what came back by an act: those that refer to it, or that follow it before it moves again."""
    found = []
    acts = facts.of(carrier)
    moved = next((act for act in acts if act.kind in _MOVES and act.index > back.index), None)
    for act in facts.of(carrier, "checked.carrier"):
        until_next = follows(act, back) and (moved is None or act.index < moved.index)
        if act.body.reason == reason and (back.id in act.refs or until_next):
            found.append(act)
    return found


def is_keeper(facts: Facts, person: str, act: Act) -> bool:
    """Whether a person keeps carriers for the office: holds its post, or that of a registrar or archivist."""
    return facts.has_post(person, facts.values("custody.office", act) or _KEEPERS, act.moment_us)


def is_outside_place(facts: Facts, place: str, at_us: int) -> bool:
    """Whether a declared place is none of the unit's own: by its type, or by the unit that it belongs to."""
    declared = facts.place(place, at_us)
    if declared is None:
        return False
    if declared.type in _OUTSIDE:
        return True
    if not declared.unit or declared.unit == facts.own_unit:
        return False
    unit = facts.unit(declared.unit, at_us)
    return unit is not None and unit.type not in _OWN_UNITS
