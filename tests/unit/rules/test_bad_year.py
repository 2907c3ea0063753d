"""One bad year in one office: each rule from handing over to corrections finds what is its own, and nobody else's."""

from __future__ import annotations

import pytest

from chainlog.rules.finding import SEVERITIES
from tests.offices import Office, receive, register

POLICY = {
    "places.destroy": "destruction_site", "min.escorts": "2", "keep.pending": "6mo", "methods.document": ["pulp", "shred"],
    "posts.permit.destroy": "responsible_leader", "custody.office": "registrar", "within.account_reset": "3d",
    "posts.secrecy_officer": "dept_officer", "posts.certified": "registrar", "posts.trained": "registrar",
    "posts.undertaking": "registrar", "within.cooling_off": "30d", "posts.keeper": "dept_officer", "distinct.permit": "proposer+approver",
    "within.notice": "10wd", "keep.review_before_expiry": "90d", "posts.reclassify.approved": "principal_leader",
    "keep.archive_by": "06-30", "within.leak": "24h", "leak.clock": "discovered", "within.investigation": "10d", "within.late": "24h",
    "posts.permit.publish": "principal_leader", "within.meeting": "0d", "posts.permit.open": "principal_leader",
}  # fmt: skip
SOURCE = {"cells": bytes(32), "sha256": bytes(32), "sheet": "借阅", "row": 1}

EXPECTED = {
    "HND-1": {"p/李敏"}, "HND-2": {"p/李敏"}, "HND-3": {"p/李敏"}, "HND-4": {"c/机"}, "HND-5": {"c/机"}, "HND-6": {"p/李敏"},
    "PER-1": {"u/镇"}, "PER-2": {"p/李敏"}, "PER-3": {"p/李敏"}, "PER-4": {"p/李敏"}, "PER-5": {"d/1", "l/销", "l/卖"}, "PER-6": {"c/8"},
    "DES-1": {"l/销", "l/卖"}, "DES-2": {"l/销", "l/卖"}, "DES-3": {"l/销", "l/卖"}, "DES-4": {"l/销"}, "DES-5": {"l/销", "l/卖"},
    "DES-6": {"l/卖"}, "DES-7": {"l/销", "l/卖"}, "DES-8": {"c/簿"}, "DES-9": {"l/簿"}, "DES-10": {"l/簿"}, "DES-11": {"l/销"},
    "DES-13": {"c/1"}, "DES-14": {"c/3"}, "DES-16": {"c/1"},
    "DCL-1": {"d/3", "d/9"}, "DCL-2": {"d/9"}, "DCL-3": {"d/1"}, "DCL-4": {"d/9"}, "DCL-5": {"c/盘"}, "DCL-6": {"d/6"}, "DCL-7": {"c/1副"},
    "ARC-1": {"d/4", "d/6", "d/9"}, "ARC-2": {"c/4"},
    "LEK-1": {"i/1"}, "LEK-2": {"i/1"}, "LEK-3": {"i/1"}, "LEK-4": {"c/5"},
    "REC-1": {"c/野"}, "REC-3": {"c/4"}, "REC-4": {"c/5"},
    "PUB-1": {"d/4"}, "PUB-2": {"d/4"}, "PUB-3": {"d/4", "d/6"}, "MTG-1": {"l/会"}, "MTG-2": {"l/会"},
    "INT-6": {"c/5"}, "INT-7": {"c/7"}, "INT-8": {"c/7"},
}  # fmt: skip


@pytest.fixture(scope="module")
def findings():
    office = Office(POLICY)
    _entered(office)
    _changed(office)
    _destroyed(office)
    _reported(office)
    _left(office)
    found = {rule: [] for rule in EXPECTED}
    year = office.judge(*(rule for rule in EXPECTED if rule != "ARC-1")).findings
    for one in (*year, *office.judge("ARC-1", as_of="2026-07-02").findings):
        found[one.code].append(one)
    return found


