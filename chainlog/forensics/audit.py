"""The integrity audit of a log on disk: on a private copy, pages first, the engine in a child process. Does I/O.

It trusts nothing but the log id that it is given, and no file can kill the caller: whatever the engine does to the child is a
finding. A file whose pages are damaged is read page by page without the engine, so that every record that can still be
read is judged.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from chainlog.errors import NotALogError, StoreError
from chainlog.forensics.child import Task
from chainlog.forensics.outside import read_outside
from chainlog.forensics.report import AuditReport, Finding
from chainlog.forensics.verdict import Question, unreadable_report
from chainlog.store.lmdb_forensic import copy_data_file, page_problems

_TRUTH = "truth"
_FILE = "truth/data.mdb"
_PROBLEMS_SHOWN = 20
# A log of ten million records takes some minutes; a hostile file must not hold its auditor for ever.
TIMEOUT_S = 6 * 3600.0


def audit(
    path: str | os.PathLike[str],
    *,
    log_id: bytes | None,
    checkpoint: bytes | None = None,
    timeout_s: float = TIMEOUT_S,
) -> AuditReport:
    """
    Audit the log in the directory *path*. Nothing in it is changed; a running log's writers wait while it is copied.

    Args:
        log_id: what the caller knows the log by, 32 bytes; None makes the answer `self-consistent`, never genuine.
        checkpoint: a signed checkpoint that was kept outside: shows whether the log was cut back or rewritten.
        timeout_s: after so long a reading process is ended, and the file is `unreadable`.

    Returns:
        The report. `raise_if_broken` is how a program acts on it.

    Raises:
        FormatError: *checkpoint* is none. BusyError: a writer held the log. StoreError: no room for the copy.
    Cost: a copy of the file, its pages at some 400 MB/s, then about the time of its signatures.
    """
    question = Question(log_id, 0 if checkpoint is None else read_outside(checkpoint).size)
    directory = Path(path)
    with tempfile.TemporaryDirectory(prefix="chainlog-audit-") as scratch:
        copy = Path(scratch) / "copy"
        try:
            copy_data_file(directory / _TRUTH, copy)
        except NotALogError as error:
            return unreadable_report(question, Finding("unreadable", None, _FILE, str(error.detail)))
        found = [Finding("page-corrupt", None, _FILE, problem) for problem in page_problems(copy)[:_PROBLEMS_SHOWN]]
        task = Task(str(copy), log_id, checkpoint, by_pages=bool(found), found=_first(found))
        report = _ask(task, timeout_s)
        if isinstance(report, str) and not task.by_pages:
            died = Finding("page-corrupt", None, _FILE, f"the storage engine could not read it: {report}")
            report = _ask(msgspec.structs.replace(task, by_pages=True, found=[died]), timeout_s)
        if isinstance(report, str):
            more = found[0].detail if found else ""
            return unreadable_report(question, Finding("unreadable", None, _FILE, f"{report}; {more}".rstrip("; ")))
        return report


def _first(found: list[Finding]) -> list[Finding]:
    """One damaged file is one finding: the first problem, with the number of the others."""
    if len(found) < 2:
        return found
    return [msgspec.structs.replace(found[0], detail=f"{found[0].detail}; and {len(found) - 1} more")]


def _ask(task: Task, timeout_s: float) -> AuditReport | str:
    """The child's report, or in words why there is none."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "chainlog.forensics.child"],
            input=msgspec.msgpack.encode(task),
            capture_output=True,
            timeout=timeout_s,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"reading it took more than {timeout_s:.0f} s"
    except OSError as error:
        raise StoreError(f"no child process: {error.strerror}") from error
    if done.returncode < 0:
        return f"the reading process was killed by signal {-done.returncode}"
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else f"the reading process ended with {done.returncode}"
    try:
        return msgspec.msgpack.decode(done.stdout, type=AuditReport)
    except msgspec.DecodeError as error:
        return f"the reading process gave no report: {error}"


__all__ = ["TIMEOUT_S", "AuditReport", "audit"]
