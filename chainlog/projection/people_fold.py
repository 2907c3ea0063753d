"""The people projection: the registry kinds folded into one row a subject. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Final

from msgspec import UNSET, json
from msgspec.structs import replace

from chainlog.canon import codec
from chainlog.event.times import day_span
from chainlog.projection import registry_rows as rows
from chainlog.projection.feed import Act
from chainlog.projection.handling import text_of
from chainlog.projection.registry_rows import (
    Calendar,
    Credential,
    Declared,
    Departure,
    KeyPeriod,
    LevelGrant,
    LogRow,
    Meeting,
    PersonName,
    PersonRow,
    PolicyRow,
    Post,
)
from chainlog.store.port import Table, Transaction

NAME: Final = "people"
VERSION: Final = 1


class _Registry:
    """Rows read through from the tables and written back at the end."""

    def __init__(self, state: Transaction) -> None:
        self._persons: dict[str, PersonRow] = {}
        self._declared: dict[str, tuple[Declared, ...]] = {}
        self._log: dict[bytes, bytes] = {}
        self._tables: dict[str, Table] = {name: state.table(name) for name in rows.TABLES}
        data = self._tables[rows.LOG].get(rows.GENESIS)
        self.log = LogRow() if data is None else rows.decode_log(data)

    def person(self, person: str) -> PersonRow:
        row = self._persons.get(person)
        if row is None:
            data = self._tables[rows.PERSONS].get(person.encode())
            row = self._persons[person] = PersonRow() if data is None else rows.decode_person(data)
        return row

    def declared(self, subject: str) -> tuple[Declared, ...]:
        found = self._declared.get(subject)
        if found is None:
            data = self._tables[rows.DECLARED].get(subject.encode())
            found = () if data is None else rows.decode_declared(data)
        return found

    def declare(self, subject: str, declared: tuple[Declared, ...]) -> None:
        self._declared[subject] = declared

    def put(self, key: bytes, row: Any) -> None:
        self._log[key] = rows.encode(row)

    def administrators(self) -> Iterator[tuple[str, PersonRow]]:
        """Everybody who has an administrator's key that counts."""
        names = {key.decode() for key, _ in self._tables[rows.PERSONS].scan()} | set(self._persons)
        for name in sorted(names):
            row = self.person(name)
            if any(key.purpose == "administrator" and key.until_index is None for key in row.keys):
                yield name, row

    def days(self, first: str | None, last: str | None) -> tuple[int | None, int | None]:
        """From the start of the first day to the end of the last one."""
        offset = self.log.utc_offset_minutes
        start = None if first is None else day_span(date.fromisoformat(first), offset_minutes=offset)[0]
        stop = None
        if last is not None and last != date.max.isoformat():
            stop = day_span(date.fromisoformat(last) + timedelta(days=1), offset_minutes=offset)[0]
        return start, stop

    def flush(self) -> None:
        put = self._tables[rows.PERSONS].put_many
        put(sorted((name.encode(), rows.encode(row)) for name, row in self._persons.items()))
        put = self._tables[rows.DECLARED].put_many
        put(sorted((name.encode(), rows.encode(row)) for name, row in self._declared.items()))
        self._log[rows.GENESIS] = rows.encode(self.log)
        self._tables[rows.LOG].put_many(sorted(self._log.items()))


def _date(value: Any) -> str | None:
    return value if isinstance(value, str) else None


# --- declared -----------------------------------------------------------------------------------


def _declared_person(registry: _Registry, act: Act) -> None:
    body = act.body
    row = registry.person(body.person)
    row.declared = (*row.declared, PersonName(act.index, act.start_us, body.name, body.unit))


def _declared_thing(registry: _Registry, act: Act) -> None:
    body = act.body
    subject = body.unit if act.kind == "declared.unit" else body.place
    from_us, to_us = registry.days(_date(body.valid_from), _date(body.valid_to))
    row = Declared(act.index, act.id, act.start_us, act.kind, codec.encode(body), from_us, to_us)
    registry.declare(subject, (*registry.declared(subject), row))


def _declared_meeting(registry: _Registry, act: Act) -> None:
    body = act.body
    name = act.subjects[body.list]
    meeting = Meeting(act.index, body.starts_at, body.ends_at, body.attendees, text_of(body.place))
    registry.put(rows.MEETING + name.encode(), meeting)


def _declared_calendar(registry: _Registry, act: Act) -> None:
    body = act.body
    key = rows.CALENDAR + min(body.year, 2**63).to_bytes(8, "big")
    registry.put(key, Calendar(act.index, body.year, body.holidays, body.workdays))


# --- appointed and ended ------------------------------------------------------------------------


def _span(registry: _Registry, act: Act) -> dict[str, Any]:
    from_us, to_us = registry.days(act.body.valid_from, _date(act.body.valid_to))
    return {
        "index": act.index, "event_id": act.id, "from_us": from_us, "to_us": to_us,
        "document_no": text_of(act.body.document_no),
    }  # fmt: skip


def _post(registry: _Registry, act: Act) -> None:
    row = registry.person(act.body.person)
    row.posts = (*row.posts, Post(**_span(registry, act), post=act.body.post, over=act.body.over))


def _level(registry: _Registry, act: Act) -> None:
    row = registry.person(act.body.person)
    row.levels = (*row.levels, LevelGrant(**_span(registry, act), what=act.body.what, level=act.body.level))


