"""The LMDB engine under the contract of the Store port, with the map it ships with and with one that has to grow."""

from __future__ import annotations

import pytest

from chainlog.store import lmdb_engine, lmdb_env
from chainlog.store.lmdb_store import LmdbStore
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

    test_a_snapshot_does_not_change = None
    test_readers_see_whole_commits_while_another_writes = None
