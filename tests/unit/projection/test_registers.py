"""Numbers given by records: registers, media, forms; as corrected, made void, and known at an earlier record."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from chainlog.authority.state import ViewAuthority
from chainlog.projection import runner, standard
from chainlog.projection.facts import touched
from chainlog.projection.registers import TABLES
from chainlog.projection.standard import standard_projections
from chainlog.rules.judge import Judge
from tests.scenarios import Story, local

BOTH = {"registrar": "李敏", "approver": "周书记"}


@contextmanager
def facts(story, as_of="12-31"):
    with standard.facts(story.projections) as base:
        yield Judge(base, ViewAuthority(base.log.raw), as_of_us=local(as_of)).facts


def registered(story, at, document, serial, *, register="发文2025", **more):
    return story.tell(
        at, "registered.document", on=[document], who={"registrar": "李敏"}, register=register, serial=serial, **more
    )  # fmt: skip


def equipment(story, carrier, number, serial, **more):
    return story.tell(
        "03-01 09:00", "created.equipment", on=[carrier], who={"registrar": "李敏"}, form="usb_stick", number=number,
        register="介质", serial=serial, unit="u/镇", level="秘密", **more,
    )  # fmt: skip


def stored(story, carrier, form_no=None, **more):
    fields = {"form_no": form_no} if form_no else {}
    return story.tell(
        "03-05 09:00", "copied.stored", on=[carrier], who={"operator": "吴", "approver": "周书记"}, what="数据",
        level="秘密", **fields, **more,
    )  # fmt: skip


def corrected(story, at, on, ref, field, new, **more):
    return story.tell(
        at, "corrected.field", on=on, who=BOTH, refs=[ref], field=field, old="null", new=new, reason="笔误", **more
    )  # fmt: skip


@pytest.fixture(scope="module")
def told():
    story = Story()
    where = {
        "1": registered(story, "03-01 09:00", "d/甲", 1, id="one"),
        "1 again": registered(story, "03-02 09:00", "d/乙", 1, id="two"),
        "void": story.tell(
            "03-02 09:00", "registered.void", on=["u/镇"], who={"registrar": "李敏"}, register="发文2025", serial=2, reason="空"
        ),
        "9": registered(story, "03-03 09:00", "d/丙", 9, id="nine"),
        "other": registered(story, "03-03 09:00", "d/丁", 1, register="发文2025补"),
        "M-1": equipment(story, "c/甲", "M-1", 1, id="m1"),
        "M-1 again": equipment(story, "c/乙", "M-1", 2, id="m2"),
        "F1": stored(story, "c/甲", "F1", device="c/机", id="f1"),
        "F1 again": stored(story, "c/乙", "F1"),
        "no form": stored(story, "c/乙"),
    }  # fmt: skip
    return story, where


def test_numbers_as_they_were_given(told):
    story, where = told
    with facts(story) as found:
        assert found.registered("发文2025", 1) == [where["1"], where["1 again"]]
        assert found.registered("发文2025", 2) == [where["void"]]
        assert found.registered("发文2025补", 1) == [where["other"]]
        assert found.registered("介质", 2) == [where["M-1 again"]]
        assert found.registered("发文2025", 3) == found.registered("发文", 1) == found.registered("", 1) == []
        assert found.serial_below("发文2025", 9) == (2, where["void"])
        assert found.serial_below("发文2025", 2) == (1, where["1 again"])
        assert found.serial_below("发文2025", 1) is None
        assert found.serial_below("发文2025补", 1) is None
        assert found.numbered("M-1") == ["c/甲", "c/乙"]
        assert found.numbered("M") == []
        assert found.form_uses("F1") == [(where["F1"], "c/甲"), (where["F1 again"], "c/乙")]
        assert found.form_uses("F") == []
        act = found.at(where["9"])
        assert act is not None
        assert found.entry(act) == ("发文2025", 9)
        act = found.at(where["no form"])
        assert act is not None
        assert found.entry(act) is None


def test_what_was_recorded_later_is_not_seen(told):
    story, where = told
    with facts(story, "03-01 23:00") as found:
        assert found.registered("发文2025", 1) == [where["1"]]
        assert found.serial_below("发文2025", 9) == (1, where["1"])
        assert found.at(where["9"]) is None
        assert found.numbered("M-1") == found.form_uses("F1") == []


def test_corrections_count_from_their_own_record_on():
    story = Story()
    first = registered(story, "03-01 09:00", "d/甲", 1, id="one")
    number = equipment(story, "c/甲", "M-1", 1, id="m1")
    form = stored(story, "c/甲", "F1", id="f1")
    corrected(story, "04-01 09:00", ["d/甲"], "one", "serial", "7")
    corrected(story, "05-01 09:00", ["d/甲"], "one", "register", '"收文"')
    corrected(story, "06-01 09:00", ["d/甲"], "one", "serial", "1")
    corrected(story, "06-01 09:00", ["c/甲"], "m1", "number", '"M-2"')
    corrected(story, "06-01 09:00", ["c/甲"], "f1", "form_no", '"F2"')
    for as_of, entry in (
        ("03-02", ("发文2025", 1)),
        ("04-02", ("发文2025", 7)),
        ("05-02", ("收文", 7)),
        ("06-02", ("收文", 1)),
    ):
        with facts(story, as_of) as found:
            act = found.at(first)
            assert act is not None
            assert found.entry(act) == entry
            for register in ("发文2025", "收文"):
                for serial in (1, 7):
                    expected = [first] if (register, serial) == entry else []
                    assert found.registered(register, serial) == expected
    with facts(story, "05-02") as found:
        assert found.numbered("M-1") == ["c/甲"]
        assert found.form_uses("F1") == [(form, "c/甲")]
        assert found.numbered("M-2") == found.form_uses("F2") == []
    with facts(story) as found:
        assert found.numbered("M-1") == found.form_uses("F1") == []
        assert found.numbered("M-2") == ["c/甲"]
        assert found.form_uses("F2") == [(form, "c/甲")]
        assert found.registered("介质", 1) == [number]


@pytest.mark.parametrize(
    ("field", "new"),
    [
        ("serial", '"2"'), ("serial", "-1"), ("serial", "true"), ("serial", "9007199254740992"), ("serial", "2.0"),
        ("register", '""'), ("register", "3"), ("register", "nonsense"), ("number", '"M"'), ("form_no", '"F"'),
        ("pages", "3"), ("document.serial", "3"), ("serial", "[" * 900),
    ],
)  # fmt: skip
def test_corrections_that_correct_no_number(told, field, new):
    story, where = told
    corrected(story, "07-01 09:00", ["d/丙"], "nine", field, new)
    with facts(story) as found:
        assert found.registered("发文2025", 9) == [where["9"]]
        act = found.at(where["9"])
        assert act is not None
        assert found.entry(act) == ("发文2025", 9)


def test_what_was_made_void_has_no_number():
    story = Story()
    first = registered(story, "03-01 09:00", "d/甲", 1, id="one")
    registered(story, "03-01 09:00", "d/乙", 2, id="two")
    story.tell("04-01 09:00", "corrected.void", on=["d/乙"], who=BOTH, refs=["two"], reason="错登")
    story.tell("04-02 09:00", "corrected.void", on=["d/甲"], who={"registrar": "李敏"}, refs=["one"], reason="错登")
    with facts(story) as found:
        assert found.registered("发文2025", 2) == []
        assert found.serial_below("发文2025", 3) == (1, first)
    with facts(story, "03-15") as found:
        assert len(found.registered("发文2025", 2)) == 1
        assert found.serial_below("发文2025", 3) == (2, first + 1)


def test_texts_that_begin_alike_or_are_very_long():
    story = Story()
    long = "册" * 250
    first = registered(story, "03-01 09:00", "d/甲", 5, register=long + "甲")
    second = registered(story, "03-01 09:00", "d/乙", 5, register=long + "乙")
    registered(story, "03-01 09:00", "d/丙", 4, register=long)
    with facts(story) as found:
        assert found.registered(long + "甲", 5) == [first]
        assert found.registered(long + "乙", 5) == [second]
        assert found.serial_below(long + "甲", 9) == (5, first)
        assert found.serial_below(long + "甲", 5) is None


def test_however_the_log_is_cut_the_tables_are_the_same(told, monkeypatch):
    story, _ = told
    dumps = []
    for records in (1, 3, 100_000):
        monkeypatch.setattr(runner, "BLOCK_RECORDS", records)
        monkeypatch.setattr(runner, "REBUILD_RECORDS", records)
        projections = standard_projections(story.reader)
        projections.catch_up("registers")
        with projections.kv.read() as transaction:
            dumps.append([list(transaction.table(f"registers.{name}").scan()) for name in TABLES])
    assert dumps[0] == dumps[1] == dumps[2]
    assert all(dumps[0])


def test_what_is_judged_otherwise_after_a_number_was_given_elsewhere(told):
    story, where = told

    def after(index):
        with standard.facts(story.projections) as base:
            return touched(base.log.read(index), base)

    assert after(where["1 again"]) >= {"d/甲", "d/乙"}
    assert after(where["void"]) == {"u/镇", "p/李敏"}
    index = story.tell(
        "08-01 09:00",
        "registered.void",
        on=["u/镇"],
        who={"registrar": "李敏"},
        register="发文2025",
        serial=8,
        reason="空",
    )
    assert after(index) == {"u/镇", "p/李敏", "d/丙"}
    assert {"c/甲", "c/乙"} <= after(where["M-1 again"])
    assert {"c/甲", "c/乙"} <= after(where["F1 again"])
    index = corrected(story, "08-02 09:00", ["d/乙"], "two", "serial", "3")
    assert after(index) >= {"d/甲", "d/乙", "d/丙"}


def test_what_a_registration_states_as_its_source_is_not_registered_by_it():
    story = Story()
    items = [{"carrier": "c/1", "form": "document"}]
    story.tell(
        "03-01 09:00", "created.entered", on=["c/1"], who={"registrar": "李敏"}, level="机密", reason="other", items=items
    )  # fmt: skip
    first = story.tell(
        "03-02 09:00", "registered.document", on=["c/1", "d/转", "d/源"], who={"registrar": "李敏"}, register="发文2025", serial=1,
        document={"title": "转发", "issuer": "u/镇", "level": "机密", "derived_from": ["d/源"]},
    )  # fmt: skip
    second = story.tell(
        "03-03 09:00", "registered.document", on=["d/源"], who={"registrar": "李敏"}, register="收文2025", serial=1,
        document={"title": "原", "issuer": "u/省", "level": "秘密"},
    )  # fmt: skip
    custody = story.custody()
    derived, source = custody.document("d/转"), custody.document("d/源")
    assert (derived.registered_index, derived.stated.title, derived.copies) == (first, "转发", ("c/1",))
    assert derived.derived_from == ("d/源",)
    assert (source.registered_index, source.stated.title, source.level) == (second, "原", "秘密")
    with standard.facts(story.projections) as base:
        assert touched(base.log.read(second), base) == {"d/源", "p/李敏"}
