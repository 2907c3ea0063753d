"""
Stories of one departure each, judged by every rule there is under the shipped profiles: exactly that is found, at each moment.

A finding stands as `code subject severity`, with the state behind it where it isn't open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests import more_told as more
from tests import told
from tests.more_told import back, hand_out, item, lend, own, paper, shelve
from tests.offices import Office
from tests.scenarios import local

Moments = list[tuple[str, list[str]]]
STORIES: list[Any] = []


def story(*moments: tuple[str, list[str]]) -> Callable[[Callable[[], Office]], Callable[[], Office]]:
    """A story and what is found in it at moments."""

    def keep(tell: Callable[[], Office]) -> Callable[[], Office]:
        STORIES.append(pytest.param(tell, list(moments), id=tell.__name__))
        return tell

    return keep


def found(o: Office, as_of: str) -> list[str]:
    """Everything that all rules find at a moment, nothing of it unjudged."""
    judgement = o.judge(as_of=as_of)
    assert judgement.unjudged == ()
    return sorted(
        f"{one.code} {one.subject} {one.severity}" + ("" if one.state == "open" else f" {one.state}")
        for one in judgement.findings
    )


# --- in other hands ------------------------------------------------------------------------------


@story(("06-25 17:00", []), ("06-27", ["BRW-2 c/1 medium"]), ("06-29", ["BRW-2 c/1 medium closed"]))
def a_loan_is_renewed_and_late_by_the_second_date() -> Office:
    o = paper("township", "吴")
    lend(o, "c/1", "吴", "06-18 18:00")
    who = {"giver": "李敏", "receiver": "吴"}
    o.tell("06-18 16:00", "transferred.hold", on=["c/1"], who=who, refs=["loan"], reason="续借", due="06-25 18:00")
    back(o, "06-28", "c/1", "吴", "loan")
    return o


@story(("06-11 20:00", []), ("06-14", ["BRW-6 c/M1 high", "MED-7 c/M1 high"]))
def a_stick_is_lent_on() -> Office:
    o = told.office("township")
    told.device(o, "06-10 09:00", "c/M1", "秘密", 7, form="usb_stick", keeper="李敏")
    lend(o, "c/M1", "陈", "06-20 18:00")
    who = {"giver": "陈", "receiver": "孙"}
    o.tell("06-12 09:00", "transferred.hand_over", on=["c/M1"], who=who, reason="passing_on")
    back(o, "06-13", "c/M1", "孙", "loan")
    return o


def taken_out(destination: str, due: str) -> Office:
    o = paper("township", "吴", "孙")
    o.tell(
        "06-10 08:00", "decided.permit", id="s", on=["c/1"], who={"approver": "何副书记", "proposer": "吴"}, step="approved", act="take_out"
    )  # fmt: skip
    o.tell(
        "06-10 09:00", "transferred.take_out", id="t", on=["c/1"], who={"giver": "李敏", "receiver": "吴"}, refs=["s"],
        destination=destination, reason="汇报", due=due, measures=["密码箱"],
    )  # fmt: skip
    return o


@story(
    ("06-10 10:00", ["OUT-5 c/1 critical"]),
    ("06-13", ["OUT-5 c/1 critical", "OUT-6 c/1 critical", "OUT-6 c/1 critical"]),
)
def taken_home_and_given_to_another() -> Office:
    o = taken_out("w/家", "06-12 18:00")
    who = {"giver": "吴", "receiver": "孙"}
    o.tell("06-11 09:00", "transferred.hand_over", on=["c/1"], who=who, reason="passing_on")
    who = {"giver": "孙", "receiver": "李敏"}
    o.tell("06-12 16:00", "returned.to_keeper", id="r", on=["c/1"], who=who, reason="take_out")
    examiner = {"approver": "何副书记"}
    o.tell("06-12 16:10", "checked.carrier", on=["c/1"], who=examiner, refs=["r"], reason="take_out", passed=True)
    shelve(o, "06-12 16:20", "c/1")
    return o


@story(
    ("06-16 12:00", []), ("06-17", ["OUT-2 c/1 high"]), ("06-19", ["OUT-2 c/1 high", "OUT-2 c/1 high closed"]),
)  # fmt: skip
def kept_out_longer_late_and_not_examined() -> Office:
    o = taken_out("w/市局", "06-12 18:00")
    who = {"giver": "李敏", "receiver": "吴"}
    o.tell("06-12 09:00", "transferred.hold", on=["c/1"], who=who, reason="会期延长", due="06-16 18:00")
    back(o, "06-18", "c/1", "吴", "take_out")
    return o


@story(("06-05", ["CIR-4 c/1 high"]))
def left_on_a_desk() -> Office:
    o = paper("township", "陈")
    hand_out(o, "06-04 10:00", "陈", mode="left_on_desk")
    back(o, "06-04", "c/1", "陈")
    return o


@story(("07-10 23:00", []), ("07-11", ["RET-1 c/1 high"]), ("07-15", ["RET-1 c/1 high closed"]))
def with_a_reader_for_more_than_a_month() -> Office:
    o = paper("township", "陈")
    hand_out(o, "06-10 09:00", "陈")
    who = {"giver": "李敏", "receiver": "陈"}
    o.tell("06-10 16:00", "transferred.hold", on=["c/1"], who=who, reason="起草方案", due="07-31 18:00")
    back(o, "07-14", "c/1", "陈")
    return o


@story(("06-04 09:30", ["KNW-3 c/1 critical"]), ("06-05", []))
def the_time_of_return_is_added_later() -> Office:
    o = paper("township", "陈", level="绝密", term="30年")
    read: dict[str, Any] = {
        "on": ["c/1"], "who": {"reader": "陈", "registrar": "李敏"}, "how": "read", "place": "w/保密室",
    }  # fmt: skip
    o.tell("06-04 09:00", "accessed.read", id="read", **read)
    o.tell("06-04 10:00", "accessed.read", refs=["read"], out_at="06-04 09:50", **read)
    return o


@story(
    ("07-02 23:59", ["MTG-1 l/会 high"]),
    ("07-03", ["MTG-1 l/会 high", "MTG-2 l/会 high"]),
    ("07-05", ["MTG-1 l/会 high", "MTG-2 l/会 high closed"]),
)
def one_paper_is_not_collected_and_one_goes_to_a_stranger() -> Office:
    o = told.office("npc_office")
    for day in ("03-20", "06-20"):
        o.tell(f"{day} 09:00", "checked.inspection", on=["u/镇"], who={"operator": "王宁"}, topic="special")
    told.arrive(o, "07-01", ["c/1", "c/2", "c/3"], "d/1", level="秘密", term="10年")
    o.office(
        "07-01 16:00", "declared.meeting", list="l/会", starts_at="07-02 09:00", ends_at="07-02 11:30",
        attendees=["p/陈", "p/孙", "p/吴"], place="w/会议室",
    )  # fmt: skip
    people = {"c/1": ("陈", "07-02 11:35"), "c/2": ("许", "07-02 11:40"), "c/3": ("吴", "07-04 09:00")}
    for carrier, (person, _) in people.items():
        who = {"giver": "李敏", "receiver": person}
        on = [carrier, "l/会"]
        o.tell("07-02 09:00", "transferred.circulate", on=on, who=who, mode="face_to_face", place="w/会议室")
    for carrier, (person, at) in people.items():
        who = {"giver": person, "receiver": "李敏"}
        o.tell(at, "returned.to_keeper", on=[carrier, "l/会"], who=who, reason="meeting")
        shelve(o, f"{at[:-1]}9", carrier)
    return o


# --- repair, level, missing, leak ----------------------------------------------------------------


@story(("06-11 09:50", []), ("06-14", ["CMP-1 c/PC1 high", "CMP-3 c/PC1 critical"]))
def repaired_outside_with_and_without_erasure() -> Office:
    o = told.office("township", posts={"黄": "maintainer"})
    o.declare_units({"u/快修店": "repairer"}, designated=["repair"])
    machines = ("c/PC1", "c/PC2")
    for number, name in enumerate(machines, 1):
        told.device(o, f"06-10 09:0{number}", name, "机密", number)
    for number, name in enumerate(machines, 1):
        o.tell(f"06-11 09:0{number}", "reported.incident", on=[name], who={"operator": "赵强"}, what="fault")
        who: dict[str, str] = {"approver": "何副书记", "proposer": "赵强"}
        o.tell(f"06-11 09:3{number}", "decided.permit", id=name, on=[name], who=who, step="approved", act="repair")
    o.tell("06-11 09:40", "destroyed.contents", on=["c/PC2"], who={"operator": "黄"}, method="overwrite")
    for name, data in (("c/PC1", "kept"), ("c/PC2", "erased")):
        who = {"giver": "赵强", "witness": "吴"}
        o.tell(
            "06-11 10:00",
            "transferred.repair",
            id=f"sent {name}",
            on=[name],
            who=who,
            refs=[name],
            to="u/快修店",
            data=data,
        )
    for name in machines:
        who = {"receiver": "赵强", "operator": "黄", "witness": "吴"}
        said = {"work": "换电源", "before": "不开机", "after": "正常"}
        o.tell("06-13 10:00", "returned.from_repair", on=[name], who=who, refs=[f"sent {name}"], **said)
    return o


def raised(**fields: Any) -> Office:
    o = paper("township", carriers=["c/1", "c/2"])
    o.tell(
        "06-10 09:00", "decided.reclassify", id="v", on=["d/1"], step="approved", change="raised", level="机密", term="20年",
        ground="harm_changed", **fields,
    )  # fmt: skip
    who = {"operator": "李敏"}
    o.tell("06-12 09:00", "marked", on=["c/1"], who=who, refs=["v"], text="机密★20年", position="top_left")
    return o


@story(("06-24 23:00", []), ("06-25", ["MRK-4 c/2 medium"]))
def raised_by_its_issuer_and_one_copy_not_marked() -> Office:
    return raised(who={"registrar": "李敏"}, by="u/省委", authority_doc="省委函9号")


@story(("06-11", ["DCL-3 d/1 critical"]))
def raised_by_who_only_received_it() -> Office:
    return raised(who={"approver": "周书记", "reviewer": "何副书记", "proposer": "赵强"})


@story(("06-16 12:00", ["INV-1 l/盘 critical"]), ("06-18", ["INV-1 l/盘 critical closed"]))
def missing_and_found_the_next_day() -> Office:
    return more.missing(found="06-17")


@story(
    ("06-17 10:59", ["INV-1 l/盘 critical"]), ("06-18", ["INV-1 l/盘 critical", "LEK-4 i/1 critical"]),
    ("06-20", ["INV-1 l/盘 critical closed", "LEK-4 i/1 critical closed"]),
)  # fmt: skip
def missing_not_reported_and_found_too_late() -> Office:
    return more.missing(found="06-19")


@story(
    ("06-12 08:30", []),
    ("06-12 09:30", ["LEK-1 i/2 critical"]),
    ("06-13", ["LEK-1 i/2 critical closed"]),
    ("07-15", ["LEK-1 i/2 critical closed", "LEK-1 i/4 critical closed"]),
)
def leaks_are_reported_after_23_and_25_hours_and_after_days() -> Office:
    """Where only days are known, the day after may have been in time, two days after can't have been."""
    o = more.leak("06-11 08:00")
    for number, at, report in ((2, "06-11 09:00", "06-12 10:00"), (3, "07-01", "07-02"), (4, "07-08", "07-10")):
        more.leak(report, at=at, number=number, o=o)
    return o


