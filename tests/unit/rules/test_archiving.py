"""ARC: filing in time, catalogue and register agree."""

from __future__ import annotations

from tests.offices import Office, receive, register
from tests.scenarios import local


def archive(office, carrier, at="06-02 10:00", **more):
    return office.tell(
        at,
        "transferred.archive",
        on=[carrier, "c/卷1"],
        who={"giver": "李敏", "receiver": "王宁"},
        volume="c/卷1",
        file_no="A1",
        **more,
    )


def made():
    office = Office({"keep.archive_by": "06-30"})
    office.tell(
        "03-01 09:00", "created.entered", on=["c/卷1"], who={"registrar": "李敏"}, level="秘密", reason="volume",
        items=[{"carrier": "c/卷1", "form": "volume"}],
    )  # fmt: skip
    return office


def test_arc_1_by_the_end_of_june():
    office = made()
    first = receive(office, "03-03 09:00", ["c/1", "c/2"], "d/1")
    receive(office, "03-03 09:00", ["c/3", "c/4"], "d/2")
    third = receive(office, "12-30 09:00", ["c/5"], "d/3")
    archive(office, "c/1", at="12-31 10:00")
    archive(office, "c/3", at="12-31 10:00")
    office.tell(
        "12-31 11:00",
        "returned.to_issuer",
        on=["c/4", "d/2"],
        who={"giver": "李敏", "receiver": "省机要员"},
        to="u/省委",
    )
    assert office.due("ARC-1", as_of="2026-01-02") == [("ARC-1", f"d/{n}", local("2026-07-01") - 1) for n in (1, 3)]
    assert office.found("ARC-1", as_of="2026-06-30 23:00") == []
    found = office.judge("ARC-1", as_of="2026-07-01 00:01").findings
    assert [(f.subject, f.severity, f.evidence) for f in found] == [("d/1", "low", (first,)), ("d/3", "low", (third,))]
    assert "尚有1件：c/2" in found[0].message_zh
    assert "is to be filed, returned or destroyed: c/2 (by" in found[0].message_en
    archive(office, "c/2", at="2026-08-01 10:00")
    assert office.found("ARC-1", as_of="2026-08-02", state="closed") == [("ARC-1", "d/1")]
    assert Office().judge("ARC-1").dues == ()


def test_arc_1_what_was_filed_once_is_filed():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    archive(office, "c/1", at="12-31 10:00")
    lend = {"purpose": "查考", "depth": "take_away"}
    office.tell("2026-08-01 10:00", "transferred.lend", on=["c/1"], who={"giver": "王宁", "receiver": "陈"}, **lend)
    assert office.found("ARC-1", as_of="2026-08-02") == []
    back = {"giver": "陈", "receiver": "王宁"}
    office.tell("2026-08-03 10:00", "returned.to_keeper", on=["c/1"], who=back, reason="loan")
    assert office.found("ARC-1", as_of="2026-08-04") == []


def test_arc_1_each_copy_by_the_year_in_which_it_came():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    archive(office, "c/1", at="12-31 10:00")
    receive(office, "2026-08-01 09:00", ["c/2"], "d/1")
    assert office.found("ARC-1", as_of="2026-08-02") == []
    assert [one.due_us for one in office.judge("ARC-1", as_of="2026-08-02").dues] == [local("2027-07-01") - 1]
    assert office.found("ARC-1", as_of="2027-07-01") == [("ARC-1", "d/1")]


def test_arc_1_what_the_issuer_wants_back_later():
    office = made()
    for number, due in ((1, "2026-12-20"), (2, "2026-06-30"), (3, None)):
        receive(office, "03-03 09:00", [f"c/{number}"], f"d/{number}")
        more = {"return_due": due} if due else {}
        register(office, "03-03 10:00", f"d/{number}", serial=number, return_required=True, **more)
    assert office.found("ARC-1", as_of="2026-07-01") == [("ARC-1", "d/2"), ("ARC-1", "d/3")]


def test_arc_1_on_the_way_to_be_destroyed():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    office.tell(
        "2026-06-29 09:00", "transferred.send_to_destruction", on=["c/1", "l/1"], who={"escort": ["李敏", "赵强"]}, to="u/市保密局",
        receipt_no="R",
    )  # fmt: skip
    assert office.found("ARC-1", as_of="2026-07-01") == []


def test_arc_1_asks_nothing_of_old_stock():
    office = made()
    office.tell(
        "03-03 09:00", "created.opening", on=["c/1", "d/1"], who={"registrar": "李敏"},
        items=[{"carrier": "c/1", "form": "document", "level": "秘密", "phase": "in_stock", "row": 1, "document": "d/1"}],
    )  # fmt: skip
    assert office.judge("ARC-1", as_of="2027-01-01").findings == ()


def test_arc_1_asks_nothing_of_what_another_unit_was_given():
    office = made()
    receive(office, "03-03 09:00", ["c/1"], "d/1")
    receive(office, "03-03 09:00", ["c/2"], "d/2")
    for carrier, unit in (("c/1", "u/甲村"), ("c/2", "u/党政办")):
        office.tell(
            "03-05 10:00", "transferred.hand_over", on=[carrier], who={"giver": "李敏", "receiver": "甲村文书"},
            reason="passing_on", to=unit,
        )  # fmt: skip
    assert office.found("ARC-1", as_of="2026-07-02") == [("ARC-1", "d/2")]


def test_arc_2_the_catalogue_says_what_the_books_say():
    office = made()
    office.tell(
        "03-03 09:00", "created.received", on=[*(f"c/{n}" for n in range(1, 5)), "d/1"], who={"receiver": "李敏", "giver": "省交换员"},
        sender="u/省委", channel="exchange", listed=4, found=4, seal="intact", level="秘密",
        items=[{"carrier": f"c/{n}", "form": "document", "document": "d/1", "copy_no": f"{n:06}", "pages": 12} for n in range(1, 5)],
    )  # fmt: skip
    archive(office, "c/1", copy_no="1", pages=12)
    wrong = archive(office, "c/2", copy_no="000012", pages=12)
    short = archive(office, "c/3", pages=11)
    archive(office, "c/4")
    found = [(f.subject, f.severity, f.evidence) for f in office.judge("ARC-2").findings]
    assert found == [("c/2", "high", (wrong,)), ("c/3", "high", (short,))]
    assert "目录11页，登记为12页" in office.judge("ARC-2").findings[1].message_zh
