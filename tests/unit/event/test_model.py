from __future__ import annotations

import itertools
from typing import Any

import pytest

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError, LimitError, NonCanonicalError, SubjectsMismatchError, TextError
from chainlog.event.catalogue import KINDS
from chainlog.event.model import check_event, unverified_body, unverified_event
from tests.messagepack import canonical, other_forms
from tests.mutations import body_mutants, head_mutants, packed, put, subject_mutants
from tests.strategies import Fullest, Least, made_event

EVENT = ["transferred.store", bytes(16), [], ["c/1", "p/L"], [["registrar", "p/L", 1]], [], 1, {}]
# A kind of a later release.
LATER = put(EVENT, (0,), "transferred.store/2")


def plain_event(name: str, chooser: Any = Least) -> list[Any]:
    return codec.decode(made_event(KINDS[name], chooser()).encoded)


def refusal(event: Any) -> FormatError:
    with pytest.raises(FormatError) as caught:
        check_event(event if isinstance(event, bytes) else packed(event), path="$.e")
    assert caught.value.path.startswith("$.e")
    return caught.value


def test_every_kind_encodes_and_decodes():
    for name, chooser in itertools.product(KINDS, (Least, Fullest)):
        made = made_event(KINDS[name], chooser())
        again = check_event(made.encoded)
        assert again == made
        assert again.kind is KINDS[name]
        plain = codec.decode(made.encoded)
        assert canonical(plain) == made.encoded
        assert unverified_event(made.encoded) == made.event
        assert unverified_body(made.event) == made.body
        # The typed body says what the bytes say, and nothing else.
        assert {key for key in made.body.__struct_fields__ if key in plain[7]} == set(plain[7])
        assert codec.encode(made.body) == canonical(plain[7]) == bytes(made.event.body)


@pytest.mark.parametrize("name", KINDS)
def test_every_single_fault_of_every_kind_is_refused_and_located(name: str):
    kind = KINDS[name]
    # The fields that all kinds have are the same in each: one kind shows them.
    fields = kind.fields if name == "marked" else kind.own
    least, fullest = plain_event(name, Least), plain_event(name, Fullest)
    found = [*body_mutants(fullest, fields), *head_mutants(kind, fullest), *subject_mutants(kind, fullest)]
    found += [*body_mutants(least, fields), *subject_mutants(kind, least)]
    assert len(found) > 70
    sound = {canonical(least), canonical(fullest)}
    for mutant in found:
        data = packed(mutant.event)
        assert data not in sound, mutant.what
        try:
            check_event(data)
        except FormatError as error:
            place = error.path
        else:
            pytest.fail(f"accepted {mutant.path} {mutant.what}")
        # Only faults of the array itself have no place inside.
        assert place.startswith("$"), mutant
        assert place != "$" or not mutant.path, mutant


@pytest.mark.parametrize("name", KINDS)
def test_every_other_encoding_of_every_kind_is_refused(name: str):
    event = plain_event(name, Fullest)
    fields = {field.rstrip("?") for field in (KINDS[name].fields if name == "marked" else KINDS[name].own)}
    event[2] = [-200, 200]
    event[7] = {key: event[7][key] for key in event[7] if key in fields}
    # Every second one, which are others in the next kind: most of the head is the same in all.
    for data in list(other_forms(event))[len(name) % 2 :: 2]:
        assert refusal(data).code in ("not-canonical", "malformed")
    assert check_event(canonical(event)).encoded == canonical(event)


def test_duplicate_keys_with_another_value_are_refused():
    event = put(EVENT, (7,), {"note": "乙"})
    twice = canonical(event)[:-10] + b"\x82" + canonical("note") + canonical("甲") + canonical("note") + canonical("乙")
    assert codec._decoder.decode(twice) == event
    assert isinstance(refusal(twice), NonCanonicalError)


