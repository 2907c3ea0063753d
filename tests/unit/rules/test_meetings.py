"""MTG: who gets the papers of a meeting, and that they come back."""

from __future__ import annotations

from chainlog.rules.rule import RULES
from tests.offices import Office, receive
from tests.scenarios import local

POLICY = {"within.meeting": "0d", "places.meeting": ["meeting_room", "secure_room"]}


def made(**parameters):
    office = Office({**POLICY, **parameters})
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 6)], "d/1")
    return office


def meeting(office, name="l/会", *, place="w/会议室", attendees=("p/陈", "p/孙"), at="06-01 09:00"):
    return office.office(
        at, "declared.meeting", on=[name], list=name, starts_at="06-02 09:00", ends_at="06-02 11:00", attendees=list(attendees),
        place=place,
    )  # fmt: skip


def issue(office, carriers, receiver, name="l/会"):
    return office.tell(
        "06-02 09:00",
        "transferred.circulate",
        on=[*carriers, name],
        who={"giver": "李敏", "receiver": receiver},
        mode="face_to_face",
    )


def collect(office, carriers, giver, at="06-02 11:30", name="l/会"):
    return office.tell(
        at, "returned.to_keeper", on=[*carriers, name], who={"giver": giver, "receiver": "李敏"}, reason="meeting"
    )


def test_mtg_1_attendees_and_venue():
    office = made()
    first = meeting(office)
    issue(office, ["c/1"], "陈")
    other = issue(office, ["c/2", "c/3"], "吴")
    found = office.judge("MTG-1").findings
    assert [(f.subject, f.severity, f.evidence) for f in found] == [("l/会", "high", (first, other))]
    assert "非参会人员 p/吴：c/2、c/3" in found[0].message_zh
    outside = made()
    where = meeting(outside, place="w/广场")
    assert [(f.evidence, "w/广场" in f.message_zh) for f in outside.judge("MTG-1").findings] == [((where,), True)]
    unknown = made()
    meeting(unknown, place="w/某处")
    assert unknown.found("MTG-1") == []


def test_mtg_2_papers_are_cleared():
    office = made()
    first = meeting(office)
    issued = [issue(office, [f"c/{n}"], person) for n, person in ((1, "陈"), (2, "孙"), (3, "陈"))]
    collect(office, ["c/1"], "陈")
    office.tell("06-02 12:00", "transferred.hold", on=["c/3"], who={"giver": "李敏", "receiver": "陈"}, reason="落实")
    assert office.due("MTG-2", as_of="06-02 20:00") == [("MTG-2", "l/会", local("06-03") - 1)]
    found = office.judge("MTG-2", as_of="06-03 00:01").findings
    assert [(f.subject, f.severity, f.evidence) for f in found] == [("l/会", "high", (first, issued[1]))]
    assert "c/2" in found[0].message_zh
    collect(office, ["c/2"], "孙", at="06-04 09:00")
    assert office.found("MTG-2", state="closed") == [("MTG-2", "l/会")]
    tidy = made()
    meeting(tidy)
    issue(tidy, ["c/1"], "陈")
    collect(tidy, ["c/1"], "陈")
    assert tidy.found("MTG-2") == []


def test_a_list_of_no_meeting_is_none():
    office = made()
    issue(office, ["c/1"], "陈", name="l/清")
    with office.facts() as facts:
        for rule in ("MTG-1", "MTG-2"):
            assert list(RULES[rule].judge(facts, "l/清")) == []


def test_open_papers_may_be_taken_along():
    office = Office(POLICY)
    receive(office, "03-03 09:00", ["c/1"], "d/1", level="无密")
    meeting(office)
    issue(office, ["c/1"], "吴")
    assert office.found("MTG-1", "MTG-2") == []


def test_keepers_get_papers_to_hand_them_out():
    office = made()
    meeting(office)
    issue(office, ["c/1", "c/2"], "钱秘书")
    office.tell(
        "06-02 09:10",
        "transferred.circulate",
        on=["c/1", "l/会"],
        who={"giver": "钱秘书", "receiver": "陈"},
        mode="face_to_face",
    )
    collect(office, ["c/1"], "陈")
    assert office.found("MTG-1", "MTG-2") == []


def test_what_is_passed_on_is_not_cleared():
    office = made()
    meeting(office)
    issue(office, ["c/1", "c/2"], "陈")
    for carrier, receiver in (("c/1", "许"), ("c/2", "李敏")):
        office.tell(
            "06-02 11:00",
            "transferred.hand_over",
            on=[carrier],
            who={"giver": "陈", "receiver": receiver},
            reason="passing_on",
        )
    assert "1件未收回：c/1" in office.judge("MTG-2").findings[0].message_zh


def test_a_paper_entered_late_had_come_back():
    office = made()
    meeting(office)
    collect(office, ["c/1"], "陈")
    office.tell(
        "06-02 09:00", "transferred.circulate", on=["c/1", "l/会"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face",
        recorded="06-02 18:00", late_reason="停电",
    )  # fmt: skip
    assert office.found("MTG-2") == []
