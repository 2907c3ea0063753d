"""requirements/ fits pyproject.toml, holds hashes and no address; and the check is seen to bite."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import lock

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for purpose in lock.PURPOSES:
        (tmp_path / f"{purpose}.txt").write_bytes((lock.FOLDER / f"{purpose}.txt").read_bytes())
    monkeypatch.setattr(lock, "FOLDER", tmp_path)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_locks_are_fresh():
    assert lock.problems() == []


def test_each_purpose_pins_what_it_needs():
    pinned = {purpose: set(lock.pins((lock.FOLDER / f"{purpose}.txt").read_text())) for purpose in lock.PURPOSES}
    assert {"lmdb", "msgspec", "pynacl", "click", "rich", "python-calamine", "hatchling"} <= pinned["run"]
    assert pinned["run"] < pinned["test"] < pinned["check"]
    assert "pytest" in pinned["test"] - pinned["run"]
    assert "mypy" in pinned["check"] - pinned["test"]


def test_a_changed_requirement_is_noticed(folder: Path):
    edit(folder / "run.txt", lock.inputs_digest(), "0" * 64)
    assert lock.problems() == ["run.txt: made from another pyproject.toml"]


def test_a_missing_lock_is_noticed(folder: Path):
    (folder / "bench.txt").unlink()
    assert lock.problems() == ["bench.txt: missing"]


def test_disagreeing_versions_are_noticed(folder: Path):
    edit(folder / "test.txt", "\nlmdb==", "\nlmdb==9")
    assert any(problem.startswith("test.txt: lmdb 9") for problem in lock.problems())


def test_a_requirement_without_hash_is_noticed(folder: Path):
    edit(folder / "run.txt", "\nlmdb==", "\nleftpad==1.0\nlmdb==")
    assert lock.problems() == ["run.txt: no hash for leftpad==1.0"]


@pytest.mark.parametrize("line", ["--index-url x", "--extra-index-url=x", "-i x", "# from https" + "://example.org/"])
def test_an_address_is_noticed(folder: Path, line: str):
    path = folder / "run.txt"
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    assert lock.problems() == ["run.txt: holds an address"]