@story(("06-12", ["LEK-2 i/1 high closed"]))
def a_leak_is_reported_29_hours_after_it_happened_where_that_counts() -> Office:
    without = [rule for rule in told.policy("township").parameters["rules.without"] if rule != "LEK-2"]
    return more.leak("06-10 15:00", told.policy("township", leak__clock="happened", rules__without=without))


# --- made here, policies -------------------------------------------------------------------------


@story(("06-05", ["CLS-5 d/W high", "MAK-1 d/W high"]))
def made_with_neither_review_nor_approval() -> Office:
    return own("national", 1, permit=False)


@story(("06-05", ["MAK-4 d/W critical"]))
def one_more_is_printed_the_next_day() -> Office:
    o = own("township")
    more.make(o, "06-04 11", ["c/W9"], first=3, refs=["make"])
    return o


@story(("06-07 23:00", []), ("06-08 08:00", ["ISS-2 c/W2 high"]), ("06-09", ["ISS-2 c/W2 high closed"]))
def one_goes_out_under_each_of_two_policies() -> Office:
    """Three days for the receipt of the first, one for that of the second; both come on the third day."""
    o = own("township")
    stricter = told.policy("township", within__receipt__local="1d")._replace(effective_at_us=local("06-06"))
    for number, at in ((1, "06-05 09:00"), (2, "06-06 09:00")):
        who = {"giver": "李敏"}
        on = [f"c/W{number}", "d/W"]
        o.tell(at, "transferred.dispatch", id=f"sent {number}", on=on, who=who, to="u/甲村", channel="by_hand")
        if number == 1:
            o.office("06-05 12:00", "policy_adopted", **stricter.body())
    for number in (1, 2):
        who = {"receiver": "甲村文书"}
        o.tell("06-08 09:00", "transferred.receipt", on=[f"c/W{number}"], who=who, refs=[f"sent {number}"], found=1)
    return o


