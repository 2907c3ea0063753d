"""An export is judged as the log is: by its files alone, with nothing that only a log on disk needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from chainlog.cli.app import cli
from chainlog.errors import UsageError
from chainlog.forensics.evidence import HEAD_KEY, TableEvidence
from chainlog.forensics.exported import _of_the_export, audit_export, is_export
from chainlog.forensics.exporting import export_log
from chainlog.forensics.in_process import audit_evidence
from chainlog.forensics.report import REMARKS, AuditReport, Finding
from chainlog.log.head import decode_head
from chainlog.tree.bundles import encode_bundle
from tests.builders import small_log
from tests.damage import DAMAGES, Tables, damaged, honest, honest_elsewhere, rows_of, sign_head
from tests.exports import put_rows, write_export
from tests.profile import DEEP

ROOT = Path(__file__).parents[3]
# What an export can't show: it has no such tables, and its files hold a given number of records.
_ALWAYS = {"kept checkpoints"}


def causes(report: AuditReport) -> list[tuple[str, int | None]]:
    """What is wrong, without what follows from it for the head."""
    left_out = REMARKS | {"head-mismatch", "index-mismatch"}
    return [(finding.code, finding.index) for finding in report.findings if finding.code not in left_out]


@pytest.mark.parametrize(("records", "seed"), [(5, 0), (40, 1), (300, 3), *([(1500, 4)] if DEEP else [])])
def test_a_sound_export_gets_the_answer_of_its_log(records, seed, tmp_path):
    log_id, tables = honest(records, seed)
    write_export(tmp_path, tables)
    assert is_export(tmp_path)
    for given in (log_id, None):
        of_log = audit_evidence(TableEvidence(tables), log_id=given)
        assert of_log.integrity == "intact"
        for exact in (False, True):
            report = audit_export(tmp_path, log_id=given, exact=exact)
            assert {entry.what for entry in report.not_checked} - _ALWAYS == {e.what for e in of_log.not_checked}
            assert {**report.as_json(), "not_checked": []} == {**of_log.as_json(), "not_checked": []}


def test_an_export_that_grew(tmp_path):
    log = small_log()
    for count in (0, 250, 3):
        for number in range(count):
            log.enrol(f"p/{count}.{number}")
        assert export_log(log.handle, tmp_path).size == log.handle.reader.size
        report = audit_export(tmp_path, log_id=log.handle.id, checkpoint=log.handle.checkpoint())
        assert (report.integrity, report.findings, report.size) == ("intact", (), log.handle.reader.size)
        assert "end of the log" not in {entry.what for entry in report.not_checked}
    with pytest.raises(UsageError):
        export_log(log.handle, tmp_path, options={"region": "x"})


def put_damage(directory: Path, name: str, how: str, index: int, *, records: int, seed: int) -> Tables | None:
    """The damaged log's tables, and in *directory* what its export would be; None where it can't be done there."""
    _, original = honest(records, seed)
    tables = damaged(original, name, index, anew=how != "left", seed=seed)
    if tables is None:
        return None
    rows = rows_of(tables)
    if how == "signed":
        sign_head(tables, rows)
        write_export(directory, tables)
    elif len(rows) == records:
        write_export(directory, original)
        put_rows(directory, rows, size=records)
    else:
        return None
    return tables


@pytest.mark.parametrize("how", ["left", "signed"])
def test_damages(how, tmp_path):
    """Each named damage is found under its code at its record, as it is in the log."""
    done = 0
    for number, name in enumerate(DAMAGES):
        # What the last record was is said by the tiles alone.
        for index in range(40) if DEEP else (7 + number, *([39] if how == "left" else [])):
            case = tmp_path / f"{number}-{index}"
            tables = put_damage(case, name, how, index, records=40, seed=0)
            if tables is None:
                continue
            log_id, _ = honest(40, 0)
            report = audit_export(case, log_id=log_id)
            expected = audit_evidence(TableEvidence(tables), log_id=log_id)
            assert (causes(report), report.integrity) == (causes(expected), expected.integrity), name
            done += 1
    assert done > 10


def test_a_reference_to_an_act_in_whose_place_another_record_stands(tmp_path):
    """An export has no table of ids: what the act there was called, nobody says. Record 25 refers to it."""
    damage = "record copied over an earlier one"
    tables = put_damage(tmp_path, damage, "left", 22, records=40, seed=0)
    assert tables is not None
    log_id, _ = honest(40)
    for report in (audit_export(tmp_path, log_id=log_id), audit_evidence(TableEvidence(tables), log_id=log_id)):
        assert causes(report) == [("duplicate", 22)]
        assert "1 × bad-ref" in report.findings[0].detail


def broken(tmp_path: Path, records: int = 300) -> tuple[bytes, Path]:
    log_id, tables = honest(records)
    write_export(tmp_path, tables)
    return log_id, tmp_path


def found(log_id: bytes, directory: Path) -> list[tuple[str, int | None, str]]:
    report = audit_export(directory, log_id=log_id)
    assert report.integrity == "broken"
    return [(finding.code, finding.index, finding.subject) for finding in report.findings]


@pytest.mark.parametrize("tile", ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"])
def test_a_tile_that_is_not_of_the_records(tile, tmp_path):
    log_id, directory = broken(tmp_path)
    data = (directory / tile).read_bytes()
    name = tile if ".p/" in tile else "tiles/0/0"
    for other in (data[:-1] + bytes([data[-1] ^ 1]), data[:-1], b""):
        (directory / tile).write_bytes(other)
        codes = found(log_id, directory)
        assert {code for code, _, _ in codes} <= {"index-mismatch", "unreadable"}
        assert any(subject in (name, tile) for _, _, subject in codes), codes
    (directory / tile).unlink()
    assert name in [subject for code, _, subject in found(log_id, directory) if code == "index-mismatch"]


def test_bundles_that_are_cut_or_gone(tmp_path):
    log_id, directory = broken(tmp_path)
    _, tables = honest(300)
    rows = rows_of(tables)
    bundle = directory / "tile/entries/001.p/44"
    sound = bundle.read_bytes()
    for data, codes in (
        (sound[:-1], {"truncated", "malformed"}),
        (sound + b"\x00", {"malformed"}),
        (sound + b"\x00\x00", {"malformed"}),
        (encode_bundle(rows[256:299]), {"truncated"}),
        (b"", {"truncated"}),
    ):
        bundle.write_bytes(data)
        assert {code for code, _, _ in found(log_id, directory)} == codes
    bundle.unlink()
    assert ("truncated", 256, "") in found(log_id, directory)
    bundle.mkdir()
    assert ("truncated", 256, "") in found(log_id, directory)
    bundle.rmdir()
    bundle.write_bytes(sound)
    first = directory / "tile/entries/000"
    first.rename(directory / "kept")
    report = audit_export(directory, log_id=log_id)
    assert report.integrity == "broken"
    assert ("missing", 0) in causes(report)
    os.mkfifo(first)
    assert ("unreadable", None, "tile/entries/000") in found(log_id, directory)


def test_an_older_checkpoint_over_files_that_went_on(tmp_path):
    """The partial files of its size are gone; the full ones begin with the same."""
    log = small_log()
    export_log(log.handle, tmp_path)
    older = (tmp_path / "checkpoint").read_bytes()
    for number in range(260):
        log.enrol(f"p/{number}")
    export_log(log.handle, tmp_path)
    assert not (tmp_path / "tile/entries/000.p").exists()
    (tmp_path / "checkpoint").write_bytes(older)
    report = audit_export(tmp_path, log_id=log.handle.id)
    assert (report.integrity, report.size, report.findings) == ("intact", 4, ())
    assert "end of the export" in {entry.what for entry in report.not_checked}


@pytest.mark.parametrize(
    ("line", "text"),
    [(0, "draft.test/" + "ab" * 32), (1, "299"), (1, "301"), (1, "9007199254740991"), (1, "1"), (2, "A" * 43 + "=")],
)
def test_a_checkpoint_that_says_something_else(line, text, tmp_path):
    log_id, directory = broken(tmp_path)
    lines = (directory / "checkpoint").read_text(encoding="utf-8").split("\n")
    lines[line] = text
    (directory / "checkpoint").write_text("\n".join(lines), encoding="utf-8")
    assert {code for code, _, _ in found(log_id, directory)} & {"head-mismatch", "wrong-log", "truncated"}


def test_a_checkpoint_that_is_none(tmp_path):
    log_id, directory = broken(tmp_path, 40)
    checkpoint = directory / "checkpoint"
    for data in (b"", b"x" * 200_000, b"\xff\n\n", checkpoint.read_bytes()[:-3]):
        checkpoint.write_bytes(data)
        report = audit_export(directory, log_id=log_id)
        assert (report.integrity, [finding.code for finding in report.findings]) == ("unreadable", ["unreadable"])
    checkpoint.unlink()
    assert audit_export(directory, log_id=log_id).integrity == "unreadable"


def test_another_log_in_its_place(tmp_path):
    log_id, _ = honest(40)
    write_export(tmp_path, honest_elsewhere())
    report = audit_export(tmp_path, log_id=log_id)
    assert (report.integrity, causes(report)) == ("broken", [("wrong-log", 0)])


def test_a_checkpoint_from_outside(tmp_path):
    log_id, tables = honest(40)
    write_export(tmp_path, tables)
    other = damaged(tables, "record removed", 39, anew=True)
    assert other is not None
    sign_head(other, rows_of(other))
    write_export(tmp_path / "cut", other)
    note = decode_head(tables["head"][HEAD_KEY]).checkpoint
    for rest in ({"checkpoint": note}, {"stamped": [note]}):
        report = audit_export(tmp_path / "cut", log_id=log_id, **rest)
        assert causes(report) == [("truncated", 39)]
    report = audit_export(tmp_path, log_id=log_id, stamped=[note])
    assert report.integrity == "intact"
    # It may have lain beside the log.
    assert "end of the log" in {entry.what for entry in report.not_checked}


def test_findings_that_nothing_explains_are_not_left_out():
    made = [Finding("index-mismatch", 3, "ids/00", "says so"), Finding("index-mismatch", 3, "tiles/0/0", "says so")]
    report = audit_evidence(TableEvidence(honest(5)[1]), log_id=None)
    broken = replace(report, integrity="broken", findings=tuple(made))
    assert _of_the_export(broken) == made[1:]
    assert _of_the_export(replace(broken, findings=tuple(made[:1]))) == made[:1]
    follows = [Finding("altered", 3, "", "changed; from it follow 2 × index-mismatch, 1 × unknown-key"), made[0]]
    (kept,) = _of_the_export(replace(broken, findings=tuple(follows)))
    assert kept.detail == "changed; from it follow 1 × unknown-key"


def test_files_that_no_export_has_are_named(tmp_path):
    log_id, directory = broken(tmp_path, 40)
    (directory / "notes.txt").write_text("x")
    (directory / "tile/0/0").write_text("x")
    (directory / "tile/entries/000.p/300").write_text("x")
    report = audit_export(directory, log_id=log_id)
    assert report.integrity == "intact"
    said = {entry.what for entry in report.not_checked}
    assert {"file notes.txt", "file tile/0/0", "file tile/entries/000.p/300"} <= said


# --- without LMDB ------------------------------------------------------------------------------

_BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is not installed here")
sys.meta_path.insert(0, Blocked())
"""


