"""What the handlers of custody kinds share: the carriers of an act, optional fields, people who met a carrier. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import UNSET

from chainlog.projection import rows
from chainlog.projection.feed import Act
from chainlog.projection.fold import Fold
from chainlog.projection.rows import Contact, ContactRow

Handler = Callable[[Fold, Act], None]
"""What a kind does to the states of a fold."""


def carriers_of(act: Act, tool: Any = UNSET) -> list[str]:
    """The carriers that an act moves: those that it names, without the tool or container at one position."""
    subjects = act.subjects
    if tool is UNSET:
        return [subject for subject in subjects if subject[0] == "c"]
    return [subject for i, subject in enumerate(subjects) if subject[0] == "c" and i != tool]


def text_of(value: Any) -> str:
    """An optional text field as the rows hold it."""
    return value if isinstance(value, str) else ""


def time_of(value: Any) -> int | None:
    """An optional time as the rows hold it."""
    return value if isinstance(value, int) else None


def is_stated(act: Act, role: str) -> bool:
    """Whether the book names somebody in this role who is not mapped to a person."""
    stated = act.body.stated
    return stated is not UNSET and any(named == role for named, _ in stated)


_OTHERS: Final = {"receiver": "received", "escort": "escorted", "operator": "operated"}


def other_people(fold: Fold, act: Act, carriers: list[str], *known: str) -> None:
    """Second receivers, escorts and operators met the carriers too; *known* are told of otherwise."""
    for role, person, signs in act.people:
        how = _OTHERS.get(role)
        if how is not None and person not in known:
            contact(fold, act, carriers, how, person, signed=signs > 0)


def contact(
    fold: Fold, act: Act, subjects: Iterable[str], how: str, person: str, *, signed: bool, place: str = ""
) -> None:
    """Note that a person met carriers without custody of them."""
    met = Contact(None, how, (person,) if person else (), place or text_of(act.body.place), signed)
    for subject in subjects:
        there = fold.get_dated(rows.CONTACT, subject, act.index)
        contacts = (met,) if there is None else (*there.contacts, met)
        fold.put_dated(rows.CONTACT, subject, act.index, ContactRow(act.start_us, act.id, (), contacts))