def _credential(registry: _Registry, act: Act) -> None:
    row = registry.person(act.body.person)
    row.credentials = (*row.credentials, Credential(**_span(registry, act), what=act.body.what))


def _ended(span: Any, us: int, index: int) -> Any:
    if span.ended_us is not None and span.ended_us <= us:
        return span
    return replace(span, ended_us=us, ended_index=index)


def _dismissed(registry: _Registry, act: Act) -> None:
    """Ends the appointments that it refers to; without any, all posts."""
    row = registry.person(act.body.person)
    ids = {event_id for event_id, _ in act.refs}

    def after(spans: Iterable[Any], *, everything: bool) -> tuple[Any, ...]:
        return tuple(
            _ended(span, act.start_us, act.index) if everything or span.event_id in ids else span for span in spans
        )

    row.posts = after(row.posts, everything=not ids)
    row.levels = after(row.levels, everything=False)
    row.credentials = after(row.credentials, everything=False)


def _departed(registry: _Registry, act: Act) -> None:
    """Ends all posts when it happened. Posts from later on are not touched: the person may come back."""
    row = registry.person(act.body.person)
    row.departures = (*row.departures, Departure(act.index, act.start_us, act.end_us, act.body.reason))
    row.posts = tuple(
        _ended(post, act.start_us, act.index) if post.from_us <= act.start_us else post for post in row.posts
    )


# --- keys ---------------------------------------------------------------------------------------


def _enrolled(registry: _Registry, act: Act) -> None:
    row = registry.person(act.body.person)
    row.keys = (*row.keys, KeyPeriod(act.body.key[1], act.index, "person"))


def _revoked(registry: _Registry, act: Act) -> None:
    body = act.body
    row = registry.person(body.person)
    doubt_from = body.doubt_from if isinstance(body.doubt_from, int) else None
    row.keys = tuple(
        replace(key, until_index=act.index, until_us=act.start_us, reason=body.reason, doubt_from=doubt_from)
        if key.public_key == body.key[1] and key.until_index is None
        else key
        for key in row.keys
    )


def _administered(registry: _Registry, act: Act) -> None:
    new = {(person, key[1]) for person, key in act.body.administrators}
    for name, row in registry.administrators():
        row.keys = tuple(
            replace(key, until_index=act.index, until_us=act.start_us, reason="administered")
            if key.purpose == "administrator" and key.until_index is None and (name, key.public_key) not in new
            else key
            for key in row.keys
        )
    _administrators(registry, act, act.body.administrators, "administrator")


def _administrators(registry: _Registry, act: Act, entries: Any, purpose: str) -> None:
    for person, key in entries:
        row = registry.person(person)
        if not any(k.public_key == key[1] and k.until_index is None and k.purpose == purpose for k in row.keys):
            row.keys = (*row.keys, KeyPeriod(key[1], act.index, purpose))


# --- the log ------------------------------------------------------------------------------------


def _opened(registry: _Registry, act: Act) -> None:
    body = act.body
    registry.log = LogRow(body.unit, body.utc_offset_minutes)
    _administrators(registry, act, body.administrators, "administrator")
    if body.recovery is not UNSET:
        _administrators(registry, act, body.recovery.keys, "recovery")
    _policy(registry, act, body.policy)


def _adopted(registry: _Registry, act: Act) -> None:
    _policy(registry, act, act.body)


def _policy(registry: _Registry, act: Act, policy: Any) -> None:
    row = PolicyRow(
        act.index, act.recorded_at_us, policy.profile, policy.version, policy.effective_at, policy.parameters,
        policy.refuse,
    )  # fmt: skip
    registry.put(rows.POLICY + act.index.to_bytes(8, "big"), row)


def _corrected(registry: _Registry, act: Act) -> None:
    """The name of a unit or place may be corrected; it counts from the record on, so as a declaration anew."""
    if act.body.field != "name":
        return
    try:
        name = json.decode(act.body.new, type=str)
    except Exception:  # noqa: BLE001 - any text may stand there; what is no name corrects nothing
        return
    ids = {event_id for event_id, _ in act.refs}
    for subject in act.subjects:
        declared = registry.declared(subject) if subject[0] in "uw" else ()
        for one in declared:
            if one.event_id in ids:
                body = codec.encode({**codec.decode(one.body), "name": name})
                registry.declare(subject, (*declared, replace(one, index=act.index, us=act.start_us, body=body)))


_HANDLERS: Final[Mapping[str, Callable[[_Registry, Act], None]]] = {
    "log_opened": _opened,
    "policy_adopted": _adopted,
    "declared.person": _declared_person,
    "declared.unit": _declared_thing,
    "declared.place": _declared_thing,
    "declared.meeting": _declared_meeting,
    "declared.calendar": _declared_calendar,
    "appointed.post": _post,
    "appointed.level": _level,
    "appointed.credential": _credential,
    "dismissed": _dismissed,
    "departed": _departed,
    "enrolled": _enrolled,
    "revoked": _revoked,
    "administered": _administered,
    "corrected.field": _corrected,
}


class PeopleProjection:
    """Persons, units, places, meetings, calendars, policies. Query it through `people.People`."""

    name = NAME
    version = VERSION
    tables = rows.TABLES
    kinds = tuple(_HANDLERS)

    def apply_block(self, acts: Iterable[Act], state: Transaction, *, fresh: bool) -> None:
        """Fold records and write what changed. See `protocol.BlockProjection`."""
        registry = _Registry(state)
        for act in acts:
            _HANDLERS[act.kind](registry, act)
        registry.flush()
