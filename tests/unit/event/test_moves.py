from __future__ import annotations

import itertools
from typing import Any

import pytest

from chainlog.canon import codec
from chainlog.event.catalogue import KINDS, REGISTRY
from chainlog.event.moves import guarded_subjects, moved_subjects
from tests.strategies import Fullest, Least, made_event

SUBJECTS = ["c/1", "c/2", "c/3", "d/1", "i/1", "l/1", "p/L", "u/1", "w/1"]


def moved(name: str, body: dict[str, Any] | None = None, subjects: list[str] = SUBJECTS) -> list[str]:
    return moved_subjects(KINDS[name], subjects, body or {})


def guarded(name: str, body: dict[str, Any] | None = None, subjects: list[str] = SUBJECTS) -> list[str]:
    return guarded_subjects(KINDS[name], subjects, body or {})


def by_the_vocabulary(name: str, subjects: tuple[str, ...], body: dict[str, Any]) -> set[str]:
    """Its section 1.7 and ADR 0003, said once more; for bodies without devices, volumes and parents."""
    family, _, act = name.partition(".")
    if "copies_unnumbered" in body:
        return set()
    if name in REGISTRY:
        return {s for s in subjects if s[0] == "s" or s == body.get("person")}
    if name == "copied.made":
        return {subjects[item["carrier"]] for item in body["items"]}
    if family == "decided":
        return {s for s in subjects if s[0] == "d"} if act in ("classify", "reclassify", "scope") else set()
    prefixes = ""
    if family in ("created", "marked", "transferred", "returned", "destroyed", "corrected"):
        prefixes = "c"
    if name == "reported.incident" and body["what"] in ("missing", "found", "lost"):
        prefixes = "c"
    if family in ("listed", "corrected"):
        prefixes = "l" if family == "listed" else "cl"
    return {s for s in subjects if s[0] in prefixes}


def test_every_kind_moves_what_the_vocabulary_says():
    for name, chooser in itertools.product(KINDS, (Least, Fullest)):
        event = made_event(KINDS[name], chooser()).event
        body = codec.decode(bytes(event.body))
        for tool in ("device", "volume"):
            body.pop(tool, None)
        found = moved_subjects(KINDS[name], event.subjects, body)
        assert set(found) == by_the_vocabulary(name, event.subjects, body)
        assert found == [s for s in event.subjects if s in found]


def test_tools_containers_and_originals_stay_where_they_are():
    assert moved("transferred.store") == ["c/1", "c/2", "c/3"]
    assert moved("destroyed.carriers", {"device": 0}) == ["c/2", "c/3"]
    assert moved("transferred.archive", {"volume": 2}) == ["c/1", "c/2"]
    # What the items hold is moved, whatever else it is.
    made = {"items": [{"carrier": 1}], "device": 0}
    assert moved("created.produced", made) == ["c/2", "c/3"]
    assert moved("created.produced", {"items": [{"carrier": 0}], "device": 0}) == ["c/1", "c/2", "c/3"]


def test_copying_moves_the_children_alone():
    body = {"parents": [0], "items": [{"carrier": 1}], "device": 2}
    assert moved("copied.made", body) == ["c/2"]
    assert moved("copied.made", {"parents": [0], "items": [{"carrier": 0}]}, ["c/1"]) == ["c/1"]
    assert moved("copied.made", {"parents": [0, 1, 2], "items": []}) == []


@pytest.mark.parametrize("what", ["missing", "found", "lost", "discrepancy", "leak", "breach", "fault", "change"])
def test_an_incident_moves_only_what_went_missing_or_came_back(what: str):
    expected = ["c/1", "c/2", "c/3"] if what in ("missing", "found", "lost") else []
    assert moved("reported.incident", {"what": what}) == expected


def test_where_copies_are_not_numbered_nothing_is_moved_but_a_list_still_guards():
    assert moved("destroyed.carriers", {"copies_unnumbered": 0}) == []
    assert guarded("destroyed.carriers", {"copies_unnumbered": 3}) == ["l/1"]
    assert moved("listed.added", {"copies_unnumbered": 3}) == []


def test_a_deed_acts_on_its_list_without_moving_it():
    assert moved("destroyed.carriers") == ["c/1", "c/2", "c/3"]
    assert guarded("destroyed.carriers") == ["c/1", "c/2", "c/3", "l/1"]
    assert (moved("decided.permit"), guarded("decided.permit")) == ([], ["l/1"])
    assert moved("listed.added") == guarded("listed.added") == ["l/1"]
    assert guarded("checked.inventory") == guarded("accessed.read") == guarded("countersigned") == []


def test_registry_kinds_move_their_own_subject_and_their_person():
    subjects = ["p/A1", "p/X", "s/log", "k/" + "00" * 32]
    assert moved("enrolled", {"person": "p/X"}, subjects) == ["p/X", "s/log"]
    assert moved("administered", {}, ["p/A1", "s/admins"]) == ["s/admins"]
    assert moved("declared.unit", {"unit": "u/1"}, ["p/A1", "u/1"]) == []
    assert moved("erased", {}, SUBJECTS) == []
