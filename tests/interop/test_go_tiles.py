"""An export is read by Go's sumdb: it opens the note, authenticates the tiles it reads, and proves entries by them."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from chainlog.digest import record_hash
from chainlog.forensics.exporting import export_log
from chainlog.proof.export import export_tiles
from chainlog.proof.export_directory import opened_directory
from chainlog.tree.note import ED25519, VerifierKey, format_vkey
from tests.builders import small_log
from tests.exports import ORIGIN, ListSource
from tests.signers import signer

ROWS = [i.to_bytes(3, "big") * (i % 5) for i in range(66_000)]


def vkey(origin: str, name: str = "log") -> str:
    return format_vkey(VerifierKey(origin, ED25519, signer(name).public_key))


def read(program: Path, directory: Path, key: str, indexes: list[int]) -> subprocess.CompletedProcess[str]:
    command = [str(program), str(directory), key, *map(str, indexes)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600, 65_536, 66_000])
def test_sizes(tile_reader, size, tmp_path):
    with opened_directory(tmp_path) as target:
        export_tiles(ListSource(ROWS[:size]), target)
    indexes = sorted({0, size - 1, *random.Random(size).choices(range(size), k=8)})
    done = read(tile_reader, tmp_path, vkey(ORIGIN), indexes)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "".join(f"{index} {record_hash(ROWS[index]).hex()}\n" for index in indexes)


def test_a_log_that_grew(tile_reader, tmp_path):
    log = small_log()
    for count in (0, 260):
        for number in range(count):
            log.enrol(f"p/{number}")
        size = export_log(log.handle, tmp_path).size
        done = read(tile_reader, tmp_path, vkey(log.handle.origin), list(range(size)))
        with log.store.snapshot() as snapshot:
            hashes = [record_hash(data) for _, data in snapshot.records(0, size)]
        assert done.stdout == "".join(f"{index} {hashed.hex()}\n" for index, hashed in enumerate(hashes)), done.stderr


def test_what_it_refuses(tile_reader, tmp_path):
    with opened_directory(tmp_path) as target:
        export_tiles(ListSource(ROWS[:600]), target)
    assert read(tile_reader, tmp_path, vkey(ORIGIN, "another"), [3]).returncode == 1
    tile = tmp_path / "tile/0/000"
    sound = tile.read_bytes()
    tile.write_bytes(bytes([sound[0] ^ 1]) + sound[1:])
    assert "invalid transparency proof" in read(tile_reader, tmp_path, vkey(ORIGIN), [3]).stderr
