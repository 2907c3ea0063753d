"""Storage media: filed, numbered, what is stored on them, where they are used, repaired and disposed of."""

from __future__ import annotations

import pytest

from tests.offices import Office

MED = tuple(f"MED-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 10, 11))


def medium(office, name, *, at="06-02 09:00", level="秘密", form="usb_stick", **fields):
    return office.tell(
        at, "created.equipment", on=[f"c/{name}"], who={"registrar": "李敏", "receiver": "吴"},
        **{"form": form, "number": name, "register": "介质", "serial": 1, "unit": "u/党政办", "level": level, "term": "5年", **fields},
    )  # fmt: skip


def device(office, name, level, **fields):
    return medium(office, name, level=level, form="computer", at="06-01 09:00", **fields)


def permit(office, at, carriers, act, *, id="", who="何副书记", **fields):  # noqa: A002 - the short form's own word
    who = {"approver": who} if isinstance(who, str) else who
    return office.tell(at, "decided.permit", id=id, on=carriers, who=who, step="approved", act=act, **fields)


def put_on(office, at, name, level="机密", *, who=None, form_no="F12", unsigned=(), refs=(), **fields):
    if form_no:
        fields["form_no"] = form_no
    return office.tell(
        at, "copied.stored", on=[f"c/{name}"], who=who or {"operator": "吴", "approver": "何副书记"}, what="数据", level=level,
        unsigned=unsigned, refs=refs, **fields,
    )  # fmt: skip


def mark(office, at, name, text):
    return office.tell(at, "marked", on=[f"c/{name}"], who={"operator": "李敏"}, text=text, position="label")


def connect(office, at, name, to):
    return office.tell(at, "accessed.connected", on=[f"c/{name}"], who={"registrar": "李敏"}, device=f"c/{to}")


def erase(office, at, name, method="overwrite"):
    return office.tell(at, "destroyed.contents", on=[f"c/{name}"], who={"operator": "赵强"}, method=method)


class TestScenario:
    """S7: a stick with more on it than its label says, on a computer below it."""

    PARAMETERS = {
        "within.file_register": "5d", "posts.permit.store_content": ["responsible_leader"], "places.destroy": ["destruction_site"],
        "posts.permit.take_out": ["responsible_leader"], "every.inventory": "3mo", "every.clearing": "3mo", "keep.reader": "1mo",
    }  # fmt: skip

    def test_s7(self):
        office = Office(self.PARAMETERS)
        device(office, "PC-2", "机密")
        device(office, "PC-33", "秘密")
        entered = medium(office, "M-07", serial=7)
        office.tell(
            "06-03 09:00",
            "notified.filed",
            on=["c/M-07"],
            who={"registrar": "李敏"},
            to="u/党政办",
            what="equipment_register",
        )
        permit(office, "07-01 09:00", ["c/M-07"], "store_content", id="s1", form_no="F12")
        stored = put_on(office, "07-01 10:00", "M-07", refs=["s1"], device="c/PC-2")
        permit(office, "07-02 08:00", ["c/M-07"], "take_out", id="s2", until="07-04 18:00")
        office.tell(
            "07-02 09:00", "transferred.take_out", id="s3", on=["c/M-07"], who={"giver": "李敏", "receiver": "吴"}, refs=["s2"],
            destination="w/市局", reason="报送", due="07-04 18:00", measures=["密码箱"],
        )  # fmt: skip
        connected = connect(office, "07-03 10:00", "M-07", "PC-33")
        office.tell(
            "07-04 16:00",
            "returned.to_keeper",
            on=["c/M-07"],
            who={"giver": "吴", "receiver": "李敏"},
            refs=["s3"],
            reason="take_out",
        )
        rules = [
            *MED,
            *(f"CMP-{n}" for n in range(1, 11)),
            *(f"INV-{n}" for n in range(1, 9)),
            *(f"RET-{n}" for n in range(1, 10)),
        ]
        findings = office.judge(*rules, as_of="07-05").findings
        assert [(one.code, one.subject, one.severity, one.evidence) for one in findings] == [
            ("MED-6", "c/M-07", "critical", (connected,)),
            ("MED-4", "c/M-07", "high", (entered, stored)),
        ]
        assert "机密介质接入秘密计算机 c/PC-33" in findings[0].message_zh
        assert "仍标秘密" in findings[1].message_zh


class TestFiledAndNumbered:
    def test_filed_in_five_days(self):
        office = Office({"within.file_register": "5d"})
        entered = medium(office, "A")
        medium(office, "B")
        medium(office, "N", level="无密")
        device(office, "PC", "机密")
        medium(office, "C", at="06-03 09:00", unit="u/乙村")
        office.tell(
            "06-07 23:00",
            "notified.filed",
            on=["c/B"],
            who={"registrar": "李敏"},
            to="u/党政办",
            what="equipment_register",
        )
        office.tell(
            "06-07 23:10",
            "notified.filed",
            on=["u/乙村"],
            who={"registrar": "李敏"},
            to="u/党政办",
            what="equipment_register",
        )
        office.tell(
            "06-07 23:20",
            "notified.filed",
            on=["c/A"],
            who={"registrar": "李敏"},
            to="u/党政办",
            what="disposal_report",
        )
        assert [one[1] for one in office.due("MED-1", as_of="06-07 23:30")] == ["c/A"]
        (finding,) = office.judge("MED-1", as_of="06-08").findings
        assert (finding.subject, finding.severity, finding.evidence) == ("c/A", "medium", (entered,))
        office.tell(
            "06-09 09:00",
            "notified.filed",
            on=["c/A"],
            who={"registrar": "李敏"},
            to="u/党政办",
            what="equipment_register",
        )
        assert office.found("MED-1", state="closed") == [("MED-1", "c/A")]

    def test_filed_before_it_was_there(self):
        office = Office({"within.file_register": "5d"})
        office.tell(
            "06-01 09:00",
            "notified.filed",
            on=["u/党政办"],
            who={"registrar": "李敏"},
            to="u/镇",
            what="equipment_register",
        )
        medium(office, "A", form="optical_disc")
        (finding,) = office.judge("MED-1", as_of="06-08").findings
        assert "介质 A 应报备案" in finding.message_zh
        assert "not done" in finding.message_en

    def test_the_office_does_not_file_with_itself(self):
        """Its own register is the one with which the sections file theirs."""
        office = Office({"within.file_register": "5d", "custody.office": "registrar"})
        for person, unit in (("李敏", "u/党政办"), ("赵强", "u/财政所")):
            office.office("01-03 08:00", "declared.person", person=f"p/{person}", name=person, unit=unit)
        medium(office, "A")
        medium(office, "B", unit="u/财政所")
        section = {"registrar": "赵强", "receiver": "吴"}
        office.tell(
            "06-02 09:00", "created.equipment", on=["c/C"], who=section, form="usb_stick", number="C", register="介质", serial=3,
            unit="u/财政所", level="秘密", term="5年",
        )  # fmt: skip
        assert office.found("MED-1") == [("MED-1", "c/B"), ("MED-1", "c/C")]

    def test_a_number_that_a_computer_has(self):
        office = Office()
        device(office, "PC", "秘密", number="7", serial=1)
        entered = medium(office, "A", number="7", serial=2, id="e")
        (finding,) = office.judge("MED-2").findings
        assert (finding.subject, finding.about, finding.evidence[-1]) == ("c/A", "c/PC", entered)
        office.tell(
            "06-03 09:00", "corrected.field", on=["c/A"], who={"registrar": "李敏", "approver": "王宁"}, refs=["e"], field="number",
            old='"7"', new='"8"', reason="誊写错误",
        )  # fmt: skip
        assert office.found("MED-2") == []

    def test_number_level_and_term(self):
        office = Office()
        first = medium(office, "A", number="M-1")
        second = medium(office, "B", number="M-1", serial=2)
        office.tell(
            "06-02 10:00", "created.equipment", on=["c/D"], who={"registrar": "李敏", "receiver": "吴"}, form="usb_stick", number="M-3",
            register="介质", serial=4, unit="u/党政办", level="秘密",
        )  # fmt: skip
        medium(office, "E", number="M-4", level="未标", serial=5)
        device(office, "F", "秘密", number="M-5", serial=6)
        found = {one.subject: one for one in office.judge("MED-2").findings}
        assert set(found) == {"c/B", "c/D", "c/E"}
        assert found["c/B"].evidence == (first, second)
        assert "M-1 与 c/A 重复" in found["c/B"].message_zh
        assert "未定保密期限" in found["c/D"].message_zh
        assert "未标密级" in found["c/E"].message_zh
        office.tell(
            "06-03 09:00",
            "decided.classify",
            on=["c/D"],
            who={"approver": "何副书记"},
            step="approved",
            level="秘密",
            term="5年",
        )
        assert office.found("MED-2", state="closed") == [("MED-2", "c/D")]


class TestStored:
    PARAMETERS = {"posts.permit.store_content": ["responsible_leader"]}

    def test_form_and_approval(self):
        office = Office(self.PARAMETERS)
        for name in "ABCDEFG":
            medium(office, name, level="机密", number=name)
        put_on(office, "07-01 09:00", "A", form_no="F1")
        without = put_on(office, "07-01 09:10", "B", form_no="")
        put_on(office, "07-01 09:20", "C", form_no="F3", who={"operator": "吴"})
        put_on(office, "07-01 09:30", "D", form_no="F4", who={"operator": "吴", "approver": "王宁"})
        permit(office, "07-01 09:40", ["c/E"], "store_content")
        put_on(office, "07-01 09:50", "E", form_no="F5", who={"operator": "吴"})
        permit(office, "07-01 09:55", ["c/F"], "store_content", who="王宁")
        put_on(office, "07-01 09:56", "F", form_no="F6", who={"operator": "吴"})
        put_on(office, "07-01 10:00", "G", "无密", form_no="", who={"operator": "吴"})
        found = {one.subject: one for one in office.judge("MED-3").findings}
        assert {subject: one.about for subject, one in found.items()} == {
            "c/B": "form",
            "c/C": "approval",
            "c/D": "approval",
            "c/F": "approval",
        }
        assert found["c/B"].evidence == (without,)
        assert "未经审批" in found["c/C"].message_zh
        assert "p/王宁" in found["c/D"].message_zh
        assert "p/王宁" in found["c/F"].message_zh

    def test_one_form_a_medium(self):
        office = Office(self.PARAMETERS)
        for name in "AB":
            medium(office, name, level="机密", number=name)
        put_on(office, "07-01 09:00", "A", form_no="F1")
        put_on(office, "07-02 09:00", "A", form_no="F1")
        assert office.found("MED-3") == []
        again = put_on(office, "07-03 09:00", "B", form_no="F1")
        (finding,) = office.judge("MED-3").findings
        assert (finding.subject, finding.evidence, finding.severity) == ("c/B", (again,), "high")
        assert "F1 已用于 c/A" in finding.message_zh

    def test_a_form_number_that_was_put_right(self):
        office = Office(self.PARAMETERS)
        for name in "AB":
            medium(office, name, level="机密", number=name)
        put_on(office, "07-01 09:00", "A", form_no="F1")
        put_on(office, "07-02 09:00", "B", form_no="F1", id="b")
        assert office.found("MED-3") == [("MED-3", "c/B")]
        office.tell(
            "07-03 09:00", "corrected.field", on=["c/B"], who={"registrar": "李敏", "approver": "王宁"}, refs=["b"], field="form_no",
            old='"F1"', new='"F2"', reason="誊写错误",
        )  # fmt: skip
        assert office.found("MED-3") == []
        office.tell(
            "07-04 09:00", "transferred.archive", on=["c/B"], who={"giver": "李敏", "receiver": "赵强"}, volume="c/卷1", file_no="1",
            forms=["F2"],
        )  # fmt: skip
        assert office.found("MED-8") == []

    def test_approved_by_the_leader_and_by_others_too(self):
        """The office head agreed beforehand, or signed besides; the leader's signature on the form counts."""
        office = Office(self.PARAMETERS)
        for name in "ABC":
            medium(office, name, level="机密", number=name)
        permit(office, "07-01 08:00", ["c/A"], "store_content", who="王宁")
        put_on(office, "07-01 09:00", "A", form_no="F1")
        put_on(office, "07-01 09:10", "B", form_no="F2", who={"operator": "吴", "approver": ["王宁", "何副书记"]})
        permit(office, "07-01 08:00", ["c/C"], "store_content", who={"approver": ["王宁", "何副书记"]})
        put_on(office, "07-01 09:20", "C", form_no="F3", who={"operator": "吴"})
        assert office.found("MED-3") == []

    def test_rows_of_a_ledger_of_use(self):
        """Neither who approved it nor when the label was changed stands there; that two media bear one number does."""
        office = Office(self.PARAMETERS)
        row = {"source": {"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1}}
        who = {"operator": "吴", "registrar": "李敏"}
        for name in "ABC":
            medium(office, name, number=name)
        for name, form_no in (("A", ""), ("B", "F1"), ("C", "F1")):
            put_on(office, "07-01", name, form_no=form_no, who=who, unsigned=["吴"], **row)
        assert office.found("MED-3", "MED-4") == [("MED-3", "c/C")]

    def test_marked_at_the_highest_level(self):
        office = Office()
        for name in "ABCD":
            medium(office, name, number=name)
        put_on(office, "07-01 09:00", "A", "秘密")
        put_on(office, "07-01 09:10", "B", "机密")
        mark(office, "07-01 16:00", "B", "机密★10年")
        stored = put_on(office, "07-01 09:20", "C", "机密")
        put_on(office, "07-01 09:30", "C", "机密")
        mark(office, "06-30 09:00", "D", "机密★10年")
        put_on(office, "07-01 09:40", "D", "机密")
        (finding,) = office.judge("MED-4").findings
        assert (finding.subject, finding.state, finding.evidence[-1]) == ("c/C", "open", stored)
        mark(office, "07-02 09:00", "C", "秘密★10年")
        assert office.found("MED-4", state="open") == [("MED-4", "c/C")]
        mark(office, "07-02 10:00", "C", "机密★10年")
        assert office.found("MED-4", state="closed") == [("MED-4", "c/C")]


class TestUsedBelow:
    def lower(self, office, at, name, level="秘密"):
        return office.tell(
            at,
            "decided.reclassify",
            on=[f"c/{name}"],
            who={"approver": "何副书记"},
            step="approved",
            change="lowered",
            level=level,
            term="5年",
        )

    def test_lowered_without_erasing(self):
        office = Office()
        for name in "ABCDE":
            medium(office, name, level="机密", number=name)
        lowered = self.lower(office, "07-01 09:00", "A")
        erase(office, "07-01 09:10", "B")
        self.lower(office, "07-01 09:20", "B")
        erase(office, "07-01 09:30", "C", "format")
        self.lower(office, "07-01 09:40", "C")
        erase(office, "07-01 10:10", "D")
        put_on(office, "07-01 10:20", "D")
        marked = mark(office, "07-01 10:30", "D", "秘密★5年")
        mark(office, "07-01 10:40", "E", "机密★10年")
        found = {one.subject: one for one in office.judge("MED-5").findings}
        assert set(found) == {"c/A", "c/C", "c/D"}
        assert (found["c/A"].evidence, found["c/A"].severity) == ((lowered,), "critical")
        assert found["c/D"].evidence == (marked,)
        assert "机密降为秘密" in found["c/A"].message_zh.replace("由", "")

    def test_a_device_whose_level_is_left_blank(self):
        office = Office()
        device(office, "PC1", "未标")
        medium(office, "A", level="机密")
        put_on(office, "07-01 09:00", "A", "秘密", device="c/PC1")
        assert office.found("MED-5") == []

    def test_a_disc_follows_its_documents(self):
        """What was on it was itself lowered by who had determined it; a disc can't be erased, and need not be."""
        office = Office()
        for name in "AB":
            medium(office, name, level="机密", number=name, form="optical_disc")
            office.tell(
                "07-01 09:00", "copied.stored", on=[f"c/{name}", f"d/{name}"], who={"operator": "吴", "approver": "何副书记"}, what="数据",
                level="机密", form_no=name, documents=[f"d/{name}"],
            )  # fmt: skip
            office.tell(
                "07-01 09:00", "decided.classify", on=[f"d/{name}"], who={"approver": "何副书记"}, step="approved", level="机密", term="10年"
            )  # fmt: skip
        office.tell(
            "08-01 09:00", "decided.reclassify", on=["d/A"], who={"approver": "何副书记"}, step="approved", change="lowered", level="秘密",
            term="5年",
        )  # fmt: skip
        for name in "AB":
            self.lower(office, "08-02 09:00", name)
        assert office.found("MED-5") == [("MED-5", "c/B")]

    def test_written_to_from_a_device_below(self):
        office = Office()
        device(office, "PC1", "秘密")
        device(office, "PC2", "机密", number="PC2")
        medium(office, "A", level="机密")
        put_on(office, "07-01 09:00", "A", "秘密", device="c/PC2")
        assert office.found("MED-5") == []
        stored = put_on(office, "07-01 10:00", "A", "秘密", device="c/PC1")
        (finding,) = office.judge("MED-5").findings
        assert finding.evidence == (stored,)
        assert "c/PC1" in finding.message_zh


class TestConnected:
    @pytest.mark.parametrize(
        ("level", "network", "found"),
        [("机密", "standalone", False), ("绝密", "classified", False), ("秘密", "standalone", True), ("无密", "internet", True),
         ("机密", "internet", True), ("机密", "internal", False), ("未标", "standalone", False), ("未标", "internet", True),
         ("内部", "internal", True)],
    )  # fmt: skip
    def test_a_classified_medium(self, level, network, found):
        office = Office()
        device(office, "PC", level, network=network)
        medium(office, "A", level="机密")
        connect(office, "07-01 09:00", "A", "PC")
        connect(office, "07-01 09:10", "A", "未登记")
        assert office.found("MED-6") == ([("MED-6", "c/A")] if found else [])

    def test_what_it_was_connected_to(self):
        office = Office()
        device(office, "PC1", "机密", network="internet")
        device(office, "PC2", "内部", number="PC2")
        device(office, "PC3", "秘密", number="PC3")
        medium(office, "A", level="机密")
        for number in (1, 2, 3):
            connect(office, f"07-01 09:0{number}", "A", f"PC{number}")
        assert [one.message_zh for one in office.judge("MED-6").findings] == [
            "机密介质接入联网计算机 c/PC1", "机密介质接入非涉密计算机 c/PC2", "机密介质接入秘密计算机 c/PC3",
        ]  # fmt: skip

    def test_what_was_stored_counts_and_what_was_erased_does_not(self):
        office = Office()
        device(office, "PC", "秘密")
        medium(office, "A")
        connect(office, "07-01 09:00", "A", "PC")
        put_on(office, "07-02 09:00", "A")
        high = connect(office, "07-03 09:00", "A", "PC")
        erase(office, "07-04 09:00", "A")
        connect(office, "07-05 09:00", "A", "PC")
        assert [one.evidence for one in office.judge("MED-6").findings] == [(high,)]

    def test_an_unclassified_medium_in_turn(self):
        office = Office()
        device(office, "PC1", "无密", network="internet")
        device(office, "PC2", "秘密", number="PC2")
        medium(office, "A", level="无密")
        medium(office, "B", level="无密", number="B")
        first = connect(office, "07-01 09:00", "A", "PC1")
        connect(office, "07-01 09:10", "A", "PC1")
        connect(office, "07-01 09:20", "B", "PC2")
        assert office.found("MED-6") == []
        second = connect(office, "07-01 10:00", "A", "PC2")
        (finding,) = office.judge("MED-6").findings
        assert finding.evidence == (first, second)
        assert "交叉使用" in finding.message_zh


class TestLentOn:
    def hand(self, office, at, kind, giver, receiver, **fields):
        return office.tell(at, f"transferred.{kind}", on=["c/A"], who={"giver": giver, "receiver": receiver}, **fields)

    def test_by_who_had_it_to_use(self):
        office = Office()
        medium(office, "A")
        lend = {"purpose": "起草", "depth": "take_away"}
        self.hand(office, "07-01 09:00", "lend", "吴", "陈", **lend)
        self.hand(office, "07-01 09:30", "lend", "李敏", "陈", **lend)
        assert office.found("MED-7") == []
        on = self.hand(office, "07-02 09:00", "hand_over", "陈", "孙", reason="passing_on")
        (finding,) = office.judge("MED-7").findings
        assert (finding.evidence, finding.severity) == ((on,), "high")
        assert "p/陈 转借 p/孙" in finding.message_zh

    def test_given_back_under_another_name(self):
        office = Office({"custody.office": "registrar"})
        medium(office, "A")
        self.hand(office, "07-01 09:00", "lend", "吴", "陈", purpose="起草", depth="take_away")
        self.hand(office, "07-02 09:00", "hand_over", "陈", "李敏", reason="passing_on")
        assert office.found("MED-7") == []

    def test_taken_out_with_another_that_was_approved(self):
        office = Office()
        for name in "AB":
            medium(office, name, number=name)
        permit(office, "07-01 08:00", ["c/A"], "take_out")
        out = {"destination": "w/市局", "reason": "报送"}
        office.tell(
            "07-01 09:00", "transferred.take_out", on=["c/A", "c/B"], who={"giver": "李敏", "receiver": "吴"}, **out
        )
        assert office.found("MED-7") == [("MED-7", "c/B")]

    def test_never_taken_out_where_the_policy_says_so(self):
        office = Office({"strict.MED-7": "yes"})
        medium(office, "A")
        permit(office, "07-01 08:00", ["c/A"], "take_out")
        self.hand(office, "07-01 09:00", "take_out", "李敏", "吴", destination="w/市局", reason="报送")
        (finding,) = office.judge("MED-7").findings
        assert finding.message_zh == "将介质 c/A 带出机关"

    def test_taken_out_without_approval(self):
        office = Office()
        medium(office, "A")
        out = {"destination": "w/市局", "reason": "报送"}
        taken = self.hand(office, "07-01 09:00", "take_out", "李敏", "吴", **out)
        permit(office, "07-02 09:00", ["c/A"], "take_out")
        self.hand(office, "07-03 09:00", "take_out", "李敏", "吴", **out)
        (finding,) = office.judge("MED-7").findings
        assert finding.evidence == (taken,)
        assert "未经批准带出" in finding.message_zh


class TestArchivedAndRepaired:
    def archive(self, office, at, name, **fields):
        return office.tell(
            at,
            "transferred.archive",
            on=[f"c/{name}"],
            who={"giver": "李敏", "receiver": "赵强"},
            volume="c/卷1",
            file_no="1",
            **fields,
        )

    def test_filed_with_its_forms(self):
        office = Office()
        for name in "ABC":
            medium(office, name, level="机密", number=name)
        put_on(office, "07-01 09:00", "A", form_no="F1")
        put_on(office, "07-02 09:00", "A", form_no="F2")
        put_on(office, "07-02 09:10", "B", form_no="F3")
        filed = self.archive(office, "07-03 09:00", "A", forms=["F1"])
        self.archive(office, "07-03 09:10", "B", forms=["F3"])
        self.archive(office, "07-03 09:20", "C")
        (finding,) = office.judge("MED-8").findings
        assert (finding.subject, finding.evidence, finding.severity) == ("c/A", (filed,), "low")
        assert finding.message_zh.endswith("F2")

    def test_forms_are_asked_of_classified_media_and_not_of_ledgers(self):
        office = Office()
        for name, level in (("A", "无密"), ("B", "机密")):
            medium(office, name, level=level, number=name)
            put_on(office, "07-01 09:00", name, level, form_no=f"F{name}")
        self.archive(office, "07-03 09:00", "A")
        office.tell(
            "07-03", "transferred.archive", on=["c/B"], who={"giver": "李敏", "receiver": "赵强", "registrar": "李敏"}, volume="c/卷1",
            file_no="1", unsigned=["赵强"], source={"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1},
        )  # fmt: skip
        assert office.found("MED-8") == []

    def test_filed_with_no_form_at_all(self):
        office = Office()
        medium(office, "A", level="机密")
        put_on(office, "07-01 09:00", "A", form_no="F1")
        put_on(office, "07-01 09:10", "A", form_no="F2")
        put_on(office, "07-01 09:20", "A", form_no="F1")
        self.archive(office, "07-03 09:00", "A")
        assert [one.message_en for one in office.judge("MED-8").findings] == ["filed without the forms F1, F2"]
        assert office.found("MED-8", as_of="07-02") == []

    def test_watched_nobody_can_say_before_it_is_back(self):
        office = Office()
        medium(office, "A", level="机密")
        permit(office, "07-01 09:00", ["c/A"], "repair")
        self.repair(office, "07-01 10:00", "A")
        assert office.found("MED-10") == []
        self.back(office, "07-02 10:00", "A")
        (finding,) = office.judge("MED-10").findings
        assert (finding.severity, finding.message_en) == ("high", "medium repaired: nobody watched")

    def repair(self, office, at, name, to="u/快修店", **who):
        return office.tell(
            at, "transferred.repair", on=[f"c/{name}"], who={"giver": "李敏", **who}, to=to, data="removed"
        )

    def back(self, office, at, name, **who):
        return office.tell(at, "returned.from_repair", on=[f"c/{name}"], who={"receiver": "李敏", **who})

    def test_outside_repair(self):
        office = Office({"posts.permit.repair_medium": ["principal_leader"]})
        office.office(
            "01-02", "appointed.level", person="p/销毁中心员", what="clearance", level="秘密", valid_from="2025-01-01"
        )
        for name in "ABCDE":
            medium(office, name, level="机密", number=name)
        permit(office, "07-01 09:00", ["c/A"], "repair", who="周书记")
        self.repair(office, "07-01 10:00", "A", witness="赵强")
        self.back(office, "07-02 10:00", "A")
        permit(office, "07-01 09:00", ["c/B"], "repair", who="何副书记")
        sent = self.repair(office, "07-01 10:10", "B")
        assert [one.about for one in office.judge("MED-10").findings] == ["approval"]
        returned = self.back(office, "07-02 10:10", "B")
        self.repair(office, "07-01 10:20", "C", "u/党政办")
        self.back(office, "07-02 10:20", "C")
        permit(office, "07-03 09:00", ["c/D"], "repair", who="周书记")
        self.repair(office, "07-03 10:00", "D")
        self.back(office, "07-04 10:00", "D", witness="销毁中心员")
        found = {(one.subject, one.about): one for one in office.judge("MED-10").findings}
        assert set(found) == {("c/B", "approval"), ("c/B", "witness"), ("c/D", "witness")}
        assert found["c/B", "witness"].evidence == (sent, returned)
        assert "涉密等级不够" in found["c/D", "witness"].message_zh


class TestDisposedOf:
    PARAMETERS = {
        "posts.permit.destroy": ["principal_leader"], "posts.supervise.destroy_medium": ["responsible_leader"],
        "places.destroy": ["destruction_site"],
    }  # fmt: skip

    def destroy(self, office, at, carriers, *, supervisors=("何副书记", "李敏"), place="w/市销毁中心", **who):
        return office.tell(
            at,
            "destroyed.carriers",
            on=carriers,
            who={"supervisor": list(supervisors), **who},
            method="crush",
            place=place,
        )

    def test_every_step(self):
        office = Office(self.PARAMETERS)
        for name in "ABCDE":
            medium(office, name, number=name)
        whole = {"proposer": "吴", "approver": "周书记"}
        permit(office, "07-01 09:00", ["c/A"], "destroy", who=whole)
        self.destroy(office, "07-02 09:00", ["c/A"], operator="赵强")
        permit(office, "07-01 09:00", ["c/B"], "destroy", who="周书记")
        self.destroy(office, "07-02 09:00", ["c/B"], operator="赵强")
        permit(office, "07-01 09:00", ["c/C"], "destroy", who=whole)
        self.destroy(office, "07-02 09:00", ["c/C"], supervisors=("赵强", "李敏"), place="w/办公室301")
        deed = self.destroy(office, "07-02 09:00", ["c/D", "c/E"], operator="赵强")
        found = {one.subject: one for one in office.judge("MED-11").findings}
        assert set(found) == {"c/B", "c/C", "c/D"}
        assert found["c/B"].message_zh.endswith("缺：使用者报告")
        assert found["c/C"].message_zh.endswith("缺：分管领导监督、专人经办、定点")
        assert found["c/D"].message_zh.endswith("缺：使用者报告、领导批准")
        assert (found["c/D"].evidence, found["c/D"].severity) == ((deed,), "critical")

    def test_by_a_list_and_approved_by_the_wrong_post(self):
        office = Office(self.PARAMETERS)
        for name in "AB":
            medium(office, name, number=name)
            office.tell(
                "07-01 09:00", "decided.permit", on=[f"l/毁{name}"], who={"proposer": "吴", "approver": "周书记" if name == "A" else "王宁"},
                step="approved", act="destroy",
            )  # fmt: skip
            self.destroy(office, "07-02 09:00", [f"c/{name}", f"l/毁{name}"], operator="赵强")
        (finding,) = office.judge("MED-11").findings
        assert (finding.subject, finding.message_en) == ("c/B", "c/B destroyed without the leader's approval")

    def test_a_classified_one_after_an_open_one(self):
        office = Office(self.PARAMETERS)
        for name, level in (("A", "无密"), ("B", "机密")):
            medium(office, name, level=level, number=name)
        self.destroy(office, "07-02 09:00", ["c/A", "c/B"], operator="赵强")
        (finding,) = office.judge("MED-11").findings
        assert (finding.subject, "c/A" in finding.message_zh) == ("c/B", False)

    def test_a_row_of_a_ledger_does_not_tell_every_step(self):
        office = Office(self.PARAMETERS)
        medium(office, "A")
        office.tell(
            "07-02", "destroyed.carriers", on=["c/A"], who={"supervisor": ["何副书记", "李敏"], "registrar": "李敏"}, method="crush",
            unsigned=["何副书记"], source={"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1},
        )  # fmt: skip
        assert office.found("MED-11") == []

    def test_paper_is_not_judged(self):
        office = Office(self.PARAMETERS)
        office.tell(
            "06-02 09:00", "created.entered", on=["c/1", "d/1"], who={"registrar": "李敏"}, level="秘密", reason="other",
            items=[{"carrier": "c/1", "form": "document", "document": "d/1"}],
        )  # fmt: skip
        self.destroy(office, "07-02 09:00", ["c/1", "d/1"])
        assert office.found(*MED) == []
