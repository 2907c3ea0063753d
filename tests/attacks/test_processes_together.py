"""Several at one log: writers that stop, readers that die or never end, races, servers on copies."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chainlog.errors import ChainlogError
from chainlog.facade import Log
from chainlog.log.handle import propose
from chainlog.log.request import Proposal
from chainlog.store import files, guard, lmdb_engine
from chainlog.store.lmdb_store import LmdbStore
from tests.attacks import disk
from tests.attacks.answers import (
    SURVIVED,
    Answer,
    attack,
    found_outside,
    is_refused,
    refused,
    same,
    survived,
)
from tests.attacks.disk import RECORDS, append_one, data_of, judged, kept
from tests.attacks.running import (
    Children,
    appended,
    bytes_of,
    joined,
    signed,
    together,
    visited,
    whole,
)
from tests.builders import ADMINISTRATORS
from tests.processes import LogWorker, in_child
from tests.signers import signer

CARRIER = "c/7"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The directory of the kept log."""
    return disk.lay(tmp_path / "log", kept().newest.data)


def grown(log: Path, act: Callable[[], object]) -> int:
    """By how many bytes *act* lets the data file grow."""
    before = data_of(log).stat().st_size
    act()
    return data_of(log).stat().st_size - before


def many(running: Log, count: int = 40) -> None:
    """That many commits."""
    for _ in range(count):
        append_one(running)


