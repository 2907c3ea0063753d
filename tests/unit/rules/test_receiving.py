"""RCV: arrivals are counted, signed for, registered, routed and handled."""

from __future__ import annotations

import pytest

from tests.hand_outs import hand, produce, route, send
from tests.offices import Office, receive, register
from tests.scenarios import local


def one(judgement, subject):
    """The only finding at a subject."""
    found = [finding for finding in judgement.findings if finding.subject == subject]
    assert len(found) == 1, found
    return found[0]


def parts(judgement, *fields):
    return [tuple(getattr(finding, name) for name in ("subject", *fields)) for finding in judgement.findings]


class TestRegisteredAtOnce:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office({"within.register": "0d", "strict.RCV-1": "yes"})
        receive(office, "03-03 09:10", ["c/1"], "d/1")
        register(office, "03-03 23:58", "d/1", on=["c/1"])
        receive(office, "03-04 09:10", ["c/2", "c/3"], "d/2")
        office.late = register(office, "03-05 00:01", "d/2", serial=2)
        office.none = receive(office, "03-06 09:10", ["c/4", "c/5"], "d/4")
        # Whoever registered it before it came has registered it.
        register(office, "03-06 09:00", "d/6", serial=6)
        receive(office, "03-07 09:10", ["c/6"], "d/6")
        office.tierless = register(office, "03-07 10:00", "d/7", serial=7, tier=None, on=["c/6"])
        office.tell(
            "03-08", "created.received", on=["c/8"], who={"registrar": "李敏"}, sender="u/省委", channel="exchange", listed=1,
            found=1, seal="intact", level="秘密", items=[{"carrier": "c/8", "form": "document"}],
            source={"cells": b"\1" * 32, "sha256": b"\2" * 32, "sheet": "收文", "row": 3},
        )  # fmt: skip
        return office

    def test_late_and_never(self, office):
        judgement = office.judge("RCV-1")
        assert parts(judgement, "state", "severity") == [
            ("c/2", "closed", "high"), ("c/4", "open", "high"), ("d/7", "open", "high"),
        ]  # fmt: skip
        assert one(judgement, "c/2").evidence == (office.late - 1, office.late)
        assert "逾期" in one(judgement, "c/2").message_zh
        assert one(judgement, "c/4").evidence == (office.none,)
        assert one(judgement, "d/7").evidence == (office.tierless,)
        assert "中央、省、市、县" in one(judgement, "d/7").message_zh

    def test_until_midnight_it_falls_due(self, office):
        assert office.found("RCV-1", as_of="03-03 12:00") == []
        assert office.due("RCV-1", as_of="03-04 23:00") == [("RCV-1", "c/2", local("03-05") - 1)]
        assert office.found("RCV-1", as_of="03-04 23:59") == []
        assert office.found("RCV-1", as_of="03-05 00:00", state="open") == [("RCV-1", "c/2")]

    def test_the_tier_is_asked_for_by_the_strict_policy_only(self):
        office = Office({"within.register": "0d"})
        receive(office, "03-03 09:10", ["c/1"], "d/1")
        register(office, "03-03 10:00", "d/1", tier=None)
        assert office.found("RCV-1") == []

    def test_own_documents_have_no_tier(self):
        office = Office({"within.register": "0d", "strict.RCV-1": "yes"})
        office.tell(
            "03-03 10:00", "registered.document", on=["d/1"], who={"registrar": "李敏"}, register="发文2025", serial=1,
            document={"title": "方案", "issuer": "u/镇", "level": "秘密"},
        )  # fmt: skip
        assert office.found("RCV-1") == []


