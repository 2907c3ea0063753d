"""Destructions as rules read them: which are judged where, their lists, approvals and supervisors. Pure over `Facts`.

A deed is judged at its list, else at its first carrier, else at its document. What was never secret needs none of the
formalities; of what was declassified DES-14 speaks, so it is told apart here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from chainlog.canon import codec
from chainlog.digest import list_digest
from chainlog.projection import levels
from chainlog.rules.decisions import (
    approved_here,
    approver_faults,
    elsewhere_fault,
    is_own,
    permit_of,
    permits,
    post_faults,
    takes_effect,
)
from chainlog.rules.placing import judged_at as place_of
from chainlog.rules.placing import names_en, names_zh
from chainlog.rules.staff import is_in_post

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts

DEED: Final = "destroyed.carriers"

NOT_DESTROYED: Final = frozenset({"sell", "give_away", "discard"})
"""Methods by which something is got rid of and not destroyed."""


class ApprovalFault(NamedTuple):
    """What is wrong with the approval of a deed. evidence: records besides the deed. parameters: that decided."""

    zh: str
    en: str
    evidence: tuple[int, ...] = ()
    parameters: tuple[str, ...] = ()


class SupervisionFault(NamedTuple):
    """What is wrong with the supervision of a deed. late: the record by which it was signed afterwards, if that mends it."""

    zh: str
    en: str
    late: int | None = None
    parameters: tuple[str, ...] = ()


def judged_at(act: Act) -> str:
    """The one subject at which a deed is judged, so that it is found once."""
    return place_of(act, "lcd")


def deeds(facts: Facts, subject: str) -> list[Act]:
    """The destructions of secrets that are judged at *subject*."""
    return [act for act in all_deeds(facts, subject) if is_of_secrets(facts, act)]


def all_deeds(facts: Facts, subject: str) -> list[Act]:
    """The destructions that are judged at *subject*, whatever was destroyed."""
    return [act for act in facts.of(subject, DEED) if judged_at(act) == subject]


def what(act: Act) -> list[str]:
    """What a deed destroyed: carriers, or the document of copies that no book tells apart."""
    return act.carriers or act.with_prefix("d")


def never_secret(facts: Facts, subject: str, act: Act) -> bool:
    """Whether a carrier or document was known to be open (无密) when an act was done, and wasn't declassified before."""
    return facts.level(subject, act) == "无密" and not _was_declassified(facts, subject, act)


def concerned(facts: Facts, deed: Act) -> list[str]:
    """What a deed destroyed for which formalities are asked: not what was never secret, whatever it lay beside."""
    return [subject for subject in what(deed) if not never_secret(facts, subject, deed)]


def level_of(facts: Facts, deed: Act) -> str:
    """The highest level of what a deed destroyed, without the device that it used; empty if none is known."""
    return levels.highest(facts.level(subject, deed) for subject in what(deed))


def designation(facts: Facts, deed: Act) -> tuple[str, bool]:
    """
    (parameter, whether a deed was done where it says): at a place of a type that it names, by a designated unit, or on the own
    certified device where `own_device` is among the places. True where the policy doesn't say, or a ledger states nothing.
    """
    name, types = facts.specific("places.destroy", deed, level_of(facts, deed))
    place, unit = deed.body.place, deed.body.unit
    return name, bool(
        not types
        or facts.place_type(place, deed.moment_us) in types
        or (unit and facts.is_designated(unit, "destroy", deed.moment_us))
        or ("own_device" in types and isinstance(deed.body.device, int))
        or (deed.imported and not place and not unit)
    )


def is_of_secrets(facts: Facts, deed: Act) -> bool:
    """Whether a deed destroyed anything that isn't known to be open, or whose level isn't known."""
    return any(facts.level(subject, deed) != "无密" for subject in what(deed))


def declassified(facts: Facts, deed: Act) -> list[str]:
    """What a deed destroyed that had been secret and was declassified."""
    return [
        subject for subject in what(deed)
        if facts.level(subject, deed) == "无密" and _was_declassified(facts, subject, deed)
    ]  # fmt: skip


