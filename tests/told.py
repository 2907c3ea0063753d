"""
Ten stories of an office, told in full: every act, every copy, and around them the registry that makes the rest lawful.

Each takes the policy that it is told under, so that one story can be judged by several regulations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainlog.canon import codec
from chainlog.digest import list_digest
from chainlog.log.genesis import Policy
from chainlog.rules.policy_file import parse_policy
from chainlog.rules.profiles import profile_text
from tests.offices import Office
from tests.scenarios import OFFSET

# Besides those of an ordinary office: posts that some regulation asks for.
MORE_POSTS = (
    ("周书记", "committee"), ("何副书记", "secrecy_leader"), ("王宁", "secrecy_office_head"), ("李敏", "dept_officer"),
    ("钱秘书", "dept_officer"), ("赵强", "archivist"), ("郑院长", "secrecy_leader"),
)  # fmt: skip
UNITS = {"u/科室B": "section", "u/院办": "section", **{f"u/{name}": "subordinate" for name in "甲乙丙丁戊"}}
STAFF = (
    "李敏",
    "赵强",
    "钱秘书",
    "王宁",
    "周书记",
    "何副书记",
    "郑院长",
    "冯",
    "黄",
    "陈",
    "孙",
    "吴",
    "许",
    "朱",
    "秦",
)


def policy(profile: str, **changes: str | Sequence[str] | None) -> Policy:
    """A shipped profile as the reader gives it. changes: parameters with `__` for the points; None takes one out."""
    read = parse_policy(profile_text(profile), name=profile, offset_minutes=OFFSET, now_us=0)
    parameters = {name: list(values) for name, values in read.parameters.items()}
    for name, values in changes.items():
        parameters.pop(name.replace("__", "."), None)
        if values is not None:
            parameters[name.replace("__", ".")] = [values] if isinstance(values, str) else list(values)
    return read._replace(parameters=parameters)


def office(
    profile: str | Policy, *, without: Sequence[tuple[str, str]] = (), posts: dict[str, str | None] | None = None
) -> Office:
    """
    An office under a profile, whose staff has every credential.

    without: (person, credential) that is lacking. posts: other than usual, None for somebody who holds none at all.
    """
    changed = posts or {}
    told = Office(policy(profile) if isinstance(profile, str) else profile, units=UNITS, posts=changed)
    for person, post in MORE_POSTS:
        if changed.get(person, post) is not None:
            told.appoint(person, post)
    for person in STAFF:
        for what in ("certificate", "training", "undertaking"):
            if (person, what) not in without:
                told.office(
                    "01-02 08:00", "appointed.credential", person=f"p/{person}", what=what, valid_from="2024-12-01"
                )
    return told


def item(carrier: str, document: str = "", **fields: Any) -> dict[str, Any]:
    """One entry of a list of carriers on paper."""
    named = {"document": document} if document else {}
    return {"carrier": carrier, "form": "document", **named, **fields}


def arrive(
    told: Office, at: str, carriers: Sequence[str], document: str, *, level: str, term: str, by: str = "李敏", serial: int = 31,
    copies: dict[str, dict[str, Any]] | None = None, **stated: Any,
) -> None:  # fmt: skip
    """Copies arrive, are registered in the next minutes and put away."""
    told.tell(
        f"{at} 09:10", "created.received", on=[*carriers, document], who={"receiver": by, "giver": "省交换员"}, sender="u/省委",
        channel="exchange", listed=len(carriers), found=len(carriers), seal="intact", level=level,
        items=[item(c, document, copy_no=f"{n:06}", **(copies or {}).get(c, {})) for n, c in enumerate(carriers, 87)],
    )  # fmt: skip
    told.tell(
        f"{at} 09:12", "registered.document", on=[*carriers, document], who={"registrar": by}, register="收文2025", serial=serial,
        document={
            "title": "通知", "type": "official", "issuer": "u/省委", "tier": "province", "level": level, "term": term,
            "issue_date": "2025-02-26", "doc_no": f"省委〔2025〕{serial}号", **stated,
        },
    )  # fmt: skip
    told.tell(f"{at} 09:15", "transferred.store", on=carriers, who={"registrar": by}, place="w/G1")


def device(
    told: Office, at: str, name: str, level: str, serial: int, *, form: str = "computer", keeper: str = "赵强"
) -> None:
    """A classified machine enters the books with everything that a register asks for."""
    told.tell(
        at, "created.equipment", on=[name], who={"registrar": "李敏", "receiver": keeper, "reader": keeper}, unsigned=[], form=form,
        number=name[2:], register="设备", serial=serial, unit="u/党政办", level=level, term="10年", model="X1", serial_no=f"S{serial}",
        network="standalone", protected=True,
    )  # fmt: skip
    told.tell(at, "notified.filed", on=[name], who={"registrar": "李敏"}, to="u/党政办", what="equipment_register")


# --- S1, S2: circulation ------------------------------------------------------------------------------


def instructed(told: Office, *, scope: Sequence[str] = ("陈", "孙", "吴"), **stated: Any) -> None:
    """省委〔2025〕7号 in two copies: received, registered, instructed, its range fixed."""
    told.tell(
        "03-03 09:10", "created.received", on=["c/87", "c/88"], who={"receiver": "李敏", "giver": "省交换员"}, sender="u/省委",
        channel="exchange", listed=2, found=2, seal="intact", level="机密",
        items=[item("c/87", copy_no="000087"), item("c/88", copy_no="000088")],
    )  # fmt: skip
    told.tell(
        "03-03 09:12", "registered.document", on=["c/87", "c/88", "d/省委7"], who={"registrar": "李敏"}, register="收文2025", serial=31,
        document={
            "title": "通知", "type": "official", "issuer": "u/省委", "tier": "province", "level": "机密", "term": "10年",
            "issue_date": "2025-02-26", "doc_no": "省委〔2025〕7号", "return_required": True, "return_due": "2025-12-20", **stated,
        },
    )  # fmt: skip
    everybody = ["p/陈", "p/孙", "p/吴"]
    told.tell(
        "03-03 09:40",
        "decided.route",
        on=["d/省委7"],
        who={"approver": "周书记"},
        step="approved",
        recipients=everybody,
    )
    told.tell(
        "03-03 09:41", "decided.scope", on=["d/省委7"], who={"approver": "周书记"}, step="approved", change="set",
        scope={"persons": [f"p/{name}" for name in scope]},
    )  # fmt: skip


def hand_out(told: Office, at: str, to: str, **fields: Any) -> None:
    """c/87 goes to a reader."""
    told.tell(
        at, "transferred.circulate", on=["c/87"], who={"giver": "李敏", "receiver": to}, mode="face_to_face", folder_no="F1", **fields
    )  # fmt: skip


def take_back(told: Office, at: str, by: str) -> None:
    """c/87 comes back from somebody."""
    told.tell(at, "returned.to_keeper", on=["c/87"], who={"giver": by, "receiver": "李敏"}, reason="reading")


def circulation(profile: str | Policy) -> Office:
    """S1: read by three, counted, cleared and inspected through the year, returned to its issuer."""
    told = office(profile)
    instructed(told)
    for reader, out, back in (("陈", "10:00", "10:40"), ("孙", "10:50", "11:20"), ("吴", "14:00", "14:30")):
        hand_out(told, f"03-03 {out}", reader)
        take_back(told, f"03-03 {back}", reader)
    told.tell("03-03 14:35", "transferred.store", on=["c/87", "c/88"], who={"registrar": "李敏"}, place="w/G1")
    rounds = (
        ("03-28", "regular", True), ("04-29", "holiday", False), ("06-27", "regular", True), ("09-26", "", True),
        ("09-29", "holiday", False),
    )  # fmt: skip
    for number, (day, occasion, cleared) in enumerate(rounds, 1):
        if cleared:
            told.tell(f"{day} 09:00", "checked.inspection", on=["u/镇"], who={"operator": "王宁"}, topic="special")
        if occasion:
            told.tell(
                f"{day} 15:00", "checked.inventory", on=[f"l/盘2025-{number}", "u/镇"], who={"operator": ["李敏", "赵强"]},
                place="w/G1", occasion=occasion, found=["c/87", "c/88"],
            )  # fmt: skip
        if cleared:
            told.tell(
                f"{day} 16:00", "listed.added", on=[f"l/清2025-{number}", "u/镇"], who={"registrar": "李敏"}, purpose="clear",
                items=[], total=0,
            )  # fmt: skip
    for day, topic, who in (("12-01", "full", "周书记"), ("12-05", "special", "王宁")):
        told.tell(f"{day} 09:00", "checked.inspection", on=["u/镇"], who={"operator": who}, topic=topic)
    told.tell(
        "12-10 10:00", "returned.to_issuer", on=["c/87", "c/88", "d/省委7"], who={"giver": "李敏", "receiver": "省机要员"}, to="u/省委"
    )  # fmt: skip
    return told


def passed_on(
    profile: str | Policy, *, openly: bool, scope: Sequence[str] = ("陈", "孙", "吴"), **stated: Any
) -> Office:
    """S2: what 陈 got comes back from 孙; *openly*: by a hand-over that both signed."""
    told = office(profile)
    instructed(told, scope=scope, **stated)
    told.tell("03-03 14:35", "transferred.store", on=["c/87", "c/88"], who={"registrar": "李敏"}, place="w/G1")
    hand_out(told, "03-04 09:00", "陈")
    if openly:
        told.tell(
            "03-04 11:00",
            "transferred.hand_over",
            on=["c/87"],
            who={"giver": "陈", "receiver": "孙"},
            reason="passing_on",
        )
    take_back(told, "03-04 15:00", "孙")
    told.tell("03-04 15:10", "transferred.store", on=["c/87"], who={"registrar": "李敏"}, place="w/G1")
    return told


# --- S3, S4, S6: the university ----------------------------------------------------------------------


def overdue_loan(profile: str | Policy) -> Office:
    """S3: a loan nine days late, pressed for on the fourth, two pages missing."""
    told = office(profile)
    arrive(told, "05-06", ["c/R1"], "d/报告1", level="秘密", term="10年", by="钱秘书", copies={"c/R1": {"pages": 24}})
    told.tell(
        "05-06 09:20", "decided.permit", id="p1", on=["c/R1"], who={"approver": "郑院长", "proposer": "许", "reviewer": "冯"},
        step="approved", act="lend", until="05-13 18:00",
    )  # fmt: skip
    told.tell(
        "05-06 10:00", "transferred.lend", id="b1", on=["c/R1"], who={"giver": "钱秘书", "receiver": "许"}, refs=["p1"],
        purpose="课题", depth="take_away", due="05-13 18:00", pages=24,
    )  # fmt: skip
    told.tell(
        "05-17 09:00", "notified.sent", on=["c/R1"], who={"registrar": "钱秘书"}, refs=["b1"], topic="urge", to=["p/许"], channel="phone"
    )  # fmt: skip
    told.tell(
        "05-22 16:00", "returned.to_keeper", id="r1", on=["c/R1"], who={"giver": "许", "receiver": "钱秘书"}, refs=["b1"], reason="loan"
    )  # fmt: skip
    told.tell(
        "05-22 16:10", "checked.carrier", on=["c/R1"], who={"operator": "钱秘书"}, refs=["r1"], reason="return", passed=False,
        pages=22, condition="missing_pages",
    )  # fmt: skip
    told.tell("05-22 16:20", "transferred.store", on=["c/R1"], who={"registrar": "钱秘书"}, place="w/G1")
    return told


def top_secret_like_any(profile: str | Policy) -> Office:
    """S4: 绝密 read in an ordinary office without a time of return, and lent out on a leader's permit."""
    told = office(profile)
    arrive(told, "04-08", ["c/T1"], "d/绝1", level="绝密", term="30年", by="钱秘书")
    told.tell(
        "04-08 10:00", "transferred.circulate", on=["c/T1"], who={"giver": "钱秘书", "receiver": "朱"}, mode="face_to_face",
        place="w/办公室301",
    )  # fmt: skip
    told.tell(
        "04-08 10:05", "accessed.read", on=["c/T1"], who={"reader": "朱", "registrar": "钱秘书"}, how="read", place="w/办公室301"
    )  # fmt: skip
    told.tell(
        "04-09 09:00", "decided.permit", id="p4", on=["c/T1"], who={"approver": "郑院长"}, step="approved", act="lend",
        until="04-11 18:00",
    )  # fmt: skip
    told.tell(
        "04-09 09:30", "transferred.lend", id="b4", on=["c/T1"], who={"giver": "钱秘书", "receiver": "朱"}, refs=["p4"],
        purpose="起草", depth="take_away", due="04-11 18:00",
    )  # fmt: skip
    told.tell(
        "04-10 17:00", "returned.to_keeper", id="r4", on=["c/T1"], who={"giver": "朱", "receiver": "钱秘书"}, refs=["b4"], reason="loan"
    )  # fmt: skip
    told.tell(
        "04-10 17:05",
        "checked.carrier",
        on=["c/T1"],
        who={"operator": "钱秘书"},
        refs=["r4"],
        reason="return",
        passed=True,
    )
    told.tell("04-10 17:10", "transferred.store", on=["c/T1"], who={"registrar": "钱秘书"}, place="w/G1")
    return told


