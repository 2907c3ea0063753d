"""What a log lies on and is opened by: disks of other machines, rights, other releases, an engine that declines."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chainlog.facade import Log
from chainlog.store import files
from chainlog.store.lmdb_store import LmdbStore
from tests.attacks import disk
from tests.attacks.answers import (
    SURVIVED,
    Answer,
    attack,
    found,
    is_found,
    is_refused,
    refused,
    same,
    survived,
)
from tests.attacks.disk import RECORDS, append_one, data_of, kept, rows_of
from tests.attacks.running import (
    appended,
    bytes_of,
    joined,
    visit,
    visited,
    whole,
)
from tests.processes import in_child

CARRIER = "c/7"
NOT_LOCAL = (
    ("nfs4", ""), ("nfs", ""), ("cifs", ""), ("smb3", ""), ("9p", ""), ("virtiofs", ""), ("ceph", ""), ("fuse", ""), ("fuseblk", ""),
    ("fuse.sshfs", ""), ("overlay", ",volatile"), ("overlay", ",fsync=volatile"),
)  # fmt: skip
"""Kinds of mounts, and what is added to their options."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The directory of the kept log."""
    return disk.lay(tmp_path / "log", kept().newest.data)


@attack(
    "PC18", "The log lies on a disk of another machine, or on a layer that drops syncs", "A", is_refused("network-file-system"), SURVIVED,
    note="No option overrides it; reading works, and so does writing on an overlay that keeps its syncs",
)  # fmt: skip
def test_a_disk_of_another_machine(log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    read = files.Path.read_text
    table = ["", ""]

    def another(path: Path, *arguments: Any, **options: Any) -> str:
        # All mounts of this machine, as if they were of that kind.
        text = read(path, *arguments, **options)
        if path.name != "mountinfo":
            return text
        kind, option = table
        return "".join(re.sub(r" - \S+ ", f" - {kind} ", line) + f"{option}\n" for line in text.splitlines())

    monkeypatch.setattr(files.Path, "read_text", another)

    def refusals() -> Iterator[Answer]:
        for table[:] in NOT_LOCAL:
            yield refused(lambda: joined(log), state=bytes_of(log))
            yield refused(lambda: LmdbStore.create(tmp_path / "new"), state=lambda: list(tmp_path.rglob("data.mdb")))
            with Log.open(log, read_only=True) as opened:
                assert opened.reader.size == RECORDS

    yield same(list(refusals()))
    table[:] = ("overlay", "")
    with joined(log) as running:
        rows = [appended(running, visited(running))]
    yield whole(log, rows)


@attack(
    "PC19", "The right to write is taken away while the log is open", "A", SURVIVED, is_refused("store"),
    note="Who has the log open goes on, and who reads it; who opens it for writing, or seals the first text, is refused",
)  # fmt: skip
def test_the_right_to_write_is_taken_away() -> Iterator[Answer]:
    with tempfile.TemporaryDirectory() as directory:
        log = disk.lay(Path(directory) / "log", kept().newest.data)

        def act() -> tuple[list[bytes], list[Answer]]:
            with joined(log) as running:
                acknowledged = [append_one(running)]
                for path in [*log.rglob("*"), log]:
                    path.chmod(0o500 if path.is_dir() else 0o400)
                acknowledged.append(append_one(running))
                answers = [refused(lambda: running.seals)]
                # What can't be kept is folded in memory.
                assert running.custody.carrier(CARRIER) is not None
                assert running.reader.read(3).record_hash == kept().hashes[3]
            answers.append(refused(lambda: joined(log), state=bytes_of(log)))
            with Log.open(log, read_only=True) as opened:
                assert opened.reader.size == RECORDS + 2
                assert opened.custody.carrier(CARRIER) is not None
            return acknowledged, answers

        acknowledged, answers = in_child(lambda: _as_nobody(Path(directory), act))
        yield survived(log, [*kept().hashes, *acknowledged], log_id=kept().log_id)
        yield same(answers)
        for path in [log, log / "truth"]:
            path.chmod(0o700)


def _as_nobody(directory: Path, act: Callable[[], Any]) -> Any:
    """Do it without the rights of the superuser, for whom no permission counts. In a child: there is no way back."""
    if os.geteuid() == 0:
        for path in [directory, *directory.rglob("*")]:
            os.chown(path, 65_534, 65_534)
        os.setgroups([])
        os.setgid(65_534)
        os.setuid(65_534)
    return act()


@attack(
    "PC20", "A newer release converts the log, in place or into a new file, while an older one has it open", "A",
    is_refused("not-a-log"), is_refused("file-replaced"), note="The version of the tables is compared in every commit; an engine of another version refuses the file",
)  # fmt: skip
def test_an_upgrade_while_an_old_release_runs(log: Path, tmp_path: Path) -> Iterator[Answer]:
    def elsewhere(code: str) -> int:
        code = f"import lmdb, sys\nengine = lmdb.open(sys.argv[1], max_dbs=9, map_size=2**30, {code}"
        return subprocess.run([sys.executable, "-c", code, log / "truth"], capture_output=True, check=False).returncode

    with joined(log) as running:
        acknowledged = [append_one(running)]
        before = data_of(log).read_bytes()
        assert elsewhere("lib_version=1)") != 0
        assert data_of(log).read_bytes() == before
        change = (
            "lib_version=0)\nwith engine.begin(write=True) as t: t.put(b'format', b'%s', db=engine.open_db(b'meta', t))"
        )
        assert elsewhere(change % "2") == 0
        old = [refused(lambda: running.append(visit(running)), state=bytes_of(log)) for _ in range(2)]
        old += [refused(lambda: joined(log)), in_child(lambda: refused(lambda: joined(log), state=bytes_of(log)))]
        yield same(old)
        assert running.reader.size == RECORDS + 1
        assert elsewhere(change % "1") == 0
        acknowledged.append(append_one(running))
        running.backup(tmp_path / "converted")
        shutil.move(data_of(tmp_path / "converted"), data_of(log))
        yield refused(lambda: append_one(running), state=bytes_of(log))
    survived(log, [*kept().hashes, *acknowledged], log_id=kept().log_id)


@attack(
    "PC21", "The engine stores nothing and says so, since a record stands beyond the end that the log states", "A",
    is_refused("engine"), is_found("malformed"), note="What it says is counted; nothing of the commit is written",
)  # fmt: skip
def test_an_append_that_the_engine_declines(log: Path) -> Iterator[Answer]:
    with rows_of(log) as rows:
        rows.put("records", RECORDS.to_bytes(8, "big"), b"stray")
    with joined(log) as running:
        yield same([refused(lambda: running.append(visit(running)), state=bytes_of(log)) for _ in range(2)])
        assert running.reader.size == RECORDS
    yield found(log, "malformed", index=RECORDS, log_id=kept().log_id)
