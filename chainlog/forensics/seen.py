"""Rows of `records` as a diagnosis sees them: whatever can be made of the bytes. Pure over the evidence."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from chainlog import limits
from chainlog.canon.codec import BAD_BYTES
from chainlog.codes import CODES
from chainlog.digest import ZERO, record_hash
from chainlog.errors import FormatError, UnknownVersionError
from chainlog.forensics.evidence import U64, Evidence, parse_index
from chainlog.record.record import CheckedRecord, check_record, unverified_record

# So many rows in each other's places are put right at most: some 200 bytes each.
_EXCHANGED_MAX: Final = 20_000


class Seen(msgspec.Struct, frozen=True):
    """
    One row.

    key: the index that it stands under. stored: the one that it is stored under, which is another where rows were
    exchanged. index, prev: what its bytes say of themselves, None if they can't be read. checked: the record, if its
    shape is right; else code and detail say what is wrong.
    """

    key: int
    stored: int
    data: bytes
    record_hash: bytes
    index: int | None
    prev: bytes | None
    checked: CheckedRecord | None
    code: str = ""
    detail: str = ""


def read_seen(key: int, data: bytes, *, stored: int) -> Seen:
    """Make what can be made of the bytes *data* that stand under *key*."""
    hashed = record_hash(data)
    try:
        checked = check_record(data)
    except FormatError as error:
        index, prev = _hints(data)
        code = "version-regression" if isinstance(error, UnknownVersionError) else error.code
        return Seen(
            key, stored, data, hashed, index, prev, None, code if code in CODES else "malformed", error.text("en")
        )
    return Seen(key, stored, data, hashed, checked.record.index, checked.record.prev_hash, checked)


def _hints(data: bytes) -> tuple[int | None, bytes | None]:
    """Index and previous hash from bytes that are no good record."""
    if len(data) > limits.RECORD_BYTES_MAX:
        return None, None
    try:
        record = unverified_record(data)
    except BAD_BYTES:
        return None, None
    return record.index, record.prev_hash


class Rows:
    """
    The rows of `records` one after the other, with a look at those ahead; rows that were exchanged, in their places.

    foreign: called with each key that is no index. exchanged: called with the first index of each set of rows that
    stand in each other's places, and how many they are.
    """

    def __init__(
        self, evidence: Evidence, foreign: Callable[[bytes], None], exchanged: Callable[[int, int], None]
    ) -> None:
        self._evidence = evidence
        self._get = evidence.getter("records")
        self._foreign = foreign
        self._exchanged = exchanged
        self._stored: dict[int, int] = {}  # index → the one that its record is stored under, where rows were exchanged
        self._claims = bytearray()  # index → how many records call themselves so, at most 2; read when it is wanted
        self._rows = self._read()
        self._ahead: deque[Seen] = deque()

    def _read(self) -> Iterator[Seen]:
        for name, data in self._evidence.scan("records"):
            key = parse_index(name)
            if key is None or key > limits.INTEGER_MAX:
                self._foreign(name)
                continue
            row = read_seen(key, data, stored=key)
            if row.checked is not None and row.index is not None and row.index != key:
                row = self._in_place(row, row.index)
            yield row

    def _in_place(self, row: Seen, index: int) -> Seen:
        """The row that belongs where *row* stands, which calls itself *index*, if they were exchanged."""
        if row.key not in self._stored:
            self._follow(row.key, index)
        stored = self._stored.pop(row.key, None)
        if stored is None:
            return row
        return read_seen(row.key, self.at(stored) or b"", stored=stored)

    def _follow(self, start: int, index: int) -> None:
        """Go from *start* to where the row there says that it belongs, and so on; if that leads back, note the way."""
        way = [start]
        while index != start:
            # Below the start no row is out of its place any more, or it would have led here.
            data = self.at(index) if index > start else None
            stated = None if data is None else _hints(data)[0]
            if data is None or stated in (None, index) or len(way) > _EXCHANGED_MAX - len(self._stored):
                return
            way.append(index)
            index = stated
        stored = {index: stored for stored, index in zip(way, [*way[1:], start], strict=True)}
        if any(self._count_claims(place) != 1 for place in way) or not self._is_chain(stored):
            return
        self._stored |= stored
        self._exchanged(start, len(way))

    def _is_chain(self, stored: dict[int, int]) -> bool:
        """Whether rows at other keys than they say make a chain when each is put where it says."""
        for index, key in stored.items():
            before = self.at(stored.get(index - 1, index - 1)) if index else None
            if _hints(self.at(key) or b"")[1] != (ZERO if before is None else record_hash(before)):
                return False
        return True

    def _count_claims(self, index: int) -> int:
        """How many records call themselves *index*, at most 2. Cost: a pass over the records, once."""
        if not self._claims:
            self._claims = bytearray(self._evidence.count("records") + 1)
            for _, data in self._evidence.scan("records"):
                stated = _hints(data)[0]
                if stated is not None and 0 <= stated < len(self._claims):
                    self._claims[stated] = min(2, self._claims[stated] + 1)
        return self._claims[index] if index < len(self._claims) else 0

    def at(self, key: int) -> bytes | None:
        """The bytes stored under *key*."""
        return self._get(U64.pack(key)) if key < 1 << 64 else None

    def ahead(self, places: int) -> Seen | None:
        """The row *places* further on, 0 for the next one; None beyond the end."""
        while len(self._ahead) <= places:
            row = next(self._rows, None)
            if row is None:
                return None
            self._ahead.append(row)
        return self._ahead[places]

    def take(self) -> Seen | None:
        """The next row, and go on to the one after it; None at the end."""
        row = self.ahead(0)
        if row is not None:
            self._ahead.popleft()
        return row
