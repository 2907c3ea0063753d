"""The walks through the records below one: histories, movers, and what they do where something is wrong."""

from __future__ import annotations

from itertools import permutations

import pytest

from chainlog import digest, limits
from chainlog.authority.view import (
    Mover,
    event_hash_at,
    look,
    moved_after,
    record_hash_at,
    walk_back,
    whole_history,
)
from chainlog.canon import codec
from chainlog.errors import RecordHashError
from chainlog.event.moves import moved_subjects
from chainlog.log.overlay import Overlay
from chainlog.record.record import Record, SubjectHead, check_record, encode_record
from tests.builders import T0, small_log
from tests.hand import event_of, seal
from tests.signers import signer

NONE: frozenset[bytes] = frozenset()


@pytest.fixture(scope="module")
def log():
    log = small_log()
    items = [{"carrier": f"c/{n}", "form": "document"} for n in (1, 2, 3)]
    log.record("created.entered", {"registrar": "p/Z"}, body={"level": "秘密", "reason": "other", "items": items})  # 4
    for carriers in (["c/1"], ["c/1", "c/2"], ["c/3"], ["c/2"]):  # 5 to 8
        log.record("transferred.store", {"registrar": "p/Z"}, subjects=carriers)
        log.record("checked.carrier", {"operator": "p/C"}, body={"reason": "other", "passed": True}, subjects=["c/1"])
    return log


def indexes_of(log, subject):
    """By looking at every record."""
    with log.store.snapshot() as snapshot:
        events = [check_record(snapshot.record(index)).event.event for index in range(snapshot.size)]
    return [index for index, event in enumerate(events) if subject in event.subjects]


def subjects_of(log):
    with log.store.snapshot() as snapshot:
        return [subject for subject, _ in snapshot.subjects()]


def test_every_history_is_whole(log):
    with log.store.snapshot() as snapshot:
        for subject in subjects_of(log):
            expected = indexes_of(log, subject)
            assert [step.index for step in walk_back(snapshot, subject)] == expected[::-1]
            steps = whole_history(snapshot, subject)
            assert [step.index for step in steps] == expected
            assert [step.link[0] for step in steps] == list(range(len(expected)))
            assert all(step.event.subjects and step.record.index == step.index for step in steps)
        assert list(walk_back(snapshot, "c/none")) == []
        assert whole_history(snapshot, "c/none") == []


class Changed:
    """A view in which some records and heads are other than they were."""

    def __init__(self, view, records=None, heads=None):
        self._view, self._records, self._heads = view, records or {}, heads or {}
        self.size, self.last_hash = view.size, view.last_hash
        self.asked = []

    def record(self, index):
        self.asked.append(index)
        return self._records[index] if index in self._records else self._view.record(index)

    def subject(self, subject):
        return self._heads[subject] if subject in self._heads else self._view.subject(subject)

    def index_of(self, event_id):
        return self._view.index_of(event_id)


def damaged(data):
    return [None, b"", b"\x98", b"\xff" * 40, data[:-1], data + b"\0"]


def test_a_walk_back_stops_at_damage_and_a_whole_history_says_so(log):
    history = indexes_of(log, "c/1")
    with log.store.snapshot() as snapshot:
        for place, index in enumerate(history):
            others = [snapshot.record(1), *damaged(snapshot.record(index))]
            for other in others:
                view = Changed(snapshot, {index: other})
                assert [step.index for step in walk_back(view, "c/1")] == history[:place:-1]
                with pytest.raises(RecordHashError) as caught:
                    whole_history(view, "c/1")
                assert caught.value.index == index
        # A record that can be read but isn't the one that was linked to.
        foreign = snapshot.record(history[-2])
        with pytest.raises(RecordHashError):
            whole_history(Changed(snapshot, {history[-1]: foreign}), "c/1")


def relinked(view, index, **links):
    """The record at *index* with the links of some subjects changed: number → (…), or None for a link that is left out."""
    record = check_record(view.record(index))
    made = {**dict(zip(record.event.event.subjects, record.record.links, strict=True)), **links}
    parts = {name: getattr(record.record, name) for name in Record.__struct_fields__ if name != "version"}
    return encode_record(**{**parts, "links": [link for link in made.values() if link is not None]})


