"""Computers and devices: repaired in the house and outside, handed down, changed, scrapped, entered in their ledger."""

from __future__ import annotations

import pytest

from tests.offices import Office

CMP = tuple(f"CMP-{n}" for n in range(1, 11))


def machine(office, name, *, level="机密", form="computer", who=None, **fields):
    return office.tell(
        "06-01 09:00", "created.equipment", on=[f"c/{name}"], who=who or {"registrar": "李敏", "receiver": "吴"},
        **{"form": form, "number": name, "register": "设备", "serial": 1, "unit": "u/党政办", "level": level, **fields},
    )  # fmt: skip


def permit(office, at, name, act, who="何副书记"):
    return office.tell(at, "decided.permit", on=[f"c/{name}"], who={"approver": who}, step="approved", act=act)


def repair(office, at, name, *, to="u/快修店", data="removed", agreement_no="A-1", **who):
    fields = {"agreement_no": agreement_no} if agreement_no else {}
    return office.tell(
        at, "transferred.repair", on=[f"c/{name}"], who={"giver": "李敏", **who}, to=to, data=data, **fields
    )


def back(office, at, name, *, fields=("work", "before", "after"), **who):
    return office.tell(
        at, "returned.from_repair", on=[f"c/{name}"], who={"receiver": "李敏", **who}, **dict.fromkeys(fields, "正常")
    )


def incident(office, at, name, what, who="李敏"):
    return office.tell(at, "reported.incident", on=[f"c/{name}"], who={"operator": who}, what=what)


def erase(office, at, name, method="overwrite"):
    return office.tell(at, "destroyed.contents", on=[f"c/{name}"], who={"operator": "赵强"}, method=method)


