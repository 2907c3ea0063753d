"""What each custody kind does to its carriers: created, transferred, returned, destroyed, missing and found. Pure.

The log records illegal acts too, so nothing is refused here: who is said to have taken a carrier has it. Only two things
keep an act from having effect, and `Fold.move` knows both: something later stands, or the carrier has ended.

Where the other side signs elsewhere, the carrier is in transit until its receipt: nobody is named as receiver, or, when
sent to another unit, the named receiver has not signed and no slip is attached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec import UNSET
from msgspec.structs import replace

from chainlog.projection import rows
from chainlog.projection.fold import ENDED, Act, Fold
from chainlog.projection.rows import BOTH, NONE, ONE, Contact
from chainlog.projection.sides import evidence_of, first_of, hand_over_evidence

Handler = Callable[[Fold, Act], None]


def carriers_of(act: Act) -> list[str]:
    """The carriers that an act moves: those that it names, without tools and containers."""
    subjects = act.event.subjects
    tools = _tools(act.body)
    if tools:
        return [subject for i, subject in enumerate(subjects) if subject[0] == "c" and i not in tools]
    return [subject for subject in subjects if subject[0] == "c"]


def _tools(body: Any) -> tuple[int, ...]:
    found = (getattr(body, "device", UNSET), getattr(body, "volume", UNSET))
    return tuple(position for position in found if isinstance(position, int))


def text_of(value: Any) -> str:
    """An optional text field as the rows hold it."""
    return value if isinstance(value, str) else ""


def time_of(value: Any) -> int | None:
    """An optional time as the rows hold it."""
    return value if isinstance(value, int) else None


def _hand_over(fold: Fold, act: Act, phase: str, *, place: str, due: Any = None) -> None:
    """Given by one person to another: the shape of most transfers."""
    people = act.event.people
    evidence = hand_over_evidence(people, imported=act.imported)
    giver, receiver = first_of(people, "giver"), first_of(people, "receiver")
    taken = bool(receiver) or _is_stated(act, "receiver")
    aim = "" if taken else phase
    due_us = time_of(due)
    for carrier in carriers_of(act):
        fold.move(
            act, carrier, phase if taken else "in_transit", receiver, place, evidence, due_us=due_us, aim=aim, giver=giver
        )  # fmt: skip
    _other_people(fold, act, receiver)


def _is_stated(act: Act, role: str) -> bool:
    """Whether the book names somebody in this role who is not mapped to a person."""
    stated = act.body.stated
    return stated is not UNSET and any(named == role for named, _ in stated)


_OTHERS: Final = {"receiver": "received", "escort": "escorted", "operator": "operated"}


def _other_people(fold: Fold, act: Act, holder: str) -> None:
    """Second receivers, escorts and operators met the carriers too."""
    for role, person, signs in act.event.people:
        how = _OTHERS.get(role)
        if how is not None and person != holder:
            _contact(fold, act, carriers_of(act), how, person, signed=signs > 0)


def _contact(
    fold: Fold, act: Act, subjects: Iterable[str], how: str, person: str, *, signed: bool, place: str = ""
) -> None:
    """One row a subject and act: people in further roles join those who stand there."""
    where = place or text_of(act.body.place)
    persons = (person,) if person else ()
    for subject in subjects:
        there = fold.get_dated(rows.CONTACT, subject, act.index)
        if there is None:
            row = Contact(act.start_us, None, how, persons, where, signed, act.event.id)
        else:
            row = replace(there, persons=(*there.persons, *persons), signed=there.signed and signed)
        fold.put_dated(rows.CONTACT, subject, act.index, row)


def _meeting(fold: Fold, act: Act) -> None:
    """Handed out or collected for a meeting: its attendees were there."""
    for name in act.event.subjects:
        if name[0] == "l":
            _contact(fold, act, carriers_of(act), "meeting", "", signed=True, place=name)


# --- created ------------------------------------------------------------------------------------


def _created(fold: Fold, act: Act) -> None:
    body, event = act.body, act.event
    holder = first_of(event.people, "receiver", "registrar", "operator")
    evidence = evidence_of(event.kind, event.people, holder=holder, phase="in_stock", imported=act.imported)
    place = text_of(body.place)
    for item in body.items:
        carrier = event.subjects[item.carrier]
        _born(fold, act, carrier, level=body.level, term=text_of(getattr(body, "term", UNSET)), item=item)
        fold.move(act, carrier, "in_stock", holder, place, evidence, revives=_comes_again(fold, carrier))
    _other_people(fold, act, holder)


def _comes_again(fold: Fold, carrier: str) -> bool:
    """A copy that went back to its issuer may be received again."""
    return fold.carrier(carrier).phase == "returned_to_issuer"


def _born(fold: Fold, act: Act, carrier: str, *, level: str, term: str, item: Any) -> None:
    """Facts of a carrier that its entry into the books states. The first entry counts."""
    state = fold.carrier(carrier)
    if state.born_index < 0:
        state.born_index, state.born_us, state.born_kind = act.index, act.start_us, act.event.kind
        state.level, state.term = level, term
    describe(fold, act, carrier, item)


def describe(fold: Fold, act: Act, carrier: str, item: Any) -> None:
    """Take over what an item says about a carrier: form, copy number, pages, document."""
    state = fold.carrier(carrier)
    state.form = item.form
    if item.copy_no is not UNSET:
        state.copy_no = item.copy_no
    if item.pages is not UNSET:
        state.pages = item.pages
    if isinstance(item.document, int):
        bind(fold, act, carrier, act.event.subjects[item.document])


def bind(fold: Fold, act: Act, carrier: str, document: str) -> None:
    """Make a carrier a copy of a document. What is stated last counts."""
    state = fold.carrier(carrier)
    if state.document and state.document != document:
        fold.drop_pair(rows.COPY, state.document, carrier)
    state.document = document
    registered = act.index if act.event.kind == "registered.document" else -1
    if registered < 0 and fold.get_pair(rows.COPY, document, carrier) is not None:
        return
    fold.put_pair(rows.COPY, document, carrier, registered)
    fold.document(document)


def _opening(fold: Fold, act: Act) -> None:
    event = act.event
    signed = any(signs for _, _, signs in event.people)
    for item in act.body.items:
        carrier = event.subjects[item.carrier]
        _born(fold, act, carrier, level=item.level, term=text_of(item.term), item=item)
        fold.move(act, carrier, item.phase, text_of(item.holder), text_of(item.place), ONE if signed else NONE)
        if item.phase == "archived":
            fold.carrier(carrier).home = "archived"


def _equipment(fold: Fold, act: Act) -> None:
    body, event = act.body, act.event
    holder = first_of(event.people, "receiver", "registrar", "operator")
    evidence = evidence_of(event.kind, event.people, holder=holder, phase="in_stock", imported=act.imported)
    for carrier in carriers_of(act):
        state = fold.carrier(carrier)
        if state.born_index < 0:
            state.born_index, state.born_us, state.born_kind = act.index, act.start_us, event.kind
            state.level, state.term, state.form, state.number = body.level, text_of(body.term), body.form, body.number
        fold.move(act, carrier, "in_stock", holder, text_of(body.place), evidence, revives=_comes_again(fold, carrier))


def _copied(fold: Fold, act: Act) -> None:
    body, event = act.body, act.event
    holder = first_of(event.people, "receiver", "registrar", "operator")
    evidence = evidence_of(event.kind, event.people, holder=holder, phase="in_stock", imported=act.imported)
    parents = [event.subjects[position] for position in body.parents]
    due_us = time_of(body.due)
    children = []
    for item in body.items:
        carrier = event.subjects[item.carrier]
        children.append(carrier)
        _born(fold, act, carrier, level=body.level, term=text_of(body.term), item=item)
        fold.move(act, carrier, "in_stock", holder, text_of(body.place), evidence, due_us=due_us)
        for parent in parents:
            fold.put_pair(rows.PARENT, carrier, parent, (body.method, act.index))
            fold.put_pair(rows.CHILD, parent, carrier, (body.method, act.index))
    for role, person, signs in event.people:
        if role == "operator":
            met = parents if person == holder else parents + children
            _contact(fold, act, met, "operated", person, signed=signs > 0)


# --- transferred --------------------------------------------------------------------------------


def _circulate(fold: Fold, act: Act) -> None:
    _hand_over(fold, act, "in_circulation", place=text_of(act.body.place), due=act.body.due)
    _meeting(fold, act)


def _lend(fold: Fold, act: Act) -> None:
    _hand_over(fold, act, "on_loan", place=text_of(act.body.place), due=act.body.due)


def _take_out(fold: Fold, act: Act) -> None:
    _hand_over(fold, act, "out", place=act.body.destination, due=act.body.due)


def _hold(fold: Fold, act: Act) -> None:
    """Kept by who has it, or by the receiver named; where it lies stays unless stated."""
    people = act.event.people
    evidence = hand_over_evidence(people, imported=act.imported)
    receiver = first_of(people, "receiver")
    for carrier in carriers_of(act):
        state = fold.carrier(carrier)
        holder = receiver or state.holder
        place = text_of(act.body.place) or (state.place if holder == state.holder else "")
        fold.move(
            act, carrier, "held", holder, place, evidence, due_us=time_of(act.body.due), giver=first_of(people, "giver")
        )
    _other_people(fold, act, receiver)


_PLACE_STAYS: Final = frozenset({"leaving", "reassignment", "dissolution"})


def _hand_on(fold: Fold, act: Act) -> None:
    """Handed over for good: another custodian, the same phase. A whole stock that changes hands stays where it lies."""
    body, people = act.body, act.event.people
    evidence = hand_over_evidence(people, imported=act.imported)
    giver, receiver = first_of(people, "giver"), first_of(people, "receiver")
    taken = bool(receiver) or _is_stated(act, "receiver")
    for carrier in carriers_of(act):
        state = fold.carrier(carrier)
        phase = "in_stock" if state.phase in ("", "in_transit", "missing") else state.phase
        place = text_of(body.place) or (state.place if body.reason in _PLACE_STAYS else "")
        fold.move(
            act, carrier, phase if taken else "in_transit", receiver, place, evidence, unit=text_of(body.to),
            due_us=state.due_us, aim="" if taken else phase, giver=giver,
        )  # fmt: skip
    _other_people(fold, act, receiver)


def _store(fold: Fold, act: Act) -> None:
    """Put away. Custodian and phase stay; who has it is attested anew only if that person signed."""
    people = act.event.people
    place = text_of(act.body.place)
    for carrier in carriers_of(act):
        state = fold.carrier(carrier)
        holder = state.holder or ("" if state.phase else first_of(people, "registrar"))
        evidence = evidence_of(act.event.kind, people, holder=holder, phase=state.phase, imported=act.imported)
        fold.move(
            act, carrier, state.phase or "in_stock", holder, place, evidence, unit=state.unit, due_us=state.due_us
        )


def _dispatch(fold: Fold, act: Act) -> None:
    body, people = act.body, act.event.people
    receiver = first_of(people, "receiver")
    signed = any(signs for role, _, signs in people if role == "receiver")
    slip = act.imported or body.attachments is not UNSET
    taken = signed or (bool(receiver) and slip) or _is_stated(act, "receiver")
    phase = "issued_out" if taken else "in_transit"
    evidence = evidence_of(act.event.kind, people, holder=receiver, phase=phase, imported=act.imported)
    holder = receiver if taken else first_of(people, "escort")
    for carrier in carriers_of(act):
        fold.move(
            act, carrier, phase, holder, text_of(body.place), evidence, unit=body.to, aim="" if taken else "issued_out",
            giver=first_of(people, "giver"),
        )  # fmt: skip
    _other_people(fold, act, holder)


def _receipt(fold: Fold, act: Act) -> None:
    """The other side has it: what was in transit arrives, and what had one signature has both."""
    people = act.event.people
    receiver = first_of(people, "receiver")
    signed = any(signs for role, _, signs in people if role == "receiver")
    for carrier in carriers_of(act):
        state = fold.carrier(carrier)
        sent = state.evidence > NONE
        evidence = BOTH if sent and signed and not act.imported else ONE if sent or signed else NONE
        if state.phase == "in_transit":
            fold.move(
                act, carrier, state.aim or "issued_out", receiver, "", evidence, unit=state.unit, due_us=state.due_us
            )
        elif state.phase in ENDED and state.phase != "returned_to_issuer":
            fold.move(act, carrier, state.phase, receiver, "", evidence)
        elif receiver and receiver != state.holder:
            fold.move(
                act, carrier, state.phase or "in_stock", receiver, state.place, evidence, unit=state.unit,
                due_us=state.due_us, revives=True,
            )  # fmt: skip
        else:
            fold.attest(act, carrier, evidence)
            state.moved_index = act.index


def _repair(fold: Fold, act: Act) -> None:
    people = act.event.people
    evidence = hand_over_evidence(people, imported=act.imported)
    receiver = first_of(people, "receiver")
    for carrier in carriers_of(act):
        fold.move(
            act, carrier, "in_repair", receiver, text_of(act.body.place), evidence, unit=act.body.to,
            giver=first_of(people, "giver"),
        )  # fmt: skip
    _other_people(fold, act, receiver)


def _send_to_destruction(fold: Fold, act: Act) -> None:
    people = act.event.people
    phase = "sent_for_destruction"
    holder = first_of(people, "receiver", "escort")
    evidence = evidence_of(act.event.kind, people, holder=holder, phase=phase, imported=act.imported)
    for carrier in carriers_of(act):
        fold.move(
            act, carrier, phase, holder, text_of(act.body.place), evidence, unit=act.body.to,
            giver=first_of(people, "giver", "escort"),
        )  # fmt: skip
    _other_people(fold, act, holder)


def _archive(fold: Fold, act: Act) -> None:
    volume = act.event.subjects[act.body.volume]
    _hand_over(fold, act, "archived", place=text_of(act.body.place))
    for carrier in carriers_of(act):
        state = fold.carrier(carrier)
        if state.since_index == act.index:
            state.home, state.container = "archived", volume
        fold.put_pair(rows.CONTENT, volume, carrier, act.index)


# --- returned, destroyed, missing and found -----------------------------------------------------


def _to_keeper(fold: Fold, act: Act) -> None:
    people = act.event.people
    evidence = hand_over_evidence(people, imported=act.imported)
    giver, receiver = first_of(people, "giver"), first_of(people, "receiver")
    taken = bool(receiver) or _is_stated(act, "receiver")
    place = text_of(act.body.place)
    recalled = act.body.reason == "recall"
    for carrier in carriers_of(act):
        state = fold.carrier(carrier)
        phase, aim = (state.home, "") if taken else ("in_transit", state.home)
        if fold.move(act, carrier, phase, receiver, place, evidence, aim=aim, giver=giver) and recalled:
            state.recall = ""
    _other_people(fold, act, receiver)
    if act.body.reason == "meeting":
        _meeting(fold, act)


def _from_repair(fold: Fold, act: Act) -> None:
    people = act.event.people
    holder = first_of(people, "receiver", "operator", "registrar")
    evidence = evidence_of(act.event.kind, people, holder=holder, phase="in_stock", imported=act.imported)
    for carrier in carriers_of(act):
        fold.move(act, carrier, fold.carrier(carrier).home, holder, text_of(act.body.place), evidence)
    _other_people(fold, act, holder)


def _to_issuer(fold: Fold, act: Act) -> None:
    people = act.event.people
    evidence = hand_over_evidence(people, imported=act.imported)
    receiver = first_of(people, "receiver")
    for carrier in carriers_of(act):
        moved = fold.move(
            act,
            carrier,
            "returned_to_issuer",
            receiver,
            "",
            evidence,
            unit=act.body.to,
            giver=first_of(people, "giver"),
        )
        if moved:
            fold.carrier(carrier).recall = ""


def _destroyed(fold: Fold, act: Act) -> None:
    body, people = act.body, act.event.people
    evidence = evidence_of(act.event.kind, people, holder="", phase="destroyed", imported=act.imported)
    place, unit = text_of(body.place), text_of(body.unit)
    for carrier in carriers_of(act):
        fold.move(act, carrier, "destroyed", "", place, evidence, unit=unit)
    _other_people(fold, act, "")


_INCIDENTS: Final = frozenset({"missing", "found", "lost"})


def _incident(fold: Fold, act: Act) -> None:
    what, people = act.body.what, act.event.people
    if what not in _INCIDENTS:
        return
    found = what == "found"
    holder = first_of(people, "receiver", "registrar", "operator") if found else ""
    evidence = evidence_of(act.event.kind, people, holder=holder, phase=what, imported=act.imported)
    for carrier in carriers_of(act):
        phase = fold.carrier(carrier).home if found else what
        fold.move(act, carrier, phase, holder, text_of(act.body.place), evidence, revives=found)


CUSTODY: Final[Mapping[str, Handler]] = {
    "created.received": _created,
    "created.produced": _created,
    "created.entered": _created,
    "created.equipment": _equipment,
    "created.opening": _opening,
    "copied.made": _copied,
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
