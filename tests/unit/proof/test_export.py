from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from chainlog.errors import CheckpointError, ConflictError, ExportError, ProofError, StoreError
from chainlog.limits import HASH_BYTES
from chainlog.proof import export_directory
from chainlog.proof.export import export_tiles
from chainlog.proof.export_directory import opened_directory, read_file
from tests.exports import ORIGIN, ListSource
from tests.signers import signer
from tests.tlog_client import Client

ROWS = [i.to_bytes(3, "big") * (i % 5) for i in range(66_000)]
KEY = signer("log").public_key


class Files:
    """A target in memory. limit: so many files can be put before the disk is full."""

    name = "files"

    def __init__(self, limit: int = 1_000_000) -> None:
        self.files: dict[str, bytes] = {}
        self.limit = limit
        self.put: list[str] = []

    def read_checkpoint(self):
        data = self.files.get("checkpoint")
        return None if data is None else (data, None)

    def put_new(self, path: str, data: bytes) -> None:
        if len(self.put) >= self.limit:
            raise StoreError("full")
        if self.files.setdefault(path, data) != data:
            raise ExportError("differs", path=path)
        self.put.append(path)

    def settle(self) -> None:
        pass

    def remove_partials(self, path: str) -> None:
        for found in [name for name in self.files if name.startswith(f"{path}.p/")]:
            del self.files[found]

    def put_checkpoint(self, note: bytes, *, standing) -> None:
        if self.read_checkpoint() != standing:
            raise ConflictError("changed")
        self.files["checkpoint"] = note
        self.put.append("checkpoint")


def client(files: Files) -> Client:
    return Client(files.files.get, origin=ORIGIN, public_key=KEY)


def exported(size: int) -> Files:
    target = Files()
    export_tiles(ListSource(ROWS[:size]), target)
    return target


def paths_for(size: int) -> set[str]:
    """What tlog-tiles says that a tree of *size* leaves has, for sizes below 256 * 1000."""
    paths = {"checkpoint"}
    for directory, count in (("entries", size), *((str(level), size >> 8 * level) for level in range(3))):
        paths |= {f"tile/{directory}/{number:03}" for number in range(count // 256)}
        if count % 256:
            paths.add(f"tile/{directory}/{count // 256:03}.p/{count % 256}")
    return paths


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 66_000])
def test_any_client_reads_it(size):
    target = exported(size)
    assert set(target.files) == paths_for(size)
    assert target.put[-1] == "checkpoint"
    reader = client(target)
    assert reader.size == size
    for index in {0, size - 1, *random.Random(size).choices(range(size), k=12)}:
        assert reader.prove(index) == ROWS[index]


def test_in_steps_it_becomes_the_same_but_for_older_partial_tiles():
    target = Files()
    for size in (1, 3, 200, 255, 256, 300, 511, 600, 1_100):
        before = len(target.put)
        done = export_tiles(ListSource(ROWS[:size]), target)
        assert (done.size, done.files) == (size, len(target.put) - before)
        assert client(target).prove(size - 1) == ROWS[size - 1]
    assert exported(1_100).files.items() <= target.files.items()
    # Partial tiles are gone once the full one is there; those of the last one, of older sizes, may be in use.
    assert {path for path in target.files if ".p/" in path} == {
        "tile/0/004.p/76", "tile/entries/004.p/76",
        "tile/1/000.p/1", "tile/1/000.p/2", "tile/1/000.p/4",
    }  # fmt: skip


def test_only_what_is_new_is_written():
    target = exported(1_000)
    target.put.clear()
    done = export_tiles(ListSource(ROWS[:1_030]), target)
    assert sorted(target.put) == [
        "checkpoint", "tile/0/003", "tile/0/004.p/6", "tile/1/000.p/4", "tile/entries/003", "tile/entries/004.p/6",
    ]  # fmt: skip
    assert (done.before, done.size) == (1_000, 1_030)
    target.put.clear()
    assert export_tiles(ListSource(ROWS[:1_030]), target).files == 0
    assert target.put == []


def test_another_log_is_refused():
    target = exported(300)
    with pytest.raises(ExportError, match=r"draft\.tree/abab"):
        export_tiles(ListSource(ROWS[:301], origin=f"draft.tree/{'cd' * 32}"), target)
    target.files["checkpoint"] = b"nothing\n"
    with pytest.raises(ExportError):
        export_tiles(ListSource(ROWS[:301]), target)


def test_a_target_that_is_ahead_or_forked_is_refused_and_both_sizes_are_named():
    target = exported(300)
    before = dict(target.files)
    with pytest.raises(CheckpointError, match="300 records, the log 299"):
        export_tiles(ListSource(ROWS[:299]), target)
    for place in (0, 100, 299):
        other = ROWS[:400]
        other[place] = b"other"
        for size in (300, 301, 400):
            with pytest.raises(CheckpointError, match=f"first 300 of the log's {size}"):
                export_tiles(ListSource(other[:size]), target)
    assert target.files == before


def test_a_file_that_was_changed_is_not_written_over():
    target = Files()
    target.files["tile/entries/000.p/7"] = b"something"
    with pytest.raises(ExportError):
        export_tiles(ListSource(ROWS[:7]), target)
    assert "checkpoint" not in target.files


