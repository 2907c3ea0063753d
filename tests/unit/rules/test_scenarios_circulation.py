"""Scenarios of circulation, told as in the regulations' offices: exactly the expected findings, whatever else could be asked."""

from __future__ import annotations

import pytest

from chainlog.rules import declared
from chainlog.rules.rule import RULES
from tests.hand_outs import back, hand
from tests.offices import Office

assert declared.CHAPTERS
CHAPTERS = ("RCV", "ISS", "TRN", "CIR", "KNW")
OURS = [name for name, rule in RULES.items() if rule.chapter in CHAPTERS]

# Everything that the township's regulations ask for in these chapters.
TOWNSHIP = {
    "within.register": "0d", "strict.RCV-1": "yes", "posts.route": "principal_leader",
    "within.handle.urgent": "0d", "within.handle.soon": "2d", "within.handle.ordinary": "4d",
    "posts.issue": ["registrar", "clerk"], "within.receipt.local": "3d", "within.receipt.post": "15d",
    "channels.external": ["confidential_post", "coded"], "cover.when": "posted", "escorts.when": "posted", "min.escorts": "2",
    "posts.leaders": ["principal_leader", "responsible_leader"],
    "channels.forbidden": ["courier", "ordinary_post", "freight"], "channels.electronic": ["internet", "email", "fax", "messaging"],
    "posts.messenger": ["registrar", "clerk"], "custody.office": "registrar", "posts.circulate": "registrar",
    "within.back.circulation": "0d", "within.after_last_reader": "1d", "posts.scope": "principal_leader", "contact.from": "绝密",
}  # fmt: skip
UNIVERSITY = {
    "posts.receive": "registrar", "within.fetch": "7d", "within.fetch_to_register": "4h", "within.from_meeting": "1wd",
    "within.register": "0d", "custody.office": "registrar", "posts.circulate": "registrar", "contact.from": "绝密",
    "channels.forbidden": ["courier", "ordinary_post", "freight"], "channels.electronic": ["internet", "email", "fax", "messaging"],
}  # fmt: skip


def arrival(office, *, scope=("陈", "孙", "吴")):
    """省委〔2025〕7号 arrives, is registered, routed, and its range is fixed."""
    office.tell(
        "03-03 09:10", "created.received", on=["c/87", "c/88"], who={"receiver": "李敏", "giver": "省交换员"}, sender="u/省委",
        channel="exchange", listed=2, found=2, seal="intact", level="机密",
        items=[{"carrier": f"c/{n}", "form": "document", "copy_no": f"0000{n}"} for n in (87, 88)],
    )  # fmt: skip
    office.tell(
        "03-03 09:12", "registered.document", on=["c/87", "c/88", "d/省委7"], who={"registrar": "李敏"}, register="收文2025",
        serial=31, document={
            "title": "通知", "type": "official", "issuer": "u/省委", "tier": "province", "level": "机密", "term": "10年",
            "issue_date": "2025-02-26", "doc_no": "省委〔2025〕7号", "return_required": True, "return_due": "2025-12-20",
        },
    )  # fmt: skip
    persons = ["p/陈", "p/孙", "p/吴"]
    office.tell(
        "03-03 09:40", "decided.route", on=["d/省委7"], who={"approver": "周书记"}, step="approved", recipients=persons
    )
    office.tell(
        "03-03 09:41", "decided.scope", on=["d/省委7"], who={"approver": "周书记"}, step="approved", change="set",
        scope={"persons": [f"p/{name}" for name in scope]},
    )  # fmt: skip


def shape(judgement):
    """(code, subject, severity, state, evidence) of every finding."""
    return sorted((f.code, f.subject, f.severity, f.state, f.evidence) for f in judgement.findings)


