"""Catching up, rebuilding, telling foreign tables apart, and what happens when a projection fails."""

from __future__ import annotations

import threading

import pytest

from chainlog.errors import ConflictError, ProjectionError, RecordHashError, StoreFullError, UsageError
from chainlog.event.catalogue import KINDS
from chainlog.log.handle import LogHandle
from chainlog.log.reader import Reader
from chainlog.projection import feed, runner
from chainlog.projection.feed import ActFeed
from chainlog.projection.runner import Projections
from chainlog.projection.standard import facts, standard_projections
from chainlog.store.memory import MemoryStore
from chainlog.store.memory_kv import MemoryKeyValue
from tests.builders import small_log
from tests.signers import signer


class Counting:
    """A user's projection: how many records of each kind."""

    name = "counting"
    version = 1
    tables = ("kinds",)

    def __init__(self, fail_at: int = -1, error: Exception | None = None) -> None:
        self.fail_at = fail_at
        self.error = error or ValueError("no")

    def apply(self, entry, state):
        table = state.table("kinds")
        key = entry.kind.encode()
        count = int(table.get(key) or b"0")
        table.put(key, b"%d" % (count + 1))
        if entry.index == self.fail_at:
            raise self.error


class Ids:
    """The id of each record, with the version that wrote it."""

    name = "ids"
    tables = ("ids",)

    def __init__(self, version: int = 1) -> None:
        self.version = version

    def apply(self, entry, state):
        state.table("ids").put(b"%08d" % entry.index, b"%d %b" % (self.version, entry.event.id))


def same_ids(log, kv, version=1):
    with kv.read() as transaction:
        found = [value for _, value in transaction.table("ids.ids").scan()]
    size = log.handle.reader.size
    return found == [b"%d %b" % (version, entry.event.id) for entry in log.handle.reader.read_range(0, size)]


def counted(kv):
    with kv.read() as transaction:
        return {key.decode(): int(value) for key, value in transaction.table("counting.kinds").scan()}


def registered(log, projection, kv=None):
    projections = Projections(log.handle.reader, kv)
    projections.register(projection)
    return projections


@pytest.fixture
def log():
    return small_log()


def test_catch_up_and_again(log):
    projections = registered(log, Counting())
    assert projections.cursor("counting").size == 0
    cursor = projections.catch_up("counting")
    assert (cursor.size, cursor.unknown) == (4, 0)
    assert cursor.last_hash == log.handle.reader.read(3).record_hash
    assert counted(projections.kv) == {"log_opened": 1, "enrolled": 3}
    log.enrol("p/X")
    projections.catch_up_all()
    assert counted(projections.kv) == {"log_opened": 1, "enrolled": 4}
    assert projections.names == ("counting",)


def test_rebuild(log):
    projections = registered(log, Counting())
    projections.catch_up("counting")
    with projections.kv.write() as transaction:
        transaction.table("counting.kinds").put(b"junk", b"1")
    assert projections.rebuild("counting").size == 4
    assert counted(projections.kv) == {"log_opened": 1, "enrolled": 3}


def test_an_empty_log():
    projections = Projections(Reader(MemoryStore()))
    projections.register(Counting())
    assert projections.catch_up("counting").size == 0


@pytest.mark.parametrize("fail_at", [0, 2, 3])
def test_a_failing_projection_changes_nothing_and_is_named(log, fail_at, monkeypatch):
    monkeypatch.setattr(runner, "REBUILD_RECORDS", 1)
    monkeypatch.setattr(runner, "BLOCK_RECORDS", 2)
    projection = Counting(fail_at)
    projections = registered(log, projection)
    with pytest.raises(ProjectionError) as error:
        projections.catch_up("counting")
    assert (error.value.name, error.value.index) == ("counting", fail_at)
    assert "ValueError: no" in str(error.value)
    # Blocks before the failing one are kept: [0], [1, 2], [3].
    size = {0: 0, 2: 1, 3: 3}[fail_at]
    assert projections.cursor("counting").size == size
    assert sum(counted(projections.kv).values()) == size
    projection.fail_at = -1
    projections.catch_up("counting")
    assert counted(projections.kv) == {"log_opened": 1, "enrolled": 3}


