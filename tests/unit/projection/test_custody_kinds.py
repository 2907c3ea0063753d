"""What each family of kinds does to custody, by examples; scenarios tell longer stories."""

from __future__ import annotations

import pytest

from tests.scenarios import Story, local


@pytest.fixture
def story():
    found = Story()
    found.tell(
        "03-01 09:00", "created.entered", on=["c/1", "c/2", "d/甲"], who={"registrar": "李敏"}, level="秘密", reason="other",
        items=[{"carrier": c, "form": "document", "document": "d/甲", "pages": 4} for c in ("c/1", "c/2")], place="w/G1",
    )  # fmt: skip
    return found


def now(story, carrier="c/1", **moment):
    state = story.custody().carrier(carrier, **moment)
    return state and (state.phase, state.holder and state.holder[2:], state.place, state.evidence)


def test_entered(story):
    assert now(story) == ("in_stock", "李敏", "w/G1", "both")
    state = story.custody().carrier("c/1")
    assert (state.born_index, state.born_kind, state.document, state.pages) == (
        state.since_index,
        "created.entered",
        "d/甲",
        4,
    )
    assert (state.own_level, state.level, state.form) == ("秘密", "秘密", "document")


def test_names_are_folded_in_questions(story):
    assert story.custody().carrier(" c/1").carrier == "c/1"
    assert story.custody().carrier("c/9") is None


@pytest.mark.parametrize(("unsigned", "evidence"), [([], "both"), (["陈"], "one"), (["李敏"], "one")])
def test_a_hand_over_is_attested_by_who_signed(story, unsigned, evidence):
    story.tell(
        "03-02 09:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈", "registrar": "赵强"},
        mode="face_to_face", unsigned=unsigned,
    )  # fmt: skip
    assert now(story) == ("in_circulation", "陈", None, evidence)


def test_nobody_of_the_two_signed(story):
    story.tell(
        "03-02 09:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈", "registrar": "赵强"},
        mode="face_to_face", unsigned=["李敏", "陈"],
    )  # fmt: skip
    assert now(story) == ("in_circulation", "陈", None, "none")


def test_one_person_on_both_sides_is_one_side(story):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "李敏"},
        purpose="用",
        depth="read",
    )
    assert now(story) == ("on_loan", "李敏", None, "one")


def test_without_a_receiver_it_is_on_the_way_until_the_receipt(story):
    story.tell(
        "03-02 09:00", "transferred.lend", on=["c/1"], who={"giver": "李敏"}, purpose="用", depth="read", due="03-09"
    )
    assert now(story) == ("in_transit", None, None, "one")
    story.tell("03-02 10:00", "transferred.receipt", on=["c/1"], who={"receiver": "陈"}, found=1)
    assert now(story) == ("on_loan", "陈", None, "both")
    assert story.custody().carrier("c/1").due_us == local("03-10") - 1


def test_an_outsider_without_a_key_is_stated_and_the_slip_attached(story):
    slip = [{"name": "回执", "size": 3, "sha256": bytes(32)}]
    story.tell(
        "03-02 09:00", "transferred.dispatch", on=["c/1"], who={"giver": "李敏", "receiver": "外人"}, unsigned=["外人"],
        to="u/县", channel="by_hand", attachments=slip,
    )  # fmt: skip
    assert now(story) == ("issued_out", "外人", None, "one")
    story.tell(
        "03-02 09:00", "transferred.dispatch", on=["c/2"], who={"giver": "李敏", "receiver": "外人", "escort": ["陈", "孙"]},
        unsigned=["外人"], to="u/县", channel="by_hand",
    )  # fmt: skip
    assert now(story, "c/2") == ("in_transit", "孙", None, "both")
    met = story.custody().holders("c/2", start_us=local("03-02"), end_us=local("03-03"))
    assert {(row.person, row.how) for row in met.read} == {("p/陈", "escorted")}


