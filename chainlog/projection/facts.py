"""What rules read, at one size of the log: custody, people, histories, decisions with their steps. Reads tables and log.

Histories are walked from the log when they are asked for and kept until `forget`, so judging every subject one after the
other takes no more memory than judging one. `touched` tells which subjects have to be judged anew after one append.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from chainlog.event.catalogue import KINDS, REGISTRY
from chainlog.log.reader import Entry, SnapshotReader
from chainlog.projection import rows
from chainlog.projection.amend import merged
from chainlog.projection.balance import Balance, balance
from chainlog.projection.custody_state import AsOf, CustodyState
from chainlog.projection.custody_view import CustodyView
from chainlog.projection.people import People
from chainlog.projection.registry_rows import PolicyRow
from chainlog.projection.sides import Person

EVERYTHING: Final = "*"
"""In `touched`: the registry changed, so anything may be judged otherwise."""

# Registry kinds that rules judge nothing by.
_HARMLESS: Final = frozenset({"index_committed", "format_adopted", "erased"})


class Decision(msgspec.Struct, frozen=True):
    """
    One matter decided: the steps that refer to each other, in the order of records.

    kind: `decided.permit` and so on. effective: the approval that took effect, None without.
    """

    kind: str
    steps: tuple[Entry, ...]
    effective: Entry | None

    def step(self, name: str) -> Entry | None:
        """The first event of a step: proposed, reviewed, approved, checked, rejected, completed."""
        return next((entry for entry in self.steps if entry.body().step == name), None)


class FactBase:
    """
    Everything at one size of the log. Subjects are given folded.

    custody, people: what the projections know. log: the records. It answers what rules ask of custody
    (`rules.rule.Custodian`); `people` answers what they ask of the registry.
    """

    def __init__(self, custody: CustodyView, people: People, log: SnapshotReader) -> None:
        self.custody = custody
        self.people = people
        self.log = log
        self._histories: dict[str, tuple[Entry, ...]] = {}

    # --- histories ------------------------------------------------------------------------------

    def history(self, subject: str) -> tuple[Entry, ...]:
        """The events of a subject of kinds that are known here, oldest first. Raises RecordHashError."""
        found = self._histories.get(subject)
        if found is None:
            found = tuple(entry for entry in self.log.walk_back(subject) if entry.kind in KINDS)[::-1]
            self._histories[subject] = found
        return found

    def events(self, subject: str, *kinds: str) -> list[Entry]:
        """Those of its events that are of one of *kinds* and not void."""
        return [
            entry
            for entry in self.history(subject)
            if entry.kind in kinds and self.custody.void_of(entry.index) is None
        ]

    def forget(self) -> None:
        """Drop the histories read so far."""
        self._histories.clear()

    def subjects(self, prefix: str) -> Iterator[str]:
        """All subjects with a prefix such as `c/`, by bytes."""
        for subject, _ in self.log.raw.subjects(prefix):
            yield subject

    def signed(self, entry: Entry) -> list[Person]:
        """People of an event with the signatures that were added by countersigning."""
        later = (row.people for _, row in self.custody.countersignatures(entry.index))
        return merged(entry.event.people, later)

    # --- decisions ------------------------------------------------------------------------------

    def decisions(self, subject: str, *, kind: str = "", act: str = "") -> list[Decision]:
        """
        Decisions about a subject, in the order of their first steps.

        Args:
            kind: `decided.permit` and so on; all by default. act: of permits, `destroy` and so on.
        """
        groups: list[list[Entry]] = []
        place: dict[bytes, list[Entry]] = {}
        for entry in self.history(subject):
            if not entry.kind.startswith("decided.") or (kind and entry.kind != kind):
                continue
            if act and getattr(entry.body(), "act", "") != act:
                continue
            group = next((place[ref] for ref, _ in entry.event.refs if ref in place), None)
            if group is None or group[0].kind != entry.kind:
                groups.append(group := [])
            group.append(entry)
            place[entry.event.id] = group
        return [self._decision(group) for group in groups]

    def _decision(self, steps: list[Entry]) -> Decision:
        effective = next((entry for entry in steps if self._takes_effect(entry)), None)
        return Decision(steps[0].kind, tuple(steps), effective)

    def _takes_effect(self, entry: Entry) -> bool:
        body = entry.body()
        if body.step != "approved" or self.custody.void_of(entry.index) is not None:
            return False
        signed = any(role == "approver" and signs for role, _, signs in entry.event.people)
        return signed or bool(body.by) or bool(body.source)

    def policies(self) -> list[PolicyRow]:
        """Every policy in the order of adoption."""
        return self.people.policies()

    def policy_for(self, occurred_us: int) -> PolicyRow | None:
        """The policy that an event of that time is judged by: the last one in effect then; before all, the first."""
        best: PolicyRow | None = None
        for policy in self.policies():
            if best is None or policy.effective_us <= occurred_us:
                best = policy
        return best

    # --- custody --------------------------------------------------------------------------------

    def before(self, carrier: str, index: int) -> CustodyState | None:
        """
        A carrier right before the record at *index*; None if it was not yet in the books.

        Where that record is out of order, as it was at the time of which the record speaks.
        """
        found = [row for at, row in self.custody.dated(rows.ASIDE, carrier) if at == index and row.why == "late"]
        return self.custody.carrier(carrier, AsOf(found[0].us if found else None, index - 1))

    def holder_before(self, carrier: str, index: int) -> str | None:
        """The person who had the carrier right before the record at *index*; None if nobody or unknown."""
        state = self.before(carrier, index)
        return None if state is None else state.holder

    def copies(self, document: str) -> Balance | None:
        """The balance of a document's copies."""
        return balance(self.custody, document)

    def balance(self, document: str) -> tuple[int, int, tuple[int, ...]] | None:
        """
        (copies stated, copies accounted for, records that say so), or None where no number is stated.

        Stated are the copies of its registration, or what came in without numbers. Accounted for are the copies with a
        number, and what went out without one; copies that no book tells apart and that nobody gave out are taken to be there.
        Copies made of a copy are none of those that a registration stated.
        """
        found = self.copies(document)
        if found is None or found.stated is None:
            return None
        states = (self.custody.carrier_state(carrier) for carrier in self.custody.copies(document))
        copied = sum(1 for state in states if state is not None and state.born_kind == "copied.made")
        there = found.total - copied + max(found.unnumbered_left, 0) + found.unnumbered_gone
        state = self.custody.document_state(document)
        evidence = [] if state is None or state.registered_index < 0 else [state.registered_index]
        evidence += [index for index, _ in self.custody.dated(rows.UNNUMBERED, document)]
        return found.stated, there, tuple(sorted(set(evidence)))


def touched(entry: Entry, custody: CustodyView) -> set[str]:
    """
    The subjects that may be judged otherwise after a record.

    Those that it names; the document of each carrier and the lists that it is on; the copies of a document whose level,
    scope or registration it speaks of; the carriers of a list. A change of the registry touches everything: the set then
    holds `EVERYTHING`, since a post or place may count for acts long past.
    """
    kind = entry.kind
    found = {subject for subject in entry.event.subjects if subject[0] not in "ks"}
    if kind in REGISTRY and kind not in _HARMLESS:
        found.add(EVERYTHING)
    for subject in tuple(found):
        if subject[0] == "c":
            state = custody.carrier_state(subject)
            if state is not None:
                found.update(name for name in (state.document, state.disposal, state.recall) if name)
        elif subject[0] == "d" and kind.startswith(("decided.", "registered.", "corrected.", "notified.")):
            found.update(custody.copies(subject))
        elif subject[0] == "l":
            found.update(carrier for carrier, _ in custody.pairs(rows.ON_LIST, subject))
    return found
