"""The link sum: what must not pass, in any order and in any number of parts."""

from __future__ import annotations

from itertools import permutations

import pytest

from chainlog.forensics import tokens
from chainlog.forensics.evidence import TableEvidence, subject_row
from chainlog.forensics.tokens import LinkSum, heads_sum
from chainlog.record.record import FIRST_LINK, SubjectHead

KEY = b"k" * 32


def hash_of(index: int) -> bytes:
    return bytes([index]) * 32


def honest_links(events):
    """(subjects, links, index) of records that name these subjects, and the heads that they leave."""
    heads, records = {}, []
    for index, subjects in enumerate(events):
        links = [(heads[s].count, heads[s].index, heads[s].record_hash) if s in heads else FIRST_LINK for s in subjects]
        records.append((subjects, links, index))
        for s, link in zip(subjects, links, strict=True):
            heads[s] = SubjectHead(link[0] + 1, index, hash_of(index))
    return records, heads


def total(records, parts=1) -> int:
    sums = [LinkSum(KEY) for _ in range(parts)]
    for number, (subjects, links, index) in enumerate(records):
        bad = sums[number % parts].add(subjects, links, index=index, record_hash=hash_of(index))
        assert not bad
    return sum(one.take() for one in sums) % (1 << 128)


def left_over(heads, **stretch):
    rows = {subject.encode(): subject_row(head) for subject, head in heads.items()}
    return heads_sum(TableEvidence({"subjects": rows}), KEY, **{"start": b"", "stop": b"", **stretch})


EVENTS = [["c/1", "p/1"], ["c/2", "p/1"], ["c/1", "p/2"], ["c/1", "c/2"], ["p/1"], ["c/1", "p/1"]]


def test_honest_links_leave_the_heads_over():
    records, heads = honest_links(EVENTS)
    wanted = left_over(heads)
    for order in permutations(records):
        assert total(order) == wanted
    for parts in (2, 3, 6):
        assert total(records, parts) == wanted
    assert wanted == sum(left_over(heads, start=a, stop=b) for a, b in ((b"", b"d"), (b"d", b""))) % (1 << 128)


def test_what_is_remembered_is_bounded(monkeypatch):
    records, heads = honest_links(EVENTS * 3)
    monkeypatch.setattr(tokens, "_NEWEST_MAX", 2)
    assert total(records) == left_over(heads)


def changes(records):
    """Every way to make one link false that a single record doesn't show."""
    for number, (subjects, links, index) in enumerate(records):
        for place, (position, before, record_hash) in enumerate(links):
            others = [FIRST_LINK] if position else []
            if position:
                others += [(position + 1, before, record_hash), (position - 1, before, record_hash)]
                others += [(position, before, hash_of(200))]
                others += [(position, other, record_hash) for other in range(index) if other != before]
                others += [(position, other, hash_of(other)) for other in range(index) if other != before]
            elif index:
                others += [(1, other, hash_of(other)) for other in range(index)]
            for link in others:
                if link == FIRST_LINK or link[0]:
                    new = [*links[:place], link, *links[place + 1 :]]
                    yield [*records[:number], (subjects, new, index), *records[number + 1 :]]


def test_no_false_link_passes():
    records, heads = honest_links(EVENTS)
    wanted = left_over(heads)
    tried = 0
    for changed in changes(records):
        tried += 1
        assert total(changed) != wanted
    assert tried > 50


def test_no_false_head_passes():
    records, heads = honest_links(EVENTS)
    good = total(records)
    for subject, head in heads.items():
        rest = {name: one for name, one in heads.items() if name != subject}
        assert left_over(rest) != good
        for false in (
            SubjectHead(head.count + 1, head.index, head.record_hash),
            SubjectHead(head.count, head.index + 1, head.record_hash),
            SubjectHead(head.count, head.index, hash_of(99)),
        ):
            assert left_over({**heads, subject: false}) != good
        assert left_over({**heads, subject + "x": head}) != good


@pytest.mark.parametrize(
    "link", [(0, 1, bytes(32)), (0, 0, b"\x01" * 32), (1, 5, bytes(32)), (1, 6, bytes(32)), (2, 9, bytes(32))]
)
def test_a_link_that_can_never_be_true(link):
    assert LinkSum(KEY).add(["c/1"], [link], index=5, record_hash=hash_of(5)) == "c/1"


def test_rows_that_are_no_heads():
    for row in (b"", bytes(48), bytes(47), bytes(49)):
        assert heads_sum(TableEvidence({"subjects": {b"c/1": row}}), KEY, start=b"", stop=b"") is None


def test_another_key_gives_another_sum():
    records, heads = honest_links(EVENTS)
    other = LinkSum(b"x" * 32)
    for subjects, links, index in records:
        other.add(subjects, links, index=index, record_hash=hash_of(index))
    assert other.take() != left_over(heads)
