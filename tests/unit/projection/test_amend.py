"""Corrections, voids and countersignatures."""

from __future__ import annotations

import pytest

from chainlog.projection.custody_state import AsOf
from tests.scenarios import Story, local


@pytest.fixture
def story():
    found = Story()
    found.tell(
        "03-01 09:00", "created.entered", id="born", on=["c/1", "c/2"], who={"registrar": "李敏"}, level="秘密", reason="other",
        items=[{"carrier": c, "form": "document", "copy_no": "7"} for c in ("c/1", "c/2")], place="w/G1",
    )  # fmt: skip
    found.tell(
        "03-01 10:00", "registered.document", id="reg", on=["c/1", "d/甲"], who={"registrar": "李敏"}, register="收文", serial=3,
        document={"title": "旧题", "issuer": "u/省", "level": "秘密"},
    )  # fmt: skip
    return found


SIGNERS = {"registrar": "李敏", "approver": "周书记"}


def correct(story, target, field, new, **more):
    story.tell(
        "03-20 09:00",
        "corrected.field",
        who=SIGNERS,
        refs=[target],
        field=field,
        old='"?"',
        new=new,
        reason="笔误",
        **more,
    )
    return list(story.view().corrections())[-1][1]


def void(story, target, who=None, at="03-20 09:00", **more):
    story.tell(at, "corrected.void", who=who or SIGNERS, refs=[target], reason="误记", **more)
    return list(story.view().corrections())[-1][1]


def holder(story, carrier="c/1", **moment):
    state = story.custody().carrier(carrier, **moment)
    return None if state is None else (state.phase, state.holder)


# --- corrected.field ----------------------------------------------------------------------------


def test_descriptions_change_from_the_record_on(story):
    assert correct(story, "born", "items.1.copy_no", '"000008"').problem == ""
    assert correct(story, "born", "items.0.pages", "12").problem == ""
    custody = story.custody()
    assert [custody.carrier(c).copy_no for c in ("c/1", "c/2")] == ["7", "000008"]
    assert custody.carrier("c/1").pages == 12
    assert correct(story, "reg", "document.title", '"新题"').problem == ""
    assert correct(story, "reg", "serial", "4").problem == ""
    document = story.custody().document("d/甲")
    assert (document.stated.title, document.stated.issuer, document.serial) == ("新题", "u/省", 4)


@pytest.mark.parametrize(("field", "new", "problem"), [
    ("level", '"无密"', "not-descriptive"), ("kind", '"x"', "not-descriptive"), ("items.0.copy_no", "8", "bad-value"),
    ("items.0.copy_no", "{", "bad-value"), ("items.0.copy_no", "[" * 1000, "bad-value"), ("items.9.copy_no", '"8"', "no-such-field"),
    ("items.0.form", '"paper"', "bad-value"), ("items.0.pages", "true", "bad-value"), ("title", '"x"', "no-such-field"),
    ("document.title", '"x"', "no-such-field"), ("copy_no", '"x"', "no-such-field"), ("items.٣.copy_no", '"8"', "no-such-field"),
    ("items.0.title", '"x"', "no-such-field"), ("items.0.copy_no", '""', "bad-value"),
])  # fmt: skip
def test_what_may_not_be_corrected_so_is_kept_and_has_no_effect(story, field, new, problem):
    before = story.custody().carrier("c/1")
    row = correct(story, "born", field, new)
    assert (row.problem, row.field) == (problem, field)
    assert story.custody().carrier("c/1") == before


def test_deeds_and_approvals_can_t_be_corrected(story):
    story.tell(
        "03-02 09:00",
        "decided.permit",
        id="ok",
        on=["c/1"],
        who={"approver": "周书记"},
        step="approved",
        act="copy",
        form_no="1",
    )
    assert correct(story, "ok", "form_no", '"2"').problem == "may-not-change"
    story.tell(
        "03-02 09:00",
        "decided.permit",
        id="asked",
        on=["c/1"],
        who={"proposer": "周书记"},
        step="proposed",
        act="copy",
        form_no="1",
    )
    assert correct(story, "asked", "form_no", '"2"').problem == ""
    story.tell(
        "03-03 09:00",
        "destroyed.contents",
        id="gone",
        on=["c/1"],
        who={"operator": "李敏"},
        method="erase",
        certificate_no="1",
    )
    assert correct(story, "gone", "form_no", '"2"').problem == "may-not-change"


