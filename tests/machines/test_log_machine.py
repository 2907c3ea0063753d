"""A log against a list of events: appended here or drafted elsewhere, by several handles, over both engines."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from chainlog.errors import DuplicateIdError, HeadMovedError, RefusedError
from chainlog.event.model import CheckedEvent
from chainlog.log.genesis import Policy
from chainlog.log.handle import LogHandle, propose
from chainlog.record.draft import Draft
from chainlog.record.statement import EnrolStatement
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.memory import MemoryStore
from tests.builders import ADMINISTRATORS, SmallLog, small_log
from tests.hand import check_log
from tests.profile import DEEP
from tests.signers import signer

PERSONS = ["p/Z", "p/C", "p/N"]
CARRIERS = ["c/1", "c/2", "c/3"]
TWO = {person: signer(person) for person in ADMINISTRATORS[:2]}

# Act: kind, body, role, whether it names the list, what it moves, what it guards ("c": its carriers, "l": the list).
ACTS = {
    "look": ("checked.carrier", {"reason": "other", "passed": True}, "operator", False, "", ""),
    "store": ("transferred.store", {}, "registrar", False, "c", "c"),
    "withdraw": ("listed.withdrawn", {"reason": "x"}, "registrar", True, "l", "l"),
    "destroy": ("destroyed.carriers", {"method": "pulp"}, "supervisor", True, "c", "cl"),
}


class Wish(NamedTuple):
    """An event to be appended, and what the model needs to know of it."""

    event: CheckedEvent
    person: str
    key: int  # the number of the key that signs
    moves: frozenset[str]
    guards: frozenset[str]
    base: int  # only of drafts
    draft: Draft | None


class Standing(NamedTuple):
    """An event that stands, as the model sees it."""

    id: bytes
    encoded: bytes
    subjects: tuple[str, ...]
    moves: frozenset[str]


def key_of(person, number):
    return signer(f"{person} key {number}")


class LogMachine(RuleBasedStateMachine):
    wishes: Any = Bundle("wishes")

    def open_store(self, *, create):
        raise NotImplementedError

    @initialize()
    def create(self):
        self.directory = Path(tempfile.mkdtemp())
        self.log = small_log(store=self.open_store(create=True), persons=[])
        self.clock = self.log.clock
        self.handles = [self.log.handle]
        self.events: list[Standing] = []
        self.keys: dict[tuple[str, int], list[int | None]] = {}  # since, until
        self.numbers = dict.fromkeys(PERSONS, 0)
        self.profile = "township"
        self.looked_at: Any = None
        entry = self.handles[0].reader.read(0)
        self.stand(entry.event, entry.record.event, frozenset())
        for person in PERSONS[:2]:
            self.enrol(self.handles[0], person)

    def teardown(self):
        if hasattr(self, "handles"):
            for handle in self.handles:
                handle.close()
            shutil.rmtree(self.directory)

    def stand(self, event, encoded, moves):
        self.events.append(Standing(event.id, encoded, event.subjects, moves))

    # --- what the model says --------------------------------------------------------------------

    def place_of(self, wish):
        return next((index for index, event in enumerate(self.events) if event.id == wish.event.event.id), None)

    def refusal_of(self, wish):
        """The error that the next record deserves if it were this one, None if it may stand."""
        if any(event.moves & wish.guards for event in self.events[wish.base + 1 :] if wish.draft is not None):
            return HeadMovedError
        since, until = self.keys.get((wish.person, wish.key), [None, None])
        return RefusedError if since is None or until is not None else None

    def append(self, handle, wishes):
        """Append in one commit, and see that all went as the model says."""
        requests = [wish.draft or propose(wish.event, {wish.person: key_of(wish.person, wish.key)}) for wish in wishes]
        before, expected, places = list(self.events), None, []
        for wish in wishes:
            place = self.place_of(wish)
            if place is None:
                expected = self.refusal_of(wish)
                if expected is not None:
                    break
                self.stand(wish.event.event, wish.event.encoded, wish.moves)
                places.append((len(self.events) - 1, False))
            elif self.events[place].encoded == wish.event.encoded:
                places.append((place, True))
            else:
                expected = DuplicateIdError
                break
        if expected is None:
            receipts = handle.append_many(requests)
            assert [(receipt.index, receipt.existed) for receipt in receipts] == places
            return
        self.events = before
        try:
            handle.append_many(requests)
        except expected:
            return
        raise AssertionError(f"{expected.__name__} was due")

    # --- rules ----------------------------------------------------------------------------------

    def pick(self, number):
        return self.handles[number % len(self.handles)]

    @rule(target=wishes, number=st.integers(0, 5), act=st.sampled_from(sorted(ACTS)), person=st.sampled_from(PERSONS),
          carriers=st.sets(st.sampled_from(CARRIERS), min_size=1), elsewhere=st.booleans())  # fmt: skip
    def prepare(self, number, act, person, carriers, elsewhere):
        return self.wish(self.pick(number), act, person, carriers, elsewhere=elsewhere)

    def wish(self, handle, act, person, carriers, *, elsewhere):
        kind, body, role, listed, moves, guards = ACTS[act]
        subjects = sorted(carriers) + ["l/1"] * listed
        event = handle.prepare(kind, body=body, people=[(role, person, 1)], subjects=subjects)
        groups = {"c": carriers, "l": {"l/1"}}
        draft = None
        if elsewhere:
            draft = handle.draft(event)
            key = key_of(person, self.numbers[person])
            draft = draft.sign(key, role=role, person=person, signed_at_us=self.clock())
        return Wish(event, person, self.numbers[person], *(
            frozenset(subject for group in letters for subject in groups[group]) for letters in (moves, guards)
        ), base=draft.base[0] if draft else -1, draft=draft)  # fmt: skip

    @rule(
        number=st.integers(0, 5),
        acts=st.tuples(*[st.sampled_from(sorted(ACTS))] * 2),
        persons=st.tuples(*[st.sampled_from(PERSONS)] * 2),
    )
    def race(self, number, acts, persons):
        """Two drafts on one base, one of which may make the other stale; perhaps a key is revoked between them."""
        one, two = (
            self.wish(self.pick(number), act, person, {"c/1"}, elsewhere=True)
            for act, person in zip(acts, persons, strict=True)
        )
        self.append(self.pick(number), [one])
        if number == 5:
            self.revoke(number, persons[1])
        self.append(self.pick(number + 1), [two])

    @rule(number=st.integers(0, 5), wish=wishes)
    def append_one(self, number, wish):
        self.append(self.pick(number), [wish])

    @rule(number=st.integers(0, 5), chosen=st.lists(wishes, min_size=2, max_size=5))
    def append_block(self, number, chosen):
        self.append(self.pick(number), chosen)

    @rule(target=wishes, number=st.integers(0, 5), wish=consumes(wishes))
    def reuse_an_id(self, number, wish):
        """Another event under the id of one that was prepared."""
        event = self.pick(number).prepare(
            "checked.carrier", body={"reason": "repair", "passed": True}, people=[("operator", wish.person, 1)],
            subjects=["c/9"], event_id=wish.event.event.id,
        )  # fmt: skip
        return multiple(wish, Wish(event, wish.person, wish.key, frozenset(), frozenset(), -1, None))

    @rule(number=st.integers(0, 5), person=st.sampled_from(PERSONS))
    def enrol_another_key(self, number, person):
        if len(self.events) < 90:
            self.enrol(self.pick(number), person)

    def enrol(self, handle, person):
        number = self.numbers[person] + 1
        key = key_of(person, number)
        proof = key.sign_enrolment(EnrolStatement(handle.id, person, 1, key.public_key))
        self.administer(handle, "enrolled", {"person": person, "key": (1, key.public_key), "proof": proof})
        self.numbers[person] = number
        self.keys[person, number] = [len(self.events) - 1, None]

    @rule(number=st.integers(0, 5), person=st.sampled_from(PERSONS))
    def revoke_a_key(self, number, person):
        self.revoke(number, person)

    def revoke(self, number, person):
        entry = self.keys.get((person, self.numbers[person]))
        if entry is None or entry[1] is not None:
            return
        key = key_of(person, self.numbers[person])
        self.administer(self.pick(number), "revoked", {"person": person, "key": (1, key.public_key), "reason": "lost"})
        entry[1] = len(self.events) - 1

    @rule(number=st.integers(0, 5), what=st.sampled_from(["adopt", "open_another", "reopen", "set_the_clock_back"]))
    def disturb(self, number, what):
        getattr(self, what)(number)

    def adopt(self, number):
        self.profile = f"policy {len(self.events)}"
        body = Policy(self.profile, "1", 0, {"min.supervisors": ["2"]}).body()
        self.administer(self.pick(number), "policy_adopted", body)

    def open_another(self, number):
        if len(self.handles) < 3:
            self.handles.append(LogHandle(self.open_store(create=False), log_signer=signer("log"), clock=self.clock))

    def reopen(self, number):
        place = number % len(self.handles)
        self.handles[place].close()
        self.handles[place] = LogHandle(self.open_store(create=False), log_signer=signer("log"), clock=self.clock)

    def set_the_clock_back(self, number):
        self.clock.now_us -= (number + 1) * 600_000_000

    def administer(self, handle, kind, body):
        event = handle.prepare(kind, body=body, people={"administrator": list(TWO)})
        assert handle.append(propose(event, TWO)).index == len(self.events)
        self.stand(
            event.event,
            event.encoded,
            frozenset(s for s in event.event.subjects if s[0] == "s" or s == body.get("person")),
        )

    # --- what holds always ------------------------------------------------------------------------

    @invariant()
    def all_is_well(self):
        # Nothing new, nothing to look at again.
        if hasattr(self, "handles") and self.looked_at != (state := (len(self.events), [id(h) for h in self.handles])):
            self.every_handle_reads_the_model()
            check_log(SmallLog(self.handles[0], self.handles[0].store, self.clock, TWO))
            self.looked_at = state

    def every_handle_reads_the_model(self):
        for handle in self.handles:
            reader = handle.reader
            entries = list(reader.read_range(0, 10**6))
            assert [entry.record.event for entry in entries] == [event.encoded for event in self.events]
            assert reader.size == len(self.events)
            for subject in (*CARRIERS, "c/9", "l/1", *PERSONS, "s/policy"):
                places = [index for index, event in enumerate(self.events) if subject in event.subjects]
                assert [entry.index for entry in reader.history(subject)] == places[::-1]
            last = self.events[-1]
            assert reader.find(last.id).index == len(self.events) - 1
            with handle.authority() as authority:
                assert authority.policies()[-1].body.profile == self.profile
                for (person, number), (since, until) in self.keys.items():
                    history = authority.key(key_of(person, number).public_key)
                    assert (history.holder, history.since, history.until) == (person, since, until)


class Shared(MemoryStore):
    """One store under several handles: closing one of them closes nothing."""

    def close(self):
        pass


class InMemory(LogMachine):
    def open_store(self, *, create):
        if create:
            self.store = Shared()
        return self.store


class OnDisk(LogMachine):
    def open_store(self, *, create):
        path = self.directory / "log"
        return LmdbStore.create(path) if create else LmdbStore.open(path)


STEPS = settings(max_examples=400 if DEEP else 20, stateful_step_count=40 if DEEP else 25)
InMemory.TestCase.settings = STEPS
OnDisk.TestCase.settings = STEPS
TestInMemory = InMemory.TestCase
TestOnDisk = OnDisk.TestCase
