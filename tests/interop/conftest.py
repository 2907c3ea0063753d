"""The programs of others: those in Go are built once for a run, those in Python have an environment of their own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.go_programs import built
from tests.interop.asking import Program
from tests.interop.peers import NAMES

PEERS = Path(__file__).with_name("peers.py")
ENVIRONMENT = Path(__file__).parents[2] / "build" / "peers"
HOW = "python3.12 -m venv build/peers && build/peers/bin/pip install --require-hashes -r requirements/interop.txt"


@pytest.fixture(scope="session")
def go_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("go")


@pytest.fixture(scope="session")
def tile_reader(go_directory: Path) -> Path:
    """`read_tiles.go`, built."""
    return built("read_tiles", go_directory)


@pytest.fixture(scope="session")
def sumdb(go_directory: Path) -> Iterator[Program]:
    """`sumdb.go`, built."""
    with closing(Program(built("sumdb", go_directory))) as program:
        yield program


@pytest.fixture(scope="session")
def installed_peers() -> Iterator[dict[str, Program]]:
    """The programs in Python that `peers.py` asks, by name, each with the first environment that has it."""
    found: dict[str, Program] = {}
    with ExitStack() as stack:
        for python in (ENVIRONMENT / "bin" / "python", Path(sys.executable)):
            if python.exists():
                program = stack.enter_context(closing(Program(python, PEERS)))
                versions = program.ask({"peer": name, "do": "version"} for name in NAMES)
                has = [name for name, answer in zip(NAMES, versions, strict=True) if "version" in answer]
                found = dict.fromkeys(has, program) | found
        yield found


@pytest.fixture
def peer(request: pytest.FixtureRequest, installed_peers: dict[str, Program]) -> Program:
    """The peer that the test is parametrized with. Its tests skip where it isn't installed."""
    if request.param not in installed_peers:
        pytest.skip(f"{request.param} isn't installed: {HOW}")
    return installed_peers[request.param]