def _was_declassified(facts: Facts, subject: str, act: Act) -> bool:
    document = facts.document_of(subject) if subject[0] == "c" else subject
    decided = facts.of(subject, "decided.reclassify")
    opened = document and facts.standing(document, act).change == "declassified"
    return bool(opened) or any(one.body.change == "declassified" and takes_effect(one) for one in decided)


# --- lists --------------------------------------------------------------------------------------


def destruction_list(act: Act) -> str | None:
    """The list that a deed was done by."""
    return next(iter(act.with_prefix("l")), None)


def additions(facts: Facts, name: str) -> list[Act]:
    """The acts that put something on a list of what is to be destroyed."""
    return [act for act in facts.of(name, "listed.added") if act.body.purpose == "destroy"]


def listed(facts: Facts, name: str, *, below: int | None = None) -> set[str]:
    """The carriers on a list of what is to be destroyed, before a record, or now: added and not withdrawn."""
    on: set[str] = set()
    for act in facts.of(name, "listed.added", "listed.withdrawn"):
        if below is not None and act.index >= below:
            break
        if act.kind == "listed.withdrawn":
            on.difference_update(act.with_prefix("c"))
        elif act.body.purpose == "destroy":
            on.update(act.with_prefix("c"))
    return on


def _digest(carriers: Iterable[str]) -> bytes:
    return list_digest(codec.encode(sorted(carriers, key=codec.sort_key)))


# --- approval -----------------------------------------------------------------------------------


def approval(facts: Facts, deed: Act) -> Act | None:
    """The approval that a deed rests on: of its list, else of its carriers or documents themselves."""
    name = destruction_list(deed)
    if name is not None:
        found = _permit(facts, deed, [name])
        if found is not None:
            return found
    return _permit(facts, deed, _alone(deed))


def _permit(facts: Facts, deed: Act, subjects: Sequence[str]) -> Act | None:
    permit = permit_of(facts, deed, "destroy", subjects=subjects)
    if permit is None or is_own(permit):
        return permit
    return approved_here(facts, deed, "destroy", subjects=subjects) or permit


def _alone(deed: Act) -> Sequence[str]:
    return [*deed.carriers, *deed.with_prefix("d")]


def approval_faults(facts: Facts, deed: Act) -> Iterator[ApprovalFault]:
    """Everything wrong with the approval of a deed."""
    permit = approval(facts, deed)
    if permit is None:
        yield _no_approval(facts, deed)
        return
    elsewhere = elsewhere_fault(facts, permit, "posts.permit.destroy", level=level_of(facts, deed))
    if elsewhere is not None:
        yield ApprovalFault(elsewhere.zh, elsewhere.en, (permit.index,), elsewhere.parameters)
    for fault in approver_faults(
        facts, permit, permit.signers("approver"), "posts.permit.destroy", level=level_of(facts, deed)
    ):
        person = fault.zh.partition(" ")[0]
        yield ApprovalFault(
            f"审批人 {person} 不具审批职务",
            f"{person} held no post that may approve it",
            (permit.index,),
            fault.parameters,
        )
    name = destruction_list(deed)
    if name is not None and name in permit.subjects:
        yield from _list_faults(facts, deed, permit, name)
    elif permit.with_prefix("c"):
        beside = sorted({*concerned(facts, deed)} & {*deed.carriers} - {*permit.with_prefix("c")})
        if beside:
            yield ApprovalFault(
                f"审批未包括 {names_zh(beside)}", f"the approval does not cover {names_en(beside)}", (permit.index,)
            )


def _no_approval(facts: Facts, deed: Act) -> ApprovalFault:
    """Why no approval counts: none signed, only one that came later, or none at all."""
    name = destruction_list(deed)
    for decision in permits(facts, deed, "destroy", subjects=[*([] if name is None else [name]), *_alone(deed)]):
        stated = decision.step("approved")
        if decision.effective is None and stated is not None and stated.index < deed.index:
            return ApprovalFault("审批人未签名", "the approver has not signed", (stated.index,))
        rejected = decision.step("rejected")
        if rejected is not None and stated is None and rejected.index < deed.index:
            return ApprovalFault("销毁申请已被退回", "the request to destroy had been rejected", (rejected.index,))
    return ApprovalFault("销毁前未经主管领导审批", "destroyed without approval beforehand")


