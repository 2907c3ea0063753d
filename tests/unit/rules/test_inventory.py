"""Stock-takes and inspections: account and things, the rounds, the days before holidays, figures, rectification."""

from __future__ import annotations

import pytest

from chainlog.rules.kept import KeptFindings
from tests.offices import Office, policy_of, receive, register
from tests.scenarios import local

HOLIDAYS = {"holidays.major": ["春节", "劳动节", "国庆"], "keep.before_holiday": "3wd"}


def count(office, at, name, found=(), *, on=("u/镇",), who=("李敏", "赵强"), occasion="regular", **fields):
    return office.tell(
        at,
        "checked.inventory",
        on=[f"l/{name}", *on, *found],
        who={"operator": list(who)},
        occasion=occasion,
        found=list(found),
        **fields,
    )


def store(office, at, carriers, place="w/G1"):
    return office.tell(at, "transferred.store", on=list(carriers), who={"registrar": "李敏"}, place=place)


def lend(office, at, carrier, person="陈", **fields):
    return office.tell(
        at,
        "transferred.circulate",
        on=[carrier],
        who={"giver": "李敏", "receiver": person},
        mode="face_to_face",
        **fields,
    )


def give_back(office, at, carrier, person="陈", **fields):
    return office.tell(
        at,
        "returned.to_keeper",
        on=[carrier],
        who={"giver": person, "receiver": "李敏"},
        **{"reason": "reading", **fields},
    )


def by_about(judgement, code):
    return {one.about: one for one in judgement.findings if one.code == code}


