from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chainlog.authority.state import ViewAuthority
from chainlog.errors import CheckpointError, ReadOnlyError
from chainlog.forensics.in_process import audit_store
from chainlog.log.checkpoints import begins_period, cadence_of, is_map_due, missing_checkpoints, period_of
from chainlog.log.genesis import Policy
from chainlog.log.handle import LogHandle
from chainlog.record import keys
from chainlog.record.statement import EnrolStatement
from chainlog.tree.checkpoint import verify_checkpoint
from chainlog.tree.note import parse_note
from tests.builders import T0, small_log
from tests.signers import signer
from tests.stories import cut_back

HOUR = 3_600_000_000
DAY = 24 * HOUR


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def kept(log):
    with log.store.snapshot() as snapshot:
        return dict(snapshot.checkpoints())


def hourly(**rest):
    return small_log(policy=Policy("township", "1", 0, {"min.supervisors": ["2"], "every.checkpoint": ["1h"]}), **rest)


def check(log, size, note, key="log"):
    origin = log.handle.origin
    found = verify_checkpoint(parse_note(note), origin=origin, public_key=signer(key).public_key, verify=keys.verify)
    assert found.size == size


# --- periods ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("duration", "one", "other", "offset"),
    [
        ("1d", "2025-01-01T15:59:59", "2025-01-01T16:00:00", 480),
        ("1d", "2025-01-01T23:59:59", "2025-01-02T00:00:00", 0),
        ("1wd", "2025-01-03T23:59:59", "2025-01-04T00:00:00", 0),
        ("1h", "2025-01-01T00:59:59", "2025-01-01T01:00:00", 0),
        ("15m", "2025-01-01T00:14:59", "2025-01-01T00:15:00", 0),
        ("1mo", "2025-01-31T15:59:59", "2025-01-31T16:00:00", 480),
        ("3mo", "2025-03-31T23:59:59", "2025-04-01T00:00:00", 0),
        ("1y", "2025-12-31T23:59:59", "2026-01-01T00:00:00", 0),
    ],
)
def test_where_periods_end(duration, one, other, offset):
    before, after = (period_of(duration, at(text), offset_minutes=offset) for text in (one, other))
    assert after == before + 1
    assert period_of(duration, at(one) - 1_000_000, offset_minutes=offset) == before


def test_periods_without_length_and_moments_beyond():
    assert period_of("0d", at("2025-01-01T00:00:00"), offset_minutes=0) == 0
    assert period_of("1y", 2**53 - 1, offset_minutes=840) == 2255
    assert period_of("1y", 2**60, offset_minutes=0) == 0


def test_the_policy_says_how_long():
    log = hourly()
    with log.handle.authority() as authority:
        assert cadence_of(authority.policy_at(9)) == "1h"
        assert begins_period(authority, index=3, before_us=T0, now_us=T0 + HOUR)
        assert not begins_period(authority, index=3, before_us=T0 + HOUR, now_us=T0)
    assert cadence_of(None) == "1d"


# --- what is kept -------------------------------------------------------------------------------


def test_the_last_head_of_each_period_is_kept():
    log = hourly(persons=())
    sizes, heads = [1], {}
    for step in (0, 2 * HOUR, 0, HOUR, 5 * DAY, 0, 10 * 60_000_000):
        heads[log.handle.reader.size] = log.handle.checkpoint()
        if step >= HOUR:
            sizes.append(log.handle.reader.size)
        log.clock.now_us += step
        log.enrol("p/L", key=signer(f"key {len(heads)}"))
    assert sorted(kept(log)) == sorted(set(sizes))
    for size, note in kept(log).items():
        assert note == heads.get(size, note)
        check(log, size, note)
    # Nothing is missing, although whole days went by: the head was the same all the time.
    assert log.handle.missing_checkpoints() == []


def test_another_writer_keeps_them_too():
    log = hourly()
    log.clock.now_us += DAY
    other = LogHandle(log.store, log_signer=signer("log"), clock=log.clock)
    log._replace(handle=other).enrol("p/N")
    assert sorted(kept(log)) == [1, 4]


def test_writers_in_turn_keep_each_once():
    log = hourly()
    other = log._replace(handle=LogHandle(log.store, log_signer=signer("log"), clock=log.clock))
    log.enrol("p/N")
    log.clock.now_us += DAY
    other.enrol("p/O")
    # Of the same hour as the record before, which the first writer hasn't written.
    log.enrol("p/P")
    assert sorted(kept(log)) == [1, 5]


def test_no_period_no_checkpoint():
    log = small_log(policy=Policy("township", "1", 0, {"min.supervisors": ["2"], "every.checkpoint": ["0d"]}))
    log.clock.now_us += 40 * DAY
    log.enrol("p/N")
    assert sorted(kept(log)) == [1]
    assert log.handle.missing_checkpoints() == []


