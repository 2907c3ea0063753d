"""INT-6 to INT-8: corrections, imported rows, the order of states."""

from __future__ import annotations

import pytest

from tests.offices import Office, receive

TWO = {"registrar": "李敏", "approver": "王宁"}
SOURCE = {"cells": bytes(32), "sha256": bytes(32), "sheet": "收文", "row": 1}


def found(office, rule, **more):
    return [(f.subject, f.severity, f.evidence) for f in office.judge(rule, **more).findings]


def made(count=9, **rest):
    office = Office(**rest)
    receive(office, "03-03 09:00", [f"c/{n}" for n in range(1, count)], "d/1")
    return office


def store(office, carrier, name="", **more):
    return office.tell(
        "06-02 10:00", "transferred.store", on=[carrier], id=name, who={"registrar": "李敏"}, place="w/G1", **more
    )


def circulate(office, carriers, receiver="陈", at="06-02 09:00", **more):
    return office.tell(
        at,
        "transferred.circulate",
        on=list(carriers),
        who={"giver": "李敏", "receiver": receiver},
        mode="face_to_face",
        **more,
    )


def back(office, carriers, giver="陈", at="06-02 12:00", reason="reading"):
    return office.tell(
        at, "returned.to_keeper", on=list(carriers), who={"giver": giver, "receiver": "李敏"}, reason=reason
    )


class TestCorrections:
    def test_two_sign_and_only_descriptions_change(self):
        office = made()
        born = office.tell(
            "06-01 09:00", "created.entered", on=["c/A"], id="a", who={"registrar": "李敏"}, level="秘密", reason="other",
            items=[{"carrier": "c/A", "form": "document", "copy_no": "1"}],
        )  # fmt: skip
        permit = office.tell(
            "06-01 09:00",
            "decided.permit",
            on=["c/2"],
            id="p",
            who={"approver": "何副书记"},
            step="approved",
            act="lend",
            form_no="1",
        )

        def fix(name, on, field="items.0.copy_no", who=TWO, **more):
            return office.tell(
                "06-03 09:00", "corrected.field", on=on, refs=[name], who=who, field=field, old='"1"', new='"2"', reason="笔误", **more
            )  # fmt: skip

        fix("a", ["c/A"])
        alone = fix("a", ["c/A"], who={"registrar": "李敏", "approver": "李敏"})
        unsigned = fix("a", ["c/A"], unsigned=["王宁"])
        fact = fix("p", ["c/2"], field="form_no")
        assert found(office, "INT-6") == [
            ("c/2", "medium", (permit, fact)), ("c/A", "medium", (born, alone)), ("c/A", "medium", (born, unsigned)),
        ]  # fmt: skip
        assert "审批或销毁事实" in office.judge("INT-6", subjects=["c/2"]).findings[0].message_zh

    def test_an_annulment_without_effect(self):
        office = made()
        first = store(office, "c/1", "one")
        store(office, "c/1")
        store(office, "c/2", "two")
        void = {
            name: office.tell("06-03 09:00", "corrected.void", on=[on], refs=[name], who=TWO, reason="误记")
            for name, on in (("one", "c/1"), ("two", "c/2"))
        }
        assert found(office, "INT-6") == [("c/1", "medium", (first, void["one"]))]
        assert "之后已有流转" in office.judge("INT-6").findings[0].message_zh


def test_int_7_imported_rows_are_no_signatures():
    office = made()
    row = office.tell(
        "06-01 09:00", "decided.permit", on=["c/1"], id="row", who={"approver": "何副书记", "registrar": "李敏"}, unsigned=["何副书记"],
        step="approved", act="lend", source=SOURCE,
    )  # fmt: skip
    office.tell(
        "06-01 09:00",
        "decided.permit",
        on=["c/2"],
        id="true",
        who={"approver": "何副书记"},
        step="approved",
        act="lend",
    )

    def lend(n, refs):
        return office.tell(
            "06-02 09:00",
            "transferred.lend",
            on=[f"c/{n}"],
            who={"giver": "李敏", "receiver": "许"},
            refs=refs,
            purpose="起草",
            depth="read",
        )

    act = lend(1, ["row"])
    lend(2, ["true"])
    assert found(office, "INT-7") == [("c/1", "info", (row, act))]
    late = office.tell("06-05 09:00", "countersigned", on=["c/1"], who={"approver": "何副书记"}, refs=["row"])
    assert found(office, "INT-7")[1] == ("c/1", "info", (row, late))


@pytest.fixture(scope="module")
def office():
    return made(20)


