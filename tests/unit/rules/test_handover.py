"""HND: leaving, change of post, hand-overs; with S9."""

from __future__ import annotations

from chainlog.log.drafting import prepare
from chainlog.rules.rule import RULES
from tests.offices import Office, receive
from tests.scenarios import local
from tests.signers import signer

POLICY = {
    "custody.office": "registrar", "within.account_reset": "3d", "posts.secrecy_officer": ["registrar", "dept_officer"],
    "posts.certified": "registrar",
}  # fmt: skip


def made(posts=None, **parameters):
    return Office({**POLICY, **parameters}, posts=posts)


def hand_over(office, carriers, *, at="08-29 09:00", giver="李敏", receiver="赵强", on=(), reason="leaving", **more):
    return office.tell(
        at,
        "transferred.hand_over",
        on=[*carriers, *on],
        who={"giver": giver, "receiver": receiver},
        reason=reason,
        **more,
    )


def departed(office, person="李敏", at="08-31 18:00"):
    return office.office(at, "departed", person=f"p/{person}", reason="retired")


def talk(office, person="李敏", at="08-28 09:00", topic="departure", on="u/镇"):
    return office.tell(
        at, "notified.sent", on=[on], who={"registrar": "王宁"}, topic=topic, to=[f"p/{person}"], channel="by_hand"
    )


def one(office, rule, subject, *, as_of="12-31 23:00"):
    found = [f for f in office.judge(rule, as_of=as_of).findings if f.subject == subject]
    assert len(found) == 1, [(f.subject, f.message_zh) for f in found]
    return found[0]


def mine():
    return [rule for rule in RULES if rule.startswith(("HND", "PER", "REC", "INT", "LEK", "DES"))]


def test_s9_departure():
    office = made(posts={"钱秘书": None})
    carriers = [f"c/H{n}" for n in range(1, 39)]
    first = receive(office, "03-03 09:00", carriers[:37], "d/集", level="机密")
    stick = office.tell(
        "03-03 10:00", "created.equipment", on=["c/H38"], who={"registrar": "李敏", "receiver": "李敏"}, form="usb_stick",
        number="M-07", register="介质", serial=7, unit="u/镇", level="秘密",
    )  # fmt: skip
    part = {"number": 1, "of": 1, "whole": bytes(32)}
    given = hand_over(office, carriers[:36], on=["l/移交-李敏"], part=part)
    left = departed(office)
    stored = office.tell("09-02 09:00", "transferred.store", on=["c/H1"], who={"registrar": "李敏"}, place="w/G1")
    expected = [("HND-1", "p/李敏"), ("HND-2", "p/李敏"), ("HND-3", "p/李敏"), ("HND-6", "p/李敏"), ("PER-1", "u/镇")]
    # Whom nobody certified is not asked about here: the story doesn't tell of certificates.
    assert office.found(*[rule for rule in mine() if rule != "PER-2"]) == expected
    two = one(office, "HND-2", "p/李敏")
    assert (two.severity, two.evidence, "c/H37、c/H38" in two.message_zh) == ("critical", (given,), True)
    rest = one(office, "HND-1", "p/李敏")
    assert (rest.severity, rest.evidence) == ("critical", (first, stick, left))
    assert "2件" in rest.message_zh
    assert (one(office, "HND-3", "p/李敏").severity, one(office, "HND-3", "p/李敏").evidence) == ("medium", (left,))
    assert one(office, "HND-6", "p/李敏").evidence == (left, stored)
    assert office.found(*mine(), as_of="08-31 17:00") == [("PER-2", "p/李敏")]
    assert "p/赵强" in one(office, "PER-1", "u/镇").message_zh