def copying(profile: str | Policy) -> Office:
    """S6: two copies approved and made, a third one found, one not back by its date."""
    told = office(profile)
    arrive(told, "09-01", ["c/O"], "d/报告5", level="秘密", term="10年", by="钱秘书")
    device(told, "09-01 09:16", "c/复印机1", "机密", 1, form="office_machine")
    told.tell(
        "09-01 09:20", "decided.permit", id="k0", on=["c/O"], who={"proposer": "秦", "reviewer": "冯", "approver": "郑院长"},
        step="approved", act="copy", count=2,
    )  # fmt: skip
    told.tell(
        "09-01 10:00", "copied.made", on=["c/K1", "c/K2", "c/O", "d/报告5"], who={"operator": "秦", "registrar": "钱秘书"}, refs=["k0"],
        method="copy", parents=["c/O"], level="秘密", term="10年", device="c/复印机1", stamped=True, due="09-15 18:00",
        items=[item("c/K1", "d/报告5", copy_no="K1"), item("c/K2", "d/报告5", copy_no="K2")],
    )  # fmt: skip
    told.tell(
        "09-03 09:00", "checked.inventory", on=["l/盘9", "u/院办"], who={"operator": ["钱秘书", "冯"]}, occasion="special",
        found=["c/K1", "c/K2", "c/O"], extra=[{"label": "K3", "document": "d/报告5"}],
    )  # fmt: skip
    told.tell(
        "09-03 10:00", "reported.incident", on=["d/报告5"], who={"registrar": "钱秘书", "operator": "钱秘书"}, what="discrepancy",
        expected=3, actual=4, to=["p/冯", "p/郑院长"],
    )  # fmt: skip
    told.tell(
        "09-12 09:00", "returned.to_keeper", on=["c/K1"], who={"giver": "秦", "receiver": "钱秘书"}, reason="reading"
    )
    told.tell("09-12 09:05", "transferred.store", on=["c/K1"], who={"registrar": "钱秘书"}, place="w/G1")
    return told


