"""KNW: a leader fixes who may know; nobody else gets to know; who met 绝密 stands in the record with both times."""

from __future__ import annotations

import pytest

from tests.hand_outs import back, hand, route, scope
from tests.offices import Office, receive, register


def one(judgement, subject):
    """The only finding at a subject."""
    found = [finding for finding in judgement.findings if finding.subject == subject]
    assert len(found) == 1, found
    return found[0]


def parts(judgement, *fields):
    return [tuple(getattr(finding, name) for name in ("subject", *fields)) for finding in judgement.findings]


class TestScopeFirst:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office(
            {"posts.scope": "principal_leader", "posts.route": "principal_leader", "posts.circulate": "registrar"}
        )
        for number in range(1, 8):
            receive(
                office,
                "03-03 09:00",
                [f"c/{number}", f"c/{number}B"],
                f"d/{number}",
                level="内部" if number == 6 else "秘密",
            )
        # The leader who fixes the range has to see it first.
        hand(office, "03-03 09:10", "周书记", "c/1")
        back(office, "03-03 09:11", "周书记", "c/1")
        scope(office, "03-03 09:12", "d/1", persons=["p/陈"])
        hand(office, "03-03 09:13", "陈", "c/1")
        # Neither is another keeper a reader.
        hand(office, "03-03 09:19", "钱秘书", "c/2")
        office.early = hand(office, "03-03 09:20", "陈", "c/2", giver="钱秘书")
        scope(office, "03-03 09:21", "d/2", persons=["p/陈"])
        # An instruction who handles it fixes no range.
        route(office, "03-03 09:30", "d/3", "陈")
        office.routed = office.tell(
            "03-03 09:31",
            "transferred.circulate",
            on=["c/3", "c/3B"],
            who={"giver": "李敏", "receiver": "陈"},
            mode="other",
        )
        office.again = hand(office, "03-03 09:32", "孙", "c/3", giver="陈")
        office.wrong = scope(office, "03-03 09:40", "d/4", approver="王宁", persons=["p/陈"])
        office.late_reading = hand(office, "03-03 09:50", "陈", "c/5")
        office.late_scope = scope(office, "03-03 09:45", "d/5", persons=["p/陈"], recorded="03-03 10:00")
        hand(office, "03-03 10:01", "陈", "c/6")
        return office

    def test_the_first_reading_and_the_wrong_leader(self, office):
        judgement = office.judge("KNW-1")
        assert parts(judgement, "state", "severity", "evidence") == [
            ("c/2", "open", "high", (office.early,)),
            ("c/3", "open", "high", (office.routed,)),
            ("c/5", "explained", "high", (office.late_reading, office.late_scope)),
            ("d/4", "open", "high", (office.wrong,)),
        ]
        assert "p/陈" in one(judgement, "c/2").message_zh
        assert "p/王宁" in one(judgement, "d/4").message_zh

    def test_reading_without_a_copy_named(self):
        office = Office({"posts.scope": "principal_leader"})
        # Nothing says of which level a document is that no registration and no decision speaks of.
        for number in (1, 2):
            receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
        register(office, "03-03 09:01", "d/2")
        for number in (1, 2):
            who = {"reader": "吴", "registrar": "李敏"}
            office.read = office.tell("03-03 10:04", "accessed.read", on=[f"d/{number}"], who=who, how="read")
        finding = one(office.judge("KNW-1"), "d/2")
        assert finding.evidence == (office.read,)
        assert "p/吴" in finding.message_zh
        assert office.found("KNW-1") == [("KNW-1", "d/2")]


