"""Custody as the vocabulary tells it: slow, obvious, from the first event on for every question. For tests only.

It knows the hand-over kinds, missing and found, voids and countersignatures, of carriers that one event moves together. A
moment of the past is answered by folding the events known then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from chainlog.log.reader import Entry

GIVEN = {
    "transferred.circulate": "in_circulation",
    "transferred.lend": "on_loan",
    "transferred.take_out": "out",
    "returned.to_keeper": "in_stock",
}
OVER = ("destroyed", "lost", "returned_to_issuer")


class Now(NamedTuple):
    phase: str
    holder: str
    place: str
    evidence: str
    since_index: int


class Span(NamedTuple):
    holder: str
    phase: str
    start: int
    stop: int | None


def people(entry: Entry, role: str) -> list[str]:
    return [person for named, person, _ in entry.event.people if named == role]


def signed(entry: Entry, role: str, later: Sequence[Entry]) -> set[str]:
    return {person for one in (entry, *later) for named, person, signs in one.event.people if named == role and signs}


def sides(entry: Entry, later: Sequence[Entry], first: str, second: str) -> str:
    ones, others = signed(entry, first, later), signed(entry, second, later)
    if ones and others and len(ones | others) > 1:
        return "both"
    return "one" if ones or others else "none"


def one_side(entry: Entry, later: Sequence[Entry], holder: str) -> str:
    everybody = {person for one in (entry, *later) for _, person, signs in one.event.people if signs}
    if not everybody:
        return "none"
    return "both" if not holder or holder in everybody else "one"


def after(entry: Entry, now: Now | None, later: Sequence[Entry], aim: str) -> tuple[Now, str]:  # noqa: PLR0911 - a table
    """What an event makes of a carrier, and the phase that a receipt will bring."""
    kind, body, index = entry.kind, entry.body(), entry.index
    place = body.place if isinstance(body.place, str) else ""
    receiver = (people(entry, "receiver") or [""])[0]
    keeper = (people(entry, "receiver") + people(entry, "registrar") + people(entry, "operator") + [""])[0]
    if kind == "created.received":
        return Now("in_stock", keeper, place, sides(entry, later, "giver", "receiver"), index), ""
    if kind in GIVEN:
        where = body.destination if kind == "transferred.take_out" else place
        if receiver:
            return Now(GIVEN[kind], receiver, where, sides(entry, later, "giver", "receiver"), index), ""
        return Now("in_transit", "", where, sides(entry, later, "giver", "escort"), index), GIVEN[kind]
    if kind == "transferred.dispatch":
        if signed(entry, "receiver", []):
            return Now("issued_out", receiver, place, sides(entry, later, "giver", "receiver"), index), ""
        return Now("in_transit", "", place, sides(entry, later, "giver", "escort"), index), "issued_out"
    if kind == "transferred.receipt":
        sent = now is not None and now.evidence != "none"
        got = bool(signed(entry, "receiver", later))
        evidence = "both" if sent and got else "one" if sent or got else "none"
        return Now(aim or "issued_out", receiver, "", evidence, index), ""
    if kind == "transferred.store":
        holder, phase = (now.holder, now.phase) if now else (keeper, "in_stock")
        return Now(phase, holder, place, one_side(entry, later, holder), index), aim
    if kind == "destroyed.carriers":
        named = set(people(entry, "supervisor") + [p for one in later for p in people(one, "supervisor")])
        seen = signed(entry, "supervisor", later)
        evidence = "both" if len(seen) > 1 and seen == named else "one" if seen else "none"
        return Now("destroyed", "", place, evidence, index), ""
    if kind == "returned.to_issuer":
        return Now("returned_to_issuer", receiver, "", sides(entry, later, "giver", "receiver"), index), ""
    if kind == "reported.incident" and body.what == "found":
        return Now("in_stock", keeper, place, one_side(entry, later, keeper), index), ""
    return Now(body.what, "", place, one_side(entry, later, ""), index), ""


CUSTODY = {
    *GIVEN, "created.received", "transferred.dispatch", "transferred.receipt", "transferred.store", "destroyed.carriers",
    "returned.to_issuer", "reported.incident",
}  # fmt: skip


def times(entry: Entry) -> tuple[int, int]:
    recorded = entry.recorded_at_us
    if not entry.event.occurred:
        return recorded, recorded
    start, span = entry.event.occurred
    return (recorded, recorded) if start > recorded else (start, start + span)


class Model:
    """Events of one log, oldest first."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = list(entries)
        self.by_id = {entry.event.id: entry for entry in entries}

    def target(self, entry: Entry) -> Entry:
        return self.by_id[entry.event.refs[0][0]]

    def void(self, known: int) -> dict[int, int]:
        """Index of each void event's target to the index of the void, with *known* as the last record."""
        found: dict[int, int] = {}
        for entry in self.entries:
            if entry.index > known or entry.kind != "corrected.void":
                continue
            target = self.target(entry)
            signers = signed(entry, "registrar", []) | signed(entry, "approver", [])
            both = signed(entry, "registrar", []) and signed(entry, "approver", []) and len(signers) > 1
            carriers = [s for s in target.event.subjects if s.startswith("c/")]
            between = [e for e in self.entries if target.index < e.index < entry.index]
            moved = any(
                carrier in e.event.subjects and (e.kind in CUSTODY or e.kind == "corrected.void")
                for e in between
                for carrier in carriers
            )
            if both and not moved and target.index not in found and target.kind in CUSTODY:
                found[target.index] = entry.index
        return found

    def countersigned(self, entry: Entry, known: int) -> list[Entry]:
        return [
            e for e in self.entries if e.index <= known and e.kind == "countersigned" and self.target(e) is entry
        ]  # fmt: skip

    def acts(self, carrier: str, known: int) -> list[Entry]:
        void = self.void(known)
        return [
            e
            for e in self.entries
            if e.index <= known and e.kind in CUSTODY and carrier in e.event.subjects and e.index not in void
        ]

    def effective(self, carrier: str, known: int) -> list[tuple[Entry, int, Now]]:
        """(event, when, what it made) of the custody events that had effect, with *known* as the last record."""
        now: Now | None = None
        aim = ""
        since = settled = -(2**53)
        found: list[tuple[Entry, int, Now]] = []
        for entry in self.acts(carrier, known):
            start, end = times(entry)
            revives = entry.kind == "reported.incident" and entry.body().what == "found"
            again = entry.kind == "created.received" and now is not None and now.phase == "returned_to_issuer"
            if now is not None and (end < settled or (now.phase in OVER and not revives and not again)):
                continue
            if entry.kind == "transferred.receipt" and now is not None and now.phase != "in_transit":
                raise AssertionError("the model knows receipts of what is in transit only")
            since = max(start, since) if now is not None else start
            now, aim = after(entry, now, self.countersigned(entry, known), aim)
            if entry.event.occurred:
                settled = max(settled, start)
            found.append((entry, since, now))
        return found

    def now(self, carrier: str, known: int) -> Now | None:
        found = self.effective(carrier, known)
        return found[-1][2] if found else None

    def at(self, carrier: str, at_us: int, known: int) -> Now | None:
        found = [now for _, since, now in self.effective(carrier, known) if since <= at_us]
        return found[-1] if found else None

    def asides(self, carrier: str, known: int) -> list[int]:
        effective = {entry.index for entry, _, _ in self.effective(carrier, known)}
        return [entry.index for entry in self.acts(carrier, known) if entry.index not in effective]

    def spans(self, carrier: str, known: int) -> list[Span]:
        """Who had it in which phase from when to when."""
        found = self.effective(carrier, known)
        stops: list[Any] = [*(since for _, since, _ in found), None][1:]
        return [Span(now.holder, now.phase, since, stop) for (_, since, now), stop in zip(found, stops, strict=True)]
