"""Rows about verifying a finished log.

The audit of a directory checks in child processes. Its yardstick is two processes that check the same signatures and
nothing else; what it does besides is measured in one process against reading and hashing the records.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

from benchmarks.report import Row
from benchmarks.yardstick import Statement, scan_and_hash, seconds, statements_of, verify_all
from chainlog.facade import Log
from chainlog.forensics.audit import audit
from chainlog.forensics.evidence import U64
from chainlog.forensics.in_process import audit_evidence
from chainlog.record.record import Record
from chainlog.store.lmdb_forensic import PrivateCopy, copy_data_file

# What the audit calls once a record to check its signatures.
_SIGNATURES = "chainlog.forensics.ranges.verify_signatures"
_PREFIX_ROUNDS = 5

_statements: list[Statement] = []


def run(path: Path, log_id: bytes, *, rounds: int, scratch: Path) -> list[Row]:
    """All rows about verification, on the closed log in *path*."""
    copy = scratch / "verified"
    copy_data_file(path / "truth", copy)
    full = _full("full verification, both cores", path, copy, log_id, rounds=rounds, bar=0.77)
    return [full, _without_signatures(copy, log_id, rounds=rounds), _prefix(path, copy, rounds=rounds)]


def with_maps(path: Path, log_id: bytes, *, rounds: int, scratch: Path) -> Row:
    """The row about verifying the closed log in *path*, which committed to maps: they are recomputed."""
    copy = scratch / "verified-with-maps"
    copy_data_file(path / "truth", copy)
    return _full("full verification with map roots, both cores", path, copy, log_id, rounds=rounds, bar=0.62)


def _full(name: str, path: Path, copy: Path, log_id: bytes, *, rounds: int, bar: float) -> Row:
    ratios, rates = [], []
    size = _size(copy)
    pools = [ProcessPoolExecutor(1, mp_context=get_context("spawn")) for _ in range(2)]
    try:
        parts = ((0, size // 2), (size // 2, size))
        _join([pool.submit(_load, copy, log_id, *part) for pool, part in zip(pools, parts, strict=True)])
        for _ in range(rounds):
            start = time.perf_counter()
            _join([pool.submit(_check_loaded) for pool in pools])
            yard = time.perf_counter() - start
            took = seconds(partial(_audit, path, log_id))
            ratios.append(yard / took)
            rates.append(size / took)
    finally:
        for pool in pools:
            pool.shutdown()
    return Row.of(name, ratios, bar=bar, records_per_s=statistics.median(rates))


def _audit(path: Path, log_id: bytes) -> None:
    audit(path, log_id=log_id).raise_if_broken()


def _join(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()


def _load(copy: Path, log_id: bytes, start: int, stop: int) -> None:
    """In a process of the yardstick: read the statements that it will check."""
    evidence = PrivateCopy(copy)
    try:
        records = islice(evidence.scan("records", U64.pack(start)), stop - start)
        _statements.extend(statements_of(_numbered(records), log_id))
    finally:
        evidence.close()


def _numbered(rows: Iterator[tuple[bytes, bytes]]) -> Iterator[tuple[int, bytes]]:
    for key, data in rows:
        yield int.from_bytes(key, "big"), data


def _check_loaded() -> None:
    verify_all(_statements)


def _size(copy: Path) -> int:
    evidence = PrivateCopy(copy)
    try:
        return evidence.count("records")
    finally:
        evidence.close()


def _without_signatures(copy: Path, log_id: bytes, *, rounds: int) -> Row:
    ratios, rates = [], []
    size = _size(copy)
    for _ in range(rounds):
        yard = scan_and_hash(copy)
        took = seconds(partial(judge_without_signatures, copy, log_id))
        ratios.append(yard / took)
        rates.append(size / took)
    return Row.of(
        "everything but signatures, one core", ratios, bar=0.075, records_per_s=statistics.median(rates),
        us_a_record=1e6 / statistics.median(rates),
    )  # fmt: skip


def _prefix(path: Path, copy: Path, *, rounds: int) -> Row:
    """Records hashed and their tree's root compared with the signed head."""
    ratios, rates = [], []
    with Log.open(path, read_only=True) as log:
        for _ in range(max(rounds, _PREFIX_ROUNDS)):
            yard = scan_and_hash(copy)
            took = seconds(log.verified_prefix)
            ratios.append(yard / took)
            rates.append(log.reader.size / took)
    name = "verified prefix, root compared with the signed head"
    return Row.of(name, ratios, bar=0.57, records_per_s=statistics.median(rates))


def judge_without_signatures(copy: Path, log_id: bytes) -> None:
    """What an audit does with a copy whose pages are sound, apart from checking the signatures of people."""
    left_out = 0

    def leave_out(record: Record, log_id: bytes) -> int:
        nonlocal left_out
        left_out += 1
        return 0  # no bad signature

    evidence = PrivateCopy(copy)
    try:
        with patch(_SIGNATURES, new=leave_out):
            report = audit_evidence(evidence, log_id=log_id)
    finally:
        evidence.close()
    report.raise_if_broken()
    if left_out != report.size:
        raise RuntimeError("the audit checks signatures elsewhere; what was measured is not what the row says")
