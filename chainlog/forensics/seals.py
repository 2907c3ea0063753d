"""Sealed values that are gone: FORMAT.md section 14, step 27. Reads a copy of `sealed/` in a child process. Does I/O.

A box is written before the record that needs it, and destroyed after the record of its erasure. So `sealed/` is copied
after the records; what seems lost is looked for once more among the records that came meanwhile.

Known limit: whether a box opens to the text that was sealed is for its readers to check; here it is there or not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from chainlog.canon import codec
from chainlog.errors import NotALogError
from chainlog.event.model import unverified_event
from chainlog.forensics.children import Child, ChildError
from chainlog.forensics.evidence import Evidence, parse_index
from chainlog.forensics.report import FINDINGS_MAX, AuditReport, Finding, NotChecked
from chainlog.forensics.summary import OpenTask, SealsTask
from chainlog.record.record import unverified_record
from chainlog.record.seal import sealed_fields
from chainlog.store.files import DATA_NAME
from chainlog.store.lmdb_forensic import copy_data_file

_NOT_OPENED: Final = "sealed values"
# What every sealed value has in it, and every record of an erasure.
_MARKS: Final = (b"\xa6sealed", b"\xa6erased")

Lost = tuple[int, str]
"""(index of the record, path of the value in its body)"""


def judge_seals(report: AuditReport, log: Path, scratch: Path) -> AuditReport:
    """
    The report with what `sealed/` says.

    Args:
        log: the log's directory. scratch: holds the copy `truth` that was judged; a copy of `sealed` goes beside it.

    Raises: BusyError, StoreError. Cost: nothing where there is no `sealed/`; else a copy of it and a pass over the log.
    """
    if not os.path.lexists(log / "sealed") or not report.size:
        return report
    truth, boxes = scratch / "truth", scratch / "sealed"
    damaged = any(finding.code == "page-corrupt" for finding in report.findings)
    try:
        copy_data_file(log / "sealed", boxes)
        with Child() as child:
            problems: list[str] = child.call("pages", OpenTask(os.fspath(boxes)), list[str])
            if problems:
                corrupt = Finding("page-corrupt", None, f"sealed/{DATA_NAME}", problems[0])
                return _with(report, [corrupt], f"sealed/ is damaged: {problems[0]}")
            lost = _lost(child, truth, boxes, damaged=damaged)
        if lost:
            shutil.rmtree(truth)
            copy_data_file(log / "truth", truth)
            with Child() as child:
                still = set(_lost(child, truth, boxes, damaged=damaged))
                lost = [one for one in lost if one in still]
    except (ChildError, NotALogError) as error:
        said = error.text("en") if isinstance(error, NotALogError) else str(error)
        return _with(report, [], f"sealed/ can't be read: {said}")
    return _with(report, [Finding("seal-lost", index, path, "neither box nor erasure") for index, path in lost], "")


def _lost(child: Child, truth: Path, boxes: Path, *, damaged: bool) -> list[Lost]:
    task = SealsTask(os.fspath(truth), damaged, os.fspath(boxes))
    lost: list[Lost] = child.call("seals", task, list[Lost])
    return lost


def _with(report: AuditReport, findings: list[Finding], not_read: str) -> AuditReport:
    """The report with more findings, and either *not_read* or nothing among what was not checked."""
    unknown = [entry for entry in report.not_checked if entry.what != _NOT_OPENED]
    if not_read:
        unknown.append(NotChecked(_NOT_OPENED, not_read))
    return replace(report, not_checked=tuple(unknown)).with_findings(findings)


def lost_values(records: Evidence, sealed: Evidence) -> list[Lost]:
    """The sealed values that have neither box nor erasure, at most FINDINGS_MAX. Cost: one pass over the records."""
    has_box = sealed.getter("boxes")
    missing: dict[tuple[bytes, str], Lost] = {}
    for key, data in records.scan("records"):
        if not any(mark in data for mark in _MARKS):
            continue
        for target, path, index, value in _values(parse_index(key), data):
            if value is None:
                missing.pop((target, path), None)
            elif has_box(value) is None and len(missing) < FINDINGS_MAX:
                missing[target, path] = (index, path)
    return sorted(missing.values())


def _values(index: int | None, data: bytes) -> Iterator[tuple[bytes, str, int, bytes | None]]:
    """(event id, path, index, commitment) of what a record seals; without commitment, of what it erases."""
    try:
        event = unverified_event(unverified_record(data).event)
        body = codec.decode(bytes(event.body))
        if index is None or not isinstance(body, dict):
            return
        for path, value in sealed_fields(body):
            yield event.id, path, index, value
        if event.kind == "erased":
            for target, _ in event.refs:
                yield target, str(body.get("path")), index, None
    except codec.BAD_BYTES:
        return  # what is wrong with it is found elsewhere
