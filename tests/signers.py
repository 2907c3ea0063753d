"""Signers with fixed keys, by name."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from chainlog.record.keys import SecretKey
from chainlog.record.signer import LocalSigner


@cache
def signer(name: str) -> LocalSigner:
    """The signer whose seed is the hash of its name: a person's subject, or `log`."""
    return LocalSigner(secret(name))


def secret(name: str) -> SecretKey:
    """The key itself."""
    return SecretKey.from_seed(sha256(name.encode()).digest())
