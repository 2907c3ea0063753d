"""From an event in its JSON form to one ready for signing: the one way that drafts, prompts and files take. Pure over a view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainlog.authority.keys import purpose_of
from chainlog.cli.fields import check_fields
from chainlog.cli.keys import Holder
from chainlog.errors import FormatError, NotFoundError
from chainlog.event.catalogue import find_kind
from chainlog.event.jsonform import from_json, parse_id
from chainlog.event.kind import ROLES, Kind
from chainlog.event.model import unverified_event
from chainlog.event.subject import fold
from chainlog.log import drafting
from chainlog.record.record import unverified_record

if TYPE_CHECKING:
    from chainlog.authority.state import ViewAuthority
    from chainlog.authority.view import View
    from chainlog.event.model import CheckedEvent
    from chainlog.facade import Log

Who = Sequence[tuple[str, str, int | None]]
"""(role, person, how many signatures; None as policy and kind want it)"""


def event_of(
    log: Log,
    line: Mapping[str, Any],
    *,
    view: View,
    authority: ViewAuthority,
    holders: Iterable[Holder] = (),
    who: Who | None = None,
) -> CheckedEvent:
    """
    Compose the event of a JSON line.

    Args:
        view: what it is prepared on. authority: of that view.
        holders: keys at hand: persons whose role signs "who has a key" sign if theirs is among them.
        who: people, in place of those of the line.

    Raises: UnknownKindError, FormatError and its subclasses, with the path; NotFoundError for a reference.
    """
    stated = dict(line)
    if who is not None:
        stated.pop("who", None)
        stated["people"] = {}
    arguments = from_json(stated, offset_minutes=log.utc_offset_minutes, log_id=log.id)
    kind = find_kind(arguments.pop("kind"))
    body = arguments["body"]
    check_fields(kind, body)
    people = arguments.pop("people")
    if who is None and isinstance(people, Mapping):
        unknown = next((role for role in people if role not in ROLES), None)
        if unknown is not None:
            raise FormatError(f"unknown role {unknown}; roles are {', '.join(ROLES)}", path="$.people")
        who = [
            (role, person, None)
            for role, persons in people.items()
            for person in ([persons] if isinstance(persons, str) else persons)
        ]
    if who is not None:
        occurred_us = arguments["occurred"][0] if arguments["occurred"] else log.now_us()
        wanted = drafting.roles_wanted(kind, body, authority, level=None, occurred_us=occurred_us)
        people = _signing(kind, who, wanted, holders)
    event_id = arguments.pop("event_id")
    expires_at_us = arguments.pop("expires_at_us")
    if event_id is not None:
        arguments["event_id"] = event_id
        if expires_at_us is None:
            # The same event asked for again is the same bytes, whenever that is.
            expires_at_us = _expiry_of(view, event_id)
    if expires_at_us is not None:
        arguments["expires_at_us"] = expires_at_us
    try:
        return log.prepare(kind.name, people=people, view=view, **arguments)
    except NotFoundError as error:
        # Who named the act by a word is told the word, not the id made of it.
        for ref in stated.get("refs") or ():
            if isinstance(ref, str) and parse_id(ref, log_id=log.id).hex() in error.what:
                raise NotFoundError(what=f"act {ref}") from error
        raise


def _signing(kind: Kind, who: Who, wanted: Mapping[str, int], holders: Iterable[Holder]) -> list[tuple[str, str, int]]:
    """Everybody with the number of signatures that policy and kind want of the role."""
    at_hand = {(holder.history.holder, holder.history.purpose) for holder in holders}

    def usual(role: str, person: str) -> int:
        may = role in kind.may_sign and role in ROLES and (fold(person), purpose_of(role)) in at_hand
        return 1 if role in wanted or may else 0

    return [(role, person, usual(role, person) if signs is None else signs) for role, person, signs in who]


def _expiry_of(view: View, event_id: bytes) -> int | None:
    index = view.index_of(event_id)
    data = None if index is None else view.record(index)
    return None if data is None else unverified_event(unverified_record(data).event).expires_at_us
