"""The worked examples S1 to S10: what custody must know of each, at several moments."""

from __future__ import annotations

import pytest

from tests.scenarios import Story, local


def item(carrier, **more):
    return {"carrier": carrier, "form": "document", **more}


def who_when(custody, carrier):
    """(person, phase, from, to) of the intervals, with local times in minutes."""

    def minute(us):
        return None if us is None else (us - local("01-01")) // 60_000_000

    return [
        (row.person.removeprefix("p/"), row.phase, minute(row.from_us), minute(row.to_us))
        for row in custody.intervals(carrier)
    ]


def at(text):
    return (local(text) - local("01-01")) // 60_000_000


@pytest.fixture
def story():
    return Story()


def received(story, carriers, document=None, **more):
    fields = {"document": document} if document else {}
    story.tell(
        "03-03 09:10", "created.received", on=carriers, who={"receiver": "李敏", "giver": "省交换员"}, sender="u/省委",
        channel="exchange", listed=len(carriers), found=len(carriers), seal="intact", level=more.pop("level", "机密"),
        items=[item(carrier, copy_no=carrier.removeprefix("c/").zfill(6), **fields) for carrier in carriers], **more,
    )  # fmt: skip


def circulation(story, reader, carrier, out, back):
    story.tell(
        out, "transferred.circulate", on=[carrier], who={"giver": "李敏", "receiver": reader}, mode="face_to_face"
    )
    story.tell(back, "returned.to_keeper", on=[carrier], who={"giver": reader, "receiver": "李敏"}, reason="reading")


def _registered(story):
    story.tell(
        "03-03 09:12", "registered.document", on=["c/87", "c/88", "d/省委7"], who={"registrar": "李敏"}, register="收文2025",
        serial=31, document={
            "title": "通知", "type": "official", "issuer": "u/省委", "tier": "province", "level": "机密", "term": "10年",
            "issue_date": "2025-02-26", "doc_no": "省委〔2025〕7号", "return_required": True, "return_due": "2025-12-20",
        },
    )  # fmt: skip


def test_s1_circulation_and_yearly_return(story):
    received(story, ["c/87", "c/88"])
    _registered(story)
    story.tell(
        "03-03 09:40", "decided.route", on=["d/省委7"], who={"approver": "周书记"}, step="approved",
        recipients=["p/陈", "p/孙", "p/吴"],
    )  # fmt: skip
    story.tell(
        "03-03 09:41", "decided.scope", on=["d/省委7"], who={"approver": "周书记"}, step="approved", change="set",
        scope={"persons": ["p/陈", "p/孙", "p/吴"]},
    )  # fmt: skip
    for reader, out, back in (
        ("陈", "03-03 10:00", "03-03 10:40"), ("孙", "03-03 10:50", "03-03 11:20"), ("吴", "03-03 14:00", "03-03 14:30"),
    ):  # fmt: skip
        circulation(story, reader, "c/87", out, back)
    story.tell("03-03 14:35", "transferred.store", on=["c/87", "c/88"], who={"registrar": "李敏"}, place="w/G1")
    story.tell(
        "03-28 15:00", "checked.inventory", on=["l/盘2025-1", "u/本镇"], who={"operator": ["李敏", "赵强"]}, place="w/G1",
        occasion="regular", found=["c/87", "c/88"],
    )  # fmt: skip
    story.tell(
        "03-28 16:00",
        "listed.added",
        on=["l/清2025-1", "u/本镇"],
        who={"registrar": "李敏"},
        purpose="clear",
        items=[],
        total=0,
    )
    before = story.custody()
    assert before.carrier("c/87").phase == "in_stock"
    assert [state.carrier for state in before.held_by("p/李敏")] == ["c/87", "c/88"]
    assert before.balance("d/省委7").in_stock == 2
    story.tell(
        "12-10 10:00", "returned.to_issuer", on=["c/87", "c/88"], who={"giver": "李敏", "receiver": "省机要员"},
        to="u/省委",
    )  # fmt: skip

    custody = story.custody()
    assert who_when(custody, "c/87") == [
        ("李敏", "in_stock", at("03-03 09:10"), at("03-03 10:00")),
        ("陈", "in_circulation", at("03-03 10:00"), at("03-03 10:40")),
        ("李敏", "in_stock", at("03-03 10:40"), at("03-03 10:50")),
        ("孙", "in_circulation", at("03-03 10:50"), at("03-03 11:20")),
        ("李敏", "in_stock", at("03-03 11:20"), at("03-03 14:00")),
        ("吴", "in_circulation", at("03-03 14:00"), at("03-03 14:30")),
        ("李敏", "in_stock", at("03-03 14:30"), at("03-03 14:35")),
        ("李敏", "in_stock", at("03-03 14:35"), at("12-10 10:00")),
        ("省机要员", "returned_to_issuer", at("12-10 10:00"), None),
    ]
    assert {row.evidence for row in custody.intervals("c/87")} == {2}
    now = custody.carrier("c/87")
    assert (now.phase, now.level, now.term, now.evidence) == ("returned_to_issuer", "机密", "10年", "both")
    then = custody.carrier("c/87", as_of_us=local("03-03 11:00"))
    assert (then.holder, then.phase, then.place) == ("p/孙", "in_circulation", None)
    assert custody.carrier("c/87", as_of_us=local("06-01")).place == "w/G1"
    assert custody.carrier("c/87", as_of_us=local("03-03 09:00")) is None
    balance = custody.balance("d/省委7")
    assert (balance.received, balance.registered, balance.total) == (2, 2, 2)
    assert balance.phases == {"returned_to_issuer": 2}
    met = custody.holders("d/省委7", start_us=local("03-03 09:30"), end_us=local("03-04"))
    assert {row.person for row in met.held if row.phase == "in_circulation"} == {"p/陈", "p/孙", "p/吴"}
    assert {(row.person, row.why) for row in met.could_have} == {
        (person, why) for person in ("p/陈", "p/孙", "p/吴") for why in ("scope", "route")
    }
    narrow = custody.holders("d/省委7", start_us=local("03-03 10:45"), end_us=local("03-03 10:55"))
    assert {row.person for row in narrow.held} == {"p/李敏", "p/孙"}