@story(("03-05", ["CIR-2 c/87 high", "TRN-4 c/87 critical"]))
def a_policy_switches_a_rule_off() -> Office:
    without = told.policy("township").parameters["rules.without"]
    return told.passed_on(told.policy("township", rules__without=[*without, "CIR-1"]), openly=False)


def published(o: Office) -> Office:
    who: dict[str, str] = {"proposer": "陈", "reviewer": "王宁", "approver": "周书记"}
    o.tell("06-10 09:00", "decided.permit", id="w", on=["d/1"], who=who, step="approved", act="publish")
    who = {"operator": "赵强", "proposer": "陈", "reviewer": "王宁"}
    o.tell("06-10 10:00", "notified.published", on=["d/1"], who=who, refs=["w"], how="website", site="www")
    return o


@story(("06-10 09:30", []), ("06-11", ["PUB-3 d/1 critical"]))
def something_secret_is_published() -> Office:
    return published(paper("township"))


@story(("06-11", ["CPY-3 c/K high"]))
def the_cooperative_copies_a_document_of_the_province() -> Office:
    return copied("coop", "秘密")


@story(("06-11", []))
def top_secret_is_copied_with_its_classifiers_consent() -> Office:
    return copied("national", "绝密", consent=True)


def copied(profile: str, level: str, *, consent: bool = False) -> Office:
    o = paper(profile, level=level)
    told.device(o, "06-03 09:16", "c/机", "绝密", 1, form="office_machine")
    if consent:
        who = {"registrar": "李敏"}
        o.tell("06-03 09:18", "decided.permit", id="k", on=["c/1"], who=who, step="approved", act="copy", by="u/省委")
    o.tell(
        "06-03 09:20", "decided.permit", id="own", on=["c/1"], who={"proposer": "秦", "reviewer": "冯", "approver": "何副书记"},
        step="approved", act="copy", count=1,
    )  # fmt: skip
    o.tell(
        "06-03 10:00", "copied.made", on=["c/1", "c/K", "d/1"], who={"operator": "赵强", "registrar": "李敏"},
        refs=["own", "k"] if consent else ["own"], method="copy", parents=["c/1"], level=level, term="10年", device="c/机", stamped=True,
        items=[item("c/K", "d/1", copy_no="K")],
    )  # fmt: skip
    shelve(o, "06-03 10:10", "c/K")
    return o


