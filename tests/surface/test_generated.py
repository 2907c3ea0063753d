"""What programs write from tables in the code is what lies in the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import gen_format, gen_vectors

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("program", [gen_format, gen_vectors])
def test_nothing_has_drifted(program):
    assert gen_format.write(program.contents(), check=True) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("| of these not persons | 224 |", "| of these not persons | 225 |"),
        ("| `transferred.store` 入柜 |", "| `transferred.store` 入库 |"),
        ("| `altered` | found |", "| `altered` | said |"),
    ],
)
def test_drift_is_seen_and_mended(tmp_path: Path, old: str, new: str):
    good = (ROOT / gen_format.FORMAT).read_text(encoding="utf-8")
    changed = good.replace(old, new)
    assert changed != good
    target = tmp_path / gen_format.FORMAT
    target.parent.mkdir()
    target.write_text(changed, encoding="utf-8")
    files = [(gen_format.FORMAT, gen_format.format_text(changed))]
    assert gen_format.write(iter(files), check=True, root=tmp_path) == [gen_format.FORMAT]
    assert target.read_text(encoding="utf-8") == changed
    assert gen_format.write(iter(files), check=False, root=tmp_path) == [gen_format.FORMAT]
    assert target.read_text(encoding="utf-8") == good


def test_what_is_written_by_hand_stays():
    good = (ROOT / gen_format.FORMAT).read_text(encoding="utf-8")
    changed = good.replace("## 0. Conventions\n", "## 0. Conventions\n\nA sentence more.\n")
    assert changed != good
    assert gen_format.format_text(changed) == changed


def test_a_mark_without_content_is_noticed():
    with pytest.raises(AssertionError, match="marks"):
        gen_format.format_text("no marks at all")


def test_wrong_arguments_write_nothing(capsys: pytest.CaptureFixture[str]):
    assert gen_format.main(["gen_format.py", "--force"]) == 2
    assert gen_vectors.main(["gen_vectors.py", "--force"]) == 2
    assert "--check" in capsys.readouterr().err
