"""Documents made here, and how their level was determined: what several chapters ask. Pure over `Facts`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chainlog.projection import levels
from chainlog.rules.decisions import Decision, decisions, takes_effect
from chainlog.rules.placing import judged_at
from chainlog.rules.things import is_outside, is_secret

if TYPE_CHECKING:
    from chainlog.rules.acts import Act
    from chainlog.rules.facts import Facts

MADE: Final = "created.produced"
CLASSIFY: Final = "decided.classify"

_STEP_ROLES: Final = {"proposed": "proposer", "reviewed": "reviewer", "approved": "approver"}


def makings(facts: Facts, document: str) -> list[Act]:
    """The acts by which copies of a document were made here, oldest first; rows of a ledger prove nothing of how."""
    return [act for act in facts.of(document, MADE) if not act.imported]


def made_level(facts: Facts, act: Act, document: str) -> str:
    """The level of what was made: as stated, or the one in force if that is higher."""
    return levels.highest((act.body.level, facts.level(document, act)))


def secret_makings(facts: Facts, document: str) -> list[Act]:
    """The acts by which copies of a state secret were made here."""
    return [act for act in makings(facts, document) if is_secret(made_level(facts, act, document))]


def is_own(facts: Facts, document: str) -> bool:
    """Whether this unit issues a document, as its registration says or since its copies were made here."""
    stated = facts.stated(document)
    return (stated is not None and stated.issuer == facts.own_unit) or bool(facts.of(document, MADE))


def entered(act: Act) -> list[str]:
    """The documents that a registration is of: not those that it only states as sources."""
    sources = (act.body.document.derived_from or ()) if act.body.document else ()
    return [one for position, one in enumerate(act.subjects) if one[0] == "d" and position not in sources]


def entries(facts: Facts, document: str) -> list[Act]:
    """The registrations of a document, oldest first, without those that only state it as a source."""
    return [act for act in facts.of(document, "registered.document") if document in entered(act)]


def classifications(facts: Facts, subject: str) -> list[Decision]:
    """How this unit determined a level: decisions that are judged at *subject*, without those of other units."""
    found = [act for act in facts.of(subject, CLASSIFY) if judged_at(act, "dc") == subject]
    return [d for d in decisions(found, CLASSIFY) if not any(act.body.by or act.imported for act in d.steps)]


def decided_elsewhere(facts: Facts, document: str) -> bool:
    """
    Whether another unit determined the level, by its decision or since the register names it as who issues or classifies; or
    a ledger says so without its steps.
    """
    if any(act.body.by or act.imported for act in facts.of(document, CLASSIFY)):
        return True
    stated = facts.stated(document)
    who = "" if stated is None else stated.classifier or stated.issuer
    return bool(who) and facts.unit(who) is not None and is_outside(facts, who, facts.as_of_us)


def names_sources(facts: Facts, document: str) -> bool:
    """Whether the register names the documents that a document is derived from."""
    view = facts.document(document) if document[0] == "d" else None
    return view is not None and bool(view.derived_from)


def step_of(decision: Decision, step: str) -> tuple[Act | None, list[str]]:
    """
    (act, persons) of a step: an act of its own, else the approval in which a small office states who did it. None and
    nobody if it was left out.
    """
    role = _STEP_ROLES[step]
    own = [act for act in decision.steps if act.body.step == step]
    if own:
        return own[0], own[0].named(role)
    for act in decision.steps:
        if act.body.step == "approved" and act.named(role):
            return act, act.named(role)
    return None, []


def signers(facts: Facts, act: Act, role: str) -> list[str]:
    """Who signed an act in a role, at once or afterwards."""
    return [*act.signers(role), *facts.countersigners(act, role)]


def effective(decision: Decision) -> Act | None:
    """The approval that determined a level, the last one where it was approved again; None without."""
    return next((act for act in reversed(decision.steps) if takes_effect(act)), None)


_HANDLED: Final = (
    "transferred.circulate", "transferred.dispatch", "transferred.lend", "transferred.hand_over", "transferred.take_out",
    "transferred.archive", "accessed.read",
)  # fmt: skip


def spoiled_before(facts: Facts, acts: Sequence[Act], act: Act) -> int:
    """How many copies of earlier makings were destroyed between the last of these and an act, before anybody had them."""
    since = acts[-1].index if acts else act.index
    found = 0
    for carrier in (one for earlier in acts for one in earlier.carriers):
        ended = next(iter(facts.of(carrier, "destroyed.carriers")), None)
        if ended is not None and since < ended.index < act.index and not facts.of(carrier, *_HANDLED):
            found += 1
    return found
