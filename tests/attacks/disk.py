"""A log on the disk for trials: made once, laid down anew for each; its data file as pages, its rows as the engine gives them."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import lmdb

from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.forensics.diagnosis import diagnose
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import AuditReport, Finding
from chainlog.forensics.verdict import Question, damage_report
from chainlog.log.head import decode_head
from chainlog.log.reader import Entry
from chainlog.store.lmdb_forensic import PrivateCopy, page_problems
from chainlog.store.lmdb_pages import PageFile
from chainlog.store.lmdb_store import LmdbStore
from tests.attacks.answers import Answer, found, same
from tests.builders import Clock, SmallLog, small_log
from tests.signers import signer

RECORDS: Final = 30
PAGE: Final = 4_096
FREED, MAIN, TRANSACTION = 40, 88, 144
"""Where in a meta page of LMDB 0.9 the tree of freed pages, the tree of tables and the transaction number stand."""

_HEAD = 16
_NO_PAGE = 2**64 - 1  # the root of an empty tree
_BRANCH, _LEAF, _SUBTREE = 0x01, 0x02, 0x02


class State(NamedTuple):
    """The data file of a log at some moment, and the head that was signed then."""

    data: bytes
    note: bytes


class Kept(NamedTuple):
    """A log written record by record, with what was on the disk after each. records: the newest state's."""

    log_id: bytes
    states: dict[int, State]
    records: tuple[Entry, ...]

    @property
    def newest(self) -> State:
        """The state of `RECORDS` records."""
        return self.states[RECORDS]

    @property
    def hashes(self) -> list[bytes]:
        """What was acknowledged."""
        return [entry.record_hash for entry in self.records]


@cache
def kept() -> Kept:
    """The log that trials lay down."""
    with tempfile.TemporaryDirectory() as directory:
        log = small_log(store=LmdbStore.create(Path(directory) / "log"))
        states = {}
        while (size := log.handle.reader.size) < RECORDS:
            _take_in(log, size)
            with log.store.snapshot() as snapshot:
                note = decode_head(snapshot.head or b"").checkpoint
            states[size + 1] = State((Path(directory) / "log" / "truth" / "data.mdb").read_bytes(), note)
        records = tuple(log.handle.reader.read_range(0, RECORDS))
        log.handle.close()
    return Kept(log.handle.id, states, records)


def _take_in(log: SmallLog, size: int) -> None:
    """Record that a carrier came in."""
    item = {"carrier": f"c/{size}", "form": "document", "document": f"d/国办发〔2025〕{size}号", "copy_no": "1"}
    body = {
        "level": "机密",
        "items": [item],
        "sender": "u/国务院",
        "channel": "exchange",
        "listed": 1,
        "found": 1,
        "seal": "intact",
    }
    log.record("created.received", {"receiver": "p/L"}, body={**body, "note": "来文已与回执核对无误。" * 9})


def lay(directory: Path, data: bytes) -> Path:
    """A log directory with this data file. Returns the log's path."""
    truth = directory / "truth"
    truth.mkdir(parents=True, mode=0o700)
    data_of(directory).write_bytes(data)
    return directory


def data_of(log: Path) -> Path:
    """The data file of a log."""
    return log / "truth" / "data.mdb"


def content(log: Path) -> dict[str, bytes]:
    """Every regular file below *log*."""
    return {str(path.relative_to(log)): path.read_bytes() for path in log.rglob("*") if path.is_file()}


def rewritten(log: Path, data: bytes | bytearray) -> Path:
    """The log with another data file."""
    data_of(log).write_bytes(data)
    return log


def all_found(log: Path, code: str, variants: Iterable[bytes | bytearray], *, index: int | None = None) -> Answer:
    """Verification finds *code* in each of these data files: the first as whoever asks has it done, the others here."""
    reports = (
        judged_here(rewritten(log, data)) if n else judged(rewritten(log, data)) for n, data in enumerate(variants)
    )
    return same(found(report, code, index=index) for report in reports)


def judged_here(log: Path) -> AuditReport:
    """What `judged` answers, by the same judges, without child processes, of which each audit starts two."""
    question = Question(kept().log_id, 0)
    problems = page_problems(log / "truth")
    if problems:
        pages = PageFile(data_of(log))
        try:
            corrupt = Finding("page-corrupt", None, "truth/data.mdb", problems[0])
            return damage_report(question, diagnose(pages, kept().log_id), [corrupt])
        finally:
            pages.close()
    copy = PrivateCopy(log / "truth")
    try:
        return audit_evidence(copy, log_id=kept().log_id)
    finally:
        copy.close()


def judged(log: Path, **rest: Any) -> AuditReport:
    """The audit of a log that is known by the id of `kept`."""
    return audit(log, log_id=kept().log_id, **rest)


def opened(log: Path, **rest: Any) -> Log:
    """The log, open for writing, with a clock that goes on after `kept`."""
    clock = Clock(kept().records[-1].recorded_at_us)
    return Log.open(log, log_signer=signer("log"), log_id=kept().log_id, clock=clock, **rest)


def append_one(log: Log, subject: str = "w/库房") -> bytes:
    """Append a visit. Returns the record hash that was acknowledged."""
    people = {"operator": "p/C"}
    receipt = log.record_event("accessed.entered", body={}, people=people, signers={"p/C": signer("p/C")}, subjects=[subject])  # fmt: skip
    entry = log.reader.read(receipt.index)
    return entry.record_hash