class TestS1:
    def test_lawful_circulation_and_return(self):
        office = Office(TOWNSHIP)
        arrival(office)
        for out, reader, again in (("10:00", "陈", "10:40"), ("10:50", "孙", "11:20"), ("14:00", "吴", "14:30")):
            hand(office, f"03-03 {out}", reader)
            back(office, f"03-03 {again}", reader)
        office.tell("03-03 14:35", "transferred.store", on=["c/87", "c/88"], who={"registrar": "李敏"}, place="w/G1")
        for name, at, occasion in (
            ("盘2025-1", "03-28 15:00", "regular"), ("盘2025-2", "04-29 15:00", "holiday"), ("盘2025-3", "09-29 15:00", "holiday"),
        ):  # fmt: skip
            office.tell(
                at, "checked.inventory", on=[f"l/{name}", "u/镇"], who={"operator": ["李敏", "赵强"]}, place="w/G1",
                occasion=occasion, found=["c/87", "c/88"],
            )  # fmt: skip
        office.tell(
            "03-28 16:00", "listed.added", on=["l/清2025-1", "u/镇"], who={"registrar": "李敏"}, purpose="clear", items=[], total=0,
            recorded="09-29 16:00",
        )  # fmt: skip
        office.tell(
            "12-10 10:00", "returned.to_issuer", on=["c/87", "c/88", "d/省委7"], who={"giver": "李敏", "receiver": "省机要员"},
            to="u/省委",
        )  # fmt: skip
        judgement = office.judge(*OURS)
        assert (judgement.findings, judgement.unjudged) == ((), ())
        assert judgement.dues == ()


class TestS2:
    @pytest.mark.parametrize("in_scope", [True, False])
    def test_another_reader_brings_it_back(self, in_scope):
        office = Office(TOWNSHIP)
        for name in ("陈", "孙", "吴"):
            office.office("01-02 08:00", "declared.person", person=f"p/{name}", name=name, unit="u/党政办")
        arrival(office, scope=("陈", "孙", "吴") if in_scope else ("陈", "吴"))
        out = hand(office, "03-04 09:00", "陈")
        returned = back(office, "03-04 15:00", "孙")
        expected = [
            ("CIR-1", "c/87", "high", "open", (out, returned)),
            ("CIR-2", "c/87", "high", "open", (returned,)),
            ("TRN-4", "c/87", "critical", "open", (returned,)),
        ]
        if not in_scope:
            expected.append(("KNW-2", "c/87", "high", "open", (returned - 2, returned)))
        assert shape(office.judge(*OURS)) == sorted(expected)
        for finding in office.judge("CIR-1").findings:
            assert "p/陈" in finding.message_zh
            assert "p/孙" in finding.message_zh
            assert "横传" in finding.message_zh
        assert ["p/孙" in f.message_zh and "领取" in f.message_zh for f in office.judge("CIR-2").findings] == [True]

    def test_said_openly(self):
        office = Office(TOWNSHIP)
        arrival(office)
        hand(office, "03-04 09:00", "陈")
        passed = office.tell(
            "03-04 11:00",
            "transferred.hand_over",
            on=["c/87"],
            who={"giver": "陈", "receiver": "孙"},
            reason="passing_on",
        )
        back(office, "03-04 15:00", "孙")
        assert shape(office.judge(*OURS)) == [("CIR-1", "c/87", "high", "open", (passed,))]
        assert "p/陈 直接交给 p/孙" in office.judge("CIR-1").findings[0].message_zh


@pytest.fixture(scope="module")
def s4():
    office = Office(UNIVERSITY)
    office.tell(
        "04-07 09:00", "created.received", on=["c/T1"], who={"receiver": "钱秘书", "giver": "省交换员"}, sender="u/省委",
        channel="exchange", listed=1, found=1, seal="intact", level="绝密", items=[{"carrier": "c/T1", "form": "document"}],
    )  # fmt: skip
    office.tell(
        "04-07 09:05", "registered.document", on=["c/T1", "d/T"], who={"registrar": "钱秘书"}, register="收文2025", serial=1,
        document={"title": "报告", "issuer": "u/省委", "level": "绝密", "term": "30年", "doc_no": "教〔2025〕1号"},
    )  # fmt: skip
    hand(office, "04-08 09:00", "朱", "c/T1", giver="钱秘书", place="w/办公室301")
    office.read = office.tell(
        "04-08 09:05", "accessed.read", on=["c/T1"], who={"reader": "朱", "registrar": "钱秘书"}, how="read",
        place="w/办公室301",
    )  # fmt: skip
    office.tell(
        "04-09 09:00", "decided.permit", id="p4", on=["c/T1"], who={"approver": "郑院长"}, step="approved", act="lend",
        until="04-11 18:00",
    )  # fmt: skip
    office.tell(
        "04-09 09:30", "transferred.lend", id="b4", on=["c/T1"], who={"giver": "钱秘书", "receiver": "朱"}, refs=["p4"],
        purpose="起草", depth="take_away", due="04-11 18:00",
    )  # fmt: skip
    back(office, "04-10 17:00", "朱", "c/T1", receiver="钱秘书", reason="loan", refs=["b4"])
    return office


