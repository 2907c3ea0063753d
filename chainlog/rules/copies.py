"""Acts of copying as the rules on copies read them: what was copied, how many, what was found beside. Pure over `Facts`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chainlog.projection import levels
from chainlog.rules.acts import Act
from chainlog.rules.facts import Facts
from chainlog.rules.things import MACHINES, MEDIA

COPIED: Final = "copied.made"
_HOLDING: Final = MEDIA | {"volume"}


def copyings(facts: Facts, subject: str) -> Iterator[Act]:
    """The acts of copying that are judged at *subject*: the first copy made, else the first original, else the document."""
    for act in facts.of(subject, COPIED):
        if next(iter([*act.carriers, *act.with_prefix("c"), *act.with_prefix("d")])) == subject:
            yield act


def originals(facts: Facts, act: Act) -> list[str]:
    """
    What was copied: the originals named, or the documents where none is.

    What is printed or backed up from a machine is made there for the first time, and judged as making.
    """
    parents = [act.subjects[position] for position in act.body.parents]
    if act.body.method in ("print", "backup"):
        return [one for one in parents if facts.form(one) not in MACHINES]
    return parents or act.with_prefix("d")


def source_level(facts: Facts, act: Act, original: str) -> str:
    """
    The level of what was copied from an original.

    A medium or a volume may hold more than was copied from it: there the documents of the copies tell, where the books name
    them.
    """
    if original[0] == "c" and facts.form(original) in _HOLDING:
        taken = {one for carrier in act.carriers if (one := facts.document_of(carrier)) is not None}
        level = levels.highest(facts.level(one, act) for one in taken)
        if level:
            return level
    return facts.level(original, act)


def made(act: Act) -> int:
    """How many copies an act made, those without a number included."""
    return len(act.carriers) + (act.body.copies_unnumbered or 0)


def document_of(facts: Facts, original: str) -> str | None:
    """The document of an original; one that is itself a document is its own."""
    return original if original[0] == "d" else facts.document_of(original)


def found_beside(facts: Facts, document: str) -> list[tuple[Act, str]]:
    """(stock-take, label) of each thing found of a document that the books don't know, the first time that it was found."""
    known = {state.copy_no for copy in facts.copies(document) if (state := facts.carrier(copy)) is not None}
    found: dict[str, Act] = {}
    for act in facts.of(document, "checked.inventory"):
        for extra in act.body.extra or ():
            if act.at(extra.document) == document and not {extra.label, extra.copy_no} & known:
                found.setdefault(extra.label, act)
    return [(act, label) for label, act in found.items()]


def reproductions(facts: Facts, document: str) -> list[Act]:
    """The acts by which copies of a document were made."""
    return [act for act in facts.of(document, COPIED) if act.body.method != "excerpt" and not act.imported]
