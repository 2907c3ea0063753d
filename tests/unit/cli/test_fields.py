"""Typed fields: what people may write, and that every wrong thing is named."""

from __future__ import annotations

from typing import Any

import pytest

from chainlog.cli.fields import check_fields, enumeration, kind_of, person_of, read_fields, read_who, typed
from chainlog.cli.parts import split
from chainlog.errors import FormatError, UsageError
from chainlog.event.catalogue import KINDS
from chainlog.event.types import LEVEL, FieldType


@pytest.mark.parametrize(
    ("kind", "pairs", "body"),
    [
        (
            "transferred.lend",
            ["purpose=a=b", "depth=外借", "pages=3"],
            {"purpose": "a=b", "depth": "take_away", "pages": 3},
        ),
        (
            "created.equipment",
            ["protected=是", "no_copy=no", "form=U盘"],
            {"protected": True, "no_copy": False, "form": "usb_stick"},
        ),
        ("notified.sent", ["to=p/甲", "to=u/乙"], {"to": ["p/甲", "u/乙"]}),
        ("notified.sent", ['to=["p/甲","u/乙"]'], {"to": ["p/甲", "u/乙"]}),
        (
            "declared.calendar",
            ["holidays=春节,2026-02-15,2026-02-23"],
            {"holidays": [["春节", "2026-02-15", "2026-02-23"]]},
        ),
        (
            "registered.document",
            ["document.title=通知", "document.derived_from=d/1"],
            {"document": {"title": "通知", "derived_from": ["d/1"]}},
        ),
        (
            "created.received",
            ["items.0.carrier=c/1", "items.0.form=文件", "items.1.carrier=c/2", "items.1.copy_no=2"],
            {"items": [{"carrier": "c/1", "form": "document"}, {"carrier": "c/2", "copy_no": "2"}]},
        ),
        ("created.received", ['items=[{"carrier":"c/1"}]'], {"items": [{"carrier": "c/1"}]}),
        ("decided.scope", ["scope.persons=p/甲", "scope.persons=p/乙"], {"scope": {"persons": ["p/甲", "p/乙"]}}),
        ("marked", ['note={"sealed":"00"}'], {"note": {"sealed": "00"}}),
    ],
)
def test_fields_are_read_by_the_table(kind: str, pairs: list[str], body: dict[str, Any]):
    assert read_fields(KINDS[kind], pairs) == body


@pytest.mark.parametrize(
    ("kind", "pair", "named"),
    [
        ("transferred.lend", "purpose", "purpose"),
        ("transferred.lend", "=x", "=x"),
        ("transferred.lend", "nothing=x", "nothing"),
        ("transferred.lend", "depth=", "depth"),
        ("transferred.lend", "pages=-", "pages"),
        ("transferred.lend", "purpose= ", "purpose"),
        ("transferred.lend", "place=G1", "w/"),
        ("created.received", "items.1.carrier=c/1", "items.1"),
        ("created.received", "items.x.carrier=c/1", "items.x"),
        ("created.received", "items.0.carrier=d/1", "c/"),
        ("created.received", "items=[", "items"),
        ("created.received", "items=c/1", "items"),
        ("created.received", "sender.name=x", "sender.name"),
        ("created.equipment", "protected=maybe", "protected"),
        ("declared.calendar", "holidays=春节", "holidays"),
    ],
)
def test_a_wrong_field_is_named(kind: str, pair: str, named: str):
    with pytest.raises(UsageError) as caught:
        read_fields(KINDS[kind], [pair])
    for language in ("zh", "en"):
        assert named in caught.value.text(language)


def _scalars(field: FieldType) -> list[FieldType]:
    if field.item is not None:
        return _scalars(field.item)
    return [part for inner in field.fields.values() for part in _scalars(inner)] or [field]


def test_every_word_of_every_enumeration_is_taken_in_both_languages():
    count = 0
    for kind in KINDS.values():
        for field in kind.fields.values():
            for scalar in _scalars(field):
                for code, zh in scalar.values.items():
                    assert enumeration(scalar, code, "x") == code
                    # 粉碎（纸） and 粉碎（介质） share their first half; in full they differ.
                    assert enumeration(scalar, zh, "x") == code
                    count += 1
    assert count > 300
    assert enumeration(LEVEL, "内部", "x") == "内部"


def test_a_seal_or_an_empty_list_is_json():
    assert typed(KINDS["decided.route"].fields["recipients?"], "[]", "x") == []


def test_people():
    assert read_who(["giver=p/甲", "监销人=p/乙:2", "registrar=p/丙:0"]) == [
        ("giver", "p/甲", None),
        ("supervisor", "p/乙", 2),
        ("registrar", "p/丙", 0),
    ]
    for wrong in ("giver", "boss=p/甲", "giver=", "=p/甲"):
        with pytest.raises(UsageError):
            read_who([wrong])


def test_kinds_by_name():
    assert kind_of("transferred.lend").name == "transferred.lend"
    assert kind_of("借出").name == "transferred.lend"
    assert kind_of("续借").name == "transferred.hold"
    with pytest.raises(UsageError, match=r"transferred\.lend"):
        kind_of("transfered.lend")
    with pytest.raises(UsageError):
        kind_of("")


def test_persons():
    assert person_of("P/a".replace("P", "p")) == "p/A"
    for wrong in ("李敏", "u/李敏", ""):
        with pytest.raises(UsageError):
            person_of(wrong)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"depth": "read"}, "$.body.purpose"),
        ({"purpose": "x", "depth": "reed"}, "$.body.depth"),
        ({"purpose": "x", "depth": "read", "dew": 1}, "$.body.dew"),
        (
            {"purpose": "x", "depth": "read", "attachments": [{"name": "a", "size": 1, "sha256": "", "x": 1}]},
            "$.body.attachments[0].x",
        ),
        ({"purpose": "x", "depth": "read", "attachments": [{"name": "a"}]}, "$.body.attachments[0].size"),
    ],
)
def test_a_body_is_checked_in_words(body: dict[str, Any], path: str):
    with pytest.raises(FormatError) as caught:
        check_fields(KINDS["transferred.lend"], body)
    assert caught.value.path == path
    assert caught.value.text("zh").startswith(path)


def test_parts_hold_every_carrier_once_and_name_the_whole():
    carriers = [f"c/{n}" for n in range(300)]
    line = {"kind": "destroyed.carriers", "on": ["l/1", *carriers, "c/7"], "body": {"method": "pulp"}}
    parts = split(line)
    assert [one["body"]["part"]["number"] for one in parts] == [1, 2, 3]
    assert {one["body"]["part"]["of"] for one in parts} == {3}
    assert len({one["body"]["part"]["whole"] for one in parts}) == 1
    named = [subject for one in parts for subject in one["on"] if subject.startswith("c/")]
    assert sorted(named) == sorted(carriers)
    assert all(one["on"][0] == "l/1" for one in parts)


def test_a_list_in_parts_keeps_reasons_and_states_the_total():
    items = [{"carrier": f"c/{n}", "reason": "copy"} for n in range(200)]
    parts = split(
        {"kind": "listed.added", "on": ["l/1", "c/x"], "body": {"purpose": "destroy", "items": items, "total": 0}}
    )
    assert [one["body"]["total"] for one in parts] == [201, 201]
    listed = [item for one in parts for item in one["body"]["items"]]
    assert len(listed) == 201
    assert sum(item.get("reason") == "copy" for item in listed) == 200
    with pytest.raises(UsageError):
        split({"kind": "transferred.lend", "on": ["c/1"], "body": {}})
