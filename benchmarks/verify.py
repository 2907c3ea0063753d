"""Rows about verifying a finished log, and the audit that decides whether a run counts. Works on private copies.

The audit of a directory checks in child processes. Its yardstick is two processes that check the same signatures and
nothing else; what it does besides is measured in one process against reading and hashing the records.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import cast
from unittest.mock import patch

from benchmarks.report import Row, say
from benchmarks.yardstick import Statement, scan_and_hash, seconds, statements_of, verify_all
from chainlog.forensics.evidence import U64
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import AuditReport
from chainlog.record.record import Record
from chainlog.store.lmdb_forensic import PrivateCopy, copy_data_file, page_problems

# The audit of a directory: (module, function). The function takes a path and log_id=.
_AUDIT = ("chainlog.forensics.audit", "audit_directory")

# What the audit calls once a record to check its signatures.
_SIGNATURES = "chainlog.forensics.ranges.verify_signatures"

_statements: list[Statement] = []


def directory_audit() -> Callable[..., AuditReport] | None:
    """The audit in child processes; None where this release has none."""
    if find_spec(_AUDIT[0]) is None:
        return None
    return cast("Callable[..., AuditReport] | None", getattr(import_module(_AUDIT[0]), _AUDIT[1], None))


def audit(path: Path, log_id: bytes, *, scratch: Path) -> AuditReport:
    """Audit the closed log in *path*, signatures and all; in this process where there is no other way."""
    whole = directory_audit()
    if whole is not None:
        return whole(path, log_id=log_id)
    target = scratch / "audited"
    copy_data_file(path / "truth", target)
    try:
        return audit_copy(target, log_id)
    finally:
        for file in target.iterdir():
            file.unlink()
        target.rmdir()


def audit_copy(directory: Path, log_id: bytes) -> AuditReport:
    """Audit a private copy in this process: pages, then everything that they hold."""
    problems = page_problems(directory)
    if problems:
        raise RuntimeError(f"pages of the log are damaged: {problems[0]}")
    evidence = PrivateCopy(directory)
    try:
        return audit_evidence(evidence, log_id=log_id)
    finally:
        evidence.close()


def run(path: Path, log_id: bytes, *, rounds: int, scratch: Path) -> list[Row]:
    """All rows about verification, on the closed log in *path*."""
    copy = scratch / "verified"
    copy_data_file(path / "truth", copy)
    rows = []
    whole = directory_audit()
    if whole is None:
        say("skipped: full verification, both cores (this release has no audit in child processes)")
    else:
        rows.append(_full(partial(whole, path, log_id=log_id), copy, log_id, rounds=rounds))
    rows.append(_without_signatures(copy, log_id, rounds=rounds))
    return rows


def _full(whole: Callable[[], AuditReport], copy: Path, log_id: bytes, *, rounds: int) -> Row:
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
            took = seconds(lambda: whole().raise_if_broken())
            ratios.append(yard / took)
            rates.append(size / took)
    finally:
        for pool in pools:
            pool.shutdown()
    return Row.of("full verification, both cores", ratios, bar=0.77, records_per_s=statistics.median(rates))


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