def test_a_number_of_a_medium(story):
    story.tell(
        "06-02 09:00", "created.equipment", id="m", on=["c/M"], who={"registrar": "李敏"}, form="usb_stick", number="M-07",
        register="介质", serial=7, unit="u/办", level="秘密",
    )  # fmt: skip
    assert correct(story, "m", "number", '"M-08"', recorded="06-03").problem == ""
    assert story.custody().carrier("c/M").number == "M-08"


# --- corrected.void -----------------------------------------------------------------------------


def test_an_act_is_undone_and_not_forgotten(story):
    lent = story.tell(
        "03-02 09:00",
        "transferred.lend",
        id="lent",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    assert void(story, "lent").problem == ""
    custody = story.custody()
    assert holder(story) == ("in_stock", "p/李敏")
    state = custody.carrier("c/1")
    assert (state.place, state.since_us, state.since_index) == ("w/G1", local("03-01 09:00"), lent - 2)
    assert holder(story, as_of_us=local("03-10")) == ("in_stock", "p/李敏")
    assert holder(story, as_of_index=lent) == ("on_loan", "p/陈")
    assert holder(story, as_of_us=local("03-10"), as_of_index=lent) == ("on_loan", "p/陈")
    assert holder(story, as_of_us=local("03-01 12:00"), as_of_index=lent) == ("in_stock", "p/李敏")
    assert [row.person for row in custody.intervals("c/1")] == ["p/李敏"]
    taken_back = custody.intervals("c/1", taken_back=True)
    assert [(row.person, row.void_index >= 0) for row in taken_back] == [
        ("p/李敏", True),
        ("p/陈", True),
        ("p/李敏", False),
    ]
    assert custody.held_by("p/陈") == []
    assert [s.carrier for s in custody.held_by("p/陈", as_of_index=lent)] == ["c/1"]
    assert story.view().void_of(lent) == lent + 1
    story.tell(
        "03-21 09:00",
        "transferred.lend",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "孙"},
        purpose="用",
        depth="read",
    )
    assert [(row.person, row.from_us) for row in story.custody().intervals("c/1")] == [
        ("p/李敏", local("03-01 09:00")), ("p/孙", local("03-21 09:00")),
    ]  # fmt: skip


@pytest.mark.parametrize(("who", "unsigned", "problem"), [
    ({"registrar": "李敏", "approver": "李敏"}, [], "not-two-signers"), ({"registrar": "李敏"}, [], "not-two-signers"),
    (SIGNERS, ["周书记"], "not-two-signers"), (SIGNERS, [], ""),
])  # fmt: skip
def test_two_persons_sign_a_void(story, who, unsigned, problem):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        id="lent",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    assert void(story, "lent", who, unsigned=unsigned).problem == problem
    assert holder(story) == (("in_stock", "p/李敏") if not problem else ("on_loan", "p/陈"))


def test_what_moved_on_can_t_be_undone(story):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        id="lent",
        on=["c/1", "c/2"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    story.tell("03-03 09:00", "marked", on=["c/2"], who={"operator": "李敏"}, text="秘密", position="cover")
    assert void(story, "lent").problem == "moved-since"
    assert holder(story) == ("on_loan", "p/陈")


def test_a_void_can_t_be_undone_nor_an_act_twice(story):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        id="lent",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        purpose="用",
        depth="read",
    )
    void(story, "lent", id="first")
    assert void(story, "lent").problem == "void-already"
    assert void(story, "first").problem == "may-not-change"
    assert holder(story) == ("in_stock", "p/李敏")


def test_a_birth_undone(story):
    story.tell(
        "03-02 09:00", "copied.made", id="copy", on=["c/1", "c/K"], who={"operator": "秦", "registrar": "钱秘书"}, method="copy",
        parents=["c/1"], level="秘密", items=[{"carrier": "c/K", "form": "document", "document": "d/甲"}],
    )  # fmt: skip
    assert story.custody().lineage("c/1").descendants
    assert void(story, "copy").problem == ""
    custody = story.custody()
    assert custody.carrier("c/K").phase is None
    assert custody.lineage("c/1").descendants == ()
    assert custody.balance("d/甲").total == 1
    assert holder(story) == ("in_stock", "p/李敏")
    story.tell(
        "04-02 09:00",
        "created.entered",
        on=["c/K"],
        who={"registrar": "李敏"},
        level="秘密",
        reason="discovered",
        items=[{"carrier": "c/K", "form": "document"}],
    )
    born = story.custody().carrier("c/K")
    assert (born.phase, born.born_kind, len(story.custody().intervals("c/K"))) == ("in_stock", "created.entered", 1)


