"""
Lives of carriers as data: steps in the order of time, told together in one office.

Each life has carriers, documents and lists of its own, so that what is found can be put down to it. A step is changed before
it is told; so a fault is one step changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from chainlog.log.genesis import Policy
from chainlog.rules.finding import Finding
from tests import told
from tests.offices import HOLIDAYS_2025, WORKDAYS_2025, Office

LAST_DAY = date(2025, 12, 19)
OFFICE_UNITS = {"u/县委": "superior", "u/科室B": "section"}
LEAVERS = tuple(f"员{number}" for number in range(1, 13))
# Each of them belongs to a department that one life declares, or takes up a post in one life.
MEMBERS = tuple(f"科员{number}" for number in range(1, 9))
BEGINNERS = tuple(f"新员{number}" for number in range(1, 9))
MAINTAINER = "维修员"
# Of another unit; and one of ours who never signed an undertaking.
OUTSIDER, UNBOUND = "外单位员", "未承诺员"
# Who consents to the use of archives; and somebody of another department.
TUTOR, ELSEWHERE = "秦老师", "别科员"

# What some regulation asks for and no shipped profile states, on top of the national one.
STRICT: Mapping[str, str | list[str]] = {
    "within.matter_register": "0d", "every.classification_report": "3mo", "within.store_text": "3wd", "strict.MAK-10": "yes",
    "within.return_check": "1wd", "strict.BRW-11": "yes", "posts.permit.lend.take_away": "responsible_leader",
    "posts.rank": ["clerk", "office_head", "responsible_leader", "principal_leader"], "posts.keeper": "file_keeper",
}  # fmt: skip


def policy_of(profile: str) -> Policy:
    """A shipped profile; `strict`; or `changing`, a town that takes over the national rules in mid-year."""
    if profile == "strict":
        return told.policy("national", **{name.replace(".", "__"): value for name, value in STRICT.items()})
    return told.policy({"changing": "township"}.get(profile, profile))


@dataclass(frozen=True)
class Step:
    """
    One event to be told.

    what: its name within the life. at: local time, to the minute. serial: whether it takes the next number of its register.
    later: fields known only when it is told, from what was told by then.
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
    later: Callable[[Told], Mapping[str, Any]] | None = None
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