def _entered(office):
    receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    register(office, "03-03 09:30", "d/1", term="10年")
    receive(office, "03-03 09:00", ["c/3"], "d/3")
    receive(office, "03-03 09:00", [f"c/{n}" for n in (4, 5, 7, 8)], "d/4")
    receive(office, "03-03 09:00", ["c/6"], "d/6", level="机密")
    receive(office, "03-03 09:00", ["c/9"], "d/9")
    office.tell("03-03 09:20", "appointed.post", who={"administrator": ["p/A1", "p/A2"]}, person="p/冯", post="dept_officer",
                over="d/9", valid_from="2025-03-03")  # fmt: skip
    register(
        office,
        "03-03 09:30",
        "d/9",
        serial=9,
        issuer="u/镇",
        level="机密",
        term="20年",
        issue_date="2020-06-15",
        tier=None,
    )
    for number, (carrier, form) in enumerate({"c/机": "computer", "c/盘": "usb_stick"}.items(), 1):
        office.tell(
            "03-03 10:00", "created.equipment", on=[carrier], who={"registrar": "李敏", "receiver": "李敏"}, form=form, level="机密",
            number=str(number), register="设备", serial=number, unit="u/镇",
        )  # fmt: skip
    for carrier, form in (("c/簿", "register_book"), ("c/卷", "volume")):
        office.tell(
            "03-03 10:00", "created.entered", on=[carrier], who={"registrar": "李敏"}, level="秘密", reason="book",
            items=[{"carrier": carrier, "form": form}],
        )  # fmt: skip
    office.tell(
        "03-03 11:00", "copied.made", on=["c/1", "c/1副"], who={"operator": "秦", "registrar": "李敏"}, method="copy", parents=["c/1"],
        level="秘密", items=[{"carrier": "c/1副", "form": "document"}],
    )  # fmt: skip


def _changed(office):
    def reclassify(on, who, change="lowered", level="秘密", **more):
        office.tell(
            "04-01 09:00", "decided.reclassify", on=[on], who=who, step="approved", change=change, level=level, **more
        )

    three = {"proposer": "赵强", "reviewer": "何副书记", "approver": "周书记"}
    office.tell(
        "03-20 09:00", "transferred.dispatch", on=["c/9", "d/9"], who={"giver": "李敏", "receiver": "甲村文书"}, to="u/甲村",
        channel="by_hand",
    )  # fmt: skip
    receive(office, "03-21 09:00", ["c/9备"], "d/9")
    reclassify("d/9", three, term="5年")
    reclassify("d/1", three, level="内部", ground="harm_changed")
    reclassify("d/3", {"approver": "周书记"}, change="declassified", level="无密", ground="harmless")
    office.tell(
        "04-01 08:30",
        "copied.stored",
        on=["c/盘"],
        who={"operator": "赵强", "approver": "何副书记"},
        what="数据",
        level="机密",
    )
    reclassify("c/盘", three, ground="harm_changed")
    office.tell("04-02 09:00", "notified.published", on=["d/6"], who={"operator": "赵强"}, how="archive_opened")
    office.tell("04-02 09:00", "notified.published", on=["d/4"], who={"operator": "赵强"}, how="website")


def _destroyed(office):
    site = {"place": "w/广场", "who": {"supervisor": "李敏"}}
    office.tell("05-01 09:00", "destroyed.carriers", on=["c/3", "d/3"], method="burn", **site)
    office.tell(
        "05-01 10:00", "transferred.send_to_destruction", on=["c/1", "l/销"], who={"escort": "李敏"}, to="u/市保密局"
    )
    office.tell("05-01 11:00", "destroyed.carriers", on=["c/1", "d/1", "l/销"], method="burn", **site)
    office.tell("05-02 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G1")
    office.tell("05-02 10:00", "destroyed.carriers", on=["c/2", "d/1", "l/卖"], method="sell", **site)
    office.tell(
        "05-03 09:00", "listed.added", on=["c/簿", "l/簿"], who={"registrar": "李敏"}, purpose="destroy", total=1,
        items=[{"carrier": "c/簿"}],
    )  # fmt: skip


