"""The one door to libsodium: signatures, key pairs, encryption, key derivation. Format: schemas/FORMAT.md 2 and 8.

Verification is libsodium's: cofactorless, S below L, public key and R canonical and not of small order. OpenSSL
accepts more, and so would a libsodium built from its unreleased development branch, which multiplies by the
cofactor: tests pin the rule. Every exception of PyNaCl leaves here under a name of `chainlog.errors`.

No I/O but the system's random numbers. Known limit: Python can't wipe memory, so a secret stays in the process
until its memory is reused; and PyNaCl before 1.6.2 calls some points valid that lie outside the main subgroup.
"""

from __future__ import annotations

import secrets
from typing import Final, NoReturn, Self

from nacl import bindings
from nacl.exceptions import CryptoError

from chainlog.errors import SealError, SignatureError, StoreError, UsageError
from chainlog.limits import PUBLIC_KEY_BYTES, SIGNATURE_BYTES

SEED_BYTES: Final = bindings.crypto_sign_SEEDBYTES
SALT_BYTES: Final = bindings.crypto_pwhash_SALTBYTES
AEAD_KEY_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
AEAD_NONCE_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
AEAD_TAG_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES

_sign: Final = bindings.crypto_sign
_sign_open: Final = bindings.crypto_sign_open


def random_bytes(n: int) -> bytes:
    """*n* bytes from the system's generator, right after a fork too."""
    return secrets.token_bytes(n)


# --- signatures ---------------------------------------------------------------------------------


def verify(public_key: bytes, message: bytes, signature: bytes) -> None:
    """
    Check an Ed25519 signature; returning means that it is good.

    Args:
        public_key: 32 bytes. Whose it is, and whether it counts, is the caller's question.
        message: the signed bytes.
        signature: 64 bytes.

    Raises:
        SignatureError: it doesn't verify, or a length is wrong.

    Cost: about 1.4 µs beside libsodium's own check, one copy of the message.
    Source: libsodium, crypto_sign/ed25519/ref10/open.c (1.0.20). Vectors: tests/unit/record/test_ed25519_rule.py.
    """
    # crypto_sign_open reads 32 and 64 bytes wherever the pointers lead, so the lengths are checked first.
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        raise SignatureError("a public key has 32 bytes and a signature 64", public_key=public_key)
    try:
        _sign_open(signature + message, public_key)
    except CryptoError as error:
        raise SignatureError(public_key=public_key) from error


def check_public_key(public_key: bytes) -> None:
    """
    Refuse an Ed25519 key that may not be enrolled: only canonical points of the main subgroup pass.

    Raises:
        SignatureError: not 32 bytes, no point, not canonical, of small or mixed order.

    Cost: about one verification.
    """
    if type(public_key) is not bytes or len(public_key) != PUBLIC_KEY_BYTES:
        raise SignatureError("a public key has 32 bytes")
    if not bindings.crypto_core_ed25519_is_valid_point(public_key):
        raise SignatureError("the key is no point of the main subgroup", public_key=public_key)


class _Secret:
    """
    A key pair made from a seed; no representation, copy or pickle shows the secret.

    Two are equal, and hash alike, by their public keys, which are always derived from the seed. (Signing with a
    secret beside a foreign public key gives the secret away in two signatures.)
    """

    __slots__ = ("_public_key", "_secret", "_seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise UsageError(f"a seed has {SEED_BYTES} bytes")
        self._seed = seed
        self._public_key, self._secret = self._pair(seed)

    @staticmethod
    def _pair(seed: bytes) -> tuple[bytes, bytes]:
        """Public key and secret key of a seed."""
        raise NotImplementedError

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's random numbers."""
        return cls(random_bytes(SEED_BYTES))

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """
        The key of a seed of 32 bytes, which must be secret and random.

        Raises:
            UsageError: another length.
        """
        return cls(seed)

    @property
    def public_key(self) -> bytes:
        """The public key, 32 bytes."""
        return self._public_key

    def reveal_seed(self) -> bytes:
        """The secret itself, 32 bytes; for storing the key and nothing else."""
        return self._seed

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._public_key.hex()}>"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.public_key == self._public_key

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._public_key))

    # Copy and every protocol of pickle ask for the state; object's own would hand out the slots.
    def __getstate__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} is not copied or pickled; store it in a key file")


