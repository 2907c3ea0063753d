"""The writer: receipts, heads and tiles after each commit, idempotent ids, unknown outcomes, threads, harm from outside."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from chainlog import digest
from chainlog.authority.state import ViewAuthority
from chainlog.errors import (
    BusyError,
    CheckpointError,
    ConflictError,
    DuplicateIdError,
    FormatError,
    HandleClosedError,
    LimitError,
    OutcomeUnknownError,
    ReadOnlyError,
    RecordHashError,
    RefusedError,
    SignatureError,
    StoreFullError,
    UsageError,
)
from chainlog.log.block import BlockBuilder
from chainlog.log.handle import LogHandle, propose
from chainlog.log.head import Head, decode_head
from chainlog.log.queue import Job
from chainlog.log.request import Proposal
from chainlog.log.writer import Writer
from chainlog.record import keys
from chainlog.record.record import check_record
from chainlog.record.statement import EnrolStatement
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.memory import MemoryStore
from chainlog.store.port import Block
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from tests.builders import Clock, SmallLog, made_genesis, signed_genesis, small_log
from tests.hand import check_log, contents, folded, nothing_written
from tests.signers import signer


def checked(log, carrier="c/1", person="p/Z", **rest):
    """A proposal of an event that moves nothing, so that any number may stand on one base."""
    event = log.handle.prepare(
        "checked.carrier",
        body={"reason": "other", "passed": True},
        people={"operator": person},
        subjects=[carrier],
        **rest,
    )
    return propose(event, {person: signer(person)})


def draft_of(log, proposal):
    draft = log.handle.draft(proposal.event)
    for role, person, key in proposal.signers:
        draft = draft.sign(key, role=role, person=person, signed_at_us=log.clock())
    return draft


def bad(log):
    """A proposal that is refused: its signer isn't enrolled."""
    proposal = checked(log)
    return Proposal(proposal.event, (("operator", "p/Z", signer("nobody")),))


def engines(tmp_path):
    yield MemoryStore()
    yield LmdbStore.create(tmp_path / "log")


# --- receipts and commits ------------------------------------------------------------------------


def test_each_commit_leaves_a_whole_log(tmp_path):
    for store in engines(tmp_path):
        log = small_log(store=store)
        check_log(log)
        for count in (1, 2, 7, 240, 1, 5, 1, 300, 1):
            before = log.handle.reader.size
            receipts = log.handle.append_many([checked(log, f"c/{n % 9}") for n in range(count)])
            assert [receipt.index for receipt in receipts] == list(range(before, before + count))
            head = check_log(log)
            for receipt in receipts:
                entry = log.handle.reader.read(receipt.index)
                assert receipt.record_hash == entry.record_hash
                assert receipt.event_hash == digest.event_hash(entry.record.event)
                assert (receipt.event_id, receipt.recorded_at_us) == (entry.event.id, entry.recorded_at_us)
                assert (receipt.log_id, receipt.checkpoint, receipt.existed) == (log.handle.id, head.checkpoint, False)
        store.close()


def test_all_records_of_a_commit_bear_one_time():
    log = small_log()
    receipts = log.handle.append_many([checked(log) for _ in range(3)])
    assert len({receipt.recorded_at_us for receipt in receipts}) == 1
    # It may go back: the index alone orders.
    log.clock.now_us -= 10**9
    assert log.handle.append(checked(log)).recorded_at_us < receipts[0].recorded_at_us
    check_log(log)


def test_nothing_asked_nothing_done():
    log = small_log()
    with nothing_written(log):
        assert log.handle.append_many([]) == []


def test_what_is_no_request():
    log = small_log()
    proposal = checked(log)
    with nothing_written(log):
        for other in (None, proposal.event, b"", (proposal, proposal)):
            with pytest.raises(UsageError):
                log.handle.append(other)
        with pytest.raises(LimitError):
            log.handle.append_many([proposal] * 10_001)