def run_without(modules: set[str], program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = f"BLOCKED = {modules!r}{_BLOCKED}{program}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_it_needs_neither_lmdb_nor_the_command_line(tmp_path):
    log_id, directory = broken(tmp_path, 40)
    program = """
import json
from chainlog.forensics.exported import audit_export
print(json.dumps(audit_export(sys.argv[1], log_id=bytes.fromhex(sys.argv[2])).as_json()))
"""
    others = {"lmdb", "click", "rich", "obstore", "rfc3161_client", "cryptography"}
    done = run_without(others, program, str(directory), log_id.hex())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == audit_export(directory, log_id=log_id).as_json()
    # The block bites.
    assert "lmdb is not installed here" in run_without({"lmdb"}, "import chainlog.store.lmdb_store").stderr


def test_the_command_needs_no_lmdb(tmp_path):
    log_id, directory = broken(tmp_path, 40)
    program = "from chainlog.cli.main import main\nmain()"
    arguments = ("verify", str(directory), "--log-id", log_id.hex(), "--json")
    done = run_without({"lmdb", "obstore", "rfc3161_client", "cryptography"}, program, *arguments)
    assert done.returncode == 0, done.stderr
    here = CliRunner().invoke(cli, list(arguments))
    assert json.loads(done.stdout) == json.loads(here.stdout)
    assert json.loads(done.stdout)["integrity"] == "intact"
    bundle = directory / "tile/entries/000.p/40"
    bundle.write_bytes(bundle.read_bytes().replace(b"face_to_face", b"face_to_fxce"))
    assert run_without({"lmdb"}, program, *arguments).returncode == 1


@pytest.mark.parametrize("left", ["nothing", "a directory"])
def test_an_export_without_a_record_says_so(left, tmp_path):
    log_id, tables = honest(5, 0)
    write_export(tmp_path, tables)
    (entries,) = (path for path in (tmp_path / "tile" / "entries").rglob("*") if path.is_file())
    entries.unlink()
    if left == "a directory":
        entries.mkdir()
    report = audit_export(tmp_path, log_id=log_id)
    assert (report.integrity, report.size) == ("unreadable", 0)
    assert "unreadable" in {finding.code for finding in report.findings}