def _list_faults(facts: Facts, deed: Act, permit: Act, name: str) -> Iterator[ApprovalFault]:
    """An approval of a list holds for what stood on the list when it was given."""
    whole = permit.body.whole
    if permit.imported:
        return
    if not whole:
        yield ApprovalFault("审批未载明清单摘要", "the approval does not name the digest of the list", (permit.index,))
    elif whole != _digest(listed(facts, name, below=permit.index)):
        yield ApprovalFault(
            "审批的清单与造册不一致", "the approval is of another list than was drawn up", (permit.index,)
        )
    elif listed(facts, name, below=deed.index) - listed(facts, name, below=permit.index):
        # What was withdrawn since leaves the approval of the rest as it was.
        yield ApprovalFault("清单在审批后被改动", "the list was changed after it was approved", (permit.index,))


# --- supervision --------------------------------------------------------------------------------


def supervisors_wanted(facts: Facts, deed: Act) -> int:
    """How many must supervise; two where the policy says nothing."""
    value = facts.value("min.supervisors", deed)
    return max(2, int(value)) if value else 2


def late_supervisors(facts: Facts, deed: Act) -> tuple[set[str], int | None]:
    """Who signed as a supervisor only afterwards, and the last record by which they did."""
    later = [act for act in facts.answers(deed, "countersigned") if act.signers("supervisor")]
    return {person for act in later for person in act.signers("supervisor")}, later[-1].index if later else None


def supervision_faults(facts: Facts, deed: Act) -> Iterator[SupervisionFault]:
    """Everything wrong with the supervision of a deed."""
    yield from _number_faults(facts, deed)
    persons = set(deed.acting("supervisor"))
    both = persons & set(deed.named("operator"))
    if both:
        who = "、".join(sorted(both))
        yield SupervisionFault(f"监销人与销毁经办人为同一人（{who}）", f"{who} both supervised and carried it out")
    yield from _person_faults(facts, deed, sorted(persons))


def _number_faults(facts: Facts, deed: Act) -> Iterator[SupervisionFault]:
    wanted, named = supervisors_wanted(facts, deed), deed.named("supervisor")
    persons = set(deed.acting("supervisor"))
    afterwards, late = late_supervisors(facts, deed)
    everybody = persons | afterwards
    if len(persons) < wanted:
        mended = late if len(everybody) >= wanted else None
        twice = any(signs > 1 for role, _, signs in deed.people if role == "supervisor") or len(named) != len(
            set(named)
        )
        if twice:
            only = "、".join(sorted(persons)) or "同一人"
            yield SupervisionFault(
                f"监销人为同一人（{only}），不足{wanted}人",
                f"one person ({only}) stands for {wanted} supervisors",
                mended,
            )
        else:
            yield SupervisionFault(
                f"监销签名{len(persons)}人，不足{wanted}人", f"{len(persons)} of {wanted} supervisors signed", mended
            )
    unsigned = [] if deed.imported else sorted(set(named) - persons)
    if unsigned:
        mended = late if set(unsigned) <= everybody else None
        yield SupervisionFault(
            f"监销人 {'、'.join(unsigned)} 未签名", f"supervisor {', '.join(unsigned)} has not signed", mended
        )


def _person_faults(facts: Facts, deed: Act, persons: Sequence[str]) -> Iterator[SupervisionFault]:
    highest = level_of(facts, deed)
    for person in persons:
        left = facts.departed(person)
        if left is not None and left[0] < deed.moment_us and not is_in_post(facts, person, deed.moment_us):
            yield SupervisionFault(f"监销人 {person} 已离岗", f"supervisor {person} had left")
        clearance = facts.clearance(person, deed.moment_us)
        if clearance and levels.rank(clearance) < levels.rank(highest):
            yield SupervisionFault(f"监销人 {person} 涉密等级不够", f"supervisor {person} is not cleared for it")
    if deed.imported:
        return
    for fault in post_faults(facts, deed, persons, "posts.supervise", level=highest):
        yield SupervisionFault(f"监销人 {fault.zh}", f"supervisor {fault.en}", parameters=fault.parameters)