# --- S5: a document of one's own ---------------------------------------------------------------------


def own_document(profile: str | Policy, *, authority: str = "无密") -> Office:
    """S5: fifteen years of 秘密 without a basis, one copy too many, one by courier. authority: what the unit may classify."""
    told = office(profile)
    told.declare_units({"u/镇": "own"}, authority=authority)
    device(told, "06-02 09:00", "c/PC-1", "机密", 1)
    copies = [f"c/M{n}" for n in range(1, 32)]
    told.tell(
        "06-03 08:30", "decided.classify", id="q1", on=["d/镇12"], who={"proposer": "赵强"}, step="proposed", level="秘密", term="15年",
        classification="original",
    )  # fmt: skip
    told.tell(
        "06-03 09:00", "decided.classify", id="q2", on=["d/镇12"], who={"reviewer": "何副书记"}, refs=["q1"], step="reviewed",
        level="秘密", term="15年",
    )  # fmt: skip
    told.tell(
        "06-03 09:30", "decided.classify", id="q3", on=["d/镇12"], who={"approver": "何副书记"}, refs=["q2"], step="approved",
        level="秘密", term="15年", classification="original",
    )  # fmt: skip
    told.tell(
        "06-03 10:00", "decided.permit", id="q4", on=["d/镇12"], who={"approver": "周书记"}, step="approved", act="make", count=30,
        where="w/文印室",
    )  # fmt: skip
    told.tell(
        "06-03 11:00", "created.produced", on=[*copies, "d/镇12"], who={"operator": "赵强", "registrar": "李敏"}, refs=["q4"],
        place="w/文印室", device="c/PC-1", level="秘密", distribution=["u/甲村", "u/乙村"],
        items=[item(c, "d/镇12", copy_no=str(n)) for n, c in enumerate(copies, 1)],
    )  # fmt: skip
    told.tell(
        "06-03 11:30", "registered.document", on=["d/镇12"], who={"registrar": "李敏"}, register="发文2025", serial=12,
        document={
            "title": "方案", "type": "official", "issuer": "u/镇", "level": "秘密", "term": "15年", "doc_no": "镇发〔2025〕12号",
            "issue_date": "2025-06-03",
        },
    )  # fmt: skip
    told.tell("06-03 11:40", "marked", on=copies, who={"operator": "赵强"}, text="秘密★15年", position="top_left")
    told.tell("06-03 11:50", "checked.count", on=["d/镇12"], who={"registrar": "李敏"}, expected=30, actual=31)
    told.tell("06-03 12:00", "transferred.store", on=copies, who={"registrar": "李敏"}, place="w/G1")
    told.tell(
        "06-04 09:00", "transferred.dispatch", on=[*copies[:28], "d/镇12"], who={"giver": "李敏", "receiver": "甲村文书"}, to="u/甲村",
        channel="by_hand",
    )  # fmt: skip
    told.tell(
        "06-04 10:00",
        "transferred.dispatch",
        on=["c/M31", "d/镇12"],
        who={"giver": "李敏"},
        to="u/乙村",
        channel="courier",
    )
    return told