@pytest.mark.parametrize("now", [1.5, True, "1", None, 2**53, -(2**53)])
def test_a_clock_that_gives_no_time(now):
    log = small_log()
    writer = Writer(log.store, log_id=log.handle.id, name="draft.test", log_signer=signer("log"), clock=lambda: now)
    with nothing_written(log), pytest.raises(UsageError):
        writer.append(draft_of(log, checked(log)))


def test_requests_are_taken_as_they_were_when_asked():
    log = small_log()
    requests = [checked(log)]
    seen = []

    def guard(record, authority, view):
        requests.append(bad(log))
        seen.append(record.record.index)

    writer = Writer(
        log.store, log_id=log.handle.id, name="draft.test", log_signer=signer("log"), clock=log.clock, guard=guard
    )
    assert [receipt.index for receipt in writer.append_many(requests)] == [4]
    assert seen == [4]


# --- all or none -------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_request_takes_the_others_with_it(place):
    log = small_log()
    requests = [checked(log), checked(log, "c/2")]
    requests.insert(place, bad(log))
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        log.handle.append_many(requests)
    assert caught.value.finding == "unknown-key"
    requests.pop(place)
    assert len(log.handle.append_many(requests)) == 2
    check_log(log)


def test_a_block_that_fails_leaves_no_authority_behind():
    """A key that a dropped event enrolled for somebody is not his when another event enrols it for somebody else."""
    log = small_log()
    key = signer("shared")

    def enrolment(person):
        proof = key.sign_enrolment(EnrolStatement(log.handle.id, person, 1, key.public_key))
        body = {"person": person, "key": (1, key.public_key), "proof": proof}
        event = log.handle.prepare("enrolled", body=body, people={"administrator": list(log.administrators)})
        return propose(event, log.administrators)

    def act(person):
        event = checked(log, person=person).event
        return Proposal(event, (("operator", person, key),))

    with nothing_written(log), pytest.raises(RefusedError):
        log.handle.append_many([enrolment("p/X"), act("p/X"), bad(log)])
    log.handle.append(enrolment("p/Y"))
    with nothing_written(log), pytest.raises(RefusedError) as caught:
        log.handle.append(act("p/X"))
    assert caught.value.finding == "foreign-signature"
    log.handle.append(act("p/Y"))
    check_log(log)


def test_a_policy_of_a_dropped_block_is_not_in_force():
    log = small_log(recovery=("p/R1", "p/R2"))
    listed = [[p, (1, signer(p).public_key)] for p in ("p/A1", "p/A2", "p/N")]
    event = log.handle.prepare("administered", body={"administrators": listed, "threshold": 3},
                               people={"administrator": ["p/A1", "p/A2", "p/N"]})  # fmt: skip
    change = propose(event, {p: signer(p) for p in ("p/A1", "p/A2", "p/N")})
    with nothing_written(log), pytest.raises(RefusedError):
        log.handle.append_many([change, bad(log)])
    log.enrol("p/M")  # by two administrators still
    with pytest.raises(RefusedError):
        log.handle.append_many([change, propose(log.handle.prepare("log_closed", body={"successor": "x"},
                                people={"administrator": ["p/A1", "p/A2"]}), log.administrators)])  # fmt: skip
    log.handle.append(change)
    check_log(log)


# --- the same id again ---------------------------------------------------------------------------


def test_appending_again_answers_with_the_first_receipt():
    log = small_log()
    proposal, draft = checked(log), draft_of(log, checked(log, "c/2"))
    first = log.handle.append_many([proposal, draft])
    head = log.handle.reader.head().checkpoint
    with nothing_written(log):
        for again in (log.handle.append_many([proposal, draft]), log.handle.append_many([draft, proposal])[::-1],
                      [log.handle.append(proposal), log.handle.append(draft)]):  # fmt: skip
            for one, two in zip(first, again, strict=True):
                assert two.existed
                assert not one.existed
                assert (two.index, two.record_hash, two.event_hash, two.recorded_at_us) == (
                    one.index, one.record_hash, one.event_hash, one.recorded_at_us,
                )  # fmt: skip
                assert two.checkpoint == head
    # Beside something new the receipt is under the new head, which covers both.
    old, new = log.handle.append_many([proposal, checked(log, "c/3")])
    assert (old.existed, new.existed, old.index, new.index) == (True, False, 4, 6)
    assert old.checkpoint == new.checkpoint == log.handle.reader.head().checkpoint


