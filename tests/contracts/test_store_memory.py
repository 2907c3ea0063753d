"""The memory engine under the contract of the Store port."""

from __future__ import annotations

import pytest

from chainlog.store.memory import MemoryStore
from tests.contracts.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self):
        store = MemoryStore(meta=self.META)
        yield store
        store.close()
