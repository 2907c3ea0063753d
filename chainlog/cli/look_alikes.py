"""Telling whoever brings a name into a log that people may take it for one that is there. Reads the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chainlog.cli.session import Session

if TYPE_CHECKING:
    from chainlog.facade import Log


def new_names_alike(log: Log, subjects: Iterable[str]) -> list[tuple[str, str]]:
    """
    (new, other) of persons, units and places that would come into the log with *subjects* and look like others.

    Documents and carriers are left to `import` and to the report: they are many, and numbers of a series are alike by nature.
    """
    from chainlog.event.look_alike import new_look_alikes

    named = [subject for subject in subjects if subject[:2] in {"p/", "u/", "w/"}]
    if not named:
        return []
    with log.reader.snapshot() as reader:
        raw = reader.raw
        return new_look_alikes(
            named, lambda one: raw.subject(one) is not None, lambda prefix: (one for one, _ in raw.subjects(prefix))
        )


def tell_look_alikes(session: Session, pairs: Iterable[tuple[str, str]]) -> None:
    """Say what `new_names_alike` found."""
    for new, other in pairs:
        session.note(session.say(
            f"注意：{new} 与已有的 {other} 字形相近，请核对是否同一",
            f"note: {new} looks like {other}, which is there already; make sure that they are two",
        ))  # fmt: skip