def test_missed_ones_are_made_up_for():
    log = hourly()
    for _ in range(3):
        log.clock.now_us += 3 * HOUR
        log.enrol("p/L", key=signer(f"key {log.handle.reader.size}"))
    # The same records in a log whose writer kept nothing but the first.
    bare = log._replace(store=(store := cut_back(log.handle, 7)), handle=LogHandle(store, log_signer=signer("log")))
    assert bare.handle.missing_checkpoints() == [4, 5, 6]
    assert bare.handle.keep_checkpoints() == [4, 5, 6, 7]
    assert bare.handle.missing_checkpoints() == []
    assert {size: note for size, note in kept(bare).items() if size < 7} == kept(log)
    assert kept(bare)[7] == bare.handle.checkpoint()
    assert bare.handle.keep_checkpoints() == []
    # The log goes on as before.
    LogHandle(store)
    bare.enrol("p/N")


def test_what_another_key_would_have_to_sign_stays_missing():
    log = hourly()
    log.clock.now_us += 3 * HOUR
    change_key(log)
    rotated = log._replace(handle=LogHandle(log.store, log_signer=signer("new"), clock=log.clock))
    log.clock.now_us += 3 * HOUR
    rotated.enrol("p/N")
    notes = kept(rotated)
    # Each is signed by the key in force at its own size.
    check(rotated, 4, notes[4], "log")
    check(rotated, 5, notes[5], "new")
    for exact in (False, True):
        with log.store.snapshot() as snapshot:
            assert audit_store(snapshot, log_id=log.handle.id, exact=exact).findings == ()
    store = cut_back(rotated.handle, 6, log_signer=signer("new"))
    bare = LogHandle(store, log_signer=signer("new"))
    assert bare.missing_checkpoints() == [4, 5]
    assert bare.keep_checkpoints() == [5, 6]
    assert bare.missing_checkpoints() == [4]


def change_key(log):
    new = signer("new")
    proof = new.sign_enrolment(EnrolStatement(log.handle.id, "s/log", 1, new.public_key))
    body = {"old": (1, signer("log").public_key), "new": (1, new.public_key), "proof": proof}
    handle = LogHandle(log.store, log_signer=new, clock=log.clock)
    handle.record_event(
        "log_key_changed",
        body=body,
        people={"administrator": list(log.administrators), "log": ["s/log"]},
        signers={**log.administrators, "s/log": signer("log")},
    )


def test_nothing_is_signed_that_the_head_does_not_begin_with():
    log = hourly(persons=())
    for n in range(300):
        log.clock.now_us += 13 * 60_000_000
        log.enrol("p/L", key=signer(f"key {n}"))
    store = cut_back(log.handle, 301)
    with store.snapshot() as snapshot, log.handle.authority() as authority:
        assert missing_checkpoints(snapshot, authority)
        tile = snapshot.tile(0, 0)
    from chainlog.store.port import Block

    with store.exclusive(timeout_s=1), store.snapshot() as snapshot:
        block = Block(
            first=301, records=(), ids=(), subjects=(), tiles=[(0, 0, tile[:-1] + bytes((tile[-1] ^ 1,)))],
            head=snapshot.head, checkpoints=(), last_hash=snapshot.last_hash,
        )  # fmt: skip
        store.commit(block, expected=(301, snapshot.last_hash))
    with pytest.raises(CheckpointError):
        LogHandle(store, log_signer=signer("log")).keep_checkpoints()


def test_only_the_log_key_keeps_checkpoints():
    log = hourly()
    with pytest.raises(ReadOnlyError):
        LogHandle(log.store).keep_checkpoints()
    with pytest.raises(ReadOnlyError):
        LogHandle(log.store, log_signer=signer("other")).keep_checkpoints()
    closed = LogHandle(log.store, log_signer=signer("log"))
    closed.writer.close()
    from chainlog.errors import HandleClosedError

    with pytest.raises(HandleClosedError):
        closed.keep_checkpoints()


def test_a_map_is_due_after_anything_was_recorded_and_once_a_period():
    log = hourly()

    def due(at_us):
        with log.store.snapshot() as snapshot:
            return is_map_due(snapshot, ViewAuthority(snapshot), now_us=at_us)

    assert due(log.clock.now_us)
    body = {"map_root": bytes(32), "size": log.handle.reader.size, "subjects": 1}
    people, signers = [("log", "s/log", 1)], {"s/log": signer("log")}
    log.handle.record_event("index_committed", body=body, people=people, signers=signers)
    assert not due(log.clock.now_us)
    assert due(log.clock.now_us + HOUR)
    log.record("checked.carrier", {"operator": "p/Z"}, body={"reason": "other", "passed": True}, subjects=["c/1"])
    assert due(log.clock.now_us)
