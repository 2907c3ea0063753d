"""Tables with changes above them answer as one table that was changed, and what lies below stays as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainlog.errors import ReadOnlyError
from chainlog.log.overlay import Overlay
from chainlog.rules.ahead import ViewStore
from chainlog.rules.layered import LayeredTables
from chainlog.store.memory_kv import MemoryKeyValue
from tests.builders import small_log

KEYS = st.binary(min_size=1, max_size=2).map(lambda key: bytes(byte % 4 + 1 for byte in key))
VALUES = st.binary(max_size=2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), KEYS, VALUES),
        st.tuples(st.just("delete"), KEYS),
        st.tuples(st.just("many"), st.dictionaries(KEYS, VALUES, max_size=3)),
        st.tuples(st.just("clear")),
    ),
    max_size=12,
)


def change(transaction, steps):
    table = transaction.table("t")
    for step in steps:
        if step[0] == "put":
            table.put(step[1], step[2])
        elif step[0] == "delete":
            table.delete(step[1])
        elif step[0] == "many":
            table.put_many(sorted(step[1].items()))
        else:
            transaction.clear("t")


@given(st.dictionaries(KEYS, VALUES), STEPS, STEPS, KEYS, KEYS)
def test_layers_answer_as_the_changed_table(below, first, second, start, stop):
    model, kv = MemoryKeyValue(), MemoryKeyValue()
    for each in (model, kv):
        with each.write() as transaction:
            transaction.table("t").put_many(sorted(below.items()))
    layers = {}
    for steps in (first, second):
        with model.write() as transaction:
            change(transaction, steps)
        # The layers outlive the transaction below.
        with kv.read() as transaction, model.read() as expected:
            tables = LayeredTables(transaction, layers)
            change(tables, steps)
            wanted, found = expected.table("t"), tables.table("t")
            for ask in (
                lambda table: list(table.scan()),
                lambda table: list(table.scan(start)),
                lambda table: list(table.scan(start, stop)),
                lambda table: list(table.scan_back(stop)),
                lambda table: list(table.scan_back(stop, start)),
                lambda table: table.get(start),
            ):
                assert ask(found) == ask(wanted)
    with kv.read() as transaction:
        assert dict(transaction.table("t").scan()) == below


def test_nothing_below_is_an_empty_table():
    tables = LayeredTables(None, {})
    assert list(tables.table("t").scan()) == []
    tables.table("t").put(b"a", b"1")
    assert list(tables.table("t").scan_back(b"b")) == [(b"a", b"1")]
    assert tables.table("t").get(b"b") is None


def test_a_view_is_a_store_that_is_only_read():
    log = small_log()
    with log.store.snapshot() as snapshot:
        store = ViewStore(Overlay(snapshot))
        with store.snapshot() as same:
            assert (same.size, same.last_hash) == (snapshot.size, snapshot.last_hash)
            assert list(same.records(1, 9)) == list(snapshot.records(1, 9))
            assert list(same.records(-1, 2)) == list(snapshot.records(0, 2))
            assert same.subject("s/policy") == snapshot.subject("s/policy")
        with pytest.raises(ReadOnlyError), store.exclusive(timeout_s=0):
            raise AssertionError("entered")
        with pytest.raises(ReadOnlyError):
            store.commit(None, expected=(0, b""))
