"""The memory tables under the contract of the KeyValue port."""

from __future__ import annotations

import pytest

from chainlog.store.memory_kv import MemoryKeyValue
from tests.contracts.keyvalue_contract import KeyValueContract


class TestMemoryKeyValue(KeyValueContract):
    @pytest.fixture
    def kv(self):
        kv = MemoryKeyValue()
        yield kv
        kv.close()