@pytest.mark.parametrize("ahead", [0, 1, 1000])
def test_links_that_lead_nowhere_back_end_a_walk(log, ahead):
    # No writer makes them: whoever forges them must not make a reader walk in circles.
    with log.store.snapshot() as snapshot:
        history = indexes_of(log, "c/2")
        last = history[-1]
        view = Changed(
            snapshot, {last: relinked(snapshot, last, **{"c/2": (len(history) - 2, last + ahead, bytes(32))})}
        )
        assert [step.index for step in walk_back(view, "c/2")] == [last]
        ids = frozenset(check_record(snapshot.record(index)).event.event.id for index in range(snapshot.size))
        assert moved_after(view, ["c/2"], 0, ids) == {}


def test_a_record_that_lacks_links_is_read_as_far_as_it_goes(log):
    with log.store.snapshot() as snapshot:
        last = indexes_of(log, "c/2")[-1]
        whole = look(snapshot, last).before
        view = Changed(snapshot, {last: relinked(snapshot, last, **{max(whole): None})})
        assert len(look(view, last).before) == len(whole) - 1


def test_a_false_head_is_noticed(log):
    with log.store.snapshot() as snapshot:
        true = snapshot.subject("c/1")
        before = whole_history(snapshot, "c/1")[-1].link
        for false in (
            SubjectHead(true.count + 1, true.index, true.record_hash),
            SubjectHead(true.count - 1, true.index, true.record_hash),
            SubjectHead(true.count, true.index - 1, true.record_hash),
            SubjectHead(true.count, true.index, bytes(32)),
            SubjectHead(true.count, before[1], before[2]),
            SubjectHead(true.count, 10**6, true.record_hash),
        ):
            with pytest.raises(RecordHashError):
                whole_history(Changed(snapshot, heads={"c/1": false}), "c/1")
        # An older head is a true one: what it leaves out only an audit sees.
        older = Changed(snapshot, heads={"c/1": SubjectHead(true.count - 1, before[1], before[2])})
        assert len(whole_history(older, "c/1")) == true.count - 1


def test_hashes_at_an_index(log):
    with log.store.snapshot() as snapshot:
        for index in range(snapshot.size):
            checked = check_record(snapshot.record(index))
            assert record_hash_at(snapshot, index) == checked.record_hash
            assert event_hash_at(snapshot, index) == digest.event_hash(checked.event.encoded)
        assert record_hash_at(snapshot, snapshot.size) is None
        assert event_hash_at(snapshot, snapshot.size) is None
        for other in damaged(snapshot.record(3)):
            assert event_hash_at(Changed(snapshot, {3: other}), 3) is None


# --- movers ------------------------------------------------------------------------------------


def slow_mover(view, subject, base_index, allowed):
    """By looking at every record after the base, newest first."""
    for index in range(view.size - 1, base_index, -1):
        _, kind, _, encoded = event = check_record(view.record(index)).event
        head = event.event
        if kind is None or subject not in head.subjects or head.id in allowed:
            continue
        if subject in moved_subjects(kind, head.subjects, codec.decode(encoded)[-1]):
            return Mover(subject, index, head.kind)
    return None


def test_the_newest_mover_of_each_subject_after_each_base(log):
    subjects = [s for s in subjects_of(log) if s[0] in "cps"] + ["c/none"]
    with log.store.snapshot() as snapshot:
        ids = [check_record(snapshot.record(index)).event.event.id for index in range(snapshot.size)]
        for base in range(snapshot.size):
            for allowed in (NONE, frozenset({ids[-1]}), frozenset(ids[-2:]), frozenset(ids[7:8]), frozenset(ids)):
                expected = {s: m for s in subjects if (m := slow_mover(snapshot, s, base, allowed))}
                assert moved_after(snapshot, subjects, base, allowed) == expected
                for subject in subjects:
                    alone = {subject: expected[subject]} if subject in expected else {}
                    assert moved_after(snapshot, [subject], base, allowed) == alone