def test_s2_passed_on_unsaid_and_said(story):
    received(story, ["c/87", "c/88"])
    for carrier in ("c/87", "c/88"):
        story.tell(
            "03-04 09:00",
            "transferred.circulate",
            on=[carrier],
            who={"giver": "李敏", "receiver": "陈"},
            mode="face_to_face",
        )
    story.tell(
        "03-04 11:00", "transferred.hand_over", on=["c/88"], who={"giver": "陈", "receiver": "孙"}, reason="passing_on"
    )
    for carrier in ("c/87", "c/88"):
        story.tell(
            "03-04 15:00", "returned.to_keeper", on=[carrier], who={"giver": "孙", "receiver": "李敏"}, reason="reading"
        )
    custody = story.custody()
    assert who_when(custody, "c/87")[1:] == [
        ("陈", "in_circulation", at("03-04 09:00"), at("03-04 15:00")),
        ("李敏", "in_stock", at("03-04 15:00"), None),
    ]
    assert who_when(custody, "c/88")[1:] == [
        ("陈", "in_circulation", at("03-04 09:00"), at("03-04 11:00")),
        ("孙", "in_circulation", at("03-04 11:00"), at("03-04 15:00")),
        ("李敏", "in_stock", at("03-04 15:00"), None),
    ]


def test_s3_overdue_loan(story):
    received(story, ["c/R1"], level="秘密")
    story.tell(
        "05-06 09:00", "decided.permit", id="p1", on=["c/R1"], who={"approver": "郑院长", "proposer": "许"}, step="approved",
        act="lend", until="05-13 18:00",
    )  # fmt: skip
    lent = story.tell(
        "05-06 10:00", "transferred.lend", id="b1", on=["c/R1"], who={"giver": "钱秘书", "receiver": "许"}, refs=["p1"],
        purpose="课题", depth="take_away", due="05-13 18:00", pages=24,
    )  # fmt: skip
    story.tell(
        "05-17 09:00", "notified.sent", on=["c/R1"], who={"registrar": "钱秘书"}, refs=["b1"], topic="urge", to=["p/许"],
        channel="phone",
    )  # fmt: skip
    out = story.custody().carrier("c/R1")
    assert (out.phase, out.holder, out.due_us, out.since_index) == ("on_loan", "p/许", local("05-13 18:00"), lent)
    story.tell(
        "05-22 16:00",
        "returned.to_keeper",
        on=["c/R1"],
        who={"giver": "许", "receiver": "钱秘书"},
        refs=["b1"],
        reason="loan",
    )
    custody = story.custody()
    assert custody.carrier("c/R1").due_us is None
    assert custody.carrier("c/R1", as_of_us=local("05-21")).due_us == local("05-13 18:00")
    assert custody.carrier("c/R1").holder == "p/钱秘书"


