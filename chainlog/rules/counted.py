"""What a stock-take found against what the books say was there. Pure over `Facts`.

A stock-take is all records on one list. What it should have found: where it names a place, what was in that place; where it
names a person, what that person had; else, for the whole unit, what was in stock. The books are read as known now, at the
time of the counting: a return entered late is no difference. Machines, volumes and register books are missed only where such
things were counted, media not before a holiday, when documents are counted, and by a special count nothing but what it was of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from chainlog.event.types import FORM, PHASE
from chainlog.projection.rows import CarrierState, Interval
from chainlog.rules.acts import Act
from chainlog.rules.rounds import NOT_STOCK
from chainlog.rules.things import MEDIA, is_given_away, is_secret

if TYPE_CHECKING:
    from chainlog.rules.facts import Facts

# What a person has in hand; a place and the whole unit are asked for what is in stock.
_IN_HAND: Final = frozenset({"in_stock", "in_circulation", "on_loan", "held"})
_NO_MORE: Final = frozenset({"issued_out", "returned_to_issuer", "destroyed", "lost"})
_ELSEWHERE: Final = frozenset({"in_transit", "out", "in_repair", "sent_for_destruction"})
_DEPTH_MAX: Final = 8

What = Literal["missing", "extra", "misplaced"]


class Difference(NamedTuple):
    """
    One thing that account and count disagree about.

    subject: the carrier, or the label of what is in no book. document: of what is in no book. act: the record of the count.
    evidence: further records. settled: whether a later record cleared it up.
    """

    what: What
    subject: str
    act: Act
    zh: str
    en: str
    document: str | None = None
    evidence: tuple[int, ...] = ()
    settled: bool = False


def differences(facts: Facts, list_subject: str) -> list[Difference]:
    """Every difference of the stock-take on a list, empty if there is none. Cost: a scan of all carriers."""
    acts = facts.of(list_subject, "checked.inventory")
    if not acts:
        return []
    found = {carrier for act in acts for carrier in _found(act)}
    return [
        *(one for act in acts for one in _extra(facts, act)),
        *(one for act in acts for carrier in _found(act) for one in _not_as_booked(facts, act, carrier)),
        *_missing(facts, acts, found),
    ]


def _found(act: Act) -> list[str]:
    return [act.subjects[position] for position in act.body.found]


# --- in no book -----------------------------------------------------------------------------------


def _extra(facts: Facts, act: Act) -> Iterator[Difference]:
    for one in act.body.extra or ():
        document = act.at(one.document)
        zh, en, known = "", "", []
        if document is not None:
            known = facts.copies(document)
            zh = f"，与账上 {'、'.join(known[:5])} 同属 {document}" if known else f"，属 {document}"
            en = f"; a copy of {document}" + (f", like {', '.join(known[:5])}" if known else "")
        # It is cleared up when it enters the books as found, or as that copy of that document.
        entries = facts.of(document, "created.entered") if document else ()
        settled = any(later.index > act.index and later.body.reason == "discovered" for later in entries)
        settled = settled or bool(facts.answers(act, "created."))
        yield Difference(
            "extra", one.label, act, f"盘点发现账外载体“{one.label}”{zh}", f"{one.label} was found and is in no book{en}",
            document=document, settled=settled,
        )  # fmt: skip


# --- found, and not as the books have it ------------------------------------------------------------


def _not_as_booked(facts: Facts, act: Act, carrier: str) -> Iterator[Difference]:
    then = _at(facts, carrier, act)
    state = facts.carrier(carrier)
    if state is None or state.born_index is None or then is None:
        entered = state is not None and state.born_index is not None and state.born_index > act.index
        if entered or state is None or state.born_index is None:
            yield Difference(
                "extra",
                carrier,
                act,
                f"盘点发现账外载体 {carrier}",
                f"{carrier} was found and is in no book",
                settled=entered,
            )
        return
    phase = PHASE.values.get(then.phase, then.phase)
    if then.phase in _NO_MORE:
        yield Difference(
            "extra", carrier, act, f"{carrier} 账上{phase}，盘点时实有", f"{carrier} was found; by the books it is {then.phase}",
            evidence=_evidence(then),
        )  # fmt: skip
    elif then.phase in _ELSEWHERE:
        yield Difference(
            "misplaced", carrier, act, f"{carrier} 账上{phase}，盘点时在库",
            f"{carrier} was found here; by the books it is {then.phase}", evidence=_evidence(then), settled=_moved_since(facts, carrier, act),
        )  # fmt: skip
    else:
        yield from _elsewhere(facts, act, carrier, then)


def _elsewhere(facts: Facts, act: Act, carrier: str, then: Interval) -> Iterator[Difference]:
    """Found at another place than the books have it, or with another person."""
    place, holder = act.body.place, act.body.holder
    if (
        place
        and then.place
        and not _lies_in(facts, then.place, place, act)
        and not _lies_in(facts, place, then.place, act)
    ):
        yield Difference(
            "misplaced", carrier, act, f"{carrier} 账上在 {then.place}，盘点时在 {place}",
            f"{carrier} was found at {place}; by the books it is at {then.place}", evidence=_evidence(then), settled=_moved_since(facts, carrier, act),
        )  # fmt: skip
    if holder and then.person and then.person != holder and not _same_office(facts, act, holder, then.person):
        yield Difference(
            "misplaced", carrier, act, f"{carrier} 账上由 {then.person} 保管，盘点时在 {holder} 处",
            f"{carrier} was found with {holder}; by the books {then.person} has it", evidence=_evidence(then), settled=_moved_since(facts, carrier, act),
        )  # fmt: skip


def _moved_since(facts: Facts, carrier: str, act: Act) -> bool:
    """Whether the books say anew where a carrier is."""
    return any(one.index > act.index for one in facts.of(carrier, "transferred.", "returned.", "reported.incident"))


def _same_office(facts: Facts, act: Act, one: str, other: str) -> bool:
    office = facts.values("custody.office", act)
    return bool(office) and all(facts.has_post(person, office, act.moment_us) for person in (one, other))


def _lies_in(facts: Facts, place: str, room: str, act: Act) -> bool:
    """Whether a place is another, or stands inside it as declared."""
    for _ in range(_DEPTH_MAX):
        if place == room:
            return True
        declared = facts.place(place, act.moment_us)
        if declared is None or not declared.inside:
            return False
        place = declared.inside
    return False


# --- in the books, and not found -----------------------------------------------------------------


def _missing(facts: Facts, acts: tuple[Act, ...], found: set[str]) -> Iterator[Difference]:
    """What should have been found. Nothing before all parts are there, nor where the time is not known."""
    parts = {act.body.part.number: act.body.part.of for act in acts if act.body.part}
    if (parts and len(parts) < max(parts.values())) or any(act.start_us is None for act in acts):
        return
    counted = {_sort(facts.form(carrier)) for carrier in found}
    areas = {_area(act): act for act in acts}
    newest = max(act.index for act in acts)
    for carrier, state in facts.stock():
        if carrier in found or state.born_index > newest or not _is_asked(_sort(state.form), counted, acts[-1]):
            continue
        for act in areas.values():
            then = _throughout(facts, carrier, state, act)
            if then is None or not _belongs(facts, then, act) or not is_secret(facts.level(carrier, act)):
                continue
            where = f"在 {then.place}" if then.place else f"由 {then.person} 保管" if then.person else "在库"
            form = FORM.values.get(state.form, "载体")
            yield Difference(
                "missing", carrier, act, f"{form} {carrier} 账上{where}，盘点未见",
                f"{carrier} is in the books ({then.place or then.person or 'in stock'}) and was not found",
                evidence=_evidence(then), settled=_seen_again(facts, carrier, newest),
            )  # fmt: skip
            break


def _sort(form: str) -> str:
    """What is counted together: media, documents of whatever form (empty), and what is no stock each by itself."""
    return form if form in NOT_STOCK else "media" if form in MEDIA else ""


def _is_asked(sort: str, counted: set[str], act: Act) -> bool:
    """Whether a stock-take that counted some sorts of things should have found those of a sort."""
    if sort in counted:
        return True
    if sort in NOT_STOCK or (act.body.occasion == "special" and counted):
        return False
    return act.body.occasion != "holiday" or not sort


def _area(act: Act) -> tuple[str, str, str]:
    scope = next(iter([*act.with_prefix("w"), *act.with_prefix("u")]), "")
    return act.body.place or "", act.body.holder or "", scope


def _belongs(facts: Facts, then: Interval, act: Act) -> bool:
    """Whether what the books say of a carrier puts it where an act counted."""
    place, holder, scope = _area(act)
    place = place or (scope if scope.startswith("w/") else "")
    if holder:
        return then.person == holder and then.phase in _IN_HAND and (not place or not then.place or then.place == place)
    if then.phase != "in_stock" or is_given_away(facts, then):
        return False
    if place:
        return _lies_in(facts, then.place, place, act)
    if scope == facts.own_unit:
        return True
    declared = facts.place(then.place, act.moment_us) if then.place else None
    return declared is not None and declared.unit == scope


def _at(facts: Facts, carrier: str, act: Act) -> Interval | None:
    """How the books have a carrier when an act counted; by the order of records where its time is not known."""
    found = facts.intervals(carrier)
    if act.start_us is None:
        before = [row for row in found if row.from_index < act.index]
    else:
        before = [row for row in found if row.from_us <= act.latest_us]
    return before[-1] if before else None


def _throughout(facts: Facts, carrier: str, state: CarrierState, act: Act) -> Interval | None:
    """How the books have a carrier all the time that an act may have counted in, None if they have it in several ways."""
    if act.start_us is None or act.end_us is None:
        return None
    now = state.now
    if now is not None and now.from_us < act.start_us and now.known_index <= facts.last:
        # Most carriers haven't moved since: nothing need be looked up.
        return now
    rows = facts.intervals(carrier)
    for i, row in enumerate(rows):
        if row.from_us > act.start_us:
            return None
        if row.to_us is None or row.to_us > act.end_us:
            return row
        # What was reported missing at the counting itself had been there by the books. Only the last has none behind it.
        if row.to_us >= act.start_us and rows[i + 1].phase == "missing":
            return row
    return None


def _seen_again(facts: Facts, carrier: str, index: int) -> bool:
    """Whether somebody had a carrier in hand after it was not found."""
    for act in facts.of(carrier):
        if act.index <= index:
            continue
        if act.kind == "reported.incident":
            if act.body.what == "found":
                return True
        elif act.kind.startswith(("transferred.", "returned.", "destroyed.carriers", "checked.")):
            return True
    return False


def _evidence(row: Interval) -> tuple[int, ...]:
    return (row.from_index,) if row.from_index >= 0 else ()