class TestCheckedAndSigned:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office()
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        office.short = receive(office, "03-03 09:01", ["c/2"], "d/2", listed=2)
        receive(office, "03-03 09:02", ["c/3"], "d/3", listed=3)
        office.tell(
            "03-03 12:00",
            "reported.incident",
            on=["c/3"],
            who={"registrar": "李敏"},
            what="discrepancy",
            expected=3,
            actual=1,
        )
        office.torn = receive(office, "03-03 09:03", ["c/4"], "d/4", seal="broken")
        receive(office, "03-03 09:04", ["c/5"], "d/5", seal="none")
        office.unsigned = receive(office, "03-03 09:05", ["c/6"], "d/6", unsigned=["李敏"])
        office.later = receive(office, "03-03 09:06", ["c/7"], "d/7", unsigned=["李敏"], id="r7")
        office.tell("03-04 09:00", "countersigned", on=["c/7", "d/7"], who={"receiver": "李敏"}, refs=["r7"])
        # A fault of another day says nothing about what was found on arrival.
        office.tell("03-05 09:00", "reported.incident", on=["c/2"], who={"registrar": "李敏"}, what="fault")
        return office

    def test_what_is_wrong(self, office):
        assert parts(office.judge("RCV-2"), "state", "severity", "evidence") == [
            ("c/2", "open", "high", (office.short,)),
            ("c/4", "open", "high", (office.torn,)),
            ("c/6", "open", "high", (office.unsigned,)),
            ("c/7", "closed", "high", (office.later, office.later + 1)),
        ]

    def test_in_so_many_words(self, office):
        judgement = office.judge("RCV-2")
        assert "清单2份，实收1份" in one(judgement, "c/2").message_zh
        assert "封装破损" in one(judgement, "c/4").message_zh
        assert "p/李敏 未签收" in one(judgement, "c/6").message_zh

    def test_before_the_report_it_was_open(self, office):
        assert ("RCV-2", "c/3") in office.found("RCV-2", as_of="03-03 11:00")


class TestReceivedByPost:
    def test_who_signs_for_it(self):
        office = Office({"posts.receive": "registrar"})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        wrong = receive(office, "03-03 09:10", ["c/2", "c/3"], "d/2", who={"receiver": "赵强"})
        for index, person in ((1, "黄"), (2, "陈")):
            office.appoint(person, "registrar", since="2025-04-01", valid_to=f"2025-04-0{index}")
        receive(office, "04-02 09:00", ["c/4"], "d/4", who={"receiver": "陈"})
        expired = receive(office, "04-02 09:10", ["c/5"], "d/5", who={"receiver": "黄"})
        judgement = office.judge("RCV-3")
        assert parts(judgement, "evidence", "severity") == [("c/2", (wrong,), "high"), ("c/5", (expired,), "high")]
        assert "p/赵强" in one(judgement, "c/2").message_zh
        assert one(judgement, "c/2").parameters["posts.receive"] == "registrar"

    def test_another_policy_does_not_ask(self):
        office = Office()
        receive(office, "03-03 09:10", ["c/2"], "d/2", who={"receiver": "赵强"})
        assert office.found("RCV-3") == []

    def test_by_level_and_where_nobody_is_named_as_receiver(self):
        office = Office({"posts.receive": ["registrar", "clerk"], "posts.receive.绝密": "registrar"})
        for number, level, role, person in (
            (1, "秘密", "registrar", "赵强"), (2, "绝密", "registrar", "赵强"), (3, "绝密", "operator", "李敏"),
        ):  # fmt: skip
            receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level=level, who={role: person})
        finding = one(office.judge("RCV-3"), "c/2")
        assert office.found("RCV-3") == [("RCV-3", "c/2")]
        assert finding.parameters["posts.receive.绝密"] == "registrar"


class TestFetched:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office(
            {"within.fetch": "7d", "within.fetch_to_register": "4h"},
            units={"u/机要站": "exchange", "u/教育厅": "superior"},
        )  # fmt: skip
        # Monday, and Friday of the next week; then Monday of the week after the next, below.
        for at in ("03-03 08:00", "03-14 08:00"):
            office.tell(at, "checked.fetch", who={"operator": "李敏"}, station="u/机要站", count=2)
        office.tell(
            "03-03 09:30",
            "checked.fetch",
            who={"operator": "李敏"},
            station="u/教育厅",
            count=1,
            recorded="03-18 08:10",
        )
        receive(office, "03-19 10:00", ["c/1"], "d/1", obtained_at="03-19 09:00")
        register(office, "03-19 12:59", "d/1")
        receive(office, "03-20 09:00", ["c/2"], "d/2", obtained_at="03-20 09:00")
        office.late = register(office, "03-20 13:02", "d/2", serial=2)
        receive(office, "03-21 10:00", ["c/3"], "d/3")
        # Back in the office within the hour, entered in the afternoon.
        receive(office, "03-21 11:00", ["c/4"], "d/4", obtained_at="03-21 10:00")
        register(office, "03-21 16:00", "d/4", serial=4)
        office.tell("03-24 08:00", "checked.fetch", who={"operator": "李敏"}, station="u/机要站", count=2)
        return office

    def test_a_week_without_a_fetch(self, office):
        judgement = office.judge("RCV-4", as_of="03-25 12:00")
        fetch = one(judgement, "u/机要站")
        assert (fetch.severity, fetch.state, len(fetch.evidence)) == ("low", "closed", 2)
        assert "2025-03-23" in fetch.message_zh

    def test_the_next_week(self, office):
        assert office.due("RCV-4", as_of="03-25 12:00") == [("RCV-4", "u/机要站", local("04-07") - 1)]
        assert ("RCV-4", "u/机要站") in office.found("RCV-4", as_of="04-07 00:00", state="open")

    def test_straight_back_to_be_registered(self, office):
        finding = one(office.judge("RCV-4", as_of="03-25 12:00"), "c/2")
        assert [subject for _, subject in office.found("RCV-4", as_of="03-25 12:00")] == ["c/2", "u/机要站"]
        assert (finding.severity, finding.evidence) == ("medium", (office.late - 1, office.late))
        assert office.due("RCV-4", as_of="03-20 12:59")[0] == ("RCV-4", "c/2", local("03-20 13:00"))