class TestRepaired:
    PARAMETERS = {
        "posts.repair.security": ["security_staff"],
        "posts.repair.system": ["system_admin"],
        "posts.repair": ["maintainer"],
    }
    POSTS = {"孙": "security_staff", "许": "system_admin", "朱": "maintainer"}

    def test_kept_data_watched_by_both_and_recorded(self):
        office = Office(self.PARAMETERS, posts=self.POSTS)
        for name in "ABCDE":
            machine(office, name)
        machine(office, "N", level="无密")
        sent = []
        for name in "ABCDEN":
            who = {"A": {"witness": ["孙", "许"]}, "B": {"witness": ["孙", "赵强"]}, "C": {"witness": ["孙"]}}.get(
                name, {}
            )
            data = "removed" if name == "D" else "kept"
            sent.append(repair(office, "07-01 09:00", name, to="u/党政办", data=data, receiver="朱", **who))
        assert office.found("CMP-1") == []
        back(office, "07-02 09:00", "A")
        returned = back(office, "07-02 09:10", "B", fields=("work", "after"))
        back(office, "07-02 09:20", "C", witness="许")
        back(office, "07-02 09:30", "D", fields=())
        back(office, "07-02 09:40", "N", fields=())
        (finding,) = office.judge("CMP-1").findings
        assert (finding.subject, finding.severity) == ("c/B", "high")
        assert finding.evidence == (sent[1], returned)
        assert finding.message_zh.endswith("缺：系统维护人员、维修前状况")

    def test_kept_data_and_nothing_known(self):
        office = Office()
        machine(office, "A", form="office_machine")
        repair(office, "07-01 09:00", "A", data="kept")
        back(office, "07-02 09:00", "A", fields=())
        found = {one.code: one for one in office.judge("CMP-1", "CMP-2").findings}
        assert found["CMP-1"].message_zh.endswith(
            "缺：安全保密人员、系统维护人员、维修内容、维修前状况、维修后状况、维修人员"
        )
        assert found["CMP-2"].message_en == "repaired without a record of the fault"
        incident(office, "07-03 09:00", "A", "breach")
        assert office.found("CMP-2", state="open") == [("CMP-2", "c/A")]

    def test_mended_in_the_house_by_its_user(self):
        office = Office(self.PARAMETERS, posts=self.POSTS)
        machine(office, "A")
        repair(office, "07-01 09:00", "A", to="u/党政办")
        assert office.found("CMP-6") == []
        returned = back(office, "07-02 09:00", "A", operator="吴")
        (finding,) = office.judge("CMP-6").findings
        assert (finding.evidence, finding.message_en) == ((returned,), "p/吴 is no named maintainer")

    def test_mended_by_the_system_staff_themselves(self):
        office = Office(self.PARAMETERS, posts=self.POSTS)
        for name in "AB":
            machine(office, name)
        repair(office, "07-01 09:00", "A", to="u/党政办", data="kept", receiver="许", witness="孙")
        back(office, "07-02 09:00", "A")
        repair(office, "07-01 09:10", "B", data="kept", receiver="许", witness="孙")
        back(office, "07-02 09:10", "B", operator="甲村文书")
        # At the shop the staff's own man has to be there besides.
        assert office.found("CMP-1") == [("CMP-1", "c/B")]

    def test_an_extension_is_no_fault(self):
        office = Office()
        machine(office, "A")
        incident(office, "07-01 08:00", "A", "change")
        repair(office, "07-01 09:00", "A")
        back(office, "07-02 09:00", "A")
        assert office.found("CMP-2") == []

    def test_an_unclassified_machine_is_mended_by_anybody(self):
        office = Office(self.PARAMETERS, posts=self.POSTS)
        machine(office, "N", level="无密")
        repair(office, "07-01 09:00", "N", to="u/党政办", receiver="吴")
        incident(office, "07-03 09:00", "N", "change", "吴")
        assert office.found("CMP-6") == []

    def test_a_fault_for_each_repair(self):
        office = Office()
        for name in "AB":
            machine(office, name)
        incident(office, "06-30 09:00", "A", "fault")
        repair(office, "07-01 09:00", "A")
        back(office, "07-02 09:00", "A")
        repair(office, "07-01 09:10", "B")
        assert office.found("CMP-2") == []
        back(office, "07-02 09:10", "B")
        again = repair(office, "07-03 09:00", "A")
        returned = back(office, "07-04 09:00", "A")
        found = {one.subject: one for one in office.judge("CMP-2").findings}
        assert set(found) == {"c/A", "c/B"}
        assert (found["c/A"].evidence, found["c/A"].severity) == ((again, returned), "low")
        incident(office, "07-05 09:00", "B", "fault")
        assert office.found("CMP-2", state="closed") == [("CMP-2", "c/B")]

    def test_by_named_maintainers(self):
        office = Office(self.PARAMETERS, posts=self.POSTS)
        for name in "ABC":
            machine(office, name)
        repair(office, "07-01 09:00", "A", to="u/党政办", receiver="朱")
        back(office, "07-02 09:00", "A", operator="朱")
        # Who works at the shop holds no post of ours.
        repair(office, "07-01 09:10", "B", receiver="甲村文书")
        back(office, "07-02 09:10", "B", operator="甲村文书")
        assert office.found("CMP-6") == []
        changed = incident(office, "07-03 09:00", "C", "change", "吴")
        incident(office, "07-03 09:10", "C", "fault", "吴")
        mended = repair(office, "07-04 09:00", "C", to="u/镇", receiver="吴")
        found = office.judge("CMP-6").findings
        assert [(one.subject, one.evidence, one.about, one.severity) for one in found] == [
            ("c/C", (changed,), "p/吴", "medium"), ("c/C", (mended,), "p/吴", "medium"),
        ]  # fmt: skip