# --- S7: a medium -----------------------------------------------------------------------------------


def usb_stick(profile: str | Policy) -> Office:
    """S7: 机密 on a stick labelled 秘密, connected to a 秘密 machine, taken out and not examined."""
    told = office(profile)
    device(told, "06-02 08:30", "c/PC-2", "机密", 2)
    device(told, "06-02 08:40", "c/PC-33", "秘密", 3)
    told.tell(
        "06-02 09:00", "created.equipment", on=["c/M-07"], who={"registrar": "李敏", "receiver": "吴", "reader": "吴"},
        form="usb_stick", number="M-07", register="介质", serial=7, unit="u/党政办", level="秘密", term="5年", model="U1", serial_no="7",
    )  # fmt: skip
    told.tell(
        "06-03 09:00",
        "notified.filed",
        on=["c/M-07"],
        who={"registrar": "李敏"},
        to="u/党政办",
        what="equipment_register",
    )
    told.tell(
        "07-01 09:00", "decided.permit", id="s1", on=["c/M-07"], who={"approver": "何副书记"}, step="approved", act="store_content",
        form_no="F12",
    )  # fmt: skip
    told.tell(
        "07-01 10:00", "copied.stored", on=["c/M-07"], who={"operator": "吴", "approver": "何副书记"}, refs=["s1"], what="数据",
        level="机密", form_no="F12", device="c/PC-2",
    )  # fmt: skip
    told.tell(
        "07-02 08:00", "decided.permit", id="s2", on=["c/M-07"], who={"approver": "何副书记"}, step="approved", act="take_out",
        until="07-04 18:00",
    )  # fmt: skip
    told.tell(
        "07-02 09:00", "transferred.take_out", id="s3", on=["c/M-07"], who={"giver": "李敏", "receiver": "吴"}, refs=["s2"],
        destination="w/市局", reason="报送", due="07-04 18:00", measures=["密码箱"],
    )  # fmt: skip
    told.tell("07-03 10:00", "accessed.connected", on=["c/M-07"], who={"registrar": "李敏"}, device="c/PC-33")
    told.tell(
        "07-04 16:00",
        "returned.to_keeper",
        on=["c/M-07"],
        who={"giver": "吴", "receiver": "李敏"},
        refs=["s3"],
        reason="take_out",
    )
    return told


