"""The layers of pyproject.toml hold, and each contract is seen to bite on a planted import."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def lint(root: Path) -> tuple[int, str]:
    command = [sys.executable, str(ROOT / "tools" / "check_layers.py"), str(root)]
    done = subprocess.run(command, env={"COLUMNS": "200"}, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def broken(output: str) -> list[str]:
    """Names of the contracts that were not kept."""
    return re.findall(r"^(\S.*) BROKEN(?: \(.*\))?$", output, re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "chainlog", tmp_path / "chainlog", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_layers_hold():
    status, output = lint(ROOT)
    assert status == 0, output


@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("canon/planted.py", "import chainlog.cli.main", "rooms import downward only"),
        ("digest.py", "def f():\n    from chainlog import limits", "rooms import downward only"),
        ("unplanned.py", "", "rooms import downward only"),
        ("log/planted.py", "import lmdb", "one door to LMDB"),
        ("record/planted.py", "from nacl.signing import VerifyKey", "one door to libsodium"),
        ("rules/planted.py", "import click", "the terminal stays in the command line"),
        ("forensics/planted.py", "from rich.table import Table", "the terminal stays in the command line"),
        ("cli/planted.py", "import python_calamine", "spreadsheets stay in interchange"),
        ("forensics/planted.py", "import obstore.store", "object stores and time stamps stay in proof"),
        ("cli/planted.py", "import rfc3161_client", "object stores and time stamps stay in proof"),
        ("proof/planted.py", "import chainlog.store.port", "proofs are made and checked without a database"),
    ],
)
def test_each_contract_bites(copy: Path, path: str, line: str, contract: str):
    target = copy / "chainlog" / path
    target.parent.mkdir(exist_ok=True)
    (target.parent / "__init__.py").touch()
    with target.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    status, output = lint(copy)
    assert status == 1
    assert [name[: len(contract)] for name in broken(output)] == [contract], output


def test_the_doors_themselves_may(copy: Path):
    for path, line in [
        ("store/planted.py", "import lmdb"),
        ("record/keys.py", "from nacl import bindings\nfrom nacl.signing import VerifyKey"),
        ("cli/planted.py", "import click\nfrom rich.table import Table"),
        ("interchange/planted.py", "import python_calamine\nimport xlsxwriter"),
    ]:
        with (copy / "chainlog" / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    status, output = lint(copy)
    assert status == 0, output
