"""What programs write from tables in the code is what lies in the tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import gen_format, gen_vectors

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("program", [gen_format, gen_vectors])
def test_nothing_has_drifted(program):
    assert gen_format.write(program.contents(), check=True) == []


def test_drift_is_seen_and_mended(tmp_path: Path):
    good = (ROOT / gen_format.FORMAT).read_text(encoding="utf-8")
    for change in (
        ("| `subjects` |", "| `subjects` | x"), ("| of these not persons | 224 |", "| of these not persons | 225 |"),
        ("record_hash = H(00", "record_hash = H(00"), ("| `transferred.store` 入柜 |", "| `transferred.store` 入库 |"),
    ):  # fmt: skip
        (tmp_path / "schemas").mkdir(exist_ok=True)
        (tmp_path / gen_format.FORMAT).write_text(good.replace(*change), encoding="utf-8")
        made = gen_format.format_text((tmp_path / gen_format.FORMAT).read_text(encoding="utf-8"))
        files = [(gen_format.FORMAT, made)]
        generated = change[0] != "| `subjects` |" and change[0] != change[1]
        assert gen_format.write(iter(files), check=True, root=tmp_path) == ([gen_format.FORMAT] if generated else [])
        assert gen_format.write(iter(files), check=False, root=tmp_path) == ([gen_format.FORMAT] if generated else [])
        assert gen_format.write(iter(files), check=True, root=tmp_path) == []


def test_a_mark_without_content_is_noticed():
    with pytest.raises(AssertionError, match="marks"):
        gen_format.format_text("no marks at all")


def test_wrong_arguments_write_nothing(capsys: pytest.CaptureFixture[str]):
    assert gen_format.main(["gen_format.py", "--force"]) == 2
    assert gen_vectors.main(["gen_vectors.py", "--force"]) == 2
    assert "--check" in capsys.readouterr().err