class TestS4:
    def test_the_reading_has_no_end(self, s4):
        found = s4.judge(*OURS).findings
        assert [(f.code, f.subject, f.severity, f.evidence) for f in found] == [
            ("KNW-3", "c/T1", "critical", (s4.read,))
        ]
        assert "退回时间" in found[0].message_zh
        assert "签领" not in found[0].message_zh

    def test_it_reads_at_once(self, s4):
        assert s4.found(*OURS, as_of="04-08 09:04") == []
        assert s4.found(*OURS, as_of="04-08 09:06") == [("KNW-3", "c/T1")]


@pytest.fixture(scope="module")
def s5():
    office = Office(TOWNSHIP)
    copies = [f"c/M{n}" for n in range(1, 32)]
    office.tell(
        "06-03 11:00", "created.produced", on=[*copies, "d/镇12"], who={"operator": "赵强", "registrar": "李敏"},
        place="w/文印室", level="秘密", distribution=["u/甲村", "u/乙村"],
        items=[{"carrier": c, "form": "document", "document": "d/镇12", "copy_no": c[3:]} for c in copies],
    )  # fmt: skip
    office.tell(
        "06-03 11:30", "registered.document", on=["d/镇12"], who={"registrar": "李敏"}, register="发文2025", serial=12,
        document={"title": "方案", "type": "official", "issuer": "u/镇", "level": "秘密", "term": "15年",
                  "doc_no": "镇发〔2025〕12号", "issue_date": "2025-06-03"},
    )  # fmt: skip
    office.tell("06-03 11:40", "marked", on=copies, who={"operator": "赵强"}, text="秘密★15年", position="top_left")
    office.tell(
        "06-04 09:00", "transferred.dispatch", on=[*copies[:28], "d/镇12"], who={"giver": "李敏", "receiver": "甲村文书"},
        to="u/甲村", channel="by_hand",
    )  # fmt: skip
    office.sent = office.tell(
        "06-04 10:00",
        "transferred.dispatch",
        on=["c/M31", "d/镇12"],
        who={"giver": "李敏"},
        to="u/乙村",
        channel="courier",
    )
    return office


class TestS5:
    def test_by_courier(self, s5):
        assert shape(s5.judge(*OURS, as_of="06-09 12:00")) == [
            ("ISS-4", "c/M31", "high", "open", (s5.sent,)),
            ("ISS-5", "c/M31", "medium", "open", (s5.sent,)),
            ("ISS-6", "c/M31", "high", "open", (s5.sent,)),
            ("TRN-1", "c/M31", "critical", "open", (s5.sent,)),
        ]

    def test_its_receipt_falls_due_as_of_what_is_posted(self, s5):
        assert [(code, subject) for code, subject, _ in s5.due(*OURS, as_of="06-19 23:59")] == [("ISS-2", "c/M31")]
        assert ("ISS-2", "c/M31") in s5.found(*OURS, as_of="06-20 00:01")


def stock(office, *carriers, level="秘密", holder="李敏", **fields):
    """What was there before the log began."""
    items = [
        {
            "carrier": c,
            "form": "document",
            "level": level,
            "phase": "in_stock",
            "row": n,
            "holder": f"p/{holder}",
            **fields,
        }
        for n, c in enumerate(carriers, 1)
    ]
    office.tell(
        "01-05 09:00", "created.opening", on=list(carriers), who={"registrar": holder}, items=items,
        source={"cells": b"\1" * 32, "sha256": b"\2" * 32, "sheet": "库存", "row": 1},
    )  # fmt: skip


