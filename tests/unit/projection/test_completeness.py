"""The completeness map of a log, at any size, however it was asked before."""

from __future__ import annotations

import random

import pytest

from chainlog.errors import RefusedError, UsageError
from chainlog.facade import Log
from chainlog.projection.completeness import CompletenessMap
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.tree.map import Claim, check_map_proof, path_of
from tests.builders import small_log
from tests.signers import signer
from tools import map_reference

CHECK = {"reason": "other", "passed": True}


@pytest.fixture(scope="module")
def log():
    made = small_log()
    rnd = random.Random(3)
    for _ in range(60):
        subjects = [f"c/{n}" for n in rnd.sample(range(30), rnd.randrange(1, 5))]
        made.record("checked.carrier", {"operator": rnd.choice(["p/Z", "p/C"])}, body=CHECK, subjects=subjects)
    return made


@pytest.fixture(params=["memory", "lmdb"])
def kv(request, tmp_path):
    kv = MemoryKeyValue() if request.param == "memory" else LmdbKeyValue.open(tmp_path / "derived")
    yield kv
    kv.close()


def by_hand(log, size):
    """Subject to what the first *size* records say of it, counted."""
    said = {}
    for entry in log.handle.reader.read_range(0, size):
        for subject in entry.event.subjects:
            count = said[subject].count if subject in said else 0
            said[subject] = Claim(count + 1, entry.record_hash)
    return said


def compare(log, maps, size):
    said = by_hand(log, size)
    entries = [map_reference.Entry(path_of(log.handle.id, subject), *claim) for subject, claim in said.items()]
    with maps.at(size) as found:
        assert (found.size, found.subjects) == (size, len(said))
        assert found.root == map_reference.tree(sorted(entries))
        for subject in [*said, "c/NONE", "p/无"]:
            proven = found.prove(subject)
            assert (proven.subject, proven.claim) == (subject, said.get(subject))
            check_map_proof(proven.proof, root=found.root, path=path_of(log.handle.id, subject), claim=proven.claim)


def test_at_every_size_and_back_again(log, kv):
    maps = CompletenessMap(log.handle.reader, kv, log_id=log.handle.id)
    for size in (0, 1, 2, 5, 30, log.handle.reader.size, 7, 7, 0, 40):
        compare(log, maps, size)


def test_in_blocks_as_at_once(log, kv, monkeypatch):
    monkeypatch.setattr("chainlog.projection.completeness.BLOCK_RECORDS", 7)
    compare(log, CompletenessMap(log.handle.reader, kv, log_id=log.handle.id), 50)


def test_tables_of_another_log_are_made_anew(log, kv):
    other = small_log(nonce=bytes(31) + b"1")
    maps = CompletenessMap(other.handle.reader, kv, log_id=other.handle.id)
    compare(other, maps, 4)
    compare(log, CompletenessMap(log.handle.reader, kv, log_id=log.handle.id), 4)
    compare(log, CompletenessMap(log.handle.reader, kv, log_id=log.handle.id), 50)
    compare(other, maps, 3)


def test_a_size_that_the_log_has_not(log, kv):
    maps = CompletenessMap(log.handle.reader, kv, log_id=log.handle.id)
    for size in (-1, log.handle.reader.size + 1):
        with pytest.raises(UsageError), maps.at(size):
            pass


def test_the_log_commits_to_its_map(tmp_path):
    store = LmdbStore.create(tmp_path / "log")
    small_log(store=store).handle.close()
    with Log.open(tmp_path / "log", log_signer=signer("log")) as log:
        first = log.commit_map()
        body = log.reader.read(first.index).body()
        assert (first.index, body.size) == (4, 4)
        with log.completeness.at(4) as found:
            assert (body.map_root, body.subjects) == (found.root, found.subjects)
        # Nothing but that record is new: it is committed to in turn.
        second = log.commit_map()
        assert log.reader.read(second.index).body().size == 5
    with Log.open(tmp_path / "log", read_only=True) as log:
        with log.completeness.at(5) as found:
            assert found.root == log_root(log, second.index)
        with pytest.raises(UsageError):
            log.commit_map()


def log_root(log, index):
    return log.reader.read(index).body().map_root


def test_a_map_that_was_taken_elsewhere_meanwhile_is_refused(tmp_path):
    store = LmdbStore.create(tmp_path / "log")
    small_log(store=store).handle.close()
    with Log.open(tmp_path / "log", log_signer=signer("log")) as log:
        with log.completeness.at(4) as found:
            body = {"map_root": found.root, "size": 4, "subjects": found.subjects}
        log.commit_map()
        with pytest.raises(RefusedError, match="malformed"):
            log.record_event(
                "index_committed", body=body, people=[("log", "s/log", 1)], signers={"s/log": signer("log")}
            )
