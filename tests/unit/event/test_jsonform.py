from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from chainlog import limits
from chainlog.errors import FormatError, UnknownKindError
from chainlog.event.catalogue import KINDS
from chainlog.event.compose import compose
from chainlog.event.jsonform import format_id, from_json, parse_id, to_json
from chainlog.event.model import CheckedEvent, check_event
from tests.messagepack import canonical
from tests.strategies import Fullest, Least, made_event

LOG = bytes(range(32))
ID = bytes(range(16))
LINE = {"kind": "transferred.store", "who": {"registrar": "p/L"}, "on": ["c/1"]}


def read(line: dict[str, Any], *, offset: int = 480) -> dict[str, Any]:
    return from_json(line, offset_minutes=offset, log_id=LOG)


def recomposed(line: dict[str, Any], *, offset: int = 480) -> CheckedEvent:
    stated = read(line, offset=offset)
    return compose(stated.pop("kind"), **stated)


def test_every_kind_goes_through_json_and_back_to_the_same_bytes():
    for name, chooser in itertools.product(KINDS, (Least, Fullest)):
        event = made_event(KINDS[name], chooser())
        for offset in (480, -210):
            shown = to_json(event.event, offset_minutes=offset)
            text = json.dumps(shown, ensure_ascii=False, allow_nan=False)
            assert json.loads(text) == shown
            assert recomposed(json.loads(text), offset=0).encoded == event.encoded


def test_an_event_is_shown_with_names_times_and_hexadecimal_digits():
    event = compose(
        "transferred.archive",
        body={"volume": "c/V", "file_no": "7", "place": "w/1", "attachments": [{"name": {"sealed": bytes(32)}, "size": 3, "sha256": LOG}]},
        people={"giver": "p/L", "receiver": ["p/Z"]},
        subjects=["c/1"],
        occurred=(1_741_104_000_000_000, 86_399_999_999),
        refs=[(ID, LOG)],
        event_id=ID,
        expires_at_us=1_741_147_200_000_001,
    )  # fmt: skip
    assert to_json(event.event, offset_minutes=480) == {
        "kind": "transferred.archive",
        "id": "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "occurred": {"start": "2025-03-05T00:00:00+08:00", "span_us": 86_399_999_999},
        "subjects": ["c/1", "c/V", "p/L", "p/Z"],
        "people": [["giver", "p/L", 1], ["receiver", "p/Z", 1]],
        "refs": [{"id": "00010203-0405-0607-0809-0a0b0c0d0e0f", "event_hash": LOG.hex()}],
        "expires_at": "2025-03-05T12:00:00.000001+08:00",
        "body": {
            "volume": "c/V", "file_no": "7", "place": "w/1",
            "attachments": [{"name": {"sealed": "00" * 32}, "size": 3, "sha256": LOG.hex()}],
        },
    }  # fmt: skip


def test_times_and_dates_inside_a_body():
    line = {**LINE, "kind": "transferred.hold", "reason": "x", "due": "2025-03-05"}
    assert read(line)["body"]["due"] == 1_741_190_399_999_999
    shown = to_json(
        recomposed({**line, "who": {"giver": "p/L"}, "id": "x", "expires_at": None}).event, offset_minutes=0
    )
    assert shown["body"]["due"] == "2025-03-05T15:59:59.999999+00:00"
    holidays = [["春节", "2025-01-28", "2025-02-04"]]
    calendar = {
        "kind": "declared.calendar",
        "who": {"administrator": "p/A"},
        "year": 2025,
        "holidays": holidays,
        "workdays": [],
    }
    assert read(calendar)["body"]["holidays"] == holidays


def test_an_event_of_an_unknown_kind_can_be_shown():
    event = check_event(
        canonical(["later.kind/2", ID, [], ["c/1", "p/L"], [["new_role", "p/L", 1]], [], 1, {"a": [b"\x01", 0]}])
    )
    shown = to_json(event.event, offset_minutes=0)
    assert shown["body"] == {"a": ["01", 0]}
    with pytest.raises(UnknownKindError):
        read(shown)


# --- what people type -------------------------------------------------------------------------------


def test_the_short_words_and_a_flat_body():
    flat = read({**LINE, "at": "2025-03-05", "place": "w/1", "id": "x", "refs": ["y"]})
    nested = read({
        "kind": LINE["kind"], "people": LINE["who"], "subjects": LINE["on"], "occurred": "2025-03-05", "id": "x",
        "refs": ["y"], "body": {"place": "w/1"},
    })  # fmt: skip
    assert flat == nested
    assert flat == {
        "kind": "transferred.store",
        "body": {"place": "w/1"},
        "people": {"registrar": "p/L"},
        "subjects": ["c/1"],
        "occurred": (1_741_104_000_000_000, limits.DAY_SPAN_US),
        "refs": [parse_id("y", log_id=LOG)],
        "event_id": parse_id("x", log_id=LOG),
        "expires_at_us": None,
    }


def test_what_is_not_stated_is_left_to_drafting():
    stated = read({"kind": "transferred.store", "who": {"registrar": "p/L"}})
    assert (stated["event_id"], stated["expires_at_us"], stated["occurred"]) == (None, None, ())
    assert (stated["subjects"], stated["refs"], stated["body"]) == ([], [], {})
    assert read({**LINE, "on": None, "refs": None, "at": None, "id": None, "body": None}) == {**stated, "subjects": []}
    # Null says that there is no time limit; leaving it out says nothing.
    assert read({**LINE, "expires_at": None})["expires_at_us"] == 0


