"""Clearing and return: kept too long, rounds, back to the issuer, lists of what is to come back, signatures."""

from __future__ import annotations

import pytest

from tests.offices import Office, receive, register


def lend(office, at, carrier, person="陈", giver="李敏", **fields):
    return office.tell(
        at,
        "transferred.circulate",
        on=[carrier],
        who={"giver": giver, "receiver": person},
        mode="face_to_face",
        **fields,
    )


def give_back(office, at, carriers, person="陈", *, on=(), reason="reading", **fields):
    carriers = [carriers] if isinstance(carriers, str) else carriers
    return office.tell(
        at,
        "returned.to_keeper",
        on=[*carriers, *on],
        who={"giver": person, "receiver": "李敏"},
        reason=reason,
        **fields,
    )


def to_issuer(office, at, carriers, document="d/1", **fields):
    return office.tell(
        at,
        "returned.to_issuer",
        on=[*carriers, document],
        who={"giver": "李敏", "receiver": "省机要员"},
        to="u/省委",
        **fields,
    )


def call_in(office, at, name, carriers=(), *, purpose="clear", total=None, **fields):
    items = [{"carrier": carrier} for carrier in carriers]
    return office.tell(
        at, "listed.added", on=[f"l/{name}", *carriers], who={"registrar": "李敏"}, purpose=purpose, items=items,
        total=len(items) if total is None else total, **fields,
    )  # fmt: skip


def destroy(office, at, carriers, document="d/1", **fields):
    return office.tell(
        at,
        "destroyed.carriers",
        on=[*carriers, document],
        who={"supervisor": ["李敏", "赵强"]},
        method="shred",
        **fields,
    )


class TestKeptByReaders:
    PARAMETERS = {"keep.reader": "1mo"}

    def test_a_month_to_the_day(self):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1")
        out = lend(office, "03-10 10:00", "c/1")
        lend(office, "03-10 10:10", "c/2")
        lend(office, "03-10 10:20", "c/3")
        office.tell(
            "03-20 09:00", "transferred.hold", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, reason="续用"
        )
        assert [one[1] for one in office.due("RET-1", as_of="03-21")] == ["c/1", "c/2", "c/3"]
        office.tell(
            "04-05 09:00",
            "transferred.hand_over",
            on=["c/3"],
            who={"giver": "陈", "receiver": "孙"},
            reason="passing_on",
        )
        give_back(office, "04-10 23:00", "c/2")
        assert office.found("RET-1", as_of="04-10 23:30") == []
        (finding,) = office.judge("RET-1", as_of="04-11 00:00").findings
        assert (finding.subject, finding.severity, finding.evidence) == ("c/1", "high", (out,))
        assert "p/陈" in finding.message_zh
        back = give_back(office, "04-13 09:00", "c/1")
        (finding,) = office.judge("RET-1", as_of="04-14").findings
        assert (finding.state, finding.evidence) == ("closed", (out, back))
        # With another person the month begins anew.
        assert office.found("RET-1", as_of="05-06", state="open") == [("RET-1", "c/3")]

    def test_a_loan_and_the_term_of_the_policy(self):
        office = Office({"keep.reader": "10d"})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        office.tell(
            "03-10",
            "transferred.lend",
            on=["c/1"],
            who={"giver": "李敏", "receiver": "许"},
            purpose="课题",
            depth="take_away",
            due="05-01 18:00",
        )
        assert office.found("RET-1", as_of="03-20 23:59") == []
        (finding,) = office.judge("RET-1", as_of="03-21").findings
        assert finding.message_en == "p/许 is to return it (by 2025-03-20 23:59): not done"

    def test_what_was_declassified_in_the_term(self):
        office = Office({"keep.reader": "1mo", "keep.dispersed": "6mo"})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        receive(office, "03-03 09:00", ["c/2"], "d/2")
        for number in (1, 2):
            lend(office, "03-10 10:00", f"c/{number}")
        for number, at in ((1, "04-10 09:00"), (2, "04-11 09:00")):
            office.tell(
                at, "decided.reclassify", on=[f"d/{number}"], who={"approver": "何副书记"}, step="approved", change="declassified",
                level="无密",
            )  # fmt: skip
        assert office.found("RET-1", "RET-2") == [("RET-1", "c/2")]

    def test_what_opened_by_itself_in_the_term(self):
        """The months of its secrecy ended while the reader had it."""
        office = Office({"keep.reader": "1mo"})
        for number, term in ((1, "1个月"), (2, "2个月")):
            receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
            register(
                office,
                "03-03 10:00",
                f"d/{number}",
                on=[f"c/{number}"],
                serial=number,
                term=term,
                issue_date="2025-03-01",
            )
            lend(office, "03-10 10:00", f"c/{number}")
        assert office.found("RET-1") == [("RET-1", "c/2")]

    def test_internal_periodicals_are_not_scattered_either(self):
        office = Office({"keep.reader": "1mo", "keep.dispersed": "6mo"})
        for number, form in ((1, "periodical"), (2, "document")):
            items = [{"carrier": f"c/{number}", "form": form, "document": f"d/{number}"}]
            receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}", level="内部", items=items)
            lend(office, "03-10 10:00", f"c/{number}")
        assert office.found("RET-1", "RET-2", as_of="09-10 23:00") == []
        assert office.found("RET-1", "RET-2", as_of="09-11") == [("RET-2", "c/1")]

    def test_not_what_is_unclassified_or_stays_with_the_keeper(self):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1"], "d/1", level="无密")
        receive(office, "03-03 09:10", ["c/2"], "d/2")
        office.tell(
            "03-03 09:30", "created.equipment", on=["c/NB"], who={"registrar": "李敏", "receiver": "吴"}, form="laptop", number="NB",
            register="设备", serial=1, unit="u/党政办", level="机密",
        )  # fmt: skip
        lend(office, "03-10 10:00", "c/1")
        lend(office, "03-10 10:00", "c/NB", giver="吴")
        assert office.judge("RET-1") == ((), (), ())


