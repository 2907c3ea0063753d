from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from chainlog import digest, limits
from chainlog.canon import codec
from chainlog.errors import FormatError, LimitError, NonCanonicalError, UnknownVersionError
from chainlog.event.catalogue import KINDS
from chainlog.record.record import (
    FIRST_LINK,
    SubjectHead,
    check_record,
    decode_record,
    encode_record,
    link_to,
    unverified_record,
)
from tests.messagepack import canonical, other_forms
from tests.mutations import packed, put, without
from tests.strategies import Fullest, Least, made_event, made_record

EVENT = made_event(KINDS["transferred.lend"], Least())
RECORD = made_record(EVENT)
PLAIN: list[Any] = codec.decode(RECORD)
VERSION, INDEX, TIME, PREV, BASE, LINKS, BYTES, SIGNATURES = range(8)


def refusal(data: Any) -> FormatError:
    with pytest.raises(FormatError) as caught:
        check_record(data if isinstance(data, bytes) else packed(data), path="$.r")
    assert caught.value.path.startswith("$.r")
    return caught.value


@pytest.mark.parametrize("name", KINDS)
def test_a_record_around_every_kind(name: str):
    data = made_record(made_event(KINDS[name], Fullest()), signers=3)
    found = check_record(data)
    assert found.encoded == data == canonical(codec.decode(data))
    assert found.record == decode_record(data) == unverified_record(data)
    assert found.record_hash == sha256(b"\x00" + data).digest()
    assert found.event.encoded == found.record.event
    assert codec.encode(found.record) == data


def test_encoding_says_what_it_was_given_and_sorts_signatures():
    signatures = [("giver", bytes([n]) * 32, n, bytes(64)) for n in (3, 1, 2)] + [("reader", bytes(32), 0, bytes(64))]
    data = encode_record(
        index=7, recorded_at_us=-5, prev_hash=b"\x01" * 32, base=(6, b"\x02" * 32), links=[(1, 2, b"\x03" * 32)] * 3,
        event=b"event", signatures=signatures,
    )  # fmt: skip
    assert codec.decode(data) == [
        1, 7, -5, b"\x01" * 32, [6, b"\x02" * 32], [[1, 2, b"\x03" * 32]] * 3, b"event",
        sorted((list(s) for s in signatures), key=canonical),
    ]  # fmt: skip


def test_links():
    assert link_to(None) == FIRST_LINK == (0, 0, digest.ZERO)
    assert link_to(SubjectHead(3, 9, b"\x01" * 32)) == (3, 9, b"\x01" * 32)


@pytest.mark.parametrize("place", range(8))
def test_each_element_has_one_type(place: int):
    wrong: Any
    for wrong in (None, 1.0, True, "x", b"x", {}, [None], -1, 2**53, 2**64 - 1):
        if (place, wrong) != (TIME, -1):
            assert refusal(put(PLAIN, (place,), wrong)).path != "$.r" or place == VERSION
    refusal(without(PLAIN, (place,)))


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ((PREV,), bytes(31)),
        ((PREV,), bytes(33)),
        ((BASE,), [0]),
        ((BASE,), [0, bytes(32), 0]),
        ((BASE, 0), -1),
        ((BASE, 0), 2**53),
        ((BASE, 1), bytes(31)),
        ((LINKS,), []),
        ((LINKS,), PLAIN[LINKS][:-1]),
        ((LINKS,), [*PLAIN[LINKS], PLAIN[LINKS][0]]),
        ((LINKS,), PLAIN[LINKS][:1] * 257),
        ((LINKS, 0), PLAIN[LINKS][0][:2]),
        ((LINKS, 0), [*PLAIN[LINKS][0], 0]),
        ((LINKS, 0, 0), -1),
        ((LINKS, 0, 1), 2**53),
        ((LINKS, 0, 2), bytes(31)),
        ((BYTES,), b""),
        ((BYTES,), EVENT.encoded + b"\x00"),
        ((BYTES,), EVENT.encoded[:-1]),
        ((SIGNATURES,), []),
        ((SIGNATURES,), PLAIN[SIGNATURES][::-1]),
        ((SIGNATURES,), PLAIN[SIGNATURES] + PLAIN[SIGNATURES][-1:]),
        ((SIGNATURES,), [["operator", bytes([n]) * 32, 0, bytes(64)] for n in range(17)]),
        ((SIGNATURES,), [["operator", bytes(32), 0, bytes(64)], ["operator", bytes(32), 1, bytes(64)]]),
        ((SIGNATURES, 0), PLAIN[SIGNATURES][0][:3]),
        ((SIGNATURES, 0), [*PLAIN[SIGNATURES][0], 0]),
        ((SIGNATURES, 0, 0), ""),
        ((SIGNATURES, 0, 0), "Operator"),
        ((SIGNATURES, 0, 0), "o\u202e"),
        ((SIGNATURES, 0, 0), "r" * 25),
        ((SIGNATURES, 0, 0), b"operator"),
        ((SIGNATURES, 0, 1), bytes(31)),
        ((SIGNATURES, 0, 2), 2**53),
        ((SIGNATURES, 0, 2), True),
        ((SIGNATURES, 0, 3), bytes(63)),
        ((SIGNATURES, 0, 3), bytes(65)),
    ],
)
def test_shapes_that_are_refused(path: tuple, wrong: Any):
    error = refusal(put(PLAIN, path, wrong))
    names = {LINKS: "links", SIGNATURES: "signatures", BYTES: "event"}
    assert error.path.startswith((f"$.r[{path[0]}]", f"$.r.{names.get(path[0])}"))