def test_hnd_1_and_2_are_kept_or_mended():
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    hand_over(office, ["c/1", "c/2"])
    office.tell(
        "08-30 09:00",
        "returned.to_issuer",
        on=["c/3", "d/1"],
        who={"giver": "李敏", "receiver": "省机要员"},
        to="u/省委",
    )
    departed(office)
    assert office.found("HND-1", "HND-2") == []
    # Another one, who hands over the rest after he left.
    receive(office, "03-04 09:00", ["c/4", "c/5"], "d/2")
    office.tell(
        "03-05 09:00",
        "transferred.hand_over",
        on=["c/4", "c/5"],
        who={"giver": "李敏", "receiver": "王宁"},
        reason="interdepartmental",
    )
    hand_over(office, ["c/4"], giver="王宁", at="09-29 09:00")
    departed(office, "王宁", at="09-30 18:00")
    assert one(office, "HND-1", "p/王宁").state == "open"
    assert "c/5" in one(office, "HND-2", "p/王宁").message_zh
    hand_over(office, ["c/5"], giver="王宁", at="10-09 09:00")
    assert office.found("HND-1", "HND-2", state="closed") == [("HND-1", "p/王宁"), ("HND-2", "p/王宁")]


def test_hnd_1_when_a_keeper_ceases_to_be_one():
    office = made()
    office.appoint("冯", "registrar", valid_to="2025-06-30")
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    office.tell(
        "03-05 09:00",
        "transferred.hand_over",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "冯"},
        reason="interdepartmental",
    )
    assert office.found("HND-1", as_of="06-30 23:00") == []
    assert "不再任保管岗位" in one(office, "HND-1", "p/冯", as_of="07-01 01:00").message_zh
    office.appoint("冯", "registrar", since="2025-07-01")
    assert office.found("HND-1", as_of="07-02") == []


def test_hnd_2_of_a_list():
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    office.tell(
        "08-28 09:00", "listed.added", on=["c/1", "c/2", "l/移"], who={"registrar": "李敏"}, purpose="hand_over", total=2,
        items=[{"carrier": "c/1"}, {"carrier": "c/2"}],
    )  # fmt: skip
    assert office.found("HND-2") == []
    given = hand_over(office, ["c/1", "c/3"], on=["l/移"], reason="reassignment")
    found = office.judge("HND-2").findings
    assert [(f.subject, f.evidence) for f in found] == [("l/移", (given,))] * 2
    assert {f.message_zh.rpartition("：")[2] for f in found} == {"c/2", "c/3"}
    again = made()
    receive(again, "03-03 09:00", ["c/1", "c/2"], "d/1")
    again.tell(
        "08-28 09:00", "listed.added", on=["c/1", "c/2", "l/移"], who={"registrar": "李敏"}, purpose="hand_over", total=2,
        items=[{"carrier": "c/1"}, {"carrier": "c/2"}],
    )  # fmt: skip
    for n in (1, 2):
        hand_over(again, [f"c/{n}"], on=["l/移"], part={"number": n, "of": 2, "whole": bytes(32)})
        assert again.found("HND-2") == []


def test_hnd_3_reminder_talk():
    office = made()
    talk(office, "李敏")
    departed(office, "李敏")
    talk(office, "赵强", topic="other")
    gone = departed(office, "赵强")
    departed(office, "王宁")
    late = talk(office, "王宁", at="09-03 09:00")
    found = {f.subject: (f.state, f.evidence) for f in office.judge("HND-3").findings}
    assert found == {"p/赵强": ("open", (gone,)), "p/王宁": ("closed", (gone + 1, late))}


def test_hnd_3_a_talk_entered_beside_what_the_person_had():
    """At a carrier that the person has or brought back, or at its document."""
    office = made()
    for number, person in enumerate(("陈", "孙", "吴"), 1):
        receive(office, f"03-03 1{number}:00", [f"c/谈{number}"], f"d/谈{number}")
        office.tell(
            f"04-01 1{number}:00", "transferred.circulate", on=[f"c/谈{number}"], who={"giver": "李敏", "receiver": person},
            mode="face_to_face",
        )  # fmt: skip
        if number > 1:
            office.tell(
                f"04-02 1{number}:00", "returned.to_keeper", on=[f"c/谈{number}"], who={"giver": person, "receiver": "李敏"},
                reason="reading",
            )  # fmt: skip
        on = f"d/谈{number}" if number == 3 else f"c/谈{number}"
        talk(office, person, on=on)
        departed(office, person)
    assert office.found("HND-3") == []


