"""Write requirements/*.txt: every dependency with its version and hashes, from pyproject.toml. Does I/O.

    python tools/lock.py            resolve anew, newest versions allowed; needs a package index and uv
    python tools/lock.py --check    offline: the files fit pyproject.toml and each other, else exit with 1

One file a purpose, each installable alone with `pip install --require-hashes -r`. No file holds an address:
where packages come from is for pip's own configuration to say.
Known limit: the check compares what pyproject.toml asks for by a digest, it doesn't resolve.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "requirements"
PYTHON = "3.11"

# purpose → dependency groups on top of the core and the extras
PURPOSES = {
    "run": ["build"],
    "test": ["test"],
    "check": ["test", "lint"],
    "bench": ["bench"],
    "peers": ["peers"],
    "interop": ["interop"],
    "mutation": ["mutation"],
}
EXTRAS = ["cli", "import"]

_PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^ ;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def inputs_digest() -> str:
    """SHA-256 over what pyproject.toml asks for, whatever its layout. Hexadecimal."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = document["project"]
    asked = [
        project["requires-python"],
        project["dependencies"],
        {extra: project["optional-dependencies"][extra] for extra in EXTRAS},
        document["dependency-groups"],
        PURPOSES,
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def header(purpose: str) -> str:
    """The comment lines a lock begins with."""
    return f"# For `{purpose}`: made by `make lock` from pyproject.toml, never by hand.\n# inputs: {inputs_digest()}\n"


def pins(text: str) -> dict[str, str]:
    """Name → version of each requirement in a lock."""
    return {match["name"]: match["version"] for match in _PIN.finditer(text)}


def problems() -> list[str]:
    """What is wrong with the locks as they stand; empty when nothing is."""
    found: list[str] = []
    versions: dict[str, tuple[str, str]] = {}
    for purpose in PURPOSES:
        path = FOLDER / f"{purpose}.txt"
        if not path.exists():
            found.append(f"{path.name}: missing")
            continue
        text = path.read_text(encoding="utf-8")
        if not text.startswith(header(purpose)):
            found.append(f"{path.name}: made from another pyproject.toml")
        # A requirement without a hash would be refused only on the machine that installs it.
        requirements = re.split(r"\n(?=[a-z0-9])", "\n" + text.partition("\n# inputs: ")[2].partition("\n")[2])
        found += [f"{path.name}: no hash for {r.split()[0]}" for r in requirements if r.strip() and not _HASH.search(r)]
        if "://" in text or re.search(r"^\s*(-i|--[a-z-]*index|--find-links|--trusted)", text, re.MULTILINE):
            found.append(f"{path.name}: holds an address")
        for name, version in pins(text).items():
            other, first = versions.setdefault(name, (version, path.name))
            if other != version:
                found.append(f"{path.name}: {name} {version}, but {other} in {first}")
    return found


def uv_program() -> str:
    """Path of uv: the one at hand, or one installed into build/ for this run."""
    beside = Path(sys.executable).parent / "uv"
    if beside.exists():
        return str(beside)
    if found := shutil.which("uv"):
        return found
    folder = ROOT / "build" / "lock-env"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "uv"], check=True)
    return str(folder / "bin" / "uv")


def uv_environment() -> dict[str, str]:
    """The environment for uv, which asks neither pip's configuration nor the system's certificates by itself."""
    environment = dict(os.environ)
    environment.setdefault("UV_SYSTEM_CERTS", "1")
    environment.setdefault("UV_NATIVE_TLS", "1")
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    configured = subprocess.run(asked, check=False, capture_output=True, text=True).stdout.strip()
    if configured:
        environment.setdefault("UV_DEFAULT_INDEX", configured)
    return environment


def resolve(uv: str, groups: list[str], constraint: Path | None) -> str:
    """The text of one lock, without header."""
    command = [uv, "pip", "compile", "--quiet", "--universal", "--python-version", PYTHON, "--generate-hashes"]
    command += ["--upgrade", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
    for extra in EXTRAS:
        command += ["--extra", extra]
    for group in groups:
        command += ["--group", group]
    if constraint is not None:
        command += ["--constraint", str(constraint)]
    command.append("pyproject.toml")
    return subprocess.run(command, check=True, cwd=ROOT, env=uv_environment(), stdout=subprocess.PIPE, text=True).stdout


def write() -> None:
    """Resolve everything together once, so that all locks agree, then each purpose within that."""
    uv = uv_program()
    every = sorted({group for groups in PURPOSES.values() for group in groups})
    with tempfile.TemporaryDirectory() as folder:
        constraint = Path(folder) / "all.txt"
        constraint.write_text(resolve(uv, every, None), encoding="utf-8")
        texts = {purpose: resolve(uv, groups, constraint) for purpose, groups in PURPOSES.items()}
    FOLDER.mkdir(exist_ok=True)
    for purpose, text in texts.items():
        (FOLDER / f"{purpose}.txt").write_text(header(purpose) + text, encoding="utf-8")


def main() -> int:
    """Write, or with --check compare. Exit status."""
    parser = argparse.ArgumentParser(description="Lock the dependencies with hashes.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a lock is stale")
    if not parser.parse_args().check:
        write()
    found = problems()
    for problem in found:
        print(f"requirements/{problem}", file=sys.stderr)
    if found:
        print("run `make lock`", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
