"""Auditing an export: a directory of C2SP tiles, with nothing but its files and the core of this package. Does file I/O.

Format: schemas/FORMAT.md section 9. The records are judged as those of a log are, by the same judges, and so are the
tiles. Of what a log keeps beside its records, an export has only the newest checkpoint. Neither LMDB nor anything else
that only a log on disk needs is loaded.

Known limits: one process; memory as in `forensics.export_files`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from chainlog.errors import ChainlogError, ExportError
from chainlog.forensics.export_files import ExportEvidence, ExportFiles
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.outside import read_outside
from chainlog.forensics.report import FINDINGS_MAX, AuditReport, Finding, NotChecked, integrity_of, ordered
from chainlog.forensics.verdict import Question, unreadable_report
from chainlog.limits import NOTE_BYTES_MAX
from chainlog.proof.export import CHECKPOINT, lay_out
from chainlog.proof.export_directory import read_file
from chainlog.tree.tiles import parse_tile_path

_OF_AN_EXPORT: Final = frozenset({CHECKPOINT, "tile"})
_NAMED_MAX: Final = 20
_INDEXES_FOLLOW: Final = re.compile(r"(?<=[ ])\d+ × index-mismatch(?:, |$)")
_FOLLOWS_NOTHING: Final = re.compile(r"(?:; from it follow|,) $")


def is_export(path: str | os.PathLike[str]) -> bool:
    """Whether the directory *path* is laid out as an export, and not as a log."""
    top = Path(path)
    return (top / "tile").is_dir() and not os.path.lexists(top / "truth")


def audit_export(
    path: str | os.PathLike[str],
    *,
    log_id: bytes | None,
    checkpoint: bytes | None = None,
    stamped: Sequence[bytes] = (),
    exact: bool = False,
) -> AuditReport:
    """
    Audit the export in the directory *path*. Not a byte of it is changed.

    Args:
        log_id, checkpoint, stamped, exact: as for `forensics.in_process.audit_evidence`.

    Returns:
        The report, as of a log. What is wrong with the export, files that can't be read included, is a finding.

    Raises: FormatError: *checkpoint* is none. ForeignFileError: it is none of this log's.

    Cost: some 200 µs a record, most of it for its signatures.
    """
    question = Question(log_id, 0 if checkpoint is None else read_outside(checkpoint).size, checkpoint)
    top = Path(path)
    try:
        note = read_file(top / CHECKPOINT, limit=NOTE_BYTES_MAX)
        if note is None:
            raise ExportError("it is not there", path=CHECKPOINT)
        stated = read_outside(note)
    except (ChainlogError, OSError) as error:
        detail = error.text("en") if isinstance(error, ChainlogError) else os.strerror(error.errno or 0)
        return unreadable_report(question, Finding("unreadable", None, CHECKPOINT, detail))
    files = ExportFiles(top)
    evidence = ExportEvidence(files, note, stated)
    report = audit_evidence(evidence, log_id=log_id, checkpoint=checkpoint, stamped=stamped, exact=exact)
    found = [Finding(problem.code, None, name, problem.detail) for name, problem in files.problems.items()]
    said = [NotChecked("kept checkpoints", "an export has the newest alone")]
    if report.integrity == "intact":
        found += _partial_tiles(evidence, files, size=stated.size)
    else:
        said.append(NotChecked("partial tiles", "they are compared with sound records only"))
    if files.has_more_than(stated.size):
        said.append(NotChecked("end of the export", "it has records that its checkpoint doesn't cover"))
    said += _strange(files)
    findings = ordered([*_of_the_export(report), *found])
    return replace(
        report,
        findings=tuple(findings[:FINDINGS_MAX]),
        integrity=integrity_of(findings, readable=report.integrity != "unreadable"),
        not_checked=(*report.not_checked, *said),
    )


def _of_the_export(report: AuditReport) -> list[Finding]:
    """What was found but for indexes, which were made here of records out of their places; the cause is found too."""
    kept = [
        replace(finding, detail=_FOLLOWS_NOTHING.sub("", _INDEXES_FOLLOW.sub("", finding.detail)))
        for finding in report.findings
        if finding.code != "index-mismatch" or not finding.subject.startswith(("ids/", "subjects/"))
    ]
    # Should nothing else be wrong, nothing is left out: what isn't understood is no reason to call it intact.
    return kept if integrity_of(kept, readable=True) == "broken" else list(report.findings)


def _partial_tiles(evidence: ExportEvidence, files: ExportFiles, *, size: int) -> list[Finding]:
    """Tiles that aren't full, against the records; the audit has judged the full ones."""
    found: list[Finding] = []

    def compare(path: str, data: bytes) -> None:
        if ".p/" not in path or path.startswith("tile/entries/"):
            return
        level, number, width = parse_tile_path(path)
        tile = files.tile(level, number, width=width)
        if tile != data:
            detail = "missing" if tile is None else "not the hashes of the records"
            found.append(Finding("index-mismatch", None, path, detail))

    lay_out(evidence, size=size, before=0, put=compare, full=[])
    return found


def _strange(files: ExportFiles) -> Iterator[NotChecked]:
    """Files that no export has."""
    names = [name for name in sorted(entry.name for entry in files.top.iterdir()) if name not in _OF_AN_EXPORT]
    names = [name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace") for name in names]
    names += files.strays
    for name in names[:_NAMED_MAX]:
        yield NotChecked(f"file {name}", "no release writes it; it was not read")
    if len(names) > _NAMED_MAX:
        yield NotChecked("further files", f"{len(names) - _NAMED_MAX} more that no release writes")