def test_s4_top_secret_in_an_office(story):
    received(story, ["c/T1"], level="绝密")
    story.tell(
        "04-08 09:00", "transferred.circulate", on=["c/T1"], who={"giver": "钱秘书", "receiver": "朱"}, mode="face_to_face",
        place="w/办公室301",
    )  # fmt: skip
    story.tell(
        "04-08 09:05",
        "accessed.read",
        id="r",
        on=["c/T1"],
        who={"reader": "朱", "registrar": "钱秘书"},
        how="read",
        place="w/办公室301",
    )
    story.tell(
        "04-09 09:30", "transferred.lend", on=["c/T1"], who={"giver": "钱秘书", "receiver": "朱"}, purpose="起草",
        depth="take_away", due="04-11 18:00",
    )  # fmt: skip
    custody = story.custody()
    assert [
        (r.person, r.place, r.out_us)
        for r in custody.holders("c/T1", start_us=local("04-08"), end_us=local("04-09")).read
    ] == [("p/朱", "w/办公室301", None)]
    now = custody.carrier("c/T1")
    assert (now.phase, now.level, now.holder, now.place) == ("on_loan", "绝密", "p/朱", None)
    assert custody.carrier("c/T1", as_of_us=local("04-08 12:00")).place == "w/办公室301"


def test_s5_over_print_and_dispatch(story):
    for step, role, name, refs in (
        ("proposed", "proposer", "赵强", []), ("reviewed", "reviewer", "何副书记", ["proposed"]),
        ("approved", "approver", "何副书记", ["reviewed"]),
    ):  # fmt: skip
        story.tell(
            "06-03 08:30", "decided.classify", id=step, on=["d/镇12"], who={role: name}, refs=refs, step=step, level="秘密",
            term="15年", classification="original",
        )  # fmt: skip
    assert story.custody().document("d/镇12").phase == "approved"
    carriers = [f"c/M{number}" for number in range(1, 32)]
    story.tell(
        "06-03 11:00", "created.produced", on=[*carriers, "d/镇12", "c/PC-1"], who={"operator": "赵强", "registrar": "李敏"},
        place="w/文印室", device="c/PC-1", level="秘密", distribution=["u/甲村", "u/乙村"],
        items=[item(carrier, document="d/镇12", copy_no=carrier[3:]) for carrier in carriers],
    )  # fmt: skip
    story.tell(
        "06-03 11:30", "registered.document", on=["d/镇12"], who={"registrar": "李敏"}, register="发文2025", serial=12,
        document={
            "title": "方案", "type": "official", "issuer": "u/本镇", "level": "秘密", "term": "15年",
            "doc_no": "镇发〔2025〕12号", "issue_date": "2025-06-03", "copies": 30,
        },
    )  # fmt: skip
    for carrier in carriers[:28]:
        story.tell(
            "06-04 09:00", "transferred.dispatch", on=[carrier], who={"giver": "李敏", "receiver": "甲村文书"},
            to="u/甲村", channel="by_hand",
        )  # fmt: skip
    story.tell(
        "06-04 10:00", "transferred.dispatch", on=["c/M31"], who={"giver": "李敏"}, to="u/乙村", channel="courier"
    )
    custody = story.custody()
    assert custody.carrier("c/PC-1") is None
    balance = custody.balance("d/镇12")
    assert (balance.made, balance.stated, balance.total) == (31, 30, 31)
    assert balance.phases == {"issued_out": 28, "in_transit": 1, "in_stock": 2}
    sent = custody.carrier("c/M31")
    assert (sent.phase, sent.holder, sent.unit, sent.evidence) == ("in_transit", None, "u/乙村", "one")
    issued = custody.carrier("c/M1")
    assert (issued.phase, issued.holder, issued.unit, issued.evidence) == ("issued_out", "p/甲村文书", "u/甲村", "both")
    assert custody.balance("d/镇12", as_of_us=local("06-04 08:00")).phases == {"in_stock": 31}
    met = custody.holders("d/镇12", start_us=local("06-05"), end_us=local("06-06"))
    assert [(row.person, row.why, row.detail) for row in met.could_have] == [(None, "in_transit", "u/乙村")]
    story.tell("06-06 10:00", "transferred.receipt", on=["c/M31"], who={"receiver": "甲村文书"}, found=1)
    got = story.custody().carrier("c/M31")
    assert (got.phase, got.holder, got.unit, got.evidence) == ("issued_out", "p/甲村文书", "u/乙村", "both")