class TestRounds:
    def test_no_round_in_three_months(self):
        office = Office({"every.clearing": "3mo"})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        assert office.judge("RET-2", as_of="03-02") == ((), (), ())
        assert [one[1] for one in office.due("RET-2", as_of="06-30")] == ["u/镇"]
        call_in(office, "06-30 09:00", "清1")
        call_in(office, "07-30 09:00", "毁1", purpose="destroy")
        assert office.found("RET-2", as_of="09-30") == []
        (finding,) = office.judge("RET-2", as_of="10-01").findings
        assert (finding.subject, finding.severity, finding.state) == ("u/镇", "high", "open")
        call_in(office, "10-08 09:00", "清2")
        assert office.found("RET-2", as_of="10-09", state="closed") == [("RET-2", "u/镇")]

    def test_nothing_to_clear_when_everything_is_gone(self):
        office = Office({"every.clearing": "3mo"})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        destroy(office, "06-30 09:00", ["c/1"])
        assert office.judge("RET-2") == ((), (), ())
        receive(office, "10-08 09:00", ["c/2"], "d/2")
        assert office.found("RET-2", as_of="2026-01-31") == []
        assert office.found("RET-2", as_of="2026-02-01") == [("RET-2", "u/镇")]

    def test_dispersed_for_half_a_year_by_carrier_and_by_person(self):
        office = Office({"keep.dispersed": "6mo"})
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
        first = lend(office, "03-03 10:00", "c/1")
        lend(office, "03-03 10:10", "c/2")
        lend(office, "03-03 10:20", "c/3")
        # From hand to hand it is still scattered.
        second = lend(office, "06-03 10:00", "c/1", "孙", giver="陈")
        give_back(office, "08-01 10:00", "c/3")
        lend(office, "08-02 10:00", "c/3")
        assert office.found("RET-2", "RET-9", as_of="09-03 23:59") == []
        found = {(one.code, one.subject): one for one in office.judge("RET-2", "RET-9", as_of="09-04").findings}
        assert set(found) == {("RET-2", "c/1"), ("RET-2", "c/2"), ("RET-9", "p/陈")}
        assert found["RET-2", "c/1"].evidence == (first,)
        assert found["RET-9", "p/陈"].severity == "info"
        assert "1件" in found["RET-9", "p/陈"].message_zh
        later = office.judge("RET-9", as_of="12-04").findings
        assert {one.subject: one.evidence for one in later}["p/孙"] == (second,)

    def test_how_many_a_person_has(self):
        office = Office({"keep.dispersed": "1mo"})
        carriers = [f"c/{n}" for n in range(1, 5)]
        receive(office, "03-03 09:00", carriers, "d/1")
        for number, carrier in enumerate(carriers):
            lend(office, f"03-0{number + 4} 10:00", carrier)
        assert office.found("RET-9", as_of="04-04") == []
        (finding,) = office.judge("RET-9", as_of="04-07").findings
        assert "3件" in finding.message_zh
        give_back(office, "04-08 09:00", carriers)
        assert office.found("RET-9") == []


