"""TRN: by permitted channels and persons, signed on both sides, from who has it, never abroad or given away."""

from __future__ import annotations

import pytest

from tests.hand_outs import back, hand, produce, send
from tests.offices import Office, receive, register


def one(judgement, subject):
    """The only finding at a subject."""
    found = [finding for finding in judgement.findings if finding.subject == subject]
    assert len(found) == 1, found
    return found[0]


def parts(judgement, *fields):
    return [tuple(getattr(finding, name) for name in ("subject", *fields)) for finding in judgement.findings]


class TestChannels:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office(
            {"channels.forbidden": ["courier", "ordinary_post", "freight"], "channels.electronic": ["internet", "fax"]}
        )
        levels = {"秘密": "S", "机密": "C", "内部": "I", "无密": "N", "未标": "B"}
        for level, name in levels.items():
            produce(
                office, "03-03 09:00", *(f"c/{name}{number}" for number in range(4)), document=f"d/{name}", level=level
            )
        office.sent = {}
        for number, channel in enumerate(("courier", "fax", "confidential_post", "email")):
            for name in levels.values():
                carrier = f"c/{name}{number}"
                office.sent[carrier] = send(office, "03-04 09:00", carrier, to="u/省委", channel=channel)
        return office

    def test_ordinary_ways_for_state_secrets(self, office):
        judgement = office.judge("TRN-1")
        assert parts(judgement, "evidence", "severity") == [
            (carrier, (office.sent[carrier],), "critical") for carrier in ("c/C0", "c/S0")
        ]
        assert "机密载体经快递发往 u/省委" in one(judgement, "c/C0").message_zh

    def test_open_networks_for_work_secrets_too(self, office):
        judgement = office.judge("TRN-6")
        assert parts(judgement, "evidence") == [(c, (office.sent[c],)) for c in ("c/C1", "c/I1", "c/S1")]
        assert "内部载体经传真" in one(judgement, "c/I1").message_zh

    def test_the_level_of_that_day_counts(self):
        office = Office({"channels.forbidden": "courier", "channels.electronic": "fax"})
        produce(office, "03-03 09:00", "c/1", "c/2", document="d/1")
        send(office, "03-04 09:00", "c/1", to="u/省委", channel="courier")
        office.tell("03-05 09:00", "decided.reclassify", on=["d/1"], who={"approver": "周书记"}, step="approved",
                    change="declassified", level="无密")  # fmt: skip
        send(office, "03-06 09:00", "c/2", to="u/省委", channel="courier")
        assert office.found("TRN-1", "TRN-6") == [("TRN-1", "c/1")]

    def test_copies_without_numbers_are_judged_at_their_document(self):
        office = Office({"channels.forbidden": "courier", "channels.electronic": "fax"})
        register(office, "03-03 09:00", "d/1")
        for channel in ("courier", "fax"):
            office.sent = office.tell(
                "03-04 09:00", "transferred.dispatch", on=["d/1"], who={"giver": "李敏"}, to="u/省委", channel=channel,
                copies_unnumbered=2,
            )  # fmt: skip
        assert office.found("TRN-1", "TRN-6") == [("TRN-1", "d/1"), ("TRN-6", "d/1")]
        assert one(office.judge("TRN-6"), "d/1").evidence == (office.sent,)


class TestByMessenger:
    def test_who_carries_it(self):
        office = Office({"posts.messenger": ["registrar", "messenger"]})
        office.office("01-02 08:00", "declared.person", person="p/省机要员", name="机要员", unit="u/省委")
        office.office("01-02 08:00", "declared.person", person="p/陈", name="陈", unit="u/党政办")
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        produce(office, "03-03 09:01", "c/3", "c/4", "c/5", document="d/3")
        hand(office, "03-03 10:00", "孙", "c/1")
        wrong = hand(office, "03-03 10:01", "孙", "c/2", giver="赵强")
        send(office, "03-04 10:00", "c/3", who={"escort": ["黄", "省机要员"]})
        escort = send(office, "03-04 10:01", "c/4", who={"escort": ["黄", "陈"]})
        send(office, "03-04 10:02", "c/5", who={"escort": ["黄", "许"]})
        judgement = office.judge("TRN-2")
        assert parts(judgement, "evidence", "severity") == [("c/2", (wrong,), "medium"), ("c/4", (escort,), "medium")]
        assert "p/赵强" in one(judgement, "c/2").message_zh
        assert "p/陈" in one(judgement, "c/4").message_zh

    def test_by_level(self):
        office = Office({"posts.messenger": ["registrar", "messenger"], "posts.messenger.绝密": "registrar"})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        receive(office, "03-03 09:00", ["c/2"], "d/2", level="绝密")
        for number in (1, 2):
            hand(office, "03-03 10:00", "孙", f"c/{number}", giver="黄")
        finding = one(office.judge("TRN-2"), "c/2")
        assert finding.parameters["posts.messenger.绝密"] == "registrar"
        assert office.found("TRN-2") == [("TRN-2", "c/2")]


