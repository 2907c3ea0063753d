"""Everything in one data file that could be a record of the log, gathered into tables to choose from. Runs in a child. Does I/O.

What is gathered has the form of a record (FORMAT.md sections 1 to 4); each signature on it was checked over its bytes.
Whether it belongs to the log is for `forensics.salvage_path` to say, by hashes.

    found     index ‖ record hash → source, flags, record         torn      index → bytes of a row that is no record, or not that one
    heads     see `salvage_heads.head_row` → note                 leaves    index → source, record hash as the tiles state it
    subjects  subject → count ‖ index ‖ record hash, as the table states it
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from chainlog.digest import ZERO
from chainlog.errors import ChainlogError, FormatError, NotALogError, SignatureError
from chainlog.forensics.evidence import HEAD_KEY, TILE_KEY, U64, Evidence, parse_index, parse_subject_row, subject_row
from chainlog.forensics.identity import Identity
from chainlog.forensics.salvage_carve import carved_notes, carved_records
from chainlog.forensics.salvage_heads import NOWHERE, head_row
from chainlog.forensics.summary import GatherTask
from chainlog.limits import HASH_BYTES, TILE_HASHES
from chainlog.log.head import decode_head
from chainlog.record import keys
from chainlog.record.record import CheckedRecord, check_record
from chainlog.record.statement import encode_event_statement
from chainlog.store.holes import data_ranges
from chainlog.store.lmdb_forensic import PrivateCopy
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.lmdb_pages import PageFile
from chainlog.store.port import Transaction
from chainlog.tree.checkpoint import parse_origin
from chainlog.tree.tiles import split_tile

STORED: Final = 1  # the tables of the file lead to it
SIGNED: Final = 2  # every signature verifies, by the key that stands beside it
_FLAGS: Final = 2  # bytes before the record: source, flags
_BATCH: Final = 5_000
_NOTES_MAX: Final = 100_000


class Gathered(msgspec.Struct, frozen=True, array_like=True):
    """
    How much there was. rows: of `records`. torn: those that are no records. signed: records whose signatures verify.
    log_keys: (old, new, whether the old one signed) of every change of the log key, unjudged. head: the note of the stored
    head; empty where it can't be read.
    """

    rows: int
    torn: int
    signed: int
    log_keys: list[tuple[bytes, bytes, bool]]
    head: bytes


class Found(msgspec.Struct, frozen=True):
    """A row of `found`. checked: its form is right, and nothing else is said by it."""

    source: int
    flags: int
    data: bytes

    @property
    def is_signed(self) -> bool:
        return bool(self.flags & SIGNED)

    @property
    def is_stored(self) -> bool:
        return bool(self.flags & STORED)


def found_row(value: bytes) -> Found:
    """A row of `found`, taken apart."""
    return Found(value[0], value[1], value[_FLAGS:])


def found_key(index: int, record_hash: bytes) -> bytes:
    """The key of a record in `found`."""
    return U64.pack(index) + record_hash


def gather(task: GatherTask, evidence: Evidence | None) -> Gathered:
    """
    Put everything into the tables of *task*, beside what stands there.

    Args:
        evidence: the tables of the file; None where nothing leads to them any more.

    Cost: some 100 µs a record and its signatures; with `carve` as much for each copy of one.
    """
    kv = LmdbKeyValue.open(task.into)
    try:
        gatherer = _Gatherer(task, kv)
        if evidence is not None:
            gatherer.take_tables(evidence)
        if task.carve:
            gatherer.take_file(Path(task.directory) / "data.mdb")
        return gatherer.done()
    finally:
        kv.close()


class _Gatherer:
    def __init__(self, task: GatherTask, kv: LmdbKeyValue) -> None:
        self._task = task
        self._kv = kv
        self._head = b""
        self._is_ended = False  # whether the last commit and its head can be told
        self._rows = self._torn = self._signed = 0
        self._log_keys: list[tuple[bytes, bytes, bool]] = []

    def done(self) -> Gathered:
        return Gathered(self._rows, self._torn, self._signed, self._log_keys, self._head)

    def take_tables(self, evidence: Evidence) -> None:
        """What the tables of a file lead to."""
        self._take_records(evidence.scan("records"), STORED)
        notes = [note for _, note in islice(evidence.scan("checkpoints"), _NOTES_MAX)]
        with suppress(ChainlogError):  # the others may be enough
            self._head = decode_head(evidence.getter("head")(HEAD_KEY) or b"").checkpoint
            notes.append(self._head)
            self._is_ended = not isinstance(evidence, PageFile) or evidence.is_newest
        with self._kv.write() as transaction:
            heads = transaction.table("heads")
            for note in notes:
                heads.put(head_row(sha256(note).digest(), accuses=True, source=self._task.source), note)
        self._take_tiles(evidence)
        with self._kv.write() as transaction:
            table = transaction.table("subjects")
            for name, value in evidence.scan("subjects"):
                head = parse_subject_row(value)
                if head is not None and table.get(name) is None:
                    table.put(name, subject_row(head))

    def take_file(self, path: Path) -> None:
        """What lies anywhere in a file. Where its end can't be told, it counts as much as what the tables lead to."""
        flags = 0 if self._is_ended else STORED
        with path.open("rb") as file:
            if not path.stat().st_size:
                return
            ranges = list(data_ranges(file.fileno()))
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
                self._take_records(((b"", data) for data in carved_records(raw, ranges)), flags)
                with self._kv.write() as transaction:
                    heads = transaction.table("heads")
                    for note in carved_notes(raw, ranges)[:_NOTES_MAX]:
                        heads.put(head_row(sha256(note).digest(), accuses=not self._is_ended, source=NOWHERE), note)

    def _take_records(self, rows: Iterator[tuple[bytes, bytes]], flags: int) -> None:
        while batch := list(islice(rows, _BATCH)):
            with self._kv.write() as transaction:
                for key, data in batch:
                    self._rows += bool(key)
                    self._take_record(transaction, key, data, flags)

    def _take_record(self, transaction: Transaction, key: bytes, data: bytes, flags: int) -> None:
        try:
            checked = check_record(data)
        except FormatError:
            slot = parse_index(key)
            if slot is not None:
                self._torn += 1
                transaction.table("torn").put(key, data)
            return
        if flags and key and key != U64.pack(checked.record.index):
            transaction.table("torn").put(key, data)  # its index may be what is wrong with it
        table = transaction.table("found")
        place = found_key(checked.record.index, checked.record_hash)
        standing = table.get(place)
        if standing is not None:
            self._signed += bool(standing[1] & SIGNED)
            if flags & ~standing[1]:
                table.put(place, bytes((standing[0], standing[1] | flags)) + data)
            return
        # Signatures of a record 0 name no log: it is itself what the log is known by.
        of_log = checked.record.index > 0 or checked.record_hash == self._task.log_id
        if of_log and is_signed(checked, self._task.log_id):
            flags |= SIGNED
            self._signed += 1
            self._note_log_key(checked)
        table.put(place, bytes((self._task.source, flags)) + data)

    def _note_log_key(self, checked: CheckedRecord) -> None:
        if checked.event.event.kind != "log_key_changed" or checked.event.body is None:
            return
        old, new = checked.event.body.old[1], checked.event.body.new[1]
        by_old = any(role == "log" and key == old for role, key, _, _ in checked.record.signatures)
        self._log_keys.append((old, new, by_old))

    def _take_tiles(self, evidence: Evidence) -> None:
        with self._kv.write() as transaction:
            leaves = transaction.table("leaves")
            for key, tile in evidence.scan("tiles"):
                if len(key) != TILE_KEY.size or key[0] or len(tile) != TILE_HASHES * HASH_BYTES:
                    continue
                _, number = TILE_KEY.unpack(key)
                if number >= 1 << 40:
                    continue
                for place, leaf in enumerate(split_tile(tile)):
                    at = U64.pack(number * TILE_HASHES + place)
                    if leaves.get(at) is None:
                        leaves.put(at, bytes((self._task.source,)) + leaf)


