"""Which subjects an event moves, and which lists it acts on. Pure. Format: schemas/FORMAT.md section 2, stale drafts.

Fixed with the kind. A deed acts on the list that it names without moving it, so the parts of one batch don't
make each other stale (docs/adr/0003).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from chainlog.errors import SubjectsMismatchError
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
    still = _tools(body.get, [item["carrier"] for item in body.get("items", ())])
    return [s for i, s in enumerate(subjects) if s[0] in kind.moves and i not in still]


def _tools(get: Callable[[str], Any], items: Iterable[int]) -> set[int]:
    """Positions that only `device`, `volume` or `parents` point to. What *items* hold too is moved."""
    tools: set[int] = set()
    for name in _NOT_MOVED_BY:
        value = get(name)
        if isinstance(value, int):
            tools.add(value)
        elif value:
            tools.update(value)
    return tools.difference(items)


def check_carriers(
    kind: Kind, prefixes: str, get: Callable[[str], Any], items: Sequence[int] | None, *, path: str
) -> None:
    """
    Check that the carriers among an event's subjects go with what its body says of them.

    Args:
        prefixes: the first letters of the subjects. get: gives a field of the body, something falsy if it is absent, but
            for `copies_unnumbered` something that is no integer. items: the positions in `items`; None without that field.

    Raises: SubjectsMismatchError.
    """
    acted_on = {i for i, prefix in enumerate(prefixes) if prefix == "c"} - _tools(get, items or ())
    if items is not None and len(set(items)) != len(items):
        raise SubjectsMismatchError("a carrier stands twice", path=f"{path}.body.items")
    if type(get("copies_unnumbered")) is int:
        if acted_on:
            raise SubjectsMismatchError(
                "carriers are named beside copies that nobody tells apart", path=f"{path}.subjects"
            )
    elif items is not None and "items" in kind.fields and acted_on != set(items):
        raise SubjectsMismatchError(
            "a carrier is neither in items nor tool, container or original", path=f"{path}.subjects"
        )
    elif not acted_on and "c" in kind.moves and _demands_carriers(kind):
        raise SubjectsMismatchError("all carriers are tools, containers or originals", path=f"{path}.subjects")


@cache
def _demands_carriers(kind: Kind) -> bool:
    """Whether every row of subjects that the kind allows has a carrier."""
    return all(not {"c", "c+", "c2"}.isdisjoint(row.split()) for row in kind.subjects)


@cache
def points_to_carriers(kind: Kind) -> bool:
    """Whether bodies of this kind may point to carriers as items, tools, containers or originals."""
    return not {"items", "items?", *_NOT_MOVED_BY, *(f"{name}?" for name in _NOT_MOVED_BY)}.isdisjoint(kind.fields)


def guarded_subjects(kind: Kind, subjects: Sequence[str], body: Mapping[str, Any]) -> list[str]:
    """The subjects whose move after the base makes the event stale: those it moves, and the lists it acts on."""
    moved = moved_subjects(kind, subjects, body)
    if kind.acts_on_list:
        moved += [s for s in subjects if s.startswith("l/") and s not in moved]
    return moved
