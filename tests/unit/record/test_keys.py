from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
import pprint
import traceback
from dataclasses import asdict, dataclass

import msgspec
import nacl.bindings
import nacl.exceptions
import pytest

from chainlog.errors import ChainlogError, SealError, SignatureError, StoreError, UsageError
from chainlog.record import keys
from chainlog.record.keys import ReaderKey, SecretKey, aead_decrypt, aead_encrypt, seal_to, verify
from chainlog.record.signer import LocalSigner
from tests import edwards as ed

SEED = bytes(range(100, 132))
KINDS = [SecretKey, ReaderKey]


def test_a_key_is_its_seed():
    key = SecretKey.from_seed(SEED)
    assert key.public_key == ed.encode(ed.multiply(ed.secret_scalar(SEED), ed.BASE))
    assert key.reveal_seed() == SEED
    assert SecretKey(SEED).sign(b"m") == key.sign(b"m")
    verify(key.public_key, b"m", key.sign(b"m"))


def test_a_reader_key_is_the_x25519_key_of_half_the_hash_of_its_seed():
    point = ed.multiply(ed.secret_scalar(SEED), ed.BASE)
    y = point[1] * pow(point[2], -1, ed.P)
    u = (1 + y) * pow(1 - y, -1, ed.P) % ed.P
    key = ReaderKey.from_seed(SEED)
    assert key.public_key == u.to_bytes(32, "little")
    assert key.reveal_seed() == SEED


@pytest.mark.parametrize("kind", KINDS)
def test_generated_keys_differ(kind: type[SecretKey | ReaderKey]):
    made = {kind.generate() for _ in range(8)}
    assert len(made) == 8
    assert len({key.reveal_seed() for key in made}) == 8


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(kind: type[SecretKey | ReaderKey], size: int):
    with pytest.raises(UsageError) as caught:
        kind.from_seed(SEED.ljust(size, b"!")[:size])
    assert not leaks(str(caught.value))


def test_equal_by_public_key_and_kind():
    assert SecretKey(SEED) == SecretKey(SEED)
    assert len({SecretKey(SEED), SecretKey(SEED), SecretKey(bytes(32))}) == 2
    assert SecretKey(SEED) != SecretKey(bytes(32))
    assert SecretKey(SEED) != ReaderKey(SEED)
    assert SecretKey(SEED) != SecretKey(SEED).public_key


def test_a_foreign_public_key_can_not_stand_beside_a_secret():
    with pytest.raises(UsageError):
        SecretKey(SEED + SecretKey(bytes(32)).public_key)
    with pytest.raises(AttributeError):
        SecretKey(SEED).public_key = bytes(32)  # type: ignore[misc]


def test_another_persons_signature_is_refused():
    with pytest.raises(SignatureError):
        verify(SecretKey(bytes(32)).public_key, b"m", SecretKey(SEED).sign(b"m"))


def test_random_bytes_are_as_many_as_asked_for_and_new():
    assert [len(keys.random_bytes(n)) for n in (0, 1, 16, 32, 1000)] == [0, 1, 16, 32, 1000]
    assert len({keys.random_bytes(16) for _ in range(64)}) == 64


# --- secrecy ------------------------------------------------------------------------------------


def secrets_of(seed: bytes) -> list[str]:
    """The seed and what is derived from it, in the ways in which a text could show them."""
    shown = []
    for secret in (seed, SecretKey(seed)._secret, ReaderKey(seed)._secret):
        for part in (secret[:32], secret[:16], secret[16:32]):
            shown += [part.hex(), part.hex().upper(), repr(part)[2:-1], str(list(part))[1:-1], part.decode("latin-1")]
            shown += [str(int.from_bytes(part, "big")), str(int.from_bytes(part, "little"))]
        shown.append(base64.b64encode(secret[:30]).decode())
    return shown


SHOWN = secrets_of(SEED)


def leaks(text: str) -> bool:
    return any(shown in text for shown in SHOWN)


@dataclass
class Holder:
    key: object


def test_the_search_finds_a_secret():
    assert leaks(repr(Holder(SEED)))
    assert leaks(f"x{SEED.hex()}y")
    assert leaks(json.dumps(list(SEED)))
    assert leaks(pickle.dumps(SEED).decode("latin-1"))
    assert not leaks(SecretKey(SEED).public_key.hex())


def raised_with(thing: object) -> str:
    try:
        raise ValueError(thing)
    except ValueError:
        return traceback.format_exc()