class TestSlipHeader:
    @pytest.mark.parametrize(
        ("header", "is_right"),
        [
            ("通知", True), ("省委〔2025〕1号", True), ("省委[2025]1号 《通知》", True), ("通知 省委〔2025〕1号 机密", True),
            ("通报", False), ("省委〔2025〕2号 通知", False), ("", None),
        ],
    )  # fmt: skip
    def test_compared_with_the_register(self, header, is_right):
        office = Office(posts=dict.fromkeys(["黄"]), calendar=False, clearance="")
        receive(office, "03-03 09:10", ["c/1"], "d/1")
        register(office, "03-03 09:20", "d/1")
        stated = {"slip_header": header} if header else {}
        slip = office.tell(
            "03-03 09:30",
            "decided.route",
            on=["d/1"],
            who={"proposer": "李敏"},
            step="proposed",
            slip_no="S7",
            **stated,
        )
        found = office.judge("RCV-5").findings
        assert [(f.subject, f.evidence, f.severity) for f in found] == (
            [("d/1", (slip - 1, slip), "low")] if is_right is False else []
        )
        assert all(header in f.message_zh and "S7" in f.message_zh for f in found)


class TestRoutedFirst:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office({"posts.route": "principal_leader", "posts.circulate": "registrar"})
        for name, unit in (("吴", "u/党政办"), ("孙", "u/甲村")):
            office.office("01-02 08:00", "declared.person", person=f"p/{name}", name=name, unit=unit)
        for number in range(1, 7):
            receive(office, "03-03 09:10", [f"c/{number}", f"c/{number}b"], f"d/{number}")
        register(office, "03-03 09:20", "d/3", urgency="urgent")
        register(office, "03-03 09:21", "d/6", serial=6)
        # The leader sees it first, and keepers are no readers.
        hand(office, "03-03 09:30", "周书记", "c/1")
        office.early = hand(office, "03-03 09:31", "陈", "c/1", giver="周书记")
        office.route = route(office, "03-03 09:40", "d/2", "陈", "u/党政办")
        hand(office, "03-03 09:50", "陈", "c/2")
        hand(office, "03-03 09:51", "吴", "c/2", giver="陈")
        office.stranger = office.tell(
            "03-03 09:52",
            "transferred.circulate",
            on=["c/2", "c/2b"],
            who={"giver": "李敏", "receiver": "孙"},
            mode="face_to_face",
        )
        hand(office, "03-03 10:00", "陈", "c/3")
        route(office, "03-03 10:10", "d/4")
        hand(office, "03-03 10:11", "陈", "c/4")
        office.wrong = route(office, "03-03 10:20", "d/6", "陈", approver="王宁")
        return office

    def test_before_it_and_beside_it(self, office):
        judgement = office.judge("RCV-6")
        assert parts(judgement, "evidence", "severity") == [
            ("c/1", (office.early,), "high"),
            ("c/2", (office.route, office.stranger), "high"),
            ("d/6", (office.wrong,), "high"),
        ]
        assert "未经主要领导批示即送 p/陈" in one(judgement, "c/1").message_zh
        assert "p/孙 不在批示" in one(judgement, "c/2").message_zh
        assert "p/王宁" in one(judgement, "d/6").message_zh

    def test_without_the_post_nobody_asks(self):
        office = Office()
        receive(office, "03-03 09:10", ["c/1"], "d/1")
        hand(office, "03-03 09:30", "陈", "c/1")
        assert office.found("RCV-6") == []

    def test_own_documents_need_no_instruction(self):
        office = Office({"posts.route": "principal_leader", "within.handle.urgent": "0d"})
        produce(office, "03-03 09:00", "c/1", document="d/1")
        register(office, "03-03 09:10", "d/1", issuer="u/镇", urgency="urgent")
        hand(office, "03-03 09:20", "陈", "c/1")
        route(office, "03-03 09:30", "d/1", "陈", approver="王宁")
        assert office.found("RCV-6", "RCV-7") == []

    @pytest.mark.parametrize(("urgency", "found"), [("urgent", []), ("soon", [("RCV-6", "c/1")])])
    def test_an_instruction_that_came_after(self, urgency, found):
        office = Office({"posts.route": "principal_leader"})
        receive(office, "03-03 09:10", ["c/1"], "d/1")
        register(office, "03-03 09:20", "d/1", urgency=urgency)
        hand(office, "03-03 09:30", "陈", "c/1")
        route(office, "03-03 09:31", "d/1", "陈")
        assert office.found("RCV-6") == found


