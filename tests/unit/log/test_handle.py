"""Opening a log, its identity, proposals, trials: what a handle promises before anything is appended."""

from __future__ import annotations

import threading

import pytest

from chainlog import digest
from chainlog.errors import (
    CheckpointError,
    DuplicateIdError,
    HandleClosedError,
    NotALogError,
    ReadOnlyError,
    RecordHashError,
    RefusedError,
    UsageError,
    VerificationError,
)
from chainlog.log.genesis import Policy
from chainlog.log.handle import LogHandle, check_genesis, propose
from chainlog.record.record import SubjectHead, check_record
from chainlog.store.memory import MemoryStore
from chainlog.store.port import Block
from tests.builders import POLICY, T0, made_genesis, signed_genesis, small_log
from tests.hand import nothing_written
from tests.signers import signer

BODY = {"reason": "other", "passed": True}


def copied(log, **changes):
    """A store with the same content but for what is given otherwise."""
    store = MemoryStore()
    with log.store.snapshot() as snapshot:
        ids = [(check_record(data).event.event.id, index) for index, data in snapshot.records(0, snapshot.size)]
        fields = {"records": [data for _, data in snapshot.records(0, snapshot.size)], "head": snapshot.head,
                  "subjects": list(snapshot.subjects()), "last_hash": snapshot.last_hash} | changes  # fmt: skip
        with store.exclusive(timeout_s=1):
            store.commit(Block(first=0, ids=ids, tiles=[], checkpoints=[], **fields), expected=(0, digest.ZERO))
    return store


def test_what_a_handle_knows():
    log = small_log(utc_offset_minutes=-90, unit="u/县", title="台账")
    handle = LogHandle(log.store, clock=lambda: 7)
    with log.store.snapshot() as snapshot:
        assert handle.id == digest.record_hash(snapshot.record(0))
    assert (handle.name, handle.unit, handle.utc_offset_minutes) == ("draft.test", "u/县", -90)
    assert handle.origin == f"draft.test/{handle.id.hex()}"
    assert handle.now_us() == 7
    assert LogHandle(log.store, log_id=handle.id).id == handle.id


def test_another_log_is_not_opened():
    log = small_log()
    with pytest.raises(VerificationError) as caught:
        LogHandle(log.store, log_id=bytes(32))
    assert log.handle.id.hex() in str(caught.value)
    with pytest.raises(NotALogError) as caught:
        LogHandle(MemoryStore(), path="x/y")
    assert caught.value.path == "x/y"


def test_a_log_whose_head_does_not_fit_is_not_opened():
    log = small_log()
    with log.store.snapshot() as snapshot:
        records = [data for _, data in snapshot.records(0, snapshot.size)]
    assert LogHandle(copied(log)).reader.size == 4
    with pytest.raises(CheckpointError):
        LogHandle(copied(log, last_hash=bytes(32)))
    with pytest.raises(CheckpointError):
        LogHandle(copied(log, records=[*records[:3], records[3] + b"\0"]))
    with pytest.raises(CheckpointError):
        LogHandle(copied(log, head=small_log(persons=["p/L", "p/Z"]).handle.reader.head().encoded()))
    for first in (b"", b"\x98", b"\xff" * 9, records[1]):
        with pytest.raises((CheckpointError, RecordHashError)):
            LogHandle(copied(log, records=[first, *records[1:]]))


def test_a_log_whose_authority_is_damaged_is_not_opened():
    log = small_log()
    log.administer("policy_adopted", POLICY.body())
    log.record("checked.carrier", {"operator": "p/Z"}, body=BODY, subjects=["c/1"])
    with log.store.snapshot() as snapshot:
        records = [data for _, data in snapshot.records(0, snapshot.size)]
        subjects = dict(snapshot.subjects())
    records[4] = records[4][:-1] + bytes([records[4][-1] ^ 1])
    with pytest.raises(RecordHashError) as caught:
        LogHandle(copied(log, records=records))
    assert caught.value.index == 4
    with pytest.raises(CheckpointError):
        LogHandle(copied(log, subjects=[(name, head) for name, head in subjects.items() if name[0] != "s"]))
    wrong = {**subjects, "s/policy": SubjectHead(2, 4, bytes(32))}
    with pytest.raises(RecordHashError):
        LogHandle(copied(log, subjects=list(wrong.items())))


def test_a_proposal_takes_the_signers_that_the_event_names():
    log = small_log()
    event = log.handle.prepare("checked.carrier", body=BODY, subjects=["c/1"],
                               people=[("operator", "p/C", 1), ("operator", "p/Z", 2), ("witness", "p/L", 0)])  # fmt: skip
    one, two = signer("p/Z"), signer("p/Z b")
    made = propose(event, {"p/C": signer("p/C"), "p/Z": [one, two]})
    assert made.event == event
    assert set(made.signers) == {("operator", "p/C", signer("p/C")), ("operator", "p/Z", one), ("operator", "p/Z", two)}
    for signers in ({"p/Z": [one, two]}, {"p/C": signer("p/C"), "p/Z": one}, {"p/C": signer("p/C"), "p/Z": []}, {}):
        with pytest.raises(UsageError):
            propose(event, signers)