# --- S8, S9: destruction, departure -----------------------------------------------------------------


def destruction(profile: str | Policy) -> Office:
    """S8: twelve listed, approved, delivered by two, destroyed under two."""
    told = office(profile)
    carriers = [f"c/A{n}" for n in range(1, 13)]
    arrive(told, "10-10", carriers[:3], "d/旧1", level="机密", term="20年", serial=41)
    arrive(told, "10-10", carriers[3:], "d/旧9", level="秘密", term="10年", serial=42)
    reasons = ["meeting" if number > 9 else "no_longer_needed" for number in range(1, 13)]
    told.tell(
        "11-03 09:00", "listed.added", on=[*carriers, "l/X-2025-02"], who={"registrar": "李敏"}, purpose="destroy", total=12,
        items=[{"carrier": c, "reason": r} for c, r in zip(carriers, reasons, strict=True)],
    )  # fmt: skip
    told.tell(
        "11-04 09:00", "decided.permit", id="x1", on=["l/X-2025-02"], who={"approver": "何副书记", "proposer": "李敏"}, step="approved",
        act="destroy", count=12, whole=list_digest(codec.encode(sorted(carriers, key=codec.sort_key))),
    )  # fmt: skip
    told.tell(
        "11-06 09:00", "transferred.send_to_destruction", on=[*carriers, "l/X-2025-02"],
        who={"giver": "李敏", "escort": ["李敏", "赵强"], "receiver": "销毁中心员"}, to="u/市保密局", receipt_no="R-551",
    )  # fmt: skip
    told.tell(
        "11-06 11:00", "destroyed.carriers", on=[*carriers, "d/旧1", "d/旧9", "l/X-2025-02"],
        who={"supervisor": ["李敏", "赵强"], "operator": "销毁中心员"}, refs=["x1"], place="w/市销毁中心", unit="u/市保密局", method="pulp",
    )  # fmt: skip
    return told