# --- destruction, return -------------------------------------------------------------------------

UNSIGNED = ["DES-3 l/X critical", "DES-3 l/X critical", "DES-7 l/X critical"]


@story(("10-24", UNSIGNED), ("10-26", [f"{line} closed" for line in UNSIGNED]))
def the_second_supervisor_signs_two_days_later() -> Office:
    o = more.destruction(second=False)
    on, who = ["c/D1", "c/D2", "d/D", "l/X"], {"supervisor": "赵强"}
    o.tell("10-25 09:00", "countersigned", on=on, who=who, refs=["deed"], reason="当时外出")
    return o


@story(("10-22 12:00", []), ("10-24", []))
def one_is_withdrawn_after_the_approval() -> Office:
    return more.destruction(3, withdrawn="c/D3")


@story(("10-23 11:15", []), ("10-24", []))
def destroyed_in_two_parts() -> Office:
    return more.destruction(4, parts=2)


@story(("10-24", ["DES-2 l/X critical"]))
def one_that_was_not_listed_goes_with_the_second_part() -> Office:
    return more.destruction(4, listed=3, parts=2)


@story(("10-24", ["RET-4 c/D1 critical"]))
def destroyed_although_the_issuer_wants_it_back() -> Office:
    return more.destruction(return_required=True)


@story(("07-11", []))
def returned_to_its_issuer_and_received_again() -> Office:
    o = paper("township")
    who = {"giver": "李敏", "receiver": "省机要员"}
    o.tell("06-20 09:00", "returned.to_issuer", on=["c/1", "d/1"], who=who, to="u/省委")
    o.tell(
        "07-10 09:10", "created.received", on=["c/1", "d/1"], who={"receiver": "李敏", "giver": "省交换员"}, sender="u/省委",
        channel="exchange", listed=1, found=1, seal="intact", level="秘密", items=[item("c/1", "d/1", copy_no="000087")],
    )  # fmt: skip
    o.tell(
        "07-10 09:12", "registered.document", on=["c/1", "d/1"], who={"registrar": "李敏"}, register="收文2025", serial=32,
        document=more.DOCUMENT,
    )  # fmt: skip
    shelve(o, "07-10 09:15", "c/1")
    return o


