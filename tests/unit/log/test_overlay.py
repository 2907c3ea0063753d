"""The view of a block being built, against a list of records: growing, dropping, growing again."""

from __future__ import annotations

import random

from chainlog import digest
from chainlog.log.overlay import Overlay
from chainlog.record.record import SubjectHead
from tests.builders import small_log
from tests.hand import seal
from tests.signers import signer


class Counting:
    """A view that counts what it is asked."""

    def __init__(self, view):
        self._view, self.asked = view, []
        self.size, self.last_hash = view.size, view.last_hash

    def record(self, index):
        return self._view.record(index)

    def subject(self, subject):
        self.asked.append(subject)
        return self._view.subject(subject)

    def index_of(self, event_id):
        return self._view.index_of(event_id)


def test_an_overlay_is_the_log_with_its_own_records_on_top():
    log = small_log()
    log.record("checked.carrier", {"operator": "p/Z"}, body={"reason": "other", "passed": True}, subjects=["c/0"])
    events = [
        log.handle.prepare("checked.carrier", body={"reason": "other", "passed": True}, people={"operator": "p/Z"},
                           subjects=[f"c/{n % 4}", f"c/{n % 3}"])
        for n in range(30)
    ]  # fmt: skip
    rnd = random.Random(5)
    with log.store.snapshot() as snapshot:
        below = Counting(snapshot)
        overlay = Overlay(below)
        model = []
        subjects = ["p/Z", "p/C", "s/log", "c/none", *(f"c/{n}" for n in range(5))]
        for _ in range(200):
            if rnd.random() < 0.6 and len(model) < 30:
                free = [event for event in events if event not in model]
                event = rnd.choice(free)
                checked = seal(overlay, event, [("operator", signer("p/Z"))], log_id=log.handle.id, at_us=1)
                overlay.add(checked)
                model.append(event)
            else:
                keep = rnd.randrange(len(model) + 1)
                overlay.drop_to(5 + keep)
                del model[keep:]
            assert overlay.size == 5 + len(model)
            assert len(overlay.records) == len(overlay.hashes) == len(overlay.ids) == len(model)
            last = overlay.hashes[-1] if model else snapshot.last_hash
            assert overlay.last_hash == last
            assert overlay.record(4) == snapshot.record(4)
            assert [overlay.record(5 + n) for n in range(31)] == [*overlay.records, *[None] * (31 - len(model))]
            assert [digest.record_hash(data) for data in overlay.records] == overlay.hashes
            assert overlay.ids == [(event.event.id, 5 + n) for n, event in enumerate(model)]
            for event in events:
                assert overlay.index_of(event.event.id) == (5 + model.index(event) if event in model else None)
            for subject in subjects:
                places = [n for n, event in enumerate(model) if subject in event.event.subjects]
                under = snapshot.subject(subject)
                count = (0 if under is None else under.count) + len(places)
                expected = SubjectHead(count, 5 + places[-1], overlay.hashes[places[-1]]) if places else under
                assert overlay.subject(subject) == expected
                assert (subject in overlay.heads) == bool(places)
        # However often it was asked: each subject is read from below once.
        assert len(below.asked) == len(set(below.asked))
