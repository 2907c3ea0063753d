"""Reading: every record is checked against the chain, wherever a byte was changed or a record is gone."""

from __future__ import annotations

import pytest

from chainlog import digest
from chainlog.errors import FormatError, NotFoundError, RecordHashError, StoreError
from chainlog.log.reader import Reader
from chainlog.record.record import SubjectHead, check_record, encode_record
from chainlog.store.lmdb_store import LmdbStore
from chainlog.store.memory import MemoryStore
from tests.builders import small_log
from tests.hand import event_of

SIZE = 24


def filled(store):
    """24 records over 12 commits: four of the log itself, then twenty acts on three carriers."""
    log = small_log(store=store)
    while (size := log.handle.reader.size) < SIZE:
        subjects = [f"c/{size % 3}", "c/all"]
        log.record("checked.carrier", {"operator": "p/Z"}, body={"reason": "other", "passed": True}, subjects=subjects)
    return log


@pytest.fixture(scope="module", params=["memory", "lmdb"])
def log(request, tmp_path_factory):
    store = MemoryStore() if request.param == "memory" else LmdbStore.create(tmp_path_factory.mktemp("x") / "log")
    yield filled(store)
    store.close()


def test_single_records(log):
    reader = log.handle.reader
    assert reader.size == SIZE
    with log.store.snapshot() as snapshot:
        for index in range(SIZE):
            entry = reader.read(index)
            data = snapshot.record(index)
            checked = check_record(data)
            assert (entry.index, entry.record_hash) == (index, digest.record_hash(data))
            assert (entry.event, entry.record, entry.kind) == (
                checked.event.event,
                checked.record,
                checked.event.event.kind,
            )
            assert entry.recorded_at_us == checked.record.recorded_at_us
            assert entry.body() == checked.event.body
            assert reader.find(entry.event.id) == entry
    for index in (-1, SIZE, 10**9):
        with pytest.raises(NotFoundError):
            reader.read(index)
    assert reader.find(b"\7" * 16) is None


def test_every_range(log):
    reader = log.handle.reader
    for batch in (1, 2, 5, 1000):
        for start in range(-2, SIZE + 3):
            for stop in range(-2, SIZE + 3):
                expected = list(range(max(start, 0), min(stop, SIZE)))
                assert [entry.index for entry in reader.read_range(start, stop, batch=batch)] == expected
        if batch == 1:
            continue
        with reader.snapshot() as snapshot:
            assert [e.index for e in snapshot.read_range(0, 10**9)] == list(range(SIZE))


def test_a_range_goes_on_over_commits_that_come_meanwhile():
    log = filled(MemoryStore())
    entries = log.handle.reader.read_range(0, 10**6, batch=5)
    assert [next(entries).index for _ in range(5)] == [0, 1, 2, 3, 4]
    log.record("checked.carrier", {"operator": "p/Z"}, body={"reason": "other", "passed": True}, subjects=["c/9"])
    assert [entry.index for entry in entries] == list(range(5, SIZE + 1))
    # A snapshot doesn't.
    with log.handle.reader.snapshot() as snapshot:
        log.record("checked.carrier", {"operator": "p/Z"}, body={"reason": "other", "passed": True}, subjects=["c/9"])
        assert (snapshot.size, log.handle.reader.size) == (SIZE + 1, SIZE + 2)
        assert [entry.index for entry in snapshot.read_range(SIZE - 1, 99)] == [SIZE - 1, SIZE]
        assert snapshot.head().size == SIZE + 1


def test_histories(log):
    reader = log.handle.reader
    all_entries = list(reader.read_range(0, SIZE))
    with log.store.snapshot() as snapshot:
        subjects = [subject for subject, _ in snapshot.subjects()]
    for subject in subjects:
        expected = [entry for entry in all_entries if subject in entry.event.subjects][::-1]
        assert reader.history(subject) == expected
        for limit in (0, 1, 2, 99):
            assert reader.history(subject, limit=limit) == expected[:limit]
    # The question is folded like the subjects.
    assert reader.history("c/ALL") == reader.history("c/ all") != []
    assert reader.history("c/none") == []


class Altered(MemoryStore):
    """A store whose snapshots answer some questions otherwise."""

    def __init__(self, log, **answers):
        super().__init__()
        self._log, self._answers = log, answers

    def snapshot(self):
        return _Altered(self._log.store.snapshot(), self._answers)


class _Altered:
    def __init__(self, opened, answers):
        self._opened, self._answers = opened, answers

    def __enter__(self):
        self._real = self._opened.__enter__()
        return self

    def __exit__(self, *error):
        return self._opened.__exit__(*error)

    def __getattr__(self, name):
        return getattr(self._real, name)

    def record(self, index):
        records = self._answers.get("records", {})
        return records[index] if index in records else self._real.record(index)

    def records(self, start, stop):
        changed = self._answers.get("records", {})
        for index, data in self._real.records(start, stop):
            stated = changed.get(index, data)
            if stated is not None:
                yield index, stated

    def subject(self, subject):
        return self._answers.get("subjects", {}).get(subject) or self._real.subject(subject)

    def index_of(self, event_id):
        return self._answers.get("ids", {}).get(event_id, self._real.index_of(event_id))

    @property
    def last_hash(self):
        return self._answers.get("last_hash", self._real.last_hash)