def is_signed(checked: CheckedRecord, log_id: bytes) -> bool:
    """Whether every signature of a record verifies over its bytes for this log; whose the keys are is not asked."""
    record = checked.record
    for role, public_key, signed_at_us, signature in record.signatures:
        statement = encode_event_statement(
            log_id=log_id if record.index else ZERO,
            base=record.base,
            role=role,
            signed_at_us=signed_at_us,
            event=record.event,
        )
        try:
            keys.verify(public_key, statement, signature)
        except SignatureError:
            return False
    return True


def recognise(path: Path) -> Identity:
    """Which log a file is of, by the heads that lie in it and the record 0 that they are named after. Cost: as `take_file`."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        ranges = list(data_ranges(file.fileno()))
        named: list[tuple[str, bytes]] = []
        for note in carved_notes(raw, ranges):
            with suppress(ChainlogError):
                named.append(parse_origin(note.partition(b"\n")[0].decode()))
        opened = set()
        for data in carved_records(raw, ranges):
            with suppress(FormatError):
                checked = check_record(data)
                if checked.record.index == 0 and checked.event.event.kind == "log_opened":
                    opened.add(checked.record_hash)
    fitting = [(name, log_id) for name, log_id in named if log_id in opened] or named
    if not fitting:
        return Identity(next(iter(opened)) if len(opened) == 1 else None, "")
    name, log_id = max(fitting, key=fitting.count)
    return Identity(log_id, name)


def open_evidence(directory: Path, *, damaged: bool) -> Evidence | None:
    """The tables of a copy; None where neither of its meta pages can be used."""
    if not damaged:
        return PrivateCopy(directory)
    try:
        return PageFile(directory / "data.mdb")
    except NotALogError:
        return None
