"""What the custody kinds do to carriers that are there: transferred, returned, destroyed, missing and found. Pure.

The log records illegal acts too, so nothing is refused here: who is said to have taken a carrier has it. Only two things
keep an act from having effect, and `Fold.move` knows both: something later stands, or the carrier has ended.

Where the other side signs elsewhere, the carrier is in transit until its receipt: nobody is named as receiver, or, when
sent to another unit, the named receiver has not signed and no slip is attached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import UNSET

from chainlog.projection import rows
from chainlog.projection.births import BIRTHS
from chainlog.projection.feed import Act
from chainlog.projection.fold import Fold
from chainlog.projection.handling import Handler, carriers_of, contact, is_stated, other_people, text_of, time_of
from chainlog.projection.rows import BOTH, NONE, ONE
from chainlog.projection.sides import attested, evidence_of, first_of


def _hand_over(fold: Fold, act: Act, phase: str, place: str, due: Any, tool: Any = UNSET) -> None:
    """Given by one person to another: the shape of most transfers."""
    crew = act.crew
    receiver, evidence = crew.receiver, crew.evidence
    aim = ""
    if not receiver and not is_stated(act, "receiver"):
        phase, aim = "in_transit", phase
    due_us = None if due is UNSET else due
    for subject in act.subjects:
        if subject[0] == "c":
            if tool is UNSET or subject != act.subjects[tool]:
                fold.move(act, subject, phase, receiver, place, evidence, "", due_us, aim)
        elif subject[0] == "l":
            _meeting(fold, act)
    if not crew.alone:
        other_people(fold, act, carriers_of(act, tool), receiver)


def _meeting(fold: Fold, act: Act) -> None:
    """Handed out or collected for a meeting: its attendees were there."""
    for name in act.subjects:
        if name[0] == "l":
            contact(fold, act, carriers_of(act), "meeting", "", signed=True, place=name)


# --- transferred --------------------------------------------------------------------------------


def _circulate(fold: Fold, act: Act) -> None:
    _hand_over(fold, act, "in_circulation", act.body.place or "", act.body.due)


def _lend(fold: Fold, act: Act) -> None:
    _hand_over(fold, act, "on_loan", act.body.place or "", act.body.due)


def _take_out(fold: Fold, act: Act) -> None:
    _hand_over(fold, act, "out", act.body.destination, act.body.due)


def _hold(fold: Fold, act: Act) -> None:
    """Kept by who has it, or by the receiver named; where it lies stays unless stated."""
    receiver, evidence = act.crew.receiver, act.crew.evidence
    carriers = carriers_of(act)
    for carrier in carriers:
        state = fold.carriers[carrier]
        holder = receiver or state.holder
        place = text_of(act.body.place) or (state.place if holder == state.holder else "")
        fold.move(act, carrier, "held", holder, place, evidence, "", time_of(act.body.due))
    other_people(fold, act, carriers, receiver)


_PLACE_STAYS: Final = frozenset({"leaving", "reassignment", "dissolution"})


def _hand_on(fold: Fold, act: Act) -> None:
    """Handed over for good: another custodian, the same phase. A whole stock that changes hands stays where it lies."""
    body = act.body
    receiver, evidence = act.crew.receiver, act.crew.evidence
    taken = bool(receiver) or is_stated(act, "receiver")
    carriers = carriers_of(act)
    for carrier in carriers:
        state = fold.carriers[carrier]
        phase = "in_stock" if state.phase in ("", "in_transit", "missing") else state.phase
        place = text_of(body.place) or (state.place if body.reason in _PLACE_STAYS else "")
        due_us = None if state.now is None else state.now.due_us
        aim = "" if taken else phase
        phase = phase if taken else "in_transit"
        fold.move(act, carrier, phase, receiver, place, evidence, text_of(body.to), due_us, aim)
    other_people(fold, act, carriers, receiver)


def _store(fold: Fold, act: Act) -> None:
    """Put away. Custodian and phase stay; who has it is attested anew only if that person signed."""
    people, imported = act.people, act.imported
    place = act.body.place or ""
    for carrier in act.subjects:
        if carrier[0] != "c":
            continue
        state = fold.carriers[carrier]
        now = state.now
        if now is None:
            holder, phase, unit, due_us = first_of(people, "registrar"), "in_stock", "", None
        else:
            holder, phase, unit, due_us = now.person, now.phase, now.unit, now.due_us
        evidence = attested(people, holder=holder, imported=imported)
        fold.move(act, carrier, phase, holder, place, evidence, unit, due_us, state.aim)


def _dispatch(fold: Fold, act: Act) -> None:
    body, people = act.body, act.people
    receiver = first_of(people, "receiver")
    signed = any(signs for role, _, signs in people if role == "receiver")
    slip = act.imported or body.attachments is not UNSET
    taken = signed or (bool(receiver) and slip) or is_stated(act, "receiver")
    phase, aim = ("issued_out", "") if taken else ("in_transit", "issued_out")
    evidence = evidence_of(act.kind, people, holder=receiver, phase=phase, imported=act.imported)
    holder = receiver if taken else first_of(people, "escort")
    carriers = carriers_of(act)
    for carrier in carriers:
        fold.move(act, carrier, phase, holder, text_of(body.place), evidence, body.to, None, aim)
    # A receiver who is only named has not met the carrier yet.
    other_people(fold, act, carriers, holder, receiver)


def _receipt(fold: Fold, act: Act) -> None:
    """The other side has it: what was in transit arrives, and what had one signature has both."""
    people = act.people
    receiver = first_of(people, "receiver")
    signed = any(signs for role, _, signs in people if role == "receiver")
    for carrier in carriers_of(act):
        state = fold.carriers[carrier]
        now = state.now
        sent = now is not None and now.evidence > NONE
        evidence = BOTH if sent and signed and not act.imported else ONE if sent or signed else NONE
        if now is None:
            fold.move(act, carrier, "in_stock", receiver, "", evidence)
        elif now.phase == "in_transit":
            fold.move(act, carrier, state.aim or "issued_out", receiver, "", evidence, now.unit, now.due_us)
        elif (receiver and receiver != now.person) or now.phase in _GONE:
            revives = now.phase == "returned_to_issuer"
            fold.move(
                act, carrier, now.phase, receiver, now.place, evidence, now.unit, now.due_us, revives=revives
            )  # fmt: skip
        else:
            fold.attest(act, carrier, evidence)
            state.moved_index = act.index


def _repair(fold: Fold, act: Act) -> None:
    receiver, evidence = act.crew.receiver, act.crew.evidence
    carriers = carriers_of(act)
    for carrier in carriers:
        place = text_of(act.body.place)
        fold.move(act, carrier, "in_repair", receiver, place, evidence, act.body.to)
    other_people(fold, act, carriers, receiver)


def _send_to_destruction(fold: Fold, act: Act) -> None:
    people = act.people
    phase = "sent_for_destruction"
    holder = first_of(people, "receiver", "escort")
    evidence = evidence_of(act.kind, people, holder=holder, phase=phase, imported=act.imported)
    carriers = carriers_of(act)
    for carrier in carriers:
        fold.move(act, carrier, phase, holder, text_of(act.body.place), evidence, act.body.to)
    other_people(fold, act, carriers, holder)


def _archive(fold: Fold, act: Act) -> None:
    volume = act.subjects[act.body.volume]
    _hand_over(fold, act, "archived", act.body.place or "", UNSET, act.body.volume)
    for carrier in carriers_of(act, act.body.volume):
        state = fold.carriers[carrier]
        if state.now is not None and state.now.from_index == act.index:
            state.home, state.container = "archived", volume
        fold.put_pair(rows.CONTENT, volume, carrier, act.index)


# --- returned, destroyed, missing and found -----------------------------------------------------


def _to_keeper(fold: Fold, act: Act) -> None:
    body = act.body
    crew = act.crew
    receiver, evidence = crew.receiver, crew.evidence
    taken = receiver or is_stated(act, "receiver")
    place = body.place or ""
    recalled = body.reason == "recall"
    for subject in act.subjects:
        if subject[0] == "c":
            state = fold.carriers[subject]
            phase, aim = (state.home, "") if taken else ("in_transit", state.home)
            moved = fold.move(act, subject, phase, receiver, place, evidence, "", None, aim)
            if moved and recalled and state.recall:
                fold.end_listing(act, state.recall, subject)
    if not crew.alone:
        other_people(fold, act, carriers_of(act), receiver)
    if body.reason == "meeting":
        _meeting(fold, act)


def _from_repair(fold: Fold, act: Act) -> None:
    people = act.people
    holder = first_of(people, "receiver", "operator", "registrar")
    evidence = evidence_of(act.kind, people, holder=holder, phase="", imported=act.imported)
    carriers = carriers_of(act)
    for carrier in carriers:
        fold.move(act, carrier, fold.carriers[carrier].home, holder, text_of(act.body.place), evidence)
    other_people(fold, act, carriers, holder)


def _to_issuer(fold: Fold, act: Act) -> None:
    receiver, evidence = act.crew.receiver, act.crew.evidence
    carriers = carriers_of(act)
    for carrier in carriers:
        recall = fold.carriers[carrier].recall
        if fold.move(act, carrier, "returned_to_issuer", receiver, "", evidence, act.body.to) and recall:
            fold.end_listing(act, recall, carrier)
    other_people(fold, act, carriers, receiver)


def _destroyed(fold: Fold, act: Act) -> None:
    body, people = act.body, act.people
    evidence = evidence_of(act.kind, people, holder="", phase="destroyed", imported=act.imported)
    carriers = carriers_of(act, body.device)
    for carrier in carriers:
        fold.move(act, carrier, "destroyed", "", body.place or "", evidence, body.unit or "")
    other_people(fold, act, carriers, "")


_GONE: Final = frozenset({"destroyed", "lost"})
_INCIDENTS: Final = frozenset({"missing", "found", "lost"})


def _incident(fold: Fold, act: Act) -> None:
    what, people = act.body.what, act.people
    if what not in _INCIDENTS:
        return
    found = what == "found"
    holder = first_of(people, "receiver", "registrar", "operator") if found else ""
    evidence = evidence_of(act.kind, people, holder=holder, phase=what, imported=act.imported)
    for carrier in carriers_of(act):
        phase = fold.carriers[carrier].home if found else what
        fold.move(act, carrier, phase, holder, text_of(act.body.place), evidence, revives=found)


CUSTODY: Final[Mapping[str, Handler]] = {
    **BIRTHS,
    "transferred.circulate": _circulate,
    "transferred.lend": _lend,
    "transferred.hold": _hold,
    "transferred.take_out": _take_out,
    "transferred.dispatch": _dispatch,
    "transferred.receipt": _receipt,
    "transferred.hand_over": _hand_on,
    "transferred.store": _store,
    "transferred.repair": _repair,
    "transferred.send_to_destruction": _send_to_destruction,
    "transferred.archive": _archive,
    "returned.to_keeper": _to_keeper,
    "returned.from_repair": _from_repair,
    "returned.to_issuer": _to_issuer,
    "destroyed.carriers": _destroyed,
    "reported.incident": _incident,
}
"""Kinds that change who has a carrier."""