@pytest.mark.parametrize("thing", [SecretKey(SEED), ReaderKey(SEED), LocalSigner(SecretKey(SEED))])
def test_no_text_shows_the_secret(thing: SecretKey | ReaderKey | LocalSigner, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").error("%s %r", thing, thing, extra={"key": thing})
    texts = [
        repr(thing), str(thing), f"{thing}", format(thing), f"{thing!r:>200}", "%s" % thing, pprint.pformat([thing]),
        repr(Holder(thing)), repr({"key": (thing,)}), raised_with(thing), caplog.text, ascii(thing),
        json.dumps({"key": thing}, default=repr), str(ChainlogError("detail", key=thing)),
    ]  # fmt: skip
    for text in texts:
        assert not leaks(text), text
    assert thing.public_key.hex() in repr(thing)


@pytest.mark.parametrize("thing", [SecretKey(SEED), ReaderKey(SEED)])
def test_nothing_copies_or_serialises_a_key(thing: SecretKey | ReaderKey):
    attempts = [
        lambda: copy.copy(thing),
        lambda: copy.deepcopy(thing),
        lambda: copy.deepcopy({"key": [thing]}),
        lambda: asdict(Holder(thing)),
        thing.__reduce__,
        thing.__getstate__,
        lambda: vars(thing),
        lambda: json.dumps(thing),
        lambda: msgspec.json.encode(thing),
        lambda: msgspec.msgpack.encode({"key": thing}),
        lambda: msgspec.to_builtins(thing),
        lambda: bytes(thing),  # type: ignore[call-overload]
        *(lambda protocol=protocol: thing.__reduce_ex__(protocol) for protocol in range(6)),
        *(lambda protocol=protocol: pickle.dumps(thing, protocol) for protocol in range(6)),
        *(lambda protocol=protocol: pickle.dumps(LocalSigner(thing), protocol) for protocol in range(6)),  # type: ignore[arg-type]
    ]
    for attempt in attempts:
        with pytest.raises(TypeError) as caught:
            attempt()
        assert not leaks(str(caught.value))


# --- encryption ---------------------------------------------------------------------------------


def test_a_sealed_text_opens_for_its_reader_alone():
    reader = ReaderKey(SEED)
    for size in (0, 1, 63, 64, 1000):
        data = bytes(size)
        sealed = seal_to(public_key=reader.public_key, data=data)
        assert len(sealed) == size + 48
        assert reader.open_sealed(sealed) == data
        with pytest.raises(SealError):
            ReaderKey(bytes(32)).open_sealed(sealed)
    assert seal_to(public_key=reader.public_key, data=b"m") != seal_to(public_key=reader.public_key, data=b"m")


def test_a_sealed_text_that_was_changed_or_cut_is_refused():
    reader = ReaderKey(SEED)
    sealed = seal_to(public_key=reader.public_key, data=b"m")
    for bit in range(8 * len(sealed)):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        # X25519 ignores the top bit of a coordinate, but the nonce is hashed from all of them.
        with pytest.raises(SealError):
            reader.open_sealed(bytes(changed))
    for size in range(len(sealed)):
        with pytest.raises(SealError):
            reader.open_sealed(sealed[:size])


@pytest.mark.parametrize("public_key", [b"", bytes(31), bytes(32), b"\1" + bytes(31), bytes(33)])
def test_a_key_that_can_not_read_is_refused(public_key: bytes):
    with pytest.raises(SealError):
        seal_to(public_key=public_key, data=b"m")


# draft-irtf-cfrg-xchacha-03, appendix A.3.1.
PLAIN = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."
AEAD_KEY = bytes(range(0x80, 0xA0))
AEAD_NONCE = bytes(range(0x40, 0x58))
AEAD_AD = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
AEAD_DATA = bytes.fromhex(
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216"
    "cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13"
    "b52ec0875924c1c7987947deafd8780acf49"
)


def test_the_vector_of_xchacha20_poly1305():
    assert aead_encrypt(key=AEAD_KEY, nonce=AEAD_NONCE, data=PLAIN, ad=AEAD_AD) == AEAD_DATA
    assert aead_decrypt(key=AEAD_KEY, nonce=AEAD_NONCE, data=AEAD_DATA, ad=AEAD_AD) == PLAIN


def test_encrypted_data_is_bound_to_everything_around_it():
    data = aead_encrypt(key=AEAD_KEY, nonce=AEAD_NONCE, data=b"m", ad=b"ad")
    good = {"key": AEAD_KEY, "nonce": AEAD_NONCE, "data": data, "ad": b"ad"}
    assert aead_decrypt(**good) == b"m"
    for name, value in good.items():
        for bit in range(8 * len(value)):
            changed = bytearray(value)
            changed[bit // 8] ^= 1 << bit % 8
            with pytest.raises(SealError):
                aead_decrypt(**{**good, name: bytes(changed)})
    for size in range(len(data)):
        with pytest.raises(SealError):
            aead_decrypt(**{**good, "data": data[:size]})
    with pytest.raises(SealError):
        aead_decrypt(**{**good, "ad": b""})
    empty = aead_encrypt(key=AEAD_KEY, nonce=AEAD_NONCE, data=b"", ad=b"")
    assert aead_decrypt(key=AEAD_KEY, nonce=AEAD_NONCE, data=empty, ad=b"") == b""


def test_a_derivation_without_memory_is_the_machines_fault(monkeypatch: pytest.MonkeyPatch):
    def fail(*_args: object) -> bytes:
        raise nacl.exceptions.RuntimeError

    monkeypatch.setattr(nacl.bindings, "crypto_pwhash_alg", fail)
    with pytest.raises(StoreError, match="64 MiB"):
        keys.passphrase_key(b"p", salt=bytes(16), passes=2, memory_bytes=64 << 20)
