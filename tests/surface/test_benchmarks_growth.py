"""The programs about growth and load run on tiny logs, audit them, and write pages. What the figures are is not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import growth, growth_page, growth_works, load, load_page, memory
from benchmarks.load import Reading, Row
from benchmarks.plot import Panel, Series, draw

NAMES = [one.name for group in growth_page.GROUPS for one in group.figures]


def shorten(monkeypatch):
    monkeypatch.setattr(growth_works, "_OPENINGS", 1)
    monkeypatch.setattr(growth_works, "BLOCK", 20)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from the files of Linux")
def test_a_short_growth_is_measured_and_drawn(tmp_path: Path, capsys, monkeypatch):
    shorten(monkeypatch)
    assert growth.main(["--first", "200", "--to", "2000", "--count", "10", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr()
    steps = [json.loads(line) for line in said.out.splitlines()]
    assert [step["size"] for step in steps] == [200, 2000]
    for step in steps:
        assert set(NAMES) <= step.keys()
        assert all(value > 0 for name in NAMES for value in step[name])
    page = (tmp_path / growth_page.PAGE).read_text(encoding="utf-8")
    assert "| 200 | 2,000 |" in page
    assert "**more than" not in page.split("| grows |")[0]
    ET.parse(tmp_path / growth_page.PLOT)


def test_a_growth_that_is_not_intact_writes_nothing(tmp_path: Path, monkeypatch, capsys):
    def broken(path, log_id):
        raise subprocess.CalledProcessError(1, ["audit"])

    monkeypatch.setattr(memory, "verifying", broken)
    shorten(monkeypatch)
    assert growth.main(["--first", "200", "--to", "2000", "--count", "10", "--out", str(tmp_path)]) == 1
    assert not list(tmp_path.iterdir())
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("growth_", "kind"),
    [(0.5, "flat"), (1.4, "flat"), (1.5, "logarithmic"), (1.87, "logarithmic"), (1.9, "more than logarithmic"), (80, "linear")],
)  # fmt: skip
def test_how_something_grows(growth_, kind):
    assert growth_page.kind_of(growth_, (10_000, 1_000_000)) == kind


def test_growth_is_against_the_short_log_of_the_same_minute():
    # The machine became twice as slow meanwhile, and that isn't growth.
    assert growth_page.growth_of((10.0, 10.0), (20.0, 20.0)) == 1
    assert growth_page.growth_of((10.0, None), (20.0, None)) == 2
    assert growth_page.is_within("flat", "logarithmic")
    assert not growth_page.is_within("linear", "flat")


def test_a_plot_has_every_line_in_its_frame():
    panels = [
        Panel(("one <&>", "一"), "µs", [Series("a", [(1e4, 3e-3), (1e7, 5e3)]), Series("b", [(1e4, 1.0), (1e7, 1.0)])]),
        Panel(("two", "二"), "MB", [Series("c", [(1e4, 50.0), (1e7, 51.0)])]),
    ]
    root = ET.fromstring(draw(panels, title=("t", "题"), size=("records", "记录数")))
    texts = "".join(root.itertext())
    assert {"one <&>", "一", "记录数"} <= {part for part in ("one <&>", "一", "记录数") if part in texts}
    for group in root.iter("{http://www.w3.org/2000/svg}g"):
        (frame,) = [one for one in group if one.get("fill") == "none" and one.tag.endswith("rect")]
        top = float(frame.get("y"))
        low, left = top + float(frame.get("height")), float(frame.get("x"))
        for path in group.iter("{http://www.w3.org/2000/svg}path"):
            if path.get("stroke-width"):
                points = [tuple(map(float, point.split())) for point in path.get("d")[1:].split("L")]
                assert all(top <= y <= low and x >= left for x, y in points), points


def test_a_short_load_is_measured(tmp_path: Path, capsys):
    arguments = ["--quick", "--seconds", "0.3", "--out", str(tmp_path)]
    assert load.main(arguments) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["processes"], row["threads"]) for row in rows] == [(1, 2), (2, 1)]
    for row in rows:
        assert row["intact"] is True
        assert row["appends_s"] > 0
        assert 0 <= row["fairness"] <= 1 <= row["sharing"]
        assert row["p50"] <= row["p99"] <= row["p999"]
        for where in ("inside", "outside"):
            assert row[where].keys() == {"alone", "computing", "appending"}
    assert (tmp_path / load_page.PAGE).read_text(encoding="utf-8").count("\n| 1 | 2 |") == 3


def test_a_load_whose_log_is_not_intact_counts_as_zero(tmp_path: Path, monkeypatch, capsys):
    reading = {beside: Reading(1, 1, 1, 1) for beside in ("alone", "computing", "appending")}

    def measured(path, *, processes, threads, seconds):
        return Row(processes, threads, False, 0.0, 1, 1, 1, 1, 1, reading, reading)

    monkeypatch.setattr(load, "measure", measured)
    assert load.main(["--out", str(tmp_path)]) == 1
    assert "| **no** | 0 |" in (tmp_path / load_page.PAGE).read_text(encoding="utf-8")


def test_quantiles():
    assert [load.quantile(range(1, 101), share) for share in (0, 0.5, 0.99, 0.999, 1)] == [1, 51, 100, 100, 100]
