"""The process that reads a copied data file: it may die, and whoever started it lives. Reads standard input, writes standard output.

    python -m chainlog.forensics.child

It takes one `Task` and gives one report, both as MessagePack. Exit status 0 with a report; anything else means that the
file could not be judged so.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from chainlog.forensics.diagnosis import diagnose
from chainlog.forensics.evidence import Evidence
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.outside import read_outside
from chainlog.forensics.report import AuditReport, Finding
from chainlog.forensics.verdict import Question, damage_report
from chainlog.store.files import DATA_NAME
from chainlog.store.lmdb_forensic import PrivateCopy
from chainlog.store.lmdb_pages import PageFile


class Task(msgspec.Struct, frozen=True):
    """
    What the child does.

    directory: of the private copy. log_id: 32 bytes or None. checkpoint: kept outside, or None. by_pages: read the file page
    by page, without the engine. found: what its pages were found to be.
    """

    directory: str
    log_id: bytes | None
    checkpoint: bytes | None
    by_pages: bool
    found: list[Finding]


def answer(task: Task) -> AuditReport:
    """The report on the copy that *task* names. May be killed by the engine where the copy is damaged."""
    directory = Path(task.directory)
    if not task.by_pages:
        evidence: Evidence = PrivateCopy(directory)
        return audit_evidence(evidence, log_id=task.log_id, checkpoint=task.checkpoint)
    size = 0 if task.checkpoint is None else read_outside(task.checkpoint).size
    outside = [] if task.checkpoint is None else [task.checkpoint]
    diagnosis = diagnose(PageFile(directory / DATA_NAME), task.log_id, outside=outside)
    return damage_report(Question(task.log_id, size), diagnosis, task.found)


def main() -> None:
    """Read the task, write the report."""
    task = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.msgpack.encode(answer(task)))


if __name__ == "__main__":
    main()