def test_hnd_4_accounts_are_reset():
    office = made()
    for n, form in ((1, "computer"), (2, "laptop"), (3, "usb_stick")):
        office.tell(
            "03-03 10:00", "created.equipment", on=[f"c/{n}"], who={"registrar": "李敏", "receiver": "李敏"}, form=form,
            number=str(n), register="设备", serial=n, unit="u/镇", level="无密",
        )  # fmt: skip
    given = hand_over(office, ["c/1", "c/2", "c/3"])
    assert office.due("HND-4", as_of="08-30") == [(("HND-4"), f"c/{n}", local("09-02") - 1) for n in (1, 2)]
    assert office.found("HND-4", as_of="09-01 23:00") == []
    office.tell("08-30 09:00", "checked.inspection", on=["c/1"], who={"operator": "赵强"}, topic="accounts")
    assert one(office, "HND-4", "c/2", as_of="09-02 01:00").evidence == (given,)
    assert office.found("HND-4") == [("HND-4", "c/2")]
    office.tell("09-10 09:00", "checked.inspection", on=["u/镇"], who={"operator": "赵强"}, topic="accounts")
    assert one(office, "HND-4", "c/2").state == "closed"


def test_hnd_5_receiver_signs():
    office = made(**{"sign.transferred.hand_over": ["giver", "receiver"]})
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 6)], "d/1")
    hand_over(office, ["c/1"])
    unsigned = hand_over(office, ["c/2", "c/3"], unsigned=["赵强"], id="h2")
    hand_over(office, ["c/4"], unsigned=["赵强"], reason="interdepartmental")
    found = one(office, "HND-5", "c/2")
    assert (found.evidence, found.severity, found.state) == ((unsigned,), "high", "open")
    assert "2件未经接收人" in found.message_zh
    assert office.found("HND-5") == [("HND-5", "c/2")]
    office.tell("08-30 09:00", "countersigned", on=["c/2", "c/3"], who={"receiver": "赵强"}, refs=["h2"])
    assert one(office, "HND-5", "c/2").state == "closed"
    strict = made(**{"sign.transferred.hand_over": ["giver", "receiver", "witness"]})
    receive(strict, "03-03 09:00", ["c/1", "c/2"], "d/1")
    hand_over(strict, ["c/1"])
    strict.tell(
        "08-29 09:00", "transferred.hand_over", on=["c/2"], reason="leaving",
        who={"giver": "李敏", "receiver": "赵强", "witness": "王宁"},
    )  # fmt: skip
    assert "监交人" in one(strict, "HND-5", "c/1").message_zh
    assert strict.found("HND-5") == [("HND-5", "c/1")]


def test_hnd_6_who_left_signs_nothing():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    left = departed(office, at="05-01 18:00")
    office.appoint("李敏", "registrar", since="2025-07-01")
    at_home = office.tell("06-01 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1")
    office.tell("07-02 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/铁柜")
    office.tell("07-03 09:00", "transferred.store", on=["c/1"], who={"registrar": "赵强"}, place="w/铁柜")
    assert one(office, "HND-6", "p/李敏").evidence == (left, at_home)
    # Announced beforehand: until then everybody signs as ever.
    ahead = made()
    receive(ahead, "03-03 09:00", ["c/1"], "d/1")
    ahead.tell(
        "08-31 18:00",
        "departed",
        who={"administrator": ["p/A1", "p/A2"]},
        person="p/李敏",
        reason="retired",
        recorded="08-01",
    )
    ahead.tell("08-20 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1")
    assert ahead.found("HND-6") == []
    ahead.tell("09-01 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/铁柜")
    assert ahead.found("HND-6") == [("HND-6", "p/李敏")]