@pytest.mark.parametrize("error", [StoreFullError("no room"), RecordHashError(index=3)])
def test_the_machine_s_errors_keep_their_names(log, error):
    with pytest.raises(type(error)):
        registered(log, Counting(2, error)).catch_up("counting")


def test_a_block_that_has_to_be_run_again(log, monkeypatch):
    projections = registered(log, Counting())
    tries = []
    write = projections.kv.write

    def full(**rest):
        tries.append(1)
        if len(tries) < 3:
            raise ConflictError("grown")
        return write(**rest)

    monkeypatch.setattr(projections.kv, "write", full)
    assert projections.catch_up("counting").size == 4
    tries.clear()
    log.enrol("p/X")
    monkeypatch.setattr(projections.kv, "write", lambda **_: (_ for _ in ()).throw(ConflictError("always")))
    with pytest.raises(ConflictError, match="always"):
        projections.catch_up("counting")


def test_tables_of_another_log_are_made_anew(log):
    kv = MemoryKeyValue()
    for other in (
        small_log(name="draft.other", persons=["p/X", "p/Y", "p/Z"]),
        log,
        small_log(name="draft.shorter", persons=["p/X"]),
        small_log(name="draft.longer", persons=["p/X", "p/Y", "p/Z", "p/W"]),
    ):
        registered(other, Ids(), kv).catch_up("ids")
        assert same_ids(other, kv)