@cache
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
    where: the place of each carrier that is here. received: those that arrived.
    """

    def __init__(self, office: Office, lives: Iterable[tuple[str, Sequence[Step]]]) -> None:
        self.office, self.lives = office, list(lives)
        self.owner: dict[int, str] = {}
        self.steps: dict[tuple[str, str], int] = {}
        self.where: dict[str, str | None] = {}
        self.received: set[str] = set()
        self._serials: dict[str, int] = {}
        told_steps = [(step, name) for name, steps in self.lives for step in steps]
        for step, name in sorted(told_steps, key=lambda pair: pair[0].recorded or pair[0].at):
            self.steps[name, step.what] = index = self._tell(step)
            self.owner[index] = name

    def _tell(self, step: Step) -> int:
        fields = {**step.fields, **(step.later(self) if step.later else {})}
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
        if step.kind == "reported.incident":
            # What is missing is in no cabinet; what was found is with somebody.
            for one in step.on if fields["what"] in ("missing", "found") else ():
                self.where.pop(one, None)
        elif step.kind.startswith("created.") or step.kind == "copied.made":
            if step.kind == "created.received" and step.at.year == LAST_DAY.year:
                self.received.update(entered)
            self.where.update(dict.fromkeys(entered))
        elif step.kind == "transferred.store":
            self.where.update(dict.fromkeys(step.on, fields["place"]))
        elif step.kind.startswith(_LEAVES):
            for one in step.on:
                self.where.pop(one, None)

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


def lawful_office(profile: str, *, keeper: bool = True) -> Office:
    """
    An office under a policy (`policy_of`), where everybody holds what any of the profiles asks for.

    keeper: whether somebody is named to be responsible for the documents, where the policy knows that as a post.
    """
    office = told.office(policy_of(profile))
    office.declare_units(OFFICE_UNITS)
    office.declare_units({"u/镇": "own"}, authority="绝密")
    office.declare_units({"u/快修店": "repairer"}, designated=["repair"], agreement_no="协议1")
    office.declare_units({"u/低密室": "section"}, max_level="内部")
    office.declare_places({"w/保密柜": "coded_cabinet"})
    office.declare_places({"w/混柜": "safe"}, mixed=True)
    for person in (*LEAVERS, *MEMBERS, *BEGINNERS, MAINTAINER, OUTSIDER, UNBOUND, TUTOR, ELSEWHERE):
        office.log.enrol(f"p/{person}")
        _cleared(office, person, "绝密")
    for person in (*LEAVERS, MAINTAINER):
        office.appoint(person, "maintainer" if person == MAINTAINER else "clerk")
    for person in (*LEAVERS, *MEMBERS, MAINTAINER, OUTSIDER):
        for what in ("certificate", "training", "undertaking"):
            office.office(
                "01-02 08:00", "appointed.credential", person=f"p/{person}", what=what, valid_from="2024-12-01"
            )
    office.log.enrol("p/低密员")
    _cleared(office, "低密员", "内部")
    office.office("01-02 08:00", "declared.person", person=f"p/{OUTSIDER}", name=OUTSIDER, unit="u/市保密局")
    office.office("01-02 08:00", "declared.person", person=f"p/{ELSEWHERE}", name=ELSEWHERE, unit="u/科室B")
    for person, level in (("何副书记", "绝密"), ("周书记", "绝密"), ("郑院长", "秘密")):
        office.office(
            "01-02 08:00", "appointed.level", person=f"p/{person}", what="authority", level=level, valid_from="2025-01-01"
        )  # fmt: skip
    if profile == "strict" and keeper:
        office.appoint("李敏", "file_keeper")
    told.device(office, "01-02 08:30", "c/机1", "绝密", 1)
    told.device(office, "01-02 08:35", "c/复1", "绝密", 2, form="office_machine")
    told.device(office, "01-02 08:36", "c/盘1", "绝密", 4, form="hard_disk", keeper="李敏")
    told.device(office, "01-02 08:38", "c/盘2", "秘密", 5, form="hard_disk", keeper="李敏")
    office.tell("01-02 08:39", "transferred.store", on=["c/盘1", "c/盘2"], who={"registrar": "李敏"}, place="w/保密柜")
    office.tell(
        "01-02 08:40", "created.equipment", on=["c/网机"], who={"registrar": "李敏", "receiver": "赵强", "reader": "赵强"}, form="computer",
        number="网机", register="设备", serial=3, unit="u/党政办", level="无密", model="X1", serial_no="S3", network="internet",
    )  # fmt: skip
    return office


def _cleared(office: Office, person: str, level: str) -> None:
    office.office(
        "01-02 08:00", "appointed.level", person=f"p/{person}", what="clearance", level=level, valid_from="2025-01-01"
    )  # fmt: skip


# --- what the office does whatever happens to single carriers --------------------------------------------------


def _inventory(number: int, place: str) -> Callable[[Told], Mapping[str, Any]]:
    def found(told_so_far: Told) -> Mapping[str, Any]:
        there = sorted(carrier for carrier, at in told_so_far.where.items() if at == place)
        return {"on": [f"l/盘{number}{place[2:]}", "u/镇"], "found": there}

    return found


def duties(profile: str = "") -> list[Step]:
    """Stock-takes, those before the holidays among them, clearing rounds, inspections and reports of a year; a new policy."""
    steps = _new_policies() if profile == "changing" else []
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
    for day in ("03-31", "06-30", "09-30", "12-30"):
        at = datetime.fromisoformat(f"2025-{day} 17:58")
        steps.append(Step(f"报表{day}", at, "notified.filed", ("u/镇",), {"registrar": "李敏"},
                          {"to": "u/市保密局", "what": "classification_report"}))  # fmt: skip
    steps.append(Step(
        "统计", datetime.fromisoformat("2025-12-30 17:59"), "notified.filed", ("u/镇",), {"registrar": "李敏"},
        {"to": "u/市保密局", "what": "statistics", "period": "2025年"},
        later=lambda told_so_far: {"figures": [["收文", len(told_so_far.received)]]},
    ))  # fmt: skip
    return steps


DAY_ENDS = ("06-16", "06-17", "06-18", "06-19", "06-20")


def _new_policies() -> list[Step]:
    """A week with a check of each day's end, then the national rules from July on."""
    administrators = {"administrator": ["p/A1", "p/A2"]}
    steps = []
    for day, body in (
        ("06-16", told.policy("township", day_end__check="yes").body()),
        ("06-21", told.policy("township").body()),
        ("07-01", told.policy("national").body()),
    ):
        at = datetime.fromisoformat(f"2025-{day} 07:30")
        fields = {**body, "effective_at": f"2025-{day} 07:31", "version": f"2025-{day}"}
        steps.append(Step(f"制度{day}", at, "policy_adopted", (), administrators, fields))
    for day in DAY_ENDS:
        at = datetime.fromisoformat(f"2025-{day} 17:59")
        steps.append(
            Step(f"下班{day}", at, "checked.inspection", ("u/镇",), {"operator": "李敏"}, {"topic": "day_end"})
        )
    return steps
