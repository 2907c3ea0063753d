"""What every engine behind the Store port must do. A subclass for each engine gives `store` and `reopen`."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chainlog.digest import ZERO
from chainlog.errors import BusyError, ConflictError, DuplicateIdError, HandleClosedError
from chainlog.store.port import Block, Store, SubjectHead
from tests.blocks import append, check_whole, event_id, make_block

EMPTY = (0, ZERO)


def commit(store: Store, block: Block, expected: tuple[int, bytes]) -> tuple[int, bytes]:
    with store.exclusive(timeout_s=5):
        store.commit(block, expected=expected)
    return block.first + len(block.records), block.last_hash


def state(store: Store) -> tuple[int, bytes]:
    with store.snapshot() as snapshot:
        return snapshot.size, snapshot.last_hash


class StoreContract:
    META = {"log-id": b"\x00\xff" * 16, "version": b"1"}

    def test_a_new_store_is_empty(self, store):
        with store.snapshot() as snapshot:
            assert (snapshot.size, snapshot.last_hash, snapshot.head) == (0, ZERO, None)
            assert snapshot.record(0) is None
            assert list(snapshot.records(0, 10)) == []
            assert list(snapshot.subjects()) == []
            assert list(snapshot.checkpoints()) == []
            assert snapshot.subject("carrier:1") is None
            assert snapshot.index_of(bytes(16)) is None
            assert snapshot.tile(0, 0) is None
            assert snapshot.checkpoint(0) is None

    def test_meta_is_what_was_given_at_creation(self, store):
        with store.snapshot() as snapshot:
            assert {key: snapshot.meta(key) for key in self.META} == self.META
            assert snapshot.meta("absent") is None
            assert snapshot.meta("") is None

    def test_what_was_committed_is_there(self, store):
        at = EMPTY
        for count in (1, 4, 250, 1, 304):
            at = commit(store, make_block(*at, count), at)
        with store.snapshot() as snapshot:
            assert len(check_whole(snapshot)) == 560
            assert list(snapshot.records(255, 258)) == [(i, snapshot.record(i)) for i in (255, 256, 257)]
            assert all(snapshot.index_of(event_id(i)) == i for i in range(560))
            assert [n for n, _ in snapshot.checkpoints()] == [5, 255, 560]
            assert snapshot.subject("carrier:0") == SubjectHead(554, 553, snapshot.subject("carrier:0").record_hash)
            assert snapshot.tile(0, 1) is not None
            assert snapshot.tile(0, 2) is None
            assert snapshot.tile(1, 0) is None

    def test_a_block_of_a_thousand(self, store):
        commit(store, make_block(*EMPTY, 1_000, length=500), EMPTY)
        with store.snapshot() as snapshot:
            assert len(check_whole(snapshot)) == 1_000

    def test_bytes_come_back_as_they_went_in(self, store):
        odd = [b"", b"\x00", bytes(range(256)) * 250, b"\xff" * 4_096]
        block = make_block(*EMPTY, 4)._replace(
            records=odd,
            subjects=[("载体:甲-1/\x00", SubjectHead(2**64 - 1, 2**63, b"\xff" * 32))],
            head=b"\x00\xff",
            checkpoints=[(0, b""), (2**64 - 1, b"\x00")],
            tiles=[(255, 2**64 - 1, b"\x5a" * 8192)],
        )
        commit(store, block, EMPTY)
        with store.snapshot() as snapshot:
            assert [record for _, record in snapshot.records(0, 9)] == odd
            assert snapshot.subject("载体:甲-1/\x00") == SubjectHead(2**64 - 1, 2**63, b"\xff" * 32)
            assert snapshot.head == b"\x00\xff"
            assert list(snapshot.checkpoints()) == [(0, b""), (2**64 - 1, b"\x00")]
            assert snapshot.checkpoint(0) == b""
            assert snapshot.tile(255, 2**64 - 1) == b"\x5a" * 8192

    def test_ranges_of_records(self, store):
        append(store, 5)
        with store.snapshot() as snapshot:
            for start in range(-2, 8):
                for stop in range(-2, 8):
                    expected = [i for i in range(max(start, 0), stop) if i < 5]
                    assert [i for i, _ in snapshot.records(start, stop)] == expected
                    wanted = [index for index in range(start, stop) if start >= 0 and index < 5]
                    assert snapshot.unbroken(start, stop) == [snapshot.record(index) for index in wanted]
            assert list(snapshot.records(2**64, 2**65)) == []
            assert snapshot.unbroken(2**64, 2**65) == []
            assert snapshot.record(-1) is None
            assert snapshot.record(2**64) is None
            assert snapshot.tile(-1, 0) is None
            assert snapshot.tile(256, 0) is None
            assert snapshot.checkpoint(-1) is None
            assert snapshot.index_of(b"") is None
            assert snapshot.index_of(b"x" * 600) is None
            assert snapshot.subject("") is None
            assert snapshot.subject("x" * 600) is None
            assert snapshot.subject("\ud800") is None

    def test_subjects_ascend_by_their_utf8_bytes(self, store):
        # U+FF01 sorts below U+10000 in UTF-8, and above it in UTF-16.
        names = ["a", "b", "ba", "bb", "c", "é", "载体:1", "载体:10", "载体:2", "\uff01", "\U00010000"]
        block = make_block(*EMPTY, 1)._replace(subjects=[(n, SubjectHead(1, 0, ZERO)) for n in reversed(names)])
        commit(store, block, EMPTY)
        with store.snapshot() as snapshot:
            assert [name for name, _ in snapshot.subjects()] == sorted(names, key=str.encode)
            assert [name for name, _ in snapshot.subjects("b")] == ["b", "ba", "bb"]
            assert [name for name, _ in snapshot.subjects("载体:1")] == ["载体:1", "载体:10"]
            assert list(snapshot.subjects("bc")) == []
            assert list(snapshot.subjects("x" * 600)) == []

    def test_a_subject_moves_on(self, store):
        at = commit(store, make_block(*EMPTY, 1, subjects=["s"]), EMPTY)
        with store.snapshot() as before:
            at = commit(store, make_block(*at, 3, subjects=["s"]), at)
            assert before.subject("s").count == 1
        with store.snapshot() as after:
            assert after.subject("s").count == 4

    @pytest.mark.parametrize(
        ("first", "expected"),
        [(1, (1, None)), (3, (3, None)), (2, (2, ZERO)), (0, EMPTY), (2, (3, None)), (2, (1, None))],
    )
    def test_a_block_that_does_not_follow_is_refused(self, store, first, expected):
        append(store, 2)
        at = state(store)
        given = (expected[0], at[1] if expected[1] is None else expected[1])
        block = make_block(first, at[1], 1, tag=b"other")
        with store.exclusive(timeout_s=5), pytest.raises(ConflictError):
            store.commit(block, expected=given)
        assert state(store) == at
        with store.snapshot() as snapshot:
            check_whole(snapshot)
            assert snapshot.index_of(event_id(first, b"other")) is None

    @pytest.mark.parametrize("place", [0, 1, 499, 999])
    def test_an_id_stands_once(self, store, place):
        at = commit(store, make_block(*EMPTY, 3), EMPTY)
        ids = [event_id(i, b"x") for i in range(1_000)]
        ids[place] = event_id(1)
        with store.exclusive(timeout_s=5), pytest.raises(DuplicateIdError) as caught:
            store.commit(make_block(*at, 1_000, ids=ids), expected=at)
        assert (caught.value.index, caught.value.event_id) == (1, event_id(1))
        assert event_id(1).hex() in str(caught.value)
        assert state(store) == at
        with store.snapshot() as snapshot:
            check_whole(snapshot)
            assert all(snapshot.index_of(i) is None for i in ids if i != event_id(1))
        # The same block without the one id goes in.
        ids[place] = event_id(9, b"y")
        commit(store, make_block(*at, 1_000, ids=ids), at)

    def test_an_id_stands_once_within_a_block(self, store):
        block = make_block(*EMPTY, 3, ids=[b"a" * 16, b"b" * 16, b"a" * 16])
        with store.exclusive(timeout_s=5), pytest.raises(DuplicateIdError) as caught:
            store.commit(block, expected=EMPTY)
        assert caught.value.index == 0
        assert state(store) == EMPTY

    def test_a_block_without_records_stores_a_checkpoint(self, store):
        append(store, 2)
        at = state(store)
        block = Block(2, [], [], [], [], b"new head", [(2, b"cosigned")], at[1])
        assert commit(store, block, at) == at
        with store.snapshot() as snapshot:
            assert snapshot.checkpoint(2) == b"cosigned"
            assert snapshot.head == b"new head"
        append(store, 1)

    def test_an_empty_block_on_an_empty_store(self, store):
        commit(store, Block(0, [], [], [], [], b"h", [(0, b"n")], ZERO), EMPTY)
        with store.snapshot() as snapshot:
            assert (snapshot.size, snapshot.head, snapshot.checkpoint(0)) == (0, b"h", b"n")

    @pytest.mark.parametrize(
        "change",
        [
            {"ids": []},
            {"ids": [(b"a" * 16, 0)]},
            {"ids": [(b"a" * 16, 0), (b"b" * 16, 0)]},
            {"ids": [(b"a" * 16, 0), (b"b" * 16, 2)]},
            {"ids": [(b"a" * 16, 0), (b"b" * 15, 1)]},
            {"subjects": [("s", SubjectHead(1, 0, ZERO))] * 2},
            {"subjects": [("s", SubjectHead(1, 0, ZERO[:31]))]},
            {"subjects": [("", SubjectHead(1, 0, ZERO))]},
            {"subjects": [("x" * 501, SubjectHead(1, 0, ZERO))]},
            {"tiles": [(0, 0, bytes(8191))]},
            {"tiles": [(0, 0, bytes(8192))] * 2},
            {"checkpoints": [(1, b"a"), (1, b"b")]},
            {"last_hash": b"short"},
            {"records": [], "ids": []},
        ],
    )
    def test_what_is_no_block_is_a_bug(self, store, change):
        with store.exclusive(timeout_s=5), pytest.raises(AssertionError):
            store.commit(make_block(*EMPTY, 2)._replace(**change), expected=EMPTY)
        assert state(store) == EMPTY

    def test_commit_needs_the_turn_of_its_own_thread(self, store):
        block = make_block(*EMPTY, 1)
        with pytest.raises(AssertionError):
            store.commit(block, expected=EMPTY)
        raised = []

        def other():
            try:
                store.commit(block, expected=EMPTY)
            except AssertionError as error:
                raised.append(error)

        with store.exclusive(timeout_s=5):
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        assert raised
        assert state(store) == EMPTY

    def test_exclusive_is_not_reentrant(self, store):
        with store.exclusive(timeout_s=5):
            with pytest.raises(AssertionError), store.exclusive(timeout_s=5):
                pass
            # The outer turn goes on.
            store.commit(make_block(*EMPTY, 1), expected=EMPTY)
        append(store)

    def test_a_turn_ends_by_an_exception_too(self, store):
        for _ in range(3):
            with pytest.raises(RuntimeError), store.exclusive(timeout_s=5):
                raise RuntimeError
        append(store)

    def test_two_commits_in_one_turn(self, store):
        with store.exclusive(timeout_s=5):
            block = make_block(*EMPTY, 2)
            store.commit(block, expected=EMPTY)
            at = (2, block.last_hash)
            store.commit(make_block(*at, 2), expected=at)
        with store.snapshot() as snapshot:
            assert len(check_whole(snapshot)) == 4

    def test_the_second_writer_waits_and_gives_up(self, store):
        entered, leave = threading.Event(), threading.Event()

        def holder():
            with store.exclusive(timeout_s=5):
                entered.set()
                leave.wait(10)

        thread = threading.Thread(target=holder)
        thread.start()
        entered.wait(10)
        try:
            for timeout_s in (0, 0.05):
                with pytest.raises(BusyError) as caught, store.exclusive(timeout_s=timeout_s):
                    pytest.fail("two writers at once")
                assert caught.value.timeout_s == timeout_s
            with store.snapshot() as snapshot:  # readers aren't kept out
                assert snapshot.size == 0
        finally:
            leave.set()
            thread.join()
        append(store)

    def test_threads_append_in_turn(self, store):
        def writer(number):
            for i in range(25):
                append(store, 1 + i % 3, tag=b"t%d-%d" % (number, i))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(writer, range(4)))
        with store.snapshot() as snapshot:
            assert len(check_whole(snapshot)) == 4 * sum(1 + i % 3 for i in range(25))

    def test_readers_see_whole_commits_while_another_writes(self, store):
        stop = threading.Event()

        def reader(_):
            seen = [0]
            while not stop.is_set():
                with store.snapshot() as snapshot:
                    seen.append(len(check_whole(snapshot)))
            return seen

        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(reader, n) for n in range(2)]
            for _ in range(60):
                append(store, 3)
            stop.set()
        for future in futures:
            assert all(size % 3 == 0 for size in future.result())

    def test_a_snapshot_does_not_change(self, store):
        append(store, 4)
        with store.snapshot() as snapshot:
            records = check_whole(snapshot)
            rest = snapshot.records(0, 100)
            assert next(rest) == (0, records[0])
            for _ in range(5):
                append(store, 300)
            assert check_whole(snapshot) == records
            assert [r for _, r in rest] == records[1:]
            assert snapshot.tile(0, 0) is None
            assert snapshot.record(4) is None
            assert snapshot.index_of(event_id(4)) is None
            assert [n for n, _ in snapshot.checkpoints()] == []

    def test_a_snapshot_ends(self, store):
        append(store, 4)
        with store.snapshot() as snapshot:
            begun = snapshot.records(0, 4)
            next(begun)
        for call in (
            lambda: snapshot.size,
            lambda: snapshot.head,
            lambda: snapshot.record(0),
            lambda: snapshot.subject("carrier:0"),
            lambda: snapshot.index_of(event_id(0)),
            lambda: list(snapshot.records(0, 4)),
            lambda: list(begun),
            lambda: list(snapshot.subjects()),
            lambda: list(snapshot.checkpoints()),
        ):
            with pytest.raises(HandleClosedError):
                call()

    def test_a_closed_handle_says_so(self, store):
        append(store, 1)
        store.close()
        store.close()
        with pytest.raises(HandleClosedError), store.snapshot():
            pass
        with pytest.raises(HandleClosedError), store.exclusive(timeout_s=1):
            pass
        with pytest.raises(HandleClosedError):
            store.commit(make_block(*EMPTY, 1), expected=EMPTY)