def test_the_same_event_twice_in_one_block_stands_once():
    log = small_log()
    proposal = checked(log)
    receipts = log.handle.append_many([proposal, proposal, checked(log, "c/2")])
    assert [(receipt.index, receipt.existed) for receipt in receipts] == [(4, False), (4, True), (5, False)]
    check_log(log)


def test_an_id_with_other_content_is_refused_with_its_place():
    log = small_log()
    proposal = checked(log)
    receipt = log.handle.append(proposal)
    other = checked(log, "c/2", event_id=proposal.event.event.id)
    for request in (other, draft_of(log, other)):
        with nothing_written(log), pytest.raises(DuplicateIdError) as caught:
            log.handle.append(request)
        assert (caught.value.event_id, caught.value.index) == (receipt.event_id, 4)
    with nothing_written(log), pytest.raises(DuplicateIdError):
        one = checked(log, "c/4")
        log.handle.append_many([one, checked(log, "c/5", event_id=one.event.event.id)])


# --- what a commit may do -------------------------------------------------------------------------


class Failing(MemoryStore):
    """A store whose next commit fails: *error*, with the block landed or not."""

    def __init__(self):
        super().__init__()
        self.plan: list[tuple[BaseException, bool]] = []

    def commit(self, block, *, expected):
        if self.plan:
            error, landed = self.plan.pop(0)
            if landed:
                super().commit(block, expected=expected)
            raise error
        super().commit(block, expected=expected)


FAILURES: list[tuple[BaseException, bool, bool]] = [
    # what the store raises, whether the block is there, whether the writer goes on
    (StoreFullError("x"), False, True),
    (ConflictError("x"), False, True),
    (BusyError(timeout_s=1), False, True),
    (OutcomeUnknownError("x"), False, False),
    (OutcomeUnknownError("x"), True, False),
    (KeyboardInterrupt(), False, True),
    (KeyboardInterrupt(), True, True),
    (MemoryError(), False, True),
]


@pytest.mark.parametrize(("error", "landed", "open_"), FAILURES)
@pytest.mark.parametrize("kind", ["proposal", "draft"])
def test_whatever_a_commit_does_the_id_settles_it(error, landed, open_, kind):
    store = Failing()
    log = small_log(store=store)
    log.handle.append(checked(log, "c/0"))
    proposal = checked(log)
    request = proposal if kind == "proposal" else draft_of(log, proposal)
    event_id = proposal.event.event.id
    store.plan = [(error, landed)]
    with pytest.raises(type(error)):
        log.handle.append(request)
    if open_:
        log.handle.append(checked(log, "c/2"))
    else:
        with pytest.raises(HandleClosedError):
            log.handle.append(checked(log, "c/2"))
    # After opening anew, and asking by id, it is known; trying again does no harm.
    again = SmallLog(LogHandle(store, log_signer=signer("log"), clock=log.clock), store, log.clock, log.administrators)
    found = again.handle.reader.find(event_id)
    assert (found is not None) == landed
    receipt = again.handle.append(request)
    assert receipt.existed == landed
    assert receipt.index == (5 if landed else 6 if open_ else 5)
    assert again.handle.reader.find(event_id).index == receipt.index
    check_log(again)


def test_a_failed_commit_is_forgotten():
    """Nothing of it stays in what the writer remembers: not the tail of the tile, the head, nor any key."""
    store = Failing()
    log = small_log(store=store)
    log.handle.append_many([checked(log) for _ in range(250)])
    for n in range(8):
        store.plan = [(StoreFullError("x"), False)]
        with pytest.raises(StoreFullError):
            log.handle.append(checked(log, "c/gone"))
        log.handle.append(checked(log, f"c/{n}"))
    check_log(log)
    store.plan = [(StoreFullError("x"), False)]
    with pytest.raises(StoreFullError):
        log.enrol("p/N", key=signer("p/N"))
    with nothing_written(log), pytest.raises(RefusedError):
        log.record("checked.carrier", {"operator": "p/N"}, body={"reason": "other", "passed": True}, subjects=["c/1"])
    log.enrol("p/M", key=signer("p/N"))
    check_log(log)