def test_an_export_that_broke_off_is_taken_up_again():
    whole = exported(600)
    for limit in range(len(whole.put)):
        target = Files(limit)
        target.files.update(exported(300).files)
        try:
            export_tiles(ListSource(ROWS[:600]), target)
        except StoreError:
            assert client(target).prove(299) == ROWS[299]
        target.limit = 1_000_000
        export_tiles(ListSource(ROWS[:600]), target)
        assert target.files.items() >= whole.files.items()
        assert client(target).prove(599) == ROWS[599]


def test_nothing_is_written_where_records_and_head_differ():
    class Lying(ListSource):
        def records(self, start, stop):
            rows = super().records(start, stop)
            return [b"lie", *rows[1:]] if start == 256 else rows

    class Short(ListSource):
        def records(self, start, stop):
            return super().records(start, stop)[:-1]

    for kind in (Lying, Short):
        target = Files()
        with pytest.raises(ProofError):
            export_tiles(kind(ROWS[:600]), target)
        assert target.files == {}
    other = ListSource(ROWS[:5], note=ListSource(ROWS[:6]).checkpoint)
    with pytest.raises(CheckpointError):
        export_tiles(other, Files())


# --- a directory -------------------------------------------------------------------------------


def put(directory: Path, rows: list[bytes]) -> None:
    with opened_directory(directory) as target:
        export_tiles(ListSource(rows), target)


def tree_of(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


def test_a_directory(tmp_path):
    top = tmp_path / "a" / "b"
    for size in (5, 256, 700):
        put(top, ROWS[:size])
        files = tree_of(top)
        assert files.items() >= exported(size).files.items()
        reader = Client(files.get, origin=ORIGIN, public_key=KEY)
        assert [reader.prove(index) for index in (0, size // 2, size - 1)] == [ROWS[0], ROWS[size // 2], ROWS[size - 1]]
    assert not (top / "tile/0/000.p").exists()
    assert {oct(p.stat().st_mode & 0o777) for p in top.rglob("*")} == {"0o600", "0o700"}


def test_a_directory_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(ExportError), opened_directory(tmp_path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]
    file = tmp_path / "letter.txt"
    with pytest.raises(ExportError), opened_directory(file):
        pass
    for path in ("checkpoint", "tile/entries/000.p/3"):
        place = tmp_path / "link" / path
        place.parent.mkdir(parents=True)
        place.symlink_to(file)
        with pytest.raises(ExportError):
            put(tmp_path / "link", ROWS[:3])
        place.unlink()
    assert file.read_text() == "x"


def test_one_export_at_a_time_and_what_was_left_is_cleared_away(tmp_path):
    put(tmp_path, ROWS[:3])
    (tmp_path / ".chainlog-0123.tmp").write_bytes(b"half")
    with opened_directory(tmp_path):
        assert not (tmp_path / ".chainlog-0123.tmp").exists()
        with pytest.raises(ConflictError), opened_directory(tmp_path):
            pass
    with opened_directory(tmp_path) as target:
        standing = target.read_checkpoint()
        (tmp_path / "checkpoint").write_bytes(b"another")
        with pytest.raises(ConflictError):
            target.put_checkpoint(b"new", standing=standing)


def test_files_that_were_changed(tmp_path):
    put(tmp_path, ROWS[:300])
    (tmp_path / "checkpoint").unlink()
    put(tmp_path, ROWS[:300])
    (tmp_path / "checkpoint").unlink()
    tile = tmp_path / "tile/0/000"
    tile.write_bytes(hashlib.sha256(b"").digest() * 256)
    with pytest.raises(ExportError, match="tile/0/000"):
        put(tmp_path, ROWS[:300])
    tile.write_bytes(bytes(256 * HASH_BYTES + 1))
    with pytest.raises(ExportError, match="tile/0/000"):
        put(tmp_path, ROWS[:300])


def test_a_file_is_read_up_to_its_limit(tmp_path):
    place = tmp_path / "x"
    assert read_file(place, limit=3) is None
    place.write_bytes(b"abc")
    assert read_file(place, limit=3) == b"abc"
    place.write_bytes(b"abcd")
    with pytest.raises(ExportError, match="more than 3 bytes"):
        read_file(place, limit=3)


def test_names_are_durable_before_the_checkpoint_that_promises_them(tmp_path, monkeypatch):
    synced, put_checkpoint = [], export_directory.DirectoryTarget.put_checkpoint

    def sync(path):
        synced.append(str(path.relative_to(tmp_path)))

    def promised(self, note, **rest):
        before.extend(synced)
        put_checkpoint(self, note, **rest)

    monkeypatch.setattr(export_directory, "sync", sync)
    monkeypatch.setattr(export_directory.DirectoryTarget, "put_checkpoint", promised)
    for size, wanted in (
        (3, [".", "tile", "tile/0", "tile/0/000.p", "tile/entries", "tile/entries/000.p"]),
        (5, ["tile/0/000.p", "tile/entries/000.p"]),
    ):
        before: list[str] = []
        synced.clear()
        put(tmp_path, ROWS[:size])
        assert sorted(before) == wanted
        # The checkpoint's own name, last.
        assert synced == [*before, "."]