class TestBothSides:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1")
        hand(office, "03-03 10:00", "陈", "c/1")
        office.one = office.tell(
            "03-03 10:01", "transferred.circulate", on=["c/2", "c/3"], who={"giver": "李敏", "receiver": "孙"}, unsigned=["孙"],
            mode="face_to_face",
        )  # fmt: skip
        office.healed = hand(office, "03-03 10:02", "吴", "c/4", unsigned=["吴"], id="h4")
        office.tell("03-04 09:00", "countersigned", on=["c/4"], who={"receiver": "吴"}, refs=["h4"])
        return office

    def test_one_signature(self, office):
        assert parts(office.judge("TRN-3"), "state", "severity", "evidence") == [
            ("c/2", "open", "high", (office.one,)),
            ("c/4", "closed", "high", (office.healed, office.healed + 1)),
        ]
        assert "缺接收人签字" in one(office.judge("TRN-3"), "c/2").message_zh

    def test_until_it_was_signed_it_was_open(self, office):
        assert office.found("TRN-3", as_of="03-03 12:00", state="open") == [("TRN-3", "c/2"), ("TRN-3", "c/4")]


class TestGiverHasIt:
    def test_the_giver_is_who_has_it(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
        hand(office, "03-03 10:00", "陈", "c/1")
        wrong = hand(office, "03-03 10:01", "孙", "c/1")
        back(office, "03-03 10:02", "孙", "c/1")
        hand(office, "03-03 10:03", "陈", "c/2")
        # Kept longer by who has it: the registrar allows it and gives nothing.
        office.tell(
            "03-03 10:04", "transferred.hold", on=["c/2"], who={"giver": "李敏", "receiver": "陈"}, reason="工作需要"
        )
        stranger = back(office, "03-03 10:05", "吴", "c/3")
        judgement = office.judge("TRN-4")
        assert parts(judgement, "evidence", "severity") == [
            ("c/1", (wrong,), "critical"),
            ("c/3", (stranger,), "critical"),
        ]
        assert "p/李敏 不是现保管人 p/陈" in one(judgement, "c/1").message_zh

    def test_keepers_of_one_office_stand_for_one_another(self):
        for office_posts, found in (({}, [("TRN-4", "c/1")]), ({"custody.office": "registrar"}, [])):
            office = Office(office_posts)
            receive(office, "03-03 09:00", ["c/1"], "d/1")
            hand(office, "03-03 10:00", "陈", "c/1", giver="钱秘书")
            assert office.found("TRN-4") == found

    def test_a_maker_brings_what_was_made(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/0"], "d/1")
        office.tell(
            "03-03 10:00", "copied.made", on=["c/0", "c/1", "c/2", "d/1"], who={"operator": "秦", "registrar": "李敏"},
            method="copy", parents=["c/0"], level="秘密",
            items=[{"carrier": f"c/{n}", "form": "document", "document": "d/1"} for n in (1, 2)],
        )  # fmt: skip
        back(office, "03-04 09:00", "秦", "c/1")
        other = back(office, "03-04 09:01", "陈", "c/2")
        # Once it was back the maker is nobody in particular.
        again = back(office, "03-05 09:00", "秦", "c/1")
        assert parts(office.judge("TRN-4"), "evidence") == [("c/1", (again,)), ("c/2", (other,))]


class TestCleared:
    @pytest.fixture(scope="class", name="offices")
    @staticmethod
    def _offices():
        offices = []
        for strict in ({}, {"strict.TRN-5": "yes"}):
            office = Office(strict, clearance="")
            for person, level in (("李敏", "绝密"), ("陈", "秘密"), ("孙", "机密"), ("黄", "内部")):
                office.office(
                    "01-02 08:00",
                    "appointed.level",
                    person=f"p/{person}",
                    what="clearance",
                    level=level,
                    valid_from="2025-01-01",
                )
            receive(office, "03-03 09:00", ["c/1", "c/1b"], "d/1", level="机密")
            receive(office, "03-03 09:01", ["c/2"], "d/2", level="内部")
            receive(office, "03-03 09:02", ["c/3"], "d/3", level="秘密")
            office.first = office.tell(
                "03-03 10:00", "transferred.circulate", on=["c/1", "c/1b"], who={"giver": "李敏", "receiver": "陈"},
                mode="face_to_face",
            )  # fmt: skip
            back(office, "03-03 10:10", "陈", "c/1")
            hand(office, "03-03 10:11", "孙", "c/1")
            back(office, "03-03 10:12", "孙", "c/1")
            office.again = office.tell(
                "03-03 10:13", "accessed.read", on=["c/1"], who={"reader": "陈", "registrar": "李敏"}, how="read"
            )
            hand(office, "03-03 10:20", "黄", "c/2")
            hand(office, "03-03 10:21", "陈", "c/3")
            back(office, "03-03 10:22", "陈", "c/3")
            office.none = hand(office, "03-03 10:23", "王宁", "c/3")
            offices.append(office)
        return offices

    def test_cleared_for_less(self, offices):
        office = offices[0]
        judgement = office.judge("TRN-5")
        assert parts(judgement, "evidence", "severity") == [("c/1", (office.first, office.again), "high")]
        assert "p/陈 涉密等级秘密，接触机密载体" in one(judgement, "c/1").message_zh

    def test_nothing_on_record_counts_where_the_policy_is_strict(self, offices):
        office = offices[1]
        judgement = office.judge("TRN-5")
        assert [subject for (subject,) in parts(judgement)] == ["c/1", "c/3"]
        assert one(judgement, "c/3").evidence == (office.none,)
        assert "p/王宁 涉密等级未定" in one(judgement, "c/3").message_zh


class TestAbroad:
    def test_only_with_permission(self):
        office = Office({"posts.permit.abroad": "principal_leader"})
        office.office("01-02 08:00", "declared.unit", unit="u/使馆", name="使馆", type="other", abroad=True)
        produce(office, "03-03 09:00", *(f"c/{number}" for number in range(1, 7)), document="d/1")
        permit = {"step": "approved", "act": "abroad"}
        office.tell("03-03 10:00", "decided.permit", id="p1", on=["c/1"], who={"approver": "周书记"}, **permit)
        wrong = office.tell("03-03 10:01", "decided.permit", id="p2", on=["c/2"], who={"approver": "王宁"}, **permit)
        send(office, "03-04 09:00", "c/1", to="u/使馆", channel="confidential_traffic", refs=["p1"])
        by_other = send(office, "03-04 09:01", "c/2", to="u/使馆", channel="confidential_traffic", refs=["p2"])
        without = send(office, "03-04 09:02", "c/3", to="u/使馆", channel="confidential_traffic")
        send(office, "03-04 09:03", "c/4", to="u/省委", channel="confidential_traffic")
        taken = office.tell(
            "03-04 09:04", "transferred.take_out", on=["c/5"], who={"giver": "李敏", "receiver": "陈"}, destination="w/国外",
            reason="出访",
        )  # fmt: skip
        office.tell(
            "03-04 09:05", "transferred.take_out", on=["c/6"], who={"giver": "李敏", "receiver": "陈"}, destination="w/市局",
            reason="开会",
        )  # fmt: skip
        judgement = office.judge("TRN-7")
        assert parts(judgement, "evidence", "severity") == [
            ("c/2", (wrong, by_other), "critical"), ("c/3", (without,), "critical"), ("c/5", (taken,), "critical"),
        ]  # fmt: skip
        assert "出境（u/使馆）：事前未经审批" in one(judgement, "c/3").message_zh
        assert "p/王宁" in one(judgement, "c/2").message_zh

    def test_permission_afterwards_or_unsigned_is_none(self):
        office = Office()
        office.office("01-02 08:00", "declared.unit", unit="u/使馆", name="使馆", type="other", abroad=True)
        produce(office, "03-03 09:00", "c/1", "c/2", document="d/1")
        unsigned = office.tell(
            "03-03 10:00", "decided.permit", on=["c/1"], who={"approver": "周书记", "registrar": "李敏"}, unsigned=["周书记"],
            step="approved", act="abroad",
        )  # fmt: skip
        both = {"giver": "李敏", "receiver": "陈"}
        for number in (1, 2):
            office.tell(
                "03-04 09:00", "transferred.hand_over", on=[f"c/{number}"], who=both, reason="passing_on", to="u/使馆"
            )
        office.tell(
            "03-05 10:00", "decided.permit", on=["c/2"], who={"approver": "周书记"}, step="approved", act="abroad"
        )
        judgement = office.judge("TRN-7")
        assert one(judgement, "c/1").evidence[0] == unsigned
        assert "审批人未签名" in one(judgement, "c/1").message_zh
        assert "事前未经审批" in one(judgement, "c/2").message_zh


class TestNotGivenAway:
    def test_presents_and_strangers(self):
        office = Office()
        receive(office, "03-03 09:00", [f"c/{number}" for number in range(1, 7)], "d/1")
        office.tell(
            "03-03 09:30",
            "decided.permit",
            id="t2",
            on=["c/2"],
            who={"approver": "周书记"},
            step="approved",
            act="transfer",
        )
        both = {"giver": "李敏", "receiver": "陈"}
        gift = office.tell("03-03 10:00", "transferred.hand_over", on=["c/1"], who=both, reason="gift")
        office.tell("03-03 10:01", "transferred.hand_over", on=["c/2"], who=both, reason="gift", refs=["t2"])
        undeclared = office.tell(
            "03-03 10:02", "transferred.hand_over", on=["c/3"], who=both, reason="passing_on", to="u/不明"
        )
        office.tell("03-03 10:03", "transferred.hand_over", on=["c/4"], who=both, reason="passing_on", to="u/甲村")
        unknown = office.tell(
            "03-03 10:04", "transferred.hand_over", on=["c/5"], who={"giver": "李敏", "receiver": "过客"}, unsigned=["过客"],
            reason="passing_on",
        )  # fmt: skip
        office.tell("03-03 10:05", "transferred.hand_over", on=["c/6"], who=both, reason="leaving")
        judgement = office.judge("TRN-8")
        assert parts(judgement, "evidence", "severity") == [
            ("c/1", (gift,), "critical"), ("c/3", (undeclared,), "critical"), ("c/5", (unknown,), "critical"),
        ]  # fmt: skip
        assert "赠送 p/陈" in one(judgement, "c/1").message_zh
        assert "u/不明" in one(judgement, "c/3").message_zh
        assert "p/过客" in one(judgement, "c/5").message_zh

    def test_permission_afterwards_is_none(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        both = {"giver": "李敏", "receiver": "陈"}
        office.tell("03-03 10:00", "transferred.hand_over", on=["c/1", "c/2"], who=both, reason="gift", to="u/甲村")
        office.tell(
            "03-03 11:00", "decided.permit", on=["c/1"], who={"approver": "周书记"}, step="approved", act="transfer"
        )
        finding = one(office.judge("TRN-8"), "c/1")
        assert "赠送 u/甲村" in finding.message_zh
        assert office.found("TRN-8") == [("TRN-8", "c/1")]


def test_open_papers_are_carried_and_given_by_anybody():
    office = Office({"posts.messenger": "registrar"})
    for number, level in ((1, "无密"), (2, "秘密")):
        receive(office, "03-03 09:00", [f"c/{number}", f"c/{number}B"], f"d/{number}", level=level)
        hand(office, "03-03 10:00", "孙", f"c/{number}", giver="陈")
        office.tell(
            "03-03 10:00",
            "transferred.hand_over",
            on=[f"c/{number}B"],
            who={"giver": "李敏", "receiver": "吴"},
            reason="gift",
        )
    assert office.found("TRN-2", "TRN-8") == [("TRN-2", "c/2"), ("TRN-8", "c/2B")]


def test_trn_3_the_two_sides_may_sign_afterwards_one_by_one():
    office = Office()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    who = {"giver": "李敏", "receiver": "陈", "registrar": "赵强"}
    given = office.tell(
        "03-03 10:00",
        "transferred.circulate",
        id="x",
        on=["c/1"],
        who=who,
        unsigned=["李敏", "陈"],
        mode="face_to_face",
    )
    first = office.tell("03-03 10:10", "countersigned", on=["c/1"], who={"giver": "李敏"}, refs=["x"])
    assert one(office.judge("TRN-3"), "c/1").state == "open"
    second = office.tell("03-03 10:20", "countersigned", on=["c/1"], who={"receiver": "陈"}, refs=["x"])
    found = one(office.judge("TRN-3"), "c/1")
    assert (found.state, found.evidence) == ("closed", (given, first, second))


def test_trn_3_an_outsider_signs_on_paper():
    """Who belongs to another unit has no key here: the slip is attached."""
    office = Office()
    office.office("02-01 09:00", "declared.person", person="p/孙", name="孙", unit="u/甲村")
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    slip = [{"name": "借条.pdf", "size": 10, "sha256": bytes(32)}]
    for carrier, person, more in (
        ("c/1", "孙", {"attachments": slip}),
        ("c/2", "孙", {}),
        ("c/3", "陈", {"attachments": slip}),
    ):
        office.tell(
            "03-03 10:00", "transferred.circulate", on=[carrier], who={"giver": "李敏", "receiver": person}, unsigned=[person],
            mode="face_to_face", **more,
        )  # fmt: skip
    assert office.found("TRN-3", "CIR-2") == [
        (rule, carrier) for rule in ("CIR-2", "TRN-3") for carrier in ("c/2", "c/3")
    ]


def test_trn_4_what_was_entered_late_had_been_given():
    """A power cut: a hand-out entered after its return, and a pair that happened before what stands below it."""
    office = Office({"posts.circulate": "registrar", "contact.from": "秘密", "within.back.circulation": "0d"})
    late = {"late_reason": "停电", "recorded": "03-05 18:00"}
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    back(office, "03-05 11:00", "陈", "c/1")
    hand(office, "03-05 09:00", "陈", "c/1", **late)
    hand(office, "03-05 09:00", "孙", "c/2")
    hand(office, "03-04 09:00", "陈", "c/2", **late)
    back(office, "03-04 10:00", "陈", "c/2", **late)
    back(office, "03-05 18:10", "孙", "c/2")
    # Nothing says that this was ever given to who brings it.
    back(office, "03-05 18:20", "吴", "c/3")
    rules = ("TRN-4", "CIR-1", "CIR-2", "CIR-4", "KNW-3")
    assert office.found(*rules) == [("CIR-2", "c/3"), ("TRN-4", "c/3")]


def test_trn_4_keepers_of_two_departments_are_no_office():
    office = Office(
        {"custody.office": "registrar"}, units={"u/财政所": "section"}, posts={"李敏": None, "钱秘书": None, "冯": None}
    )
    for person, unit in (("李敏", "u/党政办"), ("钱秘书", "u/党政办"), ("冯", "u/财政所"), ("王宁", "u/镇")):
        office.appoint(person, "registrar", over=unit)
    receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    for carrier, giver in (("c/1", "钱秘书"), ("c/2", "王宁"), ("c/3", "冯")):
        hand(office, "03-03 10:00", "陈", carrier, giver=giver)
    assert office.found("TRN-4") == [("TRN-4", "c/3")]


def test_trn_4_who_kept_the_office_before_keeps_it_no_more():
    """Nor does who keeps it only later on."""
    office = Office({"custody.office": "registrar"}, posts={"钱秘书": None, "冯": None})
    office.appoint("钱秘书", "registrar", valid_to="2025-02-28")
    office.appoint("冯", "registrar", since="2025-04-01")
    receive(office, "02-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
    for at, giver, carrier in (("02-04", "钱秘书", "c/1"), ("03-03", "钱秘书", "c/2"), ("03-03", "冯", "c/3")):
        hand(office, f"{at} 10:00", "陈", carrier, giver=giver)
    assert office.found("TRN-4") == [("TRN-4", "c/2"), ("TRN-4", "c/3")]


def test_trn_7_a_permission_is_for_what_it_names():
    office = Office({"posts.permit.abroad": "principal_leader"})
    for number in (1, 2):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
    office.tell(
        "03-03 10:00", "decided.permit", on=["c/1"], who={"approver": ["周书记", "王宁"]}, step="approved", act="abroad"
    )
    office.tell(
        "03-04 09:00", "transferred.take_out", on=["c/1", "c/2"], who={"giver": "李敏", "receiver": "陈"}, destination="w/国外",
        reason="出访",
    )  # fmt: skip
    found = one(office.judge("TRN-7"), "c/1")
    assert "c/2 出境（w/国外）：事前未经审批" in found.message_zh


def test_trn_4_a_companion_brings_it_back():
    office = Office()
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    who = {"giver": "李敏", "receiver": "孙", "escort": "陈"}
    office.tell(
        "03-04 09:00",
        "transferred.take_out",
        on=["c/1", "c/2"],
        who=who,
        destination="w/市局",
        reason="汇报",
        due="03-05 18:00",
    )
    back(office, "03-04 17:00", "陈", "c/1", reason="take_out")
    back(office, "03-04 17:00", "吴", "c/2", reason="take_out")
    assert office.found("TRN-4", "OUT-6") == [("OUT-6", "c/2"), ("TRN-4", "c/2")]


def test_trn_8_a_permission_is_for_what_it_names():
    office = Office()
    for number in (1, 2, 3):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
    for carrier in ("c/1", "c/3"):
        office.tell(
            "03-03 10:00", "decided.permit", on=[carrier], who={"approver": "周书记"}, step="approved", act="transfer"
        )
    for carriers in (["c/1", "c/2"], ["c/3"]):
        office.tell(
            "03-04 09:00", "transferred.hand_over", on=carriers, who={"giver": "李敏", "receiver": "陈"}, reason="gift"
        )
    assert office.found("TRN-8") == [("TRN-8", "c/1")]