def test_hnd_6_a_time_before_leaving_proves_nothing_on_a_base_after_it():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    left = departed(office, at="05-01 18:00")
    clock = office.log.clock
    clock.now_us = local("05-01 17:00")
    with office.handle.store.snapshot() as snapshot:
        event = prepare(
            snapshot, "transferred.store", body={"place": "w/G1"}, people=[("registrar", "p/李敏", 1)], subjects=["c/1"],
            now_us=clock.now_us, occurred=(local("05-01 17:00"), 0),
        )  # fmt: skip
    draft = office.handle.draft(event).sign(
        signer("p/李敏"), role="registrar", person="p/李敏", signed_at_us=local("05-01 17:00")
    )
    clock.now_us = local("05-03 09:00")
    index = office.handle.append(draft).index
    with office.facts() as facts:
        assert max(at for _, _, at, _ in facts.at(index).signatures) < local("05-01 18:00")
    assert one(office, "HND-6", "p/李敏").evidence == (left, index)


def test_hnd_1_and_2_where_nobody_noted_when_somebody_left():
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    hand_over(office, ["c/1"], at="08-29 09:00")
    departed(office, at=None)
    assert office.found("HND-1", "HND-2") == [("HND-1", "p/李敏"), ("HND-2", "p/李敏")]


def test_open_papers_are_not_asked_for_on_leaving():
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1", level="无密")
    talk(office)
    hand_over(office, ["c/1"], at="08-30 09:00")
    office.tell(
        "08-30 10:00", "transferred.hand_over", on=["c/2"], who={"giver": "李敏", "receiver": "赵强"}, unsigned=["赵强"], reason="leaving"
    )  # fmt: skip
    departed(office)
    assert office.found("HND-1", "HND-2", "HND-5") == []
    receive(office, "03-03 09:00", ["c/密"], "d/2", recorded="09-01 09:00", late_reason="补登")
    assert office.found("HND-1", "HND-2") == [("HND-1", "p/李敏")]


def test_who_gives_up_the_post_goes_on_reading():
    office = made(posts={"李敏": None, "冯": None})
    for person in ("李敏", "冯"):
        office.appoint(person, "registrar", valid_to="2025-06-30")
    receive(office, "03-03 09:00", ["c/1"], "d/1", who={"receiver": "钱秘书", "giver": "省交换员"})
    receive(office, "03-03 09:00", ["c/2"], "d/2", who={"receiver": "冯", "giver": "省交换员"})
    office.tell(
        "06-20 09:00",
        "transferred.circulate",
        on=["c/1"],
        who={"giver": "钱秘书", "receiver": "李敏"},
        mode="face_to_face",
    )
    assert office.found("HND-1") == [("HND-1", "p/冯")]


def test_what_went_elsewhere_since_it_was_listed_is_not_lacking():
    office = made()
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    office.tell(
        "08-20 09:00", "listed.added", on=["l/移交", "c/1", "c/2", "c/3"], who={"registrar": "王宁"}, purpose="hand_over", total=3,
        items=[{"carrier": f"c/{n}"} for n in (1, 2, 3)],
    )  # fmt: skip
    office.tell(
        "08-25 09:00",
        "returned.to_issuer",
        on=["c/2", "d/1"],
        who={"giver": "李敏", "receiver": "省机要员"},
        to="u/省委",
    )
    hand_over(office, ["c/1"], on=["l/移交"])
    assert "清单所列未移交：c/3" in one(office, "HND-2", "l/移交").message_zh


def test_who_belongs_to_another_unit_has_the_talk_there():
    office = made()
    office.office("02-01 09:00", "declared.person", person="p/陈", name="陈", unit="u/甲村")
    for person in ("陈", "孙"):
        departed(office, person)
    assert office.found("HND-3") == [("HND-3", "p/孙")]


def test_accounts_are_reset_where_the_computer_is():
    office = made()
    for number, unit in ((1, "u/党政办"), (2, "u/镇")):
        office.tell(
            "03-03 10:00", "created.equipment", on=[f"c/PC{number}"], who={"registrar": "李敏", "receiver": "李敏"}, form="computer",
            number=f"P-{number}", register="设备", serial=number, unit=unit, level="秘密",
        )  # fmt: skip
        hand_over(office, [f"c/PC{number}"])
    office.tell("08-30 09:00", "checked.inspection", on=["u/党政办"], who={"operator": "赵强"}, topic="accounts")
    assert office.found("HND-4") == [("HND-4", "c/PC2")]
