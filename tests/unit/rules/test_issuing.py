"""ISS: copies are given out by named staff, sealed, escorted, receipted, to those on the list."""

from __future__ import annotations

import pytest

from tests import told as profiles
from tests.hand_outs import back, hand, produce, scope, send
from tests.offices import Office, receive, register
from tests.scenarios import local


def one(judgement, subject):
    """The only finding at a subject."""
    found = [finding for finding in judgement.findings if finding.subject == subject]
    assert len(found) == 1, found
    return found[0]


def parts(judgement, *fields):
    return [tuple(getattr(finding, name) for name in ("subject", *fields)) for finding in judgement.findings]


class TestIssuedByPost:
    def test_who_distributes(self):
        office = Office({"posts.issue": ["registrar", "clerk"]})
        produce(office, "03-03 09:00", "c/1", "c/2", "c/3", document="d/1")
        send(office, "03-04 09:00", "c/1")
        wrong = send(office, "03-04 09:10", "c/2", "c/3", who={"giver": "王宁"})
        judgement = office.judge("ISS-1")
        assert parts(judgement, "evidence", "severity") == [("c/2", (wrong,), "medium")]
        assert "p/王宁" in one(judgement, "c/2").message_zh

    def test_a_post_since_tomorrow_is_none_today(self):
        office = Office({"posts.issue": "messenger"}, posts={"黄": None})
        office.appoint("李敏", "messenger", since="2025-03-04")
        produce(office, "03-03 09:00", "c/1", "c/2", document="d/1")
        send(office, "03-03 23:50", "c/1")
        send(office, "03-04 00:00", "c/2")
        assert office.found("ISS-1") == [("ISS-1", "c/1")]


class TestReceipted:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office({"within.receipt.local": "3d", "within.receipt.post": "15d"})
        carriers = [f"c/{number}" for number in range(1, 10)]
        produce(office, "03-03 09:00", *carriers, document="d/1")
        # What came back before it was sent is no answer to it.
        hand(office, "03-03 10:00", "陈", "c/4")
        back(office, "03-03 11:00", "陈", "c/4")
        send(office, "03-04 09:00", "c/1", who={"receiver": "甲村文书"})
        office.local = send(office, "03-04 09:01", "c/2", "c/3", "c/4", id="s2")
        office.posted = send(office, "03-04 10:00", "c/5", "c/6", to="u/省委", channel="confidential_post", id="s5")
        send(
            office, "03-04 10:01", "c/7", who={"receiver": "甲村文书"}, unsigned=["甲村文书"],
            attachments=[{"name": "签收单", "size": 3, "sha256": b"\1" * 32}],
        )  # fmt: skip
        send(office, "03-04 10:02", "c/8", who={"receiver": "甲村文书"}, unsigned=["甲村文书"])
        # What was not delivered came back.
        office.tell(
            "03-05 09:00", "returned.to_keeper", on=["c/8"], who={"giver": "黄", "receiver": "李敏"}, reason="recall"
        )
        office.signed_later = send(office, "03-04 10:03", "c/9", id="s9")
        # A signature of ours is no receipt.
        office.tell("03-05 10:00", "countersigned", on=["c/5", "c/6"], who={"registrar": "李敏"}, refs=["s5"])
        office.tell("03-06 09:00", "countersigned", on=["c/9"], who={"receiver": "甲村文书"}, refs=["s9"])
        office.tell(
            "03-07 23:00", "transferred.receipt", on=["c/2"], who={"receiver": "甲村文书"}, refs=["s2"], found=1
        )
        office.late = office.tell(
            "03-08 00:10", "transferred.receipt", on=["c/3"], who={"receiver": "甲村文书"}, refs=["s2"], found=1
        )
        return office

    def test_in_three_days_or_fifteen(self, office):
        assert parts(office.judge("ISS-2"), "state", "severity", "evidence") == [
            ("c/3", "closed", "high", (office.local, office.late)),
            ("c/4", "open", "high", (office.local,)),
            ("c/5", "open", "high", (office.posted,)),
        ]
        finding = one(office.judge("ISS-2"), "c/5")
        assert finding.parameters["within.receipt.post"] == "15d"
        assert "u/省委" in finding.message_zh

    def test_what_falls_due(self, office):
        assert office.found("ISS-2", as_of="03-07 23:59", state="open") == []
        dues = office.due("ISS-2", as_of="03-07 23:59")
        assert ("ISS-2", "c/3", local("03-08") - 1) in dues
        assert ("ISS-2", "c/5", local("03-20") - 1) in dues
        assert len([due for due in dues if due[1] in ("c/5", "c/6")]) == 1
        assert ("ISS-2", "c/5") not in office.found("ISS-2", as_of="03-19 23:59")
        assert ("ISS-2", "c/5") in office.found("ISS-2", as_of="03-20 00:00")