class TestOrder:
    def test_ordinary_ways_are_possible(self):
        office = made()
        circulate(office, ["c/1"])
        office.tell(
            "06-02 09:30",
            "transferred.lend",
            on=["c/1"],
            who={"giver": "李敏", "receiver": "陈"},
            purpose="x",
            depth="read",
        )
        office.tell("06-02 10:00", "transferred.hold", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, reason="x")
        office.tell(
            "06-02 10:30",
            "transferred.take_out",
            on=["c/1"],
            who={"giver": "李敏", "receiver": "陈"},
            destination="w/市局",
            reason="x",
        )
        back(office, ["c/1"], reason="take_out")
        office.tell(
            "06-03 09:00",
            "transferred.dispatch",
            on=["c/2", "d/1"],
            who={"giver": "李敏"},
            to="u/甲村",
            channel="by_hand",
            id="s",
        )
        office.tell("06-03 10:00", "transferred.receipt", on=["c/2"], who={"receiver": "甲村文书"}, refs=["s"], found=1)
        office.tell(
            "06-04 10:00",
            "returned.to_keeper",
            on=["c/2", "d/1"],
            who={"giver": "甲村文书", "receiver": "李敏"},
            reason="recall",
        )
        office.tell(
            "06-03 09:00", "transferred.repair", on=["c/3"], who={"giver": "李敏"}, to="u/快修店", data="removed"
        )
        office.tell("06-04 09:00", "returned.from_repair", on=["c/3"], who={"receiver": "李敏"})
        office.tell("06-05 09:00", "reported.incident", on=["c/4", "d/1"], who={"registrar": "李敏"}, what="missing")
        office.tell("06-06 09:00", "reported.incident", on=["c/4", "d/1"], who={"registrar": "李敏"}, what="lost")
        office.tell(
            "06-06 10:00",
            "transferred.hand_over",
            on=["c/5"],
            who={"giver": "李敏", "receiver": "赵强"},
            reason="interdepartmental",
        )
        back(office, ["c/5"], "赵强", at="06-07 09:00")
        office.tell(
            "06-07 09:00",
            "returned.to_issuer",
            on=["c/6", "d/1"],
            who={"giver": "李敏", "receiver": "省机要员"},
            to="u/省委",
        )
        receive(office, "07-01 09:00", ["c/6"], "d/1")
        office.tell(
            "07-02 09:00", "copied.made", on=["c/7", "c/K"], who={"operator": "秦", "registrar": "李敏"}, method="copy", parents=["c/7"],
            level="秘密", items=[{"carrier": "c/K", "form": "document"}],
        )  # fmt: skip
        back(office, ["c/K"], "秦", at="07-03 09:00")
        assert found(office, "INT-8") == []
        again = back(office, ["c/K"], "秦", at="07-04 09:00")
        assert found(office, "INT-8") == [("c/K", "high", (again,))]

    def test_given_out_twice(self, office):
        circulate(office, ["c/1", "c/2"], at="05-02 09:00")
        twice = circulate(office, ["c/1", "c/2", "c/3"], "孙", at="05-02 10:00")
        assert found(office, "INT-8", subjects=["c/1", "c/2", "c/3"]) == [("c/1", "high", (twice,))]
        assert "c/1、c/2 处于“传阅中”，却发生“送阅" in office.judge("INT-8", subjects=["c/1"]).findings[0].message_zh

    def test_returned_though_nobody_had_it(self, office):
        again = back(office, ["c/4"], "陈")
        assert found(office, "INT-8", subjects=["c/4"]) == [("c/4", "high", (again,))]

    def test_sent_away_while_missing(self, office):
        office.tell("06-01 09:00", "reported.incident", on=["c/5", "d/1"], who={"registrar": "李敏"}, what="missing")
        sent = office.tell(
            "06-02 09:00",
            "transferred.dispatch",
            on=["c/5", "d/1"],
            who={"giver": "李敏"},
            to="u/甲村",
            channel="by_hand",
        )
        assert found(office, "INT-8", subjects=["c/5"]) == [("c/5", "high", (sent,))]

    def test_lost_without_being_missing_and_entered_twice(self, office):
        lost = office.tell(
            "06-01 09:00", "reported.incident", on=["c/6", "d/1"], who={"registrar": "李敏"}, what="lost"
        )
        twice = receive(office, "06-02 09:00", ["c/7"], "d/1")
        kept = office.tell("06-03 09:00", "transferred.store", on=["c/6"], who={"registrar": "李敏"}, place="w/G1")
        assert found(office, "INT-8", subjects=["c/6", "c/7"]) == [
            ("c/6", "high", (lost,)), ("c/6", "high", (kept,)), ("c/7", "high", (twice,)),
        ]  # fmt: skip

    def test_ledgers_and_what_follows_them_are_not_judged(self, office):
        for n in (8, 9):
            office.tell(
                "06-01 09:00", "transferred.lend", on=[f"c/{n}"], who={"receiver": "陈", "registrar": "李敏"}, unsigned=["陈"],
                purpose="x", depth="read", source=SOURCE,
            )  # fmt: skip
        office.tell(
            "06-02 09:00", "transferred.lend", on=["c/8"], who={"receiver": "孙", "registrar": "李敏"}, unsigned=["孙"], purpose="x",
            depth="read", source=SOURCE,
        )  # fmt: skip
        circulate(office, ["c/9"], "孙", at="06-03 09:00")
        assert found(office, "INT-8", subjects=["c/8", "c/9"]) == []


def test_int_8_what_was_not_destroyed_comes_back():
    """The furnace was out of order: those who brought it there bring it back."""
    office = made()
    office.tell(
        "06-02 09:00", "transferred.send_to_destruction", on=["c/1", "l/1"], who={"giver": "李敏", "escort": ["赵强", "王宁"]},
        to="u/市保密局",
    )  # fmt: skip
    back(office, ["c/1"], giver="赵强")
    assert found(office, "INT-8") == []
