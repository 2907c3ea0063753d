"""Custody of a log whose `derived/` can't be written: answered from memory, whatever the system says is in the way."""

from __future__ import annotations

import errno
import os
import re
import resource
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from chainlog.errors import ConflictError, NotALogError, StoreError
from chainlog.projection.completeness import CompletenessMap
from chainlog.projection.standard import standard_projections
from chainlog.store.files import wrap_os_error
from chainlog.store.lmdb_kv import LmdbKeyValue
from chainlog.store.memory_kv import MemoryKeyValue
from chainlog.store.spare_kv import SpareKeyValue, open_or_spare
from tests.unit.projection.test_on_disk import dump, told
from tests.unit.test_facade import act, created

IN_THE_WAY = [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM]
ROOM = 3_000  # bytes that any file may have


def failure(number: int) -> StoreError:
    try:
        try:
            raise OSError(number, os.strerror(number))
        except OSError as error:
            raise wrap_os_error(error, Path("derived")) from error
    except StoreError as error:
        return error


class Failing(MemoryKeyValue):
    """Takes so many writes, and fails from then on as its transaction ends."""

    def __init__(self, error: StoreError, *, writes: int) -> None:
        super().__init__()
        self.error, self.writes = error, writes

    @contextmanager
    def write(self, *, timeout_s: float = 30.0):
        self.writes -= 1
        with super().write(timeout_s=timeout_s) as transaction:
            yield transaction
            if self.writes < 0:
                raise self.error


class NotMemory:
    """A store that the wrapper doesn't take for memory."""

    def __init__(self, kv: Failing) -> None:
        self.read, self.write, self.close, self.read_only = kv.read, kv.write, kv.close, False


@pytest.mark.parametrize("number", IN_THE_WAY)
@pytest.mark.parametrize("writes", [0, 1, 2])
def test_what_cant_be_written_is_folded_in_memory(number, writes):
    story, lost = told(), []
    memory = standard_projections(story.reader)
    memory.catch_up_all()
    kv = SpareKeyValue(NotMemory(Failing(failure(number), writes=writes)), lost.append)
    projections = standard_projections(story.reader, kv)
    projections.catch_up_all()
    projections.catch_up_all()
    assert dump(projections.kv) == dump(memory.kv)
    assert [type(error) for error in lost] == [type(failure(number))]


def test_a_disk_that_fails_is_told():
    kv = SpareKeyValue(NotMemory(Failing(failure(errno.EIO), writes=0)), pytest.fail)
    with pytest.raises(StoreError):
        standard_projections(told().reader, kv).catch_up_all()
    with pytest.raises(StoreError):
        open_or_spare(lambda: throw(failure(errno.EIO)), MemoryKeyValue, pytest.fail)


def throw(error: Exception):
    raise error


@pytest.mark.parametrize("number", IN_THE_WAY)
def test_what_cant_be_opened_is_folded_in_memory(number):
    lost = []
    assert isinstance(open_or_spare(lambda: throw(failure(number)), MemoryKeyValue, lost.append), MemoryKeyValue)
    damaged = NotALogError(path="derived", detail="cut off")
    kv = open_or_spare(lambda: throw(damaged), lambda: throw(failure(number)), lost.append)
    assert isinstance(kv, MemoryKeyValue)
    assert len(lost) == 2


def test_the_map_is_made_in_memory_too():
    story = told()
    kv = SpareKeyValue(NotMemory(Failing(failure(errno.ENOSPC), writes=0)), lambda _: None)
    maps = [CompletenessMap(story.reader, one, log_id=b"\1" * 32) for one in (MemoryKeyValue(), kv)]
    roots = []
    for one in maps:
        with one.at(story.reader.size) as found:
            roots.append(found.root)
    assert roots[0] == roots[1]


def test_a_transaction_is_never_half_in_memory():
    kv = SpareKeyValue(NotMemory(Failing(failure(errno.ENOSPC), writes=0)), lambda _: None)
    with pytest.raises(ConflictError), kv.write() as transaction:
        transaction.table("a").put(b"k", b"v")
    with kv.read() as transaction:
        assert transaction.table("a").get(b"k") is None
    with kv.write() as transaction:
        transaction.table("a").put(b"k", b"v")
    with kv.read() as transaction:
        assert transaction.table("a").get(b"k") == b"v"


def said_without_room(log: Path, *arguments: str, room: int = ROOM) -> tuple[int, str, str]:
    """Exit status and output of a command whose process may not make a file of more than *room* bytes."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    main = "from chainlog.cli.main import main; main()"
    command = [sys.executable, "-c", main, arguments[0], str(log), *arguments[1:]]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, preexec_fn=limit, capture_output=True, text=True, env=environment, check=False)
    return done.returncode, re.sub('"as_of":"[^"]*"', "", done.stdout), done.stderr


@pytest.mark.parametrize("state", ["none", "behind", "no lock file"])
def test_reading_commands_need_no_room(tmp_path, state):
    path = tmp_path / "log"
    with created(path) as log:
        if state == "behind":
            log.projections.catch_up_all()
        act(log)
    if state == "no lock file":
        (path / "truth" / "lock.mdb").unlink()
    if state != "behind":
        with pytest.raises(NotALogError):
            LmdbKeyValue.open(path / "derived", read_only=True)
    asked = (["custody", "--json"], ["findings", "--json"], ["show", "0", "--json"])
    said = [said_without_room(path, *arguments) for arguments in asked]
    assert not list(path.glob(".derived*"))
    assert said == [said_without_room(path, *arguments, room=2**30) for arguments in asked]
    assert [status for status, _, _ in said] == [0, 0, 0]