class TestCallWithoutTitle:
    def test_as_the_registrar_states(self):
        office = Office()
        fields = {"topic": "collect", "to": ["u/甲村"], "channel": "phone"}
        for number, more in enumerate(({"names_title": True}, {"names_title": False}, {}), 1):
            produce(office, "03-03 09:00", f"c/{number}", f"c/{number}b", document=f"d/{number}")
            office.tell(
                "03-03 10:00", "notified.sent", on=[f"c/{number}", f"c/{number}b"], who={"registrar": "李敏"}, **fields, **more
            )  # fmt: skip
        other = {**fields, "topic": "level_change", "names_title": True}
        office.tell("03-03 10:01", "notified.sent", on=["d/1"], who={"registrar": "李敏"}, **other)
        named = office.tell(
            "03-03 10:02", "notified.sent", on=["d/2"], who={"registrar": "李敏"}, **fields, names_title=True
        )
        judgement = office.judge("ISS-3")
        assert parts(judgement, "severity") == [("c/1", "medium"), ("d/2", "medium")]
        assert one(judgement, "d/2").evidence == (named,)
        assert "电话" in one(judgement, "c/1").message_zh

    def test_at_whatever_it_is_about(self):
        office = Office()
        for named in ("l/会1", "u/镇"):
            office.tell(
                "03-03 10:00", "notified.sent", on=[named], who={"registrar": "李敏"}, topic="collect", to=["u/甲村"],
                channel="messaging", names_title=True,
            )  # fmt: skip
        assert office.found("ISS-3") == [("ISS-3", "l/会1"), ("ISS-3", "u/镇")]


CHANNELS = {
    "channels.external": ["confidential_post", "coded"], "cover.when": "posted", "escorts.when": ["posted", "top_secret"],
    "min.escorts": "2",
}  # fmt: skip
COVER = {"wrapped": True, "level": "秘密", "number": "镇发1号", "addressee": "省委办公厅"}
TWO = {"escort": ["黄", "赵强"]}


