"""Which subjects an event moves, and which lists it acts on. Pure. Format: schemas/FORMAT.md section 2, stale drafts.

Fixed with the kind. A deed acts on the list that it names without moving it, so the parts of one batch don't
make each other stale (docs/adr/0003).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chainlog.event.kind import Kind

# Carriers that only these fields point to are not moved: they are tools, containers, originals.
_NOT_MOVED_BY: Final = ("device", "volume", "parents")
_INCIDENTS_THAT_MOVE: Final = frozenset({"missing", "found", "lost"})

# Kinds that make or end copies: they name the documents of their carriers, as far as these are known.
NAMES_DOCUMENTS: Final = frozenset({
    "destroyed.carriers", "transferred.dispatch", "transferred.archive", "returned.to_issuer", "reported.incident",
})  # fmt: skip


def moved_subjects(kind: Kind, subjects: Sequence[str], body: Mapping[str, Any]) -> list[str]:
    """
    The subjects that an event of this kind and (plain, decoded) body moves, in the order of *subjects*.

    Cost: one pass over the subjects.
    """
    if not kind.moves or "copies_unnumbered" in body:
        # Where a book doesn't say which copies it means, nothing can be said to have moved.
        return []
    if kind.moves == "r":
        person = body.get("person")
        return [s for s in subjects if s.startswith("s/") or s == person]
    if kind.name == "reported.incident" and body.get("what") not in _INCIDENTS_THAT_MOVE:
        return []
    if kind.name == "copied.made":
        children = {item["carrier"] for item in body["items"]}
        return [s for i, s in enumerate(subjects) if i in children]
    still = _tools(body)
    return [s for i, s in enumerate(subjects) if s[0] in kind.moves and i not in still]


def _tools(body: Mapping[str, Any]) -> set[int]:
    """Positions that only `device`, `volume` or `parents` point to. What `items` hold too is moved."""
    tools: set[int] = set()
    for name in _NOT_MOVED_BY:
        value = body.get(name)
        if isinstance(value, int):
            tools.add(value)
        elif value:
            tools.update(value)
    if tools:
        tools.difference_update(item["carrier"] for item in body.get("items", ()))
    return tools


def guarded_subjects(kind: Kind, subjects: Sequence[str], body: Mapping[str, Any]) -> list[str]:
    """The subjects whose move after the base makes the event stale: those it moves, and the lists it acts on."""
    moved = moved_subjects(kind, subjects, body)
    if kind.acts_on_list:
        moved += [s for s in subjects if s.startswith("l/") and s not in moved]
    return moved
