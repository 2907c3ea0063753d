"""Drafts: one encoding, never more signatures than asked for, and a FormatError for any other bytes."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError
from chainlog.record.draft import decode_draft
from chainlog.record.record import check_record, encode_record
from tests.messagepack import canonical
from tests.strategies import canonical_values, damaged, drafts, some_events


@given(drafts(some_events) | drafts())
def test_a_draft_stays_what_it_is(draft):
    data = draft.encoded()
    assert decode_draft(data) == draft
    assert canonical(codec.decode(data)) == data
    assert len(data) <= limits.DRAFT_FILE_BYTES_MAX
    have = Counter((s.role, s.person) for s in draft.signatures)
    wanted = {(want.role, want.person): want.missing for want in draft.wanted()}
    for role, person, signs in draft.checked_event().event.people:
        assert have[role, person] + wanted.get((role, person), 0) == signs


@given(drafts(some_events))
def test_a_draft_that_was_signed_makes_a_sound_record(draft):
    if draft.signatures:
        event = draft.checked_event().event
        data = encode_record(
            index=1, recorded_at_us=0, prev_hash=bytes(32), base=draft.base, links=[(0, 0, bytes(32))] * len(event.subjects),
            event=draft.event, signatures=draft.record_signatures(),
        )  # fmt: skip
        assert check_record(data).record.event == draft.event


@given(damaged(drafts(some_events).map(lambda draft: draft.encoded())))
def test_damaged_drafts_are_refused_or_other_sound_drafts(data):
    try:
        found = decode_draft(data)
    except FormatError as error:
        assert error.path.startswith("$")
    else:
        assert found.encoded() == data


@given(st.binary(max_size=80) | canonical_values.map(canonical))
def test_any_bytes_are_refused(data):
    try:
        decode_draft(data)
    except FormatError:
        return
    raise AssertionError("a draft out of nothing")
