"""The store at one commit, read from LMDB. Does I/O. Layout of the tables: schemas/FORMAT.md section 9.

What is read is not trusted: bytes come back as they lie in the file. A value of the wrong width raises
EngineError here; `raw` lets the audit see it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

import lmdb

from chainlog.digest import ZERO
from chainlog.errors import EngineError
from chainlog.limits import EVENT_ID_BYTES, HASH_BYTES
from chainlog.store.blocks import U64_MAX
from chainlog.store.lmdb_env import LmdbEnvironment
from chainlog.store.lmdb_reading import Reading
from chainlog.store.port import SubjectHead

TABLES = ("records", "subjects", "ids", "tiles", "head", "checkpoints", "meta")
HEAD_KEY = b"head"
LAST_KEY = b"last"

U64 = struct.Struct(">Q")
TILE_KEY = struct.Struct(">BQ")
SUBJECT = struct.Struct(">QQ32s")
_pack = U64.pack
LAST_BYTES = 8 + HASH_BYTES

_ENGINE_KEY_BYTES_MAX = 511
_LEVEL_MAX = 255


class LmdbSnapshot(Reading):
    """A read transaction on the `truth` environment. Enter it to begin; one thread at a time may use it."""

    __slots__ = ("_last",)

    def __init__(self, environment: LmdbEnvironment) -> None:
        # Written out rather than inherited: one call less in the most frequent read.
        self._environment = environment
        self.transaction = None
        self._last: tuple[int, bytes] | None = None

    # --- one value ------------------------------------------------------------------------------

    def _get(self, table: str, key: bytes) -> bytes | None:
        transaction = self.transaction
        if transaction is None:
            transaction = self.open_transaction()
        try:
            # By place, which spares the engine's binding a dictionary.
            return transaction.get(key, None, self._tables[table])
        except lmdb.Error as error:
            raise self.wrap(error) from error

    @property
    def size(self) -> int:
        """How many records there are."""
        return (self._last or self.last())[0]

    @property
    def last_hash(self) -> bytes:
        """Record hash of the last record, as its commit said; 32 zero bytes when empty."""
        return (self._last or self.last())[1]

    def last(self) -> tuple[int, bytes]:
        """(size, last record hash)."""
        last = self._last
        if last is None:
            value = self._get("head", LAST_KEY)
            if value is None:
                last = (0, ZERO)
            elif len(value) != LAST_BYTES:
                raise EngineError(f"the size row has {len(value)} bytes; run chainlog verify")
            else:
                last = (U64.unpack_from(value)[0], value[8:])
            self._last = last
        return last

    @property
    def head(self) -> bytes | None:
        """The newest head, as it was given; None when empty."""
        return self._get("head", HEAD_KEY)

    def record(self, index: int) -> bytes | None:
        """The record at *index*, or None. Cost: about 1 µs."""
        if not 0 <= index <= U64_MAX:
            return None
        # Written out rather than `_get`: one call less in the most frequent read.
        transaction = self.transaction
        if transaction is None:
            transaction = self.open_transaction()
        try:
            return transaction.get(_pack(index), None, self._tables["records"])
        except lmdb.Error as error:
            raise self.wrap(error) from error

    def subject(self, subject: str) -> SubjectHead | None:
        """The head of *subject*, or None if no event names it."""
        # surrogatepass: a text that can't have been stored isn't found, rather than an error.
        key = subject.encode("utf-8", "surrogatepass")
        value = self._get("subjects", key) if 1 <= len(key) <= _ENGINE_KEY_BYTES_MAX else None
        return None if value is None else _subject_head(value)

    def index_of(self, event_id: bytes) -> int | None:
        """Where the event with this id stands, or None."""
        value = self._get("ids", event_id) if len(event_id) == EVENT_ID_BYTES else None
        return None if value is None else _index(value, "ids")

    def tile(self, level: int, number: int) -> bytes | None:
        """A full tile of 256 hashes, or None."""
        if not (0 <= level <= _LEVEL_MAX and 0 <= number <= U64_MAX):
            return None
        return self._get("tiles", TILE_KEY.pack(level, number))

    def checkpoint(self, size: int) -> bytes | None:
        """The kept checkpoint of exactly this size, or None."""
        return self._get("checkpoints", U64.pack(size)) if 0 <= size <= U64_MAX else None

    def meta(self, key: str) -> bytes | None:
        """A value set at creation."""
        name = key.encode("utf-8", "surrogatepass")
        return self._get("meta", name) if 1 <= len(name) <= _ENGINE_KEY_BYTES_MAX else None

    # --- many values ----------------------------------------------------------------------------

    def records(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """(index, record) in [start, stop), ascending, as many as there are. Cost: about 0.4 µs a record."""
        start = max(start, 0)
        if start >= stop or start > U64_MAX:
            return
        number = int.from_bytes
        try:
            # Written out: one generator less around each of millions of records.
            cursor = self.open_transaction().cursor(db=self._tables["records"])
            if not cursor.set_range(U64.pack(start)):
                return
            for key, value in cursor.iternext():
                if len(key) != 8:
                    raise EngineError(f"records: a key of {len(key)} bytes; run chainlog verify")
                index = number(key, "big")
                if index >= stop:
                    return
                yield index, value
        except lmdb.Error as error:
            raise self.wrap(error) from error

    def unbroken(self, start: int, stop: int) -> list[bytes]:
        """The records at start, start + 1, … below *stop*, up to the first that is missing. Cost: about 0.2 µs a record."""
        if not 0 <= start < stop or start > U64_MAX:
            return []
        try:
            cursor = self.open_transaction().cursor(db=self._tables["records"])
            if not cursor.set_key(U64.pack(start)):
                return []
            found = list(islice(cursor.iternext(keys=False), stop - start))
            # Keys ascend: if the last one is as far from the first as there are values, none is missing between them.
            whole = len(found) == stop - start and cursor.key() == U64.pack(stop - 1)
        except lmdb.Error as error:
            raise self.wrap(error) from error
        return found if whole else self._until_missing(start, stop)

    def _until_missing(self, start: int, stop: int) -> list[bytes]:
        found: list[bytes] = []
        for index, record in self.records(start, stop):
            if index != start + len(found):
                break
            found.append(record)
        return found

    def subjects(self, prefix: str = "") -> Iterator[tuple[str, SubjectHead]]:
        """All subjects that begin with *prefix*, ascending by UTF-8 bytes."""
        first = prefix.encode("utf-8", "surrogatepass")
        if len(first) > _ENGINE_KEY_BYTES_MAX:
            return
        for key, value in self._scan("subjects", first):
            if not key.startswith(first):
                return
            try:
                subject = key.decode()
            except UnicodeDecodeError as error:
                raise EngineError("subjects: a key that is not UTF-8; run chainlog verify") from error
            yield subject, _subject_head(value)

    def checkpoints(self) -> Iterator[tuple[int, bytes]]:
        """All kept checkpoints, ascending by size."""
        for key, value in self._scan("checkpoints", b""):
            yield _index(key, "checkpoints"), value

    # --- for the audit --------------------------------------------------------------------------

    def table_names(self) -> tuple[str, ...]:
        """All tables of the file, those included that have no business there; raw bytes as surrogates."""
        return tuple(sorted(self._tables))

    def raw(self, table: str) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values of a table as they lie there, ascending by key. Nothing is checked."""
        return self._scan(table, b"")

    def stray_keys(self) -> Iterator[bytes]:
        """Keys beside the tables, which no release writes."""
        names = {name.encode("utf-8", "surrogateescape") for name in self._tables}
        try:
            for key in self.open_transaction().cursor().iternext(values=False):
                if key not in names:
                    yield key
        except lmdb.Error as error:
            raise self.wrap(error) from error

    def _scan(self, table: str, first: bytes) -> Iterator[tuple[bytes, bytes]]:
        try:
            cursor = self.open_transaction().cursor(db=self._tables[table])
            if cursor.set_range(first) if first else cursor.first():
                yield from cursor.iternext()
        except lmdb.Error as error:
            raise self.wrap(error) from error


def _subject_head(value: bytes) -> SubjectHead:
    if len(value) != SUBJECT.size:
        raise EngineError(f"subjects: a value of {len(value)} bytes; run chainlog verify")
    return SubjectHead(*SUBJECT.unpack(value))


def _index(value: bytes, table: str) -> int:
    if len(value) != 8:
        raise EngineError(f"{table}: a number of {len(value)} bytes; run chainlog verify")
    number: int = U64.unpack(value)[0]
    return number
