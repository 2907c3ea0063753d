"""The tree keeps the house rules, and each rule is seen to bite on a planted breach."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import tidy

ROOT = Path(__file__).resolve().parents[2]

MARK = "TO" + "DO"
PATHS = ["/wo" + "rk/x", "'/ro" + "ot'", "(/ho" + "me/me)"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "chainlog" / "tree").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(
        '[project.scripts]\nc = "chainlog.main:main"\n[project]\n', encoding="utf-8"
    )
    (tmp_path / "chainlog" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "chainlog" / "main.py").write_text("from chainlog.tree import merkle\n", encoding="utf-8")
    (tmp_path / "chainlog" / "tree" / "__init__.py").write_text("from .note import Note\n", encoding="utf-8")
    (tmp_path / "chainlog" / "tree" / "merkle.py").write_text("", encoding="utf-8")
    (tmp_path / "chainlog" / "tree" / "note.py").write_text("import chainlog.tree.lazy\n", encoding="utf-8")
    (tmp_path / "chainlog" / "tree" / "lazy.py").write_text("NAME = 'chainlog.tree.by_name'\n", encoding="utf-8")
    (tmp_path / "chainlog" / "tree" / "by_name.py").write_text("", encoding="utf-8")
    return tmp_path


def broken(tree: Path, exceptions: dict[tuple[str, str], str] | None = None) -> list[tuple[str, str]]:
    return [(problem.path, problem.rule) for problem in tidy.problems(tree, exceptions or {})]


def test_the_project_is_tidy():
    found = tidy.problems(ROOT, tidy.EXCEPTIONS)
    assert not found, "\n".join(f"{path}:{line}: {rule}: {detail}" for path, line, rule, detail in found)


def test_every_exception_has_a_reason():
    assert all(reason.strip() for reason in tidy.EXCEPTIONS.values())


def test_a_tidy_tree_has_no_problems(tree: Path):
    assert broken(tree) == []


def function_of(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x = 1\n" * 401, "long-module"),
        (function_of(71), "long-function"),
        ("class C:\n    async " + function_of(71).replace("\n", "\n    ").rstrip() + "\n", "long-function"),
        (f"# {MARK} later\n", "leftover"),
        ("x: int = ''  # type: ignore\n", "type-ignore:1"),
        ("x: int = ''  # type: ignore[assignment]\ny = 1  #type:ignore\n", "type-ignore:2"),
        *((f"P = {path}\n" if path[0] == "'" else f"# see {path}\n", "machine-path") for path in PATHS),
        ("# see issu" + "e #12\n", "issue-number"),
    ],
)
def test_each_rule_bites(tree: Path, text: str, rule: str):
    (tree / "chainlog" / "tree" / "merkle.py").write_text(text, encoding="utf-8")
    assert set(broken(tree)) == {("chainlog/tree/merkle.py", rule)}


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n" * 400,
        function_of(70),
        "X = 'a # type: ignore in a text'\n",
        "class P(NamedTuple):\n    index: int  # type: ignore[assignment]\n",
        "X = 'https://example.org/wo" + "rk/x'\n",
        "X = f'{1}/ro" + "ot'\n",
        "mastodon = 'TO" + "DOS'\n",
    ],
)
def test_what_is_allowed_passes(tree: Path, text: str):
    (tree / "chainlog" / "tree" / "merkle.py").write_text(text, encoding="utf-8")
    assert broken(tree) == []


def test_tests_may_hand_over_wrong_types(tree: Path):
    (tree / "tests").mkdir()
    (tree / "tests" / "test_x.py").write_text("f('')  # type: ignore[arg-type]\n", encoding="utf-8")
    assert broken(tree) == []


def test_words_are_found_outside_python_too(tree: Path):
    (tree / "guide.md").write_text(f"see {PATHS[0]}\n", encoding="utf-8")
    assert broken(tree) == [("guide.md", "machine-path")]


def test_an_unused_module_is_found(tree: Path):
    (tree / "chainlog" / "tree" / "orphan.py").write_text("import chainlog.tree.orphan\n", encoding="utf-8")
    (tree / "tests").mkdir()
    (tree / "tests" / "test_orphan.py").write_text("import chainlog.tree.orphan\n", encoding="utf-8")
    assert broken(tree) == [("chainlog/tree/orphan.py", "unused-module")]


def test_a_large_file_is_found_and_one_that_git_ignores_is_not(tree: Path):
    (tree / "large.bin").write_bytes(bytes(tidy.FILE_BYTES_MAX + 1))
    assert broken(tree) == [("large.bin", "large-file")]
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    assert broken(tree) == [("large.bin", "large-file")]
    (tree / ".gitignore").write_text("large.bin\n", encoding="utf-8")
    assert broken(tree) == []


def test_an_exception_excepts_and_an_idle_one_is_reported(tree: Path):
    (tree / "chainlog" / "tree" / "merkle.py").write_text("x = 1\n" * 401, encoding="utf-8")
    entry = {("chainlog/tree/merkle.py", "long-module"): "a table"}
    assert broken(tree, entry) == []
    (tree / "chainlog" / "tree" / "merkle.py").write_text("", encoding="utf-8")
    assert broken(tree, entry) == [("chainlog/tree/merkle.py", "long-module")]
