from __future__ import annotations

import stat
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from chainlog.errors import KeyFileError, LooseKeyFileError, WrongPassphraseError
from chainlog.record import keyfile
from chainlog.record.keyfile_format import parse_key_file
from chainlog.record.keys import ReaderKey
from tests.key_files import MIB, PASSPHRASE, SECRET, cheap, key_file, store

__all__ = ["cheap"]

pytestmark = pytest.mark.usefixtures("cheap")

READER = ReaderKey(bytes(range(32)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.key"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("caf\u00e9", "cafe\u0301"),
        ("\uff50\uff41\uff53\uff53\uff11", "pass1"),
        ("\uf900", "\u8c48"),
        ("\u3000口令", " 口令"),
        ("\uac00", "\u1100\u1161"),
    ],
)
def test_keyboards_may_differ(path: Path, first: str, second: str):
    assert first != second
    keyfile.create(path, secret=SECRET, passphrase=first, purpose="sign")
    assert keyfile.load(path, passphrase=second) == SECRET
    for other in (first + " ", first.upper() + "x", unicodedata.normalize("NFD", first) + "x"):
        with pytest.raises(WrongPassphraseError):
            keyfile.load(path, passphrase=other)


@pytest.mark.parametrize(
    "passphrase",
    ["", " ", "\u3000", "\u00a0", "pass\n", "\0", "a\u200bb", "\ud800", "\U000e0001x", "x" * 1025, "字" * 342],
)
def test_what_is_no_passphrase(path: Path, passphrase: str):
    for attempt in (
        lambda: keyfile.create(path, secret=SECRET, passphrase=passphrase, purpose="sign"),
        lambda: keyfile.load(store(path, key_file()), passphrase=passphrase),
        lambda: keyfile.change_passphrase(path, old=PASSPHRASE, new=passphrase),
    ):
        with pytest.raises(KeyFileError) as caught:
            attempt()
        assert not isinstance(caught.value, WrongPassphraseError)
    assert keyfile.load(path, passphrase=PASSPHRASE) == SECRET


def test_the_longest_passphrase(path: Path):
    keyfile.create(path, secret=SECRET, passphrase="x" * 1024, purpose="sign")
    assert keyfile.load(path, passphrase="x" * 1024) == SECRET
    with pytest.raises(WrongPassphraseError):
        keyfile.load(path, passphrase="x" * 1023)


@pytest.mark.parametrize(("purpose", "secret"), [("sign", SECRET), ("log", SECRET), ("read", READER)])
def test_changing_it(path: Path, purpose: Any, secret: Any):
    keyfile.create(path, secret=secret, passphrase="old", purpose=purpose, label="l", cost="interactive")
    before = parse_key_file(path.read_bytes(), name="k")
    keyfile.change_passphrase(path, old="old", new="new", cost="sensitive")
    after = parse_key_file(path.read_bytes(), name="k")
    assert before.info() == after.info()
    assert before.kdf.salt != after.kdf.salt
    assert before.nonce != after.nonce
    assert after.kdf.memory_bytes == 1_024 * MIB
    load = keyfile.load_reader if purpose == "read" else keyfile.load
    assert load(path, passphrase="new") == secret
    with pytest.raises(WrongPassphraseError):
        load(path, passphrase="old")
    assert [entry.name for entry in path.parent.iterdir()] == ["a.key"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_old_one_is_needed_to_change_it(path: Path):
    store(path, key_file())
    before = path.read_bytes()
    with pytest.raises(WrongPassphraseError):
        keyfile.change_passphrase(path, old="guess", new="new")
    assert path.read_bytes() == before


def test_changing_it_restores_the_mode(path: Path):
    store(path, key_file())
    path.chmod(0o644)
    with pytest.raises(LooseKeyFileError):
        keyfile.change_passphrase(path, old=PASSPHRASE, new="new")
    keyfile.change_passphrase(path, old=PASSPHRASE, new="new", allow_loose_permissions=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
