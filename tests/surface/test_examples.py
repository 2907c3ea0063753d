"""Python examples in README.md and docs/ run as they stand, one program a page.

A block that begins with ```python is run; ```python no-run is only compiled. Blocks of a page run one after the
other in one process, in an empty directory.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python(?P<flag>[^\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def program(text: str, name: str) -> str:
    """The runnable blocks of a page as one program whose lines keep the page's numbers."""
    lines = [""] * (text.count("\n") + 1)
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start("code"))
        compile("\n" * first + block["code"], name, "exec")
        if block["flag"].strip() != "no-run":
            lines[first : first + block["code"].count("\n")] = block["code"].splitlines()
    return "\n".join(lines)


def run(code: str, name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    start = f"import sys; exec(compile(sys.stdin.read(), {name!r}, 'exec'), {{'__name__': '__main__'}})"
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", start],
        input=code, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_run(page: Path, tmp_path: Path):
    text = page.read_text(encoding="utf-8")
    # A fence that the pattern misses would be an example that nobody runs.
    assert len(re.findall(r"^\s*```python", text, re.MULTILINE)) == len(BLOCK.findall(text))
    code = program(text, page.name)
    if code.strip():
        done = run(code, page.name, tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_example_is_found(tmp_path: Path):
    page = (
        "one\n\n```python\nx = 1\n```\n\n```python no-run\nraise RuntimeError\n```\n\n```python\nassert x == {}\n```\n"
    )
    assert run(program(page.format(1), "p.md"), "p.md", tmp_path).returncode == 0
    done = run(program(page.format(2), "p.md"), "p.md", tmp_path)
    assert done.returncode == 1
    assert '"p.md", line 12' in done.stderr
    with pytest.raises(SyntaxError):
        program("```python no-run\nx = = 1\n```\n", "p.md")