def departure(profile: str | Policy, **rest: Any) -> Office:
    """S9: of 38 carriers 36 are handed over, nobody talks to her, and her key signs once more."""
    told = office(profile, **rest)
    papers = [f"c/H{n}" for n in range(1, 38)]
    told.tell(
        "08-01 09:00", "created.opening", on=[*papers, "d/旧5"], who={"registrar": "李敏"},
        items=[
            {**item(c, "d/旧5", copy_no=str(n)), "level": "秘密", "term": "10年", "phase": "in_stock", "row": n, "holder": "p/李敏",
             "place": "w/G1"}
            for n, c in enumerate(papers, 1)
        ],
    )  # fmt: skip
    told.tell(
        "08-01 10:00", "created.equipment", on=["c/M-07"], who={"registrar": "李敏", "receiver": "李敏", "reader": "李敏"},
        form="usb_stick", number="M-07", register="介质", serial=7, unit="u/党政办", level="秘密", term="5年", model="U1", serial_no="7",
    )  # fmt: skip
    told.tell(
        "08-01 10:05",
        "notified.filed",
        on=["c/M-07"],
        who={"registrar": "李敏"},
        to="u/党政办",
        what="equipment_register",
    )
    told.tell(
        "08-29 09:00", "transferred.hand_over", on=[*papers[:36], "l/移交-李敏"],
        who={"giver": "李敏", "receiver": "赵强", "witness": "王宁"}, reason="leaving", part={"number": 1, "of": 1, "whole": bytes(32)},
    )  # fmt: skip
    told.office("08-31 18:00", "departed", person="p/李敏", reason="retired")
    told.tell("09-02 09:00", "transferred.store", on=["c/H1"], who={"registrar": "李敏"}, place="w/G1")
    return told


# --- S10: a change of level -------------------------------------------------------------------------