def test_the_same_key_may_sign_in_two_roles_and_two_keys_in_one():
    signed = [
        ["giver", bytes(32), 0, bytes(64)],
        ["giver", b"\x01" * 32, 0, bytes(64)],
        ["reader", bytes(32), 0, bytes(64)],
    ]
    check_record(packed(put(PLAIN, (SIGNATURES,), signed)))


def test_a_fault_of_the_event_is_named_inside_the_record():
    event = codec.decode(EVENT.encoded)
    event[7]["depth"] = "nonsense"
    assert refusal(put(PLAIN, (BYTES,), packed(event))).path == "$.r.event.body.depth"


@pytest.mark.parametrize("version", [0, 2, 99, 127])
@pytest.mark.parametrize("elements", [1, 7, 8, 9, 15])
def test_another_version_is_known_by_its_first_element_whatever_follows(version: int, elements: int):
    error = refusal(packed([version, *[None] * (elements - 1)]))
    assert isinstance(error, UnknownVersionError)
    assert error.found == version


@pytest.mark.parametrize("version", [128, 2**32, -1, -(2**40)])
def test_another_version_in_the_shape_of_this_one(version: int):
    assert isinstance(refusal(put(PLAIN, (VERSION,), version)), UnknownVersionError)


def test_the_size_is_asked_first():
    assert isinstance(refusal(b"\x98" + bytes(limits.RECORD_BYTES_MAX)), LimitError)


def test_every_other_encoding_is_refused():
    for data in other_forms(PLAIN):
        assert isinstance(refusal(data), NonCanonicalError) or data[0] != 0x98 or data[1] != 1


def test_every_bit_flip_is_refused_or_another_record():
    accepted = 0
    for i in range(len(RECORD) * 8):
        flipped = bytearray(RECORD)
        flipped[i // 8] ^= 1 << i % 8
        try:
            found = check_record(bytes(flipped))
        except FormatError:
            continue
        accepted += 1
        assert found.record != unverified_record(RECORD)
        assert found.record_hash != digest.record_hash(RECORD)
    # Positive control: in hashes and signatures every flip is another sound record.
    assert accepted > 32 * 8 * 4


def test_every_beginning_and_every_continuation_is_refused():
    for end in range(len(RECORD)):
        refusal(RECORD[:end])
    for more in (b"\x00", b"\xc0", b"\x90", RECORD):
        refusal(RECORD + more)


@pytest.mark.parametrize(
    "data", [b"", b"\x98", b"\x90", b"\x98\x01", b"\xc0", b"\xdd\xff\xff\xff\xff", b"\x91" * 60_000]
)
def test_other_bytes_are_no_record(data: bytes):
    refusal(data)