class TestWithinScope:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office({"posts.scope": "principal_leader", "posts.circulate": "registrar"})
        for name, unit in (("吴", "u/党政办"), ("孙", "u/甲村")):
            office.office("01-02 08:00", "declared.person", person=f"p/{name}", name=name, unit=unit)
        for number in range(1, 8):
            receive(
                office,
                "03-03 09:00",
                [f"c/{number}", f"c/{number}B"],
                f"d/{number}",
                level="绝密" if number == 3 else "秘密",
            )
        office.set = scope(office, "03-03 09:10", "d/1", persons=["p/陈"])
        hand(office, "03-03 09:11", "陈", "c/1")
        back(office, "03-03 09:12", "陈", "c/1")
        hand(office, "03-03 09:12", "钱秘书", "c/1")
        hand(office, "03-03 09:13", "周书记", "c/1")
        back(office, "03-03 09:14", "周书记", "c/1")
        office.out = office.tell(
            "03-03 09:15",
            "transferred.lend",
            on=["c/1", "c/1B"],
            who={"giver": "李敏", "receiver": "孙"},
            purpose="查",
            depth="read",
        )
        # By unit: one belongs to it, one to another, of one nothing is known.
        scope(office, "03-03 09:20", "d/2", units=["u/党政办"], posts=["dept_head"])
        hand(office, "03-03 09:21", "吴", "c/2")
        hand(office, "03-03 09:22", "冯", "c/2", giver="吴")
        hand(office, "03-03 09:23", "许", "c/2", giver="冯")
        office.other_unit = hand(office, "03-03 09:24", "孙", "c/2", giver="许")
        scope(office, "03-03 09:30", "d/3", persons=["p/陈"])
        hand(office, "03-03 09:31", "陈", "c/3")
        office.brought = back(office, "03-03 09:32", "孙", "c/3")
        # Widened in time, too late, set anew, and recorded late.
        scope(office, "03-03 09:40", "d/4", persons=["p/陈"])
        scope(office, "03-03 09:41", "d/4", change="extended", persons=["p/孙"])
        hand(office, "03-03 09:42", "孙", "c/4")
        scope(office, "03-03 09:50", "d/5", persons=["p/孙"])
        scope(office, "03-03 09:51", "d/5", persons=["p/陈"])
        office.anew = office.tell(
            "03-03 09:52", "accessed.read", on=["c/5"], who={"reader": "孙", "registrar": "李敏"}, how="heard"
        )
        scope(office, "03-03 09:53", "d/5", change="extended", persons=["p/孙"])
        scope(office, "03-03 09:54", "d/6", persons=["p/陈"])
        office.reading = hand(office, "03-03 10:00", "孙", "c/6")
        office.late = scope(office, "03-03 09:55", "d/6", change="extended", persons=["p/孙"], recorded="03-03 10:10")
        hand(office, "03-03 10:20", "孙", "c/7")
        # When it was nobody knows.
        hand(office, None, "孙", "c/4B", recorded="03-03 10:30")
        hand(office, None, "孙", "c/5B", recorded="03-03 10:30")
        return office

    def test_who_is_not_in_it(self, office):
        judgement = office.judge("KNW-2")
        found = {f.subject: (f.severity, f.state, f.evidence[-1]) for f in judgement.findings}
        assert found == {
            "c/1": ("high", "open", office.out),
            "c/2": ("high", "open", office.other_unit),
            "c/3": ("critical", "open", office.brought),
            "c/5": ("high", "open", office.anew),
            "c/6": ("high", "explained", office.late),
        }
        assert all("p/孙 不在知悉范围" in finding.message_zh for finding in judgement.findings)
        assert one(judgement, "c/1").evidence == (office.set, office.out)
        assert one(judgement, "c/6").evidence == (office.reading - 1, office.reading, office.late)