@pytest.mark.parametrize("subjects", list(permutations(["c/1", "c/2", "c/3", "p/Z"])))
def test_nothing_is_read_at_or_below_the_base(log, subjects):
    with log.store.snapshot() as snapshot:
        for base in range(snapshot.size):
            view = Changed(snapshot)
            moved_after(view, subjects, base, NONE)
            assert all(index > base for index in view.asked)
            assert len(view.asked) == len(set(view.asked)), "a record that many subjects lead to is read once"


def test_a_walk_is_given_up_after_so_many_steps(log, monkeypatch):
    with log.store.snapshot() as snapshot:
        steps = indexes_of(log, "c/1")[::-1]
        ids = frozenset(check_record(snapshot.record(i)).event.event.id for i in range(snapshot.size))
        first_mover = slow_mover(snapshot, "c/1", 0, NONE)
        for most in range(1, len(steps) + 2):
            monkeypatch.setattr(limits, "WALK_STEPS_MAX", most)
            # Nothing found, for all of them are in the refs: given up at the record that would be next.
            expected = {"c/1": Mover("c/1", steps[most], "?")} if most < len(steps) else {}
            assert moved_after(snapshot, ["c/1"], 0, ids) == expected
            # What moved it within the bound is named; one that lies beyond isn't found.
            near = steps.index(first_mover.index) < most
            assert moved_after(snapshot, ["c/1"], 0, NONE)["c/1"] == (first_mover if near else expected["c/1"])
            # The bound is each subject's own, and counts what lies above the base only.
            assert moved_after(snapshot, ["c/3", "c/1"], steps[0] - 1, ids) == {}


def test_damage_below_moves_nothing(log):
    with log.store.snapshot() as snapshot:
        last = indexes_of(log, "c/2")[-1]
        assert moved_after(snapshot, ["c/2"], last - 1, NONE)
        for other in [*damaged(snapshot.record(last)), snapshot.record(1)]:
            assert moved_after(Changed(snapshot, {last: other}), ["c/2"], last - 1, NONE) == {}


@pytest.mark.parametrize("body", [{"x": 1}, {}, {"place": 7}])
def test_a_body_that_is_none_of_its_kind_moves_nothing(log, body):
    # Not to be found in a log that a writer wrote; an audit meets it.
    with log.store.snapshot() as snapshot:
        last = indexes_of(log, "c/2")[-1]
        record = check_record(snapshot.record(last))
        fields = [getattr(record.event.event, name) for name in record.event.event.__struct_fields__]
        fields[0], fields[-1] = "copied.made", body
        event = codec.encode(fields)
        parts = {name: getattr(record.record, name) for name in Record.__struct_fields__ if name != "version"}
        other = encode_record(**{**parts, "event": event})
        assert moved_after(Changed(snapshot, {last: other}), ["c/2"], last - 1, NONE) == {}


def test_damage_on_the_way_of_one_subject_hides_nothing_of_the_others(log):
    with log.store.snapshot() as snapshot:
        base = indexes_of(log, "c/1")[0]
        whole = moved_after(snapshot, ["c/1", "c/2", "c/3"], base, NONE)
        assert set(whole) == {"c/1", "c/2", "c/3"}
        for index in range(base + 1, snapshot.size):
            found = moved_after(Changed(snapshot, {index: None}), ["c/1", "c/2", "c/3"], base, NONE)
            named = check_record(snapshot.record(index)).event.event.subjects
            for subject in set(whole) - set(named):
                assert found[subject] == whole[subject]


def test_unknown_kinds_move_nothing_and_lead_on(log):
    with log.store.snapshot() as snapshot:
        overlay = Overlay(snapshot)
        event = event_of("later.act", b"\5" * 16, (), ("c/2", "p/Z"), (("operator", "p/Z", 1),), (), T0, {"x": 1})
        overlay.add(seal(overlay, event, [("operator", signer("p/Z"))], log_id=log.handle.id, at_us=T0))
        last = indexes_of(log, "c/2")[-1]
        assert moved_after(overlay, ["c/2"], last, NONE) == {}
        assert moved_after(overlay, ["c/2"], last - 1, NONE) == {"c/2": Mover("c/2", last, "transferred.store")}