class TestEveryYear:
    PARAMETERS = {"every.issuer_return": "1y"}

    def test_nothing_went_back_in_a_calendar_year(self):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        register(office, "03-03 10:00", "d/1", on=["c/1", "c/2"], return_required=True)
        assert [one[1] for one in office.due("RET-3", as_of="12-31 23:00")] == ["u/镇"]
        (finding,) = office.judge("RET-3", as_of="2026-01-01").findings
        assert (finding.subject, finding.severity) == ("u/镇", "medium")
        assert "2025年" in finding.message_zh
        to_issuer(office, "12-31 09:00", ["c/1"])
        assert office.found("RET-3", as_of="2026-01-01") == []

    @pytest.mark.parametrize(
        "stated",
        [{}, {"return_required": False}, {"return_required": True, "return_due": "2026-06-30"}, {"issuer": "u/镇"}],
    )
    def test_nothing_to_return(self, stated):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        register(office, "03-03 10:00", "d/1", on=["c/1"], **stated)
        assert office.found("RET-3", as_of="2026-01-01") == []

    def test_what_went_back_earlier_says_nothing_of_what_is_there(self):
        office = Office(self.PARAMETERS)
        for number, due in ((1, "2025-06-30"), (2, "2027-06-30")):
            receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
            register(office, "03-03 10:00", f"d/{number}", serial=number, return_required=True, return_due=due)
        to_issuer(office, "06-10 09:00", ["c/1"])
        # In 2026 only what may stay until 2027 is there.
        assert office.found("RET-3", as_of="2027-01-02") == []
        assert office.found("RET-3", as_of="2028-01-02") == [("RET-3", "u/镇")]

    def test_each_year_by_itself(self):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
        register(office, "03-03 10:00", "d/1", on=["c/1", "c/2", "c/3"], return_required=True)
        to_issuer(office, "12-10 09:00", ["c/1"])
        assert office.found("RET-3", as_of="2026-12-31") == []
        (finding,) = office.judge("RET-3", as_of="2027-01-01").findings
        assert finding.about == "every.issuer_return 2026-01-01"
        to_issuer(office, "2027-01-05 09:00", ["c/2"])
        assert office.found("RET-3", as_of="2027-01-06", state="closed") == [("RET-3", "u/镇")]