def test_a_changed_byte_anywhere_in_a_record_is_noticed(log):
    entries = list(log.handle.reader.read_range(0, SIZE))
    with log.store.snapshot() as snapshot:
        for index in (0, 3, 11, SIZE - 1):
            data = snapshot.record(index)
            for place in [*range(0, len(data), 23), len(data) - 1]:
                other = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
                reader = Reader(Altered(log, records={index: other}))
                with pytest.raises(RecordHashError) as caught:
                    reader.read(index)
                assert caught.value.index == index
                with pytest.raises(RecordHashError):
                    list(reader.read_range(index, index + 1))
                with pytest.raises(RecordHashError):
                    list(reader.read_range(0, SIZE, batch=7))
                with pytest.raises(RecordHashError):
                    reader.find(entries[index].event.id)
                for subject in entries[index].event.subjects:
                    with pytest.raises(RecordHashError):
                        reader.history(subject)


def test_whatever_stands_in_place_of_a_record_is_noticed(log):
    with log.store.snapshot() as snapshot:
        for index in (0, 5, SIZE - 2, SIZE - 1):
            data = snapshot.record(index)
            for other in (
                b"",
                b"\xff",
                b"\x98",
                data[:-1],
                data + b"\0",
                snapshot.record((index + 1) % SIZE),
                bytes(600),
            ):
                reader = Reader(Altered(log, records={index: other}))
                with pytest.raises(RecordHashError):
                    reader.read(index)
                with pytest.raises(RecordHashError):
                    list(reader.read_range(0, SIZE))
                if index:
                    with pytest.raises(RecordHashError):
                        reader.read(index - 1)  # nothing says any more what it should be


def test_a_missing_record_is_noticed_and_not_left_out(log):
    for index in range(SIZE):
        reader = Reader(Altered(log, records={index: None}))
        with pytest.raises(NotFoundError):
            reader.read(index)
        for start in range(index + 1):
            with pytest.raises(RecordHashError):
                list(reader.read_range(start, SIZE))
        with pytest.raises(RecordHashError):
            list(reader.read_range(index, index + 1))
        if index:
            with pytest.raises(RecordHashError):
                list(reader.read_range(index - 1, index))
        assert len(list(reader.read_range(index + 1, SIZE))) == SIZE - index - 1
    missing = dict.fromkeys(range(9, SIZE))
    reader = Reader(Altered(log, records=missing))
    for start in (8, 9, 15):
        with pytest.raises(RecordHashError):
            list(reader.read_range(start, SIZE))
    assert len(list(reader.read_range(0, 8))) == 8


def test_the_last_record_is_checked_against_the_head(log):
    reader = Reader(Altered(log, last_hash=bytes(32)))
    with pytest.raises(RecordHashError):
        reader.read(SIZE - 1)
    with pytest.raises(RecordHashError):
        list(reader.read_range(SIZE - 3, SIZE))
    assert reader.read(SIZE - 2).index == SIZE - 2


def test_a_false_index_is_noticed(log):
    with log.store.snapshot() as snapshot:
        head = snapshot.subject("c/ALL")
        ids = [check_record(snapshot.record(index)).event.event.id for index in range(SIZE)]
    for false in (
        SubjectHead(head.count, head.index - 1, head.record_hash),
        SubjectHead(head.count + 1, head.index, head.record_hash),
        SubjectHead(head.count, head.index, bytes(32)),
        SubjectHead(head.count, SIZE + 5, head.record_hash),
        SubjectHead(head.count, 2, head.record_hash),
    ):
        with pytest.raises(RecordHashError):
            Reader(Altered(log, subjects={"c/ALL": false})).history("c/all")
    other = Reader(Altered(log, ids={ids[7]: 8}))
    with pytest.raises(StoreError):
        other.find(ids[7])
    with pytest.raises(NotFoundError):
        Reader(Altered(log, ids={ids[7]: SIZE + 1})).find(ids[7])


def test_bytes_that_the_chain_holds_and_nobody_can_read(log):
    # What a later release wrote is no damage.
    strange = b"\x98\x02" + bytes(40)
    reader = Reader(Altered(log, records={SIZE - 1: strange}, last_hash=digest.record_hash(strange)))
    for read in (lambda: reader.read(SIZE - 1), lambda: list(reader.read_range(SIZE - 1, SIZE))):
        with pytest.raises(FormatError) as caught:
            read()
        assert f"[{SIZE - 1}]" in caught.value.path


def test_the_body_of_an_unknown_kind():
    log = filled(MemoryStore())
    entry = log.handle.reader.read(5)
    event = event_of("later.act", b"\5" * 16, (), ("c/1", "p/Z"), (("operator", "p/Z", 1),), (), 1, {"x": 1})
    data = encode_record(index=5, recorded_at_us=1, prev_hash=bytes(32), base=(4, bytes(32)), links=[(0, 0, bytes(32))] * 2,
                         event=event.encoded, signatures=entry.record.signatures)  # fmt: skip
    later = entry.__class__(5, 1, check_record(data).event.event, check_record(data).record, bytes(32))
    assert later.kind == "later.act"
    with pytest.raises(FormatError):
        later.body()


def test_an_empty_store():
    reader = Reader(MemoryStore())
    assert (reader.size, reader.head(), list(reader.read_range(0, 9)), reader.history("c/1")) == (0, None, [], [])
    with pytest.raises(NotFoundError):
        reader.read(0)
