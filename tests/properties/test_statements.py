from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chainlog import limits
from chainlog.canon import codec
from chainlog.record.statement import EnrolStatement, EventStatement, encode_event_statement

hashes = st.binary(min_size=32, max_size=32)
integers = st.integers(0, limits.INTEGER_MAX)
events = st.builds(
    EventStatement,
    hashes,
    integers,
    hashes,
    st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=24),
    integers,
    st.binary(min_size=1, max_size=2_000),
)
enrolments = st.builds(EnrolStatement, hashes, st.from_regex(r"p/[0-9A-Z]{1,20}", fullmatch=True), st.just(1), hashes)


@given(events)
def test_an_event_statement_says_what_it_was_given(statement: EventStatement):
    statement.check()
    log_id, index, base, role, at, event = statement
    data = statement.encoded()
    assert codec.decode(data) == ["chainlog/v1/event", log_id, [index, base], role, at, event]
    assert data == encode_event_statement(log_id=log_id, base=(index, base), role=role, signed_at_us=at, event=event)


@given(enrolments)
def test_an_enrol_statement_says_what_it_was_given(statement: EnrolStatement):
    statement.check()
    assert codec.decode(statement.encoded()) == ["chainlog/v1/enrol", *statement]


@given(st.lists(events | enrolments, max_size=6))
def test_different_statements_are_different_bytes(statements: list[EventStatement | EnrolStatement]):
    assert len({statement.encoded() for statement in statements}) == len(set(statements))
    # The first bytes of statements are no text, so no note, cosignature or SSH blob is one.
    assert all(0x90 <= statement.encoded()[0] <= 0x9F for statement in statements)