class TestSentAway:
    def test_approved_and_erased(self):
        office = Office({"posts.permit.repair": ["responsible_leader"]})
        for name in "ABCDEFGH":
            machine(office, name)
        for name in "ABCDEFG":
            permit(office, "06-30 09:00", name, "repair", "王宁" if name == "B" else "何副书记")
        repair(office, "07-01 09:00", "A", data="erased")
        wrong = repair(office, "07-01 09:10", "B", data="removed")
        kept = repair(office, "07-01 09:20", "C", data="kept")
        erase(office, "07-01 08:00", "D")
        repair(office, "07-01 09:30", "D", data="kept")
        formatted = erase(office, "07-01 08:10", "E", "format")
        sent = repair(office, "07-01 09:40", "E", data="erased")
        erase(office, "07-01 08:20", "F")
        office.tell(
            "07-01 08:30",
            "copied.stored",
            on=["c/F"],
            who={"operator": "吴", "approver": "何副书记"},
            what="数据",
            level="机密",
        )
        repair(office, "07-01 09:50", "F", data="erased")
        repair(office, "07-01 10:00", "G", data="kept", to="u/党政办")
        repair(office, "07-01 10:10", "H")
        erase(office, "07-02 09:00", "C")
        found = {one.subject: one for one in office.judge("CMP-3").findings}
        assert {subject: one.about for subject, one in found.items()} == {
            "c/B": "approval", "c/C": "data", "c/E": "data", "c/H": "approval"
        }  # fmt: skip
        assert {one.severity for one in found.values()} == {"critical"}
        assert found["c/B"].evidence == (wrong,)
        assert found["c/C"].evidence == (kept,)
        assert found["c/E"].evidence == (formatted, sent)
        assert "未经审批" in found["c/H"].message_zh

    def test_erased_anew_says_the_sending(self):
        """What was deleted or stored before the machine was last in use says nothing of this time."""
        office = Office()
        for name in "ABC":
            machine(office, name)
            permit(office, "06-30 09:00", name, "repair")
        erase(office, "06-02 09:00", "A", "delete")
        repair(office, "06-03 09:00", "A")
        back(office, "06-05 09:00", "A")
        repair(office, "07-01 09:00", "A", data="erased")
        erase(office, "06-02 09:00", "B", "overwrite")
        office.tell(
            "06-10 09:00", "copied.stored", on=["c/B"], who={"operator": "吴", "approver": "何副书记"}, what="数据", level="机密"
        )  # fmt: skip
        repair(office, "07-01 09:00", "B", data="erased")
        erase(office, "06-30 10:00", "C", "delete")
        repair(office, "07-01 09:00", "C", data="erased")
        found = {one.subject: one.message_zh for one in office.judge("CMP-3").findings if one.about == "data"}
        assert found == {"c/C": "外送修理前信息仅作删除或格式化"}

    def test_approved_by_the_leader_and_another(self):
        office = Office({"posts.permit.repair": ["responsible_leader"]})
        machine(office, "A")
        office.tell(
            "06-30 09:00", "decided.permit", on=["c/A"], who={"approver": ["王宁", "何副书记"]}, step="approved", act="repair"
        )  # fmt: skip
        repair(office, "07-01 09:00", "A")
        assert office.found("CMP-3") == []

    def test_approved_afterwards_or_never(self):
        office = Office(units={"u/快修店": None})
        for name in "AB":
            machine(office, name)
        repair(office, "07-01 09:00", "A", witness="赵强")
        permit(office, "07-01 12:00", "A", "repair")
        permit(office, "07-01 09:00", "B", "repair")
        repair(office, "07-02 09:00", "B", witness="赵强")
        (finding,) = office.judge("CMP-3").findings
        assert (finding.subject, finding.about) == ("c/A", "approval")
        # Nobody declared the shop: it isn't one of those designated.
        assert office.found("CMP-4") == [("CMP-4", "c/A"), ("CMP-4", "c/B")]

    def test_to_a_designated_shop(self):
        office = Office({"strict.CMP-4": "yes"}, units={"u/快修店": None})
        office.declare_units({"u/快修店": "repairer"}, designated=["repair"])
        office.declare_units({"u/街边店": "shop"})
        for name in "ABCD":
            machine(office, name)
        repair(office, "07-01 09:00", "A", witness="赵强")
        back(office, "07-02 09:00", "A")
        elsewhere = repair(office, "07-01 09:10", "B", to="u/街边店", witness="赵强")
        back(office, "07-02 09:10", "B")
        repair(office, "07-01 09:20", "C", agreement_no="")
        assert [(one.subject, one.about) for one in office.judge("CMP-4").findings] == [
            ("c/B", "shop"),
            ("c/C", "agreement"),
        ]
        back(office, "07-02 09:20", "C")
        repair(office, "07-01 09:30", "D", to="u/党政办", agreement_no="")
        back(office, "07-02 09:30", "D")
        found = {(one.subject, one.about): one for one in office.judge("CMP-4").findings}
        assert set(found) == {("c/B", "shop"), ("c/C", "agreement"), ("c/C", "witness")}
        assert (found["c/B", "shop"].evidence, found["c/B", "shop"].severity) == ((elsewhere,), "high")

    def test_an_agreement_where_only_one_rule_wants_it(self):
        office = Office(units={"u/快修店": None})
        office.declare_units({"u/快修店": "repairer"}, designated=["repair"])
        machine(office, "A")
        repair(office, "07-01 09:00", "A", agreement_no="", witness="赵强")
        assert office.found("CMP-4") == []


