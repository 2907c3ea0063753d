"""The LMDB engine under the contract of the Store port, with the map it ships with and with one that has to grow."""

from __future__ import annotations

import pytest

from chainlog.errors import ConflictError
from chainlog.store import lmdb_engine, lmdb_env
from chainlog.store.lmdb_store import LmdbStore
from tests.blocks import append, check_whole
from tests.contracts.store_contract import StoreContract


class TestLmdbStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = LmdbStore.create(tmp_path / "log", meta=self.META)
        yield store
        store.close()


class TestLmdbStoreThatGrows(StoreContract):
    @pytest.fixture
    def store(self, tmp_path, monkeypatch):
        # Growing ends open snapshots, which the two tests of such snapshots have to live without.
        monkeypatch.setattr(lmdb_engine, "MAP_SIZES", (2**17,))
        monkeypatch.setattr(lmdb_env, "MAP_SIZES", (2**17,))
        store = LmdbStore.create(tmp_path / "log", meta=self.META)
        yield store
        store.close()

    def test_the_map_has_grown_and_open_snapshots_ended(self, store):
        with store.snapshot() as snapshot:
            assert snapshot.size == 0
            assert append(store, 1_000) == 1_000
            with pytest.raises(ConflictError):
                snapshot.record(0)
        with store.snapshot() as snapshot:
            assert len(check_whole(snapshot)) == 1_000
        assert store._attached.map_bytes > 2**17

    test_a_snapshot_does_not_change = None
    test_readers_see_whole_commits_while_another_writes = None