def test_a_missing_signer_writes_nothing():
    log = small_log()
    with nothing_written(log), pytest.raises(UsageError):
        log.handle.record_event("checked.carrier", body=BODY, people={"operator": ["p/Z", "p/C"]}, subjects=["c/1"],
                                signers={"p/Z": signer("p/Z")})  # fmt: skip


def test_a_trial_says_what_an_append_would_and_writes_nothing():
    log = small_log()

    def proposal(carrier, key="p/Z", **rest):
        event = log.handle.prepare("checked.carrier", body=BODY, people={"operator": "p/Z"}, subjects=[carrier], **rest)
        return propose(event, {"p/Z": signer(key)})

    one = proposal("c/1")
    draft = log.handle.draft(proposal("c/2").event)
    draft = draft.sign(signer("p/Z"), role="operator", person="p/Z", signed_at_us=T0)
    with nothing_written(log), log.handle.trial() as trial:
        assert [sealed.index for sealed in trial.add_all([one, draft])] == [4, 5]
        with pytest.raises(RefusedError):
            trial.add_all([proposal("c/3"), proposal("c/1", key="nobody")])
        assert trial.overlay.size == 6
        with pytest.raises(DuplicateIdError):
            trial.add_all([proposal("c/9", event_id=one.event.event.id)])
        assert trial.add_all([one])[0].existed
        # A draft's signatures are checked, unless the caller says that they were.
        spoiled = draft._replace(signatures=(draft.signatures[0]._replace(signature=bytes(64)),))
        fresh = log.handle.draft(proposal("c/4").event)
        spoiled = fresh._replace(signatures=spoiled.signatures)
        with pytest.raises(RefusedError) as caught:
            trial.add_all([spoiled])
        assert caught.value.finding == "bad-signature"
        assert trial.add_all([spoiled], verified=True)[0].index == 6
    assert log.handle.append(one).index == 4


def test_a_genesis_is_judged_before_anything_is_made():
    draft = signed_genesis(made_genesis())
    assert check_genesis(draft, now_us=T0) == "draft.test"
    log = small_log()
    event = log.handle.prepare("checked.carrier", body=BODY, people={"operator": "p/Z"}, subjects=["c/1"])
    with pytest.raises(RefusedError):
        check_genesis(log.handle.draft(event), now_us=T0)
    with pytest.raises(RefusedError):
        check_genesis(draft._replace(signatures=draft.signatures[1:]), now_us=T0)
    with pytest.raises(VerificationError):
        check_genesis(draft._replace(signatures=(draft.signatures[0]._replace(signature=bytes(64)),)), now_us=T0)


def test_parameters_in_force():
    log = small_log()
    assert log.handle.parameters() == {"min.supervisors": ("2",)}
    body = Policy("p", "2", T0 + 10**12, {"min.supervisors": ["3"], "term.from": ["notice"]}).body()
    log.administer("policy_adopted", body)
    assert log.handle.parameters() == {"min.supervisors": ("2",)}
    log.clock.now_us = T0 + 10**12
    assert log.handle.parameters() == {"min.supervisors": ("3",), "term.from": ("notice",)}


def test_the_authority_of_a_handle():
    log = small_log()
    with log.handle.authority() as authority:
        assert authority.key(signer("p/Z").public_key).holder == "p/Z"
        assert sorted(authority.administration(4).administrators) == ["p/A1", "p/A2", "p/A3"]


def test_a_closed_handle():
    log = small_log()
    with LogHandle(log.store, log_signer=signer("log"), clock=log.clock) as handle:
        proposal = propose(handle.prepare("checked.carrier", body=BODY, people={"operator": "p/Z"}, subjects=["c/1"]),
                           {"p/Z": signer("p/Z")})  # fmt: skip
    handle.close()
    for call in (
        lambda: handle.append(proposal),
        lambda: handle.reader.size,
        handle.parameters,
        lambda: handle.draft(proposal.event),
    ):
        with pytest.raises(HandleClosedError):
            call()
    with pytest.raises(ReadOnlyError):
        _ = LogHandle(small_log().store).writer


def test_threads_prepare_while_policies_change():
    log = small_log()
    wrong = []
    stop = threading.Event()

    def prepare():
        while not stop.is_set():
            event = log.handle.prepare("transferred.lend", body={"purpose": "x", "depth": "read"}, subjects=["c/1"],
                                       people={"giver": "p/Z", "receiver": "p/C"})  # fmt: skip
            signs = {role: count for role, _, count in event.event.people}
            if signs not in ({"giver": 1, "receiver": 1}, {"giver": 1, "receiver": 0}):
                wrong.append(signs)

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(10):
        parameters = {"sign.transferred.lend": ["giver"]} if n % 2 else {}
        log.administer("policy_adopted", Policy("p", str(n), 0, parameters).body())
    stop.set()
    for thread in threads:
        thread.join(20)
    assert wrong == []
    event = log.handle.prepare("transferred.lend", body={"purpose": "x", "depth": "read"}, subjects=["c/1"],
                               people={"giver": "p/Z", "receiver": "p/C"})  # fmt: skip
    assert [signs for _, _, signs in event.event.people] == [1, 0]