class TestHandedDown:
    def hand(self, office, at, name, to):
        return office.tell(
            at,
            "transferred.hand_over",
            on=[f"c/{name}"],
            who={"giver": "吴", "receiver": "甲村文书"},
            reason="interdepartmental",
            to=to,
        )

    def lower(self, office, at, name):
        return office.tell(
            at,
            "decided.reclassify",
            on=[f"c/{name}"],
            who={"approver": "何副书记"},
            step="approved",
            change="lowered",
            level="秘密",
        )

    def test_sent_away_and_below_all_the_same_when_lowered_too_little(self):
        office = Office(units={"u/甲村": None})
        office.declare_units({"u/甲村": "subordinate"}, max_level="内部")
        machine(office, "A")
        erase(office, "06-30 09:00", "A")
        self.lower(office, "06-30 09:10", "A")
        sent = office.tell(
            "07-01 09:00", "transferred.dispatch", on=["c/A"], who={"giver": "李敏"}, to="u/甲村", channel="by_hand"
        )
        (finding,) = office.judge("CMP-5").findings
        assert finding.evidence[-1] == sent
        assert "机密设备调换到内部单位 u/甲村" in finding.message_zh

    def test_lowered_long_ago_and_used_since(self):
        office = Office(units={"u/甲村": None})
        office.declare_units({"u/甲村": "subordinate"}, max_level="秘密")
        machine(office, "A")
        erase(office, "06-02 09:00", "A")
        self.lower(office, "06-02 09:10", "A")
        who = {"operator": "吴", "approver": "何副书记"}
        office.tell("06-10 09:00", "copied.stored", on=["c/A"], who=who, what="数据", level="秘密")
        self.hand(office, "07-01 09:00", "A", "u/甲村")
        assert office.found("CMP-5") == []

    def test_to_a_unit_of_a_lower_level(self):
        office = Office(units={"u/甲村": None})
        office.declare_units({"u/甲村": "subordinate"}, max_level="秘密")
        office.declare_units({"u/县": "superior"}, max_level="绝密")
        for name in "ABCDE":
            machine(office, name)
        entered = machine(office, "F")
        erase(office, "06-30 09:00", "A")
        self.lower(office, "06-30 09:10", "A")
        self.hand(office, "07-01 09:00", "A", "u/甲村")
        self.hand(office, "07-01 09:10", "B", "u/县")
        self.hand(office, "07-01 09:20", "C", "u/乙村")
        assert office.found("CMP-5") == []
        erase(office, "06-30 09:20", "D")
        self.hand(office, "07-01 09:30", "D", "u/甲村")
        self.lower(office, "06-30 09:30", "E")
        erase(office, "06-30 09:40", "E", "delete")
        self.hand(office, "07-01 09:40", "E", "u/甲村")
        given = self.hand(office, "07-01 09:50", "F", "u/甲村")
        found = {one.subject: one for one in office.judge("CMP-5").findings}
        assert set(found) == {"c/D", "c/E", "c/F"}
        assert found["c/D"].message_zh.endswith("缺降密记录")
        assert found["c/E"].message_zh.endswith("缺不可恢复的清除")
        assert (found["c/F"].evidence, found["c/F"].severity) == ((entered, given), "critical")


