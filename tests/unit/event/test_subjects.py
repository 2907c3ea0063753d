from __future__ import annotations

from typing import Any

import pytest

from chainlog.errors import FormatError, SubjectError, SubjectsMismatchError
from chainlog.event.catalogue import KINDS
from chainlog.event.subjects import (
    body_keys,
    body_persons,
    check_subjects,
    key_subject,
    positions,
    stated_subject,
)

KEY = bytes(range(32))
K = "k/" + KEY.hex().upper()


def judge(name: str, subjects: list[str], body: dict[str, Any], *, people: tuple = (("reader", "p/L", 0),)) -> str:
    """The code of what is wrong, or `fits`. People's subjects are added."""
    named = sorted(
        {*subjects, *(person for _, person, _ in people if person != "s/log")}, key=lambda s: (len(s.encode()), s)
    )
    try:
        check_subjects(KINDS[name], named, people, body, path="$")
    except FormatError as error:
        assert error.path.startswith("$.")
        return error.code
    return "fits"


@pytest.mark.parametrize(
    ("name", "subjects", "fits"),
    [
        ("transferred.lend", ["c/1"], True),
        ("transferred.lend", ["c/1", "c/2"], True),
        ("transferred.lend", [], False),
        ("transferred.lend", ["c/1", "d/1"], False),
        ("transferred.circulate", ["c/1", "l/1"], True),
        ("transferred.circulate", ["c/1", "l/1", "l/2"], False),
        ("transferred.circulate", ["l/1"], False),
        ("decided.permit", ["c/1", "c/2"], True),
        ("decided.permit", ["d/1"], True),
        ("decided.permit", ["l/1"], True),
        ("decided.permit", ["u/1"], True),
        ("decided.permit", ["c/1", "d/1"], False),
        ("decided.permit", ["l/1", "l/2"], False),
        ("decided.permit", [], False),
        ("notified.sent", [], True),
        ("notified.sent", ["u/1", "u/2"], False),
        ("reported.incident", [], True),
        ("reported.incident", ["i/1", "c/1", "d/1", "d/2"], True),
        ("reported.incident", ["i/1", "i/2"], False),
        ("registered.void", ["u/1"], True),
        ("registered.void", ["w/1"], False),
        ("declared.calendar", ["s/log"], True),
        ("declared.calendar", [], False),
        ("declared.calendar", ["s/map"], False),
        ("declared.calendar", ["s/log", "s/map"], False),
    ],
)
def test_rows(name: str, subjects: list[str], fits: bool):
    assert judge(name, subjects, {}) == ("fits" if fits else "subjects-mismatch")


@pytest.mark.parametrize(
    ("name", "numbered", "subjects", "fits"),
    [
        ("transferred.lend", False, ["d/1"], False),
        ("transferred.lend", True, ["d/1"], True),
        ("transferred.lend", True, ["c/1", "d/1"], False),
        ("transferred.lend", True, ["c/1"], False),
        ("transferred.lend", True, [], False),
        ("transferred.lend", True, ["d/1", "l/1"], False),
        # Where no carrier is wanted the field changes nothing.
        ("declared.calendar", True, ["s/log", "d/1"], False),
        ("registered.void", True, ["u/1"], True),
    ],
)
def test_where_the_book_does_not_number_the_document_stands_for_its_copies(name, numbered, subjects, fits):
    body = {"copies_unnumbered": 0} if numbered else {}
    assert judge(name, subjects, body) == ("fits" if fits else "subjects-mismatch")


ITEM = {"carrier": 0, "form": "document"}


