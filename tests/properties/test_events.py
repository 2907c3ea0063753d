"""Events of every kind: one encoding, the same through JSON, and nothing but a FormatError for anything else."""

from __future__ import annotations

import json

from hypothesis import assume, given
from hypothesis import strategies as st

from chainlog.canon import codec
from chainlog.errors import FormatError
from chainlog.event.catalogue import KINDS
from chainlog.event.compose import compose, name_positions
from chainlog.event.jsonform import from_json, parse_id, to_json
from chainlog.event.model import check_event, unverified_body
from chainlog.event.moves import guarded_subjects, moved_subjects
from chainlog.event.times import format_time, parse_time
from tests.messagepack import canonical
from tests.mutations import packed, put
from tests.strategies import Least, canonical_values, damaged, events, made_event, some_events, times

offsets = st.integers(-840, 840)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["c/1", "p/L", "2025-03-05", "00" * 32, "秘密", "\ud800", "registrar"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | st.just("sealed"), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
lines = st.fixed_dictionaries(
    {"kind": st.sampled_from(list(KINDS)) | json_values},
    optional=dict.fromkeys(
        ("id", "at", "on", "who", "refs", "expires_at", "level", "items", "administrators", "recovery", "key", "old", "person",
         "over", "place", "source", "stated", "due", "note", "document", "scope", "part"), json_values,
    ),
)  # fmt: skip


@given(events())
def test_a_valid_event_stays_what_it_is(event):
    again = check_event(event.encoded)
    assert again == event
    assert canonical(codec.decode(event.encoded)) == event.encoded
    assert unverified_body(event.event) == event.body
    body = codec.decode(bytes(event.event.body))
    moved = moved_subjects(event.kind, event.event.subjects, body)
    assert set(moved) <= set(guarded_subjects(event.kind, event.event.subjects, body)) <= set(event.event.subjects)


@given(events(), offsets, offsets)
def test_json_and_back_gives_the_same_bytes(event, shown_in, read_in):
    shown = json.loads(json.dumps(to_json(event.event, offset_minutes=shown_in)))
    stated = from_json(shown, offset_minutes=read_in, log_id=bytes(32))
    assert compose(stated.pop("kind"), **stated).encoded == event.encoded


@given(events())
def test_composing_from_names_gives_the_same_bytes(event):
    head = event.event
    named = name_positions(event.kind, head.subjects, codec.decode(bytes(head.body)))
    again = compose(
        head.kind, body=named, people=head.people, subjects=head.subjects, occurred=head.occurred, refs=head.refs,
        event_id=head.id, expires_at_us=head.expires_at_us,
    )  # fmt: skip
    assert again.encoded == event.encoded


@given(damaged(some_events.map(lambda event: event.encoded)))
def test_damaged_events_are_refused_or_other_sound_events(data):
    try:
        event = check_event(data)
    except FormatError as error:
        assert error.path.startswith("$")
        assert error.text("zh")
    else:
        assert event.encoded == data == canonical(codec.decode(data))


@given(st.binary(max_size=80) | canonical_values.map(canonical))
def test_any_bytes_are_refused(data):
    try:
        check_event(data)
    except FormatError:
        return
    raise AssertionError("an event out of nothing")


@given(st.sampled_from(list(KINDS)), st.lists(st.integers(0, 7), min_size=1, max_size=2), st.data())
def test_any_value_in_the_head_or_body_gives_a_format_error_or_an_event(name, places, data):
    event = codec.decode(made_event(KINDS[name], Least()).encoded)
    for place in places:
        if place == 7 and data.draw(st.booleans()):
            field = data.draw(st.sampled_from([*KINDS[name].fields, "unknown"])).rstrip("?")
            event[7][field] = data.draw(canonical_values)
        else:
            event = put(event, (place,), data.draw(canonical_values))
        if not isinstance(event[7], dict):
            break
    try:
        check_event(packed(event))
    except FormatError as error:
        assert error.path.startswith("$")


@given(lines)
def test_any_json_gives_a_format_error_or_an_event(line):
    try:
        stated = from_json(line, offset_minutes=480, log_id=bytes(32))
        compose(stated.pop("kind"), **{**stated, "event_id": stated["event_id"] or bytes(16), "expires_at_us": 1})
    except FormatError as error:
        assert error.path.startswith("$")


@given(times, offsets)
def test_a_time_shown_is_read_back(time_us, offset):
    assert parse_time(format_time(time_us, offset_minutes=offset), offset_minutes=0) == (time_us, 0)


@given(
    st.text(max_size=30)
    | st.from_regex(r"\d{4}-\d\d-\d\d[T ]?(\d\d:\d\d(:\d\d(\.\d{1,6})?)?)?(Z|[+-]\d\d:\d\d)?", fullmatch=True)
)
def test_any_text_is_a_time_or_a_format_error(text):
    try:
        start, span = parse_time(text, offset_minutes=480)
    except FormatError:
        return
    assert text.isascii()
    assert 0 <= span < 86_400_000_000
    assert abs(start) < 2**60


@given(st.text(max_size=40), st.text(max_size=40))
def test_different_texts_are_different_ids(one, other):
    try:
        ids = parse_id(one, log_id=bytes(32)), parse_id(other, log_id=bytes(32))
    except FormatError:
        assume(False)
    same = one.replace("-", "").lower() == other.replace("-", "").lower()
    assert (ids[0] == ids[1]) == (one == other) or same
