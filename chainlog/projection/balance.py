"""The balance of a document's copies: what came in against what is there and what went out. Pure over a view."""

from __future__ import annotations

from typing import Final

import msgspec

from chainlog.projection import rows
from chainlog.projection.custody_state import NOW, AsOf
from chainlog.projection.custody_view import CustodyView

# Where a copy is counted, by its phase of custody; all others are out in somebody's hands.
_STOCK: Final = frozenset({"in_stock", "recalled", "pending_destruction", "destruction_approved"})
_ENDS: Final = frozenset({"issued_out", "archived", "returned_to_issuer", "destroyed", "missing", "lost"})
_IN: Final = {"created.received": "received", "created.produced": "made", "copied.made": "made"}
# What acts on copies without numbers do to the stock that isn't told apart.
_UNNUMBERED: Final = {
    "created.received": "received", "created.produced": "made", "copied.made": "made", "created.entered": "entered",
    "created.opening": "entered", "transferred.dispatch": "issued_out", "transferred.archive": "archived",
    "returned.to_issuer": "returned_to_issuer", "destroyed.carriers": "destroyed",
    "transferred.circulate": "out", "transferred.lend": "out", "transferred.take_out": "out",
    "transferred.hold": "", "transferred.receipt": "", "transferred.store": "", "returned.to_keeper": "back",
}  # fmt: skip


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """
    Copies of one document at one moment.

    made, received, entered: how they came into the books; unknown: named without having come in. registered: bound to the
    document by a registration. stated: how many its registration speaks of, None if it doesn't.
    phases: copies by phase of custody. unnumbered: copies that no book tells apart, by what happened to them: made,
    received, entered, out, back, issued_out, archived, returned_to_issuer, destroyed, missing, found, lost.
    """

    document: str
    made: int
    received: int
    entered: int
    unknown: int
    registered: int
    stated: int | None
    phases: dict[str, int]
    unnumbered: dict[str, int]

    @property
    def total(self) -> int:
        """Copies with a number, wherever they are."""
        return sum(self.phases.values())

    @property
    def in_stock(self) -> int:
        """Copies with a number that are in stock, on a list or not."""
        return sum(count for phase, count in self.phases.items() if phase in _STOCK)

    @property
    def out(self) -> int:
        """Copies with a number that are in somebody's hands or on the way."""
        return sum(count for phase, count in self.phases.items() if phase not in _STOCK | _ENDS)

    @property
    def unnumbered_left(self) -> int:
        """Copies without a number that should be there; negative if more went out than came in."""
        count = self.unnumbered.get
        came = count("made", 0) + count("received", 0) + count("entered", 0) + count("found", 0)
        return came - self.unnumbered_gone

    @property
    def unnumbered_gone(self) -> int:
        """Copies without a number that went out for good, or missing."""
        return sum(self.unnumbered.get(end, 0) for end in _ENDS)


def balance(view: CustodyView, document: str, as_of: AsOf = NOW) -> Balance | None:
    """The balance of a document, None if it is not known. Cost: a look-up for each copy."""
    known = view.document(document, as_of)
    if known is None:
        return None
    came = {"made": 0, "received": 0, "entered": 0, "unknown": 0}
    phases: dict[str, int] = {}
    registered = 0
    for carrier, registered_index in view.pairs(rows.COPY, document):
        state = view.carrier(carrier, as_of)
        if state is None or state.custody_phase is None:
            continue
        phases[state.custody_phase] = phases.get(state.custody_phase, 0) + 1
        registered += registered_index >= 0
        came["unknown" if state.born_kind is None else _IN.get(state.born_kind, "entered")] += 1
    unnumbered: dict[str, int] = {}
    for _, row in view.dated(rows.UNNUMBERED, document, as_of):
        what = row.what if row.kind == "reported.incident" else _UNNUMBERED.get(row.kind, "out")
        if what:
            unnumbered[what] = unnumbered.get(what, 0) + row.count
    copies = getattr(known.stated, "copies", None)
    return Balance(
        document=document,
        registered=registered,
        stated=copies if isinstance(copies, int) else None,
        phases=phases,
        unnumbered=unnumbered,
        **came,
    )