def test_s6_copies_and_lineage(story):
    received(story, ["c/O"], "d/报告5", level="秘密")
    story.tell(
        "09-01 10:00", "copied.made", on=["c/K1", "c/K2", "c/O", "d/报告5", "c/复印机1"], who={"operator": "秦", "registrar": "钱秘书"},
        method="copy", parents=["c/O"], level="秘密", term="10年", device="c/复印机1", due="09-15 18:00",
        items=[item("c/K1", document="d/报告5", copy_no="K1"), item("c/K2", document="d/报告5", copy_no="K2")],
    )  # fmt: skip
    story.tell(
        "09-12 09:00", "returned.to_keeper", on=["c/K1"], who={"giver": "秦", "receiver": "钱秘书"}, reason="reading"
    )
    custody = story.custody()
    assert [(edge.parent, edge.child, edge.method) for edge in custody.lineage("c/O").descendants] == [
        ("c/O", "c/K1", "copy"), ("c/O", "c/K2", "copy"),
    ]  # fmt: skip
    assert [edge.parent for edge in custody.lineage("c/K1").ancestors] == ["c/O"]
    assert custody.carrier("c/K2").due_us == local("09-15 18:00")
    assert custody.carrier("c/K1").due_us is None
    assert custody.carrier("c/O").since_us == local("03-03 09:10")
    assert custody.balance("d/报告5").made == 2


def test_s7_stick_with_higher_content(story):
    story.tell(
        "06-02 09:00", "created.equipment", on=["c/M-07"], who={"registrar": "李敏", "receiver": "吴"}, form="usb_stick",
        number="M-07", register="介质", serial=7, unit="u/党政办", level="秘密", term="5年",
    )  # fmt: skip
    assert story.custody().carrier("c/M-07").holder == "p/吴"
    story.tell(
        "07-01 10:00", "copied.stored", on=["c/M-07", "c/PC-2"], who={"operator": "吴", "approver": "何副书记"}, what="数据",
        level="机密", form_no="F12", device="c/PC-2",
    )  # fmt: skip
    story.tell(
        "07-02 09:00", "transferred.take_out", on=["c/M-07"], who={"giver": "李敏", "receiver": "吴"}, destination="w/市局",
        reason="报送", due="07-04 18:00", measures=["密码箱"],
    )  # fmt: skip
    custody = story.custody()
    out = custody.carrier("c/M-07")
    assert (out.phase, out.holder, out.place, out.level) == ("out", "p/吴", "w/市局", "机密")
    assert (out.own_level, out.stored_level, out.number) == ("秘密", "机密", "M-07")
    assert custody.carrier("c/M-07", as_of_us=local("06-15")).level == "秘密"
    assert custody.carrier("c/PC-2") is None
    story.tell(
        "07-04 16:00", "returned.to_keeper", on=["c/M-07"], who={"giver": "吴", "receiver": "李敏"}, reason="take_out"
    )
    story.tell("07-05 16:00", "destroyed.contents", on=["c/M-07"], who={"operator": "吴"}, method="overwrite")
    custody = story.custody()
    assert custody.carrier("c/M-07").level == "秘密"
    assert custody.carrier("c/M-07", as_of_us=local("07-05")).level == "机密"