def book_of_2020(told: Office, own: Sequence[str], issued: dict[str, str]) -> None:
    """Rows of a ledger, taken over when the log began: made, registered, sent to five units, receipts back."""
    source = {"cells": bytes(32), "sha256": bytes(32), "sheet": "发文2020", "row": 5}
    told.tell(
        "2020-06-15", "created.produced", recorded="01-03 09:00", on=[*own, *issued, "d/本5"], who={"registrar": "李敏"}, source=source,
        level="机密", items=[item(c, "d/本5", copy_no=str(n)) for n, c in enumerate([*own, *issued], 1)],
    )  # fmt: skip
    told.tell(
        "2020-06-15", "registered.document", on=[*own, *issued, "d/本5"], who={"registrar": "李敏"}, register="发文2020", serial=5,
        source=source, document={
            "title": "规划", "type": "official", "issuer": "u/镇", "level": "机密", "term": "20年", "doc_no": "镇发〔2020〕5号",
            "issue_date": "2020-06-15",
        },
    )  # fmt: skip
    for row, (carrier, unit) in enumerate(issued.items(), 6):
        for at, kind, fields in (
            ("2020-06-16", "transferred.dispatch", {"to": unit, "channel": "confidential_post"}),
            ("2020-06-18", "transferred.receipt", {"found": 1}),
        ):
            told.tell(
                at, kind, on=[carrier, "d/本5"][: 2 if "to" in fields else 1], who={"registrar": "李敏"},
                source={**source, "row": row}, stated=[["receiver", "机要员"]], **fields,
            )  # fmt: skip


def level_change(profile: str | Policy) -> Office:
    """S10: lowered in March; four of five units told, one of two copies marked, an extract forgotten."""
    told = office(profile)
    issued = {f"c/F{n}": f"u/{unit}" for n, unit in enumerate("甲乙丙丁戊", 1)}
    own = ["c/E1", "c/E2"]
    book_of_2020(told, own, issued)
    told.tell("01-03 10:00", "transferred.store", on=own, who={"registrar": "李敏"}, place="w/G1")
    told.tell(
        "01-24 15:00", "checked.inventory", on=["l/盘2025-1", "u/镇"], who={"operator": ["李敏", "赵强"]}, place="w/G1",
        occasion="holiday", found=own,
    )  # fmt: skip
    told.tell(
        "02-10 09:00", "decided.permit", id="e0", on=["c/E1"], who={"approver": "何副书记", "proposer": "吴"}, step="approved",
        act="excerpt", count=1,
    )  # fmt: skip
    device(told, "02-10 09:10", "c/PC-2", "机密", 2)
    told.tell(
        "02-10 10:00", "copied.made", on=["c/X1", "c/E1", "d/摘1", "d/本5"], who={"operator": "赵强", "registrar": "李敏", "proposer": "吴"},
        unsigned=["吴"], refs=["e0"], method="excerpt", parents=["c/E1"], items=[item("c/X1", "d/摘1", copy_no="X1")], level="机密",
        term="20年", device="c/PC-2", extent="第三章", stamped=True, purpose="工作需要",
        document={
            "title": "规划摘录", "type": "official", "issuer": "u/镇", "level": "机密", "term": "20年", "issue_date": "2020-06-15",
            "derived_from": ["d/本5"], "classification": "derived",
        },
    )  # fmt: skip
    told.tell("02-10 10:05", "transferred.store", on=["c/X1"], who={"registrar": "李敏"}, place="w/G1")
    told.tell(
        "02-10 10:10", "transferred.hand_over", on=["c/X1"], who={"giver": "李敏", "receiver": "吴"}, reason="interdepartmental",
        to="u/科室B",
    )  # fmt: skip
    steps = (
        ("v1", "03-03", "proposed", {"proposer": "赵强"}, []), ("v2", "03-06", "reviewed", {"reviewer": "何副书记"}, ["v1"]),
        ("v3", "03-10", "approved", {"approver": "周书记"}, ["v2"]),
    )  # fmt: skip
    for name, day, step, who, refs in steps:
        told.tell(
            f"{day} 09:00", "decided.reclassify", id=name, on=["d/本5"], who=who, refs=refs, step=step, change="lowered", level="秘密",
            term="5年", ground="harm_changed",
        )  # fmt: skip
    told.tell(
        "03-12 09:00", "notified.sent", on=["d/本5"], who={"registrar": "李敏"}, refs=["v3"], topic="level_change",
        to=[f"u/{unit}" for unit in "甲乙丙丁"], channel="confidential_post", letter_no="函3",
    )  # fmt: skip
    told.tell(
        "03-13 09:00",
        "marked",
        on=["c/E1"],
        who={"operator": "李敏"},
        refs=["v3"],
        text="秘密★5年",
        position="top_left",
    )
    return told