def test_a_closed_writer_refuses():
    log = small_log()
    proposal = checked(log)
    log.handle.writer.close()
    with nothing_written(log), pytest.raises(HandleClosedError):
        log.handle.append(proposal)


def test_a_handle_without_the_log_key_reads_only():
    log = small_log()
    proposal = checked(log)
    reader = LogHandle(log.store)
    assert reader.reader.size == 4
    with nothing_written(log), pytest.raises(ReadOnlyError):
        reader.append(proposal)
    store = MemoryStore()
    store.read_only = True
    with pytest.raises(ReadOnlyError):
        Writer(store, log_id=None, name="draft.test", log_signer=signer("log"))


def test_the_log_key_must_be_the_one_in_force():
    log = small_log()
    other = LogHandle(log.store, log_signer=signer("p/Z"), clock=log.clock)
    with nothing_written(log):
        for request in (checked(log), draft_of(log, checked(log))):
            with pytest.raises(ReadOnlyError):
                other.append(request)
    # What stands there is answered all the same.
    proposal = checked(log)
    log.handle.append(proposal)
    assert other.append(proposal).existed


# --- signers that are not ours -------------------------------------------------------------------


class Token:
    """A signer that lies elsewhere, and may be wrong."""

    def __init__(self, name, spoil=None):
        self.public_key = signer(name).public_key
        self._signer = signer(name)
        self._spoil = spoil or (lambda signature: signature)

    def sign_event(self, statement):
        return self._spoil(self._signer.sign_event(statement))

    def sign_enrolment(self, statement):
        return self._spoil(self._signer.sign_enrolment(statement))

    def sign_checkpoint(self, note_text):
        return self._spoil(self._signer.sign_checkpoint(note_text))


def test_what_a_foreign_signer_returns_is_verified():
    log = small_log()
    event = checked(log).event
    assert log.handle.append(Proposal(event, (("operator", "p/Z", Token("p/Z")),))).index == 4
    event = checked(log).event
    for spoil in (lambda s: bytes(64), lambda s: s[:63] + bytes([s[63] ^ 1]), lambda s: s[:32]):
        with nothing_written(log), pytest.raises(RefusedError) as caught:
            log.handle.append(Proposal(event, (("operator", "p/Z", Token("p/Z", spoil)),)))
        assert caught.value.finding == "bad-signature"


def test_a_head_that_a_faulty_token_signed_is_never_stored():
    log = small_log()
    good = LogHandle(log.store, log_signer=Token("log"), clock=log.clock)
    assert good.append(checked(log)).index == 4
    faulty = LogHandle(log.store, log_signer=Token("log", lambda s: bytes(64)), clock=log.clock)
    with nothing_written(log), pytest.raises(CheckpointError):
        faulty.append(checked(log))
    check_log(log)


def test_whatever_a_signer_or_a_rule_raises_is_its_callers_business():
    log = small_log()

    class Raises(Token):
        def sign_event(self, statement):
            raise OSError("the token was pulled out")

    jobs = [
        Job([checked(log)]),
        Job([Proposal(checked(log).event, (("operator", "p/Z", Raises("p/Z")),))]),
        Job([checked(log)]),
    ]
    log.handle.writer._commit(jobs)
    assert [job.receipts and job.receipts[0].index for job in jobs] == [4, None, 5]
    assert isinstance(jobs[1].error, OSError)

    def guard(record, authority, view):
        if "c/ZZ" in record.event.event.subjects:
            raise LookupError("a rule is broken")

    writer = Writer(
        log.store, log_id=log.handle.id, name="draft.test", log_signer=signer("log"), clock=log.clock, guard=guard
    )
    with nothing_written(log), pytest.raises(LookupError):
        writer.append_many([checked(log), checked(log, "c/ZZ")])
    assert writer.append(checked(log)).index == 6
    check_log(log)


