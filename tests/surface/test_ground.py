"""What the project stands on: make's targets, the bootstrap's refusals, the profiles of hypothesis."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BARE = {"PATH": "/usr/bin:/bin"}


def bootstrap(*arguments: str, **environment: str) -> tuple[int, str]:
    command = ["sh", str(ROOT / "tools" / "bootstrap.sh"), *arguments]
    done = subprocess.run(command, env={**BARE, **environment}, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    "target", ["help", "venv", "demo", "test", "check", "format", "bench", "bench-peers", "lock", "clean", "distclean"]
)
def test_make_knows_each_target(target: str):
    subprocess.run(["make", "-n", target], cwd=ROOT, env=BARE, check=True, capture_output=True)


@pytest.mark.parametrize(("shell", "script"), [("sh", "tools/bootstrap.sh"), ("bash", ".ci/run")])
def test_scripts_parse_and_may_be_run(shell: str, script: str):
    subprocess.run([shell, "-n", str(ROOT / script)], check=True)
    assert os.access(ROOT / script, os.X_OK)


def test_an_unknown_purpose_is_refused():
    assert bootstrap("nonsense")[0] == 2


def test_a_directory_of_someone_else_is_left_alone(tmp_path: Path):
    (tmp_path / "precious").write_text("x", encoding="utf-8")
    status, said = bootstrap("run", VENV=str(tmp_path))
    assert status == 4
    assert "no virtual environment" in said
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_an_old_python_is_refused(tmp_path: Path):
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    status, said = bootstrap("run", VENV=str(tmp_path / "env"), PYTHON=str(old))
    assert status == 4
    assert "3.11 or later" in said


@pytest.mark.parametrize(
    ("environment", "examples", "derandomized"),
    [
        ({}, 50, False),
        ({"CI": "true"}, 50, True),
        ({"HYPOTHESIS_PROFILE": "ci"}, 50, True),
        ({"HYPOTHESIS_PROFILE": "deep", "CI": "true"}, 2_000, False),
    ],
)
def test_profiles_are_chosen_by_the_environment(environment: dict[str, str], examples: int, derandomized: bool):
    code = (
        "import tests.conftest; from hypothesis import settings as s;"
        "d = s.default; print(d.max_examples, d.derandomize, d.deadline)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**BARE, **environment}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(examples), str(derandomized), "None"]


def test_a_deep_run_prints_its_seed_and_keeps_a_given_one(tmp_path: Path):
    (tmp_path / "test_x.py").write_text("def test_x(): pass\n", encoding="utf-8")

    def run(*more: str) -> str:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "tests.conftest",
            *more,
            str(tmp_path),
        ]
        environment = {**BARE, "HYPOTHESIS_PROFILE": "deep", "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    lines = run().splitlines()
    assert any("--hypothesis-seed=" in line for line in lines)
    # The count stays the last line.
    assert lines[-1].startswith("1 passed")
    assert "--hypothesis-seed=7\n" in run("--hypothesis-seed=7")


def test_the_package_says_what_it_needs_and_no_more():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {name.split(">")[0] for name in project["dependencies"]} == {"lmdb", "msgspec", "pynacl"}
    assert (ROOT / "chainlog" / "py.typed").exists()