class TestContactsRecorded:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office({"contact.from": "绝密", "posts.circulate": "registrar"})
        for number in range(1, 10):
            receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level="机密" if number == 9 else "绝密")
            register(office, "03-03 09:01", f"d/{number}", serial=number, level="机密" if number == 9 else "绝密")
        reading = {"who": {"reader": "朱", "registrar": "李敏"}, "how": "read"}
        office.tell("03-03 10:00", "accessed.read", on=["c/1"], **reading, out_at="03-03 11:00")
        office.open = office.tell("03-03 10:00", "accessed.read", on=["c/2"], **reading)
        office.tell("03-03 10:00", "accessed.read", id="r3", on=["c/3"], **reading)
        office.tell("03-03 12:00", "accessed.read", on=["c/3"], refs=["r3"], **reading, out_at="03-03 11:30")
        office.tell("03-03 12:01", "accessed.read", on=["c/3"], **{**reading, "how": "heard"})
        hand(office, "03-03 13:00", "陈", "c/4")
        office.tell(
            "03-03 13:10", "transferred.hold", on=["c/4"], who={"giver": "李敏", "receiver": "陈"}, reason="起草"
        )
        back(office, "03-03 14:00", "陈", "c/4")
        office.given = hand(office, "03-03 13:00", "陈", "c/5")
        office.brought = back(office, "03-03 14:00", "孙", "c/5")
        hand(office, "03-03 13:00", "陈", "c/6")
        office.timeless = hand(office, None, "陈", "c/7", recorded="03-03 14:10")
        office.out_8 = hand(office, "03-03 14:20", "陈", "c/8")
        office.back_8 = back(office, None, "陈", "c/8", recorded="03-03 15:00")
        office.tell("03-03 15:00", "accessed.read", on=["c/9"], **reading)
        return office

    def test_what_a_contact_lacks(self, office):
        judgement = office.judge("KNW-3")
        assert parts(judgement, "severity", "evidence") == [
            ("c/2", "critical", (office.open,)),
            ("c/5", "critical", (office.given, office.brought)),
            ("c/7", "critical", (office.timeless,)),
            ("c/8", "critical", (office.out_8, office.back_8)),
        ]
        assert "p/朱 的接触记录缺退回时间" in one(judgement, "c/2").message_zh
        assert "p/陈 的接触记录缺退回时间" in one(judgement, "c/5").message_zh
        assert "缺签领时间" in one(judgement, "c/7").message_zh

    def test_several_alike_are_found_once_and_keepers_are_no_contacts(self):
        office = Office({"contact.from": "绝密", "posts.circulate": "registrar"})
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1", level="绝密")
        both = {"giver": "李敏", "receiver": "陈"}
        given = office.tell("03-03 10:00", "transferred.circulate", on=["c/1", "c/2"], who=both, mode="face_to_face")
        wrong = office.tell(
            "03-03 11:00",
            "returned.to_keeper",
            on=["c/1", "c/2"],
            who={"giver": "孙", "receiver": "李敏"},
            reason="reading",
        )
        hand(office, "03-03 12:00", "钱秘书", "c/3")
        hand(office, "03-03 12:01", "陈", "c/3")
        assert parts(office.judge("KNW-3"), "evidence") == [("c/1", (given, wrong))]

    def test_what_a_keeper_gives_up_and_what_a_ledger_tells_are_no_contacts(self):
        office = Office({"contact.from": "绝密", "posts.circulate": "registrar"})
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1", level="绝密")
        both = {"giver": "李敏", "receiver": "陈"}
        # Neither has a time.
        rest = {"recorded": "03-03 14:00"}
        office.tell(None, "transferred.hand_over", on=["c/1"], who=both, reason="leaving", **rest)
        row = {"cells": bytes(32), "sha256": bytes(32), "sheet": "传阅", "row": 3}
        who = {**both, "registrar": "李敏"}
        office.tell(
            None, "transferred.circulate", on=["c/2"], who=who, unsigned=["陈"], mode="other", source=row, **rest
        )
        passed = office.tell(None, "transferred.hand_over", on=["c/3"], who=both, reason="passing_on", **rest)
        assert parts(office.judge("KNW-3"), "evidence") == [("c/3", (passed,))]

    def test_the_level_is_policy(self):
        for level, found in (("绝密", []), ("机密", [("KNW-3", "c/9")])):
            office = Office({"contact.from": level})
            receive(office, "03-03 09:00", ["c/9"], "d/9", level="机密")
            office.tell(
                "03-03 15:00", "accessed.read", on=["c/9"], who={"reader": "朱", "registrar": "李敏"}, how="read"
            )
            assert office.found("KNW-3") == found

    def test_a_number_there_is(self):
        office = Office({"contact.from": "绝密"})
        for number, doc_no in ((1, None), (2, "绝〔2025〕2号")):
            office.tell(
                "03-03 09:00", "created.received", on=[f"c/{number}"], who={"receiver": "李敏", "giver": "省交换员"}, sender="u/省委",
                channel="exchange", listed=1, found=1, seal="intact", level="绝密",
                items=[{"carrier": f"c/{number}", "form": "document"}],
            )  # fmt: skip
            register(
                office, "03-03 09:01", f"d/{number}", on=[f"c/{number}"], serial=number, level="绝密", doc_no=doc_no
            )
            hand(office, "03-03 10:00", "陈", f"c/{number}")
        finding = one(office.judge("KNW-3"), "c/1")
        assert "缺文件编号" in finding.message_zh
        assert office.found("KNW-3") == [("KNW-3", "c/1")]


