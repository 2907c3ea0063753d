"""Records: one encoding, and nothing but a FormatError for any other bytes."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from chainlog import limits
from chainlog.canon import codec
from chainlog.errors import FormatError
from chainlog.record.record import check_record, decode_record, encode_record, unverified_record
from tests.messagepack import canonical
from tests.strategies import canonical_values, damaged, records, some_events


@given(records())
def test_a_record_stays_what_it_is(data):
    found = check_record(data)
    record = found.record
    assert found.record_hash == sha256(b"\x00" + data).digest()
    assert canonical(codec.decode(data)) == data
    assert record == unverified_record(data) == decode_record(data)
    again = encode_record(
        index=record.index, recorded_at_us=record.recorded_at_us, prev_hash=record.prev_hash, base=record.base,
        links=record.links, event=record.event, signatures=record.signatures[::-1],
    )  # fmt: skip
    assert again == data
    assert len(data) <= limits.RECORD_BYTES_MAX


@given(damaged(records(some_events)))
def test_damaged_records_are_refused_or_other_sound_records(data):
    try:
        found = check_record(data)
    except FormatError as error:
        assert error.path.startswith("$")
        assert error.text("zh")
    else:
        assert found.encoded == data == canonical(codec.decode(data))


@given(
    st.binary(max_size=80)
    | canonical_values.map(canonical)
    | st.binary(max_size=40).map(lambda data: b"\x98\x01" + data)
)
def test_any_bytes_are_refused(data):
    try:
        check_record(data)
    except FormatError:
        return
    raise AssertionError("a record out of nothing")