def test_a_receipt_by_the_registrar_with_the_scan_leaves_one_side(story):
    story.tell("03-02 09:00", "transferred.dispatch", on=["c/1"], who={"giver": "李敏"}, to="u/县", channel="by_hand")
    story.tell(
        "03-04 09:00",
        "transferred.receipt",
        on=["c/1"],
        who={"receiver": "外人", "registrar": "李敏"},
        unsigned=["外人"],
        found=1,
    )
    assert now(story) == ("issued_out", "外人", None, "one")


def test_a_receipt_adds_the_missing_signature(story):
    story.tell("03-02 09:00", "returned.to_issuer", on=["c/1"], who={"giver": "李敏"}, to="u/省")
    assert now(story) == ("returned_to_issuer", None, None, "one")
    story.tell("03-09 09:00", "transferred.receipt", on=["c/1"], who={"receiver": "省机要员"}, found=1)
    assert now(story) == ("returned_to_issuer", "省机要员", None, "both")
    assert now(story, as_of_us=local("03-05")) == ("returned_to_issuer", None, None, "one")


def test_holding_converts_a_loan_and_keeps_the_place(story):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
        place="w/301",
        due="03-03 18:00",
    )
    story.tell(
        "03-03 09:00",
        "transferred.hold",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        reason="未毕",
        due="03-08 18:00",
    )
    assert now(story) == ("held", "陈", "w/301", "both")
    assert story.custody().carrier("c/1").due_us == local("03-08 18:00")