def test_decisions_lists_readings_and_levels_undone(story):
    story.tell(
        "03-02 09:00",
        "listed.added",
        id="list",
        on=["c/1", "l/毁"],
        who={"registrar": "李敏"},
        purpose="destroy",
        total=1,
        items=[{"carrier": "c/1"}],
    )
    story.tell(
        "03-02 10:00",
        "decided.permit",
        id="ok",
        on=["l/毁"],
        who={"approver": "周书记"},
        step="approved",
        act="destroy",
    )
    assert holder(story)[0] == "destruction_approved"
    assert void(story, "ok", at="03-03 09:00").problem == ""
    assert holder(story)[0] == "pending_destruction"
    assert void(story, "list", at="03-04 09:00").problem == "moved-since"  # the void itself moved the list
    story.tell(
        "03-05 09:00",
        "decided.reclassify",
        id="down",
        on=["d/甲"],
        who={"approver": "周书记"},
        step="approved",
        change="declassified",
        level="无密",
    )
    assert story.custody().carrier("c/1").level == "无密"
    assert void(story, "down", at="03-06 09:00").problem == ""
    assert story.custody().carrier("c/1").level == "秘密"
    assert story.custody().document("d/甲").change is None
    story.tell(
        "03-07 09:00", "accessed.read", id="read", on=["c/1"], who={"reader": "陈", "registrar": "李敏"}, how="read"
    )
    void(story, "read", at="03-08 09:00")
    assert story.custody().holders("c/1", start_us=local("03-01"), end_us=local("04-01")).read == ()
    story.tell(
        "03-09 09:00",
        "copied.stored",
        id="put",
        on=["c/1"],
        who={"operator": "吴", "approver": "周书记"},
        what="数据",
        level="绝密",
    )
    assert story.custody().carrier("c/1").level == "绝密"
    void(story, "put", at="03-10 09:00")
    assert story.custody().carrier("c/1").level == "秘密"


def test_a_withdrawal_undone(story):
    story.tell(
        "03-02 09:00",
        "listed.added",
        on=["c/1", "l/毁"],
        who={"registrar": "李敏"},
        purpose="destroy",
        total=1,
        items=[{"carrier": "c/1"}],
    )
    story.tell("03-03 09:00", "listed.withdrawn", id="off", on=["c/1", "l/毁"], who={"registrar": "李敏"}, reason="留")
    assert holder(story)[0] == "in_stock"
    assert void(story, "off").problem == ""
    assert holder(story)[0] == "pending_destruction"
    assert story.custody().list("l/毁").items == ("c/1",)


# --- countersigned ------------------------------------------------------------------------------


def test_a_countersignature_counts_from_its_own_record(story):
    deed = story.tell(
        "03-02 09:00", "destroyed.carriers", id="deed", on=["c/1"], who={"supervisor": ["李敏", "赵强"]}, unsigned=["赵强"],
        method="pulp",
    )  # fmt: skip
    story.tell("03-05 09:00", "countersigned", refs=["deed"], who={"supervisor": "赵强"})
    custody = story.custody()
    assert custody.carrier("c/1").evidence == "both"
    assert custody.carrier("c/1").since_index == deed
    assert custody.carrier("c/1", as_of_index=deed).evidence == "one"
    ((index, row),) = story.view().countersignatures(deed)
    assert (index, row.people) == (deed + 1, (("supervisor", "p/赵强", 1),))
    assert [r.phase for r in custody.intervals("c/1")] == ["in_stock", "destroyed"]


def test_a_stranger_s_countersignature_adds_no_side(story):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        id="lent",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        unsigned=["陈"],
        purpose="用",
        depth="read",
    )
    story.tell("03-05 09:00", "countersigned", refs=["lent"], who={"registrar": "赵强"})
    assert story.custody().carrier("c/1").evidence == "one"
    story.tell("03-06 09:00", "countersigned", refs=["lent"], who={"receiver": "陈"})
    assert story.custody().carrier("c/1").evidence == "both"
    void(story, "lent")
    assert holder(story) == ("in_stock", "p/李敏")
    assert [row.person for row in story.custody().intervals("c/1")] == ["p/李敏"]


