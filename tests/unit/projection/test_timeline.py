from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainlog import limits
from chainlog.errors import UsageError
from chainlog.projection.timeline import NAME, Timeline, TimelineProjection, _class_of, _ordered
from chainlog.store.memory_kv import MemoryKeyValue
from tests.scenarios import Story, local


def test_records_by_time():
    story = Story(["李敏"])
    size = story.reader.size
    story.tell("03-02 09:00", "checked.fetch", who={"operator": "李敏"}, station="u/站", count=1, recorded="03-05")
    story.tell("03-03", "checked.fetch", who={"operator": "李敏"}, station="u/站", count=1, recorded="03-06")
    story.tell(None, "checked.fetch", who={"operator": "李敏"}, station="u/站", count=1, recorded="03-07")
    story.projections.catch_up("timeline")
    timeline = Timeline(story.projections.kv)
    assert timeline.between(local("03-02"), local("03-03")) == [size]
    assert timeline.between(local("03-02 09:01"), local("03-03")) == []
    assert timeline.between(local("03-03 12:00"), local("03-03 12:01")) == [size + 1]
    assert timeline.between(local("03-02"), local("03-09")) == [size, size + 1]
    assert timeline.between(local("03-06"), local("03-09"), by="recorded") == [size + 1, size + 2]
    with pytest.raises(UsageError):
        timeline.between(0, 1, by="signed")


class Said:
    """What of an act the timeline reads."""

    def __init__(self, index, occurred):
        self.index = index
        self.recorded_at_us = 0
        self.occurred = occurred


TIMES = st.integers(limits.INTEGER_MIN, limits.INTEGER_MAX)
SPANS = st.one_of(st.integers(0, 10**8), st.integers(0, 10**11), st.integers(0, limits.INTEGER_MAX))


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(-(10**12), 10**12), SPANS), max_size=20),
    st.integers(-(10**12), 10**12),
    st.integers(0, 10**12),
)
def test_what_can_have_happened_in_a_window_is_found(spans, start, width):
    kv = MemoryKeyValue()
    with kv.write() as transaction:
        table = transaction.table(f"{NAME}.times")
        state = type("State", (), {"table": lambda self, name: table})()
        TimelineProjection().apply_block([Said(i, occurred) for i, occurred in enumerate(spans)], state, fresh=True)
    end = start + width
    expected = [i for i, (first, span) in enumerate(spans) if first < end and first + span >= start]
    assert Timeline(kv).between(start, end) == expected


@given(TIMES, TIMES)
def test_keys_ascend_with_time(one, other):
    assert (_ordered(one) < _ordered(other)) == (one < other)


@given(st.integers(0, limits.INTEGER_MAX))
def test_every_width_has_a_class(span):
    assert 0 <= _class_of(span) < 6