def test_a_key_signs_once_in_a_role():
    log = small_log()
    event = log.handle.prepare("checked.carrier", body={"reason": "other", "passed": True},
                               people=[("operator", "p/Z", 2)], subjects=["c/1"])  # fmt: skip
    twice = Proposal(event, (("operator", "p/Z", signer("p/Z")), ("operator", "p/Z", signer("p/Z"))))
    with nothing_written(log), pytest.raises(FormatError):
        log.handle.append(twice)
    with nothing_written(log), pytest.raises(FormatError):
        log.handle.append(propose(event, {"p/Z": [signer("p/Z"), signer("p/Z")]}))
    log.enrol("p/Z", key=signer("second"))
    event = log.handle.prepare("checked.carrier", body={"reason": "other", "passed": True},
                               people=[("operator", "p/Z", 2)], subjects=["c/1"])  # fmt: skip
    log.handle.append(propose(event, {"p/Z": [signer("p/Z"), signer("second")]}))
    check_log(log)


def test_a_draft_put_together_in_a_program_is_checked_like_a_file():
    log = small_log()
    draft = draft_of(log, checked(log))
    good = draft.signatures[0]
    two = draft_of(log, propose(log.handle.prepare(
        "checked.carrier", body={"reason": "other", "passed": True}, people={"operator": ["p/Z", "p/C"]}, subjects=["c/1"],
    ), {p: signer(p) for p in ("p/Z", "p/C")}))  # fmt: skip
    wrong: list[Any] = [
        draft._replace(signatures=(good, good)),
        draft._replace(signatures=(good._replace(signed_at_us=2**60),)),
        draft._replace(signatures=(good._replace(signed_at_us=-1),)),
        draft._replace(signatures=(good._replace(signed_at_us=1.5),)),
        draft._replace(signatures=(good._replace(person="p/C"),)),
        draft._replace(signatures=(good._replace(role="Operator"),)),
        draft._replace(signatures=(good._replace(signature=good.signature[:63]),)),
        draft._replace(signatures=(good._replace(public_key=good.public_key[:31]),)),
        draft._replace(base=(draft.base[0], b"")),
        draft._replace(base=(-1, draft.base[1])),
        draft._replace(log_id=b""),
        draft._replace(event=b"\x98"),
        draft._replace(event=draft.event + b"\0"),
        two._replace(signatures=two.signatures[::-1]),
    ]
    for request in wrong:
        with nothing_written(log), pytest.raises(FormatError):
            log.handle.append(request)
    for request in (draft._replace(signatures=(good._replace(signed_at_us=good.signed_at_us + 1),)),
                    draft._replace(base=(draft.base[0], bytes(32)))):  # fmt: skip
        with nothing_written(log), pytest.raises(SignatureError):
            log.handle.append(request)
    log.handle.append_many([draft, two])
    check_log(log)


# --- a log that somebody without keys has changed --------------------------------------------------


def tampered(log, **changes):
    """A store with the same content but for some of what a commit wrote last."""
    store = MemoryStore()
    with log.store.snapshot() as snapshot:
        fields = {"records": [data for _, data in snapshot.records(0, snapshot.size)], "head": snapshot.head,
                  "last_hash": snapshot.last_hash} | changes  # fmt: skip
        ids = [(check_record(snapshot.record(i)).event.event.id, i) for i in range(snapshot.size)]
        with store.exclusive(timeout_s=1):
            store.commit(
                Block(first=0, ids=ids, subjects=list(snapshot.subjects()), tiles=[], checkpoints=[], **fields),
                expected=(0, digest.ZERO),
            )
    return store