def test_every_bit_flip_is_refused_or_another_event():
    for name, chooser in (
        ("transferred.store", Least),
        ("enrolled", Least),
        ("copied.made", Least),
        ("marked", Fullest),
    ):
        made = made_event(KINDS[name], chooser())
        refused = 0
        for i in range(len(made.encoded) * 8):
            flipped = bytearray(made.encoded)
            flipped[i // 8] ^= 1 << i % 8
            try:
                other = check_event(bytes(flipped))
            except FormatError:
                refused += 1
            else:
                assert (other.event, bytes(other.event.body)) != (made.event, bytes(made.event.body))
        assert len(made.encoded) < refused < len(made.encoded) * 8


def test_every_beginning_and_every_continuation_is_refused():
    data = made_event(KINDS["created.received"], Fullest()).encoded
    for end in range(len(data)):
        refusal(data[:end])
    for more in (b"\x00", b"\xc0", b"\x80", data):
        refusal(data + more)


@pytest.mark.parametrize("depth", [9, 100, 30_000])
def test_deep_nesting_is_a_limit(depth: int):
    body = canonical({"note": 0})[:-1] + b"\x91" * depth + b"\x00"
    error = refusal(canonical(LATER)[:-1] + body)
    assert isinstance(error, LimitError)


def test_a_body_nests_as_deeply_as_any_value_counted_by_itself():
    def nested(depth: int) -> Any:
        return 1 if depth == 0 else [nested(depth - 1)]

    check_event(packed(put(LATER, (7,), {"a": nested(limits.NESTING_MAX - 1)})))
    assert isinstance(refusal(put(LATER, (7,), {"a": nested(limits.NESTING_MAX)})), LimitError)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x" * limits.TEXT_BYTES_MAX, None),
        ("x" * (limits.TEXT_BYTES_MAX + 1), FormatError),
        ("甲" * 341, None),
        ("甲" * 342, LimitError),
        ("𠀀" * 256, None),
        ("𠀀" * 257, LimitError),
    ],
)
@pytest.mark.parametrize("field", ["note", "late_reason"])
@pytest.mark.parametrize("event", [EVENT, LATER])
def test_texts_are_limited_in_bytes_and_notes_too(event: list, field: str, text: str, error: Any):
    changed = packed(put(event, (7,), {field: text}))
    if error is None:
        check_event(changed)
    else:
        found = refusal(changed)
        assert isinstance(found, error)
        assert found.path == f"$.e.body.{field}"


def test_newline_and_tab_stand_in_the_note_alone():
    check_event(packed(put(EVENT, (7,), {"note": "a\n\tb"})))
    for body in ({"late_reason": "a\nb"}, {"late_reason": "a\tb"}, {"note": "a\rb"}, {"stated": [["x", "a\nb"]]}):
        assert isinstance(refusal(put(EVENT, (7,), body)), TextError)
    # Only the field of that name in the body itself.
    assert isinstance(refusal(put(LATER, (7,), {"a": {"note": "a\nb"}})), TextError)


def test_the_place_of_a_bad_text_is_named():
    event = plain_event("created.received", Fullest)
    event[7]["items"][1]["copy_no"] = "\u202e"
    assert refusal(event).path == "$.e.body.items[1].copy_no"
    assert refusal(put(LATER, (7,), {"a": [{"b": "ok"}, {"b": "e\u0301"}]})).path == "$.e.body.a[1].b"


# --- a kind that this release does not know --------------------------------------------------------


def test_of_an_unknown_kind_the_head_is_checked_and_the_body_is_canonical():
    found = check_event(packed(put(LATER, (7,), {"new": [1, {"a": b""}]})))
    assert (found.kind, found.body) == (None, None)
    # Roles of its own, and subjects that this release would not give it.
    check_event(packed(put(LATER, (4,), [["new_role", "p/L", 1]])))
    check_event(packed(put(LATER, (3,), ["c/1", "i/1", "p/L", "p/X"])))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((3,), ["p/L", "c/1", "c/a"]),
        ((3,), ["c/1", "p/X"]),
        ((4,), [["r" * (limits.ROLE_BYTES_MAX + 1), "p/L", 1]]),
        ((4,), [["", "p/L", 1]]),
        ((4,), [["新", "p/L", 1]]),
        ((4,), [["log", "p/L", 1]]),
        ((4,), [["new", "s/log", 1]]),
        ((6,), -1),
        ((7,), {"a": None}),
        ((7,), {"A": 1}),
        ((7,), {"a": "\u202e"}),
        ((7,), {"a": 2**53}),
        ((7,), [1]),
    ],
)
def test_of_an_unknown_kind_these_are_refused_too(place: tuple, value: Any):
    refusal(put(LATER, place, value))


