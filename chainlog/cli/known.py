"""Subjects given as options: of which sort they are, and whether the log knows them. Reads the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from chainlog.canon import codec
from chainlog.errors import NotFoundError, UsageError
from chainlog.event.subject import fold

if TYPE_CHECKING:
    from chainlog.facade import Log

# A body may name these where its event has no such subject: the unit that a paper came from, the place of a reading.
_IN_BODIES: Final = ("u/", "w/")
_BATCH: Final = 10_000


def subject_of(text: str, prefix: str, name: str) -> str:
    """The folded subject that the option *name* was given. Raises UsageError for one of another sort."""
    found = fold(text)
    if not found.startswith(prefix):
        raise UsageError(f"{name} takes {prefix}…, not {text}", detail_zh=f"{name} 应为 {prefix}…，不是 {text}")
    return found


def check_known(log: Log, subjects: Iterable[str]) -> None:
    """
    Raise NotFoundError for what no record names: a slip of the pen would read as a clean bill.

    Cost: a look-up each; for a unit or place that is nobody's subject, all records up to the first that names it.
    """
    for subject in subjects:
        with log.store.snapshot() as snapshot:
            known = snapshot.subject(subject) is not None
        if not known and not (subject.startswith(_IN_BODIES) and _is_written(log, subject)):
            raise NotFoundError(what=subject)


def _is_written(log: Log, subject: str) -> bool:
    """Whether any record holds the text *subject*, whole, as records write it."""
    written = codec.encode(subject)
    start = 0
    while True:
        with log.store.snapshot() as snapshot:
            stop = min(snapshot.size, start + _BATCH)
            if any(written in record for _, record in snapshot.records(start, stop)):
                return True
            if stop == snapshot.size:
                return False
        start = stop
