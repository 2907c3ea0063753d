"""The public surface: what `chainlog` names is what it gives, and importing it loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import chainlog

ROOT = Path(__file__).resolve().parents[2]


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_all_names_resolve_and_no_others():
    assert set(chainlog.__all__) == {*chainlog._EXPORTS, "__version__"}
    assert len(chainlog.__all__) == len(set(chainlog.__all__))
    assert dir(chainlog) == sorted(chainlog.__all__)
    for name in chainlog.__all__:
        assert getattr(chainlog, name) is not None


def test_each_name_is_exported_from_where_it_is_defined():
    for name, module in chainlog._EXPORTS.items():
        value = getattr(chainlog, name)
        assert getattr(value, "__module__", module) == module, name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        chainlog.nonsense  # noqa: B018


def test_a_name_is_loaded_on_first_use_and_then_stays(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(chainlog._EXPORTS, "record_hash", "chainlog.digest")
    assert chainlog.record_hash(b"") == chainlog.__dict__.pop("record_hash")(b"")


def test_importing_loads_no_dependency():
    heavy = "('lmdb', 'nacl', 'msgspec', 'click', 'rich', 'python_calamine')"
    assert python(f"import chainlog, sys; print([name for name in {heavy} if name in sys.modules])") == "[]"


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_the_command_without_its_extra_says_which(missing: str):
    code = (
        "import importlib.util as u; find = u.find_spec\n"
        f"u.find_spec = lambda name, package=None: None if name == {missing!r} else find(name, package)\n"
        "import chainlog.cli.main as entry\n"
        "entry.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("chainlog-custody[cli]") == 2
    assert "Traceback" not in done.stderr


def test_the_entry_point_loads_without_the_extra():
    python("import sys; sys.modules.update(click=None, rich=None); import chainlog.cli.main")


def test_the_version_is_the_command_line_s():
    assert chainlog.__version__ in python(
        "import sys; sys.argv[1:] = ['--version']; from chainlog.cli.main import main; main()"
    )
