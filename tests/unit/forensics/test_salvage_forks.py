"""Two stories of one log, both signed by its key: the damaged log's own is saved, and the other one is told of."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from chainlog.digest import record_hash
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import HEAD_KEY, U64
from chainlog.forensics.salvage_end import Unfinished
from chainlog.log.handle import LogHandle
from chainlog.log.head import decode_head
from chainlog.store.lmdb_store import LmdbStore
from chainlog.tree.checkpoint import Checkpoint, sign_checkpoint
from tests.builders import SmallLog, small_log
from tests.damage import copy_of, honest, tell_story, write_log
from tests.salvaging import in_this_process, saved
from tests.signers import signer

COMMON = 20


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    in_this_process(monkeypatch)


class Stories(NamedTuple):
    """A log of 28 records and one of 25, both by one key, which have 20 of them in common; and what made them."""

    first: Path
    second: Path
    log: SmallLog


@pytest.fixture(scope="module")
def stories(tmp_path_factory):
    place = tmp_path_factory.mktemp("stories")
    log = small_log(store=LmdbStore.create(place / "common"))
    tell_story(log, COMMON)
    log.handle.close()
    for name, size in (("first", 28), ("second", 25)):
        shutil.copytree(place / "common", place / name)
        go_on(place / name, log, size)
    return Stories(place / "first", place / "second", log)


def go_on(path, log, size):
    """Append visits until the log has *size* records."""
    store = LmdbStore.open(path)
    small = SmallLog(LogHandle(store, log_signer=signer("log"), clock=log.clock), store, log.clock, log.administrators)
    for number in range(small.handle.reader.size, size):
        small.record("accessed.entered", {"operator": "p/C"}, subjects=[f"w/{number}"])
    small.handle.close()


def records_of(path):
    store = LmdbStore.open(path)
    with store.snapshot() as snapshot:
        found = [data for _, data in snapshot.records(0, snapshot.size)], decode_head(snapshot.head or b"").checkpoint
    store.close()
    return found


def harmed(path, target, *indexes):
    """A copy in which these records are nowhere any more."""
    shutil.copytree(path, target)
    rows, _ = records_of(path)
    data = (target / "truth" / "data.mdb").read_bytes()
    for index in indexes:
        assert rows[index] in data
        data = data.replace(rows[index], bytes(len(rows[index])))
    (target / "truth" / "data.mdb").write_bytes(data)
    return target


def told(got):
    return [(fork.size, fork.parts_at, fork.explained) for fork in got.report.forks]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("gone", "whole"), [((), True), ((10,), True), ((22,), False), ((23, 24), False)])
def test_another_story_is_neither_taken_nor_kept_quiet(stories, tmp_path, swapped, gone, whole):
    mine, other = (stories.second, stories.first) if swapped else (stories.first, stories.second)
    rows, note = records_of(mine)
    got = saved(harmed(mine, tmp_path / "log", *gone), tmp_path / "out", also=[other])
    assert got.report.whole == whole
    assert got.records == (rows if whole else rows[: gone[0]])
    assert told(got) == [(len(records_of(other)[0]), COMMON, False)]
    assert got.report.forks[0].copy == str(other)
    assert got.report.forks[0].head.encode() == records_of(other)[1]
    assert set(records_of(other)[0][COMMON:]) <= set(got.beside)
    assert not whole or audit(got.new, log_id=record_hash(rows[0]), checkpoint=note).integrity == "intact"


def test_the_last_record_is_not_replaced_by_a_story_that_is_there_in_full(stories, tmp_path):
    """Nothing states the hash of the last record: people who signed on those before it speak for the damaged log."""
    mine, other = stories.first, stories.second
    rows, _ = records_of(mine)
    got = saved(harmed(mine, tmp_path / "log", 27), tmp_path / "out", also=[other])
    assert (got.report.whole, got.records, got.lost) == (False, rows[:27], [27])
    assert (got.report.known_size, told(got)) == (28, [(25, COMMON, False)])


def test_a_head_from_outside_decides_between_two_stories(stories, tmp_path):
    mine, other = stories.first, stories.second
    rows, note = records_of(other)
    got = saved(mine, tmp_path / "out", also=[other], checkpoints=[note])
    assert (got.report.whole, got.records, told(got)) == (True, rows, [(28, COMMON, False)])


def test_a_head_from_outside_alone_is_told_too(stories, tmp_path):
    mine, other = stories.first, stories.second
    got = saved(mine, tmp_path / "out", checkpoints=[records_of(other)[1]])
    assert not got.report.whole
    assert (told(got), got.report.forks[0].copy) == ([(25, None, False)], None)


def test_a_copy_from_before_recovered_closes_gaps_below_it(stories, tmp_path):
    """A log that was saved once is damaged again, and the file that it was saved from is still there."""
    log = stories.log
    old = harmed(stories.first, tmp_path / "old", COMMON)
    first = saved(old, tmp_path / "first")
    with Unfinished(first.new, clock=log.clock) as unfinished:
        names = unfinished.signers(())
        draft = unfinished.draft(
            names, reason="disk", known_size=first.report.known_size, known_root=first.report.known_root
        )
        for name in names:
            draft = draft.sign(signer(name), role="administrator", person=name, signed_at_us=log.clock())
        unfinished.finish(draft, log_signer=signer("log"))
    for size in (25, 32):  # shorter and longer than the story that was lost
        go_on(first.new, log, size)
        rows, _ = records_of(first.new)
        got = saved(harmed(first.new, tmp_path / f"again{size}", 10), tmp_path / f"out{size}", also=[old])
        assert (got.report.whole, got.records, got.report.taken) == (True, rows, (size - 1, 1))
        assert told(got) == [(28, COMMON, True)]


def test_a_fork_in_one_file_is_told(stories, tmp_path):
    """The log key signed another head of as many records, and it is kept among the checkpoints."""
    log_id, tables = honest(45)
    tables = copy_of(tables)
    note = decode_head(tables["head"][HEAD_KEY]).checkpoint
    other = Checkpoint(note.split(b"\n")[0].decode(), 44, bytes(32))
    tables["checkpoints"][U64.pack(44)] = sign_checkpoint(other, signer=signer("log"))
    write_log(tmp_path / "log", tables)
    got = saved(tmp_path / "log", tmp_path / "out", log_id=log_id)
    assert (got.report.whole, got.report.size, told(got)) == (True, 45, [(44, None, False)])