@pytest.mark.parametrize(
    ("name", "subjects", "body", "fits"),
    [
        ("created.received", ["c/1"], {"items": [ITEM]}, True),
        ("created.received", ["c/1", "c/2"], {"items": [ITEM]}, False),
        ("created.received", ["c/1"], {"items": []}, False),
        ("created.received", ["c/1"], {"items": [ITEM, ITEM]}, False),
        ("created.received", ["d/1"], {"items": [], "copies_unnumbered": 3}, True),
        ("created.received", ["c/1", "d/1"], {"items": [ITEM], "copies_unnumbered": 3}, False),
        ("created.produced", ["c/1", "c/2", "d/1"], {"items": [ITEM], "device": 1}, True),
        ("created.produced", ["c/1", "d/1"], {"items": [ITEM], "device": 0}, True),
        ("created.produced", ["c/1", "d/1"], {"items": [], "device": 0}, False),
        ("copied.made", ["c/1", "c/2"], {"items": [ITEM], "parents": [1]}, True),
        ("copied.made", ["c/1"], {"items": [], "parents": [0]}, False),
        ("copied.made", ["c/1", "d/1"], {"items": [], "parents": [0], "copies_unnumbered": 2}, True),
        ("copied.made", ["c/1", "c/2", "d/1"], {"items": [], "parents": [0], "copies_unnumbered": 2}, False),
        ("destroyed.carriers", ["c/1", "c/2"], {"device": 1}, True),
        ("destroyed.carriers", ["c/1"], {"device": 0}, False),
        ("destroyed.carriers", ["c/1", "d/1"], {"device": 0, "copies_unnumbered": 2}, True),
        ("transferred.archive", ["c/1", "c/2"], {"volume": 0}, True),
        ("transferred.archive", ["c/1"], {"volume": 0}, False),
        ("listed.added", ["l/1"], {"items": []}, True),
        ("listed.added", ["l/1", "c/1"], {"items": []}, False),
        ("listed.added", ["c/1", "l/1"], {"items": [{"carrier": 0}]}, True),
        # An entry in a register may name carriers of which it tells nothing, but none twice.
        ("registered.document", ["c/1", "c/2", "d/1"], {"items": [ITEM]}, True),
        ("registered.document", ["c/1", "d/1"], {"items": [ITEM, ITEM]}, False),
        # It moves nothing.
        ("accessed.connected", ["c/1", "c/2"], {"device": 0}, True),
        ("reported.incident", ["d/1"], {"what": "lost"}, True),
    ],
)
def test_carriers_are_items_tools_or_what_is_acted_on(name, subjects, body, fits):
    assert judge(name, subjects, body) == ("fits" if fits else "subjects-mismatch")


def test_persons_are_those_who_take_part_or_whom_it_is_about():
    assert judge("departed", [], {"person": "p/X"}) == "subjects-mismatch"
    assert judge("departed", ["p/X"], {"person": "p/X"}) == "fits"
    assert judge("departed", ["p/X", "p/Y"], {"person": "p/X"}) == "subjects-mismatch"
    assert judge("transferred.lend", ["c/1", "p/X"], {}) == "subjects-mismatch"
    # Only these fields make a person a subject: a holder or an attendee is none.
    assert judge("checked.inventory", ["l/1", "u/1"], {"found": [], "holder": "p/X"}) == "fits"
    assert judge("checked.inventory", ["l/1", "u/1", "p/X"], {"found": [], "holder": "p/X"}) == "subjects-mismatch"


def test_keys_are_those_of_the_body():
    body = {"person": "p/L", "key": [1, KEY], "proof": bytes(64)}
    assert judge("enrolled", [K], body) == "fits"
    assert judge("enrolled", [], body) == "subjects-mismatch"
    assert judge("enrolled", ["k/" + "00" * 32], body) == "subjects-mismatch"
    assert judge("enrolled", [K, "k/" + "00" * 32], body) == "subjects-mismatch"
    assert judge("transferred.lend", ["c/1", K], {}) == "subjects-mismatch"


def test_one_key_changed_for_itself_is_no_change():
    assert judge("log_key_changed", [K, "s/log"], {"old": [1, KEY], "new": [1, KEY]}) == "subjects-mismatch"
    other = bytes(32)
    both = [K, key_subject(other), "s/log"]
    assert judge("log_key_changed", both, {"old": [1, KEY], "new": [1, other]}) == "fits"


def test_a_position_points_to_a_subject_of_its_prefix():
    # Subjects are c/1 c/2 d/1 p/L.
    def archive(volume: int) -> str:
        return judge("transferred.archive", ["c/1", "c/2", "d/1"], {"volume": volume})

    assert [archive(n) for n in range(6)] == ["fits", "fits", *["subjects-mismatch"] * 4]
    items = [{"carrier": 0, "document": 2}, {"carrier": 1}]
    assert judge("created.received", ["c/1", "c/2", "d/1"], {"items": items, "sender": "u/1"}) == "fits"
    for wrong in ({"carrier": 2}, {"carrier": 3}, {"carrier": 4}, {"carrier": 0, "document": 1}):
        body = {"items": [*items, wrong], "sender": "u/1"}
        assert judge("created.received", ["c/1", "c/2", "d/1"], body) == "subjects-mismatch"


def test_positions_are_found_at_any_depth():
    body = {
        "parents": [0], "device": 1, "items": [{"carrier": 2, "document": 4}, {"carrier": 3}],
        "document": {"title": "x", "derived_from": [5]},
    }  # fmt: skip
    found = list(positions(KINDS["copied.made"], body))
    assert sorted(found) == [("c", 0), ("c", 1), ("c", 2), ("c", 3), ("d", 4), ("d", 5)]
    assert list(positions(KINDS["copied.made"], {})) == []