def test_storing_keeps_custodian_and_phase(story):
    story.tell(
        "03-02 09:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    story.tell("03-02 18:00", "transferred.store", on=["c/1"], who={"registrar": "赵强"}, place="w/G9")
    assert now(story) == ("in_circulation", "陈", "w/G9", "one")
    story.tell("03-02 19:00", "transferred.store", on=["c/1"], who={"registrar": "陈"}, place="w/G8")
    assert now(story) == ("in_circulation", "陈", "w/G8", "both")


@pytest.mark.parametrize(("reason", "place"), [("leaving", "w/G1"), ("interdepartmental", None)])
def test_handing_over_keeps_the_phase(story, reason, place):
    story.tell(
        "03-02 09:00", "transferred.hand_over", on=["c/1"], who={"giver": "李敏", "receiver": "赵强"}, reason=reason
    )
    assert now(story) == ("in_stock", "赵强", place, "both")


def test_repair_and_back(story):
    story.tell(
        "03-02 09:00",
        "transferred.repair",
        on=["c/1"],
        who={"giver": "李敏", "witness": "赵强"},
        to="u/修",
        data="removed",
    )
    assert now(story) == ("in_repair", None, None, "one")
    assert story.custody().carrier("c/1").unit == "u/修"
    story.tell("03-05 09:00", "returned.from_repair", on=["c/1"], who={"receiver": "李敏"})
    assert now(story) == ("in_stock", "李敏", None, "both")


def test_archived_goes_back_to_the_archive(story):
    story.tell(
        "03-02 09:00",
        "created.entered",
        on=["c/V"],
        who={"registrar": "钱秘书"},
        level="无密",
        reason="volume",
        items=[{"carrier": "c/V", "form": "volume"}],
    )
    story.tell(
        "03-03 09:00",
        "transferred.archive",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "钱秘书"},
        volume="c/V",
        file_no="7",
    )
    assert now(story) == ("archived", "钱秘书", None, "both")
    volume = story.custody().carrier("c/V")
    assert (volume.level, volume.own_level, volume.holder, volume.since_us) == (
        "秘密",
        "无密",
        "p/钱秘书",
        local("03-02 09:00"),
    )
    assert story.custody().lineage("c/V").contents == ("c/1",)
    assert story.custody().carrier("c/1").container == "c/V"
    story.tell(
        "03-04 09:00",
        "transferred.lend",
        on=["c/1"],
        who={"giver": "钱秘书", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    story.tell(
        "03-05 09:00", "returned.to_keeper", on=["c/1"], who={"giver": "陈", "receiver": "钱秘书"}, reason="loan"
    )
    assert now(story) == ("archived", "钱秘书", None, "both")
    assert story.custody().carrier("c/V", as_of_us=local("03-02 12:00")).level == "无密"


def test_missing_and_found(story):
    story.tell(
        "03-02 09:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    story.tell("03-03 09:00", "reported.incident", on=["c/1", "i/1"], who={"registrar": "李敏"}, what="missing")
    assert now(story) == ("missing", None, None, "both")
    assert story.custody().balance("d/甲").phases == {"missing": 1, "in_stock": 1}
    story.tell(
        "03-05 09:00", "reported.incident", on=["c/1", "i/1"], who={"registrar": "李敏"}, what="found", place="w/G1"
    )
    assert now(story) == ("in_stock", "李敏", "w/G1", "both")
    gap = story.custody().intervals("c/1")[2]
    assert (gap.phase, gap.person, gap.from_us, gap.to_us) == (
        "missing",
        "",
        local("03-03 09:00"),
        local("03-05 09:00"),
    )
    story.tell("03-06 09:00", "reported.incident", on=["c/1"], who={"registrar": "李敏"}, what="leak")
    assert now(story)[0] == "in_stock"


@pytest.mark.parametrize("kind", ["destroyed.carriers", "lost", "returned.to_issuer"])
def test_after_the_end_an_act_has_no_effect(story, kind):
    if kind == "lost":
        story.tell("03-02 09:00", "reported.incident", on=["c/1"], who={"registrar": "李敏"}, what="lost")
    elif kind == "destroyed.carriers":
        story.tell("03-02 09:00", kind, on=["c/1"], who={"supervisor": ["李敏", "赵强"]}, method="pulp")
    else:
        story.tell("03-02 09:00", kind, on=["c/1"], who={"giver": "李敏", "receiver": "省机要员"}, to="u/省")
    before = now(story)
    index = story.tell(
        "03-09 09:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    assert now(story) == before
    (found,) = story.custody().asides("c/1")
    assert (found[0], found[1].why, found[1].receiver, found[1].phase) == (index, "ended", "p/陈", "in_circulation")
    met = story.custody().holders("c/1", start_us=local("03-09"), end_us=local("03-10"))
    assert ("p/陈", "ended") in {(row.person, row.why) for row in met.held}


def test_what_went_back_may_be_received_again_and_what_was_lost_found(story):
    story.tell(
        "03-02 09:00", "returned.to_issuer", on=["c/1"], who={"giver": "李敏", "receiver": "省机要员"}, to="u/省"
    )
    story.tell(
        "04-02 09:00", "created.received", on=["c/1"], who={"receiver": "李敏"}, sender="u/省", channel="exchange", listed=1,
        found=1, seal="intact", level="秘密", items=[{"carrier": "c/1", "form": "document"}],
    )  # fmt: skip
    assert now(story) == ("in_stock", "李敏", None, "one")
    assert story.custody().carrier("c/1").born_kind == "created.entered"
    story.tell("04-03 09:00", "reported.incident", on=["c/1"], who={"registrar": "李敏"}, what="lost")
    story.tell("04-09 09:00", "reported.incident", on=["c/1"], who={"registrar": "李敏"}, what="found")
    assert now(story)[0] == "in_stock"


@pytest.mark.parametrize(("supervisors", "unsigned", "evidence"), [
    (["李敏", "赵强"], [], "both"), (["李敏", "赵强"], ["赵强"], "one"), (["李敏"], [], "one"), (["李敏", "赵强"], ["李敏", "赵强"], "none"),
    (["李敏", "赵强", "陈"], ["陈"], "one"),
])  # fmt: skip
def test_a_destruction_is_attested_by_its_supervisors(story, supervisors, unsigned, evidence):
    story.tell(
        "03-02 09:00", "destroyed.carriers", on=["c/1"], who={"supervisor": supervisors, "operator": "销毁中心员"},
        method="pulp", unsigned=unsigned,
    )  # fmt: skip
    assert now(story) == ("destroyed", None, None, evidence)


def test_out_of_order_changes_no_custody_and_shows_as_contact(story):
    story.tell("03-04 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G2")
    late = story.tell(
        "03-02 10:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face",
        recorded="03-04 10:00", late_reason="补登",
    )  # fmt: skip
    story.tell(
        "03-02 12:00", "returned.to_keeper", on=["c/1"], who={"giver": "陈", "receiver": "李敏"}, reason="reading",
        recorded="03-04 10:01", late_reason="补登",
    )  # fmt: skip
    assert now(story) == ("in_stock", "李敏", "w/G2", "both")
    assert now(story, as_of_us=local("03-02 11:00"))[1] == "李敏"
    assert [row.why for _, row in story.custody().asides("c/1")] == ["late", "late"]
    held = story.custody().holders("c/1", start_us=local("03-02 11:00"), end_us=local("03-02 11:01")).held
    assert [(row.person, row.from_us, row.to_us) for row in held if row.index == late] == [
        ("p/陈", local("03-02 10:00"), local("03-02 12:00"))
    ]
    outside = story.custody().holders("c/1", start_us=local("03-02 13:00"), end_us=local("03-02 14:00")).held
    assert {row.person for row in outside} == {"p/李敏"}


def test_a_clock_that_went_back_keeps_nobody_from_handing_over(story):
    story.tell("03-04 09:00", "transferred.store", on=["c/1"], who={"registrar": "李敏"}, place="w/G2")
    story.log.clock.now_us = local("01-05")
    story.tell(None, "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face")
    assert now(story)[:2] == ("in_circulation", "陈")
    assert not story.custody().asides("c/1")
    assert story.custody().carrier("c/1").since_us == local("03-04 09:00")


def test_late_but_in_order_moves_custody(story):
    story.tell(
        "03-02 10:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face",
        recorded="03-09 10:00", late_reason="补登",
    )  # fmt: skip
    assert now(story, as_of_us=local("03-03"))[1] == "陈"
    assert story.custody().carrier("c/1").since_us == local("03-02 10:00")


def test_a_whole_day_is_not_before_a_minute_of_it(story):
    story.tell(
        "03-02 15:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    story.tell(
        "03-02",
        "returned.to_keeper",
        on=["c/1"],
        who={"giver": "陈", "receiver": "李敏"},
        reason="reading",
        recorded="03-02 18:00",
    )
    assert now(story)[:2] == ("in_stock", "李敏")
    assert [row.from_us for row in story.custody().intervals("c/1")][1:] == [local("03-02 15:00")] * 2


def test_a_time_in_the_future_is_the_time_of_recording(story):
    story.tell(
        "12-02 15:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face",
        recorded="03-02 15:00",
    )  # fmt: skip
    assert story.custody().carrier("c/1").since_us == local("03-02 15:00")
    story.tell(
        "03-02 18:00", "returned.to_keeper", on=["c/1"], who={"giver": "陈", "receiver": "李敏"}, reason="reading"
    )
    assert now(story)[:2] == ("in_stock", "李敏")


SOURCE = {"cells": bytes(32), "sha256": bytes(32), "sheet": "收文", "row": 3}


def test_imported_rows_are_never_better_than_one_and_may_lack_a_time(story):
    story.tell(
        None, "created.received", on=["c/9"], who={"receiver": "王宁", "giver": "省交换员", "registrar": "李敏"}, unsigned=["王宁", "省交换员"],
        sender="u/省", channel="exchange", listed=1, found=1, seal="intact", level="机密", source=SOURCE,
        items=[{"carrier": "c/9", "form": "document"}], recorded="03-20",
    )  # fmt: skip
    state = story.custody().carrier("c/9")
    assert (state.evidence, state.since_us, state.holder) == ("none", None, "p/王宁")
    story.tell(
        "02-03", "transferred.lend", on=["c/9"], who={"giver": "王宁", "receiver": "陈", "registrar": "李敏"},
        purpose="用", depth="read", source=SOURCE, recorded="03-21",
    )  # fmt: skip
    lent = story.custody().carrier("c/9")
    assert (lent.phase, lent.holder, lent.evidence, lent.since_us) == ("on_loan", "p/陈", "one", local("02-03"))
    assert now(story, "c/9", as_of_us=local("01-15"))[1] == "王宁"


def test_a_name_that_no_person_has_yet(story):
    story.tell(
        "03-02", "transferred.lend", on=["c/1"], who={"giver": "李敏"}, unsigned=[], purpose="用", depth="read", source=SOURCE,
        stated=[["receiver", "老张"]], recorded="03-20",
    )  # fmt: skip
    assert now(story) == ("on_loan", None, None, "one")


def test_copies_without_numbers_move_nothing_and_count(story):
    story.tell(
        "03-02", "created.received", on=["d/乙"], who={"registrar": "李敏"}, sender="u/省", channel="exchange", listed=30,
        found=30, seal="intact", level="秘密", items=[], copies_unnumbered=30, source=SOURCE, recorded="03-20",
    )  # fmt: skip
    story.tell(
        "03-05", "transferred.dispatch", on=["d/乙"], who={"registrar": "李敏"}, to="u/县", channel="by_hand",
        copies_unnumbered=28, source=SOURCE, recorded="03-20",
    )  # fmt: skip
    balance = story.custody().balance("d/乙")
    assert (balance.total, balance.unnumbered) == (0, {"received": 30, "issued_out": 28})
    assert balance.unnumbered_left == 2
    assert story.custody().balance("d/乙", as_of_us=local("03-03")).unnumbered == {"received": 30}
    assert story.custody().balance("d/无") is None


def test_opening_stock(story):
    story.tell(
        None, "created.opening", on=["c/o1", "c/o2"], who={"registrar": "李敏"}, items=[
            {"carrier": "c/o1", "form": "document", "level": "机密", "phase": "on_loan", "row": 1, "holder": "p/陈"},
            {"carrier": "c/o2", "form": "document", "level": "内部", "phase": "archived", "row": 2, "place": "w/库"},
        ],
    )  # fmt: skip
    assert now(story, "c/o1") == ("on_loan", "陈", None, "one")
    assert now(story, "c/o2") == ("archived", None, "w/库", "one")


def test_recalled_and_back(story):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    story.tell(
        "03-03 09:00",
        "listed.added",
        on=["c/1", "c/2", "l/收"],
        who={"registrar": "李敏"},
        purpose="recall",
        total=2,
        items=[{"carrier": "c/1"}, {"carrier": "c/2"}],
    )
    assert now(story)[:2] == ("recalled", "陈")
    assert story.custody().carrier("c/1").custody_phase == "on_loan"
    story.tell(
        "03-04 09:00",
        "returned.to_keeper",
        on=["c/1", "l/收"],
        who={"giver": "陈", "receiver": "李敏"},
        reason="recall",
    )
    assert now(story)[0] == "in_stock"
    assert now(story, as_of_us=local("03-03 12:00"))[0] == "recalled"
    assert story.custody().list("l/收").items == ("c/1", "c/2")
    story.tell("03-05 09:00", "listed.withdrawn", on=["c/2", "l/收"], who={"registrar": "李敏"}, reason="留用")
    assert now(story, "c/2")[0] == "in_stock"
    assert story.custody().list("l/收").items == ("c/1",)
    assert now(story, "c/2", as_of_us=local("03-04"))[0] == "recalled"


def test_an_unsigned_approval_has_no_effect(story):
    story.tell(
        "03-03 09:00",
        "listed.added",
        on=["c/1", "l/毁"],
        who={"registrar": "李敏"},
        purpose="destroy",
        total=1,
        items=[{"carrier": "c/1"}],
    )
    story.tell(
        "03-04 09:00",
        "decided.permit",
        on=["l/毁"],
        who={"approver": "何副书记", "registrar": "李敏"},
        unsigned=["何副书记"],
        step="approved",
        act="destroy",
    )
    assert now(story)[0] == "pending_destruction"
    story.tell(
        "03-05 09:00", "decided.permit", on=["l/毁"], who={"approver": "何副书记"}, step="proposed", act="destroy"
    )
    assert now(story)[0] == "pending_destruction"
    story.tell(
        "03-06 09:00", "decided.permit", on=["l/毁"], who={"approver": "何副书记"}, step="approved", act="destroy"
    )
    assert now(story)[0] == "destruction_approved"
    story.tell("03-07 09:00", "listed.withdrawn", on=["c/1", "l/毁"], who={"registrar": "李敏"}, reason="留用")
    assert now(story)[0] == "in_stock"


def test_a_carrier_named_only_on_a_list_has_no_phase(story):
    story.tell(
        "03-03 09:00",
        "listed.added",
        on=["c/x", "l/毁"],
        who={"registrar": "李敏"},
        purpose="destroy",
        total=1,
        items=[{"carrier": "c/x"}],
    )
    assert now(story, "c/x") == (None, None, None, "none")
    assert story.custody().carrier("c/x", as_of_us=local("04-01")) is None


def test_filters(story):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    custody = story.custody()

    def names(**filters):
        return [state.carrier for state in custody.carriers(**filters)]

    assert names() == ["c/1", "c/2"]
    assert names(phase="on_loan") == names(holder="p/陈") == ["c/1"]
    assert names(place="w/G1") == names(phase="in_stock", document="d/甲") == ["c/2"]
    assert names(holder="p/李敏", as_of_us=local("03-01 12:00")) == ["c/1", "c/2"]
    assert names(level="绝密") == []


def test_many_carriers_are_read_in_pages():
    story = Story(["李敏"])
    for part in range(6):
        carriers = [f"c/{part}-{number:03}" for number in range(200)]
        story.tell(
            "03-01 09:00", "created.entered", on=carriers, who={"registrar": "李敏"}, level="秘密", reason="other",
            items=[{"carrier": carrier, "form": "document"} for carrier in carriers],
        )  # fmt: skip
    found = [state.carrier for state in story.custody().carriers()]
    assert len(found) == 1200
    assert found == sorted(found)


def test_a_meeting_s_attendees_met_what_was_handed_out(story):
    story.office(
        "03-01 10:00",
        "declared.meeting",
        list="l/会",
        starts_at="03-02 09:00",
        ends_at="03-02 11:00",
        attendees=["p/孙", "p/吴"],
    )
    story.tell(
        "03-02 09:00",
        "transferred.circulate",
        on=["c/1", "l/会"],
        who={"giver": "李敏", "receiver": "孙"},
        mode="face_to_face",
    )
    met = story.custody().holders("c/1", start_us=local("03-02"), end_us=local("03-03"))
    assert {(row.person, row.how) for row in met.read} == {("p/孙", "meeting"), ("p/吴", "meeting")}


def test_who_entered_the_room_could_have_met_it(story):
    story.tell("03-02 10:00", "accessed.entered", on=["w/G1"], who={"operator": "黄"}, out_at="03-02 10:20")
    story.tell(
        "03-02 12:00", "transferred.circulate", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, mode="face_to_face"
    )
    story.tell("03-02 13:00", "accessed.entered", on=["w/G1"], who={"operator": "吴"})
    met = story.custody().holders("d/甲", start_us=local("03-02"), end_us=local("03-03"))
    assert {(row.subject, row.person) for row in met.could_have if row.why == "place"} == {
        ("c/1", "p/黄"), ("c/2", "p/黄"), ("c/2", "p/吴"),
    }  # fmt: skip


def test_the_end_of_a_reading_may_be_entered_later(story):
    story.tell(
        "03-02 10:00", "accessed.read", id="in", on=["d/甲"], who={"reader": "陈", "registrar": "李敏"}, how="read"
    )
    story.tell(
        "03-02 10:01",
        "accessed.read",
        on=["d/甲"],
        refs=["in"],
        who={"reader": "陈", "registrar": "李敏"},
        how="read",
        out_at="03-02 11:00",
    )
    (row,) = story.custody().holders("c/1", start_us=local("03-02"), end_us=local("03-03")).read
    assert (row.subject, row.person, row.out_us) == ("d/甲", "p/陈", local("03-02 11:00"))


def test_scope_by_post_and_unit_is_named_through_the_registry(story):
    story.office("01-02 09:00", "declared.person", person="p/孙", name="孙", unit="u/科")
    story.office(
        "01-02 09:00",
        "appointed.post",
        person="p/吴",
        post="clerk",
        over="u/科",
        valid_from="2025-01-01",
        valid_to="2025-06-30",
    )
    story.tell(
        "03-02 09:00",
        "decided.scope",
        on=["d/甲"],
        who={"approver": "周书记"},
        step="approved",
        change="set",
        scope={"posts": ["clerk", "auditor"], "units": ["u/科"]},
    )
    story.tell(
        "07-02 09:00",
        "decided.scope",
        on=["d/甲"],
        who={"approver": "周书记"},
        step="approved",
        change="set",
        scope={"persons": ["p/陈"]},
    )
    custody = story.custody()

    def allowed(start, end):
        found = custody.holders("d/甲", start_us=local(start), end_us=local(end)).could_have
        return {(row.person, row.detail) for row in found}

    assert allowed("03-03", "03-04") == {("p/吴", "clerk"), (None, "auditor"), ("p/孙", "u/科")}
    assert allowed("08-03", "08-04") == {("p/陈", "")}
    assert allowed("02-01", "02-02") == set()


def test_the_decision_that_happened_last_counts_however_late_another_is_entered(story):
    def decide(at, level, recorded=None):
        story.tell(
            at, "decided.reclassify", on=["d/甲"], who={"approver": "周书记"}, step="approved", change="raised", level=level,
            recorded=recorded,
        )  # fmt: skip

    decide("03-10 09:00", "机密")
    decide("03-05 09:00", "绝密", recorded="03-20")
    custody = story.custody()
    assert custody.document("d/甲").level == custody.carrier("c/1").level == "机密"
    assert custody.document("d/甲", as_of_us=local("03-07")).level == "绝密"
    latest = story.reader.size - 1
    assert custody.document("d/甲", as_of_index=latest) == custody.document("d/甲")
    assert custody.carrier("c/1", as_of_index=latest) == custody.carrier("c/1")
    decide(None, "内部", recorded="03-25")
    assert story.custody().document("d/甲").level == "内部"


def test_a_registration_after_a_decision_says_no_more_than_it(story):
    story.tell(
        "03-10 09:00",
        "decided.classify",
        on=["d/甲"],
        who={"approver": "周书记"},
        step="approved",
        level="机密",
        term="10年",
    )
    story.tell(
        "03-11 09:00", "registered.document", on=["d/甲"], who={"registrar": "李敏"}, register="发文", serial=1,
        document={"title": "题", "issuer": "u/镇", "level": "秘密"},
    )  # fmt: skip
    document = story.custody().document("d/甲")
    assert (document.level, document.term, document.stated.level) == ("机密", "10年", "秘密")


def test_copies_without_numbers_that_come_back_are_not_new_ones(story):
    for kind, count, more in (
        ("created.received", 5, {"sender": "u/省", "channel": "exchange", "listed": 5, "found": 5, "seal": "intact", "level": "秘密", "items": []}),
        ("transferred.circulate", 3, {"mode": "face_to_face"}),
        ("returned.to_keeper", 3, {"reason": "reading"}),
        ("reported.incident", 1, {"what": "missing"}),
    ):  # fmt: skip
        story.tell(
            "03-05",
            kind,
            on=["d/乙"],
            who={"registrar": "李敏"},
            copies_unnumbered=count,
            source=SOURCE,
            recorded="03-20",
            **more,
        )
    balance = story.custody().balance("d/乙")
    assert balance.unnumbered == {"received": 5, "out": 3, "back": 3, "missing": 1}
    assert (balance.unnumbered_left, balance.unnumbered_gone) == (4, 1)