class TestOtherStories:
    """Scenarios that are about other chapters: these have nothing to say."""

    def test_s3_and_s6(self):
        office = Office(UNIVERSITY)
        stock(office, "c/R1", "c/O", holder="钱秘书")
        lend = {"step": "approved", "act": "lend", "until": "05-13 18:00"}
        office.tell(
            "05-06 09:00", "decided.permit", id="p1", on=["c/R1"], who={"approver": "郑院长", "proposer": "许"}, **lend
        )
        office.tell(
            "05-06 10:00", "transferred.lend", id="b1", on=["c/R1"], who={"giver": "钱秘书", "receiver": "许"}, refs=["p1"],
            purpose="课题", depth="take_away", due="05-13 18:00", pages=24,
        )  # fmt: skip
        office.tell(
            "05-17 09:00", "notified.sent", on=["c/R1"], who={"registrar": "钱秘书"}, refs=["b1"], topic="urge", to=["p/许"],
            channel="phone",
        )  # fmt: skip
        back(office, "05-22 16:00", "许", "c/R1", receiver="钱秘书", reason="loan", refs=["b1"], id="r1")
        who = {"proposer": "秦", "reviewer": "冯", "approver": "郑院长"}
        office.tell("09-01 09:00", "decided.permit", id="k0", on=["c/O"], who=who, step="approved", act="copy", count=2)
        office.tell(
            "09-01 10:00", "copied.made", on=["c/K1", "c/K2", "c/O", "d/报告5"], who={"operator": "秦", "registrar": "钱秘书"},
            refs=["k0"], method="copy", parents=["c/O"], level="秘密", term="10年", due="09-15 18:00",
            items=[{"carrier": c, "form": "document", "document": "d/报告5", "copy_no": c[2:]} for c in ("c/K1", "c/K2")],
        )  # fmt: skip
        office.tell(
            "09-03 09:00", "checked.inventory", on=["l/盘9", "u/院办"], who={"operator": ["钱秘书", "冯"]}, occasion="special",
            found=["c/K1", "c/K2", "c/O"], extra=[{"label": "K3", "document": "d/报告5"}],
        )  # fmt: skip
        back(office, "09-12 09:00", "秦", "c/K1", receiver="钱秘书")
        assert shape(office.judge(*OURS)) == []

    def test_s7_s8_and_s9(self):
        office = Office(TOWNSHIP)
        office.tell(
            "06-02 09:00", "created.equipment", on=["c/M-07"], who={"registrar": "李敏", "receiver": "吴"}, form="usb_stick",
            number="M-07", register="介质", serial=7, unit="u/党政办", level="秘密", term="5年",
        )  # fmt: skip
        office.tell(
            "07-01 10:00", "copied.stored", on=["c/M-07"], who={"operator": "吴", "approver": "何副书记"}, what="数据", level="机密",
            form_no="F12",
        )  # fmt: skip
        office.tell(
            "07-02 09:00", "transferred.take_out", id="s3", on=["c/M-07"], who={"giver": "李敏", "receiver": "吴"},
            destination="w/市局", reason="报送", due="07-04 18:00", measures=["密码箱"],
        )  # fmt: skip
        back(office, "07-04 16:00", "吴", "c/M-07", reason="take_out", refs=["s3"])
        stock(office, "c/A1", "c/A2", "c/H1", "c/H2")
        office.tell(
            "08-29 09:00", "transferred.hand_over", on=["c/H1", "l/移交"], who={"giver": "李敏", "receiver": "赵强"},
            reason="leaving",
        )  # fmt: skip
        office.tell(
            "11-03 09:00", "listed.added", on=["l/X"], who={"registrar": "李敏"}, purpose="destroy", total=2,
            items=[{"carrier": c, "reason": "no_longer_needed"} for c in ("c/A1", "c/A2")],
        )  # fmt: skip
        office.tell(
            "11-06 09:00", "transferred.send_to_destruction", on=["c/A1", "c/A2", "l/X"],
            who={"giver": "李敏", "escort": ["李敏", "赵强"], "receiver": "销毁中心员"}, to="u/市保密局", receipt_no="R-551",
        )  # fmt: skip
        office.tell(
            "11-06 11:00", "destroyed.carriers", on=["c/A1", "c/A2", "l/X"],
            who={"supervisor": ["李敏", "赵强"], "operator": "销毁中心员"}, place="w/市销毁中心", unit="u/市保密局", method="pulp",
        )  # fmt: skip
        assert shape(office.judge(*OURS)) == []