def test_people_by_role_or_one_by_one():
    assert read({**LINE, "who": {"giver": ["p/A", "p/B"], "reader": "p/C"}})["people"] == {
        "giver": ["p/A", "p/B"],
        "reader": "p/C",
    }
    assert read({**LINE, "who": [["giver", "p/A", 2]]})["people"] == [("giver", "p/A", 2)]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"kind": None}, "$.kind"),
        ({"kind": ["x"]}, "$.kind"),
        ({"kind": "x"}, "$.kind"),
        ({"body": {}, "place": "w/1"}, "$.place"),
        ({"body": []}, "$.body"),
        ({"body": "x"}, "$.body"),
        ({"people": {}}, "$.people"),
        ({"subjects": ["c/2"]}, "$.subjects"),
        ({"on": "c/1"}, "$.subjects"),
        ({"on": 5}, "$.subjects"),
        ({"on": False}, "$.subjects"),
        ({"on": {"c/1": 1}}, "$.subjects"),
        ({"on": ["c/1", 5]}, "$.subjects[1]"),
        ({"who": "p/L"}, "$.people"),
        ({"who": None}, "$.people"),
        ({"who": {"giver": 5}}, "$.people.giver"),
        ({"who": {"giver": ["p/L", None]}}, "$.people.giver[1]"),
        ({"who": [["giver", "p/L", True]]}, "$.people[0]"),
        ({"who": [["giver", "p/L"]]}, "$.people[0]"),
        ({"who": ["giver"]}, "$.people[0]"),
        ({"refs": "abcd"}, "$.refs"),
        ({"refs": 5}, "$.refs"),
        ({"refs": [5]}, "$.refs"),
        ({"refs": [{"id": "x"}]}, "$.refs"),
        ({"refs": [{"id": 5, "event_hash": "00"}]}, "$.refs"),
        ({"refs": [{"id": "x", "event_hash": "0g"}]}, "$.refs"),
        ({"id": 5}, "$.id"),
        ({"id": "\ud800"}, "$.id"),
        ({"at": 5}, "$.occurred"),
        ({"at": "yesterday"}, "$.occurred"),
        ({"at": {"start": "2025-03-05"}}, "$.occurred"),
        ({"at": {"start": 5, "span_us": 0}}, "$.occurred.start"),
        ({"at": {"start": "2025-03-05", "span_us": True}}, "$.occurred"),
        ({"expires_at": 5}, "$.expires_at"),
        ({"expires_at": "soon"}, "$.expires_at"),
        ({"attachments": [{"name": "x", "size": 1, "sha256": "xyz"}]}, "$.body.attachments[0].sha256"),
        ({"source": {"cells": 5, "sha256": "00"}}, "$.body.source.cells"),
    ],
)
def test_other_shapes_are_refused_and_located(change: dict[str, Any], path: str):
    with pytest.raises(FormatError) as caught:
        stated = read({**LINE, **change})
        compose(stated.pop("kind"), **{**stated, "event_id": ID, "expires_at_us": 1})
    assert caught.value.path == path


def test_sealed_texts_keys_and_hashes_are_hexadecimal():
    assert read({**LINE, "note": {"sealed": "AB" * 32}})["body"]["note"] == {"sealed": b"\xab" * 32}
    enrolled = {"kind": "enrolled", "who": {}, "person": "p/L", "key": [1, "00" * 32], "proof": "11" * 64}
    assert read(enrolled)["body"] == {"person": "p/L", "key": (1, bytes(32)), "proof": b"\x11" * 64}
    with pytest.raises(FormatError):
        read({**enrolled, "key": [1, "zz"]})
    with pytest.raises(FormatError):
        read({**enrolled, "proof": "1"})


# --- ids ------------------------------------------------------------------------------------------------


def test_ids_are_uuids_or_derived_from_a_text_and_the_log():
    text = "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert format_id(ID) == text
    assert parse_id(text, log_id=LOG) == parse_id(text.upper(), log_id=LOG) == parse_id(ID.hex(), log_id=LOG) == ID
    derived = parse_id("2025-0001", log_id=LOG)
    assert len(derived) == limits.EVENT_ID_BYTES
    assert derived == parse_id("2025-0001", log_id=LOG)
    assert derived != parse_id("2025-0001", log_id=bytes(32))
    assert derived != parse_id("2025-0002", log_id=LOG)


@pytest.mark.parametrize(
    "text",
    [
        "0x" + "1" * 30, "+" + "1" * 31, " " + "1" * 31, "1" * 31 + "\n", "1_" * 16, "{" + "1" * 32 + "}", "urn:uuid:" + "1" * 32,
        "1-" * 32, "1111-1111" * 4, "-" + "1" * 32, "１" * 32, "", "x", "1" * 33, "1" * 31,
    ],
)  # fmt: skip
def test_only_the_two_forms_of_a_uuid_are_one(text: str):
    # Whatever else looks like one is an application's own key: two of them never become one id.
    assert parse_id(text, log_id=LOG) not in {bytes([0x11]) * 16, bytes([0x01]) + bytes([0x11]) * 15}
    others = {parse_id(other, log_id=LOG) for other in ("1" * 32, "x" * 3, text + "1", text + "-")}
    assert parse_id(text, log_id=LOG) not in others