@attack(
    "PC10", "A writer is stopped in the midst of a commit", "F", is_refused("busy"), SURVIVED,
    note="Who writes or opens waits as long as it was told to, and no longer; reading goes on",
)  # fmt: skip
def test_a_stopped_writer(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    monkeypatch.setattr(guard, "_OPENING_PATIENCE_S", 0.1)
    with joined(log, timeout_s=0.1) as running, LogWorker(log) as worker:
        rows = worker.do("append", 2)["acknowledged"]
        draft = visited(running)
        assert worker.do("append_inside", "z") == {"inside": True}
        worker.signal(signal.SIGSTOP)
        waiting = [refused(lambda: running.append(draft), state=bytes_of(log)) for _ in range(2)]
        waiting.append(in_child(lambda: refused(lambda: joined(log), state=bytes_of(log))))
        assert running.reader.read(RECORDS + 1).record_hash.hex() == rows[-1][2]
        yield same(waiting)
        worker.signal(signal.SIGCONT)
        worker.send("go")
        rows += worker.answer()["acknowledged"]
        rows.append(appended(running, draft))
    yield whole(log, rows)


@attack(
    "PC11", "Readers die: their places fill the engine's table, and pages that they read are never used again", "F", SURVIVED,
    note="The places of the dead are cleared at every opening, and when there is no other left",
)  # fmt: skip
def test_dead_readers(log: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    monkeypatch.setattr(lmdb_engine, "READERS_MAX", 4)
    monkeypatch.setattr(files, "LOCK_BYTES", 320)  # room for four at most
    stores: list[LmdbStore] = []

    def die() -> bytes:
        with stores[0].snapshot():
            os.kill(os.getpid(), signal.SIGKILL)
        return b"alive"

    def places(running: Log) -> int:
        table: str = running.store._environment().engine.readers()  # type: ignore[attr-defined]
        return table.count("\n") - 1

    with Children() as children, joined(log) as running:
        acknowledged = [append_one(running)]
        for _ in range(4):
            children.add(die, prepare=lambda: stores.append(LmdbStore.open(log)))
        assert children.answers() == [b""] * 4
        assert places(running) == 4, running.store._environment().engine.readers()  # type: ignore[attr-defined]
        acknowledged.append(append_one(running))
        assert places(running) <= 1
        with Children() as others:
            others.add(die, prepare=lambda: stores.append(LmdbStore.open(log)))
            assert others.answers() == [b""]
        held = grown(log, lambda: many(running))
        in_child(lambda: LmdbStore.open(log).close())
        let_go = grown(log, lambda: many(running))
        assert let_go * 4 < held, (let_go, held)
    return survived(log, [*kept().hashes, *acknowledged], log_id=kept().log_id)


@attack(
    "PC12", "A reader holds a state for hours, or more read at once than there are places", "A", SURVIVED, is_refused("engine"),
    note="The file grows meanwhile and then no more; long reads of the library hold a state for a thousand records only. "
    "Where all of some 500 places are taken, who comes is refused",
)  # fmt: skip
def test_endless_readers(log: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    monkeypatch.setattr(lmdb_engine, "READERS_MAX", 4)
    monkeypatch.setattr(files, "LOCK_BYTES", 320)
    with joined(log) as running, joined(log) as reporting:
        many(running)
        reading = reporting.reader.read_range(0, 10**9, batch=10)
        seen = [next(reading).record_hash for _ in range(15)]
        batches = grown(log, lambda: many(running))
        seen += [entry.record_hash for entry in reading]
        assert len(seen) == len(set(seen)) == RECORDS + 80
        with reporting.reader.snapshot() as snapshot:
            held = grown(log, lambda: many(running))
            assert snapshot.size == RECORDS + 80
            assert [entry.record_hash for entry in snapshot.read_range(0, RECORDS + 80)] == seen
        after = grown(log, lambda: many(running))
        assert batches * 4 < held > after * 4, (batches, held, after)
        yield survived(log, seen, log_id=kept().log_id)
        draft, taken = visited(running), [running.store.snapshot() for _ in range(4)]
        for one in taken:
            one.__enter__()
        yield same([refused(lambda: running.append(draft), state=bytes_of(log)), refused(lambda: running.reader.size)])
        for one in taken:
            one.__exit__(None, None, None)
        append_one(running)


def raced(log: Path, *requests: Any) -> list[dict[str, Any]]:
    """What processes that append these at the same time are answered."""

    def ask(request: Any) -> bytes:
        with joined(log) as running:
            try:
                return json.dumps({"row": appended(running, request)}).encode()
            except ChainlogError as error:
                return json.dumps({"error": error.code}).encode()

    return [json.loads(said) for said in together(*(partial(ask, request) for request in requests))]


def handed(log: Log, receiver: str) -> tuple[Proposal, Any]:
    """p/L lends the carrier to somebody: to be signed while the log is held, and signed before."""
    people: Any = {"giver": "p/L", "receiver": receiver}
    body = {"purpose": "起草", "depth": "read"}
    event = log.prepare("transferred.lend", body=body, people=people, subjects=[CARRIER])
    keys = {person: signer(person) for person in ("p/L", receiver)}
    return propose(event, keys), signed(log, "transferred.lend", people, body=body, subjects=[CARRIER])


@attack(
    "PC13", "Two processes hand the same carrier over at the same moment", "-", is_refused("stale-draft"), is_refused("forbidden"),
    note="One of the two stands, always. The second answer is to programs that sign while they append, where the policy refuses "
    "what goes against custody; where it doesn't, both stand and the rule finds it",
)  # fmt: skip
def test_a_race_for_one_carrier(log: Path) -> Iterator[Answer]:
    def settled(said: list[dict[str, Any]], code: str) -> Answer:
        rows, errors = [one["row"] for one in said if "row" in one], [one["error"] for one in said if "error" in one]
        assert (len(rows), errors) == (1, [code]), said
        whole(log, rows)
        return Answer("refused", (code,))

    before = data_of(log).read_bytes()
    with joined(log) as running:
        drafts = [handed(running, receiver)[1] for receiver in ("p/Z", "p/C")]
    yield settled(raced(log, *drafts), "stale-draft")
    disk.rewritten(log, before)
    with joined(log) as running:
        two = {person: signer(person) for person in ADMINISTRATORS[:2]}
        policy = {
            "profile": "township",
            "version": "2",
            "parameters": [["min.supervisors", ["2"]]],
            "refuse": ["TRN-4"],
        }
        body = {**policy, "effective_at": 0}
        running.record_event("policy_adopted", body=body, people={"administrator": list(two)}, signers=two)
        proposals = [handed(running, receiver)[0] for receiver in ("p/Z", "p/C")]
    yield settled(raced(log, *proposals), "forbidden")


@attack(
    "PC14", "A draft is appended that was signed on a head which is no longer the newest", "-", is_refused("stale-draft"), SURVIVED,
    note="Refused where what it moves was moved since; else it stands at the end, and says on which record it was signed",
)  # fmt: skip
def test_a_draft_on_an_old_head(log: Path) -> Iterator[Answer]:
    with joined(log) as running:
        first, second = (handed(running, receiver)[1] for receiver in ("p/Z", "p/C"))
        elsewhere = visited(running)
        rows = [appended(running, first)]
        many(running, 5)
        yield refused(lambda: running.append(second), state=bytes_of(log))
        rows.append(appended(running, elsewhere))
        assert rows[-1][1] == RECORDS + 6
        assert running.reader.read(RECORDS + 6).record.base == (RECORDS - 1, kept().hashes[-1])
    yield whole(log, rows)


# --- two machines ------------------------------------------------------------------------------------


def test_two_servers_on_copies_of_one_log(log: Path, tmp_path: Path) -> None:
    with joined(log) as first:
        first.backup(tmp_path / "copy")
        append_one(first, "w/1")
        with joined(tmp_path / "copy") as second:
            append_one(second, "w/2")
            note = second.checkpoint()
    found_outside(judged(log), judged(log, checkpoint=note), "forked")


def test_a_server_goes_on_from_a_restored_backup(log: Path, tmp_path: Path) -> None:
    with joined(log) as running:
        running.backup(tmp_path / "backup")
        append_one(running, "w/1")
        note = running.checkpoint()
    shutil.rmtree(log)
    (tmp_path / "backup").rename(log)
    found_outside(judged(log), judged(log, checkpoint=note), "truncated")
    with joined(log) as running:
        rows = [appended(running, visited(running, "w/2")), appended(running, visited(running, "w/2"))]
    whole(log, rows)
    assert judged(log, checkpoint=note).integrity != "intact"