class TestWantedBack:
    def office(self, **stated):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
        register(office, "03-03 10:00", "d/1", on=["c/1", "c/2", "c/3"], **{"return_required": True, **stated})
        return office

    def test_destroyed_archived_or_passed_on(self):
        office = self.office()
        receive(office, "03-03 11:00", ["c/9"], "d/9")
        office.office("03-03 12:00", "declared.person", person="p/甲村文书", name="甲村文书", unit="u/甲村")
        deed = destroy(office, "03-05 09:00", ["c/1", "c/2", "c/9", "d/9"])
        passed = office.tell(
            "03-06 09:00",
            "transferred.hand_over",
            on=["c/3"],
            who={"giver": "李敏", "receiver": "甲村文书"},
            reason="passing_on",
        )
        found = office.judge("RET-4").findings
        assert {(one.subject, one.evidence, one.severity) for one in found} == {
            ("c/1", (deed,), "critical"),
            ("c/3", (passed,), "critical"),
        }
        assert "c/1、c/2" in found[0].message_zh
        assert "c/9" not in found[0].message_zh

    def test_within_the_house_and_back_to_the_issuer(self):
        office = self.office()
        office.tell(
            "03-05 09:00",
            "transferred.hand_over",
            on=["c/1"],
            who={"giver": "李敏", "receiver": "赵强"},
            reason="leaving",
        )
        office.tell(
            "03-06 09:00",
            "transferred.dispatch",
            on=["c/2", "d/1"],
            who={"giver": "李敏"},
            to="u/省委",
            channel="exchange",
        )
        assert office.found("RET-4") == []
        office.tell(
            "03-07 09:00",
            "transferred.dispatch",
            on=["c/3", "d/1"],
            who={"giver": "李敏"},
            to="u/甲村",
            channel="by_hand",
        )
        assert office.found("RET-4") == [("RET-4", "c/3")]

    @pytest.mark.parametrize(
        ("by", "found"), [("u/省委", []), ("u/市保密局", [("RET-4", "c/1")]), (None, [("RET-4", "c/1")])]
    )
    def test_a_waiver_is_the_issuers(self, by, found):
        office = self.office(return_due="2025-06-30")
        fields = {} if by is None else {"by": by}
        office.tell(
            "03-04 09:00",
            "decided.permit",
            on=["d/1"],
            who={"approver": "周书记"},
            step="approved",
            act="waive_return",
            **fields,
        )
        destroy(office, "03-05 09:00", ["c/1", "c/2", "c/3"])
        assert office.found("RET-4") == found

    def test_open_papers_and_the_exchange(self):
        office = Office(units={"u/交换站": "exchange"})
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1", level="无密")
        stated = {"return_required": True, "return_due": "2025-06-30"}
        register(office, "03-03 10:00", "d/1", on=["c/1", "c/2"], level="无密", **stated)
        destroy(office, "03-05 09:00", ["c/1"])
        receive(office, "03-03 09:00", ["c/3"], "d/3")
        register(office, "03-03 10:00", "d/3", on=["c/3"], serial=3, return_required=True)
        office.tell(
            "03-06 09:00", "transferred.dispatch", on=["c/3", "d/3"], who={"giver": "李敏"}, to="u/交换站", channel="exchange"
        )  # fmt: skip
        assert office.found("RET-4") == []

    def test_what_a_ledger_registered_another_may_have_returned(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        register(office, "03-03", "d/1", on=["c/1"], return_required=True, return_due="2025-06-30")
        assert office.found("RET-4") == [("RET-4", "d/1")]
        other = Office()
        receive(other, "03-03 09:00", ["c/1"], "d/1")
        document = {"title": "通知", "type": "official", "issuer": "u/省委", "level": "秘密", "return_required": True}
        other.tell(
            "03-03", "registered.document", on=["c/1", "d/1"], who={"registrar": "李敏"}, register="收文2025", serial=1,
            document={**document, "return_due": "2025-06-30"}, source={"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1},
        )  # fmt: skip
        assert other.found("RET-4") == []

    def test_called_in_later(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        register(office, "03-03 10:00", "d/1", on=["c/1", "c/2"])
        destroy(office, "03-05 09:00", ["c/1"])
        call_in(office, "03-06 09:00", "收1", ["c/2"], purpose="recall")
        assert office.found("RET-4") == []
        destroy(office, "03-07 09:00", ["c/2"])
        assert office.found("RET-4") == [("RET-4", "c/2")]

    def test_by_the_date_of_return(self):
        office = self.office(return_due="2025-06-30")
        assert len(office.due("RET-4", as_of="06-30 23:00")) == 3
        to_issuer(office, "06-30 09:00", ["c/1"])
        found = office.judge("RET-4", as_of="07-01").findings
        assert {(one.about, one.severity, one.subject) for one in found} == {
            ("c/2", "high", "d/1"),
            ("c/3", "high", "d/1"),
        }
        to_issuer(office, "07-02 09:00", ["c/2", "c/3"])
        assert office.found("RET-4", state="open") == []
        assert office.found("RET-4", state="closed") == [("RET-4", "d/1")] * 2


class TestLists:
    def office(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1")
        register(office, "03-03 09:30", "d/1", on=["c/1", "c/2", "c/3", "c/4"])
        for number in (1, 2, 3):
            lend(office, f"03-03 10:{number}0", f"c/{number}")
        return office

    def test_back_by_the_date(self):
        office = self.office()
        call_in(office, "03-10 09:00", "清1", ["c/1", "c/2", "c/3", "c/4"], due="03-20 18:00")
        give_back(office, "03-20 17:00", "c/1", on=["l/清1"], reason="recall")
        office.tell("03-20 17:10", "listed.withdrawn", on=["l/清1", "c/3"], who={"registrar": "李敏"}, reason="留用")
        assert [one.about for one in office.judge("RET-5", as_of="03-20 17:59").dues] == ["c/2"]
        (finding,) = office.judge("RET-5", as_of="03-20 18:01").findings
        assert (finding.subject, finding.about, finding.severity, finding.state) == ("l/清1", "c/2", "high", "open")
        give_back(office, "03-22 09:00", "c/2", on=["l/清1"], reason="recall")
        assert office.found("RET-5", state="closed") == [("RET-5", "l/清1")]

    def test_what_the_issuer_calls_in_goes_to_the_issuer(self):
        office = self.office()
        call_in(office, "03-10 09:00", "收1", ["c/1", "c/4"], purpose="recall", due="03-20 18:00")
        give_back(office, "03-11 09:00", "c/1", on=["l/收1"], reason="recall")
        to_issuer(office, "03-12 09:00", ["c/4"])
        assert [one.about for one in office.judge("RET-5", as_of="03-21").findings] == ["c/1"]

    def test_total_and_count(self):
        office = self.office()
        listed = call_in(office, "03-10 09:00", "清1", ["c/1", "c/2"], total=3)
        (finding,) = office.judge("RET-5").findings
        assert (finding.about, finding.evidence) == ("total", (listed,))
        assert "载明3件，实列2件" in finding.message_zh
        call_in(office, "03-11 09:00", "清2", ["c/3"])
        assert len(office.judge("RET-5").findings) == 1
        counted = office.tell(
            "03-12 09:00", "checked.count", on=["l/清2"], who={"registrar": "李敏"}, expected=1, actual=0
        )
        found = {one.about: one.evidence for one in office.judge("RET-5").findings}
        assert found["count"] == (counted,)

    def test_counted_as_complete_without_a_date(self):
        office = self.office()
        for name, carrier in (("清1", "c/1"), ("清2", "c/2"), ("清3", "c/3")):
            call_in(office, "03-10 09:00", name, [carrier])
        give_back(office, "03-11 09:00", "c/1", on=["l/清1"], reason="recall")
        counts = {
            name: office.tell(
                "03-12 09:00", "checked.count", on=[f"l/{name}"], who={"registrar": "李敏"}, expected=1, actual=actual
            )
            for name, actual in (("清1", 1), ("清2", 1), ("清3", 0))
        }
        found = {(one.subject, one.about): one for one in office.judge("RET-5").findings}
        assert set(found) == {("l/清2", "c/2"), ("l/清3", "count")}
        assert found["l/清2", "c/2"].evidence == (counts["清2"],)
        back = give_back(office, "03-13 09:00", "c/2", on=["l/清2"], reason="recall")
        (late,) = [one for one in office.judge("RET-5").findings if one.subject == "l/清2"]
        assert (late.state, late.evidence) == ("closed", (counts["清2"], back))

    def test_called_in_by_a_ledger(self):
        office = self.office()
        call_in(
            office, "03-10", "清1", ["c/1"], due="03-20 18:00", source={"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1}
        )  # fmt: skip
        assert office.found("RET-5") == []
        give_back(office, "03-25 09:00", "c/1", on=["l/清1"], reason="recall")
        assert office.found("RET-5", state="closed") == [("RET-5", "l/清1")]

    def test_listed_though_it_was_gone_or_open(self):
        office = self.office()
        receive(office, "03-03 09:00", ["c/5"], "d/5", level="无密")
        lend(office, "03-03 10:00", "c/5")
        destroy(office, "03-05 09:00", ["c/4"])
        call_in(office, "03-10 09:00", "清1", ["c/4", "c/5"], due="03-20 18:00")
        assert office.found("RET-5") == []

    def test_a_list_of_which_parts_are_lacking(self):
        office = self.office()
        call_in(
            office,
            "03-10 09:00",
            "清1",
            ["c/1"],
            total=2,
            part={"number": 1, "of": 2, "whole": bytes(32)},
            due="03-11 09:00",
        )
        assert office.judge("RET-5") == ((), (), ())
        call_in(office, "03-10 10:00", "清1", ["c/2"], total=2, part={"number": 2, "of": 2, "whole": bytes(32)})
        assert {one.about for one in office.judge("RET-5").findings} == {"c/1", "c/2"}


class TestSignatures:
    def test_one_side_only(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1")
        lend(office, "03-03 10:00", "c/1")
        lend(office, "03-03 10:10", "c/2")
        lend(office, "03-03 10:20", "c/3")
        call_in(office, "03-04 09:00", "清1", ["c/3"])
        recalled = give_back(office, "03-05 09:00", "c/1", reason="recall", unsigned=["陈"], id="r1")
        # An ordinary return is for TRN-3.
        give_back(office, "03-05 09:10", "c/2", unsigned=["陈"])
        listed = give_back(office, "03-05 09:20", "c/3", on=["l/清1"], reason="reading", unsigned=["陈"])
        found = {one.subject: one for one in office.judge("RET-6").findings}
        assert {subject: one.evidence for subject, one in found.items()} == {"c/1": (recalled,), "c/3": (listed,)}
        assert "缺清退人签字" in found["c/1"].message_zh
        office.tell("03-06 09:00", "countersigned", on=["c/1"], who={"giver": "陈"}, refs=["r1"])
        assert office.found("RET-6", state="closed") == [("RET-6", "c/1")]

    def test_open_papers_go_back_without_formalities(self):
        office = Office({"keep.returned": "1mo"})
        receive(office, "03-03 09:00", ["c/1"], "d/1", level="无密")
        lend(office, "03-03 10:00", "c/1")
        give_back(office, "03-05 09:00", "c/1", reason="recall", unsigned=["陈"])
        assert office.found("RET-6", "RET-7") == []

    def test_a_receipt_of_the_issuer(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3"], "d/1")
        to_issuer(office, "03-05 09:00", ["c/1"], unsigned=["省机要员"], id="t1")
        to_issuer(office, "03-05 09:10", ["c/2"], unsigned=["省机要员"], receipt_no="R-1")
        to_issuer(office, "03-05 09:20", ["c/3"])
        (finding,) = office.judge("RET-6").findings
        assert (finding.subject, finding.severity) == ("c/1", "high")
        assert "缺接收人签字" in finding.message_zh
        office.tell(
            "03-06 09:00", "transferred.receipt", on=["c/1"], who={"receiver": "省机要员"}, refs=["t1"], found=1
        )
        assert office.found("RET-6") == []


class TestThenDestroyed:
    def test_lying_about_since(self):
        office = Office({"keep.returned": "90d"})
        receive(office, "03-03 09:00", ["c/1", "c/2", "c/3", "c/4"], "d/1")
        receive(office, "03-03 09:30", ["c/5"], "d/5")
        register(office, "03-03 09:40", "d/5", on=["c/5"], return_required=True)
        for number in range(1, 6):
            lend(office, f"03-03 1{number}:00", f"c/{number}")
        back = give_back(office, "03-10 09:00", "c/1", reason="recall")
        give_back(office, "03-10 09:10", "c/2", reason="recall")
        give_back(office, "03-10 09:20", "c/3")
        give_back(office, "03-10 09:30", "c/5", reason="recall")
        office.tell("03-11 09:00", "transferred.store", on=["c/1", "c/2"], who={"registrar": "李敏"}, place="w/G1")
        destroy(office, "06-08 09:00", ["c/2"])
        assert [one[1] for one in office.due("RET-7", as_of="06-08 23:00")] == ["c/1"]
        (finding,) = office.judge("RET-7", as_of="06-09").findings
        assert (finding.subject, finding.severity, finding.evidence) == ("c/1", "low", (back,))
        destroy(office, "06-20 09:00", ["c/1"])
        assert office.found("RET-7", state="closed") == [("RET-7", "c/1")]

    def test_given_out_again_it_is_in_use(self):
        office = Office({"keep.returned": "1mo"})
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        for carrier in ("c/1", "c/2"):
            lend(office, "03-03 10:00", carrier)
            give_back(office, "03-10 09:00", carrier, reason="recall")
        lend(office, "04-10 10:00", "c/1")
        assert office.found("RET-7", as_of="04-10 23:59") == []
        (finding,) = office.judge("RET-7", as_of="04-11").findings
        assert (finding.subject, finding.state) == ("c/2", "open")
        assert "清退后应销毁" in finding.message_zh


class TestCalledBack:
    @pytest.fixture(scope="class")
    @classmethod
    def office(cls):
        office = Office()
        carriers = [f"c/M{n}" for n in (1, 2, 3, 4)]
        office.tell(
            "03-03 09:00", "created.produced", on=[*carriers, "d/镇12"], who={"operator": "赵强", "registrar": "李敏"}, level="秘密",
            items=[{"carrier": c, "form": "document", "document": "d/镇12", "copy_no": c[-1]} for c in carriers],
        )  # fmt: skip
        register(office, "03-03 09:30", "d/镇12", on=carriers, issuer="u/镇")
        for carrier, unit in (("c/M1", "u/甲村"), ("c/M2", "u/甲村"), ("c/M3", "u/乙村")):
            office.tell(
                "03-04 09:00", "transferred.dispatch", on=[carrier, "d/镇12"], who={"giver": "李敏", "receiver": "甲村文书"}, to=unit,
                channel="by_hand",
            )  # fmt: skip
        office.told = office.tell(
            "05-06 09:00", "notified.sent", on=["d/镇12"], who={"registrar": "李敏"}, topic="recall", to=["u/甲村"], channel="phone",
            due="05-16 18:00",
        )  # fmt: skip
        give_back(office, "05-16 17:00", "c/M1", "甲村文书", on=["d/镇12"], reason="recall")
        return office

    def test_due_by_the_date_named(self, office):
        assert [one.about for one in office.judge("RET-8", as_of="05-16 17:30").dues] == ["c/M2"]

    def test_not_back(self, office):
        (finding,) = office.judge("RET-8", as_of="05-17").findings
        assert (finding.subject, finding.about, finding.severity, finding.evidence) == (
            "d/镇12",
            "c/M2",
            "high",
            (office.told,),
        )
        assert "u/甲村" in finding.message_zh

    def test_an_open_paper_may_stay_out(self):
        office = Office()
        office.tell(
            "03-03 09:00", "created.produced", on=["c/M1", "d/镇12"], who={"operator": "赵强", "registrar": "李敏"}, level="无密",
            items=[{"carrier": "c/M1", "form": "document", "document": "d/镇12"}],
        )  # fmt: skip
        register(office, "03-03 09:30", "d/镇12", on=["c/M1"], issuer="u/镇", level="无密")
        office.tell(
            "03-04 09:00", "transferred.dispatch", on=["c/M1", "d/镇12"], who={"giver": "李敏"}, to="u/甲村", channel="by_hand"
        )  # fmt: skip
        office.tell(
            "05-06 09:00", "notified.sent", on=["d/镇12"], who={"registrar": "李敏"}, topic="recall", to=["u/甲村"], channel="phone",
            due="05-16 18:00",
        )  # fmt: skip
        assert office.found("RET-8") == []

    def test_what_another_unit_issued_is_not_ours_to_call_back(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        register(office, "03-03 09:30", "d/1", on=["c/1"])
        office.tell(
            "03-04 09:00",
            "transferred.dispatch",
            on=["c/1", "d/1"],
            who={"giver": "李敏"},
            to="u/甲村",
            channel="by_hand",
        )
        office.tell(
            "05-06 09:00", "notified.sent", on=["d/1"], who={"registrar": "李敏"}, topic="recall", to=["u/甲村"], channel="phone",
            due="05-16 18:00",
        )  # fmt: skip
        assert office.found("RET-8") == []
