"""
Lives of carriers as data: steps in the order of time, told together in one office.

Each life has carriers, documents and lists of its own, so that what is found can be put down to it. A step is changed before
it is told; so a fault is one step changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from chainlog.rules.finding import Finding
from tests import told
from tests.offices import HOLIDAYS_2025, WORKDAYS_2025, Office

LAST_DAY = date(2025, 12, 19)
OFFICE_UNITS = {"u/县委": "superior", "u/科室B": "section"}
LEAVERS = tuple(f"员{number}" for number in range(1, 13))
MAINTAINER = "维修员"


@dataclass(frozen=True)
class Step:
    """
    One event to be told.

    what: its name within the life. at: local time, to the minute. serial: whether it takes the next number of its register.
    later: fields known only when it is told, from where every carrier is by then.
    """

    what: str
    at: datetime
    kind: str
    on: tuple[str, ...] = ()
    who: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    refs: tuple[str, ...] = ()
    unsigned: tuple[str, ...] = ()
    serial: bool = False
    later: Callable[[Mapping[str, str | None]], Mapping[str, Any]] | None = None
    recorded: datetime | None = None

    def but(self, **changes: Any) -> Step:
        """The step with other fields of its body; None takes one out."""
        kept = {**self.fields, **changes}
        return replace(self, fields={name: value for name, value in kept.items() if value is not None})

    def by(self, **persons: Any) -> Step:
        """The step with other people in it; None takes a role out."""
        kept = {**self.who, **persons}
        return replace(self, who={role: person for role, person in kept.items() if person is not None})

    def moved(self, **delta: float) -> Step:
        """The step at another time."""
        return replace(self, at=self.at + timedelta(**delta))


# --- the calendar -----------------------------------------------------------------------------------------


def _days(first: str, last: str) -> Iterator[date]:
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day
        day += timedelta(days=1)


_FREE = {day for _, first, last in HOLIDAYS_2025 for day in _days(first, last)}
_MADE_UP = {date.fromisoformat(day) for day in WORKDAYS_2025}
MAJOR = tuple(date.fromisoformat(first) for name, first, _ in HOLIDAYS_2025 if name in ("春节", "劳动节", "国庆节"))


def is_working_day(day: date) -> bool:
    """By the calendar that the offices declare."""
    return day in _MADE_UP or (day.weekday() < 5 and day not in _FREE)


def working_day(day: date, number: int = 0) -> date:
    """The *number*th working day after a day; the day itself, or the next working one, for 0."""
    while not is_working_day(day):
        day += timedelta(days=1)
    for _ in range(number):
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return day


class Life:
    """
    One life, being drawn: its steps, and the moment reached.

    name: stands in the id of everything of its own. profile: the regulation that it has to keep.
    """

    def __init__(self, name: str, profile: str, rng: Random, *, start: date) -> None:
        self.name, self.profile, self.rng = name, profile, rng
        self.steps: list[Step] = []
        self.now = datetime.combine(working_day(start), datetime.min.time()) + timedelta(hours=8, minutes=30)
        self.keeper = rng.choice(("李敏", "钱秘书"))
        self.readers = rng.sample(("陈", "孙", "吴", "许", "朱", "秦"), rng.randint(2, 4))
        self.cabinet = "w/G1"

    def id(self, prefix: str, what: str = "") -> str:
        """A subject, or with `''` a name for references, of its own."""
        return f"{prefix}/{self.name}{what}" if prefix else f"{self.name} {what}"

    def tell(self, what: str, kind: str, on: Sequence[str], who: Mapping[str, Any], /, **fields: Any) -> Step:
        """The next step, some minutes after the one before."""
        self.now += timedelta(minutes=self.rng.randint(2, 9))
        if not (8, 0) <= (self.now.hour, self.now.minute) <= (17, 30):
            raise AssertionError(f"{what} of {self.name} at {self.now}")
        head = {name: fields.pop(name) for name in ("id", "refs", "unsigned", "serial", "later") if name in fields}
        head["refs"] = tuple(head.get("refs", ()))
        step = Step(what, self.now, kind, tuple(on), dict(who), dict(fields), **head)
        self.steps.append(step)
        return step

    def next_day(self, days: int = 1) -> None:
        """The morning of a later working day; for 0 the moment reached, where that is one."""
        day = working_day(self.now.date(), days)
        if day == self.now.date() and self.now.hour:
            return
        self.now = datetime.combine(day, datetime.min.time()) + timedelta(hours=8, minutes=self.rng.randint(10, 50))

    def has(self, days: int) -> bool:
        """
        Whether something that takes so many working days can still begin, with the papers back before a major holiday.

        Goes on to the first morning after the holiday if they couldn't be.
        """
        for first in MAJOR:
            if self.now.date() < first <= working_day(self.now.date(), days + 1):
                self.now = datetime.combine(first, datetime.min.time())
                self.next_day(0)
        return working_day(self.now.date(), days + 2) <= LAST_DAY

    def until(self, days: int) -> str:
        """The evening of a later working day, as a field states it."""
        return f"{working_day(self.now.date(), days)} 18:00"


# --- telling --------------------------------------------------------------------------------------------------


_LEAVES = ("transferred.", "returned.", "destroyed.carriers", "copied.made")


class Told:
    """
    Lives told in one office, and what the rules say of them.

    lives: (name, steps), as told. owner: of the index of each record, the life. steps: their indexes, by (life, name of the step).
    """

    def __init__(self, office: Office, lives: Iterable[tuple[str, Sequence[Step]]]) -> None:
        self.office, self.lives = office, list(lives)
        self.owner: dict[int, str] = {}
        self.steps: dict[tuple[str, str], int] = {}
        self._where: dict[str, str | None] = {}
        self._serials: dict[str, int] = {}
        told_steps = [(step, name) for name, steps in self.lives for step in steps]
        for step, name in sorted(told_steps, key=lambda pair: pair[0].recorded or pair[0].at):
            self.steps[name, step.what] = index = self._tell(step)
            self.owner[index] = name

    def _tell(self, step: Step) -> int:
        fields = {**step.fields, **(step.later(self._where) if step.later else {})}
        on = [*step.on, *fields.pop("on", ())]
        if step.serial:
            register = str(fields["register"])
            self._serials[register] = fields["serial"] = self._serials.get(register, 0) + 1
        tell = self.office.office if "administrator" in step.who else self.office.tell
        people = {} if "administrator" in step.who else {"who": step.who, "unsigned": step.unsigned, "refs": step.refs}
        index = tell(
            f"{step.at:%Y-%m-%d %H:%M}", step.kind, on=on, id=step.id, **people, **fields,
            recorded=None if step.recorded is None else f"{step.recorded:%Y-%m-%d %H:%M}",
        )  # fmt: skip
        self._place(step, fields)
        return index

    def _place(self, step: Step, fields: Mapping[str, Any]) -> None:
        """Where the carriers of a step are after it: at a place, with nobody knows whom, or gone."""
        entered = [one["carrier"] for one in fields.get("items", ()) if "carrier" in one]
        if step.kind.startswith("created.") or step.kind == "copied.made":
            self._where.update(dict.fromkeys(entered))
        elif step.kind == "transferred.store":
            self._where.update(dict.fromkeys(step.on, fields["place"]))
        elif step.kind.startswith(_LEAVES):
            for one in step.on:
                self._where.pop(one, None)

    def findings(self, as_of: str = "12-31 23:00", *rules: str) -> tuple[Finding, ...]:
        """What all rules find at a moment, or those named, nothing of it unjudged."""
        judgement = self.office.judge(*rules, as_of=as_of)
        if judgement.unjudged:
            raise AssertionError(judgement.unjudged)
        return judgement.findings

    def lines(self, as_of: str = "12-31 23:00") -> list[str]:
        """Those findings, each with the steps that it rests on: what a failing test shows."""
        names = {index: f"{name}:{step}" for (name, step), index in self.steps.items()}
        return [
            f"{one.code} {one.subject} {one.state} {one.message_zh} ← {[names.get(i, i) for i in one.evidence]}"
            for one in self.findings(as_of)
        ]  # fmt: skip


def lawful_office(profile: str) -> Office:
    """An office under a shipped profile, where everybody holds what any of the profiles asks for."""
    office = told.office(profile)
    office.declare_units(OFFICE_UNITS)
    office.declare_units({"u/镇": "own"}, authority="绝密")
    office.declare_units({"u/快修店": "repairer"}, designated=["repair"], agreement_no="协议1")
    office.declare_places({"w/保密柜": "coded_cabinet"})
    for person in (*LEAVERS, MAINTAINER):
        office.log.enrol(f"p/{person}")
        office.appoint(person, "maintainer" if person == MAINTAINER else "clerk")
        office.office(
            "01-02 08:00",
            "appointed.level",
            person=f"p/{person}",
            what="clearance",
            level="绝密",
            valid_from="2025-01-01",
        )
        for what in ("certificate", "training", "undertaking"):
            office.office(
                "01-02 08:00", "appointed.credential", person=f"p/{person}", what=what, valid_from="2024-12-01"
            )
    office.log.enrol("p/低密员")
    office.office(
        "01-02 08:00", "appointed.level", person="p/低密员", what="clearance", level="内部", valid_from="2025-01-01"
    )
    for person in ("何副书记", "周书记"):
        office.office(
            "01-02 08:00",
            "appointed.level",
            person=f"p/{person}",
            what="authority",
            level="绝密",
            valid_from="2025-01-01",
        )
    told.device(office, "01-02 08:30", "c/机1", "绝密", 1)
    told.device(office, "01-02 08:35", "c/复1", "绝密", 2, form="office_machine")
    office.tell(
        "01-02 08:40", "created.equipment", on=["c/网机"], who={"registrar": "李敏", "receiver": "赵强", "reader": "赵强"}, form="computer",
        number="网机", register="设备", serial=3, unit="u/党政办", level="无密", model="X1", serial_no="S3", network="internet",
    )  # fmt: skip
    return office


# --- what the office does whatever happens to single carriers --------------------------------------------------


def _inventory(number: int, place: str) -> Callable[[Mapping[str, str | None]], Mapping[str, Any]]:
    def found(where: Mapping[str, str | None]) -> Mapping[str, Any]:
        there = sorted(carrier for carrier, at in where.items() if at == place)
        return {"on": [f"l/盘{number}{place[2:]}", "u/镇"], "found": there}

    return found


def duties() -> list[Step]:
    """Stock-takes, those before the holidays among them, clearing rounds and inspections of a year."""
    steps = []
    days = [("01-26", "holiday"), ("03-28", "regular"), ("04-29", "holiday"), ("06-27", "regular"), ("09-26", "regular"),
            ("09-29", "holiday"), ("12-26", "regular")]  # fmt: skip
    for number, (day, occasion) in enumerate(days):
        at = datetime.fromisoformat(f"2025-{day} 17:45")
        steps.append(Step(
            f"盘点{day}", at, "checked.inventory", (), {"operator": ["李敏", "赵强"]}, {"place": "w/G1", "occasion": occasion},
            later=_inventory(number, "w/G1"),
        ))  # fmt: skip
    for day in ("03-28", "06-27", "09-26", "12-26"):
        at = datetime.fromisoformat(f"2025-{day} 17:50")
        steps.append(Step(f"清退{day}", at, "listed.added", (f"l/清{day}", "u/镇"), {"registrar": "李敏"},
                          {"purpose": "clear", "items": [], "total": 0}))  # fmt: skip
        at = datetime.fromisoformat(f"2025-{day} 17:55")
        steps.append(
            Step(f"专项{day}", at, "checked.inspection", ("u/镇",), {"operator": "王宁"}, {"topic": "special"})
        )
    for topic in ("full", "classification"):
        at = datetime.fromisoformat("2025-11-28 17:40")
        steps.append(
            Step(f"检查{topic}", at, "checked.inspection", ("u/镇",), {"operator": "周书记"}, {"topic": topic})
        )
    return steps
