"""Decisions with their steps, and the permits that acts rest on. Pure over `Facts`.

Only an approval that its approver signed has effect; one by another unit, or taken from a ledger, as stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from chainlog.rules.acts import Act

if TYPE_CHECKING:
    from chainlog.rules.facts import Facts


class Decision(NamedTuple):
    """One matter decided: the steps that refer to each other, in the order of records."""

    kind: str
    steps: tuple[Act, ...]

    @property
    def effective(self) -> Act | None:
        """The first approval of the own unit that took effect, else the first of another; None without one."""
        found = [act for act in self.steps if takes_effect(act)]
        return next((act for act in found if is_own(act)), found[0] if found else None)

    def step(self, name: str) -> Act | None:
        """The first act of a step: proposed, reviewed, approved, checked, rejected, completed."""
        return next((act for act in self.steps if act.body.step == name), None)

    def persons(self, role: str) -> list[str]:
        """Everybody stated in a role in any of the steps, each once: a small office states them all in the approval."""
        return list(dict.fromkeys(person for act in self.steps for person in act.named(role)))


class Fault(NamedTuple):
    """What is wrong with the permit of an act. permit: the approval, None where there is none. parameters: that decided."""

    what: str
    zh: str
    en: str
    permit: Act | None = None
    parameters: tuple[str, ...] = ()


def takes_effect(act: Act) -> bool:
    """Whether an approval counts."""
    return act.body.step == "approved" and (bool(act.signers("approver")) or bool(act.body.by) or act.imported)


def is_own(approval: Act) -> bool:
    """Whether an approval is of the own unit, as far as can be asked: another's word may stand beside its approver's signature."""
    return approval.imported or not approval.body.by or bool(approval.signers("approver"))


def decisions(acts: Iterable[Act], kind: str, *, act: str = "") -> list[Decision]:
    """
    The decisions among *acts*, which are of one subject and in the order of records, each with its steps.

    Args:
        kind: `decided.permit` and so on. act: of permits, `destroy` and so on.
    """
    groups: list[list[Act]] = []
    place: dict[bytes, list[Act]] = {}
    for one in acts:
        if one.kind != kind or (act and getattr(one.body, "act", "") != act):
            continue
        group = next((place[ref] for ref in one.refs if ref in place), None)
        if group is None:
            groups.append(group := [])
        group.append(one)
        place[one.id] = group
    return [Decision(kind, tuple(group)) for group in groups]


def permits(facts: Facts, deed: Act, what: str, *, subjects: Sequence[str] | None = None) -> list[Decision]:
    """
    Decisions to permit *what* that an act can rest on: what it refers to first, then those about its subjects.

    Args:
        what: `copy`, `lend`, `destroy` … subjects: whose permits count; the carriers, documents and lists of the act by default.
    """
    named = deed.subjects if subjects is None else subjects
    found: list[Decision] = []
    for subject in named:
        if subject[0] not in "cdlu":
            continue
        for decision in decisions(facts.of(subject), "decided.permit", act=what):
            if decision not in found and any(step.index < deed.index for step in decision.steps):
                found.append(decision)
    referred = [d for d in found if any(step.id in deed.refs for step in d.steps)]
    return referred + [d for d in found if d not in referred]


def permit_of(facts: Facts, deed: Act, what: str, *, subjects: Sequence[str] | None = None) -> Act | None:
    """The approval that an act rests on: of the decision that it refers to, else the newest that stood before it."""
    approvals = []
    for decision in permits(facts, deed, what, subjects=subjects):
        effective = decision.effective
        if effective is not None and effective.index < deed.index and effective.before(deed):
            if any(step.id in deed.refs for step in decision.steps):
                return effective
            approvals.append(effective)
    return max(approvals, key=lambda act: act.index, default=None)


def permit_faults(
    facts: Facts, deed: Act, what: str, *, posts: str = "", level: str = "", subjects: Sequence[str] | None = None
) -> Iterator[Fault]:
    """
    What is wrong with the approval of an act: `none`, `unsigned`, `own`, `post`; or `late`, where it came after the act.

    Args:
        posts: parameter that names who may approve, most specific by *level*; empty if nobody in particular.
    """
    permit = permit_of(facts, deed, what, subjects=subjects)
    if permit is None:
        for decision in permits(facts, deed, what, subjects=subjects):
            stated = decision.step("approved")
            if stated is not None and stated.index < deed.index and not takes_effect(stated):
                yield Fault("unsigned", "审批人未签名", "the approver has not signed", stated)
                return
        yield Fault("none", "事前未经审批", "not approved beforehand")
        return
    if posts:
        fault = elsewhere_fault(facts, permit, posts, level=level)
        if fault is not None:
            own = approved_here(facts, deed, what, subjects=subjects)
            if own is None:
                yield fault
                return
            permit = own
        yield from approver_faults(facts, permit, permit.signers("approver"), posts, level=level)


def elsewhere_fault(facts: Facts, permit: Act, posts: str, *, level: str = "") -> Fault | None:
    """`own`, where another unit decided and the policy says who of the own one approves it: that unit's word is one more."""
    name, wanted = facts.specific(posts, permit, level)
    if not wanted or is_own(permit):
        return None
    by = permit.body.by
    return Fault(
        "own", f"只有 {by} 同意，未经本单位审批", f"agreed to by {by} only, not approved here", permit, (name,)
    )


def approved_here(facts: Facts, deed: Act, what: str, *, subjects: Sequence[str] | None = None) -> Act | None:
    """The newest approval of the own unit on which an act can rest."""
    found = (decision.effective for decision in permits(facts, deed, what, subjects=subjects))
    own = (one for one in found if one is not None and is_own(one))
    return max(
        (one for one in own if one.index < deed.index and one.before(deed)), key=lambda one: one.index, default=None
    )


def approver_faults(facts: Facts, act: Act, signers: Sequence[str], posts: str, *, level: str = "") -> Iterator[Fault]:
    """As `post_faults`, nothing where any of the signers held the post: who else agreed takes nothing from that."""
    faults = list(post_faults(facts, act, signers, posts, level=level))
    if len(faults) >= len(signers):
        yield from faults


def latest_round(decision: Decision, approval: Act) -> Decision:
    """The steps since a decision was last sent back before an approval; all of them where it never was."""
    sent_back = (act.index for act in decision.steps if act.body.step == "rejected" and act.index < approval.index)
    since = max(sent_back, default=-1)
    return Decision(decision.kind, tuple(act for act in decision.steps if act.index > since))


def post_faults(facts: Facts, act: Act, persons: Iterable[str], posts: str, *, level: str = "") -> Iterator[Fault]:
    """A fault for each of *persons* who held none of the posts that parameter *posts* names; none if the policy lacks it."""
    name, wanted = facts.specific(posts, act, level)
    for person in persons:
        if wanted and not facts.has_post(person, wanted, act.moment_us):
            zh = f"{person} 不具相应职务（{'、'.join(wanted)}）"
            yield Fault("post", zh, f"{person} held none of the posts {', '.join(wanted)}", act, (name,))