def test_names_of_kinds():
    for name in ("a", "a_b", "_", "a.b", "a.b/2", "a/99", "a" * 64, "a/00"):
        assert check_event(packed(put(EVENT, (0,), name))).kind is None
    for name in ("a.b.c", "a.", ".a", "", "A", "a/", "a/100", "a/x", "a/１", "a//1", "a-b", "é", "a\n"):
        assert refusal(put(EVENT, (0,), name)).path == "$.e.kind"
    assert isinstance(refusal(put(EVENT, (0,), "a" * 65)), LimitError)


# --- limits of the head ------------------------------------------------------------------------------


def crowded(carriers: int, persons: int) -> list[Any]:
    subjects = [f"c/{i}" for i in range(carriers)] + [f"p/{i}" for i in range(persons)]
    people = [["reader", f"p/{i}", 0] for i in range(persons)]
    return [*EVENT[:3], sorted(subjects, key=canonical), sorted(people, key=canonical), *EVENT[5:]]


def test_how_many_subjects_and_people_there_may_be():
    for carriers, persons in ((224, 16), (208, 32)):
        check_event(packed(crowded(carriers, persons)))
    for carriers, persons in ((225, 1), (225, 15), (224, 17), (209, 32), (1, 33)):
        refusal(crowded(carriers, persons))
    # What is signed later names the subjects of the act, and its own persons beside them.
    countersigned = put(crowded(224, 32), (0,), "countersigned")
    check_event(packed(put(put(countersigned, (7,), {}), (5,), [[bytes(16), bytes(32)]])))


def test_how_many_signatures_may_be_asked_for():
    def asked(*signs: int) -> list[Any]:
        people = [["reader", f"p/{i}", n] for i, n in enumerate(signs)]
        return [*EVENT[:3], ["c/1", *(f"p/{i}" for i in range(len(signs)))], people, *EVENT[5:]]

    check_event(packed(asked(*[2] * 8)))
    assert isinstance(refusal(asked(*[2] * 8, 1)), LimitError)


def test_a_person_stands_once_in_a_role_whatever_the_signatures():
    event = put(EVENT, (4,), [["registrar", "p/L", 0], ["registrar", "p/L", 1]])
    assert "once" in refusal(event).detail
    check_event(packed(put(EVENT, (4,), [["operator", "p/L", 0], ["registrar", "p/L", 1]])))


def test_the_log_takes_part_in_its_own_three_kinds_alone():
    with_log = {name for name, kind in KINDS.items() if "log" in kind.signs}
    assert with_log == {"log_opened", "log_key_changed", "index_committed"}
    for name in KINDS:
        event = plain_event(name)
        event[4] = sorted([entry for entry in event[4] if entry[0] != "log"] + [["log", "s/log", 1]], key=canonical)
        if name in with_log:
            check_event(packed(event))
        else:
            assert refusal(event).path.startswith("$.e.people")


def test_what_is_about_persons_and_keys_stands_in_their_histories():
    for name, path in (
        ("declared.person", ("person",)),
        ("administered", ("administrators", 0, 0)),
        ("log_opened", ("recovery", "keys", 0, 0)),
    ):
        event = plain_event(name, Fullest)
        assert isinstance(refusal(put(event, (7, *path), "p/OTHER")), SubjectsMismatchError)
    for name, path in (
        ("enrolled", ("key", 1)),
        ("log_key_changed", ("old", 1)),
        ("log_key_changed", ("new", 1)),
        ("administered", ("administrators", 1, 1, 1)),
        ("log_opened", ("log_key", 1)),
        ("log_opened", ("recovery", "keys", 1, 1, 1)),
    ):
        event = plain_event(name, Fullest)
        assert isinstance(refusal(put(event, (7, *path), bytes(32))), SubjectsMismatchError)


def test_bytes_in_other_clothes_are_no_event():
    for data in (
        b"",
        b"\x98",
        b"\x90",
        b"\xc0",
        b"\x80",
        canonical("event"),
        canonical([1] * 8),
        b"\xdd\xff\xff\xff\xff",
    ):
        refusal(data)
