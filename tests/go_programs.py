"""Programs in Go for tests against the Go project's own implementations, golang.org/x/mod/sumdb."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent / "interop"
PACKAGES = "golang-go golang-golang-x-mod-dev"
"""Debian's packages of the compiler and of the library, for offline builds."""


def built(name: str, directory: Path) -> Path:
    """The program of `interop/<name>.go`, built in *directory*; skips the test where Go or the library isn't installed."""
    go = shutil.which("go")
    environment = {
        "GOPATH": "/usr/share/gocode",
        **os.environ,
        "GO111MODULE": "off",
        "GOCACHE": str(directory / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    library = Path(environment["GOPATH"]) / "src/golang.org/x/mod/sumdb/tlog"
    if go is None or not library.is_dir():
        pytest.skip(f"the peer in Go can't be built: apt-get install {PACKAGES}")
    program = directory / name
    command = [go, "build", "-o", str(program), str(SOURCES / f"{name}.go")]
    done = subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return program