class TestAnnounced:
    def test_before_it_is_read_out(self):
        office = Office()
        for number in range(1, 6):
            receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
            register(office, "03-03 09:01", f"d/{number}", serial=number, no_record=True if number < 5 else None)
        notice = {"who": {"registrar": "李敏"}, "to": ["p/陈"], "channel": "by_hand"}
        heard = {"who": {"reader": "陈", "registrar": "李敏"}}
        office.tell("03-03 09:30", "notified.sent", on=["d/1"], topic="no_record", **notice)
        office.tell("03-03 09:30", "notified.sent", on=["d/2"], topic="other", **notice)
        office.tell("03-03 10:00", "accessed.read", on=["c/1"], how="heard", **heard)
        second = office.tell("03-03 10:00", "accessed.read", on=["c/2"], how="heard", **heard)
        third = office.tell("03-03 10:00", "accessed.read", on=["d/3"], how="heard", **heard)
        office.tell("03-03 10:30", "notified.sent", on=["d/3"], topic="no_record", **notice)
        office.tell("03-03 10:31", "accessed.read", on=["c/4"], how="read", **heard)
        office.tell("03-03 10:32", "accessed.read", on=["c/5"], how="heard", **heard)
        judgement = office.judge("KNW-4")
        assert parts(judgement, "evidence", "severity") == [("c/2", (second,), "low"), ("d/3", (third,), "low")]
        assert "未事先申明" in one(judgement, "c/2").message_zh

    def test_an_announcement_on_the_copy_and_one_too_late(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        register(office, "03-03 09:01", "d/1", no_record=True)
        notice = {"who": {"registrar": "李敏"}, "to": ["p/陈"], "channel": "by_hand", "topic": "no_record"}
        heard = {"who": {"reader": "陈", "registrar": "李敏"}, "how": "heard"}
        office.tell("03-03 09:30", "notified.sent", on=["c/1"], **notice)
        office.tell("03-03 10:00", "accessed.read", on=["c/1"], **heard)
        second = office.tell("03-03 10:00", "accessed.read", on=["c/2"], **heard)
        office.tell("03-03 10:01", "notified.sent", on=["d/1"], **notice)
        assert parts(office.judge("KNW-4"), "evidence") == [("c/2", (second,))]


def test_knw_1_a_second_leader_beside_the_first_does_no_harm():
    office = Office({"posts.scope": "principal_leader"})
    for number, signers in ((1, ["周书记", "何副书记"]), (2, ["何副书记"])):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
        scope(office, "03-03 10:00", f"d/{number}", approver=signers, persons=["p/陈"])
    assert office.found("KNW-1") == [("KNW-1", "d/2")]


def test_knw_who_determines_the_level_has_to_read_it():
    office = Office({"posts.scope": "principal_leader", "posts.circulate": "registrar"})
    for number in (1, 2):
        office.tell(
            "03-03 08:00", "decided.classify", on=[f"d/{number}"], who={"proposer": "赵强"}, step="proposed", level="秘密",
            term="5年", id=f"p{number}",
        )  # fmt: skip
        office.tell(
            "03-03 08:30", "created.entered", on=[f"c/{number}", f"d/{number}"], who={"registrar": "李敏"}, reason="byproduct",
            level="秘密", items=[{"carrier": f"c/{number}", "form": "draft", "document": f"d/{number}"}],
        )  # fmt: skip
    office.tell(
        "03-03 09:00", "decided.classify", on=["d/1"], who={"reviewer": "何副书记"}, refs=["p1"], step="reviewed", level="秘密",
        term="5年",
    )  # fmt: skip
    for number in (1, 2):
        hand(office, "03-03 09:10", "何副书记", f"c/{number}")
    assert office.found("KNW-1") == [("KNW-1", "c/2")]


def test_knw_2_a_reading_known_to_the_day_on_which_the_range_was_fixed():
    """It may have been before; and of two ranges of that day, either may have been in force."""
    office = Office({"posts.circulate": "registrar"})
    for number in (1, 2, 3):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
    scope(office, "03-05 10:00", "d/1", persons=["p/陈"])
    for number in (2, 3):
        scope(office, "03-04 10:00", f"d/{number}", persons=["p/孙"] if number == 2 else ["p/吴"])
        scope(office, "03-05 10:00", f"d/{number}", persons=["p/陈"])
    for number in (1, 2, 3):
        hand(office, "03-05", "孙", f"c/{number}", recorded="03-05 17:00")
    assert office.found("KNW-2") == [("KNW-2", "c/3")]


def test_knw_2_who_brings_back_what_nobody_is_known_to_have_had():
    """Stock of an opening may name no holder: nothing shows that it was somebody else's to bring."""
    office = Office({"posts.scope": "principal_leader", "posts.circulate": "registrar"})
    for number, holder in ((1, {}), (2, {"holder": "p/陈"})):
        item = {"carrier": f"c/{number}", "form": "document", "level": "秘密", "phase": "in_stock", "row": number}
        office.tell(
            "03-03 08:00", "created.opening", on=[f"c/{number}", f"d/{number}"], who={"registrar": "李敏"},
            items=[{**item, "document": f"d/{number}", **holder}],
        )  # fmt: skip
        scope(office, "03-03 09:00", f"d/{number}", persons=["p/陈"])
        back(office, "03-03 10:00", "孙", f"c/{number}")
    assert office.found("KNW-2") == [("KNW-2", "c/2")]