@story(("06-20 12:00", []), ("06-21", ["RET-5 l/召 high"]))
def recalled_and_one_stays() -> Office:
    carriers = ["c/1", "c/2", "c/3"]
    o = paper("township", carriers=carriers)
    o.tell(
        "06-10 09:00", "listed.added", on=[*carriers, "l/召"], who={"registrar": "李敏"}, purpose="recall", total=3,
        items=[{"carrier": c} for c in carriers], due="06-20 18:00",
    )  # fmt: skip
    who = {"giver": "李敏", "receiver": "省机要员"}
    o.tell("06-19 09:00", "returned.to_issuer", on=["c/1", "c/2", "d/1", "l/召"], who=who, to="u/省委")
    return o


# --- people, the log itself ----------------------------------------------------------------------


@story(("06-30 23:00", []), ("08-20", ["HND-6 p/李敏 critical"]))
def somebody_leaves_acts_and_comes_back() -> Office:
    """What is done after the second appointment is in order; what was done in between is not."""
    o = told.office("township", posts={"赵强": "registrar"})
    told.arrive(o, "06-03", ["c/1"], "d/1", level="秘密", term="10年")
    who: dict[str, str] = {"registrar": "赵强"}
    o.tell("06-27 09:00", "notified.sent", on=["l/离"], who=who, topic="departure", to=["p/李敏"], channel="by_hand")
    who = {"giver": "李敏", "receiver": "赵强", "witness": "王宁"}
    part = {"number": 1, "of": 1, "whole": more.whole(["c/1"])}
    o.tell("06-27 10:00", "transferred.hand_over", on=["c/1", "l/离"], who=who, reason="leaving", part=part)
    o.office("06-30 18:00", "departed", person="p/李敏", reason="retired")
    shelve(o, "07-10 09:00", "c/1", place="w/铁柜")
    o.appoint("李敏", "registrar", since="2025-08-18")
    shelve(o, "08-19 09:00", "c/1")
    return o


@story(
    ("06-11 12:00", []), ("06-21", ["REC-4 c/2 medium", "REC-4 c/3 high", "REC-4 c/4 high explained", "REC-4 c/5 high"])
)
def entered_late_and_before_it_happened() -> Office:
    o = paper("township", carriers=[f"c/{n}" for n in range(1, 6)])
    for number, recorded in ((1, "06-11 08:00"), (2, "06-12 09:00")):
        shelve(o, "06-10 09:00", f"c/{number}", recorded=recorded)
    shelve(o, "06-30 09:00", "c/5", recorded="06-12 10:00")
    shelve(o, "06-10 09:00", "c/3", recorded="06-20 09:00")
    shelve(o, "06-10 09:00", "c/4", recorded="06-20 09:10", late_reason="停电")
    return o


def voided(approver: str) -> Office:
    o = paper("township", "陈")
    hand_out(o, "06-05 09:00", "陈", id="wrong")
    who = {"registrar": "李敏", "approver": approver}
    o.tell("06-05 09:20", "corrected.void", on=["c/1"], who=who, refs=["wrong"], reason="误记")
    return o


@story(("06-07", []))
def what_never_happened_is_voided() -> Office:
    return voided("王宁")


@story(("06-05 12:00", ["INT-6 c/1 medium"]), ("06-06", ["CIR-4 c/1 high", "INT-6 c/1 medium"]))
def one_person_voids_alone() -> Office:
    """It has no effect: the paper is with the reader, and not back on the same day."""
    return voided("李敏")


@story(("06-04 12:00", []), ("06-05", ["PER-1 u/镇 low"]), ("06-17", []))
def a_section_without_a_secrecy_officer() -> Office:
    """As long as it has none; who is appointed later remedies it."""
    o = paper("coop", "吴")
    o.office("06-04 08:00", "declared.unit", unit="u/业务科", name="业务科", type="section", parent="u/镇")
    o.office("06-04 08:00", "declared.person", person="p/吴", name="吴", unit="u/业务科")
    who = {"giver": "李敏", "receiver": "吴"}
    o.tell("06-04 13:00", "transferred.hand_over", on=["c/1"], who=who, reason="interdepartmental", to="u/业务科")
    o.appoint("吴", "dept_officer", over="u/业务科", since="2025-06-16")
    return o


@pytest.mark.parametrize(("tell", "moments"), STORIES)
def test_exactly_this_is_found(tell: Callable[[], Office], moments: Moments):
    o = tell()
    assert [(as_of, found(o, as_of)) for as_of, _ in moments] == [(as_of, sorted(lines)) for as_of, lines in moments]
