"""Decisions are numbered without gaps, follow the template and stand in the index."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "adr"
SECTIONS = ["Context", "Options", "Decision", "Consequences"]
STATUS = re.compile(
    r"^- Status: (proposed|accepted|rejected|superseded by \[\d{4}\]\((\d{4}-[a-z0-9-]+\.md)\))$", re.MULTILINE
)


def problems(folder: Path) -> list[str]:
    found = []
    index = (folder / "README.md").read_text(encoding="utf-8")
    files = sorted(path for path in folder.glob("*.md") if path.name not in {"README.md", "template.md"})
    for number, path in enumerate(files, 1):
        text = path.read_text(encoding="utf-8")
        if not re.fullmatch(rf"{number:04}-[a-z0-9-]+\.md", path.name):
            found.append(f"{path.name}: expected number {number:04}, name in a-z, 0-9 and -")
            continue
        title = re.match(rf"# {number:04}\. (\S.*)\n", text)
        status = STATUS.search(text)
        if title is None or status is None or not re.search(r"^- Date: \d{4}-\d\d-\d\d$", text, re.MULTILINE):
            found.append(f"{path.name}: title, status or date is not as in template.md")
            continue
        if status[2] and not (folder / status[2]).exists():
            found.append(f"{path.name}: superseded by a decision that isn't there")
        if [line[3:] for line in text.splitlines() if line.startswith("## ")] != SECTIONS:
            found.append(f"{path.name}: sections are {SECTIONS}")
        row = f"| [{number:04}]({path.name}) | {title[1]} | {status[1]} |"
        if row not in index.splitlines():
            found.append(f"README.md: needs the line {row}")
    if index.count("\n| [") != len(files):
        found.append(f"README.md: {len(files)} decisions, but another number of lines")
    return found


def test_the_decisions_are_in_order():
    assert problems(FOLDER) == []


def test_what_is_out_of_order_is_found(tmp_path: Path):
    for name in ("README.md", "template.md"):
        shutil.copy(FOLDER / name, tmp_path)
    head = (tmp_path / "README.md").read_text(encoding="utf-8").split("|---|---|---|\n")[0] + "|---|---|---|\n"
    good = (tmp_path / "template.md").read_text(encoding="utf-8")
    good = re.sub(r"^- Status: .*", "- Status: accepted", good, flags=re.MULTILINE)
    good = good.replace("NNNN. The decision, as a short sentence", "0001. One").replace("YYYY-MM-DD", "2026-01-31")
    row = "| [0001](0001-one.md) | One | accepted |\n"

    def check(name: str, text: str, index: str) -> list[str]:
        for path in tmp_path.glob("0*.md"):
            path.unlink()
        (tmp_path / name).write_text(text, encoding="utf-8")
        (tmp_path / "README.md").write_text(head + index, encoding="utf-8")
        return problems(tmp_path)

    assert check("0001-one.md", good, row) == []
    assert check("0001-one.md", good, "") != []
    assert check("0001-one.md", good, row + "| [0002](0002-two.md) | Two | accepted |\n") != []
    assert check("0002-one.md", good, row) != []
    assert check("0001-one.md", good.replace("0001. One", "0002. One"), row) != []
    assert check("0001-one.md", good.replace("- Date: 2026", "- Date: 26"), row) != []
    assert check("0001-one.md", good.replace("## Context", "## Why"), row) != []
    assert check("0001-one.md", good.replace("accepted", "superseded by [0009](0009-nine.md)"), row) != []
