"""The verification rule of the format: cofactorless, S < L, A and R canonical and not of small order.

Every signature here that must be refused satisfies the equation of some other library.
"""

from __future__ import annotations

import pytest

from chainlog.errors import SignatureError
from chainlog.record.keys import SecretKey, check_public_key, verify
from tests import edwards as ed

SEED = bytes(range(32))
A_SCALAR = ed.secret_scalar(SEED)
A = ed.multiply(A_SCALAR, ed.BASE)
A_BYTES = ed.encode(A)
MESSAGES = [b"message %d" % i for i in range(16)]

# RFC 8032, section 7.1, TEST 1 to 3: seed, public key, message, signature.
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
            "be24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
            "2aeeb00d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716e"
            "d28dc027beceea1ec40a"
        ),
    ),
]


def accepted(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        verify(public_key, message, signature)
    except SignatureError:
        return False
    return True


def signature_of(r: bytes, s: int) -> bytes:
    return r + s.to_bytes(32, "little")


@pytest.mark.parametrize(("seed", "public_key", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032(seed: str, public_key: str, message: str, signature: str):
    key = SecretKey.from_seed(bytes.fromhex(seed))
    assert key.public_key.hex() == public_key
    assert key.sign(bytes.fromhex(message)).hex() == signature
    verify(bytes.fromhex(public_key), bytes.fromhex(message), bytes.fromhex(signature))
    check_public_key(bytes.fromhex(public_key))


def test_the_reference_signs_as_the_library_does():
    # The positive control of everything below.
    assert SecretKey(SEED).public_key == A_BYTES
    r = ed.scalar(b"nonce")
    r_bytes = ed.encode(ed.multiply(r, ed.BASE))
    k = ed.challenge(r_bytes, A_BYTES, b"m")
    assert accepted(A_BYTES, b"m", signature_of(r_bytes, (r + k * A_SCALAR) % ed.L))


def test_every_flipped_bit_is_refused():
    message = b"m"
    signature = SecretKey(SEED).sign(message)
    whole = A_BYTES + signature + message
    for bit in range(8 * len(whole)):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        data = bytes(changed)
        assert not accepted(data[:32], data[96:], data[32:96]), bit


@pytest.mark.parametrize("times", range(1, 16))
def test_a_multiple_of_the_order_added_to_s_is_refused(times: int):
    signature = SecretKey(SEED).sign(b"m")
    s = int.from_bytes(signature[32:], "little") + times * ed.L
    if s < 2**256:
        assert not accepted(A_BYTES, b"m", signature_of(signature[:32], s))


@pytest.mark.parametrize("j", range(8))
def test_a_key_of_small_order_signs_nothing(j: int):
    weak = ed.SMALL_ORDER[j]
    weak_bytes = ed.encode(weak)
    holding = 0
    for i in range(32):
        # R = s·B fits whenever the challenge is a multiple of the key's order: anyone can sign.
        message, s = b"%d" % i, ed.scalar(b"s", b"%d" % i)
        r_bytes = ed.encode(ed.multiply(s, ed.BASE))
        holding += ed.challenge(r_bytes, weak_bytes, message) * j % 8 == 0
        assert not accepted(weak_bytes, message, signature_of(r_bytes, s))
    assert holding > 0
    with pytest.raises(SignatureError):
        check_public_key(weak_bytes)


def not_canonical() -> list[tuple[int, int]]:
    """Encodings of points with y at or above P, and of x = 0 with its sign set."""
    found = [(y + ed.P, sign) for y in range(19) for sign in (0, 1) if ed.point_of(y, sign) is not None]
    return [*found, (1, 1), (ed.P - 1, 1)]


@pytest.mark.parametrize(("y", "sign"), not_canonical())
def test_a_key_that_is_not_canonical_is_refused(y: int, sign: int):
    encoded = (y | sign << 255).to_bytes(32, "little")
    with pytest.raises(SignatureError):
        check_public_key(encoded)
    for message in MESSAGES[:8]:
        s = ed.scalar(message)
        assert not accepted(encoded, message, signature_of(ed.encode(ed.multiply(s, ed.BASE)), s))


@pytest.mark.parametrize("j", range(8))
def test_an_r_of_small_order_is_refused(j: int):
    r = ed.SMALL_ORDER[j]
    r_bytes = ed.encode(r)
    for message in MESSAGES:
        k = ed.challenge(r_bytes, A_BYTES, message)
        s = k * A_SCALAR % ed.L
        if j == 0 or message is MESSAGES[0]:
            assert ed.equation_holds(A, r, s, k, cofactor=1 if j == 0 else 8)
        assert not accepted(A_BYTES, message, signature_of(r_bytes, s))


@pytest.mark.parametrize("encoded", [ed.P + 1, 1 | 1 << 255, ed.P + 1 | 1 << 255])
def test_an_r_that_is_not_canonical_is_refused(encoded: int):
    r_bytes = encoded.to_bytes(32, "little")
    for message in MESSAGES:
        k = ed.challenge(r_bytes, A_BYTES, message)
        assert not accepted(A_BYTES, message, signature_of(r_bytes, k * A_SCALAR % ed.L))


@pytest.mark.parametrize("j", range(1, 8))
def test_an_r_with_a_part_of_small_order_is_refused(j: int):
    # Libraries that multiply by the cofactor accept these.
    for message in MESSAGES:
        r = ed.scalar(b"r", message)
        point = ed.add(ed.multiply(r, ed.BASE), ed.SMALL_ORDER[j])
        r_bytes = ed.encode(point)
        k = ed.challenge(r_bytes, A_BYTES, message)
        s = (r + k * A_SCALAR) % ed.L
        if message is MESSAGES[0]:
            assert ed.equation_holds(A, point, s, k, cofactor=8)
        assert not accepted(A_BYTES, message, signature_of(r_bytes, s))


@pytest.mark.parametrize("j", range(1, 8))
def test_a_key_of_mixed_order_verifies_without_the_cofactor_and_is_never_enrolled(j: int):
    mixed = ed.encode(ed.add(A, ed.SMALL_ORDER[j]))
    outcomes = set()
    for i in range(40):
        message, r = b"%d" % i, ed.scalar(b"r%d" % i)
        r_bytes = ed.encode(ed.multiply(r, ed.BASE))
        k = ed.challenge(r_bytes, mixed, message)
        fits = k * j % 8 == 0
        assert accepted(mixed, message, signature_of(r_bytes, (r + k * A_SCALAR) % ed.L)) is fits
        outcomes.add(fits)
    assert outcomes == {True, False}
    # Order 2 (j = 4) is the case that libsodium before 2025-12-30 took for the main subgroup.
    with pytest.raises(SignatureError):
        check_public_key(mixed)


def test_what_may_be_enrolled_is_exactly_the_main_subgroup():
    seen = set()
    for i in range(48):
        y, sign = ed.scalar(b"y%d" % i), i & 1
        point = ed.point_of(y, sign)
        good = point is not None and ed.same(ed.multiply(ed.L, point), ed.IDENTITY)
        encoded = (y | sign << 255).to_bytes(32, "little")
        try:
            check_public_key(encoded)
            passed = True
        except SignatureError:
            passed = False
        assert passed is good, encoded.hex()
        seen.add((point is not None, good))
    assert seen == {(False, False), (True, False), (True, True)}


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_lengths_are_exact(size: int):
    signature = SecretKey(SEED).sign(b"m")
    with pytest.raises(SignatureError):
        check_public_key(A_BYTES.ljust(size, b"\0")[:size])
    assert not accepted(A_BYTES.ljust(size, b"\0")[:size], b"m", signature)
    if size != 64:
        assert not accepted(A_BYTES, b"m", signature.ljust(size, b"\0")[:size])
    # A byte moved from the message to the signature, and back.
    assert not accepted(A_BYTES, b"", signature + b"m")
    assert not accepted(A_BYTES, signature[63:] + b"m", signature[:63])


def test_a_signature_in_front_of_the_message_is_not_one():
    signature = SecretKey(SEED).sign(b"m")
    assert not accepted(A_BYTES, signature + b"m", b"")
    assert not accepted(A_BYTES, signature + b"m", bytes(64))
