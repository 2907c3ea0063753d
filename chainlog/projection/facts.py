"""What rules stand on, at one size of the log: custody, people, registers, records. Reads tables and log.

`touched` tells which subjects have to be judged anew after one append.
"""

from __future__ import annotations

from typing import Final

from chainlog.event.catalogue import REGISTRY
from chainlog.log.reader import Entry, SnapshotReader
from chainlog.projection import rows
from chainlog.projection.balance import Balance, balance
from chainlog.projection.custody_memory import RememberedCustody
from chainlog.projection.custody_state import AsOf, CustodyState
from chainlog.projection.people import People
from chainlog.projection.registers import Registers

EVERYTHING: Final = "*"
"""In `touched`: the registry changed, so anything may be judged otherwise."""

# Registry kinds that rules judge nothing by.
_HARMLESS: Final = frozenset({"index_committed", "format_adopted", "erased"})


class FactBase:
    """
    Everything at one size of the log. Subjects are given folded.

    custody, people, registers: what the projections know. log: the records.
    """

    def __init__(self, custody: RememberedCustody, people: People, registers: Registers, log: SnapshotReader) -> None:
        self.custody = custody
        self.people = people
        self.registers = registers
        self.log = log

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


def touched(entry: Entry, base: FactBase) -> set[str]:
    """
    The subjects that may be judged otherwise after a record.

    Those that it names; the document of each carrier and the lists that it is on; the copies of a document whose level,
    scope or registration it speaks of; the carriers of a list; what has the same number, and what follows it in the register.
    A change of the registry touches everything: the set then
    holds `EVERYTHING`, since a post or place may count for acts long past.
    """
    kind, custody = entry.kind, base.custody
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
    ids = (entry.event.id, *(event_id for event_id, _ in entry.event.refs))
    return found | base.registers.beside(ids, last=entry.index)