def test_what_an_event_is_about_is_its_subject():
    unit = {"unit": "u/A", "name": "x", "type": "own"}
    assert judge("declared.unit", ["u/A"], unit) == "fits"
    assert judge("declared.unit", ["u/B"], unit) == "subjects-mismatch"
    assert judge("declared.place", ["w/B"], {"place": "w/A"}) == "subjects-mismatch"
    assert judge("checked.fetch", ["u/B"], {"station": "u/A"}) == "subjects-mismatch"
    for over, subjects, answer in (
        ("u/A", [], "fits"),
        ("u/A", ["d/1"], "subjects-mismatch"),
        ("w/A", ["l/1"], "subjects-mismatch"),
        ("d/1", ["d/1"], "fits"),
        ("d/1", [], "subjects-mismatch"),
        ("d/1", ["d/2"], "subjects-mismatch"),
        ("d/1", ["d/1", "l/1"], "subjects-mismatch"),
        ("l/1", ["l/1"], "fits"),
        ("l/1", ["d/1"], "subjects-mismatch"),
    ):
        assert judge("appointed.post", [*subjects, "p/X"], {"person": "p/X", "over": over}) == answer, (over, subjects)
    assert stated_subject(KINDS["appointed.post"], {"over": "u/A"}) is None
    assert stated_subject(KINDS["appointed.post"], {"over": 5}) is None
    assert stated_subject(KINDS["transferred.lend"], {"": "c/1"}) is None


@pytest.mark.parametrize("name", ["corrected.field", "corrected.void", "countersigned", "erased"])
def test_kinds_with_a_target_name_their_own_persons_and_sound_places(name: str):
    assert judge(name, ["c/1", "d/1", "i/1", "p/OTHER", K], {}) == "fits"
    with pytest.raises(SubjectsMismatchError):
        check_subjects(KINDS[name], ["c/1"], [("reader", "p/L", 0)], {}, path="$")
    with pytest.raises(SubjectError):
        check_subjects(KINDS[name], ["c/1", "p/L"], [("reader", "p/L", 0)], {"place": "w/a"}, path="$")


@pytest.mark.parametrize(
    ("name", "body", "path"),
    [
        ("transferred.store", {"place": "w/Ａ"}, "$.body.place"),
        ("transferred.store", {"place": "u/1"}, "$.body.place"),
        ("decided.route", {"recipients": ["p/1", "w/1"]}, "$.body.recipients[1]"),
        ("decided.scope", {"scope": {"units": ["u/1", "u/a"]}}, "$.body.scope.units[1]"),
        ("created.received", {"origin_record": [b"", 0, b"", "c/a"]}, "$.body.origin_record[3]"),
        ("declared.calendar", {"holidays": [["x", "2025-01-01", "2025-02-29"]]}, "$.body.holidays[0][2]"),
        ("declared.calendar", {"workdays": ["2025-04-31"]}, "$.body.workdays[0]"),
        ("registered.document", {"document": {"issue_date": "2023-02-29"}}, "$.body.document.issue_date"),
    ],
)
def test_names_and_dates_in_the_body_are_sound(name: str, body: dict[str, Any], path: str):
    with pytest.raises(FormatError) as caught:
        check_subjects(KINDS[name], [], [], body, path="$")
    assert caught.value.path == path


def test_leap_years():
    def dated(text: str) -> bool:
        return judge("declared.calendar", ["s/log"], {"workdays": [text]}) == "fits"

    assert [dated(f"{year}-02-29") for year in ("2024", "2025", "1900", "2000", "2100")] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert dated("9999-12-31")
    assert not dated("0000-12-31")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"person": 5, "key": "x", "administrators": 5, "recovery": [1]},
        {"key": [1], "old": [1, "x"], "new": {}, "administrators": [5, [], ["p/1"], [5, 5], [5, [1, 2]]]},
        {"recovery": {"keys": 5}},
        {"recovery": {"keys": [None]}},
        {"recovery": None, "administrators": None, "log_key": None},
    ],
)
def test_persons_and_keys_are_looked_for_in_any_shape(body: dict[str, Any]):
    assert list(body_persons(body)) == []
    assert list(body_keys(body)) == []


def test_all_persons_and_keys_are_found():
    one, two, three = (bytes([i]) * 32 for i in range(3))
    body = {
        "person": "p/1", "key": [1, KEY], "log_key": (1, one), "administrators": [["p/2", [1, two]]],
        "recovery": {"keys": (("p/3", (1, three)),)},
    }  # fmt: skip
    assert set(body_persons(body)) == {"p/1", "p/2", "p/3"}
    assert set(body_keys(body)) == {KEY, one, two, three}
    # In a correction these fields hold text.
    assert list(body_keys({"old": '"1"', "new": '"2"'})) == []
