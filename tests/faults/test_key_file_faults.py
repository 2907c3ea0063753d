"""Every system call of writing a key file fails once before and once after its effect, or the process dies there.

The judge: no half-written file under the name, no file lost or overwritten, nothing left over by an error.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chainlog.errors import StoreError, WrongPassphraseError
from chainlog.record import keyfile
from tests.key_files import PASSPHRASE, SECRET, cheap, key_file, store

__all__ = ["cheap"]

pytestmark = pytest.mark.usefixtures("cheap")

CALLS = ("open", "fchmod", "fsync", "link", "replace")


@contextmanager
def faults(monkeypatch: pytest.MonkeyPatch, at: int, act: Callable[[], None], *, landed: bool) -> Iterator[list[str]]:
    """Call *act* at the call numbered *at*, after it if *landed*; the list holds the calls that were made."""
    made: list[str] = []

    def wrap(name: str) -> Callable[..., Any]:
        original = getattr(os, name)

        def call(*args: Any, **rest: Any) -> Any:
            made.append(name)
            if len(made) - 1 != at:
                return original(*args, **rest)
            if landed:
                result = original(*args, **rest)
                if name == "open":
                    os.close(result)
            act()
            raise AssertionError

        return call

    with monkeypatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, wrap(name))
        yield made


def fail() -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def die() -> None:
    os._exit(77)


def create(path: Path) -> None:
    keyfile.create(path, secret=SECRET, passphrase=PASSPHRASE, purpose="sign")


def change(path: Path) -> None:
    keyfile.change_passphrase(path, old=PASSPHRASE, new="new")


def opens(path: Path, passphrase: str) -> bool:
    try:
        return keyfile.load(path, passphrase=passphrase) == SECRET
    except WrongPassphraseError:
        return False


# open, fchmod, fsync, link or replace, open and fsync of the directory; a change reads the file first.
STEPS = {create: 6, change: 7}


@pytest.mark.parametrize("act", [create, change])
def test_without_a_fault_all_calls_are_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act):
    path = tmp_path / "a.key"
    if act is change:
        store(path, key_file())
    with faults(monkeypatch, -1, fail, landed=False) as made:
        act(path)
    last = ["link"] if act is create else ["replace"]
    assert made == ["open"] * (act is change) + ["open", "fchmod", "fsync", *last, "open", "fsync"]
    assert len(made) == STEPS[act]
    assert opens(path, PASSPHRASE if act is create else "new")


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("at", range(6))
def test_a_failed_creation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, landed: bool):
    path = tmp_path / "a.key"
    with faults(monkeypatch, at, fail, landed=landed) as made, pytest.raises(StoreError):
        create(path)
    assert len(made) == at + 1
    there = at > 3 or (at == 3 and landed)
    # Only the descriptor was lost after opening: nobody knows the file, so it may stay, empty.
    left = [] if not (at == 0 and landed) else [0]
    assert [entry.stat().st_size for entry in tmp_path.iterdir() if entry != path] == left
    assert path.exists() is there
    if there:
        assert opens(path, PASSPHRASE)
    else:
        create(path)


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("at", range(7))
def test_a_failed_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, landed: bool):
    path = store(tmp_path / "a.key", key_file())
    with faults(monkeypatch, at, fail, landed=landed), pytest.raises(StoreError):
        change(path)
    changed = at > 4 or (at == 4 and landed)
    assert opens(path, "new") is changed
    assert opens(path, PASSPHRASE) is not changed
    left = [] if not (at == 1 and landed) else [0]
    assert [entry.stat().st_size for entry in tmp_path.iterdir() if entry != path] == left


def killed(act: Callable[[Path], None], path: Path, monkeypatch: pytest.MonkeyPatch, at: int, *, landed: bool) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            with faults(monkeypatch, at, die, landed=landed):
                act(path)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("act", [create, change])
def test_a_killed_process_leaves_the_old_file_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act, landed: bool
):
    for at in range(STEPS[act]):
        place = tmp_path / str(at)
        place.mkdir()
        path = place / "a.key"
        if act is change:
            store(path, key_file())
        assert killed(act, path, monkeypatch, at, landed=landed) == 77
        if act is change:
            assert opens(path, PASSPHRASE) is not opens(path, "new")
        elif path.exists():
            assert opens(path, PASSPHRASE)
        else:
            create(path)
        for entry in place.iterdir():
            assert stat.S_IMODE(entry.stat().st_mode) & 0o077 == 0
            assert entry == path or entry.name.startswith(".chainlog-")