class TestHandled:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office({"within.handle.urgent": "0d", "within.handle.soon": "2d", "within.handle.ordinary": "4d"})
        for number, urgency in enumerate(("urgent", "soon", "soon", "ordinary", None), 1):
            receive(office, "03-03 09:10", [f"c/{number}"], f"d/{number}")
            register(office, "03-03 09:20", f"d/{number}", serial=number, urgency=urgency)
        for at, document in (("03-03 18:00", "d/1"), ("03-05 18:00", "d/2"), ("03-06 00:00", "d/3")):
            office.done = office.tell(at, "decided.route", on=[document], who={"operator": "王宁"}, step="completed")
        return office

    def test_in_days(self, office):
        judgement = office.judge("RCV-7")
        assert parts(judgement, "state", "severity") == [("d/3", "closed", "low"), ("d/4", "open", "low")]
        assert office.done in one(judgement, "d/3").evidence
        assert one(judgement, "d/4").parameters["within.handle.ordinary"] == "4d"

    def test_without_a_registration_or_an_urgency_there_is_no_term(self, office):
        assert ("RCV-7", "d/5") not in [due[:2] for due in office.due("RCV-7", as_of="03-03 12:00")]

    def test_what_falls_due(self, office):
        assert office.due("RCV-7", as_of="03-03 12:00")[0] == ("RCV-7", "d/1", local("03-04") - 1)
        assert office.found("RCV-7", as_of="03-07 23:59", state="open") == []
        assert office.found("RCV-7", as_of="03-08 00:00", state="open") == [("RCV-7", "d/4")]


class TestFromMeeting:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office({"within.from_meeting": "1wd", "posts.receive": "registrar"})
        # 2025-03-07 is a Friday.
        for number, receiver in ((1, "李敏"), (2, "李敏"), (3, "陈"), (4, "李敏"), (5, "李敏"), (6, "李敏")):
            receive(
                office, "03-07 17:00", [f"c/{number}"], f"d/{number}", channel="meeting", obtained_at="03-07 12:00",
                who={"receiver": receiver, "giver": "孙" if number > 3 else "省交换员"},
            )  # fmt: skip
        for number in (3, 4, 5, 6):
            register(office, "03-07 17:10", f"d/{number}", serial=number)
        register(office, "03-10 23:00", "d/1")
        office.late = register(office, "03-11 00:10", "d/2", serial=2)
        for number, kind, fields in (
            (4, "transferred.hold", {"reason": "工作需要"}),
            (5, "transferred.lend", {"purpose": "工作需要", "depth": "read"}),
        ):
            office.kept = office.tell(
                "03-11 09:00", kind, on=[f"c/{number}"], who={"giver": "李敏", "receiver": "孙"}, **fields
            ) - (number - 4)  # fmt: skip
        office.tell(
            "03-11 09:30", "transferred.hold", on=["c/6"], who={"giver": "李敏", "receiver": "吴"}, reason="工作需要"
        )
        return office

    def test_registered_and_kept(self, office):
        judgement = office.judge("RCV-8")
        assert parts(judgement, "state", "severity") == [
            ("c/2", "closed", "high"), ("c/3", "open", "high"), ("c/4", "open", "high"),
        ]  # fmt: skip
        assert office.late in one(judgement, "c/2").evidence
        assert "p/陈 自行留存" in one(judgement, "c/3").message_zh
        assert one(judgement, "c/4").evidence[1] == office.kept
        assert "p/孙" in one(judgement, "c/4").message_zh

    def test_by_the_next_working_day(self, office):
        assert office.due("RCV-8", as_of="03-10 22:00")[0] == ("RCV-8", "c/1", local("03-11") - 1)
        assert ("RCV-8", "c/2") not in office.found("RCV-8", as_of="03-10 23:59")
        assert ("RCV-8", "c/2") in office.found("RCV-8", as_of="03-11 00:00", state="open")


