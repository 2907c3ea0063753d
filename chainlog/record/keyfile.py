"""Encrypted key files: writing, reading, changing the passphrase. Does file I/O. Format: schemas/FORMAT.md, key files.

The seed lies under XChaCha20-Poly1305 with the key that Argon2id derives from the passphrase; everything else in the
file is its associated data. `keyfile_format` holds the bytes, `private_file` the care with the file system.

Known limits: Linux (modes, hard links); a changed passphrase doesn't reach copies and backups that were made before.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, Literal

from chainlog import limits
from chainlog.canon.text import check_text
from chainlog.errors import KeyFileError, SealError, TextError, WrongPassphraseError
from chainlog.record import keys, private_file
from chainlog.record.keyfile_format import (
    ALG,
    CONTEXT,
    KDF,
    NONCE_BYTES,
    SALT_BYTES,
    Kdf,
    KeyFile,
    PublicInfo,
    Purpose,
    check_label,
    format_key_file,
    parse_key_file,
)
from chainlog.record.keys import ReaderKey, SecretKey

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

Cost = Literal["interactive", "moderate", "sensitive"]

# Passes and memory of libsodium's three levels.
_COSTS: Final[dict[str, tuple[int, int]]] = {
    "interactive": (2, 64 * 1_048_576),
    "moderate": (3, 256 * 1_048_576),
    "sensitive": (4, 1_024 * 1_048_576),
}

_SIGNING: Final = ("sign", "log")


def create(
    path: str | os.PathLike[str],
    *,
    secret: SecretKey | ReaderKey,
    passphrase: str,
    purpose: Purpose,
    label: str = "",
    cost: Cost = "moderate",
) -> None:
    """
    Write a new key file of mode 0600, durably, and never over an existing one.

    Args:
        path: the new file, outside the directory of any log, whose backups it would travel in.
        secret: a `SecretKey` for the purposes `sign` and `log`, a `ReaderKey` for `read`.
        passphrase: not empty; normalised (NFKC), so that keyboards may differ in how they compose characters.
        purpose: what the key is for; `load` can insist on it.
        label: whose key it is: text of up to 120 bytes, readable without the passphrase.
        cost: how dear each guess of the passphrase is: 64 MiB, 256 MiB or 1 GiB of memory.

    Raises:
        KeyFileExistsError: something stands at *path*; it is left as it was.
        KeyFileError: passphrase or purpose can't be used; the place can't be written, or is in a log.
        FormatError: the label is too long, or isn't plain text.
        StoreError: the disk or the memory failed. Only a failed sync of the directory leaves a file at *path*.

    Cost: 0.1 to 4 seconds, by *cost*.
    """
    name = str(path)
    if ALG.get(purpose) != (ALG["read"] if isinstance(secret, ReaderKey) else ALG["sign"]):
        raise KeyFileError(f"a {type(secret).__name__} can't be stored for the purpose {purpose}", path=name)
    check_label(label, path=f"{name}: $.label")
    # Before the derivation, which may take seconds.
    private_file.check_vacant(path)
    info = PublicInfo(secret.public_key, purpose, label)
    private_file.write_new(path, _encrypted(info, secret, passphrase, cost, name))


def load(
    path: str | os.PathLike[str],
    *,
    passphrase: str,
    purpose: Literal["sign", "log"] | None = None,
    allow_loose_permissions: bool = False,
) -> SecretKey:
    """
    Open a key file with its passphrase; the key that comes back has the public key that the file states.

    Args:
        path: a regular file, no symbolic link.
        passphrase: in any normalisation.
        purpose: if given, a file of another purpose is refused, so that a person's key doesn't sign heads.
        allow_loose_permissions: take a file that others can read.

    Raises:
        WrongPassphraseError: wrong passphrase, or the file was changed.
        LooseKeyFileError: the group or others have rights to the file.
        KeyFileError: missing, no regular file, another purpose, a public key that isn't the secret's.
        FormatError: not a key file, or one whose parameters are out of bounds.
        StoreError: the disk or the memory failed.

    Cost: as `create`.
    """
    purposes = _SIGNING if purpose is None else (purpose,)
    file, seed = _decrypted(path, passphrase, purposes, allow_loose_permissions=allow_loose_permissions)
    secret = SecretKey(seed)
    _check_pair(secret, file, str(path))
    return secret


def load_reader(path: str | os.PathLike[str], *, passphrase: str, allow_loose_permissions: bool = False) -> ReaderKey:
    """Open the key file of a reader of sealed values. Arguments and errors as `load`."""
    file, seed = _decrypted(path, passphrase, ("read",), allow_loose_permissions=allow_loose_permissions)
    secret = ReaderKey(seed)
    _check_pair(secret, file, str(path))
    return secret


def read_public(path: str | os.PathLike[str]) -> PublicInfo:
    """
    What the file says of itself, without a passphrase and whoever may read it. Unverified until `load`.

    Raises:
        KeyFileError: missing, no regular file.
        FormatError: not a key file.
    """
    return parse_key_file(private_file.read(path, allow_loose_permissions=True), name=str(path)).info()


def change_passphrase(
    path: str | os.PathLike[str],
    *,
    old: str,
    new: str,
    cost: Cost = "moderate",
    allow_loose_permissions: bool = False,
) -> None:
    """
    Put the same key under another passphrase, in one step: the file is the old one or the new one, mode 0600.

    Raises as `load` and `create` do. Copies made before still open with the old passphrase: if others know that
    one, revoke the key.

    Cost: two derivations.
    """
    name = str(path)
    file, seed = _decrypted(path, old, tuple(ALG), allow_loose_permissions=allow_loose_permissions)
    secret = ReaderKey(seed) if file.purpose == "read" else SecretKey(seed)
    _check_pair(secret, file, name)
    private_file.replace(path, _encrypted(file.info(), secret, new, cost, name))


def _encrypted(info: PublicInfo, secret: SecretKey | ReaderKey, passphrase: str, cost: Cost, name: str) -> bytes:
    """The text of a key file."""
    if cost not in _COSTS:
        raise KeyFileError(f"the cost is one of {', '.join(_COSTS)}", path=name)
    passes, memory_bytes = _COSTS[cost]
    kdf = Kdf(KDF, passes, memory_bytes, keys.random_bytes(SALT_BYTES))
    nonce = keys.random_bytes(NONCE_BYTES)
    file = KeyFile(CONTEXT, info.purpose, ALG[info.purpose], info.public_key, info.label, kdf, nonce, b"")
    key = _derived(passphrase, kdf, name)
    ciphertext = keys.aead_encrypt(key=key, nonce=nonce, data=secret.reveal_seed(), ad=file.associated_data())
    return format_key_file(file._replace(ciphertext=ciphertext))


def _decrypted(
    path: str | os.PathLike[str], passphrase: str, purposes: Collection[str], *, allow_loose_permissions: bool
) -> tuple[KeyFile, bytes]:
    """Fields and seed of a key file. Whether they belong together is for `_check_pair` to say."""
    name = str(path)
    file = parse_key_file(private_file.read(path, allow_loose_permissions=allow_loose_permissions), name=name)
    if file.purpose not in purposes:
        raise KeyFileError(f"it holds a key for the purpose {file.purpose}, not {' or '.join(purposes)}", path=name)
    key = _derived(passphrase, file.kdf, name)
    try:
        seed = keys.aead_decrypt(key=key, nonce=file.nonce, data=file.ciphertext, ad=file.associated_data())
    except SealError as error:
        raise WrongPassphraseError(path=name) from error
    return file, seed


def _check_pair(secret: SecretKey | ReaderKey, file: KeyFile, name: str) -> None:
    # Whoever knows the passphrase can write a file that decrypts and names someone else's public key.
    if secret.public_key != file.public_key:
        raise KeyFileError("the public key in it does not belong to the secret", path=name)


def _derived(passphrase: str, kdf: Kdf, name: str) -> bytes:
    data = _normalised(passphrase, name)
    return keys.passphrase_key(data, salt=kdf.salt, passes=kdf.passes, memory_bytes=kdf.memory_bytes)


def _normalised(passphrase: str, name: str) -> bytes:
    """The bytes that are hashed. NFKC also makes one of full-width and plain letters, which input methods mix."""
    text = unicodedata.normalize("NFKC", passphrase)
    if not text.strip():
        raise KeyFileError("an empty passphrase", path=name)
    try:
        # Outside the frozen repertoire, another Python might normalise differently, and the file stay shut.
        check_text(text)
    except TextError:
        # Without the cause, whose text quotes the passphrase.
        raise KeyFileError("the passphrase has a character that may not stand in a text", path=name) from None
    data = text.encode()
    if len(data) > limits.PASSPHRASE_BYTES_MAX:
        raise KeyFileError(f"a passphrase has at most {limits.PASSPHRASE_BYTES_MAX} bytes", path=name)
    return data
