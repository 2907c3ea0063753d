"""Random lives of carriers: the projection against a slow model, and against itself however the log is cut into blocks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainlog.event.compose import new_event_id
from chainlog.log.drafting import prepare
from chainlog.log.handle import propose
from chainlog.projection import runner
from chainlog.projection.custody_fold import CustodyProjection
from chainlog.projection.custody_memory import RememberedCustody
from chainlog.projection.custody_state import AsOf
from chainlog.projection.custody_view import CustodyView
from chainlog.projection.rows import EVIDENCE
from chainlog.projection.standard import standard_projections
from chainlog.store.memory_kv import MemoryKeyValue
from tests.builders import small_log
from tests.custody_model import CUSTODY, Model
from tests.signers import signer

PERSONS = ("p/甲", "p/乙", "p/丙")
CARRIERS = ("c/1", "c/2", "c/3")
HOUR = 3_600_000_000
GIVING = (
    "transferred.circulate",
    "transferred.lend",
    "transferred.take_out",
    "returned.to_keeper",
    "returned.to_issuer",
)
BODIES = {
    "created.received": {
        "level": "秘密", "sender": "u/省", "channel": "by_hand", "listed": 1, "found": 1, "seal": "intact",
    },
    "transferred.circulate": {"mode": "face_to_face"},
    "transferred.lend": {"purpose": "用", "depth": "read"},
    "transferred.take_out": {"destination": "w/外", "reason": "用"},
    "transferred.dispatch": {"to": "u/县", "channel": "by_hand"},
    "transferred.receipt": {"found": 1},
    "returned.to_keeper": {"reason": "reading"},
    "returned.to_issuer": {"to": "u/省"},
    "destroyed.carriers": {"method": "pulp"},
    "corrected.void": {"reason": "误记"},
}  # fmt: skip

person = st.sampled_from(PERSONS)
maybe = st.sampled_from((*PERSONS, ""))
step = st.fixed_dictionaries({
    "kind": st.sampled_from((
        *GIVING, *GIVING, "created.received", "transferred.store", "transferred.dispatch", "transferred.receipt",
        "destroyed.carriers", "missing", "found", "lost", "corrected.void", "corrected.void", "countersigned",
    )),
    "carriers": st.sets(st.sampled_from(CARRIERS), min_size=1),
    "giver": person,
    "receiver": maybe,
    "signs": st.lists(st.booleans(), min_size=2, max_size=2),
    "place": st.sampled_from(("", "w/一", "w/二")),
    "hours": st.integers(0, 5),
    "late": st.sampled_from((0, 0, 0, 2, 9)),
    "span": st.sampled_from((-1, 0, 0, HOUR, 24 * HOUR)),
    "target": st.integers(0, 30),
})  # fmt: skip
lives = st.lists(step, min_size=3, max_size=14)


class Life:
    """A log in memory to which steps are appended, and a projection that follows each record."""

    def __init__(self) -> None:
        self.log = small_log(persons=PERSONS)
        self.first = self.log.handle.reader.size
        self.follower = standard_projections(self.log.handle.reader)

    @property
    def reader(self):
        return self.log.handle.reader

    def entries(self):
        return list(self.reader.read_range(self.first, self.reader.size))

    def append(self, kind, body, people, subjects, occurred, refs=()):
        if not any(signs for _, _, signs in people):
            people = [*people, ("registrar", "p/甲", 1)]
        handle = self.log.handle
        with handle.store.snapshot() as snapshot:
            event = prepare(
                snapshot, kind, body=body, people=people, now_us=self.log.clock.now_us, subjects=subjects,
                occurred=occurred, refs=refs, event_id=new_event_id(self.log.clock.now_us),
            )  # fmt: skip
        handle.append(propose(event, {who: signer(who) for _, who, signs in people if signs}))
        self.follower.catch_up("custody")

    def take(self, step):
        self.log.clock.now_us += step["hours"] * HOUR
        start = self.log.clock.now_us - step["late"] * HOUR
        occurred = () if step["span"] < 0 else (start, step["span"])
        kind = step["kind"]
        if kind in ("corrected.void", "countersigned"):
            self._amend(kind, step, occurred)
            return
        carriers = sorted(step["carriers"])
        if kind == "transferred.receipt":
            with self.follower.kv.read() as transaction:
                view = CustodyView(transaction)
                carriers = [c for c in carriers if (s := view.carrier(c)) and s.custody_phase == "in_transit"]
            if not carriers or not step["receiver"]:
                return
        body = dict(BODIES.get(kind, {}))
        if step["place"] and kind != "returned.to_issuer":
            body["place"] = step["place"]
        if kind == "created.received":
            body["items"] = [{"carrier": carrier, "form": "document"} for carrier in carriers]
        if kind in ("missing", "found", "lost"):
            body["what"], kind = kind, "reported.incident"
        self.append(kind, body, self._people(kind, step), carriers, occurred)

    def _people(self, kind, step):
        one, other = (int(sign) for sign in step["signs"])
        giver, receiver = step["giver"], step["receiver"]
        if kind == "destroyed.carriers":
            return [("supervisor", giver, one)] + (
                [("supervisor", receiver, other)] if receiver not in ("", giver) else []
            )
        if kind in ("transferred.store", "reported.incident"):
            return [("registrar", giver, 1)]
        found = [("receiver", receiver, other)] if receiver else []
        return found if kind == "transferred.receipt" else [("giver", giver, one), *found]

    def _amend(self, kind, step, occurred):
        done = [entry for entry in self.entries() if entry.kind in CUSTODY or entry.kind == "corrected.void"]
        if not done:
            return
        target = done[-1 - step["target"] % min(len(done), 4)]
        if kind == "corrected.void":
            one = int(step["signs"][0])
            people = [("registrar", step["giver"], 1)]
            people += [("approver", step["receiver"], one)] if step["receiver"] else []
            self.append(kind, BODIES[kind], people, (), occurred, [target.event.id])
        elif target.kind in CUSTODY - {"transferred.receipt"}:
            unsigned = [(role, who, 1) for role, who, signs in target.event.people if not signs]
            if unsigned:
                self.append(kind, {}, unsigned[:1], (), occurred, [target.event.id])


def lived(steps):
    life = Life()
    for one in steps:
        life.take(one)
    return life


def dump(kv):
    with kv.read() as transaction:
        names = ("states", "intervals", "dated", "pairs", "acts")
        return {name: list(transaction.table(f"custody.{name}").scan()) for name in names}


def seen(view, carrier, as_of):
    state = view.carrier(carrier, as_of)
    if state is None or state.custody_phase is None:
        return None
    return (
        state.custody_phase, state.holder or "", state.place or "", state.evidence, state.since_index,
    )  # fmt: skip


@settings(max_examples=60)
@given(lives, st.sampled_from([CustodyView, RememberedCustody]))
def test_every_moment_is_as_the_model_tells_it(steps, view_of):
    life = lived(steps)
    model = Model(life.entries())
    with life.follower.kv.read() as transaction:
        view = view_of(transaction)
        size = life.reader.size
        for carrier in CARRIERS:
            for index in range(life.first - 1, size):
                expected = model.now(carrier, index)
                assert seen(view, carrier, AsOf(None, index)) == (None if expected is None else tuple(expected))
                spans = [
                    (row.person, row.phase, row.from_us, row.to_us)
                    for row in view.intervals(carrier, as_of_index=index)
                ]
                assert merged(spans) == merged([tuple(span) for span in model.spans(carrier, index)])
            assert seen(view, carrier, AsOf()) == seen(view, carrier, AsOf(None, size - 1))
            with_aside = [index for index, _ in view.dated(b"a", carrier)]
            assert with_aside == model.asides(carrier, size - 1)
            times = sorted({us for row in view.intervals(carrier) for us in (row.from_us, row.to_us) if us is not None})
            for us in {moment for time in times for moment in (time - 1, time, time + 1)}:
                for index in (size - 1, life.first + (size - life.first) // 2):
                    expected = model.at(carrier, us, index)
                    found = seen(view, carrier, AsOf(us, index))
                    assert (found and found[:3]) == (None if expected is None else tuple(expected)[:3])


def merged(spans):
    """Spans of no length left out, and those joined that differ in evidence alone."""
    found: list[tuple] = []
    for person, phase, start, stop in spans:
        if start == stop:
            continue
        if found and found[-1][:2] == (person, phase) and found[-1][3] == start:
            found[-1] = (person, phase, found[-1][2], stop)
        else:
            found.append((person, phase, start, stop))
    return found


@settings(max_examples=40)
@given(lives, st.integers(1, 7), st.data())
def test_blocks_rebuild_and_interruption_leave_the_same_tables(steps, block, data):
    life = lived(steps)
    one_by_one = dump(life.follower.kv)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "BLOCK_RECORDS", block)
        patch.setattr(runner, "REBUILD_RECORDS", data.draw(st.integers(1, 40)))
        in_blocks = runner.Projections(life.reader)
        in_blocks.register(CustodyProjection(life.reader))
        in_blocks.catch_up("custody")
        assert dump(in_blocks.kv) == one_by_one
        interrupted = runner.Projections(life.reader, MemoryKeyValue())
        entries = [entry.index for entry in life.entries()]
        failing = Failing(
            life.reader, data.draw(st.sampled_from(entries)) if entries else -1, behind=data.draw(st.booleans())
        )
        interrupted.register(failing)
        if entries:
            with pytest.raises(runner.ProjectionError, match="RuntimeError"):
                interrupted.catch_up("custody")
        failing.at = -1
        interrupted.catch_up("custody")
        assert dump(interrupted.kv) == one_by_one
        in_blocks.rebuild("custody")
        assert dump(in_blocks.kv) == one_by_one


class Failing(CustodyProjection):
    """Fails at the record at an index, before or after it has written the block."""

    def __init__(self, reader, at, *, behind):
        super().__init__(reader)
        self.at = at
        self.behind = behind

    def apply_block(self, acts, state, *, fresh):
        met = []

        def watched():
            for act in acts:
                if act.index == self.at:
                    met.append(act)
                    if not self.behind:
                        raise RuntimeError("interrupted")
                yield act

        super().apply_block(watched(), state, fresh=fresh)
        if met:
            raise RuntimeError("interrupted")


@settings(max_examples=40)
@given(lives)
def test_intervals_tile_and_indexes_agree(steps):
    life = lived(steps)
    with life.follower.kv.read() as transaction:
        view = CustodyView(transaction)
        held: dict[str, set[str]] = {name: set() for name in PERSONS}
        for carrier in CARRIERS:
            rows = view.intervals(carrier)
            for before, behind in pairwise(rows):
                assert (before.to_us, before.to_index) == (behind.from_us, behind.from_index)
                assert before.to_us is not None
                assert before.from_us <= before.to_us
            assert all(row.evidence in range(len(EVIDENCE)) for row in rows)
            assert sum(row.to_us is None for row in rows) == bool(rows)
            if rows and rows[-1].person:
                held[rows[-1].person].add(carrier)
        for name in PERSONS:
            assert {state.carrier for state in view.held_by(name)} == held[name]
            mine = [row for carrier in CARRIERS for row in view.intervals(carrier) if row.person == name]
            assert sorted(view.intervals_of_person(name), key=key) == sorted(mine, key=key)


def key(row):
    return (row.carrier, row.known_index, row.from_us)
