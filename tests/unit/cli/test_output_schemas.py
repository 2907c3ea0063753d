"""What `--json` prints is what schemas/output says, and has every field that it names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Terminal, office
from tests.json_schema import problems
from tests.registers import csv_bytes, put

SCHEMAS = Path(__file__).parents[3] / "schemas" / "output"
RECEIVED = ["序号", "收文日期", "来文单位", "文号", "标题", "密级", "份数", "份号"]
DESTROYED = ["序号", "文号", "标题", "份号", "密级", "监销人", "销毁方式", "销毁日期", "批准人"]


@pytest.fixture(scope="module")
def terminal(tmp_path_factory):
    """An office whose books tell of a destruction with one supervisor, of a loan, and of a hand-over that one side signed."""
    directory = tmp_path_factory.mktemp("schemas")
    put(directory, "收文.csv", csv_bytes([
        RECEIVED, ["1", "2025-03-01", "县委办", "县办〔2025〕1号", "通知", "秘密", "1", "7"],
        ["2", "2025-03-02", "县委办", "县办〔2025〕2号", "方案", "机密", "3", ""],
        ["3", "2025-03-03", "县委办", "县办〔2025〕3号", "纪要", "", "1", "9"],
    ]))  # fmt: skip
    put(directory, "销毁.csv", csv_bytes([
        DESTROYED, ["1", "县办〔2025〕1号", "通知", "7", "秘密", "李敏", "粉碎", "2025-12-01", ""],
    ]))  # fmt: skip
    with office(directory) as terminal:
        for book in ("收文.csv", "销毁.csv"):
            assert terminal.run("import", "office.log", book, "--key", "keys/李敏.key").status == 0
        said = terminal.run("draft", "office.log", "transferred.lend", "--out", "loan.draft", "--on", "c/县办〔2025〕3号/9",
                            "--who", "giver=p/李敏", "--who", "receiver=p/赵强:0", "--set", "purpose=起草", "--set", "depth=阅览",
                            "--set", "due=2026-02-01", "--key", "keys/李敏.key")  # fmt: skip
        assert said.status == 0, said.err
        said = terminal.run("append", "office.log", "loan.draft")
        assert said.status == 0, said.err
        yield terminal


def lines(terminal: Terminal, *arguments: str) -> list[Any]:
    return [json.loads(line) for line in terminal.run(*arguments, "--json").out.splitlines()]


def check(values: list[Any], name: str) -> None:
    schema = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    assert values
    for value in values:
        assert list(problems(value, schema, files={})) == [], value
        # Of lines of several kinds each says what it must have; the validator asks for it.
        assert set(value) >= set(schema.get("required", ()))


def test_findings(terminal):
    found = lines(terminal, "findings", "office.log")
    assert {"DES-1", "DES-3", "TRN-3"} <= {finding["code"] for finding in found}
    check(found, "findings.json")


def test_findings_by_incident(terminal):
    found = lines(terminal, "findings", "office.log", "--incidents")
    assert any(len(matter["findings"]) > 1 for matter in found)
    for matter in found:
        assert matter["evidence"] == sorted({index for one in matter["findings"] for index in one["evidence"]})
    check(found, "findings.json")


def test_due(terminal):
    overdue = lines(terminal, "due", "office.log", "--as-of", "2026-06-01")
    assert {line["state"] for line in overdue} >= {"overdue"}
    ahead = lines(terminal, "due", "office.log")
    assert {line["state"] for line in ahead} >= {"due"}
    check([*overdue, *ahead], "due.json")


def test_rules(terminal):
    every = lines(terminal, "rules")
    assert {line["asked"] for line in every} == {None}
    judged = lines(terminal, "rules", "--log", "office.log")
    assert [line["id"] for line in judged] == [line["id"] for line in every]
    assert {line["asked"] for line in judged} == {True, False}
    assert all(line["missing"] or line["switched_off"] for line in judged if not line["asked"])
    check([*every, *judged, *lines(terminal, "rules", "--questions")], "rules.json")


def test_report(terminal):
    (report,) = lines(terminal, "report", "office.log")
    assert report["integrity"]["verdict"] == "intact"
    assert len(report["compliance"]["listed"]) == min(report["compliance"]["findings"], 20) > 0
    assert report["completeness"]["figures"]["imported"] > 0
    (other,) = lines(terminal, "report", "office.log", "--no-verify", "--limit", "0")
    assert other["integrity"]["verdict"] == "not_verified"
    assert other["compliance"]["listed"] == []
    check([report, other], "report.json")


def test_custody(terminal):
    found = lines(terminal, "custody", "office.log")
    assert {"destroyed", "on_loan"} <= {line["phase"] for line in found}
    assert any(line["due"] for line in found)
    check(found, "custody.json")


def test_verify(terminal, tmp_path):
    check(lines(terminal, "verify", "office.log"), "verify.json")
    data = terminal.directory / "office.log" / "truth" / "data.mdb"
    broken = tmp_path / "broken.log" / "truth"
    broken.mkdir(parents=True)
    # Wherever it stands, old pages included.
    (broken / "data.mdb").write_bytes(data.read_bytes().replace("纪要".encode(), "记要".encode()))
    reports = lines(terminal, "verify", str(broken.parent))
    assert reports[0]["integrity"] == "broken"
    check(reports, "verify.json")
    check(lines(terminal, "verify", str(tmp_path)), "verify.json")