class TestOverTheNetwork:
    def test_used_before_it_is_registered(self):
        office = Office()
        for number in (1, 2, 3):
            receive(
                office,
                "03-03 09:00",
                [f"c/{number}"],
                f"d/{number}",
                channel="classified_network" if number < 3 else "exchange",
            )
        used = hand(office, "03-03 09:30", "陈", "c/1")
        register(office, "03-03 09:40", "d/2", serial=2)
        hand(office, "03-03 09:50", "陈", "c/2")
        hand(office, "03-03 09:51", "陈", "c/3")
        sent = send(office, "03-03 10:00", "c/4", to="u/甲村", channel="classified_network")
        send(office, "03-03 10:01", "c/5", to="u/甲村", channel="by_hand")
        send(office, "03-03 10:02", "c/2", to="u/甲村", channel="classified_network")
        judgement = office.judge("RCV-9")
        assert parts(judgement, "state", "severity") == [("c/1", "open", "medium"), ("c/4", "open", "medium")]
        assert one(judgement, "c/1").evidence[-1] == used
        assert one(judgement, "c/4").evidence == (sent,)
        late = register(office, "03-04 09:00", "d/1")
        healed = one(office.judge("RCV-9"), "c/1")
        assert (healed.state, healed.evidence[-1]) == ("closed", late)

    def test_only_the_second_copy_is_used_before_the_registration(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1", channel="classified_network")
        used = hand(office, "03-03 09:30", "陈", "c/2")
        hand(office, "03-03 09:35", "孙", "c/3")
        register(office, "03-03 09:40", "d/1")
        hand(office, "03-03 09:50", "吴", "c/1")
        finding = one(office.judge("RCV-9"), "c/2")
        assert (finding.state, used in finding.evidence) == ("closed", True)
        assert office.found("RCV-9") == [("RCV-9", "c/2")]

    def test_sent_before_it_is_registered(self):
        office = Office()
        for number in (1, 2):
            produce(office, "03-03 09:00", f"c/{number}", f"c/{number}B", document=f"d/{number}")
        register(office, "03-03 09:30", "d/1", on=["c/1", "c/1B"])
        send(office, "03-03 10:00", "c/1", "c/1B", channel="classified_network")
        sent = send(office, "03-03 10:00", "c/2", "c/2B", channel="classified_network")
        late = register(office, "03-03 11:00", "d/2", on=["c/2", "c/2B"], serial=2)
        finding = one(office.judge("RCV-9"), "c/2")
        assert (finding.evidence, finding.state) == ((sent, late), "closed")
        assert office.found("RCV-9") == [("RCV-9", "c/2")]


def test_only_secrets_are_the_secretarys_alone_to_receive():
    office = Office({"posts.receive": "registrar", "within.from_meeting": "1wd"})
    for number, level in enumerate(("无密", "内部", "秘密"), 1):
        receive(
            office,
            "03-03 09:00",
            [f"c/{number}"],
            f"d/{number}",
            level=level,
            who={"receiver": "黄"},
            channel="meeting",
        )
    assert office.found("RCV-3", "RCV-8", as_of="03-03 12:00") == [("RCV-3", "c/3"), ("RCV-8", "c/3")]


def test_who_was_sent_a_paper_may_instruct_others():
    office = Office({"posts.route": "principal_leader"})
    for name in ("后", "先"):
        receive(office, "03-03 09:00", [f"c/{name}"], f"d/{name}")
        register(office, "03-03 09:10", f"d/{name}", serial=len(office.ids) + (name == "先") + 1)
    route = {"step": "approved"}
    office.tell(
        "03-03 10:00", "decided.route", on=["d/后"], who={"approver": "周书记"}, recipients=["p/何副书记"], **route
    )
    for name in ("后", "先"):
        office.tell(
            "03-03 11:00", "decided.route", on=[f"d/{name}"], who={"approver": "何副书记"}, recipients=["p/陈"], **route
        )
    assert office.found("RCV-6") == [("RCV-6", "d/先")]


def test_what_the_unit_above_instructed_is_none_of_our_leaders_instructions():
    office = Office({"posts.route": "principal_leader"})
    for number, by in ((1, {"by": "u/省委"}), (2, {})):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
        register(office, "03-03 09:10", f"d/{number}", serial=number)
        route(office, "03-03 09:20", f"d/{number}", "陈", approver="省机要员", **by)
    assert office.found("RCV-6") == [("RCV-6", "d/2")]
