"""Build the wheel by way of the source archive, and import it where the checkout can't help. Does I/O, below a
temporary directory; asks no package index.

The wheel goes into a new virtual environment that reads its dependencies from this one. What is checked: the
wheel holds every module of the checkout, `py.typed` and the licence and nothing from outside the package; every
module imports from there; the installed command answers.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_IMPORT_ALL = """
import importlib, pkgutil, sys
import chainlog
assert chainlog.__file__.startswith(sys.prefix), chainlog.__file__
for module in pkgutil.walk_packages(chainlog.__path__, "chainlog."):
    importlib.import_module(module.name)
print(chainlog.__version__)
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Run a program; its output, or an end with what it said."""
    # A location of modules given from outside would let the checkout in again.
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def check_contents(wheel: Path) -> None:
    """Compare the wheel's list of files with the checkout's."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "chainlog"
    wanted = {path.relative_to(ROOT).as_posix() for path in package.rglob("*") if path.is_file()}
    wanted = {path for path in wanted if "__pycache__" not in path}
    info = {path for path in packed if path.split("/")[0].endswith(".dist-info")}
    if packed - info != wanted:
        raise SystemExit(f"wheel and checkout differ in: {sorted((packed - info) ^ wanted)}")
    if "chainlog/py.typed" not in packed or not any(path.endswith("/LICENSE") for path in info):
        raise SystemExit("py.typed or the licence is missing from the wheel")


def main() -> int:
    """Build, compare, install, import."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", ROOT, cwd=folder)
        (wheel,) = (folder / "dist").glob("*.whl")
        check_contents(wheel)
        run(sys.executable, "-m", "venv", "--without-pip", folder / "env", cwd=folder)
        python = folder / "env" / "bin" / "python"
        run(
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "-q",
            "--no-index",
            "--no-deps",
            wheel,
            cwd=folder,
        )
        # The wheel's own directory comes first on the path, so the dependencies' one can't hide it; and a .pth
        # file is not read in turn, so the editable install beside them stays out.
        (own,) = (folder / "env" / "lib").glob("python*/site-packages")
        (own / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
        version = run(python, "-c", _IMPORT_ALL, cwd=folder).strip()
        answer = run(folder / "env" / "bin" / "chainlog", "--version", cwd=folder)
        if version not in answer or f"-{version}-" not in wheel.name:
            raise SystemExit(f"{wheel.name} says {version} and {answer}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