def test_a_head_without_the_log_keys_signature_is_not_signed_over():
    log = small_log()
    log.handle.append(checked(log))
    head = log.handle.reader.head()
    roots = list(head.frontier.roots)
    other = head._replace(frontier=type(head.frontier)(head.size, (bytes(32), *roots[1:])))
    spoiled = [
        other.encoded(),
        head._replace(checkpoint=head.checkpoint[:-3] + b"AA\n").encoded(),
        head._replace(checkpoint=b"").encoded(),
        head._replace(last_hash=bytes(32)).encoded(),
        head._replace(checkpoint=small_log(nonce=b"\1" * 32).handle.reader.head().checkpoint).encoded(),
        b"",
        b"\xc0",
    ]
    for data in spoiled:
        store = tampered(log, head=data)
        with pytest.raises(CheckpointError):
            LogHandle(store)
        writer = Writer(store, log_id=log.handle.id, name="draft.test", log_signer=signer("log"), clock=log.clock)
        with pytest.raises(CheckpointError):
            writer.append(checked(log))
    assert LogHandle(tampered(log)).reader.size == 5


def test_what_is_put_into_an_open_log_is_not_signed_over():
    """Records without the log's head may be written to its files by others; a writer that is open notices."""
    log = small_log()
    log.handle.append(checked(log))
    store = tampered(log)
    handle = LogHandle(store, log_signer=signer("log"), clock=log.clock)
    proposal = checked(log)
    assert handle.append(checked(log, "c/9")).index == 5
    # Somebody appends a record of his own, with all tables in order, and signs the head with another key.
    with store.snapshot() as snapshot:
        intruder = BlockBuilder(snapshot, ViewAuthority(snapshot), log_id=handle.id, now_us=log.clock(), verify=keys.verify,
                                guard=None)  # fmt: skip
        intruder.add_all([propose(checked(log, "c/8").event, {"p/Z": signer("p/Z")})])
        head = decode_head(snapshot.head)
        frontier = head.frontier.extend(intruder.overlay.hashes)
        note = sign_checkpoint(Checkpoint(handle.origin, 7, frontier.root()), signer=signer("p/Z"))
        block = Block(6, intruder.overlay.records, intruder.overlay.ids, list(intruder.overlay.heads.items()), [],
                      Head(7, intruder.overlay.last_hash, frontier, note).encoded(), [], intruder.overlay.last_hash)  # fmt: skip
        with store.exclusive(timeout_s=1):
            store.commit(block, expected=(6, snapshot.last_hash))
    with pytest.raises(CheckpointError):
        handle.append(proposal)
    with pytest.raises(CheckpointError):
        LogHandle(store)


def test_a_damaged_record_under_the_authority_stops_the_writer():
    log = small_log()
    with log.store.snapshot() as snapshot:
        records = [data for _, data in snapshot.records(0, snapshot.size)]
    place = records[2].index(signer("p/Z").public_key)
    records[2] = records[2][:place] + bytes([records[2][place] ^ 1]) + records[2][place + 1 :]
    handle = LogHandle(tampered(log, records=records), log_signer=signer("log"), clock=log.clock)
    with pytest.raises(RecordHashError) as caught:
        handle.append(checked(log))
    assert caught.value.index == 2
    assert handle.append(checked(log, person="p/C")).index == 4


# --- several writers -------------------------------------------------------------------------------


def test_two_writers_of_one_log_take_turns():
    log = small_log()
    others = [LogHandle(log.store, log_signer=signer("log"), clock=log.clock) for _ in range(3)]
    for n in range(280):
        assert others[n % 3].append(checked(log, f"c/{n % 5}")).index == 4 + n
    others[0].append(propose(checked(log).event, {"p/Z": signer("p/Z")}))
    # What one of them did to keys and policies counts for the others at once.
    log.enrol("p/N")
    event = checked(log, person="p/N").event
    others[1].append(propose(event, {"p/N": signer("p/N")}))
    log.administer("revoked", {"person": "p/N", "key": (1, signer("p/N").public_key), "reason": "lost"})
    with pytest.raises(RefusedError):
        others[1].append(propose(checked(log, person="p/N").event, {"p/N": signer("p/N")}))
    check_log(log)


