"""What every engine behind the KeyValue port must do. A subclass for each engine gives `kv`."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chainlog.errors import BusyError, HandleClosedError, ReadOnlyError, UsageError


def dump(kv, name="t"):
    with kv.read() as transaction:
        return list(transaction.table(name).scan())


class KeyValueContract:
    def test_a_new_one_is_empty(self, kv):
        with kv.read() as transaction:
            table = transaction.table("t")
            assert table.get(b"k") is None
            assert list(table.scan()) == []
            assert list(table.scan_back(b"\xff")) == []

    def test_what_was_put_is_there(self, kv):
        with kv.write() as transaction:
            table = transaction.table("t")
            table.put(b"b", b"2")
            table.put(b"a", b"1")
            table.put(b"\x00", b"")
            table.put(b"\xff" * 500, bytes(range(256)) * 100)
            assert table.get(b"a") == b"1"  # in its own transaction
            assert [k for k, _ in table.scan()] == [b"\x00", b"a", b"b", b"\xff" * 500]
        assert dump(kv) == [(b"\x00", b""), (b"a", b"1"), (b"b", b"2"), (b"\xff" * 500, bytes(range(256)) * 100)]
        with kv.write() as transaction:
            transaction.table("t").put(b"a", b"new")
            transaction.table("t").delete(b"b")
            transaction.table("t").delete(b"absent")
        assert dump(kv)[1:-1] == [(b"a", b"new")]

    def test_tables_are_apart(self, kv):
        names = ["t", "t2", "a-b_c.9", "x" * 64]
        with kv.write() as transaction:
            for name in names:
                transaction.table(name).put(b"k", name.encode())
        with kv.write() as transaction:
            transaction.clear("t2")
        assert [dump(kv, name) for name in names] == [[(b"k", n.encode())] if n != "t2" else [] for n in names]

    def test_an_exception_undoes_all(self, kv):
        with kv.write() as transaction:
            transaction.table("t").put(b"a", b"1")
        with pytest.raises(RuntimeError), kv.write() as transaction:
            transaction.table("t").put(b"a", b"2")
            transaction.table("new").put(b"a", b"2")
            transaction.clear("t")
            raise RuntimeError
        assert dump(kv) == [(b"a", b"1")]
        assert dump(kv, "new") == []
        with kv.write() as transaction:
            transaction.table("new").put(b"a", b"3")
            transaction.table("newer").put(b"a", b"4")
        assert dump(kv, "new") == [(b"a", b"3")]
        assert dump(kv, "newer") == [(b"a", b"4")]

    def test_many_at_once(self, kv):
        items = [(b"%05d" % i, b"v%d" % i) for i in range(0, 3_000, 2)]
        between = [(b"%05d" % i, b"w%d" % i) for i in range(1, 2_000, 2)]
        over = [(b"%05d" % i, b"x%d" % i) for i in range(0, 6_000, 3)]
        expected: dict[bytes, bytes] = {}
        for batch in ([], items, between, over):
            with kv.write() as transaction:
                transaction.table("t").put_many(batch)
            expected |= dict(batch)
            assert dump(kv) == sorted(expected.items())

    @pytest.mark.parametrize("keys", [[b"b", b"a"], [b"a", b"a"], [b"a", b"c", b"b"]])
    def test_many_must_ascend(self, kv, keys):
        with pytest.raises(AssertionError), kv.write() as transaction:
            transaction.table("t").put(b"x", b"1")
            transaction.table("t").put_many([(key, b"v") for key in keys])
        assert dump(kv) == []

    @pytest.mark.parametrize("key", [b"", b"x" * 501])
    def test_keys_have_1_to_500_bytes(self, kv, key):
        with kv.write() as transaction:
            table = transaction.table("t")
            table.put(b"x", b"1")
            with pytest.raises(UsageError):
                table.put(key, b"v")
            with pytest.raises(UsageError):
                table.delete(key)
            for items in ([(key, b"v")], [(key, b"v"), (b"y", b"v")] if not key else [(b"a", b"v"), (key, b"v")]):
                with pytest.raises(UsageError):
                    table.put_many(items)
            assert table.get(key) is None
        assert dump(kv) == [(b"x", b"1")]

    @pytest.mark.parametrize("name", ["", "T", "t/", "..\x00", "x" * 65, "é", "٣"])
    def test_names_are_plain(self, kv, name):
        with kv.write() as transaction, pytest.raises(UsageError):
            transaction.table(name)
        with kv.read() as transaction, pytest.raises(UsageError):
            transaction.table(name)
        with kv.write() as transaction, pytest.raises(UsageError):
            transaction.clear(name)

    def test_ranges_forward_and_back(self, kv):
        keys = [b"a", b"aa", b"ab", b"b", b"b\x00", b"c", b"\xff"]
        probes = [b"", b"\x00", b"a", b"aab", b"ab", b"b", b"b\x00", b"bb", b"c", b"d", b"\xff", b"\xff" * 501]
        with kv.write() as transaction:
            transaction.table("t").put_many([(k, b"v" + k) for k in keys])
            for table in (transaction.table("t"),):
                self._check_ranges(table, keys, probes)
        with kv.read() as transaction:
            self._check_ranges(transaction.table("t"), keys, probes)
            self._check_ranges(transaction.table("empty"), [], probes)

    def _check_ranges(self, table, keys, probes):
        for low in probes:
            assert list(table.scan(low)) == [(k, b"v" + k) for k in keys if k >= low]
            for high in probes:
                inside = [(k, b"v" + k) for k in keys if low <= k < high]
                assert list(table.scan(low, high)) == inside, (low, high)
                assert list(table.scan_back(high, low)) == inside[::-1], (low, high)

    def test_a_read_does_not_change_and_can_not_write(self, kv):
        with kv.write() as transaction:
            transaction.table("t").put_many([(b"%d" % i, b"old") for i in range(10)])
        with kv.read() as transaction:
            table = transaction.table("t")
            begun = table.scan()
            next(begun)
            with kv.write() as writing:
                writing.clear("t")
                writing.table("t").put(b"new", b"new")
                writing.table("other").put(b"a", b"1")
            assert [v for _, v in table.scan()] == [b"old"] * 10
            assert len(list(begun)) == 9
            assert list(transaction.table("other").scan()) == []
            for call in (
                lambda: table.put(b"k", b"v"),
                lambda: table.delete(b"0"),
                lambda: table.put_many([(b"k", b"v")]),
                lambda: transaction.clear("t"),
            ):
                with pytest.raises(ReadOnlyError):
                    call()
        assert dump(kv) == [(b"new", b"new")]
        assert dump(kv, "other") == [(b"a", b"1")]

    def test_a_read_inside_a_write_sees_the_last_commit(self, kv):
        with kv.write() as transaction:
            transaction.table("t").put(b"a", b"1")
        with kv.write() as transaction:
            transaction.table("t").put(b"a", b"2")
            transaction.table("fresh").put(b"a", b"2")
            assert dump(kv) == [(b"a", b"1")]
            assert dump(kv, "fresh") == []
        assert dump(kv, "fresh") == [(b"a", b"2")]

    def test_a_transaction_ends(self, kv):
        with kv.write() as writing:
            written = writing.table("t")
            written.put(b"a", b"1")
        with kv.read() as reading:
            table = reading.table("t")
        for call in (
            lambda: table.get(b"a"),
            lambda: list(table.scan()),
            lambda: written.get(b"a"),
            lambda: written.put(b"b", b"1"),
            lambda: written.put_many([(b"b", b"1")]),
            lambda: writing.clear("t"),
        ):
            with pytest.raises(HandleClosedError):
                call()

    def test_one_writer(self, kv):
        entered, leave = threading.Event(), threading.Event()

        def holder():
            with kv.write() as transaction:
                transaction.table("t").put(b"a", b"1")
                entered.set()
                leave.wait(10)

        thread = threading.Thread(target=holder)
        thread.start()
        entered.wait(10)
        try:
            with pytest.raises(BusyError), kv.write(timeout_s=0.02):
                pytest.fail("two writers at once")
            assert dump(kv) == []
        finally:
            leave.set()
            thread.join()
        assert dump(kv) == [(b"a", b"1")]
        with kv.write() as transaction, pytest.raises(AssertionError), kv.write():
            pass
        assert transaction is not None

    def test_threads_count_together(self, kv):
        def count(number):
            for i in range(30):
                with kv.write() as transaction:
                    table = transaction.table("t")
                    value = int(table.get(b"n") or b"0") + 1
                    table.put(b"n", b"%d" % value)
                    transaction.table(f"t{i % 5}").put(b"k%d" % value, b"1")
                with kv.read() as transaction:
                    assert int(transaction.table("t").get(b"n")) >= value

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(count, range(4)))
        assert dump(kv) == [(b"n", b"120")]
        assert sum(len(dump(kv, f"t{i}")) for i in range(5)) == 120

    def test_a_closed_handle_says_so(self, kv):
        kv.close()
        kv.close()
        with pytest.raises(HandleClosedError), kv.read():
            pass
        with pytest.raises(HandleClosedError), kv.write():
            pass