def _reported(office):
    lend = {"purpose": "起草", "depth": "read"}
    office.tell("05-10 09:00", "transferred.store", on=["c/野"], who={"registrar": "李敏"}, place="w/G1")
    office.tell(
        "05-10 09:00",
        "decided.permit",
        on=["c/8"],
        who={"proposer": "何副书记", "approver": "何副书记"},
        step="approved",
        act="lend",
    )
    office.tell(
        "05-10 09:00", "decided.permit", on=["c/7"], id="row", who={"approver": "何副书记", "registrar": "李敏"}, unsigned=["何副书记"],
        step="approved", act="lend", source=SOURCE,
    )  # fmt: skip
    office.tell(
        "05-11 09:00", "transferred.lend", on=["c/7"], who={"giver": "李敏", "receiver": "许"}, refs=["row"], **lend
    )
    office.tell("05-12 09:00", "transferred.lend", on=["c/7"], who={"giver": "李敏", "receiver": "朱"}, **lend)
    office.tell(
        "05-12 09:00",
        "accessed.read",
        on=["c/4"],
        who={"reader": "冯", "registrar": "李敏"},
        unsigned=["冯"],
        how="consult",
    )
    office.tell(
        "05-12 10:00", "transferred.archive", on=["c/4", "c/卷", "d/4"], who={"giver": "李敏", "receiver": "王宁"}, volume="c/卷",
        file_no="A1", copy_no="99",
    )  # fmt: skip
    office.tell(
        "05-13 09:00",
        "transferred.store",
        on=["c/5"],
        id="late",
        who={"registrar": "李敏"},
        place="w/G1",
        recorded="05-16 09:00",
    )
    office.tell(
        "05-17 09:00",
        "corrected.void",
        on=["c/5"],
        refs=["late"],
        who={"registrar": "李敏", "approver": "李敏"},
        reason="误记",
    )
    for n in (1, 2):
        told = {"to": ["u/市保密局"]} if n == 2 else {}
        what = "leak" if n == 1 else "fault"
        office.tell("05-18 09:00", "reported.incident", on=[f"i/{n}"], who={"registrar": "李敏"}, what=what, **told)
    office.tell("05-25 09:00", "reported.upward", on=["i/1", "i/2"], who={"operator": "王宁"}, to=["u/市保密局"])
    office.office(
        "05-30 09:00",
        "declared.meeting",
        on=["l/会"],
        list="l/会",
        starts_at="06-02 09:00",
        ends_at="06-02 11:00",
        attendees=["p/陈"],
    )
    office.tell(
        "06-02 09:00",
        "transferred.circulate",
        on=["c/8", "l/会"],
        who={"giver": "李敏", "receiver": "吴"},
        mode="face_to_face",
    )
    office.tell("06-05 09:00", "reported.incident", on=["c/5", "d/4"], who={"registrar": "李敏"}, what="missing")


def _left(office):
    office.tell(
        "08-29 09:00",
        "transferred.hand_over",
        on=["c/机"],
        who={"giver": "李敏", "receiver": "赵强"},
        unsigned=["赵强"],
        reason="leaving",
    )
    office.office("08-31 18:00", "departed", person="p/李敏", reason="retired")
    office.tell("09-02 09:00", "transferred.store", on=["c/机"], who={"registrar": "李敏"}, place="w/G1")


@pytest.mark.parametrize("rule", EXPECTED)
def test_each_rule_finds_its_own(findings, rule):
    found = findings[rule]
    assert {one.subject for one in found} == EXPECTED[rule]
    for one in found:
        assert one.severity in SEVERITIES
        assert one.origin in one.evidence or rule == "HND-1"
        assert one.message_zh.isascii() is False
        assert len(one.message_en) > 10
        assert list(one.evidence) == sorted(set(one.evidence))
    assert len({one.identity for one in found}) == len(found)
