"""A log long enough for tiles above the lowest level, through the front door of both verifiers. Deep profile: a minute or two."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from pathlib import Path

import lmdb
import pytest

from chainlog.forensics.audit import audit
from chainlog.log.handle import propose
from chainlog.store.lmdb_store import LmdbStore
from tests.builders import signer, small_log
from tests.profile import DEEP

pytestmark = pytest.mark.skipif(not DEEP, reason="a minute or two: HYPOTHESIS_PROFILE=deep")

_ROOT = Path(__file__).resolve().parents[2]
_SIZE, _BLOCK = 65_536 + 300, 4_000
_UPPER = struct.pack(">BQ", 1, 0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("long") / "log"
    log = small_log(store=LmdbStore.create(path))
    handle = log.handle
    while handle.reader.size < _SIZE:
        handle.append_many(
            [
                propose(
                    handle.prepare(
                        "accessed.entered", body={}, people={"operator": "p/C"}, subjects=[f"w/{number % 7}"]
                    ),
                    {"p/C": signer("p/C")},
                )
                for number in range(min(_BLOCK, _SIZE - handle.reader.size))
            ]
        )
    handle.checkpoint()
    log.store.close()
    return path, handle.id


def _second_verifier(path: Path, log_id: bytes) -> int:
    command = [sys.executable, "tools/verify_log.py", str(path), "--log-id", log_id.hex()]
    return subprocess.run(command, cwd=_ROOT, check=False, capture_output=True).returncode


def test_a_long_log_is_intact(made: tuple[Path, bytes]) -> None:
    path, log_id = made
    report = audit(path, log_id=log_id)
    assert (report.integrity, report.size, report.findings) == ("intact", _SIZE, ())
    assert _second_verifier(path, log_id) == 0


@pytest.mark.parametrize("change", ["altered", "removed"])
def test_a_tile_above_the_lowest_is_looked_at(made: tuple[Path, bytes], tmp_path: Path, change: str) -> None:
    path, log_id = made
    copy = tmp_path / "log"
    shutil.copytree(path, copy)
    with lmdb.open(str(copy / "truth"), max_dbs=64, map_size=1 << 30, lib_version=0) as engine:
        tiles = engine.open_db(b"tiles", create=False)
        with engine.begin(write=True, db=tiles) as transaction:
            tile = transaction.get(_UPPER)
            assert tile is not None
            if change == "removed":
                assert transaction.delete(_UPPER)
            else:
                assert transaction.put(_UPPER, tile[:-1] + bytes([tile[-1] ^ 1]))
    report = audit(copy, log_id=log_id)
    assert [(finding.code, finding.subject) for finding in report.findings] == [("index-mismatch", "tiles/1/0")]
    assert _second_verifier(copy, log_id) == 1
