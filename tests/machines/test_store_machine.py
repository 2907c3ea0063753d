"""The engines of both ports against plain lists and dictionaries, through reopening and through rolled-back writes."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chainlog.digest import ZERO
from chainlog.errors import ConflictError, DuplicateIdError
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.memory import MemoryStore
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.store.port import Block, SubjectHead

SUBJECTS = ["a", "ab", "b", "载体:1", "载体:2", "\uff01", "\U00010000"]
IDS = [bytes([n]) * 16 for n in range(40)]


class Model:
    """What a store holds, spelled out."""

    def __init__(self):
        self.records, self.ids, self.subjects, self.tiles, self.notes = [], {}, {}, {}, {}
        self.head, self.last_hash = None, ZERO

    def copy(self):
        copy = Model()
        copy.records, copy.head, copy.last_hash = list(self.records), self.head, self.last_hash
        for name in ("ids", "subjects", "tiles", "notes"):
            setattr(copy, name, dict(getattr(self, name)))
        return copy

    def add(self, block):
        self.records += block.records
        self.ids |= dict(block.ids)
        self.subjects |= dict(block.subjects)
        self.tiles |= {(level, number): tile for level, number, tile in block.tiles}
        self.notes |= dict(block.checkpoints)
        self.head, self.last_hash = block.head, block.last_hash

    def check(self, snapshot):
        assert (snapshot.size, snapshot.last_hash, snapshot.head) == (len(self.records), self.last_hash, self.head)
        assert [r for _, r in snapshot.records(0, 2**63)] == self.records
        assert [snapshot.record(i) for i in range(-1, len(self.records) + 1)] == [None, *self.records, None]
        assert [snapshot.index_of(i) for i in IDS] == [self.ids.get(i) for i in IDS]
        assert list(snapshot.subjects()) == sorted(self.subjects.items(), key=lambda item: item[0].encode())
        for prefix in ("a", "载体:", "x"):
            assert [s for s, _ in snapshot.subjects(prefix)] == sorted(s for s in self.subjects if s.startswith(prefix))
        assert [snapshot.subject(s) for s in SUBJECTS] == [self.subjects.get(s) for s in SUBJECTS]
        assert [snapshot.tile(n, n) for n in range(4)] == [self.tiles.get((n, n)) for n in range(4)]
        assert list(snapshot.checkpoints()) == sorted(self.notes.items())


class StoreMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.lmdb = LmdbStore.create(self.directory / "log", meta={})
        self.memory = MemoryStore()
        self.model = Model()
        self.snapshots = []

    def teardown(self):
        self.end_snapshots()
        self.lmdb.close()
        shutil.rmtree(self.directory)

    def both(self, call, error=None):
        for store in (self.lmdb, self.memory):
            with store.exclusive(timeout_s=5):
                if error is None:
                    call(store)
                else:
                    with pytest.raises(error) as caught:
                        call(store)
                    if error is DuplicateIdError:
                        assert self.model.ids.get(caught.value.event_id, caught.value.index) == caught.value.index

    @rule(
        lengths=st.lists(st.sampled_from([0, 1, 300, 2_000, 5_000]), max_size=5),
        first_id=st.integers(0, 35),
        subjects=st.lists(st.sampled_from(SUBJECTS), unique=True, max_size=4),
        extra=st.integers(0, 3),
        wrong=st.sampled_from([None, None, None, None, "size", "hash", "first"]),
        salt=st.binary(min_size=1, max_size=2),
    )
    def append(self, lengths, first_id, subjects, extra, wrong, salt):
        size, count = len(self.model.records), len(lengths)
        ids = IDS[first_id : first_id + count]
        block = Block(
            first=size + (wrong == "first"),
            records=[salt * length for length in lengths],
            ids=[(event_id, size + (wrong == "first") + i) for i, event_id in enumerate(ids)],
            subjects=[(s, SubjectHead(size + 1, size, salt.ljust(32, b"s"))) for s in subjects],
            tiles=[(extra, extra, salt.ljust(32, b"t") * 256)] if extra else [],
            head=salt * (extra * 1_500),
            checkpoints=[(extra, salt * extra)] if extra else [],
            last_hash=salt.ljust(32, b"h") if count else self.model.last_hash,
        )
        expected = (size + (wrong == "size"), b"\xee" * 32 if wrong == "hash" else self.model.last_hash)
        if wrong == "hash" and not count:
            return
        commit = lambda store: store.commit(block, expected=expected)  # noqa: E731
        if wrong:
            self.both(commit, ConflictError)
        elif any(event_id in self.model.ids for event_id in ids):
            self.both(commit, DuplicateIdError)
        else:
            self.both(commit)
            self.model.add(block)

    @precondition(lambda self: len(self.snapshots) < 3)
    @rule()
    def begin_snapshot(self):
        stack = ExitStack()
        pair = [stack.enter_context(store.snapshot()) for store in (self.lmdb, self.memory)]
        self.snapshots.append((stack, pair, self.model.copy()))

    @precondition(lambda self: self.snapshots)
    @rule()
    def end_snapshots(self):
        for stack, pair, model in self.snapshots:
            for snapshot in pair:
                model.check(snapshot)
            stack.close()
        self.snapshots.clear()

    @rule(read_only=st.booleans())
    def reopen(self, read_only):
        self.end_snapshots()
        self.lmdb.close()
        if read_only:
            reader = LmdbStore.open(self.directory / "log", read_only=True)
            with reader.snapshot() as snapshot:
                self.model.check(snapshot)
            reader.close()
        self.lmdb = LmdbStore.open(self.directory / "log")

    @rule()
    def back_up_and_go_on_with_the_copy(self):
        self.end_snapshots()
        self.lmdb.backup(self.directory / "copy")
        self.lmdb.close()
        shutil.rmtree(self.directory / "log")
        (self.directory / "copy").rename(self.directory / "log")
        self.lmdb = LmdbStore.open(self.directory / "log")

    @invariant()
    def both_hold_what_the_model_holds(self):
        for store in (self.lmdb, self.memory):
            with store.snapshot() as snapshot:
                self.model.check(snapshot)


KEYS = st.sampled_from([b"a", b"ab", b"b", b"\x00", b"\xff", b"a" * 500, *(b"%03d" % n for n in range(20))])
TABLES = st.sampled_from(["t", "u", "v-1"])
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), TABLES, KEYS, st.sampled_from([b"", b"1", b"x" * 300, b"y" * 9_000])),
        st.tuples(st.just("delete"), TABLES, KEYS),
        st.tuples(st.just("clear"), TABLES),
        st.tuples(
            st.just("put_many"), TABLES, st.dictionaries(KEYS, st.sampled_from([b"m", b"n" * 2_500]), max_size=8)
        ),
    ),
    max_size=8,
)


class KeyValueMachine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        self.directory = Path(tempfile.mkdtemp())
        self.lmdb = LmdbKeyValue.open(self.directory / "derived")
        self.memory = MemoryKeyValue()
        self.model: dict[str, dict[bytes, bytes]] = {}

    def teardown(self):
        self.lmdb.close()
        shutil.rmtree(self.directory)

    @rule(changes=CHANGES, fails=st.booleans())
    def write(self, changes, fails):
        model = {name: dict(table) for name, table in self.model.items()}
        for name, *arguments in changes:
            table = model.setdefault(arguments[0], {})
            if name == "put":
                table[arguments[1]] = arguments[2]
            elif name == "delete":
                table.pop(arguments[1], None)
            elif name == "clear":
                table.clear()
            else:
                table |= arguments[1]
        for kv in (self.lmdb, self.memory):
            try:
                with kv.write() as transaction:
                    for name, table, *arguments in changes:
                        if name == "clear":
                            transaction.clear(table)
                        elif name == "put_many":
                            transaction.table(table).put_many(sorted(arguments[0].items()))
                        else:
                            getattr(transaction.table(table), name)(*arguments)
                    self.check(transaction, model)
                    if fails:
                        raise RuntimeError
            except RuntimeError:
                assert fails
        if not fails:
            self.model = model

    @rule()
    def reopen(self):
        self.lmdb.close()
        self.lmdb = LmdbKeyValue.open(self.directory / "derived")

    @invariant()
    def both_hold_what_the_model_holds(self):
        for kv in (self.lmdb, self.memory):
            with kv.read() as transaction:
                self.check(transaction, self.model)

    def check(self, transaction, model):
        for name in ("t", "u", "v-1"):
            rows = sorted(model.get(name, {}).items())
            table = transaction.table(name)
            assert list(table.scan()) == rows
            assert list(table.scan_back(b"\xff" * 501)) == rows[::-1]
            assert list(table.scan(b"005", b"a" * 2)) == [(k, v) for k, v in rows if b"005" <= k < b"aa"]
            assert all(table.get(key) == value for key, value in rows)


# Each step compares everything there is, so a quarter of the usual number of runs does.
FEWER = settings(max_examples=settings().max_examples // 4, stateful_step_count=20)

TestStores = StoreMachine.TestCase
TestStores.settings = FEWER
TestKeyValues = KeyValueMachine.TestCase
TestKeyValues.settings = FEWER