class TestSentOut:
    """ISS-4, ISS-5, ISS-6 on one set of dispatches."""

    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office(CHANNELS)
        produce(office, "03-03 09:00", *(f"c/{n}" for n in "ABCDEFGHI"), document="d/1")
        produce(office, "03-03 09:01", "c/T1", "c/T2", document="d/t", level="绝密")
        produce(office, "03-03 09:02", "c/N", document="d/n", level="无密")
        post = {"to": "u/省委", "channel": "confidential_post"}
        office.right = send(office, "03-04 09:00", "c/A", **post, cover=COVER, who=TWO)
        office.courier = send(office, "03-04 09:01", "c/B", to="u/乙村", channel="courier")
        office.far = send(office, "03-04 09:02", "c/C", to="u/省委", channel="by_hand")
        send(office, "03-04 09:03", "c/D", to="u/甲村", channel="by_hand")
        send(office, "03-04 09:04", "c/E", to="u/未申报", channel="exchange")
        office.wrong_cover = send(office, "03-04 09:05", "c/F", **post, cover={**COVER, "level": "内部"}, who=TWO)
        office.open_cover = send(office, "03-04 09:06", "c/G", **post, cover={**COVER, "wrapped": False}, who=TWO)
        office.alone = send(office, "03-04 09:07", "c/H", **post, cover=COVER, who={"escort": "黄"}, id="h")
        office.tell("03-05 09:00", "countersigned", on=["c/H"], who={"escort": "赵强"}, refs=["h"])
        office.half = send(
            office, "03-04 09:08", "c/I", **post, cover=COVER, who=TWO, unsigned=["赵强"], recorded="03-05 09:01"
        )
        office.top = send(office, "03-05 09:08", "c/T1", to="u/甲村", channel="by_hand", who={"escort": "黄"})
        send(office, "03-05 09:09", "c/T2", to="u/甲村", channel="by_hand", who=TWO)
        send(office, "03-05 09:10", "c/N", to="u/乙村", channel="courier")
        return office

    def test_beyond_the_place(self, office):
        judgement = office.judge("ISS-4")
        assert parts(judgement, "evidence", "severity") == [
            ("c/B", (office.courier,), "high"),
            ("c/C", (office.far,), "high"),
        ]
        assert "经快递发往 u/乙村" in one(judgement, "c/B").message_zh
        assert (
            "经专人发往 u/省委，不是机要通信或密传，收文单位未派人签收，护送不足2人" in one(judgement, "c/C").message_zh
        )

    def test_beyond_the_place_from_hand_to_hand(self):
        office = Office(CHANNELS)
        produce(office, "03-03 09:00", "c/A", "c/B", "c/C", document="d/1")
        send(office, "03-04 09:00", "c/A", to="u/省委", who={"receiver": "省机要员"})
        send(office, "03-04 09:01", "c/B", to="u/省委", who=TWO)
        alone = send(office, "03-04 09:02", "c/C", to="u/省委", who={"escort": "黄"})
        assert parts(office.judge("ISS-4"), "evidence") == [("c/C", (alone,))]

    def test_sealed(self, office):
        judgement = office.judge("ISS-5")
        assert parts(judgement, "evidence", "severity") == [
            ("c/B", (office.courier,), "medium"),
            ("c/F", (office.wrong_cover,), "medium"),
            ("c/G", (office.open_cover,), "medium"),
        ]
        assert "未记录密封" in one(judgement, "c/B").message_zh
        assert "标明内部，实为秘密" in one(judgement, "c/F").message_zh
        assert "未密封" in one(judgement, "c/G").message_zh

    def test_escorted(self, office):
        judgement = office.judge("ISS-6")
        assert parts(judgement, "state", "evidence") == [
            ("c/B", "open", (office.courier,)),
            ("c/H", "closed", (office.alone, office.alone + 1)),
            ("c/I", "open", (office.half,)),
            ("c/T1", "open", (office.top,)),
        ]
        assert "护送1人，不足2人" in one(judgement, "c/T1").message_zh
        assert one(judgement, "c/B").parameters["min.escorts"] == "2"

    def test_always_and_never(self):
        for when, found in (("always", ["ISS-5", "ISS-6"]), ("never", [])):
            office = Office({"cover.when": when, "escorts.when": "always", **({"min.escorts": "1"} if found else {})})
            produce(office, "03-03 09:00", "c/A", document="d/1")
            send(office, "03-04 09:00", "c/A", to="u/甲村", channel="by_hand")
            assert [code for code, _ in office.found("ISS-5", "ISS-6")] == found


class TestFaceToFace:
    def test_leaders_get_it_in_person(self):
        office = Office({"posts.leaders": ["principal_leader"]})
        produce(office, "03-03 09:00", "c/1", "c/2", "c/3", "c/4", document="d/1")
        receive(office, "03-03 09:01", ["c/5"], "d/5")
        hand(office, "03-03 10:00", "周书记", "c/1")
        desk = hand(office, "03-03 10:01", "周书记", "c/2", mode="left_on_desk")
        unsigned = hand(office, "03-03 10:02", "周书记", "c/3", unsigned=["周书记"])
        hand(office, "03-03 10:03", "陈", "c/4", mode="exchange_box")
        hand(office, "03-03 10:04", "周书记", "c/5", mode="left_on_desk")
        judgement = office.judge("ISS-7")
        assert parts(judgement, "evidence", "severity", "state") == [
            ("c/2", (desk,), "medium", "open"),
            ("c/3", (unsigned,), "medium", "open"),
        ]
        assert "p/周书记 未当面送交" in one(judgement, "c/2").message_zh
        assert "未签收" in one(judgement, "c/3").message_zh

    def test_signed_afterwards(self):
        office = Office({"posts.leaders": ["principal_leader", "responsible_leader"]})
        produce(office, "03-03 09:00", "c/1", "c/2", document="d/1")
        hand(office, "03-03 10:00", "何副书记", "c/1", unsigned=["何副书记"], id="h")
        signed = office.tell("03-04 10:00", "countersigned", on=["c/1"], who={"receiver": "何副书记"}, refs=["h"])
        hand(office, "03-04 10:01", "何副书记", "c/2", mode="exchange_box")
        judgement = office.judge("ISS-7")
        assert parts(judgement, "state", "evidence") == [
            ("c/1", "closed", (signed - 1, signed)),
            ("c/2", "open", (signed + 1,)),
        ]


