"""Runs `tools/verify_bundle.py` as a stranger would: a copy of it alone in a directory, without chainlog and LMDB.

The interpreter is started without its packages (`-I -S`); PyNaCl, which the verifier needs, is linked from where it lies.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from tools.shown_commands import Stage, Stopped

_FOLDER: Final = "stranger"
_NEEDED: Final = ("nacl", "cffi", "_cffi_backend")
_START: Final = """\
import runpy, sys
sys.path.append("needed")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
# Connecting a datagram socket sends nothing: it asks whether there is a way to an address of the documentation.
_PROBE: Final = """\
import importlib, json, socket
found = {}
for name in ("nacl.bindings", "msgspec", "lmdb", "chainlog"):
    try:
        found[name] = bool(importlib.import_module(name))
    except ImportError:
        found[name] = False
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("192.0.2.1", 9))
    found["network"] = True
except OSError:
    found["network"] = False
print(json.dumps(found))
"""


class SecondVerifier:
    """
    The second verifier on a stage.

    isolation: what starts a command without a network; nothing where the machine doesn't allow that.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.isolation = _isolation()

    @property
    def isolation_said(self) -> str:
        """Whether there is no network, in words."""
        return "no network: unshare -rn" if self.isolation else "not isolated: this machine has no unshare -rn"

    def prepare(self) -> None:
        """Make its directory, and show what can be imported there. Raises Stopped."""
        folder = self._stage.directory / _FOLDER
        (folder / "needed").mkdir(parents=True)
        for name in _NEEDED:
            spec = importlib.util.find_spec(name)
            if spec is None or spec.origin is None:
                raise Stopped(f"{name} isn't installed, which the second verifier needs")
            source = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
            (folder / "needed" / source.name).symlink_to(source)
        shutil.copy(Path(__file__).with_name("verify_bundle.py"), folder)
        (folder / "start.py").write_text(_START, encoding="utf-8")
        (folder / "probe.py").write_text(_PROBE, encoding="utf-8")
        found = self._start("probe.py", says=_inventory)
        wanted = {"nacl.bindings": True, "msgspec": False, "lmdb": False, "chainlog": False}
        wanted["network"] = not self.isolation and found["network"]
        self._stage.require(found, wanted, what="what there is where the second verifier runs")

    def run(self, file: str, *words: str, says: str | Callable[[Any], str]) -> Any:
        """Have it verify *file*, named from its directory; it must hold. Raises Stopped."""
        return self._start("verify_bundle.py", file, *words, "--json", says=says)

    def _start(self, *words: str, says: str | Callable[[Any], str]) -> Any:
        command = [*self.isolation, sys.executable, "-I", "-S", "start.py", *words]
        return self._stage.run(command, says, cwd=_FOLDER)


def _inventory(found: Any) -> str:
    return "there is " + ", ".join(f"{'' if there else 'no '}{name}" for name, there in found.items())


def _isolation() -> tuple[str, ...]:
    program = shutil.which("unshare")
    if program is None:
        return ()
    tried = subprocess.run([program, "-rn", "true"], capture_output=True, check=False)
    return () if tried.returncode else ("unshare", "-rn")
