"""Offices for rules: stories whose people hold posts, whose places and calendar are declared, and what is found in them.

office = Office({"within.register": "0d"})
office.tell("03-03 09:10", "created.received", …)
assert office.found("RCV-1", as_of="03-04") == [("RCV-1", "c/87")]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from chainlog.authority.state import ViewAuthority
from chainlog.log.genesis import Policy
from chainlog.projection import standard
from chainlog.rules.declared import all_rules
from chainlog.rules.facts import Facts
from chainlog.rules.finding import Judgement
from chainlog.rules.judge import Judge
from tests.scenarios import Story, local

LEADERS = {
    "周书记": "principal_leader",
    "何副书记": "responsible_leader",
    "王宁": "office_head",
    "郑院长": "responsible_leader",
}
POSTS = {
    **LEADERS, "李敏": "registrar", "赵强": "clerk", "钱秘书": "registrar", "冯": "dept_head", "黄": "messenger",
}  # fmt: skip
UNITS = {
    "u/镇": "own", "u/党政办": "section", "u/省委": "superior", "u/甲村": "subordinate", "u/乙村": "subordinate",
    "u/市保密局": "authority", "u/快修店": "repairer", "u/印刷厂": "printer", "u/图文店": "shop",
}  # fmt: skip
PLACES = {
    "w/G1": "safe", "w/铁柜": "iron_cabinet", "w/保密室": "secure_room", "w/机要室": "confidential_office", "w/阅文室": "reading_room",
    "w/文印室": "print_room", "w/档案室": "archive", "w/办公室301": "office", "w/涉密办公室": "compliant_office",
    "w/会议室": "meeting_room", "w/市销毁中心": "destruction_site", "w/广场": "public", "w/家": "home", "w/市局": "other_unit",
    "w/复印店": "shop", "w/国外": "abroad",
}  # fmt: skip
HOLIDAYS_2025 = [
    ["元旦", "2025-01-01", "2025-01-01"], ["春节", "2025-01-28", "2025-02-04"], ["清明节", "2025-04-04", "2025-04-06"],
    ["劳动节", "2025-05-01", "2025-05-05"], ["端午节", "2025-05-31", "2025-06-02"], ["国庆节", "2025-10-01", "2025-10-08"],
]  # fmt: skip
WORKDAYS_2025 = ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"]


class Office(Story):
    """
    A story with an ordinary office around it.

    Args:
        parameters: of the policy, besides `min.supervisors`; or the whole policy. posts, units, places: declared at the start,
            besides the usual ones; None for a value takes a usual one away. calendar: whether that of 2025 is declared.
    """

    def __init__(
        self,
        parameters: Mapping[str, str | Sequence[str]] | Policy | None = None,
        *,
        posts: Mapping[str, str | None] | None = None,
        units: Mapping[str, str | None] | None = None,
        places: Mapping[str, str | None] | None = None,
        clearance: str = "绝密",
        calendar: bool = True,
        **rest: Any,
    ) -> None:
        policy = parameters if isinstance(parameters, Policy) else policy_of(parameters or {})
        super().__init__(policy=policy, **rest)
        self.declare_units({**UNITS, **(units or {})})
        self.declare_places({**PLACES, **(places or {})})
        for person, post in {**POSTS, **(posts or {})}.items():
            if post is not None:
                self.appoint(person, post)
        if clearance:
            for person in dict.fromkeys([*POSTS, "陈", "孙", "吴", "许", "朱", "秦"]):
                self.office(
                    "01-02 08:00", "appointed.level", person=f"p/{person}", what="clearance", level=clearance, valid_from="2025-01-01"
                )  # fmt: skip
        if calendar:
            self.office("01-02 08:00", "declared.calendar", year=2025, holidays=HOLIDAYS_2025, workdays=WORKDAYS_2025)

    def declare_units(self, units: Mapping[str, str | None], **fields: Any) -> None:
        """Declare units by type; more fields stand in each."""
        for unit, kind in units.items():
            if kind is not None:
                more = {"designated": ["destroy"]} if kind == "destroyer" or unit == "u/市保密局" else {}
                self.office("01-02 08:00", "declared.unit", unit=unit, name=unit[2:], type=kind, **{**more, **fields})

    def declare_places(self, places: Mapping[str, str | None], **fields: Any) -> None:
        """Declare places by type."""
        for place, kind in places.items():
            if kind is not None:
                self.office("01-02 08:00", "declared.place", place=place, name=place[2:], type=kind, **fields)

    def appoint(self, person: str, post: str, *, over: str = "u/镇", since: str = "2025-01-01", **fields: Any) -> int:
        """Give a person a post."""
        return self.office(
            "01-02 08:00", "appointed.post", person=f"p/{person}", post=post, over=over, valid_from=since, **fields
        )

    def judge(self, *rules: str, as_of: str = "12-31 23:00", subjects: Iterable[str] | None = None) -> Judgement:
        """What the rules say at a moment: those named, or all."""
        with standard.facts(self.projections) as base:
            judge = Judge(base, ViewAuthority(base.log.raw), as_of_us=local(as_of))
            return judge.judge(rules=rules or None, subjects=subjects)

    @contextmanager
    def facts(self, as_of: str = "12-31 23:00") -> Iterator[Facts]:
        """What a rule may read at a moment, by the policy in force when things happened."""
        with standard.facts(self.projections) as base:
            yield Judge(base, ViewAuthority(base.log.raw), as_of_us=local(as_of)).facts

    def found(self, *rules: str, as_of: str = "12-31 23:00", state: str = "") -> list[tuple[str, str]]:
        """(code, subject) of the findings, sorted; of one state if it is given."""
        findings = self.judge(*rules, as_of=as_of).findings
        return sorted((one.code, one.subject) for one in findings if state in ("", one.state))

    def rules(self) -> list[str]:
        """Ids of every rule."""
        return [one.id for one in all_rules()]

    def due(self, *rules: str, as_of: str) -> list[tuple[str, str, int]]:
        """(code, subject, when) of what falls due."""
        return [(one.code, one.subject, one.due_us) for one in self.judge(*rules, as_of=as_of).dues]


def policy_of(parameters: Mapping[str, str | Sequence[str]], *, profile: str = "test", version: str = "1") -> Policy:
    """A policy in force since ever."""
    values = {name: [value] if isinstance(value, str) else list(value) for name, value in parameters.items()}
    return Policy(profile, version, 0, {"min.supervisors": ["2"], **values})


def receive(
    office: Story, at: str, carriers: Sequence[str], document: str, *, level: str = "秘密", **fields: Any
) -> int:
    """An ordinary arrival of numbered copies of a document, both sides signing."""
    items = [
        {"carrier": carrier, "form": "document", "document": document, "copy_no": f"{number:06}"}
        for number, carrier in enumerate(carriers, 1)
    ]
    return office.tell(
        at, "created.received",
        **{
            "who": {"receiver": "李敏", "giver": "省交换员"}, "on": [*carriers, document], "sender": "u/省委", "channel": "exchange", "listed": len(carriers), "found": len(carriers),
            "seal": "intact", "level": level, "items": items, **fields,
        },
    )  # fmt: skip


def register(office: Story, at: str, document: str, *, on: Sequence[str] = (), serial: int = 1, **fields: Any) -> int:
    """The registration of a received document; *fields* stand in its `document`."""
    stated = {
        "title": "通知", "type": "official", "issuer": "u/省委", "tier": "province", "level": "秘密", "term": "10年",
        "issue_date": "2025-02-26", "doc_no": f"省委〔2025〕{serial}号", **fields,
    }  # fmt: skip
    return office.tell(
        at, "registered.document", on=[*on, document], who={"registrar": "李敏"}, register="收文2025", serial=serial,
        document={name: value for name, value in stated.items() if value is not None},
    )  # fmt: skip
