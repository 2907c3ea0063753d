"""A record of which one byte was changed, put right where its hash is known. Reads and writes the gathered tables.

Disks and memories lose single bits. What is put right is exactly the bytes that had the hash which another record or a tile
states: SHA-256 leaves no other. Whether that record belongs to the log is judged afterwards like that of any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from chainlog.digest import record_hash
from chainlog.errors import FormatError
from chainlog.forensics.evidence import U64, parse_index
from chainlog.forensics.salvage_claims import Claims
from chainlog.forensics.salvage_gather import SIGNED, STORED, found_key, found_row, is_signed
from chainlog.record.record import check_record
from chainlog.store.port import KeyValue, Transaction

_RECORDS_MAX: Final = 32
_BYTES_MAX: Final = 2_048  # of a record: the effort grows with the square
_LEAF: Final = b"\x00"


def repair(kv: KeyValue, claims: Claims, *, log_id: bytes) -> list[int]:
    """
    Put records right of which one byte differs, and add them to what was gathered.

    Returns: their indexes. Cost: up to a second for each damaged record, of 32 at most.
    """
    repaired = []
    with kv.read() as transaction:
        suspects = list(_suspects(transaction, claims))
    for index, source, data, wanted in suspects:
        for expected in wanted:
            whole = one_byte_off(data, expected)
            if whole is None or not _put(kv, whole, index=index, source=source, log_id=log_id):
                continue
            repaired.append(index)
            break
    return sorted(repaired)


def _suspects(transaction: Transaction, claims: Claims) -> Iterator[tuple[int, int, bytes, tuple[bytes, ...]]]:
    """(index, source, bytes, hashes that they should have had) of records that aren't there as they were."""
    found = transaction.table("found")
    count = 0
    rows = [(key, 0, data) for key, data in transaction.table("torn").scan()]
    for key, value in found.scan():
        row = found_row(value)
        if row.is_stored and key[8:] not in claims.of(U64.unpack(key[:8])[0]):
            rows.append((key[:8], row.source, row.data))
    for key, source, data in rows:
        index = parse_index(key)
        if index is None or len(data) > _BYTES_MAX or count == _RECORDS_MAX:
            continue
        wanted = tuple(one for one in claims.of(index) if found.get(found_key(index, one)) is None)
        if wanted:
            count += 1
            yield index, source, data, wanted


def one_byte_off(data: bytes, expected: bytes) -> bytes | None:
    """The bytes with the record hash *expected* that differ from *data* in one byte; None if there are none."""
    ahead = sha256(_LEAF)
    for place in range(len(data)):
        behind = data[place + 1 :]
        for value in range(256):
            tried = ahead.copy()
            tried.update(bytes((value,)) + behind)
            if tried.digest() == expected:
                return data[:place] + bytes((value,)) + behind
        ahead.update(data[place : place + 1])
    return None


def _put(kv: KeyValue, data: bytes, *, index: int, source: int, log_id: bytes) -> bool:
    try:
        checked = check_record(data)
    except FormatError:
        return False
    if checked.record.index != index or not is_signed(checked, log_id):
        return False
    with kv.write() as transaction:
        transaction.table("found").put(found_key(index, record_hash(data)), bytes((source, STORED | SIGNED)) + data)
    return True