class TestScrapped:
    def destroy(self, office, at, carriers, *, method="crush", place="w/市销毁中心", **who):
        who = {"supervisor": ["李敏", "赵强"], **who}
        return office.tell(at, "destroyed.carriers", on=carriers, who=who, method=method, place=place)

    def test_a_named_person_only_where_the_policy_asks_for_one_and_not_of_ledgers(self):
        office = Office()
        for name in "AB":
            machine(office, name)
        self.destroy(office, "07-01 09:00", ["c/A", "l/毁1"])
        office.tell(
            "07-01", "destroyed.carriers", on=["c/B"], who={"supervisor": ["李敏", "赵强"], "registrar": "李敏"}, method="crush",
            unsigned=["赵强"], source={"cells": bytes(32), "sha256": bytes(32), "sheet": "簿", "row": 1},
        )  # fmt: skip
        assert office.found("CMP-7") == []

    def test_deleting_is_no_erasing(self):
        office = Office()
        for name in "AB":
            machine(office, name)
        erase(office, "06-30 09:00", "A", "delete")
        erase(office, "06-30 09:10", "B", "remove_disk")
        self.destroy(office, "07-01 09:00", ["c/A", "c/B", "l/毁1"], method="give_away", operator="黄")
        (finding,) = office.judge("CMP-7").findings
        assert (finding.subject, finding.message_en) == ("c/A", "scrapped without erasing c/A beyond recovery")

    def test_erased_listed_named_and_at_its_place(self):
        office = Office({"places.destroy": ["destruction_site"], "strict.CMP-7": "yes"})
        for name in "ABCD":
            machine(office, name)
        machine(office, "N", level="无密")
        self.destroy(office, "07-01 09:00", ["c/A", "l/毁1"], operator="黄")
        erase(office, "06-30 09:00", "B")
        self.destroy(office, "07-01 09:10", ["c/B", "l/毁1"], method="sell", operator="黄")
        self.destroy(office, "07-01 09:20", ["c/N"], method="sell", place="w/广场")
        assert office.found("CMP-7") == []
        sold = self.destroy(office, "07-01 09:30", ["c/C", "l/毁1"], method="sell", operator="黄")
        self.destroy(office, "07-01 09:40", ["c/D"], place="w/办公室301")
        found = {one.subject: one for one in office.judge("CMP-7").findings}
        assert set(found) == {"c/C", "c/D"}
        assert (found["c/C"].evidence, found["c/C"].severity) == ((sold,), "critical")
        assert "不可恢复的技术处理（c/C）" in found["c/C"].message_zh
        assert found["c/D"].message_zh.endswith("缺：登记造册、专人经办、定点")


