"""The benchmarks run, audit their logs, and print rows that programs can read. What the figures are is not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks import bundles, report
from benchmarks.lives import RESTLESS
from benchmarks.report import Row, voided
from chainlog.facade import Log

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"name", "ratio", "bar", "bound", "met", "min", "max", "runs", "intact", "machine", "versions"}
NAMES = [
    "append, signed here, blocks of 1,000",
    "append of drafts signed elsewhere, blocks",
    "append one at a time, signed here",
    "append one at a time, signed elsewhere",
    "16 appending threads against one",
    "full verification, both cores",
    "everything but signatures, one core",
    "verified prefix, root compared with the signed head",
    "full verification with map roots, both cores",
    "rebuild of custody, folded in memory",
    "rebuild of custody, into LMDB from zero",
    "custody catching up in blocks of 500",
    "custody of one carrier, p50 in µs",
    "history with hashes checked, µs a record",
    "opening a log, ms",
    "import chainlog, ms over bare Python",
    "from chainlog import Log, ms over bare Python",
    "chainlog --help, ms",
    "modules of LMDB that verifying a bundle loads",
    "wheel, MB",
    "anonymous memory of appending, MB",
    "anonymous memory of verification, MB",
    "one append at 5,000 records against 100",
    "file against encoded records",
    "inclusion proof at 1,000 records, cold, p50 in ms",
    "consistency proof at 1,000 records, cold, p50 in ms",
    "inclusion proof at 1,000 records, cold, roots kept, p50 in ms",
    "consistency proof at 1,000 records, cold, roots kept, p50 in ms",
    "inclusion proof at 1,000 records, warm, p50 in ms",
    "consistency proof at 1,000 records, warm, p50 in ms",
    "inclusion proof at 1,000 records checked, p50 in µs",
    "consistency proof at 1,000 records checked, p50 in µs",
    "map proof at 1,000 subjects, p50 in ms",
    "map proof, longest, bytes",
    "map of 1,000 with 1,000 changed, ms",
    "checkpoint, p50 in ms",
    "first receipt of a process, ms",
    "receipt of an open log, p50 in ms",
    "bundle of a carrier with 50 events made, ms",
    "bundle of a carrier with 50 events, kB",
    "bundle checked, against its signatures alone",
    "all rules over a log, in times of a rebuild of custody",
    "findings current after one append, p50 in ms",
]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from the files of Linux")
def test_a_quick_run_prints_every_row():
    before = report.PAGE.read_bytes() if report.PAGE.exists() else None
    command = [sys.executable, "-m", "benchmarks", "--quick", "--depth", "1000", "--rounds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    # How many records the log has by then depends on how many drafts could be appended together.
    assert [_without_size(row["name"]) for row in rows] == [_without_size(name) for name in NAMES]
    for row in rows:
        assert row.keys() >= KEYS, row["name"]
        assert row["intact"] is True
        assert row["ratio"] > 0 or row["bar"] == 0
        assert row["min"] <= row["ratio"] <= row["max"]
        assert row["met"] is (row["ratio"] <= row["bar"] if row["bound"] == "at most" else row["ratio"] >= row["bar"])
        assert {"python", "chainlog", "msgspec", "pynacl", "lmdb"} == row["versions"].keys()
    assert done.stderr.count(" records, intact, 0 findings") == 3
    # A short run leaves the page alone.
    assert before == (report.PAGE.read_bytes() if report.PAGE.exists() else None)


def _without_size(name: str) -> str:
    return "one append" if name.startswith("one append at") else name


def test_proofs_alone_write_no_page(tmp_path: Path, monkeypatch, capsys):
    asked = []

    def measured(place, *, depth, **_):
        asked.append((place, depth))
        return [Row.of("one", [0.9], bar=0.5)], True

    monkeypatch.setattr(report, "PAGE", tmp_path / "README.md")
    monkeypatch.setattr(program, "measure_proofs", measured)
    assert program.main(["--only", "proofs", "--depth", "30000", "--log", str(tmp_path / "log")]) == 0
    assert asked == [(tmp_path / "log", 30_000)]
    assert [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()] == ["one"]
    assert not list(tmp_path.iterdir())


def test_a_log_that_has_committed_to_its_map_is_measured_as_it_is(tmp_path: Path):
    office = program.long_office(tmp_path / "log", 200)
    office.log.close()
    data = tmp_path / "log" / "truth" / "data.mdb"
    contents = [data.read_bytes()]
    for _ in range(2):
        bundles.commit_maps(tmp_path / "log", first=7_000_000, times=2, between=10)
        contents.append(data.read_bytes())
    with Log.open(tmp_path / "log") as log:
        assert log.reader.size == 200 + 2 * (10 + 1)
        assert log.reader.read(log.reader.size - 1).kind == "index_committed"
        # The events of the carrier that bundles are measured with, all before the first commitment.
        assert len(log.reader.history(RESTLESS)) == 50
        assert log.reader.history(RESTLESS)[0].index < 200
    assert contents[0] != contents[1]
    assert contents[1] == contents[2]


def test_a_run_whose_log_is_not_intact_counts_as_zero(monkeypatch, capsys):
    rows = [Row.of("high", [0.9], bar=0.5), Row.of("low", [3.0], bar=5, at_most=True)]
    for intact, status, ratios in ((True, 0, [0.9, 3.0]), (False, 1, [0, 0])):
        monkeypatch.setattr(program, "measure", lambda **_: (rows, intact))
        assert program.main(["--quick"]) == status
        printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [row["ratio"] for row in printed] == ratios
        assert [row["met"] for row in printed] == [intact, intact]
        assert [row["intact"] for row in printed] == [intact, intact]


def test_damage_is_found_by_the_audit_after_a_run(tmp_path: Path, capsys):
    office = program.Office.create(tmp_path / "log", seed=1)
    path, log_id = office.path, office.log.id
    office.log.close()
    assert program.is_intact(path, log_id)
    assert not program.is_intact(path, bytes(32))
    data = path / "truth" / "data.mdb"
    content = data.read_bytes()
    with data.open("r+b") as file:
        # A person's name in a record, wherever it lies.
        file.seek(content.index(b"p/2003"))
        file.write(b"p/2004")
    assert not program.is_intact(path, log_id)
    assert "intact" in capsys.readouterr().err


def test_the_page_holds_the_rows(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(report, "PAGE", tmp_path / "README.md")
    rows = [Row.of("one", [0.6, 0.5, 0.9], bar=0.5, per_s=12.0), Row.of("two", [9.0], bar=5, at_most=True)]
    report.write_page([*rows, voided(rows[0])], depth=20_000)
    table = [line for line in (tmp_path / "README.md").read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    assert table[2:] == [
        "| one | 0.5 | 0.600 | 0.500 | 0.900 | yes | per_s 12.00 |",
        "| two | ≤ 5 | 9.000 | 9.000 | 9.000 | **no** |  |",
        "| one | 0.5 | 0.000 | 0.500 | 0.900 | **no** | per_s 12.00 |",
    ]