def test_s8_lawful_destruction(story):
    carriers = [f"c/A{number}" for number in range(1, 13)]
    received(story, carriers, "d/旧1", level="秘密")
    listed = [{"carrier": carrier, "reason": "no_longer_needed"} for carrier in carriers]
    story.tell(
        "11-03 09:00",
        "listed.added",
        on=[*carriers, "l/X-2025-02"],
        who={"registrar": "李敏"},
        purpose="destroy",
        total=12,
        items=listed,
    )
    assert story.custody().carrier("c/A1").phase == "pending_destruction"
    story.tell(
        "11-04 09:00", "decided.permit", id="x1", on=["l/X-2025-02"], who={"approver": "何副书记", "proposer": "李敏"},
        step="approved", act="destroy", count=12,
    )  # fmt: skip
    custody = story.custody()
    assert custody.carrier("c/A1").phase == "destruction_approved"
    assert [state.carrier for state in custody.carriers(phase="destruction_approved")] == sorted(carriers)
    assert custody.carrier("c/A1").custody_phase == "in_stock"
    story.tell(
        "11-06 09:00", "transferred.send_to_destruction", on=[*carriers, "l/X-2025-02"],
        who={"giver": "李敏", "escort": ["李敏", "赵强"], "receiver": "销毁中心员"}, to="u/市保密局", receipt_no="R-551",
    )  # fmt: skip
    sent = story.custody().carrier("c/A1")
    assert (sent.phase, sent.holder, sent.unit, sent.evidence) == (
        "sent_for_destruction",
        "p/销毁中心员",
        "u/市保密局",
        "both",
    )
    story.tell(
        "11-06 11:00", "destroyed.carriers", on=[*carriers, "l/X-2025-02"],
        who={"supervisor": ["李敏", "赵强"], "operator": "销毁中心员"}, refs=["x1"], place="w/市销毁中心", unit="u/市保密局",
        method="pulp",
    )  # fmt: skip
    custody = story.custody()
    gone = custody.carrier("c/A12")
    assert (gone.phase, gone.holder, gone.place, gone.evidence) == ("destroyed", None, "w/市销毁中心", "both")
    assert custody.balance("d/旧1").phases == {"destroyed": 12}
    assert custody.carrier("c/A1", as_of_us=local("11-03 12:00")).phase == "pending_destruction"
    assert custody.carrier("c/A1", as_of_us=local("11-05")).phase == "destruction_approved"
    assert custody.carrier("c/A1", as_of_us=local("11-02")).phase == "in_stock"
    known = custody.list("l/X-2025-02")
    assert (known.purpose, known.total, known.items) == ("destroy", 12, tuple(sorted(carriers)))


def test_s9_departure(story):
    carriers = [f"c/H{number}" for number in range(1, 39)]
    received(story, carriers, "d/集")
    story.tell("03-04 09:00", "transferred.store", on=carriers, who={"registrar": "李敏"}, place="w/G1")
    assert len(story.custody().held_by("p/李敏")) == 38
    story.tell(
        "08-29 09:00", "transferred.hand_over", on=[*carriers[:36], "l/移交-李敏"], who={"giver": "李敏", "receiver": "赵强"},
        reason="leaving",
    )  # fmt: skip
    story.office("08-31 18:00", "departed", person="p/李敏", reason="retired")
    story.tell("09-02 09:00", "transferred.store", on=["c/H1"], who={"registrar": "李敏"}, place="w/G2")
    custody = story.custody()
    assert [state.carrier for state in custody.held_by("p/李敏", as_of_us=local("08-31 18:00"))] == ["c/H37", "c/H38"]
    assert len(custody.held_by("p/李敏", as_of_us=local("08-29 08:00"))) == 38
    assert len(custody.held_by("p/赵强", as_of_us=local("08-30"))) == 36
    first = custody.carrier("c/H1")
    assert (first.holder, first.place, first.phase, first.evidence) == ("p/赵强", "w/G2", "in_stock", "one")
    assert custody.carrier("c/H2").place == "w/G1"
    assert story.people().departed_us("p/李敏")[0] == local("08-31 18:00") + 59_999_999


def test_s10_level_lowered(story):
    received(story, ["c/E1", "c/E2"], "d/本5")
    story.tell(
        "03-03 09:12", "registered.document", on=["d/本5"], who={"registrar": "李敏"}, register="发文", serial=5,
        document={"title": "五", "issuer": "u/本镇", "level": "机密", "term": "20年", "issue_date": "2020-06-15"},
    )  # fmt: skip
    for step, role, name, refs, when in (
        ("proposed", "proposer", "赵强", [], "03-03 10:00"), ("reviewed", "reviewer", "何副书记", ["proposed"], "03-06 09:00"),
        ("approved", "approver", "周书记", ["reviewed"], "03-10 09:00"),
    ):  # fmt: skip
        story.tell(
            when, "decided.reclassify", id=step, on=["d/本5"], who={role: name}, refs=refs, step=step, change="lowered",
            level="秘密", term="5年", ground="harm_changed",
        )  # fmt: skip
    custody = story.custody()
    for carrier in ("c/E1", "c/E2"):
        assert custody.carrier(carrier).level == "秘密"
        assert custody.carrier(carrier).term == "5年"
        assert custody.carrier(carrier, as_of_us=local("03-09")).level == "机密"
    document = custody.document("d/本5")
    assert (document.level, document.change, document.decided_us) == ("秘密", "lowered", local("03-10 09:00"))
    assert custody.document("d/本5", as_of_us=local("03-09")).level == "机密"
    assert custody.document("d/本5", as_of_index=document.registered_index).term == "20年"