def test_after_custody_moved_on_a_countersignature_changes_nothing(story):
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        id="lent",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        unsigned=["陈"],
        purpose="用",
        depth="read",
    )
    story.tell("03-03 09:00", "returned.to_keeper", on=["c/1"], who={"giver": "陈", "receiver": "李敏"}, reason="loan")
    before = story.custody().intervals("c/1")
    story.tell("03-05 09:00", "countersigned", refs=["lent"], who={"receiver": "陈"})
    assert story.custody().intervals("c/1") == before


def test_every_prefix_is_what_a_shorter_log_would_show(story):
    """What a log knew at a record is what the same log ended there would know."""
    story.tell(
        "03-02 09:00",
        "transferred.lend",
        id="lent",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "陈"},
        unsigned=["陈"],
        purpose="用",
        depth="read",
    )
    seen = {story.reader.size - 1: story.view().carrier("c/1")}
    story.tell("03-05 09:00", "countersigned", refs=["lent"], who={"receiver": "陈"})
    seen[story.reader.size - 1] = story.view().carrier("c/1")
    void(story, "lent")
    seen[story.reader.size - 1] = story.view().carrier("c/1")
    assert {index: story.view().carrier("c/1", AsOf(None, index)) for index in seen} == seen


def test_one_void_after_the_other(story):
    for day, reader in (("02", "陈"), ("04", "孙")):
        story.tell(
            f"03-{day} 09:00", "transferred.lend", id=reader, on=["c/1"], who={"giver": "李敏", "receiver": reader},
            purpose="用", depth="read",
        )  # fmt: skip
        assert void(story, reader, at=f"03-{day} 12:00").problem == ""
        assert holder(story) == ("in_stock", "p/李敏")
    assert [(row.person, row.from_us) for row in story.custody().intervals("c/1")] == [("p/李敏", local("03-01 09:00"))]


def test_what_was_known_in_between_has_no_interval_twice(story):
    lent = story.tell(
        "03-02 09:00", "transferred.lend", id="lent", on=["c/1"], who={"giver": "李敏", "receiver": "陈"}, unsigned=["陈"],
        purpose="用", depth="read",
    )  # fmt: skip
    story.tell("03-05 09:00", "countersigned", refs=["lent"], who={"receiver": "陈"})
    void(story, "lent")
    known = [
        [(row.person, row.evidence) for row in story.custody().intervals("c/1", as_of_index=lent + later)]
        for later in range(3)
    ]
    assert known == [[("p/李敏", 2), ("p/陈", 1)], [("p/李敏", 2), ("p/陈", 2)], [("p/李敏", 2)]]


def test_what_a_volume_holds_outlives_a_void_about_it(story):
    story.tell(
        "03-02 09:00", "created.entered", on=["c/V"], who={"registrar": "钱秘书"}, level="无密", reason="volume",
        items=[{"carrier": "c/V", "form": "volume"}],
    )  # fmt: skip
    story.tell(
        "03-03 09:00",
        "transferred.archive",
        on=["c/1"],
        who={"giver": "李敏", "receiver": "钱秘书"},
        volume="c/V",
        file_no="7",
    )
    story.tell(
        "03-04 09:00", "marked", id="mark", on=["c/V"], who={"operator": "钱秘书"}, text="机密", position="cover"
    )
    assert void(story, "mark").problem == ""
    assert story.custody().carrier("c/V").level == "秘密"
    assert story.custody().carrier("c/1").phase == "archived"


def test_a_countersigned_receipt_is_one_side(story):
    registrar = {"giver": "李敏", "registrar": "赵强"}
    story.tell(
        "03-02 09:00",
        "transferred.dispatch",
        on=["c/1"],
        who=registrar,
        unsigned=["李敏"],
        to="u/县",
        channel="by_hand",
    )
    story.tell(
        "03-03 09:00", "transferred.receipt", id="got", on=["c/1"], who={"receiver": "陈", "registrar": "赵强"}, unsigned=["陈"],
        found=1,
    )  # fmt: skip
    assert story.custody().carrier("c/1").evidence == "none"
    story.tell("03-05 09:00", "countersigned", refs=["got"], who={"receiver": "陈"})
    assert story.custody().carrier("c/1").evidence == "one"
