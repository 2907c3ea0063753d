"""The custody projection: carriers, documents and lists folded from the log. Reads the log for acts about earlier acts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from chainlog.log.reader import Reader
from chainlog.projection import rows
from chainlog.projection.amend import AMENDING
from chainlog.projection.custody_acts import Handler
from chainlog.projection.effects import EFFECTS
from chainlog.projection.feed import Step, step_of
from chainlog.projection.fold import Fold, act_of
from chainlog.store.port import Transaction

NAME: Final = "custody"
VERSION: Final = 1

_HANDLERS: Final[Mapping[str, Handler]] = {**EFFECTS, **AMENDING}


class CustodyProjection:
    """
    Who has what, since when, on what evidence; documents, lists, levels, contacts. Query it through `Custody`.

    Args:
        reader: of the log that is folded.
    """

    name = NAME
    version = VERSION
    tables = rows.TABLES

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def apply_block(self, steps: Iterable[Step], state: Transaction, *, fresh: bool) -> None:
        """Fold records and write what changed. See `protocol.BlockProjection`."""
        fold = self.fold(steps, None if fresh else state)
        fold.flush(state)

    def fold(self, steps: Iterable[Step], state: Transaction | None = None) -> Fold:
        """Fold records in memory, over what *state* holds, without writing."""
        fold = Fold(state, find=self._find, history=self._history)
        handlers: dict[str, Callable[..., None]] = dict(_HANDLERS)
        for step in steps:
            handler = handlers.get(step.event.kind)
            if handler is not None:
                handler(fold, act_of(step))
        return fold

    def _find(self, event_id: bytes) -> Step | None:
        entry = self._reader.find(event_id)
        return None if entry is None else step_of(entry)

    def _history(self, subject: str, before: int) -> list[Step]:
        found = [step_of(entry) for entry in self._reader.history(subject) if entry.index < before]
        found.reverse()
        return found