class TestLedgerBackupsChanges:
    def test_the_ledger(self):
        office = Office({"strict.CMP-8": "yes"})
        machine(office, "A", model="X-1")
        entered = machine(office, "B")
        machine(office, "C", model="X-1", who={"registrar": "李敏"})
        found = {one.subject: one for one in office.judge("CMP-8").findings}
        assert set(found) == {"c/B", "c/C"}
        assert (found["c/B"].evidence, found["c/B"].severity) == ((entered,), "medium")
        assert found["c/B"].message_zh.endswith("缺：型号")
        assert found["c/C"].message_zh.endswith("缺：责任人、使用人员")

    def test_a_user_who_is_no_keeper(self):
        office = Office({"strict.CMP-8": "yes"})
        machine(office, "A", model="X-1", form="laptop", who={"registrar": "李敏", "reader": "吴"})
        (finding,) = office.judge("CMP-8").findings
        assert finding.message_en == "the ledger lacks a keeper"

    def test_a_backup_stated_below_what_it_is_of(self):
        office = Office()
        machine(office, "A")
        lost = {
            "items": [],
            "copies_unnumbered": 1,
            "who": {"operator": "赵强", "registrar": "李敏"},
            "parents": ["c/A"],
            "level": "无密",
        }
        office.tell("07-01 09:00", "copied.made", on=["c/A", "d/1"], method="print", **lost)
        assert office.found("CMP-9") == []
        office.tell("07-01 09:10", "copied.made", on=["c/A", "d/1"], method="backup", **lost)
        assert office.found("CMP-9") == [("CMP-9", "c/A")]

    def test_asked_for_before_and_approved_after_the_change(self):
        office = Office({"strict.CMP-10": "yes"})
        machine(office, "A")
        office.tell(
            "06-30 09:00",
            "decided.permit",
            id="q",
            on=["c/A"],
            who={"proposer": "吴"},
            step="proposed",
            act="system_change",
        )
        incident(office, "07-01 09:00", "A", "change")
        assert office.found("CMP-10", state="open") == [("CMP-10", "c/A")]
        office.tell(
            "07-02 09:00",
            "decided.permit",
            on=["c/A"],
            who={"approver": "何副书记"},
            refs=["q"],
            step="approved",
            act="system_change",
        )
        assert office.found("CMP-10", state="closed") == [("CMP-10", "c/A")]

    def test_approved_only_after_the_change(self):
        office = Office({"strict.CMP-10": "yes"})
        machine(office, "A")
        incident(office, "07-01 09:00", "A", "change")
        permit(office, "07-02 09:00", "A", "system_change")
        assert office.found("CMP-10", state="closed") == [("CMP-10", "c/A")]

    @pytest.mark.parametrize("rule", ["CMP-8", "CMP-10"])
    def test_where_no_rule_wants_it(self, rule):
        office = Office()
        machine(office, "A", who={"registrar": "李敏"})
        incident(office, "07-01 09:00", "A", "change")
        assert office.found(rule) == []

    def test_a_backup_is_a_carrier(self):
        office = Office()
        machine(office, "A")
        machine(office, "N", level="无密")
        backup = {"who": {"operator": "赵强", "registrar": "李敏"}, "method": "backup"}
        lost = {"items": [], "copies_unnumbered": 2, **backup}
        nothing = office.tell("07-01 09:00", "copied.made", on=["c/A", "d/1"], parents=["c/A"], level="机密", **lost)
        unknown = office.tell("07-01 09:05", "copied.made", on=["d/2"], parents=[], level="机密", **lost)
        office.tell("07-01 09:10", "copied.made", on=["c/N", "d/3"], parents=["c/N"], level="无密", **lost)
        office.tell(
            "07-01 09:20", "copied.made", on=["c/A", "c/盘"], parents=["c/A"], items=[{"carrier": "c/盘", "form": "hard_disk"}], level="机密",
            **backup,
        )  # fmt: skip
        found = {one.subject: (one.evidence, one.severity) for one in office.judge("CMP-9").findings}
        assert found == {"c/A": ((nothing,), "medium"), "d/2": ((unknown,), "medium")}

    def test_changes_are_approved(self):
        office = Office({"strict.CMP-10": "yes"})
        for name in "AB":
            machine(office, name)
        machine(office, "N", level="无密")
        permit(office, "06-30 09:00", "A", "system_change")
        incident(office, "07-01 09:00", "A", "change")
        incident(office, "07-01 09:10", "N", "change")
        incident(office, "07-01 09:15", "B", "fault")
        assert office.found("CMP-10") == []
        changed = incident(office, "07-01 09:20", "B", "change")
        (finding,) = office.judge("CMP-10").findings
        assert (finding.subject, finding.evidence, finding.severity) == ("c/B", (changed,), "low")

    def test_media_are_judged_by_their_own_chapter(self):
        office = Office({"posts.permit.repair": ["responsible_leader"]})
        machine(office, "U", form="usb_stick")
        repair(office, "07-01 09:00", "U", data="kept")
        back(office, "07-02 09:00", "U", fields=())
        assert office.found(*CMP) == []