class SecretKey(_Secret):
    """An Ed25519 key pair that signs."""

    __slots__ = ()

    @staticmethod
    def _pair(seed: bytes) -> tuple[bytes, bytes]:
        return bindings.crypto_sign_seed_keypair(seed)

    def sign(self, message: bytes) -> bytes:
        """
        Sign bytes: 64 bytes. Applications sign statements through a `Signer`, which never takes raw bytes.

        Cost: libsodium's signing and about 1 µs.
        """
        return _sign(message, self._secret)[:SIGNATURE_BYTES]


# --- sealing to readers -------------------------------------------------------------------------


class ReaderKey(_Secret):
    """An X25519 key pair that opens what was sealed to it."""

    __slots__ = ()

    @staticmethod
    def _pair(seed: bytes) -> tuple[bytes, bytes]:
        return bindings.crypto_box_seed_keypair(seed)

    def open_sealed(self, sealed: bytes) -> bytes:
        """
        Open what `seal_to` made for this key. Anyone can seal: the content says nothing of its sender.

        Raises:
            SealError: sealed to another key, or changed.
        """
        try:
            return bindings.crypto_box_seal_open(sealed, self._public_key, self._secret)
        except CryptoError as error:
            raise SealError("it was not sealed to this key, or was changed") from error


def seal_to(*, public_key: bytes, data: bytes) -> bytes:
    """
    Seal *data* so that only the holder of the X25519 *public_key* opens it: 48 bytes longer.

    Raises:
        SealError: the key has no 32 bytes or is of small order.
    """
    try:
        return bindings.crypto_box_seal(data, public_key)
    except CryptoError as error:
        raise SealError("the reader's key is not usable") from error


# --- encryption under a shared key --------------------------------------------------------------


def aead_encrypt(*, key: bytes, nonce: bytes, data: bytes, ad: bytes) -> bytes:
    """
    Encrypt and authenticate with XChaCha20-Poly1305 (IETF): 16 bytes longer.

    Args:
        key: 32 bytes.
        nonce: 24 bytes, random or otherwise used once with this key.
        data: what is hidden.
        ad: what is authenticated beside it and given again to decrypt.
    """
    return bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(data, ad, nonce, key)


def aead_decrypt(*, key: bytes, nonce: bytes, data: bytes, ad: bytes) -> bytes:
    """
    Undo `aead_encrypt`; what comes back was made under this key with this *ad*.

    Raises:
        SealError: another key, nonce or *ad*, or *data* was changed.
    """
    # PyNaCl asks cffi for a buffer of negative size when the tag doesn't fit (1.6.2).
    if len(data) < AEAD_TAG_BYTES:
        raise SealError("too short to be encrypted data")
    try:
        return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(data, ad, nonce, key)
    except CryptoError as error:
        raise SealError("encrypted under another key, or changed") from error


def passphrase_key(passphrase: bytes, *, salt: bytes, passes: int, memory_bytes: int) -> bytes:
    """
    Derive a key of 32 bytes from a passphrase with Argon2id (version 1.3, one lane).

    Args:
        passphrase: normalised UTF-8.
        salt: 16 random bytes.
        passes: times over the memory. The caller bounds both.
        memory_bytes: taken for the time of the call.

    Raises:
        StoreError: the machine hasn't that much memory.

    Cost: by design 0.1 s to several seconds.
    """
    try:
        return bindings.crypto_pwhash_alg(
            AEAD_KEY_BYTES, passphrase, salt, passes, memory_bytes, bindings.crypto_pwhash_ALG_ARGON2ID13
        )
    except CryptoError as error:
        raise StoreError(f"deriving the key of a passphrase needs {memory_bytes >> 20} MiB of memory") from error