@pytest.mark.parametrize("engine", ["memory", "lmdb"])
def test_sixteen_threads_with_bad_requests_among_the_good(tmp_path, engine):
    store = MemoryStore() if engine == "memory" else LmdbStore.create(tmp_path / "log")
    log = small_log(store=store)
    lock = threading.Lock()

    class Ticking(Clock):
        def __call__(self):
            with lock:
                return super().__call__()

    log.handle._clock = log.handle.writer._clock = Ticking(log.clock.now_us)
    rounds = 12 if engine == "memory" else 6
    made = {n: [(checked(log, f"c/{n}") if n % 4 else draft_of(log, checked(log, f"c/{n}"))) for _ in range(rounds)]
            for n in range(16)}  # fmt: skip
    spoiled = {n: [bad(log) for _ in range(rounds)] for n in range(16) if n % 3 == 0}
    results: dict[int, list[Any]] = {n: [] for n in range(16)}
    start = threading.Barrier(16)

    def work(number):
        start.wait(20)
        for n, request in enumerate(made[number]):
            if number in spoiled:
                try:
                    log.handle.append(spoiled[number][n])
                except RefusedError as error:
                    results[number].append(error.finding)
            results[number].append(log.handle.append(request))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for number in range(16):
        receipts = [result for result in results[number] if not isinstance(result, str)]
        assert [result for result in results[number] if isinstance(result, str)] == ["unknown-key"] * (
            rounds if number in spoiled else 0
        )
        # Each got its own, in the order in which it asked.
        events = [
            (request.event.event if isinstance(request, Proposal) else request.checked_event().event)
            for request in made[number]
        ]
        assert [receipt.event_id for receipt in receipts] == [event.id for event in events]
        indexes = [receipt.index for receipt in receipts]
        assert indexes == sorted(indexes)
        for receipt in receipts:
            assert log.handle.reader.read(receipt.index).record_hash == receipt.record_hash
    check_log(log)
    assert log.handle.reader.size == 4 + 16 * rounds
    store.close()


def test_a_writer_that_is_held_up_makes_the_others_busy():
    log = small_log()
    quick = LogHandle(log.store, log_signer=signer("log"), clock=log.clock, timeout_s=0.05)
    proposal = checked(log)
    inside, go = threading.Event(), threading.Event()

    def hold():
        with log.store.exclusive(timeout_s=5):
            inside.set()
            go.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert inside.wait(5)
    with nothing_written(log), pytest.raises(BusyError):
        quick.append(proposal)
    go.set()
    thread.join(20)
    assert quick.append(proposal).index == 4


# --- the first block ---------------------------------------------------------------------------


def test_the_first_block_may_hold_more_than_the_genesis():
    other = small_log()
    clock, store = Clock(), MemoryStore()
    writer = Writer(store, log_id=None, name="draft.test", log_signer=signer("log"), clock=clock)
    draft = signed_genesis(made_genesis(), now_us=clock())
    person = {"person": "p/X", "name": "x", "unit": "u/镇"}
    event = other.handle.prepare("declared.person", body=person, people={"administrator": "p/A1"})
    first, second = writer.append_many([draft, propose(event, {"p/A1": signer("p/A1")})])
    assert first.log_id == second.log_id == first.record_hash
    log = SmallLog(LogHandle(store, log_signer=signer("log"), clock=clock), store, clock, {})
    assert log.handle.id == first.record_hash
    assert log.handle.reader.read(1).record.base == (0, log.handle.id)
    check_log(log)
    # A writer that wasn't told the log's id finds it.
    late = Writer(store, log_id=None, name="draft.test", log_signer=signer("log"), clock=clock)
    event = other.handle.prepare("declared.person", body=person, people={"administrator": "p/A2"})
    assert late.append(propose(event, {"p/A2": signer("p/A2")})).log_id == log.handle.id
    with store.snapshot() as snapshot:
        assert folded(snapshot).name == "draft.test"
    check_log(log)
    assert contents(log)[0] == 3
