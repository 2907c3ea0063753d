"""The custody projection: carriers, documents and lists folded from the log. Reads the log for acts about earlier acts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from msgspec import UNSET

from chainlog.event.catalogue import KINDS
from chainlog.log.reader import Entry, Reader
from chainlog.projection import rows
from chainlog.projection.amend import AMENDING
from chainlog.projection.effects import EFFECTS
from chainlog.projection.feed import Act, act_of
from chainlog.projection.fold import Fold
from chainlog.projection.handling import Handler
from chainlog.store.port import Transaction

NAME: Final = "custody"
VERSION: Final = 5


# Plain tuples, which are quicker to take apart than an Effect.
_ALL: Final[Mapping[str, tuple[Handler, Handler]]] = {
    **{kind: (effect.apply, effect.unnumbered) for kind, effect in EFFECTS.items()},
    **{kind: (handler, handler) for kind, handler in AMENDING.items()},
}


class CustodyProjection:
    """
    Who has what, since when, on what evidence; documents, lists, levels, contacts. Query it through `Custody`.

    Args:
        reader: of the log that is folded.
    """

    name: str = NAME
    version: int = VERSION
    tables: Sequence[str] = rows.TABLES
    kinds: Collection[str] = tuple(_ALL)

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def apply_block(self, acts: Iterable[Act], state: Transaction, *, fresh: bool) -> None:
        """Fold records and write what changed. See `protocol.BlockProjection`."""
        self.fold(acts, None if fresh else state).flush(state)

    def fold(self, acts: Iterable[Act], state: Transaction | None = None) -> Fold:
        """Fold records in memory, over what *state* holds, without writing."""
        fold = Fold(state, find=self._find, history=self._history)
        for act in acts:
            apply, unnumbered = _ALL[act.kind]
            if act.body.copies_unnumbered is UNSET:
                apply(fold, act)
            else:
                unnumbered(fold, act)
        return fold

    def _find(self, event_id: bytes) -> Act | None:
        entry = self._reader.find(event_id)
        return None if entry is None or entry.kind not in KINDS else act_of(entry)

    def _history(self, subject: str, before: int) -> list[Act]:
        def wanted(entry: Entry) -> bool:
            return entry.index < before and entry.kind in KINDS

        found = [act_of(entry) for entry in self._reader.history(subject) if wanted(entry)]
        found.reverse()
        return found