class TestAccountAndThings:
    @pytest.fixture(scope="class")
    @classmethod
    def office(cls):
        office = Office(places={"w/G1-2": "iron_cabinet"})
        office.office("01-03", "declared.place", place="w/柜内格", name="格", type="safe", inside="w/G1")
        received = receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, 10)], "d/1")
        office.tell(
            "03-03 09:30", "created.equipment", on=["c/PC"], who={"registrar": "李敏", "receiver": "吴"}, form="computer", number="PC",
            register="设备", serial=1, unit="u/党政办", level="机密", term="5年",
        )  # fmt: skip
        store(office, "03-03 10:00", ["c/1", "c/2", "c/3", "c/4", "c/6", "c/7"])
        store(office, "03-03 10:10", ["c/5"], "w/铁柜")
        store(office, "03-03 10:20", ["c/8"], "w/柜内格")
        lend(office, "03-03 11:00", "c/6")
        office.tell(
            "03-03 12:00",
            "returned.to_issuer",
            on=["c/7", "d/1"],
            who={"giver": "李敏", "receiver": "省机要员"},
            to="u/省委",
        )
        office.received = received
        office.taken = count(
            office,
            "03-04 09:00",
            "盘1",
            ["c/1", "c/4", "c/5", "c/7"],
            place="w/G1",
            extra=[{"label": "K3", "document": "d/1"}],
        )
        lend(office, "03-05 09:00", "c/4")
        for at, found, number in (("04-01 09:00", ["c/1"], 1), ("04-01 10:00", ["c/2", "c/3"], 2)):
            count(office, at, "盘2", found, place="w/G1", part={"number": number, "of": 2, "whole": bytes(32)})
        count(office, "05-01 09:00", "盘3", ["c/1", "c/2", "c/3", "c/5"])
        count(office, "05-02 09:00", "盘4", [f"c/{n}" for n in (1, 2, 3, 5, 8, 9)])
        count(office, "05-03 09:00", "盘5", ["c/1"], holder="p/陈", occasion="handover")
        return office

    def found(self, office, name, as_of="12-31"):
        """Of one stock-take, by what it is about."""
        findings = office.judge("INV-1", as_of=as_of).findings
        assert {one.code for one in findings} <= {"INV-1"}
        return {one.about: one for one in findings if one.subject == f"l/{name}"}

    def graded(self, found, severity):
        return {about for about, one in found.items() if one.severity == severity}

    def test_missing_at_the_place(self, office):
        found = self.found(office, "盘1")
        # 4 is there, 6 is with a reader, 7 is gone, 9 was never stored there; 8 lies in a box of the cabinet.
        assert self.graded(found, "critical") == {"c/2", "c/3", "c/8"}
        assert found["c/2"].evidence[-1] == office.taken
        assert "盘点未见" in found["c/2"].message_zh

    def test_what_no_book_has(self, office):
        found = self.found(office, "盘1")
        assert self.graded(found, "high") == {"K3", "c/7"}
        assert "账外" in found["K3"].message_zh
        assert "c/1、c/2" in found["K3"].message_zh
        assert "已清退" in found["c/7"].message_zh

    def test_at_another_place(self, office):
        found = self.found(office, "盘1")
        assert self.graded(found, "medium") == {"c/5"}
        assert "w/铁柜" in found["c/5"].message_zh

    def test_nobody_is_missed_while_parts_are_lacking(self, office):
        assert self.found(office, "盘2", "04-01 09:30") == {}
        assert set(self.found(office, "盘2", "04-01 10:30")) == {"c/8"}

    def test_seen_again_at_a_later_count(self, office):
        states = {about: one.state for about, one in self.found(office, "盘1", "04-02").items()}
        assert (states["c/2"], states["c/8"]) == ("closed", "open")
        assert self.found(office, "盘1", "03-05")["c/2"].state == "open"

    def test_the_whole_unit(self, office):
        # 4 and 6 are with readers; the computer isn't of what was counted.
        assert set(self.found(office, "盘3")) == {"c/8", "c/9"}
        assert self.found(office, "盘4") == {}

    def test_what_one_person_has(self, office):
        found = {about: one.severity for about, one in self.found(office, "盘5").items()}
        assert found == {"c/1": "medium", "c/4": "critical", "c/6": "critical"}

    def test_what_was_back_at_the_count_and_entered_later_is_where_it_belongs(self):
        """The other way round it had gone by the books of that day, and lay there all the same."""
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        out = {"who": {"giver": "李敏", "receiver": "陈"}, "destination": "w/市局", "reason": "开会"}
        office.tell("06-20 09:00", "transferred.take_out", on=["c/1"], **out)
        count(office, "06-27 09:00", "盘1", ["c/1", "c/2"])
        give_back(office, "06-26 09:00", "c/1", reason="take_out", recorded="06-28 09:00")
        assert self.found(office, "盘1", "06-27 10:00").keys() == {"c/1"}
        office.tell("06-27 08:00", "transferred.take_out", on=["c/2"], recorded="06-28 10:00", **out)
        found = self.found(office, "盘1")
        assert found.keys() == {"c/2"}
        assert "账上携带外出，盘点时在库" in found["c/2"].message_zh

    def test_what_was_handed_out_again_after_it_was_not_found_had_been_missed(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        count(office, "06-27 09:00", "盘1", ["c/1"])
        assert [one.state for one in self.found(office, "盘1").values()] == ["open"]
        lend(office, "07-01 09:00", "c/2")
        (missed,) = self.found(office, "盘1").values()
        assert (missed.about, missed.state) == ("c/2", "closed")

    def test_what_was_reported_missing_while_it_was_counted_is_missed(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        count(office, "06-27 09:00", "盘1", ["c/1"])
        office.tell(
            "06-27 09:00", "reported.incident", on=["c/2", "d/1", "i/1"], who={"registrar": "李敏", "operator": "李敏"},
            what="missing", to=["p/王宁"],
        )  # fmt: skip
        assert [one.state for one in self.found(office, "盘1").values()] == ["open"]
        office.tell(
            "06-28 09:00", "reported.incident", on=["c/2", "d/1", "i/1"], who={"registrar": "李敏", "operator": "李敏"},
            what="found", to=["p/王宁"],
        )  # fmt: skip
        (missed,) = self.found(office, "盘1").values()
        assert (missed.about, missed.state) == ("c/2", "closed")

    def test_what_lies_nowhere_by_the_books_is_not_missed_at_a_place(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        store(office, "03-03 10:00", ["c/1"])
        count(office, "06-27 09:00", "盘1", place="w/G1")
        assert self.found(office, "盘1").keys() == {"c/1"}

    def test_what_moved_on_the_day_of_the_count_is_not_missed(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        lend(office, "03-04 11:00", "c/2")
        count(office, "03-04", "盘", ["c/1"])
        assert office.found("INV-1") == []
        count(office, "03-05", "盘2", [])
        assert [one.about for one in office.judge("INV-1").findings] == ["c/1"]


class TestFoundAbroad:
    def test_out_by_the_books_and_entered_afterwards(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        office.tell(
            "03-04 09:00",
            "transferred.take_out",
            on=["c/1"],
            who={"giver": "李敏", "receiver": "吴"},
            destination="w/市局",
            reason="报送",
        )
        count(office, "03-05 09:00", "盘", ["c/1", "c/9"])
        found = by_about(office.judge("INV-1"), "INV-1")
        assert (found["c/1"].severity, found["c/1"].state) == ("medium", "open")
        assert (found["c/9"].severity, found["c/9"].state) == ("high", "open")
        office.tell(
            "03-06 09:00", "created.entered", on=["c/9", "d/9"], who={"registrar": "李敏"}, level="秘密", reason="discovered",
            items=[{"carrier": "c/9", "form": "document", "document": "d/9"}],
        )  # fmt: skip
        give_back(office, "03-06 09:30", "c/1", "吴", reason="take_out")
        assert {one.state for one in office.judge("INV-1").findings} == {"closed"}


class TestRounds:
    PARAMETERS = {"every.inventory": "3mo"}

    @pytest.fixture(scope="class")
    @classmethod
    def office(cls):
        office = Office(cls.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        return office

    def test_nothing_to_count_before_the_first_carrier(self, office):
        judgement = office.judge("INV-2", as_of="03-02 09:00")
        assert (judgement.findings, judgement.dues) == ((), ())

    def test_due_in_the_month_in_which_the_term_ends(self, office):
        (due,) = office.due("INV-2", as_of="06-30 23:59")
        assert due[:2] == ("INV-2", "u/镇")
        assert office.found("INV-2", as_of="06-30 23:59") == []
        assert office.found("INV-2", as_of="07-01") == [("INV-2", "u/镇")]

    def test_asked_from_when_the_policy_takes_effect(self):
        """Adopted ahead of its time; findings that are kept follow it without a record."""
        office = Office({})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        body = policy_of(self.PARAMETERS, version="2").body()
        office.office("03-10 09:00", "policy_adopted", **{**body, "effective_at": "06-01 00:00"})
        kept = KeptFindings(office.projections)
        kept.refresh(local("05-31 09:00"))
        assert office.due("INV-2", as_of="05-31 09:00") == []
        assert "INV-2" not in {one.code for one in kept.judgement().dues}
        kept.refresh(local("06-02 09:00"))
        (due,) = office.judge("INV-2", as_of="06-02 09:00").dues
        assert [one for one in kept.judgement().dues if one.code == "INV-2"] == [due]

    def test_what_was_entered_under_another_policy_is_judged_by_both(self):
        """It came before there were rounds; whoever goes by the day on which it was entered counts from when it came."""
        office = Office({})
        body = policy_of(self.PARAMETERS, version="2").body()
        office.office("07-01 09:00", "policy_adopted", **{**body, "effective_at": "07-01 09:00"})
        receive(office, "06-20 09:00", ["c/1"], "d/1", recorded="07-02 09:00", late_reason="补登")
        found = office.judge("INV-2", as_of="11-05").findings
        assert {(one.due_us, one.parameters.get("judged_by")) for one in found} == {
            (local("11-01") - 1, None), (local("10-01") - 1, "the policy under which it was recorded"),
        }  # fmt: skip

    @pytest.mark.parametrize("to", ["u/甲村", "u/党政办"])
    def test_what_was_handed_over_to_another_unit_is_no_stock(self, to):
        office = Office({**self.PARAMETERS, "posts.inventory": "registrar"})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        receive(office, "03-03 10:00", ["c/2"], "d/2")
        for carrier in ("c/1", "c/2"):
            office.tell(
                "04-20 10:00", "transferred.hand_over", on=[carrier], who={"giver": "李敏", "receiver": "甲村文书"},
                reason="interdepartmental", to=to,
            )  # fmt: skip
        count(office, "06-27 09:00", "盘1", ["c/2"])
        ours = to == "u/党政办"
        assert office.found("INV-1") == ([("INV-1", "l/盘1")] if ours else [])
        assert office.found("INV-2", as_of="2026-01-01") == ([("INV-2", "u/镇")] if ours else [])

    def test_kept_and_kept_too_late(self):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        count(office, "06-27 09:00", "盘1", ["c/1"])
        count(office, "09-30 09:00", "盘2", ["c/1"])
        assert office.found("INV-2") == []
        assert office.found("INV-2", as_of="2026-01-01") == [("INV-2", "u/镇")]
        late = count(office, "2026-01-05 09:00", "盘3", ["c/1"])
        (finding,) = office.judge("INV-2", as_of="2026-01-06").findings
        assert (finding.state, finding.evidence[-1]) == ("closed", late)

    def test_a_hand_over_counts_one_person_only(self):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        count(office, "06-20 09:00", "移交", ["c/1"], occasion="handover", holder="p/李敏")
        assert office.found("INV-2", as_of="07-01") == [("INV-2", "u/镇")]

    def test_machines_and_unclassified_papers_are_no_stock(self):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1"], "d/1", level="无密")
        office.tell(
            "03-03 09:30", "created.equipment", on=["c/PC"], who={"registrar": "李敏", "receiver": "吴"}, form="computer", number="PC",
            register="设备", serial=1, unit="u/党政办", level="机密",
        )  # fmt: skip
        assert office.judge("INV-2") == ((), (), ())


class TestBeforeHolidays:
    def office(self, **rest):
        office = Office(HOLIDAYS, **rest)
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        return office

    def test_counted_on_the_first_of_three_working_days(self):
        office = self.office()
        store(office, "03-03 10:00", ["c/1", "c/2"])
        count(office, "04-28 09:00", "盘1", ["c/1", "c/2"], occasion="holiday")
        # 28 September is a Sunday worked instead; one day earlier is too early.
        count(office, "09-27 09:00", "盘2", ["c/1", "c/2"], occasion="holiday")
        assert office.found("INV-3", as_of="05-02") == []
        (finding,) = office.judge("INV-3", as_of="10-02").findings
        assert (finding.subject, finding.about) == ("u/镇", "2025-10-01")
        assert "国庆节" in finding.message_zh

    @pytest.mark.parametrize(
        ("term", "day", "counted"),
        [("1mo", "04-01", True), ("1mo", "03-31", False), ("10d", "04-21", True), ("10d", "04-20", False), ("24h", "04-30", True),
         ("24h", "04-29", False)],
    )  # fmt: skip
    def test_counted_from_the_day_that_the_policy_says_on(self, term, day, counted):
        office = Office({**HOLIDAYS, "keep.before_holiday": term})
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        store(office, "03-03 10:00", ["c/1"])
        count(office, f"{day} 09:00", "盘1", ["c/1"], occasion="holiday")
        assert office.found("INV-3", as_of="05-02") == ([] if counted else [("INV-3", "u/镇")])

    def test_a_count_in_these_days_and_none_before_or_after_puts_it_away(self):
        office = self.office()
        receive(office, "03-03 11:00", ["c/3", "c/4"], "d/2")
        count(office, "04-10 09:00", "盘1", ["c/1", "c/2", "c/3", "c/4"])
        count(office, "04-29 09:00", "盘2", ["c/2", "c/3"], occasion="holiday")
        lend(office, "04-29 10:00", "c/3")
        give_back(office, "04-30 10:00", "c/3")
        count(office, "05-06 09:00", "盘3", ["c/4"])
        found = office.judge("INV-3", as_of="05-07").findings
        assert [one.subject for one in found] == ["c/1", "c/3", "c/4"]
        assert all("未入柜" in one.message_zh for one in found)

    def test_due_until_the_holiday_begins(self):
        office = self.office()
        (due,) = [one for one in office.judge("INV-3", as_of="04-29 09:00").dues if one.about == "2025-05-01"]
        assert due.code == "INV-3"
        assert "INV-3" not in [code for code, subject in office.found("INV-3", as_of="04-30 23:00")]

    def test_with_a_reader_or_outside_the_cabinets(self):
        office = self.office()
        receive(office, "03-03 11:00", ["c/3", "c/4"], "d/2")
        store(office, "03-03 12:00", ["c/1"])
        store(office, "03-03 12:10", ["c/2"], "w/办公室301")
        lent = lend(office, "04-20 09:00", "c/3")
        count(office, "04-29 09:00", "盘1", ["c/1", "c/2", "c/3"], place="w/G1", occasion="holiday")
        found = {one.subject: one for one in office.judge("INV-3", as_of="05-02").findings}
        # 2 stood in an open office by the books and was counted in the cabinet.
        assert set(found) == {"c/3", "c/4"}
        assert found["c/3"].evidence == (lent,)
        assert "p/陈" in found["c/3"].message_zh
        assert "未入柜" in found["c/4"].message_zh

    def test_what_was_declassified_by_then_may_lie_where_it_is(self):
        office = self.office()
        count(office, "04-29 09:00", "盘1", occasion="holiday")
        lend(office, "04-20 10:00", "c/1", recorded="04-29 10:00")
        assert office.found("INV-3", as_of="05-02") == [("INV-3", "c/1"), ("INV-3", "c/2")]
        office.tell(
            "04-30 09:00", "decided.reclassify", on=["d/1"], who={"approver": "何副书记"}, step="approved", change="declassified",
            level="无密",
        )  # fmt: skip
        assert office.found("INV-3", as_of="05-02") == []

    def test_found_by_the_count_it_is_put_away(self):
        office = self.office()
        count(office, "04-29 09:00", "盘1", ["c/1"], occasion="holiday")
        assert office.found("INV-3", as_of="05-02") == [("INV-3", "c/2")]
        store(office, "05-06 09:00", ["c/2"], "w/办公室301")
        assert office.found("INV-3", as_of="05-07", state="closed") == [("INV-3", "c/2")]
        count(office, "09-29 09:00", "盘2", occasion="holiday")
        (finding,) = [
            one
            for one in office.judge("INV-3", as_of="10-02").findings
            if one.about == "2025-10-01" and one.subject == "c/2"
        ]
        assert "w/办公室301" in finding.message_zh

    def test_what_another_unit_was_given_is_not_ours_to_put_away(self):
        office = self.office()
        count(office, "04-29 09:00", "盘1", occasion="holiday")
        for carrier, unit in (("c/1", "u/甲村"), ("c/2", "u/党政办")):
            office.tell(
                "04-20 10:00", "transferred.hand_over", on=[carrier], who={"giver": "李敏", "receiver": "甲村文书"},
                reason="passing_on", to=unit, recorded="04-29 10:00",
            )  # fmt: skip
        assert office.found("INV-3", as_of="05-02") == [("INV-3", "c/2")]

    def test_a_year_without_a_calendar_can_not_be_judged(self):
        office = self.office(calendar=False)
        store(office, "03-03 10:00", ["c/1", "c/2"])
        judgement = office.judge("INV-3", as_of="2099-01-02")
        assert {one.code for one in judgement.unjudged} == {"INV-3"}
        # What is known of other years is judged all the same.
        assert not any(one.about.startswith("2099") for one in judgement.findings)


class TestSortsOfThings:
    def office(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        for number, name in enumerate(("U1", "U2"), 1):
            office.tell(
                "03-03 09:30", "created.equipment", on=[f"c/{name}"], who={"registrar": "李敏", "receiver": "李敏"}, form="usb_stick",
                number=name, register="介质", serial=number, unit="u/党政办", level="机密", term="5年",
            )  # fmt: skip
        return office

    @pytest.mark.parametrize(
        ("occasion", "found", "missing"),
        [("special", ["c/U1"], {"c/U2"}), ("special", ["c/1"], {"c/2"}), ("holiday", ["c/1"], {"c/2"}),
         ("holiday", ["c/1", "c/U1"], {"c/2", "c/U2"}), ("regular", ["c/1"], {"c/2", "c/U1", "c/U2"})],
    )  # fmt: skip
    def test_what_was_counted(self, occasion, found, missing):
        office = self.office()
        count(office, "03-10 09:00", "盘", found, occasion=occasion)
        assert {one.about for one in office.judge("INV-1").findings} == missing


class TestReports:
    PARAMETERS = {"within.discrepancy": "24h"}

    def office(self):
        office = Office(self.PARAMETERS)
        receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
        store(office, "03-03 10:00", ["c/1", "c/2"])
        return office

    def test_missed_and_nobody_told(self):
        office = self.office()
        count(office, "03-10 09:00", "盘", ["c/1"], place="w/G1")
        assert [one.code for one in office.judge("INV-4", as_of="03-11 08:59").dues] == ["INV-4"]
        assert office.found("INV-4", as_of="03-11 08:59") == []
        (finding,) = office.judge("INV-4", as_of="03-11 09:01").findings
        assert (finding.subject, finding.severity, finding.state) == ("l/盘", "high", "open")
        assert "c/2" in finding.message_zh

    def test_told_at_once_or_upward(self):
        office = self.office()
        count(office, "03-10 09:00", "盘", ["c/1"], place="w/G1", extra=[{"label": "X"}])
        office.tell(
            "03-10 10:00",
            "reported.incident",
            on=["c/2", "i/1"],
            who={"registrar": "李敏"},
            what="missing",
            to=["p/王宁"],
        )
        assert office.found("INV-4", as_of="03-12") == [("INV-4", "l/盘")]
        office.tell(
            "03-10 11:00",
            "reported.incident",
            on=["i/2"],
            who={"registrar": "李敏"},
            what="discrepancy",
            recorded="03-12 09:00",
        )
        assert office.found("INV-4", as_of="03-12 10:00", state="open") == [("INV-4", "l/盘")]
        office.tell("03-12 11:00", "reported.upward", on=["i/2"], who={"operator": "李敏"}, to=["p/何副书记"])
        assert office.found("INV-4", as_of="03-13", state="closed") == [("INV-4", "l/盘")]

    def test_whom_a_ledger_was_told_of_it(self):
        office = self.office()
        source = {"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1}
        who = {"operator": ["李敏", "赵强"], "registrar": "李敏"}
        office.tell(
            "03-10 09:00", "checked.inventory", on=["l/盘", "u/镇", "c/1"], who=who, unsigned=["赵强"], occasion="regular", found=["c/1"],
            source=source,
        )  # fmt: skip
        assert office.found("INV-1", "INV-4") == [("INV-1", "l/盘")]

    def test_told_in_time(self):
        office = self.office()
        count(office, "03-10 09:00", "盘", ["c/1"], place="w/G1")
        office.tell(
            "03-10 10:00",
            "reported.incident",
            on=["c/2", "i/1"],
            who={"registrar": "李敏"},
            what="missing",
            to=["p/王宁"],
        )
        assert office.found("INV-4") == []


class TestFigures:
    def office(self):
        office = Office()
        receive(office, "02-03 09:00", ["c/1", "c/2"], "d/1")
        receive(office, "05-03 09:00", ["c/3"], "d/2")
        office.tell(
            "06-03 09:00", "destroyed.carriers", on=["c/3", "d/2"], who={"supervisor": ["李敏", "赵强"]}, method="shred"
        )
        return office

    def file(self, office, period, **figures):
        return office.tell(
            "07-01 09:00", "notified.filed", on=["u/镇"], who={"registrar": "李敏"}, to="u/市保密局", what="statistics", period=period,
            figures=[[name, number] for name, number in figures.items()],
        )  # fmt: skip

    def test_true_figures(self):
        office = self.office()
        self.file(office, "2025年上半年", 收文=3, 销毁=1, 库存=2, 借阅=99)
        self.file(office, "2025-Q1", 收文=2, 销毁=0)
        # Documents instead of carriers.
        self.file(office, "2025年2月", 收文=1)
        self.file(office, "上一年", 收文=77)
        assert office.found("INV-5") == []

    def test_of_a_month_and_of_another_unit(self):
        office = self.office()
        office.tell(
            "07-01 09:00", "notified.filed", on=["u/甲村"], who={"registrar": "李敏"}, to="u/市保密局", what="statistics", period="2025",
            figures=[["收文", 99]],
        )  # fmt: skip
        assert office.found("INV-5") == []
        self.file(office, "2025-06", 销毁=2, 库存=2)
        (finding,) = office.judge("INV-5").findings
        assert (finding.subject, finding.about, finding.severity) == ("u/镇", "销毁", "medium")

    def test_older_books_and_copies_that_no_book_tells_apart(self):
        office = Office()
        receive(office, "02-03 09:00", ["c/1"], "d/1")
        office.tell(
            "02-03 09:00", "created.received", on=["d/2"], who={"receiver": "李敏", "giver": "省交换员"}, level="秘密", items=[],
            copies_unnumbered=2, sender="u/省委", channel="exchange", listed=2, found=2, seal="intact",
        )  # fmt: skip
        self.file(office, "2025", 收文=3, 库存=3)
        # The log was opened in 2025: what came in before, other books say.
        self.file(office, "2024", 收文=20, 销毁=7, 库存=0)
        assert office.found("INV-5") == []
        self.file(office, "2025", 收文=4)
        assert [one.about for one in office.judge("INV-5").findings] == ["收文"]

    def test_what_was_issued_is_no_stock(self):
        office = self.office()
        office.tell(
            "04-01 09:00", "transferred.dispatch", on=["c/1", "d/1"], who={"giver": "李敏", "receiver": "甲村文书"}, to="u/甲村",
            channel="by_hand",
        )  # fmt: skip
        office.tell("04-01 15:00", "transferred.receipt", on=["c/1"], who={"receiver": "甲村文书"}, found=1)
        self.file(office, "2025-Q1", 库存=2)
        self.file(office, "2025-06", 库存=1)
        assert office.found("INV-5") == []
        self.file(office, "2025-06", 库存=2)
        assert "报2，账上1件" in office.judge("INV-5").findings[0].message_zh

    def test_a_year_that_no_calendar_follows_is_no_period(self):
        office = self.office()
        for period in ("9999", "9999年", "9999-12", "0000"):
            self.file(office, period, 库存=77)
        assert office.found("INV-5") == []
        self.file(office, "9998", 库存=77)
        assert office.found("INV-5") == [("INV-5", "u/镇")]

    def test_false_figures(self):
        office = self.office()
        filed = self.file(office, "2025年第二季度", 收文=2, 销毁=1, 库存=3)
        found = office.judge("INV-5").findings
        assert {one.about for one in found} == {"收文", "库存"}
        assert {one.evidence for one in found} == {(filed,)}
        assert "报2，账上1件" in next(one for one in found if one.about == "收文").message_zh


class TestOnRecord:
    def test_handled_and_never_entered(self):
        office = Office()
        receive(office, "03-03 09:00", ["c/1"], "d/1")
        lend(office, "03-04 09:00", "c/1")
        first = lend(office, "03-05 09:00", "c/2")
        give_back(office, "03-06 09:00", "c/2")
        office.tell(
            "03-07 09:00", "destroyed.carriers", on=["c/3", "d/3"], who={"supervisor": ["李敏", "赵强"]}, method="shred"
        )
        office.tell(
            "03-08 09:00", "copied.made", on=["c/4", "c/5", "d/1"], who={"operator": "赵强", "registrar": "李敏"}, method="copy",
            parents=["c/5"], level="秘密", items=[{"carrier": "c/4", "form": "document", "document": "d/1"}],
        )  # fmt: skip
        lend(office, "03-09 09:00", "c/4")
        office.tell(
            "03-09 10:00",
            "copied.stored",
            on=["c/6"],
            who={"operator": "吴", "approver": "何副书记"},
            what="数据",
            level="机密",
            device="c/7",
        )
        found = office.judge("INV-6").findings
        assert [(one.subject, one.evidence[0]) for one in found] == [
            ("c/2", first),
            ("c/3", first + 2),
            ("c/6", first + 5),
        ]

    def test_what_only_a_ledger_tells_of(self):
        office = Office()
        office.tell(
            "03-05", "transferred.lend", on=["c/1"], who={"giver": "李敏", "receiver": "陈", "registrar": "李敏"}, purpose="写稿",
            depth="take_away", unsigned=["陈"], source={"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1},
        )  # fmt: skip
        assert office.found("INV-6") == []

    def test_entered_too_late(self):
        office = Office()
        office.tell(
            "03-05 09:00",
            "transferred.take_out",
            on=["c/1"],
            who={"giver": "李敏", "receiver": "吴"},
            destination="w/市局",
            reason="报送",
        )
        count(office, "03-06 09:00", "盘", ["c/2"])
        (finding,) = office.judge("INV-6").findings
        assert (finding.subject, finding.severity, finding.message_en) == ("c/1", "high", "c/1 never entered the books")
        receive(office, "03-07 09:00", ["c/1"], "d/1")
        assert office.found("INV-6") == []


class TestInspections:
    PARAMETERS = {
        "every.inspection.full": "1y",
        "every.inspection.special": "3mo",
        "posts.inspection.full": ["principal_leader"],
    }

    def inspect(self, office, at, topic, who="周书记", on="u/镇"):
        return office.tell(at, "checked.inspection", on=[on], who={"operator": who}, topic=topic)

    def test_once_a_quarter_and_once_a_year(self):
        office = Office(self.PARAMETERS)
        self.inspect(office, "01-10 09:00", "special")
        self.inspect(office, "06-30 09:00", "special", on="u/党政办")
        self.inspect(office, "09-01 09:00", "special")
        self.inspect(office, "10-01 09:00", "special")
        assert office.found("INV-7") == []
        assert {one.about for one in office.judge("INV-7").dues} == {"every.inspection.full 2025-01-01"}
        assert office.found("INV-7", as_of="2026-01-02") == [("INV-7", "u/镇")]
        self.inspect(office, "12-31 09:00", "full")
        assert office.found("INV-7", as_of="2026-01-02") == []

    def test_a_quarter_left_out_and_the_wrong_post(self):
        office = Office(self.PARAMETERS)
        self.inspect(office, "05-10 09:00", "special")
        self.inspect(office, "06-10 09:00", "full", "赵强")
        found = office.judge("INV-7", as_of="2026-01-02").findings
        assert sorted((one.about, one.state) for one in found) == [
            ("every.inspection.full 2025-01-01", "open"),
            ("every.inspection.special 2025-01-01", "closed"),
            ("every.inspection.special 2025-07-01", "open"),
            ("every.inspection.special 2025-10-01", "open"),
        ]


class TestRectification:
    def handle(self, office, at, step, incident="i/1", **fields):
        return office.tell(at, "reported.handled", on=[incident], who={"approver": "何副书记"}, step=step, **fields)

    def test_by_its_date(self):
        office = Office()
        ordered = self.handle(office, "03-03 09:00", "rectification_ordered", due="03-20 18:00")
        self.handle(office, "03-03 09:00", "rectification_ordered", "i/2", due="03-20 18:00")
        self.handle(office, "03-20 17:00", "rectified", "i/2")
        self.handle(office, "03-20 17:00", "rectification_ordered", "i/3")
        assert [one[:2] for one in office.due("INV-8", as_of="03-20 17:59")] == [("INV-8", "i/1")]
        found = {one.subject: one for one in office.judge("INV-8", as_of="03-20 18:01").findings}
        assert set(found) == {"i/1", "i/3"}
        assert found["i/1"].evidence == (ordered,)
        assert "未限定期限" in found["i/3"].message_zh
        self.handle(office, "03-25 09:00", "rectified")
        assert office.found("INV-8", state="closed") == [("INV-8", "i/1")]

    def test_ordered_twice(self):
        office = Office()
        first = self.handle(office, "03-03 09:00", "rectification_ordered", due="03-20 18:00")
        done = self.handle(office, "03-21 09:00", "rectified")
        self.handle(office, "03-22 09:00", "rectification_ordered", due="03-30 18:00")
        (finding,) = office.judge("INV-8", as_of="03-25").findings
        assert (finding.evidence, finding.state, finding.severity) == ((first, done), "closed", "medium")
        assert office.found("INV-8", as_of="03-31", state="open") == [("INV-8", "i/1")]


class TestScenarios:
    """The told parts of the domain's scenarios that concern stock-takes."""

    @pytest.fixture(scope="class")
    @classmethod
    def compliant(cls):
        office = Office({
            **HOLIDAYS, "every.inventory": "3mo", "every.clearing": "3mo", "every.issuer_return": "1y", "keep.reader": "1mo",
            "keep.dispersed": "6mo", "keep.returned": "90d", "within.discrepancy": "24h",
        })  # fmt: skip
        office.declare_units({"u/本镇": "section"})
        receive(office, "03-03 09:10", ["c/87", "c/88"], "d/省委7", level="机密")
        register(
            office,
            "03-03 09:12",
            "d/省委7",
            on=["c/87", "c/88"],
            serial=31,
            level="机密",
            return_required=True,
            return_due="2025-12-20",
        )
        persons = ["p/陈", "p/孙", "p/吴"]
        office.tell(
            "03-03 09:40",
            "decided.route",
            on=["d/省委7"],
            who={"approver": "周书记"},
            step="approved",
            recipients=persons,
        )
        office.tell(
            "03-03 09:41",
            "decided.scope",
            on=["d/省委7"],
            who={"approver": "周书记"},
            step="approved",
            change="set",
            scope={"persons": persons},
        )
        for person, out, back in (("陈", "10:00", "10:40"), ("孙", "10:50", "11:20"), ("吴", "14:00", "14:30")):
            lend(office, f"03-03 {out}", "c/87", person)
            give_back(office, f"03-03 {back}", "c/87", person)
        store(office, "03-03 14:35", ["c/87", "c/88"])
        told = []
        for number, (day, occasion) in enumerate(
            [("03-28", "regular"), ("04-29", "holiday"), ("06-27", "regular"), ("09-29", "holiday")], 1
        ):
            told.append((f"{day} 15:00", "inventory", number, occasion))
        told += [(f"{day} 16:00", "clear", number, "") for number, day in enumerate(["03-28", "06-27", "09-26"], 1)]
        for at, what, number, occasion in sorted(told):
            if what == "inventory":
                count(office, at, f"盘2025-{number}", ["c/87", "c/88"], on=["u/本镇"], place="w/G1", occasion=occasion)
            else:
                office.tell(
                    at,
                    "listed.added",
                    on=[f"l/清2025-{number}", "u/本镇"],
                    who={"registrar": "李敏"},
                    purpose="clear",
                    total=0,
                    items=[],
                )
        office.tell(
            "12-10 10:00",
            "returned.to_issuer",
            on=["c/87", "c/88", "d/省委7"],
            who={"giver": "李敏", "receiver": "省机要员"},
            to="u/省委",
        )
        return office

    RULES = tuple(f"INV-{n}" for n in range(1, 9)) + tuple(f"RET-{n}" for n in range(1, 10))

    def test_s1_a_compliant_year(self, compliant):
        judgement = compliant.judge(*self.RULES, as_of="12-31 23:59")
        assert judgement.findings == ()
        assert judgement.dues == ()
        assert judgement.unjudged == ()

    def test_s1_nothing_was_found_on_the_way(self, compliant):
        for at in ("03-10", "04-30", "05-02", "07-01", "09-30", "10-02", "12-09"):
            assert compliant.found(*self.RULES, as_of=at) == []

    def test_s1_had_the_last_round_been_left_out(self, compliant):
        assert compliant.due("INV-2", as_of="12-09")
        assert compliant.due("RET-2", as_of="12-09")
        assert compliant.due("RET-4", as_of="12-09")

    def test_s6_a_third_copy(self):
        office = Office({"copy.stamp": "no"}, units={"u/院办": "section"})
        receive(office, "08-20 09:00", ["c/O"], "d/报告5")
        office.tell(
            "09-01 09:00", "decided.permit", id="k0", on=["c/O"], who={"proposer": "秦", "reviewer": "冯", "approver": "郑院长"},
            step="approved", act="copy", count=2,
        )  # fmt: skip
        office.tell(
            "09-01 10:00", "copied.made", on=["c/K1", "c/K2", "c/O", "d/报告5"], who={"operator": "秦", "registrar": "钱秘书"}, refs=["k0"],
            method="copy", parents=["c/O"], level="秘密", term="10年", device="c/复印机1", due="09-15 18:00",
            items=[{"carrier": f"c/{k}", "form": "document", "document": "d/报告5", "copy_no": k} for k in ("K1", "K2")],
        )  # fmt: skip
        taken = count(
            office, "09-03 09:00", "盘9", ["c/K1", "c/K2", "c/O"], on=["u/院办"], who=("钱秘书", "冯"), occasion="special",
            extra=[{"label": "K3", "document": "d/报告5"}],
        )  # fmt: skip
        office.tell(
            "09-12 09:00",
            "returned.to_keeper",
            on=["c/K1"],
            who={"giver": "秦", "receiver": "钱秘书"},
            reason="reading",
        )
        (finding,) = office.judge("INV-1", as_of="09-20").findings
        assert (finding.code, finding.severity, finding.evidence, finding.about) == ("INV-1", "high", (taken,), "K3")
        assert finding.subject == "l/盘9"
        for word in ("K3", "d/报告5", "c/K1", "c/K2"):
            assert word in finding.message_zh
        mine = (
            [rule for rule in self.RULES if rule != "INV-1"]
            + [f"MED-{n}" for n in range(1, 12)]
            + [f"CMP-{n}" for n in range(1, 12)]
        )
        assert office.found(*mine, as_of="09-20") == []
