"""Subjects that look alike are put together, and nothing else is."""

from __future__ import annotations

import pytest

from chainlog.event import look_alike
from chainlog.event.look_alike import look_alikes, new_look_alikes, skeleton
from chainlog.event.subject import check_subject


def groups(*subjects: str) -> list[tuple[str, ...]]:
    return look_alikes(subjects, subjects.__contains__)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("p/李己", "p/李已"), ("p/李已", "p/李巳"), ("p/李日", "p/李曰"), ("c/0087", "c/OO87"), ("c/〇087", "c/0O87"), ("p/A1", "p/А1"),
        ("p/A1", "p/ΑI"), ("w/口", "w/ロ"), ("p/买·提", "p/买・提"), ("c/2025-1", "c/2025—1"), ("p/黄", "p/黃"), ("w/一", "w/-"),
    ],
)  # fmt: skip
def test_look_alikes(one: str, other: str):
    # Both may stand, under two names.
    assert {check_subject(name, path="$") for name in (one, other)} == {one, other}
    assert skeleton(one) == skeleton(other)
    assert groups(one, other) == [tuple(sorted((one, other)))]
    # By the character that stands for all, or without it.
    assert groups(other, one) == groups(one, other)


@pytest.mark.parametrize(
    "names",
    [
        ("p/李敏", "p/李明"), ("p/王", "p/玉"), ("p/A1", "u/А1"), ("p/A1",), ("c/0087", "c/0088"), (),
        ("k/" + "0" * 64, "k/" + "1" * 64), ("s/log", "s/1og"),
    ],
)  # fmt: skip
def test_others_stay_apart(names: tuple[str, ...]):
    assert groups(*names) == []


def test_three_are_one_group_and_what_is_not_there_is_not_named():
    assert groups("p/己", "p/已", "p/巳", "p/曰") == [("p/己", "p/已", "p/巳")]
    assert groups("p/已", "p/巳") == [("p/已", "p/巳")]


def test_a_character_stands_in_one_group():
    characters = "".join((*look_alike._LETTERS, *look_alike._IDEOGRAPHS))
    assert len(set(characters)) == len(characters)


def test_no_skeleton_of_a_skeleton():
    for group in (*look_alike._LETTERS, *look_alike._IDEOGRAPHS):
        assert {skeleton(f"c/{char}") for char in group} == {f"c/{group[0]}"}


def fresh(*subjects: str, known: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    return new_look_alikes(
        subjects, known.__contains__, lambda prefix: (one for one in known if one.startswith(prefix))
    )


def test_what_is_new_and_looks_like_what_is_known():
    assert fresh("p/李己", known=("p/李已", "p/李敏", "u/李已")) == [("p/李己", "p/李已")]
    assert fresh("p/李己", "p/李己", known=("p/李己", "p/李已")) == []
    assert fresh("p/己", known=("p/已", "p/巳")) == [("p/己", "p/已"), ("p/己", "p/巳")]
    assert fresh("k/" + "0" * 64, "s/log", known=("s/1og",)) == []


def test_what_is_new_and_looks_like_what_came_just_before():
    assert fresh("u/AO", "u/A0", "u/B", "u/AO") == [("u/A0", "u/AO")]
    assert fresh("d/己", "d/已", "d/巳", known=()) == [("d/已", "d/己"), ("d/巳", "d/己"), ("d/巳", "d/已")]


def test_only_what_may_be_alike_is_looked_through():
    asked: list[str] = []

    def known(prefix: str) -> list[str]:
        asked.append(prefix)
        return []

    assert not new_look_alikes(["p/李敏", "d/2", "k/1"], {"p/李敏", "d/1"}.__contains__, known)
    assert asked == ["d/"]
