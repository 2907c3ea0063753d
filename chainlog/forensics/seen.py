"""Rows of `records` as a diagnosis sees them: whatever can be made of the bytes. Pure over the evidence."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import msgspec

from chainlog import limits
from chainlog.canon.codec import BAD_BYTES
from chainlog.codes import CODES
from chainlog.digest import record_hash
from chainlog.errors import FormatError, UnknownVersionError
from chainlog.forensics.evidence import Evidence, parse_index
from chainlog.record.record import CheckedRecord, check_record, unverified_record


class Seen(msgspec.Struct, frozen=True):
    """
    One row.

    key: the index that it is stored under. index, prev: what its bytes say of themselves, None if they can't be read.
    checked: the record, if its shape is right; else code and detail say what is wrong.
    """

    key: int
    data: bytes
    record_hash: bytes
    index: int | None
    prev: bytes | None
    checked: CheckedRecord | None
    code: str = ""
    detail: str = ""


def read_seen(key: int, data: bytes) -> Seen:
    """Make what can be made of the bytes *data* stored under *key*."""
    hashed = record_hash(data)
    try:
        checked = check_record(data)
    except FormatError as error:
        index, prev = _hints(data)
        code = "version-regression" if isinstance(error, UnknownVersionError) else error.code
        return Seen(key, data, hashed, index, prev, None, code if code in CODES else "malformed", error.text("en"))
    return Seen(key, data, hashed, checked.record.index, checked.record.prev_hash, checked)


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
    The rows of `records` one after the other, with a look at those ahead.

    foreign: called with each key that is no index.
    """

    def __init__(self, evidence: Evidence, foreign: Callable[[bytes], None]) -> None:
        self._rows = self._read(evidence, foreign)
        self._ahead: deque[Seen] = deque()

    @staticmethod
    def _read(evidence: Evidence, foreign: Callable[[bytes], None]) -> Iterator[Seen]:
        for key, data in evidence.scan("records"):
            index = parse_index(key)
            if index is None:
                foreign(key)
            else:
                yield read_seen(index, data)

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