class TestInDistribution:
    @pytest.fixture(scope="class", name="office")
    @staticmethod
    def _office():
        office = Office()
        office.made = produce(
            office, "03-03 09:00", "c/1", "c/2", "c/3", "c/4", "c/5", document="d/1", distribution=["u/甲村", "p/冯"]
        )
        produce(office, "03-03 09:01", "c/6", document="d/6", distribution=["p/冯"])
        send(office, "03-04 09:00", "c/1", to="u/甲村")
        office.outside = send(office, "03-04 09:01", "c/2", "c/3", to="u/乙村")
        office.widened = scope(office, "03-05 09:00", "d/1", change="extended", units=["u/乙村"])
        send(office, "03-05 09:01", "c/4", to="u/乙村")
        send(office, "03-05 09:02", "c/5", to="u/快修店", who={"receiver": "冯"})
        send(office, "03-05 09:03", "c/6", to="u/乙村")
        receive(office, "03-06 09:00", ["c/7", "c/8"], "d/7")
        register(office, "03-06 09:10", "d/7")
        office.scoped = scope(office, "03-06 09:20", "d/7", units=["u/党政办"])
        send(office, "03-06 09:30", "c/7", to="u/省委")
        office.beyond = send(office, "03-06 09:31", "c/8", to="u/甲村")
        return office

    def test_who_is_not_on_the_list(self, office):
        judgement = office.judge("ISS-8")
        assert parts(judgement, "evidence", "severity") == [
            ("c/2", (office.made, office.outside), "critical"),
            ("c/8", (office.scoped, office.beyond), "critical"),
        ]
        assert "发给 u/乙村，不在发放范围（u/甲村）" in one(judgement, "c/2").message_zh

    def test_before_it_was_sent_nothing(self, office):
        assert office.found("ISS-8", as_of="03-04 09:00") == []

    def test_the_range_that_was_decided_with_the_level(self):
        office = Office()
        produce(office, "03-03 09:00", "c/1", "c/2", document="d/1")
        classify = office.tell(
            "03-03 09:10", "decided.classify", on=["d/1"], who={"approver": "周书记"}, step="approved", level="秘密",
            scope={"units": ["u/甲村"]},
        )  # fmt: skip
        send(office, "03-04 09:00", "c/1", to="u/甲村")
        sent = send(office, "03-04 09:01", "c/2", to="u/乙村")
        scope(office, "03-05 09:00", "d/1", change="extended", units=["u/乙村"])
        finding = one(office.judge("ISS-8"), "c/2")
        assert finding.evidence == (classify, sent)


def test_open_papers_are_anybodys_to_distribute():
    found = {}
    for level in ("无密", "秘密"):
        office = Office({"posts.issue": ["registrar"], "posts.leaders": ["principal_leader"]})
        receive(office, "03-03 09:00", ["c/1"], "d/1", level=level)
        register(office, "03-03 09:10", "d/1", level=level, term=None)
        office.tell(
            "03-04 09:00",
            "transferred.dispatch",
            on=["c/1", "d/1"],
            who={"giver": "黄"},
            to="u/甲村",
            channel="by_hand",
        )
        office.tell("03-04 09:30", "notified.sent", on=["d/1"], who={"registrar": "李敏"}, topic="collect", to=["u/甲村"],
                    channel="phone", names_title=True)  # fmt: skip
        found[level] = {code for code, _ in office.found("ISS-1", "ISS-3", "ISS-7")}
    assert found == {"无密": set(), "秘密": {"ISS-1", "ISS-3"}}


def test_a_section_of_a_unit_in_the_distribution():
    office = Office()
    office.office("01-02 08:00", "declared.unit", unit="u/党政办", name="党政办", type="section", parent="u/镇")
    office.tell("03-03 09:00", "created.produced", on=["c/1", "c/2", "d/1"], who={"operator": "赵强", "registrar": "李敏"}, level="秘密",
                distribution=["u/镇"], items=[{"carrier": f"c/{n}", "form": "document", "document": "d/1"} for n in (1, 2)])  # fmt: skip
    for number, unit in enumerate(("u/党政办", "u/甲村"), 1):
        office.tell(
            "03-04 09:00",
            "transferred.dispatch",
            on=[f"c/{number}", "d/1"],
            who={"giver": "李敏"},
            to=unit,
            channel="by_hand",
        )
    assert office.found("ISS-8") == [("ISS-8", "c/2")]


@pytest.mark.parametrize("profile", ["township", "national"])
def test_the_classified_network_is_a_way_out(profile):
    office = profiles.office(profile)
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    for number, channel in enumerate(("classified_network", "email"), 1):
        office.tell(
            "03-04 09:00",
            "transferred.dispatch",
            on=[f"c/{number}", "d/1"],
            who={"giver": "李敏"},
            to="u/省委",
            channel=channel,
        )
    assert office.found("ISS-4") == [("ISS-4", "c/2")]