class Remembering(MemoryStore):
    """Keeps the blocks, so that the same log can be made again, shorter."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[tuple] = []

    def commit(self, block, *, expected):
        super().commit(block, expected=expected)
        self.blocks.append((block, expected))

    def shorter(self, size):
        store = MemoryStore()
        for block, expected in self.blocks:
            if expected[0] < size:
                with store.exclusive(timeout_s=1):
                    store.commit(block, expected=expected)
        return store


def test_a_log_rolled_back_is_noticed_even_when_it_has_grown_again():
    kv = MemoryKeyValue()
    log = small_log(store=Remembering())
    log.enrol("p/X")
    registered(log, Ids(), kv).catch_up("ids")
    back = log._replace(handle=LogHandle(log.store.shorter(4), log_signer=signer("log"), clock=log.clock))
    projections = registered(back, Ids(), kv)
    assert (back.handle.id, projections.catch_up("ids").size) == (log.handle.id, 4)
    assert same_ids(back, kv)
    registered(log, Ids(), kv).catch_up("ids")
    back.enrol("p/Y")
    back.enrol("p/W")
    # As long as before and longer, with another record where the tables end.
    assert projections.catch_up("ids").size == 6
    assert same_ids(back, kv)


def test_a_new_version_rebuilds(log):
    kv = MemoryKeyValue()
    registered(log, Ids(), kv).catch_up("ids")
    assert registered(log, Ids(2), kv).catch_up("ids").version == 2
    assert same_ids(log, kv, version=2)


def test_unknown_kinds_are_passed_over_and_counted(log, monkeypatch):
    less = {name: kind for name, kind in KINDS.items() if name != "enrolled"}
    monkeypatch.setattr(runner, "KINDS", less)
    monkeypatch.setattr(feed, "KINDS", less)
    projections = registered(log, Counting())
    assert projections.catch_up("counting").unknown == 3
    assert counted(projections.kv) == {"log_opened": 1}
    standard = standard_projections(log.handle.reader)
    standard.catch_up_all()
    assert standard.cursor("people").unknown == standard.cursor("custody").unknown == 3


def test_what_can_t_be_written_is_not_believed(log):
    kv = MemoryKeyValue()
    registered(log, Counting(), kv).catch_up("counting")
    with kv.write() as transaction:
        transaction.table("counting.kinds").put(b"forged", b"1")
    kv.read_only = True
    projections = registered(log, Counting(), kv)
    assert projections.kv is not kv
    projections.catch_up("counting")
    assert "forged" not in counted(projections.kv)


def test_several_at_once(log, monkeypatch):
    for number in range(40):
        log.enrol(f"p/N{number}")
    monkeypatch.setattr(runner, "REBUILD_RECORDS", 3)
    monkeypatch.setattr(runner, "BLOCK_RECORDS", 3)
    kv = MemoryKeyValue()
    errors: list[BaseException] = []

    def work():
        try:
            registered(log, Counting(), kv).catch_up("counting")
        except BaseException as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert counted(kv) == {"log_opened": 1, "enrolled": 43}


@pytest.mark.parametrize(("field", "value"), [
    ("name", "Custody"), ("name", ""), ("name", "a" * 41), ("name", "a/b"), ("version", -1), ("version", "1"), ("version", True),
    ("tables", ("a.b",)), ("tables", ("",)), ("tables", ("x", "x")), ("tables", ("a" * 17,)),
])  # fmt: skip
def test_names_that_can_t_stand_in_a_file(log, field, value):
    projection = Counting()
    setattr(projection, field, value)
    with pytest.raises(UsageError):
        registered(log, projection)


def test_a_projection_sees_its_own_tables_only(log):
    class Curious(Counting):
        def apply(self, entry, state):
            state.table("cursors")

    with pytest.raises(ProjectionError, match="no table of this projection"):
        registered(log, Curious()).catch_up("counting")
    projections = registered(log, Counting())
    with pytest.raises(UsageError, match="registered already"):
        projections.register(Counting())
    with pytest.raises(UsageError, match="no projection"):
        projections.catch_up("custody")


def test_a_changed_record_is_noticed(log):
    records = log.store._content.records
    projections = registered(log, Counting())
    whole = standard_projections(log.handle.reader)
    for index in (0, 2, 3):
        kept = records[index]
        records[index] = kept[:-1] + bytes([kept[-1] ^ 1])
        for one, name in ((projections, "counting"), (whole, "custody"), (whole, "people")):
            with pytest.raises(RecordHashError) as error:
                one.catch_up(name)
            assert error.value.index == index
            assert one.cursor(name).size == 0
        records[index] = kept
    whole.catch_up_all()


def test_the_feed_gives_what_the_reader_gives(log):
    with log.handle.reader.snapshot() as snapshot:
        everything = list(snapshot.read_range(0, 4))
        for start in range(5):
            for stop in range(start, 6):
                acts = list(ActFeed(snapshot, start, stop, KINDS))
                wanted = everything[start:stop]
                assert [(act.index, act.kind, act.id, act.subjects, act.people, act.refs) for act in acts] == [
                    (e.index, e.kind, e.event.id, e.event.subjects, e.event.people, e.event.refs) for e in wanted
                ]
                assert [act.body for act in acts] == [entry.body() for entry in wanted]


def test_a_missing_record_is_noticed(log):
    class Gap:
        size = 4
        last_hash = bytes(32)

        def __init__(self, snapshot, missing):
            self._snapshot = snapshot
            self._missing = missing

        def records(self, start, stop):
            return ((index, data) for index, data in self._snapshot.raw.records(start, stop) if index != self._missing)

    with log.handle.reader.snapshot() as snapshot:
        for missing in range(4):
            reader = type("Reader", (), {"raw": Gap(snapshot, missing)})
            with pytest.raises(RecordHashError) as error:
                list(ActFeed(reader, 0, 4, KINDS))
            assert error.value.index == missing


def test_facts_are_of_one_size(log):
    projections = standard_projections(log.handle.reader)
    with facts(projections) as found:
        assert found.log.size == projections.cursor("custody").size == 4
        assert found.people.person("p/L").keys[0].since_index == 1