class Rows:
    """The tables of a data file, written as whoever has the engine can. A table without a name is the list of them."""

    def __init__(self, engine: lmdb.Environment, transaction: Any) -> None:
        self._engine, self._transaction = engine, transaction

    def get(self, table: str, key: bytes) -> bytes:
        """A row that is there."""
        value = self._transaction.get(key, db=self._table(table))
        assert value is not None
        return bytes(value)

    def put(self, table: str, key: bytes, value: bytes) -> None:
        """Write a row; the table is made if it isn't there."""
        assert self._transaction.put(key, value, db=self._table(table))

    def delete(self, table: str, key: bytes) -> None:
        """Take out a row that is there."""
        assert self._transaction.delete(key, db=self._table(table))

    def _table(self, name: str) -> Any:
        return self._engine.open_db(name.encode(), txn=self._transaction) if name else None


@contextmanager
def rows_of(log: Path) -> Iterator[Rows]:
    """The rows of a log, to be edited; the engine's lock file is gone afterwards."""
    engine = lmdb.open(str(log / "truth"), map_size=1 << 26, max_dbs=64, lib_version=0)
    with engine, engine.begin(write=True) as transaction:
        yield Rows(engine, transaction)
    (log / "truth" / "lock.mdb").unlink()


class Node(NamedTuple):
    """A row of a page. at: where it stands in the file. value: where its data begins. child: of a branch."""

    key: bytes
    at: int
    value: int
    size: int
    child: int


class Pages:
    """A data file of LMDB 0.9, to be edited at any byte: `data`."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.meta = max(0, PAGE, key=lambda at: self.u64(at + TRANSACTION))

    def u64(self, at: int) -> int:
        """The integer of 8 bytes at *at*."""
        value: int = struct.unpack_from("=Q", self.data, at)[0]
        return value

    def set(self, form: str, at: int, value: int) -> None:
        """Write an integer in a form of `struct`."""
        struct.pack_into(f"={form}", self.data, at, value)

    def root(self, tree: int | str) -> int:
        """The root page of a tree at an offset of the meta page, or of a table."""
        return self.u64(self.tree(tree) + 40)

    def tree(self, tree: int | str) -> int:
        """Where what is known of a tree stands: flags, depth, counts, root."""
        if isinstance(tree, int):
            return self.meta + tree
        return next(node.value for page in self.leaves(MAIN) for node in self.nodes(page) if node.key == tree.encode())

    def is_leaf(self, page: int) -> bool:
        """Whether a page is one of rows, and not of children."""
        return bool(self.data[page * PAGE + 10] & _LEAF)

    def nodes(self, page: int) -> list[Node]:
        """What stands on a page, in order."""
        start = page * PAGE
        (lower,) = struct.unpack_from("=H", self.data, start + 12)
        made = []
        for (offset,) in struct.iter_unpack("=H", self.data[start + _HEAD : start + lower]):
            low, high, flags, length = struct.unpack_from("=HHHH", self.data, start + offset)
            begin = start + offset + 8
            key = bytes(self.data[begin : begin + length])
            child = low | high << 16 | flags << 32
            made.append(Node(key, start + offset, begin + length, low | high << 16, child))
        return made

    def leaves(self, tree: int | str) -> list[int]:
        """The leaf pages of a tree, in order."""
        return [page for page in self.pages(tree) if self.is_leaf(page)]

    def pages(self, tree: int | str) -> list[int]:
        """All pages of a tree but those of long values, parents first."""
        root = self.root(tree)
        found, waiting = [], [] if root == _NO_PAGE else [root]
        while waiting:
            page = waiting.pop(0)
            found.append(page)
            if not self.is_leaf(page):
                waiting += [node.child for node in self.nodes(page)]
        return found

    def row(self, tree: int | str, key: bytes) -> Node:
        """A row that is there."""
        return next(node for page in self.leaves(tree) for node in self.nodes(page) if node.key == key)

    def record(self, index: int) -> Node:
        """The row of a record."""
        return self.row("records", index.to_bytes(8, "big"))

    def page(self, number: int) -> bytes:
        """The bytes of a page."""
        return bytes(self.data[number * PAGE : (number + 1) * PAGE])

    def put_page(self, number: int, page: bytes) -> None:
        """Replace a page."""
        self.data[number * PAGE : (number + 1) * PAGE] = page

    def declare_free(self, page: int) -> None:
        """Put a page into the lists of free ones, in the place of the highest of each."""
        for row in [row for number in self.leaves(FREED) for row in self.nodes(number)]:
            listed = [self.u64(row.value + 8 * n) for n in range(1, row.size // 8)]
            for n, free in enumerate(sorted([*listed[1:], page], reverse=True), 1):
                self.set("Q", row.value + 8 * n, free)


def with_older_leaf(table: str) -> bytearray:
    """The newest state with the last leaf of a table as it was before, its first row the same; the count of rows fits it."""
    now = Pages(kept().newest.data)
    place = now.leaves(table)[-1]
    for size in range(RECORDS - 1, min(kept().states), -1):
        old = Pages(kept().states[size].data)
        then = old.leaves(table)[-1]
        before, after = old.nodes(then), now.nodes(place)
        if old.page(then)[8:] != now.page(place)[8:] and before[0].key == after[0].key:
            now.put_page(place, struct.pack("=Q", place) + old.page(then)[8:])
            entries = now.tree(table) + 32
            now.set("Q", entries, now.u64(entries) + len(before) - len(after))
            return now.data
    raise AssertionError(table)
