"""Stories told in short form and appended to a log in memory: who did what to which carriers, when.

    story = Story()
    story.tell("03-03 10:00", "transferred.circulate", on=["c/87"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face")

A time is local, in 2025, to the minute; a person is named without `p/`; everybody named signs unless told otherwise; times
in fields are local texts too. Persons are enrolled before anything is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chainlog.event.catalogue import KINDS
from chainlog.event.compose import new_event_id
from chainlog.event.times import parse_instant, parse_time
from chainlog.event.types import FieldType
from chainlog.log.drafting import prepare
from chainlog.log.handle import propose
from chainlog.projection.custody import Custody
from chainlog.projection.custody_view import CustodyView
from chainlog.projection.people import People
from chainlog.projection.runner import Projections
from chainlog.projection.standard import standard_projections
from chainlog.store.port import Store
from tests.builders import ADMINISTRATORS, small_log
from tests.signers import signer

OFFSET = 480
YEAR = "2025"
# Known to every story, so that it may begin at once.
EVERYBODY = (
    "李敏", "赵强", "王宁", "周书记", "何副书记", "陈", "孙", "吴", "黄", "省交换员", "省机要员",
    "钱秘书", "郑院长", "冯", "许", "朱", "秦", "甲村文书", "销毁中心员",
)  # fmt: skip


def local(text: str) -> int:
    """The first microsecond of a local time: `03-05`, `03-05 10:00`, or with a year before it."""
    return parse_time(_with_year(text), offset_minutes=OFFSET)[0]


def _with_year(text: str) -> str:
    return text if text[:4].isdigit() else f"{YEAR}-{text}"


class Story:
    """
    A log that grows as it is told.

    Args:
        persons: enrolled before the story, without `p/`. store: a new MemoryStore by default. genesis: as for `small_log`.
    """

    def __init__(self, persons: Iterable[str] = EVERYBODY, *, store: Store | None = None, **genesis: Any) -> None:
        self.log = small_log(store=store, persons=[f"p/{name}" for name in persons], **genesis)
        self.handle = self.log.handle
        self.ids: dict[str, bytes] = {}
        self.projections: Projections = standard_projections(self.handle.reader)

    @property
    def reader(self):
        return self.handle.reader

    def tell(
        self,
        at: str | None,
        kind: str,
        *,
        on: Sequence[str] = (),
        who: Mapping[str, str | Sequence[str]],
        id: str = "",  # noqa: A002 - the short form's own word
        refs: Sequence[str] = (),
        unsigned: Sequence[str] = (),
        recorded: str | None = None,
        **fields: Any,
    ) -> int:
        """
        Append one event.

        Args:
            at: when it happened; None if not known. recorded: when it is recorded, half a minute later by default.
            id: a name by which later events refer to it. unsigned: who is named and does not sign.

        Returns: its index.
        """
        occurred = () if at is None else parse_time(_with_year(at), offset_minutes=OFFSET)
        self.at(recorded, occurred)
        people = [
            (role, _person(name), 0 if name in unsigned else 1)
            for role, names in who.items()
            for name in ([names] if isinstance(names, str) else names)
        ]
        event_id = new_event_id(self.log.clock.now_us)
        with self.handle.store.snapshot() as snapshot:
            event = prepare(
                snapshot, kind, body=_fields(kind, fields), people=people, now_us=self.log.clock.now_us, subjects=on,
                occurred=occurred, refs=[self.ids[name] for name in refs], event_id=event_id,
            )  # fmt: skip
        signers = {person: signer(person) for _, person, signs in people if signs}
        if id:
            self.ids[id] = event_id
        return self.handle.append(propose(event, signers)).index

    def office(self, at: str | None, kind: str, *, on: Sequence[str] = (), **fields: Any) -> int:
        """A registry event, signed by two administrators."""
        return self.tell(at, kind, on=on, who={"administrator": list(ADMINISTRATORS[:2])}, **fields)

    def at(self, recorded: str | None, occurred: Sequence[int]) -> None:
        """Set the log's clock: to when an event is recorded; it never goes back."""
        if recorded is not None:
            wanted = local(recorded)
        else:
            wanted = occurred[0] + 30_000_000 if occurred else 0
        self.log.clock.now_us = max(wanted - 1_000_000, self.log.clock.now_us)

    # --- asking ---------------------------------------------------------------------------------

    def custody(self) -> Custody:
        """Custody, caught up."""
        self.projections.catch_up_all()
        return Custody(self.projections.kv, registry=self.people(), reader=self.reader)

    def people(self) -> People:
        """The registry, caught up."""
        self.projections.catch_up("people")
        with self.projections.kv.read() as transaction:
            return People(_Kept(transaction))

    def view(self) -> CustodyView:
        """A view that outlives its transaction, for tests."""
        self.projections.catch_up("custody")
        with self.projections.kv.read() as transaction:
            return CustodyView(_Kept(transaction))


class _Kept:
    """Tables of a transaction copied out of it."""

    def __init__(self, transaction: Any) -> None:
        self._transaction = transaction
        self._tables: dict[str, _KeptTable] = {}
        for name in ("states", "intervals", "dated", "pairs", "acts"):
            self._tables[f"custody.{name}"] = _KeptTable(transaction.table(f"custody.{name}").scan())
        for name in ("persons", "declared", "log"):
            self._tables[f"people.{name}"] = _KeptTable(transaction.table(f"people.{name}").scan())

    def table(self, name: str) -> _KeptTable:
        return self._tables[name]


class _KeptTable:
    def __init__(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        self._items = dict(items)

    def get(self, key: bytes) -> bytes | None:
        return self._items.get(key)

    def scan(self, start: bytes = b"", stop: bytes | None = None):
        for key in sorted(self._items):
            if key >= start and (stop is None or key < stop):
                yield key, self._items[key]


def _person(name: str) -> str:
    return name if name.startswith(("p/", "s/")) else f"p/{name}"


def _fields(kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The body, with local texts where times are wanted."""
    kinds = {name.rstrip("?"): field for name, field in KINDS[kind].fields.items()}
    return {name: _value(kinds[name], value) if name in kinds else value for name, value in fields.items()}


def _value(field: FieldType, value: Any) -> Any:
    if field.name == "time" and isinstance(value, str):
        return parse_instant(_with_year(value), offset_minutes=OFFSET)
    if field.item is not None:
        return [_value(field.item, item) for item in value]
    return value
