"""Key files for tests: a derivation that costs nothing, and contents that `create` would not write."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from chainlog.record import keys
from chainlog.record.keyfile_format import CONTEXT, KDF, Kdf, KeyFile, format_key_file
from chainlog.record.keys import SecretKey

MIB = 1_048_576
SECRET = SecretKey(bytes(range(32)))
PASSPHRASE = "口令 correct horse"


def cheap_key(passphrase: bytes, *, salt: bytes, passes: int, memory_bytes: int) -> bytes:
    """Stands for Argon2id: depends on every argument, and takes a microsecond."""
    return hashlib.sha256(repr((passphrase, salt, passes, memory_bytes)).encode()).digest()


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "passphrase_key", cheap_key)


def key_file(*, passphrase: str = PASSPHRASE, seed: bytes | None = None, **changes: Any) -> KeyFile:
    """
    A key file under `cheap_key`, rightly encrypted whatever *changes* say: kdf fields by their names, others as
    in `KeyFile`.
    """
    kdf = Kdf(KDF, 2, 64 * MIB, bytes(16))
    kdf = kdf._replace(**{name: changes.pop(name) for name in list(changes) if name in Kdf._fields})
    file = KeyFile(CONTEXT, "sign", 1, SECRET.public_key, "p/0012", kdf, bytes(24), b"")._replace(**changes)
    if file.ciphertext:
        return file
    key = cheap_key(passphrase.encode(), salt=kdf.salt, passes=kdf.passes, memory_bytes=kdf.memory_bytes)
    data = SECRET.reveal_seed() if seed is None else seed
    nonce = file.nonce if len(file.nonce) == 24 else bytes(24)
    return file._replace(ciphertext=keys.aead_encrypt(key=key, nonce=nonce, data=data, ad=file.associated_data()))


def store(path: Path, file: KeyFile | bytes) -> Path:
    """Write a key file, or any bytes, with mode 0600."""
    path.write_bytes(file if isinstance(file, bytes) else format_key_file(file))
    path.chmod(0o600)
    return path
